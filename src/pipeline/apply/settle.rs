//! Sends a request and follows it until it completes.
//!
//! With the client token, a repetition after a crash is the same request to AWS. AWS remembers tokens and their outcomes for
//! 36 hours. If a remembered outcome no longer holds, the request is repeated with the next token attempt: a new token, derived
//! from the first one and a number.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::{Ended, FailedStep, PendingStep, StepRun, own_failure};
use crate::compare::drift::stored_differences;
use crate::domain::diagnostic::Code;
use crate::domain::resource::ResourceRef;
use crate::domain::tags::{self, Tags};
use crate::pipeline::estate;
use crate::pipeline::event::Event;
use crate::pipeline::ports::{CloudError, CloudErrorKind, Progress, ProgressStatus, Purpose, hint, is_retryable};
use crate::schema::{self, Identified, Registry};

/// First and maximum delay between status requests. `RetryAfter` of AWS takes precedence.
pub(super) const FIRST_PAUSE: Duration = Duration::from_millis(40);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// How long a request is retried after transient errors: throttling, another operation on the resource, or new resources that
/// are not visible everywhere yet.
const RETRY_BUDGET: Duration = Duration::from_secs(90);
/// Maximum number of client tokens that are tried for one request.
const MAX_TOKEN_ATTEMPTS: u32 = 30;

