//! One compiled policy, and its result for one resource.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use regorus::Value;

use super::block::Absent;
use super::error::PolicyError;
use super::hidden::{self, HIDDEN_REASON, hidden_at};
use super::input::{ScanInput, documents};
use super::metadata::PolicyMetadata;
use super::program::Program;
use super::protocol::{OwnFinding, OwnResult};
use super::resource::ScanResource;
use super::runner::{RUN_HINT, Runner};
use super::source::{PolicySource, package};
use crate::domain::finding::{BUILTIN_ENGINE, EngineFailure, Finding, Severity, UnknownCheck};
use crate::domain::pointer;

/// One policy.
pub(super) struct Check {
    metadata: PolicyMetadata,
    program: Program,
    /// Types of other resources that it reads, itself or through a library. Computed on first use:
    /// a scan of templates does not need them.
    siblings: OnceLock<BTreeSet<String>>,
}

/// The result of a policy for one resource.
#[derive(Debug, Default)]
pub(super) struct CheckResult {
    pub findings: Vec<Finding>,
    pub unknown: Vec<UnknownCheck>,
}

impl CheckResult {
    /// The result for another process; `None` if it is empty.
    pub fn into_own_result(self, resource: usize) -> Option<OwnResult> {
        let policy = match (self.findings.first(), self.unknown.first()) {
            (Some(Finding { id, .. }), _) | (None, Some(UnknownCheck { id, .. })) => id.clone(),
            (None, None) => return None,
        };
        let finding = |one: Finding| {
            let Finding { severity, pointer, other_pointers, message, equivalents, .. } = one;
            OwnFinding { severity, pointer, other_pointers, message, equivalents }
        };
        Some(OwnResult {
            policy,
            resource,
            findings: self.findings.into_iter().map(finding).collect(),
            unknown: self.unknown.into_iter().map(|one| (one.pointer, one.reason)).collect(),
            failure: None,
        })
    }
}

/// The types of other resources that a policy reads, itself or in a library that it imports.
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
            // All files of a package are included, and an import may name a single rule of it.
            let holds = |library: &&PolicySource| {
                let package = package(&library.text)?;
                Some(import == package || import.starts_with(&format!("{package}.")))
            };
            let imported = libraries.iter().filter(|library| holds(library).unwrap_or(false));
            open.extend(imported.map(|library| library.text.as_str()));
        }
    }
    found
}

impl Check {
    pub fn new(source: PolicySource, metadata: PolicyMetadata) -> Self {
        let program = Program::new(&metadata.id, &metadata.path, source.text, source.program);
        Self { metadata, program, siblings: OnceLock::new() }
    }

    /// The package's path below `data`.
    pub fn package(&self) -> &str {
        &self.program.package
    }

