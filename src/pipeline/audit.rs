//! Reads the tags of all resources in an environment and checks them.

mod remedies;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use super::estate::{self, Estate};
use super::event::{Event, Events};
use super::managed;
use super::ports::{CloudError, CloudErrorKind, ReadCloud};
use crate::domain::audit::{AuditReport, AuditRow, Gap, TAGGING_API, is_service_owned};
use crate::domain::project::{Environment, Project};
use crate::domain::resource::{LiveResource, ResourceRef};
use crate::promotion::claims::Claims;
use crate::schema::{Identified, Registry};
use remedies::{Pair, Remedies};

pub use remedies::FixChoices;

/// Maximum number of concurrent listings per environment.
const CONCURRENCY: usize = 16;

/// What is audited, and what the user decides about it.
#[derive(Debug, Clone, Copy)]
pub struct AuditScope<'a> {
    /// Types; empty for every type that can be listed.
    pub types: &'a [String],
    /// Identifiers; empty for all resources of the types.
    pub identifiers: &'a [String],
    /// How long a resource may wait for its promotion.
    pub stuck_after: Option<Duration>,
    /// The time.
    pub now: Timestamp,
    /// The known resource types.
    pub registry: &'a Registry,
    /// What the corrections may use.
    pub choices: FixChoices<'a>,
}

/// Audits the given environments.
///
/// # Errors
/// The tagging API of an environment did not respond.
pub async fn audit(
    project: &Project,
    environments: &[(&Environment, &dyn ReadCloud)],
    scope: AuditScope<'_>,
    events: &Events,
) -> Result<AuditReport, CloudError> {
    let mut report = AuditReport::default();
    let mut estates: BTreeMap<String, Estate> = BTreeMap::new();
    let mut kinds = Kinds::default();
    // Limits are those of each account: reading both takes no longer than the larger one.
    let reads = environments.iter().map(|(_, reader)| async {
        let (mut part, mut kinds) = (AuditReport::default(), Kinds::default());
        let estate = read_all_resources(*reader, scope.types, &mut part, &mut kinds, events).await;
        estate.map(|estate| (estate, part, kinds))
    });
    for ((environment, _), read) in environments.iter().zip(futures_util::future::join_all(reads).await) {
        let (estate, part, own) = read?;
        report.coverage += part.coverage;
        report.gaps.extend(part.gaps);
        kinds.listed.extend(own.listed);
        kinds.unsupported.extend(own.unsupported);
        report.coverage.unsupported += estate.unsupported.len() as u64;
        estates.insert(environment.name.clone(), estate);
    }
    report.coverage.types_listed = kinds.listed.len() as u64;
    report.coverage.unsupported += kinds.unsupported.difference(&kinds.listed).count() as u64;
    read_named(environments, &scope, &mut estates).await?;
    let audited: BTreeMap<String, Vec<ResourceRef>> =
        estates.iter().map(|(name, estate)| (name.clone(), estate.live.keys().cloned().collect())).collect();
    let pair = pair(environments, &mut estates).await?;
    // A counterpart that only a tag names may be unreadable too.
    for (environment, reader) in environments {
        let Some(estate) = estates.get(&environment.name) else { continue };
        report.coverage.denied += estate.denied();
        report.coverage.unreadable += estate.unreadable.len() as u64;
        report.gaps.extend(
            estate.unreadable.iter().map(|unreadable| gap(*reader, unreadable.resource.to_string(), &unreadable.error)),
        );
    }
    let incomplete = incomplete(scope.registry, &estates, &report.gaps);
    let selection = (scope.identifiers, scope.stuck_after, scope.now);
    let mut remedies = Remedies::new(scope.registry, project, scope.choices, selection, pair, &estates, &incomplete);
    let mut contradictions = remedies.contradictions();
    for (environment, _) in environments {
        let Some(estate) = estates.get(&environment.name) else { continue };
        let is_wanted =
            |resource: &&ResourceRef| scope.identifiers.is_empty() || scope.identifiers.contains(&resource.identifier);
        for resource in audited.get(&environment.name).into_iter().flatten().filter(is_wanted) {
            let Some(live) = estate.live.get(resource) else { continue };
            if is_service_owned(&live.resource, live.arn.as_deref()) {
                report.coverage.service_owned += 1;
                continue;
            }
            report.coverage.checked += 1;
            let own = contradictions.remove(&(environment.name.clone(), resource.clone())).unwrap_or_default();
            report.rows.push(remedies.row(environment, live, own));
        }
    }
    report.corrections = remedies.corrections();
    report.gaps.sort();
    report.rows.sort_by(|a: &AuditRow, b| (&a.environment, &a.resource).cmp(&(&b.environment, &b.resource)));
    Ok(report)
}

