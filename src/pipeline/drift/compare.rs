//! The comparison. It reads and translates resources as a promotion does, and changes nothing.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::Scope;
use super::advice::{self, Advice};
use crate::compare::drift::{ChangeNote, Coverage, DriftReport, DriftRow, Moved, Status, has_moved, moved};
use crate::compare::pair::{add_copied_tags, differences, fingerprints, mask};
use crate::domain::plan::{SENSITIVE, hidden_values};
use crate::domain::pointer;
use crate::domain::portable::portable;
use crate::domain::project::{Environment, Project, RegionCoverage};
use crate::domain::resource::{Change, LiveResource, ResourceRef};
use crate::domain::tags::{self, PromotionStatus};
use crate::pipeline::estate::{self, Estate, Unreadable, unpacked};
use crate::pipeline::event::Events;
use crate::pipeline::managed;
use crate::pipeline::plan::{tokens_between, unreturned};
use crate::pipeline::ports::{CloudError, CloudErrorKind, ReadCloud};
use crate::promotion::claims::{Claims, Pairing, counterpart};
use crate::promotion::desired::{desired, overrides_of, target_name};
use crate::promotion::index::ValueIndex;
use crate::promotion::index_builder::{Counterpart, IndexBuilder};
use crate::promotion::names::Tokens;
use crate::promotion::reference::named_in;
use crate::promotion::rewrite::{Rewriter, Unmapped};
use crate::promotion::typed;
use crate::schema::{AccountRegion, Identified, Registry, TypeSchema};

/// Compares the managed resources of two environments.
///
/// # Errors
/// An environment could not be listed.
pub async fn compare(
    project: &Project,
    from: (&Environment, &dyn ReadCloud),
    to: (&Environment, &dyn ReadCloud),
    scope: &Scope,
    events: &Events,
) -> Result<DriftReport, CloudError> {
    Ok(compare_with(project, from, to, scope, None, events).await?.report)
}

/// A comparison, with the resources that were read for it.
pub(super) struct Compared {
    pub(super) report: DriftReport,
    pub(super) source: Estate,
    pub(super) target: Estate,
}

