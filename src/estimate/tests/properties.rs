//! Properties that hold for any input.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[ -~]{0,12}".prop_map(Value::from),
        Just(json!({"Ref": "X"})),
        Just(json!({"Ref": "AWS::NoValue"})),
        Just(json!({"Fn::If": ["C", 1, 2]})),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::btree_map("[A-Z][a-z]{0,6}", inner, 0..3).prop_map(|map| json!(map)),
        ]
    })
}

proptest! {
    #[test]
    fn cost_is_monotonic_in_storage(a in 1u32..2_000_000, b in 1u32..2_000_000) {
        let cost = |gb: u32| {
            let usage = options(&[("AWS::S3::Bucket", "storage_gb", &gb.to_string())]);
            one("AWS::S3::Bucket", &json!({}), &usage).total
        };
        let (small, large) = (cost(a.min(b)), cost(a.max(b)));
        prop_assert!(small.low <= large.low && small.expected <= large.expected && small.high <= large.high);
        prop_assert!(small.low <= small.expected && small.expected <= small.high);
    }

    #[test]
    fn a_plan_costs_the_sum_of_its_resources(sizes in prop::collection::vec(1u32..10_000, 1..6)) {
        let properties: Vec<Value> = sizes.iter().map(|size| json!({"Size": size, "VolumeType": "gp3"})).collect();
        let inputs: Vec<_> = properties.iter().map(|p| input("V", "AWS::EC2::Volume", p)).collect();
        let whole = estimate(&inputs, &EstimateOptions::default(), &Snapshot);
        let parts: Usd = properties.iter().map(|p| one("AWS::EC2::Volume", p, &EstimateOptions::default()).total.high).sum();
        prop_assert_eq!(whole.total.high, parts);
    }

    /// For every priced type and usage key: more usage never costs less, with the figures' examples
    /// as the resources.
    #[test]
    fn cost_is_monotonic_in_every_usage(index in 0usize..500, a in 0u64..10_000_000_000, b in 0u64..10_000_000_000) {
        let keys: Vec<(&str, &str)> = supported()
            .iter()
            .flat_map(|one| one.usage.iter().map(|usage| (one.type_name, usage.key)))
            .collect();
        let (type_name, key) = keys[index % keys.len()];
        let Some(properties) = super::figures::properties_of(type_name) else { return Ok(()) };
        let cost = |figure: u64| one(type_name, &properties, &options(&[(type_name, key, &figure.to_string())]));
        let (small, large) = (cost(a.min(b)), cost(a.max(b)));
        // A key without a price makes more of it unknown, never cheaper.
        prop_assert!(small.unknown_count <= large.unknown_count, "{type_name} {key}");
        if large.unknown_count == 0 {
            prop_assert!(small.total.expected <= large.total.expected, "{type_name} {key}");
            prop_assert!(small.total.high <= large.total.high, "{type_name} {key}");
        }
    }

    /// A plan costs what its resources cost, and where they share a free quantity never less.
    #[test]
    fn a_plan_of_any_types_costs_at_least_its_parts(indices in prop::collection::vec(0usize..500, 1..6)) {
        let types: Vec<&str> = supported()
            .iter()
            .filter(|one| one.status == Status::Priced)
            .map(|one| one.type_name)
            .collect();
        let chosen: Vec<(&str, Value)> = indices
            .iter()
            .filter_map(|index| types.get(index % types.len()))
            .filter_map(|type_name| Some((*type_name, super::figures::properties_of(type_name)?)))
            .collect();
        let names: Vec<String> = (0..chosen.len()).map(|at| format!("R{at}")).collect();
        let inputs: Vec<_> =
            chosen.iter().zip(&names).map(|((type_name, properties), name)| input(name, type_name, properties)).collect();
        let whole = estimate(&inputs, &EstimateOptions::default(), &Snapshot);
        let parts: Usd = inputs
            .iter()
            .map(|input| estimate(std::slice::from_ref(input), &EstimateOptions::default(), &Snapshot).total.expected)
            .sum();
        prop_assert!(whole.total.expected >= parts, "{} < {parts}", whole.total.expected);
        let sum: Usd = whole.resources.iter().map(|resource| resource.monthly.expected).sum();
        prop_assert_eq!(whole.total.expected, sum);
        // No two of a type: nothing is shared, unless two types share a price.
        let shares = chosen.iter().any(|(type_name, _)| ["SQS", "SNS", "DynamoDB"].iter().any(|part| type_name.contains(part)));
        let unique: std::collections::BTreeSet<&str> = chosen.iter().map(|(type_name, _)| *type_name).collect();
        if unique.len() == chosen.len() && !shares {
            prop_assert_eq!(whole.total.expected, parts);
        }
    }

    /// At every tier boundary, slightly more usage costs slightly more.
    #[test]
    fn cost_has_no_jump_at_a_tier_boundary(index in 0usize..3308, below in 1u32..1000) {
        let id = Snapshot::ids().nth(index).unwrap();
        let (key, region) = id.rsplit_once('@').unwrap();
        let price = Snapshot.price(key, region).unwrap();
        for tier in &price.tiers {
            let step = Decimal::new(i64::from(below), 6);
            let from = (tier.begin - step).max(Decimal::ZERO);
            let cost = |quantity| price.cost(Decimal::ZERO, quantity).unwrap();
            let rise = cost(tier.begin + step) - cost(from);
            let dearest = price.tiers.iter().map(|tier| tier.price).max().unwrap();
            prop_assert!(rise >= Decimal::ZERO && rise <= dearest * (tier.begin + step - from), "{id}");
        }
    }

    /// The break-even usage passes, and the next readable figure does not.
    #[test]
    fn the_break_even_is_the_largest_figure_that_passes(index in 0usize..500, threshold in 1u32..2000) {
        let types: Vec<&str> = supported()
            .iter()
            .filter(|one| one.status == Status::Priced && !one.usage.is_empty())
            .map(|one| one.type_name)
            .collect();
        let type_name = types[index % types.len()];
        let Some(properties) = super::figures::properties_of(type_name) else { return Ok(()) };
        let threshold = Usd::new(Decimal::from(threshold));
        let with = |usage: &[(&str, &str, &str)]| {
            let options = EstimateOptions { threshold, ..options(usage) };
            one(type_name, &properties, &options)
        };
        for found in with(&[]).break_even {
            let asks = |figure: Decimal| {
                let figure = figure.to_string();
                with(&[(type_name, &found.usage, &figure)]).verdict.requires_approval()
            };
            prop_assert!(!asks(found.up_to), "{type_name} {} {}", found.usage, found.up_to);
            let next = next_readable(found.up_to);
            prop_assert!(asks(next), "{type_name} {}: {} passes, not only {}", found.usage, next, found.up_to);
        }
    }

    #[test]
    fn no_properties_panic_or_make_a_cost_negative(index in 0usize..260, name in "[A-Z][A-Za-z]{2,18}", value in any_value()) {
        let Some(type_name) = model::types().nth(index) else { return Ok(()) };
        let known = ["Engine", "DBInstanceClass", "AllocatedStorage", "BillingMode", "Size", "Period", "Metrics", "MemorySize", "Architectures", "SubnetIds", "BlockDeviceMappings"];
        let mut properties = json!({name: value.clone()});
        properties[known[index % known.len()]] = value;
        let estimate = one(type_name, &properties, &EstimateOptions::default());
        prop_assert!(estimate.total.low >= Usd::ZERO);
        prop_assert!(estimate.total.low <= estimate.total.expected);
    }
}

/// The next figure of two digits and zeros: 0.10 after 0, 0.11 after 0.10, 10 after 9.9, 400 after 390.
fn next_readable(figure: Decimal) -> Decimal {
    if figure < Decimal::new(1, 1) {
        return Decimal::new(1, 1);
    }
    let mut step = Decimal::new(1, 2);
    while figure >= step * Decimal::ONE_HUNDRED {
        step *= Decimal::TEN;
    }
    figure + step
}
