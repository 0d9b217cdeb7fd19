//! The scan engines that are programs of their own: the real ones, and ones that misbehave.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::support::{User, root};

const BAD: &str = "tests/data/bad.yaml";

/// A program that `tests/run` installs.
fn installed(variable: &str, default: &str) -> PathBuf {
    let named = std::env::var_os(variable).map(PathBuf::from);
    let program = named.unwrap_or_else(|| root().join(default));
    assert!(program.is_file(), "{} does not exist: `tests/run` installs what this test needs", program.display());
    program
}

fn checkov() -> PathBuf {
    installed("STAGEGATE_TEST_CHECKOV", "target/checkov/bin/checkov")
}

fn guard() -> PathBuf {
    installed("STAGEGATE_TEST_CFN_GUARD", "target/tools/bin/cfn-guard")
}

/// A user of the sandbox whose PATH leads to these programs first. They are links, so that their
/// folders bring nothing else along.
fn user_with(programs: &[(&str, &Path)]) -> User {
    let user = User::of_sandbox();
    let tools = user.folder().join("tools");
    std::fs::create_dir(&tools).unwrap();
    for (name, program) in programs {
        std::os::unix::fs::symlink(program, tools.join(name)).unwrap();
    }
    let temporary = user.folder().join("tmp");
    std::fs::create_dir(&temporary).unwrap();
    user.with("PATH", &format!("{}:/usr/local/bin:/usr/bin:/bin", tools.display()))
        .with("TMPDIR", &temporary.display().to_string())
}

/// A user whose `checkov` is one of the scripts in `tests/data/engines`.
fn user_with_script(script: &str) -> User {
    user_with(&[("checkov", &root().join("tests/data/engines").join(script))])
}

fn bad_arguments<'a>(bad: &'a str, config: &'a str, engines: &'a str) -> Vec<&'a str> {
    vec!["scan", "-f", bad, "--config", config, "--engine", engines]
}

fn paths() -> (String, String) {
    let place = |file: &str| root().join(file).display().to_string();
    (place(BAD), place("tests/data/stagegate.yaml"))
}

/// `id resource` of every check that a finding names.
fn named(document: &Value) -> Vec<(String, String)> {
    let findings = document["body"]["findings"].as_array().unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    findings
        .iter()
        .flat_map(|finding| {
            let resource = text(&finding["resource"]["logical_id"]);
            let also = finding["also_found_by"].as_array().unwrap();
            std::iter::once(finding).chain(also).map(move |one| (text(&one["id"]), resource.clone()))
        })
        .collect()
}

#[test]
fn checkovs_findings_and_ours_are_one_list_without_loss_or_repetition() {
    let program = checkov();
    let user = user_with(&[("checkov", &program)]);
    let (bad, config) = paths();
    let merged = user.json(&bad_arguments(&bad, &config, "builtin,checkov"), 2);
    let own = user.json(&bad_arguments(&bad, &config, "builtin"), 2);

    // Checkov alone, on the user's file instead of the one that it is given.
    let work = user.folder().join("raw");
    std::fs::create_dir(&work).unwrap();
    std::fs::copy(&bad, work.join("bad.yaml")).unwrap();
    let raw = std::process::Command::new(&program)
        .args(["-f", "bad.yaml", "--framework", "cloudformation", "-o", "json", "--compact", "--quiet"])
        .args(["--skip-download", "--soft-fail"])
        .current_dir(&work)
        .output()
        .unwrap();
    let raw: Value = serde_json::from_slice(&raw.stdout).unwrap();
    let failed = raw["results"]["failed_checks"].as_array().unwrap();
    assert!(failed.len() > 50, "Checkov finds much in a template with everything wrong");

    let all = named(&merged);
    for check in failed {
        let (id, resource) = (check["check_id"].as_str().unwrap(), check["resource"].as_str().unwrap());
        let resource = resource.rsplit('.').next().unwrap();
        let count = all.iter().filter(|(one, at)| one == id && at == resource).count();
        assert_eq!(count, 1, "{id} on {resource} is named {count} times");
    }
    for finding in own["body"]["findings"].as_array().unwrap() {
        let same = |one: &&Value| {
            ["id", "resource", "pointer", "message", "severity", "line", "column"]
                .iter()
                .all(|key| one[*key] == finding[*key])
        };
        let count = merged["body"]["findings"].as_array().unwrap().iter().filter(same).count();
        assert_eq!(count, 1, "{finding}");
    }
    // Nothing came from nowhere, and no subject stands twice at one place.
    let own_ids: BTreeSet<(String, String)> = named(&own).into_iter().collect();
    let foreign = all.iter().filter(|one| !own_ids.contains(*one)).count();
    assert_eq!(foreign, failed.len());
    let mut places = BTreeSet::new();
    for finding in merged["body"]["findings"].as_array().unwrap() {
        let subject = match finding["engine"].as_str().unwrap() {
            "builtin" => finding["id"].to_string(),
            _ => {
                finding["equivalents"]["builtin"].as_array().map_or(finding["id"].to_string(), |ids| ids[0].to_string())
            }
        };
        let place = (subject, finding["resource"]["logical_id"].to_string(), finding["pointer"].to_string());
        assert!(places.insert(place.clone()), "{place:?} stands twice");
    }
    let engines = merged["body"]["engines"].as_array().unwrap();
    assert_eq!(engines.len(), 2);
    assert_eq!(engines[1]["version"], raw["summary"]["checkov_version"]);
}

