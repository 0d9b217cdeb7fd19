//! Collects the identifying values of resources and their replacements.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::index::{Entry, Replacement, ValueIndex};
use super::names::Tokens;
use super::versions;
use crate::domain::pointer;
use crate::domain::project::AccountId;
use crate::domain::resource::{LiveResource, ResourceRef};
use crate::schema::{AccountRegion, Registry, TypeSchema, predict_arn, without_references};

/// The counterpart of a resource of the source environment.
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
    },
    /// It is known by its name alone, because its type carries no tags.
    Named(Option<&'a str>),
    /// It has none.
    None,
}

/// Collects the replacements of the values of one environment's resources in another: the builder for
/// promotion and drift. Resources may be added in any order, as they become known.
#[derive(Debug)]
pub struct IndexBuilder<'a> {
    registry: &'a Registry,
    tokens: &'a Tokens,
    source: AccountRegion<'a>,
    target: AccountRegion<'a>,
    entries: Vec<Entry>,
}

impl<'a> IndexBuilder<'a> {
    /// An index of the project's own map alone, which takes precedence over everything.
    pub fn new(
        registry: &'a Registry,
        map: &BTreeMap<String, String>,
        tokens: &'a Tokens,
        source: AccountRegion<'a>,
        target: AccountRegion<'a>,
    ) -> Self {
        let entries = map
            .iter()
            .map(|(value, there)| Entry {
                value: value.clone(),
                replacement: Replacement::Known(there.clone()),
                owners: Vec::new(),
            })
            .collect();
        Self { registry, tokens, source, target, entries }
    }

    /// Adds the replacement of each identifying value of a live resource: its identifier, its name, and the
    /// read-only strings whose property name marks them as identifying (`Arn`, `QueueUrl`, `Endpoint.Address`, …).
    /// Statuses and times are skipped.
    pub fn add(&mut self, live: &LiveResource, counterpart: Counterpart<'_>) {
        let Some(schema) = self.registry.get(&live.resource.type_name) else { return };
        for (value, attribute) in identifying_values(schema, &live.resource, &live.properties) {
            if let Some(replacement) = self.replacement(schema, live, counterpart, &value, attribute) {
                self.push(live, value, replacement);
            }
        }
        if let Some(key) = versions::key_of(&live.properties).filter(|_| versions::is_version(&schema.type_name))
            && let Some(replacement) = self.replacement(schema, live, counterpart, &key, "Version".to_owned())
        {
            self.push(live, key, replacement);
        }
    }

    fn push(&mut self, live: &LiveResource, value: String, replacement: Replacement) {
        let mut add = |value: String, replacement| {
            self.entries.push(Entry { value, replacement, owners: vec![live.resource.clone()] });
        };
        // A log group's ARN ends in `:*`, but is referred to with and without it.
        if let Some(bare) = value.strip_suffix(":*") {
            match &replacement {
                Replacement::Known(there) => {
                    let there = there.trim_end_matches(":*").to_owned();
                    add(bare.to_owned(), Replacement::Known(there));
                }
                Replacement::Missing => add(bare.to_owned(), Replacement::Missing),
                Replacement::Attribute { .. } | Replacement::Ambiguous | Replacement::SameName => {}
            }
        }
        // Policies name the host of a URL without its scheme (`oidc.eks.…/id/…`).
        if let Some((_, bare)) = value.split_once("://") {
            match &replacement {
                Replacement::Known(there) => {
                    let there = there.split_once("://").map_or(there.as_str(), |(_, bare)| bare).to_owned();
                    add(bare.to_owned(), Replacement::Known(there));
                }
                Replacement::Missing => add(bare.to_owned(), Replacement::Missing),
                Replacement::Attribute { .. } | Replacement::Ambiguous | Replacement::SameName => {}
            }
        }
        add(value, replacement);
    }

    /// The replacement of a value of a resource; `None` for a value that does not identify anything.
    fn replacement(
        &self,
        schema: &TypeSchema,
        live: &LiveResource,
        counterpart: Counterpart<'_>,
        value: &str,
        attribute: String,
    ) -> Option<Replacement> {
        let name_property = schema.name_property.as_deref();
        let is_name = name_property.and_then(|property| live.properties.get(property)?.as_str()) == Some(value);
        let expected = |name: Option<&str>| {
            let name = name?;
            if is_name { Some(name.to_owned()) } else { self.predicted(schema, live, value, name) }
        };
        match counterpart {
            Counterpart::Existing { identifier, properties } => {
                let is_identifier = value == live.resource.identifier;
                let there = if is_identifier { Some(identifier) } else { lookup(properties, &attribute) };
                Some(there.map_or(Replacement::Missing, |there| Replacement::Known(there.to_owned())))
            }
            Counterpart::Created { logical_id, name } => Some(match expected(name) {
                Some(there) => Replacement::Known(there),
                // An attribute that is an element of a list cannot be named.
                None if attribute.split('.').any(is_number) => Replacement::Missing,
                None => Replacement::Attribute { logical_id: logical_id.to_owned(), attribute },
            }),
            Counterpart::Named(name) => expected(name).map(Replacement::Known),
            // A name without an environment token is the same in both environments.
            Counterpart::None if is_name && !self.tokens.occurs_in(value) => Some(Replacement::SameName),
            Counterpart::None => Some(Replacement::Missing),
        }
    }

