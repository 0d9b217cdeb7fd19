//! A circuit breaker per account, Region and API: calls to a service that fails repeatedly are suspended for a while, and
//! cached responses are used instead ([`super::cache`]).
//!
//! Only failures of the service itself count ([`CloudError::is_service_fault`]), not failed handlers, missing permissions or
//! throttling. Writes are never suspended.
//!
//! [`CloudError::is_service_fault`]: crate::pipeline::ports::CloudError::is_service_fault

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use super::clock::SharedClock;

/// Failures in a row that open the circuit.
const FAILURES: u32 = 5;
/// Time after which one trial call is allowed.
const OPEN_FOR: Duration = Duration::from_secs(300);

/// The state of a circuit breaker, which is stored between runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BreakerState {
    /// Failures in a row.
    pub failures: u32,
    /// When the last failure opened the circuit, in wall-clock time.
    pub opened_at: Option<SystemTime>,
}

/// The circuit is open: the call is not made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Open {
    /// Failures in a row so far.
    pub failures: u32,
    /// When the last of them was, in wall-clock time.
    pub since: SystemTime,
    /// Time until a call is allowed again.
    pub retry_in: Duration,
}

/// A circuit breaker.
#[derive(Debug)]
pub struct Breaker {
    clock: SharedClock,
    state: Mutex<(BreakerState, Trial)>,
    /// Whether this process has recorded a response or a failure.
    is_informed: AtomicBool,
}

/// The trial call through an open circuit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trial {
    None,
    Since(Duration),
}

impl Breaker {
    /// Creates a circuit breaker with the state of earlier runs.
    pub fn new(clock: SharedClock, remembered: BreakerState) -> Self {
        Self { clock, state: Mutex::new((remembered, Trial::None)), is_informed: AtomicBool::new(false) }
    }

    /// Checks whether a call may be made.
    ///
    /// # Errors
    /// The circuit is open.
    pub fn admit(&self) -> Result<(), Open> {
        let mut guard = self.lock();
        let (state, trial) = &mut *guard;
        let Some(opened_at) = state.opened_at else { return Ok(()) };
        // If the time is in the future, the clock was set back: the circuit does not stay open.
        let open_for = self.clock.wall().duration_since(opened_at).unwrap_or(OPEN_FOR);
        let now = self.clock.now();
        let wait = match *trial {
            _ if open_for < OPEN_FOR => OPEN_FOR - open_for,
            // The result of the trial call may never be reported, if its caller was canceled.
            Trial::Since(began) if now.saturating_sub(began) < OPEN_FOR => OPEN_FOR - now.saturating_sub(began),
            _ => {
                *trial = Trial::Since(now);
                return Ok(());
            }
        };
        Err(Open { failures: state.failures, since: opened_at, retry_in: wait })
    }

    /// Records a response of the service.
    pub fn answered(&self) {
        self.is_informed.store(true, Ordering::Relaxed);
        *self.lock() = (BreakerState::default(), Trial::None);
    }

    /// Records a failure of the service.
    pub fn failed(&self) {
        self.is_informed.store(true, Ordering::Relaxed);
        let mut guard = self.lock();
        let (state, trial) = &mut *guard;
        state.failures = state.failures.saturating_add(1);
        if state.failures >= FAILURES {
            state.opened_at = Some(self.clock.wall());
            *trial = Trial::None;
        }
    }

    /// Returns the state to store for the next run; `None` if this process knows nothing new.
    pub fn state(&self) -> Option<BreakerState> {
        self.is_informed.load(Ordering::Relaxed).then(|| self.lock().0)
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
        let since = clock.wall();
        assert_eq!(breaker.admit(), Err(Open { failures: 5, since, retry_in: OPEN_FOR }));
        clock.advance(Duration::from_secs(299));
        assert_eq!(breaker.admit(), Err(Open { failures: 5, since, retry_in: Duration::from_secs(1) }));
        clock.advance(Duration::from_secs(1));
        assert_eq!(breaker.admit(), Ok(()), "one trial call is allowed");
        assert!(breaker.admit().is_err(), "only one at a time");
    }

    #[test]
    fn a_response_resets_the_failures() {
        let (breaker, _) = breaker();
        fail(&breaker, 4);
        breaker.answered();
        fail(&breaker, 4);
        assert_eq!(breaker.admit(), Ok(()));
    }

    #[test]
    fn the_trial_call_decides() {
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
    fn a_trial_call_without_a_result_does_not_block_further_ones() {
        let (breaker, clock) = breaker();
        fail(&breaker, 5);
        clock.advance(OPEN_FOR);
        assert_eq!(breaker.admit(), Ok(()));
        assert!(breaker.admit().is_err());
        clock.advance(OPEN_FOR);
        assert_eq!(breaker.admit(), Ok(()));
    }

    #[test]
    fn the_state_is_restored_in_another_run() {
        let (first, clock) = breaker();
        fail(&first, 5);
        let state = first.state().unwrap_or_default();
        let next = Breaker::new(clock.clone(), state);
        assert!(next.admit().is_err());
        assert_eq!(next.state(), None, "nothing is new");
        next.answered();
        assert_eq!(next.state(), Some(BreakerState::default()));
        let future = BreakerState { opened_at: Some(clock.wall() + OPEN_FOR), ..state };
        assert_eq!(Breaker::new(clock.clone(), future).admit(), Ok(()), "the clock was set back");
    }

    use super::super::clock::Clock as _;
}
