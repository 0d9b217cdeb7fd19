//! Reads an environment's managed resources: by tags, and by listing the types that the tagging
//! API does not serve.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::{StreamExt, stream};
use serde_json::Value;

use super::event::{Event, Events};
use super::ports::{CloudError, CloudErrorKind, ReadCloud};
use crate::domain::resource::LiveResource;
use crate::domain::resource::ResourceRef;
use crate::domain::tags::{self, Tags};
use crate::schema::{self, Registry};

/// Reads at once per environment. Cloud Control has been seen to throttle at about 25 calls a
/// second and account; a call takes some 200 ms.
pub(super) const CONCURRENCY: usize = 8;

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

    /// Notes what could not be read.
    pub fn note(&mut self, unreadable: Unreadable) {
        self.unreadable.push(unreadable);
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
pub(super) struct Reading<'a> {
    environment: &'a str,
    done: AtomicUsize,
    total: usize,
    events: &'a Events,
}

impl<'a> Reading<'a> {
    pub(super) fn new(reader: &'a dyn ReadCloud, total: usize, events: &'a Events) -> Self {
        Self { environment: reader.environment(), done: AtomicUsize::new(0), total, events }
    }

    /// Says that one more was read.
    pub(super) fn counted<T>(&self, read: T) -> T {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        let environment = self.environment.to_owned();
        self.events.emit(Event::ResourcesRead { environment, done, total: self.total });
        read
    }
}

/// True when Cloud Control reads resources of this type.
pub fn is_readable(resource: &ResourceRef) -> bool {
    Registry::get(&resource.type_name).is_some_and(|found| found.handlers.read)
}
