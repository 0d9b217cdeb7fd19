//! Clients by account, region and credentials, and one environment's view of them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::{AsyncSleep, SharedAsyncSleep};
use aws_smithy_types::timeout::TimeoutConfig;
use tokio::sync::OnceCell;

use super::confirm::{AccountGuard, Confirmations};
use super::describer::CLOUDFORMATION;
use super::identity::Sts;
use super::query::QueryClient;
use super::stack::audit::Place;
use super::stack::breaker::BreakerState;
use super::stack::cache::{CachedReader, LIVE_DATA};
use super::stack::clock::{SharedClock, SystemClock};
use super::stack::{RunScope, Shared, Stack, retry};
use super::{Describer, PriceList, Reader, Writer, http};
use crate::domain::account::{AccountMismatch, CallerIdentity, VerifiedAccount};
use crate::domain::project::{AccountId, Environment};
use crate::pipeline::ports::{CloudError, Identity as _};
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

/// Where credentials come from. The registry's roles to assume are the next case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum CredentialsSource {
    /// The embedded cloud's own.
    Sandbox,
    /// A profile of the user's AWS configuration, and nothing else.
    Profile(String),
    /// The SDK's default chain.
    DefaultChain,
}

/// What tells one set of clients from another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClientKey {
    /// The account that the credentials are expected to belong to.
    pub account: AccountId,
    /// The region.
    pub region: String,
    /// Where the credentials come from.
    pub credentials: CredentialsSource,
}

impl ClientKey {
    /// The key of an environment's clients.
    pub fn of(environment: &Environment, endpoint: &Endpoint) -> Self {
        let credentials = match (endpoint, &environment.profile) {
            (Endpoint::Embedded(_), _) => CredentialsSource::Sandbox,
            (Endpoint::Real, Some(profile)) => CredentialsSource::Profile(profile.clone()),
            (Endpoint::Real, None) => CredentialsSource::DefaultChain,
        };
        Self { account: environment.account.clone(), region: environment.region.clone(), credentials }
    }
}

/// All clients of a process: the same key has the same set, built once.
#[derive(Clone)]
pub struct ClientPool(Arc<Pool>);

struct Pool {
    clock: SharedClock,
    sets: Mutex<BTreeMap<ClientKey, Arc<OnceCell<Arc<ClientSet>>>>>,
    /// By account, region and API (`111111111111/us-east-1/sts`): the limits are AWS's, whoever's
    /// credentials meet them.
    shared: Mutex<BTreeMap<String, Shared>>,
    /// What the circuit breakers remember of earlier runs, by the same name.
    remembered: BTreeMap<String, BreakerState>,
}

impl Default for ClientPool {
    fn default() -> Self {
        Self::new(SystemClock::shared())
    }
}

impl ClientPool {
    /// An empty pool whose layers go by this clock.
    pub fn new(clock: SharedClock) -> Self {
        Self::remembering(clock, BTreeMap::new())
    }

    /// The same with what the circuit breakers of an earlier run remember ([`ClientPool::breakers`]).
    pub fn remembering(clock: SharedClock, remembered: BTreeMap<String, BreakerState>) -> Self {
        Self(Arc::new(Pool { clock, sets: Mutex::default(), shared: Mutex::default(), remembered }))
    }

    /// What the circuit breakers remember, by account, region and API.
    pub fn breakers(&self) -> BTreeMap<String, BreakerState> {
        lock(&self.0.shared).iter().map(|(name, shared)| (name.clone(), shared.breaker.state())).collect()
    }

    /// An environment's clients, for one run. Nothing is called yet.
    pub async fn clients(&self, environment: &Environment, endpoint: &Endpoint, run: RunScope) -> Clients {
        let key = ClientKey::of(environment, endpoint);
        let cell = Arc::clone(lock(&self.0.sets).entry(key.clone()).or_default());
        let set = cell.get_or_init(|| async {
            let config = sdk_config(&key, endpoint, &self.0.clock).await;
            Arc::new(ClientSet::new(self.clone(), key.clone(), config))
        });
        Clients::of(environment, Arc::clone(set.await), run)
    }

