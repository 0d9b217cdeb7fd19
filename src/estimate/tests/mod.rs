//! The estimate as a whole.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod figures;
mod gate;
mod neighbors;
mod offered;
mod properties;
mod schema;
mod types;
mod unknown;
mod worked_examples;

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::*;
use crate::domain::money::Usd;

const REGION: &str = "us-east-1";

fn input<'a>(id: &'a str, type_name: &'a str, properties: &'a Value) -> EstimateInput<'a> {
    EstimateInput { file: None, logical_id: Some(id), identifier: None, type_name, region: REGION, properties }
}

fn options(usage: &[(&str, &str, &str)]) -> EstimateOptions {
    let mut options = EstimateOptions::default();
    for (type_name, key, value) in usage {
        options.usage.set_for_type(type_name, key, value.parse().unwrap()).unwrap();
    }
    options
}

fn one(type_name: &str, properties: &Value, options: &EstimateOptions) -> Estimate {
    estimate(&[input("It", type_name, properties)], options, &Snapshot)
}

fn expected(type_name: &str, properties: &Value) -> String {
    one(type_name, properties, &EstimateOptions::default()).total.expected.to_string()
}

fn database(engine: &str, class: &str) -> Value {
    json!({"Engine": engine, "DBInstanceClass": class, "AllocatedStorage": "20", "StorageType": "gp2"})
}

fn reasons(estimate: &Estimate) -> Vec<String> {
    match &estimate.verdict {
        Verdict::AutoApproved => Vec::new(),
        Verdict::ApprovalRequired(reasons) => reasons.clone(),
    }
}
