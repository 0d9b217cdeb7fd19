//! Sends a request and follows it until it completes.
//!
//! With the client token, a repetition after a crash is the same request to AWS. AWS remembers tokens and their outcomes for
//! 36 hours. If a remembered outcome no longer holds, the request is repeated with the next token attempt: a new token, derived
//! from the first one and a number.
//!
//! A creation that failed may have left a resource behind. It is recognized by its OperationId or by the identifier that the
//! service gave it, and no second one is created.

use std::collections::BTreeSet;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::steps::{ConsistencyWait, StepRun};
use super::{Ended, FailedStep, PendingStep};
use crate::compare::drift::stored_differences;
use crate::domain::diagnostic::Code;
use crate::domain::resource::{LiveResource, ResourceRef};
use crate::domain::tags::{self, Tags};
use crate::pipeline::event::Event;
use crate::pipeline::ports::{
    CloudError, CloudErrorKind, Progress, ProgressStatus, Purpose, RequestsWanted, hint, is_retryable,
    is_retryable_failure,
};
use crate::schema::Identified;

/// First and maximum delay between status requests. `RetryAfter` of AWS takes precedence.
pub(super) const FIRST_PAUSE: Duration = Duration::from_millis(40);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// How long a request is retried after transient errors: throttling, another operation on the resource, or new resources that
/// are not visible everywhere yet. `--timeout` may be shorter.
pub const RETRY_BUDGET: Duration = Duration::from_secs(90);
/// Maximum number of client tokens that are tried for one request.
const MAX_TOKEN_ATTEMPTS: u32 = 30;

