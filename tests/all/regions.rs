//! Environments with several Regions.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::approvals::served;
use super::support::{DEV, PROD, Server, User, call_in, messages};

const QUEUE: &str = "AWS::SQS::Queue";
const ROLE: &str = "AWS::IAM::Role";
const MACHINE: &str = "AWS::StepFunctions::StateMachine";
const HOME: &str = "us-east-1";
const WEST: &str = "us-west-2";
const BASE: &str = "Resources:\n  \
    Jobs: { Type: AWS::SQS::Queue, Properties: { QueueName: jobs-dev } }\n  \
    Flow:\n    Type: AWS::IAM::Role\n    Properties:\n      RoleName: flow-dev\n      AssumeRolePolicyDocument:\n        \
    Version: '2012-10-17'\n        Statement: [{ Effect: Allow, Principal: { Service: states.amazonaws.com }, Action: sts:AssumeRole }]\n";

/// What is in the further Region refers to a role, which is global.
fn west() -> String {
    format!(
        "Resources:\n  Jobs: {{ Type: AWS::SQS::Queue, Properties: {{ QueueName: jobs-dev }} }}\n  \
         Orders:\n    Type: {MACHINE}\n    Properties:\n      StateMachineName: orders-dev\n      \
         RoleArn: arn:aws:iam::{DEV}:role/flow-dev\n      DefinitionString: '{{\"StartAt\": \"A\", \"States\": {{\"A\": {{\"Type\": \"Pass\", \"End\": true}}}}}}'\n"
    )
}

fn config(dev: &str, prod: &str, more: &str) -> String {
    format!(
        "version: 1\nproject: sandbox\nenvironments:\n  dev: {{ profile: d, account: \"{DEV}\", {dev} }}\n  \
         prod: {{ profile: p, account: \"{PROD}\", {prod}, protected: true }}\n\
         tags: {{ values: {{ CostCenter: Engineering }} }}\n{more}"
    )
}

/// Two environments with two Regions, in which everything is promoted.
fn promoted() -> (User, Server, User) {
    let (owner, server, user) = served(&[]);
    let user = user.with("STAGEGATE_TEST_LEASE_MILLIS", "100");
    let regions = format!("regions: [{HOME}, {WEST}]");
    user.write("stagegate.yaml", &config(&regions, &regions, ""));
    user.write("base.yaml", BASE);
    user.write("west.yaml", &west());
    user.approve(&["create", "-f", "base.yaml"]);
    user.approve(&["create", "-f", "west.yaml", "--region", WEST]);
    user.approve(&["promote", "--all"]);
    user.approve(&["promote", "--all", "--region", WEST]);
    (owner, server, user)
}

fn queue(account: &str, region: &str, name: &str) -> String {
    format!("https://sqs.{region}.amazonaws.com/{account}/{name}")
}

/// The rows: type, status and Regions.
fn rows(document: &Value) -> BTreeSet<String> {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let rows = document["body"]["resources"].as_array().unwrap().iter();
    rows.map(|row| [&row["type"], &row["status"], &row["from_region"], &row["to_region"]].map(text).join(" ")).collect()
}

fn set(rows: &[String]) -> BTreeSet<String> {
    rows.iter().cloned().collect()
}

/// The Regions of the coverage that were read, and those that were not.
fn regions(document: &Value) -> (Vec<String>, Vec<String>) {
    let all = document["body"]["coverage"]["regions"].as_array().unwrap().iter();
    let (read, refused): (Vec<&Value>, Vec<&Value>) = all.partition(|region| region["refused"].is_null());
    let name =
        |region: &&Value| format!("{} {}", region["environment"].as_str().unwrap(), region["region"].as_str().unwrap());
    (read.iter().map(name).collect(), refused.iter().map(name).collect())
}

