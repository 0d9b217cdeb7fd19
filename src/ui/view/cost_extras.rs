//! Further output of `estimate`: a comparison, and the types that the cost model supports.

use console::style;

use super::{clean, count, indented, is_narrower_than, keep_columns, table, wrapped};
use crate::report::{
    ComparedView, ComparisonView, CostChangeCode, RangeView, SupportStatus, SupportedView, short_type,
};

/// Renders the difference in cost between two states.
pub fn comparison(view: &ComparisonView) -> String {
    let mut rows = table(&["", "RESOURCE", "TYPE", "BEFORE", "AFTER", "DIFFERENCE"]);
    for resource in view.resources.iter().filter(|resource| resource.change != CostChangeCode::Unchanged) {
        rows.add_row([
            resource.change.to_string(),
            clean(name(resource)),
            short_type(&resource.type_name).to_owned(),
            amount(resource.before.as_ref()),
            amount(resource.after.as_ref()),
            format!("{}{}", signed(&resource.difference.expected), unknown(resource)),
        ]);
    }
    keep_columns(&mut rows, &[0, 3, 4, 5]);
    let unchanged =
        view.resources.iter().filter(|resource| resource.change == CostChangeCode::Unchanged).count() as u64;
    let against = clean(&view.against.join(", "));
    let mut text = format!("\n⚖️ Compared with {against}:\n");
    if (unchanged as usize) < view.resources.len() {
        text.push_str(&indented(&rows));
    }
    if unchanged > 0 {
        text.push_str(&format!("  {} unchanged\n", count(unchanged, "resource")));
    }
    text.push_str(&wrapped(&format!(
        "  Total: {} → {}, {} expected, {} at the upper estimate\n",
        amount(Some(&view.before)),
        amount(Some(&view.after)),
        style(signed(&view.difference.expected)).bold(),
        signed(&view.difference.high)
    )));
    if view.unknown_count > 0 {
        let resources = count(view.unknown_count, "resource");
        text.push_str(&format!("  {} with an unknown part, which is not included in the difference\n", resources));
    }
    text
}

/// Renders the types of the cost model.
pub fn supported(types: &[SupportedView]) -> String {
    let mut rows = table(&["TYPE", "STATUS", "REGIONS", "USAGE"]);
    let mut list = String::new();
    for one in types {
        let usage: Vec<String> =
            one.usage.iter().map(|usage| format!("{} ({}, {})", usage.key, usage.default, usage.unit)).collect();
        let regions = if one.status == SupportStatus::Priced { one.regions.join(", ") } else { String::new() };
        let last = one.reason.clone().unwrap_or_else(|| usage.join(", "));
        let place = if regions.is_empty() { String::new() } else { format!(" in {regions}") };
        list.push_str(&format!("  {}  {}{place}\n", style(&one.type_name).bold(), one.status));
        if !last.is_empty() {
            list.push_str(&format!("    {last}\n"));
        }
        rows.add_row([one.type_name.clone(), one.status.to_string(), regions, last]);
    }
    keep_columns(&mut rows, &[1, 2]);
    let of = |status: SupportStatus| types.iter().filter(|one| one.status == status).count();
    let list = if is_narrower_than(160) { wrapped(&list) } else { indented(&rows) };
    format!(
        "{list}\n{} types: {} priced, {} free, {} without a price\n",
        types.len(),
        of(SupportStatus::Priced),
        of(SupportStatus::Free),
        of(SupportStatus::Unpriced)
    )
}

pub(super) fn name(resource: &ComparedView) -> &str {
    resource.logical_id.as_deref().or(resource.identifier.as_deref()).unwrap_or(&resource.type_name)
}

/// Formats an amount such as `$1.00`; empty if there is no such resource.
pub(super) fn amount(range: Option<&RangeView>) -> String {
    range.map(|range| format!("${}", range.expected)).unwrap_or_default()
}

/// Formats a difference such as `+$1.00`, `-$1.00` or `$0.00`.
pub(super) fn signed(amount: &str) -> String {
    match amount.strip_prefix('-') {
        Some(rest) => format!("-${rest}"),
        None if amount == "0.00" => "$0.00".to_owned(),
        None => format!("+${amount}"),
    }
}

fn unknown(resource: &ComparedView) -> &'static str {
    if resource.has_unknown { " and an unknown part" } else { "" }
}
