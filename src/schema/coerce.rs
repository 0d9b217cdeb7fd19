//! Lossless conversion of scalars to the schema's type.

use serde_json::Value;

use super::tree::SchemaNode;
use super::type_schema::TypeSchema;
use super::validate::compiled;
use super::{pointer, symbol};

/// One scalar that was converted.
#[derive(Debug, Clone, PartialEq)]
pub struct Coercion {
    /// JSON pointer to the value.
    pub pointer: String,
    /// The value as written.
    pub before: Value,
    /// The value as it will be sent.
    pub after: Value,
}

/// Converts scalars to the schema's type where that is lossless: `20` to `"20"`,
/// `"20"` to `20`, `"true"` to `true` and back, `yes` and `on` to `true`. Unknown values stay as they are. Returns what
/// was changed, sorted by pointer.
///
/// A number with a fraction becomes a string where it looks like a version. `14.10` never occurs here:
/// a number would not preserve its text, so it is parsed as a string (see `files::yaml`). Larger
/// ones may have been written with an exponent, and that text is lost.
pub fn coerce(schema: &TypeSchema, properties: &mut Value) -> Vec<Coercion> {
    let mut coercions = Vec::new();
    if let Some(schema) = compiled(schema) {
        walk(properties, &SchemaNode::root(&schema.schema), "", &mut coercions);
    }
    coercions.sort_by(|a, b| a.pointer.cmp(&b.pointer));
    coercions
}

fn walk(value: &mut Value, place: &SchemaNode<'_>, at: &str, coercions: &mut Vec<Coercion>) {
    if symbol::is_intrinsic(value) {
        return;
    }
    match value {
        Value::Object(map) => {
            for (key, child) in map.iter_mut() {
                walk(child, &place.property(key), &pointer::join(at, key), coercions);
            }
        }
        Value::Array(items) => {
            let element = place.element();
            for (index, item) in items.iter_mut().enumerate() {
                walk(item, &element, &pointer::join(at, &index.to_string()), coercions);
            }
        }
        scalar => {
            if let Some(after) = converted(scalar, &place.types()) {
                let before = std::mem::replace(scalar, after.clone());
                coercions.push(Coercion { pointer: at.to_owned(), before, after });
            }
        }
    }
}

/// The scalar in one of the accepted types; `None` when it already has one, or the conversion is lossy.
fn converted(scalar: &Value, types: &[&str]) -> Option<Value> {
    let accepts = |name| types.contains(&name);
    match scalar {
        Value::String(text) if !types.is_empty() && !accepts("string") => {
            let number = || serde_json::from_str::<Value>(text).ok().filter(|v| v.to_string().as_str() == text);
            match text.to_lowercase().as_str() {
                // CloudFormation uses YAML 1.1, where these are Booleans too.
                "true" | "yes" | "on" if accepts("boolean") => Some(Value::Bool(true)),
                "false" | "no" | "off" if accepts("boolean") => Some(Value::Bool(false)),
                _ if accepts("integer") || accepts("number") => {
                    number().filter(|n| n.is_i64() || n.is_u64() || (n.is_f64() && accepts("number")))
                }
                _ => None,
            }
        }
        Value::Number(number) if accepts("string") && !accepts("integer") && !accepts("number") => {
            let text = number.to_string();
            (!number.is_f64() || is_version(&text)).then_some(Value::String(text))
        }
        Value::Bool(flag) if accepts("string") && !accepts("boolean") => Some(Value::String(flag.to_string())),
        _ => None,
    }
}

/// True for `8.0` and `1.28`.
fn is_version(text: &str) -> bool {
    let is_short = |part: &str| (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    text.split_once('.').is_some_and(|(major, minor)| is_short(major) && is_short(minor))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use serde_json::json;

    fn coerce(type_name: &str, properties: &mut Value) -> Vec<Coercion> {
        super::coerce(TypeSchema::embedded(type_name).unwrap(), properties)
    }

    #[test]
    fn scalars_take_the_schema_s_type() {
        let mut database =
            json!({"EngineVersion": 8.0, "AllocatedStorage": 20, "MultiAZ": "true", "BackupRetentionPeriod": "7"});
        let coercions = coerce("AWS::RDS::DBInstance", &mut database);
        assert_eq!(
            database,
            json!({"EngineVersion": "8.0", "AllocatedStorage": "20", "MultiAZ": true, "BackupRetentionPeriod": 7})
        );
        let pointers: Vec<&str> = coercions.iter().map(|c| c.pointer.as_str()).collect();
        assert_eq!(pointers, ["/AllocatedStorage", "/BackupRetentionPeriod", "/EngineVersion", "/MultiAZ"]);
    }

    #[test]
    fn booleans_may_be_words() {
        for (word, flag) in [("yes", true), ("On", true), ("no", false), ("OFF", false), ("true", true)] {
            let mut database = json!({"MultiAZ": word});
            coerce("AWS::RDS::DBInstance", &mut database);
            assert_eq!(database, json!({"MultiAZ": flag}), "{word}");
        }
    }

    #[test]
    fn lossy_conversions_are_not_made() {
        let written = json!({
            "EngineVersion": 1e5, "BackupRetentionPeriod": "07", "MultiAZ": "perhaps", "Port": {"Ref": "Port"}, "Nonsense": 1,
        });
        let mut database = written.clone();
        assert!(coerce("AWS::RDS::DBInstance", &mut database).is_empty());
        assert_eq!(database, written);
    }

    #[test]
    fn nested_values_are_reached() {
        let mut bucket = json!({"Tags": [{"Key": "n", "Value": 5}], "LifecycleConfiguration": {"Rules": [{"ExpirationInDays": "3"}]}});
        let pointers: Vec<String> = coerce("AWS::S3::Bucket", &mut bucket).into_iter().map(|c| c.pointer).collect();
        assert_eq!(pointers, ["/LifecycleConfiguration/Rules/0/ExpirationInDays", "/Tags/0/Value"]);
    }
}
