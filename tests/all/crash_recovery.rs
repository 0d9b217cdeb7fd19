//! `kill -9` at any time: two processes serve one folder, clients create resources with both, and the processes are killed
//! repeatedly. Every acknowledged resource must exist completely afterwards.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::support::{DEV, Server, User, call};

/// Minimum number of creations per process.
const CREATES: usize = 500;

/// Minimum number of kills.
const KILLS: usize = 5;

/// A time limit that is exceeded only if something hangs.
const HANG_TIMEOUT: Duration = Duration::from_secs(120);

fn control(endpoint: &str, operation: &str, input: &Value) -> Option<Value> {
    call(endpoint, "cloudcontrolapi", &format!("CloudApiService.{operation}"), input)
}

/// Creates queues with the current server of the slot, and repeats each request until it is acknowledged. Continues until there
/// were enough kills. Returns the request tokens by queue name.
fn create(process: usize, slot: &Mutex<Server>, done: &AtomicUsize, kills: &AtomicUsize) -> BTreeMap<String, String> {
    let mut acknowledged = BTreeMap::new();
    for number in 0.. {
        if number >= CREATES && kills.load(Ordering::Relaxed) >= KILLS {
            break;
        }
        let name = format!("killed-{process}-{number}");
        let desired = json!({"QueueName": name, "DelaySeconds": number % 900, "Tags": [
            {"Key": "Number", "Value": number.to_string()}, {"Key": "Process", "Value": process.to_string()},
        ]});
        let input = json!({
            "TypeName": "AWS::SQS::Queue", "DesiredState": desired.to_string(), "ClientToken": name,
        });
        let answer = loop {
            let endpoint = slot.lock().unwrap().endpoint.clone();
            match control(&endpoint, "CreateResource", &input) {
                Some(answer) => break answer,
                None => std::thread::sleep(Duration::from_millis(5)),
            }
        };
        acknowledged.insert(name, answer["ProgressEvent"]["RequestToken"].as_str().unwrap().to_owned());
        done.fetch_add(1, Ordering::Relaxed);
    }
    acknowledged
}

fn all_pages(endpoint: &str, ask: impl Fn(&Value) -> Option<Value>, list: &str, token: &str) -> Vec<Value> {
    let (mut all, mut next) = (Vec::new(), Value::Null);
    loop {
        let answer = ask(&next).unwrap_or_else(|| panic!("{endpoint} does not answer"));
        all.extend(answer[list].as_array().unwrap().iter().cloned());
        next = answer[token].clone();
        if next.as_str().is_none_or(str::is_empty) {
            return all;
        }
    }
}

#[test]
fn acknowledged_resources_are_complete_and_not_lost() {
    let user = User::of_sandbox();
    let slots = [Mutex::new(user.serve()), Mutex::new(user.serve())];
    let done = AtomicUsize::new(0);
    let kills = AtomicUsize::new(0);
    let acknowledged: BTreeMap<String, String> = std::thread::scope(|scope| {
        let creators: Vec<_> = (0..2)
            .map(|process| {
                let (slot, done, kills) = (&slots[process], &done, &kills);
                scope.spawn(move || create(process, slot, done, kills))
            })
            .collect();
        let are_finished = || creators.iter().all(|creator| creator.is_finished());
        let mut before = 0;
        for kill in 0.. {
            // At least one resource is acknowledged between two kills, regardless of the speed of the machine.
            let began = Instant::now();
            while done.load(Ordering::Relaxed) == before && !are_finished() {
                assert!(began.elapsed() < HANG_TIMEOUT, "{before} creates and {kill} kills, and then nothing");
                std::thread::sleep(Duration::from_millis(1));
            }
            before = done.load(Ordering::Relaxed);
            if are_finished() {
                break;
            }
            // Irregular intervals, because the critical sections of a write are short.
            std::thread::sleep(Duration::from_millis(15 + (kill * 37) % 61));
            // The slot is not locked while the server is killed, so that a call is usually in progress.
            let slot = &slots[usize::try_from(kill % 2).unwrap()];
            slot.lock().unwrap().kill();
            let next = user.serve();
            *slot.lock().unwrap() = next;
            kills.fetch_add(1, Ordering::Relaxed);
        }
        creators.into_iter().flat_map(|creator| creator.join().unwrap()).collect()
    });
    assert!(kills.load(Ordering::Relaxed) >= KILLS);
    let count = acknowledged.len();
    assert!(count >= 2 * CREATES, "{count}");
    drop(slots);

    let server = user.serve();
    let endpoint = server.endpoint.as_str();
    for token in acknowledged.values() {
        let event = loop {
            let answer = control(endpoint, "GetResourceRequestStatus", &json!({"RequestToken": token})).unwrap();
            let event = answer["ProgressEvent"].clone();
            if event["OperationStatus"] != "IN_PROGRESS" {
                break event;
            }
            // It is due within 40 ms.
            std::thread::sleep(Duration::from_millis(5));
        };
        assert_eq!(event["OperationStatus"], "SUCCESS", "{event}");
    }
    let list = |next: &Value| {
        let mut input = json!({"TypeName": "AWS::SQS::Queue"});
        if !next.is_null() {
            input["NextToken"] = next.clone();
        }
        control(endpoint, "ListResources", &input)
    };
    let queues = all_pages(endpoint, list, "ResourceDescriptions", "NextToken");
    assert_eq!(queues.len(), count, "each acknowledged queue once");
    let tagged = |next: &Value| {
        let mut input = json!({"ResourceTypeFilters": ["sqs:queue"]});
        if !next.is_null() {
            input["PaginationToken"] = next.clone();
        }
        call(endpoint, "tagging", "ResourceGroupsTaggingAPI_20170126.GetResources", &input)
    };
    let tagged = all_pages(endpoint, tagged, "ResourceTagMappingList", "PaginationToken");
    assert_eq!(tagged.len(), count, "each queue with its tags");
    for queue in &queues {
        let input = json!({"TypeName": "AWS::SQS::Queue", "Identifier": queue["Identifier"]});
        let answer = control(endpoint, "GetResource", &input).unwrap();
        let model: Value = serde_json::from_str(answer["ResourceDescription"]["Properties"].as_str().unwrap()).unwrap();
        let name = model["QueueName"].as_str().unwrap();
        assert!(acknowledged.contains_key(name), "{name} was never asked for");
        assert_eq!(model["Arn"], format!("arn:aws:sqs:us-east-1:{DEV}:{name}"));
        assert_eq!(model["Tags"].as_array().unwrap().len(), 2, "{model}");
        let number: u64 = name.rsplit('-').next().unwrap().parse().unwrap();
        assert_eq!(model["DelaySeconds"], number % 900, "{model}");
    }
}
