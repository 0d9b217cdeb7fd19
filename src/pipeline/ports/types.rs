//! The CloudFormation registry of resource types.

use async_trait::async_trait;

use super::CloudError;
use crate::schema::Provisioning;

/// A resource type as CloudFormation's registry describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DescribedType {
    /// The JSON text of the schema.
    pub schema: String,
    /// The provisioning type.
    pub provisioning: Provisioning,
}

/// The registry of resource types.
#[async_trait]
pub trait DescribeTypes: Send + Sync {
    /// DescribeType, for a public resource type.
    ///
    /// # Errors
    /// The registry of the Region does not have the type, or there was no response or an error.
    async fn describe_type(&self, type_name: &str) -> Result<DescribedType, CloudError>;
}