/// Compares the managed resources of two environments. `global`: the resources that were read in other Regions, with those of
/// global services. They are known to this comparison, and are rows of the other one.
pub(super) async fn compare_with(
    project: &Project,
    from: (&Environment, &dyn ReadCloud),
    to: (&Environment, &dyn ReadCloud),
    scope: &Scope,
    global: Option<&Compared>,
    events: &Events,
) -> Result<Compared, CloudError> {
    let registry = from.1.registry();
    let is_global = |type_name: &str| registry.get(type_name).is_some_and(TypeSchema::is_global);
    let (source, target) =
        futures_util::join!(managed::managed_to_compare(from.1, events), managed::managed_to_compare(to.1, events));
    let (mut source, mut target) = (source?, target?);
    if let Some(known) = global {
        for (own, other) in [(&mut source, &known.source), (&mut target, &known.target)] {
            let shared = other.live.values().filter(|live| is_global(&live.resource.type_name));
            shared.for_each(|live| own.insert(live.clone()));
        }
    }
    for named in scope.named() {
        let is_ours = |live: LiveResource| {
            let keys = [tags::PROD_COUNTERPART, tags::DEV_COUNTERPART];
            (tags::is_managed(&live.tags) || keys.iter().any(|key| live.tags.contains_key(*key))).then_some(live)
        };
        managed::read_named(&named, &mut [(from.1, &mut source), (to.1, &mut target)], is_ours).await?;
    }
    managed::complete_claims(from.1, to.1, &mut source, &mut target).await?;
    let mut claims = Claims::of_pairing_tags(from.1.registry());
    source.live.values().for_each(|live| claims.set_dev(&live.resource, &live.tags));
    target.live.values().for_each(|live| claims.set_prod(&live.resource, &live.tags));
    let pairings = claims.all();
    let tokens = tokens_between(project, from.0, to.0);
    read_references(from, &mut source, &pairings, events).await;
    let index = index_of_pairs(from.1.registry(), project, (from.0, &source), (to.0, &target), &pairings, &tokens);
    let rewriter = Rewriter {
        index: &index,
        accounts: (&from.0.account, &to.0.account),
        regions: (&from.0.region, &to.0.region),
        tokens: &tokens,
    };
    let advice = Advice { from: &from.0.name, to: &to.0.name, registry: from.1.registry() };
    let mut rows = Vec::new();
    // The resources that name one that could not be read.
    let (mut naming_dev, mut naming_prod) = (BTreeMap::new(), BTreeMap::new());
    for pairing in pairings {
        let row = match pairing {
            Pairing::Pair(dev, prod) => match (source.live.get(&dev), target.live.get(&prod)) {
                (Some(dev), Some(prod)) => pair(&advice, project, &unpacked(dev), &unpacked(prod), &rewriter),
                _ => continue,
            },
            Pairing::DevOnly(dev) => advice.dev_only(&dev, source.live.get(&dev)),
            Pairing::ProdOnly(prod) => advice.prod_only(&prod),
            Pairing::Review { dev, prod, problem } => {
                // Unreadable resources have rows of their own and are not missing.
                let hidden = match (&dev, &prod) {
                    (Some(dev), None) => unreadable_claim(source.live.get(dev), tags::PROD_COUNTERPART, &target)
                        .map(|claim| naming_prod.insert(claim, dev.clone())),
                    (None, Some(prod)) => unreadable_claim(target.live.get(prod), tags::DEV_COUNTERPART, &source)
                        .map(|claim| naming_dev.insert(claim, prod.clone())),
                    _ => None,
                };
                if hidden.is_some() {
                    continue;
                }
                advice.review(&claims, dev.as_ref(), prod.as_ref(), &problem)
            }
        };
        rows.push(row);
    }
    // What could not be read may be the counterpart.
    let is_hidden = |row: &DriftRow| {
        let hidden = source.unreadable.iter().map(|hidden| hidden.resource.type_name.as_str());
        hidden.into_iter().any(|name| name == row.type_name || name == Unreadable::ALL)
    };
    for row in rows.iter_mut().filter(|row| is_hidden(row)) {
        advice.without_deletion(row, "not all resources of the type could be read");
    }
    rows.extend(unreadable(&source, &naming_dev, true));
    rows.extend(unreadable(&target, &naming_prod, false));
    let named = |row: &DriftRow, id: &Option<String>| id.as_ref().map(|id| ResourceRef::new(&row.type_name, id));
    rows.retain(|row| scope.has(named(row, &row.dev).as_ref(), named(row, &row.prod).as_ref()));
    rows.retain(|row| global.is_none() || !is_global(&row.type_name));
    rows.sort_by(|a, b| (&a.type_name, &a.dev, &a.prod).cmp(&(&b.type_name, &b.dev, &b.prod)));
    let is_denied = |hidden: &&Unreadable| {
        hidden.error.kind == CloudErrorKind::AccessDenied
            && scope.has(Some(&hidden.resource), None)
            && (global.is_none() || !is_global(&hidden.resource.type_name))
    };
    let count = |status: Status| rows.iter().filter(|row| row.status == status).count() as u64;
    let coverage = Coverage {
        unreadable: count(Status::Unreadable),
        unsupported: count(Status::Unsupported),
        checked: rows.len() as u64 - count(Status::Unreadable) - count(Status::Unsupported),
        denied: [&source, &target].iter().flat_map(|estate| &estate.unreadable).filter(is_denied).count() as u64,
        regions: [from.0, to.0].map(read_region).to_vec(),
    };
    let registry = registry.clone();
    let report = DriftReport { from: from.0.name.clone(), to: to.0.name.clone(), rows, coverage, registry };
    Ok(Compared { report, source, target })
}

fn read_region(environment: &Environment) -> RegionCoverage {
    RegionCoverage { environment: environment.name.clone(), region: environment.region.clone(), refused: None }
}

/// Returns the counterpart that a resource names, if it could not be read.
fn unreadable_claim(live: Option<&LiveResource>, key: &str, far: &Estate) -> Option<ResourceRef> {
    let claim = live.and_then(|live| counterpart(live, key))?;
    far.unreadable.iter().any(|hidden| hidden.resource == claim).then_some(claim)
}

