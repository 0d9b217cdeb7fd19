//! Cost limits.

use rust_decimal::Decimal;

/// When a cost needs an approval, and which monthly totals raise an alert. US dollars a month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CostSettings {
    /// A plan strictly below this needs no approval for its cost; default 10.00.
    pub auto_approve_below: Decimal,
    /// Monthly totals that raise an alert, ascending; default 25, 50, 100.
    pub alerts: Vec<Decimal>,
    /// The region whose Price List API is used; `None` means the first of
    /// [`CostSettings::DEFAULT_PRICING_REGIONS`] that responds.
    pub pricing_region: Option<String>,
}

impl CostSettings {
    /// Regions with a Price List API.
    pub const PRICING_REGIONS: [&'static str; 3] = ["us-east-1", "eu-central-1", "ap-south-1"];
    /// The regions that are queried for prices unless the project names one. Organizations that
    /// restrict regions usually deny ap-south-1.
    pub const DEFAULT_PRICING_REGIONS: [&'static str; 2] = ["us-east-1", "eu-central-1"];
}

impl Default for CostSettings {
    fn default() -> Self {
        Self {
            auto_approve_below: Decimal::new(1000, 2),
            alerts: [25, 50, 100].into_iter().map(Decimal::from).collect(),
            pricing_region: None,
        }
    }
}
