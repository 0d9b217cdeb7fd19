//! `estimate`'s body, which is also part of every plan.

use schemars::JsonSchema;
use serde::Serialize;

use super::comparison::{ComparisonView, SupportedView};
use super::words::{ConfidenceCode, CostStatus, CostVerdict, LineKind, PriceSourceCode, UsageCode};
use crate::estimate::{BreakEven, CostLine, Estimate, Range, ResourceEstimate, Verdict};

/// What resources cost in a month, in US dollars.
#[derive(Debug, Serialize, JsonSchema)]
pub struct EstimateBody {
    /// From which amount an approval is needed.
    pub threshold: ThresholdView,
    /// One estimate for each resource.
    pub resources: Vec<ResourceEstimateView>,
    /// The sum of what is known.
    pub total: TotalView,
    /// Whether an approval is needed.
    pub verdict: CostVerdict,
    /// Why an approval is needed.
    pub reasons: Vec<String>,
    /// The first of the reasons is that the upper estimate reaches the threshold.
    #[serde(skip)]
    pub exceeds_threshold: bool,
    /// Up to which usage no approval is needed.
    pub break_even: Vec<BreakEvenView>,
}

/// `estimate`'s answer: the estimate, and what else was asked for.
#[derive(Debug, Serialize, JsonSchema)]
pub struct EstimateReport {
    /// The estimate; without resources for `--supported`.
    #[serde(flatten)]
    pub estimate: EstimateBody,
    /// With `--compare`: these resources against the others.
    pub comparison: Option<ComparisonView>,
    /// With `--supported`: the types of the cost model.
    pub supported: Vec<SupportedView>,
}

/// The threshold.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ThresholdView {
    /// Amounts below need no approval; decimal string.
    pub auto_approve_below: String,
    /// `USD`.
    pub currency: String,
}

/// A monthly amount at three levels of caution; decimal strings.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RangeView {
    /// Fixed costs and given usage.
    pub low: String,
    /// With assumed usage.
    pub expected: String,
    /// Expected, with each line's margin: what the gate uses.
    pub high: String,
}

/// The sum of what is known.
#[derive(Debug, Serialize, JsonSchema)]
pub struct TotalView {
    /// Fixed costs and given usage.
    pub low: String,
    /// With assumed usage.
    pub expected: String,
    /// Expected, with each line's margin: what the gate uses.
    pub high: String,
    /// Resources with an unknown part; unless it is 0, the amounts are lower bounds.
    pub unknown_count: u64,
}

/// One resource's estimate.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ResourceEstimateView {
    /// The file that it comes from.
    pub file: Option<String>,
    /// Its key in the template.
    pub logical_id: Option<String>,
    /// Its identifier.
    pub identifier: Option<String>,
    /// Type name.
    #[serde(rename = "type")]
    pub type_name: String,
    /// The region that it is billed in.
    pub region: String,
    /// How well the cost is known.
    pub status: CostStatus,
    /// Amounts of the known parts.
    pub monthly: RangeView,
    /// The known parts.
    pub lines: Vec<CostLineView>,
    /// What was taken for granted.
    pub assumptions: Vec<String>,
    /// The usage figures that it was computed with.
    pub usage: Vec<UsageView>,
    /// The parts that are not known.
    pub unknown: Vec<UnknownView>,
}

/// One part of a resource's cost.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CostLineView {
    /// The billed dimension.
    pub dimension: String,
    /// The same for people.
    pub description: String,
    /// Units in a month.
    pub quantity: String,
    /// The price's unit.
    pub unit: String,
    /// US dollars for a unit.
    pub unit_price: String,
    /// US dollars in a month.
    pub monthly: String,
    /// Whether it depends on usage.
    pub kind: LineKind,
    /// For usage: where the figure comes from.
    pub usage: Option<UsageCode>,
    /// Where the price comes from.
    pub source: PriceSourceCode,
    /// Date of the price.
    pub as_of: String,
    /// Age of a cached price.
    pub age_seconds: Option<u64>,
    /// The Price List's SKU.
    pub sku: Option<String>,
    /// How far the price can be relied on.
    pub confidence: ConfidenceCode,
}

/// How much of something a resource is taken to use in a month.
#[derive(Debug, Serialize, JsonSchema)]
pub struct UsageView {
    /// The usage key.
    pub key: String,
    /// Units in a month; decimal string.
    pub value: String,
    /// The unit.
    pub unit: String,
    /// Where it comes from.
    pub source: UsageCode,
}

/// A part whose cost is not known.
#[derive(Debug, Serialize, JsonSchema)]
pub struct UnknownView {
    /// The billed dimension.
    pub dimension: String,
    /// Why.
    pub reason: String,
}

/// A usage up to which no approval is needed.
#[derive(Debug, Serialize, JsonSchema)]
pub struct BreakEvenView {
    /// The resource's key in the template.
    pub logical_id: Option<String>,
    /// Its identifier.
    pub identifier: Option<String>,
    /// Type name.
    #[serde(rename = "type")]
    pub type_name: String,
    /// The usage.
    pub usage: String,
    /// Units in a month; decimal string.
    pub up_to: String,
    /// The unit.
    pub unit: String,
    /// The same for people.
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
