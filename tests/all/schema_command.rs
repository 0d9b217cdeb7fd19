//! `schema`: the embedded copy by default, the CloudFormation registry if an environment is given.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::Value;

use super::support::{DEV, User, messages, root};

/// An endpoint on a loopback port with two operations: STS GetCallerIdentity and, unless denied, DescribeType with a schema that
/// is not in the embedded copy.
struct Registry {
    endpoint: String,
    denied: Arc<AtomicBool>,
}

impl Registry {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let denied = Arc::new(AtomicBool::new(false));
        let refuses = Arc::clone(&denied);
        // Ends with the test's process.
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                answer(stream, refuses.load(Ordering::Relaxed));
            }
        });
        Self { endpoint, denied }
    }

    /// A user whose only environment is here, with keys for the account.
    fn user(&self) -> User {
        let user = User::of_aws()
            .with("AWS_ENDPOINT_URL", &self.endpoint)
            .with("AWS_ACCESS_KEY_ID", DEV)
            .with("AWS_SECRET_ACCESS_KEY", "any");
        user.write(
            "stagegate.yaml",
            &format!("version: 1\nproject: p\nenvironments:\n  dev: {{ account: \"{DEV}\", region: us-east-1 }}\n"),
        );
        user
    }
}

fn answer(stream: TcpStream, denied: bool) {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or_default() == 0 || line == "\r\n" {
            break;
        }
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or_default();
        }
    }
    let mut body = vec![0; length];
    if reader.read_exact(&mut body).is_err() {
        return;
    }
    let body = String::from_utf8_lossy(&body);
    let (status, xml) = if body.contains("Action=GetCallerIdentity") {
        let identity = format!("<Account>{DEV}</Account><Arn>arn:aws:iam::{DEV}:user/test</Arn><UserId>U</UserId>");
        (
            "200 OK",
            format!(
                "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>{identity}</GetCallerIdentityResult></GetCallerIdentityResponse>"
            ),
        )
    } else if body.contains("Action=DescribeType") && !denied {
        let schema = r#"{"typeName":"AWS::SQS::Queue","properties":{"QueueName":{"description":"What it is called."}},"handlers":{"read":{"permissions":["sqs:Newest"]},"list":{"permissions":[],"handlerSchema":{"required":["QueueName"]}}}}"#;
        let newer = include_str!("../../src/sandbox/widget.json");
        let schema = if body.contains("StagegateTest") { newer } else { schema };
        let schema = schema.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;");
        (
            "200 OK",
            format!(
                "<DescribeTypeResponse xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\"><DescribeTypeResult><ProvisioningType>FULLY_MUTABLE</ProvisioningType><Schema>{schema}</Schema></DescribeTypeResult></DescribeTypeResponse>"
            ),
        )
    } else {
        (
            "403 Forbidden",
            "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>".to_owned(),
        )
    };
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: text/xml\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        xml.len()
    );
    let _ = reader.get_mut().write_all((head + &xml).as_bytes());
}

fn permissions(document: &Value, handler: &str) -> Value {
    let handlers = document["body"]["handlers"].as_array().expect("handlers are a list");
    handlers.iter().find(|one| one["name"] == handler).expect("there is such a handler")["permissions"].clone()
}

/// Returns all files in a folder and its subfolders.
fn files(folder: PathBuf) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let below = |path: PathBuf| if path.is_dir() { files(path) } else { vec![path] };
    entries.flat_map(|entry| below(entry.unwrap().path())).collect()
}

#[test]
fn without_an_environment_no_call_is_made_and_no_project_is_needed() {
    let user = User::of_aws();
    let document = user.json(&["schema", "AWS::S3::Bucket"], 0);
    let body = &document["body"];
    assert_eq!(body["answer"]["source"], "embedded");
    assert_eq!(body["identifier"], serde_json::json!(["BucketName"]));
    assert_eq!(body["tags"]["shape"], "list");
    assert_eq!(body["cost"]["status"], "priced");
    assert!(permissions(&document, "create").to_string().contains("s3:CreateBucket"));
    let policies = body["policies"].to_string();
    assert!(policies.contains("s3-versioning") && !policies.contains("logs-retention"), "{policies}");
    let properties = body["properties"].as_array().unwrap();
    let name = properties.iter().find(|one| one["name"] == "BucketName").unwrap();
    assert_eq!((&name["create_only"], &name["read_only"]), (&true.into(), &false.into()));
    assert_eq!(document["api_calls"], serde_json::json!({}));
    let page = user.run(&["schema", "AWS::S3::Bucket"]).expect(0).stdout;
    assert!(page.contains("BucketName") && page.contains("s3:CreateBucket") && page.contains("embedded"), "{page}");
}

#[test]
fn custom_policies_of_a_project_are_listed() {
    let user = User::of_aws();
    std::fs::create_dir(user.folder().join("mine")).unwrap();
    let policy = std::fs::read_to_string(root().join("policies/s3/s3-versioning.rego")).unwrap();
    user.write(
        "mine/own.rego",
        &policy.replace("s3-versioning", "acme-versioning").replace("s3_versioning", "acme_versioning"),
    );
    user.write(
        "stagegate.yaml",
        &format!("version: 1\nproject: p\nenvironments:\n  dev: {{ account: \"{DEV}\", region: us-east-1 }}\npolicies: {{ dirs: [mine] }}\n"),
    );
    let document = user.json(&["schema", "AWS::S3::Bucket"], 0);
    assert!(document["body"]["policies"].to_string().contains("acme-versioning"), "{document}");
    user.write("mine/own.rego", "package nothing\n");
    let document = user.json(&["schema", "AWS::S3::Bucket"], 1);
    assert!(messages(&document).contains("METADATA"), "{document}");
}

