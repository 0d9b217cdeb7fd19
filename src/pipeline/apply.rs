//! The apply stage: executes an approved plan step by step and reads back the results.

mod settle;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::approve::ApprovedPlan;
use super::estate;
use super::event::{Event, Events, StepLabel};
use super::plan::children::ChildRecord;
use super::plan::from::template::reference_value;
use super::ports::{CloudError, CloudErrorKind, Purpose, ReadCloud, WriteCloud, hint};
use crate::compare::applied::AppliedDigest;
use crate::compare::drift;
use crate::compare::drift::own_digest;
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::intrinsics::{Symbol, resolve_symbols};
use crate::domain::plan::{Action, Plan, Step, TagValue};
use crate::domain::resource::LiveResource;
use crate::domain::resource::ResourceRef;
use crate::domain::symbol;
use crate::domain::tags::{self, Tags};
use crate::schema::{Registry, general_facts};
use settle::{Call, FIRST_PAUSE};

/// The clients of an environment.
pub struct EnvironmentClients<'a> {
    /// The client that reads.
    pub reader: &'a dyn ReadCloud,
    /// The client that writes.
    pub writer: &'a dyn WriteCloud,
}

/// Event stream and interruption of a plan that is being applied.
#[derive(Clone, Copy)]
pub struct Watch<'a> {
    /// The event stream.
    pub events: &'a Events,
    /// Returns true if the user interrupted the run: no further calls are made.
    pub interrupted: &'a (dyn Fn() -> bool + Send + Sync),
}

impl Watch<'_> {
    fn interrupted(&self) -> bool {
        (self.interrupted)()
    }
}

/// A completed step.
#[derive(Debug, Clone)]
pub struct DoneStep {
    /// Position in the plan, from 1.
    pub order: usize,
    /// Identifier of the resource.
    pub resource: ResourceRef,
    /// ARN, if there is one.
    pub arn: Option<String>,
    /// Cloud Control's RequestToken.
    pub request_token: Option<String>,
    /// Time from the call to the read-back.
    pub elapsed: Duration,
    /// Differences between the request and the read-back.
    pub unexpected: Vec<String>,
}

/// A failed step.
#[derive(Debug, Clone)]
pub struct FailedStep {
    /// Position in the plan, from 1.
    pub order: usize,
    /// The error code of AWS or of stagegate.
    pub code: String,
    /// The error message.
    pub message: String,
    /// How to resolve the error.
    pub hint: Option<String>,
    /// The kind of error.
    pub kind: CloudErrorKind,
}

/// A step that is still in progress in AWS.
#[derive(Debug, Clone)]
pub struct PendingStep {
    /// Position in the plan, from 1.
    pub order: usize,
    /// Cloud Control's RequestToken.
    pub request_token: String,
}

/// The result of a plan. Steps after a failed or pending one were not started.
#[derive(Debug)]
pub struct Applied {
    pub(super) plan: Plan,
    /// Completed steps.
    pub done: Vec<DoneStep>,
    /// The failed step, if any.
    pub failed: Option<FailedStep>,
    /// The step still in progress in AWS, if any.
    pub pending: Option<PendingStep>,
    /// Whether the user interrupted the run.
    pub interrupted: bool,
}

/// How long to wait for one request before the run ends while it is still in progress in AWS; `None` waits until it
/// completes (some handlers take hours).
#[derive(Debug, Clone, Copy)]
pub struct WaitTimeout(pub Option<Duration>);

enum Ended {
    Failed(FailedStep),
    Pending(PendingStep),
}

