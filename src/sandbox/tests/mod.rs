//! The sandbox as a client sees it.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::Duration;

mod bills;
mod control;
mod faults;
mod serve;
mod sessions;
mod sharing;
mod tagging;

use super::*;
use serde_json::json;

const DEV: &str = "111111111111";
const PROD: &str = "222222222222";

/// A sandbox whose clock stands still unless a test advances it.
struct Cloud {
    sandbox: Sandbox,
    clock: ManualClock,
    _directory: tempfile::TempDir,
}

fn cloud_of(set_up: impl FnOnce(&mut SandboxOptions)) -> Cloud {
    let directory = tempfile::tempdir().unwrap();
    let account = |name: &str, id: &str| SandboxAccount { name: name.into(), id: id.into() };
    let mut options = SandboxOptions::new(directory.path(), vec![account("dev", DEV), account("prod", PROD)]);
    options.operation_millis = 0;
    let clock = ManualClock::new("2026-11-20T09:30:00Z".parse().unwrap());
    options.clock = Clock::Manual(clock.clone());
    set_up(&mut options);
    Cloud { sandbox: Sandbox::open(options).unwrap(), clock, _directory: directory }
}

fn faulty(rules: &[&str], calls_per_second: Option<u32>) -> Cloud {
    cloud_of(|options| {
        options.accounts = Vec::new();
        options.faults.rules = rules.iter().map(|rule| rule.parse().unwrap()).collect();
        options.faults.calls_per_second = calls_per_second;
    })
}

fn cloud_with(operation_millis: u64, tag_visibility_millis: u64) -> Cloud {
    cloud_of(|options| {
        options.operation_millis = operation_millis;
        options.tag_visibility_millis = tag_visibility_millis;
    })
}

fn cloud() -> Cloud {
    cloud_with(0, 0)
}

fn request(account: &str, service: &str, target: &str, input: &Value) -> Request<Bytes> {
    Request::post("/")
        .header("x-amz-target", target)
        .header("content-type", "application/x-amz-json-1.0")
        .header(
            "authorization",
            format!(
                "AWS4-HMAC-SHA256 Credential={account}/20261120/us-east-1/{service}/aws4_request, \
                 SignedHeaders=host, Signature=0"
            ),
        )
        .body(Bytes::from(input.to_string()))
        .unwrap()
}

impl Cloud {
    fn send(&self, account: &str, service: &str, target: &str, input: &Value) -> Result<Value, String> {
        let response = self.sandbox.handle(request(account, service, target, input));
        let body: Value = serde_json::from_slice(response.body()).unwrap();
        if response.status() == 200 {
            return Ok(body);
        }
        let code = body["__type"].as_str().unwrap().rsplit('#').next().unwrap();
        Err(format!("{code}: {}", body["Message"].as_str().unwrap()))
    }

    fn control(&self, account: &str, operation: &str, input: &Value) -> Result<Value, String> {
        let target = format!("CloudApiService.{operation}");
        self.send(account, "cloudcontrolapi", &target, input)
    }

    fn tagging(&self, account: &str, operation: &str, input: &Value) -> Result<Value, String> {
        let target = format!("ResourceGroupsTaggingAPI_20170126.{operation}");
        self.send(account, "tagging", &target, input)
    }

    /// Moves the clock forward.
    fn wait(&self, milliseconds: u64) {
        self.clock.advance(Duration::from_millis(milliseconds));
    }

    /// The current event of a response's request.
    fn event(&self, account: &str, answer: &Value) -> Value {
        let token = &answer["ProgressEvent"]["RequestToken"];
        let answer = self.control(account, "GetResourceRequestStatus", &json!({"RequestToken": token})).unwrap();
        answer["ProgressEvent"].clone()
    }

    /// The final event of a response's request, after its retry time.
    fn settled(&self, account: &str, answer: &Value) -> Value {
        let event = self.event(account, answer);
        if !event["OperationStatus"].as_str().unwrap().contains("IN_PROGRESS") {
            return event;
        }
        let seconds = event["RetryAfter"].as_f64().unwrap() - event["EventTime"].as_f64().unwrap();
        self.clock.advance(Duration::from_secs_f64(seconds.max(0.0)) + Duration::from_millis(1));
        self.event(account, answer)
    }

    fn create(&self, account: &str, type_name: &str, desired: &Value) -> Value {
        let input = json!({"TypeName": type_name, "DesiredState": desired.to_string()});
        let answer = self.control(account, "CreateResource", &input).unwrap();
        self.settled(account, &answer)
    }

    fn get(&self, account: &str, type_name: &str, identifier: &Value) -> Result<Value, String> {
        let input = json!({"TypeName": type_name, "Identifier": identifier});
        let answer = self.control(account, "GetResource", &input)?;
        let text = answer["ResourceDescription"]["Properties"].as_str().unwrap();
        Ok(serde_json::from_str(text).unwrap())
    }

    fn update(&self, account: &str, type_name: &str, identifier: &Value, patch: &Value) -> Result<Value, String> {
        let input = json!({
            "TypeName": type_name, "Identifier": identifier, "PatchDocument": patch.to_string(),
        });
        let answer = self.control(account, "UpdateResource", &input)?;
        Ok(self.settled(account, &answer))
    }
}
