//! A large estate. An optimised build is held to what the product promises (`cargo test --release`); the
//! usual unoptimised one makes a smaller estate and has more time for each page.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::support::{User, call};

const IS_OPTIMISED: bool = !cfg!(debug_assertions);
const RESOURCES: u64 = if IS_OPTIMISED { 10_000 } else { 1_000 };
const SEEDING: Duration = Duration::from_secs(10);
const PAGE: Duration = Duration::from_millis(if IS_OPTIMISED { 5 } else { 50 });

#[test]
fn a_large_estate_is_made_and_listed_quickly() {
    let user = User::of_sandbox();
    let began = Instant::now();
    let count = RESOURCES.to_string();
    let seeded = user.json(&["sandbox", "seed", "--resources", &count], 0);
    let took = began.elapsed();
    assert!(took < SEEDING, "{took:?}");
    let accounts = seeded["body"]["accounts"].as_array().unwrap();
    assert_eq!(accounts.iter().map(|account| account["resources"].as_u64().unwrap()).sum::<u64>(), RESOURCES);
    // What is there already is not made again.
    user.json(&["sandbox", "seed", "--resources", "10"], 1);

    let server = user.serve();
    for type_name in ["AWS::SQS::Queue", "AWS::Lambda::Function", "AWS::CloudWatch::Alarm"] {
        let (mut next, mut pages) = (Value::Null, Vec::new());
        loop {
            let mut input = json!({"TypeName": type_name, "MaxResults": 100});
            if !next.is_null() {
                input["NextToken"] = next;
            }
            let began = Instant::now();
            let answer = call(&server.endpoint, "cloudcontrolapi", "CloudApiService.ListResources", &input).unwrap();
            pages.push(began.elapsed());
            next = answer["NextToken"].clone();
            if next.is_null() {
                break;
            }
        }
        // The machine may be busy with other tests for a moment, but not at every page.
        let fastest = pages.iter().min().unwrap();
        assert!(*fastest < PAGE, "{type_name}: {pages:?}");
    }
}
