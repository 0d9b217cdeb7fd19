//! Ids, hosts, URLs and names of resources of dev that are not managed, in declared references and in other properties: each
//! is refused or listed, and none is sent silently.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use stagegate::domain::project::AccountId;
use stagegate::domain::resource::{LiveResource, ResourceRef};
use stagegate::promotion::desired::desired;
use stagegate::promotion::index::ValueIndex;
use stagegate::promotion::index_builder::{Counterpart, IndexBuilder};
use stagegate::promotion::names::Tokens;
use stagegate::promotion::rewrite::{Rewriter, Rewritten};
use stagegate::schema::{AccountRegion, Registry, TypeSchema};

use super::support::{DEV, PROD};

fn schema(type_name: &str) -> &'static TypeSchema {
    Registry::embedded().get(type_name).unwrap_or_else(|| panic!("{type_name}"))
}

fn rewritten_with(index: &ValueIndex, type_name: &str, live: &Value, inputs: &BTreeMap<String, Value>) -> Rewritten {
    let (dev, prod) = (AccountId::parse(DEV).unwrap(), AccountId::parse(PROD).unwrap());
    let tokens = Tokens::between(&["dev".to_owned()], &["prod".to_owned()]).with_accounts(&dev, &prod);
    let rewriter = Rewriter { index, accounts: (&dev, &prod), regions: ("us-east-1", "us-east-1"), tokens: &tokens };
    desired(schema(type_name), live, None, &rewriter, &BTreeMap::new(), inputs)
}

fn rewritten(type_name: &str, live: &Value) -> Rewritten {
    rewritten_with(&ValueIndex::new(&Registry::embedded(), vec![]), type_name, live, &BTreeMap::new())
}

/// A document with a value at a JSON pointer.
fn at(pointer: &str, value: &str) -> Value {
    let tokens = pointer.split('/').skip(1).collect::<Vec<_>>();
    tokens.iter().rev().fold(Value::from(value), |inner, token| match token.parse::<usize>() {
        Ok(_) => json!([inner]),
        Err(_) => json!({*token: inner}),
    })
}

const UUID: &str = "1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed";

const OAI: &str = "origin-access-identity/cloudfront/E1A2B3C4D5E6F7";

