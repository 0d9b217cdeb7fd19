//! Custom endpoints and certificates: what the user's AWS configuration says is used, shown, and part of an approval.

use serde_json::{Value, json};

use super::support::{DEV, PROD, Server, User, approving_command, root};

const SERVICES: [&str; 13] = [
    "accessanalyzer",
    "cloudcontrol",
    "cloudformation",
    "config",
    "costexplorer",
    "ecs",
    "iam",
    "organizations",
    "pricing",
    "resource-explorer",
    "s3",
    "sts",
    "tagging",
];

const QUEUE: &str = "Type: AWS::SQS::Queue\nProperties: { QueueName: jobs-dev }\n";

/// Starts a TLS proxy in front of a server and returns it with the path of its authority's certificate.
fn tls(user: &User, server: &Server) -> (Server, String) {
    let folder = user.folder().display().to_string();
    let script = root().join("tests/python/tls_proxy.py").display().to_string();
    let target = server.endpoint.strip_prefix("http://").unwrap();
    let proxy = Server::python("python", &[&script, "PORT", &folder, target], &[]);
    (proxy, format!("{folder}/ca.pem"))
}

#[test]
fn servers_are_verified_with_the_configured_certificates() {
    let sandbox = User::of_sandbox();
    let server = sandbox.serve();
    let (proxy, bundle) = tls(&sandbox, &server);
    let endpoint = proxy.endpoint.replace("http://", "https://");
    let user = || User::of_accounts(&endpoint, "Shop", DEV, PROD);
    let context = ["context", "--env", "dev"];
    user().with("AWS_CA_BUNDLE", &bundle).json(&context, 0);
    let by_profile = user();
    let config = std::fs::read_to_string(by_profile.folder().join("aws-config")).unwrap();
    by_profile.write(
        "aws-config",
        &config.replace("region = us-east-1\n", &format!("region = us-east-1\nca_bundle = {bundle}\n")),
    );
    by_profile.json(&context, 0);
    // The system does not know the authority.
    let document = user().json(&context, 1);
    assert_eq!(document["body"]["environments"][0]["verified"], false, "{document:#}");
}

#[test]
fn certificates_that_cannot_be_used_are_an_error_with_the_path() {
    let user = User::of_accounts("http://127.0.0.1:1", "Shop", DEV, PROD);
    user.write("empty.pem", "no certificate\n");
    user.write("broken.pem", "-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n");
    for (path, part) in [
        ("missing.pem", "does not exist"),
        ("empty.pem", "contains no certificate"),
        ("broken.pem", "a certificate cannot be used"),
        (".", "folder"),
    ] {
        let user = user.copy().with("AWS_CA_BUNDLE", path);
        for command in [&["context", "--env", "dev"][..], &["drift"]] {
            let document = user.json(command, 64);
            let said = &document["diagnostics"][0];
            assert_eq!(said["code"], "invalid-ca-bundle", "{said}");
            let message = said["message"].as_str().unwrap();
            assert!(message.starts_with("AWS_CA_BUNDLE: ") && message.contains(part), "{message}");
            assert!(message.contains(&format!("`{path}`")), "{message}");
            assert_eq!(document["api_attempts"], json!({}));
        }
    }
}

fn endpoints(url: &str) -> Value {
    SERVICES.iter().map(|service| ((*service).to_owned(), json!(url))).collect::<serde_json::Map<_, _>>().into()
}

#[test]
fn context_shows_custom_endpoints() {
    let server = User::of_sandbox().serve();
    let user = User::of_accounts(&server.endpoint, "Shop", DEV, PROD);
    let document = user.json(&["context"], 0);
    for environment in document["body"]["environments"].as_array().unwrap() {
        assert_eq!(environment["endpoints"], endpoints(&server.endpoint), "{environment}");
    }
    assert_eq!(document["environments"][1]["endpoints"], endpoints(&server.endpoint));
    let text = user.run(&["context"]).expect(0).stdout;
    let line = format!("   Custom endpoint: {} (all services)\n", server.endpoint);
    assert_eq!(text.matches(&line).count(), 2, "{text}");
    // Of one service, with credentials, which are not shown.
    let secret = server.endpoint.replace("http://", "http://user:hunter2@");
    let user = user.with("AWS_ENDPOINT_URL_IAM", &format!("{secret}/iam"));
    let run = user.run(&["context"]).expect(0);
    assert!(run.stdout.contains(&format!("   Custom endpoint: {}/iam (iam)\n", server.endpoint)), "{run}");
    assert!(!run.to_string().contains("hunter2"), "{run}");
    // Those of AWS are not custom.
    let document = User::of_sandbox().json(&["context"], 0);
    assert_eq!(document["body"]["environments"][0]["endpoints"], json!({}));
    assert!(!User::of_sandbox().run(&["context"]).expect(0).stdout.contains("endpoint"));
}

#[test]
fn a_plan_shows_custom_endpoints_and_its_approval_holds_for_no_other() {
    let server = User::of_sandbox().serve();
    let user = User::of_accounts(&server.endpoint, "Shop", DEV, PROD);
    let project = user.folder().join("stagegate.yaml");
    let text = std::fs::read_to_string(&project).unwrap();
    std::fs::write(&project, format!("{text}cost: {{ auto_approve_below: 0 }}\n")).unwrap();
    user.write("queue.yaml", QUEUE);
    let line = format!("Custom endpoint: {} (all services)\n", server.endpoint);
    assert!(user.run(&["create", "-f", "queue.yaml"]).expect(3).stdout.contains(&line));
    let quiet = user.run(&["create", "-f", "queue.yaml", "--quiet"]).expect(3);
    let of_dev = format!("Custom endpoint of dev: {} (all services)\n", server.endpoint);
    assert!(quiet.stdout.contains(&of_dev), "{quiet}");
    let document = user.json(&["create", "-f", "queue.yaml"], 3);
    assert_eq!(document["environments"][0]["endpoints"], endpoints(&server.endpoint));
    let command = approving_command(&document).to_owned();
    // The same server under another name.
    let elsewhere =
        user.copy().with("AWS_ENDPOINT_URL_CLOUDCONTROL", &server.endpoint.replace("127.0.0.1", "localhost"));
    let refused = elsewhere.paste(&command);
    assert_ne!(refused.code, 0, "{refused}");
    assert!(refused.to_string().contains("endpoint of cloudcontrol in dev: http://localhost"), "{refused}");
    user.paste(&command).expect(0);
}
