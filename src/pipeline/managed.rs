//! Reads managed resources: those that the tagging API returns, and those of types that it does not support.

use std::collections::{BTreeMap, BTreeSet};

use super::catalog::{AmbiguousArn, Catalog, Listed};
use super::estate::{
    CONCURRENCY, Estate, Keep, ReadProgress, Unreadable, concurrently, is_readable, read, read_all, read_each,
};
use super::event::{Event, Events};
use super::ports::{CloudError, CloudErrorKind, ReadCloud};
use crate::compare::applied::AppliedDigest;
use crate::compare::drift::has_moved;
use crate::domain::audit::is_service_owned;
use crate::domain::resource::{LiveResource, ResourceRef};
use crate::domain::tags::{self, Tags};
use crate::promotion::claims::counterpart;
use crate::schema::{self, ActualType};

/// Reads all resources that are tagged as managed by stagegate.
///
/// # Errors
/// The tagging API did not respond or denied the call; without it, the managed resources are unknown.
pub async fn managed(reader: &dyn ReadCloud, events: &Events) -> Result<Estate, CloudError> {
    let catalog = Catalog::read(reader, events).await?;
    let mut estate = Estate::default();
    read_managed(reader, catalog, &mut estate, events).await;
    Ok(estate)
}

/// Tags that no comparison looks at in a listing.
const NOT_COMPARED: &[&str] = &[
    tags::APPLIED_DIGEST,
    tags::COST_ESTIMATE,
    tags::CREATED_BY,
    tags::CREATED_DATE,
    tags::ENVIRONMENT,
    tags::MANAGED_BY_VERSION,
    tags::PROJECT,
    tags::PROMOTION_LEASE,
    tags::PURPOSE,
    tags::STACK_CHILDREN,
];

/// Like [`managed`], for comparisons: reports what may not be read, and keeps of each resource only what is compared.
///
/// # Errors
/// The tagging API did not respond.
pub async fn managed_to_compare(reader: &dyn ReadCloud, events: &Events) -> Result<Estate, CloudError> {
    let catalog = Catalog::read_if_permitted(reader, NOT_COMPARED, events).await?;
    let mut estate = Estate { keep: Keep::Packed, ..Estate::default() };
    read_managed(reader, catalog, &mut estate, events).await;
    Ok(estate)
}

/// Reads all resources of a catalog that were not read before.
pub async fn read_managed(reader: &dyn ReadCloud, catalog: Catalog, estate: &mut Estate, events: &Events) {
    let Catalog { exact, open, unserved, unreadable, unsupported } = catalog;
    estate.unsupported.extend(unsupported);
    for failed in unreadable {
        estate.note(failed);
    }
    let known = |estate: &Estate, resource: &ResourceRef| estate.live.contains_key(resource);
    let exact: Vec<(ResourceRef, Listed)> =
        exact.into_iter().filter(|(resource, _)| !known(estate, resource)).collect();
    read_listed(reader, exact, estate, events).await;
    resolve(reader, open, estate, events).await;
    let unserved = unserved.into_iter().filter(|resource| !known(estate, resource)).collect();
    let kept = |live| estate.keep.of(reader.registry(), live);
    for live in read_each(reader, unserved, &mut estate.unreadable, events, kept).await {
        if tags::is_managed(&live.tags) {
            estate.insert(live);
        }
    }
    estate.unsupported.sort();
}

/// Reads resources that the tagging API returned; those that no longer exist are omitted.
pub async fn read_listed(
    reader: &dyn ReadCloud,
    listed: Vec<(ResourceRef, Listed)>,
    estate: &mut Estate,
    events: &Events,
) {
    let (readable, unserved): (Vec<_>, Vec<_>) =
        listed.into_iter().partition(|(resource, _)| is_readable(reader.registry(), resource));
    estate.unsupported.extend(unserved.into_iter().map(|(_, listed)| listed.arn));
    let reading = &ReadProgress::new(reader, readable.len(), events);
    let keep = estate.keep;
    let read = |(resource, listed): (ResourceRef, Listed)| async move {
        let found = read(reader, &resource, Some(&listed.tags)).await;
        let found = found.map(|live| live.map(|live| keep.of(reader.registry(), live)));
        reading.counted((resource, listed.arn, found))
    };
    let outcomes = concurrently(CONCURRENCY, readable.into_iter().map(read)).await;
    for (resource, arn, outcome) in outcomes {
        match outcome {
            Ok(Some(mut live)) => {
                live.arn.get_or_insert(arn);
                estate.insert(live);
            }
            Ok(None) => {}
            Err(error) => estate.note(Unreadable { resource, error, referred: false }),
        }
    }
}

