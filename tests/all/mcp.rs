//! `mcp` with the official Python client of the protocol.

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::approvals_by_another::Project;
use super::support::{DEV, User, root, template};

const READING: [&str; 10] =
    ["context", "cost", "drift", "estimate", "explain", "iam_gap", "inventory", "scan", "schema", "tag_audit"];
const WRITING: [&str; 3] = ["apply", "plan_create", "plan_promote"];

/// A session with the server.
#[track_caller]
fn session_in(user: &User, mode: &str, flags: &[&str], actions: &Value) -> Value {
    let command: Vec<&str> = ["stagegate", "mcp"].iter().chain(flags).copied().collect();
    let script = root().join("tests/python/mcp_client.py").display().to_string();
    // Too long for a command line.
    let file = user.write("../actions.json", &actions.to_string()).display().to_string();
    let arguments = [script, mode.to_owned(), json!(command).to_string(), file];
    let run = user.python_client(&arguments).expect(0);
    serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run}"))
}

#[track_caller]
fn session(user: &User, flags: &[&str], actions: &Value) -> Vec<Value> {
    session_in(user, "auto", flags, actions)["results"].as_array().unwrap().clone()
}

fn call(tool: &str, arguments: Value) -> Value {
    json!({"do": "call", "tool": tool, "arguments": arguments})
}

fn names(tools: &Value) -> Vec<&str> {
    let mut names: Vec<&str> = tools.as_array().unwrap().iter().map(|tool| tool["name"].as_str().unwrap()).collect();
    names.sort_unstable();
    names
}

fn code(result: &Value) -> &str {
    result["answer"]["outcome"]["code"].as_str().unwrap_or_else(|| panic!("{result:#}"))
}

fn queues(user: &User) {
    user.approve(&["create", "-f", &template("sqs-with-dlq.yaml")]);
}

#[test]
fn both_generations_of_the_protocol_list_the_tools_and_run_drift() {
    let user = User::of_sandbox();
    queues(&user);
    for mode in ["auto", "legacy"] {
        let actions =
            json!([{"do": "tools"}, call("drift", json!({})), {"do": "read", "uri": "$URI"}, {"do": "resources"}]);
        let session = session_in(&user, mode, &["--allow-writes"], &actions);
        let results = &session["results"];
        let mut all = [READING.as_slice(), &WRITING].concat();
        all.sort_unstable();
        assert_eq!(names(&results[0]), all, "{mode}");
        assert!(results[0].to_string().len() < 56_000, "{}", results[0].to_string().len());
        for tool in results[0].as_array().unwrap() {
            assert_eq!(tool["inputSchema"]["type"], "object", "{tool}");
            assert!(tool["outputSchema"]["properties"]["outcome"].is_object(), "{tool}");
            let reads = tool["annotations"]["readOnlyHint"] == true;
            assert_eq!(reads, tool["name"] != "apply", "{tool}");
        }
        let drift = &results[1];
        assert_eq!((drift["is_error"].as_bool(), code(drift)), (Some(false), "ok"), "{drift:#}");
        assert_eq!(drift["answer"]["summary"]["summary"]["dev_only"], 2, "{drift:#}");
        assert!(drift["content"][0]["text"].as_str().unwrap().len() <= 4096);
        assert_eq!(drift["content"][1]["type"], "resource_link", "{drift:#}");
        let document: Value = serde_json::from_str(results[2][0]["text"].as_str().unwrap()).unwrap();
        assert_eq!(super::schemas::problems(&document), [] as [&str; 0]);
        assert_eq!(document["body"]["resources"].as_array().unwrap().len(), 2);
        assert_eq!(results[3][0], drift["answer"]["document"]["uri"]);
        assert_eq!(session["server"]["name"], "stagegate");
    }
}

