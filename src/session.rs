//! The one door to the outside: project, accounts, clock, state folder. Everything is opened on
//! first use, and each client is built once.

mod prices;
mod profiles;
mod types;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;

pub use crate::aws::{Reader, Writer};

use crate::aws::{Access, CallCounter, ClientPool, Clients, Endpoint, RunScope};
use crate::cli::{GlobalArgs, SandboxChoice};
use crate::domain::account::{AuthenticationKind, VerifiedAccount};
use crate::domain::diagnostic::Diagnostic;
use crate::domain::environment::{Environment, Project};
use crate::files::{config, suggestion, text};
use crate::outcome::{Failure, Outcome};
use crate::pipeline::drift::shell;
use crate::pipeline::ports::{CloudError, CloudErrorKind, Purpose};
use crate::report::{EnvironmentView, RunFacts};
use crate::sandbox::{Sandbox, SandboxAccount, SandboxOptions};

/// One run's view of the outside.
pub struct Session {
    project: Project,
    /// False where defaults stand in for a project file: no environment can be opened then.
    has_project: bool,
    /// The folder that paths in the configuration are relative to.
    root: PathBuf,
    state: PathBuf,
    choice: SandboxChoice,
    sandbox: OnceLock<Sandbox>,
    clients: ClientPool,
    calls: CallCounter,
    /// `--timeout`.
    timeout: Option<Duration>,
    began: Instant,
    now: Timestamp,
    command_line: Vec<String>,
    /// `--refresh`.
    refresh: bool,
    /// `--offline`.
    offline: bool,
    seen: Mutex<Vec<EnvironmentView>>,
}

/// An environment whose account STS has confirmed.
pub struct Opened {
    /// The environment.
    pub environment: Environment,
    /// The proof.
    pub account: VerifiedAccount,
    clients: Clients,
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

impl Session {
    /// Reads the project and prepares a run. Nothing is called yet. A run that is `about_files`
    /// alone does with defaults where there is no project.
    ///
    /// # Errors
    /// No project, a bad configuration, or a sandbox that cannot be opened.
    pub fn open(global: &GlobalArgs, command_line: Vec<String>, about_files: bool) -> Result<Self, Failure> {
        let choice = global.sandbox_choice();
        let found = load_project(global, choice != SandboxChoice::Off)?;
        let has_project = found.is_some();
        let (mut project, root) = match found {
            Some(found) => found,
            None if about_files => (Project::without_file(region_outside()), current_folder()),
            None => return Err(no_project()),
        };
        if let Some(region) = &global.region {
            for environment in &mut project.environments {
                environment.region = region.clone();
            }
        }
        let state = state_folder();
        if choice != SandboxChoice::Off {
            for environment in &mut project.environments {
                environment.sandbox = true;
            }
        }
        Ok(Self {
            project,
            has_project,
            root,
            state,
            choice,
            sandbox: OnceLock::new(),
            clients: ClientPool::default(),
            calls: CallCounter::default(),
            timeout: global.timeout,
            began: Instant::now(),
            now: now(),
            command_line,
            refresh: global.refresh,
            offline: global.offline,
            seen: Mutex::default(),
        })
    }

    fn open_sandbox(&self) -> Result<Sandbox, Failure> {
        let directory = match &self.choice {
            SandboxChoice::Folder(folder) => folder.clone(),
            SandboxChoice::Default | SandboxChoice::Off => self.state.join("sandbox"),
        };
        let accounts = self
            .project
            .environments
            .iter()
            .map(|environment| SandboxAccount { name: environment.name.clone(), id: environment.account.to_string() })
            .collect();
        Sandbox::open(SandboxOptions::new(directory, accounts)).map_err(|error| {
            let problem = Diagnostic::error("sandbox-unusable", error.to_string());
            Failure::new(Outcome::Error, problem.hint("name another folder with --sandbox=DIR, or remove this one"))
        })
    }

    /// The project.
    pub fn project(&self) -> &Project {
        &self.project
    }

    /// What to know of a run without a project.
    pub fn note_without_project(&self) -> Option<Diagnostic> {
        let environment = self.project.environments.first().filter(|_| !self.has_project)?;
        let message = format!(
            "there is no {} here or in a folder above: defaults stand in for it, in {}",
            config::FILE_NAME,
            environment.region
        );
        Some(Diagnostic::note("no-project", message).hint("another region: --region or AWS_REGION"))
    }

