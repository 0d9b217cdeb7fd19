//! One resource as written: its type, properties and location.

use serde_json::{Map, Value};

use crate::domain::diagnostic::{Code, Diagnostic, Location};
use crate::domain::pointer;
use crate::domain::resource::SourceMap;
use crate::domain::symbol::faulty;
use crate::files::suggestion;
use crate::files::yaml::{Node, NodeValue};

use super::Problems;

const KEYS: &[&str] = &[
    "Condition",
    "CreationPolicy",
    "DeletionPolicy",
    "DependsOn",
    "Metadata",
    "Properties",
    "Type",
    "UpdatePolicy",
    "UpdateReplacePolicy",
    // The only custom resource attribute.
    "Version",
];

/// Further ones of resources that the serverless transform replaces.
const SERVERLESS_KEYS: &[&str] = &["Connectors", "IgnoreGlobals"];

/// A resource before resolution. One without a valid type or properties is kept, so that
/// references to it are not reported as well; an error is recorded for it.
pub(super) struct RawResource {
    pub logical_id: String,
    pub place: Location,
    pub type_name: String,
    pub properties: Value,
    /// The locations of the properties, by pointer into them.
    pub source: SourceMap,
    pub depends_on: Vec<(String, Location)>,
    pub condition: Option<(String, Location)>,
    pub metadata: Value,
}

/// Reads one resource, at the pointer `at` of its document.
pub(super) fn read(logical_id: &str, place: &Location, node: &Node, at: &str, problems: &mut Problems) -> RawResource {
    let mut reader = Reader { logical_id, place, node, at, problems };
    if node.entries().is_none() {
        reader.error(
            Code::NotAMapping,
            None,
            format!("a resource must be a mapping, not {}", node.kind()),
            "write `Type:` and `Properties:` below its name",
        );
        let mut source = SourceMap::default();
        source.resource = Some(place.clone());
        source.path = at.to_owned();
        return RawResource {
            logical_id: logical_id.to_owned(),
            place: place.clone(),
            type_name: String::new(),
            properties: unknown_properties(Code::NotAMapping),
            source,
            depends_on: Vec::new(),
            condition: None,
            metadata: Value::Null,
        };
    }
    reader.check_keys();
    let type_name = reader.type_name().unwrap_or_default();
    let (properties, source) = reader.properties();
    RawResource {
        logical_id: logical_id.to_owned(),
        place: place.clone(),
        type_name,
        properties,
        source,
        depends_on: reader.depends_on(),
        condition: reader.condition(),
        metadata: node.get("Metadata").map(Node::to_value).unwrap_or_default(),
    }
}

/// The properties of a resource whose own cannot be read.
fn unknown_properties(code: Code) -> Value {
    faulty(code.as_str(), Value::Null)
}

struct Reader<'a> {
    logical_id: &'a str,
    place: &'a Location,
    node: &'a Node,
    at: &'a str,
    problems: &'a mut Problems,
}

impl Reader<'_> {
    /// Records an error at one of the resource's keys, or at the resource itself.
    fn error(&mut self, code: Code, key: Option<&str>, message: String, hint: impl Into<String>) {
        self.add(Diagnostic::error(code, message).hint(hint), key);
    }

    fn add(&mut self, diagnostic: Diagnostic, key: Option<&str>) {
        let entry = key.and_then(|key| self.node.entry(key));
        let place = entry.map_or(self.place, |entry| &entry.key_location);
        let at = key.map_or_else(|| self.at.to_owned(), |key| pointer::join(self.at, key));
        self.problems.add(diagnostic.at(Some(place.clone())).pointer(at).resource(self.logical_id));
    }

    fn check_keys(&mut self) {
        for entry in self.node.entries().unwrap_or_default() {
            let is_known = KEYS.contains(&entry.key.as_str())
                || (SERVERLESS_KEYS.contains(&entry.key.as_str()) && self.is_serverless());
            if !is_known {
                let hint = match suggestion::closest(&entry.key, KEYS.iter().copied()) {
                    Some(key) => format!("did you mean `{key}`?"),
                    None => "if it is a property, move it below `Properties`".to_owned(),
                };
                let message = format!("unknown resource key `{}`", entry.key);
                self.error(Code::UnknownResourceKey, Some(&entry.key), message, hint);
            } else if ["CreationPolicy", "UpdatePolicy"].contains(&entry.key.as_str()) {
                let message = format!("`{}` has no effect without a stack", entry.key);
                let warning = Diagnostic::warning(Code::IgnoredAttribute, message)
                    .hint("remove it if only stagegate uses the template");
                self.add(warning, Some(&entry.key));
            }
        }
    }

    fn is_serverless(&self) -> bool {
        self.node.get("Type").and_then(Node::as_str).is_some_and(|name| name.starts_with("AWS::Serverless::"))
    }

    fn type_name(&mut self) -> Option<String> {
        let Some(value) = self.node.get("Type") else {
            let entries = self.node.entries().unwrap_or_default();
            let has_typo = entries.iter().any(|entry| suggestion::closest(&entry.key, ["Type"]).is_some());
            if !has_typo {
                let message = "the resource has no `Type`".to_owned();
                self.error(Code::MissingType, None, message, "add a type such as `Type: AWS::S3::Bucket`");
            }
            return None;
        };
        let name = value.as_str().filter(|name| !name.is_empty()).map(str::to_owned);
        if name.is_none() {
            let message = format!("`Type` must be a resource type, not {}", value.kind());
            self.error(Code::MissingType, Some("Type"), message, "write a type such as `AWS::S3::Bucket`");
        }
        name
    }

    fn properties(&mut self) -> (Value, SourceMap) {
        let mut source = SourceMap::default();
        source.resource = Some(self.place.clone());
        source.path = self.at.to_owned();
        source.type_name = self.node.get("Type").map(|value| value.location.clone());
        let Some(entry) = self.node.entry("Properties").filter(|entry| !entry.value.is_null()) else {
            return (Value::Object(Map::new()), source);
        };
        source.insert("", entry.key_location.clone());
        if entry.value.entries().is_none() {
            let message = format!("`Properties` must be a mapping, not {}", entry.value.kind());
            let hint = "write one `Property: value` per line below it, indented";
            self.error(Code::NotAMapping, Some("Properties"), message, hint);
            return (unknown_properties(Code::NotAMapping), source);
        }
        entry.value.for_each_place("", &mut |pointer, place| source.insert(pointer, place.clone()));
        (entry.value.to_value(), source)
    }

    fn depends_on(&mut self) -> Vec<(String, Location)> {
        let Some(value) = self.node.get("DependsOn") else {
            return Vec::new();
        };
        let named = |node: &Node| Some((node.as_str()?.to_owned(), node.location.clone()));
        let names: Option<Vec<_>> = match &value.value {
            NodeValue::Sequence(items) => items.iter().map(named).collect(),
            _ => named(value).map(|name| vec![name]),
        };
        if names.is_none() {
            let message = "`DependsOn` must be a logical id or a list of them".to_owned();
            let hint = "write `DependsOn: Name` or `DependsOn: [One, Two]`";
            self.error(Code::WrongType, Some("DependsOn"), message, hint);
        }
        names.unwrap_or_default()
    }

    fn condition(&mut self) -> Option<(String, Location)> {
        let value = self.node.get("Condition")?;
        let name = value.as_str().map(|name| (name.to_owned(), value.location.clone()));
        if name.is_none() {
            let message = format!("`Condition` must be the name of a condition, not {}", value.kind());
            let hint = "define it under `Conditions` and name it here";
            self.error(Code::WrongType, Some("Condition"), message, hint);
        }
        name
    }
}
