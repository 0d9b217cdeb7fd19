//! Expansion of `AWS::Serverless-2016-10-31`: the resources that AWS's translator makes of the common serverless types, with the
//! same logical ids.
//!
//! `policy_templates.json` and `managed_policies.txt` come from the translator (Apache-2.0) by `tests/python/sam/data.py`.

mod api_body;
mod events;
mod external;
mod function;
mod globals;
mod http_api;
mod policies;
mod pull_events;
mod push_events;
mod rest_api;
mod rewriting;
mod simple;
mod state_machine;
mod values;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::domain::intrinsics::{self, Scope};
use crate::domain::resource::sub_variables;
use crate::domain::symbol::is_intrinsic;

use globals::Globals;
use values::pass;

pub use external::{Translations, expansion, prepared};

/// The names of the types that are expanded begin with it.
pub const PREFIX: &str = "AWS::Serverless::";

/// What is wrong with a serverless resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// CloudFormation refuses it.
    Invalid,
    /// It may be valid, but is not expanded here.
    Unsupported,
    /// Its code or definition is a local file or folder; the resource is expanded without it.
    Local,
}

/// A problem of one resource, or of the `Globals` section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong.
    pub kind: Kind,
    /// The logical id; `None` for the `Globals` section.
    pub resource: Option<String>,
    /// The pointer into the resource's properties, or into the section.
    pub pointer: String,
    /// What is wrong, for people.
    pub message: String,
}

/// An expanded template.
#[derive(Debug, Clone, Default)]
pub struct Expansion {
    /// The template without `Globals`. Resources that could not be expanded are in it as they were.
    pub template: Value,
    /// The resource that each new one was made of.
    pub origins: BTreeMap<String, String>,
    /// The problems found.
    pub problems: Vec<Problem>,
    /// Resources that could not be expanded.
    pub unknown: BTreeSet<String>,
}

/// Why a resource is not expanded: the pointer into its properties, and what is wrong.
#[derive(Debug)]
struct Refusal {
    kind: Kind,
    pointer: String,
    message: String,
}

type Result<T> = std::result::Result<T, Refusal>;

fn invalid(pointer: impl Into<String>, message: impl Into<String>) -> Refusal {
    Refusal { kind: Kind::Invalid, pointer: pointer.into(), message: message.into() }
}

fn unsupported(pointer: impl Into<String>, message: impl Into<String>) -> Refusal {
    Refusal { kind: Kind::Unsupported, pointer: pointer.into(), message: message.into() }
}

/// A serverless resource whose global properties are merged in.
#[derive(Debug, Clone)]
struct Source {
    id: String,
    type_name: String,
    properties: Map<String, Value>,
    /// The attributes that every resource made of it has: its condition and policies.
    passed: Map<String, Value>,
    /// The attributes of the resource that has its logical id.
    own: Map<String, Value>,
}

impl Source {
    fn read(id: &str, resource: &Map<String, Value>, properties: Map<String, Value>) -> Self {
        let (mut passed, mut own) = (Map::new(), Map::new());
        pass(resource, &mut passed, &["Condition", "DeletionPolicy", "UpdateReplacePolicy"]);
        pass(resource, &mut own, &["DependsOn", "Condition", "DeletionPolicy", "UpdateReplacePolicy", "Metadata"]);
        let type_name = resource.get("Type").and_then(Value::as_str).unwrap_or_default().to_owned();
        Self { id: id.to_owned(), type_name, properties, passed, own }
    }

    /// A property that has a value.
    fn get(&self, name: &str) -> Option<&Value> {
        self.properties.get(name).filter(|value| !value.is_null())
    }

    /// The name of its type without the prefix.
    fn kind(&self) -> &str {
        self.type_name.strip_prefix(PREFIX).unwrap_or_default()
    }

    fn condition(&self) -> Option<&str> {
        self.passed.get("Condition").and_then(Value::as_str)
    }

    /// Fails if it has a property that its type does not have, or one that is not expanded.
    fn check(&self, known: &[&str], not_expanded: &[&str]) -> Result<()> {
        for (name, _) in self.properties.iter().filter(|(_, value)| !value.is_null()) {
            let at = crate::domain::pointer::join("", name);
            if not_expanded.contains(&name.as_str()) {
                return Err(unsupported(at, format!("`{name}` of {} is not expanded", self.type_name)));
            }
            if !known.contains(&name.as_str()) {
                return Err(invalid(at, format!("{} has no property `{name}`", self.type_name)));
            }
        }
        Ok(())
    }
}

