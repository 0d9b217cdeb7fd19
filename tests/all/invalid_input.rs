//! Invalid input: one clear message with its location and a hint, the correct exit code, and no calls that change anything.

use serde_json::Value;

use super::support::{User, messages};

struct InvalidInput {
    name: &'static str,
    /// Files to write to the working folder.
    files: &'static [(&'static str, &'static str)],
    arguments: &'static [&'static str],
    code: i32,
    /// Strings that the message or the hint must contain.
    says: &'static [&'static str],
    /// The file and line of the error.
    place: Option<(&'static str, u64)>,
}

const PROJECT: &str =
    "version: 1\nproject: p\nenvironments:\n  dev: { profile: nobody, account: \"111111111111\", region: us-east-1 }\n";

const UNKNOWN_KEY: &str = "version: 1\nproject: p\nenvironments:\n  dev: { account: \"111111111111\", region: us-east-1 }\npolices: { dirs: [mine] }\n";

const BUDGET: &str = "Resources:\n  Budget:\n    Type: AWS::Budgets::Budget\n    Properties:\n      Budget: { BudgetType: COST, TimeUnit: MONTHLY }\n";

const INVALID_INPUTS: &[InvalidInput] = &[
    InvalidInput {
        name: "a type that Cloud Control does not manage",
        files: &[("budget.yaml", BUDGET)],
        arguments: &["create", "-f", "budget.yaml"],
        code: 64,
        says: &["AWS::Budgets::Budget", "AWS::CloudWatch::Alarm"],
        place: Some(("budget.yaml", 2)),
    },
    InvalidInput {
        name: "truncated YAML",
        files: &[("bad.yaml", "Resources:\n  Bucket:\n    Type: [AWS::S3::Bucket\n")],
        arguments: &["create", "-f", "bad.yaml"],
        code: 64,
        says: &[],
        place: Some(("bad.yaml", 3)),
    },
    InvalidInput {
        name: "a type that does not exist",
        files: &[("bad.yaml", "Resources:\n  Bucket:\n    Type: AWS::S3::Bukket\n    Properties: {}\n")],
        arguments: &["create", "-f", "bad.yaml"],
        code: 64,
        says: &["AWS::S3::Bukket", "AWS::S3::Bucket"],
        place: Some(("bad.yaml", 3)),
    },
    InvalidInput {
        name: "a property that does not exist",
        files: &[("bad.yaml", "Type: AWS::S3::Bucket\nProperties:\n  BucketName: a-dev\n  VersioningConfig: {}\n")],
        arguments: &["create", "-f", "bad.yaml"],
        code: 64,
        says: &["VersioningConfig", "VersioningConfiguration"],
        place: Some(("bad.yaml", 4)),
    },
    InvalidInput {
        name: "a value of the wrong type",
        files: &[("bad.yaml", "Type: AWS::SQS::Queue\nProperties:\n  QueueName: a-dev\n  VisibilityTimeout: soon\n")],
        arguments: &["create", "-f", "bad.yaml"],
        code: 64,
        says: &["VisibilityTimeout", "integer"],
        place: Some(("bad.yaml", 4)),
    },
    InvalidInput {
        name: "a policy folder without a policy",
        files: &[("q.yaml", "Type: AWS::SQS::Queue\nProperties: { QueueName: q-dev }\n")],
        arguments: &["scan", "-f", "q.yaml", "--policies", "."],
        code: 64,
        says: &["has no policies", "*.rego", "--policies"],
        place: None,
    },
    InvalidInput {
        name: "a template without its flag",
        files: &[],
        arguments: &["scan", "q.yaml"],
        code: 64,
        says: &["q.yaml", "-f PATH"],
        place: None,
    },
    InvalidInput {
        name: "a value that is not allowed",
        files: &[],
        arguments: &["scan", "-f", "q.yaml", "--engine", "tfsec"],
        code: 64,
        says: &["tfsec", "builtin, checkov, cfn-guard"],
        place: None,
    },
    InvalidInput {
        name: "invalid waivers",
        files: &[
            ("q.yaml", "Type: AWS::SQS::Queue\nProperties: { QueueName: q-dev }\n"),
            ("w.yaml", "waivers:\n  - rule: sqs-encrypted\n    resorce: q\n"),
        ],
        arguments: &["scan", "-f", "q.yaml", "--waivers", "w.yaml"],
        code: 64,
        says: &["resorce", "expires: YYYY-MM-DD"],
        place: Some(("w.yaml", 3)),
    },
    InvalidInput {
        name: "a missing template",
        files: &[],
        arguments: &["create", "-f", "missing.yaml"],
        code: 64,
        says: &["missing.yaml"],
        place: None,
    },
    InvalidInput {
        name: "an empty template",
        files: &[("empty.yaml", "")],
        arguments: &["create", "-f", "empty.yaml"],
        code: 64,
        says: &[],
        place: Some(("empty.yaml", 1)),
    },
    InvalidInput {
        name: "a mistyped command",
        files: &[],
        arguments: &["drfit"],
        code: 64,
        says: &["drfit", "drift"],
        place: None,
    },
    InvalidInput {
        name: "a mistyped flag",
        files: &[],
        arguments: &["drift", "--form", "dev"],
        code: 64,
        says: &["--form", "--from"],
        place: None,
    },
    InvalidInput {
        name: "an unknown environment",
        files: &[],
        arguments: &["drift", "--to", "prdo"],
        code: 64,
        says: &["prdo", "prod"],
        place: None,
    },
    InvalidInput {
        name: "a resource that does not exist",
        files: &[],
        arguments: &["promote", "AWS::S3::Bucket", "no-such-bucket-dev"],
        code: 1,
        says: &["no-such-bucket-dev"],
        place: None,
    },
    InvalidInput {
        name: "an invalid digest",
        files: &[("bucket.yaml", "Type: AWS::S3::Bucket\nProperties: { BucketName: a-dev }\n")],
        arguments: &["create", "-f", "bucket.yaml", "--approve", "yes"],
        code: 64,
        says: &["yes", "digest"],
        place: None,
    },
    InvalidInput {
        name: "an unknown key in the configuration",
        files: &[("stagegate.yaml", UNKNOWN_KEY)],
        arguments: &["context"],
        code: 64,
        says: &["polices", "policies"],
        place: Some(("stagegate.yaml", 5)),
    },
    InvalidInput {
        name: "a scan engine that does not exist",
        files: &[(
            "stagegate.yaml",
            "version: 1\nproject: p\nenvironments:\n  dev: { account: \"111111111111\", region: us-east-1 }\npolicies: { engines: [builtin, chekov] }\n",
        )],
        arguments: &["create", "--plan-only", "-f", "bucket.yaml"],
        code: 64,
        says: &["`chekov`", "did you mean `checkov`?"],
        place: Some(("stagegate.yaml", 5)),
    },
    InvalidInput {
        name: "an account id that YAML would read as a number",
        files: &[(
            "stagegate.yaml",
            "version: 1\nproject: p\nenvironments:\n  dev: { account: 11111111111, region: us-east-1 }\n",
        )],
        arguments: &["context"],
        code: 64,
        says: &["account"],
        place: Some(("stagegate.yaml", 4)),
    },
];

