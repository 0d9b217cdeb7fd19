//! A plan, and what became of it: the body of `create` and `promote`.

use std::collections::{BTreeSet, HashMap};

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::words::{ApprovalCode, CheckState, PromotionCode};
use super::{EstimateBody, ScanBody};
use crate::domain::finding::{ScanReport, Severity};
use crate::domain::plan::{
    ChangeDocument, ChecklistItem, InputDocument, Operation, Plan, RewriteDocument, hidden_change,
};
use crate::domain::resource::Change;
use crate::estimate::Estimate;
use crate::pipeline::gate::rules::Verdict;

/// The body of every command that writes.
#[derive(Debug, Serialize, JsonSchema)]
pub struct WriteBody {
    /// What was to be sent.
    pub plan: PlanView,
    /// What was done.
    pub applied: Vec<AppliedView>,
    /// What still runs in AWS.
    pub pending: Vec<PendingView>,
    /// What failed.
    pub failed: Vec<FailedView>,
    /// Where each promoted resource stands now.
    pub promotion: Vec<PromotionView>,
}

/// A plan.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PlanView {
    /// What `--approve` takes.
    pub digest: String,
    /// The time that the plan is made as of.
    pub created_at: String,
    /// When its approval expires.
    pub expires_at: String,
    /// The environment that is changed.
    pub environment: String,
    /// Its account.
    pub account: String,
    /// Its region.
    pub region: String,
    /// The calls, in order.
    pub steps: Vec<StepView>,
    /// What was checked, with evidence.
    pub checklist: Vec<ChecklistView>,
    /// What it costs.
    pub estimate: EstimateBody,
    /// What the policies found.
    pub scan: ScanBody,
    /// Approvals that it needs.
    pub approvals_required: Vec<RequirementView>,
}

/// One call.
#[derive(Debug, Serialize, JsonSchema)]
pub struct StepView {
    /// Place in the order, from 1.
    pub order: u32,
    /// The environment that it changes.
    pub environment: String,
    /// What it does.
    pub operation: Operation,
    /// CloudFormation type name.
    #[serde(rename = "type")]
    pub type_name: String,
    /// The identifier, where it is known before the call.
    pub identifier: Option<String>,
    /// Name of the step within the plan.
    pub logical_id: String,
    /// What changes; write-only values are hidden.
    pub changes: Vec<ChangeView>,
    /// Values translated between the environments.
    pub rewrites: Vec<RewriteView>,
    /// Orders of the steps that must be done before.
    pub depends_on: Vec<u32>,
    /// Cloud Control's ClientToken.
    pub client_token: String,
    /// Values that must be given first.
    pub inputs_needed: Vec<InputView>,
}

/// One difference.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ChangeView {
    /// JSON pointer.
    pub pointer: String,
    /// The value before; `null` when there was none.
    pub before: Value,
    /// The value after; `null` when there is none.
    pub after: Value,
}

/// One translated value.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RewriteView {
    /// JSON pointer.
    pub pointer: String,
    /// The value in the environment promoted from.
    pub before: String,
    /// The value in the environment promoted to.
    pub after: String,
    /// Why.
    pub reason: String,
}

/// A value that must be given.
#[derive(Debug, Serialize, JsonSchema)]
pub struct InputView {
    /// JSON pointer.
    pub pointer: String,
    /// Why.
    pub reason: String,
}

/// One line of the checklist.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ChecklistView {
    /// What is asked.
    pub item: String,
    /// The answer.
    pub state: CheckState,
    /// What the answer rests on.
    pub evidence: String,
}

/// One approval that is needed.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RequirementView {
    /// What kind.
    pub kind: ApprovalCode,
    /// Why.
    pub reason: String,
}

/// A step that was done.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct AppliedView {
    /// Place in the plan.
    pub order: u32,
    /// The environment that it changed.
    pub environment: String,
    /// What it did.
    pub operation: Operation,
    /// Type name.
    #[serde(rename = "type")]
    pub type_name: String,
    /// Identifier.
    pub identifier: String,
    /// ARN, where the type has one.
    pub arn: Option<String>,
    /// Cloud Control's RequestToken; `null` for a change of tags through the tagging API.
    pub request_token: Option<String>,
    /// Milliseconds from the call to the read-back.
    pub elapsed_ms: u64,
    /// The live resource was read back and has what was sent.
    pub verified: bool,
}

