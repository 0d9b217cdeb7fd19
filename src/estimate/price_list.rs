//! Queries to the Price List, and parsing of its responses.
//!
//! A response also contains products similar to the requested one: Outposts and Local Zones, reserved
//! capacity, free allowances, other licenses. Exactly one product and one offer must match, in a
//! known unit, with contiguous tiers. Everything else is rejected with a reason,
//! and the next source is used: a wrong price is worse than an older one.

use std::borrow::Cow;
use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde_json::{Map, Value};

use super::listing::Listing;
use super::prices::{Confidence, GLOBAL, Price, PriceSource, Snapshot, Tier};
use super::unit::conversion;

/// The code of the standard on-demand offer. A few products have additional ones (`FlatRate`).
const ON_DEMAND: &str = "JRTCKXETXF";

/// The Price List query for one price.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceQuery {
    /// `key@region`, as the snapshot's: a price has one name, wherever it comes from.
    pub id: String,
    /// Such as `AmazonEC2`.
    pub service: &'static str,
    /// Attributes that are the same in every region, and `regionCode`: exact, sorted by name.
    pub filters: Vec<(&'static str, String)>,
    /// The usage type without a prefix, for which the Price List has no filter.
    usage_type: Cow<'static, str>,
    /// The region; `None` for a global price.
    region: Option<String>,
    /// The cost model's unit.
    unit: String,
}

/// Why a response contains no usable price, each a sentence without a final period.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The response is malformed.
    #[error("the Price List response is malformed: {0}")]
    Malformed(String),
    /// No product matches.
    #[error("the Price List has no matching product")]
    NoProduct,
    /// More than one product matches.
    #[error("several products of the Price List match ({}), and none is selected", .0.join(", "))]
    SeveralProducts(Vec<String>),
    /// The matching product is free in any quantity: an allowance, not the price.
    #[error("the only matching product ({0}) is a free allowance")]
    OnlyFree(String),
    /// No on-demand offer, or several.
    #[error("{sku} has {count} on-demand offers")]
    Offers {
        /// The product.
        sku: String,
        /// How many.
        count: usize,
    },
    /// The tiers have a gap, overlap, or do not range from zero to infinity.
    #[error("the tiers of {0} are not contiguous")]
    Tiers(String),
    /// Not priced in US dollars.
    #[error("{0} is not priced in US dollars")]
    Currency(String),
    /// Priced in a different unit.
    #[error("{sku} is priced per {found}, not per {wanted}")]
    Unit {
        /// The product.
        sku: String,
        /// The unit of the response.
        found: String,
        /// The unit of the cost model.
        wanted: String,
    },
}

