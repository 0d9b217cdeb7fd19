//! The body of `tag-audit`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::stale::StaleView;
use crate::domain::audit::AuditReport;
use crate::domain::stale::{StaleRead, age_of};

/// The results of the tag audit.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AuditBody {
    /// Resources with violations; compliant ones only with `--list-compliant`.
    pub resources: Vec<AuditRowView>,
    /// What was checked and what could not be.
    pub coverage: AuditCoverageView,
    /// What could not be checked.
    pub gaps: Vec<GapView>,
    /// Number of rows left out because of `--summary`.
    pub rows_omitted: u64,
    /// Number of violations by code, and of compliant resources as `compliant`.
    pub summary: BTreeMap<String, u64>,
    /// Number of compliant resources, as in the summary.
    #[serde(skip)]
    pub compliant: u64,
}

/// Something that could not be checked.
#[derive(Debug, Serialize, JsonSchema)]
pub struct GapView {
    /// The environment.
    pub environment: String,
    /// A type, or a type and an identifier.
    pub subject: String,
    /// The reason.
    pub reason: String,
}

/// One resource.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AuditRowView {
    /// The environment of the resource.
    pub environment: String,
    /// Type name.
    #[serde(rename = "type")]
    pub type_name: String,
    /// Identifier.
    pub identifier: String,
    /// ARN, if known.
    pub arn: Option<String>,
    /// The violations.
    pub violations: Vec<ViolationView>,
    /// If the row is based on data of an earlier run: its age in seconds.
    pub stale_seconds: Option<u64>,
}

/// One violation.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ViolationView {
    /// A stable code.
    pub code: String,
    /// The tag key concerned.
    pub key: Option<String>,
    /// What is wrong and what is expected.
    pub message: String,
}

/// The coverage of the audit.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AuditCoverageView {
    /// Resources checked.
    pub checked: u64,
    /// Types that were listed.
    pub types_listed: u64,
    /// Types that cannot be listed, or only within a parent resource.
    pub unsupported: u64,
    /// Listings and reads for which permission was denied.
    pub denied: u64,
    /// Resources that could not be read.
    pub unreadable: u64,
    /// Resources owned by AWS services, which are excluded.
    pub service_owned: u64,
    /// Resources of types without tags, which are excluded.
    pub untaggable: u64,
    /// Reads that were answered with data of an earlier run, because the service cannot be reached.
    pub stale: Vec<StaleView>,
}

impl AuditBody {
    /// Leaves the rows out if only the summary is wanted.
    pub fn listed(mut self, only_summary: bool) -> Self {
        if only_summary {
            self.rows_omitted = (self.resources.len() + self.gaps.len()) as u64;
            self.resources.clear();
            self.gaps.clear();
        }
        self
    }

    /// Creates the view of a report.
    pub fn new(report: &AuditReport, stale: &[StaleRead], list_compliant: bool) -> Self {
        Self {
            resources: report
                .rows
                .iter()
                .filter(|row| list_compliant || !row.violations.is_empty())
                .map(|row| AuditRowView {
                    environment: row.environment.clone(),
                    type_name: row.resource.type_name.clone(),
                    identifier: row.resource.identifier.clone(),
                    arn: row.arn.clone(),
                    stale_seconds: age_of(stale, &row.environment, &row.resource.type_name, &row.resource.identifier)
                        .map(|age| age.as_secs()),
                    violations: row
                        .violations
                        .iter()
                        .map(|violation| ViolationView {
                            code: violation.code.as_str().to_owned(),
                            key: violation.key.clone(),
                            message: violation.message.clone(),
                        })
                        .collect(),
                })
                .collect(),
            coverage: AuditCoverageView {
                checked: report.coverage.checked,
                types_listed: report.coverage.types_listed,
                unsupported: report.coverage.unsupported,
                denied: report.coverage.denied,
                unreadable: report.coverage.unreadable,
                service_owned: report.coverage.service_owned,
                untaggable: report.coverage.untaggable,
                stale: stale.iter().map(StaleView::from).collect(),
            },
            gaps: report
                .gaps
                .iter()
                .map(|gap| GapView {
                    environment: gap.environment.clone(),
                    subject: gap.subject.clone(),
                    reason: gap.reason.clone(),
                })
                .collect(),
            rows_omitted: 0,
            summary: report.summary(),
            compliant: (report.rows.len() - report.violating()) as u64,
        }
    }
}
