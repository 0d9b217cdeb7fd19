//! What single types cost, and which are free.

use serde_json::json;

use super::*;

#[test]
fn other_types_cost_what_their_prices_say() {
    let cases = [
        ("AWS::EC2::Instance", json!({"InstanceType": "t3.micro"}), "$8.23"), // 730*0.0104 + 8*0.08
        (
            "AWS::EC2::Instance",
            json!({"InstanceType": "t3.micro", "BlockDeviceMappings": [{"Ebs": {"VolumeSize": 20, "VolumeType": "gp3"}}]}),
            "$9.19",
        ),
        ("AWS::EC2::Volume", json!({"Size": 100, "VolumeType": "gp3", "Iops": 4000, "Throughput": 250}), "$18.00"),
        ("AWS::EC2::NatGateway", json!({"SubnetId": {"Ref": "S"}}), "$33.30"),
        ("AWS::KMS::Key", json!({}), "$1.00"),
        ("AWS::SecretsManager::Secret", json!({"Name": "x"}), "$0.41"),
        ("AWS::CloudWatch::Alarm", json!({"Period": 300}), "$0.10"),
        ("AWS::CloudWatch::Alarm", json!({"Period": 10}), "$0.30"),
        ("AWS::DynamoDB::Table", json!({"BillingMode": "PAY_PER_REQUEST"}), "$0.13"),
        (
            "AWS::DynamoDB::Table",
            json!({"ProvisionedThroughput": {"ReadCapacityUnits": "5", "WriteCapacityUnits": 5}}),
            "$2.85",
        ),
        ("AWS::SQS::Queue", json!({}), "$0.00"),
        ("AWS::SNS::Topic", json!({}), "$0.00"),
        ("AWS::Logs::LogGroup", json!({}), "$0.53"),
        (
            "AWS::EC2::VPCEndpoint",
            json!({"VpcEndpointType": "Interface", "SubnetIds": [{"Ref": "A"}, {"Ref": "B"}]}),
            "$14.70",
        ),
        ("AWS::ElasticLoadBalancingV2::LoadBalancer", json!({"Subnets": ["a", "b"]}), "$24.31"),
        (
            "AWS::RDS::DBInstance",
            json!({"Engine": "aurora-mysql", "DBInstanceClass": "db.t3.medium", "DBClusterIdentifier": {"Ref": "C"}, "MultiAZ": true}),
            "$59.86",
        ),
        (
            "AWS::ElastiCache::ReplicationGroup",
            json!({"CacheNodeType": "cache.t3.micro", "NumCacheClusters": 2}),
            "$24.82",
        ),
        (
            "AWS::OpenSearchService::Domain",
            json!({"ClusterConfig": {"InstanceType": "t3.small.search"}, "EBSOptions": {"EBSEnabled": true, "VolumeType": "gp3"}}),
            "$27.50",
        ),
        ("AWS::Redshift::Cluster", json!({"NodeType": "ra3.large", "ClusterType": "single-node"}), "$396.63"),
        (
            "AWS::MSK::Cluster",
            json!({"NumberOfBrokerNodes": 3, "BrokerNodeGroupInfo": {"InstanceType": "kafka.t3.small", "StorageInfo": {"EBSStorageInfo": {"VolumeSize": 10}}}}),
            "$102.86",
        ),
        ("AWS::Synthetics::Canary", json!({"Schedule": {"Expression": "rate(1 minute)"}}), "$52.56"),
        ("AWS::EKS::Nodegroup", json!({}), "$63.94"),
        ("AWS::ApiGateway::Stage", json!({"CacheClusterEnabled": true, "CacheClusterSize": "0.5"}), "$14.60"),
        ("AWS::ApiGatewayV2::Api", json!({"ProtocolType": "HTTP"}), "$0.10"),
        (
            "AWS::RDS::DBCluster",
            json!({"Engine": "aurora-postgresql", "ServerlessV2ScalingConfiguration": {"MinCapacity": 0.5}}),
            "$45.80",
        ),
        ("AWS::Glue::Job", json!({"WorkerType": "G.1X", "NumberOfWorkers": 2}), "$0.88"),
        (
            "AWS::CodeBuild::Project",
            json!({"Environment": {"Type": "LINUX_CONTAINER", "ComputeType": "BUILD_GENERAL1_SMALL"}}),
            "$0.50",
        ),
        ("AWS::CloudFront::Distribution", json!({}), "$0.95"),
        ("AWS::Route53::HostedZone", json!({}), "$0.90"),
        ("AWS::ACMPCA::CertificateAuthority", json!({}), "$400.00"),
        (
            "AWS::DynamoDB::GlobalTable",
            json!({"BillingMode": "PAY_PER_REQUEST", "Replicas": [{"Region": "us-east-1"}, {"Region": "eu-west-1"}]}),
            "$0.27",
        ),
        ("AWS::WAFv2::WebACL", json!({"Scope": "REGIONAL", "Rules": [{}, {}, {}, {}, {}]}), "$10.60"),
    ];
    for (type_name, properties, cost) in cases {
        let estimate = one(type_name, &properties, &EstimateOptions::default());
        assert_eq!(estimate.unknown_count, 0, "{type_name} {:?}", estimate.resources[0].unknown);
        assert_eq!(estimate.total.expected.to_string(), cost, "{type_name} {properties}");
    }
}

