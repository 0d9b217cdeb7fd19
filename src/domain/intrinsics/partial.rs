//! Partial evaluation of unresolved calls: the text around the unknown parts, and a canonical form
//! for calls that mean the same.

use serde_json::{Value, json};

use super::functions::{Piece, pieces};
use super::{NO_VALUE, call, text_of};
use crate::domain::symbol::is_intrinsic;

/// The placeholder in a partial text for each part that is not known.
pub const UNKNOWN_PART: char = '\u{fffd}';

/// A dynamic reference (`{{resolve:ssm:NAME}}`) in a simplified value: a call like the others.
pub const RESOLVE: &str = "Fn::Stagegate::Resolve";

/// The text of a value, with [`UNKNOWN_PART`] for each part that is not known. `None` for what is
/// no text, and for a call that chooses between values.
pub fn partial_text(value: &Value) -> Option<String> {
    if !is_intrinsic(value) {
        return text_of(value);
    }
    let (function, argument) = value.as_object()?.iter().next()?;
    let unknown = || UNKNOWN_PART.to_string();
    let part = |value: &Value| partial_text(value).unwrap_or_else(unknown);
    match (function.as_str(), argument) {
        ("Fn::If", _) => None,
        ("Ref", Value::String(name)) if name == NO_VALUE => None,
        ("Fn::Base64", inner) => partial_text(inner),
        ("Fn::Join", Value::Array(arguments)) => match arguments.as_slice() {
            [Value::String(delimiter), Value::Array(items)] => {
                let items = items.iter().filter(|item| !is_no_value(item));
                Some(items.map(part).collect::<Vec<_>>().join(delimiter))
            }
            _ => Some(unknown()),
        },
        ("Fn::Sub", argument) => {
            let (template, variables) = match argument {
                Value::Array(arguments) => (arguments.first().and_then(Value::as_str), arguments.get(1)),
                argument => (argument.as_str(), None),
            };
            let Some(pieces) = template.and_then(pieces) else { return Some(unknown()) };
            Some(
                pieces
                    .into_iter()
                    .map(|piece| match piece {
                        Piece::Text(text) => text.to_owned(),
                        Piece::Literal(name) => format!("${{{name}}}"),
                        Piece::Variable(name) => variables.and_then(|given| given.get(name)).map_or_else(unknown, part),
                    })
                    .collect(),
            )
        }
        _ => Some(unknown()),
    }
}

fn is_no_value(value: &Value) -> bool {
    value.get("Ref").and_then(Value::as_str) == Some(NO_VALUE)
}

/// True for an undecided `Fn::If` that may resolve to `AWS::NoValue`.
pub fn may_be_absent(value: &Value) -> bool {
    let branches = value.get("Fn::If").and_then(Value::as_array).into_iter().flatten().skip(1);
    branches.into_iter().any(|branch| is_no_value(branch) || may_be_absent(branch))
}

/// Writes calls that mean the same in one form, so that they can be compared: a text that is one
/// variable (`!Sub "${A.Arn}"`) becomes the variable's call, an attribute becomes a list of resource and
/// name, and a dynamic reference to a plain-text parameter becomes a call.
pub fn simplify(value: &mut Value) {
    match value {
        Value::Object(map) if map.len() == 1 && map.contains_key("Fn::Sub") => {
            // Its text is not a value of its own.
            let variables = map.get_mut("Fn::Sub").and_then(Value::as_array_mut).into_iter().flatten().skip(1);
            variables.for_each(simplify);
        }
        Value::Object(map) => map.values_mut().for_each(simplify),
        Value::Array(items) => items.iter_mut().for_each(simplify),
        _ => {}
    }
    if let Some(simpler) = simpler(value) {
        *value = simpler;
    }
}

