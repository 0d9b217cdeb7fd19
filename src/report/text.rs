//! Values and type names in one line.

use serde_json::Value;

use crate::domain::symbol;

/// `S3::Bucket`: the type without `AWS::`.
pub fn short_type(type_name: &str) -> &str {
    type_name.strip_prefix("AWS::").unwrap_or(type_name)
}

/// A value in one line: lists separated by commas, references to earlier steps as `${Role.Arn}`.
pub fn readable(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "(none)".to_owned(),
        reference if symbol::is_intrinsic(reference) => reference_text(reference),
        Value::Array(items)
            if items.iter().all(|item| !item.is_array() && (!item.is_object() || symbol::is_intrinsic(item))) =>
        {
            items.iter().map(readable).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}

/// A reference to an earlier step as `${Role.Arn}`, and other functions as they are.
fn reference_text(reference: &Value) -> String {
    let parts = |value: &Value| {
        value.as_array()?.iter().map(Value::as_str).collect::<Option<Vec<_>>>().map(|parts| parts.join("."))
    };
    let name = reference.get("Ref").and_then(Value::as_str).map(str::to_owned);
    let name = name.or_else(|| reference.get("Fn::GetAtt").and_then(parts));
    let template = reference.get("Fn::Sub").and_then(Value::as_str).map(str::to_owned);
    template.or_else(|| name.map(|name| format!("${{{name}}}"))).unwrap_or_else(|| reference.to_string())
}
