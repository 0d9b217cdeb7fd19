//! A custom policy can neither end stagegate nor exhaust the machine: it runs in a subprocess with limits, and one that exceeds
//! them is a failed scan engine.

use serde_json::Value;

use super::support::User;

const PROJECT: &str = "version: 1\nproject: sandbox\nenvironments:\n  \
                       dev: { account: \"111111111111\", region: us-east-1 }\n  \
                       prod: { account: \"222222222222\", region: us-east-1, protected: true }\n\
                       tags: { values: { CostCenter: Engineering } }\n";

const HEAD: &str = "# METADATA\n# title: Queues\n# custom:\n#   id: acme-queue\n#   severity: low\n\
                    #   types: [AWS::SQS::Queue]\npackage acme.queue\n\n";

const MEMORY: &str = "exceeded the memory limit of 512 MB while running `acme-queue`";

/// Texts, each ten times as long as the one before. The last one has 3.2 GB.
fn multiplied_text() -> String {
    let step = |n: usize| {
        let ten = vec![format!("s{n}"); 10].join(", ");
        format!("s{} := concat(\"\", [{ten}])\n", n + 1)
    };
    format!("s0 := \"{}\"\n{}", "a".repeat(32), (0..8).map(step).collect::<String>())
}

/// Lists, each twice as long as the one before. The last one has 4 billion members.
fn doubled_list() -> String {
    let step = |n: usize| format!("l{} := array.concat(l{n}, l{n})\n", n + 1);
    format!("l0 := numbers.range(1, 1000)\n{}", (0..22).map(step).collect::<String>())
}

/// Creates a user with a template, and with a policy whose rule has this condition.
fn user(condition: &str, more: &str) -> User {
    let user = User::of_sandbox();
    std::fs::create_dir(user.folder().join("mine")).unwrap();
    user.write(
        "mine/acme-queue.rego",
        &format!("{HEAD}deny contains {{\"path\": [], \"message\": \"m\"}} if {{ {condition} }}\n{more}"),
    );
    user.write("stagegate.yaml", &format!("{PROJECT}policies: {{ dirs: [mine] }}\n"));
    user.write(
        "queue.yaml",
        "Resources:\n  Jobs:\n    Type: AWS::SQS::Queue\n    Properties: { QueueName: jobs-dev }\n",
    );
    user
}

/// Runs a scan and a change with the policy and returns the error of the scan. Without the policy, the scan passes.
#[track_caller]
fn failed(condition: &str, more: &str) -> Value {
    let user = user(condition, more);
    let scanned = user.json(&["scan", "-f", "queue.yaml"], 1);
    let created = user.json(&["create", "-f", "queue.yaml"], 4);
    let calls = created["api_calls"].to_string();
    assert!(!calls.contains("CreateResource"), "{calls}");
    let error = |document: &Value| {
        let said = document["diagnostics"].as_array().unwrap().iter();
        let errors: Vec<&Value> = said.filter(|one| one["level"] == "error").collect();
        errors.first().copied().cloned().unwrap_or_else(|| panic!("no error: {document:#}"))
    };
    let (error, blocked) = (error(&scanned), error(&created));
    let message = error["message"].as_str().unwrap();
    assert!(blocked["message"].as_str().unwrap().ends_with(message), "{blocked} is not {message}");
    assert!(error["file"].as_str().unwrap().ends_with("mine/acme-queue.rego"), "{error}");
    assert!(error["hint"].is_string(), "{error}");
    user.write("stagegate.yaml", PROJECT);
    assert_eq!(user.json(&["scan", "-f", "queue.yaml"], 0)["body"]["verdict"], "pass");
    error
}

/// Asserts that a policy fails in this way, both when it is tried as it is loaded and when it runs on a resource.
#[track_caller]
fn assert_fails(condition: &str, more: &str, what: &str) {
    let on_jobs = format!("input.resource.logical_id == \"Jobs\"; {condition}");
    for (condition, suffix) in [(condition, ""), (on_jobs.as_str(), " for Jobs")] {
        let error = failed(condition, more);
        assert_eq!(error["code"], "scan-engine-failed", "{error}");
        let message = error["message"].as_str().unwrap();
        assert!(message.starts_with("the policies of ") && message.contains("mine"), "{message}");
        assert!(message.ends_with(&format!("{what}{suffix}")), "{message}");
    }
}

