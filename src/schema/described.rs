//! Converts a resource type's schema from DescribeType to a registry entry.
//!
//! The rules are those of `generate.py`, which creates the embedded data from the same kind of schema;
//! facts that only aws-service-spec or the overlay has (what `Ref` returns, which types are stateful,
//! what to review) are missing. The response is untrusted: its size is limited, and what
//! cannot be used is an error, never a panic.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use serde_json::{Map, Value, json};

use super::arn_form::ArnForm;
use super::clean;
use super::facts::{HandlerFacts, Provisioning, UnusableSchema};
use super::interned::Description;
use super::pointer::{self, PropertyPath};
use super::tree::SchemaNode;
use super::type_schema::{
    Body, PropertyReference, ReferenceTarget, Related, Review, ServiceOwned, TagShape, Tagging, TypeSchema,
};
use super::validate::{compile, compiled};

/// The maximum size of a schema in bytes. The largest of AWS's schemas has 2 MB.
const MAX_SCHEMA_BYTES: usize = 16 * 1024 * 1024;
/// The maximum number of schema nodes that are visited.
const MAX_NODES: usize = 200_000;
/// The maximum nesting depth of properties.
const MAX_DEPTH: usize = 14;

impl TypeSchema {
    /// Parses a schema from DescribeType.
    ///
    /// # Errors
    /// The text is not JSON, the schema of another type, has no properties or identifier, is too
    /// large, or input cannot be validated against it.
    pub fn from_described(type_name: &str, text: &str, provisioning: Provisioning) -> Result<Self, UnusableSchema> {
        let unusable = |reason: &str| UnusableSchema { type_name: type_name.to_owned(), reason: reason.to_owned() };
        if text.len() > MAX_SCHEMA_BYTES {
            return Err(unusable("the schema is larger than 16 MB"));
        }
        let facts = HandlerFacts::from_described(type_name, text, provisioning)?;
        let schema: Value = serde_json::from_str(text).map_err(|error| unusable(&error.to_string()))?;
        let described = Described { root: &schema, place: SchemaNode::root(&schema) };
        let Some(properties) = schema.get("properties").and_then(Value::as_object).filter(|map| !map.is_empty()) else {
            return Err(unusable("the schema has no properties"));
        };
        let identifier = described.paths("primaryIdentifier");
        if identifier.is_empty() {
            return Err(unusable("the schema has no primaryIdentifier"));
        }
        let read_only: BTreeSet<String> = described.paths("readOnlyProperties").into_iter().collect();
        let required = schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        let required: BTreeSet<&str> = required.filter(|name| !read_only.contains(*name)).collect();
        let mut found = Found::default();
        described.walk(&schema, &mut Vec::new(), &mut Vec::new(), &mut found);
        let references = found.references();
        let additional = schema.get("additionalIdentifiers").and_then(Value::as_array).into_iter().flatten();
        let names = Names { type_name, properties, identifier: &identifier, read_only: &read_only };
        let arn_property = names.arn_property();
        let body = json!({
            "schema": clean::validation_schema(&schema, &read_only, &|pattern| {
                compile(&json!({"pattern": pattern})).is_ok()
            }),
            "permissions": facts.permissions,
        });
        let described = Self {
            type_name: type_name.to_owned(),
            additional_identifiers: additional.map(|group| described.paths_in(group)).collect(),
            create_only: property_paths(described.paths("createOnlyProperties")),
            conditional_create_only: property_paths(described.paths("conditionalCreateOnlyProperties")),
            write_only: property_paths(described.paths("writeOnlyProperties")),
            required: required.into_iter().map(str::to_owned).collect(),
            tagging: described.tagging(properties),
            unordered: property_paths(found.unordered),
            case_insensitive: property_paths(described.case_insensitive()),
            handlers: facts.handlers,
            list_inputs: facts.list_inputs,
            timeouts: facts.timeouts,
            name_property: names.name_property(),
            arn_template: None,
            arn_form: arn_property.as_deref().map(|property| Arc::new(described.arn_form(type_name, property))),
            arn_property,
            properties: properties.keys().cloned().collect::<BTreeSet<_>>().into_iter().collect(),
            references,
            ref_parts: Vec::new(),
            stateful: false,
            review: Review::default(),
            global_name: false,
            needed_unless: Vec::new(),
            companions: Vec::new(),
            instead: None,
            service_owned: ServiceOwned::default(),
            related: Related::default(),
            read_only: property_paths(read_only),
            primary_identifier: identifier,
            body: Body::Described {
                parts: Arc::new(body),
                description: Arc::new(Description {
                    type_name: type_name.to_owned(),
                    text: text.to_owned(),
                    provisioning,
                }),
            },
            compiled: OnceLock::new(),
            parents: OnceLock::new(),
        };
        match compiled(&described) {
            Some(_) => Ok(described),
            None => Err(unusable("input cannot be validated against it")),
        }
    }
}

