//! The usage up to which a plan stays below the threshold, everything else equal.

use rust_decimal::Decimal;

use super::cost::{Range, ResourceEstimate, Status};
use super::input::EstimateInput;
use super::model;
use super::neighbors::Neighbors;
use super::options::EstimateOptions;
use super::prices::PriceBook;
use super::resource::{self, Consumption, Task};
use super::value::grouped;
use super::verdict::{blocking_reasons, reaches};
use crate::domain::money::Usd;

/// The largest usage of one kind for which the plan is approved automatically.
#[derive(Debug, Clone, PartialEq)]
pub struct BreakEven {
    /// As in [`EstimateInput`].
    pub file: Option<String>,
    /// As in [`EstimateInput`].
    pub logical_id: Option<String>,
    /// As in [`EstimateInput`].
    pub identifier: Option<String>,
    /// CloudFormation type name.
    pub type_name: String,
    /// The usage key.
    pub usage: String,
    /// The figure, rounded down to two digits.
    pub up_to: Decimal,
    /// Its unit.
    pub unit: String,
    /// `auto-approved up to 390 GB`.
    pub text: String,
}

pub(super) struct Plan<'a, 'p> {
    pub inputs: &'p [EstimateInput<'a>],
    pub neighbors: &'p Neighbors<'a>,
    pub options: &'p EstimateOptions,
    pub prices: &'p dyn PriceBook,
    pub resources: &'p [ResourceEstimate],
    pub consumptions: &'p [Consumption],
    pub consumed: &'p Consumption,
    pub total: Range,
}

pub(super) fn find(plan: &Plan<'_, '_>) -> Vec<BreakEven> {
    // Where something else requires approval, no usage makes the plan pass.
    if !blocking_reasons(plan.resources).is_empty() {
        return Vec::new();
    }
    let mut found = Vec::new();
    let parts = plan.inputs.iter().zip(plan.resources).zip(plan.consumptions);
    for (at, ((input, estimate), own)) in parts.enumerate() {
        let others = plan.total.high - estimate.monthly.high;
        if estimate.status != Status::Priced || reaches(others, plan.options.threshold) {
            continue;
        }
        let Some(model) = model::get(input.type_name) else {
            continue;
        };
        let consumed = plan.consumed.without(own);
        for usage in &model.usage {
            let stays_below = |figure: Decimal| {
                let trial = Some((usage.key.as_str(), figure));
                let place = plan.neighbors.place(at);
                let task = Task { input, place, options: plan.options, prices: plan.prices, trial };
                let (tried, _) = resource::estimate(task, &consumed);
                below(others, &tried, plan.options.threshold)
            };
            let Some(up_to) = largest(stays_below) else {
                continue;
            };
            found.push(BreakEven {
                file: estimate.file.clone(),
                logical_id: estimate.logical_id.clone(),
                identifier: estimate.identifier.clone(),
                type_name: estimate.type_name.clone(),
                usage: usage.key.clone(),
                up_to,
                unit: usage.unit.clone(),
                text: format!("auto-approved up to {} {}", grouped(up_to), usage.unit),
            });
        }
    }
    found
}

fn below(others: Usd, tried: &ResourceEstimate, threshold: Usd) -> bool {
    blocking_reasons(std::slice::from_ref(tried)).is_empty() && !reaches(others + tried.monthly.high, threshold)
}

/// Readable figures are two digits and zeros: 0.10, 0.11, ... 9.9, 10, 11, ... up to 10^15.
const FIGURES: u32 = 90 * 16;

fn figure(index: u32) -> Decimal {
    let digits = Decimal::from(10 + index % 90);
    let scale = Decimal::from(10u64.saturating_pow(index / 90));
    digits.saturating_mul(scale) / Decimal::ONE_HUNDRED
}

/// The largest readable figure that passes; `None` when not even zero does, or when every one
/// does (the cost does not depend on it).
fn largest(passes: impl Fn(Decimal) -> bool) -> Option<Decimal> {
    if !passes(Decimal::ZERO) || passes(figure(FIGURES - 1)) {
        return None;
    }
    let (mut low, mut high) = (0, FIGURES - 1);
    while low < high {
        let middle = low + (high - low) / 2;
        if passes(figure(middle)) { low = middle + 1 } else { high = middle }
    }
    Some(if low == 0 { Decimal::ZERO } else { figure(low - 1).normalize() })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn figures_ascend_and_have_two_digits() {
        assert!((1..FIGURES).all(|index| figure(index) > figure(index - 1)));
        assert_eq!(figure(0), Decimal::new(10, 2));
        assert_eq!(figure(90), Decimal::ONE);
    }

    #[test]
    fn the_largest_passing_figure_is_rounded_down() {
        let up_to = |limit: u64| largest(|figure| figure < Decimal::from(limit));
        assert_eq!(up_to(395), Some(Decimal::from(390)));
        assert_eq!(up_to(390), Some(Decimal::from(380)));
        assert_eq!(up_to(1_234_567), Some(Decimal::from(1_200_000)));
        assert_eq!(largest(|_| true), None);
        assert_eq!(largest(|_| false), None);
    }
}