#[test]
fn offline_makes_no_call_to_the_registry() {
    let document = Registry::start().user().json(&["schema", "AWS::SQS::Queue", "--env", "dev", "--offline"], 0);
    assert_eq!(document["body"]["answer"]["source"], "embedded");
    assert_eq!(document["api_calls"], serde_json::json!({}));
    assert!(messages(&document).contains("--offline allows no AWS calls"), "{}", messages(&document));
}

#[test]
fn an_unknown_type_is_a_usage_error_with_a_suggestion() {
    let document = User::of_aws().json(&["schema", "AWS::S3::Bukket"], 64);
    assert!(messages(&document).contains("did you mean `AWS::S3::Bucket`?"), "{document}");
}

#[test]
fn an_environment_is_queried_once_in_seven_days() {
    let registry = Registry::start();
    let user = registry.user();
    let ask = |more: &[&str]| {
        let arguments: Vec<&str> = ["schema", "AWS::SQS::Queue", "--env", "dev"].iter().chain(more).copied().collect();
        user.json(&arguments, 0)
    };
    let first = ask(&[]);
    assert_eq!(first["body"]["answer"]["source"], "aws", "{first}");
    assert_eq!(first["api_calls"]["cloudformation.DescribeType"], 1);
    assert_eq!(permissions(&first, "read"), serde_json::json!(["sqs:Newest"]));
    assert_eq!(first["body"]["list_inputs"], serde_json::json!(["QueueName"]));
    assert!(first["body"]["properties"].to_string().contains("What it is called."));

    let second = ask(&[]);
    assert_eq!(second["body"]["answer"]["source"], "cache", "{second}");
    assert!(second["body"]["answer"]["age_seconds"].is_u64());
    assert_eq!(second["api_calls"], serde_json::json!({}));
    assert_eq!(permissions(&second, "read"), serde_json::json!(["sqs:Newest"]));

    assert_eq!(ask(&["--refresh"])["body"]["answer"]["source"], "aws");

    // A damaged file and one of long ago are as good as none.
    let kept = files(user.folder().join("../.cache/stagegate/types"));
    assert_eq!(kept.len(), 1, "{kept:?}");
    std::fs::write(&kept[0], "{\"fetched_at\": \"20").unwrap();
    assert_eq!(ask(&[])["body"]["answer"]["source"], "aws");
    let old = std::fs::read_to_string(&kept[0]).unwrap().replacen("\"fetched_at\":\"20", "\"fetched_at\":\"19", 1);
    std::fs::write(&kept[0], old).unwrap();
    assert_eq!(ask(&[])["body"]["answer"]["source"], "aws");
}

#[test]
fn a_type_that_is_not_embedded_is_cached_with_its_complete_schema() {
    let registry = Registry::start();
    let user = registry.user();
    let ask = |more: &[&str], code: i32| {
        let words = ["schema", "AWS::StagegateTest::Widget", "--env", "dev"];
        user.json(&words.iter().chain(more).copied().collect::<Vec<_>>(), code)
    };
    let unasked = ask(&["--offline"], 64);
    assert_eq!(unasked["api_calls"], serde_json::json!({}));
    assert!(messages(&unasked).contains("--offline allows no AWS calls"), "{}", messages(&unasked));
    let first = ask(&[], 0);
    assert_eq!(first["body"]["answer"]["source"], "aws", "{first}");
    assert_eq!(first["body"]["arn_property"], "Arn");
    for flags in [&[][..], &["--offline"]] {
        let kept = ask(flags, 0);
        assert_eq!(kept["body"]["answer"]["source"], "cache", "{kept}");
        assert_eq!(kept["api_calls"], serde_json::json!({}));
        assert_eq!(kept["body"]["properties"], first["body"]["properties"]);
    }
    // A command that names it learns it from what is kept, before anything else is called.
    let refused = user.json(&["drift", "AWS::StagegateTest::Widget", "--to", "nowhere", "--offline"], 64);
    assert!(!messages(&refused).contains("unknown-type"), "{}", messages(&refused));
}

#[test]
fn the_embedded_copy_is_used_if_describe_type_is_denied() {
    let registry = Registry::start();
    let user = registry.user();
    registry.denied.store(true, Ordering::Relaxed);
    let document = user.json(&["schema", "AWS::SQS::Queue", "--env", "dev"], 0);
    assert_eq!(document["body"]["answer"]["source"], "embedded", "{document}");
    assert!(document["body"]["answer"]["reason"].as_str().unwrap().contains("denied"), "{document}");
    assert!(messages(&document).contains("not-from-aws"), "{document}");
    assert!(permissions(&document, "create").to_string().contains("sqs:CreateQueue"));
    assert!(files(user.folder().join("../.cache/stagegate")).is_empty(), "only responses of AWS are cached");
}

#[test]
fn a_wrong_account_and_an_unknown_environment_are_errors() {
    let registry = Registry::start();
    let user = registry.user();
    let document = user.json(&["schema", "AWS::SQS::Queue", "--env", "nowhere"], 64);
    assert!(messages(&document).contains("no environment `nowhere`"), "{document}");
    user.write(
        "stagegate.yaml",
        "version: 1\nproject: p\nenvironments:\n  dev: { account: \"999999999999\", region: us-east-1 }\n",
    );
    let document = user.json(&["schema", "AWS::SQS::Queue", "--env", "dev"], 6);
    assert_eq!(document["api_calls"].get("cloudformation.DescribeType"), None, "{document}");
}
