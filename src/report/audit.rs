//! The body of `tag-audit`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::drift::RegionView;
use super::enums::{AuditSourceKind, BaselineStatus};
use super::plan::WriteBody;
use super::stale::StaleView;
use crate::domain::audit::{AuditReport, AuditSource, IndexService};
use crate::domain::baseline::{BaselineComparison, EarlierViolation};
use crate::domain::stale::{StaleRead, age_of};
use crate::domain::suggestion::SuggestedRemedy;

/// The results of the tag audit.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AuditBody {
    /// Resources with violations; compliant ones only with `--list-compliant`. With `--fix`: as they were when the plan was
    /// made.
    pub resources: Vec<AuditRowView>,
    /// What was checked and what could not be.
    pub coverage: AuditCoverageView,
    /// What could not be checked.
    pub gaps: Vec<GapView>,
    /// Number of rows left out because of `--summary`.
    pub rows_omitted: u64,
    /// Number of violations by code, and of compliant resources as `compliant`.
    pub summary: BTreeMap<String, u64>,
    /// What has changed since the audit of `--baseline`; `null` without that flag.
    pub baseline: Option<BaselineView>,
    /// The plan of `--fix` and its result; `null` without that flag.
    pub fix: Option<Box<WriteBody>>,
    /// Number of compliant resources, as in the summary.
    #[serde(skip)]
    pub compliant: u64,
}

/// What has changed since an earlier audit.
#[derive(Debug, Serialize, JsonSchema)]
pub struct BaselineView {
    /// Number of violations that the earlier audit does not have.
    pub new: u64,
    /// Number of violations of both audits.
    pub unchanged: u64,
    /// Violations of the earlier audit that do not exist any more.
    pub fixed: Vec<EarlierViolationView>,
    /// Violations of the earlier audit that this one does not check, or of resources that it could not read.
    pub not_checked: Vec<EarlierViolationView>,
}

/// A violation of an earlier audit.
#[derive(Debug, Serialize, JsonSchema)]
pub struct EarlierViolationView {
    /// The environment of the resource.
    pub environment: String,
    /// The Region, if it is not the one that commands work in.
    pub region: Option<String>,
    /// Type name.
    #[serde(rename = "type")]
    pub type_name: String,
    /// Identifier.
    pub identifier: String,
    /// The code.
    pub code: String,
    /// The tag key concerned.
    pub key: Option<String>,
}

impl From<&EarlierViolation> for EarlierViolationView {
    fn from(violation: &EarlierViolation) -> Self {
        Self {
            environment: violation.environment.clone(),
            region: violation.region.clone(),
            type_name: violation.resource.type_name.clone(),
            identifier: violation.resource.identifier.clone(),
            code: violation.code.clone(),
            key: violation.key.clone(),
        }
    }
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
    /// The Region, if it is not the one that commands work in.
    pub region: Option<String>,
    /// Type name.
    #[serde(rename = "type")]
    pub type_name: String,
    /// Identifier.
    pub identifier: String,
    /// ARN, if known.
    pub arn: Option<String>,
    /// The violations.
    pub violations: Vec<ViolationView>,
    /// The command that corrects the violations of the resource; `<VALUE>` stands for a value that only the user knows.
    pub command: Option<String>,
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
    /// Whether `tag-audit --fix` corrects it without further input.
    pub fixable: bool,
    /// Why it does not, and what to do.
    pub hint: Option<String>,
    /// For a promotion that waits too long: for how many seconds, at least.
    pub age_seconds: Option<u64>,
    /// For a promotion that waits too long: the monthly cost in US dollars according to the resource's tag; decimal string.
    pub monthly: Option<String>,
    /// Whether the audit of `--baseline` has the violation; `null` without that flag.
    pub baseline: Option<BaselineStatus>,
}

