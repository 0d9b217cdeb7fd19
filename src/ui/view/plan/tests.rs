//! Snapshots of a plan at several widths, and its length. Review changes with `git diff` after
//! `INSTA_UPDATE=always cargo test --lib -- view::plan`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::*;
use crate::domain::finding::{EngineStatus, Finding, FindingResource, ScanReport, Severity, Waiver};
use crate::domain::plan::{Action, Plan, Rewrite, Step, TagValue};
use crate::domain::project::{Environment, Project};
use crate::domain::resource::NamedResource;
use crate::domain::resource::{Change, ResourceRef};
use crate::estimate::{self, Estimate, EstimateInput, EstimateOptions, Snapshot};
use crate::pipeline::gate::{GatedPlan, LeftBehind, Unchanged};
use crate::schema::Registry;

fn environment(name: &str) -> Environment {
    Project::sandbox().environment(name).unwrap().clone()
}

fn step(environment: &Environment, logical_id: &str, type_name: &str, action: Action) -> Step {
    Step::new(environment, logical_id.to_owned(), (type_name, None), action, "token".to_owned())
}

fn change(pointer: &str, before: Value, after: Value) -> Change {
    let value = |value: Value| (!value.is_null()).then_some(value);
    Change { pointer: pointer.to_owned(), before: value(before), after: value(after) }
}

fn creating(environment: &Environment, logical_id: &str, type_name: &str, identifier: &str, desired: Value) -> Step {
    let mut step = step(environment, logical_id, type_name, Action::Create { desired });
    step.identifier = (!identifier.is_empty()).then(|| identifier.to_owned());
    step
}

fn updating(environment: &Environment, logical_id: &str, type_name: &str, name: &str, changes: Vec<Change>) -> Step {
    let (patch, expected, found) = (json!([]), json!({}), "digest".to_owned());
    let mut step = step(environment, logical_id, type_name, Action::Update { patch, expected, found });
    step.identifier = Some(name.to_owned());
    step.changes = changes;
    step
}

fn tagging(environment: &Environment, logical_id: &str, type_name: &str, name: &str) -> Step {
    let tags = ["AppliedDigest", "CostEstimate"];
    let tags = tags.map(|key| (key.to_owned(), TagValue::Text("x".to_owned()))).into_iter().collect::<BTreeMap<_, _>>();
    let mut step = step(environment, logical_id, type_name, Action::Tag { tags });
    step.identifier = Some(name.to_owned());
    step
}

fn priced(resources: &[(&str, &str, Value)]) -> Estimate {
    let inputs: Vec<EstimateInput<'_>> = resources
        .iter()
        .map(|(logical_id, type_name, properties)| EstimateInput {
            file: None,
            logical_id: Some(logical_id),
            identifier: None,
            type_name,
            region: "us-east-1",
            properties,
        })
        .collect();
    estimate::estimate(&inputs, &EstimateOptions::default(), &Snapshot)
}

fn finding(id: &str, severity: Severity, logical_id: &str, message: &str) -> Finding {
    Finding {
        id: id.to_owned(),
        severity,
        engine: "builtin".to_owned(),
        resource: FindingResource {
            file: Some("shop.yaml".to_owned()),
            logical_id: Some(logical_id.to_owned()),
            identifier: None,
            type_name: "AWS::RDS::DBInstance".to_owned(),
        },
        pointer: None,
        other_pointers: Vec::new(),
        location: None,
        message: message.to_owned(),
        fix: Some("set PubliclyAccessible to false".to_owned()),
        equivalents: BTreeMap::new(),
        also: Vec::new(),
        waiver: None,
    }
}

fn named(logical_id: &str, type_name: &str, identifier: &str) -> NamedResource {
    let resource = ResourceRef { type_name: type_name.to_owned(), identifier: identifier.to_owned() };
    NamedResource { logical_id: logical_id.to_owned(), resource }
}

fn scan(findings: Vec<Finding>) -> ScanReport {
    ScanReport {
        engines: vec![EngineStatus { name: "builtin".to_owned(), version: None, failures: Vec::new() }],
        findings,
        resources_scanned: 7,
        checks_evaluated: 41,
        ..ScanReport::default()
    }
}

