//! The price book of a region: the prices of its offer files that the cost model uses, as they are stored between runs.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::offer::{Offer, offered_products};
use super::prices::{Confidence, GLOBAL, Price, PriceSource, Tier};

/// The version of the stored form. A book of another version is not used.
const FORMAT: u32 = 1;

/// The prices of one region and the global prices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Book {
    format: u32,
    /// The region.
    pub region: String,
    /// When the files were downloaded.
    pub fetched_at: Timestamp,
    /// Where they were downloaded from: the URL or the folder.
    pub source: String,
    /// The services whose files were read, sorted.
    pub services: Vec<BookService>,
    /// By price id, `key@region`.
    prices: BTreeMap<String, StoredPrice>,
    /// SHA-256 of all other members: a file that was changed or damaged is not used.
    checksum: String,
}

/// A service in a price book.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BookService {
    /// Such as `AmazonEC2`.
    pub service: String,
    /// When AWS published its file.
    pub published: String,
    /// Rows of the file.
    pub rows: u64,
    /// Prices that were taken from it.
    pub prices: u64,
    /// Price keys for which its products are ambiguous or unusable.
    pub refused: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredPrice {
    unit: String,
    /// `begin:price` joined by `;`.
    tiers: String,
    rate_code: Option<String>,
    as_of: String,
}

impl Book {
    /// A book of a region from its offer files.
    pub fn new(region: &str, source: &str, fetched_at: Timestamp, offers: Vec<Offer>) -> Self {
        let (mut services, mut prices) = (Vec::new(), BTreeMap::new());
        for offer in offers {
            services.push(BookService {
                service: offer.service,
                published: offer.published,
                rows: offer.rows,
                prices: offer.prices.len() as u64,
                refused: offer.refused.len() as u64,
            });
            for price in offer.prices {
                let tiers: Vec<String> = price
                    .tiers
                    .iter()
                    .map(|tier| format!("{}:{}", tier.begin.normalize(), tier.price.normalize()))
                    .collect();
                let stored = StoredPrice {
                    unit: price.unit,
                    tiers: tiers.join(";"),
                    rate_code: price.rate_code,
                    as_of: price.as_of,
                };
                prices.insert(price.id, stored);
            }
        }
        services.sort_by(|one, other| one.service.cmp(&other.service));
        let mut book = Self {
            format: FORMAT,
            region: region.to_owned(),
            fetched_at,
            source: source.to_owned(),
            services,
            prices,
            checksum: String::new(),
        };
        book.checksum = book.sum();
        book
    }

    /// Whether the stored book is whole, of this version, and the one of a region. Every price can be parsed.
    pub fn is_valid(&self, region: &str) -> bool {
        let is_whole = self.format == FORMAT && self.region == region && self.checksum == self.sum();
        is_whole && self.prices.iter().all(|(id, stored)| stored.price(id).is_some())
    }

