//! Short output for agents: `--summary` and `--query`.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::support::User;

/// The most that a summary may take, in bytes.
const LIMIT: usize = 4096;

/// A template with secrets whose values no read returns.
fn secrets(count: usize) -> String {
    let mut text = "Resources:\n".to_owned();
    for number in 0..count {
        writeln!(
            text,
            "  Secret{number}: {{ Type: 'AWS::SecretsManager::Secret', Properties: {{ Name: app-dev-{number}, SecretString: \
             'value-{number}-of-dev', Description: 'the secret of the component with the number {number}' }} }}"
        )
        .unwrap();
    }
    text
}

fn summary(user: &User, words: &[&str], code: i32) -> Value {
    let run = user.run(&[words, &["--summary", "--json"]].concat()).expect(code);
    assert!(run.stdout.len() <= LIMIT, "{} bytes: {run}", run.stdout.len());
    let document = run.document();
    assert_eq!(document["schema"]["name"], "stagegate.summary");
    document
}

#[test]
fn a_blocked_promotion_of_fifty_resources_says_in_four_kilobytes_what_to_do() {
    let user = User::of_sandbox();
    user.write("stack.yaml", &secrets(50));
    user.approve(&["create", "-f", "stack.yaml", "--tag", "CostCenter=Engineering"]);
    let blocked = summary(&user, &["promote", "--all"], 4);
    let needed = blocked["diagnostics"].as_array().unwrap().iter().find(|one| one["code"] == "input-needed").unwrap();
    assert_eq!(needed["count"], 50, "{blocked}");
    assert!(needed["hint"].as_str().unwrap().contains("--input"), "{blocked}");
    let next = blocked["next"][0]["command"].as_str().unwrap();
    assert!(next.contains("--inputs inputs.yaml"), "{blocked}");
    let rows =
        user.run(&["drift", "--fail-on", "dev_only", "--json"]).expect(2).document()["body"]["resources"].clone();
    let inputs = rows.as_array().unwrap().iter().fold(String::new(), |text, row| {
        text + &format!(
            "'{}/{}': {{ /SecretString: value-of-prod }}\n",
            row["type"].as_str().unwrap(),
            row["dev"].as_str().unwrap()
        )
    });
    user.write("inputs.yaml", &inputs);
    summary(
        &user,
        &next
            .split_whitespace()
            .skip(1)
            .filter(|word| !word.starts_with("--json") && *word != "--summary")
            .collect::<Vec<_>>(),
        3,
    );
    // The rows of drift: all of them are in dev alone.
    let drift = summary(&user, &["drift", "--fail-on", "dev_only"], 2);
    assert_eq!(drift["body"]["summary"]["dev_only"], 50, "{drift}");
    assert!(!drift["next"].as_array().unwrap().is_empty(), "{drift}");
}

#[test]
fn a_summary_of_a_plan_has_its_digest_and_the_command_that_approves_it() {
    let user = User::of_sandbox();
    let queues = (0..9).fold("Resources:\n".to_owned(), |text, number| {
        text + &format!("  Q{number}: {{ Type: 'AWS::SQS::Queue', Properties: {{ QueueName: jobs-dev-{number} }} }}\n")
    });
    user.write("stack.yaml", &queues);
    user.approve(&["create", "-f", "stack.yaml", "--tag", "CostCenter=Engineering"]);
    let asked = summary(&user, &["promote", "--all"], 3);
    let plan = &asked["body"]["plan"];
    assert_eq!(plan["operations"], json!({"create": 9, "tag": 27}), "{asked}");
    assert_eq!(plan["steps"]["count"], 36);
    let digest = plan["digest"].as_str().unwrap();
    let approving =
        asked["next"].as_array().unwrap().iter().find(|one| one["command"].as_str().unwrap().contains(digest));
    assert!(approving.is_some(), "{asked}");
    let seen = summary(&user, &["context"], 0);
    assert_eq!(seen["environments"].as_array().unwrap().len(), 2);
    // The rows are what a table consists of.
    user.run(&["context", "--summary"]).expect(64);
    user.run(&["drift", "--summary", "--query", "summary"]).expect(64);
}

#[test]
fn a_query_prints_its_result_alone() {
    let user = User::of_sandbox();
    user.write("stack.yaml", "Resources:\n  Q: { Type: 'AWS::SQS::Queue', Properties: { QueueName: jobs-dev } }\n");
    let query = |words: &[&str], code: i32| user.run(words).expect(code);
    let digest = query(&["promote", "AWS::SQS::Queue", "x", "--query", "plan.digest"], 1);
    assert_eq!(digest.stdout, "", "a run without a result has no body: {digest}");
    assert!(digest.stderr.contains("error["), "{digest}");
    user.approve(&["create", "-f", "stack.yaml", "--tag", "CostCenter=Engineering"]);
    let types = query(&["promote", "--all", "--query", "plan.steps[?operation=='create'].[order, type]"], 3);
    assert_eq!(types.stdout, "[[2,\"AWS::SQS::Queue\"]]\n");
    assert!(types.stderr.contains("--approve"), "{types}");
    let failed = query(&["drift", "--query", "resources[", "--json"], 64);
    assert!(failed.document()["diagnostics"].to_string().contains("invalid-query"), "{failed}");
    query(&["drift", "--query", "summary", "--output", "markdown"], 64);
}

#[test]
fn events_of_a_run_that_changes_resources_are_lines_as_they_happen() {
    let user = User::of_sandbox();
    user.write("stack.yaml", "Resources:\n  Q: { Type: 'AWS::SQS::Queue', Properties: { QueueName: jobs-dev } }\n");
    let text = user.run(&["create", "-f", "stack.yaml", "--output", "ndjson"]).expect(0).stdout;
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let schema: Value = serde_json::from_str(&super::schemas::committed("event")).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let (result, events) = lines.split_last().unwrap();
    for event in events {
        let problems: Vec<String> = validator.iter_errors(event).map(|error| error.to_string()).collect();
        assert!(problems.is_empty(), "{problems:?}: {event}");
    }
    let named: Vec<&str> = events.iter().map(|event| event["event"].as_str().unwrap()).collect();
    let steps: Vec<&&str> = named
        .iter()
        .filter(|name| **name != "step_waiting" && (name.starts_with("step") || **name == "plan_made"))
        .collect();
    assert_eq!(steps, [&"plan_made", &"step_started", &"step_done"], "{text}");
    assert_eq!((&result["kind"], &result["outcome"]["code"]), (&json!("result"), &json!("ok")), "{text}");
    assert_eq!(result["body"]["applied"][0]["verified"], true);
    let refused = user.run(&["create", "-f", "missing.yaml", "--output", "ndjson"]).expect(64).stdout;
    assert_eq!(refused.lines().count(), 1, "{refused}");
    assert_eq!(serde_json::from_str::<Value>(&refused).unwrap()["kind"], "result");
}
