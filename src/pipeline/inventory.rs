//! Lists the resources of many accounts and Regions. Every account and every Region is read at the same time, each within the
//! limits of its own, and what fails in one is a gap there and nowhere else.

mod found;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use futures_util::future::join_all;

use super::estate::{self, CONCURRENCY, concurrently, is_listable};
use super::ports::{CloudError, CloudErrorKind, PRINCIPAL_TYPES, ReadBuckets, ReadCloud, ReadIndex};
use crate::domain::inventory::{
    AccountResult, Condition, InventoryGap, InventoryRow, InventorySource, KnownAccount, RegionResult,
};
use crate::domain::resource::ResourceRef;
use crate::schema::{Registry, TypeSchema};
use found::{Found, redacted, row, row_of};

/// The type that is listed in one Region and read in others.
pub const BUCKET: &str = "AWS::S3::Bucket";

/// Types that are listed at the same time in a Region, without a type.
const LISTINGS: usize = 16;

/// What is listed, and what of it is shown.
#[derive(Debug, Clone, Copy)]
pub struct InventoryScope<'a> {
    /// The type; `None` for all.
    pub type_name: Option<&'a str>,
    /// The only identifier.
    pub identifier: Option<&'a str>,
    /// Where resources are found.
    pub source: InventoryChoice,
    /// Whether the properties of each resource are read.
    pub reads: bool,
    /// What a resource must meet.
    pub conditions: &'a [Condition],
    /// The known resource types.
    pub registry: &'a Registry,
}

/// Where resources are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InventoryChoice {
    /// By Cloud Control's lists.
    List,
    /// In the tagging API.
    Tags,
    /// In an index.
    Index,
}

/// A Region of an account.
pub struct InventoryRegion {
    /// The Region.
    pub region: String,
    /// Reads it. The first Region of an account reads global services as well.
    pub reader: Box<dyn ReadCloud>,
    /// The index, if it is read.
    pub index: Option<Box<dyn ReadIndex>>,
}

/// An account, with its clients.
pub struct InventorySide<'a> {
    /// The account.
    pub account: &'a KnownAccount,
    /// Its Regions, of which there is at least one.
    pub regions: Vec<InventoryRegion>,
    /// Lists its buckets.
    pub buckets: Box<dyn ReadBuckets>,
}

/// Takes each row as soon as it is known.
pub type TakeRow<'a> = &'a (dyn Fn(InventoryRow) + Sync);

/// Lists the resources of an account.
pub async fn inventory(side: &InventorySide<'_>, scope: &InventoryScope<'_>, take: TakeRow<'_>) -> AccountResult {
    let KnownAccount { name, account, .. } = side.account;
    let schema = scope.type_name.and_then(|type_name| scope.registry.get(type_name));
    let is_bucket = scope.type_name == Some(BUCKET) && scope.source == InventoryChoice::List;
    let (regions, elsewhere) = match schema {
        Some(_) if is_bucket => buckets(side, scope, take).await,
        _ => {
            let is_global = schema.is_some_and(TypeSchema::is_global) && scope.source == InventoryChoice::List;
            // A global service has one list, whatever the Region.
            let regions = if is_global { &side.regions[..side.regions.len().min(1)] } else { &side.regions[..] };
            let homes = Homes::default();
            let reads = regions.iter().map(|region| Reading { side, region, scope, take, homes: &homes }.read());
            (join_all(reads).await, 0)
        }
    };
    AccountResult::read(name, account, regions, elsewhere)
}

