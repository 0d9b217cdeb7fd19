//! Pairs the resources of two environments by their tags.
//!
//! Anyone with write access can set tags, so a pair is accepted only where both sides name each
//! other; everything else is reported for review with the reason.

use std::collections::{BTreeMap, BTreeSet};

use super::inconsistency::Inconsistency;
use crate::domain::resource::{LiveResource, ResourceRef};
use crate::domain::tags::{self, PromotionStatus, Tags};
use crate::schema::{Registry, general_facts};

/// The relation between a dev and a prod resource, by the tags of both sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pairing {
    /// Both resources name each other.
    Pair(ResourceRef, ResourceRef),
    /// Never promoted.
    DevOnly(ResourceRef),
    /// Not the counterpart of any dev resource.
    ProdOnly(ResourceRef),
    /// The tags are inconsistent.
    Review {
        /// The dev side, if there is one.
        dev: Option<ResourceRef>,
        /// The prod side, if there is one.
        prod: Option<ResourceRef>,
        /// Why it needs review.
        problem: Inconsistency,
    },
}

pub use crate::domain::tags::PENDING_PREFIX;

/// The counterpart that a tag names, decoded; `None` for a pending one.
pub fn counterpart(live: &LiveResource, key: &str) -> Option<ResourceRef> {
    claim_of(&live.resource, &live.tags, key)
}

/// The counterpart tags of two environments, by resource. It holds no properties, so that it can be
/// filled from a listing of tags, and more can be added as resources are read.
#[derive(Debug)]
pub struct Claims {
    registry: Registry,
    keeps_all: bool,
    dev: EnvironmentTags,
    prod: EnvironmentTags,
}

/// The tags by which resources are paired, and which a correction of the pairing changes.
pub const PAIRING_KEYS: &[&str] = &[
    tags::MANAGED_BY,
    tags::PROMOTION_STATUS,
    tags::PROD_COUNTERPART,
    tags::DEV_COUNTERPART,
    tags::PROMOTED_DIGEST,
    tags::OPERATION_ID,
];

/// One environment's tags, with an index by counterpart.
#[derive(Debug, Default)]
struct EnvironmentTags {
    tags: BTreeMap<ResourceRef, Tags>,
    /// Resources of this environment by the counterpart that they name.
    naming: BTreeMap<ResourceRef, BTreeSet<ResourceRef>>,
}

impl EnvironmentTags {
    fn set(&mut self, key: &str, resource: &ResourceRef, tags: Tags) {
        self.forget(key, resource);
        if let Some(claim) = claim_of(resource, &tags, key) {
            self.naming.entry(claim).or_default().insert(resource.clone());
        }
        self.tags.insert(resource.clone(), tags);
    }

    fn forget(&mut self, key: &str, resource: &ResourceRef) {
        if let Some(before) = self.tags.remove(resource)
            && let Some(claim) = claim_of(resource, &before, key)
            && let Some(naming) = self.naming.get_mut(&claim)
        {
            naming.remove(resource);
        }
    }

    fn naming(&self, other: &ResourceRef) -> Vec<&ResourceRef> {
        self.naming.get(other).into_iter().flatten().collect()
    }
}

impl Claims {
    /// No claims yet, of resources of these types.
    pub fn new(registry: &Registry) -> Self {
        let (dev, prod) = (EnvironmentTags::default(), EnvironmentTags::default());
        Self { registry: registry.clone(), keeps_all: true, dev, prod }
    }

    /// Claims that keep only the tags by which resources are paired, for large estates: [`Self::tags_of_dev`] and
    /// [`Self::tags_of_prod`] return no others.
    pub fn of_pairing_tags(registry: &Registry) -> Self {
        Self { keeps_all: false, ..Self::new(registry) }
    }

    fn kept(&self, tags: &Tags) -> Tags {
        let kept = tags.iter().filter(|(key, _)| self.keeps_all || PAIRING_KEYS.contains(&key.as_str()));
        kept.map(|(key, value)| (key.clone(), value.clone())).collect()
    }

