//! Who has access to a resource.

use std::collections::BTreeMap;

use super::principal::Principal;
use crate::schema::actions::AccessLevel;

/// A kind of access to a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AccessKind {
    /// Reading or listing what is in it.
    Read,
    /// Changing it, its contents or its tags.
    Write,
    /// Changing who may use it.
    Manage,
}

impl AccessKind {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::Read, Self::Write, Self::Manage];

    /// The kind of access that an action of a level is.
    pub fn of(level: AccessLevel) -> Self {
        match level {
            AccessLevel::List | AccessLevel::Read => Self::Read,
            AccessLevel::Tagging | AccessLevel::Write => Self::Write,
            AccessLevel::PermissionsManagement => Self::Manage,
        }
    }
}

/// That a principal has access, by the first action that allows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Whether it depends on values that only a request has.
    pub is_conditional: bool,
    /// The action.
    pub action: String,
    /// What it is allowed on: the ARN of the resource, or of a part of it.
    pub on: String,
}

/// The access of a principal to a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrincipalAccess {
    /// The principal.
    pub principal: Principal,
    /// Its access by kind; no entry for a kind that it does not have.
    pub grants: BTreeMap<AccessKind, Grant>,
}

/// A resource, and who has access to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MappedResource {
    /// The ARN; `None` if it is not known.
    pub arn: Option<String>,
    /// The prefix of the service's actions.
    pub service: String,
    /// The principals with access, or why they are not known.
    pub principals: Result<Vec<PrincipalAccess>, &'static str>,
}
