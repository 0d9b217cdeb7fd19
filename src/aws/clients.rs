//! Clients by account, region and credentials, and one environment's view of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::{AsyncSleep, SharedAsyncSleep};
use aws_smithy_types::timeout::TimeoutConfig;
use sha2::{Digest as _, Sha256};
use tokio::sync::OnceCell;

use super::ca_bundle::CaBundle;
use super::confirm::{AccountGuard, Confirmations};
use super::describer::CLOUDFORMATION;
use super::endpoints::{custom_endpoint, custom_endpoints};
use super::hidden::Hidden;
use super::iam_tags::IAM;
use super::identity::Sts;
use super::member::RoleToAssume;
use super::query::QueryClient;
use super::stack::audit::Place;
use super::stack::breaker::BreakerState;
use super::stack::cache::{AnswerStore, StaleReader};
use super::stack::clock::{SharedClock, SystemClock};
use super::stack::{RunScope, Shared, Stack, retry};
use super::{
    AccessAnalyzer, Buckets, ConfigAggregator, CostExplorer, Describer, Organization, PriceList, PrincipalReader,
    Reader, ResourceExplorer, Services, Simulator, StoredValues, Writer, http,
};
use crate::domain::account::{AccountMismatch, CallerIdentity, VerifiedAccount};
use crate::domain::project::{AccountId, Environment};
use crate::pipeline::ports::{CloudError, Identity as _};
use crate::sandbox::Sandbox;

/// The endpoint of an environment's calls.
#[derive(Clone)]
pub enum Endpoint {
    /// AWS, or the endpoint of `AWS_ENDPOINT_URL`, with the certificates that servers are verified with, if they are not the
    /// system's.
    Real(Option<CaBundle>),
    /// The sandbox.
    Embedded(Sandbox),
}

/// Why an environment cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Access {
    /// STS returned another account.
    #[error(transparent)]
    WrongAccount(#[from] AccountMismatch),
    /// The call to STS failed.
    #[error(transparent)]
    Call(#[from] CloudError),
}

/// The source of credentials.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum CredentialsSource {
    /// Those of the sandbox.
    Sandbox,
    /// A profile of the user's AWS configuration, and nothing else.
    Profile(String),
    /// The SDK's default chain.
    DefaultChain,
    /// A role that other credentials assume.
    Role(Box<CredentialsSource>, RoleToAssume),
}

impl CredentialsSource {
    /// True for credentials of the sandbox, and for roles that they assume.
    fn is_of_sandbox(&self) -> bool {
        match self {
            Self::Sandbox => true,
            Self::Role(source, _) => source.is_of_sandbox(),
            Self::Profile(_) | Self::DefaultChain => false,
        }
    }
}

/// The key of a set of clients.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClientKey {
    /// The account that the credentials are expected to belong to.
    pub account: AccountId,
    /// The region.
    pub region: String,
    /// The source of the credentials.
    pub credentials: CredentialsSource,
}

impl ClientKey {
    /// Returns the key of an environment's clients.
    pub fn of(environment: &Environment, endpoint: &Endpoint) -> Self {
        let credentials = match (endpoint, &environment.profile) {
            (Endpoint::Embedded(_), _) => CredentialsSource::Sandbox,
            (Endpoint::Real(_), Some(profile)) => CredentialsSource::Profile(profile.clone()),
            (Endpoint::Real(_), None) => CredentialsSource::DefaultChain,
        };
        Self { account: environment.account.clone(), region: environment.region.clone(), credentials }
    }
}

/// All clients of a process: one set per key, built once.
#[derive(Clone)]
pub struct ClientPool(Arc<Pool>);

struct Pool {
    clock: SharedClock,
    sets: Mutex<BTreeMap<ClientKey, Arc<OnceCell<Arc<ClientSet>>>>>,
    /// By account, Region and API (`111111111111/us-east-1/sts`), and by custom endpoint: the limits of AWS do not depend on the credentials.
    shared: Mutex<BTreeMap<String, Shared>>,
    /// The states of the circuit breakers of earlier runs, by the same name.
    remembered: BTreeMap<String, BreakerState>,
}

impl Default for ClientPool {
    fn default() -> Self {
        Self::new(SystemClock::shared())
    }
}

impl ClientPool {
    /// Creates an empty pool whose layers use this clock.
    pub fn new(clock: SharedClock) -> Self {
        Self::remembering(clock, BTreeMap::new())
    }

