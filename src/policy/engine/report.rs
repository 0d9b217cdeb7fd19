//! What an engine answers.

use crate::domain::finding::{BUILTIN_ENGINE, Severity};
use crate::domain::project::EngineName;

/// The severity of a finding whose engine gives none and whose subject none of our policies has.
/// Checkov names severities only to customers of its platform, and Guard's rules have none.
pub const DEFAULT_SEVERITY: Severity = Severity::Medium;

/// One failed check of another engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineFinding {
    /// The engine's id of the check.
    pub id: String,
    /// The resource's position in what was scanned; `None` for the template as a whole.
    pub resource: Option<usize>,
    /// JSON pointer into the resource's properties.
    pub pointer: Option<String>,
    /// What is wrong.
    pub message: String,
    /// Where the engine says how much it matters.
    pub severity: Option<Severity>,
}

/// What an engine found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EngineReport {
    /// The engine's version.
    pub version: Option<String>,
    /// How many pairs of check and resource, or how many rules, it evaluated.
    pub checks: usize,
    /// The failed checks.
    pub findings: Vec<EngineFinding>,
}

/// Why an engine's answer is none, and what to do. A scan in which an engine failed is not a pass.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}; {advice}")]
pub struct EngineError {
    /// What happened, in one sentence without a final stop.
    pub what: String,
    /// What to do about it.
    pub advice: String,
}

impl EngineError {
    /// An error with a way on.
    pub fn new(what: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { what: what.into(), advice: advice.into() }
    }

    pub(super) fn unreadable(engine: EngineName, what: &str) -> Self {
        let name = engine.as_str();
        Self::new(
            format!("{name} {what}"),
            format!("run `{name}` by hand to see what it says, or install another version"),
        )
    }
}

/// The catalogue of equivalents that holds an engine's ids.
pub(super) fn catalogue(engine: EngineName) -> &'static str {
    match engine {
        EngineName::Builtin => BUILTIN_ENGINE,
        EngineName::Checkov => "checkov",
        EngineName::CfnGuard => "guard_registry",
    }
}
