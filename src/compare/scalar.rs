//! Comparison forms of scalars and of JSON in strings.

use serde_json::Value;

/// The value with every scalar in its comparison form: services return a number
/// or a boolean as a string, or the other way round. `"20"` is `20`, `"true"` is `true` and `5.0`
/// is `5`; but `"020"` and `"1.0"` stay, since as ids and versions they differ from `20` and `1`.
pub fn loose(value: &Value) -> Value {
    match value {
        Value::Object(map) => Value::Object(map.iter().map(|(key, child)| (key.clone(), loose(child))).collect()),
        Value::Array(items) => items.iter().map(loose).collect(),
        Value::String(text) => scalar_of(text).unwrap_or_else(|| value.clone()),
        Value::Number(number) => whole(number).unwrap_or_else(|| value.clone()),
        Value::Bool(_) | Value::Null => value.clone(),
    }
}

/// The structure that a string contains as JSON text.
pub(super) fn structure_of(text: &str) -> Option<Value> {
    let trimmed = text.trim_start();
    let is_candidate = trimmed.starts_with('{') || trimmed.starts_with('[');
    let parsed: Value = if is_candidate {
        serde_json::from_str(text).ok()?
    } else {
        return None;
    };
    (parsed.is_object() || parsed.is_array()).then_some(parsed)
}

/// The Boolean or number that a string is the canonical JSON text of.
fn scalar_of(text: &str) -> Option<Value> {
    match text {
        "true" => return Some(Value::Bool(true)),
        "false" => return Some(Value::Bool(false)),
        _ if text.len() > 20 || !text.starts_with(|c: char| c == '-' || c.is_ascii_digit()) => {
            return None;
        }
        _ => {}
    }
    let number: serde_json::Number = serde_json::from_str(text).ok()?;
    let is_only_spelling = number.to_string() == text && whole(&number).is_none();
    is_only_spelling.then_some(Value::Number(number))
}

/// `5` for `5.0`: services return either.
fn whole(number: &serde_json::Number) -> Option<Value> {
    let float = number.as_f64().filter(|_| number.is_f64())?;
    // Beyond 2^53 a float no longer distinguishes adjacent integers.
    (float.fract() == 0.0 && float.abs() < 9_007_199_254_740_992.0).then(|| Value::from(float as i64))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn scalars_are_compared_by_value() {
        assert_eq!(loose(&json!({"a": ["20", 20.0, "true"]})), json!({"a": [20, 20, true]}));
        for text in ["020", "1.0", "1.10", "+5", "5 ", "yes", "99999999999999999999"] {
            assert_eq!(loose(&json!(text)), json!(text));
        }
    }
}
