//! Pseudorandom values derived from a seed, so that a run is reproducible.

use sha2::{Digest, Sha256};

/// A source of values; equal seeds and labels give equal values.
pub(in crate::sandbox) struct Random {
    seed: Vec<u8>,
}

impl Random {
    /// A source for these seed parts, in order.
    pub fn new(parts: &[&str]) -> Self {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update(part.len().to_le_bytes());
            hash.update(part);
        }
        Self { seed: hash.finalize().to_vec() }
    }

    /// `count` bytes for a label.
    fn bytes(&self, label: &str, count: usize) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(count + 32);
        let mut block = 0_u32;
        while bytes.len() < count {
            let mut hash = Sha256::new();
            hash.update(&self.seed);
            hash.update(label);
            hash.update(block.to_le_bytes());
            bytes.extend_from_slice(&hash.finalize());
            block += 1;
        }
        bytes.truncate(count);
        bytes
    }

    fn of_alphabet(&self, label: &str, count: usize, alphabet: &[u8]) -> String {
        let letter = |byte: u8| char::from(alphabet[usize::from(byte) % alphabet.len()]);
        self.bytes(label, count).into_iter().map(letter).collect()
    }

    /// Lower-case hexadecimal digits.
    pub fn hex(&self, label: &str, count: usize) -> String {
        self.of_alphabet(label, count, b"0123456789abcdef")
    }

    /// Lower-case letters and digits.
    pub fn lower(&self, label: &str, count: usize) -> String {
        self.of_alphabet(label, count, b"abcdefghijklmnopqrstuvwxyz0123456789")
    }

    /// Upper-case letters and the digits that IAM and RDS ids use.
    pub fn upper(&self, label: &str, count: usize) -> String {
        self.of_alphabet(label, count, b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
    }

    /// Letters of both cases and digits.
    pub fn mixed(&self, label: &str, count: usize) -> String {
        const MIXED: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        self.of_alphabet(label, count, MIXED)
    }

    /// Decimal digits, the first one not zero.
    pub fn digits(&self, label: &str, count: usize) -> String {
        let first = self.of_alphabet(label, 1, b"123456789");
        first + &self.of_alphabet(&format!("{label}+"), count.saturating_sub(1), b"0123456789")
    }

    /// A number from 0 to 99.
    pub fn percent(&self, label: &str) -> u8 {
        u8::try_from(self.between(label, 0, 99)).unwrap_or(0)
    }

    /// A number from `low` to `high`, both included; `low` when there is none.
    pub fn between(&self, label: &str, low: u32, high: u32) -> u32 {
        let number: u32 = self.bytes(label, 4).into_iter().fold(0, |sum, byte| sum << 8 | u32::from(byte));
        low + number % high.saturating_sub(low).saturating_add(1)
    }

    /// A version 4 UUID.
    pub fn uuid(&self, label: &str) -> String {
        let mut bytes = self.bytes(label, 16);
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        let hex = hex_of(&bytes);
        let part = |from, to| &hex[from..to];
        format!("{}-{}-{}-{}-{}", part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32))
    }
}

/// Bytes as lower-case hexadecimal digits.
pub(in crate::sandbox) fn hex_of(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The text that [`hex_of`] wrote; `None` when it did not.
pub(in crate::sandbox) fn text_of_hex(hex: &str) -> Option<String> {
    if hex.len() % 2 == 1 || !hex.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let bytes: Result<Vec<u8>, _> =
        (0..hex.len() / 2).map(|index| u8::from_str_radix(&hex[2 * index..2 * index + 2], 16)).collect();
    String::from_utf8(bytes.ok()?).ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn seeds_and_labels_decide() {
        let one = Random::new(&["a", "bc"]);
        assert_eq!(one.hex("x", 17), Random::new(&["a", "bc"]).hex("x", 17));
        assert_ne!(one.hex("x", 17), one.hex("y", 17));
        assert_ne!(one.hex("x", 17), Random::new(&["ab", "c"]).hex("x", 17));
        assert_eq!(one.hex("x", 70).len(), 70);
    }

    #[test]
    fn numbers_stay_in_their_range() {
        let random = Random::new(&["a"]);
        let all: Vec<u32> = (0..200).map(|label| random.between(&label.to_string(), 7, 9)).collect();
        assert_eq!((all.iter().min(), all.iter().max()), (Some(&7), Some(&9)));
        assert_eq!(random.between("x", 5, 5), 5);
        assert_eq!(random.between("x", 5, 1), 5);
    }

    #[test]
    fn uuids_are_version_4() {
        let uuid = Random::new(&["a"]).uuid("x");
        assert_eq!(uuid.len(), 36);
        assert_eq!(&uuid[14..15], "4");
        assert!("89ab".contains(&uuid[19..20]));
    }

    #[test]
    fn hex_text_round_trips_and_nonsense_is_refused() {
        assert_eq!(text_of_hex(&hex_of("bücket".as_bytes())).unwrap(), "bücket");
        assert_eq!(text_of_hex(""), Some(String::new()));
        assert_eq!(text_of_hex("zz"), None);
        assert_eq!(text_of_hex("é"), None);
        assert_eq!(text_of_hex("abc"), None);
    }
}
