//! Desired and live resources.

use std::collections::BTreeMap;

use serde_json::Value;

use super::diagnostic::Location;
use super::pointer;
use super::tags::Tags;

pub use crate::schema::ResourceRef;

/// A resource as it was read.
#[derive(Debug, Clone, PartialEq)]
pub struct LiveResource {
    /// Its type and identifier.
    pub resource: ResourceRef,
    /// Its properties.
    pub properties: Value,
    /// Its tags.
    pub tags: Tags,
    /// Its ARN, where it is known.
    pub arn: Option<String>,
}

/// A `# checkov:skip=ID: reason` comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SkipComment {
    /// The check's id.
    pub id: String,
    /// The reason after the id.
    pub reason: Option<String>,
    /// Where the comment begins.
    pub location: Location,
}

/// A live resource and its logical id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct NamedResource {
    /// The logical id within the template or plan.
    pub logical_id: String,
    /// The resource.
    pub resource: ResourceRef,
}

/// Where each property of a resource was written, by JSON pointer into its properties.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SourceMap {
    places: BTreeMap<String, Location>,
    /// The location of the resource's logical id.
    pub resource: Option<Location>,
    /// The location of its type name.
    pub type_name: Option<Location>,
    /// The pointer to the resource in its file.
    pub path: String,
    /// The suppression comments in the resource's lines.
    pub skips: Vec<SkipComment>,
}

impl SourceMap {
    /// Records where a value was written.
    pub fn insert(&mut self, pointer: impl Into<String>, location: Location) {
        self.places.insert(pointer.into(), location);
    }

    /// The location of a value, else of its nearest written ancestor, else of the resource.
    pub fn locate(&self, pointer: &str) -> Option<Location> {
        let mut at = pointer;
        loop {
            if let Some(location) = self.places.get(at) {
                return Some(location.clone());
            }
            match at.rfind('/') {
                Some(cut) => at = &at[..cut],
                None => return self.resource.clone(),
            }
        }
    }
}

/// One resource of a template, in its desired state. Intrinsic functions that could not be
/// resolved are still in `properties` (see [`super::symbol`]).
#[derive(Debug, Clone, PartialEq)]
pub struct DesiredResource {
    /// The template's key for it; `Resource` for a bare `{Type, Properties}` document.
    pub logical_id: String,
    /// CloudFormation type name.
    pub type_name: String,
    /// The `Properties` object.
    pub properties: Value,
    /// `DependsOn`.
    pub depends_on: Vec<String>,
    /// `Metadata` (inline suppressions live there).
    pub metadata: Value,
    /// The file as the user named it.
    pub file: String,
    /// Where each value was written.
    pub source: SourceMap,
}

/// An element of a list of a resource that another resource declares, such as a rule of a security group.
#[derive(Debug, Clone, PartialEq)]
pub struct SeparateElement {
    /// The top-level property with the list.
    pub property: String,
    /// The element, as far as it identifies itself within the list; values of other resources may be intrinsic functions.
    pub element: Value,
}

impl DesiredResource {
    /// The logical ids that this resource's properties refer to, and its `DependsOn`, sorted.
    pub fn references(&self) -> Vec<String> {
        let mut names: Vec<String> = self.depends_on.clone();
        collect_references(&self.properties, &mut names);
        names.sort();
        names.dedup();
        names
    }
}

impl DesiredResource {
    /// The attributes of other resources that the properties refer to: pointer, logical id and dotted path.
    pub fn attributes(&self) -> Vec<(String, String, String)> {
        let mut found = Vec::new();
        collect_attributes(&self.properties, "", &mut found);
        found
    }
}

