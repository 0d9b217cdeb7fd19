//! Whether the tasks of an ECS service run after a change.

use serde_json::{Value, json};

use super::support::{User, approving_command, messages};

const SERVICE: &str = "AWS::ECS::Service";

const STACK: &str = "\
Resources:
  Cluster:
    Type: AWS::ECS::Cluster
    Properties: { ClusterName: shop-dev, ClusterSettings: [{ Name: containerInsights, Value: enabled }] }
  Task:
    Type: AWS::ECS::TaskDefinition
    Properties:
      Family: web-dev
      ContainerDefinitions: [{ Name: web, Image: 'public.ecr.aws/nginx/nginx:1', Memory: 128, ReadonlyRootFilesystem: true }]
  Web:
    Type: AWS::ECS::Service
    Properties: { ServiceName: web-dev, Cluster: !Ref Cluster, TaskDefinition: !Ref Task, DesiredCount: 2, LaunchType: EC2 }
";

/// Runs a command, and the one that approves it, if it requires an approval.
fn changed(user: &User, arguments: &[&str], code: i32) -> Value {
    let first = user.run(&[arguments, &["--json"]].concat());
    if first.code != 3 {
        return first.expect(code).document();
    }
    let document = first.document();
    user.paste(approving_command(&document)).expect(code).document()
}

fn health(document: &Value) -> (&Value, Vec<(&Value, &Value)>) {
    let applied = document["body"]["applied"].as_array().unwrap();
    let service = applied.iter().find(|step| step["type"] == SERVICE && step["operation"] != "tag").unwrap();
    let checklist = document["body"]["plan"]["checklist"].as_array().unwrap();
    let items = checklist.iter().filter(|item| item["item"] == "tasks running");
    (&service["health"], items.map(|item| (&item["state"], &item["evidence"])).collect())
}

#[test]
fn the_tasks_of_a_service_are_checked_after_a_change() {
    let user = User::of_sandbox();
    user.write("stack.yaml", STACK);
    let created = changed(&user, &["create", "-f", "stack.yaml"], 0);
    let (line, items) = health(&created);
    assert_eq!(line, "2 of 2 tasks run", "{created}");
    assert_eq!((items.len(), items[0].0), (1, &json!("ok")));
    assert_eq!(created["api_calls"]["ecs.DescribeServices"], 1);
    let applied = created["body"]["applied"].as_array().unwrap();
    let identifier = applied.iter().find(|step| step["type"] == SERVICE).unwrap()["identifier"].as_str().unwrap();

    let failed =
        json!({"web-dev": {"runningCount": 1, "rolloutState": "FAILED", "rolloutStateReason": "no such image"}});
    user.write("../sandbox/tasks.json", &failed.to_string());
    let update = |count: &str, code| {
        let set = format!("DesiredCount={count}");
        changed(&user, &["update", SERVICE, identifier, "--env", "dev", "--set", &set], code)
    };
    let unhealthy = update("3", 2);
    let (line, items) = health(&unhealthy);
    assert_eq!(line, "1 of 3 tasks run: no such image");
    assert_eq!(items[0].0, "open");
    assert!(messages(&unhealthy).contains("service-not-running"), "{}", messages(&unhealthy));

    // A file that cannot be read stands for a service that does not answer: the change is complete all the same.
    user.write("../sandbox/tasks.json", "{}x");
    let unknown = update("4", 0);
    let (line, items) = health(&unknown);
    assert!(line.as_str().unwrap().starts_with("it is not known whether its tasks run"), "{line}");
    assert_eq!(items[0].0, "open");
}

#[test]
fn a_promoted_service_is_checked_in_prod() {
    let user = User::of_sandbox();
    user.write("stack.yaml", STACK);
    changed(&user, &["create", "-f", "stack.yaml"], 0);
    let promoted = changed(&user, &["promote", "--all", "--with-dependencies"], 0);
    let (line, items) = health(&promoted);
    assert_eq!(line, "2 of 2 tasks run", "{promoted}");
    assert!(items[0].1.as_str().unwrap().contains("web-prod"), "{items:?}");
}
