//! Operands of expressions, and reading them from a resource's properties.

use std::str::FromStr;

use rust_decimal::Decimal;
use serde_json::Value;

use crate::domain::diagnostic::Code;
use crate::domain::symbol;

/// Why a value could not be computed; a sentence without a final period, for the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unresolved {
    /// The reason.
    pub reason: String,
}

impl Unresolved {
    pub(super) fn new(reason: String) -> Self {
        Self { reason }
    }
}

/// A value; the property's name is kept for messages.
#[derive(Debug, Clone, PartialEq)]
pub enum Operand<'a> {
    /// A number.
    Number(Decimal),
    /// A string, with the name of its property.
    Text(String, Option<String>),
    /// A Boolean.
    Boolean(bool),
    /// An object or a list of the resource, with its name.
    Json(&'a Value, String),
    /// A property that is absent, null or `AWS::NoValue`, by name.
    Missing(String),
}

impl<'a> Operand<'a> {
    pub(super) fn text(text: String) -> Self {
        Self::Text(text, None)
    }

    /// Reads a property.
    pub(super) fn property(properties: &'a Value, path: &[String]) -> Result<Self, Unresolved> {
        let name = || path.join(".");
        let Some(value) = find(properties, path)? else {
            return Ok(Self::Missing(name()));
        };
        Ok(match value {
            Value::Null => Self::Missing(name()),
            Value::Bool(truth) => Self::Boolean(*truth),
            Value::String(text) => Self::Text(text.clone(), Some(name())),
            Value::Number(number) => match decimal(&number.to_string()) {
                Some(number) => Self::Number(number),
                None => {
                    return Err(Unresolved::new(format!("{} exceeds the supported range", name())));
                }
            },
            Value::Object(_) | Value::Array(_) => Self::Json(value, name()),
        })
    }

    /// The value as a number; a numeric string is accepted.
    pub fn number(&self) -> Result<Decimal, Unresolved> {
        match self {
            Self::Number(number) => Ok(*number),
            Self::Text(text, name) => decimal(text).ok_or_else(|| {
                let name = name.as_deref().unwrap_or("a value");
                Unresolved::new(format!("{name} is `{text}`, not a number"))
            }),
            Self::Missing(name) => Err(Unresolved::new(format!("{name} is not set"))),
            Self::Boolean(truth) => Err(Unresolved::new(format!("`{truth}` is not a number"))),
            Self::Json(_, name) => Err(Unresolved::new(format!("{name} is not a number"))),
        }
    }

    /// The value as a condition. A missing one is false, as for optional flags in AWS.
    pub fn truth(&self) -> Result<bool, Unresolved> {
        match self {
            Self::Boolean(truth) => Ok(*truth),
            Self::Missing(_) => Ok(false),
            Self::Text(text, _) if text.eq_ignore_ascii_case("true") => Ok(true),
            Self::Text(text, _) if text.eq_ignore_ascii_case("false") => Ok(false),
            Self::Text(text, name) => {
                let name = name.as_deref().unwrap_or("a value");
                Err(Unresolved::new(format!("{name} is `{text}`, not true or false")))
            }
            Self::Number(number) => Err(Unresolved::new(format!("`{number}` is not true or false"))),
            Self::Json(_, name) => Err(Unresolved::new(format!("{name} is not true or false"))),
        }
    }

    /// The value as a string.
    pub fn into_text(self) -> Result<String, Unresolved> {
        match self {
            Self::Text(text, _) => Ok(text),
            Self::Number(number) => Ok(number.normalize().to_string()),
            Self::Boolean(truth) => Ok(truth.to_string()),
            Self::Missing(name) => Err(Unresolved::new(format!("{name} is not set"))),
            Self::Json(_, name) => Err(Unresolved::new(format!("{name} is not a string"))),
        }
    }

    /// The items of a list; a missing list has none.
    pub(super) fn items(&self) -> Result<&'a [Value], Unresolved> {
        let (items, name): (&'a [Value], &str) = match self {
            Self::Json(Value::Array(items), name) => (items, name),
            Self::Missing(_) => return Ok(&[]),
            Self::Json(_, name) => return Err(Unresolved::new(format!("{name} is not a list"))),
            _ => return Err(Unresolved::new("a value is not a list".to_owned())),
        };
        if items.iter().any(may_vanish) {
            return Err(Unresolved::new(format!("the items of {name} are not known before apply")));
        }
        Ok(items)
    }

    /// Loose equality: `"20"` equals 20, and a missing value equals nothing.
    pub(super) fn same_as(&self, other: &Self) -> bool {
        if let (Ok(a), Ok(b)) = (self.number(), other.number()) {
            return a == b;
        }
        match (self, other) {
            (Self::Boolean(truth), Self::Text(text, _)) | (Self::Text(text, _), Self::Boolean(truth)) => {
                text.eq_ignore_ascii_case(&truth.to_string())
            }
            (Self::Text(a, _), Self::Text(b, _)) => a == b,
            (Self::Boolean(a), Self::Boolean(b)) => a == b,
            _ => false,
        }
    }
}

