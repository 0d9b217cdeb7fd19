//! The policies, waivers and scan engines of a command: the project's, and those added by flags.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::project_file;
use crate::cli::GlobalArgs;
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::finding::Severity;
use crate::domain::project::EngineName;
use crate::engines::policy_process::PolicySubprocess;
use crate::engines::{self, GuardRules};
use crate::files::folder::{self, FolderError};
use crate::files::{policies as policy_files, text, waivers as waiver_files};
use crate::outcome::{Failure, Outcome};
use crate::pipeline::evaluate::Engines;
use crate::policy::{CompileError, Packs, PolicySet, PolicySource, Waivers};
use crate::workspace::Workspace;

/// Compiles the built-in policies, the project's and those of further folders.
pub fn policies(
    workspace: &Workspace,
    folders: &[PathBuf],
    packs: &[String],
    engines: &[EngineName],
) -> Result<PolicySet, Failure> {
    let folders = policy_folders(workspace, folders);
    let own = policy_sources(folders.iter().map(PathBuf::as_path))?;
    // A misspelled folder must not look like one whose policies pass. cfn-guard reports missing rules itself.
    let has_policies = |folder: &&PathBuf| own.iter().any(|source| Path::new(&source.path).starts_with(folder));
    let is_for_guard = engine_names(workspace, engines).contains(&EngineName::CfnGuard);
    if let Some(empty) = folders.iter().find(|folder| !is_for_guard && !has_policies(folder)) {
        let problem = Diagnostic::error(Code::NoPolicies, format!("{} has no policies", empty.display()));
        let hint = "policies are *.rego files in the folder or its subfolders; check --policies, or policies.dirs in stagegate.yaml";
        return Err(Failure::usage(vec![problem.hint(hint)]));
    }
    let names: Vec<String> = folders.iter().map(|folder| folder.display().to_string()).collect();
    let process = PolicySubprocess::new(format!("the policies of {}", names.join(" and ")));
    let set = PolicySet::isolated(&own, Arc::new(process)).map_err(|error| unusable(&error))?;
    let mut known: Vec<&str> = set.list().map(|policy| policy.pack.as_str()).collect();
    known.sort_unstable();
    known.dedup();
    if let Some(wrong) = packs.iter().find(|pack| *pack != "all" && !known.contains(&pack.as_str())) {
        let problem = Diagnostic::error(Code::UnknownPack, format!("unknown policy pack `{wrong}`"));
        return Err(Failure::usage(vec![problem.hint(format!("use one of {}, all", known.join(", ")))]));
    }
    Ok(if packs.is_empty() { set } else { set.with_packs(Packs::parse(packs.iter().map(String::as_str))) })
}

/// Returns the failure for policies that are invalid or could not be run. It is not a usage error: the scan could not run.
pub fn unusable(error: &CompileError) -> Failure {
    Failure::new(Outcome::Error, error.diagnostic())
}

/// Compiles the policies of a gate. While one of them is invalid, the gate blocks every plan.
pub fn gate_policies(workspace: &Workspace) -> Result<PolicySet, Failure> {
    policies(workspace, &[], &[], &[]).map_err(|failure| match failure.outcome {
        Outcome::Error => Failure { outcome: Outcome::Blocked, ..failure },
        _ => failure,
    })
}

/// Reads the waivers from the given file, or otherwise from the project's; none if neither is given.
pub fn waivers(workspace: &Workspace, file: Option<&Path>) -> Result<Waivers, Failure> {
    let configured = workspace.project().policies.waivers.as_deref();
    let Some((path, text)) = project_file::read(workspace, "policies.waivers", configured, file)? else {
        return Ok(Waivers::default());
    };
    waiver_files::parse(&path.display().to_string(), &text)
        .map_err(|error| Failure::usage(vec![Diagnostic { code: Code::InvalidWaivers, ..error.diagnostic() }]))
}

/// Returns the given engines, or otherwise the project's, with the Guard rules of the project's policy folders
/// and of further ones.
pub fn engines(
    workspace: &Workspace,
    names: &[EngineName],
    folders: &[PathBuf],
    global: &GlobalArgs,
) -> Result<Engines, Failure> {
    let names = engine_names(workspace, names);
    let mut rules = Vec::new();
    if names.contains(&EngineName::CfnGuard) {
        for folder in policy_folders(workspace, folders) {
            let files = files_below(&folder, "guard")?.into_iter();
            rules.extend(files.map(|(path, text)| GuardRules { path, text }));
        }
    }
    Ok(engines::engines(names, rules, global.timeout))
}

/// Returns the given engines, or otherwise the project's.
fn engine_names<'a>(workspace: &'a Workspace, names: &'a [EngineName]) -> &'a [EngineName] {
    if names.is_empty() { &workspace.project().policies.engines } else { names }
}

/// Returns the project's policy folders and further ones. A folder that both the configuration and a flag
/// name is read once.
fn policy_folders(workspace: &Workspace, folders: &[PathBuf]) -> Vec<PathBuf> {
    let configured = workspace.project().policies.dirs.iter().map(|dir| workspace.project_path(dir));
    let mut seen = BTreeSet::new();
    let named = configured.chain(folders.iter().cloned());
    named.filter(|folder| seen.insert(folder.canonicalize().unwrap_or_else(|_| folder.clone()))).collect()
}

/// Reads the policies in the user's folders.
pub fn policy_sources<'a>(folders: impl Iterator<Item = &'a Path>) -> Result<Vec<PolicySource>, Failure> {
    let mut sources = Vec::new();
    for folder in folders {
        for (path, text) in files_below(folder, "rego")? {
            // An invalid policy is not a usage error: the scan could not run.
            let source = policy_files::source(&path.display().to_string(), text)
                .map_err(|error| Failure::new(Outcome::Error, error.diagnostic()))?;
            sources.push(source);
        }
    }
    Ok(sources)
}

/// Reads the files with an extension in a policy folder and below it, sorted by path.
fn files_below(folder: &Path, extension: &str) -> Result<Vec<(PathBuf, String)>, Failure> {
    let files = folder::files_below(folder, |path| path.extension().is_some_and(|found| found == extension));
    let read = |path: PathBuf| match text::read_file(&path) {
        Ok(text) => Ok((path, text)),
        Err(problem) => Err(Failure::usage(vec![Diagnostic { code: UNREADABLE_POLICIES, ..*problem }])),
    };
    files.map_err(|problem| unreadable_policies(&problem))?.into_iter().map(read).collect()
}

const UNREADABLE_POLICIES: Code = Code::UnreadablePolicies;

/// Returns the failure for a policy folder that cannot be listed.
pub fn unreadable_policies(problem: &FolderError) -> Failure {
    let problem = Diagnostic::error(UNREADABLE_POLICIES, problem.to_string());
    Failure::usage(vec![problem.hint("check --policies, or policies.dirs in stagegate.yaml")])
}

/// Returns the severity of `--fail-on`, or otherwise the project's.
pub fn severity(word: Option<&str>, workspace: &Workspace) -> Result<Severity, Failure> {
    let Some(word) = word else { return Ok(workspace.project().policies.fail_on) };
    word.parse().map_err(|_| {
        let problem = Diagnostic::error(Code::BadSeverity, format!("`{word}` is not a severity"));
        Failure::usage(vec![problem.hint("use critical, high, medium, low or info")])
    })
}
