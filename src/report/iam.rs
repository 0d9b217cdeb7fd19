//! The body of `iam`.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::domain::principal::{PolicyFinding, PolicyFindingKind, Principal, PrincipalKind};

/// The result of a subcommand of `iam`. The parts of the other subcommands are `null`.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct IamBody {
    /// The environment.
    pub environment: String,
    /// The principal; `null` for `for-plan`.
    pub principal: Option<PrincipalView>,
    /// `analyze`.
    pub analysis: Option<AnalysisView>,
    /// `gap`, and what `propose` is based on.
    pub gap: Option<GapView>,
    /// `propose`; `null` if nothing is missing.
    pub proposal: Option<ProposalView>,
    /// `for-plan`.
    pub plan_policy: Option<PlanPolicyView>,
    /// With `--validate`: what is wrong or risky in the policies.
    pub validation: Option<ValidationView>,
}

/// The result of `--validate`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ValidationView {
    /// What checked the policies.
    pub method: ValidationMethod,
    /// Why Access Analyzer did not check them.
    pub reason: Option<String>,
    /// The findings, by policy.
    pub findings: Vec<ValidationFindingView>,
    /// Whether the policy of `propose` allows more than what was asked for, beyond the policy that it extends; `null` if it extends
    /// none.
    pub new_access: Option<NewAccessView>,
}

/// What checks policies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum ValidationMethod {
    /// ValidatePolicy and CheckNoNewAccess of IAM Access Analyzer.
    AccessAnalyzer,
    /// The checks of stagegate.
    Local,
}

/// How serious a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum ValidationKind {
    /// A part of the policy has no effect, or IAM refuses it.
    Error,
    /// The policy allows more than is advisable.
    SecurityWarning,
    /// The policy does not follow the practice of policies.
    Warning,
    /// The policy can be written better.
    Suggestion,
}

/// A finding about a policy.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ValidationFindingView {
    /// The policy.
    pub policy: String,
    /// How serious it is.
    pub kind: ValidationKind,
    /// The code of Access Analyzer, or of the local check.
    pub code: String,
    /// What is wrong.
    pub message: String,
    /// Where in the document it is.
    pub pointers: Vec<String>,
    /// How to correct it, or where that is described.
    pub help: Option<String>,
}

/// Whether a policy allows more than intended.
#[derive(Debug, Serialize, JsonSchema)]
pub struct NewAccessView {
    /// The result.
    pub result: NewAccessResult,
    /// Why.
    pub reasons: Vec<String>,
}

/// The result of CheckNoNewAccess.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum NewAccessResult {
    /// Nothing else is allowed.
    Pass,
    /// Something else may be allowed.
    Fail,
    /// It was not or could not be checked.
    NotChecked,
}

/// A principal.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PrincipalView {
    /// What it is.
    pub kind: PrincipalKindCode,
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// The ARN of its permissions boundary.
    pub boundary: Option<String>,
}

/// A kind of principal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum PrincipalKindCode {
    /// A user.
    User,
    /// A role.
    Role,
    /// A group.
    Group,
}

/// What is needed and what is allowed.
#[derive(Debug, Serialize, JsonSchema)]
pub struct GapView {
    /// What decided.
    pub method: GapMethod,
    /// Why the simulator did not decide.
    pub reason: Option<String>,
    /// The needed actions with the decisions.
    pub needed: Vec<VerdictView>,
    /// How many of them are not certainly allowed.
    pub missing: u64,
    /// Kinds of policies that may also allow or deny the actions, and that were not evaluated.
    pub not_seen: Vec<String>,
}

/// What decides whether actions are allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum GapMethod {
    /// SimulatePrincipalPolicy.
    Simulator,
    /// The evaluator of stagegate.
    Local,
}

/// A decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum DecisionCode {
    /// The policies allow the action.
    Allowed,
    /// No statement allows it.
    ImplicitDeny,
    /// A statement denies it.
    ExplicitDeny,
    /// It depends on context values that only a request has.
    Undecided,
}

/// A needed action.
#[derive(Debug, Serialize, JsonSchema)]
pub struct VerdictView {
    /// The action.
    pub action: String,
    /// The resource.
    pub resource: String,
    /// The decision.
    pub decision: DecisionCode,
}

/// A proposed policy.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ProposalView {
    /// The name of the policy.
    pub policy_name: String,
    /// The ARN of the existing policy that is extended; `null` for a new one.
    pub extends: Option<String>,
    /// The statements that are added.
    pub statements: Vec<Value>,
    /// The whole document.
    pub document: Value,
    /// The characters of the document that count towards the limit of IAM.
    pub characters: u64,
    /// The template.
    pub template: Value,
    /// The template as text, as in the file.
    pub text: String,
    /// The file that was written.
    pub file: Option<String>,
}

