//! The monthly cost of a resource, line by line, and its unknown parts.

use rust_decimal::Decimal;

use super::prices::{Confidence, PriceSource};
use crate::domain::money::Usd;

/// A monthly amount as a lower, expected and upper estimate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Range {
    /// Fixed costs and given usage.
    pub low: Usd,
    /// With assumed usage.
    pub expected: Usd,
    /// Expected, with each line's margin. The gate uses this one.
    pub high: Usd,
}

impl std::ops::AddAssign for Range {
    fn add_assign(&mut self, other: Self) {
        self.low += other.low;
        self.expected += other.expected;
        self.high += other.high;
    }
}

/// What is known about a resource's cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// Known to be free of charge.
    Free,
    /// Every part has a price.
    Priced,
    /// At least one part has none.
    Unknown,
}

/// Whether a cost depends on usage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CostKind {
    /// Billed as long as the resource exists.
    Fixed,
    /// Billed by usage.
    Usage,
}

/// Where a usage figure comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UsageSource {
    /// The user gave every figure that the line depends on.
    Given,
    /// At least one figure is the cost model's default.
    Assumed,
}

/// One line of a resource's cost.
#[derive(Debug, Clone, PartialEq)]
pub struct CostLine {
    /// The billed dimension, such as `storage`.
    pub dimension: String,
    /// For display: `gp2 storage, 20 GB`.
    pub description: String,
    /// Units per month.
    pub quantity: Decimal,
    /// The price's unit.
    pub unit: String,
    /// US dollars per unit, effective over all tiers.
    pub unit_price: Decimal,
    /// The line's monthly cost.
    pub monthly: Usd,
    /// The line's upper estimate.
    pub high: Usd,
    /// Fixed or usage.
    pub kind: CostKind,
    /// For usage: given or assumed.
    pub usage: Option<UsageSource>,
    /// Where the price comes from.
    pub source: PriceSource,
    /// Date of the price.
    pub as_of: String,
    /// Age of a cached price.
    pub age_seconds: Option<u64>,
    /// The Price List's SKU, where known.
    pub sku: Option<String>,
    /// The confidence in the price.
    pub confidence: Confidence,
    /// The price's id and all rates, as covered by a plan's digest.
    pub price_fact: (String, String),
}

/// An assumed or given monthly usage of a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageFigure {
    /// The usage key.
    pub key: String,
    /// Units per month.
    pub value: Decimal,
    /// The unit.
    pub unit: String,
    /// Given by the user or assumed.
    pub source: UsageSource,
}

/// A part of a resource's cost that could not be computed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownDimension {
    /// The billed dimension; `resource` when the whole resource is unknown.
    pub dimension: String,
    /// Why, in one sentence without a final period.
    pub reason: String,
}

/// The estimate of one resource.
#[derive(Debug, Clone, PartialEq)]
pub struct ResourceEstimate {
    /// As in [`super::input::EstimateInput`].
    pub file: Option<String>,
    /// As in [`super::input::EstimateInput`].
    pub logical_id: Option<String>,
    /// As in [`super::input::EstimateInput`].
    pub identifier: Option<String>,
    /// CloudFormation type name.
    pub type_name: String,
    /// The region it is billed in.
    pub region: String,
    /// Free, priced or unknown.
    pub status: Status,
    /// Of the known parts: a lower bound when the status is unknown.
    pub monthly: Range,
    /// The known parts, in the model's order; parts with a quantity of zero are left out.
    pub lines: Vec<CostLine>,
    /// The assumptions.
    pub assumptions: Vec<String>,
    /// The usage figures that the estimate is based on, in the model's order.
    pub usage: Vec<UsageFigure>,
    /// The unknown parts.
    pub unknown: Vec<UnknownDimension>,
}

impl ResourceEstimate {
    /// The display name: logical id, else identifier, else type.
    pub fn label(&self) -> &str {
        let name = self.logical_id.as_deref().or(self.identifier.as_deref());
        name.unwrap_or(&self.type_name)
    }
}
