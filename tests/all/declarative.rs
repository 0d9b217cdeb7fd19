//! `create` is declarative: the same command can be run again at any time, and an edited template changes exactly what
//! was edited.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::support::{DEV, User, call, messages};

/// Named, unnamed and untagged types, and IAM.
const STACK: &str = include_str!("../data/stack.yaml");
const QUEUE: &str = "https://sqs.us-east-1.amazonaws.com/111111111111/orders-jobs-dev";

fn edited(edits: &[(&str, &str)]) -> String {
    edits.iter().fold(STACK.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "{from}");
        text.replace(from, to)
    })
}

/// The steps of a plan: operation and logical id, without stagegate's own tags.
fn steps(document: &Value) -> Vec<String> {
    let steps = document["body"]["plan"]["steps"].as_array().expect("a plan");
    let text = |step: &Value, key: &str| step[key].as_str().unwrap_or_default().to_owned();
    let mut found: Vec<String> = steps
        .iter()
        .filter(|step| step["operation"] != "tag")
        .map(|step| format!("{} {}", text(step, "operation"), text(step, "logical_id")))
        .collect();
    found.sort();
    found
}

/// The number of live resources by type, as another client sees them.
fn counts(user: &User) -> BTreeMap<String, usize> {
    let server = user.serve();
    let types = [
        "AWS::EC2::VPC",
        "AWS::EC2::Subnet",
        "AWS::EC2::RouteTable",
        "AWS::EC2::SubnetRouteTableAssociation",
        "AWS::EC2::SecurityGroup",
        "AWS::EC2::SecurityGroupIngress",
        "AWS::EC2::EIP",
        "AWS::SQS::Queue",
        "AWS::SNS::Topic",
        "AWS::SNS::Subscription",
        "AWS::IAM::Role",
        "AWS::IAM::ManagedPolicy",
    ];
    let count = |name: &str| {
        let listed =
            call(&server.endpoint, "cloudcontrolapi", "CloudApiService.ListResources", &json!({"TypeName": name}));
        listed.unwrap()["ResourceDescriptions"].as_array().map_or(0, Vec::len)
    };
    types.into_iter().map(|name| (name.to_owned(), count(name))).collect()
}

