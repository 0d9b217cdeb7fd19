//! Every property of a plan's steps, for `--full`.

use std::collections::BTreeMap;

use console::style;
use serde_json::Value;

use super::super::clean;
use super::changes::property_path;
use super::table::sign;
use super::value_text;
use crate::domain::plan::Operation;
use crate::domain::{pointer, symbol};
use crate::report::{CheckState, PlanView, RewriteView, StepView};
use crate::schema::{self, TypeSchema};

/// Renders a step with every property, the facts of the type's schema and the origin of translated values.
pub(super) fn step(step: &StepView) -> String {
    let sign = sign(step.operation);
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
            .map(|change| format!("{}={}", change.pointer.trim_start_matches("/Tags/"), value_text(&change.after)));
        text.push_str(&format!("         {}\n", style(tag_pairs(&tags.collect::<Vec<_>>())).dim()));
        return text;
    }
    let rewrites: BTreeMap<&str, &RewriteView> =
        step.rewrites.iter().map(|rewrite| (rewrite.pointer.as_str(), rewrite)).collect();
    for change in &step.changes {
        match &change.before {
            Value::Null => property(&mut text, &change.pointer, &change.after, step.schema, &rewrites),
            before => text.push_str(&format!(
                "       {}: {} → {}\n",
                property_path(&change.pointer),
                value_text(before),
                value_text(&change.after)
            )),
        }
    }
    if !step.not_copied.is_empty() {
        let mark = style("not copied, because AWS does not return it").yellow().bold();
        text.push_str(&format!("       {mark}: {}\n", clean(&step.not_copied.join(", "))));
    }
    if !step.overwrites.is_empty() {
        let mark = style("overwrites a change made in the account").yellow().bold();
        text.push_str(&format!("       {mark}: {}\n", clean(&step.overwrites.join(", "))));
    }
    text
}

/// Renders a property, with its attributes from the schema and the origin of its value.
fn property(
    text: &mut String,
    place: &str,
    value: &Value,
    type_schema: Option<&TypeSchema>,
    rewrites: &BTreeMap<&str, &RewriteView>,
) {
    let mut facts = Vec::new();
    if let Some(known) = type_schema.and_then(|found| schema::describe(found, place)) {
        let yes = [
            (known.required, "required"),
            (known.create_only, "set at creation only"),
            (known.write_only, "not returned by AWS"),
        ];
        facts.extend(yes.into_iter().filter(|(holds, _)| *holds).map(|(_, text)| text.to_owned()));
        if let Some(default) = known.default.filter(|default| default != value) {
            facts.push(format!("default {}", value_text(&default)));
        }
        if (2..=4).contains(&known.allowed.len()) && !known.allowed.iter().all(Value::is_boolean) {
            facts.push(format!("one of {}", known.allowed.iter().map(value_text).collect::<Vec<_>>().join(", ")));
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
            format!(" {}", tag_pairs(&pairs.collect::<Vec<_>>()))
        }
        reference if symbol::is_intrinsic(reference) => format!(" {}", value_text(reference)),
        // A few scalars are most readable on one line.
        Value::Object(map) if map.len() <= 4 && value.to_string().len() <= 90 => format!(" {value}"),
        Value::Array(items)
            if items.iter().all(|item| !item.is_object() && !item.is_array()) && value.to_string().len() <= 90 =>
        {
            format!(" {value}")
        }
        Value::Array(_) | Value::Object(_) => yaml(value),
        Value::String(text) if text.contains('\n') => yaml(value),
        scalar => format!(" {}", value_text(scalar)),
    }
}

/// Returns true for a tag whose key and value are strings.
fn is_tag(item: &Value) -> bool {
    let text = |key: &str| item.get(key).is_some_and(Value::is_string);
    item.as_object().is_some_and(|map| map.len() == 2) && text("Key") && text("Value")
}

/// Renders tags.
fn tag_pairs(pairs: &[String]) -> String {
    pairs.iter().map(|pair| clean(pair)).collect::<Vec<_>>().join(", ")
}

/// Renders the checklist with the evidence of every item.
pub(super) fn checklist(plan: &PlanView) -> String {
    let mut text = String::new();
    for item in &plan.checklist {
        let mark = match item.state {
            CheckState::Ok => style("✓").green(),
            CheckState::Open => style("•").yellow(),
            CheckState::NotApplicable => style("-").dim(),
        };
        text.push_str(&format!("   {mark} {}: {}\n", item.item, clean(&item.evidence)));
    }
    text
}