/// Reads resources that the pairs name by ARN and that the tags do not contain: those of types without tags. If one cannot
/// be read, references to it need review.
async fn read_references(
    from: (&Environment, &dyn ReadCloud),
    source: &mut Estate,
    pairings: &[Pairing],
    events: &Events,
) {
    let mut named = BTreeSet::new();
    let is_known = |resource: &ResourceRef| source.live.contains_key(resource);
    for pairing in pairings {
        let Pairing::Pair(dev, _) = pairing else { continue };
        if let Some(live) = source.live.get(dev) {
            let properties = &unpacked(live).properties;
            named.extend(named_in(from.1.registry(), properties, &from.0.account, &is_known).into_keys());
        }
    }
    named.retain(|resource| !source.live.contains_key(resource));
    let mut unreadable = Vec::new();
    for live in estate::read_all(from.1, named.into_iter().collect(), &mut unreadable, events).await {
        source.insert(live);
    }
}

/// Creates the index that maps values of paired dev resources to values in prod.
fn index_of_pairs(
    registry: &Registry,
    project: &Project,
    (here, source): (&Environment, &Estate),
    (there, target): (&Environment, &Estate),
    pairings: &[Pairing],
    tokens: &Tokens,
) -> ValueIndex {
    let source_place = AccountRegion { account: here.account.as_str(), region: &here.region };
    let target_place = AccountRegion { account: there.account.as_str(), region: &there.region };
    let map = &project.promotion.map;
    let mut builder = IndexBuilder::new(registry, map, tokens, source_place, target_place);
    let paired: BTreeMap<&ResourceRef, &ResourceRef> = pairings
        .iter()
        .filter_map(|pairing| match pairing {
            Pairing::Pair(dev, prod) => Some((dev, prod)),
            _ => None,
        })
        .collect();
    for live in source.live.values() {
        let Some(type_schema) = registry.get(&live.resource.type_name) else { continue };
        let live = &*unpacked(live);
        match paired.get(&live.resource).and_then(|prod| target.live.get(*prod)).map(unpacked) {
            Some(found) => builder.add(
                live,
                Counterpart::Existing { identifier: &found.resource.identifier, properties: &found.properties },
            ),
            // For types without tags, the name identifies the counterpart, as in a promotion.
            None if type_schema.tagging.property.is_none() => {
                let is_shared = here.account == there.account;
                let name = target_name(type_schema, &live.resource, &live.properties, tokens, map, is_shared);
                builder.add(live, Counterpart::Named(name.ok().flatten().as_deref()));
            }
            None => builder.add(live, Counterpart::None),
        }
    }
    builder.build()
}

/// True for a reference to a resource of a type without tags: the property holds no other ones, or the ARN is that of one.
fn is_of_untagged(registry: &Registry, schema: &TypeSchema, left: &Unmapped) -> bool {
    let are_untagged = |types: &[&str]| {
        let is_untagged = |name: &&str| registry.get(name).is_some_and(|target| target.tagging.property.is_none());
        !types.is_empty() && types.iter().all(is_untagged)
    };
    let targets = typed::targets(schema, &left.pointer);
    let of_arn = match registry.identify(&left.value) {
        Identified::OfType(types) => types.into_iter().map(str::to_owned).collect(),
        other => other.candidates().into_iter().map(|one| one.type_name).collect::<Vec<_>>(),
    };
    are_untagged(&targets.iter().map(|target| target.type_name.as_str()).collect::<Vec<_>>())
        || are_untagged(&of_arn.iter().map(String::as_str).collect::<Vec<_>>())
}

