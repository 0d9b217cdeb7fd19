//! The Price List product of each price key: data for querying the Price List,
//! and for emulating it.

use std::sync::OnceLock;

use super::rows;

/// The product of one price key, in every region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// The price key, without a region.
    pub key: &'static str,
    /// Prices differ by region, and products carry a `regionCode`.
    pub is_regional: bool,
    /// The usage type's prefix in us-east-1, where most services use none; `None`
    /// where it is not known.
    pub first_region_prefix: Option<&'static str>,
    /// The usage type without its region's prefix. Empty where the attributes are sufficient; with a `*`
    /// at its end only the prefix is known.
    pub usage_type: &'static str,
    /// Names and values that are the same in every region, `productFamily` among them.
    pub attributes: Vec<(&'static str, &'static str)>,
    /// Whether exactly one product has the price.
    pub is_one_product: bool,
    /// The service and the unit of a product that has no embedded price; `None` where the embedded price has them.
    pub(super) offered: Option<(&'static str, &'static str)>,
}

impl Listing {
    /// The product of a price key.
    pub fn of(key: &str) -> Option<&'static Listing> {
        let all = Self::all();
        all.binary_search_by(|listing| listing.key.cmp(key)).ok().and_then(|at| all.get(at))
    }

    /// For the key of an instance type that is not listed: a listing of another type, and the
    /// `instanceType` to substitute. AWS has more instance types than the embedded prices.
    pub fn of_other_instance_type(key: &str) -> Option<(&'static Listing, String)> {
        Self::all().iter().find_map(|listing| {
            let (before, after, end) = listing.instance_type()?;
            let in_key = listing.key.strip_prefix(before)?.strip_suffix(after)?;
            let wanted = key.strip_prefix(before)?.strip_suffix(after)?;
            let is_alike = parts(wanted) == parts(in_key) && wanted.split('.').next_back().is_some_and(is_size);
            (listing.is_regional && is_alike).then(|| (listing, format!("{wanted}{end}")))
        })
    }

    /// For a listing of an instance type: its key before and after the type, and the end of the type that the key leaves out.
    pub(super) fn instance_type(&self) -> Option<(&'static str, &'static str, &'static str)> {
        let known = self.attribute("instanceType")?;
        // OpenSearch's instance types have a suffix that its keys omit.
        let (in_key, end) = known.strip_suffix(".search").map_or((known, ""), |shorter| (shorter, ".search"));
        let (before, after) = self.key.split_once(in_key)?;
        Some((before, after, end))
    }

    fn attribute(&self, name: &str) -> Option<&'static str> {
        self.attributes.iter().find(|(one, _)| *one == name).map(|(_, value)| *value)
    }

    /// Every product, by key.
    pub fn all() -> &'static [Listing] {
        static ALL: OnceLock<Vec<Listing>> = OnceLock::new();
        ALL.get_or_init(|| {
            let offered = rows::offered().lines().filter_map(offered);
            let mut all: Vec<Listing> = rows::products().lines().filter_map(listing).chain(offered).collect();
            all.sort_by_key(|listing| listing.key);
            all
        })
    }
}

/// The number of parts of an instance type's name, and its service prefix: `db.t3.small` is not `mq.t3.small`.
fn parts(instance_type: &str) -> (usize, Option<&str>) {
    let parts: Vec<&str> = instance_type.split('.').collect();
    (parts.len(), parts.first().copied().filter(|_| parts.len() > 2))
}

/// True for an instance size: `micro`, `24xlarge`, `metal`.
fn is_size(word: &str) -> bool {
    let plain = ["nano", "micro", "small", "medium", "large", "xlarge"];
    let many = word.strip_suffix("xlarge").is_some_and(|many| many.parse::<u16>().is_ok());
    plain.contains(&word) || many || word.starts_with("metal")
}

fn listing(line: &'static str) -> Option<Listing> {
    let mut cells = line.split('\t');
    let (key, scope, prefix, usage_type) = (cells.next()?, cells.next()?, cells.next()?, cells.next()?);
    Some(Listing {
        key,
        is_regional: scope == "R",
        first_region_prefix: (!["?", "!"].contains(&prefix)).then_some(prefix),
        usage_type,
        attributes: cells.filter_map(|cell| cell.split_once('=')).collect(),
        is_one_product: prefix != "!",
        offered: None,
    })
}

