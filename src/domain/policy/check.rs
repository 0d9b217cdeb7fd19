//! One compiled policy, and what it answers about one resource.

use std::collections::{BTreeMap, BTreeSet};

use std::num::NonZeroU32;
use std::time::Duration;

use regorus::utils::limits::ExecutionTimerConfig;
use regorus::{Engine, Value};

use super::error::PolicyError;
use super::hidden::{self, HIDDEN_REASON, hidden_at};
use super::input::{ScanInput, ScanResource, documents};
use super::metadata::{Absent, PolicyMetadata};
use super::{ENGINE, PolicySource};
use crate::domain::finding::{EngineFailure, Finding, Severity, UnknownCheck};
use crate::domain::pointer;

const SYNTAX_HINT: &str = "correct the policy; it is Rego v1, see policies/README.md";
const RUN_HINT: &str = "correct the policy so that it can answer for every resource";

/// One policy.
pub(super) struct Check {
    metadata: PolicyMetadata,
    text: String,
    package: String,
    answer: String,
    /// Types of other resources that it looks at, itself or through a library.
    siblings: BTreeSet<String>,
}

/// What a policy says about one resource.
#[derive(Debug, Default)]
pub(super) struct Answer {
    pub findings: Vec<Finding>,
    pub unknown: Vec<UnknownCheck>,
}

/// What is added to every policy: both answers as one value, so that what both need is found once.
/// It stands behind the policy's own text, whose line numbers stay as they are.
const ANSWER: &str = "

unknown contains entry if some entry in []

stagegate_answer := [deny, unknown]
";

/// How long one policy may think about one resource. The built-in ones take less than a
/// millisecond; one that runs for seconds will not come to an end by itself.
const LONGEST_EVALUATION: Duration = Duration::from_secs(5);
/// How many steps the engine takes between two looks at its timer.
const BETWEEN_LOOKS: NonZeroU32 = match NonZeroU32::new(10_000) {
    Some(steps) => steps,
    None => NonZeroU32::MIN,
};

/// An engine with libraries and checks, ready so that its copies can run at once.
pub(super) fn assemble<'c>(
    libraries: &[PolicySource],
    checks: impl IntoIterator<Item = &'c Check>,
) -> Result<Engine, PolicyError> {
    let mut engine = Engine::new();
    // Nothing is printed on the user's terminal, and errors of built-in functions are errors.
    engine.set_gather_prints(true);
    engine.set_strict_builtin_errors(true);
    engine
        .set_execution_timer_config(ExecutionTimerConfig { limit: LONGEST_EVALUATION, check_interval: BETWEEN_LOOKS });
    for library in libraries {
        add(&mut engine, &library.path, library.text.clone())?;
    }
    let mut first = None;
    for check in checks {
        check.add_to(&mut engine)?;
        first.get_or_insert(check);
    }
    // Finds what parsing cannot.
    if let Some(first) = first {
        engine
            .compile_with_entrypoint(&first.answer.as_str().into())
            .map_err(|error| PolicyError::from_engine(&first.metadata.path, &error, SYNTAX_HINT))?;
    }
    Ok(engine)
}

/// The types of other resources that a policy looks at, itself or in a library that it imports.
fn sibling_types(policy: &str, libraries: &[PolicySource]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut seen = BTreeSet::new();
    let mut open = vec![policy];
    while let Some(text) = open.pop() {
        for word in ["input.siblings[\"", "input.referrers[\""] {
            let names = text.split(word).skip(1).filter_map(|rest| rest.split_once('"'));
            found.extend(names.map(|(name, _)| name.to_owned()));
        }
        let imports = text.lines().filter_map(|line| line.strip_prefix("import data.")?.split_whitespace().next());
        for import in imports.filter(|import| seen.insert(*import)) {
            // A package's files are one, and an import may name a rule of it.
            let holds = |library: &&PolicySource| {
                let package = library.text.lines().find_map(|line| line.strip_prefix("package "))?;
                let package = package.split_whitespace().next()?;
                Some(import == package || import.starts_with(&format!("{package}.")))
            };
            let imported = libraries.iter().filter(|library| holds(library).unwrap_or(false));
            open.extend(imported.map(|library| library.text.as_str()));
        }
    }
    found
}

