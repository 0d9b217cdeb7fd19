//! `update` and `delete`: every updatable and deletable type.

use serde_json::{Value, json};

use super::support::{DEV, PROD, Server, User, messages};

/// A type, its properties, a change of one property, and a change that requires replacement.
type Case = (&'static str, &'static str, Option<(&'static str, &'static str)>, Option<(&'static str, &'static str)>);

const CASES: [Case; 25] = [
    ("AWS::Events::EventBus", r#"{"Name": "c-bus-dev"}"#, Some(("Description", "b")), Some(("Name", "c-bus2-dev"))),
    (
        "AWS::Athena::WorkGroup",
        r#"{"Name": "c-queries-dev"}"#,
        Some(("Description", "b")),
        Some(("Name", "c-queries2-dev")),
    ),
    (
        "AWS::Glue::Database",
        r#"{"CatalogId": "111111111111", "DatabaseInput": {"Name": "c_db"}}"#,
        Some(("DatabaseInput.Description", "b")),
        Some(("DatabaseName", "c_db2")),
    ),
    (
        "AWS::ResourceGroups::Group",
        r#"{"Name": "c-group-dev"}"#,
        Some(("Description", "b")),
        Some(("Name", "c-group2-dev")),
    ),
    (
        "AWS::SQS::Queue",
        r#"{"QueueName": "c-jobs-dev"}"#,
        Some(("VisibilityTimeout", "60")),
        Some(("QueueName", "c-jobs2-dev")),
    ),
    (
        "AWS::SNS::Topic",
        r#"{"TopicName": "c-news-dev"}"#,
        Some(("DisplayName", "News")),
        Some(("TopicName", "c-news2-dev")),
    ),
    (
        "AWS::S3::Bucket",
        r#"{"BucketName": "c-files-dev"}"#,
        Some(("VersioningConfiguration.Status", "Enabled")),
        Some(("BucketName", "c-files2-dev")),
    ),
    (
        "AWS::DynamoDB::Table",
        r#"{"TableName": "c-orders-dev", "BillingMode": "PAY_PER_REQUEST", "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}], "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}"#,
        Some(("TableClass", "STANDARD_INFREQUENT_ACCESS")),
        Some(("TableName", "c-orders2-dev")),
    ),
    (
        "AWS::IAM::Role",
        r#"{"RoleName": "c-api-dev", "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}}"#,
        Some(("Description", "the API")),
        Some(("RoleName", "c-api2-dev")),
    ),
    (
        "AWS::IAM::ManagedPolicy",
        r#"{"ManagedPolicyName": "c-read-dev", "PolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sqs:ReceiveMessage", "Resource": "arn:aws:sqs:us-east-1:111111111111:c-jobs-dev"}]}}"#,
        Some(("PolicyDocument.Statement.0.Action", "sqs:SendMessage")),
        Some(("ManagedPolicyName", "c-read2-dev")),
    ),
    (
        "AWS::EC2::VPC",
        r#"{"CidrBlock": "10.9.0.0/16"}"#,
        Some(("EnableDnsHostnames", "true")),
        Some(("CidrBlock", "10.8.0.0/16")),
    ),
    ("AWS::EC2::EIP", r#"{"Domain": "vpc"}"#, None, None),
    (
        "AWS::Logs::LogGroup",
        r#"{"LogGroupName": "/c/api-dev"}"#,
        Some(("RetentionInDays", "14")),
        Some(("LogGroupName", "/c/api2-dev")),
    ),
    (
        "AWS::SSM::Parameter",
        r#"{"Name": "/c/level-dev", "Type": "String", "Value": "a"}"#,
        Some(("Value", "b")),
        Some(("Name", "/c/level2-dev")),
    ),
    ("AWS::KMS::Key", r#"{"Description": "a", "EnableKeyRotation": true}"#, Some(("Description", "b")), None),
    (
        "AWS::SecretsManager::Secret",
        r#"{"Name": "c-secret-dev", "GenerateSecretString": {}}"#,
        Some(("Description", "b")),
        None,
    ),
    (
        "AWS::Events::Rule",
        r#"{"Name": "c-nightly-dev", "ScheduleExpression": "rate(1 day)"}"#,
        Some(("State", "DISABLED")),
        Some(("Name", "c-nightly2-dev")),
    ),
    (
        "AWS::CloudWatch::Alarm",
        r#"{"AlarmName": "c-alarm-dev", "ComparisonOperator": "GreaterThanThreshold", "EvaluationPeriods": 1, "MetricName": "Errors", "Namespace": "AWS/Lambda", "Period": 60, "Statistic": "Sum", "Threshold": 1}"#,
        Some(("Threshold", "5")),
        Some(("AlarmName", "c-alarm2-dev")),
    ),
    (
        "AWS::ECR::Repository",
        r#"{"RepositoryName": "c-api-dev", "ImageScanningConfiguration": {"ScanOnPush": true}, "ImageTagMutability": "IMMUTABLE"}"#,
        Some(("ImageTagMutability", "MUTABLE")),
        Some(("RepositoryName", "c-api2-dev")),
    ),
    (
        "AWS::ECS::Cluster",
        r#"{"ClusterName": "c-apps-dev", "ClusterSettings": [{"Name": "containerInsights", "Value": "enabled"}]}"#,
        Some(("CapacityProviders", "[FARGATE]")),
        Some(("ClusterName", "c-apps2-dev")),
    ),
    ("AWS::Cognito::UserPool", r#"{"UserPoolName": "c-users-dev"}"#, Some(("EmailVerificationSubject", "Hello")), None),
    (
        "AWS::ApiGatewayV2::Api",
        r#"{"Name": "c-http-dev", "ProtocolType": "HTTP"}"#,
        Some(("Description", "b")),
        Some(("ProtocolType", "WEBSOCKET")),
    ),
    (
        "AWS::Kinesis::Stream",
        r#"{"Name": "c-events-dev", "ShardCount": 1}"#,
        Some(("RetentionPeriodHours", "48")),
        Some(("Name", "c-events2-dev")),
    ),
    (
        "AWS::EFS::FileSystem",
        r#"{"Encrypted": true}"#,
        Some(("ThroughputMode", "elastic")),
        Some(("PerformanceMode", "maxIO")),
    ),
    ("AWS::Scheduler::ScheduleGroup", r#"{"Name": "c-jobs-dev"}"#, None, Some(("Name", "c-jobs2-dev"))),
];

fn live(user: &User, server: &Server, type_name: &str, identifier: &str) -> Option<Value> {
    let listed = user.boto3(server, DEV, &["list", type_name]);
    let exists = listed.as_array().is_some_and(|all| all.iter().any(|one| one == identifier));
    exists.then(|| user.boto3(server, DEV, &["get", type_name, identifier]))
}

/// The value as `--set` writes it, at a dotted path.
fn at<'a>(properties: &'a Value, path: &str) -> &'a Value {
    properties.pointer(&format!("/{}", path.replace('.', "/"))).unwrap_or(&Value::Null)
}

fn is_set(properties: &Value, path: &str, written: &str) -> bool {
    let value = at(properties, path);
    let text = value.to_string();
    value.as_str() == Some(written) || text == written || *value == json!(["FARGATE"])
}

#[test]
fn every_type_can_be_changed_replaced_and_deleted() {
    let user = User::of_sandbox();
    let server = user.serve();
    for (type_name, properties, change, replacement) in CASES {
        let declared: Value = serde_json::from_str(properties).unwrap();
        user.write("one.json", &json!({"Type": type_name, "Properties": declared}).to_string());
        let stack = type_name.replace("::", "-");
        let created = user.approve(&["create", "-f", "one.json", "--stack-name", &stack]);
        let mut identifier = created["body"]["applied"][0]["identifier"].as_str().unwrap().to_owned();

        if let Some((path, value)) = change {
            let set = format!("{path}={value}");
            let changed = user.approve(&["update", type_name, &identifier, "--env", "dev", "--set", &set]);
            let step = &changed["body"]["plan"]["steps"][0];
            assert_eq!(step["operation"], "update", "{type_name}: {step}");
            assert_eq!(step["changes"].as_array().unwrap().len(), 1, "{type_name}: {step}");
            let now = live(&user, &server, type_name, &identifier).expect(type_name);
            assert!(is_set(&now, path, value), "{type_name}: {now}");
            let again = user.json(&["update", type_name, &identifier, "--env", "dev", "--set", &set], 0);
            assert_eq!(again["body"]["plan"]["steps"], json!([]), "{type_name}");
        }
        if let Some((path, value)) = replacement {
            let set = format!("{path}={value}");
            let arguments = ["update", type_name, &identifier, "--env", "dev", "--set", &set];
            let asked = user.json(&arguments, 3);
            let kinds = asked["body"]["plan"]["approvals_required"].to_string();
            assert!(kinds.contains("replacement"), "{type_name}: {kinds}");
            let replaced = user.approve(&arguments);
            let new = replaced["body"]["applied"][0]["identifier"].as_str().unwrap().to_owned();
            assert_ne!(new, identifier, "{type_name}");
            assert_eq!(live(&user, &server, type_name, &identifier), None, "{type_name}");
            let now = live(&user, &server, type_name, &new).expect(type_name);
            assert!(is_set(&now, path, value), "{type_name}: {now}");
            // IAM keeps the tags of a managed policy beside its model.
            let is_tagged = match type_name {
                "AWS::IAM::ManagedPolicy" => {
                    user.json(&["tag-audit", "--type", type_name, "--env", "dev"], 0)["body"]["coverage"]["checked"]
                        == 1
                }
                _ => now.to_string().contains("MANAGED_BY"),
            };
            assert!(is_tagged || !created.to_string().contains("MANAGED_BY"), "{now}");
            identifier = new;
        }
        let arguments = ["delete", type_name, &identifier, "--env", "dev"];
        let asked = user.json(&arguments, 3);
        assert_eq!(asked["body"]["plan"]["approvals_required"][0]["kind"], "delete", "{type_name}");
        assert!(live(&user, &server, type_name, &identifier).is_some(), "{type_name}");
        user.approve(&arguments);
        assert_eq!(live(&user, &server, type_name, &identifier), None, "{type_name}");
        let gone = user.json(&arguments, 1);
        assert!(messages(&gone).contains("does not exist"), "{}", messages(&gone));
    }
}

#[test]
fn a_deletion_corrects_the_promotion_tags_of_the_counterpart() {
    let user = User::of_sandbox();
    let queue = r#"{"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "c-jobs-dev"}}"#;
    user.write("queue.json", queue);
    user.json(&["create", "-f", "queue.json"], 0);
    user.approve(&["promote", "--all"]);
    let url = |account: &str, name: &str| format!("https://sqs.us-east-1.amazonaws.com/{account}/{name}");
    let (dev, prod) = (url(DEV, "c-jobs-dev"), url(PROD, "c-jobs-prod"));

    let asked = user.json(&["delete", "AWS::SQS::Queue", &prod, "--env", "prod"], 3);
    assert!(messages(&asked).contains(&dev), "{}", messages(&asked));
    let kinds = asked["body"]["plan"]["approvals_required"].to_string();
    assert!(kinds.contains("protected") && kinds.contains("delete"), "{kinds}");
    user.approve(&["delete", "AWS::SQS::Queue", &prod, "--env", "prod"]);
    let drift = user.json(&["drift"], 0);
    assert_eq!(drift["body"]["resources"][0]["status"], "dev_only", "{}", drift["body"]);

    // It can be promoted again, and the other side can be deleted as well.
    user.approve(&["promote", "--all"]);
    user.approve(&["delete", "AWS::SQS::Queue", &dev, "--env", "dev"]);
    let drift = user.json(&["drift"], 2);
    assert_eq!(drift["body"]["resources"][0]["status"], "prod_only", "{}", drift["body"]);
    user.json(&["tag-audit", "--env", "prod"], 0);
}

#[test]
fn a_deletion_names_what_refers_to_the_resource_and_respects_its_protection() {
    let user = User::of_sandbox();
    user.write(
        "stack.yaml",
        "Resources:\n  Topic: { Type: AWS::SNS::Topic, Properties: { TopicName: c-news-dev } }\n  Alarm:\n    Type: AWS::CloudWatch::Alarm\n    Properties: { AlarmName: c-alarm-dev, ComparisonOperator: GreaterThanThreshold, EvaluationPeriods: 1, MetricName: Errors, Namespace: AWS/Lambda, Period: 60, Statistic: Sum, Threshold: 1, AlarmActions: [!Ref Topic] }\n  Table:\n    Type: AWS::DynamoDB::Table\n    Properties: { TableName: c-orders-dev, DeletionProtectionEnabled: true, BillingMode: PAY_PER_REQUEST, AttributeDefinitions: [{ AttributeName: id, AttributeType: S }], KeySchema: [{ AttributeName: id, KeyType: HASH }] }\n",
    );
    user.approve(&["create", "-f", "stack.yaml"]);
    let topic = "arn:aws:sns:us-east-1:111111111111:c-news-dev";
    let asked = user.json(&["delete", "AWS::SNS::Topic", topic, "--env", "dev"], 3);
    assert!(messages(&asked).contains("AWS::CloudWatch::Alarm c-alarm-dev"), "{}", messages(&asked));

    // Roles are listed, because the tagging API does not return them. Without them, nobody knows whether one refers to it.
    let denied = user.serve_with(&["--fail", "ListResources=AccessDeniedException"]);
    let client = User::of_accounts(&denied.endpoint, "sandbox", DEV, PROD);
    let asked = client.json(&["delete", "AWS::SNS::Topic", topic, "--env", "dev"], 3);
    assert!(messages(&asked).contains("could not be read"), "{}", messages(&asked));
    let item = |one: &&Value| one["item"] == "nothing refers to it";
    let checklist = asked["body"]["plan"]["checklist"].as_array().unwrap();
    assert_eq!(checklist.iter().find(item).unwrap()["state"], "open", "{asked}");

    let table = ["delete", "AWS::DynamoDB::Table", "c-orders-dev", "--env", "dev"];
    let refused = user.json(&table, 4);
    let command = "stagegate update AWS::DynamoDB::Table c-orders-dev --env dev --set DeletionProtectionEnabled=false";
    assert!(refused.to_string().contains(command), "{refused}");
    user.approve(&command.split(' ').skip(1).collect::<Vec<_>>());
    user.approve(&table);
}

#[test]
fn changes_that_do_not_fit_are_refused_before_anything_is_sent() {
    let user = User::of_sandbox();
    user.write("queue.json", r#"{"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "c-jobs-dev"}}"#);
    user.json(&["create", "-f", "queue.json"], 0);
    let url = "https://sqs.us-east-1.amazonaws.com/111111111111/c-jobs-dev";
    let update = |rest: &[&str], code: i32| {
        let arguments: Vec<&str> =
            ["update", "AWS::SQS::Queue", url, "--env", "dev"].iter().chain(rest).copied().collect();
        let document = user.json(&arguments, code);
        assert!(document["api_calls"].get("cloudcontrol.UpdateResource").is_none(), "{document}");
        messages(&document)
    };
    assert!(update(&["--set", "VisibilityTimeOut=60"], 64).contains("VisibilityTimeout"));
    assert!(update(&["--set", "VisibilityTimeout=many"], 64).contains("VisibilityTimeout"));
    assert!(update(&["--set", "Arn=arn:x"], 64).contains("read-only"));
    user.write("patch.json", r#"[{"op": "replace", "path": "/Nothing/Deep", "value": 1}]"#);
    assert!(update(&["--patch", "patch.json"], 1).contains("does not fit"));
    user.write("patch.json", r#"{"op": "replace"}"#);
    assert!(update(&["--patch", "patch.json"], 64).contains("JSON Patch"));
    assert!(update(&[], 64).contains("--set"));
    let absent =
        user.json(&["update", "AWS::SQS::Queue", "https://none", "--env", "dev", "--set", "DelaySeconds=1"], 1);
    assert!(messages(&absent).contains("does not exist"), "{}", messages(&absent));

    // In a protected environment, a replacement must be allowed.
    user.approve(&["promote", "--all"]);
    let prod = "https://sqs.us-east-1.amazonaws.com/222222222222/c-jobs-prod";
    let replacing = ["update", "AWS::SQS::Queue", prod, "--env", "prod", "--set", "QueueName=c-other-prod"];
    assert!(user.json(&replacing, 4).to_string().contains("--allow-replace"));
    let allowed: Vec<&str> = replacing.iter().copied().chain(["--allow-replace"]).collect();
    let kinds = user.json(&allowed, 3)["body"]["plan"]["approvals_required"].to_string();
    assert!(kinds.contains("protected") && kinds.contains("replacement"), "{kinds}");

    // Files with properties alone, with a type, and a patch.
    user.write("properties.yaml", "VisibilityTimeout: 45\nDelaySeconds: 3\n");
    user.json(&["update", "AWS::SQS::Queue", url, "--env", "dev", "-f", "properties.yaml"], 0);
    user.write("patch.json", r#"[{"op": "replace", "path": "/DelaySeconds", "value": 4}]"#);
    let patched = user.json(&["update", "AWS::SQS::Queue", url, "--env", "dev", "--patch", "patch.json"], 0);
    assert_eq!(
        patched["body"]["plan"]["steps"][0]["changes"][0],
        json!({"pointer": "/DelaySeconds", "before": 3, "after": 4})
    );
    let removed = user.json(&["update", "AWS::SQS::Queue", url, "--env", "dev", "--set", "DelaySeconds=null"], 0);
    assert_eq!(removed["body"]["plan"]["steps"][0]["changes"][0]["pointer"], "/DelaySeconds", "{removed}");
}

/// What an update or a replacement results in is validated before anybody approves it.
#[test]
fn invalid_results_are_refused_and_read_values_are_kept() {
    let user = User::of_sandbox();
    user.write(
        "stack.yaml",
        "Resources:\n  Role:\n    Type: AWS::IAM::Role\n    Properties:\n      RoleName: c-tasks-dev\n      AssumeRolePolicyDocument: { Version: 2012-10-17, Statement: [{ Effect: Allow, Principal: { Service: lambda.amazonaws.com }, Action: sts:AssumeRole }] }\n  Group: { Type: AWS::EC2::SecurityGroup, Properties: { GroupDescription: tasks, GroupName: c-tasks-dev } }\n",
    );
    user.approve(&["create", "-f", "stack.yaml"]);
    let role = ["update", "AWS::IAM::Role", "c-tasks-dev", "--env", "dev"];
    let with = |rest: &[&str]| -> Vec<String> { role.iter().chain(rest).map(|word| (*word).to_owned()).collect() };
    let refused = |rest: &[&str]| {
        let words = with(rest);
        let document = user.json(&words.iter().map(String::as_str).collect::<Vec<_>>(), 4);
        assert!(document["api_calls"].get("cloudcontrol.UpdateResource").is_none(), "{document}");
        messages(&document)
    };
    // The updated role, and the one that would replace it, lack a required property.
    let removed = refused(&["--set", "AssumeRolePolicyDocument=null"]);
    assert!(removed.contains("the update of") && removed.contains("AssumeRolePolicyDocument"), "{removed}");
    let replaced = refused(&["--set", "AssumeRolePolicyDocument=null", "--set", "RoleName=c-other-dev"]);
    assert!(replaced.contains("the replacement of") && replaced.contains("AssumeRolePolicyDocument"), "{replaced}");
    user.write("patch.json", r#"[{"op": "replace", "path": "/MaxSessionDuration", "value": "many"}]"#);
    let mistyped = refused(&["--patch", "patch.json"]);
    assert!(mistyped.contains("MaxSessionDuration"), "{mistyped}");
    user.json(&["update", "AWS::IAM::Role", "c-tasks-dev", "--env", "dev", "--set", "MaxSessionDuration=7200"], 0);

    // A replacement keeps what AWS chose: the default VPC.
    let drift = user.json(&["drift"], 0);
    let found =
        drift["body"]["resources"].as_array().unwrap().iter().find(|one| one["type"] == "AWS::EC2::SecurityGroup");
    let id = found.and_then(|one| one["dev"].as_str().or(one["source"]["identifier"].as_str()));
    let id = id.unwrap_or_else(|| panic!("{drift}"));
    user.approve(&[
        "update",
        "AWS::EC2::SecurityGroup",
        id,
        "--env",
        "dev",
        "--set",
        "GroupDescription=web",
        "--set",
        "GroupName=c-web-dev",
    ]);
}
