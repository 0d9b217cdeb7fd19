//! The index of references in a scan, so that a policy for a resource and its siblings need not visit
//! all of them: a thousand queues would be a million pairs.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::resource::ScanResource;
use crate::domain::resource::sub_variables;
use crate::schema::Registry;

/// For each resource, the positions of the others that may refer to it, ascending: by its logical
/// id in a function, or by its name or identifier in a string, alone or at an ARN's end. A policy still
/// checks the property itself.
pub(super) fn of(registry: &Registry, resources: &[&ScanResource]) -> Vec<Vec<usize>> {
    let mut mentions: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (position, scanned) in resources.iter().enumerate() {
        let mut words = BTreeSet::new();
        collect(&scanned.properties, &mut words);
        for word in words {
            mentions.entry(word).or_default().push(position);
        }
    }
    let referrers = |(position, scanned): (usize, &&ScanResource)| {
        let own = names(registry, scanned);
        let found: BTreeSet<usize> = own.iter().filter_map(|name| mentions.get(*name)).flatten().copied().collect();
        found.into_iter().filter(|other| *other != position).collect()
    };
    resources.iter().enumerate().map(referrers).collect()
}

/// The names by which a resource can be referenced.
fn names<'a>(registry: &Registry, scanned: &'a ScanResource) -> Vec<&'a str> {
    let property = registry.get(&scanned.resource.type_name).and_then(|schema| schema.name_property.as_ref());
    let name = property.and_then(|property| scanned.properties.get(property)).and_then(Value::as_str);
    let ids = [scanned.resource.logical_id.as_deref(), scanned.resource.identifier.as_deref()];
    ids.into_iter().flatten().chain(name).filter(|name| !name.is_empty()).collect()
}

fn collect(value: &Value, words: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => {
            words.insert(text.clone());
            if let Some((_, last)) = text.rsplit_once([':', '/']) {
                words.insert(last.to_owned());
            }
            // A JSON string, such as a queue's `RedrivePolicy`.
            if text.trim_start().starts_with('{')
                && let Ok(inner @ Value::Object(_)) = serde_json::from_str(text)
            {
                collect(&inner, words);
            }
            for variable in sub_variables(text) {
                words.insert(variable.split('.').next().unwrap_or_default().to_owned());
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, words)),
        Value::Object(map) => {
            // `Fn::GetAtt: Queue.Arn`, where the short form was kept as a string.
            if let Some(Value::String(text)) = map.get("Fn::GetAtt") {
                words.insert(text.split('.').next().unwrap_or_default().to_owned());
            }
            map.values().for_each(|child| collect(child, words));
        }
        _ => {}
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use serde_json::json;

    fn resource(logical_id: &str, properties: Value) -> ScanResource {
        let mut resource = ScanResource::live("AWS::SQS::Queue", "", properties);
        resource.resource.logical_id = Some(logical_id.to_owned());
        resource
    }

    #[test]
    fn references_are_found_in_every_form() {
        let resources = [
            resource("Dlq", json!({"QueueName": "jobs-dlq"})),
            resource("A", json!({"X": {"Fn::GetAtt": ["Dlq", "Arn"]}})),
            resource("B", json!({"X": {"Fn::Sub": "${Dlq.Arn}/*"}})),
            resource("C", json!({"X": "arn:aws:sqs:us-east-1:111111111111:jobs-dlq"})),
            resource("D", json!({"X": {"Ref": "Other"}})),
            resource("E", json!({"X": "{\"a\": \"arn:aws:sqs:us-east-1:111111111111:jobs-dlq\"}"})),
        ];
        let resources: Vec<&ScanResource> = resources.iter().collect();
        assert_eq!(of(&Registry::embedded(), &resources)[0], [1, 2, 3, 5]);
        assert!(of(&Registry::embedded(), &resources)[1].is_empty());
    }

    #[test]
    fn a_resource_does_not_refer_to_itself() {
        assert!(
            of(&Registry::embedded(), &[&resource("A", json!({"QueueName": "A", "X": {"Ref": "A"}}))])[0].is_empty()
        );
    }
}
