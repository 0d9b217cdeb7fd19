//! Messages to the user: errors, warnings and notes, with a location and a hint.

use serde::{Deserialize, Serialize};

pub use crate::codes::Code;

/// A location in a user's file; line and column count from 1.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Location {
    /// The file as the user named it; `-` is standard input.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

impl std::fmt::Display for Location {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// The severity of a diagnostic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// The command could not do what was asked.
    Error,
    /// Something the user should know before relying on the result.
    Warning,
    /// Something that was done on the user's behalf.
    Note,
}

/// One message: what happened, where, and what to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Error, warning or note.
    pub level: Level,
    /// What kind of message it is.
    pub code: Code,
    /// What happened, in one sentence without a final period.
    pub message: String,
    /// What to do about it, if anything.
    pub hint: Option<String>,
    /// Where in the user's input.
    pub location: Option<Location>,
    /// JSON pointer into the resource's properties.
    pub pointer: Option<String>,
    /// The resource concerned: logical id, or `Type identifier`.
    pub resource: Option<String>,
}

impl Diagnostic {
    /// Creates an error without a location.
    pub fn error(code: Code, message: impl Into<String>) -> Self {
        Self::new(Level::Error, code, message)
    }

    /// Creates a warning without a location.
    pub fn warning(code: Code, message: impl Into<String>) -> Self {
        Self::new(Level::Warning, code, message)
    }

    /// Creates a note without a location.
    pub fn note(code: Code, message: impl Into<String>) -> Self {
        Self::new(Level::Note, code, message)
    }

    fn new(level: Level, code: Code, message: impl Into<String>) -> Self {
        Self { level, code, message: message.into(), hint: None, location: None, pointer: None, resource: None }
    }

    /// Adds a hint: what to do next.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds the location in the user's file.
    pub fn at(mut self, location: Option<Location>) -> Self {
        self.location = location;
        self
    }

    /// Adds the JSON pointer inside the resource's properties.
    pub fn pointer(mut self, pointer: impl Into<String>) -> Self {
        self.pointer = Some(pointer.into());
        self
    }

    /// Adds the resource concerned.
    pub fn resource(mut self, resource: impl Into<String>) -> Self {
        self.resource = Some(resource.into());
        self
    }
}
