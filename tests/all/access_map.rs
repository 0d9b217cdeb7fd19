//! `context --resources`: who has access to the managed resources.

use serde_json::{Value, json};

use super::support::{DEV, User, messages};

const ESTATE: &str = r#"Resources:
  Data:
    Type: AWS::S3::Bucket
    Properties: { BucketName: synthcoreai-data-dev }
  Jobs:
    Type: AWS::SQS::Queue
    Properties: { QueueName: jobs }
  Readers:
    Type: AWS::IAM::Group
    Properties:
      GroupName: readers
      Policies:
        - PolicyName: read
          PolicyDocument:
            Version: "2012-10-17"
            Statement: [{ Effect: Allow, Action: "s3:Get*", Resource: "arn:aws:s3:::synthcoreai-*/*" }]
  Ann:
    Type: AWS::IAM::User
    DependsOn: Readers
    Properties: { UserName: ann, Groups: [readers] }
  App:
    Type: AWS::IAM::Role
    Properties:
      RoleName: app
      AssumeRolePolicyDocument: TRUST
      Policies:
        - PolicyName: own
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
              - { Effect: Allow, Action: [s3:PutObject, s3:GetObject], Resource: "arn:aws:s3:::synthcoreai-data-dev/in/*" }
              - { Effect: Allow, Action: sqs:SendMessage, Resource: "*" }
              - { Effect: Deny, Action: "sqs:*", Resource: "arn:aws:sqs:*:*:jobs" }
  Admin:
    Type: AWS::IAM::Role
    Properties:
      RoleName: admin
      AssumeRolePolicyDocument: TRUST
      ManagedPolicyArns: [arn:aws:iam::aws:policy/AdministratorAccess]
  Nobody:
    Type: AWS::IAM::Role
    Properties: { RoleName: nobody, AssumeRolePolicyDocument: TRUST }
"#;

fn user() -> User {
    with_estate(User::of_sandbox())
}

/// A user with the estate at a time.
pub(super) fn user_at(time: &str) -> User {
    with_estate(User::of_sandbox().with("STAGEGATE_TEST_NOW", time))
}

fn with_estate(user: User) -> User {
    user.write("estate.yaml", &ESTATE.replace("TRUST", TRUST));
    user.approve(&["create", "-f", "estate.yaml"]);
    user
}

/// The trust policy of the roles.
const TRUST: &str = "{ Version: \"2012-10-17\", Statement: [{ Effect: Allow, Principal: { Service: ecs-tasks.amazonaws.com }, Action: sts:AssumeRole }] }";

/// The accesses to a resource, such as `ann read on ARN`.
fn access(environment: &Value, identifier: &str) -> Vec<String> {
    let resources = environment["resources"].as_array().unwrap();
    let named = |one: &&Value| one["identifier"].as_str().is_some_and(|name| name.ends_with(identifier));
    let resource = resources.iter().find(named).unwrap_or_else(|| panic!("no {identifier} in {environment}"));
    let mut found = Vec::new();
    for principal in resource["principals"].as_array().unwrap() {
        for kind in ["read", "write", "manage"] {
            if let Some(on) = principal[kind]["on"].as_str() {
                found.push(format!("{} {kind} {on}", principal["name"].as_str().unwrap()));
            }
        }
    }
    found
}

#[test]
fn resources_are_mapped_to_who_can_read_and_write_them() {
    let user = user();
    let document = user.json(&["context", "--resources", "--env", "dev"], 0);
    let [environment] = document["body"]["resources"].as_array().unwrap().as_slice() else { panic!("{document}") };
    let bucket = "arn:aws:s3:::synthcoreai-data-dev";
    assert_eq!(
        access(environment, "synthcoreai-data-dev"),
        [
            format!("admin read {bucket}"),
            format!("admin write {bucket}"),
            format!("admin manage {bucket}"),
            format!("app read {bucket}/in/*"),
            format!("app write {bucket}/in/*"),
            format!("ann read {bucket}/*"),
        ]
    );
    // What one statement allows, another denies.
    let queue: Vec<String> = access(environment, "/jobs");
    assert!(queue.iter().all(|one| one.starts_with("admin ")) && queue.len() == 3, "{queue:?}");
    let coverage = &environment["coverage"];
    assert_eq!((&coverage["principals"], &coverage["principal_source"]), (&json!(4), &json!("account_details")));
    assert_eq!((&coverage["gaps"], &coverage["denied"]), (&json!([]), &json!(0)));
    assert!(coverage["not_seen"].to_string().contains("service control policies"), "{coverage}");
    assert!(messages(&document).contains("service control policies"), "{document}");
    // Principals take one read beside that of their tags, and each policy of AWS that is attached two.
    let calls = &document["api_calls"];
    assert_eq!((&calls["iam.GetAccountAuthorizationDetails"], &calls["iam.GetPolicyVersion"]), (&json!(2), &json!(1)));
    assert_eq!(calls["iam.ListRolePolicies"], Value::Null);

    let text = user.run(&["context", "--resources", "--env", "dev"]).expect(0).stdout;
    assert!(text.contains("Access to everything: admin"), "{text}");
    let line = text.lines().find(|line| line.contains("synthcoreai-data-dev")).unwrap();
    assert!(line.contains("user ann") && line.contains("app~") && !line.contains("admin"), "{text}");
    // Prod has nothing yet.
    let document = user.json(&["context", "--resources"], 0);
    assert_eq!(document["body"]["resources"][1]["resources"], json!([]));
    user.run(&["context", "--resources", "--matrix"]).expect(64);
}

/// Principals that may not be read all at once are read one by one; what is denied is counted and no access is claimed for it.
#[test]
fn principals_that_may_not_be_read_are_gaps() {
    let user = user();
    let words = ["context", "--resources", "--env", "dev"];
    let server = user.serve_with(&["--fail", "GetAccountAuthorizationDetails=AccessDenied"]);
    let other = User::of_accounts(&server.endpoint, "SynthCore", DEV, "222222222222");
    let document = other.json(&words, 0);
    let environment = &document["body"]["resources"][0];
    assert_eq!(environment["coverage"]["principal_source"], "each_principal");
    assert_eq!(access(environment, "synthcoreai-data-dev").len(), 6);

    let denied = ["--fail", "GetAccountAuthorizationDetails=AccessDenied", "--fail", "GetRolePolicy=AccessDenied"];
    let server = user.serve_with(&denied);
    let blind = User::of_accounts(&server.endpoint, "SynthCore", DEV, "222222222222");
    let document = blind.json(&words, 2);
    let environment = &document["body"]["resources"][0];
    let coverage = &environment["coverage"];
    assert_eq!((&coverage["denied"], &coverage["principals"]), (&json!(1), &json!(3)));
    assert_eq!(coverage["gaps"][0]["subject"], "role app");
    assert!(access(environment, "synthcoreai-data-dev").iter().all(|one| !one.starts_with("app ")));
    assert!(messages(&document).contains("results are incomplete"), "{document}");

    // A policy of AWS that cannot be read is one as well.
    let server = user.serve_with(&["--fail", "GetPolicyVersion=AccessDenied"]);
    let partly = User::of_accounts(&server.endpoint, "SynthCore", DEV, "222222222222");
    let document = partly.json(&words, 2);
    let gap = &document["body"]["resources"][0]["coverage"]["gaps"][0];
    assert!(gap["subject"].as_str().is_some_and(|subject| subject.contains("AdministratorAccess of ")), "{gap}");
}
