//! Whose credentials they are.

use async_trait::async_trait;

use super::CloudError;
use crate::domain::account::CallerIdentity;

/// STS.
#[async_trait]
pub trait Identity: Send + Sync {
    /// GetCallerIdentity.
    ///
    /// # Errors
    /// No credentials, no answer, or one without an account.
    async fn caller_identity(&self) -> Result<CallerIdentity, CloudError>;
}
