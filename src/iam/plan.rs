//! The permissions that the changes of a plan need: those that the handlers of the types list, limited to the resources of the
//! plan, and those of Cloud Control itself.

mod change;
mod facts;
mod grants;
mod subject;

pub use change::{ChangeNeeds, NotKnown, PlanNeeds, PlannedChange};

use std::collections::BTreeSet;

use serde_json::Value;

use crate::domain::plan::Operation;
use crate::schema::{Registry, TypeSchema, actions, arn_pattern, general_facts};
use facts::PlanFacts;
use grants::Grants;
use subject::{INSTANCE_PROFILE, Subject};

/// What the changes of a plan need.
pub fn needs(registry: &Registry, changes: &[PlannedChange<'_>]) -> PlanNeeds {
    let plan = PlanFacts::new(registry, changes);
    let mut grants = Grants::default();
    let mut found = Vec::new();
    for change in changes {
        let mut own = ChangeNeeds {
            logical_id: change.logical_id.to_owned(),
            type_name: change.type_name.to_owned(),
            operation: change.operation,
            arn: plan.arns.get(change.logical_id).cloned(),
            actions: BTreeSet::new(),
        };
        let is_searched = plan.is_searched(registry, change);
        let route = registry.get(change.type_name).map_or(TagRoute::None, |schema| TagRoute::of(change, schema));
        let is_tagged_by_update = route == TagRoute::Update && plan.has_children(registry, change);
        let (handlers, calls) = calls_of(change.operation);
        let handlers = handlers.iter().chain(is_tagged_by_update.then_some(&"update"));
        let handlers: Vec<&str> = handlers.chain(is_searched.then_some(&"list")).copied().collect();
        let calls = calls.iter().chain(is_searched.then_some(&"cloudformation:ListResources"));
        for call in calls.chain(is_tagged_by_update.then_some(&"cloudformation:UpdateResource")) {
            own.actions.insert((*call).to_owned());
            grants.add(call, BTreeSet::from(["*".to_owned()]), BTreeSet::new());
        }
        let logical_id = change.logical_id.to_owned();
        match route {
            TagRoute::Api => {
                own.actions.insert(TAG_RESOURCES.to_owned());
                grants.add(TAG_RESOURCES, BTreeSet::from(["*".to_owned()]), BTreeSet::new());
                if change.operation != Operation::Tag {
                    let reason = format!("{IF_OTHER}; it is included");
                    grants.not_known.insert(NotKnown { logical_id, action: Some(TAG_RESOURCES.to_owned()), reason });
                }
            }
            TagRoute::Update if !is_tagged_by_update => {
                let reason = format!("{IF_OTHER}, with the permissions of the update handler; they are not included");
                let action = Some("cloudformation:UpdateResource".to_owned());
                grants.not_known.insert(NotKnown { logical_id, action, reason });
            }
            TagRoute::Update | TagRoute::None => {}
        }
        let desired = plan.resolved(change.desired);
        let Some(schema) = registry.get(change.type_name) else {
            let reason = "the type is not known, and neither are the permissions of its handlers".to_owned();
            let logical_id = change.logical_id.to_owned();
            grants.not_known.insert(NotKnown { logical_id, action: None, reason });
            found.push(own);
            continue;
        };
        let permissions = registry.permissions(change.type_name);
        let of = |handler: &&str| permissions.get(*handler).map(Vec::as_slice).unwrap_or_default();
        let is_listing = |handler: &&&str| **handler == "list";
        let listed: BTreeSet<&String> = handlers.iter().filter(|one| !is_listing(one)).flat_map(of).collect();
        let of_list: BTreeSet<&String> = handlers.iter().filter(is_listing).flat_map(of).collect();
        if listed.is_empty() && !handlers.is_empty() {
            let reason = "the handlers of the type do not say which permissions they need".to_owned();
            grants.not_known.insert(NotKnown { logical_id: change.logical_id.to_owned(), action: None, reason });
        }
        let arn = own.arn.clone();
        let pattern = plan.patterns.get(change.logical_id).cloned();
        let subject =
            Subject { change, schema, arn: arn.as_deref(), pattern, desired: &desired, plan: &plan, is_list: false };
        // Listing reads every resource of the type.
        let every = arn_pattern(schema, &Value::Null, change.account, change.region);
        let all = Subject { arn: None, pattern: every, is_list: true, ..subject.clone() };
        let wanted = listed.into_iter().map(|one| (&subject, one)).chain(of_list.into_iter().map(|one| (&all, one)));
        for (subject, permission) in wanted.filter(|(_, permission)| permission.contains(':')) {
            let action = spelled(permission);
            if subject.grant(&action, &mut grants) {
                own.actions.insert(action);
            }
        }
        own.actions.extend(subject.grant_stored(&mut grants));
        for action in tag_calls(change.type_name) {
            own.actions.insert((*action).to_owned());
            let pattern = plan.patterns.get(change.logical_id).cloned().unwrap_or_else(|| "*".to_owned());
            grants.add(action, BTreeSet::from([pattern]), BTreeSet::new());
        }
        found.push(own);
    }
    let not_known = std::mem::take(&mut grants.not_known);
    PlanNeeds { statements: grants.statements(), changes: found, not_known }
}

/// The action of a permission. The reference has some names in lower case only.
fn spelled(permission: &str) -> String {
    let Some(facts) = actions::action(permission) else { return permission.to_owned() };
    let Some((prefix, name)) = facts.name.split_once(':') else { return facts.name };
    match permission.split_once(':') {
        Some((_, own)) if !name.contains(|c: char| c.is_ascii_uppercase()) => format!("{prefix}:{own}"),
        _ => facts.name,
    }
}

/// The handlers that run for an operation, and the actions of stagegate's own calls.
fn calls_of(operation: Operation) -> (&'static [&'static str], &'static [&'static str]) {
    match operation {
        Operation::Create => (&["create", "read"], CREATE),
        Operation::Update => (&["update", "read"], UPDATE),
        Operation::Replace => (&["create", "delete", "read"], REPLACE),
        Operation::Delete => (&["delete", "read"], DELETE),
        Operation::Tag => (&["read"], TAG),
    }
}

