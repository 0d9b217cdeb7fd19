//! Approved updates, deletions and replacements that are killed with `kill -9` after any AWS call: the same command with
//! the same approval completes them, also when AWS has forgotten the client tokens.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use super::approvals::served;
use super::killing_proxy::{KillingProxy, forget_tokens};
use super::support::{DEV, PROD, Server, User, call, messages};

/// A sandbox and a user before an approved command.
pub struct Prepared {
    pub owner: User,
    pub user: User,
    /// The approved command.
    pub command: Vec<String>,
}

impl Prepared {
    /// Prepares resources with `prepare`, and gets the digest that approves `command`. The plan requires the approvals.
    pub fn new(prepare: impl Fn(&User, &Server), command: &[&str], approvals: &[&str]) -> Self {
        let (owner, server, user) = served(&[]);
        prepare(&user, &server);
        let asked = user.json(command, 3);
        let kinds: Vec<&str> = asked["body"]["plan"]["approvals_required"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|one| one["kind"].as_str())
            .collect();
        assert!(approvals.iter().all(|kind| kinds.contains(kind)), "{kinds:?}");
        let digest = asked["body"]["plan"]["digest"].as_str().unwrap();
        let command = command.iter().chain(&["--approve", digest, "--json"]).map(|word| (*word).to_owned()).collect();
        Self { owner, user, command }
    }

    /// Kills the command after each of its calls, completes it, and calls `check`. Returns the number of calls.
    pub fn complete_after_every_kill(&self, check: impl Fn(&User, &Server, &str) + Sync) -> usize {
        self.complete_after_kills(1, check)
    }

    /// The same, but AWS has forgotten the client tokens only after every `nth_forgotten` call.
    pub fn complete_after_kills(&self, nth_forgotten: usize, check: impl Fn(&User, &Server, &str) + Sync) -> usize {
        let mut calls = 0;
        for (forgets, step) in [(false, 1), (true, nth_forgotten)] {
            let (next, end) = (AtomicUsize::new(1), AtomicUsize::new(usize::MAX));
            let work = || {
                loop {
                    let last = next.fetch_add(step, Ordering::SeqCst);
                    if last >= end.load(Ordering::SeqCst) {
                        return;
                    }
                    if !self.complete_after_kill(last, forgets, &check) {
                        end.fetch_min(last, Ordering::SeqCst);
                    }
                }
            };
            std::thread::scope(|scope| {
                for _ in 0..WORKERS {
                    scope.spawn(work);
                }
            });
            calls = calls.max(end.into_inner() - 1);
        }
        calls
    }

    /// Kills the command after a number of calls, completes it, and calls `check`. Returns false if it had fewer calls.
    fn complete_after_kill(&self, last: usize, forgets: bool, check: &impl Fn(&User, &Server, &str)) -> bool {
        let command: Vec<&str> = self.command.iter().map(String::as_str).collect();
        let owner = self.owner.copy();
        let server = owner.serve();
        let proxy = KillingProxy::new(&server);
        let user = self.user.copy().with("AWS_ENDPOINT_URL", &proxy.endpoint);
        // Nobody else takes a lease.
        let user = user.with("STAGEGATE_TEST_LEASE_MILLIS", "20");
        let code = proxy.run(&user, &command, last);
        if code.is_none() && forgets {
            forget_tokens(&owner);
        }
        proxy.rest();
        let what = format!("after {last} calls, tokens forgotten: {forgets}");
        let completed = user.run(&command);
        let document = completed.document();
        assert_eq!(completed.code, 0, "{what}: {}\n{}", messages(&document), document["body"]["plan"]["steps"]);
        check(&user, &server, &what);
        assert!(code.is_none_or(|code| code == 0), "{what}: {code:?}");
        code.is_none()
    }
}

/// How many runs are killed side by side.
const WORKERS: usize = 3;

fn identifiers(server: &Server, type_name: &str) -> Vec<String> {
    let input = json!({"TypeName": type_name});
    let answer = call(&server.endpoint, "cloudcontrolapi", "CloudApiService.ListResources", &input).unwrap();
    let listed = answer["ResourceDescriptions"].as_array().unwrap().iter();
    listed.filter_map(|one| one["Identifier"].as_str()).map(str::to_owned).collect()
}