/// A step that still runs in AWS.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PendingView {
    /// Place in the plan.
    pub order: u32,
    /// Type name.
    #[serde(rename = "type")]
    pub type_name: String,
    /// Cloud Control's RequestToken.
    pub request_token: String,
}

/// A step that failed.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct FailedView {
    /// Place in the plan.
    pub order: u32,
    /// Type name.
    #[serde(rename = "type")]
    pub type_name: String,
    /// AWS's error code, or ours.
    pub code: String,
    /// AWS's message.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
}

/// Where a promoted resource stands.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PromotionView {
    /// Type name.
    #[serde(rename = "type")]
    pub type_name: String,
    /// Identifier in the environment promoted from.
    pub dev: String,
    /// Identifier in the environment promoted to; `null` when it does not exist.
    pub prod: Option<String>,
    /// Its status; `untracked` is one of a type that carries no tags.
    pub status: PromotionCode,
}

impl PlanView {
    /// The view of a judged plan.
    pub fn new(
        plan: &Plan,
        checklist: &[ChecklistItem],
        estimate: &Estimate,
        scan: &ScanReport,
        fail_on: Severity,
        verdict: &Verdict,
    ) -> Self {
        let document = plan.document();
        // A step waits for what another one makes, not for the tags that are written along with it.
        let makers: HashMap<&str, (u32, Option<&String>)> = plan
            .steps
            .iter()
            .zip(1..)
            .filter(|(step, _)| step.action.changes_resource())
            .map(|(step, order)| (step.logical_id.as_str(), (order, step.known_identifier())))
            .collect();
        let identifier_of = |logical_id: &String| makers.get(logical_id.as_str())?.1.cloned();
        Self {
            digest: document.digest(),
            created_at: document.created_at.to_string(),
            expires_at: plan.expires_at().to_string(),
            environment: document.environment,
            account: document.account,
            region: document.region,
            steps: plan
                .steps
                .iter()
                .zip(document.steps)
                .map(|(step, written)| StepView {
                    order: written.order,
                    environment: written.environment,
                    operation: written.operation,
                    type_name: written.type_name,
                    identifier: step.known_identifier().cloned().or_else(|| identifier_of(written.target_of.as_ref()?)),
                    logical_id: written.logical_id,
                    changes: written.changes.into_iter().map(ChangeView::from).collect(),
                    rewrites: written.rewrites.into_iter().map(RewriteView::from).collect(),
                    depends_on: written
                        .depends_on
                        .iter()
                        .filter_map(|name| makers.get(name.as_str()).map(|(order, _)| *order))
                        .collect(),
                    client_token: written.client_token,
                    inputs_needed: written.inputs_needed.into_iter().map(InputView::from).collect(),
                })
                .collect(),
            checklist: checklist
                .iter()
                .map(|item| ChecklistView {
                    item: item.item.to_owned(),
                    state: item.state.into(),
                    evidence: item.evidence.clone(),
                })
                .collect(),
            estimate: EstimateBody::from(estimate),
            scan: ScanBody::new(scan, fail_on),
            approvals_required: verdict
                .approvals
                .iter()
                .map(|requirement| RequirementView {
                    kind: requirement.kind.into(),
                    reason: requirement.reason.clone(),
                })
                .collect(),
        }
    }
}

impl ChangeView {
    /// A change of a resource of this type, sensitive values hidden.
    pub(super) fn hidden(type_name: &str, change: &Change) -> Self {
        let (before, after) = hidden_change(type_name, change, &BTreeSet::new());
        Self { pointer: change.pointer.clone(), before, after }
    }
}

impl From<ChangeDocument> for ChangeView {
    fn from(change: ChangeDocument) -> Self {
        Self { pointer: change.pointer, before: change.before, after: change.after }
    }
}

impl From<RewriteDocument> for RewriteView {
    fn from(rewrite: RewriteDocument) -> Self {
        Self { pointer: rewrite.pointer, before: rewrite.before, after: rewrite.after, reason: rewrite.reason }
    }
}

impl From<InputDocument> for InputView {
    fn from(needed: InputDocument) -> Self {
        Self { pointer: needed.pointer, reason: needed.reason }
    }
}
