#![allow(clippy::unwrap_used, clippy::expect_used)]

use serde_json::{Value, json};

use super::*;

mod cases {
    include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/iam/cases.rs"));
}

fn read(documents: &[Value], attachment: Attachment) -> Result<Vec<Policy>, String> {
    documents.iter().map(|document| Policy::read(document, attachment)).collect()
}

fn answer(case: &cases::Case) -> Result<Decision, String> {
    let identity = read(&case.identity, Attachment::Identity)?;
    let limit = |policies: &Option<Vec<Value>>| {
        policies.as_deref().map(|policies| read(policies, Attachment::Identity)).transpose()
    };
    let (boundary, session) = (limit(&case.boundary)?, limit(&case.session)?);
    let mut resource = read(&case.resource, Attachment::Resource)?;
    resource.extend(read(&case.trust, Attachment::RoleTrust)?);
    let policies = Policies {
        identity: &identity,
        boundary: boundary.as_deref(),
        session: session.as_deref(),
        resource: &resource,
    };
    let context: Context = case.context.iter().map(|(key, values)| (key, values.clone())).collect();
    let request =
        Request { action: &case.action, resource: &case.target, principal: case.caller.as_deref(), context: &context };
    Ok(evaluate(&policies, &request).decision)
}

#[test]
fn decisions_match_the_documentation() {
    cases::check(|case| match answer(case) {
        Ok(Decision::Allowed) => "allowed".to_owned(),
        Ok(Decision::ImplicitDeny) => "implicitDeny".to_owned(),
        Ok(Decision::ExplicitDeny) => "explicitDeny".to_owned(),
        Err(problem) => problem,
    });
}

fn identity(statements: &Value) -> Result<Policy, String> {
    Policy::read(&json!({"Version": "2012-10-17", "Statement": statements}), Attachment::Identity)
}

#[test]
fn an_evaluation_reports_matched_statements_and_missing_keys() {
    let policy = identity(&json!([
        {"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::home/${aws:username}/*"},
        {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "false"}}},
        {"Effect": "Deny", "Action": "sqs:*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
    ]))
    .unwrap();
    let identity = [identity(&json!([])).unwrap(), policy];
    let policies = Policies { identity: &identity, boundary: Some(&[]), ..Policies::default() };
    let ask = |context: &Context| {
        let request = Request { action: "s3:GetObject", resource: "arn:aws:s3:::home/ann/x", principal: None, context };
        evaluate(&policies, &request)
    };
    let blind = ask(&Context::default());
    assert_eq!(blind.missing_context, ["aws:MultiFactorAuthPresent", "aws:username"]);
    assert_eq!((blind.decision, blind.allowed_by_boundary), (Decision::ImplicitDeny, Some(false)));
    let mut context = Context::default();
    context.set("aws:MultiFactorAuthPresent", ["false"]);
    let denied = ask(&context);
    assert_eq!(denied.matched, [Matched { kind: Kind::Identity, policy: 1 }]);
}

#[test]
fn invalid_documents_are_rejected() {
    for statement in [
        json!({"Effect": "Allow", "Resource": "*"}),
        json!({"Effect": "allow", "Action": "*", "Resource": "*"}),
        json!({"Effect": "Allow", "Action": "*"}),
        json!({"Effect": "Allow", "Action": "*", "Resource": "*", "Principal": "*"}),
        json!({"Effect": "Allow", "Action": "*", "NotAction": "*", "Resource": "*"}),
        json!({"Effect": "Allow", "Action": {"a": 1}, "Resource": "*"}),
        json!({"Effect": "Allow", "Action": "*", "Ressource": "*"}),
        json!({"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringMatches": {"k": "v"}}}),
        json!({"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"NullIfExists": {"k": "true"}}}),
        json!({"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"ForSome:StringEquals": {"k": "v"}}}),
        json!("Allow"),
    ] {
        assert!(identity(&statement).is_err(), "{statement}");
    }
    for document in [json!("{"), json!({}), json!({"Version": "2026-01-01", "Statement": []})] {
        assert!(Policy::read(&document, Attachment::Identity).is_err(), "{document}");
    }
    let trust = json!({"Statement": {"Effect": "Allow", "Principal": {"Group": "x"}, "Action": "sts:AssumeRole"}});
    assert!(Policy::read(&trust, Attachment::RoleTrust).is_err());
    assert!(Policy::read(&json!("{\"Statement\": []}"), Attachment::Identity).is_ok());
}
