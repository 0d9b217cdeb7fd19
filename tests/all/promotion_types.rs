//! The body in prod of many types: valid by the schema of the type, without read-only values, and with all that can be set.

use std::collections::BTreeMap;

use serde_json::Value;
use stagegate::domain::project::AccountId;
use stagegate::domain::resource::{LiveResource, ResourceRef};
use stagegate::domain::tags;
use stagegate::promotion::desired::desired;
use stagegate::promotion::index::ValueIndex;
use stagegate::promotion::index_builder::{Counterpart, IndexBuilder};
use stagegate::promotion::names::Tokens;
use stagegate::promotion::rewrite::{Rewriter, Rewritten};
use stagegate::promotion::sendable::leave_out_unsendable;
use stagegate::schema::{AccountRegion, Registry};

use super::model_generator::{Model, model, places, validator, violations};
use super::support::{DEV, PROD, root};

/// Commonly used types.
const TYPES: [&str; 111] = [
    "AWS::ACMPCA::CertificateAuthority",
    "AWS::AmazonMQ::Broker",
    "AWS::Amplify::App",
    "AWS::ApiGateway::ApiKey",
    "AWS::ApiGateway::Authorizer",
    "AWS::ApiGateway::Deployment",
    "AWS::ApiGateway::Method",
    "AWS::ApiGateway::Model",
    "AWS::ApiGateway::Resource",
    "AWS::ApiGateway::RestApi",
    "AWS::ApiGateway::Stage",
    "AWS::ApiGateway::UsagePlan",
    "AWS::ApiGatewayV2::Api",
    "AWS::ApiGatewayV2::Authorizer",
    "AWS::ApiGatewayV2::Integration",
    "AWS::ApiGatewayV2::Route",
    "AWS::ApiGatewayV2::Stage",
    "AWS::AppConfig::Application",
    "AWS::AppConfig::ConfigurationProfile",
    "AWS::AppRunner::Service",
    "AWS::AppSync::GraphQLApi",
    "AWS::ApplicationAutoScaling::ScalableTarget",
    "AWS::ApplicationAutoScaling::ScalingPolicy",
    "AWS::Athena::WorkGroup",
    "AWS::AutoScaling::AutoScalingGroup",
    "AWS::AutoScaling::ScalingPolicy",
    "AWS::Backup::BackupPlan",
    "AWS::Backup::BackupVault",
    "AWS::Batch::ComputeEnvironment",
    "AWS::Batch::JobDefinition",
    "AWS::Batch::JobQueue",
    "AWS::CertificateManager::Certificate",
    "AWS::CloudFront::CachePolicy",
    "AWS::CloudFront::Distribution",
    "AWS::CloudFront::Function",
    "AWS::CloudFront::OriginAccessControl",
    "AWS::CloudTrail::Trail",
    "AWS::CloudWatch::Alarm",
    "AWS::CloudWatch::CompositeAlarm",
    "AWS::CloudWatch::Dashboard",
    "AWS::CodeBuild::Project",
    "AWS::CodePipeline::Pipeline",
    "AWS::Cognito::IdentityPool",
    "AWS::Cognito::UserPool",
    "AWS::Cognito::UserPoolClient",
    "AWS::DocDB::DBCluster",
    "AWS::DynamoDB::GlobalTable",
    "AWS::DynamoDB::Table",
    "AWS::EC2::EIP",
    "AWS::EC2::Instance",
    "AWS::EC2::InternetGateway",
    "AWS::EC2::LaunchTemplate",
    "AWS::EC2::NatGateway",
    "AWS::EC2::NetworkAcl",
    "AWS::EC2::Route",
    "AWS::EC2::RouteTable",
    "AWS::EC2::SecurityGroup",
    "AWS::EC2::Subnet",
    "AWS::EC2::VPC",
    "AWS::EC2::VPCEndpoint",
    "AWS::EC2::Volume",
    "AWS::ECR::Repository",
    "AWS::ECS::CapacityProvider",
    "AWS::ECS::Cluster",
    "AWS::ECS::Service",
    "AWS::ECS::TaskDefinition",
    "AWS::EFS::AccessPoint",
    "AWS::EFS::FileSystem",
    "AWS::EFS::MountTarget",
    "AWS::EKS::Addon",
    "AWS::EKS::Cluster",
    "AWS::EKS::Nodegroup",
    "AWS::ElastiCache::ReplicationGroup",
    "AWS::ElastiCache::SubnetGroup",
    "AWS::ElasticLoadBalancingV2::Listener",
    "AWS::ElasticLoadBalancingV2::ListenerRule",
    "AWS::ElasticLoadBalancingV2::LoadBalancer",
    "AWS::ElasticLoadBalancingV2::TargetGroup",
    "AWS::Events::EventBus",
    "AWS::Events::Rule",
    "AWS::Glue::Crawler",
    "AWS::Glue::Job",
    "AWS::IAM::InstanceProfile",
    "AWS::IAM::ManagedPolicy",
    "AWS::IAM::Role",
    "AWS::IAM::User",
    "AWS::KMS::Alias",
    "AWS::KMS::Key",
    "AWS::Kinesis::Stream",
    "AWS::KinesisFirehose::DeliveryStream",
    "AWS::Lambda::Alias",
    "AWS::Lambda::EventSourceMapping",
    "AWS::Lambda::Function",
    "AWS::Lambda::Permission",
    "AWS::Lambda::Url",
    "AWS::Logs::LogGroup",
    "AWS::Logs::MetricFilter",
    "AWS::MSK::Cluster",
    "AWS::OpenSearchService::Domain",
    "AWS::RDS::DBCluster",
    "AWS::RDS::DBInstance",
    "AWS::RDS::DBParameterGroup",
    "AWS::RDS::DBSubnetGroup",
    "AWS::Redshift::Cluster",
    "AWS::Route53::HostedZone",
    "AWS::Route53::RecordSet",
    "AWS::S3::Bucket",
    "AWS::S3::BucketPolicy",
    "AWS::SecretsManager::Secret",
    "AWS::SNS::Topic",
    "AWS::SQS::Queue",
];

