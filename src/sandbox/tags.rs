//! Tags in resource models, in each type's format, and their limits.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::clock::Millis;
use super::model::HandlerFailure;
use super::store::Record;
use crate::schema::{TagShape, TypeSchema};

/// Tags by key.
pub(super) type Tags = BTreeMap<String, String>;

/// The maximum number of tags on a resource.
const MAX_TAGS: usize = 50;
/// The maximum key length, in characters.
const MAX_KEY_CHARS: usize = 128;
/// The maximum value length, in characters.
const MAX_VALUE_CHARS: usize = 256;

/// Services whose tag values are limited to letters, digits, spaces and `_ . : / = + - @`.
const STRICT_VALUES: [&str; 9] = [
    "AWS::IAM::",
    "AWS::Lambda::",
    "AWS::ECS::",
    "AWS::Logs::",
    "AWS::SSM::",
    "AWS::ElasticLoadBalancingV2::",
    "AWS::CloudFront::",
    "AWS::RDS::",
    "AWS::S3::",
];

/// The tags of a model; none when the type has no tag property.
pub(super) fn read(schema: &TypeSchema, properties: &Value) -> Tags {
    let Some(value) = schema.tagging.schema_property().and_then(|name| properties.get(name)) else {
        return Tags::new();
    };
    match schema.tagging.shape {
        TagShape::Map => {
            value.as_object().into_iter().flatten().map(|(key, value)| (key.clone(), text(value))).collect()
        }
        TagShape::List | TagShape::AutoScaling => read_list(value),
        TagShape::Specifications => {
            let specifications = value.as_array().into_iter().flatten();
            specifications.filter_map(|one| one.get("Tags")).flat_map(read_list).collect()
        }
    }
}

fn read_list(value: &Value) -> Tags {
    let items = value.as_array().into_iter().flatten();
    items
        .filter_map(|item| {
            let key = item.get("Key")?.as_str()?.to_owned();
            Some((key, item.get("Value").map(text).unwrap_or_default()))
        })
        .collect()
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Replaces the tags of a model; false when the type has no tag property.
pub(super) fn write(schema: &TypeSchema, properties: &mut Value, tags: &Tags) -> bool {
    let (Some(name), Some(model)) = (schema.tagging.schema_property(), properties.as_object_mut()) else {
        return false;
    };
    let list = || -> Vec<Value> { tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect() };
    let value = match schema.tagging.shape {
        TagShape::Map => json!(tags),
        TagShape::List => json!(list()),
        TagShape::AutoScaling => {
            let old = model.get(name).cloned().unwrap_or_default();
            json!(auto_scaling(tags, &old))
        }
        TagShape::Specifications => {
            let kind = model
                .get(name)
                .and_then(|old| old.pointer("/0/ResourceType"))
                .cloned()
                .unwrap_or_else(|| json!("launch-template"));
            json!([{"ResourceType": kind, "Tags": list()}])
        }
    };
    model.insert(name.clone(), value);
    true
}

/// `PropagateAtLaunch` is kept; a new tag is not propagated.
fn auto_scaling(tags: &Tags, old: &Value) -> Vec<Value> {
    let propagates = |key: &str| {
        let items = old.as_array().into_iter().flatten();
        let found = items.filter(|item| item["Key"] == key).find_map(|item| item.get("PropagateAtLaunch").cloned());
        found.unwrap_or(Value::Bool(false))
    };
    tags.iter().map(|(key, value)| json!({"Key": key, "Value": value, "PropagateAtLaunch": propagates(key)})).collect()
}

/// Validates the tags of a new resource.
pub(super) fn check(type_name: &str, tags: &Tags) -> Result<(), HandlerFailure> {
    check_change(type_name, &Tags::new(), tags)
}

/// Validates changed tags: unchanged ones are not checked again.
pub(super) fn check_change(type_name: &str, before: &Tags, after: &Tags) -> Result<(), HandlerFailure> {
    let refuse = |message: String| Err(HandlerFailure::new("InvalidRequest", message));
    let own = after.keys().filter(|key| !is_reserved(key)).count();
    if own > MAX_TAGS {
        return refuse(format!("Too many tags: {own}, at most {MAX_TAGS} are allowed."));
    }
    for (key, value) in after {
        if before.get(key) == Some(value) {
            continue;
        }
        if let Some(reason) = tag_problem(type_name, key, value) {
            return refuse(reason);
        }
    }
    let removed = before.keys().find(|key| is_reserved(key) && !after.contains_key(*key));
    match removed {
        Some(key) => refuse(format!("Tag {key} is reserved by AWS and cannot be removed.")),
        None => Ok(()),
    }
}

/// The problem with one tag, if any.
pub(super) fn tag_problem(type_name: &str, key: &str, value: &str) -> Option<String> {
    if is_reserved(key) {
        return Some(format!("aws: prefixed tag key names are not allowed for external use: {key}"));
    }
    if key.is_empty() || key.chars().count() > MAX_KEY_CHARS {
        return Some(format!("Tag key '{key}' must have 1 to {MAX_KEY_CHARS} characters."));
    }
    if value.chars().count() > MAX_VALUE_CHARS {
        return Some(format!("The value of tag '{key}' must have at most {MAX_VALUE_CHARS} characters."));
    }
    let is_strict = STRICT_VALUES.iter().any(|prefix| type_name.starts_with(prefix));
    let is_plain = |text: &str| {
        text.chars()
            .all(|character| character.is_alphanumeric() || character.is_whitespace() || "_.:/=+-@".contains(character))
    };
    if is_strict && !(is_plain(key) && is_plain(value)) {
        return Some(format!(
            "The value of tag '{key}' does not match the pattern ^([\\p{{L}}\\p{{Z}}\\p{{N}}_.:/=+\\-@]*)$"
        ));
    }
    None
}

fn is_reserved(key: &str) -> bool {
    key.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("aws:"))
}

