//! References by property: which attribute of which type a property holds, whatever the value looks like.

use std::sync::LazyLock;

use serde_json::{Map, Value};

use crate::domain::pointer::{self, PropertyPath};
use crate::domain::resource::ResourceRef;
use crate::schema::{Arn, ReferenceTarget, Registry, TypeSchema, general_facts};

/// Attributes that do not identify a resource, or that others may have by chance: an address range, a version.
const NOT_IDENTIFYING: &[&str] = &[
    "CertificateSigningRequest",
    "CidrBlock",
    "LatestVersionNumber",
    "LogStreamName",
    "PrivateIp",
    "PublicIp",
    "StageName",
    "Username",
    "Version",
];

/// Properties that the service specification calls references and that are local names.
const LOCAL_NAMES: &[(&str, &str)] = &[
    ("AWS::CloudFront::Distribution", "Id"),
    ("AWS::CloudFront::Distribution", "TargetOriginId"),
    ("AWS::Glue::Database", "Name"),
    ("AWS::KinesisFirehose::DeliveryStream", "LogStreamName"),
];

/// The attributes that the property at a pointer may hold, without those that do not identify a resource.
pub fn targets<'a>(schema: &'a TypeSchema, at: &str) -> Vec<&'a ReferenceTarget> {
    let name = at.rsplit('/').next().unwrap_or_default();
    if LOCAL_NAMES.contains(&(schema.type_name.as_str(), name)) {
        return Vec::new();
    }
    let identifies = |target: &&ReferenceTarget| !NOT_IDENTIFYING.contains(&target.attribute.as_str());
    let added = ADDED.iter().filter(|one| one.type_name == schema.type_name && one.path.matches(at));
    schema.references_at(at).filter(identifies).chain(added.map(|one| &one.target)).collect()
}

/// A reference that the service specification does not have.
struct Added {
    type_name: &'static str,
    path: PropertyPath,
    target: ReferenceTarget,
}

static ADDED: LazyLock<Vec<Added>> = LazyLock::new(|| {
    const OF: &[(&str, &str, &str, &str)] = &[
        (
            "AWS::CloudFront::Distribution",
            "/DistributionConfig/Origins/*/S3OriginConfig/OriginAccessIdentity",
            "AWS::CloudFront::CloudFrontOriginAccessIdentity",
            "Id",
        ),
        ("AWS::DocDB::DBInstance", "/DBClusterIdentifier", "AWS::DocDB::DBCluster", "DBClusterIdentifier"),
        ("AWS::Neptune::DBInstance", "/DBClusterIdentifier", "AWS::Neptune::DBCluster", "DBClusterIdentifier"),
        ("AWS::Route53::RecordSet", "/HostedZoneId", "AWS::Route53::HostedZone", "Id"),
    ];
    let one = |(type_name, path, target, attribute): &(&'static str, &str, &str, &str)| Added {
        type_name,
        path: PropertyPath::parse(path),
        target: ReferenceTarget { type_name: (*target).to_owned(), attribute: (*attribute).to_owned() },
    };
    OF.iter().map(one).collect()
});

/// The name of the setting that a value belongs to, in a list of settings: the `Key` beside a `Value`.
pub fn setting<'a>(entry: &'a Map<String, Value>, member: &str) -> Option<&'a str> {
    let name = |key: &str| entry.get(key).and_then(Value::as_str);
    (member == "Value").then(|| ["Key", "Name", "OptionName"].into_iter().find_map(name)).flatten()
}

/// True if a setting of this name holds an attribute of the type: `access_logs.s3.bucket` that of a bucket.
pub fn is_of_setting(target: &ReferenceTarget, setting: &str) -> bool {
    let bare = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
    let kind = target.type_name.rsplit("::").next().unwrap_or_default();
    bare(setting).contains(&bare(kind))
}

/// True when the property at a pointer holds an attribute of another resource.
pub fn is_reference(schema: &TypeSchema, at: &str) -> bool {
    !targets(schema, at).is_empty()
}

/// What a value of such a property is that no known resource explains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is valid in every account: AWS manages it, it is in another account than this one, or it is the name of a host
    /// outside AWS.
    Valid,
    /// It is not an attribute of one resource: a pattern, a service, a URL. The rules for other texts apply.
    Text,
    /// A resource without a counterpart.
    Unknown,
}

