//! What the gates found: findings, cost, checklist and the approvals that are required.

use console::style;
use rust_decimal::Decimal;

use super::super::scan::colored;
use super::super::{clean, count};
use crate::report::{
    CheckState, CostStatus, EstimateBody, FindingView, PlanView, ResourceEstimateView, ScanBody, SeverityCode,
};

/// The checklist's item about approvals.
const APPROVAL: &str = "approval";

/// Lines of one list; `--full` shows all.
const MAX_LINES: usize = 8;

/// Renders the findings, those that require an approval with their fixes. Equal findings of several resources are one.
pub(super) fn findings(scan: &ScanBody) -> String {
    let mut groups: Vec<(&FindingView, Vec<String>)> = Vec::new();
    for finding in &scan.findings {
        let name = clean(finding.resource.name());
        let same = |other: &FindingView| {
            other.id == finding.id
                && other.message == finding.message
                && other.severity == finding.severity
                && other.waiver.is_some() == finding.waiver.is_some()
        };
        match groups.iter_mut().find(|(other, _)| same(other)) {
            Some((_, names)) => names.push(name),
            None => groups.push((finding, vec![name])),
        }
    }
    let mut text = String::from("\n🔍 Policy Scan:\n");
    let (serious, minor): (Vec<_>, Vec<_>) = groups.into_iter().partition(|(finding, _)| scan.fails(finding));
    for (finding, names) in &serious {
        text.push_str(&one(finding, names));
        if let Some(fix) = &finding.fix {
            text.push_str(&format!("     fix: {}\n", clean(fix)));
        }
    }
    minor.iter().take(MAX_LINES).for_each(|(finding, names)| text.push_str(&one(finding, names)));
    text.push_str(&more(minor.len(), "finding"));
    for unknown in scan.unknown.iter().take(MAX_LINES) {
        let name = clean(unknown.resource.name());
        let undecided = style("undecided").yellow();
        text.push_str(&format!("   - {undecided} {} on {name}: {}\n", clean(&unknown.id), clean(&unknown.reason)));
    }
    text.push_str(&more(scan.unknown.len(), "undecided check"));
    for engine in scan.engines.iter().filter(|engine| engine.failed()) {
        for failure in &engine.failures {
            let failure = clean(failure);
            text.push_str(&format!("   - {} {}: {failure}\n", style("engine error").red().bold(), engine.name));
        }
    }
    text + &verdict(scan)
}

fn one(finding: &FindingView, names: &[String]) -> String {
    let waived =
        finding.waiver.as_ref().map(|waiver| format!(" (waived: {})", clean(&waiver.reason))).unwrap_or_default();
    let severity = match finding.severity {
        SeverityCode::Low | SeverityCode::Info => style(finding.severity.as_str()).dim(),
        other => colored(other),
    };
    format!("   - {severity} {} on {}: {}{waived}\n", clean(&finding.id), names.join(", "), clean(&finding.message))
}

fn more(number: usize, noun: &str) -> String {
    match number.saturating_sub(MAX_LINES) {
        0 => String::new(),
        rest => format!("   … and {} (--full)\n", count(rest as u64, &format!("more {noun}"))),
    }
}

fn verdict(scan: &ScanBody) -> String {
    let verdict = if scan.passed() { style("passed").green().bold() } else { style("failed").red().bold() };
    format!(
        "   {verdict}: {} ({} on {}, fails on {} and above)\n",
        scan.found(),
        count(scan.checks_evaluated, "check"),
        count(scan.resources_scanned, "resource"),
        scan.fail_on
    )
}

