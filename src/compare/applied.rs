//! The record of what stagegate last wrote to a resource, kept in the tag `AppliedDigest`: per top-level property a short
//! hash of the value that was declared, and of the value that AWS then stored if the two differ.
//!
//! From it, a later run tells apart what changed: the template, or the resource in the account. A tag value has room for 256
//! characters, so that each hash has 24 bits: enough to recognize a change, and too few to reveal a value. Values of
//! properties with the name of a secret are not recorded at all.
//!
//! Format: `v1:`, then for each property three characters for its name and four for the declared value, followed by `:` and
//! four characters if AWS stored another value. Characters are those of base64url.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::normalize::{Options, normalize};
use super::scalar::loose;
use crate::domain::plan::is_secret_name;
use crate::domain::portable::portable;
use crate::domain::{digest, symbol, tags};
use crate::schema::TypeSchema;

const VERSION: &str = "v1:";
/// The longest value of a tag, in characters.
const MAX_TEXT: usize = 256;
/// Characters of the hash of a name.
const NAME: usize = 3;
/// Characters of the hash of a value.
const VALUE: usize = 4;

/// A parsed `AppliedDigest`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AppliedDigest {
    /// By the hash of the property's name: the hashes of the declared and of the stored value.
    entries: BTreeMap<String, (String, String)>,
}

impl AppliedDigest {
    /// Parses the value of the tag; `None` if it is not of this version.
    pub fn parse(text: &str) -> Option<Self> {
        let mut rest = text.strip_prefix(VERSION)?;
        let mut entries = BTreeMap::new();
        while !rest.is_empty() {
            let (name, declared) = (rest.get(..NAME)?, rest.get(NAME..NAME + VALUE)?);
            rest = rest.get(NAME + VALUE..)?;
            let stored = match rest.strip_prefix(':') {
                Some(after) => {
                    rest = after.get(VALUE..)?;
                    after.get(..VALUE)?
                }
                None => declared,
            };
            // Anything else is not what `short` returns: somebody else wrote it.
            if ![name, declared, stored].into_iter().all(is_base64url) {
                return None;
            }
            entries.insert(name.to_owned(), (declared.to_owned(), stored.to_owned()));
        }
        Some(Self { entries })
    }

    /// Records the declared properties, and what AWS stored for them (`live`; not known before the resource was created).
    pub fn of(schema: &TypeSchema, declared: &Value, live: Option<&Value>) -> Self {
        let live = live.map(|live| as_stored(schema, live, declared));
        let declared = comparable(schema, declared);
        let recorded = declared.iter().filter(|(name, _)| !is_secret(name));
        let entries = recorded.filter_map(|(name, value)| {
            let hash = value_hash(value)?;
            let hash_stored = match live.as_ref().map(|live| live.get(name)) {
                // A write-only value is never returned.
                None | Some(None) if schema.is_write_only(&format!("/{name}")) => hash.clone(),
                None => hash.clone(),
                Some(None) => value_hash(&Value::Null)?,
                Some(Some(found)) => value_hash(found)?,
            };
            Some((short(name, NAME), (hash, hash_stored)))
        });
        Self { entries: entries.collect() }
    }

    /// The value of the tag. Properties that do not fit are left out: nothing is known of them later.
    pub fn to_tag_value(&self) -> String {
        let mut text = VERSION.to_owned();
        for (name, (declared, stored)) in &self.entries {
            let entry =
                if declared == stored { format!("{name}{declared}") } else { format!("{name}{declared}:{stored}") };
            if text.len() + entry.len() <= MAX_TEXT {
                text.push_str(&entry);
            }
        }
        text
    }

    /// True if nothing is recorded.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// True if a value of the property is recorded.
    pub fn has(&self, name: &str) -> bool {
        self.entries.contains_key(&short(name, NAME))
    }

    /// Returns what is known of a property: whether the declared value (`None`: no longer declared) and the live value are
    /// those that were recorded. `None` if nothing is recorded for the property.
    pub fn property(&self, schema: &TypeSchema, name: &str, declared: &Value, live: &Value) -> Option<Known> {
        let (recorded, stored) = self.entries.get(&short(name, NAME))?;
        let (declared, live) = (comparable(schema, declared), as_stored(schema, live, declared));
        let hash = |value: Option<&Value>| value_hash(value.unwrap_or(&Value::Null));
        let write_only = schema.is_write_only(&format!("/{name}"));
        Some(Known {
            declared_changed: hash(declared.get(name)).as_ref() != Some(recorded),
            live_changed: !write_only && hash(live.get(name)).as_ref() != Some(stored),
        })
    }
}

/// What is known of a property since stagegate last wrote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// The declared value is another one.
    pub declared_changed: bool,
    /// The live value is another one.
    pub live_changed: bool,
}

