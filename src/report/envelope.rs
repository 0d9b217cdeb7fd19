//! The envelope of every JSON document.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::enums::{DiagnosticLevel, OutcomeCode};
use crate::domain::diagnostic::Diagnostic;
use crate::outcome::{NextStep, Outcome};

/// The version of all bodies: a minor version adds fields, a major version breaks compatibility. Before 1.0, bodies may change.
pub const SCHEMA_VERSION: &str = "0.1";

/// The document of a run, also for errors and invalid flags.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Envelope<Body> {
    /// The schema of the document.
    pub schema: SchemaView,
    /// The program that wrote the document.
    pub tool: ToolView,
    /// The command; `null` if the command line could not be parsed.
    pub command: Option<String>,
    /// The environments that the run used.
    pub environments: Vec<EnvironmentView>,
    /// The outcome of the run.
    pub outcome: OutcomeView,
    /// Elapsed time of the run in milliseconds.
    pub elapsed_ms: u64,
    /// Number of calls to AWS by `service.Operation`. A page is a call, a retry is not.
    pub api_calls: BTreeMap<String, u64>,
    /// Number of HTTP requests to AWS by `service.Operation`, retries included.
    pub api_attempts: BTreeMap<String, u64>,
    /// Errors, warnings and notes.
    pub diagnostics: Vec<DiagnosticView>,
    /// Commands that the user may want to run next.
    pub next: Vec<NextView>,
    /// The result; `null` if there is none.
    pub body: Option<Body>,
}

/// The name and version of a document's schema.
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
    /// The version of the program.
    pub version: String,
}

/// An environment and the caller's identity in it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct EnvironmentView {
    /// The environment's name.
    pub name: String,
    /// Account id.
    pub account: String,
    /// Region.
    pub region: String,
    /// The caller's ARN; `null` if STS was not called.
    pub arn: Option<String>,
    /// The profile; `null` for the default credential chain and the sandbox.
    pub profile: Option<String>,
    /// How the credentials are obtained.
    pub authentication: String,
    /// Every change requires an approval, regardless of its cost.
    pub protected: bool,
    /// Custom endpoints by service, from the user's AWS configuration; empty if the endpoints of AWS are used.
    pub endpoints: BTreeMap<String, String>,
}

/// The outcome of a run.
#[derive(Debug, Serialize, JsonSchema)]
pub struct OutcomeView {
    /// The name of the exit code.
    pub code: OutcomeCode,
    /// The exit code of the process.
    pub exit_code: u8,
}

/// A diagnostic message.
#[derive(Debug, Serialize, JsonSchema)]
pub struct DiagnosticView {
    /// The level.
    pub level: DiagnosticLevel,
    /// A stable code.
    pub code: String,
    /// What happened.
    pub message: String,
    /// How to resolve it.
    pub hint: Option<String>,
    /// The input file.
    pub file: Option<String>,
    /// Line, from 1.
    pub line: Option<u32>,
    /// Column, from 1.
    pub column: Option<u32>,
    /// JSON pointer within the resource's properties.
    pub pointer: Option<String>,
    /// The resource concerned.
    pub resource: Option<String>,
}

/// A command to run next.
#[derive(Debug, Serialize, JsonSchema)]
pub struct NextView {
    /// The purpose of the command.
    pub why: String,
    /// The command.
    pub command: String,
}

/// Facts about a run in addition to its result.
#[derive(Debug, Clone, Default)]
pub struct RunFacts {
    /// The environments used, in the order of the configuration.
    pub environments: Vec<EnvironmentView>,
    /// Elapsed time in milliseconds.
    pub elapsed_ms: u64,
    /// Number of calls by `service.Operation`.
    pub api_calls: BTreeMap<String, u64>,
    /// Number of HTTP requests by `service.Operation`.
    pub api_attempts: BTreeMap<String, u64>,
}

/// Wraps a result in its envelope.
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
        api_attempts: facts.api_attempts,
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