/// A request to Cloud Control.
pub(super) enum Call<'a> {
    /// CreateResource.
    Create { desired: &'a Value },
    /// UpdateResource; `expected` is what the resource should be afterwards.
    Update { resource: &'a ResourceRef, patch: &'a Value, expected: &'a Value },
    /// UpdateResource of the tag property alone.
    Retag { resource: &'a ResourceRef, patch: &'a Value, wanted: &'a Tags },
}

impl StepRun<'_> {
    /// Sends a request and waits for its completion. Returns its RequestToken, and the identifier if AWS returned one.
    pub(super) async fn settle(&self, call: &Call<'_>) -> Result<(String, Option<String>), Ended> {
        let began = Instant::now();
        let mut token_attempt = 1;
        loop {
            let first = match self.send(call, token_attempt).await {
                Ok(progress) => progress,
                Err(error) if is_token_conflict(&error) && token_attempt < MAX_TOKEN_ATTEMPTS => {
                    // The same request with different tags, perhaps of another day: it may have succeeded.
                    if let (Call::Create { .. }, Some(identifier)) = (call, self.made_before().await?) {
                        return Ok((String::new(), Some(identifier)));
                    }
                    token_attempt += 1;
                    continue;
                }
                Err(error) if is_retryable(error.kind, &error.message) && began.elapsed() < RETRY_BUDGET => {
                    self.pause(began, token_attempt).await?;
                    continue;
                }
                Err(error) => return Err(Ended::Failed(self.failure(&error))),
            };
            // A new request is pending at first. If it is complete immediately, it is the outcome of an earlier one.
            let remembered = first.status != ProgressStatus::Running && token_attempt < MAX_TOKEN_ATTEMPTS;
            let last = self.follow(first, began).await?;
            match (last.status, &last.failure) {
                (ProgressStatus::Success, _) if remembered && !self.holds(call, last.identifier.as_deref()).await? => {
                    token_attempt += 1;
                }
                (ProgressStatus::Success, _) => return Ok((last.request_token, last.identifier)),
                (_, Some(_)) if remembered => token_attempt += 1,
                (_, Some((kind, _, message))) if is_retryable(*kind, message) && began.elapsed() < RETRY_BUDGET => {
                    token_attempt += 1;
                    self.pause(began, token_attempt).await?;
                }
                (_, Some((kind, code, message))) => {
                    return Err(Ended::Failed(FailedStep {
                        order: self.order,
                        code: code.clone(),
                        message: message.clone(),
                        hint: hint(*kind, Purpose::Write, &self.step.environment),
                        kind: *kind,
                    }));
                }
                _ => {
                    let message = "AWS completed the request without a status".to_owned();
                    return Err(Ended::Failed(own_failure(self.order - 1, Code::UnknownStatus, message)));
                }
            }
        }
    }

    async fn send(&self, call: &Call<'_>, token_attempt: u32) -> Result<Progress, CloudError> {
        let base = match call {
            Call::Create { .. } | Call::Update { .. } => self.step.client_token.clone(),
            // The existing tags are part of the request.
            Call::Retag { patch, .. } => crate::domain::digest::of(&serde_json::json!([self.step.client_token, patch])),
        };
        let token = if token_attempt == 1 { base } else { format!("{base}-{token_attempt}") };
        match call {
            Call::Create { desired } => self.clients.writer.create(&self.step.type_name, desired, &token).await,
            Call::Update { resource, patch, .. } | Call::Retag { resource, patch, .. } => {
                self.clients.writer.update(resource, patch, &token).await
            }
        }
    }

    /// Returns true if the result of a remembered success still holds.
    async fn holds(&self, call: &Call<'_>, identifier: Option<&str>) -> Result<bool, Ended> {
        let resource = match (call, identifier) {
            (Call::Update { resource, .. } | Call::Retag { resource, .. }, _) => (*resource).clone(),
            (Call::Create { .. }, Some(identifier)) => ResourceRef::new(&self.step.type_name, identifier),
            (Call::Create { .. }, None) => return Ok(true),
        };
        let live = estate::read(self.clients.reader, &resource, None).await;
        let live = live.map_err(|error| Ended::Failed(self.failure(&error)))?;
        let (Some(live), Some(type_schema)) = (live, Registry::get(&resource.type_name)) else { return Ok(false) };
        Ok(match call {
            Call::Create { .. } => true,
            Call::Update { expected, .. } => stored_differences(type_schema, expected, &live.properties).is_empty(),
            Call::Retag { wanted, .. } => wanted.iter().all(|(key, value)| live.tags.get(key) == Some(value)),
        })
    }

    /// Returns the resource that an earlier run of the same request created, found by its OperationId.
    async fn made_before(&self) -> Result<Option<String>, Ended> {
        let filter = Some((tags::OPERATION_ID, &[self.step.client_token.as_str()][..]));
        let found = self.clients.reader.tagged(filter).await.map_err(|error| Ended::Failed(self.failure(&error)))?;
        Ok(found.into_iter().find_map(|tagged| match schema::identify(&tagged.arn) {
            Identified::Exactly(resource) if resource.type_name == self.step.type_name => Some(resource.identifier),
            _ => None,
        }))
    }

    async fn follow(&self, mut progress: Progress, began: Instant) -> Result<Progress, Ended> {
        let mut pause = FIRST_PAUSE;
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
                Ok(next) => progress = next,
                // The request continues in AWS regardless of failed status requests.
                Err(error) if matches!(error.kind, CloudErrorKind::Network | CloudErrorKind::Throttled) => {}
                Err(error) if error.kind == CloudErrorKind::Credentials => {
                    return Err(Ended::Failed(self.failure(&error)));
                }
                Err(_) => return Err(self.pending(&progress)),
            }
        }
        Ok(progress)
    }

    fn waiting(&self, began: Instant) {
        self.watch.events.emit(Event::StepWaiting { step: self.label.clone(), elapsed: began.elapsed() });
    }

    fn pending(&self, progress: &Progress) -> Ended {
        Ended::Pending(PendingStep { order: self.order, request_token: progress.request_token.clone() })
    }

    async fn pause(&self, began: Instant, round: u32) -> Result<(), Ended> {
        if self.watch.interrupted() {
            let message = "interrupted by a signal before the request was retried".to_owned();
            return Err(Ended::Failed(own_failure(self.order - 1, Code::Interrupted, message)));
        }
        self.waiting(began);
        tokio::time::sleep((FIRST_PAUSE * 2u32.saturating_pow(round)).min(LONGEST_PAUSE)).await;
        Ok(())
    }
}

fn is_token_conflict(error: &CloudError) -> bool {
    error.code.as_deref().is_some_and(|code| code.starts_with("ClientTokenConflict"))
}
