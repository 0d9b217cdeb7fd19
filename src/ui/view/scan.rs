//! The output of `scan`.

use console::{StyledObject, style};

use super::{clean, count, indented, is_narrower_than, keep_whole, link, table, wrapped};
use crate::report::{FindingView, PolicyTestsView, PolicyView, ScanBody, SeverityCode};

pub(super) fn colored(severity: SeverityCode) -> StyledObject<&'static str> {
    let text = style(severity.as_str());
    match severity {
        SeverityCode::Critical => text.red().bold(),
        SeverityCode::High => text.red(),
        SeverityCode::Medium => text.yellow(),
        SeverityCode::Low | SeverityCode::Info => text.dim(),
    }
}

/// Renders the findings by resource with their fixes, the undecided checks and the verdict.
pub fn scan(body: &ScanBody) -> String {
    wrapped(&text(body))
}

/// Renders a scan without wrapping.
pub(super) fn text(body: &ScanBody) -> String {
    let mut text = String::from("🔍 Policy Scan:\n");
    for (resource, findings) in body.by_resource() {
        let heading = clean(&resource.heading());
        text.push_str(&format!("   {}\n", style(&heading).bold()));
        for finding in findings {
            text.push_str(&one(finding));
        }
    }
    for unknown in &body.unknown {
        let name = clean(unknown.resource.name());
        let reason = clean(&unknown.reason);
        let place = unknown.pointer.as_deref().filter(|pointer| !pointer.is_empty());
        let place = place.map(|pointer| format!(" at {}", clean(pointer))).unwrap_or_default();
        let undecided = style("undecided").yellow();
        text.push_str(&format!("   - {undecided} {} on {name}{place}: {reason}\n", clean(&unknown.id)));
    }
    for engine in body.engines.iter().filter(|engine| engine.failed()) {
        for failure in &engine.failures {
            let failure = clean(failure);
            text.push_str(&format!("   - {} {}: {failure}\n", style("engine error").red().bold(), engine.name));
        }
    }
    if let Some(coverage) = &body.coverage {
        for gap in &coverage.gaps {
            let (subject, reason) = (clean(&gap.subject), clean(&gap.reason));
            text.push_str(&format!("   - {} {subject}: {reason}\n", style("not read").yellow()));
        }
    }
    let failed = if body.engines.iter().any(|engine| engine.failed()) { "an engine failed, " } else { "" };
    let found = format!("{failed}{}", body.found());
    let verdict = if body.passed() { style("passed").green().bold() } else { style("failed").red().bold() };
    text.push_str(&format!(
        "   {verdict}: {found} ({} on {}, fails on {} and above)\n",
        count(body.checks_evaluated, "check"),
        count(body.resources_scanned, "resource"),
        body.fail_on
    ));
    text
}

/// Renders one finding with its location and fix.
fn one(finding: &FindingView) -> String {
    let waived =
        finding.waiver.as_ref().map(|waiver| format!(" (waived: {})", clean(&waiver.reason))).unwrap_or_default();
    let mut text =
        format!("   - {} {}: {}{waived}\n", colored(finding.severity), clean(&finding.id), clean(&finding.message));
    if let Some(place) = finding.place().or(finding.pointer.clone()).filter(|place| !place.is_empty()) {
        text.push_str(&format!("     at {}\n", link::place(&clean(&place))));
    }
    if let Some(fix) = &finding.fix {
        text.push_str(&format!("     fix: {}\n", clean(fix)));
    }
    let also: Vec<String> =
        finding.also_found_by.iter().map(|other| format!("{} {}", other.engine, clean(&other.id))).collect();
    if !also.is_empty() {
        text.push_str(&format!("     also found by {}\n", also.join(", ")));
    }
    text
}

/// Renders the list of policies.
pub fn policies(body: &ScanBody) -> String {
    let mut rows = table(&["ID", "SEVERITY", "PACK", "TITLE"]);
    let mut list = String::new();
    for policy in &body.policies {
        let pack = if policy.active { policy.pack.clone() } else { format!("{} (off)", policy.pack) };
        let (id, severity) = (style(&policy.id).bold(), colored(policy.severity));
        list.push_str(&format!("  {id}  {severity}, {pack}\n    {}\n", policy.title));
        rows.add_row([policy.id.clone(), policy.severity.to_string(), pack, policy.title.clone()]);
    }
    keep_whole(&mut rows, 3);
    let list = if is_narrower_than(100) { wrapped(&list) } else { indented(&rows) };
    format!("{list}{}\n", count(body.policies.len() as u64, "policy").replace("policys", "policies"))
}

/// Renders a policy in full.
pub fn policy(policies: &[PolicyView]) -> String {
    let mut text = String::new();
    for policy in policies {
        let state = if policy.active { "" } else { ", off" };
        text.push_str(&format!(
            "{} ({}, pack {}{state})\n",
            style(&policy.id).bold(),
            colored(policy.severity),
            policy.pack
        ));
        text.push_str(&format!("  {}\n", policy.title));
        if !policy.description.is_empty() {
            text.push_str(&format!("  {}\n", policy.description.trim().replace('\n', "\n  ")));
        }
        text.push_str(&format!("  types: {}\n", policy.types.join(", ")));
        if let Some(fix) = &policy.fix {
            text.push_str(&format!("  fix: {fix}\n"));
        }
        for (catalogue, ids) in &policy.equivalents {
            text.push_str(&format!("  {catalogue}: {}\n", ids.join(", ")));
        }
    }
    text
}

/// Renders the results of policy test cases; failures are reported as diagnostics.
pub fn policy_tests(tests: &PolicyTestsView) -> String {
    let (failed, wrong) = (tests.failures.len() as u64, tests.wrong_names);
    let verdict = match failed + wrong {
        0 => style("passed").green().bold(),
        _ => style("failed").red().bold(),
    };
    let mut text = format!("{verdict}: {} in {}", count(tests.cases, "case"), count(tests.files, "file"));
    if failed > 0 {
        text.push_str(&format!(", {}", count(failed, "failure")));
    }
    if wrong > 0 {
        text.push_str(&format!(", {}", count(wrong, "wrong name")));
    }
    text + "\n"
}
