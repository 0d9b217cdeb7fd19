//! The record stage: the promotion result of each resource.

use super::apply::{Applied, DoneStep};
use crate::domain::plan::{Action, Operation, Plan, Step, TagValue};
use crate::domain::tags::{self, PromotionStatus};

/// A completed run with its plan.
#[derive(Debug)]
pub struct Recorded {
    applied: Applied,
}

/// The promotion result of a resource after a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PromotionResult {
    /// Type name.
    pub type_name: String,
    /// Identifier in the environment promoted from.
    pub source: String,
    /// Identifier in the environment promoted to, if the resource exists.
    pub target: Option<String>,
    /// The status.
    pub status: PromotionResultStatus,
}

/// The status of a resource's promotion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PromotionResultStatus {
    /// Completed and recorded in tags.
    Synced,
    /// Started but not completed.
    PendingProd,
    /// Completed; the type does not support tags.
    Untracked,
    /// A step failed.
    Failed,
    /// No step was started.
    NotBegun,
}

/// Records the result of a run.
pub fn record(applied: Applied) -> Recorded {
    Recorded { applied }
}

/// True for a step that records a promotion as not complete, after the resource was created or changed.
fn is_record_of_pending(step: &Step) -> bool {
    let Action::Tag { tags: values } = &step.action else { return false };
    let status = values.get(tags::PROMOTION_STATUS).and_then(TagValue::text);
    values.contains_key(tags::PROMOTED_DIGEST)
        && status.is_some_and(|status| status == PromotionStatus::PendingProd.as_str())
}

impl Recorded {
    /// Returns the result of the plan.
    pub fn applied(&self) -> &Applied {
        &self.applied
    }

    /// Returns the plan.
    pub fn plan(&self) -> &Plan {
        &self.applied.plan
    }

    /// Returns the step at a position in the plan, from 1.
    pub fn step(&self, order: usize) -> Option<&Step> {
        order.checked_sub(1).and_then(|index| self.applied.plan.steps.get(index))
    }

    /// Returns the resources that this run has created for a promotion, in the order of the plan. Those of an earlier run of
    /// the same plan are not among them.
    pub fn created(&self) -> Vec<&DoneStep> {
        let is_created = |done: &&DoneStep| {
            self.step(done.order).is_some_and(|step| {
                step.operation() == Operation::Create && step.source.is_some() && step.made_before.is_none()
            }) && done.request_token.is_some()
        };
        self.applied.done.iter().filter(is_created).collect()
    }

    /// Returns true if all steps completed.
    pub fn is_complete(&self) -> bool {
        self.applied.failed.is_empty() && self.applied.pending.is_empty() && !self.applied.interrupted
    }

    /// Returns the promotion result of each resource, sorted by type and source.
    pub fn promotion_results(&self) -> Vec<PromotionResult> {
        let steps = &self.applied.plan.steps;
        let is_done = |order: usize| self.applied.done.iter().any(|done| done.order == order);
        let has_failed = |order: usize| self.applied.failed.iter().any(|failed| failed.order == order);
        let mut results = Vec::new();
        for step in steps.iter().filter(|step| step.operation() == Operation::Tag || step.source.is_some()) {
            let Some(source) = &step.source else { continue };
            if results
                .iter()
                .any(|result: &PromotionResult| result.type_name == step.type_name && result.source == *source)
            {
                continue;
            }
            let own: Vec<(usize, &Step)> = steps
                .iter()
                .enumerate()
                .filter(|(_, other)| other.logical_id == step.logical_id)
                .map(|(index, other)| (index + 1, other))
                .collect();
            let is_incomplete = own.iter().any(|(_, other)| is_record_of_pending(other));
            let all = own.iter().all(|(order, _)| is_done(*order));
            let some = own.iter().any(|(order, _)| is_done(*order));
            let tracked =
                self.applied.plan.registry.get(&step.type_name).is_some_and(|schema| schema.tagging.property.is_some());
            let target = own.iter().filter(|(_, other)| other.environment == self.applied.plan.environment).find_map(
                |(order, _)| {
                    self.applied
                        .done
                        .iter()
                        .find(|done| done.order == *order)
                        .map(|done| done.resource.identifier.clone())
                },
            );
            results.push(PromotionResult {
                type_name: step.type_name.clone(),
                source: source.clone(),
                target,
                status: match (all, some, tracked) {
                    (true, _, true) if is_incomplete => PromotionResultStatus::PendingProd,
                    (true, _, true) => PromotionResultStatus::Synced,
                    (true, _, false) => PromotionResultStatus::Untracked,
                    (false, true, true) => PromotionResultStatus::PendingProd,
                    (false, ..) if own.iter().any(|(order, _)| has_failed(*order)) => PromotionResultStatus::Failed,
                    (false, ..) => PromotionResultStatus::NotBegun,
                },
            });
        }
        results.sort_by(|a, b| (&a.type_name, &a.source).cmp(&(&b.type_name, &b.source)));
        results
    }
}
