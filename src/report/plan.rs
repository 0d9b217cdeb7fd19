//! A plan and its result: the body of `create` and `promote`.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::enums::{ApprovalCode, CheckState, PromotionCode, RiskCode};
use super::review::{ReviewView, Subject, review};
use super::risk::risks;
use super::{EstimateBody, ScanBody};
use crate::domain::money::Usd;
use crate::domain::plan::{ChangeDocument, InputDocument, Operation, RewriteDocument, hidden_change};
use crate::domain::plan::{Step, StepDocument};
use crate::domain::resource::{Change, ResourceRef};
use crate::estimate::{Estimate, Status};
use crate::pipeline::gate::GatedPlan;
use crate::schema::{Registry, TypeSchema};

/// The result of a command that changes resources.
#[derive(Debug, Serialize, JsonSchema)]
pub struct WriteBody {
    /// The plan.
    pub plan: PlanView,
    /// Completed steps.
    pub applied: Vec<AppliedView>,
    /// Steps still in progress in AWS.
    pub pending: Vec<PendingView>,
    /// Failed steps.
    pub failed: Vec<FailedView>,
    /// The promotion status of each resource.
    pub promotion: Vec<PromotionView>,
    /// The plan as a graph in the language of `--graph`; `null` without that flag.
    pub graph: Option<String>,
}

/// A plan.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PlanView {
    /// The digest, for `--approve`.
    pub digest: String,
    /// The time for which the plan was made.
    pub created_at: String,
    /// When an approval of the plan expires.
    pub expires_at: String,
    /// The environment that the plan changes.
    pub environment: String,
    /// Its account.
    pub account: String,
    /// Its region.
    pub region: String,
    /// Number of steps by operation.
    pub operations: BTreeMap<&'static str, u64>,
    /// The steps, in order.
    pub steps: Vec<StepView>,
    /// What the plan changes in permissions: policy statements and attached policies.
    pub iam_changes: Vec<ReviewView>,
    /// What the plan changes in the network: ingress and egress rules.
    pub network_changes: Vec<ReviewView>,
    /// Resources that already match their desired state.
    pub unchanged: Vec<ResourceView>,
    /// Resources of the stack that the template no longer contains; they are not deleted.
    pub dropped: Vec<ResourceView>,
    /// Properties that were changed in the account and are left as they are (`--keep-live`).
    pub kept: Vec<KeptView>,
    /// Resources without tags that belong to promoted ones and do not come along.
    pub left_behind: Vec<LeftBehindView>,
    /// Whether the promotion is complete without the resources that are left behind (`--leave-behind`).
    pub left_behind_accepted: bool,
    /// The checklist, with evidence.
    pub checklist: Vec<ChecklistView>,
    /// The cost estimate of the resources that the plan creates or changes, after the change.
    pub estimate: EstimateBody,
    /// The cost of the resources that the plan updates, replaces or deletes, before the change; `null` if there are none.
    pub cost_before: Option<EstimateBody>,
    /// The policy scan.
    pub scan: ScanBody,
    /// The ARN of whoever made the plan, by environment, where the planner may not approve; empty where anybody may.
    pub planner: BTreeMap<String, String>,
    /// The required approvals.
    pub approvals_required: Vec<RequirementView>,
}

/// A live resource.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ResourceView {
    /// The logical id within the template or plan.
    pub logical_id: String,
    /// CloudFormation type name.
    #[serde(rename = "type")]
    pub type_name: String,
    /// The identifier.
    pub identifier: String,
}

/// A property that was changed in the account and is left as it is.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct KeptView {
    /// CloudFormation type name.
    #[serde(rename = "type")]
    pub type_name: String,
    /// The identifier.
    pub identifier: String,
    /// JSON pointer of the property.
    pub pointer: String,
}

/// A resource without tags that belongs to a promoted one and does not come along.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct LeftBehindView {
    /// CloudFormation type name.
    #[serde(rename = "type")]
    pub type_name: String,
    /// The identifier in the environment promoted from; `null` if resources of the type could not be listed.
    pub identifier: Option<String>,
    /// The type of the resource that it belongs to.
    pub parent_type: String,
    /// The identifier of the resource that it belongs to, in the environment promoted from.
    pub parent: String,
    /// Why it does not come along.
    pub reason: String,
}

/// One step.
#[derive(Debug, Serialize, JsonSchema)]
pub struct StepView {
    /// Position in the plan, from 1.
    pub order: u32,
    /// The environment that the step changes.
    pub environment: String,
    /// The operation.
    pub operation: Operation,
    /// CloudFormation type name.
    #[serde(rename = "type")]
    pub type_name: String,
    /// The type's schema, for people; not part of the document.
    #[serde(skip)]
    pub schema: Option<&'static TypeSchema>,
    /// The identifier, if it is known before the call.
    pub identifier: Option<String>,
    /// The identifier of the counterpart in the environment that the resource is promoted from.
    pub source: Option<String>,
    /// The logical id of the step's resource within the plan.
    pub logical_id: String,
    /// What to review with particular care.
    pub risks: Vec<RiskCode>,
    /// The monthly cost of the resource before and after the step.
    pub monthly: MonthlyView,
    /// The changes; sensitive values are hidden.
    pub changes: Vec<ChangeView>,
    /// JSON pointers of properties that were changed in the account since stagegate last wrote them, and that the
    /// step sets back.
    pub overwrites: Vec<String>,
    /// JSON pointers of values of the source that AWS does not return, and that the new resource does not get.
    pub not_copied: Vec<String>,
    /// Values translated from the environment promoted from to the one promoted to.
    pub rewrites: Vec<RewriteView>,
    /// Positions of the steps that must be completed first.
    pub depends_on: Vec<u32>,
    /// Cloud Control's ClientToken.
    pub client_token: String,
    /// Values that must be provided with `--input`.
    pub inputs_needed: Vec<InputView>,
}

