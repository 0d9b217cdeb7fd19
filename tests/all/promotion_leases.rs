//! Two runs that promote one resource at once: one goes on, and the other one stops and says who is at work.

use serde_json::json;

use super::approvals::served;
use super::killed_promotions::{identifiers, properties, tags, update};
use super::support::{DEV, PROD, Server, User, approving_command, messages};

const QUEUE: &str = "AWS::SQS::Queue";

fn url(account: &str, name: &str) -> String {
    format!("https://sqs.us-east-1.amazonaws.com/{account}/{name}")
}

/// A user with a queue in dev.
fn with_queue() -> (User, Server, User) {
    let (owner, server, user) = served(&[]);
    let user = user.with("STAGEGATE_TEST_LEASE_MILLIS", "3000");
    user.write("jobs.yaml", "Resources: { Jobs: { Type: AWS::SQS::Queue, Properties: { QueueName: jobs-dev } } }");
    user.json(&["create", "-f", "jobs.yaml"], 0);
    (owner, server, user)
}

/// Another run takes a lease on the queue in dev.
fn lease(server: &Server, value: &str) {
    let patch = json!([{"op": "add", "path": "/Tags/-", "value": {"Key": "PromotionLease", "Value": value}}]);
    update(server, DEV, QUEUE, &url(DEV, "jobs-dev"), &patch);
}

fn leased(server: &Server) -> Option<String> {
    tags(&properties(server, DEV, QUEUE, &url(DEV, "jobs-dev"))).remove("PromotionLease")
}

#[test]
fn a_resource_that_another_run_promotes_is_not_promoted_until_the_lease_expires() {
    let (_owner, server, user) = with_queue();
    let now = |time: &str| user.copy().with("STAGEGATE_TEST_NOW", time);
    let tomorrow = tomorrow();
    let (before, after) = (format!("{tomorrow}T11:59:59Z"), format!("{tomorrow}T12:00:00Z"));
    let other = format!("aaaaaaaaaaaaaaaa.bbbbbbbbbbbbbbbb {tomorrow}T12:00:00Z alice");
    lease(&server, &other);

    let promote = ["promote", QUEUE, &url(DEV, "jobs-dev")];
    let early = now(&before);
    let asked = early.json(&promote, 3);
    let stopped = early.paste(approving_command(&asked)).expect(4).document();
    let said = messages(&stopped);
    assert!(said.contains("alice") && said.contains(&format!("{tomorrow}T12:00:00Z")), "{said}");
    assert!(said.contains("promotion-leased") && said.contains("--unmark"), "{said}");
    assert_eq!(stopped["body"]["applied"], json!([]), "{stopped}");
    assert_eq!(identifiers(&server, PROD, QUEUE), Vec::<String>::new());
    assert_eq!(leased(&server), Some(other), "the lease of the other run stays");
    let dev = tags(&properties(&server, DEV, QUEUE, &url(DEV, "jobs-dev")));
    assert_eq!(dev["PromotionStatus"], "dev-only");

    let late = now(&after);
    let asked = late.json(&promote, 3);
    late.paste(approving_command(&asked)).expect(0);
    assert_eq!(identifiers(&server, PROD, QUEUE), [url(PROD, "jobs-prod")]);
    assert_eq!(leased(&server), None, "the lease is released at the end");
    user.json(&["drift"], 0);
}

/// The day after the clock of the sandbox.
fn tomorrow() -> String {
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    today.tomorrow().unwrap().to_string()
}

#[test]
fn of_two_promotions_with_different_bodies_exactly_one_proceeds() {
    let (_owner, server, user) = with_queue();
    let dev = url(DEV, "jobs-dev");
    let other_name = format!("{QUEUE}/{dev}=other-prod");
    let commands = [vec!["promote", QUEUE, &dev], vec!["promote", QUEUE, &dev, "--name", &other_name]];
    let approved = commands.map(|command| {
        let asked = user.json(&command, 3);
        (user.copy(), approving_command(&asked).to_owned())
    });
    let results = std::thread::scope(|scope| {
        let started = approved.each_ref().map(|(user, command)| scope.spawn(move || user.paste(command)));
        started.map(|run| run.join().unwrap())
    });
    let mut codes = results.each_ref().map(|run| run.code);
    codes.sort_unstable();
    assert_eq!(codes, [0, 4], "{}\n{}", results[0], results[1]);
    let prod = identifiers(&server, PROD, QUEUE);
    assert_eq!(prod.len(), 1, "{prod:?}");
    let pair = tags(&properties(&server, DEV, QUEUE, &dev));
    assert_eq!((&pair["ProdCounterpart"], &pair["PromotionStatus"][..]), (&prod[0], "synced"));
    assert_eq!(leased(&server), None);
    user.json(&["drift"], 0);
}

#[test]
fn a_failed_promotion_releases_its_lease() {
    let (owner, server, user) = with_queue();
    let failing = owner.serve_with(&["--fail", "CreateResource=AccessDenied"]);
    let user = user.with("AWS_ENDPOINT_URL", &failing.endpoint);
    let asked = user.json(&["promote", QUEUE, &url(DEV, "jobs-dev")], 3);
    let failed = user.paste(approving_command(&asked));
    assert_ne!(failed.code, 0, "{failed}");
    assert_eq!(identifiers(&server, PROD, QUEUE), Vec::<String>::new());
    let dev = tags(&properties(&server, DEV, QUEUE, &url(DEV, "jobs-dev")));
    assert_eq!(dev["PromotionStatus"], "pending-prod", "the promotion was begun: {dev:?}");
    assert!(!dev.contains_key("PromotionLease"), "{dev:?}");
}

#[test]
fn a_lease_is_no_difference_and_is_cleared_with_unmark() {
    let (_owner, server, user) = with_queue();
    let dev = url(DEV, "jobs-dev");
    user.approve(&["promote", QUEUE, &dev]);
    lease(&server, "aaaaaaaaaaaaaaaa. 2099-01-01T00:00:00Z alice");
    user.json(&["drift"], 0);
    user.json(&["tag-audit", "--env", "all"], 0);
    for command in [&["create", "-f", "jobs.yaml"][..], &["promote", "--all"]] {
        let again = user.json(command, 0);
        assert_eq!(again["body"]["plan"]["steps"], json!([]), "{again}");
    }
    let unmarked = user.approve(&["promote", QUEUE, &dev, "--unmark"]);
    let changed = &unmarked["body"]["plan"]["steps"][0]["changes"];
    assert!(
        changed.to_string().contains("PromotionLease") && !changed.to_string().contains("PromotionStatus"),
        "{changed}"
    );
    assert_eq!(leased(&server), None);
    assert_eq!(tags(&properties(&server, DEV, QUEUE, &dev))["PromotionStatus"], "synced");
}
