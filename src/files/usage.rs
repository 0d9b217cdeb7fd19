//! The usage file: what resources use in a month, for estimates.
//!
//! ```yaml
//! types:                       # for every resource of a type
//!   AWS::S3::Bucket: { storage_gb: 50, put_requests: 20000 }
//! resources:                   # for one, by logical id or identifier; wins over its type
//!   Uploads: { storage_gb: 500 }
//! ```

use std::collections::BTreeSet;

use rust_decimal::Decimal;

use crate::domain::diagnostic::{Code, Diagnostic, Location};
use crate::estimate::{LARGEST_USAGE, Status, Usage, UsageError, coverage, supported, usage_keys};

use super::suggestion;
use super::yaml::{self, Entry, Node, NodeValue};

const SECTIONS: [&str; 2] = ["resources", "types"];

/// The file's form, in one line.
pub const FORM: &str = "types: { TYPE: { KEY: NUMBER } } and resources: { LOGICAL_ID_OR_IDENTIFIER: { KEY: NUMBER } }";

/// Reads a usage file. Pure: `file` is only named in messages.
///
/// # Errors
/// Everything that is wrong, in the order of the text.
pub fn parse(file: &str, text: &str) -> Result<Usage, Vec<Diagnostic>> {
    let root = yaml::parse(file, text)?;
    let keys = supported().into_iter().flat_map(|one| one.usage).map(|usage| usage.key).collect();
    let mut reading = Reading { keys, ..Reading::default() };
    for section in reading.entries("the usage file", &root) {
        let names = reading.entries(&section.key, &section.value);
        match section.key.as_str() {
            "types" => names.iter().for_each(|entry| reading.of_type(entry)),
            "resources" => names.iter().for_each(|entry| reading.of_resource(entry)),
            other => {
                let hint = suggestion::hint(other, SECTIONS);
                reading.problem(Code::UnknownKey, format!("there is no key `{other}`"), hint, &section.key_location);
            }
        }
    }
    reading.problems.sort_by_key(|problem| problem.location.as_ref().map(|place| (place.line, place.column)));
    if reading.problems.is_empty() { Ok(reading.usage) } else { Err(reading.problems) }
}

#[derive(Default)]
struct Reading {
    usage: Usage,
    problems: Vec<Diagnostic>,
    /// The usage keys of all types.
    keys: BTreeSet<&'static str>,
}

impl Reading {
    fn problem(&mut self, code: Code, message: String, hint: impl Into<String>, place: &Location) {
        self.problems.push(Diagnostic::error(code, message).hint(hint).at(Some(place.clone())));
    }

