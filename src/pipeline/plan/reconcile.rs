//! Decides the action for each desired resource. A pure function: existing resources were looked up before.

use serde_json::Value;

use super::declared::{self, Comparison};
use super::desired::{Declared, Desired, Existing, Origin};
use crate::compare::drift::{differences, observed_digest, undoes_changes};
use crate::compare::patch::patch;
use crate::compare::separate;
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::portable::portable;
use crate::domain::resource::{Change, LiveResource, ResourceRef};
use crate::domain::tags;
use crate::schema::TypeSchema;

/// The decision for a resource.
#[derive(Debug, Clone, PartialEq)]
pub enum Decision {
    /// The resource does not exist.
    Create,
    /// An earlier run of the same request created the resource with this identifier.
    Adopt(String),
    /// The resource exists and differs.
    Update {
        /// JSON Patch (RFC 6902).
        patch: Value,
        /// The expected properties after the update.
        expected: Value,
        /// The digest of the existing resource.
        found: String,
        /// The differences.
        changes: Vec<Change>,
        /// JSON pointers of changes made in the account that are undone.
        overwrites: Vec<String>,
    },
    /// The resource exists and differs in create-only properties.
    Replace {
        /// The digest of the existing resource.
        found: String,
        /// The differences.
        changes: Vec<Change>,
        /// JSON pointers of changes made in the account that are undone.
        overwrites: Vec<String>,
    },
    /// The resource exists and matches.
    NoChange {
        /// The record of what stagegate wrote does not match the template.
        is_record_stale: bool,
    },
    /// A foreign resource with the same identifier exists.
    Refuse(Box<Diagnostic>),
}

/// Decides the action for a resource in an environment.
pub fn reconcile(desired: &Desired, environment: &str) -> Decision {
    match &desired.existing {
        Existing::Absent => Decision::Create,
        Existing::CreatedEarlier(identifier) => Decision::Adopt(identifier.clone()),
        Existing::Live(live) => match &desired.origin {
            Origin::Promotion(promoted) if promoted.is_tag_lost => Decision::NoChange { is_record_stale: false },
            Origin::Template(declared) => compare_declared(desired, declared, live).0,
            Origin::Promotion(_) | Origin::Change(_) => compare(desired, live),
        },
        Existing::Unclear(problem) => Decision::Refuse(problem.clone()),
        Existing::Foreign(resource) => Decision::Refuse(Box::new(conflict(desired, resource, environment))),
    }
}

/// Decides about a resource of a template; also returns the JSON pointers of changes in the account that stay.
pub fn compare_declared(desired: &Desired, declared: &Declared, live: &LiveResource) -> (Decision, Vec<String>) {
    let schema = desired.type_schema;
    let Declared { ownership, keep_live, separate, .. } = declared;
    let (properties, others) = separate::split(&live.properties, &desired.properties, separate);
    let own = LiveResource { properties, ..live.clone() };
    let result = declared::compare(schema, &desired.properties, &own, *ownership, *keep_live);
    let Comparison { changes, overwrites, kept, mut expected, is_record_stale } = result;
    separate::join(&mut expected, &others);
    if changes.is_empty() {
        return (Decision::NoChange { is_record_stale }, kept);
    }
    let found = observed_digest(schema, &live.properties);
    let decision = match needs_replacement(schema, &changes) {
        true => Decision::Replace { found, changes, overwrites },
        false => {
            let patch = patch(schema, &live.properties, &expected);
            Decision::Update { patch, expected, found, changes, overwrites }
        }
    };
    (decision, kept)
}

fn write_only_values(schema: &TypeSchema, properties: &Value) -> Vec<(String, Value)> {
    let selected = schema.write_only.iter().flat_map(|path| path.select(properties));
    selected.map(|(pointer, value)| (pointer, value.clone())).collect()
}

/// True if a property that can only be set at creation changes.
fn needs_replacement(schema: &TypeSchema, changes: &[Change]) -> bool {
    !schema.handlers.update
        || changes
            .iter()
            .any(|change| schema.is_create_only(&change.pointer) || schema.is_conditional_create_only(&change.pointer))
}

/// The properties that a resource should have, with the tags of the existing one that are kept, and the differences.
pub fn changes(schema: &TypeSchema, desired: &Value, target: &LiveResource) -> (Value, Vec<Change>) {
    let mut body = desired.clone();
    let mut present = portable(schema, &target.properties);
    if let (Some(property), true) = (&schema.tagging.property, schema.tagging.beside_model) {
        // A step of its own changes them.
        [&mut body, &mut present].into_iter().filter_map(Value::as_object_mut).for_each(|map| {
            map.shift_remove(property);
        });
    }
    // The existing tags of the counterpart are kept, and the desired tags are added.
    else if let Some((property, value)) = tags::merged(schema, &target.properties, &tags::read(schema, &body))
        && let Value::Object(map) = &mut body
    {
        map.insert(property, value);
    }
    let found = differences(schema, &body, &present);
    let turned = |change: Change| Change { pointer: change.pointer, before: change.after, after: change.before };
    let changes = found.into_iter().map(turned).collect();
    (body, changes)
}

