//! Regression tests for promotion errors.

use serde_json::Value;

use super::support::{DEV, PROD, User, messages, template};

const QUEUE: &str = "AWS::SQS::Queue";

fn queue_url(account: &str, name: &str) -> String {
    format!("https://sqs.us-east-1.amazonaws.com/{account}/{name}")
}

/// Creates a user with a queue in dev that was promoted.
fn with_promoted_queue() -> User {
    let user = User::of_sandbox();
    user.write("queue.yaml", "Type: AWS::SQS::Queue\nProperties:\n  QueueName: jobs-dev\n  VisibilityTimeout: 60\n");
    user.approve(&["create", "-f", "queue.yaml"]);
    user.approve(&["promote", QUEUE, &queue_url(DEV, "jobs-dev")]);
    user
}

#[test]
fn promotion_from_a_protected_environment_is_refused() {
    let user = with_promoted_queue();
    let url = queue_url(PROD, "jobs-prod");
    let refused = user.json(&["promote", QUEUE, &url, "--from", "prod", "--to", "dev"], 4);
    assert!(messages(&refused).contains("to the protected environment"), "{}", messages(&refused));
    assert_eq!(refused["api_calls"], serde_json::json!({}));
}

#[test]
fn the_same_update_can_be_repeated() {
    // AWS remembers a request token for 36 hours, and the second update is the same request as the first one.
    let user = with_promoted_queue();
    let server = user.serve();
    let (dev, prod) = (queue_url(DEV, "jobs-dev"), queue_url(PROD, "jobs-prod"));
    for round in 1..=2 {
        let patch = r#"[{"op":"replace","path":"/VisibilityTimeout","value":5}]"#;
        user.boto3(&server, PROD, &["update", QUEUE, &prod, patch]);
        user.json(&["drift"], 2);
        user.approve(&["promote", QUEUE, &dev]);
        let live = user.boto3(&server, PROD, &["get", QUEUE, &prod]);
        assert_eq!(live["VisibilityTimeout"], 60, "round {round}");
        user.json(&["drift"], 0);
    }
}

