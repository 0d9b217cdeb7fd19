//! Runs one step: its requests and the read-back.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::settle::{Call, FIRST_PAUSE, Settled};
use super::{DoneStep, Ended, EnvironmentClients, FailedStep, InFlight, Made, WaitTimeout, Watch, own_failure};
use crate::compare::drift;
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::intrinsics::{Symbol, resolve_symbols};
use crate::domain::plan::{Action, Step};
use crate::domain::resource::{LiveResource, ResourceRef};
use crate::domain::tags;
use crate::domain::{pointer, symbol};
use crate::pipeline::estate;
use crate::pipeline::event::StepLabel;
use crate::pipeline::plan::from::template::reference_value;
use crate::pipeline::ports::{
    CloudError, CloudErrorKind, ProgressStatus, Purpose, RequestOperation, RequestsWanted, ResourceRequest, hint,
};
use crate::schema::{self, Registry};

/// How long a read-back waits for what AWS reported as done: reads are eventually consistent.
const CONSISTENCY_BUDGET: Duration = Duration::from_secs(20);

/// A step with everything that it needs.
pub(super) struct StepRun<'a> {
    /// Position in the plan, from 1.
    pub(super) order: usize,
    pub(super) step: &'a Step,
    pub(super) label: &'a StepLabel,
    pub(super) clients: &'a EnvironmentClients<'a>,
    pub(super) wait_timeout: WaitTimeout,
    pub(super) watch: Watch<'a>,
    /// The resources of the steps before it that it may refer to.
    pub(super) made: Made,
    /// Creations that were in progress before the plan was applied.
    pub(super) earlier_creations: &'a [ResourceRequest],
    /// Where the request tokens of steps in progress are kept.
    pub(super) in_flight: &'a InFlight,
}

/// The code of a failed call for which AWS gave none.
fn code_of(kind: CloudErrorKind) -> Code {
    match kind {
        CloudErrorKind::Network => Code::NoAnswer,
        other => other.diagnostic_code(),
    }
}

/// The result of a step.
pub(super) struct Finished {
    pub(super) done: DoneStep,
    /// The resource that later steps may refer to.
    pub(super) live: Option<LiveResource>,
}

/// What was sent for a step.
struct Sent {
    resource: ResourceRef,
    request_token: Option<String>,
    /// The desired state, to compare with the read-back.
    desired: Option<Value>,
}

