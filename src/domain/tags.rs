//! Tracking tags: the only state that stagegate keeps.
//!
//! A tag set is an ordered map here; how a type represents its tags (`[{Key, Value}]`, a map, a
//! property of another name) is defined by the registry and handled by [`read`] and [`write`].

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::diagnostic::{Code, Diagnostic};
use crate::schema::{TagShape, TypeSchema};

/// Tags by key.
pub type Tags = BTreeMap<String, String>;

/// Marks resources that stagegate manages.
pub const MANAGED_BY: &str = "MANAGED_BY";
/// The version that wrote the tags.
pub const MANAGED_BY_VERSION: &str = "MANAGED_BY_VERSION";
/// The environment's tag value.
pub const ENVIRONMENT: &str = "Environment";
/// The project's name.
pub const PROJECT: &str = "Project";
/// The cost center.
pub const COST_CENTER: &str = "CostCenter";
/// Who created the resource.
pub const CREATED_BY: &str = "CreatedBy";
/// The day of creation, `YYYY-MM-DD`.
pub const CREATED_DATE: &str = "CreatedDate";
/// The purpose of the resource.
pub const PURPOSE: &str = "Purpose";
/// The promotion status: see [`PromotionStatus`].
pub const PROMOTION_STATUS: &str = "PromotionStatus";
/// On a dev resource: its counterpart in prod.
pub const PROD_COUNTERPART: &str = "ProdCounterpart";
/// The prefix of a [`PROD_COUNTERPART`] that does not exist yet; the token of the request that creates it follows.
pub const PENDING_PREFIX: &str = "pending:";
/// On a prod resource: its counterpart in dev.
pub const DEV_COUNTERPART: &str = "DevCounterpart";
/// The monthly estimate at creation, `0.25 USD/month` (many services reject `$` in a value).
pub const COST_ESTIMATE: &str = "CostEstimate";
/// `v<n>:` and the digest of the resource's own normalized configuration at promotion.
pub const PROMOTED_DIGEST: &str = "PromotedDigest";
/// The request token of the call that created the resource.
pub const OPERATION_ID: &str = "OperationId";

/// `<stack>/<logical id>`: which resource of which template this is.
pub const STACK_RESOURCE: &str = "StackResource";
/// The record of the properties that stagegate last wrote; see [`crate::compare::applied`].
pub const APPLIED_DIGEST: &str = "AppliedDigest";

/// On a resource that is being promoted: which run holds it, and until when; see [`super::lease`].
pub const PROMOTION_LEASE: &str = "PromotionLease";

/// The record of the resource's children in its stack, which carry no tags; see [`crate::pipeline::plan::children`].
pub const STACK_CHILDREN: &str = "StackChildren";

/// The value of [`MANAGED_BY`] in the standard preset.
pub const MANAGER: &str = "stagegate";
/// The value of [`MANAGED_BY`] in the older `ccapi` preset.
pub const CCAPI_MANAGER: &str = "CCAPI-MCP-SERVER";

/// The keys that stagegate writes for itself; a digest of a resource's configuration leaves them out.
pub const TRACKING_KEYS: &[&str] = &[
    MANAGED_BY,
    MANAGED_BY_VERSION,
    ENVIRONMENT,
    PROJECT,
    COST_CENTER,
    CREATED_BY,
    CREATED_DATE,
    PURPOSE,
    PROMOTION_STATUS,
    PROD_COUNTERPART,
    DEV_COUNTERPART,
    COST_ESTIMATE,
    PROMOTED_DIGEST,
    OPERATION_ID,
    STACK_RESOURCE,
    APPLIED_DIGEST,
    STACK_CHILDREN,
    PROMOTION_LEASE,
];

/// The keys whose values only stagegate sets; a template may set the other tracking keys.
pub const OWN_KEYS: &[&str] = &[
    MANAGED_BY,
    MANAGED_BY_VERSION,
    ENVIRONMENT,
    PROJECT,
    CREATED_DATE,
    PROMOTION_STATUS,
    PROD_COUNTERPART,
    DEV_COUNTERPART,
    COST_ESTIMATE,
    PROMOTED_DIGEST,
    OPERATION_ID,
    STACK_RESOURCE,
    APPLIED_DIGEST,
    STACK_CHILDREN,
    PROMOTION_LEASE,
];

