//! Reading the report of `drift`, its ignore file, and the formats for CI systems.

use quick_junit::Report;
use serde_json::{Value, json};

use super::approvals::served;
use super::killed_promotions::{create, properties, tags, update};
use super::output_formats::sarif;
use super::support::{DEV, PROD, Server, User, messages, root};

const QUEUE: &str = "AWS::SQS::Queue";
const STACK: &str = "Resources:\n  \
    Jobs: { Type: AWS::SQS::Queue, Properties: { QueueName: jobs-dev, VisibilityTimeout: 30 } }\n  \
    Calm: { Type: AWS::SQS::Queue, Properties: { QueueName: calm-dev } }\n";
const ALONE: &str = "Type: AWS::SQS::Queue\nProperties: { QueueName: alone-dev }\n";

fn url(account: &str, name: &str) -> String {
    format!("https://sqs.us-east-1.amazonaws.com/{account}/{name}")
}

/// Two promoted queues, a queue in dev only, and a hotfix in prod.
fn drifted() -> (User, Server, User) {
    let (owner, server, user) = served(&[]);
    user.write("stack.yaml", STACK);
    user.write("alone.yaml", ALONE);
    user.json(&["create", "-f", "stack.yaml"], 0);
    user.approve(&["promote", "--all"]);
    user.json(&["create", "-f", "alone.yaml"], 0);
    let patch = json!([{"op": "replace", "path": "/VisibilityTimeout", "value": 90}]);
    update(&server, PROD, QUEUE, &url(PROD, "jobs-prod"), &patch);
    (owner, server, user)
}

fn row<'a>(document: &'a Value, dev: &str) -> &'a Value {
    let rows = document["body"]["resources"].as_array().unwrap();
    rows.iter().find(|row| row["dev"].as_str().is_some_and(|name| name.ends_with(dev))).unwrap()
}

/// Sets a tag of a queue in prod with another client, or removes it.
fn tag(server: &Server, name: &str, key: &str, value: Option<&str>) {
    let queue = url(PROD, name);
    let live = properties(server, PROD, QUEUE, &queue);
    let mut all: Vec<Value> = live["Tags"].as_array().unwrap().clone();
    all.retain(|tag| tag["Key"] != key);
    all.extend(value.map(|value| json!({"Key": key, "Value": value})));
    update(server, PROD, QUEUE, &queue, &json!([{"op": "replace", "path": "/Tags", "value": all}]));
}

#[test]
fn the_worst_comes_first_and_what_is_in_sync_is_a_count() {
    let (_owner, _server, user) = drifted();
    let text = user.run(&["drift"]).expect(2).stdout;
    let jobs = format!("drifted {QUEUE} {} → {}", url(DEV, "jobs-dev"), url(PROD, "jobs-prod"));
    let place = |what: &str| text.find(what).unwrap_or_else(|| panic!("no `{what}` in {text}"));
    assert!(place(&jobs) < place("/VisibilityTimeout: dev 30 → prod 90 (prod changed)"));
    assert!(place("(prod changed)") < place("dev_only"));
    assert!(text.ends_with("\n  3 resources checked: 1 drifted, 1 dev_only, 1 synced\n"), "{text}");
    assert!(!text.contains("calm"), "{text}");
    let all = user.run(&["drift", "--all"]).expect(2).stdout;
    assert!(all.contains("calm-dev") && all.contains("calm-prod"), "{all}");
    // JSON is complete, in the same order, and one line.
    let run = user.run(&["drift", "--json"]).expect(2);
    assert_eq!(run.stdout.lines().count(), 1, "{run}");
    let document = run.document();
    let rows = document["body"]["resources"].as_array().unwrap().iter();
    assert_eq!(rows.map(|row| row["status"].as_str().unwrap()).collect::<Vec<_>>(), ["drifted", "dev_only", "synced"]);
}

