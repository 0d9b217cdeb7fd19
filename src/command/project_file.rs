//! Files that a flag or the project names.

use std::path::{Path, PathBuf};

use crate::files::text;
use crate::outcome::Failure;
use crate::workspace::Workspace;

/// Reads the file that a flag names, or otherwise the one that the project has under `key`. Returns its path and
/// text; `None` if neither names a file.
///
/// # Errors
/// The file cannot be read. The message says whether the project named it.
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
