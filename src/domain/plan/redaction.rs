//! Redaction of write-only values and secrets.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::recognized::{hide_named_literal, hide_recognized, is_secret_property, without_shapes};
use crate::domain::dynamic::is_reference;
use crate::domain::pointer::{self, PropertyPath};
use crate::domain::resource::Change;
use crate::domain::symbol;
use crate::schema::TypeSchema;

/// The replacement for a value that must not be shown.
pub const SENSITIVE: &str = "(sensitive)";

/// Properties with every write-only value hidden (passwords, keys, code), every string that contains one of the secrets,
/// also in base64, and every value that is recognized as a secret by its name or shape. Without the schema of their type, only
/// the secrets and what is recognized are hidden.
pub fn redact(schema: Option<&TypeSchema>, properties: &Value, secrets: &BTreeSet<String>) -> Value {
    let mut copy = properties.clone();
    hide_secrets(&mut copy, secrets);
    let name = properties.get("Name").and_then(Value::as_str);
    if let Some(value) = copy.get_mut("Value")
        && is_secret_property(name_of(schema), name, "/Value")
        && !symbol::is_intrinsic(value)
    {
        hide(value);
    }
    let Some(schema) = schema else { return copy };
    for path in &schema.write_only {
        let places: Vec<String> = path.select(&copy).into_iter().map(|(place, _)| place).collect();
        for place in places {
            if let Some(value) = copy.pointer_mut(&place)
                && !symbol::is_intrinsic(value)
            {
                hide_written(value);
            }
        }
    }
    copy
}

/// Types whose properties hold a secret without being write-only are in the embedded data: a name that no schema gives is none.
fn name_of(schema: Option<&TypeSchema>) -> &str {
    schema.map(|schema| schema.type_name.as_str()).unwrap_or_default()
}

/// The values that [`redact`] hides, by JSON pointer.
pub fn hidden_values(
    schema: Option<&TypeSchema>,
    properties: &Value,
    secrets: &BTreeSet<String>,
) -> BTreeMap<String, Value> {
    hidden_between(properties, &redact(schema, properties, secrets))
}

/// The values of a JSON Patch of a resource's properties that must not be shown, by JSON pointer into the patch.
pub fn hidden_values_of_patch(
    schema: Option<&TypeSchema>,
    name: Option<&str>,
    patch: &Value,
    secrets: &BTreeSet<String>,
) -> BTreeMap<String, Value> {
    hidden_between(patch, &redact_patch(schema, name, patch, secrets))
}

/// Shorter values, in bytes, may be part of any other text.
pub(super) const SHORTEST_HIDDEN: usize = 4;

/// A text of AWS, such as an error message, without the values of a request that must not be shown: some services repeat
/// what they refuse. `hidden` are the values, which may stand in the text as they are or as JSON, nested up to three times.
pub fn without_hidden(text: &str, hidden: &BTreeSet<String>) -> String {
    let mut text = text.to_owned();
    // The longest first: it may contain others.
    let mut hidden: Vec<&String> = hidden.iter().filter(|value| value.len() >= SHORTEST_HIDDEN).collect();
    hidden.sort_by_key(|value| std::cmp::Reverse(value.len()));
    for value in hidden {
        let mut form = value.clone();
        for _ in 0..4 {
            if text.contains(&form) {
                text = text.replace(&form, SENSITIVE);
            }
            let quoted = Value::from(form.as_str()).to_string();
            form = quoted.trim_start_matches('"').strip_suffix('"').unwrap_or_default().to_owned();
            if form.is_empty() {
                break;
            }
        }
    }
    without_shapes(&text).into_owned()
}

/// The values that a redacted copy of a document hides, by JSON pointer.
pub(super) fn hidden_between(sent: &Value, shown: &Value) -> BTreeMap<String, Value> {
    let mut found = BTreeMap::new();
    collect_hidden(sent, shown, "", &mut found);
    found
}

fn collect_hidden(sent: &Value, shown: &Value, at: &str, found: &mut BTreeMap<String, Value>) {
    match (sent, shown) {
        (Value::Object(sent), Value::Object(shown)) => {
            for (key, child) in sent {
                collect_hidden(child, shown.get(key).unwrap_or(&Value::Null), &pointer::join(at, key), found);
            }
        }
        (Value::Array(sent), Value::Array(shown)) if sent.len() == shown.len() => {
            for (index, (child, other)) in sent.iter().zip(shown).enumerate() {
                collect_hidden(child, other, &pointer::join(at, &index.to_string()), found);
            }
        }
        (sent, shown) if sent != shown => drop(found.insert(at.to_owned(), sent.clone())),
        _ => {}
    }
}

