//! A scan as SARIF 2.1.0 (OASIS), the format of code scanning services.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::enums::{DiagnosticLevel, SeverityCode};
use super::scan::{FindingView, ScanBody, ScannedView, UnknownCheckView};
use crate::codes::Entry;
use crate::domain::diagnostic::{Code, Diagnostic, Level};
use crate::domain::finding::TEMPLATE_ENGINE;
use crate::policy::PolicyMetadata;

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// Key of the fingerprint that identifies a finding across runs. Its version changes with the inputs of the fingerprint.
pub(super) const FINGERPRINT: &str = "stagegate/v1";

/// Creates the log of a run. `body` is `None` for a run that ended without a result; `exit_code` is the exit code of
/// the run.
pub fn sarif(
    body: Option<&ScanBody>,
    policies: &BTreeMap<String, PolicyMetadata>,
    diagnostics: &[Diagnostic],
    exit_code: u8,
) -> Value {
    let mut rules: Vec<Value> = Vec::new();
    let mut indices: BTreeMap<String, usize> = BTreeMap::new();
    let mut results = Vec::new();
    if let Some(body) = body {
        for finding in &body.findings {
            let index = *indices.entry(finding.id.clone()).or_insert_with(|| {
                rules.push(rule(&finding.id, finding.severity, policies.get(&finding.id), finding));
                rules.len() - 1
            });
            results.push(result(finding, index));
        }
        results.extend(body.unknown.iter().map(open));
    }
    let failures = body.into_iter().flat_map(|body| &body.engines).flat_map(|engine| {
        engine.failures.iter().map(move |failure| notification(Code::ScanEngineFailed, "error", &engine.name, failure))
    });
    let notifications: Vec<Value> = failures.chain(notifications(diagnostics)).collect();
    let engines: Vec<Value> = body
        .into_iter()
        .flat_map(|body| &body.engines)
        .map(|engine| json!({"name": engine.name, "version": engine.version, "status": engine.status}))
        .collect();
    let complete = body.is_some_and(|body| body.engines.iter().all(|engine| !engine.failed()))
        && !diagnostics.iter().any(|one| one.level == Level::Error);
    let invocation = json!({
        "executionSuccessful": complete,
        "exitCode": exit_code,
        "toolExecutionNotifications": notifications,
    });
    let mut log = log(rules, invocation, results);
    log["runs"][0]["properties"] = json!({"engines": engines});
    log
}

/// A log with one run of stagegate.
pub(super) fn log(rules: Vec<Value>, invocation: Value, results: Vec<Value>) -> Value {
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "stagegate",
                "version": env!("CARGO_PKG_VERSION"),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "columnKind": "unicodeCodePoints",
            "invocations": [invocation],
            "results": results,
        }],
    })
}

/// The diagnostics of a run, without those of scan engines, which name their engine.
pub(super) fn notifications(diagnostics: &[Diagnostic]) -> Vec<Value> {
    let own = diagnostics.iter().filter(|one| one.code != Code::ScanEngineFailed);
    own.map(|one| {
        let text = one.hint.as_ref().map_or(one.message.clone(), |hint| format!("{}; {hint}", one.message));
        let mut value = notification(one.code, DiagnosticLevel::from(one.level).as_str(), "stagegate", &text);
        if let Some(place) = &one.location {
            value["locations"] =
                json!([{"physicalLocation": physical(&place.file, Some(place.line), Some(place.column))}]);
        }
        value
    })
    .collect()
}

fn notification(code: Code, level: &str, engine: &str, text: &str) -> Value {
    json!({"descriptor": {"id": code.as_str()}, "level": level, "message": {"text": format!("{engine}: {text}")}})
}

fn level(severity: SeverityCode) -> &'static str {
    match severity {
        SeverityCode::Critical | SeverityCode::High => "error",
        SeverityCode::Medium => "warning",
        SeverityCode::Low | SeverityCode::Info => "note",
    }
}

