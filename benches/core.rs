//! The core's own time: `cargo bench`. Numbers are this machine's; compare within one run.
#![allow(missing_docs, clippy::unwrap_used)]

use divan::{Bencher, black_box};
use serde_json::{Value, json};
use stagegate::domain::estimate::{EstimateInput, EstimateOptions, Snapshot, estimate};
use stagegate::domain::normalise::{Options, normalise};
use stagegate::domain::policy::{PolicySet, ScanInput, ScanResource, builtin};
use stagegate::schema::{Registry, identify, validate};

fn main() {
    divan::main();
}

/// Resources of a few common types, in turn.
fn resources(count: usize) -> Vec<(String, Value)> {
    (0..count)
        .map(|number| match number % 4 {
            0 => (
                "AWS::S3::Bucket",
                json!({"BucketName": format!("b{number}-dev"), "VersioningConfiguration": {"Status": "Enabled"}}),
            ),
            1 => ("AWS::SQS::Queue", json!({"QueueName": format!("q{number}-dev"), "SqsManagedSseEnabled": true})),
            2 => (
                "AWS::DynamoDB::Table",
                json!({"TableName": format!("t{number}-dev"), "BillingMode": "PAY_PER_REQUEST",
                "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}]}),
            ),
            _ => (
                "AWS::RDS::DBInstance",
                json!({"DBInstanceClass": "db.t3.small", "Engine": "postgres", "AllocatedStorage": "20"}),
            ),
        })
        .map(|(type_name, properties)| (type_name.to_owned(), properties))
        .collect()
}

#[divan::bench(args = [1, 1000])]
fn estimate_offline(bencher: Bencher<'_, '_>, count: usize) {
    let resources = resources(count);
    bencher.bench_local(|| {
        let inputs: Vec<EstimateInput<'_>> = resources
            .iter()
            .map(|(type_name, properties)| EstimateInput {
                file: None,
                logical_id: None,
                identifier: None,
                type_name,
                region: "us-east-1",
                properties,
            })
            .collect();
        black_box(estimate(&inputs, &EstimateOptions::default(), &Snapshot))
    });
}

#[divan::bench]
fn compile_the_builtin_policies() -> PolicySet {
    PolicySet::compile(builtin::sources()).unwrap()
}

#[divan::bench(args = [1, 1000])]
fn scan(bencher: Bencher<'_, '_>, count: usize) {
    let policies = PolicySet::compile(builtin::sources()).unwrap();
    let resources =
        resources(count).into_iter().map(|(type_name, properties)| ScanResource::live(&type_name, "x", properties));
    let input = ScanInput { resources: resources.collect(), ..ScanInput::default() };
    bencher.bench_local(|| black_box(policies.evaluate(&input)));
}

#[divan::bench]
fn validate_a_table(bencher: Bencher<'_, '_>) {
    let (type_name, properties) = resources(3).remove(2);
    bencher.bench_local(|| black_box(validate(&type_name, &properties)));
}

#[divan::bench]
fn normalise_a_table(bencher: Bencher<'_, '_>) {
    let (type_name, properties) = resources(3).remove(2);
    let schema = Registry::get(&type_name).unwrap();
    bencher.bench_local(|| black_box(normalise(schema, &properties, &Options::default())));
}

#[divan::bench]
fn identify_an_arn() {
    black_box(identify(black_box("arn:aws:lambda:us-east-1:111111111111:function:orders-dev")));
}
