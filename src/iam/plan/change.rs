//! The changes of a plan, and what they need.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::domain::plan::Operation;

/// A change of a resource.
#[derive(Debug, Clone, Copy)]
pub struct PlannedChange<'a> {
    /// Its name in the plan.
    pub logical_id: &'a str,
    /// The type.
    pub type_name: &'a str,
    /// The operation.
    pub operation: Operation,
    /// The desired state of a new resource, in which values of others may be intrinsic functions; what is sent otherwise.
    pub desired: &'a Value,
    /// The identifier, if it is known.
    pub identifier: Option<&'a str>,
    /// The account.
    pub account: &'a str,
    /// The Region.
    pub region: &'a str,
}

/// What a change needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeNeeds {
    /// The name of the change in the plan.
    pub logical_id: String,
    /// The type.
    pub type_name: String,
    /// The operation.
    pub operation: Operation,
    /// The ARN of the resource, if it is known.
    pub arn: Option<String>,
    /// The actions.
    pub actions: BTreeSet<String>,
}

/// Something that is not known.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct NotKnown {
    /// The name of the change in the plan, or `*`.
    pub logical_id: String,
    /// The action.
    pub action: Option<String>,
    /// What is not known, and how the policy treats it.
    pub reason: String,
}

/// The permissions that a plan needs.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PlanNeeds {
    /// The statements.
    pub statements: Vec<Value>,
    /// What each change needs.
    pub changes: Vec<ChangeNeeds>,
    /// What is not known.
    pub not_known: BTreeSet<NotKnown>,
}