fn property_paths(paths: impl IntoIterator<Item = String>) -> Vec<PropertyPath> {
    let sorted: BTreeSet<String> = paths.into_iter().collect();
    sorted.iter().map(|path| PropertyPath::parse(&format!("/{path}"))).collect()
}

/// The results of a walk through all properties, by path.
#[derive(Default)]
struct Found {
    unordered: BTreeSet<String>,
    references: BTreeMap<String, BTreeSet<ReferenceTarget>>,
    places: usize,
}

impl Found {
    fn references(&self) -> Vec<PropertyReference> {
        let found = self.references.iter().map(|(path, targets)| PropertyReference {
            path: PropertyPath::parse(&format!("/{path}")),
            targets: targets.iter().cloned().collect(),
        });
        found.collect()
    }
}

/// A schema as its provider publishes it.
struct Described<'s> {
    root: &'s Value,
    place: SchemaNode<'s>,
}

impl<'s> Described<'s> {
    /// The property paths under a keyword of the root, in the schema's order.
    fn paths(&self, keyword: &str) -> Vec<String> {
        self.root.get(keyword).map(|list| self.paths_in(list)).unwrap_or_default()
    }

    fn paths_in(&self, list: &Value) -> Vec<String> {
        let pointers = list.as_array().into_iter().flatten().filter_map(Value::as_str);
        pointers.map(|pointer| self.path(pointer)).filter(|path| !path.is_empty()).collect()
    }

    /// `/properties/A/items/properties/B`, `/properties/A/*/B` and `/properties/A/B` all as `A/*/B`.
    fn path(&self, pointer: &str) -> String {
        let mut place = self.place.clone();
        let mut out: Vec<String> = Vec::new();
        for token in pointer::tokens(pointer) {
            let mut next = place.named(&token);
            if next.is_nowhere() {
                if token == "properties" {
                    continue;
                }
                let member = place.member();
                if token == "items" || token == "*" {
                    out.push("*".to_owned());
                    place = member;
                    continue;
                }
                let inside = member.named(&token);
                if !inside.is_nowhere() {
                    // The pointer omits the array step.
                    out.push("*".to_owned());
                    next = inside;
                }
            }
            out.push(token);
            place = next;
        }
        out.join("/")
    }

