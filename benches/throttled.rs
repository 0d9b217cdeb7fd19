//! An estate of 10,000 resources in accounts that allow 25 calls a second and throttle 2 % of the calls at random, as whole
//! processes: `cargo bench --bench throttled`. Takes about ten minutes.
//!
//! Prints the time of `drift` and `tag-audit` as a ratio to what the limit allows, the attempts as a ratio to the needed calls,
//! and the memory; and that one type whose reads are always throttled costs only itself. Fails when a target is missed.
#![allow(missing_docs, clippy::print_stdout, clippy::unwrap_used)]

mod processes;

use std::process::ExitCode;

use processes::{Server, configure, run, stagegate};

const RESOURCES: u32 = 10_000;
/// Calls per second and account.
const RATE: f64 = 25.0;
/// The time may be this many times what the limit allows.
const TIME: f64 = 1.3;
/// Attempts may be this many times the needed calls.
const ATTEMPTS: f64 = 1.1;
/// Memory, in megabytes.
const MEMORY: f64 = 200.0;
/// Types that the seeded estate has in both accounts.
const THROTTLED: &str = "AWS::SQS::Queue";

fn main() -> ExitCode {
    let folder = tempfile::tempdir().unwrap();
    configure(folder.path());
    let seed = ["sandbox", "seed", "--resources", &RESOURCES.to_string()];
    assert!(stagegate(folder.path(), &seed).output().unwrap().status.success());
    println!("{RESOURCES} resources, {RATE} calls a second and account, 2 % of the calls throttled at random\n");
    let mut is_good = true;
    let mut held = |what: &str, figure: String, is_held: bool| {
        is_good &= is_held;
        println!("{what:<60} {figure:>24}   {}", if is_held { "held" } else { "MISSED" });
    };
    let throttle = format!("{RATE}/s");
    for command in ["drift", "tag-audit"] {
        let alone = run(folder.path(), &Server::start(folder.path(), &[]), &[command]);
        let server = Server::start(folder.path(), &["--throttle", &throttle, "--fail", "*=ThrottlingException%2"]);
        let limited = run(folder.path(), &server, &[command]);
        assert_eq!(limited.body(), alone.body(), "{command} reports the same");
        let floor = alone.most_calls_of_an_account() / RATE;
        let ratio = limited.seconds / floor;
        held(
            &format!("{command}: time to what the limit allows, at most {TIME}"),
            format!("{:.0} s / {floor:.0} s = {ratio:.2}", limited.seconds),
            ratio <= TIME,
        );
        let ratio = limited.total("api_attempts") / alone.total("api_calls");
        held(
            &format!("{command}: attempts to needed calls, at most {ATTEMPTS}"),
            format!("{ratio:.3}"),
            ratio <= ATTEMPTS,
        );
        let memory = limited.megabytes;
        held(&format!("{command}: memory, under {MEMORY} MB"), format!("{memory:.0} MB"), memory < MEMORY);
    }
    let alone = run(folder.path(), &Server::start(folder.path(), &[]), &["drift"]);
    let rule = format!("{THROTTLED}/GetResource=ThrottlingException");
    let without = run(folder.path(), &Server::start(folder.path(), &["--fail", &rule]), &["drift"]);
    let (rows, others) = (alone.rows(THROTTLED).len(), without.rows(THROTTLED));
    // What refers to an unreadable resource cannot be compared completely, and says so.
    let count = |status: &str| others.iter().filter(|row| row["status"] == status).count();
    let (unreadable, unclear) = (count("unreadable"), count("needs_review"));
    held(
        &format!("drift: rows of other types while {THROTTLED} is throttled"),
        format!("{} of {rows}, {unclear} to review", others.len()),
        others.len() == rows && unreadable == 0,
    );
    if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
