#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use serde_json::{Value, json};

mod cases {
    include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/iam/cases.rs"));
}

fn read(documents: &[Value]) -> Result<Vec<Policy>, DocumentError> {
    documents.iter().map(Policy::parse).collect()
}

fn answer(case: &cases::Case) -> Result<Decision, DocumentError> {
    let identity = read(&case.identity)?;
    let limit = |policies: &Option<Vec<Value>>| policies.as_deref().map(read).transpose();
    let (boundary, session) = (limit(&case.boundary)?, limit(&case.session)?);
    let mut resource = read(&case.resource)?;
    resource.extend(read(&case.trust)?);
    let set = AttachedPolicies {
        identity: &identity,
        boundary: boundary.as_deref(),
        session: session.as_deref(),
        resource: &resource,
    };
    let principal = case.caller.as_deref();
    let request = Request { action: &case.action, resource: &case.target, principal, context: &case.context };
    Ok(evaluate(&set, &request).decision)
}

/// The sandbox's evaluator passes the same cases.
#[test]
fn decisions_match_the_documentation() {
    cases::check(|case| match answer(case) {
        Ok(Decision::Allowed) => "allowed".to_owned(),
        Ok(Decision::ImplicitDeny) => "implicitDeny".to_owned(),
        Ok(Decision::ExplicitDeny) => "explicitDeny".to_owned(),
        Err(problem) => problem.to_string(),
    });
}

fn policy(statements: Value) -> Policy {
    Policy::parse(&json!({"Version": "2012-10-17", "Statement": statements})).unwrap()
}

fn context(pairs: &[(&str, &[&str])]) -> Context {
    pairs.iter().map(|(key, values)| ((*key).into(), values.iter().map(|v| (*v).to_owned()).collect())).collect()
}

fn decide(statements: Value, action: &str, resource: &str, context: &Context) -> Evaluation {
    let identity = [policy(statements)];
    let request = Request { action, resource, principal: None, context };
    evaluate(&AttachedPolicies { identity: &identity, ..AttachedPolicies::default() }, &request)
}

