//! Applying plans: partial failures, timeouts, interruptions, and runs that are killed after any call.

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use super::killing_proxy::{KillingProxy, forget_tokens};
use super::support::{DEV, Server, User, call, messages};

/// Creates a user whose dev environment uses an endpoint.
fn user_of(endpoint: &str) -> User {
    let user = User::of_aws()
        .with("AWS_ENDPOINT_URL", endpoint)
        .with("AWS_ACCESS_KEY_ID", DEV)
        .with("AWS_SECRET_ACCESS_KEY", "any");
    let environment = format!("dev: {{ account: \"{DEV}\", region: us-east-1 }}");
    let settings = "tags: { values: { CostCenter: Engineering } }\ncost: { auto_approve_below: 1000 }";
    user.write("stagegate.yaml", &format!("version: 1\nproject: p\nenvironments:\n  {environment}\n{settings}\n"));
    user
}

/// Creates a user whose endpoint is a served sandbox with faults.
fn served(flags: &[&str]) -> (User, Server, User) {
    let owner = User::of_sandbox();
    let server = owner.serve_with(flags);
    let user = user_of(&server.endpoint);
    (owner, server, user)
}

/// Serves a sandbox in which no request completes until the file of its clock is removed.
fn stopped() -> (PathBuf, User, Server, User) {
    let owner = User::of_sandbox();
    let clock = owner.folder().join("clock");
    let owner = owner.with("STAGEGATE_TEST_SANDBOX_CLOCK", clock.to_str().unwrap());
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    std::fs::write(&clock, now.as_millis().to_string()).unwrap();
    let server = owner.serve();
    let user = user_of(&server.endpoint);
    (clock, owner, server, user)
}

fn list(endpoint: &str, type_name: &str) -> Vec<Value> {
    let input = json!({"TypeName": type_name});
    let answer = call(endpoint, "cloudcontrolapi", "CloudApiService.ListResources", &input).unwrap();
    answer["ResourceDescriptions"].as_array().unwrap().clone()
}

fn properties(endpoint: &str, type_name: &str, identifier: &str) -> Value {
    let input = json!({"TypeName": type_name, "Identifier": identifier});
    let answer = call(endpoint, "cloudcontrolapi", "CloudApiService.GetResource", &input).unwrap();
    serde_json::from_str(answer["ResourceDescription"]["Properties"].as_str().unwrap()).unwrap()
}

const VPC: &str = "Resources:\n  Net: { Type: AWS::EC2::VPC, Properties: { CidrBlock: 10.0.0.0/16 } }\n";
const QUEUES: &str = "Resources:\n  A: { Type: AWS::SQS::Queue, Properties: { QueueName: a-dev } }\n  \
                      B: { Type: AWS::SQS::Queue, Properties: { QueueName: b-dev } }\n  \
                      C: { Type: AWS::SNS::Topic, Properties: { TopicName: !Sub '${A.QueueName}-topic' } }\n";

#[test]
fn transient_handler_failures_are_retried() {
    for code in ["NotStabilized", "NetworkFailure", "ServiceInternalError", "ServiceTimeout", "Throttling"] {
        let (_owner, server, user) = served(&["--fail", &format!("CreateResource=FAILED:{code}*1")]);
        user.write("net.yaml", VPC);
        let created = user.json(&["create", "-f", "net.yaml"], 0);
        assert_eq!(created["api_calls"]["cloudcontrol.CreateResource"], 2, "{code}: {created}");
        assert_eq!(list(&server.endpoint, "AWS::EC2::VPC").len(), 1, "{code}");
    }
    let (_owner, server, user) = served(&["--fail", "CreateResource=FAILED:InvalidRequest"]);
    user.write("net.yaml", VPC);
    let refused = user.json(&["create", "-f", "net.yaml"], 1);
    assert_eq!(refused["body"]["failed"][0]["code"], "InvalidRequest", "{refused}");
    assert_eq!(list(&server.endpoint, "AWS::EC2::VPC").len(), 0);
}

#[test]
fn a_resource_that_a_failed_creation_left_behind_is_not_created_again() {
    // A resource that did not stabilize in time is as requested.
    let (_owner, server, user) = served(&["--fail", "CreateResource=LEFT:NotStabilized*1"]);
    user.write("net.yaml", VPC);
    let created = user.json(&["create", "-f", "net.yaml"], 0);
    assert_eq!(created["api_calls"]["cloudcontrol.CreateResource"], 1, "{created}");
    assert_eq!(list(&server.endpoint, "AWS::EC2::VPC").len(), 1);

    // Another failure is reported, and the next run goes on with what is there.
    let (_owner, server, user) = served(&["--fail", "CreateResource=LEFT:GeneralServiceException*1"]);
    user.write("net.yaml", VPC);
    let failed = user.json(&["create", "-f", "net.yaml"], 1);
    let failure = &failed["body"]["failed"][0];
    assert_eq!(failure["code"], "GeneralServiceException", "{failed}");
    assert!(failure["message"].as_str().unwrap().contains("was created"), "{failed}");
    user.json(&["create", "-f", "net.yaml"], 0);
    assert_eq!(list(&server.endpoint, "AWS::EC2::VPC").len(), 1);
}

