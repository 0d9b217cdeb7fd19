//! The apply stage: executes an approved plan and reads back the results. Steps that do not depend on each other run
//! side by side.

mod lease;
mod schedule;
mod settle;
mod steps;
mod stored;
mod tagging;
mod tagging_api;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;

use super::approve::ApprovedPlan;
use super::event::{Event, Events, StepLabel};
use super::ports::{CloudErrorKind, ReadLive, RequestOperation, RequestsWanted, ResourceRequest, WriteCloud};
use crate::domain::diagnostic::Code;
use crate::domain::plan::{Plan, Step};
use crate::domain::resource::{LiveResource, ResourceRef};
pub use lease::LeaseTerms;
use schedule::Schedule;
pub use settle::RETRY_BUDGET;
use steps::StepRun;
pub use tagging_api::NotReturned;

/// Maximum number of steps that run side by side.
const CONCURRENCY: usize = 8;

/// The clients of an environment.
pub struct EnvironmentClients<'a> {
    /// The client that reads.
    pub reader: &'a dyn ReadLive,
    /// The client that writes.
    pub writer: &'a dyn WriteCloud,
}

/// Event stream and interruption of a plan that is being applied.
#[derive(Clone, Copy)]
pub struct Watch<'a> {
    /// The event stream.
    pub events: &'a Events,
    /// Whether the user or a time limit stops the run.
    pub stop: &'a dyn Stop,
    /// How long failed requests are repeated, usually [`RETRY_BUDGET`].
    pub longest_retry: Duration,
    /// Client tokens of requests that earlier runs on this machine may have sent: only they can have left a resource without
    /// tags.
    pub begun: &'a BTreeSet<String>,
}

/// Whether a run is to be stopped.
#[async_trait]
pub trait Stop: Send + Sync {
    /// Returns true if no further calls are to be made; those in progress are followed to their end.
    fn is_requested(&self) -> bool;
    /// Waits until calls in progress are to be abandoned as well.
    async fn forced(&self);
}

impl Watch<'_> {
    fn interrupted(&self) -> bool {
        self.stop.is_requested()
    }
}

/// A completed step.
#[derive(Debug, Clone)]
pub struct DoneStep {
    /// Position in the plan, from 1.
    pub order: usize,
    /// Identifier of the resource.
    pub resource: ResourceRef,
    /// ARN, if there is one.
    pub arn: Option<String>,
    /// Cloud Control's RequestToken.
    pub request_token: Option<String>,
    /// Time from the call to the read-back.
    pub elapsed: Duration,
    /// Differences between the request and the read-back.
    pub unexpected: Vec<String>,
}

/// A failed step.
#[derive(Debug, Clone)]
pub struct FailedStep {
    /// Position in the plan, from 1.
    pub order: usize,
    /// The error code of AWS or of stagegate.
    pub code: String,
    /// The error message.
    pub message: String,
    /// How to resolve the error.
    pub hint: Option<String>,
    /// The kind of error.
    pub kind: CloudErrorKind,
}

/// A step that is still in progress in AWS, or whose result was not verified.
#[derive(Debug, Clone)]
pub struct PendingStep {
    /// Position in the plan, from 1.
    pub order: usize,
    /// Cloud Control's RequestToken; `None` if the run was stopped before AWS responded to the request.
    pub request_token: Option<String>,
    /// The client token, with which the same request can be sent again.
    pub client_token: String,
}

/// Request tokens of the steps that are in progress, by position in the plan from 1.
type InFlight = Mutex<BTreeMap<usize, String>>;

/// The result of a plan. After a failed or pending step no other step was started; those that ran beside it were followed
/// to their end.
#[derive(Debug)]
pub struct Applied {
    pub(super) plan: Plan,
    /// Completed steps, in the order of the plan.
    pub done: Vec<DoneStep>,
    /// Failed steps, in the order of the plan.
    pub failed: Vec<FailedStep>,
    /// Steps still in progress in AWS, in the order of the plan.
    pub pending: Vec<PendingStep>,
    /// Whether the user interrupted the run.
    pub interrupted: bool,
    /// Resources whose lease could not be removed: it expires.
    pub kept_leases: Vec<ResourceRef>,
    /// Created resources that the tagging API did not return, by environment.
    pub not_returned: Vec<NotReturned>,
}

