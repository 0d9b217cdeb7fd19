//! `drift` and `tag-audit` as SARIF 2.1.0.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::check::{Check, CheckItem, CheckLevel};
use super::sarif::{FINGERPRINT, hash, log, notifications};
use crate::codes;
use crate::domain::diagnostic::{Diagnostic, Level};

/// Creates the log of a run. `check` is `None` for a run that ended without a result.
pub fn check_sarif(check: Option<&Check>, diagnostics: &[Diagnostic], exit_code: u8) -> Value {
    let mut rules: Vec<Value> = Vec::new();
    let mut indices: BTreeMap<&str, usize> = BTreeMap::new();
    let mut results = Vec::new();
    let items = check.into_iter().flat_map(|check| &check.items);
    for item in items.filter(|item| item.level != CheckLevel::Passed) {
        let index = *indices.entry(&item.code).or_insert_with(|| {
            rules.push(rule(item));
            rules.len() - 1
        });
        results.push(result(item, index));
    }
    let is_complete = check.is_some() && !diagnostics.iter().any(|one| one.level == Level::Error);
    let invocation = json!({
        "executionSuccessful": is_complete,
        "exitCode": exit_code,
        "toolExecutionNotifications": notifications(diagnostics),
    });
    log(rules, invocation, results)
}

fn level(level: CheckLevel) -> &'static str {
    match level {
        CheckLevel::Failure => "error",
        CheckLevel::Gap => "warning",
        CheckLevel::Note | CheckLevel::Passed => "note",
    }
}

/// A status or a violation is described as by `explain`.
fn rule(item: &CheckItem) -> Value {
    let entry = codes::find(&item.code);
    let title = entry.map_or(item.code.as_str(), |entry| entry.title);
    let description = entry.map_or(title, |entry| entry.explanation);
    let help = entry.map_or_else(|| title.to_owned(), |entry| format!("{description}\n\n{}", entry.next_step));
    json!({
        "id": item.code,
        "name": item.code,
        "shortDescription": {"text": title},
        "fullDescription": {"text": description},
        "help": {"text": help},
        "defaultConfiguration": {"level": level(item.level)},
    })
}

fn result(item: &CheckItem, index: usize) -> Value {
    let name = format!("{}{}", item.subject(), item.pointer.as_deref().unwrap_or_default());
    let parts = [&item.code, item.environment.as_deref().unwrap_or_default(), &item.type_name, &item.name];
    let mut value = json!({
        "ruleId": item.code,
        "ruleIndex": index,
        "level": level(item.level),
        "message": {"text": format!("{}: {}", item.subject(), item.text())},
        "locations": [{"logicalLocations": [{"name": item.name, "fullyQualifiedName": name, "kind": "resource"}]}],
        "partialFingerprints": {FINGERPRINT: hash(&parts)},
    });
    if let Some(justification) = &item.ignored {
        value["suppressions"] = json!([{"kind": "external", "status": "accepted", "justification": justification}]);
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::diagnostic::Code;
    use crate::report::check::tests::varied;

    #[test]
    fn rows_are_results_with_the_texts_of_explain() {
        let log = check_sarif(Some(&varied()), &[], 2);
        let run = &log["runs"][0];
        let levels: Vec<&str> =
            run["results"].as_array().into_iter().flatten().filter_map(|one| one["level"].as_str()).collect();
        assert_eq!(levels, ["error", "warning", "note", "note"], "a row in sync is no result");
        let rules = &run["tool"]["driver"]["rules"];
        assert_eq!(rules[0]["id"], "drifted");
        assert!(rules[0]["help"]["text"].as_str().is_some_and(|text| text.len() > 80), "{rules}");
        assert_eq!(run["results"][3]["suppressions"][0]["justification"], "by design (data) until 2026-12-31");
        assert_eq!(run["invocations"][0]["executionSuccessful"], true);
    }

    #[test]
    fn a_run_without_a_result_is_not_successful() {
        let log = check_sarif(None, &[Diagnostic::error(Code::UnknownType, "no such type")], 64);
        let invocation = &log["runs"][0]["invocations"][0];
        assert_eq!(invocation["executionSuccessful"], false);
        assert_eq!(invocation["toolExecutionNotifications"][0]["descriptor"]["id"], "unknown-type");
    }
}