fn add(engine: &mut Engine, path: &str, text: String) -> Result<(), PolicyError> {
    let added = engine.add_policy(path.to_owned(), text);
    added.map(|_| ()).map_err(|error| PolicyError::from_engine(path, &error, SYNTAX_HINT))
}

impl Check {
    pub fn new(source: PolicySource, metadata: PolicyMetadata, libraries: &[PolicySource]) -> Self {
        // Without a package the engine refuses the policy, which says more than could be said here.
        let package = source.text.lines().find_map(|line| line.strip_prefix("package ")).unwrap_or_default();
        let package = format!("data.{}", package.split_whitespace().next().unwrap_or_default());
        let siblings = sibling_types(&source.text, libraries);
        Self { metadata, text: source.text, answer: format!("{package}.stagegate_answer"), package, siblings }
    }

    fn add_to(&self, engine: &mut Engine) -> Result<(), PolicyError> {
        let path = &self.metadata.path;
        add(engine, path, format!("{}{ANSWER}", self.text))?;
        let defines_deny = engine
            .has_declared_rule_rooted_at(path, "deny")
            .map_err(|error| PolicyError::from_engine(path, &error, SYNTAX_HINT))?;
        if defines_deny {
            return Ok(());
        }
        Err(PolicyError::new(
            path,
            1,
            "the policy defines no rule `deny`",
            "add `deny contains {\"pointer\": …, \"message\": …} if { … }`, or move the file to a folder `lib`",
        ))
    }

    /// The package's path below `data`.
    pub fn package(&self) -> &str {
        &self.package
    }

    /// Runs the policy on a resource without properties: a call of a function that does not exist
    /// shows only then, and should not wait for a resource that happens to reach it.
    pub fn prove(&self, engine: &Engine) -> Result<(), PolicyError> {
        let type_name = self.metadata.types.first().map_or("*", String::as_str);
        let empty = ScanInput {
            resources: vec![ScanResource::live(type_name, "", serde_json::json!({}))],
            ..ScanInput::default()
        };
        for (scanned, document) in empty.resources.iter().zip(documents(&empty)) {
            let mut engine = engine.clone();
            engine.set_input(document);
            self.answer(&mut engine, scanned)?;
        }
        Ok(())
    }

    /// The types of other resources that the policy looks at.
    pub fn siblings(&self) -> &BTreeSet<String> {
        &self.siblings
    }

    /// The answer about a resource whose siblings are not all known, if the policy looks at them.
    pub fn without_siblings(&self, scanned: &ScanResource, incomplete: &BTreeSet<String>) -> Option<Answer> {
        // Almost every scan knows everything, and this is asked for each policy and resource.
        let missing = Some(incomplete).filter(|types| !types.is_empty());
        let missing = missing.and_then(|types| self.siblings.iter().find(|name| types.contains(*name)))?;
        let unknown = UnknownCheck {
            id: self.metadata.id.clone(),
            resource: scanned.resource.clone(),
            pointer: None,
            reason: format!("it depends on the {missing} resources, which could not all be read"),
        };
        Some(Answer { findings: Vec::new(), unknown: vec![unknown] })
    }

    pub fn id(&self) -> &str {
        &self.metadata.id
    }

