//! Finds and reads the project file.

use std::path::{Path, PathBuf};

use super::folders::current_folder;
use crate::cli::GlobalArgs;
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::project::Project;
use crate::files::{config, text};
use crate::outcome::Failure;

/// The project file's project, or the embedded cloud's.
pub(super) fn load_project(global: &GlobalArgs, sandbox: bool) -> Result<Option<(Project, PathBuf)>, Failure> {
    Ok(find_project(global)?.or_else(|| sandbox.then(|| (Project::sandbox(), current_folder()))))
}

/// What a run is told that needs a project and has none.
pub fn no_project() -> Failure {
    let problem = Diagnostic::error(Code::NoProject, format!("there is no {} here or in a folder above", config::FILE_NAME))
        .hint("write one that names your dev and prod accounts, name one with --config, or try the embedded cloud with --sandbox");
    Failure::usage(vec![problem])
}

/// The region that the AWS tools would take.
pub(super) fn region_outside() -> String {
    let named = ["AWS_REGION", "AWS_DEFAULT_REGION"].into_iter().filter_map(|name| std::env::var(name).ok());
    named.map(|region| region.trim().to_owned()).find(|region| !region.is_empty()).unwrap_or("us-east-1".to_owned())
}

/// The project that the user is in, with the folder that its paths are relative to; `None` where
/// there is no project file. Nothing else is looked at.
///
/// # Errors
/// A project file that cannot be read, or a bad one.
pub fn find_project(global: &GlobalArgs) -> Result<Option<(Project, PathBuf)>, Failure> {
    let here = current_folder();
    let Some(file) = global.config.clone().or_else(|| config::discover(&here)) else { return Ok(None) };
    let shown = shown_path(&file, &here);
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

/// A path as short as it can be said from here.
fn shown_path(path: &Path, here: &Path) -> String {
    path.strip_prefix(here).unwrap_or(path).display().to_string()
}
