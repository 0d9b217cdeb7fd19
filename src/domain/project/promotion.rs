//! How a project promotes.

use std::collections::BTreeMap;
use std::time::Duration;

use rust_decimal::Decimal;
use serde_json::Value;

use crate::codes::Code;
use crate::domain::pointer;
use crate::schema::{self, Pattern, Registry, ReviewScope};

/// What may be promoted unattended (`promote --auto`). Absent means nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AutoPromotion {
    /// The resource types allowed.
    pub types: Vec<String>,
    /// The highest monthly upper estimate, in US dollars.
    pub cap: Decimal,
    /// How long a resource must have been unchanged in dev.
    pub soak: Duration,
}

/// The longest time that a resource can be known to be unchanged: AWS keeps the requests of Cloud Control for seven days.
pub const MAX_SOAK: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Services that keep data, networks and permissions, beside the types that say so.
const NEVER_AUTO: [&str; 30] = [
    "AWS::IAM::",
    "AWS::Organizations::",
    "AWS::SSO::",
    "AWS::RolesAnywhere::",
    "AWS::Cognito::",
    "AWS::KMS::",
    "AWS::SecretsManager::",
    "AWS::RAM::",
    "AWS::EC2::",
    "AWS::ElasticLoadBalancing::",
    "AWS::ElasticLoadBalancingV2::",
    "AWS::Route53",
    "AWS::NetworkFirewall::",
    "AWS::NetworkManager::",
    "AWS::VpcLattice::",
    "AWS::GlobalAccelerator::",
    "AWS::WAFv2::",
    "AWS::RDS::",
    "AWS::DynamoDB::",
    "AWS::S3",
    "AWS::EFS::",
    "AWS::FSx::",
    "AWS::ElastiCache::",
    "AWS::MemoryDB::",
    "AWS::Redshift",
    "AWS::DocDB",
    "AWS::Neptune",
    "AWS::OpenSearch",
    "AWS::Timestream::",
    "AWS::Backup::",
];

/// Returns why resources of a type are never promoted unattended: permissions, networks and data stores.
pub fn auto_type_problem(registry: &Registry, type_name: &str) -> Option<String> {
    let Some(schema) = registry.get(type_name) else { return Some(format!("`{type_name}` is not a known type")) };
    let is_whole = |scope: &ReviewScope| *scope == ReviewScope::Resource;
    // Messages pass through a queue, and an unattended promotion replaces and deletes nothing.
    let is_store = schema.stateful && type_name != "AWS::SQS::Queue";
    let is_excluded = NEVER_AUTO.iter().any(|prefix| type_name.starts_with(prefix))
        || is_store
        || is_whole(&schema.review.iam)
        || is_whole(&schema.review.network);
    is_excluded.then(|| format!("{type_name} is about permissions, the network or data, which a person must approve"))
}

/// How promotion maps dev to prod.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PromotionSettings {
    /// A dev value (ARN, id or name) and the prod value that replaces it.
    pub map: BTreeMap<String, String>,
    /// Values that differ in prod on purpose: by resource type or `TYPE/PATTERN`, then by property path. In a pattern of
    /// names and identifiers in dev, `*` stands for any text.
    pub overrides: BTreeMap<String, BTreeMap<String, Value>>,
    /// The rules of unattended promotion.
    pub auto: Option<AutoPromotion>,
}

/// The type and, where there is one, the name pattern of a key of `promotion.overrides`.
pub fn override_key(key: &str) -> (&str, Option<&str>) {
    key.split_once('/').map_or((key, None), |(type_name, pattern)| (type_name, Some(pattern)))
}

/// True if a key of `promotion.overrides` is about a resource of this type with one of these names.
pub fn override_applies(key: &str, type_name: &str, names: &[&str]) -> bool {
    let (wanted, pattern) = override_key(key);
    wanted == type_name
        && pattern.map(Pattern::new).is_none_or(|pattern| names.iter().any(|name| pattern.matches(name)))
}

/// Why a value cannot be set at a path of a known type.
pub fn override_problem(registry: &Registry, key: &str, path: &str, value: &Value) -> Option<(Code, String)> {
    let (type_name, _) = override_key(key);
    let type_schema = registry.get(type_name)?;
    let place = pointer::of_path(path);
    let subject = format!("promotion.overrides: {type_name} {place}");
    let kind = schema::type_of(value);
    let fits = |types: &[String]| {
        types.is_empty() || types.iter().any(|known| known == kind || (known == "number" && kind == "integer"))
    };
    match schema::describe(type_schema, &place) {
        None => Some((Code::UnknownProperty, format!("{subject} is not a property of the type"))),
        Some(facts) if facts.read_only => Some((Code::ReadOnlyProperty, format!("{subject} is set by the service"))),
        Some(facts) if !fits(&facts.types) => {
            Some((Code::WrongType, format!("{subject} is a {kind}; expected {}", facts.types.join(" or "))))
        }
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_override_applies_by_type_and_name_pattern() {
        let applies = |key| override_applies(key, "AWS::RDS::DBInstance", &["orders-dev", "db-ABC"]);
        assert!(applies("AWS::RDS::DBInstance") && applies("AWS::RDS::DBInstance/orders-*"));
        assert!(!applies("AWS::RDS::DBInstance/mails-*") && !applies("AWS::RDS::DBCluster"));
    }

    #[test]
    fn an_override_must_fit_the_type() {
        let code = |path, value| {
            override_problem(&Registry::embedded(), "AWS::RDS::DBInstance/x*", path, &value).map(|(code, _)| code)
        };
        assert_eq!(code("MultiAZ", json!(true)), None);
        assert_eq!(code("/MultiAZ", json!("yes")), Some(Code::WrongType));
        assert_eq!(code("MultiAz", json!(true)), Some(Code::UnknownProperty));
        assert_eq!(code("DBInstanceArn", json!("x")), Some(Code::ReadOnlyProperty));
    }
}
