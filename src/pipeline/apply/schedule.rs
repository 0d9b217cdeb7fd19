//! Which steps may run side by side.
//!
//! A step waits only for steps before it in the plan, so that the order of the plan is always one of the possible orders
//! and no step waits forever.

use std::cell::RefCell;
use std::collections::BTreeSet;

use serde_json::Value;

use crate::domain::intrinsics::{Symbol, resolve_symbols};
use crate::domain::plan::{Action, Step, TagValue};
use crate::domain::tags;

/// The phase of a step. A step waits for all steps of earlier phases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    /// Tags that announce what is about to be changed: they let a later run finish an interrupted promotion.
    Mark,
    /// Changes of resources, with the tags on them.
    Change,
    /// Deletions of replaced resources: changed resources may refer to them until then.
    Cleanup,
    /// Tags that record what was completed.
    Record,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Waiting,
    Running,
    Done,
    Stopped,
}

/// The steps of a plan that is being applied.
pub(super) struct Schedule {
    /// For each step, the steps that must complete first.
    waits_for: Vec<Vec<usize>>,
    states: Vec<State>,
}

impl Schedule {
    /// Creates the schedule of the steps of a plan, none of which has started.
    pub(super) fn new(steps: &[Step]) -> Self {
        let phases = phases(steps);
        let needed: Vec<BTreeSet<String>> = steps.iter().map(needed).collect();
        let waits = |later: usize, earlier: usize| {
            phases[earlier] < phases[later]
                || needed[later].contains(&steps[earlier].logical_id)
                || are_of_one_resource(&steps[earlier], &steps[later])
                || are_deletions(&steps[earlier], &steps[later])
        };
        let waits_for =
            (0..steps.len()).map(|later| (0..later).filter(|earlier| waits(later, *earlier)).collect()).collect();
        Self { waits_for, states: vec![State::Waiting; steps.len()] }
    }

    /// Returns the first step in the order of the plan that can start now.
    pub(super) fn next(&self) -> Option<usize> {
        let is_ready = |index: &usize| {
            self.states[*index] == State::Waiting
                && self.waits_for[*index].iter().all(|earlier| self.states[*earlier] == State::Done)
        };
        (0..self.states.len()).find(is_ready)
    }

    /// Notes that a step was started.
    pub(super) fn start(&mut self, index: usize) {
        self.states[index] = State::Running;
    }

    /// Returns the steps that were started and have not ended.
    pub(super) fn running(&self) -> impl Iterator<Item = usize> {
        (0..self.states.len()).filter(|index| self.states[*index] == State::Running)
    }

    /// Notes that a step ended and is not complete.
    pub(super) fn stopped(&mut self, index: usize) {
        self.states[index] = State::Stopped;
    }

    /// Notes that a step is complete.
    pub(super) fn done(&mut self, index: usize) {
        self.states[index] = State::Done;
    }
}

fn phases(steps: &[Step]) -> Vec<Phase> {
    let first_change = steps.iter().position(|step| step.action.changes_resource()).unwrap_or(0);
    let phase = |(index, step): (usize, &Step)| match &step.action {
        Action::Delete { replaced: true, .. } => Phase::Cleanup,
        Action::Tag { tags }
            if [tags::PROMOTED_DIGEST, tags::STACK_CHILDREN].iter().any(|key| tags.contains_key(*key)) =>
        {
            Phase::Record
        }
        Action::Tag { .. } if index < first_change => Phase::Mark,
        _ => Phase::Change,
    };
    steps.iter().enumerate().map(phase).collect()
}

/// Returns true if both steps concern the same resource.
fn are_of_one_resource(one: &Step, other: &Step) -> bool {
    let is_known = one.identifier.is_some() && one.identifier == other.identifier;
    one.logical_id == other.logical_id
        || is_known && one.type_name == other.type_name && one.environment == other.environment
}

/// The plan's order of deletions is from a resource to those that it refers to.
fn are_deletions(one: &Step, other: &Step) -> bool {
    let is_deletion = |step: &Step| matches!(step.action, Action::Delete { .. });
    is_deletion(one) && is_deletion(other)
}

/// Returns the logical ids of the steps that a step needs: declared, and those whose values are in its request.
fn needed(step: &Step) -> BTreeSet<String> {
    let mut needed: BTreeSet<String> = step.depends_on.iter().chain(&step.target_of).cloned().collect();
    match &step.action {
        Action::Create { desired } | Action::Replace { desired, .. } => needed.extend(referenced(desired)),
        Action::Update { patch, expected, .. } => {
            needed.extend(referenced(patch));
            needed.extend(referenced(expected));
        }
        Action::Tag { tags } => {
            for value in tags.values() {
                match value {
                    TagValue::IdentifierOf(name) => {
                        needed.insert(name.clone());
                    }
                    TagValue::AppliedDigest { declared, .. } => needed.extend(referenced(declared)),
                    TagValue::Children { members, .. } => {
                        let made = members.iter().filter(|child| child.identifier.is_none());
                        needed.extend(made.map(|child| child.logical_id.clone()));
                    }
                    TagValue::Text(_) | TagValue::OwnDigest | TagValue::Removed => {}
                }
            }
        }
        Action::Delete { .. } => {}
    }
    needed
}

