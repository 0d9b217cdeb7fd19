//! `Policies` of functions and state machines, and the roles that are made of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::domain::pointer;
use crate::domain::symbol::is_intrinsic;

use super::values::{is_no_value, mapping};
use super::{Context, Result, invalid, unsupported};

/// A policy template.
#[derive(Deserialize)]
struct Template {
    #[serde(rename = "Parameters")]
    parameters: Vec<String>,
    #[serde(rename = "Statement")]
    statement: Value,
}

static TEMPLATES: LazyLock<BTreeMap<String, Template>> =
    LazyLock::new(|| serde_json::from_str(include_str!("policy_templates.json")).unwrap_or_default());

/// The policies of AWS that are not at the root, by name.
static MANAGED: LazyLock<BTreeMap<&str, &str>> = LazyLock::new(|| {
    let lines = include_str!("managed_policies.txt").lines();
    lines.filter_map(|path| Some((path.rsplit_once('/')?.1, path))).collect()
});

/// A role in the making.
#[derive(Debug, Default)]
pub(super) struct Role {
    /// The ARNs of managed policies.
    pub managed: Vec<Value>,
    /// Inline policies.
    pub inline: Vec<Value>,
}

impl Role {
    /// Adds a managed policy unless it is there.
    pub(super) fn attach(&mut self, arn: Value) {
        if !self.managed.contains(&arn) {
            self.managed.push(arn);
        }
    }

    /// Adds an inline policy unless there is one with the same document.
    pub(super) fn add(&mut self, policy: Value) {
        let document = policy.get("PolicyDocument");
        if !self.inline.iter().any(|other| other.get("PolicyDocument") == document) {
            self.inline.push(policy);
        }
    }

    /// Adds what `Policies` says.
    pub(super) fn add_policies(&mut self, role: &str, policies: Option<&Value>, context: &Context<'_>) -> Result<()> {
        let Some(policies) = policies.filter(|policies| !policies.is_null()) else { return Ok(()) };
        let one = std::slice::from_ref(policies);
        for (index, policy) in policies.as_array().map_or(one, Vec::as_slice).iter().enumerate() {
            let at = match policies {
                Value::Array(_) => pointer::join("/Policies", &index.to_string()),
                _ => "/Policies".to_owned(),
            };
            match entry(policy, &at, context)? {
                (Entry::Nothing, _) => {}
                (Entry::Managed, policy) => self.attach(policy),
                (Entry::Document, policy) => {
                    let named = |document: Value| json!({"PolicyName": format!("{role}Policy{index}"), "PolicyDocument": document});
                    self.inline.push(in_branches(policy, &named));
                }
            }
        }
        Ok(())
    }

    /// The properties.
    pub(super) fn properties(self, trust: Value, others: Map<String, Value>) -> Map<String, Value> {
        let mut properties = Map::from_iter([
            ("AssumeRolePolicyDocument".to_owned(), trust),
            ("ManagedPolicyArns".to_owned(), Value::Array(self.managed)),
        ]);
        if !self.inline.is_empty() {
            properties.insert("Policies".to_owned(), Value::Array(self.inline));
        }
        properties.extend(others);
        properties
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Entry {
    Nothing,
    Managed,
    Document,
}

/// Applies a function to a value, or to the branches of an `Fn::If` that give one.
fn in_branches(value: Value, apply: &dyn Fn(Value) -> Value) -> Value {
    match value.get("Fn::If").and_then(Value::as_array).map(Vec::as_slice) {
        Some([condition, yes, no]) => {
            let branch = |value: &Value| if is_no_value(value) { value.clone() } else { apply(value.clone()) };
            json!({"Fn::If": [condition, branch(yes), branch(no)]})
        }
        _ => apply(value),
    }
}

/// What an entry is: the ARN of a managed policy, or a document.
fn entry(policy: &Value, at: &str, context: &Context<'_>) -> Result<(Entry, Value)> {
    if let Value::String(name) = policy {
        return Ok((Entry::Managed, managed_policy(name, context)));
    }
    if is_no_value(policy) {
        return Ok((Entry::Nothing, policy.clone()));
    }
    if let Some(branches) = policy.get("Fn::If").filter(|_| is_intrinsic(policy)) {
        let Some([condition, yes, no]) = branches.as_array().map(Vec::as_slice) else {
            return Err(invalid(at, "`Fn::If` takes a condition's name and two values"));
        };
        let (first, yes) = entry(yes, at, context)?;
        let (second, no) = entry(no, at, context)?;
        let kind = match (first, second) {
            (Entry::Nothing, other) | (other, Entry::Nothing) => other,
            (first, second) if first == second => first,
            _ => return Err(invalid(at, "both branches of the `Fn::If` must be policies of one kind")),
        };
        return Ok((kind, json!({"Fn::If": [condition, yes, no]})));
    }
    if is_intrinsic(policy) {
        return Ok((Entry::Managed, policy.clone()));
    }
    let Some(members) = mapping(policy) else {
        return Err(invalid(at, "a policy must be a name, an ARN, a document or a policy template"));
    };
    if members.contains_key("Statement") {
        return Ok((Entry::Document, policy.clone()));
    }
    let mut entries = members.iter();
    let (Some((name, values)), None) = (entries.next(), entries.next()) else {
        return Err(invalid(at, "a policy must be a name, an ARN, a document or a policy template"));
    };
    let Some(template) = TEMPLATES.get(name) else {
        return Err(unsupported(at, format!("the policy template `{name}` is not known")));
    };
    let values = match values {
        Value::Object(values) => values.clone(),
        Value::Null if template.parameters.is_empty() => Map::new(),
        _ => return Err(invalid(at, format!("`{name}` takes a mapping of its parameters"))),
    };
    let missing: BTreeSet<&String> = template.parameters.iter().filter(|name| !values.contains_key(*name)).collect();
    if let Some(missing) = missing.first() {
        return Err(invalid(at, format!("`{name}` lacks its parameter `{missing}`")));
    }
    Ok((Entry::Document, json!({"Statement": filled(&template.statement, &values)})))
}

/// A template with the values of its parameters.
fn filled(value: &Value, parameters: &Map<String, Value>) -> Value {
    match value {
        Value::Object(map) => {
            let name = map.get("Ref").and_then(Value::as_str).filter(|_| is_intrinsic(value));
            match name.and_then(|name| parameters.get(name)) {
                Some(given) => given.clone(),
                None => Value::Object(
                    map.iter().map(|(key, child)| (key.clone(), filled(child, parameters))).collect::<Map<_, _>>(),
                ),
            }
        }
        Value::Array(items) => items.iter().map(|item| filled(item, parameters)).collect(),
        other => other.clone(),
    }
}

/// The ARN of a managed policy that is given by name or ARN.
fn managed_policy(name: &str, context: &Context<'_>) -> Value {
    let is_name = !name.is_empty() && name.chars().all(|sign| sign.is_ascii_alphanumeric() || "+=,.@_-".contains(sign));
    match is_name {
        true => context.managed_policy(MANAGED.get(name).unwrap_or(&name)),
        false => Value::from(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_data_of_the_translator_is_read() {
        assert!(TEMPLATES.len() > 70 && MANAGED.len() > 400, "{} {}", TEMPLATES.len(), MANAGED.len());
        assert_eq!(MANAGED.get("AWSLambdaBasicExecutionRole"), Some(&"service-role/AWSLambdaBasicExecutionRole"));
    }
}
