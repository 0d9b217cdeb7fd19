//! Resources without tags are promoted with the resources that they belong to.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::support::{DEV, PROD, Server, User, approving_command, messages, root};

const CODE: &str = "AWS::Lambda::Function/shop-api-dev#/Code/ZipFile=@handler.py";
const PROMOTE: [&str; 5] = ["promote", "--all", "--with-dependencies", "--input", CODE];
/// Without the code of the function, which would be an update each time.
const PROMOTE_AGAIN: [&str; 3] = ["promote", "--all", "--with-dependencies"];

const TOPIC: &str = "AWS::SNS::Topic";
const SUBSCRIPTION: &str = "AWS::SNS::Subscription";
const QUEUE_POLICY: &str = "AWS::SQS::QueueInlinePolicy";
const ROUTE: &str = "AWS::ApiGatewayV2::Route";
const RULE: &str = "AWS::EC2::SecurityGroupIngress";
const GROUP: &str = "AWS::EC2::SecurityGroup";

/// The types that are listed within a resource of another type: the type, the key, and the type of the parent.
const WITHIN: [(&str, &str, &str); 8] = [
    ("AWS::ApiGatewayV2::Integration", "ApiId", "AWS::ApiGatewayV2::Api"),
    (ROUTE, "ApiId", "AWS::ApiGatewayV2::Api"),
    ("AWS::ApiGatewayV2::Stage", "ApiId", "AWS::ApiGatewayV2::Api"),
    ("AWS::Cognito::UserPoolClient", "UserPoolId", "AWS::Cognito::UserPool"),
    ("AWS::Cognito::UserPoolGroup", "UserPoolId", "AWS::Cognito::UserPool"),
    ("AWS::EC2::Route", "RouteTableId", "AWS::EC2::RouteTable"),
    ("AWS::Lambda::Permission", "FunctionName", "AWS::Lambda::Function"),
    (QUEUE_POLICY, "", "AWS::SQS::Queue"),
];

const LISTED: [&str; 20] = [
    "AWS::ApiGatewayV2::Api",
    "AWS::Cognito::UserPool",
    "AWS::EC2::InternetGateway",
    "AWS::EC2::RouteTable",
    "AWS::EC2::SecurityGroup",
    RULE,
    "AWS::EC2::Subnet",
    "AWS::EC2::SubnetRouteTableAssociation",
    "AWS::EC2::VPC",
    "AWS::EC2::VPCGatewayAttachment",
    "AWS::IAM::InstanceProfile",
    "AWS::IAM::Role",
    "AWS::KMS::Alias",
    "AWS::KMS::Key",
    "AWS::Lambda::Function",
    "AWS::S3::Bucket",
    "AWS::S3::BucketPolicy",
    SUBSCRIPTION,
    TOPIC,
    "AWS::SQS::Queue",
];

fn with_stack(file: &str) -> User {
    let user = User::of_sandbox();
    user.write("handler.py", "def handler(event, context): pass\n");
    let path = root().join("tests/data").join(file).display().to_string();
    user.approve(&["create", "-f", &path, "--tag", "CostCenter=Engineering"]);
    user
}

/// All resources of an account by type, in the order of their identifiers.
fn resources(user: &User, server: &Server, account: &str) -> BTreeMap<String, Vec<(String, Value)>> {
    let (types, within) = (json!(LISTED).to_string(), json!(WITHIN).to_string());
    let all = user.boto3(server, account, &["dump", &types, &within]);
    let is_own = |identifier: &str| !identifier.starts_with("alias/aws/") && !identifier.starts_with("AWSServiceRole");
    let of_type = |found: &Value| -> Vec<(String, Value)> {
        let found = found.as_object().unwrap().iter().filter(|(identifier, _)| is_own(identifier));
        let mut found: Vec<_> = found.map(|(identifier, live)| (identifier.clone(), live.clone())).collect();
        found.sort_by(|a, b| a.0.cmp(&b.0));
        found
    };
    all.as_object().unwrap().iter().map(|(type_name, found)| (type_name.clone(), of_type(found))).collect()
}

fn counts(all: &BTreeMap<String, Vec<(String, Value)>>) -> BTreeMap<&str, usize> {
    all.iter().map(|(type_name, found)| (type_name.as_str(), found.len())).collect()
}

