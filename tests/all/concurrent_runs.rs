//! Four processes at once with the same approved plan, for each command that changes something.

use serde_json::{Value, json};

use super::support::{Run, User, messages};

const STACK: &str = "Resources:
  Jobs: { Type: AWS::SQS::Queue, Properties: { QueueName: orders-jobs-dev } }
  Dead: { Type: AWS::SQS::Queue, Properties: { QueueName: orders-dead-dev } }
  News: { Type: AWS::SNS::Topic, Properties: { TopicName: orders-news-dev } }
";
const JOBS: &str = "https://sqs.us-east-1.amazonaws.com/111111111111/orders-jobs-dev";

/// Approves the plan of a command in four processes at once. At least one must apply it; the others may find it applied, or stop because
/// another one is at work or was faster.
#[track_caller]
fn four(user: &User, arguments: &[&str]) -> Vec<Run> {
    let plan = user.run(&[arguments, &["--plan-only", "--json"]].concat()).document();
    let digest = plan["body"]["plan"]["digest"].as_str().unwrap_or_else(|| panic!("{}", messages(&plan))).to_owned();
    let command = [arguments, &["--approve", &digest, "--json"]].concat();
    let runs: Vec<Run> = std::thread::scope(|scope| {
        let runs: Vec<_> = (0..4).map(|_| scope.spawn(|| user.run(&command))).collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    });
    assert!(runs.iter().any(|run| run.code == 0), "{arguments:?}: {runs:?}");
    for run in &runs {
        let said = messages(&run.document());
        let is_told = said.contains("changed-meanwhile") || said.contains("approval-used") || said.contains("lease");
        assert!(run.code == 0 || [1, 4].contains(&run.code) && is_told, "{arguments:?}: {} {said}", run.code);
    }
    runs
}

fn drift(user: &User) -> Value {
    let document = user.run(&["drift", "--json"]).document();
    let summary = document["body"]["summary"].as_object().unwrap();
    summary.iter().filter(|(_, count)| **count != json!(0)).map(|(key, count)| (key.clone(), count.clone())).collect()
}

#[test]
fn four_processes_at_once_do_what_one_does() {
    let user = User::of_sandbox();
    user.write("orders.yaml", STACK);
    four(&user, &["create", "-f", "orders.yaml"]);
    assert_eq!(drift(&user), json!({"dev_only": 3}));
    four(&user, &["promote", "--all"]);
    assert_eq!(drift(&user), json!({"synced": 3}));
    four(&user, &["update", "AWS::SQS::Queue", JOBS, "--env", "dev", "--set", "VisibilityTimeout=77"]);
    assert_eq!(drift(&user), json!({"drifted": 1, "synced": 2}));
    four(&user, &["promote", "AWS::SQS::Queue", JOBS]);
    assert_eq!(drift(&user), json!({"synced": 3}));
    four(&user, &["delete", "AWS::SQS::Queue", JOBS, "--env", "dev"]);
    assert_eq!(drift(&user), json!({"prod_only": 1, "synced": 2}));
}
