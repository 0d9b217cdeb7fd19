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
    let blocked = user.json(&["create", "-f", "mail.yaml"], 3);
    let approvals = blocked["body"]["plan"]["approvals_required"].as_array().unwrap().iter();
    assert!(approvals.map(|one| one["kind"].as_str()).any(|kind| kind == Some("findings")), "{blocked}");
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

/// The policies of a principal are evaluated locally where the simulator may not be used, with the same result.
#[test]
fn a_denied_simulator_is_said() {
    let user = project();
    propose(&user, &["--purpose", "FileUpload", "--out", "upload.yaml"], 0);
    user.approve(&["create", "-f", "upload.yaml"]);
    let server = user.serve_with(&["--fail", "SimulatePrincipalPolicy=AccessDenied"]);
    let denied = User::of_accounts(&server.endpoint, "SynthCore", DEV, "222222222222");
    let words = [&["iam", "gap"], NEEDED.as_slice()].concat();
    let document = denied.json(&words, 0);
    let gap = &document["body"]["gap"];
    assert_eq!((&gap["method"], &gap["missing"]), (&json!("local"), &json!(0)));
    assert!(gap["reason"].as_str().is_some_and(|reason| !reason.is_empty()));
    assert!(messages(&document).contains("evaluated by stagegate, not by IAM"), "{document}");
    let more = [&words[..], &["--action", "s3:DeleteObject"]].concat();
    assert_eq!(denied.json(&more, 2)["body"]["gap"]["missing"], 1);
    // Without the policies there is no answer.
    let server = user.serve_with(&[
        "--fail",
        "SimulatePrincipalPolicy=AccessDenied",
        "--fail",
        "ListAttachedUserPolicies=AccessDenied",
    ]);
    let blind = User::of_accounts(&server.endpoint, "SynthCore", DEV, "222222222222");
    assert!(messages(&blind.json(&words, 1)).contains("ListAttachedUserPolicies"));
}

