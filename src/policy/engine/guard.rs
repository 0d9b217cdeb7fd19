//! Parser for the output of `cfn-guard --structured --output-format json`.

use serde::Deserialize;
use serde_json::Value;

use super::report::{EngineError, EngineFinding, EngineReport};
use super::template::Rendered;
use crate::domain::pointer;
use crate::domain::project::EngineName;

#[derive(Deserialize)]
struct File {
    not_compliant: Vec<Value>,
    not_applicable: Vec<String>,
    compliant: Vec<String>,
}

/// Parses a report on a template.
///
/// # Errors
/// It is not a report, or no rule was evaluated.
pub fn read(output: &str, sent: &Rendered) -> Result<EngineReport, EngineError> {
    let odd = |what: &str| EngineError::unreadable(EngineName::CfnGuard, what);
    let files: Vec<File> =
        serde_json::from_str(output.trim()).map_err(|error| odd(&format!("printed no JSON report ({error})")))?;
    let mut report = EngineReport::default();
    for file in &files {
        report.checks += file.not_compliant.len() + file.not_applicable.len() + file.compliant.len();
        for rule in &file.not_compliant {
            let found = rule_findings(rule, sent).ok_or_else(|| odd("printed a failed rule in an unknown format"))?;
            report.findings.extend(found);
        }
    }
    if report.checks == 0 {
        let advice = "add at least one `rule NAME { … }` to the *.guard files of the project's policy folders";
        return Err(EngineError::new("cfn-guard evaluated no rule", advice));
    }
    Ok(report)
}

/// One finding for each resource that violates a rule; one for the template where the report
/// names no resource.
fn rule_findings(rule: &Value, sent: &Rendered) -> Option<Vec<EngineFinding>> {
    let rule = rule.get("Rule")?;
    let id = rule.get("name")?.as_str()?;
    let mut clauses = Vec::new();
    collect(rule.get("checks")?, &mut clauses);
    let mut findings: Vec<EngineFinding> = Vec::new();
    for (place, message) in clauses {
        let resource = place.as_ref().and_then(|(name, _)| sent.position(name));
        if findings.iter().all(|finding| finding.resource != resource) {
            findings.push(EngineFinding {
                id: id.to_owned(),
                resource,
                pointer: resource.and(place).and_then(|(_, pointer)| pointer),
                message,
                severity: None,
            });
        }
    }
    let named = findings.iter().any(|finding| finding.resource.is_some());
    findings.retain(|finding| !named || finding.resource.is_some());
    if findings.is_empty() {
        let message = format!("The template violates the rule {id}");
        findings.push(EngineFinding { id: id.to_owned(), resource: None, pointer: None, message, severity: None });
    }
    Some(findings)
}

/// A resource's name and a pointer into its properties.
type Place = (String, Option<String>);

/// The failed clauses below a value, each with its location and message.
fn collect(value: &Value, clauses: &mut Vec<(Option<Place>, String)>) {
    match value {
        Value::Object(map) if map.contains_key("messages") && map.contains_key("check") => {
            let said = |text: &Value| text.as_str().map(one_line).filter(|text| !text.is_empty());
            // Guard's own message contains the actual value, which may be a secret.
            let message = said(&value["messages"]["custom_message"])
                .or_else(|| said(&value["context"]).map(|clause| format!("Not met: {clause}")))
                .unwrap_or_else(|| "The rule is not met".to_owned());
            clauses.push((place(&value["check"]), message));
        }
        Value::Object(map) => map.values().for_each(|child| collect(child, clauses)),
        Value::Array(items) => items.iter().for_each(|item| collect(item, clauses)),
        _ => {}
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The first path below `/Resources` in a check, and the part of it that is missing.
fn place(check: &Value) -> Option<Place> {
    match check {
        Value::Object(map) => {
            // The value next to a path comes from the template.
            if let Some(path) = map.get("path").and_then(Value::as_str) {
                let mut tokens = path.strip_prefix("/Resources/")?.split('/').map(str::to_owned);
                let name = tokens.next()?;
                return Some((name, pointer_of(tokens)));
            }
            let below = map.values().find_map(place)?;
            let Some(missing) = map.get("remaining_query").and_then(Value::as_str) else { return Some(below) };
            // `Properties.A.B`; a `[*]` or a filter in it does not identify one location.
            let simple = |token: &&str| token.chars().all(|c| c.is_ascii_alphanumeric());
            let missing: Vec<&str> = missing.split('.').take_while(simple).collect();
            Some(match below {
                (name, None) => (name, pointer_of(missing.into_iter().map(str::to_owned))),
                (name, Some(at)) => (name, Some(missing.into_iter().fold(at, |at, token| pointer::join(&at, token)))),
            })
        }
        Value::Array(items) => items.iter().find_map(place),
        _ => None,
    }
}

/// Converts path tokens, starting at a resource, to a pointer into its properties.
fn pointer_of(mut tokens: impl Iterator<Item = String>) -> Option<String> {
    (tokens.next()? == "Properties").then(|| tokens.fold(String::new(), |at, token| pointer::join(&at, &token)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::json;

    use super::*;
    use crate::policy::ScanResource;

    /// The output of cfn-guard 3.2.1 for `rules.guard` and the template of [`sent`].
    const REAL: &str = include_str!("../../../tests/data/engines/guard.json");

    fn sent() -> Rendered {
        let bucket = |name: &str, properties: Value| {
            let mut resource = ScanResource::live("AWS::S3::Bucket", "", properties);
            resource.resource.logical_id = Some(name.to_owned());
            resource
        };
        let tags = json!([{"Key": "Owner", "Value": ""}]);
        Rendered::new(&[bucket("Empty", json!({})), bucket("Tagged", json!({"Tags": tags}))], &BTreeSet::new())
    }

    #[test]
    fn a_real_report_is_read() {
        let report = read(REAL, &sent()).unwrap();
        let found: Vec<_> = report
            .findings
            .iter()
            .map(|finding| (finding.id.as_str(), finding.resource, finding.pointer.as_deref()))
            .collect();
        let expected = [
            ("S3_BUCKET_VERSIONING_ENABLED", Some(0), Some("/VersioningConfiguration/Status")),
            ("S3_BUCKET_VERSIONING_ENABLED", Some(1), Some("/VersioningConfiguration/Status")),
            ("owners_are_named", Some(1), Some("/Tags/0/Value")),
            ("has_a_topic", Some(0), None),
            ("has_a_topic", Some(1), None),
            ("the_topic_is_there", None, None),
        ];
        assert_eq!(found, expected);
        assert_eq!(report.findings[0].message, "Violation: Buckets keep old versions Fix: Switch versioning on");
        assert_eq!(
            report.findings[2].message,
            "Not met: %buckets[*]. (filter-clauses).Properties.Tags[*].Value not EMPTY"
        );
        assert_eq!(report.checks, 6);
    }

    #[test]
    fn output_that_is_not_a_report_or_evaluates_nothing_is_an_error() {
        for text in ["", "Parsing error", "{}", "[{\"not_compliant\": 7}]"] {
            assert!(read(text, &sent()).unwrap_err().what.contains("no JSON report"), "{text}");
        }
        let nothing = json!([{"not_compliant": [], "not_applicable": [], "compliant": []}]).to_string();
        assert!(read(&nothing, &sent()).unwrap_err().what.contains("no rule"));
        let odd = json!([{"not_compliant": ["x"], "not_applicable": [], "compliant": []}]).to_string();
        assert!(read(&odd, &sent()).unwrap_err().what.contains("unknown format"));
    }
}