/// Types by what the environments allow.
#[derive(Default)]
struct Kinds {
    listed: BTreeSet<&'static str>,
    unsupported: BTreeSet<&'static str>,
}

fn gap(reader: &dyn ReadCloud, subject: String, error: &CloudError) -> Gap {
    Gap { environment: reader.environment().to_owned(), subject, reason: error.reason() }
}

/// Types of which resources may exist that were not read, by environment.
fn incomplete(registry: &Registry, estates: &BTreeMap<String, Estate>, gaps: &[Gap]) -> BTreeSet<(String, String)> {
    let of_gap = gaps.iter().flat_map(|gap| {
        let types: Vec<&str> = match gap.subject == TAGGING_API {
            true => registry.type_names().filter(|name| !estate::is_listable(registry, name)).collect(),
            false => gap.subject.split(' ').take(1).collect(),
        };
        types.into_iter().map(|type_name| (gap.environment.clone(), type_name.to_owned()))
    });
    let unreadable = estates.iter().flat_map(|(name, estate)| {
        estate.unreadable.iter().map(move |hidden| (name.clone(), hidden.resource.type_name.clone()))
    });
    of_gap.chain(unreadable).collect()
}

/// Reads what the rules for both sides need, if an unprotected and a protected environment are audited.
async fn pair<'a>(
    environments: &[(&'a Environment, &dyn ReadCloud)],
    estates: &mut BTreeMap<String, Estate>,
) -> Result<Option<Pair<'a>>, CloudError> {
    let source = environments.iter().find(|(environment, _)| !environment.protected);
    let target = environments.iter().find(|(environment, _)| environment.protected);
    let (Some((source, source_reader)), Some((target, target_reader))) = (source, target) else { return Ok(None) };
    let (Some(mut dev), Some(mut prod)) = (estates.remove(&source.name), estates.remove(&target.name)) else {
        return Ok(None);
    };
    managed::complete_claims(*source_reader, *target_reader, &mut dev, &mut prod).await?;
    let mut claims = Claims::new(source_reader.registry());
    dev.live.values().for_each(|live: &LiveResource| claims.set_dev(&live.resource, &live.tags));
    prod.live.values().for_each(|live| claims.set_prod(&live.resource, &live.tags));
    estates.insert(source.name.clone(), dev);
    estates.insert(target.name.clone(), prod);
    Ok(Some(Pair { from: &source.name, to: &target.name, claims }))
}

/// Reads the resources that the user names and that are not known yet: types that can only be listed within a parent are not
/// listed, and the tagging API does not return every resource.
async fn read_named(
    environments: &[(&Environment, &dyn ReadCloud)],
    scope: &AuditScope<'_>,
    estates: &mut BTreeMap<String, Estate>,
) -> Result<(), CloudError> {
    let mut sides: Vec<(&dyn ReadCloud, &mut Estate)> = Vec::new();
    for (name, estate) in estates {
        let reader = environments.iter().find(|(environment, _)| environment.name == *name);
        sides.extend(reader.map(|(_, reader)| (*reader, estate)));
    }
    let is_taggable = |live: LiveResource| {
        let schema = scope.registry.get(&live.resource.type_name)?;
        schema.tagging.property.as_ref().map(|_| LiveResource { properties: Value::Null, ..live })
    };
    for (type_name, identifier) in
        scope.types.iter().flat_map(|name| scope.identifiers.iter().map(move |identifier| (name, identifier)))
    {
        managed::read_named(&ResourceRef::new(type_name, identifier), &mut sides, is_taggable).await?;
    }
    Ok(())
}

