//! A part that cannot be priced is never counted as zero.

use serde_json::{Value, json};

use super::*;

#[test]
fn an_unpriced_part_is_unknown_and_never_zero() {
    let cases = [
        ("AWS::Made::Up", json!({}), "not in the cost model"),
        ("AWS::GuardDuty::Detector", json!({}), "whole account"),
        ("AWS::RDS::DBInstance", json!({"Engine": "mysql", "AllocatedStorage": "20"}), "DBInstanceClass is not set"),
        (
            "AWS::RDS::DBInstance",
            json!({"Engine": "mysql", "DBInstanceClass": "db.t3.small"}),
            "AllocatedStorage is not set",
        ),
        (
            "AWS::RDS::DBInstance",
            json!({"DBInstanceClass": "db.t3.small", "AllocatedStorage": 20}),
            "Engine is not set",
        ),
        (
            "AWS::RDS::DBInstance",
            database("oracle-ee", "db.t3.small"),
            "no price for rds.db.t3.small.OracleEE.single in us-east-1; `stagegate prices update`",
        ),
        (
            "AWS::RDS::DBInstance",
            database("mysql", "db.x99.huge"),
            "no price for rds.db.x99.huge.MySQL.single in us-east-1",
        ),
        ("AWS::RDS::DBInstance", database("mysql", "../../etc"), "no price"),
        ("AWS::DynamoDB::Table", json!({}), "ProvisionedThroughput.WriteCapacityUnits is not set"),
        ("AWS::EC2::Volume", json!({"SnapshotId": "snap-1"}), "Size is not set"),
        ("AWS::EC2::Volume", json!({"Size": -5}), "negative"),
        ("AWS::EC2::Volume", json!({"Size": "99999999999999999999999999999"}), "not a number"),
        ("AWS::EC2::Volume", json!({"Size": 1e40}), "exceeds the supported range"),
        ("AWS::EC2::Volume", json!([1, 2]), "Size is not set"),
        ("AWS::EC2::Volume", json!({"Fn::Transform": "x"}), "not known before apply"),
        ("AWS::EC2::Volume", json!({"Size": {"Ref": "P"}}), "not known before apply (Ref)"),
        ("AWS::EC2::Instance", json!({"InstanceType": "t3.micro", "Tenancy": "dedicated"}), "dedicated"),
        ("AWS::ECS::Service", json!({"LaunchType": "FARGATE"}), "TaskDefinition is not set"),
        ("AWS::ECS::Service", json!({}), "LaunchType is not set"),
        (
            "AWS::EC2::Instance",
            json!({"InstanceType": "t3.micro", "ImageId": "{{resolve:ssm:/aws/service/ami-windows-latest/Windows_Server-2022-English-Full-Base}}"}),
            "no price for ec2win.t3.micro in us-east-1; `stagegate prices update`",
        ),
        ("AWS::EC2::Instance", json!({"InstanceType": "{{resolve:ssm:/app/type}}"}), "no price for ec2."),
        ("AWS::EC2::VPNConnection", json!({"EnableAcceleration": "true"}), "accelerated connection"),
        ("AWS::EC2::VPNConnection", json!({"TunnelBandwidth": "large"}), "large tunnels"),
        (
            "AWS::RDS::DBInstance",
            json!({"Engine": "mysql", "EngineVersion": "8.4", "DBInstanceClass": "db.t3.small", "AllocatedStorage": 20, "DedicatedLogVolume": true}),
            "dedicated log volume",
        ),
        ("AWS::RDS::DBCluster", json!({"Engine": "aurora-mysql", "BacktrackWindow": 3600}), "change records"),
        (
            "AWS::RDS::DBCluster",
            json!({"Engine": "aurora-mysql", "DatabaseInsightsMode": "advanced"}),
            "Database Insights",
        ),
        (
            "AWS::OpenSearchService::Domain",
            json!({"ClusterConfig": {"InstanceType": "t3.small.search", "NodeOptions": [{"NodeType": "coordinator"}]}}),
            "coordinator nodes",
        ),
        (
            "AWS::EFS::FileSystem",
            json!({"ReplicationConfiguration": {"Destinations": [{"Region": "us-west-2"}]}}),
            "replicates to",
        ),
        (
            "AWS::Kinesis::Stream",
            json!({"ShardCount": 1, "DesiredShardLevelMetrics": ["IncomingBytes"]}),
            "shard metrics",
        ),
        (
            "AWS::KinesisFirehose::DeliveryStream",
            json!({"MSKSourceConfiguration": {"TopicName": "t"}}),
            "source or destination",
        ),
        (
            "AWS::Cognito::UserPool",
            json!({"UserPoolTier": "LITE", "UserPoolAddOns": {"AdvancedSecurityMode": "ENFORCED"}}),
            "threat protection",
        ),
        (
            "AWS::WAFv2::WebACL",
            json!({"Scope": "REGIONAL", "Rules": [{"Statement": {"ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": "AWSManagedRulesAntiDDoSRuleSet"}}}]}),
            "DDoS",
        ),
        ("AWS::Logs::LogGroup", json!({"DataProtectionPolicy": {"Name": "p"}}), "data protection"),
        (
            "AWS::ECS::Cluster",
            json!({"ClusterSettings": [{"Name": "containerInsights", "Value": "enhanced"}]}),
            "enhanced",
        ),
        ("AWS::MWAA::Environment", json!({"EnvironmentClass": "mw1.xlarge", "MinWorkers": 5}), "mwaa.worker.xlarge"),
        ("AWS::MWAA::Environment", json!({"EnvironmentClass": "mw1.small", "Schedulers": 4}), "additional schedulers"),
        (
            "AWS::MSK::Cluster",
            json!({"NumberOfBrokerNodes": 2, "StorageMode": "TIERED", "BrokerNodeGroupInfo": {"InstanceType": "kafka.m5.large", "StorageInfo": {"EBSStorageInfo": {"VolumeSize": 10}}}}),
            "tiered storage",
        ),
        (
            "AWS::ApplicationAutoScaling::ScalableTarget",
            json!({"MinCapacity": 1, "ScalableDimension": "lambda:function:ProvisionedConcurrency"}),
            "MinCapacity",
        ),
        (
            "AWS::ApplicationAutoScaling::ScalableTarget",
            json!({"MinCapacity": "5", "ResourceId": "table/elsewhere", "ScalableDimension": "dynamodb:table:ReadCapacityUnits"}),
            "table/elsewhere",
        ),
    ];
    for (type_name, properties, reason) in cases {
        let estimate = one(type_name, &properties, &EstimateOptions::default());
        assert_eq!(estimate.resources[0].status, Status::Unknown, "{type_name} {properties}");
        assert!(estimate.is_lower_bound());
        let reasons = reasons(&estimate);
        assert!(reasons.len() < 4, "{reasons:?}");
        assert!(reasons.iter().any(|text| text.contains(reason)), "{type_name} {properties}: {reasons:?}");
        assert_eq!(estimate.break_even, []);
    }
}