/// How long to wait for one request before the run ends while it is still in progress in AWS; `None` waits until it
/// completes (some handlers take hours).
#[derive(Debug, Clone, Copy)]
pub struct WaitTimeout(pub Option<Duration>);

/// The resources of completed steps, by logical id.
type Made = BTreeMap<String, Arc<LiveResource>>;

/// Why a step did not complete.
enum Ended {
    Failed(FailedStep),
    Pending(PendingStep),
    /// Interrupted by the user while nothing was in progress in AWS.
    Interrupted,
}

/// Applies a plan. The resources that it promotes are reserved for the run by leases.
pub async fn apply(
    approved: ApprovedPlan,
    clients_by_environment: &BTreeMap<String, EnvironmentClients<'_>>,
    terms: LeaseTerms<'_>,
    wait_timeout: WaitTimeout,
    watch: Watch<'_>,
) -> Applied {
    let plan = approved.plan().clone();
    let subjects = lease::subjects(&plan);
    let labels: Vec<StepLabel> =
        subjects.iter().map(|one| StepLabel::new(&plan.steps[one.index], one.index + 1, plan.steps.len())).collect();
    let in_flight = &InFlight::default();
    let wanted = subjects.iter().zip(&labels).filter_map(|(subject, label)| {
        let step = plan.steps.get(subject.index)?;
        let run = StepRun {
            order: subject.index + 1,
            step,
            label,
            clients: clients_by_environment.get(&step.environment)?,
            wait_timeout,
            watch,
            made: Made::new(),
            earlier_creations: &[],
            in_flight,
        };
        Some(lease::Wanted::new(run, subject, terms))
    });
    let wanted: Vec<lease::Wanted<'_>> = wanted.collect();
    let acquired = tokio::select! {
        biased;
        acquired = lease::acquire(&wanted, terms) => acquired,
        () = watch.stop.forced() => Err(Ended::Interrupted),
    };
    if let Err(ended) = acquired {
        let mut applied = Applied::new(plan.clone());
        applied.end(ended, watch);
        return applied;
    }
    let mut applied = execute(plan.clone(), clients_by_environment, wait_timeout, watch).await;
    // After an interruption no call is made, and what is in progress in AWS stays reserved until the lease expires.
    if !applied.interrupted && applied.pending.is_empty() {
        tokio::select! {
            biased;
            kept = lease::release(&wanted) => applied.kept_leases = kept,
            () = watch.stop.forced() => applied.interrupted = true,
        }
    }
    if !applied.interrupted {
        tokio::select! {
            biased;
            found = tagging_api::not_returned(&applied, clients_by_environment, watch) => applied.not_returned = found,
            // All steps are done: nothing is left to interrupt.
            () = watch.stop.forced() => {}
        }
    }
    applied
}