fn collect_attributes(value: &Value, at: &str, found: &mut Vec<(String, String, String)>) {
    match value {
        Value::Object(map) => {
            if super::symbol::is_intrinsic(value) {
                match map.get("Fn::GetAtt") {
                    Some(Value::Array(parts)) => {
                        if let (Some(name), Some(path)) =
                            (parts.first().and_then(Value::as_str), parts.get(1).and_then(Value::as_str))
                        {
                            found.push((at.to_owned(), name.to_owned(), path.to_owned()));
                        }
                    }
                    Some(Value::String(text)) => {
                        found.extend(
                            text.split_once('.').map(|(name, path)| (at.to_owned(), name.to_owned(), path.to_owned())),
                        );
                    }
                    _ => {}
                }
                let template = match map.get("Fn::Sub") {
                    Some(Value::String(text)) => Some(text.as_str()),
                    Some(Value::Array(parts)) => parts.first().and_then(Value::as_str),
                    _ => None,
                };
                for variable in template.map(sub_variables).unwrap_or_default() {
                    found.extend(
                        variable.split_once('.').map(|(name, path)| (at.to_owned(), name.to_owned(), path.to_owned())),
                    );
                }
            }
            map.iter().for_each(|(key, child)| collect_attributes(child, &pointer::join(at, key), found));
        }
        Value::Array(items) => {
            items
                .iter()
                .enumerate()
                .for_each(|(index, item)| collect_attributes(item, &pointer::join(at, &index.to_string()), found));
        }
        _ => {}
    }
}

/// The names of resources and parameters that a value refers to, in document order.
pub fn references_in(value: &Value) -> Vec<String> {
    let mut names = Vec::new();
    collect_references(value, &mut names);
    names
}

fn collect_references(value: &Value, names: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            if super::symbol::is_intrinsic(value) {
                if let Some(Value::String(name)) = map.get("Ref") {
                    names.push(name.clone());
                }
                match map.get("Fn::GetAtt") {
                    Some(Value::String(path)) => names.extend(path.split('.').next().map(str::to_owned)),
                    Some(Value::Array(parts)) => {
                        names.extend(parts.first().and_then(Value::as_str).map(str::to_owned));
                    }
                    _ => {}
                }
                let template = match map.get("Fn::Sub") {
                    Some(Value::String(text)) => Some(text.as_str()),
                    Some(Value::Array(parts)) => parts.first().and_then(Value::as_str),
                    _ => None,
                };
                for name in template.map(sub_variables).unwrap_or_default() {
                    names.push(name.split('.').next().unwrap_or(&name).to_owned());
                }
            }
            map.values().for_each(|child| collect_references(child, names));
        }
        Value::Array(items) => items.iter().for_each(|item| collect_references(item, names)),
        _ => {}
    }
}

/// The variables of a `Fn::Sub` text, in order: `${A}` and `${A.B}`; `${!Literal}` is not one.
pub fn sub_variables(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        rest = &rest[start + 2..];
        let Some(end) = rest.find('}') else { break };
        let name = &rest[..end];
        if !name.starts_with('!') {
            found.push(name.trim().to_owned());
        }
        rest = &rest[end + 1..];
    }
    found
}

/// One difference between two configurations of a resource.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// JSON pointer to the value that differs.
    pub pointer: String,
    /// The value before (or in dev); `None` when there was none.
    pub before: Option<Value>,
    /// The value after (or in prod); `None` when there is none.
    pub after: Option<Value>,
}

impl Change {
    /// True when the change lies at or inside the given pointer.
    pub fn is_within(&self, ancestor: &str) -> bool {
        pointer::is_within(&self.pointer, ancestor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn references_come_from_every_function_form() {
        let resource = DesiredResource {
            logical_id: "F".into(),
            type_name: "AWS::Lambda::Function".into(),
            properties: json!({
                "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                "Env": {"Fn::Sub": "arn:${AWS::Partition}:x:${Queue.Arn}/${!Literal}"},
                "Other": {"Ref": "Table"},
            }),
            depends_on: vec!["Log".into()],
            metadata: Value::Null,
            file: "t.yaml".into(),
            source: SourceMap::default(),
        };
        assert_eq!(resource.references(), ["AWS::Partition", "Log", "Queue", "Role", "Table"]);
    }

    #[test]
    fn a_location_falls_back_to_the_nearest_ancestor() {
        let place = |line| Location { file: "t".into(), line, column: 1 };
        let mut map = SourceMap { resource: Some(place(1)), ..SourceMap::default() };
        map.insert("/A", place(2));
        assert_eq!(map.locate("/A/B/0"), Some(place(2)));
        assert_eq!(map.locate("/X"), Some(place(1)));
    }
}
