//! What every call to AWS goes through, one layer a file, around one seam: [`Stack::call`].
//!
//! | layer | file |
//! |---|---|
//! | tells the run's observer of what changes something | `audit` |
//! | leaves a failing service alone | `breaker` |
//! | counts calls, and requests over the wire | `count` |
//! | takes a turn, so that AWS need not throttle | `limit` |
//! | tries again what goes away by itself | `retry` |
//! | watches the requests below: signer, request id, attempts | `watch` |
//!
//! `cache` goes around a whole reader: it answers without a call. `clock` is the time that all of
//! them know.

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

use super::error::{classify, is_unconfirmed};
use crate::domain::resource::ResourceRef;
use crate::pipeline::event::{Event, Events};
use crate::pipeline::ports::{CloudError, CloudErrorKind, NoObserver, ObserveCalls};
use audit::Place;
use breaker::{Breaker, BreakerState};
use clock::SharedClock;
use count::CallCounter;
use limit::RateLimiter;
use retry::ThrottleListener;
use watch::{CheckSigner, Watch};

/// How often a call is signed anew after the account had to be confirmed.
const MOST_CONFIRMATIONS: u32 = 3;

/// What the clients of one API in one account and region share, for as long as the process lives.
#[derive(Debug, Clone)]
pub struct Shared {
    /// The time.
    pub clock: SharedClock,
    /// The rate limit.
    pub limiter: Arc<RateLimiter>,
    /// The circuit breaker.
    pub breaker: Arc<Breaker>,
    /// The SDK's own share.
    pub partition: RetryPartition,
}

impl Shared {
    /// What `name` shares from now on, with what its breaker remembers of earlier runs.
    pub fn new(name: String, clock: &SharedClock, remembered: BreakerState) -> Self {
        Self {
            clock: Arc::clone(clock),
            limiter: Arc::new(RateLimiter::new(Arc::clone(clock))),
            breaker: Arc::new(Breaker::new(Arc::clone(clock), remembered)),
            partition: retry::partition(name),
        }
    }

    /// What makes the SDK's retries known to the rate limiter.
    pub fn listener(&self) -> ThrottleListener {
        ThrottleListener(Arc::clone(&self.limiter))
    }
}

/// What belongs to one run rather than to the process.
#[derive(Clone)]
pub struct RunScope {
    /// Counts the run's calls.
    pub counter: CallCounter,
    /// Takes the run's events.
    pub events: Events,
    /// Watches the run's calls that change something.
    pub observer: Arc<dyn ObserveCalls>,
    /// For how long a throttled call is repeated while AWS answers nothing else.
    pub throttle_budget: Duration,
}

impl Default for RunScope {
    fn default() -> Self {
        Self {
            counter: CallCounter::default(),
            events: Events::none(),
            observer: Arc::new(NoObserver),
            throttle_budget: retry::THROTTLE_BUDGET,
        }
    }
}

/// Has STS say whose credentials sign.
#[async_trait]
pub trait ConfirmAccount: Send + Sync {
    /// What tells whether the present credentials are confirmed.
    fn signer(&self) -> Arc<dyn CheckSigner>;
    /// Asks STS. `operation` is what waits for the answer.
    ///
    /// # Errors
    /// No answer, or another account.
    async fn confirm(&self, operation: &'static str) -> Result<(), CloudError>;
}

/// How [`Stack::call`] sends a request that the SDK's builder has made: each time anew, and watched.
macro_rules! watched {
    ($request:expr) => {{
        let request = $request;
        move |watch| request.clone().customize().interceptor(watch).send()
    }};
}
pub(super) use watched;

/// One call, as the layers see it.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// `service.Operation`.
    pub operation: &'static str,
    /// True when it changes something.
    pub is_mutating: bool,
    /// True when an open circuit does not hold it back: what writes, and what follows a write.
    pub is_urgent: bool,
    /// CloudFormation type name, where the call names one.
    pub type_name: Option<&'a str>,
    /// Identifier or ARN, where the call names one.
    pub identifier: Option<&'a str>,
    /// The client token, where the call has one.
    pub client_token: Option<&'a str>,
}

impl<'a> Call<'a> {
    /// A call that reads.
    pub const fn read(operation: &'static str) -> Self {
        Self { operation, is_mutating: false, is_urgent: false, type_name: None, identifier: None, client_token: None }
    }

    /// A call that follows a request of this run.
    pub const fn follow(operation: &'static str) -> Self {
        Self { is_urgent: true, ..Self::read(operation) }
    }

