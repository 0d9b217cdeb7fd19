//! Laws that hold for any input.

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