/// Declared references, with a value whose form shows nothing.
const TYPED: &[(&str, &str, &str)] = &[
    ("AWS::CloudFront::Distribution", "/DistributionConfig/Origins/0/OriginAccessControlId", "E1A2B3C4D5E6F7"),
    ("AWS::CloudFront::Distribution", "/DistributionConfig/DefaultCacheBehavior/CachePolicyId", UUID),
    ("AWS::CloudFront::Distribution", "/DistributionConfig/DefaultCacheBehavior/OriginRequestPolicyId", UUID),
    ("AWS::CloudFront::Distribution", "/DistributionConfig/DefaultCacheBehavior/ResponseHeadersPolicyId", UUID),
    ("AWS::CloudFront::Distribution", "/DistributionConfig/DefaultCacheBehavior/TrustedKeyGroups/0", UUID),
    ("AWS::CloudFront::Distribution", "/DistributionConfig/Logging/Bucket", "logs.s3.amazonaws.com"),
    (
        "AWS::S3::Bucket",
        "/BucketEncryption/ServerSideEncryptionConfiguration/0/ServerSideEncryptionByDefault/KMSMasterKeyID",
        UUID,
    ),
    ("AWS::S3::Bucket", "/LoggingConfiguration/DestinationBucketName", "central-logs"),
    ("AWS::S3::Bucket", "/ReplicationConfiguration/Rules/0/Destination/Bucket", "arn:aws:s3:::copies"),
    ("AWS::SQS::Queue", "/KmsMasterKeyId", UUID),
    ("AWS::SNS::Topic", "/KmsMasterKeyId", "alias/shop"),
    ("AWS::RDS::DBInstance", "/DBSubnetGroupName", "private"),
    ("AWS::RDS::DBInstance", "/KmsKeyId", UUID),
    ("AWS::ApiGateway::Stage", "/RestApiId", "a1b2c3d4e5"),
    ("AWS::ApiGateway::Stage", "/DeploymentId", "x1y2z3"),
    ("AWS::ApiGatewayV2::Route", "/ApiId", "a1b2c3d4e5"),
    ("AWS::ApiGatewayV2::Route", "/Target", "integrations/x1y2z3"),
    ("AWS::Lambda::Permission", "/SourceArn", "arn:aws:execute-api:us-east-1:111111111111:a1b2c3d4e5/*/GET/x"),
    ("AWS::ECS::Service", "/Cluster", "shop"),
    ("AWS::ECS::Service", "/NetworkConfiguration/AwsvpcConfiguration/Subnets/0", "subnet-0123456789abcdef0"),
    ("AWS::Lambda::Function", "/VpcConfig/SecurityGroupIds/0", "sg-0123456789abcdef0"),
    ("AWS::Lambda::Function", "/Role", "arn:aws:iam::111111111111:role/shop"),
    ("AWS::Lambda::Function", "/LoggingConfig/LogGroup", "/shop/all"),
    ("AWS::CloudFront::Distribution", "/DistributionConfig/Origins/0/S3OriginConfig/OriginAccessIdentity", OAI),
    ("AWS::Route53::RecordSet", "/HostedZoneId", "Z0123456789ABCDEFGHIJ"),
    ("AWS::AppSync::DataSource", "/ApiId", "a1b2c3d4e5f6g7h8i9j0k1l2m3"),
    ("AWS::ApiGateway::UsagePlanKey", "/UsagePlanId", "a1b2c3"),
    ("AWS::EFS::AccessPoint", "/FileSystemId", "fs-0123456789abcdef0"),
    ("AWS::Redshift::Cluster", "/ClusterSubnetGroupName", "private"),
    ("AWS::DocDB::DBInstance", "/DBClusterIdentifier", "shop"),
    ("AWS::Neptune::DBInstance", "/DBClusterIdentifier", "shop"),
    ("AWS::Lambda::EventSourceMapping", "/EventSourceArn", "arn:aws:sqs:us-east-1:111111111111:jobs"),
    ("AWS::CloudTrail::Trail", "/S3BucketName", "central-logs"),
    ("AWS::SNS::Subscription", "/TopicArn", "arn:aws:sns:us-east-1:111111111111:orders"),
    ("AWS::Cognito::UserPoolClient", "/UserPoolId", "us-east-1_AbCdEfGhI"),
    ("AWS::Cognito::UserPool", "/LambdaConfig/PreSignUp", "arn:aws:lambda:us-east-1:111111111111:function:check"),
];

/// Values in properties that are not declared as references.
const UNTYPED: &[&str] = &[
    UUID,
    "a1b2c3d4e5",
    "a1b2c3d4e5f6g7h8i9j0k1l2m3",
    "Z0123456789ABCDEFGHIJ",
    "E1A2B3C4D5E6F7",
    "AROAEXAMPLE12345678",
    "us-east-1_AbCdEfGhI",
    "vpc-0123456789abcdef0",
    "fs-0123456789abcdef0",
    "i-0123456789abcdef0",
    "orders-dev",
    "orders_dev",
    "/shop/dev/password",
    "arn:aws:secretsmanager:us-east-1:111111111111:secret:shop-AbCdEf",
    "arn:aws:kms:us-east-1:111111111111:key/1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed",
    "111111111111.dkr.ecr.us-east-1.amazonaws.com/shop:1",
    "https://sqs.us-east-1.amazonaws.com/111111111111/jobs",
    "shop111111111111files",
    "https://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com/live",
    "d111111abcdef8.cloudfront.net",
    "shop.c1a2b3c4d5e6.us-east-1.rds.amazonaws.com",
    "shop.c1a2b3c4d5e6.us-east-1.redshift.amazonaws.com:5439/shop",
    "shop.cluster-c1a2b3c4d5e6.us-east-1.docdb.amazonaws.com",
    "shop.cluster-c1a2b3c4d5e6.us-east-1.neptune.amazonaws.com",
    "b-1.shop.a1b2c3.c2.kafka.us-east-1.amazonaws.com:9092",
    "amqps://b-1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed-1.mq.us-east-1.amazonaws.com:5671",
    "https://0123456789ABCDEF0123456789ABCDEF.gr7.us-east-1.eks.amazonaws.com",
    "daxs://shop.a1b2c3.dax-clusters.us-east-1.amazonaws.com",
    "https://a1b2c3d4e5f6g7h8i9j0.us-east-1.aoss.amazonaws.com",
    "search-shop-a1b2c3d4e5f6g7h8i9j0k1l2m3.us-east-1.es.amazonaws.com",
    "a1b2c3d4e5f6g7-ats.iot.us-east-1.amazonaws.com",
    "s-0123456789abcdef0.server.transfer.us-east-1.amazonaws.com",
    "web-1234567890.us-east-1.elb.amazonaws.com",
    "shop.a1b2c3.0001.use1.cache.amazonaws.com",
    "https://a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6.lambda-url.us-east-1.on.aws/",
    "https://a1b2c3d4e5f6g7h8i9j0k1l2m3.appsync-api.us-east-1.amazonaws.com/graphql",
    "shop.auth.us-east-1.amazoncognito.com",
    OAI,
    "assets-dev-111111111111",
    "arn:aws:secretsmanager:us-east-1:111111111111:secret:shop/db-AbCdEf",
    "arn:aws:rds:us-east-1:111111111111:cluster:shop",
    "arn:aws:iam::111111111111:role/service-role/shop",
    "arn:aws:execute-api:us-east-1:111111111111:a1b2c3d4e5/live/GET/orders",
    "arn:aws:cloudfront::111111111111:distribution/E1A2B3C4D5E6F7",
    "wss://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com/live",
    "mq-1b9d6bcd.mq.us-east-1.amazonaws.com",
    "shop.x1y2z3.memorydb.us-east-1.amazonaws.com",
    "vpce-0123456789abcdef0-abcdefgh.s3.us-east-1.vpce.amazonaws.com",
    "http://files-dev.s3-website-us-east-1.amazonaws.com",
    "s3://files-dev/reports",
    "eipalloc-0123456789abcdef0",
];