fn simpler(value: &Value) -> Option<Value> {
    if let Value::String(text) = value {
        return with_resolved_parts(text);
    }
    let (function, argument) = value.as_object().filter(|map| map.len() == 1)?.iter().next()?;
    match (function.as_str(), argument) {
        ("Fn::GetAtt", Value::String(path)) => {
            let (resource, attribute) = path.split_once('.')?;
            Some(call("Fn::GetAtt", json!([resource, attribute])))
        }
        ("Fn::Sub", Value::String(text)) => one_variable(text).map(symbol).or_else(|| one_reference(text)),
        ("Fn::Sub", Value::Array(arguments)) => match arguments.as_slice() {
            [Value::String(text)] => one_variable(text).map(symbol),
            [Value::String(text), Value::Object(variables)] => {
                let name = one_variable(text)?;
                Some(variables.get(name).cloned().unwrap_or_else(|| symbol(name)))
            }
            _ => None,
        },
        ("Fn::Join", Value::Array(arguments)) => match arguments.as_slice() {
            [Value::String(_), Value::Array(items)] => match items.as_slice() {
                [only] => Some(only.clone()),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    }
}

/// The JSON object that a `Fn::Sub` text is, with a call for each of its texts that has variables in it.
/// `None` for any other value, and where a variable is no part of a text.
pub fn substituted_document(value: &Value) -> Option<Value> {
    let (text, variables) = match value.get("Fn::Sub")? {
        Value::String(text) => (text.as_str(), None),
        Value::Array(arguments) => (arguments.first()?.as_str()?, arguments.get(1)),
        _ => return None,
    };
    let mut document: Value = serde_json::from_str(text.trim_start()).ok().filter(Value::is_object)?;
    substitute(&mut document, variables);
    Some(document)
}

fn substitute(value: &mut Value, variables: Option<&Value>) {
    match value {
        Value::Object(map) => map.values_mut().for_each(|child| substitute(child, variables)),
        Value::Array(items) => items.iter_mut().for_each(|item| substitute(item, variables)),
        Value::String(text) => {
            let Some(pieces) = pieces(text).filter(|_| text.contains("${")) else { return };
            let has_variable = pieces.iter().any(|piece| matches!(piece, Piece::Variable(_)));
            let mut call = match variables {
                Some(variables) => call("Fn::Sub", json!([text, variables])),
                None => call("Fn::Sub", json!(text)),
            };
            // `${!Name}` alone is a text.
            *value = match partial_text(&call).filter(|_| !has_variable) {
                Some(text) => Value::String(text),
                None => {
                    simplify(&mut call);
                    call
                }
            };
        }
        _ => {}
    }
}

/// The one variable that a `Fn::Sub` text consists of.
fn one_variable(text: &str) -> Option<&str> {
    match pieces(text)?.as_slice() {
        [Piece::Text(""), Piece::Variable(name), Piece::Text("")] => Some(name),
        _ => None,
    }
}

fn symbol(name: &str) -> Value {
    match name.split_once('.') {
        Some((resource, attribute)) => call("Fn::GetAtt", json!([resource, attribute])),
        None => call("Ref", json!(name)),
    }
}

/// A reference whose name has variables in it.
fn one_reference(text: &str) -> Option<Value> {
    let name = text.strip_prefix("{{resolve:").filter(|_| text.starts_with(MARK))?.strip_suffix("}}")?;
    (!name.contains("}}")).then(|| call(RESOLVE, json!(name)))
}

const MARK: &str = "{{resolve:ssm:";

/// A text with references to parameters in it, as a call. References to secrets stay as they are: the checks
/// for secrets recognize them by their text.
fn with_resolved_parts(text: &str) -> Option<Value> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find(MARK) {
        let (before, reference) = rest.split_at(start);
        let end = reference.find("}}")?;
        let name = reference.get("{{resolve:".len()..end)?;
        parts.extend([json!(before), call(RESOLVE, json!(name))]);
        rest = reference.get(end + 2..)?;
    }
    parts.push(json!(rest));
    parts.retain(|part| part != "");
    match parts.as_slice() {
        [only] if only.is_string() => None,
        [] => None,
        [only] => Some(only.clone()),
        _ => Some(call("Fn::Join", json!(["", parts]))),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn a_partial_text_holds_what_is_known() {
        let unknown = json!({"Fn::ImportValue": "x"});
        for (value, expected) in [
            (json!("a"), Some("a")),
            (json!(5), Some("5")),
            (json!({"Ref": "A"}), Some("?")),
            (json!({"Fn::Sub": "a${B}c${D.E}${!F}"}), Some("a?c?${F}")),
            (json!({"Fn::Sub": ["${x}-${y}", {"x": {"Fn::Join": ["", ["u", unknown]]}}]}), Some("u?-?")),
            (json!({"Fn::Sub": "${open"}), Some("?")),
            (json!({"Fn::Join": ["/", ["a", unknown, {"Ref": "AWS::NoValue"}, 7]]}), Some("a/?/7")),
            (json!({"Fn::Join": ["/", {"Ref": "List"}]}), Some("?")),
            (json!({"Fn::Base64": {"Fn::Join": ["", ["a", unknown]]}}), Some("a?")),
            (json!({"Fn::Select": [0, ["a"]]}), Some("?")),
            (json!({"Fn::If": ["C", "a", "b"]}), None),
            (json!({"Ref": "AWS::NoValue"}), None),
            (json!({"a": "b"}), None),
            (json!(["a"]), None),
        ] {
            let text = partial_text(&value).map(|text| text.replace(UNKNOWN_PART, "?"));
            assert_eq!(text.as_deref(), expected, "{value}");
        }
    }

    #[test]
    fn only_an_if_with_no_value_may_be_absent() {
        let nothing = json!({"Ref": "AWS::NoValue"});
        assert!(may_be_absent(&json!({"Fn::If": ["C", 1, nothing]})));
        assert!(may_be_absent(&json!({"Fn::If": ["C", {"Fn::If": ["D", nothing, 1]}, 2]})));
        for other in [json!({"Fn::If": ["C", 1, 2]}), json!({"Fn::If": ["C", [nothing], 2]}), nothing, json!(null)] {
            assert!(!may_be_absent(&other), "{other}");
        }
    }

    #[test]
    fn equivalent_calls_have_one_form() {
        let attribute = json!({"Fn::GetAtt": ["A", "B.C"]});
        for (value, expected) in [
            (json!({"Fn::Sub": "${A}"}), json!({"Ref": "A"})),
            (json!({"Fn::Sub": "${ A.B.C }"}), attribute.clone()),
            (json!({"Fn::GetAtt": "A.B.C"}), attribute.clone()),
            (json!({"Fn::Sub": ["${x}", {"x": {"Fn::Sub": "${A.B.C}"}}]}), attribute.clone()),
            (json!({"Fn::Sub": ["${x}", {"y": 1}]}), json!({"Ref": "x"})),
            (json!({"Fn::Join": ["-", [{"Fn::GetAtt": "A.B.C"}]]}), attribute.clone()),
            (json!([{"a": {"Fn::Sub": "${A}"}}]), json!([{"a": {"Ref": "A"}}])),
            (json!("{{resolve:ssm:/a:1}}"), json!({RESOLVE: "ssm:/a:1"})),
            (json!({"Fn::Sub": "{{resolve:ssm:/${E}/a}}"}), json!({RESOLVE: "ssm:/${E}/a"})),
            (json!("x{{resolve:ssm:/a}}y"), json!({"Fn::Join": ["", ["x", {RESOLVE: "ssm:/a"}, "y"]]})),
        ] {
            let mut simple = value.clone();
            simplify(&mut simple);
            assert_eq!(simple, expected, "{value}");
            simplify(&mut simple);
            assert_eq!(simple, expected, "a second time");
        }
        for same in [
            json!({"Fn::Sub": "${A}-dev"}),
            json!({"Fn::Sub": "${!A}"}),
            json!({"Fn::Sub": "{{resolve:ssm:/a}} ${B}"}),
            json!({"Fn::GetAtt": "A"}),
            json!({"Fn::Join": [",", {"Ref": "A"}]}),
            json!("{{resolve:ssm-secure:/a}} {{resolve:secretsmanager:b}}"),
            json!("{{resolve:ssm:/open"),
            json!({"GetAtt": "A.B", "Ref": 1}),
        ] {
            let mut simple = same.clone();
            simplify(&mut simple);
            assert_eq!(simple, same);
        }
    }
}
