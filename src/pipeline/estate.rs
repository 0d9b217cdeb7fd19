//! The estate of an environment: its live resources that stagegate manages.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::{StreamExt, stream};
use serde_json::Value;

use super::event::{Event, Events};
use super::ports::{CloudError, CloudErrorKind, ReadCloud};
use crate::domain::resource::LiveResource;
use crate::domain::resource::ResourceRef;
use crate::domain::tags::{self, Tags};
use crate::promotion::claims::PAIRING_KEYS;
use crate::schema::{self, Registry};

/// Maximum number of concurrent reads per environment. Cloud Control throttles an account at about 25 calls per second,
/// as observed; a call takes about 200 ms.
pub(super) const CONCURRENCY: usize = 8;

/// A resource that could not be read.
#[derive(Debug, Clone)]
pub struct Unreadable {
    /// The requested resource.
    pub resource: ResourceRef,
    /// The error.
    pub error: CloudError,
    /// Whether a resource to promote refers to it.
    pub referred: bool,
}

impl Unreadable {
    /// The identifier of all resources of a type, and the type of resources of any type.
    pub const ALL: &str = "*";

    /// The tagging API, which refuses to say which resources have tags.
    pub fn tagging_api(error: CloudError) -> Self {
        Self { resource: ResourceRef::new(Self::ALL, Self::ALL), error, referred: false }
    }
}

/// What an estate keeps of each resource that was read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Keep {
    /// Everything.
    #[default]
    All,
    /// Its properties without the tags that only stagegate writes, and its tags, as one JSON text in place of the properties,
    /// which takes much less memory: [`unpacked`] returns them. [`LiveResource::tags`] has those that pair resources.
    Packed,
}

impl Keep {
    /// Returns what is kept of a resource.
    pub fn of(self, registry: &Registry, mut live: LiveResource) -> LiveResource {
        let (Self::Packed, Some(schema)) = (self, registry.get(&live.resource.type_name)) else { return live };
        let properties = tags::without_tracking(schema, &live.properties);
        let Ok(mut text) = serde_json::to_string(&(&properties, &live.tags)) else { return live };
        text.shrink_to_fit();
        live.tags.retain(|key, _| PAIRING_KEYS.contains(&key.as_str()));
        LiveResource { properties: Value::String(text), ..live }
    }
}

/// A resource with all properties and tags, whether or not it is packed ([`Keep::Packed`]).
pub fn unpacked(live: &LiveResource) -> Cow<'_, LiveResource> {
    let text = live.properties.as_str();
    match text.and_then(|text| serde_json::from_str::<(Value, Tags)>(text).ok()) {
        Some((properties, tags)) => {
            let (resource, arn) = (live.resource.clone(), live.arn.clone());
            Cow::Owned(LiveResource { resource, properties, tags, arn })
        }
        None => Cow::Borrowed(live),
    }
}

/// The live resources of one environment.
#[derive(Debug, Default)]
pub struct Estate {
    /// What is kept of each resource that is read for it.
    pub keep: Keep,
    /// Live resources by type and identifier.
    pub live: BTreeMap<ResourceRef, LiveResource>,
    /// Resources that could not be read.
    pub unreadable: Vec<Unreadable>,
    /// ARNs that match no known type, and types that cannot be listed.
    pub unsupported: Vec<String>,
}

impl Estate {
    /// Returns the live resources, sorted.
    pub fn resources(&self) -> Vec<LiveResource> {
        self.live.values().cloned().collect()
    }

    /// Returns the number of reads for which permission was denied.
    pub fn denied(&self) -> u64 {
        self.unreadable.iter().filter(|unreadable| unreadable.error.kind == CloudErrorKind::AccessDenied).count() as u64
    }

    /// Records a resource that could not be read.
    pub fn note(&mut self, unreadable: Unreadable) {
        self.unreadable.push(unreadable);
    }

    /// Adds a resource.
    pub fn insert(&mut self, live: LiveResource) {
        self.live.insert(live.resource.clone(), live);
    }
}

/// Reads one resource; `None` only if AWS reports that it does not exist.
///
/// # Errors
/// The read failed.
pub async fn read(
    reader: &dyn ReadCloud,
    resource: &ResourceRef,
    known_tags: Option<&Tags>,
) -> Result<Option<LiveResource>, CloudError> {
    let Some(properties) = reader.get(resource).await? else { return Ok(None) };
    Ok(Some(live(reader.registry(), resource, properties, known_tags)))
}