/// Whether a property is present, without evaluating its value.
pub(super) fn is_present(properties: &Value, path: &[String]) -> Result<bool, Unresolved> {
    let Some((last, parents)) = path.split_last() else {
        return Ok(true);
    };
    let Some(parent) = find(properties, parents)? else {
        return Ok(false);
    };
    match child(parent, last) {
        None | Some(Value::Null) => Ok(false),
        Some(value) if is_no_value(value) => Ok(false),
        Some(value) if may_vanish(value) => Err(not_known(path, value)),
        Some(Value::Object(map)) => Ok(!map.is_empty()),
        Some(Value::Array(items)) => Ok(!items.is_empty()),
        Some(Value::String(text)) => Ok(!text.is_empty()),
        Some(_) => Ok(true),
    }
}

/// A property as written, a reference to another resource included.
pub(super) fn written<'a>(properties: &'a Value, path: &[String]) -> Result<Option<&'a Value>, Unresolved> {
    let Some((last, parents)) = path.split_last() else {
        return Ok(None);
    };
    let Some(value) = find(properties, parents)?.and_then(|parent| child(parent, last)) else {
        return Ok(None);
    };
    if may_vanish(value) || symbol::fault_of(value).is_some() {
        return Err(not_known(path, value));
    }
    Ok(Some(value).filter(|value| !value.is_null() && !is_no_value(value)))
}

fn find<'a>(properties: &'a Value, path: &[String]) -> Result<Option<&'a Value>, Unresolved> {
    let mut at = properties;
    for depth in 0..=path.len() {
        if is_no_value(at) {
            return Ok(None);
        }
        if symbol::is_intrinsic(at) {
            return Err(not_known(&path[..depth], at));
        }
        let Some(token) = path.get(depth) else { break };
        match child(at, token) {
            Some(value) => at = value,
            None => return Ok(None),
        }
    }
    Ok(Some(at))
}

fn child<'a>(value: &'a Value, token: &str) -> Option<&'a Value> {
    match value {
        Value::Object(map) => map.get(token),
        Value::Array(items) => items.get(token.parse::<usize>().ok()?),
        _ => None,
    }
}

fn is_no_value(value: &Value) -> bool {
    symbol::is_intrinsic(value) && value.get("Ref").and_then(Value::as_str) == Some("AWS::NoValue")
}

fn may_vanish(value: &Value) -> bool {
    symbol::is_intrinsic(value) && value.get("Fn::If").is_some()
}

fn not_known(path: &[String], value: &Value) -> Unresolved {
    let function = value.as_object().and_then(|map| map.keys().next());
    let function = function.map(String::as_str).unwrap_or_default();
    let name = if path.is_empty() { "the value".to_owned() } else { path.join(".") };
    match symbol::fault_of(value) {
        Some(code) if code == Code::MissingProperty.as_str() => {
            return Unresolved::new(format!("{name} is required and not set"));
        }
        Some(code) => {
            return Unresolved::new(format!("{name} is not known because of a fault of the template ({code})"));
        }
        None => {}
    }
    Unresolved::new(format!("{name} is not known before apply ({function})"))
}

/// Parses a decimal, in plain or scientific notation.
fn decimal(text: &str) -> Option<Decimal> {
    let text = text.trim();
    let looks_numeric = text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c));
    if !looks_numeric {
        return None;
    }
    Decimal::from_str(text).or_else(|_| Decimal::from_scientific(text)).ok()
}

/// A number with its thousands grouped by commas, without trailing zeros.
pub(super) fn grouped(number: Decimal) -> String {
    let plain = number.normalize().to_string();
    let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, ""));
    let digits = whole.trim_start_matches('-');
    let mut text = if whole.starts_with('-') { "-".to_owned() } else { String::new() };
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    if !fraction.is_empty() {
        text.push('.');
        text.push_str(fraction);
    }
    text
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_thousands() {
        let shown = |text: &str| grouped(text.parse().unwrap());
        assert_eq!(shown("999"), "999");
        assert_eq!(shown("1234567.50"), "1,234,567.5");
        assert_eq!(shown("-1000"), "-1,000");
    }
}
