//! The tasks of ECS services, which Cloud Control's model does not have.

use async_trait::async_trait;

use super::CloudError;

/// The tasks of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceTasks {
    /// The number that should run.
    pub desired: u64,
    /// The number that run.
    pub running: u64,
    /// Why the deployment failed, if it did.
    pub failure: Option<String>,
}

/// ECS.
#[async_trait]
pub trait ReadServices: Send + Sync {
    /// DescribeServices: the tasks of a service of a cluster; `None` if there is no such service.
    ///
    /// # Errors
    /// There was no response, or it is incomplete.
    async fn tasks(&self, cluster: &str, service: &str) -> Result<Option<ServiceTasks>, CloudError>;
}
