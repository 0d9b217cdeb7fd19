//! `UpdateResource`'s patch: RFC 6902 on the model that a read returns, and the rules that AWS
//! applies to the result.

use json_patch::{PatchErrorKind, PatchOperation};
use serde_json::{Map, Value};

use super::super::secretsmanager;
use super::super::wire::ApiError;
use super::accept;
use crate::domain::pointer::{self, PropertyPath};
use crate::schema::{self, TypeSchema};

/// Applies a patch document to the current model and returns the changes, for [`super::settle`].
pub(super) fn changes(schema: &TypeSchema, current: &Value, document: &str) -> Result<Value, ApiError> {
    let operations = parse(document)?;
    refuse_write_only(schema, &operations)?;
    let mut after = current.clone();
    // The unchecked variant: a failure leaves a partially patched copy, which is then dropped.
    json_patch::patch_unsafe(&mut after, &operations).map_err(|error| {
        let reason = match error.kind {
            PatchErrorKind::TestFailed => "value differs from expectations",
            _ => "no such path in target JSON document",
        };
        invalid(format!("{reason} (operation {}, path {})", error.operation, error.path))
    })?;
    if !after.is_object() {
        return Err(invalid("the patched resource model is not a JSON object"));
    }
    let moved = differing(&schema.read_only, current, &after);
    if !moved.is_empty() {
        return Err(invalid(format!("readOnlyProperties [{moved}] cannot be updated")));
    }
    let moved = differing(&schema.create_only, current, &after);
    if !moved.is_empty() {
        return Err(ApiError::new(
            "NotUpdatableException",
            format!("Invalid patch update: createOnlyProperties [{moved}] cannot be updated"),
        ));
    }
    let mut before = current.clone();
    for path in &schema.read_only {
        path.remove_from(&mut before);
        path.remove_from(&mut after);
    }
    refuse_invalid(schema, &before, &after)?;
    accept::refuse_intrinsics(&after)?;
    // New contents of a launch template are a new version of it.
    let is_new_version = schema.type_name == "AWS::EC2::LaunchTemplate" && after.get("LaunchTemplateData").is_some();
    for path in &schema.write_only {
        path.remove_from(&mut before);
        // The value of a secret is set by its handler.
        if schema.type_name != secretsmanager::SECRET {
            path.remove_from(&mut after);
        }
    }
    let mut changes = difference(&before, &after);
    if let Some(latest) = current["LatestVersionNumber"].as_str().filter(|_| is_new_version) {
        let next = latest.parse::<u64>().unwrap_or_default() + 1;
        changes["set"]["LatestVersionNumber"] = next.to_string().into();
    }
    Ok(changes)
}

fn invalid(reason: impl std::fmt::Display) -> ApiError {
    ApiError::new("ValidationException", format!("Invalid patch update: {reason}"))
}

fn parse(document: &str) -> Result<Vec<PatchOperation>, ApiError> {
    serde_json::from_str(document)
        .map_err(|error| ApiError::new("InvalidRequestException", format!("Invalid PatchDocument: {error}")))
}

/// A write-only value is not in the model that is patched, so only `add` can reach it.
fn refuse_write_only(schema: &TypeSchema, operations: &[PatchOperation]) -> Result<(), ApiError> {
    let paths: Vec<String> = operations
        .iter()
        .filter(|operation| !matches!(operation, PatchOperation::Add(_)))
        .map(|operation| operation.path().to_string())
        .filter(|path| schema.is_write_only(path))
        .collect();
    if paths.is_empty() {
        return Ok(());
    }
    Err(invalid(format!("writeOnlyProperties [{}] can only be updated using 'add' operation", paths.join(", "))))
}

/// The schema paths whose values differ, in the form of AWS's messages.
fn differing(paths: &[PropertyPath], before: &Value, after: &Value) -> String {
    let differing: Vec<String> = paths
        .iter()
        .filter(|path| path.select(before) != path.select(after))
        .map(|path| format!("/properties{path}"))
        .collect();
    differing.join(", ")
}

/// Rejects a patched model that violates the schema. What a read returns may itself violate it; such a
/// violation is accepted when the patch does not change it. A missing write-only value is never
/// accepted: AWS requires the mandatory ones again in every patch.
fn refuse_invalid(schema: &TypeSchema, before: &Value, after: &Value) -> Result<(), ApiError> {
    let mut violations = schema::validate_as(schema, after);
    if !violations.is_empty() {
        let known = schema::validate_as(schema, before);
        violations.retain(|violation| {
            holds_write_only(schema, &violation.pointer)
                || !known.iter().any(|old| {
                    old.pointer == violation.pointer
                        && old.code == violation.code
                        && before.pointer(&old.pointer) == after.pointer(&violation.pointer)
                })
        });
    }
    accept::refuse_violations(&violations)
}

