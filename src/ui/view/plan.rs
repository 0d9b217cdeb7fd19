//! The plan for approval, and the result of a plan. The plan is made for a reviewer: a table of the resources first, then
//! what to review with particular care, then the results of the gates.

mod changes;
mod full;
mod gates;
mod result;
mod table;
#[cfg(test)]
pub(super) mod tests;

pub(super) use gates::total;
pub use result::{applied, nothing_to_do};

use std::collections::BTreeSet;

use console::style;
use serde_json::Value;

use table::sign;

use super::{AccountBlock, account_block, clean, count, endpoints, wrap, wrap_under};
use crate::domain::plan::{Operation, parse_digest};
use crate::report::{EnvironmentView, LeftBehindView, PlanView, ResourceView, StepView, readable, short_type};

/// How a plan is displayed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlanDisplay {
    /// How much of it.
    pub detail: PlanDetail,
    /// Characters per line. Words are never broken.
    pub width: usize,
}

/// How much of a plan is displayed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlanDetail {
    /// The table and the verdict (`--quiet`).
    Verdict,
    /// What a reviewer needs.
    Summary,
    /// Every property (`--full`).
    Full,
}

/// Renders everything to review before a plan is applied.
pub fn plan(plan: &PlanView, environments: &[EnvironmentView], display: PlanDisplay) -> String {
    let PlanDisplay { detail, width } = display;
    let mut text = String::new();
    let is_changed = |name: &str| {
        name == plan.environment || has_only_tags(plan) && plan.steps.iter().any(|step| step.environment == name)
    };
    if detail != PlanDetail::Verdict {
        for environment in environments.iter().filter(|environment| is_changed(&environment.name)) {
            text.push_str(&account_block(AccountBlock {
                name: &environment.name,
                protected: environment.protected,
                profile: environment.profile.as_deref(),
                authentication: &environment.authentication,
                account: &environment.account,
                region: &environment.region,
                endpoints: &environment.endpoints,
            }));
            text.push('\n');
        }
    }
    // Even with --quiet: nobody approves a plan without seeing where its requests go.
    let is_shown = |name: &str| detail != PlanDetail::Verdict && is_changed(name);
    for environment in environments.iter().filter(|environment| !is_shown(&environment.name)) {
        text.push_str(&endpoints(&format!(" of {}", environment.name), &environment.endpoints));
    }
    let steps = table::rows(plan);
    text.push_str("📋 Plan:\n");
    if !steps.is_empty() {
        text.push_str(&table::table(&steps, width));
        text.push('\n');
    }
    text.push_str(&wrap(&totals(plan, &steps), width));
    if detail == PlanDetail::Verdict {
        return text + &wrap(&gates::brief(plan), width) + &digest(plan, width);
    }
    text.push_str(&tag_changes(plan));
    text.push_str(&wrap(&left_alone(plan), width));
    text.push_str(&dropped(plan));
    text.push_str(&wrap(&left_behind(plan), width));
    text.push_str(&wrap(&needed(&plan.steps), width));
    let is_full = detail == PlanDetail::Full;
    text.push_str(&changes::gathered("🔑 IAM changes", &plan.iam_changes, width, is_full));
    text.push_str(&changes::gathered("🌐 Network changes", &plan.network_changes, width, is_full));
    let mut rest = String::new();
    if is_full {
        rest.push_str("\n✏️ Steps:\n");
        text.push_str(&wrap(&rest, width));
        let every: String = plan.steps.iter().map(full::step).collect();
        text.push_str(&wrap_under(&every, width));
        rest = String::from("\n");
        rest.push_str(&super::scan::text(&plan.scan));
        rest.push('\n');
        rest.push_str(&super::cost::text(&plan.estimate));
        if let Some(before) = &plan.cost_before {
            rest.push_str(&format!("   Before: ${}\n", before.total.expected));
        }
        rest.push_str("\n✅ Checklist:\n");
        rest.push_str(&full::checklist(plan));
    } else {
        rest.push_str(&changes::properties(plan, &steps));
        rest.push_str(&changes::created(plan, &steps, width));
        rest.push_str(&gates::findings(&plan.scan));
        rest.push_str(&gates::cost(plan));
        rest.push_str(&gates::checklist(plan));
    }
    rest.push_str(&gates::approvals(plan));
    text + &wrap(&rest, width) + "\n" + &digest(plan, width)
}

/// `3 to create, 1 to change, 2 unchanged`, and stagegate's own tags.
fn totals(plan: &PlanView, steps: &[&StepView]) -> String {
    let of = |operation: Operation| steps.iter().filter(|step| step.operation == operation).count();
    let parts = [
        (of(Operation::Create), "to create"),
        (of(Operation::Update), "to change"),
        (of(Operation::Replace), "to replace"),
        (of(Operation::Delete), "to delete"),
        (plan.unchanged.len(), "unchanged"),
    ];
    let parts: Vec<String> =
        parts.iter().filter(|(number, _)| *number > 0).map(|(number, what)| format!("{number} {what}")).collect();
    let mut text = String::new();
    if !parts.is_empty() {
        text.push_str(&format!("   {}\n", style(parts.join(", ")).bold()));
    }
    let tagging: Vec<&StepView> = plan.steps.iter().filter(|step| step.operation == Operation::Tag).collect();
    if !tagging.is_empty() {
        let changes: usize = tagging.iter().map(|step| step.changes.len()).sum();
        let name = |step: &StepView| step.identifier.clone().unwrap_or_else(|| step.logical_id.clone());
        let resources: BTreeSet<(&str, &str, String)> =
            tagging.iter().map(|step| (step.environment.as_str(), step.type_name.as_str(), name(step))).collect();
        text.push_str(&format!(
            "   Tags: {} on {}\n",
            count(changes as u64, "tag change"),
            count(resources.len() as u64, "resource")
        ));
    }
    text
}

