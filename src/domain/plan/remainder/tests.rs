use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::domain::plan::{Action, Plan, Step, TagValue};
use crate::domain::project::AccountId;
use crate::domain::tags::Tags;

const TYPE: &str = "AWS::SQS::Queue";

fn step(name: &str, action: Action, depends_on: &[&str]) -> Step {
    Step {
        logical_id: name.to_owned(),
        environment: "dev".to_owned(),
        account: AccountId::parse("111111111111").unwrap(),
        region: "us-east-1".to_owned(),
        client_token: format!("token-{name}-{}", action.operation().as_str()),
        action,
        type_name: TYPE.to_owned(),
        identifier: None,
        target_of: None,
        changes: Vec::new(),
        overwrites: Vec::new(),
        not_copied: Vec::new(),
        rewrites: Vec::new(),
        depends_on: depends_on.iter().map(|name| (*name).to_owned()).collect(),
        inputs_needed: Vec::new(),
        stored: Vec::new(),
        source: None,
        made_before: None,
    }
}

fn create(name: &str, desired: Value) -> Step {
    step(name, Action::Create { desired }, &[])
}

fn plan(steps: Vec<Step>) -> Plan {
    let mut plan = crate::domain::plan::tests::creating(TYPE, json!({}));
    plan.steps = steps;
    plan
}

fn url(name: &str) -> String {
    format!("https://sqs.us-east-1.amazonaws.com/111111111111/{name}")
}

fn live(name: &str) -> LiveResource {
    LiveResource {
        resource: ResourceRef::new(TYPE, url(name)),
        properties: json!({"QueueUrl": url(name), "Arn": format!("arn:{name}")}),
        tags: Tags::new(),
        arn: None,
    }
}

fn exists(plan: &mut Plan, name: &str) {
    plan.existing.insert(name.to_owned(), live(name));
    plan.live.insert(format!("dev {TYPE} {}", url(name)), "digest".to_owned());
}

fn check(approved: &Plan, now: &Plan) -> Result<(), Vec<String>> {
    let evidence = Evidence { existing: &now.existing, promoted: &now.promoted, registry: &now.registry };
    remainder(&approved.document(), &now.document(), evidence)
}

/// `B` refers to `A`; `C` has a secret.
fn three() -> Vec<Step> {
    vec![
        create("A", json!({"QueueName": "a"})),
        step("B", Action::Create { desired: json!({"RedrivePolicy": {"t": {"Fn::GetAtt": ["A", "Arn"]}}}) }, &["A"]),
        create("C", json!({"QueueName": "c", "Hidden": "hunter2"})),
    ]
}

fn approved() -> Plan {
    let mut plan = plan(three());
    plan.secrets.insert("hunter2".to_owned());
    plan.gate = vec!["approval for protected".to_owned(), "high x on A".to_owned()];
    plan
}

/// The same plan when `A` exists.
fn rest() -> Plan {
    let mut now = approved();
    now.steps.remove(0);
    now.steps[0].action = Action::Create { desired: json!({"RedrivePolicy": {"t": "arn:A"}}) };
    now.steps[0].client_token = "another".to_owned();
    now.gate.pop();
    exists(&mut now, "A");
    now
}

#[test]
fn the_rest_of_an_approved_plan_is_covered() {
    assert_eq!(check(&approved(), &rest()), Ok(()));
}

#[test]
fn anything_else_is_not_covered_and_named() {
    let says = |change: &dyn Fn(&mut Plan), what: &str| {
        let mut now = rest();
        change(&mut now);
        let lines = check(&approved(), &now).unwrap_err();
        assert!(lines.iter().any(|line| line.contains(what)), "{what}: {lines:?}");
        assert!(!lines.join("\n").contains("hunter"), "{lines:?}");
    };
    says(
        &|now| now.steps[0].action = Action::Create { desired: json!({"RedrivePolicy": {"t": "arn:Z"}}) },
        "B /request",
    );
    says(
        &|now| now.steps[1].action = Action::Create { desired: json!({"QueueName": "c", "Hidden": "x-hunter2"}) },
        "C",
    );
    says(&|now| now.steps[1].action = Action::Create { desired: json!({"QueueName": "cc", "Hidden": "hunter2"}) }, "C");
    says(&|now| now.steps[1].client_token = "another".to_owned(), "C /client_token");
    says(&|now| now.steps[1].identifier = Some("x".to_owned()), "C /identifier");
    says(&|now| now.steps.push(create("D", json!({}))), "create D: the step was not approved");
    says(&|now| drop(now.steps.remove(1)), "C was to create");
    says(&|now| drop(now.existing.remove("A")), "A was to create");
    says(&|now| drop(now.prices.insert("rds.x".to_owned(), "0.040".to_owned())), "price rds.x: 0.036 -> 0.040");
    says(&|now| drop(now.usage.insert("new".to_owned(), "1".to_owned())), "usage of new");
    says(&|now| now.policies = "q".to_owned(), "policies");
    says(&|now| now.gate.push("high y on B".to_owned()), "gate: high y on B");
    says(&|now| drop(now.live.insert("dev AWS::SQS::Queue other".to_owned(), "d".to_owned())), "Queue other");
    says(&|now| now.region = "eu-west-1".to_owned(), "region");
    says(&|now| now.environment = "prod".to_owned(), "environment");
    says(&|now| now.created_at = "2026-11-20T09:12:27Z".parse().unwrap(), "created_at");
    says(&|now| now.steps[1].overwrites.push("/QueueName".to_owned()), "C /overwrites");
    says(&|now| now.steps[1].account = AccountId::parse("333333333333").unwrap(), "C /account");
}

