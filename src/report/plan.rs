//! A plan, and what became of it: the body of `create` and `promote`.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{EstimateBody, ScanBody};
use crate::domain::estimate::Estimate;
use crate::domain::finding::{ScanReport, Severity};
use crate::domain::gate::Verdict;
use crate::domain::plan::{ChecklistItem, Operation, Plan, Request, Step, TagValue, hidden, redact};
use crate::domain::resource::Change;
use crate::schema::Registry;

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
    /// `create`, `update` or `tag`.
    pub operation: String,
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
    /// `ok`, `open` or `not_applicable`.
    pub state: String,
    /// What the answer rests on.
    pub evidence: String,
}

/// One approval that is needed.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RequirementView {
    /// What kind.
    pub kind: String,
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
    pub operation: String,
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
    /// `synced`, `pending-prod`, `untracked` (the type carries no tags), `failed` or `not-begun`.
    pub status: String,
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
        // A step waits for what another one makes, not for the tags that are written along with it.
        let order_of = |logical_id: &String| {
            let makes = |step: &Step| step.logical_id == *logical_id && step.operation != Operation::Tag;
            plan.steps.iter().position(makes).map(|index| index as u32 + 1)
        };
        let identifier_of = |logical_id: &String| {
            plan.steps
                .iter()
                .find(|step| {
                    step.logical_id == *logical_id && step.identifier.is_some() && step.operation != Operation::Tag
                })?
                .identifier
                .clone()
        };
        Self {
            digest: plan.digest(),
            created_at: plan.created_at.to_string(),
            expires_at: plan.expires_at().to_string(),
            environment: plan.environment.clone(),
            account: plan.account.to_string(),
            region: plan.region.clone(),
            steps: plan
                .steps
                .iter()
                .enumerate()
                .map(|(index, step)| StepView {
                    order: index as u32 + 1,
                    environment: step.environment.clone(),
                    operation: step.operation.as_str().to_owned(),
                    type_name: step.type_name.clone(),
                    identifier: step.identifier.clone().or_else(|| identifier_of(step.target_of.as_ref()?)),
                    logical_id: step.logical_id.clone(),
                    changes: changes(step, &plan.secrets)
                        .iter()
                        .map(|change| change_view(&step.type_name, change))
                        .collect(),
                    rewrites: step
                        .rewrites
                        .iter()
                        .map(|rewrite| RewriteView {
                            pointer: rewrite.pointer.clone(),
                            before: rewrite.before.clone(),
                            after: rewrite.after.clone(),
                            reason: rewrite.reason.clone(),
                        })
                        .collect(),
                    depends_on: step.depends_on.iter().filter_map(order_of).collect(),
                    client_token: step.client_token.clone(),
                    inputs_needed: step
                        .inputs_needed
                        .iter()
                        .map(|needed| InputView { pointer: needed.pointer.clone(), reason: needed.reason.clone() })
                        .collect(),
                })
                .collect(),
            checklist: checklist
                .iter()
                .map(|item| ChecklistView {
                    item: item.item.to_owned(),
                    state: item.state.as_str().to_owned(),
                    evidence: item.evidence.clone(),
                })
                .collect(),
            estimate: EstimateBody::from(estimate),
            scan: ScanBody::new(scan, fail_on),
            approvals_required: verdict
                .approvals
                .iter()
                .map(|requirement| RequirementView {
                    kind: requirement.kind.as_str().to_owned(),
                    reason: requirement.reason.clone(),
                })
                .collect(),
        }
    }
}

/// What a step changes: for a creation every property, for a tag step every tag.
pub fn changes(step: &Step, secrets: &BTreeSet<String>) -> Vec<Change> {
    let added = |map: &Map<String, Value>| {
        map.iter()
            .map(|(key, value)| Change {
                pointer: crate::domain::pointer::join("", key),
                before: None,
                after: Some(value.clone()),
            })
            .collect::<Vec<_>>()
    };
    match &step.request {
        Request::Create { desired } => {
            redact(&step.type_name, desired, secrets).as_object().map(added).unwrap_or_default()
        }
        Request::Update { .. } => step.changes.clone(),
        Request::Tag { tags } => {
            let map = tags
                .iter()
                .map(|(key, value)| {
                    let value = match value {
                        TagValue::Text(text) => json!(text),
                        TagValue::IdentifierOf(step) => json!(format!("(identifier of {step})")),
                        TagValue::OwnDigest => json!("(digest after read-back)"),
                    };
                    (format!("Tags/{key}"), value)
                })
                .collect::<Map<String, Value>>();
            let mut changes = added(&map);
            for change in &mut changes {
                change.pointer = change.pointer.replace("~1", "/");
            }
            changes
        }
    }
}

pub(super) fn change_view(type_name: &str, change: &Change) -> ChangeView {
    let is_hidden = Registry::get(type_name).is_some_and(|schema| {
        schema.is_write_only(&change.pointer)
            || schema
                .write_only
                .iter()
                .any(|path| crate::domain::pointer::is_within(&path.to_string(), &change.pointer))
    });
    let show = |value: &Option<Value>| match value {
        Some(value) if is_hidden => hidden(value),
        Some(value) => value.clone(),
        None => Value::Null,
    };
    ChangeView { pointer: change.pointer.clone(), before: show(&change.before), after: show(&change.after) }
}
