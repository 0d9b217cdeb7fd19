//! Expansion by AWS's own translator: what it is given, and what is made of its result.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::domain::pointer;
use crate::domain::symbol::faulty;

use super::simple::LOCAL;
use super::{Expansion, Kind, PREFIX, Problem};

/// The bucket that stands for local files, which the translator does not take.
const BUCKET: &str = "stagegate-local-artifact";

/// The properties that may name local files, by type.
const PLACES: [(&str, &str); 5] = [
    ("Function", "CodeUri"),
    ("LayerVersion", "ContentUri"),
    ("Api", "DefinitionUri"),
    ("HttpApi", "DefinitionUri"),
    ("StateMachine", "DefinitionUri"),
];

/// The template for the translator: places in S3 stand for local files.
pub fn prepared(template: &Value) -> Value {
    let mut template = template.clone();
    for (name, property) in PLACES {
        let resources = template.get_mut("Resources").and_then(Value::as_object_mut).into_iter().flatten();
        let of_type = resources
            .filter(|(_, entry)| entry["Type"].as_str().and_then(|kind| kind.strip_prefix(PREFIX)) == Some(name));
        let own = of_type.filter_map(|(_, entry)| entry.get_mut("Properties")?.get_mut(property));
        own.for_each(stand_in);
        if let Some(value) = template.get_mut("Globals").and_then(|globals| globals.get_mut(name)?.get_mut(property)) {
            stand_in(value);
        }
    }
    // What must not be shown stays a reference.
    let parameters = template.get_mut("Parameters").and_then(Value::as_object_mut).into_iter().flatten();
    for (_, parameter) in
        parameters.filter(|(_, one)| ["true", "\"true\""].contains(&one["NoEcho"].to_string().as_str()))
    {
        if let Some(parameter) = parameter.as_object_mut() {
            parameter.shift_remove("Default");
        }
    }
    template
}

fn stand_in(value: &mut Value) {
    if let Some(path) = value.as_str().filter(|path| !path.starts_with("s3://")) {
        *value = json!({"Bucket": BUCKET, "Key": if path.is_empty() { "." } else { path }});
    }
}

/// The expansion that the translator's result is, or the problems because of which it refused the template.
pub fn expansion(template: &Value, result: &Result<Value, Vec<(Option<String>, String)>>) -> Expansion {
    let resources = template.get("Resources").and_then(Value::as_object);
    let serverless = || {
        let entries = resources.into_iter().flatten();
        entries.filter(|(_, entry)| entry["Type"].as_str().is_some_and(|kind| kind.starts_with(PREFIX)))
    };
    let mut expansion = Expansion { template: template.clone(), ..Expansion::default() };
    match result {
        Err(messages) => {
            expansion.unknown.extend(serverless().map(|(id, _)| id.clone()));
            let first = serverless().map(|(id, _)| id.clone()).next();
            for (resource, message) in messages {
                let named = resource.clone().filter(|id| resources.is_some_and(|all| all.contains_key(id)));
                let message = format!("AWS's translator refuses it: {message}");
                let resource = named.or_else(|| first.clone());
                expansion.problems.push(Problem { kind: Kind::Invalid, resource, pointer: String::new(), message });
            }
        }
        Ok(expanded) => {
            let mut expanded = expanded.clone();
            let mut local = Vec::new();
            unknown(&mut expanded, "", &mut local);
            let names: Vec<&String> = serverless().map(|(id, _)| id).collect();
            let first = names.first().map(|id| (*id).clone()).unwrap_or_default();
            for id in expanded.get("Resources").and_then(Value::as_object).into_iter().flat_map(|all| all.keys()) {
                if resources.is_some_and(|all| all.contains_key(id)) {
                    continue;
                }
                // The name of what is made begins with that of the resource that it is made of.
                let origin = names.iter().filter(|name| id.starts_with(name.as_str())).max_by_key(|name| name.len());
                expansion.origins.insert(id.clone(), origin.map_or_else(|| first.clone(), |name| (*name).clone()));
            }
            for (at, path) in local {
                let tokens = pointer::tokens(&at);
                let id = tokens.get(1).cloned().unwrap_or_default();
                let resource = expansion.origins.get(&id).cloned().or(Some(id));
                let message = format!("`{path}` is a local file or folder, which is not part of the template");
                expansion.problems.push(Problem { kind: Kind::Local, resource, pointer: String::new(), message });
            }
            expansion.template = expanded;
        }
    }
    expansion
}

