//! The layers of every call to AWS, one per file. The entry point is [`Stack::call`].
//!
//! | layer | file |
//! |---|---|
//! | reports mutating calls to the run's observer | `audit` |
//! | circuit breaker: stops calls to a failing service | `breaker` |
//! | counts calls and HTTP requests | `count` |
//! | limits the rate of calls to avoid throttling | `limit` |
//! | retries transient errors | `retry` |
//! | observes HTTP requests: signer, request id, attempts | `watch` |
//!
//! `cache` wraps a whole reader and stands in for a service that cannot be reached. `clock` is the clock of all layers.

pub mod audit;
pub mod breaker;
pub mod cache;
pub mod clock;
pub mod count;
pub mod limit;
pub mod retry;
pub mod watch;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use aws_smithy_runtime::client::retries::RetryPartition;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use jiff::Timestamp;

use super::error::{classify, is_unconfirmed};
use super::hidden::Hidden;
use crate::domain::resource::ResourceRef;
use crate::pipeline::event::{Event, Events};
use crate::pipeline::ports::{CloudError, CloudErrorKind, NoObserver, ObserveCalls};
use crate::schema::Registry;
use audit::Place;
use breaker::{Breaker, BreakerState};
use clock::SharedClock;
use count::CallCounter;
use limit::RateLimiter;
use retry::{SUBJECT, ThrottleListener};
use watch::{CheckSigner, Watch};

/// Maximum number of times that the account is confirmed during one call.
const MAX_CONFIRMATIONS: u32 = 3;

/// The state that the clients of one API in one account and Region share for the lifetime of the process.
#[derive(Debug, Clone)]
pub struct Shared {
    /// The clock.
    pub clock: SharedClock,
    /// The rate limit.
    pub limiter: Arc<RateLimiter>,
    /// The circuit breaker.
    pub breaker: Arc<Breaker>,
    /// The retry partition of the SDK.
    pub partition: RetryPartition,
}

impl Shared {
    /// Creates the shared state of `name`, with the state of its circuit breaker from earlier runs.
    pub fn new(name: String, clock: &SharedClock, remembered: BreakerState) -> Self {
        Self {
            clock: Arc::clone(clock),
            limiter: Arc::new(RateLimiter::new(Arc::clone(clock))),
            breaker: Arc::new(Breaker::new(Arc::clone(clock), remembered)),
            partition: retry::partition(name),
        }
    }

    /// Returns the listener that reports throttled retries of the SDK to the rate limiter.
    pub fn listener(&self) -> ThrottleListener {
        ThrottleListener(Arc::clone(&self.limiter))
    }
}

/// The state that belongs to one run rather than to the process.
#[derive(Clone)]
pub struct RunScope {
    /// Counts the run's calls.
    pub counter: CallCounter,
    /// The run's event stream.
    pub events: Events,
    /// Observes the run's mutating calls.
    pub observer: Arc<dyn ObserveCalls>,
    /// How long throttled calls are retried while the API throttles all calls.
    pub throttle_budget: Duration,
    /// How long one call, with its retries, may stay without an answer, if not as long as the SDK's clients allow.
    pub answer_timeout: Option<Duration>,
    /// The resource types that the run knows.
    pub registry: Registry,
}

impl Default for RunScope {
    fn default() -> Self {
        Self {
            counter: CallCounter::default(),
            events: Events::none(),
            observer: Arc::new(NoObserver),
            throttle_budget: retry::THROTTLE_BUDGET,
            answer_timeout: None,
            registry: Registry::embedded(),
        }
    }
}