/// True when a pointer is inside a write-only property, or a write-only property inside it.
fn holds_write_only(schema: &TypeSchema, pointer: &str) -> bool {
    schema.is_write_only(pointer) || schema.write_only.iter().any(|path| pointer::is_within(&path.to_string(), pointer))
}

/// The top-level properties that were set or removed.
fn difference(before: &Value, after: &Value) -> Value {
    let empty = Map::new();
    let before = before.as_object().unwrap_or(&empty);
    let after = after.as_object().unwrap_or(&empty);
    let set = after
        .iter()
        .filter(|(name, value)| before.get(*name) != Some(value))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let remove = before.keys().filter(|name| !after.contains_key(*name)).cloned().collect();
    accept::payload(set, remove)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use crate::schema::Registry;
    use serde_json::json;

    fn queue() -> Value {
        json!({
            "QueueName": "q", "QueueUrl": "https://q", "Arn": "arn:aws:sqs:r:1:q",
            "DelaySeconds": 0, "Tags": [{"Key": "a", "Value": "1"}],
        })
    }

    fn patched(document: &Value) -> Result<Value, ApiError> {
        let schema = Registry::embedded().get("AWS::SQS::Queue").unwrap();
        changes(schema, &queue(), &document.to_string())
    }

    #[test]
    fn array_indices_and_a_passing_test_work() {
        let changes = patched(&json!([
            {"op": "test", "path": "/DelaySeconds", "value": 0},
            {"op": "replace", "path": "/Tags/0/Value", "value": "2"},
            {"op": "remove", "path": "/DelaySeconds"},
        ]))
        .unwrap();
        let tags = json!([{"Key": "a", "Value": "2"}]);
        assert_eq!(changes, json!({"set": {"Tags": tags}, "remove": ["DelaySeconds"]}));
    }

    #[test]
    fn a_failed_test_and_a_path_by_key_are_rejected() {
        for operation in [
            json!({"op": "test", "path": "/DelaySeconds", "value": 5}),
            json!({"op": "replace", "path": "/Tags/a", "value": "x"}),
            json!({"op": "replace", "path": "/VisibilityTimeout", "value": 5}),
        ] {
            assert_eq!(patched(&json!([operation])).unwrap_err().code, "ValidationException");
        }
        assert_eq!(patched(&json!({"op": "add"})).unwrap_err().code, "InvalidRequestException");
    }

    #[test]
    fn read_only_and_create_only_values_stay() {
        let read_only = patched(&json!([{"op": "add", "path": "/Arn", "value": "arn:x"}]));
        let error = read_only.unwrap_err();
        assert_eq!(error.code, "ValidationException");
        assert!(error.message.contains("readOnlyProperties [/properties/Arn]"), "{error:?}");
        let create_only = patched(&json!([{"op": "replace", "path": "/QueueName", "value": "x"}]));
        let error = create_only.unwrap_err();
        assert_eq!(error.code, "NotUpdatableException");
        assert!(error.message.contains("createOnlyProperties [/properties/QueueName]"));
        assert!(patched(&json!([{"op": "replace", "path": "/QueueName", "value": "q"}])).is_ok());
    }

    #[test]
    fn required_write_only_values_must_be_in_the_patch() {
        let schema = Registry::embedded().get("AWS::MSK::Configuration").unwrap();
        let current = json!({"Arn": "arn:x", "Name": "c"});
        let describe = r#"[{"op":"add","path":"/Description","value":"x"}]"#;
        let error = changes(schema, &current, describe).unwrap_err();
        assert!(error.message.contains("required key [ServerProperties] not found"), "{error:?}");
        let both = r#"[{"op":"add","path":"/ServerProperties","value":"a=b"}]"#;
        assert!(changes(schema, &current, both).is_ok());
    }

    #[test]
    fn write_only_values_can_only_be_added() {
        let schema = Registry::embedded().get("AWS::SecretsManager::Secret").unwrap();
        let current = json!({"Id": "arn:x", "Name": "s"});
        let replace = r#"[{"op":"replace","path":"/SecretString","value":"x"}]"#;
        let error = changes(schema, &current, replace).unwrap_err();
        assert!(error.message.contains("writeOnlyProperties [/SecretString]"), "{error:?}");
        let add = r#"[{"op":"add","path":"/SecretString","value":"hidden"}]"#;
        let kept = changes(schema, &current, add).unwrap();
        assert_eq!(kept, json!({"set": {"SecretString": "hidden"}, "remove": []}));
        // Of other types, nothing returns the value.
        let schema = Registry::embedded().get("AWS::RDS::DBInstance").unwrap();
        let add = r#"[{"op":"add","path":"/MasterUserPassword","value":"hidden-hidden"}]"#;
        let kept = changes(schema, &json!({"DBInstanceIdentifier": "d", "Engine": "postgres"}), add).unwrap();
        assert_eq!(kept, json!({"set": {}, "remove": []}));
    }
}
