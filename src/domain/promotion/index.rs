//! What each identifying value of the source environment becomes in the target environment.
//!
//! Schemas declare few relationships between types (26 of 1,489), so references are found by
//! value: every ARN, id, URL and name of a known resource is looked up wherever it stands.

use aho_corasick::AhoCorasick;
use serde_json::Value;

use super::names::Tokens;
use crate::domain::pointer;
use crate::domain::resource::ResourceRef;
use crate::schema::TypeSchema;

/// What stands in the target environment for a value of the source environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Replacement {
    /// A value known now.
    Known(String),
    /// An attribute of a resource that the same plan creates.
    Attribute {
        /// The step's logical id.
        logical_id: String,
        /// The attribute's path in CloudFormation's dotted form (`Endpoint.Address`).
        attribute: String,
    },
    /// The resource has no counterpart.
    Missing,
}

/// One identifying value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The value in the source environment.
    pub value: String,
    /// What it becomes.
    pub replacement: Replacement,
    /// The resource that it identifies; `None` for an entry of the project's own map.
    pub owner: Option<ResourceRef>,
}

/// All identifying values of the source environment that are known.
#[derive(Debug, Default)]
pub struct ValueIndex {
    entries: Vec<Entry>,
    automaton: Option<AhoCorasick>,
}

/// A place in a text where an entry's value stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occurrence<'a> {
    /// Byte offset of the first character.
    pub start: usize,
    /// Byte offset after the last character.
    pub end: usize,
    /// The entry.
    pub entry: &'a Entry,
}

impl ValueIndex {
    /// Builds an index; of two entries with the same value the first wins.
    pub fn new(entries: Vec<Entry>) -> Self {
        let mut kept: Vec<Entry> = Vec::with_capacity(entries.len());
        let mut seen = std::collections::HashSet::new();
        for entry in entries {
            if !entry.value.is_empty() && seen.insert(entry.value.clone()) {
                kept.push(entry);
            }
        }
        // Too many or too large patterns is the only way this fails; without an automaton every
        // reference would go unseen, so such an index finds nothing and the leftover rules refuse.
        let automaton = AhoCorasick::new(kept.iter().map(|entry| entry.value.as_str())).ok();
        Self { entries: kept, automaton }
    }

    /// The entry for exactly this value.
    pub fn get(&self, value: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.value == value)
    }

    /// Where values of the index stand as whole words in a text: leftmost first, the longest of
    /// those that begin at the same place, none overlapping.
    pub fn occurrences<'a>(&'a self, text: &str) -> Vec<Occurrence<'a>> {
        let Some(automaton) = &self.automaton else {
            return Vec::new();
        };
        let mut all: Vec<Occurrence<'a>> = automaton
            .find_overlapping_iter(text)
            .filter(|found| is_whole(text, found.start(), found.end()))
            .filter_map(|found| {
                let entry = self.entries.get(found.pattern().as_usize())?;
                Some(Occurrence { start: found.start(), end: found.end(), entry })
            })
            .collect();
        all.sort_by(|a, b| a.start.cmp(&b.start).then(b.end.cmp(&a.end)));
        let mut chosen: Vec<Occurrence<'a>> = Vec::new();
        for occurrence in all {
            if chosen.last().is_none_or(|last| occurrence.start >= last.end) {
                chosen.push(occurrence);
            }
        }
        chosen
    }
}

/// A value stands whole when the characters around it could not belong to the same name. A dot
/// ends a name (`bucket.s3.amazonaws.com`), a dash or an underscore does not (`orders-dev` is not
/// in `orders-dev-2`).
fn is_whole(text: &str, start: usize, end: usize) -> bool {
    let joins = |character: char| character.is_alphanumeric() || character == '-' || character == '_';
    let before = text[..start].chars().next_back();
    let after = text[end..].chars().next();
    !before.is_some_and(joins) && !after.is_some_and(joins)
}

/// Where a resource of the source environment ends up.
#[derive(Debug, Clone, Copy)]
pub enum Counterpart<'a> {
    /// It exists.
    Existing {
        /// Its identifier.
        identifier: &'a str,
        /// Its live properties.
        properties: &'a Value,
    },
    /// The same plan creates it.
    Created {
        /// The step's logical id.
        logical_id: &'a str,
        /// The name that it gets, for types with a name.
        name: Option<&'a str>,
        /// Account and region that it is created in.
        place: (&'a str, &'a str),
        /// Account and region of the source.
        source_place: (&'a str, &'a str),
    },
    /// It has none.
    None,
}

