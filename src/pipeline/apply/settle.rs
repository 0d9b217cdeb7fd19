//! One request from its sending to its end.
//!
//! The request token makes a repetition after a crash the same request to AWS. AWS remembers tokens
//! for 36 hours, with the outcome that they had then: a remembered outcome that does not hold any
//! more is passed over by going on to the token's next generation.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::{Ended, FailedStep, PendingStep, Run, own_failure};
use crate::compare::drift::stored_differences;
use crate::domain::diagnostic::Code;
use crate::domain::resource::ResourceRef;
use crate::domain::tags::{self, Tags};
use crate::pipeline::estate;
use crate::pipeline::event::Event;
use crate::pipeline::ports::{CloudError, CloudErrorKind, Progress, ProgressStatus, Purpose, hint, is_retryable};
use crate::schema::{self, Identified, Registry};

/// First and longest pause between two looks at a request. AWS's own `RetryAfter` wins.
pub(super) const FIRST_PAUSE: Duration = Duration::from_millis(40);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// For how long a request is repeated that fails for a passing reason: throttling, another operation
/// on the resource, something made just before that is not visible everywhere yet.
const PATIENCE: Duration = Duration::from_secs(90);
/// How many remembered outcomes of one request are passed over.
const GENERATIONS: u32 = 30;

/// A request to Cloud Control.
pub(super) enum Call<'a> {
    /// CreateResource.
    Create { desired: &'a Value },
    /// UpdateResource; `expected` is what the resource should be afterwards.
    Update { resource: &'a ResourceRef, patch: &'a Value, expected: &'a Value },
    /// UpdateResource of the tag property alone.
    Retag { resource: &'a ResourceRef, patch: &'a Value, wanted: &'a Tags },
}

impl Run<'_> {
    /// Sends a request and follows it to its end: its RequestToken, and the identifier if AWS named one.
    pub(super) async fn settle(&self, call: &Call<'_>) -> Result<(String, Option<String>), Ended> {
        let began = Instant::now();
        let mut generation = 1;
        loop {
            let first = match self.send(call, generation).await {
                Ok(progress) => progress,
                Err(error) if is_token_conflict(&error) && generation < GENERATIONS => {
                    // The same request with other tags, perhaps of another day: it may have been done.
                    if let (Call::Create { .. }, Some(identifier)) = (call, self.made_before().await?) {
                        return Ok((String::new(), Some(identifier)));
                    }
                    generation += 1;
                    continue;
                }
                Err(error) if is_retryable(error.kind, &error.message) && began.elapsed() < PATIENCE => {
                    self.pause(began, generation).await?;
                    continue;
                }
                Err(error) => return Err(Ended::Failed(self.failure(&error))),
            };
            // A fresh request is accepted and runs; what is over at once is an earlier one's outcome.
            let remembered = first.status != ProgressStatus::Running && generation < GENERATIONS;
            let last = self.follow(first, began).await?;
            match (last.status, &last.failure) {
                (ProgressStatus::Success, _) if remembered && !self.holds(call, last.identifier.as_deref()).await? => {
                    generation += 1;
                }
                (ProgressStatus::Success, _) => return Ok((last.request_token, last.identifier)),
                (_, Some(_)) if remembered => generation += 1,
                (_, Some((kind, _, message))) if is_retryable(*kind, message) && began.elapsed() < PATIENCE => {
                    generation += 1;
                    self.pause(began, generation).await?;
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
                    let message = "AWS ended the request without a status".to_owned();
                    return Err(Ended::Failed(own_failure(self.order - 1, Code::UnknownStatus, message)));
                }
            }
        }
    }

    async fn send(&self, call: &Call<'_>, generation: u32) -> Result<Progress, CloudError> {
        let base = match call {
            Call::Create { .. } | Call::Update { .. } => self.step.client_token.clone(),
            // The tags that are there already are part of what is sent.
            Call::Retag { patch, .. } => crate::domain::digest::of(&serde_json::json!([self.step.client_token, patch])),
        };
        let token = if generation == 1 { base } else { format!("{base}-{generation}") };
        match call {
            Call::Create { desired } => self.lane.writer.create(&self.step.type_name, desired, &token).await,
            Call::Update { resource, patch, .. } | Call::Retag { resource, patch, .. } => {
                self.lane.writer.update(resource, patch, &token).await
            }
        }
    }

    /// True when what a remembered success did is still so.
    async fn holds(&self, call: &Call<'_>, identifier: Option<&str>) -> Result<bool, Ended> {
        let resource = match (call, identifier) {
            (Call::Update { resource, .. } | Call::Retag { resource, .. }, _) => (*resource).clone(),
            (Call::Create { .. }, Some(identifier)) => ResourceRef::new(&self.step.type_name, identifier),
            (Call::Create { .. }, None) => return Ok(true),
        };
        let live = estate::read(self.lane.reader, &resource, None).await;
        let live = live.map_err(|error| Ended::Failed(self.failure(&error)))?;
        let (Some(live), Some(type_schema)) = (live, Registry::get(&resource.type_name)) else { return Ok(false) };
        Ok(match call {
            Call::Create { .. } => true,
            Call::Update { expected, .. } => stored_differences(type_schema, expected, &live.properties).is_empty(),
            Call::Retag { wanted, .. } => wanted.iter().all(|(key, value)| live.tags.get(key) == Some(value)),
        })
    }

    /// The resource that an earlier run of this very request made, found by its OperationId.
    async fn made_before(&self) -> Result<Option<String>, Ended> {
        let filter = Some((tags::OPERATION_ID, &[self.step.client_token.as_str()][..]));
        let found = self.lane.reader.tagged(filter).await.map_err(|error| Ended::Failed(self.failure(&error)))?;
        Ok(found.into_iter().find_map(|tagged| match schema::identify(&tagged.arn) {
            Identified::Exactly(resource) if resource.type_name == self.step.type_name => Some(resource.identifier),
            _ => None,
        }))
    }

    async fn follow(&self, mut progress: Progress, began: Instant) -> Result<Progress, Ended> {
        let mut pause = FIRST_PAUSE;
        while progress.status == ProgressStatus::Running {
            let out_of_time = self.patience.0.is_some_and(|limit| began.elapsed() >= limit);
            if out_of_time || self.watch.interrupted() {
                return Err(self.pending(&progress));
            }
            self.waiting(began);
            let wait = progress.retry_after.unwrap_or(pause).clamp(Duration::from_millis(10), LONGEST_PAUSE);
            tokio::time::sleep(wait).await;
            pause = (pause * 3 / 2).min(LONGEST_PAUSE);
            match self.lane.writer.status(&progress.request_token).await {
                Ok(next) => progress = next,
                // The request goes on in AWS whether we hear of it or not.
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
            let message = "stopped by a signal before the request was repeated".to_owned();
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
