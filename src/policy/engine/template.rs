//! The template that external engines scan: the resources as they are sent, as CloudFormation JSON.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::domain::symbol;
use crate::policy::hidden::is_hidden_mark;
use crate::policy::resource::ScanResource;

/// A shorter secret is only replaced as a whole value: as a substring it would match too often.
const SHORTEST_PART: usize = 4;

/// A template rendered from resources, and the mapping from its logical ids to them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    document: Value,
    /// Position of the resource by its logical id in the template.
    positions: BTreeMap<String, usize>,
    /// The types of the rendered resources.
    types: Vec<String>,
}

impl Rendered {
    /// Renders resources. Each keeps its logical id, so that references between them stay
    /// valid; a live one gets a generated id. `Metadata` is omitted: suppressions in it are
    /// applied to the findings, where they can be shown. The value of a secret parameter is a
    /// reference to one, as it was in the user's template.
    pub fn new(resources: &[ScanResource], secrets: &BTreeSet<String>) -> Self {
        let secrets: Vec<&str> = secrets.iter().map(String::as_str).filter(|secret| !secret.is_empty()).collect();
        let taken: BTreeSet<&str> =
            resources.iter().filter_map(|scanned| scanned.resource.logical_id.as_deref()).collect();
        let mut positions = BTreeMap::new();
        let mut body = Map::new();
        let mut types = Vec::new();
        let is_usable = |name: &String| name.bytes().all(|byte| byte.is_ascii_alphanumeric());
        for (position, scanned) in resources.iter().enumerate() {
            // Of a resource whose type or properties cannot be read, an engine would refuse the template.
            if scanned.resource.type_name.is_empty() || symbol::fault_of(&scanned.properties).is_some() {
                continue;
            }
            let own = scanned.resource.logical_id.clone().filter(|name| !positions.contains_key(name));
            let name = own.filter(is_usable).unwrap_or_else(|| free_name(position, &taken, &positions));
            let mut properties = scanned.properties.clone();
            replace_faults(&mut properties);
            remove_hidden(&mut properties);
            replace_secrets(&mut properties, &secrets);
            body.insert(name.clone(), json!({"Type": scanned.resource.type_name, "Properties": properties}));
            types.push(scanned.resource.type_name.clone());
            positions.insert(name, position);
        }
        let parameters: Map<String, Value> =
            (0..secrets.len()).map(|number| (parameter(number), json!({"Type": "String", "NoEcho": true}))).collect();
        let mut document = json!({"AWSTemplateFormatVersion": "2010-09-09"});
        if !parameters.is_empty() {
            document["Parameters"] = Value::Object(parameters);
        }
        document["Resources"] = Value::Object(body);
        Self { document, positions, types }
    }

    /// CloudFormation JSON.
    pub fn text(&self) -> String {
        format!("{:#}\n", self.document)
    }

    /// The same with one additional resource, which proves that the engine scanned the template, and without the
    /// words by which a comment suppresses a check: text inside a value, such as a function's code, must not act as
    /// one.
    pub fn text_with(&self, type_name: &str, properties: Value) -> String {
        let mut document = self.document.clone();
        document["Resources"][self.further_name()] = json!({"Type": type_name, "Properties": properties});
        // A colon in the template's JSON syntax is followed by a space.
        format!("{document:#}\n").replace(":skip=", "\\u003askip=")
    }

    /// The unique logical id of the additional resource.
    pub fn further_name(&self) -> String {
        let mut name = "StagegateProbe".to_owned();
        while self.positions.contains_key(&name) {
            name.push('X');
        }
        name
    }

    /// The number of resources.
    pub fn len(&self) -> usize {
        self.types.len()
    }

    /// True without any resource.
    pub fn is_empty(&self) -> bool {
        self.types.is_empty()
    }

    /// The position of the resource of that name in the template.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.positions.get(name).copied()
    }
}

/// A logical id that no resource of the template has.
fn free_name(position: usize, taken: &BTreeSet<&str>, positions: &BTreeMap<String, usize>) -> String {
    let mut name = format!("Live{}", position + 1);
    while taken.contains(name.as_str()) || positions.contains_key(&name) {
        name.push('X');
    }
    name
}

fn parameter(number: usize) -> String {
    format!("StagegateSecret{}", number + 1)
}

