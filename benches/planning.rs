//! Planning a promotion over seeded estates, as whole processes: `cargo bench --bench planning`.
//!
//! Prints the CPU time of `promote --all --plan-only` over estates of 400, 1,600 and 6,400 resources with the
//! growth exponent between them, and the calls that planning one named resource makes in the largest.
//! CPU times are this machine's and hold the embedded cloud's own work as well; the exponent is what counts.
//! Fails when a target is missed.
#![allow(missing_docs, clippy::print_stdout, clippy::unwrap_used)]

use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

use serde_json::Value;

const SIZES: [u32; 3] = [400, 1_600, 6_400];
/// CPU time grows with the number of resources to at most this power.
const EXPONENT: f64 = 1.2;
/// CPU time of planning everything in an estate of 1,600 resources.
const SIXTEEN_HUNDRED: Duration = Duration::from_secs(1);
/// Calls for one named resource in the largest estate.
const CALLS: u64 = 200;

fn main() -> ExitCode {
    let folder = tempfile::tempdir().unwrap();
    let mut is_good = true;
    let mut times = Vec::new();
    println!("promote --all --plan-only, CPU time of the process, median of 5 runs\n");
    for size in SIZES {
        let sandbox = format!("--sandbox=estate-{size}");
        run(folder.path(), &["sandbox", "seed", "--resources", &size.to_string(), &sandbox]);
        let mut runs: Vec<Duration> = (0..5)
            .map(|_| {
                let before = children_cpu();
                let plan = run(folder.path(), &["promote", "--all", "--plan-only", "--json", &sandbox]);
                assert!(steps(&plan) > size as usize / 10, "planned too little: {} steps", steps(&plan));
                children_cpu() - before
            })
            .collect();
        runs.sort_unstable();
        println!("{size:>6} resources {:>8.0} ms", runs[2].as_secs_f64() * 1000.0);
        times.push(runs[2]);
    }
    println!();
    for (pair, sizes) in times.windows(2).zip(SIZES.windows(2)) {
        let growth = pair[1].as_secs_f64() / pair[0].as_secs_f64();
        let exponent = growth.ln() / (f64::from(sizes[1]) / f64::from(sizes[0])).ln();
        is_good &= verdict(
            &format!("exponent from {} to {}", sizes[0], sizes[1]),
            format!("{exponent:.2}"),
            exponent <= EXPONENT,
        );
    }
    let cpu = format!("{:.0} ms", times[1].as_secs_f64() * 1000.0);
    is_good &= verdict("1,600 resources in less than 1 s of CPU", cpu, times[1] < SIXTEEN_HUNDRED);
    for (type_name, identifier) in named(folder.path()) {
        let words = ["promote", &type_name, &identifier, "--with-dependencies", "--plan-only", "--json"];
        let plan = run(folder.path(), &[&words[..], &["--sandbox=estate-6400"]].concat());
        let calls: u64 = plan["api_calls"].as_object().unwrap().values().filter_map(Value::as_u64).sum();
        let text = format!("{calls} calls, {}", plan["outcome"]["code"].as_str().unwrap_or_default());
        is_good &= verdict(&format!("one {type_name} of 6,400 resources"), text, calls < CALLS);
    }
    if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn verdict(what: &str, measured: String, holds: bool) -> bool {
    println!("{what:<62} {measured:>28}   {}", if holds { "held" } else { "MISSED" });
    holds
}

/// One resource of each type that the largest estate has in dev alone.
fn named(folder: &Path) -> Vec<(String, String)> {
    let plan = run(folder, &["promote", "--all", "--plan-only", "--json", "--sandbox=estate-6400"]);
    let mut found: Vec<(String, String)> = Vec::new();
    for step in plan["body"]["plan"]["steps"].as_array().unwrap() {
        let text = |key: &str| step[key].as_str().unwrap_or_default().to_owned();
        if text("environment") == "dev" && !found.iter().any(|(type_name, _)| *type_name == text("type")) {
            found.push((text("type"), text("identifier")));
        }
    }
    assert!(found.len() >= 8, "{found:?}");
    found
}

fn steps(document: &Value) -> usize {
    document["body"]["plan"]["steps"].as_array().map_or(0, Vec::len)
}

/// Runs the binary and reads its document, if it printed one.
fn run(folder: &Path, words: &[&str]) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_stagegate"))
        .args(words)
        .current_dir(folder)
        .env_clear()
        .env("HOME", folder)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let code = output.status.code().unwrap_or(-1);
    // A plan may need an approval or be blocked by what the estate holds; it was made all the same.
    assert!([0, 3, 4].contains(&code), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap_or_default()
}

/// User and system time of all processes that this one has started and waited for.
fn children_cpu() -> Duration {
    // Fields 16 and 17 of proc(5)'s stat, in ticks of which there are 100 a second; the name before them may
    // hold spaces, so they are counted from its closing parenthesis.
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    let ticks: u64 = [13, 14].iter().map(|field| fields[*field].parse::<u64>().unwrap()).sum();
    Duration::from_millis(ticks * 10)
}
