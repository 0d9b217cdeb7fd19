//! What a plan changes, gathered: permissions, the network, other properties, and a summary of what is created.

use console::style;
use serde_json::Value;

use super::super::{clean, count, wrap};
use super::table::sign;
use super::value_text;
use crate::domain::plan::Operation;
use crate::domain::{pointer, symbol};
use crate::report::{PlanView, ReviewAction, ReviewView, StepView, short_type};

/// Lines of changed properties; `--full` shows all.
const MAX_CHANGES: usize = 40;

/// Resources whose properties are summarized; `--full` shows all.
const MAX_CREATED: usize = 8;

/// More resources than these are not summarized.
const MANY: usize = 16;

/// Lines of these summaries together, and of one at most.
const CREATED_LINES: (usize, usize) = (10, 3);

/// Characters of a changed value; `--full` shows all.
const MAX_VALUE: usize = 160;

/// Lines of gathered changes of one kind; if there are more, each is cut to one line.
const MAX_GATHERED: usize = 24;

/// Renders the changes of permissions or of the network, wrapped. A summary has a limited number of lines, with those
/// that give access to everyone first.
pub(super) fn gathered(title: &str, changes: &[ReviewView], width: usize, is_full: bool) -> String {
    if changes.is_empty() {
        return String::new();
    }
    let head = format!("\n{title}:\n");
    let all = wrap(&listed(changes.iter()), width);
    if is_full || all.lines().count() <= MAX_GATHERED {
        return head + &all;
    }
    let mut sorted: Vec<&ReviewView> = changes.iter().collect();
    sorted.sort_by_key(|change| !change.public);
    let rest = sorted.len().saturating_sub(MAX_GATHERED);
    sorted.truncate(MAX_GATHERED);
    let cut = listed(sorted.into_iter());
    let lines = cut.lines().map(|line| format!("{}\n", console::truncate_str(line, width, "…")));
    let more = match rest {
        0 => "   (lines are cut to fit; --full shows them completely)\n".to_owned(),
        rest => format!("   … and {} (--full)\n", count(rest as u64, "more change")),
    };
    format!("{head}{}{more}", lines.collect::<String>())
}

fn listed<'a>(changes: impl Iterator<Item = &'a ReviewView>) -> String {
    let mut text = String::new();
    for change in changes {
        let sign = match change.action {
            ReviewAction::Added => style("+").green().bold(),
            ReviewAction::Removed => style("-").red().bold(),
            ReviewAction::Changed => style("~").yellow().bold(),
        };
        let place = match change.action {
            ReviewAction::Changed => format!("{} ", property_path(&change.pointer)),
            ReviewAction::Added | ReviewAction::Removed => String::new(),
        };
        let is_anywhere = change.text.split(' ').any(|word| matches!(word, "0.0.0.0/0" | "::/0"));
        let mark = match (change.public, is_anywhere) {
            (true, _) => format!(" {}", style("(public)").red().bold()),
            (false, true) if change.action != ReviewAction::Removed => format!(" {}", style("(any address)").yellow()),
            _ => String::new(),
        };
        text.push_str(&format!("   {sign} {}: {place}{}{mark}\n", clean(&change.logical_id), clean(&change.text)));
    }
    text
}

/// Renders the changed properties of updates and replacements that are not among the gathered changes.
pub(super) fn properties(plan: &PlanView, steps: &[&StepView]) -> String {
    let mut lines = Vec::new();
    for step in steps.iter().filter(|step| matches!(step.operation, Operation::Update | Operation::Replace)) {
        let is_gathered = |at: &str| {
            let reviews = plan.iam_changes.iter().chain(&plan.network_changes);
            reviews
                .filter(|one| one.order == step.order)
                .any(|one| pointer::is_within(&one.pointer, at) || pointer::is_within(at, &one.pointer))
        };
        let mut inside: Vec<String> = Vec::new();
        for change in step.changes.iter().filter(|change| !is_gathered(&change.pointer)) {
            let (before, after) = (short_value(&change.before, "(not set)"), short_value(&change.after, "(removed)"));
            inside.push(format!("     {}: {before} → {after}", property_path(&change.pointer)));
        }
        if !step.not_copied.is_empty() {
            let places: Vec<String> = step.not_copied.iter().map(|at| property_path(at)).collect();
            let mark = style("not copied, because AWS does not return it").yellow().bold();
            inside.push(format!("     {mark}: {}", places.join(", ")));
        }
        if !step.overwrites.is_empty() {
            let places: Vec<String> = step.overwrites.iter().map(|at| property_path(at)).collect();
            let mark = style("overwrites a change made in the account").yellow().bold();
            inside.push(format!("     {mark}: {}", places.join(", ")));
        }
        if !inside.is_empty() {
            let name = clean(step.identifier.as_deref().unwrap_or_default());
            let subject = format!("{} {name}", short_type(&step.type_name));
            lines.push(format!(
                "   {} {} {}",
                sign(step.operation),
                style(clean(&step.logical_id)).bold(),
                style(subject.trim_end()).dim()
            ));
            lines.append(&mut inside);
        }
    }
    if lines.is_empty() {
        return String::new();
    }
    let rest = lines.len().saturating_sub(MAX_CHANGES);
    lines.truncate(MAX_CHANGES);
    let more =
        if rest > 0 { format!("   … and {} (--full)\n", count(rest as u64, "more line")) } else { String::new() };
    format!("\n✏️ Changed properties:\n{}\n{more}", lines.join("\n"))
}

