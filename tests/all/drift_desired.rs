//! `drift --desired`: a template against the live resources of its stack.

use serde_json::{Value, json};

use super::support::{DEV, User, call_as};

const STACK: &str = r#"
Parameters:
  Days: { Type: Number, Default: 7 }
Resources:
  Jobs:
    Type: AWS::SQS::Queue
    Properties:
      QueueName: orders-jobs-dev
      VisibilityTimeout: "60"
      RedrivePolicy: { deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 3 }
  Dead:
    Type: AWS::SQS::Queue
    Properties: { QueueName: orders-dead-dev }
  Log:
    Type: AWS::Logs::LogGroup
    Properties: { LogGroupName: /orders/dev, RetentionInDays: !Ref Days }
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: orders-dev
      AssumeRolePolicyDocument:
        Statement: [{ Action: "sts:AssumeRole", Effect: Allow, Principal: { Service: lambda.amazonaws.com } }]
        Version: "2012-10-17"
"#;

fn drift(user: &User, more: &[&str], code: i32) -> Value {
    user.json(&[&["drift", "--desired", "orders.yaml"], more].concat(), code)["body"].clone()
}

/// Status and changed pointers by logical id, or by identifier for what the template does not contain.
fn rows(body: &Value) -> Value {
    let rows = body["resources"].as_array().unwrap().iter().map(|row| {
        let name = row["dev"].as_str().or(row["prod"].as_str()).unwrap().to_owned();
        let places: Vec<&Value> = row["changes"].as_array().unwrap().iter().map(|change| &change["pointer"]).collect();
        (name, json!([row["status"], places]))
    });
    rows.collect::<serde_json::Map<_, _>>().into()
}