/// True for a plan that changes nothing but tags.
fn has_only_tags(plan: &PlanView) -> bool {
    !plan.steps.is_empty() && plan.steps.iter().all(|step| step.operation == Operation::Tag)
}

/// The changes of a plan that changes nothing but tags: nobody approves what was not shown. With other changes, stagegate's
/// own tags are only counted.
fn tag_changes(plan: &PlanView) -> String {
    if !has_only_tags(plan) {
        return String::new();
    }
    let value = |value: &Value| value.as_str().map_or_else(|| "(none)".to_owned(), clean);
    let one = |step: &StepView| {
        let changes = step.changes.iter().map(|change| {
            let key = clean(change.pointer.trim_start_matches("/Tags/"));
            match (&change.before, &change.after) {
                (Value::Null, after) => format!("       {key}: {}\n", value(after)),
                (before, Value::Null) => format!("       {key}: {} → (removed)\n", value(before)),
                (before, after) => format!("       {key}: {} → {}\n", value(before), value(after)),
            }
        });
        let name = clean(step.identifier.as_deref().unwrap_or(&step.logical_id));
        let (environment, type_name) = (&step.environment, short_type(&step.type_name));
        format!(
            "   {} {environment} {type_name} {}\n{}",
            sign(step.operation),
            style(name).bold(),
            changes.collect::<String>()
        )
    };
    plan.steps.iter().map(one).collect()
}

/// Resources that stay as they are, and properties that are left as they were changed in the account.
fn left_alone(plan: &PlanView) -> String {
    let mut text = String::new();
    if !plan.unchanged.is_empty() {
        const MAX_NAMES: usize = 6;
        let mut names: Vec<String> =
            plan.unchanged.iter().take(MAX_NAMES).map(|resource| clean(&resource.logical_id)).collect();
        match plan.unchanged.len().saturating_sub(MAX_NAMES) {
            0 => {}
            rest => names.push(format!("{rest} more")),
        }
        text.push_str(&format!("   Unchanged: {}\n", names.join(", ")));
    }
    if !plan.kept.is_empty() {
        text.push_str("\n✋ Left as changed in the account (--keep-live):\n");
        for kept in &plan.kept {
            let at = changes::property_path(&kept.pointer);
            text.push_str(&format!("   - {} {}: {at}\n", short_type(&kept.type_name), clean(&kept.identifier)));
        }
    }
    text
}

/// Resources that the template, or the environment promoted from, no longer contains, with the command that deletes each. Commands are not wrapped.
fn dropped(plan: &PlanView) -> String {
    if plan.dropped.is_empty() {
        return String::new();
    }
    let one = |resource: &ResourceView| {
        let quoted = |text: &str| shlex::try_quote(text).map(|text| text.into_owned()).unwrap_or_default();
        format!(
            "   - {}: stagegate delete {} {} --env {}\n",
            clean(&resource.logical_id),
            resource.type_name,
            clean(&quoted(&resource.identifier)),
            clean(&quoted(&plan.environment))
        )
    };
    let lines: String = plan.dropped.iter().map(one).collect();
    format!("\n👻 No longer in the source, and not deleted:\n{lines}")
}

/// What belongs to promoted resources and does not come along.
fn left_behind(plan: &PlanView) -> String {
    if plan.left_behind.is_empty() {
        return String::new();
    }
    let one = |left: &LeftBehindView| {
        let identifier = left.identifier.as_deref().map(|identifier| format!(" {}", clean(identifier)));
        format!(
            "   - {}{} of {} {}: {}\n",
            short_type(&left.type_name),
            identifier.unwrap_or_default(),
            short_type(&left.parent_type),
            clean(&left.parent),
            clean(&left.reason)
        )
    };
    let lines: String = plan.left_behind.iter().map(one).collect();
    let number = plan.left_behind.len();
    let why = match plan.left_behind_accepted {
        true => "accepted with --leave-behind",
        false => "the promotion is not complete",
    };
    format!("\n🧳 Left behind ({number}; {why}):\n{lines}")
}

/// Values that must be provided before anything is sent.
fn needed(steps: &[StepView]) -> String {
    let mut text = String::new();
    for (step, needed) in steps.iter().flat_map(|step| step.inputs_needed.iter().map(move |needed| (step, needed))) {
        let word = style("needs").red().bold();
        let at = changes::property_path(&needed.pointer);
        text.push_str(&format!("   - {} {word} {at}: {}\n", clean(&step.logical_id), clean(&needed.reason)));
    }
    if text.is_empty() { text } else { format!("\n❓ Values to provide:\n{text}") }
}

/// The shortened digest; the approving command and the JSON document have all of it.
fn digest(plan: &PlanView, width: usize) -> String {
    const HEX: usize = 12;
    let short = match parse_digest(&plan.digest) {
        Some((_, hash)) => plan.digest.get(..plan.digest.len() - hash.len() + HEX).map(|start| format!("{start}…")),
        None => None,
    };
    let mut text = format!("   Plan digest: {}\n", short.as_deref().unwrap_or(&plan.digest));
    if !plan.approvals_required.is_empty() {
        for (environment, arn) in &plan.planner {
            let line = format!("   Planned by {}: somebody else has to approve it in {environment}\n", clean(arn));
            text.push_str(&wrap(&line, width));
        }
    }
    text
}

/// A value on one line, exactly as it is sent.
fn value_text(value: &Value) -> String {
    match value {
        Value::Array(_) => clean(&value.to_string()),
        other => clean(&readable(other)),
    }
}