    /// Sets or replaces a dev resource's tags.
    pub fn set_dev(&mut self, resource: &ResourceRef, tags: &Tags) {
        let kept = self.kept(tags);
        self.dev.set(tags::PROD_COUNTERPART, resource, kept);
    }

    /// Sets or replaces a prod resource's tags.
    pub fn set_prod(&mut self, resource: &ResourceRef, tags: &Tags) {
        let kept = self.kept(tags);
        self.prod.set(tags::DEV_COUNTERPART, resource, kept);
    }

    /// Removes a dev resource that no longer exists.
    pub fn forget_dev(&mut self, resource: &ResourceRef) {
        self.dev.forget(tags::PROD_COUNTERPART, resource);
    }

    /// Removes a prod resource that no longer exists.
    pub fn forget_prod(&mut self, resource: &ResourceRef) {
        self.prod.forget(tags::DEV_COUNTERPART, resource);
    }

    /// The prod resource that a dev resource names; `None` for a pending one.
    pub fn named_by_dev(&self, dev: &ResourceRef) -> Option<ResourceRef> {
        claim_of(dev, self.dev.tags.get(dev)?, tags::PROD_COUNTERPART)
    }

    /// The prod resources that name a dev resource as their counterpart. Of the revisions of one resource, it is the one
    /// that the dev resource names or waits for, or the latest.
    pub fn naming_dev(&self, dev: &ResourceRef) -> Vec<ResourceRef> {
        self.pointed(dev).into_iter().cloned().collect()
    }

    /// See [`Claims::naming_dev`].
    fn pointed(&self, dev: &ResourceRef) -> Vec<&ResourceRef> {
        let naming = self.prod.naming(dev);
        if naming.len() < 2 || !general_facts().revisioned.contains(&dev.type_name) {
            return naming;
        }
        let own_tags = self.dev.tags.get(dev);
        let named = own_tags.and_then(|found| claim_of(dev, found, tags::PROD_COUNTERPART));
        let token = own_tags.and_then(pending_token);
        let rank = |one: &ResourceRef| {
            let is_awaited = || {
                let operation = self.prod.tags.get(one).and_then(|found| found.get(tags::OPERATION_ID));
                token.is_some() && operation.map(String::as_str) == token
            };
            (named.as_ref() == Some(one) || is_awaited(), revision_of(one).1)
        };
        let mut latest: BTreeMap<&str, &ResourceRef> = BTreeMap::new();
        for one in naming {
            let current = latest.entry(revision_of(one).0).or_insert(one);
            if rank(one) > rank(current) {
                *current = one;
            }
        }
        latest.into_values().collect()
    }

    /// True for an earlier revision of the resource that is the counterpart of the same dev resource.
    fn is_superseded(&self, prod: &ResourceRef, dev: &ResourceRef) -> bool {
        general_facts().revisioned.contains(&prod.type_name)
            && self.pointed(dev).iter().any(|other| *other != prod && revision_of(other).0 == revision_of(prod).0)
    }

    /// The dev resources that name a prod resource as their counterpart.
    pub fn dev_naming(&self, prod: &ResourceRef) -> Vec<ResourceRef> {
        self.dev.naming(prod).into_iter().cloned().collect()
    }

    /// The dev resource that a prod resource names.
    pub fn named_by_prod(&self, prod: &ResourceRef) -> Option<ResourceRef> {
        claim_of(prod, self.prod.tags.get(prod)?, tags::DEV_COUNTERPART)
    }

    /// The tags of a dev resource, where it is known.
    pub fn tags_of_dev(&self, dev: &ResourceRef) -> Option<&Tags> {
        self.dev.tags.get(dev)
    }

    /// The tags of a prod resource, where it is known.
    pub fn tags_of_prod(&self, prod: &ResourceRef) -> Option<&Tags> {
        self.prod.tags.get(prod)
    }

