//! The snapshot's prices as products of the Price List, with similar products.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use rust_decimal::Decimal;

use crate::estimate::rows;
use crate::sandbox::model::random::Random;

/// The term code of on-demand offers.
const ON_DEMAND: &str = "JRTCKXETXF";

/// The region in the id of a global price.
const EVERYWHERE: &str = "global";

/// A product with its on-demand price.
#[derive(Debug, Clone)]
pub(super) struct Product {
    /// The id of its price in the snapshot.
    pub id: &'static str,
    /// Such as `AmazonS3`.
    pub service: &'static str,
    /// Names and values, `productFamily` among them.
    pub attributes: Vec<(&'static str, String)>,
    /// Such as `GB-Mo`.
    pub unit: &'static str,
    /// US dollars per unit, with the first quantity; sorted.
    pub tiers: Vec<Tier>,
    /// When the price was published.
    pub as_of: &'static str,
    /// SKU; generated where the snapshot does not have it.
    pub sku: String,
    /// Offer term code.
    pub term: String,
    /// Rate code of the first tier.
    pub rate: String,
}

/// A rate that applies from a quantity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tier {
    pub begin: Decimal,
    pub price: Decimal,
}

impl Product {
    /// The value of an attribute.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(one, _)| *one == name).map(|(_, value)| value.as_str())
    }

    /// Sets an attribute.
    pub fn set(&mut self, name: &'static str, value: impl Into<String>) {
        self.attributes.retain(|(one, _)| *one != name);
        self.attributes.push((name, value.into()));
    }
}

/// A generated code of capital letters and digits for a price.
pub(super) fn made_up(id: &str, label: &str, length: usize) -> String {
    Random::new(&["price", id]).upper(label, length)
}

/// Every product, by price id. Read on first use.
pub(super) fn all() -> &'static [Product] {
    static ALL: OnceLock<Vec<Product>> = OnceLock::new();
    ALL.get_or_init(|| {
        let sheets: BTreeMap<&str, ProductRow> = rows::products().lines().filter_map(sheet).collect();
        let of_snapshot = rows::prices().lines().filter_map(|row| product(row, &sheets));
        of_snapshot
            .flat_map(|product| {
                let beside = super::beside::beside(&product);
                // A client that takes the first product must get a wrong one.
                beside.into_iter().chain([product])
            })
            .collect()
    })
}

/// The region-independent description of a price key's product.
struct ProductRow {
    is_regional: bool,
    /// The usage type's prefix in us-east-1.
    first_region_prefix: &'static str,
    usage_type: &'static str,
    attributes: Vec<(&'static str, &'static str)>,
}

fn sheet(row: &'static str) -> Option<(&'static str, ProductRow)> {
    let mut cells = row.split('\t');
    let (key, scope, prefix, usage_type) = (cells.next()?, cells.next()?, cells.next()?, cells.next()?);
    let sheet = ProductRow {
        is_regional: scope == "R",
        first_region_prefix: if ["?", "!"].contains(&prefix) { "" } else { prefix },
        usage_type,
        attributes: cells.filter_map(|cell| cell.split_once('=')).collect(),
    };
    Some((key, sheet))
}

fn product(row: &'static str, sheets: &BTreeMap<&str, ProductRow>) -> Option<Product> {
    let cells: Vec<&'static str> = row.split(',').collect();
    let [id, service, unit, tiers, code, _confidence, as_of] = cells[..] else {
        return None;
    };
    let (key, region) = id.rsplit_once('@')?;
    let sheet = sheets.get(key)?;
    let mut attributes = Vec::with_capacity(sheet.attributes.len() + 2);
    if sheet.is_regional {
        attributes.push(("regionCode", region.to_owned()));
    }
    attributes.extend(sheet.attributes.iter().map(|(name, value)| (*name, (*value).to_owned())));
    if let Some(usage_type) = usage_type(sheet, region) {
        attributes.push(("usagetype", usage_type));
    }
    let tier = |text: &str| {
        let (begin, price) = text.split_once(':')?;
        Some(Tier { begin: begin.parse().ok()?, price: price.parse().ok()? })
    };
    let tiers = tiers.split(';').map(tier).collect::<Option<_>>()?;
    let mut parts = code.split('.').filter(|part| !part.is_empty());
    let sku = parts.next().map_or_else(|| made_up(id, "sku", 16), str::to_owned);
    let term = parts.next().unwrap_or(ON_DEMAND).to_owned();
    let rate = parts.next().map_or_else(|| made_up(id, "rate", 10), str::to_owned);
    Some(Product { id, service, attributes, unit, tiers, as_of, sku, term, rate })
}

/// A usage type as its region writes it: `us-east-1` leaves the prefix out for most services.
fn usage_type(sheet: &ProductRow, region: &str) -> Option<String> {
    let base = match sheet.usage_type.strip_suffix('*') {
        _ if sheet.usage_type.is_empty() => return None,
        None => sheet.usage_type.to_owned(),
        Some(beginning) => {
            let kind = sheet.attributes.iter().find(|(name, _)| *name == "instanceType").map(|(_, value)| *value)?;
            format!("{beginning}{}", kind.trim_end_matches(".search"))
        }
    };
    let first = sheet.first_region_prefix;
    let prefix = match region {
        _ if !sheet.is_regional || region == EVERYWHERE => String::new(),
        "us-east-1" => first.to_owned(),
        other if first == "us-east-1-" => format!("{other}-"),
        "eu-west-1" => "EU-".to_owned(),
        "us-west-2" => "USW2-".to_owned(),
        _ => String::new(),
    };
    Some(prefix + &base)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_price_of_the_snapshot_has_its_own_product() {
        let all = all();
        let ids: BTreeSet<&str> = all.iter().map(|product| product.id).collect();
        assert_eq!(ids.len(), rows::prices().lines().count());
        let skus: BTreeSet<&str> = all.iter().map(|product| product.sku.as_str()).collect();
        assert_eq!(skus.len(), all.len());
    }

    #[test]
    fn a_bucket_s_storage_has_its_attributes() {
        let of = |id: &str| all().iter().rfind(|product| product.id == id).unwrap();
        let storage = of("s3.standard.storage@us-east-1");
        assert_eq!((storage.service, storage.sku.as_str()), ("AmazonS3", "WP9ANXZGBYYSGJEA"));
        assert_eq!(storage.attribute("regionCode"), Some("us-east-1"));
        assert_eq!(storage.attribute("nothing"), None);
        let usage = |id: &str| of(id).attribute("usagetype").map(str::to_owned);
        assert_eq!(usage("s3.standard.storage@us-east-1").as_deref(), Some("TimedStorage-ByteHrs"));
        assert_eq!(usage("s3.standard.storage@eu-west-1").as_deref(), Some("EU-TimedStorage-ByteHrs"));
        assert_eq!(usage("fargate.gb@us-east-1").as_deref(), Some("USE1-Fargate-GB-Hours"));
        assert_eq!(usage("kms.key@us-west-2").as_deref(), Some("us-west-2-KMS-Keys"));
        assert_eq!(usage("r53.zone@global").as_deref(), Some("HostedZone"));
        assert_eq!(usage("os.t3.small@us-west-2").as_deref(), Some("USW2-ESInstance:t3.small"));
    }
}
