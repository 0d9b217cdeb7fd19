//! Other values in the place of references to parameters, resources and their attributes.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::domain::pointer;
use crate::domain::resource::sub_variables;
use crate::domain::symbol::is_intrinsic;

/// What references are replaced by.
#[derive(Debug, Default)]
pub(super) struct Symbols {
    /// New names of resources.
    pub renamed: BTreeMap<String, String>,
    /// Values of parameters.
    pub references: BTreeMap<String, Value>,
    /// Values of attributes, by the resource and the path.
    pub attributes: BTreeMap<(String, String), Value>,
}

impl Symbols {
    /// Replaces the references in a value. What they are replaced by is not looked at again.
    pub(super) fn replace(&self, value: &mut Value) {
        if is_intrinsic(value) {
            if let Some(new) = self.call(value) {
                *value = new;
                return;
            }
            if let Some(argument) = value.get_mut("Fn::Sub") {
                return self.text(argument);
            }
        }
        match value {
            Value::Object(map) => map.values_mut().for_each(|child| self.replace(child)),
            Value::Array(items) => items.iter_mut().for_each(|item| self.replace(item)),
            _ => {}
        }
    }

    /// The value of a call of `Ref` or `Fn::GetAtt`.
    fn call(&self, value: &Value) -> Option<Value> {
        if let Some(name) = value.get("Ref").and_then(Value::as_str) {
            return self.reference(name);
        }
        let (name, attribute) = attribute_of(value)?;
        self.attribute(&name, &attribute)
    }

    fn reference(&self, name: &str) -> Option<Value> {
        self.references.get(name).cloned().or_else(|| Some(json!({"Ref": self.renamed.get(name)?})))
    }

    fn attribute(&self, name: &str, attribute: &str) -> Option<Value> {
        let known = self.attributes.get(&(name.to_owned(), attribute.to_owned())).cloned();
        known.or_else(|| Some(json!({"Fn::GetAtt": [self.renamed.get(name)?, attribute]})))
    }

    /// Replaces the variables of a text of `Fn::Sub`, by names where that is possible.
    fn text(&self, argument: &mut Value) {
        let (mut text, mut variables) = match argument {
            Value::String(text) => (text.clone(), Map::new()),
            Value::Array(parts) => match parts.as_mut_slice() {
                [Value::String(text), Value::Object(variables)] => (text.clone(), std::mem::take(variables)),
                _ => return,
            },
            _ => return,
        };
        variables.values_mut().for_each(|value| self.replace(value));
        let mut made = 0;
        for variable in sub_variables(&text) {
            if variables.contains_key(&variable) {
                continue;
            }
            let new = match variable.split_once('.') {
                Some((name, attribute)) => self.attribute(name, attribute),
                None => self.reference(&variable),
            };
            let Some(new) = new else { continue };
            let name = match (new.get("Ref").and_then(Value::as_str), attribute_of(&new)) {
                (Some(name), _) => name.to_owned(),
                (_, Some((name, attribute))) => format!("{name}.{attribute}"),
                _ => {
                    let name = loop {
                        made += 1;
                        let name = format!("Value{made}");
                        if !variables.contains_key(&name) {
                            break name;
                        }
                    };
                    variables.insert(name.clone(), new);
                    name
                }
            };
            text = renamed(&text, &variable, &name);
        }
        *argument = if variables.is_empty() { Value::String(text) } else { json!([text, variables]) };
    }
}

/// A text of `Fn::Sub` with another name of a variable.
fn renamed(text: &str, variable: &str, name: &str) -> String {
    let mut new = String::new();
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        let Some(end) = rest.get(start..).and_then(|from| from.find('}')) else { break };
        let (before, from) = rest.split_at(start);
        let (call, after) = from.split_at(end + 1);
        new.push_str(before);
        let own = call.strip_prefix("${").and_then(|call| call.strip_suffix('}')).unwrap_or_default();
        if own.trim() == variable {
            new.push_str(&format!("${{{name}}}"))
        } else {
            new.push_str(call)
        }
        rest = after;
    }
    new + rest
}

/// The resource and the attribute of a call of `Fn::GetAtt`.
fn attribute_of(value: &Value) -> Option<(String, String)> {
    if !is_intrinsic(value) {
        return None;
    }
    match value.get("Fn::GetAtt")? {
        Value::String(path) => path.split_once('.').map(|(name, attribute)| (name.to_owned(), attribute.to_owned())),
        Value::Array(parts) => {
            let parts: Vec<&str> = parts.iter().map(Value::as_str).collect::<Option<_>>()?;
            let (name, attribute) = parts.split_first()?;
            Some(((*name).to_owned(), attribute.join(".")))
        }
        _ => None,
    }
}

/// The attributes that a value refers to: the place, the resource and the path.
pub(super) fn attributes(value: &Value) -> Vec<(String, String, String)> {
    let mut found = Vec::new();
    collect(value, "", &mut found);
    found
}

fn collect(value: &Value, at: &str, found: &mut Vec<(String, String, String)>) {
    if let Some((name, attribute)) = attribute_of(value) {
        found.push((at.to_owned(), name, attribute));
    }
    match value {
        Value::Object(map) => {
            if let Some(argument) = map.get("Fn::Sub").filter(|_| is_intrinsic(value)) {
                let text = argument.as_str().or_else(|| argument.get(0)?.as_str()).unwrap_or_default();
                let variables = sub_variables(text);
                let split = variables.iter().filter_map(|variable| variable.split_once('.'));
                found.extend(split.map(|(name, path)| (at.to_owned(), name.to_owned(), path.to_owned())));
            }
            map.iter().for_each(|(key, child)| collect(child, &pointer::join(at, key), found));
        }
        Value::Array(items) => {
            (0usize..)
                .zip(items)
                .for_each(|(index, item)| collect(item, &pointer::join(at, &format!("{index}")), found));
        }
        _ => {}
    }
}
