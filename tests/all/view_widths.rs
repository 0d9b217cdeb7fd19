//! Every view at terminals of 60, 100 and 160 columns. `INSTA_UPDATE=always cargo test view_widths` updates the snapshots.

use serde_json::{Value, json};

use super::access_map;
use super::cost::november;
use super::support::{User, python, root};

const WIDTHS: [u16; 3] = [60, 100, 160];

/// The outputs of commands, by width.
fn outputs(user: &User, commands: &[(&str, &[&str])]) -> Vec<Value> {
    let script = root().join("tests/python/widths.py").display().to_string();
    let words: Vec<&[&str]> = commands.iter().map(|(_, words)| *words).collect();
    let arguments = [json!(words).to_string(), json!(WIDTHS).to_string()];
    let run = user.program(&python(), &[&script, env!("CARGO_BIN_EXE_stagegate"), &arguments[0], &arguments[1]]);
    serde_json::from_str(&run.expect(0).stdout).unwrap()
}

fn snapshots(user: &User, commands: &[(&str, &[&str])]) {
    for ((name, _), found) in commands.iter().zip(outputs(user, commands)) {
        for width in WIDTHS {
            let text = found[width.to_string()].as_str().unwrap();
            let plain = console::strip_ansi_codes(text).into_owned();
            insta::assert_snapshot!(format!("{name}-{width}"), plain);
            // Colors change no text; words may break elsewhere, because escape sequences are part of cells.
            if width == WIDTHS[0] {
                let words = |text: &str| text.split_whitespace().collect::<String>();
                assert_eq!(words(found["plain"].as_str().unwrap()), words(&plain), "{name}");
            }
        }
    }
}

#[test]
fn views_of_an_estate() {
    let user = access_map::user_at("2026-11-20T09:00:00Z");
    user.write(
        "open.yaml",
        "Type: AWS::S3::Bucket\nProperties:\n  BucketName: open-dev\n  AccessControl: PublicRead\n",
    );
    snapshots(
        &user,
        &[
            ("context", &["context"]),
            ("resources", &["context", "--resources", "--env", "dev"]),
            ("scan", &["scan", "-f", "open.yaml"]),
            ("estimate", &["estimate", "-f", "open.yaml"]),
            ("plan", &["create", "-f", "open.yaml", "--plan-only"]),
            ("promotion", &["promote", "--all", "--plan-only"]),
            ("drift", &["drift", "--all"]),
            ("tag-audit", &["tag-audit", "--type", "AWS::SQS::Queue"]),
            ("inventory", &["inventory", "AWS::SQS::Queue"]),
            ("analyze", &["iam", "analyze", "app", "--validate"]),
            ("gap", &["iam", "gap", "app", "--action", "s3:GetObject", "sqs:SendMessage"]),
            ("schema", &["schema", "AWS::SQS::Queue"]),
            ("explain", &["explain", "policies-not-seen"]),
        ],
    );
}

#[test]
fn views_of_costs() {
    snapshots(&november(), &[("cost", &["cost", "--month", "2025-11"])]);
}
