//! Rows of resources: from reads and lists, and from ARNs.

use std::collections::BTreeSet;

use serde_json::Value;

use super::InventorySide;
use crate::domain::inventory::InventoryRow;
use crate::domain::plan::redact;
use crate::domain::resource::ResourceRef;
use crate::domain::tags::{self, Tags};
use crate::pipeline::estate;
use crate::schema::{Arn, Identified, Registry, TypeSchema, arn_of};

/// A resource that an index or the tagging API returned.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct FoundArn {
    arn: String,
    type_name: Option<String>,
    identifier: String,
    tags: Option<Tags>,
}

impl FoundArn {
    /// The resource, if its type is known.
    pub(super) fn resource(&self) -> Option<ResourceRef> {
        Some(ResourceRef::new(self.type_name.as_deref()?, self.identifier.as_str()))
    }
}

/// What an index or the tagging API returned, each once.
#[derive(Debug, Default)]
pub(super) struct Found {
    seen: BTreeSet<String>,
    pub(super) rows: Vec<FoundArn>,
}

impl Found {
    /// Adds what an ARN names, if it is of the wanted type. `of_index` is the type according to the index.
    pub(super) fn add(
        &mut self,
        registry: &Registry,
        wanted: Option<&str>,
        arn: &str,
        of_index: Option<&str>,
        tags: Option<Tags>,
    ) {
        let candidates = match registry.identify(arn) {
            Identified::Exactly(resource) => vec![resource],
            Identified::Ambiguous(several) => several,
            Identified::OfType(_) | Identified::Unknown => Vec::new(),
        };
        // The wanted type decides between several, then the index; the most likely one is first.
        let is = |name: Option<&str>| candidates.iter().find(|one| name == Some(one.type_name.as_str()));
        let chosen = wanted.and_then(|_| is(wanted)).or_else(|| is(of_index)).or_else(|| candidates.first());
        let type_name = chosen.map(|one| one.type_name.as_str()).or(of_index);
        if wanted.is_some() && wanted != type_name || !self.seen.insert(arn.to_owned()) {
            return;
        }
        self.rows.push(FoundArn {
            arn: arn.to_owned(),
            type_name: type_name.map(str::to_owned),
            identifier: chosen.map_or_else(|| arn.to_owned(), |one| one.identifier.clone()),
            tags,
        });
    }
}

/// Returns the row of a resource that was read or listed.
pub(super) fn row(
    side: &InventorySide<'_>,
    region: &str,
    registry: &Registry,
    resource: &ResourceRef,
    properties: Option<Value>,
) -> InventoryRow {
    let schema = registry.get(&resource.type_name);
    let account = &side.account.account;
    let arn = match (schema, &properties) {
        (Some(schema), Some(properties)) => estate::own_arn(schema, resource, properties)
            .or_else(|| arn_of(schema, &resource.identifier, properties, account.as_str(), region)),
        _ => Some(resource.identifier.clone()).filter(|identifier| identifier.starts_with("arn:")),
    };
    let tags = match (schema, &properties) {
        (Some(schema), Some(properties)) => Some(tags::read(schema, properties)),
        _ => None,
    };
    InventoryRow {
        account_name: side.account.name.clone(),
        account: account.clone(),
        region: region_of(schema, arn.as_deref(), region),
        type_name: Some(resource.type_name.clone()),
        identifier: resource.identifier.clone(),
        arn,
        properties,
        tags,
    }
}

/// Returns the row of a resource that an index or the tagging API returned.
pub(super) fn row_of(
    side: &InventorySide<'_>,
    region: &str,
    registry: &Registry,
    found: FoundArn,
    properties: Option<Value>,
) -> InventoryRow {
    let schema = found.type_name.as_deref().and_then(|name| registry.get(name));
    let read = match (schema, &properties) {
        (Some(schema), Some(properties)) => Some(tags::read(schema, properties)).filter(|tags| !tags.is_empty()),
        _ => None,
    };
    InventoryRow {
        account_name: side.account.name.clone(),
        account: side.account.account.clone(),
        region: region_of(schema, Some(&found.arn), region),
        type_name: found.type_name,
        identifier: found.identifier,
        arn: Some(found.arn),
        properties,
        tags: read.or(found.tags),
    }
}

/// Returns the Region of a resource: that of its ARN, none for a global service, and otherwise the one in which it was found.
fn region_of(schema: Option<&TypeSchema>, arn: Option<&str>, region: &str) -> Option<String> {
    let parsed = arn.and_then(Arn::parse);
    match parsed {
        Some(arn) if !arn.region.is_empty() => Some(arn.region.to_owned()),
        // The ARNs of buckets have no Region.
        Some(arn) if arn.service != "s3" => None,
        _ if schema.is_some_and(TypeSchema::is_global) => None,
        _ => Some(region.to_owned()),
    }
}

/// Returns a row without the values that are secrets by the rules of every output.
pub(super) fn redacted(row: InventoryRow, registry: &Registry) -> InventoryRow {
    let schema = row.type_name.as_deref().and_then(|name| registry.get(name));
    let properties = row.properties.as_ref().map(|properties| redact(schema, properties, &BTreeSet::new()));
    InventoryRow { properties, ..row }
}
