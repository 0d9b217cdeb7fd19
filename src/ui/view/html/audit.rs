//! The page of `tag-audit`.

use std::collections::BTreeMap;

use super::super::count;
use super::chart::Stack;
use super::table::{Cell, Table};
use super::{Page, Tone};
use crate::domain::audit::WORST_FIRST;
use crate::domain::diagnostic::Diagnostic;
use crate::outcome::NextStep;
use crate::report::{AuditBody, AuditSourceKind, BaselineStatus};

/// Renders the page.
pub fn audit_html(body: &AuditBody, diagnostics: &[Diagnostic], next: &[NextStep]) -> String {
    let mut page = Page::new("Tag Audit", diagnostics, next);
    let coverage = &body.coverage;
    let violating = coverage.checked.saturating_sub(body.compliant);
    page.fact(format!("{} checked", count(coverage.checked, "resource")));
    page.fact(count(coverage.types_listed, "listed type"));
    for source in coverage.sources.iter().filter(|source| source.source != AuditSourceKind::List) {
        let through = source.through.as_deref().unwrap_or_default();
        page.fact(format!("{} {} read through {through}", source.environment, source.region));
    }
    page.tile("compliant", body.compliant, Tone::Good);
    page.tile("with violations", violating, Tone::of_count(violating));
    for (label, number) in [
        ("denied", coverage.denied),
        ("unreadable", coverage.unreadable),
        ("types that cannot be listed", coverage.unsupported),
    ] {
        if number > 0 {
            page.tile(label, number, Tone::Warn);
        }
    }
    if let Some(baseline) = &body.baseline {
        page.tile("new since the baseline", baseline.new, Tone::of_count(baseline.new));
        page.tile("fixed since", baseline.fixed.len(), Tone::Good);
    }
    let mut codes: BTreeMap<(usize, &str), u64> = BTreeMap::new();
    for violation in body.resources.iter().flat_map(|row| &row.violations) {
        *codes.entry((rank(&violation.code), &violation.code)).or_default() += 1;
    }
    let tones = [Tone::Bad, Tone::Warn, Tone::Info, Tone::Calm];
    let counts = codes
        .iter()
        .enumerate()
        .map(|(at, ((_, code), number))| ((*code).to_owned(), *number, tones[at.min(tones.len() - 1)]));
    page.stacks.extend(Stack::new("Violations by code", counts));
    page.table(violations(body));
    let mut gaps = Table::new("Not checked", &["Environment", "What", "Why"]);
    for gap in &body.gaps {
        gaps.row(vec![Cell::text(&gap.environment), Cell::text(&gap.subject), Cell::text(&gap.reason)]);
    }
    page.table(gaps);
    if body.rows_omitted > 0 {
        page.note = Some(format!("{} left out by --summary.", count(body.rows_omitted, "row")));
    }
    page.render()
}

fn rank(code: &str) -> usize {
    WORST_FIRST.iter().position(|known| known.as_str() == code).unwrap_or(WORST_FIRST.len())
}

fn violations(body: &AuditBody) -> Table {
    let columns = ["Violation", "Environment", "Type", "Resource", "What is wrong", "#Monthly", "What to do"];
    let mut table = Table::new("Resources", &columns);
    for row in &body.resources {
        for violation in &row.violations {
            let is_new = violation.baseline == Some(BaselineStatus::New);
            let fix = violation.fixable.then(|| "corrected by tag-audit --fix".to_owned());
            let monthly = violation.monthly.as_ref();
            table.row_of(
                &violation.code,
                vec![
                    Cell::badge(&violation.code, Tone::Bad, rank(&violation.code)),
                    Cell::text(row.place()),
                    Cell::type_name(&row.type_name),
                    Cell::code(&row.identifier),
                    Cell::lines([violation.message.clone()].into_iter().chain(is_new.then(|| "new".to_owned()))),
                    Cell::lines(monthly.map(|amount| format!("${amount}")))
                        .sorted(monthly.cloned().unwrap_or_default()),
                    Cell::lines(fix.into_iter().chain(violation.hint.clone())).with_command(row.command.as_deref()),
                ],
            );
        }
        if row.violations.is_empty() {
            let mut cells = vec![
                Cell::badge("compliant", Tone::Good, 99),
                Cell::text(row.place()),
                Cell::type_name(&row.type_name),
                Cell::code(&row.identifier),
            ];
            cells.extend((cells.len()..columns.len()).map(|_| Cell::default()));
            table.row_of("compliant", cells);
        }
    }
    table.grouped("Violation")
}
