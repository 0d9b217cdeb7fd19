//! Differences between environments.

use comfy_table::{Cell, Color};
use console::style;

use super::{count, indented, table};
use crate::report::DriftBody;

fn coloured(status: &str) -> Cell {
    let cell = Cell::new(status);
    match status {
        "synced" => cell.fg(Color::Green),
        "drifted" | "needs_review" => cell.fg(Color::Red),
        "dev_only" => cell.fg(Color::Cyan),
        _ => cell.fg(Color::Yellow),
    }
}

/// A row for each resource, what differs, what to do, and the coverage.
pub fn drift(body: &DriftBody) -> String {
    let mut text = format!("🔀 Drift: {} against {}\n", body.to, body.from);
    let from = body.from.to_uppercase();
    let to = body.to.to_uppercase();
    let mut rows = table(&["STATUS", "TYPE", &from, &to]);
    for row in &body.resources {
        let dash = || "-".to_owned();
        rows.add_row([
            coloured(&row.status),
            Cell::new(&row.type_name),
            Cell::new(row.dev.clone().unwrap_or_else(dash)),
            Cell::new(row.prod.clone().unwrap_or_else(dash)),
        ]);
    }
    if !body.resources.is_empty() {
        text.push_str(&indented(&rows));
    }
    for row in body.resources.iter().filter(|row| row.status != "synced") {
        let name = row.dev.as_deref().or(row.prod.as_deref()).unwrap_or_default();
        let reason = row.reason.as_deref().unwrap_or(&row.status);
        text.push_str(&format!("\n  {} {}: {reason}\n", style(&row.type_name).bold(), style(name).bold()));
        for change in &row.changes {
            text.push_str(&format!("    {}: expected {}, found {}\n", change.pointer, change.from, change.to));
        }
        if let Some(action) = &row.action {
            text.push_str(&format!("    → {action}\n"));
        }
        if let Some(command) = &row.command {
            text.push_str(&format!("      {}\n", style(command).dim()));
        }
    }
    let parts: Vec<String> = body
        .summary
        .iter()
        .filter(|(_, number)| **number > 0)
        .map(|(status, number)| format!("{number} {status}"))
        .collect();
    let summary = if parts.is_empty() { "nothing managed in either environment".to_owned() } else { parts.join(", ") };
    text.push_str(&format!("\n  {} checked: {summary}\n", count(body.coverage.checked, "resource")));
    if body.coverage.unreadable + body.coverage.unsupported > 0 {
        text.push_str(&format!(
            "  {} unreadable ({} denied), {} unsupported\n",
            body.coverage.unreadable, body.coverage.denied, body.coverage.unsupported
        ));
    }
    text
}
