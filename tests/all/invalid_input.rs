//! Bad input: one clear message with its place and a hint, the right exit code, and nothing sent.

use serde_json::Value;

use super::support::{User, messages};

struct Mistake {
    name: &'static str,
    /// Written into the working folder first.
    files: &'static [(&'static str, &'static str)],
    arguments: &'static [&'static str],
    code: i32,
    /// Must be in one error's message or hint, all of them.
    says: &'static [&'static str],
    /// The file and line that the error must point at.
    place: Option<(&'static str, u64)>,
}

const PROJECT: &str =
    "version: 1\nproject: p\nenvironments:\n  dev: { profile: nobody, account: \"111111111111\", region: us-east-1 }\n";

const UNKNOWN_KEY: &str = "version: 1\nproject: p\nenvironments:\n  dev: { account: \"111111111111\", region: us-east-1 }\npolices: { dirs: [mine] }\n";

const QUEUE_POLICY: &str = "Resources:\n  Policy:\n    Type: AWS::SQS::QueuePolicy\n    Properties:\n      Queues: [https://sqs.us-east-1.amazonaws.com/111111111111/q-dev]\n      PolicyDocument: { Version: '2012-10-17', Statement: [] }\n";

const MISTAKES: &[Mistake] = &[
    Mistake {
        name: "a type that Cloud Control does not manage",
        files: &[("policy.yaml", QUEUE_POLICY)],
        arguments: &["create", "-f", "policy.yaml"],
        code: 64,
        says: &["AWS::SQS::QueuePolicy", "AWS::SQS::QueueInlinePolicy"],
        place: Some(("policy.yaml", 2)),
    },
    Mistake {
        name: "YAML that ends in the middle",
        files: &[("bad.yaml", "Resources:\n  Bucket:\n    Type: [AWS::S3::Bucket\n")],
        arguments: &["create", "-f", "bad.yaml"],
        code: 64,
        says: &[],
        place: Some(("bad.yaml", 3)),
    },
    Mistake {
        name: "a type that does not exist",
        files: &[("bad.yaml", "Resources:\n  Bucket:\n    Type: AWS::S3::Bukket\n    Properties: {}\n")],
        arguments: &["create", "-f", "bad.yaml"],
        code: 64,
        says: &["AWS::S3::Bukket", "AWS::S3::Bucket"],
        place: Some(("bad.yaml", 3)),
    },
    Mistake {
        name: "a property that does not exist",
        files: &[("bad.yaml", "Type: AWS::S3::Bucket\nProperties:\n  BucketName: a-dev\n  VersioningConfig: {}\n")],
        arguments: &["scan", "-f", "bad.yaml"],
        code: 64,
        says: &["VersioningConfig", "VersioningConfiguration"],
        place: Some(("bad.yaml", 4)),
    },
    Mistake {
        name: "a value of the wrong type",
        files: &[("bad.yaml", "Type: AWS::SQS::Queue\nProperties:\n  QueueName: a-dev\n  VisibilityTimeout: soon\n")],
        arguments: &["estimate", "-f", "bad.yaml"],
        code: 64,
        says: &["VisibilityTimeout", "integer"],
        place: Some(("bad.yaml", 4)),
    },
    Mistake {
        name: "a policy folder without a policy",
        files: &[("q.yaml", "Type: AWS::SQS::Queue\nProperties: { QueueName: q-dev }\n")],
        arguments: &["scan", "-f", "q.yaml", "--policies", "."],
        code: 64,
        says: &["has no policies", "*.rego", "--policies"],
        place: None,
    },
    Mistake {
        name: "a template without its flag",
        files: &[],
        arguments: &["scan", "q.yaml"],
        code: 64,
        says: &["q.yaml", "-f PATH"],
        place: None,
    },
    Mistake {
        name: "a value that is none of several",
        files: &[],
        arguments: &["scan", "-f", "q.yaml", "--engine", "tfsec"],
        code: 64,
        says: &["tfsec", "builtin, checkov, cfn-guard"],
        place: None,
    },
    Mistake {
        name: "waivers of another form",
        files: &[
            ("q.yaml", "Type: AWS::SQS::Queue\nProperties: { QueueName: q-dev }\n"),
            ("w.yaml", "waivers:\n  - rule: sqs-encrypted\n    resorce: q\n"),
        ],
        arguments: &["scan", "-f", "q.yaml", "--waivers", "w.yaml"],
        code: 64,
        says: &["resorce", "expires: YYYY-MM-DD"],
        place: Some(("w.yaml", 3)),
    },
    Mistake {
        name: "a template that is not there",
        files: &[],
        arguments: &["create", "-f", "missing.yaml"],
        code: 64,
        says: &["missing.yaml"],
        place: None,
    },
    Mistake {
        name: "an empty template",
        files: &[("empty.yaml", "")],
        arguments: &["create", "-f", "empty.yaml"],
        code: 64,
        says: &[],
        place: Some(("empty.yaml", 1)),
    },
    Mistake {
        name: "a mistyped command",
        files: &[],
        arguments: &["drfit"],
        code: 64,
        says: &["drfit", "drift"],
        place: None,
    },
    Mistake {
        name: "a mistyped flag",
        files: &[],
        arguments: &["drift", "--form", "dev"],
        code: 64,
        says: &["--form", "--from"],
        place: None,
    },
    Mistake {
        name: "an environment that the project has not",
        files: &[],
        arguments: &["drift", "--to", "prdo"],
        code: 64,
        says: &["prdo", "prod"],
        place: None,
    },
    Mistake {
        name: "a resource that does not exist",
        files: &[],
        arguments: &["promote", "AWS::S3::Bucket", "no-such-bucket-dev"],
        code: 1,
        says: &["no-such-bucket-dev"],
        place: None,
    },
    Mistake {
        name: "a digest that is none",
        files: &[("bucket.yaml", "Type: AWS::S3::Bucket\nProperties: { BucketName: a-dev }\n")],
        arguments: &["create", "-f", "bucket.yaml", "--approve", "yes"],
        code: 64,
        says: &["yes", "digest"],
        place: None,
    },
    Mistake {
        name: "a key that the configuration does not know",
        files: &[("stagegate.yaml", UNKNOWN_KEY)],
        arguments: &["context"],
        code: 64,
        says: &["polices", "policies"],
        place: Some(("stagegate.yaml", 5)),
    },
    Mistake {
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
    Mistake {
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
fn a_mistake_gets_one_clear_message_and_sends_nothing() {
    let mut all = Vec::new();
    for mistake in MISTAKES {
        let user = User::of_sandbox();
        for (name, text) in mistake.files {
            user.write(name, text);
        }
        all.extend(faults(&user, mistake));
    }
    assert!(all.is_empty(), "{}", all.join("\n"));
}

#[test]
fn without_a_project_the_message_says_how_to_get_one() {
    check(
        &User::of_aws(),
        &Mistake {
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
        &Mistake {
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
fn a_setting_without_effect_is_said() {
    let settled = "Type: AWS::S3::Bucket\nProperties: { BucketName: a-dev }\n";
    for (added, said) in [("cost: { alerts: [5] }\n", true), ("cost: { auto_approve_below: 5 }\n", false)] {
        let user = User::of_sandbox();
        user.write("stagegate.yaml", &format!("{PROJECT}{added}"));
        user.write("bucket.yaml", settled);
        let document = user.json(&["estimate", "-f", "bucket.yaml"], 0);
        let warned = document["diagnostics"].as_array().is_some_and(|list| {
            list.iter().any(|one| {
                one["code"] == "no-effect" && one["message"].as_str().is_some_and(|text| text.contains("`cost.alerts`"))
            })
        });
        assert_eq!(warned, said, "{added}: {document:#}");
    }
}

#[test]
fn mistakes_are_readable_without_json_too() {
    let user = User::of_sandbox();
    user.write("bad.yaml", "Type: AWS::S3::Bucket\nProperties:\n  BucketNmae: a-dev\n");
    let run = user.run(&["create", "-f", "bad.yaml"]).expect(64);
    assert_eq!(run.stdout, "", "messages are no data: {run}");
    for wanted in ["error", "bad.yaml:3", "BucketNmae", "hint:", "BucketName"] {
        assert!(run.stderr.contains(wanted), "no {wanted}: {run}");
    }
}

#[test]
fn an_empty_standard_input_is_a_mistake_and_no_wait() {
    // Tests have no standard input: what arrives is empty, not a wait for a terminal.
    let document = User::of_sandbox().json(&["estimate", "-f", "-"], 64);
    assert_eq!(errors(&document).len(), 1, "{document}");
}

#[track_caller]
fn check(user: &User, mistake: &Mistake) {
    let faults = faults(user, mistake);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// What is wrong with the answer to a mistake.
fn faults(user: &User, mistake: &Mistake) -> Vec<String> {
    let mut faults = Vec::new();
    let run = user.run(&mistake.arguments.iter().copied().chain(["--json"]).collect::<Vec<_>>());
    let document = run.document();
    let errors = errors(&document);
    let [error] = errors.as_slice() else {
        return vec![format!("{}: one message, not {errors:?}", mistake.name)];
    };
    let mut expect = |holds: bool, what: String| {
        if !holds {
            faults.push(format!("{}: {what} in {error}", mistake.name));
        }
    };
    expect(run.code == mistake.code, format!("exit code {}, not {}", run.code, mistake.code));
    let text = format!("{} {}", error["message"], error["hint"]);
    for word in mistake.says {
        expect(text.contains(word), format!("no `{word}`"));
    }
    expect(error["hint"].is_string(), "no hint".to_owned());
    if let Some((file, line)) = mistake.place {
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
fn what_cannot_be_created_can_still_be_scanned_and_priced() {
    let user = User::of_sandbox();
    user.write("policy.yaml", QUEUE_POLICY);
    user.run(&["scan", "-f", "policy.yaml"]).expect(0);
    user.run(&["estimate", "-f", "policy.yaml"]).expect(0);
}

/// A parameter without a value is asked for before something is created. Who only looks gets what can be said.
#[test]
fn a_template_with_open_parameters_can_be_scanned_and_priced() {
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
    for part in ["`Class` has neither", "whether `Jobs` is wanted"] {
        assert!(messages(&scanned).contains(part), "{part}: {}", messages(&scanned));
    }
    let priced = user.json(&["estimate", "-f", "t.yaml", "--offline"], 0);
    assert_eq!(priced["body"]["resources"][0]["status"], "unknown");
    assert_eq!(priced["body"]["verdict"], "approval_required");
    let given = user.json(&["estimate", "-f", "t.yaml", "--offline", "--param", "Class=db.t3.small"], 0);
    assert_eq!(given["body"]["resources"].as_array().unwrap().len(), 1);
    assert_eq!(given["body"]["resources"][0]["status"], "priced");
    let refused = user.json(&["create", "-f", "t.yaml"], 64);
    assert!(messages(&refused).contains("`Class` has neither") && refused["api_calls"].as_object().unwrap().is_empty());
}

/// Custom resources and types that are newer than this version do not keep the rest from being looked at.
#[test]
fn a_template_with_types_that_nobody_knows_can_be_scanned_and_priced() {
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
    assert!(said.contains("`Custom::Thing`, is not an AWS type") && said.contains("`AWS::Brandnew::Thing`, is unknown"));
    assert_eq!(user.json(&["scan", "-f", "t.yaml", "--strict"], 1)["outcome"]["code"], "error");
    let priced = user.json(&["estimate", "-f", "t.yaml", "--offline"], 0);
    assert_eq!(priced["body"]["verdict"], "approval_required");
    assert!(messages(&user.json(&["create", "-f", "t.yaml"], 64)).contains("`Custom::Thing`"));
}
