//! Tags, by ARN. Where Cloud Control's models have no tags and another API of the service keeps them, a read has them in the
//! properties, and these ports change them with that API.

use async_trait::async_trait;

use super::CloudError;
use crate::domain::tags::Tags;

/// A resource that has or had tags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaggedResource {
    /// Its ARN.
    pub arn: String,
    /// Its tags, `aws:` ones included.
    pub tags: Tags,
}

/// The types of [`ReadTags::tagged_principals`].
pub const PRINCIPAL_TYPES: [&str; 2] = ["AWS::IAM::Role", "AWS::IAM::User"];

/// Reads tags.
#[async_trait]
pub trait ReadTags: Send + Sync {
    /// Returns all resources that have or had tags, including those of global services; with a filter, only those with the key
    /// and one of the values.
    ///
    /// # Errors
    /// There was no complete response.
    async fn tagged(&self, filter: Option<(&str, &[&str])>) -> Result<Vec<TaggedResource>, CloudError>;

    /// Returns all resources of [`PRINCIPAL_TYPES`] with their tags, which may be none: the tagging API returns none of them, and
    /// reading each of them takes a call.
    ///
    /// # Errors
    /// There was no complete response. IAM's permission for it is rarer than the one to list and read roles and users.
    async fn tagged_principals(&self) -> Result<Vec<TaggedResource>, CloudError>;
}

/// Changes individual tags.
#[async_trait]
pub trait WriteTags: Send + Sync {
    /// TagResources, or the service's own operation. Returns false if the tagging API does not support this resource: the caller then patches the resource's
    /// tag property.
    ///
    /// # Errors
    /// The account is not the confirmed one, or there was no response or an error.
    async fn tag(&self, arn: &str, tags: &Tags) -> Result<bool, CloudError>;

    /// UntagResources, or the service's own operation. Returns false like [`WriteTags::tag`].
    ///
    /// # Errors
    /// See [`WriteTags::tag`].
    async fn untag(&self, arn: &str, keys: &[&str]) -> Result<bool, CloudError>;
}
