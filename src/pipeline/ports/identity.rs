//! The identity of the caller.

use async_trait::async_trait;

use super::CloudError;
use crate::domain::account::CallerIdentity;

/// STS.
#[async_trait]
pub trait Identity: Send + Sync {
    /// GetCallerIdentity.
    ///
    /// # Errors
    /// There are no credentials, or no response, or it has no account.
    async fn caller_identity(&self) -> Result<CallerIdentity, CloudError>;
}