#[test]
fn an_existing_queue_with_the_target_name_is_not_overwritten() {
    let user = User::of_sandbox();
    user.write("queue.yaml", "Type: AWS::SQS::Queue\nProperties:\n  QueueName: jobs-dev\n");
    user.approve(&["create", "-f", "queue.yaml"]);
    let server = user.serve();
    user.boto3(&server, PROD, &["create", QUEUE, r#"{"QueueName": "jobs-prod"}"#]);
    let refused = user.json(&["promote", QUEUE, &queue_url(DEV, "jobs-dev")], 4);
    let taken = queue_url(PROD, "jobs-prod");
    assert!(messages(&refused).contains(&taken), "{}", messages(&refused));
    assert_eq!(refused["diagnostics"][0]["code"], "name-taken", "{refused}");
    assert!(!refused["api_calls"].to_string().contains("UpdateResource"), "{}", refused["api_calls"]);
}

#[test]
fn a_deleted_resource_can_be_recreated_immediately() {
    let user = User::of_sandbox();
    user.write("queue.yaml", "Type: AWS::SQS::Queue\nProperties:\n  QueueName: jobs-dev\n");
    let server = user.serve();
    let url = queue_url(DEV, "jobs-dev");
    for _ in 0..2 {
        user.approve(&["create", "-f", "queue.yaml"]);
        assert_eq!(user.boto3(&server, DEV, &["get", QUEUE, &url])["QueueName"], "jobs-dev");
        user.boto3(&server, DEV, &["delete", QUEUE, &url]);
    }
}

#[test]
fn an_approval_does_not_cover_new_findings() {
    let user = User::of_sandbox();
    user.write("bucket.yaml", "Type: AWS::S3::Bucket\nProperties:\n  BucketName: files-dev\n");
    let waiver = "waivers:\n  - rule: s3-block-public-access\n    resource: '*'\n    owner: me\n    reason: a test\n    expires: 2099-01-01\n";
    user.write("waivers.yaml", waiver);
    let config = format!(
        "version: 1\nproject: P\nenvironments:\n  dev: {{ account: \"{DEV}\", region: us-east-1 }}\n  prod: {{ account: \"{PROD}\", region: us-east-1 }}\ncost: {{ auto_approve_below: 0.01 }}\ntags: {{ values: {{ CostCenter: Engineering }} }}\npolicies: {{ waivers: waivers.yaml }}\n"
    );
    user.write("stagegate.yaml", &config);
    let plan = user.json(&["create", "-f", "bucket.yaml"], 3);
    let kinds: Vec<&Value> =
        plan["body"]["plan"]["approvals_required"].as_array().unwrap().iter().map(|a| &a["kind"]).collect();
    assert_eq!(kinds, ["cost"]);
    let digest = plan["body"]["plan"]["digest"].as_str().unwrap();
    user.write("waivers.yaml", "waivers: []\n");
    let refused = user.json(&["create", "-f", "bucket.yaml", "--approve", digest], 4);
    assert!(messages(&refused).contains("s3-block-public-access"), "{}", messages(&refused));
}

#[test]
fn a_function_is_not_used_as_counterpart_of_a_table_with_the_same_name() {
    let user = User::of_sandbox();
    user.write("handler.py", "def handler(event, context): pass\n");
    // Its role refers to a table that does not exist in dev.
    user.approve(&["create", "-f", &template("lambda-with-role.yaml")]);
    let input = "AWS::Lambda::Function/sandbox-orders-dev#/Code/ZipFile=@handler.py";
    let refused = user.json(&["promote", "--all", "--with-dependencies", "--input", input], 4);
    assert!(messages(&refused).contains("table/sandbox-orders-dev"), "{}", messages(&refused));
    assert!(!messages(&refused).contains("circular"), "{}", messages(&refused));
}

#[test]
fn ids_generated_by_aws_are_not_promoted() {
    let user = User::of_sandbox();
    user.write(
        "group.yaml",
        "Type: AWS::RDS::DBSubnetGroup\nProperties:\n  DBSubnetGroupName: main-dev\n  DBSubnetGroupDescription: x\n  SubnetIds: [subnet-11111111, subnet-22222222]\n",
    );
    user.approve(&["create", "-f", "group.yaml"]);
    let refused = user.json(&["promote", "AWS::RDS::DBSubnetGroup", "main-dev"], 4);
    assert!(messages(&refused).contains("subnet-11111111"), "{}", messages(&refused));
}

#[test]
fn a_tag_that_only_prod_has_is_not_drift() {
    let user = with_promoted_queue();
    let server = user.serve();
    let prod = queue_url(PROD, "jobs-prod");
    let mut tags = user.boto3(&server, PROD, &["get", QUEUE, &prod])["Tags"].as_array().unwrap().clone();
    tags.push(serde_json::json!({"Key": "Backup", "Value": "daily"}));
    let patch = serde_json::json!([{"op": "replace", "path": "/Tags", "value": tags}]).to_string();
    user.boto3(&server, PROD, &["update", QUEUE, &prod, &patch]);
    user.json(&["drift"], 0);
}

#[test]
fn a_bucket_policy_is_promoted_with_its_bucket() {
    let user = User::of_sandbox();
    user.write(
        "bucket.yaml",
        "Resources:\n  Files:\n    Type: AWS::S3::Bucket\n    Properties:\n      BucketName: files-dev\n      PublicAccessBlockConfiguration: { BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true }\n  Policy:\n    Type: AWS::S3::BucketPolicy\n    Properties:\n      Bucket: !Ref Files\n      PolicyDocument:\n        Version: '2012-10-17'\n        Statement:\n          - { Effect: Deny, Principal: '*', Action: 's3:*', Resource: [!GetAtt Files.Arn, !Sub '${Files.Arn}/*'], Condition: { Bool: { 'aws:SecureTransport': 'false' } } }\n",
    );
    user.approve(&["create", "-f", "bucket.yaml"]);
    let promoted = user.approve(&["promote", "AWS::S3::Bucket", "files-dev", "AWS::S3::BucketPolicy", "files-dev"]);
    assert_eq!(promoted["body"]["failed"], serde_json::json!([]), "{promoted}");
    let server = user.serve();
    let policy = user.boto3(&server, PROD, &["get", "AWS::S3::BucketPolicy", "files-prod"]);
    assert_eq!(policy["PolicyDocument"]["Statement"][0]["Resource"][1], "arn:aws:s3:::files-prod/*", "{policy}");
}

#[test]
fn a_password_parameter_is_neither_printed_nor_hashed_into_a_tag() {
    let user = User::of_sandbox();
    user.write(
        "db.yaml",
        "Parameters:\n  Pw: { Type: String, NoEcho: true }\nResources:\n  Db:\n    Type: AWS::RDS::DBInstance\n    Properties:\n      DBInstanceIdentifier: db-dev\n      DBInstanceClass: db.t3.micro\n      Engine: postgres\n      EngineVersion: '17'\n      AllocatedStorage: '20'\n      MasterUsername: app\n      MasterUserPassword: !Ref Pw\n      StorageEncrypted: true\n      BackupRetentionPeriod: 7\n      DeletionProtection: true\n      PubliclyAccessible: false\n",
    );
    let create = |password: &str| user.json(&["create", "-f", "db.yaml", "--param", &format!("Pw={password}")], 3);
    let (one, other) = (create("hunter2-very-secret"), create("another-very-secret"));
    assert!(!one.to_string().contains("hunter2"), "{one}");
    let token = |document: &Value| document["body"]["plan"]["steps"][0]["client_token"].clone();
    assert_eq!(token(&one), token(&other));
    assert_ne!(one["body"]["plan"]["digest"], other["body"]["plan"]["digest"]);
    let kept = std::fs::read_dir(user.folder().join("../state/stagegate/plans")).unwrap();
    for file in kept {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        assert!(!text.contains("very-secret"), "{text}");
    }
}

#[test]
fn starter_templates_can_be_promoted_and_are_in_sync() {
    let user = User::of_sandbox();
    user.write("handler.py", "def handler(event, context): pass\n");
    let files = [
        "cognito-user-pool",
        "dynamodb-table",
        "lambda-with-role",
        "rds-postgres",
        "s3-bucket",
        "ses-identity",
        "sqs-with-dlq",
    ]
    .map(|name| template(&format!("{name}.yaml")));
    let create: Vec<&str> = ["create"].into_iter().chain(files.iter().flat_map(|file| ["-f", file.as_str()])).collect();
    user.approve(&create);
    let input = "AWS::Lambda::Function/sandbox-orders-dev#/Code/ZipFile=@handler.py";
    let promoted = user.approve(&["promote", "--all", "--with-dependencies", "--input", input]);
    let results = promoted["body"]["promotion"].as_array().unwrap();
    assert!(results.len() >= 11, "{results:?}");
    // The client of the user pool has no tags.
    let is_done = |result: &Value| match result["type"].as_str() {
        Some("AWS::Cognito::UserPoolClient") => result["status"] == "untracked",
        _ => result["status"] == "synced",
    };
    assert!(results.iter().all(is_done), "{results:?}");
    user.json(&["drift"], 0);
    user.json(&["tag-audit", "--type", "AWS::SQS::Queue", "--type", "AWS::IAM::Role"], 0);
    // Nothing has changed, so that promoting again has no steps.
    let again = user.json(&["promote", "--select", "Project=sandbox"], 0);
    assert_eq!(again["body"]["plan"]["steps"], serde_json::json!([]), "{again}");
}