    /// Runs the policy on a resource without properties: a call of an unknown function
    /// fails only at run time, and should be reported when the policy is loaded.
    pub fn smoke_test<'c>(&'c self, runner: &mut Runner<'c>) -> Result<(), PolicyError> {
        let type_name = self.metadata.types.first().map_or("*", String::as_str);
        let empty = ScanInput {
            resources: vec![ScanResource::live(type_name, "", serde_json::json!({}))],
            ..ScanInput::default()
        };
        for (scanned, document) in empty.resources.iter().zip(documents(&empty)) {
            runner.set_document(document);
            self.answer(runner, scanned)?;
        }
        Ok(())
    }

    /// The types of other resources that the policy reads. The libraries are those of its set.
    pub fn siblings(&self, libraries: &[PolicySource]) -> &BTreeSet<String> {
        self.siblings.get_or_init(|| sibling_types(&self.program.text, libraries))
    }

    /// The undecided result for a resource with unread siblings, if the policy reads them.
    pub fn without_siblings(
        &self,
        scanned: &ScanResource,
        incomplete: &BTreeSet<String>,
        libraries: &[PolicySource],
    ) -> Option<CheckResult> {
        // Almost every scan is complete, and this runs for each policy and resource.
        let missing = Some(incomplete).filter(|types| !types.is_empty());
        let missing = missing.and_then(|types| self.siblings(libraries).iter().find(|name| types.contains(*name)))?;
        let unknown = UnknownCheck {
            id: self.metadata.id.clone(),
            resource: scanned.resource.clone(),
            pointer: None,
            reason: format!("it depends on {missing} resources, which could not all be read"),
        };
        Some(CheckResult { findings: Vec::new(), unknown: vec![unknown] })
    }

    pub fn metadata(&self) -> &PolicyMetadata {
        &self.metadata
    }

    pub fn text(&self) -> &str {
        &self.program.text
    }

    /// The program for a runner.
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// True when the policy applies to resources of a type.
    pub fn is_about(&self, type_name: &str) -> bool {
        self.metadata.types.iter().any(|name| name == "*" || name == type_name)
    }

    /// Runs the policy on the runner's current document.
    pub fn run<'c>(
        &'c self,
        runner: &mut Runner<'c>,
        scanned: &ScanResource,
    ) -> Result<CheckResult, Box<EngineFailure>> {
        self.answer(runner, scanned).map_err(|error| self.failure(scanned, &error))
    }

    /// Decides an undecided result where the resource has several possible variants: no finding
    /// when no variant violates the rule, a finding at the same location when all do.
    pub fn run_variants<'c>(
        &'c self,
        variants: &[Value],
        open: CheckResult,
        runner: &mut Runner<'c>,
        scanned: &ScanResource,
    ) -> Result<CheckResult, Box<EngineFailure>> {
        let mut answers = Vec::new();
        for variant in variants {
            runner.set_document(variant.clone());
            answers.push(self.run(runner, scanned)?);
        }
        let is_sound = |answer: &CheckResult| answer.findings.is_empty() && answer.unknown.is_empty();
        if !answers.is_empty() && answers.iter().all(is_sound) {
            return Ok(CheckResult::default());
        }
        if answers.is_empty() || answers.iter().any(|answer| answer.findings.is_empty()) {
            return Ok(open);
        }
        // Lists may be shorter where a condition removes an item: the location is that of the condition.
        let place = open.unknown.first().and_then(|unknown| unknown.pointer.clone());
        let mut findings = answers.swap_remove(0).findings;
        for finding in &mut findings {
            finding.location = scanned.source.locate(place.as_deref().unwrap_or_default());
            finding.pointer.clone_from(&place);
            finding.other_pointers.clear();
        }
        findings.dedup_by(|a, b| a.message == b.message);
        Ok(CheckResult { findings, unknown: Vec::new() })
    }

    fn failure(&self, scanned: &ScanResource, error: &PolicyError) -> Box<EngineFailure> {
        let (check, resource) = (Some(self.metadata.id.clone()), Some(scanned.resource.clone()));
        let failure = error.failure();
        let message = format!("{} failed for {}: {}", self.metadata.id, scanned.resource.name(), failure.message);
        Box::new(EngineFailure { check, resource, message, ..failure })
    }

    fn answer<'c>(&'c self, runner: &mut Runner<'c>, scanned: &ScanResource) -> Result<CheckResult, PolicyError> {
        let value = runner.run(&self.program)?;
        let mut answer = CheckResult::default();
        for entry in self.entries(&value[0], "deny")? {
            answer.findings.extend(self.finding(scanned, entry)?);
        }
        for entry in self.entries(&value[1], "unknown")? {
            answer.unknown.push(self.unknown(scanned, entry)?);
        }
        let is_silent = answer.findings.is_empty() && answer.unknown.is_empty();
        if is_silent && scanned.resource.logical_id.is_none() {
            answer.unknown.extend(hidden::mentioned_mark(&self.program.text, &scanned.properties).map(|pointer| {
                UnknownCheck {
                    id: self.metadata.id.clone(),
                    resource: scanned.resource.clone(),
                    pointer: Some(pointer),
                    reason: HIDDEN_REASON.to_owned(),
                }
            }));
        }
        Ok(answer)
    }

    fn entries<'v>(&self, value: &'v Value, rule: &str) -> Result<impl Iterator<Item = &'v Value>, PolicyError> {
        value.as_set().map(|entries| entries.iter()).map_err(|_| self.odd(&format!("`{rule}` is not a set")))
    }

    /// `None` when the policy reports a missing property and its metadata allows it.
    fn finding(&self, scanned: &ScanResource, entry: &Value) -> Result<Option<Finding>, PolicyError> {
        let metadata = &self.metadata;
        let message = text(entry, "message").ok_or_else(|| self.odd("an entry of `deny` has no `message`"))?;
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
        let mut pointers = places(entry);
        let pointer = pointers.next();
        let (other_pointers, equivalents) = (pointers.collect(), self.equivalents(entry)?);
        Ok(Some(self.complete(scanned, OwnFinding { severity, pointer, other_pointers, message, equivalents })))
    }

    /// A finding with the metadata of the policy and the location in the user's file.
    fn complete(&self, scanned: &ScanResource, finding: OwnFinding) -> Finding {
        let OwnFinding { severity, pointer, other_pointers, message, equivalents } = finding;
        Finding {
            id: self.metadata.id.clone(),
            severity,
            engine: BUILTIN_ENGINE.to_owned(),
            resource: scanned.resource.clone(),
            location: scanned.source.locate(pointer.as_deref().unwrap_or_default()),
            pointer,
            other_pointers,
            message,
            fix: self.metadata.fix.clone(),
            equivalents,
            also: Vec::new(),
            waiver: None,
        }
    }

    /// The result of this policy in another process.
    pub fn restored(&self, scanned: &ScanResource, result: OwnResult) -> Result<CheckResult, Box<EngineFailure>> {
        let (id, resource) = (&self.metadata.id, &scanned.resource);
        if let Some((message, location)) = result.failure {
            let (check, resource) = (Some(id.clone()), Some(resource.clone()));
            return Err(Box::new(EngineFailure { check, resource, message, location }));
        }
        let unknown = |(pointer, reason)| UnknownCheck { id: id.clone(), resource: resource.clone(), pointer, reason };
        Ok(CheckResult {
            findings: result.findings.into_iter().map(|finding| self.complete(scanned, finding)).collect(),
            unknown: result.unknown.into_iter().map(unknown).collect(),
        })
    }

    /// The policy's equivalents, overridden by those of the entry.
    fn equivalents(&self, entry: &Value) -> Result<BTreeMap<String, Vec<String>>, PolicyError> {
        let mut equivalents = self.metadata.equivalents.clone();
        if entry["equivalents"] != Value::Undefined {
            let own: BTreeMap<String, Vec<String>> = serde_json::to_value(&entry["equivalents"])
                .and_then(serde_json::from_value)
                .map_err(|_| self.odd("the `equivalents` of an entry of `deny` are not lists of ids by catalog"))?;
            equivalents.extend(own);
        }
        Ok(equivalents)
    }

    fn unknown(&self, scanned: &ScanResource, entry: &Value) -> Result<UnknownCheck, PolicyError> {
        let pointer = place(entry);
        let reason = text(entry, "reason").ok_or_else(|| self.odd("an entry of `unknown` has no `reason`"))?;
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

/// The pointers of an entry: those of its `paths`, or the only one.
fn places(entry: &Value) -> impl Iterator<Item = String> {
    let several = entry["paths"].as_array().map(|paths| paths.iter().filter_map(joined).collect::<Vec<_>>());
    let several = several.unwrap_or_default();
    let only = place(entry).filter(|_| several.is_empty());
    several.into_iter().chain(only)
}

/// The pointer of an entry: its `pointer`, or its `path`, which is cheaper for a policy to produce.
fn place(entry: &Value) -> Option<String> {
    match entry["path"] {
        Value::Undefined => text(entry, "pointer"),
        ref path => joined(path).or_else(|| text(entry, "pointer")),
    }
}

/// The pointer of a path; `None` for anything else.
fn joined(path: &Value) -> Option<String> {
    let path = path.as_array().ok()?;
    let join = |at: String, key: &Value| match key {
        Value::String(key) => pointer::join(&at, key),
        // Indices; anything else is invalid in a path and is shown as it is.
        other => pointer::join(&at, &other.to_string()),
    };
    Some(path.iter().fold(String::new(), join))
}

fn text(entry: &Value, key: &str) -> Option<String> {
    entry[key].as_string().ok().map(|text| text.to_string())
}
