//! The page of `drift`.

use super::super::count;
use super::chart::Stack;
use super::table::{Cell, Form, Table};
use super::{Page, Tone};
use crate::domain::diagnostic::Diagnostic;
use crate::outcome::NextStep;
use crate::report::{DriftBody, DriftRowView, DriftStatus, MovedSide};

/// Renders the page.
pub fn drift_html(body: &DriftBody, diagnostics: &[Diagnostic], next: &[NextStep]) -> String {
    let mut page = Page::new(format!("Drift: {} against {}", body.to, body.from), diagnostics, next);
    page.fact(format!("{} checked", count(body.coverage.checked, "resource")));
    let mut regions: Vec<String> = Vec::new();
    for region in &body.coverage.regions {
        match &region.refused {
            None => regions.push(format!("{} {}", region.environment, region.region)),
            Some(reason) => page.fact(format!("{} {} not read: {reason}", region.environment, region.region)),
        }
    }
    if !regions.is_empty() {
        page.fact(format!("Regions: {}", regions.join(", ")));
    }
    for status in DriftStatus::WORST_FIRST {
        let number = body.summary.get(status.as_str()).copied().unwrap_or_default();
        if number > 0 || matches!(status, DriftStatus::Drifted | DriftStatus::Synced) {
            page.tile(words(status), number, if number > 0 { tone(status) } else { Tone::Plain });
        }
    }
    if body.coverage.ignored > 0 {
        page.tile("ignored", body.coverage.ignored, Tone::Calm);
    }
    let counts = DriftStatus::WORST_FIRST.iter().map(|status| {
        let number = body.summary.get(status.as_str()).copied().unwrap_or_default();
        (words(*status).to_owned(), number, tone(*status))
    });
    page.stacks.extend(Stack::new("Resources by status", counts));
    if body.rows_omitted > 0 {
        page.note = Some(format!("{} left out by --summary.", count(body.rows_omitted, "row")));
    }
    page.table(resources(body));
    page.render()
}

fn resources(body: &DriftBody) -> Table {
    let (from, to) = (body.from.as_str(), body.to.as_str());
    let mut table = Table::new("Resources", &["Status", "Type", from, to, "Differences", "What to do"]);
    for row in &body.resources {
        let rank = DriftStatus::WORST_FIRST.iter().position(|known| *known == row.status).unwrap_or_default();
        let is_open = row.status != DriftStatus::Synced && row.ignored.is_none();
        let status = if row.ignored.is_some() { "ignored" } else { words(row.status) };
        let tone = if row.ignored.is_some() { Tone::Calm } else { tone(row.status) };
        let side = |name: Option<&String>, region: Option<&String>| {
            let place = region.map(|region| format!("in {region}"));
            let lines = name.cloned().into_iter().chain(name.and(place));
            Cell { form: Form::Code, ..Cell::lines(lines) }
        };
        let command = row.command.as_deref().filter(|_| is_open);
        table.row_of(
            status,
            vec![
                Cell::badge(status, tone, rank + if row.ignored.is_some() { 50 } else { 0 }),
                Cell::type_name(&row.type_name),
                side(row.dev.as_ref(), row.from_region.as_ref()),
                side(row.prod.as_ref(), row.to_region.as_ref()),
                Cell::lines(differences(body, row)),
                Cell::lines(row.action.clone()).with_command(command),
            ],
        );
    }
    table.grouped("Status")
}

fn differences(body: &DriftBody, row: &DriftRowView) -> Vec<String> {
    let side = match row.moved {
        Some(MovedSide::Dev) => format!(" ({} changed)", body.from),
        Some(MovedSide::Prod) => format!(" ({} changed)", body.to),
        Some(MovedSide::Both) => " (both changed)".to_owned(),
        Some(MovedSide::Unknown) | None => String::new(),
    };
    let mut lines: Vec<String> = row.reason.iter().cloned().collect();
    lines.extend(row.changes.iter().map(|change| {
        let note = change.ignored.as_ref().map_or(side.clone(), |entry| format!(" (ignored: {})", entry.text()));
        change.text(&body.from, &body.to) + &note
    }));
    lines.extend(row.ignored.iter().map(|entry| format!("ignored: {}", entry.text())));
    lines.extend(row.unverified.iter().map(|value| format!("{}: {}", value.pointer, value.reason)));
    lines
}

fn words(status: DriftStatus) -> &'static str {
    match status {
        DriftStatus::Synced => "in sync",
        DriftStatus::Drifted => "drifted",
        DriftStatus::DevOnly => "dev only",
        DriftStatus::ProdOnly => "prod only",
        DriftStatus::NeedsReview => "needs review",
        DriftStatus::Unreadable => "unreadable",
        DriftStatus::Unsupported => "unsupported",
    }
}

fn tone(status: DriftStatus) -> Tone {
    match status {
        DriftStatus::Synced => Tone::Good,
        DriftStatus::Drifted | DriftStatus::NeedsReview => Tone::Bad,
        DriftStatus::DevOnly => Tone::Info,
        DriftStatus::ProdOnly => Tone::Warn,
        DriftStatus::Unreadable | DriftStatus::Unsupported => Tone::Calm,
    }
}
