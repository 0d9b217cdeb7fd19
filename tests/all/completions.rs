//! The completion scripts in real shells: Bash, and Zsh and Fish where they are installed.

use std::net::TcpListener;
use std::path::Path;

use super::support::{DEV, PROD, User, template};

const TEMPLATE: &str = "Resources:\n  Mails: { Type: AWS::SQS::Queue, Properties: { QueueName: mails-dev } }\n  \
    Events: { Type: AWS::SNS::Topic, Properties: { TopicName: events-dev } }\n";

/// A user whose project has the environments `dev` and `production`, and who has compared them while AWS could be reached.
/// Connections to the listener are calls to AWS.
fn user() -> (User, TcpListener) {
    let owner = User::of_sandbox();
    owner.write("mails.yaml", TEMPLATE);
    owner.json(&["create", "-f", "mails.yaml", "-f", &template("s3-bucket.yaml")], 0);
    let mut server = owner.serve();
    let user = User::of_accounts(&server.endpoint, "shop", DEV, PROD);
    let config = std::fs::read_to_string(user.folder().join("aws-config")).unwrap();
    user.write("aws-config", &format!("{config}[profile shop-dev]\n[profile shop-prod]\n"));
    let environment = |name: &str, profile: &str, account: &str| {
        format!("  {name}: {{ profile: {profile}, account: \"{account}\", region: us-east-1 }}\n")
    };
    let environments = environment("dev", "d", DEV) + &environment("production", "p", PROD);
    user.write("stagegate.yaml", &format!("version: 1\nproject: shop\nenvironments:\n{environments}"));
    user.write("mails.yaml", TEMPLATE);
    user.json(&["drift", "--to", "production"], 0);
    server.kill();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let user = user.with("AWS_ENDPOINT_URL", &format!("http://{}", listener.local_addr().unwrap()));
    (user, listener)
}

fn is_not_called(listener: &TcpListener) {
    assert!(listener.accept().is_err(), "a completion called AWS");
}

/// The words of a line as Bash splits them, with the candidates for the last one.
const CASES: &[(&[&str], &[&str])] = &[
    (&["drift", "--from", "p"], &["production"]),
    (&["schema", "AWS", "::", "SQS", "::", "QueueP"], &["QueuePolicy"]),
    (&["schema", "AWS", "::", "SQS", "::"], &["Queue", "QueueInlinePolicy", "QueuePolicy"]),
    (&["explain", "critical_"], &["critical_findings"]),
    (&["explain", "s3-encryption-"], &["s3-encryption-kms"]),
    (&["templates", "new", "rds"], &["rds-postgres"]),
    (&["tag-au"], &["tag-audit"]),
    (&["drift", "--fail"], &["--fail-on"]),
    (&["promote", "AWS", "::", "S3", "::", "Bucket", "s"], &["sandbox-uploads-dev"]),
    (
        &["promote", "AWS", "::", "S3", "::", "Bucket", "sandbox-uploads-dev", "AWS", "::", "S3", "::", "BucketP"],
        &["BucketPolicy"],
    ),
    (
        &[
            "drift",
            "AWS",
            "::",
            "SNS",
            "::",
            "Topic",
            "arn",
            ":",
            "aws",
            ":",
            "sns",
            ":",
            "us-east-1",
            ":",
            DEV,
            ":",
            "e",
        ],
        &["events-dev"],
    ),
    (&["update", "AWS", "::", "S3", "::", "Bucket", "--env", "dev", "s"], &["sandbox-uploads-dev"]),
    (&["delete", "AWS", "::", "S3", "::", "Bucket", "s"], &["sandbox-uploads-dev"]),
    (&["delete", "--env", "production", "AWS", "::", "S3", "::", "Bucket", "s"], &[]),
    (&["scan", "--env", "dev", "--live", "AWS", "::", "S3", "::", "Bucket", "s"], &["sandbox-uploads-dev"]),
    (&["tag-audit", "--type", "AWS", "::", "S3", "::", "Bucket", "--id", "s"], &["sandbox-uploads-dev"]),
    (&["create", "-f", "mails.yaml", "--set", "Ma"], MAILS),
    (&["create", "-f", "mails.yaml", "--set", "Mails.V"], &["Mails.VisibilityTimeout="]),
    (&["create", "-f", "nowhere.yaml", "--set", "Ma"], &[]),
    (&["create", "-f", "stagegate.yaml", "--set", "Ma"], &[]),
    (&["update", "AWS", "::", "SQS", "::", "QueuePolicy", "x", "--env", "dev", "--set", "Q"], &["Queues="]),
    (&["init", "--dev-profile", "shop"], &["shop-dev", "shop-prod"]),
    (&["init", "--prod-profile", "shop-p"], &["shop-prod"]),
];

/// The properties of a queue that can be set.
const MAILS: &[&str] = &[
    "Mails.ContentBasedDeduplication=",
    "Mails.DeduplicationScope=",
    "Mails.DelaySeconds=",
    "Mails.FifoQueue=",
    "Mails.FifoThroughputLimit=",
    "Mails.KmsDataKeyReusePeriodSeconds=",
    "Mails.KmsMasterKeyId=",
    "Mails.MaximumMessageSize=",
    "Mails.MessageRetentionPeriod=",
    "Mails.QueueName=",
    "Mails.ReceiveMessageWaitTimeSeconds=",
    "Mails.RedriveAllowPolicy=",
    "Mails.RedrivePolicy=",
    "Mails.SqsManagedSseEnabled=",
    "Mails.Tags=",
    "Mails.VisibilityTimeout=",
];