#[test]
fn a_step_that_takes_longer_than_the_timeout_stays_pending_and_its_command_completes_it() {
    let (clock, _owner, server, user) = stopped();
    user.write("queues.yaml", QUEUES);
    let pending = user.json(&["create", "-f", "queues.yaml", "--timeout", "8s"], 5);
    let orders: Vec<&Value> = pending["body"]["pending"].as_array().unwrap().iter().map(|one| &one["order"]).collect();
    assert_eq!(orders, [1, 2], "both independent steps are in progress: {pending}");
    assert_eq!(pending["body"]["failed"], json!([]));
    std::fs::remove_file(clock).unwrap();
    let command = pending["next"][0]["command"].as_str().unwrap().replace("--timeout 8s", "--timeout 60s");
    let completed = user.paste(&command).expect(0).document();
    assert_eq!(completed["outcome"]["code"], "ok", "{completed}");
    assert_eq!(list(&server.endpoint, "AWS::SQS::Queue").len(), 2);
    assert_eq!(list(&server.endpoint, "AWS::SNS::Topic").len(), 1);
}

#[test]
fn a_partly_applied_plan_is_completed_by_the_same_command() {
    let (_owner, server, user) = served(&["--fail", "AWS::SNS::Topic/CreateResource=FAILED:InvalidRequest*1"]);
    user.write("queues.yaml", QUEUES);
    let failed = user.json(&["create", "-f", "queues.yaml"], 5);
    let order = |list: &str| -> Vec<u64> {
        failed["body"][list].as_array().unwrap().iter().filter_map(|one| one["order"].as_u64()).collect()
    };
    assert_eq!((order("applied"), order("failed"), order("pending")), (vec![1, 2], vec![3], vec![]), "{failed}");
    assert!(messages(&failed).contains("step 3"), "{failed}");
    let completed = user.json(&["create", "-f", "queues.yaml"], 0);
    assert_eq!(completed["body"]["failed"], json!([]));
    assert_eq!(list(&server.endpoint, "AWS::SQS::Queue").len(), 2);
    assert_eq!(list(&server.endpoint, "AWS::SNS::Topic").len(), 1);
}

#[test]
fn an_interrupted_run_prints_the_tokens_of_its_requests() {
    let (_clock, _owner, server, user) = stopped();
    user.write("queues.yaml", QUEUES);
    let has_request = || {
        let answer = call(&server.endpoint, "cloudcontrolapi", "CloudApiService.ListResourceRequests", &json!({}));
        answer.is_some_and(|answer| answer["ResourceRequestStatusSummaries"].as_array().unwrap().len() == 2)
    };
    let run = user.interrupt(&["create", "-f", "queues.yaml", "--json"], "INT", has_request).expect(130);
    let document = run.document();
    let tokens: Vec<&str> = document["body"]["pending"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|pending| pending["request_token"].as_str())
        .collect();
    assert_eq!(tokens.len(), 2, "{document}");
    assert!(tokens.iter().all(|token| messages(&document).contains(*token)), "{document}");
    assert_eq!(document["api_calls"]["cloudcontrol.CreateResource"], 2);
}

/// Named and unnamed resources, with references.
const SIX: &str = "Resources:\n  \
    Net: { Type: AWS::EC2::VPC, Properties: { CidrBlock: 10.0.0.0/16 } }\n  \
    Group: { Type: AWS::EC2::SecurityGroup, Properties: { GroupDescription: x, VpcId: !Ref Net } }\n  \
    Address: { Type: AWS::EC2::EIP, Properties: {} }\n  \
    Dead: { Type: AWS::SQS::Queue, Properties: { QueueName: dead-dev } }\n  \
    Jobs: { Type: AWS::SQS::Queue, Properties: { QueueName: jobs-dev, \
            RedrivePolicy: { deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 3 } } }\n  \
    Role: { Type: AWS::IAM::Role, Properties: { AssumeRolePolicyDocument: { Version: '2012-10-17', Statement: [ \
            { Effect: Allow, Principal: { Service: lambda.amazonaws.com }, Action: 'sts:AssumeRole' } ] } } }\n";

fn complete_after_every_kill(forgets: bool) {
    let mut calls = 0;
    for last in 1.. {
        let owner = User::of_sandbox();
        let server = owner.serve();
        let proxy = KillingProxy::new(&server);
        let user = user_of(&proxy.endpoint);
        user.write("six.yaml", SIX);
        let arguments = ["create", "-f", "six.yaml", "--json"];
        let code = proxy.run(&user, &arguments, last);
        if code.is_none() && forgets {
            forget_tokens(&owner);
        }
        proxy.rest();
        let completed = user.run(&arguments).expect(0).document();
        assert_eq!(completed["body"]["failed"], json!([]), "{completed}");
        for (type_name, count) in [
            ("AWS::EC2::VPC", 1),
            ("AWS::EC2::SecurityGroup", 1),
            ("AWS::EC2::EIP", 1),
            ("AWS::SQS::Queue", 2),
            ("AWS::IAM::Role", 1),
        ] {
            let found = list(&server.endpoint, type_name);
            assert_eq!(found.len(), count, "{type_name} after {last} calls: {found:?}");
            for one in found {
                let live = properties(&server.endpoint, type_name, one["Identifier"].as_str().unwrap());
                let keys = live["Tags"].to_string();
                for key in ["MANAGED_BY", "StackResource", "AppliedDigest", "OperationId", "PromotionStatus"] {
                    assert!(keys.contains(&format!("\"{key}\"")), "no {key} after {last} calls: {live}");
                }
            }
        }
        // Nothing is left to do.
        let again = user.run(&arguments).expect(0).document();
        assert_eq!(again["body"]["plan"]["steps"], json!([]), "after {last} calls: {again}");
        if code.is_some() {
            assert_eq!(code, Some(0));
            calls = last - 1;
            break;
        }
    }
    assert!(calls >= 18, "each step has at least three calls, but there were {calls}");
}

#[test]
fn a_command_that_is_killed_after_any_call_is_completed_by_the_same_command() {
    complete_after_every_kill(false);
}

#[test]
fn a_killed_command_is_completed_although_the_client_tokens_are_forgotten() {
    complete_after_every_kill(true);
}
