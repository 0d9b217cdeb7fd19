//! Events as lines of JSON on stdout (`--output ndjson` of commands that change resources).

use std::time::Duration;

use super::Ui;
use super::render::json_text;
use crate::pipeline::event::{Event, EventConsumer};
use crate::report::EventLine;

/// Prints each event as it happens. A reader that closes the pipe has seen enough: the result reports other failures.
pub struct EventLines(pub Ui);

impl EventConsumer for EventLines {
    fn take(&self, at: Duration, event: &Event) {
        if let Some(line) = EventLine::new(at, event) {
            let _ = self.0.data(&json_text(&line, false));
        }
    }
}
