//! SIGINT, SIGTERM and the time limit of a run. On a signal, a run that only reads is canceled immediately; one that applies
//! a plan finishes the current calls and makes no further ones, and a second signal abandons the calls as well. The time
//! limit is that of waiting and retrying; what still runs some time after it is canceled or abandoned.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::Notify;

use crate::domain::diagnostic::{Code, Diagnostic};
use crate::outcome::Outcome;
use crate::pipeline::apply::Stop;

/// How long calls in progress are followed after the time limit, and how long a run has to report what it did until then.
pub const GRACE: Duration = Duration::from_secs(8);

/// Why a run was stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopReason {
    /// SIGINT.
    Interrupt,
    /// SIGTERM.
    Terminate,
    /// `--timeout`.
    TimeLimit,
}

impl StopReason {
    /// Returns the outcome of the run; `has_begun`: parts of a plan were applied.
    pub fn outcome(self, has_begun: bool) -> Outcome {
        match self {
            Self::Interrupt => Outcome::Interrupted,
            Self::Terminate => Outcome::Terminated,
            Self::TimeLimit if has_begun => Outcome::InProgress,
            Self::TimeLimit => Outcome::Error,
        }
    }

    /// Returns the diagnostic with a consequence, such as "no further calls were made".
    pub fn diagnostic(self, consequence: &str) -> Diagnostic {
        match self {
            Self::Interrupt | Self::Terminate => {
                Diagnostic::error(Code::Interrupted, format!("interrupted by a signal; {consequence}"))
                    .hint("run the same command again; what was already done is not done twice")
            }
            Self::TimeLimit => {
                Diagnostic::error(Code::TimedOut, format!("the time limit of the run has passed; {consequence}"))
                    .hint("check the network, or run the command again with a longer --timeout")
            }
        }
    }
}

/// The signals received, and the time limit. The default value does not listen for signals.
#[derive(Clone, Default)]
pub struct Signals {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    /// The last reason to stop; 0 if there was none.
    reason: AtomicU8,
    /// True if calls in progress are abandoned.
    is_forced: AtomicBool,
    /// True while a plan is being applied.
    applying: AtomicBool,
    wake: Notify,
}

impl Signals {
    /// Starts listening: from when this returns, signals are handled. If handlers cannot be installed, signals
    /// terminate the process as by default.
    pub fn listen() -> Self {
        let signals = Self { shared: Arc::default() };
        let handlers = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()));
        if let (Ok(interrupt), Ok(terminate)) = handlers {
            let listener = signals.clone();
            tokio::spawn(async move { listener.collect(interrupt, terminate).await });
        }
        signals
    }

    async fn collect(&self, mut interrupt: Signal, mut terminate: Signal) {
        loop {
            let reason = tokio::select! {
                _ = interrupt.recv() => StopReason::Interrupt,
                _ = terminate.recv() => StopReason::Terminate,
            };
            let is_second = matches!(self.received(), Some(StopReason::Interrupt | StopReason::Terminate));
            self.stop(reason, is_second);
        }
    }

    /// Stops the run after a time. `grace`: how long calls in progress are followed afterwards.
    pub fn limit(&self, limit: Duration, grace: Duration) {
        let signals = self.clone();
        tokio::spawn(async move {
            tokio::time::sleep(limit).await;
            if signals.received().is_none() {
                signals.stop(StopReason::TimeLimit, false);
                tokio::time::sleep(grace).await;
                signals.stop(signals.received().unwrap_or(StopReason::TimeLimit), true);
            }
        });
    }

    /// Stops the run as a first SIGINT does.
    pub fn cancel(&self) {
        self.stop(StopReason::Interrupt, false);
    }

    fn stop(&self, reason: StopReason, is_forced: bool) {
        let value = match reason {
            StopReason::Interrupt => 1,
            StopReason::Terminate => 2,
            StopReason::TimeLimit => 3,
        };
        self.shared.reason.store(value, Ordering::SeqCst);
        self.shared.is_forced.fetch_or(is_forced, Ordering::SeqCst);
        self.shared.wake.notify_waiters();
    }

    /// Returns why the run is to be stopped, if it is.
    pub fn received(&self) -> Option<StopReason> {
        match self.shared.reason.load(Ordering::SeqCst) {
            0 => None,
            1 => Some(StopReason::Interrupt),
            2 => Some(StopReason::Terminate),
            _ => Some(StopReason::TimeLimit),
        }
    }

    /// Sets whether a plan is being applied. The sender then checks [`Signals::received`] before each call, and
    /// [`Signals::cancellation`] checks both in the reverse order. At least one of them therefore sees the other,
    /// so that no run is canceled while a call is in flight.
    pub fn set_applying(&self, applying: bool) {
        self.shared.applying.store(applying, Ordering::SeqCst);
    }

    /// Waits for a reason to cancel the run immediately.
    pub async fn cancellation(&self) -> StopReason {
        loop {
            let woken = self.shared.wake.notified();
            if let Some(reason) = self.received()
                && (reason != StopReason::TimeLimit || self.shared.is_forced.load(Ordering::SeqCst))
                && !self.shared.applying.load(Ordering::SeqCst)
            {
                return reason;
            }
            woken.await;
        }
    }
}

#[async_trait]
impl Stop for Signals {
    fn is_requested(&self) -> bool {
        self.received().is_some()
    }

    async fn forced(&self) {
        loop {
            let woken = self.shared.wake.notified();
            if self.shared.is_forced.load(Ordering::SeqCst) {
                return;
            }
            woken.await;
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_time_limit_cancels_reads_and_forces_writes_after_a_grace_period() {
        let signals = Signals::default();
        signals.limit(Duration::ZERO, Duration::from_secs(3600));
        while !signals.is_requested() {
            tokio::task::yield_now().await;
        }
        assert!(!signals.shared.is_forced.load(Ordering::SeqCst));
        let canceled = tokio::select! {
            biased;
            reason = signals.cancellation() => Some(reason),
            () = tokio::task::yield_now() => None,
        };
        assert_eq!(canceled, None);

        let signals = Signals::default();
        signals.limit(Duration::ZERO, Duration::ZERO);
        assert_eq!(signals.cancellation().await, StopReason::TimeLimit);
        signals.forced().await;
    }

    #[tokio::test]
    async fn a_run_that_applies_a_plan_is_not_canceled() {
        let signals = Signals::default();
        signals.set_applying(true);
        signals.stop(StopReason::Interrupt, false);
        let canceled = tokio::select! {
            biased;
            reason = signals.cancellation() => Some(reason),
            () = tokio::task::yield_now() => None,
        };
        assert_eq!(canceled, None);
        assert_eq!(StopReason::TimeLimit.outcome(true), Outcome::InProgress);
        assert_eq!(StopReason::TimeLimit.outcome(false), Outcome::Error);
        assert_eq!(StopReason::Interrupt.outcome(true), Outcome::Interrupted);
    }
}
