//! The managed resources of an environment according to the tagging API: ARNs and tags, without reading the resources.
//! A page contains a hundred resources, so that a plan for a single resource does not need to read the others.

use std::collections::BTreeMap;

use super::estate::{self, Unreadable, is_listable};
use super::event::{Event, Events};
use super::ports::{CloudError, CloudErrorKind, PRINCIPAL_TYPES, ReadCloud, TaggedResource};
use crate::domain::audit::is_service_owned;
use crate::domain::resource::ResourceRef;
use crate::domain::tags::{self, Tags};
use crate::schema::{self, Identified};

/// A managed resource that its ARN does not identify unambiguously.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AmbiguousArn {
    /// ARN.
    pub arn: String,
    /// Tags.
    pub tags: Tags,
    /// The possible resources, the most likely first; a read determines which one it is.
    pub candidates: Vec<ResourceRef>,
    /// If there are no candidates: the types to list to find it.
    pub types: Vec<&'static str>,
}

/// A resource as returned by the tagging API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// ARN.
    pub arn: String,
    /// Its tags in the tagging API, which may lag behind by some seconds.
    pub tags: Tags,
}

/// The listing of a type.
type Listing = (&'static str, Result<Vec<String>, CloudError>);

/// Returns what the tagging API does not: all roles and users with their tags, and the listings of the other types; without the
/// former, the listings of all.
///
/// # Errors
/// The credentials are no longer valid.
async fn unserved(
    reader: &dyn ReadCloud,
    events: &Events,
) -> Result<(Option<Vec<(ResourceRef, Listed)>>, Vec<Listing>), CloudError> {
    let principals = principals(reader).await?;
    let types = schema::general_facts().not_in_tagging_api.iter().map(String::as_str);
    let types = types.filter(|name| principals.is_none() || !PRINCIPAL_TYPES.contains(name));
    let listings = types.map(|type_name| async move {
        events.emit(Event::listing(reader, Some(type_name)));
        (type_name, reader.list(type_name).await)
    });
    let listings = estate::concurrently(estate::CONCURRENCY, listings).await;
    Ok((principals, listings))
}

/// Returns all roles and users with their tags, or `None` if they must be listed and read one by one.
///
/// # Errors
/// The credentials are no longer valid.
pub async fn principals(reader: &dyn ReadCloud) -> Result<Option<Vec<(ResourceRef, Listed)>>, CloudError> {
    let found = match reader.tagged_principals().await {
        Ok(found) => found,
        Err(error) if error.kind == CloudErrorKind::Credentials => return Err(error),
        Err(_) => return Ok(None),
    };
    let identify = |found: TaggedResource| match reader.registry().identify(&found.arn) {
        Identified::Exactly(resource) => Some((resource, Listed { arn: found.arn, tags: found.tags })),
        Identified::Ambiguous(candidates) => {
            let own = candidates.into_iter().find(|one| PRINCIPAL_TYPES.contains(&one.type_name.as_str()))?;
            Some((own, Listed { arn: found.arn, tags: found.tags }))
        }
        _ => None,
    };
    // What cannot be identified must not be lost.
    let found: Option<Vec<_>> = found.into_iter().map(identify).collect();
    let is_ours = |(resource, found): &(ResourceRef, Listed)| !is_service_owned(resource, Some(&found.arn));
    Ok(found.map(|all| all.into_iter().filter(is_ours).collect()))
}

/// The managed resources of one environment.
#[derive(Debug, Default)]
pub struct Catalog {
    /// Resources identified by their ARN.
    pub exact: BTreeMap<ResourceRef, Listed>,
    /// Resources that only a read or a listing identifies.
    pub open: Vec<AmbiguousArn>,
    /// Resources of types that the tagging API does not support: a read determines whether they are managed.
    pub unserved: Vec<ResourceRef>,
    /// Types that could not be listed, with the identifier `*`, and see [`Unreadable::tagging_api`].
    pub unreadable: Vec<Unreadable>,
    /// ARNs that match no known type, sorted.
    pub unsupported: Vec<String>,
}

impl Catalog {
    /// Lists managed resources with the tagging API, and the resources of types that it does not support.
    ///
    /// # Errors
    /// The tagging API did not respond or denied the call; without it, the managed resources are unknown.
    pub async fn read(reader: &dyn ReadCloud, events: &Events) -> Result<Self, CloudError> {
        let catalog = Self::read_if_permitted(reader, &[], events).await?;
        let refused = catalog.unreadable.iter().find(|hidden| hidden.resource.type_name == Unreadable::ALL);
        match refused {
            Some(refused) => Err(refused.error.clone()),
            None => Ok(catalog),
        }
    }

    /// Like [`Catalog::read`], for commands that report what they may not read; without the tags of these keys.
    ///
    /// # Errors
    /// The tagging API did not respond.
    pub async fn read_if_permitted(
        reader: &dyn ReadCloud,
        without: &[&str],
        events: &Events,
    ) -> Result<Self, CloudError> {
        let mut catalog = Self::default();
        events.emit(Event::listing(reader, None));
        let managers = [tags::MANAGER, tags::CCAPI_MANAGER];
        let tagged = reader.tagged_without(Some((tags::MANAGED_BY, &managers)), without);
        let (tagged, unserved) = futures_util::join!(tagged, unserved(reader, events));
        let (principals, listings) = unserved?;
        let (tagged, refused) = tagged?;
        catalog.unreadable.extend(refused.into_iter().map(Unreadable::tagging_api));
        for found in tagged {
            match reader.registry().identify(&found.arn) {
                Identified::Exactly(resource) => {
                    catalog.exact.insert(resource, Listed { arn: found.arn, tags: found.tags });
                }
                Identified::OfType(mut types) => {
                    types.retain(|name| is_listable(reader.registry(), name));
                    catalog.add_ambiguous(AmbiguousArn {
                        arn: found.arn,
                        tags: found.tags,
                        candidates: Vec::new(),
                        types,
                    });
                }
                Identified::Ambiguous(candidates) => {
                    // Some types that share an ARN format cannot be read by Cloud Control (such as DocumentDB
                    // instances, which share it with RDS): they cannot be the resource that a read returned.
                    let is_readable = |one: &ResourceRef| estate::is_readable(reader.registry(), one);
                    let candidates = candidates.into_iter().filter(is_readable).collect();
                    catalog.add_ambiguous(AmbiguousArn {
                        arn: found.arn,
                        tags: found.tags,
                        candidates,
                        types: Vec::new(),
                    });
                }
                Identified::Unknown => catalog.unsupported.push(found.arn),
            }
        }
        if let Some(principals) = principals {
            for (resource, found) in principals.into_iter().filter(|(_, found)| tags::is_managed(&found.tags)) {
                catalog.exact.insert(resource, found);
            }
        }
        for (type_name, listing) in listings {
            match listing {
                Ok(identifiers) => {
                    let named = identifiers.into_iter().map(|identifier| ResourceRef::new(type_name, identifier));
                    catalog.unserved.extend(named.filter(|resource| !is_service_owned(resource, None)));
                }
                Err(error) => catalog.unreadable.push(Unreadable {
                    resource: ResourceRef::new(type_name, Unreadable::ALL),
                    error,
                    referred: false,
                }),
            }
        }
        catalog.unsupported.sort();
        Ok(catalog)
    }

    fn add_ambiguous(&mut self, open: AmbiguousArn) {
        if open.candidates.is_empty() && open.types.is_empty() {
            self.unsupported.push(open.arn);
        } else {
            self.open.push(open);
        }
    }

    /// Returns all resources and possible resources, with their tags if the tagging API returned them.
    pub fn resources(&self) -> impl Iterator<Item = (&ResourceRef, Option<&Tags>)> {
        let exact = self.exact.iter().map(|(resource, listed)| (resource, Some(&listed.tags)));
        let open = self.open.iter().filter_map(|open| Some((open.candidates.first()?, Some(&open.tags))));
        exact.chain(open).chain(self.unserved.iter().map(|resource| (resource, None)))
    }
}
