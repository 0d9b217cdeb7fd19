//! A recorded approval of a saved plan.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::domain::approval::RecordedApproval;
use crate::domain::plan::{Operation, PlanDocument};

/// The body of `approve`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ApprovalBody {
    /// The file that contains the approval.
    pub file: String,
    /// The digest of the approved plan.
    pub digest: String,
    /// The environment that the plan changes.
    pub environment: String,
    /// Its account.
    pub account: String,
    /// The ARN of the approver, by environment.
    pub approver: BTreeMap<String, String>,
    /// The ARN of whoever made the plan, by environment, where the planner may not approve.
    pub planner: BTreeMap<String, String>,
    /// When the plan was approved.
    pub approved_at: String,
    /// When the approval expires.
    pub expires_at: String,
    /// The reason; `null` if none was given.
    pub reason: Option<String>,
    /// Whether critical findings are approved as well.
    pub findings_approved: bool,
    /// The steps of the plan, in order.
    pub steps: Vec<ApprovedStepView>,
    /// What the gate requires, and the findings behind it.
    pub gate: Vec<String>,
}

/// A step of an approved plan.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ApprovedStepView {
    /// Position in the plan, from 1.
    pub order: u32,
    /// The operation.
    pub operation: Operation,
    /// CloudFormation type name.
    #[serde(rename = "type")]
    pub type_name: String,
    /// The name of the step within the plan.
    pub logical_id: String,
    /// The identifier, if it is known.
    pub identifier: Option<String>,
    /// The environment that it changes.
    pub environment: String,
    /// JSON pointers of the properties that it changes.
    pub changes: Vec<String>,
}

impl ApprovalBody {
    /// Creates the body about an approval in a file.
    pub fn new(file: &str, recorded: &RecordedApproval, plan: &PlanDocument) -> Self {
        let steps = plan.steps.iter().map(|step| ApprovedStepView {
            order: step.order,
            operation: step.operation,
            type_name: step.type_name.clone(),
            logical_id: step.logical_id.clone(),
            identifier: step.identifier.clone(),
            environment: step.environment.clone(),
            changes: step.changes.iter().map(|change| change.pointer.clone()).collect(),
        });
        Self {
            file: file.to_owned(),
            digest: recorded.digest.clone(),
            environment: plan.environment.clone(),
            account: plan.account.clone(),
            approver: recorded.approver.clone(),
            planner: plan.planner.clone(),
            approved_at: recorded.approved_at.to_string(),
            expires_at: recorded.expires_at.to_string(),
            reason: recorded.reason.clone(),
            findings_approved: recorded.findings,
            steps: steps.collect(),
            gate: plan.gate.clone(),
        }
    }
}