    /// The embedded cloud, opened on first use; `None` when no environment is served by it.
    ///
    /// # Errors
    /// It cannot be opened.
    pub fn sandbox(&self) -> Result<Option<&Sandbox>, Failure> {
        if !self.project.environments.iter().any(|environment| environment.sandbox) {
            return Ok(None);
        }
        if self.sandbox.get().is_none() {
            let opened = self.open_sandbox()?;
            let _ = self.sandbox.set(opened);
        }
        Ok(self.sandbox.get())
    }

    /// The time at which the run began, in whole seconds.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The command line, the program's name first.
    pub fn command_line(&self) -> &[String] {
        &self.command_line
    }

    /// The flags of this run that say where it works, as they were given and ready to be appended to a
    /// command line. What came from the environment will be there for the next command too.
    pub fn flags_of_place(&self) -> String {
        let mut words = self.command_line.iter().skip(1).take_while(|word| *word != "--");
        let mut flags = String::new();
        while let Some(word) = words.next() {
            let name = word.split_once('=').map_or(word.as_str(), |(name, _)| name);
            if !["--config", "--region", "--sandbox"].contains(&name) {
                continue;
            }
            flags.push_str(&format!(" {}", shell(word)));
            // The sandbox's value stands behind `=` alone.
            if name == word && name != "--sandbox" {
                flags.extend(words.next().map(|value| format!(" {}", shell(value))));
            }
        }
        flags
    }

