//! Waivers: findings that somebody decided to live with, in a file or in a template's metadata.

use jiff::civil::Date;
use serde::Deserialize;
use serde_json::Value;

use super::error::PolicyError;
use super::metadata::PolicyMetadata;
use crate::domain::diagnostic::{Diagnostic, Location};
use crate::domain::finding::{Finding, ScanReport, Waiver};

const HINT: &str = "each waiver needs rule, resource, owner, reason and expires (YYYY-MM-DD)";

/// One decision in a waiver file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaiverRule {
    /// The check's id.
    pub rule: String,
    /// Logical id or identifier of the resource; `*` stands for any run of characters.
    pub resource: String,
    /// Who answers for it.
    pub owner: String,
    /// Why the finding is accepted.
    pub reason: String,
    /// The last day on which the waiver holds.
    pub expires: Date,
}

/// The content of a waiver file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Waivers {
    path: String,
    rules: Vec<WaiverRule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    waivers: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    rule: String,
    resource: String,
    owner: String,
    reason: String,
    expires: String,
}

impl Waivers {
    /// Reads a waiver file. Every field is required: a waiver without an owner or an end is how
    /// findings are forgotten.
    pub fn parse(path: &str, text: &str) -> Result<Self, PolicyError> {
        let file: File = serde_saphyr::from_str(text).map_err(|error| {
            let line = error.location().map_or(1, |place| place.line());
            let line = u32::try_from(line).unwrap_or(u32::MAX);
            PolicyError::new(path, line, error.without_snippet().to_string(), HINT)
        })?;
        let rules = file.waivers.into_iter().map(|entry| entry.check(path));
        Ok(Self { path: path.to_owned(), rules: rules.collect::<Result<Vec<_>, _>>()? })
    }

    /// The decisions, in the file's order.
    pub fn rules(&self) -> &[WaiverRule] {
        &self.rules
    }

    /// Marks what is waived on the given day. An expired waiver waives nothing and is said, as is
    /// one that matches nothing any more.
    pub fn apply(&self, report: &mut ScanReport, today: Date) -> Vec<Diagnostic> {
        let mut said = Vec::new();
        for rule in &self.rules {
            let matching = report.findings.iter_mut().filter(|finding| rule.matches(finding));
            let mut matched = false;
            for finding in matching {
                matched = true;
                if rule.expires >= today && finding.waiver.is_none() {
                    finding.waiver = Some(rule.waiver(&self.path));
                }
            }
            if rule.expires < today {
                said.push(self.warning(rule, "waiver-expired", &format!("expired on {}", rule.expires)));
            } else if !matched {
                said.push(self.warning(rule, "waiver-unused", "matches no finding"));
            }
        }
        said
    }

    fn warning(&self, rule: &WaiverRule, code: &'static str, what: &str) -> Diagnostic {
        let WaiverRule { rule: id, resource, owner, .. } = rule;
        Diagnostic::warning(code, format!("the waiver of {id} for {resource} {what}"))
            .hint(format!("{owner} should renew or remove it"))
            .at(Some(Location { file: self.path.clone(), line: 1, column: 1 }))
    }
}

impl Entry {
    fn check(self, path: &str) -> Result<WaiverRule, PolicyError> {
        let fields = [&self.rule, &self.resource, &self.owner, &self.reason];
        if fields.iter().any(|field| field.trim().is_empty()) {
            let message = format!("the waiver of `{}` has an empty field", self.rule);
            return Err(PolicyError::new(path, 1, message, HINT));
        }
        let expires = self.expires.parse().map_err(|_| {
            let message = format!("`{}` is not a date", self.expires);
            PolicyError::new(path, 1, message, HINT)
        })?;
        Ok(WaiverRule { rule: self.rule, resource: self.resource, owner: self.owner, reason: self.reason, expires })
    }
}

impl WaiverRule {
    fn matches(&self, finding: &Finding) -> bool {
        let names = [&finding.resource.logical_id, &finding.resource.identifier];
        finding.id == self.rule && names.into_iter().flatten().any(|name| matches_pattern(&self.resource, name))
    }

    fn waiver(&self, path: &str) -> Waiver {
        Waiver {
            owner: Some(self.owner.clone()),
            reason: self.reason.clone(),
            expires: Some(self.expires),
            source: path.to_owned(),
        }
    }
}

/// `*` stands for any run of characters; everything else for itself.
fn matches_pattern(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((head, rest)) => text.strip_prefix(head).is_some_and(|tail| {
            let mut starts = tail.char_indices().map(|(at, _)| at).chain([tail.len()]);
            starts.any(|at| tail.get(at..).is_some_and(|remaining| matches_pattern(rest, remaining)))
        }),
    }
}

