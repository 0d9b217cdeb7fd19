//! The HTML pages in a headless browser: see `tests/python/browser/pages.py`.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use super::approvals::served;
use super::cost::november;
use super::killed_promotions::{create, update};
use super::support::{DEV, PROD, User, root};

/// Text that is an element or an attribute wherever it is not escaped.
const HOSTILE: &str =
    "</td></table><script>document.title='owned';alert(1)</script><img src=x onerror=alert(2)>\" onload=\"alert(3)";

const QUEUE: &str = "AWS::SQS::Queue";

/// Two queues, a topic with a hostile name, a database, and rules and policies to review.
fn stack() -> String {
    let hostile = Value::from(HOSTILE).to_string();
    format!(
        r#"Resources:
  Jobs: {{ Type: AWS::SQS::Queue, Properties: {{ QueueName: jobs-dev, VisibilityTimeout: 30 }} }}
  Calm: {{ Type: AWS::SQS::Queue, Properties: {{ QueueName: calm-dev, SqsManagedSseEnabled: true }} }}
  News: {{ Type: AWS::SNS::Topic, Properties: {{ TopicName: news-dev, DisplayName: {hostile} }} }}
  Reports:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: reports-dev
      BillingMode: PROVISIONED
      ProvisionedThroughput: {{ ReadCapacityUnits: 10, WriteCapacityUnits: 5 }}
      AttributeDefinitions: [{{ AttributeName: id, AttributeType: S }}]
      KeySchema: [{{ AttributeName: id, KeyType: HASH }}]
  Worker:
    Type: AWS::IAM::Role
    Properties:
      RoleName: worker-dev
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement: [{{ Effect: Allow, Principal: {{ Service: ecs-tasks.amazonaws.com }}, Action: sts:AssumeRole }}]
      Policies:
        - PolicyName: jobs
          PolicyDocument:
            Version: "2012-10-17"
            Statement: [{{ Effect: Allow, Action: sqs:SendMessage, Resource: !GetAtt Jobs.Arn }}]
"#
    )
}

/// A program of the tests, which must not be missing unnoticed: without it, the pages are not tested.
fn installed(variable: &str, default: &Path) -> PathBuf {
    let named = std::env::var_os(variable).filter(|value| !value.is_empty()).map(PathBuf::from);
    let program = named.unwrap_or_else(|| default.to_owned());
    assert!(
        program.is_file(),
        "{} does not exist: `tests/run` installs the browser that this test requires, or set {variable}",
        program.display()
    );
    program
}

/// Opens the pages of a folder.
fn opened(pages: &Path) -> Value {
    let python = installed("STAGEGATE_TEST_BROWSER_PYTHON", &root().join("target/browser/bin/python"));
    let browser = installed("STAGEGATE_TEST_BROWSER", Path::new("/usr/bin/chromium"));
    let script = root().join("tests/python/browser/pages.py");
    let mut command = Command::new(python);
    command.arg(script).arg(browser).arg(pages);
    // To look at.
    command.args(std::env::var_os("STAGEGATE_TEST_SCREENSHOTS"));
    let output = command.output().expect("Python starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {said}"))
}

