//! SIGINT and SIGTERM. A run that reads is dropped at once; one that is sending finishes the call
//! it is in and begins no other.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::Notify;

use crate::outcome::Outcome;

/// What the user's signals ask for; one that does not listen hears of none.
#[derive(Clone, Default)]
pub struct Signals {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    /// The signal's exit code, once one has come.
    received: AtomicU8,
    /// True while a plan is being sent.
    sending: AtomicBool,
    wake: Notify,
}

impl Signals {
    /// Begins to listen: from the moment that this returns, a signal is taken. On a system that
    /// refuses, signals end the process as they always do.
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

    /// The signal that has come, if one has.
    pub fn received(&self) -> Option<Outcome> {
        match self.shared.received.load(Ordering::SeqCst) {
            0 => None,
            code if code == Outcome::Terminated.exit_code() => Some(Outcome::Terminated),
            _ => Some(Outcome::Interrupted),
        }
    }

    /// Says whether a plan is being sent. Whoever sends asks [`Signals::received`] after this and before each
    /// call: of it and [`Signals::wanted`], which looks at both the other way round, one sees the other,
    /// so no run is given up while a call is on its way.
    pub fn set_sending(&self, sending: bool) {
        self.shared.sending.store(sending, Ordering::SeqCst);
    }

    /// Waits for a signal that may end the run at once.
    pub async fn wanted(&self) -> Outcome {
        loop {
            let woken = self.shared.wake.notified();
            if let Some(outcome) = self.received()
                && !self.shared.sending.load(Ordering::SeqCst)
            {
                return outcome;
            }
            woken.await;
        }
    }
}
