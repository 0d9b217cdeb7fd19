//! Retries: which errors are retried, and for how long.
//!
//! The SDK retries requests in its standard mode, with jitter: timeouts, broken connections, 5xx responses, and its own lists of
//! throttling and transient codes. Calls that are still throttled are retried with the [rate limiter](super::limit) until the
//! budget is exhausted.

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

/// How long throttled calls are retried while the API throttles all calls about their subject.
pub const THROTTLE_BUDGET: Duration = Duration::from_secs(30);

/// Returns the retry configuration of the SDK: at most five retries within about six seconds.
pub fn config() -> RetryConfig {
    RetryConfig::standard()
        .with_max_attempts(6)
        .with_initial_backoff(Duration::from_millis(200))
        .with_max_backoff(Duration::from_secs(5))
}

/// Returns the retry configuration for STS, which is asked first: at most two retries within less than a second.
pub fn config_of_identity() -> RetryConfig {
    config().with_max_attempts(3).with_max_backoff(Duration::from_millis(400))
}

/// Creates the retry partition that the clients of one API share. The SDK's retry budget is shared by all tasks, so that a single
/// failure would end a call once it is exhausted. The [circuit breaker](super::breaker) protects a failing service instead.
pub fn partition(name: String) -> RetryPartition {
    RetryPartition::custom(name).token_bucket(TokenBucket::unlimited()).build()
}

/// Returns true if a call should be retried.
pub fn should_retry(error: &CloudError, limiter: &RateLimiter, subject: &str, budget: Duration) -> bool {
    error.kind == CloudErrorKind::Throttled && limiter.throttled_for(subject) < budget
}

tokio::task_local! {
    /// What the call is about whose request this task sends: the SDK does not tell its classifiers.
    pub static SUBJECT: String;
}

/// Reports every throttled request to the rate limiter, including those that the SDK retries. It runs after the SDK's own
/// classifiers and does not change their result.
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
            let _ = SUBJECT.try_with(|subject| self.0.throttled(subject));
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