/// The normalized top-level properties, without stagegate's tags. Write-only values are part of them, so that a change of
/// declared ones is recognized; live ones are not returned by AWS.
fn comparable(schema: &TypeSchema, properties: &Value) -> Map<String, Value> {
    let options = Options { keep_write_only: true, ..Options::default() };
    match loose(&normalize(schema, &tags::without_tracking(schema, properties), &options)) {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// The comparable form of what AWS stored: of the tags only the declared ones, since others may add tags.
fn as_stored(schema: &TypeSchema, live: &Value, declared: &Value) -> Map<String, Value> {
    let mut live = portable(schema, live);
    let declared_tags = tags::read(schema, declared);
    if let Some(value) = schema.tagging.property.as_ref().and_then(|property| live.get_mut(property)) {
        match value {
            Value::Array(items) => items.retain(|item| {
                item.get("Key").and_then(Value::as_str).is_some_and(|key| declared_tags.contains_key(key))
            }),
            Value::Object(map) => map.retain(|key, _| declared_tags.contains_key(key)),
            _ => {}
        }
    }
    comparable(schema, &live)
}

/// A hash of a value; `None` if the value contains secrets, or is not known yet.
fn value_hash(value: &Value) -> Option<String> {
    if symbol::has_unknown(value) {
        return None;
    }
    Some(short(&digest::canonical(&without_secrets(value)), VALUE))
}

fn without_secrets(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let open = map.iter().filter(|(name, _)| !is_secret(name));
            Value::Object(open.map(|(name, child)| (name.clone(), without_secrets(child))).collect())
        }
        Value::Array(items) => items.iter().map(without_secrets).collect(),
        scalar => scalar.clone(),
    }
}

/// True for a property whose value is not recorded. Inline code is not a secret, and the most frequent change of a function.
fn is_secret(name: &str) -> bool {
    name != "ZipFile" && is_secret_name(name)
}

fn is_base64url(text: &str) -> bool {
    text.chars().all(|character| character.is_ascii_alphanumeric() || "-_".contains(character))
}

/// The first characters of a SHA-256 hash, in base64url.
fn short(text: &str, characters: usize) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(text.as_bytes())).chars().take(characters).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::schema::Registry;

    fn queue() -> &'static TypeSchema {
        Registry::embedded().get("AWS::SQS::Queue").unwrap()
    }

    fn known(record: &AppliedDigest, name: &str, declared: Value, live: Value) -> Option<(bool, bool)> {
        let known = record.property(queue(), name, &declared, &live)?;
        Some((known.declared_changed, known.live_changed))
    }

    #[test]
    fn changes_of_the_template_and_of_the_account_are_told_apart() {
        let written = json!({"QueueName": "jobs", "VisibilityTimeout": 30});
        let record = AppliedDigest::parse(&AppliedDigest::of(queue(), &written, None).to_tag_value()).unwrap();
        let edited = json!({"QueueName": "jobs", "VisibilityTimeout": 60});
        let of = |declared: &Value, live: &Value| {
            known(&record, "VisibilityTimeout", declared.clone(), live.clone()).unwrap()
        };
        assert_eq!(of(&written, &written), (false, false));
        assert_eq!(of(&edited, &written), (true, false));
        assert_eq!(of(&written, &edited), (false, true));
        assert_eq!(of(&edited, &edited), (true, true));
        // The scalar form does not matter.
        assert_eq!(of(&json!({"VisibilityTimeout": "30"}), &written), (false, false));
        assert_eq!(known(&record, "DelaySeconds", edited, written), None);
    }

    #[test]
    fn a_value_that_aws_stores_differently_is_not_a_change() {
        let (written, stored) = (json!({"QueueName": "Jobs"}), json!({"QueueName": "jobs"}));
        let record = AppliedDigest::of(queue(), &written, Some(&stored));
        let record = AppliedDigest::parse(&record.to_tag_value()).unwrap();
        assert_eq!(known(&record, "QueueName", written.clone(), stored.clone()), Some((false, false)));
        assert_eq!(known(&record, "QueueName", written.clone(), written), Some((false, true)));
    }

    #[test]
    fn secrets_are_not_recorded_and_code_is() {
        let of = |name: &str, declared: Value| {
            AppliedDigest::of(Registry::embedded().get(name).unwrap(), &declared, None).to_tag_value()
        };
        let password = |text: &str| of("AWS::RDS::DBInstance", json!({"Engine": "mysql", "MasterUserPassword": text}));
        assert_eq!(password("first"), password("second"));
        let code = |text: &str| of("AWS::Lambda::Function", json!({"Code": {"ZipFile": text}}));
        assert_ne!(code("first"), code("second"));
    }

    #[test]
    fn the_record_fits_into_a_tag_and_other_texts_are_not_read() {
        let many: Map<String, Value> = (0..80).map(|n| (format!("Property{n}"), json!(n))).collect();
        let text = AppliedDigest::of(queue(), &Value::Object(many), Some(&json!({}))).to_tag_value();
        assert!(text.len() <= 256 && AppliedDigest::parse(&text).is_some(), "{text}");
        for text in ["", "v2:abcdefg", "v1:abc", "v1:abcdefg:x", "v1:äöü", "v1:abc:efg"] {
            assert_eq!(AppliedDigest::parse(text), None, "{text}");
        }
    }
}
