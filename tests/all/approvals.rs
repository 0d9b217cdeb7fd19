//! Approvals: each is good for one plan, once, and for its rest after an interruption.

use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;

use super::prices::read_request;
use super::support::{DEV, PROD, Server, User, approving_command, messages, template};

const QUEUE: &str = "AWS::SQS::Queue";

fn url(account: &str, name: &str) -> String {
    format!("https://sqs.us-east-1.amazonaws.com/{account}/{name}")
}

/// A user of AWS with a dev and a prod environment, whose endpoints are those of a sandbox with faults.
pub fn served(flags: &[&str]) -> (User, Server, User) {
    let owner = User::of_sandbox();
    let server = owner.serve_with(flags);
    let user = User::of_accounts(&server.endpoint, "sandbox", DEV, PROD);
    (owner, server, user)
}

fn is_created(document: &Value) -> Vec<&str> {
    let applied = document["body"]["applied"].as_array().unwrap();
    applied.iter().filter(|one| one["operation"] == "create").filter_map(|one| one["identifier"].as_str()).collect()
}

fn forget_plans(user: &User) {
    std::fs::remove_dir_all(user.folder().parent().unwrap().join("state/stagegate/plans")).unwrap();
}

#[test]
fn a_replay_of_a_promotion_is_refused_after_its_result_was_deleted() {
    for remembers in [true, false] {
        let user = User::of_sandbox();
        user.approve(&["create", "-f", &template("sqs-with-dlq.yaml")]);
        let queue = url(DEV, "sandbox-jobs-dlq-dev");
        let asked = user.json(&["promote", QUEUE, &queue], 3);
        let command = approving_command(&asked);
        user.paste(command).expect(0);
        // Nothing is left to do.
        let again = user.paste(command).expect(0).document();
        assert_eq!(again["body"]["applied"], Value::Array(vec![]), "{again}");

        let server = user.serve();
        user.boto3(&server, PROD, &["delete", QUEUE, &url(PROD, "sandbox-jobs-dlq-prod")]);
        if !remembers {
            forget_plans(&user);
        }
        let refused = user.paste(command).expect(4).document();
        let code = if remembers { "approval-used" } else { "plan-changed" };
        assert!(messages(&refused).contains(code), "{}", messages(&refused));
        assert!(!refused["api_calls"].to_string().contains("CreateResource"), "{}", refused["api_calls"]);
    }
}

#[test]
fn a_replay_of_a_creation_is_refused_after_its_result_was_deleted() {
    let user = User::of_sandbox();
    let asked = user.json(&["create", "-f", &template("rds-postgres.yaml")], 3);
    let command = approving_command(&asked);
    user.paste(command).expect(0);
    let server = user.serve();
    let patch = r#"[{"op": "replace", "path": "/DeletionProtection", "value": false}]"#;
    user.boto3(&server, DEV, &["update", "AWS::RDS::DBInstance", "sandbox-db-dev", patch]);
    user.boto3(&server, DEV, &["delete", "AWS::RDS::DBInstance", "sandbox-db-dev"]);
    let refused = user.paste(command).expect(4).document();
    assert!(messages(&refused).contains("approval-used"), "{}", messages(&refused));
    // A new plan is a new approval.
    user.json(&["create", "-f", &template("rds-postgres.yaml")], 3);
}

