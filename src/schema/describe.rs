//! Property documentation from the schema, for display.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::pointer;
use super::tree::SchemaNode;
use super::type_schema::TypeSchema;
use super::validate::compiled;

/// The facts of one property.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PropertyFacts {
    /// JSON types accepted, sorted.
    pub types: Vec<String>,
    /// Required (within its object).
    pub required: bool,
    /// An update requires replacement.
    pub create_only: bool,
    /// An update may require replacement.
    pub conditional_create_only: bool,
    /// Set by the service.
    pub read_only: bool,
    /// Never returned by a read.
    pub write_only: bool,
    /// The default, where the schema has one.
    pub default: Option<Value>,
    /// The allowed values of it or its elements, in the schema's order; empty when any is allowed.
    pub allowed: Vec<Value>,
    /// A regular expression that the value must match.
    pub pattern: Option<String>,
    /// JSON types of its elements, sorted, where it is an array.
    pub element_types: Vec<String>,
    /// The names of the members, sorted, where it or its elements are objects with fixed members.
    pub members: Vec<String>,
}

/// The facts of the property at a pointer, such as `/VersioningConfiguration/Status` or
/// `/Tags/0/Key`; `None` when the type does not have it.
pub fn describe(schema: &TypeSchema, at: &str) -> Option<PropertyFacts> {
    // Cached by validation, or for the next lookup.
    property(schema, &compiled(schema)?.schema, at)
}

/// The facts of a type's top-level properties by name, sorted; `None` when its schema cannot be read.
pub fn describe_all(schema: &TypeSchema) -> Option<BTreeMap<&str, PropertyFacts>> {
    let json_schema = schema.json_schema()?;
    let facts = |name| {
        let mut facts = property(schema, &json_schema, &pointer::join("", name))?;
        // Properties that only some alternatives require are optional.
        facts.required = schema.required.iter().any(|required| required == name);
        Some((name, facts))
    };
    Some(schema.properties.iter().filter_map(|name| facts(name)).collect())
}

fn property(schema: &TypeSchema, json_schema: &Value, at: &str) -> Option<PropertyFacts> {
    let tokens = pointer::tokens(at);
    let (name, parents) = tokens.split_last()?;
    let parent = parents.iter().fold(SchemaNode::root(json_schema), |place, token| place.child(token));
    let place = parent.child(name);
    if place.is_nowhere() {
        return None;
    }
    let sorted = |texts: Vec<&str>| {
        let unique: BTreeSet<String> = texts.into_iter().map(str::to_owned).collect();
        unique.into_iter().collect::<Vec<_>>()
    };
    let element = place.element();
    Some(PropertyFacts {
        types: sorted(place.types()),
        element_types: sorted(element.types()),
        required: parent.values_of("required").contains(&&Value::from(name.as_str())),
        create_only: schema.is_create_only(at),
        conditional_create_only: schema.is_conditional_create_only(at),
        read_only: schema.is_read_only(at),
        write_only: schema.is_write_only(at),
        default: place.first("default").cloned(),
        allowed: place.values_of("enum").into_iter().chain(element.values_of("enum")).cloned().collect(),
        pattern: place.first("pattern").and_then(Value::as_str).map(str::to_owned),
        members: sorted(place.property_names().into_iter().chain(element.property_names()).collect()),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use serde_json::json;

    fn describe(type_name: &str, at: &str) -> Option<PropertyFacts> {
        super::describe(TypeSchema::embedded(type_name).unwrap(), at)
    }

    #[test]
    fn a_nested_property_is_described() {
        let status = describe("AWS::S3::Bucket", "/VersioningConfiguration/Status").unwrap();
        assert_eq!(status.types, ["string"]);
        assert!(status.required && !status.create_only);
        assert_eq!(status.allowed, [json!("Enabled"), json!("Suspended")]);
        assert!(describe("AWS::S3::Bucket", "/Tags/0/Key").unwrap().required);
        assert!(describe("AWS::S3::Bucket", "/BucketName").unwrap().create_only);
        let versioning = describe("AWS::S3::Bucket", "/VersioningConfiguration").unwrap();
        assert_eq!(versioning.members, ["Status"]);
    }

    #[test]
    fn all_properties_are_described_and_alternatives_are_not_required() {
        let table = describe_all(TypeSchema::embedded("AWS::DynamoDB::Table").unwrap()).unwrap();
        assert!(table["KeySchema"].required && !table["TableName"].required);
        assert!(table["Arn"].read_only && table["TableName"].create_only);
        let vpc = describe_all(TypeSchema::embedded("AWS::EC2::VPC").unwrap()).unwrap();
        assert!(!vpc["CidrBlock"].required && !vpc["Ipv4IpamPoolId"].required);
    }

    #[test]
    fn unknown_properties_are_not_described() {
        assert_eq!(describe("AWS::S3::Bucket", "/Nothing"), None);
        assert_eq!(describe("AWS::S3::Bucket", ""), None);
    }
}
