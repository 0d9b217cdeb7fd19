//! Monthly cost of resources, from their properties, assumed or given usage, and list prices.
//!
//! Three answers: *free* (known to be), *priced*, *unknown*. What cannot be priced is never
//! counted as nothing: it is listed with the reason, it makes the total a lower bound, and it
//! asks for approval. The cost model is data (`data/model.yaml`), and so are the prices.

mod break_even;
mod comparison;
mod expression;
mod listing;
mod model;
mod neighbours;
pub mod price_list;
mod prices;
mod resource;
pub mod rows;
mod supported;
mod unit;
mod usage;
mod verdict;

#[cfg(test)]
mod tests;

use std::cell::RefCell;
use std::collections::BTreeSet;

use rust_decimal::Decimal;
use serde_json::Value;

use crate::domain::money::Usd;
use neighbours::Neighbours;

pub use break_even::BreakEven;
pub use comparison::{ComparedResource, Comparison, CostChange, Difference, compare};
pub use listing::Listing;
pub use neighbours::MissingNeighbour;
pub use prices::{Confidence, FRESH_SECONDS, FetchedPrices, GLOBAL, Price, PriceBook, PriceSource, Snapshot, Tier};
pub use supported::{SupportedType, SupportedUsage, coverage, supported, usage_keys};
pub use unit::canonical_unit;
pub use usage::{LARGEST_USAGE, Usage, UsageError, unmatched_usage};
pub use verdict::{Verdict, age_text, reaches};

/// A resource to be estimated. `properties` may hold unresolved intrinsic functions.
#[derive(Debug, Clone, Copy)]
pub struct EstimateInput<'a> {
    /// The file it comes from, as the user named it.
    pub file: Option<&'a str>,
    /// Its key in the template.
    pub logical_id: Option<&'a str>,
    /// Its primary identifier, when it exists.
    pub identifier: Option<&'a str>,
    /// CloudFormation type name.
    pub type_name: &'a str,
    /// The region it is billed in.
    pub region: &'a str,
    /// Its properties.
    pub properties: &'a Value,
}

/// How to estimate.
#[derive(Debug, Clone)]
pub struct EstimateOptions {
    /// Hours in a month; 730 by convention.
    pub hours_per_month: Decimal,
    /// `cost.auto_approve_below`: an upper estimate from this amount on needs approval.
    pub threshold: Usd,
    /// Usage figures from the user.
    pub usage: Usage,
    /// Subtract the account's always-free allowances, once for the whole plan. What else uses
    /// them up is not visible, so it must be asked for. Allowances inside a price's own tiers
    /// are applied regardless.
    pub assume_free_tier: bool,
    /// Resources that exist beside the plan: looked at where a cost depends on them, not counted.
    pub surroundings: Vec<Surrounding>,
}

/// A resource beside the plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Surrounding {
    /// CloudFormation type name.
    pub type_name: String,
    /// Its primary identifier.
    pub identifier: String,
    /// Its properties.
    pub properties: Value,
}

impl Default for EstimateOptions {
    fn default() -> Self {
        Self {
            hours_per_month: Decimal::from(730),
            threshold: Usd::new(Decimal::new(1000, 2)),
            usage: Usage::default(),
            assume_free_tier: false,
            surroundings: Vec::new(),
        }
    }
}

impl EstimateOptions {
    fn surroundings<'a>(&'a self, region: &'a str) -> impl Iterator<Item = EstimateInput<'a>> {
        self.surroundings.iter().map(move |one| EstimateInput {
            file: None,
            logical_id: None,
            identifier: Some(&one.identifier),
            type_name: &one.type_name,
            region,
            properties: &one.properties,
        })
    }
}

/// A monthly amount at three levels of caution.
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
    /// Known to cost nothing.
    Free,
    /// Every part has a price.
    Priced,
    /// At least one part has none.
    Unknown,
}

/// Whether a cost depends on usage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CostKind {
    /// Billed for existing.
    Fixed,
    /// Billed for use.
    Usage,
}

/// Where a usage figure comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UsageSource {
    /// The user gave every figure that the line depends on.
    Given,
    /// At least one figure is the model's default.
    Assumed,
}