/// AWS's limits, as Resource Groups Tagging states them: characters of a key and of a value, and
/// user tags on one resource.
const MAX_KEY: usize = 128;
const MAX_VALUE: usize = 256;
const MAX_TAGS: usize = 50;

/// The promotion status of a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PromotionStatus {
    /// Exists in dev only.
    DevOnly,
    /// Approved for promotion, or a promotion is under way.
    PendingProd,
    /// Promoted and read back.
    Synced,
    /// An unknown value: kept and reported.
    Other(String),
}

impl PromotionStatus {
    /// Parses a tag's value.
    pub fn parse(value: &str) -> Self {
        match value {
            "dev-only" => Self::DevOnly,
            "pending-prod" => Self::PendingProd,
            "synced" => Self::Synced,
            other => Self::Other(other.to_owned()),
        }
    }

    /// The tag's value.
    pub fn as_str(&self) -> &str {
        match self {
            Self::DevOnly => "dev-only",
            Self::PendingProd => "pending-prod",
            Self::Synced => "synced",
            Self::Other(other) => other,
        }
    }

    /// The status in a tag set, if any.
    pub fn of(tags: &Tags) -> Option<Self> {
        tags.get(PROMOTION_STATUS).map(|value| Self::parse(value))
    }
}

/// True when the tags say that stagegate (or a preset that the project accepts) manages the resource.
pub fn is_managed(tags: &Tags) -> bool {
    tags.get(MANAGED_BY).is_some_and(|value| value == MANAGER || value == CCAPI_MANAGER)
}

/// True for a key that stagegate writes for itself.
pub fn is_tracking_key(key: &str) -> bool {
    TRACKING_KEYS.contains(&key)
}

/// The tags in a resource's properties; empty when the type has none.
pub fn read(schema: &TypeSchema, properties: &Value) -> Tags {
    let Some(property) = &schema.tagging.property else {
        return Tags::new();
    };
    match properties.get(property).and_then(|value| own(schema, value)) {
        Some(Value::Array(items)) => items
            .iter()
            .filter_map(|item| {
                let key = item.get("Key").or_else(|| item.get("TagKey"))?.as_str()?;
                let value = item.get("Value").or_else(|| item.get("TagValue"))?.as_str()?;
                Some((key.to_owned(), value.to_owned()))
            })
            .collect(),
        Some(Value::Object(map)) => {
            map.iter().filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
        }
        _ => Tags::new(),
    }
}

/// The part of a tag property that has the resource's own tags: all of it, or of tag specifications the one for its own type.
fn own<'a>(schema: &TypeSchema, value: &'a Value) -> Option<&'a Value> {
    match schema.tagging.shape {
        TagShape::Specifications => {
            value.as_array()?.iter().find(|item| is_own(schema, item)).and_then(|item| item.get(SPECIFIED))
        }
        _ => Some(value),
    }
}

/// The member of a tag specification with the tags.
const SPECIFIED: &str = "Tags";

/// True for the tag specification of the resource itself, not of what it makes later.
fn is_own(schema: &TypeSchema, specification: &Value) -> bool {
    specification.get("ResourceType").and_then(Value::as_str) == Some(schema.tag_specification().as_str())
}

/// A resource's own tag property as it should be with the given tags added or replaced; tags of
/// other keys, and list entries whose values are not known yet, stay as they are. `None` when the
/// type carries no tags.
pub fn merged(schema: &TypeSchema, properties: &Value, tags: &Tags) -> Option<(String, Value)> {
    let property = schema.tagging.property.clone()?;
    let existing = properties.get(&property);
    let value = match schema.tagging.shape {
        TagShape::Specifications if !schema.tagging.taggable => return None,
        TagShape::Specifications => {
            let mut all: Vec<Value> = existing.and_then(Value::as_array).cloned().unwrap_or_default();
            let items = existing.and_then(|value| own(schema, value)).and_then(Value::as_array);
            let own = merged_list(items.cloned().unwrap_or_default(), tags, false);
            match all.iter_mut().find(|item| is_own(schema, item)) {
                Some(Value::Object(specification)) => drop(specification.insert(SPECIFIED.to_owned(), own)),
                _ => all.push(json!({"ResourceType": schema.tag_specification(), SPECIFIED: own})),
            }
            Value::Array(all)
        }
        TagShape::Map => {
            let mut map = existing.and_then(Value::as_object).cloned().unwrap_or_default();
            for (key, value) in tags {
                map.insert(key.clone(), json!(value));
            }
            Value::Object(map)
        }
        TagShape::List | TagShape::AutoScaling => {
            let items = existing.and_then(Value::as_array).cloned().unwrap_or_default();
            merged_list(items, tags, schema.tagging.shape == TagShape::AutoScaling)
        }
    };
    Some((property, value))
}

