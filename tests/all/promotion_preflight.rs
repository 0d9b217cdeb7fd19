//! What would fail halfway through a promotion is found in its plan.

use serde_json::json;

use super::approvals::served;
use super::killed_promotions::{create, identifiers, properties, tags};
use super::support::{DEV, PROD, User, messages};

const QUEUE: &str = "AWS::SQS::Queue";

fn url(account: &str, name: &str) -> String {
    format!("https://sqs.us-east-1.amazonaws.com/{account}/{name}")
}

fn queue(user: &User, name: &str, tag_count: usize) {
    let tags: Vec<_> = (0..tag_count).map(|n| json!({"Key": format!("Team{n}"), "Value": "a"})).collect();
    let properties = json!({"QueueName": name, "Tags": tags});
    let template = json!({"Resources": {"Jobs": {"Type": QUEUE, "Properties": properties}}});
    user.write(&format!("{name}.json"), &template.to_string());
    user.json(&["create", "-f", &format!("{name}.json")], 0);
}

#[test]
fn tags_of_the_promotion_count_before_anything_is_sent() {
    let (_owner, server, user) = served(&[]);
    queue(&user, "full-dev", 0);
    // The counterpart, the digest and the lease are added.
    let free = 50 - 3 - tags(&properties(&server, DEV, QUEUE, &url(DEV, "full-dev"))).len();
    queue(&user, "over-dev", free + 1);
    let refused = user.json(&["promote", QUEUE, &url(DEV, "over-dev")], 4);
    let said = messages(&refused);
    assert!(said.contains("too-many-tags") && said.contains("51 tags") && said.contains("in dev"), "{said}");
    assert_eq!(identifiers(&server, PROD, QUEUE), Vec::<String>::new());
    queue(&user, "fits-dev", free);
    user.approve(&["promote", QUEUE, &url(DEV, "fits-dev")]);
    assert_eq!(identifiers(&server, PROD, QUEUE), [url(PROD, "fits-prod")]);
}

#[test]
fn names_are_checked_for_length_collision_and_being_taken() {
    let (_owner, server, user) = served(&[]);
    let long = format!("{}-dev", "a".repeat(76));
    for name in [&long, "jobs-dev", "mail-dev"] {
        queue(&user, name, 0);
    }
    let (jobs, mail) = (url(DEV, "jobs-dev"), url(DEV, "mail-dev"));
    let refused = user.json(&["promote", QUEUE, &url(DEV, &long)], 4);
    let said = messages(&refused);
    assert!(said.contains("name-too-long") && said.contains("81 characters"), "{said}");
    let name = format!("{QUEUE}/{mail}=jobs-prod");
    let refused = user.json(&["promote", QUEUE, &jobs, QUEUE, &mail, "--name", &name], 4);
    assert!(messages(&refused).contains("name-collision"), "{}", messages(&refused));
    create(&server, PROD, QUEUE, &json!({"QueueName": "jobs-prod"}));
    let refused = user.json(&["promote", QUEUE, &jobs], 4);
    assert!(messages(&refused).contains("name-taken"), "{}", messages(&refused));
    user.approve(&["promote", QUEUE, &mail]);
}
