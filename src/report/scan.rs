//! `scan`'s body, which is also part of every plan.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::words::{EngineStatus, ScanVerdict, SeverityCode};
use crate::domain::finding::{Finding, FindingResource, ScanReport, Severity};
use crate::policy::PolicyMetadata;

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
    /// Of live resources: what could be looked at; `null` for templates.
    pub coverage: Option<ScanCoverageView>,
    /// Unwaived findings by severity, and waived ones.
    pub summary: SummaryView,
    /// The severity from which a finding fails the scan.
    pub fail_on: SeverityCode,
    /// Whether it passed; `null` where nothing was to be scanned.
    pub verdict: Option<ScanVerdict>,
    /// With `--list` and `--explain`: the policies.
    pub policies: Vec<PolicyView>,
    /// With `--test-policies`: how the cases ended; else `null`.
    pub tests: Option<PolicyTestsView>,
}

/// What came of the cases beside policies.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PolicyTestsView {
    /// Files of cases.
    pub files: u64,
    /// Cases in them.
    pub cases: u64,
    /// Those that did not end as they should, in the order of the files.
    pub failures: Vec<PolicyTestFailureView>,
    /// Types and properties that policies name and that do not exist.
    pub wrong_names: u64,
}

/// A case that did not end as it should.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PolicyTestFailureView {
    /// Its file.
    pub file: String,
    /// Its name; the policy's id where it is about the file as a whole.
    pub case: String,
    /// What was expected and what came.
    pub problem: String,
}

/// One engine.
#[derive(Debug, Serialize, JsonSchema)]
pub struct EngineView {
    /// Its name.
    pub name: String,
    /// Its version; `null` where it could not be learnt.
    pub version: Option<String>,
    /// Whether it ran to its end.
    pub status: EngineStatus,
    /// What it could not do.
    pub failures: Vec<String>,
}

/// What of live resources could be looked at.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ScanCoverageView {
    /// Resources scanned.
    pub checked: u64,
    /// Resources, or listings of a type, that could not be read.
    pub unreadable: u64,
    /// Managed resources of no known type.
    pub unsupported: u64,
    /// Those of the unreadable ones that were refused for lack of permission.
    pub denied: u64,
    /// What could not be looked at, and why.
    pub gaps: Vec<ScanGapView>,
}

/// Something that could not be looked at.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ScanGapView {
    /// A type and an identifier, a type and `*`, or an ARN.
    pub subject: String,
    /// Why.
    pub reason: String,
}

/// Another check that found the same.
#[derive(Debug, Serialize, JsonSchema)]
pub struct WitnessView {
    /// Its engine.
    pub engine: String,
    /// Its id.
    pub id: String,
    /// What it says is wrong.
    pub message: String,
}