    /// The prod resources whose `OperationId` is the one that a pending dev resource names.
    pub fn created_for(&self, dev: &ResourceRef) -> Vec<ResourceRef> {
        let Some(token) = self.dev.tags.get(dev).and_then(pending_token) else { return Vec::new() };
        let is_created = |tags: &Tags| tags.get(tags::OPERATION_ID).is_some_and(|id| id == token);
        let found = self.prod.tags.iter().filter(|(prod, tags)| prod.type_name == dev.type_name && is_created(tags));
        found.map(|(prod, _)| prod.clone()).collect()
    }

    /// The counterpart that both sides' tags agree on.
    pub fn counterpart(&self, dev: &ResourceRef) -> Option<ResourceRef> {
        match self.judge(dev) {
            Some(Pairing::Pair(_, prod)) => Some(prod),
            _ => None,
        }
    }

    /// The pairing of a dev resource; `None` for an unknown one.
    pub fn judge(&self, own: &ResourceRef) -> Option<Pairing> {
        let own_tags = self.dev.tags.get(own)?;
        let review = |prod: Option<&ResourceRef>, problem: Inconsistency| Pairing::Review {
            dev: Some(own.clone()),
            prod: prod.cloned(),
            problem,
        };
        let pointed = self.pointed(own);
        if pointed.len() > 1 {
            return Some(review(Some(pointed[0]), Inconsistency::NamedBySeveral(pointed.len())));
        }
        if let Some(target) = claim_of(own, own_tags, tags::PROD_COUNTERPART) {
            let Some(found) = self.prod.tags.get(&target) else {
                return Some(review(None, Inconsistency::TargetMissing(target.identifier)));
            };
            if self.dev.naming(&target).len() > 1 {
                return Some(review(Some(&target), Inconsistency::TargetShared(target.identifier.clone())));
            }
            return Some(match claim_of(&target, found, tags::DEV_COUNTERPART) {
                Some(back) if back == *own => Pairing::Pair(own.clone(), target),
                Some(back) => review(Some(&target), Inconsistency::TargetElsewhere(back.identifier)),
                // Where a read does not return tags, the missing counterpart tag proves nothing.
                None => review(Some(&target), Inconsistency::TargetSilent),
            });
        }
        let is_fixed = || self.registry.get(&own.type_name).is_some_and(|schema| !schema.tagging.updatable);
        let is_pending = || own_tags.get(tags::PROD_COUNTERPART).is_some_and(|value| value.starts_with(PENDING_PREFIX));
        Some(match (PromotionStatus::of(own_tags), pointed.first()) {
            (Some(PromotionStatus::PendingProd), Some(found)) => review(Some(found), Inconsistency::Incomplete),
            // Where tags cannot be changed after creation, the dev resource never names its counterpart.
            (None, Some(found)) if is_fixed() => Pairing::Pair(own.clone(), (*found).clone()),
            (_, Some(found)) => review(Some(found), Inconsistency::SourceSilent(found.identifier.clone())),
            (Some(PromotionStatus::Synced), None) => review(None, Inconsistency::SyncedAlone),
            (_, None) if is_pending() => review(None, Inconsistency::Started),
            (Some(PromotionStatus::Other(other)), None) => review(None, Inconsistency::UnknownStatus(other)),
            _ => Pairing::DevOnly(own.clone()),
        })
    }

