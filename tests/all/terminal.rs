//! What happens at a terminal: prompts that approve, decline, are interrupted and end, and the live progress. The tests
//! wait for text to appear, never for time to pass.

use serde_json::{Value, json};

use super::support::{DEV, User, template};

/// The prompt for a cost of $10 or more.
const QUESTION: &str = "Proceed? (y/n)";

const DATABASE: &str = "rds-postgres.yaml";

fn databases(user: &User) -> u64 {
    let status = user.json(&["sandbox", "status"], 0);
    let accounts = status["body"]["accounts"].as_array().expect("accounts are a list");
    accounts.iter().filter_map(|account| account["resources"].as_u64()).sum()
}

/// Asserts the exit code, and that the terminal is as it was.
#[track_caller]
fn assert_ended(result: &Value, code: i32) -> &str {
    let screen = result["screen"].as_str().expect("the screen is text");
    assert_eq!(result["code"], code, "{screen}");
    assert_eq!(result["mode_restored"], true, "{screen}");
    assert_eq!(result["cursor_hidden"], false, "{screen}");
    screen
}

#[test]
fn a_plan_is_shown_and_approved_at_the_prompt() {
    let user = User::of_sandbox();
    let before = databases(&user);
    let actions = json!([["wait", "RDS::DBInstance"], ["wait", QUESTION], ["send", "y\n"]]);
    let result = user.at_terminal(&actions, &["create", "-f", &template(DATABASE)]);
    let screen = assert_ended(&result, 0);
    assert!(screen.contains("created AWS::RDS::DBInstance"), "{screen}");
    assert_eq!(screen.matches(QUESTION).count(), 1, "one prompt for each kind of approval: {screen}");
    assert_eq!(databases(&user), before + 1);
}

#[test]
fn every_other_answer_declines() {
    let user = User::of_sandbox();
    let before = databases(&user);
    // Ctrl-D is the end of input; a line that was pasted with another one was not meant for the prompt.
    for (typed, code) in [("n\n", 3), ("\n", 3), ("yess\n", 3), ("\u{4}", 3), ("y\u{4}\u{4}", 3)] {
        let actions = json!([["wait", QUESTION], ["send", typed]]);
        let result = user.at_terminal(&actions, &["create", "-f", &template(DATABASE)]);
        let screen = assert_ended(&result, code);
        assert!(screen.contains("the plan was not approved; nothing was sent"), "{typed:?}: {screen}");
    }
    assert_eq!(databases(&user), before);
}

#[test]
fn an_interrupted_prompt_sends_nothing() {
    let user = User::of_sandbox();
    let before = databases(&user);
    let actions = json!([["wait", QUESTION], ["send", "y"], ["send", "\u{3}"]]);
    let result = user.at_terminal(&actions, &["create", "-f", &template(DATABASE)]);
    let screen = assert_ended(&result, 130);
    assert!(screen.contains("interrupted at the prompt; nothing was sent"), "{screen}");
    assert_eq!(databases(&user), before);
}

#[test]
fn there_is_no_prompt_if_one_is_not_wanted() {
    let file = template(DATABASE);
    let create = ["create", "-f", &file];
    let nobody = json!([]);
    for flag in ["--json", "--no-input"] {
        let user = User::of_sandbox();
        let result = user.at_terminal(&nobody, &[create.as_slice(), &[flag]].concat());
        let screen = assert_ended(&result, 3);
        assert!(!screen.contains(QUESTION) && screen.contains("--approve"), "{flag}: {screen}");
    }
    let user = User::of_sandbox().with("CI", "true");
    let result = user.at_terminal(&nobody, &create);
    let screen = assert_ended(&result, 3);
    assert!(!screen.contains(QUESTION) && screen.contains("--approve"), "CI: {screen}");
    // Without a terminal.
    let run = User::of_sandbox().run(&create).expect(3);
    assert!(!run.stderr.contains(QUESTION) && run.stderr.contains("--approve"), "{run}");
    // These would otherwise prompt.
    let user = User::of_sandbox().with("CI", "false");
    let result = user.at_terminal(&json!([["wait", QUESTION], ["send", "n\n"]]), &create);
    assert_ended(&result, 3);
}

