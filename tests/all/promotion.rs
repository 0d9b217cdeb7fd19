//! The main workflow: a function is promoted with its role, log group and table, and prod is then changed.

use serde_json::Value;

use super::support::{DEV, PROD, Server, User, messages, template};

const FUNCTION: &str = "AWS::Lambda::Function";
const LOG_GROUP: &str = "AWS::Logs::LogGroup";
const ROLE: &str = "AWS::IAM::Role";
const TABLE: &str = "AWS::DynamoDB::Table";

const CODE: &str = "AWS::Lambda::Function/sandbox-orders-dev#/Code/ZipFile=@handler.py";

fn with_function_in_dev() -> User {
    let user = User::of_sandbox();
    user.write("handler.py", "def handler(event, context): pass\n");
    user.approve(&["create", "-f", &template("dynamodb-table.yaml")]);
    user.approve(&["create", "-f", &template("lambda-with-role.yaml")]);
    user
}

fn promote(user: &User) -> Value {
    user.approve(&["promote", FUNCTION, "sandbox-orders-dev", "--with-dependencies", "--input", CODE])
}

#[test]
fn a_function_is_promoted_with_its_dependencies_and_without_references_to_dev() {
    let user = with_function_in_dev();
    let promoted = promote(&user);
    let statuses = promoted["body"]["promotion"].as_array().unwrap();
    let types: Vec<&str> = statuses.iter().filter_map(|one| one["type"].as_str()).collect();
    for wanted in [FUNCTION, LOG_GROUP, ROLE, TABLE] {
        assert!(types.contains(&wanted), "{wanted} was not promoted: {types:?}");
    }
    assert!(statuses.iter().all(|one| one["status"] == "synced"), "{statuses:?}");

    let server = user.serve();
    for (type_name, identifier) in [
        (FUNCTION, "sandbox-orders-prod"),
        (LOG_GROUP, "/aws/lambda/sandbox-orders-prod"),
        (ROLE, "sandbox-orders-role-prod"),
        (TABLE, "sandbox-orders-prod"),
    ] {
        let live = user.boto3(&server, PROD, &["get", type_name, identifier]);
        assert_eq!(references_to_dev(&live), Vec::<String>::new(), "{type_name} {identifier}");
    }
    let function = user.boto3(&server, PROD, &["get", FUNCTION, "sandbox-orders-prod"]);
    assert_eq!(function["Role"], format!("arn:aws:iam::{PROD}:role/sandbox-orders-role-prod"));
    assert_eq!(function["Environment"]["Variables"]["TABLE_NAME"], "sandbox-orders-prod");

    assert_eq!(user.json(&["drift"], 0)["body"]["summary"]["synced"], 4);
}

#[test]
fn what_was_promoted_before_is_no_change_with_dependencies() {
    let user = with_function_in_dev();
    promote(&user);
    for (type_name, identifier) in [(ROLE, "sandbox-orders-role-dev"), (TABLE, "sandbox-orders-dev")] {
        let again = user.json(&["promote", type_name, identifier, "--with-dependencies"], 0);
        assert_eq!(again["body"]["plan"]["steps"].as_array().map(Vec::len), Some(0), "{again}");
    }
    // A constant command line keeps working.
    let again = user.json(&["promote", "--all", "--with-dependencies", "--input", CODE], 0);
    assert_eq!(again["body"]["plan"]["steps"].as_array().map(Vec::len), Some(0), "{again}");
}

#[test]
fn write_only_code_is_required_before_the_first_call() {
    let user = with_function_in_dev();
    let refused = user.json(&["promote", FUNCTION, "sandbox-orders-dev", "--with-dependencies"], 4);
    assert!(messages(&refused).contains("--input"), "{}", messages(&refused));
    assert!(!refused["api_calls"].to_string().contains("CreateResource"), "{}", refused["api_calls"]);
    // Without its dependencies, the role has no counterpart, and prod must not refer to dev.
    let refused = user.json(&["promote", FUNCTION, "sandbox-orders-dev", "--input", CODE], 4);
    assert!(messages(&refused).contains("sandbox-orders-role-dev"), "{}", messages(&refused));
}

