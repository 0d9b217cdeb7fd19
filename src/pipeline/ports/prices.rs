//! The Price List.

use async_trait::async_trait;

use super::CloudError;

/// The Price List.
#[async_trait]
pub trait ListPrices: Send + Sync {
    /// GetProducts, all pages: the products of a service with exactly these attributes, as the JSON texts that the Price List
    /// returns.
    ///
    /// # Errors
    /// There was no response or an error, or there are too many products.
    async fn products(&self, service: &str, filters: &[(String, String)]) -> Result<Vec<String>, CloudError>;
}
