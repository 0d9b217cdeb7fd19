//! The page of `scan`, and the findings of a plan.

use super::super::count;
use super::chart::Stack;
use super::table::{Cell, Table};
use super::{Page, Tone};
use crate::domain::diagnostic::Diagnostic;
use crate::outcome::NextStep;
use crate::report::{FindingView, ScanBody, SeverityCode};

/// Renders the page.
pub fn scan_html(body: &ScanBody, diagnostics: &[Diagnostic], next: &[NextStep]) -> String {
    let mut page = Page::new("Policy Scan", diagnostics, next);
    let checks = count(body.checks_evaluated, "check");
    page.fact(format!("{checks} on {}", count(body.resources_scanned, "resource")));
    page.fact(format!("fails on {} and above", body.fail_on));
    for engine in &body.engines {
        let version = engine.version.as_deref().map(|version| format!(" {version}")).unwrap_or_default();
        page.fact(format!("{}{version}{}", engine.name, if engine.failed() { ": failed" } else { "" }));
    }
    let (verdict, tone) = if body.passed() { ("passed", Tone::Good) } else { ("failed", Tone::Bad) };
    page.tile("verdict", verdict, tone);
    for (severity, number) in by_severity(body) {
        page.tile(severity.as_str(), number, if number > 0 { severity_tone(severity) } else { Tone::Plain });
    }
    if body.summary.waived > 0 {
        page.tile("waived", body.summary.waived, Tone::Calm);
    }
    page.stacks.extend(severities(body));
    page.table(findings(body));
    for table in rest(body) {
        page.table(table);
    }
    page.render()
}

fn by_severity(body: &ScanBody) -> [(SeverityCode, u64); 5] {
    let summary = &body.summary;
    [
        (SeverityCode::Critical, summary.critical),
        (SeverityCode::High, summary.high),
        (SeverityCode::Medium, summary.medium),
        (SeverityCode::Low, summary.low),
        (SeverityCode::Info, summary.info),
    ]
}

pub(super) fn severities(body: &ScanBody) -> Option<Stack> {
    let counts = by_severity(body).map(|(severity, number)| (severity.to_string(), number, severity_tone(severity)));
    Stack::new("Findings by severity", counts)
}

fn severity_tone(severity: SeverityCode) -> Tone {
    match severity {
        SeverityCode::Critical | SeverityCode::High => Tone::Bad,
        SeverityCode::Medium => Tone::Warn,
        SeverityCode::Low => Tone::Info,
        SeverityCode::Info => Tone::Calm,
    }
}

/// The findings, which are those of a plan as well.
pub(super) fn findings(body: &ScanBody) -> Table {
    let mut table =
        Table::new("Findings", &["Severity", "Policy", "Resource", "Type", "What is wrong", "Where", "Fix"]);
    for finding in &body.findings {
        let severity = if finding.waiver.is_some() { "waived" } else { finding.severity.as_str() };
        let tone = if finding.waiver.is_some() { Tone::Calm } else { severity_tone(finding.severity) };
        let rank = SeverityCode::ALL.iter().position(|known| *known == finding.severity).unwrap_or_default();
        table.row_of(
            severity,
            vec![
                Cell::badge(severity, tone, rank + if finding.waiver.is_some() { 50 } else { 0 }),
                Cell::lines([finding.id.clone()].into_iter().chain(witnesses(finding))),
                Cell::text(finding.resource.name()),
                Cell::type_name(&finding.resource.type_name),
                Cell::lines([finding.message.clone()].into_iter().chain(waived(finding))),
                Cell::code(finding.place().or(finding.pointer.clone()).unwrap_or_default()),
                Cell::lines(finding.fix.clone()),
            ],
        );
    }
    table.grouped("Severity")
}

fn witnesses(finding: &FindingView) -> impl Iterator<Item = String> {
    let also: Vec<String> =
        finding.also_found_by.iter().map(|other| format!("{} {}", other.engine, other.id)).collect();
    (!also.is_empty()).then(|| format!("also found by {}", also.join(", "))).into_iter()
}

fn waived(finding: &FindingView) -> impl Iterator<Item = String> {
    finding.waiver.iter().map(|waiver| format!("waived: {}", waiver.text()))
}

/// What was not decided, and what was not scanned.
pub(super) fn rest(body: &ScanBody) -> Vec<Table> {
    let mut undecided = Table::new("Undecided checks", &["Policy", "Resource", "Where", "Why"]);
    for unknown in &body.unknown {
        undecided.row(vec![
            Cell::text(&unknown.id),
            Cell::text(unknown.resource.name()),
            Cell::code(unknown.pointer.clone().unwrap_or_default()),
            Cell::text(&unknown.reason),
        ]);
    }
    let mut gaps = Table::new("Not scanned", &["What", "Why"]);
    for engine in body.engines.iter().filter(|engine| engine.failed()) {
        for failure in &engine.failures {
            gaps.row(vec![Cell::text(&engine.name), Cell::text(failure)]);
        }
    }
    for gap in body.coverage.iter().flat_map(|coverage| &coverage.gaps) {
        gaps.row(vec![Cell::text(&gap.subject), Cell::text(&gap.reason)]);
    }
    vec![undecided, gaps]
}
