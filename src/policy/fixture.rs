//! Fixtures: the test cases of a policy.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::input::ScanInput;
use super::project::{ProjectRules, ScanEnvironment};
use super::resource::{Given, PlannedLoss, ScanResource};
use crate::domain::finding::FindingResource;
use crate::domain::resource::SourceMap;

/// The content of `<id>.test.yaml`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fixtures {
    /// Resources without a finding and without an undecided check.
    #[serde(default)]
    pub passing: Vec<Fixture>,
    /// Resources with a finding.
    #[serde(default)]
    pub failing: Vec<Fixture>,
    /// Resources without a finding and with an undecided check.
    #[serde(default)]
    pub unknown: Vec<Fixture>,
}

/// One resource, with the context that the policy needs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fixture {
    /// The name of the case.
    pub name: String,
    /// The type; default: the policy's first type.
    #[serde(rename = "type")]
    pub type_name: Option<String>,
    /// The resource's properties.
    #[serde(default)]
    pub properties: Value,
    /// The expected pointer of the finding or undecided check; default: any.
    pub pointer: Option<String>,
    /// The expected severity of the finding; default: any.
    pub severity: Option<String>,
    /// Other resources of the same template.
    #[serde(default)]
    pub siblings: Vec<Sibling>,
    /// The environment's name; default: none.
    pub environment: Option<String>,
    /// The project's rules; default: none.
    pub project: Option<ProjectRules>,
    /// A planned deletion or replacement; default: none.
    pub planned: Option<PlannedLoss>,
}

/// Another resource of a fixture's template.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sibling {
    /// The template's key.
    pub logical_id: String,
    /// The type.
    #[serde(rename = "type")]
    pub type_name: String,
    /// The properties.
    #[serde(default)]
    pub properties: Value,
}

/// A fixture whose result differs from the expected one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("{path}: {case}: {problem}")]
pub struct FixtureFailure {
    /// The fixture file.
    pub path: String,
    /// The case's name.
    pub case: String,
    /// The expected and the actual result.
    pub problem: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Expected {
    Pass,
    Fail,
    Unknown,
}

impl Fixtures {
    /// The number of cases.
    pub fn count(&self) -> usize {
        self.cases().count()
    }

    pub(super) fn cases(&self) -> impl Iterator<Item = (Expected, &Fixture)> {
        let tagged = |expected| move |fixture| (expected, fixture);
        self.passing
            .iter()
            .map(tagged(Expected::Pass))
            .chain(self.failing.iter().map(tagged(Expected::Fail)))
            .chain(self.unknown.iter().map(tagged(Expected::Unknown)))
    }
}

impl Fixture {
    /// The scan that the fixture describes; its own resource comes first.
    pub(super) fn input(&self, default_type: &str) -> ScanInput {
        let type_name = self.type_name.as_deref().unwrap_or(default_type);
        let resource = |logical_id: &str, type_name: &str, properties: &Value| ScanResource {
            resource: FindingResource {
                logical_id: Some(logical_id.to_owned()),
                type_name: type_name.to_owned(),
                ..FindingResource::default()
            },
            properties: properties.clone(),
            metadata: Value::Null,
            source: SourceMap::default(),
            planned_loss: None,
            given: Given::Nothing,
        };
        let mut resources = vec![resource("Subject", type_name, &self.properties)];
        resources[0].planned_loss = self.planned;
        let siblings = self.siblings.iter();
        resources.extend(siblings.map(|s| resource(&s.logical_id, &s.type_name, &s.properties)));
        let environment = ScanEnvironment { name: self.environment.clone(), protected: false };
        ScanInput { resources, environment, project: self.project.clone(), ..ScanInput::default() }
    }

    #[cfg(test)]
    pub(super) fn without_name(&self) -> Self {
        Self { name: String::new(), ..self.clone() }
    }

    pub(super) fn problem(
        &self,
        expected: Expected,
        findings: &[(Option<&str>, &str)],
        unknown: &[Option<&str>],
    ) -> Option<String> {
        let wanted = self.pointer.as_deref();
        let is_wanted = |pointer: Option<&str>| wanted.is_none() || pointer == wanted;
        let has_severity = |severity: &str| self.severity.as_deref().is_none_or(|name| name == severity);
        let is_as_expected = match expected {
            Expected::Pass => findings.is_empty() && unknown.is_empty(),
            Expected::Fail => findings.iter().any(|(p, s)| is_wanted(*p) && has_severity(s)),
            Expected::Unknown => findings.is_empty() && unknown.iter().any(|p| is_wanted(*p)),
        };
        if is_as_expected {
            return None;
        }
        let kind = match expected {
            Expected::Pass => "pass",
            Expected::Fail => "fail",
            Expected::Unknown => "be unknown",
        };
        let at = |pointer: Option<&str>| match pointer {
            None | Some("") => String::new(),
            Some(pointer) => format!(" at {pointer}"),
        };
        let severity = self.severity.as_deref().filter(|_| expected == Expected::Fail);
        let severity = severity.map(|name| format!(" as {name}")).unwrap_or_default();
        let mut came: Vec<String> =
            findings.iter().map(|(pointer, severity)| format!("a {severity} finding{}", at(*pointer))).collect();
        came.extend(unknown.iter().map(|pointer| format!("an undecided check{}", at(*pointer))));
        let came = if came.is_empty() { "nothing".to_owned() } else { came.join(", ") };
        Some(format!("expected to {kind}{}{severity}, but the policy returned {came}", at(wanted)))
    }
}