    /// Finds arrays that are sets (`insertionOrder: false`, or `uniqueItems` unless ordered) and
    /// references to other types, at any depth.
    fn walk(&self, node: &'s Value, path: &mut Vec<String>, definitions: &mut Vec<&'s str>, found: &mut Found) {
        found.places += 1;
        if found.places > MAX_NODES || path.len() > MAX_DEPTH {
            return;
        }
        let before = definitions.len();
        let mut nodes = vec![node];
        while let Some(name) = nodes.last().and_then(|last| last.get("$ref")).and_then(Value::as_str) {
            // A recursive definition: its first level is enough.
            if definitions.contains(&name) {
                definitions.truncate(before);
                return;
            }
            definitions.push(name);
            let Some(target) = name.strip_prefix('#').and_then(|pointer| self.root.pointer(pointer)) else { break };
            nodes.push(target);
        }
        let get = |keyword: &str| nodes.iter().find_map(|node| node.get(keyword));
        let kinds: Vec<&str> = match get("type") {
            Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).collect(),
            kind => kind.and_then(Value::as_str).into_iter().collect(),
        };
        // Some schemas set the flag on objects and scalars too.
        let is_array = get("items").is_some() || kinds.contains(&"array");
        let flag = |keyword: &str| get(keyword).and_then(Value::as_bool);
        let order = flag("insertionOrder");
        if !path.is_empty()
            && is_array
            && (order == Some(false) || (flag("uniqueItems") == Some(true) && order != Some(true)))
        {
            found.unordered.insert(path.join("/"));
        }
        if let Some(target) = get("relationshipRef").and_then(reference_target).filter(|_| !path.is_empty()) {
            let place = if is_array { format!("{}/*", path.join("/")) } else { path.join("/") };
            found.references.entry(place).or_default().insert(target);
        }
        let below = |keyword: &str| get(keyword).and_then(Value::as_object).into_iter().flatten();
        let named = below("properties").map(|(name, child)| (Some(name.as_str()), child));
        let items = get("items").filter(|items| items.is_object()).into_iter();
        let members = items.chain(below("patternProperties").map(|(_, child)| child)).map(|child| (Some("*"), child));
        let options = ["oneOf", "anyOf", "allOf"].into_iter().filter_map(&get);
        let options = options.filter_map(Value::as_array).flatten().map(|option| (None, option));
        for (name, child) in named.chain(members).chain(options) {
            path.extend(name.map(str::to_owned));
            self.walk(child, path, definitions, found);
            path.truncate(path.len() - usize::from(name.is_some()));
        }
        definitions.truncate(before);
    }

    /// Strings that the service stores in one letter case: `propertyTransform` says `$lowercase(Name)`.
    fn case_insensitive(&self) -> Vec<String> {
        let is_case = |expression: &str| {
            let inside = ["$lowercase(", "$uppercase("].iter().find_map(|start| expression.strip_prefix(start));
            let inside = inside.and_then(|inside| inside.strip_suffix(')'));
            inside.is_some_and(|name| !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_'))
        };
        let transforms = self.root.get("propertyTransform").and_then(Value::as_object).into_iter().flatten();
        let of_case = transforms.filter(|(_, expression)| expression.as_str().is_some_and(is_case));
        of_case.map(|(pointer, _)| self.path(pointer)).collect()
    }

    /// The tag property of the type, and its format.
    fn tagging(&self, properties: &Map<String, Value>) -> Tagging {
        let block = self.root.get("tagging");
        let flag = |name: &str| block.and_then(|block| block.get(name)).and_then(Value::as_bool);
        let said = block.and_then(|block| block.get("tagProperty")).and_then(Value::as_str);
        let said = said.and_then(|pointer| pointer.strip_prefix("/properties/")).unwrap_or("Tags");
        let name = match properties.contains_key(said) || !properties.contains_key("TagSpecifications") {
            true => said,
            false => "TagSpecifications",
        };
        let place = self.place.named(name);
        let element = place.member();
        let names = element.property_names();
        let shape = match () {
            () if place.is_nowhere() => None,
            () if place.first("items").is_some() && names.contains(&"PropagateAtLaunch") => Some(TagShape::AutoScaling),
            () if place.first("items").is_some() && names.contains(&"ResourceType") => Some(TagShape::Specifications),
            () if place.first("items").is_some() => Some(TagShape::List),
            // A custom structure that stagegate cannot write.
            () if !place.property_names().is_empty() => None,
            () => Some(TagShape::Map),
        };
        let limit = |place: &SchemaNode<'_>, keyword: &str| {
            place.first(keyword).and_then(Value::as_u64).and_then(|limit| u32::try_from(limit).ok()).filter(|n| *n > 0)
        };
        let (keys, values) = match shape {
            Some(TagShape::Map) => (None, limit(&element, "maxLength")),
            _ => (limit(&element.named("Key"), "maxLength"), limit(&element.named("Value"), "maxLength")),
        };
        let taggable = flag("taggable").or_else(|| self.root.get("taggable")?.as_bool()).unwrap_or(true);
        Tagging {
            property: shape.map(|_| name.to_owned()),
            updatable: flag("tagUpdatable").unwrap_or(true),
            on_create: flag("tagOnCreate").unwrap_or(true),
            taggable: taggable && shape.is_some(),
            beside_model: false,
            key_limit: keys.filter(|_| shape.is_some()),
            value_limit: values.filter(|_| shape.is_some()),
            count_limit: shape.and_then(|_| limit(&place, "maxItems").or_else(|| limit(&place, "maxProperties"))),
            shape: shape.unwrap_or_default(),
        }
    }

    /// The ARN format in the schema.
    fn arn_form(&self, type_name: &str, property: &str) -> ArnForm {
        let place = self.place.named(property);
        let pattern = place.first("pattern").and_then(Value::as_str).map(clean::rewrite_pattern);
        let actions = self.root.pointer("/tagging/permissions").and_then(Value::as_array).into_iter().flatten();
        let actions: Vec<&str> = actions.filter_map(Value::as_str).collect();
        ArnForm::new(type_name, pattern.as_deref(), &actions)
    }
}