/// Applies a plan.
pub async fn apply(
    approved: ApprovedPlan,
    clients_by_environment: &BTreeMap<String, EnvironmentClients<'_>>,
    wait_timeout: WaitTimeout,
    watch: Watch<'_>,
) -> Applied {
    let plan = approved.plan().clone();
    let mut applied = Applied { plan, done: Vec::new(), failed: None, pending: None, interrupted: false };
    let steps = applied.plan.steps.clone();
    let mut made: BTreeMap<String, LiveResource> = BTreeMap::new();
    for (index, step) in steps.iter().enumerate() {
        if watch.interrupted() {
            applied.interrupted = true;
            break;
        }
        let label = StepLabel::new(step, index + 1, steps.len());
        watch.events.emit(Event::StepStarted { step: label.clone() });
        let Some(clients) = clients_by_environment.get(&step.environment) else {
            applied.failed = Some(own_failure(
                index,
                Code::NoClient,
                format!("there is no client for environment `{}`", step.environment),
            ));
            break;
        };
        let run = StepRun { order: index + 1, step, label: &label, clients, wait_timeout, watch };
        match run.step(&mut made).await {
            Ok(done) => {
                watch.events.emit(Event::StepDone { step: label, elapsed: done.elapsed });
                applied.done.push(done);
            }
            Err(Ended::Failed(failed)) => {
                let (code, message) = (failed.code.clone(), failed.message.clone());
                watch.events.emit(Event::StepFailed { step: label, code, message });
                applied.failed = Some(failed);
                break;
            }
            Err(Ended::Pending(pending)) => {
                applied.pending = Some(pending);
                applied.interrupted = watch.interrupted();
                break;
            }
        }
    }
    applied
}

fn own_failure(index: usize, code: Code, message: String) -> FailedStep {
    FailedStep { order: index + 1, code: code.as_str().to_owned(), message, hint: None, kind: CloudErrorKind::Other }
}

struct StepRun<'a> {
    order: usize,
    step: &'a Step,
    label: &'a StepLabel,
    clients: &'a EnvironmentClients<'a>,
    wait_timeout: WaitTimeout,
    watch: Watch<'a>,
}