impl StepRun<'_> {
    /// The known resource types.
    pub(super) fn registry(&self) -> &Registry {
        self.clients.reader.registry()
    }

    pub(super) async fn step(&self) -> Result<Finished, Ended> {
        let began = Instant::now();
        let sent = match &self.step.action {
            Action::Create { desired } => {
                let mut desired = self.resolve(desired)?;
                self.add_applied_digest(&mut desired);
                self.create(desired).await?
            }
            Action::Update { patch, expected, found } => {
                let (patch, expected) = (self.resolve(patch)?, self.resolve(expected)?);
                let resource = self.known_target()?;
                self.update(resource, &patch, expected, found).await?
            }
            Action::Replace { desired, found, delete_first } => {
                let mut desired = self.resolve(desired)?;
                self.add_applied_digest(&mut desired);
                self.replace(desired, found, *delete_first).await?
            }
            Action::Delete { found, replaced } => {
                let resource = self.known_target()?;
                let request_token = match self.is_made_by_this_plan(&resource) {
                    // The new resource has the identifier of the old one: it took its place.
                    true if *replaced => None,
                    _ => self.delete(&resource, found, "").await?,
                };
                let elapsed = began.elapsed();
                let done =
                    DoneStep { order: self.order, resource, arn: None, request_token, elapsed, unexpected: Vec::new() };
                return Ok(Finished { done, live: None });
            }
            Action::Tag { tags } => {
                let resource = self.known_target()?;
                let request_token = self.tag(&resource, tags).await?;
                Sent { resource, request_token, desired: None }
            }
        };
        self.verify(sent, began).await
    }

    /// Reads the resource back and compares it with the request.
    async fn verify(&self, sent: Sent, began: Instant) -> Result<Finished, Ended> {
        let Sent { resource, request_token, desired } = sent;
        // A resource that cannot be read is assumed to match the request.
        let readable = self.registry().get(&self.step.type_name).is_none_or(|schema| schema.handlers.read);
        let live = match &desired {
            Some(desired) if !readable => estate::live(self.registry(), &resource, desired.clone(), None),
            _ => self.read_back(&resource).await.map_err(|ended| self.with_token(ended, request_token.as_deref()))?,
        };
        let unexpected = match (&desired, self.registry().get(&self.step.type_name)) {
            // A resource created by an earlier run has the tags of that run.
            _ if self.step.made_before.is_some() => Vec::new(),
            (Some(desired), Some(schema)) => drift::stored_differences(schema, desired, &live.properties),
            _ => Vec::new(),
        };
        if let (Some(desired), Action::Create { .. } | Action::Replace { .. }) = (&desired, &self.step.action) {
            self.complete_applied_digest(desired, &live).await?;
        }
        // If an update had no effect, the following steps must not record it as synced.
        let missing_change =
            unexpected.iter().find(|lost| self.step.changes.iter().any(|change| lost.is_within(&change.pointer)));
        if let (Some(lost), Action::Update { .. }) = (missing_change, &self.step.action) {
            let message = format!("AWS reported success, but {}", drift::describe_stored_difference(lost));
            return Err(self.failed(Code::NotAsSent, message));
        }
        let done = DoneStep {
            order: self.order,
            resource,
            arn: live.arn.clone(),
            request_token,
            elapsed: began.elapsed(),
            unexpected: unexpected.iter().map(drift::describe_stored_difference).collect(),
        };
        let is_tagging = matches!(self.step.action, Action::Tag { .. });
        Ok(Finished { done, live: (!is_tagging).then_some(live) })
    }

    /// Fills in values from earlier steps; unresolved values are never sent.
    pub(super) fn resolve(&self, body: &Value) -> Result<Value, Ended> {
        let resolved = resolve_symbols(body, &|wanted| match wanted {
            Symbol::Ref(name) => reference_value(self.registry(), self.made.get(name)?),
            Symbol::GetAtt(name, attribute) => {
                let live = self.made.get(name)?;
                attribute.split('.').try_fold(&live.properties, |value, token| value.get(token)).cloned()
            }
        });
        match symbol::unknown_pointers(&resolved).first() {
            None => Ok(self.coerced(resolved)),
            Some(place) => Err(self.failed(
                Code::UnresolvedReference,
                format!(
                    "{place} still depends on {}; nothing was sent",
                    resolved.pointer(place).unwrap_or(&Value::Null)
                ),
            )),
        }
    }

    /// Converts values of earlier steps to the type of the property, as CloudFormation does: a database returns its port as a
    /// string, and a rule of a security group takes a number. A patch is converted operation by operation.
    fn coerced(&self, mut body: Value) -> Value {
        let Some(schema) = self.registry().get(&self.step.type_name) else { return body };
        match &mut body {
            Value::Array(operations) => {
                for operation in operations {
                    let path = operation.get("path").and_then(Value::as_str).unwrap_or_default().to_owned();
                    if let Some(value) = operation.get_mut("value") {
                        let mut document = nested(&path, std::mem::take(value));
                        schema::coerce(schema, &mut document);
                        *value = document.pointer_mut(&first_items(&path)).map(std::mem::take).unwrap_or_default();
                    }
                }
            }
            properties => drop(schema::coerce(schema, properties)),
        }
        body
    }

    fn known_target(&self) -> Result<ResourceRef, Ended> {
        let from_step = self.step.target_of.as_ref().and_then(|name| self.made.get(name));
        let own = || Some(ResourceRef::new(&self.step.type_name, self.step.identifier.clone()?));
        from_step
            .map(|live| live.resource.clone())
            .or_else(own)
            .ok_or_else(|| self.failed(Code::NoIdentifier, "the resource's identifier is not known".to_owned()))
    }

    fn is_made_by_this_plan(&self, resource: &ResourceRef) -> bool {
        self.made.get(&self.step.logical_id).is_some_and(|live| live.resource == *resource)
    }

    async fn create(&self, desired: Value) -> Result<Sent, Ended> {
        let made = |identifier: String, request_token| Sent {
            resource: ResourceRef::new(&self.step.type_name, identifier),
            request_token,
            desired: Some(desired.clone()),
        };
        if let Some(identifier) = &self.step.made_before {
            return Ok(made(identifier.clone(), None));
        }
        if let Some(identifier) = self.made_by_earlier_creation(&desired).await? {
            return Ok(made(identifier, None));
        }
        let Settled { request_token, identifier } = self.settle(&Call::Create { desired: &desired }).await?;
        match identifier.or_else(|| self.step.identifier.clone()) {
            Some(identifier) => Ok(made(identifier, request_token)),
            None => {
                Err(self.failed(Code::NoIdentifier, "AWS did not return the identifier of the new resource".to_owned()))
            }
        }
    }

    /// Waits for creations of the type that an interrupted run may have started. Returns the resource if one of them was the
    /// same request.
    async fn made_by_earlier_creation(&self, desired: &Value) -> Result<Option<String>, Ended> {
        if !creates_without_name(self.registry(), self.step) {
            return Ok(None);
        }
        if self.await_earlier_creations().await?
            && let Some(identifier) = self.made_before(self.operation_id(desired).as_deref()).await?
        {
            return Ok(Some(identifier));
        }
        self.made_untagged(desired).await
    }

    async fn update(&self, resource: ResourceRef, patch: &Value, expected: Value, found: &str) -> Result<Sent, Ended> {
        let live = self.read_back(&resource).await?;
        // The update of a resource that the plan creates: as it was read back then.
        let made = self.step.target_of.as_ref().and_then(|name| self.made.get(name));
        if made.is_some() && is_as_expected(self.registry(), &live, &expected, patch) {
            return Ok(Sent { resource, request_token: None, desired: Some(expected) });
        }
        let found = made.map_or_else(|| found.to_owned(), |made| digest_of(self.registry(), made).unwrap_or_default());
        if !is_as_found(self.registry(), &live, &found) {
            // A request of an interrupted run may have completed in the meantime.
            if !is_as_expected(self.registry(), &live, &expected, patch) {
                return Err(self.changed_meanwhile(&resource, "updated"));
            }
            return Ok(Sent { resource, request_token: None, desired: Some(expected) });
        }
        let call = Call::Update { resource: &resource, patch, expected: &expected };
        let request_token = self.settle(&call).await?.request_token;
        Ok(Sent { resource, request_token, desired: Some(expected) })
    }

    /// Creates the new resource. The old one is deleted before, if both have the same name; otherwise by a later step. What an
    /// interrupted run has done is not repeated.
    async fn replace(&self, desired: Value, found: &str, delete_first: bool) -> Result<Sent, Ended> {
        let old = self.known_target()?;
        let operation = self.operation_id(&desired);
        let made_before = match delete_first {
            true => {
                let live = self.read(&old).await?;
                let is_new = live.is_some_and(|live| {
                    !is_as_found(self.registry(), &live, found)
                        && operation.is_some()
                        && live.tags.get(tags::OPERATION_ID) == operation.as_ref()
                });
                is_new.then(|| old.identifier.clone())
            }
            false => {
                self.await_earlier_creations().await?;
                match self.made_before(operation.as_deref()).await? {
                    Some(identifier) => Some(identifier),
                    None => self.made_untagged(&desired).await?,
                }
            }
        };
        if let Some(identifier) = made_before {
            let resource = ResourceRef::new(&self.step.type_name, identifier);
            return Ok(Sent { resource, request_token: None, desired: Some(desired) });
        }
        if delete_first {
            self.delete(&old, found, "-d").await?;
        }
        let Settled { request_token, identifier } = self.settle(&Call::Create { desired: &desired }).await?;
        let identifier = identifier.or_else(|| delete_first.then(|| old.identifier.clone())).ok_or_else(|| {
            self.failed(Code::NoIdentifier, "AWS did not return the identifier of the new resource".to_owned())
        })?;
        Ok(Sent { resource: ResourceRef::new(&self.step.type_name, identifier), request_token, desired: Some(desired) })
    }

    /// Deletes a resource, unless it is already absent, and waits until it cannot be read anymore. Returns the RequestToken if
    /// a request was made.
    async fn delete(&self, resource: &ResourceRef, found: &str, token_suffix: &str) -> Result<Option<String>, Ended> {
        let Some(live) = self.read(resource).await? else { return Ok(None) };
        if !is_as_found(self.registry(), &live, found) && !self.is_being_deleted(resource).await? {
            return Err(self.changed_meanwhile(resource, "deleted"));
        }
        let token = self.settle(&Call::Delete { resource, token_suffix }).await?.request_token;
        self.wait_until_absent(resource).await.map_err(|ended| self.with_token(ended, token.as_deref()))?;
        Ok(token)
    }

    /// Returns true if a deletion of the resource is in progress in AWS, such as that of an interrupted run.
    async fn is_being_deleted(&self, resource: &ResourceRef) -> Result<bool, Ended> {
        let requests =
            self.clients.writer.requests(RequestsWanted::Running).await.map_err(|error| self.error(&error))?;
        Ok(requests.iter().any(|request| {
            request.operation == RequestOperation::Delete
                && request.type_name == resource.type_name
                && request.progress.status == ProgressStatus::Running
                && request.progress.identifier.as_ref() == Some(&resource.identifier)
        }))
    }

    /// Reads the resource; `None` if it does not exist.
    pub(super) async fn read(&self, resource: &ResourceRef) -> Result<Option<LiveResource>, Ended> {
        estate::read(self.clients.reader, resource, None).await.map_err(|error| self.error(&error))
    }

    /// Reads the resource until it exists.
    pub(super) async fn read_back(&self, resource: &ResourceRef) -> Result<LiveResource, Ended> {
        let mut wait = ConsistencyWait::new();
        loop {
            if let Some(live) = self.read(resource).await? {
                return Ok(live);
            }
            if !self.wait(&mut wait).await? {
                return Err(self.failed(Code::NotReadable, format!("{resource} cannot be read back")));
            }
        }
    }

    /// Reads the resource until it does not exist anymore.
    async fn wait_until_absent(&self, resource: &ResourceRef) -> Result<(), Ended> {
        let mut wait = ConsistencyWait::new();
        while self.read(resource).await?.is_some() {
            if !self.wait(&mut wait).await? {
                return Err(self.failed(
                    Code::StillExists,
                    format!("AWS reported that {resource} was deleted, but it can still be read"),
                ));
            }
        }
        Ok(())
    }

    /// Waits before the next read. Returns false if the time is up.
    pub(super) async fn wait(&self, wait: &mut ConsistencyWait) -> Result<bool, Ended> {
        if self.watch.interrupted() {
            return Err(Ended::Interrupted);
        }
        if wait.began.elapsed() >= CONSISTENCY_BUDGET {
            return Ok(false);
        }
        tokio::time::sleep(wait.pause).await;
        wait.pause = (wait.pause * 2).min(Duration::from_secs(3));
        Ok(true)
    }

    /// The request was made, but its result was not verified because of the interruption.
    fn with_token(&self, ended: Ended, request_token: Option<&str>) -> Ended {
        match (ended, request_token) {
            (Ended::Interrupted, Some(token)) => Ended::Pending(self.pending_step(token)),
            (ended, _) => ended,
        }
    }

    fn changed_meanwhile(&self, resource: &ResourceRef, not_done: &str) -> Ended {
        let message = format!("{resource} has changed since the plan was made; it was not {not_done}");
        self.failed(Code::ChangedMeanwhile, message)
    }

    pub(super) fn failed(&self, code: Code, message: String) -> Ended {
        Ended::Failed(own_failure(self.order, code, message))
    }

    pub(super) fn error(&self, error: &CloudError) -> Ended {
        Ended::Failed(FailedStep {
            order: self.order,
            code: error.code.clone().unwrap_or_else(|| code_of(error.kind).as_str().to_owned()),
            message: error.message.clone(),
            hint: hint(error.kind, Purpose::Write, &self.step.environment),
            kind: error.kind,
        })
    }

    pub(super) fn diagnosed(&self, problem: &Diagnostic) -> Ended {
        self.failed(problem.code, problem.message.clone())
    }
}

