//! Permissions that are denied for one type, one call, one Region or one account: the rest is reported, and the gap is counted.

use serde_json::{Value, json};

use super::killed_promotions::{create, delete, properties, update};
use super::support::{DEV, PROD, Server, User, messages};

const QUEUE: &str = "AWS::SQS::Queue";
const TOPIC: &str = "AWS::SNS::Topic";
const ROLE: &str = "AWS::IAM::Role";
const STACK: &str = "Resources:\n  \
    Jobs: { Type: AWS::SQS::Queue, Properties: { QueueName: jobs-dev } }\n  \
    News: { Type: AWS::SNS::Topic, Properties: { TopicName: news-dev } }\n  \
    Work:\n    Type: AWS::IAM::Role\n    Properties:\n      RoleName: work-dev\n      AssumeRolePolicyDocument:\n        \
    Version: '2012-10-17'\n        Statement: [{ Effect: Allow, Principal: { Service: lambda.amazonaws.com }, Action: sts:AssumeRole }]\n";

/// A stack that is promoted, and a user for each set of faults.
struct Promoted {
    owner: User,
    _server: Server,
    user: User,
}

impl Promoted {
    fn new() -> Self {
        let owner = User::of_sandbox();
        let server = owner.serve();
        let user = User::of_accounts(&server.endpoint, "sandbox", DEV, PROD);
        user.write("stack.yaml", STACK);
        user.approve(&["create", "-f", "stack.yaml"]);
        user.approve(&["promote", "--all"]);
        user.json(&["drift"], 0);
        Self { owner, _server: server, user }
    }

    /// The same accounts, with calls that fail.
    fn with(&self, rules: &[String]) -> (Server, User) {
        let flags: Vec<&str> = rules.iter().flat_map(|rule| ["--fail", rule.as_str()]).collect();
        let server = self.owner.serve_with(&flags);
        let user = self.user.copy().with("AWS_ENDPOINT_URL", &server.endpoint);
        (server, user)
    }
}

/// The status of each type, with the environments of the row: `AWS::SQS::Queue unreadable dev prod`.
fn statuses(document: &Value) -> Vec<String> {
    let rows = document["body"]["resources"].as_array().unwrap().iter();
    let mut all: Vec<String> = rows
        .map(|row| {
            let sides: Vec<&str> = ["dev", "prod"].into_iter().filter(|side| row[side].is_string()).collect();
            format!("{} {} {}", row["type"].as_str().unwrap(), row["status"].as_str().unwrap(), sides.join(" "))
        })
        .collect();
    all.sort();
    all
}

fn denied(account: &str, call: &str) -> String {
    format!("{account}/{call}=AccessDeniedException")
}

/// The call that returns all roles and users with their tags.
const DETAILS: &str = "GetAccountAuthorizationDetails";

