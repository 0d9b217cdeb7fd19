//! How to estimate.

use rust_decimal::Decimal;

use super::input::{EstimateInput, Surrounding};
use super::usage::Usage;
use crate::domain::money::Usd;

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
    pub(super) fn surroundings<'a>(&'a self, region: &'a str) -> impl Iterator<Item = EstimateInput<'a>> {
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
