//! The body of `drift`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::enums::{DriftStatus, MovedSide};
use super::scan::WaiverView;
use super::stale::StaleView;
use crate::compare::drift::{DriftReport, DriftRow, Status};
use crate::domain::project::RegionCoverage;
use crate::domain::resource::Change;
use crate::domain::stale::{StaleRead, age_of};
use crate::domain::suggestion::SuggestedCommand;
use crate::schema::Registry;

/// A comparison of two environments.
#[derive(Debug, Serialize, JsonSchema)]
pub struct DriftBody {
    /// The environment promoted from.
    pub from: String,
    /// The environment promoted to.
    pub to: String,
    /// The statuses that result in exit code 2.
    pub fail_on: Vec<DriftStatus>,
    /// One row per resource or pair of resources, the worst status first; empty with `--summary`.
    pub resources: Vec<DriftRowView>,
    /// Number of rows left out because of `--summary`.
    pub rows_omitted: u64,
    /// What was compared and what could not be.
    pub coverage: DriftCoverageView,
    /// Number of rows by status; ignored rows are counted as `ignored` only.
    pub summary: BTreeMap<String, u64>,
    /// Number of rows in sync with values that cannot be verified.
    #[serde(skip)]
    pub unverified: u64,
    /// Whether people see the rows that are in sync or ignored.
    #[serde(skip)]
    pub show_all: bool,
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
    /// The Region in the environment promoted from; `null` if the environments have one Region each.
    pub from_region: Option<String>,
    /// The Region in the environment promoted to; `null` if the environments have one Region each.
    pub to_region: Option<String>,
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
    /// The entry of the ignore file that ignores the whole row: it neither counts as its status nor affects the exit code.
    pub ignored: Option<WaiverView>,
    /// Values that cannot be compared.
    pub unverified: Vec<UnverifiedView>,
    /// If the row is based on data of an earlier run: its age in seconds.
    pub stale_seconds: Option<u64>,
}

/// One difference between the value expected in prod, based on dev, and the actual value.
#[derive(Debug, Serialize, JsonSchema)]
pub struct DriftChangeView {
    /// JSON pointer.
    pub pointer: String,
    /// The key, if the difference is in a tag.
    pub tag: Option<String>,
    /// The value expected in prod: the value in dev, translated for prod.
    pub from: Value,
    /// The actual value in prod.
    pub to: Value,
    /// The entry of the ignore file that ignores the difference.
    pub ignored: Option<WaiverView>,
}

/// A value that cannot be compared.
#[derive(Debug, Serialize, JsonSchema)]
pub struct UnverifiedView {
    /// JSON pointer.
    pub pointer: String,
    /// The reason.
    pub reason: String,
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
    /// Rows that the ignore file ignores.
    pub ignored: u64,
    /// The Regions of the environments.
    pub regions: Vec<RegionView>,
    /// Reads that were answered with data of an earlier run, because the service cannot be reached.
    pub stale: Vec<StaleView>,
}

/// A Region of an environment.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RegionView {
    /// The environment.
    pub environment: String,
    /// The Region.
    pub region: String,
    /// Why it was not read; `null` if it was.
    pub refused: Option<String>,
}

impl From<&RegionCoverage> for RegionView {
    fn from(coverage: &RegionCoverage) -> Self {
        let RegionCoverage { environment, region, refused } = coverage.clone();
        Self { environment, region, refused }
    }
}

/// Renders a suggested command, for a Region other than that of the project file.
pub type RenderCommand<'a> = dyn Fn(&SuggestedCommand, Option<&str>) -> String + 'a;

impl DriftBody {
    /// Creates the view of a report; `render` renders a suggested command.
    pub fn new(report: &DriftReport, stale: &[StaleRead], fail_on: &[Status], render: &RenderCommand<'_>) -> Self {
        let mut rows: Vec<&DriftRow> = report.rows.iter().collect();
        rows.sort_by_key(|row| (rank(row), &row.type_name, &row.dev, &row.prod, &row.regions));
        let is_unverified = |row: &&DriftRow| row.status == Status::Synced && !row.unverified.is_empty();
        Self {
            from: report.from.clone(),
            to: report.to.clone(),
            fail_on: fail_on.iter().copied().map(DriftStatus::from).collect(),
            unverified: report.rows.iter().filter(is_unverified).count() as u64,
            resources: rows.into_iter().map(|row| DriftRowView::new(report, row, stale, render)).collect(),
            rows_omitted: 0,
            coverage: DriftCoverageView {
                checked: report.coverage.checked,
                unreadable: report.coverage.unreadable,
                unsupported: report.coverage.unsupported,
                denied: report.coverage.denied,
                ignored: report.ignored(),
                regions: report.coverage.regions.iter().map(RegionView::from).collect(),
                stale: stale.iter().map(StaleView::from).collect(),
            },
            summary: report.summary(),
            show_all: false,
        }
    }

    /// Sets whether people see the rows that are in sync or ignored.
    pub fn shown(self, show_all: bool) -> Self {
        Self { show_all, ..self }
    }

    /// Leaves the rows out if only the summary is wanted.
    pub fn listed(mut self, only_summary: bool) -> Self {
        if only_summary {
            self.rows_omitted = self.resources.len() as u64;
            self.resources.clear();
        }
        self
    }

    /// True if a row results in exit code 2 because of its status.
    pub fn fails(&self, row: &DriftRowView) -> bool {
        row.ignored.is_none() && self.fail_on.contains(&row.status)
    }