#[test]
fn the_progress_of_a_slow_step_follows_the_width_and_is_cleared() {
    let owner = User::of_sandbox();
    let server = owner.serve_with(&["--latency", "CreateResource=6s"]);
    let user = User::of_aws()
        .with("AWS_ENDPOINT_URL", &server.endpoint)
        .with("AWS_ACCESS_KEY_ID", DEV)
        .with("AWS_SECRET_ACCESS_KEY", "any");
    let environment = format!("dev: {{ account: \"{DEV}\", region: us-east-1 }}");
    user.write("stagegate.yaml", &format!("version: 1\nproject: p\nenvironments:\n  {environment}\ntags: {{ values: {{ CostCenter: Engineering }} }}\n"));
    user.write(
        "queue.yaml",
        "Type: AWS::SQS::Queue\nProperties: { QueueName: slow-dev, SqsManagedSseEnabled: true }\n",
    );
    // The clock moves although nothing is received.
    let actions = json!([
        ["wait", "[1/"],
        ["wait", "0 of "],
        ["wait", " 1 s"],
        ["resize", 44],
        ["wait", " 2 s"],
        ["wait", " 3 s"],
        ["wait", "created AWS::SQS::Queue"],
    ]);
    let result = user.at_terminal(&actions, &["create", "-f", "queue.yaml"]);
    let screen = assert_ended(&result, 0);
    let (_, after) = screen.rsplit_once(" 3 s").expect("the clock moves");
    // Each line of the view fills the terminal and continues on the next one without a line feed.
    let drawn = after.split(['\n', '\r']).filter(|line| line.contains("steps completed"));
    let too_long: Vec<&str> = drawn.filter(|line| line.trim_end().chars().count() > 2 * 44).collect();
    assert_eq!(too_long, [] as [&str; 0], "{screen}");
}

#[test]
fn an_interrupted_step_restores_the_terminal() {
    let owner = User::of_sandbox();
    let server = owner.serve_with(&["--latency", "GetResourceRequestStatus=5s"]);
    let user = User::of_aws()
        .with("AWS_ENDPOINT_URL", &server.endpoint)
        .with("AWS_ACCESS_KEY_ID", DEV)
        .with("AWS_SECRET_ACCESS_KEY", "any");
    let environment = format!("dev: {{ account: \"{DEV}\", region: us-east-1 }}");
    user.write("stagegate.yaml", &format!("version: 1\nproject: p\nenvironments:\n  {environment}\ntags: {{ values: {{ CostCenter: Engineering }} }}\n"));
    let queue = |name: &str| {
        format!("{{ Type: AWS::SQS::Queue, Properties: {{ QueueName: {name}, SqsManagedSseEnabled: true }} }}")
    };
    user.write("queues.yaml", &format!("Resources:\n  A: {}\n  B: {}\n", queue("a-dev"), queue("b-dev")));
    let actions = json!([["wait", "steps completed"], ["send", "\u{3}"]]);
    let result = user.at_terminal(&actions, &["create", "-f", "queues.yaml"]);
    let screen = assert_ended(&result, 130);
    assert!(screen.contains("interrupted"), "{screen}");
}

/// Links of OSC 8, which a terminal opens in an editor.
#[test]
fn places_in_files_are_links_where_the_terminal_supports_them() {
    let user = User::of_sandbox().with("FORCE_HYPERLINK", "1");
    user.write(
        "open.yaml",
        "Type: AWS::S3::Bucket\nProperties:\n  BucketName: open-dev\n  AccessControl: PublicRead\n",
    );
    user.write("wrong.yaml", "Type: AWS::S3::Bucket\nProperties:\n  BucketNam: open-dev\n");
    let scan = ["scan", "-f", "open.yaml"];
    let file = |name: &str, line: u32| {
        format!("\u{1b}]8;;file://{}/{name}#{line}\u{1b}\\{name}:{line}:", user.folder().display())
    };
    let result = user.at_terminal(&json!([]), &scan);
    assert!(assert_ended(&result, 2).contains(&file("open.yaml", 4)), "{result}");
    let result = user.at_terminal(&json!([]), &["scan", "-f", "wrong.yaml"]);
    let screen = result["screen"].as_str().unwrap();
    assert!(screen.contains(&file("wrong.yaml", 3)), "{screen}");
    let plain = user.copy().with("NO_COLOR", "1").at_terminal(&json!([]), &scan);
    assert!(!assert_ended(&plain, 2).contains('\u{1b}'), "{plain}");
    let unknown = user.copy().with("FORCE_HYPERLINK", "0").at_terminal(&json!([]), &scan);
    assert!(!assert_ended(&unknown, 2).contains("file://"), "{unknown}");
    assert!(!user.run(&scan).expect(2).stdout.contains("file://"));
}
