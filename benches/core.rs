//! The core's own time: `cargo bench`. Numbers are this machine's; compare within one run.
#![allow(missing_docs, clippy::unwrap_used)]

use divan::{Bencher, black_box};
use serde_json::{Value, json};
use stagegate::compare::normalize::{Options, normalize};
use stagegate::estimate::{Estimate, EstimateInput, EstimateOptions, Snapshot, estimate};
use stagegate::policy::{PolicySet, ScanInput, ScanResource, builtin};
use stagegate::schema::Registry;

fn main() {
    divan::main();
}

/// Resources of a few common types, in turn.
fn resources(count: usize) -> Vec<(String, Value)> {
    resources_of_few_types(count)
        .into_iter()
        .map(|(type_name, properties)| (type_name.to_owned(), properties))
        .collect()
}

fn resources_of_few_types(count: usize) -> Vec<(&'static str, Value)> {
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
        .collect()
}

/// A resource of a template: logical id, type and properties.
type Named = (String, &'static str, Value);

/// Sets of resources that refer to one another, and some that do not, in turn.
fn templates(count: usize) -> Vec<Named> {
    let mut resources: Vec<Named> = Vec::new();
    for number in 0.. {
        if resources.len() >= count {
            break;
        }
        let id = |kind: &str| format!("{kind}{number}");
        let reference = |kind: &str| json!({"Ref": id(kind)});
        let volumes = json!([{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 20, "VolumeType": "gp3"}}]);
        resources.extend([
            (id("Task"), "AWS::ECS::TaskDefinition", json!({"Family": format!("f{number}"), "Cpu": "256", "Memory": "512"})),
            (id("Service"), "AWS::ECS::Service", json!({"LaunchType": "FARGATE", "DesiredCount": 2, "TaskDefinition": reference("Task")})),
            (id("Template"), "AWS::EC2::LaunchTemplate", json!({"LaunchTemplateData": {"InstanceType": "t3.small", "BlockDeviceMappings": volumes}})),
            (id("Group"), "AWS::AutoScaling::AutoScalingGroup", json!({"MinSize": "1", "MaxSize": "2", "LaunchTemplate": {"LaunchTemplateId": reference("Template")}})),
            (id("Function"), "AWS::Lambda::Function", json!({"FunctionName": format!("fn{number}"), "MemorySize": 512})),
            // By name, as live resources call each other.
            (id("Alias"), "AWS::Lambda::Alias", json!({"FunctionName": format!("fn{number}"), "ProvisionedConcurrencyConfig": {"ProvisionedConcurrentExecutions": 1}})),
            (id("Cluster"), "AWS::RDS::DBCluster", json!({"Engine": "aurora-postgresql", "ServerlessV2ScalingConfiguration": {"MinCapacity": 0.5}})),
            (id("Member"), "AWS::RDS::DBInstance", json!({"Engine": "aurora-postgresql", "DBInstanceClass": "db.serverless", "DBClusterIdentifier": reference("Cluster")})),
        ]);
        let others = (resources_of_few_types(4)).into_iter().enumerate();
        resources
            .extend(others.map(|(at, (type_name, properties))| (format!("Other{number}x{at}"), type_name, properties)));
    }
    resources.truncate(count);
    resources
}

/// Resources that cost almost nothing: nothing reaches the threshold, and every break-even is sought.
fn small(count: usize) -> Vec<Named> {
    let types = ["AWS::SQS::Queue", "AWS::SNS::Topic", "AWS::Events::Rule", "AWS::IAM::Role"];
    (0..count).map(|number| (format!("R{number}"), types[number % types.len()], json!({}))).collect()
}

fn price(resources: &[Named]) -> Estimate {
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

#[divan::bench(args = [1, 1000, 4000])]
fn estimate_offline(bencher: Bencher<'_, '_>, count: usize) {
    let resources = templates(count);
    bencher.bench_local(|| black_box(price(&resources)));
}

#[divan::bench(args = [1000])]
fn estimate_with_every_break_even(bencher: Bencher<'_, '_>, count: usize) {
    let resources = small(count);
    bencher.bench_local(|| black_box(price(&resources)));
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
    let registry = Registry::embedded();
    bencher.bench_local(|| black_box(registry.validate(&type_name, &properties)));
}

#[divan::bench]
fn normalise_a_table(bencher: Bencher<'_, '_>) {
    let (type_name, properties) = resources(3).remove(2);
    let schema = Registry::embedded().get(&type_name).unwrap();
    bencher.bench_local(|| black_box(normalize(schema, &properties, &Options::default())));
}

#[divan::bench]
fn identify_an_arn() {
    black_box(Registry::embedded().identify(black_box("arn:aws:lambda:us-east-1:111111111111:function:orders-dev")));
}
