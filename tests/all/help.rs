//! Every example in the help of a command is run, with the files in `tests/data/help`, in a sandbox that has what they name.

use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use stagegate::cli::Example;

use super::killed_promotions::create;
use super::support::{DEV, PROD, Run, Server, User, root, template};

/// Examples that are not run, and where they are tested instead.
const ELSEWHERE: &[(&str, &str)] = &[
    ("stagegate init", "asks at a terminal: init.rs"),
    ("stagegate prices update --region eu-west-1", "downloads AWS's price list: price_book.rs"),
    ("stagegate prices update --from https://mirror.example.com", "downloads a price list: price_book.rs"),
];

/// Examples that find something: with exit code 2.
const FINDING: &[&str] = &[
    "stagegate drift",
    "stagegate drift --config shop.yaml --timeout 2m",
    "stagegate drift --desired jobs.yaml --param Timeout=60 --import key=alias/aws/sqs --stack-name jobs",
    "stagegate drift --desired orders.yaml",
    "stagegate drift --refresh --strict --quiet",
    "stagegate iam gap ann --action s3:GetObject s3:PutObject --resource 'arn:aws:s3:::uploads-*/*'",
    "stagegate iam gap deploy-role --action sqs:SendMessage --env dev --json",
    "stagegate scan -f orders.yaml --policies policies --engine builtin,checkov,cfn-guard",
    "stagegate tag-audit --baseline audit.json --output markdown",
    "stagegate tag-audit --env dev --stuck-after 7d",
    "stagegate tag-audit --fix --approve \"$DIGEST\" --approve-findings \"$DIGEST\" --reason 'ticket 7'",
    "stagegate tag-audit --fix --resume",
    "stagegate tag-audit --summary --no-input --color never",
    "stagegate tag-audit --type AWS::S3::Bucket --source list --list-compliant",
];

/// The beginnings of examples whose plan must be approved, unless they approve it: with exit code 3.
const ASKING: &[&str] = &[
    "stagegate apply shop",
    "stagegate delete ",
    "stagegate estimate -f database.yaml --gate",
    "stagegate promote ",
    "stagegate update AWS::Logs::LogGroup sandbox-jobs-prod --env prod",
];

/// Examples that begin as those and change only marks, or what the project allows: with exit code 0.
const NOT_ASKING: &[&str] = &[
    "stagegate promote --all --auto",
    "stagegate promote AWS::IAM::Role deploy-role --unmark",
    "stagegate promote AWS::S3::Bucket sandbox-uploads-dev --mark-pending",
];

/// The password of the database `shop-dev`, as in `password.txt`.
const PASSWORD: &str = "example-Password-1";

/// The shell variables of an example.
const DIGEST: &str = "$DIGEST";

fn exit_code(line: &str) -> i32 {
    let approves = ["--approve ", "--approval "].iter().any(|flag| line.contains(flag));
    let begins = |lines: &[&str]| lines.iter().any(|begin| line.starts_with(begin));
    if FINDING.contains(&line) {
        2
    } else if begins(ASKING) && !approves && !begins(NOT_ASKING) {
        3
    } else {
        0
    }
}

/// Users with the files and the resources that examples name.
struct Users {
    most: User,
    /// With the database `shop-dev`, whose password AWS does not return: no plan of all resources is complete without it.
    shop: User,
    /// With resources whose tags are wrong.
    tagged: User,
    /// The sandbox of `most` for profiles.
    server: Server,
}

