//! SIGINT and SIGTERM end a run in any phase, with a document that reports it.

use std::path::Path;

use serde_json::Value;

use super::support::{Run, User};

/// A policy that does not terminate; the engine stops it after five seconds.
const ENDLESS: &str = "# METADATA\n# title: x\n# custom:\n#   id: endless\n#   severity: low\n#   types: [AWS::SQS::Queue]\n\
                       package acme.endless\n\ndeny contains {\"path\": [], \"message\": \"m\"} if {\n\
                       \tinput.resource.properties.QueueName\n\tsome a in numbers.range(1, 100000)\n\
                       \tsome b in numbers.range(1, 100000)\n\ta * b == 0\n}\n";

const QUEUES: &str = "Resources:\n  A: { Type: AWS::SQS::Queue, Properties: { QueueName: a-dev } }\n  \
                      B: { Type: AWS::SQS::Queue, Properties: { QueueName: b-dev } }\n";

const SIGNALS: [(&str, i32); 2] = [("INT", 130), ("TERM", 143)];

/// Runs a command and interrupts it once it listens for signals.
fn interrupted(user: &User, arguments: &[&str], signal: &str) -> Run {
    user.interrupt(arguments, signal, || true)
}

/// Runs the demo and interrupts it before its last step. The signal may arrive too late, so this is repeated.
fn interrupted_demo(user: &User, arguments: &[&str], signal: &str) -> Run {
    let mut runs = (0..10).map(|_| interrupted(user, arguments, signal));
    let early = |run: &Run| run.code != 0 && !run.stdout.contains("$ stagegate tag-audit");
    runs.find(early).expect("a signal ends the demo before its last step")
}

#[track_caller]
fn assert_interrupted(document: &Value) {
    assert_eq!(document["outcome"]["code"], "interrupted", "{document}");
}

/// A blocking read of standard input must not prevent the process from exiting.
#[test]
fn waiting_for_standard_input_is_interrupted() {
    let user = User::of_sandbox();
    let commands: [&[&str]; 4] = [
        &["scan", "-f", "-", "--json"],
        &["estimate", "-f", "-", "--json"],
        &["estimate", "-f", "a.yaml", "--compare", "-", "--json"],
        &["create", "-f", "-", "--json"],
    ];
    user.write("a.yaml", QUEUES);
    for (arguments, (signal, code)) in commands.iter().zip(SIGNALS.into_iter().cycle()) {
        assert_interrupted(&interrupted(&user, arguments, signal).expect(code).document());
    }
}

#[test]
fn a_cpu_bound_command_is_interrupted() {
    let user = User::of_sandbox();
    user.write("queues.yaml", QUEUES);
    std::fs::create_dir(user.folder().join("mine")).unwrap();
    user.write("mine/endless.rego", ENDLESS);
    for (signal, code) in SIGNALS {
        let run = interrupted(&user, &["scan", "-f", "queues.yaml", "--policies", "mine", "--json"], signal);
        assert_interrupted(&run.expect(code).document());
    }
}

/// Each evaluation takes five seconds, so the policy is evaluated only once, regardless of the number of resources.
#[test]
fn a_policy_that_does_not_terminate_is_stopped() {
    let user = User::of_sandbox();
    user.write("queues.yaml", QUEUES);
    std::fs::create_dir(user.folder().join("mine")).unwrap();
    user.write("mine/endless.rego", ENDLESS);
    let document = user.json(&["scan", "-f", "queues.yaml", "--policies", "mine"], 1);
    let failures = document["body"]["engines"][0]["failures"].as_array().unwrap();
    assert_eq!(failures.len(), 1, "{failures:?}");
    let said = failures[0].as_str().unwrap();
    assert!(said.starts_with("endless failed for A: the policy timed out after 5 s"), "{said}");
    assert_eq!(document["diagnostics"][0]["resource"], "A");
}

#[test]
fn an_interrupted_demo_removes_its_files() {
    let user = User::of_sandbox();
    let folder = user.folder().join("temporary");
    std::fs::create_dir(&folder).unwrap();
    let user = user.with("TMPDIR", folder.to_str().unwrap());
    let is_empty = |folder: &Path| std::fs::read_dir(folder).unwrap().next().is_none();
    for (signal, code) in SIGNALS {
        let run = interrupted_demo(&user, &["demo", "--json"], signal).expect(code);
        assert_interrupted(&run.document());
        assert!(is_empty(&folder), "{signal}");
        let run = interrupted_demo(&user, &["demo"], signal).expect(code);
        assert!(run.stdout.contains("$ stagegate context"), "{run}");
        assert!(is_empty(&folder), "{signal}");
    }
}
