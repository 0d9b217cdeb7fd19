//! An estimate as Markdown, for a pull request comment.

use super::cost_extras::{amount, name, signed};
use crate::report::{ComparisonView, CostStatus, CostVerdict, EstimateReport, ResourceEstimateView};

/// Renders the comment, without terminal colors.
pub fn estimate_markdown(report: &EstimateReport) -> String {
    if !report.supported.is_empty() {
        return supported(report);
    }
    let body = &report.estimate;
    let bound = if body.total.unknown_count > 0 { "at least " } else { "" };
    let verdict = if body.verdict == CostVerdict::AutoApproved {
        format!("✅ below ${}: no approval of the cost is required", body.threshold.auto_approve_below)
    } else {
        "⚠️ an approval of the cost is required".to_owned()
    };
    let mut text = format!("### 💰 Monthly cost: {bound}${}\n\n{verdict}\n", body.total.expected);
    for reason in &body.reasons {
        text.push_str(&format!("- {}\n", plain(reason)));
    }
    text.push_str("\n| Resource | Type | Low | Expected | Upper |\n|---|---|--:|--:|--:|\n");
    for resource in &body.resources {
        let monthly = &resource.monthly;
        let (name, type_name) = (code(label(resource)), code(&resource.type_name));
        text.push_str(&match resource.status {
            CostStatus::Free => format!("| {name} | {type_name} | free | free | free |\n"),
            status @ (CostStatus::Priced | CostStatus::Unknown) => {
                let more = if status == CostStatus::Unknown { " + unknown" } else { "" };
                let Amounts { low, expected, high } = Amounts::of(&monthly.low, &monthly.expected, &monthly.high);
                format!("| {name} | {type_name} | {low} | {expected}{more} | {high}{more} |\n")
            }
        });
    }
    let Amounts { low, expected, high } = Amounts::of(&body.total.low, &body.total.expected, &body.total.high);
    text.push_str(&format!("| **Total** | | **{low}** | **{expected}** | **{high}** |\n"));
    if let Some(comparison) = &report.comparison {
        text.push_str(&compared(comparison));
    }
    text.push_str(&faults(report));
    text.push_str(&details(report));
    text
}

struct Amounts {
    low: String,
    expected: String,
    high: String,
}

impl Amounts {
    fn of(low: &str, expected: &str, high: &str) -> Self {
        Self { low: format!("${low}"), expected: format!("${expected}"), high: format!("${high}") }
    }
}

fn compared(view: &ComparisonView) -> String {
    let against: Vec<String> = view.against.iter().map(|path| code(path)).collect();
    let mut text = format!(
        "\n#### Compared with {}: {} a month\n\n| Resource | Type | | Before | After | Difference |\n|---|---|---|--:|--:|--:|\n",
        against.join(", "),
        signed(&view.difference.expected)
    );
    for resource in &view.resources {
        let unknown = if resource.has_unknown { " + unknown" } else { "" };
        text.push_str(&format!(
            "| {} | {} | {} | {} | {} | {}{unknown} |\n",
            code(name(resource)),
            code(&resource.type_name),
            resource.change,
            amount(resource.before.as_ref()),
            amount(resource.after.as_ref()),
            signed(&resource.difference.expected)
        ));
    }
    text.push_str(&format!(
        "| **Total** | | | **{}** | **{}** | **{}** |\n",
        amount(Some(&view.before)),
        amount(Some(&view.after)),
        signed(&view.difference.expected)
    ));
    text
}

/// Renders the faults of the templates.
fn faults(report: &EstimateReport) -> String {
    if report.faults.is_empty() {
        return String::new();
    }
    let mut text = String::from("\n#### Template faults\n\nWhat depends on a fault is unknown.\n\n");
    for fault in &report.faults {
        let place = [fault.line, fault.column].into_iter().flatten();
        let place = place.fold(fault.file.clone().unwrap_or_default(), |place, number| format!("{place}:{number}"));
        let hint = fault.hint.as_ref().map(|hint| format!(" ({})", plain(hint))).unwrap_or_default();
        text.push_str(&format!("- {} {}: {}{hint}\n", code(&fault.code), code(&place), plain(&fault.message)));
    }
    text
}

/// Renders the cost lines, the unknown parts and the assumptions.
fn details(report: &EstimateReport) -> String {
    let mut text = String::from("\n<details>\n<summary>Lines and assumptions</summary>\n");
    for resource in &report.estimate.resources {
        text.push_str(&format!("\n{} ({}, {})\n", code(label(resource)), code(&resource.type_name), resource.region));
        for line in &resource.lines {
            let usage = line.usage.map(|source| format!(", {source} usage")).unwrap_or_default();
            text.push_str(&format!(
                "- {}: ${} ({} × ${}{usage}; {} of {}, {} confidence)\n",
                plain(&line.description),
                line.monthly,
                line.quantity,
                line.unit_price,
                line.source,
                line.as_of,
                line.confidence
            ));
        }
        for unknown in &resource.unknown {
            text.push_str(&format!("- {}: **unknown**: {}\n", plain(&unknown.dimension), plain(&unknown.reason)));
        }
        for assumption in &resource.assumptions {
            text.push_str(&format!("- assumed: {}\n", plain(assumption)));
        }
        if resource.lines.is_empty() && resource.unknown.is_empty() && resource.assumptions.is_empty() {
            text.push_str("- free\n");
        }
    }
    for found in &report.estimate.break_even {
        let whose = found.logical_id.as_deref().or(found.identifier.as_deref()).unwrap_or(&found.type_name);
        text.push_str(&format!("\n{}: {} ({})\n", code(whose), plain(&found.text), plain(&found.usage)));
    }
    text.push_str("\n</details>\n");
    text
}

fn supported(report: &EstimateReport) -> String {
    let mut text = String::from("| Type | Status | Usage |\n|---|---|---|\n");
    for one in &report.supported {
        let usage: Vec<String> =
            one.usage.iter().map(|usage| format!("{} ({}, {})", usage.key, usage.default, usage.unit)).collect();
        let last = one.reason.clone().unwrap_or_else(|| usage.join(", "));
        text.push_str(&format!("| {} | {} | {} |\n", code(&one.type_name), one.status, plain(&last)));
    }
    text
}

fn label(resource: &ResourceEstimateView) -> &str {
    resource.logical_id.as_deref().or(resource.identifier.as_deref()).unwrap_or(&resource.type_name)
}

/// Escapes untrusted text for Markdown: no markup, links, mentions or ends of table cells.
fn plain(text: &str) -> String {
    let mut safe = String::new();
    for c in super::clean(text).chars() {
        match c {
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '&' => safe.push_str("&amp;"),
            '|' | '\\' | '`' | '*' | '[' | ']' | '#' | '!' => safe.extend(['\\', c]),
            // `@name` would mention a user.
            '@' => safe.push_str("@\u{2060}"),
            other => safe.push(other),
        }
    }
    safe
}

/// Renders a name as code; a vertical bar would end the table cell even there.
fn code(text: &str) -> String {
    format!("`{}`", super::clean(text).replace('`', "'").replace('|', "\\|"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped() {
        assert_eq!(plain("a|b <img> [x](y) @all *c* `d`"), "a\\|b &lt;img&gt; \\[x\\](y) @\u{2060}all \\*c\\* \\`d\\`");
        assert_eq!(code("a|b`c`\nd"), "`a\\|b'c'⏎d`");
    }
}
