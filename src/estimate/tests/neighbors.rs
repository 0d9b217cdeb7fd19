//! Costs that depend on other resources of the plan.

use serde_json::json;

use super::*;

/// The estimate of the first of several resources.
fn first(resources: &[(&str, &str, Value)]) -> ResourceEstimate {
    let inputs: Vec<_> = resources.iter().map(|(id, type_name, properties)| input(id, type_name, properties)).collect();
    estimate(&inputs, &EstimateOptions::default(), &Snapshot).resources.remove(0)
}

const SERVICE: &str = "AWS::ECS::Service";
const TASK: &str = "AWS::ECS::TaskDefinition";

fn service(task: Value) -> Value {
    json!({"LaunchType": "FARGATE", "DesiredCount": 1, "TaskDefinition": task})
}

#[test]
fn a_missing_resource_is_unknown_and_the_reason_says_what_to_do() {
    let task = json!({"Family": "orders-dev", "Cpu": "256", "Memory": "512"});
    for reference in [json!("other-dev:3"), json!({"Ref": "Gone"}), json!({"Fn::ImportValue": "task"})] {
        let found = first(&[("S", SERVICE, service(reference.clone())), ("T", TASK, task.clone())]);
        assert_eq!(found.status, Status::Unknown, "{reference}");
        let reason = &found.unknown[0].reason;
        for says in ["TaskDefinition refers to", "AWS::ECS::TaskDefinition", "--with-dependencies", "--live"] {
            assert!(reason.contains(says), "{reference}: {reason}");
        }
    }
    // It exists, but lacks the needed property.
    let found = first(&[("S", SERVICE, service(json!({"Ref": "T"}))), ("T", TASK, json!({"Cpu": "256"}))]);
    assert_eq!(found.status, Status::Unknown);
    assert!(found.unknown.iter().any(|one| one.reason == "Memory of T is not set"), "{:?}", found.unknown);
    // Its value is not known either.
    let hidden = json!({"Cpu": {"Ref": "Size"}, "Memory": "512"});
    let found = first(&[("S", SERVICE, service(json!({"Ref": "T"}))), ("T", TASK, hidden)]);
    assert!(found.unknown[0].reason.contains("Cpu is not known before apply (Ref) (T)"), "{:?}", found.unknown);
}

#[test]
fn a_service_on_instances_costs_nothing_itself() {
    let found = first(&[("S", SERVICE, json!({"LaunchType": "EC2", "TaskDefinition": {"Ref": "Gone"}}))]);
    assert_eq!(found.status, Status::Free, "{found:?}");
    assert!(found.assumptions.iter().any(|text| text.contains("EC2 instances")));
}

#[test]
fn existing_resources_are_read_and_not_counted() {
    let arn = "arn:aws:ecs:us-east-1:111111111111:task-definition/orders-dev:3";
    let properties = service(json!(arn));
    let inputs = [input("S", SERVICE, &properties)];
    let missing = missing_neighbors(&inputs, &EstimateOptions::default());
    let expected = MissingNeighbor { type_name: TASK.to_owned(), reference: arn.to_owned() };
    assert_eq!(missing.into_iter().collect::<Vec<_>>(), [expected]);
    let beside = ExistingResource {
        type_name: TASK.to_owned(),
        identifier: arn.to_owned(),
        properties: json!({"Cpu": "256", "Memory": "512"}),
    };
    let options = EstimateOptions { existing: vec![beside], ..EstimateOptions::default() };
    assert_eq!(missing_neighbors(&inputs, &options).len(), 0);
    let found = estimate(&inputs, &options, &Snapshot);
    assert_eq!(found.resources.len(), 1);
    assert_eq!(found.total.expected.to_string(), "$9.01"); // 730*(0.25*0.04048 + 0.5*0.004445)
}

#[test]
fn a_cluster_and_its_members_are_not_counted_twice() {
    let member =
        json!({"Engine": "aurora-postgresql", "DBInstanceClass": "db.serverless", "DBClusterIdentifier": {"Ref": "C"}});
    let cluster = json!({"Engine": "aurora-postgresql", "ServerlessV2ScalingConfiguration": {"MinCapacity": 0.5, "MaxCapacity": 2}});
    let inputs = [input("M", "AWS::RDS::DBInstance", &member), input("C", "AWS::RDS::DBCluster", &cluster)];
    let both = estimate(&inputs, &EstimateOptions::default(), &Snapshot);
    assert_eq!(both.resources[0].monthly.expected, Usd::ZERO);
    assert_eq!(both.resources[0].unknown, []);
    assert_eq!(both.total.expected.to_string(), "$45.80"); // 365*0.12 + 1 + 1, as without the member
    assert_eq!(both.total.low.to_string(), "$43.80", "the minimum is fixed");
    // Alone it is unknown instead of free.
    let alone = estimate(&inputs[..1], &EstimateOptions::default(), &Snapshot);
    assert_eq!(alone.resources[0].status, Status::Unknown);
    assert!(alone.verdict.requires_approval());
    // A provisioned member has no storage line.
    let writer = json!({"Engine": "aurora-mysql", "DBInstanceClass": "db.t3.medium", "DBClusterIdentifier": {"Ref": "C"},
        "AllocatedStorage": "500", "StorageType": "gp3", "Iops": 20000});
    let mysql = json!({"Engine": "aurora-mysql"});
    let found = first(&[("M", "AWS::RDS::DBInstance", writer.clone()), ("C", "AWS::RDS::DBCluster", mysql)]);
    assert_eq!(found.lines.len(), 1);
    assert_eq!(found.monthly.expected.to_string(), "$59.86"); // 730*0.082
    let optimized = json!({"Engine": "aurora-mysql", "StorageType": "aurora-iopt1"});
    let found = first(&[("M", "AWS::RDS::DBInstance", writer), ("C", "AWS::RDS::DBCluster", optimized)]);
    assert!(found.unknown[0].reason.contains("no price for rds.db.t3.medium.AuroraMySQL.iopt"), "{:?}", found.unknown);
}

