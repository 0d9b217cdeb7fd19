//! The live resource of a template's resource: by its `StackResource` tag, by its name, or, for types without tags, by its
//! parent and its properties.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};
use tokio::sync::Mutex;

use super::children;
use crate::compare::drift;
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::resource::{LiveResource, ResourceRef};
use crate::domain::{symbol, tags};
use crate::pipeline::estate::{self, Unreadable, is_listable};
use crate::pipeline::event::Event;
use crate::pipeline::plan::Side;
use crate::pipeline::plan::children::ChildRecord;
use crate::pipeline::plan::desired::{Existing, Ownership};
use crate::pipeline::plan::stack::Stack;
use crate::pipeline::ports::{CloudError, CloudErrorKind};
use crate::schema::{TypeSchema, general_facts};

/// A resource of a template to look up.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The logical id.
    pub logical_id: &'a str,
    /// The type.
    pub schema: &'static TypeSchema,
    /// The properties; references to existing resources are resolved.
    pub properties: &'a Value,
    /// The identifier, if it follows from the properties.
    pub identifier: Option<&'a str>,
    /// The token of the request that creates it.
    pub token: &'a str,
    /// A resource of the same template, which exists, is its parent.
    pub has_known_parent: bool,
    /// A property that can only be set at creation refers to a resource of the template that does not exist: this one does
    /// not exist either, unless another resource identifies it.
    pub has_absent_parent: bool,
    /// The record of children in the tags of the template's existing resources.
    pub recorded: &'a ChildRecord,
}

/// Looks up the resources of one template.
pub struct Lookup<'a> {
    side: &'a Side<'a>,
    stack: &'a Stack,
    logical_ids: &'a BTreeSet<&'a str>,
    /// Client tokens of requests that earlier runs on this machine may have sent.
    begun: &'a BTreeSet<String>,
    /// Listings by type and parent keys: several resources of a template may need the same one.
    listed: Mutex<BTreeMap<String, Vec<LiveResource>>>,
    /// Resources that were recognized, so that none stands for two logical ids.
    claimed: Mutex<BTreeSet<ResourceRef>>,
}

/// The result of a lookup.
#[derive(Debug, Clone)]
pub struct Found {
    /// The live resource.
    pub existing: Existing,
    /// How it was recognized.
    pub ownership: Ownership,
    /// Resources of the same logical id that were replaced by it, and that an interrupted run did not delete.
    pub leftovers: Vec<LiveResource>,
}

impl Found {
    fn new(existing: Existing, ownership: Ownership) -> Self {
        Self { existing, ownership, leftovers: Vec::new() }
    }
}

impl<'a> Lookup<'a> {
    /// A lookup in an environment; `logical_ids` are those of the template.
    pub fn new(
        side: &'a Side<'a>,
        stack: &'a Stack,
        logical_ids: &'a BTreeSet<&'a str>,
        begun: &'a BTreeSet<String>,
    ) -> Self {
        Self { side, stack, logical_ids, begun, listed: Mutex::default(), claimed: Mutex::default() }
    }

