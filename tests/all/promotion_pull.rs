//! `promote --pull`: a change that was made in prod is made in dev.

use serde_json::{Value, json};

use super::approvals::served;
use super::killed_changes::Prepared;
use super::killed_promotions::{properties, tags, update};
use super::support::{DEV, PROD, Server, User, messages};

const QUEUE: &str = "AWS::SQS::Queue";
const STACK: &str = "Resources:\n  \
    Dead: { Type: AWS::SQS::Queue, Properties: { QueueName: dead-dev } }\n  \
    Other: { Type: AWS::SQS::Queue, Properties: { QueueName: other-dev } }\n  \
    Jobs: { Type: AWS::SQS::Queue, Properties: { QueueName: jobs-dev, VisibilityTimeout: 30, \
            RedrivePolicy: { deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 3 } } }\n";

fn url(account: &str, name: &str) -> String {
    format!("https://sqs.us-east-1.amazonaws.com/{account}/{name}")
}

fn arn(account: &str, name: &str) -> String {
    format!("arn:aws:sqs:us-east-1:{account}:{name}")
}

/// Queues in both environments.
fn prepare(user: &User) {
    user.write("jobs.yaml", STACK);
    user.json(&["create", "-f", "jobs.yaml"], 0);
    user.approve(&["promote", "--all"]);
}

fn replace(path: &str, value: &Value) -> Value {
    json!([{"op": "replace", "path": path, "value": value}])
}

/// A hotfix in prod: another dead letter queue, and a timeout.
fn hotfix(server: &Server, dead: &str) {
    let jobs = url(PROD, "jobs-prod");
    let redrive = json!({"deadLetterTargetArn": dead, "maxReceiveCount": 9});
    update(server, PROD, QUEUE, &jobs, &replace("/RedrivePolicy", &redrive));
    update(server, PROD, QUEUE, &jobs, &replace("/VisibilityTimeout", &json!(90)));
}

fn has_the_change(server: &Server, what: &str) {
    let live = properties(server, DEV, QUEUE, &url(DEV, "jobs-dev"));
    assert_eq!(live["VisibilityTimeout"], 90, "{what}: {live}");
    let redrive = json!({"deadLetterTargetArn": arn(DEV, "other-dev"), "maxReceiveCount": 9});
    assert_eq!(live["RedrivePolicy"], redrive, "{what}: {live}");
    assert_eq!(live["QueueName"], "jobs-dev", "{what}");
    let tags = tags(&live);
    assert_eq!((&tags["PromotionStatus"][..], &tags["Environment"][..]), ("synced", "development"), "{what}: {tags:?}");
}

fn is_complete(user: &User, what: &str) {
    user.json(&["drift"], 0);
    for command in [&["promote", "--all"][..], &["promote", QUEUE, &url(DEV, "jobs-dev"), "--pull"]] {
        let again = user.json(command, 0);
        assert_eq!(again["body"]["plan"]["steps"], json!([]), "{what}: {again}");
    }
}

#[test]
fn a_change_in_prod_is_made_in_dev_with_the_values_of_dev() {
    let (_owner, server, user) = served(&[]);
    prepare(&user);
    hotfix(&server, &arn(PROD, "other-prod"));
    let drift = user.json(&["drift"], 2);
    let rows = drift["body"]["resources"].as_array().unwrap();
    let row = rows.iter().find(|row| row["status"] == "drifted").unwrap();
    assert_eq!(row["moved"], "prod");
    let command = row["command"].as_str().unwrap();
    assert_eq!(command, format!("stagegate promote {QUEUE} {} --pull", url(DEV, "jobs-dev")));

    let asked = user.paste(&format!("{command} --json")).expect(3).document();
    let plan = &asked["body"]["plan"];
    assert_eq!((&plan["environment"], plan["steps"].as_array().unwrap().len()), (&json!("dev"), 3), "{plan}");
    let step = &plan["steps"][0];
    assert_eq!((&step["operation"], &step["environment"]), (&json!("update"), &json!("dev")));
    assert!(!step["changes"].to_string().contains(PROD), "{step}");
    assert!(step["rewrites"].to_string().contains(&arn(PROD, "other-prod")), "{step}");
    assert!(!plan["approvals_required"].to_string().contains("overwrites_live_change"), "{plan}");

    user.approve(&["promote", QUEUE, &url(DEV, "jobs-dev"), "--pull"]);
    has_the_change(&server, "after the pull");
    is_complete(&user, "after the pull");
}

