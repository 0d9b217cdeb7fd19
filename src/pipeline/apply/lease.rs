//! The leases of a run on the resources that it promotes ([`crate::domain::lease`]).
//!
//! A lease is read free, written, and read back after longer than the time that any run takes from its read to its write.
//! A run that was slower than that gives up. Of two runs that write at the same time, the later writer has the lease.

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
    resource: ResourceRef,
    lease: Lease,
}

/// Returns the resources of a plan on which leases are taken, and their steps, in the order in which every run takes them:
/// those in the environment promoted from, on which the promotion is marked or recorded.
pub(super) fn subjects(plan: &Plan) -> Vec<(usize, ResourceRef, Option<String>)> {
    let mut found: BTreeMap<(&str, ResourceRef), (usize, Option<String>)> = BTreeMap::new();
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
        let key = (step.environment.as_str(), ResourceRef::new(&step.type_name, identifier.clone()));
        found.entry(key).or_insert((index, token));
    }
    found.into_iter().map(|((_, resource), (index, token))| (index, resource, token)).collect()
}

/// Why there is no lease.
enum NoLease {
    /// Another run has it.
    Held(Lease),
    /// The write took too long.
    Late,
    Ended(Ended),
}

impl From<Ended> for NoLease {
    fn from(ended: Ended) -> Self {
        Self::Ended(ended)
    }
}

impl<'a> Wanted<'a> {
    pub(super) fn new(run: StepRun<'a>, resource: ResourceRef, token: Option<&str>, terms: LeaseTerms<'_>) -> Self {
        Self { lease: Lease::new(terms.digest, token, terms.holder, terms.now), run, resource }
    }

    /// Writes the lease if it is free. Returns false if the resource does not exist.
    async fn claim(&self, terms: LeaseTerms<'_>) -> Result<bool, NoLease> {
        let began = Instant::now();
        let Some(live) = self.run.read(&self.resource).await? else { return Ok(false) };
        if let Some(found) = lease_of(&live)
            && !found.is_expired(terms.now)
            && !self.may_take_over(&found, &live)
        {
            return Err(NoLease::Held(found));
        }
        let value = TagValue::Text(self.lease.to_tag_value());
        self.run.tag_live(&live, &BTreeMap::from([(tags::PROMOTION_LEASE.to_owned(), value)])).await?;
        if began.elapsed() > terms.window { Err(NoLease::Late) } else { Ok(true) }
    }

    /// True for a lease of the same work. A run that only records a promotion continues the one that the resource waits for.
    fn may_take_over(&self, found: &Lease, live: &LiveResource) -> bool {
        let pending = live.tags.get(tags::PROD_COUNTERPART).and_then(|named| named.strip_prefix(PENDING_PREFIX));
        let continues = || self.lease.operation.is_empty() && pending.is_some_and(|token| found.is_of_request(token));
        found.is_of_same_work(&self.lease) || continues()
    }

    /// Returns the lease of another run that is on the resource; `None` if the lease is its own.
    async fn other(&self) -> Result<Option<Lease>, Ended> {
        let Some(live) = self.run.read(&self.resource).await? else { return Ok(None) };
        Ok(lease_of(&live).filter(|found| found.run != self.lease.run))
    }

    /// Removes the lease if it is still its own. A lease that cannot be removed expires.
    async fn release(&self) {
        let Ok(Some(live)) = self.run.read(&self.resource).await else { return };
        if lease_of(&live).is_some_and(|found| found.run == self.lease.run) {
            let removed = BTreeMap::from([(tags::PROMOTION_LEASE.to_owned(), TagValue::Removed)]);
            let _ = self.run.tag_live(&live, &removed).await;
        }
    }

    fn refused(&self, why: NoLease) -> Ended {
        let (resource, step) = (&self.resource, self.run.step);
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
            NoLease::Late => (
                format!("{resource} could not be reserved in time; nothing was sent"),
                "run the command again".to_owned(),
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
    let mut open: Vec<&Wanted<'_>> = wanted.iter().collect();
    for round in 1..=ROUNDS {
        let claims = stream::iter(&open).map(|one| one.claim(terms)).buffered(CONCURRENCY);
        let claims: Vec<Result<bool, NoLease>> = claims.collect().await;
        for (one, claim) in open.iter().zip(claims) {
            claim.map_err(|why| one.refused(why))?;
        }
        if open.is_empty() {
            return Ok(());
        }
        tokio::time::sleep(terms.window + terms.window / 4).await;
        let found = stream::iter(wanted).map(Wanted::other).buffered(CONCURRENCY);
        let found: Vec<Result<Option<Lease>, Ended>> = found.collect().await;
        open.clear();
        for (index, (one, other)) in wanted.iter().zip(found).enumerate() {
            let Some(other) = other? else { continue };
            // The run that has the first one goes on; the other one releases what it has.
            if index == 0 || round == ROUNDS {
                return Err(one.refused(NoLease::Held(other)));
            }
            open.push(one);
        }
        if open.is_empty() {
            return Ok(());
        }
        tokio::time::sleep(terms.window).await;
    }
    Ok(())
}

/// Releases the leases of a run.
pub(super) async fn release(wanted: &[Wanted<'_>]) {
    stream::iter(wanted).map(Wanted::release).buffer_unordered(CONCURRENCY).collect::<Vec<()>>().await;
}
