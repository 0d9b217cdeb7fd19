//! Plans that are applied to a sandbox, and runs that end after any call, as if the process were killed.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use serde_json::{Value, json};

use super::{ManualClock, Reader, Writer, run, workspace};
use crate::domain::digest;
use crate::domain::dynamic::DynamicReference;
use crate::domain::plan::{Action, Plan, Step, TagValue};
use crate::domain::portable::portable;
use crate::domain::resource::ResourceRef;
use crate::domain::tags::Tags;
use crate::pipeline::apply::{Applied, EnvironmentClients, RETRY_BUDGET, Stop, WaitTimeout, Watch, apply_unapproved};
use crate::pipeline::event::Events;
use crate::pipeline::ports::{
    CloudError, Progress, ReadResources, ReadStored, ReadTags, RequestsWanted, ResourceRequest, TaggedResource,
    WriteResources, WriteTags,
};
use crate::run::OpenEnvironment;
use crate::schema::Registry;

const QUEUE: &str = "AWS::SQS::Queue";
const VPC: &str = "AWS::EC2::VPC";

/// Stops a run when a condition holds.
struct StopIf<'a>(&'a (dyn Fn() -> bool + Send + Sync));

#[async_trait]
impl Stop for StopIf<'_> {
    fn is_requested(&self) -> bool {
        (self.0)()
    }

    async fn forced(&self) {
        std::future::pending::<()>().await;
    }
}

/// A run whose process is killed after a number of calls. Its client tokens may be unknown to AWS afterwards.
struct Process {
    reader: Reader,
    writer: Writer,
    calls: AtomicUsize,
    /// The number of the last call; 0 if the process is not killed.
    last: usize,
    killed: tokio::sync::Notify,
    /// Added to client tokens, so that requests of this process are not recognized by others.
    suffix: String,
    /// The names of the mutating calls.
    made: std::sync::Mutex<Vec<String>>,
}

impl Process {
    async fn called<T>(&self, answer: T) -> T {
        if self.calls.fetch_add(1, Ordering::SeqCst) + 1 == self.last {
            self.killed.notify_one();
            std::future::pending::<()>().await;
        }
        answer
    }

    fn token(&self, token: &str) -> String {
        format!("{token}{}", self.suffix)
    }

    fn note(&self, operation: &str, subject: &str) {
        self.made.lock().unwrap().push(format!("{operation} {subject}"));
    }
}

#[async_trait]
impl ReadResources for Process {
    fn environment(&self) -> &str {
        "dev"
    }
    fn registry(&self) -> &Registry {
        self.reader.registry()
    }
    async fn get(&self, resource: &ResourceRef) -> Result<Option<Value>, CloudError> {
        self.called(self.reader.get(resource).await).await
    }
    async fn list(&self, type_name: &str) -> Result<Vec<String>, CloudError> {
        self.called(self.reader.list(type_name).await).await
    }
    async fn list_within(&self, type_name: &str, inputs: &Value) -> Result<Vec<String>, CloudError> {
        self.called(self.reader.list_within(type_name, inputs).await).await
    }
}

#[async_trait]
impl ReadTags for Process {
    async fn tagged(&self, filter: Option<(&str, &[&str])>) -> Result<Vec<TaggedResource>, CloudError> {
        self.called(self.reader.tagged(filter).await).await
    }
    async fn tagged_principals(&self) -> Result<Vec<TaggedResource>, CloudError> {
        self.called(self.reader.tagged_principals().await).await
    }
}

impl crate::pipeline::ports::ReadLive for Process {}

#[async_trait]
impl WriteResources for Process {
    fn environment(&self) -> &str {
        "dev"
    }
    async fn create(&self, type_name: &str, desired: &Value, token: &str) -> Result<Progress, CloudError> {
        self.note("create", type_name);
        self.called(self.writer.create(type_name, desired, &self.token(token)).await).await
    }
    async fn update(&self, resource: &ResourceRef, patch: &Value, token: &str) -> Result<Progress, CloudError> {
        self.note("update", &resource.identifier);
        self.called(self.writer.update(resource, patch, &self.token(token)).await).await
    }
    async fn delete(&self, resource: &ResourceRef, token: &str) -> Result<Progress, CloudError> {
        self.note("delete", &resource.identifier);
        self.called(self.writer.delete(resource, &self.token(token)).await).await
    }
    async fn status(&self, request_token: &str) -> Result<Progress, CloudError> {
        self.called(self.writer.status(request_token).await).await
    }
    async fn requests(&self, which: RequestsWanted) -> Result<Vec<ResourceRequest>, CloudError> {
        self.called(self.writer.requests(which).await).await
    }
}

