//! The body of `prices`.

use schemars::JsonSchema;
use serde::Serialize;

/// The price books.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PricesBody {
    /// The folder of the price books.
    pub directory: String,
    /// The Regions that this run has updated; empty for `prices status`.
    pub updated: Vec<String>,
    /// The price books, by Region.
    pub books: Vec<PriceBookView>,
    /// The Regions whose file cannot be used: it is damaged, of another version, or of another user.
    pub unusable: Vec<String>,
    /// The Regions that have prices embedded in the program.
    pub embedded_regions: Vec<String>,
}

/// The price book of a Region.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PriceBookView {
    /// The Region.
    pub region: String,
    /// When the files were downloaded (RFC 3339).
    pub fetched_at: String,
    /// Age in seconds; `null` if the book is from the future, because the clock was set back.
    pub age_seconds: Option<u64>,
    /// Whether its prices need an approval because of its age.
    pub is_stale: bool,
    /// The URL or the folder of the files.
    pub source: String,
    /// Number of prices.
    pub prices: u64,
    /// Number of products of the cost model that a price list can have. Instances that differ in their type only are one.
    pub products: u64,
    /// Number of these that the book has.
    pub covered: u64,
    /// The others, sorted.
    pub missing: Vec<String>,
    /// The files that were read.
    pub services: Vec<PriceBookServiceView>,
}

/// The offer file of a service.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PriceBookServiceView {
    /// The service code of the Price List, such as `AmazonEC2`.
    pub service: String,
    /// When AWS published the file (RFC 3339).
    pub published: String,
    /// Rows of the file.
    pub rows: u64,
    /// Prices that were taken from it.
    pub prices: u64,
    /// Price keys for which its products are ambiguous.
    pub refused: u64,
}
