//! Reads the tags of all resources in an environment and checks them.

mod indexed;
mod remedies;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use super::estate::{self, Estate, Unreadable};
use super::event::{Event, Events};
use super::managed;
use super::ports::{CloudError, CloudErrorKind, Indexed, ReadCloud, ReadIndex};
use crate::domain::audit::{AuditReport, AuditRow, AuditSource, Gap, IndexFacts, TAGGING_API, is_service_owned};
use crate::domain::project::{Environment, Project};
use crate::domain::resource::{LiveResource, ResourceRef};
use crate::promotion::claims::Claims;
use crate::promotion::consistency::promotion_consistency;
use crate::schema::{Identified, Registry};
use indexed::{Audited, Reading};
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
    /// Where resources that the tagging API does not return are found.
    pub source: SourceChoice,
}

/// Where the audit finds resources that never had a tag.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SourceChoice {
    /// In the index if there is one that can be read, otherwise by listing every type. Types that the index does not cover are listed.
    #[default]
    Auto,
    /// By listing every type.
    List,
    /// In the index alone.
    Index,
}

/// An environment to audit.
#[derive(Clone, Copy)]
pub struct AuditSide<'a> {
    /// The environment.
    pub environment: &'a Environment,
    /// Its reader.
    pub reader: &'a dyn ReadCloud,
    /// An index of its resources.
    pub index: Option<&'a dyn ReadIndex>,
}

/// Audits the given environments.
///
/// # Errors
/// The tagging API of an environment did not respond.
pub async fn audit(
    project: &Project,
    sides: &[AuditSide<'_>],
    scope: AuditScope<'_>,
    events: &Events,
) -> Result<AuditReport, CloudError> {
    let environments: Vec<(&Environment, &dyn ReadCloud)> =
        sides.iter().map(|side| (side.environment, side.reader)).collect();
    let environments = environments.as_slice();
    let mut report = AuditReport::default();
    let mut unread: BTreeMap<String, BTreeSet<ResourceRef>> = BTreeMap::new();
    let mut estates: BTreeMap<String, Estate> = BTreeMap::new();
    let mut kinds = Kinds::default();
    // Limits are those of each account: reading both takes no longer than the larger one.
    let reads = sides.iter().map(|side| async {
        let (mut part, mut kinds) = (AuditReport::default(), Kinds::default());
        let audited = read_side(project, side, &scope, &mut part, &mut kinds, events).await;
        audited.map(|audited| (audited, part, kinds))
    });
    for ((environment, _), read) in environments.iter().zip(futures_util::future::join_all(reads).await) {
        let (Audited { estate, unread: tags_only, .. }, part, own) = read?;
        unread.insert(environment.name.clone(), tags_only);
        report.sources.extend(part.sources);
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
    let mut pair = pair(environments, &mut estates).await?;
    if let Some(read) = &pair
        && confirm(environments, read, &unread, &mut estates).await?
    {
        pair = self::pair(environments, &mut estates).await?;
    }
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

/// Reads an environment from the source that the scope chooses.
async fn read_side(
    project: &Project,
    side: &AuditSide<'_>,
    scope: &AuditScope<'_>,
    report: &mut AuditReport,
    kinds: &mut Kinds,
    events: &Events,
) -> Result<Audited, CloudError> {
    let AuditSide { environment, reader, index } = *side;
    let mut reason = None;
    if let Some(index) = index.filter(|_| scope.source != SourceChoice::List) {
        let indexed = match index.resources().await {
            Err(error) if error.kind == CloudErrorKind::Credentials => return Err(error),
            Err(error) if scope.source == SourceChoice::Auto => {
                reason = Some(error.reason());
                None
            }
            Err(error) => {
                report.gaps.push(gap(reader, "resources that never had a tag".to_owned(), &error));
                match error.kind {
                    CloudErrorKind::AccessDenied => report.coverage.denied += 1,
                    _ => report.coverage.unreadable += 1,
                }
                Some(Indexed::default())
            }
            Ok(indexed) => Some(indexed),
        };
        if let Some(indexed) = indexed {
            let list_others = scope.source == SourceChoice::Auto;
            let reading = Reading { project, environment, reader, types: scope.types, list_others, events };
            let audited = reading.read(&indexed, report, kinds).await?;
            report.sources.push(AuditSource {
                environment: environment.name.clone(),
                region: environment.region.clone(),
                types_not_indexed: audited.types_not_indexed,
                unconfirmed: audited.unconfirmed,
                index: Some(IndexFacts {
                    service: index.service(),
                    through: indexed.through,
                    regions: indexed.regions,
                    updated: indexed.updated,
                    filter: indexed.filter,
                }),
                reason: None,
            });
            return Ok(audited);
        }
    }
    let estate = read_all_resources(reader, scope.types, report, kinds, events).await?;
    report.sources.push(AuditSource {
        environment: environment.name.clone(),
        region: environment.region.clone(),
        types_not_indexed: 0,
        unconfirmed: 0,
        index: None,
        reason,
    });
    Ok(Audited { estate, ..Audited::default() })
}

/// Reads resources whose promotion tags contradict each other as far as the tagging API knows, which lags behind. Returns
/// whether there were any.
async fn confirm(
    environments: &[(&Environment, &dyn ReadCloud)],
    pair: &Pair<'_>,
    unread: &BTreeMap<String, BTreeSet<ResourceRef>>,
    estates: &mut BTreeMap<String, Estate>,
) -> Result<bool, CloudError> {
    let mut named: BTreeSet<(&str, ResourceRef)> = BTreeSet::new();
    for (environment, resource) in promotion_consistency(&pair.claims, pair.from, pair.to).into_keys() {
        let (own, other, claim) = match environment == pair.from {
            true => (pair.from, pair.to, pair.claims.named_by_dev(&resource)),
            false => (pair.to, pair.from, pair.claims.named_by_prod(&resource)),
        };
        named.extend(claim.map(|claim| (other, claim.clone())));
        named.insert((own, resource));
    }
    named.retain(|(name, resource)| unread.get(*name).is_some_and(|unread| unread.contains(resource)));
    let mut is_any = false;
    for (environment, reader) in environments {
        let Some(estate) = estates.get_mut(&environment.name) else { continue };
        let own = named.iter().filter(|(name, _)| *name == environment.name);
        let reads = own.map(|(_, resource)| async move { (resource, estate::read(*reader, resource, None).await) });
        for (resource, found) in estate::concurrently(CONCURRENCY, reads).await {
            is_any = true;
            match found {
                Ok(Some(live)) => estate.insert(LiveResource { properties: Value::Null, ..live }),
                Ok(None) => {
                    estate.live.remove(resource);
                }
                Err(error) if error.kind == CloudErrorKind::Credentials => return Err(error),
                Err(error) => {
                    estate.live.remove(resource);
                    estate.note(Unreadable { resource: resource.clone(), error, referred: false });
                }
            }
        }
    }
    Ok(is_any)
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
