//! AWS clients, credentials and the conversion of AWS responses to types of the pipeline. The only module that uses `aws_*`
//! crates.

mod access_analyzer;
mod account_principals;
mod buckets;
mod ca_bundle;
mod clients;
mod confirm;
mod cost_explorer;
mod describer;
mod endpoints;
mod error;
mod hidden;
mod http;
mod iam_tags;
mod identity;
mod index;
mod json;
mod member;
mod organization;
mod pages;
mod price_files;
mod price_list;
mod principals;
mod profiles;
mod query;
mod reader;
mod service_client;
mod services;
mod simulator;
mod stack;
mod stored;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod wire;
mod writer;

pub use access_analyzer::AccessAnalyzer;
pub use buckets::Buckets;
pub use ca_bundle::{CaBundle, CaBundleSetting};
pub use clients::{Access, ClientKey, ClientPool, Clients, CredentialsSource, Endpoint};
pub use cost_explorer::CostExplorer;
pub use describer::Describer;
pub use identity::Sts;
pub use index::{ConfigAggregator, ResourceExplorer};
pub use member::{MemberAccount, RoleToAssume};
pub use organization::Organization;
pub use price_files::{BULK_PRICE_LIST, PriceListFiles};
pub use price_list::{PriceList, pricing_endpoint};
pub use principals::PrincipalReader;
pub use profiles::{Profiles, ProfilesError};
pub use reader::Reader;
pub use services::Services;
pub use simulator::Simulator;
pub use stack::RunScope;
pub use stack::breaker::BreakerState;
pub use stack::cache::{AnswerStore, StaleReader, StoredAnswer, known_identifiers};
pub use stack::clock::{Clock, SharedClock, SystemClock};
pub use stack::count::CallCounter;
pub use stored::StoredValues;
pub use writer::Writer;
