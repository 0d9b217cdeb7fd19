//! Runs a subprocess with limits on time, on output, and on the environment that it inherits.

use std::ffi::OsString;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::{Child, Command};

use super::installation;
use crate::domain::project::EngineName;
use crate::policy::engine::EngineError;

/// The maximum output in bytes.
const MAX_OUTPUT_BYTES: u64 = 256 << 20;

/// The environment variables that are passed on: what programs and Python need to be found and to start.
/// Credentials, tokens and the engines' own settings are excluded.
const INHERITED_VARIABLES: &[&str] = &[
    "PATH",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "LD_LIBRARY_PATH",
    "PYENV_VERSION",
    "PYTHONPATH",
    "PYTHONHOME",
    "VIRTUAL_ENV",
];

/// Folders that version managers expect below the home folder unless a variable is set; the subprocess
/// gets an empty home folder, without configuration and keys.
const VERSION_MANAGER_FOLDERS: &[(&str, &str)] =
    &[("PYENV_ROOT", ".pyenv"), ("PYTHONUSERBASE", ".local"), ("ASDF_DATA_DIR", ".asdf"), ("ASDF_DIR", ".asdf")];

/// A folder that only the user can read, removed when it is dropped.
pub(super) struct PrivateFolder(TempDir);

impl PrivateFolder {
    pub fn new() -> Result<Self, EngineError> {
        // Engines skip folders with a leading dot.
        let folder = tempfile::Builder::new().prefix("stagegate-").tempdir().map_err(|error| no_folder(&error))?;
        for below in ["home", "tmp"] {
            std::fs::create_dir(folder.path().join(below)).map_err(|error| no_folder(&error))?;
        }
        Ok(Self(folder))
    }

    /// Writes a file that only the user can read, replacing an existing one.
    pub fn write(&self, name: &str, text: &str) -> Result<(), EngineError> {
        let mut options = std::fs::OpenOptions::new();
        let file = options.write(true).create(true).truncate(true).mode(0o600).open(self.path().join(name));
        file.and_then(|mut file| file.write_all(text.as_bytes())).map_err(|error| no_folder(&error))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

fn no_folder(error: &std::io::Error) -> EngineError {
    EngineError::new(
        format!("cannot write a temporary file: {error}"),
        "free disk space, or set TMPDIR to another folder",
    )
}

/// The result of a program.
pub(super) struct Finished {
    pub code: i32,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
}

impl Finished {
    /// The last line of standard error, for messages.
    pub fn last_error_line(&self) -> String {
        let text = String::from_utf8_lossy(&self.stderr);
        let last = text.lines().map(str::trim).rfind(|line| line.chars().any(char::is_alphanumeric));
        last.map(|line| format!(": {}", line.chars().take(300).collect::<String>())).unwrap_or_default()
    }
}

/// Runs a program in a private folder until it exits or times out. When this future is dropped, on
/// timeout or Ctrl-C, the program and its child processes are killed.
///
/// # Errors
/// It cannot be started, was killed, exceeded the output limit, or timed out.
pub(super) async fn run(
    engine: EngineName,
    arguments: &[OsString],
    folder: &PrivateFolder,
    limit: Duration,
) -> Result<Finished, EngineError> {
    let name = engine.as_str();
    let mut command = Command::new(name);
    command.args(arguments).current_dir(folder.path()).env_clear().envs(environment(folder));
    let child = spawn(&mut command).map_err(|error| not_started(engine, &error))?;
    finish(name, child, limit).await
}

/// Like [`run`], for a program that is no scan engine, with further environment variables. `name` is its name for people.
///
/// # Errors
/// `None` if there is no such program.
pub(super) async fn run_program(
    program: &str,
    name: &str,
    arguments: &[OsString],
    folder: &PrivateFolder,
    variables: &[(OsString, OsString)],
    limit: Duration,
) -> Result<Finished, Option<EngineError>> {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder.path()).env_clear().envs(environment(folder));
    command.envs(variables.iter().cloned());
    let child = spawn(&mut command).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => None,
        _ => Some(EngineError::new(format!("{name} cannot be started: {error}"), "check the installation of Python")),
    })?;
    finish(name, child, limit).await.map_err(Some)
}

