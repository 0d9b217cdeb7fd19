//! Policy documents that grant what is needed, and no more.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::need::Need;

/// The version of the policy language.
const VERSION: &str = "2012-10-17";

/// The most characters of a managed policy, white space left out.
pub const MAX_POLICY_CHARACTERS: usize = 6_144;

/// The fewest statements that grant the needs: the actions with the same resources are one statement.
pub fn statements(needs: &[Need]) -> Vec<Value> {
    let mut by_resources: BTreeMap<&[String], BTreeSet<&str>> = BTreeMap::new();
    for need in needs {
        by_resources.entry(&need.resources).or_default().insert(&need.action);
    }
    by_resources.into_iter().map(|(resources, actions)| allow(actions, resources)).collect()
}

fn allow<'a>(actions: impl IntoIterator<Item = &'a str>, resources: &[String]) -> Value {
    let actions: Vec<&str> = actions.into_iter().collect();
    json!({"Effect": "Allow", "Action": actions, "Resource": one_or_list(resources)})
}

fn one_or_list(texts: &[String]) -> Value {
    match texts {
        [one] => json!(one),
        several => json!(several),
    }
}

/// A document with these statements.
pub fn document(statements: Vec<Value>) -> Value {
    json!({"Version": VERSION, "Statement": statements})
}

/// A document that also grants the needs. A statement without conditions that has the same resources gets the actions; what does
/// not fit any is a new statement. `None` if the document cannot be extended.
pub fn extended(document: &Value, needs: &[Need]) -> Option<Value> {
    let mut document = document.clone();
    let members = document.as_object_mut()?;
    if members.get("Version").and_then(Value::as_str) != Some(VERSION) {
        // Variables mean something else there.
        return None;
    }
    let mut all = match members.get("Statement")? {
        Value::Array(items) => items.clone(),
        one => vec![one.clone()],
    };
    for new in statements(needs) {
        let resources = texts(&new["Resource"]);
        let same = all.iter_mut().filter_map(Value::as_object_mut).find(|one| is_plain_allow(one, &resources));
        match same {
            Some(same) => {
                let mut actions = texts(&same["Action"]);
                actions.extend(texts(&new["Action"]));
                same.insert("Action".to_owned(), json!(actions));
            }
            None => all.push(new),
        }
    }
    members.insert("Statement".to_owned(), Value::Array(all));
    Some(document)
}

fn is_plain_allow(statement: &Map<String, Value>, resources: &BTreeSet<String>) -> bool {
    let elements = ["Action", "Effect", "Resource", "Sid"];
    statement.keys().all(|name| elements.contains(&name.as_str()))
        && statement.get("Effect").and_then(Value::as_str) == Some("Allow")
        && statement.contains_key("Action")
        && statement.get("Resource").is_some_and(|value| texts(value) == *resources)
}

/// The prefixes of the services whose actions a document allows; `None` for a document with other elements than plain statements.
pub fn services(document: &Value) -> Option<BTreeSet<String>> {
    let statements = match document.get("Statement")? {
        Value::Array(items) => items.iter().collect(),
        one => vec![one],
    };
    let mut found = BTreeSet::new();
    for statement in statements {
        let statement = statement.as_object()?;
        if statement.get("Effect").and_then(Value::as_str) != Some("Allow") {
            return None;
        }
        for action in texts(statement.get("Action")?) {
            found.insert(action.split_once(':')?.0.to_ascii_lowercase());
        }
    }
    Some(found)
}

fn texts(value: &Value) -> BTreeSet<String> {
    match value {
        Value::Array(items) => items.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        Value::String(text) => BTreeSet::from([text.clone()]),
        _ => BTreeSet::new(),
    }
}

/// The size of a document as IAM counts it: its characters without white space.
pub fn size(document: &Value) -> usize {
    document.to_string().chars().filter(|character| !character.is_whitespace()).count()
}

/// The values of the placeholders of a policy's name.
#[derive(Debug, Clone, Copy)]
pub struct NameParts<'a> {
    /// `{Project}`.
    pub project: &'a str,
    /// `{Service}`.
    pub service: &'a str,
    /// `{Actions}`.
    pub actions: &'a str,
    /// `{Environment}`.
    pub environment: &'a str,
}

/// The pattern of names without `naming.iam_policy`.
pub const DEFAULT_NAME: &str = "{Project}-{Service}-{Actions}";

/// The most characters of a policy's name.
const MAX_NAME: usize = 128;

/// The name of a policy by a pattern, in the characters that IAM allows.
pub fn policy_name(pattern: &str, parts: &NameParts<'_>) -> String {
    let name = pattern
        .replace("{Project}", parts.project)
        .replace("{Service}", parts.service)
        .replace("{Actions}", parts.actions)
        .replace("{Environment}", parts.environment);
    let allowed = |c: &char| c.is_ascii_alphanumeric() || "+=,.@_-".contains(*c);
    name.chars().filter(allowed).take(MAX_NAME).collect()
}