/// Returns the logical ids that a document refers to.
fn referenced(document: &Value) -> BTreeSet<String> {
    let names = RefCell::new(BTreeSet::new());
    let _ = resolve_symbols(document, &|symbol| {
        let (Symbol::Ref(name) | Symbol::GetAtt(name, _)) = symbol;
        names.borrow_mut().insert(name.clone());
        None
    });
    names.into_inner()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;
    use crate::domain::project::Project;

    fn step(logical_id: &str, action: Action) -> Step {
        let project = Project::sandbox();
        let environment = project.environment("dev").unwrap();
        Step::new(environment, logical_id.to_owned(), ("AWS::SQS::Queue", None), action, logical_id.to_owned())
    }

    fn create(logical_id: &str) -> Step {
        step(logical_id, Action::Create { desired: json!({}) })
    }

    fn tag(logical_id: &str, key: &str) -> Step {
        let tags = BTreeMap::from([(key.to_owned(), TagValue::Text("x".to_owned()))]);
        step(logical_id, Action::Tag { tags })
    }

    fn delete(logical_id: &str, replaced: bool) -> Step {
        step(logical_id, Action::Delete { found: String::new(), replaced })
    }

    /// Returns the groups of steps that run side by side if all steps of a group take equally long.
    fn groups(steps: &[Step]) -> Vec<Vec<usize>> {
        let mut schedule = Schedule::new(steps);
        let mut groups = Vec::new();
        loop {
            let mut group = Vec::new();
            while let Some(index) = schedule.next() {
                schedule.start(index);
                group.push(index + 1);
            }
            if group.is_empty() {
                return groups;
            }
            group.iter().for_each(|order| schedule.done(order - 1));
            groups.push(group);
        }
    }

    #[test]
    fn independent_steps_run_side_by_side_and_dependent_ones_wait() {
        let dependent = Step { depends_on: vec!["A".to_owned()], ..create("C") };
        assert_eq!(groups(&[create("A"), create("B"), dependent]), [vec![1, 2], vec![3]]);
    }

    #[test]
    fn a_reference_in_a_request_is_a_dependency() {
        for desired in [json!({"Url": {"Ref": "A"}}), json!({"Arn": {"Fn::Sub": "x-${A.Arn}"}})] {
            let user = step("B", Action::Create { desired });
            assert_eq!(groups(&[create("A"), user]), [[1], [2]]);
        }
        let other = step("B", Action::Create { desired: json!({"Url": {"Ref": "Elsewhere"}}) });
        assert_eq!(groups(&[create("A"), other]), [[1, 2]]);
    }

    #[test]
    fn steps_of_one_resource_run_in_their_order() {
        assert_eq!(groups(&[create("A"), tag("A", "Purpose"), create("B")]), [vec![1, 3], vec![2]]);
        let on = |logical_id: &str, identifier: &str| {
            let identifier = Some(identifier.to_owned());
            Step {
                identifier,
                ..step(logical_id, Action::Update { patch: json!([]), expected: json!({}), found: String::new() })
            }
        };
        assert_eq!(groups(&[on("A", "q"), on("B", "q")]), [[1], [2]]);
        assert_eq!(groups(&[on("A", "q"), on("B", "r")]), [[1, 2]]);
        let elsewhere = Step { environment: "prod".to_owned(), ..on("B", "q") };
        assert_eq!(groups(&[on("A", "q"), elsewhere]), [[1, 2]]);
    }

    #[test]
    fn marks_precede_changes_and_records_follow_them() {
        let steps = [
            tag("A", tags::PROD_COUNTERPART),
            tag("B", tags::PROD_COUNTERPART),
            create("A"),
            create("B"),
            tag("A", tags::PROMOTED_DIGEST),
            tag("B", tags::PROMOTED_DIGEST),
        ];
        assert_eq!(groups(&steps), [[1, 2], [3, 4], [5, 6]]);
    }

    #[test]
    fn replaced_resources_are_deleted_last_and_one_after_the_other() {
        let replace = |logical_id: &str| {
            let action = Action::Replace { desired: json!({}), found: String::new(), delete_first: false };
            step(logical_id, action)
        };
        let steps = [replace("A"), replace("B"), create("C"), delete("B", true), delete("A", true)];
        assert_eq!(groups(&steps), [vec![1, 2, 3], vec![4], vec![5]]);
    }

    #[test]
    fn tags_of_a_created_resource_do_not_wait_for_other_changes() {
        let tagging = Step { target_of: Some("A".to_owned()), ..tag("A", tags::OPERATION_ID) };
        let mut schedule_steps = vec![create("A"), create("B")];
        schedule_steps.push(tagging);
        let mut schedule = Schedule::new(&schedule_steps);
        (0..2).for_each(|index| schedule.start(index));
        schedule.done(0);
        assert_eq!(schedule.next(), Some(2));
    }
}
