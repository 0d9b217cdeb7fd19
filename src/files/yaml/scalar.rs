//! Plain scalars: resolution to null, a Boolean, a number or a string.

use serde_json::Number;

use super::node::NodeValue;

/// The value of an unquoted, untagged scalar.
pub(super) fn plain(text: &str) -> NodeValue {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return NodeValue::Null,
        "true" | "True" | "TRUE" => return NodeValue::Bool(true),
        "false" | "False" | "FALSE" => return NodeValue::Bool(false),
        _ => {}
    }
    match number(text) {
        Some(number) => NodeValue::Number(number),
        None => NodeValue::String(text.to_owned()),
    }
}

/// The value of a scalar under one of YAML's own tags (`!!int`): `None` when the text does not fit.
pub(super) fn tagged(suffix: &str, text: &str) -> Option<NodeValue> {
    let value = plain(text);
    let fits = match suffix {
        "str" => return Some(NodeValue::String(text.to_owned())),
        "null" => value == NodeValue::Null,
        "bool" => matches!(value, NodeValue::Bool(_)),
        "int" => matches!(&value, NodeValue::Number(number) if !number.is_f64()),
        "float" => matches!(value, NodeValue::Number(_)),
        _ => false,
    };
    fits.then_some(value)
}

/// Parses a number, if the number preserves the text.
pub fn number(text: &str) -> Option<Number> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if !digits.starts_with(|first: char| first.is_ascii_digit() || first == '.') {
        return None;
    }
    // Radix prefixes and exponents are never versions or ids: only the value matters.
    let radix = [("0x", 16), ("0o", 8)];
    for (prefix, base) in radix {
        if let Some(rest) = text.strip_prefix(prefix) {
            let all_digits = !rest.is_empty() && rest.chars().all(|digit| digit.is_digit(base));
            return all_digits.then(|| u64::from_str_radix(rest, base).ok()).flatten().map(Number::from);
        }
    }
    let unsigned = text.strip_prefix('+').unwrap_or(text);
    if let Ok(value) = unsigned.parse::<i64>() {
        return same_text(Number::from(value), unsigned);
    }
    if let Ok(value) = unsigned.parse::<u64>() {
        return same_text(Number::from(value), unsigned);
    }
    let well_formed = unsigned.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    if !well_formed {
        return None;
    }
    let value = Number::from_f64(unsigned.parse::<f64>().ok()?)?;
    if unsigned.contains(['e', 'E']) {
        // The zero padding of `007e1` or an underflow to zero would be lost.
        let kept = value.as_f64() != Some(0.0) || unsigned.starts_with("0e") || unsigned.starts_with("0.0e");
        return (kept && !has_leading_zero(unsigned)).then_some(value);
    }
    same_text(value, unsigned)
}

fn has_leading_zero(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text).as_bytes();
    digits.len() > 1 && digits[0] == b'0' && digits[1].is_ascii_digit()
}

fn same_text(number: Number, text: &str) -> Option<Number> {
    (number.to_string() == text).then_some(number)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_that_keep_their_text() {
        let numbers = [
            ("0", json!(0)),
            ("20", json!(20)),
            ("+20", json!(20)),
            ("-7", json!(-7)),
            ("0.5", json!(0.5)),
            ("1.0", json!(1.0)),
            ("1e3", json!(1000.0)),
            ("0x1F", json!(31)),
            ("0o17", json!(15)),
            ("18446744073709551615", json!(18446744073709551615u64)),
        ];
        for (text, value) in numbers {
            let NodeValue::Number(number) = plain(text) else { panic!("{text} is not a number") };
            assert_eq!(json!(number), value, "{text}");
        }
    }

    #[test]
    fn text_that_a_number_would_not_preserve_stays_a_string() {
        for text in [
            "012345678901",
            "007",
            "13.10",
            "10.00",
            "2012-10-17",
            "18446744073709551616",
            "1_000",
            "1.2.3",
            "0.12345678901234567890123",
            "12e4567",
            "1e-999",
            "007e1",
            ".inf",
            ".nan",
            "nan",
            "inf",
            "infinity",
            "0x",
            "0xZZ",
            "0x+1",
            "0o8",
            "-",
            "+",
            ".",
            "1.",
            ".5",
            "--1",
            "+-1",
            "1e",
            "-0x1",
            "99999999999999999999999999",
        ] {
            assert_eq!(plain(text), NodeValue::String(text.to_owned()), "{text}");
        }
    }

    #[test]
    fn only_the_core_words_are_booleans_and_nulls() {
        assert_eq!(plain("True"), NodeValue::Bool(true));
        assert_eq!(plain("false"), NodeValue::Bool(false));
        assert_eq!(plain("~"), NodeValue::Null);
        for text in ["yes", "no", "on", "off", "Y", "n", "NO", "tRUE", "nUll"] {
            assert_eq!(plain(text), NodeValue::String(text.to_owned()));
        }
    }

    #[test]
    fn yaml_tags_convert_or_fail() {
        assert_eq!(tagged("str", "12"), Some(NodeValue::String("12".into())));
        assert_eq!(tagged("int", "12"), Some(NodeValue::Number(12.into())));
        assert_eq!(tagged("int", "1.5"), None);
        assert_eq!(tagged("bool", "yes"), None);
        assert_eq!(tagged("null", ""), Some(NodeValue::Null));
    }
}
