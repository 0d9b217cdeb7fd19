//! The output formats of `scan` other than JSON, verified with third-party programs.

use std::path::PathBuf;

use serde_json::Value;

use super::support::{User, python, root};

/// Returns the path of the schema that `tests/run` downloads.
fn sarif_schema() -> PathBuf {
    let named = std::env::var_os("STAGEGATE_TEST_SARIF_SCHEMA").map(PathBuf::from);
    let file = named.unwrap_or_else(|| root().join("target/sarif-0.8.0/sarif-schema-2.1.0.json"));
    assert!(
        file.is_file(),
        "{} does not exist: `tests/run` downloads the schema that this test requires",
        file.display()
    );
    file
}

/// Parses a log and validates it against the OASIS schema.
#[track_caller]
pub fn sarif(text: &str) -> Value {
    let log: Value = serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"));
    let problems = problems(&log);
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    log
}

fn problems(log: &Value) -> Vec<String> {
    let mut schema: Value = serde_json::from_str(&std::fs::read_to_string(sarif_schema()).unwrap()).unwrap();
    // The pattern of a property that is not used has an extra bracket.
    for part in ["run", "toolComponent"] {
        schema["definitions"][part]["properties"]["language"].as_object_mut().unwrap().shift_remove("pattern");
    }
    let validator = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
    validator.iter_errors(log).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

#[test]
fn schema_violations_are_detected() {
    let user = User::of_sandbox();
    user.write("t.yaml", "Type: AWS::S3::Bucket\n");
    let mut log = sarif(&user.run(&["scan", "-f", "t.yaml", "--output", "sarif"]).expect(2).stdout);
    log["runs"][0]["results"][0]["level"] = "grave".into();
    log["runs"][0]["results"][1]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] = "a b".into();
    assert_eq!(problems(&log).len(), 2, "{:?}", problems(&log));
}

fn paths() -> (String, String) {
    let place = |file: &str| root().join(file).display().to_string();
    (place("tests/data/bad.yaml"), place("tests/data/stagegate.yaml"))
}

