//! What is said of one code, status or kind of approval.

use super::Code;

/// How much a message of a code matters at most: some are errors in commands that write and notes in
/// those that read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// The command could not do what was asked.
    Error,
    /// Something to know before relying on the answer.
    Warning,
    /// Something that was done on the user's behalf.
    Note,
}

impl Severity {
    /// The word in output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// What an entry is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic {
    /// A message's code.
    Diagnostic(Code, Severity),
    /// A violation that `tag-audit` reports.
    TagViolation(Code),
    /// A status of `drift`, `promote` or `tag-audit`, by its word in output.
    Status(&'static str),
    /// A kind of approval, by its word in output.
    Approval(&'static str),
}

/// What `explain` says of one code, status or kind of approval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// What it is about.
    pub topic: Topic,
    /// A short noun phrase.
    pub title: &'static str,
    /// What it means, and why stagegate says it.
    pub explanation: &'static str,
    /// Lines of input, of a command line or of output that produce or show it.
    pub example: &'static [&'static str],
    /// What to do.
    pub next_step: &'static str,
}

impl Entry {
    /// The code or word, as it stands in output.
    pub const fn code(&self) -> &'static str {
        match self.topic {
            Topic::Diagnostic(code, _) | Topic::TagViolation(code) => code.as_str(),
            Topic::Status(word) | Topic::Approval(word) => word,
        }
    }

    /// The code, where the entry is about one.
    pub(super) const fn of(&self) -> Option<Code> {
        match self.topic {
            Topic::Diagnostic(code, _) | Topic::TagViolation(code) => Some(code),
            Topic::Status(_) | Topic::Approval(_) => None,
        }
    }

    /// The severity of a message or violation; `None` for a status and an approval.
    pub const fn severity(&self) -> Option<Severity> {
        match self.topic {
            Topic::Diagnostic(_, severity) => Some(severity),
            Topic::TagViolation(_) => Some(Severity::Error),
            Topic::Status(_) | Topic::Approval(_) => None,
        }
    }
}

pub(super) const fn error(code: Code) -> Topic {
    Topic::Diagnostic(code, Severity::Error)
}

pub(super) const fn warning(code: Code) -> Topic {
    Topic::Diagnostic(code, Severity::Warning)
}

pub(super) const fn note(code: Code) -> Topic {
    Topic::Diagnostic(code, Severity::Note)
}

pub(super) const fn violation(code: Code) -> Topic {
    Topic::TagViolation(code)
}

pub(super) const fn status(word: &'static str) -> Topic {
    Topic::Status(word)
}

pub(super) const fn approval(word: &'static str) -> Topic {
    Topic::Approval(word)
}
