//! What single types cost, and which are free.

use serde_json::json;

use super::*;

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
    for SupportedType { type_name, status, .. } in supported() {
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
    assert!(count >= 150, "{count}");
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
    assert_eq!(status("AWS::EKS::Addon", json!({"AddonName": "vpc-cni"})), Status::Free);
    assert_eq!(status("AWS::EKS::Addon", json!({"AddonName": "kubecost_kubecost"})), Status::Unknown);
    assert_eq!(status("AWS::ApiGatewayV2::Stage", json!({"StageName": "dev"})), Status::Free);
    let detailed = json!({"DefaultRouteSettings": {"DetailedMetricsEnabled": true}});
    assert_eq!(status("AWS::ApiGatewayV2::Stage", detailed), Status::Unknown);
    let mutual = json!({"MutualAuthentication": {"Mode": "verify"}});
    assert_eq!(status("AWS::ElasticLoadBalancingV2::Listener", mutual), Status::Unknown);
    assert_eq!(status("AWS::ElasticLoadBalancingV2::Listener", json!({"Port": 443})), Status::Free);
    assert_eq!(status("AWS::CodeDeploy::DeploymentGroup", json!({"OnPremisesTagSet": {"A": 1}})), Status::Unknown);
    assert_eq!(status("AWS::SSM::Association", json!({"AutomationTargetParameterName": "x"})), Status::Unknown);
    assert_eq!(status("AWS::ApiGateway::Deployment", json!({"RestApiId": "x"})), Status::Free);
    assert_eq!(status("AWS::AutoScaling::ScalingPolicy", json!({"PolicyType": "StepScaling"})), Status::Free);
    assert_eq!(status("AWS::Lambda::Alias", json!({"Name": "live"})), Status::Free);
    assert_eq!(status("AWS::SSM::Parameter", json!({"Type": "String"})), Status::Free);
    assert_eq!(status("AWS::EC2::VPCEndpoint", json!({"ServiceName": "s3"})), Status::Free);
}

/// The types of templates in the styles of AWS's samples: networks, containers, serverless, databases, sites, fan-out, state
/// machines, identity, pipelines and operations.
const COMMON: &str = "EC2::VPC EC2::Subnet EC2::RouteTable EC2::Route EC2::SubnetRouteTableAssociation EC2::InternetGateway \
    EC2::VPCGatewayAttachment EC2::NatGateway EC2::EIP EC2::SecurityGroup EC2::SecurityGroupIngress EC2::VPCEndpoint EC2::FlowLog \
    EC2::NetworkAcl EC2::NetworkAclEntry EC2::Instance EC2::LaunchTemplate EC2::Volume EC2::KeyPair EC2::TransitGateway \
    EC2::TransitGatewayVpcAttachment EC2::TransitGatewayRoute EC2::VPCEndpointService EC2::VPNConnection EC2::CustomerGateway \
    AutoScaling::AutoScalingGroup AutoScaling::ScalingPolicy AutoScaling::LifecycleHook ElasticLoadBalancingV2::LoadBalancer \
    ElasticLoadBalancingV2::Listener ElasticLoadBalancingV2::ListenerRule ElasticLoadBalancingV2::TargetGroup \
    ElasticLoadBalancing::LoadBalancer ECS::Cluster ECS::Service ECS::TaskDefinition ECS::CapacityProvider ECR::Repository \
    EKS::Cluster EKS::Nodegroup EKS::Addon ServiceDiscovery::PrivateDnsNamespace ServiceDiscovery::Service \
    ApplicationAutoScaling::ScalableTarget ApplicationAutoScaling::ScalingPolicy Lambda::Function Lambda::Permission \
    Lambda::EventSourceMapping Lambda::LayerVersion Lambda::Version Lambda::Alias Lambda::Url ApiGateway::RestApi \
    ApiGateway::Resource ApiGateway::Method ApiGateway::Deployment ApiGateway::Stage ApiGateway::ApiKey ApiGateway::UsagePlan \
    ApiGatewayV2::Api ApiGatewayV2::Route ApiGatewayV2::Integration ApiGatewayV2::Stage AppSync::GraphQLApi AppSync::DataSource \
    AppSync::Resolver AppSync::GraphQLSchema DynamoDB::Table DynamoDB::GlobalTable RDS::DBInstance RDS::DBCluster \
    RDS::DBSubnetGroup RDS::DBParameterGroup ElastiCache::ReplicationGroup ElastiCache::CacheCluster ElastiCache::SubnetGroup \
    OpenSearchService::Domain Elasticsearch::Domain Redshift::Cluster EFS::FileSystem EFS::MountTarget EFS::AccessPoint S3::Bucket \
    S3::BucketPolicy CloudFront::Distribution CloudFront::OriginAccessControl CloudFront::CachePolicy Route53::HostedZone \
    Route53::RecordSet CertificateManager::Certificate WAFv2::WebACL WAFv2::WebACLAssociation SNS::Topic SNS::Subscription \
    SNS::TopicPolicy SQS::Queue SQS::QueuePolicy Events::Rule Events::EventBus Events::Connection Scheduler::Schedule \
    StepFunctions::StateMachine StepFunctions::Activity Kinesis::Stream KinesisFirehose::DeliveryStream Cognito::UserPool \
    Cognito::UserPoolClient Cognito::IdentityPool Cognito::UserPoolUser IAM::Role IAM::Policy IAM::ManagedPolicy IAM::User \
    IAM::Group IAM::AccessKey IAM::InstanceProfile IAM::OIDCProvider KMS::Key KMS::Alias SecretsManager::Secret \
    SecretsManager::SecretTargetAttachment SSM::Parameter SSM::Document SSM::MaintenanceWindow SSM::MaintenanceWindowTarget \
    SSM::MaintenanceWindowTask SSM::PatchBaseline CodeBuild::Project CodeDeploy::Application CodeDeploy::DeploymentGroup \
    CloudWatch::Alarm CloudWatch::Dashboard Logs::LogGroup Logs::MetricFilter Logs::SubscriptionFilter CloudTrail::Trail \
    Config::ConfigRule Config::DeliveryChannel Backup::BackupPlan Backup::BackupSelection ServiceCatalog::TagOption \
    ServiceCatalog::Portfolio IoT::Policy IoT::Thing CloudFormation::WaitCondition CloudFormation::WaitConditionHandle \
    CDK::Metadata Glue::Database Glue::Job Glue::Crawler Glue::Trigger Budgets::Budget SES::EmailIdentity RAM::ResourceShare \
    CodePipeline::Pipeline Pipes::Pipe Backup::BackupVault";

#[test]
fn of_the_types_that_templates_use_most_nearly_all_have_a_price_or_are_free() {
    let all = supported();
    let (mut unknown, mut count) = (Vec::new(), 0);
    for name in COMMON.split_whitespace() {
        let type_name = format!("AWS::{name}");
        let found = all.iter().find(|one| one.type_name == type_name).unwrap_or_else(|| panic!("{type_name}"));
        count += 1;
        if found.status == Status::Unknown {
            unknown.push(name);
        }
    }
    assert_eq!(unknown, [""; 0], "of {count}");
}
