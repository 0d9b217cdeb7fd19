//! The recipes in `docs/ci.md` and the scripts in the README work: they run as shell commands, in the order of the document.

use serde_json::Value;

use super::support::{DEV, Run, User, root};

const BUCKET: &str = "Resources:\n  Jobs: { Type: 'AWS::SQS::Queue', Properties: { QueueName: jobs-dev, SqsManagedSseEnabled: true } }\n";
const OPEN: &str = "Resources:\n  Files: { Type: 'AWS::S3::Bucket', Properties: { BucketName: files-dev-shop } }\n";
/// `gh` is not part of the test; it must have been called with the comment.
const GH: &str = "#!/bin/sh\necho \"$@\" > gh.log\n";

/// The program `jq`, from its library: the machine may not have it.
const JQ: &str = "import json, sys, jq\nraw = sys.argv[1] == '-r'\nexpression, file = sys.argv[1 + raw:3 + raw]\nfor one in \
                  jq.compile(expression).input_value(json.load(open(file))).all():\n    print(one if raw and isinstance(one, str) \
                  else json.dumps(one))\n";

fn read(user: &User, name: &str) -> String {
    std::fs::read_to_string(user.folder().join(name)).unwrap()
}

/// A user with `jq`, `gh` and `python3`.
fn user() -> User {
    let user = User::of_sandbox();
    let python = std::env::var("STAGEGATE_TEST_PYTHON").expect("tests/run sets STAGEGATE_TEST_PYTHON");
    user.write("bin/jq.main", JQ);
    user.write("bin/jq", &format!("#!/bin/sh\nexec {python} \"$0.main\" \"$@\"\n"));
    user.write("bin/python3", &format!("#!/bin/sh\nexec {python} \"$@\"\n"));
    user.write("bin/gh", GH);
    user.paste("chmod +x bin/*").expect(0);
    user
}

/// Runs a command with these programs.
fn paste(user: &User, command: &str) -> Run {
    user.paste(&format!("export PATH=\"$PWD/bin:$PATH\"\n{command}"))
}

/// The blocks of a language in a document.
fn blocks(document: &str, language: &str) -> Vec<String> {
    let text = std::fs::read_to_string(root().join(document)).unwrap();
    let opening = format!("```{language}\n");
    let parts = text.split(&opening).skip(1);
    parts.map(|part| part.split("```").next().unwrap().to_owned()).collect()
}

/// The commands of a GitHub workflow, with the names of their steps.
fn steps(name: &str) -> Vec<(String, String)> {
    let all = blocks("docs/ci.md", "yaml").into_iter().map(|text| serde_saphyr::from_str::<Value>(&text).unwrap());
    let workflow = all.into_iter().find(|one| one["name"] == name).unwrap();
    let jobs = workflow["jobs"].as_object().unwrap().values();
    let steps = jobs.flat_map(|job| job["steps"].as_array().unwrap().clone());
    let text = |step: &Value, key: &str| step[key].as_str().map(str::to_owned);
    steps.filter_map(|step| Some((text(&step, "name")?, text(&step, "run")?))).collect()
}

/// A repository with templates on `main`, and a branch that adds a bucket.
fn repository(user: &User) {
    user.write("infra/jobs.yaml", BUCKET);
    paste(
        user,
        "git init -q -b main . && git config user.email a@b && git config user.name a && git add infra \
         && git commit -qm one && git update-ref refs/remotes/origin/main main && git checkout -qb change",
    )
    .expect(0);
    user.write("infra/files.yaml", OPEN);
}

#[test]
fn a_pull_request_is_commented_with_cost_and_findings() {
    let user = user();
    repository(&user);
    let mut codes = Vec::new();
    for (name, command) in steps("infrastructure") {
        let run = paste(&user, &format!("export PULL_REQUEST=7\n{command}"));
        codes.push((name, run.code, run.stderr));
    }
    let failed: Vec<&(String, i32, String)> = codes.iter().filter(|(_, code, _)| *code != 0).collect();
    assert!(matches!(failed.as_slice(), [(name, 2, _)] if name == "Scan"), "{codes:?}");
    let comment = read(&user, "comment.md");
    assert!(comment.contains("files-dev-shop") || comment.contains("Files"), "{comment}");
    let log: Value = serde_json::from_str(&read(&user, "stagegate.sarif")).unwrap();
    assert!(!log["runs"][0]["results"].as_array().unwrap().is_empty(), "{log}");
    assert_eq!(read(&user, "gh.log").trim(), "pr comment 7 --body-file comment.md");
}

#[test]
fn a_merge_creates_in_dev_and_an_approved_plan_is_promoted() {
    let user = user();
    user.write("infra/jobs.yaml", BUCKET);
    for (name, command) in steps("deploy") {
        let run = paste(&user, &command);
        assert_eq!(run.code, 0, "{name}: {run}");
    }
    let plan: Value = serde_json::from_str(&read(&user, "plan.json")).unwrap();
    let digest = plan["body"]["plan"]["digest"].as_str().unwrap();
    for (name, command) in steps("promote") {
        if command.contains("--approve") {
            paste(&user, &format!("export DIGEST=other\n{command}")).expect(4);
        }
        let run = paste(&user, &format!("export DIGEST={digest}\n{command}"));
        assert_eq!(run.code, 0, "{name}: {run}");
    }
    let nightly =
        |user: &User| steps("nightly").iter().map(|(_, command)| paste(user, command).code).collect::<Vec<_>>();
    paste(&user, "stagegate tag-audit --json > tags-baseline.json");
    assert_eq!(nightly(&user), [0, 0]);
    let server = user.serve();
    user.boto3(&server, DEV, &["create", "AWS::SQS::Queue", r#"{"QueueName": "untagged"}"#]);
    assert_eq!(nightly(&user), [0, 2], "a new violation");
}

#[test]
fn the_gitlab_jobs_and_the_scripts_work() {
    let user = user();
    user.write("infra/jobs.yaml", BUCKET);
    let pipeline = blocks("docs/ci.md", "yaml").into_iter().find(|text| text.starts_with("stages:")).unwrap();
    let pipeline: Value = serde_saphyr::from_str(&pipeline).unwrap();
    for job in ["estimate", "drift"] {
        for command in pipeline[job]["script"].as_array().unwrap() {
            paste(&user, command.as_str().unwrap()).expect(0);
        }
    }
    paste(&user, "stagegate create -f infra --stack-name shop --no-input").expect(0);
    let script = blocks("README.md", "sh").into_iter().find(|text| text.contains("jq ")).unwrap();
    let shown = paste(&user, &script).expect(0);
    let expected = "create AWS::SQS::Queue https://sqs.us-east-1.amazonaws.com/222222222222/jobs-prod\n";
    assert_eq!(shown.stdout, expected, "{shown}");
    user.write("agent.py", &blocks("README.md", "python").remove(0));
    let agent = paste(&user, "python3 agent.py").expect(0);
    assert!(agent.stdout.contains("waiting for the approval of 2"), "{agent}");
    paste(&user, "sh approve.sh").expect(0);
    assert_eq!(paste(&user, "python3 agent.py").expect(0).stdout, "", "nothing is left to decide");
}
