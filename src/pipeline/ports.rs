//! The cloud as the pipeline sees it. `aws/` implements these traits; nothing else does.
//!
//! Reading and writing are two types: a command that only reads never holds a value through which
//! anything could be changed.

use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;

use crate::domain::resource::ResourceRef;
use crate::domain::tags::Tags;
use crate::schema::Provisioning;

/// Why a call failed, as far as the product treats it differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CloudErrorKind {
    /// The resource does not exist. Only this means absent.
    NotFound,
    /// A resource of that identifier exists.
    AlreadyExists,
    /// The caller may not.
    AccessDenied,
    /// The credentials are missing, expired or unknown to AWS.
    Credentials,
    /// Too many calls.
    Throttled,
    /// Cloud Control does not know the type.
    TypeNotFound,
    /// The type has no such handler.
    Unsupported,
    /// The request itself is wrong.
    Invalid,
    /// A property can only be set at creation.
    NotUpdatable,
    /// The token was used for another request, or the resource's state forbids the operation.
    Conflict,
    /// A passing fault of the service, or another operation on the same resource.
    Busy,
    /// No answer: connection refused, name not resolved, time-out.
    Network,
    /// Anything else.
    Other,
}

/// A failed call.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{operation}{}: {message}", .resource.as_ref().map(|r| format!(" {r}")).unwrap_or_default())]
pub struct CloudError {
    /// What kind.
    pub kind: CloudErrorKind,
    /// `service.Operation`.
    pub operation: &'static str,
    /// AWS's error code, if it sent one.
    pub code: Option<String>,
    /// AWS's message, or what went wrong on the way.
    pub message: String,
    /// The resource concerned.
    pub resource: Option<ResourceRef>,
    /// The environment that was called.
    pub environment: String,
}

impl CloudError {
    /// True when the same call would be answered the same again.
    pub fn is_final(&self) -> bool {
        matches!(
            self.kind,
            CloudErrorKind::NotFound
                | CloudErrorKind::AccessDenied
                | CloudErrorKind::TypeNotFound
                | CloudErrorKind::Unsupported
                | CloudErrorKind::Invalid
        )
    }
}

/// A resource that carries, or once carried, tags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaggedResource {
    /// Its ARN.
    pub arn: String,
    /// Its tags, `aws:` ones included.
    pub tags: Tags,
}

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
    /// For a failure: the handler's error code as a kind, and its message.
    pub failure: Option<(CloudErrorKind, String, String)>,
    /// How long the service asks to wait before the next look.
    pub retry_after: Option<Duration>,
}

/// Calls that read.
#[async_trait]
pub trait ReadCloud: Send + Sync {
    /// The environment's name.
    fn environment(&self) -> &str;
    /// A resource's live properties; `None` only where AWS says that it does not exist.
    async fn get(&self, resource: &ResourceRef) -> Result<Option<Value>, CloudError>;
    /// Identifiers of all resources of a type. The properties that a list returns are often
    /// partial, so they are not handed on: get before judging.
    async fn list(&self, type_name: &str) -> Result<Vec<String>, CloudError>;
    /// The same for a type that is listed below something else: `inputs` names it, an object of
    /// the type's list inputs.
    async fn list_within(&self, type_name: &str, inputs: &Value) -> Result<Vec<String>, CloudError>;
    /// All resources that carry, or once carried, tags; narrowed to those with the given tag.
    async fn tagged(&self, filter: Option<(&str, &[&str])>) -> Result<Vec<TaggedResource>, CloudError>;
}

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
    async fn describe_type(&self, type_name: &str) -> Result<DescribedType, CloudError>;
}

/// The Price List.
#[async_trait]
pub trait ListPrices: Send + Sync {
    /// GetProducts, all pages: the products of a service with exactly these attributes, each as
    /// the text that the Price List gives.
    async fn products(&self, service: &str, filters: &[(String, String)]) -> Result<Vec<String>, CloudError>;
}

/// Calls that change something. Made only for an account that STS has confirmed, and each call
/// has STS confirm it again.
#[async_trait]
pub trait WriteCloud: Send + Sync {
    /// The environment's name.
    fn environment(&self) -> &str;
    /// CreateResource.
    async fn create(&self, type_name: &str, desired: &Value, client_token: &str) -> Result<Progress, CloudError>;
    /// UpdateResource.
    async fn update(&self, resource: &ResourceRef, patch: &Value, client_token: &str) -> Result<Progress, CloudError>;
    /// GetResourceRequestStatus (a reading call that belongs to a request of this client).
    async fn status(&self, request_token: &str) -> Result<Progress, CloudError>;
    /// TagResources. False when the tagging API does not serve this resource: the caller then
    /// patches the resource's tag property.
    async fn tag(&self, arn: &str, tags: &Tags) -> Result<bool, CloudError>;
}
