//! Record: what a finished run means for each promoted resource.

use super::apply::Applied;
use crate::domain::plan::{Operation, Plan, Step};
use crate::schema::Registry;

/// A run that is over, with its plan.
#[derive(Debug)]
pub struct Recorded {
    applied: Applied,
}

/// Where a promoted resource stands after a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Type name.
    pub type_name: String,
    /// Identifier in the environment promoted from.
    pub source: String,
    /// Identifier in the environment promoted to, where it exists.
    pub target: Option<String>,
    /// Its status.
    pub status: StandingStatus,
}

/// How far the promotion of one resource came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StandingStatus {
    /// Done, and the tags say so.
    Synced,
    /// Begun and not finished.
    PendingProd,
    /// Done; the type carries no tags.
    Untracked,
    /// A step of it failed.
    Failed,
    /// No step of it was begun.
    NotBegun,
}

/// Ends a run.
pub fn record(applied: Applied) -> Recorded {
    Recorded { applied }
}

impl Recorded {
    /// What was done.
    pub fn applied(&self) -> &Applied {
        &self.applied
    }

    /// The plan.
    pub fn plan(&self) -> &Plan {
        &self.applied.plan
    }

    /// The step of that place in the plan, from 1.
    pub fn step(&self, order: usize) -> Option<&Step> {
        order.checked_sub(1).and_then(|index| self.applied.plan.steps.get(index))
    }

    /// True when every step is done.
    pub fn is_complete(&self) -> bool {
        self.applied.failed.is_none() && self.applied.pending.is_none() && !self.applied.interrupted
    }

    /// Where each promoted resource stands, sorted by type and source.
    pub fn standings(&self) -> Vec<Standing> {
        let steps = &self.applied.plan.steps;
        let is_done = |order: usize| self.applied.done.iter().any(|done| done.order == order);
        let failed = self.applied.failed.as_ref().map(|failed| failed.order);
        let mut standings = Vec::new();
        for step in steps.iter().filter(|step| step.operation() == Operation::Tag || step.source.is_some()) {
            let Some(source) = &step.source else { continue };
            if standings
                .iter()
                .any(|standing: &Standing| standing.type_name == step.type_name && standing.source == *source)
            {
                continue;
            }
            let own: Vec<(usize, &Step)> = steps
                .iter()
                .enumerate()
                .filter(|(_, other)| other.logical_id == step.logical_id)
                .map(|(index, other)| (index + 1, other))
                .collect();
            let all = own.iter().all(|(order, _)| is_done(*order));
            let some = own.iter().any(|(order, _)| is_done(*order));
            let tracked = Registry::get(&step.type_name).is_some_and(|schema| schema.tagging.property.is_some());
            let target = own.iter().filter(|(_, other)| other.environment == self.applied.plan.environment).find_map(
                |(order, _)| {
                    self.applied
                        .done
                        .iter()
                        .find(|done| done.order == *order)
                        .map(|done| done.resource.identifier.clone())
                },
            );
            standings.push(Standing {
                type_name: step.type_name.clone(),
                source: source.clone(),
                target,
                status: match (all, some, tracked) {
                    (true, _, true) => StandingStatus::Synced,
                    (true, _, false) => StandingStatus::Untracked,
                    (false, true, true) => StandingStatus::PendingProd,
                    (false, ..) if own.iter().any(|(order, _)| Some(*order) == failed) => StandingStatus::Failed,
                    (false, ..) => StandingStatus::NotBegun,
                },
            });
        }
        standings.sort_by(|a, b| (&a.type_name, &a.source).cmp(&(&b.type_name, &b.source)));
        standings
    }
}
