//! The cloud as the pipeline sees it: small traits, each with one subject. `aws` implements them;
//! nothing else does, apart from tests.
//!
//! | file | port | whose calls |
//! |---|---|---|
//! | `resources` | [`ReadResources`], [`WriteResources`] | Cloud Control |
//! | `tags` | [`ReadTags`], [`WriteTags`] | Resource Groups Tagging |
//! | `types` | [`DescribeTypes`] | CloudFormation's registry |
//! | `prices` | [`ListPrices`] | the Price List |
//! | `identity` | [`Identity`] | STS |
//! | `calls` | [`ObserveCalls`] | every call that changes something, for an audit log |
//! | `freshness` | [`Freshness`] | how old an answer is |
//! | `error` | [`CloudError`] | the one table from an AWS error to its kind, its hint and "try again" |
//!
//! The next ports get a file each: costs (Cost Explorer), IAM (principals, simulation) and accounts
//! (Organizations, roles to assume).
//!
//! Reading and writing are separate traits: a command that only reads never holds a value through
//! which anything could be changed.

mod calls;
mod error;
mod freshness;
mod identity;
mod prices;
mod resources;
mod tags;
mod types;

pub use calls::{MutatingCall, NoObserver, ObserveCalls};
pub use error::{CloudError, CloudErrorKind, Purpose, hint, is_retryable, kind_of_code, kind_of_status};
pub use freshness::{Answered, Freshness};
pub use identity::Identity;
pub use prices::ListPrices;
pub use resources::{Progress, ProgressStatus, ReadResources, RequestOperation, ResourceRequest, WriteResources};
pub use tags::{ReadTags, TaggedResource, WriteTags};
pub use types::{DescribeTypes, DescribedType};

/// Everything that reads an environment's resources.
pub trait ReadCloud: ReadResources + ReadTags {}

impl<T: ReadResources + ReadTags + ?Sized> ReadCloud for T {}

/// Everything that changes an environment's resources. A client of this trait is made only for an
/// account that STS has confirmed, and STS confirms it again while it writes.
pub trait WriteCloud: WriteResources + WriteTags {}

impl<T: WriteResources + WriteTags + ?Sized> WriteCloud for T {}
