//! The snapshot's prices with their attributes, as the Price List has them.

use std::sync::OnceLock;

use ruzstd::decoding::FrameDecoder;

use crate::domain::estimate::{Price, Snapshot};
use crate::sandbox::model::random::Random;

/// One zstd frame of `id TAB attribute=value TAB …` lines (see `generate.py`).
static PRODUCTS: &[u8] = include_bytes!("products.tsv.zst");
/// More than the text's length.
const LARGEST: usize = 4 * 1024 * 1024;

/// The term code of on-demand offers.
const ON_DEMAND: &str = "JRTCKXETXF";

/// A product with its on-demand price.
pub(super) struct Product {
    /// Such as `AmazonS3`.
    pub service: &'static str,
    /// Names and values, `productFamily` among them.
    pub attributes: Vec<(&'static str, &'static str)>,
    /// The price.
    pub price: Price,
    /// SKU; made up where the snapshot does not know it.
    pub sku: String,
    /// Offer term code.
    pub term: String,
    /// Rate code of the first tier.
    pub rate: String,
}

impl Product {
    /// The value of an attribute.
    pub fn attribute(&self, name: &str) -> Option<&'static str> {
        self.attributes.iter().find(|(one, _)| *one == name).map(|(_, value)| *value)
    }
}

/// A code of capital letters and digits that stands for a price.
pub(super) fn made_up(id: &str, label: &str, length: usize) -> String {
    Random::new(&["price", id]).upper(label, length)
}

/// Every product of the snapshot, by price id. Read on first use.
pub(super) fn all() -> &'static [Product] {
    static ALL: OnceLock<Vec<Product>> = OnceLock::new();
    ALL.get_or_init(|| {
        static TEXT: OnceLock<String> = OnceLock::new();
        TEXT.get_or_init(text).lines().filter_map(product).collect()
    })
}

fn text() -> String {
    let mut bytes = vec![0; LARGEST];
    let written = FrameDecoder::new().decode_all(PRODUCTS, &mut bytes).unwrap_or(0);
    bytes.truncate(written);
    String::from_utf8(bytes).unwrap_or_default()
}

fn product(line: &'static str) -> Option<Product> {
    let mut cells = line.split('\t');
    let id = cells.next()?;
    let (service, price) = Snapshot::entry(id)?;
    let code = price.rate_code.clone().unwrap_or_default();
    let mut parts = code.split('.').filter(|part| !part.is_empty());
    let sku = parts.next().map_or_else(|| made_up(id, "sku", 16), str::to_owned);
    let term = parts.next().unwrap_or(ON_DEMAND).to_owned();
    let rate = parts.next().map_or_else(|| made_up(id, "rate", 10), str::to_owned);
    Some(Product {
        service,
        attributes: cells.filter_map(|cell| cell.split_once('=')).collect(),
        price,
        sku,
        term,
        rate,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_price_of_the_snapshot_is_a_product_of_its_own() {
        let all = all();
        assert_eq!(all.len(), Snapshot::ids().count());
        let skus: BTreeSet<&str> = all.iter().map(|product| product.sku.as_str()).collect();
        assert_eq!(skus.len(), all.len());
    }

    #[test]
    fn a_bucket_s_storage_has_its_attributes() {
        let storage = all().iter().find(|product| product.price.id == "s3.standard.storage@us-east-1").unwrap();
        assert_eq!((storage.service, storage.sku.as_str()), ("AmazonS3", "WP9ANXZGBYYSGJEA"));
        assert_eq!(storage.attribute("regionCode"), Some("us-east-1"));
        assert_eq!(storage.attribute("nothing"), None);
    }
}
