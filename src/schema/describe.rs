//! What a schema says of one property, for people who look at a plan.

use serde_json::Value;

use super::registry::Registry;
use super::tree::Place;
use super::validate::compiled;
use crate::domain::pointer;

/// What the schema knows of one property.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PropertyFacts {
    /// JSON types accepted, sorted.
    pub types: Vec<String>,
    /// The property must be given (within its object).
    pub required: bool,
    /// Changing it replaces the resource.
    pub create_only: bool,
    /// Set by the service.
    pub read_only: bool,
    /// Never returned by a read.
    pub write_only: bool,
    /// What the service takes when it is left out, where the schema says so.
    pub default: Option<Value>,
    /// The allowed values, in the schema's order; empty when any will do.
    pub allowed: Vec<Value>,
    /// A regular expression that the value must match.
    pub pattern: Option<String>,
    /// The names of the members, sorted, where it is an object of fixed form.
    pub members: Vec<String>,
}

/// The facts of the property at a pointer, such as `/VersioningConfiguration/Status` or
/// `/Tags/0/Key`; `None` when the type or the property is unknown.
pub fn describe(type_name: &str, at: &str) -> Option<PropertyFacts> {
    let schema = Registry::get(type_name)?;
    let compiled = compiled(type_name)?;
    let tokens = pointer::tokens(at);
    let (name, parents) = tokens.split_last()?;
    let parent = parents.iter().fold(Place::root(&compiled.schema), |place, token| place.child(token));
    let place = parent.child(name);
    if place.is_nowhere() {
        return None;
    }
    let sorted = |mut texts: Vec<String>| {
        texts.sort();
        texts.dedup();
        texts
    };
    Some(PropertyFacts {
        types: sorted(place.types().into_iter().map(str::to_owned).collect()),
        required: parent.values_of("required").contains(&&Value::from(name.as_str())),
        create_only: schema.is_create_only(at),
        read_only: schema.is_read_only(at),
        write_only: schema.is_write_only(at),
        default: place.first("default").cloned(),
        allowed: place.values_of("enum").into_iter().cloned().collect(),
        pattern: place.first("pattern").and_then(Value::as_str).map(str::to_owned),
        members: sorted(place.property_names().into_iter().map(str::to_owned).collect()),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use serde_json::json;

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
    fn what_does_not_exist_is_not_described() {
        assert_eq!(describe("AWS::S3::Bucket", "/Nothing"), None);
        assert_eq!(describe("AWS::No::Such", "/A"), None);
        assert_eq!(describe("AWS::S3::Bucket", ""), None);
    }
}
