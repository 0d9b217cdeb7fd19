//! Serverless templates and loops: expanded by `create`, `scan` and `estimate`, and by AWS's own translator.

use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use super::support::{User, messages, root};

const SHOP: &str = "\
Transform: [AWS::LanguageExtensions, AWS::Serverless-2016-10-31]
Globals: { Function: { Runtime: python3.13, Handler: app.handler, MemorySize: 256 } }
Resources:
  Orders:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: s3://artifacts/orders.zip
      Environment: { Variables: { TABLE: !Ref Table } }
      Policies: [ { DynamoDBCrudPolicy: { TableName: !Ref Table } } ]
      Events:
        List: { Type: Api, Properties: { Path: /orders, Method: get } }
        Jobs: { Type: SQS, Properties: { Queue: !GetAtt Jobsfast.Arn } }
  Table: { Type: AWS::Serverless::SimpleTable }
  Fn::ForEach::Queues:
    - Name
    - [ fast, slow ]
    - Jobs${Name}: { Type: AWS::SQS::Queue, Properties: { VisibilityTimeout: 60 } }
";

const SHOP_STEPS: [&str; 9] = [
    "Jobsfast",
    "Jobsslow",
    "Orders",
    "OrdersJobs",
    "OrdersListPermissionProd",
    "OrdersRole",
    "ServerlessRestApi",
    "ServerlessRestApiProdStage",
    "Table",
];

/// A Python that has AWS's translator.
fn translator() -> PathBuf {
    let named = std::env::var_os("STAGEGATE_TEST_SAM_PYTHON").map(PathBuf::from);
    let program = named.unwrap_or_else(|| root().join("target/sam/bin/python"));
    assert!(program.is_file(), "{} does not exist: `tests/run` installs what this test needs", program.display());
    program
}

/// A user whose `python3` is this script.
fn user_with_python(script: &str) -> User {
    use std::os::unix::fs::PermissionsExt as _;
    let user = User::of_sandbox();
    let path = user.write("python3", &format!("#!/bin/sh\n{script}\n"));
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    let folder = user.folder().display().to_string();
    user.with("PATH", &format!("{folder}:/usr/bin:/bin"))
}

/// A user whose `python3` has AWS's translator.
fn user_of_translator() -> User {
    user_with_python(&format!("exec '{}' \"$@\"", translator().display()))
}

/// The logical ids of the new resources of a plan, without those whose names have a hash.
fn steps(document: &Value) -> Vec<String> {
    let steps = document["body"]["plan"]["steps"].as_array().unwrap_or_else(|| panic!("{document:#}"));
    let new = steps.iter().filter(|step| step["operation"] == "create");
    let names = new.map(|step| step["logical_id"].as_str().unwrap().to_owned());
    let mut names: Vec<String> = names.filter(|name| !name.contains("Deployment")).collect();
    names.sort();
    names
}

#[test]
fn a_serverless_template_is_planned_with_all_that_it_makes() {
    let user = User::of_sandbox();
    user.write("shop.yaml", SHOP);
    let document = user.json(&["create", "-f", "shop.yaml", "--plan-only"], 0);
    assert_eq!(steps(&document), SHOP_STEPS, "{document:#}");
    let deployment = |one: &&Value| one["type"] == "AWS::ApiGateway::Deployment";
    assert_eq!(document["body"]["plan"]["steps"].as_array().unwrap().iter().filter(deployment).count(), 1);
}

#[test]
fn code_in_a_local_folder_is_refused_by_create_and_unknown_to_others() {
    let user = User::of_sandbox();
    user.write("shop.yaml", &SHOP.replace("s3://artifacts/orders.zip", "./src"));
    let document = user.json(&["create", "-f", "shop.yaml", "--plan-only"], 64);
    let said = messages(&document);
    assert!(said.contains("`./src` is a local file or folder") && said.contains("sam package"), "{said}");
    let estimate = user.json(&["estimate", "-f", "shop.yaml"], 0);
    assert!(estimate.to_string().contains("\"Orders\""), "{estimate:#}");
    assert!(messages(&estimate).contains("`./src` is a local file or folder"), "{estimate:#}");
    let scan = user.run(&["scan", "-f", "shop.yaml", "--json", "--fail-on", "critical"]).document();
    let findings = scan["body"]["findings"].as_array().unwrap();
    // What is said of a resource that is made has the place of the one that it is made of.
    let stage = findings.iter().find(|one| one["resource"]["logical_id"] == "ServerlessRestApiProdStage");
    assert_eq!(stage.unwrap_or_else(|| panic!("{scan:#}"))["line"], 6, "{scan:#}");
}

