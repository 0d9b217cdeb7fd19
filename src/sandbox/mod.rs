//! The embedded cloud: an emulation of several AWS accounts in one folder, with AWS's wire protocols.
//!
//! [`Sandbox::handle`] handles one HTTP request and never fails: errors are in the response, in
//! AWS's format. It is used behind the SDK's HTTP client, and [`serve`] exposes it
//! on a port for the `aws` CLI and other SDKs. It models AWS's behavior, not that of
//! another emulator.

mod accessanalyzer;
mod clock;
mod cloudcontrol;
mod cloudformation;
mod config;
mod costexplorer;
mod ecs;
mod faults;
mod iam;
mod identity;
mod model;
mod organizations;
mod permissions;
mod pricing;
mod resourceexplorer;
mod s3;
mod secretsmanager;
mod seed;
mod serve;
mod services;
mod ssm;
mod store;
mod sts;
mod tagging;
mod tags;
mod types;
mod wire;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use http::{Request, Response};
use serde_json::Value;

pub use clock::{Clock, ManualClock};
pub use faults::{FaultOutcome, FaultRule, Faults};
pub use iam::evaluator;
pub use seed::{Estate, SeedAccount};
pub use serve::serve;

use faults::FaultCounter;
use model::random::Random;
use services::{Call, Doom};
use store::Store;
use wire::{ApiError, Decoded};

/// An account of the sandbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SandboxAccount {
    /// Its name, such as `dev`.
    pub name: String,
    /// Twelve digits; also the access key id that selects it.
    pub id: String,
}

/// The options of a sandbox.
#[derive(Debug, Clone)]
pub struct SandboxOptions {
    /// The folder of its database; created when missing.
    pub directory: PathBuf,
    /// Its accounts. Empty: every access key of twelve digits is an account.
    pub accounts: Vec<SandboxAccount>,
    /// How long a create, update or delete takes, in milliseconds.
    pub operation_millis: u64,
    /// The delay until the Tagging API's queries return changed tags, in milliseconds.
    pub tag_visibility_millis: u64,
    /// Types of which the Tagging API knows nothing, besides those of AWS; `*` for all.
    pub not_in_tagging_api: Vec<String>,
    /// Injected faults.
    pub faults: Faults,
    /// Whether an assumed role is limited to what its policies allow, including the calls of resource handlers on
    /// its behalf. The account's own access key has full access.
    pub enforce_permissions: bool,
    /// A file in which everything that is asked of a session's policies is recorded.
    pub authorizations: Option<PathBuf>,
    /// The clock.
    pub clock: Clock,
}

impl SandboxOptions {
    /// A sandbox in a folder with these accounts: operations take 40 ms, tag changes are visible immediately.
    pub fn new(directory: impl Into<PathBuf>, accounts: Vec<SandboxAccount>) -> Self {
        Self {
            directory: directory.into(),
            accounts,
            operation_millis: 40,
            tag_visibility_millis: 0,
            not_in_tagging_api: Vec::new(),
            faults: Faults::default(),
            enforce_permissions: false,
            authorizations: permissions::trace::file(),
            clock: Clock::default(),
        }
    }
}

/// Why a sandbox cannot be opened or served.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The folder cannot be created.
    #[error("cannot create the sandbox folder {}: {source}", directory.display())]
    Directory {
        /// The folder.
        directory: PathBuf,
        /// The I/O error.
        source: std::io::Error,
    },
    /// The file cannot be opened, read or written.
    #[error("the sandbox file {} cannot be used: {source}; remove it to start afresh", file.display())]
    Store {
        /// The file.
        file: PathBuf,
        /// The SQLite error.
        source: rusqlite::Error,
    },
    /// The file was written by a later version.
    #[error("the sandbox file {} has layout {found}, this version knows {known}: use the later version, or another folder", file.display())]
    NewerLayout {
        /// The file.
        file: PathBuf,
        /// Its layout.
        found: i64,
        /// The layout of this version.
        known: i64,
    },
    /// A resource cannot be seeded.
    #[error("the sandbox cannot be seeded: {0}")]
    Seed(String),
    /// The recorded organization cannot be read.
    #[error("{0}")]
    Organization(String),
    /// The port cannot be served.
    #[error("the sandbox cannot accept connections: {0}")]
    Listen(#[source] std::io::Error),
}

