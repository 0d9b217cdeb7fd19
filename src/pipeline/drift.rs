//! Compares two environments: the same reading and rewriting as promotion, and no writing.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::estate::{self, Estate};
use super::plan::tokens_between;
use super::ports::{CloudError, CloudErrorKind, ReadCloud};
use crate::compare::drift::{Coverage, DriftReport, DriftRow, Moved, Status, differences, moved};
use crate::domain::environment::{Environment, Project};
use crate::domain::pointer;
use crate::domain::portable::portable;
use crate::domain::resource::LiveResource;
use crate::domain::resource::{Change, ResourceRef};
use crate::domain::tags::{self, PromotionStatus};
use crate::promotion::claims::{Pairing, counterpart, pair_up};
use crate::promotion::desired::{desired, overrides_of, target_name};
use crate::promotion::index::{Counterpart, IndexBuilder, ValueIndex};
use crate::promotion::names::Tokens;
use crate::promotion::reference::named_in;
use crate::promotion::rewrite::{Rewriter, Unmapped};
use crate::schema::{Place, Registry, TypeSchema};

/// Which resources to compare; empty means all managed ones.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    /// Types, each with an identifier (of either side) or without.
    pub wanted: Vec<(String, Option<String>)>,
}

impl Scope {
    /// The resources asked for by name that a report has nothing to say about.
    pub fn without_row(&self, report: &DriftReport) -> Vec<String> {
        let named = self.wanted.iter().filter_map(|(type_name, identifier)| Some((type_name, identifier.as_ref()?)));
        named
            .filter(|(type_name, identifier)| {
                let is_it = |id: &Option<String>| id.as_ref().is_some_and(|id| id == *identifier || id == "*");
                !report.rows.iter().any(|row| row.type_name == **type_name && (is_it(&row.dev) || is_it(&row.prod)))
            })
            .map(|(type_name, identifier)| format!("{type_name} {identifier}"))
            .collect()
    }

    fn has(&self, dev: Option<&ResourceRef>, prod: Option<&ResourceRef>) -> bool {
        self.wanted.is_empty()
            || self.wanted.iter().any(|(type_name, identifier)| {
                [dev, prod].into_iter().flatten().any(|resource| {
                    resource.type_name == *type_name
                        && identifier
                            .as_ref()
                            .is_none_or(|wanted| *wanted == resource.identifier || resource.identifier == "*")
                })
            })
    }
}

/// Compares the managed resources of two environments.
///
/// # Errors
/// One of them could not be listed.
pub async fn compare(
    project: &Project,
    from: (&Environment, &dyn ReadCloud),
    to: (&Environment, &dyn ReadCloud),
    scope: &Scope,
) -> Result<DriftReport, CloudError> {
    let (source, target) = futures_util::join!(estate::managed(from.1), estate::managed(to.1));
    let (mut source, mut target) = (source?, target?);
    estate::complete_claims(from.1, to.1, &mut source, &mut target).await?;
    let (dev, prod) = (source.resources(), target.resources());
    let pairings = pair_up(&dev, &prod);
    let tokens = tokens_between(project, from.0, to.0);
    read_references(from, &mut source, &pairings).await;
    let index = index_of_pairs(project, (from.0, &source), (to.0, &target), &pairings, &tokens);
    let rewriter = Rewriter {
        index: &index,
        accounts: (&from.0.account, &to.0.account),
        regions: (&from.0.region, &to.0.region),
        tokens: &tokens,
    };
    let names = Names { from: &from.0.name, to: &to.0.name };
    let mut rows = Vec::new();
    for pairing in pairings {
        let row = match pairing {
            Pairing::Pair(dev, prod) => match (source.live.get(&dev), target.live.get(&prod)) {
                (Some(dev), Some(prod)) => names.pair(project, dev, prod, &rewriter),
                _ => continue,
            },
            Pairing::DevOnly(dev) => names.dev_only(&dev, source.live.get(&dev)),
            Pairing::ProdOnly(prod) => names.prod_only(&prod),
            // What could not be read has a row of its own, and is not missing.
            Pairing::Review { dev: Some(dev), prod: None, .. }
                if claims_unreadable(source.live.get(&dev), tags::PROD_COUNTERPART, &target) =>
            {
                continue;
            }
            Pairing::Review { dev: None, prod: Some(prod), .. }
                if claims_unreadable(target.live.get(&prod), tags::DEV_COUNTERPART, &source) =>
            {
                continue;
            }
            Pairing::Review { dev, prod, reason } => names.review(dev.as_ref(), prod.as_ref(), reason),
        };
        rows.push(row);
    }
    for (estate, in_source) in [(&source, true), (&target, false)] {
        rows.extend(unreadable(estate, in_source));
    }
    let named = |row: &DriftRow, id: &Option<String>| id.as_ref().map(|id| ResourceRef::new(&row.type_name, id));
    rows.retain(|row| scope.has(named(row, &row.dev).as_ref(), named(row, &row.prod).as_ref()));
    rows.sort_by(|a, b| (&a.type_name, &a.dev, &a.prod).cmp(&(&b.type_name, &b.dev, &b.prod)));
    let count = |status: Status| rows.iter().filter(|row| row.status == status).count() as u64;
    let coverage = Coverage {
        unreadable: count(Status::Unreadable),
        unsupported: count(Status::Unsupported),
        checked: rows.len() as u64 - count(Status::Unreadable) - count(Status::Unsupported),
        denied: source.denied() + target.denied(),
    };
    Ok(DriftReport { from: from.0.name.clone(), to: to.0.name.clone(), rows, coverage })
}

