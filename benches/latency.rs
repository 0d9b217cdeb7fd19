//! Estates of 1,000, 4,000 and 10,000 pairs on a served sandbox that takes 50 ms for every response, as whole processes:
//! `cargo bench --bench latency`. Takes about ten minutes.
//!
//! Prints the time of `drift` as a ratio to what calls, concurrency and latency allow, its reads for each resource, its growth and its
//! memory; and the calls and the time of `tag-audit` through Resource Explorer and by listing. Fails when a target is missed.
#![allow(missing_docs, clippy::print_stdout, clippy::unwrap_used)]

mod processes;

use std::path::Path;
use std::process::ExitCode;

use processes::{Finished, Server, configure, run, stagegate};
use serde_json::{Value, json};

const PAIRS: [u32; 3] = [1_000, 4_000, 10_000];
/// A seeded estate has about one pair in three resources.
const RESOURCES_PER_PAIR: u32 = 3;
const LATENCY_SECONDS: f64 = 0.05;
/// Concurrent reads, and concurrent listings of an audit, in each account.
const READS: f64 = 8.0;
const LISTINGS: f64 = 16.0;
/// The time of `drift` may be this many times what the latency allows.
const DRIFT: f64 = 1.3;
/// The time of `tag-audit` by listing may be this many times what the latency allows.
const AUDIT: f64 = 1.5;
/// Reads for each managed resource.
const READS_PER_RESOURCE: f64 = 1.02;
/// Time grows with the number of pairs to at most this power.
const EXPONENT: f64 = 1.05;
/// Megabytes at 10,000 pairs.
const MEMORY: f64 = 200.0;
/// Resources that are seeded for the audits, of which more than 10,000 are audited, and the calls that the one through Resource
/// Explorer may make.
const AUDITED: u32 = 12_500;
const CALLS: f64 = 200.0;

fn main() -> ExitCode {
    let mut is_good = true;
    let mut held = |what: &str, figure: String, is_held: bool| {
        is_good &= is_held;
        println!("{what:<64} {figure:>24}   {}", if is_held { "held" } else { "MISSED" });
    };
    let mut times: Vec<(f64, f64)> = Vec::new();
    for pairs in PAIRS {
        let folder = tempfile::tempdir().unwrap();
        seed(folder.path(), pairs * RESOURCES_PER_PAIR);
        let server = Server::start(folder.path(), &["--latency", "50ms"]);
        let found = run(folder.path(), &server, &["drift"]);
        let rows = found.body()["resources"].as_array().unwrap();
        let of_side = |side: &str| rows.iter().filter(|row| !row[side].is_null()).count() as f64;
        let both = rows.iter().filter(|row| !row["dev"].is_null() && !row["prod"].is_null()).count();
        let floor = found.most_calls_of_an_account() / READS * LATENCY_SECONDS;
        let ratio = found.seconds / floor;
        held(
            &format!("drift of {both} pairs: time to what the latency allows, at most {DRIFT}"),
            format!("{:.1} s / {floor:.1} s = {ratio:.2}", found.seconds),
            ratio <= DRIFT,
        );
        let reads = found.document["api_calls"]["cloudcontrol.GetResource"].as_f64().unwrap();
        let ratio = reads / (of_side("dev") + of_side("prod"));
        held(
            &format!("drift of {both} pairs: reads per resource, at most {READS_PER_RESOURCE}"),
            format!("{ratio:.3}"),
            ratio <= READS_PER_RESOURCE,
        );
        if let Some((resources, seconds)) = times.last() {
            let exponent = (found.seconds / seconds).ln() / (rows.len() as f64 / resources).ln();
            held(
                &format!("drift of {both} pairs: growth exponent, at most {EXPONENT}"),
                format!("{exponent:.2}"),
                exponent <= EXPONENT,
            );
        }
        times.push((rows.len() as f64, found.seconds));
        if pairs == PAIRS[PAIRS.len() - 1] {
            let memory = found.megabytes;
            held(
                &format!("drift of {both} pairs: memory, under {MEMORY} MB"),
                format!("{memory:.0} MB"),
                memory < MEMORY,
            );
        }
    }
    audits(&mut held);
    if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Audits an estate through Resource Explorer, and by listing.
fn audits(held: &mut impl FnMut(&str, String, bool)) {
    let folder = tempfile::tempdir().unwrap();
    seed(folder.path(), AUDITED);
    index(folder.path());
    let server = Server::start(folder.path(), &["--latency", "50ms"]);
    let audit = |source: &str| run(folder.path(), &server, &["tag-audit", "--source", source]);
    let indexed = audit("resource-explorer");
    let checked = indexed.body()["coverage"]["checked"].as_u64().unwrap();
    let calls = indexed.total("api_calls");
    held(
        &format!("tag-audit of {checked} resources through an index: calls, under {CALLS}"),
        format!("{calls} calls, {:.1} s", indexed.seconds),
        calls < CALLS,
    );
    let listed = audit("list");
    let calls = |found: &Finished, operation: &str| found.document["api_calls"][operation].as_f64().unwrap_or_default();
    // Both accounts are listed at once, and both are about as large.
    let listings = calls(&listed, "cloudcontrol.ListResources") / 2.0 / LISTINGS;
    let reads = calls(&listed, "cloudcontrol.GetResource") / READS;
    let larger = listed.most_calls_of_an_account() / listed.total("api_calls");
    let floor = (listings + reads * larger) * LATENCY_SECONDS;
    let ratio = listed.seconds / floor;
    held(
        &format!("tag-audit by listing: time to what the latency allows, at most {AUDIT}"),
        format!("{:.1} s / {floor:.1} s = {ratio:.2}", listed.seconds),
        ratio <= AUDIT,
    );
}

fn seed(folder: &Path, resources: u32) {
    configure(folder);
    let words = ["sandbox", "seed", "--resources", &resources.to_string()];
    assert!(stagegate(folder, &words).output().unwrap().status.success());
}

/// Turns Resource Explorer on in both accounts by templates.
fn index(folder: &Path) {
    let template: Value = json!({"Resources": {
        "Index": {"Type": "AWS::ResourceExplorer2::Index", "Properties": {"Type": "LOCAL"}},
        "View": {"Type": "AWS::ResourceExplorer2::View", "Properties": {
            "ViewName": "all", "IncludedProperties": [{"Name": "tags"}],
        }},
        "Default": {"Type": "AWS::ResourceExplorer2::DefaultViewAssociation", "Properties": {"ViewArn": {"Ref": "View"}}},
    }});
    std::fs::write(folder.join("index.json"), template.to_string()).unwrap();
    for environment in ["dev", "prod"] {
        let words = ["create", "-f", "index.json", "--env", environment, "--tag", "CostCenter=Engineering", "--json"];
        let planned = stagegate(folder, &words).output().unwrap();
        let document: Value = serde_json::from_slice(&planned.stdout).unwrap();
        let Some(command) =
            document["next"].as_array().and_then(|next| next.first()).and_then(|next| next["command"].as_str())
        else {
            assert!(planned.status.success(), "{document}");
            continue;
        };
        let words: Vec<&str> = command.split_whitespace().skip(1).collect();
        let applied = stagegate(folder, &words).output().unwrap();
        assert!(applied.status.success(), "{command}: {}", String::from_utf8_lossy(&applied.stderr));
    }
}
