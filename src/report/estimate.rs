//! The body of `estimate`, which is also part of every plan.

use schemars::JsonSchema;
use serde::Serialize;

use super::comparison::{ComparisonView, SupportedView};
use super::enums::{ConfidenceCode, CostStatus, CostVerdict, LineKind, PriceSourceCode, UsageCode};
use super::envelope::DiagnosticView;
use crate::estimate::{BreakEven, CostLine, Estimate, Range, ResourceEstimate, Verdict};

/// The monthly cost of resources in US dollars.
#[derive(Debug, Serialize, JsonSchema)]
pub struct EstimateBody {
    /// The amount from which an approval is required.
    pub threshold: ThresholdView,
    /// One estimate per resource.
    pub resources: Vec<ResourceEstimateView>,
    /// The total of the known parts.
    pub total: TotalView,
    /// Whether an approval is required.
    pub verdict: CostVerdict,
    /// Why an approval is required.
    pub reasons: Vec<String>,
    /// The first of the reasons is that the upper estimate reaches the threshold.
    #[serde(skip)]
    pub exceeds_threshold: bool,
    /// The usage up to which no approval is required.
    pub break_even: Vec<BreakEvenView>,
}

/// The result of `estimate`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct EstimateReport {
    /// The estimate; it has no resources with `--supported`.
    #[serde(flatten)]
    pub estimate: EstimateBody,
    /// With `--compare`: the comparison with the other templates.
    pub comparison: Option<ComparisonView>,
    /// Faults of the templates: what depends on one is unknown.
    pub faults: Vec<DiagnosticView>,
    /// With `--supported`: the supported types.
    pub supported: Vec<SupportedView>,
}

/// The approval threshold.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ThresholdView {
    /// Amounts below this one require no approval; decimal string.
    pub auto_approve_below: String,
    /// `USD`.
    pub currency: String,
}

/// Three estimates of a monthly amount; decimal strings.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RangeView {
    /// Fixed costs and provided usage.
    pub low: String,
    /// Including assumed usage.
    pub expected: String,
    /// Expected amount plus the margin of each line; used by the gate.
    pub high: String,
}

/// The total of the known parts.
#[derive(Debug, Serialize, JsonSchema)]
pub struct TotalView {
    /// Fixed costs and provided usage.
    pub low: String,
    /// Including assumed usage.
    pub expected: String,
    /// Expected amount plus the margin of each line; used by the gate.
    pub high: String,
    /// Resources with an unknown part; if not 0, the amounts are lower bounds.
    pub unknown_count: u64,
}

/// The estimate of one resource.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ResourceEstimateView {
    /// The template file.
    pub file: Option<String>,
    /// Logical id in the template.
    pub logical_id: Option<String>,
    /// Identifier.
    pub identifier: Option<String>,
    /// Type name.
    #[serde(rename = "type")]
    pub type_name: String,
    /// The Region of the prices.
    pub region: String,
    /// Whether the cost is known.
    pub status: CostStatus,
    /// The cost of the known parts.
    pub monthly: RangeView,
    /// The known parts.
    pub lines: Vec<CostLineView>,
    /// Assumptions.
    pub assumptions: Vec<String>,
    /// The usage figures used.
    pub usage: Vec<UsageView>,
    /// The unknown parts.
    pub unknown: Vec<UnknownView>,
}

/// One part of a resource's cost.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CostLineView {
    /// The billed dimension.
    pub dimension: String,
    /// Human-readable description.
    pub description: String,
    /// Units per month.
    pub quantity: String,
    /// The unit of the price.
    pub unit: String,
    /// US dollars per unit.
    pub unit_price: String,
    /// US dollars per month.
    pub monthly: String,
    /// Whether the cost depends on usage.
    pub kind: LineKind,
    /// The source of the usage figure, if the cost depends on usage.
    pub usage: Option<UsageCode>,
    /// The source of the price.
    pub source: PriceSourceCode,
    /// Date of the price.
    pub as_of: String,
    /// Age of a cached price in seconds.
    pub age_seconds: Option<u64>,
    /// SKU in the Price List.
    pub sku: Option<String>,
    /// The confidence in the price.
    pub confidence: ConfidenceCode,
}