/// True when the counterpart that a resource names exists perhaps, but could not be read.
fn claims_unreadable(live: Option<&LiveResource>, key: &str, far: &Estate) -> bool {
    let claim = live.and_then(|live| counterpart(live, key));
    claim.is_some_and(|claim| far.unreadable.iter().any(|hidden| hidden.resource == claim))
}

/// Reads what the pairs name by ARN and no tag makes known: resources of types without tags. What
/// cannot be read stays unknown, and the reference to it is left for review.
async fn read_references(from: (&Environment, &dyn ReadCloud), source: &mut Estate, pairings: &[Pairing]) {
    let mut named = BTreeSet::new();
    for pairing in pairings {
        let Pairing::Pair(dev, _) = pairing else { continue };
        if let Some(live) = source.live.get(dev) {
            named.extend(named_in(&live.properties, &from.0.account).into_keys());
        }
    }
    named.retain(|resource| !source.live.contains_key(resource));
    let mut unreadable = Vec::new();
    for live in estate::read_all(from.1, named.into_iter().collect(), &mut unreadable).await {
        source.insert(live);
    }
}

/// What each value of a paired dev resource is in prod.
fn index_of_pairs(
    project: &Project,
    (here, source): (&Environment, &Estate),
    (there, target): (&Environment, &Estate),
    pairings: &[Pairing],
    tokens: &Tokens,
) -> ValueIndex {
    let source_place = Place { account: here.account.as_str(), region: &here.region };
    let target_place = Place { account: there.account.as_str(), region: &there.region };
    let map = &project.promotion.map;
    let mut builder = IndexBuilder::new(map, tokens, source_place, target_place);
    let paired: BTreeMap<&ResourceRef, &ResourceRef> = pairings
        .iter()
        .filter_map(|pairing| match pairing {
            Pairing::Pair(dev, prod) => Some((dev, prod)),
            _ => None,
        })
        .collect();
    for live in source.live.values() {
        let Some(type_schema) = Registry::get(&live.resource.type_name) else { continue };
        match paired.get(&live.resource).and_then(|prod| target.live.get(*prod)) {
            Some(found) => builder.add(
                live,
                Counterpart::Existing { identifier: &found.resource.identifier, properties: &found.properties },
            ),
            // Without tags the name tells the counterpart, as it does for a promotion.
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

struct Names<'a> {
    from: &'a str,
    to: &'a str,
}

impl Names<'_> {
    fn pair(&self, project: &Project, dev: &LiveResource, prod: &LiveResource, rewriter: &Rewriter<'_>) -> DriftRow {
        let mut row = row(Status::Synced, Some(&dev.resource), Some(&prod.resource));
        let Some(type_schema) = Registry::get(&dev.resource.type_name) else {
            row.status = Status::Unsupported;
            row.reason = Some("the type is not known".into());
            return row;
        };
        let overrides = overrides_of(project, &dev.resource.type_name);
        // A pair's names differ by design; each side's is right by definition.
        let name = type_schema
            .name_property
            .as_ref()
            .and_then(|property| prod.properties.get(property))
            .and_then(Value::as_str);
        let expected = desired(type_schema, &dev.properties, name, rewriter, &overrides, &BTreeMap::new());
        let mut actual = portable(type_schema, &prod.properties);
        without_additional_tags(type_schema, &expected.value, &mut actual);
        row.changes = differences(type_schema, &expected.value, &actual);
        // A reference that nothing translates cannot be compared: that is for a person to settle.
        let untranslated: Vec<&Unmapped> = expected
            .unmapped
            .iter()
            .filter(|left| row.changes.iter().any(|change| overlap(change, &left.pointer)))
            .collect();
        let first = untranslated.first().map(|left| format!("{} `{}` {}", left.pointer, left.value, left.reason));
        row.changes.retain(|change| !expected.unmapped.iter().any(|left| overlap(change, &left.pointer)));
        let unfinished =
            [dev, prod].iter().any(|live| PromotionStatus::of(&live.tags) == Some(PromotionStatus::PendingProd));
        let promote = self.promote_command(&dev.resource);
        if let (true, Some(reason)) = (row.changes.is_empty(), &first) {
            row.status = Status::NeedsReview;
            row.reason = Some(reason.clone());
            row.action = Some("promote what it refers to, or map it in promotion.map".into());
            row.command = Some(format!("{promote} --with-dependencies"));
            return row;
        }
        if row.changes.is_empty() {
            if unfinished {
                row.status = Status::NeedsReview;
                row.reason = Some("its promotion was not finished".into());
                row.action = Some("finish the promotion".into());
                row.command = Some(promote);
            }
            return row;
        }
        row.status = Status::Drifted;
        row.moved = moved(type_schema, dev, prod);
        let (reason, action) = match row.moved {
            Some(Moved::Dev) => {
                (format!("{} changed since the promotion", self.from), format!("promote the change to {}", self.to))
            }
            Some(Moved::Prod) => (
                format!("{} changed since the promotion, not through stagegate", self.to),
                format!("undo it by promoting again, or make the same change in {}", self.from),
            ),
            Some(Moved::Both) => (
                "both sides changed since the promotion".to_owned(),
                "decide which side is right, then promote".to_owned(),
            ),
            Some(Moved::Unknown) => (
                "the sides differ; the tags do not say which one moved".to_owned(),
                "decide which side is right, then promote".to_owned(),
            ),
            None => (
                "both sides are as the promotion left them, and differ all the same".to_owned(),
                "add the difference to promotion.map or promotion.overrides if it is meant".to_owned(),
            ),
        };
        row.reason = Some(reason);
        row.action = Some(action);
        row.command = Some(promote);
        row
    }

    /// The command that promotes a dev resource.
    fn promote_command(&self, dev: &ResourceRef) -> String {
        let id = shell(&dev.identifier);
        format!("stagegate promote {} {id} --from {} --to {}", dev.type_name, self.from, self.to)
    }

    fn dev_only(&self, dev: &ResourceRef, live: Option<&LiveResource>) -> DriftRow {
        let mut row = row(Status::DevOnly, Some(dev), None);
        let marked = live.and_then(|live| PromotionStatus::of(&live.tags)) == Some(PromotionStatus::PendingProd);
        row.reason = Some(if marked { "marked for promotion".into() } else { "never promoted".into() });
        row.action = Some(format!("promote it to {}", self.to));
        row.command = Some(self.promote_command(dev));
        row
    }

    fn prod_only(&self, prod: &ResourceRef) -> DriftRow {
        let mut row = row(Status::ProdOnly, None, Some(prod));
        row.reason = Some(format!("managed in {}, and nobody's counterpart", self.to));
        row.action = Some(format!(
            "find out why it has no {} resource; tag it {} if it has one",
            self.from,
            tags::DEV_COUNTERPART
        ));
        row
    }

    fn review(&self, dev: Option<&ResourceRef>, prod: Option<&ResourceRef>, reason: String) -> DriftRow {
        let mut row = row(Status::NeedsReview, dev, prod);
        row.reason = Some(reason);
        match dev {
            Some(dev) => {
                row.action = Some("promote it again, or correct the tags".into());
                row.command = Some(self.promote_command(dev));
            }
            None => row.action = Some(format!("restore it in {}, or take the resource out of {}", self.from, self.to)),
        }
        row
    }
}

/// True when a change and a place are the same or one lies in the other.
fn overlap(change: &Change, place: &str) -> bool {
    change.is_within(place) || pointer::is_within(place, &change.pointer)
}

/// Takes away the tags that only prod has: promotion leaves them alone, so they are no drift.
fn without_additional_tags(type_schema: &TypeSchema, expected: &Value, actual: &mut Value) {
    let Some(property) = &type_schema.tagging.property else { return };
    let wanted = tags::read(type_schema, expected);
    match actual.get_mut(property) {
        Some(Value::Array(items)) => {
            items.retain(|item| item.get("Key").and_then(Value::as_str).is_none_or(|key| wanted.contains_key(key)))
        }
        Some(Value::Object(map)) => map.retain(|key, _| wanted.contains_key(key)),
        _ => {}
    }
}

fn unreadable(estate: &Estate, in_source: bool) -> Vec<DriftRow> {
    let side = |resource: &ResourceRef| {
        if in_source { (Some(resource.clone()), None) } else { (None, Some(resource.clone())) }
    };
    let mut rows: Vec<DriftRow> = estate
        .unreadable
        .iter()
        .map(|unreadable| {
            let (dev, prod) = side(&unreadable.resource);
            let mut row = row(Status::Unreadable, dev.as_ref(), prod.as_ref());
            row.reason = Some(unreadable.error.reason());
            if unreadable.error.kind == CloudErrorKind::AccessDenied {
                row.action = Some("allow the reading role this type's read and list permissions".into());
            }
            row
        })
        .collect();
    rows.extend(estate.unsupported.iter().map(|arn| {
        let (dev, prod) = side(&ResourceRef::new("unknown", arn));
        let mut row = row(Status::Unsupported, dev.as_ref(), prod.as_ref());
        row.reason = Some("no known resource type has ARNs of this form".into());
        row
    }));
    rows
}

fn row(status: Status, dev: Option<&ResourceRef>, prod: Option<&ResourceRef>) -> DriftRow {
    DriftRow {
        status,
        type_name: dev.or(prod).map(|resource| resource.type_name.clone()).unwrap_or_default(),
        dev: dev.map(|resource| resource.identifier.clone()),
        prod: prod.map(|resource| resource.identifier.clone()),
        changes: Vec::new(),
        moved: None,
        reason: None,
        action: None,
        command: None,
    }
}

/// Quotes a word for a POSIX shell where that is needed.
pub fn shell(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@,+%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}
