//! The lines of `--output ndjson` of commands that change resources: an event as soon as it happens, then the result.

use schemars::JsonSchema;
use serde::Serialize;

use crate::domain::plan::Operation;

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