fn one_of_each(counts: &BTreeMap<String, usize>) {
    let wrong: Vec<_> = counts.iter().filter(|(_, count)| **count != 1).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn edits_change_exactly_what_was_edited() {
    let user = User::of_sandbox();
    user.write("orders.yaml", STACK);
    let created = user.json(&["create", "-f", "orders.yaml"], 0);
    assert_eq!(steps(&created).len(), 12, "{:?}", steps(&created));
    one_of_each(&counts(&user));

    let again = user.json(&["create", "-f", "orders.yaml"], 0);
    assert_eq!(again["body"]["plan"]["steps"], json!([]));
    assert_eq!(again["body"]["plan"]["unchanged"].as_array().unwrap().len(), 12);

    // A named type, an unnamed one and an untagged one.
    let first = edited(&[
        ("VisibilityTimeout: 30", "VisibilityTimeout: 60"),
        ("Service: lambda.amazonaws.com", "Service: ecs-tasks.amazonaws.com"),
        ("Action: sqs:ReceiveMessage", "Action: [sqs:ReceiveMessage, sqs:DeleteMessage]"),
    ]);
    user.write("orders.yaml", &first);
    let changed = user.json(&["create", "-f", "orders.yaml"], 0);
    assert_eq!(steps(&changed), ["update Policy", "update Queue", "update Role"]);
    let change = &changed["body"]["plan"]["steps"][0]["changes"][0];
    assert_eq!(change, &json!({"pointer": "/VisibilityTimeout", "before": 30, "after": 60}));
    assert_eq!(user.json(&["create", "-f", "orders.yaml"], 0)["body"]["plan"]["steps"], json!([]));

    // A rule without tags and name, of which every property is set at creation only: the old one goes.
    user.write("orders.yaml", &first.replace("FromPort: 443, ToPort: 443", "FromPort: 8443, ToPort: 8443"));
    let asked = user.json(&["create", "-f", "orders.yaml"], 3);
    assert_eq!(asked["body"]["plan"]["approvals_required"][0]["kind"], "replacement");
    let replaced = user.approve(&["create", "-f", "orders.yaml"]);
    assert_eq!(steps(&replaced), ["delete HttpsRule", "replace HttpsRule"]);
    one_of_each(&counts(&user));
    assert_eq!(user.json(&["create", "-f", "orders.yaml"], 0)["body"]["plan"]["steps"], json!([]));
}

#[test]
fn nothing_is_created_twice() {
    let user = User::of_sandbox();
    user.write("orders.yaml", STACK);
    user.json(&["create", "-f", "orders.yaml"], 0);

    // Other tags are tag changes.
    let tagged = user.json(&["create", "-f", "orders.yaml", "--tag", "CostCenter=Data"], 0);
    assert_eq!(steps(&tagged), Vec::<String>::new());
    assert!(!tagged["body"]["applied"].as_array().unwrap().is_empty());
    one_of_each(&counts(&user));

    // The state folder is lost.
    let _ = std::fs::remove_dir_all(user.folder().parent().unwrap().join("state"));
    assert_eq!(steps(&user.json(&["create", "-f", "orders.yaml"], 0)), Vec::<String>::new());
    one_of_each(&counts(&user));

    // A logical id is renamed, the name stays.
    user.write("orders.yaml", &STACK.replace("Queue:\n    Type", "Jobs:\n    Type").replace("Queue.Arn", "Jobs.Arn"));
    let renamed = user.json(&["create", "-f", "orders.yaml"], 0);
    assert_eq!(steps(&renamed), Vec::<String>::new());
    assert_eq!(renamed["body"]["applied"][0]["operation"], "tag");
    one_of_each(&counts(&user));
}

#[test]
fn a_late_tagging_api_and_forgotten_client_tokens_make_no_duplicates() {
    let user = User::of_sandbox();
    user.write("orders.yaml", STACK);
    let server = user.serve_with(&["--tag-delay", "1h"]);
    let late = User::of_aws().with("AWS_ENDPOINT_URL", &server.endpoint).with("AWS_ACCESS_KEY_ID", DEV);
    let late = late.with("AWS_SECRET_ACCESS_KEY", "any");
    late.write("orders.yaml", STACK);
    late.write(
        "stagegate.yaml",
        "version: 1\nproject: sandbox\nenvironments:\n  dev: { account: \"111111111111\", region: us-east-1, tag_value: development }\n\
         tags: { values: { CostCenter: Engineering } }\n",
    );
    assert_eq!(steps(&late.json(&["create", "-f", "orders.yaml"], 0)).len(), 12);
    for _ in 0..2 {
        let again = late.json(&["create", "-f", "orders.yaml"], 0);
        assert_eq!(again["body"]["plan"]["steps"], json!([]), "{}", messages(&again));
    }
}

#[test]
fn what_the_template_no_longer_has_is_named_and_stays() {
    let user = User::of_sandbox();
    user.write("orders.yaml", STACK);
    user.json(&["create", "-f", "orders.yaml"], 0);
    let (start, end) = (STACK.find("  HttpsRule:").unwrap(), STACK.find("  Queue:").unwrap());
    let without_rule = format!("{}{}", &STACK[..start], &STACK[end..]);
    let without_address = &without_rule[..without_rule.find("  Address:").unwrap()];
    user.write("orders.yaml", without_address);
    for _ in 0..2 {
        let document = user.json(&["create", "-f", "orders.yaml"], 0);
        let dropped = document["body"]["plan"]["dropped"].as_array().unwrap();
        let types: Vec<&str> = dropped.iter().filter_map(|one| one["type"].as_str()).collect();
        assert_eq!(types, ["AWS::EC2::EIP", "AWS::EC2::SecurityGroupIngress"], "{dropped:?}");
        assert!(document.to_string().contains("stagegate delete AWS::EC2::SecurityGroupIngress sgr-"), "{document}");
    }
    one_of_each(&counts(&user));
}

#[test]
fn a_change_in_the_account_is_not_undone_silently() {
    let user = User::of_sandbox();
    user.write("orders.yaml", STACK);
    user.json(&["create", "-f", "orders.yaml"], 0);
    let server = user.serve();
    let patch = r#"[{"op": "replace", "path": "/VisibilityTimeout", "value": 90}]"#;
    user.boto3(&server, DEV, &["update", "AWS::SQS::Queue", QUEUE, patch]);

    let asked = user.json(&["create", "-f", "orders.yaml"], 3);
    let approval = &asked["body"]["plan"]["approvals_required"][0];
    assert_eq!(approval["kind"], "overwrites_live_change");
    assert!(approval["reason"].as_str().unwrap().contains("/VisibilityTimeout"), "{approval}");
    assert_eq!(asked["body"]["plan"]["steps"][0]["overwrites"], json!(["/VisibilityTimeout"]));

    // A nightly run stays green.
    let kept = user.json(&["create", "-f", "orders.yaml", "--keep-live"], 0);
    assert_eq!(kept["body"]["plan"]["steps"], json!([]));
    assert_eq!(kept["body"]["plan"]["kept"][0]["pointer"], "/VisibilityTimeout");

    // The template adopts the change.
    user.write("orders.yaml", &STACK.replace("VisibilityTimeout: 30", "VisibilityTimeout: 90"));
    assert_eq!(steps(&user.json(&["create", "-f", "orders.yaml"], 0)), Vec::<String>::new());
    assert_eq!(user.json(&["create", "-f", "orders.yaml"], 0)["body"]["plan"]["steps"], json!([]));
}

#[test]
fn the_resource_of_another_stack_is_not_taken_over() {
    let user = User::of_sandbox();
    user.write("orders.yaml", STACK);
    user.json(&["create", "-f", "orders.yaml"], 0);
    let queue = "Resources: { Other: { Type: AWS::SQS::Queue, Properties: { QueueName: orders-jobs-dev, VisibilityTimeout: 30 } } }";
    user.write("billing.yaml", queue);
    let refused = user.json(&["create", "-f", "billing.yaml"], 4);
    assert!(messages(&refused).contains("already exists"), "{}", messages(&refused));
    // Under the name of its stack it is another logical id of the same queue, which the template has dropped.
    user.write("orders.yaml", queue);
    assert_eq!(steps(&user.json(&["create", "-f", "orders.yaml"], 0)), Vec::<String>::new());
}

#[test]
fn the_stack_name_is_a_pseudo_parameter() {
    let user = User::of_sandbox();
    let queue =
        "Resources: { Q: { Type: AWS::SQS::Queue, Properties: { QueueName: !Sub '${AWS::StackName}-jobs-dev' } } }";
    user.write("orders.yaml", queue);
    let created = user.json(&["create", "-f", "orders.yaml"], 0);
    assert!(created["body"]["applied"][0]["identifier"].as_str().unwrap().ends_with("/orders-jobs-dev"));
    let other = user.json(&["create", "-f", "orders.yaml", "--stack-name", "billing"], 0);
    assert!(other["body"]["applied"][0]["identifier"].as_str().unwrap().ends_with("/billing-jobs-dev"));
    let wrong = user.json(&["create", "-f", "orders.yaml", "--stack-name", "a b"], 64);
    assert!(messages(&wrong).contains("stack name"), "{}", messages(&wrong));
}

/// A service that refers to a task definition.
const SERVICE: &str = "Resources:\n  \
    Cluster: { Type: AWS::ECS::Cluster, Properties: { ClusterName: web-dev, \
               ClusterSettings: [{ Name: containerInsights, Value: enabled }] } }\n  \
    Task: { Type: AWS::ECS::TaskDefinition, Properties: { Family: web-dev, Cpu: '256', Memory: '512', \
            NetworkMode: awsvpc, RequiresCompatibilities: [FARGATE], ContainerDefinitions: [{ Name: web, Image: 'web:1', \
            Essential: true, User: '101', ReadonlyRootFilesystem: true }] } }\n  \
    Service: { Type: AWS::ECS::Service, Properties: { ServiceName: web-dev, Cluster: !Ref Cluster, \
               TaskDefinition: !Ref Task, DesiredCount: 1, LaunchType: FARGATE, NetworkConfiguration: { \
               AwsvpcConfiguration: { AssignPublicIp: DISABLED, Subnets: [subnet-0a1b2c3d] } } } }\n";

#[test]
fn an_edited_task_definition_is_a_new_revision_to_which_the_service_is_updated() {
    let user = User::of_sandbox();
    user.write("web.yaml", SERVICE);
    user.approve(&["create", "-f", "web.yaml"]);
    let server = user.serve();
    let revision = |number: u64| format!("arn:aws:ecs:us-east-1:111111111111:task-definition/web-dev:{number}");
    let service = "arn:aws:ecs:us-east-1:111111111111:service/web-dev/web-dev|web-dev";
    // The last edit goes back to the first version: it is another revision nevertheless.
    for (number, image) in [(2, "web:2"), (3, "web:1"), (4, "web:2")] {
        user.write("web.yaml", &SERVICE.replace("web:1", image));
        let changed = user.approve(&["create", "-f", "web.yaml"]);
        assert_eq!(steps(&changed), ["create Task", "update Service"], "{image}");
        let kinds = changed["body"]["plan"]["approvals_required"].to_string();
        assert!(!kinds.contains("replacement") && !kinds.contains("delete"), "{kinds}");
        let live = user.boto3(&server, DEV, &["get", "AWS::ECS::Service", service]);
        assert_eq!(live["TaskDefinition"], revision(number), "{live}");
        let mut listed: Vec<String> =
            serde_json::from_value(user.boto3(&server, DEV, &["list", "AWS::ECS::TaskDefinition"])).unwrap();
        listed.sort();
        assert_eq!(listed, (1..=number).map(revision).collect::<Vec<_>>());
        assert_eq!(user.json(&["create", "-f", "web.yaml"], 0)["body"]["plan"]["steps"], json!([]), "{image}");
    }
}

#[test]
fn two_runs_at_once_create_nothing_twice() {
    let user = User::of_sandbox();
    for round in 0..3 {
        user.write("orders.yaml", &STACK.replace("orders-", &format!("orders{round}-")));
        let stack = format!("orders{round}");
        let create = ["create", "-f", "orders.yaml", "--stack-name", &stack, "--json"];
        let codes = std::thread::scope(|scope| {
            let runs = [scope.spawn(|| user.run(&create)), scope.spawn(|| user.run(&create))];
            runs.map(|run| run.join().unwrap())
        });
        for run in codes {
            let document = run.document();
            let approvals = &document["body"]["plan"]["approvals_required"];
            assert_eq!(run.code, 0, "{} {approvals}", messages(&document));
        }
        let again = user.json(&["create", "-f", "orders.yaml", "--stack-name", &stack], 0);
        assert_eq!(again["body"]["plan"]["steps"], json!([]), "{again}");
        let counts = counts(&user);
        let wrong: Vec<_> = counts.iter().filter(|(_, count)| **count != round + 1).collect();
        assert!(wrong.is_empty(), "{wrong:?}");
    }
}

#[test]
fn a_forged_stack_tag_makes_the_resource_ambiguous() {
    let user = User::of_sandbox();
    user.write("net.yaml", "Resources: { Net: { Type: AWS::EC2::VPC, Properties: { CidrBlock: 10.0.0.0/16 } } }");
    let created = user.json(&["create", "-f", "net.yaml"], 0);
    let own = created["body"]["applied"][0]["identifier"].as_str().unwrap();
    let server = user.serve();
    let live = user.boto3(&server, DEV, &["get", "AWS::EC2::VPC", own]);
    let forged = json!({"CidrBlock": "10.2.0.0/16", "Tags": live["Tags"]}).to_string();
    user.boto3(&server, DEV, &["create", "AWS::EC2::VPC", &forged]);
    // As created, as forged, and as neither.
    for text in ["10.0.0.0/16", "10.2.0.0/16", "10.1.0.0/16"] {
        user.write(
            "net.yaml",
            &format!("Resources: {{ Net: {{ Type: AWS::EC2::VPC, Properties: {{ CidrBlock: {text} }} }} }}"),
        );
        let refused = user.json(&["create", "-f", "net.yaml"], 4);
        assert!(messages(&refused).contains("ambiguous-resource"), "{}", messages(&refused));
        assert!(messages(&refused).contains(own), "{}", messages(&refused));
        let calls = refused["api_calls"].to_string();
        assert!(!calls.contains("CreateResource") && !calls.contains("TagResources"), "{calls}");
    }
}

#[test]
fn a_child_of_a_resource_that_does_not_exist_is_not_that_of_somebody_else() {
    let user = User::of_sandbox();
    let server = user.serve();
    let create = |type_name: &str, properties: Value| -> String {
        let event = user.boto3(&server, DEV, &["create", type_name, &properties.to_string()]);
        event["Identifier"].as_str().unwrap().to_owned()
    };
    let vpc = create("AWS::EC2::VPC", json!({"CidrBlock": "10.8.0.0/16"}));
    let subnet = create("AWS::EC2::Subnet", json!({"VpcId": vpc, "CidrBlock": "10.8.1.0/24"}));
    let table = create("AWS::EC2::RouteTable", json!({"VpcId": vpc}));
    let theirs = create("AWS::EC2::SubnetRouteTableAssociation", json!({"SubnetId": subnet, "RouteTableId": table}));
    user.write("orders.yaml", STACK);
    let created = user.json(&["create", "-f", "orders.yaml"], 0);
    assert!(steps(&created).iter().all(|step| step.starts_with("create ")), "{:?}", steps(&created));
    let listed = user.boto3(&server, DEV, &["list", "AWS::EC2::SubnetRouteTableAssociation"]);
    assert_eq!(listed.as_array().map(Vec::len), Some(2), "{listed}");
    assert!(listed.to_string().contains(&theirs), "{listed}");
}

#[test]
fn an_integration_of_an_api_has_neither_name_nor_tags_and_is_not_made_twice() {
    let user = User::of_sandbox();
    let template = |timeout: u32, second: &str| {
        format!(
            "Resources:\n  Api: {{ Type: AWS::ApiGatewayV2::Api, Properties: {{ Name: i-http-dev, ProtocolType: HTTP }} }}\n  \
             Backend:\n    Type: AWS::ApiGatewayV2::Integration\n    Properties: {{ ApiId: !Ref Api, IntegrationType: HTTP_PROXY, \
             IntegrationMethod: GET, IntegrationUri: 'https://example.com', PayloadFormatVersion: '1.0', TimeoutInMillis: {timeout} }}\n{second}"
        )
    };
    user.write("api.yaml", &template(1000, ""));
    assert_eq!(steps(&user.json(&["create", "-f", "api.yaml"], 0)).len(), 2);
    assert_eq!(user.json(&["create", "-f", "api.yaml"], 0)["body"]["plan"]["steps"], json!([]));
    user.write("api.yaml", &template(2000, ""));
    assert_eq!(steps(&user.json(&["create", "-f", "api.yaml"], 0)), ["update Backend"]);
    let second = "  Other:\n    Type: AWS::ApiGatewayV2::Integration\n    Properties: { ApiId: !Ref Api, IntegrationType: HTTP_PROXY, \
                  IntegrationMethod: POST, IntegrationUri: 'https://example.org', PayloadFormatVersion: '1.0' }\n";
    user.write("api.yaml", &template(3000, second));
    assert_eq!(steps(&user.json(&["create", "-f", "api.yaml"], 0)), ["create Other", "update Backend"]);
    assert_eq!(user.json(&["create", "-f", "api.yaml"], 0)["body"]["plan"]["steps"], json!([]));
}

#[test]
fn a_text_with_an_unknown_part_is_refused_before_anything_is_created() {
    let user = User::of_sandbox();
    for unknown in ["Missing.Arn", "AWS::NotificationARNs"] {
        user.write(
            "orders.yaml",
            &format!(
                "Resources:\n  Queue: {{ Type: AWS::SQS::Queue, Properties: {{ QueueName: first-dev }} }}\n  \
                 Topic: {{ Type: AWS::SNS::Topic, DependsOn: Queue, Properties: {{ TopicName: !Sub '${{{unknown}}}-dev' }} }}\n"
            ),
        );
        let refused = user.run(&["create", "-f", "orders.yaml", "--json"]);
        assert!([4, 64].contains(&refused.code), "{unknown}: {refused}");
        let document = refused.document();
        assert!(document["api_calls"].get("cloudcontrol.CreateResource").is_none(), "{unknown}: {refused}");
        assert!(!document["diagnostics"].as_array().unwrap().is_empty(), "{unknown}: {refused}");
    }
}
