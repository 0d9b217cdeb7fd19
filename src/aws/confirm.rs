//! Confirms the account of the credentials before anything is changed, and repeatedly while a run changes things.
//!
//! Credentials can change during a long run (a shell that assumes another role, a modified profile). A confirmation by STS
//! therefore applies to one access key and is valid for 60 seconds. The signed request itself is checked
//! ([`super::stack::watch`]), so that no request or retry is sent with unconfirmed credentials.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, UNIX_EPOCH};

use async_trait::async_trait;
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;

use super::identity::Sts;
use super::stack::ConfirmAccount;
use super::stack::clock::SharedClock;
use super::stack::watch::CheckSigner;
use crate::domain::account::VerifiedAccount;
use crate::domain::diagnostic::Code;
use crate::domain::project::Environment;
use crate::pipeline::ports::{CloudError, CloudErrorKind, Identity as _};

/// How long a confirmation is valid.
const VALID_FOR: Duration = Duration::from_secs(60);

/// The access key that STS last confirmed to be of the expected account.
#[derive(Debug)]
pub struct Confirmations {
    clock: SharedClock,
    last: Mutex<Option<Confirmed>>,
    /// How far the clock of this machine is behind that of STS, in seconds.
    skew: Mutex<Option<i64>>,
    /// The number of confirmations.
    count: AtomicU64,
    /// Held by the call that asks STS: others wait for its result.
    asking: tokio::sync::Mutex<()>,
}

#[derive(Debug)]
struct Confirmed {
    access_key_id: String,
    at: Duration,
}

impl Confirmations {
    /// Creates a value without a confirmation.
    pub fn new(clock: SharedClock) -> Self {
        Self {
            clock,
            last: Mutex::default(),
            skew: Mutex::default(),
            count: AtomicU64::new(0),
            asking: tokio::sync::Mutex::default(),
        }
    }

    /// Returns the current time.
    pub fn now(&self) -> Duration {
        self.clock.now()
    }

    /// Compares the clock of this machine with the `Date` of a response that has just arrived.
    pub fn compare_clock(&self, date: &str) {
        let server = DateTime::from_str(date, Format::HttpDate).ok().map(|server| server.secs());
        let own = self.clock.wall().duration_since(UNIX_EPOCH).ok().and_then(|own| i64::try_from(own.as_secs()).ok());
        if let (Some(server), Some(own)) = (server, own) {
            *self.skew.lock().unwrap_or_else(PoisonError::into_inner) = Some(server - own);
        }
    }

    /// Returns how far the clock of this machine is behind that of STS, in seconds; negative if it is ahead.
    pub fn clock_skew(&self) -> Option<i64> {
        *self.skew.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records a confirmation by STS for a request that was signed with this key at this time.
    pub fn keep(&self, access_key_id: String, at: Duration) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(Confirmed { access_key_id, at });
        self.count.fetch_add(1, Ordering::SeqCst);
    }
}

impl CheckSigner for Confirmations {
    fn is_confirmed(&self, access_key_id: &str) -> bool {
        let now = self.clock.now();
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.as_ref().is_some_and(|confirmed| {
            confirmed.access_key_id == access_key_id && now.saturating_sub(confirmed.at) < VALID_FOR
        })
    }
}

/// Confirms the account of an environment with STS.
pub struct AccountGuard {
    /// The environment.
    pub environment: Environment,
    /// The STS client, with the same credentials.
    pub sts: Sts,
    /// The confirmations.
    pub confirmations: Arc<Confirmations>,
}

#[async_trait]
impl ConfirmAccount for AccountGuard {
    fn signer(&self) -> Arc<dyn CheckSigner> {
        self.confirmations.clone()
    }

    async fn confirm(&self, operation: &'static str) -> Result<(), CloudError> {
        let known = self.confirmations.count.load(Ordering::SeqCst);
        let _asking = self.confirmations.asking.lock().await;
        if self.confirmations.count.load(Ordering::SeqCst) != known {
            // Another call has asked in the meantime. If that was for other credentials, this one is checked again.
            return Ok(());
        }
        let identity = self.sts.caller_identity().await?;
        VerifiedAccount::confirm(&self.environment, &identity).map(|_| ()).map_err(|mismatch| CloudError {
            code: Some(Code::WrongAccount.as_str().into()),
            ..CloudError::new(
                CloudErrorKind::Credentials,
                operation,
                &self.environment.name,
                format!("{mismatch}; nothing was sent"),
            )
        })
    }
}
