//! Resources of all types, with Cloud Control.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::Value;

use super::{CloudError, CloudErrorKind, Freshness};
use crate::domain::resource::ResourceRef;
use crate::schema::Registry;

/// The status of an asynchronous request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProgressStatus {
    /// Pending or in progress.
    Running,
    /// Successful.
    Success,
    /// Failed; the progress has the reason.
    Failed,
}

/// The progress of an asynchronous request.
#[derive(Debug, Clone)]
pub struct Progress {
    /// Cloud Control's RequestToken.
    pub request_token: String,
    /// The status.
    pub status: ProgressStatus,
    /// The resource's identifier, once known.
    pub identifier: Option<String>,
    /// For a failure: the handler's error code as a kind, the code itself, and its message.
    pub failure: Option<(CloudErrorKind, String, String)>,
    /// The time to wait before the next status request, if the service specifies it.
    pub retry_after: Option<Duration>,
}

/// The operation of an asynchronous request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestOperation {
    /// CreateResource.
    Create,
    /// UpdateResource.
    Update,
    /// DeleteResource.
    Delete,
}

/// Which requests ListResourceRequests returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestsWanted {
    /// Those in progress.
    Running,
    /// Creations that succeeded.
    Created,
    /// All that succeeded.
    Succeeded,
}

/// A recent request, as returned by ListResourceRequests, which does not include the client token.
#[derive(Debug, Clone)]
pub struct ResourceRequest {
    /// CloudFormation type name.
    pub type_name: String,
    /// The operation.
    pub operation: RequestOperation,
    /// The status.
    pub progress: Progress,
    /// The time of the status.
    pub at: Option<Timestamp>,
}

/// Reads resources.
#[async_trait]
pub trait ReadResources: Send + Sync {
    /// The environment's name.
    fn environment(&self) -> &str;

    /// The resource types of the environment, including those that its registry has described so far.
    fn registry(&self) -> &Registry;

    /// Returns the freshness of the least fresh value returned so far. Writes must be based only on live values.
    fn freshness(&self) -> Freshness {
        Freshness::Live
    }

    /// Returns the live properties of a resource; `None` only if AWS reports that it does not exist.
    ///
    /// # Errors
    /// There was no response or an error, or the response has no properties.
    async fn get(&self, resource: &ResourceRef) -> Result<Option<Value>, CloudError>;

    /// Returns the identifiers of all resources of a type, sorted. Lists often contain only some of the properties, so they
    /// are not returned.
    ///
    /// # Errors
    /// There was no complete response: incomplete lists are never returned.
    async fn list(&self, type_name: &str) -> Result<Vec<String>, CloudError>;

    /// Like [`ReadResources::list`], for a type that is listed within a parent: `inputs` is an object with the type's list
    /// inputs.
    ///
    /// # Errors
    /// See [`ReadResources::list`].
    async fn list_within(&self, type_name: &str, inputs: &Value) -> Result<Vec<String>, CloudError>;
}

/// Changes resources, and returns the status of requests.
///
/// Within 36 hours, a repeated request with the same client token is the same request to AWS. All methods except
/// [`WriteResources::status`] and [`WriteResources::requests`] verify the account first, and send nothing if it is not the
/// expected one.
#[async_trait]
pub trait WriteResources: Send + Sync {
    /// The environment's name.
    fn environment(&self) -> &str;

    /// CreateResource.
    ///
    /// # Errors
    /// The account is not the confirmed one, or there was no response or an error.
    async fn create(&self, type_name: &str, desired: &Value, client_token: &str) -> Result<Progress, CloudError>;

    /// UpdateResource; `patch` is a JSON Patch (RFC 6902).
    ///
    /// # Errors
    /// See [`WriteResources::create`].
    async fn update(&self, resource: &ResourceRef, patch: &Value, client_token: &str) -> Result<Progress, CloudError>;

    /// DeleteResource.
    ///
    /// # Errors
    /// See [`WriteResources::create`].
    async fn delete(&self, resource: &ResourceRef, client_token: &str) -> Result<Progress, CloudError>;

    /// GetResourceRequestStatus (a reading call that belongs to a request of this client).
    ///
    /// # Errors
    /// There was no response, or the token or the status is unknown.
    async fn status(&self, request_token: &str) -> Result<Progress, CloudError>;

    /// ListResourceRequests: the account's requests, to resume an earlier run. AWS keeps completed ones for seven days.
    ///
    /// # Errors
    /// There was no complete response.
    async fn requests(&self, which: RequestsWanted) -> Result<Vec<ResourceRequest>, CloudError>;
}
