//! Nested stacks with local templates: their resources are part of the stack that names them.

use serde_json::Value;

use super::support::{User, messages};

const PARENT: &str = "Parameters:
  Stage: { Type: String, Default: dev }
Resources:
  App:
    Type: AWS::CloudFormation::Stack
    Properties:
      TemplateURL: ./stacks/app.yaml
      Parameters:
        Topic: !GetAtt Base.Outputs.TopicArn
        Queues: !Join [',', [!GetAtt Base.Outputs.QueueArn, !GetAtt Own.Arn]]
        Level: !Sub '${Stage}-level'
  Base:
    Type: AWS::CloudFormation::Stack
    Properties: { TemplateURL: stacks/base.yaml, Parameters: { Retention: 1209600 } }
  Own: { Type: AWS::SQS::Queue }
  Level: { Type: AWS::SSM::Parameter, DependsOn: App, Properties: { Type: String, Value: !Sub 'from ${Base.Outputs.TopicArn}' } }
";

const BASE: &str = "Parameters:
  Retention: { Type: Number }
  WithDead: { Type: String, Default: 'no' }
Conditions:
  Dead: !Equals [!Ref WithDead, 'yes']
Resources:
  Topic: { Type: AWS::SNS::Topic }
  Queue: { Type: AWS::SQS::Queue, Properties: { MessageRetentionPeriod: !Ref Retention } }
  DeadQueue: { Type: AWS::SQS::Queue, Condition: Dead }
Outputs:
  TopicArn: { Value: !Ref Topic }
  QueueArn: { Value: !GetAtt Queue.Arn }
  Name: { Value: !Sub '${AWS::StackName}-x' }
";

const APP: &str = "Parameters:
  Topic: { Type: String }
  Queues: { Type: CommaDelimitedList }
  Level: { Type: String }
Resources:
  Subscription:
    Type: AWS::SNS::Subscription
    Properties: { TopicArn: !Ref Topic, Protocol: sqs, Endpoint: !Select [0, !Ref Queues] }
  Text: { Type: AWS::SSM::Parameter, Properties: { Type: String, Value: !Sub '${Level} of ${Topic} in ${AWS::StackName}' } }
  Inner: { Type: AWS::CloudFormation::Stack, Properties: { TemplateURL: inner/leaf.yaml, Parameters: { Topic: !Ref Topic } } }
";

const LEAF: &str = "Parameters:
  Topic: { Type: String }
Resources:
  Leaf: { Type: AWS::SNS::Subscription, Properties: { TopicArn: !Ref Topic, Protocol: email, Endpoint: a@example.com } }
";

fn user() -> User {
    let user = User::of_sandbox();
    user.write("parent.yaml", PARENT);
    user.write("stacks/base.yaml", BASE);
    user.write("stacks/app.yaml", APP);
    user.write("stacks/inner/leaf.yaml", LEAF);
    user
}

fn steps(document: &Value) -> Vec<String> {
    let steps = document["body"]["plan"]["steps"].as_array().unwrap();
    // Resources without tags are recorded in the tags of others, by further steps.
    let created = steps.iter().filter(|step| step["operation"] == "create");
    let mut ids: Vec<String> = created.map(|step| step["logical_id"].as_str().unwrap().to_owned()).collect();
    ids.sort();
    ids
}

#[test]
fn nested_stacks_are_created_with_the_stack_that_names_them() {
    let user = user();
    let create = ["create", "-f", "parent.yaml", "--stack-name", "shop-dev"];
    let made = user.approve(&create);
    assert_eq!(steps(&made), ["AppInnerLeaf", "AppSubscription", "AppText", "BaseQueue", "BaseTopic", "Level", "Own"]);
    let sent = made["body"]["plan"]["steps"].to_string();
    assert!(sent.contains("1209600"), "{sent}");
    // Nothing changes, and the values are those of the other stack's resources.
    let again = user.json(&create, 0);
    assert!(
        messages(&again).contains("No changes") || again["body"]["plan"]["steps"].as_array().unwrap().is_empty(),
        "{again}"
    );
    let inventory = user.run(&["drift", "--desired", "parent.yaml", "--stack-name", "shop-dev", "--json"]).document();
    assert_eq!(inventory["outcome"]["code"], "ok", "{inventory}");
}

#[test]
fn nested_stacks_are_scanned_and_estimated_once() {
    let user = user();
    let scanned = |arguments: &[&str]| {
        let run = user.run(&[&["scan"], arguments, &["--json"]].concat());
        run.document()["body"]["resources_scanned"].as_u64().unwrap()
    };
    // A resource that a condition leaves out is not counted.
    assert_eq!(scanned(&["-f", "parent.yaml"]), 7);
    assert_eq!(scanned(&["-f", "parent.yaml", "-f", "stacks/base.yaml"]), 7);
    assert_eq!(scanned(&["-f", "."]), 7);
    let estimate = user.run(&["estimate", "-f", "parent.yaml", "--json"]).document();
    let resources = estimate["body"]["resources"].as_array().unwrap();
    assert!(resources.iter().any(|one| one["logical_id"] == "AppInnerLeaf"), "{estimate}");
    assert!(resources.iter().all(|one| one["type"] != "AWS::CloudFormation::Stack"), "{estimate}");
}

#[test]
fn nested_stacks_that_cannot_be_followed_are_errors_with_a_place() {
    for (file, from, to, line, message) in [
        (
            "parent.yaml",
            "stacks/base.yaml",
            "stacks/none.yaml",
            14,
            "`stacks/none.yaml` of the nested stack `Base` cannot be read",
        ),
        (
            "stacks/inner/leaf.yaml",
            "Resources:\n",
            "Resources:\n  Again: { Type: AWS::CloudFormation::Stack, Properties: { TemplateURL: ../app.yaml } }\n",
            4,
            "is within itself",
        ),
        ("parent.yaml", "Retention: 1209600", "Retention: 1209600, Other: 1", 14, "has no parameter `Other`"),
        ("parent.yaml", "{ Retention: 1209600 }", "{}", 14, "passes no value for the parameter `Retention`"),
        ("parent.yaml", "Base.Outputs.QueueArn", "Base.Outputs.Other", 10, "has no attribute `Outputs.Other`"),
        (
            "parent.yaml",
            "stacks/base.yaml, Parameters: { Retention: 1209600 }",
            "stacks/base.yaml, Parameters: { Retention: !Ref Own, WithDead: !GetAtt App.Outputs.X }",
            0,
            "need each other's outputs",
        ),
        ("stacks/base.yaml", "!Ref Retention", "!Ref Own", 8, "unknown parameter or resource `Own`"),
        ("parent.yaml", "./stacks/app.yaml", "https://s3.amazonaws.com/b/app.yaml", 0, "neither shown nor checked"),
    ] {
        let user = user();
        let path = user.folder().join(file);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{from}");
        std::fs::write(&path, text.replacen(from, to, 1)).unwrap();
        let document = user.json(&["create", "-f", "parent.yaml", "--stack-name", "shop-dev"], 64);
        let found = document["diagnostics"].as_array().unwrap();
        let place = |one: &&Value| {
            let text = one["message"].as_str().unwrap();
            text.contains(message) && one["line"].as_u64().is_some_and(|at| line == 0 || at == line)
        };
        assert!(found.iter().any(|one| place(&one)), "{message}: {found:#?}");
        // The rest is scanned.
        let scan = user.run(&["scan", "-f", "parent.yaml", "--json"]);
        assert!(matches!(scan.code, 0 | 2), "{scan}");
    }
}
