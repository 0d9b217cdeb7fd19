//! Real HTTP, real profiles, and clouds that are not ours.

use serde_json::Value;

use super::support::{DEV, PROD, Server, User, messages, template};

/// Profiles with static keys; the access key picks the account.
const STATIC_PROFILES: &str = "\
[profile team-dev]
aws_access_key_id = 111111111111
aws_secret_access_key = any
[profile team-prod]
aws_access_key_id = 222222222222
aws_secret_access_key = any
";

fn project(dev: &str, prod: &str) -> String {
    format!(
        "version: 1\nproject: sandbox\nenvironments:\n  \
         dev: {{ profile: team-dev, account: \"{dev}\", region: us-east-1, tag_value: development }}\n  \
         prod: {{ profile: team-prod, account: \"{prod}\", region: us-east-1, tag_value: production, protected: true }}\n\
         tags: {{ values: {{ CostCenter: Engineering }} }}\n"
    )
}

/// A user whose profiles lead to a server. The keys in the environment belong to neither account:
/// a profile that is named must be the one that is used.
fn user_of(server: &Server, profiles: &str, project: &str) -> User {
    let user = User::of_aws()
        .with("AWS_ENDPOINT_URL", &server.endpoint)
        .with("AWS_ACCESS_KEY_ID", "999999999999")
        .with("AWS_SECRET_ACCESS_KEY", "any");
    user.write("aws-config", profiles);
    user.write("stagegate.yaml", project);
    user
}

fn ministack() -> Server {
    Server::python(
        "ministack",
        &[],
        // It would listen for MQTT and SFTP too, and on every interface.
        &[("BIND_HOST", "127.0.0.1"), ("GATEWAY_PORT", "PORT"), ("IOT_MTLS_ENABLED", "0"), ("SFTP_ENABLED", "0")],
    )
}

