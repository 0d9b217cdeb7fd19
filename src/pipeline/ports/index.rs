//! An index of the resources of an account, which AWS keeps: Resource Explorer, or an aggregator of AWS Config.

use std::collections::BTreeSet;

use async_trait::async_trait;
use jiff::Timestamp;

use super::CloudError;
use crate::domain::audit::IndexService;

/// A resource in an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexedResource {
    /// Its ARN.
    pub arn: String,
    /// Its CloudFormation type, if the index says so.
    pub type_name: Option<String>,
    /// Whether it has tags according to the index.
    pub is_tagged: bool,
}

/// What an index contains, and how far it can be relied on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Indexed {
    /// The resources of the Region and of global services.
    pub resources: Vec<IndexedResource>,
    /// The view or aggregator that was queried.
    pub through: String,
    /// The Regions that the index covers, sorted.
    pub regions: Vec<String>,
    /// The time of its last update; `None` if it has no resources.
    pub updated: Option<Timestamp>,
    /// The types that it covers; `None` if it does not say.
    pub types: Option<BTreeSet<String>>,
    /// A filter that limits it.
    pub filter: Option<String>,
}

/// An index of the resources of an account.
#[async_trait]
pub trait ReadIndex: Send + Sync {
    /// The service that keeps the index.
    fn service(&self) -> IndexService;

    /// Returns all resources of the Region and of global services.
    ///
    /// # Errors
    /// There is no such index, it does not contain tags, or there was no complete response.
    async fn resources(&self) -> Result<Indexed, CloudError>;
}
