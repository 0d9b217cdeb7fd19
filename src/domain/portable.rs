//! The part of a live resource's configuration that can be copied to another environment.

use serde_json::Value;

use super::{pointer, tags};
use crate::schema::TypeSchema;

/// Removes what belongs to the service or to the source environment only: read-only and write-only
/// values, `aws:` tags and stagegate's own tags.
pub fn portable(schema: &TypeSchema, live: &Value) -> Value {
    let mut properties = live.clone();
    for path in schema.read_only.iter().chain(&schema.write_only) {
        path.remove_from(&mut properties);
    }
    let mut properties = tags::without_tracking(schema, &properties);
    if let Some(property) = &schema.tagging.property
        && let Some(value) = properties.get_mut(property)
    {
        match value {
            Value::Array(items) => {
                items.retain(|item| !item.get("Key").and_then(Value::as_str).is_some_and(|key| key.starts_with("aws:")))
            }
            Value::Object(map) => map.retain(|key, _| !key.starts_with("aws:")),
            _ => {}
        }
    }
    // Reads return empty values for unset properties; some services reject them in requests.
    if let Value::Object(map) = &mut properties {
        let is_required = |name: &String, value: &Value| !value.is_null() && schema.required.contains(name);
        map.retain(|name, value| {
            is_required(name, value) || !(value.is_null() || pointer::is_empty(value) || value.as_str() == Some(""))
        });
    }
    properties
}