/// Reads all resources returned by the tagging API or by listings.
async fn read_all_resources(
    reader: &dyn ReadCloud,
    types: &[String],
    report: &mut AuditReport,
    kinds: &mut Kinds,
    events: &Events,
) -> Result<Estate, CloudError> {
    let environment = &|| reader.environment().to_owned();
    let registry = reader.registry();
    let AuditReport { coverage, gaps, .. } = report;
    let mut estate = Estate::default();
    events.emit(Event::listing(reader, None));
    let (tagged, refused) = reader.tagged_if_permitted(None).await?;
    coverage.denied += refused.len() as u64;
    gaps.extend(refused.iter().map(|error| gap(reader, TAGGING_API.to_owned(), error)));
    let wanted = |type_name: &str| types.is_empty() || types.iter().any(|wanted| wanted == type_name);
    let mut names: BTreeSet<ResourceRef> = BTreeSet::new();
    let readable = |resource: &ResourceRef| registry.get(&resource.type_name).is_some_and(|found| found.handlers.read);
    for found in &tagged {
        let identified = registry.identify(&found.arn);
        // Listable types are listed below.
        let listed =
            matches!(&identified, Identified::OfType(of) if of.iter().any(|name| estate::is_listable(registry, name)));
        // Only a read determines which candidate it is; the others do not exist.
        let candidates = identified.candidates();
        if types.is_empty() && !listed && !candidates.iter().any(readable) {
            estate.unsupported.push(found.arn.clone());
        }
        names.extend(candidates.into_iter().filter(|one| wanted(&one.type_name) && readable(one)));
    }
    let mut listable = Vec::new();
    for type_name in registry.type_names().filter(|name| wanted(name)) {
        let Some(type_schema) = registry.get(type_name) else { continue };
        if type_schema.tagging.property.is_none() || !type_schema.tagging.taggable {
            continue;
        }
        if estate::is_listable(registry, type_name) {
            listable.push(type_name);
        } else {
            kinds.unsupported.insert(type_name);
        }
    }
    let (listed, total) = (&AtomicUsize::new(0), listable.len());
    let listings = listable.into_iter().map(|type_name| async move {
        let listing = reader.list(type_name).await;
        let done = listed.fetch_add(1, Ordering::Relaxed) + 1;
        events.emit(Event::TypesListed { environment: environment(), done, total });
        (type_name, listing)
    });
    let listings = estate::concurrently(CONCURRENCY, listings).await;
    for (type_name, listing) in listings {
        match listing {
            Ok(identifiers) => {
                kinds.listed.insert(type_name);
                names.extend(identifiers.into_iter().map(|identifier| ResourceRef::new(type_name, identifier)));
            }
            Err(error) if error.kind == CloudErrorKind::AccessDenied => {
                coverage.denied += 1;
                gaps.push(gap(reader, type_name.to_owned(), &error));
            }
            // The Region does not have the type or its list handler.
            Err(error) if matches!(error.kind, CloudErrorKind::TypeNotFound | CloudErrorKind::Unsupported) => {
                kinds.unsupported.insert(type_name);
            }
            Err(error) => {
                coverage.unreadable += 1;
                gaps.push(gap(reader, type_name.to_owned(), &error));
            }
        }
    }
    let (ours, theirs): (Vec<ResourceRef>, Vec<ResourceRef>) =
        names.into_iter().partition(|resource| !is_service_owned(resource, None));
    coverage.service_owned += theirs.len() as u64;
    let mut unreadable = Vec::new();
    // Only the tags are audited.
    let without_properties = |live: LiveResource| LiveResource { properties: Value::Null, ..live };
    for live in estate::read_each(reader, ours, &mut unreadable, events, without_properties).await {
        let taggable = registry.get(&live.resource.type_name).is_some_and(|schema| schema.tagging.property.is_some());
        if taggable {
            estate.insert(live);
        } else {
            coverage.untaggable += 1;
        }
    }
    estate.unreadable = unreadable;
    Ok(estate)
}