    /// Creates an empty pool with the states of the circuit breakers of an earlier run ([`ClientPool::breakers`]).
    pub fn remembering(clock: SharedClock, remembered: BTreeMap<String, BreakerState>) -> Self {
        Self(Arc::new(Pool { clock, sets: Mutex::default(), shared: Mutex::default(), remembered }))
    }

    /// Returns the states of the circuit breakers that this process knows more about than it was told, by account, Region and
    /// API. Those of the sandbox are not remembered, and neither is that of STS: it is asked before anything else, and a lost
    /// network is reported as such as long as it is lost.
    pub fn breakers(&self) -> BTreeMap<String, BreakerState> {
        let shared = lock(&self.0.shared);
        let states = shared.iter().filter_map(|(name, shared)| Some((name.clone(), shared.breaker.state()?)));
        states.filter(|(name, _)| !name.starts_with(SANDBOX) && !name.ends_with("/sts")).collect()
    }

    /// Returns an environment's clients for one run. Makes no call.
    pub async fn clients(&self, environment: &Environment, endpoint: &Endpoint, run: RunScope) -> Clients {
        let key = ClientKey::of(environment, endpoint);
        let cell = Arc::clone(lock(&self.0.sets).entry(key.clone()).or_default());
        let set = cell.get_or_init(|| async {
            let config = sdk_config(&key, endpoint, &self.0.clock).await;
            Arc::new(ClientSet::new(self.clone(), key.clone(), config))
        });
        Clients::of(environment, Arc::clone(set.await), run)
    }

    /// Returns the state that all clients of an API in an account and Region share.
    fn shared(&self, key: &ClientKey, endpoint: Option<&str>, region: &str, api: &'static str) -> Shared {
        let mut name = format!("{}/{region}/{api}", key.account);
        if key.credentials.is_of_sandbox() {
            name.insert_str(0, SANDBOX);
        } else if let Some(endpoint) = endpoint {
            // An address may contain a password.
            name.insert_str(0, &format!("endpoint-{}/", short_hash(endpoint)));
        }
        let remembered = self.0.remembered.get(&name).copied().unwrap_or_default();
        let mut all = lock(&self.0.shared);
        all.entry(name.clone()).or_insert_with(|| Shared::new(name, &self.0.clock, remembered)).clone()
    }
}

/// The prefix of the names of what the clients of the sandbox share.
const SANDBOX: &str = "sandbox/";

fn short_hash(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Creates an SDK client of one API, with the state that it shares with others of its account and Region.
macro_rules! client {
    ($sdk:ident, $set:expr, $region:expr, $shared:expr) => {{
        let settings = $sdk::config::Builder::from(&$set.config)
            .region(Region::new($region.to_owned()))
            .retry_partition($shared.partition.clone())
            .retry_classifier($shared.listener());
        $sdk::Client::from_conf(settings.build())
    }};
}

/// The SDK clients of one key. Each is created on first use.
pub(super) struct ClientSet {
    pub(super) pool: ClientPool,
    pub(super) key: ClientKey,
    pub(super) config: SdkConfig,
    confirmations: Arc<Confirmations>,
    sts: OnceLock<aws_sdk_sts::Client>,
    control: OnceLock<aws_sdk_cloudcontrol::Client>,
    tagging: Mutex<BTreeMap<String, aws_sdk_resourcegroupstagging::Client>>,
    registry: OnceLock<QueryClient>,
    iam: OnceLock<QueryClient>,
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
            iam: OnceLock::new(),
        }
    }

    pub(super) fn clock(&self) -> &SharedClock {
        &self.pool.0.clock
    }

    pub(super) fn shared(&self, api: &'static str, region: &str) -> Shared {
        self.pool.shared(&self.key, self.config.endpoint_url(), region, api)
    }

    pub(super) fn sts_client(&self) -> aws_sdk_sts::Client {
        let new = || {
            let shared = self.shared("sts", &self.key.region);
            // A fake network with a manual clock has no time limits.
            let is_limited = self.config.timeout_config().is_some_and(|limits| limits.operation_timeout().is_some());
            let limits = is_limited.then(|| timeouts(Duration::from_secs(2), IDENTITY_TIMEOUT));
            let mut builder = aws_sdk_sts::config::Builder::from(&self.config);
            if let Some(limits) = limits {
                builder.set_timeout_config(Some(limits));
            }
            let settings = builder
                .region(Region::new(self.key.region.clone()))
                .retry_config(retry::config_of_identity())
                .retry_partition(shared.partition.clone())
                .retry_classifier(shared.listener());
            aws_sdk_sts::Client::from_conf(settings.build())
        };
        self.sts.get_or_init(new).clone()
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

    pub(super) fn iam(&self) -> QueryClient {
        let shared = || self.shared("iam", IAM.service.region(&self.key.region));
        self.iam.get_or_init(|| QueryClient::new(IAM, &self.config, shared())).clone()
    }
}

