//! The lists of `tag-audit`.

use std::collections::BTreeSet;

use console::style;

use super::{clean, count, regions_read, wrapped};
use crate::domain::audit::WORST_FIRST;
use crate::report::{
    AuditBody, AuditRowView, AuditSourceKind, AuditSourceView, BaselineStatus, ViolationView, short_type,
};

/// Renders the violations by code, the worst first, and the coverage.
pub fn audit(body: &AuditBody) -> String {
    let mut text = String::from("🏷️ Tag Audit:\n");
    text.push_str(&groups(body, |_| true));
    text.push_str(&commands(body, |_| true));
    for row in body.resources.iter().filter(|row| row.violations.is_empty()) {
        let (mark, identifier) = (style("✓").green(), style(clean(&row.identifier)).bold());
        text.push_str(&format!("  {mark} {} {} {identifier}\n", row.place(), row.type_name));
    }
    for gap in &body.gaps {
        text.push_str(&format!(
            "  {} {} {}: {}\n",
            style("?").yellow(),
            gap.environment,
            clean(&gap.subject),
            clean(&gap.reason)
        ));
    }
    if let Some(baseline) = &body.baseline {
        text.push_str(&format!(
            "  since the baseline: {} new, {} fixed, {} unchanged, {} not checked\n",
            baseline.new,
            baseline.fixed.len(),
            baseline.unchanged,
            baseline.not_checked.len()
        ));
    }
    let compliant = body.compliant;
    let coverage = &body.coverage;
    let checked = format!(
        "  {} checked in {}: {compliant} compliant, {} with violations\n",
        count(coverage.checked, "resource"),
        count(coverage.types_listed, "listed type"),
        coverage.checked.saturating_sub(compliant)
    );
    text.push_str(&wrapped(&checked));
    text.push_str(&regions_read(&coverage.regions));
    let gaps = format!(
        "not checked: {} cannot be listed, {} denied, {} unreadable, {} owned by AWS services",
        count(coverage.unsupported, "type"),
        coverage.denied,
        coverage.unreadable,
        coverage.service_owned
    );
    text.push_str(&wrapped(&format!("  {}\n", style(gaps).dim())));
    for source in body.coverage.sources.iter().filter(|source| source.source != AuditSourceKind::List) {
        text.push_str(&format!("  {}\n", style(from_index(source)).dim()));
    }
    text
}

/// Says from which index the resources of an environment without tags are, and what it does not have.
fn from_index(source: &AuditSourceView) -> String {
    let service = match source.source {
        AuditSourceKind::Config => "AWS Config, aggregator",
        _ => "Resource Explorer, view",
    };
    let through = source.through.as_deref().unwrap_or_default();
    let place = format!("{} {}", source.environment, source.region);
    let mut text = format!("{place}: resources without tags from {service} {}", clean(through));
    text.push_str(&format!(" ({}", source.regions.join(", ")));
    if let Some(updated) = &source.updated {
        text.push_str(&format!("; last update {updated}"));
    }
    text.push(')');
    if let Some(filter) = &source.filter {
        text.push_str(&format!("; only what its filter `{}` lets through", clean(filter)));
    }
    if source.types_not_indexed > 0 {
        text.push_str(&format!("; {} not indexed", count(source.types_not_indexed, "type")));
    }
    if source.unconfirmed > 0 {
        text.push_str(&format!(
            "; {} with violations not read (--source list reads them)",
            count(source.unconfirmed, "resource")
        ));
    }
    text
}

/// Renders the violations that a plan does not correct, with what to do.
pub fn not_fixed(body: &AuditBody) -> String {
    let is_left = |violation: &ViolationView| !violation.fixable;
    let left = groups(body, is_left);
    if left.is_empty() {
        return String::new();
    }
    format!("🏷️ Not corrected:\n{left}{}", commands(body, is_left))
}

/// Renders the violations by code.
fn groups(body: &AuditBody, is_wanted: impl Fn(&ViolationView) -> bool) -> String {
    let mut text = String::new();
    let known = WORST_FIRST.iter().map(|code| code.as_str());
    let all = body.resources.iter().flat_map(|row| &row.violations).map(|violation| violation.code.as_str());
    let others: BTreeSet<&str> = all.filter(|code| !WORST_FIRST.iter().any(|known| known.as_str() == *code)).collect();
    for code in known.chain(others) {
        let found: Vec<(&AuditRowView, &ViolationView)> = body
            .resources
            .iter()
            .flat_map(|row| row.violations.iter().map(move |violation| (row, violation)))
            .filter(|(_, violation)| violation.code == code && is_wanted(violation))
            .collect();
        if found.is_empty() {
            continue;
        }
        let resources: BTreeSet<(String, &str, &str)> =
            found.iter().map(|(row, _)| (row.place(), row.type_name.as_str(), row.identifier.as_str())).collect();
        let fixable = found.iter().filter(|(_, violation)| violation.fixable).count();
        let number = match resources.len() == found.len() {
            true => count(found.len() as u64, "resource"),
            false => format!("{} on {}", found.len(), count(resources.len() as u64, "resource")),
        };
        text.push_str(&format!(
            "  {} {}: {number}, {fixable} fixable\n",
            style("✗").red(),
            style(code).yellow().bold()
        ));
        for (row, violation) in found {
            let new = match violation.baseline {
                Some(BaselineStatus::New) => "new: ",
                _ => "",
            };
            let cost = violation.monthly.as_ref().map(|monthly| format!(", ${monthly}/month")).unwrap_or_default();
            text.push_str(&format!(
                "      {new}{} {} {}: {}{cost}\n",
                row.place(),
                short_type(&row.type_name),
                style(clean(&row.identifier)).bold(),
                clean(&violation.message)
            ));
            if let Some(hint) = &violation.hint {
                text.push_str(&wrapped(&format!("        {}\n", style(clean(hint)).dim())));
            }
        }
    }
    text
}

/// Renders what to run. If one command corrects several resources, it stands for theirs.
fn commands(body: &AuditBody, is_wanted: impl Fn(&ViolationView) -> bool) -> String {
    let wanted = body.resources.iter().filter(|row| row.violations.iter().any(&is_wanted));
    let open: Vec<&str> = wanted
        .filter(|row| row.violations.iter().any(|violation| !violation.fixable))
        .filter_map(|row| row.command.as_deref())
        .collect();
    let mut text = String::new();
    if !open.is_empty() {
        text.push_str("  What --fix does not correct alone, by resource:\n");
        for command in open {
            text.push_str(&format!("      {}\n", clean(command)));
        }
    }
    text
}
