//! Reading templates from files and standard input: the only I/O of this module.

use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::domain::diagnostic::{Code, Diagnostic};
use crate::files::config::FILE_NAME;
use crate::files::folder;
use crate::files::text::{read_file, read_stream, unreadable};

use super::{TemplateInput, detection};

const EXTENSIONS: &[&str] = &["yaml", "yml", "json"];

/// Templates to read, and what was found beside them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FoundTemplates {
    /// The templates.
    pub inputs: Vec<TemplateInput>,
    /// The files that cannot be read.
    pub rejected: Vec<Diagnostic>,
    /// Notes about files that are no templates.
    pub notes: Vec<Diagnostic>,
    /// The files are those of a folder, which may hold several stacks.
    pub separate_stacks: bool,
}

/// Reads templates for a command that only reads: files, standard input (`-`), and folders with all folders below them. What a
/// `.gitignore` excludes and hidden files are left out, and files that are no templates are passed over.
///
/// # Errors
/// Nothing could be read: each path with the reason.
pub fn find_inputs(paths: &[PathBuf], stdin: &mut dyn Read) -> Result<FoundTemplates, Vec<Diagnostic>> {
    let mut found = FoundTemplates::default();
    for path in paths.iter().filter(|path| !path.is_dir()) {
        match read_inputs(std::slice::from_ref(path), stdin) {
            Ok(inputs)
                if inputs.iter().all(|one| one.file != "-" || found.inputs.iter().all(|other| other.file != "-")) =>
            {
                found.inputs.extend(inputs);
            }
            Ok(_) => found.rejected.push(stdin_twice()),
            Err(problems) => found.rejected.extend(problems),
        }
    }
    for folder in paths.iter().filter(|path| path.is_dir()) {
        found.separate_stacks = true;
        let (files, errors) = folder::unignored_files_below(folder, may_be_template);
        let unread = errors.iter().map(|problem| unreadable(&problem.path.display().to_string(), &problem.error));
        found.rejected.extend(unread);
        let before = found.inputs.len();
        let mut passed_over = 0;
        for file in files {
            match read_file(&file) {
                Ok(text) if detection::is_template(&file, &text) => {
                    found.inputs.push(TemplateInput { file: shown(&file), text });
                }
                Ok(_) => passed_over += 1,
                // Neither can be a template.
                Err(problem) if matches!(problem.code, Code::NotUtf8 | Code::FileTooLarge) => passed_over += 1,
                Err(problem) => found.rejected.push(*problem),
            }
        }
        let name = folder.display();
        if found.inputs.len() == before && errors.is_empty() {
            let others = match passed_over {
                0 => String::new(),
                number => format!(", only {number} other YAML or JSON file(s)"),
            };
            let problem =
                Diagnostic::error(Code::NoTemplates, format!("the folder `{name}` contains no templates{others}"));
            let hint =
                "name templates *.yaml, *.yml, *.json or *.template; files that .gitignore excludes are not read";
            found.rejected.push(problem.hint(hint));
        } else if passed_over > 0 {
            let message =
                format!("{passed_over} YAML or JSON file(s) in `{name}` are not templates and were passed over");
            found.notes.push(
                Diagnostic::note(Code::PassedOver, message).hint("use -f FILE to read one of them as a template"),
            );
        }
    }
    let mut seen = BTreeSet::new();
    found.inputs.retain(|input| seen.insert(input.file.clone()));
    if found.inputs.is_empty() { Err(found.rejected) } else { Ok(found) }
}

/// The name of a file below a folder: `./a.yaml` is `a.yaml`.
fn shown(file: &Path) -> String {
    file.strip_prefix(".").unwrap_or(file).display().to_string()
}

fn stdin_twice() -> Diagnostic {
    Diagnostic::error(Code::StdinTwice, "standard input is given twice").hint("use `-` only once")
}

/// Reads files, folders (their `*.yaml`, `*.yml` and `*.json`, sorted by name, without the project's
/// own configuration) and standard input (`-`).
///
/// # Errors
/// Every path that cannot be read, with a hint.
pub fn read_inputs(paths: &[PathBuf], stdin: &mut dyn Read) -> Result<Vec<TemplateInput>, Vec<Diagnostic>> {
    let mut inputs = Vec::new();
    let mut problems = Vec::new();
    let mut stdin_read = false;
    for path in paths {
        if path.as_os_str() == "-" {
            if stdin_read {
                problems.push(stdin_twice());
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
        let message = format!("the folder `{name}` contains no templates");
        let hint = "name templates *.yaml, *.yml or *.json; subfolders are not searched";
        return Err(Box::new(Diagnostic::error(Code::NoTemplates, message).hint(hint)));
    }
    Ok(files)
}

/// True for the files of a folder that are looked at by [`find_inputs`]; the last ending is that of older templates.
fn may_be_template(path: &Path) -> bool {
    is_template(path) || path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("template"))
}

fn is_template(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    !name.starts_with('.') && name != FILE_NAME && EXTENSIONS.iter().any(|known| extension.eq_ignore_ascii_case(known))
}