/// The clients of one environment, for one run.
#[derive(Clone)]
pub struct Clients {
    pub(super) environment: Environment,
    pub(super) set: Arc<ClientSet>,
    pub(super) run: RunScope,
}

impl Clients {
    /// Creates an environment's view of a set.
    pub(super) fn of(environment: &Environment, set: Arc<ClientSet>, run: RunScope) -> Self {
        Self { environment: environment.clone(), set, run }
    }

    /// Returns true if both are views of the same set.
    #[cfg(test)]
    pub(super) fn shares_clients_with(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.set, &other.set)
    }

    /// Returns the pool of the set.
    #[cfg(test)]
    pub(super) fn pool(&self) -> &ClientPool {
        &self.set.pool
    }

    /// Returns the caller's identity from STS.
    ///
    /// # Errors
    /// There are no credentials, or no response.
    pub async fn identity(&self) -> Result<CallerIdentity, CloudError> {
        self.sts().caller_identity().await
    }

    /// Returns how far the clock of this machine is behind that of STS, in seconds, by the last response; negative if it is
    /// ahead.
    pub fn clock_skew(&self) -> Option<i64> {
        self.set.confirmations.clock_skew()
    }

    /// Verifies the account with STS. The result is required for a [`Writer`].
    ///
    /// # Errors
    /// There was no response, or it is another account.
    pub async fn verify(&self) -> Result<VerifiedAccount, Access> {
        let identity = self.identity().await?;
        Ok(VerifiedAccount::confirm(&self.environment, &identity)?)
    }

    /// Returns a read-only client.
    pub fn reader(&self) -> Reader {
        Reader::new(&self.set, self.environment.reads_global, |api, region| self.stack(api, region))
    }

    /// Returns a read-only client that uses answers of earlier runs for services that cannot be reached. It cannot be used to
    /// plan or apply changes.
    pub fn stale_reader(&self, store: Option<Arc<dyn AnswerStore>>) -> StaleReader<Reader> {
        StaleReader::new(self.reader(), self.set.clock(), store)
    }

    /// Returns a client of the CloudFormation registry.
    pub fn describer(&self) -> Describer {
        Describer::new(self.set.registry(), self.stack("cloudformation", &self.set.key.region))
    }

    /// Returns a client of Resource Explorer that reads through a view, by name or ARN, or through the default one.
    pub fn resource_explorer(&self, view: Option<&str>) -> ResourceExplorer {
        ResourceExplorer::new(&self.set, view, self.environment.reads_global, |api, region| self.stack(api, region))
    }

    /// Returns a client of an aggregator of AWS Config.
    pub fn config_aggregator(&self, name: &str) -> ConfigAggregator {
        ConfigAggregator::new(&self.set, name, self.environment.reads_global, |api, region| self.stack(api, region))
    }

    /// Returns a client that reads parameters of Systems Manager and secrets of Secrets Manager.
    pub fn stored_values(&self) -> StoredValues {
        StoredValues::new(&self.set, Arc::default(), |api, region| self.stack(api, region))
    }

    /// Returns a client of Cost Explorer; `None` in a partition that does not have it.
    pub fn cost_explorer(&self) -> Option<CostExplorer> {
        CostExplorer::new(&self.set, |api, region| self.stack(api, region))
    }

    /// Returns a client of the list of buckets, which has those of all Regions.
    pub fn buckets(&self) -> Buckets {
        Buckets::new(&self.set, |api, region| self.stack(api, region))
    }

    /// Returns a client of Organizations; `None` in a partition that does not have it.
    pub fn organization(&self) -> Option<Organization> {
        Organization::new(&self.set, |api, region| self.stack(api, region))
    }

    /// Returns a client of ECS.
    pub fn services(&self) -> Services {
        Services::new(&self.set, |api, region| self.stack(api, region))
    }

    /// Returns the same clients, whose calls may stay without an answer only so long.
    pub fn with_answer_timeout(mut self, limit: Duration) -> Self {
        self.run.answer_timeout = Some(limit);
        self
    }

    /// Returns a client of IAM's policy simulator.
    pub fn simulator(&self) -> Simulator {
        Simulator::new(&self.set, |api, region| self.stack(api, region))
    }

    /// Returns a client that reads principals of IAM and their policies.
    pub fn principals(&self) -> PrincipalReader {
        PrincipalReader::new(&self.set, |api, region| self.stack(api, region))
    }

    /// Returns a client of IAM Access Analyzer.
    pub fn access_analyzer(&self) -> AccessAnalyzer {
        AccessAnalyzer::new(&self.set, |api, region| self.stack(api, region))
    }

    /// Returns a client of the Price List API, which uses the first of these Regions that responds.
    pub fn price_list(&self, regions: &[&str]) -> PriceList {
        PriceList::new(&self.set, regions, |api, region| self.stack(api, region))
    }

    /// Returns the custom endpoints by API, without credentials that a URL may contain. They are those of `AWS_ENDPOINT_URL`,
    /// `AWS_ENDPOINT_URL_SERVICE` and the profile.
    pub fn endpoints(&self) -> BTreeMap<String, String> {
        custom_endpoints(&self.set.config)
    }

    /// Returns the custom endpoint of the CloudFormation registry.
    pub fn registry_endpoint(&self) -> Option<String> {
        custom_endpoint(&self.set.config, CLOUDFORMATION.service.id)
    }

    /// Returns a client that can change resources in the verified account. The texts in `hidden` are left out of messages of
    /// AWS, which may repeat a request.
    pub fn writer(&self, account: VerifiedAccount, hidden: BTreeSet<String>) -> Writer {
        debug_assert_eq!(account.account(), &self.environment.account);
        let guard = Arc::new(AccountGuard {
            environment: self.environment.clone(),
            sts: self.sts(),
            confirmations: Arc::clone(&self.set.confirmations),
        });
        let hidden = Arc::new(Hidden::new(hidden));
        let stack = |api: &'static str, region: &str| Stack {
            account: Some(guard.clone()),
            hidden: Arc::clone(&hidden),
            ..self.stack(api, region)
        };
        Writer::new(&self.set, StoredValues::new(&self.set, Arc::clone(&hidden), stack), stack)
    }

    fn sts(&self) -> Sts {
        let stack = self.stack("sts", &self.set.key.region);
        Sts::new(self.set.sts_client(), stack, Arc::clone(&self.set.confirmations))
    }

    /// Returns the layers around an API, for a read-only client.
    pub(super) fn stack(&self, api: &'static str, region: &str) -> Stack {
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
            hidden: Arc::default(),
        }
    }
}

