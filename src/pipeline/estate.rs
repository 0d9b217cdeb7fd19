//! Reads an environment's managed resources: by tags, and by listing the types that the tagging
//! API does not serve.

use std::collections::BTreeMap;

use futures_util::{StreamExt, stream};
use serde_json::Value;

use super::cloud::{CloudError, CloudErrorKind, ReadCloud, TaggedResource};
use crate::domain::audit::is_service_owned;
use crate::domain::drift::LiveResource;
use crate::domain::resource::ResourceRef;
use crate::domain::tags::{self, Tags};
use crate::schema::{self, Identified, Registry};

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
pub async fn managed(reader: &dyn ReadCloud) -> Result<Estate, CloudError> {
    let mut estate = Estate::default();
    let tagged = reader.tagged(Some((tags::MANAGED_BY, &[tags::MANAGER, tags::CCAPI_MANAGER]))).await?;
    let outcomes: Vec<Resolved> =
        stream::iter(tagged).map(|found| resolve(reader, found)).buffered(CONCURRENCY).collect().await;
    for outcome in outcomes {
        match outcome {
            Resolved::Live(live) => estate.insert(*live),
            Resolved::Gone => {}
            Resolved::Unsupported(arn) => estate.unsupported.push(arn),
            Resolved::Unreadable(unreadable) => estate.unreadable.push(*unreadable),
        }
    }
    for type_name in NOT_SERVED_BY_TAGGING {
        let identifiers = match reader.list(type_name).await {
            Ok(identifiers) => identifiers,
            Err(error) => {
                estate.unreadable.push(Unreadable {
                    resource: ResourceRef::new(*type_name, "*"),
                    error,
                    referred: false,
                });
                continue;
            }
        };
        let candidates: Vec<ResourceRef> = identifiers
            .into_iter()
            .map(|identifier| ResourceRef::new(*type_name, identifier))
            .filter(|resource| !is_service_owned(resource, None))
            .collect();
        for live in read_all(reader, candidates, &mut estate.unreadable).await {
            if tags::is_managed(&live.tags) {
                estate.insert(live);
            }
        }
    }
    Ok(estate)
}

/// Reads many resources at once; those that are gone by now are left out.
pub async fn read_all(
    reader: &dyn ReadCloud,
    resources: Vec<ResourceRef>,
    unreadable: &mut Vec<Unreadable>,
) -> Vec<LiveResource> {
    let results: Vec<(ResourceRef, Result<Option<LiveResource>, CloudError>)> = stream::iter(resources)
        .map(|resource| async move {
            let result = read(reader, &resource, None).await;
            (resource, result)
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

enum Resolved {
    Live(Box<LiveResource>),
    /// The tagging API answers late: it still lists what is deleted.
    Gone,
    Unsupported(String),
    Unreadable(Box<Unreadable>),
}

async fn resolve(reader: &dyn ReadCloud, found: TaggedResource) -> Resolved {
    let candidates = match schema::identify(&found.arn) {
        Identified::Exactly(resource) => vec![resource],
        Identified::Ambiguous(candidates) => candidates,
        Identified::Unknown => return Resolved::Unsupported(found.arn),
    };
    let mut failure = None;
    // Some candidates of a shared ARN form are types that Cloud Control does not read (DocDB's
    // instances beside RDS's): they cannot be what was found through it.
    let readable = |resource: &ResourceRef| Registry::get(&resource.type_name).is_some_and(|found| found.handlers.read);
    if !candidates.iter().any(readable) {
        return Resolved::Unsupported(found.arn);
    }
    for resource in candidates.into_iter().filter(readable) {
        match read(reader, &resource, Some(&found.tags)).await {
            Ok(Some(mut live)) => {
                live.arn.get_or_insert(found.arn);
                return Resolved::Live(Box::new(live));
            }
            Ok(None) => {}
            Err(error) => failure = Some(Unreadable { resource, error, referred: false }),
        }
    }
    failure.map_or(Resolved::Gone, |unreadable| Resolved::Unreadable(Box::new(unreadable)))
}
