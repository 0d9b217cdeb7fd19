//! The expansion against AWS's own translator, and of templates with faults.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::*;
use crate::domain::intrinsics::Pseudo;
use crate::domain::pointer;

/// What the translator makes of `tests/sam/templates.yaml`; see `tests/python/sam/translate.py`.
const TRANSLATED: &str = include_str!("../../../tests/sam/translated.jsonl");

/// Differences that are accepted, by case and pointer.
const ACCEPTED: &[(&str, &str, &str)] = &[];

fn scope(template: &Value) -> Scope {
    let parameters = template.get("Parameters").and_then(Value::as_object).cloned().unwrap_or_default();
    Scope {
        parameters: parameters
            .into_iter()
            .filter_map(|(name, parameter)| Some((name, parameter.get("Default")?.clone())))
            .collect(),
        pseudo: Pseudo { region: Some("us-east-1".to_owned()), ..Pseudo::default() },
        mappings: template.get("Mappings").cloned().unwrap_or_default(),
        conditions: BTreeMap::new(),
        imports: BTreeMap::new(),
    }
}

/// A template in a form that can be compared: parameters filled in, dependencies as sorted lists, and without the hash in the
/// names of deployments, for which the translator hashes the text that Python 2 gives of a dictionary.
fn comparable(template: &Value, scope: &Scope) -> Value {
    let mut text = intrinsics::resolve(template, scope).0.to_string();
    let resources = template.get("Resources").and_then(Value::as_object).cloned().unwrap_or_default();
    for (id, resource) in &resources {
        if resource["Type"] == "AWS::ApiGateway::Deployment" {
            let hash = &id[id.len() - 10..];
            assert!(hash.chars().all(|sign| sign.is_ascii_hexdigit()) && id.contains("Deployment"), "{id}");
            text = text.replace(id.as_str(), &format!("{}*", &id[..id.len() - 10]));
            let description = resource["Properties"]["Description"].as_str().unwrap();
            assert!(description.starts_with(&format!("RestApi deployment id: {hash}")), "{description}");
            text = text.replace(description, "RestApi deployment id: *");
        }
    }
    let mut value: Value = serde_json::from_str(&text).unwrap();
    for resource in value["Resources"].as_object_mut().unwrap().values_mut() {
        let Some(resource) = resource.as_object_mut() else { continue };
        if let Some(Value::String(one)) = resource.get("DependsOn").cloned() {
            resource.insert("DependsOn".to_owned(), json!([one]));
        }
        if let Some(Value::Array(list)) = resource.get_mut("DependsOn") {
            list.sort_by_key(Value::to_string);
        }
        resource.entry("Properties").or_insert_with(|| json!({}));
    }
    value.as_object_mut().unwrap().retain(|key, _| ["Resources", "Outputs", "Conditions"].contains(&key.as_str()));
    value
}

fn differences(expected: &Value, found: &Value, at: &str, list: &mut Vec<(String, String)>) {
    match (expected, found) {
        (Value::Object(one), Value::Object(other)) => {
            let names: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
            for name in names {
                let at = pointer::join(at, name);
                match (one.get(name), other.get(name)) {
                    (Some(one), Some(other)) => differences(one, other, &at, list),
                    (Some(one), None) => list.push((at, format!("missing: {one}"))),
                    (None, other) => list.push((at, format!("too much: {other:?}"))),
                }
            }
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
            for (index, (one, other)) in one.iter().zip(other).enumerate() {
                differences(one, other, &pointer::join(at, &index.to_string()), list);
            }
        }
        _ if expected == found => {}
        _ => list.push((at.to_owned(), format!("expected {expected}, found {found}"))),
    }
}

#[test]
fn the_expansion_is_that_of_the_translator() {
    let mut unexpected = Vec::new();
    let mut accepted: BTreeSet<(String, String)> =
        ACCEPTED.iter().map(|(case, at, _)| ((*case).to_owned(), (*at).to_owned())).collect();
    let mut count = 0;
    for line in TRANSLATED.lines() {
        let entry: Value = serde_json::from_str(line).unwrap();
        let case = entry["case"].as_str().unwrap();
        let scope = scope(&entry["template"]);
        let expansion = expand(&entry["template"], &scope);
        if !expansion.problems.is_empty() {
            unexpected.push(format!("{case}: {:?}", expansion.problems));
            continue;
        }
        let mut list = Vec::new();
        let (expected, found) = (comparable(&entry["output"], &scope), comparable(&expansion.template, &scope));
        differences(&expected, &found, "", &mut list);
        for (at, what) in list {
            if !accepted.remove(&(case.to_owned(), at.clone())) {
                unexpected.push(format!("{case} {at}: {what}"));
            }
        }
        count += 1;
    }
    assert!(unexpected.is_empty(), "{} differences:\n{}", unexpected.len(), unexpected.join("\n"));
    assert!(accepted.is_empty(), "accepted, but not found: {accepted:?}");
    assert!(count >= 60, "{count} templates");
}

fn problems(resources: Value) -> Vec<Problem> {
    let template = json!({"Resources": resources});
    expand(&template, &scope(&template)).problems
}

fn function(properties: Value) -> Value {
    let mut all = json!({"Handler": "a.b", "Runtime": "python3.13", "CodeUri": "s3://b/k"});
    all.as_object_mut().unwrap().extend(properties.as_object().cloned().unwrap_or_default());
    json!({"Type": "AWS::Serverless::Function", "Properties": all})
}

