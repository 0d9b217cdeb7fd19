//! Resources that refer to each other, and types that IAM tags, when `kill -9` ends the command after any call: the same command
//! with the same approval completes them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::approvals::served;
use super::killed_changes::{Prepared, is_complete};
use super::support::{DEV, PROD, Server, User};

const GROUP: &str = "AWS::EC2::SecurityGroup";
const POLICY: &str = "AWS::IAM::ManagedPolicy";

/// Two groups that name each other and themselves.
const CIRCLE: &str = "Resources:\n  \
    Net: { Type: AWS::EC2::VPC, Properties: { CidrBlock: 10.0.0.0/16 } }\n  \
    App: { Type: AWS::EC2::SecurityGroup, Properties: { GroupDescription: app, VpcId: !Ref Net, SecurityGroupIngress: [\
           { IpProtocol: tcp, FromPort: 80, ToPort: 80, SourceSecurityGroupId: !GetAtt Web.GroupId },\
           { IpProtocol: tcp, FromPort: 81, ToPort: 81, SourceSecurityGroupId: !GetAtt App.GroupId }] } }\n  \
    Web: { Type: AWS::EC2::SecurityGroup, Properties: { GroupDescription: web, VpcId: !Ref Net, SecurityGroupIngress: [\
           { IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 10.0.0.0/8 },\
           { IpProtocol: tcp, FromPort: 82, ToPort: 82, SourceSecurityGroupId: !GetAtt App.GroupId }] } }\n";

/// A policy and an instance profile.
const IDENTITIES: &str = "Resources:\n  \
    Role: { Type: AWS::IAM::Role, Properties: { RoleName: web-dev, AssumeRolePolicyDocument: { Version: '2012-10-17', \
            Statement: [{ Effect: Allow, Principal: { Service: ec2.amazonaws.com }, Action: 'sts:AssumeRole' }] } } }\n  \
    Policy: { Type: AWS::IAM::ManagedPolicy, Properties: { ManagedPolicyName: read-dev, Roles: [!Ref Role], \
              PolicyDocument: { Version: '2012-10-17', Statement: [{ Effect: Allow, Action: 's3:ListAllMyBuckets', \
              Resource: '*' }] } } }\n  \
    Profile: { Type: AWS::IAM::InstanceProfile, Properties: { InstanceProfileName: web-dev, Roles: [!Ref Role] } }\n";

/// The resources of a type in an account.
fn all(user: &User, server: &Server, account: &str, type_name: &str) -> BTreeMap<String, Value> {
    let dumped = user.boto3(server, account, &["dump", &json!([type_name]).to_string(), "[]"]);
    let found = dumped[type_name].as_object().unwrap().iter();
    let own = found.filter(|(identifier, _)| !identifier.starts_with("arn:aws:iam::aws:"));
    own.map(|(identifier, live)| (identifier.clone(), live.clone())).collect()
}

/// The two groups exist once, and name each other and themselves.
fn groups_are_complete(user: &User, server: &Server, account: &str, what: &str) {
    let groups = all(user, server, account, GROUP);
    assert_eq!(groups.len(), 2, "{what}: {groups:?}");
    let id = |description: &str| {
        groups.iter().find(|(_, live)| live["GroupDescription"] == description).map(|(id, _)| id.clone()).unwrap()
    };
    let (app, web) = (id("app"), id("web"));
    let sources = |group: &str| -> BTreeMap<i64, Option<String>> {
        let rules = groups[group]["SecurityGroupIngress"].as_array().unwrap().iter();
        let source = |rule: &Value| rule["SourceSecurityGroupId"].as_str().map(str::to_owned);
        rules.map(|rule| (rule["FromPort"].as_i64().unwrap(), source(rule))).collect()
    };
    assert_eq!(sources(&app), BTreeMap::from([(80, Some(web.clone())), (81, Some(app.clone()))]), "{what}");
    assert_eq!(sources(&web), BTreeMap::from([(82, Some(app)), (443, None)]), "{what}");
    for live in groups.values() {
        assert!(live["Tags"].to_string().contains("OperationId"), "{what}: {live}");
    }
}