impl StepRun<'_> {
    async fn step(&self, made: &mut BTreeMap<String, LiveResource>) -> Result<DoneStep, Ended> {
        let began = Instant::now();
        let (resource, request_token, sent) = match &self.step.action {
            Action::Create { desired } => {
                let mut desired = self.resolve(desired, made)?;
                self.add_applied_digest(&mut desired);
                let (identifier, token) = self.create(&desired).await?;
                (ResourceRef::new(&self.step.type_name, identifier), token, Some(desired))
            }
            Action::Update { patch, expected, found } => {
                let (patch, expected) = (self.resolve(patch, made)?, self.resolve(expected, made)?);
                let resource = self.known_target(made)?;
                self.unchanged_since_planning(&resource, found).await?;
                let call = Call::Update { resource: &resource, patch: &patch, expected: &expected };
                let (token, _) = self.settle(&call).await?;
                (resource, Some(token), Some(expected))
            }
            Action::Replace { .. } | Action::Delete { .. } => {
                let message = format!("`{}` is not implemented", self.step.operation().as_str());
                return Err(Ended::Failed(own_failure(self.order - 1, Code::NotImplemented, message)));
            }
            Action::Tag { tags } => {
                let resource = self.known_target(made)?;
                let token = self.tag(&resource, tags, made).await?;
                (resource, token, None)
            }
        };
        // A resource that cannot be read is assumed to match the request.
        let readable = Registry::get(&self.step.type_name).is_none_or(|schema| schema.handlers.read);
        let live = match &sent {
            Some(sent) if !readable => estate::live(&resource, sent.clone(), None),
            _ => self.read_back(&resource).await?,
        };
        let unexpected = match (&sent, Registry::get(&self.step.type_name)) {
            // A resource created by an earlier run has the tags of that run.
            _ if self.step.made_before.is_some() => Vec::new(),
            (Some(sent), Some(schema)) => drift::stored_differences(schema, sent, &live.properties),
            _ => Vec::new(),
        };
        if let (Some(sent), Action::Create { .. } | Action::Replace { .. }) = (&sent, &self.step.action) {
            self.complete_applied_digest(sent, &live, made).await?;
        }
        // If an update had no effect, the following steps must not record it as synced.
        let missing_change =
            unexpected.iter().find(|lost| self.step.changes.iter().any(|change| lost.is_within(&change.pointer)));
        if let (Some(lost), Action::Update { .. }) = (missing_change, &self.step.action) {
            return Err(Ended::Failed(own_failure(
                self.order - 1,
                Code::NotAsSent,
                format!("AWS reported success, but {}", drift::describe_stored_difference(lost)),
            )));
        }
        let unexpected = unexpected.iter().map(drift::describe_stored_difference).collect();
        let done = DoneStep {
            order: self.order,
            resource,
            arn: live.arn.clone(),
            request_token,
            elapsed: began.elapsed(),
            unexpected,
        };
        if !matches!(self.step.action, Action::Tag { .. }) {
            made.insert(self.step.logical_id.clone(), live);
        }
        Ok(done)
    }

    /// Fills in values from earlier steps; unresolved values are never sent.
    fn resolve(&self, body: &Value, made: &BTreeMap<String, LiveResource>) -> Result<Value, Ended> {
        let resolved = resolve_symbols(body, &|wanted| match wanted {
            Symbol::Ref(name) => reference_value(made.get(name)?),
            Symbol::GetAtt(name, attribute) => {
                let live = made.get(name)?;
                attribute.split('.').try_fold(&live.properties, |value, token| value.get(token)).cloned()
            }
        });
        match symbol::unknown_pointers(&resolved).first() {
            None => Ok(resolved),
            Some(place) => Err(Ended::Failed(own_failure(
                self.order - 1,
                Code::UnresolvedReference,
                format!(
                    "{place} still depends on {}; nothing was sent",
                    resolved.pointer(place).unwrap_or(&Value::Null)
                ),
            ))),
        }
    }

    /// Adds the record of what is written to a resource of a stack.
    fn add_applied_digest(&self, desired: &mut Value) {
        let Some(schema) = Registry::get(&self.step.type_name) else { return };
        if !schema.tagging.updatable || !tags::read(schema, desired).contains_key(tags::STACK_RESOURCE) {
            return;
        }
        let record = AppliedDigest::of(schema, desired, None).to_tag_value();
        tags::write(schema, desired, &Tags::from([(tags::APPLIED_DIGEST.to_owned(), record)]));
    }

    /// Completes the record if AWS stored other values than requested, so that these are not taken for changes by somebody
    /// else.
    async fn complete_applied_digest(
        &self,
        sent: &Value,
        live: &LiveResource,
        made: &BTreeMap<String, LiveResource>,
    ) -> Result<(), Ended> {
        let Some(schema) = Registry::get(&self.step.type_name) else { return Ok(()) };
        if !tags::read(schema, sent).contains_key(tags::APPLIED_DIGEST) {
            return Ok(());
        }
        let record = AppliedDigest::of(schema, sent, Some(&live.properties)).to_tag_value();
        if live.tags.get(tags::APPLIED_DIGEST) != Some(&record) {
            let wanted = BTreeMap::from([(tags::APPLIED_DIGEST.to_owned(), TagValue::Text(record))]);
            self.tag(&live.resource, &wanted, made).await?;
        }
        Ok(())
    }

    /// Checks that the resource has not changed since the plan was made: the update of a different state was not approved.
    async fn unchanged_since_planning(&self, resource: &ResourceRef, found: &str) -> Result<(), Ended> {
        let live = self.read_back(resource).await?;
        let now = Registry::get(&resource.type_name).map(|schema| drift::observed_digest(schema, &live.properties));
        if now.as_deref() == Some(found) {
            return Ok(());
        }
        Err(Ended::Failed(own_failure(
            self.order - 1,
            Code::ChangedMeanwhile,
            format!("{resource} has changed since the plan was made; it was not updated"),
        )))
    }

    fn known_target(&self, made: &BTreeMap<String, LiveResource>) -> Result<ResourceRef, Ended> {
        let from_step = self.step.target_of.as_ref().and_then(|name| made.get(name)).map(|live| live.resource.clone());
        let own = || Some(ResourceRef::new(&self.step.type_name, self.step.identifier.clone()?));
        from_step.or_else(own).ok_or_else(|| {
            Ended::Failed(own_failure(
                self.order - 1,
                Code::NoIdentifier,
                "the resource's identifier is not known".to_owned(),
            ))
        })
    }

    async fn create(&self, desired: &Value) -> Result<(String, Option<String>), Ended> {
        if let Some(identifier) = &self.step.made_before {
            return Ok((identifier.clone(), None));
        }
        let (token, identifier) = self.settle(&Call::Create { desired }).await?;
        match identifier.or_else(|| self.step.identifier.clone()) {
            Some(identifier) => Ok((identifier, Some(token))),
            None => Err(Ended::Failed(own_failure(
                self.order - 1,
                Code::NoIdentifier,
                "AWS did not return the identifier of the new resource".to_owned(),
            ))),
        }
    }

    async fn tag(
        &self,
        resource: &ResourceRef,
        wanted: &BTreeMap<String, TagValue>,
        made: &BTreeMap<String, LiveResource>,
    ) -> Result<Option<String>, Ended> {
        let live = self.read_back(resource).await?;
        let Some(type_schema) = Registry::get(&resource.type_name) else { return Ok(None) };
        let mut values = Tags::new();
        let mut removed: Vec<&str> = Vec::new();
        for (key, value) in wanted {
            let value = match value {
                TagValue::Text(text) => text.clone(),
                TagValue::OwnDigest => own_digest(type_schema, &live.properties),
                TagValue::AppliedDigest { declared } => {
                    let declared = self.resolve(declared, made)?;
                    AppliedDigest::of(type_schema, &declared, Some(&live.properties)).to_tag_value()
                }
                TagValue::Children { members, kept } => {
                    let mut record = ChildRecord::parse(kept);
                    for child in members {
                        let live = || Some(made.get(&child.logical_id)?.resource.identifier.clone());
                        if let Some(identifier) = child.identifier.clone().or_else(live) {
                            record.insert(&child.logical_id, &ResourceRef::new(&child.type_name, identifier));
                        }
                    }
                    record.to_tag_value()
                }
                TagValue::Removed => {
                    removed.push(key);
                    continue;
                }
                TagValue::IdentifierOf(step) => {
                    let identifier = made.get(step).map(|live| live.resource.identifier.as_str()).unwrap_or_default();
                    tags::encode_identifier(identifier).map_err(|problem| Ended::Failed(self.diagnosed(&problem)))?
                }
            };
            values.insert(key.clone(), value);
        }
        removed.retain(|key| live.tags.contains_key(*key));
        if removed.is_empty() && values.iter().all(|(key, value)| live.tags.get(key) == Some(value)) {
            return Ok(None);
        }
        if let (Some(arn), false) = (&live.arn, removed.is_empty()) {
            self.clients.writer.untag(arn, &removed).await.map_err(|error| Ended::Failed(self.failure(&error)))?;
        }
        if let Some(arn) = &live.arn
            && !general_facts().not_in_tagging_api.contains(&resource.type_name)
            && self.clients.writer.tag(arn, &values).await.map_err(|error| Ended::Failed(self.failure(&error)))?
        {
            return Ok(None);
        }
        // If the tagging API does not support the resource, the whole tag property is replaced: a path into a list of tags
        // would depend on its order.
        let Some((property, value)) = tags::merged(type_schema, &live.properties, &values) else { return Ok(None) };
        let operation = if live.properties.get(&property).is_some() { "replace" } else { "add" };
        let patch = serde_json::json!([{"op": operation, "path": format!("/{property}"), "value": value}]);
        let call = Call::Retag { resource, patch: &patch, wanted: &values };
        Ok(Some(self.settle(&call).await?.0))
    }

    /// Reads the resource until it exists: reads are eventually consistent.
    async fn read_back(&self, resource: &ResourceRef) -> Result<LiveResource, Ended> {
        let began = Instant::now();
        let mut pause = FIRST_PAUSE;
        loop {
            match estate::read(self.clients.reader, resource, None).await {
                Ok(Some(live)) => return Ok(live),
                Ok(None) if began.elapsed() < Duration::from_secs(20) => {
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(Duration::from_secs(3));
                }
                Ok(None) => {
                    return Err(Ended::Failed(own_failure(
                        self.order - 1,
                        Code::NotReadable,
                        format!("{resource} cannot be read back"),
                    )));
                }
                Err(error) => return Err(Ended::Failed(self.failure(&error))),
            }
        }
    }

    fn failure(&self, error: &CloudError) -> FailedStep {
        FailedStep {
            order: self.order,
            code: error.code.clone().unwrap_or_else(|| Code::NoAnswer.as_str().to_owned()),
            message: error.message.clone(),
            hint: hint(error.kind, Purpose::Write, &self.step.environment),
            kind: error.kind,
        }
    }

    fn diagnosed(&self, problem: &Diagnostic) -> FailedStep {
        own_failure(self.order - 1, problem.code, problem.message.clone())
    }
}