    pub fn metadata(&self) -> &PolicyMetadata {
        &self.metadata
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// True when the policy applies to resources of a type.
    pub fn is_about(&self, type_name: &str) -> bool {
        self.metadata.types.iter().any(|name| name == "*" || name == type_name)
    }

    /// What the policy says about the resource that the engine has as its input.
    pub fn run(&self, engine: &mut Engine, scanned: &ScanResource) -> Result<Answer, Box<EngineFailure>> {
        self.answer(engine, scanned).map_err(|error| self.failure(scanned, &error))
    }

    fn failure(&self, scanned: &ScanResource, error: &PolicyError) -> Box<EngineFailure> {
        let (check, resource) = (Some(self.metadata.id.clone()), Some(scanned.resource.clone()));
        Box::new(EngineFailure { check, resource, ..error.failure() })
    }

    fn answer(&self, engine: &mut Engine, scanned: &ScanResource) -> Result<Answer, PolicyError> {
        let path = &self.metadata.path;
        let value =
            engine.eval_rule(self.answer.clone()).map_err(|error| PolicyError::from_engine(path, &error, RUN_HINT))?;
        let mut answer = Answer::default();
        for entry in self.entries(&value[0], "deny")? {
            answer.findings.extend(self.finding(scanned, entry)?);
        }
        for entry in self.entries(&value[1], "unknown")? {
            answer.unknown.push(self.unknown(scanned, entry)?);
        }
        let is_silent = answer.findings.is_empty() && answer.unknown.is_empty();
        if is_silent && scanned.resource.logical_id.is_none() {
            answer.unknown.extend(hidden::spoken_of(&self.text, &scanned.properties).map(|pointer| UnknownCheck {
                id: self.metadata.id.clone(),
                resource: scanned.resource.clone(),
                pointer: Some(pointer),
                reason: HIDDEN_REASON.to_owned(),
            }));
        }
        Ok(answer)
    }

    fn entries<'v>(&self, value: &'v Value, rule: &str) -> Result<impl Iterator<Item = &'v Value>, PolicyError> {
        value.as_set().map(|entries| entries.iter()).map_err(|_| self.odd(&format!("`{rule}` is not a set")))
    }

    /// `None` when the policy reports a missing property and its metadata lets that pass.
    fn finding(&self, scanned: &ScanResource, entry: &Value) -> Result<Option<Finding>, PolicyError> {
        let metadata = &self.metadata;
        let message = text(entry, "message").ok_or_else(|| self.odd("an entry of `deny` has no message"))?;
        let stated: Option<Severity> = match text(entry, "severity") {
            Some(name) => Some(name.parse().map_err(|error| self.odd(&format!("{error}")))?),
            None => None,
        };
        let is_absent = entry["absent"] == Value::Bool(true);
        let severity = match (is_absent, metadata.absent) {
            (true, Absent::Pass) => return Ok(None),
            (true, Absent::DefaultSecure) => Severity::Info,
            _ => stated.unwrap_or(metadata.severity),
        };
        let pointer = place(entry);
        Ok(Some(Finding {
            id: metadata.id.clone(),
            severity,
            engine: ENGINE.to_owned(),
            resource: scanned.resource.clone(),
            location: scanned.source.locate(pointer.as_deref().unwrap_or_default()),
            pointer,
            message,
            fix: metadata.fix.clone(),
            equivalents: self.equivalents(entry)?,
            also: Vec::new(),
            waiver: None,
        }))
    }

    /// The policy's, and where the entry names its own of a catalogue, those.
    fn equivalents(&self, entry: &Value) -> Result<BTreeMap<String, Vec<String>>, PolicyError> {
        let mut equivalents = self.metadata.equivalents.clone();
        if entry["equivalents"] != Value::Undefined {
            let own: BTreeMap<String, Vec<String>> = serde_json::to_value(&entry["equivalents"])
                .and_then(serde_json::from_value)
                .map_err(|_| self.odd("the `equivalents` of an entry of `deny` are not lists of ids by catalogue"))?;
            equivalents.extend(own);
        }
        Ok(equivalents)
    }

    fn unknown(&self, scanned: &ScanResource, entry: &Value) -> Result<UnknownCheck, PolicyError> {
        let pointer = place(entry);
        let reason = text(entry, "reason").ok_or_else(|| self.odd("an entry of `unknown` has no reason"))?;
        let hidden = pointer.as_deref().and_then(|place| hidden_at(&scanned.properties, place));
        Ok(UnknownCheck {
            id: self.metadata.id.clone(),
            resource: scanned.resource.clone(),
            pointer,
            reason: if hidden.is_some() { HIDDEN_REASON.to_owned() } else { reason },
        })
    }

    fn odd(&self, message: &str) -> PolicyError {
        PolicyError::new(&self.metadata.path, 1, message, RUN_HINT)
    }
}

/// Where an entry points: its `pointer`, or its `path`, which costs a policy less to say.
fn place(entry: &Value) -> Option<String> {
    let Ok(path) = entry["path"].as_array() else { return text(entry, "pointer") };
    let join = |at: String, key: &Value| match key {
        Value::String(key) => pointer::join(&at, key),
        // Indices; anything else is no part of a path and is shown as it is.
        other => pointer::join(&at, &other.to_string()),
    };
    Some(path.iter().fold(String::new(), join))
}

fn text(entry: &Value, key: &str) -> Option<String> {
    entry[key].as_string().ok().map(|text| text.to_string())
}
