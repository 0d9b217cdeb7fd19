//! What happened, and the exit code that says so: the only such table.

use crate::domain::diagnostic::Diagnostic;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Done, nothing to report.
    Ok,
    /// Something went wrong.
    Error,
    /// Ran well and the answer is "no": drift, violations, findings, or a part that could not be read.
    Findings,
    /// A plan waits for an approval.
    ApprovalRequired,
    /// A gate or a safety rule refused.
    Blocked,
    /// Still running in AWS, or partly applied.
    InProgress,
    /// Credentials, an unknown profile, or the wrong account.
    Credentials,
    /// Bad flags, configuration or input file.
    Usage,
    /// SIGINT.
    Interrupted,
    /// SIGTERM.
    Terminated,
}

impl Outcome {
    /// The process's exit code.
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
    /// What it is for.
    pub why: String,
    /// The command, ready to paste.
    pub command: String,
}

/// A run that ended before it had an answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    /// How it ended.
    pub outcome: Outcome,
    /// Why: at least one error.
    pub diagnostics: Vec<Diagnostic>,
    /// What to do now.
    pub next: Vec<NextStep>,
}

impl Failure {
    /// A failure with one message.
    pub fn new(outcome: Outcome, diagnostic: Diagnostic) -> Self {
        Self { outcome, diagnostics: vec![diagnostic], next: Vec::new() }
    }

    /// Bad flags, configuration or input.
    pub fn usage(diagnostics: Vec<Diagnostic>) -> Self {
        Self { outcome: Outcome::Usage, diagnostics, next: Vec::new() }
    }

    /// Adds what else there is to say.
    pub fn and(mut self, diagnostics: Vec<Diagnostic>) -> Self {
        self.diagnostics.extend(diagnostics);
        self
    }

    /// Adds what to run next.
    pub fn next(mut self, why: impl Into<String>, command: impl Into<String>) -> Self {
        self.next.push(NextStep { why: why.into(), command: command.into() });
        self
    }
}
