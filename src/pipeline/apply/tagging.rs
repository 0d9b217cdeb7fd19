//! Changes of tags alone: with the tagging API, or as a patch of the tag property for resources that it does not support.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::settle::Call;
use super::{Ended, steps::StepRun};
use crate::compare::applied::AppliedDigest;
use crate::compare::drift::own_digest;
use crate::compare::separate;
use crate::domain::plan::TagValue;
use crate::domain::resource::{LiveResource, ResourceRef, SeparateElement};
use crate::domain::tags::{self, Tags};
use crate::pipeline::plan::children::ChildRecord;
use crate::pipeline::ports::{CloudError, CloudErrorKind};
use crate::schema::{TypeSchema, general_facts};

/// The tags that a resource should have, and those that it should not have.
struct Wanted {
    values: Tags,
    removed: BTreeSet<String>,
}

impl StepRun<'_> {
    /// Adds the record of what is written to a resource of a stack.
    pub(super) fn add_applied_digest(&self, desired: &mut Value) {
        let Some(schema) = self.registry().get(&self.step.type_name) else { return };
        if !schema.tagging.updatable || !tags::read(schema, desired).contains_key(tags::STACK_RESOURCE) {
            return;
        }
        let record = AppliedDigest::of(schema, desired, None).to_tag_value();
        tags::write(schema, desired, &Tags::from([(tags::APPLIED_DIGEST.to_owned(), record)]));
    }

    /// Completes the record if AWS stored other values than requested, so that these are not taken for changes by somebody
    /// else. After an interruption the next run does this.
    pub(super) async fn complete_applied_digest(&self, sent: &Value, live: &LiveResource) -> Result<(), Ended> {
        let Some(schema) = self.registry().get(&self.step.type_name) else { return Ok(()) };
        if self.watch.interrupted() || !tags::read(schema, sent).contains_key(tags::APPLIED_DIGEST) {
            return Ok(());
        }
        let record = AppliedDigest::of(schema, sent, Some(&live.properties)).to_tag_value();
        if live.tags.get(tags::APPLIED_DIGEST) != Some(&record) {
            let wanted = BTreeMap::from([(tags::APPLIED_DIGEST.to_owned(), TagValue::Text(record))]);
            self.tag(&live.resource, &wanted).await?;
        }
        Ok(())
    }

    /// Changes tags of a resource. Returns the RequestToken if it was a request to Cloud Control.
    pub(super) async fn tag(
        &self,
        resource: &ResourceRef,
        tags: &BTreeMap<String, TagValue>,
    ) -> Result<Option<String>, Ended> {
        let live = self.read_back(resource).await?;
        self.tag_live(&live, tags).await
    }

    /// Changes tags of a resource that was just read.
    pub(super) async fn tag_live(
        &self,
        live: &LiveResource,
        tags: &BTreeMap<String, TagValue>,
    ) -> Result<Option<String>, Ended> {
        let resource = &live.resource;
        let Some(schema) = self.registry().get(&resource.type_name) else { return Ok(None) };
        let mut wanted = self.wanted(schema, live, tags)?;
        wanted.removed.retain(|key| live.tags.contains_key(key));
        wanted.values.retain(|key, value| live.tags.get(key) != Some(value));
        if wanted.values.is_empty() && wanted.removed.is_empty() {
            return Ok(None);
        }
        if self.tag_by_arn(live, &wanted).await? {
            return Ok(None);
        }
        if schema.tagging.beside_model {
            let message = format!("{resource} cannot be tagged: the Resource Groups Tagging API does not accept it");
            let kind = CloudErrorKind::Unsupported;
            let error = CloudError::new(kind, "tagging.TagResources", self.clients.reader.environment(), message);
            return Err(self.error(&error));
        }
        // The whole tag property is replaced: a path into a list of tags would depend on its order.
        let keys: Vec<&str> = wanted.removed.iter().map(String::as_str).collect();
        let remaining = tags::without(schema, &live.properties, &keys);
        let Some((property, value)) = tags::merged(schema, &remaining, &wanted.values) else { return Ok(None) };
        let operation = if live.properties.get(&property).is_some() { "replace" } else { "add" };
        let patch = json!([{"op": operation, "path": format!("/{property}"), "value": value}]);
        let call = Call::Retag { resource, patch: &patch, wanted: &wanted.values, removed: &wanted.removed };
        Ok(self.settle(&call).await?.request_token)
    }

    fn wanted(
        &self,
        schema: &TypeSchema,
        live: &LiveResource,
        tags: &BTreeMap<String, TagValue>,
    ) -> Result<Wanted, Ended> {
        let mut wanted = Wanted { values: Tags::new(), removed: BTreeSet::new() };
        for (key, value) in tags {
            let value = match value {
                TagValue::Text(text) => text.clone(),
                TagValue::OwnDigest => own_digest(schema, &live.properties),
                TagValue::AppliedDigest { declared, separate } => {
                    let declared = self.resolve(declared)?;
                    // An element that refers to what does not exist yet is not in the list yet.
                    let made = |one: &SeparateElement| {
                        let element = self.resolve(&one.element).ok()?;
                        Some(SeparateElement { element, ..one.clone() })
                    };
                    let made: Vec<SeparateElement> = separate.iter().filter_map(made).collect();
                    let (own, _) = separate::split(&live.properties, &declared, &made);
                    AppliedDigest::of(schema, &declared, Some(&own)).to_tag_value()
                }
                TagValue::Children { members, kept } => {
                    let mut record = ChildRecord::parse(kept);
                    for child in members {
                        let made = || Some(self.made.get(&child.logical_id)?.resource.identifier.clone());
                        if let Some(identifier) = child.identifier.clone().or_else(made) {
                            let resource = ResourceRef::new(&child.type_name, identifier);
                            record.insert(self.registry(), &child.logical_id, &resource);
                        }
                    }
                    record.to_tag_value()
                }
                TagValue::Removed => {
                    wanted.removed.insert(key.clone());
                    continue;
                }
                TagValue::IdentifierOf(step) => {
                    let identifier = self.made.get(step).map(|live| live.resource.identifier.as_str());
                    tags::encode_identifier(identifier.unwrap_or_default())
                        .map_err(|problem| self.diagnosed(&problem))?
                }
            };
            wanted.values.insert(key.clone(), value);
        }
        Ok(wanted)
    }

    /// Changes tags with the tagging API. Returns false if it does not support the resource: nothing, or only a part, was
    /// changed then.
    async fn tag_by_arn(&self, live: &LiveResource, wanted: &Wanted) -> Result<bool, Ended> {
        let writer = self.clients.writer;
        let Some(arn) = &writer.arn_to_tag(live) else { return Ok(false) };
        if general_facts().not_in_tagging_api.contains(&live.resource.type_name) {
            return Ok(false);
        }
        let keys: Vec<&str> = wanted.removed.iter().map(String::as_str).collect();
        self.not_interrupted()?;
        if !keys.is_empty() && !writer.untag(arn, &keys).await.map_err(|error| self.error(&error))? {
            return Ok(false);
        }
        self.not_interrupted()?;
        if wanted.values.is_empty() {
            return Ok(true);
        }
        writer.tag(arn, &wanted.values).await.map_err(|error| self.error(&error))
    }

    /// No new call is started after an interruption.
    pub(super) fn not_interrupted(&self) -> Result<(), Ended> {
        if self.watch.interrupted() { Err(Ended::Interrupted) } else { Ok(()) }
    }
}
