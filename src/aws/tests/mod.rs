//! The clients on a made-up network: what they send, and what they make of what comes back.

mod failing;
mod layers;
mod pool;
mod reading;
mod writing;

use std::sync::{Arc, Mutex};

use super::stack::clock::ManualClock;
use super::wire::{Asked, Network, Reply, clients, dev};
use super::{Clients, RunScope};
use crate::pipeline::event::Kept;
use crate::pipeline::ports::{MutatingCall, ObserveCalls};

/// One run on a network, with a clock that only waiting moves.
struct Bench {
    clients: Clients,
    network: Arc<Network>,
    clock: Arc<ManualClock>,
    run: RunScope,
    seen: Arc<Seen>,
    events: Arc<Kept>,
}

impl Bench {
    fn new(answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Self {
        Self::in_region("us-east-1", answer)
    }

    fn in_region(region: &str, answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Self {
        let network = Network::new(answer);
        let clock = Arc::new(ManualClock::default());
        let seen = Arc::new(Seen::default());
        let (events, kept) = Kept::handle();
        let run = RunScope { observer: seen.clone(), events, ..RunScope::default() };
        let environment = crate::domain::project::Environment { region: region.to_owned(), ..dev() };
        let clients = clients(&network, &environment, clock.clone(), run.clone());
        Self { clients, network, clock, run, seen, events: kept }
    }

    /// How often an operation was asked for over the wire.
    fn asked(&self, operation: &str) -> usize {
        self.network.operations().iter().filter(|asked| *asked == operation).count()
    }
}

/// An observer that writes down what it sees.
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

/// The answer to what changes something.
fn accepted() -> Reply {
    Reply::json(200, r#"{"ProgressEvent":{"RequestToken":"r-1","OperationStatus":"IN_PROGRESS"}}"#)
}