#[async_trait]
impl ReadStored for Process {
    async fn stored(&self, reference: &DynamicReference) -> Result<String, CloudError> {
        self.called(self.writer.stored(reference).await).await
    }
}

#[async_trait]
impl WriteTags for Process {
    async fn tag(&self, arn: &str, tags: &Tags) -> Result<bool, CloudError> {
        self.called(self.writer.tag(arn, tags).await).await
    }
    async fn untag(&self, arn: &str, keys: &[&str]) -> Result<bool, CloudError> {
        self.called(self.writer.untag(arn, keys).await).await
    }
}

/// A sandbox with an open environment.
struct World {
    _folder: tempfile::TempDir,
    dev: OpenEnvironment,
    processes: AtomicUsize,
}

impl World {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::at("2026-11-20T09:00:00Z".parse().unwrap()));
        let dev = run(&workspace(&folder), &clock, "stagegate context").open_environment("dev").await;
        Self { _folder: folder, dev: dev.ok().unwrap(), processes: AtomicUsize::new(0) }
    }

    fn process(&self, last: usize, forgets: bool) -> Process {
        let number = self.processes.fetch_add(1, Ordering::SeqCst);
        Process {
            reader: self.dev.reader(),
            writer: self.dev.writer(Default::default()),
            calls: AtomicUsize::new(0),
            last,
            killed: tokio::sync::Notify::new(),
            suffix: if forgets { format!("-p{number}") } else { String::new() },
            made: std::sync::Mutex::default(),
        }
    }

    /// Applies a plan; `None` if the process was killed.
    async fn apply(&self, process: &Process, steps: &[Step]) -> Option<Applied> {
        self.apply_until(process, steps, &|| false).await
    }

    async fn apply_until(
        &self,
        process: &Process,
        steps: &[Step],
        interrupted: &(dyn Fn() -> bool + Send + Sync),
    ) -> Option<Applied> {
        let plan = Plan {
            steps: steps.to_vec(),
            ..Plan::new("2026-11-20T09:00:00Z".parse().unwrap(), &self.dev.environment, process.reader.registry())
        };
        let clients = BTreeMap::from([("dev".to_owned(), EnvironmentClients { reader: process, writer: process })]);
        let events = Events::none();
        let stop = StopIf(interrupted);
        // As if an earlier run had begun the plan.
        let begun = steps.iter().map(|step| step.client_token.clone()).collect();
        let watch = Watch { events: &events, stop: &stop, longest_retry: RETRY_BUDGET, begun: &begun };
        tokio::select! {
            applied = apply_unapproved(plan, &clients, WaitTimeout(None), watch) => Some(applied),
            () = process.killed.notified() => None,
        }
    }

    /// Applies a plan completely.
    async fn complete(&self, steps: &[Step]) -> (Applied, Vec<String>) {
        self.complete_with(&self.process(0, false), steps).await
    }

    async fn complete_with(&self, process: &Process, steps: &[Step]) -> (Applied, Vec<String>) {
        let applied = self.apply(process, steps).await.unwrap();
        assert!(applied.failed.is_empty() && applied.pending.is_empty(), "{applied:?}");
        assert_eq!(applied.done.len(), steps.len(), "{applied:?}");
        let made = process.made.lock().unwrap().clone();
        (applied, made)
    }

    async fn made(&self, logical_id: &str, type_name: &str, desired: Value) -> ResourceRef {
        let steps = [self.step(logical_id, type_name, None, Action::Create { desired })];
        self.complete(&steps).await.0.done[0].resource.clone()
    }

    fn step(&self, logical_id: &str, type_name: &str, identifier: Option<&str>, action: Action) -> Step {
        let subject = json!([logical_id, format!("{action:?}")]);
        let token = digest::of(&subject);
        Step::new(&self.dev.environment, logical_id.to_owned(), (type_name, identifier), action, token)
    }

    /// Returns the digest that a plan notes of a resource.
    async fn found(&self, resource: &ResourceRef) -> String {
        let live = self.live(resource).await.unwrap();
        digest::of(&portable(Registry::embedded().get(&resource.type_name).unwrap(), &live))
    }

    async fn live(&self, resource: &ResourceRef) -> Option<Value> {
        self.dev.reader().get(resource).await.unwrap()
    }

    async fn list(&self, type_name: &str) -> Vec<String> {
        self.dev.reader().list(type_name).await.unwrap()
    }

    async fn deletion(&self, logical_id: &str, resource: &ResourceRef, replaced: bool) -> Step {
        let action = Action::Delete { found: self.found(resource).await, replaced };
        self.step(logical_id, &resource.type_name, Some(&resource.identifier), action)
    }
}

