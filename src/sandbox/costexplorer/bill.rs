//! The cost of resources, recorded in `bills.json`, which documents its format.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::Value;

use crate::sandbox::model::random::Random;
use crate::sandbox::store::Key;

/// One line of a bill.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Line {
    /// The service name in Cost Explorer.
    pub service: &'static str,
    /// US dollars per month, regardless of its length.
    pub monthly: Decimal,
    /// US dollars per hour.
    pub hourly: Decimal,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Bills {
    #[allow(dead_code)]
    about: Vec<String>,
    regions: BTreeMap<String, Decimal>,
    tables: BTreeMap<String, BTreeMap<String, Decimal>>,
    types: BTreeMap<String, Vec<Entry>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    service: String,
    /// What is billed, as in usage types.
    #[allow(dead_code)]
    item: String,
    per: Period,
    rate: Decimal,
    table: Option<String>,
    #[serde(default)]
    by: Vec<String>,
    #[serde(default)]
    when: Conditions,
    #[serde(default)]
    times: Vec<Factor>,
    spread: Option<(u32, u32)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Period {
    Hour,
    Month,
}

/// Values by JSON pointer; a list contains alternatives.
type Conditions = BTreeMap<String, Value>;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Factor {
    of: Option<String>,
    sum: Option<String>,
    count: Option<String>,
    factor: Option<Decimal>,
    above: Option<Decimal>,
    #[serde(rename = "else")]
    otherwise: Option<Decimal>,
    #[serde(default)]
    when: Conditions,
}

fn bills() -> Option<&'static Bills> {
    static BILLS: OnceLock<Option<Bills>> = OnceLock::new();
    BILLS.get_or_init(|| serde_json::from_str(include_str!("bills.json")).ok()).as_ref()
}

/// The lines of a resource; empty for a free one.
pub(super) fn lines(key: &Key, properties: &Value) -> Vec<Line> {
    let Some(bills) = bills() else { return Vec::new() };
    let of_region = bills.regions.get(&key.region).or_else(|| bills.regions.get("other")).copied();
    let region = of_region.unwrap_or(Decimal::ONE);
    let entries = bills.types.get(&key.type_name).map(Vec::as_slice).unwrap_or_default();
    let billed = entries.iter().filter(|entry| all_hold(&entry.when, properties));
    billed
        .map(|entry| {
            let factors = entry.times.iter().map(|factor| factor.of(properties));
            let amount = factors.fold(entry.rate(bills, properties) * entry.usage(key) * region, |a, b| a * b);
            let (hourly, monthly) = match entry.per {
                Period::Hour => (amount, Decimal::ZERO),
                Period::Month => (Decimal::ZERO, amount),
            };
            Line { service: &entry.service, monthly, hourly }
        })
        .filter(|line| line.monthly > Decimal::ZERO || line.hourly > Decimal::ZERO)
        .collect()
}

impl Entry {
    fn rate(&self, bills: &Bills, properties: &Value) -> Decimal {
        let values: Vec<&str> =
            self.by.iter().map(|at| properties.pointer(at).and_then(Value::as_str).unwrap_or_default()).collect();
        let table = self.table.as_ref().and_then(|name| bills.tables.get(name));
        table.and_then(|table| table.get(&values.join(" "))).copied().unwrap_or(self.rate)
    }

    /// The usage of this resource.
    fn usage(&self, key: &Key) -> Decimal {
        let Some((low, high)) = self.spread else { return Decimal::ONE };
        let random = Random::new(&["bill", &key.account, &key.region, &key.type_name, &key.identifier]);
        Decimal::from(random.between(&self.item, low, high)) / Decimal::ONE_HUNDRED
    }
}

impl Factor {
    fn of(&self, properties: &Value) -> Decimal {
        let otherwise = self.otherwise.unwrap_or(Decimal::ONE);
        if let Some(factor) = self.factor {
            return if all_hold(&self.when, properties) { factor } else { Decimal::ONE };
        }
        if let Some(at) = &self.count {
            let items = properties.pointer(at).and_then(Value::as_array);
            return items.map_or(otherwise, |items| Decimal::from(items.len()));
        }
        let value = match (&self.of, &self.sum) {
            (Some(at), _) => properties.pointer(at).and_then(number),
            (None, Some(at)) => sum(properties, at),
            (None, None) => None,
        };
        let above = self.above.unwrap_or_default();
        value.map_or(otherwise, |value| (value - above).max(Decimal::ZERO))
    }
}

/// The sum of the numbers at a pointer with one `*`; `None` where there is none.
fn sum(properties: &Value, at: &str) -> Option<Decimal> {
    let (list, inside) = at.split_once("/*")?;
    let items = properties.pointer(list)?.as_array()?;
    let numbers: Vec<Decimal> = items.iter().filter_map(|item| item.pointer(inside).and_then(number)).collect();
    (!numbers.is_empty()).then(|| numbers.into_iter().sum())
}

/// A number, which some types represent as a string. An implausible one is ignored.
fn number(value: &Value) -> Option<Decimal> {
    let number: Decimal = match value {
        Value::String(text) => text.parse().ok()?,
        other => other.to_string().parse().ok()?,
    };
    (number >= Decimal::ZERO && number <= Decimal::from(1_000_000_000)).then_some(number)
}