const WAIVERS: &str = "waivers:
  - {rule: logs-retention, resource: LogGroup, owner: data, reason: \"short, lived\", expires: 2099-12-31}
";

#[test]
fn sarif_is_valid_and_consistent_with_json() {
    let user = User::of_sandbox();
    let (bad, config) = paths();
    user.write("w.yaml", WAIVERS);
    let base = ["scan", "-f", &bad, "--config", &config, "--waivers", "w.yaml", "--packs", "all"];
    let document = user.json(&base, 2);
    let findings = document["body"]["findings"].as_array().unwrap();
    let log = sarif(&user.run(&[&base[..], &["--output", "sarif"]].concat()).expect(2).stdout);
    let run = &log["runs"][0];
    let results = run["results"].as_array().unwrap();
    let undecided = document["body"]["unknown"].as_array().unwrap().len();
    assert_eq!(results.len(), findings.len() + undecided);
    assert_eq!(run["invocations"][0]["executionSuccessful"], true);
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    for (finding, result) in findings.iter().zip(results) {
        assert_eq!(result["ruleId"], finding["id"]);
        let rule = &rules[result["ruleIndex"].as_u64().unwrap() as usize];
        assert_eq!(rule["id"], finding["id"]);
        for place in ["/shortDescription/text", "/fullDescription/text", "/help/text", "/defaultConfiguration/level"] {
            assert!(
                rule.pointer(place).is_some_and(|text| text.as_str().is_some_and(|text| !text.is_empty())),
                "{rule}"
            );
        }
        let number: f64 = rule["properties"]["security-severity"].as_str().unwrap().parse().unwrap();
        assert!((0.1..=10.0).contains(&number), "{rule}");
        let place = &result["locations"][0];
        assert_eq!(place["physicalLocation"]["region"]["startLine"], finding["line"]);
        assert_eq!(place["physicalLocation"]["region"]["startColumn"], finding["column"]);
        assert_eq!(place["logicalLocations"][0]["name"], finding["resource"]["logical_id"]);
        assert_eq!(result["suppressions"].is_array(), !finding["waiver"].is_null(), "{result}");
        let expected = match finding["severity"].as_str().unwrap() {
            "critical" | "high" => "error",
            "medium" => "warning",
            _ => "note",
        };
        assert_eq!(result["level"], expected);
    }
    let waived = results.iter().find(|result| result["suppressions"].is_array()).unwrap();
    assert_eq!(waived["suppressions"][0]["justification"], "short, lived (data) until 2099-12-31");
    let mut prints: Vec<&str> =
        results.iter().map(|result| result["partialFingerprints"]["stagegate/v1"].as_str().unwrap()).collect();
    prints.sort_unstable();
    prints.dedup();
    assert!(prints.len() * 10 > results.len() * 9, "fingerprints distinguish findings");
}

/// One annotation for each finding that is not waived, at its place: an error if it fails the scan.
#[test]
fn github_annotations_have_the_places_of_the_findings() {
    let user = User::of_sandbox();
    user.write("bad.yaml", &std::fs::read_to_string(root().join("tests/data/bad.yaml")).unwrap());
    user.write("w.yaml", WAIVERS);
    user.write(
        "faulty.yaml",
        "Resources:\n  Jobs:\n    Type: AWS::SQS::Queue\n    Properties: { QueuName: 'a,b: 50%' }\n",
    );
    let base = ["scan", "-f", "./bad.yaml", "-f", "faulty.yaml", "--waivers", "w.yaml", "--packs", "all"];
    let document = user.json(&base, 2);
    let findings = document["body"]["findings"].as_array().unwrap();
    let open: Vec<&Value> = findings.iter().filter(|one| one["waiver"].is_null()).collect();
    assert!(open.len() < findings.len(), "one is waived");
    let text = user.run(&[&base[..], &["--output", "github"]].concat()).expect(2).stdout;
    let lines: Vec<&str> = text.lines().filter(|line| line.contains(",title=")).collect();
    let lines: Vec<&str> = lines.into_iter().filter(|line| !line.contains("title=stagegate%3A")).collect();
    assert_eq!(lines.len(), open.len(), "{text}");
    for (line, finding) in lines.iter().zip(&open) {
        let fails = ["critical", "high"].contains(&finding["severity"].as_str().unwrap());
        let file = finding["resource"]["file"].as_str().unwrap().trim_start_matches("./");
        let (severity, id) = (finding["severity"].as_str().unwrap(), finding["id"].as_str().unwrap());
        let start = format!(
            "::{} file={file},line={},col={},title={severity} {id}%3A ",
            if fails { "error" } else { "warning" },
            finding["line"],
            finding["column"]
        );
        assert!(line.starts_with(&start), "{line}\n{start}");
    }
    let fault = lines.iter().find(|line| line.contains("unknown-property")).unwrap();
    assert!(fault.starts_with("::warning file=faulty.yaml,line=4,col="), "{fault}");
    assert!(text.trim_end().lines().last().unwrap().starts_with("Policy scan failed: "), "{text}");
    // A run without a result has its errors.
    user.write("none.yaml", "Resources: [\n");
    let text = user.run(&["scan", "-f", "none.yaml", "--output", "github"]).expect(64).stdout;
    assert!(text.starts_with("::error file=none.yaml,line="), "{text}");
}

#[test]
fn sarif_of_a_failed_scan_is_valid_and_not_successful() {
    let user = User::of_sandbox().with("PATH", "/usr/bin:/bin");
    user.write("a b.yaml", "Type: AWS::SQS::Queue\n");
    user.write("bad.yaml", "Type: [AWS::SQS::Queue\n");
    for (arguments, code, id) in [
        (&["scan", "-f", "a b.yaml", "--engine", "builtin,checkov"][..], 1, "scan-engine-failed"),
        (&["scan", "-f", "bad.yaml"], 64, "yaml-syntax"),
        (&["scan", "-f", "a b.yaml", "-f", "bad.yaml"], 64, "yaml-syntax"),
        (&["scan", "-f", "missing.yaml"], 64, "file-not-found"),
        (&["scan", "-f", "a b.yaml", "--config", "missing"], 64, "unreadable-config"),
    ] {
        let run = user.run(&[arguments, &["--output", "sarif"]].concat()).expect(code);
        let log = sarif(&run.stdout);
        let invocation = &log["runs"][0]["invocations"][0];
        assert_eq!(invocation["executionSuccessful"], false, "{run}");
        assert_eq!(invocation["exitCode"], code, "{run}");
        let said = invocation["toolExecutionNotifications"].as_array().unwrap();
        assert!(said.iter().any(|one| one["descriptor"]["id"] == id && one["level"] == "error"), "{run}");
    }
}

#[test]
fn formats_of_a_clean_scan_are_not_empty() {
    let user = User::of_sandbox();
    user.write("t.yaml", "Type: AWS::SQS::Queue\nProperties: {QueueName: sandbox-jobs-dev}\n");
    let of = |format: &str| user.run(&["scan", "-f", "t.yaml", "--output", format]).expect(0).stdout;
    assert_eq!(sarif(&of("sarif"))["runs"][0]["results"], serde_json::json!([]));
    assert!(of("markdown").starts_with("### ✅ Policy scan passed\n"));
    assert!(of("junit").contains("tests=\"2\" skipped=\"0\" failures=\"0\" errors=\"0\""), "{}", of("junit"));
}

/// Counts XML elements: suites, cases, failures, errors, skipped.
const COUNT: &str = "
import sys, xml.etree.ElementTree as tree
root = tree.fromstring(sys.stdin.buffer.read())
assert root.tag == 'testsuites', root.tag
names = ['testsuite', 'testcase', 'failure', 'error', 'skipped']
print([len(list(root.iter(name))) for name in names])
for suite in root:
    for attribute, name in [('tests', 'testcase'), ('failures', 'failure'), ('errors', 'error'), ('skipped', 'skipped')]:
        assert int(suite.get(attribute)) == len(list(suite.iter(name))), (suite.attrib, attribute)
";

#[test]
fn junit_is_valid_xml_with_correct_counts() {
    let user = User::of_sandbox();
    let (bad, config) = paths();
    user.write("w.yaml", WAIVERS);
    user.write("count.py", COUNT);
    let base = ["scan", "-f", &bad, "--config", &config, "--waivers", "w.yaml"];
    let document = user.json(&base, 2);
    user.write("report.xml", &user.run(&[&base[..], &["--output", "junit"]].concat()).expect(2).stdout);
    let read = user.paste(&format!("'{}' count.py < report.xml", python().display())).expect(0).stdout;
    let numbers: Vec<u64> =
        read.trim().trim_matches(['[', ']']).split(", ").map(|number| number.parse().unwrap()).collect();
    let summary = &document["body"]["summary"];
    let failing = summary["critical"].as_u64().unwrap() + summary["high"].as_u64().unwrap();
    let undecided = document["body"]["unknown"].as_array().unwrap().len() as u64;
    assert_eq!(numbers[2..], [failing, 0, 1 + undecided], "failures, errors, skipped");
}

#[test]
fn markdown_lists_open_findings_and_collapses_others() {
    let user = User::of_sandbox();
    user.write("t.yaml", "Resources:\n  Group: # checkov:skip=CKV_AWS_66: <b>|@all\n    Type: AWS::Logs::LogGroup\n  Bucket:\n    Type: AWS::S3::Bucket\n");
    let text = user.run(&["scan", "-f", "t.yaml", "--output", "markdown"]).expect(2).stdout;
    assert!(text.starts_with("### ❌ Policy scan failed\n"), "{text}");
    assert!(text.contains("| medium | `s3-versioning` | `AWS::S3::Bucket` Bucket<br>`t.yaml:4:3` |"), "{text}");
    assert!(text.contains("<details><summary>1 waived</summary>"), "{text}");
    assert!(text.contains("&lt;b&gt;\\|&#64;all"), "{text}");
}

#[test]
fn the_table_groups_by_resource_with_location_and_fix() {
    let user = User::of_sandbox();
    user.write("t.yaml", "Resources:\n  Group:\n    Type: AWS::Logs::LogGroup\n  Bucket:\n    Type: AWS::S3::Bucket\n    Properties: {AccessControl: PublicRead}\n");
    let text = user.run(&["scan", "-f", "t.yaml"]).expect(2).stdout;
    assert_eq!(text.matches("AWS::S3::Bucket Bucket\n").count(), 1, "{text}");
    let place = |what: &str| text.find(what).unwrap_or_else(|| panic!("no {what} in {text}"));
    assert!(place("critical s3-acl-not-public") < place("medium s3-versioning"));
    assert!(place("medium s3-versioning") < place("AWS::Logs::LogGroup Group"));
    assert!(text.contains("     at t.yaml:6:18\n     fix: Remove AccessControl"), "{text}");
}

/// A truncated result must not be mistaken for a complete one.
#[test]
fn a_result_that_cannot_be_written_is_an_error() {
    let user = User::of_sandbox();
    user.write("q.yaml", "Type: AWS::SQS::Queue\nProperties: { QueueName: q-dev, SqsManagedSseEnabled: false }\n");
    for form in ["", "--json", "--output sarif"] {
        let command = format!("stagegate scan -f q.yaml --packs all {form}");
        assert!([0, 2].contains(&user.paste(&command).code));
        assert!(user.paste(&format!("{command} > /dev/full")).expect(1).stderr.contains("output-lost"), "{form}");
    }
}

#[test]
fn without_a_scan_there_is_no_verdict() {
    let user = User::of_sandbox();
    let refused = user.run(&["scan", "--list", "--output", "sarif"]).expect(64);
    assert!(refused.stdout.is_empty() && refused.stderr.contains("formats of `scan --list`: table, json"), "{refused}");
    for arguments in [&["scan", "--list"][..], &["scan", "--explain", "CKV_AWS_21"]] {
        let document = user.json(arguments, 0);
        assert_eq!(document["body"]["verdict"], Value::Null);
        assert!(document["body"]["policies"].as_array().unwrap().iter().any(|one| one["id"] == "s3-versioning"));
    }
}

/// Whatever the limit, the message is one of the program and not that of a panic.
#[test]
fn a_process_that_may_open_few_files_says_so() {
    let user = User::of_sandbox();
    for limit in 4..=10 {
        let run = user.paste(&format!("ulimit -n {limit}; stagegate drift"));
        assert!(run.code == 1 && run.stderr.starts_with("error[no-runtime]: "), "{limit}: {run}");
        assert!(run.stderr.contains("ulimit -n"), "{limit}: {run}");
    }
}