/// Whether a condition lets an otherwise allowed request pass.
fn condition(condition: Value, given: &[(&str, &[&str])]) -> bool {
    let statement = json!({"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition});
    decide(statement, "s3:GetObject", "*", &context(given)).decision == Decision::Allowed
}

#[test]
fn actions_ignore_case_and_resources_do_not() {
    let statement = json!({"Effect": "Allow", "Action": "S3:get*", "Resource": "arn:aws:s3:::Data/*"});
    let ask = |action, resource| decide(statement.clone(), action, resource, &Context::new()).decision;
    assert_eq!(ask("s3:GetObject", "arn:aws:s3:::Data/x/y"), Decision::Allowed);
    assert_eq!(ask("s3:GetObject", "arn:aws:s3:::data/x"), Decision::ImplicitDeny);
    assert_eq!(ask("s3:PutObject", "arn:aws:s3:::Data/x"), Decision::ImplicitDeny);
}

#[test]
fn complements_and_an_explicit_deny() {
    let statements = json!([
        {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"},
        {"Effect": "Deny", "Action": "*", "NotResource": "arn:aws:s3:::mine*"},
    ]);
    let ask = |action, resource| decide(statements.clone(), action, resource, &Context::new());
    assert_eq!(ask("s3:GetObject", "arn:aws:s3:::mine/x").decision, Decision::Allowed);
    assert_eq!(ask("iam:GetRole", "arn:aws:s3:::mine/x").decision, Decision::ImplicitDeny);
    let denied = ask("s3:GetObject", "arn:aws:s3:::other");
    assert_eq!((denied.decision, denied.matched), (Decision::ExplicitDeny, vec![Matched::Identity(0, 1)]));
}

#[test]
fn a_boundary_must_allow_too() {
    let identity = [policy(json!({"Effect": "Allow", "Action": "*", "Resource": "*"}))];
    let boundary = [policy(json!({"Effect": "Allow", "Action": "s3:*", "Resource": "*"}))];
    let set = AttachedPolicies { identity: &identity, boundary: Some(&boundary), ..AttachedPolicies::default() };
    let none = Context::new();
    let ask = |action| evaluate(&set, &Request { action, resource: "*", principal: None, context: &none });
    assert_eq!(ask("s3:ListAllMyBuckets").decision, Decision::Allowed);
    let outside = ask("sqs:ListQueues");
    assert_eq!((outside.decision, outside.allowed_by_boundary), (Decision::ImplicitDeny, Some(false)));
    let empty = AttachedPolicies { boundary: Some(&[]), ..set };
    let request = Request { action: "s3:ListAllMyBuckets", resource: "*", principal: None, context: &none };
    assert_eq!(evaluate(&empty, &request).decision, Decision::ImplicitDeny);
}

#[test]
fn a_trust_policy_names_accounts_roles_and_services() {
    // A trusted account must allow its users as well.
    let identity = [policy(json!({"Effect": "Allow", "Action": "sts:*", "Resource": "*"}))];
    let trust = |principal: Value| {
        let policy = [policy(json!({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}))];
        let identity = &identity;
        move |caller: &str| {
            let none = Context::new();
            let request = Request { action: "sts:AssumeRole", resource: "*", principal: Some(caller), context: &none };
            let set = AttachedPolicies { identity, resource: &policy, ..AttachedPolicies::default() };
            evaluate(&set, &request).decision == Decision::Allowed
        }
    };
    let user = "arn:aws:iam::111111111111:user/sandbox";
    assert!(trust(json!("*"))(user));
    assert!(trust(json!({"AWS": "111111111111"}))(user));
    assert!(trust(json!({"AWS": ["arn:aws:iam::111111111111:root"]}))(user));
    assert!(!trust(json!({"AWS": "arn:aws:iam::222222222222:root"}))(user));
    assert!(!trust(json!({"Service": "lambda.amazonaws.com"}))(user));
    let role = trust(json!({"AWS": "arn:aws:iam::111111111111:role/ci/Deploy"}));
    assert!(
        role("arn:aws:sts::111111111111:assumed-role/Deploy/run-1")
            && !role("arn:aws:sts::111111111111:assumed-role/Other/run-1")
    );
}

#[test]
fn operators_compare_as_their_names_say() {
    let holds =
        |operator: &str, wanted: &str, given: &str| condition(json!({operator: {"k": wanted}}), &[("k", &[given])]);
    for (operator, wanted, given) in [
        ("StringEquals", "a", "a"),
        ("StringNotEquals", "a", "b"),
        ("StringEqualsIgnoreCase", "A", "a"),
        ("StringLike", "a*", "abc"),
        ("StringNotLike", "a*", "b"),
        ("ArnLike", "arn:aws:iam::1:role/*", "arn:aws:iam::1:role/x"),
        ("ArnNotEquals", "arn:aws:iam::1:role/x", "arn:aws:iam::1:role/y"),
        ("NumericLessThanEquals", "10", "9.5"),
        ("NumericGreaterThan", "10", "11"),
        ("DateLessThan", "2026-01-01", "2025-12-31T23:59:59Z"),
        ("Bool", "true", "True"),
        ("IpAddress", "203.0.113.0/24", "203.0.113.9"),
        ("NotIpAddress", "203.0.113.0/24", "198.51.100.1"),
        ("IpAddress", "2001:db8::/32", "2001:db8::1"),
        ("Null", "false", "x"),
    ] {
        assert!(holds(operator, wanted, given), "{operator} {wanted} {given}");
    }
    for (operator, wanted, given) in [
        ("StringEquals", "a", "A"),
        ("StringLike", "a?", "a"),
        ("ArnEquals", "arn:aws:iam::1:role/x", "arn:aws:iam::2:role/x"),
        ("NumericEquals", "10", "ten"),
        ("Bool", "true", "false"),
        ("IpAddress", "203.0.113.0/24", "203.0.114.1"),
        ("IpAddress", "203.0.113.7", "203.0.113.8"),
        ("Null", "true", "x"),
    ] {
        assert!(!holds(operator, wanted, given), "{operator} {wanted} {given}");
    }
}

#[test]
fn absent_keys_and_sets_of_values() {
    assert!(!condition(json!({"StringEquals": {"k": "a"}}), &[]));
    assert!(condition(json!({"StringNotEquals": {"k": "a"}}), &[]));
    assert!(condition(json!({"StringEqualsIfExists": {"k": "a"}}), &[]));
    assert!(condition(json!({"Null": {"k": "true"}}), &[]));
    assert!(condition(json!({"ForAllValues:StringEquals": {"k": ["a", "b"]}}), &[("k", &["a", "b"])]));
    assert!(!condition(json!({"ForAllValues:StringEquals": {"k": ["a"]}}), &[("k", &["a", "b"])]));
    assert!(condition(json!({"ForAllValues:StringEquals": {"k": ["a"]}}), &[]));
    assert!(condition(json!({"ForAnyValue:StringEquals": {"k": ["a"]}}), &[("k", &["a", "b"])]));
    assert!(!condition(json!({"ForAnyValue:StringEquals": {"k": ["a"]}}), &[]));
    assert!(!condition(json!({"StringNotEquals": {"k": ["a", "b"]}}), &[("k", &["b"])]));
    assert!(condition(json!({"StringEquals": {"AWS:RequestedRegion": "x"}}), &[("aws:requestedregion", &["x"])]));
}

#[test]
fn missing_keys_are_reported_where_they_could_matter() {
    let statements = json!([
        {"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::home/${aws:username}/*"},
        {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "false"}}},
        {"Effect": "Deny", "Action": "sqs:*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
    ]);
    let ask = |context: &Context| decide(statements.clone(), "s3:GetObject", "arn:aws:s3:::home/ann/x", context);
    let blind = ask(&Context::new());
    assert_eq!(blind.decision, Decision::ImplicitDeny);
    let missing: Vec<&str> = blind.missing_context.iter().map(String::as_str).collect();
    assert_eq!(missing, ["aws:MultiFactorAuthPresent", "aws:username"]);
    let ann = context(&[("aws:username", &["ann"]), ("aws:MultiFactorAuthPresent", &["true"])]);
    assert_eq!(ask(&ann).decision, Decision::Allowed);
    let bob = context(&[("aws:username", &["bob"]), ("aws:MultiFactorAuthPresent", &["true"])]);
    assert_eq!(ask(&bob).decision, Decision::ImplicitDeny);
}

#[test]
fn unsupported_elements_are_errors() {
    for statement in [
        json!({"Effect": "Allow", "Resource": "*"}),
        json!({"Effect": "allow", "Action": "*", "Resource": "*"}),
        json!({"Effect": "Allow", "Action": "*", "NotAction": "*", "Resource": "*"}),
        json!({"Effect": "Allow", "Action": {"a": 1}, "Resource": "*"}),
        json!({"Effect": "Allow", "Action": "*", "Ressource": "*"}),
        json!({"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringMatches": {"k": "v"}}}),
        json!("Allow"),
    ] {
        let error = Policy::parse(&json!({"Statement": [statement]})).unwrap_err();
        assert!(error.pointer.starts_with("/Statement/0"), "{error}");
    }
    assert!(Policy::parse(&json!("{")).is_err());
    assert!(Policy::parse(&json!({})).is_err());
    assert!(
        Policy::parse(&json!("{\"Statement\": {\"Effect\": \"Allow\", \"Action\": \"*\", \"Resource\": \"*\"}}"))
            .is_ok()
    );
}
