//! Conditions: operators over context keys.

use core::net::IpAddr;
use std::collections::BTreeSet;

use rust_decimal::Decimal;

use super::context::{Context, escaped, lookup, substitute, unescaped};
use super::pattern::{arn_like, like};

/// One operator applied to one key.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Condition {
    pub operator: Operator,
    /// The context key, as written.
    pub key: String,
    pub values: Vec<String>,
}

/// A condition operator with its prefix and suffix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Operator {
    set: Set,
    comparison: Comparison,
    is_negated: bool,
    if_exists: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Set {
    /// No prefix.
    One,
    /// `ForAllValues:`
    All,
    /// `ForAnyValue:`
    Any,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    StringEquals,
    StringIgnoringCase,
    StringLike,
    Arn,
    Numeric(Order),
    Date(Order),
    Bool,
    Ip,
    Null,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Order {
    fn holds<T: PartialOrd>(self, left: T, right: T) -> bool {
        match self {
            Self::Equal => left == right,
            Self::Less => left < right,
            Self::LessOrEqual => left <= right,
            Self::Greater => left > right,
            Self::GreaterOrEqual => left >= right,
        }
    }
}

impl Operator {
    /// Parses an operator's name, ignoring case.
    pub fn parse(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        let (set, name) = match name.split_once(':') {
            Some(("forallvalues", rest)) => (Set::All, rest),
            Some(("foranyvalue", rest)) => (Set::Any, rest),
            Some(_) => return None,
            None => (Set::One, name.as_str()),
        };
        let (name, if_exists) = match name.strip_suffix("ifexists") {
            Some(rest) => (rest, true),
            None => (name, false),
        };
        use Comparison::{Arn, Bool, Date, Ip, Null, Numeric, StringEquals, StringIgnoringCase, StringLike};
        let (comparison, is_negated) = match name {
            "stringequals" | "binaryequals" => (StringEquals, false),
            "stringnotequals" => (StringEquals, true),
            "stringequalsignorecase" => (StringIgnoringCase, false),
            "stringnotequalsignorecase" => (StringIgnoringCase, true),
            "stringlike" => (StringLike, false),
            "stringnotlike" => (StringLike, true),
            "arnequals" | "arnlike" => (Arn, false),
            "arnnotequals" | "arnnotlike" => (Arn, true),
            "numericequals" => (Numeric(Order::Equal), false),
            "numericnotequals" => (Numeric(Order::Equal), true),
            "numericlessthan" => (Numeric(Order::Less), false),
            "numericlessthanequals" => (Numeric(Order::LessOrEqual), false),
            "numericgreaterthan" => (Numeric(Order::Greater), false),
            "numericgreaterthanequals" => (Numeric(Order::GreaterOrEqual), false),
            "dateequals" => (Date(Order::Equal), false),
            "datenotequals" => (Date(Order::Equal), true),
            "datelessthan" => (Date(Order::Less), false),
            "datelessthanequals" => (Date(Order::LessOrEqual), false),
            "dategreaterthan" => (Date(Order::Greater), false),
            "dategreaterthanequals" => (Date(Order::GreaterOrEqual), false),
            "bool" => (Bool, false),
            "ipaddress" => (Ip, false),
            "notipaddress" => (Ip, true),
            "null" if !if_exists && set == Set::One => (Null, false),
            _ => return None,
        };
        Some(Self { set, comparison, is_negated, if_exists })
    }
}

impl Condition {
    /// Whether the condition holds. A key that is needed and not in the context is added to `missing`.
    pub fn holds(&self, has_variables: bool, context: &Context, missing: &mut BTreeSet<String>) -> bool {
        let Operator { set, comparison, is_negated, if_exists } = self.operator;
        let given = lookup(context, &self.key).unwrap_or_default();
        if comparison == Comparison::Null {
            let wants_absence = self.values.iter().any(|value| value.eq_ignore_ascii_case("true"));
            return given.is_empty() == wants_absence;
        }
        if given.is_empty() {
            missing.insert(self.key.clone());
        }
        // For the set operators, an empty string is not a value.
        if given.is_empty() || (set != Set::One && given.iter().all(String::is_empty)) {
            // An absent key is an empty set of values, and differs from every value.
            return if_exists || set == Set::All || (is_negated && set == Set::One);
        }
        let has_variables = has_variables && comparison.takes_variables();
        let filled = self.values.iter().map(|value| substitute(value, has_variables, context, missing));
        let wanted: Vec<Option<String>> = filled.collect();
        // An unknown value does not count as different.
        if is_negated && wanted.contains(&None) {
            return false;
        }
        let wanted: Vec<String> = wanted.into_iter().flatten().collect();
        let is_among = |value: &String| wanted.iter().any(|wanted| compare(comparison, wanted, value)) != is_negated;
        match set {
            Set::All => given.iter().all(is_among),
            Set::Any => given.iter().any(is_among),
            // A negated operator without a prefix holds when no value of the key matches.
            Set::One if is_negated => given.iter().all(is_among),
            Set::One => given.iter().any(is_among),
        }
    }
}

impl Comparison {
    /// Only strings and ARNs support policy variables.
    fn takes_variables(self) -> bool {
        matches!(self, Self::StringEquals | Self::StringIgnoringCase | Self::StringLike | Self::Arn)
    }
}

fn compare(comparison: Comparison, wanted: &str, value: &str) -> bool {
    match comparison {
        Comparison::StringEquals => unescaped(wanted) == value,
        Comparison::StringIgnoringCase => unescaped(wanted).to_lowercase() == value.to_lowercase(),
        Comparison::StringLike => like(wanted, &escaped(value)),
        Comparison::Arn => arn_like(wanted, &escaped(value)),
        Comparison::Bool => wanted.eq_ignore_ascii_case(value),
        Comparison::Numeric(order) => match (value.parse::<Decimal>(), wanted.parse::<Decimal>()) {
            (Ok(value), Ok(wanted)) => order.holds(value, wanted),
            _ => false,
        },
        Comparison::Date(order) => match (seconds(value), seconds(wanted)) {
            (Some(value), Some(wanted)) => order.holds(value, wanted),
            _ => false,
        },
        Comparison::Ip => is_in_block(wanted, value),
        Comparison::Null => false,
    }
}

/// Parses a date as IAM accepts it: ISO 8601, a day or a month alone, or seconds since the epoch.
fn seconds(text: &str) -> Option<i64> {
    if let Ok(seconds) = text.parse() {
        return Some(seconds);
    }
    if let Ok(time) = text.parse::<jiff::Timestamp>() {
        return Some(time.as_second());
    }
    let day: jiff::civil::Date = text.parse().or_else(|_| format!("{text}-01").parse()).ok()?;
    Some(day.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_second())
}

/// True when an address is in a CIDR block such as `203.0.113.0/24`, or equals the given address.
fn is_in_block(block: &str, address: &str) -> bool {
    let (network, length) = match block.split_once('/') {
        Some((network, length)) => (network, length.parse::<u32>().ok()),
        None => (block, Some(128)),
    };
    let (Ok(network), Ok(address), Some(length)) = (network.parse::<IpAddr>(), address.parse::<IpAddr>(), length)
    else {
        return false;
    };
    match (network, address) {
        (IpAddr::V4(network), IpAddr::V4(address)) => {
            let shift = 32_u32.saturating_sub(length);
            u32::from(network).checked_shr(shift) == u32::from(address).checked_shr(shift)
        }
        (IpAddr::V6(network), IpAddr::V6(address)) => {
            let shift = 128_u32.saturating_sub(length);
            u128::from(network).checked_shr(shift) == u128::from(address).checked_shr(shift)
        }
        _ => false,
    }
}