/// A resource that a finding is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
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
    /// The policy's id, or another engine's id of the check.
    pub id: String,
    /// How grave it is.
    pub severity: SeverityCode,
    /// The engine.
    pub engine: String,
    /// Other engines' checks that found the same.
    pub also_found_by: Vec<WitnessView>,
    /// The resource.
    pub resource: ScannedView,
    /// JSON pointer into its properties.
    pub pointer: Option<String>,
    /// Line in the file, from 1.
    pub line: Option<u32>,
    /// Column in the line, from 1.
    pub column: Option<u32>,
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
    pub severity: SeverityCode,
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
                    status: if engine.succeeded() { EngineStatus::Ok } else { EngineStatus::Error },
                    failures: engine.failures.iter().map(|failure| failure.message.clone()).collect(),
                })
                .collect(),
            findings: report.findings.iter().map(finding).collect(),
            unknown: report
                .unknown
                .iter()
                .map(|unknown| UnknownCheckView {
                    id: unknown.id.clone(),
                    resource: ScannedView::from(&unknown.resource),
                    pointer: unknown.pointer.clone(),
                    reason: unknown.reason.clone(),
                })
                .collect(),
            coverage: None,
            summary: SummaryView {
                critical: summary.critical as u64,
                high: summary.high as u64,
                medium: summary.medium as u64,
                low: summary.low as u64,
                info: summary.info as u64,
                waived: summary.waived as u64,
            },
            fail_on: fail_on.into(),
            verdict: Some(report.verdict(fail_on).into()),
            policies: Vec::new(),
            tests: None,
        }
    }

    /// The body of a run that scans nothing.
    pub fn without_scan(fail_on: Severity) -> Self {
        Self { verdict: None, ..Self::new(&ScanReport::default(), fail_on) }
    }

    /// True when the scan passed.
    pub fn passed(&self) -> bool {
        self.verdict == Some(ScanVerdict::Pass)
    }

    /// Adds what of live resources could be looked at.
    pub fn with_coverage(mut self, coverage: ScanCoverageView) -> Self {
        self.coverage = Some(coverage);
        self
    }

    /// The finding's severity reaches the one that fails the scan, and nobody waived it.
    pub fn fails(&self, finding: &FindingView) -> bool {
        finding.waiver.is_none() && finding.severity <= self.fail_on
    }

    /// The findings by resource: the resource with the gravest finding first, then by name.
    pub fn by_resource(&self) -> Vec<(&ScannedView, Vec<&FindingView>)> {
        let mut groups: Vec<(&ScannedView, Vec<&FindingView>)> = Vec::new();
        let mut places: BTreeMap<&ScannedView, usize> = BTreeMap::new();
        for finding in &self.findings {
            let place = *places.entry(&finding.resource).or_insert_with(|| {
                groups.push((&finding.resource, Vec::new()));
                groups.len() - 1
            });
            if let Some((_, list)) = groups.get_mut(place) {
                list.push(finding);
            }
        }
        let waived = |list: &[&FindingView]| list.iter().all(|finding| finding.waiver.is_some());
        groups.sort_by_key(|(_, list)| waived(list));
        groups
    }

    /// Adds the list of policies, each with whether it is on.
    pub fn with_policies<'a>(mut self, policies: impl Iterator<Item = (&'a PolicyMetadata, bool)>) -> Self {
        self.policies = policies.map(|(policy, active)| PolicyView::new(policy, active)).collect();
        self
    }
}

impl ScannedView {
    /// The logical id, else the identifier, else nothing.
    pub fn name(&self) -> &str {
        self.logical_id.as_deref().or(self.identifier.as_deref()).unwrap_or_default()
    }
}

impl EngineView {
    /// True when it did not run to its end.
    pub fn failed(&self) -> bool {
        self.status == EngineStatus::Error
    }
}

impl FindingView {
    /// `file:line:column`, as far as it is known; `None` for live resources.
    pub fn place(&self) -> Option<String> {
        let numbers = [self.line, self.column].into_iter().map_while(|number| number);
        let file = self.resource.file.clone()?;
        Some(numbers.fold(file, |place, number| format!("{place}:{number}")))
    }
}

impl PolicyView {
    /// A policy, and whether it is on.
    pub fn new(policy: &PolicyMetadata, active: bool) -> Self {
        Self {
            id: policy.id.clone(),
            title: policy.title.clone(),
            severity: policy.severity.into(),
            types: policy.types.clone(),
            pack: policy.pack.clone(),
            active,
            description: policy.description.clone(),
            fix: policy.fix.clone(),
            equivalents: policy.equivalents.clone(),
        }
    }
}

impl From<&FindingResource> for ScannedView {
    fn from(resource: &FindingResource) -> Self {
        Self {
            file: resource.file.clone(),
            logical_id: resource.logical_id.clone(),
            identifier: resource.identifier.clone(),
            type_name: resource.type_name.clone(),
        }
    }
}

fn finding(finding: &Finding) -> FindingView {
    FindingView {
        id: finding.id.clone(),
        severity: finding.severity.into(),
        engine: finding.engine.clone(),
        also_found_by: finding
            .also
            .iter()
            .map(|witness| WitnessView {
                engine: witness.engine.clone(),
                id: witness.id.clone(),
                message: witness.message.clone(),
            })
            .collect(),
        resource: ScannedView::from(&finding.resource),
        pointer: finding.pointer.clone(),
        line: finding.location.as_ref().map(|location| location.line),
        column: finding.location.as_ref().map(|location| location.column),
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
