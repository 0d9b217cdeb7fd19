//! Tags, by ARN.

use async_trait::async_trait;

use super::CloudError;
use crate::domain::tags::Tags;

/// A resource that carries, or once carried, tags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaggedResource {
    /// Its ARN.
    pub arn: String,
    /// Its tags, `aws:` ones included.
    pub tags: Tags,
}

/// Reads tags.
#[async_trait]
pub trait ReadTags: Send + Sync {
    /// All resources that carry, or once carried, tags, those of global services included; narrowed
    /// to those with the given key and one of the given values.
    ///
    /// # Errors
    /// No complete answer: without every page nothing can be said of what is missing.
    async fn tagged(&self, filter: Option<(&str, &[&str])>) -> Result<Vec<TaggedResource>, CloudError>;
}

/// Changes tags, each key by itself.
#[async_trait]
pub trait WriteTags: Send + Sync {
    /// TagResources. False when the tagging API does not serve this resource: the caller then
    /// patches the resource's tag property.
    ///
    /// # Errors
    /// The account is not the confirmed one, no answer, or a refusal.
    async fn tag(&self, arn: &str, tags: &Tags) -> Result<bool, CloudError>;

    /// UntagResources; false as for [`WriteTags::tag`].
    ///
    /// # Errors
    /// As for [`WriteTags::tag`].
    async fn untag(&self, arn: &str, keys: &[&str]) -> Result<bool, CloudError>;
}