    /// A path of the configuration, which is relative to its file.
    pub fn project_path(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    /// The folder for private copies of plans.
    pub fn plans_folder(&self) -> PathBuf {
        self.state.join("plans")
    }

    /// The environment of that name.
    ///
    /// # Errors
    /// The project has none.
    pub fn environment(&self, name: &str) -> Result<&Environment, Failure> {
        self.project.environment(name).ok_or_else(|| {
            let names = self.project.environments.iter().map(|environment| environment.name.as_str());
            let problem = Diagnostic::error(
                "unknown-environment",
                format!("the project `{}` has no environment `{name}`", self.project.name),
            );
            Failure::usage(vec![problem.hint(suggestion::hint(name, names))])
        })
    }

    /// Opens an environment and has STS confirm its account.
    ///
    /// # Errors
    /// An unknown environment or profile, no credentials, or another account.
    pub async fn open_environment(&self, name: &str) -> Result<Opened, Failure> {
        if !self.has_project {
            return Err(no_project());
        }
        let environment = self.environment(name)?.clone();
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
        if self.offline && !environment.sandbox {
            let message = format!("`{}` cannot be asked: --offline forbids every call", environment.name);
            let problem = Diagnostic::error("offline", message);
            return Err(Failure::usage(vec![problem.hint("take away --offline (or STAGEGATE_OFFLINE)")]));
        }
        self.build_clients(environment).await
    }

    async fn build_clients(&self, environment: &Environment) -> Result<Clients, Failure> {
        let endpoint = match self.sandbox()? {
            Some(sandbox) if environment.sandbox => Endpoint::Embedded(sandbox.clone()),
            _ => Endpoint::Real,
        };
        let mut run = RunScope { counter: self.calls.clone(), ..RunScope::default() };
        run.throttle_budget = self.timeout.unwrap_or(run.throttle_budget);
        Ok(self.clients.clients(environment, &endpoint, run).await)
    }

    fn note(&self, view: EnvironmentView) {
        if !self.has_project {
            return;
        }
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.retain(|other| other.name != view.name);
        seen.push(view);
    }

    /// What the envelope says of the run.
    pub fn facts(&self) -> RunFacts {
        let order: BTreeMap<&str, usize> = self
            .project
            .environments
            .iter()
            .enumerate()
            .map(|(index, environment)| (environment.name.as_str(), index))
            .collect();
        let mut environments = self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone();
        environments.sort_by_key(|view| order.get(view.name.as_str()).copied());
        RunFacts {
            environments,
            elapsed_ms: u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX),
            api_calls: self.calls.snapshot(),
        }
    }
}

fn view(environment: &Environment, kind: AuthenticationKind, arn: Option<&str>) -> EnvironmentView {
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

/// The project file's project, or the embedded cloud's.
fn load_project(global: &GlobalArgs, sandbox: bool) -> Result<Option<(Project, PathBuf)>, Failure> {
    Ok(find_project(global)?.or_else(|| sandbox.then(|| (Project::sandbox(), current_folder()))))
}

fn no_project() -> Failure {
    let problem = Diagnostic::error("no-project", format!("there is no {} here or in a folder above", config::FILE_NAME))
        .hint("write one that names your dev and prod accounts, name one with --config, or try the embedded cloud with --sandbox");
    Failure::usage(vec![problem])
}

/// The region that the AWS tools would take.
fn region_outside() -> String {
    let named = ["AWS_REGION", "AWS_DEFAULT_REGION"].into_iter().filter_map(|name| std::env::var(name).ok());
    named.map(|region| region.trim().to_owned()).find(|region| !region.is_empty()).unwrap_or("us-east-1".to_owned())
}

fn current_folder() -> PathBuf {
    std::env::current_dir().unwrap_or_default()
}

/// The project that the user is in, with the folder that its paths are relative to; `None` where
/// there is no project file. Nothing else is looked at.
///
/// # Errors
/// A project file that cannot be read, or a bad one.
pub fn find_project(global: &GlobalArgs) -> Result<Option<(Project, PathBuf)>, Failure> {
    let here = std::env::current_dir().unwrap_or_default();
    let Some(file) = global.config.clone().or_else(|| config::discover(&here)) else { return Ok(None) };
    let shown = shown_path(&file, &here);
    let text = text::read_file(&file).map_err(|problem| {
        let message = format!("the project file {shown} cannot be read: {}", problem.message);
        let problem = Diagnostic { code: "unreadable-config", message, ..*problem };
        let hint = format!("check --config or STAGEGATE_CONFIG: {}", problem.hint.clone().unwrap_or_default());
        Failure::usage(vec![problem.hint(hint)])
    })?;
    let project = config::parse(&shown, &text).map_err(Failure::usage)?;
    let root = file.parent().map(Path::to_path_buf).unwrap_or_default();
    Ok(Some((project, here.join(root))))
}

/// A path as short as it can be said from here.
fn shown_path(path: &Path, here: &Path) -> String {
    path.strip_prefix(here).unwrap_or(path).display().to_string()
}

/// `$XDG_STATE_HOME/stagegate`, else `~/.local/state/stagegate` (XDG Base Directory), else a folder
/// of the system's temporary ones for a user without a home.
fn state_folder() -> PathBuf {
    user_folder("XDG_STATE_HOME", ".local/state")
}

fn user_folder(variable: &str, below_home: &str) -> PathBuf {
    let named = std::env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = named.or_else(|| Some(std::env::home_dir()?.join(below_home)).filter(|path| path.is_absolute()));
    base.unwrap_or_else(std::env::temp_dir).join("stagegate")
}

/// The time in whole seconds. Debug builds take it from `STAGEGATE_TEST_NOW`, so that snapshots
/// can pin it; a release build has no such door.
fn now() -> Timestamp {
    #[cfg(debug_assertions)]
    if let Some(pinned) = std::env::var("STAGEGATE_TEST_NOW").ok().and_then(|text| text.parse().ok()) {
        return pinned;
    }
    let now = Timestamp::now();
    Timestamp::from_second(now.as_second()).unwrap_or(now)
}

/// A call that failed, as the end of a run.
pub fn cloud_failure(error: &CloudError) -> Failure {
    let outcome = if error.kind.is_about_credentials() { Outcome::Credentials } else { Outcome::Error };
    let message = format!("{}: {error}", error.environment);
    let mut diagnostic = Diagnostic::error(error.kind.diagnostic_code(), message);
    diagnostic.resource = error.resource.as_ref().map(ToString::to_string);
    diagnostic.hint = error.hint(Purpose::Read);
    Failure::new(outcome, diagnostic)
}

fn access_failure(environment: &Environment, error: Access) -> Failure {
    match error {
        Access::WrongAccount(mismatch) => {
            let who = mismatch.arn.clone();
            let problem = Diagnostic::error("wrong-account", format!("{mismatch}; nothing was sent"))
                .resource(format!("environment {}", environment.name))
                .hint(format!("you are {who}; correct the profile, or the pinned account in {}", config::FILE_NAME));
            Failure::new(Outcome::Credentials, problem)
        }
        Access::Call(error) => {
            let mut failure = cloud_failure(&error);
            // Who may not even ask who he is has credentials of no use.
            if error.kind == CloudErrorKind::AccessDenied {
                failure.outcome = Outcome::Credentials;
            }
            let lower = error.message.to_lowercase();
            if let Some(profile) = &environment.profile
                && error.kind.is_about_credentials()
                && (lower.contains("sso") || lower.contains("expired"))
            {
                let login = format!("aws sso login --profile {profile}");
                for diagnostic in &mut failure.diagnostics {
                    diagnostic.hint = Some(format!("sign in again: {login}"));
                }
                return failure.next("sign in again", login);
            }
            failure
        }
    }
}
