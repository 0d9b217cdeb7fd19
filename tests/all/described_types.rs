//! A type that is not in the embedded registry and that only DescribeType describes. The sandbox has such a type for tests:
//! `AWS::StagegateTest::Widget`.

use serde_json::{Value, json};

use super::support::{PROD, User, call, messages};

const WIDGET: &str = "AWS::StagegateTest::Widget";
const TEMPLATE: &str = "\
Resources:
  Worker:
    Type: AWS::StagegateTest::Widget
    Properties:
      WidgetName: sandbox-worker-dev
      Size: '3'
      Mode: FAST
      Schedule: { Rate: rate(5 minutes), Zones: [b, a] }
      Tags: [{ Key: Team, Value: core }]
";

fn described(document: &Value) -> u64 {
    document["api_calls"]["cloudformation.DescribeType"].as_u64().unwrap_or_default()
}

/// The type has an optional secret, which a read does not return: the widget has none.
const PROMOTE: [&str; 5] = [
    "promote",
    WIDGET,
    "sandbox-worker-dev",
    "--input",
    "AWS::StagegateTest::Widget/sandbox-worker-dev#/Passphrase=null",
];

fn with_widget_in_dev() -> User {
    let user = User::of_sandbox();
    user.write("widget.yaml", TEMPLATE);
    user.approve(&["create", "-f", "widget.yaml"]);
    user
}

fn row(report: &Value) -> &Value {
    let rows = report["body"]["resources"].as_array().expect("rows");
    rows.iter().find(|row| row["type"] == WIDGET).unwrap_or_else(|| panic!("{report}"))
}

#[test]
fn it_is_created_promoted_and_compared() {
    let user = with_widget_in_dev();
    let promoted = user.approve(&PROMOTE);
    assert_eq!(promoted["body"]["promotion"][0]["prod"], "sandbox-worker-prod", "{promoted}");
    assert_eq!(promoted["body"]["promotion"][0]["status"], "synced", "{promoted}");
    assert_eq!(described(&promoted), 2, "one environment describes it, and prod is asked whether it has it");

    let drift = user.json(&["drift", WIDGET], 0);
    assert_eq!(row(&drift)["status"], "synced", "{drift}");
    assert_eq!(drift["body"]["coverage"]["unsupported"], 0, "its ARNs are understood: {drift}");

    // Another client changes dev; the order of a set is not a change.
    let server = user.serve();
    let patch = json!([
        {"op": "replace", "path": "/Size", "value": 5},
        {"op": "replace", "path": "/Schedule/Zones", "value": ["a", "b"]},
    ]);
    let input = json!({"TypeName": WIDGET, "Identifier": "sandbox-worker-dev", "PatchDocument": patch.to_string()});
    call(&server.endpoint, "cloudcontrolapi", "CloudApiService.UpdateResource", &input).expect("an answer");
    drop(server);
    let drift = user.json(&["drift", WIDGET, "sandbox-worker-dev"], 2);
    let drifted = row(&drift);
    assert_eq!((&drifted["status"], &drifted["moved"]), (&json!("drifted"), &json!("dev")), "{drift}");
    let changes: Vec<&str> =
        drifted["changes"].as_array().unwrap().iter().filter_map(|one| one["pointer"].as_str()).collect();
    assert_eq!(changes, ["/Size"], "{drift}");

    let again = user.approve(&PROMOTE);
    let steps = again["body"]["plan"]["steps"].as_array().unwrap();
    assert!(steps.iter().any(|step| step["operation"] == "update"), "a patch, not another widget: {again}");
    assert_eq!(row(&user.json(&["drift", WIDGET], 0))["status"], "synced");
}

#[test]
fn its_schema_checks_what_a_template_says() {
    let user = User::of_sandbox();
    let wrong = TEMPLATE.replace("Mode: FAST", "Modes: FAST").replace("sandbox-worker-dev", "sandbox worker");
    user.write("widget.yaml", &wrong);
    let refused = user.json(&["create", "-f", "widget.yaml"], 64);
    let said = messages(&refused);
    assert!(said.contains("did you mean `Mode`?") && said.contains("pattern-mismatch"), "{said}");
    assert!(said.contains("\"line\":7"), "{said}");
    assert_eq!(described(&refused), 1, "{refused}");
    assert!(refused["api_calls"].get("cloudcontrol.CreateResource").is_none(), "{refused}");
}

