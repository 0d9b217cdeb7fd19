//! Condition operators.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::net::IpAddr;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;

use super::Context;
use super::template::{Pattern, Template};

/// One operator, one key and the values it is compared with.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Condition {
    quantifier: Quantifier,
    test: Test,
    is_negated: bool,
    if_exists: bool,
    key: String,
    values: Vec<Template>,
}

/// How many of a key's values must match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quantifier {
    /// The key has one value.
    Single,
    /// `ForAllValues:`
    Every,
    /// `ForAnyValue:`
    Some,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Test {
    Text,
    TextIgnoringCase,
    Wildcards,
    Arn,
    Number(Comparison),
    Time(Comparison),
    Truth,
    Address,
    Absence,
}

/// The matching orderings of the request's value relative to the policy's.
type Comparison = &'static [Ordering];

const EQUAL: Comparison = &[Ordering::Equal];
const LESS: Comparison = &[Ordering::Less];
const AT_MOST: Comparison = &[Ordering::Less, Ordering::Equal];
const GREATER: Comparison = &[Ordering::Greater];
const AT_LEAST: Comparison = &[Ordering::Greater, Ordering::Equal];

/// Every operator in lower case, and whether it is a negated one.
const OPERATORS: [(&str, Test, bool); 28] = [
    ("stringequals", Test::Text, false),
    ("stringnotequals", Test::Text, true),
    ("stringequalsignorecase", Test::TextIgnoringCase, false),
    ("stringnotequalsignorecase", Test::TextIgnoringCase, true),
    ("stringlike", Test::Wildcards, false),
    ("stringnotlike", Test::Wildcards, true),
    ("arnequals", Test::Arn, false),
    ("arnlike", Test::Arn, false),
    ("arnnotequals", Test::Arn, true),
    ("arnnotlike", Test::Arn, true),
    ("numericequals", Test::Number(EQUAL), false),
    ("numericnotequals", Test::Number(EQUAL), true),
    ("numericlessthan", Test::Number(LESS), false),
    ("numericlessthanequals", Test::Number(AT_MOST), false),
    ("numericgreaterthan", Test::Number(GREATER), false),
    ("numericgreaterthanequals", Test::Number(AT_LEAST), false),
    ("dateequals", Test::Time(EQUAL), false),
    ("datenotequals", Test::Time(EQUAL), true),
    ("datelessthan", Test::Time(LESS), false),
    ("datelessthanequals", Test::Time(AT_MOST), false),
    ("dategreaterthan", Test::Time(GREATER), false),
    ("dategreaterthanequals", Test::Time(AT_LEAST), false),
    ("bool", Test::Truth, false),
    ("ipaddress", Test::Address, false),
    ("notipaddress", Test::Address, true),
    ("null", Test::Absence, false),
    // Binary values are base64 in the policy and in the context.
    ("binaryequals", Test::Text, false),
    ("binarynotequals", Test::Text, true),
];

impl Condition {
    /// Parses a condition.
    pub fn read(operator: &str, key: &str, values: &[String], has_variables: bool) -> Result<Self, String> {
        let unknown = || format!("{operator} is not a condition operator");
        let name = operator.to_ascii_lowercase();
        let (quantifier, name) = match name.split_once(':') {
            None => (Quantifier::Single, name.as_str()),
            Some(("forallvalues", name)) => (Quantifier::Every, name),
            Some(("foranyvalue", name)) => (Quantifier::Some, name),
            Some(_) => return Err(unknown()),
        };
        let (name, if_exists) = name.strip_suffix("ifexists").map_or((name, false), |name| (name, true));
        let (_, test, is_negated) = OPERATORS.into_iter().find(|(known, ..)| *known == name).ok_or_else(unknown)?;
        if test == Test::Absence && (if_exists || quantifier != Quantifier::Single) {
            return Err(unknown());
        }
        // Only strings and ARNs may hold policy variables.
        let takes_variables = matches!(test, Test::Text | Test::TextIgnoringCase | Test::Wildcards | Test::Arn);
        let values = values.iter().map(|value| Template::read(value, has_variables && takes_variables)).collect();
        Ok(Self { quantifier, test, is_negated, if_exists, key: key.to_owned(), values })
    }

    /// Whether the condition is met. A key or variable that the context lacks is added to `missing`.
    pub fn holds(&self, context: &Context, missing: &mut BTreeSet<String>) -> bool {
        let given = context.values(&self.key).unwrap_or_default();
        if self.test == Test::Absence {
            let wants_absence = self.values.iter().any(|value| is_text(value, "true"));
            return given.is_empty() == wants_absence;
        }
        // For the set operators, an empty string is not a value.
        let is_empty = match self.quantifier {
            Quantifier::Single => given.is_empty(),
            Quantifier::Every | Quantifier::Some => given.iter().all(String::is_empty),
        };
        if is_empty {
            if given.is_empty() {
                missing.insert(self.key.clone());
            }
            return match self.quantifier {
                _ if self.if_exists => true,
                Quantifier::Single => self.is_negated,
                Quantifier::Every => true,
                Quantifier::Some => false,
            };
        }
        let mut wanted = Vec::with_capacity(self.values.len());
        for value in &self.values {
            match value.fill(context) {
                Ok(pattern) => wanted.push(pattern),
                Err(key) => {
                    missing.insert(key.to_owned());
                    // An unknown value does not count as different.
                    if self.is_negated {
                        return false;
                    }
                }
            }
        }
        let passes = |value: &String| wanted.iter().any(|wanted| is_match(self.test, wanted, value)) != self.is_negated;
        match self.quantifier {
            Quantifier::Every => given.iter().all(passes),
            Quantifier::Some => given.iter().any(passes),
            Quantifier::Single if self.is_negated => given.iter().all(passes),
            Quantifier::Single => given.iter().any(passes),
        }
    }
}

