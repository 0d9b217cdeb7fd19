//! The client of STS.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;

use super::confirm::Confirmations;
use super::stack::watch::Watch;
use super::stack::{Call, Stack};
use crate::domain::account::CallerIdentity;
use crate::domain::project::AccountId;
use crate::pipeline::ports::{CloudError, CloudErrorKind, Identity};

const OPERATION: &str = "sts.GetCallerIdentity";

/// A client that returns the identity of its credentials.
#[derive(Clone)]
pub struct Sts {
    client: aws_sdk_sts::Client,
    stack: Stack,
    confirmations: Arc<Confirmations>,
}

impl Sts {
    pub(super) fn new(client: aws_sdk_sts::Client, stack: Stack, confirmations: Arc<Confirmations>) -> Self {
        Self { client, stack, confirmations }
    }

    fn malformed(&self, message: String) -> CloudError {
        CloudError::new(CloudErrorKind::Malformed, OPERATION, &self.stack.place.environment, message)
    }
}

#[async_trait]
impl Identity for Sts {
    async fn caller_identity(&self) -> Result<CallerIdentity, CloudError> {
        let asked_at = self.confirmations.now();
        let last: Mutex<Option<Watch>> = Mutex::default();
        let send = |watch: Watch| {
            *last.lock().unwrap_or_else(PoisonError::into_inner) = Some(watch.clone());
            self.client.get_caller_identity().customize().interceptor(watch).send()
        };
        let answer = self.stack.call(Call::follow(OPERATION), send).await;
        let last = last.into_inner().unwrap_or_else(PoisonError::into_inner);
        // A clock that is wrong may be why the call failed.
        if let Some(date) = last.as_ref().and_then(Watch::server_date) {
            self.confirmations.compare_clock(&date);
        }
        let answer = answer?;
        let account = answer.account().ok_or_else(|| self.malformed("the response has no Account".to_owned()))?;
        let account = AccountId::parse(account).map_err(|error| self.malformed(error.to_string()))?;
        let arn = answer.arn().ok_or_else(|| self.malformed("the response has no Arn".to_owned()))?;
        let signer = last.and_then(|watch| watch.access_key_id());
        if let Some(access_key_id) = signer.filter(|_| account == self.stack.place.account) {
            self.confirmations.keep(access_key_id, asked_at);
        }
        Ok(CallerIdentity::from_sts(account, arn))
    }
}
