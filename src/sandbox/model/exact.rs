//! The types whose identifiers and read-only values are modeled individually, as data: `exact.json`.
//!
//! By type, it contains the values that neither the general rules nor a function of a sibling
//! module generates. A string is a template; of several, separated by `||`, the first one that can be
//! rendered is used; `null` suppresses a value that the rules would generate. An empty entry means that rules and
//! functions were compared with AWS responses and are correct.
//!
//! A template's `{…}` is one of: `uuid`, `hex:N`, `hexupper:N`, `lower:N`, `upper:N`, `mixed:N`, `byte`,
//! `number:FROM-TO`, with the width of FROM (generated; `#NAME` after it gives the same value everywhere),
//! `region`, `account`, `partition`, `domain`, `time`, `next-year`, `epoch`, `month`, or a property, such as
//! `Url` or `Rule/Name`: `{Url~https://~}` is its text with a replacement, `{Arn?arn:}` requires a prefix.

use std::sync::OnceLock;

use serde_json::{Map, Value};

use super::{Draft, Millis, clock, partition};

/// 365 days.
const YEAR: Millis = 365 * 24 * 3_600_000;

fn table() -> &'static Map<String, Value> {
    static TABLE: OnceLock<Map<String, Value>> = OnceLock::new();
    TABLE.get_or_init(|| serde_json::from_str(include_str!("exact.json")).unwrap_or_default())
}

/// The table's entry for a type; `None` for a type that follows the rules alone.
fn entry(type_name: &str) -> Option<&'static Map<String, Value>> {
    table().get(type_name).and_then(Value::as_object)
}

/// True when the table suppresses a value.
pub(super) fn is_suppressed(type_name: &str, property: &str) -> bool {
    entry(type_name).and_then(|entry| entry.get(property)).is_some_and(Value::is_null)
}

/// Adds the table's missing values, in its order.
pub(super) fn fill(draft: &mut Draft<'_>) {
    let Some(entry) = entry(&draft.schema.type_name) else {
        return;
    };
    for (property, value) in entry {
        if value.is_null() || draft.has(property) {
            continue;
        }
        if let Some(filled) = filled(draft, property, value) {
            draft.set(property, filled);
        }
    }
}

fn filled(draft: &Draft<'_>, label: &str, value: &Value) -> Option<Value> {
    match value {
        Value::String(templates) => {
            templates.split("||").find_map(|template| text(draft, label, template)).map(Value::String)
        }
        Value::Array(items) => {
            let items = items.iter().enumerate();
            items.map(|(index, item)| filled(draft, &format!("{label}/{index}"), item)).collect()
        }
        Value::Object(members) => {
            let members = members
                .iter()
                .map(|(name, value)| Some((name.clone(), filled(draft, &format!("{label}/{name}"), value)?)));
            members.collect::<Option<Map<_, _>>>().map(Value::Object)
        }
        other => Some(other.clone()),
    }
}

fn text(draft: &Draft<'_>, label: &str, template: &str) -> Option<String> {
    let mut text = String::new();
    let mut rest = template;
    while let Some((before, tail)) = rest.split_once('{') {
        let (inside, after) = tail.split_once('}')?;
        text.push_str(before);
        // Two generated values of one template differ.
        text.push_str(&placeholder(draft, &format!("{label} {}", text.len()), inside)?);
        rest = after;
    }
    text.push_str(rest);
    Some(text)
}

fn placeholder(draft: &Draft<'_>, label: &str, inside: &str) -> Option<String> {
    let (kind, label) = inside.split_once('#').unwrap_or((inside, label));
    let (kind, count) = match kind.split_once(':') {
        Some((kind, count)) if count.bytes().all(|byte| byte.is_ascii_digit()) => (kind, count.parse().unwrap_or(0)),
        _ => (kind, 0),
    };
    let (random, place) = (&draft.random, draft.place);
    let made = match kind {
        "uuid" => random.uuid(label),
        "hex" => random.hex(label, count),
        "hexupper" => random.hex(label, count).to_ascii_uppercase(),
        "lower" => random.lower(label, count),
        "upper" => random.upper(label, count),
        "mixed" => random.mixed(label, count),
        "byte" => random.between(label, 1, 254).to_string(),
        "region" => place.region.to_owned(),
        "account" => place.account.to_owned(),
        "partition" => partition(place.region).to_owned(),
        "domain" => draft.domain().to_owned(),
        "time" => draft.time(),
        "next-year" => clock::rfc3339(place.now + YEAR),
        "epoch" => (place.now / 1_000).to_string(),
        "month" => clock::rfc3339(place.now).chars().take(7).collect(),
        _ => match inside.strip_prefix("number:").and_then(|range| range.split_once('-')) {
            Some((low, high)) => {
                let number = random.between(label, low.parse().ok()?, high.parse().ok()?);
                format!("{number:0width$}", width = low.len())
            }
            None => return property(draft, inside),
        },
    };
    Some(made)
}

