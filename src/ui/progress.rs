//! Progress of a plan that is being applied.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::pipeline::apply::Event;

/// Draws a line for the step that runs and leaves one for each that is done.
#[derive(Debug)]
pub struct ProgressView {
    bar: Mutex<ProgressBar>,
}

impl ProgressView {
    /// A view that draws on stderr, or one that stays silent.
    pub fn new(visible: bool) -> Self {
        let bar = ProgressBar::new_spinner();
        bar.set_draw_target(if visible { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() });
        if let Ok(style) = ProgressStyle::with_template("   {spinner} {msg}") {
            bar.set_style(style);
        }
        Self { bar: Mutex::new(bar) }
    }

    /// Shows an event.
    pub fn show(&self, event: &Event<'_>) {
        let bar = self.bar.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::Began(step, number, total) => {
                bar.enable_steady_tick(Duration::from_millis(100));
                bar.set_message(format!(
                    "[{number}/{total}] {} {} in {}",
                    step.operation().as_str(),
                    step.subject(),
                    step.environment
                ));
            }
            Event::Waiting(step, elapsed) => {
                bar.set_message(format!(
                    "{} {} in {} ({})",
                    step.operation().as_str(),
                    step.subject(),
                    step.environment,
                    seconds(*elapsed)
                ));
            }
            Event::Done(..) | Event::Failed(..) => bar.set_message(""),
        }
    }

    /// Clears the line.
    pub fn finish(&self) {
        self.bar.lock().unwrap_or_else(PoisonError::into_inner).finish_and_clear();
    }
}

fn seconds(elapsed: Duration) -> String {
    match elapsed.as_secs() {
        0 => format!("{} ms", elapsed.as_millis()),
        few @ 1..60 => format!("{few} s"),
        more => format!("{} min {} s", more / 60, more % 60),
    }
}