#[test]
fn an_old_engine_version_pays_for_extended_support() {
    let mut properties = database("mysql", "db.t3.small");
    properties["EngineVersion"] = json!("8.0.39");
    assert_eq!(expected("AWS::RDS::DBInstance", &properties), "$173.12"); // 27.12 + 2*730*0.10
    properties["EngineLifecycleSupport"] = json!("open-source-rds-extended-support-disabled");
    assert_eq!(expected("AWS::RDS::DBInstance", &properties), "$27.12");
    properties["EngineVersion"] = json!("8.4.3");
    assert_eq!(expected("AWS::RDS::DBInstance", &properties), "$27.12");
}

#[test]
fn all_free_types_cost_exactly_nothing_whatever_their_properties_say() {
    let mut count = 0;
    for (type_name, status) in supported_types() {
        if status != Status::Free || !model::get(type_name).unwrap().unknown_when.is_empty() {
            continue;
        }
        let properties = json!({"Size": 1000, "Anything": {"Ref": "X"}});
        let estimate = estimate(
            &[EstimateInput { region: "ap-south-1", ..input("F", type_name, &properties) }],
            &EstimateOptions::default(),
            &Snapshot,
        );
        assert_eq!(estimate.resources[0].status, Status::Free, "{type_name}");
        assert_eq!(estimate.total, Range::default());
        assert_eq!(estimate.verdict, Verdict::AutoApproved);
        count += 1;
    }
    assert!(count >= 151, "{count}");
}

#[test]
fn free_stays_free_with_a_threshold_of_zero_and_priced_does_not() {
    let options = EstimateOptions { threshold: Usd::ZERO, ..EstimateOptions::default() };
    assert_eq!(one("AWS::IAM::Role", &json!({}), &options).verdict, Verdict::AutoApproved);
    assert!(one("AWS::SQS::Queue", &json!({}), &options).verdict.requires_approval());
}

#[test]
fn a_type_that_is_free_unless_configured_otherwise_is_judged_by_its_properties() {
    let status = |type_name, properties| one(type_name, &properties, &EstimateOptions::default()).resources[0].status;
    assert_eq!(status("AWS::AccessAnalyzer::Analyzer", json!({"Type": "ACCOUNT"})), Status::Free);
    assert_eq!(status("AWS::AccessAnalyzer::Analyzer", json!({"Type": "ACCOUNT_UNUSED_ACCESS"})), Status::Unknown);
    assert_eq!(status("AWS::CertificateManager::Certificate", json!({"DomainName": "a.example"})), Status::Free);
    assert_eq!(
        status("AWS::CertificateManager::Certificate", json!({"CertificateExport": "ENABLED"})),
        Status::Unknown
    );
    assert_eq!(status("AWS::SSM::Parameter", json!({"Type": "String"})), Status::Free);
    assert_eq!(status("AWS::EC2::VPCEndpoint", json!({"ServiceName": "s3"})), Status::Free);
}
