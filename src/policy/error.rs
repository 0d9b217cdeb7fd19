//! Policy errors, with their locations.

use serde::{Deserialize, Serialize};

use crate::domain::diagnostic::{Code, Diagnostic, Location};
use crate::domain::finding::EngineFailure;

/// An invalid policy source, or a policy that failed at run time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("{location}: {message}; {hint}")]
pub struct PolicyError {
    /// The location in the policy's source.
    pub location: Location,
    /// What is wrong, in one sentence without a final period.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}

impl PolicyError {
    /// Creates an error at a line of a file.
    pub fn new(path: &str, line: u32, message: impl Into<String>, hint: &str) -> Self {
        Self::at(Location { file: path.to_owned(), line, column: 1 }, message, hint)
    }

    /// Creates an error at a location.
    pub fn at(location: Location, message: impl Into<String>, hint: &str) -> Self {
        Self { location, message: message.into(), hint: hint.to_owned() }
    }

    /// Parses an error message of regorus. It has the format
    /// `\n--> path:line:column\n<source excerpt>\nerror: what`, possibly after a context line; an
    /// error in a library file names that file rather than the policy's.
    pub(super) fn from_engine(path: &str, error: &impl std::fmt::Display, hint: &str) -> Self {
        let text = error.to_string();
        let place = text.lines().find_map(|line| line.trim().strip_prefix("--> "));
        let message = text
            .lines()
            .rev()
            .find_map(|line| line.trim().strip_prefix("error: "))
            .or_else(|| text.lines().rev().map(str::trim).find(|line| !line.is_empty()))
            .unwrap_or("unknown error of the policy engine");
        Self {
            location: place.and_then(parse_place).unwrap_or_else(|| Location {
                file: path.to_owned(),
                line: 1,
                column: 1,
            }),
            message: message.to_owned(),
            hint: hint.to_owned(),
        }
    }

    /// Converts the error to an engine failure.
    pub(super) fn failure(&self) -> EngineFailure {
        EngineFailure {
            check: None,
            resource: None,
            message: format!("{}; {}", self.message, self.hint),
            location: Some(self.location.clone()),
        }
    }

    /// Converts the error to a diagnostic.
    pub fn diagnostic(&self) -> Diagnostic {
        Diagnostic::error(Code::InvalidPolicy, self.message.clone())
            .hint(self.hint.clone())
            .at(Some(self.location.clone()))
    }
}

fn parse_place(place: &str) -> Option<Location> {
    let mut parts = place.rsplitn(3, ':');
    let column = parts.next()?.parse().ok()?;
    let line = parts.next()?.parse().ok()?;
    Some(Location { file: parts.next()?.to_owned(), line, column })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn an_engine_error_gives_its_location_and_reason() {
        let text = "\n--> a:b.rego:3:7\n  |\n3 | x\n  | ^\nerror: unexpected token";
        let error = PolicyError::from_engine("p.rego", &text, "fix it");
        assert_eq!(error.to_string(), "a:b.rego:3:7: unexpected token; fix it");
    }

    #[test]
    fn an_error_without_a_location_names_the_policy() {
        let error = PolicyError::from_engine("p.rego", &"not a valid rule path", "fix it");
        assert_eq!(error.to_string(), "p.rego:1:1: not a valid rule path; fix it");
    }
}