#[test]
fn a_cost_center_changed_or_removed_in_prod_is_drift_and_its_command_restores_it() {
    let (_owner, server, user) = served(&[]);
    user.write("stack.yaml", STACK);
    user.json(&["create", "-f", "stack.yaml"], 0);
    user.approve(&["promote", "--all"]);
    user.json(&["drift"], 0);
    // Tags of the environment, of the caller and of stagegate differ, and a tag that only prod has is no drift.
    tag(&server, "calm-prod", "CreatedBy", Some("somebody"));
    tag(&server, "calm-prod", "Backup", Some("daily"));
    user.json(&["drift"], 0);
    let dev = url(DEV, "jobs-dev");
    for value in [Some("Data"), None] {
        tag(&server, "jobs-prod", "CostCenter", value);
        let report = user.json(&["drift"], 2);
        let jobs = row(&report, "jobs-dev");
        assert_eq!((&jobs["status"], &jobs["moved"]), (&json!("drifted"), &json!("unknown")), "{jobs}");
        let [change] = jobs["changes"].as_array().unwrap().as_slice() else { panic!("{jobs}") };
        assert_eq!(change["tag"], "CostCenter", "{change}");
        assert!(change["from"].to_string().contains("Engineering"), "{change}");
        let text = user.run(&["drift"]).expect(2).stdout;
        let found = value.map_or("(not set)".to_owned(), |value| format!("\"{value}\""));
        assert!(text.contains(&format!("tag CostCenter: dev \"Engineering\" → prod {found}\n")), "{text}");
        // A promotion of all plans the same as the command of the row.
        let command = jobs["command"].as_str().unwrap().strip_prefix("stagegate ").unwrap();
        let named = user.json(&command.split(' ').collect::<Vec<_>>(), 3)["body"]["plan"]["steps"].clone();
        let all = user.json(&["promote", "--all"], 3)["body"]["plan"]["steps"].clone();
        assert_eq!(all, named, "{value:?}");
        match value {
            Some(_) => user.approve(&["promote", "--all"]),
            None => user.approve(&["promote", QUEUE, &dev]),
        };
        let live = tags(&properties(&server, PROD, QUEUE, &url(PROD, "jobs-prod")));
        assert_eq!((&live["CostCenter"][..], &live["Environment"][..]), ("Engineering", "production"), "{live:?}");
        user.json(&["drift"], 0);
        assert_eq!(user.json(&["promote", "--all"], 0)["body"]["plan"]["steps"], json!([]));
    }
}

#[test]
fn values_that_cannot_be_verified_are_named_in_their_row() {
    let user = User::of_sandbox();
    user.write("handler.py", "def handler(event, context): pass\n");
    let files = ["lambda-with-role.yaml", "dynamodb-table.yaml"].map(super::support::template);
    user.approve(&["create", "-f", &files[0], "-f", &files[1]]);
    let input = "AWS::Lambda::Function/sandbox-orders-dev#/Code/ZipFile=@handler.py";
    user.approve(&["promote", "--all", "--with-dependencies", "--input", input]);
    let report = user.json(&["drift"], 0);
    let rows = report["body"]["resources"].as_array().unwrap().iter();
    let unverified = |row: &Value| row["unverified"].as_array().unwrap().len();
    let open: Vec<&Value> = rows.filter(|row| unverified(row) > 0).collect();
    assert_eq!(open.len(), 1, "{open:?}");
    assert_eq!((&open[0]["type"], &open[0]["status"]), (&json!("AWS::Lambda::Function"), &json!("synced")));
    assert_eq!(open[0]["unverified"][0]["pointer"], "/Code", "{}", open[0]);
    let text = user.run(&["drift"]).expect(0).stdout;
    assert!(text.contains("1 resource in sync with values that AWS does not return"), "{text}");
    assert!(user.run(&["drift", "--all"]).expect(0).stdout.contains("not verifiable: /Code"));
}

#[test]
fn sensitive_values_are_masked() {
    // The second one contains a name of dev, so that the pair needs a review.
    for (secret, status) in [("hunter2-one", "drifted"), ("hunter2-work-dev", "needs_review")] {
        masks(secret, status);
    }
}

