//! The report of `drift`.

use console::{StyledObject, style};

use super::{clean, count, indented, regions_read, table, wrapped};
use crate::report::{DriftBody, DriftRowView, DriftStatus, MovedSide};

fn colored(status: DriftStatus) -> StyledObject<&'static str> {
    let text = style(status.as_str());
    match status {
        DriftStatus::Synced => text.green(),
        DriftStatus::Drifted | DriftStatus::NeedsReview => text.red(),
        DriftStatus::DevOnly => text.cyan(),
        DriftStatus::ProdOnly | DriftStatus::Unreadable | DriftStatus::Unsupported => text.yellow(),
    }
}

/// Renders the rows that need attention, the worst first, with their differences and recommended actions, then the counts
/// and the coverage. Rows in sync and ignored rows are only counted, unless all are wanted.
pub fn drift(body: &DriftBody) -> String {
    let mut text = format!("🔀 Drift: {} against {}\n", body.to, body.from);
    let is_open = |row: &&DriftRowView| row.status != DriftStatus::Synced && row.ignored.is_none();
    for row in body.resources.iter().filter(is_open) {
        text.push_str(&open_row(body, row));
    }
    let others: Vec<&DriftRowView> = body.resources.iter().filter(|row| !is_open(row)).collect();
    if body.show_all && !others.is_empty() {
        let mut rows = table(&["STATUS", "TYPE", &body.from.to_uppercase(), &body.to.to_uppercase(), "NOTE"]);
        for row in others {
            let dash = || "-".to_owned();
            let note =
                row.ignored.as_ref().map_or_else(|| unverified(row), |entry| format!("ignored: {}", entry.text()));
            rows.add_row([
                colored(row.status).to_string(),
                row.type_name.clone(),
                clean(&row.dev.clone().unwrap_or_else(dash)),
                clean(&row.prod.clone().unwrap_or_else(dash)),
                clean(&note),
            ]);
        }
        text.push_str(if text.lines().count() > 1 { "\n" } else { "" });
        text.push_str(&indented(&rows));
    }
    text.push_str(&format!("\n  {} checked: {}\n", count(body.coverage.checked, "resource"), body.counts()));
    text.push_str(&regions_read(&body.coverage.regions));
    if body.unverified > 0 {
        let note = format!(
            "{} in sync with values that AWS does not return and that cannot be verified",
            count(body.unverified, "resource")
        );
        text.push_str(&format!("  {}{}\n", note, if body.show_all { "" } else { " (--all shows them)" }));
    }
    if body.coverage.unreadable + body.coverage.unsupported > 0 {
        text.push_str(&format!(
            "  {} unreadable ({} denied), {} unsupported\n",
            body.coverage.unreadable, body.coverage.denied, body.coverage.unsupported
        ));
    }
    text
}

fn open_row(body: &DriftBody, row: &DriftRowView) -> String {
    let (status, name) = (colored(row.status), clean(&row.name()));
    let reason = row.reason.as_deref().map(|reason| format!(": {}", clean(reason))).unwrap_or_default();
    let head = format!("  {status} {} {}{reason}\n", style(&row.type_name).bold(), style(name).bold());
    let mut text = format!("\n{}", wrapped(&head));
    let side = match row.moved {
        Some(MovedSide::Dev) => format!(" ({} changed)", body.from),
        Some(MovedSide::Prod) => format!(" ({} changed)", body.to),
        Some(MovedSide::Both) => " (both changed)".to_owned(),
        Some(MovedSide::Unknown) | None => String::new(),
    };
    for change in &row.changes {
        let note = change.ignored.as_ref().map_or(side.clone(), |entry| format!(" (ignored: {})", entry.text()));
        text.push_str(&wrapped(&format!("    {}\n", clean(&(change.text(&body.from, &body.to) + &note)))));
    }
    if !row.unverified.is_empty() {
        text.push_str(&wrapped(&format!("    {}\n", clean(&unverified(row)))));
    }
    if let Some(action) = &row.action {
        text.push_str(&wrapped(&format!("    → {}\n", clean(action))));
    }
    if let Some(command) = &row.command {
        text.push_str(&format!("      {}\n", style(clean(command)).dim()));
    }
    text
}

/// What could not be compared; nothing for a row that was compared completely.
fn unverified(row: &DriftRowView) -> String {
    let places: Vec<&str> = row.unverified.iter().map(|value| value.pointer.as_str()).collect();
    if places.is_empty() { String::new() } else { format!("not verifiable: {}", places.join(", ")) }
}
