//! SIGINT and SIGTERM. A run that only reads is canceled immediately; one that applies a plan finishes the
//! current call and makes no further ones.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::Notify;

use crate::outcome::Outcome;

/// The signals received. The default value does not listen for signals.
#[derive(Clone, Default)]
pub struct Signals {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    /// The exit code of the last signal; 0 if there was none.
    received: AtomicU8,
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
            let outcome = tokio::select! {
                _ = interrupt.recv() => Outcome::Interrupted,
                _ = terminate.recv() => Outcome::Terminated,
            };
            self.shared.received.store(outcome.exit_code(), Ordering::SeqCst);
            self.shared.wake.notify_waiters();
        }
    }

    /// Returns the last signal received, if any.
    pub fn received(&self) -> Option<Outcome> {
        match self.shared.received.load(Ordering::SeqCst) {
            0 => None,
            code if code == Outcome::Terminated.exit_code() => Some(Outcome::Terminated),
            _ => Some(Outcome::Interrupted),
        }
    }

    /// Sets whether a plan is being applied. The sender then checks [`Signals::received`] before each call, and
    /// [`Signals::cancellation`] checks both in the reverse order. At least one of them therefore sees the other,
    /// so that no run is canceled while a call is in flight.
    pub fn set_applying(&self, applying: bool) {
        self.shared.applying.store(applying, Ordering::SeqCst);
    }

    /// Waits for a signal that may cancel the run immediately.
    pub async fn cancellation(&self) -> Outcome {
        loop {
            let woken = self.shared.wake.notified();
            if let Some(outcome) = self.received()
                && !self.shared.applying.load(Ordering::SeqCst)
            {
                return outcome;
            }
            woken.await;
        }
    }
}
