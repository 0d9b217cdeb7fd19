//! IAM Access Analyzer: the checks of policies, which take no analyzer.
//!
//! `ValidatePolicy` returns recorded findings of three documented cases: a policy that is not JSON, one without a version, and
//! `iam:PassRole` on a resource with a wildcard. It has none of the other checks of AWS. `CheckNoNewAccess` decides by comparing
//! permissions literally, and refuses where that is not enough.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde_json::{Value, json};

use super::services::Call;
use super::wire::ApiError;

/// What ValidatePolicy says about each case.
static FINDINGS: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("findings.json")).unwrap_or_default());

const POLICY_TYPES: [&str; 4] =
    ["IDENTITY_POLICY", "RESOURCE_POLICY", "SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"];

/// Handles one call.
pub(super) fn answer(call: &Call<'_>) -> Result<Value, ApiError> {
    match call.operation {
        "ValidatePolicy" => validate(call),
        "CheckNoNewAccess" => check_no_new_access(call),
        _ => Err(ApiError::unknown_operation()),
    }
}

fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::new("ValidationException", message)
}

fn required<'a>(call: &Call<'a>, member: &str) -> Result<&'a str, ApiError> {
    call.text(member).ok_or_else(|| invalid(format!("{member} must not be null")))
}

fn policy_type(call: &Call<'_>, known: &[&str]) -> Result<(), ApiError> {
    let given = required(call, "policyType")?;
    if known.contains(&given) {
        Ok(())
    } else {
        Err(invalid(format!("policyType must be one of {}", known.join(", "))))
    }
}

fn validate(call: &Call<'_>) -> Result<Value, ApiError> {
    policy_type(call, &POLICY_TYPES)?;
    let text = required(call, "policyDocument")?;
    let mut findings = Vec::new();
    match serde_json::from_str::<Value>(text) {
        Err(error) => {
            // Columns and offsets of Access Analyzer begin with 0.
            let (line, column) = (error.line(), error.column().saturating_sub(1));
            let before: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
            let position = json!({"line": line, "column": column, "offset": before + column});
            let mut found = finding("JSON_SYNTAX_ERROR", json!([]), json!({"start": position, "end": position}));
            let details = found["findingDetails"].as_str().unwrap_or_default();
            let values = [("index", before + column), ("line", line), ("column", column)];
            let filled = values.iter().fold(details.to_owned(), |text, (name, value)| {
                text.replace(&format!("{{{{{name}}}}}"), &value.to_string())
            });
            found["findingDetails"] = json!(filled);
            findings.push(found);
        }
        Ok(document) => {
            if document.get("Version").is_none() {
                findings.push(finding("MISSING_VERSION", json!([]), span(text, None)));
            }
            for (index, statement) in statements(&document).into_iter().enumerate() {
                for (number, resource) in star_of_pass_role(statement) {
                    let mut path = vec![json!({"value": "Statement"})];
                    path.extend(document["Statement"].is_array().then(|| json!({"index": index})));
                    path.push(json!({"value": "Resource"}));
                    path.extend(statement["Resource"].is_array().then(|| json!({"index": number})));
                    findings.push(finding("PASS_ROLE_WITH_STAR_IN_RESOURCE", json!(path), span(text, Some(resource))));
                }
            }
        }
    }
    page(call, findings)
}

fn page(call: &Call<'_>, findings: Vec<Value>) -> Result<Value, ApiError> {
    let number = |member: &str, default: usize| match call.text(member) {
        None => Ok(default),
        Some(text) => text.parse().map_err(|_| invalid(format!("{member} is not valid"))),
    };
    let (skip, limit) = (number("nextToken", 0)?, number("maxResults", 100)?.max(1));
    let is_more = findings.len() > skip.saturating_add(limit);
    let mut answer = json!({"findings": findings.into_iter().skip(skip).take(limit).collect::<Vec<_>>()});
    if is_more {
        answer["nextToken"] = json!((skip + limit).to_string());
    }
    Ok(answer)
}

fn finding(code: &str, path: Value, span: Value) -> Value {
    let mut found = FINDINGS[code].clone();
    found["issueCode"] = json!(code);
    found["locations"] = json!([{"path": path, "span": span}]);
    found
}