    /// What all clients of an API in an account and region share.
    fn shared(&self, account: &AccountId, region: &str, api: &'static str) -> Shared {
        let name = format!("{account}/{region}/{api}");
        let remembered = self.0.remembered.get(&name).copied().unwrap_or_default();
        let mut all = lock(&self.0.shared);
        all.entry(name.clone()).or_insert_with(|| Shared::new(name, &self.0.clock, remembered)).clone()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An SDK client of one API, with what it shares with the others of its account and region.
macro_rules! client {
    ($sdk:ident, $set:expr, $region:expr, $shared:expr) => {{
        let settings = $sdk::config::Builder::from(&$set.config)
            .region(Region::new($region.to_owned()))
            .retry_partition($shared.partition.clone())
            .retry_classifier($shared.listener());
        $sdk::Client::from_conf(settings.build())
    }};
}

/// The SDK's clients of one key. Each is made when it is first wanted.
pub(super) struct ClientSet {
    pool: ClientPool,
    pub(super) key: ClientKey,
    pub(super) config: SdkConfig,
    confirmations: Arc<Confirmations>,
    sts: OnceLock<aws_sdk_sts::Client>,
    control: OnceLock<aws_sdk_cloudcontrol::Client>,
    tagging: Mutex<BTreeMap<String, aws_sdk_resourcegroupstagging::Client>>,
    registry: OnceLock<QueryClient>,
}

impl ClientSet {
    pub(super) fn new(pool: ClientPool, key: ClientKey, config: SdkConfig) -> Self {
        let confirmations = Arc::new(Confirmations::new(Arc::clone(&pool.0.clock)));
        Self {
            pool,
            key,
            config,
            confirmations,
            sts: OnceLock::new(),
            control: OnceLock::new(),
            tagging: Mutex::default(),
            registry: OnceLock::new(),
        }
    }

    pub(super) fn clock(&self) -> &SharedClock {
        &self.pool.0.clock
    }

    pub(super) fn shared(&self, api: &'static str, region: &str) -> Shared {
        self.pool.shared(&self.key.account, region, api)
    }

    pub(super) fn sts(&self) -> aws_sdk_sts::Client {
        let shared = || self.shared("sts", &self.key.region);
        self.sts.get_or_init(|| client!(aws_sdk_sts, self, self.key.region, shared())).clone()
    }

    pub(super) fn control(&self) -> aws_sdk_cloudcontrol::Client {
        let shared = || self.shared("cloudcontrol", &self.key.region);
        self.control.get_or_init(|| client!(aws_sdk_cloudcontrol, self, self.key.region, shared())).clone()
    }

    pub(super) fn tagging(&self, region: &str) -> aws_sdk_resourcegroupstagging::Client {
        let shared = || self.shared("tagging", region);
        let new = || client!(aws_sdk_resourcegroupstagging, self, region, shared());
        lock(&self.tagging).entry(region.to_owned()).or_insert_with(new).clone()
    }

    pub(super) fn registry(&self) -> QueryClient {
        let shared = || self.shared("cloudformation", &self.key.region);
        self.registry.get_or_init(|| QueryClient::new(CLOUDFORMATION, &self.config, shared())).clone()
    }
}

/// The clients of one environment, for one run.
#[derive(Clone)]
pub struct Clients {
    environment: Environment,
    set: Arc<ClientSet>,
    run: RunScope,
}

impl Clients {
    /// An environment's view of a set.
    pub(super) fn of(environment: &Environment, set: Arc<ClientSet>, run: RunScope) -> Self {
        Self { environment: environment.clone(), set, run }
    }

    /// True when both are views of one set.
    #[cfg(test)]
    pub(super) fn shares_clients_with(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.set, &other.set)
    }

    /// The pool that the set is of.
    #[cfg(test)]
    pub(super) fn pool(&self) -> &ClientPool {
        &self.set.pool
    }

    /// Asks STS whose credentials these are.
    ///
    /// # Errors
    /// No credentials, or no answer.
    pub async fn identity(&self) -> Result<CallerIdentity, CloudError> {
        self.sts().caller_identity().await
    }

    /// Asks STS and, if the account is the pinned one, gives the proof that a [`Writer`] needs.
    ///
    /// # Errors
    /// No answer, or another account.
    pub async fn verify(&self) -> Result<VerifiedAccount, Access> {
        let identity = self.identity().await?;
        Ok(VerifiedAccount::confirm(&self.environment, &identity)?)
    }

    /// A client that cannot change anything.
    pub fn reader(&self) -> Reader {
        Reader::new(&self.set, |api, region| self.stack(api, region))
    }

    /// The same for what only looks: an answer of the last minute is given again, and an older one
    /// where AWS cannot be reached. [`crate::pipeline::ports::ReadResources::freshness`] says so.
    pub fn cached_reader(&self) -> CachedReader<Reader> {
        CachedReader::new(self.reader(), self.set.clock(), LIVE_DATA)
    }

    /// A client of CloudFormation's registry of types.
    pub fn describer(&self) -> Describer {
        Describer::new(self.set.registry(), self.stack("cloudformation", &self.set.key.region))
    }

    /// A client of the Price List API, which asks the first of these regions that answers.
    pub fn price_list(&self, regions: &[&str]) -> PriceList {
        PriceList::new(&self.set, regions, |api, region| self.stack(api, region))
    }

    /// The endpoint that stands in for AWS's own, where one is configured.
    pub fn endpoint(&self) -> Option<&str> {
        self.set.config.endpoint_url()
    }

    /// A client that can change things in the confirmed account.
    pub fn writer(&self, account: VerifiedAccount) -> Writer {
        debug_assert_eq!(account.account(), &self.environment.account);
        let guard = Arc::new(AccountGuard {
            environment: self.environment.clone(),
            sts: self.sts(),
            confirmations: Arc::clone(&self.set.confirmations),
        });
        Writer::new(&self.set, |api, region| Stack { account: Some(guard.clone()), ..self.stack(api, region) })
    }

    fn sts(&self) -> Sts {
        let stack = self.stack("sts", &self.set.key.region);
        Sts::new(self.set.sts(), stack, Arc::clone(&self.set.confirmations))
    }

    /// The layers around an API, for a client that only reads.
    fn stack(&self, api: &'static str, region: &str) -> Stack {
        Stack {
            api,
            place: Arc::new(Place {
                environment: self.environment.name.clone(),
                account: self.set.key.account.clone(),
                region: region.to_owned(),
            }),
            shared: self.set.shared(api, region),
            run: self.run.clone(),
            account: None,
        }
    }
}

/// The SDK's configuration for exactly the credentials of a key.
async fn sdk_config(key: &ClientKey, endpoint: &Endpoint, clock: &SharedClock) -> SdkConfig {
    let region = Region::new(key.region.clone());
    let sleep: Arc<dyn AsyncSleep> = Arc::clone(clock) as Arc<dyn AsyncSleep>;
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(5))
        .operation_attempt_timeout(Duration::from_secs(60))
        .build();
    match endpoint {
        Endpoint::Embedded(sandbox) => {
            // The access key id is the account id: that is how the embedded cloud tells accounts apart.
            let credentials = Credentials::new(key.account.as_str(), "sandbox", None, None, "stagegate-sandbox");
            SdkConfig::builder()
                .behavior_version(BehaviorVersion::latest())
                .region(region)
                .credentials_provider(SharedCredentialsProvider::new(credentials))
                .http_client(http::embedded(sandbox.clone()))
                .sleep_impl(SharedAsyncSleep::from(sleep))
                .retry_config(retry::config())
                .timeout_config(timeouts)
                .build()
        }
        Endpoint::Real => {
            let client = http::real();
            let mut loader = aws_config::defaults(BehaviorVersion::latest())
                .region(region.clone())
                .http_client(client.clone())
                .sleep_impl(SharedAsyncSleep::from(sleep))
                .retry_config(retry::config())
                .timeout_config(timeouts);
            if let CredentialsSource::Profile(profile) = &key.credentials {
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
    }
}