/// Renders the totals before and after, and the most expensive parts.
pub(super) fn cost(plan: &PlanView) -> String {
    let body = &plan.estimate;
    let mut text = format!("\n💰 Cost Estimation:\n   Monthly Cost: {}\n", style(total(plan)).bold());
    let mut lines: Vec<(Decimal, String)> = Vec::new();
    let many = body.resources.len() > 1;
    let prefix = |resource: &ResourceEstimateView| if many { format!("{}: ", name(resource)) } else { String::new() };
    for resource in &body.resources {
        for line in &resource.lines {
            let assumed = line.usage.map(|source| format!(" ({source} usage)")).unwrap_or_default();
            let shown =
                format!("   - {}{}: ${}{}\n", prefix(resource), line.description, line.monthly, style(assumed).dim());
            lines.push((line.monthly.parse().unwrap_or_default(), shown));
        }
    }
    let number = lines.len();
    if number > MAX_LINES {
        // The sort is stable: equal amounts stay in the order of the plan.
        lines.sort_by(|(one, _), (other, _)| other.cmp(one));
    }
    lines.iter().take(MAX_LINES).for_each(|(_, line)| text.push_str(line));
    text.push_str(&more(number, "line"));
    let unknown: Vec<String> = body
        .resources
        .iter()
        .flat_map(|resource| resource.unknown.iter().map(move |unknown| (resource, unknown)))
        .map(|(resource, unknown)| {
            let word = style("unknown").yellow();
            format!("   - {}{}: {word} ({})\n", prefix(resource), unknown.dimension, clean(&unknown.reason))
        })
        .collect();
    unknown.iter().take(MAX_LINES).for_each(|line| text.push_str(line));
    text.push_str(&more(unknown.len(), "unknown part"));
    let free: Vec<String> =
        body.resources.iter().filter(|resource| resource.status == CostStatus::Free).map(name).collect();
    match free.len() {
        0 => {}
        few if few <= MAX_LINES => text.push_str(&format!("   - free: {}\n", free.join(", "))),
        number => text.push_str(&format!("   - free: {}\n", count(number as u64, "resource"))),
    }
    text + &super::super::cost::sources(body)
}

fn name(resource: &ResourceEstimateView) -> String {
    clean(resource.logical_id.as_deref().or(resource.identifier.as_deref()).unwrap_or(&resource.type_name))
}

/// `$12.10 → $40.68`, or one amount if nothing is changed or deleted.
pub(in super::super) fn total(plan: &PlanView) -> String {
    let amount = |body: &EstimateBody| {
        let bound = if body.total.unknown_count > 0 { "at least " } else { "" };
        let is_free = |resource: &ResourceEstimateView| resource.status == CostStatus::Free;
        let free = !body.resources.is_empty() && body.resources.iter().all(is_free);
        format!("{bound}${}{}", body.total.expected, if free { " (free)" } else { "" })
    };
    match &plan.cost_before {
        Some(before) => format!("{} → {}", amount(before), amount(&plan.estimate)),
        None => amount(&plan.estimate),
    }
}

/// Renders the checklist: what is in order by name, what is not with its evidence.
pub(super) fn checklist(plan: &PlanView) -> String {
    let mut text = String::from("\n✅ Checklist:\n");
    let name = |item: &str| if item == APPROVAL { "no approval required".to_owned() } else { item.to_owned() };
    let good = plan.checklist.iter().filter(|item| item.state == CheckState::Ok);
    let good: Vec<String> = good.map(|item| name(&item.item)).collect();
    if !good.is_empty() {
        text.push_str(&format!("   {} {}\n", style("✓").green(), good.join(", ")));
    }
    // The required approvals are listed next.
    for item in plan.checklist.iter().filter(|item| item.state != CheckState::Ok && item.item != APPROVAL) {
        let mark = match item.state {
            CheckState::NotApplicable => style("-").dim(),
            CheckState::Ok | CheckState::Open => style("•").yellow(),
        };
        text.push_str(&format!("   {mark} {}: {}\n", item.item, clean(&item.evidence)));
    }
    text
}

/// Renders the approvals that are required, with their reasons.
pub(super) fn approvals(plan: &PlanView) -> String {
    if plan.approvals_required.is_empty() {
        return String::new();
    }
    let mut text = String::from("\n🔒 Approvals required:\n");
    for requirement in &plan.approvals_required {
        let mark = style("!").yellow().bold();
        text.push_str(&format!("   {mark} {}: {}\n", requirement.kind, clean(&requirement.reason)));
    }
    text
}

/// Renders the verdict in one line per gate, for `--quiet`.
pub(super) fn brief(plan: &PlanView) -> String {
    let mut kinds: Vec<&str> = plan.approvals_required.iter().map(|requirement| requirement.kind.as_str()).collect();
    kinds.dedup();
    let approval = match kinds.is_empty() {
        true => "Approval: not required".to_owned(),
        false => format!("Approval: required for {}", kinds.join(", ")),
    };
    let scan = if plan.scan.passed() { "passed" } else { "failed" };
    format!("   Policies {scan}: {}. Monthly cost: {}. {approval}.\n", plan.scan.found(), total(plan))
}