#[test]
fn invalid_input_is_reported_with_one_clear_message_and_changes_nothing() {
    let mut all = Vec::new();
    for input in INVALID_INPUTS {
        let user = User::of_sandbox();
        for (name, text) in input.files {
            user.write(name, text);
        }
        all.extend(faults(&user, input));
    }
    assert!(all.is_empty(), "{}", all.join("\n"));
}

#[test]
fn without_a_project_the_hint_describes_how_to_create_one() {
    check(
        &User::of_aws(),
        &InvalidInput {
            name: "no project",
            files: &[],
            arguments: &["drift"],
            code: 64,
            says: &["stagegate.yaml", "--sandbox"],
            place: None,
        },
    );
}

#[test]
fn a_profile_that_does_not_exist_is_never_replaced_by_other_credentials() {
    let user = User::of_aws().with("AWS_ACCESS_KEY_ID", "111111111111").with("AWS_SECRET_ACCESS_KEY", "any");
    user.write("aws-config", "[profile somebody]\naws_access_key_id = 111111111111\naws_secret_access_key = any\n");
    user.write("stagegate.yaml", PROJECT);
    check(
        &user,
        &InvalidInput {
            name: "an unknown profile",
            files: &[],
            arguments: &["tag-audit"],
            code: 6,
            says: &["nobody", "somebody"],
            place: None,
        },
    );
}

#[test]
fn errors_are_readable_without_json() {
    let user = User::of_sandbox();
    user.write("bad.yaml", "Type: AWS::S3::Bucket\nProperties:\n  BucketNmae: a-dev\n");
    let run = user.run(&["create", "-f", "bad.yaml"]).expect(64);
    assert_eq!(run.stdout, "", "messages are not written to stdout: {run}");
    for wanted in ["error", "bad.yaml:3", "BucketNmae", "hint:", "BucketName"] {
        assert!(run.stderr.contains(wanted), "no {wanted}: {run}");
    }
}

#[test]
fn an_empty_standard_input_is_an_error_and_does_not_block() {
    // Tests have no standard input: what arrives is empty, not a wait for a terminal.
    let document = User::of_sandbox().json(&["estimate", "-f", "-"], 64);
    assert_eq!(errors(&document).len(), 1, "{document}");
}