#[test]
fn pages_sort_filter_and_load_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let page = |name: &str, user: &User, arguments: &[&str], code: i32| {
        let text = user.run(&[arguments, &["--output", "html"]].concat()).expect(code).stdout;
        assert!(text.starts_with("<!DOCTYPE html>\n") && text.ends_with("</html>\n"), "{text}");
        std::fs::write(folder.path().join(format!("{name}.html")), text).unwrap();
    };
    page("cost", &november(), &["cost", "--month", "2025-11"], 2);

    let (_owner, server, user) = served(&[]);
    user.write("stack.yaml", &stack());
    page("plan", &user, &["create", "-f", "stack.yaml", "--plan-only"], 0);
    user.approve(&["create", "-f", "stack.yaml"]);
    page("promotion", &user, &["promote", "--all", "--plan-only"], 3);
    user.approve(&["promote", "--all"]);
    user.write("alone.yaml", "Type: AWS::SQS::Queue\nProperties: { QueueName: alone-dev }\n");
    page("applied", &user, &["create", "-f", "alone.yaml"], 0);
    let jobs = format!("https://sqs.us-east-1.amazonaws.com/{PROD}/jobs-prod");
    let patch = json!([{"op": "replace", "path": "/VisibilityTimeout", "value": 90}]);
    update(&server, PROD, QUEUE, &jobs, &patch);
    let news = format!("arn:aws:sns:us-east-1:{PROD}:news-prod");
    let patch = json!([{"op": "replace", "path": "/DisplayName", "value": format!("{HOSTILE} in prod")}]);
    update(&server, PROD, "AWS::SNS::Topic", &news, &patch);
    let calm = format!("https://sqs.us-east-1.amazonaws.com/{DEV}/calm-dev");
    let change = ["update", QUEUE, &calm, "--set", "VisibilityTimeout=60", "--env", "dev", "--plan-only"];
    page("update", &user, &change, 0);
    page("drift", &user, &["drift"], 2);
    create(&server, DEV, QUEUE, &json!({"QueueName": "untagged", "Tags": [{"Key": "Owner", "Value": "ann"}]}));
    create(&server, PROD, QUEUE, &json!({"QueueName": "bare"}));
    page("tag-audit", &user, &["tag-audit", "--type", QUEUE, "--list-compliant"], 2);
    let hostile_file = "<img src=x onerror=alert(4)>.yaml";
    user.write(hostile_file, &stack().replace("sqs:SendMessage", "'*'").replace("!GetAtt Jobs.Arn", "'*'"));
    page("scan", &user, &["scan", "-f", hostile_file], 2);
    page("failure", &user, &["scan", "-f", "<b>missing</b>.yaml"], 64);

    let found = opened(folder.path());
    let pages = found.as_object().unwrap();
    assert_eq!(pages.len(), 9, "{:?}", pages.keys());
    for (name, facts) in pages {
        assert_eq!(facts["problems"], json!([]), "{name}");
        assert_ne!(facts["title"], "owned", "{name}");
        let elements = facts["elements"].as_array().unwrap();
        assert!(!elements.contains(&json!("img")) && !elements.contains(&json!("b")), "{name}: {elements:?}");
        let scripts = if facts["tables"].as_object().unwrap().is_empty() { 0 } else { 1 };
        assert_eq!(facts["scripts"], scripts, "{name}");
    }
    let text = |name: &str| found[name]["text"].as_str().unwrap().to_owned();
    let tables = |name: &str| found[name]["tables"].as_object().unwrap().clone();
    // The charts have the numbers.
    assert_eq!(found["cost"]["charts"], 2);
    assert!(text("cost").contains("Combined Total: $36.38/month"));
    assert_eq!((&tables("plan")["Steps"], &tables("promotion")["Steps"].as_u64().is_some()), (&json!(5), &true));
    for heading in ["Findings", "Cost", "Checklist", "Changes of permissions"] {
        assert!(tables("plan").contains_key(heading), "{heading}: {:?}", tables("plan"));
    }
    assert!(tables("applied").contains_key("Results"), "{:?}", tables("applied"));
    assert!(text("update").contains("/VisibilityTimeout") && text("update").contains("60"), "{}", text("update"));
    assert!(text("drift").contains("/VisibilityTimeout: dev 30 → prod 90"), "{}", text("drift"));
    assert!(text("drift").contains("<script>document.title='owned'"), "{}", text("drift"));
    assert!(tables("tag-audit")["Resources"].as_u64().is_some_and(|rows| rows >= 2), "{}", text("tag-audit"));
    assert!(text("scan").contains(hostile_file) && tables("scan").contains_key("Findings"), "{}", text("scan"));
    assert!(text("failure").contains("<b>missing</b>.yaml"), "{}", text("failure"));
}
