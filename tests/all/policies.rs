//! Custom policies of a project. An invalid one blocks everything and is reported with file and line.

use serde_json::Value;

use super::support::{User, template};

const PROJECT: &str = "version: 1\nproject: sandbox\nenvironments:\n  \
                       dev: { account: \"111111111111\", region: us-east-1 }\n  \
                       prod: { account: \"222222222222\", region: us-east-1, protected: true }\n\
                       policies: { dirs: [mine] }\n";

/// The lines before each rule, which is on line 10.
const HEAD: &str = "# METADATA\n# title: Buckets have a purpose\n# custom:\n#   id: acme-bucket\n#   severity: high\n\
                    #   types: [AWS::S3::Bucket]\npackage acme.bucket\n\nimport data.stagegate.lib\n";

const VALID: &str = "deny contains lib.finding([\"BucketName\"], \"no name\") if lib.absent([\"BucketName\"])\n";
const SYNTAX_ERROR: &str = "deny contains lib.finding([\"BucketName\"] \"no name\") if true\n";
const UNKNOWN_FUNCTION: &str = "deny contains lib.found([\"BucketName\"], \"no name\") if true\n";
/// Fails during evaluation if the name is a string.
const EVALUATION_ERROR: &str =
    "deny contains lib.finding([\"BucketName\"], \"x\") if input.resource.properties.BucketName + 1 == 2\n";

/// Creates a user whose dev account has a bucket, and whose project has a policy with this rule.
fn user(rule: &str) -> User {
    let user = User::of_sandbox();
    std::fs::create_dir(user.folder().join("mine")).unwrap();
    user.write("mine/acme-bucket.rego", &format!("{HEAD}{VALID}"));
    user.write("stagegate.yaml", PROJECT);
    user.run(&["create", "-f", &template("s3-bucket.yaml"), "--tag", "CostCenter=Engineering"]).expect(0);
    user.write("mine/acme-bucket.rego", &format!("{HEAD}{rule}"));
    user.write("queue.yaml", "Type: AWS::SQS::Queue\nProperties: { QueueName: jobs-dev }\n");
    user.write("bucket.yaml", "Type: AWS::S3::Bucket\nProperties: { BucketName: other-dev }\n");
    user
}

fn commands() -> Vec<(Vec<&'static str>, i32)> {
    vec![
        (vec!["scan", "-f", "bucket.yaml"], 1),
        (vec!["create", "-f", "bucket.yaml", "--tag", "CostCenter=Engineering"], 4),
        (vec!["promote", "AWS::S3::Bucket", "sandbox-uploads-dev"], 4),
    ]
}

#[track_caller]
fn assert_location(document: &Value) {
    let said = document["diagnostics"].as_array().unwrap();
    let is_placed = said.iter().any(|one| {
        let file = one["file"].as_str().unwrap_or_default();
        one["level"] == "error" && file.ends_with("acme-bucket.rego") && one["line"] == 10 && one["hint"].is_string()
    });
    assert!(is_placed, "{said:#?}");
}

#[test]
fn a_policy_that_does_not_compile_or_fails_blocks_with_its_location() {
    for rule in [SYNTAX_ERROR, UNKNOWN_FUNCTION, EVALUATION_ERROR] {
        let user = user(rule);
        for (command, code) in commands() {
            let document = user.json(&command, code);
            assert_location(&document);
            let calls = document["api_calls"].to_string();
            assert!(!calls.contains("CreateResource") && !calls.contains("TagResources"), "{command:?}: {calls}");
        }
    }
}

#[test]
fn a_policy_that_does_not_compile_blocks_other_types_as_well() {
    let user = user(SYNTAX_ERROR);
    assert_location(&user.json(&["create", "-f", "queue.yaml", "--tag", "CostCenter=Engineering"], 4));
}

#[test]
fn a_valid_policy_blocks_nothing() {
    let user = user(VALID);
    user.json(&["create", "-f", "bucket.yaml", "--plan-only", "--tag", "CostCenter=Engineering"], 3);
    user.json(&["promote", "AWS::S3::Bucket", "sandbox-uploads-dev", "--plan-only"], 3);
}

