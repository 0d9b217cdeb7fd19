//! External scan engines, run as subprocesses. Each scans, in a private folder that is removed
//! afterwards, exactly the template that is sent, with only the environment variables that a
//! program needs to start. Every failure is an [`EngineError`], never a pass. A project's own policies run in a subprocess as
//! well, see [`policy_process`].

mod checkov;
mod guard;
pub mod policy_process;
mod process;
pub mod sam_translator;

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::time::Duration;

use crate::domain::project::EngineName;
use crate::pipeline::evaluate::{Engines, ScanEngine};
use crate::policy::engine::EngineError;

/// The default timeout of an engine.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(60);

/// A file of Guard rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuardRules {
    /// Absolute path.
    pub path: PathBuf,
    /// The file's text.
    pub text: String,
}

/// The engines with the given names. Whether they are installed is checked when they run.
pub fn engines(names: &[EngineName], rules: Vec<GuardRules>, limit: Option<Duration>) -> Engines {
    let limit = limit.unwrap_or(DEFAULT_TIMEOUT);
    let mut others: Vec<Box<dyn ScanEngine>> = Vec::new();
    if names.contains(&EngineName::Checkov) {
        others.push(Box::new(checkov::Checkov { limit }));
    }
    if names.contains(&EngineName::CfnGuard) {
        others.push(Box::new(guard::Guard { limit, rules }));
    }
    Engines { builtin: names.contains(&EngineName::Builtin), others }
}

/// Returns the program of an engine, by the folders of `PATH`; `None` if it is not installed or built in.
pub fn program(engine: EngineName) -> Option<PathBuf> {
    let folders = std::env::var_os("PATH").filter(|_| engine != EngineName::Builtin)?;
    let is_program =
        |file: &PathBuf| file.metadata().is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0);
    std::env::split_paths(&folders).map(|folder| folder.join(engine.as_str())).find(is_program)
}

/// The command that installs an engine.
pub fn installation(engine: EngineName) -> &'static str {
    match engine {
        EngineName::CfnGuard => "cargo install cfn-guard",
        _ => "pipx install checkov",
    }
}

/// An engine's text output.
fn text(engine: EngineName, bytes: Vec<u8>) -> Result<String, EngineError> {
    String::from_utf8(bytes).map_err(|_| {
        let what = format!("the output of {} is not valid UTF-8", engine.as_str());
        EngineError::new(what, format!("run `{}` to see its output", engine.as_str()))
    })
}
