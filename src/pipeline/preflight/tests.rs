use std::sync::Mutex;

use async_trait::async_trait;
use serde_json::json;

use super::super::ports::{CloudError, CloudErrorKind, DescribedType};
use super::super::types::CachedType;
use super::*;
use crate::domain::project::Project;
use crate::schema::Provisioning;

/// A cache that has nothing.
struct NoCache;

impl TypeCache for NoCache {
    fn read(&self, _: &str) -> Option<CachedType> {
        None
    }
    fn write(&self, _: &str, _: &CachedType) {}
}

/// A Region with the queue type alone, and policies that allow the listed actions on a resource.
struct Account {
    types: Result<&'static str, CloudErrorKind>,
    principal: Result<Option<&'static str>, CloudErrorKind>,
    decide: fn(&str, &str) -> Simulated,
    simulated: Mutex<Vec<String>>,
}

fn account(decide: fn(&str, &str) -> Simulated) -> Account {
    Account {
        types: Ok(ALL),
        principal: Ok(Some("arn:aws:iam::222222222222:role/Deploy")),
        decide,
        simulated: Mutex::default(),
    }
}

const ALL: &str = r#"{"typeName": "AWS::SQS::Queue", "handlers": {"create": {"permissions": []}, "update": {"permissions": []},
    "delete": {"permissions": []}, "read": {"permissions": []}}}"#;

#[async_trait]
impl DescribeTypes for Account {
    async fn describe_type(&self, _: &str) -> Result<DescribedType, CloudError> {
        let error = |kind| CloudError::new(kind, "cloudformation.DescribeType", "prod", "no");
        let schema = self.types.map_err(error)?.to_owned();
        Ok(DescribedType { schema, provisioning: Provisioning::FullyMutable })
    }
}

#[async_trait]
impl SimulatePermissions for Account {
    async fn principal_of(&self, _: &str) -> Result<Option<String>, CloudError> {
        let error = |kind| CloudError::new(kind, "iam.GetRole", "prod", "no");
        Ok(self.principal.map_err(error)?.map(str::to_owned))
    }

    async fn simulate(
        &self,
        _: &str,
        actions: &[&str],
        resource: &str,
    ) -> Result<BTreeMap<String, Simulated>, CloudError> {
        self.simulated.lock().unwrap().push(resource.to_owned());
        Ok(actions.iter().map(|action| ((*action).to_owned(), (self.decide)(action, resource))).collect())
    }
}

fn environment() -> Environment {
    Project::sandbox().environment("prod").unwrap().clone()
}

fn plan_of(actions: Vec<Action>) -> Plan {
    let environment = environment();
    let steps = (1..).zip(actions).map(|(number, action)| {
        let name = format!("Step{number}");
        Step::new(&environment, name, ("AWS::SQS::Queue", Some("https://queue/jobs")), action, format!("t{number}"))
    });
    let mut plan = crate::domain::plan::tests::creating("AWS::SQS::Queue", json!({}));
    plan.steps = steps.collect();
    plan
}

fn creation() -> Plan {
    plan_of(vec![Action::Create { desired: json!({"QueueName": "jobs"}) }])
}

async fn check(plan: &Plan, account: &Account) -> Option<Preflight> {
    let sources = Sources {
        registry: &plan.registry,
        types: account,
        cache: &NoCache,
        simulator: account,
        caller: "arn:aws:sts::222222222222:assumed-role/Deploy/ci",
        now: "2026-11-29T00:00:00Z".parse().unwrap(),
    };
    preflight(plan, &environment(), &sources).await
}

#[tokio::test]
async fn what_is_available_and_allowed_is_said_in_one_line() {
    let found = check(&creation(), &account(|_, _| Simulated::Allowed)).await.unwrap();
    assert!(found.blocks.is_empty() && found.notes.is_empty());
    assert_eq!(found.item.state, ChecklistState::Ok);
    assert!(found.item.evidence.starts_with("1 type(s) are available in "), "{}", found.item.evidence);
    assert!(found.item.evidence.contains("simulated, none denied"), "{}", found.item.evidence);
}