#[test]
fn tags_are_audited_and_the_schema_shown() {
    let user = with_widget_in_dev();
    let audit = user.json(&["tag-audit", "--env", "dev", "--type", WIDGET, "--list-compliant"], 0);
    let resources = audit["body"]["resources"].as_array().unwrap();
    assert_eq!((resources.len(), &resources[0]["identifier"]), (1, &json!("sandbox-worker-dev")), "{audit}");
    let shown = user.json(&["schema", WIDGET, "--env", "dev"], 0);
    assert_eq!(shown["body"]["answer"]["source"], "aws");
    assert_eq!(shown["body"]["name_property"], "WidgetName");
    let scanned = user.json(&["scan", "--live", WIDGET, "sandbox-worker-dev", "--env", "dev"], 0);
    assert_eq!(scanned["body"]["resources_scanned"], 1, "{scanned}");
    let priced = user.json(&["estimate", "--live", WIDGET, "sandbox-worker-dev", "--env", "dev"], 0);
    assert_eq!(priced["body"]["resources"][0]["status"], "unknown", "{priced}");
}

#[test]
fn nothing_is_asked_about_a_type_that_is_known_or_misspelt_or_in_a_file_alone() {
    let user = User::of_sandbox();
    user.write("queue.yaml", "Resources:\n  Jobs: { Type: AWS::SQS::Queue, Properties: { QueueName: jobs-dev } }\n");
    let planned = user.json(&["create", "-f", "queue.yaml", "--plan-only"], 0);
    assert_eq!(described(&planned), 0, "{planned}");
    user.write("typo.yaml", "Resources:\n  Jobs: { Type: AWS::SQS::Queu }\n");
    for arguments in [
        vec!["create", "-f", "typo.yaml"],
        vec!["promote", "AWS::SQS::Queu", "jobs-dev"],
        vec!["drift", "AWS::SQS::Queu"],
        vec!["tag-audit", "--type", "AWS::SQS::Queu"],
        vec!["schema", "AWS::SQS::Queu", "--env", "dev"],
    ] {
        let refused = user.json(&arguments, 64);
        assert!(messages(&refused).contains("did you mean `AWS::SQS::Queue`?"), "{arguments:?}: {refused}");
        assert_eq!(refused["api_calls"], json!({}), "{arguments:?}");
    }
    user.write("widget.yaml", TEMPLATE);
    for arguments in [["scan", "-f", "widget.yaml"], ["estimate", "-f", "widget.yaml"]] {
        let answer = user.json(&arguments, 0);
        assert_eq!(described(&answer), 0, "{answer}");
        assert!(answer["body"].to_string().contains("unknown-type"), "{answer}");
    }
    assert!(messages(&user.json(&["schema", WIDGET], 64)).contains("unknown resource type"));
}

#[test]
fn a_type_that_nobody_knows_is_an_error_that_says_who_was_asked() {
    let user = User::of_sandbox();
    user.write("gizmo.yaml", "Resources:\n  Gizmo:\n    Type: AWS::StagegateTest::Gizmo\n");
    for arguments in [
        vec!["create", "-f", "gizmo.yaml"],
        vec!["drift", "AWS::StagegateTest::Gizmo"],
        vec!["promote", "AWS::StagegateTest::Gizmo", "a-dev"],
        vec!["tag-audit", "--type", "AWS::StagegateTest::Gizmo"],
        vec!["schema", "AWS::StagegateTest::Gizmo", "--env", "dev"],
    ] {
        let refused = user.json(&arguments, 64);
        let said = messages(&refused);
        assert!(said.contains("unknown-type") && said.contains("type-not-described"), "{arguments:?}: {said}");
        assert!(said.contains("the registry of the Region does not have the type"), "{arguments:?}: {said}");
    }
    // A name that is not of AWS's form is nobody's to describe.
    user.write("custom.yaml", "Resources:\n  Mine:\n    Type: Custom::Gizmo\n");
    let refused = user.json(&["create", "-f", "custom.yaml"], 64);
    assert_eq!(refused["api_calls"], json!({}), "{refused}");
}

#[test]
fn another_client_finds_it_served_like_any_other_type() {
    let user = with_widget_in_dev();
    user.approve(&PROMOTE);
    let server = user.serve();
    let listed =
        call(&server.endpoint, "cloudcontrolapi", "CloudApiService.ListResources", &json!({"TypeName": WIDGET}));
    let listed = listed.expect("an answer");
    assert_eq!(listed["ResourceDescriptions"][0]["Identifier"], "sandbox-worker-dev", "{listed}");
    let live = user.boto3(&server, PROD, &["get", WIDGET, "sandbox-worker-prod"]);
    assert_eq!(live["Arn"], format!("arn:aws:stagegatetest:us-east-1:{PROD}:widget/sandbox-worker-prod"));
    assert_eq!((&live["Size"], live.get("Passphrase")), (&json!(3), None), "{live}");
}