/// Confirms the account of the credentials with STS.
#[async_trait]
pub trait ConfirmAccount: Send + Sync {
    /// Returns the check whether credentials are confirmed.
    fn signer(&self) -> Arc<dyn CheckSigner>;
    /// Calls STS. `operation` is the operation that requires the confirmation.
    ///
    /// # Errors
    /// There was no response, or it is another account.
    async fn confirm(&self, operation: &'static str) -> Result<(), CloudError>;
}

/// Creates the function with which [`Stack::call`] sends a request of an SDK builder, with a `Watch` interceptor.
macro_rules! watched {
    ($request:expr) => {{
        let request = $request;
        move |watch| request.clone().customize().interceptor(watch).send()
    }};
}
pub(super) use watched;

/// The description of a call for the layers.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// `service.Operation`.
    pub operation: &'static str,
    /// Whether the call changes something.
    pub is_mutating: bool,
    /// Whether the circuit breaker does not apply: writes, and status requests of writes.
    pub is_urgent: bool,
    /// CloudFormation type name, if the call has one.
    pub type_name: Option<&'a str>,
    /// Identifier or ARN, if the call has one.
    pub identifier: Option<&'a str>,
    /// The client token, if the call has one.
    pub client_token: Option<&'a str>,
}

impl<'a> Call<'a> {
    /// Creates a call that reads.
    pub const fn read(operation: &'static str) -> Self {
        Self { operation, is_mutating: false, is_urgent: false, type_name: None, identifier: None, client_token: None }
    }

    /// Creates a status request for a request of this run.
    pub const fn follow(operation: &'static str) -> Self {
        Self { is_urgent: true, ..Self::read(operation) }
    }

    /// Creates a call that changes something.
    pub const fn write(operation: &'static str) -> Self {
        Self { is_mutating: true, is_urgent: true, ..Self::read(operation) }
    }

    /// Sets the resource concerned.
    pub fn on(self, resource: &'a ResourceRef) -> Self {
        Self { type_name: Some(&resource.type_name), identifier: Some(&resource.identifier), ..self }
    }

    /// What the rate limit regards as one subject.
    fn subject(&self) -> &str {
        self.type_name.unwrap_or(self.operation)
    }

    fn resource(&self) -> Option<ResourceRef> {
        Some(ResourceRef::new(self.type_name?, self.identifier.unwrap_or_default()))
    }
}

/// The layers around one API of one account and Region, for one run.
#[derive(Clone)]
pub struct Stack {
    /// The API's name, which is the prefix of its operations.
    pub api: &'static str,
    /// Environment, account and Region.
    pub place: Arc<Place>,
    /// The shared state.
    pub shared: Shared,
    /// The run.
    pub run: RunScope,
    /// Confirms the account before anything is changed; `None` for read-only clients.
    pub account: Option<Arc<dyn ConfirmAccount>>,
    /// Values of requests that must not be shown.
    pub hidden: Arc<Hidden>,
}

impl Stack {
    /// Makes a call. `send` sends one request; it is called again for each retry.
    ///
    /// # Errors
    /// AWS returned an error, or there was no response. [`CloudErrorKind::CircuitOpen`] if the call was not made.
    pub async fn call<O, E, F>(&self, call: Call<'_>, send: impl Fn(Watch) -> F) -> Result<O, CloudError>
    where
        F: Future<Output = Result<O, SdkError<E, HttpResponse>>>,
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        if call.is_mutating && self.account.is_none() {
            let message = "this client is read-only; nothing was sent";
            return Err(CloudError::new(CloudErrorKind::Other, call.operation, &self.place.environment, message));
        }
        if !call.is_urgent {
            self.admit(&call)?;
        }
        self.run.counter.call(call.operation);
        let mut request_id = None;
        let outcome = self.repeat(&call, send, &mut request_id).await.map_err(|error| self.without_hidden(error));
        match &outcome {
            Ok(_) => self.shared.breaker.answered(),
            Err(error) if error.is_service_fault() => self.shared.breaker.failed(),
            Err(error) if error.code.is_some() => self.shared.breaker.answered(),
            Err(_) => {}
        }
        audit::report(&*self.run.observer, &self.place, &call, request_id.as_deref(), &outcome);
        outcome
    }

