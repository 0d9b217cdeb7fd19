//! The body of `drift`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::enums::{DriftStatus, MovedSide};
use super::stale::StaleView;
use crate::compare::drift::{DriftReport, DriftRow};
use crate::domain::stale::{StaleRead, age_of};
use crate::domain::suggestion::SuggestedCommand;

/// A comparison of two environments.
#[derive(Debug, Serialize, JsonSchema)]
pub struct DriftBody {
    /// The environment promoted from.
    pub from: String,
    /// The environment promoted to.
    pub to: String,
    /// One row per resource or pair of resources.
    pub resources: Vec<DriftRowView>,
    /// What was compared and what could not be.
    pub coverage: DriftCoverageView,
    /// Number of rows by status.
    pub summary: BTreeMap<String, u64>,
}

/// One resource or pair of resources.
#[derive(Debug, Serialize, JsonSchema)]
pub struct DriftRowView {
    /// The result of the comparison.
    pub status: DriftStatus,
    /// Type name.
    #[serde(rename = "type")]
    pub type_name: String,
    /// Identifier in the environment promoted from.
    pub dev: Option<String>,
    /// Identifier in the environment promoted to.
    pub prod: Option<String>,
    /// The differences.
    pub changes: Vec<DriftChangeView>,
    /// The environment that changed since the promotion; `null` if none did, or if there is no pair.
    pub moved: Option<MovedSide>,
    /// The reason for the status.
    pub reason: Option<String>,
    /// The recommended action.
    pub action: Option<String>,
    /// The command for the recommended action.
    pub command: Option<String>,
    /// If the row is based on data of an earlier run: its age in seconds.
    pub stale_seconds: Option<u64>,
}

/// One difference between the value expected in prod, based on dev, and the actual value.
#[derive(Debug, Serialize, JsonSchema)]
pub struct DriftChangeView {
    /// JSON pointer.
    pub pointer: String,
    /// The value expected in prod: the value in dev, translated for prod.
    pub from: Value,
    /// The actual value in prod.
    pub to: Value,
}

/// The coverage of the comparison.
#[derive(Debug, Serialize, JsonSchema)]
pub struct DriftCoverageView {
    /// Resources compared.
    pub checked: u64,
    /// Resources that could not be read.
    pub unreadable: u64,
    /// Tagged resources whose type is unknown or not readable.
    pub unsupported: u64,
    /// Unreadable resources for which permission was denied.
    pub denied: u64,
    /// Resources excluded by request.
    pub ignored: u64,
    /// Reads that were answered with data of an earlier run, because the service cannot be reached.
    pub stale: Vec<StaleView>,
}

impl DriftBody {
    /// Creates the view of a report; `render` renders a suggested command.
    pub fn new(report: &DriftReport, stale: &[StaleRead], render: &dyn Fn(&SuggestedCommand) -> String) -> Self {
        Self {
            from: report.from.clone(),
            to: report.to.clone(),
            resources: report.rows.iter().map(|row| DriftRowView::new(report, row, stale, render)).collect(),
            coverage: DriftCoverageView {
                checked: report.coverage.checked,
                unreadable: report.coverage.unreadable,
                unsupported: report.coverage.unsupported,
                denied: report.coverage.denied,
                ignored: 0,
                stale: stale.iter().map(StaleView::from).collect(),
            },
            summary: report.summary(),
        }
    }
}

impl DriftRowView {
    fn new(
        report: &DriftReport,
        row: &DriftRow,
        stale: &[StaleRead],
        render: &dyn Fn(&SuggestedCommand) -> String,
    ) -> Self {
        let identifier = row.dev.as_deref().or(row.prod.as_deref());
        let sides = [(&report.from, &row.dev), (&report.to, &row.prod)];
        let ages = sides
            .into_iter()
            .filter_map(|(environment, identifier)| age_of(stale, environment, &row.type_name, identifier.as_deref()?));
        Self {
            status: row.status.into(),
            type_name: row.type_name.clone(),
            dev: row.dev.clone(),
            prod: row.prod.clone(),
            changes: row
                .changes
                .iter()
                .map(|change| {
                    let view = super::plan::ChangeView::hidden(&row.type_name, identifier, change);
                    DriftChangeView { pointer: view.pointer, from: view.before, to: view.after }
                })
                .collect(),
            moved: row.moved.map(MovedSide::from),
            reason: row.reason.clone(),
            action: row.action.clone(),
            command: row.command.as_ref().map(render),
            stale_seconds: ages.max().map(|age| age.as_secs()),
        }
    }
}
