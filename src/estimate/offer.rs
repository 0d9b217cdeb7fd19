//! Offer files of the bulk Price List: which of their rows belong to prices of the cost model.
//!
//! An offer file (CSV) has one row per product, term and rate, hundreds of thousands for EC2. Rows are passed one at a time;
//! only those of products that a price may come from are kept, in the form of the Price List API, so that
//! [`PriceQuery::read`] applies the same rules to both.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use csv::ByteRecord;
use serde_json::{Map, Value, json};

use super::listing::Listing;
use super::price_list::{PriceQuery, Refusal};
use super::prices::Price;

/// Maximum number of lines before the header of the columns; AWS writes five.
const MAX_METADATA: usize = 20;

/// Maximum number of products that are kept of one file.
const MAX_PRODUCTS: usize = 100_000;

/// Columns that every offer file has, as [`column_name`] returns them.
const REQUIRED: [&str; 11] = [
    "sku",
    "offertermcode",
    "ratecode",
    "termtype",
    "startingrange",
    "endingrange",
    "unit",
    "priceperunit",
    "currency",
    "servicecode",
    "usagetype",
];

/// Why a file is not a usable offer file, each a sentence without a final period.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OfferError {
    /// It has no header of columns, or has not this format.
    #[error("it is not an offer file of the Price List: {0}")]
    Format(String),
    /// It is the file of another service.
    #[error("it is the offer file of {0}")]
    OtherService(String),
    /// A row has another number of cells than the header, as where a download ended early.
    #[error("line {line} has {found} cells, not {expected}; the file is incomplete or damaged")]
    Row {
        /// The line.
        line: u64,
        /// Its cells.
        found: usize,
        /// The columns.
        expected: usize,
    },
    /// There is no row at all.
    #[error("it has no prices")]
    Empty,
    /// It has more products of one kind than AWS sells.
    #[error("it has more than {MAX_PRODUCTS} matching products")]
    TooLarge,
}

/// What an offer file says about the prices of the cost model.
#[derive(Debug, Clone, PartialEq)]
pub struct Offer {
    /// Such as `AmazonEC2`.
    pub service: String,
    /// When AWS published it (RFC 3339).
    pub published: String,
    /// Number of rows.
    pub rows: u64,
    /// The prices.
    pub prices: Vec<Price>,
    /// The price keys for which the file has products of which none, or more than one, is the price.
    pub refused: Vec<(String, Refusal)>,
}

/// The services whose offer files have prices for a region: those of regional and those of global prices.
pub fn offer_services(region: &str) -> (BTreeSet<&'static str>, BTreeSet<&'static str>) {
    let (mut regional, mut global) = (BTreeSet::new(), BTreeSet::new());
    for listing in Listing::all() {
        if let Some(query) = PriceQuery::of(listing.key, region) {
            let services = if listing.is_regional { &mut regional } else { &mut global };
            services.insert(query.service);
        }
    }
    (regional, global)
}

/// The products that the offer files of a region can have, each with its price keys. Instances that differ in their type only
/// are one product (`ec2.*`): no region has every type.
pub(super) fn offered_products(region: &str) -> BTreeMap<String, Vec<&'static str>> {
    let mut products: BTreeMap<String, Vec<&'static str>> = BTreeMap::new();
    for listing in Listing::all() {
        if PriceQuery::of(listing.key, region).is_none() {
            continue;
        }
        let name = match listing.instance_type() {
            None => listing.key.to_owned(),
            Some((before, after, _)) => {
                let kind =
                    listing.key.strip_prefix(before).and_then(|rest| rest.strip_suffix(after)).unwrap_or_default();
                let of_service = if kind.split('.').count() > 2 { kind.split('.').next() } else { None };
                format!("{before}{}*{after}", of_service.map(|name| format!("{name}.")).unwrap_or_default())
            }
        };
        products.entry(name).or_default().push(listing.key);
    }
    products
}

/// Products that differ in their instance type only, or one product.
struct Shape {
    /// Columns and their values.
    cells: Vec<(usize, &'static str)>,
    usage_type: &'static str,
    key: ShapeKey,
}

enum ShapeKey {
    One(&'static str),
    /// The key before and after the instance type, and the end of the instance type that the key leaves out.
    InstanceType {
        column: usize,
        before: &'static str,
        after: &'static str,
        end: &'static str,
    },
}

/// The columns of a file, by [`column_name`].
struct Columns {
    by_name: HashMap<String, usize>,
    count: usize,
    shapes: Vec<Shape>,
    /// The attributes that queries look at, as the Price List API spells them.
    attributes: Vec<(&'static str, usize)>,
}

/// Reads one offer file, a row at a time.
pub struct OfferParser {
    service: &'static str,
    region: String,
    /// True for the file of all regions, of which only global prices are used.
    is_global: bool,
    published: Option<String>,
    metadata: usize,
    columns: Option<Columns>,
    rows: u64,
    products: HashMap<String, Value>,
    /// The products of each price key.
    candidates: BTreeMap<String, BTreeSet<String>>,
}

impl OfferParser {
    /// Begins to read the file of a service in a region, or with `is_global` the file of all regions.
    pub fn new(service: &'static str, region: &str, is_global: bool) -> Self {
        Self {
            service,
            region: region.to_owned(),
            is_global,
            published: None,
            metadata: 0,
            columns: None,
            rows: 0,
            products: HashMap::new(),
            candidates: BTreeMap::new(),
        }
    }