#[test]
fn an_interrupted_creation_is_finished_with_the_same_approval() {
    let (_owner, _server, user) = served(&["--fail", "AWS::SNS::Topic/CreateResource=FAILED:InvalidRequest*1"]);
    let password = "Parameters: { Password: { Type: String, NoEcho: true } }\n";
    let text = "Resources:\n  Jobs:\n    Type: AWS::SQS::Queue\n    Properties: { SqsManagedSseEnabled: true }\n  \
         Db:\n    Type: AWS::RDS::DBInstance\n    Properties: { DBInstanceIdentifier: orders-dev, Engine: postgres, \
         DBInstanceClass: db.t4g.micro, AllocatedStorage: '20', MasterUsername: app, MasterUserPassword: !Ref Password, \
         Tags: [{ Key: Queue, Value: !GetAtt Jobs.QueueName }] }\n  \
         Topic:\n    Type: AWS::SNS::Topic\n    Properties: { TopicName: orders-dev, DisplayName: !GetAtt Jobs.QueueName, \
         Subscription: [{ Protocol: sqs, Endpoint: !GetAtt Jobs.Arn }] }\n    DependsOn: Db\n";
    user.write("t.yaml", &format!("{password}{text}"));
    let create = ["create", "-f", "t.yaml", "--param", "Password=planted-Secret"];
    let asked = user.json(&create, 3);
    let command = approving_command(&asked).replace("'Password=<SAME-VALUE>'", "Password=planted-Secret");
    let failed = user.paste(&command).expect(5).document();
    assert_eq!(is_created(&failed).len(), 2, "{failed}");
    let resume = approving_command(&failed);
    assert!(!resume.contains("planted"), "{resume}");

    // Another template is not the rest of the plan.
    user.write("t.yaml", &format!("{password}{}", text.replace("TopicName: orders-dev", "TopicName: other-dev")));
    let refused = user.paste(&command).expect(4).document();
    assert!(messages(&refused).contains("Topic /request"), "{}", messages(&refused));
    user.write("t.yaml", &format!("{password}{text}"));
    let done = user.paste(&format!("{command} --resume")).expect(0).document();
    assert_eq!(is_created(&done).len(), 1, "{done}");
    let again = user.paste(&command).expect(0).document();
    assert_eq!(is_created(&again).len(), 0, "{again}");
}

#[test]
fn an_interrupted_saved_plan_is_finished_by_the_same_command() {
    let (_owner, _server, user) = served(&["--fail", "AWS::SNS::Topic/CreateResource=FAILED:InvalidRequest*1"]);
    user.write(
        "t.yaml",
        "Resources:\n  Jobs: { Type: AWS::SQS::Queue, Properties: { SqsManagedSseEnabled: true } }\n  \
         Topic: { Type: AWS::SNS::Topic, Properties: { KmsMasterKeyId: alias/aws/sns, DisplayName: !GetAtt Jobs.QueueName } }\n",
    );
    user.json(&["create", "-f", "t.yaml", "--plan-out", "plan.json"], 0);
    std::fs::remove_file(user.folder().join("t.yaml")).unwrap();
    let failed = user.json(&["apply", "plan.json"], 5);
    assert_eq!(failed["next"][0]["command"], "stagegate apply plan.json --json", "{failed}");
    assert_eq!(is_created(&user.json(&["apply", "plan.json"], 0)).len(), 1);
}

#[test]
fn an_interrupted_promotion_is_finished_with_the_same_approval() {
    // The third creation of a queue is the first one in prod; then the records fail.
    for rule in ["AWS::SQS::Queue/CreateResource", "TagResources"] {
        let times = if rule == "TagResources" { "AccessDeniedException*1" } else { "FAILED:InvalidRequest*1" };
        let owner = User::of_sandbox();
        owner.approve(&["create", "-f", &template("sqs-with-dlq.yaml")]);
        let server = owner.serve_with(&["--fail", &format!("{rule}={times}")]);
        let (_other, _unused, user) = served(&[]);
        let user = user.with("AWS_ENDPOINT_URL", &server.endpoint);
        let asked = user.json(&["promote", QUEUE, &url(DEV, "sandbox-jobs-dev"), "--with-dependencies"], 3);
        let command = approving_command(&asked).to_owned();
        let failed = user.paste(&command).document();
        assert!([1, 5].contains(&failed["outcome"]["exit_code"].as_i64().unwrap()), "{failed}");
        assert_eq!(approving_command(&failed), command);
        let done = user.paste(&command).expect(0).document();
        assert!(done["body"]["promotion"].as_array().unwrap().iter().all(|one| one["status"] == "synced"), "{done}");
        user.json(&["drift"], 0);
    }
}

