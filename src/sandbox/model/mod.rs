//! Completes a desired state to the model that a read returns: names, ids, ARNs, endpoints and
//! service defaults.
//!
//! Important types have their own function (`storage`, `messaging`, …), based on
//! AWS responses. Every other type follows [`rules`], and all of them [`defaults`].

mod compute;
mod database;
mod defaults;
mod exact;
mod identity;
pub(super) mod lists;
mod messaging;
mod monitoring;
mod network;
pub(super) mod random;
mod refusals;
mod rules;
mod storage;

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::clock::{self, Millis};
use super::identity::partition;
use crate::schema::{self, TypeSchema};
use random::Random;

pub(super) use refusals::check;

pub(super) use lists::{
    GLOBAL, deletion_refused, family_property, home_region, is_name_shared_by_all_accounts, is_needed_to_create,
    unique_together,
};

/// The error of a resource handler: a Cloud Control handler error code and a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct HandlerFailure {
    /// Such as `AlreadyExists`.
    pub code: Cow<'static, str>,
    /// The message.
    pub message: String,
}

impl HandlerFailure {
    /// Creates an error.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into() }
    }

    /// An internal failure of the handler.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new("InternalFailure", message)
    }
}

/// The context in which a resource is created.
pub(super) struct Place<'a> {
    /// Account id.
    pub account: &'a str,
    /// The caller's region.
    pub region: &'a str,
    /// The time of the handler.
    pub now: Millis,
    /// The seed of generated names and ids.
    pub seed: &'a str,
    /// The revision of a new resource, where its type has revisions.
    pub revision: u64,
}

/// A completed model.
#[derive(Debug)]
pub(super) struct Built {
    /// The model as a read returns it.
    pub properties: Value,
    /// Its primary identifier.
    pub identifier: String,
    /// Its own ARN, where it has one.
    pub arn: Option<String>,
}

/// Completes a model. Existing values are kept, so that an update keeps ids and times.
pub(super) fn build(
    schema: &TypeSchema,
    place: &Place<'_>,
    desired: Map<String, Value>,
) -> Result<Built, HandlerFailure> {
    let mut draft = Draft { place, schema, random: Random::new(&[place.seed, &schema.type_name]), model: desired };
    if let Some(exact) = exact(&schema.type_name) {
        exact(&mut draft)?;
    }
    defaults::fill(&schema.type_name, &mut draft.model);
    rules::fill(&mut draft);
    let mut properties = Value::Object(draft.model);
    for path in &schema.write_only {
        path.remove_from(&mut properties);
    }
    // Reads of a function return its code as an empty object, to which a patch may add.
    if schema.type_name == "AWS::Lambda::Function" {
        properties["Code"] = Value::Object(Map::new());
    }
    let Some(identifier) = schema.identifier_of(&properties) else {
        return Err(HandlerFailure::internal(format!(
            "No identifier could be formed for a resource of type {}.",
            schema.type_name
        )));
    };
    let arn = own_arn(schema, place, &identifier, &properties);
    Ok(Built { properties, identifier, arn })
}

/// The ARN of a resource in the Tagging API. A log group's ARN property ends in `:*`,
/// which is not part of the name there.
fn own_arn(schema: &TypeSchema, place: &Place<'_>, identifier: &str, properties: &Value) -> Option<String> {
    if lists::is_named_by_another(&schema.type_name) {
        return None;
    }
    if schema.type_name == "AWS::ApplicationAutoScaling::ScalableTarget" {
        // Its id is in no property.
        let (partition, id) = (schema::partition_of(place.region), Random::new(&[identifier]).hex("target", 34));
        let Place { account, region, .. } = place;
        return Some(format!("arn:{partition}:application-autoscaling:{region}:{account}:scalable-target/{id}"));
    }
    let property = schema.arn_property.as_ref().and_then(|name| properties.get(name));
    match property.and_then(Value::as_str) {
        Some(arn) => Some(arn.strip_suffix(":*").unwrap_or(arn).to_owned()),
        None if identifier.starts_with("arn:") && !identifier.contains('|') => Some(identifier.to_owned()),
        None => schema::arn_of(schema, identifier, properties, place.account, place.region),
    }
}

/// Completes the model of one type.
type Exact = fn(&mut Draft<'_>) -> Result<(), HandlerFailure>;

fn exact(type_name: &str) -> Option<Exact> {
    let (service, resource) = type_name.strip_prefix("AWS::")?.split_once("::")?;
    match service {
        "S3" => storage::exact(resource),
        "SQS" | "SNS" | "SES" | "Events" => messaging::exact(service, resource),
        "DynamoDB" | "RDS" => database::exact(service, resource),
        "IAM" | "Cognito" | "KMS" | "SecretsManager" | "SSM" => identity::exact(service, resource),
        "Lambda" | "ECS" | "ApiGatewayV2" | "ElasticLoadBalancingV2" => compute::exact(service, resource),
        "Logs" | "CloudWatch" | "ApplicationAutoScaling" => monitoring::exact(service, resource),
        "EC2" => network::exact(resource),
        _ => None,
    }
}

/// A model while it is being completed.
struct Draft<'a> {
    place: &'a Place<'a>,
    schema: &'a TypeSchema,
    random: Random,
    model: Map<String, Value>,
}

