//! The policy simulator of IAM.

use std::collections::BTreeMap;

use async_trait::async_trait;

use super::CloudError;

/// The result of the simulation of an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Simulated {
    /// The policies allow the action.
    Allowed,
    /// No statement allows the action.
    ImplicitlyDenied,
    /// A statement denies the action.
    ExplicitlyDenied,
    /// A condition depends on context values that the request does not have.
    Undecided,
}

/// A simulator of the policies of an account.
#[async_trait]
pub trait SimulatePermissions: Send + Sync {
    /// Returns the ARN of the IAM user or role whose policies apply to a caller, as named by STS; `None` if policies of IAM do
    /// not decide alone what the caller may do (the root user, a federated user).
    ///
    /// # Errors
    /// The role cannot be read, or there was no response or an error.
    async fn principal_of(&self, caller: &str) -> Result<Option<String>, CloudError>;

    /// SimulatePrincipalPolicy, for actions without wildcards and one resource (`*` for any).
    ///
    /// # Errors
    /// The simulation is not allowed, or there was no response or an error.
    async fn simulate(
        &self,
        principal: &str,
        actions: &[&str],
        resource: &str,
    ) -> Result<BTreeMap<String, Simulated>, CloudError>;
}
