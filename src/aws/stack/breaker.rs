//! A circuit breaker per account, region and API: a service that fails again and again is left
//! alone for a while, and what was kept of its answers is given instead ([`super::cache`]).
//!
//! Only the service's own failures count ([`CloudError::is_service_fault`]); a resource's broken
//! handler, a missing permission or throttling says nothing of the next call. What writes is never
//! held back: a plan that was approved waits for AWS itself.
//!
//! [`CloudError::is_service_fault`]: crate::pipeline::ports::CloudError::is_service_fault

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use super::clock::SharedClock;

/// Failures in a row that open the circuit.
const FAILURES: u32 = 5;
/// After this long one call is let through to see.
const OPEN_FOR: Duration = Duration::from_secs(300);

/// What a breaker remembers, as it is kept between runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BreakerState {
    /// Failures in a row.
    pub failures: u32,
    /// When the last of them opened the circuit, by the time of day.
    pub opened_at: Option<SystemTime>,
}

/// The circuit is open: the call is not made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Open {
    /// Failures in a row so far.
    pub failures: u32,
    /// When a call will be let through again.
    pub retry_in: Duration,
}

/// A circuit breaker.
#[derive(Debug)]
pub struct Breaker {
    clock: SharedClock,
    state: Mutex<(BreakerState, Trial)>,
}

/// The one call that is let through an open circuit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trial {
    None,
    Since(Duration),
}

impl Breaker {
    /// A breaker that remembers this of earlier runs.
    pub fn new(clock: SharedClock, remembered: BreakerState) -> Self {
        Self { clock, state: Mutex::new((remembered, Trial::None)) }
    }

    /// Asks whether a call may be made.
    ///
    /// # Errors
    /// The circuit is open.
    pub fn admit(&self) -> Result<(), Open> {
        let mut guard = self.lock();
        let (state, trial) = &mut *guard;
        let Some(opened_at) = state.opened_at else { return Ok(()) };
        // A time in the future is a clock that was set back: the circuit is not held open by it.
        let open_for = self.clock.wall().duration_since(opened_at).unwrap_or(OPEN_FOR);
        let now = self.clock.now();
        let wait = match *trial {
            _ if open_for < OPEN_FOR => OPEN_FOR - open_for,
            // The trial's end may never be told: who began it may have been cancelled.
            Trial::Since(began) if now.saturating_sub(began) < OPEN_FOR => OPEN_FOR - now.saturating_sub(began),
            _ => {
                *trial = Trial::Since(now);
                return Ok(());
            }
        };
        Err(Open { failures: state.failures, retry_in: wait })
    }

    /// The service answered.
    pub fn answered(&self) {
        *self.lock() = (BreakerState::default(), Trial::None);
    }

    /// The service failed.
    pub fn failed(&self) {
        let mut guard = self.lock();
        let (state, trial) = &mut *guard;
        state.failures = state.failures.saturating_add(1);
        if state.failures >= FAILURES {
            state.opened_at = Some(self.clock.wall());
            *trial = Trial::None;
        }
    }

    /// What to remember for the next run.
    pub fn state(&self) -> BreakerState {
        self.lock().0
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, (BreakerState, Trial)> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::clock::ManualClock;
    use super::*;

    fn breaker() -> (Breaker, Arc<ManualClock>) {
        let clock = Arc::new(ManualClock::default());
        (Breaker::new(clock.clone(), BreakerState::default()), clock)
    }

    fn fail(breaker: &Breaker, times: u32) {
        (0..times).for_each(|_| breaker.failed());
    }

    #[test]
    fn five_failures_in_a_row_open_the_circuit_for_300_seconds() {
        let (breaker, clock) = breaker();
        fail(&breaker, 4);
        assert_eq!(breaker.admit(), Ok(()));
        breaker.failed();
        assert_eq!(breaker.admit(), Err(Open { failures: 5, retry_in: OPEN_FOR }));
        clock.advance(Duration::from_secs(299));
        assert_eq!(breaker.admit(), Err(Open { failures: 5, retry_in: Duration::from_secs(1) }));
        clock.advance(Duration::from_secs(1));
        assert_eq!(breaker.admit(), Ok(()), "one call is let through");
        assert!(breaker.admit().is_err(), "and no other beside it");
    }

    #[test]
    fn an_answer_in_between_begins_anew() {
        let (breaker, _) = breaker();
        fail(&breaker, 4);
        breaker.answered();
        fail(&breaker, 4);
        assert_eq!(breaker.admit(), Ok(()));
    }

    #[test]
    fn the_call_that_is_let_through_decides() {
        let (breaker, clock) = breaker();
        fail(&breaker, 5);
        clock.advance(OPEN_FOR);
        assert_eq!(breaker.admit(), Ok(()));
        breaker.failed();
        assert!(breaker.admit().is_err());
        clock.advance(OPEN_FOR);
        assert_eq!(breaker.admit(), Ok(()));
        breaker.answered();
        assert_eq!((breaker.admit(), breaker.admit()), (Ok(()), Ok(())));
    }

    #[test]
    fn a_call_that_never_tells_its_end_does_not_close_the_door_for_good() {
        let (breaker, clock) = breaker();
        fail(&breaker, 5);
        clock.advance(OPEN_FOR);
        assert_eq!(breaker.admit(), Ok(()));
        assert!(breaker.admit().is_err());
        clock.advance(OPEN_FOR);
        assert_eq!(breaker.admit(), Ok(()));
    }

    #[test]
    fn another_run_remembers() {
        let (first, clock) = breaker();
        fail(&first, 5);
        let next = Breaker::new(clock.clone(), first.state());
        assert!(next.admit().is_err());
        let future = BreakerState { opened_at: Some(clock.wall() + OPEN_FOR), ..first.state() };
        assert_eq!(Breaker::new(clock.clone(), future).admit(), Ok(()), "a clock that was set back");
    }

    use super::super::clock::Clock as _;
}