const CASES: &str = "passing:\n  - name: named\n    properties: { BucketName: a-dev }\n\
                     failing:\n  - name: nameless\n    properties: {}\n";

/// Tests a folder with one policy and returns the diagnostics.
#[track_caller]
fn tested(policy: &str, cases: &str, code: i32) -> Vec<Value> {
    let user = User::of_sandbox();
    std::fs::create_dir(user.folder().join("mine")).unwrap();
    user.write("stagegate.yaml", PROJECT);
    user.write("mine/acme-bucket.rego", policy);
    user.write("mine/acme-bucket.test.yaml", cases);
    // The folder is the project's own as well: it is read once.
    let document = user.json(&["scan", "--test-policies", "mine"], code);
    document["diagnostics"].as_array().unwrap().clone()
}

#[test]
fn a_valid_policy_passes_its_tests() {
    assert_eq!(tested(&format!("{HEAD}{VALID}"), CASES, 0), [] as [Value; 0]);
}

#[test]
fn unknown_names_are_reported_with_line_and_suggestion() {
    let sound = format!("{HEAD}{VALID}");
    let misread = format!(
        "{sound}\ndeny contains lib.finding([], \"x\") if input.resource.properties.VersioningConfig.Status == \"Off\"\n"
    );
    let rules = format!("{sound}\ndeny contains lib.finding([], \"x\") if input.siblings[\"AWS::S3::BucketPolcy\"]\n");
    for (policy, line, message, hint) in [
        (
            sound.replace("[AWS::S3::Bucket]", "[AWS::S3::Bucket, AWS::S3::Bukket]"),
            6,
            "AWS::S3::Bukket",
            "AWS::S3::Bucket",
        ),
        (misread, 12, "VersioningConfig", "VersioningConfiguration"),
        (rules, 12, "AWS::S3::BucketPolcy", "AWS::S3::BucketPolicy"),
        (sound.replace("lib.absent([\"BucketName\"])", "lib.absent([\"BucketNmae\"])"), 10, "BucketNmae", "BucketName"),
    ] {
        let said = tested(&policy, CASES, 2);
        let one =
            said.iter().find(|one| one["code"] == "invalid-policy").unwrap_or_else(|| panic!("{message}: {said:?}"));
        assert!(one["message"].as_str().unwrap().contains(&format!("`{message}`")), "{one}");
        assert!(one["hint"].as_str().unwrap().contains(&format!("`{hint}`")), "{one}");
        assert!(one["file"].as_str().unwrap().ends_with("acme-bucket.rego"), "{one}");
        assert_eq!(one["line"], line, "{one}");
    }
}

#[test]
fn a_failed_case_fails_the_test() {
    let wrong = CASES.replace("BucketName: a-dev", "Tags: []");
    let said = tested(&format!("{HEAD}{VALID}"), &wrong, 2);
    assert!(said[0]["message"].as_str().unwrap().contains("expected to pass"), "{said:?}");
    assert!(tested(&format!("{HEAD}{SYNTAX_ERROR}"), CASES, 1)[0]["line"] == 10);
}

/// The value of a `NoEcho` parameter is not written in the template, as another parameter's default is.
#[test]
fn the_value_of_a_noecho_parameter_is_not_a_finding() {
    let user = User::of_sandbox();
    let text = "Parameters:\n  Secret: { Type: String, NoEcho: true }\nResources:\n  Db:\n    Type: AWS::RDS::DBInstance\n    \
                Properties: { Engine: postgres, DBInstanceClass: db.t3.micro, AllocatedStorage: '20', MasterUsername: admin1, \
                MasterUserPassword: !Ref Secret }\n";
    user.write("hidden.yaml", text);
    user.write("open.yaml", &text.replace("NoEcho: true", "NoEcho: false"));
    for (file, expected) in [("hidden.yaml", 0), ("open.yaml", 1)] {
        let document = user.json(&["scan", "-f", file, "--param", "Secret=Hunter2-hunter2"], 2);
        let found = document["body"]["findings"].as_array().unwrap();
        let found = found.iter().filter(|one| one["id"] == "rds-no-plaintext-password").count();
        assert_eq!(found, expected, "{file}");
    }
}
