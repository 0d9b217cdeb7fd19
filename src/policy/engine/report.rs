//! The result of an external engine.

use crate::domain::finding::{BUILTIN_ENGINE, Severity};
use crate::domain::project::EngineName;

/// The severity of a finding whose engine gives none and that has no equivalent policy.
/// Checkov reports severities only to customers of its platform, and Guard's rules have none.
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
    /// The severity, if the engine gives one.
    pub severity: Option<Severity>,
}

/// The report of an engine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EngineReport {
    /// The engine's version.
    pub version: Option<String>,
    /// The number of (check, resource) pairs, or of rules, that it evaluated.
    pub checks: usize,
    /// The failed checks.
    pub findings: Vec<EngineFinding>,
}

/// Why an engine failed, and what to do about it. A scan in which an engine failed is not a pass.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}; {advice}")]
pub struct EngineError {
    /// What happened, in one sentence without a final period.
    pub what: String,
    /// What to do about it.
    pub advice: String,
}

impl EngineError {
    /// Creates an error with a hint.
    pub fn new(what: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { what: what.into(), advice: advice.into() }
    }

    pub(super) fn unreadable(engine: EngineName, what: &str) -> Self {
        let name = engine.as_str();
        Self::new(format!("{name} {what}"), format!("run `{name}` to see its output, or install another version"))
    }
}

/// The catalog of equivalents that contains an engine's ids.
pub(super) fn catalog(engine: EngineName) -> &'static str {
    match engine {
        EngineName::Builtin => BUILTIN_ENGINE,
        EngineName::Checkov => "checkov",
        EngineName::CfnGuard => "guard_registry",
    }
}
