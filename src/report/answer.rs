//! The typed result of a command. `ui::render` renders it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Serialize, Serializer};

use super::{
    ApprovalBody, AuditBody, ContextBody, CostBody, DemoBody, DriftBody, EstimateReport, ExplainBody, IamBody,
    InitBody, InventoryBody, PricesBody, SandboxBody, ScanBody, ScannedView, SchemaBody, TemplatesBody, WriteBody,
};
use crate::domain::diagnostic::Diagnostic;
use crate::outcome::{Failure, NextStep, Outcome};
use crate::policy::PolicyMetadata;

/// The result of a command.
#[derive(Debug)]
pub struct Answer<B> {
    /// How the run ended.
    pub outcome: Outcome,
    /// The result itself; `None` for a run that ended without one.
    pub body: Option<B>,
    /// Errors, warnings and notes.
    pub diagnostics: Vec<Diagnostic>,
    /// Commands to run next.
    pub next: Vec<NextStep>,
}

impl<B> Answer<B> {
    /// Creates an answer without diagnostics.
    pub fn new(outcome: Outcome, body: B) -> Self {
        Self { outcome, body: Some(body), diagnostics: Vec::new(), next: Vec::new() }
    }

    /// Adds diagnostics.
    pub fn diagnostics(mut self, diagnostics: impl IntoIterator<Item = Diagnostic>) -> Self {
        self.diagnostics.extend(diagnostics);
        self
    }

    /// Adds a command to run next.
    pub fn then(mut self, next: NextStep) -> Self {
        self.next.push(next);
        self
    }

    /// Converts the body.
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

/// The bodies of all answers. Each is serialized as its schema describes.
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
    /// `approve`.
    Approval(ApprovalBody),
    /// `drift`.
    Drift(DriftBody),
    /// `tag-audit`.
    TagAudit(AuditBody),
    /// `tag-audit --fix`.
    TagFix(Box<TagFixAnswer>),
    /// `inventory`.
    Inventory(Box<InventoryBody>),
    /// `cost`.
    Cost(Box<CostBody>),
    /// `iam`.
    Iam(Box<IamBody>),
    /// `schema`.
    Schema(SchemaBody),
    /// `explain`.
    Explanation(ExplainBody),
    /// `explain --list`.
    Codes(ExplainBody),
    /// `prices`.
    Prices(PricesBody),
    /// `sandbox`.
    Sandbox(SandboxAnswer),
    /// `demo`.
    Demo(DemoAnswer),
    /// `init`.
    Init(InitBody),
    /// `templates`.
    Templates(TemplatesBody),
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
            Self::Approval(body) => body.serialize(serializer),
            Self::Drift(body) => body.serialize(serializer),
            Self::TagAudit(body) => body.serialize(serializer),
            Self::TagFix(answer) => answer.body.serialize(serializer),
            Self::Inventory(body) => body.serialize(serializer),
            Self::Cost(body) => body.serialize(serializer),
            Self::Iam(body) => body.serialize(serializer),
            Self::Schema(body) => body.serialize(serializer),
            Self::Explanation(body) | Self::Codes(body) => body.serialize(serializer),
            Self::Prices(body) => body.serialize(serializer),
            Self::Init(body) => body.serialize(serializer),
            Self::Templates(body) => body.serialize(serializer),
            Self::Sandbox(SandboxAnswer { body, .. }) => body.serialize(serializer),
            Self::Demo(DemoAnswer { body, .. }) => body.serialize(serializer),
        }
    }
}

/// A scan, with additional data for SARIF and JUnit.
#[derive(Debug)]
pub struct ScanAnswer {
    /// The results of the policies.
    pub body: ScanBody,
    /// All scanned resources, including those without findings.
    pub resources: Vec<ScannedView>,
    /// The policies behind the findings, by id.
    pub rules: BTreeMap<String, PolicyMetadata>,
}

/// A plan and its result.
#[derive(Debug)]
pub struct WriteAnswer {
    /// The plan and its result.
    pub body: WriteBody,
    /// The stage that the plan reached.
    pub stage: Stage,
}

/// The plan of a tag audit and its result.
#[derive(Debug)]
pub struct TagFixAnswer {
    /// The audit, with the plan.
    pub body: AuditBody,
    /// The stage that the plan reached.
    pub stage: Stage,
}

/// The stage that a plan reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Planned, but not applied.
    Planned,
    /// Planned and already displayed, but not applied.
    Displayed,
    /// The plan has no steps.
    Empty,
    /// Applied, completely or partly.
    Applied,
}

/// The state of the sandbox after a command.
#[derive(Debug)]
pub struct SandboxAnswer {
    /// The state.
    pub body: SandboxBody,
    /// What the command did.
    pub done: SandboxAction,
}

/// What a command did to the sandbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SandboxAction {
    /// Displayed or served it.
    Displayed,
    /// Deleted all resources.
    Reset,
    /// Created this number of resources.
    Seeded(u32),
}

/// The demo.
#[derive(Debug)]
pub struct DemoAnswer {
    /// The commands that ran.
    pub body: DemoBody,
    /// What remains of the demo.
    pub left: DemoFolderState,
}

/// What remains of a demo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DemoFolderState {
    /// Everything was kept in a folder.
    Kept {
        /// The folder.
        folder: PathBuf,
        /// The sandbox in it.
        sandbox: PathBuf,
    },
    /// Everything was removed.
    Removed,
    /// Everything was removed, and the reader of the output closed it.
    Unread,
}