    async fn repeat<O, E, F>(
        &self,
        call: &Call<'_>,
        send: impl Fn(Watch) -> F,
        request_id: &mut Option<String>,
    ) -> Result<O, CloudError>
    where
        F: Future<Output = Result<O, SdkError<E, HttpResponse>>>,
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        let (limiter, subject) = (&self.shared.limiter, call.subject());
        let account = self.account.as_deref().filter(|_| call.is_mutating);
        let mut confirmations = 0;
        loop {
            limiter.acquire(subject).await.map_err(|exhausted| self.throttled_out(call, exhausted))?;
            let signer = account.map(ConfirmAccount::signer);
            let watch = Watch::new(call.operation, self.run.counter.clone(), Arc::clone(limiter), signer);
            let sent = SUBJECT.scope(subject.to_owned(), send(watch.clone()));
            let failure = match self.in_time(sent).await {
                Ok(Ok(answer)) => {
                    limiter.answered(subject);
                    *request_id = watch.request_id();
                    return Ok(answer);
                }
                Ok(Err(failure)) => failure,
                Err(limit) => return Err(self.without_answer(call, limit)),
            };
            if let Some(account) = account
                && is_unconfirmed(&failure)
                && confirmations < MAX_CONFIRMATIONS
            {
                confirmations += 1;
                account.confirm(call.operation).await?;
                continue;
            }
            *request_id = watch.request_id();
            let error = classify(failure, call.operation, &self.place.environment, call.resource().as_ref());
            match error.kind {
                CloudErrorKind::Throttled => limiter.throttled(subject),
                _ if error.code.is_some() => limiter.answered(subject),
                _ => {}
            }
            if error.kind != CloudErrorKind::Throttled {
                return Err(error);
            }
            if !retry::should_retry(&error, limiter, subject, self.run.throttle_budget) {
                limiter.give_up(subject);
                return Err(error);
            }
            self.run.events.emit(Event::Throttled {
                environment: self.place.environment.clone(),
                operation: call.operation,
                waited: limiter.throttled_for(subject),
            });
        }
    }

    /// Awaits a response within the run's limit, or returns the limit.
    async fn in_time<F: Future>(&self, sent: F) -> Result<F::Output, Duration> {
        let Some(limit) = self.run.answer_timeout else { return Ok(sent.await) };
        let mut sent = std::pin::pin!(sent);
        tokio::select! {
            biased;
            answer = &mut sent => Ok(answer),
            () = self.shared.clock.sleep(limit) => Err(limit),
        }
    }

    fn without_answer(&self, call: &Call<'_>, limit: Duration) -> CloudError {
        let Place { environment, region, .. } = &*self.place;
        let message = format!("{} in {region} did not answer within {limit:?}", self.api);
        CloudError::new(CloudErrorKind::Network, call.operation, environment, message).about(call.resource().as_ref())
    }

    fn without_hidden(&self, mut error: CloudError) -> CloudError {
        error.message = self.hidden.hide(&error.message);
        error
    }

    fn admit(&self, call: &Call<'_>) -> Result<(), CloudError> {
        self.shared.breaker.admit().map_err(|open| {
            let Place { environment, region, .. } = &*self.place;
            let since = Timestamp::try_from(open.since).unwrap_or_default();
            let message = format!(
                "not called: {} in {region} failed {} times in a row, the last time at {since:.0}; calls are allowed again in {} s",
                self.api,
                open.failures,
                open.retry_in.as_secs().max(1)
            );
            CloudError::new(CloudErrorKind::CircuitOpen, call.operation, environment, message)
                .about(call.resource().as_ref())
        })
    }

    fn throttled_out(&self, call: &Call<'_>, exhausted: limit::Exhausted) -> CloudError {
        let seconds = exhausted.throttled_for.as_secs();
        let about = call.type_name.filter(|_| exhausted.is_subject).map(|name| format!(" about {name}"));
        let message = format!("{} has throttled all calls{} for {seconds} s", self.api, about.unwrap_or_default());
        CloudError::new(CloudErrorKind::Throttled, call.operation, &self.place.environment, message)
            .about(call.resource().as_ref())
    }
}
