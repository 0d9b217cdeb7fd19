//! The JSON contract: every document is valid according to its committed schema. [`Run::document`] also
//! checks the documents of all other tests.
//!
//! [`Run::document`]: super::support::Run::document

use std::collections::BTreeMap;
use std::sync::{LazyLock, Mutex};

use jsonschema::Validator;
use serde_json::{Value, json};

use super::support::{User, root, template};

static VALIDATORS: LazyLock<Mutex<BTreeMap<String, Validator>>> = LazyLock::new(Mutex::default);

/// Returns the schema violations of a document.
pub fn problems(document: &Value) -> Vec<String> {
    // A command line that was not understood has no command.
    let is_summary = document["schema"]["name"] == "stagegate.summary";
    let name = if is_summary { "summary" } else { document["command"].as_str().unwrap_or("error") }.to_owned();
    let mut validators = VALIDATORS.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let validator = validators.entry(name).or_insert_with_key(|name| {
        let path = root().join("src/report/schemas").join(format!("{name}.json"));
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let schema: Value = serde_json::from_str(&text).expect("a committed schema is JSON");
        jsonschema::validator_for(&schema).expect("a committed schema compiles")
    });
    validator.iter_errors(document).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

/// The committed schema of a document.
pub fn committed(name: &str) -> String {
    std::fs::read_to_string(root().join(format!("src/report/schemas/{name}.json"))).unwrap()
}

/// Returns each command with arguments that succeed in an empty sandbox, and with arguments that fail.
fn commands() -> Vec<(&'static str, Vec<String>, Vec<String>)> {
    let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let bucket = template("s3-bucket.yaml");
    vec![
        ("apply", words("apply plan.json"), words("apply missing.json")),
        ("approve", words("approve plan.json"), words("approve missing.json")),
        ("context", words("context"), words("context --env nowhere")),
        ("cost", words("cost"), words("cost --month 2000-01")),
        ("create", words(&format!("create -f {bucket}")), words("create -f missing.yaml")),
        (
            "delete",
            words("delete AWS::S3::Bucket sandbox-uploads-dev --env dev --plan-only"),
            words("delete AWS::S3::Bucket no-such-bucket --env dev"),
        ),
        ("demo", words("demo"), words("demo --nonsense")),
        ("drift", words("drift"), words("drift AWS::S3::Bukket")),
        ("estimate", words(&format!("estimate -f {bucket}")), words("estimate -f missing.yaml")),
        ("explain", words("explain unknown-type"), words("explain unknown-tpye")),
        ("iam", words("iam gap sandbox --action sqs:ListQueues"), words("iam gap nobody --action sqs:ListQueues")),
        ("init", words("init --no-input"), words("init --no-input --starter nothing")),
        ("inventory", words("inventory AWS::S3::Bucket"), words("inventory AWS::S3::Bukket")),
        ("prices", words("prices status"), words("prices status --nonsense")),
        ("promote", words("promote --all"), words("promote AWS::S3::Bucket no-such-bucket-dev")),
        ("sandbox", words("sandbox status"), words("sandbox status --nonsense")),
        ("scan", words(&format!("scan -f {bucket}")), words("scan -f missing.yaml")),
        ("schema", words("schema AWS::S3::Bucket --env dev"), words("schema AWS::S3::Bukket")),
        ("tag-audit", words("tag-audit"), words("tag-audit --env nowhere")),
        ("templates", words("templates new s3-bucket"), words("templates show s3-buket")),
        (
            "update",
            words(
                "update AWS::S3::Bucket sandbox-uploads-dev --env dev --set VersioningConfiguration.Status=Suspended",
            ),
            words("update AWS::S3::Bucket no-such-bucket --env dev --set A=b"),
        ),
    ]
}

/// The folder of the documents of a release, which stay as they were.
const RELEASE: &str = "tests/data/releases/0.1";

/// Within a version of the JSON contract, what an earlier release printed stays valid: only optional members are added.
/// `STAGEGATE_UPDATE=1 cargo test schemas` adds the documents of new commands; none is changed.
#[test]
fn the_documents_of_earlier_releases_are_still_valid() {
    let folder = root().join(RELEASE);
    let mut invalid = Vec::new();
    for (name, ..) in commands() {
        for result in ["success", "failure"] {
            let path = folder.join(format!("{name}-{result}.json"));
            let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let document: Value = serde_json::from_str(&text).unwrap();
            assert_eq!(document["schema"]["version"], "0.1", "{name}: another version has a folder of its own");
            invalid.extend(problems(&document).into_iter().map(|problem| format!("{name}-{result}: {problem}")));
        }
    }
    assert_eq!(invalid, [] as [&str; 0]);
    let user = User::of_sandbox();
    let current = user.json(&["context"], 0)["schema"]["version"].as_str().unwrap().to_owned();
    assert!(RELEASE.ends_with(&format!("/{current}")), "keep documents of version {current}");
}

/// Keeps a document of the current release, if there is none yet.
fn keep(name: &str, result: &str, document: &Value, user: &User) {
    let path = root().join(RELEASE).join(format!("{name}-{result}.json"));
    if std::env::var_os("STAGEGATE_UPDATE").is_none() || path.exists() {
        return;
    }
    let home = user.folder().parent().unwrap().display().to_string();
    let repository = root().display().to_string();
    let text = format!("{document:#}\n").replace(&home, "/home/user").replace(&repository, "/home/user/stagegate");
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

#[test]
fn the_documents_of_all_commands_are_valid_on_success_and_failure() {
    for (name, succeeds, fails) in commands() {
        let user = User::of_sandbox();
        if ["delete", "update"].contains(&name) {
            user.json(&["create", "-f", &template("s3-bucket.yaml")], 0);
        }
        if name == "apply" || name == "approve" {
            user.json(&["create", "-f", &template("s3-bucket.yaml"), "--plan-out", "plan.json"], 0);
        }
        for (arguments, good) in [(succeeds, true), (fails, false)] {
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).chain(["--json"]).collect();
            let run = user.run(&arguments);
            // A deletion requires an approval.
            assert_eq!([0, 3].contains(&run.code), good, "{run}");
            let document = run.document();
            keep(name, if good { "success" } else { "failure" }, &document, &user);
            assert_eq!(document["command"], name, "{run}");
            assert_eq!(
                document["diagnostics"].as_array().unwrap().iter().any(|one| one["level"] == "error"),
                !good,
                "{run}"
            );
        }
    }
}

#[test]
fn the_committed_schemas_are_printed_and_belong_to_commands() {
    let mut committed: Vec<String> = std::fs::read_dir(root().join("src/report/schemas"))
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
        .filter(|name| !["approval", "error", "event", "project", "saved-plan", "summary"].contains(&name.as_str()))
        .collect();
    committed.sort();
    let named: Vec<&str> = commands().iter().map(|(name, ..)| *name).collect();
    assert_eq!(committed, named, "a schema without a test, or a command without a schema");
    let user = User::of_aws();
    for (name, succeeds, _) in commands() {
        let arguments: Vec<&str> = succeeds.iter().map(String::as_str).chain(["--json-schema"]).collect();
        let printed = user.run(&arguments).expect(0).stdout;
        let file = std::fs::read_to_string(root().join(format!("src/report/schemas/{name}.json"))).unwrap();
        assert_eq!(printed.trim_end(), file.trim_end(), "{name}");
    }
}

#[test]
fn an_invalid_document_is_detected() {
    let user = User::of_sandbox();
    let mut document = user.json(&["context"], 0);
    document["outcome"]["code"] = json!("splendid");
    assert_eq!(problems(&document).len(), 1, "{:?}", problems(&document));
    document.as_object_mut().unwrap().shift_remove("api_calls");
    assert_eq!(problems(&document).len(), 2, "{:?}", problems(&document));
}
