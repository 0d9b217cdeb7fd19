//! The table of `drift`.

use comfy_table::Cell;
use console::{StyledObject, style};

use super::{clean, count, indented, table};
use crate::report::{DriftBody, DriftStatus};

fn colored(status: DriftStatus) -> StyledObject<&'static str> {
    let text = style(status.as_str());
    match status {
        DriftStatus::Synced => text.green(),
        DriftStatus::Drifted | DriftStatus::NeedsReview => text.red(),
        DriftStatus::DevOnly => text.cyan(),
        DriftStatus::ProdOnly | DriftStatus::Unreadable | DriftStatus::Unsupported => text.yellow(),
    }
}

/// Renders a row per resource, the differences, the recommended actions and the coverage.
pub fn drift(body: &DriftBody) -> String {
    let mut text = format!("🔀 Drift: {} against {}\n", body.to, body.from);
    let from = body.from.to_uppercase();
    let to = body.to.to_uppercase();
    let mut rows = table(&["STATUS", "TYPE", &from, &to]);
    for row in &body.resources {
        let dash = || "-".to_owned();
        rows.add_row([
            Cell::new(colored(row.status)),
            Cell::new(&row.type_name),
            Cell::new(clean(&row.dev.clone().unwrap_or_else(dash))),
            Cell::new(clean(&row.prod.clone().unwrap_or_else(dash))),
        ]);
    }
    if !body.resources.is_empty() {
        text.push_str(&indented(&rows));
    }
    for row in body.resources.iter().filter(|row| row.status != DriftStatus::Synced) {
        let name = clean(row.dev.as_deref().or(row.prod.as_deref()).unwrap_or_default());
        let reason = clean(row.reason.as_deref().unwrap_or(row.status.as_str()));
        text.push_str(&format!("\n  {} {}: {reason}\n", style(&row.type_name).bold(), style(name).bold()));
        for change in &row.changes {
            text.push_str(&format!(
                "    {}: expected {}, found {}\n",
                change.pointer,
                clean(&change.from.to_string()),
                clean(&change.to.to_string())
            ));
        }
        if let Some(action) = &row.action {
            text.push_str(&format!("    → {action}\n"));
        }
        if let Some(command) = &row.command {
            text.push_str(&format!("      {}\n", style(clean(command)).dim()));
        }
    }
    let parts: Vec<String> = body
        .summary
        .iter()
        .filter(|(_, number)| **number > 0)
        .map(|(status, number)| format!("{number} {status}"))
        .collect();
    let summary =
        if parts.is_empty() { "no managed resources in either environment".to_owned() } else { parts.join(", ") };
    text.push_str(&format!("\n  {} checked: {summary}\n", count(body.coverage.checked, "resource")));
    if body.coverage.unreadable + body.coverage.unsupported > 0 {
        text.push_str(&format!(
            "  {} unreadable ({} denied), {} unsupported\n",
            body.coverage.unreadable, body.coverage.denied, body.coverage.unsupported
        ));
    }
    text
}
