//! Strict parsing of policy documents: an element that is not understood could change
//! the policy's meaning, so it is an error.

use serde_json::{Map, Value};

use super::condition::{Condition, Operator};

/// Why a policy cannot be parsed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{pointer}: {message}")]
pub struct DocumentError {
    /// JSON pointer into the document; `/` for the whole.
    pub pointer: String,
    /// What is wrong.
    pub message: String,
}

impl DocumentError {
    pub(super) fn new(pointer: impl Into<String>, message: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), message: message.into() }
    }
}

/// A policy.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Policy {
    /// Its statements, in order.
    pub statements: Vec<Statement>,
}

/// The effect of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Grants.
    Allow,
    /// Denies, overriding every allow.
    Deny,
}

/// A list or its complement (`NotAction`, `NotResource`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Selection {
    /// Any of these.
    Of(Vec<String>),
    /// Anything but these.
    Not(Vec<String>),
}

/// One statement.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// Its `Sid`.
    pub id: Option<String>,
    /// Its effect.
    pub effect: Effect,
    pub(super) principals: Option<Principals>,
    pub(super) actions: Selection,
    /// `None` in a trust policy, which applies to its own role.
    pub(super) resources: Option<Selection>,
    pub(super) conditions: Vec<Condition>,
    /// Policy variables require version 2012-10-17; in older versions `${` is literal.
    pub(super) has_variables: bool,
}

/// The principals of a statement: kind (`AWS`, `Service`, `Federated`, …) and value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Principals {
    pub is_complement: bool,
    pub named: Vec<(String, String)>,
}

const ELEMENTS: [&str; 9] =
    ["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"];

impl Policy {
    /// Reads a policy document: an object, or its JSON text as some services keep it.
    ///
    /// # Errors
    /// The first element that IAM would not accept.
    pub fn parse(document: &Value) -> Result<Self, DocumentError> {
        let parsed;
        let document = match document {
            Value::String(text) => {
                parsed = serde_json::from_str::<Value>(text)
                    .map_err(|error| DocumentError::new("/", format!("not valid JSON ({error})")))?;
                &parsed
            }
            other => other,
        };
        let object = document.as_object().ok_or_else(|| DocumentError::new("/", "a policy must be an object"))?;
        if let Some(name) = object.keys().find(|name| !["Version", "Id", "Statement"].contains(&name.as_str())) {
            return Err(DocumentError::new(format!("/{name}"), "not a policy element"));
        }
        let has_variables = match object.get("Version").map(Value::as_str) {
            Some(Some("2012-10-17")) => true,
            None | Some(Some("2008-10-17")) => false,
            Some(_) => return Err(DocumentError::new("/Version", "must be 2012-10-17 or 2008-10-17")),
        };
        let statements = match object.get("Statement") {
            None => return Err(DocumentError::new("/Statement", "a policy must have a Statement")),
            Some(Value::Array(items)) => items.iter().collect(),
            Some(one) => vec![one],
        };
        let statements =
            statements.into_iter().enumerate().map(|(index, value)| statement(index, value, has_variables));
        Ok(Self { statements: statements.collect::<Result<_, _>>()? })
    }
}

fn statement(index: usize, value: &Value, has_variables: bool) -> Result<Statement, DocumentError> {
    let at = |name: &str| format!("/Statement/{index}/{name}");
    let object = value.as_object().ok_or_else(|| DocumentError::new(at(""), "a statement must be an object"))?;
    if let Some(name) = object.keys().find(|name| !ELEMENTS.contains(&name.as_str())) {
        return Err(DocumentError::new(at(name), "not a statement element"));
    }
    let effect = match object.get("Effect").and_then(Value::as_str) {
        Some("Allow") => Effect::Allow,
        Some("Deny") => Effect::Deny,
        _ => return Err(DocumentError::new(at("Effect"), "must be Allow or Deny")),
    };
    let actions = selection(object, "Action", &at)?
        .ok_or_else(|| DocumentError::new(at("Action"), "a statement must have Action or NotAction"))?;
    Ok(Statement {
        id: object.get("Sid").and_then(Value::as_str).map(str::to_owned),
        effect,
        principals: principals(object, &at)?,
        actions,
        resources: selection(object, "Resource", &at)?,
        conditions: conditions(object.get("Condition"), &at("Condition"))?,
        has_variables,
    })
}

/// `Name` or `NotName`, not both.
fn selection(
    object: &Map<String, Value>,
    name: &str,
    at: &impl Fn(&str) -> String,
) -> Result<Option<Selection>, DocumentError> {
    let not = format!("Not{name}");
    match (object.get(name), object.get(&not)) {
        (None, None) => Ok(None),
        (Some(value), None) => Ok(Some(Selection::Of(texts(value, &at(name))?))),
        (None, Some(value)) => Ok(Some(Selection::Not(texts(value, &at(&not))?))),
        (Some(_), Some(_)) => Err(DocumentError::new(at(&not), format!("{name} and {not} cannot be combined"))),
    }
}

/// A string or a list of strings; numbers and Booleans count as their text.
fn texts(value: &Value, pointer: &str) -> Result<Vec<String>, DocumentError> {
    let one = |value: &Value| match value {
        Value::String(text) => Ok(text.clone()),
        Value::Bool(_) | Value::Number(_) => Ok(value.to_string()),
        _ => Err(DocumentError::new(pointer, "must be a string or a list of strings")),
    };
    match value {
        Value::Array(items) => items.iter().map(one).collect(),
        value => Ok(vec![one(value)?]),
    }
}

fn principals(object: &Map<String, Value>, at: &impl Fn(&str) -> String) -> Result<Option<Principals>, DocumentError> {
    let (name, is_complement) =
        if object.contains_key("NotPrincipal") { ("NotPrincipal", true) } else { ("Principal", false) };
    let named = match object.get(name) {
        None => return Ok(None),
        Some(Value::String(text)) if text == "*" => vec![("*".to_owned(), "*".to_owned())],
        Some(Value::Object(kinds)) => {
            let mut named = Vec::new();
            for (kind, value) in kinds {
                named.extend(texts(value, &at(name))?.into_iter().map(|text| (kind.clone(), text)));
            }
            named
        }
        Some(_) => return Err(DocumentError::new(at(name), "must be \"*\" or an object")),
    };
    Ok(Some(Principals { is_complement, named }))
}

fn conditions(value: Option<&Value>, pointer: &str) -> Result<Vec<Condition>, DocumentError> {
    let Some(value) = value else {
        return Ok(Vec::new());
    };
    let object = value.as_object().ok_or_else(|| DocumentError::new(pointer, "must be an object"))?;
    let mut conditions = Vec::new();
    for (name, keys) in object {
        let at = format!("{pointer}/{name}");
        let operator = Operator::parse(name).ok_or_else(|| DocumentError::new(&at, "not a condition operator"))?;
        let keys = keys.as_object().ok_or_else(|| DocumentError::new(&at, "must be an object of keys"))?;
        for (key, values) in keys {
            let values = texts(values, &format!("{at}/{key}"))?;
            conditions.push(Condition { operator, key: key.clone(), values });
        }
    }
    Ok(conditions)
}
