//! Reading templates from disk and standard input: the only I/O of this room's templates.

use std::io::Read;
use std::path::{Path, PathBuf};

use crate::domain::diagnostic::{Code, Diagnostic};
use crate::files::config::FILE_NAME;
use crate::files::folder;
use crate::files::text::{read_file, read_stream, unreadable};

use super::TemplateInput;

const EXTENSIONS: &[&str] = &["yaml", "yml", "json"];

/// Reads files, folders (their `*.yaml`, `*.yml` and `*.json`, sorted by name, without the project's
/// own configuration) and standard input (`-`).
///
/// # Errors
/// Every path that cannot be read, with what to do about it.
pub fn read_inputs(paths: &[PathBuf], stdin: &mut dyn Read) -> Result<Vec<TemplateInput>, Vec<Diagnostic>> {
    let mut inputs = Vec::new();
    let mut problems = Vec::new();
    let mut stdin_read = false;
    for path in paths {
        if path.as_os_str() == "-" {
            if stdin_read {
                problems.push(
                    Diagnostic::error(Code::StdinTwice, "standard input is named twice").hint("give `-` once only"),
                );
                continue;
            }
            stdin_read = true;
            match read_stream("-", stdin) {
                Ok(text) => inputs.push(TemplateInput { file: "-".to_owned(), text }),
                Err(problem) => problems.push(*problem),
            }
        } else if path.is_dir() {
            match list(path) {
                Ok(files) => files.iter().for_each(|file| add(file, &mut inputs, &mut problems)),
                Err(problem) => problems.push(*problem),
            }
        } else {
            add(path, &mut inputs, &mut problems);
        }
    }
    if problems.is_empty() { Ok(inputs) } else { Err(problems) }
}

fn add(path: &Path, inputs: &mut Vec<TemplateInput>, problems: &mut Vec<Diagnostic>) {
    match read_file(path) {
        Ok(text) => inputs.push(TemplateInput { file: path.display().to_string(), text }),
        Err(problem) => problems.push(*problem),
    }
}

/// The template files of a folder, sorted.
fn list(path: &Path) -> Result<Vec<PathBuf>, Box<Diagnostic>> {
    let name = path.display().to_string();
    let files = folder::files_in(path, is_template)
        .map_err(|problem| unreadable(&problem.path.display().to_string(), &problem.error))?;
    if files.is_empty() {
        let message = format!("the folder `{name}` has no templates");
        let hint = "templates end in .yaml, .yml or .json; folders below it are not searched";
        return Err(Box::new(Diagnostic::error(Code::NoTemplates, message).hint(hint)));
    }
    Ok(files)
}

fn is_template(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    !name.starts_with('.') && name != FILE_NAME && EXTENSIONS.iter().any(|known| extension.eq_ignore_ascii_case(known))
}
