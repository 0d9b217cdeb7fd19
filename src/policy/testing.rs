//! Runs policies on their fixtures, and checks the names that they use.

use super::error::PolicyError;
use super::fixture::{FixtureFailure, Fixtures};
use super::input::documents;
use super::names::unknown_names;
use super::protocol::{OwnSource, Request, Response};
use super::set::{CompileError, PolicySet};
use super::source::PolicySource;
use crate::domain::finding::EngineFailure;

impl PolicySet {
    /// Runs one policy, active or not, on its fixtures. A policy needs at least one case that
    /// passes and one that fails: a rule without a failing case may never match.
    ///
    /// # Errors
    /// The process of the project's policies exceeded a limit or crashed.
    pub fn test(&self, id: &str, path: &str, fixtures: &Fixtures) -> Result<Vec<FixtureFailure>, Box<EngineFailure>> {
        let failure =
            |case: &str, problem: String| FixtureFailure { path: path.to_owned(), case: case.to_owned(), problem };
        let Some(check) = self.check(id) else {
            return Ok(vec![failure(id, "there is no policy with this id".to_owned())]);
        };
        if let Some(process) = self.process_of(check) {
            let request = Request::Test { policy: id.to_owned(), path: path.to_owned(), fixtures: fixtures.clone() };
            return match process.request(&request) {
                Ok(Response::Tested(failures)) => Ok(failures),
                Ok(other) => Err(Box::new(self.unexpected(&other))),
                Err(ended) => Err(Box::new(self.process_failure(ended, &[]))),
            };
        }
        let mut failures = Vec::new();
        if fixtures.passing.is_empty() || fixtures.failing.is_empty() {
            failures.push(failure(id, "at least one passing and one failing case are required".to_owned()));
        }
        let mut runner = self.runner();
        let default_type = check.metadata().types.first().map_or("", String::as_str);
        for (expected, fixture) in fixtures.cases() {
            let input = fixture.input(default_type);
            let (Some(scanned), Some(document)) = (input.resources.first(), documents(&input).into_iter().next())
            else {
                continue;
            };
            runner.set_document(document);
            self.announce(0, check, None);
            let problem = match check.run(&mut runner, scanned) {
                Err(failure) => Some(failure.message),
                Ok(answer) => {
                    let findings: Vec<(Option<&str>, &str)> = answer
                        .findings
                        .iter()
                        .map(|finding| (finding.pointer.as_deref(), finding.severity.as_str()))
                        .collect();
                    let unknown: Vec<Option<&str>> =
                        answer.unknown.iter().map(|entry| entry.pointer.as_deref()).collect();
                    fixture.problem(expected, &findings, &unknown)
                }
            };
            failures.extend(problem.map(|problem| failure(&fixture.name, problem)));
        }
        Ok(failures)
    }

    /// The types and properties that policies name and that do not exist, by file and line.
    ///
    /// # Errors
    /// A policy cannot be parsed, or the process of the project's policies exceeded a limit or crashed.
    pub fn unknown_names(&self, sources: &[PolicySource]) -> Result<Vec<PolicyError>, CompileError> {
        let Some(process) = self.process() else { return unknown_names(sources).map_err(CompileError::Invalid) };
        let request = Request::UnknownNames { sources: sources.iter().map(OwnSource::from).collect() };
        match process.request(&request) {
            Ok(Response::UnknownNames(problems)) => Ok(problems),
            Ok(Response::Invalid(error)) => Err(CompileError::Invalid(error)),
            Ok(other) => Err(CompileError::Failed(Box::new(self.unexpected(&other)))),
            Err(ended) => Err(CompileError::Failed(Box::new(self.process_failure(ended, &[])))),
        }
    }
}
