//! One evaluation as a list of questions, each one policy about one resource, which can be answered
//! in parts.

use regorus::Value;

use super::check::{Answer, Check};
use super::error::PolicyError;
use super::input::{self, ScanInput, ScanResource};
use super::{ENGINE, PolicySet};
use crate::domain::finding::{EngineFailure, EngineStatus, ScanReport};

/// Everything that a scan asks.
pub struct Questions<'a> {
    policies: &'a PolicySet,
    input: &'a ScanInput,
    documents: Vec<Value>,
    list: Vec<(&'a Check, usize)>,
}

/// Some of the questions. Parts do not depend on each other: threads may share them.
pub struct Part<'q, 'a> {
    all: &'q Questions<'a>,
    list: &'q [(&'a Check, usize)],
}

/// What a part's questions were answered with.
#[derive(Debug, Default)]
pub struct Answers {
    list: Vec<Result<Answer, Box<EngineFailure>>>,
    /// Why nothing could be answered.
    broken: Option<PolicyError>,
}

impl<'a> Questions<'a> {
    pub(super) fn new(policies: &'a PolicySet, input: &'a ScanInput, list: Vec<(&'a Check, usize)>) -> Self {
        Self { policies, input, documents: input::documents(input), list }
    }

    /// The questions in parts of almost the same size, at least `smallest` questions each.
    pub fn parts(&self, number: usize, smallest: usize) -> Vec<Part<'_, 'a>> {
        let size = self.list.len().div_ceil(number.max(1)).max(smallest).max(1);
        self.list.chunks(size).map(|list| Part { all: self, list }).collect()
    }

    /// The report, from the answers of all parts in their order. A policy that failed while it ran
    /// makes the engine a failed one, which is never a pass.
    pub fn report(&self, answers: impl IntoIterator<Item = Answers>) -> ScanReport {
        let mut report = ScanReport {
            resources_scanned: self.input.resources.len(),
            checks_evaluated: self.list.len(),
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
        report.engines.push(engine);
        report.sort();
        report
    }
}

impl Part<'_, '_> {
    /// Compiles the policies that the part asks about, and runs them.
    pub fn answer(&self) -> Answers {
        // The list is sorted by policy.
        let mut needed: Vec<&Check> = self.list.iter().map(|(check, _)| *check).collect();
        needed.dedup_by(|a, b| std::ptr::eq(*a, *b));
        let mut runner = match self.all.policies.engine_for(needed) {
            Ok(engine) => engine,
            Err(broken) => return Answers { broken: Some(broken), ..Answers::default() },
        };
        let ask = |(check, position): &(&Check, usize)| -> Option<_> {
            let scanned: &ScanResource = self.all.input.resources.get(*position)?;
            if let Some(undecided) = check.without_siblings(scanned, &self.all.input.incomplete) {
                return Some(Ok(undecided));
            }
            Some(check.run(&mut runner, scanned, self.all.documents.get(*position)?.clone()))
        };
        Answers { list: self.list.iter().filter_map(ask).collect(), broken: None }
    }
}
