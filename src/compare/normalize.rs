//! The normal form in which two configurations of one resource type are compared.
//!
//! Two documents that are equivalent to the service have the same normal form, so that a difference
//! between normal forms is a real difference. The rules come from the type's schema (with the
//! registry's corrections for single types) and the grammar of policy documents; order and letter
//! case are never ignored in general, which would hide real drift.

use serde_json::{Map, Value};

use super::element_name::element_name;
use super::policy_document;
use super::scalar::{loose, structure_of};
use crate::domain::{digest, pointer};
use crate::schema::{TagShape, TypeSchema};

/// What [`normalize`] removes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// Tag keys to leave out, besides `aws:*`.
    pub ignored_tags: Vec<String>,
    /// Keep write-only properties: correct between two desired states, wrong where one side was read.
    pub keep_write_only: bool,
}

/// The normal form of a resource's properties:
/// read-only and write-only properties are gone, and so are `aws:*` tags; tags are sorted by key;
/// `{}`, `[]` and `null` count as missing; arrays whose order is insignificant are sorted; policy documents
/// are canonicalized, as text or not; other JSON in a string is canonical JSON; keys are sorted.
/// Normalization is idempotent.
///
/// Scalars stay as written, so that a difference can be shown as it is; [`crate::compare::diff`]
/// compares them by [`loose`]. It is a form for comparing, not for sending:
/// [`crate::compare::patch`] sends what was written.
pub fn normalize(schema: &TypeSchema, properties: &Value, options: &Options) -> Value {
    let mut document = properties.clone();
    for path in &schema.read_only {
        path.remove_from(&mut document);
    }
    if !options.keep_write_only {
        for path in &schema.write_only {
            path.remove_from(&mut document);
        }
    }
    let normalizer = Normalizer { schema, options };
    normalizer.value(&document, "", Kind::Properties).unwrap_or_else(|| Value::Object(Map::new()))
}

/// The pointers of the write-only values in a document, sorted: a read never returns them, so
/// their current values cannot be verified.
pub fn unverifiable(schema: &TypeSchema, properties: &Value) -> Vec<String> {
    let selected = schema.write_only.iter().flat_map(|path| path.select(properties));
    let mut pointers: Vec<String> = selected.map(|(place, _)| place).collect();
    pointers.sort();
    pointers.dedup();
    pointers
}

/// The normal form of the value at one pointer of a resource, write-only properties included; `null` where it
/// counts as missing.
pub(super) fn normal_at(schema: &TypeSchema, at: &str, value: &Value) -> Value {
    let options = Options { keep_write_only: true, ..Options::default() };
    Normalizer { schema, options: &options }.value(value, at, Kind::Properties).unwrap_or_default()
}

/// The normal form of the array element at one pointer of a resource, write-only properties included. An
/// empty element is not missing, since the elements after it keep their places.
pub(super) fn normal_element_at(schema: &TypeSchema, at: &str, item: &Value) -> Value {
    let options = Options { keep_write_only: true, ..Options::default() };
    Normalizer { schema, options: &options }.element(item, at, Kind::Properties)
}

/// True when the order of the array at a pointer is insignificant.
pub(super) fn is_unordered(schema: &TypeSchema, at: &str) -> bool {
    let is_tags = schema.tagging.property.as_ref().is_some_and(|name| at == pointer::join("", name));
    is_tags || schema.unordered.iter().any(|path| path.matches(at))
}

/// The context of a value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A property: the schema's pointers apply, and empty is missing.
    Properties,
    /// Inside JSON text, where emptiness and order are significant.
    Text,
}

struct Normalizer<'a> {
    schema: &'a TypeSchema,
    options: &'a Options,
}

