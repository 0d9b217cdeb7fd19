//! The threat model of `SECURITY.md` names tests that exist.

use std::collections::BTreeSet;
use std::path::Path;

use super::support::root;

/// The names of all test functions below a folder.
fn tests_below(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            tests_below(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            let mut is_test = false;
            for line in text.lines().map(str::trim) {
                let name =
                    line.trim_start_matches("async ").strip_prefix("fn ").and_then(|rest| rest.split('(').next());
                match name {
                    Some(name) if is_test => {
                        found.insert(name.to_owned());
                        is_test = false;
                    }
                    _ => is_test = line.starts_with("#[test]") || line.starts_with("#[tokio::test") || is_test,
                }
            }
        }
    }
}

#[test]
fn every_threat_names_a_promise_and_tests_that_exist() {
    let text = std::fs::read_to_string(root().join("SECURITY.md")).unwrap();
    let (_, model) = text.split_once("## Threat model").unwrap();
    let (model, _) = model.split_once("\n## ").unwrap();
    let rows: Vec<Vec<&str>> = model
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| threat"))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    assert!(rows.len() >= 12, "{rows:?}");
    let mut known = BTreeSet::new();
    tests_below(&root().join("tests/all"), &mut known);
    tests_below(&root().join("src"), &mut known);
    for row in rows {
        let [threat, promise, tests] = row[..] else { panic!("{row:?}") };
        assert!(!threat.is_empty() && !promise.is_empty(), "{row:?}");
        let named: Vec<&str> = tests.split(", ").map(|name| name.trim_matches('`')).collect();
        let missing: Vec<&&str> = named.iter().filter(|name| !known.contains(**name)).collect();
        assert!(!named.is_empty() && missing.is_empty(), "{threat}: {missing:?}");
    }
}

/// `tests/run` and the project's workflow call `cargo deny`; without it, its rules would be words.
#[test]
fn the_dependency_rules_are_checked() {
    let script = std::fs::read_to_string(root().join("tests/run")).unwrap();
    assert!(script.contains("check bans licenses sources"), "{script}");
    let rules = std::fs::read_to_string(root().join("deny.toml")).unwrap();
    for section in ["[bans]", "[licenses]", "[sources]"] {
        assert!(rules.contains(section), "{section}");
    }
    let workflows = std::fs::read_dir(root().join(".github/workflows")).unwrap();
    let texts = workflows.map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap());
    assert!(texts.into_iter().any(|text| text.contains("advisories")), "the workflow checks advisories");
}