    fn entries<'n>(&mut self, name: &str, node: &'n Node) -> &'n [Entry] {
        match &node.value {
            NodeValue::Mapping(entries) => entries,
            NodeValue::Null => &[],
            _ => {
                let message = format!("`{name}` must be a mapping, not {}", node.kind());
                self.problem(Code::WrongType, message, format!("write {FORM}"), &node.location);
                &[]
            }
        }
    }

    fn of_type(&mut self, entry: &Entry) {
        let type_name = entry.key.as_str();
        if usage_keys(type_name).is_empty() {
            let known = supported();
            let with_usage = known.iter().filter(|one| !one.usage.is_empty()).map(|one| one.type_name);
            let is_known = coverage(type_name) != Status::Unknown || known.iter().any(|one| one.type_name == type_name);
            let (message, hint) = if is_known {
                let hint = "take it out; `stagegate estimate --supported` lists the usage of each type";
                (format!("the cost of {type_name} does not depend on usage"), hint.to_owned())
            } else {
                (format!("the cost model has no type `{type_name}`"), suggestion::hint(type_name, with_usage))
            };
            return self.problem(Code::UnknownType, message, hint, &entry.key_location);
        }
        for figure in self.entries(type_name, &entry.value) {
            if let Some(value) = self.number(figure)
                && let Err(error) = self.usage.set_for_type(type_name, &figure.key, value)
            {
                self.refused(&error, figure);
            }
        }
    }

    fn of_resource(&mut self, entry: &Entry) {
        self.usage.locate_resource(&entry.key, entry.key_location.clone());
        for figure in self.entries(&entry.key, &entry.value) {
            let place = figure.key_location.clone();
            // Which type the resource has is known later; a key that no type has never is.
            if !self.keys.contains(figure.key.as_str()) {
                let hint = suggestion::hint(&figure.key, self.keys.iter().copied());
                self.problem(Code::UnknownUsage, format!("no type has the usage `{}`", figure.key), hint, &place);
                continue;
            }
            if let Some(value) = self.number(figure)
                && let Err(error) = self.usage.set_for_resource(&entry.key, &figure.key, value, Some(place))
            {
                self.refused(&error, figure);
            }
        }
    }

    fn number(&mut self, figure: &Entry) -> Option<Decimal> {
        // A number that does not survive as one (13.10, 1e3) arrives as its text.
        let text = match &figure.value.value {
            NodeValue::Number(_) | NodeValue::String(_) => figure.value.scalar_text(),
            _ => None,
        };
        let number = text.as_deref().and_then(|text| {
            let looks_plain = text.starts_with(|c: char| c.is_ascii_digit() || c == '-');
            looks_plain.then(|| text.parse().or_else(|_| Decimal::from_scientific(text)).ok())?
        });
        if number.is_none() {
            let shown = text.map_or_else(|| figure.value.kind().to_owned(), |text| format!("`{text}`"));
            let message = format!("usage `{}` is {shown}, not a number", figure.key);
            let hint = "write a plain number: what is used in a month";
            // It is one, only far beyond what can be counted with.
            let is_huge = shown.trim_matches('`').parse::<f64>().is_ok_and(|number| number.is_finite());
            let message = if is_huge {
                format!("usage `{}` is {shown}, which is more than {LARGEST_USAGE}", figure.key)
            } else {
                message
            };
            self.problem(Code::WrongUsage, message, hint, &figure.value.location);
        }
        number
    }

    fn refused(&mut self, error: &UsageError, figure: &Entry) {
        let place = match error {
            UsageError::UnknownKey { .. } => &figure.key_location,
            UsageError::Negative { .. } | UsageError::TooLarge { .. } => &figure.value.location,
        };
        self.problems.push(error.diagnostic().at(Some(place.clone())));
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    /// Code, line, and message with hint of each problem.
    fn problems(text: &str) -> Vec<(&'static str, u32, String)> {
        let problems = parse("usage.yaml", text).unwrap_err();
        let shown = |one: Diagnostic| {
            (
                one.code.as_str(),
                one.location.unwrap().line,
                format!("{}; {}", one.message, one.hint.unwrap_or_default()),
            )
        };
        problems.into_iter().map(shown).collect()
    }

    #[test]
    fn types_and_resources_are_read() {
        let usage = parse(
            "usage.yaml",
            "types:\n  AWS::S3::Bucket: { storage_gb: 50, put_requests: 20000 }\nresources:\n  Uploads: { storage_gb: 13.10 }\n  empty:\n",
        )
        .unwrap();
        let mut expected = Usage::default();
        expected.set_for_type("AWS::S3::Bucket", "storage_gb", Decimal::from(50)).unwrap();
        expected.set_for_type("AWS::S3::Bucket", "put_requests", Decimal::from(20000)).unwrap();
        let place = |line, column| Location { file: "usage.yaml".into(), line, column };
        expected.locate_resource("Uploads", place(4, 3));
        expected.locate_resource("empty", place(5, 3));
        expected.set_for_resource("Uploads", "storage_gb", Decimal::new(1310, 2), Some(place(4, 14))).unwrap();
        assert_eq!(usage, expected);
        assert!(parse("usage.yaml", "").unwrap().is_empty());
    }

    #[test]
    fn every_mistake_has_its_place_and_a_way_on() {
        for (text, code, line, says) in [
            ("typse: {}\n", "unknown-key", 1, "did you mean `types`?"),
            ("types:\n  AWS::S3::Bukket: { storage_gb: 1 }\n", "unknown-type", 2, "did you mean `AWS::S3::Bucket`?"),
            ("types:\n  AWS::IAM::Role: { requests: 1 }\n", "unknown-type", 2, "does not depend on usage"),
            ("types:\n  AWS::S3::Bucket:\n    storage_bg: 1\n", "unknown-usage", 3, "did you mean `storage_gb`?"),
            ("resources:\n  B:\n    storage_bg: 1\n", "unknown-usage", 3, "did you mean `storage_gb`?"),
            ("types:\n  AWS::S3::Bucket:\n    storage_gb: -1\n", "wrong-usage", 3, "negative"),
            ("resources:\n  B: { storage_gb: -0.5 }\n", "wrong-usage", 2, "negative"),
            ("types:\n  AWS::S3::Bucket: { storage_gb: 1e16 }\n", "wrong-usage", 2, "more than"),
            ("types:\n  AWS::S3::Bucket: { storage_gb: 1e30 }\n", "wrong-usage", 2, "more than"),
            ("types:\n  AWS::S3::Bucket: { storage_gb: .nan }\n", "wrong-usage", 2, "`.nan`, not a number"),
            ("types:\n  AWS::S3::Bucket: { storage_gb: many }\n", "wrong-usage", 2, "`many`, not a number"),
            ("types:\n  AWS::S3::Bucket: { storage_gb: [1] }\n", "wrong-usage", 2, "not a number"),
            ("types:\n  AWS::S3::Bucket: { storage_gb: }\n", "wrong-usage", 2, "not a number"),
            ("types:\n  AWS::S3::Bucket: 5\n", "wrong-type", 2, "mapping"),
            ("- 1\n", "wrong-type", 1, "mapping"),
        ] {
            let found = problems(text);
            assert_eq!(found.len(), 1, "{text}: {found:?}");
            assert_eq!((found[0].0, found[0].1), (code, line), "{text}: {found:?}");
            assert!(found[0].2.contains(says), "{text}: {found:?}");
        }
    }

    #[test]
    fn all_mistakes_are_said_at_once() {
        let text = "types:\n  AWS::S3::Bucket: { storage_gb: x, nope: 1 }\nresources:\n  B: { storage_gb: -1 }\n";
        assert_eq!(problems(text).iter().map(|one| one.1).collect::<Vec<_>>(), [2, 2, 4]);
    }
}
