//! Opens environments: resolves credentials and verifies the account with STS.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::failure::access_failure;
use super::{Run, profiles};
use crate::aws::{
    Access, AccessAnalyzer, Clients, ConfigAggregator, CostExplorer, PrincipalReader, Reader, ResourceExplorer,
    RunScope, Services, Simulator, StaleReader, StoredValues, Writer,
};
use crate::domain::account::{AuthenticationKind, VerifiedAccount};
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::project::Environment;
use crate::outcome::Failure;
use crate::pipeline::ports::ObserveCalls;
use crate::report::EnvironmentView;
use crate::workspace::no_project;

/// An environment whose account STS has verified.
pub struct OpenEnvironment {
    /// The environment.
    pub environment: Environment,
    /// The verified account.
    pub account: VerifiedAccount,
    pub(super) clients: Clients,
}

impl OpenEnvironment {
    /// A client that cannot change anything.
    pub fn reader(&self) -> Reader {
        self.clients.reader()
    }

    /// A client that reads the parameters of Systems Manager.
    pub fn parameters(&self) -> StoredValues {
        self.clients.stored_values()
    }

    /// A client of Cost Explorer; `None` in a partition that does not have it.
    pub fn cost_explorer(&self) -> Option<CostExplorer> {
        self.clients.cost_explorer()
    }

    /// A client of IAM's policy simulator.
    pub fn simulator(&self) -> Simulator {
        self.clients.simulator()
    }

    /// A client that reads principals of IAM and their policies.
    pub fn principals(&self) -> PrincipalReader {
        self.clients.principals()
    }

    /// A client of IAM Access Analyzer.
    pub fn access_analyzer(&self) -> AccessAnalyzer {
        self.clients.access_analyzer()
    }

    /// A client of ECS.
    pub fn services(&self) -> Services {
        self.clients.services()
    }

    /// A client of Resource Explorer that reads through a view, by name or ARN, or through the default one.
    pub fn resource_explorer(&self, view: Option<&str>) -> ResourceExplorer {
        self.clients.resource_explorer(view)
    }

    /// A client of an aggregator of AWS Config.
    pub fn config_aggregator(&self, name: &str) -> ConfigAggregator {
        self.clients.config_aggregator(name)
    }

    /// A client that cannot change anything, and that uses answers of earlier runs for services that cannot be reached. For
    /// commands that only read.
    pub fn stale_reader(&self, run: &Run) -> StaleReader<Reader> {
        // Answers of other endpoints are those of other clouds.
        let endpoints = self.clients.endpoints();
        let custom = (!endpoints.is_empty()).then(|| format!("{endpoints:?}"));
        let store = run.workspace.answer_store(&self.environment, custom.as_deref(), run.global().refresh);
        self.clients.stale_reader(store)
    }

    /// A client that can change things. The texts in `hidden` are left out of its error messages.
    pub fn writer(&self, hidden: BTreeSet<String>) -> Writer {
        self.clients.writer(self.account.clone(), hidden)
    }
}

/// The identity and state of an environment, which may be unusable.
pub struct EnvironmentStatus {
    /// The environment as in the JSON envelope.
    pub view: EnvironmentView,
    /// The account that the configuration pins.
    pub expected_account: String,
    /// The account that STS returned.
    pub account: Option<String>,
    /// How far the clock of this machine is behind that of STS, in seconds; `None` if it did not say.
    pub clock_skew: Option<i64>,
    /// Why the environment cannot be used, if so.
    pub failure: Option<Failure>,
}

impl Run {
    /// Opens an environment and verifies its account with STS.
    ///
    /// # Errors
    /// The environment or profile is unknown, there are no credentials, or they are for another account.
    pub async fn open_environment(&self, name: &str) -> Result<OpenEnvironment, Failure> {
        if !self.workspace.has_project() {
            return Err(no_project());
        }
        let environment = self.workspace.environment(name)?.clone();
        let authentication = profiles::authentication(&environment).await?;
        let clients = self.clients(&environment).await?;
        let verified = clients.verify().await;
        let account = verified.map_err(|error| access_failure(&environment, &authentication, error))?;
        self.record_environment(view(&environment, authentication.kind, Some(account.arn()), Some(&clients)));
        self.audit.set_actor(&environment.name, account.arn());
        Ok(OpenEnvironment { environment, account, clients })
    }