fn merged_list(mut items: Vec<Value>, tags: &Tags, is_auto_scaling: bool) -> Value {
    items.retain(|item| !tag_key(item).starts_with("aws:"));
    for (key, value) in tags {
        // An existing entry keeps its other members (PropagateAtLaunch).
        if let Some(Value::Object(entry)) = items.iter_mut().find(|item| tag_key(item) == key) {
            entry.insert("Value".into(), json!(value));
            continue;
        }
        let mut entry = Map::new();
        entry.insert("Key".into(), json!(key));
        entry.insert("Value".into(), json!(value));
        if is_auto_scaling {
            // stagegate's tags describe the group, not the instances in it.
            entry.insert("PropagateAtLaunch".into(), json!(false));
        }
        items.push(Value::Object(entry));
    }
    items.sort_by(|a, b| tag_key(a).cmp(tag_key(b)));
    Value::Array(items)
}

fn tag_key(item: &Value) -> &str {
    item.get("Key").and_then(Value::as_str).unwrap_or_default()
}

/// Writes tags into a resource's properties, in its type's format. Does nothing for a type without tags.
pub fn write(schema: &TypeSchema, properties: &mut Value, tags: &Tags) {
    if let Some((property, value)) = merged(schema, properties, tags)
        && let Value::Object(map) = properties
    {
        map.insert(property, value);
    }
}

/// Properties without stagegate's own tags, as used for digests and comparisons.
pub fn without_tracking(schema: &TypeSchema, properties: &Value) -> Value {
    without_keys(schema, properties, &is_tracking_key)
}

/// Properties without the tags of the given keys.
pub fn without(schema: &TypeSchema, properties: &Value, keys: &[&str]) -> Value {
    without_keys(schema, properties, &|key| keys.contains(&key))
}

fn without_keys(schema: &TypeSchema, properties: &Value, is_unwanted: &dyn Fn(&str) -> bool) -> Value {
    let mut copy = properties.clone();
    let Some(property) = &schema.tagging.property else {
        return copy;
    };
    if let Some(tags) = copy.get_mut(property) {
        retain(schema, tags, &|key| !is_unwanted(key));
        if super::pointer::is_empty(tags)
            && let Value::Object(map) = &mut copy
        {
            map.shift_remove(property);
        }
    }
    copy
}

/// Keeps those of a resource's own tags, in its tag property, whose keys are wanted.
pub fn retain(schema: &TypeSchema, tags: &mut Value, is_wanted: &dyn Fn(&str) -> bool) {
    match tags {
        Value::Array(items) if schema.tagging.shape == TagShape::Specifications => {
            items.retain_mut(|item| {
                let is_own = is_own(schema, item);
                match item.get_mut(SPECIFIED).and_then(Value::as_array_mut).filter(|_| is_own) {
                    Some(own) => {
                        own.retain(|tag| is_wanted(tag_key(tag)));
                        !own.is_empty()
                    }
                    None => true,
                }
            });
        }
        Value::Array(items) => items.retain(|item| is_wanted(tag_key(item))),
        Value::Object(map) => map.retain(|key, _| is_wanted(key)),
        _ => {}
    }
}

fn is_plain(character: char) -> bool {
    character.is_alphanumeric() || " _.:/+-@".contains(character)
}

