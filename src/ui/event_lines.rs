//! Events as lines of JSON on stdout (`--output ndjson` of commands that change resources).

use std::time::Duration;

use super::Ui;
use super::render::json_text;
use crate::pipeline::event::{Event, EventConsumer, StepLabel};
use crate::report::{EventCode, EventLine, EventStep};

/// Prints each event as it happens. A reader that closes the pipe has seen enough: the result reports other failures.
pub struct EventLines(pub Ui);

impl EventConsumer for EventLines {
    fn take(&self, at: Duration, event: &Event) {
        if let Some(found) = line(at, event) {
            let _ = self.0.data(&json_text(&found, false));
        }
    }
}

/// The line of an event; `None` for the end of a run, which the result says.
fn line(at: Duration, event: &Event) -> Option<EventLine> {
    let bare = |code: EventCode| EventLine {
        kind: "event",
        at_ms: milliseconds(at),
        event: code,
        environment: None,
        subject: None,
        done: None,
        total: None,
        step: None,
        elapsed_ms: None,
        code: None,
        message: None,
    };
    let of = |code: EventCode, environment: &str| EventLine { environment: Some(environment.to_owned()), ..bare(code) };
    let step = |code: EventCode, label: &StepLabel| EventLine {
        step: Some(EventStep {
            order: label.order as u64,
            total: label.total as u64,
            operation: label.operation,
            subject: label.subject.clone(),
        }),
        ..of(code, &label.environment)
    };
    let count = |number: usize| Some(number as u64);
    Some(match event {
        Event::Listing { environment, type_name } => {
            EventLine { subject: type_name.clone(), ..of(EventCode::Listing, environment) }
        }
        Event::PageListed { environment, type_name, resources } => {
            EventLine { subject: type_name.clone(), done: count(*resources), ..of(EventCode::Read, environment) }
        }
        Event::TypesListed { environment, done, total } | Event::ResourcesRead { environment, done, total } => {
            EventLine { done: count(*done), total: count(*total), ..of(EventCode::Read, environment) }
        }
        Event::Throttled { environment, operation, waited } => EventLine {
            subject: Some((*operation).to_owned()),
            elapsed_ms: Some(milliseconds(*waited)),
            ..of(EventCode::Throttled, environment)
        },
        Event::PricesAsked { service } => EventLine { subject: Some(service.clone()), ..bare(EventCode::PricesAsked) },
        Event::PlanMade { environment, steps } => {
            EventLine { total: count(*steps), ..of(EventCode::PlanMade, environment) }
        }
        Event::StepStarted { step: label } => step(EventCode::StepStarted, label),
        Event::StepWaiting { step: label, elapsed } => {
            EventLine { elapsed_ms: Some(milliseconds(*elapsed)), ..step(EventCode::StepWaiting, label) }
        }
        Event::StepDone { step: label, elapsed } => {
            EventLine { elapsed_ms: Some(milliseconds(*elapsed)), ..step(EventCode::StepDone, label) }
        }
        Event::StepFailed { step: label, code, message } => {
            EventLine { code: Some(code.clone()), message: Some(message.clone()), ..step(EventCode::StepFailed, label) }
        }
        Event::Finished => return None,
    })
}

fn milliseconds(duration: Duration) -> u64 {
    duration.as_millis().try_into().unwrap_or(u64::MAX)
}
