//! The rows of the embedded price data: for this module, and for the sandbox, which emulates
//! the Price List and parses the rows independently.

use std::sync::OnceLock;

use ruzstd::decoding::FrameDecoder;

const PRICES: &str = include_str!("data/prices.csv");
/// One zstd frame of lines, sorted by key (see `generate.py`). Decompressed on first use: an estimate
/// without the Price List does not need it.
static PRODUCTS: &[u8] = include_bytes!("data/products.tsv.zst");
/// Maintained by hand: the snapshot's source has no prices of these.
const OFFERED: &str = include_str!("data/offered.tsv");
/// More than the products' length.
const LARGEST: usize = 1024 * 1024;

/// The prices, one a line, sorted by id: `id,service,unit,tiers,rate_code,confidence,as_of`, where tiers are
/// `begin:price` joined by `;`.
pub fn prices() -> &'static str {
    // Without the header.
    PRICES.split_once('\n').map_or("", |(_, rows)| rows)
}

/// The products that the Price List and its files have and the snapshot does not, one a line, sorted by key, cells between tabs:
/// key, service, unit, usage type, and attributes `name=value`. All are regional.
pub fn offered() -> &'static str {
    OFFERED
}

/// The products behind the price keys, one a line, sorted by key, cells between tabs: key, `R` for a regional price,
/// the usage type's prefix in us-east-1 (`?` not known, `!` not one product), the usage type, and attributes
/// `name=value`.
pub fn products() -> &'static str {
    static TEXT: OnceLock<String> = OnceLock::new();
    TEXT.get_or_init(|| {
        let mut bytes = vec![0; LARGEST];
        let written = FrameDecoder::new().decode_all(PRODUCTS, &mut bytes).unwrap_or(0);
        bytes.truncate(written);
        String::from_utf8(bytes).unwrap_or_default()
    })
}
