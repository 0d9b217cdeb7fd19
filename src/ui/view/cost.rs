//! The cost block.

use console::style;

use crate::report::EstimateBody;

/// The display of an estimate. `asks` leaves out what [`cost_question`] says next.
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
        let name = super::clean(name);
        let prefix = if many { format!("{name}: ") } else { String::new() };
        if resource.status == "free" {
            text.push_str(&format!("   - {name}: free\n"));
        }
        for line in &resource.lines {
            let assumed = line.usage.as_deref().map(|source| style(format!(" ({source} usage)")).dim().to_string());
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
    let exceeds = exceeds_threshold(body);
    // Where a question follows, it says so itself.
    let mut text = if exceeds && asks { String::new() } else { String::from("\n") };
    if exceeds && !asks {
        text.push_str(&format!("   ⚠️ {}\n", threshold_sentence(body)));
    }
    for reason in body.reasons.iter().skip(usize::from(exceeds)) {
        text.push_str(&format!("   ⚠️ {reason}\n"));
    }
    text
}

fn exceeds_threshold(body: &EstimateBody) -> bool {
    body.reasons.first().is_some_and(|reason| reason.contains("upper estimate"))
}

/// `This exceeds $10/month threshold.`
fn threshold_sentence(body: &EstimateBody) -> String {
    let threshold = body.threshold.auto_approve_below.trim_end_matches("00").trim_end_matches('.');
    format!("This exceeds ${threshold}/month threshold.")
}

/// The question that asks for an approval of the cost.
pub fn cost_question(body: &EstimateBody) -> String {
    let why = if exceeds_threshold(body) {
        threshold_sentence(body)
    } else {
        "The cost is not known well enough.".to_owned()
    };
    format!("   ⚠️ {why} Proceed?")
}
