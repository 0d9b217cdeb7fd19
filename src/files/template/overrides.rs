//! `--set PATH=VALUE`: values from the command line over those of the template.

use serde_json::{Map, Value};

use crate::domain::diagnostic::{Code, Diagnostic, Location};
use crate::domain::pointer;
use crate::domain::symbol::is_intrinsic;
use crate::files::{suggestion, yaml};

use super::document::Document;
use super::raw_resource::RawResource;
use super::{Problems, short_form};

/// Applies all overrides in the order given.
pub(super) fn apply(sets: &[(String, String)], documents: &mut [Document], problems: &mut Problems) {
    for (path, text) in sets {
        if let Err((message, hint)) = apply_one(path, text, documents, problems) {
            problems.add(Diagnostic::error(Code::InvalidSet, format!("`--set {path}`: {message}")).hint(hint));
        }
    }
}

type Refusal = (String, String);

fn apply_one(path: &str, text: &str, documents: &mut [Document], problems: &mut Problems) -> Result<(), Refusal> {
    let value = parse_value(text, problems)?;
    let tokens: Vec<String> = match path.starts_with('/') {
        true => pointer::tokens(path),
        false => path.split('.').map(str::to_owned).collect(),
    };
    let (resource, tokens) = find(&tokens, documents)?;
    if tokens.is_empty() || tokens.iter().any(String::is_empty) {
        return Err((
            "the path names no property".to_owned(),
            "write `LogicalId.Property` or `Property.Sub`".to_owned(),
        ));
    }
    let place = Location { file: "--set".to_owned(), line: 1, column: 1 };
    assign(&mut resource.properties, tokens, value)?;
    let at = tokens.iter().fold(String::new(), |base, token| pointer::join(&base, token));
    resource.source.insert(at, place);
    Ok(())
}

/// The value as YAML; nothing at all is an empty text.
fn parse_value(text: &str, problems: &mut Problems) -> Result<Value, Refusal> {
    if text.is_empty() {
        return Ok(Value::from(""));
    }
    let mut node = yaml::parse("--set", text).map_err(|found| {
        let first = found.into_iter().next();
        let message = first.map_or_else(|| "the value is not YAML".to_owned(), |problem| problem.message);
        (format!("the value is not YAML: {message}"), "put the value in quotes of its own".to_owned())
    })?;
    short_form::expand(&mut node, problems);
    Ok(node.to_value())
}

/// The resource that a path names, and the rest of the path.
fn find<'d, 't>(
    tokens: &'t [String],
    documents: &'d mut [Document],
) -> Result<(&'d mut RawResource, &'t [String]), Refusal> {
    let first = tokens.first().map(String::as_str).unwrap_or_default();
    let ids: Vec<String> =
        documents.iter().flat_map(|document| &document.resources).map(|resource| resource.logical_id.clone()).collect();
    let is_named = ids.iter().any(|id| id == first);
    if !is_named && ids.len() != 1 {
        let hint = suggestion::hint(first, ids.iter().map(String::as_str));
        return Err((format!("there is no resource `{first}`, and several to choose from"), hint));
    }
    let mut resources = documents.iter_mut().flat_map(|document| &mut document.resources);
    let found = if is_named { resources.find(|resource| resource.logical_id == first) } else { resources.next() };
    let rest = if is_named { tokens.get(1..).unwrap_or_default() } else { tokens };
    found.map(|resource| (resource, rest)).ok_or_else(|| ("there is no resource".to_owned(), String::new()))
}

/// Puts a value at a path, making the objects on the way; `null` removes what is there.
fn assign(target: &mut Value, tokens: &[String], value: Value) -> Result<(), Refusal> {
    let Some((token, rest)) = tokens.split_first() else {
        *target = value;
        return Ok(());
    };
    if is_intrinsic(target) {
        return Err((format!("`{token}` lies inside a function"), "set the whole value instead".to_owned()));
    }
    match target {
        Value::Object(map) => {
            if rest.is_empty() && value.is_null() {
                map.shift_remove(token);
                return Ok(());
            }
            if value.is_null() && !map.contains_key(token) {
                return Ok(());
            }
            let missing = if rest.first().is_some_and(|next| next == "0") {
                Value::Array(Vec::new())
            } else {
                Value::Object(Map::new())
            };
            assign(map.entry(token.as_str()).or_insert(missing), rest, value)
        }
        Value::Array(items) => {
            let count = items.len();
            let wrong = || {
                (
                    format!("`{token}` is not an index of a list of {count}"),
                    format!("use 0 to {count}; {count} adds an item"),
                )
            };
            let index: usize = token.parse().map_err(|_| wrong())?;
            if index > count {
                return Err(wrong());
            }
            if rest.is_empty() && value.is_null() {
                if index < count {
                    items.remove(index);
                }
                return Ok(());
            }
            if index == count {
                items.push(Value::Object(Map::new()));
            }
            assign(&mut items[index], rest, value)
        }
        other => Err((
            format!("`{token}` lies below {other}, which is neither an object nor a list"),
            "set the whole value instead".to_owned(),
        )),
    }
}