/// Returns the score by which GitHub classifies alerts: over 9.0 critical, from 7.0 high, from 4.0 medium.
fn security_severity(severity: SeverityCode) -> &'static str {
    match severity {
        SeverityCode::Critical => "9.5",
        SeverityCode::High => "8.0",
        SeverityCode::Medium => "5.5",
        SeverityCode::Low => "3.0",
        SeverityCode::Info => "0.1",
    }
}

/// The rule of a kind of fault of templates, which is about correctness and not about security.
fn fault_rule(id: &str, severity: SeverityCode, entry: &Entry) -> Value {
    json!({
        "id": id,
        "name": id,
        "shortDescription": {"text": entry.title},
        "fullDescription": {"text": entry.explanation},
        "help": {"text": format!("{}\n\nFix: {}", entry.explanation, entry.next_step)},
        "defaultConfiguration": {"level": level(severity)},
        "properties": {"tags": ["template"], "engine": TEMPLATE_ENGINE},
    })
}

fn rule(id: &str, severity: SeverityCode, policy: Option<&PolicyMetadata>, finding: &FindingView) -> Value {
    if let Some(code) = Code::parse(id).filter(|_| finding.engine == TEMPLATE_ENGINE) {
        return fault_rule(id, severity, code.entry());
    }
    let title = policy.map_or(finding.message.as_str(), |policy| policy.title.as_str());
    let description = policy.map(|policy| policy.description.trim()).filter(|text| !text.is_empty()).unwrap_or(title);
    let fix = policy.and_then(|policy| policy.fix.as_deref()).or(finding.fix.as_deref());
    let others: Vec<String> =
        finding.equivalents.iter().map(|(catalogue, ids)| format!("{catalogue}: {}", ids.join(", "))).collect();
    let parts = [Some(description.to_owned()), fix.map(|fix| format!("Fix: {fix}")), Some(others.join("\n"))];
    let help = parts.into_iter().flatten().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n\n");
    // The severity of the policy; a single finding may have a different one.
    let severity = policy.map_or(severity, |policy| policy.severity.into());
    let mut tags = vec!["security".to_owned()];
    tags.extend(policy.map(|policy| policy.category.clone()).filter(|category| !category.is_empty()));
    json!({
        "id": id,
        "name": id,
        "shortDescription": {"text": title},
        "fullDescription": {"text": description},
        "help": {"text": help},
        "defaultConfiguration": {"level": level(severity)},
        "properties": {"security-severity": security_severity(severity), "tags": tags, "engine": finding.engine},
    })
}

fn result(finding: &FindingView, index: usize) -> Value {
    let mut text = finding.message.clone();
    if let Some(fix) = &finding.fix {
        text.push_str(&format!(". Fix: {fix}"));
    }
    let mut value = json!({
        "ruleId": finding.id,
        "ruleIndex": index,
        "level": level(finding.severity),
        "message": {"text": text},
        "locations": [location(&finding.resource, finding.pointer.as_deref(), finding.line, finding.column)],
        "partialFingerprints": {FINGERPRINT: fingerprint(&finding.id, &finding.resource, finding.pointer.as_deref())},
        "properties": {
            "severity": finding.severity,
            "engine": finding.engine,
            "pointer": finding.pointer,
            "pointers": finding.pointers,
            "also_found_by": finding.also_found_by.iter().map(|other| &other.id).collect::<Vec<_>>(),
        },
    });
    if let Some(waiver) = &finding.waiver {
        // A waiver without an owner is a suppression in the template.
        let kind = if waiver.owner.is_some() { "external" } else { "inSource" };
        let mut justification = waiver.reason.clone();
        if let Some(owner) = &waiver.owner {
            justification.push_str(&format!(" ({owner})"));
        }
        if let Some(expires) = &waiver.expires {
            justification.push_str(&format!(" until {expires}"));
        }
        value["suppressions"] = json!([{"kind": kind, "status": "accepted", "justification": justification}]);
    }
    value
}