/// A request to Cloud Control.
pub(super) enum Call<'a> {
    /// CreateResource.
    Create { desired: &'a Value },
    /// UpdateResource; `expected` is what the resource should be afterwards.
    Update { resource: &'a ResourceRef, patch: &'a Value, expected: &'a Value },
    /// UpdateResource of the tag property alone.
    Retag { resource: &'a ResourceRef, patch: &'a Value, wanted: &'a Tags, removed: &'a BTreeSet<String> },
    /// DeleteResource. The suffix distinguishes the token from that of another request of the same step.
    Delete { resource: &'a ResourceRef, token_suffix: &'a str },
}

/// A completed request.
pub(super) struct Settled {
    /// Cloud Control's RequestToken; `None` if there was nothing to do.
    pub(super) request_token: Option<String>,
    /// The identifier, if AWS returned one.
    pub(super) identifier: Option<String>,
}

impl StepRun<'_> {
    /// Sends a request and waits for its completion.
    pub(super) async fn settle(&self, call: &Call<'_>) -> Result<Settled, Ended> {
        let began = Instant::now();
        let mut token_attempt = 1;
        loop {
            self.not_interrupted()?;
            self.in_flight.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.order);
            let first = match self.send(call, token_attempt).await {
                Ok(progress) => progress,
                Err(error) if error.kind == CloudErrorKind::NotFound && call.is_deletion() => {
                    return Ok(Settled { request_token: None, identifier: None });
                }
                Err(error) if is_token_conflict(&error) && token_attempt < MAX_TOKEN_ATTEMPTS => {
                    // The same request with different tags, perhaps of another day: it may have succeeded.
                    if let Call::Create { desired } = call
                        && let Some(identifier) = self.made_before(self.operation_id(desired).as_deref()).await?
                    {
                        return Ok(Settled { request_token: None, identifier: Some(identifier) });
                    }
                    token_attempt += 1;
                    continue;
                }
                Err(error) if error.kind == CloudErrorKind::AlreadyExists => {
                    let own = match call {
                        Call::Create { desired } => self.own_of_this_name(desired, None).await?,
                        _ => None,
                    };
                    let Some(identifier) = own else { return Err(self.error(&error)) };
                    return Ok(Settled { request_token: None, identifier: Some(identifier) });
                }
                Err(error) if is_retryable(error.kind, &error.message) && began.elapsed() < self.retry_budget() => {
                    self.pause(began, token_attempt).await?;
                    continue;
                }
                Err(error) => return Err(self.error(&error)),
            };
            // A new request is pending at first. If it is complete immediately, it is the outcome of an earlier one.
            let is_remembered = first.status != ProgressStatus::Running;
            let last = self.follow(first, began).await?;
            let may_repeat = token_attempt < MAX_TOKEN_ATTEMPTS;
            match (last.status, &last.failure) {
                (ProgressStatus::Success, _)
                    if is_remembered && may_repeat && !self.holds(call, last.identifier.as_deref()).await? =>
                {
                    token_attempt += 1;
                }
                (ProgressStatus::Success, _) => return Ok(Settled::of(last)),
                (_, Some((kind, code, message))) => {
                    let is_transient = is_retryable_failure(*kind, code, message);
                    if let Some(settled) = self.done_despite(call, &last, is_remembered || is_transient).await? {
                        return Ok(settled);
                    }
                    let has_budget = is_transient && began.elapsed() < self.retry_budget();
                    if !may_repeat || !is_remembered && !has_budget {
                        return Err(self.request_failed(*kind, code, message.clone()));
                    }
                    token_attempt += 1;
                    if !is_remembered {
                        self.pause(began, token_attempt).await?;
                    }
                }
                _ => {
                    return Err(
                        self.failed(Code::AwsMalformedAnswer, "AWS completed the request without a status".to_owned())
                    );
                }
            }
        }
    }

    async fn send(&self, call: &Call<'_>, token_attempt: u32) -> Result<Progress, CloudError> {
        let base = match call {
            Call::Create { .. } | Call::Update { .. } => self.step.client_token.clone(),
            // The existing tags are part of the request.
            Call::Retag { patch, .. } => crate::domain::digest::of(&serde_json::json!([self.step.client_token, patch])),
            Call::Delete { token_suffix, .. } => format!("{}{token_suffix}", self.step.client_token),
        };
        let token = if token_attempt == 1 { base } else { format!("{base}-{token_attempt}") };
        match call {
            Call::Create { desired } => {
                let sent = self.with_stored(desired, desired).await?;
                self.clients.writer.create(&self.step.type_name, &sent, &token).await
            }
            Call::Update { resource, patch, expected } => {
                let sent = self.with_stored(patch, expected).await?;
                self.clients.writer.update(resource, &sent, &token).await
            }
            Call::Retag { resource, patch, .. } => self.clients.writer.update(resource, patch, &token).await,
            Call::Delete { resource, .. } => self.clients.writer.delete(resource, &token).await,
        }
    }

    /// Returns true if the result of a remembered success still holds.
    async fn holds(&self, call: &Call<'_>, identifier: Option<&str>) -> Result<bool, Ended> {
        let resource = match (call, identifier) {
            (Call::Create { .. }, Some(identifier)) => ResourceRef::new(&self.step.type_name, identifier),
            (Call::Create { .. }, None) => return Ok(true),
            (Call::Update { resource, .. } | Call::Retag { resource, .. } | Call::Delete { resource, .. }, _) => {
                (*resource).clone()
            }
        };
        Ok(match (self.read(&resource).await?, self.registry().get(&resource.type_name)) {
            (None, _) => call.is_deletion(),
            (Some(_), None) => false,
            (Some(live), Some(type_schema)) => match call {
                Call::Create { .. } => true,
                Call::Delete { .. } => false,
                Call::Update { expected, .. } => stored_differences(type_schema, expected, &live.properties).is_empty(),
                Call::Retag { wanted, removed, .. } => {
                    wanted.iter().all(|(key, value)| live.tags.get(key) == Some(value))
                        && !removed.iter().any(|key| live.tags.contains_key(key))
                }
            },
        })
    }

    /// Returns the result of a failed request that has done what it should: a deletion that found nothing, or a creation that
    /// left the resource behind. `is_accepted`: the failure does not say that the resource is unusable.
    async fn done_despite(
        &self,
        call: &Call<'_>,
        last: &Progress,
        is_accepted: bool,
    ) -> Result<Option<Settled>, Ended> {
        let Some((kind, code, message)) = &last.failure else { return Ok(None) };
        let with = |identifier: String| Settled {
            request_token: Some(last.request_token.clone()),
            identifier: Some(identifier),
        };
        let desired = match call {
            Call::Delete { .. } if *kind == CloudErrorKind::NotFound => return Ok(Some(Settled::of(last.clone()))),
            Call::Delete { .. } | Call::Update { .. } | Call::Retag { .. } => {
                return Ok(self.holds(call, None).await?.then(|| Settled::of(last.clone())));
            }
            Call::Create { desired } => desired,
        };
        if *kind == CloudErrorKind::AlreadyExists {
            return Ok(self.own_of_this_name(desired, last.identifier.as_deref()).await?.map(with));
        }
        let Some(identifier) = &last.identifier else { return Ok(None) };
        let resource = ResourceRef::new(&self.step.type_name, identifier);
        match self.left_behind(&resource, desired, code).await? {
            Some(true) if is_accepted => Ok(Some(with(identifier.clone()))),
            Some(_) => {
                let message = format!("{message}; {resource} was created and is incomplete");
                Err(self.request_failed(*kind, code, message))
            }
            None => Ok(None),
        }
    }

    /// Returns the resource that has the requested name if an earlier run of the same request created it.
    async fn own_of_this_name(&self, desired: &Value, identifier: Option<&str>) -> Result<Option<String>, Ended> {
        let operation = self.operation_id(desired);
        if let (Some(identifier), Some(operation)) = (identifier.or(self.step.identifier.as_deref()), &operation) {
            let resource = ResourceRef::new(&self.step.type_name, identifier);
            let live = self.read(&resource).await?;
            if live.is_some_and(|live| live.tags.get(tags::OPERATION_ID) == Some(operation)) {
                return Ok(Some(resource.identifier));
            }
        }
        match self.made_before(operation.as_deref()).await? {
            Some(identifier) => Ok(Some(identifier)),
            None => self.made_untagged(desired).await,
        }
    }

    /// Returns the resource that an interrupted run on this machine created and did not tag, for a type that is tagged only
    /// after its creation: Cloud Control created it in this account, it is as requested, and nobody else has tagged it.
    pub(super) async fn made_untagged(&self, desired: &Value) -> Result<Option<String>, Ended> {
        let Some(type_schema) = self.registry().get(&self.step.type_name) else { return Ok(None) };
        let is_tagged_later = !type_schema.tagging.on_create && type_schema.tagging.property.is_some();
        // An equal resource may be somebody else's.
        if !is_tagged_later || !self.watch.begun.contains(&self.step.client_token) {
            return Ok(None);
        }
        let created =
            self.clients.writer.requests(RequestsWanted::Created).await.map_err(|error| self.error(&error))?;
        let same_type = created.into_iter().filter(|request| request.type_name == self.step.type_name);
        for identifier in same_type.filter_map(|request| request.progress.identifier) {
            let resource = ResourceRef::new(&self.step.type_name, identifier);
            let operation = self.operation_id(desired);
            let is_own = |live: &LiveResource| {
                let is_free = live.tags.is_empty() || live.tags.get(tags::OPERATION_ID) == operation.as_ref();
                is_free && stored_differences(type_schema, desired, &live.properties).is_empty()
            };
            if self.read(&resource).await?.is_some_and(|live| is_own(&live)) {
                return Ok(Some(resource.identifier));
            }
        }
        Ok(None)
    }

    /// Checks whether a failed creation left its resource behind: `None` if not, otherwise whether it is as requested.
    async fn left_behind(&self, resource: &ResourceRef, desired: &Value, code: &str) -> Result<Option<bool>, Ended> {
        let Some(type_schema) = self.registry().get(&resource.type_name) else { return Ok(None) };
        if !type_schema.handlers.read {
            return Ok(None);
        }
        // A name in the request may be that of somebody else's resource.
        let is_named = type_schema.identifier_of(desired).is_some();
        let is_own = |live: &LiveResource| {
            !is_named
                || code == "NotStabilized"
                || live.tags.get(tags::OPERATION_ID).is_some_and(|id| self.operation_id(desired).as_ref() == Some(id))
        };
        let mut wait = ConsistencyWait::new();
        loop {
            let found = self.read(resource).await?;
            let is_complete = match &found {
                // A second resource of the same name cannot be created.
                None if is_named => return Ok(None),
                None => false,
                Some(live) if !is_own(live) => return Ok(None),
                Some(live) => stored_differences(type_schema, desired, &live.properties).is_empty(),
            };
            if is_complete || !self.wait(&mut wait).await? {
                return Ok(found.map(|_| is_complete));
            }
        }
    }

    /// Returns the operation that a created resource names in its tags.
    pub(super) fn operation_id(&self, desired: &Value) -> Option<String> {
        let type_schema = self.registry().get(&self.step.type_name)?;
        let written = tags::read(type_schema, desired).remove(tags::OPERATION_ID);
        Some(written.unwrap_or_else(|| self.step.client_token.clone()))
    }

    /// Returns the resource that an earlier run of the same request created, found by its OperationId. A resource that the step
    /// replaces is not meant.
    pub(super) async fn made_before(&self, operation: Option<&str>) -> Result<Option<String>, Ended> {
        let Some(operation) = operation else { return Ok(None) };
        let filter = Some((tags::OPERATION_ID, &[operation][..]));
        let found = self.clients.reader.tagged(filter).await.map_err(|error| self.error(&error))?;
        for tagged in found {
            let Identified::Exactly(resource) = self.registry().identify(&tagged.arn) else { continue };
            let is_replaced = Some(&resource.identifier) == self.step.identifier.as_ref()
                && matches!(self.step.action, crate::domain::plan::Action::Replace { .. });
            // The tagging API returns deleted resources as well.
            if resource.type_name == self.step.type_name && !is_replaced && self.read(&resource).await?.is_some() {
                return Ok(Some(resource.identifier));
            }
        }
        Ok(None)
    }

    /// Waits until the earlier creations of the step's type are complete. Returns false if there are none.
    pub(super) async fn await_earlier_creations(&self) -> Result<bool, Ended> {
        let began = Instant::now();
        let same_type = self.earlier_creations.iter().filter(|request| request.type_name == self.step.type_name);
        let mut found = false;
        for request in same_type {
            found = true;
            let (mut status, mut round) = (request.progress.status, 0);
            while status == ProgressStatus::Running && began.elapsed() < self.retry_budget() {
                round += 1;
                self.pause(began, round).await?;
                let progress = self.clients.writer.status(&request.progress.request_token).await;
                // A request whose status is not known is not waited for.
                status = progress.map_or(ProgressStatus::Failed, |progress| progress.status);
            }
        }
        Ok(found)
    }

    async fn follow(&self, mut progress: Progress, began: Instant) -> Result<Progress, Ended> {
        let mut pause = FIRST_PAUSE;
        let mut answered = Instant::now();
        let token = progress.request_token.clone();
        self.in_flight.lock().unwrap_or_else(PoisonError::into_inner).insert(self.order, token);
        while progress.status == ProgressStatus::Running {
            let out_of_time = self.wait_timeout.0.is_some_and(|limit| began.elapsed() >= limit);
            if out_of_time || self.watch.interrupted() {
                return Err(self.pending(&progress));
            }
            self.waiting(began);
            let wait = progress.retry_after.unwrap_or(pause).clamp(Duration::from_millis(10), LONGEST_PAUSE);
            tokio::time::sleep(wait).await;
            pause = (pause * 3 / 2).min(LONGEST_PAUSE);
            match self.clients.writer.status(&progress.request_token).await {
                Ok(next) => (progress, answered) = (next, Instant::now()),
                Err(error) if error.kind == CloudErrorKind::Credentials => return Err(self.error(&error)),
                // The request continues in AWS regardless of failed status requests.
                Err(error) if is_passing(error.kind) && answered.elapsed() < self.watch.longest_retry => {}
                Err(_) => return Err(self.pending(&progress)),
            }
        }
        Ok(progress)
    }

    fn waiting(&self, began: Instant) {
        self.watch.events.emit(Event::StepWaiting { step: self.label.clone(), elapsed: began.elapsed() });
    }

    fn pending(&self, progress: &Progress) -> Ended {
        Ended::Pending(self.pending_step(&progress.request_token))
    }

    pub(super) fn pending_step(&self, request_token: &str) -> PendingStep {
        PendingStep {
            order: self.order,
            request_token: Some(request_token.to_owned()),
            client_token: self.step.client_token.clone(),
        }
    }

    fn request_failed(&self, kind: CloudErrorKind, code: &str, message: String) -> Ended {
        let hint = hint(kind, Purpose::Write, &self.step.environment);
        Ended::Failed(FailedStep { order: self.order, code: code.to_owned(), message, hint, kind })
    }

    fn retry_budget(&self) -> Duration {
        self.wait_timeout.0.map_or(self.watch.longest_retry, |limit| limit.min(self.watch.longest_retry))
    }

    async fn pause(&self, began: Instant, round: u32) -> Result<(), Ended> {
        self.not_interrupted()?;
        self.waiting(began);
        tokio::time::sleep((FIRST_PAUSE * 2u32.saturating_pow(round)).min(LONGEST_PAUSE)).await;
        Ok(())
    }
}

impl Settled {
    fn of(progress: Progress) -> Self {
        Self { request_token: Some(progress.request_token), identifier: progress.identifier }
    }
}

impl Call<'_> {
    fn is_deletion(&self) -> bool {
        matches!(self, Self::Delete { .. })
    }
}

fn is_passing(kind: CloudErrorKind) -> bool {
    matches!(kind, CloudErrorKind::Network | CloudErrorKind::Throttled | CloudErrorKind::Busy)
}

fn is_token_conflict(error: &CloudError) -> bool {
    error.code.as_deref().is_some_and(|code| code.starts_with("ClientTokenConflict"))
}
