//! Policy documents.

use serde_json::{Map, Value};

use super::condition::Condition;
use super::principal::{Principal, Principals};
use super::template::{Pattern, Template};

/// What a policy is attached to, which determines the required statement elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attachment {
    /// A user, group, role or session: statements name resources and no principals.
    Identity,
    /// A resource: statements name principals and resources.
    Resource,
    /// A role, as its trust policy: statements name principals and no resources.
    RoleTrust,
}

/// A policy.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    pub(super) statements: Vec<Statement>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    Allow,
    Deny,
}

/// A list, or everything else (`NotAction`, `NotResource`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Selection<T> {
    pub items: Vec<T>,
    pub is_complement: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Statement {
    pub effect: Effect,
    pub principals: Option<Principals>,
    /// In lower case: actions ignore it.
    pub actions: Selection<Pattern>,
    pub resources: Option<Selection<Template>>,
    pub conditions: Vec<Condition>,
}

impl Policy {
    /// Parses a document: an object, or its JSON text.
    ///
    /// # Errors
    /// What IAM would reject, in a sentence without a final period.
    pub fn read(document: &Value, attachment: Attachment) -> Result<Self, String> {
        let parsed: Value;
        let document = match document {
            Value::String(text) => {
                parsed = serde_json::from_str(text).map_err(|error| format!("the policy is not JSON: {error}"))?;
                &parsed
            }
            other => other,
        };
        let object = document.as_object().ok_or("the policy is not a JSON object")?;
        refuse_others(object, &["Version", "Id", "Statement"])?;
        let has_variables = match object.get("Version").map(Value::as_str) {
            Some(Some("2012-10-17")) => true,
            None | Some(Some("2008-10-17")) => false,
            Some(_) => return Err("Version must be 2012-10-17 or 2008-10-17".to_owned()),
        };
        let statements = object.get("Statement").ok_or("the policy has no Statement")?;
        let read = |value: &Value| statement(value, attachment, has_variables);
        let statements = match statements {
            Value::Array(items) => items.iter().map(read).collect::<Result<_, _>>()?,
            one => vec![read(one)?],
        };
        Ok(Self { statements })
    }
}

fn refuse_others(object: &Map<String, Value>, known: &[&str]) -> Result<(), String> {
    match object.keys().find(|name| !known.contains(&name.as_str())) {
        Some(name) => Err(format!("{name} is not a policy element")),
        None => Ok(()),
    }
}

fn statement(value: &Value, attachment: Attachment, has_variables: bool) -> Result<Statement, String> {
    let object = value.as_object().ok_or("a statement is not a JSON object")?;
    let known =
        ["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"];
    refuse_others(object, &known)?;
    let effect = match object.get("Effect").and_then(Value::as_str) {
        Some("Allow") => Effect::Allow,
        Some("Deny") => Effect::Deny,
        _ => return Err("Effect must be Allow or Deny".to_owned()),
    };
    let actions = selection(object, "Action", "NotAction", |text| Pattern::plain(&text.to_ascii_lowercase()))?
        .ok_or("a statement needs Action or NotAction")?;
    let resources = selection(object, "Resource", "NotResource", |text| Template::resource(text, has_variables))?;
    let principals = principals(object)?;
    let needs_principals = attachment != Attachment::Identity;
    let needs_resources = attachment != Attachment::RoleTrust;
    for (what, is_there, is_needed) in
        [("principal", principals.is_some(), needs_principals), ("resource", resources.is_some(), needs_resources)]
    {
        if is_there != is_needed {
            let must = if is_needed { "must" } else { "must not" };
            return Err(format!("a statement of this kind of policy {must} name a {what}"));
        }
    }
    let mut conditions = Vec::new();
    if let Some(condition) = object.get("Condition") {
        for (operator, keys) in condition.as_object().ok_or("Condition is not a JSON object")? {
            for (key, values) in keys.as_object().ok_or_else(|| format!("{operator} is not a JSON object"))? {
                conditions.push(Condition::read(operator, key, &texts(values)?, has_variables)?);
            }
        }
    }
    Ok(Statement { effect, principals, actions, resources, conditions })
}

/// An element or its complement, which are mutually exclusive.
fn selection<T>(
    object: &Map<String, Value>,
    name: &str,
    complement: &str,
    read: impl Fn(&str) -> T,
) -> Result<Option<Selection<T>>, String> {
    let (value, is_complement) = match (object.get(name), object.get(complement)) {
        (None, None) => return Ok(None),
        (Some(value), None) => (value, false),
        (None, Some(value)) => (value, true),
        (Some(_), Some(_)) => return Err(format!("a statement has both {name} and {complement}")),
    };
    let items = texts(value)?.iter().map(|text| read(text)).collect();
    Ok(Some(Selection { items, is_complement }))
}

fn principals(object: &Map<String, Value>) -> Result<Option<Principals>, String> {
    let (value, is_complement) = match (object.get("Principal"), object.get("NotPrincipal")) {
        (None, None) => return Ok(None),
        (Some(value), None) => (value, false),
        (None, Some(value)) => (value, true),
        (Some(_), Some(_)) => return Err("a statement has both Principal and NotPrincipal".to_owned()),
    };
    let mut listed = Vec::new();
    match value {
        Value::String(text) if text == "*" => listed.push(Principal::Everybody),
        Value::Object(kinds) => {
            for (kind, values) in kinds {
                let read = |text: String| match kind.as_str() {
                    "AWS" if text == "*" => Ok(Principal::Everybody),
                    "AWS" => Ok(Principal::Aws(text)),
                    "Service" | "Federated" | "CanonicalUser" => Ok(Principal::Other(text)),
                    _ => Err(format!("{kind} is not a kind of principal")),
                };
                for text in texts(values)? {
                    listed.push(read(text)?);
                }
            }
        }
        _ => return Err("Principal must be \"*\" or a JSON object".to_owned()),
    }
    Ok(Some(Principals { listed, is_complement }))
}

/// A string or a list of strings. Numbers and Booleans count as their text.
fn texts(value: &Value) -> Result<Vec<String>, String> {
    let text = |value: &Value| match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(_) | Value::Bool(_) => Ok(value.to_string()),
        _ => Err("a text was expected".to_owned()),
    };
    match value {
        Value::Array(items) => items.iter().map(text).collect(),
        one => text(one).map(|text| vec![text]),
    }
}
