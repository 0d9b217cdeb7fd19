//! The resources of both environments of a promotion, read on demand.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::domain::resource::{LiveResource, ResourceRef};
use crate::domain::tags::{self, Tags};
use crate::pipeline::catalog::{AmbiguousArn, Catalog};
use crate::pipeline::estate::{self, Estate};
use crate::pipeline::managed;
use crate::pipeline::plan::Side;
use crate::pipeline::ports::{CloudError, CloudErrorKind};
use crate::promotion::claims::Claims;
use crate::promotion::implied::name_replica_source;

/// The known resources of an environment, and those read so far.
pub struct KnownResources<'a> {
    /// The environment.
    pub side: &'a Side<'a>,
    /// The managed resources according to the tagging API.
    pub catalog: Catalog,
    /// The resources read so far.
    pub estate: Estate,
    /// The resources requested so far, found or not.
    requested: BTreeSet<ResourceRef>,
    /// Indices into the ambiguous resources of the catalog, by candidate.
    open: BTreeMap<ResourceRef, usize>,
}

impl<'a> KnownResources<'a> {
    /// Lists the managed resources with the tagging API; reads no resources yet.
    ///
    /// # Errors
    /// The tagging API did not respond.
    pub async fn list(side: &'a Side<'a>) -> Result<Self, CloudError> {
        let mut catalog = Catalog::read(side.reader, side.events).await?;
        let mut estate = Estate::default();
        estate.unsupported.append(&mut catalog.unsupported);
        estate.unreadable.append(&mut catalog.unreadable);
        let places = catalog.open.iter().enumerate();
        let open = places.flat_map(|(at, open)| open.candidates.iter().map(move |one| (one.clone(), at))).collect();
        Ok(Self { side, catalog, estate, requested: BTreeSet::new(), open })
    }

    /// Returns the resource, if it was read.
    pub fn live(&self, resource: &ResourceRef) -> Option<&LiveResource> {
        self.estate.live.get(resource)
    }

    /// Reads resources that were not requested before. Failures are recorded in the estate.
    ///
    /// # Errors
    /// The credentials are no longer valid.
    pub async fn read(&mut self, wanted: impl IntoIterator<Item = ResourceRef>) -> Result<(), CloudError> {
        let known = self.estate.unreadable.len();
        let mut listed = Vec::new();
        let mut others = Vec::new();
        let mut ambiguous = Vec::new();
        for resource in wanted {
            if self.estate.live.contains_key(&resource) || !self.requested.insert(resource.clone()) {
                continue;
            }
            if let Some(found) = self.catalog.exact.get(&resource) {
                listed.push((resource, found.clone()));
            } else if let Some(open) = self.open.get(&resource).and_then(|at| self.catalog.open.get(*at)) {
                self.requested.extend(open.candidates.iter().cloned());
                ambiguous.push(open.clone());
            } else {
                others.push(resource);
            }
        }
        managed::read_listed(self.side.reader, listed, &mut self.estate, self.side.events).await;
        managed::resolve(self.side.reader, ambiguous, &mut self.estate, self.side.events).await;
        let found = estate::read_all(self.side.reader, others, &mut self.estate.unreadable, self.side.events).await;
        found.into_iter().for_each(|live| self.estate.insert(live));
        let lost = self.estate.unreadable[known..].iter().find(|one| one.error.kind == CloudErrorKind::Credentials);
        lost.map_or(Ok(()), |lost| Err(lost.error.clone()))
    }