impl PriceQuery {
    /// The query for a price key in a region; `None` for a price that no single product of the
    /// Price List has.
    pub fn of(key: &str, region: &str) -> Option<Self> {
        let Some(listing) = Listing::of(key) else { return Self::of_other_instance_type(key, region) };
        if !listing.is_one_product {
            return None;
        }
        if listing.usage_type.is_empty() && listing.attributes.is_empty() {
            return None;
        }
        let of_region = Snapshot::entry(&format!("{key}@{region}"));
        // A regional price that is missing in the snapshot has the same service and unit in other regions.
        let elsewhere = || Snapshot::entry(&format!("{key}@us-east-1")).filter(|_| listing.is_regional);
        let everywhere = || Snapshot::entry(&format!("{key}@{GLOBAL}"));
        let (service, unit, global_id) = match (listing.offered, of_region.or_else(everywhere).or_else(elsewhere)) {
            (Some((service, unit)), _) => (service, unit.to_owned(), None),
            (None, Some((service, known))) => {
                let is_global = known.id.ends_with(&format!("@{GLOBAL}"));
                (service, known.unit, is_global.then_some(known.id))
            }
            (None, None) => return None,
        };
        let mut filters: Vec<(&'static str, String)> =
            listing.attributes.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        if listing.is_regional {
            filters.push(("regionCode", region.to_owned()));
        }
        filters.sort();
        Some(Self {
            id: global_id.unwrap_or_else(|| format!("{key}@{region}")),
            service,
            filters,
            usage_type: Cow::Borrowed(listing.usage_type),
            region: listing.is_regional.then(|| region.to_owned()),
            unit,
        })
    }

    /// The query for an instance type that is not in the snapshot: the one for another type
    /// of the same kind, with the type substituted.
    fn of_other_instance_type(key: &str, region: &str) -> Option<Self> {
        let (listing, instance_type) = Listing::of_other_instance_type(key)?;
        let like = Self::of(listing.key, region)?;
        let of_type = |(name, value)| (name, if name == "instanceType" { instance_type.clone() } else { value });
        // Services abbreviate sizes in usage types inconsistently: only the part before the type is used.
        let usage_type = match listing.usage_type.split_once(':') {
            Some((usage, _)) => format!("{usage}:*"),
            None if listing.usage_type.is_empty() => String::new(),
            None => return None,
        };
        Some(Self {
            id: format!("{key}@{region}"),
            filters: like.filters.into_iter().map(of_type).collect(),
            usage_type: Cow::Owned(usage_type),
            ..like
        })
    }

    /// Parses the one price in a response: the strings of its `PriceList`, of all pages, in any order.
    ///
    /// # Errors
    /// The response does not contain exactly one price.
    pub fn read(&self, price_list: &[String]) -> Result<Price, Refusal> {
        let mut fitting: BTreeMap<String, Value> = BTreeMap::new();
        for text in price_list {
            let product: Value = serde_json::from_str(text).map_err(|error| Refusal::Malformed(error.to_string()))?;
            if !self.fits(&product)? {
                continue;
            }
            let sku = text_at(&product, "/product/sku")?.to_owned();
            if fitting.get(&sku).is_some_and(|other| *other != product) {
                return Err(Refusal::Malformed(format!("{sku} occurs twice with different contents")));
            }
            fitting.insert(sku, product);
        }
        // Why a matching product is not usable: it is free, or only sold as a reservation.
        let mut none = None;
        let mut priced = Vec::new();
        for (sku, product) in &fitting {
            match self.price(sku, product) {
                Ok(price) if price.tiers.iter().all(|tier| tier.price.is_zero()) => {
                    none = Some(Refusal::OnlyFree(sku.clone()));
                }
                Err(refusal @ Refusal::Offers { count: 0, .. }) => none = none.or(Some(refusal)),
                other => priced.push((sku, other)),
            }
        }
        match priced.as_slice() {
            [(_, price)] => price.clone(),
            [] => Err(none.unwrap_or(Refusal::NoProduct)),
            several => Err(Refusal::SeveralProducts(several.iter().map(|(sku, _)| (*sku).clone()).collect())),
        }
    }

    /// Whether a product matches the query. All filters are checked again: a cached response
    /// is not trusted.
    fn fits(&self, product: &Value) -> Result<bool, Refusal> {
        let attributes = product.pointer("/product/attributes").and_then(Value::as_object);
        let Some(attributes) = attributes else {
            return Err(Refusal::Malformed("a product has no attributes".to_owned()));
        };
        let attribute = |name: &str| match name {
            "productFamily" => product.pointer("/product/productFamily").and_then(Value::as_str),
            name => attributes.get(name).and_then(Value::as_str),
        };
        let service = product.get("serviceCode").and_then(Value::as_str).or_else(|| attribute("servicecode"));
        let is_of_service = service == Some(self.service);
        let passes = self.filters.iter().all(|(name, value)| attribute(name) == Some(value.as_str()));
        // Outposts and Local Zones belong to a region and have their own prices.
        let is_here = self.region.is_none() || attribute("locationType").is_none_or(|kind| kind == "AWS Region");
        Ok(is_of_service && passes && is_here && self.is_usage(attribute("usagetype").unwrap_or_default()))
    }

    /// True for the base alone, or after one prefix: capital letters and digits, or the region's name
    /// (`us-east-1-KMS-Keys`). Any other prefix denotes another product
    /// (`EU-Outposts-NodeUsage:…`, `Global-…`).
    fn is_usage(&self, usage_type: &str) -> bool {
        let is_prefix = |prefix: &str| {
            let Some(word) = prefix.strip_suffix('-') else { return prefix.is_empty() };
            let is_short = word.chars().all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit());
            !word.is_empty() && (is_short || self.region.as_deref() == Some(word))
        };
        match self.usage_type.strip_suffix('*') {
            _ if self.usage_type.is_empty() => true,
            None => usage_type.strip_suffix(self.usage_type.as_ref()).is_some_and(is_prefix),
            Some(beginning) => {
                usage_type.split_once(beginning).is_some_and(|(prefix, rest)| is_prefix(prefix) && !rest.is_empty())
            }
        }
    }