fn properties(server: &Server, type_name: &str, identifier: &str) -> Value {
    let input = json!({"TypeName": type_name, "Identifier": identifier});
    let answer = call(&server.endpoint, "cloudcontrolapi", "CloudApiService.GetResource", &input).unwrap();
    serde_json::from_str(answer["ResourceDescription"]["Properties"].as_str().unwrap()).unwrap()
}

/// The properties of the resources of a type, which have the tags of a stack.
fn of_stack(server: &Server, type_name: &str, count: usize, what: &str) -> Vec<Value> {
    let found = identifiers(server, type_name);
    assert_eq!(found.len(), count, "{type_name} {what}: {found:?}");
    let all: Vec<Value> = found.iter().map(|identifier| properties(server, type_name, identifier)).collect();
    for live in &all {
        for key in ["MANAGED_BY", "StackResource", "AppliedDigest", "OperationId", "PromotionStatus", "CostEstimate"] {
            assert!(live["Tags"].to_string().contains(&format!("\"{key}\"")), "no {key} {what}: {live}");
        }
    }
    all
}

/// Changes a resource as another client.
fn change(server: &Server, type_name: &str, identifier: &str, patch: &Value) {
    let input = json!({"TypeName": type_name, "Identifier": identifier, "PatchDocument": patch.to_string()});
    call(&server.endpoint, "cloudcontrolapi", "CloudApiService.UpdateResource", &input).unwrap();
}

/// Nothing is left to do for a template.
pub fn is_complete(user: &User, file: &str, what: &str) {
    let again = user.json(&["create", "-f", file], 0);
    assert_eq!(again["body"]["plan"]["steps"], json!([]), "{what}: {again}");
}

/// Named and unnamed resources, with references.
const SIX: &str = "Resources:\n  \
    Net: { Type: AWS::EC2::VPC, Properties: { CidrBlock: 10.0.0.0/16, EnableDnsHostnames: false } }\n  \
    Group: { Type: AWS::EC2::SecurityGroup, Properties: { GroupDescription: x, VpcId: !Ref Net, \
             Tags: [{ Key: Team, Value: a }] } }\n  \
    Topic: { Type: AWS::SNS::Topic, Properties: { DisplayName: a, KmsMasterKeyId: alias/aws/sns } }\n  \
    Dead: { Type: AWS::SQS::Queue, Properties: { QueueName: dead-dev, VisibilityTimeout: 30 } }\n  \
    Jobs: { Type: AWS::SQS::Queue, Properties: { QueueName: jobs-dev, \
            RedrivePolicy: { deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 3 } } }\n  \
    Role: { Type: AWS::IAM::Role, Properties: { Description: a, AssumeRolePolicyDocument: { Version: '2012-10-17', \
            Statement: [{ Effect: Allow, Principal: { Service: lambda.amazonaws.com }, Action: 'sts:AssumeRole' }] } } }\n";

fn edited(text: &str, edits: &[(&str, &str)]) -> String {
    edits.iter().fold(text.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "{from}");
        text.replace(from, to)
    })
}

#[test]
fn a_killed_update_of_six_resources_is_completed() {
    let edits = [
        ("EnableDnsHostnames: false", "EnableDnsHostnames: true"),
        ("Value: a", "Value: b"),
        ("DisplayName: a", "DisplayName: b"),
        ("VisibilityTimeout: 30", "VisibilityTimeout: 60"),
        ("maxReceiveCount: 3", "maxReceiveCount: 5"),
        ("Description: a", "Description: b"),
    ];
    let prepare = |user: &User, server: &Server| {
        user.write("six.yaml", SIX);
        user.json(&["create", "-f", "six.yaml"], 0);
        let dead = "https://sqs.us-east-1.amazonaws.com/111111111111/dead-dev";
        let by_hand = json!([{"op": "replace", "path": "/VisibilityTimeout", "value": 90}]);
        change(server, "AWS::SQS::Queue", dead, &by_hand);
        user.write("six.yaml", &edited(SIX, &edits));
    };
    let prepared = Prepared::new(prepare, &["create", "-f", "six.yaml"], &["overwrites_live_change"]);
    let calls = prepared.complete_after_every_kill(|user, server, what| {
        let vpcs = of_stack(server, "AWS::EC2::VPC", 1, what);
        assert_eq!(vpcs[0]["EnableDnsHostnames"], true, "{what}");
        let groups = of_stack(server, "AWS::EC2::SecurityGroup", 1, what);
        assert!(groups[0]["Tags"].as_array().unwrap().contains(&json!({"Key": "Team", "Value": "b"})), "{what}");
        assert_eq!(of_stack(server, "AWS::SNS::Topic", 1, what)[0]["DisplayName"], "b", "{what}");
        assert_eq!(of_stack(server, "AWS::IAM::Role", 1, what)[0]["Description"], "b", "{what}");
        let queues = of_stack(server, "AWS::SQS::Queue", 2, what);
        assert!(queues.iter().any(|queue| queue["VisibilityTimeout"] == 60), "{what}");
        assert!(queues.iter().any(|queue| queue["RedrivePolicy"]["maxReceiveCount"] == 5), "{what}");
        is_complete(user, "six.yaml", what);
    });
    assert!(calls >= 18, "each step has at least three calls, but there were {calls}");
}

