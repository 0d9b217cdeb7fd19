//! The change of a live resource that a command states.

use std::collections::BTreeSet;

use serde_json::Value;

use super::resumed::{self, ApprovedBefore};
use crate::domain::assign::assign;
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::plan::{ChecklistItem, ChecklistState, Plan};
use crate::domain::pointer;
use crate::domain::portable::portable;
use crate::domain::resource::{LiveResource, ResourceRef};
use crate::estimate::Estimate;
use crate::pipeline::estate;
use crate::pipeline::plan::declared::with_declared;
use crate::pipeline::plan::desired::{ChangeRequest, Desired, Existing, Origin};
use crate::pipeline::plan::{PlanContext, Planned, Side, assemble};
use crate::pipeline::ports::CloudError;
use crate::schema::{AccountRegion, TypeSchema, predict_identifier};

/// How a live resource is changed.
#[derive(Debug, Clone, PartialEq)]
pub enum Edit {
    /// Properties to set, and then single values by their pointers.
    Properties {
        /// Objects are merged, and `null` removes a property.
        declared: Value,
        /// Values by JSON pointer, in the order given; `null` removes a value.
        sets: Vec<(String, Value)>,
    },
    /// A JSON Patch (RFC 6902) of the live properties.
    Patch(json_patch::Patch),
}

/// Why a change cannot be planned.
#[derive(Debug)]
pub enum ChangeError {
    /// AWS could not be read.
    Cloud(CloudError),
    /// The change does not fit the resource.
    Refused(Vec<Diagnostic>),
}

impl From<CloudError> for ChangeError {
    fn from(error: CloudError) -> Self {
        Self::Cloud(error)
    }
}

/// Plans the change of a live resource. `approved` is the plan that an approval is for: it may be interrupted.
///
/// # Errors
/// The resource does not exist or cannot be read, or the change does not fit it.
pub async fn plan(
    context: &PlanContext<'_>,
    side: &Side<'_>,
    resource: &ResourceRef,
    edit: &Edit,
    approved: Option<ApprovedBefore<'_>>,
) -> Result<(Planned, Estimate), ChangeError> {
    let environment = &side.environment.name;
    let Some(type_schema) = side.registry().get(&resource.type_name) else {
        return Err(refused(Diagnostic::error(Code::UnknownType, format!("{} is unknown", resource.type_name))));
    };
    let Some(live) = estate::read(side.reader, resource, None).await? else {
        return resumed::plan(context, side, resource, edit, approved).await;
    };
    if type_schema.is_service_owned(&resource.identifier, live.arn.as_deref()) {
        let problem = Diagnostic::error(Code::ServiceOwned, format!("{resource} belongs to AWS and cannot be changed"));
        return Err(refused(problem.resource(resource.to_string())));
    }
    let untagged =
        approved.map(|approved| resumed::missing_tags(side.environment, &live, approved)).unwrap_or_default();
    let (properties, declared) = edited(type_schema, &live, edit).map_err(ChangeError::Refused)?;
    let plan = Plan::new(context.as_of, side.environment, side.registry());
    let place = AccountRegion { account: side.environment.account.as_str(), region: &side.environment.region };
    let desired = Desired {
        logical_id: logical_id(resource),
        type_schema,
        // A replacement under another name, or without a name, is created before the old resource is deleted.
        identifier: predict_identifier(type_schema, &properties, place),
        properties,
        depends_on: BTreeSet::new(),
        deferred: BTreeSet::new(),
        origin: Origin::Change(Box::new(ChangeRequest { declared })),
        existing: Existing::Live(Box::new(live)),
    };
    let (mut planned, estimate, _) = assemble(context, side, None, vec![desired], plan).await?;
    if planned.plan.steps.is_empty() {
        planned.plan.steps = untagged;
    }
    planned.checklist = vec![
        ChecklistItem {
            item: "account verified",
            state: ChecklistState::Ok,
            evidence: format!("STS: {}", side.account.arn()),
        },
        ChecklistItem {
            item: "resource readable",
            state: ChecklistState::Ok,
            evidence: format!("{resource} was read from {environment}"),
        },
    ];
    Ok((planned, estimate))
}

/// The name of the resource within the plan.
pub fn logical_id(resource: &ResourceRef) -> String {
    let service = resource.type_name.rsplit("::").next().unwrap_or_default();
    service.to_owned()
}

/// The diagnostic for a resource that does not exist.
pub fn absent(resource: &ResourceRef, environment: &str) -> Diagnostic {
    Diagnostic::error(Code::NotFound, format!("{resource} does not exist in {environment}"))
        .resource(resource.to_string())
        .hint("check the identifier; `stagegate drift` and `stagegate tag-audit` list the managed resources")
}

/// The refusal of a change for one reason.
pub fn refused(problem: Diagnostic) -> ChangeError {
    ChangeError::Refused(vec![problem])
}

