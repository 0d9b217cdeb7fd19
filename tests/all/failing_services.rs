//! The behavior of runs if AWS throttles or fails, or if something other than AWS responds.

use serde_json::Value;

use super::prices::Broken;
use super::support::{DEV, PROD, Server, User, messages, template};

/// Creates a user whose dev environment uses an endpoint, with keys for its account.
fn user_of(endpoint: &str) -> User {
    let user = User::of_aws()
        .with("AWS_ENDPOINT_URL", endpoint)
        .with("AWS_ACCESS_KEY_ID", DEV)
        .with("AWS_SECRET_ACCESS_KEY", "any");
    let environment = format!("dev: {{ account: \"{DEV}\", region: us-east-1 }}");
    user.write("stagegate.yaml", &format!("version: 1\nproject: p\nenvironments:\n  {environment}\n"));
    user
}

/// Creates a user whose endpoint is a served sandbox with faults.
fn served(flags: &[&str]) -> (User, Server, User) {
    let owner = User::of_sandbox();
    let server = owner.serve_with(flags);
    let user = user_of(&server.endpoint);
    (owner, server, user)
}

fn hints(document: &Value) -> String {
    let diagnostics = document["diagnostics"].as_array().expect("diagnostics are a list");
    diagnostics.iter().filter_map(|one| one["hint"].as_str()).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_throttled_tag_audit_reports_it_with_a_hint() {
    // The tagging API has a different error code than Cloud Control.
    let (_owner, _server, user) = served(&["--fail", "GetResources=ThrottledException"]);
    let document = user.json(&["tag-audit", "--env", "dev", "--timeout", "1s"], 1);
    assert!(messages(&document).contains("aws-throttled"), "{document}");
    assert!(hints(&document).contains("run the command again later"), "{document}");
    assert_eq!(document["api_calls"]["tagging.GetResources"], 1, "{document}");
}

#[test]
fn a_throttled_listing_is_reported_as_a_gap_with_its_reason() {
    let (_owner, _server, user) = served(&["--fail", "ListResources=ThrottlingException"]);
    let arguments =
        ["tag-audit", "--type", "AWS::SQS::Queue", "--type", "AWS::SNS::Topic", "--env", "dev", "--timeout", "1s"];
    let document = user.json(&arguments, 2);
    let gaps = document["body"]["gaps"].as_array().expect("gaps are a list");
    assert_eq!(gaps.len(), 2, "{document}");
    let reasons: Vec<&str> = gaps.iter().filter_map(|gap| gap["reason"].as_str()).collect();
    assert!(reasons.iter().all(|reason| reason.contains("throttled") && reason.contains("again later")), "{reasons:?}");
}

#[test]
fn an_account_with_a_low_rate_limit_is_read_completely() {
    let types = ["AWS::SQS::Queue", "AWS::SNS::Topic", "AWS::S3::Bucket", "AWS::Logs::LogGroup", "AWS::KMS::Key"];
    let (_owner, _server, user) = served(&["--throttle", "ListResources=2/s"]);
    let arguments: Vec<&str> =
        ["tag-audit", "--env", "dev"].into_iter().chain(types.into_iter().flat_map(|name| ["--type", name])).collect();
    let document = user.json(&arguments, 0);
    assert_eq!(document["body"]["coverage"]["types_listed"], types.len(), "{document}");
    assert_eq!(
        document["api_calls"]["cloudcontrol.ListResources"],
        types.len(),
        "a call is counted once, independently of retries"
    );
}

#[test]
fn a_transient_failure_of_the_tagging_api_is_not_an_error() {
    let (_owner, _server, user) = served(&["--fail", "GetResources=InternalServiceException*2"]);
    let document = user.json(&["tag-audit", "--type", "AWS::SQS::Queue", "--env", "dev"], 0);
    let number = |key: &str, operation: &str| document[key][operation].as_u64().unwrap_or_default();
    let (calls, attempts) = ("api_calls", "api_attempts");
    assert_eq!(number(attempts, "tagging.GetResources"), number(calls, "tagging.GetResources") + 2, "{document}");
    assert_eq!(number(attempts, "sts.GetCallerIdentity"), number(calls, "sts.GetCallerIdentity"), "{document}");
    let (_owner, _server, user) = served(&["--fail", "GetResources=InternalServiceException"]);
    let document = user.json(&["tag-audit", "--type", "AWS::SQS::Queue", "--env", "dev"], 1);
    assert!(messages(&document).contains("aws-busy") && !hints(&document).is_empty(), "{document}");
}

#[test]
fn the_circuit_breaker_stops_calls_to_a_failing_service() {
    let (_owner, _server, user) = served(&["--fail", "ListResources=InternalFailure"]);
    let document = user.json(&["tag-audit", "--env", "dev"], 2);
    let gaps = document["body"]["gaps"].as_array().expect("gaps are a list");
    let unasked =
        gaps.iter().filter(|gap| gap["reason"].as_str().is_some_and(|reason| reason.starts_with("not called")));
    assert!(unasked.count() > 500, "{} gaps", gaps.len());
    assert!(document["api_calls"]["cloudcontrol.ListResources"].as_u64().unwrap() < 100, "{}", document["api_calls"]);
}

#[test]
fn failures_of_sts_are_distinguished_from_invalid_credentials() {
    for (rule, code, says) in [
        ("GetCallerIdentity=ThrottlingException", 1, "aws-throttled"),
        ("GetCallerIdentity=ServiceUnavailable", 1, "aws-busy"),
        ("GetCallerIdentity=ExpiredTokenException", 6, "aws-credentials"),
        ("GetCallerIdentity=InvalidClientTokenId", 6, "aws-credentials"),
    ] {
        let (_owner, _server, user) = served(&["--fail", rule]);
        let document = user.json(&["context", "--env", "dev", "--timeout", "1s"], code);
        assert!(messages(&document).contains(says), "{rule}: {document}");
    }
    let closed = user_of("http://127.0.0.1:1").json(&["context", "--env", "dev"], 1);
    assert!(messages(&closed).contains("aws-no-answer"), "{closed}");
}

#[test]
fn a_web_page_of_a_proxy_is_reported_and_not_printed() {
    for status in ["200 OK", "403 Forbidden", "503 Service Unavailable"] {
        let page = "<!DOCTYPE html><html><body>Please sign in to the guest network</body></html>";
        let server = Broken::answer(status, page);
        let document = user_of(&server.endpoint).json(&["tag-audit", "--env", "dev"], 1);
        let said = messages(&document);
        assert!(said.contains("received a web page (HTTP ") && !said.contains("guest network"), "{said}");
    }
}

#[test]
fn an_empty_response_is_not_an_empty_account() {
    // The response to every request is `{}`.
    let server = Broken::answer("200 OK", "{}");
    let document = user_of(&server.endpoint).json(&["tag-audit", "--env", "dev"], 1);
    assert!(messages(&document).contains("aws-malformed-answer"), "{document}");
}

#[test]
fn sts_is_called_once_per_run_and_not_for_each_write() {
    let user = User::of_sandbox();
    let created = user.approve(&["create", "-f", &template("sqs-with-dlq.yaml")]);
    let calls = &created["api_calls"];
    assert!(calls["cloudcontrol.CreateResource"].as_u64().unwrap() >= 2, "{calls}");
    // One call at the start, and another one if the run takes more than a minute.
    assert!(calls["sts.GetCallerIdentity"].as_u64().unwrap() <= 2, "{calls}");
}

#[test]
fn accounts_that_nobody_confirmed_are_not_said_to_be_different() {
    let user = User::of_accounts("http://127.0.0.1:1", "p", DEV, PROD);
    let run = user.run(&["context"]).expect(1);
    assert!(run.stdout.contains("? different accounts (configured, not confirmed)"), "{run}");
    assert!(!run.stdout.contains("✓ different accounts"), "{run}");
    for environment in ["dev", "prod"] {
        assert!(run.stderr.contains(&format!("{environment}: sts.GetCallerIdentity: no connection")), "{run}");
    }
}
