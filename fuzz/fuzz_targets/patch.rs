//! Two states of a resource: the patch between them, applied to the first, gives what the comparison regards as the second.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use stagegate::compare::drift::differences;
use stagegate::compare::patch::patch;
use stagegate::schema::Registry;

const TYPES: [&str; 4] =
    ["AWS::SQS::Queue", "AWS::Lambda::Function", "AWS::EC2::SecurityGroup", "AWS::DynamoDB::Table"];

fuzz_target!(|text: &str| {
    // Two JSON documents, one after the other.
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    let (Some(Ok(before)), Some(Ok(after))) = (values.next(), values.next()) else { return };
    if !before.is_object() || !after.is_object() {
        return;
    }
    for name in TYPES {
        let schema = Registry::embedded().get(name).expect("a type of the registry");
        let operations = patch(schema, &before, &after);
        let parsed: json_patch::Patch = serde_json::from_value(operations.clone()).expect("it is RFC 6902");
        // A read never returns write-only values, so they are sent again.
        let unchanged = patch(schema, &before, &before);
        let places = unchanged.as_array().into_iter().flatten().filter_map(|operation| operation["path"].as_str());
        places.for_each(|place| assert!(schema.is_write_only(place), "{name} {place}: nothing has changed"));
        let mut result = before.clone();
        if json_patch::patch(&mut result, &parsed).is_err() {
            continue;
        }
        // What can only be set at creation stays.
        let is_create_only = |pointer: &str| {
            let inside = |path: &str| path.strip_prefix(pointer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
            schema.is_create_only(pointer) || schema.create_only.iter().any(|path| inside(&path.to_string()))
        };
        let left = differences(schema, &after, &result);
        let unexpected: Vec<_> = left.iter().filter(|change| !is_create_only(&change.pointer)).collect();
        assert!(unexpected.is_empty(), "{name}: {operations} leaves {unexpected:?}");
    }
});