/// Replaces values that are not known because of a fault by a call whose value no engine knows.
fn replace_faults(value: &mut Value) {
    if symbol::fault_of(value).is_some() {
        *value = json!({"Fn::ImportValue": "unknown"});
        return;
    }
    match value {
        Value::Object(map) => map.values_mut().for_each(replace_faults),
        Value::Array(items) => items.iter_mut().for_each(replace_faults),
        _ => {}
    }
}

/// Removes the placeholders for write-only values: external engines do not know them.
fn remove_hidden(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|_, child| !is_hidden_mark(child));
            map.values_mut().for_each(remove_hidden);
        }
        Value::Array(items) => {
            items.retain(|item| !is_hidden_mark(item));
            items.iter_mut().for_each(remove_hidden);
        }
        _ => {}
    }
}

fn replace_secrets(value: &mut Value, secrets: &[&str]) {
    match value {
        Value::Object(map) => {
            for (key, child) in map {
                match (key.as_str(), child) {
                    ("Ref" | "Fn::GetAtt", _) => {}
                    // A partially resolved call has its own text format.
                    ("Fn::Sub", Value::String(text)) => *text = in_sub(text, secrets),
                    ("Fn::Sub", Value::Array(parts)) => {
                        if let Some(Value::String(text)) = parts.first_mut() {
                            *text = in_sub(text, secrets);
                        }
                        parts.iter_mut().skip(1).for_each(|part| replace_secrets(part, secrets));
                    }
                    (_, child) => replace_secrets(child, secrets),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| replace_secrets(item, secrets)),
        Value::String(text) => {
            let reference = |piece: Piece<'_>| match piece {
                Piece::Text(text) => json!(text),
                Piece::Secret(number) => json!({"Ref": parameter(number)}),
            };
            let pieces = pieces(text, secrets);
            if pieces.iter().any(|piece| matches!(piece, Piece::Secret(_))) {
                let mut parts: Vec<Value> = pieces.into_iter().map(reference).collect();
                let single = if parts.len() == 1 { parts.pop() } else { None };
                *value = single.unwrap_or_else(|| json!({"Fn::Join": ["", parts]}));
            }
        }
        _ => {}
    }
}

fn in_sub(text: &str, secrets: &[&str]) -> String {
    let written = |piece: Piece<'_>| match piece {
        Piece::Text(text) => text.to_owned(),
        Piece::Secret(number) => format!("${{{}}}", parameter(number)),
    };
    pieces(text, secrets).into_iter().map(written).collect()
}

enum Piece<'t> {
    Text(&'t str),
    /// The index of the replaced secret.
    Secret(usize),
}

