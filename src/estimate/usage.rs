//! What users say about how much a resource will be used.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::input::EstimateInput;
use super::model;
use crate::domain::diagnostic::{Code, Diagnostic, Location};

/// The largest figure taken: more is a mistake of units, and arithmetic on it would say nothing.
pub const LARGEST_USAGE: Decimal = Decimal::from_parts(2_764_472_320, 232_830, 0, false, 0);

/// Usage figures by key (`storage_gb`, `requests`, ...): for every resource of a type, and for
/// single resources, which win.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Usage {
    types: BTreeMap<String, BTreeMap<String, Decimal>>,
    resources: BTreeMap<String, OwnUsage>,
}

/// What is said of one resource, and where.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct OwnUsage {
    place: Option<Location>,
    figures: BTreeMap<String, (Decimal, Option<Location>)>,
}

/// A usage figure that cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UsageError {
    /// The type has no such key.
    #[error("{type_name} has no usage `{key}`")]
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
    /// More than anybody uses.
    #[error("usage `{key}` is {value}, which is more than {LARGEST_USAGE}")]
    TooLarge {
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
    /// When the type has no such key, or the value is negative or too large.
    pub fn set_for_type(&mut self, type_name: &str, key: &str, value: Decimal) -> Result<(), UsageError> {
        if !model::usage_keys(type_name).contains(&key) {
            return Err(unknown_key(type_name, key));
        }
        check_value(key, value)?;
        self.types.entry(type_name.to_owned()).or_default().insert(key.to_owned(), value);
        Ok(())
    }

    /// Says what one resource, by logical id or identifier, uses in a month. Whether its type has
    /// the key is only known once its type is: see [`Usage::check`].
    ///
    /// # Errors
    /// When the value is negative or too large.
    pub fn set_for_resource(
        &mut self,
        name: &str,
        key: &str,
        value: Decimal,
        place: Option<Location>,
    ) -> Result<(), UsageError> {
        check_value(key, value)?;
        let own = self.resources.entry(name.to_owned()).or_default();
        own.figures.insert(key.to_owned(), (value, place));
        Ok(())
    }

    /// Records where a resource is spoken of, for messages.
    pub fn locate_resource(&mut self, name: &str, place: Location) {
        self.resources.entry(name.to_owned()).or_default().place = Some(place);
    }

    /// True when nothing is said.
    pub fn is_empty(&self) -> bool {
        self.types.is_empty() && self.resources.is_empty()
    }

    /// What is said of single resources, against the resources that there are: keys that a
    /// resource's type does not have are errors, names that none has are warnings.
    pub fn check(&self, inputs: &[EstimateInput<'_>]) -> Vec<Diagnostic> {
        let mut problems = Vec::new();
        for (name, own) in &self.resources {
            let mut types: Vec<&str> =
                inputs.iter().filter(|input| is_called(input, name)).map(|input| input.type_name).collect();
            types.sort_unstable();
            types.dedup();
            if types.is_empty() {
                problems.push(
                    Diagnostic::warning(
                        Code::UsageWithoutResource,
                        format!("usage is given for `{name}`, and no resource here has that logical id or identifier"),
                    )
                    .at(own.place.clone())
                    .resource(name),
                );
            }
            for (type_name, (key, (_, place))) in
                types.iter().flat_map(|type_name| own.figures.iter().map(move |figure| (*type_name, figure)))
            {
                if !model::usage_keys(type_name).contains(&key.as_str()) {
                    problems.push(unknown_key(type_name, key).diagnostic().at(place.clone()).resource(name));
                }
            }
        }
        problems
    }

    /// The figure given for a key of a resource.
    pub(super) fn get(&self, input: &EstimateInput<'_>, key: &str) -> Option<Decimal> {
        let names = [input.logical_id, input.identifier];
        let own = names.into_iter().flatten().find_map(|name| Some(self.resources.get(name)?.figures.get(key)?.0));
        own.or_else(|| self.types.get(input.type_name)?.get(key).copied())
    }
}

/// One note for all that [`Usage::check`] found without a resource.
pub fn unmatched_usage(unmatched: &[Diagnostic]) -> Option<Diagnostic> {
    let first = unmatched.first()?;
    let names: Vec<&str> = unmatched.iter().filter_map(|one| one.resource.as_deref()).collect();
    let note = Diagnostic::note(
        Code::UsageWithoutResource,
        format!("the project's usage is also given for what is not here: {}", names.join(", ")),
    );
    Some(note.at(first.location.clone()))
}

impl UsageError {
    /// For the user, without its place.
    pub fn diagnostic(&self) -> Diagnostic {
        match self {
            Self::UnknownKey { key, known, .. } => {
                let close = crate::schema::nearest(key, known.iter().map(String::as_str));
                let all = known.join(", ");
                Diagnostic::error(Code::UnknownUsage, self.to_string()).hint(match close {
                    Some(close) => format!("did you mean `{close}`?"),
                    None if known.is_empty() => "its cost does not depend on usage".to_owned(),
                    None => format!("it has: {all}"),
                })
            }
            Self::Negative { .. } | Self::TooLarge { .. } => {
                Diagnostic::error(Code::WrongUsage, self.to_string()).hint("give what is used in a month, zero or more")
            }
        }
    }
}

fn is_called(input: &EstimateInput<'_>, name: &str) -> bool {
    input.logical_id == Some(name) || input.identifier == Some(name)
}

fn unknown_key(type_name: &str, key: &str) -> UsageError {
    let known = model::usage_keys(type_name).into_iter().map(str::to_owned).collect();
    UsageError::UnknownKey { type_name: type_name.to_owned(), key: key.to_owned(), known }
}

fn check_value(key: &str, value: Decimal) -> Result<(), UsageError> {
    if value.is_sign_negative() && !value.is_zero() {
        return Err(UsageError::Negative { key: key.to_owned(), value });
    }
    if value > LARGEST_USAGE {
        return Err(UsageError::TooLarge { key: key.to_owned(), value });
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    fn input<'a>(logical_id: &'a str, properties: &'a serde_json::Value) -> EstimateInput<'a> {
        EstimateInput {
            file: None,
            logical_id: Some(logical_id),
            identifier: None,
            type_name: "AWS::S3::Bucket",
            region: "us-east-1",
            properties,
        }
    }

    #[test]
    fn only_keys_of_the_type_are_taken() {
        let mut usage = Usage::default();
        assert_eq!(usage.set_for_type("AWS::S3::Bucket", "storage_gb", Decimal::TEN), Ok(()));
        let error = usage.set_for_type("AWS::S3::Bucket", "storage_bg", Decimal::TEN).unwrap_err().diagnostic();
        assert_eq!(error.hint.as_deref(), Some("did you mean `storage_gb`?"));
        let error = usage.set_for_type("AWS::IAM::Role", "requests", Decimal::ONE).unwrap_err().diagnostic();
        assert!(error.hint.unwrap().contains("does not depend"));
    }

    #[test]
    fn figures_have_bounds() {
        assert_eq!(LARGEST_USAGE.to_string(), "1000000000000000");
        let mut usage = Usage::default();
        let mut set = |value: Decimal| usage.set_for_resource("B", "storage_gb", value, None).is_ok();
        assert!(set(Decimal::ZERO) && set(LARGEST_USAGE));
        assert!(!set(-Decimal::ONE) && !set(LARGEST_USAGE + Decimal::ONE));
        assert!(usage.set_for_type("AWS::S3::Bucket", "storage_gb", -Decimal::ONE).is_err());
    }

    #[test]
    fn a_resource_wins_over_its_type() {
        let mut usage = Usage::default();
        usage.set_for_type("AWS::S3::Bucket", "storage_gb", Decimal::ONE).unwrap();
        usage.set_for_resource("Logs", "storage_gb", Decimal::TEN, None).unwrap();
        let properties = serde_json::json!({});
        assert_eq!(usage.get(&input("Logs", &properties), "storage_gb"), Some(Decimal::TEN));
        assert_eq!(usage.get(&input("Other", &properties), "storage_gb"), Some(Decimal::ONE));
        assert_eq!(usage.get(&input("Other", &properties), "put_requests"), None);
    }

    #[test]
    fn what_is_said_of_a_resource_is_checked_by_its_type() {
        let place = |line| Location { file: "usage.yaml".into(), line, column: 1 };
        let mut usage = Usage::default();
        usage.locate_resource("Nobody", place(3));
        usage.set_for_resource("Nobody", "storage_gb", Decimal::ONE, Some(place(4))).unwrap();
        usage.set_for_resource("Logs", "requests", Decimal::ONE, Some(place(6))).unwrap();
        usage.set_for_resource("Logs", "storage_gb", Decimal::ONE, Some(place(7))).unwrap();
        let properties = serde_json::json!({});
        let problems = usage.check(&[input("Logs", &properties)]);
        let found: Vec<_> =
            problems.iter().map(|one| (one.code.as_str(), one.location.as_ref().unwrap().line)).collect();
        assert_eq!(found, [("unknown-usage", 6), ("usage-without-resource", 3)]);
    }
}
