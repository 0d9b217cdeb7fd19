//! Compares what a template declares with the live resource.
//!
//! What the template does not set is no drift. Of what it sets, services return some values in another form, and some not at
//! all: those cannot be verified, and are listed instead of being reported as drift.

use std::str::FromStr;

use rust_decimal::Decimal;
use serde_json::Value;

use super::drift::stored_differences;
use super::normalize::unverifiable;
use crate::domain::pointer;
use crate::domain::resource::Change;
use crate::schema::{Arn, TypeSchema};

/// What a template declares, compared with the live resource.
#[derive(Debug, Default, PartialEq)]
pub struct DesiredComparison {
    /// The differences: `before` is the declared value, `after` the live one.
    pub changes: Vec<Change>,
    /// JSON pointers of declared values that no read returns, sorted.
    pub unverifiable: Vec<String>,
}

/// Compares declared with live properties.
pub fn compare_desired(schema: &TypeSchema, declared: &Value, live: &Value) -> DesiredComparison {
    let (declared, live) = (with_plain_names(schema, declared), with_plain_names(schema, live));
    let mut result = DesiredComparison { changes: Vec::new(), unverifiable: unverifiable(schema, &declared) };
    for change in stored_differences(schema, &declared, &live) {
        match judge(schema, &live, &change) {
            Verdict::Same => {}
            Verdict::NotReturned => result.unverifiable.push(change.pointer),
            Verdict::Different => result.changes.push(change),
        }
    }
    result.unverifiable.sort();
    result.unverifiable.dedup();
    result
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// Two forms of one value.
    Same,
    /// A read does not return the value.
    NotReturned,
    Different,
}

/// Returns what a difference of [`stored_differences`] means.
fn judge(schema: &TypeSchema, live: &Value, change: &Change) -> Verdict {
    let is_same = match (&change.before, &change.after) {
        (Some(declared), None) if is_off(declared) => true,
        (Some(_), None) => return missing(schema, live, &change.pointer),
        (None, Some(_)) => is_setting(live, &change.pointer),
        (Some(Value::String(declared)), Some(Value::String(live))) => {
            if is_alias_of_key(declared, live) {
                return Verdict::NotReturned;
            }
            is_same_text(declared, live)
                || change.pointer.ends_with("/EngineVersion") && live.starts_with(&format!("{declared}."))
        }
        (Some(declared), Some(live)) => is_same_number(declared, live),
        (None, None) => true,
    };
    if is_same { Verdict::Same } else { Verdict::Different }
}

/// `false`, or an object with nothing else: services omit what is off.
fn is_off(declared: &Value) -> bool {
    match declared {
        Value::Bool(is_on) => !is_on,
        Value::Object(members) => !members.is_empty() && members.values().all(is_off),
        _ => false,
    }
}

/// Every live resource has the properties that its type requires, and those that never change: if a read does not return one,
/// it does not return it for any resource.
fn missing(schema: &TypeSchema, live: &Value, at: &str) -> Verdict {
    let tokens = pointer::tokens(at);
    let is_always_there = match tokens.as_slice() {
        [property] => schema.required.contains(property) || schema.is_create_only(at),
        [.., last] => last.parse::<usize>().is_err() && schema.is_create_only(at),
        [] => false,
    };
    let is_returned = live.pointer(at).is_some();
    if is_always_there && !is_returned { Verdict::NotReturned } else { Verdict::Different }
}

/// True for an element of a list of settings (`{"Namespace": …, "OptionName": …, "Value": …}`): services add those that the
/// template leaves to them.
fn is_setting(live: &Value, at: &str) -> bool {
    let list = at.rsplit_once('/').and_then(|(list, _)| live.pointer(list)).and_then(Value::as_array);
    let is_named = |item: &Value| item.as_object().is_some_and(|item| item.keys().any(|key| key.ends_with("Name")));
    list.is_some_and(|list| list.iter().all(|item| item.get("Value").is_some() && is_named(item)))
}

/// White space at the end of a text, and the comment of an OpenSSH public key, are no part of the value.
fn is_same_text(declared: &str, live: &str) -> bool {
    let key = |text: &str| {
        let mut words = text.split_whitespace();
        let (kind, key) = (words.next()?, words.next()?);
        (kind.starts_with("ssh-") || kind.starts_with("ecdsa-")).then(|| (kind.to_owned(), key.to_owned()))
    };
    declared.trim_end() == live.trim_end() || key(declared).is_some_and(|declared| key(live) == Some(declared))
}

/// A template may name a key by its alias, and a read returns the key: which key an alias belongs to only KMS knows.
fn is_alias_of_key(declared: &str, live: &str) -> bool {
    let is_alias = |text: &str| {
        let arn = Arn::parse(text).filter(|arn| arn.service == "kms");
        text.starts_with("alias/") || arn.is_some_and(|arn| arn.resource.starts_with("alias/"))
    };
    let is_key = Arn::parse(live).is_some_and(|arn| arn.service == "kms" && arn.resource.starts_with("key/"));
    is_alias(declared) && is_key
}

/// True if one of two values is a number and the other its text, in any notation: `5` and `"5.0"`.
fn is_same_number(declared: &Value, live: &Value) -> bool {
    let (number, text) = match (declared, live) {
        (Value::Number(number), Value::String(text)) | (Value::String(text), Value::Number(number)) => (number, text),
        _ => return false,
    };
    let number = Decimal::from_str(&number.to_string());
    matches!((number, Decimal::from_str(text)), (Ok(number), Ok(text)) if number == text)
}

