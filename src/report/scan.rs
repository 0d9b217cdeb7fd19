//! `scan`'s body, which is also part of every plan.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::domain::finding::{Finding, FindingResource, ScanReport, Severity, Verdict};
use crate::domain::policy::PolicyMetadata;

/// What the policies say.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ScanBody {
    /// Resources looked at.
    pub resources_scanned: u64,
    /// Pairs of check and resource that were evaluated.
    pub checks_evaluated: u64,
    /// How each engine fared.
    pub engines: Vec<EngineView>,
    /// What was found, the gravest first.
    pub findings: Vec<FindingView>,
    /// Checks that could not be decided: neither pass nor fail.
    pub unknown: Vec<UnknownCheckView>,
    /// Unwaived findings by severity, and waived ones.
    pub summary: SummaryView,
    /// The severity from which a finding fails the scan.
    pub fail_on: String,
    /// `pass` or `fail`.
    pub verdict: String,
    /// With `--list` and `--explain`: the policies.
    pub policies: Vec<PolicyView>,
}

/// One engine.
#[derive(Debug, Serialize, JsonSchema)]
pub struct EngineView {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// `ok` or `error`.
    pub status: String,
    /// What it could not do.
    pub failures: Vec<String>,
}

/// A resource that a finding is about.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ScannedView {
    /// The file.
    pub file: Option<String>,
    /// The key in the template.
    pub logical_id: Option<String>,
    /// The identifier.
    pub identifier: Option<String>,
    /// Type name.
    #[serde(rename = "type")]
    pub type_name: String,
}

/// One finding.
#[derive(Debug, Serialize, JsonSchema)]
pub struct FindingView {
    /// The policy's id.
    pub id: String,
    /// `critical`, `high`, `medium`, `low` or `info`.
    pub severity: String,
    /// The engine.
    pub engine: String,
    /// The resource.
    pub resource: ScannedView,
    /// JSON pointer into its properties.
    pub pointer: Option<String>,
    /// Line in the file, from 1.
    pub line: Option<u32>,
    /// What is wrong.
    pub message: String,
    /// What to change.
    pub fix: Option<String>,
    /// Ids of the same subject elsewhere.
    pub equivalents: BTreeMap<String, Vec<String>>,
    /// Who decided to live with it; `null` when nobody did.
    pub waiver: Option<WaiverView>,
}

/// A decision to live with a finding.
#[derive(Debug, Serialize, JsonSchema)]
pub struct WaiverView {
    /// Who answers for it.
    pub owner: Option<String>,
    /// Why.
    pub reason: String,
    /// Until when.
    pub expires: Option<String>,
    /// Where it is written.
    pub source: String,
}

/// A check that could not be decided.
#[derive(Debug, Serialize, JsonSchema)]
pub struct UnknownCheckView {
    /// The policy's id.
    pub id: String,
    /// The resource.
    pub resource: ScannedView,
    /// JSON pointer to what is not known.
    pub pointer: Option<String>,
    /// Why.
    pub reason: String,
}

/// Findings by severity.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SummaryView {
    /// Critical ones.
    pub critical: u64,
    /// High ones.
    pub high: u64,
    /// Medium ones.
    pub medium: u64,
    /// Low ones.
    pub low: u64,
    /// Notices.
    pub info: u64,
    /// Waived ones, of any severity.
    pub waived: u64,
}

/// One policy.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PolicyView {
    /// Its id.
    pub id: String,
    /// One line.
    pub title: String,
    /// The severity of its findings.
    pub severity: String,
    /// The types that it looks at.
    pub types: Vec<String>,
    /// The pack that it belongs to.
    pub pack: String,
    /// Whether it is on.
    pub active: bool,
    /// Why it matters; may be empty.
    pub description: String,
    /// What to change where it is broken.
    pub fix: Option<String>,
    /// Ids of the same subject elsewhere.
    pub equivalents: BTreeMap<String, Vec<String>>,
}

impl ScanBody {
    /// The view of a report.
    pub fn new(report: &ScanReport, fail_on: Severity) -> Self {
        let summary = report.summary();
        Self {
            resources_scanned: report.resources_scanned as u64,
            checks_evaluated: report.checks_evaluated as u64,
            engines: report
                .engines
                .iter()
                .map(|engine| EngineView {
                    name: engine.name.clone(),
                    version: engine.version.clone(),
                    status: if engine.succeeded() { "ok" } else { "error" }.to_owned(),
                    failures: engine.failures.iter().map(|failure| failure.message.clone()).collect(),
                })
                .collect(),
            findings: report.findings.iter().map(finding).collect(),
            unknown: report
                .unknown
                .iter()
                .map(|unknown| UnknownCheckView {
                    id: unknown.id.clone(),
                    resource: scanned(&unknown.resource),
                    pointer: unknown.pointer.clone(),
                    reason: unknown.reason.clone(),
                })
                .collect(),
            summary: SummaryView {
                critical: summary.critical as u64,
                high: summary.high as u64,
                medium: summary.medium as u64,
                low: summary.low as u64,
                info: summary.info as u64,
                waived: summary.waived as u64,
            },
            fail_on: fail_on.to_string(),
            verdict: match report.verdict(fail_on) {
                Verdict::Pass => "pass",
                Verdict::Fail => "fail",
            }
            .to_owned(),
            policies: Vec::new(),
        }
    }

    /// Adds the list of policies, each with whether it is on.
    pub fn with_policies<'a>(mut self, policies: impl Iterator<Item = (&'a PolicyMetadata, bool)>) -> Self {
        self.policies = policies.map(|(policy, active)| PolicyView::new(policy, active)).collect();
        self
    }
}

impl PolicyView {
    /// A policy, and whether it is on.
    pub fn new(policy: &PolicyMetadata, active: bool) -> Self {
        Self {
            id: policy.id.clone(),
            title: policy.title.clone(),
            severity: policy.severity.to_string(),
            types: policy.types.clone(),
            pack: policy.pack.clone(),
            active,
            description: policy.description.clone(),
            fix: policy.fix.clone(),
            equivalents: policy.equivalents.clone(),
        }
    }
}

fn scanned(resource: &FindingResource) -> ScannedView {
    ScannedView {
        file: resource.file.clone(),
        logical_id: resource.logical_id.clone(),
        identifier: resource.identifier.clone(),
        type_name: resource.type_name.clone(),
    }
}

fn finding(finding: &Finding) -> FindingView {
    FindingView {
        id: finding.id.clone(),
        severity: finding.severity.to_string(),
        engine: finding.engine.clone(),
        resource: scanned(&finding.resource),
        pointer: finding.pointer.clone(),
        line: finding.location.as_ref().map(|location| location.line),
        message: finding.message.clone(),
        fix: finding.fix.clone(),
        equivalents: finding.equivalents.clone(),
        waiver: finding.waiver.as_ref().map(|waiver| WaiverView {
            owner: waiver.owner.clone(),
            reason: waiver.reason.clone(),
            expires: waiver.expires.map(|date| date.to_string()),
            source: waiver.source.clone(),
        }),
    }
}