/// Returns true if a step creates a resource whose identifier the service chooses.
pub(super) fn creates_without_name(registry: &Registry, step: &Step) -> bool {
    let Some(desired) = step.action.desired() else { return false };
    let is_named = registry.get(&step.type_name).is_some_and(|schema| schema.identifier_of(desired).is_some());
    match &step.action {
        Action::Replace { delete_first, .. } => !delete_first,
        _ => !is_named && step.identifier.is_none() && step.made_before.is_none(),
    }
}

/// A document that has a value at a pointer and nothing else; indices of arrays become 0.
fn nested(path: &str, value: Value) -> Value {
    pointer::tokens(path).iter().rev().fold(value, |inner, token| match is_index(token) {
        true => Value::Array(vec![inner]),
        false => Value::Object(serde_json::Map::from_iter([(token.clone(), inner)])),
    })
}

/// Where [`nested`] puts the value.
fn first_items(path: &str) -> String {
    let tokens = pointer::tokens(path);
    tokens.iter().fold(String::new(), |at, token| pointer::join(&at, if is_index(token) { "0" } else { token }))
}

fn is_index(token: &str) -> bool {
    token == "-" || !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_digit())
}

/// A wait for a consistent read, with growing pauses.
pub(super) struct ConsistencyWait {
    began: Instant,
    pause: Duration,
}

