//! Every view at terminals of 60, 100 and 160 columns, with and without color. `INSTA_UPDATE=always cargo test view_widths`
//! updates the snapshots.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::{Value, json};

use super::access_map;
use super::cost::november;
use super::support::{DEV, PROD, User, python, root, template};

const WIDTHS: [u16; 3] = [60, 100, 160];

/// The time of the estate, on which digests and dates depend.
const THEN: &str = "2026-11-20T09:00:00Z";

/// A view: its name, and the command that shows it.
type View<'a> = (&'a str, &'a [&'a str]);

/// The outputs of commands, by width.
fn outputs(user: &User, views: &[View<'_>], messages: bool) -> Vec<Value> {
    let script = root().join("tests/python/widths.py").display().to_string();
    let commands: Vec<Value> =
        views.iter().map(|(_, words)| json!({"arguments": words, "messages": messages})).collect();
    let arguments = [json!(commands).to_string(), json!(WIDTHS).to_string()];
    let run = user.program(&python(), &[&script, env!("CARGO_BIN_EXE_stagegate"), &arguments[0], &arguments[1]]);
    serde_json::from_str(&run.expect(0).stdout).unwrap()
}

/// Compares the results of commands with their snapshots.
fn snapshots(user: &User, views: &[View<'_>]) {
    compare(views, outputs(user, views, false));
}

/// Compares the messages of commands that fail with their snapshots.
fn message_snapshots(user: &User, views: &[View<'_>]) {
    compare(views, outputs(user, views, true));
}

fn compare(views: &[View<'_>], outputs: Vec<Value>) {
    for ((name, _), found) in views.iter().zip(outputs) {
        for width in WIDTHS {
            let text = |kind: &str| pinned(found[width.to_string()][kind].as_str().unwrap());
            let (plain, colored) = (text("plain"), text("colored"));
            assert!(!plain.contains('\u{1b}'), "{name}: {plain}");
            assert_eq!(console::strip_ansi_codes(&colored), plain, "{name} at {width}: colors change no text");
            insta::assert_snapshot!(format!("{name}-{width}"), shortened(&plain));
            insta::assert_snapshot!(format!("{name}-{width}-color"), shortened(&with_names(&colored)));
        }
    }
}

/// The first and the last lines of a long list, which changes with the data it shows.
fn shortened(text: &str) -> String {
    const HEAD: usize = 60;
    const TAIL: usize = 3;
    let lines: Vec<&str> = text.lines().collect();
    match lines.len().saturating_sub(HEAD + TAIL) {
        0 => text.to_owned(),
        _ => [&lines[..HEAD], &["[…]"], &lines[lines.len() - TAIL..]].concat().join("\n"),
    }
}

/// Replaces durations, which differ between runs.
fn pinned(text: &str) -> String {
    static DURATION: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\d+ ms").unwrap());
    DURATION.replace_all(text, "47 ms").into_owned()
}

/// Replaces escape sequences by the names of what they do, such as `<red>`.
fn with_names(text: &str) -> String {
    static STYLE: LazyLock<Regex> = LazyLock::new(|| Regex::new("\u{1b}\\[([0-9;]*)m").unwrap());
    let name = |code: &str| match code {
        "0" => "</>",
        "1" => "<bold>",
        "2" => "<dim>",
        "4" => "<underline>",
        "31" => "<red>",
        "32" => "<green>",
        "33" => "<yellow>",
        "34" => "<blue>",
        "35" => "<magenta>",
        "36" => "<cyan>",
        other => panic!("an unexpected style: {other}"),
    };
    STYLE.replace_all(text, |found: &regex::Captures<'_>| name(&found[1])).into_owned()
}

#[test]
fn views_of_an_estate() {
    let user = access_map::user_at(THEN);
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
            ("plan-full", &["create", "-f", "open.yaml", "--plan-only", "--full"]),
            ("promotion", &["promote", "--all", "--plan-only"]),
            ("drift", &["drift", "--all"]),
            ("tag-audit", &["tag-audit", "--type", "AWS::SQS::Queue"]),
            ("inventory", &["inventory", "AWS::SQS::Queue"]),
            ("analyze", &["iam", "analyze", "app", "--validate"]),
            ("gap", &["iam", "gap", "app", "--action", "s3:GetObject", "sqs:SendMessage"]),
            ("for-plan", &["iam", "for-plan", "-f", "open.yaml"]),
            (
                "propose",
                &[
                    "iam",
                    "propose",
                    "ann",
                    "--action",
                    "sqs:SendMessage",
                    "--resource",
                    "arn:aws:sqs:*:*:jobs",
                    "--purpose",
                    "Send",
                ],
            ),
            ("schema", &["schema", "AWS::SQS::Queue"]),
            ("explain", &["explain", "policies-not-seen"]),
        ],
    );
}

#[test]
fn views_without_resources() {
    // A folder of a fixed length, which cannot be written to.
    let user = User::of_sandbox().with("STAGEGATE_TEST_NOW", THEN).with("XDG_CACHE_HOME", "/proc/cache");
    user.write(
        "faults.yaml",
        "Parameters: {Size: {Type: Number}}\nResources:\n  Disk:\n    Type: AWS::EC2::Volume\n    Properties: {AvailabilityZone: us-east-1a, \
         VolumeType: gp3, Size: !Ref Size}\n  Other: {Type: AWS::S3::Bukket}\n",
    );
    let policies = root().join("tests/data/help/policies").display().to_string();
    snapshots(
        &user,
        &[
            ("faults", &["estimate", "-f", "faults.yaml"]),
            ("codes", &["explain", "--list"]),
            ("policies", &["scan", "--list"]),
            ("policy-tests", &["scan", "--test-policies", &policies]),
            ("supported", &["estimate", "--supported"]),
            ("prices", &["prices", "status"]),
            ("doctor", &["context", "--doctor"]),
            ("matrix", &["context", "--matrix"]),
            ("member-role", &["context", "--member-role", "--type", "AWS::SQS::Queue"]),
            ("templates", &["templates", "list"]),
            ("policy", &["scan", "--explain", "s3-versioning"]),
            ("drift-empty", &["drift"]),
            ("tag-audit-empty", &["tag-audit"]),
            ("nothing-to-promote", &["promote", "--all", "--plan-only"]),
        ],
    );
}

/// A bucket that has drifted since its promotion, queues that were never promoted, and one without most of its tags.
fn drifted() -> User {
    let user = User::of_sandbox().with("STAGEGATE_TEST_NOW", THEN);
    user.approve(&["create", "-f", &template("s3-bucket.yaml"), "-f", &template("sqs-with-dlq.yaml")]);
    user.approve(&["promote", "AWS::S3::Bucket", "sandbox-uploads-dev"]);
    let tags = json!([{"Key": "MANAGED_BY", "Value": "stagegate"}, {"Key": "CostCenter", "Value": "Data"}]);
    let queue = json!({"QueueName": "mails-dev", "SqsManagedSseEnabled": true, "Tags": tags}).to_string();
    user.boto3(&user.serve(), DEV, &["create", "AWS::SQS::Queue", &queue]);
    user.approve(&[
        "update",
        "AWS::S3::Bucket",
        "sandbox-uploads-dev",
        "--env",
        "dev",
        "--set",
        "VersioningConfiguration.Status=Suspended",
    ]);
    user
}

#[test]
fn views_of_differences() {
    let user = drifted();
    user.write("old.yaml", "Type: AWS::DynamoDB::Table\nProperties:\n  BillingMode: PROVISIONED\n  ProvisionedThroughput: {ReadCapacityUnits: 5, WriteCapacityUnits: 5}\n  AttributeDefinitions: [{AttributeName: id, AttributeType: S}]\n  KeySchema: [{AttributeName: id, KeyType: HASH}]\n");
    let bucket = ["AWS::S3::Bucket", "sandbox-uploads-dev"];
    let words = |first: &[&'static str], rest: &[&'static str]| [first, &bucket, rest].concat();
    let new_table = template("dynamodb-table.yaml");
    snapshots(
        &user,
        &[
            ("drifted", &["drift"]),
            ("update", &words(&["promote"], &["--plan-only"])),
            ("update-full", &words(&["promote"], &["--plan-only", "--full"])),
            ("update-verdict", &words(&["promote"], &["--plan-only", "-q"])),
            ("delete", &words(&["delete"], &["--env", "dev", "--plan-only"])),
            ("comparison", &["estimate", "-f", &new_table, "--compare", "old.yaml"]),
            ("violations", &["tag-audit", "--env", "dev"]),
            ("fix", &["tag-audit", "--fix", "--env", "dev", "--tag", "Purpose=mails", "--plan-only"]),
            ("live-scan", &["scan", "--live", "--env", "dev"]),
        ],
    );
}

/// The state before a command that writes: a user in an empty folder.
fn prepared() -> User {
    let user = User::of_sandbox().with("STAGEGATE_TEST_NOW", THEN);
    std::fs::copy(template("s3-bucket.yaml"), user.folder().join("s3-bucket.yaml")).unwrap();
    user.write("queue.yaml", "Type: AWS::SQS::Queue\nProperties: {QueueName: jobs-dev, SqsManagedSseEnabled: true}\n");
    user.run(&["create", "-f", "s3-bucket.yaml"]).expect(0);
    user.json(&["create", "-f", "queue.yaml", "--plan-out", "plan.json"], 0);
    user.json(&["promote", "AWS::S3::Bucket", "sandbox-uploads-dev", "--plan-out", "prod.json"], 3);
    user
}

/// The digest of the plan that promotes the bucket.
fn digest(user: &User) -> String {
    let plan = user.json(&["promote", "AWS::S3::Bucket", "sandbox-uploads-dev", "--plan-only"], 3);
    plan["body"]["plan"]["digest"].as_str().unwrap().to_owned()
}

#[test]
fn views_of_results() {
    let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    type Command<'a> = (&'a str, &'a dyn Fn(&User) -> Vec<String>);
    let commands: [Command<'_>; 7] = [
        ("created", &|_| words("create -f queue.yaml -q")),
        ("nothing-to-create", &|_| words("create -f s3-bucket.yaml")),
        ("saved", &|_| words("create -f queue.yaml --plan-out other.json -q")),
        ("applied", &|_| words("apply plan.json -q")),
        ("approved", &|_| words("approve prod.json --reason ticket-7")),
        ("promoted", &|user| {
            words(&format!("promote AWS::S3::Bucket sandbox-uploads-dev -q --approve {}", digest(user)))
        }),
        ("init", &|_| words("init --sandbox --no-input --project shop --starter s3-bucket")),
    ];
    let base = prepared();
    for (name, command) in commands {
        let mut found = serde_json::Map::new();
        for width in WIDTHS {
            // Each run needs the state before it.
            let shown = |color: &str| {
                let user = base.copy().with("NO_COLOR", color);
                let words = command(&user);
                once(&user, &words.iter().map(String::as_str).collect::<Vec<_>>(), width)
            };
            found.insert(width.to_string(), json!({"colored": shown(""), "plain": shown("1")}));
        }
        compare(&[(name, &[])], vec![Value::Object(found)]);
    }
}

/// The output of one run at one width, in the environment of the user.
fn once(user: &User, words: &[&str], width: u16) -> Value {
    let script = root().join("tests/python/widths.py").display().to_string();
    let commands = json!([{"arguments": words, "messages": false, "once": true}]).to_string();
    let widths = json!([width]).to_string();
    let run = user.program(&python(), &[&script, env!("CARGO_BIN_EXE_stagegate"), &commands, &widths]).expect(0);
    let found: Value = serde_json::from_str(&run.stdout).unwrap();
    found[0][width.to_string()]["colored"].clone()
}

#[test]
fn views_of_costs() {
    snapshots(&november(), &[("cost", &["cost", "--month", "2025-11"])]);
}

#[test]
fn views_of_messages() {
    let user = User::of_sandbox().with("STAGEGATE_TEST_NOW", THEN);
    user.write(
        "wrong.yaml",
        "Type: AWS::S3::Bucket\nProperties:\n  BuckettName: files-dev\n  VersioningConfiguration: {Status: enabled}\n",
    );
    user.write("queue.yaml", "Type: AWS::SQS::Queue\nProperties: {QueueName: jobs-dev, SqsManagedSseEnabled: true}\n");
    message_snapshots(
        &user,
        &[
            ("usage-error", &["drift", "--form", "dev"]),
            ("input-error", &["create", "-f", "wrong.yaml"]),
            ("blocked", &["create", "-f", "queue.yaml", "--env", "prod", "-q"]),
        ],
    );
}

/// The profiles of both environments, and an unknown one.
#[test]
fn a_view_of_problems() {
    let owner = User::of_sandbox();
    let server = owner.serve();
    let user = User::of_aws().with("STAGEGATE_TEST_NOW", THEN).with("AWS_ENDPOINT_URL", &server.endpoint);
    let profile = |name: &str, account: &str| {
        format!("[profile {name}]\naws_access_key_id = {account}\naws_secret_access_key = any\nregion = us-east-1\n")
    };
    user.write("aws-config", &(profile("shop-dev", DEV) + &profile("shop-prod", PROD)));
    user.write("stagegate.yaml", &format!("version: 1\nproject: shop\nenvironments:\n  dev: {{profile: shop-dev, account: \"{DEV}\", region: us-east-1}}\n  prod: {{profile: shop-prdo, account: \"{PROD}\", region: us-east-1}}\n"));
    message_snapshots(&user, &[("profile-problem", &["drift", "-q"])]);
}
