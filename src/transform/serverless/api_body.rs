//! The OpenAPI documents that events add to.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::events::{Event, Target};
use super::values::{conditional, is_empty, is_no_value, mapping, reference};
use super::{Context, Result, Source, invalid, resource, unsupported};

/// The API of events that name none.
pub(super) const REST: &str = "ServerlessRestApi";

/// The HTTP API of events that name none.
pub(super) const HTTP: &str = "ServerlessHttpApi";

/// The method that stands for all.
pub(super) const ANY: &str = "x-amazon-apigateway-any-method";

/// The key of an integration.
pub(super) const INTEGRATION: &str = "x-amazon-apigateway-integration";

/// The document of one API.
#[derive(Debug, Clone)]
pub(super) struct ApiBody {
    /// The document.
    pub document: Value,
    /// The condition of each method, by path.
    conditions: BTreeMap<String, BTreeMap<String, Option<String>>>,
    /// The resources whose events add to it.
    pub users: Vec<String>,
    /// Settings of routes of an HTTP API.
    pub route_settings: Map<String, Value>,
    /// True if all of it is made of events.
    pub is_generated: bool,
}

/// The beginning of a document.
pub(super) fn skeleton(is_http: bool) -> Value {
    let (key, version) = if is_http { ("openapi", "3.0.1") } else { ("swagger", "2.0") };
    json!({key: version, "info": {"version": "1.0", "title": {"Ref": "AWS::StackName"}}, "paths": {}})
}

/// The documents of the APIs that events add to, and of those of events that name none.
pub(super) fn declared(sources: &BTreeMap<String, Source>) -> BTreeMap<String, ApiBody> {
    let mut bodies = BTreeMap::new();
    for source in sources.values() {
        let is_http = match source.type_name.as_str() {
            "AWS::Serverless::Api" => false,
            "AWS::Serverless::HttpApi" => true,
            _ => continue,
        };
        let given = |name: &str| source.get(name).filter(|value| !is_empty(value));
        let body = match (given("DefinitionBody"), given("DefinitionUri")) {
            (None, None) => ApiBody::new(skeleton(is_http), true),
            (Some(body), None) if is_http && mapping(body).is_some() => ApiBody::new(body.clone(), false),
            _ => continue,
        };
        bodies.insert(source.id.clone(), body);
    }
    for (id, is_http) in [(REST, false), (HTTP, true)] {
        bodies.entry(id.to_owned()).or_insert_with(|| ApiBody::new(skeleton(is_http), true));
    }
    bodies
}

impl ApiBody {
    fn new(document: Value, is_generated: bool) -> Self {
        Self { document, conditions: BTreeMap::new(), users: Vec::new(), route_settings: Map::new(), is_generated }
    }

    /// True if an event adds to it.
    pub(super) fn is_used(&self) -> bool {
        !self.users.is_empty()
    }

    /// The condition that all methods have.
    pub(super) fn condition(&self) -> Option<String> {
        one_condition(self.conditions.values().flat_map(BTreeMap::values)).ok().flatten()
    }

    /// True if the document has an integration for a method.
    pub(super) fn has(&self, path: &str, method: &str) -> bool {
        let item = self.document.get("paths").and_then(|paths| paths.get(path));
        let definitions = item.into_iter().flat_map(contents).filter_map(|item| item.get(method));
        definitions.flat_map(contents).any(|one| one.get(INTEGRATION).is_some_and(|value| !is_empty(value)))
    }

