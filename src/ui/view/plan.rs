//! The gate's one screen, and what became of a plan.

use std::collections::BTreeMap;

use console::style;
use serde_json::Value;

use super::count;
use crate::domain::pointer;
use crate::report::{EnvironmentView, PlanView, WriteBody};
use crate::schema::{Registry, TypeSchema};

/// Everything that a person should see before anything is sent.
pub fn plan(plan: &PlanView, environments: &[EnvironmentView], asks: bool) -> String {
    let mut text = String::new();
    for environment in environments.iter().filter(|environment| environment.name == plan.environment) {
        text.push_str("📍 AWS Context:\n");
        text.push_str(&format!(
            "   Environment: {}{}\n",
            style(&environment.name).bold(),
            if environment.protected { " (protected)" } else { "" }
        ));
        text.push_str(&format!("   Profile: {}\n", environment.profile.as_deref().unwrap_or("(none)")));
        text.push_str(&format!("   Authentication: {}\n", environment.authentication));
        text.push_str(&format!("   Account ID: {}\n", environment.account));
        text.push_str(&format!("   Region: {}\n\n", environment.region));
    }
    text.push_str(&format!("📋 Plan: {}\n", count(plan.steps.len() as u64, "step")));
    for step in &plan.steps {
        text.push_str(&step_view(step));
    }
    text.push('\n');
    text.push_str(&super::estimate(&plan.estimate, asks && plan.estimate.verdict == "approval_required"));
    text.push('\n');
    text.push_str(&super::scan(&plan.scan));
    text.push_str("\n✅ Checklist:\n");
    for item in &plan.checklist {
        let mark = match item.state.as_str() {
            "ok" => style("✓").green(),
            "open" => style("•").yellow(),
            _ => style("-").dim(),
        };
        text.push_str(&format!("   {mark} {}: {}\n", item.item, item.evidence));
    }
    for requirement in &plan.approvals_required {
        text.push_str(&format!(
            "   {} approval for {}: {}\n",
            style("!").yellow().bold(),
            requirement.kind,
            requirement.reason
        ));
    }
    text.push_str(&format!("\n   Plan digest: {}\n", plan.digest));
    text
}

fn step_view(step: &crate::report::StepView) -> String {
    let sign = match step.operation.as_str() {
        "create" => style("+").green().bold(),
        "update" => style("~").yellow().bold(),
        _ => style("#").cyan(),
    };
    let name = step.identifier.as_deref().unwrap_or(&step.logical_id);
    let after = if step.depends_on.is_empty() {
        String::new()
    } else {
        format!(" (after {})", step.depends_on.iter().map(u32::to_string).collect::<Vec<_>>().join(", "))
    };
    let mut text = format!(
        "   {sign} {}. {} {} {} in {}{after}\n",
        step.order,
        step.operation,
        step.type_name,
        style(name).bold(),
        step.environment
    );
    if step.operation == "tag" {
        let tags = step
            .changes
            .iter()
            .map(|change| format!("{}={}", change.pointer.trim_start_matches("/Tags/"), short(&change.after)));
        text.push_str(&format!("         {}\n", style(wrapped(&tags.collect::<Vec<_>>())).dim()));
        return text;
    }
    let type_schema = Registry::get(&step.type_name);
    let rewrites: BTreeMap<&str, &crate::report::RewriteView> =
        step.rewrites.iter().map(|rewrite| (rewrite.pointer.as_str(), rewrite)).collect();
    for change in &step.changes {
        match &change.before {
            Value::Null => property(&mut text, &change.pointer, &change.after, type_schema, &rewrites),
            before => {
                text.push_str(&format!("       {}: {} → {}\n", change.pointer, short(before), short(&change.after)))
            }
        }
    }
    for needed in &step.inputs_needed {
        text.push_str(&format!("       {} {}: {}\n", style("needs").red().bold(), needed.pointer, needed.reason));
    }
    text
}

/// One property that is set, with what the schema knows of it and where its value came from.
fn property(
    text: &mut String,
    place: &str,
    value: &Value,
    type_schema: Option<&'static TypeSchema>,
    rewrites: &BTreeMap<&str, &crate::report::RewriteView>,
) {
    let mut facts = Vec::new();
    if let Some(type_schema) = type_schema {
        let head = pointer::tokens(place).into_iter().next().unwrap_or_default();
        if type_schema.required.contains(&head) {
            facts.push("required".to_owned());
        }
        if type_schema.is_create_only(place) {
            facts.push("set at creation only".to_owned());
        }
        if type_schema.is_write_only(place) {
            facts.push("never read back".to_owned());
        }
    }
    if let Some(rewrite) = rewrites.get(place) {
        facts.push(format!("was {}; {}", rewrite.before, rewrite.reason));
    }
    let facts =
        if facts.is_empty() { String::new() } else { style(format!("  [{}]", facts.join("; "))).dim().to_string() };
    text.push_str(&format!("       {}: {}{facts}\n", place.trim_start_matches('/'), short(value)));
    for (inner, rewrite) in
        rewrites.range(place..).filter(|(inner, _)| **inner != place && pointer::is_within(inner, place))
    {
        let line = format!("         {inner}: {} → {} ({})", rewrite.before, rewrite.after, rewrite.reason);
        text.push_str(&format!("{}\n", style(line).dim()));
    }
}

/// A value on one line; tags and symbols in their readable form.
fn short(value: &Value) -> String {
    const WIDTH: usize = 110;
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Null => "(none)".to_owned(),
        Value::Array(items)
            if !items.is_empty()
                && items.iter().all(|item| item.get("Key").is_some() && item.get("Value").is_some()) =>
        {
            let pairs = items
                .iter()
                .filter_map(|item| Some(format!("{}={}", item.get("Key")?.as_str()?, item.get("Value")?.as_str()?)));
            return wrapped(&pairs.collect::<Vec<_>>());
        }
        other => other.to_string(),
    };
    if text.chars().count() <= WIDTH {
        return text.replace('\n', "⏎");
    }
    text.chars().take(WIDTH - 1).collect::<String>().replace('\n', "⏎") + "…"
}

/// Tags, a few on a line.
fn wrapped(pairs: &[String]) -> String {
    let mut lines: Vec<String> = vec![String::new()];
    for pair in pairs {
        let last = lines.last().map(String::len).unwrap_or_default();
        if last > 0 && last + pair.len() > 90 {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push_str(", ");
            }
            line.push_str(pair);
        }
    }
    lines.join(",\n         ")
}

/// What became of a plan.
pub fn applied(body: &WriteBody) -> String {
    let mut text = String::new();
    for step in &body.applied {
        let verified = if step.verified { "" } else { " (differs from what was sent)" };
        text.push_str(&format!(
            "{} {} {} {} in {}{verified} {}\n",
            style("✓").green(),
            past(&step.operation),
            step.type_name,
            style(&step.identifier).bold(),
            step.environment,
            style(format!("{} ms", step.elapsed_ms)).dim()
        ));
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
        text.push_str(&format!(
            "{} step {} {} still runs in AWS, request {}\n",
            style("…").yellow(),
            step.order,
            step.type_name,
            step.request_token
        ));
    }
    for standing in &body.promotion {
        let target = standing.prod.as_deref().unwrap_or("(none)");
        text.push_str(&format!(
            "  {} {} → {}: {}\n",
            standing.type_name,
            standing.dev,
            target,
            style(&standing.status).bold()
        ));
    }
    text
}

fn past(operation: &str) -> &str {
    match operation {
        "create" => "created",
        "update" => "updated",
        "tag" => "tagged",
        other => other,
    }
}
