//! The only room that names an `aws_*` crate: clients, credentials and the translation of AWS's
//! answers into the pipeline's words.

mod calls;
mod clients;
mod describer;
mod error;
mod http;
mod price_list;
mod profiles;
mod reader;
mod writer;

pub use calls::CallCounter;
pub use clients::{Access, Clients, Endpoint};
pub use describer::Describer;
pub use price_list::{PriceList, pricing_endpoint};
pub use profiles::{Profiles, ProfilesError};
pub use reader::Reader;
pub use writer::Writer;