#[test]
fn a_plan_is_approved_by_its_digest_in_a_second_call() {
    let user = User::of_sandbox();
    let actions = json!([
        call("plan_create", json!({"file": [template("sqs-with-dlq.yaml")]})),
        call("apply", json!({"digest": "$DIGEST"})),
        call("plan_promote", json!({"all": true})),
        call("drift", json!({})),
        call("apply", json!({"digest": "$DIGEST", "reason": "ticket 7"})),
        call("drift", json!({})),
    ]);
    let results = session(&user, &["--allow-writes"], &actions);
    let [created, applied, planned, between, promoted, after] = &results[..] else { panic!("{results:#?}") };
    assert_eq!((code(created), code(applied)), ("ok", "ok"), "{created:#} {applied:#}");
    assert_eq!(code(planned), "approval_required", "{planned:#}");
    assert_eq!(planned["is_error"], false);
    let plan = &planned["answer"]["plan"];
    assert_eq!(plan["approvals_required"][0]["kind"], "protected", "{plan}");
    assert_eq!(plan["approval_by_another"], false);
    assert_eq!(between["answer"]["summary"]["summary"]["dev_only"], 2, "a plan changes nothing: {between:#}");
    assert_eq!(code(promoted), "ok", "{promoted:#}");
    assert_eq!(after["answer"]["summary"]["summary"]["synced"], 2, "{after:#}");
    let messages: Vec<&str> =
        promoted["progress"].as_array().unwrap().iter().filter_map(|one| one["message"].as_str()).collect();
    assert!(
        messages.iter().any(|line| line.contains("create AWS::SQS::Queue") && line.contains("done")),
        "{messages:?}"
    );
    for result in &results {
        let progress: Vec<f64> =
            result["progress"].as_array().unwrap().iter().map(|one| one["progress"].as_f64().unwrap()).collect();
        assert!(progress.is_sorted_by(|one, next| one < next), "{progress:?}");
        assert!(result["content"][0]["text"].as_str().unwrap().len() <= 4096, "{result:#}");
    }
}

#[test]
fn the_planner_cannot_approve_and_applies_with_the_approval_of_another() {
    let project = Project::new();
    let user = &project.user;
    let plan = call("plan_promote", json!({"all": true, "plan_file": "plan.json"}));
    // The rule makes the default a server that writes.
    let results = session(user, &[], &json!([plan, call("apply", json!({"digest": "$DIGEST"}))]));
    assert_eq!(code(&results[0]), "approval_required", "{results:#?}");
    assert_eq!(results[0]["answer"]["plan"]["approval_by_another"], true);
    let next = results[0]["answer"]["next"].to_string();
    assert!(next.contains("another person") && next.contains("stagegate approve plan.json"), "{next}");
    assert_eq!((code(&results[1]), &results[1]["is_error"]), ("blocked", &json!(true)), "{results:#?}");
    assert_eq!(results[1]["answer"]["diagnostics"][0]["code"], "approval-by-planner");

    project.sign_in("Lead", "dana");
    user.json(&["approve", "plan.json"], 0);
    project.sign_in("Agent", "session-1");
    let digest = results[0]["answer"]["plan"]["digest"].clone();
    let other = digest.as_str().unwrap().replace('a', "b");
    let apply = |digest: &str| {
        call("apply", json!({"digest": digest, "plan_file": "plan.json", "approval": "plan.approval.json"}))
    };
    let results = session(user, &[], &json!([apply(&other), apply(digest.as_str().unwrap())]));
    assert_eq!(results[0]["answer"]["diagnostics"][0]["code"], "plan-changed", "{results:#?}");
    assert_eq!(code(&results[1]), "ok", "{results:#?}");
}

#[test]
fn a_read_only_server_has_no_tool_that_plans_or_applies() {
    let user = User::of_sandbox();
    queues(&user);
    let actions = json!([{"do": "tools"}, call("plan_promote", json!({"all": true})), call("drift", json!({}))]);
    // Prod is protected, and no rule asks for another person.
    for flags in [&[][..], &["--read-only"]] {
        let results = session(&user, flags, &actions);
        assert_eq!(names(&results[0]), READING);
        let refused = results[1]["protocol_error"].as_str().unwrap();
        assert!(refused.contains("is not offered"), "{refused}");
        assert_eq!(code(&results[2]), "ok");
    }
    let project = Project::new();
    let results = session(&project.user, &["--read-only"], &json!([{"do": "tools"}]));
    assert_eq!(names(&results[0]), READING, "also where the rule is set");
    project.user.run(&["mcp", "--read-only", "--allow-writes"]).expect(64);
}

