//! What several commands read: templates, policies, `KEY=VALUE` words.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::cli::GlobalArgs;
use crate::domain::diagnostic::{Diagnostic, Level};
use crate::domain::environment::EngineName;
use crate::domain::finding::Severity;
use crate::domain::intrinsics::Pseudo;
use crate::domain::pointer;
use crate::domain::resource::{DesiredResource, SourceMap};
use crate::domain::tags::{self, Tags};
use crate::engines::{self, GuardRules};
use crate::estimate::{EstimateInput, Usage, unmatched_usage};
use crate::files::folder::{self, FolderError};
use crate::files::template::{self, LoadedTemplate, TemplateContext, TemplateInput};
use crate::files::yaml::{self, Node};
use crate::files::{text, usage};
use crate::outcome::{Failure, Outcome};
use crate::pipeline::evaluate::Engines;
use crate::pipeline::load::{self, Loaded};
use crate::policy::{Packs, PolicySet, PolicySource, Waivers, builtin};
use crate::run::Run;
use crate::workspace::Workspace;

/// The parts of a template command.
pub struct TemplateRequest<'a> {
    /// `--param`.
    pub parameters: &'a [String],
    /// `--set`.
    pub sets: &'a [String],
    /// Account and region, as far as they are known.
    pub pseudo: Pseudo,
    /// See [`TemplateContext::for_reading`].
    pub for_reading: bool,
}

/// Reads templates, `-` from standard input. That may wait for as long as whoever writes it does, so it
/// keeps no thread from noticing a signal.
pub async fn read_templates(files: &[PathBuf]) -> Result<Vec<TemplateInput>, Failure> {
    let files = files.to_vec();
    let reading = tokio::task::spawn_blocking(move || template::read_inputs(&files, &mut std::io::stdin()));
    match reading.await {
        Ok(read) => read.map_err(Failure::usage),
        Err(stopped) => Err(Failure::new(
            Outcome::Error,
            Diagnostic::error("internal", format!("the templates could not be read: {stopped}")),
        )),
    }
}

/// Reads what templates say and checks it against the schemas.
pub fn load_template(
    inputs: &[TemplateInput],
    request: &TemplateRequest<'_>,
) -> Result<(Loaded, Vec<Diagnostic>), Failure> {
    checked(resolved(inputs, request)?, request)
}

/// As [`load_template`], for an environment: types that the registry does not know are learned there.
pub async fn load_template_for(
    run: &Run,
    environment: &str,
    inputs: &[TemplateInput],
    request: &TemplateRequest<'_>,
) -> Result<(Loaded, Vec<Diagnostic>), Failure> {
    let resolved = resolved(inputs, request)?;
    let types = resolved.resources.iter().map(|resource| resource.type_name.as_str());
    let undescribed = run.learn_types(&[environment], types).await;
    checked(resolved, request).map_err(|failure| failure.and(undescribed))
}

fn resolved(inputs: &[TemplateInput], request: &TemplateRequest<'_>) -> Result<LoadedTemplate, Failure> {
    let context = TemplateContext {
        parameters: pairs(request.parameters, "--param")?.into_iter().collect(),
        pseudo: request.pseudo.clone(),
        sets: pairs(request.sets, "--set")?,
        for_reading: request.for_reading,
    };
    template::load(inputs, &context).map_err(Failure::usage)
}

fn checked(loaded: LoadedTemplate, request: &TemplateRequest<'_>) -> Result<(Loaded, Vec<Diagnostic>), Failure> {
    let mut diagnostics = loaded.diagnostics;
    let check = if request.for_reading { load::check_for_reading } else { load::check };
    let checked = check(loaded.resources, loaded.secrets).map_err(Failure::usage)?;
    diagnostics.extend(checked.notes.iter().cloned());
    Ok((checked, diagnostics))
}

/// One resource that the command line describes: a type, and properties as JSON, or `@FILE`.
pub fn given_resource(type_name: &str, properties: Option<&str>) -> Result<(Loaded, Vec<Diagnostic>), Failure> {
    let (file, text) = match properties.map(|text| (text, text.strip_prefix('@'))) {
        None => ("--properties".to_owned(), "{}".to_owned()),
        Some((_, Some(path))) => {
            (path.to_owned(), text::read_file(path.as_ref()).map_err(|problem| Failure::usage(vec![*problem]))?)
        }
        Some((text, None)) => ("--properties".to_owned(), text.to_owned()),
    };
    let node = yaml::parse(&file, &text).map_err(Failure::usage)?;
    if node.entries().is_none() {
        let problem = Diagnostic::error("bad-properties", format!("the properties are {}, not an object", node.kind()));
        let hint = "write --properties '{\"Name\": \"value\"}', or @FILE for a file's text";
        return Err(Failure::usage(vec![problem.at(Some(node.location)).hint(hint)]));
    }
    let mut source = SourceMap::default();
    source.resource = Some(node.location.clone());
    locate(&node, "", &mut source);
    let resource = DesiredResource {
        logical_id: "Resource".to_owned(),
        type_name: type_name.to_owned(),
        properties: node.to_value(),
        depends_on: Vec::new(),
        metadata: serde_json::Value::Null,
        file,
        source,
    };
    let checked = load::check_incomplete(resource).map_err(Failure::usage)?;
    let notes = checked.notes.clone();
    Ok((checked, notes))
}

