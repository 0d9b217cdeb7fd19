//! `scan` as a whole process, from its start to its exit, beside Checkov on the same template:
//! `cargo bench --bench scan_beside_checkov`. Numbers are this machine's; the ratio is what counts.
//!
//! Checkov is the executable that `STAGEGATE_TEST_CHECKOV` names, else `target/checkov/bin/checkov`, which
//! `tests/run` installs. Without it the bench fails: a ratio that nobody measured is none.
#![allow(missing_docs, clippy::print_stdout, clippy::print_stderr, clippy::unwrap_used)]

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

const THOUSAND: Duration = Duration::from_millis(250);
const ONE: Duration = Duration::from_millis(25);
/// Times as fast as Checkov: on 1,000 resources with few findings, and on 200 with several findings each.
const RATIOS: [f64; 2] = [50.0, 60.0];
/// Rounds of both programs, one after the other.
const ROUNDS: usize = 3;

fn main() -> ExitCode {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: String| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let one = write("one.yaml", "Type: AWS::S3::Bucket\nProperties: { BucketName: uploads-dev }\n".to_owned());
    let findings = write("findings.yaml", template(FINDINGS, 200));
    let thousand = write("1000.yaml", template(UNIT, 1000));

    println!("whole processes, median of all runs (fastest in brackets)\n");
    let mut is_good = true;
    let mut held = |what: &str, measured: &Measured, target: Duration| {
        let verdict = if measured.median < target { "held" } else { "MISSED" };
        is_good &= measured.median < target;
        println!("{what:<52} {measured}   under {target:?}: {verdict}");
    };
    let scanned_one = measure(20, || stagegate(&one, 1, folder.path()));
    held("stagegate, 1 resource, cold", &scanned_one, ONE);
    let scanned_thousand = measure(10, || stagegate(&thousand, 1000, folder.path()));
    held("stagegate, 1,000 resources, all packs", &scanned_thousand, THOUSAND);

    let Some(program) = checkov() else {
        eprintln!(
            "\nCHECKOV IS NOT INSTALLED: its ratio was NOT measured. Run tests/run, or set STAGEGATE_TEST_CHECKOV."
        );
        return ExitCode::FAILURE;
    };
    let templates = [("1,000 resources", &thousand, 1000), ("200 resources, several findings each", &findings, 200)];
    for ((what, file, count), at_least) in templates.into_iter().zip(RATIOS) {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            ours.extend(timed(5, || stagegate(file, count, folder.path())));
            theirs.extend(timed(1, || run_checkov(&program, file, folder.path())));
        }
        let (scanned, peer) = (Measured::of(ours), Measured::of(theirs));
        let ratio = peer.median.as_secs_f64() / scanned.median.as_secs_f64();
        is_good &= ratio >= at_least;
        let verdict = if ratio >= at_least { "held" } else { "MISSED" };
        println!("\n{:<52} {scanned}", format!("stagegate, {what}, all packs"));
        println!("{:<52} {peer}", "Checkov, the same template");
        println!("{ratio:.0} times as fast as Checkov   at least {at_least} times: {verdict}");
    }
    if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

struct Measured {
    median: Duration,
    fastest: Duration,
}

impl std::fmt::Display for Measured {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let milliseconds = |time: Duration| time.as_secs_f64() * 1000.0;
        write!(formatter, "{:>8.1} ms ({:.1})", milliseconds(self.median), milliseconds(self.fastest))
    }
}

impl Measured {
    fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        Self { median: times[times.len() / 2], fastest: times[0] }
    }
}

fn timed(runs: usize, mut run: impl FnMut()) -> Vec<Duration> {
    let once = |_| {
        let began = Instant::now();
        run();
        began.elapsed()
    };
    (0..runs).map(once).collect()
}

fn measure(runs: usize, run: impl FnMut()) -> Measured {
    Measured::of(timed(runs, run))
}

/// One scan with every policy. It must have scanned, or its time means nothing.
fn stagegate(file: &Path, count: usize, folder: &Path) {
    let output = Command::new(env!("CARGO_BIN_EXE_stagegate"))
        .args(["scan", "--packs", "all", "--json", "--sandbox=sandbox", "-f"])
        .arg(file)
        .current_dir(folder)
        .env_clear()
        .env("HOME", folder)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let is_scanned = text.split_whitespace().collect::<String>().contains(&format!("\"resources_scanned\":{count},"));
    assert!(is_scanned && output.status.code() == Some(2), "{}: {text}", output.status);
}

fn checkov() -> Option<PathBuf> {
    let named = std::env::var_os("STAGEGATE_TEST_CHECKOV").map(PathBuf::from);
    let usual = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/checkov/bin/checkov");
    Some(named.unwrap_or(usual)).filter(|path| path.is_file())
}

/// As the product itself calls it.
fn run_checkov(program: &Path, file: &Path, folder: &Path) {
    let flags =
        ["--framework", "cloudformation", "-o", "json", "--compact", "--quiet", "--skip-download", "--soft-fail"];
    let output = Command::new(program).arg("-f").arg(file).args(flags).current_dir(folder).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        text.contains("\"check_id\""),
        "Checkov scanned nothing: {text} {}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// A template of so many resources, in units of twenty that belong together.
fn template(unit_of_twenty: &str, count: usize) -> String {
    let mut text = String::from("AWSTemplateFormatVersion: '2010-09-09'\nResources:\n");
    for unit in 0..count / 20 {
        writeln!(text, "{}", unit_of_twenty.replace("NN", &unit.to_string())).unwrap();
    }
    text
}

const UNIT: &str = include_str!("unit.yaml");

/// Most of its resources have several findings.
const FINDINGS: &str = include_str!("findings.yaml");