    /// Adds a method.
    pub(super) fn add(
        &mut self,
        event: &Event<'_>,
        source: &Source,
        (path, method): (&str, &str),
        definition: Map<String, Value>,
    ) -> Result<()> {
        let definition = conditional(source.condition(), Value::Object(definition));
        let document = self.document.as_object_mut();
        let paths = document.map(|map| map.entry("paths").or_insert_with(|| json!({})));
        let Some(paths) = paths.and_then(Value::as_object_mut) else {
            return Err(invalid(&event.at, "the `paths` of the API's definition must be a mapping"));
        };
        let item = paths.entry(path).or_insert_with(|| json!({}));
        for item in contents_mut(item) {
            let Some(item) = item.as_object_mut() else {
                return Err(invalid(&event.at, format!("`{path}` of the API's definition must be a mapping")));
            };
            match item.get_mut(method).filter(|given| given.is_object()) {
                Some(Value::Object(given)) if source.condition().is_none() => {
                    let added = definition.as_object().cloned().unwrap_or_default();
                    added.into_iter().for_each(|(key, value)| {
                        given.insert(key, value);
                    });
                }
                _ => {
                    item.insert(method.to_owned(), definition.clone());
                }
            }
        }
        let of_path = self.conditions.entry(path.to_owned()).or_default();
        of_path.insert(method.to_owned(), source.condition().map(str::to_owned));
        Ok(())
    }

    /// The document with the conditions of its paths.
    pub(super) fn finished(&self) -> Result<Value> {
        let mut document = self.document.clone();
        let methods = || self.conditions.values().flat_map(BTreeMap::values);
        let several = || unsupported("", "an API whose methods have several conditions is not expanded");
        one_condition(methods()).map_err(|()| several())?;
        for (path, methods) in &self.conditions {
            if let Some(condition) = one_condition(methods.values()).map_err(|()| several())?
                && self.is_generated
                && let Some(item) = document.get_mut("paths").and_then(|paths| paths.get_mut(path))
            {
                *item = conditional(Some(&condition), std::mem::take(item));
            }
        }
        Ok(document)
    }
}

/// The condition that all have; an error if all have one, but not the same.
fn one_condition<'a>(
    mut all: impl Iterator<Item = &'a Option<String>> + Clone,
) -> std::result::Result<Option<String>, ()> {
    if all.clone().any(Option::is_none) {
        return Ok(None);
    }
    let distinct: BTreeSet<&String> = all.clone().flatten().collect();
    match distinct.len() {
        0 | 1 => Ok(all.next().cloned().flatten()),
        _ => Err(()),
    }
}

/// A value, or the branches of an `Fn::If`.
fn contents(value: &Value) -> Vec<&Value> {
    match value.get("Fn::If").and_then(Value::as_array) {
        Some(parts) => parts.iter().skip(1).filter(|part| !is_no_value(part)).collect(),
        None => vec![value],
    }
}

/// A value, or the branches of an `Fn::If`.
pub(super) fn contents_mut(value: &mut Value) -> Vec<&mut Value> {
    match value.get("Fn::If").is_some_and(Value::is_array) {
        true => {
            let parts = value.get_mut("Fn::If").and_then(Value::as_array_mut).into_iter().flatten();
            parts.skip(1).filter(|part| !is_no_value(part)).collect()
        }
        false => vec![value],
    }
}

/// The names of the paths of a document.
pub(super) fn paths(document: &Value) -> Vec<String> {
    document.get("paths").and_then(Value::as_object).into_iter().flat_map(|paths| paths.keys().cloned()).collect()
}

/// Calls a function for each method of a path that has an integration.
pub(super) fn for_each_method(document: &mut Value, path: &str, apply: &mut dyn FnMut(&str, &mut Map<String, Value>)) {
    let Some(item) = document.get_mut("paths").and_then(|paths| paths.get_mut(path)) else { return };
    for item in contents_mut(item) {
        for (name, method) in item.as_object_mut().into_iter().flatten() {
            if ["parameters", "summary", "description", "servers", "$ref"].contains(&name.as_str()) {
                continue;
            }
            let name = normalized(name);
            for definition in contents_mut(method).into_iter().filter_map(Value::as_object_mut) {
                if definition.get(INTEGRATION).is_some_and(|value| !is_empty(value)) {
                    apply(&name, definition);
                }
            }
        }
    }
}