#[test]
fn each_region_is_compared_and_global_services_once() {
    let (_owner, _server, user) = promoted();
    let all = [
        format!("{QUEUE} synced {HOME} {HOME}"),
        format!("{QUEUE} synced {WEST} {WEST}"),
        format!("{ROLE} synced {HOME} {HOME}"),
        format!("{MACHINE} synced {WEST} {WEST}"),
    ];
    let document = user.json(&["drift"], 0);
    assert_eq!(rows(&document), set(&all), "{document}");
    assert_eq!(document["body"]["resources"].as_array().unwrap().len(), 4);
    let read = ["dev us-east-1", "dev us-west-2", "prod us-east-1", "prod us-west-2"].map(str::to_owned).to_vec();
    assert_eq!(regions(&document), (read.clone(), Vec::new()));
    let text = user.run(&["drift"]).expect(0).stdout;
    assert!(text.contains(&format!("Regions read: dev {HOME}, {WEST}; prod {HOME}, {WEST}\n")), "{text}");
    assert!(!user.run(&["drift", "--region", HOME]).expect(0).stdout.contains("Regions read"));
    let audit = user.json(&["tag-audit", "--type", QUEUE, "--type", ROLE, "--type", MACHINE], 0);
    let coverage = &audit["body"]["coverage"];
    assert_eq!((&coverage["checked"], &coverage["types_listed"]), (&json!(8), &json!(3)), "{coverage}");
    assert_eq!(regions(&audit), (read, Vec::new()));
    // One Region alone is an environment as before.
    let west = user.json(&["drift", "--region", WEST], 0);
    let only = [format!("{QUEUE} synced - -"), format!("{MACHINE} synced - -"), format!("{ROLE} synced - -")];
    assert_eq!(rows(&west), set(&only), "{west}");

    // A change in a further Region, and the command that leads out of it.
    let west = queue(DEV, WEST, "jobs-dev");
    user.approve(&["update", QUEUE, &west, "--env", "dev", "--set", "DelaySeconds=9", "--region", WEST]);
    let document = user.json(&["drift"], 2);
    let drifted: Vec<&Value> =
        document["body"]["resources"].as_array().unwrap().iter().filter(|row| row["status"] == "drifted").collect();
    let [row] = drifted.as_slice() else { panic!("{document}") };
    assert_eq!((&row["dev"], &row["moved"], &row["to_region"]), (&json!(west), &json!("dev"), &json!(WEST)));
    let command = row["command"].as_str().unwrap();
    assert!(command.ends_with(&format!("--region {WEST}")), "{command}");
    let text = user.run(&["drift"]).expect(2).stdout;
    assert!(text.contains(&format!("in {WEST}")), "{text}");
    assert_eq!(rows(&user.json(&["drift", QUEUE, &west], 2)), set(&[format!("{QUEUE} drifted {WEST} {WEST}")]));
    let words: Vec<&str> = command.strip_prefix("stagegate ").unwrap().split(' ').collect();
    user.approve(&words);
    assert_eq!(rows(&user.json(&["drift"], 0)), set(&all));
}

#[test]
fn violations_name_their_region_and_are_corrected_there() {
    let (_owner, server, user) = promoted();
    let tags = json!([{"Key": "MANAGED_BY", "Value": "stagegate"}, {"Key": "Environment", "Value": "production"}]);
    let desired = json!({"QueueName": "half", "Tags": tags}).to_string();
    let input = json!({"TypeName": QUEUE, "DesiredState": desired});
    let create = "CloudApiService.CreateResource";
    call_in((DEV, WEST), &server.endpoint, "cloudcontrolapi", create, &input).unwrap();
    let only = ["tag-audit", "--type", QUEUE];
    let mut audit = user.json(&only, 2);
    while audit["body"]["coverage"]["checked"] != 5 {
        audit = user.json(&only, 2);
    }
    let row = &audit["body"]["resources"][0];
    assert_eq!((&row["environment"], &row["region"]), (&json!("dev"), &json!(WEST)), "{row}");
    assert!(row["command"].as_str().unwrap().contains(&format!("--region {WEST}")), "{row}");
    let next = audit["next"].as_array().unwrap();
    assert_eq!((next.len(), &next[0]["why"]), (1, &json!(format!("correct 3 violation(s) in {WEST} by one plan"))));
    let command = next[0]["command"].as_str().unwrap();
    assert_eq!(command, format!("stagegate tag-audit --type {QUEUE} --fix --region {WEST}"));
    user.paste(&format!("{command} --json")).expect(2);
    let left = user.json(&only, 2);
    let codes = left["body"]["resources"][0]["violations"].as_array().unwrap();
    assert!(codes.iter().all(|violation| violation["fixable"] == false), "{codes:?}");
    assert!(user.run(&only).expect(2).stdout.contains(&format!("dev {WEST} ")));
}