    /// Looks up resources of a template whose references to existing resources are resolved, in their order.
    ///
    /// # Errors
    /// AWS could not be read.
    pub async fn find(&self, wanted: &[Wanted<'_>]) -> Result<Vec<Found>, CloudError> {
        let own = estate::concurrently(estate::CONCURRENCY, wanted.iter().map(|one| self.find_own(one))).await;
        let mut found: Vec<Option<Found>> = own.into_iter().collect::<Result<_, _>>()?;
        let mut groups: BTreeMap<(&str, String), Vec<usize>> = BTreeMap::new();
        for (index, _) in found.iter().enumerate().filter(|(_, one)| one.is_none()) {
            let one = &wanted[index];
            let Some(inputs) = list_inputs(one) else { continue };
            groups.entry((&one.schema.type_name, inputs.to_string())).or_default().push(index);
        }
        for ((_, inputs), members) in groups {
            let group: Vec<&Wanted<'_>> = members.iter().map(|index| &wanted[*index]).collect();
            for (index, matched) in members.iter().zip(self.children(&group, &inputs).await?) {
                found[*index] = Some(matched);
            }
        }
        Ok(found.into_iter().map(|one| one.unwrap_or(Found::new(Existing::Absent, Ownership::Tags))).collect())
    }

    /// `None`: a resource that only its parent and its properties identify.
    async fn find_own(&self, wanted: &Wanted<'_>) -> Result<Option<Found>, CloudError> {
        if !wanted.schema.handlers.read {
            return Ok(Some(Found::new(Existing::Absent, Ownership::Tags)));
        }
        if let Some(found) = self.by_tag(wanted).await? {
            return Ok(Some(self.claim(found).await));
        }
        if let Some(identifier) = wanted.identifier {
            let found = self.by_identifier(wanted, identifier).await?;
            return Ok(Some(self.claim(found).await));
        }
        if wanted.schema.tagging.property.is_none() {
            let absent = wanted.has_absent_parent.then(|| Found::new(Existing::Absent, Ownership::Tags));
            return Ok(absent);
        }
        // The tagging API lags behind, and does not support every type.
        let Some(inputs) = list_inputs(wanted) else {
            return Ok(Some(Found::new(Existing::Absent, Ownership::Tags)));
        };
        let mut ours = self.listed(wanted.schema, &inputs.to_string()).await?;
        ours.retain(|live| self.carries_our_tag(wanted, live));
        Ok(Some(self.claim(self.only(wanted, ours)).await))
    }

    /// By the `StackResource` tag in the tagging API; the resource itself confirms it.
    async fn by_tag(&self, wanted: &Wanted<'_>) -> Result<Option<Found>, CloudError> {
        let mut ours = Vec::new();
        for (resource, known) in self.stack.candidates(wanted.logical_id, &wanted.schema.type_name) {
            let live = estate::read(self.side.reader, resource, Some(known)).await;
            match live {
                Ok(live) => ours.extend(live.filter(|live| self.carries_our_tag(wanted, live))),
                Err(error) if error.kind == CloudErrorKind::Unsupported => {}
                Err(error) => return Err(error),
            }
        }
        Ok((!ours.is_empty()).then(|| self.only(wanted, ours)))
    }

    fn carries_our_tag(&self, wanted: &Wanted<'_>, live: &LiveResource) -> bool {
        let key = self.stack.key(wanted.logical_id);
        tags::is_managed(&live.tags) && live.tags.get(tags::STACK_RESOURCE) == Some(&key)
    }

    /// The resource that carries the tag. Several of a type with revisions are revisions of one resource; otherwise one that
    /// fits the template has replaced the others.
    fn only(&self, wanted: &Wanted<'_>, mut ours: Vec<LiveResource>) -> Found {
        ours.sort_by(|a, b| a.resource.cmp(&b.resource));
        ours.dedup_by(|a, b| a.resource == b.resource);
        if general_facts().revisioned.contains(&wanted.schema.type_name) {
            ours.sort_by_key(|live| revision(&live.resource.identifier));
            ours.drain(..ours.len().saturating_sub(1));
        }
        if ours.len() < 2 {
            let existing = ours.pop().map_or(Existing::Absent, |live| Existing::Live(Box::new(live)));
            return Found::new(existing, Ownership::Tags);
        }
        let names: Vec<String> = ours.iter().map(|live| live.resource.identifier.clone()).collect();
        let (mut fitting, leftovers): (Vec<_>, Vec<_>) = ours.into_iter().partition(|live| fits(wanted, live));
        // A replacement has an operation of its own; a copy of the tags of another resource does not.
        let is_copy = |live: &LiveResource| {
            let operation = live.tags.get(tags::OPERATION_ID);
            operation.is_some() && leftovers.iter().any(|other| other.tags.get(tags::OPERATION_ID) == operation)
        };
        if let (Some(live), true) = (fitting.pop().filter(|live| !is_copy(live)), fitting.is_empty()) {
            return Found { existing: Existing::Live(Box::new(live)), ownership: Ownership::Tags, leftovers };
        }
        let problem = Diagnostic::error(
            Code::AmbiguousResource,
            format!(
                "{} {} in {} have the same StackResource tag `{}`",
                wanted.schema.type_name,
                names.join(" and "),
                self.side.environment.name,
                self.stack.key(wanted.logical_id)
            ),
        );
        let hint = "remove the tag from the resource that does not belong to the stack";
        let problem = problem.resource(wanted.logical_id).hint(hint);
        Found::new(Existing::Unclear(Box::new(problem)), Ownership::Tags)
    }

    async fn by_identifier(&self, wanted: &Wanted<'_>, identifier: &str) -> Result<Found, CloudError> {
        let target = ResourceRef::new(&wanted.schema.type_name, identifier);
        let live = match estate::read(self.side.reader, &target, None).await {
            Ok(live) => live,
            Err(error) if error.kind == CloudErrorKind::Unsupported => None,
            Err(error) => return Err(error),
        };
        let Some(live) = live else { return Ok(Found::new(Existing::Absent, Ownership::Tags)) };
        if wanted.schema.tagging.property.is_none() {
            let ownership = if wanted.has_known_parent { Ownership::Parent } else { Ownership::Unproven };
            return Ok(Found::new(Existing::Live(Box::new(live)), ownership));
        }
        let live = Box::new(live);
        let existing = match self.is_ours(wanted, &live) {
            true => Existing::Live(live),
            // When it is created, the requests of this account tell whether the interrupted run has created it.
            false if self.begun.contains(wanted.token) && may_be_untagged(wanted, &live) => Existing::Absent,
            false => Existing::Foreign(target),
        };
        Ok(Found::new(existing, Ownership::Tags))
    }

    /// A resource with the expected name is ours if its tags say so: of this stack under a logical id that the template
    /// no longer has (it was renamed), or without a stack (an earlier version of stagegate created it by this request).
    fn is_ours(&self, wanted: &Wanted<'_>, live: &LiveResource) -> bool {
        if !tags::is_managed(&live.tags) {
            return false;
        }
        match live.tags.get(tags::STACK_RESOURCE) {
            Some(key) if *key == self.stack.key(wanted.logical_id) => true,
            Some(key) => {
                let renamed_from = key.strip_prefix(&self.stack.key(""));
                renamed_from.is_some_and(|logical_id| !self.logical_ids.contains(logical_id))
            }
            None => {
                let by_this_request = live.tags.get(tags::OPERATION_ID).is_some_and(|id| id == wanted.token);
                let known = symbol::known_part(wanted.properties);
                by_this_request || drift::stored_differences(wanted.schema, &known, &live.properties).is_empty()
            }
        }
    }

    /// Types without tags and without a name: matched by their properties within their parent.
    async fn children(&self, group: &[&Wanted<'_>], inputs: &str) -> Result<Vec<Found>, CloudError> {
        let Some(first) = group.first() else { return Ok(Vec::new()) };
        let mut candidates = self.listed(first.schema, inputs).await?;
        let mut claimed = self.claimed.lock().await;
        candidates.retain(|live| !claimed.contains(&live.resource));
        let matches = children::matches(group, candidates, &self.side.environment.name);
        for found in &matches {
            if let Existing::Live(live) = found {
                claimed.insert(live.resource.clone());
            }
        }
        let parents = group.iter().map(|one| match one.has_known_parent {
            true => Ownership::Parent,
            false => Ownership::Unproven,
        });
        Ok(matches.into_iter().zip(parents).map(|(existing, ownership)| Found::new(existing, ownership)).collect())
    }

    /// Lists the resources of a type and reads them: lists often contain only some of the properties.
    async fn listed(&self, schema: &TypeSchema, inputs: &str) -> Result<Vec<LiveResource>, CloudError> {
        let mut listed = self.listed.lock().await;
        let key = format!("{} {inputs}", schema.type_name);
        if let Some(known) = listed.get(&key) {
            return Ok(known.clone());
        }
        self.side.events.emit(Event::listing(self.side.reader, Some(&schema.type_name)));
        let inputs: Value = serde_json::from_str(inputs).unwrap_or_default();
        let identifiers = match is_listable(self.side.registry(), &schema.type_name) {
            true => self.side.reader.list(&schema.type_name).await,
            false => self.side.reader.list_within(&schema.type_name, &inputs).await,
        };
        let identifiers = match identifiers {
            Ok(identifiers) => identifiers,
            // A parent that does not exist has no children.
            Err(error) if error.kind == CloudErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(error),
        };
        let resources = identifiers.into_iter().map(|identifier| ResourceRef::new(&schema.type_name, identifier));
        let mut unreadable: Vec<Unreadable> = Vec::new();
        let found = estate::read_all(self.side.reader, resources.collect(), &mut unreadable, self.side.events).await;
        // One that cannot be read may be the resource: another one would be a duplicate.
        if let Some(first) = unreadable.into_iter().next() {
            return Err(first.error);
        }
        listed.insert(key, found.clone());
        Ok(found)
    }

    async fn claim(&self, found: Found) -> Found {
        if let Existing::Live(live) = &found.existing {
            self.claimed.lock().await.insert(live.resource.clone());
        }
        found
    }
}

/// True if a resource may be one that an interrupted run created and did not tag: its type is tagged only afterwards, and it
/// is as the template says.
fn may_be_untagged(wanted: &Wanted<'_>, live: &LiveResource) -> bool {
    let known = symbol::known_part(wanted.properties);
    !wanted.schema.tagging.on_create
        && live.tags.is_empty()
        && drift::stored_differences(wanted.schema, &known, &live.properties).is_empty()
}

/// True if nothing that can only be set at creation differs from the template.
fn fits(wanted: &Wanted<'_>, live: &LiveResource) -> bool {
    let known = symbol::known_part(wanted.properties);
    let differences = drift::stored_differences(wanted.schema, &known, &live.properties);
    !differences.iter().any(|difference| wanted.schema.is_create_only(&difference.pointer))
}

/// The keys with which the type is listed; `None` if it cannot be listed, or if one of them is not known yet: a resource
/// whose parent does not exist does not exist.
fn list_inputs(wanted: &Wanted<'_>) -> Option<Value> {
    let schema = wanted.schema;
    if !schema.handlers.list || !schema.handlers.read {
        return None;
    }
    let keys = schema.list_inputs.iter().map(|name| {
        let value = wanted.properties.get(name)?;
        (!symbol::has_unknown(value)).then(|| (name.clone(), value.clone()))
    });
    keys.collect::<Option<Map<String, Value>>>().map(Value::Object)
}

/// The number after the last `:` of an identifier with revisions.
fn revision(identifier: &str) -> u64 {
    identifier.rsplit(':').next().and_then(|number| number.parse().ok()).unwrap_or_default()
}