/// Records on a resource that its tags became `after`, when they differ from those in `before`.
pub(super) fn note_change(record: &mut Record, schema: &TypeSchema, before: &Value, after: &Tags, now: Millis) {
    let before = read(schema, before);
    if before != *after {
        record.tags_before = Some(to_json(&before));
        record.tags_changed_at = now;
        record.ever_tagged |= !after.is_empty();
    }
}

/// Tags as JSON text.
pub(super) fn to_json(tags: &Tags) -> String {
    let map: Map<String, Value> = tags.iter().map(|(k, v)| (k.clone(), json!(v))).collect();
    Value::Object(map).to_string()
}

/// Tags from JSON text.
pub(super) fn from_json(text: &str) -> Tags {
    serde_json::from_str(text).unwrap_or_default()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use crate::schema::Registry;

    fn tags(pairs: &[(&str, &str)]) -> Tags {
        pairs.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect()
    }

    #[test]
    fn every_format_round_trips() {
        let wanted = tags(&[("Environment", "prod"), ("Team", "core")]);
        for name in [
            "AWS::S3::Bucket",
            "AWS::Cognito::UserPool",
            "AWS::AutoScaling::AutoScalingGroup",
            "AWS::EC2::LaunchTemplate",
        ] {
            let schema = Registry::embedded().get(name).unwrap();
            let mut model = json!({});
            assert!(write(schema, &mut model, &wanted), "{name}");
            assert_eq!(read(schema, &model), wanted, "{name}");
        }
        let untaggable = Registry::embedded().get("AWS::S3::BucketPolicy").unwrap();
        assert!(!write(untaggable, &mut json!({}), &wanted));
    }

    #[test]
    fn propagation_of_auto_scaling_tags_is_kept() {
        let schema = Registry::embedded().get("AWS::AutoScaling::AutoScalingGroup").unwrap();
        let mut model = json!({"Tags": [{"Key": "a", "Value": "1", "PropagateAtLaunch": true}]});
        write(schema, &mut model, &tags(&[("a", "2"), ("b", "3")]));
        assert_eq!(model["Tags"][0], json!({"Key": "a", "Value": "2", "PropagateAtLaunch": true}));
        assert_eq!(model["Tags"][1]["PropagateAtLaunch"], false);
    }

    #[test]
    fn limits_are_enforced() {
        let fits = "v".repeat(256);
        let name = "AWS::SQS::Queue";
        assert!(check(name, &tags(&[("k", &fits), ("price", "$5")])).is_ok());
        assert!(check(name, &tags(&[("k", &format!("{fits}v"))])).is_err());
        assert!(check(name, &tags(&[(&"k".repeat(129), "")])).is_err());
        assert!(check(name, &tags(&[("aws:x", "")])).is_err());
        assert!(check("AWS::Lambda::Function", &tags(&[("price", "$5")])).is_err());
        let many: Tags = (0..51).map(|n| (n.to_string(), String::new())).collect();
        assert!(check(name, &many).is_err());
    }

    #[test]
    fn existing_reserved_tags_can_be_kept_but_not_removed() {
        let before = tags(&[("aws:cloudformation:stack-name", "s")]);
        let mut after = before.clone();
        after.insert("a".into(), "1".into());
        assert!(check_change("AWS::SQS::Queue", &before, &after).is_ok());
        assert!(check_change("AWS::SQS::Queue", &before, &Tags::new()).is_err());
    }
}
