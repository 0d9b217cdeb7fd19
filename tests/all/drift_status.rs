//! Every status of `drift`, every side that can have changed and every contradiction of tags: the printed command, run, leads to
//! a clean state.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use stagegate::compare::drift::Status;

use super::approvals::served;
use super::killed_promotions::{create, delete, properties, update};
use super::support::{DEV, PROD, Server, User, approving_command};

const QUEUE: &str = "AWS::SQS::Queue";

fn url(account: &str, name: &str) -> String {
    format!("https://sqs.us-east-1.amazonaws.com/{account}/{name}")
}

/// Tags of a managed queue, with others.
fn managed(account: &str, more: &[(&str, &str)]) -> Vec<(String, String)> {
    let environment = if account == DEV { "development" } else { "production" };
    let own = [
        ("MANAGED_BY", "stagegate"),
        ("Environment", environment),
        ("Project", "sandbox"),
        ("CostCenter", "Engineering"),
        ("CreatedBy", "alice"),
        ("CreatedDate", "2026-11-20"),
        ("Purpose", "jobs"),
    ];
    own.iter().chain(more).map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

fn queue(server: &Server, account: &str, name: &str, more: &[(&str, &str)]) {
    let tags: Vec<Value> =
        managed(account, more).iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
    create(server, account, QUEUE, &json!({"QueueName": name, "Tags": tags}));
}

/// Sets properties of a queue with another client.
fn set(server: &Server, account: &str, name: &str, values: &[(&str, Value)]) {
    let patch: Vec<Value> =
        values.iter().map(|(name, value)| json!({"op": "add", "path": format!("/{name}"), "value": value})).collect();
    update(server, account, QUEUE, &url(account, name), &json!(patch));
}

/// Changes or removes tags of a queue with another client.
fn retag(server: &Server, account: &str, name: &str, changes: &[(&str, Option<&str>)]) {
    let live = properties(server, account, QUEUE, &url(account, name));
    let mut tags: Vec<Value> = live["Tags"].as_array().unwrap().clone();
    tags.retain(|tag| !changes.iter().any(|(key, _)| tag["Key"] == *key));
    tags.extend(changes.iter().filter_map(|(key, value)| Some(json!({"Key": key, "Value": (*value)?}))));
    set(server, account, name, &[("Tags", json!(tags))]);
}

/// A promoted queue `jobs`.
fn promoted(user: &User) {
    user.write(
        "stack.yaml",
        "Resources:\n  Jobs: { Type: AWS::SQS::Queue, Properties: { QueueName: jobs-dev, DelaySeconds: 5 } }\n",
    );
    user.json(&["create", "-f", "stack.yaml"], 0);
    user.approve(&["promote", "--all"]);
}

/// A state of both environments.
struct Case {
    name: &'static str,
    status: Status,
    moved: Option<&'static str>,
    prepare: fn(&User, &Server),
}

fn cases() -> Vec<Case> {
    let drifted = |name, moved, prepare| Case { name, status: Status::Drifted, moved, prepare };
    let review = |name, prepare| Case { name, status: Status::NeedsReview, moved: None, prepare };
    let other = |name, status, prepare| Case { name, status, moved: None, prepare };
    vec![
        drifted("dev changed", Some("dev"), |user, server| {
            promoted(user);
            set(server, DEV, "jobs-dev", &[("DelaySeconds", json!(9))]);
        }),
        drifted("prod changed", Some("prod"), |user, server| {
            promoted(user);
            set(server, PROD, "jobs-prod", &[("DelaySeconds", json!(9))]);
        }),
        drifted("both changed", Some("both"), |user, server| {
            promoted(user);
            set(server, DEV, "jobs-dev", &[("DelaySeconds", json!(9))]);
            set(server, PROD, "jobs-prod", &[("DelaySeconds", json!(8))]);
        }),
        drifted("the record is lost", Some("unknown"), |user, server| {
            promoted(user);
            set(server, PROD, "jobs-prod", &[("DelaySeconds", json!(9))]);
            retag(server, PROD, "jobs-prod", &[("PromotedDigest", None)]);
        }),
        drifted("a copied tag differs", Some("unknown"), |user, server| {
            promoted(user);
            retag(server, PROD, "jobs-prod", &[("CostCenter", Some("Data"))]);
        }),
        drifted("a tag of others differs", Some("dev"), |user, server| {
            promoted(user);
            retag(server, DEV, "jobs-dev", &[("Team", Some("core"))]);
        }),
        drifted("an override is new", None, |user, _| {
            promoted(user);
            let config = std::fs::read_to_string(user.folder().join("stagegate.yaml")).unwrap();
            let overrides = "promotion: { overrides: { \"AWS::SQS::Queue\": { DelaySeconds: 7 } } }\n";
            user.write("stagegate.yaml", &(config + overrides));
        }),
        other("never promoted", Status::DevOnly, |_, server| {
            queue(server, DEV, "jobs-dev", &[("PromotionStatus", "dev-only")]);
        }),
        other("marked for promotion", Status::DevOnly, |user, server| {
            queue(server, DEV, "jobs-dev", &[("PromotionStatus", "dev-only")]);
            user.json(&["promote", QUEUE, &url(DEV, "jobs-dev"), "--mark-pending"], 0);
        }),
        other("only in prod", Status::ProdOnly, |_, server| queue(server, PROD, "jobs-prod", &[])),
        review("prod was deleted", |user, server| {
            promoted(user);
            delete(server, PROD, QUEUE, &url(PROD, "jobs-prod"));
        }),
        review("dev was deleted", |user, server| {
            promoted(user);
            delete(server, DEV, QUEUE, &url(DEV, "jobs-dev"));
        }),
        review("prod lost its tag", |user, server| {
            promoted(user);
            retag(server, PROD, "jobs-prod", &[("DevCounterpart", None)]);
        }),
        review("dev lost its tag", |user, server| {
            promoted(user);
            retag(server, DEV, "jobs-dev", &[("ProdCounterpart", None)]);
        }),
        review("dev lost its tag and its status", |user, server| {
            promoted(user);
            retag(server, DEV, "jobs-dev", &[("ProdCounterpart", None), ("PromotionStatus", Some("dev-only"))]);
        }),
        review("the promotion was not completed", |user, server| {
            promoted(user);
            retag(server, DEV, "jobs-dev", &[("PromotionStatus", Some("pending-prod"))]);
        }),
        review("the promotion was started", |_, server| {
            let pending = [("PromotionStatus", "pending-prod"), ("ProdCounterpart", "pending:23617a07")];
            queue(server, DEV, "jobs-dev", &pending);
        }),
        review("synced alone", |_, server| queue(server, DEV, "jobs-dev", &[("PromotionStatus", "synced")])),
        review("an unknown status", |_, server| queue(server, DEV, "jobs-dev", &[("PromotionStatus", "done")])),
        review("synced in prod alone", |_, server| queue(server, PROD, "jobs-prod", &[("PromotionStatus", "synced")])),
        review("dev names a queue of nobody", |_, server| {
            queue(server, PROD, "jobs-prod", &[]);
            let synced = [("PromotionStatus", "synced"), ("ProdCounterpart", &*url(PROD, "jobs-prod"))];
            queue(server, DEV, "jobs-dev", &synced);
        }),
        review("prod names another queue of dev", |user, server| {
            promoted(user);
            queue(server, DEV, "other-dev", &[("PromotionStatus", "dev-only")]);
            retag(server, PROD, "jobs-prod", &[("DevCounterpart", Some(&url(DEV, "other-dev")))]);
        }),
        review("two of dev name one of prod", |user, server| {
            promoted(user);
            let synced = [("PromotionStatus", "synced"), ("ProdCounterpart", &*url(PROD, "jobs-prod"))];
            queue(server, DEV, "other-dev", &synced);
        }),
        review("two of prod name one of dev", |user, server| {
            promoted(user);
            let synced = [("PromotionStatus", "synced"), ("DevCounterpart", &*url(DEV, "jobs-dev"))];
            queue(server, PROD, "other-prod", &synced);
        }),
        review("prod names a queue that names another one", |user, server| {
            promoted(user);
            queue(server, PROD, "other-prod", &[]);
            retag(server, DEV, "jobs-dev", &[("ProdCounterpart", Some(&url(PROD, "other-prod")))]);
        }),
        review("dev refers to what was never promoted", |user, server| {
            promoted(user);
            queue(server, DEV, "dead-dev", &[("PromotionStatus", "dev-only")]);
            let arn = format!("arn:aws:sqs:us-east-1:{DEV}:dead-dev");
            let redrive = json!({"deadLetterTargetArn": arn, "maxReceiveCount": 3});
            set(server, DEV, "jobs-dev", &[("RedrivePolicy", redrive)]);
        }),
    ]
}

/// What `drift` says, failing for everything that is not in sync.
fn drift(user: &User) -> Value {
    let statuses: Vec<&str> =
        Status::ALL.iter().filter(|one| **one != Status::Synced).map(|one| one.as_str()).collect();
    user.run(&["drift", "--fail-on", &statuses.join(","), "--json"]).document()
}

/// Runs a printed command, and the one that approves its plan.
fn follow(user: &User, command: &str) {
    let run = user.paste(&format!("{command} --json"));
    if run.code != 3 {
        assert!([0, 2].contains(&run.code), "{run}");
        return;
    }
    let document = run.document();
    let approve = match document["body"]["fix"]["plan"]["digest"].as_str() {
        Some(digest) => {
            let next = document["next"].as_array().unwrap().iter();
            next.filter_map(|next| next["command"].as_str()).find(|command| command.contains(digest)).unwrap()
        }
        None => approving_command(&document),
    };
    let approved = user.paste(approve);
    assert!([0, 2].contains(&approved.code), "{approved}");
}

/// Follows the first command of each report until nothing is left to report.
fn lead_out(user: &User, name: &str) {
    let mut report = drift(user);
    for _ in 0..6 {
        if report["outcome"]["exit_code"] == 0 {
            let rows = report["body"]["resources"].as_array().unwrap();
            assert!(rows.iter().all(|row| row["status"] == "synced" && row["command"].is_null()), "{name}: {report}");
            let text = user.run(&["drift"]).expect(0).stdout;
            assert!(!text.contains('→'), "{name}: {text}");
            return;
        }
        let rows = report["body"]["resources"].as_array().unwrap();
        let row = rows.iter().find(|row| row["status"] != "synced").unwrap().clone();
        let command = row["command"].as_str().unwrap_or_else(|| panic!("{name}: no command: {row}"));
        assert!(row["action"].is_string() && row["reason"].is_string(), "{name}: {row}");
        follow(user, command);
        report = drift(user);
        let left = report["body"]["resources"].as_array().unwrap().iter().find(|other| **other == row);
        assert!(left.is_none(), "{name}: after {command}: {left:?}");
    }
    panic!("{name}: {report}");
}

#[test]
fn the_command_of_every_row_leads_to_a_clean_state() {
    let all = cases();
    let sides: BTreeSet<Option<&str>> =
        all.iter().filter(|case| case.status == Status::Drifted).map(|case| case.moved).collect();
    assert_eq!(sides, BTreeSet::from([Some("dev"), Some("prod"), Some("both"), Some("unknown"), None]));
    let mut seen: BTreeSet<Status> = all.iter().map(|case| case.status).collect();
    // A synced row needs no command; the other two have tests of their own.
    seen.extend([Status::Synced, Status::Unreadable, Status::Unsupported]);
    assert_eq!(seen, Status::ALL.into_iter().collect());
    for Case { name, status, moved, prepare } in all {
        let (_owner, server, user) = served(&[]);
        let user = user.with("STAGEGATE_TEST_LEASE_MILLIS", "100");
        println!("{name}");
        prepare(&user, &server);
        let report = drift(&user);
        let rows = report["body"]["resources"].as_array().unwrap();
        let is_meant = |row: &&Value| row["status"] == status.as_str() && row["moved"] == json!(moved);
        assert!(rows.iter().any(|row| is_meant(&row)), "{name}: {report}");
        lead_out(&user, name);
    }
}

#[test]
fn every_status_is_explained() {
    let explained = User::of_aws().json(&["explain", "--list"], 0);
    let listed = explained["body"]["codes"].as_array().unwrap().iter().filter(|code| code["kind"] == "status");
    let listed: BTreeSet<&str> = listed.map(|code| code["code"].as_str().unwrap()).collect();
    for status in Status::ALL {
        assert!(listed.contains(status.as_str()), "{}: {listed:?}", status.as_str());
        let text = User::of_aws().run(&["explain", status.as_str()]).expect(0).stdout;
        assert!(text.lines().count() > 4, "{text}");
    }
}

#[test]
fn an_unreadable_resource_is_compared_again_with_the_permission_that_its_row_names() {
    let (owner, _server, user) = served(&[]);
    promoted(&user);
    let rule = format!("{PROD}/{QUEUE}/GetResource=AccessDeniedException");
    let denied = owner.serve_with(&["--fail", &rule]);
    let report = drift(&user.copy().with("AWS_ENDPOINT_URL", &denied.endpoint));
    let rows = report["body"]["resources"].as_array().unwrap();
    assert_eq!((rows.len(), &rows[0]["status"]), (1, &json!("unreadable")), "{report}");
    assert!(rows[0]["action"].as_str().unwrap().contains("grant the reading role"), "{}", rows[0]);
    lead_out(&user, "readable");
}
