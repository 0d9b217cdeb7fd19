//! Whole processes against a served sandbox, for benchmarks.
#![allow(dead_code, reason = "not every benchmark uses all of it")]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

const ACCOUNTS: [&str; 2] = ["111111111111", "222222222222"];

/// The result of one process.
pub struct Finished {
    /// The printed document.
    pub document: Value,
    /// Duration in seconds.
    pub seconds: f64,
    /// Peak memory in megabytes.
    pub megabytes: f64,
}

impl Finished {
    /// The body.
    pub fn body(&self) -> &Value {
        &self.document["body"]
    }

    /// The sum of the numbers of a member, such as `api_calls`.
    pub fn total(&self, key: &str) -> f64 {
        self.document[key].as_object().unwrap().values().filter_map(Value::as_f64).sum()
    }

    /// The calls of the account with more of them, by the identifiers in the report.
    pub fn most_calls_of_an_account(&self) -> f64 {
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
    pub fn rows(&self, but: &str) -> Vec<&Value> {
        self.document["body"]["resources"].as_array().unwrap().iter().filter(|row| row["type"] != but).collect()
    }
}

/// Runs a command and reads its document, time and peak memory.
pub fn run(folder: &Path, server: &Server, words: &[&str]) -> Finished {
    let all = if words.first() == Some(&"tag-audit") { &["--list-compliant"][..] } else { &[] };
    let output = stagegate(folder, words)
        .arg("--json")
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
    let reader = std::thread::spawn(move || (output.wait_with_output().unwrap(), began.elapsed()));
    let mut peak = 0.0_f64;
    while !reader.is_finished() {
        if let Ok(text) = std::fs::read_to_string(&status)
            && let Some(line) = text.lines().find(|line| line.starts_with("VmHWM:"))
        {
            peak = peak.max(line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).unwrap_or(0.0));
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let (output, elapsed) = reader.join().unwrap();
    let seconds = elapsed.as_secs_f64();
    let document = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{words:?}: {error}"));
    Finished { document, seconds, megabytes: peak / 1024.0 }
}

/// Writes the profiles and the project file.
pub fn configure(folder: &Path) {
    let profile = |name: &str, account: &str| {
        format!("[profile {name}]\naws_access_key_id = {account}\naws_secret_access_key = any\nregion = us-east-1\n")
    };
    std::fs::write(folder.join("aws"), profile("d", ACCOUNTS[0]) + &profile("p", ACCOUNTS[1])).unwrap();
    let [dev, prod] = ACCOUNTS;
    let project = format!(
        "version: 1\nproject: shop\nenvironments:\n  dev: {{ profile: d, account: \"{dev}\", region: us-east-1 }}\n  \
         prod: {{ profile: p, account: \"{prod}\", region: us-east-1, protected: true, allow_create: true }}\n"
    );
    std::fs::write(folder.join("stagegate.yaml"), project).unwrap();
}

/// The binary with the sandbox of a folder.
pub fn stagegate(folder: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stagegate"));
    command.args(words).current_dir(folder).env_clear().env("HOME", folder);
    command.env("STAGEGATE_SANDBOX", folder.join("sandbox")).env("AWS_CONFIG_FILE", folder.join("aws"));
    command
}

/// The sandbox on a port, until it is dropped.
pub struct Server {
    child: Child,
    /// Its address.
    pub address: String,
}

impl Server {
    /// Starts it with flags.
    pub fn start(folder: &Path, flags: &[&str]) -> Self {
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