/// Every format hides the password of a function in dev, and that of its counterpart.
fn masks(secret: &str, status: &str) {
    let (_owner, server, user) = served(&[]);
    let config = std::fs::read_to_string(user.folder().join("stagegate.yaml")).unwrap();
    let role = |account: &str| format!("arn:aws:iam::{account}:role/work");
    let map = format!("promotion: {{ map: {{ \"{}\": \"{}\" }} }}\n", role(DEV), role(PROD));
    user.write("stagegate.yaml", &(config + &map));
    let function = "AWS::Lambda::Function";
    let tag = |key: &str, value: &str| json!({"Key": key, "Value": value});
    for (account, name, secret, marks) in [
        (DEV, "work-dev", secret, [tag("Environment", "development"), tag("ProdCounterpart", "work-prod")]),
        (PROD, "work-prod", "hunter2-other", [tag("Environment", "production"), tag("DevCounterpart", "work-dev")]),
    ] {
        let mut all = vec![tag("MANAGED_BY", "stagegate"), tag("PromotionStatus", "synced")];
        all.extend(marks);
        let properties = json!({
            "FunctionName": name, "Runtime": "python3.13", "Handler": "index.handler", "Code": {"ZipFile": "x"},
            "Role": role(account), "Tags": all, "Environment": {"Variables": {"DB_PASSWORD": secret}}
        });
        create(&server, account, function, &properties);
    }
    for format in ["table", "json", "ndjson", "markdown", "sarif", "junit", "github"] {
        let run = user.run(&["drift", "--output", format]).expect(2);
        assert!(!format!("{run}").contains("hunter2"), "{run}");
        assert!(run.stdout.contains(status) && run.stdout.contains("(sensitive)"), "{run}");
    }
}

const HEAD: &str = "# Reviewed every quarter.\nignore:\n";

fn entry(identifier: &str, pointer: &str, expires: &str) -> String {
    format!(
        "  - type: {QUEUE}\n    identifier: \"{identifier}\"\n    pointer: {pointer}\n    owner: data\n    reason: load test\n    expires: {expires}\n"
    )
}

#[test]
fn the_ignore_file_takes_accepted_differences_out_and_reports_its_own_entries() {
    let (_owner, _server, user) = drifted();
    let write = |text: &str| user.write("stagegate-ignore.yaml", &format!("{HEAD}{text}"));
    let jobs = entry("*/jobs-*", "/VisibilityTimeout", "2099-12-31");
    write(&jobs);
    let report = user.json(&["drift"], 0);
    let body = &report["body"];
    assert_eq!((&body["coverage"]["ignored"], &body["summary"]["ignored"]), (&json!(1), &json!(1)), "{body}");
    assert_eq!((&body["summary"]["drifted"], &row(&report, "jobs-dev")["status"]), (&json!(0), &json!("drifted")));
    let waiver = json!({"owner": "data", "reason": "load test", "expires": "2099-12-31"});
    for (key, value) in waiver.as_object().unwrap() {
        assert_eq!(&row(&report, "jobs-dev")["ignored"][key], value);
        assert_eq!(&row(&report, "jobs-dev")["changes"][0]["ignored"][key], value);
    }
    assert!(user.run(&["drift"]).expect(0).stdout.contains("1 dev_only, 1 synced, 1 ignored"));
    assert!(user.run(&["drift", "--all"]).expect(0).stdout.contains("ignored: load test (data) until 2099-12-31"));

    // An entry that has expired ignores nothing; one that matches nothing is named.
    write(&(entry("*/jobs-*", "/VisibilityTimeout", "2020-01-31") + &entry("*/calm-*", "/DelaySeconds", "2099-12-31")));
    let report = user.json(&["drift"], 2);
    let said: Vec<(&str, u64)> = report["diagnostics"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["code"].as_str().unwrap(), one["line"].as_u64().unwrap_or_default()))
        .collect();
    assert_eq!(said, [("ignore-expired", 3), ("ignore-unused", 9)], "{report}");
    assert_eq!(report["body"]["coverage"]["ignored"], 0);
    // A comparison of single resources does not say that entries for others are unused.
    write(&entry("*/calm-*", "/DelaySeconds", "2099-12-31"));
    assert_eq!(user.json(&["drift", QUEUE, &url(DEV, "alone-dev")], 0)["diagnostics"], json!([]));

    for (from, to, says) in [
        ("    owner: data\n", "", "has no owner"),
        ("    reason: load test\n", "", "has no reason"),
        ("2099-12-31", "soon", "not a date"),
    ] {
        write(&jobs.replace(from, to));
        let run = user.run(&["drift"]).expect(64);
        let line = if says.contains("date") { "stagegate-ignore.yaml:8:" } else { "stagegate-ignore.yaml:3:5" };
        assert!(run.stderr.contains(says) && run.stderr.contains(line), "{run}");
    }
    // Another file, which must exist.
    user.write("other.yaml", &format!("{HEAD}{jobs}"));
    user.json(&["drift", "--ignore", "other.yaml"], 0);
    user.json(&["drift", "--ignore", "missing.yaml"], 64);
}

