//! The statements of a resource's policy documents, in normalized form: `policies/lib/statements.rego`
//! reads them. Many policies use the same statements, so they are parsed once.

use serde_json::{Value, json};

use super::actions;
use crate::domain::intrinsics::{self, UNKNOWN_PART};
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
    let normal = |action: &str| if is_star(action) { "*".to_owned() } else { action.to_lowercase() };
    let written = list(body.get("Action"));
    let actions: Vec<String> = written.iter().filter_map(Value::as_str).map(normal).collect();
    let patterns: Vec<String> = actions.iter().filter_map(|action| expression(action)).collect();
    let unclear: Vec<String> = choices(&written).into_iter().map(|value| normal(&text(value))).collect();
    let resources: Vec<Value> = list(body.get("Resource")).into_iter().map(everything_as_star).collect();
    let texts: Vec<Option<String>> = resources.iter().map(intrinsics::partial_text).collect();
    let choices = choices(&resources).into_iter();
    json!({
        "document": document,
        "path": path,
        "body": body,
        "resourceless": actions.iter().chain(&unclear).filter(|action| actions::takes_no_resource(action)).collect::<Vec<_>>(),
        "named": !resources.is_empty() && resources.iter().all(names_one),
        "narrowed": body.get("Condition").is_some_and(narrows),
        "unclear_patterns": unclear.iter().filter_map(|action| expression(action)).collect::<Vec<_>>(),
        "unclear_actions": unclear,
        "actions": actions,
        "patterns": patterns,
        "wide": texts.iter().flatten().filter_map(|text| wide(text)).collect::<Vec<_>>(),
        "everywhere": texts.iter().flatten().filter_map(|text| everywhere(text)).collect::<Vec<_>>(),
        "choices": choices.map(|value| json!({"value": value, "wide": wide(&text(value)).unwrap_or_default()})).collect::<Vec<_>>(),
        "texts": texts,
        "resources": resources,
        "grants": is_identity_document(document) && body.get("Effect").and_then(Value::as_str) == Some("Allow"),
    })
}

/// True for a resource that is one, whatever its unknown parts are: an attribute of a resource of the template, or an ARN without a
/// wildcard.
fn names_one(resource: &Value) -> bool {
    let Some(known) = intrinsics::partial_text(resource) else { return false };
    let is_attribute = resource.get("Fn::GetAtt").is_some() && symbol::is_intrinsic(resource);
    is_attribute || (!known.contains(['*', '?']) && known.chars().any(|c| c != UNKNOWN_PART))
}

/// Condition keys, in lower case, that choose among the resources of an action.
const RESOURCE_KEYS: &[&str] = &[
    // As the account in an ARN does.
    "aws:resourceaccount",
    "dynamodb:leadingkeys",
    "ec2:subnet",
    "ec2:vpc",
    "ecs:cluster",
    "iam:policyarn",
    "kms:requestalias",
    "kms:resourcealiases",
    "lambda:functionarn",
    "secretsmanager:secretid",
];

/// True if a condition limits a statement to some resources: by their tags, or by a key of the service. Operators that hold
/// where the key is absent do not limit anything, and neither do values that everything matches.
fn narrows(condition: &Value) -> bool {
    let is_positive = |operator: &str| {
        let operator = operator.to_lowercase();
        let operator = operator.strip_prefix("foranyvalue:").unwrap_or(&operator).to_owned();
        matches!(operator.as_str(), "stringequals" | "stringequalsignorecase" | "stringlike" | "arnequals" | "arnlike")
    };
    let is_resource_key = |key: &str| {
        let key = key.to_lowercase();
        key.contains(":resourcetag/") || RESOURCE_KEYS.contains(&key.as_str())
    };
    let names = |values: &Value| {
        let values = list(Some(values));
        // Whatever the account is, it is one.
        let is_own_account = |value: &Value| value.get("Ref").and_then(Value::as_str) == Some("AWS::AccountId");
        !values.is_empty()
            && values.iter().all(|value| {
                is_own_account(value) || !text(value).chars().all(|c| matches!(c, '*' | '?' | UNKNOWN_PART))
            })
    };
    let blocks = condition.as_object().filter(|_| !symbol::is_intrinsic(condition)).into_iter().flatten();
    let keys = blocks.filter(|(operator, _)| is_positive(operator)).filter_map(|(_, block)| block.as_object());
    keys.flatten().any(|(key, values)| is_resource_key(key) && names(values))
}

/// The possible results of the calls among some values: the branches of an `Fn::If`, each of which may be a
/// list, and otherwise the call itself.
fn choices(values: &[Value]) -> Vec<&Value> {
    fn collect<'v>(value: &'v Value, found: &mut Vec<&'v Value>) {
        let branches = value.get("Fn::If").and_then(Value::as_array).filter(|_| symbol::is_intrinsic(value));
        match (branches, value) {
            (Some(branches), _) => branches.iter().skip(1).for_each(|branch| collect(branch, found)),
            (None, Value::Array(items)) => items.iter().for_each(|item| collect(item, found)),
            _ if value.get("Ref").and_then(Value::as_str) == Some(intrinsics::NO_VALUE) => {}
            _ => found.push(value),
        }
    }
    let mut found = Vec::new();
    values.iter().filter(|value| symbol::is_intrinsic(value)).for_each(|value| collect(value, &mut found));
    found
}

