//! Principals of IAM and their policies.

use async_trait::async_trait;

use super::CloudError;
use crate::domain::principal::{HeldPolicy, LastUse, Principal, PrincipalKind, PrincipalPolicies};

/// Reads principals.
#[async_trait]
pub trait ReadPrincipals: Send + Sync {
    /// The principal of a kind and name; `None` if the account does not have it.
    ///
    /// # Errors
    /// The read is not allowed, or there was no response or an error.
    async fn principal(&self, kind: PrincipalKind, name: &str) -> Result<Option<Principal>, CloudError>;

    /// All identity-based policies of a principal, those of a user's groups included, and its permissions boundary.
    ///
    /// # Errors
    /// A read is not allowed, or there was no response or an error.
    async fn policies(&self, principal: &Principal) -> Result<Vec<HeldPolicy>, CloudError>;

    /// All users and roles of the account, with the policies that apply to them, in the order of their ARNs. Each policy is read
    /// once, however many principals have it.
    ///
    /// # Errors
    /// The principals cannot be listed in one read, or there was no response or an error.
    async fn all(&self) -> Result<Vec<PrincipalPolicies>, CloudError>;

    /// When the services that a principal may use were last used.
    ///
    /// # Errors
    /// The report is not allowed or not ready, or there was no response or an error.
    async fn last_used(&self, principal: &Principal) -> Result<Vec<LastUse>, CloudError>;
}