    /// All pairings, dev resources first. The claims must contain every existing resource that a tag of the other side
    /// names.
    pub fn all(&self) -> Vec<Pairing> {
        let mut settled: BTreeSet<ResourceRef> = BTreeSet::new();
        let mut pairings: Vec<Pairing> = self.dev.tags.keys().filter_map(|own| self.judge(own)).collect();
        for pairing in &pairings {
            match pairing {
                Pairing::Pair(_, prod) | Pairing::Review { prod: Some(prod), .. } => drop(settled.insert(prod.clone())),
                Pairing::DevOnly(_) | Pairing::ProdOnly(_) | Pairing::Review { prod: None, .. } => {}
            }
        }
        for (own, own_tags) in self.prod.tags.iter().filter(|(own, _)| !settled.contains(*own)) {
            let source = claim_of(own, own_tags, tags::DEV_COUNTERPART);
            if source.is_some_and(|source| self.is_superseded(own, &source)) {
                continue;
            }
            pairings.push(match claim_of(own, own_tags, tags::DEV_COUNTERPART) {
                Some(source) if !self.dev.tags.contains_key(&source) => Pairing::Review {
                    dev: None,
                    prod: Some(own.clone()),
                    problem: Inconsistency::SourceMissing(source.identifier),
                },
                Some(source) => {
                    let problem = match self.pointed(&source).len() {
                        0 | 1 => Inconsistency::SourceElsewhere(source.identifier.clone()),
                        count => Inconsistency::NamedBySeveral(count),
                    };
                    Pairing::Review { prod: Some(own.clone()), dev: Some(source), problem }
                }
                None if PromotionStatus::of(own_tags) == Some(PromotionStatus::Synced) => {
                    Pairing::Review { dev: None, prod: Some(own.clone()), problem: Inconsistency::SyncedWithoutSource }
                }
                None => Pairing::ProdOnly(own.clone()),
            });
        }
        pairings
    }
}

/// The identifier of a resource with revisions, without the revision, and the revision.
pub(super) fn revision_of(resource: &ResourceRef) -> (&str, u64) {
    let (family, revision) = resource.identifier.rsplit_once(':').unwrap_or((&resource.identifier, ""));
    (family, revision.parse().unwrap_or_default())
}

/// The token of the promotion that a pending dev resource waits for.
fn pending_token(tags: &Tags) -> Option<&str> {
    tags.get(tags::PROD_COUNTERPART)?.strip_prefix(PENDING_PREFIX).filter(|token| !token.is_empty())
}

