//! Apply: sends an approved plan, step by step, and reads back what it made.

mod settle;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::approve::ApprovedPlan;
use super::estate;
use super::event::{Event, Events, StepLabel};
use super::ports::{CloudError, CloudErrorKind, Purpose, ReadCloud, WriteCloud, hint};
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

/// Clients of one environment.
pub struct Lane<'a> {
    /// Reads.
    pub reader: &'a dyn ReadCloud,
    /// Writes.
    pub writer: &'a dyn WriteCloud,
}

/// What goes on beside a plan that is applied.
#[derive(Clone, Copy)]
pub struct Watch<'a> {
    /// Where progress is told.
    pub events: &'a Events,
    /// True once the user has asked to stop: no further call is begun.
    pub interrupted: &'a (dyn Fn() -> bool + Send + Sync),
}

impl Watch<'_> {
    fn interrupted(&self) -> bool {
        (self.interrupted)()
    }
}

/// A step that was done.
#[derive(Debug, Clone)]
pub struct DoneStep {
    /// Place in the plan, from 1.
    pub order: usize,
    /// Identifier of the resource.
    pub resource: ResourceRef,
    /// ARN, where there is one.
    pub arn: Option<String>,
    /// Cloud Control's RequestToken.
    pub request_token: Option<String>,
    /// From the call to the read-back.
    pub elapsed: Duration,
    /// Differences between what was sent and what was read back.
    pub unexpected: Vec<String>,
}

/// A step that failed.
#[derive(Debug, Clone)]
pub struct FailedStep {
    /// Place in the plan, from 1.
    pub order: usize,
    /// AWS's error code, or ours.
    pub code: String,
    /// What AWS said.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
    /// The failure's kind.
    pub kind: CloudErrorKind,
}

/// A step that AWS still works on.
#[derive(Debug, Clone)]
pub struct PendingStep {
    /// Place in the plan, from 1.
    pub order: usize,
    /// Cloud Control's RequestToken.
    pub request_token: String,
}

/// What became of a plan. Steps after a failed or pending one were not begun.
#[derive(Debug)]
pub struct Applied {
    pub(super) plan: Plan,
    /// What was done.
    pub done: Vec<DoneStep>,
    /// What failed, if something did.
    pub failed: Option<FailedStep>,
    /// What AWS still works on.
    pub pending: Option<PendingStep>,
    /// True when the user stopped the run.
    pub interrupted: bool,
}

/// Patience: how long one request may take before the run leaves it to AWS; `None` waits for as
/// long as AWS works (some handlers take hours).
#[derive(Debug, Clone, Copy)]
pub struct Patience(pub Option<Duration>);

enum Ended {
    Failed(FailedStep),
    Pending(PendingStep),
}

/// Sends a plan.
pub async fn apply(
    approved: ApprovedPlan,
    lanes: &BTreeMap<String, Lane<'_>>,
    patience: Patience,
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
        let Some(lane) = lanes.get(&step.environment) else {
            applied.failed = Some(own_failure(
                index,
                Code::NoClient,
                format!("there is no client for environment `{}`", step.environment),
            ));
            break;
        };
        let run = Run { order: index + 1, step, label: &label, lane, patience, watch };
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

struct Run<'a> {
    order: usize,
    step: &'a Step,
    label: &'a StepLabel,
    lane: &'a Lane<'a>,
    patience: Patience,
    watch: Watch<'a>,
}

impl Run<'_> {
    async fn step(&self, made: &mut BTreeMap<String, LiveResource>) -> Result<DoneStep, Ended> {
        let began = Instant::now();
        let (resource, request_token, sent) = match &self.step.action {
            Action::Create { desired } => {
                let desired = self.resolve(desired, made)?;
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
        // What cannot be read is taken to be what was sent.
        let readable = Registry::get(&self.step.type_name).is_none_or(|schema| schema.handlers.read);
        let live = match &sent {
            Some(sent) if !readable => estate::live(&resource, sent.clone(), None),
            _ => self.read_back(&resource).await?,
        };
        let unexpected = match (&sent, Registry::get(&self.step.type_name)) {
            // What an earlier run made has that run's tags, of its own day.
            _ if self.step.made_before.is_some() => Vec::new(),
            (Some(sent), Some(schema)) => drift::stored_differences(schema, sent, &live.properties),
            _ => Vec::new(),
        };
        // An update that did not take must not be called synced by the steps that follow.
        let untaken =
            unexpected.iter().find(|lost| self.step.changes.iter().any(|change| lost.is_within(&change.pointer)));
        if let (Some(lost), Action::Update { .. }) = (untaken, &self.step.action) {
            return Err(Ended::Failed(own_failure(
                self.order - 1,
                Code::NotAsSent,
                format!("AWS said that the update is done, but {}", drift::describe_stored_difference(lost)),
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

    /// Fills in the values of earlier steps; what is still unknown is never sent.
    fn resolve(&self, body: &Value, made: &BTreeMap<String, LiveResource>) -> Result<Value, Ended> {
        let resolved = resolve_symbols(body, &|wanted| match wanted {
            Symbol::Ref(name) => made.get(name).map(|live| Value::String(live.resource.identifier.clone())),
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

    /// What the plan was made from must still be there: an update of something else was not approved.
    async fn unchanged_since_planning(&self, resource: &ResourceRef, found: &str) -> Result<(), Ended> {
        let live = self.read_back(resource).await?;
        let now = Registry::get(&resource.type_name).map(|schema| drift::observed_digest(schema, &live.properties));
        if now.as_deref() == Some(found) {
            return Ok(());
        }
        Err(Ended::Failed(own_failure(
            self.order - 1,
            Code::ChangedMeanwhile,
            format!("{resource} was changed since the plan was made; nothing was sent to it"),
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
                "AWS did not say what it created".to_owned(),
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
        for (key, value) in wanted {
            let value = match value {
                TagValue::Text(text) => text.clone(),
                TagValue::OwnDigest => own_digest(type_schema, &live.properties),
                TagValue::IdentifierOf(step) => {
                    let identifier = made.get(step).map(|live| live.resource.identifier.as_str()).unwrap_or_default();
                    tags::encode_identifier(identifier).map_err(|problem| Ended::Failed(self.diagnosed(&problem)))?
                }
            };
            values.insert(key.clone(), value);
        }
        if values.iter().all(|(key, value)| live.tags.get(key) == Some(value)) {
            return Ok(None);
        }
        if let Some(arn) = &live.arn
            && !general_facts().not_in_tagging_api.contains(&resource.type_name)
            && self.lane.writer.tag(arn, &values).await.map_err(|error| Ended::Failed(self.failure(&error)))?
        {
            return Ok(None);
        }
        // Where the tagging API does not reach, the whole tag property is replaced: a path into a
        // list of tags would depend on its order.
        let Some((property, value)) = tags::merged(type_schema, &live.properties, &values) else { return Ok(None) };
        let operation = if live.properties.get(&property).is_some() { "replace" } else { "add" };
        let patch = serde_json::json!([{"op": operation, "path": format!("/{property}"), "value": value}]);
        let call = Call::Retag { resource, patch: &patch, wanted: &values };
        Ok(Some(self.settle(&call).await?.0))
    }

    /// Reads the resource until it is there: a read may lag behind a creation.
    async fn read_back(&self, resource: &ResourceRef) -> Result<LiveResource, Ended> {
        let began = Instant::now();
        let mut pause = FIRST_PAUSE;
        loop {
            match estate::read(self.lane.reader, resource, None).await {
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
