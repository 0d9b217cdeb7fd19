//! An estate of 10,000 resources in accounts that allow 25 calls a second and throttle 2 % of the calls at random, as whole
//! processes: `cargo bench --bench throttled`. Takes about ten minutes.
//!
//! Prints the time of `drift` and `tag-audit` as a ratio to what the limit allows, the attempts as a ratio to the needed calls,
//! and the memory; and that one type whose reads are always throttled costs only itself. Fails when a target is missed.
#![allow(missing_docs, clippy::print_stdout, clippy::unwrap_used)]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};

use serde_json::Value;

const RESOURCES: u32 = 10_000;
/// Calls per second and account.
const RATE: f64 = 25.0;
/// The time may be this many times what the limit allows.
const TIME: f64 = 1.3;
/// Attempts may be this many times the needed calls.
const ATTEMPTS: f64 = 1.1;
/// Memory, in megabytes.
const MEMORY: f64 = 200.0;
const ACCOUNTS: [&str; 2] = ["111111111111", "222222222222"];
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
        let alone = run(folder.path(), &Server::start(folder.path(), &[]), command);
        let server = Server::start(folder.path(), &["--throttle", &throttle, "--fail", "*=ThrottlingException%2"]);
        let limited = run(folder.path(), &server, command);
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
    let alone = run(folder.path(), &Server::start(folder.path(), &[]), "drift");
    let rule = format!("{THROTTLED}/GetResource=ThrottlingException");
    let without = run(folder.path(), &Server::start(folder.path(), &["--fail", &rule]), "drift");
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

/// The result of one process.
struct Finished {
    document: Value,
    seconds: f64,
    megabytes: f64,
}

impl Finished {
    fn body(&self) -> &Value {
        &self.document["body"]
    }

    fn total(&self, key: &str) -> f64 {
        self.document[key].as_object().unwrap().values().filter_map(Value::as_f64).sum()
    }

    /// The calls of the account with more of them, by the identifiers in the report.
    fn most_calls_of_an_account(&self) -> f64 {
        let rows = self.document["body"]["resources"].as_array().unwrap();
        let count = |in_account: &dyn Fn(&Value) -> bool| rows.iter().filter(|row| in_account(row)).count();
        let counts = match rows.first().is_some_and(|row| row.get("environment").is_some()) {
            true => ["dev", "prod"].map(|name| count(&|row| row["environment"] == name)),
            false => ["dev", "prod"].map(|side| count(&|row| !row[side].is_null())),
        };
        // Calls that are not reads of a reported resource are those of both accounts alike.
        let others = self.total("api_calls") - counts.iter().sum::<usize>() as f64;
        *counts.iter().max().unwrap() as f64 + others / 2.0
    }

    /// The rows of all types but one.
    fn rows(&self, but: &str) -> Vec<&Value> {
        self.document["body"]["resources"].as_array().unwrap().iter().filter(|row| row["type"] != but).collect()
    }
}

/// Runs a command and reads its document, time and peak memory.
fn run(folder: &Path, server: &Server, command: &str) -> Finished {
    let all = if command == "tag-audit" { &["--list-compliant"][..] } else { &[] };
    let output = stagegate(folder, &[command, "--json"])
        .args(all)
        .env_remove("STAGEGATE_SANDBOX")
        .env("AWS_ENDPOINT_URL", &server.address)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let status = format!("/proc/{}/status", output.id());
    let began = std::time::Instant::now();
    let reader = std::thread::spawn(move || output.wait_with_output().unwrap());
    let mut peak = 0.0_f64;
    while !reader.is_finished() {
        if let Ok(text) = std::fs::read_to_string(&status)
            && let Some(line) = text.lines().find(|line| line.starts_with("VmHWM:"))
        {
            peak = peak.max(line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).unwrap_or(0.0));
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let seconds = began.elapsed().as_secs_f64();
    let output = reader.join().unwrap();
    let document = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{command}: {error}"));
    Finished { document, seconds, megabytes: peak / 1024.0 }
}

fn configure(folder: &Path) {
    let profile = |name: &str, account: &str| {
        format!("[profile {name}]\naws_access_key_id = {account}\naws_secret_access_key = any\nregion = us-east-1\n")
    };
    std::fs::write(folder.join("aws"), profile("d", ACCOUNTS[0]) + &profile("p", ACCOUNTS[1])).unwrap();
    let [dev, prod] = ACCOUNTS;
    let project = format!(
        "version: 1\nproject: shop\nenvironments:\n  dev: {{ profile: d, account: \"{dev}\", region: us-east-1 }}\n  \
         prod: {{ profile: p, account: \"{prod}\", region: us-east-1, protected: true }}\n"
    );
    std::fs::write(folder.join("stagegate.yaml"), project).unwrap();
}

fn stagegate(folder: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stagegate"));
    command.args(words).current_dir(folder).env_clear().env("HOME", folder);
    command.env("STAGEGATE_SANDBOX", folder.join("sandbox")).env("AWS_CONFIG_FILE", folder.join("aws"));
    command
}

/// The sandbox on a port, until it is dropped.
struct Server {
    child: Child,
    address: String,
}

impl Server {
    fn start(folder: &Path, flags: &[&str]) -> Self {
        let mut command = stagegate(folder, &["sandbox", "serve", "--port", "0"]);
        let mut child = command.args(flags).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { child, address: line.trim().to_owned() }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
