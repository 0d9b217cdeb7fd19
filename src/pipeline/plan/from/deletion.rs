//! The deletion of a live resource, with its promotion tags on the other side.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::change::{absent, logical_id};
use super::resumed::ApprovedBefore;
use crate::compare::drift::observed_digest;
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::plan::{
    Action, ChecklistItem, ChecklistState, Operation, Plan, Step, StepDocument, TagValue, client_token,
};
use crate::domain::portable::portable;
use crate::domain::resource::{LiveResource, ResourceRef};
use crate::domain::tags::{self, PromotionStatus};
use crate::domain::{digest, pointer};
use crate::estimate::Estimate;
use crate::pipeline::estate::{self, Unreadable};
use crate::pipeline::managed::managed;
use crate::pipeline::plan::cost::price;
use crate::pipeline::plan::from::change::ChangeError;
use crate::pipeline::plan::{PlanContext, Planned, Side, Unchanged};
use crate::pipeline::ports::CloudError;
use crate::pipeline::prices::Priced;
use crate::policy::ScanResource;
use crate::promotion::claims::{PENDING_PREFIX, counterpart};
use crate::schema::TypeSchema;

/// A resource of another environment whose promotion tags name the one to delete.
struct Counterpart<'a> {
    side: &'a Side<'a>,
    live: LiveResource,
}

/// Whether an interrupted deletion is continued.
#[derive(Debug, Clone, Copy)]
pub enum Resumption<'a> {
    /// The command begins.
    No,
    /// The command continues or repeats a deletion; its plan is not known.
    Unknown,
    /// The command continues or repeats this plan.
    Of(ApprovedBefore<'a>),
}

impl<'a> Resumption<'a> {
    fn deletes(&self, environment: &str, resource: &ResourceRef) -> bool {
        match self {
            Self::No => false,
            Self::Unknown => true,
            Self::Of(approved) => approved.step(Operation::Delete, environment, resource).is_some(),
        }
    }

    /// The steps that correct the tags of a counterpart in an environment.
    fn corrections(&self, environment: &str) -> impl Iterator<Item = &'a StepDocument> {
        let steps = match self {
            Self::Of(approved) => approved.plan.steps.as_slice(),
            Self::No | Self::Unknown => &[],
        };
        let environment = environment.to_owned();
        steps.iter().filter(move |step| step.operation == Operation::Tag && step.environment == environment)
    }
}

