//! Reads an environment's managed resources: by tags, and by listing the types that the tagging
//! API does not serve.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::{StreamExt, stream};
use serde_json::Value;

use super::event::{Event, Events};
use super::ports::{CloudError, CloudErrorKind, ReadCloud, TaggedResource};
use crate::domain::audit::is_service_owned;
use crate::domain::resource::LiveResource;
use crate::domain::resource::ResourceRef;
use crate::domain::tags::{self, Tags};
use crate::schema::{self, Identified, Kin, Registry};

/// Reads at once per environment. Cloud Control has been seen to throttle at about 25 calls a
/// second and account; a call takes some 200 ms.
const CONCURRENCY: usize = 8;

/// Types that carry tags but that the Resource Groups Tagging API never returns.
pub const NOT_SERVED_BY_TAGGING: &[&str] = &["AWS::IAM::Role", "AWS::IAM::User"];

/// A resource that could not be read.
#[derive(Debug, Clone)]
pub struct Unreadable {
    /// What was asked for.
    pub resource: ResourceRef,
    /// Why it failed.
    pub error: CloudError,
    /// A resource that is being promoted refers to it.
    pub referred: bool,
}

/// What was found in one environment.
#[derive(Debug, Default)]
pub struct Estate {
    /// Live resources by name.
    pub live: BTreeMap<ResourceRef, LiveResource>,
    /// What could not be read.
    pub unreadable: Vec<Unreadable>,
    /// ARNs that no known type claims, and types that cannot be listed.
    pub unsupported: Vec<String>,
}

impl Estate {
    /// The live resources, sorted.
    pub fn resources(&self) -> Vec<LiveResource> {
        self.live.values().cloned().collect()
    }

    /// Reads refused for lack of permission.
    pub fn denied(&self) -> u64 {
        self.unreadable.iter().filter(|unreadable| unreadable.error.kind == CloudErrorKind::AccessDenied).count() as u64
    }

    /// Adds a resource.
    pub fn insert(&mut self, live: LiveResource) {
        self.live.insert(live.resource.clone(), live);
    }
}

/// Reads one resource; `None` only where AWS says that it does not exist.
///
/// # Errors
/// The read failed.
pub async fn read(
    reader: &dyn ReadCloud,
    resource: &ResourceRef,
    known_tags: Option<&Tags>,
) -> Result<Option<LiveResource>, CloudError> {
    let Some(properties) = reader.get(resource).await? else { return Ok(None) };
    Ok(Some(live(resource, properties, known_tags)))
}

/// A live resource from its properties. Where a read leaves tags out, those of the tagging API count.
pub fn live(resource: &ResourceRef, properties: Value, known_tags: Option<&Tags>) -> LiveResource {
    let type_schema = Registry::get(&resource.type_name);
    let mut found = type_schema.map(|schema| tags::read(schema, &properties)).unwrap_or_default();
    if found.is_empty()
        && let Some(known) = known_tags
    {
        found = known.clone();
    }
    let arn = type_schema.and_then(|schema| own_arn(schema, resource, &properties));
    LiveResource { resource: resource.clone(), properties, tags: found, arn }
}

/// The resource's own ARN: its identifier, or the property that holds it.
pub fn own_arn(type_schema: &schema::TypeSchema, resource: &ResourceRef, properties: &Value) -> Option<String> {
    if let Some(property) = &type_schema.arn_property
        && let Some(arn) = properties.pointer(&format!("/{property}")).and_then(Value::as_str)
    {
        // The tagging API refuses the `:*` that a log group's own ARN ends in.
        return Some(arn.trim_end_matches(":*").to_owned());
    }
    resource.identifier.starts_with("arn:").then(|| resource.identifier.clone())
}

/// All resources whose tags say that stagegate manages them.
///
/// # Errors
/// The tagging API did not answer: without it nothing can be said of the environment.
pub async fn managed(reader: &dyn ReadCloud, events: &Events) -> Result<Estate, CloudError> {
    let mut estate = Estate::default();
    events.emit(Event::Listing { environment: reader.environment().to_owned(), type_name: None });
    let tagged = reader.tagged(Some((tags::MANAGED_BY, &[tags::MANAGER, tags::CCAPI_MANAGER]))).await?;
    let reading = &Reading::new(reader, tagged.len(), events);
    let outcomes: Vec<Resolved> = stream::iter(tagged)
        .map(|found| async move { reading.counted(resolve(reader, found).await) })
        .buffered(CONCURRENCY)
        .collect()
        .await;
    let mut types_to_list: BTreeSet<&'static str> = NOT_SERVED_BY_TAGGING.iter().copied().collect();
    let mut unlisted: BTreeSet<String> = BTreeSet::new();
    for outcome in outcomes {
        match outcome {
            Resolved::Live(live) => estate.insert(*live),
            Resolved::Gone => {}
            Resolved::Listable(types, arn) => {
                types_to_list.extend(types);
                unlisted.insert(arn);
            }
            Resolved::Unsupported(arn) => estate.unsupported.push(arn),
            Resolved::Unreadable(unreadable) => estate.unreadable.push(*unreadable),
        }
    }
    for type_name in types_to_list {
        events.emit(Event::Listing {
            environment: reader.environment().to_owned(),
            type_name: Some(type_name.to_owned()),
        });
        let identifiers = match reader.list(type_name).await {
            Ok(identifiers) => identifiers,
            Err(error) => {
                estate.unreadable.push(Unreadable {
                    resource: ResourceRef::new(type_name, "*"),
                    error,
                    referred: false,
                });
                continue;
            }
        };
        let candidates: Vec<ResourceRef> = identifiers
            .into_iter()
            .map(|identifier| ResourceRef::new(type_name, identifier))
            .filter(|resource| !is_service_owned(resource, None))
            .collect();
        for live in read_all(reader, candidates, &mut estate.unreadable, events).await {
            let is_sought = live.arn.as_ref().is_some_and(|arn| unlisted.remove(arn));
            if is_sought || tags::is_managed(&live.tags) {
                estate.insert(live);
            }
        }
    }
    estate.unsupported.extend(unlisted);
    estate.unsupported.sort();
    Ok(estate)
}