impl Normalizer<'_> {
    /// The normal form of a value; `None` when it counts as missing.
    fn value(&self, value: &Value, at: &str, kind: Kind) -> Option<Value> {
        let normal = match value {
            Value::Object(map) if policy_document::is_policy(map) => {
                self.object(&policy_document::canonical(map), at, Kind::Text)
            }
            Value::Object(map) => self.object(map, at, kind),
            Value::Array(items) => self.array(items, at, kind),
            Value::String(text) => self.string(text, at, kind),
            Value::Number(_) | Value::Bool(_) | Value::Null => value.clone(),
        };
        let missing = kind == Kind::Properties && (normal.is_null() || pointer::is_empty(&normal));
        (!missing).then_some(normal)
    }

    fn object(&self, map: &Map<String, Value>, at: &str, kind: Kind) -> Value {
        let tags = self.tag_property(at).filter(|_| self.schema.tagging.shape == TagShape::Map);
        let kept = map.iter().filter(|(key, _)| tags.is_none() || !self.is_ignored_tag(key));
        let mut members: Vec<(&String, Value)> =
            kept.filter_map(|(key, child)| Some((key, self.value(child, &pointer::join(at, key), kind)?))).collect();
        members.sort_by_key(|(key, _)| *key);
        Value::Object(members.into_iter().map(|(key, child)| (key.clone(), child)).collect())
    }

    fn array(&self, items: &[Value], at: &str, kind: Kind) -> Value {
        let is_tags = self.tag_property(at).is_some();
        let ignored = |item: &Value| {
            is_tags && item.get("Key").and_then(Value::as_str).is_some_and(|key| self.is_ignored_tag(key))
        };
        let normal = |(index, item): (usize, &Value)| self.element(item, &pointer::join(at, &index.to_string()), kind);
        let mut normal: Vec<Value> = items.iter().filter(|item| !ignored(item)).enumerate().map(normal).collect();
        if kind == Kind::Properties && is_unordered(self.schema, at) {
            sort(&mut normal);
        }
        Value::Array(normal)
    }

    /// An element stays, since its place counts, but what is missing in it is missing here as well.
    fn element(&self, item: &Value, at: &str, kind: Kind) -> Value {
        self.value(item, at, kind).unwrap_or_else(|| match item {
            Value::Object(_) => Value::Object(Map::new()),
            Value::Array(_) => Value::Array(Vec::new()),
            other => other.clone(),
        })
    }

    fn string(&self, text: &str, at: &str, kind: Kind) -> Value {
        match structure_of(text) {
            Some(Value::Object(map)) if policy_document::is_policy(&map) => {
                return self.object(&policy_document::canonical(&map), at, Kind::Text);
            }
            // Text stays text: inside it, `{}` differs from a missing value.
            Some(structure) => {
                return Value::String(digest::canonical(&self.value(&structure, at, Kind::Text).unwrap_or(structure)));
            }
            None => {}
        }
        let in_any_case = kind == Kind::Properties && self.schema.case_insensitive.iter().any(|path| path.matches(at));
        Value::String(if in_any_case { text.to_lowercase() } else { text.to_owned() })
    }

    fn tag_property(&self, at: &str) -> Option<&str> {
        let name = self.schema.tagging.property.as_deref()?;
        (at.strip_prefix('/') == Some(name)).then_some(name)
    }

    fn is_ignored_tag(&self, key: &str) -> bool {
        key.starts_with("aws:") || self.options.ignored_tags.iter().any(|ignored| ignored == key)
    }
}