/// Determines the resources of ambiguous ARNs, and reads them.
pub async fn resolve(reader: &dyn ReadCloud, open: Vec<AmbiguousArn>, estate: &mut Estate, events: &Events) {
    let (ambiguous, of_type): (Vec<AmbiguousArn>, Vec<AmbiguousArn>) =
        open.into_iter().partition(|open| !open.candidates.is_empty());
    let reading = &ReadProgress::new(reader, ambiguous.len(), events);
    let keep = estate.keep;
    let probes = ambiguous.into_iter().map(|open| async move {
        let resolved = match resolve_one(reader, open.arn, open.tags, open.candidates).await {
            Resolved::Live(live) => Resolved::Live(Box::new(keep.of(reader.registry(), *live))),
            other => other,
        };
        reading.counted(resolved)
    });
    let outcomes = concurrently(CONCURRENCY, probes).await;
    for outcome in outcomes {
        match outcome {
            Resolved::Live(live) => estate.insert(*live),
            Resolved::Gone => {}
            Resolved::Unsupported(arn) => estate.unsupported.push(arn),
            Resolved::Unreadable(unreadable) => estate.note(*unreadable),
        }
    }
    let types: BTreeSet<&'static str> = of_type.iter().flat_map(|open| open.types.iter().copied()).collect();
    let mut wanted: BTreeMap<String, Tags> = of_type.into_iter().map(|open| (open.arn, open.tags)).collect();
    for type_name in types {
        events.emit(Event::listing(reader, Some(type_name)));
        let identifiers = match reader.list(type_name).await {
            Ok(identifiers) => identifiers,
            Err(error) => {
                estate.note(Unreadable { resource: ResourceRef::new(type_name, "*"), error, referred: false });
                continue;
            }
        };
        let candidates: Vec<ResourceRef> = identifiers
            .into_iter()
            .map(|identifier| ResourceRef::new(type_name, identifier))
            .filter(|resource| !is_service_owned(resource, None))
            .collect();
        for mut live in read_all(reader, candidates, &mut estate.unreadable, events).await {
            let arn =
                wanted.iter().find(|(arn, tags)| is_named_by(reader, &live, arn, tags)).map(|(arn, _)| arn.clone());
            if let Some(arn) = &arn {
                wanted.remove(arn);
                live.arn = Some(arn.clone());
            }
            if arn.is_some() || tags::is_managed(&live.tags) {
                estate.insert(keep.of(reader.registry(), live));
            }
        }
    }
    estate.unsupported.extend(wanted.into_keys());
}

/// True if an ARN that the tagging API returned with these tags is that of a resource: by its format, or, where that contains an
/// id that no read returns, by the tags, of which some are the resource's alone.
fn is_named_by(reader: &dyn ReadCloud, live: &LiveResource, arn: &str, tags: &Tags) -> bool {
    let LiveResource { resource, properties, .. } = live;
    if let Some(own) = &live.arn {
        return own == arn;
    }
    let Some(schema) = reader.registry().get(&resource.type_name) else { return false };
    let rendered = schema::Arn::parse(arn)
        .and_then(|parsed| schema::arn_of(schema, &resource.identifier, properties, parsed.account, parsed.region));
    rendered.as_deref() == Some(arn)
        || tags.iter().all(|(key, value)| live.tags.get(key) == Some(value))
            && [tags::OPERATION_ID, tags::STACK_RESOURCE].iter().any(|key| tags.contains_key(*key))
}

/// Reads a resource that the user names and that neither the tagging API nor a listing returned. In another account AWS may
/// refuse what does not exist there: errors count only if no environment has the resource.
///
/// # Errors
/// The credentials are no longer valid.
pub async fn read_named(
    resource: &ResourceRef,
    sides: &mut [(&dyn ReadCloud, &mut Estate)],
    keep: impl Fn(LiveResource) -> Option<LiveResource>,
) -> Result<(), CloudError> {
    let is_known = sides.iter().any(|(_, estate)| {
        estate.live.contains_key(resource) || estate.unreadable.iter().any(|hidden| hidden.resource == *resource)
    });
    if is_known || !sides.first().is_some_and(|(reader, _)| is_readable(reader.registry(), resource)) {
        return Ok(());
    }
    let reads = futures_util::future::join_all(sides.iter().map(|(reader, _)| read(*reader, resource, None))).await;
    let is_found = reads.iter().any(|found| matches!(found, Ok(Some(_))));
    for ((_, estate), found) in sides.iter_mut().zip(reads) {
        match found {
            Ok(live) => live.and_then(&keep).into_iter().for_each(|live| estate.insert(live)),
            Err(error) if error.kind == CloudErrorKind::Credentials => return Err(error),
            // The identifier does not have the form of the type's, or the type is not available.
            Err(error) if is_found || error.is_final() && error.kind != CloudErrorKind::AccessDenied => {}
            Err(error) => estate.note(Unreadable { resource: resource.clone(), error, referred: false }),
        }
    }
    Ok(())
}

