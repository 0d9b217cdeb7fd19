//! The statements of a resource's policy documents, in one form: `policies/lib/statements.rego`
//! reads them. A dozen policies ask about the same statements, so they are taken apart once.

use serde_json::{Value, json};

use crate::domain::symbol;

/// Every statement of every policy document in the properties, in their order. `Statement`,
/// `Action` and `Resource` may be written with or without a list.
pub(super) fn of(properties: &Value) -> Vec<Value> {
    let mut found = Vec::new();
    collect(properties, &mut Vec::new(), &mut found);
    found
}

fn collect(value: &Value, path: &mut Vec<Value>, found: &mut Vec<Value>) {
    if symbol::is_intrinsic(value) {
        return;
    }
    match value {
        Value::Object(map) => {
            match map.get("Statement") {
                Some(Value::Array(bodies)) => {
                    let read = |(index, body)| statement(path, Some(index), body);
                    found.extend(bodies.iter().enumerate().map(read));
                }
                Some(body @ Value::Object(_)) if !symbol::is_intrinsic(body) => {
                    found.push(statement(path, None, body));
                }
                _ => {}
            }
            for (key, child) in map.iter().filter(|(key, _)| *key != "Statement") {
                path.push(json!(key));
                collect(child, path, found);
                path.pop();
            }
        }
        Value::Array(items) => {
            for (index, child) in items.iter().enumerate() {
                path.push(json!(index));
                collect(child, path, found);
                path.pop();
            }
        }
        _ => {}
    }
}

fn statement(document: &[Value], index: Option<usize>, body: &Value) -> Value {
    let mut path = document.to_vec();
    path.push(json!("Statement"));
    path.extend(index.map(|index| json!(index)));
    // IAM compares actions without regard to case.
    let actions: Vec<String> = list(body.get("Action"))
        .iter()
        .filter_map(|action| action.as_str())
        .map(|action| if is_star(action) { "*".to_owned() } else { action.to_lowercase() })
        .collect();
    let patterns: Vec<String> = actions.iter().filter_map(|action| expression(action)).collect();
    json!({
        "document": document,
        "path": path,
        "body": body,
        "actions": actions,
        "patterns": patterns,
        "resources": list(body.get("Resource")).into_iter().map(everything_as_star).collect::<Vec<_>>(),
        "grants": is_identity_document(document) && body.get("Effect").and_then(Value::as_str) == Some("Allow"),
    })
}

/// `*`, however often.
fn is_star(pattern: &str) -> bool {
    !pattern.is_empty() && pattern.bytes().all(|byte| byte == b'*')
}

/// A resource pattern that leaves nothing out is `*`: `arn:aws:*:*:*:*` and `arn:*` are as wide.
fn everything_as_star(resource: Value) -> Value {
    let is_everything = |pattern: &str| {
        let rest = match pattern.strip_prefix("arn:").map(|rest| rest.split_once(':')) {
            // Behind the partition.
            Some(Some((_, rest))) => rest,
            Some(None) => pattern.trim_start_matches("arn:"),
            None => pattern,
        };
        rest.ends_with('*') && rest.split([':', '/']).all(is_star)
    };
    if resource.as_str().is_some_and(is_everything) { json!("*") } else { resource }
}

/// A scalar is a list of one.
fn list(value: Option<&Value>) -> Vec<Value> {
    match value {
        Some(Value::Array(items)) => items.clone(),
        Some(Value::Null) | None => Vec::new(),
        Some(value) => vec![value.clone()],
    }
}

/// The regular expression of an action with wildcards; `None` for one without, and for one with
/// characters that no action has.
fn expression(action: &str) -> Option<String> {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || ":-*?".contains(c);
    (action.contains(['*', '?']) && action.chars().all(is_plain))
        .then(|| format!("^{}$", action.replace('*', ".*").replace('?', ".")))
}

/// True for a document that grants permissions to whom it is attached: an IAM type's own, or an
/// inline one.
fn is_identity_document(path: &[Value]) -> bool {
    match path {
        [own] => own == "PolicyDocument",
        [list, index, inline] => list == "Policies" && index.is_u64() && inline == "PolicyDocument",
        _ => false,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn statements_have_one_form_however_they_are_written() {
        let single = json!({"Effect": "Allow", "Action": "S3:Get*", "Resource": "*"});
        let found = of(&json!({"Policies": [{"PolicyDocument": {"Statement": single}}]}));
        assert_eq!(found[0]["path"], json!(["Policies", 0, "PolicyDocument", "Statement"]));
        assert_eq!(found[0]["actions"], json!(["s3:get*"]));
        assert_eq!(found[0]["patterns"], json!(["^s3:get.*$"]));
        assert_eq!(found[0]["resources"], json!(["*"]));
        assert_eq!(found[0]["grants"], true);
    }

    #[test]
    fn patterns_that_leave_nothing_out_are_a_star() {
        let wide = ["*", "**", "arn:*", "arn:aws:*", "arn:*:*:*:*:*", "arn:aws:*:*:*:*/*"];
        let narrow = ["arn:aws:s3:::*", "arn:aws:s3:*", "arn:aws:iam::*:role/*", "a*", "?", ""];
        let all: Vec<&str> = wide.into_iter().chain(narrow).collect();
        let found = of(&json!({"PolicyDocument": {"Statement": {"Action": ["**", "s3:**"], "Resource": all}}}));
        let expected: Vec<&str> = wide.iter().map(|_| "*").chain(narrow).collect();
        assert_eq!(found[0]["resources"], json!(expected));
        assert_eq!(found[0]["actions"], json!(["*", "s3:**"]));
    }

    #[test]
    fn only_allowing_identity_statements_grant() {
        let allow = json!({"Effect": "Allow", "Action": ["a:b"], "Resource": ["x", {"Ref": "Y"}]});
        let deny = json!({"Effect": "Deny"});
        let found = of(&json!({"PolicyDocument": {"Statement": [allow, deny]}, "KeyPolicy": {"Statement": [allow]}}));
        let grants: Vec<bool> = found.iter().map(|statement| statement["grants"].as_bool().unwrap()).collect();
        assert_eq!(grants, [true, false, false]);
        assert_eq!(found[1]["path"], json!(["PolicyDocument", "Statement", 1]));
    }

    #[test]
    fn what_is_not_resolved_is_no_statement() {
        assert_eq!(of(&json!({"PolicyDocument": {"Statement": {"Ref": "X"}}})), [] as [Value; 0]);
        assert_eq!(of(&json!({"PolicyDocument": {"Fn::If": ["C", {"Statement": []}, {}]}})), [] as [Value; 0]);
    }
}