/// The counterpart that a resource's tags name, decoded; `None` for a pending one.
pub(super) fn claim_of(resource: &ResourceRef, tags: &Tags, key: &str) -> Option<ResourceRef> {
    let value = tags.get(key)?;
    if value.starts_with(PENDING_PREFIX) || value.is_empty() {
        return None;
    }
    Some(ResourceRef::new(&resource.type_name, tags::decode_identifier(value)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn live(id: &str, pairs: &[(&str, &str)]) -> LiveResource {
        LiveResource {
            resource: ResourceRef::new("AWS::SQS::Queue", id),
            properties: json!({}),
            tags: pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
            arn: None,
        }
    }

    fn pair_up(dev: &[LiveResource], prod: &[LiveResource]) -> Vec<Pairing> {
        let mut claims = Claims::new(&Registry::embedded());
        dev.iter().for_each(|live| claims.set_dev(&live.resource, &live.tags));
        prod.iter().for_each(|live| claims.set_prod(&live.resource, &live.tags));
        claims.all()
    }

    fn reason(pairings: &[Pairing]) -> String {
        match pairings {
            [Pairing::Review { problem, .. }, ..] => problem.to_string(),
            other => panic!("no review: {other:?}"),
        }
    }

    #[test]
    fn a_pair_needs_tags_on_both_sides() {
        let dev = [live("a-dev", &[("ProdCounterpart", "a-prod")])];
        let prod = [live("a-prod", &[("DevCounterpart", "a-dev")])];
        assert!(matches!(pair_up(&dev, &prod).as_slice(), [Pairing::Pair(..)]));
        let silent = [live("a-prod", &[])];
        assert_eq!(reason(&pair_up(&dev, &silent)), "its prod counterpart does not name it");
    }

    #[test]
    fn a_missing_counterpart_needs_review() {
        let dev = [live("a-dev", &[("ProdCounterpart", "a-prod"), ("PromotionStatus", "synced")])];
        assert!(reason(&pair_up(&dev, &[])).contains("does not exist"));
        let prod = [live("a-prod", &[("DevCounterpart", "a-dev")])];
        assert!(reason(&pair_up(&[], &prod)).contains("does not exist"));
    }

    #[test]
    fn a_counterpart_named_twice_needs_review() {
        let dev = [live("a-dev", &[("ProdCounterpart", "x")]), live("b-dev", &[("ProdCounterpart", "x")])];
        let prod = [live("x", &[("DevCounterpart", "a-dev")])];
        let pairings = pair_up(&dev, &prod);
        assert_eq!(pairings.len(), 2);
        assert!(pairings.iter().all(|p| matches!(p, Pairing::Review { .. })));
    }

    #[test]
    fn a_type_with_immutable_tags_is_paired_by_the_prod_side_alone() {
        let fixed = crate::schema::TypeSchema::all_embedded()
            .find(|schema| schema.tagging.property.is_some() && !schema.tagging.updatable)
            .map(|schema| schema.type_name.clone());
        let of_type = |mut live: LiveResource, type_name: &Option<String>| {
            live.resource.type_name = type_name.clone().unwrap_or_default();
            live
        };
        let dev = [of_type(live("a-dev", &[]), &fixed)];
        let prod = [of_type(live("a-prod", &[("DevCounterpart", "a-dev")]), &fixed)];
        assert!(matches!(pair_up(&dev, &prod).as_slice(), [Pairing::Pair(..)]));
        let changeable = Some("AWS::SQS::Queue".to_owned());
        let (dev, prod) = (dev.map(|live| of_type(live, &changeable)), prod.map(|live| of_type(live, &changeable)));
        assert!(matches!(pair_up(&dev, &prod).as_slice(), [Pairing::Review { .. }]));
    }

    #[test]
    fn replaced_or_removed_tags_are_forgotten() {
        let (dev, prod) = (live("a-dev", &[("ProdCounterpart", "p")]), live("p", &[("DevCounterpart", "a-dev")]));
        let mut claims = Claims::new(&Registry::embedded());
        claims.set_dev(&dev.resource, &dev.tags);
        claims.set_prod(&prod.resource, &prod.tags);
        assert_eq!(claims.counterpart(&dev.resource), Some(prod.resource.clone()));
        claims.set_prod(&prod.resource, &live("p", &[]).tags);
        assert_eq!(claims.counterpart(&dev.resource), None);
        assert!(claims.naming_dev(&dev.resource).is_empty());
        claims.set_prod(&prod.resource, &prod.tags);
        claims.forget_prod(&prod.resource);
        assert!(claims.naming_dev(&dev.resource).is_empty() && claims.counterpart(&dev.resource).is_none());
    }

    #[test]
    fn never_promoted_resources_are_unpaired() {
        let pairings = pair_up(&[live("a", &[("PromotionStatus", "dev-only")])], &[live("b", &[])]);
        assert!(matches!(pairings.as_slice(), [Pairing::DevOnly(_), Pairing::ProdOnly(_)]));
    }

    #[test]
    fn an_earlier_revision_is_no_second_counterpart() {
        let task = |family: &str, pairs: &[(&str, &str)]| {
            let identifier = format!("arn:aws:ecs:us-east-1:222222222222:task-definition/{family}");
            let resource = ResourceRef::new("AWS::ECS::TaskDefinition", identifier);
            LiveResource { resource, ..live("", pairs) }
        };
        let names = [("DevCounterpart", "dev:1")];
        let (first, second) = (task("web-prod:9", &names), task("web-prod:10", &names));
        let named = second.resource.identifier.as_str();
        let mut dev = task("", &[("PromotionStatus", "synced"), ("ProdCounterpart", named)]);
        dev.resource.identifier = "dev:1".to_owned();
        let pair = Pairing::Pair(dev.resource.clone(), second.resource.clone());
        assert_eq!(pair_up(&[dev.clone()], &[first.clone(), second.clone()]), [pair]);
        // One of another family is a second counterpart.
        let other = task("other:1", &names);
        let found = pair_up(&[dev], &[second, other]);
        assert!(reason(&found).contains("2 prod resources"), "{found:?}");
    }
}