/// Creates a live resource from its properties. If they contain no tags, those of the tagging API are used.
pub fn live(registry: &Registry, resource: &ResourceRef, properties: Value, known_tags: Option<&Tags>) -> LiveResource {
    let type_schema = registry.get(&resource.type_name);
    let mut found = type_schema.map(|schema| tags::read(schema, &properties)).unwrap_or_default();
    if found.is_empty()
        && let Some(known) = known_tags
    {
        found = known.clone();
    }
    let arn = type_schema.and_then(|schema| own_arn(schema, resource, &properties));
    LiveResource { resource: resource.clone(), properties, tags: found, arn }
}

/// Returns the resource's own ARN: the property with the ARN, or the identifier if it is one.
pub fn own_arn(type_schema: &schema::TypeSchema, resource: &ResourceRef, properties: &Value) -> Option<String> {
    if let Some(property) = &type_schema.arn_property
        && let Some(arn) = properties.pointer(&format!("/{property}")).and_then(Value::as_str)
    {
        // The tagging API rejects the suffix `:*` of a log group's own ARN.
        return Some(arn.trim_end_matches(":*").to_owned());
    }
    resource.identifier.starts_with("arn:").then(|| resource.identifier.clone())
}

/// Returns true if all resources of a type can be listed without a parent resource, and read.
pub fn is_listable(registry: &Registry, type_name: &str) -> bool {
    let schema = registry.get(type_name);
    schema.is_some_and(|found| found.handlers.list && found.handlers.read && found.list_inputs.is_empty())
}

/// Awaits futures concurrently, and returns their results in order. A slow one, such as a call that is retried, does not hold
/// up those after it.
pub async fn concurrently<F: Future>(limit: usize, futures: impl IntoIterator<Item = F>) -> Vec<F::Output> {
    let mut results: Vec<(usize, F::Output)> = stream::iter(futures)
        .enumerate()
        .map(|(at, future)| async move { (at, future.await) })
        .buffer_unordered(limit)
        .collect()
        .await;
    results.sort_unstable_by_key(|(at, _)| *at);
    results.into_iter().map(|(_, result)| result).collect()
}

/// Reads many resources concurrently; those that no longer exist are omitted.
pub async fn read_all(
    reader: &dyn ReadCloud,
    resources: Vec<ResourceRef>,
    unreadable: &mut Vec<Unreadable>,
    events: &Events,
) -> Vec<LiveResource> {
    read_each(reader, resources, unreadable, events, |live| live).await
}

/// Reads many resources as [`read_all`] does, and keeps of each only what is needed.
pub async fn read_each<T>(
    reader: &dyn ReadCloud,
    resources: Vec<ResourceRef>,
    unreadable: &mut Vec<Unreadable>,
    events: &Events,
    keep: impl Fn(LiveResource) -> T,
) -> Vec<T> {
    let (reading, keep) = (&ReadProgress::new(reader, resources.len(), events), &keep);
    let reads = resources.into_iter().map(|resource| async move {
        let result = read(reader, &resource, None).await.map(|found| found.map(keep));
        reading.counted((resource, result))
    });
    let results = concurrently(CONCURRENCY, reads).await;
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

/// Reports the progress of reading a batch of resources.
pub(super) struct ReadProgress<'a> {
    environment: &'a str,
    done: AtomicUsize,
    total: usize,
    events: &'a Events,
}

impl<'a> ReadProgress<'a> {
    pub(super) fn new(reader: &'a dyn ReadCloud, total: usize, events: &'a Events) -> Self {
        Self { environment: reader.environment(), done: AtomicUsize::new(0), total, events }
    }

    /// Reports that one more resource was read.
    pub(super) fn counted<T>(&self, read: T) -> T {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        let environment = self.environment.to_owned();
        self.events.emit(Event::ResourcesRead { environment, done, total: self.total });
        read
    }
}

/// Returns true if Cloud Control can read resources of this type.
pub fn is_readable(registry: &Registry, resource: &ResourceRef) -> bool {
    registry.get(&resource.type_name).is_some_and(|found| found.handlers.read)
}
