//! One SDK configuration per environment, from exactly the credentials that the project names.

use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_types::timeout::TimeoutConfig;
use std::time::Duration;

use super::calls::CallCounter;
use super::error::classify;
use super::{Describer, PriceList, Reader, Writer, http};
use crate::domain::account::{AccountMismatch, CallerIdentity, VerifiedAccount};
use crate::domain::project::{AccountId, Environment};
use crate::pipeline::event::Events;
use crate::pipeline::ports::{CloudError, CloudErrorKind};
use crate::sandbox::Sandbox;

/// Where an environment's calls go.
#[derive(Clone)]
pub enum Endpoint {
    /// AWS, or what `AWS_ENDPOINT_URL` names.
    Real,
    /// The embedded cloud.
    Embedded(Sandbox),
}

/// Why an environment cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Access {
    /// STS named another account.
    #[error(transparent)]
    WrongAccount(#[from] AccountMismatch),
    /// STS did not answer.
    #[error(transparent)]
    Call(#[from] CloudError),
}

/// The clients of one environment. Built once per process by the workspace.
#[derive(Clone)]
pub struct Clients {
    environment: Environment,
    config: SdkConfig,
    calls: CallCounter,
    events: Events,
}

impl Clients {
    /// Builds an environment's clients. Nothing is called yet.
    pub async fn build(environment: &Environment, endpoint: &Endpoint, calls: CallCounter, events: Events) -> Self {
        let region = Region::new(environment.region.clone());
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(5))
            .operation_attempt_timeout(Duration::from_secs(60))
            .build();
        // Adaptive mode slows all calls of a client down together when AWS throttles one of them.
        let retries = RetryConfig::adaptive().with_max_attempts(6);
        let config = match endpoint {
            Endpoint::Embedded(sandbox) => {
                // The access key id is the account id: that is how the embedded cloud tells accounts apart.
                let credentials =
                    Credentials::new(environment.account.as_str(), "sandbox", None, None, "stagegate-sandbox");
                SdkConfig::builder()
                    .behavior_version(BehaviorVersion::latest())
                    .region(region)
                    .credentials_provider(SharedCredentialsProvider::new(credentials))
                    .http_client(http::embedded(sandbox.clone()))
                    .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
                    .retry_config(retries)
                    .timeout_config(timeouts)
                    .build()
            }
            Endpoint::Real => {
                let client = http::real();
                let mut loader = aws_config::defaults(BehaviorVersion::latest())
                    .region(region.clone())
                    .http_client(client.clone())
                    .retry_config(retries)
                    .timeout_config(timeouts);
                if let Some(profile) = &environment.profile {
                    // Only this profile's provider: the SDK's chain would take keys from the
                    // environment first, and those may be another account's.
                    let provider = ProfileFileCredentialsProvider::builder()
                        .profile_name(profile)
                        .configure(&ProviderConfig::default().with_region(Some(region)).with_http_client(client))
                        .build();
                    loader = loader.profile_name(profile).credentials_provider(provider);
                }
                loader.load().await
            }
        };
        Self { environment: environment.clone(), config, calls, events }
    }

    /// The same clients, whose calls and events are another run's.
    pub fn of_run(&self, calls: CallCounter, events: Events) -> Self {
        Self { calls, events, ..self.clone() }
    }

    /// Asks STS whose credentials these are.
    ///
    /// # Errors
    /// No credentials, or no answer.
    pub async fn identity(&self) -> Result<CallerIdentity, CloudError> {
        ask_sts(&aws_sdk_sts::Client::new(&self.config), &self.environment.name, &self.calls).await
    }

    /// A client that cannot change anything.
    pub fn reader(&self) -> Reader {
        Reader::new(&self.config, &self.environment.name, self.calls.clone(), self.events.clone())
    }

    /// A client of CloudFormation's registry of types.
    pub fn describer(&self) -> Describer {
        Describer::new(&self.config, &self.environment.name, self.calls.clone())
    }

    /// A client of the Price List API, which asks the first of these regions that answers.
    pub fn price_list(&self, regions: &[&str]) -> PriceList {
        PriceList::new(&self.config, regions, &self.environment.name, self.calls.clone())
    }

    /// The endpoint that stands in for AWS's own, where one is configured.
    pub fn endpoint(&self) -> Option<&str> {
        self.config.endpoint_url()
    }

    /// Asks STS and, if the account is the pinned one, gives the proof that a [`Writer`] needs.
    ///
    /// # Errors
    /// No answer, or another account.
    pub async fn verify(&self) -> Result<VerifiedAccount, Access> {
        let identity = self.identity().await?;
        Ok(VerifiedAccount::confirm(&self.environment, &identity)?)
    }

    /// A client that can change things in the confirmed account.
    pub fn writer(&self, account: VerifiedAccount) -> Writer {
        Writer::new(&self.config, self.environment.clone(), account, self.calls.clone())
    }
}

/// GetCallerIdentity.
pub(super) async fn ask_sts(
    client: &aws_sdk_sts::Client,
    environment: &str,
    calls: &CallCounter,
) -> Result<CallerIdentity, CloudError> {
    const OPERATION: &str = "sts.GetCallerIdentity";
    calls.count(OPERATION);
    let answer =
        client.get_caller_identity().send().await.map_err(|error| classify(error, OPERATION, environment, None))?;
    let account = AccountId::parse(answer.account().unwrap_or_default()).map_err(|error| CloudError {
        kind: CloudErrorKind::Other,
        operation: OPERATION,
        code: None,
        message: error.to_string(),
        resource: None,
        environment: environment.to_owned(),
    })?;
    Ok(CallerIdentity::from_sts(account, answer.arn().unwrap_or_default()))
}
