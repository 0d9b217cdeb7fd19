//! Human-readable output, rendered from the same types as the JSON documents.

mod access;
mod approval;
mod audit;
mod bill;
mod bill_markdown;
mod check_markdown;
mod context;
mod cost;
mod cost_extras;
mod cost_markdown;
mod doctor;
mod drift;
mod explain;
mod html;
mod iam;
mod init;
mod inventory;
mod link;
mod markdown;
mod message;
mod plan;
mod prices;
mod sandbox;
mod scan;
mod schema;
mod templates;

pub use approval::{approval, approval_steps};
pub use audit::{audit, not_fixed};
pub use bill::bills;
pub use bill_markdown::bills_markdown;
pub use check_markdown::{check_failure_markdown, check_markdown};
pub use context::context;
pub use cost::{cost_question, estimate, faults};
pub use cost_extras::{comparison, supported};
pub use cost_markdown::estimate_markdown;
pub use drift::drift;
pub use explain::{codes, explanation};
pub use html::{audit_html, bills_html, drift_html, failure_html, plan_html, scan_html};
pub use iam::iam;
pub use init::{init, profiles};
pub use inventory::inventory;
pub use markdown::{failure_markdown, scan_markdown};
pub use message::{diagnostic, next};
#[cfg(test)]
pub(super) use plan::tests::varied;
pub use plan::{PlanDetail, PlanDisplay, applied, nothing_to_do, plan};
pub use prices::prices;
pub use sandbox::{demo_kept, demo_removed, sandbox};
pub use scan::{policies, policy, policy_tests, scan};
pub use schema::schema;
pub use templates::templates;

use std::collections::{BTreeMap, BTreeSet};

use comfy_table::presets::NOTHING;
use comfy_table::{ColumnConstraint, ContentArrangement, Table};
use console::{Term, style};
use textwrap::WordSplitter;

use super::visible::visible;
use crate::report::RegionView;

/// The account that a command uses.
struct AccountBlock<'a> {
    name: &'a str,
    protected: bool,
    profile: Option<&'a str>,
    authentication: &'a str,
    account: &'a str,
    region: &'a str,
    endpoints: &'a BTreeMap<String, String>,
}

/// Renders the block with the account that a command uses.
fn account_block(shown: AccountBlock<'_>) -> String {
    let block = format!(
        "📍 AWS Context:\n   Environment: {}{}\n   Profile: {}\n   Authentication: {}\n   Account ID: {}\n   Region: {}\n",
        style(shown.name).bold(),
        if shown.protected { " (protected)" } else { "" },
        shown.profile.unwrap_or("(none)"),
        shown.authentication,
        shown.account,
        shown.region
    );
    block + &endpoints("", shown.endpoints)
}

/// Renders the Regions that were read, by environment; nothing if each has a single one.
fn regions_read(all: &[RegionView]) -> String {
    let mut read: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for region in all.iter().filter(|region| region.refused.is_none()) {
        read.entry(&region.environment).or_default().push(&region.region);
    }
    let environments: BTreeSet<&str> = all.iter().map(|region| region.environment.as_str()).collect();
    if all.len() == environments.len() {
        return String::new();
    }
    let parts: Vec<String> = read.iter().map(|(name, regions)| format!("{name} {}", regions.join(", "))).collect();
    format!("  Regions read: {}\n", parts.join("; "))
}

/// Renders custom endpoints; one line if all services have the same.
fn endpoints(of: &str, endpoints: &BTreeMap<String, String>) -> String {
    let mut services: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (service, url) in endpoints {
        services.entry(url).or_default().push(service);
    }
    let is_for_all = services.len() == 1 && endpoints.len() > 1;
    let line = |(url, names): (&&str, &Vec<&str>)| {
        let names = if is_for_all { "all services".to_owned() } else { names.join(", ") };
        format!("   {}{of}: {} ({names})\n", style("Custom endpoint").yellow(), clean(url))
    };
    services.iter().map(line).collect()
}

/// Creates a table without borders that fits the terminal; piped output has no width limit.
fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    // Colors are applied by the console crate, which knows the flags; the table only computes widths.
    table.force_no_tty();
    if let Some((_, width)) = Term::stdout().size_checked() {
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width.saturating_sub(2));
    }
    table.set_header(header.iter().map(|title| style(title).dim().to_string()));
    table
}

