//! Unit prices, their sources, and the embedded snapshot.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use super::rows;

/// The region name of global prices (Route 53, CloudWatch dashboards, ...).
pub const GLOBAL: &str = "global";

/// Looks up price keys. Implementations are synchronous: one that needs the network fetches
/// what [`super::required_prices`] names beforehand.
pub trait PriceBook {
    /// The price of a key in a region, or the key's global price; never the price of another region.
    fn price(&self, key: &str, region: &str) -> Option<Price>;

    /// The regions for which the book has prices, sorted, without [`GLOBAL`].
    fn regions(&self) -> Vec<String>;
}

/// A list price.
#[derive(Debug, Clone, PartialEq)]
pub struct Price {
    /// `key@region`.
    pub id: String,
    /// The unit in the Price List's spelling, such as `GB-Mo`.
    pub unit: String,
    /// Rates by monthly quantity; sorted, the first begins at zero.
    pub tiers: Vec<Tier>,
    /// `SKU.offerTerm.rate` of the Price List, where known.
    pub rate_code: Option<String>,
    /// The source of the price.
    pub source: PriceSource,
    /// Date (RFC 3339 full-date) that the price was published or read.
    pub as_of: String,
    /// Age of a price of the cache or the price book; `None` as well where the clock was set back since.
    pub age_seconds: Option<u64>,
    /// The confidence in the price.
    pub confidence: Confidence,
}

/// A rate that applies from a quantity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tier {
    /// The first quantity billed at this rate.
    pub begin: Decimal,
    /// US dollars per unit.
    pub price: Decimal,
}

/// The source of a price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PriceSource {
    /// The Price List API, queried in this run.
    Live,
    /// A cached response of the Price List API.
    Cache,
    /// The price book: prices of the bulk Price List that `prices update` stored.
    Book,
    /// Embedded in the binary.
    Snapshot,
}

/// The confidence in a price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confidence {
    /// Not published: derived or recalled. Always requires approval.
    Low,
    /// One source.
    Medium,
    /// Confirmed by two sources.
    High,
}

/// Age from which a cached price counts as stale: 30 minutes.
pub const FRESH_SECONDS: u64 = 30 * 60;

/// Age from which a price book counts as stale: 30 days. AWS rarely changes a price, and announces it.
pub const BOOK_FRESH_SECONDS: u64 = 30 * 24 * 60 * 60;

/// As [`Price::is_stale`].
pub(super) fn is_stale(source: PriceSource, age_seconds: Option<u64>) -> bool {
    let limit = match source {
        PriceSource::Cache => FRESH_SECONDS,
        PriceSource::Book => BOOK_FRESH_SECONDS,
        PriceSource::Live | PriceSource::Snapshot => return false,
    };
    age_seconds.is_none_or(|age| age >= limit)
}

impl Price {
    /// The cost of `quantity` units when `already` units were used in the same month; `None`
    /// when the numbers are too large.
    pub fn cost(&self, already: Decimal, quantity: Decimal) -> Option<Decimal> {
        let end = already.checked_add(quantity)?;
        let mut total = Decimal::ZERO;
        for (index, tier) in self.tiers.iter().enumerate() {
            let from = tier.begin.max(already);
            let to = self.tiers.get(index + 1).map_or(end, |next| next.begin.min(end));
            if to > from {
                total = total.checked_add((to - from).checked_mul(tier.price)?)?;
            }
        }
        Some(total)
    }

    /// The free quantity, where the first tier is free of charge.
    pub fn free_quantity(&self) -> Decimal {
        match self.tiers.as_slice() {
            [first, second, ..] if first.price.is_zero() => second.begin,
            _ => Decimal::ZERO,
        }
    }

    /// True for a price of the cache or the price book that is stale or of unknown age.
    pub fn is_stale(&self) -> bool {
        is_stale(self.source, self.age_seconds)
    }

    /// The margin that the upper estimate adds to the expected cost, as a fraction.
    pub fn margin(&self) -> Decimal {
        match self.confidence {
            _ if self.source == PriceSource::Live => Decimal::ZERO,
            _ if self.source == PriceSource::Cache && !self.is_stale() => Decimal::ZERO,
            Confidence::High => Decimal::new(5, 2),
            // A low-confidence price requires approval anyway.
            Confidence::Medium | Confidence::Low => Decimal::new(10, 2),
        }
    }

    /// All rates as one string: `0.023`, or `0:0.023;51200:0.022` when there are tiers.
    pub fn rates(&self) -> String {
        match self.tiers.as_slice() {
            [only] => only.price.normalize().to_string(),
            tiers => {
                let texts: Vec<String> =
                    tiers.iter().map(|tier| format!("{}:{}", tier.begin.normalize(), tier.price.normalize())).collect();
                texts.join(";")
            }
        }
    }
}

