//! The plan for approval, and the result of a plan.

use std::collections::BTreeMap;

use console::style;
use serde_json::Value;

use super::{AccountBlock, account_block};
use super::{clean, count};
use crate::domain::plan::Operation;
use crate::domain::{pointer, symbol};
use crate::report::{CheckState, CostVerdict, EnvironmentView, PlanView, WriteBody};
use crate::schema;

/// Renders everything to review before a plan is applied.
pub fn plan(plan: &PlanView, environments: &[EnvironmentView], asks: bool) -> String {
    let mut text = String::new();
    for environment in environments.iter().filter(|environment| environment.name == plan.environment) {
        text.push_str(&account_block(AccountBlock {
            name: &environment.name,
            protected: environment.protected,
            profile: environment.profile.as_deref(),
            authentication: &environment.authentication,
            account: &environment.account,
            region: &environment.region,
        }));
        text.push('\n');
    }
    text.push_str(&format!("📋 Plan: {}\n", count(plan.steps.len() as u64, "step")));
    for step in &plan.steps {
        text.push_str(&step_view(step));
    }
    text.push('\n');
    text.push_str(&super::estimate(&plan.estimate, asks && plan.estimate.verdict == CostVerdict::ApprovalRequired));
    text.push('\n');
    text.push_str(&super::scan(&plan.scan));
    text.push_str("\n✅ Checklist:\n");
    for item in &plan.checklist {
        let mark = match item.state {
            CheckState::Ok => style("✓").green(),
            CheckState::Open => style("•").yellow(),
            CheckState::NotApplicable => style("-").dim(),
        };
        text.push_str(&format!("   {mark} {}: {}\n", item.item, clean(&item.evidence)));
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
    let sign = match step.operation {
        Operation::Create => style("+").green().bold(),
        Operation::Update => style("~").yellow().bold(),
        Operation::Replace => style("±").yellow().bold(),
        Operation::Delete => style("-").red().bold(),
        Operation::Tag => style("#").cyan(),
    };
    let name = clean(step.identifier.as_deref().unwrap_or(&step.logical_id));
    let after = if step.depends_on.is_empty() {
        String::new()
    } else {
        format!(" (after {})", step.depends_on.iter().map(u32::to_string).collect::<Vec<_>>().join(", "))
    };
    let mut text = format!(
        "   {sign} {}. {} {} {} in {}{after}\n",
        step.order,
        step.operation.as_str(),
        step.type_name,
        style(name).bold(),
        step.environment
    );
    if step.operation == Operation::Tag {
        let tags = step
            .changes
            .iter()
            .map(|change| format!("{}={}", change.pointer.trim_start_matches("/Tags/"), inline(&change.after)));
        text.push_str(&format!("         {}\n", style(wrapped(&tags.collect::<Vec<_>>())).dim()));
        return text;
    }
    let rewrites: BTreeMap<&str, &crate::report::RewriteView> =
        step.rewrites.iter().map(|rewrite| (rewrite.pointer.as_str(), rewrite)).collect();
    for change in &step.changes {
        match &change.before {
            Value::Null => property(&mut text, &change.pointer, &change.after, &step.type_name, &rewrites),
            before => {
                text.push_str(&format!("       {}: {} → {}\n", change.pointer, inline(before), inline(&change.after)))
            }
        }
    }
    for needed in &step.inputs_needed {
        text.push_str(&format!("       {} {}: {}\n", style("needs").red().bold(), needed.pointer, needed.reason));
    }
    text
}

/// Renders a property, with its attributes from the schema and the origin of its value.
fn property(
    text: &mut String,
    place: &str,
    value: &Value,
    type_name: &str,
    rewrites: &BTreeMap<&str, &crate::report::RewriteView>,
) {
    let mut facts = Vec::new();
    if let Some(known) = schema::describe(type_name, place) {
        let yes = [
            (known.required, "required"),
            (known.create_only, "set at creation only"),
            (known.write_only, "not returned by AWS"),
        ];
        facts.extend(yes.into_iter().filter(|(holds, _)| *holds).map(|(_, text)| text.to_owned()));
        if let Some(default) = known.default.filter(|default| default != value) {
            facts.push(format!("default {}", inline(&default)));
        }
        if (2..=4).contains(&known.allowed.len()) && !known.allowed.iter().all(Value::is_boolean) {
            facts.push(format!("one of {}", known.allowed.iter().map(inline).collect::<Vec<_>>().join(", ")));
        }
    }
    if let Some(rewrite) = rewrites.get(place) {
        facts.push(clean(&format!("was {}; {}", rewrite.before, rewrite.reason)));
    }
    let facts =
        if facts.is_empty() { String::new() } else { style(format!("  [{}]", facts.join("; "))).dim().to_string() };
    let name = clean(&place.trim_start_matches('/').replace("~1", "/").replace("~0", "~"));
    let block = value_block(value);
    match block.strip_prefix('\n') {
        Some(_) => text.push_str(&format!("       {name}:{facts}{block}\n")),
        None => text.push_str(&format!("       {name}:{block}{facts}\n")),
    }
    for (inner, rewrite) in
        rewrites.range(place..).filter(|(inner, _)| **inner != place && pointer::is_within(inner, place))
    {
        let line = format!("         {inner}: {} → {} ({})", rewrite.before, rewrite.after, rewrite.reason);
        text.push_str(&format!("{}\n", style(clean(&line)).dim()));
    }
}

/// Renders a value on one line without truncation: exactly what is sent.
fn inline(value: &Value) -> String {
    match value {
        Value::String(text) => clean(text),
        Value::Null => "(none)".to_owned(),
        reference if symbol::is_intrinsic(reference) => readable_reference(reference),
        other => clean(&other.to_string()),
    }
}

/// Renders a reference to an earlier step as `${Role.Arn}`, and other functions as they are.
fn readable_reference(reference: &Value) -> String {
    let parts = |value: &Value| {
        value.as_array()?.iter().map(Value::as_str).collect::<Option<Vec<_>>>().map(|parts| parts.join("."))
    };
    let name = reference.get("Ref").and_then(Value::as_str).map(str::to_owned);
    let name = name.or_else(|| reference.get("Fn::GetAtt").and_then(parts));
    let template = reference.get("Fn::Sub").and_then(Value::as_str).map(str::to_owned);
    template.or_else(|| name.map(|name| format!("${{{name}}}"))).unwrap_or_else(|| reference.to_string())
}

/// Renders the value of a property: scalars on the same line, tags as wrapped pairs, everything else as a YAML block.
fn value_block(value: &Value) -> String {
    let yaml = |value: &Value| {
        let text = serde_saphyr::to_string(value).unwrap_or_else(|_| value.to_string());
        text.trim_end().lines().map(|line| format!("\n         {}", clean(line))).collect::<String>()
    };
    match value {
        Value::Array(items) if !items.is_empty() && items.iter().all(is_tag) => {
            let pairs = items
                .iter()
                .filter_map(|item| Some(format!("{}={}", item.get("Key")?.as_str()?, item.get("Value")?.as_str()?)));
            format!(" {}", wrapped(&pairs.collect::<Vec<_>>()))
        }
        reference if symbol::is_intrinsic(reference) => format!(" {}", inline(reference)),
        // A few scalars are most readable on one line.
        Value::Object(map) if map.len() <= 4 && value.to_string().len() <= 90 => format!(" {value}"),
        Value::Array(items)
            if items.iter().all(|item| !item.is_object() && !item.is_array()) && value.to_string().len() <= 90 =>
        {
            format!(" {value}")
        }
        Value::Array(_) | Value::Object(_) => yaml(value),
        Value::String(text) if text.contains('\n') => yaml(value),
        scalar => format!(" {}", inline(scalar)),
    }
}

/// Returns true for a tag whose key and value are strings.
fn is_tag(item: &Value) -> bool {
    let text = |key: &str| item.get(key).is_some_and(Value::is_string);
    item.as_object().is_some_and(|map| map.len() == 2) && text("Key") && text("Value")
}

/// Renders tags, wrapped.
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
            line.push_str(&clean(pair));
        }
    }
    lines.join(",\n         ")
}

/// Renders an empty plan.
pub fn nothing_to_do(body: &WriteBody) -> String {
    match body.plan.scan.resources_scanned {
        0 => "No changes: no resources are selected.\n".to_owned(),
        1 => "No changes: the selected resource is in sync.\n".to_owned(),
        many => format!("No changes: all {many} selected resources are in sync.\n"),
    }
}

/// Renders the result of a plan.
pub fn applied(body: &WriteBody) -> String {
    let mut text = String::new();
    for step in &body.applied {
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
            "{} step {} {} is still in progress in AWS, request {}\n",
            style("…").yellow(),
            step.order,
            step.type_name,
            step.request_token
        ));
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
