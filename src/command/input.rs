//! What several commands read: templates, policies, `KEY=VALUE` words.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::domain::diagnostic::Diagnostic;
use crate::domain::finding::Severity;
use crate::domain::intrinsics::Pseudo;
use crate::domain::policy::{Packs, PolicySet, PolicySource, Waivers, builtin};
use crate::domain::tags::{self, Tags};
use crate::files::template::{self, TemplateContext};
use crate::files::text;
use crate::outcome::{Failure, Outcome};
use crate::pipeline::load::{self, Loaded};
use crate::session::Session;

/// The parts of a template command.
pub struct TemplateRequest<'a> {
    /// Paths.
    pub files: &'a [PathBuf],
    /// `--param`.
    pub parameters: &'a [String],
    /// `--set`.
    pub sets: &'a [String],
    /// Account and region, as far as they are known.
    pub pseudo: Pseudo,
}

/// Reads templates and checks them against their schemas.
pub fn load_template(request: &TemplateRequest<'_>) -> Result<(Loaded, Vec<Diagnostic>), Failure> {
    let inputs = template::read_inputs(request.files, &mut std::io::stdin()).map_err(Failure::usage)?;
    let context = TemplateContext {
        parameters: pairs(request.parameters, "--param")?.into_iter().collect(),
        pseudo: request.pseudo.clone(),
        sets: pairs(request.sets, "--set")?,
    };
    let loaded = template::load(&inputs, &context).map_err(Failure::usage)?;
    let mut diagnostics = loaded.diagnostics;
    let checked = load::check(loaded.resources, loaded.secrets).map_err(Failure::usage)?;
    diagnostics.extend(checked.notes.iter().cloned());
    Ok((checked, diagnostics))
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
pub fn policies(session: &Session, folders: &[PathBuf], packs: &[String]) -> Result<PolicySet, Failure> {
    let mut sources = builtin::sources();
    let configured: Vec<PathBuf> =
        session.project().policies.dirs.iter().map(|dir| session.project_path(dir)).collect();
    sources.extend(policy_sources(configured.iter().chain(folders).map(PathBuf::as_path))?);
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
pub fn gate_policies(session: &Session) -> Result<PolicySet, Failure> {
    policies(session, &[], &[]).map_err(|failure| match failure.outcome {
        Outcome::Error => Failure { outcome: Outcome::Blocked, ..failure },
        _ => failure,
    })
}

/// The waivers of a file: the one named, else the project's, else none.
pub fn waivers(session: &Session, file: Option<&Path>) -> Result<Waivers, Failure> {
    let configured = session.project().policies.waivers.as_ref().map(|path| session.project_path(path));
    let Some(file) = file.map(Path::to_path_buf).or(configured) else { return Ok(Waivers::default()) };
    let text = text::read_file(&file).map_err(|problem| Failure::usage(vec![*problem]))?;
    Waivers::parse(&file.display().to_string(), &text).map_err(|error| Failure::usage(vec![error.diagnostic()]))
}

/// The policies in folders of the user's. A folder that is named twice, by the configuration and by a
/// flag, is read once.
pub fn policy_sources<'a>(folders: impl Iterator<Item = &'a Path>) -> Result<Vec<PolicySource>, Failure> {
    let mut seen = BTreeSet::new();
    let once = |folder: &&Path| seen.insert(std::fs::canonicalize(folder).unwrap_or_else(|_| folder.to_path_buf()));
    let read: Result<Vec<_>, _> = folders.filter(once).map(read_policies).collect();
    Ok(read?.into_iter().flatten().collect())
}

fn read_policies(folder: &Path) -> Result<Vec<PolicySource>, Failure> {
    let unreadable = |path: &Path, error: std::io::Error| {
        let problem = Diagnostic::error("unreadable-policies", format!("{} cannot be read: {error}", path.display()));
        Failure::usage(vec![problem.hint("check --policies, or policies.dirs in stagegate.yaml")])
    };
    let mut sources = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(at) = open.pop() {
        let entries = std::fs::read_dir(&at).map_err(|error| unreadable(&at, error))?;
        for entry in entries {
            let path = entry.map_err(|error| unreadable(&at, error))?.path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rego") {
                let text = std::fs::read_to_string(&path).map_err(|error| unreadable(&path, error))?;
                sources.push(PolicySource::project(path.display().to_string(), text));
            }
        }
    }
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(sources)
}

/// `--fail-on` of a scan, or the project's.
pub fn severity(word: Option<&str>, session: &Session) -> Result<Severity, Failure> {
    let Some(word) = word else { return Ok(session.project().policies.fail_on) };
    word.parse().map_err(|_| {
        let problem = Diagnostic::error("bad-severity", format!("`{word}` is not a severity"));
        Failure::usage(vec![problem.hint("critical, high, medium, low or info")])
    })
}