const QUEUE: &str = "Resources: { Jobs: { Type: AWS::SQS::Queue, Properties: { QueueName: jobs-dev } } }\n";

fn url(account: &str, name: &str) -> String {
    format!("https://sqs.us-east-1.amazonaws.com/{account}/{name}")
}

#[test]
fn a_killed_deletion_is_completed() {
    let dev = url(DEV, "jobs-dev");
    let delete = ["delete", "AWS::SQS::Queue", &dev, "--env", "dev"];
    let prepare = |user: &User, _: &Server| {
        user.write("jobs.yaml", QUEUE);
        user.json(&["create", "-f", "jobs.yaml"], 0);
    };
    let prepared = Prepared::new(prepare, &delete, &["delete"]);
    let calls = prepared.complete_after_every_kill(|user, server, what| {
        assert_eq!(identifiers(server, "AWS::SQS::Queue"), Vec::<String>::new(), "{what}");
        // Without the approval, the resource does not exist.
        let absent = user.json(&delete, 1);
        assert!(absent["diagnostics"].to_string().contains("does not exist"), "{absent}");
    });
    assert!(calls >= 2, "{calls}");
}

#[test]
fn a_killed_deletion_of_a_promoted_resource_corrects_its_counterpart() {
    let dev = url(DEV, "jobs-dev");
    let prepare = |user: &User, _: &Server| {
        user.write("jobs.yaml", QUEUE);
        user.json(&["create", "-f", "jobs.yaml"], 0);
        user.approve(&["promote", "--all"]);
    };
    let delete = ["delete", "AWS::SQS::Queue", &dev, "--env", "dev"];
    let prepared = Prepared::new(prepare, &delete, &["delete", "protected"]);
    let calls = prepared.complete_after_every_kill(|user, server, what| {
        assert_eq!(identifiers(server, "AWS::SQS::Queue"), Vec::<String>::new(), "{what}");
        let drift = user.json(&["drift"], 2);
        let found = &drift["body"]["resources"];
        assert_eq!((found.as_array().unwrap().len(), &found[0]["status"]), (1, &json!("prod_only")), "{what}: {drift}");
        user.json(&["tag-audit", "--env", "prod"], 0);
    });
    assert!(calls >= 4, "{calls}");
}