fn hide_secrets(value: &mut Value, secrets: &BTreeSet<String>) {
    let secrets: Vec<&str> = secrets.iter().map(String::as_str).collect();
    hide_recognized(value, &secrets);
}

/// A JSON Patch of the properties of a resource, redacted. `name` is the identifier of the resource, if it is known.
pub(super) fn redact_patch(
    schema: Option<&TypeSchema>,
    name: Option<&str>,
    patch: &Value,
    secrets: &BTreeSet<String>,
) -> Value {
    let mut copy = patch.clone();
    hide_secrets(&mut copy, secrets);
    let Some(schema) = schema else { return copy };
    for operation in copy.as_array_mut().into_iter().flatten() {
        let path = operation.get("path").and_then(Value::as_str).unwrap_or_default().to_owned();
        let Some(value) = operation.get_mut("value") else { continue };
        if schema.is_write_only(&path) || is_secret_property(&schema.type_name, name, &path) {
            hide(value);
            continue;
        }
        let within: Vec<PropertyPath> = schema.write_only.iter().filter_map(|one| rest_within(one, &path)).collect();
        if !within.is_empty() {
            hide_named(value);
        }
        // Only what is write-only: an approver must see the rest, and references in it become values.
        for place in within.iter().flat_map(|rest| rest.select(value)).map(|(place, _)| place).collect::<Vec<_>>() {
            if let Some(value) = value.pointer_mut(&place)
                && !symbol::is_intrinsic(value)
            {
                hide(value);
            }
        }
        hide_named_literal(pointer::tokens(&path).last().map(String::as_str), value);
    }
    copy
}

/// The rest of a path below a JSON pointer, if it leads below it.
fn rest_within(path: &PropertyPath, place: &str) -> Option<PropertyPath> {
    let (path, place) = (path.tokens(), pointer::tokens(place));
    let leads_there = path.len() > place.len() && path.iter().zip(&place).all(|(a, b)| a == "*" || a == b);
    let rest = || path[place.len()..].iter().fold(String::new(), |base, token| pointer::join(&base, token));
    leads_there.then(|| PropertyPath::parse(&rest()))
}

/// Both sides of a change, redacted. `name` is the identifier of the resource, if it is known.
pub fn hidden_change(
    schema: Option<&TypeSchema>,
    name: Option<&str>,
    change: &Change,
    secrets: &BTreeSet<String>,
) -> (Value, Value) {
    let is_hidden = is_secret_property(name_of(schema), name, &change.pointer)
        || schema.is_some_and(|schema| {
            let holds = |path: &PropertyPath| pointer::is_within(&path.to_string(), &change.pointer);
            schema.is_write_only(&change.pointer) || schema.write_only.iter().any(holds)
        });
    let show = |value: &Option<Value>| match value {
        Some(value) => {
            let mut copy = if is_hidden { hidden(value) } else { value.clone() };
            hide_named_literal(pointer::tokens(&change.pointer).last().map(String::as_str), &mut copy);
            hide_secrets(&mut copy, secrets);
            copy
        }
        None => Value::Null,
    };
    (show(&change.before), show(&change.after))
}

/// A write-only value, redacted.
pub fn hidden(value: &Value) -> Value {
    let mut copy = value.clone();
    if !symbol::is_intrinsic(&copy) {
        hide_written(&mut copy);
    }
    copy
}

/// Redacts a write-only value. A scalar is a secret or code. Lists and objects that happen to be
/// write-only (an instance's disks) are configuration, which an approver must see: in those only
/// properties with a secret's name are hidden.
fn hide_written(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(hide_named),
        Value::Object(_) => hide_named(value),
        scalar => hide(scalar),
    }
}

/// True for a property whose name indicates a secret.
pub fn is_secret_name(name: &str) -> bool {
    const SECRET: [&str; 10] = [
        "password",
        "secret",
        "token",
        "privatekey",
        "sharedkey",
        "accesskey",
        "passphrase",
        "credential",
        "zipfile",
        "apikey",
    ];
    // Settings of instance metadata, tokens and passwords, which an approver must see.
    const SETTINGS: [&str; 4] = ["httptokens", "passwordpolicy", "tokenvalidity", "enabletokenrevocation"];
    let name = name.to_lowercase();
    // An ARN names where a secret is.
    !name.ends_with("arn")
        && !SETTINGS.iter().any(|word| name.contains(word))
        && SECRET.iter().any(|word| name.contains(word))
}