    /// Takes the next line.
    ///
    /// # Errors
    /// The file is not the offer file of the service, or it is damaged.
    pub fn row(&mut self, row: &ByteRecord) -> Result<(), OfferError> {
        let Some(columns) = &self.columns else { return self.metadata(row) };
        if row.len() != columns.count {
            let line = row.position().map_or(0, csv::Position::line);
            return Err(OfferError::Row { line, found: row.len(), expected: columns.count });
        }
        self.rows += 1;
        if cell(row, columns.column("termtype")) != "OnDemand" {
            return Ok(());
        }
        let service = cell(row, columns.column("servicecode"));
        if service != self.service {
            // Some files also list what another service bills.
            return Ok(());
        }
        let keys: Vec<String> = columns.shapes.iter().filter_map(|shape| shape.key(row, columns)).collect();
        if keys.is_empty() {
            return Ok(());
        }
        let sku = cell(row, columns.column("sku")).to_owned();
        let product = product(row, columns, self.published.as_deref().unwrap_or_default());
        let product = self.products.entry(sku.clone()).or_insert(product);
        add_rate(product, row, columns);
        for key in keys {
            self.candidates.entry(key).or_default().insert(sku.clone());
        }
        if self.products.len() > MAX_PRODUCTS { Err(OfferError::TooLarge) } else { Ok(()) }
    }

    fn metadata(&mut self, row: &ByteRecord) -> Result<(), OfferError> {
        let (name, value) = (cell(row, Some(0)), cell(row, Some(1)));
        self.metadata += 1;
        match name {
            "SKU" => {
                if self.published.is_none() {
                    return Err(OfferError::Format("it has no publication date".to_owned()));
                }
                self.columns = Some(Columns::new(row, self.service, &self.region, self.is_global)?);
            }
            "FormatVersion" if value != "v1.0" => {
                return Err(OfferError::Format(format!("the format `{}` is not known", short(value))));
            }
            "OfferCode" if value != self.service => return Err(OfferError::OtherService(short(value))),
            "Publication Date" => {
                if value.parse::<jiff::Timestamp>().is_err() {
                    return Err(OfferError::Format(format!("`{}` is not a publication date", short(value))));
                }
                self.published = Some(value.to_owned());
            }
            _ if self.metadata > MAX_METADATA => {
                return Err(OfferError::Format("it has no header of columns".to_owned()));
            }
            _ => {}
        }
        Ok(())
    }

    /// Ends the file.
    ///
    /// # Errors
    /// It had no header or no rows.
    pub fn finish(self) -> Result<Offer, OfferError> {
        if self.columns.is_none() {
            return Err(OfferError::Format("it has no header of columns".to_owned()));
        }
        if self.rows == 0 {
            return Err(OfferError::Empty);
        }
        let (mut prices, mut refused) = (Vec::new(), Vec::new());
        for (key, skus) in &self.candidates {
            let Some(query) = PriceQuery::of(key, &self.region) else { continue };
            let texts: Vec<String> =
                skus.iter().filter_map(|sku| self.products.get(sku)).map(Value::to_string).collect();
            match query.read(&texts) {
                Ok(price) => prices.push(price),
                // Rows of other products, such as those of Local Zones, were kept as well.
                Err(Refusal::NoProduct) => {}
                Err(refusal) => refused.push((key.clone(), refusal)),
            }
        }
        let published = self.published.unwrap_or_default();
        Ok(Offer { service: self.service.to_owned(), published, rows: self.rows, prices, refused })
    }
}

impl Columns {
    fn new(header: &ByteRecord, service: &str, region: &str, is_global: bool) -> Result<Self, OfferError> {
        let names = header.iter().map(|name| column_name(&String::from_utf8_lossy(name)));
        let mut by_name = HashMap::new();
        for (at, name) in names.enumerate() {
            by_name.entry(name).or_insert(at);
        }
        if let Some(missing) = REQUIRED.iter().find(|name| !by_name.contains_key(**name)) {
            return Err(OfferError::Format(format!("it has no column `{missing}`")));
        }
        let mut columns = Self { by_name, count: header.len(), shapes: Vec::new(), attributes: Vec::new() };
        let mut names: BTreeSet<&'static str> = ["usagetype", "regionCode", "locationType", "servicecode"].into();
        let mut seen = BTreeSet::new();
        for listing in Listing::all().iter().filter(|listing| listing.is_regional != is_global) {
            let is_of_service = PriceQuery::of(listing.key, region).is_some_and(|query| query.service == service);
            if !is_of_service {
                continue;
            }
            names.extend(listing.attributes.iter().map(|(name, _)| *name));
            if let Some((shape, text)) = columns.shape(listing)
                && seen.insert(text)
            {
                columns.shapes.push(shape);
            }
        }
        columns.attributes =
            names.into_iter().filter_map(|name| Some((name, columns.column(&column_name(name))?))).collect();
        Ok(columns)
    }