fn offered(line: &'static str) -> Option<Listing> {
    let mut cells = line.split('\t');
    let (key, service, unit, usage_type) = (cells.next()?, cells.next()?, cells.next()?, cells.next()?);
    Some(Listing {
        key,
        is_regional: true,
        first_region_prefix: None,
        usage_type,
        attributes: cells.filter_map(|cell| cell.split_once('=')).collect(),
        is_one_product: true,
        offered: Some((service, unit)),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::estimate::Snapshot;

    #[test]
    fn every_price_of_the_snapshot_has_a_product() {
        let keys: BTreeSet<&str> = Snapshot::ids().map(|id| id.rsplit_once('@').unwrap().0).collect();
        let embedded = Listing::all().iter().filter(|listing| listing.offered.is_none());
        let listed: Vec<&str> = embedded.map(|listing| listing.key).collect();
        assert_eq!(listed, keys.iter().copied().collect::<Vec<_>>());
        let offered: Vec<&Listing> = Listing::all().iter().filter(|listing| listing.offered.is_some()).collect();
        assert_eq!(offered.len(), rows::offered().lines().count());
        assert!(offered.iter().all(|listing| !keys.contains(listing.key)));
        assert!(Listing::all().is_sorted_by_key(|listing| listing.key));
        for listing in Listing::all() {
            assert_eq!(Listing::of(listing.key), Some(listing));
            let cells = listing.attributes.iter().flat_map(|(name, value)| [name, value]);
            assert!(cells.into_iter().all(|cell| !cell.is_empty() && !cell.starts_with('<')), "{listing:?}");
            assert!(listing.attributes.iter().all(|(name, _)| !["regionCode", "usagetype"].contains(name)));
        }
        assert_eq!(Listing::of("no.such"), None);
    }

    #[test]
    fn a_product_is_identified_by_region_independent_attributes() {
        let gateway = Listing::of("nat.hour").unwrap();
        assert!(gateway.is_regional && gateway.is_one_product);
        assert_eq!((gateway.first_region_prefix, gateway.usage_type), (Some(""), "NatGateway-Hours"));
        let fargate = Listing::of("fargate.gb").unwrap();
        assert_eq!((fargate.first_region_prefix, fargate.usage_type), (Some("USE1-"), "Fargate-GB-Hours"));
        assert!(!Listing::of("r53.zone").unwrap().is_regional);
        assert_eq!(Listing::of("os.t3.small").unwrap().usage_type, "ESInstance:*");
        assert_eq!(Listing::of("ec2.x9.24xlarge"), None);
        // Three SKUs, one for each tier.
        assert!(!Listing::of("ebs.io2.iops").unwrap().is_one_product);
    }

    #[test]
    fn an_unlisted_instance_type_uses_a_listed_one() {
        let alike = |key: &str| {
            let (listing, kind) = Listing::of_other_instance_type(key)?;
            let same = |part: &str| listing.key.ends_with(part) && key.ends_with(part);
            assert!(!key.contains("PostgreSQL") || same(".PostgreSQL.multi"), "{}", listing.key);
            Some((listing.key.split('.').next().unwrap(), kind))
        };
        assert_eq!(alike("ec2.x9.24xlarge"), Some(("ec2", "x9.24xlarge".to_owned())));
        assert_eq!(alike("ec2.x9.metal-48xl"), Some(("ec2", "x9.metal-48xl".to_owned())));
        assert_eq!(alike("rds.db.x9.large.PostgreSQL.multi"), Some(("rds", "db.x9.large".to_owned())));
        assert_eq!(alike("cache.x9.large.Redis"), Some(("cache", "cache.x9.large".to_owned())));
        assert_eq!(alike("os.x9.large"), Some(("os", "x9.large.search".to_owned())));
        for other in
            ["ec2.cpucredits.t9", "ec2.", "ec2.large", "ec2.db.x9.large", "rds.db.x9.large.Oracle.multi", "large"]
        {
            assert_eq!(alike(other), None, "{other}");
        }
    }
}