/// A proxy before a server. It rejects one call that changes something: the one after `allowed` others.
pub fn rejecting(server: &Server, allowed: usize) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let upstream = server.endpoint.trim_start_matches("http://").to_owned();
    let writes = Arc::new(AtomicUsize::new(0));
    // Ends with the process of the test.
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (upstream, writes) = (upstream.clone(), Arc::clone(&writes));
            std::thread::spawn(move || {
                let (head, body) = read_request(&stream);
                let is_write = ["CreateResource", "UpdateResource", "DeleteResource", "TagResources"]
                    .iter()
                    .any(|operation| head.contains(&format!(".{operation}\r\n")));
                if is_write && writes.fetch_add(1, Ordering::SeqCst) == allowed {
                    let body = r#"{"__type": "AccessDeniedException", "message": "rejected by the test"}"#;
                    let length = body.len();
                    let _ = write!(
                        &stream,
                        "HTTP/1.1 400 Bad Request\r\ncontent-type: application/x-amz-json-1.0\r\n\
                         connection: close\r\ncontent-length: {length}\r\n\r\n{body}"
                    );
                    return;
                }
                let mut other = TcpStream::connect(upstream).unwrap();
                let is_connection = |line: &&str| line.to_lowercase().starts_with("connection:");
                let head: Vec<&str> = head.lines().filter(|line| !is_connection(line)).collect();
                let _ = write!(other, "{}\r\nconnection: close\r\n\r\n", head.join("\r\n"));
                let _ = other.write_all(&body);
                let _ = std::io::copy(&mut other, &mut &stream);
            });
        }
    });
    endpoint
}

/// A promotion that fails at each of its steps is finished with the same approval.
#[test]
fn a_promotion_continues_after_any_of_its_steps() {
    let mut steps = usize::MAX;
    let mut done = 0;
    while done < steps {
        let owner = User::of_sandbox();
        owner.approve(&["create", "-f", &template("sqs-with-dlq.yaml")]);
        let server = owner.serve();
        let (_other, _unused, user) = served(&[]);
        let user = user.with("AWS_ENDPOINT_URL", &rejecting(&server, done));
        let asked = user.json(&["promote", "--all"], 3);
        steps = asked["body"]["plan"]["steps"].as_array().unwrap().len();
        let command = approving_command(&asked).to_owned();
        let failed = user.paste(&command).document();
        // Steps that do not depend on each other run side by side.
        assert!(failed["body"]["applied"].as_array().unwrap().len() < steps, "{}", messages(&failed));
        assert_eq!(approving_command(&failed), command);
        user.paste(&command).expect(0);
        let queues = user.json(&["drift"], 0)["body"]["summary"]["synced"].clone();
        assert_eq!(queues, 2, "after {done} steps");
        done += 1;
    }
    assert!(done >= 8, "{done}");
}

#[test]
fn resume_and_reason_are_accepted_where_nothing_was_interrupted() {
    let user = User::of_sandbox();
    let bucket = template("s3-bucket.yaml");
    user.json(&["create", "-f", &bucket, "--resume"], 0);
    let asked = user.json(&["promote", "--all", "--resume"], 3);
    let command = approving_command(&asked);
    user.paste(&format!("{command} --resume --reason 'reviewed by two'")).expect(0);
}

#[test]
fn an_approval_for_another_account_is_refused_as_such() {
    let user = User::of_sandbox();
    let database = template("rds-postgres.yaml");
    let command = approving_command(&user.json(&["create", "-f", &database], 3)).to_owned();
    user.write(
        "stagegate.yaml",
        &format!(
            "version: 1\nproject: sandbox\ntags: {{values: {{CostCenter: Engineering}}}}\nenvironments:\n  \
             dev: {{account: '333333333333', region: us-east-1, sandbox: true, tag_value: development}}\n  \
             prod: {{account: '{PROD}', region: us-east-1, sandbox: true, tag_value: production}}\n"
        ),
    );
    let refused = user.paste(&command).expect(6).document();
    assert!(messages(&refused).contains("the plan was made for account 111111111111"), "{}", messages(&refused));
}
