//! The leases of a run on the resources that it promotes ([`crate::domain::lease`]).
//!
//! A lease is read free, written, and read back after longer than a run takes from its read to its write. Of two runs that
//! write at the same time, the later writer has the lease. A run that was slower may have written its lease over that of a run
//! which is at work by now: it waits longer, and stops if somebody has marked the resource in the meantime.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use futures_util::{StreamExt, stream};
use jiff::Timestamp;

use super::steps::StepRun;
use super::{CONCURRENCY, Ended, FailedStep};
use crate::domain::diagnostic::Code;
use crate::domain::lease::Lease;
use crate::domain::plan::{Action, Plan, Step, TagValue};
use crate::domain::resource::{LiveResource, ResourceRef};
use crate::domain::tags::{self, PENDING_PREFIX};
use crate::pipeline::estate::concurrently;
use crate::pipeline::ports::CloudErrorKind;

/// How often leases that another run took at the same time are tried again.
const ROUNDS: usize = 3;

/// The run that takes leases.
#[derive(Debug, Clone, Copy)]
pub struct LeaseTerms<'a> {
    /// The digest of the approved plan.
    pub digest: &'a str,
    /// Who runs it.
    pub holder: &'a str,
    /// The time.
    pub now: Timestamp,
    /// Maximum time from the read of a free lease to the end of its write. Each run waits longer than this before it reads
    /// its lease back.
    pub window: Duration,
}

/// A resource on which a lease is taken.
pub(super) struct Wanted<'a> {
    run: StepRun<'a>,
    subject: &'a Subject,
    lease: Lease,
}

/// A resource in the environment promoted from whose promotion a plan marks or records.
pub(super) struct Subject {
    /// Index of the first step that does so.
    pub(super) index: usize,
    resource: ResourceRef,
    /// The client token of the request for its counterpart, if there is one.
    token: Option<String>,
    /// The counterpart that its tags named when the plan was made. The plan's own mark reads as none.
    counterpart: Option<String>,
    /// The mark that the plan writes.
    mark: Option<String>,
}

impl Subject {
    /// True if the resource names the counterpart that it named when the plan was made: another run has not promoted it since.
    fn is_as_planned(&self, live: &LiveResource) -> bool {
        let found = live.tags.get(tags::PROD_COUNTERPART);
        let is_own_mark = || match (&self.mark, found) {
            (Some(mark), found) => found == Some(mark),
            (None, Some(found)) => found.starts_with(PENDING_PREFIX),
            (None, None) => false,
        };
        found == self.counterpart.as_ref() || self.counterpart.is_none() && is_own_mark()
    }
}

/// Returns the resources of a plan on which leases are taken, and their steps, in the order in which every run takes them:
/// those in the environment promoted from, on which the promotion is marked or recorded.
pub(super) fn subjects(plan: &Plan) -> Vec<Subject> {
    let mut found: BTreeMap<(&str, ResourceRef), Subject> = BTreeMap::new();
    for (index, step) in plan.steps.iter().enumerate() {
        let Some(identifier) = &step.identifier else { continue };
        let is_source = matches!(step.action, Action::Tag { .. })
            && step.environment != plan.environment
            && step.source.as_ref() == Some(identifier);
        if !is_source {
            continue;
        }
        let is_request = |one: &&Step| one.logical_id == step.logical_id && one.action.changes_resource();
        let token = plan.steps.iter().find(is_request).map(|one| one.client_token.clone());
        let resource = ResourceRef::new(&step.type_name, identifier.clone());
        let place = format!("{} {resource} {}", step.environment, tags::PROD_COUNTERPART);
        let counterpart = plan.live.get(&place).cloned();
        let subject = found.entry((step.environment.as_str(), resource.clone())).or_insert_with(|| Subject {
            index,
            resource,
            token,
            counterpart,
            mark: None,
        });
        if let Action::Tag { tags: values } = &step.action
            && let Some(TagValue::Text(value)) = values.get(tags::PROD_COUNTERPART)
            && value.starts_with(PENDING_PREFIX)
        {
            subject.mark = Some(value.clone());
        }
    }
    found.into_values().collect()
}

/// The promotion tags of a resource.
type Marks = [Option<String>; 2];

/// A lease that was written, and not yet read back.
struct Claim {
    /// The promotion tags of the resource; `None` if it does not exist.
    marks: Option<Marks>,
    /// The write took longer than other runs wait.
    is_late: bool,
}