    fn sum(&self) -> String {
        let mut hash = Sha256::new();
        let mut add = |text: &str| {
            hash.update((text.len() as u64).to_le_bytes());
            hash.update(text);
        };
        for text in [&self.region, &self.fetched_at.to_string(), &self.source] {
            add(text);
        }
        for one in &self.services {
            add(&format!("{} {} {} {} {}", one.service, one.published, one.rows, one.prices, one.refused));
        }
        for (id, one) in &self.prices {
            for text in [id, &one.unit, &one.tiers, one.rate_code.as_deref().unwrap_or_default(), &one.as_of] {
                add(text);
            }
        }
        hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Number of prices.
    pub fn len(&self) -> usize {
        self.prices.len()
    }

    /// True for a book without prices.
    pub fn is_empty(&self) -> bool {
        self.prices.is_empty()
    }

    /// Whether the book has the price of a key.
    pub fn has(&self, key: &str) -> bool {
        self.find(key).is_some()
    }

    /// Number of products that the offer files of the region can have, and the names of those that the book lacks, sorted.
    pub fn coverage(&self) -> (usize, Vec<String>) {
        let products = offered_products(&self.region);
        let count = products.len();
        let has = |(name, keys): &(String, Vec<&str>)| match name.split_once('*') {
            None => keys.iter().any(|key| self.has(key)),
            Some((before, after)) => self.prices.keys().any(|id| {
                let key = id.rsplit_once('@').map_or(id.as_str(), |(key, _)| key);
                key.strip_prefix(before).is_some_and(|rest| rest.ends_with(after))
            }),
        };
        (count, products.into_iter().filter(|product| !has(product)).map(|(name, _)| name).collect())
    }

    /// The price of a key in the region of the book, or its global price, with the age of the book at a time.
    pub fn price(&self, key: &str, now: Timestamp) -> Option<Price> {
        let (id, stored) = self.find(key)?;
        Some(Price { age_seconds: self.age(now), ..stored.price(id)? })
    }

    /// The age in seconds at a time; `None` if the book is from the future, because the clock was set back.
    pub fn age(&self, now: Timestamp) -> Option<u64> {
        u64::try_from(now.duration_since(self.fetched_at).as_secs()).ok()
    }

    fn find(&self, key: &str) -> Option<(&String, &StoredPrice)> {
        let of = |place: &str| self.prices.get_key_value(&format!("{key}@{place}"));
        of(&self.region).or_else(|| of(GLOBAL))
    }
}

impl StoredPrice {
    fn price(&self, id: &str) -> Option<Price> {
        let number =
            |text: &str| text.parse::<rust_decimal::Decimal>().ok().filter(|number| !number.is_sign_negative());
        let tier = |text: &str| {
            let (begin, price) = text.split_once(':')?;
            Some(Tier { begin: number(begin)?, price: number(price)? })
        };
        let tiers: Vec<Tier> = self.tiers.split(';').map(tier).collect::<Option<_>>()?;
        let is_first = tiers.first()?.begin.is_zero();
        let is_sorted = tiers.windows(2).all(|pair| pair[0].begin < pair[1].begin);
        let is_dated = self.as_of.parse::<jiff::civil::Date>().is_ok();
        (is_first && is_sorted && is_dated).then(|| Price {
            id: id.to_owned(),
            unit: self.unit.clone(),
            tiers,
            rate_code: self.rate_code.clone(),
            source: PriceSource::Book,
            as_of: self.as_of.clone(),
            age_seconds: None,
            confidence: Confidence::High,
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use crate::estimate::{PriceBook as _, Snapshot};

    fn book() -> Book {
        let price = |key: &str| Snapshot.price(key, "us-east-1").unwrap();
        let offer = Offer {
            service: "AmazonS3".to_owned(),
            published: "2026-11-17T20:01:02Z".to_owned(),
            rows: 12,
            prices: vec![price("s3.standard.storage"), price("r53.zone")],
            refused: Vec::new(),
        };
        Book::new("us-east-1", "https://example.com", "2026-11-20T10:00:00Z".parse().unwrap(), vec![offer])
    }

    #[test]
    fn a_stored_book_has_the_same_prices() {
        let stored: Book = serde_json::from_str(&serde_json::to_string(&book()).unwrap()).unwrap();
        assert!(stored.is_valid("us-east-1") && stored == book());
        let price = stored.price("s3.standard.storage", "2026-11-20T11:00:00Z".parse().unwrap()).unwrap();
        assert_eq!(price.rates(), "0:0.023;51200:0.022;512000:0.021");
        assert_eq!((price.source, price.age_seconds), (PriceSource::Book, Some(3600)));
        assert_eq!(stored.price("r53.zone", stored.fetched_at).unwrap().id, "r53.zone@global");
        assert_eq!(stored.price("nat.hour", stored.fetched_at), None);
        assert_eq!((stored.len(), stored.is_empty(), stored.has("r53.zone")), (2, false, true));
        let before = "2026-11-20T09:00:00Z".parse().unwrap();
        assert_eq!(stored.price("r53.zone", before).unwrap().age_seconds, None, "the clock was set back");
    }

    #[test]
    fn a_changed_book_is_not_valid() {
        let text = serde_json::to_string(&book()).unwrap();
        for (from, to) in [
            ("0.023;", "0.003;"),
            ("us-east-1\",\"fetched", "us-west-2\",\"fetched"),
            ("2026-11-20T", "2036-11-20T"),
            ("\"rows\":12", "\"rows\":13"),
            ("\"format\":1", "\"format\":2"),
        ] {
            assert!(text.contains(from), "{from} {text}");
            let changed: Book = serde_json::from_str(&text.replace(from, to)).unwrap();
            assert!(!changed.is_valid(&changed.region), "{from}");
        }
        assert!(!book().is_valid("eu-west-1"));
    }

    #[test]
    fn a_price_that_cannot_be_read_makes_the_book_invalid() {
        for tiers in ["", "0:-1", "5:1", "0:1;0:2", "0:x", "0"] {
            let mut odd = book();
            odd.prices.values_mut().next().unwrap().tiers = tiers.to_owned();
            odd.checksum = odd.sum();
            assert!(!odd.is_valid("us-east-1"), "{tiers}");
        }
    }
}
