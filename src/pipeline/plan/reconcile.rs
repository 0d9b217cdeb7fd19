//! What has to be done for each desired resource: the one decision that every plan rests on. Pure: what
//! exists was looked up before.

use serde_json::Value;

use super::desired::{Desired, Existing, Origin};
use crate::compare::drift::{differences, observed_digest};
use crate::compare::patch::patch;
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::portable::portable;
use crate::domain::resource::{Change, LiveResource, ResourceRef};
use crate::domain::tags;

/// What has to be done for a resource.
#[derive(Debug, Clone, PartialEq)]
pub enum Decision {
    /// It does not exist.
    Create,
    /// An earlier run of this same request has made it; its identifier.
    Adopt(String),
    /// It exists and differs.
    Update {
        /// RFC 6902.
        patch: Value,
        /// The properties as they should be afterwards.
        expected: Value,
        /// The digest of the resource as it was found.
        found: String,
        /// What differs.
        changes: Vec<Change>,
    },
    /// It exists and differs in what can only be set at creation.
    Replace {
        /// The digest of the resource as it was found.
        found: String,
        /// What differs.
        changes: Vec<Change>,
    },
    /// It exists as it should be.
    NoChange,
    /// Somebody else's resource is in its place.
    Refuse(Box<Diagnostic>),
}

/// Decides what has to be done for a resource in an environment.
pub fn reconcile(desired: &Desired, environment: &str) -> Decision {
    match &desired.existing {
        Existing::Absent => Decision::Create,
        Existing::MadeBefore(identifier) => Decision::Adopt(identifier.clone()),
        Existing::Counterpart(live) => compare(desired, live),
        Existing::Foreign(resource) => Decision::Refuse(Box::new(in_the_way(desired, resource, environment))),
    }
}

fn compare(desired: &Desired, target: &LiveResource) -> Decision {
    let schema = desired.type_schema;
    let mut body = desired.properties.clone();
    // The counterpart's own tags stay as they are; the other tags that are wanted come on top.
    if let Some((property, value)) = tags::merged(schema, &target.properties, &tags::read(schema, &body))
        && let Value::Object(map) = &mut body
    {
        map.insert(property, value);
    }
    let mut changes: Vec<Change> = differences(schema, &body, &portable(schema, &target.properties))
        .into_iter()
        .map(|change| Change { pointer: change.pointer, before: change.after, after: change.before })
        .collect();
    // A read returns no code and no password: one that was given is always a change, and is shown (as
    // set, never what it is).
    if let Origin::Promotion(promoted) = &desired.origin {
        let given = promoted.inputs.iter();
        changes.extend(given.map(|(place, value)| Change {
            pointer: place.clone(),
            before: None,
            after: Some(value.clone()),
        }));
    }
    if changes.is_empty() {
        return Decision::NoChange;
    }
    let found = observed_digest(schema, &target.properties);
    if changes.iter().any(|change| schema.is_create_only(&change.pointer)) {
        return Decision::Replace { found, changes };
    }
    Decision::Update { patch: patch(schema, &target.properties, &body), expected: body, found, changes }
}

fn in_the_way(desired: &Desired, resource: &ResourceRef, environment: &str) -> Diagnostic {
    match &desired.origin {
        Origin::Template(written) => Diagnostic::error(
            Code::AlreadyExists,
            format!("{resource} exists already in {environment}, and was not made by this request"),
        )
        .at(written.source.resource.clone())
        .resource(&desired.logical_id)
        .hint("choose another name; stagegate never takes over what it did not make"),
        Origin::Promotion(promoted) => {
            let own = &promoted.source.resource;
            Diagnostic::error(
                Code::NameTaken,
                format!(
                    "{resource} exists already in {environment} and is not known as the counterpart of {}",
                    own.identifier
                ),
            )
            .resource(own.to_string())
            .hint(format!(
                "rename one of them, or, if it is the counterpart, say so in stagegate.yaml: promotion.map: {{ \"{}\": \"{}\" }}",
                own.identifier, resource.identifier
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
        let promoted = Promoted { source: live("jobs-dev", json!({})), rewrites: vec![], inputs };
        let desired = Desired {
            logical_id: "Queue".into(),
            type_schema: Registry::get("AWS::SQS::Queue").unwrap(),
            properties,
            identifier: None,
            depends_on: BTreeSet::new(),
            origin: Origin::Promotion(Box::new(promoted)),
            existing,
        };
        reconcile(&desired, "prod")
    }

    fn counterpart(properties: Value) -> Existing {
        Existing::Counterpart(Box::new(live("jobs-prod", properties)))
    }

    #[test]
    fn what_is_absent_is_created_and_what_an_earlier_run_made_is_adopted() {
        assert_eq!(decide(json!({}), BTreeMap::new(), Existing::Absent), Decision::Create);
        let made = Existing::MadeBefore("q".into());
        assert_eq!(decide(json!({}), BTreeMap::new(), made), Decision::Adopt("q".into()));
    }

    #[test]
    fn an_equal_counterpart_needs_nothing() {
        let same = json!({"QueueName": "jobs-prod", "VisibilityTimeout": 60});
        assert_eq!(decide(same.clone(), BTreeMap::new(), counterpart(same)), Decision::NoChange);
    }

    #[test]
    fn a_difference_is_patched_and_shown_from_what_there_is_to_what_is_wanted() {
        let wanted = json!({"QueueName": "jobs-prod", "VisibilityTimeout": 60});
        let found = counterpart(json!({"QueueName": "jobs-prod", "VisibilityTimeout": 30}));
        let Decision::Update { patch, changes, .. } = decide(wanted, BTreeMap::new(), found) else { panic!() };
        assert_eq!(patch, json!([{"op": "replace", "path": "/VisibilityTimeout", "value": 60}]));
        let expected = Change { pointer: "/VisibilityTimeout".into(), before: Some(json!(30)), after: Some(json!(60)) };
        assert_eq!(changes, [expected]);
    }

    #[test]
    fn a_difference_in_what_only_creation_sets_is_a_replacement() {
        let wanted = json!({"QueueName": "jobs-prod", "FifoQueue": true});
        let found = counterpart(json!({"QueueName": "jobs-prod"}));
        assert!(matches!(decide(wanted, BTreeMap::new(), found), Decision::Replace { .. }));
    }

    #[test]
    fn a_value_that_no_read_returns_is_always_a_change() {
        let same = json!({"QueueName": "jobs-prod"});
        let inputs = BTreeMap::from([("/Secret".to_owned(), json!("x"))]);
        assert!(matches!(decide(same.clone(), inputs, counterpart(same)), Decision::Update { .. }));
    }

    #[test]
    fn somebody_elses_resource_is_refused_by_name() {
        let other = Existing::Foreign(ResourceRef::new("AWS::SQS::Queue", "jobs-prod"));
        let Decision::Refuse(problem) = decide(json!({}), BTreeMap::new(), other) else { panic!() };
        assert!(problem.message.contains("jobs-prod") && problem.message.contains("prod"), "{problem:?}");
    }
}