/// The values of dev by which its resources are identified: identifiers and their parts, and read-only ids and ARNs.
fn identifying(all: &BTreeMap<String, Vec<(String, Value)>>) -> Vec<String> {
    let mut values = vec![DEV.to_owned()];
    for (identifier, live) in all.values().flatten() {
        values.extend(identifier.split('|').map(str::to_owned));
        let ids = live.as_object().unwrap().iter();
        let ids = ids.filter(|(name, _)| name.ends_with("Id") || name.ends_with("Arn"));
        values.extend(ids.filter_map(|(_, value)| value.as_str().map(str::to_owned)));
    }
    // Names that are the same in both.
    let is_shared = |value: &str| ["readers", "alias/aws/sns", "0.0.0.0/0"].contains(&value);
    values.retain(|value| value.len() > 4 && !is_shared(value));
    values.sort();
    values.dedup();
    values
}

/// The numbers of resources without rules, which are resources of their own in dev and elements of the list of their group in prod.
fn without_rules(all: &BTreeMap<String, Vec<(String, Value)>>) -> BTreeMap<String, usize> {
    let mut counts: BTreeMap<String, usize> = all.iter().map(|(name, found)| (name.clone(), found.len())).collect();
    counts.remove(RULE);
    counts
}

fn steps(document: &Value) -> Vec<(&str, &str)> {
    let steps = document["body"]["plan"]["steps"].as_array().unwrap().iter();
    let steps = steps.map(|step| (step["operation"].as_str().unwrap(), step["type"].as_str().unwrap()));
    steps.filter(|(operation, _)| *operation != "tag").collect()
}

#[test]
fn all_resources_arrive_and_none_refers_to_dev() {
    let user = with_stack("children.yaml");
    let server = user.serve();
    let dev = resources(&user, &server, DEV);
    assert_eq!(dev.values().map(Vec::len).sum::<usize>(), 29, "{:?}", counts(&dev));

    let promoted = user.approve(&PROMOTE);
    assert_eq!(promoted["body"]["plan"]["left_behind"], json!([]), "{promoted}");
    let prod = resources(&user, &server, PROD);
    assert_eq!(without_rules(&prod), without_rules(&dev));
    // The rules of a group arrive with it.
    assert_eq!(prod[GROUP][0].1["SecurityGroupIngress"], dev[GROUP][0].1["SecurityGroupIngress"]);
    assert!(!prod[GROUP][0].1["SecurityGroupIngress"].as_array().unwrap().is_empty());
    let values = identifying(&dev);
    for (type_name, identifier, live) in
        prod.iter().flat_map(|(name, found)| found.iter().map(move |(id, live)| (name, id, live)))
    {
        let mut bare = live.clone();
        let map = bare.as_object_mut().unwrap();
        // The tags name the dev resource.
        for tags in ["Tags", "UserPoolTags"] {
            map.shift_remove(tags);
        }
        let text = bare.to_string();
        for value in &values {
            assert!(!text.contains(value.as_str()), "{type_name} {identifier} contains {value} of dev: {text}");
        }
    }

    let again = user.json(&PROMOTE_AGAIN, 0);
    assert_eq!(again["body"]["plan"]["steps"], json!([]), "{again}");
    user.json(&["drift"], 0);
    assert_eq!(without_rules(&resources(&user, &server, PROD)), without_rules(&dev));
}

#[test]
fn changed_children_are_updated_and_never_duplicated() {
    let user = with_stack("children.yaml");
    user.approve(&PROMOTE);
    let server = user.serve();
    let before = resources(&user, &server, PROD);
    let dev = resources(&user, &server, DEV);
    let edit = |type_name: &str, index: usize, patch: Value| {
        let identifier = &dev[type_name][index].0;
        user.boto3(&server, DEV, &["update", type_name, identifier, &patch.to_string()]);
    };
    let replace = |path: &str, value: Value| json!([{"op": "replace", "path": path, "value": value}]);
    edit(SUBSCRIPTION, 0, replace("/RawMessageDelivery", json!(false)));
    edit(RULE, 0, json!([{"op": "replace", "path": "/Description", "value": "web"}]));
    // Both routes of an API change: their keys tell them apart.
    edit(ROUTE, 0, json!([{"op": "add", "path": "/OperationName", "value": "first"}]));
    edit(ROUTE, 1, json!([{"op": "add", "path": "/OperationName", "value": "second"}]));
    edit("AWS::Cognito::UserPoolGroup", 0, json!([{"op": "add", "path": "/Precedence", "value": 5}]));

    let promoted = user.approve(&PROMOTE_AGAIN);
    let mut expected = vec![
        ("update", ROUTE),
        ("update", ROUTE),
        ("update", "AWS::Cognito::UserPoolGroup"),
        ("update", GROUP),
        ("update", SUBSCRIPTION),
    ];
    let mut done = steps(&promoted);
    expected.sort();
    done.sort();
    assert_eq!(done, expected);
    let after = resources(&user, &server, PROD);
    assert_eq!(counts(&after), counts(&before));
    assert_eq!(after[SUBSCRIPTION][0].1["RawMessageDelivery"], false);
    assert_eq!(after[GROUP][0].1["SecurityGroupIngress"][0]["Description"], "web");
    let operations = |all: &BTreeMap<String, Vec<(String, Value)>>| -> BTreeMap<String, Value> {
        let routes = all[ROUTE].iter();
        routes.map(|(_, live)| (live["RouteKey"].to_string(), live["OperationName"].clone())).collect()
    };
    assert_eq!(operations(&after), operations(&resources(&user, &server, DEV)));
    user.json(&PROMOTE_AGAIN, 0);
}

