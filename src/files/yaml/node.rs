//! The tree: values with their locations.

use serde_json::{Map, Number, Value};

use crate::domain::diagnostic::Location;
use crate::domain::pointer;

/// A value and its location.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// The value.
    pub value: NodeValue,
    /// Where it begins; for a tagged value, where the tag is.
    pub location: Location,
    /// The tag if it is not one of YAML's own, as written: `!Ref`. Such a scalar is always a string.
    pub tag: Option<String>,
}

/// A value in YAML's core schema.
#[derive(Debug, Clone, PartialEq)]
pub enum NodeValue {
    /// `null`, `~` or nothing.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number that preserves its text.
    Number(Number),
    /// A string.
    String(String),
    /// A list.
    Sequence(Vec<Node>),
    /// A mapping in the order written; keys are unique.
    Mapping(Vec<Entry>),
}

/// One `key: value` of a mapping.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The key's text.
    pub key: String,
    /// Where the key is.
    pub key_location: Location,
    /// The value.
    pub value: Node,
}

impl Node {
    /// An untagged node.
    pub fn new(value: NodeValue, location: Location) -> Self {
        Self { value, location, tag: None }
    }

    /// The entries of a mapping.
    pub fn entries(&self) -> Option<&[Entry]> {
        match &self.value {
            NodeValue::Mapping(entries) => Some(entries),
            _ => None,
        }
    }

    /// The items of a list.
    pub fn items(&self) -> Option<&[Node]> {
        match &self.value {
            NodeValue::Sequence(items) => Some(items),
            _ => None,
        }
    }

    /// A mapping's value by key.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// A mapping's entry by key.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries()?.iter().find(|entry| entry.key == key)
    }

    /// The text of a string.
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            NodeValue::String(text) => Some(text),
            _ => None,
        }
    }

    /// True for null.
    pub fn is_null(&self) -> bool {
        self.value == NodeValue::Null
    }

    /// Any scalar but null as text: the string, the number or `true`/`false`.
    pub fn scalar_text(&self) -> Option<String> {
        match &self.value {
            NodeValue::Bool(value) => Some(value.to_string()),
            NodeValue::Number(number) => Some(number.to_string()),
            NodeValue::String(text) => Some(text.clone()),
            _ => None,
        }
    }

    /// What the value is, for a message: `a list`.
    pub fn kind(&self) -> &'static str {
        match &self.value {
            NodeValue::Null => "nothing",
            NodeValue::Bool(_) => "true or false",
            NodeValue::Number(_) => "a number",
            NodeValue::String(_) => "a string",
            NodeValue::Sequence(_) => "a list",
            NodeValue::Mapping(_) => "a mapping",
        }
    }

    /// The value as JSON; tags are not part of it.
    pub fn to_value(&self) -> Value {
        match &self.value {
            NodeValue::Null => Value::Null,
            NodeValue::Bool(value) => Value::Bool(*value),
            NodeValue::Number(number) => Value::Number(number.clone()),
            NodeValue::String(text) => Value::String(text.clone()),
            NodeValue::Sequence(items) => Value::Array(items.iter().map(Node::to_value).collect()),
            NodeValue::Mapping(entries) => {
                let pairs = entries.iter().map(|entry| (entry.key.clone(), entry.value.to_value()));
                Value::Object(pairs.collect::<Map<String, Value>>())
            }
        }
    }

    /// Calls `record` with the pointer and location of everything below this node: a mapping's value is
    /// found at its key, a list's item at itself.
    pub fn for_each_place(&self, base: &str, record: &mut dyn FnMut(String, &Location)) {
        match &self.value {
            NodeValue::Sequence(items) => {
                for (index, item) in items.iter().enumerate() {
                    let at = pointer::join(base, &index.to_string());
                    record(at.clone(), &item.location);
                    item.for_each_place(&at, record);
                }
            }
            NodeValue::Mapping(entries) => {
                for entry in entries {
                    let at = pointer::join(base, &entry.key);
                    record(at.clone(), &entry.key_location);
                    entry.value.for_each_place(&at, record);
                }
            }
            _ => {}
        }
    }
}
