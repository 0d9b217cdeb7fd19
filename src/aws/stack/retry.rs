//! Which failures are tried again, and for how long.
//!
//! The SDK repeats a request by its standard mode, with jitter: time-outs, broken connections, 5xx
//! answers, and its own lists of throttling and transient codes. What is still throttled then takes
//! its turn with the [rate limiter](super::limit) again, for as long as the budget lasts.

use std::sync::Arc;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_smithy_runtime::client::retries::{RetryPartition, TokenBucket};
use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::retries::classifiers::{
    ClassifyRetry, RetryAction, RetryClassifierPriority, RetryReason,
};
use aws_smithy_types::retry::ErrorKind;

use super::limit::RateLimiter;
use crate::pipeline::ports::{CloudError, CloudErrorKind};

/// For how long a throttled call is repeated while AWS answers nothing else.
pub const THROTTLE_BUDGET: Duration = Duration::from_secs(30);

/// How the SDK repeats a request: at most five times within some six seconds.
pub fn config() -> RetryConfig {
    RetryConfig::standard()
        .with_max_attempts(6)
        .with_initial_backoff(Duration::from_millis(200))
        .with_max_backoff(Duration::from_secs(5))
}

/// What the clients of one API share of the SDK's retries. The SDK's own budget of retries is one
/// for all tasks: where it is spent, a single failure ends a call. The [circuit
/// breaker](super::breaker) is what spares a failing service here.
pub fn partition(name: String) -> RetryPartition {
    RetryPartition::custom(name).token_bucket(TokenBucket::unlimited()).build()
}

/// True when a call is worth another turn.
pub fn is_worth_another(error: &CloudError, limiter: &RateLimiter, budget: Duration) -> bool {
    error.kind == CloudErrorKind::Throttled && limiter.throttled_for() < budget
}

/// Tells the rate limiter of every throttled request, those that the SDK repeats by itself included.
/// It runs after the SDK's own classifiers, and changes nothing of what they say.
#[derive(Debug)]
pub struct ThrottleListener(pub Arc<RateLimiter>);

impl ClassifyRetry for ThrottleListener {
    fn classify_retry(&self, _: &InterceptorContext) -> RetryAction {
        RetryAction::NoActionIndicated
    }

    fn classify_retry_v2(&self, _: &InterceptorContext, previous: &RetryAction) -> RetryAction {
        if let RetryAction::RetryIndicated(RetryReason::RetryableError { kind: ErrorKind::ThrottlingError, .. }) =
            previous
        {
            self.0.throttled();
        }
        RetryAction::NoActionIndicated
    }

    fn name(&self) -> &'static str {
        "stagegate's rate limiter"
    }

    fn priority(&self) -> RetryClassifierPriority {
        RetryClassifierPriority::run_after(RetryClassifierPriority::run_after(
            RetryClassifierPriority::transient_error_classifier(),
        ))
    }
}
