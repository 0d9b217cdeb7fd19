//! CloudFormation's registry of resource types.

use async_trait::async_trait;

use super::CloudError;
use crate::schema::Provisioning;

/// A resource type as CloudFormation's registry describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DescribedType {
    /// The type's schema, a JSON text.
    pub schema: String,
    /// What the registry lets be done with it.
    pub provisioning: Provisioning,
}

/// The registry of resource types.
#[async_trait]
pub trait DescribeTypes: Send + Sync {
    /// DescribeType, for a public resource type.
    ///
    /// # Errors
    /// The region's registry does not have the type, no answer, or a refusal.
    async fn describe_type(&self, type_name: &str) -> Result<DescribedType, CloudError>;
}