/// Sorts a list that is a set: by the naming member of its elements, else by their text.
fn sort(items: &mut [Value]) {
    let name = element_name(&[items]);
    items.sort_by_cached_key(|item| {
        let item = loose(item);
        (name.map(|name| item[name].to_string()), digest::canonical(&item))
    });
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use crate::schema::Registry;
    use proptest::prelude::*;
    use serde_json::json;

    fn normal(type_name: &str, properties: Value) -> Value {
        normalize(Registry::embedded().get(type_name).unwrap(), &properties, &Options::default())
    }

    #[test]
    fn read_only_and_write_only_values_are_left_out() {
        let live = json!({"Arn": "arn:aws:s3:::b", "BucketName": "b", "AccessControl": "Private"});
        assert_eq!(normal("AWS::S3::Bucket", live.clone()), json!({"BucketName": "b"}));
        assert_eq!(unverifiable(Registry::embedded().get("AWS::S3::Bucket").unwrap(), &live), ["/AccessControl"]);
    }

    #[test]
    fn tags_are_sorted_and_those_of_aws_left_out() {
        let tags =
            json!({"Tags": [{"Key": "b", "Value": "1"}, {"Key": "aws:x", "Value": "y"}, {"Value": "2", "Key": "a"}]});
        let expected = json!({"Tags": [{"Key": "a", "Value": "2"}, {"Key": "b", "Value": "1"}]});
        assert_eq!(normal("AWS::S3::Bucket", tags), expected);
        let map = json!({"UserPoolTags": {"aws:x": "y", "b": "c"}});
        assert_eq!(normal("AWS::Cognito::UserPool", map), json!({"UserPoolTags": {"b": "c"}}));
        let only_aws = json!({"Tags": [{"Key": "aws:x", "Value": "y"}]});
        assert_eq!(normal("AWS::S3::Bucket", only_aws), json!({}));
    }

    #[test]
    fn tags_named_in_the_options_are_left_out() {
        let options = Options { ignored_tags: vec!["MANAGED_BY".into()], ..Options::default() };
        let tags = json!({"Tags": [{"Key": "MANAGED_BY", "Value": "stagegate"}, {"Key": "a", "Value": "b"}]});
        let queue = Registry::embedded().get("AWS::SQS::Queue").unwrap();
        assert_eq!(normalize(queue, &tags, &options), json!({"Tags": [{"Key": "a", "Value": "b"}]}));
    }

    #[test]
    fn empty_is_missing_but_not_inside_json_text() {
        let function = json!({"Layers": [], "Environment": {"Variables": {}}, "Handler": null, "Role": "r"});
        assert_eq!(normal("AWS::Lambda::Function", function), json!({"Role": "r"}));
        let machine = |text: &str| normal("AWS::StepFunctions::StateMachine", json!({"DefinitionString": text}));
        assert_ne!(machine(r#"{"Parameters": {}}"#), machine("{}"));
        assert_eq!(machine(r#"{"b": 1, "a": 2}"#), machine(r#"{ "a":2, "b":1 }"#));
    }

    #[test]
    fn order_is_ignored_only_where_the_schema_says_so() {
        let instance = |groups: Value| normal("AWS::RDS::DBInstance", json!({"VPCSecurityGroups": groups}));
        assert_eq!(instance(json!(["sg-b", "sg-a"])), instance(json!(["sg-a", "sg-b"])));
        let function = |layers: Value| normal("AWS::Lambda::Function", json!({"Layers": layers}));
        assert_ne!(function(json!(["b", "a"])), function(json!(["a", "b"])));
    }

    #[test]
    fn scalars_are_kept_as_written() {
        let written = json!({"AllocatedStorage": "20", "Iops": 3000});
        assert_eq!(normal("AWS::RDS::DBInstance", written.clone()), written);
    }

    #[test]
    fn letter_case_is_ignored_only_where_the_schema_says_so() {
        let cluster = |name: &str| normal("AWS::RDS::DBCluster", json!({"DBClusterIdentifier": name}));
        assert_eq!(cluster("Main-Dev"), cluster("main-dev"));
        let table = |name: &str| normal("AWS::DynamoDB::Table", json!({"TableName": name}));
        assert_ne!(table("Main-Dev"), table("main-dev"));
    }

    #[test]
    fn a_policy_has_one_form_wherever_it_occurs() {
        let structured = json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": ["s3:PutObject", "s3:GetObject"], "Resource": ["*"], "Principal": {"AWS": "111111111111"}}]});
        let text = r#"{"Statement":{"Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"*",
            "Principal":{"AWS":["arn:aws:iam::111111111111:root"]}},"Version":"2012-10-17"}"#;
        let key = |policy: Value| normal("AWS::KMS::Key", json!({"KeyPolicy": policy}));
        assert_eq!(key(structured), key(json!(text)));
        assert_ne!(
            key(json!({"Version": "2012-10-17", "Statement": []})),
            key(json!({"Version": "2008-10-17", "Statement": []}))
        );
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let scalar = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i16>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            "[a-c]{0,2}|-?[0-9]{1,3}|[01]\\.[05]{1,2}|true|\\{\\}|\\[\"a\", 1\\]|\\{\"Statement\":\\[\\]\\}|AB"
                .prop_map(Value::from),
        ];
        let key = prop_oneof![
            "[a-c]",
            Just("Key".to_owned()),
            Just("Statement".into()),
            Just("Effect".into()),
            Just("Action".into()),
            Just("Tags".into()),
            Just("VPCSecurityGroups".into()),
            Just("DBInstanceIdentifier".into()),
            Just("Principal".into())
        ];
        scalar.prop_recursive(4, 40, 5, move |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::btree_map(key.clone(), inner, 0..5)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn normalization_is_idempotent(properties in any_json()) {
            let schema = Registry::embedded().get("AWS::RDS::DBInstance").unwrap();
            let once = normalize(schema, &properties, &Options::default());
            prop_assert_eq!(normalize(schema, &once, &Options::default()), once);
        }
    }
}