    /// The predicted ARN of a resource under its new name. Trusted only where the same rule gives the
    /// source's real ARN.
    fn predicted(&self, schema: &TypeSchema, live: &LiveResource, value: &str, name: &str) -> Option<String> {
        let (bare, suffix) = value.strip_suffix(":*").map_or((value, ""), |bare| (bare, ":*"));
        if predict_arn(schema, &live.resource.identifier, &live.properties, self.source)? != bare {
            return None;
        }
        let mut renamed = without_references(schema, &live.properties);
        for path in &schema.read_only {
            path.remove_from(&mut renamed);
        }
        let property = schema.name_property.as_ref()?;
        renamed.as_object_mut()?.insert(property.clone(), Value::String(name.to_owned()));
        let identifier = schema.identifier_of(&renamed)?;
        predict_arn(schema, &identifier, &renamed, self.target).map(|arn| arn + suffix)
    }

    /// The index of everything added.
    pub fn build(self) -> ValueIndex {
        ValueIndex::new(self.registry, self.entries)
    }
}

/// Finds which of a set of resources a document refers to, by their values.
#[derive(Debug)]
pub struct OwnerIndex(ValueIndex);

impl OwnerIndex {
    /// An index of these resources' identifying values.
    pub fn new<'a>(registry: &Registry, resources: impl Iterator<Item = &'a LiveResource>) -> Self {
        let mut entries = Vec::new();
        for live in resources {
            let Some(schema) = registry.get(&live.resource.type_name) else { continue };
            for (value, _) in identifying_values(schema, &live.resource, &live.properties) {
                let bare = value.strip_suffix(":*").map(str::to_owned);
                let owners = || vec![live.resource.clone()];
                entries.extend(bare.map(|value| Entry { value, replacement: Replacement::Missing, owners: owners() }));
                entries.push(Entry { value, replacement: Replacement::Missing, owners: owners() });
            }
        }
        Self(ValueIndex::new(registry, entries))
    }

    /// The resources whose values occur in the strings of a document of this account.
    pub fn find(&self, document: &Value, account: &AccountId) -> BTreeSet<ResourceRef> {
        let mut found = BTreeSet::new();
        if self.0.is_empty() {
            return found;
        }
        pointer::for_each_string(document, &mut |_, text| {
            let occurrences = self.0.occurrences(text, account).into_iter();
            found.extend(occurrences.flat_map(|occurrence| occurrence.entry.owners.clone()));
        });
        found
    }
}

/// The values that identify a resource, with their attributes.
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
        let last = attribute.rsplit('.').find(|token| !is_number(token)).unwrap_or_default();
        if schema.is_read_only(at) && text.len() >= 5 && identifies(last) {
            values.push((text.to_owned(), attribute));
        }
    });
    values.retain(|(value, _)| !value.is_empty());
    values
}

/// The string at a dotted attribute path.
fn lookup<'a>(properties: &'a Value, attribute: &str) -> Option<&'a str> {
    let step = |value: &'a Value, token: &str| match value {
        Value::Array(items) => items.get(token.parse::<usize>().ok()?),
        other => other.get(token),
    };
    attribute.split('.').try_fold(properties, step)?.as_str()
}

fn is_number(token: &str) -> bool {
    !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_digit())
}

/// True for a read-only property whose name marks its value as identifying.
pub fn identifies(property: &str) -> bool {
    let property = property.strip_suffix('s').unwrap_or(property);
    ["Arn", "ARN", "Id", "ID", "Url", "URL", "Uri", "Endpoint", "EndPoint", "Addres", "Address", "DomainName", "Name"]
        .iter()
        .any(|suffix| property.ends_with(suffix))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_predicted_arn_is_in_the_target_account() {
        let role = ResourceRef::new("AWS::IAM::Role", "app-dev");
        let live = serde_json::json!({"RoleName": "app-dev", "Path": "/", "Arn": "arn:aws:iam::111111111111:role/app-dev", "RoleId": "AROAXXXXXXXX"});
        let live = LiveResource { resource: role, properties: live, tags: Default::default(), arn: None };
        let tokens = Tokens::between(&[], &[]);
        let here = AccountRegion { account: "111111111111", region: "us-east-1" };
        let there = AccountRegion { account: "222222222222", region: "us-east-1" };
        let registry = Registry::embedded();
        let mut builder = IndexBuilder::new(&registry, &BTreeMap::new(), &tokens, here, there);
        builder.add(&live, Counterpart::Created { logical_id: "Role", name: Some("app-prod") });
        let found = builder.entries;
        let of = |value: &str| found.iter().find(|entry| entry.value == value).map(|entry| entry.replacement.clone());
        assert_eq!(
            of("arn:aws:iam::111111111111:role/app-dev"),
            Some(Replacement::Known("arn:aws:iam::222222222222:role/app-prod".into()))
        );
        assert_eq!(of("app-dev"), Some(Replacement::Known("app-prod".into())));
        assert!(matches!(of("AROAXXXXXXXX"), Some(Replacement::Attribute { .. })));
    }
}
