//! Which resources of an environment are managed, by what the tagging API says: names and tags, nothing
//! read yet. A page of it names a hundred resources, so that a plan about one does not read the others.

use std::collections::BTreeMap;

use super::estate::{Unreadable, is_listable};
use super::event::{Event, Events};
use super::ports::{CloudError, ReadCloud};
use crate::domain::audit::is_service_owned;
use crate::domain::resource::ResourceRef;
use crate::domain::tags::{self, Tags};
use crate::schema::{self, Identified};

/// A managed resource whose ARN does not tell alone which resource it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    /// Its ARN.
    pub arn: String,
    /// Its tags.
    pub tags: Tags,
    /// The resources that it may be, the likeliest first; a read tells them apart.
    pub candidates: Vec<ResourceRef>,
    /// Without candidates: types of which a listing shows it.
    pub types: Vec<&'static str>,
}

/// What the tagging API says of a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its ARN.
    pub arn: String,
    /// Its tags, as the tagging API has them: it may be some seconds behind.
    pub tags: Tags,
}

/// The managed resources of one environment.
#[derive(Debug, Default)]
pub struct Catalog {
    /// Resources that their ARN identifies.
    pub exact: BTreeMap<ResourceRef, Listed>,
    /// Those of which only a read or a listing tells which they are.
    pub open: Vec<Open>,
    /// Resources of types that the tagging API does not serve: whether they are managed, a read tells.
    pub unserved: Vec<ResourceRef>,
    /// Types that could not be listed, with the identifier `*`.
    pub unreadable: Vec<Unreadable>,
    /// ARNs that no known type claims, sorted.
    pub unsupported: Vec<String>,
}

impl Catalog {
    /// Asks the tagging API for what stagegate manages, and lists the types that it does not serve.
    ///
    /// # Errors
    /// The tagging API did not answer: without it nothing can be said of the environment.
    pub async fn read(reader: &dyn ReadCloud, events: &Events) -> Result<Self, CloudError> {
        let mut catalog = Self::default();
        events.emit(Event::listing(reader, None));
        for found in reader.tagged(Some((tags::MANAGED_BY, &[tags::MANAGER, tags::CCAPI_MANAGER]))).await? {
            match schema::identify(&found.arn) {
                Identified::Exactly(resource) => {
                    catalog.exact.insert(resource, Listed { arn: found.arn, tags: found.tags });
                }
                Identified::OfType(mut types) => {
                    types.retain(|name| is_listable(name));
                    catalog.add_open(Open { arn: found.arn, tags: found.tags, candidates: Vec::new(), types });
                }
                Identified::Ambiguous(candidates) => {
                    // Some candidates of a shared ARN form are types that Cloud Control does not read
                    // (DocDB's instances beside RDS's): they cannot be what was found through it.
                    let candidates = candidates.into_iter().filter(super::estate::is_readable).collect();
                    catalog.add_open(Open { arn: found.arn, tags: found.tags, candidates, types: Vec::new() });
                }
                Identified::Unknown => catalog.unsupported.push(found.arn),
            }
        }
        for type_name in &schema::general_facts().not_in_tagging_api {
            events.emit(Event::listing(reader, Some(type_name)));
            match reader.list(type_name).await {
                Ok(identifiers) => {
                    let named = identifiers.into_iter().map(|identifier| ResourceRef::new(type_name, identifier));
                    catalog.unserved.extend(named.filter(|resource| !is_service_owned(resource, None)));
                }
                Err(error) => catalog.unreadable.push(Unreadable {
                    resource: ResourceRef::new(type_name, "*"),
                    error,
                    referred: false,
                }),
            }
        }
        catalog.unsupported.sort();
        Ok(catalog)
    }

    fn add_open(&mut self, open: Open) {
        if open.candidates.is_empty() && open.types.is_empty() {
            self.unsupported.push(open.arn);
        } else {
            self.open.push(open);
        }
    }

    /// Every resource that it names or may name, with its tags where the tagging API has told them.
    pub fn resources(&self) -> impl Iterator<Item = (&ResourceRef, Option<&Tags>)> {
        let exact = self.exact.iter().map(|(resource, listed)| (resource, Some(&listed.tags)));
        let open = self.open.iter().filter_map(|open| Some((open.candidates.first()?, Some(&open.tags))));
        exact.chain(open).chain(self.unserved.iter().map(|resource| (resource, None)))
    }
}
