//! Small templates of which each is an example of a class of references, from `create` in dev to `drift`.

use serde_json::Value;

use super::support::{DEV, PROD, User, messages, root};

/// Returns the path of a template of `tests/data/cases`.
fn case(name: &str) -> String {
    root().join("tests/data/cases").join(name).display().to_string()
}

/// Creates a user with a configuration that maps these values.
fn user_with_map(map: &str) -> User {
    let user = User::of_sandbox();
    configure(&user, map);
    user
}

fn configure(user: &User, map: &str) {
    let environment = |account| format!("{{account: '{account}', region: us-east-1, sandbox: true}}");
    user.write(
        "stagegate.yaml",
        &format!(
            "version: 1\nproject: sandbox\ntags: {{values: {{CostCenter: Engineering}}}}\n\
             environments: {{dev: {}, prod: {}}}\npromotion: {{map: {{{map}}}}}\n",
            environment(DEV),
            environment(PROD)
        ),
    );
}

fn create(user: &User, name: &str) {
    user.approve(&["create", "-f", &case(name)]);
}

const ALL: [&str; 3] = ["promote", "--all", "--with-dependencies"];

/// Returns true if a diagnostic of this code is about this property.
fn has(document: &Value, code: &str, pointer: &str) -> bool {
    let all = document["diagnostics"].as_array().unwrap();
    all.iter().any(|one| one["code"] == code && one["pointer"].as_str().is_some_and(|at| at.starts_with(pointer)))
}

#[test]
fn an_origin_access_control_is_promoted_or_refused() {
    let certificate = "arn:aws:acm:us-east-1:111111111111:certificate/11111111-2222-3333-4444-555555555555";
    let user = user_with_map(&format!("'{certificate}': '{}'", certificate.replace(DEV, PROD)));
    create(&user, "01-cloudfront-oac.yaml");
    let server = user.serve();
    let id =
        user.boto3(&server, DEV, &["list", "AWS::CloudFront::OriginAccessControl"])[0].as_str().unwrap().to_owned();
    let document = user.run(&[&ALL[..], &["--json"]].concat()).document();
    if document["outcome"]["exit_code"] == 4 {
        let place = "/DistributionConfig/Origins/0/OriginAccessControlId";
        assert!(has(&document, "unmapped-reference", place), "{}", messages(&document));
        // The managed cache policy is the same in every account.
        assert!(!messages(&document).contains("CachePolicyId"), "{}", messages(&document));
        return;
    }
    user.approve(&ALL);
    let distribution = user.boto3(&server, PROD, &["list", "AWS::CloudFront::Distribution"])[0].clone();
    let live = user.boto3(&server, PROD, &["get", "AWS::CloudFront::Distribution", distribution.as_str().unwrap()]);
    assert!(!live.to_string().contains(&id), "{live}");
}

#[test]
fn a_key_id_is_a_reference_and_the_refusal_has_a_map_to_paste() {
    let user = user_with_map("");
    let server = user.serve();
    let key = r#"{"KeyPolicy": {"Version": "2012-10-17", "Statement": []}}"#;
    let made = user.boto3(&server, DEV, &["create", "AWS::KMS::Key", key]);
    let id = made["Identifier"].as_str().unwrap_or_else(|| panic!("{made}")).to_owned();
    user.approve(&["create", "-f", &case("02-bucket-kms-uuid.yaml"), "--param", &format!("KeyId={id}")]);
    let refused = user.json(&ALL, 4);
    assert!(has(&refused, "unmapped-reference", "/BucketEncryption"), "{}", messages(&refused));
    let all = refused["diagnostics"].as_array().unwrap();
    let hint = all.iter().find(|one| one["code"] == "unmapped-reference").and_then(|one| one["hint"].as_str());
    let snippet = format!("promotion: {{map: {{\"{id}\": \"<value in prod>\"}}}}");
    assert!(hint.is_some_and(|hint| hint.contains(&snippet)), "{hint:?}");
    assert_eq!(user.boto3(&server, PROD, &["list", "AWS::S3::Bucket"]), serde_json::json!([]));

    let mapped =
        user.boto3(&server, PROD, &["create", "AWS::KMS::Key", key])["Identifier"].as_str().unwrap().to_owned();
    configure(&user, &format!("\"{id}\": \"{mapped}\""));
    user.approve(&ALL);
    let live = user.boto3(&server, PROD, &["get", "AWS::S3::Bucket", "enc-x7-prod"]);
    assert!(live["BucketEncryption"].to_string().contains(&mapped), "{live}");
}

