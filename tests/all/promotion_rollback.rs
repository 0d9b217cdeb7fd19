//! After a failed promotion, the commands that delete what it created are offered.

use serde_json::json;

use super::approvals::served;
use super::killed_promotions::identifiers;
use super::support::{PROD, approving_command};

const QUEUE: &str = "AWS::SQS::Queue";

#[test]
fn a_failed_promotion_offers_to_delete_what_it_created_and_nothing_else() {
    let (owner, server, user) = served(&[]);
    user.write(
        "two.yaml",
        "Resources:\n  Jobs: { Type: AWS::SQS::Queue, Properties: { QueueName: jobs-dev } }\n  \
         Topic: { Type: AWS::SNS::Topic, Properties: { TopicName: events-dev } }\n",
    );
    user.write("first.yaml", "Resources: { First: { Type: AWS::SQS::Queue, Properties: { QueueName: first-dev } } }");
    user.approve(&["create", "-f", "first.yaml"]);
    user.approve(&["promote", "--all"]);
    user.approve(&["create", "-f", "two.yaml"]);
    let failing = owner.serve_with(&["--fail", "AWS::SNS::Topic/CreateResource=AccessDenied"]);
    let user = user.with("AWS_ENDPOINT_URL", &failing.endpoint);
    let asked = user.json(&["promote", "--all"], 3);
    let failed = user.paste(approving_command(&asked)).expect(5).document();
    let offered: Vec<&str> = failed["next"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|next| next["why"].as_str().unwrap().contains("roll back"))
        .filter_map(|next| next["command"].as_str())
        .collect();
    let jobs = format!("https://sqs.us-east-1.amazonaws.com/{PROD}/jobs-prod");
    assert_eq!(offered, [format!("stagegate delete {QUEUE} {jobs} --env prod --json")], "{}", failed["next"]);
    // Nothing is deleted without the command and its own approval.
    assert_eq!(identifiers(&server, PROD, QUEUE).len(), 2);
    let asked = user.paste(offered[0]).expect(3).document();
    user.paste(approving_command(&asked)).expect(0);
    let left = identifiers(&server, PROD, QUEUE);
    assert_eq!(left, [format!("https://sqs.us-east-1.amazonaws.com/{PROD}/first-prod")]);

    // The same promotion works when the cause is gone.
    let user = user.with("AWS_ENDPOINT_URL", &server.endpoint);
    user.approve(&["promote", "--all"]);
    let drift = user.json(&["drift"], 0);
    assert_eq!(drift["body"]["resources"].as_array().map(Vec::len), Some(3), "{drift}");
}

#[test]
fn a_complete_promotion_offers_no_rollback() {
    let (_owner, _server, user) = served(&[]);
    user.write("first.yaml", "Resources: { First: { Type: AWS::SQS::Queue, Properties: { QueueName: first-dev } } }");
    user.approve(&["create", "-f", "first.yaml"]);
    let next = user.approve(&["promote", "--all"])["next"].clone();
    assert_eq!(next, json!([{"why": "compare both environments", "command": "stagegate drift"}]));
}
