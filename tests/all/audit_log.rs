//! The audit log: one line per mutating call and per approval.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use serde_json::Value;

use super::support::{DEV, PROD, User, messages};

const QUEUE: &str =
    "Resources:\n  Jobs: { Type: AWS::SQS::Queue, Properties: { QueueName: jobs-dev, VisibilityTimeout: 60 } }\n";

fn log(user: &User) -> PathBuf {
    user.folder().join("../state/stagegate/audit.jsonl")
}

fn lines(file: &PathBuf) -> Vec<Value> {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
}

fn actions(lines: &[Value]) -> Vec<&str> {
    lines.iter().filter_map(|line| line["action"].as_str()).collect()
}

#[test]
fn every_mutating_call_and_approval_is_recorded() {
    let user = User::of_sandbox();
    user.write("queue.yaml", QUEUE);
    let created = user.approve(&["create", "-f", "queue.yaml"]);
    let recorded = lines(&log(&user));
    assert_eq!(actions(&recorded), ["cloudcontrol.CreateResource"]);
    let (line, plan) = (&recorded[0], &created["body"]["plan"]);
    assert_eq!(line["plan"], plan["digest"]);
    assert_eq!(line["client_token"], plan["steps"][0]["client_token"]);
    assert_eq!((&line["account"], &line["region"]), (&Value::from(DEV), &Value::from("us-east-1")));
    assert_eq!((&line["environment"], &line["sandbox"]), (&Value::from("dev"), &Value::from(true)));
    assert_eq!(line["actor"], created["environments"][0]["arn"]);
    assert_eq!((&line["type"], &line["outcome"]), (&Value::from("AWS::SQS::Queue"), &Value::from("ok")));
    assert!(line["request_id"].is_string() && line["time"].is_string(), "{line}");
    assert_eq!((&line["reason"], &line["identifier"]), (&Value::Null, &Value::Null));

    let queue = format!("https://sqs.us-east-1.amazonaws.com/{DEV}/jobs-dev");
    let plan = user.json(&["promote", "AWS::SQS::Queue", &queue], 3);
    assert_eq!(lines(&log(&user)).len(), 1, "a plan alone changes nothing");
    let digest = plan["body"]["plan"]["digest"].as_str().unwrap();
    user.json(&["promote", "AWS::SQS::Queue", &queue, "--approve", digest, "--reason", "ticket 7"], 0);
    let recorded = lines(&log(&user));
    let expected = [
        "cloudcontrol.CreateResource",
        "approve",
        // The lease.
        "tagging.TagResources",
        "tagging.TagResources",
        "cloudcontrol.CreateResource",
        "tagging.TagResources",
        "tagging.TagResources",
        "tagging.UntagResources",
    ];
    assert_eq!(actions(&recorded), expected);
    assert_eq!(recorded[1]["approvals"], serde_json::json!(["protected"]));
    assert!(recorded[1..].iter().all(|line| line["plan"] == digest && line["reason"] == "ticket 7"), "{recorded:?}");
    let accounts: Vec<&Value> = recorded[1..].iter().map(|line| &line["account"]).collect();
    assert_eq!(accounts, [PROD, DEV, DEV, PROD, PROD, DEV, DEV]);
    assert!(recorded[2]["identifier"].as_str().unwrap().starts_with("arn:aws:sqs:"));
    assert_eq!(recorded[2]["type"], "AWS::SQS::Queue");
    let keys: BTreeSet<Vec<&String>> = recorded.iter().map(|line| line.as_object().unwrap().keys().collect()).collect();
    assert_eq!(keys.len(), 1, "each line has the same members");
    let mode = |path: PathBuf| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(log(&user)), mode(user.folder().join("../state/stagegate"))), (0o600, 0o700));
}

#[test]
fn failed_calls_are_recorded_with_their_code() {
    let owner = User::of_sandbox();
    let server = owner.serve_with(&["--fail", "CreateResource=ServiceLimitExceededException"]);
    let user = User::of_aws()
        .with("AWS_ENDPOINT_URL", &server.endpoint)
        .with("AWS_ACCESS_KEY_ID", DEV)
        .with("AWS_SECRET_ACCESS_KEY", "any");
    let environment = format!("dev: {{ account: \"{DEV}\", region: us-east-1 }}");
    let tags = "tags: { values: { CostCenter: Engineering } }";
    user.write("stagegate.yaml", &format!("version: 1\nproject: p\nenvironments:\n  {environment}\n{tags}\n"));
    user.write("queue.yaml", QUEUE);
    user.json(&["create", "-f", "queue.yaml"], 1);
    let recorded = lines(&log(&user));
    assert_eq!(recorded.len(), 1, "{recorded:?}");
    assert_eq!(recorded[0]["outcome"], "ServiceLimitExceededException");
    assert_eq!(recorded[0]["sandbox"], false);
}

