//! How promotion tags that contradict each other are corrected, by the rules by which resources are paired.
//!
//! A tag on one side alone proves nothing, so that a link is only restored where a promotion would restore it; a claim is only
//! withdrawn where what it names does not exist, or is the confirmed counterpart of another resource. The rest is decided by a
//! person.

use std::collections::BTreeMap;

use super::adoption::{Adoption, adoption};
use super::claims::{Claims, Pairing};
use super::inconsistency::Inconsistency;
use crate::domain::plan::TagValue;
use crate::domain::resource::ResourceRef;
use crate::domain::tags::{self, PromotionStatus, Tags};

const SYNCED: &str = "synced";
const DEV_ONLY: &str = "dev-only";

/// A side of a promotion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// The environment promoted from.
    Dev,
    /// The environment promoted to.
    Prod,
}

/// A change of the promotion tags of one resource.
#[derive(Debug, Clone, PartialEq)]
pub struct TagChange {
    /// The environment.
    pub side: Side,
    /// The resource.
    pub resource: ResourceRef,
    /// Values by key.
    pub tags: BTreeMap<String, TagValue>,
}

/// What leads out of a contradiction.
#[derive(Debug, Clone, PartialEq)]
pub enum Resolution {
    /// The tags of both sides decide.
    Certain(Vec<TagChange>),
    /// Either side may be wrong. The changes withdraw the claims that the other side does not confirm.
    Withdraw(Vec<TagChange>),
    /// The promotion of this dev resource must be completed: its configuration is concerned, and not its tags alone.
    Promote(ResourceRef),
}

/// Returns what leads out of a contradiction, for one of the resources whose tags are wrong. `dev` and `prod` are the
/// resources of the pairing.
pub fn resolution(
    claims: &Claims,
    problem: &Inconsistency,
    own: &ResourceRef,
    (dev, prod): (Option<&ResourceRef>, Option<&ResourceRef>),
) -> Resolution {
    let of_dev = || unlinked_dev(claims, own);
    let of_prod = || unlinked_prod(claims, own);
    // Without the claims on the resource, the next contradiction would be theirs.
    let withdraw = || {
        let on_it = claims.naming_dev(own).into_iter().map(|prod| unlinked_prod(claims, &prod));
        Resolution::Withdraw(std::iter::once(of_dev()).chain(on_it).collect())
    };
    match problem {
        Inconsistency::TargetMissing(_) if claims.naming_dev(own).is_empty() => Resolution::Certain(vec![of_dev()]),
        Inconsistency::TargetMissing(_) | Inconsistency::TargetElsewhere(_) => withdraw(),
        Inconsistency::TargetShared(target) => {
            let target = ResourceRef::new(&own.type_name, target);
            let naming = claims.dev_naming(&target);
            match claims.named_by_prod(&target).filter(|dev| naming.contains(dev)) {
                Some(confirmed) => {
                    let others = naming.iter().filter(|dev| **dev != confirmed);
                    let concerned = others.filter(|dev| *own == confirmed || *dev == own);
                    Resolution::Certain(concerned.map(|dev| unlinked_dev(claims, dev)).collect())
                }
                None => withdraw(),
            }
        }
        Inconsistency::TargetSilent => match (adoption(claims, own), tags::encode_identifier(&own.identifier)) {
            (Adoption::TagLost(target), Ok(encoded)) => {
                let tags = texts([(tags::DEV_COUNTERPART, &encoded), (tags::PROMOTION_STATUS, SYNCED)]);
                Resolution::Certain(vec![TagChange { side: Side::Prod, resource: target, tags }])
            }
            _ => withdraw(),
        },
        Inconsistency::Incomplete | Inconsistency::Started => Resolution::Promote(own.clone()),
        Inconsistency::SourceSilent(_) => match (adoption(claims, own), prod) {
            (Adoption::Proven(_), _) | (_, None) => Resolution::Promote(own.clone()),
            (_, Some(prod)) => Resolution::Withdraw(vec![unlinked_prod(claims, prod)]),
        },
        Inconsistency::SyncedAlone => Resolution::Certain(vec![of_dev()]),
        Inconsistency::SourceMissing(_) | Inconsistency::SyncedWithoutSource => Resolution::Certain(vec![of_prod()]),
        Inconsistency::NamedBySeveral(_) => {
            let naming = dev.map(|dev| claims.naming_dev(dev)).unwrap_or_default();
            let named = dev.and_then(|dev| claims.named_by_dev(dev));
            match named.filter(|named| naming.contains(named) && claims.dev_naming(named).len() == 1) {
                Some(confirmed) => {
                    let others = naming.iter().filter(|prod| **prod != confirmed);
                    let concerned = others.filter(|prod| *own == confirmed || *prod == own);
                    Resolution::Certain(concerned.map(|prod| unlinked_prod(claims, prod)).collect())
                }
                None => Resolution::Withdraw(vec![of_prod()]),
            }
        }
        Inconsistency::SourceElsewhere(_) => Resolution::Withdraw(vec![of_prod()]),
        // The rules for single tags report it.
        Inconsistency::UnknownStatus(_) => Resolution::Certain(Vec::new()),
    }
}

/// Returns the value that the tag `PromotionStatus` should have, as far as the tags of both sides decide it.
pub fn right_status(claims: &Claims, side: Side, own: &ResourceRef) -> Option<TagValue> {
    let text = |status: PromotionStatus| Some(TagValue::Text(status.as_str().to_owned()));
    match side {
        Side::Dev => match claims.judge(own)? {
            Pairing::Pair(..) => text(PromotionStatus::Synced),
            Pairing::DevOnly(_) | Pairing::Review { problem: Inconsistency::UnknownStatus(_), .. } => {
                text(PromotionStatus::DevOnly)
            }
            Pairing::ProdOnly(_) | Pairing::Review { .. } => None,
        },
        Side::Prod => match claims.named_by_prod(own) {
            Some(dev) => (claims.counterpart(&dev).as_ref() == Some(own)).then(|| text(PromotionStatus::Synced))?,
            None => claims.dev_naming(own).is_empty().then_some(TagValue::Removed),
        },
    }
}

/// What was promoted is not promoted any more.
fn unlinked_dev(claims: &Claims, dev: &ResourceRef) -> TagChange {
    let mut tags = texts([(tags::PROMOTION_STATUS, DEV_ONLY)]);
    tags.extend(removed(claims.tags_of_dev(dev), [tags::PROD_COUNTERPART, tags::PROMOTED_DIGEST]));
    TagChange { side: Side::Dev, resource: dev.clone(), tags }
}

/// What is left is the counterpart of no resource.
fn unlinked_prod(claims: &Claims, prod: &ResourceRef) -> TagChange {
    let keys = [tags::DEV_COUNTERPART, tags::PROMOTED_DIGEST, tags::PROMOTION_STATUS];
    TagChange { side: Side::Prod, resource: prod.clone(), tags: removed(claims.tags_of_prod(prod), keys).collect() }
}

fn texts<const N: usize>(pairs: [(&str, &str); N]) -> BTreeMap<String, TagValue> {
    pairs.into_iter().map(|(key, value)| (key.to_owned(), TagValue::Text(value.to_owned()))).collect()
}

fn removed<const N: usize>(found: Option<&Tags>, keys: [&'static str; N]) -> impl Iterator<Item = (String, TagValue)> {
    keys.into_iter()
        .filter(move |key| found.is_some_and(|found| found.contains_key(*key)))
        .map(|key| (key.to_owned(), TagValue::Removed))
}
