//! Options of an estimate.

use rust_decimal::Decimal;

use super::input::{EstimateInput, ExistingResource};
use super::usage::Usage;
use crate::domain::money::Usd;

/// Options of an estimate.
#[derive(Debug, Clone)]
pub struct EstimateOptions {
    /// Hours per month; 730 by convention.
    pub hours_per_month: Decimal,
    /// `cost.auto_approve_below`: an upper estimate from this amount on needs approval.
    pub threshold: Usd,
    /// Usage figures from the user.
    pub usage: Usage,
    /// Subtract the account's always-free allowances, once for the whole plan. Other usage of
    /// them is not visible, so this is opt-in. Allowances inside a price's own tiers
    /// are always applied.
    pub assume_free_tier: bool,
    /// Existing resources outside the plan: read where a cost depends on them, not counted.
    pub existing: Vec<ExistingResource>,
    /// The resources of each file refer by logical id to those of the same file only.
    pub separate_stacks: bool,
}

impl Default for EstimateOptions {
    fn default() -> Self {
        Self {
            hours_per_month: Decimal::from(730),
            threshold: Usd::new(Decimal::new(1000, 2)),
            usage: Usage::default(),
            assume_free_tier: false,
            existing: Vec::new(),
            separate_stacks: false,
        }
    }
}

impl EstimateOptions {
    pub(super) fn existing<'a>(&'a self, region: &'a str) -> impl Iterator<Item = EstimateInput<'a>> {
        self.existing.iter().map(move |one| EstimateInput {
            file: None,
            logical_id: None,
            identifier: Some(&one.identifier),
            type_name: &one.type_name,
            region,
            properties: &one.properties,
        })
    }
}