    /// A call that changes something.
    pub const fn write(operation: &'static str) -> Self {
        Self { is_mutating: true, is_urgent: true, ..Self::read(operation) }
    }

    /// The resource concerned.
    pub fn on(self, resource: &'a ResourceRef) -> Self {
        Self { type_name: Some(&resource.type_name), identifier: Some(&resource.identifier), ..self }
    }

    fn resource(&self) -> Option<ResourceRef> {
        Some(ResourceRef::new(self.type_name?, self.identifier.unwrap_or_default()))
    }
}

/// The layers around one API of one account and region, for one run.
#[derive(Clone)]
pub struct Stack {
    /// The API's name, as operations begin with it.
    pub api: &'static str,
    /// Where it is.
    pub place: Arc<Place>,
    /// What it shares with others.
    pub shared: Shared,
    /// The run.
    pub run: RunScope,
    /// Confirms the account before anything is changed; `None` for clients that only read.
    pub account: Option<Arc<dyn ConfirmAccount>>,
}

impl Stack {
    /// Makes a call. `send` makes one request of it, watched; it is asked again where the call is
    /// tried again.
    ///
    /// # Errors
    /// AWS's refusal, or why there was no answer. [`CloudErrorKind::CircuitOpen`] where the call was
    /// not made.
    pub async fn call<O, E, F>(&self, call: Call<'_>, send: impl Fn(Watch) -> F) -> Result<O, CloudError>
    where
        F: Future<Output = Result<O, SdkError<E, HttpResponse>>>,
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        if call.is_mutating && self.account.is_none() {
            let message = "this client only reads; nothing was sent";
            return Err(CloudError::new(CloudErrorKind::Other, call.operation, &self.place.environment, message));
        }
        if !call.is_urgent {
            self.admit(&call)?;
        }
        self.run.counter.call(call.operation);
        let mut request_id = None;
        let outcome = self.repeat(&call, send, &mut request_id).await;
        match &outcome {
            Ok(_) => self.shared.breaker.answered(),
            Err(error) if error.is_service_fault() => self.shared.breaker.failed(),
            Err(error) if error.code.is_some() => self.shared.breaker.answered(),
            Err(_) => {}
        }
        audit::tell(&*self.run.observer, &self.place, &call, request_id.as_deref(), &outcome);
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
        let limiter = &self.shared.limiter;
        let account = self.account.as_deref().filter(|_| call.is_mutating);
        let mut confirmations = 0;
        loop {
            limiter.acquire().await.map_err(|exhausted| self.throttled_out(call, exhausted))?;
            let signer = account.map(ConfirmAccount::signer);
            let watch = Watch::new(call.operation, self.run.counter.clone(), Arc::clone(limiter), signer);
            let failure = match send(watch.clone()).await {
                Ok(answer) => {
                    limiter.answered();
                    *request_id = watch.request_id();
                    return Ok(answer);
                }
                Err(failure) => failure,
            };
            if let Some(account) = account
                && is_unconfirmed(&failure)
                && confirmations < MOST_CONFIRMATIONS
            {
                confirmations += 1;
                account.confirm(call.operation).await?;
                continue;
            }
            *request_id = watch.request_id();
            let error = classify(failure, call.operation, &self.place.environment, call.resource().as_ref());
            match error.kind {
                CloudErrorKind::Throttled => limiter.throttled(),
                _ if error.code.is_some() => limiter.answered(),
                _ => {}
            }
            if error.kind != CloudErrorKind::Throttled {
                return Err(error);
            }
            if !retry::is_worth_another(&error, limiter, self.run.throttle_budget) {
                limiter.give_up();
                return Err(error);
            }
            self.run.events.emit(Event::Throttled {
                environment: self.place.environment.clone(),
                operation: call.operation,
                waited: limiter.throttled_for(),
            });
        }
    }

    fn admit(&self, call: &Call<'_>) -> Result<(), CloudError> {
        self.shared.breaker.admit().map_err(|open| {
            let Place { environment, region, .. } = &*self.place;
            let message = format!(
                "not asked: {} in {region} failed {} times in a row; it is asked again in {} s",
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
        let message = format!("{} has answered nothing but \"too many calls\" for {seconds} s", self.api);
        CloudError::new(CloudErrorKind::Throttled, call.operation, &self.place.environment, message)
            .about(call.resource().as_ref())
    }
}
