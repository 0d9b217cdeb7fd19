//! Finds and reads the project file.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::folders::current_folder;
use crate::cli::GlobalArgs;
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::project::Project;
use crate::files::{config, text};
use crate::outcome::Failure;

/// Returns the project of the project file, or otherwise the built-in project of the sandbox.
pub(super) fn load_project(global: &GlobalArgs, sandbox: bool) -> Result<Option<(Project, PathBuf)>, Failure> {
    Ok(find_project(global)?.or_else(|| sandbox.then(|| (Project::sandbox(), current_folder()))))
}

/// Returns the failure of a run that needs a project but has none.
pub fn no_project() -> Failure {
    let problem = Diagnostic::error(
        Code::NoProject,
        format!("no {} found in the current folder or its parent folders", config::FILE_NAME),
    )
    .hint("write one with `stagegate init`, specify one with --config, or use the sandbox with --sandbox");
    Failure::usage(vec![problem])
}

/// Returns the Region that AWS tools would use.
pub(super) fn default_region() -> String {
    let named = ["AWS_REGION", "AWS_DEFAULT_REGION"].into_iter().filter_map(|name| std::env::var(name).ok());
    named.map(|region| region.trim().to_owned()).find(|region| !region.is_empty()).unwrap_or("us-east-1".to_owned())
}

/// Returns the project file that is used, if there is one.
pub fn project_file(global: &GlobalArgs) -> Option<PathBuf> {
    global.config.clone().or_else(|| config::discover(&current_folder()))
}

/// Finds the user's project and the base folder of its relative paths; `None` if there is no project file.
///
/// # Errors
/// The project file cannot be read or is invalid.
pub fn find_project(global: &GlobalArgs) -> Result<Option<(Project, PathBuf)>, Failure> {
    let here = current_folder();
    let Some(file) = project_file(global) else { return Ok(None) };
    let shown = shown_path(&file, &here);
    if global.config.is_none() {
        trusted(&file, &shown)?;
    }
    let text = text::read_file(&file).map_err(|problem| {
        let message = format!("the project file {shown} cannot be read: {}", problem.message);
        let problem = Diagnostic { code: Code::UnreadableConfig, message, ..*problem };
        let hint = format!("check --config or STAGEGATE_CONFIG: {}", problem.hint.clone().unwrap_or_default());
        Failure::usage(vec![problem.hint(hint)])
    })?;
    let project = config::parse(&shown, &text).map_err(Failure::usage)?;
    let root = file.parent().map(Path::to_path_buf).unwrap_or_default();
    Ok(Some((project, here.join(root))))
}

/// Rejects a project file that others can change: it decides about accounts, thresholds and policies. Symbolic links are
/// followed.
fn trusted(file: &Path, shown: &str) -> Result<(), Failure> {
    let Ok(found) = std::fs::metadata(file) else { return Ok(()) };
    let user = rustix::process::geteuid().as_raw();
    let what = if found.uid() != user {
        format!("belongs to another user (uid {})", found.uid())
    } else if found.mode() & 0o002 != 0 {
        "can be written by every user".to_owned()
    } else {
        return Ok(());
    };
    let problem = Diagnostic::error(Code::UntrustedConfig, format!("the project file {shown} {what}; it is not used"))
        .hint(format!("check its content, then name it: --config {}", file.display()));
    Err(Failure::usage(vec![problem]))
}

/// Returns the path relative to the current folder, if it is inside it.
fn shown_path(path: &Path, here: &Path) -> String {
    path.strip_prefix(here).unwrap_or(path).display().to_string()
}