/// Changes a resource in the account, not through stagegate.
fn patch(user: &User, type_name: &str, identifier: &str, patch: &Value) {
    let server = user.serve();
    let input = json!({"TypeName": type_name, "Identifier": identifier, "PatchDocument": patch.to_string()});
    call_as(DEV, &server.endpoint, "cloudcontrolapi", "CloudApiService.UpdateResource", &input).unwrap();
    // The request is complete when the change can be read.
    for _ in 0..600 {
        let read = json!({"TypeName": type_name, "Identifier": identifier});
        let found = call_as(DEV, &server.endpoint, "cloudcontrolapi", "CloudApiService.GetResource", &read).unwrap();
        let properties = found["ResourceDescription"]["Properties"].as_str().unwrap_or_default().to_owned();
        let properties: Value = serde_json::from_str(&properties).unwrap_or_default();
        let first = &patch[0];
        if properties.pointer(first["path"].as_str().unwrap()) == Some(&first["value"]) {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    panic!("{identifier} does not change");
}

fn queue(name: &str) -> String {
    format!("https://sqs.us-east-1.amazonaws.com/{DEV}/{name}")
}

#[test]
fn a_stack_is_as_its_template_until_somebody_changes_it() {
    let user = User::of_sandbox();
    user.write("orders.yaml", STACK);
    // Nothing exists yet: that is drift as well.
    let body = drift(&user, &[], 2);
    assert_eq!(body["summary"]["dev_only"], 4, "{body:#}");
    user.approve(&["create", "-f", "orders.yaml"]);
    let body = drift(&user, &[], 0);
    assert_eq!((&body["from"], &body["to"]), (&json!("orders.yaml"), &json!("dev")));
    assert_eq!(body["summary"]["synced"], 4, "{body:#}");
    // In another form.
    let respelled = STACK.replace("VisibilityTimeout: \"60\"", "VisibilityTimeout: 60").replace(
        "[{ Action: \"sts:AssumeRole\", Effect: Allow, Principal: { Service: lambda.amazonaws.com } }]",
        "{ Effect: Allow, Principal: { Service: [lambda.amazonaws.com] }, Action: [\"sts:AssumeRole\"] }",
    );
    assert_ne!(respelled, STACK);
    user.write("orders.yaml", &respelled);
    assert_eq!(drift(&user, &[], 0)["summary"]["synced"], 4);

    patch(
        &user,
        "AWS::SQS::Queue",
        &queue("orders-jobs-dev"),
        &json!([{"op": "replace", "path": "/VisibilityTimeout", "value": 90}]),
    );
    // What the template does not set is no drift.
    patch(
        &user,
        "AWS::SQS::Queue",
        &queue("orders-dead-dev"),
        &json!([{"op": "add", "path": "/DelaySeconds", "value": 5}]),
    );
    let document = user.json(&["drift", "--desired", "orders.yaml"], 2);
    let found = rows(&document["body"]);
    assert_eq!(
        found,
        json!({"Jobs": ["drifted", ["/VisibilityTimeout"]], "Dead": ["synced", []], "Log": ["synced", []], "Role": ["synced", []]})
    );
    let row = document["body"]["resources"].as_array().unwrap().iter().find(|row| row["dev"] == "Jobs").unwrap();
    assert_eq!((&row["changes"][0]["from"], &row["changes"][0]["to"]), (&json!(60), &json!(90)), "{row:#}");
    assert_eq!(drift(&user, &["--fail-on", "prod_only"], 0)["summary"]["drifted"], 1);
    // The printed command leads to a clean state.
    user.paste(&format!("{} --json", row["command"].as_str().unwrap())).expect(3);
    user.approve(&["create", "-f", "orders.yaml"]);
    assert_eq!(drift(&user, &[], 0)["summary"]["synced"], 4);
}

#[test]
fn parameters_dropped_resources_and_resources_of_others_are_told_apart() {
    let user = User::of_sandbox();
    user.write("orders.yaml", STACK);
    user.approve(&["create", "-f", "orders.yaml", "--param", "Days=30"]);
    let found = rows(&drift(&user, &[], 2));
    assert_eq!(found["Log"], json!(["drifted", ["/RetentionInDays"]]));
    assert_eq!(drift(&user, &["--param", "Days=30"], 0)["summary"]["synced"], 4);
    // The template no longer has the log group.
    let without = STACK.replace("  Log:\n    Type: AWS::Logs::LogGroup\n    Properties: { LogGroupName: /orders/dev, RetentionInDays: !Ref Days }\n", "");
    assert_ne!(without, STACK);
    user.write("orders.yaml", &without);
    let body = drift(&user, &[], 2);
    assert_eq!(rows(&body)["/orders/dev"], json!(["prod_only", []]), "{body:#}");
    let row = body["resources"].as_array().unwrap().iter().find(|row| row["status"] == "prod_only").unwrap();
    assert!(row["command"].as_str().unwrap().contains("stagegate delete AWS::Logs::LogGroup /orders/dev"), "{row:#}");
    // A resource that another stack created is compared all the same.
    user.write("other.yaml", "Resources:\n  Dead:\n    Type: AWS::SQS::Queue\n    Properties: { QueueName: orders-dead-dev, DelaySeconds: 9 }\n");
    let body = user.json(&["drift", "--desired", "other.yaml"], 2)["body"].clone();
    let row = &body["resources"][0];
    assert_eq!(row["status"], "drifted", "{body:#}");
    assert!(row["reason"].as_str().unwrap().contains("not part of the stack `other`"), "{row:#}");
    assert_eq!(row["command"], Value::Null);
    // Both at once are a usage error, and so is a template that does not load.
    assert!(user.run(&["drift", "--desired", "orders.yaml", "--to", "prod"]).expect(64).stderr.contains("--to"));
    user.run(&["drift", "--desired", "missing.yaml"]).expect(64);
}

#[test]
fn what_cannot_be_read_is_named_and_is_not_a_pass() {
    let user = User::of_sandbox();
    let template = "Resources:\n  Dead:\n    Type: AWS::SQS::Queue\n    Properties: { QueueName: orders-dead-dev }\n";
    user.write("orders.yaml", template);
    user.approve(&["create", "-f", "orders.yaml"]);
    drift(&user, &[], 0);
    let records =
        "  Records:\n    Type: AWS::Route53::RecordSetGroup\n    Properties: { HostedZoneId: Z1, RecordSets: [] }\n";
    user.write("orders.yaml", &format!("{template}{records}"));
    let document = user.json(&["drift", "--desired", "orders.yaml"], 2);
    assert_eq!(rows(&document["body"])["Records"], json!(["unsupported", []]), "{document:#}");
    assert_eq!(document["body"]["coverage"]["unsupported"], 1);
    assert!(document["diagnostics"].to_string().contains("incomplete"), "{document:#}");
}

/// As `cdk synth` writes templates: an entry for the CDK itself, and a custom resource, which only CloudFormation creates.
#[test]
fn custom_resources_are_named_and_entries_of_tools_are_skipped() {
    let user = User::of_sandbox();
    let dead = "Resources:\n  Dead:\n    Type: AWS::SQS::Queue\n    Properties:\n      QueueName: orders-dead-dev\n";
    let metadata = "  CDKMetadata:\n    Type: AWS::CDK::Metadata\n    Properties: { Analytics: v2 }\n";
    user.write("orders.yaml", &format!("{dead}{metadata}"));
    let planned = user.json(&["create", "-f", "orders.yaml", "--plan-only"], 0);
    assert_eq!(planned["diagnostics"][0]["code"], "skipped-entry", "{planned:#}");
    user.approve(&["create", "-f", "orders.yaml"]);
    let custom = "  Cleanup:\n    Type: Custom::Cleanup\n    Properties: { ServiceToken: x }\n";
    let delay = "      DelaySeconds: !GetAtt Cleanup.Delay\n";
    user.write("orders.yaml", &format!("{dead}{delay}{custom}{metadata}"));
    let body = drift(&user, &[], 2);
    assert_eq!(rows(&body), json!({"Cleanup": ["unsupported", []], "Dead": ["synced", []]}), "{body:#}");
    let queue = body["resources"].as_array().unwrap().iter().find(|row| row["dev"] == "Dead").unwrap();
    assert!(queue["reason"].to_string().contains("/DelaySeconds"), "{queue:#}");
    // A misspelled type is still an error.
    user.write("orders.yaml", &dead.replace("SQS::Queue", "SQS::Queeu"));
    user.run(&["drift", "--desired", "orders.yaml"]).expect(64);
}

/// The value of a parameter that is not to be echoed, and the one that it replaces, stand under a harmless name.
#[test]
fn secrets_of_parameters_are_not_shown() {
    let user = User::of_sandbox();
    let template = "Parameters:\n  Word: { Type: String, NoEcho: true }\nResources:\n  Alarm:\n    Type: AWS::SNS::Topic\n    \
                    Properties: { TopicName: orders-dev, DisplayName: !Sub \"greeting ${Word}\" }\n";
    user.write("orders.yaml", template);
    user.approve(&["create", "-f", "orders.yaml", "--param", "Word=tulip-first-4711"]);
    let flags = ["drift", "--desired", "orders.yaml", "--param", "Word=tulip-second-4712"];
    for format in ["table", "json", "ndjson", "markdown", "sarif", "junit", "github"] {
        let run = user.run(&[&flags[..], &["--output", format]].concat()).expect(2);
        assert!(run.stdout.contains("DisplayName"), "{run}");
        assert!(!format!("{}{}", run.stdout, run.stderr).contains("tulip"), "{format}: {run}");
    }
}
