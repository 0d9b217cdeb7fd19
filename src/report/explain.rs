//! The body of `explain`.

use schemars::JsonSchema;
use serde::Serialize;

use super::enums::{CodeKind, DiagnosticLevel, SeverityCode};
use super::scan::PolicyView;
use crate::codes::{Entry, Topic};

/// The explanation of a code, or, with `--list`, all codes.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct ExplainBody {
    /// The kind of the code; `null` with `--list`.
    pub kind: Option<CodeKind>,
    /// The requested code.
    pub code: Option<String>,
    /// The highest level of the diagnostic, or the severity of the policy; `null` for statuses and approvals.
    pub severity: Option<ExplainedSeverity>,
    /// A short title.
    pub title: Option<String>,
    /// What it means, and why stagegate reports it.
    pub explanation: Option<String>,
    /// An example that produces or shows it.
    pub example: Option<String>,
    /// How to resolve it.
    pub next_step: Option<String>,
    /// For the id of a policy: the policy; for the id of another scanner: the equivalent policies.
    pub policies: Vec<PolicyView>,
    /// With `--list`: all codes, by kind and code.
    pub codes: Vec<CodeView>,
}

/// The level of a diagnostic, or the severity of a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum ExplainedSeverity {
    /// The level of a diagnostic or a violation.
    Level(DiagnosticLevel),
    /// The severity of a policy.
    Policy(SeverityCode),
}

/// A code in the list.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CodeView {
    /// The kind of the code.
    pub kind: CodeKind,
    /// The code.
    pub code: String,
    /// The highest level of the diagnostic; `null` for statuses and approvals.
    pub severity: Option<DiagnosticLevel>,
    /// A short title.
    pub title: String,
}

impl ExplainBody {
    /// Creates the explanation of an entry of the catalog.
    pub fn of_entry(entry: &Entry) -> Self {
        Self {
            kind: Some(kind(entry)),
            code: Some(entry.code().to_owned()),
            severity: severity(entry).map(ExplainedSeverity::Level),
            title: Some(entry.title.to_owned()),
            explanation: Some(entry.explanation.to_owned()),
            example: Some(entry.example.join("\n")),
            next_step: Some(entry.next_step.to_owned()),
            ..Self::default()
        }
    }

    /// Creates the explanation of the policies with an id. If there are several, only `policies` has their details.
    pub fn of_policies(id: &str, policies: Vec<PolicyView>) -> Self {
        let only = match policies.as_slice() {
            [only] => Some(only),
            _ => None,
        };
        let non_empty = |text: Option<&String>| text.filter(|text| !text.trim().is_empty()).cloned();
        Self {
            kind: Some(CodeKind::Policy),
            code: Some(id.to_owned()),
            severity: only.map(|policy| ExplainedSeverity::Policy(policy.severity)),
            title: only.map(|policy| policy.title.clone()),
            explanation: non_empty(only.map(|policy| &policy.description)),
            example: None,
            next_step: non_empty(only.and_then(|policy| policy.fix.as_ref())),
            policies,
            codes: Vec::new(),
        }
    }

    /// Creates the list of all entries of the catalog, by kind and code.
    pub fn list<'a>(entries: impl Iterator<Item = &'a Entry>) -> Self {
        let mut codes: Vec<CodeView> = entries
            .map(|entry| CodeView {
                kind: kind(entry),
                code: entry.code().to_owned(),
                severity: severity(entry),
                title: entry.title.to_owned(),
            })
            .collect();
        codes.sort_by(|a, b| (a.kind, &a.code).cmp(&(b.kind, &b.code)));
        Self { codes, ..Self::default() }
    }
}

fn kind(entry: &Entry) -> CodeKind {
    match entry.topic {
        Topic::Diagnostic(..) => CodeKind::Diagnostic,
        Topic::TagViolation(_) => CodeKind::TagViolation,
        Topic::Status(_) => CodeKind::Status,
        Topic::Approval(_) => CodeKind::Approval,
    }
}

fn severity(entry: &Entry) -> Option<DiagnosticLevel> {
    entry.severity().map(DiagnosticLevel::from)
}
