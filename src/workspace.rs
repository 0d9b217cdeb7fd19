//! State with the lifetime of the process: the project, its folders, the sandbox, clients and caches. Everything is
//! opened on first use, and nothing here belongs to a single run: a long-running process uses one workspace for many
//! runs.

mod breakers;
mod caches;
mod folders;
mod known;
mod project;

pub use caches::{CacheFiles, PriceBookFolder, PriceCacheFolder, TypeCacheFolder, cache_files, price_book_folder};
pub use project::{find_project, no_project, project_file};

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::aws::{CaBundle, CaBundleSetting, ClientPool, Clients, Endpoint, PriceListFiles, RunScope, SystemClock};

pub use crate::aws::BULK_PRICE_LIST;
use crate::cli::{GlobalArgs, SandboxChoice};
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::project::{Environment, Project};
use crate::files::audit_log::AuditLog;
use crate::files::cache::Cache;
use crate::files::{config, suggestion, text};
use crate::outcome::{Failure, Outcome};
use crate::sandbox::{Sandbox, SandboxAccount, SandboxOptions};
use folders::{current_folder, state_folder};
use project::{default_region, load_project};

/// The project and the state shared by all of its runs.
pub struct Workspace {
    project: Project,
    /// False if defaults are used because there is no project file: no environment can be opened then.
    has_project: bool,
    /// The base folder of relative paths in the configuration.
    root: PathBuf,
    /// The user's state folder.
    state: PathBuf,
    choice: SandboxChoice,
    sandbox: OnceLock<Sandbox>,
    /// Clients by account, Region and credentials, each built once.
    clients: ClientPool,
    /// The circuit breakers of earlier runs.
    breakers: Cache,
}

impl Workspace {
    /// Reads the project. Makes no calls. A command that `reads_only_files` uses defaults if there is no project.
    ///
    /// # Errors
    /// There is no project, or its configuration is invalid.
    pub fn open(global: &GlobalArgs, reads_only_files: bool) -> Result<Self, Failure> {
        let choice = global.sandbox_choice();
        let found = load_project(global, choice != SandboxChoice::Off)?;
        let has_project = found.is_some();
        let (mut project, root) = match found {
            Some(found) => found,
            None if reads_only_files => (Project::without_file(default_region()), current_folder()),
            None => return Err(no_project()),
        };
        for environment in &mut project.environments {
            if let Some(region) = &global.region {
                environment.region.clone_from(region);
                environment.other_regions.clear();
            }
            environment.sandbox |= choice != SandboxChoice::Off;
        }
        Ok(Self::of(global, project, root, has_project))
    }

    /// Returns a workspace for a command that makes a project. It has no environments.
    pub fn without_project(global: &GlobalArgs) -> Self {
        let project = Project { environments: Vec::new(), ..Project::without_file(default_region()) };
        Self::of(global, project, current_folder(), false)
    }

    fn of(global: &GlobalArgs, project: Project, root: PathBuf, has_project: bool) -> Self {
        let state = state_folder();
        let breakers = Cache::new(state.join("breakers"));
        // With `--refresh`, services that failed before are called at once.
        let remembered = if global.refresh { BTreeMap::new() } else { breakers::remembered(&breakers) };
        Self {
            project,
            has_project,
            root,
            state,
            choice: global.sandbox_choice(),
            sandbox: OnceLock::new(),
            clients: ClientPool::remembering(SystemClock::shared(), remembered),
            breakers,
        }
    }

    /// Returns the Region that AWS tools would use.
    pub fn default_region(&self) -> String {
        default_region()
    }

    /// Uses another state folder than the user's, for tests.
    #[cfg(test)]
    pub(crate) fn with_state_folder(self, state: PathBuf) -> Self {
        Self { breakers: Cache::new(state.join("breakers")), state, ..self }
    }

    /// Uses another clock for the sandbox, whose requests complete at once, for tests.
    #[cfg(test)]
    pub(crate) fn with_sandbox_clock(self, clock: crate::sandbox::Clock) -> Self {
        let options = SandboxOptions { clock, operation_millis: 0, ..self.sandbox_options() };
        #[allow(clippy::unwrap_used)]
        let sandbox = Sandbox::open(options).unwrap();
        Self { sandbox: OnceLock::from(sandbox), ..self }
    }

    /// Returns the project.
    pub fn project(&self) -> &Project {
        &self.project
    }

    /// Returns false if defaults are used because there is no project file.
    pub fn has_project(&self) -> bool {
        self.has_project
    }

    /// Returns a note if there is no project.
    pub fn note_without_project(&self) -> Option<Diagnostic> {
        let environment = self.project.environments.first().filter(|_| !self.has_project)?;
        let message = format!(
            "no {} found in the current folder or its parent folders; using defaults and the Region {}",
            config::FILE_NAME,
            environment.region
        );
        Some(Diagnostic::note(Code::NoProject, message).hint("set the Region with --region or AWS_REGION"))
    }