#[test]
fn children_come_along_with_a_named_parent_only_with_its_dependencies() {
    let user = with_stack("cases/04-fanout.yaml");
    let topic = format!("arn:aws:sns:us-east-1:{DEV}:orders-dev");
    let alone = user.json(&["promote", TOPIC, &topic, "--plan-only"], 3);
    assert_eq!(steps(&alone), [("create", TOPIC)]);
    let together = user.json(&["promote", TOPIC, &topic, "--with-dependencies", "--plan-only"], 3);
    let types: Vec<&str> = steps(&together).into_iter().map(|(_, type_name)| type_name).collect();
    // The subscription needs the queue, and the queue's policy belongs to the queue.
    assert_eq!(types, ["AWS::SQS::Queue", TOPIC, QUEUE_POLICY, SUBSCRIPTION]);
}

#[test]
fn the_fan_out_case_is_promoted_completely() {
    let user = with_stack("cases/04-fanout.yaml");
    let promoted = user.approve(&PROMOTE_AGAIN);
    assert_eq!(steps(&promoted).len(), 4, "{promoted}");
    let server = user.serve();
    let queue = format!("https://sqs.us-east-1.amazonaws.com/{PROD}/orders-mail-prod");
    let policy = user.boto3(&server, PROD, &["get", QUEUE_POLICY, &queue]);
    assert!(policy.to_string().contains(&format!("arn:aws:sns:us-east-1:{PROD}:orders-prod")), "{policy}");
    assert!(!policy.to_string().contains(DEV), "{policy}");
    user.json(&["drift"], 0);
}

/// A user of a served sandbox with faults.
fn served(owner: &User, flags: &[&str]) -> (Server, User) {
    let server = owner.serve_with(flags);
    let user = User::of_aws()
        .with("AWS_ENDPOINT_URL", &server.endpoint)
        .with("AWS_CONFIG_FILE", &owner.folder().join("profiles").display().to_string())
        .with("AWS_SHARED_CREDENTIALS_FILE", &owner.folder().join("credentials").display().to_string());
    owner.write("profiles", "[profile dev]\nregion = us-east-1\n[profile prod]\nregion = us-east-1\n");
    let keys =
        |name: &str, account: &str| format!("[{name}]\naws_access_key_id = {account}\naws_secret_access_key = any\n");
    owner.write("credentials", &(keys("dev", DEV) + &keys("prod", PROD)));
    let environment = |name: &str, account: &str, rest: &str| {
        format!("  {name}: {{ account: \"{account}\", region: us-east-1, profile: {name}{rest} }}\n")
    };
    let environments = environment("dev", DEV, "") + &environment("prod", PROD, ", protected: true");
    let config = "version: 1\nproject: sandbox\ntags: {values: {CostCenter: Engineering}}\nenvironments:\n";
    user.write("handler.py", "def handler(event, context): pass\n");
    user.write("stagegate.yaml", &format!("{config}{environments}"));
    (server, user)
}

