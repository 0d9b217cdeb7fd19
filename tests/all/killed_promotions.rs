//! Approved promotions that are killed with `kill -9` after any AWS call: the same command with the same approval completes
//! them, also when AWS has forgotten the client tokens.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use super::killed_changes::Prepared;
use super::support::{DEV, PROD, Server, User, call_as};

/// Six resources with tags, named and unnamed, with references; and four without tags that belong to them.
const SIX: &str = "Resources:\n  \
    Net: { Type: AWS::EC2::VPC, Properties: { CidrBlock: 10.0.0.0/16 } }\n  \
    Group: { Type: AWS::EC2::SecurityGroup, Properties: { GroupDescription: x, VpcId: !Ref Net } }\n  \
    Rule: { Type: AWS::EC2::SecurityGroupIngress, Properties: { GroupId: !GetAtt Group.GroupId, IpProtocol: tcp, \
            FromPort: 443, ToPort: 443, CidrIp: 10.0.0.0/8 } }\n  \
    Topic: { Type: AWS::SNS::Topic, Properties: { TopicName: events-dev, KmsMasterKeyId: alias/aws/sns } }\n  \
    Dead: { Type: AWS::SQS::Queue, Properties: { QueueName: dead-dev } }\n  \
    Jobs: { Type: AWS::SQS::Queue, Properties: { QueueName: jobs-dev, \
            RedrivePolicy: { deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 3 } } }\n  \
    Events: { Type: AWS::SNS::Subscription, Properties: { TopicArn: !Ref Topic, Protocol: sqs, Endpoint: !GetAtt Jobs.Arn } }\n  \
    Letters: { Type: AWS::SNS::Subscription, Properties: { TopicArn: !Ref Topic, Protocol: sqs, Endpoint: !GetAtt Dead.Arn } }\n  \
    Send: { Type: AWS::SQS::QueueInlinePolicy, Properties: { Queue: !Ref Jobs, PolicyDocument: { Version: '2012-10-17', \
            Statement: [{ Effect: Allow, Principal: { Service: sns.amazonaws.com }, Action: 'sqs:SendMessage', \
            Resource: !GetAtt Jobs.Arn, Condition: { ArnEquals: { 'aws:SourceArn': !Ref Topic } } }] } } }\n  \
    Role: { Type: AWS::IAM::Role, Properties: { RoleName: worker-dev, AssumeRolePolicyDocument: { Version: '2012-10-17', \
            Statement: [{ Effect: Allow, Principal: { Service: lambda.amazonaws.com }, Action: 'sts:AssumeRole' }] } } }\n";

const TAGGED: [(&str, usize); 5] = [
    ("AWS::EC2::VPC", 1),
    ("AWS::EC2::SecurityGroup", 1),
    ("AWS::SNS::Topic", 1),
    ("AWS::SQS::Queue", 2),
    ("AWS::IAM::Role", 1),
];

fn cloud_control(server: &Server, account: &str, operation: &str, input: &Value) -> Value {
    let target = format!("CloudApiService.{operation}");
    call_as(account, &server.endpoint, "cloudcontrolapi", &target, input).unwrap()
}

/// The identifiers of the resources of a type in an account.
pub fn identifiers(server: &Server, account: &str, type_name: &str) -> Vec<String> {
    let answer = cloud_control(server, account, "ListResources", &json!({"TypeName": type_name}));
    let listed = answer["ResourceDescriptions"].as_array().unwrap().iter();
    let all = listed.filter_map(|one| one["Identifier"].as_str()).map(str::to_owned);
    all.filter(|identifier| !identifier.starts_with("AWSServiceRole")).collect()
}

pub fn properties(server: &Server, account: &str, type_name: &str, identifier: &str) -> Value {
    let input = json!({"TypeName": type_name, "Identifier": identifier});
    let answer = cloud_control(server, account, "GetResource", &input);
    serde_json::from_str(answer["ResourceDescription"]["Properties"].as_str().unwrap()).unwrap()
}

pub fn update(server: &Server, account: &str, type_name: &str, identifier: &str, patch: &Value) {
    let input = json!({"TypeName": type_name, "Identifier": identifier, "PatchDocument": patch.to_string()});
    wait(server, account, &cloud_control(server, account, "UpdateResource", &input));
}

/// Waits until a request is complete.
fn wait(server: &Server, account: &str, begun: &Value) {
    let token = &begun["ProgressEvent"]["RequestToken"];
    loop {
        let now = cloud_control(server, account, "GetResourceRequestStatus", &json!({"RequestToken": token}));
        match now["ProgressEvent"]["OperationStatus"].as_str() {
            Some("SUCCESS") => return,
            Some("PENDING" | "IN_PROGRESS") => std::thread::sleep(std::time::Duration::from_millis(5)),
            _ => panic!("{now}"),
        }
    }
}

pub fn create(server: &Server, account: &str, type_name: &str, desired: &Value) {
    let input = json!({"TypeName": type_name, "DesiredState": desired.to_string()});
    wait(server, account, &cloud_control(server, account, "CreateResource", &input));
}

pub fn delete(server: &Server, account: &str, type_name: &str, identifier: &str) {
    let input = json!({"TypeName": type_name, "Identifier": identifier});
    wait(server, account, &cloud_control(server, account, "DeleteResource", &input));
}

