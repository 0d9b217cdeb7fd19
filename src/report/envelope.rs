//! The envelope around every JSON document.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::words::{DiagnosticLevel, OutcomeCode};
use crate::domain::diagnostic::Diagnostic;
use crate::outcome::{NextStep, Outcome};

/// The version of all bodies: a minor step adds, a major step breaks. Young bodies are `0.x`.
pub const SCHEMA_VERSION: &str = "0.1";

/// One document per run, for errors and bad flags too.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Envelope<Body> {
    /// Which document this is.
    pub schema: SchemaView,
    /// What wrote it.
    pub tool: ToolView,
    /// The command that ran; `null` when the command line could not be understood.
    pub command: Option<String>,
    /// The environments that the run looked at.
    pub environments: Vec<EnvironmentView>,
    /// How it ended.
    pub outcome: OutcomeView,
    /// Wall-clock time of the run in milliseconds.
    pub elapsed_ms: u64,
    /// Calls to AWS by `service.Operation`.
    pub api_calls: BTreeMap<String, u64>,
    /// Errors, warnings and notes.
    pub diagnostics: Vec<DiagnosticView>,
    /// Commands that the user may want to run next.
    pub next: Vec<NextView>,
    /// The answer; `null` when there is none.
    pub body: Option<Body>,
}

/// Name and version of a document's layout.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SchemaView {
    /// `stagegate.<command>`.
    pub name: String,
    /// `major.minor`.
    pub version: String,
}

/// The program.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ToolView {
    /// `stagegate`.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// An environment and, once STS has answered, who we are there.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct EnvironmentView {
    /// The environment's name.
    pub name: String,
    /// Account id.
    pub account: String,
    /// Region.
    pub region: String,
    /// The caller's ARN; `null` when STS was not asked.
    pub arn: Option<String>,
    /// The profile; `null` for the default chain and the sandbox.
    pub profile: Option<String>,
    /// How the credentials are obtained.
    pub authentication: String,
    /// Writes need an approval whatever they cost.
    pub protected: bool,
}

/// How a run ended.
#[derive(Debug, Serialize, JsonSchema)]
pub struct OutcomeView {
    /// A word for the exit code.
    pub code: OutcomeCode,
    /// The process's exit code.
    pub exit_code: u8,
}

/// One message.
#[derive(Debug, Serialize, JsonSchema)]
pub struct DiagnosticView {
    /// How much it matters.
    pub level: DiagnosticLevel,
    /// A stable code.
    pub code: String,
    /// What happened.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// The user's file.
    pub file: Option<String>,
    /// Line, from 1.
    pub line: Option<u32>,
    /// Column, from 1.
    pub column: Option<u32>,
    /// JSON pointer inside the resource's properties.
    pub pointer: Option<String>,
    /// The resource concerned.
    pub resource: Option<String>,
}

/// A command to run next.
#[derive(Debug, Serialize, JsonSchema)]
pub struct NextView {
    /// What it is for.
    pub why: String,
    /// The command.
    pub command: String,
}

/// What is known of a run beside its answer.
#[derive(Debug, Clone, Default)]
pub struct RunFacts {
    /// The environments looked at, in the order of the configuration.
    pub environments: Vec<EnvironmentView>,
    /// Wall-clock milliseconds.
    pub elapsed_ms: u64,
    /// Calls by `service.Operation`.
    pub api_calls: BTreeMap<String, u64>,
}

/// Puts an answer into its envelope.
pub fn envelope<Body>(
    command: Option<&str>,
    outcome: Outcome,
    facts: RunFacts,
    diagnostics: &[Diagnostic],
    next: &[NextStep],
    body: Option<Body>,
) -> Envelope<Body> {
    Envelope {
        schema: SchemaView {
            name: format!("stagegate.{}", command.unwrap_or("error")),
            version: SCHEMA_VERSION.to_owned(),
        },
        tool: ToolView { name: "stagegate".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() },
        command: command.map(str::to_owned),
        environments: facts.environments,
        outcome: OutcomeView { code: outcome.into(), exit_code: outcome.exit_code() },
        elapsed_ms: facts.elapsed_ms,
        api_calls: facts.api_calls,
        diagnostics: diagnostics.iter().map(DiagnosticView::from).collect(),
        next: next.iter().map(|step| NextView { why: step.why.clone(), command: step.command.clone() }).collect(),
        body,
    }
}

impl From<&Diagnostic> for DiagnosticView {
    fn from(diagnostic: &Diagnostic) -> Self {
        let place = diagnostic.location.as_ref();
        Self {
            level: diagnostic.level.into(),
            code: diagnostic.code.as_str().to_owned(),
            message: diagnostic.message.clone(),
            hint: diagnostic.hint.clone(),
            file: place.map(|place| place.file.clone()),
            line: place.map(|place| place.line),
            column: place.map(|place| place.column),
            pointer: diagnostic.pointer.clone(),
            resource: diagnostic.resource.clone(),
        }
    }
}
