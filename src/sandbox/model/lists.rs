//! Type-specific behavior of listing, naming and deletion, as small tables.

use serde_json::Value;

use super::HandlerFailure;
use crate::sandbox::store::Key;
use crate::schema::TypeSchema;

/// Types whose list handler returns identifiers only.
const PARTIAL: [&str; 22] = [
    "AWS::ApiGatewayV2::Api",
    "AWS::Cognito::UserPool",
    "AWS::DynamoDB::Table",
    "AWS::EC2::SecurityGroup",
    "AWS::EC2::Subnet",
    "AWS::EC2::VPC",
    "AWS::ECS::Cluster",
    "AWS::ECS::Service",
    "AWS::ECS::TaskDefinition",
    "AWS::Events::Rule",
    "AWS::IAM::ManagedPolicy",
    "AWS::IAM::Role",
    "AWS::IAM::User",
    "AWS::KMS::Alias",
    "AWS::KMS::Key",
    "AWS::Lambda::Function",
    "AWS::S3::Bucket",
    "AWS::SES::EmailIdentity",
    "AWS::SNS::Topic",
    "AWS::SQS::Queue",
    "AWS::SSM::Parameter",
    "AWS::SecretsManager::Secret",
];

/// True when `ListResources` gives only the identifier properties of a type.
pub(in crate::sandbox) fn is_partial(type_name: &str) -> bool {
    PARTIAL.binary_search(&type_name).is_ok()
}

/// True when a listing with these properties includes a resource. Write-only properties are not in the model: a
/// listener's rules are recognized by their ARNs; elsewhere, extra results are better than none.
pub(in crate::sandbox) fn is_asked_for(schema: &TypeSchema, identifier: &str, model: &Value, wanted: &Value) -> bool {
    let has = |(name, value): (&String, &Value)| match (schema.type_name.as_str(), name.as_str()) {
        ("AWS::ElasticLoadBalancingV2::ListenerRule", "ListenerArn") => value.as_str().is_some_and(|listener| {
            identifier.starts_with(&format!("{}/", listener.replacen(":listener/", ":listener-rule/", 1)))
        }),
        _ => schema.is_write_only(&format!("/{name}")) || model.get(name).is_some_and(|own| is_same_name(own, value)),
    };
    wanted.as_object().is_some_and(|wanted| wanted.iter().all(has))
}

/// True if two values name the same resource: handlers take a name or an ARN, whichever the resource was created with.
fn is_same_name(one: &Value, other: &Value) -> bool {
    let is_arn = |value: &Value| value.as_str().is_some_and(|text| text.starts_with("arn:"));
    let last = |value: &Value| value.as_str().and_then(|text| text.rsplit([':', '/']).next()).map(str::to_owned);
    one == other || is_arn(one) != is_arn(other) && last(one) == last(other)
}

/// The region of services that have none.
pub(in crate::sandbox) const GLOBAL: &str = "global";

/// Services whose resources belong to the account and not to a region.
const WITHOUT_REGION: [&str; 7] = [
    "AWS::CloudFront::",
    "AWS::GlobalAccelerator::",
    "AWS::IAM::",
    "AWS::NetworkManager::",
    "AWS::Organizations::",
    "AWS::Route53::",
    "AWS::Shield::",
];

/// The region of a type's resources, for a caller in a region.
pub(in crate::sandbox) fn home_region<'a>(type_name: &str, region: &'a str) -> &'a str {
    if WITHOUT_REGION.iter().any(|prefix| type_name.starts_with(prefix)) { GLOBAL } else { region }
}

/// True when no two accounts can hold the same identifier.
pub(in crate::sandbox) fn is_name_shared_by_all_accounts(type_name: &str) -> bool {
    type_name == "AWS::S3::Bucket"
}

/// The family property of types with numbered revisions: creating a resource with the
/// same value creates the next revision and keeps the earlier ones.
pub(in crate::sandbox) fn family_property(type_name: &str) -> Option<&'static str> {
    match type_name {
        "AWS::ECS::TaskDefinition" => Some("Family"),
        "AWS::Lambda::LayerVersion" => Some("LayerName"),
        "AWS::Lambda::Version" => Some("FunctionName"),
        "AWS::StepFunctions::StateMachineVersion" => Some("StateMachineArn"),
        _ => None,
    }
}

/// True for types whose identifier is the ARN of the resource that they belong to, which is not their own ARN.
pub(in crate::sandbox) fn is_named_by_another(type_name: &str) -> bool {
    matches!(type_name, "AWS::Lambda::Url" | "AWS::SecretsManager::ResourcePolicy")
}