#[test]
fn the_log_can_be_elsewhere_or_off() {
    let user = User::of_sandbox();
    user.write("queue.yaml", QUEUE);
    let named = user.folder().join("elsewhere/audit.jsonl");
    let user = user.with("STAGEGATE_AUDIT_LOG", named.to_str().unwrap());
    user.json(&["create", "-f", "queue.yaml"], 0);
    assert_eq!((lines(&named).len(), log(&user).exists()), (1, false));

    let user = User::of_sandbox().with("STAGEGATE_AUDIT_LOG", "off");
    user.write("queue.yaml", QUEUE);
    user.json(&["create", "-f", "queue.yaml"], 0);
    assert!(!log(&user).exists() && !user.folder().join("off").exists());

    let user = User::of_sandbox();
    let environments = format!("dev: {{ account: \"{DEV}\", region: us-east-1 }}");
    let tags = "tags: { values: { CostCenter: Engineering } }";
    let config = format!("version: 1\nproject: p\nenvironments:\n  {environments}\n{tags}\n");
    user.write("stagegate.yaml", &format!("{config}audit_log: false\n"));
    user.write("queue.yaml", QUEUE);
    user.json(&["create", "-f", "queue.yaml"], 0);
    assert!(!log(&user).exists());
}

#[test]
fn a_log_that_cannot_be_written_is_one_warning_and_does_not_stop_the_run() {
    let user = User::of_sandbox();
    let two = format!("{QUEUE}  Other: {{ Type: AWS::SQS::Queue, Properties: {{ QueueName: other-dev }} }}\n");
    user.write("queue.yaml", &two);
    // A folder cannot be appended to.
    let user = user.with("STAGEGATE_AUDIT_LOG", "/");
    let created = user.json(&["create", "-f", "queue.yaml"], 0);
    assert_eq!(created["body"]["applied"].as_array().unwrap().len(), 2, "{created}");
    assert_eq!(messages(&created).matches("audit-log-failed").count(), 1, "{created}");
}

#[test]
fn no_value_of_a_property_is_recorded() {
    let user = User::of_sandbox();
    user.write(
        "secret.yaml",
        "Parameters:\n  Value: { Type: String, NoEcho: true }\nResources:\n  Secret:\n    Type: AWS::SecretsManager::Secret\n    Properties: { Name: app-dev, Description: described-text, SecretString: !Ref Value }\n",
    );
    let arguments = ["create", "-f", "secret.yaml", "--param", "Value=planted-value", "--json"];
    let first = user.run(&arguments);
    if first.code == 3 {
        let document = first.document();
        let digest = document["body"]["plan"]["digest"].as_str().unwrap();
        let approving: Vec<&str> = arguments.into_iter().chain(["--approve", digest]).collect();
        user.run(&approving).expect(0);
    }
    let text = std::fs::read_to_string(log(&user)).unwrap();
    assert!(text.contains("AWS::SecretsManager::Secret"), "{text}");
    assert!(!text.contains("planted-value") && !text.contains("described-text"), "{text}");
}

#[test]
fn two_processes_append_whole_lines() {
    let user = User::of_sandbox();
    let template = |name: &str| {
        let queues: Vec<String> = (0..10)
            .map(|n| format!("  Q{n}: {{ Type: AWS::SQS::Queue, Properties: {{ QueueName: {name}-{n}-dev }} }}\n"))
            .collect();
        format!("Resources:\n{}", queues.concat())
    };
    for name in ["one", "two"] {
        user.write(&format!("{name}.yaml"), &template(name));
    }
    std::thread::scope(|scope| {
        for name in ["one.yaml", "two.yaml"] {
            let user = &user;
            scope.spawn(move || user.json(&["create", "-f", name], 0));
        }
    });
    assert_eq!(lines(&log(&user)).len(), 20);
}