/// Lists the buckets of an account once, and reads each in its own Region.
async fn buckets(side: &InventorySide<'_>, scope: &InventoryScope<'_>, take: TakeRow<'_>) -> (Vec<RegionResult>, u64) {
    let mut results: Vec<RegionResult> = side.regions.iter().map(|region| region_result(&region.region)).collect();
    let mut elsewhere = 0;
    let (mut known, mut unknown): (BTreeMap<usize, Vec<String>>, Vec<String>) = Default::default();
    match (side.buckets.buckets().await, side.regions.first()) {
        (Ok(places), _) => {
            for place in places.into_iter().filter(|one| scope.identifier.is_none_or(|wanted| wanted == one.name)) {
                let at = |home: &str| side.regions.iter().position(|one| one.region == home);
                match place.region.as_deref().map(at) {
                    Some(Some(at)) => known.entry(at).or_default().push(place.name),
                    Some(None) => elsewhere += 1,
                    None => unknown.push(place.name),
                }
            }
        }
        (Err(error), Some(first)) => {
            // Cloud Control's list has the buckets of all Regions, but does not name their Regions.
            match first.reader.list(BUCKET).await {
                Ok(names) => {
                    unknown.extend(names.into_iter().filter(|one| scope.identifier.is_none_or(|wanted| wanted == one)));
                }
                Err(_) => {
                    for result in &mut results {
                        result.gaps.push(gap(side, Some(&result.region), None, &error));
                    }
                    return (results, 0);
                }
            }
        }
        (Err(_), None) => return (results, 0),
    }
    let reads = known.into_iter().map(|(at, names)| async move {
        let region = &side.regions[at];
        let reads = names.into_iter().map(|name| async move {
            let resource = ResourceRef::new(BUCKET, name);
            let found = match scope.reads {
                true => region.reader.get(&resource).await,
                false => Ok(Some(serde_json::Value::Null)),
            };
            (resource, found)
        });
        (at, concurrently(CONCURRENCY, reads).await)
    });
    for (at, found) in join_all(reads).await {
        for (resource, found) in found {
            let result = &mut results[at];
            match found {
                Ok(Some(properties)) => {
                    result.found += 1;
                    let properties = scope.reads.then_some(properties);
                    give(row(side, &results[at].region, scope.registry, &resource, properties), scope, take);
                }
                Ok(None) => {}
                Err(error) => {
                    let gap = gap(side, Some(&result.region), Some(resource.identifier), &error);
                    result.gaps.push(gap);
                }
            }
        }
    }
    let probes = unknown.into_iter().map(|name| probe(side, ResourceRef::new(BUCKET, name)));
    for (resource, found) in concurrently(CONCURRENCY, probes).await {
        match found {
            Probed::In(at, properties) => {
                results[at].found += 1;
                give(row(side, &results[at].region, scope.registry, &resource, Some(properties)), scope, take);
            }
            Probed::Elsewhere => elsewhere += 1,
            Probed::Unread(error) => {
                let unread = gap(side, None, Some(resource.identifier), &error);
                results[0].gaps.push(unread);
            }
        }
    }
    for result in &mut results {
        result.source = Some(InventorySource::List);
    }
    (results, elsewhere)
}

/// Where a bucket was found whose Region is not known.
enum Probed {
    /// In the Region with this index.
    In(usize, serde_json::Value),
    /// In none of the Regions.
    Elsewhere,
    /// Not in one that answered.
    Unread(CloudError),
}

/// Reads a bucket in each Region until one has it.
async fn probe(side: &InventorySide<'_>, resource: ResourceRef) -> (ResourceRef, Probed) {
    let mut failed = None;
    for (at, region) in side.regions.iter().enumerate() {
        match region.reader.get(&resource).await {
            Ok(Some(properties)) => return (resource, Probed::In(at, properties)),
            Ok(None) => {}
            // S3 refuses to read a bucket of another Region.
            Err(error) => failed = Some(error),
        }
    }
    (resource, failed.map_or(Probed::Elsewhere, Probed::Unread))
}

/// Passes on a row that meets the conditions, without its secrets.
fn give(row: InventoryRow, scope: &InventoryScope<'_>, take: TakeRow<'_>) {
    if scope.conditions.iter().all(|condition| condition.holds(&row)) {
        take(redacted(row, scope.registry));
    }
}

fn region_result(region: &str) -> RegionResult {
    RegionResult { region: region.to_owned(), source: None, found: 0, is_unavailable: false, gaps: Vec::new() }
}

fn gap(side: &InventorySide<'_>, region: Option<&str>, subject: Option<String>, error: &CloudError) -> InventoryGap {
    InventoryGap {
        account_name: side.account.name.clone(),
        account: side.account.account.clone(),
        region: region.map(str::to_owned),
        subject,
        reason: error.reason(),
        is_denied: error.kind == CloudErrorKind::AccessDenied,
    }
}