/// A method in the form of the documents.
pub(super) fn normalized(method: &str) -> String {
    match method.to_lowercase().as_str() {
        "any" => ANY.to_owned(),
        other => other.to_owned(),
    }
}

/// A path in an ARN: without a slash at its end, and with `*` for its parameters. Of an HTTP API, the translator leaves greedy ones
/// as they are unless they are called `proxy`.
pub(super) fn path_in_arn(path: &str, is_http: bool) -> String {
    let path = if path.len() > 1 { path.strip_suffix('/').unwrap_or(path) } else { path };
    let mut shown = String::new();
    let mut rest = path;
    while let Some((before, inside)) = rest.split_once('{') {
        shown.push_str(before);
        match inside.split_once('}') {
            Some((name, after)) if !(name.is_empty() || is_http && name.ends_with('+') && name != "proxy+") => {
                shown.push('*');
                rest = after;
            }
            _ => {
                shown.push('{');
                rest = inside;
            }
        }
    }
    shown + rest
}

/// The integration of a target with its URI.
pub(super) fn integration(target: &Target, partition: &str, streams: bool) -> Map<String, Value> {
    let (version, what) = match streams {
        true => ("2021-11-15", "response-streaming-invocations"),
        false => ("2015-03-31", "invocations"),
    };
    let uri = format!(
        "arn:{partition}:apigateway:${{AWS::Region}}:lambda:path/{version}/functions/{}/{what}",
        target.variable
    );
    Map::from_iter([
        ("type".to_owned(), Value::from("aws_proxy")),
        ("httpMethod".to_owned(), Value::from("POST")),
        ("uri".to_owned(), conditional(target.condition(), json!({"Fn::Sub": uri}))),
    ])
}

/// The API that an event belongs to.
pub(super) struct Linked<'a> {
    /// Its logical id.
    pub id: String,
    /// How the event refers to it.
    pub given: Value,
    /// Its properties, if it is a serverless resource.
    pub properties: Option<&'a Map<String, Value>>,
}

/// The API that an event belongs to.
pub(super) fn of_event<'a>(
    event: &Event<'_>,
    name: &str,
    type_name: &str,
    implicit: &str,
    context: &'a Context<'_>,
) -> Result<Linked<'a>> {
    let Some(given) = event.get(name) else {
        let properties = context.implicit.get(implicit).map(|api| &api.properties);
        return Ok(Linked { id: implicit.to_owned(), given: json!({"Ref": implicit}), properties });
    };
    let id = given.as_str().or_else(|| given.get("Ref")?.as_str()).unwrap_or_default();
    let linked = |properties| Linked { id: id.to_owned(), given: given.clone(), properties };
    if let Some(source) = context.sources.get(id).filter(|source| source.type_name == type_name) {
        return Ok(linked(Some(&source.properties)));
    }
    match context.resources.get(id).and_then(|one| one.get("Type")?.as_str()) {
        Some("AWS::ApiGateway::RestApi") if type_name == "AWS::Serverless::Api" => Ok(linked(None)),
        Some(other) if other == type_name => Err(unsupported(event.of(name), format!("{id} could not be expanded"))),
        _ => Err(invalid(event.of(name), format!("`{name}` must refer to an {type_name} of the template"))),
    }
}

/// The permission of an API to call the function of one of its authorizers. `arn` is the template of the authorizers' ARN, in which
/// `__ApiId__` is the API.
pub(super) fn authorizer_permission(source: &Source, name: &str, function: &Value, arn: &str) -> (String, Value) {
    let properties = Map::from_iter([
        ("Action".to_owned(), Value::from("lambda:InvokeFunction")),
        ("FunctionName".to_owned(), function.clone()),
        ("Principal".to_owned(), Value::from("apigateway.amazonaws.com")),
        ("SourceArn".to_owned(), json!({"Fn::Sub": [arn, {"__ApiId__": reference(&source.id)}]})),
    ]);
    let id = format!("{}{name}AuthorizerPermission", source.id);
    (id, resource("AWS::Lambda::Permission", &source.passed, properties))
}