#[test]
fn without_a_completed_step_a_different_plan_is_not_covered() {
    let mut now = approved();
    now.steps[2].client_token = "another".to_owned();
    assert!(check(&approved(), &now).is_err());
    let mut now = approved();
    now.live.insert("dev AWS::SQS::Queue other".to_owned(), "d".to_owned());
    let lines = check(&approved(), &now).unwrap_err();
    assert!(lines[0].contains("other"), "{lines:?}");
}

#[test]
fn an_update_is_done_when_its_resource_needs_no_change() {
    let update = |name: &str| {
        let patch = json!([{"op": "replace", "path": "/DelaySeconds", "value": 3}]);
        let action = Action::Update { patch, expected: json!({}), found: "f".to_owned() };
        Step { identifier: Some(url(name)), ..step(name, action, &[]) }
    };
    let mut approved = plan(vec![update("A"), update("B")]);
    for name in ["A", "B"] {
        exists(&mut approved, name);
    }
    let mut now = approved.clone();
    now.steps.remove(0);
    now.live.insert(format!("dev {TYPE} {}", url("A")), "updated".to_owned());
    assert_eq!(check(&approved, &now), Ok(()));
    // Somebody changed the one that is left.
    now.live.insert(format!("dev {TYPE} {}", url("B")), "changed".to_owned());
    assert_eq!(check(&approved, &now), Err(vec![format!("live resource dev {TYPE} {}", url("B"))]));
}

#[test]
fn tags_of_stagegate_are_completed_and_no_others() {
    let desired = json!({"QueueName": "a", "Tags": [{"Key": "Project", "Value": "p"}]});
    let approved = plan(vec![create("A", desired), create("B", json!({}))]);
    let completing = |key: &str, value: TagValue| {
        let tags = BTreeMap::from([(key.to_owned(), value)]);
        let mut now = plan(vec![
            Step { identifier: Some(url("A")), ..step("A", Action::Tag { tags }, &[]) },
            create("B", json!({})),
        ]);
        exists(&mut now, "A");
        check(&approved, &now)
    };
    let text = |text: &str| TagValue::Text(text.to_owned());
    assert_eq!(
        completing("AppliedDigest", TagValue::AppliedDigest { declared: json!({}), separate: Vec::new() }),
        Ok(())
    );
    assert_eq!(completing("Project", text("p")), Ok(()));
    assert!(completing("Project", text("q")).is_err());
    assert!(completing("Team", text("q")).is_err());
}

/// A promotion: the mark in dev, the creation, and the records on both sides.
fn promotion(is_created: bool, token: &str) -> Plan {
    let text = |text: &str| TagValue::Text(text.to_owned());
    let tag = |environment: &str, pairs: Vec<(&str, TagValue)>| {
        let tags = pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        Step { environment: environment.to_owned(), source: Some(url("a-dev")), ..step("A", Action::Tag { tags }, &[]) }
    };
    let mark = vec![("PromotionStatus", text("pending-prod")), ("ProdCounterpart", text(&format!("pending:{token}")))];
    let there = if is_created {
        text(&tags::encode_identifier(&url("A")).unwrap())
    } else {
        TagValue::IdentifierOf("A".into())
    };
    let mut record = tag("prod", vec![("PromotionStatus", text("synced")), ("PromotedDigest", TagValue::OwnDigest)]);
    if is_created {
        record.identifier = Some(url("A"));
    } else {
        record.target_of = Some("A".to_owned());
    }
    let own = Step {
        identifier: Some(url("a-dev")),
        ..tag("dev", vec![("PromotionStatus", text("synced")), ("ProdCounterpart", there)])
    };
    let mut steps = vec![record, own];
    if !is_created {
        let desired = json!({"QueueName": "a", "OperationId": token});
        let created = Step {
            environment: "prod".into(),
            source: Some(url("a-dev")),
            client_token: token.into(),
            ..create("A", desired)
        };
        steps.splice(0..0, [Step { identifier: Some(url("a-dev")), ..tag("dev", mark) }, created]);
    }
    let mut plan = plan(steps);
    plan.environment = "prod".to_owned();
    plan.live.insert(format!("dev {TYPE} {}", url("a-dev")), "d".to_owned());
    if is_created {
        plan.existing.insert("A".to_owned(), live("A"));
        plan.live.insert(format!("prod {TYPE} {}", url("A")), "p".to_owned());
    } else {
        plan.live.insert(format!("prod counterpart of {TYPE} {}", url("a-dev")), "absent".to_owned());
    }
    plan
}