/// The known part of a value as a string.
fn text(value: &Value) -> String {
    intrinsics::partial_text(value).unwrap_or_else(|| UNKNOWN_PART.to_string())
}

/// True for one or more `*`.
fn is_star(pattern: &str) -> bool {
    !pattern.is_empty() && pattern.bytes().all(|byte| byte == b'*')
}

/// Replaces a resource pattern that matches everything by `*`: `arn:aws:*:*:*:*` and `arn:*` are equivalent.
fn everything_as_star(resource: Value) -> Value {
    let is_everything = |pattern: &str| {
        let rest = match pattern.strip_prefix("arn:").map(|rest| rest.split_once(':')) {
            // After the partition.
            Some(Some((_, rest))) => rest,
            Some(None) => pattern.trim_start_matches("arn:"),
            None => pattern,
        };
        rest.ends_with('*') && rest.split([':', '/']).all(is_star)
    };
    if resource.as_str().is_some_and(is_everything) { json!("*") } else { resource }
}

/// Services whose resource ARNs have no type before the name.
const WITHOUT_TYPES: &[&str] = &["codecommit", "codepipeline", "execute-api", "s3", "s3express", "sns", "sqs"];

/// Types whose name a pattern may continue without a separator (`parameter*`): no resource of the
/// service has such a name.
const TYPES: &[&str] = &[
    "alias",
    "function",
    "group",
    "instance-profile",
    "key",
    "parameter",
    "policy",
    "role",
    "secret",
    "table",
    "user",
];

/// The scope that a resource pattern covers completely: `*` for everything, `SERVICE:*` for all resources of a service,
/// `SERVICE:TYPE` for all of one type (`arn:aws:kms:*:*:key/*`), regardless of account and region.
fn wide(pattern: &str) -> Option<String> {
    if pattern == "*" {
        return Some("*".to_owned());
    }
    let mut fields = pattern.splitn(6, ':');
    let (scheme, service) = (fields.next()?, fields.nth(1)?);
    let resource = fields.nth(2)?;
    if !(scheme == "arn" || is_star(scheme)) || service.is_empty() || service.contains(UNKNOWN_PART) {
        return None;
    }
    let service = if service.contains('*') { "*" } else { service };
    let is_all = |rest: &str| rest.contains('*') && rest.chars().all(|c| "*?/:".contains(c));
    if is_all(resource) {
        return Some(if service == "*" { service.to_owned() } else { format!("{service}:*") });
    }
    if WITHOUT_TYPES.contains(&service) {
        return None;
    }
    let resource = resource.trim_start_matches('/');
    let end = resource.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-'))?;
    let (kind, rest) = resource.split_at(end);
    let separated = rest.starts_with(['/', ':']) || TYPES.contains(&kind);
    (is_all(rest) && separated).then(|| format!("{service}:{kind}"))
}

/// The service that a pattern covers completely in every account and region: `arn:aws:s3:::*`.
fn everywhere(pattern: &str) -> Option<String> {
    let wide = wide(pattern)?;
    let service = wide.strip_suffix(":*")?;
    let mut fields = pattern.split(':').skip(3);
    let is_any = |field: Option<&str>| field.is_some_and(|field| field.is_empty() || is_star(field));
    (is_any(fields.next()) && is_any(fields.next())).then(|| service.to_owned())
}

/// A list, or a scalar as a list of one.
fn list(value: Option<&Value>) -> Vec<Value> {
    match value {
        Some(Value::Array(items)) => items.clone(),
        Some(Value::Null) | None => Vec::new(),
        Some(value) => vec![value.clone()],
    }
}

/// The regular expression of an action with wildcards or unknown parts; `None` for one without, and for one with
/// characters that no action has.
fn expression(action: &str) -> Option<String> {
    let is_open = |c: char| c == '*' || c == UNKNOWN_PART;
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || ":-?".contains(c) || is_open(c);
    (action.contains(|c| c == '?' || is_open(c)) && action.chars().all(is_plain))
        .then(|| format!("^{}$", action.replace(is_open, ".*").replace('?', ".")))
}

