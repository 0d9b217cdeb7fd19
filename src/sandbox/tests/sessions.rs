//! Role sessions with their policies, and the simulator.

use super::*;

/// One call of a query service; the answer's XML, or the error's code.
fn query(cloud: &Cloud, account: &str, token: Option<&str>, service: &str, form: &str) -> Result<String, String> {
    let scope = format!("Credential={account}/20261120/us-east-1/{service}/aws4_request");
    let mut request = Request::post("/")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("authorization", format!("AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0"));
    if let Some(token) = token {
        request = request.header("x-amz-security-token", token);
    }
    let response = cloud.sandbox.handle(request.body(Bytes::from(form.to_owned())).unwrap());
    let text = String::from_utf8(response.body().to_vec()).unwrap();
    if response.status() == 200 { Ok(text) } else { Err(element(&text, "Code")) }
}

fn element(xml: &str, name: &str) -> String {
    let (_, rest) = xml.split_once(&format!("<{name}>")).unwrap_or_else(|| panic!("{xml}"));
    rest.split_once("</").unwrap().0.to_owned()
}

fn policy(statement: Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": statement})
}

fn role(cloud: &Cloud, name: &str, trusted: &str, allowed: &str) {
    let trust = policy(json!({"Effect": "Allow", "Principal": {"AWS": trusted}, "Action": "sts:AssumeRole"}));
    let own = policy(json!({"Effect": "Allow", "Action": allowed, "Resource": "*"}));
    let model = json!({
        "RoleName": name, "AssumeRolePolicyDocument": trust,
        "Policies": [{"PolicyName": "own", "PolicyDocument": own}],
    });
    assert_eq!(cloud.create(DEV, "AWS::IAM::Role", &model)["OperationStatus"], "SUCCESS");
}

/// Assumes a role of dev; the session's token, or the error's code.
fn assume(cloud: &Cloud, token: Option<&str>, name: &str, more: &str) -> Result<String, String> {
    let form = format!("Action=AssumeRole&RoleArn=arn:aws:iam::{DEV}:role/{name}&RoleSessionName=s{more}");
    query(cloud, DEV, token, "sts", &form).map(|xml| element(&xml, "SessionToken"))
}

const GET_ROLE: &str = "Action=GetRole&RoleName=App";
const LIST_ROLES: &str = "Action=ListRoles";

#[test]
fn a_session_policy_only_restricts_permissions() {
    let cloud = cloud_of(|options| options.enforce_permissions = true);
    role(&cloud, "App", DEV, "iam:*");
    let may = |token: &str, form: &str| query(&cloud, DEV, Some(token), "iam", form).is_ok();
    let whole = assume(&cloud, None, "App", "").unwrap();
    assert!(may(&whole, GET_ROLE) && may(&whole, LIST_ROLES));
    let inline = policy(json!({"Effect": "Allow", "Action": ["iam:GetRole", "sqs:*"], "Resource": "*"})).to_string();
    let some = assume(&cloud, None, "App", &format!("&Policy={inline}")).unwrap();
    assert!(may(&some, GET_ROLE) && !may(&some, LIST_ROLES));
    let managed = "&PolicyArns.member.1.arn=arn:aws:iam::aws:policy/AmazonSQSFullAccess";
    let none = assume(&cloud, None, "App", managed).unwrap();
    assert!(!may(&none, GET_ROLE));
    let malformed = assume(&cloud, None, "App", "&Policy={}");
    assert_eq!(malformed.unwrap_err(), "MalformedPolicyDocument");
    let forged = query(&cloud, DEV, Some(&format!("{whole}#nonsense")), "iam", GET_ROLE);
    assert_eq!(forged.unwrap_err(), "InvalidClientTokenId");
}

#[test]
fn a_session_needs_the_trust_of_a_role_and_where_its_account_is_trusted_its_own_permission() {
    let cloud = cloud_of(|options| options.enforce_permissions = true);
    role(&cloud, "App", DEV, "sqs:*");
    role(&cloud, "Switcher", DEV, "sts:AssumeRole");
    role(&cloud, "OfAccount", DEV, "sqs:*");
    role(&cloud, "OfApp", &format!("arn:aws:iam::{DEV}:role/App"), "sqs:*");
    let app = assume(&cloud, None, "App", "").unwrap();
    let switcher = assume(&cloud, None, "Switcher", "").unwrap();
    // The account's own key has full access, but roles must trust it.
    assert!(assume(&cloud, None, "OfAccount", "").is_ok());
    assert_eq!(assume(&cloud, None, "OfApp", "").unwrap_err(), "AccessDenied");
    assert!(assume(&cloud, Some(&switcher), "OfAccount", "").is_ok());
    assert_eq!(assume(&cloud, Some(&app), "OfAccount", "").unwrap_err(), "AccessDenied");
    assert!(assume(&cloud, Some(&app), "OfApp", "").is_ok());
    assert_eq!(assume(&cloud, Some(&switcher), "OfApp", "").unwrap_err(), "AccessDenied");
}

#[test]
fn the_simulator_accepts_a_resource_policy_with_a_caller() {
    let cloud = cloud();
    let own = policy(json!({"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}));
    let theirs = policy(json!({"Effect": "Allow", "Principal": {"AWS": DEV}, "Action": "s3:*", "Resource": "*"}));
    let base = format!(
        "Action=SimulateCustomPolicy&PolicyInputList.member.1={own}&ActionNames.member.1=s3:GetObject\
         &ResourceArns.member.1=arn:aws:s3:::data/x&ResourcePolicy={theirs}"
    );
    let ask = |more: &str| {
        let answer = query(&cloud, DEV, None, "iam", &format!("{base}{more}"));
        answer.map(|xml| element(&xml, "EvalDecision"))
    };
    let caller = format!("&CallerArn=arn:aws:iam::{DEV}:user/ann");
    assert_eq!(ask("").unwrap_err(), "InvalidInput");
    assert_eq!(ask(&format!("&CallerArn=arn:aws:iam::{DEV}:role/App")).unwrap_err(), "InvalidInput");
    assert_eq!(ask(&caller).unwrap(), "implicitDeny");
    let base_with_s3 = base.replace("sqs:*", "s3:*");
    let answer = query(&cloud, DEV, None, "iam", &format!("{base_with_s3}{caller}")).unwrap();
    assert_eq!(element(&answer, "EvalDecision"), "allowed");
    assert!(answer.contains("<SourcePolicyId>ResourcePolicy</SourcePolicyId>"), "{answer}");
}