#[test]
fn drift_reports_changes_and_deletions_of_another_client_in_prod() {
    let user = with_function_in_dev();
    promote(&user);
    let server = user.serve();
    change_in_prod(&user, &server, FUNCTION, "sandbox-orders-prod", "/Timeout", "30");

    let report = user.json(&["drift"], 2);
    let row = row(&report, FUNCTION);
    assert_eq!((&row["status"], &row["moved"]), (&"drifted".into(), &"prod".into()), "{row}");
    let changes: Vec<&str> =
        row["changes"].as_array().unwrap().iter().filter_map(|one| one["pointer"].as_str()).collect();
    assert_eq!(changes, ["/Timeout"], "{row}");
    assert_eq!((&row["changes"][0]["from"], &row["changes"][0]["to"]), (&15.into(), &30.into()));
    assert_eq!(report["body"]["summary"]["synced"], 3, "one change is one row: {report}");

    // The row has a command that reverts the change.
    let command = row["command"].as_str().expect("a drifted row has a command");
    assert!(command.contains("stagegate promote"), "{command}");

    user.boto3(&server, PROD, &["delete", LOG_GROUP, "/aws/lambda/sandbox-orders-prod"]);
    let report = user.json(&["drift", LOG_GROUP], 2);
    assert_eq!(row_status(&report, LOG_GROUP), "needs_review", "{report}");
}

#[test]
fn promoting_again_sends_only_the_differences() {
    let user = with_function_in_dev();
    promote(&user);
    let server = user.serve();
    let patch = r#"[{"op": "replace", "path": "/RetentionInDays", "value": 90}]"#;
    user.boto3(&server, DEV, &["update", LOG_GROUP, "/aws/lambda/sandbox-orders-dev", patch]);
    assert_eq!(row(&user.json(&["drift"], 2), LOG_GROUP)["moved"], "dev");

    let promoted = user.approve(&["promote", LOG_GROUP, "/aws/lambda/sandbox-orders-dev"]);
    let steps = promoted["body"]["plan"]["steps"].as_array().unwrap();
    assert!(steps.iter().all(|step| step["operation"] != "create"), "{steps:?}");
    let live = user.boto3(&server, PROD, &["get", LOG_GROUP, "/aws/lambda/sandbox-orders-prod"]);
    assert_eq!(live["RetentionInDays"], 90);
    user.json(&["drift"], 0);
}

#[test]
fn the_gate_takes_existing_resources_beside_the_counterpart_into_account() {
    const QUEUE: &str = "AWS::SQS::Queue";
    let user = User::of_sandbox();
    let environment = |account| format!("{{account: '{account}', region: us-east-1, sandbox: true}}");
    let environments = format!("{{dev: {}, prod: {}}}", environment(DEV), environment(PROD));
    let config = "version: 1\nproject: sandbox\npolicies: {dirs: [rules]}\ntags: {values: {CostCenter: Engineering}}\nenvironments: ";
    user.write("stagegate.yaml", &format!("{config}{environments}\n"));
    // The project requires every queue to have a dead-letter queue or to be one.
    let policy = include_str!("../../policies/sqs/sqs-dead-letter.rego").replace("#   pack: resilience\n", "");
    std::fs::create_dir(user.folder().join("rules")).unwrap();
    user.write("rules/sqs-dead-letter.rego", &policy);
    user.approve(&["create", "-f", &template("sqs-with-dlq.yaml")]);
    let url = |name: &str, account: &str| format!("https://sqs.us-east-1.amazonaws.com/{account}/{name}");
    user.approve(&["promote", QUEUE, &url("sandbox-jobs-dev", DEV), "--with-dependencies"]);
    let server = user.serve();
    let patch = r#"[{"op": "replace", "path": "/MessageRetentionPeriod", "value": 600000}]"#;
    let failed = url("sandbox-jobs-dlq-dev", DEV);
    user.boto3(&server, DEV, &["update", QUEUE, &failed, patch]);

    let document = user.json(&["promote", QUEUE, &failed, "--plan-only"], 3);
    let plan = &document["body"]["plan"];
    assert_eq!(plan["scan"]["resources_scanned"], 1, "{plan}");
    assert_eq!(plan["scan"]["findings"].as_array().map(Vec::len), Some(0), "{}", plan["scan"]);
    assert_eq!(plan["scan"]["unknown"].as_array().map(Vec::len), Some(0), "{}", plan["scan"]);
}