/// A resource: its type, attributes and properties.
fn resource(type_name: &str, attributes: &Map<String, Value>, properties: Map<String, Value>) -> Value {
    let mut made = Map::from_iter([("Type".to_owned(), Value::from(type_name))]);
    made.extend(attributes.clone());
    made.insert("Properties".to_owned(), Value::Object(properties));
    Value::Object(made)
}

/// What the expansion of a resource may use and change.
#[derive(Debug, Clone, Default)]
struct State {
    /// The bodies of the APIs that events add to, by logical id.
    bodies: BTreeMap<String, api_body::ApiBody>,
    /// Other resources that events change, such as buckets.
    changed: BTreeMap<String, Value>,
    /// What a `Ref` to a resource or to a resource that was made of it means.
    names: BTreeMap<String, String>,
    /// Local files and folders.
    local: Vec<(String, String)>,
}

/// What does not change during the expansion.
struct Context<'a> {
    scope: &'a Scope,
    /// All resources of the template.
    resources: &'a Map<String, Value>,
    /// The serverless ones, with the global properties.
    sources: &'a BTreeMap<String, Source>,
    /// The APIs of events that name none.
    implicit: &'a BTreeMap<String, Source>,
    partition: String,
}

impl Context<'_> {
    /// A value with the parameters that are known.
    fn resolve(&self, value: &Value) -> Value {
        intrinsics::resolve(value, self.scope).0
    }

    /// A value with the parameters that are known, in which functions stay as they are: what the translator hashes.
    fn with_parameters(&self, value: &Value) -> Value {
        let known = |name: &str| self.scope.parameters.get(name).cloned().or_else(|| self.scope.pseudo.get(name));
        match value {
            Value::Object(map) if is_intrinsic(value) => {
                if let Some(given) = map.get("Ref").and_then(Value::as_str).and_then(known) {
                    return given;
                }
                let filled = |text: &str| {
                    let known = |name: &String| Some((name.clone(), known(name)?.as_str()?.to_owned()));
                    let variables = sub_variables(text);
                    let given = variables.iter().filter_map(known);
                    given.fold(text.to_owned(), |text, (name, value)| text.replace(&format!("${{{name}}}"), &value))
                };
                match map.get("Fn::Sub") {
                    Some(Value::String(text)) => serde_json::json!({"Fn::Sub": filled(text)}),
                    _ => self.with_parameters_in(map),
                }
            }
            Value::Object(map) => self.with_parameters_in(map),
            Value::Array(items) => items.iter().map(|item| self.with_parameters(item)).collect(),
            other => other.clone(),
        }
    }

    fn with_parameters_in(&self, map: &Map<String, Value>) -> Value {
        Value::Object(map.iter().map(|(key, child)| (key.clone(), self.with_parameters(child))).collect())
    }

    /// The ARN of a policy of AWS.
    fn managed_policy(&self, path: &str) -> Value {
        Value::from(format!("arn:{}:iam::aws:policy/{path}", self.partition))
    }
}

/// The resources made of one, in order.
type Made = Vec<(String, Value)>;

/// Expands a template.
pub fn expand(template: &Value, scope: &Scope) -> Expansion {
    let mut expansion = Expansion { template: template.clone(), ..Expansion::default() };
    let none = Map::new();
    let resources = template.get("Resources").and_then(Value::as_object).unwrap_or(&none);
    let (globals, found) = Globals::read(template.get("Globals"));
    expansion.problems.extend(found.into_iter().map(|(pointer, message)| Problem {
        kind: Kind::Invalid,
        resource: None,
        pointer,
        message,
    }));
    let sources = read_sources(resources, &globals, &mut expansion);
    let implicit = implicit_apis(&globals);
    let partition = scope.pseudo.get("AWS::Partition").and_then(|value| value.as_str().map(str::to_owned));
    let context = Context {
        scope,
        resources,
        sources: &sources,
        implicit: &implicit,
        partition: partition.unwrap_or_else(|| "aws".to_owned()),
    };
    let mut state = State { bodies: api_body::declared(&sources), ..State::default() };
    // Events of functions and state machines add to the APIs.
    let (first, last): (Vec<&Source>, Vec<&Source>) =
        sources.values().partition(|source| ["Function", "StateMachine"].iter().any(|name| source.kind() == *name));
    let mut made: BTreeMap<String, Made> = BTreeMap::new();
    for source in first.into_iter().chain(last) {
        // Without events, it changes nothing else.
        let before = source.get("Events").map(|_| state.clone());
        match expand_one(source, &context, &mut state) {
            Ok(list) => {
                for (pointer, path) in state.local.drain(..) {
                    let message = format!("`{path}` is a local file or folder, which is not part of the template");
                    let resource = Some(source.id.clone());
                    expansion.problems.push(Problem { kind: Kind::Local, resource, pointer, message });
                }
                made.insert(source.id.clone(), list);
            }
            Err(refusal) => {
                state = before.unwrap_or(state);
                expansion.refuse(&source.id, refusal);
            }
        }
    }
    for (id, source) in &implicit {
        let Some(body) = state.bodies.get(id).filter(|body| body.is_used() && !sources.contains_key(id)) else {
            continue;
        };
        let mut source = source.clone();
        if let Some(condition) = body.condition() {
            source.passed.insert("Condition".to_owned(), Value::from(condition.clone()));
            source.own.insert("Condition".to_owned(), Value::from(condition));
        }
        let origin = body.users.first().cloned().unwrap_or_default();
        match expand_one(&source, &context, &mut state) {
            Ok(list) => {
                expansion.origins.extend(list.iter().map(|(name, _)| (name.clone(), origin.clone())));
                made.insert(id.clone(), list);
            }
            Err(refusal) => {
                expansion.refuse(&origin, Refusal { pointer: String::new(), ..refusal });
                expansion.unknown.insert(id.clone());
            }
        }
    }
    rewriting::assemble(&mut expansion, resources, &state, made);
    expansion
}