#[test]
fn macros_and_other_serverless_types_leave_their_resources_unknown() {
    let user = User::of_sandbox();
    let text = "\
Transform: [ TeamMacro, AWS::Serverless-2016-10-31 ]
Resources:
  App: { Type: AWS::Serverless::Application, Properties: { Location: app.yaml } }
  Table: { Type: AWS::Serverless::SimpleTable }
";
    user.write("app.yaml", text);
    let estimate = user.json(&["estimate", "-f", "app.yaml"], 0);
    let said = messages(&estimate);
    assert!(said.contains("AWS::Serverless::Application is not expanded"), "{said}");
    assert!(said.contains("`Transform` is not supported"), "{said}");
    let refused = messages(&user.json(&["create", "-f", "app.yaml", "--plan-only"], 64));
    assert!(refused.contains("--transform sam-translator") && !refused.contains("sam build"), "{refused}");
}

#[test]
fn awss_translator_makes_the_same_plan() {
    let user = user_of_translator();
    user.write("shop.yaml", SHOP);
    let document = user.json(&["create", "-f", "shop.yaml", "--plan-only", "--transform", "sam-translator"], 0);
    assert_eq!(steps(&document), SHOP_STEPS, "{document:#}");
    // Types that are not expanded here are expanded by it, and what it refuses is a fault of the template.
    user.write("wrong.yaml", &SHOP.replace("Handler: app.handler, ", ""));
    let refused =
        messages(&user.json(&["create", "-f", "wrong.yaml", "--plan-only", "--transform", "sam-translator"], 64));
    assert!(refused.contains("AWS's translator refuses it") && refused.contains("Handler"), "{refused}");
    let shared = "\
Transform: AWS::Serverless-2016-10-31
Resources:
  Api:
    Type: AWS::Serverless::Api
    Properties: { StageName: a, Auth: { UsagePlan: { CreateUsagePlan: SHARED } } }
";
    user.write("shared.yaml", shared);
    let own = user.json(&["estimate", "-f", "shared.yaml"], 0).to_string();
    let theirs = user.json(&["estimate", "-f", "shared.yaml", "--transform", "sam-translator"], 0).to_string();
    assert!(!own.contains("ServerlessUsagePlan") && theirs.contains("ServerlessUsagePlan"), "{theirs}");
    let scanned = user.run(&["scan", "-f", "shared.yaml", "--json", "--transform", "sam-translator"]).document();
    assert!(!messages(&scanned).contains("is not expanded"), "{scanned:#}");
}

#[test]
fn a_translator_that_does_not_run_is_an_error() {
    for (script, says) in [
        ("exit 3", "has no package `samtranslator`"),
        ("echo kaput >&2; exit 9", "exited with code 9: kaput"),
        ("echo nonsense", "cannot be read"),
        // It gets no credentials.
        ("[ -z \"$AWS_ACCESS_KEY_ID$AWS_PROFILE$STAGEGATE_SANDBOX\" ] && echo none >&2; exit 1", "code 1: none"),
    ] {
        let user = user_with_python(script);
        user.write("shop.yaml", SHOP);
        for command in [&["create", "--plan-only"][..], &["scan"], &["estimate"]] {
            let arguments = [command, &["-f", "shop.yaml", "--transform", "sam-translator"]].concat();
            let said = messages(&user.json(&arguments, 1));
            assert!(said.contains(says), "{script}: {said}");
        }
    }
}

/// The committed output of the translator is that of the version that is installed.
#[test]
fn the_committed_translations_are_those_of_the_translator() {
    let folder = tempfile::tempdir().unwrap();
    let sam = folder.path().join("tests/sam");
    std::fs::create_dir_all(&sam).unwrap();
    std::fs::copy(root().join("tests/sam/templates.yaml"), sam.join("templates.yaml")).unwrap();
    let script = root().join("tests/python/sam/translate.py");
    let output = Command::new(translator()).arg(script).current_dir(folder.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let [new, committed] =
        [sam, root().join("tests/sam")].map(|at| std::fs::read_to_string(at.join("translated.jsonl")).unwrap());
    let parsed = |text: &str| text.lines().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<Value>>();
    assert_eq!(parsed(&new).len(), parsed(&committed).len());
    for (new, committed) in parsed(&new).iter().zip(parsed(&committed)) {
        assert_eq!(*new, committed, "run tests/python/sam/translate.py");
    }
}