pub fn tags(live: &Value) -> BTreeMap<String, String> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    live["Tags"].as_array().unwrap().iter().map(|tag| (text(&tag["Key"]), text(&tag["Value"]))).collect()
}

/// The tags of both sides name each other, and nothing is pending.
fn are_pairs(server: &Server, type_name: &str, count: usize, what: &str) {
    let of = |account: &str| {
        let found = identifiers(server, account, type_name);
        assert_eq!(found.len(), count, "{type_name} in {account} {what}: {found:?}");
        let all = found.into_iter().map(|identifier| {
            let live = tags(&properties(server, account, type_name, &identifier));
            assert_eq!(live["PromotionStatus"], "synced", "{type_name} {identifier} {what}: {live:?}");
            assert!(live.contains_key("PromotedDigest"), "{type_name} {identifier} {what}: {live:?}");
            (identifier, live)
        });
        all.collect::<BTreeMap<String, BTreeMap<String, String>>>()
    };
    let (dev, prod) = (of(DEV), of(PROD));
    for (identifier, live) in &dev {
        let counterpart = &prod[&live["ProdCounterpart"]];
        assert_eq!(&counterpart["DevCounterpart"], identifier, "{type_name} {what}");
        assert_eq!(counterpart["MANAGED_BY"], "stagegate", "{type_name} {what}");
    }
}

fn is_complete(user: &User, promote: &[&str], what: &str) {
    let again = user.json(promote, 0);
    assert_eq!(again["body"]["plan"]["steps"], json!([]), "{what}: {again}");
    user.json(&["drift"], 0);
    // Listing every type takes longer than the rest of the test.
    let types = TAGGED.iter().flat_map(|(type_name, _)| ["--type", type_name]);
    user.json(&["tag-audit", "--env", "all"].into_iter().chain(types).collect::<Vec<_>>(), 0);
}

const PROMOTE: [&str; 3] = ["promote", "--all", "--with-dependencies"];

#[test]
fn a_killed_promotion_of_six_resources_with_children_is_completed() {
    let prepare = |user: &User, _: &Server| {
        user.write("six.yaml", SIX);
        user.approve(&["create", "-f", "six.yaml"]);
    };
    let prepared = Prepared::new(prepare, &PROMOTE, &["protected"]);
    let completed = AtomicUsize::new(0);
    let calls = prepared.complete_after_kills(7, |user, server, what| {
        for (type_name, count) in TAGGED {
            are_pairs(server, type_name, count, what);
        }
        // The rule arrives in the list of its group.
        let groups = identifiers(server, PROD, "AWS::EC2::SecurityGroup");
        let group = properties(server, PROD, "AWS::EC2::SecurityGroup", &groups[0]);
        assert_eq!(group["SecurityGroupIngress"].as_array().map(Vec::len), Some(1), "{what}: {group}");
        let subscriptions = identifiers(server, PROD, "AWS::SNS::Subscription");
        assert_eq!(subscriptions.len(), 2, "{what}: {subscriptions:?}");
        let queue = format!("https://sqs.us-east-1.amazonaws.com/{PROD}/jobs-prod");
        let policy = properties(server, PROD, "AWS::SQS::QueueInlinePolicy", &queue);
        assert!(policy.to_string().contains(&format!("arn:aws:sns:us-east-1:{PROD}:events-prod")), "{what}: {policy}");
        // The tags above say the same; these commands are slow.
        if completed.fetch_add(1, Ordering::SeqCst).is_multiple_of(7) {
            is_complete(user, &PROMOTE, what);
        }
    });
    assert!(calls >= 40, "each step has at least three calls, but there were {calls}");
}

/// Both roles have the same name before and after, so that the old one is deleted before the new one is created.
#[test]
fn a_killed_promotion_that_replaces_a_resource_of_the_same_name_is_completed() {
    const ROLE: &str = "AWS::IAM::Role";
    let role = format!(
        "Resources: {{ Role: {{ Type: {ROLE}, Properties: {{ RoleName: worker-dev, Path: /a/, Description: a, \
         AssumeRolePolicyDocument: {{ Version: '2012-10-17', Statement: [{{ Effect: Allow, Principal: {{ Service: \
         lambda.amazonaws.com }}, Action: 'sts:AssumeRole' }}] }} }} }} }}\n"
    );
    let prepare = |user: &User, server: &Server| {
        user.write("role.yaml", &role);
        user.approve(&["create", "-f", "role.yaml"]);
        user.approve(&PROMOTE);
        user.approve(&["update", ROLE, "worker-dev", "--env", "dev", "--set", "Path=/b/"]);
        // A tag of somebody else stays.
        let patch = json!([{"op": "add", "path": "/Tags/-", "value": {"Key": "Team", "Value": "core"}}]);
        update(server, PROD, ROLE, "worker-prod", &patch);
    };
    let promote = ["promote", ROLE, "worker-dev", "--allow-replace"];
    let prepared = Prepared::new(prepare, &promote, &["protected", "replacement"]);
    let calls = prepared.complete_after_kills(3, |user, server, what| {
        are_pairs(server, ROLE, 1, what);
        let live = properties(server, PROD, ROLE, "worker-prod");
        assert_eq!(live["Path"], "/b/", "{what}: {live}");
        is_complete(user, &promote, what);
    });
    assert!(calls >= 6, "{calls}");
}
