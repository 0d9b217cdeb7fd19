//! Charts of a page.

use rust_decimal::Decimal;

use super::super::clean;
use super::Tone;

/// The height of a bar with the space below it, in pixels.
pub(super) const ROW: usize = 28;

/// The width of the longest bar, of a chart of 720 pixels with 200 for the names and 120 for the amounts.
const WIDEST: u32 = 400;

/// The width of a stacked bar.
const STACK: u32 = 720;

/// A bar divided by counts.
pub(super) struct Stack {
    pub(super) title: String,
    pub(super) summary: String,
    pub(super) parts: Vec<Part>,
}

pub(super) struct Part {
    pub(super) label: String,
    pub(super) number: u64,
    pub(super) tone: Tone,
    pub(super) x: u32,
    pub(super) width: u32,
}

/// A bar for each of several amounts.
pub(super) struct Chart {
    pub(super) title: String,
    /// What is said without bars.
    pub(super) empty: String,
    pub(super) bars: Vec<Bar>,
    pub(super) height: usize,
    pub(super) total: Option<String>,
}

pub(super) struct Bar {
    pub(super) label: String,
    pub(super) amount: String,
    pub(super) is_negative: bool,
    pub(super) y: usize,
    pub(super) text_y: usize,
    pub(super) width: u32,
    pub(super) end: u32,
}

impl Stack {
    /// A bar with a part for each count that is not 0.
    pub(super) fn new(title: &str, counts: impl IntoIterator<Item = (String, u64, Tone)>) -> Option<Self> {
        let cleaned = counts.into_iter().map(|(label, number, tone)| (clean(&label), number, tone));
        let counts: Vec<_> = cleaned.filter(|(_, number, _)| *number > 0).collect();
        let total: u64 = counts.iter().map(|(_, number, _)| *number).sum();
        let summary =
            counts.iter().map(|(label, number, _)| format!("{number} {label}")).collect::<Vec<_>>().join(", ");
        let (mut before, mut parts) = (0, Vec::new());
        for (label, number, tone) in counts {
            let at = |number: u64| u32::try_from(u64::from(STACK) * number / total.max(1)).unwrap_or(STACK);
            let (x, end) = (at(before), at(before + number));
            parts.push(Part { label, number, tone, x, width: (end - x).max(2) });
            before += number;
        }
        (!parts.is_empty()).then(|| Self { title: clean(title), summary, parts })
    }
}

impl Bar {
    /// The bars of amounts, each with its label and its text. Only amounts of the same unit have the same scale.
    pub(super) fn all(amounts: &[BarAmount]) -> Vec<Self> {
        let largest = |unit: &str| {
            let of_unit = amounts.iter().filter(|one| one.unit == unit);
            of_unit.map(|one| one.amount.abs()).max().unwrap_or_default()
        };
        let bars = amounts.iter().enumerate().map(|(row, one)| {
            let width = (one.amount.abs() * Decimal::from(WIDEST))
                .checked_div(largest(&one.unit))
                .and_then(|width| u32::try_from(width.round()).ok())
                .unwrap_or_default()
                .max(1);
            Self {
                label: clean(&one.label),
                amount: clean(&one.text),
                is_negative: one.amount.is_sign_negative(),
                y: row * ROW,
                text_y: row * ROW + 15,
                width,
                end: 208 + width,
            }
        });
        bars.collect()
    }
}

/// An amount of a chart.
pub(super) struct BarAmount {
    pub(super) label: String,
    pub(super) text: String,
    pub(super) amount: Decimal,
    pub(super) unit: String,
}