#[test]
fn the_account_id_in_a_name_becomes_that_of_prod() {
    let user = user_with_map("");
    create(&user, "03-bucket-account-name.yaml");
    // A second bucket refers to it by name.
    user.write(
        "logs.yaml",
        "Type: AWS::S3::Bucket\nProperties:\n  BucketName: site-dev-x7q\n  LoggingConfiguration: {DestinationBucketName: \
         assets-dev-111111111111}\n  PublicAccessBlockConfiguration: {BlockPublicAcls: true, BlockPublicPolicy: true, \
         IgnorePublicAcls: true, RestrictPublicBuckets: true}\n",
    );
    user.approve(&["create", "-f", "logs.yaml"]);
    user.approve(&ALL);
    let server = user.serve();
    user.boto3(&server, PROD, &["get", "AWS::S3::Bucket", "assets-prod-222222222222"]);
    let live = user.boto3(&server, PROD, &["get", "AWS::S3::Bucket", "site-prod-x7q"]);
    assert_eq!(live["LoggingConfiguration"]["DestinationBucketName"], "assets-prod-222222222222", "{live}");
    user.json(&["drift"], 0);
}

#[test]
fn ref_of_a_compound_identifier_is_the_part_that_cloudformation_returns() {
    let user = user_with_map("");
    create(&user, "05-ref-of-compound.yaml");
    let server = user.serve();
    let api = user.boto3(&server, DEV, &["list", "AWS::ApiGateway::RestApi"])[0].as_str().unwrap().to_owned();
    let stage = user.boto3(&server, DEV, &["get", "AWS::ApiGateway::Stage", &format!("{api}|live")]);
    let deployment = stage["DeploymentId"].as_str().unwrap_or_default();
    assert!(!deployment.is_empty() && !deployment.contains('|'), "{stage}");
}

#[test]
fn a_service_a_family_and_a_container_may_have_one_name() {
    let user = user_with_map("subnet-0aaaaaaaaaaaaaaa1: subnet-0bbbbbbbbbbbbbbb2");
    create(&user, "07-ecs-same-name.yaml");
    user.approve(&ALL);
    let server = user.serve();
    let tasks = user.boto3(&server, PROD, &["list", "AWS::ECS::TaskDefinition"]);
    let live = user.boto3(&server, PROD, &["get", "AWS::ECS::TaskDefinition", tasks[0].as_str().unwrap()]);
    assert_eq!((&live["Family"], &live["ContainerDefinitions"][0]["Name"]), (&"web-prod".into(), &"web-prod".into()));
    user.json(&["drift"], 0);
}

#[test]
fn an_inline_policy_follows_its_role() {
    let user = user_with_map("");
    create(&user, "09-inline-policy-name.yaml");
    user.approve(&ALL);
    let server = user.serve();
    let live = user.boto3(&server, PROD, &["get", "AWS::IAM::Role", "orders-prod"]);
    assert_eq!(live["Policies"][0]["PolicyName"], "orders-prod-read", "{live}");
    assert!(!live["Policies"].to_string().contains("dev"), "{live}");
    user.json(&["drift"], 0);
}

#[test]
fn the_arn_of_a_named_resource_is_known_and_forms_no_cycle() {
    let user = user_with_map("");
    create(&user, "21-self-name.yaml");
    user.write("handler.py", "def handler(event, context): return 1\n");
    let input = "AWS::Lambda::Function/orders-dev#/Code/ZipFile=@handler.py";
    let promoted = user.approve(&[&ALL[..], &["--input", input]].concat());
    let steps = promoted["body"]["plan"]["steps"].as_array().unwrap();
    let created: Vec<&str> =
        steps.iter().filter(|one| one["operation"] == "create").filter_map(|one| one["type"].as_str()).collect();
    assert_eq!(created, ["AWS::IAM::Role", "AWS::Lambda::Function"], "the function needs its role");
    let server = user.serve();
    let live = user.boto3(&server, PROD, &["get", "AWS::IAM::Role", "orders-prod"]);
    assert!(live["Policies"].to_string().contains(&format!("{PROD}:function:orders-prod")), "{live}");
    user.json(&["drift"], 0);
}

