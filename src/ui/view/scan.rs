//! Findings.

use console::{StyledObject, style};

use super::{clean, count, indented, table};
use crate::report::ScanBody;

fn coloured(severity: &str) -> StyledObject<String> {
    let text = style(severity.to_owned());
    match severity {
        "critical" => text.red().bold(),
        "high" => text.red(),
        "medium" => text.yellow(),
        _ => text.dim(),
    }
}

/// Findings by resource with what to change, what could not be decided, and the verdict.
pub fn scan(body: &ScanBody) -> String {
    let mut text = String::from("🔍 Policy Scan:\n");
    let mut last = String::new();
    for finding in &body.findings {
        let resource = &finding.resource;
        let name = resource.logical_id.as_deref().or(resource.identifier.as_deref()).unwrap_or_default();
        let heading = clean(&format!("{} {}", resource.type_name, name));
        if heading != last {
            text.push_str(&format!("   {}\n", style(&heading).bold()));
            last = heading;
        }
        let waived = finding.waiver.as_ref().map(|waiver| format!(" (waived: {})", waiver.reason)).unwrap_or_default();
        text.push_str(&format!(
            "   - {} {}: {}{waived}\n",
            coloured(&finding.severity),
            finding.id,
            clean(&finding.message)
        ));
        let place = match (&resource.file, finding.line, &finding.pointer) {
            (Some(file), Some(line), _) => Some(format!("{file}:{line}")),
            (_, _, Some(pointer)) => Some(pointer.clone()),
            _ => None,
        };
        if let Some(place) = place {
            text.push_str(&format!("     at {place}\n"));
        }
        if let Some(fix) = &finding.fix {
            text.push_str(&format!("     fix: {fix}\n"));
        }
    }
    for unknown in &body.unknown {
        let name = unknown.resource.logical_id.as_deref().unwrap_or_default();
        text.push_str(&format!("   - {} {} on {name}: {}\n", style("undecided").yellow(), unknown.id, unknown.reason));
    }
    for engine in body.engines.iter().filter(|engine| engine.status != "ok") {
        for failure in &engine.failures {
            text.push_str(&format!("   - {} {}: {failure}\n", style("engine error").red().bold(), engine.name));
        }
    }
    let summary = &body.summary;
    let counts: Vec<String> = [
        ("critical", summary.critical),
        ("high", summary.high),
        ("medium", summary.medium),
        ("low", summary.low),
        ("info", summary.info),
        ("waived", summary.waived),
    ]
    .iter()
    .filter(|(_, number)| *number > 0)
    .map(|(name, number)| format!("{number} {name}"))
    .collect();
    let found = if counts.is_empty() { "no findings".to_owned() } else { counts.join(", ") };
    let verdict = if body.verdict == "pass" { style("passed").green().bold() } else { style("failed").red().bold() };
    text.push_str(&format!(
        "   {verdict}: {found} ({} on {}, fails on {} and above)\n",
        count(body.checks_evaluated, "check"),
        count(body.resources_scanned, "resource"),
        body.fail_on
    ));
    text
}

/// The list of policies.
pub fn policies(body: &ScanBody) -> String {
    let mut rows = table(&["ID", "SEVERITY", "PACK", "TITLE"]);
    for policy in &body.policies {
        let pack = if policy.active { policy.pack.clone() } else { format!("{} (off)", policy.pack) };
        rows.add_row([policy.id.clone(), policy.severity.clone(), pack, policy.title.clone()]);
    }
    format!("{}{}\n", indented(&rows), count(body.policies.len() as u64, "policy").replace("policys", "policies"))
}

/// One policy in full.
pub fn policy(body: &ScanBody) -> String {
    let mut text = String::new();
    for policy in &body.policies {
        let state = if policy.active { "" } else { ", off" };
        text.push_str(&format!(
            "{} ({}, pack {}{state})\n",
            style(&policy.id).bold(),
            coloured(&policy.severity),
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