/// Kills a process after each of its calls in turn and then applies the plan with another one. `prepare` returns the plan,
/// `check` checks the result.
async fn kill_after_every_call(
    forgets: bool,
    prepare: impl AsyncFn(&World) -> Vec<Step>,
    check: impl AsyncFn(&World, &Applied),
) {
    for last in 1.. {
        assert!(last < 200, "the plan never completes");
        let world = World::new().await;
        let steps = prepare(&world).await;
        let first = world.apply(&world.process(last, forgets), &steps).await;
        let is_complete = first.is_some();
        // A killed process leaves requests in progress in AWS: the next one must cope with them.
        let (applied, _) = world.complete_with(&world.process(0, forgets), &steps).await;
        check(&world, &applied).await;
        if is_complete {
            assert!(last > steps.len(), "{last} calls");
            return;
        }
    }
}

fn queue(name: &str) -> Value {
    json!({"QueueName": name})
}

#[tokio::test]
async fn a_resource_is_deleted_once_and_an_absent_one_is_done() {
    let world = World::new().await;
    let resource = world.made("A", QUEUE, queue("a")).await;
    let steps = [world.deletion("A", &resource, false).await];
    let (applied, made) = world.complete(&steps).await;
    assert_eq!((world.live(&resource).await, made.len()), (None, 1));
    assert!(applied.done[0].request_token.is_some());
    let (applied, made) = world.complete(&steps).await;
    assert!(made.is_empty() && applied.done[0].request_token.is_none(), "{made:?}");
}

#[tokio::test]
async fn a_resource_that_changed_since_planning_is_neither_deleted_nor_replaced() {
    let world = World::new().await;
    let resource = world.made("A", QUEUE, queue("a")).await;
    let id = Some(resource.identifier.as_str());
    let deletion = world.deletion("A", &resource, false).await;
    let found = world.found(&resource).await;
    let desired = json!({"QueueName": "a", "DelaySeconds": 9});
    let replacement = world.step("A", QUEUE, id, Action::Replace { desired, found: found.clone(), delete_first: true });
    let patch = json!([{"op": "add", "path": "/DelaySeconds", "value": 5}]);
    let expected = json!({"QueueName": "a", "DelaySeconds": 5});
    let update = world.step("A", QUEUE, id, Action::Update { patch, expected, found });
    world.complete(std::slice::from_ref(&update)).await;
    for step in [deletion, replacement] {
        let process = world.process(0, false);
        let applied = world.apply(&process, &[step]).await.unwrap();
        assert_eq!(applied.failed[0].code, "changed-meanwhile");
        assert!(process.made.lock().unwrap().is_empty());
        assert_eq!(world.live(&resource).await.unwrap()["DelaySeconds"], 5);
    }
    // The update itself is complete, although the resource is not in the state in which it was found.
    let (_, made) = world.complete(&[update]).await;
    assert!(made.is_empty(), "{made:?}");
}

#[tokio::test]
async fn a_remembered_deletion_does_not_hide_a_new_resource() {
    let world = World::new().await;
    for _ in 0..2 {
        let resource = world.made("A", QUEUE, queue("a")).await;
        world.complete(&[world.deletion("A", &resource, false).await]).await;
        assert_eq!(world.live(&resource).await, None);
    }
}

#[tokio::test]
async fn a_deletion_in_progress_is_followed() {
    let world = World::new().await;
    let resource = world.made("A", QUEUE, queue("a")).await;
    let steps = [world.deletion("A", &resource, false).await];
    // Of this plan, and of somebody else.
    for forgets in [false, true] {
        let process = world.process(2, forgets);
        assert!(world.apply(&process, &steps).await.is_none());
        world.complete(&steps).await;
        assert_eq!(world.live(&resource).await, None);
        world.made("A", QUEUE, queue("a")).await;
    }
}

