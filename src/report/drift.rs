//! `drift`'s body.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::words::{DriftStatus, MovedSide};
use crate::compare::drift::{DriftReport, DriftRow};
use crate::domain::suggestion::SuggestedCommand;

/// Two environments compared.
#[derive(Debug, Serialize, JsonSchema)]
pub struct DriftBody {
    /// The environment promoted from.
    pub from: String,
    /// The environment promoted to.
    pub to: String,
    /// One row for each resource or pair.
    pub resources: Vec<DriftRowView>,
    /// What was looked at and what could not be.
    pub coverage: DriftCoverageView,
    /// Rows by status.
    pub summary: BTreeMap<String, u64>,
}

/// One resource or pair.
#[derive(Debug, Serialize, JsonSchema)]
pub struct DriftRowView {
    /// How the sides stand to each other.
    pub status: DriftStatus,
    /// Type name.
    #[serde(rename = "type")]
    pub type_name: String,
    /// Identifier in the environment promoted from.
    pub dev: Option<String>,
    /// Identifier in the environment promoted to.
    pub prod: Option<String>,
    /// What differs.
    pub changes: Vec<DriftChangeView>,
    /// Which side moved since the promotion; `null` where none did, or there is no pair.
    pub moved: Option<MovedSide>,
    /// Why the row has its status.
    pub reason: Option<String>,
    /// What to do.
    pub action: Option<String>,
    /// The command for it.
    pub command: Option<String>,
}

/// One difference: what prod should have, going by dev, and what it has.
#[derive(Debug, Serialize, JsonSchema)]
pub struct DriftChangeView {
    /// JSON pointer.
    pub pointer: String,
    /// The value that dev asks for, in prod's terms.
    pub from: Value,
    /// The value in prod.
    pub to: Value,
}

/// What was looked at.
#[derive(Debug, Serialize, JsonSchema)]
pub struct DriftCoverageView {
    /// Resources compared or judged.
    pub checked: u64,
    /// Resources that could not be read.
    pub unreadable: u64,
    /// Tagged resources whose type is not known or not readable.
    pub unsupported: u64,
    /// Of the unreadable, those that the caller may not read.
    pub denied: u64,
    /// Left out by request.
    pub ignored: u64,
}

impl DriftBody {
    /// The view of a report; `written` writes a suggested command down.
    pub fn new(report: &DriftReport, written: &dyn Fn(&SuggestedCommand) -> String) -> Self {
        Self {
            from: report.from.clone(),
            to: report.to.clone(),
            resources: report.rows.iter().map(|row| DriftRowView::new(row, written)).collect(),
            coverage: DriftCoverageView {
                checked: report.coverage.checked,
                unreadable: report.coverage.unreadable,
                unsupported: report.coverage.unsupported,
                denied: report.coverage.denied,
                ignored: 0,
            },
            summary: report.summary(),
        }
    }
}

impl DriftRowView {
    fn new(row: &DriftRow, written: &dyn Fn(&SuggestedCommand) -> String) -> Self {
        Self {
            status: row.status.into(),
            type_name: row.type_name.clone(),
            dev: row.dev.clone(),
            prod: row.prod.clone(),
            changes: row
                .changes
                .iter()
                .map(|change| {
                    let view = super::plan::ChangeView::hidden(&row.type_name, change);
                    DriftChangeView { pointer: view.pointer, from: view.before, to: view.after }
                })
                .collect(),
            moved: row.moved.map(MovedSide::from),
            reason: row.reason.clone(),
            action: row.action.clone(),
            command: row.command.as_ref().map(written),
        }
    }
}
