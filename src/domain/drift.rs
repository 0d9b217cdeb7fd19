//! Which resources of two environments belong together, and how a pair differs.
//!
//! Tags are claims that anybody can write, so a pair counts only where both sides name each
//! other; everything else is reported for review with what is wrong.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::resource::{Change, ResourceRef};
use super::tags::{self, PromotionStatus, Tags};
use super::{diff, digest, normalise};
use crate::schema::{Registry, TypeSchema};

/// A resource as it was read.
#[derive(Debug, Clone, PartialEq)]
pub struct LiveResource {
    /// Its name.
    pub resource: ResourceRef,
    /// Its properties.
    pub properties: Value,
    /// Its tags.
    pub tags: Tags,
    /// Its ARN, where it is known.
    pub arn: Option<String>,
}

/// A row's status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// Both sides are configured alike.
    Synced,
    /// Both sides exist and differ.
    Drifted,
    /// Never promoted.
    DevOnly,
    /// Exists in prod without a dev resource.
    ProdOnly,
    /// The tags do not fit what exists.
    NeedsReview,
    /// Could not be read.
    Unreadable,
    /// Of a type that cannot be compared.
    Unsupported,
}

impl Status {
    /// All statuses, in the order of reports.
    pub const ALL: [Self; 7] = [
        Self::Synced,
        Self::Drifted,
        Self::DevOnly,
        Self::ProdOnly,
        Self::NeedsReview,
        Self::Unreadable,
        Self::Unsupported,
    ];

    /// The word in output and in `--fail-on`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Synced => "synced",
            Self::Drifted => "drifted",
            Self::DevOnly => "dev_only",
            Self::ProdOnly => "prod_only",
            Self::NeedsReview => "needs_review",
            Self::Unreadable => "unreadable",
            Self::Unsupported => "unsupported",
        }
    }

    /// Reads a word of `--fail-on`; dashes are as good as underscores.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().replace('-', "_");
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }
}

/// Which side changed since the promotion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moved {
    /// The environment promoted from.
    Dev,
    /// The environment promoted to.
    Prod,
    /// Both.
    Both,
    /// The digests do not say.
    Unknown,
}

impl Moved {
    /// The word in output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Dev => "dev",
            Self::Prod => "prod",
            Self::Both => "both",
            Self::Unknown => "unknown",
        }
    }
}

/// One row of a drift report.
#[derive(Debug, Clone, PartialEq)]
pub struct DriftRow {
    /// The status.
    pub status: Status,
    /// Type name.
    pub type_name: String,
    /// Identifier in dev.
    pub dev: Option<String>,
    /// Identifier in prod.
    pub prod: Option<String>,
    /// What differs: `before` is what prod should have going by dev, `after` what it has.
    pub changes: Vec<Change>,
    /// Which side moved.
    pub moved: Option<Moved>,
    /// Why.
    pub reason: Option<String>,
    /// What to do.
    pub action: Option<String>,
    /// The command for it.
    pub command: Option<String>,
}

/// What a comparison looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Resources judged.
    pub checked: u64,
    /// Resources that could not be read.
    pub unreadable: u64,
    /// Tagged resources of types that cannot be read.
    pub unsupported: u64,
    /// Of the unreadable, those that the caller may not read.
    pub denied: u64,
}

/// A comparison of two environments.
#[derive(Debug, Clone, PartialEq)]
pub struct DriftReport {
    /// The environment promoted from.
    pub from: String,
    /// The environment promoted to.
    pub to: String,
    /// Rows, sorted by type and identifiers.
    pub rows: Vec<DriftRow>,
    /// What was looked at.
    pub coverage: Coverage,
}

impl DriftReport {
    /// Rows by status, every status named.
    pub fn summary(&self) -> BTreeMap<String, u64> {
        Status::ALL
            .into_iter()
            .map(|status| {
                let count = self.rows.iter().filter(|row| row.status == status).count();
                (status.as_str().to_owned(), count as u64)
            })
            .collect()
    }

    /// True when a row has one of the given statuses.
    pub fn has_any(&self, statuses: &[Status]) -> bool {
        self.rows.iter().any(|row| statuses.contains(&row.status))
    }
}

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

/// What differs between what prod should have (dev's configuration in prod's terms) and what it
/// has, both normalised and without stagegate's own tags.
pub fn differences(schema: &TypeSchema, expected: &Value, actual: &Value) -> Vec<Change> {
    let normal = |properties: &Value| {
        normalise::normalise(schema, &tags::without_tracking(schema, properties), &normalise::Options::default())
    };
    diff::diff(&normal(expected), &normal(actual))
}

/// What was sent (`before`) and did not come back as sent (`after`); write-only values cannot be
/// seen. What the service adds by itself does not count.
pub fn not_as_sent(schema: &TypeSchema, sent: &Value, live: &Value) -> Vec<Change> {
    let normal = |properties: &Value| normalise::normalise(schema, properties, &normalise::Options::default());
    diff::diff_declared(&normal(sent), &normal(live))
}

/// A difference of [`not_as_sent`] in words.
pub fn describe_lost(change: &Change) -> String {
    let show = |value: &Option<Value>| value.as_ref().map_or_else(|| "nothing".to_owned(), Value::to_string);
    format!("{}: sent {}, read {}", change.pointer, show(&change.before), show(&change.after))
}

/// The digest of a resource as a plan found it: what the service sets by itself (counters, times of
/// last use) is left out, and so are stagegate's own tags.
pub fn found_digest(schema: &TypeSchema, properties: &Value) -> String {
    digest::of(&super::promotion::desired::portable(schema, properties))
}

/// The version of the normalisation that [`own_digest`] is taken over.
const DIGEST_VERSION: &str = "v1";

/// The value of the `PromotedDigest` tag: `v1:` and the digest of a resource's own normalised
/// configuration, stagegate's tags left out.
pub fn own_digest(schema: &TypeSchema, properties: &Value) -> String {
    let bare = tags::without_tracking(schema, properties);
    let normal = normalise::normalise(schema, &bare, &normalise::Options::default());
    // A service that reads `"5"` back as `5` has not moved.
    format!("{DIGEST_VERSION}:{}", digest::of(&normalise::loose(&normal)))
}

/// Which side moved since both digests were written; `None` when neither did.
pub fn moved(schema: &TypeSchema, dev: &LiveResource, prod: &LiveResource) -> Option<Moved> {
    let changed = |live: &LiveResource| {
        let recorded = live.tags.get(tags::PROMOTED_DIGEST)?;
        recorded.starts_with(&format!("{DIGEST_VERSION}:")).then(|| *recorded != own_digest(schema, &live.properties))
    };
    match (changed(dev), changed(prod)) {
        (Some(false), Some(false)) => None,
        (Some(true), Some(true)) => Some(Moved::Both),
        (Some(true), Some(false)) => Some(Moved::Dev),
        (Some(false), Some(true)) => Some(Moved::Prod),
        _ => Some(Moved::Unknown),
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