#[test]
fn a_region_without_prices_is_unknown_and_no_other_regions_price_is_used() {
    let properties = json!({});
    let bucket = EstimateInput { region: "ap-south-1", ..input("B", "AWS::S3::Bucket", &properties) };
    let estimate = estimate(&[bucket], &EstimateOptions::default(), &Snapshot);
    assert_eq!(estimate.resources[0].status, Status::Unknown);
    assert_eq!(estimate.resources[0].lines, []);
    assert!(reasons(&estimate)[0].ends_with("no prices for region ap-south-1"), "{:?}", estimate.verdict);
}

#[test]
fn a_price_of_low_confidence_requires_approval() {
    let estimate = one("AWS::KinesisFirehose::DeliveryStream", &json!({}), &EstimateOptions::default());
    assert_eq!(estimate.total.expected.to_string(), "$0.03");
    assert!(reasons(&estimate)[0].contains("low confidence"));
}

#[test]
fn a_price_in_another_unit_is_unknown() {
    struct Odd;
    impl PriceBook for Odd {
        fn price(&self, key: &str, region: &str) -> Option<Price> {
            Snapshot.price(key, region).map(|price| Price { unit: "TB-Mo".into(), ..price })
        }
        fn regions(&self) -> Vec<String> {
            Snapshot.regions()
        }
    }
    let properties = json!({"Size": 10});
    let estimate = estimate(&[input("V", "AWS::EC2::Volume", &properties)], &EstimateOptions::default(), &Odd);
    assert!(reasons(&estimate)[0].contains("priced per TB-Mo"), "{:?}", estimate.verdict);
}

#[test]
fn the_models_units_are_those_of_the_prices() {
    // Keys without a variable part; the others are met by the examples.
    for type_name in model::types() {
        for dimension in &model::get(type_name).unwrap().dimensions {
            let nothing = expression::Variables::new();
            let scope = expression::Scope { properties: &Value::Null, variables: &nothing, neighbors: None };
            let Some(Ok(key)) = dimension.price.as_ref().map(|key| key.fill(scope)) else {
                continue;
            };
            let offered = rows::offered().lines().map(|line| line.split('\t').collect::<Vec<_>>());
            let offered = offered.filter(|cells| cells[0] == key).map(|cells| cells[2].to_owned()).next();
            let unit = Snapshot.price(&key, REGION).map(|price| price.unit).or(offered);
            let unit = unit.unwrap_or_else(|| panic!("{type_name}: no price {key}"));
            assert_eq!(canonical_unit(&unit), canonical_unit(&dimension.unit), "{type_name} {key}");
        }
    }
}