fn all_hold(conditions: &Conditions, properties: &Value) -> bool {
    conditions.iter().all(|(at, wanted)| {
        let value = properties.pointer(at).unwrap_or(&Value::Null);
        match wanted {
            Value::Array(values) => values.iter().any(|wanted| is_same(wanted, value)),
            wanted => is_same(wanted, value),
        }
    })
}

/// Numbers and Booleans equal their strings.
fn is_same(wanted: &Value, value: &Value) -> bool {
    let is_text_of = |text: &str| match wanted {
        Value::Bool(_) | Value::Number(_) => {
            let shown = wanted.to_string();
            shown == text
        }
        _ => false,
    };
    wanted == value || value.as_str().is_some_and(is_text_of)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use crate::schema::Registry;
    use serde_json::json;

    fn key(type_name: &str, identifier: &str) -> Key {
        Key {
            account: "111111111111".into(),
            region: "us-east-1".into(),
            type_name: type_name.into(),
            identifier: identifier.into(),
        }
    }

    fn hours(amount: &str) -> Decimal {
        amount.parse().unwrap()
    }

    /// The hourly and the monthly amounts together.
    fn totals(key: &Key, properties: &Value) -> (Decimal, Decimal) {
        let lines = lines(key, properties);
        (lines.iter().map(|line| line.hourly).sum(), lines.iter().map(|line| line.monthly).sum())
    }

    #[test]
    fn the_recorded_bills_use_existing_types_and_properties() {
        let bills = bills().expect("bills.json is read");
        assert!(bills.types.len() > 70, "{}", bills.types.len());
        for (type_name, entries) in &bills.types {
            let schema =
                Registry::embedded().json_schema(type_name).unwrap_or_else(|| panic!("{type_name} is no type"));
            for entry in entries {
                let tables = entry.table.iter().map(|name| assert!(bills.tables.contains_key(name), "{name}"));
                assert_eq!(tables.count() == 1, !entry.by.is_empty(), "{type_name}: a table is read by properties");
                let of_factors = entry.times.iter().flat_map(|factor| {
                    let places = [&factor.of, &factor.sum, &factor.count].into_iter().flatten();
                    let kinds = places.clone().count() + usize::from(factor.factor.is_some());
                    assert_eq!(kinds, 1, "{type_name}: {factor:?}");
                    places.chain(factor.when.keys())
                });
                for place in entry.by.iter().chain(entry.when.keys()).chain(of_factors) {
                    let name = place.split('/').nth(1).unwrap();
                    assert!(schema["properties"].get(name).is_some(), "{type_name} has no {place}");
                }
                assert!(entry.spread.is_none_or(|(low, high)| low < high), "{type_name}");
                assert!(entry.rate >= Decimal::ZERO && !entry.service.is_empty(), "{type_name}");
            }
        }
    }

    #[test]
    fn existing_resources_are_billed_by_their_properties() {
        let database = |properties: Value| totals(&key("AWS::RDS::DBInstance", "orders"), &properties);
        let plain = json!({"Engine": "postgres", "DBInstanceClass": "db.t3.small", "AllocatedStorage": "20"});
        let (hourly, monthly) = database(plain.clone());
        assert_eq!(hourly, hours("0.036"));
        let mut twice = plain.clone();
        twice["MultiAZ"] = json!(true);
        assert_eq!(database(twice), (hours("0.072"), monthly + hours("2.3")));
        let mut member = plain;
        member["DBClusterIdentifier"] = json!("c");
        assert_eq!(database(member), (hourly, Decimal::ZERO));
        let volume = json!({"VolumeType": "gp3", "Size": 100, "Iops": 4000, "Throughput": 125});
        let storage = lines(&key("AWS::EC2::Volume", "vol-1"), &volume);
        assert_eq!((storage[0].monthly, storage[1].monthly), (hours("8"), hours("5")));
        let instance = json!({"InstanceType": "t3.micro", "BlockDeviceMappings": [{"Ebs": {"VolumeSize": 10}}, {"Ebs": {"VolumeSize": 30}}]});
        let instance = lines(&key("AWS::EC2::Instance", "i-1"), &instance);
        assert_eq!((instance[0].hourly, instance[1].monthly), (hours("0.0104"), hours("3.2")));
    }

    #[test]
    fn usage_differs_between_resources_and_is_stable() {
        let bucket = |name: &str| totals(&key("AWS::S3::Bucket", name), &json!({})).1;
        assert_eq!(bucket("one"), bucket("one"));
        let all: std::collections::BTreeSet<Decimal> = (0..20).map(|number| bucket(&number.to_string())).collect();
        assert!(all.len() > 15, "{all:?}");
        let mut other = key("AWS::S3::Bucket", "one");
        other.account = "222222222222".into();
        assert_ne!(totals(&other, &json!({})).1, bucket("one"));
    }

    #[test]
    fn other_regions_cost_more_and_unlisted_types_are_free() {
        let mut gateway = key("AWS::EC2::NatGateway", "nat-1");
        let here = totals(&gateway, &json!({})).0;
        gateway.region = "eu-west-1".into();
        assert!(totals(&gateway, &json!({})).0 > here);
        assert_eq!(lines(&key("AWS::IAM::Role", "r"), &json!({})), []);
        assert_eq!(lines(&key("AWS::Brandnew::Thing", "r"), &json!({})), []);
        let nonsense = json!({"DBInstanceClass": 7, "AllocatedStorage": "9999999999999999999999999999", "Engine": []});
        assert!(!lines(&key("AWS::RDS::DBInstance", "x"), &nonsense).is_empty());
    }
}
