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
    let template = || match reference.get("Fn::Sub")? {
        Value::String(template) => Some(template.clone()),
        arguments => substituted(arguments.get(0)?.as_str()?, arguments.get(1)?),
    };
    name.map(|name| format!("${{{name}}}"))
        .or_else(template)
        .or_else(|| joined(reference))
        .unwrap_or_else(|| reference.to_string())
}

/// The template of `Fn::Sub` with references in the place of its variables.
fn substituted(template: &str, variables: &Value) -> Option<String> {
    let variables = variables.as_object()?.iter();
    Some(
        variables
            .fold(template.to_owned(), |text, (name, value)| text.replace(&format!("${{{name}}}"), &readable(value))),
    )
}

/// The parts of `Fn::Join`, joined.
fn joined(reference: &Value) -> Option<String> {
    let arguments = reference.get("Fn::Join")?;
    let parts: Vec<String> = arguments.get(1)?.as_array()?.iter().map(readable).collect();
    Some(parts.join(arguments.get(0)?.as_str()?))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn functions_are_shown_as_the_text_that_they_make() {
        for (value, text) in [
            (json!({"Ref": "A"}), "${A}"),
            (json!({"Fn::GetAtt": ["A", "Arn"]}), "${A.Arn}"),
            (json!({"Fn::Sub": "x-${A}"}), "x-${A}"),
            (json!({"Fn::Sub": ["q:${n}/${B}", {"n": {"Fn::GetAtt": ["A", "Name"]}}]}), "q:${A.Name}/${B}"),
            (json!({"Fn::Join": ["/", ["a", {"Ref": "B"}, 1]]}), "a/${B}/1"),
            (json!({"Fn::Base64": "x"}), r#"{"Fn::Base64":"x"}"#),
            (json!({"Fn::Sub": ["only"]}), r#"{"Fn::Sub":["only"]}"#),
        ] {
            assert_eq!(readable(&value), text);
        }
    }
}
