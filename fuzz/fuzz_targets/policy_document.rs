//! Any JSON, as an IAM policy: evaluation ends, an explicit deny wins, and without policies nothing is allowed.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use stagegate::iam::{AttachedPolicies, Context, Decision, Policy, Request, evaluate};

fuzz_target!(|text: &str| {
    let Ok(policy) = Policy::parse(&Value::String(text.to_owned())) else { return };
    let mut context = Context::default();
    context.insert("aws:RequestedRegion".to_owned(), vec!["eu-west-1".to_owned()]);
    let deny = serde_json::json!({"Version": "2012-10-17",
        "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}});
    let deny = Policy::parse(&deny).expect("a policy");
    for (action, resource) in
        [("s3:GetObject", "arn:aws:s3:::bucket/key"), ("sqs:SendMessage", "arn:aws:sqs:eu-west-1:111111111111:jobs")]
    {
        let request = Request { action, resource, principal: None, context: &context };
        let decide = |identity: &[Policy], boundary: Option<&[Policy]>| {
            evaluate(&AttachedPolicies { identity, boundary, ..AttachedPolicies::default() }, &request).decision
        };
        let alone = decide(std::slice::from_ref(&policy), None);
        assert_eq!(alone, decide(std::slice::from_ref(&policy), None));
        assert_eq!(decide(&[policy.clone(), deny.clone()], None), Decision::ExplicitDeny);
        assert_ne!(decide(std::slice::from_ref(&policy), Some(&[])), Decision::Allowed, "an empty boundary");
    }
});