#[tokio::test]
async fn a_resource_with_its_name_is_replaced_in_place_after_any_kill() {
    for forgets in [false, true] {
        let prepare = async |world: &World| {
            let old = world.made("A", QUEUE, queue("a")).await;
            let desired =
                json!({"QueueName": "a", "DelaySeconds": 9, "Tags": [{"Key": "OperationId", "Value": "new"}]});
            let action = Action::Replace { desired, found: world.found(&old).await, delete_first: true };
            vec![world.step("A", QUEUE, Some(&old.identifier), action)]
        };
        kill_after_every_call(forgets, prepare, async |world, applied| {
            assert_eq!(world.list(QUEUE).await.len(), 1);
            assert_eq!(world.live(&applied.done[0].resource).await.unwrap()["DelaySeconds"], 9);
        })
        .await;
    }
}

#[tokio::test]
async fn a_resource_without_a_name_is_replaced_before_the_old_one_is_deleted_after_any_kill() {
    for forgets in [false, true] {
        let prepare = async |world: &World| {
            let tagged =
                |block: &str, id: &str| json!({"CidrBlock": block, "Tags": [{"Key": "OperationId", "Value": id}]});
            let old = world.made("Vpc", VPC, tagged("10.0.0.0/16", "old")).await;
            let desired = tagged("10.1.0.0/16", "new");
            let action = Action::Replace { desired, found: world.found(&old).await, delete_first: false };
            let replacement = world.step("Vpc", VPC, Some(&old.identifier), action);
            let subnet = json!({"VpcId": {"Ref": "Vpc"}, "CidrBlock": "10.1.1.0/24", "Tags": [{"Key": "OperationId", "Value": "s"}]});
            let mut subnet = world.step("Subnet", "AWS::EC2::Subnet", None, Action::Create { desired: subnet });
            // Planning finds the subnet of an interrupted run by its tags.
            if forgets {
                let desired = json!({"QueueName": "q", "Tags": [{"Key": "OperationId", "Value": "q"}]});
                subnet = world.step("Queue", QUEUE, None, Action::Create { desired });
            }
            vec![replacement, subnet, world.deletion("Vpc", &old, true).await]
        };
        kill_after_every_call(forgets, prepare, async |world, applied| {
            let vpcs = world.list(VPC).await;
            assert_eq!(vpcs, [applied.done[0].resource.identifier.clone()]);
            let live = world.live(&applied.done[0].resource).await.unwrap();
            assert_eq!(live["CidrBlock"], "10.1.0.0/16");
            assert_eq!(world.list("AWS::EC2::Subnet").await.len(), usize::from(!forgets));
        })
        .await;
    }
}

#[tokio::test]
async fn six_steps_of_one_plan_complete_after_any_kill() {
    let prepare = async |world: &World| {
        let create = |logical_id: &str, type_name: &str, desired: Value| {
            world.step(logical_id, type_name, None, Action::Create { desired })
        };
        let redrive = json!({"deadLetterTargetArn": {"Fn::GetAtt": ["Dead", "Arn"]}, "maxReceiveCount": 3});
        vec![
            create("Dead", QUEUE, queue("dead")),
            create("Jobs", QUEUE, json!({"QueueName": "jobs", "RedrivePolicy": redrive})),
            create("Topic", "AWS::SNS::Topic", json!({"TopicName": "t"})),
            create("Vpc", VPC, json!({"CidrBlock": "10.0.0.0/16"})),
            create("Group", "AWS::EC2::SecurityGroup", json!({"GroupDescription": "x", "VpcId": {"Ref": "Vpc"}})),
            create("Address", "AWS::EC2::EIP", json!({})),
        ]
    };
    kill_after_every_call(false, prepare, async |world, applied| {
        let orders: Vec<usize> = applied.done.iter().map(|done| done.order).collect();
        assert_eq!(orders, [1, 2, 3, 4, 5, 6], "in the order of the plan");
        for (type_name, count) in
            [(QUEUE, 2), ("AWS::SNS::Topic", 1), (VPC, 1), ("AWS::EC2::SecurityGroup", 1), ("AWS::EC2::EIP", 1)]
        {
            assert_eq!(world.list(type_name).await.len(), count, "{type_name}");
        }
    })
    .await;
}