fn compare(desired: &Desired, target: &LiveResource) -> Decision {
    let schema = desired.type_schema;
    let (body, mut changes) = changes(schema, &desired.properties, target);
    // Write-only values, such as code and passwords, are always a change if provided. They are displayed as changed,
    // without their value.
    let given = match &desired.origin {
        Origin::Promotion(promoted) => promoted.inputs.clone().into_iter().collect(),
        Origin::Change(request) => write_only_values(schema, &request.declared),
        Origin::Template(_) => Vec::new(),
    };
    changes.extend(given.into_iter().map(|(pointer, value)| Change { pointer, before: None, after: Some(value) }));
    if changes.is_empty() {
        return Decision::NoChange { is_record_stale: false };
    }
    let found = observed_digest(schema, &target.properties);
    let overwrites = match &desired.origin {
        Origin::Promotion(promoted) if undoes_changes(schema, &promoted.source, target) => {
            let places = changes.iter().map(|change| change.pointer.clone());
            places.filter(|place| !promoted.inputs.contains_key(place)).collect()
        }
        _ => Vec::new(),
    };
    if needs_replacement(schema, &changes) {
        return Decision::Replace { found, changes, overwrites };
    }
    Decision::Update { patch: patch(schema, &target.properties, &body), expected: body, found, changes, overwrites }
}

fn conflict(desired: &Desired, resource: &ResourceRef, environment: &str) -> Diagnostic {
    match &desired.origin {
        Origin::Change(_) => {
            Diagnostic::error(Code::AlreadyExists, format!("{resource} already exists in {environment}"))
        }
        Origin::Template(declared) => Diagnostic::error(
            Code::AlreadyExists,
            format!("{resource} already exists in {environment}, and its tags do not show that this stack created it"),
        )
        .at(declared.written.source.resource.clone())
        .resource(&desired.logical_id)
        .hint("use a different name; stagegate does not take over resources that it did not create"),
        Origin::Promotion(promoted) => {
            let own = &promoted.source.resource;
            Diagnostic::error(
                Code::NameTaken,
                format!(
                    "{resource} already exists in {environment} and is not the recorded counterpart of {}",
                    own.identifier
                ),
            )
            .resource(own.to_string())
            .hint(format!(
                "choose another name with --name '{}/{}=NAME', or, if it is the counterpart, map it in stagegate.yaml: promotion.map: {{ \"{}\": \"{}\" }}",
                own.type_name, own.identifier, own.identifier, resource.identifier
            ))
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use serde_json::json;

    use super::*;
    use crate::domain::tags::Tags;
    use crate::pipeline::plan::desired::Promoted;
    use crate::schema::Registry;

    fn live(id: &str, properties: Value) -> LiveResource {
        LiveResource { resource: ResourceRef::new("AWS::SQS::Queue", id), properties, tags: Tags::new(), arn: None }
    }

    fn decide(properties: Value, inputs: BTreeMap<String, Value>, existing: Existing) -> Decision {
        let promoted = Promoted {
            source: live("jobs-dev", json!({})),
            rewrites: vec![],
            inputs,
            needed: vec![],
            not_copied: vec![],
            is_tag_lost: false,
            is_incomplete: false,
            preferred: BTreeSet::new(),
        };
        let desired = Desired {
            logical_id: "Queue".into(),
            type_schema: Registry::embedded().get("AWS::SQS::Queue").unwrap(),
            properties,
            identifier: None,
            depends_on: BTreeSet::new(),
            deferred: BTreeSet::new(),
            origin: Origin::Promotion(Box::new(promoted)),
            existing,
        };
        reconcile(&desired, "prod")
    }

    fn counterpart(properties: Value) -> Existing {
        Existing::Live(Box::new(live("jobs-prod", properties)))
    }

    #[test]
    fn an_absent_resource_is_created_and_one_of_an_earlier_run_is_adopted() {
        assert_eq!(decide(json!({}), BTreeMap::new(), Existing::Absent), Decision::Create);
        let made = Existing::CreatedEarlier("q".into());
        assert_eq!(decide(json!({}), BTreeMap::new(), made), Decision::Adopt("q".into()));
    }

    #[test]
    fn an_equal_counterpart_needs_no_change() {
        let same = json!({"QueueName": "jobs-prod", "VisibilityTimeout": 60});
        assert_eq!(
            decide(same.clone(), BTreeMap::new(), counterpart(same)),
            Decision::NoChange { is_record_stale: false }
        );
    }

    #[test]
    fn a_difference_is_patched_and_shown_from_actual_to_desired() {
        let wanted = json!({"QueueName": "jobs-prod", "VisibilityTimeout": 60});
        let found = counterpart(json!({"QueueName": "jobs-prod", "VisibilityTimeout": 30}));
        let Decision::Update { patch, changes, .. } = decide(wanted, BTreeMap::new(), found) else { panic!() };
        assert_eq!(patch, json!([{"op": "replace", "path": "/VisibilityTimeout", "value": 60}]));
        let expected = Change { pointer: "/VisibilityTimeout".into(), before: Some(json!(30)), after: Some(json!(60)) };
        assert_eq!(changes, [expected]);
    }

    #[test]
    fn a_difference_in_a_create_only_property_is_a_replacement() {
        let wanted = json!({"QueueName": "jobs-prod", "FifoQueue": true});
        let found = counterpart(json!({"QueueName": "jobs-prod"}));
        assert!(matches!(decide(wanted, BTreeMap::new(), found), Decision::Replace { .. }));
    }

    #[test]
    fn a_write_only_value_is_always_a_change() {
        let same = json!({"QueueName": "jobs-prod"});
        let inputs = BTreeMap::from([("/Secret".to_owned(), json!("x"))]);
        assert!(matches!(decide(same.clone(), inputs, counterpart(same)), Decision::Update { .. }));
    }

    #[test]
    fn a_foreign_resource_is_refused_by_name() {
        let other = Existing::Foreign(ResourceRef::new("AWS::SQS::Queue", "jobs-prod"));
        let Decision::Refuse(problem) = decide(json!({}), BTreeMap::new(), other) else { panic!() };
        assert!(problem.message.contains("jobs-prod") && problem.message.contains("prod"), "{problem:?}");
    }
}