/// The place of a literal in a document; the whole document without one.
fn span(text: &str, literal: Option<&str>) -> Value {
    let quoted = literal.map(|literal| json!(literal).to_string());
    let (start, length) = match quoted.as_deref().and_then(|quoted| Some((text.rfind(quoted)?, quoted.len()))) {
        Some(found) => found,
        None => (0, text.len()),
    };
    let position = |offset: usize| {
        let before = &text[..offset];
        let column = offset - before.rfind('\n').map_or(0, |at| at + 1);
        json!({"line": before.matches('\n').count() + 1, "column": column, "offset": offset})
    };
    json!({"start": position(start), "end": position(start + length)})
}

fn statements(document: &Value) -> Vec<&Value> {
    match &document["Statement"] {
        Value::Array(items) => items.iter().collect(),
        Value::Null => Vec::new(),
        one => vec![one],
    }
}

fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// The resources with a wildcard of a statement that allows `iam:PassRole` for any service.
fn star_of_pass_role(statement: &Value) -> Vec<(usize, &str)> {
    let is_pass_role = texts(&statement["Action"]).iter().any(|action| action.eq_ignore_ascii_case("iam:PassRole"));
    let is_limited = statement["Condition"].to_string().contains("iam:PassedToService");
    if statement["Effect"] != "Allow" || !is_pass_role || is_limited {
        return Vec::new();
    }
    texts(&statement["Resource"]).into_iter().enumerate().filter(|(_, resource)| resource.contains('*')).collect()
}

/// What a policy allows: action, resource and condition. `None` if it has elements that a list cannot express.
fn permissions(document: &Value) -> Option<BTreeSet<(String, String, String)>> {
    let mut found = BTreeSet::new();
    for statement in statements(document) {
        let is_plain = statement["Effect"] == "Allow"
            && ["NotAction", "NotResource", "Principal", "NotPrincipal"]
                .iter()
                .all(|name| statement.get(name).is_none());
        if !is_plain {
            return None;
        }
        let condition = statement.get("Condition").map(Value::to_string).unwrap_or_default();
        for action in texts(&statement["Action"]) {
            for resource in texts(&statement["Resource"]) {
                found.insert((action.to_ascii_lowercase(), resource.to_owned(), condition.clone()));
            }
        }
    }
    Some(found)
}

fn check_no_new_access(call: &Call<'_>) -> Result<Value, ApiError> {
    policy_type(call, &POLICY_TYPES[..2])?;
    let document = |member: &str| {
        let parsed = serde_json::from_str::<Value>(required(call, member)?);
        parsed
            .map_err(|_| ApiError::new("InvalidParameterException", format!("{member} is not a valid policy document")))
    };
    let (new, existing) = (document("newPolicyDocument")?, document("existingPolicyDocument")?);
    let refused = || ApiError {
        code: "UnprocessableEntityException".into(),
        message: "The sandbox compares policies literally, which is not enough for these".into(),
        status: 422,
    };
    let allowed = permissions(&existing).ok_or_else(refused)?;
    let all: BTreeSet<_> = permissions(&new).ok_or_else(refused)?;
    if all.is_subset(&allowed) {
        let message = "The updated permissions do not add new access compared to your existing policy.";
        return Ok(json!({"result": "PASS", "message": message, "reasons": []}));
    }
    // A wildcard or a condition may allow what is not there literally.
    let is_literal = |(action, resource, condition): &(String, String, String)| {
        condition.is_empty() && !action.contains(['*', '?']) && !resource.contains('?') && resource != "*"
    };
    if !allowed.iter().all(is_literal) {
        return Err(refused());
    }
    let mut reasons = Vec::new();
    for (index, statement) in statements(&new).into_iter().enumerate() {
        let own = permissions(&json!({"Statement": [statement]})).unwrap_or_default();
        if !own.is_subset(&allowed) {
            let id = statement["Sid"].as_str().map(|id| json!(id));
            let mut reason = json!({"description": "New access in the statement with index: ".to_owned() + &index.to_string() + ".",
                                    "statementIndex": index});
            id.into_iter().for_each(|id| reason["statementId"] = id);
            reasons.push(reason);
        }
    }
    let message = "The modified permissions grant new access compared to your existing policy.";
    Ok(json!({"result": "FAIL", "message": message, "reasons": reasons}))
}
