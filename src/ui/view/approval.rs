//! The output of `approve`.

use console::style;

use super::{clean, count, wrapped};
use crate::report::ApprovalBody;

/// Renders what was approved, by whom, and for how long.
pub fn approval(body: &ApprovalBody) -> String {
    let mut text = approval_steps(body);
    text.push_str(&format!("\n{} {}\n", style("Approved:").bold(), body.digest));
    for (environment, arn) in &body.approver {
        text.push_str(&format!("  by {} in {environment}\n", clean(arn)));
    }
    if let Some(reason) = &body.reason {
        text.push_str(&format!("  reason: {}\n", clean(reason)));
    }
    if body.findings_approved {
        text.push_str("  critical findings are approved as well\n");
    }
    text + &format!("  until {}\n  recorded in {}\n", body.expires_at, clean(&body.file))
}

/// Renders the steps of the plan and what its gate found.
pub fn approval_steps(body: &ApprovalBody) -> String {
    let mut text =
        format!("📋 Plan for {} ({}), {}:\n", body.environment, body.account, count(body.steps.len() as u64, "step"));
    for step in &body.steps {
        let name = step.identifier.as_ref().unwrap_or(&step.logical_id);
        let line = format!("{} {} {name} in {}", step.operation.as_str(), step.type_name, step.environment);
        text.push_str(&format!("  {}. {}\n", step.order, clean(&line)));
        if !step.changes.is_empty() {
            text.push_str(&wrapped(&format!("     {}\n", clean(&step.changes.join(", ")))));
        }
    }
    for fact in &body.gate {
        text.push_str(&format!("  ! {}\n", clean(fact)));
    }
    for (environment, arn) in &body.planner {
        text.push_str(&format!("  made by {} in {environment}\n", clean(arn)));
    }
    text
}
