//! Live resources as a scan looks at them.

use std::collections::BTreeSet;

use super::cloud::{CloudError, CloudErrorKind, ReadCloud};
use super::estate::{self, Unreadable};
use crate::domain::audit::is_service_owned;
use crate::domain::drift::LiveResource;
use crate::domain::policy::{PolicySet, ScanResource};
use crate::domain::resource::ResourceRef;

/// Which resources to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// Everything that stagegate manages.
    Managed,
    /// Everything of a type that can be listed, what AWS's services own left out.
    OfType(String),
    /// One.
    Resource(ResourceRef),
}

/// What was read.
#[derive(Debug, Default)]
pub struct Observed {
    /// The resources asked for.
    pub resources: Vec<ScanResource>,
    /// Others that the policies look at beside them.
    pub context: Vec<ScanResource>,
    /// Types of which that was not possible.
    pub incomplete: BTreeSet<String>,
    /// What could not be read; a type that could not be listed has the identifier `*`.
    pub unreadable: Vec<Unreadable>,
    /// ARNs of managed resources of no known type.
    pub unsupported: Vec<String>,
}

impl Observed {
    /// Reads refused for lack of permission.
    pub fn denied(&self) -> usize {
        self.unreadable.iter().filter(|gap| gap.error.kind == CloudErrorKind::AccessDenied).count()
    }
}

/// Reads the resources, and what the active policies must see beside them: a check for something
/// missing would else find missing whatever was not asked for.
///
/// # Errors
/// The tagging API did not answer, or the one resource asked for cannot be read.
pub async fn observe(
    reader: &dyn ReadCloud,
    wanted: &Wanted,
    policies: &PolicySet,
) -> Result<Option<Observed>, CloudError> {
    let mut observed = Observed::default();
    let live = match wanted {
        Wanted::Managed => {
            let estate = estate::managed(reader).await?;
            observed.unsupported.clone_from(&estate.unsupported);
            let live = estate.resources();
            observed.unreadable = estate.unreadable;
            live
        }
        Wanted::OfType(type_name) => of_type(reader, type_name, &mut observed.unreadable).await,
        Wanted::Resource(resource) => match estate::read(reader, resource, None).await? {
            Some(live) => vec![live],
            None => return Ok(None),
        },
    };
    let read: BTreeSet<ResourceRef> = live.iter().map(|live| live.resource.clone()).collect();
    let types: BTreeSet<String> = read.iter().map(|resource| resource.type_name.clone()).collect();
    for type_name in policies.sibling_types(&types) {
        if matches!(wanted, Wanted::OfType(all) if *all == type_name) {
            let gap = observed.unreadable.iter().any(|gap| gap.resource.type_name == type_name);
            observed.incomplete.extend(Some(type_name).filter(|_| gap));
            continue;
        }
        if !estate::is_listable(&type_name) {
            observed.incomplete.insert(type_name);
            continue;
        }
        let before = observed.unreadable.len();
        let siblings = of_type(reader, &type_name, &mut observed.unreadable).await;
        if observed.unreadable.len() > before {
            observed.incomplete.insert(type_name);
        }
        observed.context.extend(siblings.iter().filter(|live| !read.contains(&live.resource)).map(view));
    }
    observed.resources = live.iter().map(view).collect();
    observed.unreadable.sort_by(|a, b| a.resource.cmp(&b.resource));
    observed.unreadable.dedup_by(|a, b| a.resource == b.resource);
    Ok(Some(observed))
}

fn view(live: &LiveResource) -> ScanResource {
    ScanResource::observed(&live.resource.type_name, &live.resource.identifier, live.properties.clone())
}

async fn of_type(reader: &dyn ReadCloud, type_name: &str, unreadable: &mut Vec<Unreadable>) -> Vec<LiveResource> {
    match reader.list(type_name).await {
        Ok(identifiers) => {
            let named = identifiers.into_iter().map(|identifier| ResourceRef::new(type_name, identifier));
            let own: BTreeSet<ResourceRef> = named.filter(|resource| !is_service_owned(resource, None)).collect();
            estate::read_all(reader, own.into_iter().collect(), unreadable).await
        }
        Err(error) => {
            unreadable.push(Unreadable { resource: ResourceRef::new(type_name, "*"), error, referred: false });
            Vec::new()
        }
    }
}
