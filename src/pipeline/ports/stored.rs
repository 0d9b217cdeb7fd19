//! Values that AWS stores for templates: parameters of Systems Manager, and secrets of Secrets Manager.

use async_trait::async_trait;

use super::CloudError;
use crate::domain::dynamic::DynamicReference;

/// A reader of the parameters of an environment.
#[async_trait]
pub trait ReadParameters: Send + Sync {
    /// Returns the value of a parameter, by its name or ARN; a list is a text with commas. `None` if it does not exist.
    ///
    /// # Errors
    /// The parameter is encrypted, or there was no response or an error.
    async fn parameter(&self, name: &str) -> Result<Option<String>, CloudError>;
}

/// A reader of the values of dynamic references, for a client that sends them.
#[async_trait]
pub trait ReadStored: Send + Sync {
    /// Returns the value of a reference. From then on, no message of this client repeats it.
    ///
    /// # Errors
    /// The value does not exist or is not of the kind that the reference names, or there was no response or an error.
    async fn stored(&self, reference: &DynamicReference) -> Result<String, CloudError>;
}
