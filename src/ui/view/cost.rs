//! The cost estimate.

use console::style;

use crate::estimate::age_text;
use crate::report::{CostLineView, CostStatus, CostVerdict, DiagnosticView, EstimateBody, PriceSourceCode};

/// Renders an estimate.
pub fn estimate(body: &EstimateBody) -> String {
    super::wrapped(&text(body))
}

/// Renders an estimate without wrapping.
pub(super) fn text(body: &EstimateBody) -> String {
    let mut text = String::from("💰 Cost Estimation:\n");
    let bound = if body.total.unknown_count > 0 { "at least " } else { "" };
    let all_free =
        !body.resources.is_empty() && body.resources.iter().all(|resource| resource.status == CostStatus::Free);
    let free = if all_free { " (free)" } else { "" };
    text.push_str(&format!("   Monthly Cost: {bound}{}{free}\n", style(format!("${}", body.total.expected)).bold()));
    text.push_str("   Breakdown:\n");
    let many = body.resources.len() > 1;
    for resource in &body.resources {
        let name = resource.identifier.as_deref().or(resource.logical_id.as_deref()).unwrap_or(&resource.type_name);
        let name = super::clean(name);
        let prefix = if many { format!("{name}: ") } else { String::new() };
        if resource.status == CostStatus::Free {
            text.push_str(&format!("   - {name}: free\n"));
        }
        for line in &resource.lines {
            let assumed = line.usage.map(|source| style(format!(" ({source} usage)")).dim().to_string());
            let assumed = assumed.unwrap_or_default();
            text.push_str(&format!("   - {prefix}{}: ${}{assumed}\n", line.description, line.monthly));
        }
        for unknown in &resource.unknown {
            text.push_str(&format!(
                "   - {prefix}{}: {} ({})\n",
                unknown.dimension,
                style("unknown").yellow(),
                unknown.reason
            ));
        }
    }
    // Only the first usage of each of several resources; the JSON document has all of them.
    let mut shown = std::collections::BTreeSet::new();
    for found in &body.break_even {
        let whose = found.logical_id.as_deref().or(found.identifier.as_deref()).unwrap_or(&found.type_name);
        if !many || shown.insert(whose) {
            let whose = if many { format!("{whose} ") } else { String::new() };
            text.push_str(&format!("   {}\n", style(format!("{} ({whose}{})", found.text, found.usage)).dim()));
        }
    }
    text.push_str(&sources(body));
    text.push_str(&approval(body));
    text
}

/// Renders the faults of templates; empty if there are none.
pub fn faults(faults: &[DiagnosticView]) -> String {
    if faults.is_empty() {
        return String::new();
    }
    let mut text = format!("\n   Template faults ({}; what depends on them is unknown):\n", faults.len());
    for fault in faults {
        text.push_str(&format!("   - {} {}\n", style(&fault.code).yellow(), super::clean(&fault.message)));
        let place = [fault.line, fault.column].into_iter().flatten();
        if let Some(file) = &fault.file {
            let place = place.fold(file.clone(), |place, number| format!("{place}:{number}"));
            text.push_str(&format!("     at {}\n", super::clean(&place)));
        }
        if let Some(hint) = &fault.hint {
            text.push_str(&format!("     fix: {}\n", super::clean(hint)));
        }
    }
    text
}

/// Renders the sources of the prices: `live of 2026-11-17, cache 12m, snapshot 2024-07-01 to 2026-07-20`.
pub(super) fn sources(body: &EstimateBody) -> String {
    let from = |source: PriceSourceCode| -> Vec<&CostLineView> {
        let lines = body.resources.iter().flat_map(|resource| &resource.lines);
        lines.filter(|line| line.source == source).collect()
    };
    let dates = |lines: &[&CostLineView]| {
        let mut dates: Vec<&str> = lines.iter().map(|line| line.as_of.as_str()).collect();
        dates.sort_unstable();
        match (dates.first(), dates.last()) {
            (Some(first), Some(last)) if first != last => format!("{first} to {last}"),
            (Some(only), _) => (*only).to_owned(),
            _ => String::new(),
        }
    };
    let (live, cache) = (from(PriceSourceCode::Live), from(PriceSourceCode::Cache));
    let (book, snapshot) = (from(PriceSourceCode::Book), from(PriceSourceCode::Snapshot));
    let mut parts = Vec::new();
    if !live.is_empty() {
        parts.push(format!("live of {}", dates(&live)));
    }
    for (name, lines) in [("cache", &cache), ("price book", &book)] {
        if lines.is_empty() {
            continue;
        }
        // The age of the oldest price; an unknown age counts as the oldest.
        let ages: Option<Vec<u64>> = lines.iter().map(|line| line.age_seconds).collect();
        let age = ages.and_then(|ages| ages.into_iter().max()).map_or("of unknown age".to_owned(), age_text);
        parts.push(format!("{name} {age}"));
    }
    if !snapshot.is_empty() {
        parts.push(format!("snapshot {}", dates(&snapshot)));
    }
    if parts.is_empty() {
        return String::new();
    }
    let text = format!("Prices: {}; upper estimate ${}", parts.join(", "), body.total.high);
    format!("   {}\n", style(text).dim())
}

fn approval(body: &EstimateBody) -> String {
    if body.verdict != CostVerdict::ApprovalRequired {
        return String::new();
    }
    let exceeds = body.exceeds_threshold;
    let mut text = String::from("\n");
    if exceeds {
        text.push_str(&format!("   ⚠️ {}\n", threshold_sentence(body)));
    }
    for reason in body.reasons.iter().skip(usize::from(exceeds)) {
        text.push_str(&format!("   ⚠️ {reason}\n"));
    }
    text
}

/// Returns `This exceeds $10/month threshold.`
fn threshold_sentence(body: &EstimateBody) -> String {
    let threshold = body.threshold.auto_approve_below.trim_end_matches("00").trim_end_matches('.');
    format!("This exceeds ${threshold}/month threshold.")
}

/// Returns the prompt for an approval of the cost.
pub fn cost_question(body: &EstimateBody) -> String {
    let why = if body.exceeds_threshold { threshold_sentence(body) } else { "The cost is not fully known.".to_owned() };
    format!("   ⚠️ {why} Proceed?")
}