/// The properties after the change, and the part that the change sets.
fn edited(schema: &TypeSchema, live: &LiveResource, edit: &Edit) -> Result<(Value, Value), Vec<Diagnostic>> {
    let before = portable(schema, &live.properties);
    match edit {
        Edit::Properties { declared, sets } => {
            let mut after = with_edit(&before, declared, sets, &live.resource)?;
            let mut part = changed_members(&before, &after);
            crate::schema::coerce(schema, &mut part);
            if let (Value::Object(after), Value::Object(part)) = (&mut after, &part) {
                after.extend(part.clone());
            }
            Ok((after, part))
        }
        Edit::Patch(patch) => {
            let mut after = before.clone();
            json_patch::patch(&mut after, patch).map_err(|error| {
                vec![
                    Diagnostic::error(Code::BadPatch, format!("the patch does not fit {}: {error}", live.resource))
                        .resource(live.resource.to_string())
                        .hint("pointers refer to the live properties without read-only and write-only ones"),
                ]
            })?;
            let declared = changed_members(&before, &after);
            let problems: Vec<Diagnostic> = declared
                .as_object()
                .into_iter()
                .flatten()
                .filter(|(name, _)| schema.is_read_only(&format!("/{name}")) || !schema.properties.contains(name))
                .map(|(name, _)| {
                    let what = if schema.properties.contains(name) { "read-only" } else { "unknown" };
                    Diagnostic::error(Code::BadPatch, format!("{} has the {what} property /{name}", live.resource))
                        .resource(live.resource.to_string())
                        .pointer(format!("/{name}"))
                        .hint(format!("run `stagegate schema {}` for its properties", schema.type_name))
                })
                .collect();
            if problems.is_empty() { Ok((after, declared)) } else { Err(problems) }
        }
    }
}

/// The properties with values set; the arguments are those of [`Edit::Properties`].
///
/// # Errors
/// A value does not fit its place.
pub fn with_edit(
    before: &Value,
    declared: &Value,
    sets: &[(String, Value)],
    resource: &ResourceRef,
) -> Result<Value, Vec<Diagnostic>> {
    let mut after = with_declared(before, declared);
    remove_nulls(&mut after, declared);
    for (place, value) in sets {
        assign(&mut after, &pointer::tokens(place), value.clone()).map_err(|error| {
            vec![
                Diagnostic::error(Code::InvalidSet, format!("`--set {place}`: {}", error.message))
                    .resource(resource.to_string())
                    .pointer(place)
                    .hint(error.hint),
            ]
        })?;
    }
    Ok(after)
}

/// Removes the members that the change sets to `null`.
fn remove_nulls(value: &mut Value, declared: &Value) {
    let (Value::Object(map), Value::Object(declared)) = (value, declared) else { return };
    for (name, wanted) in declared {
        if wanted.is_null() {
            map.shift_remove(name);
        } else if let Some(child) = map.get_mut(name) {
            remove_nulls(child, wanted);
        }
    }
}

/// The top-level members that differ, with their new values.
fn changed_members(before: &Value, after: &Value) -> Value {
    let members = after.as_object().into_iter().flatten();
    members
        .filter(|(name, value)| before.get(name.as_str()) != Some(value))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::tags::Tags;

    fn queue(properties: Value) -> LiveResource {
        LiveResource { resource: ResourceRef::new("AWS::SQS::Queue", "q"), properties, tags: Tags::new(), arn: None }
    }

    fn edited(properties: Value, edit: Edit) -> Result<(Value, Value), Vec<Diagnostic>> {
        super::edited(TypeSchema::embedded("AWS::SQS::Queue").unwrap(), &queue(properties), &edit)
    }

    #[test]
    fn properties_are_merged_and_null_removes() {
        let live = json!({"QueueName": "jobs", "DelaySeconds": 5, "RedrivePolicy": {"a": 1, "b": 2}, "Arn": "arn:x"});
        let declared = json!({"VisibilityTimeout": "60", "DelaySeconds": null, "RedrivePolicy": {"a": 3}});
        let sets = vec![("/RedrivePolicy/b".to_owned(), Value::Null), ("/KmsMasterKeyId".to_owned(), json!("k"))];
        let (after, part) = edited(live, Edit::Properties { declared, sets }).unwrap();
        let changed = json!({"RedrivePolicy": {"a": 3}, "VisibilityTimeout": 60, "KmsMasterKeyId": "k"});
        assert_eq!(part, changed);
        assert_eq!(after["QueueName"], "jobs");
        assert_eq!(after["RedrivePolicy"], json!({"a": 3}));
        assert!(after.get("DelaySeconds").is_none());
        let wrong = Edit::Properties { declared: json!({}), sets: vec![("/QueueName/x".to_owned(), json!(1))] };
        assert_eq!(edited(json!({"QueueName": "jobs"}), wrong).unwrap_err()[0].code, Code::InvalidSet);
    }

    #[test]
    fn a_patch_is_applied_to_what_can_be_changed() {
        let patch = |value: Value| Edit::Patch(serde_json::from_value(value).unwrap());
        let live = json!({"QueueName": "jobs", "Arn": "arn:x"});
        let add = patch(json!([{"op": "add", "path": "/DelaySeconds", "value": 5}]));
        assert_eq!(edited(live.clone(), add).unwrap().0, json!({"QueueName": "jobs", "DelaySeconds": 5}));
        for wrong in [
            json!([{"op": "replace", "path": "/Nothing/Deep", "value": 5}]),
            json!([{"op": "add", "path": "/Unknown", "value": 5}]),
            json!([{"op": "add", "path": "/Arn", "value": "arn:y"}]),
            json!([{"op": "test", "path": "/QueueName", "value": "other"}]),
        ] {
            let problems = edited(live.clone(), patch(wrong)).unwrap_err();
            assert_eq!(problems[0].code, Code::BadPatch, "{problems:?}");
        }
    }
}
