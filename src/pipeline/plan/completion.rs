//! The update that sets the references which a resource could not have at its creation.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::desired::{Desired, Origin};
use super::steps::StepBuilder;
use crate::domain::deferral::{Split, split};
use crate::domain::plan::{Action, Operation, Step, client_token};
use crate::domain::pointer;
use crate::domain::resource::Change;
use crate::domain::tags;

/// The steps that complete a resource, once the resources that it refers to exist.
#[derive(Debug)]
pub struct Completion {
    /// The logical ids of the resources that must exist.
    needs: BTreeSet<String>,
    steps: Vec<Step>,
}

impl Completion {
    /// Returns true if all resources that it refers to are among these.
    pub fn is_possible(&self, made: &BTreeSet<String>) -> bool {
        self.needs.is_subset(made)
    }

    /// Returns the steps.
    pub fn into_steps(self) -> Vec<Step> {
        self.steps
    }
}

/// The properties with which a resource is created, and those that are set later.
pub fn at_creation(desired: &Desired) -> Split {
    let none = || Split { first: desired.properties.clone(), later: Map::new() };
    if desired.deferred.is_empty() {
        return none();
    }
    split(desired.type_schema, &desired.properties, &desired.deferred).unwrap_or_else(none)
}

fn named_by(desired: &Desired) -> &str {
    match &desired.origin {
        Origin::Template(declared) => &declared.stack_resource,
        Origin::Change(_) => &desired.logical_id,
        Origin::Promotion(promoted) => &promoted.source.resource.identifier,
    }
}

impl StepBuilder<'_> {
    /// Creates the steps that complete a new resource; `None` if it is complete when it is created.
    pub fn completion(&self, desired: &Desired) -> Option<Completion> {
        let Split { first, later } = at_creation(desired);
        if later.is_empty() {
            return None;
        }
        let place = |name: &str| pointer::join("", name);
        // `add` replaces what AWS has filled in in the meantime.
        let patch: Value =
            later.iter().map(|(name, value)| json!({"op": "add", "path": place(name), "value": value})).collect();
        let change = |(name, value): (&String, &Value)| Change {
            pointer: place(name),
            before: first.get(name).cloned(),
            after: Some(value.clone()),
        };
        let environment = self.target.environment;
        let token = client_token(
            self.target.registry(),
            &environment.account,
            &environment.region,
            Operation::Update,
            desired.type_name(),
            None,
            // Not the creation's token: it depends on which other resources exist already.
            &json!([patch, named_by(desired)]),
        );
        let changes = later.iter().map(change).collect();
        // What was read back after the creation must not have changed since.
        let action = Action::Update { patch, expected: Value::Object(later), found: String::new() };
        let own = &desired.logical_id;
        let needs: BTreeSet<String> = desired.deferred.iter().chain([own]).cloned().collect();
        // As of the update of a resource that exists.
        let depends_on: BTreeSet<String> = needs.union(&desired.depends_on).cloned().collect();
        let update = Step {
            changes,
            target_of: Some(own.clone()),
            depends_on: depends_on.into_iter().collect(),
            client_token: token,
            rewrites: Vec::new(),
            ..self.base_step(desired, self.target, action)
        };
        let mut steps = vec![update.clone()];
        let schema = desired.type_schema;
        if let (Origin::Template(template), true) =
            (&desired.origin, schema.tagging.property.is_some() && schema.tagging.updatable)
        {
            let record = template.applied_digest(&desired.properties);
            let tags = BTreeMap::from([(tags::APPLIED_DIGEST.to_owned(), record)]);
            steps.push(Step {
                action: Action::Tag { tags },
                changes: Vec::new(),
                client_token: format!("{}-record", update.client_token),
                ..update
            });
        }
        Some(Completion { needs, steps })
    }
}
