//! Resources of every type, as Cloud Control serves them.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::Value;

use super::{CloudError, CloudErrorKind, Freshness};
use crate::domain::resource::ResourceRef;

/// How far an asynchronous request has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProgressStatus {
    /// Accepted or running.
    Running,
    /// Done.
    Success,
    /// Ended without success; the progress says why.
    Failed,
}

/// An asynchronous request's state.
#[derive(Debug, Clone)]
pub struct Progress {
    /// Cloud Control's RequestToken.
    pub request_token: String,
    /// How far it is.
    pub status: ProgressStatus,
    /// The resource's identifier, once known.
    pub identifier: Option<String>,
    /// For a failure: the handler's error code as a kind, the code itself, and its message.
    pub failure: Option<(CloudErrorKind, String, String)>,
    /// How long the service asks to wait before the next look.
    pub retry_after: Option<Duration>,
}

/// What an asynchronous request does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestOperation {
    /// CreateResource.
    Create,
    /// UpdateResource.
    Update,
    /// DeleteResource.
    Delete,
}

/// A request of the last days, as ListResourceRequests tells of it. It does not carry the client
/// token that it was sent with.
#[derive(Debug, Clone)]
pub struct ResourceRequest {
    /// CloudFormation type name.
    pub type_name: String,
    /// What it does.
    pub operation: RequestOperation,
    /// How far it is.
    pub progress: Progress,
    /// When that was so.
    pub at: Option<Timestamp>,
}

/// Reads resources.
#[async_trait]
pub trait ReadResources: Send + Sync {
    /// The environment's name.
    fn environment(&self) -> &str;

    /// The least fresh answer given so far. What writes rests on live answers alone.
    fn freshness(&self) -> Freshness {
        Freshness::Live
    }

    /// A resource's live properties; `None` only where AWS says that it does not exist.
    ///
    /// # Errors
    /// No answer, a refusal, or an answer without the properties.
    async fn get(&self, resource: &ResourceRef) -> Result<Option<Value>, CloudError>;

    /// Identifiers of all resources of a type, sorted. The properties that a list returns are often
    /// partial, so they are not handed on: get before judging.
    ///
    /// # Errors
    /// No complete answer: a list is never returned without its last page.
    async fn list(&self, type_name: &str) -> Result<Vec<String>, CloudError>;

    /// The same for a type that is listed below something else: `inputs` names it, an object of
    /// the type's list inputs.
    ///
    /// # Errors
    /// As for [`ReadResources::list`].
    async fn list_within(&self, type_name: &str, inputs: &Value) -> Result<Vec<String>, CloudError>;
}

/// Changes resources, and follows the requests that do.
///
/// A client token makes a repetition within 36 hours the same request to AWS. Every method but
/// [`WriteResources::status`] and [`WriteResources::requests`] has the account confirmed, and sends
/// nothing where it is another.
#[async_trait]
pub trait WriteResources: Send + Sync {
    /// The environment's name.
    fn environment(&self) -> &str;

    /// CreateResource.
    ///
    /// # Errors
    /// The account is not the confirmed one, no answer, or a refusal.
    async fn create(&self, type_name: &str, desired: &Value, client_token: &str) -> Result<Progress, CloudError>;

    /// UpdateResource; `patch` is a JSON Patch (RFC 6902).
    ///
    /// # Errors
    /// As for [`WriteResources::create`].
    async fn update(&self, resource: &ResourceRef, patch: &Value, client_token: &str) -> Result<Progress, CloudError>;

    /// DeleteResource.
    ///
    /// # Errors
    /// As for [`WriteResources::create`].
    async fn delete(&self, resource: &ResourceRef, client_token: &str) -> Result<Progress, CloudError>;

    /// GetResourceRequestStatus (a reading call that belongs to a request of this client).
    ///
    /// # Errors
    /// No answer, an unknown token, or a status that is not known.
    async fn status(&self, request_token: &str) -> Result<Progress, CloudError>;

    /// ListResourceRequests: the account's requests that are still running, to resume what an
    /// earlier run began.
    ///
    /// # Errors
    /// No complete answer.
    async fn requests(&self) -> Result<Vec<ResourceRequest>, CloudError>;
}
