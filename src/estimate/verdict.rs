//! Whether the cost requires approval, and why.

use super::cost::{CostLine, Range, ResourceEstimate, Status};
use super::prices::{Confidence, is_stale};
use crate::domain::money::Usd;

/// The gate's verdict about the cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The cost requires no approval.
    AutoApproved,
    /// The cost requires approval, for these reasons, each a sentence without a final period.
    ApprovalRequired(Vec<String>),
}

impl Verdict {
    /// True when approval is needed.
    pub fn requires_approval(&self) -> bool {
        matches!(self, Self::ApprovalRequired(_))
    }
}

/// True when an upper estimate requires approval. The threshold is inclusive, and an amount that is
/// rounded to the threshold counts as equal.
pub fn reaches(high: Usd, threshold: Usd) -> bool {
    high >= threshold || high.rounded() >= threshold
}

/// True when the amount itself needs approval.
pub(super) fn exceeds(resources: &[ResourceEstimate], total: Range, threshold: Usd) -> bool {
    // Free resources pass even with a threshold of zero.
    let all_free = resources.iter().all(|resource| resource.status == Status::Free);
    reaches(total.high, threshold) && !all_free
}

pub(super) fn decide(resources: &[ResourceEstimate], total: Range, threshold: Usd) -> Verdict {
    let mut reasons = blocking_reasons(resources);
    if exceeds(resources, total, threshold) {
        let bound = if reasons.is_empty() { "" } else { "at least " };
        reasons.insert(
            0,
            format!(
                "the upper estimate is {bound}{}; approval is required from {threshold}/month",
                total.high.per_month()
            ),
        );
    }
    if reasons.is_empty() { Verdict::AutoApproved } else { Verdict::ApprovalRequired(reasons) }
}

/// The reasons for approval that do not depend on the amount. Dimensions with the same reason are
/// named together.
pub(super) fn blocking_reasons(resources: &[ResourceEstimate]) -> Vec<String> {
    let mut reasons = Vec::new();
    for resource in resources {
        let label = resource.label();
        let mut grouped: Vec<(&str, Vec<&str>)> = Vec::new();
        for unknown in &resource.unknown {
            match grouped.iter_mut().find(|(reason, _)| *reason == unknown.reason) {
                Some((_, dimensions)) => dimensions.push(&unknown.dimension),
                None => grouped.push((&unknown.reason, vec![&unknown.dimension])),
            }
        }
        for (reason, dimensions) in grouped {
            let what = match dimensions.as_slice() {
                ["resource"] => "its cost".to_owned(),
                some => format!("the cost of {}", some.join(", ")),
            };
            reasons.push(format!("{label}: {what} is unknown: {reason}"));
        }
        let lines = resource.lines.iter();
        let weak: Vec<&str> =
            lines.filter(|line| line.confidence == Confidence::Low).map(|line| line.dimension.as_str()).collect();
        if !weak.is_empty() {
            reasons.push(format!("{label}: the price of {} has low confidence", weak.join(", ")));
        }
        let stale: Vec<&CostLine> =
            resource.lines.iter().filter(|line| is_stale(line.source, line.age_seconds)).collect();
        if !stale.is_empty() {
            let names: Vec<&str> = stale.iter().map(|line| line.dimension.as_str()).collect();
            let age = match stale.iter().map(|line| line.age_seconds).collect::<Option<Vec<u64>>>() {
                Some(ages) => format!("up to {} old", age_text(ages.into_iter().max().unwrap_or_default())),
                None => "of unknown age".to_owned(),
            };
            reasons.push(format!("{label}: the price of {} is {age} and was not refreshed", names.join(", ")));
        }
    }
    reasons
}

/// An age in its largest unit: `12m`, `5h`, `3d`.
pub fn age_text(seconds: u64) -> String {
    match seconds / 60 {
        0 => format!("{seconds}s"),
        minutes @ 1..60 => format!("{minutes}m"),
        minutes @ 60..2880 => format!("{}h", minutes / 60),
        minutes => format!("{}d", minutes / 1440),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal::Decimal;

    #[test]
    fn the_threshold_is_inclusive_and_compares_what_is_shown() {
        let ten = Usd::new(Decimal::from(10));
        let decide = |mills: i64| reaches(Usd::new(Decimal::new(mills, 3)), ten);
        assert!(!decide(9_990));
        assert!(!decide(9_994));
        assert!(decide(9_995));
        assert!(decide(10_000));
    }
}
