//! What a call of a resource handler requires: each action with the resources on which AWS authorizes it, by the service
//! authorization reference.

use serde_json::Value;

use super::super::iam::evaluator::Context;
use crate::schema::TypeSchema;
use crate::schema::actions::{self, ResourceForm};

/// An action that must be allowed on one of several resources.
#[derive(Debug)]
pub(super) struct Requirement {
    /// The action.
    pub action: String,
    /// The resources.
    pub any: Vec<String>,
    /// Context keys of the request, besides those of the principal.
    pub context: Vec<(&'static str, String)>,
}

/// The resource that a handler works on.
pub(super) struct Subject<'a> {
    /// The type.
    pub schema: &'a TypeSchema,
    /// The ARN, where it is known.
    pub arn: Option<&'a str>,
    /// The desired state of a create, and the changes of an update.
    pub payload: Option<&'a Value>,
    /// The account.
    pub account: &'a str,
    /// The Region.
    pub region: &'a str,
}

const PASS_ROLE: &str = "iam:PassRole";

/// The services that get a role from handlers of a type, where the type's own name does not say so.
const PASSED_TO: [(&str, &str); 12] = [
    ("AWS::EC2::FlowLog", "vpc-flow-logs.amazonaws.com"),
    ("AWS::ECS::TaskDefinition", "ecs-tasks.amazonaws.com"),
    ("AWS::IAM::InstanceProfile", "ec2.amazonaws.com"),
    ("AWS::Kinesis::Stream", "kinesis.amazonaws.com"),
    ("AWS::KinesisFirehose::DeliveryStream", "firehose.amazonaws.com"),
    ("AWS::Logs::SubscriptionFilter", "logs.amazonaws.com"),
    ("AWS::RDS::DBCluster", "rds.amazonaws.com"),
    ("AWS::RDS::DBInstance", "monitoring.rds.amazonaws.com"),
    ("AWS::SES::ConfigurationSetEventDestination", "ses.amazonaws.com"),
    ("AWS::StepFunctions::StateMachine", "states.amazonaws.com"),
    ("AWS::Cognito::UserPool", "cognito-idp.amazonaws.com"),
    ("AWS::ApiGatewayV2::Integration", "apigateway.amazonaws.com"),
];

/// What one permission of a handler requires. Passing a role requires something only where the payload has roles.
pub(super) fn of_permission(permission: &str, subject: &Subject<'_>) -> Vec<Requirement> {
    let plain = |any: Vec<String>| Requirement { action: permission.to_owned(), any, context: Vec::new() };
    if permission.eq_ignore_ascii_case(PASS_ROLE) {
        let context = vec![("iam:PassedToService", service_of(&subject.schema.type_name))];
        let roles = roles(subject).into_iter();
        return roles
            .map(|role| Requirement { action: PASS_ROLE.to_owned(), any: vec![role], context: context.clone() })
            .collect();
    }
    let Some(facts) = actions::action(permission) else {
        return vec![plain(subject.arn.into_iter().chain(["*"]).map(str::to_owned).collect())];
    };
    if facts.forms.is_empty() {
        return vec![plain(vec!["*".to_owned()])];
    }
    let is_own = |form: &&ResourceForm| subject.arn.is_some_and(|arn| !on_own(form, arn).is_empty());
    let own: Vec<&ResourceForm> = facts.forms.iter().filter(is_own).collect();
    let mut requirements = Vec::new();
    if let Some(arn) = subject.arn.filter(|_| !own.is_empty()) {
        requirements.push(plain(own.iter().flat_map(|form| on_own(form, arn)).collect()));
    }
    let is_other = |form: &&ResourceForm| form.is_required && !own.contains(form);
    for form in facts.forms.iter().filter(is_other) {
        requirements.push(plain(others(form, subject)));
    }
    if requirements.is_empty() {
        requirements.push(plain(facts.forms.iter().flat_map(|form| others(form, subject)).collect()));
    }
    requirements
}

/// The resource itself, or something in it, where that has the form.
fn on_own(form: &ResourceForm, arn: &str) -> Vec<String> {
    let inner = [format!("{arn}/x"), format!("{arn}:x"), format!("{arn}:log-stream:x")];
    if fits(form.arn, arn) {
        return vec![arn.to_owned()];
    }
    inner.into_iter().filter(|inner| fits(form.arn, inner)).collect()
}

/// The resources of a form that the payload names, or else any one.
fn others(form: &ResourceForm, subject: &Subject<'_>) -> Vec<String> {
    let mut named = Vec::new();
    if let Some(payload) = subject.payload {
        texts(payload, &mut |text| {
            if text.starts_with("arn:") && fits(form.arn, text) {
                named.push(text.to_owned());
            }
        });
    }
    if named.is_empty() {
        named.push(example(form.arn, subject));
    }
    named
}

/// An ARN of a form in the account: names are `x`.
fn example(form: &str, subject: &Subject<'_>) -> String {
    let mut fields = form.splitn(6, ':').enumerate().map(|(number, field)| match (number, field) {
        (1, "*") => "aws".to_owned(),
        (3, "*") => subject.region.to_owned(),
        (4, "*") => subject.account.to_owned(),
        _ => field.replace('*', "x"),
    });
    let first = fields.next().unwrap_or_default();
    fields.fold(first, |arn, field| arn + ":" + &field)
}

