//! Progress events of a run: one stream of events for everything that takes time. The pipeline emits them and
//! consumers display or record them, independently of each other. An event is a self-contained value that can be stored,
//! sent to another thread and serialized.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::ports::ReadCloud;
use crate::domain::plan::{Operation, Step};

/// A progress event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A listing starts: of the resources of one type, or, without a type, of all tagged resources.
    Listing {
        /// The environment that is read.
        environment: String,
        /// The type that is listed; `None` for the tagging API.
        type_name: Option<String>,
    },
    /// A page of a listing was received.
    PageListed {
        /// The environment that is read.
        environment: String,
        /// The type that is listed; `None` for the tagging API.
        type_name: Option<String>,
        /// Resources listed so far, over all pages.
        resources: usize,
    },
    /// Progress of listing many types.
    TypesListed {
        /// The environment that is read.
        environment: String,
        /// Types listed so far.
        done: usize,
        /// Types to list.
        total: usize,
    },
    /// Progress of reading many resources.
    ResourcesRead {
        /// The environment that is read.
        environment: String,
        /// Resources read so far.
        done: usize,
        /// Resources to read.
        total: usize,
    },
    /// AWS throttles a call, which waits to be retried.
    Throttled {
        /// The environment of the call.
        environment: String,
        /// `service.Operation`.
        operation: &'static str,
        /// How long the API has throttled all calls.
        waited: Duration,
    },
    /// The Price List is queried.
    PricesAsked {
        /// The Price List's code of the service, such as `AmazonRDS`.
        service: String,
    },
    /// A plan was made and evaluated; nothing was sent.
    PlanMade {
        /// The environment that is changed.
        environment: String,
        /// Number of steps.
        steps: usize,
    },
    /// A step of a plan starts.
    StepStarted {
        /// The step.
        step: StepLabel,
    },
    /// A step's request is in progress in AWS, or will be retried.
    StepWaiting {
        /// The step.
        step: StepLabel,
        /// Time since the request was first sent.
        elapsed: Duration,
    },
    /// A step completed.
    StepDone {
        /// The step.
        step: StepLabel,
        /// Time from the call to the read-back.
        elapsed: Duration,
    },
    /// A step failed.
    StepFailed {
        /// The step.
        step: StepLabel,
        /// The error code of AWS or of stagegate.
        code: String,
        /// The error message.
        message: String,
    },
    /// The run finished.
    Finished,
}

impl Event {
    /// Creates the event for the start of a listing: of a type, or of all tagged resources.
    pub fn listing(reader: &dyn ReadCloud, type_name: Option<&str>) -> Self {
        Self::Listing { environment: reader.environment().to_owned(), type_name: type_name.map(str::to_owned) }
    }
}

/// The description of a step in events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepLabel {
    /// Position in the plan, from 1.
    pub order: usize,
    /// Number of steps in the plan.
    pub total: usize,
    /// The operation.
    pub operation: Operation,
    /// `Type identifier`, or `Type logical id` if there is no identifier yet.
    pub subject: String,
    /// The environment that is changed.
    pub environment: String,
}

impl StepLabel {
    /// Creates the label of the step at a position in the plan, from 1.
    pub fn new(step: &Step, order: usize, total: usize) -> Self {
        Self {
            order,
            total,
            operation: step.operation(),
            subject: step.subject(),
            environment: step.environment.clone(),
        }
    }
}

/// Receives events. Emitters do not wait: a slow sink must queue events.
pub trait EventSink: Send + Sync {
    /// Receives an event.
    fn emit(&self, event: Event);
}

/// Displays or records events with their timestamps.
pub trait EventConsumer: Send + Sync {
    /// Receives an event and the time since the run began, by the run's clock.
    fn take(&self, at: Duration, event: &Event);
}

/// A handle to a run's event stream, held by pipeline functions and clients.
#[derive(Clone)]
pub struct Events(Option<Arc<dyn EventSink>>);

impl Events {
    /// Creates a handle that sends events to a sink.
    pub fn to(sink: Arc<dyn EventSink>) -> Self {
        Self(Some(sink))
    }

    /// Creates a handle that discards events.
    pub fn none() -> Self {
        Self(None)
    }

    /// Emits an event.
    pub fn emit(&self, event: Event) {
        if let Some(sink) = &self.0 {
            sink.emit(event);
        }
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(if self.0.is_some() { "Events(sink)" } else { "Events(none)" })
    }
}

/// A sink that records events, for tests.
#[cfg(test)]
#[derive(Debug, Default)]
pub struct EventRecorder(std::sync::Mutex<Vec<Event>>);

#[cfg(test)]
impl EventRecorder {
    /// Creates a sink and returns a handle to it and the sink.
    pub fn handle() -> (Events, Arc<Self>) {
        let recorder = Arc::new(Self::default());
        (Events::to(Arc::clone(&recorder) as Arc<dyn EventSink>), recorder)
    }

    /// Returns the events received so far.
    pub fn events(&self) -> Vec<Event> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }
}

#[cfg(test)]
impl EventConsumer for EventRecorder {
    fn take(&self, _: Duration, event: &Event) {
        self.emit(event.clone());
    }
}

#[cfg(test)]
impl EventSink for EventRecorder {
    fn emit(&self, event: Event) {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(event);
    }
}