/// True when all resources of a type can be listed and read without knowing any of them.
pub fn is_listable(type_name: &str) -> bool {
    let schema = Registry::get(type_name);
    schema.is_some_and(|found| found.handlers.list && found.handlers.read && found.list_inputs.is_empty())
}

/// Reads many resources at once; those that are gone by now are left out.
pub async fn read_all(
    reader: &dyn ReadCloud,
    resources: Vec<ResourceRef>,
    unreadable: &mut Vec<Unreadable>,
    events: &Events,
) -> Vec<LiveResource> {
    let reading = &Reading::new(reader, resources.len(), events);
    let results: Vec<(ResourceRef, Result<Option<LiveResource>, CloudError>)> = stream::iter(resources)
        .map(|resource| async move {
            let result = read(reader, &resource, None).await;
            reading.counted((resource, result))
        })
        .buffered(CONCURRENCY)
        .collect()
        .await;
    let mut found = Vec::new();
    for (resource, result) in results {
        match result {
            Ok(Some(live)) => found.push(live),
            Ok(None) => {}
            Err(error) => unreadable.push(Unreadable { resource, error, referred: false }),
        }
    }
    found
}

/// Counts the resources of one batch as they are read.
struct Reading<'a> {
    environment: &'a str,
    done: AtomicUsize,
    total: usize,
    events: &'a Events,
}

impl<'a> Reading<'a> {
    fn new(reader: &'a dyn ReadCloud, total: usize, events: &'a Events) -> Self {
        Self { environment: reader.environment(), done: AtomicUsize::new(0), total, events }
    }

    /// Says that one more was read.
    fn counted<T>(&self, read: T) -> T {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        let environment = self.environment.to_owned();
        self.events.emit(Event::ResourcesRead { environment, done, total: self.total });
        read
    }
}

enum Resolved {
    Live(Box<LiveResource>),
    /// The tagging API answers late: it still lists what is deleted.
    Gone,
    /// Of one of these types; the ARN does not say which resource.
    Listable(Vec<&'static str>, String),
    Unsupported(String),
    Unreadable(Box<Unreadable>),
}

async fn resolve(reader: &dyn ReadCloud, found: TaggedResource) -> Resolved {
    let identified = schema::identify(&found.arn);
    if let Identified::OfType(mut types) = identified {
        types.retain(|name| is_listable(name));
        return if types.is_empty() { Resolved::Unsupported(found.arn) } else { Resolved::Listable(types, found.arn) };
    }
    let is_ambiguous = matches!(identified, Identified::Ambiguous(_));
    // Some candidates of a shared ARN form are types that Cloud Control does not read (DocDB's
    // instances beside RDS's): they cannot be what was found through it.
    let candidates: Vec<ResourceRef> = identified.candidates().into_iter().filter(is_readable).collect();
    if candidates.is_empty() {
        return Resolved::Unsupported(found.arn);
    }
    let mut failure = None;
    for resource in candidates {
        let probed = match is_ambiguous {
            true => probe(reader, &resource, &found.tags).await,
            false => read(reader, &resource, Some(&found.tags)).await.map(Probed::from),
        };
        match probed {
            Ok(Probed::Is(mut live)) => {
                live.arn.get_or_insert(found.arn);
                return Resolved::Live(live);
            }
            Ok(Probed::NotServed) => return Resolved::Unsupported(found.arn),
            Ok(Probed::Absent) => {}
            Err(error) => failure = Some(Unreadable { resource, error, referred: false }),
        }
    }
    failure.map_or(Resolved::Gone, |unreadable| Resolved::Unreadable(Box::new(unreadable)))
}

fn is_readable(resource: &ResourceRef) -> bool {
    Registry::get(&resource.type_name).is_some_and(|found| found.handlers.read)
}

enum Probed {
    Is(Box<LiveResource>),
    Absent,
    /// It exists, as a type that Cloud Control does not read.
    NotServed,
}

impl From<Option<LiveResource>> for Probed {
    fn from(found: Option<LiveResource>) -> Self {
        found.map_or(Self::Absent, |live| Self::Is(Box::new(live)))
    }
}

/// Reads one of several candidates, and its kin where what was read says that it may be of
/// another type.
async fn probe(reader: &dyn ReadCloud, candidate: &ResourceRef, tags: &Tags) -> Result<Probed, CloudError> {
    let Some(live) = read(reader, candidate, Some(tags)).await? else { return Ok(Probed::Absent) };
    let as_type = |name: &str| ResourceRef::new(name, &candidate.identifier);
    match schema::kin(&candidate.type_name, &live.properties) {
        Kin::Own => Ok(Probed::Is(Box::new(live))),
        Kin::Other(name) if !is_readable(&as_type(name)) => Ok(Probed::NotServed),
        Kin::Other(name) => Ok(read(reader, &as_type(name), Some(tags)).await?.into()),
        Kin::OwnUnless(name) if !is_readable(&as_type(name)) => Ok(Probed::Is(Box::new(live))),
        Kin::OwnUnless(name) => {
            let other = match read(reader, &as_type(name), Some(tags)).await {
                // Who may not read the other type still has this one.
                Err(error) if error.is_final() => None,
                other => other?,
            };
            let own = other.filter(|other| schema::kin(name, &other.properties) == Kin::Own);
            Ok(Probed::Is(Box::new(own.unwrap_or(live))))
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests;
