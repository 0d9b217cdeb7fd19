//! Snapshots of JSON documents, with a fixed clock and without folders and durations. Review changes with
//! `git diff` after `INSTA_UPDATE=always cargo test snapshots`.

use super::support::User;

const THEN: &str = "2026-11-20T09:00:00Z";

fn user() -> User {
    let user = User::of_sandbox().with("STAGEGATE_TEST_NOW", THEN);
    std::os::unix::fs::symlink(format!("{}/templates", env!("CARGO_MANIFEST_DIR")), user.folder().join("templates"))
        .unwrap();
    user
}

macro_rules! snapshot {
    ($name:literal, $document:expr) => {
        insta::assert_json_snapshot!($name, $document, {
            ".elapsed_ms" => 0,
            // The number of status requests depends on the speed of the machine.
            ".api_calls[\"cloudcontrol.GetResourceRequestStatus\"]" => "(count)",
            // So does how often the account is confirmed: once a minute while writing.
            ".api_calls[\"sts.GetCallerIdentity\"]" => "(confirmations)",
            // And whether a price is queried again after two seconds without an answer.
            ".api_calls[\"pricing.GetProducts\"]" => "(count)",
            ".api_attempts[\"pricing.GetProducts\"]" => "(count)",
            ".api_attempts[\"cloudcontrol.GetResourceRequestStatus\"]" => "(count)",
            ".api_attempts[\"sts.GetCallerIdentity\"]" => "(confirmations)",
            ".body.applied[].elapsed_ms" => 0,
            ".body.applied[].request_token" => "(token)",
        });
    };
}

#[test]
fn commands_that_read() {
    let user = user();
    snapshot!("context", user.json(&["context"], 0));
    snapshot!("estimate", user.json(&["estimate", "-f", "templates/rds-postgres.yaml"], 0));
    user.write(
        "open.yaml",
        "Type: AWS::S3::Bucket\nProperties:\n  BucketName: open-dev\n  AccessControl: PublicRead\n",
    );
    snapshot!("scan-findings", user.json(&["scan", "-f", "open.yaml"], 2));
    snapshot!("usage-error", user.json(&["drift", "--nope"], 64));
}

#[test]
fn commands_that_write() {
    let user = user();
    snapshot!("create", user.json(&["create", "-f", "templates/sqs-with-dlq.yaml"], 0));
    let queue = "https://sqs.us-east-1.amazonaws.com/111111111111/sandbox-jobs-dev";
    let promote = ["promote", "AWS::SQS::Queue", queue, "--with-dependencies"];
    let plan = user.json(&promote, 3);
    snapshot!("promote-plan", plan);
    let digest = plan["body"]["plan"]["digest"].as_str().unwrap();
    let applied = user.json(&[promote.as_slice(), &["--approve", digest]].concat(), 0);
    snapshot!("promote-applied", applied["body"]["promotion"]);
    snapshot!("drift-synced", user.json(&["drift"], 0));
    snapshot!("tag-audit", user.json(&["tag-audit", "--type", "AWS::SQS::Queue", "--list-compliant"], 0));
}