    fn column(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// The shape of a product, and a text that is the same for shapes that are equal; `None` where the file lacks a column.
    fn shape(&self, listing: &'static Listing) -> Option<(Shape, String)> {
        let with_types = listing.instance_type();
        let mut cells = Vec::new();
        for (name, value) in &listing.attributes {
            if !(with_types.is_some() && *name == "instanceType") {
                cells.push((self.column(&column_name(name))?, *value));
            }
        }
        let Some((before, after, end)) = with_types else {
            let key = ShapeKey::One(listing.key);
            return Some((Shape { cells, usage_type: listing.usage_type, key }, listing.key.to_owned()));
        };
        let column = self.column("instancetype")?;
        // Services abbreviate sizes in usage types inconsistently.
        let usage_type = listing.usage_type.split_once(':').map_or("", |(usage, _)| usage);
        let text = format!("{cells:?} {usage_type} {before} {after} {end}");
        let key = ShapeKey::InstanceType { column, before, after, end };
        Some((Shape { cells, usage_type, key }, text))
    }
}

impl Shape {
    /// The price key of a row of this shape.
    fn key(&self, row: &ByteRecord, columns: &Columns) -> Option<String> {
        let is_alike = self.cells.iter().all(|(at, value)| row.get(*at) == Some(value.as_bytes()));
        let usage = self.usage_type.trim_end_matches('*');
        if !is_alike || !(usage.is_empty() || cell(row, columns.column("usagetype")).contains(usage)) {
            return None;
        }
        match &self.key {
            ShapeKey::One(key) => Some((*key).to_owned()),
            ShapeKey::InstanceType { column, before, after, end } => {
                let instance_type = cell(row, Some(*column)).strip_suffix(end)?;
                (!instance_type.is_empty()).then(|| format!("{before}{instance_type}{after}"))
            }
        }
    }
}

/// A product without prices, as the Price List API returns it.
fn product(row: &ByteRecord, columns: &Columns, published: &str) -> Value {
    let text = |name: &str| cell(row, columns.column(name)).to_owned();
    let attributes = columns.attributes.iter().map(|(name, at)| ((*name).to_owned(), cell(row, Some(*at))));
    let attributes: Map<String, Value> = attributes
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| (name, Value::String(value.to_owned())))
        .collect();
    json!({
        "product": {"productFamily": text("productfamily"), "sku": text("sku"), "attributes": attributes},
        "serviceCode": text("servicecode"),
        "publicationDate": published,
        "terms": {"OnDemand": {}},
    })
}

/// Adds the rate of a row to its product. Equal rows are one rate; different rates with one code remain apart, and are
/// then no contiguous tiers.
fn add_rate(product: &mut Value, row: &ByteRecord, columns: &Columns) {
    let text = |name: &str| cell(row, columns.column(name)).to_owned();
    let (sku, term) = (text("sku"), text("offertermcode"));
    let mut per_unit = Map::new();
    per_unit.insert(text("currency"), Value::String(text("priceperunit")));
    let rate = json!({
        "unit": text("unit"),
        "beginRange": text("startingrange"),
        "endRange": text("endingrange"),
        "pricePerUnit": per_unit,
    });
    let offers = product.pointer_mut("/terms/OnDemand").and_then(Value::as_object_mut);
    let Some(offers) = offers else { return };
    let offer =
        offers.entry(format!("{sku}.{term}")).or_insert_with(|| json!({"offerTermCode": term, "priceDimensions": {}}));
    let rates = offer.get_mut("priceDimensions").and_then(Value::as_object_mut);
    let Some(rates) = rates else { return };
    let mut code = text("ratecode");
    while rates.get(&code).is_some_and(|other| *other != rate) {
        code.push('+');
    }
    rates.insert(code, rate);
}

/// The name of a column without case, spaces and punctuation: the files and the API spell attributes differently
/// (`Pre Installed S/W`, `preInstalledSw`).
fn column_name(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect()
}

/// The text of a cell; empty where it is missing or not UTF-8.
fn cell(row: &ByteRecord, at: Option<usize>) -> &str {
    at.and_then(|at| row.get(at)).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default()
}

/// A text of the file, for a message.
fn short(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).take(40).collect()
}

#[cfg(test)]
mod tests;