/// A policy of the project that only the principal has is extended; the change is one of the same stack.
#[test]
fn an_existing_policy_is_extended() {
    let user = project();
    propose(&user, &["--purpose", "FileUpload", "--out", "upload.yaml"], 0);
    user.approve(&["create", "-f", "upload.yaml"]);
    let more = ["iam", "propose", "uploader", "--action", "s3:ListBucket", "s3:DeleteObject", "--resource", OBJECTS];
    let proposed = user.json(&[&more[..], &["--out", "more.yaml"]].concat(), 0);
    let proposal = &proposed["body"]["proposal"];
    let arn = format!("arn:aws:iam::{DEV}:policy/SynthCoreAI-S3-FileUpload");
    assert_eq!((&proposal["policy_name"], &proposal["extends"]), (&json!("SynthCoreAI-S3-FileUpload"), &json!(arn)));
    assert_eq!(
        proposal["document"]["Statement"],
        json!([
            {"Effect": "Allow", "Action": ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"], "Resource": OBJECTS},
            {"Effect": "Allow", "Action": ["s3:ListBucket"], "Resource": "arn:aws:s3:::synthcoreai-*"}])
    );
    let create = proposed["next"][0]["command"].as_str().unwrap();
    assert!(create.contains("--stack-name upload"), "{create}");
    user.paste(create).expect(0);
    user.json(&[&["iam", "gap"], &more[2..]].concat(), 0);
    // One that another service needs is a new policy.
    let queue = format!("arn:aws:sqs:us-east-1:{DEV}:jobs");
    let other = user.json(&["iam", "propose", "uploader", "--action", "sqs:SendMessage", "--resource", &queue], 0);
    assert_eq!(other["body"]["proposal"]["policy_name"], "SynthCoreAI-SQS-SendMessage");
    assert_eq!(other["body"]["proposal"]["extends"], Value::Null);
}

#[test]
fn what_cannot_be_granted_is_refused() {
    let user = project();
    for (words, said) in [
        (&["--action", "s3:PutObjekt"][..], "no service has the action `s3:PutObjekt`"),
        (&["--action", "s3:GetObject"], "no --resource fits `s3:GetObject`"),
        (&["--action", "s3:GetObject", "--resource", "*"], "no --resource fits `s3:GetObject`"),
        (&["--action", "s3:GetObject", "--resource", "arn:aws:s3:::*"], "every resource of its kind"),
        (&["--action", "s3:GetObject", "--resource", "uploads"], "`uploads` is not an ARN"),
        (&["--action", "s3:ListAllMyBuckets", "sqs:ListQueues"], "the actions are of several services"),
    ] {
        let document = user.json(&[&["iam", "propose", "uploader"], words].concat(), 64);
        assert!(messages(&document).contains(said), "{words:?}: {document}");
    }
    for (principal, said) in [
        ("nobody", "no user, role or group `nobody`"),
        ("arn:aws:iam::222222222222:user/uploader", "is in account 222222222222"),
        ("arn:aws:s3:::uploads", "is not a user, a role or a group"),
    ] {
        let document = user.json(&["iam", "analyze", principal], 64);
        assert!(messages(&document).contains(said), "{document}");
    }
    let listing = user.json(&["iam", "propose", "uploader", "--action", "s3:ListAllMyBuckets"], 0);
    assert_eq!(listing["body"]["proposal"]["document"]["Statement"][0]["Resource"], "*");
    // What is denied cannot be allowed by another policy.
    user.write(
        "deny.yaml",
        "Resources:\n  Deny:\n    Type: AWS::IAM::ManagedPolicy\n    Properties:\n      ManagedPolicyName: SynthCoreAI-S3-Deny\n      \
         Users: [uploader]\n      PolicyDocument:\n        Version: '2012-10-17'\n        \
         Statement: [{ Effect: Deny, Action: 's3:PutObject', Resource: '*' }]\n",
    );
    user.approve(&["create", "-f", "deny.yaml"]);
    let denied = propose(&user, &[], 0);
    assert!(messages(&denied).contains("a policy denies s3:PutObject"), "{denied}");
    assert_eq!(denied["body"]["proposal"]["document"]["Statement"][0]["Action"], json!(["s3:GetObject"]));
}

/// Groups, boundaries, inline and managed policies are read; what is risky together is found together.
#[test]
fn all_policies_of_a_principal_are_analyzed() {
    let user = User::of_sandbox();
    user.write(
        "team.yaml",
        r#"Resources:
  Team:
    Type: AWS::IAM::Group
    Properties:
      GroupName: team
      Policies:
        - PolicyName: pass
          PolicyDocument: { Version: "2012-10-17", Statement: [{ Effect: Allow, Action: iam:PassRole, Resource: "*" }] }
  Limit:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      ManagedPolicyName: limit
      PolicyDocument: { Version: "2012-10-17", Statement: [{ Effect: Allow, Action: "lambda:*", Resource: "*" }] }
  Ann:
    Type: AWS::IAM::User
    DependsOn: Team
    Properties:
      UserName: ann
      Groups: [team]
      PermissionsBoundary: !Ref Limit
      ManagedPolicyArns: [arn:aws:iam::aws:policy/AmazonSQSFullAccess]
      Policies:
        - PolicyName: make
          PolicyDocument: { Version: "2012-10-17", Statement: [{ Effect: Allow, Action: lambda:CreateFunction, Resource: "*" }] }
"#,
    );
    user.approve(&["create", "-f", "team.yaml"]);
    let document = user.json(&["iam", "analyze", "ann"], 2);
    let analysis = &document["body"]["analysis"];
    let origins: Vec<String> = analysis["policies"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| format!("{} {}", one["name"].as_str().unwrap(), one["origin"].as_str().unwrap()))
        .collect();
    assert_eq!(origins, ["AmazonSQSFullAccess attached", "make inline", "pass group_inline", "limit boundary"]);
    assert_eq!(document["body"]["principal"]["boundary"], format!("arn:aws:iam::{DEV}:policy/limit"));
    let found: Vec<(&str, &str)> = analysis["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["id"].as_str().unwrap(), one["policy"].as_str().unwrap()))
        .collect();
    assert!(found.contains(&("iam-passrole-scoped", "pass")), "{found:?}");
    assert!(found.contains(&("iam-no-service-wildcard", "AmazonSQSFullAccess")), "{found:?}");
    // The boundary grants nothing.
    assert!(!found.iter().any(|(_, policy)| *policy == "limit"), "{found:?}");
    let unused: Vec<&str> = analysis["unused_services"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert!(unused.contains(&"lambda") && unused.contains(&"sqs"), "{unused:?}");
    // The boundary limits what the policies allow.
    let denied = user.json(&["iam", "gap", "ann", "--action", "sqs:ListQueues"], 2);
    assert_eq!(denied["body"]["gap"]["needed"][0]["decision"], "implicit_deny");
    let group = user.json(&["iam", "analyze", "team"], 2);
    assert_eq!(group["body"]["analysis"]["last_used"], Value::Null);
}