/// The most actions whose names are spelled out in a policy's name.
const SPELLED_ACTIONS: usize = 3;

/// What actions are called in a name: their names, or their verbs if there are many.
pub fn actions_name(needs: &[Need]) -> String {
    let names: BTreeSet<&str> =
        needs.iter().filter_map(|need| need.action.split_once(':')).map(|(_, name)| name).collect();
    if names.len() <= SPELLED_ACTIONS {
        return names.into_iter().collect();
    }
    let verb = |name: &&str| {
        let end = name.char_indices().skip(1).find(|(_, c)| c.is_ascii_uppercase()).map_or(name.len(), |(at, _)| at);
        name[..end].to_owned()
    };
    let verbs: BTreeSet<String> = names.iter().map(verb).collect();
    verbs.into_iter().collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::iam::need::needs;

    fn need(actions: &[&str], resources: &[&str]) -> Vec<Need> {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        needs(&owned(actions), &owned(resources)).unwrap()
    }

    #[test]
    fn actions_with_the_same_resources_are_one_statement() {
        let needs =
            need(&["s3:PutObject", "s3:GetObject", "s3:ListBucket", "s3:ListAllMyBuckets"], &["arn:aws:s3:::a/*"]);
        assert_eq!(
            statements(&needs),
            [
                json!({"Effect": "Allow", "Action": ["s3:ListAllMyBuckets"], "Resource": "*"}),
                json!({"Effect": "Allow", "Action": ["s3:ListBucket"], "Resource": "arn:aws:s3:::a"}),
                json!({"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "arn:aws:s3:::a/*"}),
            ]
        );
    }

    #[test]
    fn a_document_is_extended_where_it_fits() {
        let before = json!({"Version": "2012-10-17", "Statement": {
            "Sid": "Read", "Effect": "Allow", "Action": "s3:GetObject", "Resource": ["arn:aws:s3:::a/*"]}});
        let after = extended(&before, &need(&["s3:PutObject", "s3:ListBucket"], &["arn:aws:s3:::a/*"])).unwrap();
        assert_eq!(after["Statement"][0]["Action"], json!(["s3:GetObject", "s3:PutObject"]));
        assert_eq!(after["Statement"][1]["Resource"], "arn:aws:s3:::a");
        let with_condition = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::a/*", "Condition": {"Bool": {"aws:SecureTransport": "true"}}}]});
        let after = extended(&with_condition, &need(&["s3:PutObject"], &["arn:aws:s3:::a/*"])).unwrap();
        assert_eq!(after["Statement"].as_array().map(Vec::len), Some(2));
        let denied = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::a/*"}]});
        let after = extended(&denied, &need(&["s3:PutObject"], &["arn:aws:s3:::a/*"])).unwrap();
        assert_eq!(after["Statement"].as_array().map(Vec::len), Some(2));
        assert_eq!(extended(&json!({"Statement": []}), &[]), None);
    }

    #[test]
    fn the_services_of_a_document_are_those_it_allows() {
        let of = |statement: Value| services(&document(vec![statement]));
        let found = of(json!({"Effect": "Allow", "Action": ["S3:Get*", "sqs:SendMessage"], "Resource": "*"})).unwrap();
        assert_eq!(found.into_iter().collect::<Vec<_>>(), ["s3", "sqs"]);
        assert_eq!(of(json!({"Effect": "Deny", "Action": "s3:*", "Resource": "*"})), None);
        assert_eq!(of(json!({"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"})), None);
        assert_eq!(of(json!({"Effect": "Allow", "Action": "*", "Resource": "*"})), None);
    }

    #[test]
    fn names_follow_the_pattern() {
        let parts = NameParts { project: "Synth Core", service: "S3", actions: "FileUpload", environment: "dev" };
        assert_eq!(policy_name("SynthCoreAI-{Service}-{Actions}", &parts), "SynthCoreAI-S3-FileUpload");
        assert_eq!(policy_name("{Project}.{Environment}", &parts), "SynthCore.dev");
        assert_eq!(policy_name(&"x".repeat(200), &parts).len(), 128);
        assert_eq!(actions_name(&need(&["s3:PutObject", "s3:GetObject"], &["arn:aws:s3:::a/*"])), "GetObjectPutObject");
        let many = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:BatchGetItem", "dynamodb:Query"];
        let table = "arn:aws:dynamodb:us-east-1:111111111111:table/orders";
        assert_eq!(actions_name(&need(&many, &[table])), "BatchGetPutQuery");
    }
}