impl Users {
    fn new() -> Self {
        let most = User::of_sandbox().with("STAGEGATE_TEST_NOW", "2026-11-20T09:00:00Z").with("PASSWORD", PASSWORD);
        let copied =
            most.program("cp".as_ref(), &["-r", &format!("{}/.", root().join("tests/data/help").display()), "."]);
        copied.expect(0);
        for name in ["s3-bucket.yaml", "dynamodb-table.yaml"] {
            most.json(&["create", "-f", &template(name)], 0);
        }
        for create in ["principals.yaml", "mails.yaml"] {
            most.approve(&["create", "-f", create]);
        }
        let (table, log) = ("AWS::DynamoDB::Table", "AWS::Logs::LogGroup");
        most.approve(&["promote", table, "sandbox-orders-dev", log, "sandbox-jobs-dev"]);
        let class = "TableClass=STANDARD_INFREQUENT_ACCESS";
        most.approve(&["update", table, "sandbox-orders-prod", "--env", "prod", "--set", class]);
        most.json(&["promote", "AWS::IAM::Role", "deploy-role", "--mark-pending"], 0);
        most.json(&["create", "-f", "orders.yaml", "--plan-out", "plan.json"], 0);
        most.json(&["promote", "AWS::S3::Bucket", "sandbox-uploads-dev", "--plan-out", "prod.json"], 3);
        most.json(&["approve", "prod.json"], 0);
        let values = [format!("Password={PASSWORD}"), format!("Database.MasterUserPassword={PASSWORD}")];
        let database = ["create", "-f", "shop-database.yaml", "--param", &values[0], "--set", &values[1]];
        let saved = most.json(&[&database[..], &["--plan-out", "shop.json"]].concat(), 3);
        let audit = most.run(&["tag-audit", "--json"]).expect(0).stdout;
        most.write("audit.json", &audit);

        let shop = most.copy();
        // The command that is printed does not contain the password.
        let digest = saved["body"]["plan"]["digest"].as_str().unwrap();
        shop.json(&[&database[..], &["--approve", digest]].concat(), 0);
        // A value that is given in the command line is not saved with the plan.
        let input = format!("AWS::RDS::DBInstance/shop-dev#/MasterUserPassword={PASSWORD}");
        let promote = ["promote", "AWS::RDS::DBInstance", "shop-dev", "--input", &input];
        shop.json(&[&promote[..], &["--plan-out", "shop-prod.json"]].concat(), 3);

        let tagged = most.copy();
        let wrong = tagged.serve();
        create(&wrong, DEV, "AWS::S3::Bucket", &json!({"BucketName": "legacy-exports"}));
        let tags = [
            ("MANAGED_BY", "stagegate"),
            ("Environment", "development"),
            ("Project", "sandbox"),
            ("CreatedBy", "ann"),
            ("CreatedDate", "2026-11-20"),
            ("Purpose", "reports"),
            ("PromotionStatus", "synced"),
            ("ProdCounterpart", "sandbox-reports-prod"),
            ("PromotedDigest", "v1:x"),
        ];
        let tags = tags.map(|(key, value)| json!({"Key": key, "Value": value}));
        create(&wrong, DEV, "AWS::S3::Bucket", &json!({"BucketName": "sandbox-reports-dev", "Tags": tags}));

        let server = most.copy().serve();
        Self { most, shop, tagged, server }
    }

    /// A copy of the user that an example needs, as the example may change everything.
    fn of(&self, line: &str) -> User {
        if line.starts_with("stagegate init ") {
            return with_profiles(&self.server.endpoint);
        }
        let user = match line {
            _ if line.contains("shop-") => &self.shop,
            _ if line.starts_with("stagegate tag-audit") => &self.tagged,
            _ => &self.most,
        };
        let mut user = user.copy();
        if line.contains("--auto") {
            // The soak time is over.
            let later = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(72);
            user = user.with("STAGEGATE_TEST_NOW", &later.to_string());
        }
        if ["--engine", "sam-translator"].iter().any(|flag| line.contains(flag)) {
            user = with_tools(user);
        }
        match line.contains(DIGEST) {
            true => {
                let digest = digest(&user, line);
                user.with("DIGEST", &digest)
            }
            false => user,
        }
    }