/// `{"typeName": "AWS::IAM::Role", "propertyPath": "/properties/Arn"}`.
fn reference_target(reference: &Value) -> Option<ReferenceTarget> {
    let text = |name: &str| reference.get(name).and_then(Value::as_str);
    let attribute = text("propertyPath")?.strip_prefix("/properties/")?;
    Some(ReferenceTarget { type_name: text("typeName")?.to_owned(), attribute: attribute.replace('/', ".") })
}

/// Finds the name and ARN properties of a resource.
struct Names<'a> {
    type_name: &'a str,
    properties: &'a Map<String, Value>,
    identifier: &'a [String],
    read_only: &'a BTreeSet<String>,
}

impl Names<'_> {
    fn resource(&self) -> &str {
        self.type_name.rsplit("::").next().unwrap_or_default()
    }

    /// The property in which a user names the resource, or `None` when only a `Name` tag can.
    fn name_property(&self) -> Option<String> {
        let resource = self.resource();
        let words = words(resource);
        let tails: Vec<String> = (0..words.len()).map(|from| words[from..].concat()).collect();
        let is_writable = |name: &str| self.properties.contains_key(name) && !self.read_only.contains(name);
        let mut wanted = vec![format!("{resource}Name"), "Name".to_owned()];
        if let [only] = self.identifier
            && is_writable(only)
        {
            let stem = ["Identifier", "Id", "Name"].iter().find_map(|end| only.strip_suffix(end));
            if stem.is_some_and(|stem| tails.iter().any(|tail| tail == stem)) || only == resource {
                wanted.push(only.clone());
            }
        }
        wanted.extend(tails.iter().skip(1).map(|tail| format!("{tail}Name")));
        wanted.into_iter().find(|name| is_writable(name))
    }

    /// The property that holds the resource's own ARN.
    fn arn_property(&self) -> Option<String> {
        let resource = self.resource();
        let own = ["Arn".to_owned(), "ARN".to_owned(), format!("{resource}Arn"), format!("{resource}ARN")];
        let identifiers = self.identifier.iter().filter(|name| name.to_lowercase().ends_with("arn")).cloned();
        let tail = last_word(resource).map(|word| format!("{word}Arn"));
        let generic = ["ResourceARN", "ResourceArn"].map(str::to_owned);
        own.into_iter().chain(identifiers).chain(tail).chain(generic).find(|name| self.read_only.contains(name))
    }
}

/// Splits a name into words: `DBInstance` is `DB` and `Instance`.
fn words(name: &str) -> Vec<&str> {
    let bytes = name.as_bytes();
    let is = |at: usize, class: fn(&u8) -> bool| bytes.get(at).is_some_and(class);
    let (mut words, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        let capitals = bytes[at..].iter().take_while(|byte| byte.is_ascii_uppercase()).count();
        let end = match capitals {
            0 => {
                at += 1;
                continue;
            }
            // The last upper-case letter begins the next word.
            _ if is(at + capitals, u8::is_ascii_lowercase) && capitals > 1 => at + capitals - 1,
            _ if is(at + capitals, u8::is_ascii_lowercase) => {
                let rest = bytes[at + 1..].iter().take_while(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
                at + 1 + rest.count()
            }
            _ => at + capitals,
        };
        words.extend(name.get(at..end));
        at = end;
    }
    words
}

/// The last upper-case letter of a name with the lower-case letters and digits after it.
fn last_word(name: &str) -> Option<&str> {
    let at = name.rfind(|c: char| c.is_ascii_uppercase())?;
    let rest = name[at + 1..].find(|c: char| !(c.is_ascii_lowercase() || c.is_ascii_digit()));
    name.get(at..rest.map_or(name.len(), |rest| at + 1 + rest))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests;
