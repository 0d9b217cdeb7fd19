//! The patch document for Cloud Control's UpdateResource.

use serde_json::{Map, Value, json};

use super::diff::diff;
use super::normalize::{is_unordered, normal_at, normal_element_at};
use super::policy_document::is_policy;
use crate::domain::pointer;
use crate::schema::TypeSchema;

/// The smallest RFC 6902 patch that takes a live model to the desired properties, for Cloud
/// Control's UpdateResource. Equivalent values are left unchanged; an array whose order is
/// insignificant, or whose length changes, is replaced as a whole, and so is a policy document.
///
/// Never changed: read-only properties, `aws:*` tags, and create-only properties that `after` does
/// not contain (they cannot be removed). A write-only property in `after` is sent as `add`, since
/// the live model does not show its current value, unless it is create-only. Nothing is sent that
/// `after` does not contain. Tags that another API of the service keeps are left out.
pub fn patch(schema: &TypeSchema, before: &Value, after: &Value) -> Value {
    let mut operations = Vec::new();
    let (before, after) = (without_read_only(schema, before), without_read_only(schema, after));
    members(schema, &before, &after, "", &mut operations);
    Value::Array(operations)
}

fn without_read_only(schema: &TypeSchema, properties: &Value) -> Map<String, Value> {
    let mut document = properties.clone();
    for path in &schema.read_only {
        path.remove_from(&mut document);
    }
    match document {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

fn members(
    schema: &TypeSchema,
    before: &Map<String, Value>,
    after: &Map<String, Value>,
    at: &str,
    operations: &mut Vec<Value>,
) {
    let mut names: Vec<&String> = before.keys().chain(after.keys()).collect();
    names.sort();
    names.dedup();
    for name in names {
        let place = pointer::join(at, name);
        // Cloud Control does not know these tags.
        if at.is_empty() && schema.tagging.beside_model && schema.tagging.property.as_ref() == Some(name) {
            continue;
        }
        match (before.get(name), after.get(name)) {
            (Some(old), Some(new)) if same(schema, &place, old, new) && !schema.is_write_only(&place) => {}
            (Some(old), Some(new)) => value(schema, old, new, &place, operations),
            (None, Some(new)) => {
                let settled = schema.is_write_only(&place) && schema.is_create_only(&place);
                if !settled && !same(schema, &place, &Value::Null, new) {
                    operations.push(json!({"op": "add", "path": place, "value": sendable(schema, new, &place)}));
                }
            }
            (Some(old), None) if !schema.is_create_only(&place) && !same(schema, &place, old, &Value::Null) => {
                operations.push(json!({"op": "remove", "path": place}));
            }
            _ => {}
        }
    }
}

/// The operations between two values that differ or are write-only.
fn value(schema: &TypeSchema, old: &Value, new: &Value, at: &str, operations: &mut Vec<Value>) {
    match (old, new) {
        (Value::Object(before), Value::Object(after)) if !is_policy(before) && !is_policy(after) => {
            members(schema, before, after, at, operations);
        }
        (Value::Array(before), Value::Array(after)) if before.len() == after.len() && !is_unordered(schema, at) => {
            for (index, (old, new)) in before.iter().zip(after).enumerate() {
                let place = pointer::join(at, &index.to_string());
                let form = |item: &Value| normal_element_at(schema, &place, item);
                let same = old == new || diff(&form(old), &form(new)).is_empty();
                if !same || schema.is_write_only(&place) {
                    value(schema, old, new, &place, operations);
                }
            }
        }
        _ => operations.push(json!({"op": "replace", "path": at, "value": sendable(schema, new, at)})),
    }
}

/// True when two values at one pointer of a resource are equivalent.
fn same(schema: &TypeSchema, at: &str, one: &Value, other: &Value) -> bool {
    one == other || diff(&normal_at(schema, at, one), &normal_at(schema, at, other)).is_empty()
}

/// A value that may be sent: without `aws:*` tags.
fn sendable(schema: &TypeSchema, value: &Value, at: &str) -> Value {
    let is_tags = schema.tagging.property.as_ref().is_some_and(|name| at == pointer::join("", name));
    match value {
        Value::Array(items) if is_tags => {
            let owned = |item: &&Value| !item["Key"].as_str().unwrap_or_default().starts_with("aws:");
            items.iter().filter(owned).cloned().collect()
        }
        Value::Object(map) if is_tags => map
            .iter()
            .filter(|(key, _)| !key.starts_with("aws:"))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use crate::compare::diff::tests::bucket;
    use crate::compare::normalize::{Options, normalize};
    use crate::compare::scalar::loose;
    use crate::schema::Registry;
    use proptest::prelude::*;

    fn patch_of(type_name: &str, before: Value, after: Value) -> Value {
        patch(Registry::embedded().get(type_name).unwrap(), &before, &after)
    }

    #[test]
    fn a_patch_holds_what_changed_and_nothing_else() {
        let live = json!({"QueueName": "q", "Arn": "arn:aws:sqs:us-east-1:1:q", "DelaySeconds": "5", "VisibilityTimeout": 30, "KmsMasterKeyId": "k"});
        let desired = json!({"QueueName": "q", "DelaySeconds": 5, "VisibilityTimeout": 60, "RedrivePolicy": {"maxReceiveCount": 3}});
        let expected = json!([
            {"op": "remove", "path": "/KmsMasterKeyId"},
            {"op": "add", "path": "/RedrivePolicy", "value": {"maxReceiveCount": 3}},
            {"op": "replace", "path": "/VisibilityTimeout", "value": 60},
        ]);
        assert_eq!(patch_of("AWS::SQS::Queue", live.clone(), desired), expected);
        assert_eq!(patch_of("AWS::SQS::Queue", live.clone(), live), json!([]));
    }

    #[test]
    fn unordered_arrays_are_replaced_as_a_whole_without_aws_tags() {
        let live = json!({"Tags": [{"Key": "aws:x", "Value": "1"}, {"Key": "a", "Value": "1"}]});
        let desired = json!({"Tags": [{"Key": "aws:x", "Value": "1"}, {"Key": "a", "Value": "2"}]});
        let expected = json!([{"op": "replace", "path": "/Tags", "value": [{"Key": "a", "Value": "2"}]}]);
        assert_eq!(patch_of("AWS::S3::Bucket", live.clone(), desired), expected);
        assert_eq!(patch_of("AWS::S3::Bucket", live, json!({"Tags": [{"Key": "a", "Value": "1"}]})), json!([]));
    }

    #[test]
    fn a_policy_is_replaced_as_a_whole_and_only_when_its_meaning_changes() {
        let policy = |action: Value| json!({"KeyPolicy": {"Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]}});
        assert_eq!(patch_of("AWS::KMS::Key", policy(json!("kms:*")), policy(json!(["kms:*"]))), json!([]));
        let operations = patch_of("AWS::KMS::Key", policy(json!("kms:*")), policy(json!("kms:Decrypt")));
        assert_eq!(operations[0]["path"], "/KeyPolicy");
    }

    #[test]
    fn write_only_values_are_sent_again_unless_create_only() {
        let desired = json!({"MasterUserPassword": "secret", "AllocatedStorage": "20"});
        let operations = patch_of("AWS::RDS::DBInstance", json!({"AllocatedStorage": "20"}), desired);
        assert_eq!(operations, json!([{"op": "add", "path": "/MasterUserPassword", "value": "secret"}]));
        let bucket = Registry::embedded().get("AWS::S3::Bucket").unwrap();
        assert!(bucket.is_write_only("/BucketNamePrefix") && bucket.is_create_only("/BucketNamePrefix"));
        assert_eq!(patch(bucket, &json!({}), &json!({"BucketNamePrefix": "p"})), json!([]));
    }

    #[test]
    fn an_empty_element_of_an_array_is_not_missing() {
        let layers = |first: Value| json!({"Layers": [first, "b"]});
        let operations = patch_of("AWS::Lambda::Function", layers(json!({})), layers(json!([])));
        assert_eq!(operations, json!([{"op": "replace", "path": "/Layers/0", "value": []}]));
        assert_eq!(patch_of("AWS::Lambda::Function", layers(json!({"a": null})), layers(json!({}))), json!([]));
    }

    #[test]
    fn create_only_values_are_not_removed() {
        assert_eq!(patch_of("AWS::SQS::Queue", json!({"QueueName": "q", "QueueUrl": "u"}), json!({})), json!([]));
    }

    proptest! {
        #[test]
        fn equal_states_need_no_patch(document in bucket()) {
            prop_assert_eq!(patch_of("AWS::S3::Bucket", document.clone(), document), json!([]));
        }

        #[test]
        fn a_patch_applied_gives_the_desired_state(before in bucket(), after in bucket()) {
            let schema = Registry::embedded().get("AWS::S3::Bucket").unwrap();
            let operations: json_patch::Patch = serde_json::from_value(patch(schema, &before, &after)).unwrap();
            let mut patched = before;
            json_patch::patch(&mut patched, &operations).unwrap();
            let normal = |document: &Value| loose(&normalize(schema, document, &Options::default()));
            prop_assert_eq!(normal(&patched), normal(&after));
        }
    }
}
