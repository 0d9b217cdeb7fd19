//! The cost difference between two desired states.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::cost::{Range, ResourceEstimate, Status};
use super::plan::Estimate;
use crate::domain::money::Usd;

/// How a resource's cost changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CostChange {
    /// Only the new state has the resource.
    Added,
    /// Only the old state has it.
    Removed,
    /// Both have it, at a different cost or with different unknown parts.
    Changed,
    /// Both have it at the same cost.
    Unchanged,
}

/// New minus old, in US dollars per month; exact, and negative where the cost decreases.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Difference {
    /// Of fixed costs and given usage.
    pub low: Decimal,
    /// With assumed usage.
    pub expected: Decimal,
    /// Of the upper estimates.
    pub high: Decimal,
}

/// One resource of either state.
#[derive(Debug, Clone, PartialEq)]
pub struct ComparedResource {
    /// Its key in the template.
    pub logical_id: Option<String>,
    /// Its identifier.
    pub identifier: Option<String>,
    /// CloudFormation type name.
    pub type_name: String,
    /// How its cost changed.
    pub change: CostChange,
    /// Its cost in the old state.
    pub before: Option<Range>,
    /// Its cost in the new state.
    pub after: Option<Range>,
    /// Of the known parts.
    pub difference: Difference,
    /// True when a part of it is unknown in either state: the difference does not include it.
    pub has_unknown: bool,
}

/// New state minus old state.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// The new state's resources in their order, then the removed ones.
    pub resources: Vec<ComparedResource>,
    /// The old state's total.
    pub before: Range,
    /// The new state's total.
    pub after: Range,
    /// Of the totals' known parts.
    pub difference: Difference,
    /// Resources with an unknown part, in either state.
    pub unknown_count: usize,
}

/// Compares two estimates. Resources are the same where type and logical id (else identifier) are.
pub fn compare(before: &Estimate, after: &Estimate) -> Comparison {
    let mut old: BTreeMap<(&str, &str), &ResourceEstimate> = BTreeMap::new();
    for resource in &before.resources {
        old.insert(key(resource), resource);
    }
    let mut resources = Vec::new();
    for resource in &after.resources {
        resources.push(match old.remove(&key(resource)) {
            Some(earlier) => {
                let unknown = (&earlier.unknown, earlier.status) != (&resource.unknown, resource.status);
                let moved = earlier.monthly != resource.monthly || unknown;
                let change = if moved { CostChange::Changed } else { CostChange::Unchanged };
                compared(change, resource, Some(earlier), Some(resource))
            }
            None => compared(CostChange::Added, resource, None, Some(resource)),
        });
    }
    let gone = before.resources.iter().filter(|resource| old.contains_key(&key(resource)));
    resources.extend(gone.map(|resource| compared(CostChange::Removed, resource, Some(resource), None)));
    Comparison {
        unknown_count: resources.iter().filter(|resource| resource.has_unknown).count(),
        resources,
        before: before.total,
        after: after.total,
        difference: difference(before.total, after.total),
    }
}

fn key(resource: &ResourceEstimate) -> (&str, &str) {
    (resource.type_name.as_str(), resource.label())
}

fn compared(
    change: CostChange,
    named: &ResourceEstimate,
    before: Option<&ResourceEstimate>,
    after: Option<&ResourceEstimate>,
) -> ComparedResource {
    let monthly = |resource: Option<&ResourceEstimate>| resource.map(|resource| resource.monthly);
    let is_unknown = |resource: &ResourceEstimate| resource.status == Status::Unknown;
    ComparedResource {
        logical_id: named.logical_id.clone(),
        identifier: named.identifier.clone(),
        type_name: named.type_name.clone(),
        change,
        before: monthly(before),
        after: monthly(after),
        difference: difference(monthly(before).unwrap_or_default(), monthly(after).unwrap_or_default()),
        has_unknown: before.is_some_and(is_unknown) || after.is_some_and(is_unknown),
    }
}

fn difference(before: Range, after: Range) -> Difference {
    let minus = |after: Usd, before: Usd| (after - before).amount();
    Difference {
        low: minus(after.low, before.low),
        expected: minus(after.expected, before.expected),
        high: minus(after.high, before.high),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use serde_json::{Value, json};

    use super::super::{EstimateInput, EstimateOptions, Snapshot, estimate};
    use super::*;

    fn of(resources: &[(&str, &str, Value)]) -> Estimate {
        let inputs: Vec<EstimateInput<'_>> = resources
            .iter()
            .map(|(logical_id, type_name, properties)| EstimateInput {
                file: None,
                logical_id: Some(logical_id),
                identifier: None,
                type_name,
                region: "us-east-1",
                properties,
            })
            .collect();
        estimate(&inputs, &EstimateOptions::default(), &Snapshot)
    }

    #[test]
    fn each_resource_has_its_cost_change() {
        let volume = |size: u32| json!({"VolumeType": "gp3", "Size": size});
        let before = of(&[
            ("Kept", "AWS::EC2::Volume", volume(10)),
            ("Grown", "AWS::EC2::Volume", volume(10)),
            ("Gone", "AWS::KMS::Key", json!({})),
            ("Other", "AWS::KMS::Key", json!({})),
        ]);
        let after = of(&[
            ("New", "AWS::EC2::Volume", volume(50)),
            ("Grown", "AWS::EC2::Volume", volume(35)),
            ("Kept", "AWS::EC2::Volume", volume(10)),
            // The same name with a different type is a different resource.
            ("Other", "AWS::EC2::Volume", volume(5)),
        ]);
        let compared = compare(&before, &after);
        let rows: Vec<(&str, CostChange, String)> = compared
            .resources
            .iter()
            .map(|row| {
                (row.logical_id.as_deref().unwrap(), row.change, row.difference.expected.normalize().to_string())
            })
            .collect();
        assert_eq!(
            rows,
            [
                ("New", CostChange::Added, "4".to_owned()),     // 50*0.08
                ("Grown", CostChange::Changed, "2".to_owned()), // 25*0.08
                ("Kept", CostChange::Unchanged, "0".to_owned()),
                ("Other", CostChange::Added, "0.4".to_owned()), // 5*0.08
                ("Gone", CostChange::Removed, "-1.003".to_owned()), // 1 + 1000*0.000003
                ("Other", CostChange::Removed, "-1.003".to_owned()),
            ]
        );
        // 4 + 2 + 0.4 - 2*1.003
        assert_eq!(compared.difference.expected.normalize().to_string(), "4.394");
        assert_eq!(compared.unknown_count, 0);
    }

    #[test]
    fn swapping_the_states_inverts_the_signs() {
        let a = of(&[("A", "AWS::S3::Bucket", json!({})), ("B", "AWS::KMS::Key", json!({}))]);
        let b = of(&[("A", "AWS::S3::Bucket", json!({})), ("C", "AWS::GuardDuty::Detector", json!({}))]);
        let (there, back) = (compare(&a, &b), compare(&b, &a));
        assert_eq!(there.difference.high, -back.difference.high);
        assert_eq!((there.unknown_count, back.unknown_count), (1, 1));
        assert!(there.resources.iter().any(|row| row.change == CostChange::Added && row.has_unknown));
    }
}