/// Where the resources of an environment that never had a tag were found.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AuditSourceView {
    /// The environment.
    pub environment: String,
    /// The Region that was audited.
    pub region: String,
    /// How they were found.
    pub source: AuditSourceKind,
    /// The view or the aggregator; `null` for a listing.
    pub through: Option<String>,
    /// The Regions that the index covers; empty for a listing.
    pub regions: Vec<String>,
    /// The last update of the index as far as it shows, RFC 3339; `null` for a listing.
    pub updated: Option<String>,
    /// The filter of the view: what it excludes was not checked.
    pub filter: Option<String>,
    /// Number of taggable types that the index does not cover and that were not checked.
    pub types_not_indexed: u64,
    /// Number of resources with violations that were not read, because there are many: the tagging API and the index agree on
    /// them, but both may lag behind.
    pub unconfirmed: u64,
    /// Why an index was not used.
    pub reason: Option<String>,
}

impl From<&AuditSource> for AuditSourceView {
    fn from(source: &AuditSource) -> Self {
        let index = source.index.as_ref();
        Self {
            environment: source.environment.clone(),
            region: source.region.clone(),
            source: match index.map(|index| index.service) {
                Some(IndexService::ResourceExplorer) => AuditSourceKind::ResourceExplorer,
                Some(IndexService::Config) => AuditSourceKind::Config,
                None => AuditSourceKind::List,
            },
            through: index.map(|index| index.through.clone()),
            regions: index.map(|index| index.regions.clone()).unwrap_or_default(),
            updated: index.and_then(|index| index.updated).map(|time| time.to_string()),
            filter: index.and_then(|index| index.filter.clone()),
            types_not_indexed: source.types_not_indexed,
            unconfirmed: source.unconfirmed,
            reason: source.reason.clone(),
        }
    }
}

/// The coverage of the audit.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AuditCoverageView {
    /// Resources checked.
    pub checked: u64,
    /// Types that were listed, each counted once.
    pub types_listed: u64,
    /// Types that cannot be listed, or only within a parent resource, each counted once, and resources of unknown types.
    pub unsupported: u64,
    /// Listings and reads for which permission was denied.
    pub denied: u64,
    /// Resources that could not be read.
    pub unreadable: u64,
    /// Resources owned by AWS services, which are excluded.
    pub service_owned: u64,
    /// Resources of types without tags, which are excluded.
    pub untaggable: u64,
    /// Where the resources that never had a tag were found, by environment.
    pub sources: Vec<AuditSourceView>,
    /// The Regions of the environments.
    pub regions: Vec<RegionView>,
    /// Reads that were answered with data of an earlier run, because the service cannot be reached.
    pub stale: Vec<StaleView>,
}

impl AuditRowView {
    /// The environment, with the Region if it is not the one that commands work in.
    pub fn place(&self) -> String {
        match &self.region {
            Some(region) => format!("{} {region}", self.environment),
            None => self.environment.clone(),
        }
    }
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

    /// Creates the view of a report. `render` formats commands.
    pub fn new(
        report: &AuditReport,
        stale: &[StaleRead],
        list_compliant: bool,
        baseline: Option<&BaselineComparison>,
        render: &dyn Fn(&SuggestedRemedy, Option<&str>) -> String,
    ) -> Self {
        Self {
            resources: report
                .rows
                .iter()
                .filter(|row| list_compliant || !row.violations.is_empty())
                .map(|row| AuditRowView {
                    environment: row.environment.clone(),
                    region: row.region.clone(),
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
                            fixable: violation.fixable,
                            hint: violation.hint.clone(),
                            age_seconds: violation.age.map(|age| age.as_secs()),
                            monthly: violation.monthly.map(|monthly| monthly.rounded().amount().to_string()),
                            baseline: baseline.map(|baseline| match baseline.is_new(row, violation) {
                                true => BaselineStatus::New,
                                false => BaselineStatus::Unchanged,
                            }),
                        })
                        .collect(),
                    command: row.remedy.as_ref().map(|remedy| render(remedy, row.region.as_deref())),
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
                sources: report.sources.iter().map(AuditSourceView::from).collect(),
                regions: report.regions.iter().map(RegionView::from).collect(),
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
            baseline: baseline.map(|baseline| BaselineView {
                new: baseline.new,
                unchanged: baseline.unchanged,
                fixed: baseline.fixed.iter().map(EarlierViolationView::from).collect(),
                not_checked: baseline.not_checked.iter().map(EarlierViolationView::from).collect(),
            }),
            fix: None,
            compliant: (report.rows.len() - report.violating()) as u64,
        }
    }
}
