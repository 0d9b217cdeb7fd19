//! Tags, by ARN. Where Cloud Control's models have no tags and another API of the service keeps them, a read has them in the
//! properties, and these ports change them with that API.

use std::collections::BTreeSet;

use async_trait::async_trait;

use super::{CloudError, CloudErrorKind};
use crate::domain::resource::LiveResource;
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

    /// Like [`ReadTags::tagged`], for commands that report what they may not read: if permission is denied in a Region, returns
    /// the resources of the others, and the error.
    ///
    /// # Errors
    /// There was no complete response, for another reason.
    async fn tagged_if_permitted(
        &self,
        filter: Option<(&str, &[&str])>,
    ) -> Result<(Vec<TaggedResource>, Vec<CloudError>), CloudError> {
        match self.tagged(filter).await {
            Ok(found) => Ok((found, Vec::new())),
            Err(error) if error.kind == CloudErrorKind::AccessDenied => Ok((Vec::new(), vec![error])),
            Err(error) => Err(error),
        }
    }

    /// Like [`ReadTags::tagged_if_permitted`], but without the tags of these keys: tags are most of the memory of a large listing.
    ///
    /// # Errors
    /// See [`ReadTags::tagged_if_permitted`].
    async fn tagged_without(
        &self,
        filter: Option<(&str, &[&str])>,
        keys: &[&str],
    ) -> Result<(Vec<TaggedResource>, Vec<CloudError>), CloudError> {
        let (mut found, refused) = self.tagged_if_permitted(filter).await?;
        found.iter_mut().for_each(|one| one.tags.retain(|key, _| !keys.contains(&key.as_str())));
        Ok((found, refused))
    }

    /// Returns those of the given ARNs that the tagging API returns.
    ///
    /// # Errors
    /// See [`ReadTags::tagged`].
    async fn tagged_among(&self, arns: &[String]) -> Result<BTreeSet<String>, CloudError> {
        let found = self.tagged(None).await?;
        Ok(found.into_iter().map(|tagged| tagged.arn).filter(|arn| arns.contains(arn)).collect())
    }
}

/// Changes individual tags.
#[async_trait]
pub trait WriteTags: Send + Sync {
    /// The ARN by which a resource can be tagged; `None` if it is not known.
    fn arn_to_tag(&self, live: &LiveResource) -> Option<String> {
        live.arn.clone()
    }

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
