//! The grammar of IAM policy documents.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Facts;
use crate::domain::diagnostic::Code;
use crate::domain::pointer;
use crate::domain::symbol::{has_unknown, is_intrinsic};

/// What a policy document belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Who may assume a role.
    Trust,
    /// What an identity may do.
    Identity,
    /// Who may use a resource.
    Resource,
}

const KEYS: [&str; 9] =
    ["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"];

const OPERATORS: [&str; 27] = [
    "ArnEquals",
    "ArnLike",
    "ArnNotEquals",
    "ArnNotLike",
    "BinaryEquals",
    "Bool",
    "DateEquals",
    "DateGreaterThan",
    "DateGreaterThanEquals",
    "DateLessThan",
    "DateLessThanEquals",
    "DateNotEquals",
    "IpAddress",
    "NotIpAddress",
    "Null",
    "NumericEquals",
    "NumericGreaterThan",
    "NumericGreaterThanEquals",
    "NumericLessThan",
    "NumericLessThanEquals",
    "NumericNotEquals",
    "StringEquals",
    "StringEqualsIgnoreCase",
    "StringLike",
    "StringNotEquals",
    "StringNotEqualsIgnoreCase",
    "StringNotLike",
];

const STATEMENT: &str =
    "see the grammar of IAM policies: a statement has Effect, Action and, by its kind, Principal or Resource";

/// Checks the document at a pointer. Documents that are text are checked by the policies that read them.
pub(super) fn check(facts: &mut Facts<'_>, at: &str, kind: Kind) {
    let Some(document) = facts.get(at).and_then(Value::as_object) else { return };
    let refuse = |facts: &mut Facts<'_>, at: &str, message: String, hint| {
        facts.refuse(Code::InvalidPolicyDocument, at, message, hint);
    };
    let version = pointer::join(at, "Version");
    if let Some(text) = facts.text(&version)
        && !["2012-10-17", "2008-10-17"].contains(&text)
    {
        refuse(facts, &version, format!("has a policy of the unknown version `{text}`"), "write `2012-10-17`");
    }
    let place = pointer::join(at, "Statement");
    let statements = match document.get("Statement") {
        None => {
            refuse(facts, at, "has a policy without Statement".to_owned(), STATEMENT);
            return;
        }
        Some(Value::Array(list)) if list.is_empty() => {
            refuse(facts, &place, "has a policy without statements".to_owned(), STATEMENT);
            return;
        }
        Some(Value::Array(_)) => facts.elements(&place),
        Some(one) => vec![(place, one)],
    };
    let mut seen = BTreeSet::new();
    for (at, statement) in statements {
        if let Some(sid) = facts.text(&pointer::join(&at, "Sid")) {
            let place = pointer::join(&at, "Sid");
            if kind != Kind::Resource && !sid.is_empty() && !seen.insert(sid) {
                refuse(
                    facts,
                    &place,
                    format!("has two statements with the Sid `{sid}`"),
                    "give each statement its own Sid",
                );
            }
            if kind == Kind::Identity && !sid.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
                refuse(facts, &place, format!("has the Sid `{sid}`"), "a Sid has letters and digits only");
            }
        }
        if statement.is_object() && !is_intrinsic(statement) {
            check_statement(facts, &at, statement, kind);
        }
    }
}