/// True for a write-only value that the handler needs: one that is part of the identifier, or one that another service returns, such
/// as the value of a secret. All others are discarded when a request is accepted.
pub(in crate::sandbox) fn is_needed_to_create(type_name: &str, write_only: &str) -> bool {
    matches!(
        (type_name, write_only),
        ("AWS::ElasticLoadBalancingV2::ListenerRule", "/ListenerArn")
            | ("AWS::ApplicationAutoScaling::ScalingPolicy", "/ScalingTargetId")
            | ("AWS::RDS::DBInstance", "/SourceDBInstanceIdentifier")
            | ("AWS::SecretsManager::Secret", "/SecretString" | "/GenerateSecretString")
    )
}

/// Properties that must be unique in an account and region although they are not part of the
/// identifier.
pub(in crate::sandbox) fn unique_together(type_name: &str) -> &'static [&'static str] {
    match type_name {
        "AWS::EC2::KeyPair" => &["KeyName"],
        "AWS::EC2::LaunchTemplate" => &["LaunchTemplateName"],
        "AWS::EC2::SecurityGroup" => &["GroupName", "VpcId"],
        "AWS::ElasticLoadBalancingV2::LoadBalancer"
        | "AWS::ElasticLoadBalancingV2::TargetGroup"
        | "AWS::SecretsManager::Secret" => &["Name"],
        _ => &[],
    }
}

/// Why a resource cannot be deleted, if it cannot: deletion protection in its own model.
pub(in crate::sandbox) fn deletion_refused(key: &Key, model: &Value) -> Option<HandlerFailure> {
    let protection = match key.type_name.as_str() {
        "AWS::Cognito::UserPool" | "AWS::RDS::DBCluster" | "AWS::RDS::DBInstance" => "DeletionProtection",
        "AWS::DynamoDB::Table" | "AWS::Logs::LogGroup" => "DeletionProtectionEnabled",
        "AWS::EC2::Instance" => "DisableApiTermination",
        _ => return None,
    };
    let is_on = match model.get(protection)? {
        Value::Bool(flag) => *flag,
        Value::String(text) => text == "ACTIVE",
        _ => false,
    };
    is_on.then(|| {
        HandlerFailure::new(
            "InvalidRequest",
            format!(
                "Resource of type '{}' with identifier '{}' cannot be deleted while {protection} \
                 is on.",
                key.type_name, key.identifier
            ),
        )
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::schema::Registry;
    use serde_json::json;

    #[test]
    fn the_table_of_partial_lists_is_sorted() {
        assert!(PARTIAL.is_sorted());
        assert!(is_partial("AWS::S3::Bucket"));
        assert!(!is_partial("AWS::Logs::LogGroup"));
    }

    #[test]
    fn a_listing_is_filtered_by_its_properties() {
        let asked = |type_name: &str, identifier: &str, wanted: Value| {
            is_asked_for(Registry::embedded().get(type_name).unwrap(), identifier, &json!({"ApiId": "a"}), &wanted)
        };
        assert!(asked("AWS::ApiGatewayV2::Route", "a|r", json!({"ApiId": "a"})));
        assert!(!asked("AWS::ApiGatewayV2::Route", "a|r", json!({"ApiId": "b"})));
        let (rule, elb) = ("AWS::ElasticLoadBalancingV2::ListenerRule", "arn:aws:elasticloadbalancing:r:1");
        let listed = |listener: &str| {
            asked(
                rule,
                &format!("{elb}:listener-rule/app/web/1/2/3"),
                json!({"ListenerArn": format!("{elb}:{listener}")}),
            )
        };
        assert!(listed("listener/app/web/1/2"));
        assert!(!listed("listener/app/web/1/20") && !listed("listener/app/web/1/4"));
        assert!(asked("AWS::VpcLattice::Listener", "x", json!({"ServiceIdentifier": "s"})));
    }

    #[test]
    fn global_services_have_no_region() {
        assert_eq!(home_region("AWS::IAM::Role", "eu-west-1"), GLOBAL);
        assert_eq!(home_region("AWS::S3::Bucket", "eu-west-1"), "eu-west-1");
    }

    #[test]
    fn deletion_protection_must_be_disabled_first() {
        let key = |type_name: &str| Key {
            account: "1".into(),
            region: "r".into(),
            type_name: type_name.into(),
            identifier: "x".into(),
        };
        let pool = key("AWS::Cognito::UserPool");
        assert!(deletion_refused(&pool, &json!({"DeletionProtection": "ACTIVE"})).is_some());
        assert!(deletion_refused(&pool, &json!({"DeletionProtection": "INACTIVE"})).is_none());
        let table = key("AWS::DynamoDB::Table");
        assert!(deletion_refused(&table, &json!({"DeletionProtectionEnabled": true})).is_some());
        assert!(deletion_refused(&key("AWS::SQS::Queue"), &json!({})).is_none());
    }
}