impl Draft<'_> {
    fn has(&self, name: &str) -> bool {
        self.model.get(name).is_some_and(|value| !value.is_null())
    }

    /// A string property, empty when it is not there.
    fn text(&self, name: &str) -> &str {
        self.model.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    fn flag(&self, name: &str) -> bool {
        match self.model.get(name) {
            Some(Value::Bool(flag)) => *flag,
            Some(Value::String(text)) => text == "true",
            _ => false,
        }
    }

    /// Sets a derived value.
    fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.model.insert(name.to_owned(), value.into());
    }

    /// Sets a missing value: a service's default, or an id that is then kept.
    fn default(&mut self, name: &str, value: impl Into<Value>) {
        if !self.has(name) {
            self.set(name, value);
        }
    }

    fn defaults<const N: usize>(&mut self, values: [(&str, Value); N]) {
        for (name, value) in values {
            self.default(name, value);
        }
    }

    /// The user's name, else a generated one that ends in `suffix`.
    fn name(&mut self, property: &str, suffix: &str) -> String {
        if !self.has(property) {
            let kind = self.schema.type_name.rsplit("::").next().unwrap_or_default();
            let name = format!("{}-{}{suffix}", kind.to_ascii_lowercase(), self.random.lower("name", 12));
            self.set(property, name);
        }
        self.text(property).to_owned()
    }

    /// An ARN in the caller's account and region.
    fn arn(&self, service: &str, resource: &str) -> String {
        let Place { account, region, .. } = self.place;
        format!("arn:{}:{service}:{region}:{account}:{resource}", partition(region))
    }

    /// An ARN of a service without regions.
    fn global_arn(&self, service: &str, resource: &str) -> String {
        let Place { account, region, .. } = self.place;
        format!("arn:{}:{service}::{account}:{resource}", partition(region))
    }

    /// The current time in the format of services.
    fn time(&self) -> String {
        clock::rfc3339(self.place.now)
    }

    /// The DNS suffix: `amazonaws.com` or that of the China regions.
    fn domain(&self) -> &'static str {
        if self.place.region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" }
    }
}

/// True when every member of `wanted` is in `model` with the same value.
pub(super) fn contains(model: &Value, wanted: &Value) -> bool {
    wanted.as_object().is_some_and(|wanted| wanted.iter().all(|(name, value)| model.get(name) == Some(value)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
pub(super) mod tests {
    use super::*;
    use crate::schema::Registry;
    use serde_json::json;

    /// Builds a resource of account 111111111111 in us-east-1.
    pub fn built(type_name: &str, desired: &Value) -> Built {
        let place =
            Place { account: "111111111111", region: "us-east-1", now: 1_790_000_000_000, seed: "seed", revision: 1 };
        let desired = desired.as_object().cloned().unwrap();
        build(TypeSchema::embedded(type_name).unwrap(), &place, desired).unwrap()
    }

    #[test]
    fn every_type_that_can_be_created_gets_an_identifier() {
        let mut without = Vec::new();
        for schema in TypeSchema::all_embedded() {
            let name = schema.type_name.as_str();
            if !schema.handlers.create {
                continue;
            }
            // The required properties as plain strings; nested identifiers are set completely.
            let mut desired: Map<String, Value> =
                schema.required.iter().map(|name| (name.clone(), json!("x"))).collect();
            for (head, last) in schema.primary_identifier.iter().filter_map(|id| id.split_once('/')) {
                desired.insert(head.to_owned(), json!({last: "x"}));
            }
            let place = Place { account: "1", region: "us-east-1", now: 0, seed: "s", revision: 1 };
            match build(schema, &place, desired) {
                Err(failure) if failure.code == "InternalFailure" => without.push(name),
                _ => {}
            }
        }
        assert!(without.is_empty(), "{} types: {without:?}", without.len());
    }

    #[test]
    fn a_resources_arn_names_it() {
        let mut wrong = Vec::new();
        let mut right = 0;
        for schema in TypeSchema::all_embedded() {
            let name = schema.type_name.as_str();
            // Their ARNs contain parts of other resources' ARNs, which "x1" does not have.
            let is_child = matches!(name, "AWS::ACMPCA::Certificate" | "AWS::SSO::PermissionSet");
            if !schema.handlers.create || is_child {
                continue;
            }
            let desired: Map<String, Value> = schema
                .required
                .iter()
                .map(|name| {
                    let value = match name.as_str() {
                        name if name.ends_with("ccountId") => "111111111111",
                        "Scope" => "REGIONAL",
                        _ => "x1",
                    };
                    (name.clone(), json!(value))
                })
                .collect();
            let place = Place { account: "111111111111", region: "us-east-1", now: 0, seed: "s", revision: 1 };
            let Ok(built) = build(schema, &place, desired) else {
                continue;
            };
            let Some(arn) = built.arn else { continue };
            let own = crate::domain::resource::ResourceRef::new(name, built.identifier);
            let is_right = match Registry::embedded().identify(&arn) {
                schema::Identified::Exactly(found) => found == own,
                schema::Identified::Ambiguous(found) => found.contains(&own),
                schema::Identified::OfType(_) | schema::Identified::Unknown => continue,
            };
            if is_right {
                right += 1;
            } else {
                wrong.push(format!("{own}: {arn} -> {:?}", Registry::embedded().identify(&arn)));
            }
        }
        assert!(wrong.is_empty(), "{right} right, {} wrong: {wrong:#?}", wrong.len());
    }

    #[test]
    fn building_is_idempotent() {
        for name in ["AWS::EC2::VPC", "AWS::RDS::DBInstance", "AWS::KMS::Key", "AWS::Lambda::Function"] {
            let first = built(name, &json!({"DBInstanceClass": "db.t3.small"}));
            let again = built(name, &first.properties);
            assert_eq!(first.properties, again.properties, "{name}");
        }
    }

    #[test]
    fn a_generated_name_depends_on_the_seed() {
        let bucket = built("AWS::S3::Bucket", &json!({}));
        assert!(bucket.identifier.starts_with("bucket-"), "{}", bucket.identifier);
        assert_eq!(bucket.identifier, built("AWS::S3::Bucket", &json!({})).identifier);
    }
}