/// Records where every value of a document was written.
fn locate(node: &Node, at: &str, source: &mut SourceMap) {
    let entries =
        node.entries().into_iter().flatten().map(|entry| (entry.key.clone(), &entry.key_location, &entry.value));
    let items = node.items().into_iter().flatten().enumerate();
    let items = items.map(|(index, item)| (index.to_string(), &item.location, item));
    for (key, place, value) in entries.chain(items) {
        let pointer = pointer::join(at, &key);
        source.insert(pointer.clone(), place.clone());
        locate(value, &pointer, source);
    }
}

/// `KEY=VALUE` words in their order.
pub fn pairs(words: &[String], flag: &str) -> Result<Vec<(String, String)>, Failure> {
    words
        .iter()
        .map(|word| match word.split_once('=') {
            Some((key, value)) if !key.trim().is_empty() => Ok((key.trim().to_owned(), value.to_owned())),
            _ => {
                let problem = Diagnostic::error("bad-pair", format!("`{flag} {word}` has no `=`"));
                Err(Failure::usage(vec![problem.hint(format!("write {flag} KEY=VALUE"))]))
            }
        })
        .collect()
}

/// `--tag` words.
///
/// Those that stagegate keeps its own books with are refused.
pub fn tags(words: &[String]) -> Result<Tags, Failure> {
    let tags = pairs(words, "--tag")?.into_iter().collect::<BTreeMap<_, _>>();
    if let Some(key) = tags.keys().find(|key| tags::OWN_KEYS.contains(&key.as_str())) {
        let problem = Diagnostic::error("reserved-tag", format!("`{key}` is a tag that stagegate writes itself"));
        return Err(Failure::usage(vec![problem.hint("choose another key")]));
    }
    Ok(tags)
}

/// The built-in policies, the project's and those of further folders.
pub fn policies(
    workspace: &Workspace,
    folders: &[PathBuf],
    packs: &[String],
    engines: &[EngineName],
) -> Result<PolicySet, Failure> {
    let folders = policy_folders(workspace, folders);
    let own = policy_sources(folders.iter().map(PathBuf::as_path))?;
    // A folder that was misspelt must not look like one whose policies pass. Guard says so of its own rules.
    let has_policies = |folder: &&PathBuf| own.iter().any(|source| Path::new(&source.path).starts_with(folder));
    let is_for_guard = engine_names(workspace, engines).contains(&EngineName::CfnGuard);
    if let Some(empty) = folders.iter().find(|folder| !is_for_guard && !has_policies(folder)) {
        let problem = Diagnostic::error("no-policies", format!("{} has no policies", empty.display()));
        let hint = "policies are *.rego files, in it or below; check --policies, or policies.dirs in stagegate.yaml";
        return Err(Failure::usage(vec![problem.hint(hint)]));
    }
    let mut sources = builtin::sources();
    sources.extend(own);
    let set = PolicySet::compile(sources).map_err(|error| {
        // A broken policy is no bad flag: the scan could not be made.
        Failure::new(Outcome::Error, error.diagnostic())
    })?;
    let mut known: Vec<&str> = set.list().map(|policy| policy.pack.as_str()).collect();
    known.sort_unstable();
    known.dedup();
    if let Some(wrong) = packs.iter().find(|pack| *pack != "all" && !known.contains(&pack.as_str())) {
        let problem = Diagnostic::error("unknown-pack", format!("there is no policy pack `{wrong}`"));
        return Err(Failure::usage(vec![problem.hint(format!("packs: {}, all", known.join(", ")))]));
    }
    Ok(if packs.is_empty() { set } else { set.with_packs(Packs::parse(packs.iter().map(String::as_str))) })
}

/// The policies of a gate: while one is broken, nothing may pass.
pub fn gate_policies(workspace: &Workspace) -> Result<PolicySet, Failure> {
    policies(workspace, &[], &[], &[]).map_err(|failure| match failure.outcome {
        Outcome::Error => Failure { outcome: Outcome::Blocked, ..failure },
        _ => failure,
    })
}

/// The waivers of a file: the one named, else the project's, else none.
pub fn waivers(workspace: &Workspace, file: Option<&Path>) -> Result<Waivers, Failure> {
    let configured = workspace.project().policies.waivers.as_ref().map(|path| workspace.project_path(path));
    let Some(path) = file.map(Path::to_path_buf).or(configured) else { return Ok(Waivers::default()) };
    let text = text::read_file(&path).map_err(|problem| of_project("policies.waivers", file, *problem))?;
    Waivers::parse(&path.display().to_string(), &text)
        .map_err(|error| Failure::usage(vec![Diagnostic { code: "invalid-waivers", ..error.diagnostic() }]))
}