#[test]
fn an_accepted_difference_is_written_to_the_ignore_file() {
    let (_owner, server, user) = drifted();
    tag(&server, "jobs-prod", "CostCenter", Some("Data"));
    let known = HEAD.to_owned() + &entry("*/other-*", "/DelaySeconds", "2099-12-31");
    let file = user.write("stagegate-ignore.yaml", &known);
    let jobs = url(DEV, "jobs-dev");
    let accept = ["drift", QUEUE, &jobs, "--accept", "--reason", "load test: \"Q4\" # agreed"];
    let report = user.json(&[&accept[..], &["--owner", "data", "--expires", "2099-06-30"]].concat(), 0);
    assert!(messages(&report).contains("added 2 entries"), "{}", messages(&report));
    assert_eq!(report["body"]["coverage"]["ignored"], 1);
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.starts_with(&known), "{text}");
    let added: Value = serde_saphyr::from_str(&text).unwrap();
    let pointers: Vec<&str> =
        added["ignore"].as_array().unwrap()[1..].iter().map(|entry| entry["pointer"].as_str().unwrap()).collect();
    assert_eq!(pointers, ["/Tags/CostCenter", "/VisibilityTimeout"], "{text}");
    assert_eq!(added["ignore"][1]["reason"], "load test: \"Q4\" # agreed");
    assert_eq!(user.json(&["drift"], 0)["body"]["summary"]["ignored"], 1);
    // Another difference of the same resource is reported.
    let patch = json!([{"op": "replace", "path": "/DelaySeconds", "value": 7}]);
    update(&server, PROD, QUEUE, &url(PROD, "jobs-prod"), &patch);
    assert_eq!(user.json(&["drift"], 2)["body"]["summary"]["drifted"], 1);
    // By default, the caller is responsible for 90 days.
    user.json(&accept, 0);
    assert_eq!(std::fs::read_to_string(&file).unwrap().matches("- type: ").count(), 4);

    let nothing = user.json(&accept, 1);
    assert!(messages(&nothing).contains("nothing-to-accept"), "{}", messages(&nothing));
    for wrong in [
        &["drift", QUEUE, &jobs, "--accept"][..],
        &["drift", "--accept", "--reason", "x"],
        &["drift", QUEUE, "--accept", "--reason", "x"],
        &["drift", QUEUE, &jobs, "--accept", "--reason", " "],
        &["drift", QUEUE, &jobs, "--accept", "--reason", "x", "--expires", "2020-01-01"],
    ] {
        user.json(wrong, 64);
    }
    assert_eq!(std::fs::read_to_string(&file).unwrap().matches("- type: ").count(), 4);
}

#[test]
fn json_is_indented_only_for_people() {
    let user = User::of_sandbox();
    let arguments = ["schema", QUEUE, "--json"];
    assert_eq!(user.run(&arguments).expect(0).stdout.lines().count(), 1);
    let result = user.at_terminal(&json!([]), &arguments);
    assert!(result["screen"].as_str().unwrap().contains("\n  \"tool\": {"), "{result}");
}

#[test]
fn a_format_that_a_command_does_not_have_is_refused_aloud() {
    let user = User::of_sandbox();
    for format in ["ndjson", "github", "sarif"] {
        let run = user.run(&["context", "--output", format]).expect(64);
        assert!(run.stderr.contains(&format!("`context` has no output format `{format}`")), "{run}");
    }
}

/// Makes one document of the lines, as the schema of the command describes it.
fn joined(text: &str) -> Value {
    let mut document = json!({});
    let mut rows = std::collections::BTreeMap::from([("resource", Vec::new()), ("gap", Vec::new())]);
    let mut kinds = Vec::new();
    for line in text.lines() {
        let mut line: Value = serde_json::from_str(line).unwrap();
        let kind = line.as_object_mut().unwrap().shift_remove("kind").unwrap();
        kinds.push(kind.as_str().unwrap().to_owned());
        match rows.get_mut(kind.as_str().unwrap()) {
            Some(list) => list.push(line),
            None => document.as_object_mut().unwrap().extend(line.as_object().unwrap().clone()),
        }
    }
    assert_eq!((kinds[0].as_str(), kinds.last().unwrap().as_str()), ("header", "summary"));
    if document["body"].is_object() {
        document["body"]["resources"] = rows["resource"].clone().into();
        if document["command"] == "tag-audit" {
            document["body"]["gaps"] = rows["gap"].clone().into();
        }
    }
    document
}