/// True for a document that grants permissions to the principal that it is attached to: an IAM type's own, or an
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
    fn equivalent_statements_have_one_form() {
        let single = json!({"Effect": "Allow", "Action": "S3:Get*", "Resource": "*"});
        let found = of(&json!({"Policies": [{"PolicyDocument": {"Statement": single}}]}));
        assert_eq!(found[0]["path"], json!(["Policies", 0, "PolicyDocument", "Statement"]));
        assert_eq!(found[0]["actions"], json!(["s3:get*"]));
        assert_eq!(found[0]["patterns"], json!(["^s3:get.*$"]));
        assert_eq!(found[0]["resources"], json!(["*"]));
        assert_eq!(found[0]["grants"], true);
    }

    #[test]
    fn patterns_that_match_everything_become_a_star() {
        let wide = ["*", "**", "arn:*", "arn:aws:*", "arn:*:*:*:*:*", "arn:aws:*:*:*:*/*"];
        let narrow = ["arn:aws:s3:::*", "arn:aws:s3:*", "arn:aws:iam::*:role/*", "a*", "?", ""];
        let all: Vec<&str> = wide.into_iter().chain(narrow).collect();
        let found = of(&json!({"PolicyDocument": {"Statement": {"Action": ["**", "s3:**"], "Resource": all}}}));
        let expected: Vec<&str> = wide.iter().map(|_| "*").chain(narrow).collect();
        assert_eq!(found[0]["resources"], json!(expected));
        assert_eq!(found[0]["actions"], json!(["*", "s3:**"]));
    }

    #[test]
    fn service_wide_and_type_wide_patterns_are_distinguished_from_names() {
        for (pattern, expected) in [
            ("*", Some("*")),
            ("arn:aws:iam::*:*", Some("iam:*")),
            ("arn:?:iam::?:role/*", Some("iam:role")),
            ("arn:aws:iam::111111111111:role*", Some("iam:role")),
            ("arn:aws:kms:*:*:key/*", Some("kms:key")),
            ("arn:aws:s3:::*", Some("s3:*")),
            ("arn:aws:s3:::*/*", Some("s3:*")),
            ("arn:aws:secretsmanager:*:*:secret:*", Some("secretsmanager:secret")),
            ("arn:aws:logs:*:*:log-group:*:*", Some("logs:log-group")),
            ("arn:aws:apigateway:*::/restapis/*", Some("apigateway:restapis")),
            ("*:*:iam:*:*:*", Some("iam:*")),
            ("arn:aws:*:*:*:*x", None),
            ("arn:aws:s3:::bucket/*", None),
            ("arn:aws:s3:::bucket*", None),
            ("arn:aws:sqs:*:*:jobs*", None),
            ("arn:aws:execute-api:*:*:abc/*", None),
            ("arn:aws:iam::111111111111:role/app-*", None),
            ("arn:aws:iam::111111111111:role/?", None),
            ("arn:aws:logs:*:*:log-group:/aws/lambda/*", None),
            ("arn:aws:logs:*:*:log-group:/x:*", None),
            ("?/*", None),
            ("arn:aws:iam::*", None),
            ("", None),
        ] {
            let with_unknown = pattern.replace('?', &UNKNOWN_PART.to_string());
            assert_eq!(wide(&with_unknown).as_deref(), expected, "{pattern}");
        }
    }

    #[test]
    fn one_account_is_not_everywhere() {
        for (pattern, expected) in [
            ("arn:aws:s3:::*", Some("s3")),
            ("arn:aws:logs:*:*:*", Some("logs")),
            ("arn:aws:logs:us-east-1:*:*", None),
            ("arn:aws:logs:us-east-1:111111111111:*", None),
            ("arn:aws:dynamodb:*:*:table/*", None),
            ("*", None),
        ] {
            assert_eq!(everywhere(pattern).as_deref(), expected, "{pattern}");
        }
    }

    #[test]
    fn possible_results_of_calls_are_listed_separately() {
        let action = json!(["s3:GetObject", {"Fn::If": ["C", ["*", {"Ref": "X"}], {"Ref": "AWS::NoValue"}]}, {"Fn::Sub": "IAM:${X}"}]);
        let resource = json!({"Fn::If": ["C", "arn:aws:s3:::*", {"Ref": "Y"}]});
        let found = of(&json!({"PolicyDocument": {"Statement": {"Action": action, "Resource": resource}}}));
        assert_eq!(found[0]["actions"], json!(["s3:getobject"]));
        assert_eq!(found[0]["unclear_actions"], json!(["*", "\u{fffd}", "iam:\u{fffd}"]));
        assert_eq!(found[0]["unclear_patterns"], json!(["^.*$", "^.*$", "^iam:.*$"]));
        assert_eq!(
            found[0]["choices"],
            json!([{"value": "arn:aws:s3:::*", "wide": "s3:*"}, {"value": {"Ref": "Y"}, "wide": ""}])
        );
        assert_eq!((&found[0]["wide"], &found[0]["texts"]), (&json!([]), &json!([null])));
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
    fn an_unresolved_value_is_not_a_statement() {
        assert_eq!(of(&json!({"PolicyDocument": {"Statement": {"Ref": "X"}}})), [] as [Value; 0]);
        assert_eq!(of(&json!({"PolicyDocument": {"Fn::If": ["C", {"Statement": []}, {}]}})), [] as [Value; 0]);
    }
}
