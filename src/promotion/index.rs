//! What each identifying value of the source environment becomes in the target environment.
//!
//! Schemas declare few relationships between types (26 of 1,489), so references are found by
//! value: every ARN, id, URL and name of a known resource is looked up wherever it stands.

use std::collections::HashMap;

use aho_corasick::AhoCorasick;
use serde_json::Value;

use super::names::Tokens;
use super::reference;
use crate::domain::pointer;
use crate::domain::project::AccountId;
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
    /// Several resources have this value (a function and a table of one name), and what it becomes
    /// depends on which is meant.
    Ambiguous,
}

/// One identifying value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The value in the source environment.
    pub value: String,
    /// What it becomes.
    pub replacement: Replacement,
    /// The resources that it identifies; none for an entry of the project's own map.
    pub owners: Vec<ResourceRef>,
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
    /// Builds an index. The project's own map wins over everything; where several resources share
    /// a value, what it becomes must be the same for all of them.
    pub fn new(entries: Vec<Entry>) -> Self {
        let mut kept: Vec<Entry> = Vec::with_capacity(entries.len());
        let mut places: HashMap<String, usize> = HashMap::new();
        for entry in entries.into_iter().filter(|entry| !entry.value.is_empty()) {
            match places.get(&entry.value) {
                None => {
                    places.insert(entry.value.clone(), kept.len());
                    kept.push(entry);
                }
                Some(&at) if kept[at].owners.is_empty() => {}
                Some(&at) => {
                    let known = &mut kept[at];
                    let new_owners: Vec<ResourceRef> =
                        entry.owners.into_iter().filter(|owner| !known.owners.contains(owner)).collect();
                    if !new_owners.is_empty() && known.replacement != entry.replacement {
                        let missing = [&known.replacement, &entry.replacement].contains(&&Replacement::Missing);
                        known.replacement = if missing { Replacement::Missing } else { Replacement::Ambiguous };
                    }
                    known.owners.extend(new_owners);
                }
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

    /// Where values of the index stand in a text of this account's: leftmost first, the longest of
    /// those that begin at the same place, none overlapping. A value counts only as a whole word,
    /// and a name inside an ARN only where the ARN is one of its owner's (see [`reference::fits`]).
    pub fn occurrences<'a>(&'a self, text: &str, account: &AccountId) -> Vec<Occurrence<'a>> {
        let Some(automaton) = &self.automaton else {
            return Vec::new();
        };
        let arns = reference::arns(text);
        let mut all: Vec<Occurrence<'a>> = automaton
            .find_overlapping_iter(text)
            .filter(|found| is_whole(text, found.start(), found.end()))
            .filter_map(|found| {
                let entry = self.entries.get(found.pattern().as_usize())?;
                let (start, end) = (found.start(), found.end());
                reference::fits(text, &arns, start..end, entry, account).then_some(Occurrence { start, end, entry })
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
        entries.push(Entry { value: value.to_owned(), replacement, owners: vec![resource.clone()] });
    };
    let name_property = schema.name_property.as_deref();
    let name = name_property.and_then(|property| properties.get(property)).and_then(Value::as_str);
    for (value, attribute) in identifying_values(schema, resource, properties) {
        let is_name = Some(value.as_str()) == name;
        let replacement = match counterpart {
            Counterpart::Existing { identifier, properties } => {
                let there =
                    if value == resource.identifier { Some(identifier) } else { lookup(properties, &attribute) };
                there.map_or(Replacement::Missing, |there| Replacement::Known(there.to_owned()))
            }
            Counterpart::Created { logical_id, name: new_name, place, source_place } => {
                let predicted = new_name
                    .and_then(|new_name| predict(schema, resource, properties, &value, new_name, place, source_place));
                match (new_name.filter(|_| is_name), predicted) {
                    (Some(new_name), _) => Replacement::Known(new_name.to_owned()),
                    (None, Some(arn)) => Replacement::Known(arn),
                    (None, None) => {
                        Replacement::Attribute { logical_id: logical_id.to_owned(), attribute: attribute.clone() }
                    }
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
                Replacement::Attribute { .. } | Replacement::Ambiguous => {}
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
    // Without its read-only values: the ARN is to be formed anew, not looked up.
    let mut own = properties.clone();
    for path in &schema.read_only {
        path.remove_from(&mut own);
    }
    let (bare, suffix) = value.strip_suffix(":*").map_or((value, ""), |bare| (bare, ":*"));
    let form = |identifier: &str, properties: &Value, place: (&str, &str)| {
        let arn = crate::schema::arn_of(&schema.type_name, identifier, properties, place.0, place.1)?;
        Some(arn.trim_end_matches(":*").to_owned())
    };
    if form(&resource.identifier, &own, source_place)? != bare {
        return None;
    }
    let property = schema.name_property.as_ref()?;
    own.as_object_mut()?.insert(property.clone(), Value::String(new_name.to_owned()));
    let identifier = schema.identifier_of(&own)?;
    form(&identifier, &own, place).map(|arn| arn + suffix)
}

fn identifying_values(schema: &TypeSchema, resource: &ResourceRef, properties: &Value) -> Vec<(String, String)> {
    let mut values = Vec::new();
    if let [property] = schema.primary_identifier.as_slice() {
        // A child that is identified by its parent's name (a bucket's policy) has no name of its own.
        let own = schema.is_read_only(&format!("/{property}")) || schema.name_property.as_ref() == Some(property);
        if own {
            values.push((resource.identifier.clone(), property.replace('/', ".")));
        }
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
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn index(values: &[&str]) -> ValueIndex {
        ValueIndex::new(
            values
                .iter()
                .map(|value| Entry {
                    value: (*value).to_owned(),
                    replacement: Replacement::Known("x".into()),
                    owners: Vec::new(),
                })
                .collect(),
        )
    }

    fn account() -> AccountId {
        AccountId::parse("111111111111").unwrap()
    }

    fn found(index: &ValueIndex, text: &str) -> Vec<String> {
        index.occurrences(text, &account()).iter().map(|o| o.entry.value.clone()).collect()
    }

    #[test]
    fn the_longest_whole_value_wins() {
        let index = index(&["orders-dev", "arn:aws:s3:::orders-dev", "orders"]);
        assert_eq!(found(&index, "arn:aws:s3:::orders-dev/*"), ["arn:aws:s3:::orders-dev"]);
        assert_eq!(found(&index, "orders-dev.s3.amazonaws.com"), ["orders-dev"]);
    }

    #[test]
    fn a_value_of_several_resources_is_only_certain_where_they_agree() {
        let entry = |id: &str, replacement: Replacement| Entry {
            value: "orders-dev".into(),
            replacement,
            owners: vec![ResourceRef::new("AWS::X::Y", id)],
        };
        let known = |text: &str| Replacement::Known(text.into());
        let of =
            |entries: Vec<Entry>| ValueIndex::new(entries).get("orders-dev").map(|entry| entry.replacement.clone());
        assert_eq!(of(vec![entry("a", known("p")), entry("b", known("p"))]), Some(known("p")));
        assert_eq!(of(vec![entry("a", known("p")), entry("b", known("q"))]), Some(Replacement::Ambiguous));
        assert_eq!(of(vec![entry("a", known("p")), entry("b", Replacement::Missing)]), Some(Replacement::Missing));
        let mapped = Entry { value: "orders-dev".into(), replacement: known("m"), owners: vec![] };
        assert_eq!(of(vec![mapped, entry("b", Replacement::Missing)]), Some(known("m")));
    }

    #[test]
    fn a_predicted_arn_belongs_to_the_other_account() {
        let schema = crate::schema::Registry::get("AWS::IAM::Role").unwrap();
        let role = ResourceRef::new("AWS::IAM::Role", "app-dev");
        let live = serde_json::json!({"RoleName": "app-dev", "Path": "/", "Arn": "arn:aws:iam::111111111111:role/app-dev", "RoleId": "AROAXXXXXXXX"});
        let counterpart = Counterpart::Created {
            logical_id: "Role",
            name: Some("app-prod"),
            place: ("222222222222", "us-east-1"),
            source_place: ("111111111111", "us-east-1"),
        };
        let found = entries(schema, &role, &live, counterpart, &Tokens::between(&[], &[]));
        let of = |value: &str| found.iter().find(|entry| entry.value == value).map(|entry| entry.replacement.clone());
        assert_eq!(
            of("arn:aws:iam::111111111111:role/app-dev"),
            Some(Replacement::Known("arn:aws:iam::222222222222:role/app-prod".into()))
        );
        assert_eq!(of("app-dev"), Some(Replacement::Known("app-prod".into())));
        assert!(matches!(of("AROAXXXXXXXX"), Some(Replacement::Attribute { .. })));
    }

    #[test]
    fn a_value_inside_a_longer_name_is_not_found() {
        let index = index(&["orders-dev"]);
        assert!(found(&index, "orders-dev-2").is_empty());
        assert!(found(&index, "my-orders-dev").is_empty());
        assert_eq!(found(&index, "x/orders-dev:y"), ["orders-dev"]);
    }
}
