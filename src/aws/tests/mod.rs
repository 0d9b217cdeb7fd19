//! Tests of the clients with a fake network.

mod failing;
mod layers;
mod member;
mod pool;
mod reading;
mod writing;

use std::sync::{Arc, Mutex};

use super::stack::clock::ManualClock;
use super::wire::{Asked, Network, Reply, clients, dev};
use super::{Clients, RunScope};
use crate::pipeline::event::EventRecorder;
use crate::pipeline::ports::{MutatingCall, ObserveCalls};

/// A run on a fake network, with a clock that only sleeping advances.
struct Bench {
    clients: Clients,
    network: Arc<Network>,
    clock: Arc<ManualClock>,
    run: RunScope,
    seen: Arc<Seen>,
    events: Arc<EventRecorder>,
}

impl Bench {
    fn new(answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Self {
        Self::in_region("us-east-1", answer)
    }

    fn in_region(region: &str, answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Self {
        let network = Network::new(answer);
        let clock = Arc::new(ManualClock::default());
        let seen = Arc::new(Seen::default());
        let (events, kept) = EventRecorder::handle();
        let run = RunScope { observer: seen.clone(), events, ..RunScope::default() };
        let environment = crate::domain::project::Environment { region: region.to_owned(), ..dev() };
        let clients = clients(&network, &environment, clock.clone(), run.clone());
        Self { clients, network, clock, run, seen, events: kept }
    }

    /// Returns the number of HTTP requests of an operation.
    fn asked(&self, operation: &str) -> usize {
        self.network.operations().iter().filter(|asked| *asked == operation).count()
    }
}

/// An observer that records calls.
#[derive(Default)]
struct Seen {
    calls: Mutex<Vec<String>>,
}

impl ObserveCalls for Seen {
    fn mutating_call(&self, call: &MutatingCall<'_>) {
        let outcome = match call.outcome {
            Ok(()) => "done".to_owned(),
            Err(error) => format!("{:?}", error.kind),
        };
        let parts =
            [call.type_name, call.identifier, call.client_token, call.request_id].map(|part| part.unwrap_or("-"));
        let line = format!(
            "{} {} {} {} {} {outcome}",
            call.environment,
            call.account,
            call.region,
            call.action,
            parts.join(" ")
        );
        self.calls.lock().unwrap().push(line);
    }
}

/// The response to mutating calls.
fn accepted() -> Reply {
    Reply::json(200, r#"{"ProgressEvent":{"RequestToken":"r-1","OperationStatus":"IN_PROGRESS"}}"#)
}