#[test]
fn ndjson_has_a_line_per_row_and_all_that_json_has() {
    let (_owner, server, user) = drifted();
    create(&server, PROD, QUEUE, &json!({"QueueName": "untagged"}));
    for command in [&["drift"][..], &["tag-audit", "--type", QUEUE]] {
        let whole = user.json(command, 2);
        let run = user.run(&[command, &["--output", "ndjson"]].concat()).expect(2);
        assert!(run.stderr.is_empty(), "{run}");
        let document = joined(&run.stdout);
        assert_eq!(super::schemas::problems(&document), Vec::<String>::new(), "{run}");
        assert_eq!((&document["body"], &document["outcome"]), (&whole["body"], &whole["outcome"]), "{run}");
    }
    let failed = user.run(&["drift", "AWS::SQS::Quue", "--output", "ndjson"]).expect(64);
    assert!(joined(&failed.stdout)["diagnostics"].to_string().contains("unknown-type"), "{failed}");
}

#[test]
fn a_summary_has_counts_and_coverage_and_no_rows() {
    let (_owner, server, user) = drifted();
    create(&server, PROD, QUEUE, &json!({"QueueName": "untagged"}));
    for command in [&["drift"][..], &["tag-audit", "--type", QUEUE]] {
        let whole = user.json(command, 2)["body"].clone();
        let short = user.json(&[command, &["--summary"]].concat(), 2)["body"].clone();
        assert_eq!(short["resources"], json!([]), "no rows");
        assert_eq!(
            (&short["summary"], &short["coverage"]["checked"]),
            (&whole["summary"], &whole["coverage"]["checked"])
        );
        assert_eq!(short["rows_omitted"], whole["resources"].as_array().unwrap().len(), "{short}");
        let text = user.run(&[command, &["--summary"]].concat()).expect(2).stdout;
        assert!(text.lines().count() <= 5 && text.contains("checked"), "{text}");
    }
    // A format that consists of rows would say that all passed.
    assert!(user.run(&["drift", "--summary", "--output", "junit"]).expect(64).stderr.contains("leave out --summary"));
    let text = user.run(&["drift", "--summary", "--output", "markdown"]).expect(2).stdout;
    assert!(text.starts_with("### ❌ Drift"), "{text}");
    let text = user.run(&["drift", "--summary", "--output", "github"]).expect(2).stdout;
    assert!(text.starts_with("::error title=stagegate drift::Drift: prod against dev: 3 "), "{text}");
}

#[test]
fn github_annotations_name_files_and_append_to_the_job_summary() {
    let (_owner, server, user) = drifted();
    create(&server, PROD, QUEUE, &json!({"QueueName": "untagged"}));
    user.write("stagegate-ignore.yaml", &(HEAD.to_owned() + &entry("*/calm-*", "/DelaySeconds", "2020-01-31")));
    let summary = user.write("summary.md", "before\n");
    let user = user.with("GITHUB_STEP_SUMMARY", &summary.display().to_string());
    let run = user.run(&["drift", "--output", "github"]).expect(2);
    let lines: Vec<&str> = run.stdout.lines().collect();
    assert!(
        lines[0].starts_with("::warning file=") && lines[0].contains("stagegate-ignore.yaml,line=3,col=5,"),
        "{run}"
    );
    assert!(lines[1].starts_with("::error title=drifted%3A AWS%3A%3ASQS%3A%3AQueue https%3A//sqs."), "{run}");
    assert!(lines[1].contains("%0A/VisibilityTimeout: dev 30 → prod 90 (changed: prod)%0A"), "{run}");
    assert!(
        lines[2].starts_with("::notice title=dev_only") && lines[3].starts_with("Drift: prod against dev: 3 "),
        "{run}"
    );
    let text = std::fs::read_to_string(&summary).unwrap();
    assert!(text.starts_with("before\n### ❌ Drift: prod against dev\n") && text.contains("| `drifted` |"), "{text}");
    let audit = user.run(&["tag-audit", "--type", QUEUE, "--output", "github"]).expect(2);
    assert!(audit.stdout.starts_with("::error title=untagged%3A prod AWS%3A%3ASQS%3A%3AQueue "), "{audit}");
    assert!(std::fs::read_to_string(&summary).unwrap().contains("\n### ❌ Tag audit\n"));
    // Without the variable, or if the file cannot be written, the annotations are complete.
    let lost = user.copy().with("GITHUB_STEP_SUMMARY", "/nowhere/summary.md");
    let run = lost.run(&["drift", "--output", "github"]).expect(2);
    assert!(run.stderr.contains("summary-not-written") && run.stdout.lines().count() == 4, "{run}");
    let wrong = user.run(&["drift", "AWS::SQS::Quue", "--output", "github"]).expect(64);
    assert!(wrong.stdout.starts_with("::error title=stagegate%3A unknown-type::"), "{wrong}");
}

