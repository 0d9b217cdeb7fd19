//! The body of `context`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::access::EnvironmentAccessView;
use super::doctor::DoctorBody;
use super::enums::{ApprovalCode, GateOperationKind};
use crate::pipeline::gate::matrix::{GateOperation, GateRule, ServiceCapability};

/// The environments, and whether they form a valid pair.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ContextBody {
    /// The requested environments.
    pub environments: Vec<ContextEnvironment>,
    /// Whether the environments form a valid pair; `null` if only one was requested.
    pub pair: Option<PairView>,
    /// With `--matrix`: what the gate decides about each operation in each environment.
    pub approvals: Option<Vec<GateRuleView>>,
    /// With `--matrix`: the operations that the types of each service support, in each environment.
    pub matrix: Option<Vec<MatrixRowView>>,
    /// With `--member-role`: the template of the role.
    pub member_role: Option<Value>,
    /// With `--doctor`: what was checked.
    pub doctor: Option<DoctorBody>,
    /// With `--resources`: who has access to the managed resources of each environment.
    pub resources: Option<Vec<EnvironmentAccessView>>,
}

/// What the gate decides about an operation.
#[derive(Debug, Serialize, JsonSchema)]
pub struct GateRuleView {
    /// The environment.
    pub environment: String,
    /// Whether it is protected.
    pub protected: bool,
    /// The operation.
    pub operation: GateOperationKind,
    /// What is special about the plan; `null` for nothing.
    pub condition: Option<String>,
    /// The kinds of approvals that are required.
    pub approvals: Vec<ApprovalCode>,
    /// The code of the refusal, which no approval lifts; `null` if the plan is not refused.
    pub refused: Option<String>,
}

/// An operation on the types of a service, in an environment.
#[derive(Debug, Serialize, JsonSchema)]
pub struct MatrixRowView {
    /// The service, such as `AWS::S3`.
    pub service: String,
    /// The environment.
    pub environment: String,
    /// The operation.
    pub operation: GateOperationKind,
    /// Number of types of the service.
    pub types: u64,
    /// Number of types that support the operation.
    pub supported: u64,
    /// The kinds of approvals that are always required.
    pub approvals: Vec<ApprovalCode>,
    /// The code of the refusal; `null` if the operation is not refused.
    pub refused: Option<String>,
}

impl ContextBody {
    /// Creates the document of the environments.
    pub fn of_environments(environments: Vec<ContextEnvironment>, pair: Option<PairView>) -> Self {
        Self { environments, pair, approvals: None, matrix: None, member_role: None, doctor: None, resources: None }
    }

    /// Creates the document of what was checked.
    pub fn of_doctor(doctor: DoctorBody) -> Self {
        Self { doctor: Some(doctor), ..Self::of_environments(Vec::new(), None) }
    }

    /// Creates the document of who has access to resources.
    pub fn of_resources(environments: Vec<EnvironmentAccessView>) -> Self {
        Self { resources: Some(environments), ..Self::of_environments(Vec::new(), None) }
    }

    /// Creates the document of a template of a role.
    pub fn of_member_role(template: Value) -> Self {
        Self { member_role: Some(template), ..Self::of_environments(Vec::new(), None) }
    }

    /// Creates the document of the decisions of the gate and of what services support.
    pub fn of_matrix(rules: &[GateRule], services: &[ServiceCapability]) -> Self {
        let mut rows = Vec::new();
        for service in services {
            for rule in rules.iter().filter(|rule| rule.condition.is_empty()) {
                let supported = match rule.operation {
                    GateOperation::Read => service.read,
                    GateOperation::Create | GateOperation::Promote | GateOperation::Replace => service.create,
                    GateOperation::Update => service.update,
                    GateOperation::Delete => service.delete,
                };
                let GateRuleView { environment, operation, approvals, refused, .. } = GateRuleView::new(rule);
                rows.push(MatrixRowView {
                    service: service.service.clone(),
                    environment,
                    operation,
                    types: service.types,
                    supported,
                    approvals,
                    refused,
                });
            }
        }
        Self {
            approvals: Some(rules.iter().map(GateRuleView::new).collect()),
            matrix: Some(rows),
            ..Self::of_environments(Vec::new(), None)
        }
    }
}

impl GateRuleView {
    fn new(rule: &GateRule) -> Self {
        Self {
            environment: rule.environment.clone(),
            protected: rule.protected,
            operation: match rule.operation {
                GateOperation::Read => GateOperationKind::Read,
                GateOperation::Create => GateOperationKind::Create,
                GateOperation::Update => GateOperationKind::Update,
                GateOperation::Promote => GateOperationKind::Promote,
                GateOperation::Replace => GateOperationKind::Replace,
                GateOperation::Delete => GateOperationKind::Delete,
            },
            condition: Some(rule.condition.clone()).filter(|condition| !condition.is_empty()),
            approvals: rule.approvals.iter().map(|kind| ApprovalCode::from(*kind)).collect(),
            refused: rule.refused.map(|code| code.as_str().to_owned()),
        }
    }
}

/// One environment and the identity of its credentials.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ContextEnvironment {
    /// The environment's name.
    pub name: String,
    /// The account that STS returned; `null` if it did not respond.
    pub account: Option<String>,
    /// The account set in the configuration.
    pub expected_account: String,
    /// Region.
    pub region: String,
    /// The caller's ARN, with access key ids masked.
    pub arn: Option<String>,
    /// Profile.
    pub profile: Option<String>,
    /// How the credentials are obtained.
    pub authentication: String,
    /// Every change requires an approval, regardless of its cost.
    pub protected: bool,
    /// `create` is not allowed; resources can only be promoted to it.
    pub read_only: bool,
    /// Whether the session used MFA; always `null`, because callers cannot determine it.
    pub mfa: Option<bool>,
    /// When the credentials expire, if known.
    pub expires_at: Option<String>,
    /// Whether STS confirmed the configured account.
    pub verified: bool,
    /// Custom endpoints by service, from the user's AWS configuration; empty if the endpoints of AWS are used.
    pub endpoints: BTreeMap<String, String>,
}

/// The properties of a pair of environments.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PairView {
    /// The accounts differ.
    pub distinct_accounts: bool,
    /// The configuration allows a single account for both.
    pub single_account: bool,
    /// The regions are the same.
    pub same_region: bool,
    /// The environment promoted to is protected.
    pub target_protected: bool,
    /// Resources can be promoted between the environments.
    pub usable: bool,
}
