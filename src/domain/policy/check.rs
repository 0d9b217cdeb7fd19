//! One compiled policy, and what it answers about one resource.

use std::collections::BTreeMap;

use regorus::{Engine, Value};

use super::error::PolicyError;
use super::input::{ScanInput, ScanResource, documents};
use super::metadata::{Absent, PolicyMetadata};
use super::{ENGINE, PolicySource, waiver};
use crate::domain::finding::{EngineFailure, Finding, Severity, UnknownCheck};

const SYNTAX_HINT: &str = "correct the policy; it is Rego v1, see policies/README.md";
const RUN_HINT: &str = "correct the policy so that it can answer for every resource";

/// One policy, compiled into the engine that all policies share.
pub(super) struct Check {
    metadata: PolicyMetadata,
    text: String,
    package: String,
    answer: String,
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

/// Adds a source to the engine; gives the package's path below `data`.
pub(super) fn add(engine: &mut Engine, source: &PolicySource) -> Result<String, PolicyError> {
    engine
        .add_policy(source.path.clone(), source.text.clone())
        .map_err(|error| PolicyError::from_engine(&source.path, &error, SYNTAX_HINT))
}

/// Makes the engine ready, so that its copies can run at once, and finds what parsing cannot.
pub(super) fn prepare(engine: &mut Engine, checks: &[Check]) -> Result<(), PolicyError> {
    let Some(first) = checks.first() else {
        return Ok(());
    };
    engine
        .compile_with_entrypoint(&first.answer.as_str().into())
        .map(|_| ())
        .map_err(|error| PolicyError::from_engine(&first.metadata.path, &error, SYNTAX_HINT))
}

impl Check {
    pub fn parse(engine: &mut Engine, source: PolicySource, metadata: PolicyMetadata) -> Result<Self, PolicyError> {
        let whole = PolicySource { text: source.text.clone() + ANSWER, ..source };
        let package = add(engine, &whole)?;
        let defines_deny = engine
            .has_declared_rule_rooted_at(&whole.path, "deny")
            .map_err(|error| PolicyError::from_engine(&whole.path, &error, SYNTAX_HINT))?;
        if !defines_deny {
            return Err(PolicyError::new(
                &whole.path,
                1,
                "the policy defines no rule `deny`",
                "add `deny contains {\"pointer\": …, \"message\": …} if { … }`, or move the file to a folder `lib`",
            ));
        }
        Ok(Self { metadata, text: source.text, answer: format!("{package}.stagegate_answer"), package })
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
            self.answer(&mut engine.clone(), scanned, document)?;
        }
        Ok(())
    }

    pub fn metadata(&self) -> &PolicyMetadata {
        &self.metadata
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// The positions of the resources that the policy applies to, ascending.
    pub fn positions(&self, by_type: &BTreeMap<&str, Vec<usize>>, total: usize) -> Vec<usize> {
        if self.metadata.types.iter().any(|name| name == "*") {
            return (0..total).collect();
        }
        let lists = self.metadata.types.iter().filter_map(|name| by_type.get(name.as_str()));
        let mut positions: Vec<usize> = lists.flatten().copied().collect();
        positions.sort_unstable();
        positions.dedup();
        positions
    }

    /// What the policy says about one resource.
    pub fn run(
        &self,
        engine: &mut Engine,
        scanned: &ScanResource,
        document: Value,
    ) -> Result<Answer, Box<EngineFailure>> {
        self.answer(engine, scanned, document).map_err(|error| {
            Box::new(EngineFailure {
                check: Some(self.metadata.id.clone()),
                resource: Some(scanned.resource.clone()),
                message: format!("{}; {}", error.message, error.hint),
                location: Some(error.location),
            })
        })
    }

    fn answer(&self, engine: &mut Engine, scanned: &ScanResource, document: Value) -> Result<Answer, PolicyError> {
        engine.set_input(document);
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
        let pointer = text(entry, "pointer");
        Ok(Some(Finding {
            id: metadata.id.clone(),
            severity,
            engine: ENGINE.to_owned(),
            resource: scanned.resource.clone(),
            location: scanned.source.locate(pointer.as_deref().unwrap_or_default()),
            pointer,
            message,
            fix: metadata.fix.clone(),
            equivalents: metadata.equivalents.clone(),
            waiver: waiver::inline(metadata, &scanned.metadata),
        }))
    }

    fn unknown(&self, scanned: &ScanResource, entry: &Value) -> Result<UnknownCheck, PolicyError> {
        Ok(UnknownCheck {
            id: self.metadata.id.clone(),
            resource: scanned.resource.clone(),
            pointer: text(entry, "pointer"),
            reason: text(entry, "reason").ok_or_else(|| self.odd("an entry of `unknown` has no reason"))?,
        })
    }

    fn odd(&self, message: &str) -> PolicyError {
        PolicyError::new(&self.metadata.path, 1, message, RUN_HINT)
    }
}

fn text(entry: &Value, key: &str) -> Option<String> {
    entry[key].as_string().ok().map(|text| text.to_string())
}
