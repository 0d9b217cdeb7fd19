use serde_json::json;

use super::*;

const ACCOUNT: &str = "111111111111";
const REGION: &str = "us-east-1";

fn change<'a>(id: &'a str, type_name: &'a str, operation: Operation, desired: &'a Value) -> PlannedChange<'a> {
    let (account, region) = (ACCOUNT, REGION);
    PlannedChange { logical_id: id, type_name, operation, desired, identifier: None, account, region }
}

fn created<'a>(id: &'a str, type_name: &'a str, desired: &'a Value) -> PlannedChange<'a> {
    change(id, type_name, Operation::Create, desired)
}

fn of(changes: &[PlannedChange<'_>]) -> PlanNeeds {
    needs(&Registry::embedded(), changes)
}

/// The resources on which an action is allowed, and the condition.
fn allowed(needs: &PlanNeeds, action: &str) -> Vec<(Value, Option<Value>)> {
    let has = |statement: &&Value| statement["Action"].as_array().unwrap().iter().any(|one| one == action);
    let found = needs.statements.iter().filter(has);
    found.map(|statement| (statement["Resource"].clone(), statement.get("Condition").cloned())).collect()
}

fn reasons(needs: &PlanNeeds, id: &str) -> String {
    let own = needs.not_known.iter().filter(|one| one.logical_id == id);
    own.map(|one| format!("{}: {}\n", one.action.as_deref().unwrap_or("*"), one.reason)).collect()
}

#[test]
fn actions_are_limited_to_the_named_resource() {
    let queue = json!({"QueueName": "jobs"});
    let found = of(&[created("Jobs", "AWS::SQS::Queue", &queue)]);
    let arn = format!("arn:aws:sqs:{REGION}:{ACCOUNT}:jobs");
    assert_eq!(allowed(&found, "sqs:CreateQueue"), [(json!(arn), None)]);
    assert_eq!(allowed(&found, "cloudformation:CreateResource"), [(json!("*"), None)]);
    assert_eq!(allowed(&found, "cloudformation:ListResources"), []);
    assert_eq!(found.changes[0].arn.as_deref(), Some(arn.as_str()));
    // The actions of two queues are one statement.
    let other = json!({"QueueName": "other"});
    let both = of(&[created("Jobs", "AWS::SQS::Queue", &queue), created("Other", "AWS::SQS::Queue", &other)]);
    assert_eq!(both.statements.len(), found.statements.len());
}

#[test]
fn a_name_that_the_service_chooses_is_listed() {
    let vpc = json!({"CidrBlock": "10.0.0.0/16"});
    let subnet = json!({"VpcId": {"Ref": "Vpc"}, "CidrBlock": "10.0.0.0/24"});
    let found = of(&[created("Vpc", "AWS::EC2::VPC", &vpc), created("Subnet", "AWS::EC2::Subnet", &subnet)]);
    let ec2 = |name: &str| format!("arn:aws:ec2:{REGION}:{ACCOUNT}:{name}/*");
    assert_eq!(allowed(&found, "ec2:CreateVpc"), [(json!(ec2("vpc")), None)]);
    // A subnet is made in a VPC: both are authorized.
    assert_eq!(allowed(&found, "ec2:CreateSubnet"), [(json!([ec2("subnet"), ec2("vpc")]), None)]);
    assert!(reasons(&found, "Vpc").contains("the service chooses the name"), "{}", reasons(&found, "Vpc"));
    // It is looked for among all of its type.
    assert_eq!(allowed(&found, "cloudformation:ListResources"), [(json!("*"), None)]);
}

#[test]
fn a_role_is_passed_to_the_services_that_it_trusts() {
    let trust = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": ["lambda.amazonaws.com"]}, "Action": "sts:AssumeRole"}]});
    let role = json!({"RoleName": "app", "AssumeRolePolicyDocument": trust});
    let own = json!({"FunctionName": "f", "Role": {"Fn::GetAtt": ["Role", "Arn"]}});
    let with_role = |function: &Value| {
        of(&[created("Role", "AWS::IAM::Role", &role), created("Function", "AWS::Lambda::Function", function)])
    };
    let to = |service: &str| Some(json!({"StringEquals": {"iam:PassedToService": service}}));
    let arn = format!("arn:aws:iam::{ACCOUNT}:role/app");
    assert_eq!(allowed(&with_role(&own), "iam:PassRole"), [(json!(arn), to("lambda.amazonaws.com"))]);
    // A role of somebody else: the type says which service gets it.
    let foreign = json!({"FunctionName": "f", "Role": "arn:aws:iam::111111111111:role/team/other"});
    assert_eq!(
        allowed(&with_role(&foreign), "iam:PassRole"),
        [(json!("arn:aws:iam::111111111111:role/team/other"), to("lambda.amazonaws.com"))]
    );
    let unknown = json!({"FunctionName": "f", "Role": {"Fn::ImportValue": "role"}});
    let found = with_role(&unknown);
    assert_eq!(allowed(&found, "iam:PassRole"), []);
    assert!(reasons(&found, "Function").contains("the role at /Role is not known, and may not be passed"));
    // A policy that names a role does not pass it.
    let policy = json!({"Queues": ["q"], "PolicyDocument": {"Statement": [{"Principal": {"AWS": arn}}]}});
    assert_eq!(allowed(&of(&[created("P", "AWS::SQS::QueueInlinePolicy", &policy)]), "iam:PassRole"), []);
}

#[test]
fn secrets_and_parameters_are_read() {
    let database = json!({"DBInstanceIdentifier": "db", "MasterUsername": "{{resolve:ssm:/db/user}}",
                          "MasterUserPassword": "{{resolve:secretsmanager:db:SecretString:password}}"});
    let found = of(&[created("Db", "AWS::RDS::DBInstance", &database)]);
    let place = format!("{REGION}:{ACCOUNT}");
    assert_eq!(
        allowed(&found, "secretsmanager:GetSecretValue"),
        [(json!(format!("arn:aws:secretsmanager:{place}:secret:db-??????")), None)]
    );
    assert_eq!(allowed(&found, "ssm:GetParameter"), [(json!(format!("arn:aws:ssm:{place}:parameter/db/user")), None)]);
    assert!(reasons(&found, "Db").contains("kms:Decrypt is not included"));
}

#[test]
fn other_operations_need_other_handlers() {
    let nothing = Value::Null;
    let url = format!("https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/jobs");
    let of_operation = |operation| {
        of(&[PlannedChange { identifier: Some(&url), ..change("Jobs", "AWS::SQS::Queue", operation, &nothing) }])
    };
    let arn = json!(format!("arn:aws:sqs:{REGION}:{ACCOUNT}:jobs"));
    let update = of_operation(Operation::Update);
    assert_eq!(allowed(&update, "sqs:SetQueueAttributes"), [(arn.clone(), None)]);
    assert_eq!(allowed(&update, "sqs:CreateQueue"), []);
    let delete = of_operation(Operation::Delete);
    assert_eq!(allowed(&delete, "sqs:DeleteQueue"), [(arn, None)]);
    assert_eq!(allowed(&delete, "tag:TagResources"), []);
    let tag = of_operation(Operation::Tag);
    assert_eq!(allowed(&tag, "tag:TagResources"), [(json!("*"), None)]);
    assert_eq!(allowed(&tag, "cloudformation:UpdateResource"), []);
    assert_eq!(allowed(&of_operation(Operation::Replace), "cloudformation:DeleteResource"), [(json!("*"), None)]);
}

#[test]
fn what_is_not_known_of_a_type_is_listed() {
    let nothing = json!({});
    let found = of(&[created("X", "Acme::Thing::New", &nothing)]);
    assert!(reasons(&found, "X").contains("the type is not known"));
    assert_eq!(found.changes[0].actions.len(), 4);
    // Actions that are not in the reference are allowed, and listed.
    let logs = json!({"LogGroupName": "/app"});
    let found = of(&[created("Logs", "AWS::Logs::LogGroup", &logs)]);
    assert!(reasons(&found, "Logs").contains("s3:REST.PUT.OBJECT: the service authorization reference does not have"));
    assert!(reasons(&found, "Logs").contains("tag:TagResources: needed only if AWS stores other values"));
}