#[tokio::test]
async fn a_type_that_the_region_does_not_have_blocks_the_plan() {
    let account = Account { types: Err(CloudErrorKind::TypeNotFound), ..account(|_, _| Simulated::Allowed) };
    let found = check(&creation(), &account).await.unwrap();
    assert_eq!(found.blocks[0].code, Code::TypeNotInRegion);
    assert_eq!(found.item.state, ChecklistState::Open);
    let partial = r#"{"typeName": "AWS::SQS::Queue", "handlers": {"create": {"permissions": []}}}"#;
    let account = Account { types: Ok(partial), ..account };
    assert!(check(&creation(), &account).await.unwrap().blocks.is_empty());
    let deletion = plan_of(vec![Action::Delete { found: "d".to_owned(), replaced: false }]);
    let found = check(&deletion, &account).await.unwrap();
    assert!(found.blocks[0].message.contains("does not support `delete`"), "{:?}", found.blocks);
}

#[tokio::test]
async fn what_aws_does_not_say_is_open_and_blocks_nothing() {
    let account = Account {
        types: Err(CloudErrorKind::AccessDenied),
        principal: Err(CloudErrorKind::AccessDenied),
        ..account(|_, _| Simulated::Allowed)
    };
    let found = check(&creation(), &account).await.unwrap();
    assert!(found.blocks.is_empty() && found.notes.is_empty());
    assert_eq!(found.item.state, ChecklistState::Open);
    for part in ["1 of 1 type(s) were not looked up: cloudformation:DescribeType is denied", "were not simulated"] {
        assert!(found.item.evidence.contains(part), "{}", found.item.evidence);
    }
    let root = Account { principal: Ok(None), ..account };
    assert!(check(&creation(), &root).await.unwrap().item.evidence.contains("has no policies of its own"));
}

#[tokio::test]
async fn permissions_that_are_limited_to_the_resource_are_no_missing_ones() {
    let of_resource = account(|_, resource| match resource {
        "*" => Simulated::ImplicitlyDenied,
        _ => Simulated::Allowed,
    });
    let found = check(&creation(), &of_resource).await.unwrap();
    assert!(found.notes.is_empty(), "{:?}", found.notes);
    let simulated = of_resource.simulated.lock().unwrap();
    assert!(simulated[1].ends_with(":222222222222:jobs"), "{simulated:?}");
}

#[tokio::test]
async fn denied_actions_of_the_service_are_named_and_those_of_others_are_undecided() {
    let denied = account(|action, _| match action {
        "sqs:CreateQueue" | "cloudformation:CreateResource" => Simulated::ExplicitlyDenied,
        _ => Simulated::Allowed,
    });
    let found = check(&creation(), &denied).await.unwrap();
    let [note] = found.notes.as_slice() else { panic!("{:?}", found.notes) };
    assert!(note.message.contains("do not allow sqs:CreateQueue on arn:aws:sqs:"), "{}", note.message);
    assert_eq!((note.code, found.item.state), (Code::PermissionMissing, ChecklistState::Open));
    assert!(found.item.evidence.ends_with("some for 1 resource(s) denied, 1 undecided"), "{}", found.item.evidence);
    let conditional = account(|_, _| Simulated::Undecided);
    let found = check(&creation(), &conditional).await.unwrap();
    assert!(found.notes.is_empty() && found.item.evidence.contains("undecided"), "{}", found.item.evidence);
    assert_eq!(found.item.state, ChecklistState::Open, "what was not decided has not passed");
}

#[tokio::test]
async fn tags_alone_are_not_checked() {
    let tags = plan_of(vec![Action::Tag { tags: BTreeMap::new() }]);
    assert!(check(&tags, &account(|_, _| Simulated::Allowed)).await.is_none());
}