const CREATE: &[&str] = &[
    "cloudformation:CreateResource",
    "cloudformation:GetResource",
    "cloudformation:GetResourceRequestStatus",
    "tag:GetResources",
];
const UPDATE: &[&str] = &[
    "cloudformation:GetResource",
    "cloudformation:GetResourceRequestStatus",
    "cloudformation:UpdateResource",
    "tag:GetResources",
];
const REPLACE: &[&str] = &[
    "cloudformation:CreateResource",
    "cloudformation:DeleteResource",
    "cloudformation:GetResource",
    "cloudformation:GetResourceRequestStatus",
    "tag:GetResources",
];
const DELETE: &[&str] = &[
    "cloudformation:DeleteResource",
    "cloudformation:GetResource",
    "cloudformation:GetResourceRequestStatus",
    "tag:GetResources",
];
const TAG: &[&str] = &["cloudformation:GetResource", "tag:GetResources"];

const TAG_RESOURCES: &str = "tag:TagResources";

/// When tags are changed after a resource was written.
const IF_OTHER: &str = "needed only if AWS stores other values than those that are sent, so that the tag with their record must be completed";

/// How the tags of a resource are changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TagRoute {
    /// Not at all, or by the service's own calls.
    None,
    /// By the tagging API.
    Api,
    /// By an update of the resource.
    Update,
}

impl TagRoute {
    fn of(change: &PlannedChange<'_>, schema: &TypeSchema) -> Self {
        let tagging = &schema.tagging;
        let is_tagged = tagging.property.is_some() && tagging.updatable && !tagging.beside_model;
        if !is_tagged || change.operation == Operation::Delete {
            return Self::None;
        }
        let is_served = !general_facts().not_in_tagging_api.iter().any(|name| name == change.type_name);
        // The tagging API needs the ARN, which only such types return.
        if schema.arn_property.is_some() && is_served { Self::Api } else { Self::Update }
    }
}

/// The calls of IAM for the tags of types whose models do not have them.
fn tag_calls(type_name: &str) -> &'static [&'static str] {
    match type_name {
        "AWS::IAM::ManagedPolicy" => &["iam:ListPolicyTags", "iam:TagPolicy"],
        INSTANCE_PROFILE => &["iam:ListInstanceProfileTags", "iam:TagInstanceProfile"],
        _ => &[],
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