#[tokio::test]
async fn updates_and_deletions_complete_after_any_kill() {
    for forgets in [false, true] {
        let prepare = async |world: &World| {
            let create = |name| world.step(name, QUEUE, None, Action::Create { desired: queue(name) });
            let created = world.complete(&["a", "b", "c", "d", "e", "f"].map(create)).await.0.done;
            let mut steps = Vec::new();
            for (name, done) in ["a", "b", "c"].into_iter().zip(&created) {
                let resource = done.resource.clone();
                let patch = json!([{"op": "add", "path": "/DelaySeconds", "value": 5}]);
                let expected = json!({"QueueName": name, "DelaySeconds": 5});
                let action = Action::Update { patch, expected, found: world.found(&resource).await };
                steps.push(world.step(name, QUEUE, Some(&resource.identifier), action));
            }
            for (name, done) in ["d", "e", "f"].into_iter().zip(&created[3..]) {
                steps.push(world.deletion(name, &done.resource, false).await);
            }
            steps
        };
        kill_after_every_call(forgets, prepare, async |world, _| {
            let left = world.list(QUEUE).await;
            assert_eq!(left.len(), 3, "{left:?}");
            for identifier in left {
                let live = world.live(&ResourceRef::new(QUEUE, identifier)).await.unwrap();
                assert_eq!(live["DelaySeconds"], 5);
            }
        })
        .await;
    }
}

#[tokio::test]
async fn tags_are_removed_with_and_without_the_tagging_api() {
    let world = World::new().await;
    let tags = json!([{"Key": "Gone", "Value": "x"}, {"Key": "Kept", "Value": "y"}]);
    let document = json!({"Version": "2012-10-17", "Statement": []});
    for (type_name, desired) in [
        (QUEUE, json!({"QueueName": "a", "Tags": tags})),
        ("AWS::IAM::Role", json!({"RoleName": "r", "AssumeRolePolicyDocument": document, "Tags": tags})),
    ] {
        let resource = world.made("A", type_name, desired).await;
        let tags = BTreeMap::from([
            ("Gone".to_owned(), TagValue::Removed),
            ("Never".to_owned(), TagValue::Removed),
            ("Added".to_owned(), TagValue::Text("z".to_owned())),
        ]);
        let step = world.step("A", type_name, Some(&resource.identifier), Action::Tag { tags });
        world.complete(std::slice::from_ref(&step)).await;
        let live = world.live(&resource).await.unwrap();
        let mut left: Vec<String> =
            live["Tags"].as_array().unwrap().iter().map(|tag| format!("{}={}", tag["Key"], tag["Value"])).collect();
        left.sort();
        assert_eq!(left, [r#""Added"="z""#, r#""Kept"="y""#], "{type_name}");
        let (_, made) = world.complete(&[step]).await;
        assert!(made.is_empty(), "{made:?}");
    }
}

#[tokio::test]
async fn after_a_failure_no_step_starts_and_running_ones_are_followed() {
    let world = World::new().await;
    world.made("Old", QUEUE, queue("taken")).await;
    let create = |logical_id: &str, name: &str| {
        let desired = json!({"QueueName": name});
        world.step(logical_id, QUEUE, None, Action::Create { desired })
    };
    let after = Step { depends_on: vec!["B".to_owned()], ..create("C", "c") };
    let process = world.process(0, false);
    let applied = world.apply(&process, &[create("A", "taken"), create("B", "b"), after]).await.unwrap();
    assert_eq!(
        applied.failed.iter().map(|failed| (failed.order, failed.code.as_str())).collect::<Vec<_>>(),
        [(1, "AlreadyExists")]
    );
    // The second step may be done before the first one fails: then the third one has started.
    let done: Vec<usize> = applied.done.iter().map(|done| done.order).collect();
    assert!(done == [2] || done == [2, 3], "{done:?}");
    assert_eq!(world.list(QUEUE).await.len(), 1 + done.len());
}

#[tokio::test]
async fn an_interrupted_run_reports_the_requests_in_progress_and_starts_no_other() {
    let world = World::new().await;
    let create = |logical_id: &str| world.step(logical_id, QUEUE, None, Action::Create { desired: queue(logical_id) });
    let after = Step { depends_on: vec!["A".to_owned()], ..create("C") };
    let steps = [create("A"), create("B"), after];
    let process = world.process(0, false);
    let applied = world.apply_until(&process, &steps, &|| process.made.lock().unwrap().len() == 2).await.unwrap();
    assert!(applied.interrupted && applied.failed.is_empty(), "{applied:?}");
    // The first request may be complete when the second one is made.
    let mut orders: Vec<usize> = applied.done.iter().map(|done| done.order).collect();
    orders.extend(applied.pending.iter().map(|pending| pending.order));
    assert_eq!(orders, [1, 2]);
    assert!(applied.pending.iter().any(|pending| pending.order == 2 && pending.request_token.is_some()));
    assert_eq!(process.made.lock().unwrap().len(), 2);
    world.complete(&steps).await;
    assert_eq!(world.list(QUEUE).await.len(), 3);
}
