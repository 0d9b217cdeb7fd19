//! `explain`'s body.

use schemars::JsonSchema;
use serde::Serialize;

use super::scan::PolicyView;
use super::words::{CodeKind, DiagnosticLevel, SeverityCode};
use crate::codes::{Entry, Topic};

/// What a code means, or, with `--list`, which codes there are.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct ExplainBody {
    /// What the code is one of; `null` with `--list`.
    pub kind: Option<CodeKind>,
    /// The code that was asked for.
    pub code: Option<String>,
    /// The gravest level of a message, or the severity of a policy's findings; `null` for statuses and approvals.
    pub severity: Option<ExplainedSeverity>,
    /// A short name.
    pub title: Option<String>,
    /// What it means, and why stagegate says it.
    pub explanation: Option<String>,
    /// Lines that produce or show it.
    pub example: Option<String>,
    /// What to do.
    pub next_step: Option<String>,
    /// For a policy's id: the policy; for another scanner's id: the policies about the same subject.
    pub policies: Vec<PolicyView>,
    /// With `--list`: all codes, by kind and code.
    pub codes: Vec<CodeView>,
}

/// The severity of a message, or of a policy's findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum ExplainedSeverity {
    /// A message's or a violation's.
    Level(DiagnosticLevel),
    /// A policy's.
    Policy(SeverityCode),
}

/// One code of the list.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CodeView {
    /// What it is one of.
    pub kind: CodeKind,
    /// The code.
    pub code: String,
    /// The gravest level of a message; `null` for statuses and approvals.
    pub severity: Option<DiagnosticLevel>,
    /// A short name.
    pub title: String,
}

impl ExplainBody {
    /// An entry of the catalogue.
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

    /// The policies of an id. Where there are several, `policies` alone tells them apart.
    pub fn of_policies(id: &str, policies: Vec<PolicyView>) -> Self {
        let only = match policies.as_slice() {
            [only] => Some(only),
            _ => None,
        };
        let said = |text: Option<&String>| text.filter(|text| !text.trim().is_empty()).cloned();
        Self {
            kind: Some(CodeKind::Policy),
            code: Some(id.to_owned()),
            severity: only.map(|policy| ExplainedSeverity::Policy(policy.severity)),
            title: only.map(|policy| policy.title.clone()),
            explanation: said(only.map(|policy| &policy.description)),
            example: None,
            next_step: said(only.and_then(|policy| policy.fix.as_ref())),
            policies,
            codes: Vec::new(),
        }
    }

    /// All entries of the catalogue, by kind and code.
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