/// The prices embedded in the binary: on-demand list prices of us-east-1, eu-west-1 and
/// us-west-2, and global ones.
#[derive(Debug, Clone, Copy, Default)]
pub struct Snapshot;

impl Snapshot {
    /// All price ids (`key@region`), sorted.
    pub fn ids() -> impl Iterator<Item = &'static str> {
        rows::prices().lines().filter_map(|row| row.split(',').next())
    }

    /// A price by its id, with the service code of the Price List.
    pub fn entry(id: &str) -> Option<(&'static str, Price)> {
        let row = Self::row(id)?;
        Some((row.split(',').nth(1)?, read(row)?))
    }

    fn find(id: &str) -> Option<Price> {
        Self::row(id).and_then(read)
    }

    fn row(id: &str) -> Option<&'static str> {
        // Rows are sorted by id, so the text is searched directly; nothing is parsed up front.
        let text = rows::prices();
        let (mut low, mut high) = (0, text.len());
        while low < high {
            let middle = low + (high - low) / 2;
            let start = text.get(..middle)?.rfind('\n').map_or(0, |newline| newline + 1).max(low);
            let end = text.get(start..)?.find('\n').map_or(text.len(), |length| start + length);
            let row = text.get(start..end)?;
            match row.split(',').next()?.cmp(id) {
                std::cmp::Ordering::Equal => return Some(row),
                std::cmp::Ordering::Less => low = end + 1,
                std::cmp::Ordering::Greater => high = start,
            }
        }
        None
    }
}

impl PriceBook for Snapshot {
    fn price(&self, key: &str, region: &str) -> Option<Price> {
        Self::find(&format!("{key}@{region}")).or_else(|| Self::find(&format!("{key}@{GLOBAL}")))
    }

    fn regions(&self) -> Vec<String> {
        let regions: BTreeSet<&str> = Self::ids()
            .filter_map(|id| id.rsplit_once('@'))
            .map(|(_, region)| region)
            .filter(|r| *r != GLOBAL)
            .collect();
        regions.into_iter().map(str::to_owned).collect()
    }
}

/// Prices fetched in this run, with the snapshot as a fallback.
#[derive(Debug, Clone, Default)]
pub struct FetchedPrices(BTreeMap<(String, String), Price>);

impl FetchedPrices {
    /// Adds the price of a key in a region.
    pub fn insert(&mut self, key: &str, region: &str, price: Price) {
        self.0.insert((key.to_owned(), region.to_owned()), price);
    }
}

impl PriceBook for FetchedPrices {
    fn price(&self, key: &str, region: &str) -> Option<Price> {
        let fetched = self.0.get(&(key.to_owned(), region.to_owned()));
        fetched.cloned().or_else(|| Snapshot.price(key, region))
    }

    fn regions(&self) -> Vec<String> {
        // A global price does not imply prices for the requested region.
        let regional = self.0.iter().filter(|((_, region), price)| price.id.ends_with(&format!("@{region}")));
        let fetched = regional.map(|((_, region), _)| region.clone()).filter(|region| region != GLOBAL);
        let regions: BTreeSet<String> = Snapshot.regions().into_iter().chain(fetched).collect();
        regions.into_iter().collect()
    }
}

