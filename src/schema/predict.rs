//! Prediction of a resource's identifier before it exists.
//!
//! An identifier that consists of user-defined properties is known from them. Where the
//! service generates the identifier, the type's ARN template gives the ARN, and the registry maps
//! that ARN to an identifier (a queue's URL follows from its name, account, and region).

use serde_json::Value;

use super::arn::{Identified, arn_of, identify};
use super::pointer;
use super::type_schema::TypeSchema;

/// The account and region of a resource, which its ARN contains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccountRegion<'a> {
    /// Account id.
    pub account: &'a str,
    /// Region.
    pub region: &'a str,
}

/// The primary identifier of a resource with these properties; `None` where only the service
/// knows it. Read-only values among the properties are ignored: they belong to another resource.
pub fn predict_identifier(schema: &TypeSchema, properties: &Value, place: AccountRegion<'_>) -> Option<String> {
    let is_set_by_service = |part: &String| schema.is_read_only(&format!("/{part}"));
    if !schema.primary_identifier.iter().any(is_set_by_service) {
        return schema.identifier_of(properties);
    }
    let name = properties.get(schema.name_property.as_ref()?)?;
    if !name.is_string() {
        return None;
    }
    // Only embedded types have ARN templates, and a described type with the same format makes the prediction no worse.
    match identify(&predict_arn(schema, "", properties, place)?, &[]) {
        Identified::Exactly(found) if found.type_name == schema.type_name => Some(found.identifier),
        _ => None,
    }
}

/// The ARN of a resource with these properties, rendered from the type's template.
pub fn predict_arn(
    schema: &TypeSchema,
    identifier: &str,
    properties: &Value,
    place: AccountRegion<'_>,
) -> Option<String> {
    let mut own = properties.clone();
    for path in &schema.read_only {
        path.remove_from(&mut own);
    }
    let arn = arn_of(schema, identifier, &own, place.account, place.region)?;
    Some(arn.trim_end_matches(":*").to_owned())
}

/// As [`predict_identifier`], for the counterpart of a live resource under another name in another account or region.
/// The rule is trusted only where it gives the live resource's own identifier.
pub fn predict_counterpart(
    schema: &TypeSchema,
    live: (&str, &Value, AccountRegion<'_>),
    name: &str,
    place: AccountRegion<'_>,
) -> Option<String> {
    let (identifier, properties, own_place) = live;
    if predict_identifier(schema, properties, own_place)? != identifier {
        return None;
    }
    let mut renamed = without_references(schema, properties);
    renamed.as_object_mut()?.insert(schema.name_property.clone()?, Value::String(name.to_owned()));
    predict_identifier(schema, &renamed, place)
}

/// The properties without those that name other resources, whose values are others in another account.
pub fn without_references(schema: &TypeSchema, properties: &Value) -> Value {
    let mut own = properties.clone();
    if let Value::Object(map) = &mut own {
        map.retain(|name, _| {
            schema.name_property.as_ref() == Some(name)
                || schema.references_at(&pointer::join("", name)).next().is_none()
        });
    }
    own
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;

    const DEV: AccountRegion<'_> = AccountRegion { account: "111111111111", region: "us-east-1" };
    const PROD: AccountRegion<'_> = AccountRegion { account: "222222222222", region: "eu-west-1" };

    fn schema(name: &str) -> &'static TypeSchema {
        TypeSchema::embedded(name).unwrap()
    }

    #[test]
    fn a_name_that_is_the_identifier_is_used_unchanged() {
        let bucket = schema("AWS::S3::Bucket");
        assert_eq!(predict_identifier(bucket, &json!({"BucketName": "a"}), DEV).as_deref(), Some("a"));
        assert_eq!(predict_identifier(bucket, &json!({}), DEV), None);
    }

    #[test]
    fn a_generated_identifier_follows_from_the_arn() {
        let queue = schema("AWS::SQS::Queue");
        let url = "https://sqs.us-east-1.amazonaws.com/111111111111/jobs";
        assert_eq!(predict_identifier(queue, &json!({"QueueName": "jobs"}), DEV).as_deref(), Some(url));
        let topic = schema("AWS::SNS::Topic");
        let arn = "arn:aws:sns:us-east-1:111111111111:news";
        assert_eq!(predict_identifier(topic, &json!({"TopicName": "news"}), DEV).as_deref(), Some(arn));
        // The name does not determine the id that EC2 generates.
        assert_eq!(predict_identifier(schema("AWS::EC2::VPC"), &json!({"CidrBlock": "10.0.0.0/16"}), DEV), None);
    }

    #[test]
    fn a_counterpart_is_predicted_only_where_the_rule_gives_the_source() {
        let queue = schema("AWS::SQS::Queue");
        let url = "https://sqs.us-east-1.amazonaws.com/111111111111/jobs-dev";
        let live = json!({"QueueName": "jobs-dev", "QueueUrl": url});
        let there = predict_counterpart(queue, (url, &live, DEV), "jobs-prod", PROD);
        assert_eq!(there.as_deref(), Some("https://sqs.eu-west-1.amazonaws.com/222222222222/jobs-prod"));
        assert_eq!(predict_counterpart(queue, ("something-else", &live, DEV), "jobs-prod", PROD), None);
        // The cluster has another name there.
        let service = schema("AWS::ECS::Service");
        let live = json!({"ServiceName": "web-dev", "Cluster": "main-dev"});
        let id = predict_identifier(service, &live, DEV).unwrap();
        assert_eq!(predict_counterpart(service, (&id, &live, DEV), "web-prod", PROD), None);
    }
}
