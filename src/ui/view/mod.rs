//! What people see: text made from the same layouts as the JSON documents.

mod audit;
mod context;
mod cost;
mod drift;
mod message;
mod plan;
mod scan;
mod schema;

pub use audit::audit;
pub use context::context;
pub use cost::{cost_question, estimate};
pub use drift::drift;
pub use message::{diagnostic, next};
pub use plan::{applied, plan};
pub use scan::{policies, scan};
pub use schema::schema;

use comfy_table::presets::NOTHING;
use comfy_table::{Attribute, Cell, ContentArrangement, Table};
use console::Term;

/// A table without lines, as wide as the terminal allows; piped output has no width.
fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    if console::colors_enabled() {
        table.enforce_styling();
    } else {
        table.force_no_tty();
    }
    if let Some((_, width)) = Term::stdout().size_checked() {
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width.saturating_sub(2));
    }
    table.set_header(header.iter().map(|title| Cell::new(title).add_attribute(Attribute::Dim)));
    table
}

/// A table's text, indented, with no space at line ends.
fn indented(table: &Table) -> String {
    table.lines().map(|line| format!("  {}\n", line.trim_end())).collect()
}

/// `1 resource`, `2 resources`.
fn count(number: u64, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}
