//! Selects the resources to promote.

use std::collections::{BTreeMap, BTreeSet};

use super::estates::KnownResources;
use super::{PromotionError, Selection};
use crate::compare::drift::has_moved;
use crate::compare::pair::copied_tags_differ;
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::resource::{LiveResource, ResourceRef};
use crate::domain::tags::{PROD_COUNTERPART, PromotionStatus, Tags, is_managed};
use crate::pipeline::estate;
use crate::promotion::claims::counterpart;
use crate::schema::Registry;

/// Reads the selected resources; each of them must exist.
pub(super) async fn select(
    source: &mut KnownResources<'_>,
    selection: &Selection,
) -> Result<BTreeSet<ResourceRef>, PromotionError> {
    match selection {
        Selection::All(named) => {
            let mut all = select_named(source, named).await?;
            let registry = source.side.registry();
            let is_promotable = |tags: &Tags| !matches!(PromotionStatus::of(tags), Some(PromotionStatus::Other(_)));
            all.extend(select_by_tags(source, is_promotable, |live| waits(registry, live)).await?);
            Ok(all)
        }
        Selection::Tagged(key, value) => select_by_tags(source, |tags| tags.get(key) == Some(value), |_| true).await,
        Selection::Named(named) => select_named(source, named).await,
    }
}

/// Returns true for a resource that was never promoted, or that has changed since.
fn waits(registry: &Registry, live: &LiveResource) -> bool {
    let Some(schema) = registry.get(&live.resource.type_name) else { return false };
    match PromotionStatus::of(&live.tags) {
        Some(PromotionStatus::DevOnly | PromotionStatus::PendingProd) => true,
        Some(PromotionStatus::Synced) => has_moved(schema, live) != Some(false),
        // Where tags cannot be changed after creation, those of the target record the promotion.
        None => !schema.tagging.updatable,
        Some(PromotionStatus::Other(_)) => false,
    }
}

/// Returns the synced resources of a selection of all whose counterparts have other values of the tags that a promotion copies.
/// Digests do not cover these tags.
pub(super) async fn with_other_tags(
    source: &KnownResources<'_>,
    target: &mut KnownResources<'_>,
) -> Result<Vec<ResourceRef>, PromotionError> {
    let registry = source.side.registry();
    let synced = source
        .estate
        .live
        .values()
        .filter(|live| PromotionStatus::of(&live.tags) == Some(PromotionStatus::Synced) && is_managed(&live.tags));
    let pairs: Vec<(&LiveResource, ResourceRef)> =
        synced.filter_map(|live| Some((live, counterpart(live, PROD_COUNTERPART)?))).collect();
    // The tagging API does not return the tags of every type.
    let hidden = target.catalog.unserved.iter();
    let hidden: BTreeSet<ResourceRef> =
        hidden.filter(|one| pairs.iter().any(|(_, prod)| prod == *one)).cloned().collect();
    target.read(hidden).await?;
    let tags: BTreeMap<&ResourceRef, &Tags> = target.tags().collect();
    let differs = |(live, prod): &(&LiveResource, ResourceRef)| {
        let schema = registry.get(&live.resource.type_name);
        schema.zip(tags.get(prod)).is_some_and(|(schema, found)| copied_tags_differ(schema, live, found))
    };
    Ok(pairs.iter().filter(|pair| differs(pair)).map(|(live, _)| live.resource.clone()).collect())
}

async fn select_named(
    source: &mut KnownResources<'_>,
    named: &[ResourceRef],
) -> Result<BTreeSet<ResourceRef>, PromotionError> {
    let mut problems = Vec::new();
    for resource in named {
        problems.extend(read_named(source, resource).await?);
    }
    if problems.is_empty() {
        Ok(named.iter().cloned().collect())
    } else if named.iter().all(|resource| source.side.registry().contains(&resource.type_name)) {
        Err(PromotionError::Refused(problems))
    } else {
        Err(PromotionError::UnknownType(problems))
    }
}

async fn select_by_tags(
    source: &mut KnownResources<'_>,
    fits: impl Fn(&Tags) -> bool,
    is_chosen: impl Fn(&LiveResource) -> bool,
) -> Result<BTreeSet<ResourceRef>, PromotionError> {
    source.read_tagged(&fits).await?;
    // The tagging API is eventually consistent: the tags returned by a read decide.
    let chosen = |live: &&LiveResource| is_managed(&live.tags) && fits(&live.tags) && is_chosen(live);
    Ok(source.estate.live.values().filter(chosen).map(|live| live.resource.clone()).collect())
}

/// Reads a resource given by the user; returns a problem if it cannot be promoted.
async fn read_named(
    source: &mut KnownResources<'_>,
    resource: &ResourceRef,
) -> Result<Option<Diagnostic>, PromotionError> {
    let registry = source.side.registry();
    let Some(type_schema) = registry.get(&resource.type_name) else {
        let mut problem =
            Diagnostic::error(Code::UnknownType, format!("`{}` is not a known resource type", resource.type_name));
        problem.hint = registry.suggest(&resource.type_name).map(|close| format!("did you mean `{close}`?"));
        return Ok(Some(problem));
    };
    if !type_schema.handlers.are_provisionable() {
        return Ok(Some(Diagnostic::error(
            Code::TypeUnsupported,
            format!("{} cannot be promoted, because Cloud Control cannot read and create it", resource.type_name),
        )));
    }
    let tags = source.catalog.exact.get(resource).map(|listed| listed.tags.clone());
    if let Some(live) = estate::read(source.side.reader, resource, tags.as_ref()).await? {
        source.insert(live);
        return Ok(None);
    }
    let environment = &source.side.environment.name;
    let problem = Diagnostic::error(Code::NotFound, format!("{resource} does not exist in {environment}"));
    let known = source.catalog.resources().map(|(other, _)| other);
    let close = known
        .filter(|other| other.type_name == resource.type_name)
        .filter(|_| resource.identifier.len() <= crate::schema::MAX_SUGGESTED)
        .min_by_key(|other| strsim::levenshtein(&other.identifier, &resource.identifier));
    Ok(Some(match close {
        Some(close) => problem.hint(format!("did you mean {close}?")),
        None => problem.hint(format!("run `stagegate drift {}` to list the managed resources", resource.type_name)),
    }))
}