/// Makes what stands for local files unknown.
fn unknown(value: &mut Value, at: &str, found: &mut Vec<(String, String)>) {
    let is_local = ["S3Bucket", "Bucket"].iter().any(|name| value.get(name).is_some_and(|bucket| bucket == BUCKET));
    if is_local {
        let path =
            value.get("S3Key").or_else(|| value.get("Key")).and_then(Value::as_str).unwrap_or_default().to_owned();
        *value = faulty(LOCAL.as_str(), Value::from(path.as_str()));
        found.push((at.to_owned(), path));
        return;
    }
    match value {
        Value::Object(map) => map.iter_mut().for_each(|(key, child)| unknown(child, &pointer::join(at, key), found)),
        Value::Array(items) => {
            items
                .iter_mut()
                .enumerate()
                .for_each(|(index, item)| unknown(item, &pointer::join(at, &index.to_string()), found));
        }
        _ => {}
    }
}

/// What the translator makes of each file, or the messages with which it refused the file: the resource, and what is wrong.
pub type Translations = BTreeMap<String, Result<Value, Vec<(Option<String>, String)>>>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_files_are_not_known_and_what_is_made_has_an_origin() {
        let template = json!({
            "Globals": {"Function": {"CodeUri": "src"}},
            "Resources": {
                "Fn": {"Type": "AWS::Serverless::Function", "Properties": {"CodeUri": "./own"}},
                "FnTwo": {"Type": "AWS::Serverless::Function", "Properties": {"CodeUri": "s3://b/k"}},
                "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"CodeUri": "x"}},
            },
        });
        let secret =
            json!({"Parameters": {"P": {"NoEcho": true, "Default": "x"}, "Q": {"NoEcho": "false", "Default": "y"}}});
        let hidden = json!({"Parameters": {"P": {"NoEcho": true}, "Q": {"NoEcho": "false", "Default": "y"}}});
        assert_eq!(prepared(&secret), hidden);
        let given = prepared(&template);
        assert_eq!(given["Globals"]["Function"]["CodeUri"], json!({"Bucket": BUCKET, "Key": "src"}));
        assert_eq!(given["Resources"]["Fn"]["Properties"]["CodeUri"]["Key"], "./own");
        assert_eq!(given["Resources"]["FnTwo"], template["Resources"]["FnTwo"]);
        assert_eq!(given["Resources"]["Queue"], template["Resources"]["Queue"]);
        let result = json!({"Resources": {
            "Fn": {"Type": "AWS::Lambda::Function", "Properties": {"Code": {"S3Bucket": BUCKET, "S3Key": "./own"}}},
            "FnRole": {}, "FnTwo": {}, "FnTwoRole": {}, "ServerlessRestApi": {},
        }});
        let expansion = expansion(&template, &Ok(result));
        assert_eq!(
            crate::domain::symbol::fault_of(&expansion.template["Resources"]["Fn"]["Properties"]["Code"]),
            Some(LOCAL.as_str())
        );
        let origins = |id: &str| expansion.origins.get(id).map(String::as_str);
        assert_eq!((origins("FnRole"), origins("FnTwoRole"), origins("Fn")), (Some("Fn"), Some("FnTwo"), None));
        assert_eq!(origins("ServerlessRestApi"), Some("Fn"));
        assert_eq!((expansion.problems.len(), expansion.problems.first().map(|one| one.kind)), (1, Some(Kind::Local)));
    }

    #[test]
    fn a_refusal_names_the_resource() {
        let template = json!({"Resources": {"Fn": {"Type": "AWS::Serverless::Function"}}});
        let expansion =
            expansion(&template, &Err(vec![(None, "bad".to_owned()), (Some("Fn".to_owned()), "worse".to_owned())]));
        assert_eq!(expansion.template, template);
        assert!(expansion.unknown.contains("Fn") && expansion.problems.len() == 2);
        assert!(
            expansion.problems.iter().all(|one| one.resource.as_deref() == Some("Fn") && one.kind == Kind::Invalid)
        );
    }
}