#[test]
fn a_promotion_continues_after_any_of_its_steps() {
    let approved = promotion(false, "t1");
    // The token depends on which references are resolved.
    let mut marked = promotion(false, "t1");
    let dev = |tag: &str| format!("dev {TYPE} {} {tag}", url("a-dev"));
    marked.live.insert(dev("PromotionStatus"), "pending-prod".to_owned());
    marked.live.insert(dev("ProdCounterpart"), "pending:t1".to_owned());
    assert_eq!(check(&approved, &marked), Ok(()));
    let mut created = promotion(true, "t2");
    created.live.extend(marked.live.iter().filter(|(key, _)| key.contains("P")).map(|(k, v)| (k.clone(), v.clone())));
    created.live.remove(&format!("prod counterpart of {TYPE} {}", url("a-dev")));
    assert_eq!(check(&approved, &created), Ok(()));
    // Another run has marked the resource.
    created.live.insert(dev("ProdCounterpart"), "pending:other".to_owned());
    assert!(check(&approved, &created).is_err());
}

#[test]
fn a_replay_of_a_completed_promotion_is_not_covered() {
    let approved = promotion(false, "t1");
    let mut again = promotion(false, "t1");
    let dev = |tag: &str| format!("dev {TYPE} {} {tag}", url("a-dev"));
    again.live.insert(dev("PromotionStatus"), "synced".to_owned());
    again.live.insert(dev("ProdCounterpart"), "somewhere".to_owned());
    let lines = check(&approved, &again).unwrap_err();
    assert!(lines.iter().any(|line| line.contains("ProdCounterpart")), "{lines:?}");
}

proptest! {
    /// Whatever was done, the rest is covered; and no longer if one of its steps changes.
    #[test]
    fn any_rest_is_covered(done in proptest::collection::vec(any::<bool>(), 2..8), changed in 0usize..8) {
        let names: Vec<String> = (0..done.len()).map(|number| format!("Q{number}")).collect();
        let approved = plan(names.iter().map(|name| create(name, json!({"QueueName": name}))).collect());
        let mut now = approved.clone();
        now.steps.retain(|step| !done[names.iter().position(|name| *name == step.logical_id).unwrap()]);
        for (name, _) in names.iter().zip(&done).filter(|(_, done)| **done) {
            exists(&mut now, name);
        }
        prop_assert!(now.steps.is_empty() || now.steps.len() == done.len() || check(&approved, &now).is_ok());
        if !now.steps.is_empty() {
            let at = changed % now.steps.len();
            now.steps[at].action = Action::Create { desired: json!({"QueueName": "other"}) };
            prop_assert!(check(&approved, &now).is_err());
        }
    }
}

/// A replacement that deletes the old queue `R` first, whose new one has the operation `t1`.
fn replacement() -> Plan {
    let tags = json!([{"Key": "OperationId", "Value": "t1"}]);
    let desired = json!({"QueueName": "r", "FifoQueue": true, "Tags": tags});
    let mut replaced = step("R", Action::Replace { desired, found: "old".to_owned(), delete_first: true }, &[]);
    replaced.identifier = Some(url("r"));
    let mut plan = plan(vec![replaced]);
    plan.live.insert(format!("dev {TYPE} {}", url("r")), "old".to_owned());
    plan
}

/// The plan when the old queue is deleted.
fn creation() -> Plan {
    let mut now = replacement();
    let tags = json!([{"Key": "OperationId", "Value": "t2"}]);
    now.steps[0].action = Action::Create { desired: json!({"QueueName": "r", "FifoQueue": true, "Tags": tags}) };
    now.steps[0].client_token = "t2".to_owned();
    now.live.insert(format!("dev {TYPE} {}", url("r")), "absent".to_owned());
    now
}

