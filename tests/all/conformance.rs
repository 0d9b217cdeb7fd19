//! Every operation that the sandbox offers, driven by boto3 with its answers held against AWS's own
//! service models: see `tests/python/conformance`.

use super::support::{DEV, Server, User};

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
fn prices_bills_and_types() {
    let user = User::of_sandbox();
    conform(&user.serve(), &user, "money.py", &[]);
}
