//! What the planner hands over to the gate.

use crate::domain::diagnostic::Diagnostic;
use crate::domain::plan::{ChecklistItem, Plan};
use crate::policy::ScanResource;

/// A plan without its evidence: what the planning steps hand over.
#[derive(Debug)]
pub struct Planned {
    /// The plan; prices and policies are filled in here.
    pub plan: Plan,
    /// The desired state of each resource that the plan creates or updates, for policies and
    /// estimate: the very bodies that are sent, before stagegate's tags.
    pub resources: Vec<ScanResource>,
    /// Resources that the policies look at beside those, and do not judge.
    pub context: Vec<ScanResource>,
    /// Evidence that the planning itself gathered.
    pub checklist: Vec<ChecklistItem>,
    /// What the planning left out and the user should know of.
    pub notes: Vec<Diagnostic>,
}
