//! The body of `scan`, which is also part of every plan.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::enums::{EngineStatus, ScanVerdict, SeverityCode};
use super::stale::StaleView;
use crate::domain::finding::{Finding, FindingResource, ScanReport, Severity, Waiver};
use crate::policy::PolicyMetadata;

/// The results of a scan.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ScanBody {
    /// Resources scanned.
    pub resources_scanned: u64,
    /// Number of checks evaluated, counted per resource.
    pub checks_evaluated: u64,
    /// The scan engines.
    pub engines: Vec<EngineView>,
    /// The findings, the most severe first.
    pub findings: Vec<FindingView>,
    /// Undecided checks, which neither pass nor fail.
    pub unknown: Vec<UnknownCheckView>,
    /// The coverage of live resources; `null` for templates.
    pub coverage: Option<ScanCoverageView>,
    /// Number of findings by severity, and of waived findings.
    pub summary: SummaryView,
    /// The lowest severity that fails the scan.
    pub fail_on: SeverityCode,
    /// Whether the scan passed; `null` if there was nothing to scan.
    pub verdict: Option<ScanVerdict>,
    /// With `--list` and `--explain`: the policies.
    pub policies: Vec<PolicyView>,
    /// With `--test-policies`: the test results; otherwise `null`.
    pub tests: Option<PolicyTestsView>,
}

/// The results of policy test cases.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PolicyTestsView {
    /// Number of test case files.
    pub files: u64,
    /// Number of test cases.
    pub cases: u64,
    /// Failed test cases, in the order of the files.
    pub failures: Vec<PolicyTestFailureView>,
    /// Number of unknown types and properties that the policies use.
    pub wrong_names: u64,
}

/// A failed test case.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PolicyTestFailureView {
    /// The file of the test case.
    pub file: String,
    /// The name of the test case; the id of the policy if the whole file is concerned.
    pub case: String,
    /// The expected and the actual result.
    pub problem: String,
}

/// A scan engine.
#[derive(Debug, Serialize, JsonSchema)]
pub struct EngineView {
    /// Its name.
    pub name: String,
    /// Version; `null` if it is not known.
    pub version: Option<String>,
    /// Whether it completed.
    pub status: EngineStatus,
    /// The failures.
    pub failures: Vec<String>,
}

/// The coverage of a scan of live resources.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ScanCoverageView {
    /// Resources scanned.
    pub checked: u64,
    /// Resources that could not be read and types that could not be listed.
    pub unreadable: u64,
    /// Managed resources of unknown types.
    pub unsupported: u64,
    /// Unreadable ones for which permission was denied.
    pub denied: u64,
    /// What could not be scanned, and why.
    pub gaps: Vec<ScanGapView>,
    /// Reads that were answered with data of an earlier run, because the service cannot be reached.
    pub stale: Vec<StaleView>,
}

/// Something that could not be scanned.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ScanGapView {
    /// A type and an identifier, a type and `*`, or an ARN.
    pub subject: String,
    /// The reason.
    pub reason: String,
}

/// An equivalent check of another engine with the same finding.
#[derive(Debug, Serialize, JsonSchema)]
pub struct WitnessView {
    /// The engine of the check.
    pub engine: String,
    /// Its id.
    pub id: String,
    /// The message of the check.
    pub message: String,
}

/// The resource of a finding.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct ScannedView {
    /// The file.
    pub file: Option<String>,
    /// Logical id in the template.
    pub logical_id: Option<String>,
    /// The identifier.
    pub identifier: Option<String>,
    /// Type name; empty for a fault of a template that is about no resource.
    #[serde(rename = "type")]
    pub type_name: String,
}

/// One finding.
#[derive(Debug, Serialize, JsonSchema)]
pub struct FindingView {
    /// The id of the policy, or of the check of another engine; the code of a fault of a template.
    pub id: String,
    /// Severity.
    pub severity: SeverityCode,
    /// The engine; `template` for faults of templates.
    pub engine: String,
    /// Equivalent checks of other engines with the same finding.
    pub also_found_by: Vec<WitnessView>,
    /// The resource.
    pub resource: ScannedView,
    /// JSON pointer within the properties.
    pub pointer: Option<String>,
    /// All pointers, if one cause concerns several; the first is `pointer`.
    pub pointers: Vec<String>,
    /// Line in the file, from 1.
    pub line: Option<u32>,
    /// Column in the line, from 1.
    pub column: Option<u32>,
    /// What is wrong.
    pub message: String,
    /// How to fix it.
    pub fix: Option<String>,
    /// Ids of equivalent checks in other catalogs.
    pub equivalents: BTreeMap<String, Vec<String>>,
    /// The waiver; `null` if the finding is not waived.
    pub waiver: Option<WaiverView>,
}

/// A waiver: the acceptance of a finding.
#[derive(Debug, Serialize, JsonSchema)]
pub struct WaiverView {
    /// The person or team responsible.
    pub owner: Option<String>,
    /// The reason.
    pub reason: String,
    /// Expiry date.
    pub expires: Option<String>,
    /// Where the waiver is defined.
    pub source: String,
}