#[test]
fn a_region_that_is_denied_is_a_gap() {
    let (owner, _server, user) = promoted();
    // What is denied; the rows besides those of the first Region; the Regions that were not read.
    let cases: [(String, Vec<String>, Vec<String>); 2] = [
        (
            format!("{PROD}/{WEST}/*=AccessDeniedException"),
            vec![format!("* unreadable {WEST} {WEST}")],
            vec![format!("prod {WEST}")],
        ),
        (
            format!("{PROD}/{WEST}/GetResources=AccessDeniedException"),
            vec![
                format!("* unreadable {WEST} {WEST}"),
                format!("{QUEUE} synced {WEST} {WEST}"),
                format!("{MACHINE} synced {WEST} {WEST}"),
            ],
            Vec::new(),
        ),
    ];
    for (rule, more, refused) in cases {
        let server = owner.serve_with(&["--fail", &rule]);
        let user = user.copy().with("AWS_ENDPOINT_URL", &server.endpoint);
        let document = user.json(&["drift"], 2);
        let home = [format!("{QUEUE} synced {HOME} {HOME}"), format!("{ROLE} synced {HOME} {HOME}")];
        assert_eq!(rows(&document), set(&[&home[..], &more].concat()), "{rule}: {document}");
        assert_eq!(regions(&document).1, refused, "{rule}");
        let coverage = &document["body"]["coverage"];
        assert_eq!((&coverage["denied"], &coverage["unreadable"]), (&json!(1), &json!(1)), "{rule}: {coverage}");
        assert!(messages(&document).contains("incomplete"), "{rule}");
        user.json(&["drift", "--strict"], 1);
        let audit = user.json(&["tag-audit", "--type", QUEUE], 2);
        assert_eq!(audit["body"]["coverage"]["denied"], 1, "{rule}: {audit}");
        assert_eq!(regions(&audit).1, refused, "{rule}");
        assert!(audit["body"]["gaps"][0]["subject"].as_str().unwrap().contains(WEST), "{rule}: {audit}");
        user.json(&["tag-audit", "--type", QUEUE, "--strict"], 1);
    }
}

#[test]
fn regions_without_a_counterpart_are_not_passed_over() {
    let (_owner, _server, user) = promoted();
    user.write("stagegate.yaml", &config(&format!("regions: [{HOME}, {WEST}]"), &format!("region: {HOME}"), ""));
    let document = user.json(&["drift"], 2);
    let expected = [
        format!("{QUEUE} synced {HOME} {HOME}"),
        format!("{ROLE} synced {HOME} {HOME}"),
        format!("* unreadable {WEST} {WEST}"),
    ];
    assert_eq!(rows(&document), set(&expected), "{document}");
    assert_eq!(regions(&document).1, [format!("dev {WEST}")]);
    assert!(document.to_string().contains("add the Region there, or map it"), "{document}");
}

#[test]
fn regions_are_checked_when_the_project_is_read() {
    for (given, says) in [
        ("regions: []", "is empty"),
        ("regions: { first: us-east-1 }", "a list"),
        ("regions: [us-east-1, us-east-1]", "twice"),
        ("regions: [us-east-1, nowhere]", "not a valid region name"),
        ("regions: [us-east-1, cn-north-1]", "several partitions"),
        ("region: eu-west-1, regions: [us-east-1, us-west-2]", "does not contain"),
        ("tag_value: x", "region"),
    ] {
        let user = User::of_aws();
        user.write("stagegate.yaml", &config(given, "region: us-east-1", ""));
        let document = user.json(&["drift"], 64);
        assert!(messages(&document).contains(says), "{given}: {}", messages(&document));
        assert!(document["diagnostics"][0]["line"].is_number(), "{given}: {document}");
    }
}