fn spawn(command: &mut Command) -> std::io::Result<Child> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0).kill_on_drop(true);
    command.spawn()
}

/// Waits for a program until it exits or times out.
async fn finish(name: &str, mut child: Child, limit: Duration) -> Result<Finished, EngineError> {
    let group = Group(child.id().and_then(|id| Pid::from_raw(id.try_into().ok()?)));
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let work = async {
        let (stdout, stderr, status) = tokio::try_join!(everything(stdout), everything(stderr), child.wait())?;
        Ok::<_, std::io::Error>((stdout, stderr, status))
    };
    let (stdout, stderr, status) = match tokio::time::timeout(limit, work).await {
        Ok(Ok(finished)) => finished,
        Ok(Err(error)) => {
            return Err(EngineError::new(
                format!("cannot read the output of {name}: {error}"),
                "run it manually to see its output",
            ));
        }
        Err(_) => {
            let what = format!("{name} timed out after {} s", limit.as_secs_f64());
            return Err(EngineError::new(what, "increase --timeout, or scan fewer files at once"));
        }
    };
    group.disarm();
    match (status.code(), status.signal()) {
        (Some(code), _) => Ok(Finished { code, stdout, stderr }),
        (None, signal) => {
            let what = format!("{name} was killed by signal {}", signal.unwrap_or_default());
            Err(EngineError::new(what, "retry; signal 9 often means that memory ran out"))
        }
    }
}

/// Reads a pipe to its end.
async fn everything(pipe: Option<impl AsyncRead + Unpin>) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if let Some(pipe) = pipe {
        pipe.take(MAX_OUTPUT_BYTES + 1).read_to_end(&mut bytes).await?;
    }
    if bytes.len() as u64 > MAX_OUTPUT_BYTES {
        return Err(std::io::Error::other(format!("its output exceeds {} MiB", MAX_OUTPUT_BYTES >> 20)));
    }
    Ok(bytes)
}

fn not_started(engine: EngineName, error: &std::io::Error) -> EngineError {
    let name = engine.as_str();
    let install = installation(engine);
    let advice = format!("install it (`{install}`), or remove it from --engine and policies.engines");
    match error.kind() {
        std::io::ErrorKind::NotFound => EngineError::new(format!("{name} is not installed or not in PATH"), advice),
        _ => EngineError::new(format!("{name} cannot be started: {error}"), advice),
    }
}

fn environment(folder: &PrivateFolder) -> Vec<(OsString, OsString)> {
    let handed_on = INHERITED_VARIABLES.iter().filter_map(|name| Some((OsString::from(name), std::env::var_os(name)?)));
    let managers = VERSION_MANAGER_FOLDERS.iter().filter_map(|(name, below)| {
        let default = || std::env::home_dir().map(|home| home.join(below)).filter(|path| path.is_dir());
        let value = std::env::var_os(name).or_else(|| default().map(PathBuf::into_os_string))?;
        Some((OsString::from(name), value))
    });
    let own =
        [("HOME", "home"), ("TMPDIR", "tmp")].map(|(name, below)| (name.into(), folder.path().join(below).into()));
    let fixed = [("PYTHONUTF8", "1"), ("NO_COLOR", "1")].map(|(name, value)| (name.into(), value.into()));
    handed_on.chain(managers).chain(own).chain(fixed).collect()
}

/// A process group, killed when dropped.
struct Group(Option<Pid>);

impl Group {
    /// Disarms the kill: the process has exited, and its id may be reused.
    fn disarm(mut self) {
        self.0 = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(leader) = self.0 {
            let _ = kill_process_group(leader, Signal::KILL);
        }
    }
}