    fn price(&self, sku: &str, product: &Value) -> Result<Price, Refusal> {
        let offers = product.pointer("/terms/OnDemand").and_then(Value::as_object);
        let offer = one_offer(sku, offers)?;
        let dimensions = offer.get("priceDimensions").and_then(Value::as_object).filter(|found| !found.is_empty());
        let dimensions = dimensions.ok_or_else(|| Refusal::Malformed(format!("an offer of {sku} has no prices")))?;
        let mut steps = Vec::with_capacity(dimensions.len());
        for (name, dimension) in dimensions {
            steps.push(self.step(sku, name, dimension)?);
        }
        steps.sort_by_key(|step| step.tier.begin);
        let joins = steps.windows(2).all(|pair| pair[0].end == Some(pair[1].tier.begin));
        let begins = steps.first().is_some_and(|step| step.tier.begin.is_zero());
        let ends = steps.last().is_some_and(|step| step.end.is_none());
        if !joins || !begins || !ends {
            return Err(Refusal::Tiers(sku.to_owned()));
        }
        let published = text_at(product, "/publicationDate")?.get(..10).unwrap_or_default().to_owned();
        if published.parse::<jiff::civil::Date>().is_err() {
            return Err(Refusal::Malformed(format!("{sku} has no publication date")));
        }
        Ok(Price {
            id: self.id.clone(),
            unit: self.unit.clone(),
            rate_code: steps.first().map(|step| step.rate_code.clone()),
            tiers: steps.into_iter().map(|step| step.tier).collect(),
            source: PriceSource::Live,
            as_of: published,
            age_seconds: None,
            confidence: Confidence::High,
        })
    }

    fn step(&self, sku: &str, name: &str, dimension: &Value) -> Result<Step, Refusal> {
        let unit = text_at(dimension, "/unit")?;
        let wrong_unit = || Refusal::Unit { sku: sku.to_owned(), found: unit.to_owned(), wanted: self.unit.clone() };
        // Converts the price per unit of the response to the price per unit of the model.
        let many = conversion(unit, &self.unit).ok_or_else(wrong_unit)?;
        let prices = dimension.get("pricePerUnit").and_then(Value::as_object);
        if prices.is_none_or(|prices| !prices.contains_key("USD")) {
            return Err(Refusal::Currency(sku.to_owned()));
        }
        let number = |pointer: &str| -> Result<Decimal, Refusal> {
            let text = text_at(dimension, pointer)?;
            let number = text.parse::<Decimal>().ok().filter(|number| *number >= Decimal::ZERO);
            number.ok_or_else(|| Refusal::Malformed(format!("`{text}` is not a valid number")))
        };
        let bound = |pointer: &str| number(pointer)?.checked_mul(many).ok_or_else(wrong_unit);
        let end = match text_at(dimension, "/endRange")? {
            "Inf" => None,
            _ => Some(bound("/endRange")?),
        };
        let price = number("/pricePerUnit/USD")?.checked_div(many).ok_or_else(wrong_unit)?;
        Ok(Step { tier: Tier { begin: bound("/beginRange")?, price }, end, rate_code: name.to_owned() })
    }
}

/// A rate between two quantities; without an end for the last.
struct Step {
    tier: Tier,
    end: Option<Decimal>,
    rate_code: String,
}

/// The on-demand offer of a product; of several, the standard one.
fn one_offer<'a>(sku: &str, offers: Option<&'a Map<String, Value>>) -> Result<&'a Value, Refusal> {
    let all: Vec<&Value> = offers.into_iter().flat_map(Map::values).collect();
    let ordinary = |offer: &&&Value| offer.get("offerTermCode").and_then(Value::as_str) == Some(ON_DEMAND);
    match all.as_slice() {
        [only] => Ok(only),
        several => match several.iter().filter(ordinary).collect::<Vec<_>>().as_slice() {
            [only] => Ok(only),
            _ => Err(Refusal::Offers { sku: sku.to_owned(), count: all.len() }),
        },
    }
}

fn text_at<'a>(value: &'a Value, pointer: &str) -> Result<&'a str, Refusal> {
    let text = value.pointer(pointer).and_then(Value::as_str);
    text.ok_or_else(|| Refusal::Malformed(format!("missing string at {pointer}")))
}

#[cfg(test)]
mod tests;