fn property(draft: &Draft<'_>, inside: &str) -> Option<String> {
    let (name, start) = inside.split_once('?').unwrap_or((inside, ""));
    let mut parts = name.split('~');
    let mut path = parts.next()?.split('/');
    let head = draft.model.get(path.next()?);
    let text = path.fold(head, |value, name| value.and_then(|value| value.get(name)))?.as_str()?;
    if text.is_empty() || !text.starts_with(start) {
        return None;
    }
    Some(match (parts.next(), parts.next()) {
        (Some(from), Some(to)) => text.replace(from, to),
        _ => text.to_owned(),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::super::tests::built;
    use super::*;
    use crate::schema::Registry;
    use serde_json::json;

    #[test]
    fn the_table_names_known_read_only_properties_of_more_than_sixty_types() {
        assert!(table().len() > 60 && table().keys().is_sorted(), "{}", table().len());
        for (type_name, entry) in table() {
            let schema = Registry::embedded().get(type_name).unwrap_or_else(|| panic!("{type_name}"));
            for property in entry.as_object().unwrap().keys() {
                assert!(schema.properties.contains(property), "{type_name} {property}");
            }
        }
    }

    #[test]
    fn templates_use_properties_and_generated_values() {
        let subscription = built(
            "AWS::SNS::Subscription",
            &json!({"TopicArn": "arn:aws:sns:us-east-1:111111111111:t", "Protocol": "sqs"}),
        );
        let uuid = subscription.identifier.strip_prefix("arn:aws:sns:us-east-1:111111111111:t:").unwrap();
        assert_eq!(uuid.len(), 36);
        let provider = built("AWS::IAM::OIDCProvider", &json!({"Url": "https://token.example.com"}));
        assert_eq!(provider.identifier, "arn:aws:iam::111111111111:oidc-provider/token.example.com");
        let address = built("AWS::EC2::EIP", &json!({})).properties;
        assert!(address["PublicIp"].as_str().unwrap().starts_with("52."), "{address}");
    }

    #[test]
    fn lists_are_filled_item_by_item_and_numbers_keep_their_width() {
        let zone = built("AWS::Route53::HostedZone", &json!({"Name": "shop.example."})).properties;
        let servers: Vec<&str> =
            zone["NameServers"].as_array().unwrap().iter().map(|one| one.as_str().unwrap()).collect();
        assert_eq!(servers.len(), 4);
        for (server, (end, low, high)) in
            servers.iter().zip([(".com", 0, 511), (".net", 512, 1023), (".org", 1024, 1535), (".co.uk", 1536, 2047)])
        {
            let (number, rest) = server.strip_prefix("ns-").unwrap().split_once(".awsdns-").unwrap();
            assert!((low..=high).contains(&number.parse::<u32>().unwrap()), "{server}");
            assert_eq!(rest.strip_suffix(end).unwrap().len(), 2, "{server}");
        }
    }

    #[test]
    fn a_missing_nested_property_leaves_the_value_to_the_rules() {
        let named = built("AWS::XRay::SamplingRule", &json!({"SamplingRule": {"RuleName": "few"}})).identifier;
        assert_eq!(named, "arn:aws:xray:us-east-1:111111111111:sampling-rule/few");
        let unnamed = built("AWS::XRay::SamplingRule", &json!({"SamplingRule": {}})).identifier;
        assert!(unnamed.starts_with("arn:aws:xray:us-east-1:111111111111:sampling-rule/"), "{unnamed}");
    }

    #[test]
    fn the_first_template_that_can_be_rendered_is_used() {
        let route = |more: Value| {
            let mut desired = json!({"RouteTableId": "rtb-1"});
            desired.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            built("AWS::EC2::Route", &desired).identifier
        };
        assert_eq!(route(json!({"DestinationCidrBlock": "0.0.0.0/0"})), "rtb-1|0.0.0.0/0");
        assert_eq!(route(json!({"DestinationIpv6CidrBlock": "::/0"})), "rtb-1|::/0");
        let url = |function: &str| {
            built("AWS::Lambda::Url", &json!({"TargetFunctionArn": function, "AuthType": "NONE"})).identifier
        };
        assert_eq!(url("f"), "arn:aws:lambda:us-east-1:111111111111:function:f");
        assert_eq!(url("arn:aws:lambda:us-east-1:1:function:g"), "arn:aws:lambda:us-east-1:1:function:g");
    }
}
