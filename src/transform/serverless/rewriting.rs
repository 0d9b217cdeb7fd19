//! The expanded template: the resources in order, and references to what was made.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::domain::resource::sub_variables;
use crate::domain::symbol::is_intrinsic;

use super::{Expansion, Made, State};

/// Puts the resources in place of those that they were made of.
pub(super) fn assemble(
    expansion: &mut Expansion,
    resources: &Map<String, Value>,
    state: &State,
    mut made: BTreeMap<String, Made>,
) {
    let mut assembled = Map::new();
    for (id, entry) in resources {
        match made.remove(id) {
            Some(list) => {
                for (name, value) in list {
                    expansion.origins.insert(name.clone(), id.clone());
                    assembled.insert(name, value);
                }
            }
            None => {
                let entry = state.changed.get(id).unwrap_or(entry);
                assembled.insert(id.clone(), entry.clone());
            }
        }
    }
    for (name, value) in made.into_values().flatten() {
        assembled.insert(name, value);
    }
    let mut assembled = Value::Object(assembled);
    rewrite(&mut assembled, &state.names);
    let Some(template) = expansion.template.as_object_mut() else { return };
    template.shift_remove("Globals");
    for section in ["Outputs", "Conditions"] {
        if let Some(section) = template.get_mut(section) {
            rewrite(section, &state.names);
        }
    }
    template.insert("Resources".to_owned(), assembled);
}

/// Gives references to serverless resources the names of what was made of them.
fn rewrite(value: &mut Value, names: &BTreeMap<String, String>) {
    if names.is_empty() {
        return;
    }
    if is_intrinsic(value) {
        if let Some(Value::String(name)) = value.get_mut("Ref") {
            if let Some(new) = names.get(name.as_str()) {
                new.clone_into(name);
            }
            return;
        }
        if let Some(parts) = value.get_mut("Fn::GetAtt").and_then(Value::as_array_mut) {
            rewrite_attribute(parts, names);
            return;
        }
        let (text, own) = match value.get_mut("Fn::Sub") {
            Some(Value::String(text)) => (Some(text), None),
            Some(Value::Array(parts)) => match parts.as_mut_slice() {
                [Value::String(text)] => (Some(text), None),
                [Value::String(text), own] => (Some(text), Some(own)),
                _ => (None, None),
            },
            _ => (None, None),
        };
        if let Some(text) = text {
            for variable in sub_variables(text) {
                let is_own = own.as_ref().is_some_and(|own| own.get(&variable).is_some());
                if let Some(new) = renamed(&variable, names).filter(|_| !is_own) {
                    *text = text.replace(&format!("${{{variable}}}"), &format!("${{{new}}}"));
                }
            }
            if let Some(own) = own {
                rewrite(own, names);
            }
            return;
        }
    }
    match value {
        Value::Object(map) => {
            for (key, child) in map {
                match (key.as_str(), child) {
                    ("DependsOn", Value::String(name)) => {
                        if let Some(new) = names.get(name.as_str()) {
                            new.clone_into(name);
                        }
                    }
                    ("DependsOn", Value::Array(list)) => {
                        for name in list {
                            if let Some(new) = name.as_str().and_then(|name| names.get(name)) {
                                *name = Value::from(new.as_str());
                            }
                        }
                    }
                    (_, child) => rewrite(child, names),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| rewrite(item, names)),
        _ => {}
    }
}

/// The new name of a variable, with the attribute that follows.
fn renamed(variable: &str, names: &BTreeMap<String, String>) -> Option<String> {
    if let Some(new) = names.get(variable) {
        return Some(new.clone());
    }
    let known = names.iter().filter(|(old, _)| old.contains('.')).find_map(|(old, new)| {
        let rest = variable.strip_prefix(old.as_str())?.strip_prefix('.')?;
        Some(format!("{new}.{rest}"))
    });
    known.or_else(|| {
        let (first, rest) = variable.split_once('.')?;
        Some(format!("{}.{rest}", names.get(first)?))
    })
}

fn rewrite_attribute(parts: &mut [Value], names: &BTreeMap<String, String>) {
    let texts: Option<Vec<&str>> = parts.iter().map(Value::as_str).collect();
    let Some(path) = texts.map(|texts| texts.join(".")) else { return };
    if let [first, rest] = parts
        && let Some((id, attribute)) = renamed(&path, names).as_deref().and_then(|new| new.split_once('.'))
    {
        *first = Value::from(id);
        *rest = Value::from(attribute);
    }
}
