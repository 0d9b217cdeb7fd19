//! `inventory` of 10, 50 and 200 accounts with three Regions each, on a served sandbox that takes 100 ms for every response, as
//! whole processes: `cargo bench --bench inventory`.
//!
//! Prints the time and its ratio to what the latency allows: the calls that can only be made one after another. Fails when
//! ten accounts take five seconds or more, or when their ratio is too large. With more accounts, the processor decides.
#![allow(missing_docs, clippy::print_stdout, clippy::unwrap_used)]

mod processes;

use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

use processes::{Server, configure, run};
use serde_json::{Value, json};

const ACCOUNTS: [usize; 3] = [10, 50, 200];
const REGIONS: [&str; 3] = ["us-east-1", "eu-west-1", "ap-southeast-2"];
/// Buckets in each Region of each account.
const BUCKETS: usize = 8;
const LATENCY_SECONDS: f64 = 0.1;
/// Accounts that are read at the same time.
const AT_ONCE: usize = 64;
/// Concurrent reads in each Region.
const READS: f64 = 8.0;
/// Runs, of which the median counts.
const RUNS: usize = 5;
/// Seconds for ten accounts.
const TEN: f64 = 5.0;
/// The time may be this many times what the latency allows.
const RATIO: f64 = 1.5;

fn main() -> ExitCode {
    let mut is_good = true;
    for accounts in ACCOUNTS {
        let folder = tempfile::tempdir().unwrap();
        configure(folder.path());
        register(folder.path(), accounts);
        seed(folder.path(), accounts);
        let server = Server::start(folder.path(), &["--latency", "100ms"]);
        // AWS has answered before: the sandbox must not be measured while it starts.
        run(folder.path(), &server, &["inventory", "AWS::S3::Bucket", "--accounts", "Member0"]);
        let mut runs: Vec<_> =
            (0..RUNS).map(|_| run(folder.path(), &server, &["inventory", "AWS::S3::Bucket"])).collect();
        runs.sort_by(|one, other| one.seconds.total_cmp(&other.seconds));
        let found = runs.swap_remove(RUNS / 2);
        let rows = found.body()["resources"].as_array().unwrap().len();
        assert_eq!(rows, accounts * REGIONS.len() * BUCKETS, "every bucket once");
        // The caller's identity; then, for as many accounts as are read at once: the role, the list, and the reads.
        let rounds = accounts.div_ceil(AT_ONCE) as f64;
        let floor = LATENCY_SECONDS * (1.0 + rounds * (2.0 + (BUCKETS as f64 / READS).ceil()));
        let ratio = found.seconds / floor;
        let is_held = ratio <= RATIO && found.seconds < TEN;
        is_good &= is_held || accounts > 10;
        println!(
            "{accounts:>4} accounts, {rows:>5} buckets, {:>5} calls: {:>6.2} s / {floor:.2} s = {ratio:.2}   {}",
            found.total("api_calls"),
            found.seconds,
            match accounts {
                10 if is_held => "held",
                10 => "MISSED",
                // The sandbox and the command share the processor, which takes a part of a millisecond for each call.
                _ => "no target",
            }
        );
    }
    if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn id(number: usize) -> String {
    format!("3{number:011}")
}

/// Adds accounts to the project file; the dev account is not counted, because it has no buckets.
fn register(folder: &Path, accounts: usize) {
    let file = folder.join("stagegate.yaml");
    let mut text = std::fs::read_to_string(&file).unwrap();
    text.push_str("accounts:\n");
    for number in 0..accounts {
        let regions = REGIONS.join(", ");
        writeln!(text, "  - {{ name: Member{number}, account: \"{}\", regions: [{regions}] }}", id(number)).unwrap();
    }
    std::fs::write(file, text).unwrap();
}

fn seed(folder: &Path, accounts: usize) {
    let options = stagegate::sandbox::SandboxOptions::new(folder.join("sandbox"), Vec::new());
    let sandbox = stagegate::sandbox::Sandbox::open(options).unwrap();
    for number in 0..accounts {
        let account = id(number);
        for region in REGIONS {
            let bucket = |at: usize| -> (String, Value) {
                ("AWS::S3::Bucket".to_owned(), json!({"BucketName": format!("files-{account}-{region}-{at}")}))
            };
            sandbox.seed(&account, region, (0..BUCKETS).map(bucket)).unwrap();
        }
    }
}