fn service_of(type_name: &str) -> String {
    let known = PASSED_TO.iter().find(|(name, _)| *name == type_name).map(|(_, service)| (*service).to_owned());
    known.unwrap_or_else(|| {
        format!("{}.amazonaws.com", type_name.split("::").nth(1).unwrap_or_default().to_ascii_lowercase())
    })
}

/// The ARNs of the roles in the payload. Policies name roles without passing them.
fn roles(subject: &Subject<'_>) -> Vec<String> {
    let mut found = Vec::new();
    let Some(payload) = subject.payload else { return found };
    texts(payload, &mut |text| {
        if fits("arn:*:iam::*:role/*", text) {
            found.push(text.to_owned());
        }
    });
    if subject.schema.type_name == "AWS::IAM::InstanceProfile" {
        let names = payload.get("Roles").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        found.extend(names.map(|name| format!("arn:aws:iam::{}:role/{name}", subject.account)));
    }
    found.sort();
    found.dedup();
    found
}

fn texts(value: &Value, found: &mut impl FnMut(&str)) {
    match value {
        Value::String(text) => found(text),
        Value::Array(items) => items.iter().for_each(|item| texts(item, found)),
        Value::Object(members) if !members.contains_key("Statement") => {
            members.values().for_each(|member| texts(member, found));
        }
        _ => {}
    }
}

/// True if a text has a form, in which `*` is anything.
fn fits(form: &str, text: &str) -> bool {
    let mut parts = form.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        match rest.split_once(part) {
            // A star is at least one character here: no name is empty.
            Some((before, after)) if !before.is_empty() || part.is_empty() => rest = after,
            _ => return false,
        }
    }
    rest.len() > last.len() && rest.ends_with(last)
}

impl Requirement {
    /// The context of the request of a principal.
    pub fn context(&self, mut context: Context) -> Context {
        for (key, value) in &self.context {
            context.set(key, [value.as_str()]);
        }
        context
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;

    fn required(type_name: &str, permission: &str, arn: Option<&str>, payload: &Value) -> Vec<Vec<String>> {
        let schema = TypeSchema::embedded(type_name).unwrap();
        let subject = Subject { schema, arn, payload: Some(payload), account: "111111111111", region: "us-east-1" };
        of_permission(permission, &subject).into_iter().map(|one| one.any).collect()
    }

    #[test]
    fn an_action_is_authorized_on_its_own_kinds_of_resources() {
        let bucket = Some("arn:aws:s3:::data");
        let none = json!({});
        assert_eq!(required("AWS::S3::Bucket", "s3:PutBucketTagging", bucket, &none), [["arn:aws:s3:::data"]]);
        assert_eq!(required("AWS::S3::Bucket", "s3:DeleteObject", bucket, &none), [["arn:aws:s3:::data/x"]]);
        assert_eq!(required("AWS::S3::Bucket", "s3:ListAllMyBuckets", bucket, &none), [["*"]]);
        let subnets = required("AWS::EC2::Subnet", "ec2:CreateSubnet", None, &none);
        assert_eq!(
            subnets,
            [["arn:aws:ec2:us-east-1:111111111111:subnet/x"], ["arn:aws:ec2:us-east-1:111111111111:vpc/x"]]
        );
        let key = "arn:aws:kms:us-east-1:111111111111:key/1-2";
        let queue = json!({"KmsMasterKeyId": key});
        assert_eq!(required("AWS::SNS::Topic", "kms:Decrypt", None, &queue), [[key]]);
    }

    #[test]
    fn a_role_is_passed_where_the_payload_has_one() {
        let role = "arn:aws:iam::111111111111:role/app";
        assert!(required("AWS::S3::Bucket", "iam:PassRole", None, &json!({})).is_empty());
        let function =
            json!({"Role": role, "Policy": {"Statement": [{"Principal": "arn:aws:iam::111111111111:role/b"}]}});
        assert_eq!(required("AWS::Lambda::Function", "iam:PassRole", None, &function), [[role]]);
        let profile = json!({"Roles": ["app"]});
        assert_eq!(required("AWS::IAM::InstanceProfile", "iam:PassRole", None, &profile), [[role]]);
        assert_eq!(service_of("AWS::Lambda::Function"), "lambda.amazonaws.com");
        assert_eq!(service_of("AWS::ECS::TaskDefinition"), "ecs-tasks.amazonaws.com");
    }

    #[test]
    fn a_form_is_matched_as_a_whole() {
        for (form, text, expected) in [
            ("arn:*:s3:::*", "arn:aws:s3:::data", true),
            ("arn:*:s3:::*/*", "arn:aws:s3:::data", false),
            ("arn:*:s3:::*/*", "arn:aws:s3:::data/a/b", true),
            ("arn:*:sqs:*:*:*", "arn:aws:sqs:us-east-1:111111111111:jobs", true),
            ("arn:*:iam::*:role/*", "arn:aws:iam::111111111111:user/a", false),
            ("arn:*:account::*:account", "arn:aws:account::1:account", true),
        ] {
            assert_eq!(fits(form, text), expected, "{form} {text}");
        }
    }
}
