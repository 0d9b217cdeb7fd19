//! Checks of a policy document that need nothing but the document: its elements, and the names of its actions.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Policy;
use super::grant::{MAX_POLICY_CHARACTERS, size};
use crate::domain::principal::{PolicyFinding, PolicyFindingKind};
use crate::domain::wildcard;
use crate::schema::actions::{self, nearest_action, of_service};

/// What is wrong with an identity-based policy.
pub fn lint(document: &Value) -> Vec<PolicyFinding> {
    let mut found = Vec::new();
    let mut add = |kind, code: &str, message: String, pointer: Option<String>, help: Option<String>| {
        let pointers = pointer.into_iter().collect();
        found.push(PolicyFinding { kind, code: code.to_owned(), message, pointers, help });
    };
    if let Err(error) = Policy::parse(document) {
        let pointer = (error.pointer != "/").then_some(error.pointer);
        add(PolicyFindingKind::Error, "malformed-policy", error.message, pointer, None);
    }
    if document.is_object() && document.get("Version").is_none() {
        let message = "the policy has no Version, so policy variables in it have no meaning".to_owned();
        let help = Some("add \"Version\": \"2012-10-17\"".to_owned());
        add(PolicyFindingKind::Warning, "missing-version", message, None, help);
    }
    let characters = size(document);
    if characters > MAX_POLICY_CHARACTERS {
        let message =
            format!("the policy has {characters} characters, and a managed policy at most {MAX_POLICY_CHARACTERS}");
        add(PolicyFindingKind::Error, "long-policy", message, None, None);
    }
    for (pointer, statement) in statements(document) {
        if statement.get("Principal").or_else(|| statement.get("NotPrincipal")).is_some() {
            let message = "an identity-based policy has no Principal".to_owned();
            add(PolicyFindingKind::Error, "principal-in-identity-policy", message, Some(pointer.clone()), None);
        }
        for name in ["Action", "NotAction"] {
            for action in texts(statement.get(name)) {
                if is_known(action) {
                    continue;
                }
                let message = format!("no service has the action `{action}`");
                let help = nearest_action(action).map(|known| format!("did you mean `{known}`?"));
                add(PolicyFindingKind::Error, "no-such-action", message, Some(format!("{pointer}/{name}")), help);
            }
        }
    }
    found.sort();
    found.dedup();
    found
}

fn statements(document: &Value) -> Vec<(String, &Value)> {
    match document.get("Statement") {
        Some(Value::Array(items)) => {
            items.iter().enumerate().map(|(at, one)| (format!("/Statement/{at}"), one)).collect()
        }
        Some(one) => vec![("/Statement".to_owned(), one)],
        None => Vec::new(),
    }
}

fn texts(value: Option<&Value>) -> BTreeSet<&str> {
    match value {
        Some(Value::String(text)) => BTreeSet::from([text.as_str()]),
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect(),
        _ => BTreeSet::new(),
    }
}

/// True if an action exists, or if a pattern stands for one that does.
fn is_known(action: &str) -> bool {
    if !action.contains(['*', '?']) {
        return actions::action(action).is_some();
    }
    let Some((prefix, name)) = action.split_once(':') else { return action == "*" };
    // A pattern of services is not looked up.
    let Some(service) = of_service(&prefix.to_ascii_lowercase()) else { return prefix.contains(['*', '?']) };
    let name = name.to_ascii_lowercase();
    let matches = |known: &str| wildcard::matches(&name, &known.to_ascii_lowercase());
    service.without_resource().chain(service.with_resource()).any(matches)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn codes(document: &Value) -> Vec<String> {
        lint(document).into_iter().map(|finding| format!("{} {}", finding.code, finding.pointers.join(","))).collect()
    }

    fn policy(statement: Value) -> Value {
        json!({"Version": "2012-10-17", "Statement": [statement]})
    }

    #[test]
    fn a_sound_policy_has_no_findings() {
        for action in ["s3:GetObject", "s3:Get*", "s3:*", "*", "S3:getobject"] {
            let statement = json!({"Effect": "Allow", "Action": action, "Resource": "*"});
            assert_eq!(codes(&policy(statement)), [""; 0], "{action}");
        }
    }

    #[test]
    fn what_iam_refuses_or_ignores_is_found() {
        let statement = |action: &str| json!({"Effect": "Allow", "Action": action, "Resource": "*"});
        assert_eq!(codes(&policy(statement("s3:PutObjekt"))), ["no-such-action /Statement/0/Action"]);
        assert_eq!(codes(&policy(statement("s3:Frob*"))), ["no-such-action /Statement/0/Action"]);
        assert_eq!(codes(&policy(statement("nothing"))), ["no-such-action /Statement/0/Action"]);
        let no_version = json!({"Statement": statement("s3:GetObject")});
        assert_eq!(codes(&no_version), ["missing-version "]);
        let effect = json!({"Effect": "Maybe", "Action": "s3:GetObject", "Resource": "*"});
        assert_eq!(codes(&policy(effect)), ["malformed-policy /Statement/0/Effect"]);
        let mut principal = statement("s3:GetObject");
        principal["Principal"] = json!("*");
        assert_eq!(codes(&policy(principal)), ["principal-in-identity-policy /Statement/0"]);
        let long: Vec<String> = (0..700).map(|at| format!("arn:aws:s3:::b{at}")).collect();
        let long = json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": long});
        assert_eq!(codes(&policy(long)), ["long-policy "]);
        assert_eq!(codes(&json!("{")), ["malformed-policy "]);
    }
}
