//! Saved plans: `--plan-out` and `apply`.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::{Value, json};

use super::support::{DEV, PROD, Server, User, approving_command, messages, root, template};

const QUEUE: &str = "AWS::SQS::Queue";
const JOBS: &str = "Resources:\n  Jobs:\n    Type: AWS::SQS::Queue\n    Properties: { QueueName: sandbox-jobs-dev, \
                    SqsManagedSseEnabled: true, VisibilityTimeout: 60 }\n";

fn url(account: &str, name: &str) -> String {
    format!("https://sqs.us-east-1.amazonaws.com/{account}/{name}")
}

fn saved(user: &User, file: &str) -> Value {
    let text = std::fs::read_to_string(user.folder().join(file)).unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    let schema = std::fs::read_to_string(root().join("src/report/schemas/saved-plan.json")).unwrap();
    let schema: Value = serde_json::from_str(&schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let problems: Vec<String> = validator.iter_errors(&document).map(|error| error.to_string()).collect();
    assert!(problems.is_empty(), "{problems:?}");
    document
}

/// Saves a plan for the queue in its current state.
fn save_jobs(user: &User) -> Value {
    user.write("jobs.yaml", JOBS);
    user.json(&["create", "-f", "jobs.yaml", "--plan-out", "plan.json"], 0)
}

fn writes(document: &Value) -> usize {
    let names = ["CreateResource", "UpdateResource", "DeleteResource", "TagResources", "UntagResources"];
    let calls = document["api_calls"].as_object().expect("api_calls is an object");
    calls.keys().filter(|call| names.iter().any(|name| call.ends_with(name))).count()
}

/// Asserts that a saved plan is refused with a reason and without a change.
#[track_caller]
fn refused(user: &User, code: i32, says: &str) -> Value {
    let document = user.json(&["apply", "plan.json"], code);
    assert!(messages(&document).contains(says), "{says}: {}", messages(&document));
    assert_eq!(writes(&document), 0, "{}", document["api_calls"]);
    document
}

#[test]
fn a_saved_plan_is_applied_without_its_template() {
    let user = User::of_sandbox();
    let planned = save_jobs(&user);
    assert_eq!(writes(&planned), 0, "{}", planned["api_calls"]);
    let digest = planned["body"]["plan"]["digest"].as_str().unwrap();
    let plan = saved(&user, "plan.json");
    assert_eq!((plan["digest"].as_str(), &plan["schema"]["name"]), (Some(digest), &json!("stagegate.saved-plan")));
    let mode = std::fs::metadata(user.folder().join("plan.json")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(planned["next"][0]["command"], "stagegate apply plan.json --json");

    std::fs::remove_file(user.folder().join("jobs.yaml")).unwrap();
    let applied = user.paste("stagegate apply plan.json --json").expect(0).document();
    assert_eq!(applied["body"]["applied"][0]["identifier"], url(DEV, "sandbox-jobs-dev"));
    assert_eq!(applied["body"]["plan"]["digest"], digest);
    // Nothing is left to do.
    let again = user.json(&["apply", "plan.json"], 0);
    assert_eq!((writes(&again), &again["body"]["applied"]), (0, &json!([])));
}

#[test]
fn a_template_on_standard_input_is_part_of_the_plan() {
    let user = User::of_sandbox();
    user.write("database.yaml", &std::fs::read_to_string(template("rds-postgres.yaml")).unwrap());
    let line = "stagegate create --json -f - --plan-out plan.json < database.yaml";
    let planned = user.paste(line).expect(3).document();
    assert_eq!(saved(&user, "plan.json")["request"]["create"]["templates"][0]["path"], "-");
    let asked = user.json(&["apply", "plan.json"], 3);
    assert_eq!(approving_command(&asked), approving_command(&planned));
    let applied = user.paste(approving_command(&planned)).expect(0).document();
    assert_eq!(applied["body"]["applied"][0]["identifier"], "sandbox-db-dev");
}

#[test]
fn an_approval_of_another_plan_does_not_apply_a_saved_plan() {
    let user = User::of_sandbox();
    let database = template("rds-postgres.yaml");
    let other = user.json(&["create", "-f", &database, "--purpose", "other"], 3);
    user.json(&["create", "-f", &database, "--plan-out", "plan.json"], 3);
    let digest = other["body"]["plan"]["digest"].as_str().unwrap();
    let document = user.json(&["apply", "plan.json", "--approve", digest], 4);
    assert!(messages(&document).contains("the approval is for another plan"), "{document}");
    user.json(&["apply", "plan.json", "--approve", "yes"], 4);
}

#[test]
fn a_plan_that_is_blocked_is_not_saved() {
    let user = User::of_sandbox();
    user.write("jobs.yaml", JOBS);
    user.json(&["create", "-f", "jobs.yaml", "--env", "prod", "--plan-out", "plan.json"], 4);
    assert!(!user.folder().join("plan.json").exists());
    user.json(&["create", "-f", "jobs.yaml", "--plan-out", "jobs.yaml/plan.json"], 1);
    let digest = format!("20261120T090000Z-{}", "a".repeat(64));
    user.json(&["create", "-f", "jobs.yaml", "--plan-out", "plan.json", "--approve", &digest], 64);
}

#[test]
fn what_is_not_an_unchanged_saved_plan_is_a_usage_error() {
    let user = User::of_sandbox();
    save_jobs(&user);
    let good = std::fs::read_to_string(user.folder().join("plan.json")).unwrap();
    type Edit<'a> = &'a dyn Fn(&str) -> String;
    let edits: [(Edit<'_>, &str); 7] = [
        (&|_| String::new(), "not a saved plan"),
        (&|_| "[1]".to_owned(), "not a saved plan"),
        (&|text| text[..text.len() / 2].to_owned(), "not a saved plan"),
        (&|text| text.replacen("\"0.1\"", "\"0.2\"", 1), "version 0.2"),
        (&|text| text.replacen("stagegate.saved-plan", "stagegate.create", 1), "stagegate.create"),
        (&|text| text.replacen("sandbox-jobs-dev", "sandbox-jobs-deb", 1), "it was edited"),
        (&|text| text.replacen("VisibilityTimeout: 60", "VisibilityTimeout: 61", 1), "it was edited"),
    ];
    for (edit, says) in edits {
        let text = edit(&good);
        assert_ne!(text, good);
        user.write("plan.json", &text);
        let document = refused(&user, 64, says);
        assert_eq!(document["diagnostics"][0]["code"], "invalid-saved-plan");
    }
    user.json(&["apply", "nowhere.json"], 64);
    user.write("plan.json", &good);
    user.json(&["apply", "plan.json", "--param", "A=b"], 64);
    user.json(&["apply", "plan.json", "--plan-out", "other.json"], 64);
    user.json(&["apply", "plan.json"], 0);
}

/// Each change between the plan and its application is refused with its reason.
#[test]
fn a_plan_whose_basis_has_changed_is_refused() {
    // A live change, made by another client.
    let user = User::of_sandbox();
    save_jobs(&user);
    user.json(&["apply", "plan.json"], 0);
    user.write("jobs.yaml", &JOBS.replace("VisibilityTimeout: 60", "VisibilityTimeout: 90"));
    user.json(&["create", "-f", "jobs.yaml", "--plan-out", "plan.json"], 0);
    let server = user.serve();
    let change = |seconds: &str| {
        let patch = format!(r#"[{{"op": "replace", "path": "/MessageRetentionPeriod", "value": {seconds}}}]"#);
        user.boto3(&server, DEV, &["update", QUEUE, &url(DEV, "sandbox-jobs-dev"), &patch]);
    };
    let before = user.boto3(&server, DEV, &["get", QUEUE, &url(DEV, "sandbox-jobs-dev")]);
    change("600000");
    let document = refused(&user, 4, "live resource dev AWS::SQS::Queue https://sqs.us-east-1.amazonaws.com/");
    let command = document["next"][0]["command"].as_str().unwrap();
    assert_eq!(command, "stagegate create -f jobs.yaml --stack-name jobs --json --plan-out plan.json");
    change(&before["MessageRetentionPeriod"].to_string());

    // An edit of the template. The text in the plan is not used if the file says something else.
    user.write("jobs.yaml", JOBS);
    let document = refused(&user, 4, "`jobs.yaml` has changed");
    assert_eq!(document["diagnostics"][0]["code"], "template-edited");
    user.write("jobs.yaml", &JOBS.replace("VisibilityTimeout: 60", "VisibilityTimeout: 90"));

    // A new policy.
    let config = |account: &str, more: &str| {
        let environment = |account| format!("{{account: '{account}', region: us-east-1, sandbox: true, TAG}}");
        let dev = environment(account).replace("TAG", "tag_value: development");
        let prod = environment(PROD).replace("TAG", "tag_value: production, protected: true");
        let tags = "tags: {values: {CostCenter: Engineering}}";
        format!("version: 1\nproject: sandbox\n{tags}\n{more}environments: {{dev: {dev}, prod: {prod}}}\n")
    };
    let policy = include_str!("../../policies/sqs/sqs-dead-letter.rego").replace("#   pack: resilience\n", "");
    std::fs::create_dir(user.folder().join("rules")).unwrap();
    user.write("rules/own.rego", &policy);
    user.write("stagegate.yaml", &config(DEV, "policies: {dirs: [rules]}\n"));
    refused(&user, 4, "policies: ");

    // Another account.
    user.write("stagegate.yaml", &config("333333333333", ""));
    let document = refused(&user, 6, "the plan was made for account 111111111111");
    assert_eq!(document["diagnostics"][0]["code"], "wrong-account");
    std::fs::remove_file(user.folder().join("stagegate.yaml")).unwrap();

    // With none of them it applies.
    user.json(&["apply", "plan.json"], 0);
}

#[test]
fn a_plan_that_was_completed_is_not_applied_again() {
    let user = User::of_sandbox();
    save_jobs(&user);
    user.json(&["apply", "plan.json"], 0);
    // Another client deletes the result.
    let server = user.serve();
    user.boto3(&server, DEV, &["delete", QUEUE, &url(DEV, "sandbox-jobs-dev")]);
    let document = refused(&user, 4, "applied completely before");
    assert_eq!(document["diagnostics"][0]["code"], "approval-used");
}

#[test]
fn a_plan_expires_after_a_day() {
    let user = User::of_sandbox();
    user.write("jobs.yaml", JOBS);
    let at = |time: &str, line: &str| user.paste(&format!("STAGEGATE_TEST_NOW={time} stagegate {line} --json"));
    at("2026-11-20T09:00:00Z", "create -f jobs.yaml --plan-out plan.json").expect(0);
    let late = at("2026-11-21T09:00:00Z", "apply plan.json").expect(4).document();
    assert!(messages(&late).contains("24 hours old") && writes(&late) == 0, "{late}");
    let early = at("2026-11-20T08:59:59Z", "apply plan.json").expect(4).document();
    assert!(messages(&early).contains("future"), "{early}");
    let applied = at("2026-11-21T08:59:59Z", "apply plan.json").expect(0).document();
    // The plan is the one of the day on which it was made.
    assert!(applied["body"]["plan"]["steps"].to_string().contains("2026-11-20"), "{applied}");
}

#[test]
fn a_unit_price_that_changes_is_refused() {
    let owner = User::of_sandbox();
    let server: Server = owner.serve();
    let user = User::of_aws()
        .with("AWS_ENDPOINT_URL", &server.endpoint)
        .with("AWS_ACCESS_KEY_ID", DEV)
        .with("AWS_SECRET_ACCESS_KEY", "any");
    user.write(
        "stagegate.yaml",
        &format!(
            "version: 1\nproject: p\nenvironments: {{ dev: {{ account: \"{DEV}\", region: us-east-1 }} }}\n\
             tags: {{ values: {{ CostCenter: Engineering }} }}\n"
        ),
    );
    user.write(
        "gate.yaml",
        "Resources:\n  Gate: { Type: AWS::EC2::NatGateway, Properties: { SubnetId: subnet-1, ConnectivityType: private } }\n",
    );
    user.json(&["create", "-f", "gate.yaml", "--plan-out", "plan.json"], 3);
    let cache = user.folder().parent().unwrap().join(".cache/stagegate/prices");
    let files: Vec<std::path::PathBuf> = std::fs::read_dir(cache)
        .unwrap()
        .flat_map(|place| std::fs::read_dir(place.unwrap().path()).unwrap())
        .map(|file| file.unwrap().path())
        .collect();
    let replace = |from: &str, to: &str| {
        for file in &files {
            let text = std::fs::read_to_string(file).unwrap();
            std::fs::write(file, text.replace(from, to)).unwrap();
        }
    };
    replace("0.0450000000", "0.0460000000");
    refused(&user, 4, "price nat.hour@us-east-1");
    replace("0.0460000000", "0.0450000000");
    let digest = saved(&user, "plan.json")["digest"].as_str().unwrap().to_owned();
    user.json(&["apply", "plan.json", "--approve", &digest], 0);
}

/// Asserts that no file below a folder, other than those of the sandbox and of the user, contains a text.
fn assert_nowhere(folder: &Path, text: &str, except: &[&str]) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if except.contains(&name.as_str()) {
            continue;
        }
        if path.is_dir() {
            assert_nowhere(&path, text, except);
        } else {
            let bytes = std::fs::read(&path).unwrap();
            assert!(!String::from_utf8_lossy(&bytes).contains(text), "{} contains {text}", path.display());
        }
    }
}

#[test]
fn secrets_are_given_again_and_appear_nowhere() {
    const SECRET: &str = "planted-Secret-1";
    let database = "Parameters:\n  Password: { Type: String, NoEcho: true }\nResources:\n  Db:\n    \
         Type: AWS::RDS::DBInstance\n    Properties: { DBInstanceIdentifier: sandbox-db-dev, \
         DBInstanceClass: db.t4g.micro, Engine: postgres, AllocatedStorage: '20', MasterUsername: app, \
         MasterUserPassword: PASSWORD }\n";
    let cases: [(&str, &[&str], &[&str]); 3] = [
        ("!Ref Password", &["--param", "Password=planted-Secret-1"], &["--param", "Password=planted-Secret-1"]),
        (
            "other",
            &["--param", "Password=x", "--set", "Db.MasterUserPassword=planted-Secret-1"],
            &["--set", "Db.MasterUserPassword=planted-Secret-1", "--param", "Password=x"],
        ),
        ("planted-Secret-1", &["--param", "Password=x"], &["--param", "Password=x"]),
    ];
    for (written, flags, again) in cases {
        let user = User::of_sandbox();
        user.write("db.yaml", &database.replace("PASSWORD", written));
        let arguments: Vec<&str> =
            ["create", "-f", "db.yaml", "--plan-out", "plan.json"].iter().chain(flags).copied().collect();
        let shown = user.run(&arguments).expect(3);
        assert!(!shown.to_string().split_once('\n').unwrap().1.contains(SECRET), "{shown}");
        let json = user.json(&arguments, 3);
        assert!(!json.to_string().contains(SECRET), "{json}");
        assert_nowhere(user.folder().parent().unwrap(), SECRET, &["sandbox", "db.yaml"]);

        let plan = saved(&user, "plan.json");
        let is_stored = plan["request"]["create"]["templates"][0]["text"].is_string();
        assert_eq!(is_stored, written == "!Ref Password", "{plan}");
        let digest = plan["digest"].as_str().unwrap();
        let apply: Vec<&str> = ["apply", "plan.json", "--approve", digest].iter().chain(again).copied().collect();
        if !is_stored {
            std::fs::rename(user.folder().join("db.yaml"), user.folder().join("away.yaml")).unwrap();
            let missing = user.json(&apply, 64);
            assert!(messages(&missing).contains("db.yaml"), "{}", messages(&missing));
            std::fs::rename(user.folder().join("away.yaml"), user.folder().join("db.yaml")).unwrap();
        }
        let missing = user.json(&apply[..4], 64);
        assert_eq!(missing["diagnostics"][0]["code"], "missing-value", "{missing}");
        if is_stored {
            let wrong = user.json(&["apply", "plan.json", "--approve", digest, "--param", "Password=wrong"], 4);
            assert!(messages(&wrong).contains("a sensitive value of Db"), "{}", messages(&wrong));
        }
        let applied = user.json(&apply, 0);
        assert!(!applied.to_string().contains(SECRET), "{applied}");
        assert_nowhere(user.folder().parent().unwrap(), SECRET, &["sandbox", "db.yaml"]);
    }
}

#[test]
fn a_promotion_is_saved_with_its_inputs_but_without_their_secrets() {
    const FUNCTION: &str = "AWS::Lambda::Function";
    let user = User::of_sandbox();
    user.approve(&["create", "-f", &template("dynamodb-table.yaml")]);
    user.approve(&["create", "-f", &template("lambda-with-role.yaml")]);
    user.write("handler.py", "planted = 'planted-Secret-2'\n");
    let promote = |input: &str, code| {
        let input = format!("{FUNCTION}/sandbox-orders-dev#/Code/ZipFile={input}");
        let line = ["promote", FUNCTION, "sandbox-orders-dev", "--with-dependencies", "--input", &input];
        let arguments: Vec<&str> = line.into_iter().chain(["--plan-out", "plan.json"]).collect();
        user.json(&arguments, code)
    };
    promote("planted-Secret-2", 3);
    assert_nowhere(user.folder().parent().unwrap(), "planted-Secret-2", &["sandbox", "handler.py"]);
    let digest = saved(&user, "plan.json")["digest"].as_str().unwrap().to_owned();
    user.json(&["apply", "plan.json", "--approve", &digest], 64);

    let planned = promote("@handler.py", 3);
    assert_nowhere(user.folder().parent().unwrap(), "planted-Secret-2", &["sandbox", "handler.py"]);
    assert!(planned["next"][0]["why"].as_str().unwrap().contains("handler.py"), "{planned}");
    let command = approving_command(&planned);
    user.write("handler.py", "other = 1\n");
    let edited = user.paste(command).expect(4).document();
    assert!(messages(&edited).contains("`handler.py` has changed"), "{}", messages(&edited));
    user.write("handler.py", "planted = 'planted-Secret-2'\n");
    let applied = user.paste(command).expect(0).document();
    assert_eq!(applied["body"]["promotion"].as_array().unwrap().len(), 4, "{applied}");
    user.json(&["drift"], 0);
}