#[track_caller]
fn check(user: &User, input: &InvalidInput) {
    let faults = faults(user, input);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Returns what is wrong with the response to invalid input.
fn faults(user: &User, input: &InvalidInput) -> Vec<String> {
    let mut faults = Vec::new();
    let run = user.run(&input.arguments.iter().copied().chain(["--json"]).collect::<Vec<_>>());
    let document = run.document();
    let errors = errors(&document);
    let [error] = errors.as_slice() else {
        return vec![format!("{}: one message, not {errors:?}", input.name)];
    };
    let mut expect = |holds: bool, what: String| {
        if !holds {
            faults.push(format!("{}: {what} in {error}", input.name));
        }
    };
    expect(run.code == input.code, format!("exit code {}, not {}", run.code, input.code));
    let text = format!("{} {}", error["message"], error["hint"]);
    for word in input.says {
        expect(text.contains(word), format!("no `{word}`"));
    }
    expect(error["hint"].is_string(), "no hint".to_owned());
    if let Some((file, line)) = input.place {
        expect(error["file"] == file && error["line"] == line, format!("not {file}:{line}"));
    }
    let calls = document["api_calls"].as_object().expect("api_calls is an object");
    let harmless = |call: &String| call.starts_with("sts.") || call.contains(".Get") || call.contains(".List");
    expect(calls.keys().all(harmless), format!("calls {calls:?}"));
    faults
}

fn errors(document: &Value) -> Vec<Value> {
    let all = document["diagnostics"].as_array().unwrap().iter();
    all.filter(|one| one["level"] == "error").cloned().collect()
}

#[test]
fn types_that_cannot_be_created_can_be_scanned_and_estimated() {
    let user = User::of_sandbox();
    user.write("budget.yaml", BUDGET);
    user.run(&["scan", "-f", "budget.yaml"]).expect(0);
    user.run(&["estimate", "-f", "budget.yaml"]).expect(0);
}

/// `create` requires values for all parameters. `scan` and `estimate` evaluate what is known.
#[test]
fn a_template_with_parameters_without_values_can_be_scanned_and_estimated() {
    let user = User::of_sandbox();
    user.write(
        "t.yaml",
        "Parameters: { Class: { Type: String } }\nConditions: { Big: !Equals [!Ref Class, db.r6g.large] }\nResources:\n  \
         Db:\n    Type: AWS::RDS::DBInstance\n    Properties:\n      DBInstanceClass: !Ref Class\n      Engine: postgres\n      \
         AllocatedStorage: 20\n      StorageEncrypted: !If [Big, true, !Ref AWS::NoValue]\n  \
         Jobs: { Type: AWS::SQS::Queue, Condition: Big, Properties: { QueueName: jobs-dev } }\n",
    );
    let scanned = user.json(&["scan", "-f", "t.yaml"], 2);
    assert_eq!(scanned["body"]["resources_scanned"], 2);
    let unknown = scanned["body"]["unknown"].as_array().unwrap();
    assert!(unknown.iter().any(|one| one["id"] == "rds-encrypted" && one["pointer"] == "/StorageEncrypted"));
    for part in ["`Class` has no value", "whether to include `Jobs`"] {
        assert!(messages(&scanned).contains(part), "{part}: {}", messages(&scanned));
    }
    let priced = user.json(&["estimate", "-f", "t.yaml", "--offline"], 0);
    assert_eq!(priced["body"]["resources"][0]["status"], "unknown");
    assert_eq!(priced["body"]["verdict"], "approval_required");
    let given = user.json(&["estimate", "-f", "t.yaml", "--offline", "--param", "Class=db.t3.small"], 0);
    assert_eq!(given["body"]["resources"].as_array().unwrap().len(), 1);
    assert_eq!(given["body"]["resources"][0]["status"], "priced");
    let refused = user.json(&["create", "-f", "t.yaml"], 64);
    assert!(
        messages(&refused).contains("`Class` has no value") && refused["api_calls"].as_object().unwrap().is_empty()
    );
}

/// Custom resources and types that are newer than this version do not prevent scanning the other resources.
#[test]
fn a_template_with_unknown_types_can_be_scanned_and_estimated() {
    let user = User::of_sandbox();
    user.write(
        "t.yaml",
        "Resources:\n  Made: { Type: Custom::Thing, Properties: { Name: x-dev } }\n  \
         New: { Type: AWS::Brandnew::Thing }\n  \
         Jobs: { Type: AWS::SQS::Queue, Properties: { QueueName: jobs-dev, KmsMasterKeyId: !GetAtt Made.Key } }\n",
    );
    let scanned = user.json(&["scan", "-f", "t.yaml"], 0);
    assert_eq!(scanned["body"]["resources_scanned"], 3);
    let said = messages(&scanned);
    assert!(said.contains("`Custom::Thing`, is not an AWS type"), "{said}");
    let newer = scanned["body"]["findings"].as_array().unwrap().iter().find(|one| one["id"] == "unknown-type").unwrap();
    assert!(newer["message"].as_str().unwrap().contains("`AWS::Brandnew::Thing`"), "{newer}");
    assert_eq!(user.json(&["scan", "-f", "t.yaml", "--strict"], 1)["outcome"]["code"], "error");
    let priced = user.json(&["estimate", "-f", "t.yaml", "--offline"], 0);
    assert_eq!(priced["body"]["verdict"], "approval_required");
    assert!(messages(&user.json(&["create", "-f", "t.yaml"], 64)).contains("`Custom::Thing`"));
}
