//! `context --resources`: who has access to which resources.

use schemars::JsonSchema;
use serde::Serialize;

use super::drift::RegionView;
use super::iam::{PrincipalKindCode, PrincipalView};
use crate::domain::access::{AccessKind, Grant, MappedResource, PrincipalAccess};
use crate::domain::resource::ResourceRef;

/// The resources of an environment that stagegate manages, with who has access to them.
#[derive(Debug, Serialize, JsonSchema)]
pub struct EnvironmentAccessView {
    /// The environment.
    pub environment: String,
    /// Its account.
    pub account: String,
    /// The resources, by type and identifier.
    pub resources: Vec<ResourceAccessView>,
    /// What was read, and what was not.
    pub coverage: AccessCoverageView,
}

/// A resource.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ResourceAccessView {
    /// The Region of the read.
    pub region: String,
    /// The service: the prefix of its actions.
    pub service: String,
    /// The type.
    #[serde(rename = "type")]
    pub type_name: String,
    /// The identifier.
    pub identifier: String,
    /// The ARN, if it is known.
    pub arn: Option<String>,
    /// The principals with access, by ARN.
    pub principals: Vec<PrincipalAccessView>,
    /// Why it is not known who has access; `null` if it is.
    pub not_mapped: Option<String>,
}

/// The access of a principal to a resource.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PrincipalAccessView {
    /// What the principal is.
    pub kind: PrincipalKindCode,
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// Reading or listing what is in the resource; `null` for no access.
    pub read: Option<GrantView>,
    /// Changing the resource, its contents or its tags; `null` for no access.
    pub write: Option<GrantView>,
    /// Changing who may use the resource; `null` for no access.
    pub manage: Option<GrantView>,
}

/// An action that gives access. There may be others.
#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct GrantView {
    /// Whether the access depends on values that only a request has.
    pub conditional: bool,
    /// The action.
    pub action: String,
    /// What it is allowed on: the ARN of the resource, or of a part of it.
    pub on: String,
}

/// How much of an environment was read.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AccessCoverageView {
    /// Users and roles whose policies were evaluated.
    pub principals: u64,
    /// How they were read.
    pub principal_source: PrincipalSourceCode,
    /// Why they could not be read all at once.
    pub reason: Option<String>,
    /// Roles of AWS services, which were not evaluated.
    pub service_linked_roles: u64,
    /// Principals, policies and resources that could not be read.
    pub gaps: Vec<AccessGapView>,
    /// How many reads were denied.
    pub denied: u64,
    /// The Regions.
    pub regions: Vec<RegionView>,
    /// What was not evaluated and may decide otherwise: policies of other kinds, and actions whose access level is not known.
    pub not_seen: Vec<String>,
}

/// How principals were read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum PrincipalSourceCode {
    /// All at once, by GetAccountAuthorizationDetails.
    AccountDetails,
    /// One after another.
    EachPrincipal,
}

/// Something that could not be read or evaluated.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct AccessGapView {
    /// What it is.
    pub subject: String,
    /// Why.
    pub reason: String,
}

impl ResourceAccessView {
    /// Creates the view of a resource.
    pub fn new(resource: &ResourceRef, region: &str, mapped: MappedResource) -> Self {
        let (principals, not_mapped) = match mapped.principals {
            Ok(found) => (found.into_iter().map(PrincipalAccessView::from).collect(), None),
            Err(reason) => (Vec::new(), Some(reason.to_owned())),
        };
        Self {
            region: region.to_owned(),
            service: mapped.service,
            type_name: resource.type_name.clone(),
            identifier: resource.identifier.clone(),
            arn: mapped.arn,
            principals,
            not_mapped,
        }
    }
}

impl PrincipalAccessView {
    /// The grant of a kind of access.
    pub fn grant(&self, kind: AccessKind) -> Option<&GrantView> {
        match kind {
            AccessKind::Read => self.read.as_ref(),
            AccessKind::Write => self.write.as_ref(),
            AccessKind::Manage => self.manage.as_ref(),
        }
    }
}

impl From<PrincipalAccess> for PrincipalAccessView {
    fn from(mut access: PrincipalAccess) -> Self {
        let mut grant = |kind| {
            let Grant { is_conditional, action, on } = access.grants.remove(&kind)?;
            Some(GrantView { conditional: is_conditional, action, on })
        };
        let (read, write, manage) = (grant(AccessKind::Read), grant(AccessKind::Write), grant(AccessKind::Manage));
        let PrincipalView { kind, name, arn, .. } = PrincipalView::from(&access.principal);
        Self { kind, name, arn, read, write, manage }
    }
}