/// How long a call, with its retries, may stay without an answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// How long STS may take. It is asked before anything else, so that a missing network is reported soon: within 8 seconds if no
/// connection can be made.
const IDENTITY_TIMEOUT: Duration = Duration::from_secs(20);

fn timeouts(connect: Duration, answer: Duration) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(connect)
        .operation_attempt_timeout(answer)
        .operation_timeout(answer)
        .build()
}

/// Creates the SDK configuration with exactly the credentials of a key.
async fn sdk_config(key: &ClientKey, endpoint: &Endpoint, clock: &SharedClock) -> SdkConfig {
    let region = Region::new(key.region.clone());
    let sleep: Arc<dyn AsyncSleep> = Arc::clone(clock) as Arc<dyn AsyncSleep>;
    let timeouts = timeouts(Duration::from_secs(3), ANSWER_TIMEOUT);
    match endpoint {
        Endpoint::Embedded(sandbox) => {
            // The sandbox uses the access key id as the account id.
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
        Endpoint::Real(bundle) => {
            let client = http::real(bundle.as_ref());
            let mut loader = aws_config::defaults(BehaviorVersion::latest())
                .region(region.clone())
                .http_client(client.clone())
                .sleep_impl(SharedAsyncSleep::from(sleep))
                .retry_config(retry::config())
                .timeout_config(timeouts);
            if let CredentialsSource::Profile(profile) = &key.credentials {
                // Use only the provider of this profile: the default chain would prefer keys from environment variables, which
                // may be those of another account.
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
