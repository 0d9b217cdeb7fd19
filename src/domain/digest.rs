//! Canonical JSON and SHA-256 digests, which identify plans, approvals and promoted configurations.

use serde_json::Value;
use sha2::{Digest, Sha256};

/// Lower-case hex of a SHA-256.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Bytes as lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Serializes a document with sorted keys and no whitespace, so that equal documents give equal text
/// however their keys are ordered (the idea of RFC 8785; numbers keep serde_json's spelling).
pub fn canonical(value: &Value) -> String {
    let mut text = String::new();
    write(value, &mut text);
    text
}

/// The digest of a document's canonical form.
pub fn of(value: &Value) -> String {
    sha256_hex(canonical(value).as_bytes())
}

fn write(value: &Value, text: &mut String) {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<(&String, &Value)> = map.iter().collect();
            entries.sort_by_key(|(key, _)| *key);
            text.push('{');
            for (index, (key, child)) in entries.into_iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                text.push_str(&Value::String(key.clone()).to_string());
                text.push(':');
                write(child, text);
            }
            text.push('}');
        }
        Value::Array(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                write(item, text);
            }
            text.push(']');
        }
        scalar => text.push_str(&scalar.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn key_order_does_not_matter_and_array_order_does() {
        assert_eq!(of(&json!({"a": 1, "b": [1, 2]})), of(&json!({"b": [1, 2], "a": 1})));
        assert_ne!(of(&json!({"b": [1, 2]})), of(&json!({"b": [2, 1]})));
        assert_ne!(of(&json!({"a": "1"})), of(&json!({"a": 1})));
    }

    proptest! {
        #[test]
        fn canonical_text_is_json_of_the_same_value(keys in proptest::collection::btree_map("\\PC{0,6}", "\\PC{0,6}", 0..5)) {
            let value = json!(keys);
            let back: Value = serde_json::from_str(&canonical(&value)).unwrap_or(Value::Null);
            prop_assert_eq!(back, value);
        }
    }
}