    /// The number of rows by status, the worst first, without those that have none.
    pub fn counts(&self) -> String {
        let order = DriftStatus::WORST_FIRST.iter().map(|status| status.as_str()).chain(["ignored"]);
        let counts = order.filter_map(|word| Some((word, *self.summary.get(word)?)));
        let parts: Vec<String> =
            counts.filter(|(_, number)| *number > 0).map(|(word, number)| format!("{number} {word}")).collect();
        match parts.is_empty() {
            true => "no managed resources in either environment".to_owned(),
            false => parts.join(", "),
        }
    }
}

impl DriftStatus {
    /// All statuses, in the order of importance.
    pub const WORST_FIRST: [Self; 7] = [
        Self::Drifted,
        Self::NeedsReview,
        Self::ProdOnly,
        Self::Unreadable,
        Self::Unsupported,
        Self::DevOnly,
        Self::Synced,
    ];
}

/// The place of a row in a report; ignored rows come before those in sync.
fn rank(row: &DriftRow) -> (bool, bool, Option<usize>) {
    let status = DriftStatus::from(row.status);
    let place = DriftStatus::WORST_FIRST.iter().position(|known| *known == status);
    (row.status == Status::Synced, row.ignored.is_some(), place)
}

impl DriftRowView {
    fn new(report: &DriftReport, row: &DriftRow, stale: &[StaleRead], render: &RenderCommand<'_>) -> Self {
        let region = row.regions.as_ref().filter(|regions| !regions.is_home).map(|regions| regions.to.as_str());
        let sides = [(&report.from, &row.dev), (&report.to, &row.prod)];
        let ages = sides
            .into_iter()
            .filter_map(|(environment, identifier)| age_of(stale, environment, &row.type_name, identifier.as_deref()?));
        Self {
            status: row.status.into(),
            type_name: row.type_name.clone(),
            dev: row.dev.clone(),
            prod: row.prod.clone(),
            from_region: row.regions.as_ref().map(|regions| regions.from.clone()),
            to_region: row.regions.as_ref().map(|regions| regions.to.clone()),
            changes: row.changes.iter().map(|change| DriftChangeView::new(&report.registry, row, change)).collect(),
            moved: row.moved.map(MovedSide::from),
            reason: row.reason.clone(),
            action: row.action.clone(),
            command: row.command.as_ref().map(|command| render(command, region)),
            ignored: row.ignored.as_ref().map(WaiverView::from),
            unverified: row
                .unverified
                .iter()
                .map(|pointer| UnverifiedView {
                    pointer: pointer.clone(),
                    reason: "AWS does not return the value in a read".to_owned(),
                })
                .collect(),
            stale_seconds: ages.max().map(|age| age.as_secs()),
        }
    }

    /// The identifiers of the row: both where they differ. With several Regions, they are named too.
    pub fn name(&self) -> String {
        let of_both = |dev: Option<&str>, prod: Option<&str>| match (dev, prod) {
            (Some(dev), Some(prod)) if dev != prod => format!("{dev} → {prod}"),
            (Some(name), _) | (None, Some(name)) => name.to_owned(),
            (None, None) => String::new(),
        };
        let name = of_both(self.dev.as_deref(), self.prod.as_deref());
        match of_both(self.from_region.as_deref(), self.to_region.as_deref()) {
            regions if regions.is_empty() => name,
            regions => format!("{name} in {regions}"),
        }
    }
}

impl DriftChangeView {
    fn new(registry: &Registry, row: &DriftRow, change: &Change) -> Self {
        let identifier = row.dev.as_deref().or(row.prod.as_deref());
        let view = super::plan::ChangeView::hidden(registry.get(&row.type_name), identifier, change);
        let note = row.notes.get(&change.pointer);
        Self {
            pointer: view.pointer,
            tag: note.and_then(|note| note.tag.clone()),
            from: view.before,
            to: view.after,
            ignored: note.and_then(|note| note.ignored.as_ref()).map(WaiverView::from),
        }
    }

    /// The change in one line: `/VisibilityTimeout: dev 30 → prod 90`.
    pub fn text(&self, from: &str, to: &str) -> String {
        let place = self.tag.as_ref().map_or_else(|| self.pointer.clone(), |key| format!("tag {key}"));
        let value = |value: &Value| short(if self.tag.is_some() { value.get("Value").unwrap_or(value) } else { value });
        format!("{place}: {from} {} → {to} {}", value(&self.from), value(&self.to))
    }
}

/// A value on one line, without the end of a long one.
fn short(value: &Value) -> String {
    const LIMIT: usize = 160;
    let text = if value.is_null() { "(not set)".to_owned() } else { value.to_string() };
    match text.char_indices().nth(LIMIT) {
        Some((end, _)) => format!("{}… ({} characters)", &text[..end], text.chars().count()),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn change(tag: Option<&str>, from: Value, to: Value) -> String {
        let (pointer, tag) = ("/Tags/3".to_owned(), tag.map(str::to_owned));
        DriftChangeView { pointer, tag, from, to, ignored: None }.text("dev", "prod")
    }

    #[test]
    fn a_change_names_both_sides() {
        assert_eq!(change(None, json!(90), json!(120)), "/Tags/3: dev 90 → prod 120");
        assert_eq!(change(None, json!("a"), Value::Null), "/Tags/3: dev \"a\" → prod (not set)");
        let tag = json!({"Key": "Team", "Value": "a"});
        assert_eq!(change(Some("Team"), tag, Value::Null), "tag Team: dev \"a\" → prod (not set)");
        let long = change(None, json!("ü".repeat(400)), json!(1));
        assert!(long.contains("… (402 characters) → prod 1") && long.chars().count() < 220, "{long}");
    }

    #[test]
    fn the_order_has_every_status() {
        let mut order = DriftStatus::WORST_FIRST.to_vec();
        order.sort_unstable();
        let mut all = DriftStatus::ALL.to_vec();
        all.sort_unstable();
        assert_eq!(order, all);
    }
}