/// Returns the result of an undecided check: neither a pass nor a failure.
fn open(unknown: &UnknownCheckView) -> Value {
    json!({
        "ruleId": unknown.id,
        "kind": "open",
        "level": "none",
        "message": {"text": format!("Undecided: {}", unknown.reason)},
        "locations": [location(&unknown.resource, unknown.pointer.as_deref(), None, None)],
        "partialFingerprints": {FINGERPRINT: fingerprint(&unknown.id, &unknown.resource, unknown.pointer.as_deref())},
    })
}

fn location(resource: &ScannedView, pointer: Option<&str>, line: Option<u32>, column: Option<u32>) -> Value {
    let name = format!("{}.{}{}", resource.type_name, resource.name(), pointer.unwrap_or_default());
    let mut value = match resource.name() {
        // A fault that is about no resource.
        "" => json!({}),
        short => json!({"logicalLocations": [{"name": short, "fullyQualifiedName": name, "kind": "resource"}]}),
    };
    // Standard input is not an artifact that can be opened.
    if let Some(file) = resource.file.as_deref().filter(|file| *file != "-") {
        value["physicalLocation"] = physical(file, line, column);
    }
    value
}

fn physical(file: &str, line: Option<u32>, column: Option<u32>) -> Value {
    let mut value = json!({"artifactLocation": {"uri": uri(file)}});
    if !file.starts_with('/') {
        value["artifactLocation"]["uriBaseId"] = json!("%SRCROOT%");
    }
    let mut region = json!({});
    if let Some(line) = line {
        region["startLine"] = json!(line);
    }
    if let (Some(_), Some(column)) = (line, column) {
        region["startColumn"] = json!(column);
    }
    if line.is_some() {
        value["region"] = region;
    }
    value
}

/// Returns a path as a URI reference (RFC 3986).
fn uri(path: &str) -> String {
    let path = path.strip_prefix("./").unwrap_or(path);
    let mut uri = if path.starts_with('/') { "file://".to_owned() } else { String::new() };
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' | b'~' => uri.push(char::from(byte)),
            other => uri.push_str(&format!("%{other:02X}")),
        }
    }
    uri
}

/// Returns a fingerprint of the check, the resource and the property; it does not depend on the line number.
fn fingerprint(id: &str, resource: &ScannedView, pointer: Option<&str>) -> String {
    let file = resource.file.as_deref().unwrap_or_default();
    let parts = [id, file, &resource.type_name, resource.name(), pointer.unwrap_or_default()];
    hash(&parts)
}

/// Returns a short hash of texts.
pub(super) fn hash(parts: &[&str]) -> String {
    let hash = Sha256::digest(parts.join("\0").as_bytes());
    hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_references() {
        assert_eq!(uri("./a b/ü#?.yaml"), "a%20b/%C3%BC%23%3F.yaml");
        assert_eq!(uri("/tmp/t.yaml"), "file:///tmp/t.yaml");
    }

    #[test]
    fn a_fingerprint_does_not_depend_on_the_line() {
        let resource = |name: &str| ScannedView {
            file: Some("t.yaml".into()),
            logical_id: Some(name.into()),
            identifier: None,
            type_name: "T".into(),
        };
        let one = fingerprint("a", &resource("Q"), Some("/X"));
        assert_eq!(one, fingerprint("a", &resource("Q"), Some("/X")));
        assert_ne!(one, fingerprint("a", &resource("R"), Some("/X")));
        assert_eq!(one.len(), 32);
    }

    #[test]
    fn a_run_without_a_result_is_not_successful() {
        let problem = Diagnostic::error(Code::UnknownType, "no such type").hint("look again");
        let log = sarif(None, &BTreeMap::new(), &[problem], 64);
        let invocation = &log["runs"][0]["invocations"][0];
        assert_eq!(invocation["executionSuccessful"], false);
        assert_eq!(
            invocation["toolExecutionNotifications"][0]["message"]["text"],
            "stagegate: no such type; look again"
        );
    }
}
