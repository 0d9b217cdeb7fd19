//! Reads the tags of all resources in an environment and checks them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;

use super::estate::{self, Estate};
use super::event::{Event, Events};
use super::managed;
use super::ports::{CloudError, CloudErrorKind, ReadCloud};
use crate::domain::audit::{AuditReport, AuditRow, Gap, is_service_owned};
use crate::domain::project::{Environment, Project};
use crate::domain::resource::LiveResource;
use crate::domain::resource::ResourceRef;
use crate::policy::tag_rules::judge;
use crate::promotion::consistency::promotion_consistency;
use crate::schema::{self, Identified, Registry};

/// Maximum number of concurrent listings per environment.
const CONCURRENCY: usize = 16;

/// Audits the given environments; an empty list of types means every type that can be listed.
///
/// # Errors
/// The tagging API of an environment did not respond.
pub async fn audit(
    project: &Project,
    environments: &[(&Environment, &dyn ReadCloud)],
    types: &[String],
    events: &Events,
) -> Result<AuditReport, CloudError> {
    let mut report = AuditReport::default();
    let mut estates: BTreeMap<String, Estate> = BTreeMap::new();
    // Limits are those of each account: reading both takes no longer than the larger one.
    let reads = environments.iter().map(|(_, reader)| async {
        let mut part = AuditReport::default();
        let estate = read_all_resources(*reader, types, &mut part, events).await;
        estate.map(|estate| (estate, part))
    });
    for ((environment, reader), read) in environments.iter().zip(futures_util::future::join_all(reads).await) {
        let (estate, part) = read?;
        report.coverage += part.coverage;
        report.gaps.extend(part.gaps);
        report.coverage.denied += estate.denied();
        report.coverage.unreadable += estate.unreadable.len() as u64;
        report.coverage.unsupported += estate.unsupported.len() as u64;
        report.gaps.extend(
            estate.unreadable.iter().map(|unreadable| gap(*reader, unreadable.resource.to_string(), &unreadable.error)),
        );
        for live in estate.live.values() {
            if is_service_owned(&live.resource, live.arn.as_deref()) {
                report.coverage.service_owned += 1;
                continue;
            }
            report.coverage.checked += 1;
            report.rows.push(AuditRow {
                environment: environment.name.clone(),
                resource: live.resource.clone(),
                arn: live.arn.clone(),
                violations: judge(project, environment, &live.tags),
            });
        }
        estates.insert(environment.name.clone(), estate);
    }
    add_consistency(environments, &mut estates, &mut report).await?;
    report.gaps.sort();
    report.rows.sort_by(|a, b| (&a.environment, &a.resource).cmp(&(&b.environment, &b.resource)));
    Ok(report)
}

fn gap(reader: &dyn ReadCloud, subject: String, error: &CloudError) -> Gap {
    Gap { environment: reader.environment().to_owned(), subject, reason: error.reason() }
}

/// Adds violations of rules that need both sides, if an unprotected and a protected environment are audited.
async fn add_consistency(
    environments: &[(&Environment, &dyn ReadCloud)],
    estates: &mut BTreeMap<String, Estate>,
    report: &mut AuditReport,
) -> Result<(), CloudError> {
    let source = environments.iter().find(|(environment, _)| !environment.protected);
    let target = environments.iter().find(|(environment, _)| environment.protected);
    let (Some((source, source_reader)), Some((target, target_reader))) = (source, target) else { return Ok(()) };
    let (Some(mut source_estate), Some(mut target_estate)) =
        (estates.remove(&source.name), estates.remove(&target.name))
    else {
        return Ok(());
    };
    managed::complete_claims(*source_reader, *target_reader, &mut source_estate, &mut target_estate).await?;
    let (dev, prod): (Vec<LiveResource>, Vec<LiveResource>) = (source_estate.resources(), target_estate.resources());
    for ((environment, resource), violations) in promotion_consistency((&source.name, &dev), (&target.name, &prod)) {
        if let Some(row) = report.rows.iter_mut().find(|row| row.environment == environment && row.resource == resource)
        {
            row.violations.extend(violations);
            row.violations.sort();
        }
    }
    Ok(())
}

/// Reads all resources returned by the tagging API or by listings.
async fn read_all_resources(
    reader: &dyn ReadCloud,
    types: &[String],
    report: &mut AuditReport,
    events: &Events,
) -> Result<Estate, CloudError> {
    let environment = &|| reader.environment().to_owned();
    let AuditReport { coverage, gaps, .. } = report;
    let mut estate = Estate::default();
    events.emit(Event::listing(reader, None));
    let tagged = reader.tagged(None).await?;
    let wanted = |type_name: &str| types.is_empty() || types.iter().any(|wanted| wanted == type_name);
    let mut names: BTreeSet<ResourceRef> = BTreeSet::new();
    let readable = |resource: &ResourceRef| Registry::get(&resource.type_name).is_some_and(|found| found.handlers.read);
    for found in &tagged {
        let identified = schema::identify(&found.arn);
        // Listable types are listed below.
        let listed = matches!(&identified, Identified::OfType(of) if of.iter().any(|name| estate::is_listable(name)));
        // Only a read determines which candidate it is; the others do not exist.
        let candidates = identified.candidates();
        if types.is_empty() && !listed && !candidates.iter().any(readable) {
            estate.unsupported.push(found.arn.clone());
        }
        names.extend(candidates.into_iter().filter(|one| wanted(&one.type_name) && readable(one)));
    }
    let mut listable = Vec::new();
    for type_name in Registry::type_names().filter(|name| wanted(name)) {
        let Some(type_schema) = Registry::get(type_name) else { continue };
        if type_schema.tagging.property.is_none() || !type_schema.tagging.taggable {
            continue;
        }
        if estate::is_listable(type_name) {
            listable.push(type_name);
        } else {
            coverage.unsupported += 1;
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
                coverage.types_listed += 1;
                names.extend(identifiers.into_iter().map(|identifier| ResourceRef::new(type_name, identifier)));
            }
            Err(error) if error.kind == CloudErrorKind::AccessDenied => {
                coverage.denied += 1;
                gaps.push(gap(reader, type_name.to_owned(), &error));
            }
            // The Region does not have the type or its list handler.
            Err(error) if matches!(error.kind, CloudErrorKind::TypeNotFound | CloudErrorKind::Unsupported) => {
                coverage.unsupported += 1;
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
        let taggable = Registry::get(&live.resource.type_name).is_some_and(|schema| schema.tagging.property.is_some());
        if taggable {
            estate.insert(live);
        } else {
            coverage.untaggable += 1;
        }
    }
    estate.unreadable = unreadable;
    Ok(estate)
}