/// A change of every kind.
pub(in crate::ui) fn varied() -> PlanView {
    let dev = environment("dev");
    let database = |class: &str| {
        json!({"DBInstanceIdentifier": "shop-db-dev", "DBInstanceClass": class, "Engine": "postgres", "EngineVersion": "16.4",
               "AllocatedStorage": "20", "StorageType": "gp2", "PubliclyAccessible": true, "StorageEncrypted": true,
               "MasterUserPassword": "hunter2", "BackupRetentionPeriod": 7, "DeletionProtection": true})
    };
    let queue = |seconds: u32| json!({"QueueName": "shop-orders-dev", "VisibilityTimeout": seconds});
    let table = json!({"TableName": "shop-carts-dev", "BillingMode": "PAY_PER_REQUEST",
                       "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]});
    let role = json!({
        "RoleName": "shop-orders-dev",
        "AssumeRolePolicyDocument": {"Statement": [
            {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]},
        "Policies": [{"PolicyName": "orders", "PolicyDocument": {"Statement": [
            {"Effect": "Allow", "Action": ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"],
             "Resource": {"Fn::GetAtt": ["Carts", "Arn"]}},
            {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:us-east-1:111111111111:shop-orders-dev",
             "Condition": {"Bool": {"aws:SecureTransport": "true"}}}]}}],
    });
    let firewall = json!({
        "GroupName": "shop-web-dev", "GroupDescription": "Web", "VpcId": "vpc-0a1b2c3d",
        "SecurityGroupIngress": [
            {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "0.0.0.0/0"},
            {"IpProtocol": "tcp", "FromPort": 8080, "ToPort": 8089, "SourceSecurityGroupId": "sg-0f9e8d7c"}],
        "SecurityGroupEgress": [{"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}],
    });
    let mut orders = updating(
        &dev,
        "Orders",
        "AWS::SQS::Queue",
        "https://sqs.us-east-1.amazonaws.com/111111111111/shop-orders-dev",
        vec![
            change("/VisibilityTimeout", json!(30), json!(60)),
            change("/RedrivePolicy/maxReceiveCount", json!(3), json!(5)),
            change("/DelaySeconds", Value::Null, json!(10)),
        ],
    );
    orders.overwrites = vec!["/VisibilityTimeout".to_owned()];
    let policy = updating(
        &dev,
        "Deployers",
        "AWS::IAM::ManagedPolicy",
        "arn:aws:iam::111111111111:policy/shop-deployers-dev",
        vec![
            change("/PolicyDocument/Statement/0/Action", json!("s3:GetObject"), json!("s3:*")),
            change(
                "/PolicyDocument/Statement/1",
                json!({"Effect": "Deny", "Action": "s3:DeleteObject", "Resource": "*"}),
                Value::Null,
            ),
        ],
    );
    let replacing = Action::Replace { desired: table.clone(), found: "digest".to_owned(), delete_first: true };
    let mut carts = step(&dev, "Carts", "AWS::DynamoDB::Table", replacing);
    carts.identifier = Some("shop-carts-dev".to_owned());
    carts.changes = vec![change("/KeySchema/0/AttributeName", json!("cart"), json!("id"))];
    let mut topic = step(&dev, "Alerts", "AWS::SNS::Topic", Action::Delete { found: "digest".into(), replaced: false });
    topic.identifier = Some("arn:aws:sns:us-east-1:111111111111:shop-alerts-dev".to_owned());
    let mut plan = Plan::new("2026-11-20T09:12:26Z".parse().unwrap(), &dev, &Registry::embedded());
    plan.steps = vec![
        creating(&dev, "Database", "AWS::RDS::DBInstance", "shop-db-dev", database("db.t3.small")),
        creating(&dev, "OrdersRole", "AWS::IAM::Role", "shop-orders-dev", role.clone()),
        creating(&dev, "WebFirewall", "AWS::EC2::SecurityGroup", "", firewall.clone()),
        orders,
        policy,
        carts,
        topic,
        tagging(&dev, "Orders", "AWS::SQS::Queue", "https://sqs.us-east-1.amazonaws.com/111111111111/shop-orders-dev"),
        tagging(&dev, "Uploads", "AWS::S3::Bucket", "shop-uploads-dev"),
    ];
    let unchanged = Unchanged {
        matching: vec![
            named("Uploads", "AWS::S3::Bucket", "shop-uploads-dev"),
            named("AccessLogs", "AWS::Logs::LogGroup", "/aws/lambda/shop-orders-dev"),
        ],
        dropped: vec![named(
            "OldQueue",
            "AWS::SQS::Queue",
            "https://sqs.us-east-1.amazonaws.com/111111111111/shop-old-dev",
        )],
        kept: vec![(
            named("", "AWS::S3::Bucket", "shop-uploads-dev").resource,
            "/VersioningConfiguration/Status".to_owned(),
        )],
        left_behind: vec![LeftBehind {
            type_name: "AWS::SNS::Subscription".to_owned(),
            identifier: None,
            parent: ResourceRef::new("AWS::SNS::Topic", "arn:aws:sns:us-east-1:111111111111:shop-alerts-dev"),
            reason: "cannot be listed: access denied".to_owned(),
        }],
        accepts_left_behind: false,
        cost_before: Some(priced(&[
            ("Orders", "AWS::SQS::Queue", queue(30)),
            ("Carts", "AWS::DynamoDB::Table", table.clone()),
            ("Alerts", "AWS::SNS::Topic", json!({})),
        ])),
    };
    let after = priced(&[
        ("Database", "AWS::RDS::DBInstance", database("db.t3.small")),
        ("OrdersRole", "AWS::IAM::Role", role),
        ("WebFirewall", "AWS::EC2::SecurityGroup", firewall),
        ("Orders", "AWS::SQS::Queue", queue(60)),
        ("Carts", "AWS::DynamoDB::Table", table),
    ]);
    let waived = Finding {
        waiver: Some(Waiver {
            owner: None,
            reason: "reviewed in OPS-12".to_owned(),
            expires: None,
            source: "a".to_owned(),
        }),
        ..finding("rds-multi-az", Severity::Low, "Database", "The database runs in one Availability Zone")
    };
    let findings = vec![
        finding("rds-public", Severity::High, "Database", "The database can be reached from the internet"),
        finding("backup-plan", Severity::Medium, "Carts", "No backup plan covers the resource"),
        finding("backup-plan", Severity::Medium, "Database", "No backup plan covers the resource"),
        waived,
    ];
    PlanView::new(&GatedPlan::for_test(plan, &dev, unchanged, after, scan(findings)))
}

/// A promotion of many resources, each with its tag steps.
fn promotion(number: usize) -> PlanView {
    let (dev, prod) = (environment("dev"), environment("prod"));
    let mut plan = Plan::new("2026-11-20T09:12:26Z".parse().unwrap(), &prod, &Registry::embedded());
    let mut priced_resources = Vec::new();
    let names: Vec<String> = (0..number).map(|index| format!("FunctionSandboxOrders{index}Prod")).collect();
    for (index, logical_id) in names.iter().enumerate() {
        let (type_name, desired) = match index % 4 {
            0 => (
                "AWS::IAM::Role",
                json!({"RoleName": format!("sandbox-orders-{index}-prod"), "AssumeRolePolicyDocument": {"Statement": [
                    {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]},
                    "Policies": [{"PolicyName": "inline", "PolicyDocument": {"Statement": (0..4).map(|number| json!({
                        "Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
                        "Resource": format!("arn:aws:logs:us-east-1:222222222222:log-group:/aws/orders-{number}-prod:*"),
                    })).collect::<Vec<_>>()}}]}),
            ),
            1 => (
                "AWS::Logs::LogGroup",
                json!({"LogGroupName": format!("/aws/orders-{index}-prod"), "RetentionInDays": 30}),
            ),
            2 => (
                "AWS::SQS::Queue",
                json!({"QueueName": format!("sandbox-orders-{index}-prod"), "VisibilityTimeout": 60}),
            ),
            _ => (
                "AWS::DynamoDB::Table",
                json!({"TableName": format!("sandbox-orders-{index}-prod"), "BillingMode": "PAY_PER_REQUEST"}),
            ),
        };
        let (from, to) = (format!("sandbox-orders-{index}-dev"), format!("sandbox-orders-{index}-prod"));
        let mut create = creating(&prod, logical_id, type_name, &to, desired.clone());
        create.source = Some(from.clone());
        create.rewrites = vec![Rewrite {
            pointer: "/Name".to_owned(),
            before: from.clone(),
            after: to.clone(),
            reason: "name".to_owned(),
        }];
        plan.steps.extend([
            tagging(&dev, logical_id, type_name, &from),
            create,
            tagging(&prod, logical_id, type_name, &to),
            tagging(&dev, logical_id, type_name, &from),
        ]);
        priced_resources.push((logical_id.as_str(), type_name, desired));
    }
    let estimate = priced(&priced_resources);
    PlanView::new(&GatedPlan::for_test(plan, &prod, Unchanged::default(), estimate, scan(Vec::new())))
}

fn shown(view: &PlanView, detail: PlanDetail, width: usize) -> String {
    let environment = environment(&view.environment);
    let block = EnvironmentView {
        name: environment.name.clone(),
        account: environment.account.to_string(),
        region: environment.region.clone(),
        arn: Some(format!("arn:aws:iam::{}:user/sandbox", environment.account)),
        profile: None,
        authentication: "Sandbox".to_owned(),
        protected: environment.protected,
        endpoints: std::collections::BTreeMap::new(),
    };
    let text = plan(view, &[block], PlanDisplay { detail, width });
    console::strip_ansi_codes(&text).into_owned()
}

/// Returns the lines that are longer than the width although they have a place to be wrapped at.
fn too_long(text: &str, width: usize) -> Vec<&str> {
    let is_wrappable = |line: &str| line.split_whitespace().count() > 2 && !line.contains("stagegate delete");
    text.lines().filter(|line| console::measure_text_width(line) > width && is_wrappable(line)).collect()
}

#[test]
fn a_varied_plan_is_readable_at_every_width() {
    let view = varied();
    for width in [60, 80, 120] {
        for (name, detail) in
            [("verdict", PlanDetail::Verdict), ("summary", PlanDetail::Summary), ("full", PlanDetail::Full)]
        {
            let text = shown(&view, detail, width);
            assert_eq!(too_long(&text, width), [] as [&str; 0], "{name} {width}");
            assert!(!text.contains("hunter2"), "{text}");
            insta::assert_snapshot!(format!("{name}-{width}"), text);
        }
    }
}

#[test]
fn a_promotion_of_32_resources_has_at_most_120_lines() {
    let view = promotion(32);
    for width in [80, 120] {
        let text = shown(&view, PlanDetail::Summary, width);
        assert_eq!(too_long(&text, width), [] as [&str; 0]);
        assert!(text.contains("32 to create") && text.contains("192 tag changes on 64 resources"), "{text}");
        assert!(text.lines().count() <= 120, "{} lines at {width}: {text}", text.lines().count());
    }
    assert!(shown(&view, PlanDetail::Full, 80).lines().count() > 200, "--full shows all");
}

#[test]
fn words_are_never_broken() {
    let view = varied();
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<BTreeSet<String>>();
    let wide = words(&shown(&view, PlanDetail::Summary, 1000));
    for width in [60, 72, 100] {
        let narrow = words(&shown(&view, PlanDetail::Summary, width));
        // Identifiers in the table are shortened, and lists of settings end earlier.
        let other: Vec<&String> = narrow
            .difference(&wide)
            .filter(|word| !word.contains('…') && *word != "more" && word.parse::<u8>().is_err())
            .collect();
        assert_eq!(other, [] as [&String; 0], "{width}");
    }
}

#[test]
fn risks_and_costs_are_in_the_document() {
    let view = serde_json::to_value(varied()).unwrap();
    let of = |logical_id: &str| {
        let steps = view["steps"].as_array().unwrap();
        steps.iter().find(|step| step["logical_id"] == logical_id).unwrap().clone()
    };
    assert_eq!(of("Database")["risks"], json!(["public"]));
    assert_eq!(of("Database")["monthly"]["before"], Value::Null);
    assert_eq!(of("OrdersRole")["risks"], json!(["iam"]));
    assert_eq!(of("WebFirewall")["risks"], json!(["public", "network"]));
    assert_eq!(of("Orders")["risks"], json!(["overwrites_live_change"]));
    assert_eq!(of("Deployers")["risks"], json!(["iam"]));
    assert_eq!(of("Carts")["risks"], json!(["replacement", "stateful"]));
    assert!(of("Carts")["monthly"]["before"].is_string() && of("Carts")["monthly"]["after"].is_string());
    assert_eq!(of("Uploads")["risks"], json!([]), "stagegate's own tags are no risk");
}
