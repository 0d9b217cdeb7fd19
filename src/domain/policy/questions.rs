//! One evaluation as a list of questions, each one policy about one resource, which can be answered
//! in parts.

use std::collections::{BTreeMap, BTreeSet};

use regorus::{Engine, Value};

use super::check::{self, Answer, Check};
use super::error::PolicyError;
use super::input::{self, ScanInput, ScanResource};
use super::{ENGINE, PolicySet};
use crate::domain::finding::{EngineFailure, EngineStatus, ScanReport};

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
    /// Why nothing could be answered.
    broken: Option<PolicyError>,
}

/// From so many resources on, all policies are asked about a resource at once: to ask the engine
/// anything takes longer than most policies think, but the question must be prepared first.
const WORTH_JOINING: usize = 16;

impl<'a> Questions<'a> {
    pub(super) fn new(policies: &'a PolicySet, input: &'a ScanInput) -> Self {
        let mut by_type: BTreeMap<&str, Vec<&Check>> = BTreeMap::new();
        for scanned in &input.resources {
            let type_name = scanned.resource.type_name.as_str();
            by_type
                .entry(type_name)
                .or_insert_with(|| policies.active().filter(|check| check.is_about(type_name)).collect());
        }
        Self { policies, input, documents: input::documents(input), by_type }
    }

    /// The questions in parts of almost the same size, of at least `smallest` resources each.
    pub fn parts(&self, number: usize, smallest: usize) -> Vec<Part<'_, 'a>> {
        let total = self.input.resources.len();
        let number = number.min(total / smallest.max(1)).max(1);
        // In turn, because resources of one type, which take equally long, often stand together.
        let positions = |part: usize| (part..total).step_by(number).collect();
        (0..number).map(|part| Part { all: self, positions: positions(part) }).collect()
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
            name: ENGINE.to_owned(),
            version: Some(env!("CARGO_PKG_VERSION").to_owned()),
            failures: Vec::new(),
        };
        for answers in answers {
            engine.failures.extend(answers.broken.as_ref().map(PolicyError::failure));
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

impl Part<'_, '_> {
    /// Compiles the policies that the part asks about, and runs them.
    pub fn answer(&self) -> Answers {
        self.run(self.positions.len() >= WORTH_JOINING)
    }

    fn run(&self, is_joined: bool) -> Answers {
        let resources = || self.positions.iter().filter_map(|&at| Some((at, self.all.input.resources.get(at)?)));
        let types: BTreeSet<&str> = resources().map(|(_, scanned)| scanned.resource.type_name.as_str()).collect();
        let groups: Vec<(&str, &[&Check])> = types
            .into_iter()
            .filter_map(|name| Some((name, self.all.by_type.get(name)?.as_slice())))
            .filter(|(_, checks)| !checks.is_empty())
            .collect();
        let needed: BTreeMap<&str, &Check> =
            groups.iter().flat_map(|(_, checks)| checks.iter()).map(|check| (check.id(), *check)).collect();
        let engine = self.all.policies.engine_for(needed.into_values());
        let joined = engine.and_then(|engine| match is_joined {
            true => check::join(engine, groups.iter().map(|(_, checks)| *checks)),
            false => Ok((engine, Vec::new())),
        });
        let (mut engine, questions) = match joined {
            Ok(ready) => ready,
            Err(broken) => return Answers { broken: Some(broken), ..Answers::default() },
        };
        let names = groups.iter().map(|(name, _)| *name);
        let questions: BTreeMap<&str, String> = names.zip(questions).collect();
        let mut list = Vec::new();
        for (at, scanned) in resources() {
            let Some(document) = self.all.documents.get(at) else { continue };
            let question = questions.get(scanned.resource.type_name.as_str());
            list.extend(self.about(scanned, document, question, &mut engine));
        }
        Answers { list, broken: None }
    }

    /// What all policies say about one resource.
    fn about(
        &self,
        scanned: &ScanResource,
        document: &Value,
        question: Option<&String>,
        engine: &mut Engine,
    ) -> Vec<Result<Answer, Box<EngineFailure>>> {
        let checks = self.all.checks(scanned);
        engine.set_input(document.clone());
        let said = question.and_then(|question| engine.eval_rule(question.clone()).ok());
        let said = said.as_ref().and_then(|said| said.as_array().ok()).filter(|said| said.len() == checks.len());
        let ask = |(position, check): (usize, &&Check)| {
            if let Some(undecided) = check.without_siblings(scanned, &self.all.input.incomplete) {
                return Ok(undecided);
            }
            match said.and_then(|said| said.get(position)) {
                Some(said) => check.read(scanned, said),
                // Together they have no answer where one of them fails: alone, each says its own.
                None => check.run(engine, scanned),
            }
        };
        checks.iter().enumerate().map(ask).collect()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use crate::domain::policy::{Packs, PolicySource, builtin};
    use serde_json::json;

    fn input() -> ScanInput {
        let document = json!({"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*", "Principal": "*"}]});
        let resources = (0..WORTH_JOINING).flat_map(|n| {
            let live = |type_name: &str, properties| ScanResource::live(type_name, &format!("r{n}"), properties);
            [
                live("AWS::S3::Bucket", json!({"BucketName": {"Ref": "Name"}})),
                live("AWS::IAM::ManagedPolicy", json!({"PolicyDocument": document})),
                live("AWS::SQS::Queue", json!({"QueueName": format!("q{n}-dev")})),
                live("AWS::Nothing::AtAll", json!({})),
            ]
        });
        ScanInput { resources: resources.collect(), ..ScanInput::default() }
    }

    #[test]
    fn asked_together_or_alone_policies_say_the_same() {
        let policies = PolicySet::compile(builtin::sources()).unwrap().with_packs(Packs::All);
        let input = input();
        let questions = policies.questions(&input);
        let of = |is_joined| {
            let parts = questions.parts(2, 1);
            questions.report(parts.iter().map(|part| part.run(is_joined)).collect::<Vec<_>>())
        };
        let joined = of(true);
        assert_eq!(joined, of(false));
        assert!(!joined.findings.is_empty() && !joined.unknown.is_empty() && !joined.engine_failed());
        assert_eq!(joined, policies.evaluate(&input));
    }

    #[test]
    fn a_policy_that_fails_takes_no_answer_from_the_others() {
        let failing = "# METADATA\n# title: x\n# custom:\n#   id: zz\n#   severity: low\n#   types: [AWS::SQS::Queue]\n#   fix: y\npackage project.zz\n\ndeny contains {\"path\": [], \"message\": \"m\"} if to_number(input.resource.properties.QueueName) == 1\n";
        let mut sources = builtin::sources();
        sources.push(PolicySource {
            origin: crate::domain::policy::Origin::Builtin,
            ..PolicySource::project("zz.rego", failing)
        });
        let with = PolicySet::compile(sources).unwrap();
        let without = PolicySet::compile(builtin::sources()).unwrap();
        let input = input();
        let (broken, sound) = (with.evaluate(&input), without.evaluate(&input));
        assert!(broken.engine_failed());
        assert_eq!((&broken.findings, &broken.unknown), (&sound.findings, &sound.unknown));
        let of_queues = broken.engines[0].failures.iter().filter(|failure| failure.check.as_deref() == Some("zz"));
        assert_eq!(of_queues.count(), WORTH_JOINING);
    }
}