/// Why there is no lease.
enum NoLease {
    /// Another run has it.
    Held(Lease),
    /// Another run has changed the promotion tags.
    Marked,
    Ended(Ended),
}

impl From<Ended> for NoLease {
    fn from(ended: Ended) -> Self {
        Self::Ended(ended)
    }
}

impl<'a> Wanted<'a> {
    pub(super) fn new(run: StepRun<'a>, subject: &'a Subject, terms: LeaseTerms<'_>) -> Self {
        Self { lease: Lease::new(terms.digest, subject.token.as_deref(), terms.holder, terms.now), run, subject }
    }

    /// Writes the lease if it is free.
    async fn claim(&self, terms: LeaseTerms<'_>) -> Result<Claim, NoLease> {
        let began = Instant::now();
        let Some(live) = self.run.read(&self.subject.resource).await? else {
            return Ok(Claim { marks: None, is_late: false });
        };
        if let Some(found) = lease_of(&live)
            && !found.is_expired(terms.now)
            && !self.may_take_over(&found, &live)
        {
            return Err(NoLease::Held(found));
        }
        if !self.subject.is_as_planned(&live) {
            return Err(NoLease::Marked);
        }
        let value = TagValue::Text(self.lease.to_tag_value());
        self.run.tag_live(&live, &BTreeMap::from([(tags::PROMOTION_LEASE.to_owned(), value)])).await?;
        Ok(Claim { marks: Some(marks(&live)), is_late: began.elapsed() > terms.window })
    }

    /// True for a lease of the same work. A run that only records a promotion continues the one that the resource waits for.
    fn may_take_over(&self, found: &Lease, live: &LiveResource) -> bool {
        let pending = live.tags.get(tags::PROD_COUNTERPART).and_then(|named| named.strip_prefix(PENDING_PREFIX));
        let continues = || self.lease.operation.is_empty() && pending.is_some_and(|token| found.is_of_request(token));
        found.is_of_same_work(&self.lease) || continues()
    }

    /// Checks that the lease is its own, and that the promotion tags are as they were at the claim.
    async fn confirm(&self, claim: &Claim) -> Result<(), NoLease> {
        let Some(live) = self.run.read(&self.subject.resource).await? else { return Ok(()) };
        if let Some(other) = lease_of(&live).filter(|found| found.run != self.lease.run) {
            return Err(NoLease::Held(other));
        }
        if claim.marks.as_ref().is_some_and(|before| *before != marks(&live)) { Err(NoLease::Marked) } else { Ok(()) }
    }

    /// Removes the lease if it is still its own. A lease that cannot be removed expires; returns its resource.
    async fn release(&self) -> Option<ResourceRef> {
        let kept = || Some(self.subject.resource.clone());
        if self.run.not_interrupted().is_err() {
            return kept();
        }
        let live = match self.run.read(&self.subject.resource).await {
            Ok(Some(live)) => live,
            Ok(None) => return None,
            Err(_) => return kept(),
        };
        if lease_of(&live).is_none_or(|found| found.run != self.lease.run) {
            return None;
        }
        let removed = BTreeMap::from([(tags::PROMOTION_LEASE.to_owned(), TagValue::Removed)]);
        self.run.tag_live(&live, &removed).await.err().and_then(|_| kept())
    }

    fn refused(&self, why: NoLease) -> Ended {
        let (resource, step) = (&self.subject.resource, self.run.step);
        let (message, hint) = match why {
            NoLease::Ended(ended) => return ended,
            NoLease::Held(lease) => (
                format!(
                    "{resource} is being promoted by another run: {} holds it until {}; nothing was sent",
                    lease.holder, lease.until
                ),
                format!(
                    "run the command again after that time; if that run has ended, release the resource with `stagegate \
                     promote {} {} --unmark --from {}`",
                    resource.type_name, resource.identifier, step.environment
                ),
            ),
            NoLease::Marked => (
                format!(
                    "{resource} is being promoted by another run, which has changed its promotion tags; nothing was sent"
                ),
                "run the command again when that run has ended".to_owned(),
            ),
        };
        Ended::Failed(FailedStep {
            order: self.run.order,
            code: Code::PromotionLeased.as_str().to_owned(),
            message,
            hint: Some(hint),
            kind: CloudErrorKind::Other,
        })
    }
}