/// The policy that a plan needs.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PlanPolicyView {
    /// The document.
    pub document: Value,
    /// The characters of the document that count towards the limit of IAM.
    pub characters: u64,
    /// The resources of the plan, with what each needs.
    pub resources: Vec<PlanResourceView>,
    /// What could not be known, and how the policy treats it.
    pub not_known: Vec<NotKnownView>,
    /// The file that was written.
    pub file: Option<String>,
}

/// What a resource of a plan needs.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PlanResourceView {
    /// The logical id.
    pub logical_id: String,
    /// The type.
    #[serde(rename = "type")]
    pub type_name: String,
    /// The operation.
    pub operation: String,
    /// The ARN, if it can be known.
    pub arn: Option<String>,
    /// The actions.
    pub actions: Vec<String>,
}

/// Something that could not be known.
#[derive(Debug, Serialize, JsonSchema)]
pub struct NotKnownView {
    /// The logical id of a resource, or `*` for the whole plan.
    pub logical_id: String,
    /// The action, if it is about one.
    pub action: Option<String>,
    /// What is not known.
    pub reason: String,
}

/// The policies of a principal.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AnalysisView {
    /// The policies, in the order in which they were found.
    pub policies: Vec<HeldPolicyView>,
    /// The statements of all identity-based policies.
    pub statements: Vec<StatementView>,
    /// What is risky.
    pub findings: Vec<AccessFindingView>,
    /// When services were last used; `null` if that is not known.
    pub last_used: Option<Vec<LastUseView>>,
    /// Why it is not known.
    pub last_used_reason: Option<String>,
    /// Services that the policies allow, and that were not used in the time that AWS tracks.
    pub unused_services: Vec<String>,
}

/// How a principal comes by a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum PolicyOriginCode {
    /// A managed policy that is attached to it.
    Attached,
    /// An inline policy.
    Inline,
    /// A managed policy that is attached to a group of the user.
    GroupAttached,
    /// An inline policy of a group of the user.
    GroupInline,
    /// The permissions boundary.
    Boundary,
}

/// A policy of a principal.
#[derive(Debug, Serialize, JsonSchema)]
pub struct HeldPolicyView {
    /// Its name.
    pub name: String,
    /// The ARN of a managed policy.
    pub arn: Option<String>,
    /// How the principal comes by it.
    pub origin: PolicyOriginCode,
    /// The group that has it.
    pub group: Option<String>,
    /// The document.
    pub document: Value,
}

/// A statement of a policy.
#[derive(Debug, Serialize, JsonSchema)]
pub struct StatementView {
    /// The policy.
    pub policy: String,
    /// `Allow` or `Deny`.
    pub effect: String,
    /// The actions; preceded by `not` if it is about all others.
    pub actions: Vec<String>,
    /// The resources; preceded by `not` if it is about all others.
    pub resources: Vec<String>,
    /// The condition.
    pub condition: Option<Value>,
}

/// Something risky.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AccessFindingView {
    /// The id of the policy of the scan, or the code of a further check.
    pub id: String,
    /// The severity.
    pub severity: String,
    /// The policy that it is about.
    pub policy: String,
    /// What is wrong.
    pub message: String,
    /// How to correct it.
    pub fix: Option<String>,
}

/// The last use of a service.
#[derive(Debug, Serialize, JsonSchema)]
pub struct LastUseView {
    /// The prefix of the service's actions.
    pub service: String,
    /// The last use; `null` if there was none in the time that AWS tracks.
    pub last_used: Option<String>,
}

impl From<&Principal> for PrincipalView {
    fn from(principal: &Principal) -> Self {
        Self {
            kind: match principal.kind {
                PrincipalKind::User => PrincipalKindCode::User,
                PrincipalKind::Role => PrincipalKindCode::Role,
                PrincipalKind::Group => PrincipalKindCode::Group,
            },
            name: principal.name.clone(),
            arn: principal.arn.clone(),
            boundary: principal.boundary.clone(),
        }
    }
}

impl ValidationFindingView {
    /// Creates the view of a finding about a policy.
    pub fn new(policy: &str, finding: PolicyFinding) -> Self {
        Self {
            policy: policy.to_owned(),
            kind: match finding.kind {
                PolicyFindingKind::Error => ValidationKind::Error,
                PolicyFindingKind::SecurityWarning => ValidationKind::SecurityWarning,
                PolicyFindingKind::Warning => ValidationKind::Warning,
                PolicyFindingKind::Suggestion => ValidationKind::Suggestion,
            },
            code: finding.code,
            message: finding.message,
            pointers: finding.pointers,
            help: finding.help,
        }
    }
}