/// Returns the properties with the names of DNS records as Route 53 stores them: in lower case.
fn with_plain_names(schema: &TypeSchema, properties: &Value) -> Value {
    fn walk(value: &mut Value) {
        match value {
            Value::Object(members) => members.iter_mut().for_each(|(name, value)| match value {
                Value::String(text) if name == "Name" => *text = text.to_ascii_lowercase(),
                value => walk(value),
            }),
            Value::Array(items) => items.iter_mut().for_each(walk),
            _ => {}
        }
    }
    let mut properties = properties.clone();
    if schema.type_name.starts_with("AWS::Route53::") {
        walk(&mut properties);
    }
    properties
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::schema::Registry;
    use serde_json::json;

    fn compared(type_name: &str, declared: Value, live: Value) -> (Vec<String>, Vec<String>) {
        let result = compare_desired(Registry::embedded().get(type_name).unwrap(), &declared, &live);
        (result.changes.into_iter().map(|change| change.pointer).collect(), result.unverifiable)
    }

    fn changed(type_name: &str, declared: Value, live: Value) -> Vec<String> {
        compared(type_name, declared, live).0
    }

    #[test]
    fn what_is_off_may_be_omitted_and_what_is_on_may_not() {
        let table = |is_on: bool| json!({"SSESpecification": {"SSEEnabled": is_on}});
        assert!(changed("AWS::DynamoDB::Table", table(false), json!({})).is_empty());
        assert_eq!(changed("AWS::DynamoDB::Table", table(true), json!({})), ["/SSESpecification"]);
        assert_eq!(changed("AWS::DynamoDB::Table", table(false), table(true)), ["/SSESpecification/SSEEnabled"]);
    }

    #[test]
    fn required_and_fixed_properties_cannot_be_lost() {
        let cluster = json!({"IAMRoleARN": "r", "NodeType": "dax.t3.small", "ReplicationFactor": 1});
        let live = json!({"IAMRoleARN": "r", "NodeType": "dax.t3.small"});
        assert_eq!(compared("AWS::DAX::Cluster", cluster, live), (vec![], vec!["/ReplicationFactor".to_owned()]));
        let function = json!({"Environment": {"Variables": {"A": "b"}}});
        assert_eq!(changed("AWS::Lambda::Function", function, json!({})), ["/Environment"]);
    }

    #[test]
    fn settings_that_the_service_adds_are_no_drift() {
        let option = |name: &str, value: &str| json!({"Namespace": "aws:a", "OptionName": name, "Value": value});
        let template = "AWS::ElasticBeanstalk::ConfigurationTemplate";
        let settings = |options: Vec<Value>| json!({"OptionSettings": options});
        let added = settings(vec![option("A", "1"), option("B", "2"), option("C", "3")]);
        assert!(changed(template, settings(vec![option("B", "2")]), added.clone()).is_empty());
        assert!(!changed(template, settings(vec![option("B", "9")]), added).is_empty());
        let rule = |port: u16| json!({"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "CidrIp": "10.0.0.0/8"});
        let group = |rules: Vec<Value>| json!({"GroupDescription": "g", "SecurityGroupIngress": rules});
        assert_eq!(
            changed("AWS::EC2::SecurityGroup", group(vec![rule(443)]), group(vec![rule(443), rule(22)])),
            ["/SecurityGroupIngress/0"]
        );
    }

    #[test]
    fn texts_are_compared_without_what_services_change() {
        let key = |text: &str| json!({"KeyName": "k", "PublicKeyMaterial": text});
        let same = changed("AWS::EC2::KeyPair", key("ssh-ed25519 AAAA ada"), key("ssh-ed25519 AAAA k\n"));
        assert!(same.is_empty(), "{same:?}");
        assert_eq!(
            changed("AWS::EC2::KeyPair", key("ssh-ed25519 AAAA"), key("ssh-ed25519 BBBB")),
            ["/PublicKeyMaterial"]
        );
        let version = |text: &str| json!({"EngineVersion": text});
        let instance = "AWS::RDS::DBInstance";
        assert!(changed(instance, version("8.0"), version("8.0.45")).is_empty());
        assert_eq!(changed(instance, version("8.0"), version("8.04")), ["/EngineVersion"]);
        assert_eq!(changed(instance, version("8.0.45"), version("8.0")), ["/EngineVersion"]);
        let record = |name: &str| json!({"HostedZoneId": "Z", "Name": name, "Type": "A"});
        assert!(changed("AWS::Route53::RecordSet", record("Shop.example.com"), record("shop.example.com")).is_empty());
        assert_eq!(changed("AWS::Route53::RecordSet", record("a.example.com"), record("b.example.com")), ["/Name"]);
    }

    #[test]
    fn an_alias_of_a_key_cannot_be_verified() {
        let queue = |key: &str| json!({"KmsMasterKeyId": key});
        let arn = "arn:aws:kms:us-east-1:111111111111:key/0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9";
        assert_eq!(
            compared("AWS::SQS::Queue", queue("alias/aws/sqs"), queue(arn)),
            (vec![], vec!["/KmsMasterKeyId".to_owned()])
        );
        let other = "arn:aws:kms:us-east-1:111111111111:key/11111111-4e5f-6071-8293-a4b5c6d7e8f9";
        assert_eq!(changed("AWS::SQS::Queue", queue(other), queue(arn)), ["/KmsMasterKeyId"]);
    }

    #[test]
    fn numbers_are_compared_by_value() {
        let budget = |amount: Value| json!({"Budget": {"BudgetType": "COST", "TimeUnit": "DAILY", "BudgetLimit": {"Amount": amount, "Unit": "USD"}}});
        assert!(changed("AWS::Budgets::Budget", budget(json!(5)), budget(json!("5.0"))).is_empty());
        assert_eq!(
            changed("AWS::Budgets::Budget", budget(json!(5)), budget(json!("5.1"))),
            ["/Budget/BudgetLimit/Amount"]
        );
    }
}