/// The monthly cost of a resource before and after a step, in US dollars.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct MonthlyView {
    /// Before the step; decimal string, `null` if the resource does not exist or its cost is not known.
    pub before: Option<String>,
    /// After the step; decimal string, `null` if the resource does not exist or its cost is not known.
    pub after: Option<String>,
    /// Whether a part of the cost is unknown: the amounts are then lower bounds.
    pub unknown: bool,
}

/// One change.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ChangeView {
    /// JSON pointer.
    pub pointer: String,
    /// The value before the change; `null` if there was none.
    pub before: Value,
    /// The value after the change; `null` if there is none.
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
    /// The reason.
    pub reason: String,
}

/// A value that must be provided.
#[derive(Debug, Serialize, JsonSchema)]
pub struct InputView {
    /// JSON pointer.
    pub pointer: String,
    /// The reason.
    pub reason: String,
}

/// One checklist item.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ChecklistView {
    /// The name of the item.
    pub item: String,
    /// The state of the item.
    pub state: CheckState,
    /// The evidence for the state.
    pub evidence: String,
}

/// A required approval.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RequirementView {
    /// The kind of approval.
    pub kind: ApprovalCode,
    /// The reason.
    pub reason: String,
}

/// A completed step.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct AppliedView {
    /// Position in the plan, from 1.
    pub order: u32,
    /// The environment that the step changed.
    pub environment: String,
    /// The operation.
    pub operation: Operation,
    /// Type name.
    #[serde(rename = "type")]
    pub type_name: String,
    /// Identifier.
    pub identifier: String,
    /// ARN, if the type has one.
    pub arn: Option<String>,
    /// Cloud Control's RequestToken; `null` if tags were changed through the tagging API.
    pub request_token: Option<String>,
    /// Milliseconds from the call to the read-back.
    pub elapsed_ms: u64,
    /// Whether the live resource was read back and matches the request.
    pub verified: bool,
    /// Whether the tasks of an ECS service run, in one line; `null` for other types.
    pub health: Option<String>,
}

/// A step still in progress in AWS.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PendingView {
    /// Position in the plan, from 1.
    pub order: u32,
    /// Type name.
    #[serde(rename = "type")]
    pub type_name: String,
    /// Cloud Control's RequestToken; null if the run was stopped before AWS responded to the request.
    pub request_token: Option<String>,
    /// The client token, with which the same request can be sent again.
    pub client_token: String,
}

/// A step that failed.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct FailedView {
    /// Position in the plan, from 1.
    pub order: u32,
    /// Type name.
    #[serde(rename = "type")]
    pub type_name: String,
    /// The error code of AWS or of stagegate.
    pub code: String,
    /// The error message.
    pub message: String,
    /// How to resolve the error.
    pub hint: Option<String>,
}

/// The promotion status of a resource.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PromotionView {
    /// Type name.
    #[serde(rename = "type")]
    pub type_name: String,
    /// Identifier in the environment promoted from.
    pub dev: String,
    /// Identifier in the environment promoted to; `null` if the resource does not exist there.
    pub prod: Option<String>,
    /// The status; `untracked` if the type does not support tags.
    pub status: PromotionCode,
}

