//! Canonical form of IAM policy documents.
//!
//! The grammar allows a list or its only element almost everywhere, and services return either
//! form and in any order. Equivalent forms are defined in the IAM user guide's "Grammar
//! of the IAM JSON policy language" and "AWS JSON policy elements: Principal".

use serde_json::{Map, Value};

use super::scalar::loose;
use crate::domain::digest;

/// True for a policy document: every statement has an `Effect`. Web ACL rules have a `Statement`
/// as well, which is unrelated.
pub(super) fn is_policy(map: &Map<String, Value>) -> bool {
    let is_statement = |value: &Value| value.get("Effect").is_some_and(Value::is_string);
    match map.get("Statement") {
        Some(Value::Array(statements)) => !statements.is_empty() && statements.iter().all(is_statement),
        Some(statement) => is_statement(statement),
        None => false,
    }
}

/// The document with each statement in canonical form, sorted: the order of statements is
/// insignificant to IAM, and not every service keeps it.
pub(super) fn canonical(policy: &Map<String, Value>) -> Map<String, Value> {
    let mut out = policy.clone();
    if let Some(value) = out.get_mut("Statement") {
        let statements = match value.take() {
            Value::Array(statements) => statements,
            only => vec![only],
        };
        let mut statements: Vec<Value> = statements.into_iter().map(statement).collect();
        statements.sort_by_cached_key(|statement| (statement["Sid"].to_string(), digest::canonical(&loose(statement))));
        *value = Value::Array(statements);
    }
    out
}

fn statement(value: Value) -> Value {
    let Value::Object(mut members) = value else {
        return value;
    };
    for (name, member) in &mut members {
        match name.as_str() {
            "Action" | "NotAction" | "Resource" | "NotResource" => *member = set(member.take()),
            "Principal" | "NotPrincipal" => *member = principal(member.take()),
            "Condition" => condition(member),
            _ => {}
        }
    }
    Value::Object(members)
}

/// A sorted list without duplicates; a list of one element becomes that element.
fn set(value: Value) -> Value {
    let Value::Array(mut items) = value else {
        return value;
    };
    items.sort_by_cached_key(|item| loose(item).to_string());
    items.dedup();
    if items.len() == 1 { items.remove(0) } else { Value::Array(items) }
}

/// `"*"` becomes `{"AWS": "*"}`; an account id becomes its root's ARN.
fn principal(value: Value) -> Value {
    let mut kinds = match value {
        Value::Object(kinds) => kinds,
        Value::String(everybody) if everybody == "*" => Map::from_iter([("AWS".to_owned(), Value::String(everybody))]),
        other => return other,
    };
    for (kind, members) in &mut kinds {
        *members = match members.take() {
            Value::Array(items) if kind == "AWS" => set(items.into_iter().map(root_of).collect()),
            only if kind == "AWS" => root_of(only),
            other => set(other),
        };
    }
    Value::Object(kinds)
}

fn root_of(principal: Value) -> Value {
    match &principal {
        Value::String(id) if id.len() == 12 && id.bytes().all(|byte| byte.is_ascii_digit()) => {
            Value::String(format!("arn:aws:iam::{id}:root"))
        }
        _ => principal,
    }
}

/// The values of a condition key are alternatives, so a list of them is a set.
fn condition(operators: &mut Value) {
    let operators = operators.as_object_mut().into_iter().flat_map(Map::values_mut);
    for values in operators.filter_map(Value::as_object_mut).flat_map(Map::values_mut) {
        *values = set(values.take());
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use serde_json::json;

    fn canonical_statement(statement: Value) -> Value {
        let policy = json!({"Statement": statement});
        canonical(policy.as_object().unwrap())["Statement"][0].clone()
    }

    #[test]
    fn only_documents_whose_statements_have_an_effect_are_policies() {
        let is = |value: Value| is_policy(value.as_object().unwrap());
        assert!(is(json!({"Statement": {"Effect": "Deny"}})));
        assert!(is(json!({"Statement": [{"Effect": "Deny"}, {"Effect": "Allow"}]})));
        assert!(!is(json!({"Statement": [{"Effect": "Deny"}, {}]})));
        assert!(!is(json!({"Statement": {"ByteMatchStatement": {}}})));
        assert!(!is(json!({"Statement": []})));
        assert!(!is(json!({"Version": "2012-10-17"})));
    }

    #[test]
    fn equivalent_policies_have_one_form() {
        let one = json!({"Effect": "Allow", "Action": ["b", "a", "a"], "Principal": "*", "Condition": {"Bool": {"k": ["v"]}}});
        let other = json!({"Effect": "Allow", "Action": ["a", "b"], "Principal": {"AWS": ["*"]}, "Condition": {"Bool": {"k": "v"}}});
        assert_eq!(canonical_statement(one), canonical_statement(other));
    }

    #[test]
    fn different_meanings_stay_different() {
        let principal = |value: Value| canonical_statement(json!({"Effect": "Allow", "Principal": value}));
        assert_ne!(principal(json!({"AWS": "111111111111"})), principal(json!({"AWS": "222222222222"})));
        assert_ne!(principal(json!({"Service": "a.amazonaws.com"})), principal(json!({"AWS": "a.amazonaws.com"})));
    }
}