/// Prevents wrapping in the first columns, so that their content can be copied. If this leaves no space for the other
/// columns, the terminal wraps the lines.
fn keep_whole(table: &mut Table, columns: usize) {
    keep_columns(table, &(0..columns).collect::<Vec<_>>());
}

/// As [`keep_whole`], for any columns.
fn keep_columns(table: &mut Table, columns: &[usize]) {
    const MIN_WIDTH: usize = 16;
    let widths = table.column_max_content_widths();
    let taken: usize =
        columns.iter().filter_map(|column| widths.get(*column)).map(|width| usize::from(*width) + 2).sum();
    if table.width().is_some_and(|width| usize::from(width) < taken + MIN_WIDTH) {
        table.set_content_arrangement(ContentArrangement::Disabled);
        return;
    }
    for index in columns {
        if let Some(column) = table.column_mut(*index) {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
}

/// True for a terminal with fewer columns, where a wide table would break its words.
fn is_narrower_than(columns: u16) -> bool {
    Term::stdout().size_checked().is_some_and(|(_, width)| width < columns)
}

/// Renders a table, indented and without trailing spaces.
fn indented(table: &Table) -> String {
    table.lines().map(|line| format!("  {}\n", line.trim_end())).collect()
}

/// Wraps lines at the width of the terminal, between words and with their indentation. Not for text to be copied:
/// commands must stay on one line.
fn wrapped(text: &str) -> String {
    let Some((_, width)) = Term::stdout().size_checked() else { return text.to_owned() };
    wrap(text, usize::from(width))
}

fn wrap(text: &str, width: usize) -> String {
    /// What an item of a list begins with; its other lines are indented under its text.
    const MARKS: [char; 9] = ['-', '+', '~', '±', '#', '✓', '•', '!', '…'];
    let is_item = |words: &str| {
        let plain = console::strip_ansi_codes(words);
        MARKS.iter().any(|mark| plain.strip_prefix(*mark).is_some_and(|rest| rest.starts_with(' ')))
    };
    text.lines().map(|line| wrap_line(line, width, if is_item(line.trim_start()) { 2 } else { 0 })).collect()
}

/// As [`wrap`], with the other lines of each line indented under it.
fn wrap_under(text: &str, width: usize) -> String {
    text.lines().map(|line| wrap_line(line, width, 2)).collect()
}

fn wrap_line(line: &str, width: usize, hanging: usize) -> String {
    let words = line.trim_start();
    let before = " ".repeat(line.len() - words.len());
    let under = format!("{before}{}", " ".repeat(hanging));
    let options = textwrap::Options::new(width).break_words(false).word_splitter(WordSplitter::NoHyphenation);
    textwrap::fill(words, options.initial_indent(&before).subsequent_indent(&under)) + "\n"
}

/// Sanitizes untrusted text (a live value, a template, a message of AWS) for a terminal: escape sequences, carriage
/// returns and bidirectional control characters are escaped, so that no value can hide or fake part of what is being
/// approved.
pub(super) fn clean(text: &str) -> String {
    let is_unsafe = |c: char| c.is_control() && c != '\t';
    visible(text)
        .chars()
        .map(|c| match c {
            '\n' => "⏎".to_owned(),
            bad if is_unsafe(bad) => format!("\\u{{{:x}}}", u32::from(bad)),
            good => good.to_string(),
        })
        .collect()
}

/// Formats a count, such as `1 resource` or `2 resources`.
fn count(number: u64, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

#[cfg(test)]
mod tests {
    use super::{clean, wrap};

    #[test]
    fn wrapped_lines_keep_their_indentation() {
        let text = "Head:\n   - low one: two three\n     at a/very/long/path.yaml:1:2\n";
        assert_eq!(wrap(text, 80), text);
        let narrow = "Head:\n   - low one:\n     two three\n     at\n     a/very/long/path.yaml:1:2\n";
        assert_eq!(wrap(text, 16), narrow);
        let colored = "   - \u{1b}[31mhigh\u{1b}[0m one\n";
        assert_eq!(wrap(colored, 13), colored, "colors have no width");
    }

    #[test]
    fn control_characters_are_escaped() {
        assert_eq!(clean("a\u{1b}[2Jb\rc\u{202e}d\ne"), "a\\u{1b}[2Jb\\u{d}c\\u{202e}d⏎e");
        assert_eq!(clean("plain – text ✓"), "plain – text ✓");
    }
}
