//! What a command found, as a typed value. How it is shown is the business of `ui::render` alone.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Serialize, Serializer};

use super::{
    AuditBody, ContextBody, DemoBody, DriftBody, EstimateReport, ExplainBody, SandboxBody, ScanBody, ScannedView,
    SchemaBody, WriteBody,
};
use crate::domain::diagnostic::Diagnostic;
use crate::outcome::{Failure, NextStep, Outcome};
use crate::policy::PolicyMetadata;

/// A command's answer.
#[derive(Debug)]
pub struct Answer<B> {
    /// How the run ended.
    pub outcome: Outcome,
    /// What was found; `None` for a run that ended before it had an answer.
    pub body: Option<B>,
    /// Errors, warnings and notes.
    pub diagnostics: Vec<Diagnostic>,
    /// What to run next.
    pub next: Vec<NextStep>,
}

impl<B> Answer<B> {
    /// An answer with nothing to say beside its body.
    pub fn new(outcome: Outcome, body: B) -> Self {
        Self { outcome, body: Some(body), diagnostics: Vec::new(), next: Vec::new() }
    }

    /// Adds diagnostics.
    pub fn diagnostics(mut self, diagnostics: impl IntoIterator<Item = Diagnostic>) -> Self {
        self.diagnostics.extend(diagnostics);
        self
    }

    /// Adds what to run next.
    pub fn then(mut self, next: NextStep) -> Self {
        self.next.push(next);
        self
    }

    /// The same answer with another body.
    pub fn map<C>(self, change: impl FnOnce(B) -> C) -> Answer<C> {
        let Self { outcome, body, diagnostics, next } = self;
        Answer { outcome, body: body.map(change), diagnostics, next }
    }
}

impl<B> From<Failure> for Answer<B> {
    fn from(failure: Failure) -> Self {
        Self { outcome: failure.outcome, body: None, diagnostics: failure.diagnostics, next: failure.next }
    }
}

/// The bodies of all answers. Serialized, each is the layout that its schema describes.
#[derive(Debug)]
pub enum Body {
    /// `context`.
    Context(ContextBody),
    /// `estimate`.
    Estimate(EstimateReport),
    /// `estimate --supported`.
    Supported(EstimateReport),
    /// `scan`.
    Scan(ScanAnswer),
    /// `scan --list`.
    PolicyList(ScanBody),
    /// `scan --explain`.
    PolicyExplanation(ScanBody),
    /// `scan --test-policies`.
    PolicyTests(ScanBody),
    /// `create`, `promote`.
    Write(Box<WriteAnswer>),
    /// `drift`.
    Drift(DriftBody),
    /// `tag-audit`.
    TagAudit(AuditBody),
    /// `schema`.
    Schema(SchemaBody),
    /// `explain`.
    Explanation(ExplainBody),
    /// `explain --list`.
    Codes(ExplainBody),
    /// `sandbox`.
    Sandbox(SandboxAnswer),
    /// `demo`.
    Demo(DemoAnswer),
}

impl Serialize for Body {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Context(body) => body.serialize(serializer),
            Self::Estimate(body) | Self::Supported(body) => body.serialize(serializer),
            Self::Scan(ScanAnswer { body, .. })
            | Self::PolicyList(body)
            | Self::PolicyExplanation(body)
            | Self::PolicyTests(body) => body.serialize(serializer),
            Self::Write(answer) => answer.body.serialize(serializer),
            Self::Drift(body) => body.serialize(serializer),
            Self::TagAudit(body) => body.serialize(serializer),
            Self::Schema(body) => body.serialize(serializer),
            Self::Explanation(body) | Self::Codes(body) => body.serialize(serializer),
            Self::Sandbox(SandboxAnswer { body, .. }) => body.serialize(serializer),
            Self::Demo(DemoAnswer { body, .. }) => body.serialize(serializer),
        }
    }
}

/// A scan, with what SARIF and JUnit say beside its findings.
#[derive(Debug)]
pub struct ScanAnswer {
    /// What the policies say.
    pub body: ScanBody,
    /// All resources scanned, those without a finding too.
    pub resources: Vec<ScannedView>,
    /// The policies behind the findings, by id.
    pub rules: BTreeMap<String, PolicyMetadata>,
}

/// A plan, and what became of it.
#[derive(Debug)]
pub struct WriteAnswer {
    /// The plan and its outcome.
    pub body: WriteBody,
    /// How far it came.
    pub stage: Stage,
}

/// How far a plan came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// It was made, and nothing was sent.
    Planned,
    /// The same, and the user has seen it already.
    Shown,
    /// There is nothing to do.
    Empty,
    /// It was sent, wholly or in part.
    Applied,
}

/// The embedded cloud's state after a command.
#[derive(Debug)]
pub struct SandboxAnswer {
    /// Its state.
    pub body: SandboxBody,
    /// What the command did.
    pub done: SandboxDone,
}

/// What a command did to the embedded cloud.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SandboxDone {
    /// Nothing: it was looked at, or served.
    Shown,
    /// It was emptied.
    Reset,
    /// So many resources were created in it.
    Seeded(u32),
}

/// A walk through the main job.
#[derive(Debug)]
pub struct DemoAnswer {
    /// The commands that ran.
    pub body: DemoBody,
    /// What is left of it.
    pub left: DemoLeft,
}

/// What is left of a demo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DemoLeft {
    /// Everything is kept in a folder.
    Kept {
        /// The folder.
        folder: PathBuf,
        /// The sandbox in it.
        sandbox: PathBuf,
    },
    /// Nothing.
    Removed,
    /// Nothing, and whoever read the output has gone away.
    Unread,
}