/// The policy and the profile exist once, with tags.
fn identities_are_complete(user: &User, server: &Server, account: &str, keys: &[&str], what: &str) {
    let run = user.python("iam_tags.py", server, account, &["all"]).expect(0);
    let all: BTreeMap<String, BTreeMap<String, Value>> = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(all.len(), 2, "{what}: {all:?}");
    for found in all.values() {
        assert_eq!(found.len(), 1, "{what}: {found:?}");
        for key in keys {
            assert!(found.values().all(|tags| tags[*key].is_string()), "no {key} {what}: {found:?}");
        }
    }
}

fn created(template: &str) -> Prepared {
    let (owner, _server, user) = served(&[]);
    user.write("stack.yaml", template);
    let command = ["create", "-f", "stack.yaml", "--json"].map(str::to_owned).to_vec();
    Prepared { owner, user, command }
}

fn promoted(template: &str) -> Prepared {
    let prepare = |user: &User, _: &Server| {
        user.write("stack.yaml", template);
        user.json(&["create", "-f", "stack.yaml"], 0);
    };
    Prepared::new(prepare, &["promote", "--all", "--with-dependencies"], &["protected"])
}

#[test]
fn a_killed_creation_of_groups_that_name_each_other_is_completed() {
    let calls = created(CIRCLE).complete_after_every_kill(|user, server, what| {
        groups_are_complete(user, server, DEV, what);
        is_complete(user, "stack.yaml", what);
    });
    assert!(calls >= 15, "{calls}");
}

#[test]
fn a_killed_promotion_of_groups_that_name_each_other_is_completed() {
    let calls = promoted(CIRCLE).complete_after_every_kill(|user, server, what| {
        groups_are_complete(user, server, PROD, what);
        user.json(&["drift"], 0);
    });
    assert!(calls >= 20, "{calls}");
}

const KEYS: [&str; 4] = ["MANAGED_BY", "Environment", "CostCenter", "OperationId"];

#[test]
fn a_killed_creation_of_what_iam_tags_is_completed() {
    let calls = created(IDENTITIES).complete_after_every_kill(|user, server, what| {
        identities_are_complete(user, server, DEV, &[&KEYS[..], &["StackResource", "AppliedDigest"]].concat(), what);
        is_complete(user, "stack.yaml", what);
    });
    assert!(calls >= 10, "{calls}");
}

#[test]
fn a_killed_promotion_of_what_iam_tags_is_completed() {
    let calls = promoted(IDENTITIES).complete_after_every_kill(|user, server, what| {
        identities_are_complete(user, server, PROD, &[&KEYS[..], &["DevCounterpart", "PromotedDigest"]].concat(), what);
        user.json(&["drift"], 0);
    });
    assert!(calls >= 15, "{calls}");
}

/// A policy of this name that somebody else created, without tags, is not taken over; neither is an equal one.
#[test]
fn a_policy_of_somebody_else_is_not_taken_over() {
    let (owner, server, user) = served(&[]);
    user.write("stack.yaml", IDENTITIES);
    user.json(&["create", "-f", "stack.yaml"], 0);
    let document =
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}"#;
    let theirs = json!({"ManagedPolicyName": "read-prod", "PolicyDocument": document}).to_string();
    owner.boto3(&server, PROD, &["create", POLICY, &theirs]);
    let refused = user.json(&["promote", "--all"], 4);
    assert!(refused["diagnostics"].to_string().contains("name-taken"), "{}", refused["diagnostics"]);
    assert!(!refused["api_calls"].to_string().contains("CreateResource"), "{}", refused["api_calls"]);

    let (owner, server, user) = served(&[]);
    let allow = json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"});
    let equal =
        json!({"ManagedPolicyName": "equal-dev", "PolicyDocument": {"Version": "2012-10-17", "Statement": [allow]}});
    owner.boto3(&server, DEV, &["create", POLICY, &equal.to_string()]);
    user.write("equal.json", &json!({"Type": POLICY, "Properties": equal}).to_string());
    let refused = user.json(&["create", "-f", "equal.json"], 4);
    assert!(refused["diagnostics"].to_string().contains("already-exists"), "{}", refused["diagnostics"]);
    assert!(!refused["api_calls"].to_string().contains("TagPolicy"), "{}", refused["api_calls"]);
}