#[test]
fn what_dev_does_not_have_is_refused_and_named() {
    let (_owner, server, user) = served(&[]);
    prepare(&user);
    super::killed_promotions::create(&server, PROD, QUEUE, &json!({"QueueName": "by-hand"}));
    hotfix(&server, &arn(PROD, "by-hand"));
    let refused = user.json(&["promote", QUEUE, &url(DEV, "jobs-dev"), "--pull"], 4);
    let said = messages(&refused);
    assert!(said.contains(&arn(PROD, "by-hand")) && said.contains("RedrivePolicy"), "{said}");
    let never = user.json(&["promote", QUEUE, &url(DEV, "no-such-dev"), "--pull"], 1);
    assert!(messages(&never).contains("does not exist"), "{}", messages(&never));
    user.write("new.yaml", "Resources: { New: { Type: AWS::SQS::Queue, Properties: { QueueName: new-dev } } }");
    user.json(&["create", "-f", "new.yaml"], 0);
    let alone = user.json(&["promote", QUEUE, &url(DEV, "new-dev"), "--pull"], 4);
    assert!(messages(&alone).contains("no confirmed counterpart"), "{}", messages(&alone));
}

#[test]
fn a_change_that_was_made_in_dev_is_undone_only_with_its_approval() {
    let (_owner, server, user) = served(&[]);
    prepare(&user);
    hotfix(&server, &arn(PROD, "other-prod"));
    update(&server, DEV, QUEUE, &url(DEV, "jobs-dev"), &replace("/VisibilityTimeout", &json!(45)));
    let asked = user.json(&["promote", QUEUE, &url(DEV, "jobs-dev"), "--pull"], 3);
    assert!(asked["body"]["plan"]["approvals_required"].to_string().contains("overwrites_live_change"), "{asked}");
}

#[test]
fn what_the_project_overrides_in_prod_is_not_pulled() {
    let (_owner, server, user) = served(&[]);
    let config = std::fs::read_to_string(user.folder().join("stagegate.yaml")).unwrap();
    let overrides = "promotion: { overrides: { AWS::SQS::Queue: { VisibilityTimeout: 60 } } }\n";
    user.write("stagegate.yaml", &(config + overrides));
    prepare(&user);
    update(&server, PROD, QUEUE, &url(PROD, "jobs-prod"), &replace("/DelaySeconds", &json!(7)));
    user.approve(&["promote", QUEUE, &url(DEV, "jobs-dev"), "--pull"]);
    let live = properties(&server, DEV, QUEUE, &url(DEV, "jobs-dev"));
    assert_eq!((&live["VisibilityTimeout"], &live["DelaySeconds"]), (&json!(30), &json!(7)), "{live}");
    is_complete(&user, "with an override");
}

#[test]
fn a_killed_pull_is_completed() {
    let jobs = url(DEV, "jobs-dev");
    let command = ["promote", QUEUE, &jobs, "--pull"];
    let prepare = |user: &User, server: &Server| {
        prepare(user);
        hotfix(server, &arn(PROD, "other-prod"));
    };
    let calls = Prepared::new(prepare, &command, &["protected"]).complete_after_kills(3, |user, server, what| {
        has_the_change(server, what);
        is_complete(user, what);
    });
    assert!(calls >= 4, "{calls}");
}
