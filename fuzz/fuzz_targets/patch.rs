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
        // A patch may re-send write-only values, which only the service has.
        let mut result = before.clone();
        if json_patch::patch(&mut result, &parsed).is_ok() {
            assert_eq!(patch(schema, &before, &before), Value::Array(Vec::new()), "the same state");
            let _ = differences(schema, &result, &after);
        }
    }
});
