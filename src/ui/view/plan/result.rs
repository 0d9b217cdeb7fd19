//! The result of a plan.

use console::style;

use super::super::{clean, count};
use crate::domain::plan::Operation;
use crate::report::WriteBody;

/// Renders an empty plan.
pub fn nothing_to_do(body: &WriteBody) -> String {
    match body.plan.unchanged.len().max(body.plan.scan.resources_scanned as usize) {
        0 => "No changes: no resources are selected.\n".to_owned(),
        1 => "No changes: the resource is as desired.\n".to_owned(),
        many => format!("No changes: all {many} resources are as desired.\n"),
    }
}

/// Renders the result of a plan.
pub fn applied(body: &WriteBody) -> String {
    let mut text = String::new();
    let (tagged, changed): (Vec<_>, Vec<_>) =
        body.applied.iter().partition(|step| step.operation == Operation::Tag && step.verified);
    for step in changed {
        let verified = if step.verified { "" } else { " (differs from the request)" };
        text.push_str(&format!(
            "{} {} {} {} in {}{verified} {}\n",
            style("✓").green(),
            past(step),
            step.type_name,
            style(clean(&step.identifier)).bold(),
            step.environment,
            style(format!("{} ms", step.elapsed_ms)).dim()
        ));
        text.extend(step.health.as_ref().map(|line| format!("  {}\n", clean(line))));
    }
    if !tagged.is_empty() {
        text.push_str(&format!("{} {}\n", style("✓").green(), count(tagged.len() as u64, "tag change")));
    }
    for step in &body.failed {
        text.push_str(&format!(
            "{} step {} {}: {} ({})\n",
            style("✗").red(),
            step.order,
            step.type_name,
            step.message,
            step.code
        ));
    }
    for step in &body.pending {
        let state = match &step.request_token {
            Some(token) => format!("is still in progress in AWS, request {token}"),
            None => format!("may be in progress in AWS, client token {}", step.client_token),
        };
        let mark = style("…").yellow();
        text.push_str(&format!("{mark} step {} {} {state}\n", step.order, step.type_name));
    }
    for result in &body.promotion {
        let target = result.prod.as_deref().unwrap_or("(none)");
        text.push_str(&format!(
            "  {} {} → {}: {}\n",
            result.type_name,
            result.dev,
            target,
            style(result.status).bold()
        ));
    }
    text
}

fn past(step: &crate::report::AppliedView) -> &'static str {
    match step.operation {
        // Nothing was sent: an earlier run of the same request created it.
        Operation::Create if step.request_token.is_none() => "already exists:",
        Operation::Create => "created",
        Operation::Update => "updated",
        Operation::Replace => "replaced",
        Operation::Delete => "deleted",
        Operation::Tag => "tagged",
    }
}
