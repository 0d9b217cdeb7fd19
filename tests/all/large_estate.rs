//! A large number of resources is created completely and listed completely, page by page. `benches/large_estate.rs` measures the
//! time.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::support::{User, call};

const RESOURCES: u64 = 1_000;

#[test]
fn many_resources_are_created_and_listed_completely() {
    let user = User::of_sandbox();
    let count = RESOURCES.to_string();
    let seeded = user.json(&["sandbox", "seed", "--resources", &count], 0);
    let accounts = seeded["body"]["accounts"].as_array().unwrap();
    assert_eq!(accounts.iter().map(|account| account["resources"].as_u64().unwrap()).sum::<u64>(), RESOURCES);
    // Seeding requires an empty sandbox.
    user.json(&["sandbox", "seed", "--resources", "10"], 1);

    let server = user.serve();
    let list = |input: &Value| {
        let answer = call(&server.endpoint, "cloudcontrolapi", "CloudApiService.ListResources", input).unwrap();
        let page = answer["ResourceDescriptions"].as_array().unwrap().iter();
        let identifiers: Vec<String> = page.map(|one| one["Identifier"].as_str().unwrap().to_owned()).collect();
        (identifiers, answer["NextToken"].clone())
    };
    for type_name in ["AWS::SQS::Queue", "AWS::Lambda::Function", "AWS::CloudWatch::Alarm"] {
        let (mut next, mut listed) = (Value::Null, Vec::new());
        loop {
            let mut input = json!({"TypeName": type_name, "MaxResults": 10});
            if !next.is_null() {
                input["NextToken"] = next;
            }
            let (page, token) = list(&input);
            assert!(page.len() == 10 || token.is_null(), "{type_name}: {} on a page before the last", page.len());
            listed.extend(page);
            next = token;
            if next.is_null() {
                break;
            }
        }
        let distinct: BTreeSet<&String> = listed.iter().collect();
        assert!(listed.len() > 20 && distinct.len() == listed.len(), "{type_name}: {}", listed.len());
        let (at_once, token) = list(&json!({"TypeName": type_name, "MaxResults": 100}));
        assert!(listed.starts_with(&at_once) && (token.is_null() == (listed.len() == at_once.len())), "{type_name}");
    }
}
