//! The served sandbox, used by third-party AWS clients.

use super::support::{DEV, User, template};

fn stock(scenario: &str) {
    let user = User::of_sandbox();
    let server = user.serve();
    user.python("stock_clients.py", &server, DEV, &[scenario]).expect(0);
}

#[test]
fn boto3_manages_a_bucket() {
    stock("bucket");
}

#[test]
fn the_aws_cli_manages_a_queue() {
    stock("queue");
}

#[test]
fn both_clients_see_two_accounts() {
    stock("accounts");
}

#[test]
fn both_clients_read_buckets_accounts_and_tasks() {
    stock("services");
}

#[test]
fn the_served_sandbox_stops_at_a_signal_and_keeps_its_state() {
    let user = User::of_sandbox();
    user.json(&["create", "-f", &template("s3-bucket.yaml")], 0);
    assert_eq!(user.serve().stop("INT"), Some(130));
    assert_eq!(user.serve().stop("TERM"), Some(143));
    let status = user.json(&["sandbox", "status"], 0);
    assert_eq!(status["body"]["accounts"][0]["resources"], 1, "{status}");
}