#[test]
fn what_cannot_be_listed_is_left_behind_and_keeps_the_parent_pending() {
    let owner = with_stack("cases/04-fanout.yaml");
    let fault = format!("{SUBSCRIPTION}/ListResources=AccessDeniedException");
    let (server, user) = served(&owner, &["--fail", &fault]);
    let plan = user.json(&["promote", "--all"], 3);
    let left = &plan["body"]["plan"]["left_behind"];
    assert_eq!(left.as_array().map(Vec::len), Some(1), "{plan}");
    assert_eq!((&left[0]["type"], &left[0]["parent_type"]), (&json!(SUBSCRIPTION), &json!(TOPIC)), "{left}");
    assert!(messages(&plan).contains("left-behind"), "{}", messages(&plan));
    let shown = user.run(&["promote", "--all", "--plan-only"]).expect(3);
    assert!(shown.stdout.contains("Left behind (1"), "{shown}");

    // The topic is created, but its promotion is not complete.
    let run = user.paste(approving_command(&plan)).expect(5).document();
    let status = |document: &Value, type_name: &str| {
        let all = document["body"]["promotion"].as_array().unwrap().iter();
        all.filter(|one| one["type"] == type_name).map(|one| one["status"].clone()).next()
    };
    assert_eq!(status(&run, TOPIC), Some(json!("pending-prod")), "{run}");
    assert_eq!(status(&run, "AWS::SQS::Queue"), Some(json!("synced")), "{run}");
    let topic = format!("arn:aws:sns:us-east-1:{DEV}:orders-dev");
    let tags = user.boto3(&server, DEV, &["get", TOPIC, &topic])["Tags"].to_string();
    assert!(tags.contains("pending-prod") && !tags.contains("synced"), "{tags}");
    // Nothing changes, and it is still not complete.
    let again = user.json(&["promote", "--all"], 5);
    assert_eq!(again["body"]["plan"]["steps"], json!([]), "{again}");
    let accepted = user.approve(&["promote", "--all", "--leave-behind"]);
    assert_eq!(accepted["body"]["plan"]["left_behind_accepted"], true, "{accepted}");
    let tags = user.boto3(&server, DEV, &["get", TOPIC, &topic])["Tags"].to_string();
    assert!(tags.contains("synced"), "{tags}");

    // Once it can be listed, it is promoted.
    drop(server);
    let (_server, user) = served(&owner, &[]);
    let promoted = user.approve(&["promote", "--all"]);
    assert_eq!(steps(&promoted), [("create", SUBSCRIPTION)], "{promoted}");
}

#[test]
fn an_approved_promotion_that_leaves_something_behind_is_not_complete() {
    let owner = with_stack("children.yaml");
    let fault = "AWS::KMS::Alias/ListResources=AccessDeniedException";
    let (_server, user) = served(&owner, &["--fail", fault]);
    let plan = user.run(&["promote", "--all", "--with-dependencies", "--input", CODE, "--json"]).expect(3).document();
    assert!(plan["body"]["plan"]["left_behind"].to_string().contains("AWS::KMS::Alias"), "{plan}");
    user.paste(approving_command(&plan)).expect(5);
}

#[test]
fn a_child_of_another_parent_is_not_taken_over() {
    let user = with_stack("children.yaml");
    let server = user.serve();
    let key = user.boto3(&server, PROD, &["create", "AWS::KMS::Key", r#"{"Description": "of somebody else"}"#]);
    let key = key["Identifier"].as_str().unwrap();
    let alias = json!({"AliasName": "alias/shop-prod", "TargetKeyId": key}).to_string();
    user.boto3(&server, PROD, &["create", "AWS::KMS::Alias", &alias]);
    let refused = user.json(&PROMOTE, 4);
    assert!(messages(&refused).contains("alias/shop-prod"), "{}", messages(&refused));
    assert!(messages(&refused).contains("name-taken"), "{}", messages(&refused));
    assert!(!refused["api_calls"].to_string().contains("CreateResource"), "{}", refused["api_calls"]);
}

#[test]
fn an_ambiguous_child_is_refused_by_name() {
    let user = with_stack("children.yaml");
    user.approve(&PROMOTE);
    let server = user.serve();
    let dev = resources(&user, &server, DEV);
    // Two integrations on each side that differ in everything but the API.
    let api = |all: &BTreeMap<String, Vec<(String, Value)>>| all["AWS::ApiGatewayV2::Api"][0].0.clone();
    let prod = resources(&user, &server, PROD);
    let new = |all: &BTreeMap<String, Vec<(String, Value)>>, timeout: u32| {
        let uri = "https://example.com/";
        json!({"ApiId": api(all), "IntegrationType": "HTTP_PROXY", "IntegrationMethod": "GET", "IntegrationUri": uri,
            "PayloadFormatVersion": "1.0", "TimeoutInMillis": timeout})
        .to_string()
    };
    let integration = "AWS::ApiGatewayV2::Integration";
    for timeout in [1000, 2000] {
        user.boto3(&server, DEV, &["create", integration, &new(&dev, timeout)]);
        user.boto3(&server, PROD, &["create", integration, &new(&prod, timeout + 500)]);
    }
    let refused = user.json(&PROMOTE_AGAIN, 4);
    assert!(messages(&refused).contains("ambiguous-resource"), "{}", messages(&refused));
    assert!(messages(&refused).contains(&format!("{integration} {}|", api(&dev))), "{}", messages(&refused));
}
