//! Monthly cost estimates of resources, from their properties, assumed or given usage, and list prices.
//!
//! A resource is *free* (known to be), *priced* or *unknown*. A part that cannot be priced is never
//! counted as zero: it is listed with the reason, it makes the total a lower bound, and it
//! requires approval. The cost model is data (`data/model.yaml`), and so are the prices.

mod book;
mod break_even;
mod comparison;
mod cost;
mod expression;
mod input;
mod listing;
mod model;
mod neighbors;
mod offer;
mod options;
mod plan;
pub mod price_list;
mod prices;
mod resource;
pub mod rows;
mod supported;
mod unit;
mod usage;
mod value;
mod verdict;

#[cfg(test)]
mod tests;

pub use book::{Book, BookService};
pub use break_even::BreakEven;
pub use comparison::{ComparedResource, Comparison, CostChange, Difference, compare};
pub use cost::{CostKind, CostLine, Range, ResourceEstimate, Status, UnknownDimension, UsageFigure, UsageSource};
pub use input::{EstimateInput, ExistingResource};
pub use listing::Listing;
pub use neighbors::MissingNeighbor;
pub use offer::{Offer, OfferError, OfferParser, offer_services};
pub use options::EstimateOptions;
pub use plan::{Estimate, estimate, missing_neighbors, required_prices};
pub use prices::{
    BOOK_FRESH_SECONDS, Confidence, FRESH_SECONDS, FetchedPrices, GLOBAL, Price, PriceBook, PriceSource, Snapshot, Tier,
};
pub use supported::{SupportedType, SupportedUsage, coverage, supported, usage_keys};
pub use unit::canonical_unit;
pub use usage::{MAX_USAGE, Usage, UsageError, unmatched_usage};
pub use verdict::{Verdict, age_text, reaches};
