//! What AWS is asked before the approval of a promotion: the types of the Region and the permissions of the role.

use serde_json::{Value, json};

use super::support::{DEV, PROD, Server, User, approving_command, call_as, messages};

const QUEUES: &str = "Resources:\n  Jobs: { Type: AWS::SQS::Queue, Properties: { QueueName: jobs-dev } }\n  \
                      Logs: { Type: AWS::SQS::Queue, Properties: { QueueName: logs-dev } }\n";

/// A user of a sandbox server with two queues in dev.
fn user_of(server: &Server) -> User {
    let user = User::of_accounts(&server.endpoint, "sandbox", DEV, PROD);
    user.write("queues.yaml", QUEUES);
    user.approve(&["create", "-f", "queues.yaml"]);
    user
}

fn promote(queue: &str) -> [String; 4] {
    let url = format!("https://sqs.us-east-1.amazonaws.com/{DEV}/{queue}");
    ["promote".to_owned(), "AWS::SQS::Queue".to_owned(), url, "--plan-only".to_owned()]
}

fn plan(user: &User, queue: &str, code: i32) -> Value {
    let words = promote(queue);
    user.json(&words.each_ref().map(String::as_str), code)
}

/// The line of the checklist, with its state.
fn line(document: &Value) -> (String, String) {
    let checklist = document["body"]["plan"]["checklist"].as_array().unwrap();
    let item = checklist.iter().find(|item| item["item"] == "checks by AWS").unwrap_or_else(|| panic!("{document}"));
    let text = |name: &str| item[name].as_str().unwrap().to_owned();
    (text("state"), text("evidence"))
}

#[test]
fn a_type_that_the_region_does_not_have_is_refused_before_anything_is_sent() {
    let owner = User::of_sandbox();
    let server = owner.serve_with(&["--fail", "DescribeType=TypeNotFoundException*1"]);
    let user = user_of(&server);
    let refused = plan(&user, "jobs-dev", 4);
    assert!(messages(&refused).contains("us-east-1 does not have the type AWS::SQS::Queue"), "{refused}");
    assert_eq!(refused["diagnostics"][0]["code"], "type-not-in-region");
    // The registry has it again: the first answer is not remembered, and this one is.
    let (state, evidence) = line(&plan(&user, "jobs-dev", 3));
    assert_eq!(state, "ok");
    assert!(evidence.starts_with("1 type(s) are available in us-east-1; "), "{evidence}");
    assert!(evidence.ends_with("simulated, none denied"), "{evidence}");
    let again = plan(&user, "jobs-dev", 3);
    assert_eq!(again["api_calls"].get("cloudformation.DescribeType"), None, "{again}");
}

#[test]
fn what_aws_does_not_answer_is_said_and_does_not_prevent_a_promotion() {
    let owner = User::of_sandbox();
    let flags = ["--fail", "DescribeType=AccessDenied", "--fail", "SimulatePrincipalPolicy=AccessDenied"];
    let server = owner.serve_with(&flags);
    let user = user_of(&server);
    let (state, evidence) = line(&plan(&user, "jobs-dev", 3));
    assert_eq!(state, "open");
    for part in ["1 of 1 type(s) were not looked up", "permissions were not simulated: iam.SimulatePrincipalPolicy"] {
        assert!(evidence.contains(part), "{evidence}");
    }
    let words = promote("jobs-dev");
    user.approve(&words.each_ref().map(String::as_str)[..3]);
}

