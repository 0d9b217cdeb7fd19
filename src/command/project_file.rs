//! Files that a flag names, else the project.

use std::path::{Path, PathBuf};

use crate::files::text;
use crate::outcome::Failure;
use crate::workspace::Workspace;

/// The path and text of the file that a flag names, else of the one that the project has under `key`; `None` where
/// neither names one.
///
/// # Errors
/// The file cannot be read; one that no flag names is said to be the project's.
pub fn read(
    workspace: &Workspace,
    key: &str,
    configured: Option<&str>,
    flag: Option<&Path>,
) -> Result<Option<(PathBuf, String)>, Failure> {
    let configured = configured.map(|path| workspace.project_path(path));
    let Some(path) = flag.map(Path::to_path_buf).or(configured) else { return Ok(None) };
    match text::read_file(&path) {
        Ok(text) => Ok(Some((path, text))),
        Err(mut problem) => {
            if flag.is_none() {
                problem.message = format!("`{key}` of the project: {}", problem.message);
            }
            Err(Failure::usage(vec![*problem]))
        }
    }
}
