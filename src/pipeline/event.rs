//! What happens while a run reads and writes: one stream of events for everything that takes time.
//! The pipeline emits them, whoever shows or records progress consumes them, and neither knows the
//! other. An event is a value of its own: it can be kept, sent to another thread, and written down.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::ports::ReadCloud;
use crate::domain::plan::{Operation, Step};

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A listing begins: of the resources of one type, or, without a type, of all that carry tags.
    Listing {
        /// The environment that is read.
        environment: String,
        /// The type that is listed; `None` for the tagging API.
        type_name: Option<String>,
    },
    /// A page of a listing came.
    PageListed {
        /// The environment that is read.
        environment: String,
        /// The type that is listed; `None` for the tagging API.
        type_name: Option<String>,
        /// Resources listed so far, over all pages.
        resources: usize,
    },
    /// Of many types to list, some are done.
    TypesListed {
        /// The environment that is read.
        environment: String,
        /// Types listed so far.
        done: usize,
        /// Types to list.
        total: usize,
    },
    /// Of many resources to read, some are done.
    ResourcesRead {
        /// The environment that is read.
        environment: String,
        /// Resources read so far.
        done: usize,
        /// Resources to read.
        total: usize,
    },
    /// AWS throttles a call, which waits for its next turn.
    Throttled {
        /// The environment that is called.
        environment: String,
        /// `service.Operation`.
        operation: &'static str,
        /// For how long the API has answered nothing but "too many calls".
        waited: Duration,
    },
    /// The Price List is asked a question.
    PricesAsked {
        /// The Price List's code of the service, such as `AmazonRDS`.
        service: String,
    },
    /// A plan was made and judged; nothing of it was sent.
    PlanMade {
        /// The environment that it changes.
        environment: String,
        /// How many steps it has.
        steps: usize,
    },
    /// A step of a plan begins.
    StepStarted {
        /// The step.
        step: StepLabel,
    },
    /// AWS has accepted a step's request and works on it, or it will be repeated.
    StepWaiting {
        /// The step.
        step: StepLabel,
        /// Since the request was sent first.
        elapsed: Duration,
    },
    /// A step is done.
    StepDone {
        /// The step.
        step: StepLabel,
        /// From the call to the read-back.
        elapsed: Duration,
    },
    /// A step failed.
    StepFailed {
        /// The step.
        step: StepLabel,
        /// AWS's error code, or ours.
        code: String,
        /// What AWS said.
        message: String,
    },
    /// The run has its answer, whatever it is.
    Finished,
}

impl Event {
    /// A listing begins in an environment: of a type, or of all that carry tags.
    pub fn listing(reader: &dyn ReadCloud, type_name: Option<&str>) -> Self {
        Self::Listing { environment: reader.environment().to_owned(), type_name: type_name.map(str::to_owned) }
    }
}

/// What an event says of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepLabel {
    /// Place in the plan, from 1.
    pub order: usize,
    /// Steps in the plan.
    pub total: usize,
    /// What it does.
    pub operation: Operation,
    /// `Type identifier`, or `Type logical id` while there is no identifier.
    pub subject: String,
    /// The environment that it changes.
    pub environment: String,
}

impl StepLabel {
    /// The label of the step at a place in a plan, from 1.
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

/// Takes events. Whoever emits one does not wait: a sink that is slow must queue.
pub trait EventSink: Send + Sync {
    /// Takes one event.
    fn emit(&self, event: Event);
}

/// Shows or records events, with the time at which each happened.
pub trait EventConsumer: Send + Sync {
    /// Takes one event, and the time since the run began by the run's clock.
    fn take(&self, at: Duration, event: &Event);
}

/// The handle to a run's events, which reading functions and clients hold.
#[derive(Clone)]
pub struct Events(Option<Arc<dyn EventSink>>);

impl Events {
    /// Events for a sink.
    pub fn to(sink: Arc<dyn EventSink>) -> Self {
        Self(Some(sink))
    }

    /// Events that nobody takes.
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
        formatter.write_str(if self.0.is_some() { "Events(taken)" } else { "Events(none)" })
    }
}

/// A sink that keeps what it took, for tests.
#[cfg(test)]
#[derive(Debug, Default)]
pub struct Kept(std::sync::Mutex<Vec<Event>>);

#[cfg(test)]
impl Kept {
    /// The handle to a new sink, and the sink.
    pub fn handle() -> (Events, Arc<Self>) {
        let kept = Arc::new(Self::default());
        (Events::to(Arc::clone(&kept) as Arc<dyn EventSink>), kept)
    }

    /// The events so far.
    pub fn events(&self) -> Vec<Event> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }
}

#[cfg(test)]
impl EventConsumer for Kept {
    fn take(&self, _: Duration, event: &Event) {
        self.emit(event.clone());
    }
}

#[cfg(test)]
impl EventSink for Kept {
    fn emit(&self, event: Event) {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(event);
    }
}
