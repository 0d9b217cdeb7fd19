//! The clock. This is the only place that reads the system's time.

use crate::pipeline::apply::RETRY_BUDGET;
use std::time::{Duration, Instant};

use jiff::Timestamp;

/// A source of time.
pub trait Clock: Send + Sync {
    /// Returns the current time, in whole seconds.
    fn now(&self) -> Timestamp;
    /// Returns a monotonic time since an arbitrary start, for measuring durations.
    fn monotonic(&self) -> Duration;
}

/// The system clock.
#[derive(Debug, Clone, Copy)]
pub struct SystemClock {
    started: Instant,
}

impl SystemClock {
    /// Creates a clock whose monotonic time starts now.
    pub fn new() -> Self {
        Self { started: Instant::now() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    /// Debug builds read the time from `STAGEGATE_TEST_NOW`, so that snapshot tests can set it; release builds
    /// ignore the variable.
    fn now(&self) -> Timestamp {
        #[cfg(debug_assertions)]
        if let Some(pinned) = std::env::var("STAGEGATE_TEST_NOW").ok().and_then(|text| text.parse().ok()) {
            return pinned;
        }
        let now = Timestamp::now();
        Timestamp::from_second(now.as_second()).unwrap_or(now)
    }

    fn monotonic(&self) -> Duration {
        self.started.elapsed()
    }
}

/// Returns the maximum time from the read to the write of a lease: short for an embedded cloud, without a network. Debug
/// builds read it from `STAGEGATE_TEST_LEASE_MILLIS`.
pub fn lease_window(is_embedded: bool) -> Duration {
    #[cfg(debug_assertions)]
    if let Some(millis) = std::env::var("STAGEGATE_TEST_LEASE_MILLIS").ok().and_then(|text| text.parse().ok()) {
        return Duration::from_millis(millis);
    }
    Duration::from_millis(if is_embedded { 250 } else { 2000 })
}

/// Returns how long failed requests of a plan are repeated. Debug builds read it from `STAGEGATE_TEST_RETRY_MILLIS`, so that
/// tests of many failures end soon.
pub fn longest_retry() -> Duration {
    test_retry().unwrap_or(RETRY_BUDGET)
}

/// Returns how long throttled calls are repeated while the API throttles all calls: the time limit of the run, if it has one,
/// or the usual budget.
pub fn throttle_budget(time_limit: Option<Duration>, usual: Duration) -> Duration {
    test_retry().or(time_limit).unwrap_or(usual)
}

#[cfg(debug_assertions)]
fn test_retry() -> Option<Duration> {
    let millis = std::env::var("STAGEGATE_TEST_RETRY_MILLIS").ok()?.parse().ok()?;
    Some(Duration::from_millis(millis))
}

#[cfg(not(debug_assertions))]
fn test_retry() -> Option<Duration> {
    None
}

/// A clock that a test advances manually.
#[cfg(test)]
#[derive(Debug)]
pub struct ManualClock(std::sync::Mutex<(Timestamp, Duration)>);

#[cfg(test)]
impl ManualClock {
    /// Creates a clock that is stopped at this time.
    pub fn at(now: Timestamp) -> Self {
        Self(std::sync::Mutex::new((now, Duration::ZERO)))
    }

    /// Advances the clock.
    pub fn advance(&self, by: Duration) {
        let mut time = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        time.0 = time.0.saturating_add(jiff::SignedDuration::from_secs(by.as_secs() as i64)).unwrap_or(time.0);
        time.1 += by;
    }
}

#[cfg(test)]
impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).0
    }

    fn monotonic(&self) -> Duration {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).1
    }
}
