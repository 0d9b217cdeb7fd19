//! Every example in the help of a command is run, with the files in `tests/data/help`, in a sandbox that has what they name.

use super::support::{DEV, PROD, User, root, template};

/// Examples that are not run, and where they are tested instead.
const ELSEWHERE: &[(&str, &str)] = &[
    ("stagegate init", "asks at a terminal: init.rs"),
    ("stagegate prices update --region eu-west-1", "downloads AWS's price list: price_book.rs"),
    ("stagegate prices update --from https://mirror.example.com", "downloads a price list: price_book.rs"),
    ("stagegate sandbox serve --port 4599", "serves until it is stopped: sandbox.rs"),
    (
        "stagegate sandbox serve --throttle 25/s --fail 'CreateResource=ThrottlingException%10'",
        "serves until it is stopped: sandbox.rs",
    ),
];

fn collect(command: &clap::Command, found: &mut Vec<String>) {
    let text = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    found.extend(
        text.lines()
            .filter_map(|line| line.strip_prefix("  "))
            .filter(|line| line.starts_with("stagegate "))
            .map(str::to_owned),
    );
    command.get_subcommands().for_each(|one| collect(one, found));
}

/// Returns the examples of all commands, each once.
fn examples() -> Vec<String> {
    let mut found = Vec::new();
    collect(&stagegate::cli::definition(), &mut found);
    found.sort();
    found.dedup();
    found
}

/// A user with the files and the resources that examples name.
fn prepared() -> User {
    let user = User::of_sandbox();
    for entry in std::fs::read_dir(root().join("tests/data/help")).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, user.folder().join(path.file_name().unwrap())).unwrap();
    }
    user.json(&["create", "-f", &template("s3-bucket.yaml")], 0);
    user.approve(&["create", "-f", "principals.yaml"]);
    user.run(&["create", "-f", "orders.yaml", "--plan-out", "plan.json"]).expect(0);
    let audit = user.run(&["tag-audit", "--json"]).stdout;
    user.write("audit.json", &audit);
    user
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
    let examples = examples();
    assert!(examples.len() > 60, "{examples:#?}");
    let unknown: Vec<&str> =
        ELSEWHERE.iter().map(|(line, _)| *line).filter(|line| !examples.iter().any(|one| one == line)).collect();
    assert_eq!(unknown, [] as [&str; 0], "these are no examples");
    let base = prepared();
    let server = base.copy().serve();
    let is_run = |example: &&String| !ELSEWHERE.iter().any(|(line, _)| line == example);
    let mut failed = Vec::new();
    for example in examples.iter().filter(is_run) {
        let is_init = example.starts_with("stagegate init ");
        let user = if is_init { with_profiles(&server.endpoint) } else { base.copy() };
        let run = user.paste(example);
        // Drift, findings, and plans that need an approval are answers.
        if ![0, 2, 3].contains(&run.code) {
            failed.push(run.to_string());
        }
    }
    assert!(failed.is_empty(), "{} examples:\n{}", failed.len(), failed.join("\n\n"));
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
