//! `promote --graph`.

use serde_json::Value;

use super::support::User;

const STACK: &str = "Resources:\n  \
    Dead: { Type: AWS::SQS::Queue, Properties: { QueueName: dead-dev } }\n  \
    Jobs: { Type: AWS::SQS::Queue, Properties: { QueueName: jobs-dev, \
            RedrivePolicy: { deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 3 } } }\n  \
    Topic: { Type: AWS::SNS::Topic, Properties: { TopicName: events-dev } }\n  \
    Events: { Type: AWS::SNS::Subscription, Properties: { TopicArn: !Ref Topic, Protocol: sqs, Endpoint: !GetAtt Jobs.Arn } }\n";

const PROMOTE: [&str; 3] = ["promote", "--all", "--with-dependencies"];

fn with_stack() -> User {
    let user = User::of_sandbox();
    user.write("stack.yaml", STACK);
    user.approve(&["create", "-f", "stack.yaml", "--tag", "CostCenter=Engineering"]);
    user
}

fn graph(user: &User, format: &str) -> String {
    let arguments: Vec<&str> = PROMOTE.iter().copied().chain(["--graph", format]).collect();
    // Nothing is sent, and the exit code is that of --plan-only.
    user.run(&arguments).expect(3).stdout
}

#[test]
fn a_plan_is_a_mermaid_graph() {
    let user = with_stack();
    let text = graph(&user, "mermaid");
    insta::assert_snapshot!("promotion_graph_mermaid", text);
    assert_eq!(text, graph(&user, "mermaid"), "the order is always the same");
    let asked = user.json(&[&PROMOTE[..], &["--graph", "mermaid"]].concat(), 3);
    assert_eq!(asked["body"]["graph"], Value::from(text));
    assert_eq!(asked["body"]["applied"], serde_json::json!([]));
    let next = asked["next"].to_string();
    assert!(next.contains("--approve") && !next.contains("--graph"), "{next}");
}

#[test]
fn a_plan_is_a_dot_graph() {
    let text = graph(&with_stack(), "dot");
    let (head, body) = text.split_once('\n').unwrap();
    // The first line has the digest of the plan, which contains the time.
    assert!(head.starts_with("digraph \"20") && head.ends_with("\" {"), "{head}");
    insta::assert_snapshot!("promotion_graph_dot", body);
}