/// The places of texts: a variable, a text for people, a key, a list in a policy, within a script, and in base64.
fn documents(value: &str) -> Vec<(&'static str, Value)> {
    use base64::Engine as _;
    let script = format!("#!/bin/sh\nrun --with {value} --now\n");
    vec![
        ("AWS::Lambda::Function", json!({"Environment": {"Variables": {"A": value}}})),
        ("AWS::Lambda::Function", json!({"Environment": {"Variables": {"A": format!("first {value} last")}}})),
        ("AWS::Lambda::Function", json!({"Description": format!("uses {value}")})),
        ("AWS::IAM::Role", json!({"Policies": [{"PolicyDocument": {"Condition": {"StringEquals": {value: "x"}}}}]})),
        ("AWS::IAM::Role", json!({"Policies": [{"PolicyDocument": {"Condition": {"StringEquals": {"x": [value]}}}}]})),
        ("AWS::SSM::Parameter", json!({"Value": json!({"nested": value}).to_string()})),
        (
            "AWS::StepFunctions::StateMachine",
            json!({"DefinitionString": json!({"States": [{"X": value}]}).to_string()}),
        ),
        ("AWS::SSM::Parameter", json!({"Value": json!({"in": json!({"nested": value}).to_string()}).to_string()})),
        (
            "AWS::CloudWatch::Dashboard",
            json!({"DashboardBody": json!({"widgets": [{"m": [["AWS/X", value]]}]}).to_string()}),
        ),
        ("AWS::EC2::Instance", json!({"UserData": base64::engine::general_purpose::STANDARD.encode(script)})),
    ]
}

#[test]
fn declared_references_to_unmanaged_resources_are_refused() {
    let is_refused = |(type_name, pointer, value): &&(&str, &str, &str)| {
        let unmapped = rewritten(type_name, &at(pointer, value)).unmapped;
        matches!(unmapped.as_slice(), [only] if only.pointer == *pointer)
    };
    let accepted: Vec<_> = TYPED.iter().filter(|one| !is_refused(one)).collect();
    assert!(accepted.is_empty(), "{accepted:?}");
}

#[test]
fn values_of_unmanaged_resources_are_refused_or_listed_wherever_they_are() {
    assert!(TYPED.len() >= 30 && UNTYPED.len() >= 30);
    let mut silent = Vec::new();
    for value in UNTYPED {
        for (type_name, document) in documents(value) {
            let result = rewritten(type_name, &document);
            if result.unmapped.is_empty() && result.carried.is_empty() {
                silent.push(format!("{value} in {type_name} {document}"));
            }
        }
    }
    assert_eq!(silent, [] as [String; 0]);
}

