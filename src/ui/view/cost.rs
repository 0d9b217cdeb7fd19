//! The cost block.

use console::style;

use crate::report::EstimateBody;

/// The display of an estimate. `asks` adds the question that a writing command asks next.
pub fn estimate(body: &EstimateBody, asks: bool) -> String {
    let mut text = String::from("💰 Cost Estimation:\n");
    let bound = if body.total.unknown_count > 0 { "at least " } else { "" };
    let all_free = !body.resources.is_empty() && body.resources.iter().all(|resource| resource.status == "free");
    let free = if all_free { " (free)" } else { "" };
    text.push_str(&format!("   Monthly Cost: {bound}{}{free}\n", style(format!("${}", body.total.expected)).bold()));
    text.push_str("   Breakdown:\n");
    let many = body.resources.len() > 1;
    for resource in &body.resources {
        let name = resource.identifier.as_deref().or(resource.logical_id.as_deref()).unwrap_or(&resource.type_name);
        let prefix = if many { format!("{name}: ") } else { String::new() };
        if resource.status == "free" {
            text.push_str(&format!("   - {name}: free\n"));
        }
        for line in &resource.lines {
            let assumed = if line.usage.as_deref() == Some("assumed") {
                style(" (assumed usage)").dim().to_string()
            } else {
                String::new()
            };
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
    // Of many resources only the first usage of each: the JSON document has them all.
    let mut shown = std::collections::BTreeSet::new();
    for found in &body.break_even {
        let whose = found.logical_id.as_deref().or(found.identifier.as_deref()).unwrap_or(&found.type_name);
        if !many || shown.insert(whose) {
            let whose = if many { format!("{whose} ") } else { String::new() };
            text.push_str(&format!("   {}\n", style(format!("{} ({whose}{})", found.text, found.usage)).dim()));
        }
    }
    text.push_str(&sources(body));
    text.push_str(&approval(body, asks));
    text
}

fn sources(body: &EstimateBody) -> String {
    let lines = || body.resources.iter().flat_map(|resource| &resource.lines);
    let mut dates: Vec<&str> = lines().map(|line| line.as_of.as_str()).collect();
    dates.sort_unstable();
    let (Some(first), Some(last)) = (dates.first(), dates.last()) else { return String::new() };
    let mut sources: Vec<&str> = lines().map(|line| line.source.as_str()).collect();
    sources.sort_unstable();
    sources.dedup();
    let when = if first == last { (*first).to_owned() } else { format!("{first} to {last}") };
    let text = format!("Prices: {} of {when}; upper estimate ${}", sources.join(", "), body.total.high);
    format!("   {}\n", style(text).dim())
}

fn approval(body: &EstimateBody, asks: bool) -> String {
    if body.verdict != "approval_required" {
        return String::new();
    }
    let question = if asks { " Proceed? (y/n)" } else { "" };
    let threshold = body.threshold.auto_approve_below.trim_end_matches("00").trim_end_matches('.');
    let exceeds = body.reasons.first().is_some_and(|reason| reason.contains("upper estimate"));
    let mut text = String::from("\n");
    if exceeds {
        text.push_str(&format!("   ⚠️ This exceeds ${threshold}/month threshold.{question}\n"));
    }
    let others = body.reasons.iter().skip(usize::from(exceeds));
    let others: Vec<&String> = others.collect();
    for reason in &others {
        text.push_str(&format!("   ⚠️ {reason}\n"));
    }
    if !exceeds && asks {
        text.push_str("   ⚠️ The cost is not known well enough.");
        text.push_str(question);
        text.push('\n');
    }
    text
}