impl Expansion {
    fn refuse(&mut self, id: &str, refusal: Refusal) {
        let Refusal { kind, pointer, message } = refusal;
        self.problems.push(Problem { kind, resource: Some(id.to_owned()), pointer, message });
        self.unknown.insert(id.to_owned());
    }
}

/// The APIs of events that name none.
fn implicit_apis(globals: &Globals) -> BTreeMap<String, Source> {
    let one = |(id, type_name): (&str, &str)| {
        let merged = globals.merged(type_name, None, &Value::Null);
        let mut properties = merged.as_object().cloned().unwrap_or_default();
        if id == api_body::REST {
            properties.insert("StageName".to_owned(), Value::from("Prod"));
        }
        let entry = Map::from_iter([("Type".to_owned(), Value::from(type_name))]);
        (id.to_owned(), Source::read(id, &entry, properties))
    };
    let apis = [(api_body::REST, "AWS::Serverless::Api"), (api_body::HTTP, "AWS::Serverless::HttpApi")];
    apis.into_iter().map(one).collect()
}

/// Reads the serverless resources.
fn read_sources(
    resources: &Map<String, Value>,
    globals: &Globals,
    expansion: &mut Expansion,
) -> BTreeMap<String, Source> {
    let mut sources = BTreeMap::new();
    let serverless = |entry: &Value| {
        let name = entry.get("Type").and_then(Value::as_str).filter(|name| name.starts_with(PREFIX))?;
        Some(name.to_owned())
    };
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    resources.values().filter_map(serverless).for_each(|name| *counts.entry(name).or_default() += 1);
    for (id, entry) in resources {
        let (Some(name), Some(entry)) = (serverless(entry), entry.as_object()) else { continue };
        let own = entry.get("Properties").unwrap_or(&Value::Null);
        let refusal = match own {
            _ if !globals.fits(&name, counts.get(&name).copied().unwrap_or_default()) => {
                Some(unsupported("", "the global properties of its type are too large"))
            }
            Value::Object(_) | Value::Null => None,
            _ => Some(invalid("", "`Properties` must be a mapping")),
        };
        if let Some(refusal) = refusal {
            expansion.refuse(id, refusal);
            continue;
        }
        match globals.merged(&name, entry.get("IgnoreGlobals"), own) {
            Value::Object(properties) if !entry.contains_key("Connectors") => {
                sources.insert(id.clone(), Source::read(id, entry, properties));
            }
            Value::Object(_) | Value::Null if !entry.contains_key("Connectors") => {
                sources.insert(id.clone(), Source::read(id, entry, Map::new()));
            }
            _ => expansion.refuse(id, unsupported("", "`Connectors` are not expanded")),
        }
    }
    sources
}

fn expand_one(source: &Source, context: &Context<'_>, state: &mut State) -> Result<Made> {
    state.local.clear();
    match source.kind() {
        "Function" => function::expand(source, context, state),
        "StateMachine" => state_machine::expand(source, context, state),
        "Api" => rest_api::expand(source, context, state),
        "HttpApi" => http_api::expand(source, context, state),
        "SimpleTable" => simple::table(source),
        "LayerVersion" => simple::layer(source, context, state),
        _ => Err(unsupported("", format!("{} is not expanded", source.type_name))),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests;
