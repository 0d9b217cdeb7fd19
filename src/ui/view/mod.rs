//! What people see: text made from the same layouts as the JSON documents.

mod audit;
mod context;
mod cost;
mod cost_extras;
mod cost_markdown;
mod drift;
mod explain;
mod markdown;
mod message;
mod plan;
mod sandbox;
mod scan;
mod schema;

pub use audit::audit;
pub use context::context;
pub use cost::{cost_question, estimate};
pub use cost_extras::{comparison, supported};
pub use cost_markdown::estimate_markdown;
pub use drift::drift;
pub use explain::{codes, explanation};
pub use markdown::{failure_markdown, scan_markdown};
pub use message::{diagnostic, next};
pub use plan::{applied, nothing_to_do, plan};
pub use sandbox::{demo_kept, demo_removed, sandbox};
pub use scan::{policies, policy, policy_tests, scan};
pub use schema::schema;

use comfy_table::presets::NOTHING;
use comfy_table::{ColumnConstraint, ContentArrangement, Table};
use console::{Term, style};
use textwrap::WordSplitter;

/// Where something is read or written.
struct AccountBlock<'a> {
    name: &'a str,
    protected: bool,
    profile: Option<&'a str>,
    authentication: &'a str,
    account: &'a str,
    region: &'a str,
}

/// The block that stands above everything that concerns one account.
fn account_block(shown: AccountBlock<'_>) -> String {
    format!(
        "📍 AWS Context:\n   Environment: {}{}\n   Profile: {}\n   Authentication: {}\n   Account ID: {}\n   Region: {}\n",
        style(shown.name).bold(),
        if shown.protected { " (protected)" } else { "" },
        shown.profile.unwrap_or("(none)"),
        shown.authentication,
        shown.account,
        shown.region
    )
}

/// A table without lines, as wide as the terminal allows; piped output has no width.
fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    // Colours are console's business, which knows the flags; the table only counts widths.
    table.force_no_tty();
    if let Some((_, width)) = Term::stdout().size_checked() {
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width.saturating_sub(2));
    }
    table.set_header(header.iter().map(|title| style(title).dim().to_string()));
    table
}

/// The first columns are never broken, because somebody will copy what stands there. Where that leaves
/// nothing for the others, the terminal breaks the lines.
fn keep_whole(table: &mut Table, columns: usize) {
    const LEAST: usize = 16;
    let widths = table.column_max_content_widths();
    let taken: usize = widths.iter().take(columns).map(|width| usize::from(*width) + 2).sum();
    if table.width().is_some_and(|width| usize::from(width) < taken + LEAST) {
        table.set_content_arrangement(ContentArrangement::Disabled);
        return;
    }
    for index in 0..columns {
        if let Some(column) = table.column_mut(index) {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
}

/// A table's text, indented, with no space at line ends.
fn indented(table: &Table) -> String {
    table.lines().map(|line| format!("  {}\n", line.trim_end())).collect()
}

/// Lines that are longer than the terminal is wide, broken between words and kept under their beginning.
/// Not for what will be copied: a command must stay on one line.
fn folded(text: &str) -> String {
    let Some((_, width)) = Term::stdout().size_checked() else { return text.to_owned() };
    fold(text, usize::from(width))
}

fn fold(text: &str, width: usize) -> String {
    let one = |line: &str| {
        let words = line.trim_start();
        let before = " ".repeat(line.len() - words.len());
        let under = if words.starts_with("- ") { format!("{before}  ") } else { before.clone() };
        let options = textwrap::Options::new(width).break_words(false).word_splitter(WordSplitter::NoHyphenation);
        textwrap::fill(words, options.initial_indent(&before).subsequent_indent(&under)) + "\n"
    };
    text.lines().map(one).collect()
}

/// A text of somebody else's (a live value, a template, AWS's message) as it may stand on a terminal:
/// escape sequences, carriage returns and marks that turn the writing direction around are shown
/// as codes, so that no value can hide or fake a part of what is being approved.
pub(super) fn clean(text: &str) -> String {
    let unsafe_mark = |c: char| {
        (c.is_control() && c != '\t')
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
    };
    text.chars()
        .map(|c| match c {
            '\n' => "⏎".to_owned(),
            bad if unsafe_mark(bad) => format!("\\u{{{:x}}}", u32::from(bad)),
            good => good.to_string(),
        })
        .collect()
}

/// `1 resource`, `2 resources`.
fn count(number: u64, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

#[cfg(test)]
mod tests {
    use super::{clean, fold};

    #[test]
    fn long_lines_stay_under_their_beginning() {
        let text = "Head:\n   - low one: two three\n     at a/very/long/path.yaml:1:2\n";
        assert_eq!(fold(text, 80), text);
        let narrow = "Head:\n   - low one:\n     two three\n     at\n     a/very/long/path.yaml:1:2\n";
        assert_eq!(fold(text, 16), narrow);
        let coloured = "   - \u{1b}[31mhigh\u{1b}[0m one\n";
        assert_eq!(fold(coloured, 13), coloured, "colours have no width");
    }

    #[test]
    fn no_value_can_write_over_the_screen() {
        assert_eq!(clean("a\u{1b}[2Jb\rc\u{202e}d\ne"), "a\\u{1b}[2Jb\\u{d}c\\u{202e}d⏎e");
        assert_eq!(clean("plain – text ✓"), "plain – text ✓");
    }
}
