//! The output of `prices`.

use super::wrapped;
use crate::estimate::age_text;
use crate::report::{PriceBookView, PricesBody};

/// Missing keys that are named.
const NAMED: usize = 5;

/// Renders the price books.
pub fn prices(body: &PricesBody) -> String {
    let mut text = match body.updated.as_slice() {
        [] => String::new(),
        regions => format!("Updated the prices of {}.\n\n", regions.join(", ")),
    };
    if body.books.is_empty() {
        text.push_str(&wrapped(&format!(
            "No price book in {}. Without the Price List API, estimates use the prices that are embedded in this version, \
             of {}.\n",
            body.directory,
            body.embedded_regions.join(", ")
        )));
        return text;
    }
    text.push_str(&format!("Price books in {}:\n", body.directory));
    for book in &body.books {
        text.push_str(&of_region(book));
    }
    text
}

fn of_region(book: &PriceBookView) -> String {
    let age = match book.age_seconds {
        Some(age) => format!("{} old", age_text(age)),
        None => "of unknown age".to_owned(),
    };
    let stale = if book.is_stale { "; its prices need an approval" } else { "" };
    let mut text = format!(
        "\n{}: {} prices, {age}{stale}\n  Source: {}, {}\n  Coverage: {} of {} products of the cost model",
        book.region, book.prices, book.source, book.fetched_at, book.covered, book.products
    );
    if !book.missing.is_empty() {
        let named: Vec<&str> = book.missing.iter().take(NAMED).map(String::as_str).collect();
        let more = match book.missing.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more (--json lists them)"),
        };
        text.push_str(&format!("; without {}{more}", named.join(", ")));
    }
    text.push('\n');
    let width = book.services.iter().map(|one| one.service.len()).max().unwrap_or_default();
    for one in &book.services {
        let date = one.published.get(..10).unwrap_or(&one.published);
        text.push_str(&format!("  {:width$}  published {date}  {:>5} prices\n", one.service, one.prices));
    }
    text
}