impl ConsistencyWait {
    pub(super) fn new() -> Self {
        Self { began: Instant::now(), pause: FIRST_PAUSE }
    }
}

/// Returns true if the resource is in the state in which the plan found it: the change of a different state was not approved.
fn is_as_found(registry: &Registry, live: &LiveResource, found: &str) -> bool {
    digest_of(registry, live).as_deref() == Some(found)
}

/// Returns the digest of a resource as read; `None` if its type is unknown.
fn digest_of(registry: &Registry, live: &LiveResource) -> Option<String> {
    registry.get(&live.resource.type_name).map(|schema| drift::observed_digest(schema, &live.properties))
}

/// Returns true if an update is already complete, as far as it can be read.
fn is_as_expected(registry: &Registry, live: &LiveResource, expected: &Value, patch: &Value) -> bool {
    let Some(schema) = registry.get(&live.resource.type_name) else { return false };
    let paths = patch.as_array().into_iter().flatten().filter_map(|operation| operation["path"].as_str());
    let has_write_only = paths.into_iter().any(|path| schema.is_write_only(path));
    !has_write_only && drift::stored_differences(schema, expected, &live.properties).is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_call_without_a_code_of_aws_has_one_by_its_kind() {
        assert_eq!(code_of(CloudErrorKind::Network), Code::NoAnswer);
        assert_eq!(code_of(CloudErrorKind::Malformed), Code::AwsMalformedAnswer);
    }
}
