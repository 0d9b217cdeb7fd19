//! How a project promotes.

use std::collections::BTreeMap;
use std::time::Duration;

use rust_decimal::Decimal;
use serde_json::Value;

/// What may be promoted unattended (`promote --auto`). Absent means nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AutoPromotion {
    /// The resource types allowed.
    pub types: Vec<String>,
    /// The highest monthly upper estimate, in US dollars.
    pub cap: Decimal,
    /// How long a resource must have been unchanged in dev.
    pub soak: Duration,
}

/// How promotion maps dev to prod.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PromotionSettings {
    /// A dev value (ARN, id or name) and the prod value that replaces it.
    pub map: BTreeMap<String, String>,
    /// Values that differ in prod on purpose: by resource type, then by property path.
    pub overrides: BTreeMap<String, BTreeMap<String, Value>>,
    /// The rules of unattended promotion.
    pub auto: Option<AutoPromotion>,
}
