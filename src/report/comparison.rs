//! What `estimate` says beside the estimate itself: a comparison, or what the cost model covers.

use rust_decimal::RoundingStrategy;
use schemars::JsonSchema;
use serde::Serialize;

use super::estimate::{RangeView, range};
use super::words::{CostChangeCode, SupportStatus};
use crate::estimate::{ComparedResource, Comparison, Difference, SupportedType};

/// New state minus old state.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ComparisonView {
    /// Where the old state comes from.
    pub against: Vec<String>,
    /// The new state's resources, then those that are gone.
    pub resources: Vec<ComparedView>,
    /// The old state's total.
    pub before: RangeView,
    /// The new state's total.
    pub after: RangeView,
    /// New minus old, of what is known; decimal strings, negative where it becomes cheaper.
    pub difference: RangeView,
    /// Resources with an unknown part, in either state: the difference does not cover it.
    pub unknown_count: u64,
}

/// One resource of either state.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ComparedView {
    /// Its key in the template.
    pub logical_id: Option<String>,
    /// Its identifier.
    pub identifier: Option<String>,
    /// Type name.
    #[serde(rename = "type")]
    pub type_name: String,
    /// How its cost changed.
    pub change: CostChangeCode,
    /// Its cost in the old state.
    pub before: Option<RangeView>,
    /// Its cost in the new state.
    pub after: Option<RangeView>,
    /// New minus old, of what is known.
    pub difference: RangeView,
    /// A part of it is unknown in either state.
    pub has_unknown: bool,
}

/// One type of the cost model.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SupportedView {
    /// Type name.
    #[serde(rename = "type")]
    pub type_name: String,
    /// How well the cost model knows it.
    pub status: SupportStatus,
    /// Why it cannot be priced.
    pub reason: Option<String>,
    /// Regions in which it is priced offline; empty unless it is priced.
    pub regions: Vec<String>,
    /// What may be said of its usage.
    pub usage: Vec<SupportedUsageView>,
}

/// One usage key.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SupportedUsageView {
    /// The key.
    pub key: String,
    /// What is assumed without it: a number, or how it is computed.
    pub default: String,
    /// Its unit, in a month.
    pub unit: String,
    /// When or why it matters.
    pub why: Option<String>,
}

impl ComparisonView {
    /// The layout of a comparison with the states at these paths.
    pub fn new(comparison: &Comparison, against: Vec<String>) -> Self {
        Self {
            against,
            resources: comparison.resources.iter().map(compared).collect(),
            before: range(&comparison.before),
            after: range(&comparison.after),
            difference: difference(&comparison.difference),
            unknown_count: comparison.unknown_count as u64,
        }
    }
}

impl From<&SupportedType> for SupportedView {
    fn from(supported: &SupportedType) -> Self {
        Self {
            type_name: supported.type_name.to_owned(),
            status: supported.status.into(),
            reason: supported.reason.map(str::to_owned),
            regions: supported.regions.iter().map(|region| (*region).to_owned()).collect(),
            usage: supported
                .usage
                .iter()
                .map(|usage| SupportedUsageView {
                    key: usage.key.to_owned(),
                    default: usage.default.to_owned(),
                    unit: usage.unit.to_owned(),
                    why: usage.why.map(str::to_owned),
                })
                .collect(),
        }
    }
}

fn compared(resource: &ComparedResource) -> ComparedView {
    ComparedView {
        logical_id: resource.logical_id.clone(),
        identifier: resource.identifier.clone(),
        type_name: resource.type_name.clone(),
        change: resource.change.into(),
        before: resource.before.as_ref().map(range),
        after: resource.after.as_ref().map(range),
        difference: difference(&resource.difference),
        has_unknown: resource.has_unknown,
    }
}

fn difference(difference: &Difference) -> RangeView {
    let cents = |amount: rust_decimal::Decimal| {
        let mut cents = amount.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
        cents.rescale(2);
        // No negative nothing.
        if cents.is_zero() { "0.00".to_owned() } else { cents.to_string() }
    };
    RangeView { low: cents(difference.low), expected: cents(difference.expected), high: cents(difference.high) }
}
