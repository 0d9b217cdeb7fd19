//! Delivers a run's events to the consumers that display or record them.

use std::sync::Arc;
use std::time::Duration;

use super::Clock;
use crate::pipeline::event::{Event, EventConsumer, EventSink};

/// Adds a timestamp to each event and passes it to every consumer.
pub(super) struct EventStream {
    clock: Arc<dyn Clock>,
    /// By [`Clock::monotonic`].
    began: Duration,
    consumers: Vec<Arc<dyn EventConsumer>>,
}

impl EventStream {
    /// Creates the stream of a run that begins now.
    pub(super) fn new(clock: Arc<dyn Clock>, consumers: Vec<Arc<dyn EventConsumer>>) -> Self {
        Self { began: clock.monotonic(), clock, consumers }
    }
}

impl EventSink for EventStream {
    fn emit(&self, event: Event) {
        let at = self.clock.monotonic().saturating_sub(self.began);
        for consumer in &self.consumers {
            consumer.take(at, &event);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::run::ManualClock;

    #[derive(Default)]
    struct Recorder(Mutex<Vec<(Duration, Event)>>);

    impl EventConsumer for Recorder {
        fn take(&self, at: Duration, event: &Event) {
            self.0.lock().unwrap().push((at, event.clone()));
        }
    }

    #[test]
    fn every_consumer_receives_every_event_with_its_time() {
        let clock = Arc::new(ManualClock::at("2026-11-20T09:00:00Z".parse().unwrap()));
        clock.advance(Duration::from_secs(5));
        let (one, other) = (Arc::new(Recorder::default()), Arc::new(Recorder::default()));
        let consumers: Vec<Arc<dyn EventConsumer>> = vec![one.clone(), other.clone()];
        let stream = EventStream::new(clock.clone(), consumers);
        clock.advance(Duration::from_secs(2));
        stream.emit(Event::Finished);
        let expected = vec![(Duration::from_secs(2), Event::Finished)];
        assert_eq!(*one.0.lock().unwrap(), expected);
        assert_eq!(*other.0.lock().unwrap(), expected);
    }
}