/// One line of a resource's cost.
#[derive(Debug, Clone, PartialEq)]
pub struct CostLine {
    /// The billed dimension, such as `storage`.
    pub dimension: String,
    /// For people: `gp2 storage, 20 GB`.
    pub description: String,
    /// Units in a month.
    pub quantity: Decimal,
    /// The price's unit.
    pub unit: String,
    /// US dollars per unit, effective over all tiers.
    pub unit_price: Decimal,
    /// The line's cost in a month.
    pub monthly: Usd,
    /// What the upper estimate counts for the line.
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
    /// How far the price can be relied on.
    pub confidence: Confidence,
    /// The price's id and all rates: what a plan's digest knows of it.
    pub price_fact: (String, String),
}

/// How much of something a resource is taken to use in a month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageFigure {
    /// The usage key.
    pub key: String,
    /// Units in a month.
    pub value: Decimal,
    /// The unit.
    pub unit: String,
    /// Given by the user or assumed.
    pub source: UsageSource,
}

/// A part of a resource's cost that could not be computed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownDimension {
    /// The billed dimension; `resource` when nothing about the resource is known.
    pub dimension: String,
    /// Why, in one sentence without a final stop.
    pub reason: String,
}

/// The estimate of one resource.
#[derive(Debug, Clone, PartialEq)]
pub struct ResourceEstimate {
    /// As in [`EstimateInput`].
    pub file: Option<String>,
    /// As in [`EstimateInput`].
    pub logical_id: Option<String>,
    /// As in [`EstimateInput`].
    pub identifier: Option<String>,
    /// CloudFormation type name.
    pub type_name: String,
    /// The region it is billed in.
    pub region: String,
    /// Free, priced or unknown.
    pub status: Status,
    /// Of the known parts: a lower bound when the status is unknown.
    pub monthly: Range,
    /// The known parts, in the model's order; parts of no quantity are left out.
    pub lines: Vec<CostLine>,
    /// What was taken for granted.
    pub assumptions: Vec<String>,
    /// The usage figures that the cost was computed with, in the model's order.
    pub usage: Vec<UsageFigure>,
    /// The parts that are not known.
    pub unknown: Vec<UnknownDimension>,
}

impl ResourceEstimate {
    /// The name to call it by: logical id, else identifier, else type.
    pub fn label(&self) -> &str {
        let name = self.logical_id.as_deref().or(self.identifier.as_deref());
        name.unwrap_or(&self.type_name)
    }
}

/// The estimate of a plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Estimate {
    /// One per input, in the inputs' order.
    pub resources: Vec<ResourceEstimate>,
    /// The sum of the known parts.
    pub total: Range,
    /// Resources with an unknown part. Unless it is zero, `total` is a lower bound.
    pub unknown_count: usize,
    /// The threshold that was applied.
    pub threshold: Usd,
    /// Whether approval is needed for the cost, and why.
    pub verdict: Verdict,
    /// Up to which usage the plan stays below the threshold.
    pub break_even: Vec<BreakEven>,
    /// True when resources beside the plan were there to be looked at: what the plan costs may
    /// then change although the plan does not.
    pub beside: bool,
}

impl Estimate {
    /// True when a part of the cost is not in `total`.
    pub fn is_lower_bound(&self) -> bool {
        self.unknown_count > 0
    }

    /// True when the upper estimate reaches the threshold: then that is the first reason for approval.
    pub fn exceeds_threshold(&self) -> bool {
        verdict::exceeds(&self.resources, self.total, self.threshold)
    }

    /// The unit prices that the estimate rests on, for a plan's digest: (price id, rates), sorted.
    /// Source, age and cache state are not part of it. Neither is the rate code: a live price has
    /// one where the embedded price may have none, and an approval must hold as long as the price
    /// is the same, whoever names it.
    pub fn price_facts(&self) -> Vec<(String, String)> {
        let lines = self.resources.iter().flat_map(|resource| &resource.lines);
        let facts: BTreeSet<(String, String)> = lines.map(|line| line.price_fact.clone()).collect();
        facts.into_iter().collect()
    }

