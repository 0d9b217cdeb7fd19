//! A large estate in the sandbox: how long it takes to make it and to list it page by page, in whole processes:
//! `cargo bench --bench large_estate`. Numbers are this machine's; the ratios are what counts.
#![allow(missing_docs, clippy::print_stdout, clippy::unwrap_used)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

const SMALL: u32 = 1_000;
const LARGE: u32 = 10_000;
const SEEDING: Duration = Duration::from_secs(10);
const PAGE: Duration = Duration::from_millis(5);
/// Ten times the resources may take this many times as long to make.
const SEEDING_RATIO: f64 = 14.0;
/// The last full page of a list may take this many times as long as the first one.
const PAGE_RATIO: f64 = 2.0;
/// How often each list is read.
const ROUNDS: usize = 9;

const TYPES: [&str; 3] = ["AWS::SQS::Queue", "AWS::Lambda::Function", "AWS::CloudWatch::Alarm"];

fn main() -> ExitCode {
    println!("{SMALL} and {LARGE} resources, whole processes; pages of 100, median (fastest in brackets)\n");
    let small = seeded(SMALL).1;
    let (folder, seeding) = seeded(LARGE);
    let mut is_good = true;
    let mut held = |what: &str, figure: String, target: String, is_held: bool| {
        is_good &= is_held;
        println!("{what:<40} {figure:>22}   {target}: {}", if is_held { "held" } else { "MISSED" });
    };
    let milliseconds = |time: Duration| format!("{:.1} ms", time.as_secs_f64() * 1000.0);
    let ratio = |one: Duration, other: Duration| one.as_secs_f64() / other.as_secs_f64();
    held("seeding", milliseconds(seeding), format!("under {SEEDING:?}"), seeding < SEEDING);
    let times = ratio(seeding, small);
    held("  large to small", format!("{times:.1}"), format!("at most {SEEDING_RATIO}"), times <= SEEDING_RATIO);
    let server = Server::start(folder.path());
    for type_name in TYPES {
        let rounds: Vec<Vec<Duration>> = (0..ROUNDS).map(|_| server.full_pages(type_name)).collect();
        let all = sorted(rounds.iter().flatten());
        let shown = format!("{} ({})", milliseconds(median(&all)), milliseconds(all[0]));
        held(&format!("page of {type_name}"), shown, format!("under {PAGE:?}"), median(&all) < PAGE);
        let first = sorted(rounds.iter().filter_map(|pages| pages.first()));
        let last = sorted(rounds.iter().filter_map(|pages| pages.last()));
        let times = ratio(median(&last), median(&first));
        let of = rounds[0].len();
        held(
            &format!("  page {of} to page 1"),
            format!("{times:.1}"),
            format!("at most {PAGE_RATIO}"),
            times <= PAGE_RATIO,
        );
    }
    if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn sorted<'a>(times: impl Iterator<Item = &'a Duration>) -> Vec<Duration> {
    let mut times: Vec<Duration> = times.copied().collect();
    times.sort_unstable();
    times
}

fn median(sorted: &[Duration]) -> Duration {
    sorted[sorted.len() / 2]
}

/// Makes an estate of so many resources; its folder and the time it took.
fn seeded(resources: u32) -> (tempfile::TempDir, Duration) {
    let folder = tempfile::tempdir().unwrap();
    let began = Instant::now();
    let seeded = stagegate(folder.path()).args(["seed", "--resources", &resources.to_string()]).output().unwrap();
    let seeding = began.elapsed();
    assert!(seeded.status.success(), "{}", String::from_utf8_lossy(&seeded.stderr));
    (folder, seeding)
}

fn stagegate(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stagegate"));
    command.current_dir(folder).env_clear().env("HOME", folder).env("STAGEGATE_SANDBOX", folder.join("sandbox"));
    command.arg("sandbox").stdin(Stdio::null());
    command
}

/// The sandbox on a port, until it is dropped.
struct Server {
    child: Child,
    address: String,
}

impl Server {
    fn start(folder: &Path) -> Self {
        let mut command = stagegate(folder);
        command.args(["serve", "--port", "0"]).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("http://").unwrap().to_owned();
        Self { child, address }
    }

    /// The times of all full pages of a list.
    fn full_pages(&self, type_name: &str) -> Vec<Duration> {
        let (mut next, mut times) = (Value::Null, Vec::new());
        loop {
            let mut input = json!({"TypeName": type_name, "MaxResults": 100});
            if !next.is_null() {
                input["NextToken"] = next;
            }
            let began = Instant::now();
            let answer = self.list(&input);
            let took = began.elapsed();
            if answer["ResourceDescriptions"].as_array().unwrap().len() == 100 {
                times.push(took);
            }
            next = answer["NextToken"].clone();
            if next.is_null() {
                assert!(times.len() > 1, "{type_name} fills {} pages", times.len());
                return times;
            }
        }
    }

    fn list(&self, input: &Value) -> Value {
        let body = input.to_string();
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(
            stream,
            "POST / HTTP/1.1\r\nhost: sandbox\r\nconnection: close\r\nx-amz-target: CloudApiService.ListResources\r\n\
             content-type: application/x-amz-json-1.0\r\ncontent-length: {}\r\nauthorization: AWS4-HMAC-SHA256 \
             Credential=111111111111/20261120/us-east-1/cloudcontrolapi/aws4_request, SignedHeaders=host, Signature=0\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