/// A file that cannot be read; one that no flag names is the project's.
fn of_project(key: &str, named: Option<&Path>, mut problem: Diagnostic) -> Failure {
    if named.is_none() {
        problem.message = format!("`{key}` of the project: {}", problem.message);
    }
    Failure::usage(vec![problem])
}

/// What resources use in a month: the file named, else the project's, else nothing.
pub fn usage(workspace: &Workspace, file: Option<&Path>) -> Result<Usage, Failure> {
    let configured = workspace.project().usage.as_ref().map(|path| workspace.project_path(path));
    let Some(path) = file.map(Path::to_path_buf).or(configured) else { return Ok(Usage::default()) };
    let text = text::read_file(&path).map_err(|problem| of_project("usage", file, *problem))?;
    let here = std::env::current_dir().unwrap_or_default();
    let shown = path.strip_prefix(&here).unwrap_or(&path).display().to_string();
    usage::parse(&shown, &text).map_err(Failure::usage)
}

/// A resource of a template as the estimate sees it.
pub fn template_input<'a>(resource: &'a DesiredResource, region: &'a str) -> EstimateInput<'a> {
    EstimateInput {
        file: Some(&resource.file),
        logical_id: Some(&resource.logical_id),
        identifier: None,
        type_name: &resource.type_name,
        region,
        properties: &resource.properties,
    }
}

/// Refuses usage of keys that a resource does not have; says what the usage of `file`, else of the
/// project, is given for and is not here.
pub fn check_usage(
    usage: &Usage,
    inputs: &[EstimateInput<'_>],
    file: Option<&Path>,
) -> Result<Vec<Diagnostic>, Failure> {
    let (wrong, unmatched): (Vec<_>, Vec<_>) =
        usage.check(inputs).into_iter().partition(|problem| problem.level == Level::Error);
    match wrong.is_empty() {
        false => Err(Failure::usage(wrong)),
        true if file.is_some() => Ok(unmatched),
        // The project's file speaks of all its resources, and a plan is of some.
        true => Ok(unmatched_usage(&unmatched).into_iter().collect()),
    }
}

/// The engines named, else the project's, with the Guard rules of the project's policy folders and
/// of further ones.
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

/// The engines named, else the project's.
fn engine_names<'a>(workspace: &'a Workspace, names: &'a [EngineName]) -> &'a [EngineName] {
    if names.is_empty() { &workspace.project().policies.engines } else { names }
}

/// The project's policy folders and further ones. A folder that is named twice, by the configuration
/// and by a flag, is read once.
fn policy_folders(workspace: &Workspace, folders: &[PathBuf]) -> Vec<PathBuf> {
    let configured = workspace.project().policies.dirs.iter().map(|dir| workspace.project_path(dir));
    let mut seen = BTreeSet::new();
    let named = configured.chain(folders.iter().cloned());
    named.filter(|folder| seen.insert(folder.canonicalize().unwrap_or_else(|_| folder.clone()))).collect()
}

/// The policies in folders of the user's.
pub fn policy_sources<'a>(folders: impl Iterator<Item = &'a Path>) -> Result<Vec<PolicySource>, Failure> {
    let mut sources = Vec::new();
    for folder in folders {
        let files = files_below(folder, "rego")?.into_iter();
        sources.extend(files.map(|(path, text)| PolicySource::project(path.display().to_string(), text)));
    }
    Ok(sources)
}

/// The files with an extension in a folder of policies and below, with their texts, sorted.
fn files_below(folder: &Path, extension: &str) -> Result<Vec<(PathBuf, String)>, Failure> {
    let files = folder::files_below(folder, |path| path.extension().is_some_and(|found| found == extension));
    let read = |path: PathBuf| match text::read_file(&path) {
        Ok(text) => Ok((path, text)),
        Err(problem) => Err(Failure::usage(vec![Diagnostic { code: UNREADABLE_POLICIES, ..*problem }])),
    };
    files.map_err(|problem| unreadable_policies(&problem))?.into_iter().map(read).collect()
}

const UNREADABLE_POLICIES: &str = "unreadable-policies";

/// A policy folder that cannot be listed.
pub fn unreadable_policies(problem: &FolderError) -> Failure {
    let problem = Diagnostic::error(UNREADABLE_POLICIES, problem.to_string());
    Failure::usage(vec![problem.hint("check --policies, or policies.dirs in stagegate.yaml")])
}

/// `--fail-on` of a scan, or the project's.
pub fn severity(word: Option<&str>, workspace: &Workspace) -> Result<Severity, Failure> {
    let Some(word) = word else { return Ok(workspace.project().policies.fail_on) };
    word.parse().map_err(|_| {
        let problem = Diagnostic::error("bad-severity", format!("`{word}` is not a severity"));
        Failure::usage(vec![problem.hint("critical, high, medium, low or info")])
    })
}