/// What a failed promotion leaves in prod can be deleted; its source can be promoted again afterwards.
#[test]
fn the_leftovers_of_a_killed_promotion_can_be_deleted() {
    let (owner, server, user) = served(&[]);
    user.write("jobs.yaml", QUEUE);
    user.json(&["create", "-f", "jobs.yaml"], 0);
    let asked = user.json(&["promote", "--all"], 3);
    let digest = asked["body"]["plan"]["digest"].as_str().unwrap().to_owned();
    server.stop("TERM");
    let (dev, prod) = (url(DEV, "jobs-dev"), url(PROD, "jobs-prod"));
    let mut deleted = 0;
    for last in (1..).step_by(3) {
        let owner = owner.copy();
        let server = owner.serve();
        let proxy = KillingProxy::new(&server);
        let user = user.copy().with("AWS_ENDPOINT_URL", &proxy.endpoint);
        let code = proxy.run(&user, &["promote", "--all", "--approve", &digest], last);
        proxy.rest();
        let tag = |key: &str| {
            let tags = properties(&server, "AWS::SQS::Queue", &dev)["Tags"].clone();
            let mut tags = tags.as_array().unwrap().iter();
            tags.find(|tag| tag["Key"] == key).map_or(Value::Null, |tag| tag["Value"].clone())
        };
        let in_prod = || user.boto3(&server, PROD, &["list", "AWS::SQS::Queue"]);
        let is_pending = tag("ProdCounterpart").as_str().is_some_and(|value| value.starts_with("pending:"));
        if is_pending && in_prod() == json!([prod]) {
            let what = format!("after {last} calls");
            user.approve(&["delete", "AWS::SQS::Queue", &prod, "--env", "prod"]);
            assert_eq!(in_prod(), json!([]), "{what}");
            assert_eq!(tag("PromotionStatus"), json!("dev-only"), "{what}");
            assert_eq!(tag("ProdCounterpart"), Value::Null, "{what}");
            user.json(&["tag-audit"], 0);
            // The approval of the failed promotion is not good for another resource.
            user.approve(&["promote", "--all"]);
            assert_eq!(tag("ProdCounterpart"), json!(prod), "{what}");
            user.json(&["drift"], 0);
            deleted += 1;
        }
        if code.is_some() {
            assert_eq!(code, Some(0), "after {last} calls");
            break;
        }
    }
    assert!(deleted >= 2, "{deleted}");
}

/// A type that is tagged only after its creation.
#[test]
fn a_killed_creation_that_is_tagged_afterwards_is_completed() {
    let (owner, _server, user) = served(&[]);
    user.write(
        "zone.yaml",
        "Resources: { Zone: { Type: AWS::Route53::HostedZone, Properties: { Name: dev.example.com } } }",
    );
    let command = ["create", "-f", "zone.yaml", "--json"].map(str::to_owned).to_vec();
    let prepared = Prepared { owner, user, command };
    let calls = prepared.complete_after_every_kill(|user, server, what| {
        let zones = identifiers(server, "AWS::Route53::HostedZone");
        assert_eq!(zones.len(), 1, "{what}: {zones:?}");
        let live = properties(server, "AWS::Route53::HostedZone", &zones[0]);
        for key in ["MANAGED_BY", "StackResource", "AppliedDigest", "OperationId"] {
            assert!(live["HostedZoneTags"].to_string().contains(&format!("\"{key}\"")), "no {key} {what}: {live}");
        }
        is_complete(user, "zone.yaml", what);
    });
    assert!(calls >= 4, "{calls}");
}

/// `App` has no name of its own, and `Web` refers to it; the name of `Role` stays.
const REPLACED: &str = "Resources:\n  \
    Net: { Type: AWS::EC2::VPC, Properties: { CidrBlock: 10.0.0.0/16 } }\n  \
    App: { Type: AWS::EC2::SecurityGroup, Properties: { GroupDescription: a, VpcId: !Ref Net } }\n  \
    Web: { Type: AWS::EC2::SecurityGroup, Properties: { GroupDescription: w, VpcId: !Ref Net, SecurityGroupIngress: \
           [{ IpProtocol: tcp, FromPort: 443, ToPort: 443, SourceSecurityGroupId: !GetAtt App.GroupId }] } }\n  \
    Role: { Type: AWS::IAM::Role, Properties: { RoleName: api-dev, Path: /a/, AssumeRolePolicyDocument: { \
            Version: '2012-10-17', Statement: [{ Effect: Allow, Principal: { Service: lambda.amazonaws.com }, \
            Action: 'sts:AssumeRole' }] } } }\n";

#[test]
fn killed_replacements_of_a_template_are_completed() {
    let prepare = |user: &User, _: &Server| {
        user.write("net.yaml", REPLACED);
        user.json(&["create", "-f", "net.yaml"], 0);
        user.write("net.yaml", &edited(REPLACED, &[("GroupDescription: a", "GroupDescription: b"), ("/a/", "/b/")]));
    };
    let prepared = Prepared::new(prepare, &["create", "-f", "net.yaml"], &["replacement"]);
    let calls = prepared.complete_after_every_kill(|user, server, what| {
        let groups = of_stack(server, "AWS::EC2::SecurityGroup", 2, what);
        let app = groups.iter().find(|group| group["GroupDescription"] == "b").expect(what);
        let web = groups.iter().find(|group| group["GroupDescription"] == "w").expect(what);
        assert_eq!(web["SecurityGroupIngress"][0]["SourceSecurityGroupId"], app["GroupId"], "{what}");
        let roles = of_stack(server, "AWS::IAM::Role", 1, what);
        assert_eq!((&roles[0]["Path"], &roles[0]["RoleName"]), (&json!("/b/"), &json!("api-dev")), "{what}");
        is_complete(user, "net.yaml", what);
    });
    assert!(calls >= 12, "{calls}");
}

