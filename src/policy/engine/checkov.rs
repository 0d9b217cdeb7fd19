//! Parser for the output of `checkov -o json`. Checkov always exits with code 0, and reports resources for
//! which it has no check the same way as a file that it did not scan. So it is given
//! one additional resource, with a known violation: it must report that, and count all the others.

use serde::Deserialize;
use serde_json::{Value, json};

use super::report::{EngineError, EngineFinding, EngineReport};
use super::template::Rendered;
use crate::domain::pointer;
use crate::domain::project::EngineName;

#[derive(Deserialize)]
struct Report {
    #[serde(default)]
    results: Results,
    summary: Summary,
}

#[derive(Default, Deserialize)]
struct Results {
    #[serde(default)]
    failed_checks: Vec<Failed>,
}

#[derive(Deserialize)]
struct Summary {
    passed: usize,
    failed: usize,
    skipped: usize,
    parsing_errors: usize,
    resource_count: usize,
    checkov_version: Option<String>,
}

#[derive(Deserialize)]
struct Failed {
    check_id: String,
    check_name: Option<String>,
    resource: String,
    severity: Option<Value>,
    #[serde(default)]
    check_result: CheckResult,
}

#[derive(Default, Deserialize)]
struct CheckResult {
    #[serde(default)]
    evaluated_keys: Vec<String>,
}

/// A file system without encryption, for which every Checkov version has exactly one check.
const PROBE: (&str, &str) = ("AWS::EFS::FileSystem", "CKV_AWS_42");

/// The template as input for Checkov.
pub fn input(template: &Rendered) -> String {
    template.text_with(PROBE.0, json!({"Encrypted": false}))
}

/// Parses a report on a template.
///
/// # Errors
/// It is not a report, or its contents or counts show that not everything was scanned.
pub fn read(output: &str, sent: &Rendered) -> Result<EngineReport, EngineError> {
    let odd = |what: &str| EngineError::unreadable(EngineName::Checkov, what);
    let value: Value =
        serde_json::from_str(output.trim()).map_err(|error| odd(&format!("printed no JSON report ({error})")))?;
    // Without any resource the report is the summary alone.
    let value = match value {
        Value::Object(map) if !map.contains_key("summary") => json!({"summary": map}),
        other => other,
    };
    let report: Report = serde_json::from_value(value)
        .map_err(|error| odd(&format!("printed a report in an unknown format ({error})")))?;
    let Summary { passed, failed, skipped, parsing_errors, resource_count, checkov_version } = report.summary;
    if parsing_errors > 0 {
        return Err(odd("could not parse the template"));
    }
    if resource_count != sent.len() + 1 {
        let own = resource_count.saturating_sub(1);
        return Err(odd(&format!("scanned {own} of {} resource(s)", sent.len())));
    }
    if skipped > 0 {
        return Err(odd(&format!("skipped {skipped} check(s)")));
    }
    let failures = report.results.failed_checks;
    if failures.len() != failed {
        return Err(odd(&format!("counts {failed} failed check(s) but lists {}", failures.len())));
    }
    let probe = format!("{}.{}", PROBE.0, sent.further_name());
    if !failures.iter().any(|check| check.resource == probe && check.check_id == PROBE.1) {
        return Err(odd("did not report the violation in the probe resource"));
    }
    let findings = failures
        .into_iter()
        .filter(|check| check.resource != probe)
        .map(|check| {
            // `Type.LogicalId`
            let name = check.resource.rsplit('.').next().unwrap_or_default();
            let resource = sent
                .position(name)
                .ok_or_else(|| odd(&format!("reports on `{}`, which was not in the template", check.resource)))?;
            let severity = check.severity.as_ref().and_then(Value::as_str).and_then(|name| name.parse().ok());
            Ok(EngineFinding {
                resource: Some(resource),
                pointer: check.check_result.evaluated_keys.first().and_then(|key| pointer_of(key)),
                message: check.check_name.unwrap_or_else(|| check.check_id.clone()),
                severity,
                id: check.check_id,
            })
        })
        .collect::<Result<Vec<_>, EngineError>>()?;
    Ok(EngineReport { version: checkov_version, checks: (passed + failed).saturating_sub(1), findings })
}

/// The error of a check that crashed. Checkov writes that to its log only, and continues.
pub fn crashed(log: &str) -> Option<EngineError> {
    let (_, said) = log.lines().find_map(|line| line.split_once("Failed to run check "))?;
    let what = format!("checkov could not run the check {}", said.trim());
    Some(EngineError::new(what, "install another version of Checkov, or check the resource for unusual values"))
}