    /// Reads the managed databases if one of the chosen resources is a database, and records which is the source of which
    /// replica.
    ///
    /// # Errors
    /// The credentials are no longer valid.
    pub async fn find_replica_sources(&mut self, chosen: &BTreeSet<ResourceRef>) -> Result<(), CloudError> {
        const DATABASE: &str = "AWS::RDS::DBInstance";
        if !chosen.iter().any(|resource| resource.type_name == DATABASE) {
            return Ok(());
        }
        let managed = self.catalog.resources().map(|(resource, _)| resource);
        let databases: Vec<ResourceRef> = managed.filter(|one| one.type_name == DATABASE).cloned().collect();
        self.read(databases).await?;
        let of_type = |live: &&LiveResource| live.resource.type_name == DATABASE;
        let all: Vec<LiveResource> = self.estate.live.values().filter(of_type).cloned().collect();
        let others: Vec<(&str, &Value)> =
            all.iter().map(|live| (live.resource.identifier.as_str(), &live.properties)).collect();
        for live in self.estate.live.values_mut().filter(|live| live.resource.type_name == DATABASE) {
            name_replica_source(&live.resource.identifier, &mut live.properties, &others);
        }
        Ok(())
    }

    /// Returns true if the resource was requested and does not exist.
    pub fn does_not_exist(&self, resource: &ResourceRef) -> bool {
        let is_unreadable = || self.estate.unreadable.iter().any(|hidden| hidden.resource == *resource);
        self.requested.contains(resource) && !self.estate.live.contains_key(resource) && !is_unreadable()
    }

    /// Removes those of the given resources that were read and are not managed.
    pub fn keep_managed<'b>(&mut self, resources: impl Iterator<Item = &'b ResourceRef>) {
        for resource in resources {
            if self.estate.live.get(resource).is_some_and(|live| !tags::is_managed(&live.tags)) {
                self.estate.live.remove(resource);
            }
        }
    }

    /// Adds a resource that was read elsewhere.
    pub fn insert(&mut self, live: LiveResource) {
        self.requested.insert(live.resource.clone());
        self.estate.insert(live);
    }

    /// Reads the managed resources with matching tags, including those whose tags only a read returns.
    ///
    /// # Errors
    /// The credentials are no longer valid.
    pub async fn read_tagged(&mut self, fits: impl Fn(&Tags) -> bool) -> Result<(), CloudError> {
        let exact = self.catalog.exact.iter().filter(|(_, listed)| fits(&listed.tags));
        let wanted: Vec<ResourceRef> = exact.map(|(resource, _)| resource.clone()).collect();
        self.read(wanted).await?;
        let open: Vec<AmbiguousArn> = self.catalog.open.iter().filter(|open| fits(&open.tags)).cloned().collect();
        self.requested.extend(open.iter().flat_map(|open| open.candidates.clone()));
        managed::resolve(self.side.reader, open, &mut self.estate, self.side.events).await;
        let unserved = self.catalog.unserved.clone();
        self.read(unserved.iter().cloned()).await?;
        self.keep_managed(unserved.iter());
        Ok(())
    }

    /// Returns the managed resources that were not requested yet.
    pub fn unread(&self) -> impl Iterator<Item = &ResourceRef> {
        self.catalog.resources().map(|(resource, _)| resource).filter(|resource| !self.requested.contains(*resource))
    }

    /// Returns all managed resources with their tags: as read, or otherwise as returned by the tagging API.
    pub fn tags(&self) -> impl Iterator<Item = (&ResourceRef, &Tags)> {
        let read = self.estate.live.iter().map(|(resource, live)| (resource, &live.tags));
        let listed = self.catalog.resources().filter_map(|(resource, tags)| Some((resource, tags?)));
        // Resources that were requested but not found, or turned out to be another candidate, are excluded.
        read.chain(listed.filter(|(resource, _)| !self.requested.contains(*resource)))
    }
}

/// Returns the counterparts claimed by the tags of both environments.
pub fn claims(source: &KnownResources<'_>, target: &KnownResources<'_>) -> Claims {
    let mut claims = Claims::new(source.side.registry());
    source.tags().for_each(|(resource, tags)| claims.set_dev(resource, tags));
    target.tags().for_each(|(resource, tags)| claims.set_prod(resource, tags));
    claims
}