/// Marks a response that was chosen never to be sent: callers of [`Sandbox::handle`] wait instead.
#[derive(Debug, Clone, Copy)]
pub struct Hung;

/// The embedded cloud. Clones share one store.
#[derive(Clone)]
pub struct Sandbox {
    shared: Arc<Shared>,
}

struct Shared {
    options: SandboxOptions,
    store: Store,
    answered: AtomicU64,
    fault_counter: FaultCounter,
}

impl std::fmt::Debug for Sandbox {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Sandbox").field("options", &self.shared.options).finish()
    }
}

impl Sandbox {
    /// Opens the sandbox of a folder, creating it when it is not there.
    pub fn open(mut options: SandboxOptions) -> Result<Self, SandboxError> {
        let store = Store::open(&options.directory)?;
        if !options.accounts.is_empty() {
            let recorded = organizations::recorded(&options.directory).map_err(SandboxError::Organization)?;
            for account in recorded.into_iter().flat_map(|recorded| recorded.accounts) {
                if !options.accounts.iter().any(|known| known.id == account.id) {
                    options.accounts.push(SandboxAccount { name: account.name, id: account.id });
                }
            }
        }
        let shared = Shared { options, store, answered: AtomicU64::new(0), fault_counter: FaultCounter::default() };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Its options.
    pub fn options(&self) -> &SandboxOptions {
        &self.shared.options
    }

    /// Handles one HTTP request as AWS would. Blocks while another process writes: call it from a
    /// blocking thread in asynchronous code.
    pub fn handle(&self, request: Request<Bytes>) -> Response<Bytes> {
        let mut decoded = wire::decode(&request);
        let now = self.shared.options.clock.now();
        let count = self.shared.answered.fetch_add(1, Ordering::Relaxed);
        let request_id =
            Random::new(&[&now.to_string(), &count.to_string(), &std::process::id().to_string()]).uuid("answer");
        let answer = self.answer(&request, &mut decoded, now);
        let is_hung = answer.as_ref().is_err_and(|error| error.code == faults::HUNG);
        let mut response = wire::encode(&decoded, &request_id, answer);
        if is_hung {
            response.extensions_mut().insert(Hung);
        }
        response
    }

    /// The latency of the response to a request.
    fn latency(&self, request: &Request<Bytes>) -> std::time::Duration {
        let faults = &self.shared.options.faults;
        if faults.latencies.is_empty() {
            return faults.latency;
        }
        faults.latency_of(&wire::decode(request).operation)
    }

    fn answer(&self, request: &Request<Bytes>, decoded: &mut Decoded, now: clock::Millis) -> Result<Value, ApiError> {
        let Shared { options, store, fault_counter, .. } = &*self.shared;
        let caller = identity::caller(request.headers(), &options.accounts);
        // Requests of the query and REST protocols name their service in the credential scope only.
        let scope = caller.as_ref().map_or("sts", |caller| caller.signing_name.as_str());
        match decoded.protocol {
            wire::Protocol::Query if decoded.service.is_none() => decoded.service = services::query_service(scope),
            wire::Protocol::Rest => decoded.service = services::rest_service(scope),
            _ => {}
        }
        if scope == "s3" && wire::is_list_of_buckets(request) {
            decoded.protocol = wire::Protocol::S3;
            decoded.service = services::by_target("AmazonS3");
            decoded.operation = "ListBuckets".to_owned();
        }
        if decoded.service.is_none() && (decoded.operation.is_empty() || decoded.protocol == wire::Protocol::Rest) {
            decoded.protocol = wire::protocol_of_rest(scope);
        }
        let caller = caller?;
        let service = decoded.service.ok_or_else(ApiError::unknown_operation)?;
        let mut call = Call {
            operation: &decoded.operation,
            input: decoded.input.as_ref().map_err(Clone::clone)?,
            caller: &caller,
            now,
            options,
            doom: None,
        };
        let fault = fault_counter.next(&options.faults, &call);
        match &fault {
            Some(FaultOutcome::Refused(code)) => return Err(faults::refusal(code)),
            Some(FaultOutcome::Hangs) => return Err(faults::hung()),
            Some(FaultOutcome::Fails(code)) => call.doom = Some(Doom { code, has_effect: false }),
            Some(FaultOutcome::Leaves(code)) => call.doom = Some(Doom { code, has_effect: true }),
            Some(FaultOutcome::Lost) | None => {}
        }
        if store.read::<_, ApiError>(|tables| Ok(tables.is_anything_due(now)?))? {
            store.write(|tables| cloudcontrol::settle(tables, now))?;
        }
        let work = |tables: &store::Tables<'_>| {
            permissions::check_call(&call, service, tables)?;
            (service.answer)(&call, tables)
        };
        let answer = if service.writes.contains(&call.operation) { store.write(work) } else { store.read(work) };
        if fault == Some(FaultOutcome::Lost) { Err(faults::lost()) } else { answer }
    }