#[test]
fn identifiers_of_the_sandbox_are_completed_and_nothing_is_created() {
    let of = |user: &User, line: &str| {
        let run = user.paste(&format!("STAGEGATE_COMPLETE=fish stagegate -- stagegate {line}")).expect(0);
        assert_eq!(run.stderr, "", "{run}");
        run.stdout.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let user = User::of_sandbox();
    assert_eq!(of(&user, "promote AWS::S3::Bucket s"), [] as [&str; 0]);
    assert!(!user.folder().join("../sandbox").exists(), "a completion made a sandbox");
    user.json(&["create", "-f", &template("s3-bucket.yaml")], 0);
    assert_eq!(of(&user, "promote AWS::S3::Bucket s"), ["sandbox-uploads-dev"]);
    assert_eq!(of(&user, "update --env prod AWS::S3::Bucket s"), [] as [&str; 0]);
    assert_eq!(of(&user, "promote --sandbox=other AWS::S3::Bucket s"), [] as [&str; 0]);

    // What is invalid has no candidates.
    user.write("stagegate.yaml", "environments: 1");
    user.write("aws-config", "[profile");
    user.write("t.yaml", "Resources: [");
    for line in ["promote AWS::S3::Bucket s", "init --dev-profile s", "create -f t.yaml --set s"] {
        assert_eq!(of(&user, line), [] as [&str; 0], "{line}");
    }
}

#[test]
fn bash_completes_values() {
    let (user, listener) = user();
    user.write("completions.bash", &user.run(&["completions", "bash"]).expect(0).stdout);
    for (words, expected) in CASES {
        let all: Vec<String> = std::iter::once(&"stagegate").chain(*words).map(|word| format!("'{word}'")).collect();
        // After a colon, the current word is empty.
        let last = words.last().unwrap().trim_matches(':');
        let script = format!(
            "source completions.bash; COMP_WORDS=({}); COMP_CWORD={}; COMP_TYPE=9; \
             _clap_complete_stagegate stagegate '{last}' x; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
            all.join(" "),
            words.len()
        );
        let run = user.paste(&format!("bash --noprofile --norc -c {}", shlex::try_quote(&script).unwrap())).expect(0);
        let found: Vec<&str> = run.stdout.lines().filter(|line| !line.is_empty()).collect();
        assert_eq!((found.as_slice(), run.stderr.as_str()), (*expected, ""), "{run}");
    }
    is_not_called(&listener);
}

/// Returns the words as a person types them.
fn line(words: &[&str]) -> String {
    format!("stagegate {}", words.join(" ").replace(" :: ", "::").replace(" ::", "::").replace(" : ", ":"))
}

#[test]
fn fish_completes_values() {
    assert!(Path::new("/usr/bin/fish").exists(), "fish is not installed: tests/run installs it where it may");
    let (user, listener) = user();
    user.write("completions.fish", &user.run(&["completions", "fish"]).expect(0).stdout);
    for (words, expected) in CASES {
        let script = format!("source completions.fish; complete -C '{}'", line(words));
        let run = user.paste(&format!("fish --no-config -c {}", shlex::try_quote(&script).unwrap())).expect(0);
        let found: Vec<&str> = run.stdout.lines().map(|line| line.split('\t').next().unwrap()).collect();
        assert_eq!(found.len(), expected.len(), "{run}");
        assert!(found.iter().zip(*expected).all(|(found, expected)| found.ends_with(expected)), "{run}");
    }
    is_not_called(&listener);
}

#[test]
fn zsh_completes_values() {
    assert!(Path::new("/usr/bin/zsh").exists(), "zsh is not installed: tests/run installs it where it may");
    let (user, listener) = user();
    user.write("_stagegate", &user.run(&["completions", "zsh"]).expect(0).stdout);
    for (words, expected) in CASES {
        let words: Vec<String> = line(words).split(' ').map(|word| format!("'{word}'")).collect();
        // `_describe` shows candidates at a terminal only; here it prints them.
        let script = format!(
            "compdef() {{ :; }}; _describe() {{ local name=$3; print -rl -- ${{(P)name}}; }}; source ./_stagegate; \
             words=({}); CURRENT={}; _clap_dynamic_completer_stagegate",
            words.join(" "),
            words.len()
        );
        let run = user.paste(&format!("zsh -f -c {}", shlex::try_quote(&script).unwrap()));
        // A description follows the first colon that is not escaped.
        let value = |line: &str| line.replace("\\:", "\0").split(':').next().unwrap().replace('\0', ":");
        let found: Vec<String> = run.stdout.lines().map(value).collect();
        assert_eq!(found.len(), expected.len(), "{run}");
        assert!(found.iter().zip(*expected).all(|(found, expected)| found.ends_with(expected)), "{run}");
    }
    is_not_called(&listener);
}
