//! Whose credentials sign: asked before anything is changed, and again while a run changes things.
//!
//! Credentials can change under a long run (a shell that assumes another role, a rewritten profile).
//! A confirmation by STS therefore belongs to one access key, and it is good for 60 seconds. The
//! check is made of the signed request itself ([`super::stack::watch`]): whatever signs it, and
//! however often the SDK repeats it, nothing leaves that STS has not vouched for.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

use super::identity::Sts;
use super::stack::ConfirmAccount;
use super::stack::clock::SharedClock;
use super::stack::watch::CheckSigner;
use crate::domain::account::VerifiedAccount;
use crate::domain::diagnostic::Code;
use crate::domain::project::Environment;
use crate::pipeline::ports::{CloudError, CloudErrorKind, Identity as _};

/// For how long a confirmation is good.
const GOOD_FOR: Duration = Duration::from_secs(60);

/// The access key that STS last confirmed to be of the expected account.
#[derive(Debug)]
pub struct Confirmations {
    clock: SharedClock,
    last: Mutex<Option<Confirmed>>,
}

#[derive(Debug)]
struct Confirmed {
    access_key_id: String,
    at: Duration,
}

impl Confirmations {
    /// Nothing is confirmed yet.
    pub fn new(clock: SharedClock) -> Self {
        Self { clock, last: Mutex::default() }
    }

    /// The moment at which a question to STS is asked.
    pub fn now(&self) -> Duration {
        self.clock.now()
    }

    /// Keeps STS's answer to a question that was signed with this key and asked at that moment.
    pub fn keep(&self, access_key_id: String, at: Duration) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(Confirmed { access_key_id, at });
    }
}

impl CheckSigner for Confirmations {
    fn is_confirmed(&self, access_key_id: &str) -> bool {
        let now = self.clock.now();
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.as_ref().is_some_and(|confirmed| {
            confirmed.access_key_id == access_key_id && now.saturating_sub(confirmed.at) < GOOD_FOR
        })
    }
}

/// Has STS confirm the account that an environment pins.
pub struct AccountGuard {
    /// The environment.
    pub environment: Environment,
    /// STS, with the credentials that sign.
    pub sts: Sts,
    /// What it confirmed.
    pub confirmations: Arc<Confirmations>,
}

#[async_trait]
impl ConfirmAccount for AccountGuard {
    fn signer(&self) -> Arc<dyn CheckSigner> {
        self.confirmations.clone()
    }

    async fn confirm(&self, operation: &'static str) -> Result<(), CloudError> {
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
