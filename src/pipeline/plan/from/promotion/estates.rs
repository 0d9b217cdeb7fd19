//! Both environments of a promotion, read as far as the promotion needs.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::resource::{LiveResource, ResourceRef};
use crate::domain::tags::{self, Tags};
use crate::pipeline::catalog::{Catalog, Open};
use crate::pipeline::estate::{self, Estate};
use crate::pipeline::managed;
use crate::pipeline::plan::Side;
use crate::pipeline::ports::{CloudError, CloudErrorKind};
use crate::promotion::claims::Claims;

/// One environment: what is known to be there, and what of it has been read.
pub struct Known<'a> {
    /// The environment.
    pub side: &'a Side<'a>,
    /// What the tagging API names.
    pub catalog: Catalog,
    /// What was read.
    pub estate: Estate,
    /// What was asked for, found or not.
    asked: BTreeSet<ResourceRef>,
    /// Places in the catalog's open part, by every resource that may stand there.
    open: BTreeMap<ResourceRef, usize>,
}

impl<'a> Known<'a> {
    /// Asks the tagging API what is managed; nothing is read yet.
    ///
    /// # Errors
    /// The tagging API did not answer.
    pub async fn list(side: &'a Side<'a>) -> Result<Self, CloudError> {
        let mut catalog = Catalog::read(side.reader, side.events).await?;
        let mut estate = Estate::default();
        estate.unsupported.append(&mut catalog.unsupported);
        estate.unreadable.append(&mut catalog.unreadable);
        let places = catalog.open.iter().enumerate();
        let open = places.flat_map(|(at, open)| open.candidates.iter().map(move |one| (one.clone(), at))).collect();
        Ok(Self { side, catalog, estate, asked: BTreeSet::new(), open })
    }

    /// The resource, if it was read.
    pub fn live(&self, resource: &ResourceRef) -> Option<&LiveResource> {
        self.estate.live.get(resource)
    }

    /// Reads what was not asked for before. What fails is noted in the estate.
    ///
    /// # Errors
    /// The credentials do not hold any more.
    pub async fn read(&mut self, wanted: impl IntoIterator<Item = ResourceRef>) -> Result<(), CloudError> {
        let known = self.estate.unreadable.len();
        let mut listed = Vec::new();
        let mut others = Vec::new();
        let mut ambiguous = Vec::new();
        for resource in wanted {
            if self.estate.live.contains_key(&resource) || !self.asked.insert(resource.clone()) {
                continue;
            }
            if let Some(found) = self.catalog.exact.get(&resource) {
                listed.push((resource, found.clone()));
            } else if let Some(open) = self.open.get(&resource).and_then(|at| self.catalog.open.get(*at)) {
                self.asked.extend(open.candidates.iter().cloned());
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

    /// True when the resource was asked for and does not exist.
    pub fn is_gone(&self, resource: &ResourceRef) -> bool {
        let is_unreadable = || self.estate.unreadable.iter().any(|hidden| hidden.resource == *resource);
        self.asked.contains(resource) && !self.estate.live.contains_key(resource) && !is_unreadable()
    }

    /// Puts away what was read of these and is not managed.
    pub fn keep_managed<'b>(&mut self, resources: impl Iterator<Item = &'b ResourceRef>) {
        for resource in resources {
            if self.estate.live.get(resource).is_some_and(|live| !tags::is_managed(&live.tags)) {
                self.estate.live.remove(resource);
            }
        }
    }

    /// Adds a resource that was read otherwise.
    pub fn insert(&mut self, live: LiveResource) {
        self.asked.insert(live.resource.clone());
        self.estate.insert(live);
    }

    /// Reads the managed resources whose tags fit, those included of which only a read tells the tags.
    ///
    /// # Errors
    /// The credentials do not hold any more.
    pub async fn read_tagged(&mut self, fits: impl Fn(&Tags) -> bool) -> Result<(), CloudError> {
        let exact = self.catalog.exact.iter().filter(|(_, listed)| fits(&listed.tags));
        let wanted: Vec<ResourceRef> = exact.map(|(resource, _)| resource.clone()).collect();
        self.read(wanted).await?;
        let open: Vec<Open> = self.catalog.open.iter().filter(|open| fits(&open.tags)).cloned().collect();
        self.asked.extend(open.iter().flat_map(|open| open.candidates.clone()));
        managed::resolve(self.side.reader, open, &mut self.estate, self.side.events).await;
        let unserved = self.catalog.unserved.clone();
        self.read(unserved.iter().cloned()).await?;
        self.keep_managed(unserved.iter());
        Ok(())
    }

    /// The managed resources that were not asked for yet.
    pub fn unread(&self) -> impl Iterator<Item = &ResourceRef> {
        self.catalog.resources().map(|(resource, _)| resource).filter(|resource| !self.asked.contains(*resource))
    }

    /// Every managed resource with its tags: as they were read, else as the tagging API has them.
    pub fn tags(&self) -> impl Iterator<Item = (&ResourceRef, &Tags)> {
        let read = self.estate.live.iter().map(|(resource, live)| (resource, &live.tags));
        let listed = self.catalog.resources().filter_map(|(resource, tags)| Some((resource, tags?)));
        // What was asked for and is gone, or is another of the candidates, is not claimed any more.
        read.chain(listed.filter(|(resource, _)| !self.asked.contains(*resource)))
    }
}

/// What the tags of both environments claim.
pub fn claims(source: &Known<'_>, target: &Known<'_>) -> Claims {
    let mut claims = Claims::default();
    source.tags().for_each(|(resource, tags)| claims.set_dev(resource, tags));
    target.tags().for_each(|(resource, tags)| claims.set_prod(resource, tags));
    claims
}
