//! `iam`: gaps, proposals and the policies that plans need.

use serde_json::{Value, json};

use super::support::{DEV, User, messages};

const CONFIG: &str = "version: 1\nproject: SynthCore\nenvironments:\n  \
    dev: { sandbox: true, account: \"111111111111\", region: us-east-1 }\n  \
    prod: { sandbox: true, account: \"222222222222\", region: us-east-1, protected: true }\n\
    tags: { values: { CostCenter: Engineering } }\n\
    naming: { iam_policy: \"SynthCoreAI-{Service}-{Actions}\" }\n";

const UPLOADER: &str = "Resources:\n  Uploader:\n    Type: AWS::IAM::User\n    Properties: { UserName: uploader }\n";

const OBJECTS: &str = "arn:aws:s3:::synthcoreai-*/*";
const NEEDED: [&str; 6] =
    ["uploader", "--action", "s3:PutObject", "s3:GetObject", "--resource", "arn:aws:s3:::synthcoreai-*/*"];

/// A user of a project with the uploader in dev.
fn project() -> User {
    let user = User::of_sandbox();
    user.write("stagegate.yaml", CONFIG);
    user.write("uploader.yaml", UPLOADER);
    user.approve(&["create", "-f", "uploader.yaml"]);
    user
}

fn gap(user: &User, environment: &str, code: i32) -> Value {
    let words = [&["iam", "gap"], NEEDED.as_slice(), &["--env", environment]].concat();
    user.json(&words, code)["body"]["gap"].clone()
}

fn propose(user: &User, more: &[&str], code: i32) -> Value {
    user.json(&[&["iam", "propose"], NEEDED.as_slice(), more].concat(), code)
}

/// "I need to add file upload to S3", from the question to prod.
#[test]
fn file_upload_is_granted_in_dev_and_promoted() {
    let user = project();
    let analysis = user.json(&["iam", "analyze", "uploader"], 0)["body"].clone();
    assert_eq!(analysis["principal"]["arn"], format!("arn:aws:iam::{DEV}:user/uploader"));
    assert_eq!((&analysis["analysis"]["policies"], &analysis["analysis"]["findings"]), (&json!([]), &json!([])));

    let missing = gap(&user, "dev", 2);
    assert_eq!((&missing["method"], &missing["missing"]), (&json!("simulator"), &json!(2)));
    let decision = |action: &str, decision: &str| json!({"action": action, "resource": OBJECTS, "decision": decision});
    assert_eq!(
        missing["needed"],
        json!([decision("s3:GetObject", "implicit_deny"), decision("s3:PutObject", "implicit_deny")])
    );
    assert!(missing["not_seen"].to_string().contains("service control policies"), "{missing}");

    // The short way is refused.
    user.write(
        "mail.yaml",
        "Resources:\n  Mail:\n    Type: AWS::IAM::ManagedPolicy\n    Properties:\n      ManagedPolicyName: SynthCoreAI-SES-All\n      \
         Users: [uploader]\n      PolicyDocument:\n        Version: '2012-10-17'\n        \
         Statement: [{ Effect: Allow, Action: 'ses:*', Resource: '*' }]\n",
    );
    let scanned = user.json(&["scan", "-f", "mail.yaml"], 2);
    let found: Vec<&str> =
        scanned["body"]["findings"].as_array().unwrap().iter().filter_map(|one| one["id"].as_str()).collect();
    assert!(found.contains(&"iam-no-service-wildcard"), "{found:?}");
    user.json(&["create", "-f", "mail.yaml"], 4);
    let refused = user.json(&["iam", "propose", "uploader", "--action", "ses:*", "--resource", "*"], 64);
    assert!(messages(&refused).contains("`ses:*` stands for several actions"), "{refused}");

    let proposed = propose(&user, &["--purpose", "FileUpload", "--out", "upload.yaml"], 0);
    let proposal = &proposed["body"]["proposal"];
    assert_eq!((&proposal["policy_name"], &proposal["extends"]), (&json!("SynthCoreAI-S3-FileUpload"), &Value::Null));
    assert_eq!(
        proposal["document"],
        json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": OBJECTS}]})
    );
    assert_eq!(
        proposal["template"]["Resources"]["SynthCoreAIS3FileUpload"]["Properties"]["Users"],
        json!(["uploader"])
    );
    user.json(&["scan", "-f", "upload.yaml"], 0);

    // The printed commands create the policy and verify it.
    let commands: Vec<&str> =
        proposed["next"].as_array().unwrap().iter().map(|step| step["command"].as_str().unwrap()).collect();
    user.paste(commands[0]).expect(0);
    user.paste(commands[1]).expect(0);
    assert_eq!(gap(&user, "dev", 0)["missing"], 0);
    assert_eq!(propose(&user, &[], 0)["body"]["proposal"], Value::Null);
    let analysis = user.json(&["iam", "analyze", "uploader"], 0)["body"]["analysis"].clone();
    assert_eq!(analysis["policies"][0]["name"], "SynthCoreAI-S3-FileUpload");
    assert_eq!(analysis["statements"][0]["resources"], json!([OBJECTS]));

    user.json(&["iam", "gap", "uploader", "--action", "s3:PutObject", "--env", "prod"], 64);
    user.approve(&["promote", "--all"]);
    assert_eq!(gap(&user, "prod", 0)["missing"], 0);
    user.json(&["drift"], 0);
}
