//! What was billed, with Cost Explorer.

use async_trait::async_trait;
use jiff::civil::Date;
use rust_decimal::Decimal;

use super::CloudError;

/// What amounts are grouped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CostGroup {
    /// The service.
    Service,
    /// The record type, such as `Usage`, `Tax` or `Credit`.
    RecordType,
    /// A cost allocation tag. Its keys are `TAG$value`, and `TAG$` without the tag.
    Tag(&'static str),
}

/// A question about months.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CostQuery {
    /// The first day.
    pub from: Date,
    /// The day after the last one.
    pub until: Date,
    /// What to group by; Cost Explorer allows two.
    pub groups: Vec<CostGroup>,
    /// Only the costs with this value of a cost allocation tag.
    pub only_tag: Option<(String, String)>,
    /// Leave out taxes, credits and refunds.
    pub only_charges: bool,
}

/// The amount of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupCost {
    /// A key for each element of [`CostQuery::groups`].
    pub keys: Vec<String>,
    /// The unblended cost.
    pub amount: Decimal,
    /// The currency.
    pub currency: String,
}

/// The amounts of a month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CostPeriod {
    /// Its first day.
    pub from: Date,
    /// Whether AWS may still change the amounts.
    pub is_estimated: bool,
    /// The amounts.
    pub groups: Vec<GroupCost>,
}

/// What an account was billed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Costs {
    /// The months, in order.
    pub periods: Vec<CostPeriod>,
}

/// Reads what was billed.
#[async_trait]
pub trait ReadCosts: Send + Sync {
    /// Returns the costs of the environment's account alone, also if it pays for others.
    ///
    /// # Errors
    /// There was no complete response.
    async fn costs(&self, query: &CostQuery) -> Result<Costs, CloudError>;
}
