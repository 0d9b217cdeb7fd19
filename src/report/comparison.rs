//! Additional results of `estimate`: a comparison, and the types that the cost model supports.

use rust_decimal::RoundingStrategy;
use schemars::JsonSchema;
use serde::Serialize;

use super::enums::{CostChangeCode, SupportStatus};
use super::estimate::{RangeView, range};
use crate::estimate::{ComparedResource, Comparison, Difference, SupportedType};

/// The difference in cost between a new state and an old state.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ComparisonView {
    /// The paths of the old state.
    pub against: Vec<String>,
    /// The resources of the new state, followed by removed ones.
    pub resources: Vec<ComparedView>,
    /// The total of the old state.
    pub before: RangeView,
    /// The total of the new state.
    pub after: RangeView,
    /// New minus old, for the known parts; decimal strings, negative if the cost decreases.
    pub difference: RangeView,
    /// Resources with an unknown part in either state, which is not included in the difference.
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
    /// The change in its cost.
    pub change: CostChangeCode,
    /// Its cost in the old state.
    pub before: Option<RangeView>,
    /// Its cost in the new state.
    pub after: Option<RangeView>,
    /// New minus old, for the known parts.
    pub difference: RangeView,
    /// Whether a part is unknown in either state.
    pub has_unknown: bool,
}

/// A resource type of the cost model.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SupportedView {
    /// Type name.
    #[serde(rename = "type")]
    pub type_name: String,
    /// Whether the cost model supports it.
    pub status: SupportStatus,
    /// Why it cannot be priced.
    pub reason: Option<String>,
    /// Regions with embedded prices; empty unless the type is priced.
    pub regions: Vec<String>,
    /// The usage keys.
    pub usage: Vec<SupportedUsageView>,
}

/// One usage key.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SupportedUsageView {
    /// The key.
    pub key: String,
    /// The default: a number, or how it is computed.
    pub default: String,
    /// The unit, per month.
    pub unit: String,
    /// When or why the usage affects the cost.
    pub why: Option<String>,
}

impl ComparisonView {
    /// Creates the view of a comparison with the state at these paths.
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
        // Avoid negative zero.
        if cents.is_zero() { "0.00".to_owned() } else { cents.to_string() }
    };
    RangeView { low: cents(difference.low), expected: cents(difference.expected), high: cents(difference.high) }
}