fn marks(live: &LiveResource) -> Marks {
    [tags::PROMOTION_STATUS, tags::PROD_COUNTERPART].map(|key| live.tags.get(key).cloned())
}

fn lease_of(live: &LiveResource) -> Option<Lease> {
    live.tags.get(tags::PROMOTION_LEASE).and_then(|value| Lease::parse(value))
}

/// Takes the leases of a run.
///
/// # Errors
/// Another run holds a resource, or AWS could not be read or written. No lease is kept then.
pub(super) async fn acquire(wanted: &[Wanted<'_>], terms: LeaseTerms<'_>) -> Result<(), Ended> {
    match try_acquire(wanted, terms).await {
        Ok(()) => Ok(()),
        Err(ended) => {
            release(wanted).await;
            Err(ended)
        }
    }
}

async fn try_acquire(wanted: &[Wanted<'_>], terms: LeaseTerms<'_>) -> Result<(), Ended> {
    if wanted.is_empty() {
        return Ok(());
    }
    for round in 1..=ROUNDS {
        let claims = concurrently(CONCURRENCY, wanted.iter().map(|one| one.claim(terms))).await;
        let claims = wanted.iter().zip(claims).map(|(one, claim)| claim.map_err(|why| one.refused(why)));
        let claims = claims.collect::<Result<Vec<Claim>, Ended>>()?;
        let rounds = if claims.iter().any(|claim| claim.is_late) { 3 } else { 1 };
        tokio::time::sleep((terms.window + terms.window / 4) * rounds).await;
        let confirmed = wanted.iter().zip(&claims).map(|(one, claim)| one.confirm(claim));
        let confirmed = concurrently(CONCURRENCY, confirmed).await;
        let lost = wanted
            .iter()
            .zip(confirmed)
            .enumerate()
            .find_map(|(index, (one, result))| Some((index, one, result.err()?)));
        match lost {
            None => return Ok(()),
            // The run that has the first one goes on; the other one releases what it has.
            Some((index, one, why)) if index == 0 || round == ROUNDS => return Err(one.refused(why)),
            Some((_, _, NoLease::Held(_))) => tokio::time::sleep(terms.window * 2).await,
            Some((_, one, why)) => return Err(one.refused(why)),
        }
    }
    Ok(())
}

/// Releases the leases of a run. Returns the resources whose lease stays until it expires, sorted.
pub(super) async fn release(wanted: &[Wanted<'_>]) -> Vec<ResourceRef> {
    let all = stream::iter(wanted).map(Wanted::release).buffer_unordered(CONCURRENCY);
    let mut kept: Vec<ResourceRef> = all.filter_map(std::future::ready).collect().await;
    kept.sort();
    kept
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::tags::Tags;

    fn subject(counterpart: Option<&str>, mark: Option<&str>) -> Subject {
        Subject {
            index: 0,
            resource: ResourceRef::new("AWS::SQS::Queue", "dev"),
            token: None,
            counterpart: counterpart.map(str::to_owned),
            mark: mark.map(str::to_owned),
        }
    }

    fn naming(counterpart: Option<&str>) -> LiveResource {
        let tags = counterpart.map(|value| (tags::PROD_COUNTERPART.to_owned(), value.to_owned()));
        LiveResource {
            resource: ResourceRef::new("AWS::SQS::Queue", "dev"),
            properties: json!({}),
            tags: tags.into_iter().collect::<Tags>(),
            arn: None,
        }
    }

    #[test]
    fn a_resource_that_was_promoted_since_the_plan_was_made_is_not_promoted_again() {
        let new = subject(None, Some("pending:t"));
        assert!(new.is_as_planned(&naming(None)) && new.is_as_planned(&naming(Some("pending:t"))));
        assert!(!new.is_as_planned(&naming(Some("pending:other"))) && !new.is_as_planned(&naming(Some("prod"))));
        let promoted = subject(Some("prod"), None);
        assert!(promoted.is_as_planned(&naming(Some("prod"))));
        assert!(!promoted.is_as_planned(&naming(Some("another"))) && !promoted.is_as_planned(&naming(None)));
        // Only recorded: the resource waits for the counterpart that exists by now.
        let recorded = subject(None, None);
        assert!(recorded.is_as_planned(&naming(Some("pending:t"))) && recorded.is_as_planned(&naming(None)));
        assert!(!recorded.is_as_planned(&naming(Some("prod"))));
    }
}