    /// Runs an example and returns what is wrong with it.
    fn problem(&self, example: &Example) -> Option<String> {
        let line = example.line;
        let user = self.of(line);
        if line.starts_with("stagegate sandbox serve ") {
            // It serves until it is stopped. Another process may have the port.
            let words = shlex::split(&line.replace("4599", "0")).unwrap();
            let words: Vec<&str> = words.iter().skip(1).map(String::as_str).collect();
            let address = user.first_lines(&words, 1);
            return (!address.concat().starts_with("http://127.0.0.1:")).then(|| format!("{line}: {address:?}"));
        }
        // As a user pastes it from the help.
        let run = user.paste(example.shown().trim());
        let documented = documented(example.command);
        if run.code != exit_code(line) || !documented.contains(&run.code) {
            return Some(format!("{run}\nnot exit code {} of {documented:?}", exit_code(line)));
        }
        let is_empty = |file: &String| std::fs::metadata(user.folder().join(file)).map_or(true, |file| file.len() == 0);
        let missing: Vec<String> = written(line).into_iter().filter(is_empty).collect();
        if !missing.is_empty() {
            return Some(format!("{run}\ndid not write {missing:?}"));
        }
        problem_of_output(line, &run)
    }
}

/// Says what is wrong with the output of an example that has its exit code.
fn problem_of_output(line: &str, run: &Run) -> Option<String> {
    let is_json = ["--json", "--query"].iter().any(|flag| line.split(' ').any(|word| word == *flag));
    let parsed = serde_json::from_str::<Value>(&run.stdout);
    if is_json && parsed.is_err() {
        return Some(format!("{run}\nis not JSON"));
    }
    let is_expected = match line {
        _ if line.contains(" > ") || line.starts_with("stagegate mcp ") => run.stdout.is_empty(),
        _ if line.contains("--out ") && line.starts_with("stagegate iam ") => true,
        _ => !run.stdout.trim().is_empty(),
    };
    (!is_expected).then(|| format!("{run}\nprints something else"))
}

/// The files that an example writes.
fn written(line: &str) -> Vec<String> {
    let words = shlex::split(line).unwrap();
    let flags = [">", "--out", "--plan-out", "--approval-out"];
    let pairs = words.iter().zip(words.iter().skip(1));
    pairs.filter(|(flag, _)| flags.contains(&flag.as_str())).map(|(_, file)| file.clone()).collect()
}

/// The exit codes in the help of a command that an example may have: a result, or a plan that is printed.
fn documented(command: &str) -> Vec<i32> {
    let mut definition = &stagegate::cli::definition();
    for name in command.split_whitespace() {
        definition = definition.find_subcommand(name).unwrap();
    }
    let text = definition.get_after_help().unwrap().to_string();
    let codes = text.split_once("Exit codes:\n").unwrap().1.lines().map(|line| line.trim_start().split(' ').next());
    codes.filter_map(|code| code.unwrap().parse().ok()).filter(|code| [0, 2, 3].contains(code)).collect()
}

/// The digest that the command of an example prints without its approval.
fn digest(user: &User, line: &str) -> String {
    let mut words = shlex::split(line).unwrap();
    words.remove(0);
    while let Some(at) = words.iter().position(|word| word.starts_with("--approve") || word == "--reason") {
        words.drain(at..at + 2);
    }
    let mut words: Vec<&str> = words.iter().map(String::as_str).collect();
    if let [first @ "approve", ..] = words.as_mut_slice() {
        *first = "apply";
    }
    let run = user.run(&[&words[..], &["--plan-only", "--json"]].concat());
    let body = &run.document()["body"];
    let digest = body["plan"]["digest"].as_str().or_else(|| body["fix"]["plan"]["digest"].as_str());
    digest.unwrap_or_else(|| panic!("no digest: {run}")).to_owned()
}

