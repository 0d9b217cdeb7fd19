//! Which resources of two environments belong together.
//!
//! Tags are claims that anybody can write, so a pair counts only where both sides name each
//! other; everything else is reported for review with what is wrong.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::resource::{LiveResource, ResourceRef};
use crate::domain::tags::{self, PromotionStatus};
use crate::schema::Registry;

/// What the tags of both sides make of the resources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pairing {
    /// Both name each other.
    Pair(ResourceRef, ResourceRef),
    /// Never promoted.
    DevOnly(ResourceRef),
    /// Nobody's counterpart.
    ProdOnly(ResourceRef),
    /// The tags do not fit.
    Review {
        /// The dev side, if there is one.
        dev: Option<ResourceRef>,
        /// The prod side, if there is one.
        prod: Option<ResourceRef>,
        /// What is wrong.
        reason: String,
    },
}

/// The prefix of a counterpart that does not exist yet.
pub const PENDING_PREFIX: &str = "pending:";

/// The counterpart that a tag names, decoded; `None` for a pending one.
pub fn counterpart(live: &LiveResource, key: &str) -> Option<ResourceRef> {
    let value = live.tags.get(key)?;
    if value.starts_with(PENDING_PREFIX) || value.is_empty() {
        return None;
    }
    Some(ResourceRef::new(&live.resource.type_name, tags::decode_identifier(value)))
}

/// Pairs the resources of two environments by their tags. Both lists must hold every resource
/// that a tag of the other side names and that exists.
pub fn pair_up(dev: &[LiveResource], prod: &[LiveResource]) -> Vec<Pairing> {
    let prod_by_ref: BTreeMap<&ResourceRef, &LiveResource> = prod.iter().map(|live| (&live.resource, live)).collect();
    let dev_refs: BTreeSet<&ResourceRef> = dev.iter().map(|live| &live.resource).collect();
    let mut claims: BTreeMap<ResourceRef, Vec<&ResourceRef>> = BTreeMap::new();
    for live in dev {
        if let Some(target) = counterpart(live, tags::PROD_COUNTERPART) {
            claims.entry(target).or_default().push(&live.resource);
        }
    }
    let mut pointing: BTreeMap<ResourceRef, Vec<&ResourceRef>> = BTreeMap::new();
    for live in prod {
        if let Some(source) = counterpart(live, tags::DEV_COUNTERPART) {
            pointing.entry(source).or_default().push(&live.resource);
        }
    }
    let mut settled: BTreeSet<ResourceRef> = BTreeSet::new();
    let mut pairings = Vec::new();
    for live in dev {
        let pairing = pair_one(live, &prod_by_ref, &claims, &pointing);
        match &pairing {
            Pairing::Pair(_, prod) => drop(settled.insert(prod.clone())),
            Pairing::Review { prod: Some(prod), .. } => drop(settled.insert(prod.clone())),
            _ => {}
        }
        pairings.push(pairing);
    }
    for live in prod.iter().filter(|live| !settled.contains(&live.resource)) {
        pairings.push(match counterpart(live, tags::DEV_COUNTERPART) {
            Some(source) if !dev_refs.contains(&source) => Pairing::Review {
                dev: None,
                prod: Some(live.resource.clone()),
                reason: format!("its dev counterpart `{}` does not exist", source.identifier),
            },
            Some(source) => Pairing::Review {
                prod: Some(live.resource.clone()),
                reason: format!(
                    "it names `{}` as its dev counterpart, which names another resource",
                    source.identifier
                ),
                dev: Some(source),
            },
            None => Pairing::ProdOnly(live.resource.clone()),
        });
    }
    pairings
}