/// The body in prod of a model, with given values of write-only properties.
fn promoted(
    index: &ValueIndex,
    type_name: &str,
    (live, name): (&Value, Option<&str>),
    hidden: &[(String, Value)],
) -> Rewritten {
    let (dev, prod) = (AccountId::parse(DEV).unwrap(), AccountId::parse(PROD).unwrap());
    let tokens = Tokens::between(&["dev".to_owned()], &["prod".to_owned()]).with_accounts(&dev, &prod);
    let rewriter = Rewriter { index, accounts: (&dev, &prod), regions: ("us-east-1", "us-east-1"), tokens: &tokens };
    let inputs = hidden.iter().cloned().collect();
    desired(Registry::embedded().get(type_name).unwrap(), live, name, &rewriter, &BTreeMap::new(), &inputs)
}

/// The properties with the tags that stagegate adds to a new resource.
fn sent(type_name: &str, body: &Value) -> Value {
    let schema = Registry::embedded().get(type_name).unwrap();
    let mut body = body.clone();
    if schema.tagging.on_create {
        let own = [("MANAGED_BY", "stagegate"), ("Environment", "production"), ("DevCounterpart", "x")];
        tags::write(schema, &mut body, &own.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect());
    }
    body
}

/// Everything that differs, as text.
fn differences(one: &Value, other: &Value, at: &str, found: &mut Vec<String>) {
    match (one, other) {
        (Value::Object(a), Value::Object(b)) => {
            for (key, value) in a {
                match b.get(key) {
                    Some(there) => differences(value, there, &format!("{at}/{key}"), found),
                    None => found.push(format!("{at}/{key} is lost: {value}")),
                }
            }
            found.extend(b.keys().filter(|key| !a.contains_key(*key)).map(|key| format!("{at}/{key} is new")));
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (index, (a, b)) in a.iter().zip(b).enumerate() {
                differences(a, b, &format!("{at}/{index}"), found);
            }
        }
        _ if one == other => {}
        _ => found.push(format!("{at}: {one} is {other}")),
    }
}

/// Values of optional properties that say nothing.
fn says_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.values().all(|inner| inner.is_object() && says_nothing(inner)),
        _ => false,
    }
}

#[test]
fn bodies_of_common_types_are_valid_and_complete() {
    let mut problems = Vec::new();
    let (mut set, mut all) = (0, 0);
    for type_name in TYPES {
        let schema = Registry::embedded().get(type_name).unwrap_or_else(|| panic!("{type_name}"));
        let root = Registry::embedded().json_schema(type_name).unwrap();
        let validator = validator(&root);
        let writable: Vec<&String> = schema
            .properties
            .iter()
            .filter(|name| !schema.read_only.iter().any(|path| path.tokens() == [(*name).clone()]))
            .collect();
        let mut covered: Vec<&String> = Vec::new();
        for seed in 0..2 {
            let Some(Model { full, live, hidden, read_only }) = model(type_name, seed) else {
                problems.push(format!("{type_name} (seed {seed}): no valid model was found"));
                continue;
            };
            covered.extend(writable.iter().filter(|name| full.get(name.as_str()).is_some()));
            let body =
                promoted(&ValueIndex::new(&Registry::embedded(), vec![]), type_name, (&live, None), &hidden).value;
            let mut expected = full.clone();
            expected
                .as_object_mut()
                .unwrap()
                .retain(|name, value| schema.required.contains(name) || !says_nothing(value));
            let mut found = Vec::new();
            differences(&expected, &body, "", &mut found);
            found.extend(violations(&validator, &sent(type_name, &body)));
            let left: Vec<String> = schema
                .read_only
                .iter()
                .flat_map(|path| {
                    let mut found = Vec::new();
                    places(&body, path.tokens(), "", &mut found);
                    found
                })
                .collect();
            found.extend(left.into_iter().map(|place| format!("{place} is read-only")));
            assert!(schema.read_only.is_empty() || !read_only.is_empty(), "{type_name}");
            problems.extend(found.into_iter().map(|problem| format!("{type_name} (seed {seed}): {problem}")));
        }
        covered.sort();
        covered.dedup();
        set += covered.len();
        all += writable.len();
    }
    assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n"));
    // The generator does not leave out what might fail.
    assert!(set * 100 >= all * 85, "{set} of {all} properties were set");
}

