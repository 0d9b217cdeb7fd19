//! The evaluation of policies on resources, divided into batches that can run
//! in parallel.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use regorus::Value;

use super::check::{Check, CheckResult};
use super::choices;
use super::input::{self, ScanInput};
use super::protocol::{OwnResult, Request, Response};
use super::resource::ScanResource;
use super::set::PolicySet;
use crate::domain::finding::{BUILTIN_ENGINE, EngineFailure, EngineStatus, ScanReport};

/// The evaluation of one scan.
pub struct Evaluation<'a> {
    policies: &'a PolicySet,
    input: &'a ScanInput,
    documents: Vec<Value>,
    /// The policies for each type of the resources, sorted by id.
    by_type: BTreeMap<&'a str, Vec<&'a Check>>,
}

/// The evaluation of some of the resources. Batches are independent and may run in different threads.
pub struct EvaluationBatch<'q, 'a> {
    all: &'q Evaluation<'a>,
    number: usize,
    positions: Vec<usize>,
}

/// The results of a batch.
#[derive(Debug, Default)]
pub struct BatchResults {
    /// With the position of the resource.
    list: Vec<(usize, Result<CheckResult, Box<EngineFailure>>)>,
}

impl PolicySet {
    /// Runs every active policy on every resource of a type that it applies to.
    pub fn evaluate(&self, input: &ScanInput) -> ScanReport {
        let evaluation = self.evaluation(input);
        let results: Vec<BatchResults> = evaluation.batches(1, 1).iter().map(EvaluationBatch::run).collect();
        evaluation.report(results.into_iter().chain([evaluation.run_isolated()]))
    }

    /// The same, for a caller that divides the work between threads.
    pub fn evaluation<'a>(&'a self, input: &'a ScanInput) -> Evaluation<'a> {
        Evaluation::new(self, input, |check| self.is_active(check.metadata()))
    }

    /// The evaluation of some policies, active or not.
    pub(super) fn evaluation_of<'a>(&'a self, input: &'a ScanInput, ids: &BTreeSet<String>) -> Evaluation<'a> {
        Evaluation::new(self, input, |check| ids.contains(&check.metadata().id))
    }
}

impl<'a> Evaluation<'a> {
    fn new(policies: &'a PolicySet, input: &'a ScanInput, runs: impl Fn(&Check) -> bool) -> Self {
        let mut by_type: BTreeMap<&str, Vec<&Check>> = BTreeMap::new();
        for scanned in &input.resources {
            let type_name = scanned.resource.type_name.as_str();
            by_type.entry(type_name).or_insert_with(|| {
                policies.checks.iter().filter(|check| check.is_about(type_name) && runs(check)).collect()
            });
        }
        Self { policies, input, documents: input::documents(input), by_type }
    }

    /// Divides the evaluation into batches of almost the same size, of at least `smallest` resources each on
    /// average. A batch has few types, because it prepares the policies of each of them.
    pub fn batches(&self, number: usize, smallest: usize) -> Vec<EvaluationBatch<'_, 'a>> {
        let resources = &self.input.resources;
        let number = number.min(resources.len() / smallest.max(1)).max(1);
        let mut order: Vec<(&str, usize)> =
            resources.iter().enumerate().map(|(at, scanned)| (scanned.resource.type_name.as_str(), at)).collect();
        order.sort_unstable();
        let weight = |at: usize| resources.get(at).map_or(0, |scanned| self.checks(scanned).len()) + 1;
        let size = order.iter().map(|(_, at)| weight(*at)).sum::<usize>().div_ceil(number).max(1);
        let mut batches: Vec<EvaluationBatch<'_, 'a>> =
            (0..number).map(|number| EvaluationBatch { all: self, number, positions: Vec::new() }).collect();
        let mut before = 0;
        for (_, at) in order {
            if let Some(batch) = batches.get_mut(before / size) {
                batch.positions.push(at);
            }
            before += weight(at);
        }
        batches
    }