#[test]
fn drift_reports_the_rest_and_counts_the_gap() {
    let promoted = Promoted::new();
    let synced =
        |types: &[&str]| -> Vec<String> { types.iter().map(|name| format!("{name} synced dev prod")).collect() };
    // What is denied; the rows besides the synced types; the synced types; the number of denied calls.
    type Case<'a> = (Vec<String>, Vec<String>, &'a [&'a str], u64);
    let cases: [Case<'_>; 11] = [
        (
            vec![denied(PROD, &format!("{QUEUE}/GetResource"))],
            vec![format!("{QUEUE} unreadable dev prod")],
            &[TOPIC, ROLE],
            1,
        ),
        (
            vec![denied(DEV, &format!("{QUEUE}/GetResource"))],
            vec![format!("{QUEUE} unreadable dev prod")],
            &[TOPIC, ROLE],
            1,
        ),
        (
            [DEV, PROD].map(|account| denied(account, &format!("{QUEUE}/GetResource"))).to_vec(),
            vec![format!("{QUEUE} unreadable dev"), format!("{QUEUE} unreadable prod")],
            &[TOPIC, ROLE],
            2,
        ),
        // Roles are found by IAM, or by listing them. Those that the other side names are read all the same.
        (vec![denied(PROD, &format!("{ROLE}/ListResources"))], Vec::new(), &[QUEUE, TOPIC, ROLE], 0),
        (vec![denied(PROD, DETAILS)], Vec::new(), &[QUEUE, TOPIC, ROLE], 0),
        (
            vec![denied(PROD, &format!("{ROLE}/ListResources")), denied(PROD, DETAILS)],
            vec![format!("{ROLE} unreadable prod")],
            &[QUEUE, TOPIC, ROLE],
            1,
        ),
        // The pairs are found through the tags of the other account.
        (vec![denied(DEV, "GetResources")], vec!["* unreadable dev".to_owned()], &[QUEUE, TOPIC, ROLE], 1),
        (vec![denied(PROD, "GetResources")], vec!["* unreadable prod".to_owned()], &[QUEUE, TOPIC, ROLE], 1),
        // Without the tags of both, only what is listed by type is known.
        (
            [DEV, PROD].map(|account| denied(account, "GetResources")).to_vec(),
            vec!["* unreadable dev".to_owned(), "* unreadable prod".to_owned()],
            &[ROLE],
            2,
        ),
        // An account that allows STS alone: everything in it is unreadable, and nothing is missing in it.
        (
            ["GetResources", "GetResource", "ListResources", DETAILS].map(|call| denied(PROD, call)).to_vec(),
            vec![
                "* unreadable prod".to_owned(),
                "AWS::AutoScaling::AutoScalingGroup unreadable prod".to_owned(),
                format!("{ROLE} unreadable prod"),
                "AWS::IAM::User unreadable prod".to_owned(),
                format!("{QUEUE} unreadable dev prod"),
                format!("{TOPIC} unreadable dev prod"),
                format!("{ROLE} unreadable dev prod"),
            ],
            &[],
            7,
        ),
        // A type that the comparison does not need.
        (vec![denied(PROD, "AWS::S3::Bucket/*")], Vec::new(), &[QUEUE, TOPIC, ROLE], 0),
    ];
    for (rules, others, types, count) in cases {
        let (_server, user) = promoted.with(&rules);
        let is_gap = count > 0;
        let document = user.json(&["drift"], if is_gap { 2 } else { 0 });
        let mut expected = [others.clone(), synced(types)].concat();
        expected.sort();
        assert_eq!(statuses(&document), expected, "{rules:?}");
        let coverage = &document["body"]["coverage"];
        assert_eq!(coverage["denied"], count, "{rules:?}: {coverage}");
        assert_eq!(coverage["unreadable"], others.len(), "{rules:?}: {coverage}");
        assert_eq!(messages(&document).contains("incomplete"), is_gap, "{rules:?}: {document}");
        let strict = user.json(&["drift", "--strict"], if is_gap { 1 } else { 0 });
        assert_eq!(statuses(&strict), expected, "{rules:?}");
        for row in document["body"]["resources"].as_array().unwrap() {
            let is_unreadable = row["status"] == "unreadable";
            assert_eq!(
                row["reason"].as_str().is_some_and(|reason| reason.contains("AccessDenied")),
                is_unreadable,
                "{row}"
            );
            assert_eq!(row["action"].as_str().is_some_and(|action| action.contains("grant")), is_unreadable, "{row}");
        }
    }
}

#[test]
fn drift_of_named_types_counts_only_gaps_that_concern_them() {
    let promoted = Promoted::new();
    let roles = [format!("{ROLE}/ListResources"), DETAILS.to_owned()];
    let reads = |type_name: &str| [format!("{type_name}/GetResource")];
    let cases: [(&[String], &[&str], i32, u64); 5] = [
        (&roles, &["drift", QUEUE], 0, 0),
        (&roles, &["drift", ROLE], 2, 1),
        (&reads(TOPIC), &["drift", QUEUE], 0, 0),
        // Any queue may be among what the tagging API does not say.
        (&["GetResources".to_owned()], &["drift", QUEUE], 2, 1),
        (&reads(QUEUE), &["drift", QUEUE, "PROD"], 2, 1),
    ];
    let url = format!("https://sqs.us-east-1.amazonaws.com/{PROD}/jobs-prod");
    for (calls, arguments, code, count) in cases {
        let rules: Vec<String> = calls.iter().map(|call| denied(PROD, call)).collect();
        let (_server, user) = promoted.with(&rules);
        let arguments: Vec<&str> = arguments.iter().map(|word| if *word == "PROD" { &url } else { *word }).collect();
        let document = user.json(&arguments, code);
        assert_eq!(document["body"]["coverage"]["denied"], count, "{calls:?}: {document}");
    }
}

#[test]
fn tag_audit_reports_the_rest_and_counts_the_gap() {
    let promoted = Promoted::new();
    create(&promoted._server, PROD, QUEUE, &json!({"QueueName": "untagged"}));
    let all = ["tag-audit", "--type", QUEUE, "--type", TOPIC];
    // What is denied; the subjects of the gaps; resources checked.
    let cases: [(Vec<String>, Vec<String>, u64); 6] = [
        (
            vec![denied(PROD, &format!("{TOPIC}/GetResource"))],
            vec![format!("prod {TOPIC} arn:aws:sns:us-east-1:{PROD}:news-prod")],
            4,
        ),
        (vec![denied(DEV, &format!("{TOPIC}/ListResources"))], vec![format!("dev {TOPIC}")], 5),
        // What is tagged is known without a listing, and the other way round.
        (vec![denied(DEV, "GetResources")], vec!["dev tagging API".to_owned()], 5),
        (
            [DEV, PROD].map(|account| denied(account, "GetResources")).to_vec(),
            vec!["dev tagging API".to_owned(), "prod tagging API".to_owned()],
            5,
        ),
        (vec![denied(DEV, "GetCallerIdentity")], vec![format!("dev account {DEV}")], 3),
        (vec![format!("{DEV}/GetCallerIdentity=ExpiredTokenException")], vec![format!("dev account {DEV}")], 3),
    ];
    for (rules, subjects, checked) in cases {
        let (_server, user) = promoted.with(&rules);
        let document = user.json(&all, 2);
        let gaps = document["body"]["gaps"].as_array().unwrap();
        let found: Vec<String> = gaps
            .iter()
            .map(|gap| format!("{} {}", gap["environment"].as_str().unwrap(), gap["subject"].as_str().unwrap()))
            .collect();
        assert_eq!(found, subjects, "{rules:?}");
        let coverage = &document["body"]["coverage"];
        assert_eq!((&coverage["denied"], &coverage["checked"]), (&json!(subjects.len()), &json!(checked)), "{rules:?}");
        assert!(messages(&document).contains("incomplete"), "{rules:?}: {document}");
        // The violation in prod is reported, and nothing that is only not seen.
        let summary = &document["body"]["summary"];
        assert_eq!(summary["untagged"], 1, "{rules:?}: {summary}");
        assert_eq!(summary.as_object().unwrap().len(), 2, "{rules:?}: {summary}");
        user.json(&[&all[..], &["--strict"]].concat(), 1);
    }
    // Nothing is left to report, or the plan would rest on half of what it needs.
    let both: Vec<String> = [DEV, PROD].map(|account| denied(account, "GetCallerIdentity")).to_vec();
    let (_server, user) = promoted.with(&both);
    user.json(&all, 6);
    let (_server, user) = promoted.with(&both[..1]);
    user.json(&[&all[..], &["--fix"]].concat(), 6);
    user.json(&["drift"], 6);
}

#[test]
fn a_counterpart_that_may_not_be_read_is_a_gap_although_it_is_not_listed() {
    let promoted = Promoted::new();
    let url = format!("https://sqs.us-east-1.amazonaws.com/{PROD}/jobs-prod");
    delete(&promoted._server, PROD, QUEUE, &url);
    let (_server, user) = promoted.with(&[denied(PROD, &format!("{QUEUE}/GetResource"))]);
    let document = user.json(&["tag-audit", "--type", QUEUE], 2);
    let gaps = document["body"]["gaps"].as_array().unwrap();
    assert_eq!((gaps.len(), &gaps[0]["subject"]), (1, &json!(format!("{QUEUE} {url}"))), "{document}");
    assert_eq!(document["body"]["coverage"]["denied"], 1);
    // With the permission, the counterpart is missing.
    let document = promoted.user.json(&["tag-audit", "--type", QUEUE], 2);
    assert_eq!(document["body"]["summary"]["counterpart-missing"], 1, "{document}");
}

#[test]
fn nothing_is_said_to_be_superfluous_while_its_counterpart_may_be_unread() {
    let promoted = Promoted::new();
    let url = format!("https://sqs.us-east-1.amazonaws.com/{PROD}/jobs-prod");
    let live = properties(&promoted._server, PROD, QUEUE, &url);
    let mut tags = live["Tags"].as_array().unwrap().clone();
    tags.retain(|tag| !["DevCounterpart", "PromotionStatus"].contains(&tag["Key"].as_str().unwrap()));
    let patch = json!([{"op": "replace", "path": "/Tags", "value": tags}]);
    update(&promoted._server, PROD, QUEUE, &url, &patch);
    // Only the queue in dev, which is not known, names it.
    let (_server, user) = promoted.with(&[denied(DEV, "GetResources")]);
    let document = user.json(&["drift"], 2);
    let rows = document["body"]["resources"].as_array().unwrap();
    let row = rows.iter().find(|row| row["status"] == "prod_only").unwrap();
    assert_eq!((&row["prod"], &row["command"]), (&json!(url), &Value::Null), "{row}");
    assert!(row["action"].as_str().unwrap().contains("look for its counterpart in dev"), "{row}");
    // With all tags, it is a pair whose tag was lost.
    let rows = promoted.user.json(&["drift"], 2)["body"]["resources"].clone();
    let row = rows.as_array().unwrap().iter().find(|row| row["prod"] == url).unwrap();
    assert_eq!(row["status"], "needs_review", "{row}");
    assert!(row["command"].as_str().unwrap().starts_with("stagegate promote"), "{row}");
}

#[test]
fn a_plan_is_never_based_on_half_of_the_tags() {
    let promoted = Promoted::new();
    for account in [DEV, PROD] {
        let (_server, user) = promoted.with(&[denied(account, "GetResources")]);
        let document = user.json(&["promote", "--all"], 1);
        assert!(messages(&document).contains("aws-access-denied"), "{document}");
    }
}
