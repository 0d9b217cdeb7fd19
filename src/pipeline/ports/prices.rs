//! The Price List.

use async_trait::async_trait;

use super::CloudError;

/// The Price List.
#[async_trait]
pub trait ListPrices: Send + Sync {
    /// GetProducts, all pages: the products of a service with exactly these attributes, each as
    /// the text that the Price List gives.
    ///
    /// # Errors
    /// No answer, a refusal, or more products than any one price is looked for among.
    async fn products(&self, service: &str, filters: &[(String, String)]) -> Result<Vec<String>, CloudError>;
}
