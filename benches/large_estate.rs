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
/// Ten times the resources may take this many times as long to make, and a page of them to list.
const SEEDING_RATIO: f64 = 14.0;
const PAGE_RATIO: f64 = 2.0;

const TYPES: [&str; 3] = ["AWS::SQS::Queue", "AWS::Lambda::Function", "AWS::CloudWatch::Alarm"];

fn main() -> ExitCode {
    println!("{SMALL} and {LARGE} resources, whole processes; pages of 100, median (fastest in brackets)\n");
    let (small_seeding, small_pages) = estate(SMALL);
    let (seeding, pages) = estate(LARGE);
    let mut is_good = true;
    let mut held = |what: &str, figure: String, target: String, is_held: bool| {
        is_good &= is_held;
        println!("{what:<48} {figure:>22}   {target}: {}", if is_held { "held" } else { "MISSED" });
    };
    let milliseconds = |time: Duration| format!("{:.1} ms", time.as_secs_f64() * 1000.0);
    let show = |times: &[Duration]| format!("{} ({})", milliseconds(median(times)), milliseconds(times[0]));
    let ratio = |large: Duration, small: Duration| large.as_secs_f64() / small.as_secs_f64();
    held("sandbox seed, large", milliseconds(seeding), format!("under {SEEDING:?}"), seeding < SEEDING);
    let times = ratio(seeding, small_seeding);
    held(
        "sandbox seed, large to small",
        format!("{times:.1}"),
        format!("at most {SEEDING_RATIO}"),
        times <= SEEDING_RATIO,
    );
    for ((type_name, pages), (_, small)) in pages.iter().zip(&small_pages) {
        held(type_name, show(pages), format!("under {PAGE:?}"), median(pages) < PAGE);
        let times = ratio(median(pages), median(small));
        held("  large to small", format!("{times:.1}"), format!("at most {PAGE_RATIO}"), times <= PAGE_RATIO);
    }
    if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn median(sorted: &[Duration]) -> Duration {
    sorted[sorted.len() / 2]
}

type Pages = Vec<(&'static str, Vec<Duration>)>;

/// Makes an estate of so many resources; the time it took, and those of full pages of each type, sorted.
fn estate(resources: u32) -> (Duration, Pages) {
    let folder = tempfile::tempdir().unwrap();
    let began = Instant::now();
    let seeded = stagegate(folder.path()).args(["seed", "--resources", &resources.to_string()]).output().unwrap();
    let seeding = began.elapsed();
    assert!(seeded.status.success(), "{}", String::from_utf8_lossy(&seeded.stderr));
    let server = Server::start(folder.path());
    let pages = TYPES.map(|type_name| {
        let mut times: Vec<Duration> = (0..5).flat_map(|_| server.pages(type_name)).collect();
        assert!(!times.is_empty(), "{type_name} has no page");
        times.sort_unstable();
        (type_name, times)
    });
    (seeding, pages.into())
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

    /// The times of all pages of a list.
    fn pages(&self, type_name: &str) -> Vec<Duration> {
        let (mut next, mut times) = (Value::Null, Vec::new());
        loop {
            let mut input = json!({"TypeName": type_name, "MaxResults": 100});
            if !next.is_null() {
                input["NextToken"] = next;
            }
            let began = Instant::now();
            let answer = self.list(&input);
            times.push(began.elapsed());
            assert!(answer["ResourceDescriptions"].is_array(), "{answer}");
            next = answer["NextToken"].clone();
            if next.is_null() {
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