#[test]
fn a_suppression_inside_a_value_is_none() {
    let program = checkov();
    let user = user_with(&[("checkov", &program)]);
    let properties = "{TopicName: shop-orders-dev, DisplayName: 'checkov:skip=CKV_AWS_26: no'}";
    user.write("t.yaml", &format!("Resources: {{A: {{Type: 'AWS::SNS::Topic', Properties: {properties}}}}}\n"));
    let document = user.json(&["scan", "-f", "t.yaml", "--engine", "checkov"], 0);
    assert_eq!(named(&document), [("CKV_AWS_26".to_owned(), "A".to_owned())], "{document}");
    assert_eq!(document["body"]["summary"]["waived"], 0);
}

#[test]
fn a_template_for_which_checkov_has_no_check_is_no_failure() {
    let user = user_with(&[("checkov", &checkov())]);
    for name in ["cognito-user-pool.yaml", "ses-identity.yaml"] {
        let template = super::support::template(name);
        let document = user.json(&["scan", "-f", &template, "--engine", "checkov"], 0);
        assert_eq!((&document["body"]["checks_evaluated"], &document["body"]["verdict"]), (&0.into(), &"pass".into()));
    }
}

#[test]
fn guards_findings_are_merged_through_the_rules_registry_names() {
    let user = user_with(&[("cfn-guard", &guard())]);
    std::fs::create_dir(user.folder().join("rules")).unwrap();
    std::fs::copy(root().join("tests/data/engines/rules.guard"), user.folder().join("rules/r.guard")).unwrap();
    user.write("t.yaml", "Type: AWS::S3::Bucket\nProperties: {BucketName: a-dev}\n");
    let arguments = ["scan", "-f", "t.yaml", "--engine", "builtin,cfn-guard", "--policies", "rules"];
    let document = user.json(&arguments, 2);
    let findings = document["body"]["findings"].as_array().unwrap();
    let versioning = findings.iter().find(|finding| finding["id"] == "s3-versioning").unwrap();
    assert_eq!(versioning["also_found_by"][0]["id"], "S3_BUCKET_VERSIONING_ENABLED");
    let topic = findings.iter().find(|finding| finding["id"] == "has_a_topic").unwrap();
    assert_eq!(
        (&topic["severity"], &topic["engine"], &topic["line"]),
        (&"medium".into(), &"cfn-guard".into(), &2.into())
    );
    let whole = findings.iter().find(|finding| finding["id"] == "the_topic_is_there").unwrap();
    assert_eq!((&whole["resource"]["type"], &whole["resource"]["file"]), (&"Template".into(), &"t.yaml".into()));
    let version = std::process::Command::new(guard()).arg("--version").output().unwrap().stdout;
    let version = String::from_utf8(version).unwrap();
    assert_eq!(Some(document["body"]["engines"][1]["version"].as_str().unwrap()), version.split_whitespace().last());
}

#[test]
fn guard_rules_that_are_missing_empty_or_broken_are_an_error() {
    let user = user_with(&[("cfn-guard", &guard())]);
    user.write("t.yaml", "Type: AWS::S3::Bucket\n");
    std::fs::create_dir(user.folder().join("rules")).unwrap();
    let arguments = ["scan", "-f", "t.yaml", "--engine", "cfn-guard", "--policies", "rules"];
    let failure = |expected: &str| {
        let document = user.json(&arguments, 1);
        let said = document["body"]["engines"][0]["failures"][0].as_str().unwrap().to_owned();
        assert!(said.contains(expected), "{said}");
        assert_eq!(document["body"]["verdict"], "fail");
    };
    failure("no rules; add *.guard files");
    // A good file whose rules are broken must not hide a file that cannot be read.
    std::fs::copy(root().join("tests/data/engines/rules.guard"), user.folder().join("rules/good.guard")).unwrap();
    user.write("rules/bad.guard", "rule x {{{");
    failure("cannot read the rules in rules/bad.guard");
    user.write("rules/bad.guard", "rule x { %nowhere == 5 }\n");
    failure("exited with code 255 for the rules in rules/bad.guard: Error occurred There was no variable");
    user.write("rules/bad.guard", "# nothing yet\n");
    failure("evaluated no rule (rules/bad.guard)");
}