#[test]
fn given_values_of_dev_are_refused_without_showing_the_rest() {
    let user = user_with_map("");
    create(&user, "21-self-name.yaml");
    create(&user, "03-bucket-account-name.yaml");
    let promote = |code: &str| user.json(&[&ALL[..], &["--input", code]].concat(), 4);
    let account = promote("AWS::Lambda::Function/orders-dev#/Code/ZipFile=secret-word 111111111111");
    assert!(has(&account, "unmapped-reference", "/Code/ZipFile"), "{}", messages(&account));
    assert!(!messages(&account).contains("secret-word"), "{}", messages(&account));
    let bucket = "AWS::Lambda::Function/orders-dev#/Code={\"S3Bucket\": \"assets-dev-111111111111\", \"S3Key\": \"k\"}";
    assert!(has(&promote(bucket), "unmapped-reference", "/Code"));
}

#[test]
fn generated_words_are_looked_up_in_dev() {
    let user = user_with_map("");
    let server = user.serve();
    // An id without a digit could be an ordinary word.
    let id = loop {
        let made = user.boto3(&server, DEV, &["create", "AWS::ApiGateway::RestApi", r#"{"Name": "partner"}"#]);
        let id = made["Identifier"].as_str().unwrap().to_owned();
        if id.chars().any(|character| character.is_ascii_digit()) {
            break id;
        }
    };
    let template = |value: &str| {
        format!(
            "Resources:\n  P:\n    Type: AWS::SSM::Parameter\n    Properties: {{ Name: /shop/dev/api, Type: String, Value: \
             'api {value} today' }}\n"
        )
    };
    // This word has the form of an API's id, and no API has it.
    user.write("p.yaml", &template("q1w2e3r4t5"));
    user.approve(&["create", "-f", "p.yaml"]);
    let planned = user.json(&ALL, 3);
    assert!(has(&planned, "carried-over", "/Value"), "{}", messages(&planned));
    user.write("p.yaml", &template(&id));
    user.approve(&["create", "-f", "p.yaml"]);
    let refused = user.json(&ALL, 4);
    assert!(has(&refused, "unmapped-reference", "/Value"), "{}", messages(&refused));
}

#[test]
fn a_managed_policy_that_lists_its_role_forms_no_cycle() {
    let user = user_with_map("");
    user.write(
        "role.yaml",
        "Resources:\n  Policy:\n    Type: AWS::IAM::ManagedPolicy\n    Properties:\n      ManagedPolicyName: orders-dev-read\n      \
         PolicyDocument: { Version: '2012-10-17', Statement: [ { Effect: Allow, Action: 'sqs:ReceiveMessage', Resource: \
         !Sub 'arn:aws:sqs:${AWS::Region}:${AWS::AccountId}:orders-dev' } ] }\n  Role:\n    Type: AWS::IAM::Role\n    \
         Properties:\n      RoleName: orders-dev\n      ManagedPolicyArns: [ !Ref Policy ]\n      \
         AssumeRolePolicyDocument: { Version: '2012-10-17', Statement: [ { Effect: Allow, Action: 'sts:AssumeRole', \
         Principal: { Service: lambda.amazonaws.com } } ] }\n  Q: { Type: 'AWS::SQS::Queue', Properties: { QueueName: \
         orders-dev } }\n",
    );
    user.approve(&["create", "-f", "role.yaml"]);
    let server = user.serve();
    // A read handler fills the list of roles; the sandbox returns what was set.
    let arn = format!("arn:aws:iam::{DEV}:policy/orders-dev-read");
    let patch = r#"[{"op": "add", "path": "/Roles", "value": ["orders-dev"]}]"#;
    user.boto3(&server, DEV, &["update", "AWS::IAM::ManagedPolicy", &arn, patch]);
    let planned = user.run(&[&ALL[..], &["--json"]].concat()).document();
    assert!(!messages(&planned).contains("circular-dependency"), "{}", messages(&planned));
    assert_eq!(planned["outcome"]["exit_code"], 3, "{}", messages(&planned));
}