#[test]
fn a_creation_is_the_rest_of_a_replacement_whose_old_resource_is_deleted() {
    assert_eq!(check(&replacement(), &creation()), Ok(()));
    let mut again = replacement();
    again.live.insert(format!("dev {TYPE} {}", url("r")), "absent".to_owned());
    assert_eq!(check(&replacement(), &again), Ok(()), "also as the same replacement");

    let refused = |change: &dyn Fn(&mut Plan)| {
        let mut now = creation();
        change(&mut now);
        check(&replacement(), &now).unwrap_err()
    };
    refused(&|now| now.steps[0].action = Action::Create { desired: json!({"QueueName": "r"}) });
    refused(&|now| now.steps[0].identifier = Some(url("other")));
    refused(&|now| now.steps[0].identifier = None);
    refused(&|now| drop(now.live.insert(format!("dev {TYPE} {}", url("r")), "another".to_owned())));
    refused(&|now| drop(now.live.insert(format!("dev {TYPE} {}", url("x")), "new".to_owned())));
    refused(&|now| now.steps.push(create("D", json!({}))));
    // A creation that was approved is no replacement.
    assert!(check(&creation(), &replacement()).is_err());
}

/// A promotion that replaces `jobs-prod`, whose new resource has the same identifier.
fn replacing() -> Plan {
    let mut plan =
        plan(vec![step("A", Action::Replace { desired: body(), found: "f".into(), delete_first: true }, &[])]);
    plan.steps[0].source = Some("jobs-dev".to_owned());
    plan.steps[0].identifier = Some("jobs".to_owned());
    plan.steps.push(record("dev", Some("jobs"), None));
    plan.steps.push(record("from", Some("jobs-dev"), Some(TagValue::Text("jobs".to_owned()))));
    for (tag, value) in [("PromotionStatus", "synced"), ("ProdCounterpart", "jobs"), ("PromotedDigest", "d")] {
        plan.live.insert(format!("from {TYPE} jobs-dev {tag}"), value.to_owned());
    }
    plan.live.insert(format!("dev {TYPE} jobs"), "digest".to_owned());
    plan
}

fn body() -> Value {
    json!({"QueueName": "jobs", "Tags": [{"Key": "OperationId", "Value": "t"}]})
}

fn record(environment: &str, identifier: Option<&str>, counterpart: Option<TagValue>) -> Step {
    let mut tags = BTreeMap::from([("PromotedDigest".to_owned(), TagValue::OwnDigest)]);
    tags.extend(counterpart.map(|value| ("ProdCounterpart".to_owned(), value)));
    Step {
        environment: environment.to_owned(),
        identifier: identifier.map(str::to_owned),
        source: Some("jobs-dev".to_owned()),
        ..step("A", Action::Tag { tags }, &[])
    }
}

/// The same promotion when the old resource was deleted: the source is marked, and the resource is created.
fn rest_of_replacing(mark: &str) -> Plan {
    let mut now = plan(vec![step("A", Action::Create { desired: body() }, &[])]);
    now.steps[0].source = Some("jobs-dev".to_owned());
    now.steps[0].identifier = Some("jobs".to_owned());
    now.steps[0].client_token = "t".to_owned();
    let marks = [("PromotionStatus", "pending-prod"), ("ProdCounterpart", mark)];
    let tags = marks.map(|(key, value)| (key.to_owned(), TagValue::Text(value.to_owned())));
    let mut marking = record("from", Some("jobs-dev"), None);
    marking.action = Action::Tag { tags: tags.into() };
    now.steps.insert(0, marking);
    let mut recorded = record("dev", None, None);
    recorded.target_of = Some("A".to_owned());
    recorded.depends_on = vec!["A".to_owned()];
    now.steps.push(recorded);
    now.steps.push(record("from", Some("jobs-dev"), Some(TagValue::IdentifierOf("A".to_owned()))));
    now.live.insert(format!("dev counterpart of {TYPE} jobs-dev"), "absent".to_owned());
    now
}

#[test]
fn a_replacement_by_promote_that_has_deleted_the_old_resource_is_covered() {
    assert_eq!(check(&replacing(), &rest_of_replacing("pending:t")), Ok(()));
    let refuses = |change: &dyn Fn(&mut Plan), what: &str| {
        let mut now = rest_of_replacing("pending:t");
        change(&mut now);
        let lines = check(&replacing(), &now).unwrap_err();
        assert!(lines.iter().any(|line| line.contains(what)), "{what}: {lines:?}");
    };
    let other_mark = rest_of_replacing("pending:other");
    assert!(check(&replacing(), &other_mark).is_err(), "the mark names another request");
    refuses(&|now| now.steps[1].action = Action::Create { desired: json!({"QueueName": "other"}) }, "A");
    refuses(&|now| now.steps[1].identifier = Some("another".to_owned()), "A");
    // The old resource is still there.
    refuses(&|now| drop(now.live.remove(&format!("dev counterpart of {TYPE} jobs-dev"))), "A");
    // The source names another resource by now.
    let place = format!("from {TYPE} jobs-dev ProdCounterpart");
    refuses(&|now| drop(now.live.insert(place.clone(), "another".to_owned())), "ProdCounterpart");
}
