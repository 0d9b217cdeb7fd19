//! All operations of the sandbox, called with boto3 and verified against the AWS service models: see `tests/python/conformance`.

use std::time::{Duration, Instant};

use serde_json::json;

use super::support::{DEV, Server, User, call};

fn conform(server: &Server, user: &User, script: &str, arguments: &[&str]) {
    user.python(&format!("conformance/{script}"), server, DEV, arguments).expect(0);
}

#[test]
fn iam_sts_and_the_simulator() {
    let user = User::of_sandbox();
    conform(&user.serve(), &user, "iam.py", &[]);
    conform(&user.serve_with(&["--enforce-permissions"]), &user, "iam.py", &["enforced"]);
}

#[test]
fn checks_of_policies() {
    let user = User::of_sandbox();
    conform(&user.serve(), &user, "analyzer.py", &[]);
}

#[test]
fn prices_bills_and_types() {
    let user = user_with_a_clock();
    conform(&user.serve(), &user, "money.py", &[]);
}

#[test]
fn indexes() {
    let user = user_with_a_clock();
    conform(&user.serve(), &user, "indexes.py", &[]);
}

#[test]
fn stored_values() {
    let user = user_with_a_clock();
    conform(&user.serve(), &user, "stored.py", &[]);
}

#[test]
fn the_lifecycle_of_resources_of_181_types() {
    let user = User::of_sandbox();
    conform(&user.serve(), &user, "forms.py", &[]);
    conform(&user.serve(), &user, "lives.py", &[]);
}

/// Creates a user of a sandbox with a stopped clock, which the scripts advance.
fn user_with_a_clock() -> User {
    let user = User::of_sandbox();
    let clock = user.write("clock", "1795167000000");
    user.with("STAGEGATE_TEST_SANDBOX_CLOCK", clock.to_str().unwrap())
}

#[test]
fn every_operation_and_its_errors() {
    let user = User::of_sandbox();
    conform(&user.serve(), &user, "control.py", &["operations"]);
}

#[test]
fn a_request_in_progress_is_reported_blocks_others_and_can_be_canceled() {
    let user = user_with_a_clock();
    conform(&user.serve(), &user, "control.py", &["requests"]);
}

#[test]
fn every_error_can_be_injected() {
    let user = User::of_sandbox();
    let plain = user.serve();
    let rules = user.python("conformance/control.py", &plain, DEV, &["rules"]).expect(0).stdout;
    let flags: Vec<&str> = rules.lines().flat_map(|rule| ["--fail", rule]).collect();
    conform(&user.serve_with(&flags), &user, "control.py", &["injected"]);
    let user = user_with_a_clock();
    for limit in ["5/s", "ListResourceRequests=5/s"] {
        conform(&user.serve_with(&["--throttle", limit]), &user, "control.py", &["throttled"]);
    }
}

#[test]
fn tag_changes_can_be_delayed() {
    let user = user_with_a_clock();
    conform(&user.serve_with(&["--tag-delay", "2s"]), &user, "control.py", &["late"]);
}

#[test]
fn responses_can_be_delayed() {
    let user = User::of_sandbox();
    // A minimum duration, independent of the speed of the machine.
    for latency in [
        ["--latency", "300ms", "--latency", "GetResource=5ms"],
        ["--latency", "ListResources=300ms", "--latency", "5ms"],
    ] {
        let server = user.serve_with(&latency);
        let began = Instant::now();
        let list = json!({"TypeName": "AWS::SQS::Queue"});
        call(&server.endpoint, "cloudcontrolapi", "CloudApiService.ListResources", &list).unwrap();
        assert!(began.elapsed() >= Duration::from_millis(300), "{latency:?}: {:?}", began.elapsed());
    }
    for wrong in ["--latency=soon", "--latency=GetResource=soon", "--throttle=0", "--fail=GetResource"] {
        user.run(&["sandbox", "serve", "--port", "0", wrong]).expect(64);
    }
}