    /// True if policies run in another process.
    pub fn has_isolated(&self) -> bool {
        self.isolated().next().is_some()
    }

    fn isolated(&self) -> impl Iterator<Item = &'a Check> {
        self.by_type.values().flatten().copied().filter(|check| self.policies.process_of(check).is_some())
    }

    /// Runs the policies that run in another process.
    pub fn run_isolated(&self) -> BatchResults {
        let policies: BTreeSet<String> = self.isolated().map(|check| check.metadata().id.clone()).collect();
        let Some(process) = self.policies.process().filter(|_| !policies.is_empty()) else {
            return BatchResults::default();
        };
        let failed = |failure: EngineFailure| BatchResults { list: vec![(0, Err(Box::new(failure)))] };
        match process.request(&Request::Evaluate { policies, input: Cow::Borrowed(self.input) }) {
            Ok(Response::Evaluated(results)) => {
                let known = |result: OwnResult| {
                    let scanned = self.input.resources.get(result.resource)?;
                    Some((result.resource, self.policies.check(&result.policy)?.restored(scanned, result)))
                };
                BatchResults { list: results.into_iter().filter_map(known).collect() }
            }
            Ok(other) => failed(self.policies.unexpected(&other)),
            Err(ended) => failed(self.policies.process_failure(ended, &self.input.resources)),
        }
    }

    fn checks(&self, scanned: &ScanResource) -> &[&'a Check] {
        self.by_type.get(scanned.resource.type_name.as_str()).map(Vec::as_slice).unwrap_or_default()
    }

    /// Combines the results of all batches into a report. A policy that failed at run time makes the engine
    /// fail, which is never a pass.
    pub fn report(&self, results: impl IntoIterator<Item = BatchResults>) -> ScanReport {
        let mut report = ScanReport {
            resources_scanned: self.input.resources.len(),
            checks_evaluated: self.input.resources.iter().map(|scanned| self.checks(scanned).len()).sum(),
            ..ScanReport::default()
        };
        let mut engine = EngineStatus {
            name: BUILTIN_ENGINE.to_owned(),
            version: Some(env!("CARGO_PKG_VERSION").to_owned()),
            failures: Vec::new(),
        };
        for results in results {
            for (_, result) in results.list {
                match result {
                    Ok(answer) => {
                        report.findings.extend(answer.findings);
                        report.unknown.extend(answer.unknown);
                    }
                    Err(failure) => engine.failures.push(*failure),
                }
            }
        }
        // Several batches may report the same policy failure.
        engine.failures.sort();
        engine.failures.dedup();
        report.engines.push(engine);
        report.sort();
        report
    }
}

impl<'a> EvaluationBatch<'_, 'a> {
    /// Evaluates the batch.
    pub fn run(&self) -> BatchResults {
        let resources = self.positions.iter().filter_map(|&at| Some((at, self.all.input.resources.get(at)?)));
        let mut runner = self.all.policies.runner();
        let mut list = Vec::new();
        for (at, scanned) in resources {
            let Some(document) = self.all.documents.get(at) else { continue };
            runner.set_document(document.clone());
            let (incomplete, libraries) = (&self.all.input.incomplete, &self.all.policies.libraries);
            let mut variants = None;
            let evaluate = |check: &'a Check| match check.without_siblings(scanned, incomplete, libraries) {
                _ if self.all.policies.process_of(check).is_some() => None,
                Some(undecided) => Some(Ok(undecided)),
                // Its timeout was reported already.
                None if runner.has_timed_out(check.program()) => None,
                None => {
                    self.all.policies.announce(self.number, check, Some(at));
                    let answer = check.run(&mut runner, scanned);
                    let is_open = |answer: &CheckResult| answer.findings.is_empty() && !answer.unknown.is_empty();
                    Some(match answer {
                        Ok(answer) if is_open(&answer) => {
                            let variants = variants
                                .get_or_insert_with(|| choices::variants(&self.all.input.registry, scanned, document));
                            let decided = check.run_variants(variants, answer, &mut runner, scanned);
                            runner.set_document(document.clone());
                            decided
                        }
                        answer => answer,
                    })
                }
            };
            let results = self.all.checks(scanned).iter().copied().filter_map(evaluate);
            list.extend(results.map(|result| (at, result)));
        }
        self.all.policies.announce_idle(self.number);
        BatchResults { list }
    }
}

