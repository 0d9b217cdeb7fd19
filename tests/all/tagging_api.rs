//! Resources that the tagging API does not return: types that are listed, resources that are named, and what a run says of those
//! that it created.

use serde_json::{Value, json};

use super::approvals::served;
use super::killed_promotions::create;
use super::support::{DEV, PROD, messages};

const QUEUE: &str = "AWS::SQS::Queue";
const TOPIC: &str = "AWS::SNS::Topic";
const GROUP: &str = "AWS::AutoScaling::AutoScalingGroup";
const PROFILE: &str = "AWS::EKS::FargateProfile";
const STACK: &str = "Resources:\n  \
    Jobs: { Type: AWS::SQS::Queue, Properties: { QueueName: jobs-dev } }\n  \
    News: { Type: AWS::SNS::Topic, Properties: { TopicName: news-dev } }\n";

fn url(account: &str, name: &str) -> String {
    format!("https://sqs.us-east-1.amazonaws.com/{account}/{name}")
}

fn tags(more: &[(&str, &str)]) -> Vec<Value> {
    let own = [
        ("MANAGED_BY", "stagegate"),
        ("Environment", "development"),
        ("Project", "sandbox"),
        ("CostCenter", "Engineering"),
        ("CreatedBy", "alice"),
        ("CreatedDate", "2026-11-20"),
        ("Purpose", "jobs"),
        ("PromotionStatus", "dev-only"),
    ];
    own.iter().chain(more).map(|(key, value)| json!({"Key": key, "Value": value})).collect()
}

/// The rows of a report: type and status.
fn rows(document: &Value) -> Vec<(&str, &str)> {
    let rows = document["body"]["resources"].as_array().unwrap().iter();
    rows.map(|row| (row["type"].as_str().unwrap(), row["status"].as_str().unwrap())).collect()
}

#[test]
fn types_that_the_tagging_api_never_returns_are_listed() {
    let (_owner, server, user) = served(&[]);
    let config = std::fs::read_to_string(user.folder().join("stagegate.yaml")).unwrap();
    user.write("stagegate.yaml", &(config + "promotion: { map: { image-4: image-4 } }\n"));
    let mut group = json!({
        "AutoScalingGroupName": "workers-dev", "MinSize": "0", "MaxSize": "1", "LaunchConfigurationName": "image-4",
    });
    let named = |mut tag: Value| {
        tag["PropagateAtLaunch"] = json!(false);
        tag
    };
    group["Tags"] = tags(&[]).into_iter().map(named).collect();
    create(&server, DEV, GROUP, &group);
    // It is in no answer of the tagging API, although it has tags.
    assert_eq!(rows(&user.json(&["drift"], 0)), [(GROUP, "dev_only")]);
    assert_eq!(user.json(&["tag-audit", "--type", GROUP], 0)["body"]["coverage"]["checked"], 1);
    let promoted = user.approve(&["promote", "--all"]);
    assert_eq!(promoted["body"]["promotion"][0]["prod"], "workers-prod", "{promoted}");
    assert!(!messages(&promoted).contains("not-in-tagging-api"), "{promoted}");
    assert_eq!(rows(&user.json(&["drift"], 0)), [(GROUP, "synced")]);
    assert_eq!(user.json(&["promote", "--all"], 0)["body"]["plan"]["steps"], json!([]));
}

#[test]
fn a_run_says_which_created_resources_the_tagging_api_does_not_return() {
    let (_owner, _server, user) = served(&["--not-in-tagging-api", QUEUE]);
    let user = user.with("STAGEGATE_TEST_RETRY_MILLIS", "100");
    user.write("stack.yaml", STACK);
    let created = user.json(&["create", "-f", "stack.yaml"], 0);
    let (dev, prod) = (url(DEV, "jobs-dev"), url(PROD, "jobs-prod"));
    let said = created["diagnostics"].as_array().unwrap();
    assert_eq!((said.len(), &said[0]["code"], &said[0]["level"]), (1, &json!("not-in-tagging-api"), &json!("warning")));
    let message = said[0]["message"].as_str().unwrap();
    assert!(message.contains(&dev) && !message.contains("news-dev"), "{message}");
    assert!(said[0]["hint"].as_str().unwrap().contains("stagegate drift TYPE ID"), "{}", said[0]);

    // Nothing finds it but its name.
    assert_eq!(rows(&user.json(&["drift"], 0)), [(TOPIC, "dev_only")]);
    assert_eq!(rows(&user.json(&["drift", QUEUE], 0)), []);
    assert_eq!(rows(&user.json(&["drift", QUEUE, &dev], 0)), [(QUEUE, "dev_only")]);
    assert_eq!(user.json(&["tag-audit", "--type", QUEUE], 0)["body"]["coverage"]["checked"], 1);
    let promoted = user.approve(&["promote", QUEUE, &dev]);
    assert!(
        messages(&promoted).contains(&format!("prod: the tagging API does not return {QUEUE} {prod}")),
        "{promoted}"
    );
    for name in [&dev, &prod] {
        assert_eq!(rows(&user.json(&["drift", QUEUE, name], 0)), [(QUEUE, "synced")]);
    }
    // What nobody manages is not compared, and a name that means nothing is an error.
    let document = user.json(&["drift", QUEUE, &url(DEV, "nothing")], 1);
    assert!(messages(&document).contains("is managed in neither"), "{document}");
    assert_eq!(user.json(&["create", "-f", "stack.yaml"], 0)["diagnostics"], json!([]), "nothing is created");
}

#[test]
fn the_tagging_api_is_asked_once_for_all_and_again_if_it_lags_behind() {
    for (flags, says) in [(&[][..], false), (&["--tag-delay", "200ms"], false), (&["--tag-delay", "1h"], true)] {
        let (_owner, _server, user) = served(flags);
        user.write("stack.yaml", STACK);
        let plan = user.json(&["create", "-f", "stack.yaml", "--plan-only"], 0);
        let created = user.json(&["create", "-f", "stack.yaml"], 0);
        assert_eq!(messages(&created).contains("not-in-tagging-api"), says, "{flags:?}: {created}");
        let calls = |document: &Value| document["api_calls"]["tagging.GetResources"].as_u64().unwrap_or_default();
        if flags.is_empty() {
            assert_eq!(calls(&created), calls(&plan) + 1, "{created}");
        }
        assert!(calls(&created) <= calls(&plan) + 3, "{created}");
    }
}

#[test]
fn a_named_resource_is_audited_although_neither_a_listing_nor_the_tagging_api_has_it() {
    let (_owner, server, user) = served(&["--not-in-tagging-api", "*"]);
    let profile = |name: &str, tags: Vec<Value>| {
        json!({
            "ClusterName": "c", "FargateProfileName": name, "Selectors": [{"Namespace": "default"}],
            "PodExecutionRoleArn": format!("arn:aws:iam::{DEV}:role/pods"), "Tags": tags,
        })
    };
    create(&server, DEV, PROFILE, &profile("good", tags(&[])));
    create(&server, DEV, PROFILE, &profile("bare", Vec::new()));
    // The type is listed within a cluster only.
    assert_eq!(user.json(&["tag-audit", "--type", PROFILE], 0)["body"]["coverage"]["checked"], 0);
    let audit = |name: &str, code: i32| user.json(&["tag-audit", "--type", PROFILE, "--id", name], code);
    assert_eq!(audit("c|good", 0)["body"]["coverage"]["checked"], 1);
    assert_eq!(audit("c|bare", 2)["body"]["resources"][0]["violations"][0]["code"], "untagged");
    assert!(messages(&audit("c|none", 1)).contains("there is no resource `c|none`"));
}