/// Renders one line of properties for each resource that is created.
pub(super) fn created(plan: &PlanView, steps: &[&StepView], width: usize) -> String {
    let created: Vec<&&StepView> = steps.iter().filter(|step| step.operation == Operation::Create).collect();
    let shown = if steps.len() > MANY { 0 } else { MAX_CREATED };
    let (all, one) = CREATED_LINES;
    let lines = (all / created.len().max(1)).clamp(1, one);
    // A line that is wrapped between words is not filled.
    let fits = width * lines - (lines - 1) * width / 6;
    let mut text = String::new();
    for step in created.iter().take(shown) {
        let head = format!("   {} {}:", sign(step.operation), style(clean(&step.logical_id)).bold());
        let line = fitted(&head, &settings(plan, step), fits);
        text.push_str(&format!("{line}\n"));
    }
    if created.is_empty() {
        return String::new();
    }
    match created.len().saturating_sub(shown) {
        0 => {}
        all if shown == 0 => text.push_str(&format!("   {} (--full)\n", count(all as u64, "resource"))),
        rest => text.push_str(&format!("   … and {} (--full)\n", count(rest as u64, "more resource"))),
    }
    let rewrites: usize = steps.iter().map(|step| step.rewrites.len()).sum();
    if rewrites > 0 {
        let values = count(rewrites as u64, "value");
        text.push_str(&format!("   {values} translated to `{}` (--full)\n", clean(&plan.environment)));
    }
    format!("\n🆕 Properties of new resources:\n{text}")
}

/// `Name=value` of each property that is not shown elsewhere: scalars first, then the number of elements of lists
/// (`Name[2]`) and of members of objects (`Name{2}`).
fn settings(plan: &PlanView, step: &StepView) -> Vec<String> {
    let schema = step.schema;
    let elsewhere = |at: &str| {
        let name = at.trim_start_matches('/');
        let reviews = plan.iam_changes.iter().chain(&plan.network_changes);
        schema.is_some_and(|schema| {
            schema.name_property.as_deref() == Some(name) || schema.tagging.property.as_deref() == Some(name)
        }) || reviews.filter(|one| one.order == step.order).any(|one| pointer::is_within(&one.pointer, at))
    };
    let shown = step.changes.iter().filter(|change| !elsewhere(&change.pointer));
    let (simple, other): (Vec<_>, Vec<_>) = shown.partition(|change| {
        symbol::is_intrinsic(&change.after) || !change.after.is_array() && !change.after.is_object()
    });
    let simple =
        simple.into_iter().map(|change| format!("{}={}", property_path(&change.pointer), value_text(&change.after)));
    let other = other.into_iter().map(|change| {
        let name = property_path(&change.pointer);
        match &change.after {
            Value::Array(items) => format!("{name}[{}]", items.len()),
            Value::Object(map) => format!("{name}{{{}}}", map.len()),
            _ => name,
        }
    });
    simple.chain(other).collect()
}

/// Adds as many parts as fit within a number of characters, and the number of the others.
fn fitted(head: &str, parts: &[String], width: usize) -> String {
    let mut line = head.to_owned();
    for (index, part) in parts.iter().enumerate() {
        let rest = parts.len() - index;
        let more = format!("{} … {rest} more", if index == 0 { "" } else { "," });
        let separator = if index == 0 { " " } else { ", " };
        let reserve = if rest > 1 { format!(", … {} more", rest - 1).chars().count() } else { 0 };
        let used = console::measure_text_width(&line) + separator.len() + part.chars().count();
        if used + reserve > width {
            line.push_str(&more);
            return line;
        }
        line.push_str(separator);
        line.push_str(part);
    }
    if parts.is_empty() { format!("{line} no other properties") } else { line }
}

/// `Rules/0/Id` for `/Rules/0/Id`.
pub(super) fn property_path(at: &str) -> String {
    clean(&pointer::tokens(at).join("/"))
}

/// A value in one line, shortened if it is long.
fn short_value(value: &Value, missing: &str) -> String {
    if value.is_null() {
        return missing.to_owned();
    }
    let text = value_text(value);
    let letters = text.chars().count();
    if letters <= MAX_VALUE {
        return text;
    }
    let begin: String = text.chars().take(MAX_VALUE).collect();
    format!("{begin}… ({letters} characters, --full)")
}