/// Judges a value of a property that holds one of these attributes. `account` is the account promoted from.
pub fn judge(targets: &[&ReferenceTarget], value: &str, account: &str) -> Verdict {
    if let Some(arn) = Arn::parse(value) {
        let of_account = matches!(arn.service, "s3" | "apigateway");
        let is_managed = general_facts().managed_resources.iter().any(|pattern| pattern.matches(arn.resource));
        return if is_managed || (if arn.account.is_empty() { !of_account } else { arn.account != account }) {
            Verdict::Valid
        } else if arn.resource.contains(['*', '?']) {
            Verdict::Text
        } else {
            Verdict::Unknown
        };
    }
    let is_managed = general_facts().managed_values.iter().any(|pattern| pattern.matches(value));
    let is_host =
        targets.iter().any(|target| target.attribute.ends_with("DomainName") || target.attribute == "DNSName");
    let is_foreign_host = is_host && targets.len() > 1 && value.contains('.') && !value.contains(".amazonaws.com");
    let is_account = |part: &&str| part.len() == 12 && part.bytes().all(|b| b.is_ascii_digit());
    let owner = value.split(['.', '/']).find(is_account);
    if is_managed || is_foreign_host || owner.is_some_and(|owner| owner != account) {
        return Verdict::Valid;
    }
    let is_arn = targets.iter().all(|target| target.attribute.to_lowercase().ends_with("arn"));
    // Among others, the URL, the address or the telephone number of a subscription.
    let is_no_arn = value == "*"
        || is_account(&value)
        || value.contains("://")
        || value.contains('@')
        || value.starts_with('+')
        || value.ends_with(".amazonaws.com");
    let is_ec2_id =
        targets.iter().all(|target| target.type_name.starts_with("AWS::EC2::") && target.attribute.ends_with("Id"));
    if is_arn && is_no_arn || is_ec2_id && !value.contains('-') { Verdict::Text } else { Verdict::Unknown }
}

/// The resources that a value of such a property names, where the attribute is their identifier.
pub fn named(registry: &Registry, targets: &[&ReferenceTarget], value: &str) -> Vec<ResourceRef> {
    let mut found: Vec<ResourceRef> = Vec::new();
    for target in targets {
        let Some(schema) = registry.get(&target.type_name) else { continue };
        let is_identifier =
            |attribute: &str| matches!(schema.primary_identifier.as_slice(), [only] if only == attribute);
        // A key is also named by its id where its ARN is expected.
        let is_key = target.type_name == "AWS::KMS::Key" && !value.contains([':', '/']);
        if (is_identifier(&target.attribute) || is_key) && schema.handlers.are_provisionable() {
            let resource = ResourceRef::new(&target.type_name, value);
            if !found.contains(&resource) {
                found.push(resource);
            }
        }
    }
    found
}

/// The resources of types without tags that properties of a resource name, with the pointers of the properties. Children are not
/// among them: they are found through their parents. `account` is the account of the resource.
pub fn untagged(
    registry: &Registry,
    schema: &TypeSchema,
    properties: &Value,
    account: &str,
) -> Vec<(String, ResourceRef)> {
    let mut found = Vec::new();
    pointer::for_each_string(properties, &mut |at, text| {
        let targets = targets(schema, at);
        if targets.is_empty() || judge(&targets, text, account) != Verdict::Unknown {
            return;
        }
        let is_untagged =
            |one: &ResourceRef| registry.get(&one.type_name).is_some_and(|own| is_untagged(registry, own));
        found.extend(named(registry, &targets, text).into_iter().filter(is_untagged).map(|one| (at.to_owned(), one)));
    });
    found
}

/// True for a type without tags whose resources do not belong to another one.
pub fn is_untagged(registry: &Registry, schema: &TypeSchema) -> bool {
    schema.tagging.property.is_none() && registry.parent_links(schema).is_empty()
}

