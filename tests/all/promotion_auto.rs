//! `promote --auto`: what the project's rules allow is promoted without an approval, and nothing else.

use serde_json::json;

use super::approvals::served;
use super::killed_promotions::{identifiers, update};
use super::support::{DEV, PROD, Server, User, messages};

const QUEUE: &str = "AWS::SQS::Queue";

fn url(account: &str, name: &str) -> String {
    format!("https://sqs.us-east-1.amazonaws.com/{account}/{name}")
}

/// A user with these rules, a queue in dev, and a role that is never promoted unattended.
fn with_rules(rules: &str) -> (User, Server, User) {
    let (owner, server, user) = served(&[]);
    let config = std::fs::read_to_string(user.folder().join("stagegate.yaml")).unwrap();
    user.write("stagegate.yaml", &format!("{config}{rules}"));
    user.write(
        "jobs.yaml",
        "Resources:\n  Jobs: { Type: AWS::SQS::Queue, Properties: { QueueName: jobs-dev, VisibilityTimeout: 30 } }\n  \
         Topic: { Type: AWS::SNS::Topic, Properties: { TopicName: events-dev } }\n",
    );
    (owner, server, user)
}

const RULES: &str = "promotion: { auto: { types: [AWS::SQS::Queue], cap: 50.00, soak: 24h } }\n";

/// The same user some days later.
fn after(user: &User, days: i64) -> User {
    let now = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24 * days);
    user.copy().with("STAGEGATE_TEST_NOW", &now.to_string())
}

#[test]
fn without_rules_nothing_is_promoted_unattended() {
    let (_owner, server, user) = with_rules("");
    user.json(&["create", "-f", "jobs.yaml"], 0);
    let refused = user.json(&["promote", "--all", "--auto"], 4);
    let said = messages(&refused);
    assert!(said.contains("auto-not-configured") && said.contains("promotion.auto"), "{said}");
    assert_eq!(identifiers(&server, PROD, QUEUE), Vec::<String>::new());
}

#[test]
fn what_the_rules_allow_is_promoted_after_the_soak_time_without_an_approval() {
    let (_owner, server, user) = with_rules(RULES);
    user.json(&["create", "-f", "jobs.yaml"], 0);
    let early = user.json(&["promote", "--all", "--auto"], 4);
    assert!(messages(&early).contains("promotion.auto.soak"), "{}", messages(&early));
    assert_eq!(identifiers(&server, PROD, QUEUE), Vec::<String>::new());

    let later = after(&user, 2);
    let done = later.json(&["promote", "--all", "--auto"], 0);
    assert_eq!(done["body"]["promotion"][0]["status"], "synced", "{done}");
    assert_eq!(identifiers(&server, PROD, QUEUE), [url(PROD, "jobs-prod")]);
    assert_eq!(identifiers(&server, PROD, "AWS::SNS::Topic"), Vec::<String>::new(), "the type is not in the rules");
    let topic = format!("arn:aws:sns:us-east-1:{DEV}:events-dev");
    let named = later.json(&["promote", "AWS::SNS::Topic", &topic, "--auto"], 4);
    assert!(messages(&named).contains("promotion.auto.types"), "{}", messages(&named));
}

#[test]
fn a_change_of_somebody_else_needs_a_person() {
    let (_owner, server, user) = with_rules(RULES);
    user.json(&["create", "-f", "jobs.yaml"], 0);
    user.approve(&["promote", QUEUE, &url(DEV, "jobs-dev")]);
    let patch = |seconds: u32| json!([{"op": "replace", "path": "/VisibilityTimeout", "value": seconds}]);
    update(&server, PROD, QUEUE, &url(PROD, "jobs-prod"), &patch(99));
    let refused = after(&user, 2).json(&["promote", QUEUE, &url(DEV, "jobs-dev"), "--auto"], 4);
    assert!(messages(&refused).contains("was changed in"), "{}", messages(&refused));
    update(&server, PROD, QUEUE, &url(PROD, "jobs-prod"), &patch(30));
    // In dev as well: stagegate did not write it.
    update(&server, DEV, QUEUE, &url(DEV, "jobs-dev"), &patch(77));
    let refused = after(&user, 2).json(&["promote", QUEUE, &url(DEV, "jobs-dev"), "--auto"], 4);
    assert!(messages(&refused).contains("by something else"), "{}", messages(&refused));
}

#[test]
fn a_cost_above_the_cap_needs_a_person() {
    let (_owner, _server, user) =
        with_rules(&RULES.replace("50.00", "0.05").replace("SQS::Queue", "CloudWatch::Alarm"));
    user.write(
        "alarm.yaml",
        "Resources: { Alarm: { Type: AWS::CloudWatch::Alarm, Properties: { AlarmName: busy-dev, MetricName: Errors, \
         Namespace: AWS/Lambda, Statistic: Sum, Period: 300, EvaluationPeriods: 1, Threshold: 1, ComparisonOperator: \
         GreaterThanThreshold } } }",
    );
    user.json(&["create", "-f", "alarm.yaml"], 0);
    let refused = after(&user, 2).json(&["promote", "--all", "--auto"], 4);
    assert!(messages(&refused).contains("promotion.auto.cap"), "{}", messages(&refused));
}

#[test]
fn permissions_networks_and_data_stores_cannot_be_in_the_rules() {
    for type_name in ["AWS::IAM::Role", "AWS::EC2::SecurityGroup", "AWS::RDS::DBInstance", "AWS::No::Such"] {
        let (_owner, _server, user) = with_rules(&RULES.replace("AWS::SQS::Queue", type_name));
        let refused = user.json(&["promote", "--all", "--auto"], 64);
        assert!(messages(&refused).contains("promotion.auto.types"), "{type_name}: {}", messages(&refused));
    }
    let (_owner, _server, user) = with_rules(&RULES.replace("24h", "8d"));
    let refused = user.json(&["promote", "--all", "--auto"], 64);
    assert!(messages(&refused).contains("seven days"), "{}", messages(&refused));
}