#[test]
fn a_killed_replacement_that_keeps_its_name_is_completed() {
    let text = REPLACED.replace("Path: /a/", "Path: /a/, Description: kept");
    let prepare = |user: &User, _: &Server| {
        user.write("net.yaml", &text);
        user.json(&["create", "-f", "net.yaml"], 0);
    };
    let update = ["update", "AWS::IAM::Role", "api-dev", "--env", "dev", "--set", "Path=/b/"];
    let prepared = Prepared::new(prepare, &update, &["replacement"]);
    let calls = prepared.complete_after_every_kill(|user, server, what| {
        let roles = of_stack(server, "AWS::IAM::Role", 1, what);
        assert_eq!((&roles[0]["Path"], &roles[0]["Description"]), (&json!("/b/"), &json!("kept")), "{what}");
        let again = user.json(&update, 0);
        assert_eq!(again["body"]["plan"]["steps"], json!([]), "{what}: {again}");
        // The template says /a/, which was changed by `update`.
        let asked = user.json(&["create", "-f", "net.yaml"], 3);
        assert_eq!(asked["body"]["plan"]["steps"][0]["operation"], "replace", "{what}: {asked}");
    });
    assert!(calls >= 4, "{calls}");
}

/// In a protected environment, resources are not created by `create`, but a replacement is completed.
#[test]
fn a_killed_replacement_in_a_protected_environment_is_completed() {
    let prepare = |user: &User, _: &Server| {
        let (_, role) = REPLACED.split_once("Role:").unwrap();
        user.write("role.yaml", &format!("Resources:\n  Role:{role}"));
        user.json(&["create", "-f", "role.yaml"], 0);
        user.approve(&["promote", "--all"]);
    };
    let update = ["update", "AWS::IAM::Role", "api-prod", "--env", "prod", "--set", "Path=/b/", "--allow-replace"];
    let prepared = Prepared::new(prepare, &update, &["replacement", "protected"]);
    let calls = prepared.complete_after_every_kill(|user, server, what| {
        let live = user.boto3(server, PROD, &["get", "AWS::IAM::Role", "api-prod"]);
        assert_eq!(live["Path"], "/b/", "{what}");
        for key in ["MANAGED_BY", "DevCounterpart", "OperationId", "PromotedDigest"] {
            assert!(live["Tags"].to_string().contains(&format!("\"{key}\"")), "no {key} {what}: {live}");
        }
    });
    assert!(calls >= 4, "{calls}");
}

#[test]
fn a_killed_replacement_without_a_name_is_completed() {
    // The second type is tagged only after its creation.
    for (type_name, property, before, after) in [
        ("AWS::EC2::VPC", "CidrBlock", "10.0.0.0/16", "10.1.0.0/16"),
        ("AWS::Route53::HostedZone", "Name", "a.dev.example.com", "b.dev.example.com"),
    ] {
        let (owner, server, user) = served(&[]);
        let text = format!("Resources: {{ App: {{ Type: {type_name}, Properties: {{ {property}: {before} }} }} }}");
        user.write("app.yaml", &text);
        user.json(&["create", "-f", "app.yaml"], 0);
        let (old, set) = (identifiers(&server, type_name).remove(0), format!("{property}={after}"));
        let update = ["update", type_name, &old, "--env", "dev", "--set", &set];
        let asked = user.json(&update, 3);
        let digest = asked["body"]["plan"]["digest"].as_str().unwrap();
        let command = update.iter().chain(&["--approve", digest, "--json"]).map(|word| (*word).to_owned()).collect();
        let prepared = Prepared { owner, user, command };
        let calls = prepared.complete_after_every_kill(|user, server, what| {
            let found = identifiers(server, type_name);
            assert_eq!(found.len(), 1, "{what}: {found:?}");
            let live = properties(server, type_name, &found[0]);
            assert_eq!(live[property], after, "{what}");
            for key in ["MANAGED_BY", "StackResource", "OperationId", "PromotionStatus"] {
                assert!(live.to_string().contains(&format!("\"{key}\"")), "no {key} {what}: {live}");
            }
            let absent = user.json(&update, 1);
            assert!(messages(&absent).contains("does not exist"), "{what}: {absent}");
        });
        assert!(calls >= 4, "{calls}");
    }
}