/// The suppression that a template already carries for another scanner: `checkov.skip` and
/// `guard.SuppressedRules`. It holds for the checks here that have the same subject.
pub(super) fn inline(policy: &PolicyMetadata, metadata: &Value) -> Option<Waiver> {
    let is_meant = |catalogue: &str, id: &str| {
        let equivalents = policy.equivalents.get(catalogue);
        id == policy.id || equivalents.is_some_and(|ids| ids.iter().any(|other| other == id))
    };
    let list = |pointer: &str| metadata.pointer(pointer).and_then(Value::as_array);
    let skipped = list("/checkov/skip").into_iter().flatten().find_map(|entry| {
        let id = entry.get("id")?.as_str()?;
        let comment = entry.get("comment").and_then(Value::as_str);
        is_meant("checkov", id).then(|| waiver("Metadata.checkov.skip", id, comment))
    });
    skipped.or_else(|| {
        let mut names = list("/guard/SuppressedRules").into_iter().flatten().filter_map(Value::as_str);
        let name = names.find(|name| is_meant("guard_registry", name))?;
        Some(waiver("Metadata.guard.SuppressedRules", name, None))
    })
}

fn waiver(source: &str, id: &str, comment: Option<&str>) -> Waiver {
    Waiver {
        owner: None,
        reason: comment.map_or_else(|| format!("{id} is suppressed"), str::to_owned),
        expires: None,
        source: source.to_owned(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use crate::domain::policy::{PolicySet, ScanInput, ScanResource, builtin};
    use serde_json::json;

    const FILE: &str =
        "waivers:\n  - {rule: logs-retention, resource: 'shop-*', owner: data, reason: audit, expires: 2026-12-31}\n";

    fn scan(identifier: &str, metadata: Value) -> ScanReport {
        let mut resource = ScanResource::live("AWS::Logs::LogGroup", identifier, json!({}));
        resource.metadata = metadata;
        let input = ScanInput { resources: vec![resource], ..ScanInput::default() };
        PolicySet::compile(builtin::sources()).unwrap().evaluate(&input)
    }

    #[test]
    fn a_waiver_holds_through_its_last_day() {
        let waivers = Waivers::parse("w.yaml", FILE).unwrap();
        let mut report = scan("shop-api", Value::Null);
        assert!(waivers.apply(&mut report, "2026-12-31".parse().unwrap()).is_empty());
        assert_eq!(report.summary().waived, 1);
        assert_eq!(report.findings[0].waiver.as_ref().unwrap().owner.as_deref(), Some("data"));
    }

    #[test]
    fn an_expired_or_unused_waiver_waives_nothing_and_is_said() {
        let waivers = Waivers::parse("w.yaml", FILE).unwrap();
        let cases = [("shop-api", "2027-01-01", "waiver-expired"), ("other", "2026-01-01", "waiver-unused")];
        for (identifier, today, code) in cases {
            let mut report = scan(identifier, Value::Null);
            let said = waivers.apply(&mut report, today.parse().unwrap());
            assert_eq!((said[0].code, report.summary().waived), (code, 0));
        }
    }

    #[test]
    fn every_field_of_a_waiver_is_required() {
        for (from, to) in
            [("owner: data, ", ""), ("owner: data", "owner: ' '"), ("2026-12-31", "soon"), ("waivers", "waiver")]
        {
            assert!(Waivers::parse("w.yaml", &FILE.replace(from, to)).is_err(), "{to}");
        }
    }

    #[test]
    fn suppressions_for_other_scanners_hold_for_the_same_subject() {
        let cases = [
            (json!({"checkov": {"skip": [{"id": "CKV_AWS_66", "comment": "short-lived"}]}}), 1),
            (json!({"guard": {"SuppressedRules": ["CW_LOGGROUP_RETENTION_PERIOD_CHECK"]}}), 1),
            (json!({"checkov": {"skip": [{"id": "CKV_AWS_1"}]}}), 0),
            (json!({"checkov": "all"}), 0),
        ];
        for (metadata, waived) in cases {
            assert_eq!(scan("g", metadata.clone()).summary().waived, waived, "{metadata}");
        }
    }

    #[test]
    fn patterns_match_whole_names() {
        for (pattern, text, expected) in [
            ("a*c", "abc", true),
            ("a*", "ba", false),
            ("*", "", true),
            ("a", "ab", false),
            ("*-dev", "x-dev-dev", true),
        ] {
            assert_eq!(matches_pattern(pattern, text), expected, "{pattern} {text}");
        }
    }
}
