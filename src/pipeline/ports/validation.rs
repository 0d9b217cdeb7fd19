//! Checks of policies.

use async_trait::async_trait;
use serde_json::Value;

use super::CloudError;
use crate::domain::principal::PolicyFinding;

/// Whether a policy allows more than another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAccess {
    /// Whether it allows more.
    pub is_new: bool,
    /// Why, by statement.
    pub reasons: Vec<String>,
}

/// Checks identity-based policies.
#[async_trait]
pub trait ValidatePolicies: Send + Sync {
    /// ValidatePolicy: everything that is wrong or risky in a policy.
    ///
    /// # Errors
    /// The check is not allowed, or there was no response or an error.
    async fn validate(&self, document: &Value) -> Result<Vec<PolicyFinding>, CloudError>;

    /// CheckNoNewAccess: whether a policy allows more than an existing one. Each request is charged.
    ///
    /// # Errors
    /// The check is not allowed or cannot decide, or there was no response or an error.
    async fn new_access(&self, document: &Value, existing: &Value) -> Result<NewAccess, CloudError>;
}