    /// How much of everything that is billed for existing the estimate counts, for a plan's digest,
    /// sorted; nothing where it rests on the plan alone, whose digest holds that already.
    pub fn quantity_facts(&self) -> Vec<String> {
        let mut facts = Vec::new();
        for resource in self.resources.iter().filter(|_| self.beside) {
            for line in resource.lines.iter().filter(|line| line.kind == CostKind::Fixed) {
                facts.push(format!("{} {}: {} {}", resource.label(), line.dimension, line.quantity, line.unit));
            }
        }
        facts.sort();
        facts
    }

    /// The usage that the user gave, for a plan's digest: (resource and key; figure), sorted. What
    /// is assumed belongs to the program, not to the plan.
    pub fn usage_facts(&self) -> Vec<(String, String)> {
        let mut facts = Vec::new();
        for resource in &self.resources {
            for figure in resource.usage.iter().filter(|figure| figure.source == UsageSource::Given) {
                let name = format!("{} {}", resource.label(), figure.key);
                facts.push((name, figure.value.normalize().to_string()));
            }
        }
        facts.sort();
        facts
    }
}

/// Estimates a plan. Pure: the same inputs, options and prices give the same estimate.
pub fn estimate(inputs: &[EstimateInput<'_>], options: &EstimateOptions, prices: &dyn PriceBook) -> Estimate {
    let neighbours = neighbours(inputs, options);
    let mut consumed = resource::Consumption::default();
    let mut resources = Vec::with_capacity(inputs.len());
    let mut consumptions = Vec::with_capacity(inputs.len());
    for (at, input) in inputs.iter().enumerate() {
        let task = resource::Task { input, place: neighbours.place(at), options, prices, trial: None };
        let (estimate, own) = resource::estimate(task, &consumed);
        consumed.add(&own);
        resources.push(estimate);
        consumptions.push(own);
    }
    let mut total = Range::default();
    resources.iter().for_each(|resource| total += resource.monthly);
    let unknown_count = resources.iter().filter(|resource| resource.status == Status::Unknown).count();
    let verdict = verdict::decide(&resources, total, options.threshold);
    let break_even = break_even::find(&break_even::Plan {
        inputs,
        neighbours: &neighbours,
        options,
        prices,
        resources: &resources,
        consumptions: &consumptions,
        consumed: &consumed,
        total,
    });
    let beside = !options.surroundings.is_empty();
    Estimate { resources, total, unknown_count, threshold: options.threshold, verdict, break_even, beside }
}

fn neighbours<'a>(inputs: &[EstimateInput<'a>], options: &'a EstimateOptions) -> Neighbours<'a> {
    let region = inputs.first().map_or("", |input| input.region);
    Neighbours::new(inputs, options.surroundings(region))
}

/// The (price key, region) pairs that an estimate of these inputs asks for, so that a price book
/// that needs the network can fetch them first. Keys do not depend on prices.
pub fn required_prices(inputs: &[EstimateInput<'_>], options: &EstimateOptions) -> BTreeSet<(String, String)> {
    let recorder = Recorder::default();
    try_all(inputs, options, &recorder);
    recorder.0.into_inner()
}

/// The resources that the cost of these inputs depends on and that are neither among them nor
/// beside them, so that they can be read first ([`EstimateOptions::surroundings`]).
pub fn missing_neighbours(inputs: &[EstimateInput<'_>], options: &EstimateOptions) -> BTreeSet<MissingNeighbour> {
    try_all(inputs, options, &Recorder::default())
}

/// A price book that knows no price and remembers what it was asked for.
#[derive(Default)]
struct Recorder(RefCell<BTreeSet<(String, String)>>);

impl PriceBook for Recorder {
    fn price(&self, key: &str, region: &str) -> Option<Price> {
        self.0.borrow_mut().insert((key.to_owned(), region.to_owned()));
        None
    }

    fn regions(&self) -> Vec<String> {
        Vec::new()
    }
}

fn try_all(
    inputs: &[EstimateInput<'_>],
    options: &EstimateOptions,
    prices: &dyn PriceBook,
) -> BTreeSet<MissingNeighbour> {
    let neighbours = neighbours(inputs, options);
    let nothing = resource::Consumption::default();
    for (at, input) in inputs.iter().enumerate() {
        let task = resource::Task { input, place: neighbours.place(at), options, prices, trial: None };
        resource::estimate(task, &nothing);
    }
    neighbours.missing()
}