#[test]
fn a_failing_engine_is_an_error_and_never_passes() {
    let cases = [
        ("killed.sh", "was killed by signal 9"),
        ("garbage.sh", "printed no JSON report"),
        ("binary.sh", "is not valid UTF-8"),
        ("fewer.sh", "scanned 1 of 2 resource(s)"),
        ("blind.sh", "did not report the violation in the probe resource"),
        ("crashing-check.sh", "could not run the check CKV_AWS_27 on /template.json:AWS::SQS::Queue.A"),
        ("unparsed.sh", "could not parse the template"),
        ("crashed.sh", "exited with code 7: ImportError: no such module"),
        ("silent.sh", "printed no JSON report"),
        ("no-such-script.sh", "is not installed or not in PATH"),
    ];
    for (script, expected) in cases {
        let user = user_with_script(script);
        user.write("t.yaml", "Resources: {A: {Type: 'AWS::SQS::Queue'}, B: {Type: 'AWS::SQS::Queue'}}\n");
        let document = user.json(&["scan", "-f", "t.yaml", "--engine", "builtin,checkov"], 1);
        let engines = document["body"]["engines"].as_array().unwrap();
        assert_eq!((&engines[0]["status"], &engines[1]["status"]), (&"ok".into(), &"error".into()), "{script}");
        let said = engines[1]["failures"][0].as_str().unwrap();
        assert!(said.contains(expected), "{script}: {said}");
        assert_eq!(document["body"]["verdict"], "fail", "{script}");
        assert_eq!(document["diagnostics"].to_string().matches("scan-engine-failed").count(), 1, "{script}");
    }
}

#[test]
fn engines_are_not_run_on_invalid_input_and_report_an_error() {
    // This script would be an error of another kind.
    let user = user_with_script("killed.sh");
    for text in ["Resources: {A: [", "", "{}\n", "Resources: {}\n"] {
        user.write("t.yaml", text);
        let document = user.json(&["scan", "-f", "t.yaml", "--engine", "builtin,checkov"], 1);
        let said = document["diagnostics"].to_string();
        assert!(said.contains("checkov was not run") && !said.contains("killed"), "{document}");
        // Without an engine beside the policies it is a mistake in the input.
        user.json(&["scan", "-f", "t.yaml"], 64);
    }
}

#[test]
fn a_hanging_engine_is_stopped_with_its_child_processes() {
    let user = user_with_script("hanging.sh");
    user.write("t.yaml", "Type: AWS::SQS::Queue\n");
    // Waited for, it would take a day and a half.
    let document = user.json(&["scan", "-f", "t.yaml", "--engine", "checkov", "--timeout", "2s"], 1);
    assert!(document["body"]["engines"][0]["failures"][0].as_str().unwrap().contains("timed out after 2 s"));
    assert_all_end("123456");
    assert_eq!(std::fs::read_dir(user.folder().join("tmp")).unwrap().count(), 0, "a file was left behind");
}

#[test]
fn a_signal_ends_the_engine_as_well() {
    let user = user_with_script("hanging-long.sh");
    user.write("t.yaml", "Type: AWS::SQS::Queue\n");
    let is_at_work = || !processes("987654").is_empty();
    user.interrupt(&["scan", "-f", "t.yaml", "--engine", "checkov"], "INT", is_at_work).expect(130);
    assert_all_end("987654");
    assert_eq!(std::fs::read_dir(user.folder().join("tmp")).unwrap().count(), 0, "a file was left behind");
}

