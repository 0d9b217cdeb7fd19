//! The serverless transform of a file: the resources that it makes, with the places of those that they are made of.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::domain::diagnostic::{Code, Diagnostic, Location};
use crate::domain::pointer;
use crate::files::yaml::{self, Entry, Node, NodeValue};
use crate::transform::serverless::{self, Expansion, Kind, PREFIX, Problem};

use super::transforms::{SERVERLESS, Transforms};
use super::{Problems, TemplateContext, TemplateInput, document, language_extensions, short_form};

/// Replaces the serverless resources of a document. Returns false if some could not be replaced.
pub(super) fn expand(file: &str, root: &mut Node, context: &TemplateContext, problems: &mut Problems) -> bool {
    let template = root.to_value();
    let expansion = match context.translated.get(file) {
        Some(translated) => serverless::expansion(&template, translated),
        None => serverless::expand(&template, &language_extensions::scope(root, context)),
    };
    for problem in expansion.problems.iter().filter(|problem| !is_reported_elsewhere(problem, root)) {
        problems.add(diagnostic(problem, root, context));
    }
    rebuild(root, &expansion);
    expansion.unknown.is_empty()
}

/// The templates that declare the serverless transform, in the form for AWS's translator: the file, the template, and the values of its
/// parameters.
pub fn documents(inputs: &[TemplateInput], context: &TemplateContext) -> Vec<(String, Value, BTreeMap<String, Value>)> {
    let mut problems = Problems::default();
    let mut documents = Vec::new();
    for input in inputs {
        let Some(mut root) = yaml::read(&input.file, &input.text).0 else { continue };
        short_form::expand(&mut root, "", &mut problems);
        let transforms = Transforms::of(&root);
        if !transforms.serverless {
            continue;
        }
        if transforms.language_extensions {
            language_extensions::expand(&mut root, context, &mut problems);
        }
        let parameters = language_extensions::scope(&root, context).parameters;
        documents.push((input.file.clone(), serverless::prepared(&root.to_value()), parameters));
    }
    documents
}

/// Reports serverless resources of a template that does not declare the transform.
pub(super) fn check_undeclared(root: &Node, problems: &mut Problems) {
    if document::is_bare(root) {
        return;
    }
    let entries = root.get("Resources").and_then(Node::entries).unwrap_or_default();
    let type_of = |entry: &Entry| entry.value.get("Type").and_then(Node::as_str).map(str::to_owned);
    let found = entries.iter().find_map(|entry| Some((entry, type_of(entry).filter(|name| name.starts_with(PREFIX))?)));
    let Some((entry, type_name)) = found else { return };
    let place = entry.value.entry("Type").map_or(&entry.key_location, |entry| &entry.value.location);
    let error = Diagnostic::error(Code::MissingTransform, format!("{type_name} needs the transform `{SERVERLESS}`"));
    problems.add(
        error
            .hint(format!("add `Transform: {SERVERLESS}` to the template"))
            .at(Some(place.clone()))
            .pointer(pointer::join(&pointer::join("/Resources", &entry.key), "Type"))
            .resource(&entry.key),
    );
}

/// True for a resource whose `Properties` are no mapping: reading the resources reports that.
fn is_reported_elsewhere(problem: &Problem, root: &Node) -> bool {
    let resource = problem.resource.as_ref().and_then(|id| root.get("Resources")?.get(id));
    let properties = resource.and_then(|resource| resource.get("Properties"));
    problem.kind == Kind::Invalid
        && problem.pointer.is_empty()
        && properties.is_some_and(|properties| properties.entries().is_none())
}

