//! One step of a plan.

use super::Operation;
use super::action::Action;
use crate::domain::project::{AccountId, Environment};
use crate::domain::resource::Change;

/// One value that was translated for the other environment, for display in the plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Rewrite {
    /// JSON pointer into the resource's properties.
    pub pointer: String,
    /// The value in the source environment.
    pub before: String,
    /// The value in the target environment; symbols stand as `${LogicalId.Attribute}`.
    pub after: String,
    /// Why: a resource, the account, the environment's token, or the project's map.
    pub reason: String,
}

/// A value that a read cannot return and that must be given before the first call.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct InputNeeded {
    /// JSON pointer of the property.
    pub pointer: String,
    /// Why it is needed.
    pub reason: String,
}

/// One change of one resource.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Name of the step within the plan: a template's logical id, or one derived from the name.
    pub logical_id: String,
    /// The environment that it changes.
    pub environment: String,
    /// That environment's account.
    pub account: AccountId,
    /// That environment's region.
    pub region: String,
    /// The action.
    pub action: Action,
    /// CloudFormation type name.
    pub type_name: String,
    /// The identifier, where it is known before the call: of an existing resource, or predicted.
    pub identifier: Option<String>,
    /// For a tag step or an update of a resource that the plan creates: that step's logical id.
    pub target_of: Option<String>,
    /// The changes, for display.
    pub changes: Vec<Change>,
    /// JSON pointers of properties that were changed in the account since stagegate last wrote them, and that the
    /// step sets back.
    pub overwrites: Vec<String>,
    /// JSON pointers of values that the source has or may have, that AWS does not return, and that the new resource does
    /// not get.
    pub not_copied: Vec<String>,
    /// Values that were translated between environments.
    pub rewrites: Vec<Rewrite>,
    /// Logical ids of the steps that must complete first.
    pub depends_on: Vec<String>,
    /// Cloud Control's ClientToken: equal requests have equal tokens, whatever plan they are in.
    pub client_token: String,
    /// Values that must be given before anything is sent.
    pub inputs_needed: Vec<InputNeeded>,
    /// JSON pointers of texts of the desired state whose dynamic references are resolved when the step runs.
    pub stored: Vec<String>,
    /// The identifier of the counterpart in the environment that it is promoted from.
    pub source: Option<String>,
    /// The resource that an earlier run of this request created (identified by its OperationId), where
    /// there is one. Not part of the plan's document, so that a repeated approval stays valid.
    pub made_before: Option<String>,
}

impl Step {
    /// Creates a step that waits for no other one and displays no changes.
    pub fn new(
        environment: &Environment,
        logical_id: String,
        (type_name, identifier): (&str, Option<&str>),
        action: Action,
        client_token: String,
    ) -> Self {
        Self {
            logical_id,
            environment: environment.name.clone(),
            account: environment.account.clone(),
            region: environment.region.clone(),
            action,
            type_name: type_name.to_owned(),
            identifier: identifier.map(str::to_owned),
            target_of: None,
            changes: Vec::new(),
            overwrites: Vec::new(),
            not_copied: Vec::new(),
            rewrites: Vec::new(),
            depends_on: Vec::new(),
            client_token,
            inputs_needed: Vec::new(),
            stored: Vec::new(),
            source: None,
            made_before: None,
        }
    }

    /// The operation.
    pub fn operation(&self) -> Operation {
        self.action.operation()
    }

    /// The identifier as far as it is known now.
    pub fn known_identifier(&self) -> Option<&String> {
        self.made_before.as_ref().or(self.identifier.as_ref())
    }

    /// `Type identifier`, or `Type logical id` while there is no identifier.
    pub fn subject(&self) -> String {
        format!("{} {}", self.type_name, self.known_identifier().unwrap_or(&self.logical_id))
    }
}