#[test]
fn a_large_range_exceeds_the_memory_limit() {
    assert_fails("count(numbers.range(1, 1000000000)) > 5", "", MEMORY);
}

#[test]
fn a_large_width_exceeds_the_memory_limit() {
    assert_fails("sprintf(\"%999999999d\", [1]) == \"a\"", "", MEMORY);
}

#[test]
fn texts_and_lists_that_multiply_exceed_the_memory_limit() {
    assert_fails("count(s8) == 1", &multiplied_text(), MEMORY);
    assert_fails("count(l22) == 1", &doubled_list(), MEMORY);
}

#[test]
fn recursion_without_end_exceeds_its_limit() {
    let function = "f(x) := y if { y := f(x + 1) }\n";
    assert_fails("f(1) > 5", function, "exceeded the limit of recursion while running `acme-queue`");
}

#[test]
fn a_policy_that_does_not_end_is_stopped() {
    let loops = "x := numbers.range(1, 3000); some i in x; some j in x; some k in x; i + j + k == -1";
    let error = failed(loops, "");
    assert!(error["message"].as_str().unwrap().contains("timed out after 5 s"), "{error}");
}

#[test]
fn tests_of_policies_have_the_same_limits() {
    let user = user("input.resource.properties.QueueName == \"x\"; count(numbers.range(1, 1000000000)) > 5", "");
    user.write(
        "mine/acme-queue.test.yaml",
        "passing:\n  - { name: a, properties: { QueueName: a } }\nfailing:\n  - { name: x, properties: { QueueName: x } }\n",
    );
    let document = user.json(&["scan", "--test-policies", "mine"], 1);
    let error = &document["diagnostics"][0];
    assert_eq!(error["code"], "scan-engine-failed", "{error}");
    assert!(error["message"].as_str().unwrap().ends_with(MEMORY), "{error}");
}

#[test]
fn a_policy_is_listed_and_explained_without_being_run() {
    let user = user("count(numbers.range(1, 1000000000)) > 5", "");
    assert_eq!(user.json(&["explain", "acme-queue"], 0)["body"]["kind"], "policy");
    user.json(&["schema", "AWS::SQS::Queue"], 0);
}

#[test]
fn results_of_the_subprocess_are_complete() {
    let user = user("input.resource.properties.QueueName == \"jobs-dev\"", "");
    let policy = format!(
        "{HEAD}import data.stagegate.lib\n\
         deny contains {{\"path\": [\"QueueName\"], \"message\": \"m\", \"severity\": \"high\", \"equivalents\": {{\"checkov\": [\"X_1\"]}}}} if lib.value([\"QueueName\"]) == \"jobs-dev\"\n\
         unknown contains lib.unresolved([\"KmsMasterKeyId\"])\n"
    );
    user.write("mine/acme-queue.rego", &policy);
    user.write(
        "queue.yaml",
        "Parameters: { K: { Type: String } }\nResources:\n  Jobs:\n    Type: AWS::SQS::Queue\n    Properties:\n      QueueName: jobs-dev\n      KmsMasterKeyId: !Ref K\n",
    );
    let body = &user.json(&["scan", "-f", "queue.yaml"], 2)["body"];
    let findings: Vec<&Value> =
        body["findings"].as_array().unwrap().iter().filter(|one| one["id"] == "acme-queue").collect();
    assert_eq!(findings.len(), 1, "{body:#}");
    let finding = findings[0];
    assert_eq!(
        (&finding["severity"], &finding["pointer"], &finding["line"]),
        (&"high".into(), &"/QueueName".into(), &6.into()),
        "{finding}"
    );
    assert_eq!(finding["equivalents"], serde_json::json!({"checkov": ["X_1"]}));
    let unknown = body["unknown"].as_array().unwrap().iter().find(|one| one["id"] == "acme-queue");
    assert!(unknown.is_some(), "{body:#}");
}