#[test]
fn other_formats_are_valid_and_have_every_row() {
    let (_owner, server, user) = drifted();
    create(&server, PROD, QUEUE, &json!({"QueueName": "untagged"}));
    for (command, code) in [(&["drift"][..], "drifted"), (&["tag-audit", "--type", QUEUE], "untagged")] {
        let of = |format: &str| user.run(&[command, &["--output", format]].concat()).expect(2).stdout;
        let log = sarif(&of("sarif"));
        let results = log["runs"][0]["results"].as_array().unwrap();
        let failing = results.iter().filter(|one| one["level"] == "error").count();
        assert!(results.iter().any(|one| one["ruleId"] == code) && failing >= 1, "{log}");
        let report = Report::deserialize_from_str(&of("junit")).unwrap();
        assert_eq!((report.failures, report.errors), (failing, 0), "{command:?}");
        assert_eq!(report.name.as_deref(), Some(format!("stagegate {}", command[0]).as_str()));
        let text = of("markdown");
        assert!(text.starts_with("### ❌ ") && text.contains(&format!("| `{code}` | ")), "{text}");
    }
    // Ignored rows are suppressed or skipped, and a clean report says so.
    user.write("stagegate-ignore.yaml", &(HEAD.to_owned() + &entry("*/jobs-*", "/VisibilityTimeout", "2099-12-31")));
    let of = |format: &str| user.run(&["drift", "--output", format]).expect(0).stdout;
    let log = sarif(&of("sarif"));
    let results = log["runs"][0]["results"].as_array().unwrap();
    assert!(results.iter().any(|one| one["suppressions"].is_array()), "{log}");
    let report = Report::deserialize_from_str(&of("junit")).unwrap();
    assert_eq!((report.failures, report.skipped), (0, 1));
    let text = of("markdown");
    assert!(text.starts_with("### ✅ Drift") && text.contains("<summary>1 ignored</summary>"), "{text}");
}

/// The `run` steps of the workflow in the README, by name.
fn steps() -> Vec<(String, String)> {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let (_, rest) = readme.split_once("```yaml\nname: drift\n").expect("the README has a workflow");
    let (workflow, _) = rest.split_once("```").unwrap();
    let workflow: Value = serde_saphyr::from_str(&format!("name: drift\n{workflow}")).unwrap();
    let steps = workflow["jobs"]["compare"]["steps"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    steps.filter(|step| step["run"].is_string()).map(|step| (text(&step["name"]), text(&step["run"]))).collect()
}

#[test]
fn the_workflow_in_the_readme_works_as_shell_steps() {
    let (_owner, _server, user) = drifted();
    let steps = steps();
    assert_eq!(steps.len(), 3, "{steps:?}");
    let summary = user.write("summary.md", "");
    let user = user.with("GITHUB_STEP_SUMMARY", &summary.display().to_string()).with("CI", "true");
    // As the runner starts a shell.
    let run = |name: &str| {
        let (_, script) = steps.iter().find(|(step, _)| step == name).unwrap_or_else(|| panic!("{steps:?}"));
        user.paste(&format!("set -e\n{script}"))
    };
    let compared = run("Compare prod with dev").expect(2);
    assert!(compared.stdout.contains("::error title=drifted"), "{compared}");
    run("Check the tags").expect(0);
    run("Save the report").expect(0);
    let saved = joined(&std::fs::read_to_string(user.folder().join("drift.ndjson")).unwrap());
    assert_eq!(saved["body"]["summary"]["drifted"], 1);
    let text = std::fs::read_to_string(&summary).unwrap();
    assert!(text.contains("### ❌ Drift") && text.contains("### ✅ Tag audit"), "{text}");
    user.approve(&["promote", QUEUE, &url(DEV, "jobs-dev"), "--pull"]);
    assert!(!run("Compare prod with dev").expect(0).stdout.contains("::error"));
}