/// `Properties/Statement/[0]/Action` as a pointer into the properties.
fn pointer_of(key: &str) -> Option<String> {
    let rest = key.strip_prefix("Properties")?;
    let tokens = rest.split('/').filter(|token| !token.is_empty());
    Some(tokens.fold(String::new(), |at, token| {
        let index = token.strip_prefix('[').and_then(|token| token.strip_suffix(']'));
        pointer::join(&at, index.unwrap_or(token))
    }))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::policy::ScanResource;

    /// The output of Checkov 3.3.30 for the template of [`sent`].
    const REAL: &str = include_str!("../../../tests/data/engines/checkov.json");
    /// The same for a text that is not a template, and for a template without resources.
    const BROKEN: &str = include_str!("../../../tests/data/engines/checkov-broken.json");
    const EMPTY: &str = include_str!("../../../tests/data/engines/checkov-empty.json");

    fn sent() -> Rendered {
        let resource = |name: &str, type_name: &str, properties: Value| {
            let mut resource = ScanResource::live(type_name, "", properties);
            resource.resource.logical_id = Some(name.to_owned());
            resource
        };
        let statement = json!({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*"}]});
        let resources = [
            resource("Key", "AWS::KMS::Key", json!({"EnableKeyRotation": true})),
            resource("Repository", "AWS::ECR::Repository", json!({"RepositoryPolicyText": statement})),
        ];
        Rendered::new(&resources, &BTreeSet::new())
    }

    #[test]
    fn a_real_report_is_read() {
        let report = read(REAL, &sent()).unwrap();
        assert_eq!(report.version.as_deref(), Some("3.3.30"));
        let open = report.findings.iter().find(|finding| finding.id == "CKV_AWS_32").unwrap();
        assert_eq!(open.resource, Some(1));
        assert_eq!(open.pointer.as_deref(), Some("/RepositoryPolicyText/Statement/0/Principal"));
        assert_eq!(open.severity, None);
        assert!(report.checks > report.findings.len());
    }

    #[test]
    fn inconsistent_counts_are_an_error() {
        let real: Value = serde_json::from_str(REAL).unwrap();
        let changed = |place: &str, value: Value| {
            let mut copy = real.clone();
            *copy.pointer_mut(place).unwrap() = value;
            read(&copy.to_string(), &sent()).unwrap_err().what
        };
        assert!(changed("/summary/resource_count", json!(2)).contains("scanned 1 of 2"));
        assert!(changed("/summary/parsing_errors", json!(1)).contains("could not parse"));
        assert!(changed("/summary/skipped", json!(3)).contains("skipped 3"));
        assert!(changed("/summary/failed", json!(0)).contains("counts 0"));
        assert!(
            changed("/results/failed_checks/0/resource", json!("AWS::KMS::Key.Other")).contains("not in the template")
        );
        assert!(changed("/summary", json!({})).contains("unknown format"));
        let probe = real["results"]["failed_checks"].as_array().unwrap().iter();
        let probe = probe.clone().position(|check| check["check_id"] == PROBE.1).unwrap();
        assert!(changed(&format!("/results/failed_checks/{probe}/check_id"), json!("X")).contains("probe resource"));
    }

    #[test]
    fn a_crashed_check_is_an_error() {
        let line = "2026-11-20 13:43:31,953 [MainThread  ] [ERROR]  Failed to run check CKV_AWS_7 on /template.json:AWS::KMS::Key.Key";
        let error = crashed(&format!("something\n{line}\nTraceback (most recent call last):\n")).unwrap();
        assert!(error.what.ends_with("run the check CKV_AWS_7 on /template.json:AWS::KMS::Key.Key"), "{error}");
        assert_eq!(crashed("[WARNI]  Failed enriching cloudsplaining evaluated keys\n"), None);
    }

    #[test]
    fn output_that_is_not_a_report_is_an_error() {
        assert!(read(BROKEN, &sent()).unwrap_err().what.contains("could not parse"));
        assert!(read(EMPTY, &sent()).unwrap_err().what.contains("scanned 0 of 2"));
        for text in ["", "Traceback (most recent call last)", "[]", "7", "{\"summary\""] {
            assert!(read(text, &sent()).unwrap_err().what.starts_with("checkov printed"), "{text}");
        }
        // A report on the probe alone is valid.
        assert!(read(EMPTY, &Rendered::new(&[], &BTreeSet::new())).is_err());
    }
}