/// Plans the deletion of a resource. `others` are the other environments of the project, whose resources may name it in
/// their promotion tags. With `resumption`, a resource that does not exist is deleted already.
///
/// # Errors
/// The resource does not exist or cannot be read, or it cannot be deleted.
pub async fn plan(
    context: &PlanContext<'_>,
    side: &Side<'_>,
    others: &[Side<'_>],
    resource: &ResourceRef,
    resumption: Resumption<'_>,
) -> Result<(Planned, Estimate), ChangeError> {
    let environment = &side.environment.name;
    let Some(type_schema) = side.registry().get(&resource.type_name) else {
        let problem = Diagnostic::error(Code::UnknownType, format!("{} is unknown", resource.type_name));
        return Err(ChangeError::Refused(vec![problem]));
    };
    let live = estate::read(side.reader, resource, None).await?;
    let mut counterparts = Vec::new();
    for other in others {
        counterparts.extend(
            named_by(other, resource, live.as_ref(), resumption).await?.map(|live| Counterpart { side: other, live }),
        );
    }
    let mut plan = Plan::new(context.as_of, side.environment, side.registry());
    let Some(live) = live else {
        // An interrupted deletion may have left the tags of the counterpart.
        if counterparts.is_empty() && !resumption.deletes(environment, resource) {
            return Err(ChangeError::Refused(vec![absent(resource, environment)]));
        }
        plan.live.insert(format!("{environment} {resource}"), "absent".to_owned());
        plan.steps = counterparts.iter().filter_map(|one| corrected(one, type_schema)).collect();
        return Ok(finish(context, side, plan, Vec::new(), Vec::new(), Vec::new()).await?);
    };
    plan.problems.extend(undeletable(type_schema, &live, environment));
    plan.live.insert(format!("{environment} {resource}"), observed_digest(type_schema, &live.properties));
    plan.steps.push(deletion(side, type_schema, &live));
    plan.steps.extend(counterparts.iter().filter_map(|one| corrected(one, type_schema)));
    let mut notes: Vec<Diagnostic> = counterparts
        .iter()
        .map(|one| {
            let message = format!(
                "{} is promoted: its counterpart in {} is {}, which stays",
                live.resource, one.side.environment.name, one.live.resource.identifier
            );
            Diagnostic::warning(Code::HasCounterpart, message).resource(live.resource.to_string())
        })
        .collect();
    let (dependents, unreadable) = dependents(side, type_schema, &live).await?;
    notes.extend(unreadable.first().map(|first| {
        let message = format!(
            "whether other resources refer to {} is not known: {} resource(s) or type(s) could not be read, the first: {} ({})",
            live.resource,
            unreadable.len(),
            first.resource,
            first.error.message
        );
        Diagnostic::warning(Code::Incomplete, message)
            .resource(live.resource.to_string())
            .hint("grant the read permissions of the types, then run the command again")
    }));
    notes.extend(dependents.iter().map(|(other, place)| {
        Diagnostic::warning(Code::HasDependents, format!("{other} {place} refers to {}", live.resource))
            .resource(other.to_string())
            .hint("change or delete it first, otherwise it breaks, or AWS rejects the deletion")
    }));
    let checklist = vec![ChecklistItem {
        item: "nothing refers to it",
        state: match dependents.is_empty() && unreadable.is_empty() {
            true => ChecklistState::Ok,
            false => ChecklistState::Open,
        },
        evidence: match unreadable.len() {
            0 => format!("{} of the managed resources in {environment} refer to it", dependents.len()),
            hidden => format!(
                "{} of the managed resources in {environment} refer to it, and {hidden} resource(s) or type(s) could not be read",
                dependents.len()
            ),
        },
    }];
    let properties = portable(type_schema, &live.properties);
    let before = vec![ScanResource::live(&resource.type_name, &resource.identifier, properties)];
    Ok(finish(context, side, plan, before, checklist, notes).await?)
}

/// Adds the estimate and the checklist to a plan that creates and updates nothing.
///
/// # Errors
/// AWS could not be read.
pub(super) async fn finish(
    context: &PlanContext<'_>,
    side: &Side<'_>,
    plan: Plan,
    before: Vec<ScanResource>,
    own_checklist: Vec<ChecklistItem>,
    own_notes: Vec<Diagnostic>,
) -> Result<(Planned, Estimate), CloudError> {
    let region = &side.environment.region;
    let Priced { estimate, mut notes } = price(context, side.reader, (&[], &[]), region, &[]).await?;
    let mut unchanged = Unchanged::default();
    if !before.is_empty() {
        unchanged.cost_before = Some(price(context, side.reader, (&before, &[]), region, &[]).await?.estimate);
    }
    notes.extend(own_notes);
    let mut checklist = vec![ChecklistItem {
        item: "account verified",
        state: ChecklistState::Ok,
        evidence: format!("STS: {}", side.account.arn()),
    }];
    checklist.extend(own_checklist);
    let planned = Planned { plan, resources: Vec::new(), context: Vec::new(), checklist, notes, unchanged };
    Ok((planned, estimate))
}

fn deletion(side: &Side<'_>, schema: &TypeSchema, live: &LiveResource) -> Step {
    let found = observed_digest(schema, &live.properties);
    // The tags too: the same resource made again is another one.
    let body = Value::String(digest::of(&live.properties));
    step(side, live, Action::Delete { found, replaced: false }, &body)
}

/// The step that removes the deleted resource from the promotion tags of its counterpart.
fn corrected(counterpart: &Counterpart<'_>, schema: &TypeSchema) -> Option<Step> {
    if schema.tagging.property.is_none() || !schema.tagging.updatable {
        return None;
    }
    let live = &counterpart.live;
    let mut tags: BTreeMap<String, TagValue> = BTreeMap::new();
    for key in [tags::PROD_COUNTERPART, tags::DEV_COUNTERPART, tags::PROMOTED_DIGEST] {
        if live.tags.contains_key(key) {
            tags.insert(key.to_owned(), TagValue::Removed);
        }
    }
    // What was promoted is not promoted any more.
    if live.tags.contains_key(tags::PROD_COUNTERPART) {
        let status = TagValue::Text(PromotionStatus::DevOnly.as_str().to_owned());
        tags.insert(tags::PROMOTION_STATUS.to_owned(), status);
    } else if live.tags.contains_key(tags::DEV_COUNTERPART) && live.tags.contains_key(tags::PROMOTION_STATUS) {
        tags.insert(tags::PROMOTION_STATUS.to_owned(), TagValue::Removed);
    }
    let subject: Map<String, Value> = tags.keys().map(|key| (key.clone(), Value::Null)).collect();
    (!tags.is_empty()).then(|| step(counterpart.side, live, Action::Tag { tags }, &Value::Object(subject)))
}

/// Creates a step that changes the tags of a live resource or deletes it.
pub(super) fn step(side: &Side<'_>, live: &LiveResource, action: Action, token_body: &Value) -> Step {
    let environment = side.environment;
    let operation: Operation = action.operation();
    let resource = (live.resource.type_name.as_str(), Some(live.resource.identifier.as_str()));
    let name = logical_id(&live.resource);
    let name = if operation == Operation::Tag { format!("{name}Counterpart") } else { name };
    let (account, region) = (&environment.account, &environment.region);
    let token = client_token(side.registry(), account, region, operation, resource.0, resource.1, token_body);
    Step::new(environment, name, resource, action, token)
}

/// Returns the resource of another environment whose promotion tags name the resource.
async fn named_by(
    other: &Side<'_>,
    resource: &ResourceRef,
    live: Option<&LiveResource>,
    resumption: Resumption<'_>,
) -> Result<Option<LiveResource>, CloudError> {
    let Ok(encoded) = tags::encode_identifier(&resource.identifier) else { return Ok(None) };
    let mut candidates: Vec<ResourceRef> = Vec::new();
    for key in [tags::PROD_COUNTERPART, tags::DEV_COUNTERPART] {
        candidates.extend(live.and_then(|live| counterpart(live, key)));
        for tagged in other.reader.tagged(Some((key, &[&encoded]))).await? {
            candidates.extend(other.registry().identify(&tagged.arn).candidates());
        }
    }
    // A failed promotion is recorded in the source with the operation that made the resource.
    if let Some(operation) = live.and_then(|live| live.tags.get(tags::OPERATION_ID)) {
        let pending = format!("{PENDING_PREFIX}{operation}");
        for tagged in other.reader.tagged(Some((tags::PROD_COUNTERPART, &[&pending]))).await? {
            candidates.extend(other.registry().identify(&tagged.arn).candidates());
        }
    }
    let corrections = || resumption.corrections(&other.environment.name);
    candidates
        .extend(corrections().filter_map(|step| Some(ResourceRef::new(&step.type_name, step.identifier.clone()?))));
    candidates.retain(|candidate| candidate.type_name == resource.type_name);
    candidates.sort();
    candidates.dedup();
    for candidate in candidates {
        let Some(found) = estate::read(other.reader, &candidate, None).await? else { continue };
        let names_it = [tags::PROD_COUNTERPART, tags::DEV_COUNTERPART].into_iter().any(|key| {
            let value = found.tags.get(key);
            let pending = live.and_then(|live| live.tags.get(tags::OPERATION_ID));
            // The operation of a deleted resource is not known any more, but the approved plan names the one that waits.
            let is_left = live.is_none()
                && value.is_some_and(|value| value.starts_with(PENDING_PREFIX))
                && corrections().any(|step| step.identifier.as_ref() == Some(&candidate.identifier));
            value == Some(&encoded)
                || is_left
                || pending.is_some_and(|operation| value == Some(&format!("{PENDING_PREFIX}{operation}")))
        });
        if names_it {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// Returns why a resource cannot be deleted: its type, AWS owns it, or a deletion protection is on.
fn undeletable(schema: &TypeSchema, live: &LiveResource, environment: &str) -> Option<Diagnostic> {
    let resource = &live.resource;
    if !schema.handlers.delete {
        let message = format!("Cloud Control cannot delete resources of the type {}", schema.type_name);
        return Some(Diagnostic::error(Code::TypeUnsupported, message).resource(resource.to_string()));
    }
    if schema.is_service_owned(&resource.identifier, live.arn.as_deref()) {
        let problem = Diagnostic::error(Code::ServiceOwned, format!("{resource} belongs to AWS and cannot be deleted"));
        return Some(problem.resource(resource.to_string()));
    }
    let (property, off) = protection(&live.properties)?;
    Some(
        Diagnostic::error(Code::DeletionProtected, format!("{resource} is protected: {property} is on"))
            .resource(resource.to_string())
            .pointer(pointer::join("", property))
            .hint(format!(
                "if it may be deleted, run first: stagegate update {} {} --env {environment} --set {property}={off}",
                resource.type_name, resource.identifier
            )),
    )
}

/// The property that protects a resource from deletion, and the value that ends it.
fn protection(properties: &Value) -> Option<(&'static str, &'static str)> {
    const FLAGS: [&str; 4] =
        ["DeletionProtection", "DeletionProtectionEnabled", "DisableApiTermination", "EnableDeletionProtection"];
    FLAGS.into_iter().find_map(|name| match properties.get(name)? {
        Value::Bool(true) => Some((name, "false")),
        Value::String(text) if ["true", "enabled"].contains(&text.to_lowercase().as_str()) => Some((name, "false")),
        Value::String(text) if text.to_lowercase() == "active" => Some((name, "INACTIVE")),
        _ => None,
    })
}

/// Returns the managed resources of the environment that refer to a resource, each with the pointer of the reference.
async fn dependents(
    side: &Side<'_>,
    schema: &TypeSchema,
    live: &LiveResource,
) -> Result<(Vec<(ResourceRef, String)>, Vec<Unreadable>), CloudError> {
    let estate = managed(side.reader, side.events).await?;
    let mut found = Vec::new();
    for other in estate.live.values().filter(|other| other.resource != live.resource) {
        let Some(other_schema) = side.registry().get(&other.resource.type_name) else { continue };
        let bare = portable(other_schema, &other.properties);
        let mut place = None;
        pointer::for_each_string(&bare, &mut |at, text| {
            if place.is_none() && refers(schema, live, other_schema, at, text) {
                place = Some(at.to_owned());
            }
        });
        found.extend(place.map(|place| (other.resource.clone(), place)));
    }
    Ok((found, estate.unreadable))
}

/// True if a value names a resource: by its ARN, by an identifier that only it has, or in a property that holds an
/// attribute of its type.
fn refers(schema: &TypeSchema, live: &LiveResource, other: &TypeSchema, at: &str, text: &str) -> bool {
    let arn = live.arn.as_deref();
    if arn.is_some_and(|arn| text == arn || text.contains(&format!("{arn}/")) || text.contains(&format!("{arn}:"))) {
        return true;
    }
    let typed = other.references_at(at).any(|target| {
        let value = live.properties.pointer(&pointer::join("", &target.attribute)).and_then(Value::as_str);
        target.type_name == schema.type_name && value == Some(text)
    });
    // Generated ids are unique; a name may be a coincidence.
    let is_named = schema.name_property.as_ref().is_some_and(|name| live.properties.get(name).is_some());
    typed || (!is_named && text == live.resource.identifier)
}