/// Reads counterparts that tags name but that are not among the managed resources of the other side (because their tags
/// were removed, or the tagging API lags behind), so that missing ones are known to be missing.
///
/// Resources that cannot be read are recorded in their estate.
///
/// # Errors
/// The credentials are no longer valid.
pub async fn complete_claims(
    from: &dyn ReadCloud,
    to: &dyn ReadCloud,
    source: &mut Estate,
    target: &mut Estate,
) -> Result<(), CloudError> {
    complete(to, source, target, tags::PROD_COUNTERPART).await?;
    complete(from, target, source, tags::DEV_COUNTERPART).await
}

async fn complete(reader: &dyn ReadCloud, near: &Estate, far: &mut Estate, key: &str) -> Result<(), CloudError> {
    let known = |claim: &ResourceRef| {
        far.live.contains_key(claim) || far.unreadable.iter().any(|unreadable| unreadable.resource == *claim)
    };
    let claims: BTreeSet<ResourceRef> =
        near.live.values().filter_map(|live| counterpart(live, key)).filter(|claim| !known(claim)).collect();
    let reads = claims.into_iter().map(|claim| async move {
        let found = read(reader, &claim, None).await;
        (claim, found)
    });
    for (claim, found) in concurrently(CONCURRENCY, reads).await {
        match found {
            Ok(Some(live)) => far.insert(live),
            Ok(None) => {}
            Err(error) if error.kind == CloudErrorKind::Credentials => return Err(error),
            Err(error) => far.unreadable.push(Unreadable { resource: claim, error, referred: false }),
        }
    }
    Ok(())
}

enum Resolved {
    Live(Box<LiveResource>),
    /// The resource was deleted, but the tagging API still returns it.
    Gone,
    Unsupported(String),
    Unreadable(Box<Unreadable>),
}

async fn resolve_one(reader: &dyn ReadCloud, arn: String, tags: Tags, candidates: Vec<ResourceRef>) -> Resolved {
    let mut failure = None;
    for resource in candidates {
        match probe(reader, &resource, &tags).await {
            Ok(Probed::Is(mut live)) => {
                live.arn.get_or_insert(arn);
                return Resolved::Live(live);
            }
            Ok(Probed::NotServed) => return Resolved::Unsupported(arn),
            Ok(Probed::Absent) => {}
            Err(error) => failure = Some(Unreadable { resource, error, referred: false }),
        }
    }
    failure.map_or(Resolved::Gone, |unreadable| Resolved::Unreadable(Box::new(unreadable)))
}

enum Probed {
    Is(Box<LiveResource>),
    Absent,
    /// The resource exists, but Cloud Control cannot read its type.
    NotServed,
}

impl From<Option<LiveResource>> for Probed {
    fn from(found: Option<LiveResource>) -> Self {
        found.map_or(Self::Absent, |live| Self::Is(Box::new(live)))
    }
}

/// Reads one of several candidates, and the related type if the properties show that the resource may be of another type.
async fn probe(reader: &dyn ReadCloud, candidate: &ResourceRef, tags: &Tags) -> Result<Probed, CloudError> {
    let Some(live) = read(reader, candidate, Some(tags)).await? else { return Ok(Probed::Absent) };
    let as_type = |name: &str| ResourceRef::new(name, &candidate.identifier);
    match schema::actual_type(&candidate.type_name, &live.properties) {
        ActualType::AsRead => Ok(Probed::Is(Box::new(live))),
        ActualType::Other(name) if !is_readable(reader.registry(), &as_type(name)) => Ok(Probed::NotServed),
        ActualType::Other(name) => Ok(read(reader, &as_type(name), Some(tags)).await?.into()),
        ActualType::AsReadUnless(name)
            if is_as_promoted(reader, &live)
                || is_applied_as_read(&live, name)
                || !is_readable(reader.registry(), &as_type(name)) =>
        {
            Ok(Probed::Is(Box::new(live)))
        }
        ActualType::AsReadUnless(name) => {
            let other = match read(reader, &as_type(name), Some(tags)).await {
                // If the other type cannot be read, this one is used.
                Err(error) if error.is_final() => None,
                other => other?,
            };
            let own = other.filter(|other| schema::actual_type(name, &other.properties) == ActualType::AsRead);
            Ok(Probed::Is(Box::new(own.unwrap_or(live))))
        }
    }
}

/// True if the resource is as the last promotion left it. Its digest is made from the properties that a read as its type
/// returns, so that a read as another type does not have it.
fn is_as_promoted(reader: &dyn ReadCloud, live: &LiveResource) -> bool {
    let schema = reader.registry().get(&live.resource.type_name);
    schema.is_some_and(|schema| has_moved(schema, live) == Some(false))
}

/// True if stagegate declared the resource without the list that resources of the other type have: it is of the type that it
/// was read as.
fn is_applied_as_read(live: &LiveResource, other: &str) -> bool {
    let record = live.tags.get(tags::APPLIED_DIGEST).and_then(|text| AppliedDigest::parse(text));
    let list = schema::distinguishing_list(other);
    record.zip(list).is_some_and(|(record, list)| !record.is_empty() && !record.has(list))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests;