#[test]
fn the_audit_detects_missing_and_inconsistent_tags() {
    let user = with_function_in_dev();
    promote(&user);
    user.json(&["tag-audit"], 0);
    let server = user.serve();
    // Another client removes all tags of a resource.
    change_in_prod(&user, &server, LOG_GROUP, "/aws/lambda/sandbox-orders-prod", "/Tags", "[]");
    let report = user.json(&["tag-audit"], 2);
    let rows = report["body"]["resources"].to_string();
    assert!(rows.contains("/aws/lambda/sandbox-orders-prod"), "{rows}");
    // The tags in dev still record `synced`, which drift verifies.
    assert_eq!(row_status(&user.json(&["drift"], 2), LOG_GROUP), "needs_review");
}

fn change_in_prod(user: &User, server: &Server, type_name: &str, identifier: &str, pointer: &str, value: &str) {
    let patch = format!(r#"[{{"op": "replace", "path": "{pointer}", "value": {value}}}]"#);
    user.boto3(server, PROD, &["update", type_name, identifier, &patch]);
}

#[track_caller]
fn row<'a>(report: &'a Value, type_name: &str) -> &'a Value {
    let rows = report["body"]["resources"].as_array().unwrap();
    rows.iter().find(|row| row["type"] == type_name).unwrap_or_else(|| panic!("no row for {type_name}: {report}"))
}

#[track_caller]
fn row_status<'a>(report: &'a Value, type_name: &str) -> &'a str {
    row(report, type_name)["status"].as_str().unwrap()
}

/// Returns values that contain the account of dev or the word `dev`. Tags are ignored, because tracking tags name the dev
/// resource.
fn references_to_dev(live: &Value) -> Vec<String> {
    fn visit(value: &Value, at: &str, found: &mut Vec<String>) {
        match value {
            Value::Object(map) => map.iter().for_each(|(key, inner)| visit(inner, &format!("{at}/{key}"), found)),
            Value::Array(list) => {
                list.iter().enumerate().for_each(|(index, inner)| visit(inner, &format!("{at}/{index}"), found))
            }
            Value::String(text) => {
                let word = text
                    .split(|character: char| !character.is_ascii_alphanumeric())
                    .any(|word| matches!(word, "dev" | "development"));
                if text.contains(DEV) || word {
                    found.push(format!("{at}: {text}"));
                }
            }
            _ => {}
        }
    }
    let mut bare = live.clone();
    bare.as_object_mut().expect("properties are an object").shift_remove("Tags");
    let mut found = Vec::new();
    visit(&bare, "", &mut found);
    found
}

#[test]
fn references_to_dev_are_found() {
    let clean = serde_json::json!({"A": ["orders-prod", {"B": "developer"}], "Tags": [{"Value": "orders-dev"}]});
    assert_eq!(references_to_dev(&clean), Vec::<String>::new());
    let dirty = serde_json::json!({"A": ["orders-dev", {"B": format!("arn:aws:iam::{DEV}:role/x")}]});
    assert_eq!(references_to_dev(&dirty).len(), 2);
}

/// The command of a row must include the flags that select the cloud.
#[test]
fn a_command_of_drift_uses_the_same_cloud() {
    let user = User::of_aws();
    user.write("q.yaml", "Type: AWS::SQS::Queue\nProperties: { QueueName: 'sandbox-jobs-dev' }\n");
    user.run(&["create", "-f", "q.yaml", "--sandbox=a box", "--tag", "CostCenter=Engineering"]).expect(0);
    let document = user.json(&["drift", "--sandbox=a box"], 0);
    let command = document["body"]["resources"][0]["command"].as_str().unwrap();
    assert!(command.starts_with("stagegate promote AWS::SQS::Queue "), "{command}");
    user.paste(&format!("{command} --json")).expect(3);
}