/// A user with the scanners, and a `python3` that has AWS's translator.
fn with_tools(user: User) -> User {
    let installed = |variable: &str, default: &str| {
        let program = std::env::var_os(variable).map_or_else(|| root().join(default), PathBuf::from);
        assert!(program.is_file(), "{} does not exist: `tests/run` installs what this test needs", program.display());
        program
    };
    let tools = user.folder().join("tools");
    std::fs::create_dir(&tools).unwrap();
    let checkov = installed("STAGEGATE_TEST_CHECKOV", "target/checkov/bin/checkov");
    symlink(checkov, tools.join("checkov")).unwrap();
    symlink(installed("STAGEGATE_TEST_CFN_GUARD", "target/tools/bin/cfn-guard"), tools.join("cfn-guard")).unwrap();
    let python = installed("STAGEGATE_TEST_SAM_PYTHON", "target/sam/bin/python");
    let script = user.write("tools/python3", &format!("#!/bin/sh\nexec '{}' \"$@\"\n", python.display()));
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
    let stagegate = std::path::Path::new(env!("CARGO_BIN_EXE_stagegate")).parent().unwrap();
    let path = format!("{}:{}:/usr/local/bin:/usr/bin:/bin", tools.display(), stagegate.display());
    user.with("PATH", &path)
}

/// A user with the profiles that the examples of `init` name.
fn with_profiles(endpoint: &str) -> User {
    let user = User::of_aws().with("AWS_ENDPOINT_URL", endpoint);
    let profile = |name: &str, account: &str| {
        format!("[profile {name}]\naws_access_key_id = {account}\naws_secret_access_key = any\nregion = us-east-1\n")
    };
    user.write("aws-config", &(profile("shop-dev", DEV) + &profile("shop-prod", PROD)));
    user
}

#[test]
fn every_example_works() {
    let examples: Vec<Example> = stagegate::cli::examples().collect();
    let is_example = |line: &str| examples.iter().any(|example| example.line == line);
    let listed = ELSEWHERE.iter().map(|(line, _)| line).chain(FINDING);
    let unknown: Vec<&&str> = listed.filter(|line| !is_example(line)).collect();
    assert!(unknown.is_empty(), "these are no examples: {unknown:?}");
    let run: Vec<&Example> =
        examples.iter().filter(|example| !ELSEWHERE.iter().any(|(line, _)| *line == example.line)).collect();
    let users = Users::new();
    let next = AtomicUsize::new(0);
    let work = || {
        let mut problems = Vec::new();
        while let Some(example) = run.get(next.fetch_add(1, Ordering::Relaxed)) {
            problems.extend(users.problem(example));
        }
        problems
    };
    let problems: Vec<String> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..4).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    assert!(problems.is_empty(), "{} examples:\n{}", problems.len(), problems.join("\n\n"));
}

#[test]
fn stagegate_alone_says_what_it_is() {
    let user = User::of_aws();
    let run = user.run(&[]).expect(0);
    assert!(run.stderr.is_empty() && run.stdout.starts_with("stagegate promotes AWS resources"), "{run}");
    let commands: Vec<&str> = run.stdout.lines().filter_map(|line| line.strip_prefix("  stagegate ")).collect();
    assert_eq!(commands.len(), 3, "{run}");
    assert!(run.stdout.contains("stagegate help COMMAND"), "{run}");
}

#[test]
fn help_has_headings_examples_and_exit_codes() {
    let user = User::of_aws();
    let text = user.run(&["help", "create"]).expect(0).stdout;
    for part in
        ["Template options:", "Plan and approval:", "Global options:", "Examples:", "Exit codes:\n  0        success"]
    {
        assert!(text.contains(part), "no {part}: {text}");
    }
}

#[test]
fn misspelled_commands_and_flags_are_suggested() {
    let user = User::of_aws();
    for (line, suggestion) in [
        (&["drfit"][..], "did you mean `drift`?"),
        (&["tagaudit"], "did you mean `tag-audit`?"),
        (&["drift", "--form", "dev"], "did you mean `--from"),
        (&["create", "--fle", "a.yaml"], "did you mean `--file"),
        (&["create", "-f", "a.yaml", "--plan-olny"], "did you mean `--plan-only"),
        (&["scan", "--output", "jsn"], "did you mean `json`?"),
        (&["templates", "lst"], "did you mean `list`?"),
        (&["man", "drfit"], "did you mean `drift`?"),
    ] {
        let run = user.run(line).expect(64);
        assert!(run.stderr.contains(suggestion), "{run}");
    }
}