    /// Opens an environment in another one of its Regions, and verifies the account there.
    ///
    /// # Errors
    /// The Region refuses the credentials, or they are for another account.
    pub async fn open_region(&self, home: &OpenEnvironment, region: &str) -> Result<OpenEnvironment, Failure> {
        let environment = home.environment.in_region(region);
        let authentication = profiles::authentication(&environment).await?;
        let clients = self.clients(&environment).await?;
        let verified = clients.verify().await;
        let account = verified.map_err(|error| access_failure(&environment, &authentication, error))?;
        Ok(OpenEnvironment { environment, account, clients })
    }

    /// Inspects an environment; problems are part of the result.
    pub async fn inspect_environment(&self, environment: &Environment) -> EnvironmentStatus {
        let mut status = EnvironmentStatus {
            view: view(environment, AuthenticationKind::Unknown, None, None),
            expected_account: environment.account.to_string(),
            account: None,
            clock_skew: None,
            failure: None,
        };
        let authentication = profiles::authentication(environment).await;
        if let Err(failure) = &authentication {
            status.failure = Some(failure.clone());
        }
        if let Ok(authentication) = authentication {
            status.view.authentication = authentication.kind.to_string();
            match self.clients(environment).await {
                Err(failure) => status.failure = Some(failure),
                Ok(clients) => {
                    status.view.endpoints = clients.endpoints();
                    let identity = clients.identity().await;
                    status.clock_skew = clients.clock_skew();
                    match identity {
                        Err(error) => {
                            status.failure = Some(access_failure(environment, &authentication, Access::Call(error)))
                        }
                        Ok(identity) => {
                            status.view.arn = Some(identity.arn.clone());
                            status.account = Some(identity.account.to_string());
                            status.failure = VerifiedAccount::confirm(environment, &identity).err().map(|mismatch| {
                                access_failure(environment, &authentication, Access::WrongAccount(mismatch))
                            });
                        }
                    }
                }
            }
        }
        self.record_environment(status.view.clone());
        status
    }

    /// Returns an environment's clients, for requests that require AWS. The sandbox may be used with `--offline`.
    pub(super) async fn clients(&self, environment: &Environment) -> Result<Clients, Failure> {
        if self.global().offline && !environment.sandbox {
            let message = format!("`{}` cannot be accessed: --offline allows no AWS calls", environment.name);
            let problem = Diagnostic::error(Code::Offline, message);
            return Err(Failure::usage(vec![problem.hint("remove --offline (or STAGEGATE_OFFLINE)")]));
        }
        self.clients_even_offline(environment).await
    }

    /// Returns an environment's clients, for requests that do not require AWS: the caller checks `--offline` before
    /// it makes a call.
    pub(super) async fn clients_even_offline(&self, environment: &Environment) -> Result<Clients, Failure> {
        let mut scope = RunScope {
            counter: self.calls.clone(),
            events: self.events.clone(),
            observer: Arc::clone(&self.audit) as Arc<dyn ObserveCalls>,
            registry: self.registry.clone(),
            ..RunScope::default()
        };
        scope.throttle_budget = super::throttle_budget(self.global().timeout, scope.throttle_budget);
        self.workspace.clients(environment, scope).await
    }
}

pub(super) fn view(
    environment: &Environment,
    kind: AuthenticationKind,
    arn: Option<&str>,
    clients: Option<&Clients>,
) -> EnvironmentView {
    EnvironmentView {
        name: environment.name.clone(),
        account: environment.account.to_string(),
        region: environment.region.clone(),
        arn: arn.map(str::to_owned),
        profile: environment.profile.clone().filter(|_| !environment.sandbox),
        authentication: kind.to_string(),
        protected: environment.protected,
        endpoints: clients.map(Clients::endpoints).unwrap_or_default(),
    }
}