/// Compares a pair: the actual configuration in prod with the expected one, based on dev.
fn pair(
    advice: &Advice<'_>,
    project: &Project,
    dev: &LiveResource,
    prod: &LiveResource,
    rewriter: &Rewriter<'_>,
) -> DriftRow {
    let (dev_ref, prod_ref) = (&dev.resource, &prod.resource);
    let Some(type_schema) = advice.registry.get(&dev_ref.type_name) else {
        let reason = Some("the type is unknown".to_owned());
        return DriftRow { reason, ..advice::row(Status::Unsupported, Some(dev_ref), Some(prod_ref)) };
    };
    let overrides = overrides_of(type_schema, project, dev_ref, &dev.properties);
    // The names of a pair differ by design and are not compared.
    let name =
        type_schema.name_property.as_ref().and_then(|property| prod.properties.get(property)).and_then(Value::as_str);
    let mut expected = desired(type_schema, &dev.properties, name, rewriter, &overrides, &BTreeMap::new());
    let mut actual = portable(type_schema, &prod.properties);
    without_additional_tags(type_schema, &expected.value, &mut actual);
    let is_tag_different = add_copied_tags(type_schema, (dev, &mut expected.value), (prod, &mut actual));
    let found = differences(type_schema, &expected.value, &actual);
    let mut changes = found.changes;
    // A reference that cannot be translated cannot be compared and needs review.
    let has_moved = || [dev, prod].iter().any(|live| has_moved(type_schema, live) != Some(false));
    let untranslated = expected.unmapped.iter().find(|left| {
        let differs = changes.iter().any(|change| overlap(change, &left.pointer));
        // Tags do not say what the counterpart of a child is; as long as neither side changes, it is as promoted.
        differs && (!is_of_untagged(advice.registry, type_schema, left) || has_moved())
    });
    changes.retain(|change| !expected.unmapped.iter().any(|left| overlap(change, &left.pointer)));
    let prints = fingerprints(unreturned(type_schema, dev), &dev.properties, &prod.properties);
    let is_unrecorded = is_tag_different || !prints.changes.is_empty();
    let only_prints = changes.is_empty();
    changes.extend(prints.changes);
    let of_pair = |row: DriftRow| DriftRow { unverified: prints.unverified.clone(), ..row };
    if !changes.is_empty() {
        mask(type_schema, Some(&dev_ref.identifier), (&expected.value, &actual), &BTreeSet::new(), &mut changes);
        // The digests cover neither the tags that are copied nor what AWS does not return.
        let moved = moved(type_schema, dev, prod).or(is_unrecorded.then_some(Moved::Unknown));
        let row = match only_prints {
            true => advice.other_content(dev_ref, prod_ref, changes),
            false => advice.drifted(dev_ref, prod_ref, changes, moved),
        };
        let note = |(at, key)| (at, ChangeNote { tag: Some(key), ignored: None });
        return of_pair(DriftRow { notes: found.tag_keys.into_iter().map(note).collect(), ..row });
    }
    if let Some(left) = untranslated {
        let hidden = hidden_values(Some(type_schema), &dev.properties, &BTreeSet::new());
        let is_hidden = hidden.keys().any(|place| pointer::is_within(place, &left.pointer));
        let shown = if is_hidden { SENSITIVE } else { left.value.as_str() };
        let reason = format!("{} `{shown}` {}", left.pointer, left.reason);
        return of_pair(advice.untranslated(dev_ref, prod_ref, reason));
    }
    let pending = |live: &LiveResource| PromotionStatus::of(&live.tags) == Some(PromotionStatus::PendingProd);
    if pending(dev) || pending(prod) {
        return of_pair(advice.unfinished(dev_ref, prod_ref));
    }
    of_pair(advice::row(Status::Synced, Some(dev_ref), Some(prod_ref)))
}

/// Returns true if one of the pointers of a change and a property is within the other.
fn overlap(change: &Change, place: &str) -> bool {
    change.is_within(place) || pointer::is_within(place, &change.pointer)
}

/// Removes the tags that only prod has: promotion does not change them, so they are not drift.
fn without_additional_tags(type_schema: &TypeSchema, expected: &Value, actual: &mut Value) {
    let Some(property) = &type_schema.tagging.property else { return };
    let wanted = tags::read(type_schema, expected);
    if let Some(found) = actual.get_mut(property) {
        tags::retain(type_schema, found, &|key| key.is_empty() || wanted.contains_key(key));
    }
}

/// The rows of what could not be read; `naming` has the resources of the other environment that name such a resource.
fn unreadable(estate: &Estate, naming: &BTreeMap<ResourceRef, ResourceRef>, in_source: bool) -> Vec<DriftRow> {
    let side = |resource: &ResourceRef| {
        let (own, other) = (Some(resource.clone()), naming.get(resource).cloned());
        if in_source { (own, other) } else { (other, own) }
    };
    let mut rows: Vec<DriftRow> = estate
        .unreadable
        .iter()
        .map(|unreadable| {
            let (dev, prod) = side(&unreadable.resource);
            advice::unreadable(dev.as_ref(), prod.as_ref(), &unreadable.error)
        })
        .collect();
    rows.extend(estate.unsupported.iter().map(|arn| {
        let (dev, prod) = side(&ResourceRef::new("unknown", arn));
        let reason = Some("the ARN does not match any known resource type".to_owned());
        DriftRow { reason, ..advice::row(Status::Unsupported, dev.as_ref(), prod.as_ref()) }
    }));
    rows
}