impl PlanView {
    /// Creates the view of an evaluated plan.
    pub fn new(gated: &GatedPlan) -> Self {
        let (plan, document, unchanged) = (gated.plan(), gated.document().clone(), gated.unchanged());
        // A step depends on the step that creates a resource, not on the steps that tag it.
        let creators: HashMap<&str, (u32, Option<&String>)> = plan
            .steps
            .iter()
            .zip(1..)
            .filter(|(step, _)| step.action.changes_resource())
            .map(|(step, order)| (step.logical_id.as_str(), (order, step.known_identifier())))
            .collect();
        let identifier_of = |logical_id: &String| creators.get(logical_id.as_str())?.1.cloned();
        Self {
            digest: gated.digest().to_owned(),
            created_at: document.created_at.to_string(),
            expires_at: plan.expires_at().to_string(),
            environment: document.environment,
            account: document.account,
            region: document.region,
            iam_changes: document.steps.iter().flat_map(|step| review(&plan.registry, Subject::Iam, step)).collect(),
            network_changes: document
                .steps
                .iter()
                .flat_map(|step| review(&plan.registry, Subject::Network, step))
                .collect(),
            operations: document.steps.iter().fold(BTreeMap::new(), |mut counts, step| {
                *counts.entry(step.operation.as_str()).or_default() += 1;
                counts
            }),
            steps: plan
                .steps
                .iter()
                .zip(document.steps)
                .map(|(step, written)| {
                    let identifier = step.known_identifier().cloned();
                    StepView {
                        identifier: identifier.or_else(|| identifier_of(written.target_of.as_ref()?)),
                        depends_on: written
                            .depends_on
                            .iter()
                            .filter_map(|name| creators.get(name.as_str()).map(|(order, _)| *order))
                            .collect(),
                        monthly: MonthlyView::new(step, gated.estimate(), unchanged.cost_before.as_ref()),
                        ..StepView::new(&plan.registry, step, written)
                    }
                })
                .collect(),
            checklist: gated
                .checklist()
                .iter()
                .map(|item| ChecklistView {
                    item: item.item.to_owned(),
                    state: item.state.into(),
                    evidence: item.evidence.clone(),
                })
                .collect(),
            unchanged: unchanged.matching.iter().map(|one| ResourceView::new(&one.logical_id, &one.resource)).collect(),
            dropped: unchanged.dropped.iter().map(|one| ResourceView::new(&one.logical_id, &one.resource)).collect(),
            kept: unchanged
                .kept
                .iter()
                .map(|(resource, pointer)| KeptView {
                    type_name: resource.type_name.clone(),
                    identifier: resource.identifier.clone(),
                    pointer: pointer.clone(),
                })
                .collect(),
            left_behind: unchanged
                .left_behind
                .iter()
                .map(|left| LeftBehindView {
                    type_name: left.type_name.clone(),
                    identifier: left.identifier.clone(),
                    parent_type: left.parent.type_name.clone(),
                    parent: left.parent.identifier.clone(),
                    reason: left.reason.clone(),
                })
                .collect(),
            left_behind_accepted: unchanged.accepts_left_behind,
            estimate: EstimateBody::from(gated.estimate()),
            cost_before: unchanged.cost_before.as_ref().map(EstimateBody::from),
            scan: ScanBody::new(gated.scan(), gated.fail_on()),
            planner: plan.planner.clone(),
            approvals_required: gated
                .approvals()
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
    /// Creates the view of a change of a resource of this type, with sensitive values hidden.
    pub(super) fn hidden(schema: Option<&TypeSchema>, identifier: Option<&str>, change: &Change) -> Self {
        let (before, after) = hidden_change(schema, identifier, change, &BTreeSet::new());
        Self { pointer: change.pointer.clone(), before, after }
    }
}

impl StepView {
    /// Creates the view of a step without its cost and what depends on other steps.
    fn new(registry: &Registry, step: &Step, written: StepDocument) -> Self {
        Self {
            schema: registry.get(&step.type_name),
            risks: risks(registry, step, &written),
            order: written.order,
            environment: written.environment,
            operation: written.operation,
            type_name: written.type_name,
            identifier: None,
            source: written.source,
            logical_id: written.logical_id,
            monthly: MonthlyView::default(),
            changes: written.changes.into_iter().map(ChangeView::from).collect(),
            overwrites: written.overwrites,
            not_copied: written.not_copied,
            rewrites: written.rewrites.into_iter().map(RewriteView::from).collect(),
            depends_on: Vec::new(),
            client_token: written.client_token,
            inputs_needed: written.inputs_needed.into_iter().map(InputView::from).collect(),
        }
    }
}

impl MonthlyView {
    /// Finds the cost of a step's resource in the estimates by its logical id, else by its identifier.
    fn new(step: &Step, after: &Estimate, before: Option<&Estimate>) -> Self {
        if !step.action.changes_resource() {
            return Self::default();
        }
        let find = |estimate: &Estimate| {
            let named = estimate.resources.iter().filter(|one| one.type_name == step.type_name);
            let is_same = |name: &Option<String>, wanted: Option<&String>| name.is_some() && name.as_ref() == wanted;
            let found = named.clone().find(|one| is_same(&one.logical_id, Some(&step.logical_id)));
            found.or_else(|| named.clone().find(|one| is_same(&one.identifier, step.known_identifier()))).cloned()
        };
        let exists = |operation: Operation| step.operation() != operation;
        let before = before.filter(|_| exists(Operation::Create)).and_then(find);
        let after = Some(after).filter(|_| exists(Operation::Delete)).and_then(find);
        let unknown = [&before, &after].into_iter().flatten().any(|one| one.status == Status::Unknown);
        let amount = |one: &crate::estimate::ResourceEstimate| {
            let known = one.status != Status::Unknown || one.monthly.expected > Usd::ZERO;
            known.then(|| one.monthly.expected.rounded().amount().to_string())
        };
        Self { before: before.as_ref().and_then(amount), after: after.as_ref().and_then(amount), unknown }
    }
}

impl ResourceView {
    fn new(logical_id: &str, resource: &ResourceRef) -> Self {
        Self {
            logical_id: logical_id.to_owned(),
            type_name: resource.type_name.clone(),
            identifier: resource.identifier.clone(),
        }
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