/// Encodes an identifier with the characters that every service accepts in a tag value: letters,
/// digits, space and `_ . : / = + - @`. Everything else, and `=` itself, becomes `=` and two hex
/// digits per byte of UTF-8, so that [`decode_identifier`] gives exactly the original back.
///
/// # Errors
/// The encoded form is longer than a tag value may be (256 characters).
pub fn encode_identifier(identifier: &str) -> Result<String, Diagnostic> {
    let mut encoded = String::with_capacity(identifier.len());
    for character in identifier.chars() {
        if character.is_ascii() && is_plain(character) {
            encoded.push(character);
        } else {
            let mut buffer = [0; 4];
            for byte in character.encode_utf8(&mut buffer).bytes() {
                encoded.push_str(&format!("={byte:02X}"));
            }
        }
    }
    if encoded.len() > MAX_VALUE {
        return Err(Diagnostic::error(
            Code::IdentifierTooLong,
            format!("the identifier `{identifier}` is too long for a tag value (at most {MAX_VALUE} characters)"),
        )
        .hint("stagegate cannot track this resource; promote it manually"));
    }
    Ok(encoded)
}

/// Decodes the result of [`encode_identifier`]; other text is returned unchanged.
pub fn decode_identifier(value: &str) -> String {
    let bytes = value.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut index = 0;
    while index < bytes.len() {
        if bytes[index] == b'='
            && let Some(hex) = value.get(index + 1..index + 3)
            && let Ok(byte) = u8::from_str_radix(hex, 16)
        {
            decoded.push(byte);
            index += 3;
        } else {
            decoded.push(bytes[index]);
            index += 1;
        }
    }
    String::from_utf8(decoded).unwrap_or_else(|_| value.to_owned())
}

/// Validates the tags of a resource of a type against the rules of its service, before any call. EC2 accepts any character.
pub fn check_for(type_name: &str, tags: &Tags) -> Vec<Diagnostic> {
    let mut problems = check(tags);
    if type_name.starts_with("AWS::EC2::") {
        problems.retain(|problem| problem.code != Code::TagCharacter);
    }
    problems
}

/// Validates tags against the rules that all AWS services share, before any call.
pub fn check(tags: &Tags) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    for (key, value) in tags {
        if key.is_empty() || key.chars().count() > MAX_KEY {
            problems.push(Diagnostic::error(
                Code::TagKeyLength,
                format!("the tag key `{key}` must have 1 to {MAX_KEY} characters"),
            ));
        }
        if key.to_ascii_lowercase().starts_with("aws:") {
            problems.push(
                Diagnostic::error(
                    Code::TagKeyReserved,
                    format!("the tag key `{key}` begins with the reserved prefix `aws:`"),
                )
                .hint("choose another key; AWS reserves that prefix"),
            );
        }
        if value.chars().count() > MAX_VALUE {
            problems.push(Diagnostic::error(
                Code::TagValueLength,
                format!("the value of the tag `{key}` is longer than {MAX_VALUE} characters"),
            ));
        }
        for (what, text) in [("key", key), ("value", value)] {
            if let Some(bad) = text.chars().find(|&c| !is_plain(c) && c != '=') {
                problems.push(
                    Diagnostic::error(
                        Code::TagCharacter,
                        format!("the {what} of the tag `{key}` contains `{bad}`, which most services reject"),
                    )
                    .hint("use letters, digits, spaces and _ . : / = + - @"),
                );
            }
        }
    }
    problems
}

/// Returns the problem of more tags than a resource can have, by their keys.
///
/// `of_type` is the limit of the resource's type, if its schema defines one.
pub fn check_count<'a>(keys: impl Iterator<Item = &'a str>, of_type: Option<u32>) -> Option<Diagnostic> {
    let user_tags = keys.filter(|key| !key.starts_with("aws:")).collect::<BTreeSet<&str>>().len();
    let limit = of_type.and_then(|limit| usize::try_from(limit).ok()).map_or(MAX_TAGS, |limit| limit.min(MAX_TAGS));
    (user_tags > limit).then(|| {
        Diagnostic::error(Code::TooManyTags, format!("{user_tags} tags exceed the limit of {limit} tags on a resource"))
    })
}