#[test]
fn permissions_of_a_role_with_a_path_are_simulated_for_the_resources_of_the_plan() {
    let owner = User::of_sandbox();
    let server = owner.serve_with(&["--enforce-permissions"]);
    let user = user_of(&server);
    let queues = format!("arn:aws:sqs:us-east-1:{PROD}:jobs-*");
    let any =
        ["cloudformation:*", "tag:*", "pricing:*", "iam:Get*", "iam:SimulatePrincipalPolicy", "sqs:Get*", "sqs:List*"];
    let policy = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": any, "Resource": "*"},
        {"Effect": "Allow", "Action": "sqs:*", "Resource": queues},
    ]});
    let role = json!({"RoleName": "Deploy", "Path": "/ops/",
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": DEV}, "Action": "sts:AssumeRole"}]},
        "Policies": [{"PolicyName": "deploy", "PolicyDocument": policy}]});
    let request = json!({"TypeName": "AWS::IAM::Role", "DesiredState": role.to_string()});
    call_as(PROD, &server.endpoint, "cloudcontrolapi", "CloudApiService.CreateResource", &request).unwrap();
    let source = format!("[profile d]\naws_access_key_id = {DEV}\naws_secret_access_key = any\nregion = us-east-1\n");
    let assumed = format!(
        "[profile p]\nrole_arn = arn:aws:iam::{PROD}:role/ops/Deploy\nsource_profile = d\nregion = us-east-1\n"
    );
    user.write("aws-config", &(source + &assumed));

    let (state, evidence) = line(&plan(&user, "jobs-dev", 3));
    assert_eq!(state, "ok", "{evidence}");
    let other = plan(&user, "logs-dev", 3);
    let (state, evidence) = line(&other);
    assert!(state == "open" && evidence.contains("some for 1 resource(s) denied"), "{evidence}");
    let said = messages(&other);
    let role = format!("the policies of arn:aws:iam::{PROD}:role/ops/Deploy do not allow sqs:CreateQueue, ");
    assert!(said.contains(&role) && said.contains(":logs-prod"), "{said}");
}

#[test]
fn another_caller_may_apply_what_was_approved_and_is_recorded_as_the_creator() {
    let owner = User::of_sandbox();
    let server = owner.serve();
    let user = user_of(&server);
    let trust = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": DEV}, "Action": "sts:AssumeRole"}]});
    let policies = ["arn:aws:iam::aws:policy/AdministratorAccess"];
    let role = json!({"RoleName": "Deploy", "AssumeRolePolicyDocument": trust, "ManagedPolicyArns": policies});
    let request = json!({"TypeName": "AWS::IAM::Role", "DesiredState": role.to_string()});
    call_as(PROD, &server.endpoint, "cloudcontrolapi", "CloudApiService.CreateResource", &request).unwrap();
    let source = format!("[profile d]\naws_access_key_id = {DEV}\naws_secret_access_key = any\nregion = us-east-1\n");
    let assuming = |more: &str| {
        let role = format!("role_arn = arn:aws:iam::{PROD}:role/Deploy\nsource_profile = d\nregion = us-east-1\n");
        format!("{source}[profile p]\n{role}{more}")
    };
    let creator = |queue: &str| {
        let identifier = format!("https://sqs.us-east-1.amazonaws.com/{PROD}/{queue}");
        let input = json!({"TypeName": "AWS::SQS::Queue", "Identifier": identifier});
        let target = "CloudApiService.GetResource";
        let found = call_as(PROD, &server.endpoint, "cloudcontrolapi", target, &input).unwrap();
        let text = found["ResourceDescription"]["Properties"].as_str().unwrap().to_owned();
        let model: Value = serde_json::from_str(&text).unwrap();
        let tags = model["Tags"].as_array().unwrap().clone();
        let tag = tags.iter().find(|tag| tag["Key"] == "CreatedBy").unwrap_or_else(|| panic!("{model}"));
        tag["Value"].as_str().unwrap().to_owned()
    };

    // The SDK invents another name for each session of a role.
    user.write("aws-config", &assuming(""));
    let words = promote("jobs-dev");
    user.approve(&words.each_ref().map(String::as_str)[..3]);
    assert_eq!(creator("jobs-prod"), "Deploy");

    // A plan of one person is applied by another.
    user.write("aws-config", &assuming("role_session_name = alice\n"));
    let planned = plan(&user, "logs-dev", 3);
    assert!(planned.to_string().contains("(the caller)"), "{planned}");
    user.write("aws-config", &assuming("role_session_name = deployment-job\n"));
    let applied = user.paste(approving_command(&planned));
    assert_eq!(applied.code, 0, "{applied}");
    assert_eq!(creator("logs-prod"), "deployment-job");
}