/// ministack accepts every type, gives it a UUID as identifier, and refuses patches with array indexes.
#[test]
fn resources_are_changed_and_deleted_in_ministack() {
    let server = ministack();
    let user = user_of(&server, STATIC_PROFILES, &project(DEV, PROD));
    let cases = [
        ("AWS::S3::Bucket", r#"{"BucketName": "m-files-dev"}"#, "VersioningConfiguration.Status", "Enabled"),
        ("AWS::SQS::Queue", r#"{"QueueName": "m-jobs-dev"}"#, "VisibilityTimeout", "60"),
        ("AWS::SNS::Topic", r#"{"TopicName": "m-news-dev"}"#, "DisplayName", "News"),
        ("AWS::Logs::LogGroup", r#"{"LogGroupName": "/m/api-dev"}"#, "RetentionInDays", "14"),
        ("AWS::SSM::Parameter", r#"{"Name": "/m/level-dev", "Type": "String", "Value": "a"}"#, "Value", "b"),
        (
            "AWS::ECR::Repository",
            r#"{"RepositoryName": "m-api-dev", "ImageTagMutability": "IMMUTABLE", "ImageScanningConfiguration": {"ScanOnPush": true}}"#,
            "ImageTagMutability",
            "MUTABLE",
        ),
    ];
    for (type_name, properties, path, value) in cases {
        user.write("one.json", &format!(r#"{{"Type": "{type_name}", "Properties": {properties}}}"#));
        let created = user.approve(&["create", "-f", "one.json", "--stack-name", "m"]);
        let identifier = created["body"]["applied"][0]["identifier"].as_str().unwrap().to_owned();
        let set = format!("{path}={value}");
        let updated = user.approve(&["update", type_name, &identifier, "--env", "dev", "--set", &set]);
        assert_eq!(updated["body"]["applied"][0]["operation"], "update", "{updated}");
        let live = user.boto3(&server, DEV, &["get", type_name, &identifier]);
        let found = live.pointer(&format!("/{}", path.replace('.', "/"))).unwrap().to_string();
        assert_eq!(found.trim_matches('"'), value, "{type_name}: {live}");
        user.approve(&["delete", type_name, &identifier, "--env", "dev"]);
        let left = user.boto3(&server, DEV, &["list", type_name]);
        assert!(!left.to_string().contains(&identifier), "{type_name}: {left}");
    }
}

#[test]
fn a_bucket_is_promoted_between_two_accounts_of_ministack() {
    let server = ministack();
    let user = user_of(&server, STATIC_PROFILES, &project(DEV, PROD));
    let context = user.json(&["context"], 0);
    assert_eq!(context["body"]["pair"]["usable"], true, "{context}");

    user.approve(&["create", "-f", &template("s3-bucket.yaml")]);
    let promoted = user.approve(&["promote", "AWS::S3::Bucket", "sandbox-uploads-dev"]);
    assert_eq!(promoted["body"]["promotion"][0]["status"], "synced", "{promoted}");

    let tag = |account: &str, bucket: &str, key: &str| {
        let live = user.boto3(&server, account, &["get", "AWS::S3::Bucket", bucket]);
        let tags = live["Tags"].as_array().expect("the bucket has tags").clone();
        tags.into_iter().find(|tag| tag["Key"] == key).map_or(Value::Null, |tag| tag["Value"].clone())
    };
    assert_eq!(tag(PROD, "sandbox-uploads-prod", "Environment"), "production");
    assert_eq!(tag(PROD, "sandbox-uploads-prod", "DevCounterpart"), "sandbox-uploads-dev");
    assert_eq!(tag(DEV, "sandbox-uploads-dev", "PromotionStatus"), "synced");
    assert_eq!(tag(DEV, "sandbox-uploads-dev", "ProdCounterpart"), "sandbox-uploads-prod");
}

#[test]
fn an_assumed_role_is_confirmed_by_motos_sts() {
    // moto's static keys all belong to this account; a role belongs to the account in its ARN.
    const MOTO: &str = "123456789012";
    let server = Server::python("moto_server", &["-H", "127.0.0.1", "-p", "PORT"], &[]);
    let profiles = "\
[profile team-dev]
aws_access_key_id = AKIAEXAMPLE
aws_secret_access_key = any
[profile team-prod]
role_arn = arn:aws:iam::222222222222:role/Deployer
source_profile = team-dev
";
    let user = user_of(&server, profiles, &project(MOTO, PROD));
    let context = user.json(&["context"], 0);
    let environments = context["body"]["environments"].as_array().unwrap();
    let accounts: Vec<&Value> = environments.iter().map(|one| &one["account"]).collect();
    assert_eq!(accounts, [MOTO, PROD], "{context}");
    assert_eq!(environments[1]["authentication"], "Assumed role");

    // The same profiles under a pin that is wrong: nothing but STS may have been asked.
    let user = user_of(&server, profiles, &project(MOTO, "333333333333"));
    let refused = user.json(&["promote", "AWS::S3::Bucket", "sandbox-uploads-dev"], 6);
    assert!(messages(&refused).contains("333333333333"), "{}", messages(&refused));
    assert_only_sts(&refused);
}

#[test]
fn tagged_resources_of_two_member_accounts_are_listed_by_motos_tagging_api() {
    const MOTO: &str = "123456789012";
    const MEMBERS: [(&str, &str); 2] = [("444444444444", "orders"), ("555555555555", "mail")];
    let server = Server::python("moto_server", &["-H", "127.0.0.1", "-p", "PORT"], &[]);
    let profiles = "[profile team-dev]\naws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = any\n";
    let account = |(id, name): (&str, &str)| {
        format!("  - {{ name: {name}, account: \"{id}\", role: Reader, regions: [us-east-1, eu-west-1] }}\n")
    };
    let accounts: String = MEMBERS.map(account).concat();
    let config = format!(
        "version: 1\nproject: shop\nenvironments:\n  dev: {{ profile: team-dev, account: \"{MOTO}\", region: us-east-1 }}\n\
         accounts:\n{accounts}"
    );
    let user = user_of(&server, profiles, &config);
    for (id, name) in MEMBERS {
        let role = format!("arn:aws:iam::{id}:role/Reader");
        let made = user.python("native.py", &server, "AKIAEXAMPLE", &[&role, "eu-west-1", name]).expect(0);
        assert!(made.stdout.contains(id), "{made}");
    }
    let found = user.json(&["inventory", "--accounts", "orders,mail"], 0);
    assert_eq!(found["api_calls"]["sts.AssumeRole"], 2, "{}", found["api_calls"]);
    for (id, name) in MEMBERS {
        let rows = found["body"]["resources"].as_array().unwrap().iter().filter(|row| row["account"] == id);
        let rows: Vec<&Value> = rows.filter(|row| row["tags"]["Team"] == name).collect();
        let mut types: Vec<&str> = rows.iter().filter_map(|row| row["type"].as_str()).collect();
        types.sort_unstable();
        assert_eq!(types, ["AWS::S3::Bucket", "AWS::SNS::Topic", "AWS::SQS::Queue"], "{id}: {rows:?}");
        assert!(rows.iter().all(|row| row["region"] == "eu-west-1" && row["account_name"] == name), "{rows:?}");
    }
    let one = user.json(&["inventory", "AWS::SQS::Queue", "--source", "tags", "--where", "tags.Team=mail"], 2);
    let arns: Vec<&Value> = one["body"]["resources"].as_array().unwrap().iter().map(|row| &row["arn"]).collect();
    // moto has no Cloud Control to read the queue with.
    assert!(arns.is_empty(), "{one}");
    let table =
        user.run(&["inventory", "AWS::SQS::Queue", "--source", "tags", "--columns", "account_name,arn"]).expect(0);
    assert!(table.stdout.contains("arn:aws:sqs:eu-west-1:555555555555:mail-jobs"), "{table}");
}

#[test]
fn a_profile_of_another_account_ends_before_anything_is_sent() {
    let sandbox = User::of_sandbox();
    let server = sandbox.serve();
    // Dev's profile really leads to prod.
    let swapped = project(PROD, DEV)
        .replace("team-dev", "x")
        .replace("team-prod", "team-dev")
        .replace("profile: x", "profile: team-prod");
    let right = user_of(&server, STATIC_PROFILES, &swapped);
    right.json(&["context"], 0);
    let wrong = user_of(&server, STATIC_PROFILES, &project(PROD, DEV));
    for arguments in [vec!["create", "-f", &template("s3-bucket.yaml")], vec!["drift"], vec!["tag-audit"]] {
        let refused = wrong.json(&arguments, 6);
        assert!(messages(&refused).contains("wrong-account"), "{}", messages(&refused));
        assert_only_sts(&refused);
    }
}

fn assert_only_sts(document: &Value) {
    let calls = document["api_calls"].as_object().unwrap();
    assert!(calls.keys().all(|call| call.starts_with("sts.")), "{calls:?}");
}