fn check_statement(facts: &mut Facts<'_>, at: &str, statement: &Value, kind: Kind) {
    let refuse = |facts: &mut Facts<'_>, at: &str, message: String, hint| {
        facts.refuse(Code::InvalidPolicyDocument, at, message, hint);
    };
    for (key, _) in facts.members(at) {
        if !KEYS.contains(&key.as_str()) {
            refuse(facts, &pointer::join(at, key), format!("has a statement with the unknown key `{key}`"), STATEMENT);
        }
    }
    let effect = pointer::join(at, "Effect");
    match facts.text(&effect) {
        Some("Allow" | "Deny") => {}
        Some(other) => {
            refuse(facts, &effect, format!("has a statement with the Effect `{other}`"), "write `Allow` or `Deny`")
        }
        None if facts.lacks(&effect) => {
            refuse(facts, at, "has a statement without Effect".to_owned(), "add `Effect: Allow` or `Effect: Deny`");
        }
        None => {}
    }
    one_of(facts, at, "Action", "NotAction");
    match kind {
        Kind::Trust => {
            one_of(facts, at, "Principal", "NotPrincipal");
            for key in ["Resource", "NotResource"].iter().filter(|key| statement.get(**key).is_some()) {
                let hint = "remove it: a trust policy is about its own role";
                refuse(facts, &pointer::join(at, key), format!("has a trust policy with {key}"), hint);
            }
        }
        Kind::Identity => {
            one_of(facts, at, "Resource", "NotResource");
            for key in ["Principal", "NotPrincipal"].iter().filter(|key| statement.get(**key).is_some()) {
                let hint = "remove it: the policy applies to what it is attached to";
                refuse(facts, &pointer::join(at, key), format!("has an identity policy with {key}"), hint);
            }
        }
        Kind::Resource => one_of(facts, at, "Principal", "NotPrincipal"),
    }
    for key in ["Action", "NotAction"] {
        for (at, action) in texts(facts, &pointer::join(at, key)) {
            let is_known = action == "*"
                || action.split_once(':').is_some_and(|(service, name)| !service.is_empty() && !name.is_empty());
            if !is_known {
                refuse(facts, &at, format!("has the action `{action}`"), "write `SERVICE:ACTION` or `*`");
            } else if kind == Kind::Trust && action != "*" && !action.to_ascii_lowercase().starts_with("sts:") {
                let hint = "a trust policy has actions of STS only, such as `sts:AssumeRole`";
                refuse(facts, &at, format!("has a trust policy with the action `{action}`"), hint);
            }
        }
    }
    if kind == Kind::Identity {
        for key in ["Resource", "NotResource"] {
            for (at, arn) in texts(facts, &pointer::join(at, key)) {
                if arn != "*" && !arn.starts_with("arn:") && !arn.starts_with("${") {
                    refuse(facts, &at, format!("has the resource `{arn}`"), "write an ARN or `*`");
                }
            }
        }
    }
    let condition = pointer::join(at, "Condition");
    for (key, _) in facts.members(&condition).filter(|(key, _)| !key.starts_with("Fn::") && *key != "Ref") {
        let operator = key.strip_prefix("ForAllValues:").or_else(|| key.strip_prefix("ForAnyValue:")).unwrap_or(key);
        let operator = operator.strip_suffix("IfExists").unwrap_or(operator);
        if !OPERATORS.iter().any(|known| known.eq_ignore_ascii_case(operator)) {
            let hint = "see the condition operators of IAM, such as `StringEquals`";
            refuse(facts, &pointer::join(&condition, key), format!("has the unknown condition operator `{key}`"), hint);
        }
    }
}

/// Requires one of two keys, and refuses both.
fn one_of(facts: &mut Facts<'_>, at: &str, first: &str, second: &str) {
    let places = [first, second].map(|key| pointer::join(at, key));
    let (set, lacking) = (places.iter().filter(|at| facts.has(at)).count(), places.iter().all(|at| facts.lacks(at)));
    let message = match (set, lacking) {
        (2, _) => format!("has a statement with both {first} and {second}"),
        (_, true) => format!("has a statement without {first}"),
        _ => return,
    };
    facts.refuse(Code::InvalidPolicyDocument, at, message, STATEMENT);
}

/// The known texts at a pointer: one, or those of a list.
fn texts<'a>(facts: &Facts<'a>, at: &str) -> Vec<(String, &'a str)> {
    match facts.get(at) {
        Some(Value::String(text)) if !has_unknown(&Value::String(text.clone())) => vec![(at.to_owned(), text)],
        Some(Value::Array(_)) => {
            facts.elements(at).into_iter().filter_map(|(at, value)| Some((at, value.as_str()?))).collect()
        }
        _ => Vec::new(),
    }
}