/// The models of `tests/data/models/models.json`: what Cloud Control returns in an account in use.
fn models() -> Vec<Value> {
    let text = std::fs::read_to_string(root().join("tests/data/models/models.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// Calls `visit` for every value that is neither an object nor a list.
fn for_each_leaf(value: &Value, at: &str, visit: &mut dyn FnMut(&str, &Value)) {
    match value {
        Value::Object(map) => map.iter().for_each(|(key, child)| for_each_leaf(child, &format!("{at}/{key}"), visit)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, item)| for_each_leaf(item, &format!("{at}/{index}"), visit));
        }
        leaf => visit(at, leaf),
    }
}

#[test]
fn realistic_models_become_complete_bodies_without_a_value_of_dev() {
    let (here, there) =
        (AccountRegion { account: DEV, region: "us-east-1" }, AccountRegion { account: PROD, region: "us-east-1" });
    let tokens = Tokens::between(&["dev".to_owned()], &["prod".to_owned()]);
    let mut problems = Vec::new();
    let models = models();
    assert!(models.len() >= 15);
    for model in &models {
        let type_name = model["type"].as_str().unwrap();
        let (schema, live, name) =
            (Registry::embedded().get(type_name).unwrap(), &model["live"], model["name"].as_str());
        let object = |key: &str| model[key].as_object().cloned().unwrap_or_default();
        let map: BTreeMap<String, String> =
            object("map").into_iter().map(|(key, value)| (key, value.as_str().unwrap().to_owned())).collect();
        let hidden: Vec<(String, Value)> = object("inputs").into_iter().collect();
        let registry = Registry::embedded();
        let mut builder = IndexBuilder::new(&registry, &map, &tokens, here, there);
        let resource = ResourceRef::new(type_name, schema.identifier_of(live).unwrap());
        let own = LiveResource { resource, properties: live.clone(), tags: tags::read(schema, live), arn: None };
        builder.add(&own, Counterpart::Created { logical_id: "Own", name });
        let mut result = promoted(&builder.build(), type_name, (live, name), &hidden);
        leave_out_unsendable(schema, live, &mut result);
        let mut report = |problem: String| problems.push(format!("{type_name}: {problem}"));
        result.unmapped.iter().for_each(|left| report(format!("{left:?}")));
        let body = result.value;
        let root = Registry::embedded().json_schema(type_name).unwrap();
        violations(&validator(&root), &sent(type_name, &tags::without_tracking(schema, &body)))
            .into_iter()
            .for_each(&mut report);
        let is_of = |paths: &[stagegate::domain::pointer::PropertyPath], at: &str| {
            let tokens: Vec<&str> = at.split('/').skip(1).collect();
            paths.iter().map(|path| path.tokens()).any(|path| {
                path.len() <= tokens.len() && path.iter().zip(&tokens).all(|(one, other)| one == "*" || one == other)
            })
        };
        for_each_leaf(live, "", &mut |at, leaf| {
            let is_settable = !is_of(&schema.read_only, at) && !is_of(&schema.write_only, at);
            let is_tag = schema.tagging.property.as_ref().is_some_and(|tags| at.starts_with(&format!("/{tags}/")));
            let is_empty = at.matches('/').count() == 1 && says_nothing(leaf);
            // `NONE` is what AWS returns and does not accept.
            let is_left_out = leaf == "NONE" && type_name == "AWS::ECS::Service";
            if is_settable && !is_tag && !is_empty && !is_left_out && body.pointer(at).is_none() {
                report(format!("{at} is lost: {leaf}"));
            }
        });
        let place = |path: &stagegate::domain::pointer::PropertyPath| {
            let mut found = Vec::new();
            places(&body, path.tokens(), "", &mut found);
            found
        };
        schema.read_only.iter().flat_map(place).for_each(|place| report(format!("{place} is read-only")));
        for_each_leaf(&body, "", &mut |at, leaf| {
            let text = leaf.to_string().to_lowercase();
            if text.contains(DEV) || text.split(|c: char| !c.is_alphanumeric()).any(|word| word == "dev") {
                report(format!("{at} has a value of dev: {text}"));
            }
        });
    }
    assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n"));
    // A tag of an Auto Scaling group keeps what else it says.
    let group = models.iter().find(|model| model["type"] == "AWS::AutoScaling::AutoScalingGroup").unwrap();
    let body = promoted(
        &ValueIndex::new(&Registry::embedded(), vec![]),
        "AWS::AutoScaling::AutoScalingGroup",
        (&group["live"], None),
        &[],
    );
    let tags = sent("AWS::AutoScaling::AutoScalingGroup", &body.value)["Tags"].to_string();
    assert!(tags.contains(r#"{"Key":"Name","Value":"web-prod","PropagateAtLaunch":true}"#), "{tags}");
    assert!(!tags.contains("aws:") && tags.contains("MANAGED_BY"), "{tags}");
}