#[test]
fn arguments_that_cannot_be_used_are_results_with_an_error() {
    let user = User::of_sandbox();
    user.write("notes.txt", "mine");
    let hostile = [
        ("drift", json!({"nope": 1}), "has no argument `nope`"),
        ("drift", json!({"resources": ["AWS::S3::Bukket"]}), "AWS::S3::Bucket"),
        ("drift", json!({"resources": [["x"]]}), "must be a text"),
        ("drift", json!({"to": {"a": "b"}}), "must be a text"),
        ("drift", json!({"from": "--help"}), "no environment"),
        ("drift", json!({"from": "../../etc"}), "no environment"),
        ("scan", json!({"file": ["-"]}), "standard input"),
        ("scan", json!({"file": ["/dev/stdin"]}), ""),
        ("scan", json!({"live": ["AWS::S3::Bucket", "--policies=/tmp"], "env": "dev"}), "looks like a flag"),
        ("estimate", json!({"type": "AWS::S3::Bucket", "properties": "{not json"}), ""),
        ("estimate", json!({"hours": 1e9}), "hours"),
        ("estimate", json!({}), ""),
        ("explain", json!({"code": "x\u{0}y"}), "NUL"),
        ("explain", json!({"code": "x".repeat(2_000_000)}), "longer than"),
        ("explain", json!({"code": "\u{202e}evil"}), "unknown code"),
        ("inventory", json!({"query": "[?"}), ""),
        ("cost", json!({"month": "yesterday"}), "month"),
        ("plan_create", json!({"file": ["nowhere.yaml"]}), "nowhere.yaml"),
        ("plan_create", json!({"file": [template("s3-bucket.yaml")], "plan_file": "notes.txt"}), "not a saved plan"),
        ("plan_promote", json!({"approve": "x", "all": true}), "has no argument `approve`"),
        ("apply", json!({}), "`digest` is missing"),
        ("apply", json!({"digest": "yes"}), "no plan with this digest"),
        ("apply", json!({"digest": "yes", "plan_file": "notes.txt"}), "not a saved plan"),
        ("apply", json!({"digest": "yes", "plan_file": "/etc/shadow"}), ""),
    ];
    let mut actions: Vec<Value> = hostile.iter().map(|(tool, arguments, _)| call(tool, arguments.clone())).collect();
    actions.push(call("no_such_tool", json!({})));
    actions.push(json!({"do": "read", "uri": "file:///etc/passwd"}));
    actions.push(json!({"do": "read", "uri": "stagegate://schemas/drift"}));
    actions.push(json!({"do": "read", "uri": "stagegate://schemas/tool"}));
    actions.push(call("context", json!({})));
    let results = session(&user, &["--allow-writes"], &json!(actions));
    for ((tool, arguments, says), result) in hostile.iter().zip(&results) {
        let start: String = arguments.to_string().chars().take(100).collect();
        assert_eq!(result["is_error"], true, "{tool} {start}: {result:#}");
        let diagnostics = result["answer"]["diagnostics"].to_string();
        assert!(diagnostics.contains(says), "{tool} {start}: {says}: {diagnostics}");
        assert!(result["content"][0]["text"].as_str().unwrap().len() <= 4096, "{tool} {start}");
    }
    let [unknown, file, schema, of_tool, context] = &results[hostile.len()..] else { panic!("{results:#?}") };
    assert!(unknown["protocol_error"].as_str().unwrap().contains("no_such_tool"), "{unknown}");
    assert!(file["protocol_error"].as_str().unwrap().contains("there is no document"), "{file}");
    assert!(schema[0]["text"].as_str().unwrap().contains("stagegate.drift"), "{schema}");
    assert!(of_tool[0]["text"].as_str().unwrap().contains("more_diagnostics"), "{of_tool}");
    assert_eq!(code(context), "ok", "the server goes on: {context:#}");
    assert_eq!(std::fs::read_to_string(user.folder().join("notes.txt")).unwrap(), "mine");
}