fn is_text(template: &Template, text: &str) -> bool {
    template.fill(&Context::default()).is_ok_and(|pattern| pattern.text().eq_ignore_ascii_case(text))
}

/// Whether a value of the request matches a value of the policy.
fn is_match(test: Test, wanted: &Pattern, value: &str) -> bool {
    match test {
        Test::Text => wanted.text() == value,
        Test::TextIgnoringCase => wanted.text().to_lowercase() == value.to_lowercase(),
        Test::Wildcards => wanted.matches(value),
        Test::Arn => wanted.matches_arn(value),
        Test::Number(orderings) => is_ordered(orderings, number(value), number(&wanted.text())),
        Test::Time(orderings) => is_ordered(orderings, time(value), time(&wanted.text())),
        Test::Truth => wanted.text().eq_ignore_ascii_case(value),
        Test::Address => is_address_in(value, &wanted.text()),
        Test::Absence => false,
    }
}

fn is_ordered<T: Ord>(orderings: Comparison, value: Option<T>, wanted: Option<T>) -> bool {
    value.zip(wanted).is_some_and(|(value, wanted)| orderings.contains(&value.cmp(&wanted)))
}

fn number(text: &str) -> Option<Decimal> {
    text.parse().ok()
}

/// Parses a time as IAM does: seconds since the epoch, or a date of ISO 8601 with or without a time.
fn time(text: &str) -> Option<Timestamp> {
    if let Ok(seconds) = text.parse::<i64>() {
        return Timestamp::from_second(seconds).ok();
    }
    if let Ok(time) = text.parse::<Timestamp>() {
        return Some(time);
    }
    let day = if text.len() == "2026-11".len() { format!("{text}-01") } else { text.to_owned() };
    Some(day.parse::<Date>().ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

/// Whether an address is in a CIDR block; a block without a prefix length is one address.
fn is_address_in(address: &str, block: &str) -> bool {
    let (network, length) = match block.split_once('/') {
        Some((network, length)) => match length.parse::<usize>() {
            Ok(length) => (network, Some(length)),
            Err(_) => return false,
        },
        None => (block, None),
    };
    let (Ok(address), Ok(network)) = (address.parse::<IpAddr>(), network.parse::<IpAddr>()) else {
        return false;
    };
    let (address, network) = match (address, network) {
        (IpAddr::V4(address), IpAddr::V4(network)) => (address.octets().to_vec(), network.octets().to_vec()),
        (IpAddr::V6(address), IpAddr::V6(network)) => (address.octets().to_vec(), network.octets().to_vec()),
        _ => return false,
    };
    let bits = address.len() * 8;
    let bit = |octets: &[u8], at: usize| octets[at / 8] >> (7 - at % 8) & 1;
    (0..length.unwrap_or(bits).min(bits)).all(|at| bit(&address, at) == bit(&network, at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_parsed_in_every_format() {
        let second = |text: &str| time(text).map(Timestamp::as_second);
        assert_eq!(second("1793620800"), Some(1_793_620_800));
        for text in ["2026-11-02", "2026-11-02T12:00+12:00", "2026-11-02T00:00:00Z", "2026-11-02T00:00:00.000Z"] {
            assert_eq!(second(text), Some(1_793_577_600), "{text}");
        }
        assert_eq!(second("2026-11"), second("2026-11-01"));
        assert_eq!(second("yesterday"), None);
    }

    #[test]
    fn addresses_match_blocks_of_their_family() {
        for (address, block) in [
            ("203.0.113.9", "203.0.113.0/24"),
            ("203.0.113.9", "0.0.0.0/0"),
            ("203.0.113.9", "203.0.113.9"),
            ("203.0.113.127", "203.0.113.0/25"),
            ("2001:db8::1", "2001:DB8::/32"),
        ] {
            assert!(is_address_in(address, block), "{address} {block}");
        }
        for (address, block) in [
            ("203.0.113.128", "203.0.113.0/25"),
            ("203.0.113.9", "2001:db8::/32"),
            ("203.0.113.9", "203.0.113.0/x"),
            ("host", "203.0.113.0/24"),
            ("2001:db9::1", "2001:db8::/32"),
        ] {
            assert!(!is_address_in(address, block), "{address} {block}");
        }
    }
}