/// A problem with its place.
fn diagnostic(problem: &Problem, root: &Node, context: &TemplateContext) -> Diagnostic {
    let Problem { kind, resource, pointer: at, message } = problem;
    let with = |code: Code| match (kind, context.for_reading) {
        (Kind::Local, true) => Diagnostic::note(code, format!("{message}: it is not looked at")),
        _ => Diagnostic::error(code, message.clone()),
    };
    let said = match kind {
        Kind::Invalid => with(Code::InvalidServerless).hint("see the specification of AWS SAM for the property"),
        Kind::Unsupported => with(Code::UnsupportedServerless)
            .hint("add `--transform sam-translator` to expand it by AWS's own translator, or write the resources out"),
        Kind::Local => with(Code::LocalArtifact)
            .hint("upload it with `sam package` or `aws cloudformation package`, and use the template that they write"),
    };
    match resource {
        Some(id) => {
            let entry = root.get("Resources").and_then(|resources| resources.entry(id));
            let place = entry.map(|entry| place_of(entry, at));
            said.at(place).pointer(at.clone()).resource(id)
        }
        None => {
            let place = root.entry("Globals").map(|entry| place_below(&entry.value, &entry.key_location, at));
            said.at(place).pointer(format!("/Globals{at}"))
        }
    }
}

/// The place of a property of a resource, or of the nearest thing around it that is written.
fn place_of(entry: &Entry, at: &str) -> Location {
    match entry.value.entry("Properties") {
        Some(properties) => place_below(&properties.value, &entry.key_location, at),
        None => entry.key_location.clone(),
    }
}

fn place_below(node: &Node, default: &Location, at: &str) -> Location {
    let (mut node, mut place) = (node, default);
    for token in pointer::tokens(at) {
        let next = match &node.value {
            NodeValue::Mapping(_) => node.entry(&token).map(|entry| (&entry.value, &entry.key_location)),
            NodeValue::Sequence(items) => {
                token.parse().ok().and_then(|index: usize| items.get(index)).map(|item| (item, &item.location))
            }
            _ => None,
        };
        let Some((below, at)) = next else { break };
        (node, place) = (below, at);
    }
    place.clone()
}

/// Puts the expanded sections in place of those as written.
fn rebuild(root: &mut Node, expansion: &Expansion) {
    let NodeValue::Mapping(sections) = &mut root.value else { return };
    sections.retain(|section| section.key != "Globals");
    for section in sections {
        let Some(expanded) = expansion.template.get(&section.key) else { continue };
        match section.key.as_str() {
            "Resources" => {
                let NodeValue::Mapping(written) = &section.value.value else { continue };
                let by_name: BTreeMap<&str, &Entry> =
                    written.iter().rev().map(|entry| (entry.key.as_str(), entry)).collect();
                let made = expanded.as_object().into_iter().flatten().filter_map(|(id, value)| {
                    let origin = expansion.origins.get(id).unwrap_or(id);
                    let origin = by_name.get(origin.as_str())?;
                    if origin.key == *id && origin.value.to_value() == *value {
                        return Some((*origin).clone());
                    }
                    let value = placed(value, Some(&origin.value), &origin.key_location);
                    Some(Entry { key: id.clone(), key_location: origin.key_location.clone(), value })
                });
                section.value.value = NodeValue::Mapping(made.collect());
            }
            "Outputs" | "Conditions" if section.value.to_value() != *expanded => {
                section.value = placed(expanded, Some(&section.value), &section.key_location);
            }
            _ => {}
        }
    }
}

/// A value as a tree, with the places of what is written under the same names.
fn placed(value: &Value, written: Option<&Node>, default: &Location) -> Node {
    let location = written.map_or(default, |node| &node.location);
    let value = match value {
        Value::Null => NodeValue::Null,
        Value::Bool(value) => NodeValue::Bool(*value),
        Value::Number(number) => NodeValue::Number(number.clone()),
        Value::String(text) => NodeValue::String(text.clone()),
        Value::Array(items) => {
            let below = |index: usize| written.and_then(|node| node.items()?.get(index));
            NodeValue::Sequence(
                items.iter().enumerate().map(|(index, item)| placed(item, below(index), location)).collect(),
            )
        }
        Value::Object(map) => {
            let entry = |(key, child): (&String, &Value)| {
                let below = written.and_then(|node| node.entry(key));
                let place = below.map_or(default, |entry| &entry.key_location);
                let value = placed(child, below.map(|entry| &entry.value), place);
                Entry { key: key.clone(), key_location: place.clone(), value }
            };
            NodeValue::Mapping(map.iter().map(entry).collect())
        }
    };
    Node::new(value, location.clone())
}