    /// Creates resources of one account and region immediately, as if they had always existed; returns
    /// their identifiers. Either all of them are created or none.
    pub fn seed(
        &self,
        account: &str,
        region: &str,
        resources: impl IntoIterator<Item = (String, Value)>,
    ) -> Result<Vec<String>, SandboxError> {
        let now = self.shared.options.clock.now();
        let work = |tables: &store::Tables<'_>| {
            resources
                .into_iter()
                .map(|(type_name, desired)| cloudcontrol::seed(tables, account, region, now, &type_name, desired))
                .collect::<Result<Vec<_>, ApiError>>()
        };
        self.shared.store.write(work).map_err(|error| SandboxError::Seed(error.message))
    }

    /// Creates a realistic set of resources, the same for the same seed. Either all of them are created or none.
    pub fn seed_estate(&self, estate: &Estate<'_>) -> Result<(), SandboxError> {
        let work = |tables: &store::Tables<'_>| seed::seed(tables, estate);
        self.shared.store.write(work).map_err(|error| SandboxError::Seed(error.message))
    }

    /// Deletes every resource and request of every account.
    pub fn reset(&self) -> Result<(), SandboxError> {
        self.shared.store.write(|tables| tables.clear()).map_err(|source| self.failed(source))
    }

    /// The identifiers of the resources of a type in an account and Region.
    pub fn identifiers(&self, account: &str, region: &str, type_name: &str) -> Result<Vec<String>, SandboxError> {
        let mut found = Vec::new();
        let visit = |identifier, _| {
            found.push(identifier);
            Ok::<bool, rusqlite::Error>(true)
        };
        let read = |tables: &store::Tables<'_>| tables.each_of_type(account, Some(region), type_name, "", visit);
        self.shared.store.read(read).map_err(|source| self.failed(source))?;
        Ok(found)
    }

    /// The number of resources in each account, by account id; empty accounts are included.
    pub fn status(&self) -> Result<BTreeMap<String, u64>, SandboxError> {
        let mut counts = self.shared.store.read(|tables| tables.counts()).map_err(|source| self.failed(source))?;
        for account in &self.shared.options.accounts {
            counts.entry(account.id.clone()).or_default();
        }
        Ok(counts)
    }

    fn failed(&self, source: rusqlite::Error) -> SandboxError {
        let file = self.shared.options.directory.join("sandbox.db");
        SandboxError::Store { file, source }
    }
}

#[cfg(test)]
mod tests;