#[test]
fn a_replacement_that_keeps_its_name_needs_a_copy_of_its_plan() {
    let (_owner, _server, user) = served(&[]);
    user.write("net.yaml", REPLACED);
    user.json(&["create", "-f", "net.yaml"], 0);
    let update = ["update", "AWS::IAM::Role", "api-dev", "--env", "dev", "--set", "Path=/b/"];
    let digest = user.json(&update, 3)["body"]["plan"]["digest"].as_str().unwrap().to_owned();
    let plans = user.folder().parent().unwrap().join("state/stagegate/plans");
    std::fs::remove_dir_all(&plans).unwrap();
    std::fs::write(&plans, "not a folder").unwrap();
    let approved: Vec<&str> = update.iter().copied().chain(["--approve", &digest]).collect();
    let refused = user.json(&approved, 1);
    assert!(messages(&refused).contains("plan-not-saved"), "{}", messages(&refused));
    assert!(!refused["api_calls"].to_string().contains("DeleteResource"), "{}", refused["api_calls"]);
    std::fs::remove_file(&plans).unwrap();
    user.json(&approved, 0);
}

#[test]
fn a_deletion_that_is_continued_is_done_if_the_resource_is_absent() {
    let (_owner, _server, user) = served(&[]);
    user.write("jobs.yaml", QUEUE);
    user.json(&["create", "-f", "jobs.yaml"], 0);
    let (dev, other) = (url(DEV, "jobs-dev"), url(DEV, "other-dev"));
    let delete = ["delete", "AWS::SQS::Queue", &dev, "--env", "dev"];
    let digest = user.json(&delete, 3)["body"]["plan"]["digest"].as_str().unwrap().to_owned();
    let with = |identifier: &str, flags: &[&str], code: i32| {
        let words = ["delete", "AWS::SQS::Queue", identifier, "--env", "dev"];
        user.json(&words.iter().chain(flags).copied().collect::<Vec<_>>(), code)
    };
    // The approval is for another resource.
    let absent = with(&other, &["--approve", &digest], 1);
    assert!(messages(&absent).contains("does not exist"), "{}", messages(&absent));
    with(&dev, &["--approve", &digest], 0);
    for flags in [&["--approve", digest.as_str()][..], &["--resume"]] {
        let done = with(&dev, flags, 0);
        assert_eq!(done["body"]["plan"]["steps"], json!([]), "{done}");
    }
    with(&dev, &[], 1);
}

/// Six steps: each zone is replaced, and each old one is deleted.
#[test]
fn killed_deletions_of_a_plan_with_six_steps_are_completed() {
    let zones = |domain: &str| {
        let zone = |n: u32| {
            format!("  Zone{n}: {{ Type: AWS::Route53::HostedZone, Properties: {{ Name: z{n}.{domain} }} }}\n")
        };
        format!("Resources:\n{}", (1..=3).map(zone).collect::<String>())
    };
    let prepare = |user: &User, _: &Server| {
        user.write("zones.yaml", &zones("dev.example.com"));
        user.approve(&["create", "-f", "zones.yaml"]);
        user.write("zones.yaml", &zones("dev.example.org"));
    };
    let prepared = Prepared::new(prepare, &["create", "-f", "zones.yaml"], &["replacement"]);
    let calls = prepared.complete_after_every_kill(|user, server, what| {
        let live = identifiers(server, "AWS::Route53::HostedZone");
        assert_eq!(live.len(), 3, "{what}: {live:?}");
        for zone in &live {
            let name = properties(server, "AWS::Route53::HostedZone", zone)["Name"].to_string();
            assert!(name.contains("dev.example.org"), "{what}: {name}");
        }
        is_complete(user, "zones.yaml", what);
    });
    assert!(calls >= 6, "{calls}");
}
