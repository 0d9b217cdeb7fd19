//! The statements of a policy, action by action.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::change::NotKnown;
use crate::domain::wildcard;

const PASSED_TO: &str = "iam:PassedToService";

/// A set of resources with the service that a role is passed to.
type Target = (BTreeSet<String>, BTreeSet<String>);

/// Actions by target.
#[derive(Default)]
pub(super) struct Grants {
    by_target: BTreeMap<Target, BTreeSet<String>>,
    pub(super) not_known: BTreeSet<NotKnown>,
}

impl Grants {
    /// Allows an action.
    pub(super) fn add(&mut self, action: &str, resources: BTreeSet<String>, passed_to: BTreeSet<String>) {
        self.by_target.entry((resources, passed_to)).or_default().insert(action.to_owned());
    }

    /// The statements: an action that is allowed on `*` needs no other resource.
    pub(super) fn statements(self) -> Vec<Value> {
        let star: Target = (BTreeSet::from(["*".to_owned()]), BTreeSet::new());
        let everywhere = self.by_target.get(&star).cloned().unwrap_or_default();
        let mut by_actions: BTreeMap<(BTreeSet<String>, BTreeSet<String>), BTreeSet<String>> = BTreeMap::new();
        let mut by_action: BTreeMap<(String, BTreeSet<String>), BTreeSet<String>> = BTreeMap::new();
        for ((resources, passed_to), found) in self.by_target {
            for action in found {
                if !(everywhere.contains(&action) && resources != star.0) {
                    by_action.entry((action, passed_to.clone())).or_default().extend(resources.iter().cloned());
                }
            }
        }
        for ((action, passed_to), resources) in by_action {
            by_actions.entry((without_covered(resources), passed_to)).or_default().insert(action);
        }
        by_actions
            .into_iter()
            .map(|((resources, passed_to), found)| {
                let mut statement = Map::new();
                statement.insert("Effect".to_owned(), json!("Allow"));
                statement.insert("Action".to_owned(), json!(found));
                let list: Vec<String> = resources.into_iter().collect();
                statement.insert("Resource".to_owned(), if list.len() == 1 { json!(list[0]) } else { json!(list) });
                if !passed_to.is_empty() {
                    let services: Vec<String> = passed_to.into_iter().collect();
                    let services = if services.len() == 1 { json!(services[0]) } else { json!(services) };
                    statement.insert("Condition".to_owned(), json!({"StringEquals": {PASSED_TO: services}}));
                }
                Value::Object(statement)
            })
            .collect()
    }
}

/// Leaves out resources that a pattern among them covers.
fn without_covered(resources: BTreeSet<String>) -> BTreeSet<String> {
    let is_covered = |one: &String| {
        resources.iter().any(|other| other != one && other.contains('*') && wildcard::matches_star(other, one))
    };
    resources.iter().filter(|one| !is_covered(one)).cloned().collect()
}
