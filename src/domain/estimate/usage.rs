//! What users say about how much a resource will be used.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::EstimateInput;
use super::model;

/// Usage figures by key (`storage_gb`, `requests`, ...): for every resource of a type, and for
/// single resources, which win.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Usage {
    types: BTreeMap<String, BTreeMap<String, Decimal>>,
    resources: BTreeMap<String, BTreeMap<String, Decimal>>,
}

/// A usage figure that cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UsageError {
    /// The type has no such key.
    #[error("{type_name} has no usage `{key}`; it has: {}", if known.is_empty() { "none".to_owned() } else { known.join(", ") })]
    UnknownKey {
        /// The type named.
        type_name: String,
        /// The key given.
        key: String,
        /// The keys that the type has.
        known: Vec<String>,
    },
    /// Usage below zero.
    #[error("usage `{key}` is {value}; it cannot be negative")]
    Negative {
        /// The key given.
        key: String,
        /// The value given.
        value: Decimal,
    },
}

impl Usage {
    /// Says what every resource of a type uses in a month.
    ///
    /// # Errors
    /// When the type has no such key, or the value is negative.
    pub fn set_for_type(&mut self, type_name: &str, key: &str, value: Decimal) -> Result<(), UsageError> {
        check(type_name, key, value)?;
        let figures = self.types.entry(type_name.to_owned()).or_default();
        figures.insert(key.to_owned(), value);
        Ok(())
    }

    /// Says what one resource, by logical id or identifier, uses in a month.
    ///
    /// # Errors
    /// When the type has no such key, or the value is negative.
    pub fn set_for_resource(
        &mut self,
        name: &str,
        type_name: &str,
        key: &str,
        value: Decimal,
    ) -> Result<(), UsageError> {
        check(type_name, key, value)?;
        let figures = self.resources.entry(name.to_owned()).or_default();
        figures.insert(key.to_owned(), value);
        Ok(())
    }

    /// The figure given for a key of a resource.
    pub(super) fn get(&self, input: &EstimateInput<'_>, key: &str) -> Option<Decimal> {
        let names = [input.logical_id, input.identifier];
        let own = names.into_iter().flatten().find_map(|name| self.resources.get(name)?.get(key));
        own.or_else(|| self.types.get(input.type_name)?.get(key)).copied()
    }
}

fn check(type_name: &str, key: &str, value: Decimal) -> Result<(), UsageError> {
    let known = model::usage_keys(type_name);
    if !known.contains(&key) {
        return Err(UsageError::UnknownKey {
            type_name: type_name.to_owned(),
            key: key.to_owned(),
            known: known.into_iter().map(str::to_owned).collect(),
        });
    }
    if value.is_sign_negative() && !value.is_zero() {
        return Err(UsageError::Negative { key: key.to_owned(), value });
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn only_keys_of_the_type_are_taken() {
        let mut usage = Usage::default();
        assert_eq!(usage.set_for_type("AWS::S3::Bucket", "storage_gb", Decimal::TEN), Ok(()));
        let error = usage.set_for_type("AWS::S3::Bucket", "storage", Decimal::TEN).unwrap_err().to_string();
        assert!(error.contains("storage_gb"), "{error}");
        assert!(usage.set_for_type("AWS::IAM::Role", "requests", Decimal::ONE).is_err());
        assert!(usage.set_for_resource("B", "AWS::S3::Bucket", "storage_gb", -Decimal::ONE).is_err());
    }

    #[test]
    fn a_resource_wins_over_its_type() {
        let mut usage = Usage::default();
        usage.set_for_type("AWS::S3::Bucket", "storage_gb", Decimal::ONE).unwrap();
        usage.set_for_resource("Logs", "AWS::S3::Bucket", "storage_gb", Decimal::TEN).unwrap();
        let properties = serde_json::json!({});
        let input = |logical_id| EstimateInput {
            file: None,
            logical_id: Some(logical_id),
            identifier: None,
            type_name: "AWS::S3::Bucket",
            region: "us-east-1",
            properties: &properties,
        };
        assert_eq!(usage.get(&input("Logs"), "storage_gb"), Some(Decimal::TEN));
        assert_eq!(usage.get(&input("Other"), "storage_gb"), Some(Decimal::ONE));
        assert_eq!(usage.get(&input("Other"), "put_requests"), None);
    }
}