impl BatchResults {
    /// The results that are not empty, for another process.
    pub(super) fn into_own_results(self) -> impl Iterator<Item = OwnResult> {
        self.list.into_iter().filter_map(|(resource, result)| match result {
            Ok(answer) => answer.into_own_result(resource),
            Err(failure) => Some(OwnResult {
                policy: failure.check?,
                resource,
                findings: Vec::new(),
                unknown: Vec::new(),
                failure: Some((failure.message, failure.location)),
            }),
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use crate::policy::{Packs, PolicySource, builtin};
    use serde_json::json;

    /// Resources of each type.
    const EACH: usize = 16;

    fn input() -> ScanInput {
        let document = json!({"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*", "Principal": "*"}]});
        let resources = (0..EACH).flat_map(|n| {
            let live = |type_name: &str, properties| ScanResource::live(type_name, &format!("r{n}"), properties);
            [
                live("AWS::S3::Bucket", json!({"VersioningConfiguration": {"Ref": "Versions"}})),
                live("AWS::IAM::ManagedPolicy", json!({"PolicyDocument": document})),
                live("AWS::SQS::Queue", json!({"QueueName": format!("q{n}-dev")})),
                live("AWS::Nothing::AtAll", json!({})),
            ]
        });
        ScanInput { resources: resources.collect(), ..ScanInput::default() }
    }

    #[test]
    fn batches_contain_every_resource_once_and_give_the_same_report() {
        let policies = PolicySet::compile(builtin::sources()).unwrap().with_packs(Packs::All);
        let input = input();
        let evaluation = policies.evaluation(&input);
        for number in [1, 3, 7] {
            let batches = evaluation.batches(number, 1);
            let mut positions: Vec<usize> = batches.iter().flat_map(|batch| batch.positions.iter().copied()).collect();
            positions.sort_unstable();
            assert_eq!(positions, (0..input.resources.len()).collect::<Vec<_>>(), "{number}");
            let report = evaluation.report(batches.iter().map(EvaluationBatch::run).collect::<Vec<_>>());
            assert_eq!(report, policies.evaluate(&input), "{number}");
            assert!(!report.findings.is_empty() && !report.unknown.is_empty() && !report.engine_failed());
        }
    }

    #[test]
    fn a_failing_policy_does_not_affect_the_others() {
        // Built in, so that it is not tested when it is loaded.
        let failing = "# METADATA\n# title: x\n# custom:\n#   id: zz\n#   severity: low\n#   types: [AWS::SQS::Queue]\n#   fix: y\npackage project.zz\n\ndeny contains {\"path\": [], \"message\": \"m\"} if to_number(input.resource.properties.QueueName) == 1\n";
        let mut sources = builtin::sources();
        sources.push(PolicySource {
            origin: crate::policy::Origin::Builtin,
            ..PolicySource::read("zz.rego", failing).unwrap()
        });
        let with = PolicySet::compile(sources).unwrap();
        let without = PolicySet::compile(builtin::sources()).unwrap();
        let input = input();
        let (broken, sound) = (with.evaluate(&input), without.evaluate(&input));
        assert!(broken.engine_failed());
        assert_eq!((&broken.findings, &broken.unknown), (&sound.findings, &sound.unknown));
        let of_queues = broken.engines[0].failures.iter().filter(|failure| failure.check.as_deref() == Some("zz"));
        assert_eq!(of_queues.count(), EACH);
    }
}