    /// Returns the environment with this name.
    ///
    /// # Errors
    /// The project has no such environment.
    pub fn environment(&self, name: &str) -> Result<&Environment, Failure> {
        self.project.environment(name).ok_or_else(|| {
            let names = self.project.environments.iter().map(|environment| environment.name.as_str());
            let problem = Diagnostic::error(
                Code::UnknownEnvironment,
                format!("the project `{}` has no environment `{name}`", self.project.name),
            );
            Failure::usage(vec![problem.hint(suggestion::hint(name, names))])
        })
    }

    /// Resolves a path in the configuration, which is relative to the configuration file.
    pub fn project_path(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    /// Returns the folder for private copies of plans.
    pub fn plans_folder(&self) -> PathBuf {
        self.state.join("plans")
    }

    /// Returns the audit log; `None` if it is turned off. `STAGEGATE_AUDIT_LOG` takes precedence over the project: it is the
    /// name of a file, or `off`.
    pub fn audit_log(&self) -> Option<AuditLog> {
        let named = std::env::var_os("STAGEGATE_AUDIT_LOG").filter(|name| !name.is_empty());
        match named {
            Some(name) if name == "off" => None,
            Some(name) => Some(AuditLog::new(PathBuf::from(name))),
            None => self.project.audit_log.then(|| AuditLog::new(self.state.join("audit.jsonl"))),
        }
    }

    /// Returns the sandbox, opened on first use; `None` if no environment uses it.
    ///
    /// # Errors
    /// The sandbox cannot be opened.
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

    /// False if there is no folder in which the user could keep state.
    fn has_home(&self) -> bool {
        !self.state.starts_with(folders::NOWHERE)
    }

    fn sandbox_options(&self) -> SandboxOptions {
        let directory = match &self.choice {
            SandboxChoice::Folder(folder) => folder.clone(),
            SandboxChoice::Default | SandboxChoice::Off => self.state.join("sandbox"),
        };
        let environments = self.project.environments.iter().map(|one| (&one.name, &one.account));
        let registered = self.project.accounts.iter().map(|one| (&one.name, &one.account));
        let mut accounts: Vec<SandboxAccount> = Vec::new();
        for (name, id) in environments.chain(registered) {
            if !accounts.iter().any(|known| known.id == id.as_str()) {
                accounts.push(SandboxAccount { name: name.clone(), id: id.to_string() });
            }
        }
        SandboxOptions::new(directory, accounts)
    }

    fn open_sandbox(&self) -> Result<Sandbox, Failure> {
        Sandbox::open(self.sandbox_options()).map_err(|error| {
            let problem = Diagnostic::error(Code::SandboxUnusable, error.to_string());
            let hint = match self.has_home() {
                true => "use another folder with --sandbox=DIR, or delete this one",
                false => "there is no home folder: set HOME or XDG_STATE_HOME, or name a folder with --sandbox=DIR",
            };
            Failure::new(Outcome::Error, problem.hint(hint))
        })
    }

    /// Returns an environment's clients, which report their calls and events to the given run.
    ///
    /// # Errors
    /// The sandbox cannot be opened, or the configured certificates cannot be used.
    pub async fn clients(&self, environment: &Environment, run: RunScope) -> Result<Clients, Failure> {
        let endpoint = match self.sandbox()? {
            Some(sandbox) if environment.sandbox => Endpoint::Embedded(sandbox.clone()),
            _ => Endpoint::Real(ca_bundle(environment).await?),
        };
        Ok(self.clients.clients(environment, &endpoint, run).await)
    }
}

impl Workspace {
    /// Returns the files of the bulk Price List of a server, without credentials.
    ///
    /// # Errors
    /// The configured certificates cannot be used.
    pub async fn price_list_files(&self, base: &str) -> Result<PriceListFiles, Failure> {
        let bundle = match self.project.environments.first() {
            Some(environment) => ca_bundle(environment).await?,
            None => None,
        };
        Ok(PriceListFiles::new(base, bundle.as_ref()))
    }
}

/// Reads the certificates that `AWS_CA_BUNDLE` or the profile names.
async fn ca_bundle(environment: &Environment) -> Result<Option<CaBundle>, Failure> {
    let Some(setting) = CaBundleSetting::read(environment.profile.as_deref()).await else { return Ok(None) };
    let CaBundleSetting { name, path } = setting;
    let read = text::read_file(Path::new(&path)).map_err(|problem| problem.message);
    let parsed = read.and_then(|text| CaBundle::parse(text).map_err(|why| format!("cannot use `{path}`: {why}")));
    parsed.map(Some).map_err(|why| {
        let problem = Diagnostic::error(Code::InvalidCaBundle, format!("{name}: {why}"));
        let hint = "name a file with certificates in PEM format, or remove the setting to use those of the system";
        Failure::usage(vec![problem.hint(hint).resource(format!("environment {}", environment.name))])
    })
}