/// What each identifying value of a live resource becomes: its identifier, its name, and the
/// read-only strings whose property says that they identify (`Arn`, `QueueUrl`,
/// `Endpoint.Address`, …). Statuses and times are left out.
pub fn entries(
    schema: &TypeSchema,
    resource: &ResourceRef,
    properties: &Value,
    counterpart: Counterpart<'_>,
    tokens: &Tokens,
) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut add = |value: &str, replacement: Replacement| {
        entries.push(Entry { value: value.to_owned(), replacement, owner: Some(resource.clone()) });
    };
    let name_property = schema.name_property.as_deref();
    let name = name_property.and_then(|property| properties.get(property)).and_then(Value::as_str);
    for (value, attribute) in identifying_values(schema, resource, properties) {
        let is_name = Some(value.as_str()) == name;
        let replacement = match counterpart {
            Counterpart::Existing { identifier, properties } => {
                let there = if value == resource.identifier { Some(identifier) } else { lookup(properties, &attribute) };
                there.map_or(Replacement::Missing, |there| Replacement::Known(there.to_owned()))
            }
            Counterpart::Created { logical_id, name: new_name, place, source_place } => {
                let predicted = new_name.and_then(|new_name| predict(schema, resource, properties, &value, new_name, place, source_place));
                match (new_name.filter(|_| is_name), predicted) {
                    (Some(new_name), _) => Replacement::Known(new_name.to_owned()),
                    (None, Some(arn)) => Replacement::Known(arn),
                    (None, None) => Replacement::Attribute { logical_id: logical_id.to_owned(), attribute: attribute.clone() },
                }
            }
            // A name without an environment token is the same in both environments.
            Counterpart::None if is_name && !tokens.occurs_in(&value) => continue,
            Counterpart::None => Replacement::Missing,
        };
        // A log group's ARN ends in `:*`, but is referred to with and without it.
        if let Some(bare) = value.strip_suffix(":*") {
            match &replacement {
                Replacement::Known(there) => add(bare, Replacement::Known(there.trim_end_matches(":*").to_owned())),
                Replacement::Missing => add(bare, Replacement::Missing),
                Replacement::Attribute { .. } => {}
            }
        }
        add(&value, replacement);
    }
    entries
}

/// The ARN that a resource gets under its new name. Trusted only where the same rule gives the
/// source's real ARN.
fn predict(
    schema: &TypeSchema,
    resource: &ResourceRef,
    properties: &Value,
    value: &str,
    new_name: &str,
    place: (&str, &str),
    source_place: (&str, &str),
) -> Option<String> {
    let here = crate::schema::arn_of(&schema.type_name, &resource.identifier, properties, source_place.0, source_place.1)?;
    if here != value {
        return None;
    }
    let property = schema.name_property.as_ref()?;
    let mut renamed = properties.clone();
    renamed.as_object_mut()?.insert(property.clone(), Value::String(new_name.to_owned()));
    let identifier = schema.identifier_of(&renamed)?;
    crate::schema::arn_of(&schema.type_name, &identifier, &renamed, place.0, place.1)
}

fn identifying_values(schema: &TypeSchema, resource: &ResourceRef, properties: &Value) -> Vec<(String, String)> {
    let mut values = Vec::new();
    if let [property] = schema.primary_identifier.as_slice() {
        values.push((resource.identifier.clone(), property.replace('/', ".")));
    }
    if let Some(property) = &schema.name_property
        && let Some(name) = properties.get(property).and_then(Value::as_str)
    {
        values.push((name.to_owned(), property.clone()));
    }
    pointer::for_each_string(properties, &mut |at, text| {
        let attribute = pointer::tokens(at).join(".");
        let last = attribute.rsplit('.').next().unwrap_or_default();
        if schema.is_read_only(at) && text.len() >= 5 && identifies(last) {
            values.push((text.to_owned(), attribute));
        }
    });
    values.retain(|(value, _)| !value.is_empty());
    values
}

/// The string at a dotted attribute path.
fn lookup<'a>(properties: &'a Value, attribute: &str) -> Option<&'a str> {
    attribute.split('.').try_fold(properties, |value, token| value.get(token))?.as_str()
}

fn identifies(property: &str) -> bool {
    ["Arn", "ARN", "Id", "ID", "Url", "URL", "Uri", "Endpoint", "Address", "DomainName", "Name"]
        .iter()
        .any(|suffix| property.ends_with(suffix))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index(values: &[&str]) -> ValueIndex {
        ValueIndex::new(
            values
                .iter()
                .map(|value| Entry {
                    value: (*value).to_owned(),
                    replacement: Replacement::Known("x".into()),
                    owner: None,
                })
                .collect(),
        )
    }

    fn found(index: &ValueIndex, text: &str) -> Vec<String> {
        index.occurrences(text).iter().map(|o| o.entry.value.clone()).collect()
    }

    #[test]
    fn the_longest_whole_value_wins() {
        let index = index(&["orders-dev", "arn:aws:s3:::orders-dev", "orders"]);
        assert_eq!(found(&index, "arn:aws:s3:::orders-dev/*"), ["arn:aws:s3:::orders-dev"]);
        assert_eq!(found(&index, "orders-dev.s3.amazonaws.com"), ["orders-dev"]);
    }

    #[test]
    fn a_value_inside_a_longer_name_is_not_found() {
        let index = index(&["orders-dev"]);
        assert!(found(&index, "orders-dev-2").is_empty());
        assert!(found(&index, "my-orders-dev").is_empty());
        assert_eq!(found(&index, "x/orders-dev:y"), ["orders-dev"]);
    }
}
