//! What lives as long as the process: the project, its folders, the embedded cloud, clients and
//! caches. Everything is opened on first use, and nothing here belongs to one run: a process that
//! stays up serves many runs from one workspace.

mod caches;
mod folders;
mod project;

pub use caches::{PriceFolder, TypeFolder};
pub use project::{find_project, no_project};

use std::path::PathBuf;
use std::sync::OnceLock;

use crate::aws::{ClientPool, Clients, Endpoint, RunScope};
use crate::cli::{GlobalArgs, SandboxChoice};
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::project::{Environment, Project};
use crate::files::{config, suggestion};
use crate::outcome::{Failure, Outcome};
use crate::sandbox::{Sandbox, SandboxAccount, SandboxOptions};
use folders::{current_folder, state_folder};
use project::{load_project, region_outside};

/// The project and what is shared by all runs in it.
pub struct Workspace {
    project: Project,
    /// False where defaults stand in for a project file: no environment can be opened then.
    has_project: bool,
    /// The folder that paths in the configuration are relative to.
    root: PathBuf,
    /// The user's state folder.
    state: PathBuf,
    choice: SandboxChoice,
    sandbox: OnceLock<Sandbox>,
    /// Clients by account, region and credentials, each built once.
    clients: ClientPool,
}

impl Workspace {
    /// Reads the project. Nothing is called yet. A command that is `about_files` alone does with
    /// defaults where there is no project.
    ///
    /// # Errors
    /// No project, or a bad configuration.
    pub fn open(global: &GlobalArgs, about_files: bool) -> Result<Self, Failure> {
        let choice = global.sandbox_choice();
        let found = load_project(global, choice != SandboxChoice::Off)?;
        let has_project = found.is_some();
        let (mut project, root) = match found {
            Some(found) => found,
            None if about_files => (Project::without_file(region_outside()), current_folder()),
            None => return Err(no_project()),
        };
        for environment in &mut project.environments {
            if let Some(region) = &global.region {
                environment.region.clone_from(region);
            }
            environment.sandbox |= choice != SandboxChoice::Off;
        }
        Ok(Self {
            project,
            has_project,
            root,
            state: state_folder(),
            choice,
            sandbox: OnceLock::new(),
            clients: ClientPool::default(),
        })
    }

    /// The project.
    pub fn project(&self) -> &Project {
        &self.project
    }

    /// False where defaults stand in for a project file.
    pub fn has_project(&self) -> bool {
        self.has_project
    }

    /// What to know of a run without a project.
    pub fn note_without_project(&self) -> Option<Diagnostic> {
        let environment = self.project.environments.first().filter(|_| !self.has_project)?;
        let message = format!(
            "there is no {} here or in a folder above: defaults stand in for it, in {}",
            config::FILE_NAME,
            environment.region
        );
        Some(Diagnostic::note(Code::NoProject, message).hint("another region: --region or AWS_REGION"))
    }

    /// The environment of that name.
    ///
    /// # Errors
    /// The project has none.
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

    /// A path of the configuration, which is relative to its file.
    pub fn project_path(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    /// The folder for private copies of plans.
    pub fn plans_folder(&self) -> PathBuf {
        self.state.join("plans")
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
            let problem = Diagnostic::error(Code::SandboxUnusable, error.to_string());
            Failure::new(Outcome::Error, problem.hint("name another folder with --sandbox=DIR, or remove this one"))
        })
    }

    /// An environment's clients, whose calls and events are one run's.
    ///
    /// # Errors
    /// The embedded cloud cannot be opened.
    pub async fn clients(&self, environment: &Environment, run: RunScope) -> Result<Clients, Failure> {
        let endpoint = match self.sandbox()? {
            Some(sandbox) if environment.sandbox => Endpoint::Embedded(sandbox.clone()),
            _ => Endpoint::Real,
        };
        Ok(self.clients.clients(environment, &endpoint, run).await)
    }
}
