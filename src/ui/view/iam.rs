//! The output of `iam`.

use console::style;

use super::{clean, indented, keep_whole, table, wrapped};
use crate::report::{
    AnalysisView, DecisionCode, GapMethod, GapView, IamBody, NewAccessResult, PlanPolicyView, PolicyOriginCode,
    ValidationKind, ValidationMethod, ValidationView,
};

/// Renders the result of a subcommand of `iam`.
pub fn iam(body: &IamBody) -> String {
    if let Some(policy) = &body.plan_policy {
        // A policy on standard output is for a program, which must not find anything else there.
        let checked = body.validation.as_ref().filter(|_| policy.file.is_some());
        return plan_policy(policy) + &checked.map(validation).unwrap_or_default();
    }
    if let Some(proposal) = &body.proposal {
        return match &proposal.file {
            None => proposal.text.clone(),
            Some(file) => {
                let checked = body.validation.as_ref().map(validation).unwrap_or_default();
                format!("Wrote {} to {}.\n{checked}", clean(&proposal.policy_name), clean(file))
            }
        };
    }
    let mut text = String::new();
    if let Some(principal) = &body.principal {
        text.push_str(&format!("{} in {}\n", style(clean(&principal.arn)).bold(), clean(&body.environment)));
        if let Some(boundary) = &principal.boundary {
            text.push_str(&format!("Permissions boundary: {}\n", clean(boundary)));
        }
        text.push('\n');
    }
    text + &body.analysis.as_ref().map(analysis).unwrap_or_default()
        + &body.gap.as_ref().map(gap).unwrap_or_default()
        + &body.validation.as_ref().map(validation).unwrap_or_default()
}

fn validation(view: &ValidationView) -> String {
    let by = match view.method {
        ValidationMethod::AccessAnalyzer => "IAM Access Analyzer",
        ValidationMethod::Local => "stagegate's own checks, because IAM Access Analyzer may not be used",
    };
    let mut text = match view.findings.len() {
        0 => format!("\nNo findings, according to {by}.\n"),
        number => format!("\n{} by {by}:\n", super::count(number as u64, "finding")),
    };
    for finding in &view.findings {
        let kind = match finding.kind {
            ValidationKind::Error => style("error").red(),
            ValidationKind::SecurityWarning => style("security warning").red(),
            ValidationKind::Warning => style("warning").yellow(),
            ValidationKind::Suggestion => style("suggestion").dim(),
        };
        let place = finding.pointers.first().map(|pointer| format!(" at {}", clean(pointer))).unwrap_or_default();
        let (policy, message) = (clean(&finding.policy), clean(&finding.message));
        text.push_str(&wrapped(&format!("  {kind} {policy}{place}: {message} ({})\n", clean(&finding.code))));
    }
    if let Some(access) = &view.new_access {
        let words = match access.result {
            NewAccessResult::Pass => "Nothing but what was asked for is added.",
            NewAccessResult::Fail => "More than what was asked for may be added:",
            NewAccessResult::NotChecked => "Whether more than what was asked for is added was not checked:",
        };
        text.push_str(&format!("{words}\n"));
        text.extend(access.reasons.iter().map(|reason| format!("  {}\n", clean(reason))));
    }
    text
}

fn gap(gap: &GapView) -> String {
    let mut rows = table(&["DECISION", "ACTION", "RESOURCE"]);
    for verdict in &gap.needed {
        let decision = match verdict.decision {
            DecisionCode::Allowed => style("allowed").green(),
            DecisionCode::ImplicitDeny => style("not allowed").red(),
            DecisionCode::ExplicitDeny => style("denied").red(),
            DecisionCode::Undecided => style("undecided").yellow(),
        };
        rows.add_row([decision.to_string(), clean(&verdict.action), clean(&verdict.resource)]);
    }
    let by = match gap.method {
        GapMethod::Simulator => "IAM's policy simulator",
        GapMethod::Local => "stagegate's evaluator, because the simulator may not be used",
    };
    let missing = match gap.missing {
        0 => "Nothing is missing".to_owned(),
        number => format!("{number} of {} not certainly allowed", gap.needed.len()),
    };
    keep_whole(&mut rows, 3);
    let words = format!("\n{missing}, according to {by}.\nNot evaluated: {}.\n", gap.not_seen.join(", "));
    indented(&rows) + &wrapped(&words)
}

/// Texts of a cell, one below the other.
fn lines(texts: &[String]) -> String {
    texts.iter().map(|text| clean(text)).collect::<Vec<_>>().join("\n")
}

fn plan_policy(policy: &PlanPolicyView) -> String {
    match &policy.file {
        None => format!("{:#}\n", policy.document),
        Some(file) => format!("Wrote a policy of {} characters to {}.\n", policy.characters, clean(file)),
    }
}

fn analysis(analysis: &AnalysisView) -> String {
    let mut policies = table(&["POLICY", "ORIGIN", "STATEMENTS"]);
    for policy in &analysis.policies {
        let group = policy.group.as_deref().unwrap_or_default();
        let origin = match policy.origin {
            PolicyOriginCode::Attached => "attached".to_owned(),
            PolicyOriginCode::Inline => "inline".to_owned(),
            PolicyOriginCode::GroupAttached => format!("attached to group {group}"),
            PolicyOriginCode::GroupInline => format!("inline in group {group}"),
            PolicyOriginCode::Boundary => "boundary".to_owned(),
        };
        let number = policy.document.get("Statement").map_or(0, |all| all.as_array().map_or(1, Vec::len));
        policies.add_row([clean(&policy.name), clean(&origin), number.to_string()]);
    }
    let mut text = match analysis.policies.len() {
        0 => "It has no policies.\n".to_owned(),
        _ => indented(&policies),
    };
    if !analysis.statements.is_empty() {
        let mut rows = table(&["EFFECT", "ACTIONS", "RESOURCES", "CONDITION"]);
        for statement in &analysis.statements {
            rows.add_row([
                clean(&statement.effect),
                lines(&statement.actions),
                lines(&statement.resources),
                if statement.condition.is_some() { "yes".to_owned() } else { String::new() },
            ]);
        }
        keep_whole(&mut rows, 3);
        text.push_str(&format!("\n{}", indented(&rows)));
    }
    text.push('\n');
    for finding in &analysis.findings {
        text.push_str(&wrapped(&format!(
            "{} {}: {} ({})\n",
            style(&finding.severity).yellow(),
            clean(&finding.policy),
            clean(&finding.message),
            finding.id
        )));
    }
    if analysis.findings.is_empty() {
        text.push_str("No risky statements were found.\n");
    }
    match (&analysis.last_used_reason, analysis.unused_services.as_slice()) {
        (Some(reason), _) => text.push_str(&format!("The last use of services is not known: {}\n", clean(reason))),
        (None, []) => text.push_str("Every allowed service was used.\n"),
        (None, unused) => text.push_str(&wrapped(&format!("Allowed and not used: {}\n", unused.join(", ")))),
    }
    text
}