fn pair_one(
    live: &LiveResource,
    prod: &BTreeMap<&ResourceRef, &LiveResource>,
    claims: &BTreeMap<ResourceRef, Vec<&ResourceRef>>,
    pointing: &BTreeMap<ResourceRef, Vec<&ResourceRef>>,
) -> Pairing {
    let own = live.resource.clone();
    let review = |prod: Option<ResourceRef>, reason: String| Pairing::Review { dev: Some(own.clone()), prod, reason };
    let pointed = pointing.get(&live.resource).map(Vec::as_slice).unwrap_or_default();
    if pointed.len() > 1 {
        return review(
            Some(pointed[0].clone()),
            format!("{} prod resources name it as their dev counterpart", pointed.len()),
        );
    }
    if let Some(target) = counterpart(live, tags::PROD_COUNTERPART) {
        let Some(found) = prod.get(&target) else {
            return review(None, format!("its prod counterpart `{}` does not exist", target.identifier));
        };
        if claims.get(&target).is_some_and(|by| by.len() > 1) {
            return review(
                Some(target.clone()),
                format!("several dev resources name `{}` as their prod counterpart", target.identifier),
            );
        }
        return match counterpart(found, tags::DEV_COUNTERPART) {
            Some(back) if back == live.resource => Pairing::Pair(own, target),
            Some(back) => {
                review(Some(target), format!("its prod counterpart names another dev resource, `{}`", back.identifier))
            }
            // A type whose tags a read does not return cannot say so; what says nothing is no proof.
            None => review(Some(target), "its prod counterpart does not name it".to_owned()),
        };
    }
    match (PromotionStatus::of(&live.tags), pointed.first()) {
        (Some(PromotionStatus::PendingProd), Some(found)) => {
            review(Some((*found).clone()), "its promotion was not finished".to_owned())
        }
        // Where tags cannot be changed after creation, dev never names its counterpart.
        (None, Some(found)) if Registry::get(&own.type_name).is_some_and(|schema| !schema.tagging.updatable) => {
            Pairing::Pair(own.clone(), (*found).clone())
        }
        (_, Some(found)) => review(
            Some((*found).clone()),
            format!("prod's `{}` names it, but it does not name its counterpart", found.identifier),
        ),
        (Some(PromotionStatus::Synced), None) => {
            review(None, "its tag says synced, but it names no counterpart".to_owned())
        }
        (Some(PromotionStatus::PendingProd), None)
            if live.tags.get(tags::PROD_COUNTERPART).is_some_and(|v| v.starts_with(PENDING_PREFIX)) =>
        {
            review(None, "its promotion was begun and not finished".to_owned())
        }
        (Some(PromotionStatus::Other(other)), None) => review(None, format!("`{other}` is not a promotion status")),
        _ => Pairing::DevOnly(own),
    }
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

    fn reason(pairings: &[Pairing]) -> &str {
        match pairings {
            [Pairing::Review { reason, .. }, ..] => reason,
            other => panic!("no review: {other:?}"),
        }
    }

    #[test]
    fn a_pair_needs_both_claims() {
        let dev = [live("a-dev", &[("ProdCounterpart", "a-prod")])];
        let prod = [live("a-prod", &[("DevCounterpart", "a-dev")])];
        assert!(matches!(pair_up(&dev, &prod).as_slice(), [Pairing::Pair(..)]));
        let silent = [live("a-prod", &[])];
        assert_eq!(reason(&pair_up(&dev, &silent)), "its prod counterpart does not name it");
    }

    #[test]
    fn a_lost_counterpart_is_for_review() {
        let dev = [live("a-dev", &[("ProdCounterpart", "a-prod"), ("PromotionStatus", "synced")])];
        assert!(reason(&pair_up(&dev, &[])).contains("does not exist"));
        let prod = [live("a-prod", &[("DevCounterpart", "a-dev")])];
        assert!(reason(&pair_up(&[], &prod)).contains("does not exist"));
    }

    #[test]
    fn two_claims_on_one_counterpart_are_for_review() {
        let dev = [live("a-dev", &[("ProdCounterpart", "x")]), live("b-dev", &[("ProdCounterpart", "x")])];
        let prod = [live("x", &[("DevCounterpart", "a-dev")])];
        let pairings = pair_up(&dev, &prod);
        assert_eq!(pairings.len(), 2);
        assert!(pairings.iter().all(|p| matches!(p, Pairing::Review { .. })));
    }

    #[test]
    fn a_type_with_fixed_tags_is_paired_by_prods_side_alone() {
        let fixed = Registry::type_names()
            .filter_map(Registry::get)
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
    fn what_was_never_promoted_stands_alone() {
        let pairings = pair_up(&[live("a", &[("PromotionStatus", "dev-only")])], &[live("b", &[])]);
        assert!(matches!(pairings.as_slice(), [Pairing::DevOnly(_), Pairing::ProdOnly(_)]));
    }
}