#[test]
fn a_cluster_that_may_pause_counts_half_a_unit_as_assumed() {
    let paused = json!({"Engine": "aurora-postgresql", "ServerlessV2ScalingConfiguration": {"MinCapacity": 0, "MaxCapacity": 2}});
    let found = first(&[("C", "AWS::RDS::DBCluster", paused)]);
    assert_eq!(found.monthly.expected.to_string(), "$45.80");
    assert_eq!(found.monthly.low, Usd::ZERO);
    assert!(found.assumptions.iter().any(|text| text.contains("half a capacity unit")), "{:?}", found.assumptions);
}

#[test]
fn a_group_whose_launch_template_is_elsewhere_is_unknown() {
    let group = |launch: Value| json!({"MinSize": "1", "MaxSize": "1", "LaunchTemplate": launch});
    let elsewhere = json!({"LaunchTemplateId": "lt-0123456789abcdef0", "Version": "1"});
    let found = first(&[("G", "AWS::AutoScaling::AutoScalingGroup", group(elsewhere))]);
    assert_eq!(found.status, Status::Unknown);
    assert!(found.unknown.iter().any(|one| one.reason.contains("lt-0123456789abcdef0")), "{:?}", found.unknown);
    let mixed = json!({"MinSize": "1", "MaxSize": "1", "MixedInstancesPolicy": {"LaunchTemplate": {}}});
    let found = first(&[("G", "AWS::AutoScaling::AutoScalingGroup", mixed)]);
    assert_eq!(found.unknown.len(), 1, "{:?}", found.unknown);
    assert!(found.unknown[0].reason.contains("mixed-instances policy"));
}

#[test]
fn provisioned_concurrency_without_its_function_is_unknown() {
    let alias = json!({"FunctionName": "orders-dev", "Name": "live", "FunctionVersion": "1", "ProvisionedConcurrencyConfig": {"ProvisionedConcurrentExecutions": 1}});
    let found = first(&[("A", "AWS::Lambda::Alias", alias)]);
    assert_eq!(found.status, Status::Unknown);
    assert!(found.unknown[0].reason.contains("orders-dev"), "{:?}", found.unknown);
}

#[test]
fn a_scalable_target_is_free_while_it_adds_no_capacity() {
    let target = |minimum: Value, what: &str| json!({"MinCapacity": minimum, "MaxCapacity": 500, "ResourceId": {"Fn::Sub": "x/${Scaled}"}, "ScalableDimension": what});
    let table = |billing: &str, read: u32| {
        json!({"BillingMode": billing, "ProvisionedThroughput": {"ReadCapacityUnits": read, "WriteCapacityUnits": 1},
            "GlobalSecondaryIndexes": [{"ProvisionedThroughput": {"ReadCapacityUnits": "2", "WriteCapacityUnits": 1}}]})
    };
    let status = |target: Value, type_name: &'static str, scaled: Value| {
        first(&[("T", "AWS::ApplicationAutoScaling::ScalableTarget", target), ("Scaled", type_name, scaled)]).status
    };
    let (tables, reads, indexes) =
        ("AWS::DynamoDB::Table", "dynamodb:table:ReadCapacityUnits", "dynamodb:index:ReadCapacityUnits");
    for (minimum, what, scaled, expected) in [
        (json!(5), reads, table("PROVISIONED", 5), Status::Free),
        (json!("6"), reads, table("PROVISIONED", 5), Status::Unknown),
        (json!(100), reads, table("PAY_PER_REQUEST", 1), Status::Free),
        (json!(2), indexes, table("PROVISIONED", 5), Status::Free),
        (json!(3), indexes, table("PROVISIONED", 5), Status::Unknown),
        (json!({"Ref": "P"}), reads, table("PROVISIONED", 5), Status::Unknown),
    ] {
        assert_eq!(status(target(minimum.clone(), what), tables, scaled), expected, "{minimum} {what}");
    }
    for (minimum, scaled, expected) in [
        (1, json!({"LaunchType": "FARGATE"}), Status::Free),
        (2, json!({"LaunchType": "FARGATE"}), Status::Unknown),
        (2, json!({"LaunchType": "FARGATE", "DesiredCount": "2"}), Status::Free),
        (9, json!({"LaunchType": "EC2", "DesiredCount": 1}), Status::Free),
    ] {
        let found = status(target(json!(minimum), "ecs:service:DesiredCount"), SERVICE, scaled);
        assert_eq!(found, expected, "{minimum}");
    }
    let nothing = first(&[(
        "T",
        "AWS::ApplicationAutoScaling::ScalableTarget",
        target(json!(0), "rds:cluster:ReadReplicaCount"),
    )]);
    assert_eq!(nothing.status, Status::Free);
}