/// Replaces every character that [`check`] would reject by `-` and truncates to the allowed length.
pub fn sanitize(value: &str) -> String {
    value.chars().map(|c| if is_plain(c) || c == '=' { c } else { '-' }).take(MAX_VALUE).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::schema::Registry;
    use proptest::prelude::*;

    fn tags(pairs: &[(&str, &str)]) -> Tags {
        pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
    }

    #[test]
    fn list_and_map_formats_keep_other_tags() {
        let queue = Registry::embedded().get("AWS::SQS::Queue").unwrap();
        let mut properties = json!({"Tags": [{"Key": "Team", "Value": "a"}, {"Key": "Purpose", "Value": "old"}]});
        write(queue, &mut properties, &tags(&[("Purpose", "new")]));
        assert_eq!(read(queue, &properties), tags(&[("Team", "a"), ("Purpose", "new")]));

        let pool = Registry::embedded().get("AWS::Cognito::UserPool").unwrap();
        let mut properties = json!({"UserPoolTags": {"Team": "a"}});
        write(pool, &mut properties, &tags(&[("Purpose", "new")]));
        assert_eq!(properties, json!({"UserPoolTags": {"Team": "a", "Purpose": "new"}}));
    }

    #[test]
    fn an_entry_keeps_its_other_members() {
        let group = Registry::embedded().get("AWS::AutoScaling::AutoScalingGroup").unwrap();
        let mut properties = json!({"Tags": [{"Key": "Team", "Value": "a", "PropagateAtLaunch": false}]});
        write(group, &mut properties, &tags(&[("Team", "b")]));
        assert_eq!(properties, json!({"Tags": [{"Key": "Team", "Value": "b", "PropagateAtLaunch": false}]}));
    }

    #[test]
    fn a_type_without_tags_is_left_alone() {
        let policy = Registry::embedded().get("AWS::S3::BucketPolicy").unwrap();
        let mut properties = json!({"Bucket": "b"});
        write(policy, &mut properties, &tags(&[("Purpose", "x")]));
        assert_eq!(properties, json!({"Bucket": "b"}));
    }

    #[test]
    fn tracking_tags_are_ignored_in_comparisons() {
        let queue = Registry::embedded().get("AWS::SQS::Queue").unwrap();
        let mut tagged = json!({"QueueName": "q"});
        write(queue, &mut tagged, &tags(&[(MANAGED_BY, MANAGER)]));
        assert_eq!(without_tracking(queue, &tagged), json!({"QueueName": "q"}));
    }

    #[test]
    fn tags_of_ec2_may_have_any_character() {
        let odd = Tags::from([("Name".to_owned(), "orders (main) #1".to_owned())]);
        assert_eq!(check_for("AWS::EC2::VPC", &odd), []);
        assert_eq!(check_for("AWS::SQS::Queue", &odd).len(), 1);
        let reserved = Tags::from([("aws:x".to_owned(), "(y)".to_owned())]);
        assert_eq!(check_for("AWS::EC2::VPC", &reserved).len(), 1);
    }

    #[test]
    fn a_dollar_sign_and_a_reserved_key_are_rejected() {
        let codes = |t: &Tags| check(t).into_iter().map(|d| d.code.as_str()).collect::<Vec<_>>();
        assert_eq!(codes(&tags(&[(COST_ESTIMATE, "$0.25/month")])), ["tag-character"]);
        assert_eq!(codes(&tags(&[("aws:x", "y")])), ["tag-key-reserved"]);
        assert!(codes(&tags(&[(COST_ESTIMATE, "0.25 USD/month")])).is_empty());
    }

    #[test]
    fn the_number_of_tags_is_limited_by_aws_and_by_the_type() {
        let keys: Vec<String> = (0..51).map(|number| format!("k{number}")).chain(["aws:x".to_owned()]).collect();
        let of = |count: usize, limit| check_count(keys[51 - count..].iter().map(String::as_str), limit);
        assert_eq!(of(51, None).unwrap().code, Code::TooManyTags);
        assert!(of(50, None).is_none() && of(50, Some(200)).is_none());
        assert!(of(51, Some(200)).is_some());
        assert!(of(11, Some(10)).unwrap().message.contains("limit of 10 tags"));
        assert!(of(10, Some(10)).is_none());
    }

    #[test]
    fn a_compound_identifier_survives_a_tag() {
        let encoded = encode_identifier("arn:aws:ecs:x|cluster").unwrap();
        assert_eq!(encoded, "arn:aws:ecs:x=7Ccluster");
        assert!(encode_identifier(&"x".repeat(257)).is_err());
    }

    proptest! {
        #[test]
        fn identifiers_round_trip(identifier in "\\PC{0,60}") {
            if let Ok(encoded) = encode_identifier(&identifier) {
                prop_assert!(check(&tags(&[("k", &encoded)])).is_empty());
                prop_assert_eq!(decode_identifier(&encoded), identifier);
            }
        }
    }
}
