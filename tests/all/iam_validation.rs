//! `iam … --validate`: the checks of IAM Access Analyzer, and local ones where it may not be used.

use serde_json::{Value, json};

use super::support::{DEV, User, messages};

const UPLOADER: &str = "Resources:\n  Uploader:\n    Type: AWS::IAM::User\n    Properties: { UserName: uploader }\n";

/// A role that may pass every role, in a policy with an action that does not exist.
const PASSES: &str = r#"Resources:
  Deploy:
    Type: AWS::IAM::Role
    Properties:
      RoleName: deploy
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement: [{ Effect: Allow, Principal: { Service: ecs-tasks.amazonaws.com }, Action: sts:AssumeRole }]
      Policies:
        - PolicyName: pass
          PolicyDocument:
            Version: "2012-10-17"
            Statement: [{ Effect: Allow, Action: [iam:PassRole, s3:PutObjekt], Resource: "*" }]
"#;

const BUCKET: &str =
    "Resources:\n  Data:\n    Type: AWS::S3::Bucket\n    Properties: { BucketName: synthcoreai-data-dev }\n";

fn user_of(template: &str) -> User {
    let user = User::of_sandbox();
    user.write("template.yaml", template);
    user.approve(&["create", "-f", "template.yaml"]);
    user
}

/// A user of the same sandbox who may not use Access Analyzer.
fn denied(user: &User) -> (User, super::support::Server) {
    let server = user.serve_with(&["--fail", "ValidatePolicy=AccessDenied"]);
    (User::of_accounts(&server.endpoint, "SynthCore", DEV, "222222222222"), server)
}

fn codes(validation: &Value) -> Vec<String> {
    let findings = validation["findings"].as_array().unwrap().iter();
    findings.map(|one| format!("{} {} {}", one["policy"], one["kind"], one["code"]).replace('"', "")).collect()
}

#[test]
fn policies_of_a_principal_are_validated() {
    let user = user_of(PASSES);
    let document = user.json(&["iam", "analyze", "deploy", "--validate"], 2);
    let validation = &document["body"]["validation"];
    assert_eq!((&validation["method"], &validation["reason"]), (&json!("access_analyzer"), &Value::Null));
    assert_eq!(codes(validation), ["pass security_warning PASS_ROLE_WITH_STAR_IN_RESOURCE"]);
    assert_eq!(validation["findings"][0]["pointers"], json!(["/Statement/0/Resource"]));
    assert!(messages(&document).contains("PASS_ROLE_WITH_STAR_IN_RESOURCE"), "{document}");
    assert_eq!(document["api_calls"]["accessanalyzer.ValidatePolicy"], 1);
    let text = user.run(&["iam", "analyze", "deploy", "--validate"]).expect(2).stdout;
    assert!(text.contains("1 finding by IAM Access Analyzer:"), "{text}");
    // Nothing is asked without the flag.
    let document = user.json(&["iam", "analyze", "deploy"], 2);
    assert_eq!(document["body"]["validation"], Value::Null);

    let (denied, _server) = denied(&user);
    let document = denied.json(&["iam", "analyze", "deploy", "--validate"], 2);
    let validation = &document["body"]["validation"];
    assert_eq!(validation["method"], "local");
    assert!(validation["reason"].as_str().is_some_and(|reason| !reason.is_empty()), "{validation}");
    assert!(messages(&document).contains("checked by stagegate, not by IAM Access Analyzer"), "{document}");
    let codes = codes(validation);
    assert!(codes.contains(&"pass error no-such-action".to_owned()), "{codes:?}");
    assert!(codes.iter().any(|one| one.ends_with("iam-passrole-scoped")), "{codes:?}");
}

#[test]
fn a_proposed_policy_is_validated() {
    let user = user_of(UPLOADER);
    let propose = |user: &User, more: &[&str], code: i32| {
        let words = ["iam", "propose", "uploader", "--validate", "--purpose", "Upload", "--out", "upload.yaml"];
        user.json(&[&words, more].concat(), code)["body"].clone()
    };
    let objects = ["--action", "s3:PutObject", "s3:GetObject", "--resource", "arn:aws:s3:::synthcoreai-*/*"];
    let body = propose(&user, &objects, 0);
    assert_eq!(
        body["validation"],
        json!({"method": "access_analyzer", "reason": null, "findings": [], "new_access": null})
    );
    user.approve(&["create", "-f", "upload.yaml"]);
    // An extension adds nothing but what was asked for.
    let more = ["--action", "s3:ListBucket", "s3:DeleteObject", "--resource", "arn:aws:s3:::synthcoreai-*/*"];
    let body = propose(&user, &more, 0);
    assert!(body["proposal"]["extends"].is_string(), "{body}");
    assert_eq!(body["validation"]["new_access"], json!({"result": "pass", "reasons": []}));
    // Passing any role is allowed if someone asks for it, and said.
    let pass = ["--action", "iam:PassRole", "--resource", "arn:aws:iam::111111111111:role/app-*"];
    let body = propose(&user, &pass, 2);
    assert_eq!(body["validation"]["findings"][0]["code"], "PASS_ROLE_WITH_STAR_IN_RESOURCE");
    assert!(body["proposal"]["file"].is_string());

    let server = user.serve_with(&["--fail", "CheckNoNewAccess=AccessDenied"]);
    let unchecked = User::of_accounts(&server.endpoint, "SynthCore", DEV, "222222222222");
    let body = propose(&unchecked, &more, 0);
    assert_eq!(
        (&body["validation"]["method"], &body["validation"]["new_access"]["result"]),
        (&json!("access_analyzer"), &json!("not_checked"))
    );
    let (denied, _server) = denied(&user);
    let body = propose(&denied, &more, 0);
    assert_eq!(
        (&body["validation"]["method"], &body["validation"]["new_access"]["result"]),
        (&json!("local"), &json!("not_checked"))
    );
}

#[test]
fn the_policy_of_a_plan_is_validated() {
    let user = User::of_sandbox();
    user.write("bucket.yaml", BUCKET);
    let words = ["iam", "for-plan", "-f", "bucket.yaml", "--validate"];
    let document = user.json(&words, 0);
    assert_eq!(document["body"]["validation"]["method"], "access_analyzer");
    assert!(document["body"]["plan_policy"]["document"]["Statement"].is_array());
    // Without credentials the checks are local.
    let nobody = User::of_accounts("http://127.0.0.1:1", "SynthCore", DEV, "222222222222");
    nobody.write("bucket.yaml", BUCKET);
    let document = nobody.json(&[&words[..], &["--offline"]].concat(), 2);
    let validation = &document["body"]["validation"];
    assert_eq!(validation["method"], "local");
    assert!(validation["reason"].as_str().is_some_and(|reason| reason.contains("--offline")), "{validation}");
    // Permissions of handlers that the reference does not have.
    assert!(codes(validation).iter().all(|one| one.ends_with("error no-such-action")), "{validation}");
    // Standard output is the policy alone.
    let text = user.run(&words).expect(0).stdout;
    assert!(serde_json::from_str::<Value>(&text).is_ok(), "{text}");
}