/// The Regions of an account's buckets, which their ARNs do not name: an index may return a bucket in several Regions.
#[derive(Default)]
struct Homes {
    known: tokio::sync::OnceCell<BTreeMap<String, Option<String>>>,
    given: Mutex<BTreeSet<String>>,
}

impl Homes {
    /// True if a bucket that was found in a Region is to be reported there.
    async fn is_in(&self, side: &InventorySide<'_>, bucket: &str, region: &str) -> bool {
        if side.regions.len() < 2 {
            return true;
        }
        let list = || async {
            let listed = side.buckets.buckets().await.unwrap_or_default();
            listed.into_iter().map(|place| (place.name, place.region)).collect()
        };
        match self.known.get_or_init(list).await.get(bucket) {
            Some(Some(home)) => home == region,
            // The first Region that returns it.
            _ => self.given.lock().unwrap_or_else(PoisonError::into_inner).insert(bucket.to_owned()),
        }
    }
}

/// One Region of an account.
struct Reading<'a> {
    homes: &'a Homes,
    side: &'a InventorySide<'a>,
    region: &'a InventoryRegion,
    scope: &'a InventoryScope<'a>,
    take: TakeRow<'a>,
}

impl Reading<'_> {
    async fn read(self) -> RegionResult {
        let mut result = region_result(&self.region.region);
        match (self.scope.source, self.scope.type_name, self.scope.identifier) {
            (_, Some(type_name), Some(identifier)) => {
                result.source = Some(InventorySource::List);
                self.named(&ResourceRef::new(type_name, identifier), &mut result).await;
            }
            (InventoryChoice::List, Some(type_name), None) => {
                result.source = Some(InventorySource::List);
                self.list(type_name, &mut result).await;
            }
            (InventoryChoice::List, None, _) => {
                result.source = Some(InventorySource::List);
                self.list_all(&mut result).await;
            }
            (InventoryChoice::Tags, ..) => {
                result.source = Some(InventorySource::Tags);
                self.tagged(&mut result).await;
            }
            (InventoryChoice::Index, ..) => self.indexed(&mut result).await,
        }
        result
    }

    fn gap(&self, subject: Option<String>, error: &CloudError) -> InventoryGap {
        gap(self.side, Some(&self.region.region), subject, error)
    }

    fn give(&self, resource: &ResourceRef, properties: Option<serde_json::Value>) {
        let row = row(self.side, &self.region.region, self.scope.registry, resource, properties);
        give(row, self.scope, self.take);
    }

    async fn named(&self, resource: &ResourceRef, result: &mut RegionResult) {
        match self.region.reader.get(resource).await {
            Ok(Some(properties)) => {
                result.found += 1;
                self.give(resource, Some(properties));
            }
            Ok(None) => {}
            Err(error) if is_unavailable(&error) => result.is_unavailable = true,
            Err(error) => result.gaps.push(self.gap(None, &error)),
        }
    }

    async fn list(&self, type_name: &str, result: &mut RegionResult) {
        match self.region.reader.list(type_name).await {
            Ok(identifiers) => self.read_listed(type_name, identifiers, result).await,
            Err(error) if is_unavailable(&error) => result.is_unavailable = true,
            Err(error) => result.gaps.push(self.gap(None, &error)),
        }
    }

    async fn read_listed(&self, type_name: &str, identifiers: Vec<String>, result: &mut RegionResult) {
        let resources = identifiers.into_iter().map(|identifier| ResourceRef::new(type_name, identifier));
        if !self.scope.reads {
            for resource in resources {
                result.found += 1;
                self.give(&resource, None);
            }
            return;
        }
        let reads = resources.map(|resource| async move {
            let found = self.region.reader.get(&resource).await;
            if let Ok(Some(properties)) = &found {
                self.give(&resource, Some(properties.clone()));
            }
            (resource, found.map(|found| found.is_some()))
        });
        for (resource, found) in concurrently(CONCURRENCY, reads).await {
            match found {
                Ok(is_there) => result.found += u64::from(is_there),
                Err(error) => result.gaps.push(self.gap(Some(resource.to_string()), &error)),
            }
        }
    }

    /// Lists every type that can be listed.
    async fn list_all(&self, result: &mut RegionResult) {
        let registry = self.scope.registry;
        let types = registry.type_names().filter(|name| is_listable(registry, name));
        let listings = types.map(|name| async move { (name, self.region.reader.list(name).await) });
        for (type_name, listing) in concurrently(LISTINGS, listings).await {
            match listing {
                Ok(identifiers) => self.read_listed(type_name, identifiers, result).await,
                Err(error) if is_unavailable(&error) => {}
                Err(error) => result.gaps.push(self.gap(Some(type_name.to_owned()), &error)),
            }
        }
    }

    /// Takes what the tagging API returns, and IAM's roles and users, which it does not return.
    async fn tagged(&self, result: &mut RegionResult) {
        let tagged = match self.region.reader.tagged_if_permitted(None).await {
            Ok((tagged, refused)) => {
                let is_all = tagged.is_empty() && !refused.is_empty();
                let subject = || (!is_all).then(|| "tagging API".to_owned());
                result.gaps.extend(refused.iter().map(|error| self.gap(subject(), error)));
                tagged
            }
            Err(error) => {
                result.gaps.push(self.gap(None, &error));
                return;
            }
        };
        let mut found = Found::default();
        for one in tagged {
            found.add(self.scope.registry, self.scope.type_name, &one.arn, None, Some(one.tags));
        }
        let wants_principals = self.scope.type_name.is_none_or(|name| PRINCIPAL_TYPES.contains(&name));
        if wants_principals {
            match self.region.reader.tagged_principals().await {
                Ok(principals) => principals.into_iter().for_each(|one| {
                    found.add(self.scope.registry, self.scope.type_name, &one.arn, None, Some(one.tags));
                }),
                Err(error) => result.gaps.push(self.gap(Some("roles and users of IAM".to_owned()), &error)),
            }
        }
        self.give_found(found, result).await;
    }

    async fn indexed(&self, result: &mut RegionResult) {
        let Some(index) = &self.region.index else { return };
        let indexed = match index.resources().await {
            Ok(indexed) => indexed,
            Err(error) => {
                result.gaps.push(self.gap(None, &error));
                return;
            }
        };
        result.source = Some(InventorySource::Index {
            service: index.service(),
            covers_region: indexed.regions.contains(&self.region.region),
            through: indexed.through,
            updated: indexed.updated,
            filter: indexed.filter,
        });
        let mut found = Found::default();
        for one in &indexed.resources {
            found.add(self.scope.registry, self.scope.type_name, &one.arn, one.type_name.as_deref(), None);
        }
        self.give_found(found, result).await;
    }

    /// Passes on what an index or the tagging API returned; read first if properties are wanted.
    async fn give_found(&self, found: Found, result: &mut RegionResult) {
        let region = &self.region.region;
        let reads = found.rows.into_iter().map(|one| async move {
            if let Some(resource) = one.resource().filter(|resource| resource.type_name == BUCKET)
                && !self.homes.is_in(self.side, &resource.identifier, region).await
            {
                return Ok(false);
            }
            let can_be_read =
                one.resource().is_some_and(|resource| estate::is_readable(self.scope.registry, &resource));
            if !self.scope.reads || !can_be_read {
                give(row_of(self.side, region, self.scope.registry, one, None), self.scope, self.take);
                return Ok(true);
            }
            let Some(resource) = one.resource() else { return Ok(false) };
            match self.region.reader.get(&resource).await {
                Ok(Some(properties)) => {
                    give(row_of(self.side, region, self.scope.registry, one, Some(properties)), self.scope, self.take);
                    Ok(true)
                }
                // Both lag behind.
                Ok(None) => Ok(false),
                Err(error) => Err((resource, error)),
            }
        });
        for outcome in concurrently(CONCURRENCY, reads).await {
            match outcome {
                Ok(is_there) => result.found += u64::from(is_there),
                Err((resource, error)) => result.gaps.push(self.gap(Some(resource.to_string()), &error)),
            }
        }
    }
}

/// True if the Region does not have the type.
fn is_unavailable(error: &CloudError) -> bool {
    matches!(error.kind, CloudErrorKind::TypeNotFound | CloudErrorKind::Unsupported)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