async fn execute(
    plan: Plan,
    clients_by_environment: &BTreeMap<String, EnvironmentClients<'_>>,
    wait_timeout: WaitTimeout,
    watch: Watch<'_>,
) -> Applied {
    let mut applied = Applied::new(plan);
    let steps: Vec<Step> = applied.plan.steps.clone();
    let earlier_creations = earlier_creations(&steps, clients_by_environment).await;
    let mut schedule = Schedule::new(&steps);
    let mut made = Made::new();
    let in_flight = &InFlight::default();
    let mut running = FuturesUnordered::new();
    loop {
        while running.len() < CONCURRENCY && !applied.has_stopped() {
            let Some(index) = schedule.next() else { break };
            if watch.interrupted() {
                applied.interrupted = true;
                break;
            }
            let (step, label) = (&steps[index], StepLabel::new(&steps[index], index + 1, steps.len()));
            schedule.start(index);
            watch.events.emit(Event::StepStarted { step: label.clone() });
            let clients = clients_by_environment.get(&step.environment);
            let (made, earlier) = (made.clone(), earlier_creations.get(&step.environment));
            let earlier_creations = earlier.map(Vec::as_slice).unwrap_or_default();
            running.push(async move {
                let result = match clients {
                    Some(clients) => {
                        let order = index + 1;
                        let run = StepRun {
                            order,
                            step,
                            label: &label,
                            clients,
                            wait_timeout,
                            watch,
                            made,
                            earlier_creations,
                            in_flight,
                        };
                        run.step().await
                    }
                    None => Err(Ended::Failed(own_failure(
                        index + 1,
                        Code::Internal,
                        format!("there is no client for environment `{}`", step.environment),
                    ))),
                };
                (index, label, result)
            });
        }
        let next = tokio::select! {
            biased;
            next = running.next() => next,
            () = watch.stop.forced() => {
                applied.interrupted = true;
                let tokens = in_flight.lock().unwrap_or_else(PoisonError::into_inner);
                applied.pending.extend(schedule.running().map(|index| PendingStep {
                    order: index + 1,
                    request_token: tokens.get(&(index + 1)).cloned(),
                    client_token: steps[index].client_token.clone(),
                }));
                break;
            }
        };
        let Some((index, label, result)) = next else { break };
        match result {
            Ok(finished) => {
                schedule.done(index);
                watch.events.emit(Event::StepDone { step: label, elapsed: finished.done.elapsed });
                applied.done.push(finished.done);
                if let Some(live) = finished.live {
                    made.insert(steps[index].logical_id.clone(), Arc::new(live));
                }
            }
            Err(ended) => {
                schedule.stopped(index);
                if let Ended::Failed(failed) = &ended {
                    let (code, message) = (failed.code.clone(), failed.message.clone());
                    watch.events.emit(Event::StepFailed { step: label, code, message });
                }
                applied.end(ended, watch);
            }
        }
    }
    applied.done.sort_by_key(|done| done.order);
    applied.failed.sort_by_key(|failed| failed.order);
    applied.pending.sort_by_key(|pending| pending.order);
    applied
}

/// Returns the creations that are already in progress, by environment: those of an interrupted run must not be repeated. They
/// are only queried for resources without a name; names are unique anyway.
async fn earlier_creations(
    steps: &[Step],
    clients_by_environment: &BTreeMap<String, EnvironmentClients<'_>>,
) -> BTreeMap<String, Vec<ResourceRequest>> {
    let mut found = BTreeMap::new();
    for (name, clients) in clients_by_environment {
        if steps
            .iter()
            .any(|step| step.environment == *name && steps::creates_without_name(clients.reader.registry(), step))
        {
            // The client tokens protect as well, so that missing permissions are not an error.
            let mut requests = clients.writer.requests(RequestsWanted::Running).await.unwrap_or_default();
            requests.retain(|request| request.operation == RequestOperation::Create);
            found.insert(name.clone(), requests);
        }
    }
    found
}

impl Applied {
    fn new(plan: Plan) -> Self {
        Self {
            plan,
            done: Vec::new(),
            failed: Vec::new(),
            pending: Vec::new(),
            interrupted: false,
            kept_leases: Vec::new(),
            not_returned: Vec::new(),
        }
    }

    /// Records why a step did not complete.
    fn end(&mut self, ended: Ended, watch: Watch<'_>) {
        match ended {
            Ended::Failed(failed) => self.failed.push(failed),
            Ended::Pending(pending) => {
                self.pending.push(pending);
                self.interrupted |= watch.interrupted();
            }
            Ended::Interrupted => self.interrupted = true,
        }
    }

    /// Returns true if no further step may start.
    fn has_stopped(&self) -> bool {
        self.interrupted || !self.failed.is_empty() || !self.pending.is_empty()
    }
}

fn own_failure(order: usize, code: Code, message: String) -> FailedStep {
    FailedStep { order, code: code.as_str().to_owned(), message, hint: None, kind: CloudErrorKind::Other }
}

/// Applies a plan without an approval, for tests.
#[cfg(test)]
pub(crate) async fn apply_unapproved(
    plan: Plan,
    clients_by_environment: &BTreeMap<String, EnvironmentClients<'_>>,
    wait_timeout: WaitTimeout,
    watch: Watch<'_>,
) -> Applied {
    execute(plan, clients_by_environment, wait_timeout, watch).await
}