/// The attributes as text: `AWS::KMS::Key.Arn or AWS::KMS::Key.KeyId`.
pub fn describe(targets: &[&ReferenceTarget]) -> String {
    let names: Vec<String> =
        targets.iter().map(|target| format!("{}.{}", target.type_name, target.attribute)).collect();
    names.join(" or ")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;

    const ACCOUNT: &str = "111111111111";

    fn everywhere(type_name: &str, at: &str, value: &str) -> bool {
        let targets = targets(Registry::embedded().get(type_name).unwrap(), at);
        assert!(!targets.is_empty(), "{type_name} {at}");
        judge(&targets, value, ACCOUNT) == Verdict::Valid
    }

    #[test]
    fn what_aws_manages_is_valid_everywhere() {
        const CACHE: &str = "/DistributionConfig/DefaultCacheBehavior/CachePolicyId";
        let cdn = |value| everywhere("AWS::CloudFront::Distribution", CACHE, value);
        assert!(cdn("658327ea-f89d-4fab-a63d-7e88639e58f6"));
        assert!(!cdn("12345678-f89d-4fab-a63d-7e88639e58f6"));
        let policy = |value| everywhere("AWS::IAM::Role", "/ManagedPolicyArns/0", value);
        assert!(policy("arn:aws:iam::aws:policy/ReadOnlyAccess"));
        assert!(!policy("arn:aws:iam::111111111111:policy/orders"));
        let group = |value| everywhere("AWS::RDS::DBInstance", "/DBSubnetGroupName", value);
        assert!(group("default") && !group("private"));
        let key = |value| everywhere("AWS::RDS::DBInstance", "/KmsKeyId", value);
        assert!(key("alias/aws/rds") && !key("alias/orders"));
    }

    #[test]
    fn resources_without_tags_are_found_by_the_properties_that_name_them() {
        let of = |type_name: &str, properties: Value| {
            let registry = Registry::embedded();
            let found = untagged(&registry, registry.get(type_name).unwrap(), &properties, ACCOUNT);
            found.into_iter().map(|(at, one)| format!("{at} {one}")).collect::<Vec<_>>()
        };
        let site = json!({"DistributionConfig": {"Origins": [{"OriginAccessControlId": "E2AB"}]}});
        let expected =
            ["/DistributionConfig/Origins/0/OriginAccessControlId AWS::CloudFront::OriginAccessControl E2AB"];
        assert_eq!(of("AWS::CloudFront::Distribution", site), expected);
        assert_eq!(of("AWS::IAM::User", json!({"Groups": ["ops"]})), ["/Groups/0 AWS::IAM::Group ops"]);
        // Managed by AWS, tagged, and a child.
        let cache = json!({"DistributionConfig": {"DefaultCacheBehavior": {"CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6"}}});
        assert!(of("AWS::CloudFront::Distribution", cache).is_empty());
        assert!(of("AWS::Lambda::EventSourceMapping", json!({"FunctionName": "orders"})).is_empty());
    }

    #[test]
    fn what_another_account_owns_is_valid_and_what_no_account_names_is_not() {
        let queue = |value| everywhere("AWS::Lambda::Function", "/DeadLetterConfig/TargetArn", value);
        assert!(queue("arn:aws:sqs:us-east-1:999999999999:errors"));
        assert!(!queue("arn:aws:sqs:us-east-1:111111111111:errors"));
        let bucket =
            |value| everywhere("AWS::S3::Bucket", "/ReplicationConfiguration/Rules/0/Destination/Bucket", value);
        assert!(!bucket("arn:aws:s3:::copies"));
    }

    #[test]
    fn an_origin_outside_aws_is_valid_everywhere() {
        let origin =
            |value| everywhere("AWS::CloudFront::Distribution", "/DistributionConfig/Origins/0/DomainName", value);
        assert!(origin("www.example.com"));
        assert!(!origin("web-123456789.us-east-1.elb.amazonaws.com"));
    }

    #[test]
    fn what_is_no_attribute_is_a_text() {
        let text = |type_name: &str, at: &str, value: &str| {
            judge(&targets(Registry::embedded().get(type_name).unwrap(), at), value, ACCOUNT) == Verdict::Text
        };
        let permission = |at: &str, value: &str| text("AWS::Lambda::Permission", at, value);
        assert!(permission("/Principal", "apigateway.amazonaws.com"));
        assert!(permission("/Principal", "111111111111"));
        assert!(permission("/SourceArn", "arn:aws:execute-api:us-east-1:111111111111:a1b2c3d4e5/*/GET/x"));
        assert!(!permission("/SourceArn", "arn:aws:events:us-east-1:111111111111:rule/orders"));
        assert!(text("AWS::ApiGatewayV2::Integration", "/IntegrationUri", "https://example.com"));
        assert!(!text("AWS::SQS::Queue", "/KmsMasterKeyId", "1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed"));
    }

    #[test]
    fn a_setting_is_a_reference_by_its_name() {
        let schema = Registry::embedded().get("AWS::ElasticLoadBalancingV2::LoadBalancer").unwrap();
        let of = |key: &str| {
            let entry = serde_json::json!({"Key": key, "Value": "x"});
            let setting = setting(entry.as_object().unwrap(), "Value").unwrap().to_owned();
            targets(schema, "/LoadBalancerAttributes/0/Value").iter().any(|target| is_of_setting(target, &setting))
        };
        assert!(of("access_logs.s3.bucket"));
        assert!(!of("access_logs.s3.enabled") && !of("routing.http.desync_mitigation_mode"));
        let stop = serde_json::json!({"Source": "aws:cloudwatch:alarm", "Value": "arn:x"});
        assert_eq!(setting(stop.as_object().unwrap(), "Value"), None);
    }

    #[test]
    fn an_identifier_names_a_resource() {
        let schema = Registry::embedded().get("AWS::S3::Bucket").unwrap();
        let key = "/BucketEncryption/ServerSideEncryptionConfiguration/0/ServerSideEncryptionByDefault/KMSMasterKeyID";
        let id = "1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed";
        let found = named(&Registry::embedded(), &targets(schema, key), id);
        assert!(found.contains(&ResourceRef::new("AWS::KMS::Key", id)), "{found:?}");
        assert!(named(&Registry::embedded(), &targets(schema, "/BucketName"), "files").is_empty());
    }
}
