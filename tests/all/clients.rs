//! The sandbox on a port, used by clients that are not ours.

use super::support::{DEV, User};

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
fn both_see_two_accounts() {
    stock("accounts");
}