/// A process that was killed is still listed until the system has removed it; one that was not sleeps for more than a day.
#[track_caller]
fn assert_all_end(mark: &str) {
    for _ in 0..300 {
        if processes(mark).is_empty() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    panic!("{:?}", processes(mark));
}

/// The processes started by a script are identified by their unusual number of seconds.
fn processes(mark: &str) -> Vec<String> {
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    let lines = entries.filter_map(|entry| std::fs::read_to_string(entry.path().join("cmdline")).ok());
    lines.filter(|line| line.contains(mark) && line.starts_with("sleep")).collect()
}

#[test]
fn an_engine_gets_no_user_data_and_a_private_temporary_file() {
    let user = user_with_script("spy.sh")
        .with("BC_API_KEY", "secret-key")
        .with("PRISMA_API_URL", "https://example.com")
        .with("AWS_SECRET_ACCESS_KEY", "secret-key")
        .with("CKV_IGNORE_HIDDEN_DIRECTORIES", "true");
    let template = "
Parameters: {Pw: {Type: String, NoEcho: true}}
Resources:
  Db:
    Type: AWS::RDS::DBInstance
    Metadata: {Note: kept-at-home}
    Properties: {DBInstanceClass: db.t4g.micro, AllocatedStorage: 20, MasterUserPassword: !Ref Pw}
";
    user.write("t.yaml", template);
    user.write(".checkov.yaml", "skip-check: [CKV_AWS_16]\n");
    let document = user.json(&["scan", "-f", "t.yaml", "--param", "Pw=hunter22", "--engine", "checkov"], 1);
    // The script fails with what it saw.
    let said = document["body"]["engines"][0]["failures"][0].as_str().unwrap();
    let seen = said.split_once("saw ").unwrap().1;
    let (folder, seen) = seen.split_once('|').unwrap();
    assert!(seen.starts_with("mode=600|keys=0|config=0|"), "{seen}");
    assert!(seen.contains("\"AllocatedStorage\":\"20\""), "what is scanned is what is sent: {seen}");
    assert!(!seen.contains("hunter22") && !seen.contains("kept-at-home"), "{seen}");
    assert!(seen.contains("\"Ref\":\"StagegateSecret1\""), "{seen}");
    assert!(folder.starts_with('/') && !Path::new(folder).exists(), "{folder} was left behind");
}

#[test]
fn the_gate_of_a_writing_command_runs_the_projects_engines() {
    let program = checkov();
    let config = "
version: 1
project: shop
environments:
  dev: {account: '111111111111', region: us-east-1, sandbox: true}
  prod: {account: '222222222222', region: us-east-1, sandbox: true}
tags: {values: {CostCenter: Engineering}}
policies: {engines: [builtin, checkov]}
";
    let template = "Type: AWS::SQS::Queue\nProperties: {QueueName: shop-jobs-dev}\n";
    let user = user_with(&[("checkov", &program)]);
    user.write("stagegate.yaml", config);
    user.write("t.yaml", template);
    let plan = user.run(&["create", "-f", "t.yaml", "--plan-only", "--json"]).document();
    let engines = plan["body"]["plan"]["scan"]["engines"].as_array().unwrap();
    assert_eq!(engines.iter().map(|one| one["status"].as_str().unwrap()).collect::<Vec<_>>(), ["ok", "ok"]);
    assert_ne!(plan["outcome"]["exit_code"], 4);

    let broken = user_with_script("killed.sh");
    broken.write("stagegate.yaml", config);
    broken.write("t.yaml", template);
    let document = broken.json(&["create", "-f", "t.yaml"], 4);
    assert!(document["diagnostics"].to_string().contains("was killed by signal 9"), "{document}");
    assert_eq!(document["body"]["applied"].as_array().unwrap().len(), 0);
    // Nothing was created, so nothing can be promoted.
    let live = broken.json(&["drift"], 0);
    assert_eq!(live["body"]["coverage"]["checked"], 0);
}

#[test]
fn usage_errors_are_reported_in_the_requested_format() {
    let user = User::of_sandbox();
    user.write("t.yaml", "Type: AWS::SQS::Queue\n");
    for arguments in [
        &["scan", "--list", "--engine", "checkov"][..],
        &["scan", "-f", "t.yaml", "--engine", "chekov"],
        &["scan", "-f", "t.yaml", "--env", "dev"],
        &["scan", "-f", "t.yaml", "--live", "--env", "dev"],
        &["scan", "--live"],
        &["scan", "--live", "AWS::SQS::Quue", "--env", "dev"],
        &["context", "--output", "sarif"],
        &["create", "-f", "t.yaml", "--output", "junit"],
    ] {
        let run = user.run(arguments).expect(64);
        assert!(run.stderr.contains("hint: "), "{run}");
        if !arguments.contains(&"--output") {
            user.json(arguments, 64);
        }
    }
    let said = user.run(&["context", "--output", "sarif"]).stderr;
    assert!(said.contains("formats of `context`: table, json"), "{said}");
}