#[test]
fn a_cancellation_ends_the_run_and_the_server_goes_on() {
    let (_owner, _server, user) = super::approvals::served(&["--fail", "GetResources=hang"]);
    let actions = json!([
        {"do": "cancel", "tool": "drift", "arguments": {}},
        {"do": "until", "stderr": "drift ended with exit code 130"},
        call("explain", json!({"code": "unknown-type"})),
    ]);
    let results = session(&user, &["--read-only"], &actions);
    assert_eq!(results[0]["canceled"], true, "{results:#?}");
    assert_eq!(code(&results[2]), "ok", "{results:#?}");
}

/// The calls in progress are finished, and the rest of the plan is applied by the next call.
#[test]
fn a_canceled_apply_loses_nothing() {
    let (owner, _server, user) = super::approvals::served(&["--latency", "GetResourceRequestStatus=1s"]);
    let actions = json!([
        call("plan_create", json!({"file": [template("sqs-with-dlq.yaml")]})),
        {"do": "cancel", "tool": "apply", "arguments": {"digest": "$DIGEST"}, "at": "[1/2]"},
        {"do": "until", "stderr": "apply ended with exit code"},
        call("apply", json!({"digest": "$DIGEST"})),
        call("drift", json!({})),
    ]);
    let results = session(&user, &["--allow-writes"], &actions);
    let [_, canceled, _, applied, drift] = &results[..] else { panic!("{results:#?}") };
    assert_eq!(canceled["canceled"], true, "{canceled:#}");
    assert_eq!(code(applied), "ok", "{applied:#}");
    assert_eq!(drift["answer"]["summary"]["summary"]["dev_only"], 2, "{drift:#}");
    let accounts = owner.json(&["sandbox", "status"], 0)["body"]["accounts"].clone();
    assert_eq!(accounts[0]["resources"], 2, "each was created once: {accounts}");
}

/// Runs the server with these lines as its input, and returns its output and its exit code.
fn speak(user: &User, lines: &[&str]) -> (String, i32) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stagegate"));
    let folder = user.folder();
    let home = folder.parent().unwrap();
    command
        .args(["mcp", "--read-only"])
        .arg(format!("--sandbox={}", home.join("sandbox").display()))
        .env_clear()
        .env("HOME", home)
        .current_dir(&folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    for line in lines {
        let _ = writeln!(stdin, "{line}");
    }
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    (String::from_utf8(output.stdout).unwrap(), output.status.code().unwrap())
}

#[test]
fn nothing_but_the_protocol_is_printed_and_noise_does_not_crash_the_server() {
    let user = User::of_sandbox();
    let hello = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}"#;
    let ready = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
    let call = r#"{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"context","arguments":{}}}"#;
    let deep = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
    let noise =
        ["not json", "{}", "[1,2]", r#"{"jsonrpc":"2.0","id":9,"method":"tools/call","params":{"name":5}}"#, &deep];
    let lines: Vec<&str> = [hello, ready].into_iter().chain(noise).chain([call]).collect();
    let (output, _) = speak(&user, &lines);
    let answers: Vec<Value> = output
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("not the protocol: {error}: {line}")))
        .collect();
    assert!(answers.iter().all(|answer| answer["jsonrpc"] == "2.0"), "{answers:#?}");
    let context = answers.iter().find(|answer| answer["id"] == 2).unwrap_or_else(|| panic!("{answers:#?}"));
    assert_eq!(context["result"]["structuredContent"]["outcome"]["code"], "ok", "{context:#}");
    assert!(context.to_string().contains(DEV));
    // No protocol at all.
    assert_eq!(speak(&user, &[]), (String::new(), 0));
    let (output, code) = speak(&user, &["hello"]);
    assert!(output.lines().all(|line| line.starts_with('{')), "{output}");
    assert!([0, 64].contains(&code), "{code}");
}

#[test]
fn a_signal_ends_the_server() {
    let user = User::of_sandbox();
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let run = user.interrupt(&["mcp"], signal, || true).expect(code);
        assert!(run.stdout.is_empty(), "{run}");
    }
}

#[test]
fn a_project_that_cannot_be_read_is_reported_on_stderr() {
    let user = User::of_sandbox();
    user.write("stagegate.yaml", "project: [");
    let run = user.run(&["mcp"]).expect(64);
    assert!(run.stdout.is_empty() && run.stderr.contains("stagegate.yaml"), "{run}");
}