fn hide_named(value: &mut Value) {
    match value {
        Value::Object(map) => {
            for (name, child) in map.iter_mut() {
                if is_secret_name(name) { hide(child) } else { hide_named(child) }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(hide_named),
        _ => {}
    }
}

/// Hides the scalars of a value but keeps its structure, so that a reader sees what is set.
fn hide(value: &mut Value) {
    match value {
        Value::Object(map) => map.values_mut().for_each(hide),
        Value::Array(items) => items.iter_mut().for_each(hide),
        Value::Null => {}
        // An approver must see which secret is used.
        Value::String(text) if is_reference(text) => {}
        scalar => *scalar = json!(SENSITIVE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema(type_name: &str) -> Option<&'static TypeSchema> {
        TypeSchema::embedded(type_name)
    }

    #[test]
    fn settings_of_tokens_and_passwords_are_shown() {
        for name in ["HttpTokens", "PasswordPolicy", "AccessTokenValidity", "EnableTokenRevocation"] {
            assert!(!is_secret_name(name), "{name}");
        }
        for name in ["AccessToken", "MasterUserPassword", "Token", "ClientSecret"] {
            assert!(is_secret_name(name), "{name}");
        }
    }

    #[test]
    fn secrets_are_hidden_and_disks_are_not() {
        let disks = json!([{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 8}, "AdminPassword": "x"}]);
        let shown = json!([{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 8}, "AdminPassword": SENSITIVE}]);
        assert_eq!(hidden(&disks), shown);
        assert_eq!(hidden(&json!("hunter2")), json!(SENSITIVE));
        let instance = redact(
            schema("AWS::RDS::DBInstance"),
            &json!({"MasterUserPassword": "x", "Engine": "mysql"}),
            &BTreeSet::new(),
        );
        assert_eq!(instance, json!({"MasterUserPassword": SENSITIVE, "Engine": "mysql"}));
    }

    #[test]
    fn a_patch_hides_only_what_is_write_only() {
        let source = json!({"Fn::GetAtt": ["App", "GroupId"]});
        let patch = |name: &str| {
            json!([{"op": "add", "path": "/SecurityGroupIngress",
                    "value": [{"IpProtocol": "tcp", "SourceSecurityGroupId": source, "SourceSecurityGroupName": name}]}])
        };
        let shown = redact_patch(schema("AWS::EC2::SecurityGroup"), None, &patch("app"), &BTreeSet::new());
        assert_eq!(shown, patch(SENSITIVE));
        let password = |value: &str| json!([{"op": "add", "path": "/MasterUserPassword", "value": value}]);
        let shown = redact_patch(schema("AWS::RDS::DBInstance"), None, &password("x"), &BTreeSet::new());
        assert_eq!(shown, password(SENSITIVE));
    }

    #[test]
    fn a_value_of_some_types_is_a_secret() {
        let none = BTreeSet::new();
        let shown =
            |type_name: &str, name: &str| redact(schema(type_name), &json!({"Name": name, "Value": "x1"}), &none);
        let hidden = |name: &str| json!({"Name": name, "Value": SENSITIVE});
        assert_eq!(shown("AWS::ApiGateway::ApiKey", "key"), hidden("key"));
        assert_eq!(shown("AWS::SSM::Parameter", "/app/db-password"), hidden("/app/db-password"));
        assert_eq!(shown("AWS::SSM::Parameter", "/app/level"), json!({"Name": "/app/level", "Value": "x1"}));
        let patch = json!([{"op": "replace", "path": "/Value", "value": "x1"}]);
        let patched = |name| redact_patch(schema("AWS::SSM::Parameter"), Some(name), &patch, &none);
        assert_eq!(patched("/app/db-password")[0]["value"], json!(SENSITIVE));
        assert_eq!(patched("/app/level")[0]["value"], json!("x1"));
    }

    #[test]
    fn a_message_of_aws_does_not_repeat_what_is_hidden() {
        let hidden = BTreeSet::from(["hunter2-long".to_owned(), r#"{"pass":"hunter2-other"}"#.to_owned()]);
        let body = json!({"SecretString": r#"{"pass":"hunter2-other"}"#, "Name": "x", "Password": "hunter2-long"});
        let nested = json!({ "DesiredState": body.to_string() }).to_string();
        for text in [body.to_string(), nested.clone(), Value::from(nested).to_string()] {
            let shown = without_hidden(&format!("cannot use {text} of postgres://app:pa55@db/x"), &hidden);
            assert!(!shown.contains("hunter2") && !shown.contains("pa55"), "{shown}");
            assert!(shown.contains("SecretString") && shown.contains("Name"), "{shown}");
        }
        assert_eq!(without_hidden("no reason given", &hidden), "no reason given");
    }
}
