//! Serializable output types and their JSON schemas. They are built from domain values, sorted, and used only for
//! output.

mod access;
mod answer;
mod approval;
mod audit;
mod check;
mod check_sarif;
mod comparison;
mod context;
mod cost;
mod doctor;
mod drift;
mod enums;
mod envelope;
mod estimate;
mod event;
mod explain;
mod github;
mod graph;
mod iam;
mod init;
mod inventory;
mod junit;
mod plan;
mod prices;
mod project_file;
mod review;
mod risk;
mod sandbox;
mod sarif;
mod scan;
mod schema;
pub mod schemas;
mod shorten;
mod stale;
mod summary;
mod templates;
mod text;
mod tool;

pub use access::{
    AccessCoverageView, AccessGapView, EnvironmentAccessView, GrantView, PrincipalAccessView, PrincipalSourceCode,
    ResourceAccessView,
};
pub use answer::{
    Answer, Body, DemoAnswer, DemoFolderState, SandboxAction, SandboxAnswer, ScanAnswer, Stage, TagFixAnswer,
    WriteAnswer,
};
pub use approval::{ApprovalBody, ApprovedStepView};
pub use audit::{AuditBody, AuditRowView, AuditSourceView, ViolationView};
#[cfg(test)]
pub(crate) use check::tests::varied as varied_check;
pub use check::{Check, CheckItem, CheckLevel};
pub use check_sarif::check_sarif;
pub use comparison::{ComparedView, ComparisonView, SupportedView};
pub use context::{ContextBody, ContextEnvironment, GateRuleView, MatrixRowView, PairView};
pub use cost::{
    AccuracyView, AlarmView, AmountView, CostBody, CostLine, CostSource, EnvironmentCostFacts, EnvironmentCostView,
    MoverView,
};
pub use doctor::{DoctorArea, DoctorBody, DoctorCheckView, DoctorState};
pub use drift::{DriftBody, DriftRowView, RegionView};
pub use enums::*;
pub use envelope::{DiagnosticView, Envelope, EnvironmentView, NextView, OutcomeView, RunFacts, envelope};
pub use estimate::{CostLineView, EstimateBody, EstimateReport, RangeView, ResourceEstimateView};
pub use event::{EventCode, EventLine, EventStep};
pub use explain::{CodeView, ExplainBody, ExplainedSeverity};
pub use github::{github, github_scan};
pub use graph::{GraphLanguage, graph};
pub use iam::{
    AccessFindingView, AnalysisView, DecisionCode, GapMethod, GapView, HeldPolicyView, IamBody, LastUseView,
    NewAccessResult, NewAccessView, NotKnownView, PlanPolicyView, PlanResourceView, PolicyOriginCode,
    PrincipalKindCode, PrincipalView, ProposalView, StatementView, ValidationFindingView, ValidationKind,
    ValidationMethod, ValidationView, VerdictView,
};
pub use init::{InitBody, InitEnvironmentView, ProfileView};
pub use inventory::{
    InventoryAccountView, InventoryBody, InventoryGapView, InventoryRegionView, InventoryRowView, InventorySummary,
};
pub use junit::{check_junit, junit};
pub use plan::{
    AppliedView, ChangeView, ChecklistView, FailedView, KeptView, LeftBehindView, MonthlyView, PendingView, PlanView,
    PromotionView, RequirementView, ResourceView, RewriteView, StepView, WriteBody,
};
pub use prices::{PriceBookServiceView, PriceBookView, PricesBody};
pub use project_file::ProjectFile;
pub use review::ReviewView;
pub use sandbox::{DemoBody, DemoStepView, SandboxAccountView, SandboxBody};
pub use sarif::sarif;
pub use scan::{
    FindingView, PolicyTestFailureView, PolicyTestsView, PolicyView, ScanBody, ScanCoverageView, ScanGapView,
    ScannedView,
};
pub use schema::{AnswerView, PropertyView, SchemaBody};
pub use stale::StaleView;
pub use summary::{SummaryDocument, summarized};
pub use templates::{StarterView, TemplatesBody};
pub use text::{readable, short_type};
pub use tool::{DocumentLink, ToolAnswer, ToolPlan};
