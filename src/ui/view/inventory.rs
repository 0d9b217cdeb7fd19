//! The table of `inventory`.

use console::style;

use super::{clean, count, indented, keep_whole, table};
use crate::report::{
    InventoryAccountStatus, InventoryAccountView, InventoryBody, InventoryGapView, InventoryRegionView,
    InventorySourceKind,
};

/// Renders the resources and what they cover.
pub fn inventory(body: &InventoryBody) -> String {
    let mut text = rows(body);
    for gap in &body.gaps {
        text.push_str(&format!("  {} {}: {}\n", style("?").yellow(), clean(&place(gap)), clean(&gap.reason)));
    }
    let summary = &body.summary;
    let mut accounts = vec![count(summary.accounts_read, "account") + " read"];
    for (number, what) in [
        (summary.accounts_partial, "read in part"),
        (summary.accounts_failed, "not read"),
        (summary.accounts_disabled, "disabled"),
        (summary.accounts_suspended, "suspended"),
    ] {
        accounts.extend((number > 0).then(|| format!("{number} {what}")));
    }
    text.push_str(&format!("  {} in {}\n", count(summary.resources, "resource"), accounts.join(", ")));
    let elsewhere: u64 = body.accounts.iter().map(|account| account.elsewhere).sum();
    if elsewhere > 0 {
        let line = format!("{} in other Regions; add them with --regions", count(elsewhere, "bucket"));
        text.push_str(&format!("  {}\n", style(line).dim()));
    }
    for line in sources(body) {
        text.push_str(&format!("  {}\n", style(line).dim()));
    }
    text
}

fn rows(body: &InventoryBody) -> String {
    if body.cells.is_empty() {
        return "  No resources.\n".to_owned();
    }
    let titles: Vec<String> = body.columns.iter().map(|column| clean(column.as_str()).to_uppercase()).collect();
    let mut table = table(&titles.iter().map(String::as_str).collect::<Vec<_>>());
    for cells in &body.cells {
        table.add_row(cells.iter().map(|cell| clean(cell)));
    }
    keep_whole(&mut table, body.columns.len());
    indented(&table)
}

/// A scalar, or each item of a list, on a line of its own; objects as JSON.
fn place(gap: &InventoryGapView) -> String {
    let region = gap.region.as_ref().map(|region| format!(" {region}")).unwrap_or_default();
    let subject = gap.subject.as_ref().map(|subject| format!(" {subject}")).unwrap_or_default();
    format!("{} ({}){region}{subject}", gap.account_name, gap.account)
}

/// Where the resources are from, where it is not their own list.
fn sources(body: &InventoryBody) -> Vec<String> {
    let read = body.accounts.iter().filter(|account| account.status != InventoryAccountStatus::Disabled);
    let regions = || read.clone().flat_map(|account| account.regions.iter().map(move |region| (account, region)));
    let mut lines: Vec<String> = regions().filter_map(|(account, region)| from_index(account, region)).collect();
    if regions().any(|(_, region)| region.source == Some(InventorySourceKind::Tags)) {
        lines.push("from the tagging API: resources that never had a tag are not included".to_owned());
    }
    let without: Vec<&str> =
        regions().filter(|(_, region)| !region.available).map(|(_, region)| region.region.as_str()).collect();
    if !without.is_empty() {
        let mut names = without.clone();
        names.sort_unstable();
        names.dedup();
        lines.push(format!("the type does not exist in {}", names.join(", ")));
    }
    lines
}

fn from_index(account: &InventoryAccountView, region: &InventoryRegionView) -> Option<String> {
    let service = match region.source? {
        InventorySourceKind::ResourceExplorer => "Resource Explorer, view",
        InventorySourceKind::Config => "AWS Config, aggregator",
        InventorySourceKind::List | InventorySourceKind::Tags => return None,
    };
    let through = clean(region.through.as_deref().unwrap_or_default());
    let updated = match region.age_seconds {
        Some(age) => format!(", updated {} min ago", age / 60),
        None => String::new(),
    };
    let filter = region.filter.as_ref().map(|filter| format!(", only {}", clean(filter))).unwrap_or_default();
    let gap = if region.indexed == Some(false) { ", which does not contain the Region" } else { "" };
    Some(format!("{} {}: from {service} {through}{updated}{filter}{gap}", account.name, region.region))
}