/// A monthly usage figure of a resource.
#[derive(Debug, Serialize, JsonSchema)]
pub struct UsageView {
    /// The usage key.
    pub key: String,
    /// Units per month; decimal string.
    pub value: String,
    /// The unit.
    pub unit: String,
    /// The source of the figure.
    pub source: UsageCode,
}

/// A part with an unknown cost.
#[derive(Debug, Serialize, JsonSchema)]
pub struct UnknownView {
    /// The billed dimension.
    pub dimension: String,
    /// The reason.
    pub reason: String,
}

/// A usage up to which no approval is required.
#[derive(Debug, Serialize, JsonSchema)]
pub struct BreakEvenView {
    /// Logical id in the template.
    pub logical_id: Option<String>,
    /// Identifier.
    pub identifier: Option<String>,
    /// Type name.
    #[serde(rename = "type")]
    pub type_name: String,
    /// The usage key.
    pub usage: String,
    /// Units per month; decimal string.
    pub up_to: String,
    /// The unit.
    pub unit: String,
    /// Human-readable description.
    pub text: String,
}

impl From<&Estimate> for EstimateBody {
    fn from(estimate: &Estimate) -> Self {
        let total = range(&estimate.total);
        Self {
            threshold: ThresholdView {
                auto_approve_below: estimate.threshold.rounded().amount().to_string(),
                currency: "USD".to_owned(),
            },
            resources: estimate.resources.iter().map(resource).collect(),
            total: TotalView {
                low: total.low,
                expected: total.expected,
                high: total.high,
                unknown_count: estimate.unknown_count as u64,
            },
            verdict: CostVerdict::from(&estimate.verdict),
            exceeds_threshold: estimate.exceeds_threshold(),
            reasons: match &estimate.verdict {
                Verdict::AutoApproved => Vec::new(),
                Verdict::ApprovalRequired(reasons) => reasons.clone(),
            },
            break_even: estimate.break_even.iter().map(break_even).collect(),
        }
    }
}

pub(super) fn range(range: &Range) -> RangeView {
    let cents = |amount: crate::domain::money::Usd| amount.rounded().amount().to_string();
    RangeView { low: cents(range.low), expected: cents(range.expected), high: cents(range.high) }
}

fn resource(estimate: &ResourceEstimate) -> ResourceEstimateView {
    ResourceEstimateView {
        file: estimate.file.clone(),
        logical_id: estimate.logical_id.clone(),
        identifier: estimate.identifier.clone(),
        type_name: estimate.type_name.clone(),
        region: estimate.region.clone(),
        status: estimate.status.into(),
        monthly: range(&estimate.monthly),
        lines: estimate.lines.iter().map(line).collect(),
        assumptions: estimate.assumptions.clone(),
        usage: estimate
            .usage
            .iter()
            .map(|figure| UsageView {
                key: figure.key.clone(),
                value: figure.value.to_string(),
                unit: figure.unit.clone(),
                source: figure.source.into(),
            })
            .collect(),
        unknown: estimate
            .unknown
            .iter()
            .map(|unknown| UnknownView { dimension: unknown.dimension.clone(), reason: unknown.reason.clone() })
            .collect(),
    }
}

fn line(line: &CostLine) -> CostLineView {
    CostLineView {
        dimension: line.dimension.clone(),
        description: line.description.clone(),
        quantity: line.quantity.normalize().to_string(),
        unit: line.unit.clone(),
        unit_price: line.unit_price.normalize().to_string(),
        monthly: line.monthly.rounded().amount().to_string(),
        kind: line.kind.into(),
        usage: line.usage.map(UsageCode::from),
        source: line.source.into(),
        as_of: line.as_of.clone(),
        age_seconds: line.age_seconds,
        sku: line.sku.clone(),
        confidence: line.confidence.into(),
    }
}

fn break_even(found: &BreakEven) -> BreakEvenView {
    BreakEvenView {
        logical_id: found.logical_id.clone(),
        identifier: found.identifier.clone(),
        type_name: found.type_name.clone(),
        usage: found.usage.clone(),
        up_to: found.up_to.normalize().to_string(),
        unit: found.unit.clone(),
        text: found.text.clone(),
    }
}