/// Splits a text at its secrets.
fn pieces<'t>(text: &'t str, secrets: &[&str]) -> Vec<Piece<'t>> {
    if let Some(number) = secrets.iter().position(|secret| *secret == text) {
        return vec![Piece::Secret(number)];
    }
    let long = |secret: &str| secret.chars().count() >= SHORTEST_PART;
    let mut pieces = Vec::new();
    let mut rest = text;
    loop {
        // The longest of those that begin first: one secret may be the prefix of another.
        let found = secrets
            .iter()
            .enumerate()
            .filter(|(_, secret)| long(secret))
            .filter_map(|(number, secret)| Some((rest.find(secret)?, std::cmp::Reverse(secret.len()), number)));
        let Some((at, length, number)) = found.min() else { break };
        pieces.extend(Some(&rest[..at]).filter(|before| !before.is_empty()).map(Piece::Text));
        pieces.push(Piece::Secret(number));
        rest = &rest[at + length.0..];
    }
    pieces.extend(Some(rest).filter(|after| !after.is_empty()).map(Piece::Text));
    pieces
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    fn rendered(resources: &[ScanResource], secrets: &[&str]) -> (Rendered, Value) {
        let secrets = secrets.iter().map(|secret| (*secret).to_owned()).collect();
        let rendered = Rendered::new(resources, &secrets);
        let document = serde_json::from_str(&rendered.text()).unwrap();
        (rendered, document)
    }

    fn named(logical_id: &str, properties: Value) -> ScanResource {
        let mut resource = ScanResource::live("AWS::SQS::Queue", "q", properties);
        resource.resource.logical_id = Some(logical_id.to_owned());
        resource
    }

    #[test]
    fn every_resource_has_a_unique_id_that_maps_back_to_it() {
        let live = ScanResource::live("AWS::SNS::Topic", "arn", json!({}));
        let resources = [live.clone(), named("Live1", json!({"A": {"Ref": "Live1"}})), live];
        let (rendered, document) = rendered(&resources, &[]);
        let names: Vec<&String> = document["Resources"].as_object().unwrap().keys().collect();
        assert_eq!(names, ["Live1X", "Live1", "Live3"]);
        assert_eq!(rendered.position("Live1"), Some(1));
        assert_eq!(rendered.position("Live3"), Some(2));
        assert_eq!((rendered.len(), rendered.position("Other")), (3, None));
        assert_eq!(document["Resources"]["Live1"]["Properties"], json!({"A": {"Ref": "Live1"}}));
    }

    #[test]
    fn what_has_a_fault_is_unknown_to_other_engines() {
        let unknown = symbol::faulty("wrong-type", json!("secret"));
        let mut untyped = named("Untyped", json!({}));
        untyped.resource.type_name = String::new();
        let resources = [
            untyped,
            named("my-queue", json!({"A": [unknown.clone()]})),
            named("Unread", unknown),
            named("Q", json!({})),
        ];
        let (rendered, document) = rendered(&resources, &[]);
        let expected = json!({
            "Live2": {"Type": "AWS::SQS::Queue", "Properties": {"A": [{"Fn::ImportValue": "unknown"}]}},
            "Q": {"Type": "AWS::SQS::Queue", "Properties": {}},
        });
        assert_eq!(document["Resources"], expected);
        assert_eq!((rendered.position("Live2"), rendered.position("Q"), rendered.len()), (Some(1), Some(3), 2));
    }

    #[test]
    fn the_additional_resource_has_a_unique_id() {
        let rendered = rendered(&[named("StagegateProbe", json!({}))], &[]).0;
        let document: Value = serde_json::from_str(&rendered.text_with("T", json!({"A": 1}))).unwrap();
        assert_eq!(document["Resources"]["StagegateProbeX"]["Properties"], json!({"A": 1}));
        assert_eq!(document["Resources"].as_object().unwrap().len(), 2);
        assert_eq!(rendered.position("StagegateProbeX"), None);
    }

    #[test]
    fn a_value_that_looks_like_a_suppression_is_kept_and_not_one() {
        let code = "# checkov:skip=CKV_AWS_27: x\n\\:skip=";
        let rendered = rendered(&[named("Q", json!({"A": code}))], &[]).0;
        let text = rendered.text_with("T", json!({}));
        let document: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(document["Resources"]["Q"]["Properties"]["A"], code);
        assert!(!text.contains(":skip="), "{text}");
    }

    #[test]
    fn no_secret_and_no_metadata_is_written() {
        let mut queue = named(
            "Q",
            json!({
                "P": "hunter22", "U": "pg://a:hunter22@h/hunter2233", "S": "abc", "T": "abcd",
                "F": {"Fn::Sub": "x:hunter22@${Db.Address}"}, "R": {"Ref": "abc"},
            }),
        );
        queue.metadata = json!({"checkov": {"skip": [{"id": "CKV_AWS_27"}]}});
        let (rendered, document) = rendered(&[queue], &["hunter22", "hunter2233", "abc"]);
        let text = rendered.text();
        assert!(!text.contains("hunter") && !text.contains("skip"), "{text}");
        let properties = &document["Resources"]["Q"]["Properties"];
        assert_eq!(properties["P"], json!({"Ref": "StagegateSecret2"}));
        let joined = json!(["pg://a:", {"Ref": "StagegateSecret2"}, "@h/", {"Ref": "StagegateSecret3"}]);
        assert_eq!(properties["U"]["Fn::Join"][1], joined);
        assert_eq!(properties["S"], json!({"Ref": "StagegateSecret1"}));
        assert_eq!(properties["T"], "abcd", "a short secret is only a whole value");
        assert_eq!(properties["F"]["Fn::Sub"], "x:${StagegateSecret2}@${Db.Address}");
        assert_eq!(properties["R"], json!({"Ref": "abc"}));
        assert_eq!(document["Parameters"]["StagegateSecret2"]["NoEcho"], true);
    }
}