fn read(row: &str) -> Option<Price> {
    let mut cells = row.split(',');
    let mut next = || cells.next();
    let (id, _service, unit, tiers) = (next()?, next()?, next()?, next()?);
    let (rate_code, confidence, as_of) = (next()?, next()?, next()?);
    let tiers: Option<Vec<Tier>> = tiers
        .split(';')
        .map(|tier| {
            let (begin, price) = tier.split_once(':')?;
            Some(Tier { begin: begin.parse().ok()?, price: price.parse().ok()? })
        })
        .collect();
    Some(Price {
        id: id.to_owned(),
        unit: unit.to_owned(),
        tiers: tiers?,
        rate_code: (!rate_code.is_empty()).then(|| rate_code.to_owned()),
        source: PriceSource::Snapshot,
        as_of: as_of.to_owned(),
        age_seconds: None,
        confidence: match confidence {
            "high" => Confidence::High,
            "medium" => Confidence::Medium,
            _ => Confidence::Low,
        },
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_row_is_found_and_well_formed() {
        let mut before = "";
        let mut count = 0;
        for id in Snapshot::ids() {
            assert!(before < id, "{before} is not before {id}");
            let price = Snapshot::find(id).unwrap_or_else(|| panic!("{id} is not found"));
            assert_eq!(price.id, id);
            assert!(price.tiers[0].begin.is_zero(), "{id}");
            assert!(price.tiers.windows(2).all(|pair| pair[0].begin < pair[1].begin), "{id}");
            assert!(price.tiers.iter().all(|tier| !tier.price.is_sign_negative()), "{id}");
            assert_eq!(price.as_of.len(), 10, "{id}");
            (before, count) = (id, count + 1);
        }
        assert_eq!(count, 3370);
        assert!(rows::prices().len() < 300_000);
    }

    #[test]
    fn a_key_is_looked_up_in_its_region_or_globally_only() {
        assert_eq!(Snapshot.price("s3.standard.put", "us-east-1").unwrap().id, "s3.standard.put@us-east-1");
        assert_eq!(Snapshot.price("s3.standard.put", "ap-south-1"), None);
        assert_eq!(Snapshot.price("r53.zone", "ap-south-1").unwrap().id, "r53.zone@global");
        assert_eq!(Snapshot.price("", ""), None);
        assert_eq!(Snapshot.price("zzz", "us-east-1"), None);
        assert_eq!(Snapshot.regions(), ["eu-west-1", "us-east-1", "us-west-2"]);
    }

    #[test]
    fn fetched_prices_take_precedence_over_the_snapshot() {
        let mut book = FetchedPrices::default();
        assert_eq!(book.price("s3.standard.put", "us-east-1"), Snapshot.price("s3.standard.put", "us-east-1"));
        let price = |id: &str| Price { id: id.to_owned(), ..Snapshot.price("r53.zone", "us-east-1").unwrap() };
        book.insert("s3.standard.put", "us-east-1", price("s3.standard.put@us-east-1"));
        book.insert("r53.zone", "me-south-1", price("r53.zone@global"));
        book.insert("s3.standard.put", "ap-south-1", price("s3.standard.put@ap-south-1"));
        assert_eq!(book.price("s3.standard.put", "us-east-1").unwrap().unit, "HostedZone");
        assert_eq!(book.price("s3.standard.put", "eu-west-1"), Snapshot.price("s3.standard.put", "eu-west-1"));
        assert_eq!(book.regions(), ["ap-south-1", "eu-west-1", "us-east-1", "us-west-2"]);
    }

    #[test]
    fn each_tier_is_billed_at_its_rate() {
        let price = Snapshot.price("s3.standard.storage", "us-east-1").unwrap();
        let cost = |quantity: i64| price.cost(Decimal::ZERO, Decimal::from(quantity)).unwrap();
        assert_eq!(cost(10), Decimal::new(23, 2));
        assert_eq!(cost(51_200), Decimal::new(1_177_600, 3));
        assert_eq!(cost(51_201), Decimal::new(1_177_622, 3));
        assert_eq!(price.rates(), "0:0.023;51200:0.022;512000:0.021");
        assert_eq!(price.rate_code.as_deref(), Some("WP9ANXZGBYYSGJEA.JRTCKXETXF.PGHJ3S3EYE"));
        assert_eq!(price.cost(Decimal::ZERO, Decimal::MAX), Some(price.cost(Decimal::ZERO, Decimal::MAX).unwrap()));
        assert_eq!(price.cost(Decimal::ONE, Decimal::MAX), None);
    }

    #[test]
    fn the_margin_follows_source_and_confidence() {
        let mut price = Snapshot.price("s3.standard.put", "us-east-1").unwrap();
        assert_eq!(price.margin(), Decimal::new(5, 2));
        price.confidence = Confidence::Medium;
        assert_eq!(price.margin(), Decimal::new(10, 2));
        price.source = PriceSource::Live;
        assert_eq!(price.margin(), Decimal::ZERO);
        (price.source, price.age_seconds) = (PriceSource::Cache, Some(1799));
        assert_eq!(price.margin(), Decimal::ZERO);
        price.age_seconds = Some(1800);
        assert!(price.is_stale());
        assert_eq!(price.margin(), Decimal::new(10, 2));
        price.age_seconds = None;
        assert!(price.is_stale(), "an age that is not known is no young one");
        price.source = PriceSource::Live;
        assert!(!price.is_stale());
    }

    proptest! {
        #[test]
        fn tiers_are_monotonic_continuous_and_additive(index in 0usize..3308, a in 0u64..400_000_000_000, b in 0u64..400_000_000_000) {
            let id = Snapshot::ids().nth(index).unwrap();
            let price = Snapshot::find(id).unwrap();
            let (a, b) = (Decimal::from(a), Decimal::from(b));
            let cost = |already, quantity| price.cost(already, quantity).unwrap();
            prop_assert!(cost(Decimal::ZERO, a + b) >= cost(Decimal::ZERO, a));
            prop_assert_eq!(cost(Decimal::ZERO, a) + cost(a, b), cost(Decimal::ZERO, a + b));
            // No jump at a tier boundary: one more unit never costs more than the highest rate.
            let dearest = price.tiers.iter().map(|tier| tier.price).max().unwrap();
            for tier in &price.tiers {
                prop_assert!(cost(Decimal::ZERO, tier.begin + Decimal::ONE) - cost(Decimal::ZERO, tier.begin) <= dearest);
            }
        }
    }
}
