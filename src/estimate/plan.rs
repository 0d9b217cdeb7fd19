//! The estimate of a plan: all its resources together, and the prices and resources that it needs.

use std::cell::RefCell;
use std::collections::BTreeSet;

use super::break_even::{self, BreakEven};
use super::cost::{CostKind, Range, ResourceEstimate, Status, UsageSource};
use super::input::EstimateInput;
use super::neighbors::{MissingNeighbor, Neighbors};
use super::options::EstimateOptions;
use super::prices::{Price, PriceBook};
use super::resource;
use super::verdict::{self, Verdict};
use crate::domain::money::Usd;

/// The estimate of a plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Estimate {
    /// One per input, in the inputs' order.
    pub resources: Vec<ResourceEstimate>,
    /// The sum of the known parts.
    pub total: Range,
    /// Resources with an unknown part. Unless it is zero, `total` is a lower bound.
    pub unknown_count: usize,
    /// The approval threshold that was applied.
    pub threshold: Usd,
    /// Whether approval is needed for the cost, and why.
    pub verdict: Verdict,
    /// The usage up to which the plan stays below the threshold.
    pub break_even: Vec<BreakEven>,
    /// True when existing resources outside the plan were read: the plan's cost may
    /// then change even if the plan does not.
    pub beside: bool,
}

impl Estimate {
    /// True when a part of the cost is not in `total`.
    pub fn is_lower_bound(&self) -> bool {
        self.unknown_count > 0
    }

    /// True when the upper estimate reaches the threshold; this is then the first reason for approval.
    pub fn exceeds_threshold(&self) -> bool {
        verdict::exceeds(&self.resources, self.total, self.threshold)
    }

    /// The unit prices that the estimate is based on, for a plan's digest: (price id, rates), sorted.
    /// Source, age and cache state are excluded. So is the rate code: a live price has
    /// one where the embedded price may have none, and an approval must stay valid as long as the price
    /// is the same, from whichever source.
    pub fn price_facts(&self) -> Vec<(String, String)> {
        let lines = self.resources.iter().flat_map(|resource| &resource.lines);
        let facts: BTreeSet<(String, String)> = lines.map(|line| line.price_fact.clone()).collect();
        facts.into_iter().collect()
    }

    /// The quantities of all fixed costs in the estimate, for a plan's digest,
    /// sorted; empty where the estimate depends only on the plan, whose digest covers them already.
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
    /// is assumed is not part of the plan.
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
    let neighbors = neighbors(inputs, options);
    let mut consumed = resource::Consumption::default();
    let mut resources = Vec::with_capacity(inputs.len());
    let mut consumptions = Vec::with_capacity(inputs.len());
    for (at, input) in inputs.iter().enumerate() {
        let task = resource::Task { input, place: neighbors.place(at), options, prices, trial: None };
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
        neighbors: &neighbors,
        options,
        prices,
        resources: &resources,
        consumptions: &consumptions,
        consumed: &consumed,
        total,
    });
    let beside = !options.existing.is_empty();
    Estimate { resources, total, unknown_count, threshold: options.threshold, verdict, break_even, beside }
}

fn neighbors<'a>(inputs: &[EstimateInput<'a>], options: &'a EstimateOptions) -> Neighbors<'a> {
    let region = inputs.first().map_or("", |input| input.region);
    Neighbors::new(inputs, options.existing(region)).with_separate_stacks(options.separate_stacks)
}

/// The (price key, region) pairs that an estimate of these inputs needs, so that a price book
/// that needs the network can fetch them first. Keys do not depend on prices.
pub fn required_prices(inputs: &[EstimateInput<'_>], options: &EstimateOptions) -> BTreeSet<(String, String)> {
    let recorder = Recorder::default();
    try_all(inputs, options, &recorder);
    recorder.0.into_inner()
}

/// The resources that the cost of these inputs depends on and that are neither among them nor
/// among the existing resources, so that they can be read first ([`EstimateOptions::existing`]).
pub fn missing_neighbors(inputs: &[EstimateInput<'_>], options: &EstimateOptions) -> BTreeSet<MissingNeighbor> {
    try_all(inputs, options, &Recorder::default())
}

/// A price book without prices that records the requested keys.
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
) -> BTreeSet<MissingNeighbor> {
    let neighbors = neighbors(inputs, options);
    let nothing = resource::Consumption::default();
    for (at, input) in inputs.iter().enumerate() {
        let task = resource::Task { input, place: neighbors.place(at), options, prices, trial: None };
        resource::estimate(task, &nothing);
    }
    neighbors.missing()
}
