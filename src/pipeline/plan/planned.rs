//! The output of the planner and input of the gate.

use crate::domain::diagnostic::Diagnostic;
use crate::domain::plan::{ChecklistItem, Plan};
use crate::domain::resource::{NamedResource, ResourceRef};
use crate::estimate::Estimate;
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
    /// What the plan leaves as it is, for display.
    pub unchanged: Unchanged,
}

/// A resource that belongs to a promoted one and is not promoted with it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LeftBehind {
    /// Its type.
    pub type_name: String,
    /// Its identifier; `None` if the resources of the type could not be listed.
    pub identifier: Option<String>,
    /// The resource that it belongs to, in the environment promoted from.
    pub parent: ResourceRef,
    /// Why it stays behind.
    pub reason: String,
}

impl LeftBehind {
    /// The type, with the identifier if it is known.
    pub fn subject(&self) -> String {
        match &self.identifier {
            Some(identifier) => format!("{} {identifier}", self.type_name),
            None => self.type_name.clone(),
        }
    }
}

/// What a plan leaves as it is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Unchanged {
    /// Resources that already match their desired state.
    pub matching: Vec<NamedResource>,
    /// Resources of the stack that the template no longer contains. They are never deleted by `create`.
    pub dropped: Vec<NamedResource>,
    /// Properties that were changed in the account and are left as they are (`--keep-live`): resource and JSON pointer.
    pub kept: Vec<(ResourceRef, String)>,
    /// Resources that belong to promoted ones and are not promoted, sorted.
    pub left_behind: Vec<LeftBehind>,
    /// `--leave-behind`: the promotion is complete without them.
    pub accepts_left_behind: bool,
    /// The cost of the live resources that the plan updates, replaces or deletes, before the change.
    pub cost_before: Option<Estimate>,
}