#[test]
fn values_that_are_the_same_everywhere_are_neither_refused_nor_listed() {
    for value in [
        "hello world",
        "https://example.com/device",
        "sqs.us-east-1.amazonaws.com",
        "https://dynamodb.us-east-1.amazonaws.com",
        "lambda.amazonaws.com",
        "arn:aws:iam::aws:policy/ReadOnlyAccess",
        "arn:aws:lambda:us-east-1:580247275435:layer:LambdaInsightsExtension:38",
        "public.ecr.aws/nginx/nginx:1.27",
        "python3.13",
        "2012-10-17",
        "ami-0123456789abcdef0",
        "658327ea-f89d-4fab-a63d-7e88639e58f6",
    ] {
        for (type_name, document) in documents(value) {
            let result = rewritten(type_name, &document);
            assert!(result.unmapped.is_empty() && result.carried.is_empty(), "{value} in {type_name}: {result:?}");
            assert_eq!(result.rewrites, [], "{value}");
        }
    }
}

#[test]
fn given_values_of_dev_are_refused() {
    let (here, there) =
        (AccountRegion { account: DEV, region: "us-east-1" }, AccountRegion { account: PROD, region: "us-east-1" });
    let tokens = Tokens::between(&["dev".to_owned()], &["prod".to_owned()]);
    let registry = Registry::embedded();
    let mut builder = IndexBuilder::new(&registry, &BTreeMap::new(), &tokens, here, there);
    let queue = LiveResource {
        resource: ResourceRef::new("AWS::SQS::Queue", "https://sqs.us-east-1.amazonaws.com/111111111111/jobs-dev"),
        properties: json!({"QueueName": "jobs-dev", "Arn": "arn:aws:sqs:us-east-1:111111111111:jobs-dev"}),
        tags: BTreeMap::new(),
        arn: None,
    };
    builder.add(&queue, Counterpart::None);
    let index = builder.build();
    let check = |value: Value| {
        let inputs = BTreeMap::from([("/Code".to_owned(), value)]);
        rewritten_with(&index, "AWS::Lambda::Function", &json!({}), &inputs).unmapped
    };
    let mut refused = Vec::new();
    for value in [
        json!({"ZipFile": "queue = 'jobs-dev'"}),
        json!({"ZipFile": "account 111111111111"}),
        json!({"ZipFile": "arn:aws:sqs:us-east-1:111111111111:jobs-dev"}),
        json!({"S3Bucket": "artifacts-dev", "S3Key": "x"}),
        json!({"ImageUri": "111111111111.dkr.ecr.us-east-1.amazonaws.com/shop:1"}),
    ] {
        let found = check(value.clone());
        assert!(!found.is_empty(), "{value}");
        refused.extend(found);
    }
    assert!(refused.iter().all(|left| left.pointer.starts_with("/Code/")), "{refused:?}");
    assert_eq!(check(json!({"ZipFile": "def handler(event, device): pass"})), []);
    assert_eq!(check(json!({"S3Bucket": "artifacts-prod", "S3Key": "dev/x"})), []);
}

#[test]
fn the_account_of_dev_never_stays_whatever_holds_it() {
    let managed =
        "arn:aws:iam::111111111111:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling";
    for (type_name, document) in [
        (
            "AWS::S3::BucketPolicy",
            json!({"PolicyDocument": {"Condition": {"X": {"aws:SourceAccount": 111111111111_u64}}}}),
        ),
        (
            "AWS::S3::BucketPolicy",
            json!({"PolicyDocument": {"Condition": {"X": {"aws:SourceAccount": ["111111111111"]}}}}),
        ),
        ("AWS::SSM::Parameter", json!({"Value": "{\"aws:SourceAccount\": 111111111111}"})),
        ("AWS::SSM::Parameter", json!({"Value": "{\"accounts\": {\"111111111111\": \"own\"}}"})),
        ("AWS::SSM::Parameter", json!({"Value": "assets-111111111111-us-east-1"})),
        ("AWS::AutoScaling::AutoScalingGroup", json!({"ServiceLinkedRoleARN": managed})),
        ("AWS::RDS::DBInstance", json!({"KmsKeyId": "arn:aws:kms:us-east-1:111111111111:alias/aws/rds"})),
    ] {
        let result = rewritten(type_name, &document);
        assert!(result.unmapped.is_empty(), "{result:?}");
        let text = result.value.to_string();
        assert!(!text.contains(DEV) && text.contains(PROD), "{type_name} {text}");
        assert_eq!(result.rewrites.len(), 1, "the reviewer sees it: {result:?}");
    }
}
