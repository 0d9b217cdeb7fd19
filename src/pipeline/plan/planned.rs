//! The output of the planner and input of the gate.

use crate::domain::diagnostic::Diagnostic;
use crate::domain::plan::{ChecklistItem, Plan};
use crate::policy::ScanResource;

/// A plan before it is evaluated by the gate.
#[derive(Debug)]
pub struct Planned {
    /// The plan; the gate adds prices and policies.
    pub plan: Plan,
    /// The desired state of each resource that the plan creates or updates, for policies and the estimate: the properties
    /// that are sent, before stagegate adds tags.
    pub resources: Vec<ScanResource>,
    /// Other resources that the policies take into account but do not check.
    pub context: Vec<ScanResource>,
    /// Checklist items of the planning stage.
    pub checklist: Vec<ChecklistItem>,
    /// Warnings about what the planning stage omitted.
    pub notes: Vec<Diagnostic>,
}
