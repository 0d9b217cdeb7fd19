//! Accounts, and what S3 lists of a whole account.

use async_trait::async_trait;

use super::CloudError;
use crate::domain::inventory::OrganizationAccount;

/// Organizations.
#[async_trait]
pub trait ReadOrganization: Send + Sync {
    /// ListAccounts: the accounts of the organization, sorted by name.
    ///
    /// # Errors
    /// The account is neither the management account nor a delegated administrator, or there was no complete response.
    async fn accounts(&self) -> Result<Vec<OrganizationAccount>, CloudError>;
}

/// A bucket.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct BucketPlace {
    /// Its name.
    pub name: String,
    /// Its Region, if S3 says so.
    pub region: Option<String>,
}

/// S3's list of buckets.
#[async_trait]
pub trait ReadBuckets: Send + Sync {
    /// ListBuckets: the buckets of all Regions, sorted by name.
    ///
    /// # Errors
    /// There was no complete response.
    async fn buckets(&self) -> Result<Vec<BucketPlace>, CloudError>;
}
