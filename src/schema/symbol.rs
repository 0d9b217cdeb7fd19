//! Unknown values: unresolved CloudFormation intrinsic functions in a document.
//!
//! A desired state keeps what cannot be resolved before apply in CloudFormation's own JSON form,
//! for example `{"Fn::GetAtt": ["Role", "Arn"]}`. That form is what the plan's digest covers
//! ("values of earlier steps as symbols"), and every rule treats it as *unknown*.

use serde_json::Value;

use super::pointer;

/// True when the value itself is an intrinsic function call: an object with exactly one key that
/// is `Ref` or begins with `Fn::`.
pub fn is_intrinsic(value: &Value) -> bool {
    let Value::Object(map) = value else {
        return false;
    };
    let mut keys = map.keys();
    match (keys.next(), keys.next()) {
        (Some(key), None) => key == "Ref" || key.starts_with("Fn::"),
        _ => false,
    }
}

/// The function that stands for a value that is not known because of a fault of the template. CloudFormation has no such
/// function, and no function of a template can have this name.
pub const FAULT: &str = "Fn::!Fault";

/// A value that is not known because of a fault of the template: its code, and what was written.
pub fn faulty(code: &str, written: Value) -> Value {
    let argument = Value::Array(vec![Value::from(code), written]);
    Value::Object(serde_json::Map::from_iter([(FAULT.to_owned(), argument)]))
}

/// The code of the fault for which a value is not known.
pub fn fault_of(value: &Value) -> Option<&str> {
    value.get(FAULT).filter(|_| is_intrinsic(value))?.get(0)?.as_str()
}

/// True when the value is, or contains, an intrinsic function call.
pub fn has_unknown(value: &Value) -> bool {
    is_intrinsic(value)
        || match value {
            Value::Object(map) => map.values().any(has_unknown),
            Value::Array(items) => items.iter().any(has_unknown),
            _ => false,
        }
}

/// The pointers of all intrinsic function calls in a document, outermost ones only.
pub fn unknown_pointers(document: &Value) -> Vec<String> {
    outermost(document, &is_intrinsic)
}

/// The same, with strings that contain a dynamic reference (`{{resolve:ssm:NAME}}`): only a stack resolves
/// them.
pub fn unresolved_pointers(document: &Value) -> Vec<String> {
    let is_dynamic = |value: &Value| value.as_str().is_some_and(|text| text.contains("{{resolve:"));
    outermost(document, &|value| is_intrinsic(value) || is_dynamic(value))
}

/// The pointers of the matching values, without those inside a match.
fn outermost(document: &Value, is_wanted: &dyn Fn(&Value) -> bool) -> Vec<String> {
    fn walk(value: &Value, at: &str, is_wanted: &dyn Fn(&Value) -> bool, found: &mut Vec<String>) {
        match value {
            _ if is_wanted(value) => found.push(at.to_owned()),
            Value::Object(map) => {
                map.iter().for_each(|(key, child)| walk(child, &pointer::join(at, key), is_wanted, found));
            }
            Value::Array(items) => {
                let numbered = items.iter().enumerate();
                numbered.for_each(|(index, item)| walk(item, &pointer::join(at, &index.to_string()), is_wanted, found));
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    walk(document, "", is_wanted, &mut found);
    found
}

/// The part of a document that is known: members that are, or contain, a function call are left
/// out; an array that contains one is left out completely, because its indices would change.
pub fn known_part(document: &Value) -> Value {
    match document {
        Value::Object(map) => map
            .iter()
            .filter(|(_, child)| !(is_intrinsic(child) || child.is_array() && has_unknown(child)))
            .map(|(key, child)| (key.clone(), known_part(child)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_single_key_function_objects_are_intrinsics() {
        assert!(is_intrinsic(&json!({"Ref": "Role"})));
        assert!(is_intrinsic(&json!({"Fn::GetAtt": ["Role", "Arn"]})));
        assert!(!is_intrinsic(&json!({"Ref": "Role", "Other": 1})));
        assert!(!is_intrinsic(&json!({"Reference": "Role"})));
    }

    #[test]
    fn a_fault_is_an_unknown_value_with_a_code() {
        let value = faulty("wrong-type", json!({"Ref": "A"}));
        assert!(is_intrinsic(&value));
        assert_eq!(fault_of(&value), Some("wrong-type"));
        assert_eq!(fault_of(&json!({"Ref": "A"})), None);
    }

    #[test]
    fn pointers_name_the_outermost_call() {
        let document = json!({"A": {"Fn::Sub": ["${x}", {"x": {"Ref": "B"}}]}, "C": [1, {"Ref": "D"}]});
        assert_eq!(unknown_pointers(&document), ["/A", "/C/1"]);
    }

    #[test]
    fn dynamic_references_are_not_resolved() {
        let document =
            json!({"A": "{{resolve:ssm:/a}}", "B": [{"Ref": "C"}, "{{x}}", "a{{resolve:secretsmanager:b}}"]});
        assert_eq!(unresolved_pointers(&document), ["/A", "/B/0", "/B/2"]);
    }

    #[test]
    fn the_known_part_has_no_call_in_it() {
        let document = json!({"A": {"Ref": "B"}, "C": [1, {"Ref": "D"}], "E": {"F": 1, "G": {"Ref": "H"}}, "I": [2]});
        assert_eq!(known_part(&document), json!({"E": {"F": 1}, "I": [2]}));
    }
}
