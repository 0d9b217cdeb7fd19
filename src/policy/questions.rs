//! One evaluation as a list of questions, each one policy about one resource, which can be answered
//! in parts.

use std::collections::BTreeMap;

use regorus::Value;

use super::check::{Answer, Check};
use super::choices;
use super::input::{self, ScanInput};
use super::resource::ScanResource;
use super::set::PolicySet;
use crate::domain::finding::{BUILTIN_ENGINE, EngineFailure, EngineStatus, ScanReport};

/// Everything that a scan asks.
pub struct Questions<'a> {
    policies: &'a PolicySet,
    input: &'a ScanInput,
    documents: Vec<Value>,
    /// The policies about each type that a resource has, sorted by id.
    by_type: BTreeMap<&'a str, Vec<&'a Check>>,
}

/// The questions about some of the resources. Parts do not depend on each other: threads may share them.
pub struct Part<'q, 'a> {
    all: &'q Questions<'a>,
    positions: Vec<usize>,
}

/// What a part's questions were answered with.
#[derive(Debug, Default)]
pub struct Answers {
    list: Vec<Result<Answer, Box<EngineFailure>>>,
}

impl PolicySet {
    /// Runs every active policy on every resource of a type that it applies to.
    pub fn evaluate(&self, input: &ScanInput) -> ScanReport {
        let questions = self.questions(input);
        let answers: Vec<Answers> = questions.parts(1, 1).iter().map(Part::answer).collect();
        questions.report(answers)
    }

    /// The same, for a caller that wants to share the work between threads.
    pub fn questions<'a>(&'a self, input: &'a ScanInput) -> Questions<'a> {
        Questions::new(self, input)
    }
}

impl<'a> Questions<'a> {
    fn new(policies: &'a PolicySet, input: &'a ScanInput) -> Self {
        let mut by_type: BTreeMap<&str, Vec<&Check>> = BTreeMap::new();
        for scanned in &input.resources {
            let type_name = scanned.resource.type_name.as_str();
            by_type
                .entry(type_name)
                .or_insert_with(|| policies.active().filter(|check| check.is_about(type_name)).collect());
        }
        Self { policies, input, documents: input::documents(input), by_type }
    }

    /// The questions in parts of almost the same size, of at least `smallest` resources each on
    /// average. A part has few types, because it makes the policies about each of them ready to run.
    pub fn parts(&self, number: usize, smallest: usize) -> Vec<Part<'_, 'a>> {
        let resources = &self.input.resources;
        let number = number.min(resources.len() / smallest.max(1)).max(1);
        let mut order: Vec<(&str, usize)> =
            resources.iter().enumerate().map(|(at, scanned)| (scanned.resource.type_name.as_str(), at)).collect();
        order.sort_unstable();
        let weight = |at: usize| resources.get(at).map_or(0, |scanned| self.checks(scanned).len()) + 1;
        let size = order.iter().map(|(_, at)| weight(*at)).sum::<usize>().div_ceil(number).max(1);
        let mut parts: Vec<Part<'_, 'a>> = (0..number).map(|_| Part { all: self, positions: Vec::new() }).collect();
        let mut before = 0;
        for (_, at) in order {
            if let Some(part) = parts.get_mut(before / size) {
                part.positions.push(at);
            }
            before += weight(at);
        }
        parts
    }

    fn checks(&self, scanned: &ScanResource) -> &[&'a Check] {
        self.by_type.get(scanned.resource.type_name.as_str()).map(Vec::as_slice).unwrap_or_default()
    }

    /// The report, from the answers of all parts. A policy that failed while it ran makes the engine
    /// a failed one, which is never a pass.
    pub fn report(&self, answers: impl IntoIterator<Item = Answers>) -> ScanReport {
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
        for answers in answers {
            for result in answers.list {
                match result {
                    Ok(answer) => {
                        report.findings.extend(answer.findings);
                        report.unknown.extend(answer.unknown);
                    }
                    Err(failure) => engine.failures.push(*failure),
                }
            }
        }
        // Each part says by itself what is wrong with a policy.
        engine.failures.sort();
        engine.failures.dedup();
        report.engines.push(engine);
        report.sort();
        report
    }
}

impl<'a> Part<'_, 'a> {
    /// Asks the part's questions.
    pub fn answer(&self) -> Answers {
        let resources = self.positions.iter().filter_map(|&at| Some((at, self.all.input.resources.get(at)?)));
        let mut runner = self.all.policies.runner();
        let mut list = Vec::new();
        for (at, scanned) in resources {
            let Some(document) = self.all.documents.get(at) else { continue };
            runner.look_at(document.clone());
            let (incomplete, libraries) = (&self.all.input.incomplete, &self.all.policies.libraries);
            let mut ways = None;
            let ask = |check: &'a Check| match check.without_siblings(scanned, incomplete, libraries) {
                Some(undecided) => Some(Ok(undecided)),
                // It has failed the scan already.
                None if runner.is_endless(check.program()) => None,
                None => {
                    let answer = check.run(&mut runner, scanned);
                    let is_open = |answer: &Answer| answer.findings.is_empty() && !answer.unknown.is_empty();
                    Some(match answer {
                        Ok(answer) if is_open(&answer) => {
                            let ways = ways.get_or_insert_with(|| choices::ways(scanned, document));
                            let decided = check.run_in_all(ways, answer, &mut runner, scanned);
                            runner.look_at(document.clone());
                            decided
                        }
                        answer => answer,
                    })
                }
            };
            list.extend(self.all.checks(scanned).iter().copied().filter_map(ask));
        }
        Answers { list }
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
    fn parts_hold_every_resource_once_and_say_the_same() {
        let policies = PolicySet::compile(builtin::sources()).unwrap().with_packs(Packs::All);
        let input = input();
        let questions = policies.questions(&input);
        for number in [1, 3, 7] {
            let parts = questions.parts(number, 1);
            let mut positions: Vec<usize> = parts.iter().flat_map(|part| part.positions.iter().copied()).collect();
            positions.sort_unstable();
            assert_eq!(positions, (0..input.resources.len()).collect::<Vec<_>>(), "{number}");
            let report = questions.report(parts.iter().map(Part::answer).collect::<Vec<_>>());
            assert_eq!(report, policies.evaluate(&input), "{number}");
            assert!(!report.findings.is_empty() && !report.unknown.is_empty() && !report.engine_failed());
        }
    }

    #[test]
    fn a_policy_that_fails_takes_no_answer_from_the_others() {
        // Built in, so that nothing proves it beforehand.
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
