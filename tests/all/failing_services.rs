//! What a run says and does when AWS throttles, fails, or is not AWS at all.

use serde_json::Value;

use super::prices::Broken;
use super::support::{DEV, Server, User, messages, template};

/// A user whose dev environment is behind an endpoint, with keys for its account.
fn user_of(endpoint: &str) -> User {
    let user = User::of_aws()
        .with("AWS_ENDPOINT_URL", endpoint)
        .with("AWS_ACCESS_KEY_ID", DEV)
        .with("AWS_SECRET_ACCESS_KEY", "any");
    let environment = format!("dev: {{ account: \"{DEV}\", region: us-east-1 }}");
    user.write("stagegate.yaml", &format!("version: 1\nproject: p\nenvironments:\n  {environment}\n"));
    user
}

/// The same with the sandbox behind the endpoint, under bad conditions.
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
fn a_throttled_tag_audit_says_so_and_what_to_do() {
    // The code of the Tagging API is another than Cloud Control's.
    let (_owner, _server, user) = served(&["--fail", "GetResources=ThrottledException"]);
    let document = user.json(&["tag-audit", "--env", "dev", "--timeout", "1s"], 1);
    assert!(messages(&document).contains("aws-throttled"), "{document}");
    assert!(hints(&document).contains("run the command again later"), "{document}");
    assert_eq!(document["api_calls"]["tagging.GetResources"], 1, "{document}");
}

#[test]
fn a_throttled_listing_is_a_gap_with_its_reason() {
    let (_owner, _server, user) = served(&["--fail", "ListResources=ThrottlingException"]);
    let arguments =
        ["tag-audit", "--type", "AWS::SQS::Queue", "--type", "AWS::SNS::Topic", "--env", "dev", "--timeout", "1s"];
    let document = user.json(&arguments, 2);
    let gaps = document["body"]["gaps"].as_array().expect("gaps are a list");
    assert_eq!(gaps.len(), 2, "{document}");
    let reasons: Vec<&str> = gaps.iter().filter_map(|gap| gap["reason"].as_str()).collect();
    assert!(reasons.iter().all(|reason| reason.contains("throttles") && reason.contains("again later")), "{reasons:?}");
}

#[test]
fn a_slow_account_is_read_to_the_end() {
    let types = ["AWS::SQS::Queue", "AWS::SNS::Topic", "AWS::S3::Bucket", "AWS::Logs::LogGroup", "AWS::KMS::Key"];
    let (_owner, _server, user) = served(&["--throttle", "ListResources=2/s"]);
    let arguments: Vec<&str> =
        ["tag-audit", "--env", "dev"].into_iter().chain(types.into_iter().flat_map(|name| ["--type", name])).collect();
    let document = user.json(&arguments, 0);
    assert_eq!(document["body"]["coverage"]["types_listed"], types.len(), "{document}");
    assert_eq!(
        document["api_calls"]["cloudcontrol.ListResources"],
        types.len(),
        "a call is one however often it is sent"
    );
}

#[test]
fn a_passing_fault_of_the_tagging_api_is_not_an_error() {
    let (_owner, _server, user) = served(&["--fail", "GetResources=InternalServiceException*2"]);
    user.json(&["tag-audit", "--type", "AWS::SQS::Queue", "--env", "dev"], 0);
    let (_owner, _server, user) = served(&["--fail", "GetResources=InternalServiceException"]);
    let document = user.json(&["tag-audit", "--type", "AWS::SQS::Queue", "--env", "dev"], 1);
    assert!(messages(&document).contains("aws-busy") && !hints(&document).is_empty(), "{document}");
}

#[test]
fn a_failing_service_is_not_asked_for_ever() {
    let (_owner, _server, user) = served(&["--fail", "ListResources=InternalFailure"]);
    let document = user.json(&["tag-audit", "--env", "dev"], 2);
    let gaps = document["body"]["gaps"].as_array().expect("gaps are a list");
    let unasked =
        gaps.iter().filter(|gap| gap["reason"].as_str().is_some_and(|reason| reason.starts_with("not asked")));
    assert!(unasked.count() > 500, "{} gaps", gaps.len());
    assert!(document["api_calls"]["cloudcontrol.ListResources"].as_u64().unwrap() < 100, "{}", document["api_calls"]);
}

#[test]
fn trouble_at_sts_is_told_from_bad_credentials() {
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
fn a_page_of_a_proxy_is_named_and_not_printed() {
    for status in ["200 OK", "403 Forbidden", "503 Service Unavailable"] {
        let page = "<!DOCTYPE html><html><body>Please sign in to the guest network</body></html>";
        let server = Broken::answer(status, page);
        let document = user_of(&server.endpoint).json(&["tag-audit", "--env", "dev"], 1);
        let said = messages(&document);
        assert!(said.contains("a web page came back (HTTP ") && !said.contains("guest network"), "{said}");
    }
}

#[test]
fn an_empty_answer_is_never_an_empty_account() {
    // STS is not asked for its XML here: the embedded answer to everything is `{}`.
    let server = Broken::answer("200 OK", "{}");
    let document = user_of(&server.endpoint).json(&["tag-audit", "--env", "dev"], 1);
    assert!(messages(&document).contains("aws-malformed-answer"), "{document}");
}

#[test]
fn sts_confirms_a_run_s_writes_and_not_each_of_them() {
    let user = User::of_sandbox();
    let created = user.approve(&["create", "-f", &template("sqs-with-dlq.yaml")]);
    let calls = &created["api_calls"];
    assert!(calls["cloudcontrol.CreateResource"].as_u64().unwrap() >= 2, "{calls}");
    // One at the start; a machine that takes a minute for this has STS asked again.
    assert!(calls["sts.GetCallerIdentity"].as_u64().unwrap() <= 2, "{calls}");
}
