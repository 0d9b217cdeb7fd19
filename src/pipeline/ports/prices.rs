//! The Price List.

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream::BoxStream;

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

/// Why a file of the bulk Price List cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct PriceFileError {
    /// What happened, without a final period.
    pub message: String,
    /// Whether another attempt may succeed.
    pub is_temporary: bool,
}

/// The content of a file, piece by piece. An end without an error is the end of the file.
pub type FileContent = BoxStream<'static, Result<Bytes, PriceFileError>>;

/// The files of the bulk Price List, which are public.
#[async_trait]
pub trait ReadPriceFiles: Send + Sync {
    /// Opens a file by its absolute path, such as `/offers/v1.0/aws/index.json`.
    ///
    /// # Errors
    /// There is no such file, or it cannot be read.
    async fn open(&self, path: &str) -> Result<FileContent, PriceFileError>;
}
