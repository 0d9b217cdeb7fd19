// The cases of cases.yaml. Both evaluators' unit tests include this file, so that they read the same.

use std::collections::BTreeMap;

use serde_json::Value;

/// One case; see cases.yaml.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    pub name: String,
    #[serde(default)]
    pub identity: Vec<Value>,
    pub boundary: Option<Vec<Value>>,
    pub session: Option<Vec<Value>>,
    #[serde(default)]
    pub resource: Vec<Value>,
    #[serde(default)]
    pub trust: Vec<Value>,
    pub action: String,
    pub target: String,
    pub caller: Option<String>,
    #[serde(default)]
    pub context: BTreeMap<String, Vec<String>>,
    pub expect: String,
    pub reason: String,
}

/// Every case, with its policies as whole documents.
pub fn cases() -> Vec<Case> {
    let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/iam/cases.yaml"));
    let mut cases: Vec<Case> = serde_saphyr::from_str(text).unwrap();
    for case in &mut cases {
        let lists = [&mut case.identity, &mut case.resource, &mut case.trust].into_iter();
        for policy in lists.chain(&mut case.boundary).chain(&mut case.session).flatten() {
            if policy.is_array() {
                *policy = serde_json::json!({"Version": "2012-10-17", "Statement": policy.take()});
            }
        }
    }
    cases
}

/// Runs every case and fails with all that an evaluator gets wrong. It answers `allowed`, `implicitDeny` or
/// `explicitDeny`, else what it says of a policy that it cannot read.
pub fn check(evaluate: impl Fn(&Case) -> String) {
    let cases = cases();
    assert!(cases.len() > 140, "{}", cases.len());
    let names: std::collections::BTreeSet<&str> = cases.iter().map(|case| case.name.as_str()).collect();
    assert_eq!(names.len(), cases.len(), "a name is there twice");
    let wrong: Vec<String> = cases
        .iter()
        .filter_map(|case| {
            let answer = evaluate(case);
            let wrong = answer != case.expect;
            wrong.then(|| format!("{}: {answer} instead of {}. {}", case.name, case.expect, case.reason))
        })
        .collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}
