//! `scan --live`: findings for live resources, and what cannot be determined.

use serde_json::Value;

use super::support::User;

const TEMPLATE: &str = "
Resources:
  Bucket: {Type: 'AWS::S3::Bucket', Properties: {BucketName: sandbox-files-dev}}
  Queue: {Type: 'AWS::SQS::Queue', Properties: {QueueName: sandbox-jobs-dev}}
  Vpc: {Type: 'AWS::EC2::VPC', Properties: {CidrBlock: 10.0.0.0/16}}
  Logged: {Type: 'AWS::EC2::VPC', Properties: {CidrBlock: 10.1.0.0/16}}
  Group: {Type: 'AWS::Logs::LogGroup', Properties: {LogGroupName: sandbox-flow-dev}}
";

fn user() -> (User, Value) {
    let user = User::of_sandbox();
    user.write("t.yaml", TEMPLATE);
    let created = user.approve(&["create", "-f", "t.yaml"]);
    (user, created)
}

fn ids(document: &Value, list: &str) -> Vec<String> {
    let entries = document["body"][list].as_array().unwrap().iter();
    entries
        .map(|one| format!("{} {}", one["id"].as_str().unwrap(), one["resource"]["identifier"].as_str().unwrap()))
        .collect()
}

#[test]
fn managed_resources_are_scanned_and_write_only_conditions_are_undecided() {
    let (user, _) = user();
    let document = user.json(&["scan", "--live", "--env", "dev"], 0);
    assert_eq!(document["body"]["resources_scanned"], 5);
    assert_eq!(document["body"]["coverage"]["checked"], 5);
    assert_eq!(ids(&document, "findings"), ["s3-versioning sandbox-files-dev", "logs-retention sandbox-flow-dev"]);
    assert_eq!(ids(&document, "unknown"), ["s3-acl-not-public sandbox-files-dev"]);
    assert!(document["body"]["unknown"][0]["reason"].as_str().unwrap().contains("write-only"));
    assert_eq!(document["environments"][0]["name"], "dev");
    assert!(
        document["api_calls"]
            .as_object()
            .unwrap()
            .keys()
            .all(|call| !call.contains("Create") && !call.contains("Update"))
    );
}

#[test]
fn a_type_or_one_resource_is_scanned() {
    let (user, _) = user();
    let of_type = user.json(&["scan", "--live", "AWS::S3::Bucket", "--env", "dev"], 0);
    assert_eq!(of_type["body"]["resources_scanned"], 1);
    let one = user.json(
        &[
            "scan",
            "--live",
            "AWS::SQS::Queue",
            "https://sqs.us-east-1.amazonaws.com/111111111111/sandbox-jobs-dev",
            "--env",
            "dev",
        ],
        0,
    );
    assert_eq!((&one["body"]["resources_scanned"], &one["body"]["verdict"]), (&1.into(), &"pass".into()));
    let missing = user.json(&["scan", "--live", "AWS::S3::Bucket", "no-such", "--env", "dev"], 1);
    assert_eq!(missing["diagnostics"][0]["code"], "not-found");
    let unlisted = user.json(&["scan", "--live", "AWS::Lambda::Permission", "--env", "dev"], 64);
    assert_eq!(unlisted["diagnostics"][0]["code"], "not-listable");
    let nothing = user.json(&["scan", "--live", "--env", "prod"], 0);
    assert_eq!(nothing["body"]["resources_scanned"], 0);
}

#[test]
fn related_resources_that_a_check_requires_are_read() {
    let (user, created) = user();
    let mut applied = created["body"]["applied"].as_array().unwrap().iter();
    let logged =
        applied.rfind(|one| one["type"] == "AWS::EC2::VPC").unwrap()["identifier"].as_str().unwrap().to_owned();
    user.write(
        "log.yaml",
        &format!(
            "Type: AWS::EC2::FlowLog\nProperties: {{ResourceId: {logged}, ResourceType: VPC, TrafficType: ALL, LogDestinationType: s3, LogDestination: 'arn:aws:s3:::sandbox-files-dev'}}\n"
        ),
    );
    user.approve(&["create", "-f", "log.yaml"]);
    let document = user.json(&["scan", "--live", "AWS::EC2::VPC", "--packs", "logging", "--env", "dev"], 0);
    assert_eq!(document["body"]["resources_scanned"], 2, "the flow log is read but not checked");
    let found = ids(&document, "findings");
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(!found[0].ends_with(&logged), "{found:?}");
}

const FUNCTION: &str = "
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: sandbox-Function-dev
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: 'sts:AssumeRole'}]
  Function:
    Type: AWS::Lambda::Function
    Properties:
      FunctionName: sandbox-api-dev
      Role: !GetAtt Role.Arn
      Runtime: python3.13
      Handler: index.handler
      MemorySize: 512
      Timeout: 3
      Code: {ZipFile: 'def handler(event, context): pass'}
";

#[test]
fn resources_listed_within_a_parent_are_read() {
    let user = User::of_sandbox();
    user.write("f.yaml", FUNCTION);
    user.approve(&["create", "-f", "f.yaml"]);
    let scan = ["scan", "--live", "AWS::Lambda::Function", "--env", "dev"];
    let alone = user.json(&scan, 0);
    assert_eq!(ids(&alone, "findings"), Vec::<String>::new());
    assert!(ids(&alone, "unknown").iter().all(|one| !one.starts_with("lambda-timeout-api")), "{alone}");
    user.write(
        "p.yaml",
        "Type: AWS::Lambda::Permission\nProperties: {FunctionName: sandbox-api-dev, Action: 'lambda:InvokeFunction', Principal: apigateway.amazonaws.com, SourceAccount: '111111111111'}\n",
    );
    user.approve(&["create", "-f", "p.yaml"]);
    assert_eq!(ids(&user.json(&scan, 0), "findings"), ["lambda-timeout-api sandbox-api-dev"]);
}

#[test]
fn an_unreadable_resource_is_reported_and_does_not_pass() {
    let (user, _) = user();
    let server = user.serve_with(&["--fail", "AWS::S3::Bucket/GetResource=AccessDeniedException"]);
    user.write(
        "stagegate.yaml",
        "version: 1\nproject: sandbox\nenvironments:\n  dev: {account: '111111111111', region: us-east-1}\n  prod: {account: '222222222222', region: us-east-1}\n",
    );
    let aws = User::of_aws()
        .with("AWS_ENDPOINT_URL", &server.endpoint)
        .with("AWS_ACCESS_KEY_ID", "111111111111")
        .with("AWS_SECRET_ACCESS_KEY", "any");
    let config = user.folder().join("stagegate.yaml").display().to_string();
    let scan = ["scan", "--live", "--env", "dev", "--config", &config];
    let document = aws.json(&scan, 2);
    let coverage = &document["body"]["coverage"];
    assert_eq!((&coverage["unreadable"], &coverage["denied"], &coverage["checked"]), (&1.into(), &1.into(), &4.into()));
    assert_eq!(coverage["gaps"][0]["subject"], "AWS::S3::Bucket sandbox-files-dev");
    aws.json(&[&scan[..], &["--strict"]].concat(), 1);
    let one = ["scan", "--live", "AWS::S3::Bucket", "sandbox-files-dev", "--env", "dev", "--config", &config];
    assert_eq!(aws.json(&one, 1)["diagnostics"][0]["code"], "aws-access-denied");
}
