//! Ports: the interface of the pipeline to AWS, as small traits. Only `aws` and tests implement them.
//!
//! | file | port | service |
//! |---|---|---|
//! | `accounts` | [`ReadOrganization`], [`ReadBuckets`] | Organizations, S3's list of buckets |
//! | `resources` | [`ReadResources`], [`WriteResources`] | Cloud Control |
//! | `tags` | [`ReadTags`], [`WriteTags`] | Resource Groups Tagging |
//! | `types` | [`DescribeTypes`] | CloudFormation's registry |
//! | `prices` | [`ListPrices`], [`ReadPriceFiles`] | the Price List, and its files |
//! | `permissions` | [`SimulatePermissions`] | the policy simulator of IAM |
//! | `principals` | [`ReadPrincipals`] | principals of IAM and their policies |
//! | `validation` | [`ValidatePolicies`] | IAM Access Analyzer |
//! | `identity` | [`Identity`] | STS |
//! | `index` | [`ReadIndex`] | Resource Explorer, AWS Config |
//! | `costs` | [`ReadCosts`] | Cost Explorer |
//! | `services` | [`ReadServices`] | ECS, for the tasks of services |
//! | `stored` | [`ReadParameters`], [`ReadStored`] | Systems Manager, Secrets Manager |
//! | `calls` | [`ObserveCalls`] | every call that changes something, for an audit log |
//! | `freshness` | [`Freshness`] | the freshness of data |
//! | `error` | [`CloudError`] | the only table of AWS error codes, with kinds, hints and retries |
//!
//!
//! Reading and writing are separate traits: a command that only reads has no access to calls that change anything.

mod accounts;
mod calls;
mod costs;
mod error;
mod freshness;
mod identity;
mod index;
mod permissions;
mod prices;
mod principals;
mod resources;
mod services;
mod stored;
mod tags;
mod types;
mod validation;

pub use accounts::{BucketPlace, ReadBuckets, ReadOrganization};
pub use calls::{MutatingCall, NoObserver, ObserveCalls};
pub use costs::{CostGroup, CostPeriod, CostQuery, Costs, GroupCost, ReadCosts};
pub use error::{
    CloudError, CloudErrorKind, Purpose, hint, is_retryable, is_retryable_failure, kind_of_code, kind_of_status,
};
pub use freshness::{Answered, Freshness};
pub use identity::Identity;
pub use index::{Indexed, IndexedResource, ReadIndex};
pub use permissions::{SimulatePermissions, Simulated};
pub use prices::{FileContent, ListPrices, PriceFileError, ReadPriceFiles};
pub use principals::ReadPrincipals;
pub use resources::{
    Progress, ProgressStatus, ReadResources, RequestOperation, RequestsWanted, ResourceRequest, WriteResources,
};
pub use services::{ReadServices, ServiceTasks};
pub use stored::{ReadParameters, ReadStored};
pub use tags::{PRINCIPAL_TYPES, ReadTags, TaggedResource, WriteTags};
pub use types::{DescribeTypes, DescribedType};
pub use validation::{NewAccess, ValidatePolicies};

/// Everything that reads an environment's resources.
pub trait ReadCloud: ReadResources + ReadTags {}

impl<T: ReadResources + ReadTags + ?Sized> ReadCloud for T {}

/// A reader whose every answer is AWS's own, of this moment. Plans, and their execution, are based on nothing else: readers that
/// may use answers of earlier runs do not implement it.
pub trait ReadLive: ReadCloud {}

/// Everything that changes an environment's resources. Clients with this trait are created only for an account that STS has
/// confirmed, and STS confirms it again while they write.
pub trait WriteCloud: WriteResources + WriteTags + ReadStored {}

impl<T: WriteResources + WriteTags + ReadStored + ?Sized> WriteCloud for T {}
