//! Opens environments: credentials are looked for, and STS confirms the account.

use super::failure::access_failure;
use super::{Run, profiles};
use crate::aws::{Access, Clients, Reader, RunScope, Writer};
use crate::domain::account::{AuthenticationKind, VerifiedAccount};
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::project::Environment;
use crate::outcome::Failure;
use crate::report::EnvironmentView;
use crate::workspace::no_project;

/// An environment whose account STS has confirmed.
pub struct Opened {
    /// The environment.
    pub environment: Environment,
    /// The proof.
    pub account: VerifiedAccount,
    pub(super) clients: Clients,
}

impl Opened {
    /// A client that cannot change anything.
    pub fn reader(&self) -> Reader {
        self.clients.reader()
    }

    /// A client that can change things.
    pub fn writer(&self) -> Writer {
        self.clients.writer(self.account.clone())
    }
}

/// What could be learnt of an environment without insisting that it is right.
pub struct Sighting {
    /// As in the JSON envelope.
    pub view: EnvironmentView,
    /// The account that the configuration pins.
    pub expected_account: String,
    /// The account that STS named.
    pub account: Option<String>,
    /// Why it cannot be used, if it cannot.
    pub failure: Option<Failure>,
}

impl Run {
    /// Opens an environment and has STS confirm its account.
    ///
    /// # Errors
    /// An unknown environment or profile, no credentials, or another account.
    pub async fn open_environment(&self, name: &str) -> Result<Opened, Failure> {
        if !self.workspace.has_project() {
            return Err(no_project());
        }
        let environment = self.workspace.environment(name)?.clone();
        let kind = profiles::authentication(&environment).await?;
        let clients = self.clients(&environment).await?;
        let account = clients.verify().await.map_err(|error| access_failure(&environment, error))?;
        self.note(view(&environment, kind, Some(account.arn())));
        Ok(Opened { environment, account, clients })
    }

    /// Looks at an environment and tells what is wrong instead of failing.
    pub async fn sight(&self, environment: &Environment) -> Sighting {
        let mut sighting = Sighting {
            view: view(environment, AuthenticationKind::Unknown, None),
            expected_account: environment.account.to_string(),
            account: None,
            failure: None,
        };
        match profiles::authentication(environment).await {
            Ok(kind) => sighting.view.authentication = kind.to_string(),
            Err(failure) => sighting.failure = Some(failure),
        }
        if sighting.failure.is_none() {
            match self.clients(environment).await {
                Err(failure) => sighting.failure = Some(failure),
                Ok(clients) => match clients.identity().await {
                    Err(error) => sighting.failure = Some(access_failure(environment, Access::Call(error))),
                    Ok(identity) => {
                        sighting.view.arn = Some(identity.arn.clone());
                        sighting.account = Some(identity.account.to_string());
                        sighting.failure = VerifiedAccount::confirm(environment, &identity)
                            .err()
                            .map(|mismatch| access_failure(environment, Access::WrongAccount(mismatch)));
                    }
                },
            }
        }
        self.note(sighting.view.clone());
        sighting
    }

    /// An environment's clients, for what cannot be answered without AWS. The embedded cloud is
    /// no call away.
    async fn clients(&self, environment: &Environment) -> Result<Clients, Failure> {
        if self.global().offline && !environment.sandbox {
            let message = format!("`{}` cannot be asked: --offline forbids every call", environment.name);
            let problem = Diagnostic::error(Code::Offline, message);
            return Err(Failure::usage(vec![problem.hint("take away --offline (or STAGEGATE_OFFLINE)")]));
        }
        self.clients_even_offline(environment).await
    }

    /// The same for what can be answered without AWS: whoever asks looks at `--offline` before it
    /// calls.
    pub(super) async fn clients_even_offline(&self, environment: &Environment) -> Result<Clients, Failure> {
        let mut scope = RunScope { counter: self.calls.clone(), events: self.events.clone(), ..RunScope::default() };
        scope.throttle_budget = self.global().timeout.unwrap_or(scope.throttle_budget);
        self.workspace.clients(environment, scope).await
    }
}

pub(super) fn view(environment: &Environment, kind: AuthenticationKind, arn: Option<&str>) -> EnvironmentView {
    EnvironmentView {
        name: environment.name.clone(),
        account: environment.account.to_string(),
        region: environment.region.clone(),
        arn: arn.map(str::to_owned),
        profile: environment.profile.clone().filter(|_| !environment.sandbox),
        authentication: kind.to_string(),
        protected: environment.protected,
    }
}
