//! Resources of types without tags that promoted resources name, and that belong to no other one: groups of IAM.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::support::{DEV, PROD, Server, User, call_as, until};

const STACK: &str = r#"
Resources:
  Analysts:
    Type: AWS::IAM::Group
    Properties: { GroupName: analysts-dev, ManagedPolicyArns: ["arn:aws:iam::aws:policy/ReadOnlyAccess"] }
  Auditors:
    Type: AWS::IAM::Group
    Properties: { GroupName: auditors-dev, ManagedPolicyArns: ["arn:aws:iam::aws:policy/SecurityAudit"] }
  Reporter:
    Type: AWS::IAM::User
    Properties: { UserName: reporter-dev, Groups: [!Ref Analysts, !Ref Auditors] }
"#;

fn control(server: &Server, account: &str, operation: &str, input: &Value) -> Value {
    call_as(account, &server.endpoint, "cloudcontrolapi", &format!("CloudApiService.{operation}"), input).unwrap()
}

fn live(server: &Server, account: &str, type_name: &str, identifier: &str) -> Value {
    let answer = control(server, account, "GetResource", &json!({"TypeName": type_name, "Identifier": identifier}));
    serde_json::from_str(answer["ResourceDescription"]["Properties"].as_str().unwrap()).unwrap()
}

fn policies(server: &Server, account: &str, group: &str) -> Value {
    live(server, account, "AWS::IAM::Group", group)["ManagedPolicyArns"].clone()
}

/// Sets a property and waits until it is set.
fn set(server: &Server, account: &str, (type_name, identifier): (&str, &str), property: &str, value: &Value) {
    let patch = json!([{"op": "add", "path": format!("/{property}"), "value": value}]).to_string();
    let input = json!({"TypeName": type_name, "Identifier": identifier, "PatchDocument": patch});
    control(server, account, "UpdateResource", &input);
    until(|| live(server, account, type_name, identifier)[property] == *value);
}

fn groups(server: &Server, account: &str) -> BTreeSet<String> {
    let listed = control(server, account, "ListResources", &json!({"TypeName": "AWS::IAM::Group"}));
    let listed = listed["ResourceDescriptions"].as_array().unwrap().iter();
    listed.map(|one| one["Identifier"].as_str().unwrap().to_owned()).collect()
}

fn stack() -> (User, Server) {
    let user = User::of_sandbox();
    user.write("access.yaml", STACK);
    let server = user.serve();
    user.json(&["create", "-f", "access.yaml"], 0);
    (user, server)
}

const PROMOTE: &[&str] = &["promote", "AWS::IAM::User", "reporter-dev", "--with-dependencies"];

#[test]
fn they_come_along_and_are_recognized_in_any_order() {
    let (user, server) = stack();
    user.approve(PROMOTE);
    let both = BTreeSet::from(["analysts-prod".to_owned(), "auditors-prod".to_owned()]);
    assert_eq!(groups(&server, PROD), both);
    user.json(&["drift"], 0);
    // The service may return them in another order, and one changes in dev.
    let reporter = ("AWS::IAM::User", "reporter-prod");
    set(&server, PROD, reporter, "Groups", &json!(["auditors-prod", "analysts-prod"]));
    let billing = json!(["arn:aws:iam::aws:policy/job-function/Billing"]);
    set(&server, DEV, ("AWS::IAM::Group", "analysts-dev"), "ManagedPolicyArns", &billing);
    user.approve(PROMOTE);
    assert_eq!(groups(&server, PROD), both);
    assert_eq!(policies(&server, PROD, "analysts-prod"), billing);
    assert_eq!(policies(&server, PROD, "auditors-prod"), json!(["arn:aws:iam::aws:policy/SecurityAudit"]));
}

#[test]
fn one_of_somebody_else_is_neither_used_nor_changed() {
    let (user, server) = stack();
    let desired = json!({"GroupName": "analysts-prod", "Path": "/theirs/"}).to_string();
    control(&server, PROD, "CreateResource", &json!({"TypeName": "AWS::IAM::Group", "DesiredState": desired}));
    until(|| !groups(&server, PROD).is_empty());
    let refused = user.json(PROMOTE, 4);
    assert!(refused.to_string().contains("name-taken"), "{refused}");
    // A mapped one is used as it is.
    let environments = format!(
        "dev: {{ account: \"{DEV}\", region: us-east-1 }}, prod: {{ account: \"{PROD}\", region: us-east-1, protected: true }}"
    );
    let config = format!(
        "version: 1\nproject: sandbox\nenvironments: {{ {environments} }}\ntags: {{ values: {{ CostCenter: Engineering }} }}\n\
         promotion: {{ map: {{ analysts-dev: analysts-prod }} }}\n"
    );
    user.write("stagegate.yaml", &config);
    user.approve(PROMOTE);
    assert_eq!(live(&server, PROD, "AWS::IAM::Group", "analysts-prod")["Path"], "/theirs/");
    let found = live(&server, PROD, "AWS::IAM::User", "reporter-prod")["Groups"].clone();
    assert_eq!(found, json!(["analysts-prod", "auditors-prod"]));
}
