//! The outcomes of a run and their exit codes. This is the only table of exit codes.

use crate::domain::diagnostic::Diagnostic;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Success, nothing to report.
    Ok,
    /// An error occurred.
    Error,
    /// Completed, with drift, violations, findings or incomplete results.
    Findings,
    /// A plan requires an approval.
    ApprovalRequired,
    /// Blocked by a gate or a safety rule.
    Blocked,
    /// Still in progress in AWS, or partly applied.
    InProgress,
    /// Missing or invalid credentials, an unknown profile, or the wrong account.
    Credentials,
    /// Invalid flags, configuration or input file.
    Usage,
    /// SIGINT.
    Interrupted,
    /// SIGTERM.
    Terminated,
}

impl Outcome {
    /// Returns the exit code of the process.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Error => 1,
            Self::Findings => 2,
            Self::ApprovalRequired => 3,
            Self::Blocked => 4,
            Self::InProgress => 5,
            Self::Credentials => 6,
            Self::Usage => 64,
            Self::Interrupted => 130,
            Self::Terminated => 143,
        }
    }
}

/// A command that the user may want to run next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NextStep {
    /// The purpose of the command.
    pub why: String,
    /// The command, ready to paste.
    pub command: String,
}

/// A run that ended without a result.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    /// How it ended.
    pub outcome: Outcome,
    /// The diagnostics, with at least one error.
    pub diagnostics: Vec<Diagnostic>,
    /// Commands to run next.
    pub next: Vec<NextStep>,
}

impl Failure {
    /// Creates a failure with one diagnostic.
    pub fn new(outcome: Outcome, diagnostic: Diagnostic) -> Self {
        Self { outcome, diagnostics: vec![diagnostic], next: Vec::new() }
    }

    /// Creates a usage error: invalid flags, configuration or input.
    pub fn usage(diagnostics: Vec<Diagnostic>) -> Self {
        Self { outcome: Outcome::Usage, diagnostics, next: Vec::new() }
    }

    /// Adds further diagnostics.
    pub fn and(mut self, diagnostics: Vec<Diagnostic>) -> Self {
        self.diagnostics.extend(diagnostics);
        self
    }

    /// Adds a command to run next.
    pub fn next(mut self, why: impl Into<String>, command: impl Into<String>) -> Self {
        self.next.push(NextStep { why: why.into(), command: command.into() });
        self
    }
}
