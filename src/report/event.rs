//! The lines of `--output ndjson` of commands that change resources: an event as soon as it happens, then the result.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use crate::domain::plan::Operation;
use crate::pipeline::event::{Event, StepLabel};

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EventCode {
    /// A listing starts, of one type or of all tagged resources.
    Listing,
    /// Resources were listed, read, or listed by type: `done`, and `total` if it is known.
    Read,
    /// AWS throttles an operation.
    Throttled,
    /// The price list is queried for a service.
    PricesAsked,
    /// A plan was made; nothing was sent.
    PlanMade,
    /// A step starts.
    StepStarted,
    /// A step is in progress in AWS.
    StepWaiting,
    /// A step is done.
    StepDone,
    /// A step failed.
    StepFailed,
}

/// One event.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct EventLine {
    /// `event`; the last line has `result`.
    pub kind: &'static str,
    /// Time since the run began, in milliseconds.
    pub at_ms: u64,
    /// What happened.
    pub event: EventCode,
    /// The environment concerned.
    pub environment: Option<String>,
    /// The type that is listed, the operation that is throttled (`service.Operation`), or the service whose prices are queried.
    pub subject: Option<String>,
    /// Number of resources, types or steps so far.
    pub done: Option<u64>,
    /// Number of resources or types in all.
    pub total: Option<u64>,
    /// The step.
    pub step: Option<EventStep>,
    /// How long the step or the throttling has taken, in milliseconds.
    pub elapsed_ms: Option<u64>,
    /// The error code of a step that failed.
    pub code: Option<String>,
    /// The error message of a step that failed.
    pub message: Option<String>,
}

/// The step of an event.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct EventStep {
    /// Position in the plan, from 1.
    pub order: u64,
    /// Number of steps in the plan.
    pub total: u64,
    /// The operation.
    pub operation: Operation,
    /// `Type identifier`, or `Type logical id` if there is no identifier yet.
    pub subject: String,
}

impl EventLine {
    /// The line of an event; `None` for the end of a run, which the result says.
    pub fn new(at: Duration, event: &Event) -> Option<Self> {
        let line = |code: EventCode| Self {
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
        let of = |code: EventCode, environment: &str| Self { environment: Some(environment.to_owned()), ..line(code) };
        let step = |code: EventCode, label: &StepLabel| Self {
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
                Self { subject: type_name.clone(), ..of(EventCode::Listing, environment) }
            }
            Event::PageListed { environment, type_name, resources } => {
                Self { subject: type_name.clone(), done: count(*resources), ..of(EventCode::Read, environment) }
            }
            Event::TypesListed { environment, done, total } | Event::ResourcesRead { environment, done, total } => {
                Self { done: count(*done), total: count(*total), ..of(EventCode::Read, environment) }
            }
            Event::Throttled { environment, operation, waited } => Self {
                subject: Some((*operation).to_owned()),
                elapsed_ms: Some(milliseconds(*waited)),
                ..of(EventCode::Throttled, environment)
            },
            Event::PricesAsked { service } => Self { subject: Some(service.clone()), ..line(EventCode::PricesAsked) },
            Event::PlanMade { environment, steps } => {
                Self { total: count(*steps), ..of(EventCode::PlanMade, environment) }
            }
            Event::StepStarted { step: label } => step(EventCode::StepStarted, label),
            Event::StepWaiting { step: label, elapsed } => {
                Self { elapsed_ms: Some(milliseconds(*elapsed)), ..step(EventCode::StepWaiting, label) }
            }
            Event::StepDone { step: label, elapsed } => {
                Self { elapsed_ms: Some(milliseconds(*elapsed)), ..step(EventCode::StepDone, label) }
            }
            Event::StepFailed { step: label, code, message } => {
                Self { code: Some(code.clone()), message: Some(message.clone()), ..step(EventCode::StepFailed, label) }
            }
            Event::Finished => return None,
        })
    }
}

fn milliseconds(duration: Duration) -> u64 {
    duration.as_millis().try_into().unwrap_or(u64::MAX)
}
