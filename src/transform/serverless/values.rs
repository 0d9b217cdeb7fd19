//! Values that the expansion is made of.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};
use sha1::{Digest, Sha1};

use crate::domain::digest;
use crate::domain::symbol::is_intrinsic;

/// The pseudo parameter that removes what it is given to.
pub(super) fn no_value() -> Value {
    reference("AWS::NoValue")
}

/// `Ref`.
pub(super) fn reference(name: &str) -> Value {
    json!({"Ref": name})
}

/// `Fn::GetAtt`.
pub(super) fn attribute(name: &str, attribute: &str) -> Value {
    json!({"Fn::GetAtt": [name, attribute]})
}

/// A value that is there if a condition is true, or always.
pub(super) fn conditional(condition: Option<&str>, value: Value) -> Value {
    match condition {
        Some(condition) => json!({"Fn::If": [condition, value, no_value()]}),
        None => value,
    }
}

/// True for `AWS::NoValue`.
pub(super) fn is_no_value(value: &Value) -> bool {
    value.get("Ref").and_then(Value::as_str) == Some("AWS::NoValue")
}

/// True for what counts as not given: nothing, `false`, zero, an empty text, list or mapping.
pub(super) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(value) => !value,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty(),
    }
}

/// The members of a mapping that is no function call.
pub(super) fn mapping(value: &Value) -> Option<&Map<String, Value>> {
    value.as_object().filter(|_| !is_intrinsic(value))
}

/// The first ten digits of the SHA-1 hash of a text; nothing for an empty one.
pub(super) fn hash(text: &str) -> String {
    if text.is_empty() { String::new() } else { full_hash(text).chars().take(10).collect() }
}

/// The SHA-1 hash of a text.
pub(super) fn full_hash(text: &str) -> String {
    digest::hex(&Sha1::digest(text.as_bytes()))
}

/// The compact JSON text with sorted keys and ASCII characters only, as AWS's translator hashes it.
pub(super) fn stable_text(value: &Value) -> String {
    // Outside ASCII, there are only characters of strings.
    digest::canonical(value).chars().fold(String::new(), |mut text, sign| {
        if sign.is_ascii() {
            text.push(sign);
        } else {
            for unit in sign.encode_utf16(&mut [0; 2]) {
                let _ = write!(text, "\\u{unit:04x}");
            }
        }
        text
    })
}

/// A list of tags from a mapping of names to values.
pub(super) fn tag_list(tags: Option<&Value>) -> Vec<Value> {
    let tags = tags.and_then(Value::as_object).into_iter().flatten();
    let value = |value: &Value| if value.is_null() { json!("") } else { value.clone() };
    tags.map(|(key, given)| json!({"Key": key, "Value": value(given)})).collect()
}

/// Copies members that are given.
pub(super) fn pass(from: &Map<String, Value>, into: &mut Map<String, Value>, names: &[&str]) {
    for name in names {
        if let Some(value) = from.get(*name).filter(|value| !value.is_null()) {
            into.insert((*name).to_owned(), value.clone());
        }
    }
}

/// A role's trust in a service.
pub(super) fn trust(service: &str) -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{"Action": ["sts:AssumeRole"], "Effect": "Allow", "Principal": {"Service": [service]}}],
    })
}

/// An inline policy that allows actions on a resource.
pub(super) fn allow(name: &str, action: &str, resource: &Value) -> Value {
    json!({
        "PolicyName": name,
        "PolicyDocument": {"Statement": [{"Action": action, "Effect": "Allow", "Resource": resource}]},
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_hashes_are_those_of_the_translator() {
        let value = json!({"b": [1, true, null], "a": "ü\"😀"});
        assert_eq!(stable_text(&value), r#"{"a":"\u00fc\"\ud83d\ude00","b":[1,true,null]}"#);
        assert_eq!(hash("abc"), "a9993e3647");
        assert_eq!(hash(""), "");
    }

    #[test]
    fn tags_without_a_value_are_empty() {
        assert_eq!(
            tag_list(Some(&json!({"a": null, "b": 1}))),
            [json!({"Key": "a", "Value": ""}), json!({"Key": "b", "Value": 1})]
        );
        assert_eq!(tag_list(Some(&json!("x"))).len() + tag_list(None).len(), 0);
    }
}