/// Every place of a property, filled with values of other kinds: nothing panics, and a resource is expanded or refused.
#[test]
fn odd_values_are_expanded_or_refused() {
    let odd = [
        json!(null),
        json!(5),
        json!(true),
        json!("text"),
        json!(""),
        json!([]),
        json!([1, null, {"a": 1}]),
        json!({}),
        json!({"a": null}),
        json!({"Ref": "X"}),
        json!({"Fn::If": ["C", 1, {"Ref": "AWS::NoValue"}]}),
        json!({"Fn::If": "C"}),
        json!({"Fn::If": []}),
        json!({"Type": null, "Properties": []}),
    ];
    fn places(value: &Value, at: &str, list: &mut Vec<String>) {
        list.push(at.to_owned());
        match value {
            Value::Object(map) => map.iter().for_each(|(key, child)| places(child, &pointer::join(at, key), list)),
            Value::Array(items) => {
                items
                    .iter()
                    .enumerate()
                    .for_each(|(at_index, child)| places(child, &pointer::join(at, &at_index.to_string()), list));
            }
            _ => {}
        }
    }
    let mut refused = 0;
    for line in TRANSLATED.lines() {
        let entry: Value = serde_json::from_str(line).unwrap();
        let template = &entry["template"];
        let scope = scope(template);
        let mut all = Vec::new();
        for section in ["Resources", "Globals"] {
            places(template.get(section).unwrap_or(&Value::Null), &format!("/{section}"), &mut all);
        }
        for (number, at) in all.iter().enumerate() {
            let mut changed = template.clone();
            let Some(value) = changed.pointer_mut(at) else { continue };
            *value = odd[number * 5 % odd.len()].clone();
            let expansion = expand(&changed, &scope);
            refused += usize::from(!expansion.unknown.is_empty());
            for id in &expansion.unknown {
                let names = |problem: &Problem| problem.resource.is_some();
                assert!(expansion.problems.iter().any(names), "{at}: {id} is unknown without a reason");
            }
        }
    }
    assert!(refused > 300, "{refused}");
}

#[test]
fn what_is_refused_is_said_with_its_place() {
    for (properties, kind, at) in [
        (json!({"Events": [1]}), Kind::Invalid, "/Events"),
        (json!({"Events": {"A": "x"}}), Kind::Invalid, "/Events/A"),
        (
            json!({"Events": {"A": {"Type": "S3", "Properties": {"Bucket": "b", "Events": "e"}}}}),
            Kind::Invalid,
            "/Events/A/Properties/Bucket",
        ),
        (json!({"Events": {"A": {"Type": "SQS"}}}), Kind::Invalid, "/Events/A"),
        (json!({"Events": {"A": {"Type": "MQ", "Properties": {}}}}), Kind::Unsupported, "/Events/A"),
        (json!({"Policies": 5}), Kind::Invalid, "/Policies"),
        (json!({"Policies": ["a", {"S3ReadPolicy": {}}]}), Kind::Invalid, "/Policies/1"),
        (json!({"Policies": [{"NoSuchPolicy": {}}]}), Kind::Unsupported, "/Policies/0"),
        (json!({"Tags": "x"}), Kind::Invalid, "/Tags"),
        (json!({"Handlr": "x"}), Kind::Invalid, "/Handlr"),
        (
            json!({"DeploymentPreference": {"Type": "Canary10Percent5Minutes"}}),
            Kind::Unsupported,
            "/DeploymentPreference",
        ),
        (json!({"Runtime": null}), Kind::Invalid, ""),
        (json!({"CodeUri": "./src"}), Kind::Local, "/CodeUri"),
    ] {
        let found = problems(json!({"Fn": function(properties.clone()), "Other": function(json!({}))}));
        let [problem] = found.as_slice() else { panic!("{properties}: {found:?}") };
        assert_eq!(
            (problem.kind, problem.pointer.as_str(), problem.resource.as_deref()),
            (kind, at, Some("Fn")),
            "{problem:?}"
        );
    }
    let other = problems(json!({"A": {"Type": "AWS::Serverless::Application", "Properties": {"Location": "x.yaml"}}}));
    assert_eq!(other[0].kind, Kind::Unsupported);
}

#[test]
fn a_refused_resource_leaves_no_trace() {
    let event = json!({"Type": "S3", "Properties": {"Bucket": {"Ref": "Files"}, "Events": "s3:ObjectCreated:*"}});
    let api = json!({"Type": "Api", "Properties": {"Path": "/a", "Method": "get"}});
    let bad = json!({"Events": {"A": event, "B": api, "Z": {"Type": "SQS"}}});
    let template = json!({"Resources": {"Fn": function(bad), "Files": {"Type": "AWS::S3::Bucket"}}});
    let expansion = expand(&template, &scope(&template));
    assert_eq!(expansion.template, template);
    assert_eq!(expansion.unknown, BTreeSet::from(["Fn".to_owned()]));
}

#[test]
fn the_result_is_bounded() {
    let variables: Map<String, Value> = (0..1000).map(|index| (format!("V{index}"), json!("x".repeat(100)))).collect();
    let functions: Map<String, Value> = (0..400).map(|index| (format!("Fn{index}"), function(json!({})))).collect();
    let template = json!({"Globals": {"Function": {"Environment": {"Variables": variables}}}, "Resources": functions});
    let expansion = expand(&template, &scope(&template));
    assert_eq!((expansion.unknown.len(), expansion.problems[0].kind), (400, Kind::Unsupported));
}