/// An undecided check.
#[derive(Debug, Serialize, JsonSchema)]
pub struct UnknownCheckView {
    /// The policy's id.
    pub id: String,
    /// The resource.
    pub resource: ScannedView,
    /// JSON pointer to the unknown value.
    pub pointer: Option<String>,
    /// The reason.
    pub reason: String,
}

/// Number of findings by severity.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SummaryView {
    /// Critical findings.
    pub critical: u64,
    /// High findings.
    pub high: u64,
    /// Medium findings.
    pub medium: u64,
    /// Low findings.
    pub low: u64,
    /// Informational findings.
    pub info: u64,
    /// Waived findings of any severity.
    pub waived: u64,
}

/// One policy.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PolicyView {
    /// Its id.
    pub id: String,
    /// Title.
    pub title: String,
    /// The severity of its findings.
    pub severity: SeverityCode,
    /// The resource types that it applies to.
    pub types: Vec<String>,
    /// The policy pack.
    pub pack: String,
    /// Whether it is enabled.
    pub active: bool,
    /// Description; may be empty.
    pub description: String,
    /// How to fix a violation.
    pub fix: Option<String>,
    /// Ids of equivalent checks in other catalogs.
    pub equivalents: BTreeMap<String, Vec<String>>,
}

impl ScanBody {
    /// Creates the view of a report.
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

    /// Creates the body of a run that scans nothing.
    pub fn without_scan(fail_on: Severity) -> Self {
        Self { verdict: None, ..Self::new(&ScanReport::default(), fail_on) }
    }

    /// Returns true if the scan passed.
    pub fn passed(&self) -> bool {
        self.verdict == Some(ScanVerdict::Pass)
    }

    /// Adds the coverage of live resources.
    pub fn with_coverage(mut self, coverage: ScanCoverageView) -> Self {
        self.coverage = Some(coverage);
        self
    }

    /// Returns true if the finding fails the scan: its severity is high enough, and it is not waived.
    pub fn fails(&self, finding: &FindingView) -> bool {
        finding.waiver.is_none() && finding.severity <= self.fail_on
    }

    /// The number of findings by severity, such as `2 high, 1 waived`.
    pub fn found(&self) -> String {
        let summary = &self.summary;
        let counts: Vec<String> = [
            ("critical", summary.critical),
            ("high", summary.high),
            ("medium", summary.medium),
            ("low", summary.low),
            ("info", summary.info),
            ("waived", summary.waived),
        ]
        .iter()
        .filter(|(_, number)| *number > 0)
        .map(|(name, number)| format!("{number} {name}"))
        .collect();
        if counts.is_empty() { "no findings".to_owned() } else { counts.join(", ") }
    }

    /// Groups the findings by resource: the resource with the most severe finding first, then by name.
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

    /// Adds the list of policies and whether each is enabled.
    pub fn with_policies<'a>(mut self, policies: impl Iterator<Item = (&'a PolicyMetadata, bool)>) -> Self {
        self.policies = policies.map(|(policy, active)| PolicyView::new(policy, active)).collect();
        self
    }
}

impl ScannedView {
    /// Returns the type and the name; the file for a fault that is about no resource.
    pub fn heading(&self) -> String {
        match (self.type_name.as_str(), self.name()) {
            ("", "") => self.file.clone().unwrap_or_default(),
            ("", name) => name.to_owned(),
            (type_name, "") => type_name.to_owned(),
            (type_name, name) => format!("{type_name} {name}"),
        }
    }

    /// Returns the logical id, otherwise the identifier, otherwise an empty string.
    pub fn name(&self) -> &str {
        self.logical_id.as_deref().or(self.identifier.as_deref()).unwrap_or_default()
    }
}

impl EngineView {
    /// Returns true if the engine failed.
    pub fn failed(&self) -> bool {
        self.status == EngineStatus::Error
    }
}

impl FindingView {
    /// Returns `file:line:column`, as far as known; `None` for live resources.
    pub fn place(&self) -> Option<String> {
        let numbers = [self.line, self.column].into_iter().map_while(|number| number);
        let file = self.resource.file.clone()?;
        Some(numbers.fold(file, |place, number| format!("{place}:{number}")))
    }
}

impl PolicyView {
    /// Creates the view of a policy.
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
        pointers: finding.pointers().filter(|pointer| !pointer.is_empty()).map(str::to_owned).collect(),
        line: finding.location.as_ref().map(|location| location.line),
        column: finding.location.as_ref().map(|location| location.column),
        message: finding.message.clone(),
        fix: finding.fix.clone(),
        equivalents: finding.equivalents.clone(),
        waiver: finding.waiver.as_ref().map(WaiverView::from),
    }
}

impl From<&Waiver> for WaiverView {
    fn from(waiver: &Waiver) -> Self {
        Self {
            owner: waiver.owner.clone(),
            reason: waiver.reason.clone(),
            expires: waiver.expires.map(|date| date.to_string()),
            source: waiver.source.clone(),
        }
    }
}

impl WaiverView {
    /// The decision in one line: `load test (data) until 2026-12-31`.
    pub fn text(&self) -> String {
        let owner = self.owner.as_ref().map(|owner| format!(" ({owner})")).unwrap_or_default();
        let until = self.expires.as_ref().map(|date| format!(" until {date}")).unwrap_or_default();
        format!("{}{owner}{until}", self.reason)
    }
}
