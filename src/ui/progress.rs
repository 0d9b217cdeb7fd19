//! Progress on stderr, derived from a run's events: a spinner on a terminal, otherwise an occasional line.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::view;
use crate::pipeline::event::{Event, EventConsumer, StepLabel};

/// Reads that take less time than this are not displayed, to avoid flicker.
const DISPLAY_DELAY: Duration = Duration::from_millis(500);

/// Without a terminal, the minimum time between two lines.
const LINE_INTERVAL: Duration = Duration::from_secs(30);

/// The current activity according to the events.
#[derive(Debug, Default)]
struct Activity {
    /// The reads in progress, by environment: two may be read concurrently.
    reading: BTreeMap<String, String>,
    /// Environments in which many types are being listed: their count is displayed instead of the pages of one type.
    listing: BTreeSet<String>,
    /// When reading began.
    since: Option<Duration>,
    /// The current step, or the last one.
    step: Option<String>,
}

impl Activity {
    /// Handles an event; returns true if there is something new to display.
    fn take(&mut self, at: Duration, event: &Event) -> bool {
        match event {
            Event::Listing { environment, type_name } => {
                self.read(at, environment, format!("listing {}", listed(type_name.as_deref())));
            }
            Event::PageListed { environment, type_name: Some(_), .. } if self.listing.contains(environment) => {}
            Event::PageListed { environment, type_name, resources } => {
                self.read(at, environment, format!("listing {}, {resources} so far", listed(type_name.as_deref())));
            }
            Event::TypesListed { environment, done, total } => {
                match done < total {
                    true => self.listing.insert(environment.clone()),
                    false => self.listing.remove(environment),
                };
                self.read(at, environment, format!("{done} of {total} types listed"));
            }
            Event::ResourcesRead { environment, done, total } => {
                self.read(at, environment, format!("{done} of {total} resources read"));
            }
            // A waiting step is reported by its own events.
            Event::Throttled { .. } if self.step.is_some() => {}
            Event::Throttled { environment, operation, waited } => {
                let text = format!("{operation} is throttled by AWS; waiting for {}", seconds(*waited));
                self.read(at, environment, text);
            }
            Event::PricesAsked { service } => self.read(at, "prices", format!("querying {service}")),
            Event::StepStarted { step } => self.run(labelled(step)),
            Event::StepWaiting { step, elapsed } => {
                self.run(format!("{}, {} so far", labelled(step), seconds(*elapsed)));
            }
            Event::StepDone { step, elapsed } => {
                self.run(format!("{}: done after {}", labelled(step), seconds(*elapsed)));
            }
            Event::StepFailed { step, code, .. } => self.run(format!("{}: failed ({code})", labelled(step))),
            Event::PlanMade { .. } | Event::Finished => {
                *self = Self::default();
                return false;
            }
        }
        true
    }

    fn read(&mut self, at: Duration, subject: &str, text: String) {
        self.step = None;
        self.since.get_or_insert(at);
        self.reading.insert(subject.to_owned(), text);
    }

    fn run(&mut self, text: String) {
        self.reading.clear();
        self.since = None;
        self.step = Some(text);
    }

    /// Returns true for a read that has just begun.
    fn is_recent(&self, at: Duration) -> bool {
        self.since.is_some_and(|since| at.saturating_sub(since) < DISPLAY_DELAY)
    }

    fn line(&self) -> String {
        let reading = self.reading.iter().map(|(subject, text)| format!("{subject}: {text}"));
        let text = self.step.clone().unwrap_or_else(|| reading.collect::<Vec<_>>().join("; "));
        view::clean(&text)
    }
}

fn listed(type_name: Option<&str>) -> &str {
    type_name.unwrap_or("tagged resources")
}

fn labelled(step: &StepLabel) -> String {
    let StepLabel { order, total, operation, subject, environment } = step;
    format!("[{order}/{total}] {} {subject} in {environment}", operation.as_str())
}

fn seconds(elapsed: Duration) -> String {
    match elapsed.as_secs() {
        0 => format!("{} ms", elapsed.as_millis()),
        few @ 1..60 => format!("{few} s"),
        more => format!("{} min {} s", more / 60, more % 60),
    }
}

/// A spinner with the current activity on a terminal, which is cleared at the end.
#[derive(Debug, Default)]
pub(super) struct TerminalProgress {
    state: Mutex<(Activity, Option<ProgressBar>)>,
}

impl EventConsumer for TerminalProgress {
    fn take(&self, at: Duration, event: &Event) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let (activity, bar) = &mut *state;
        if !activity.take(at, event) {
            if let Some(bar) = bar.take() {
                bar.finish_and_clear();
            }
            return;
        }
        if bar.is_some() || !activity.is_recent(at) {
            bar.get_or_insert_with(spinner).set_message(activity.line());
        }
    }
}

fn spinner() -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("   {spinner} {wide_msg}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}

/// Progress without a terminal: at most one line every 30 seconds, so that a log shows progress of long runs and
/// nothing of short ones.
pub(super) struct PlainProgress<W> {
    state: Mutex<(Activity, Duration)>,
    write: W,
}

impl<W: Fn(&str) + Send + Sync> PlainProgress<W> {
    /// Creates a progress consumer that writes lines with a function.
    pub(super) fn new(write: W) -> Self {
        Self { state: Mutex::default(), write }
    }
}

impl<W: Fn(&str) + Send + Sync> EventConsumer for PlainProgress<W> {
    fn take(&self, at: Duration, event: &Event) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let (activity, last) = &mut *state;
        if activity.take(at, event) && at.saturating_sub(*last) >= LINE_INTERVAL {
            *last = at;
            (self.write)(&format!("{}\n", activity.line()));
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::plan::Operation;

    fn step() -> StepLabel {
        let subject = "AWS::RDS::DBInstance db".to_owned();
        StepLabel { order: 2, total: 3, operation: Operation::Create, subject, environment: "dev".to_owned() }
    }

    fn lines(events: impl IntoIterator<Item = (u64, Event)>) -> Vec<String> {
        let written: Arc<Mutex<Vec<String>>> = Arc::default();
        let sink = Arc::clone(&written);
        let progress = PlainProgress::new(move |line: &str| sink.lock().unwrap().push(line.to_owned()));
        for (second, event) in events {
            progress.take(Duration::from_secs(second), &event);
        }
        drop(progress);
        Arc::into_inner(written).unwrap().into_inner().unwrap()
    }

    fn read(environment: &str, done: usize) -> Event {
        Event::ResourcesRead { environment: environment.to_owned(), done, total: 9000 }
    }

    #[test]
    fn a_short_run_writes_no_line() {
        let elapsed = Duration::from_secs(2);
        let events = [
            (0, Event::Listing { environment: "dev".to_owned(), type_name: None }),
            (1, read("dev", 9000)),
            (2, Event::PlanMade { environment: "dev".to_owned(), steps: 3 }),
            (2, Event::StepStarted { step: step() }),
            (4, Event::StepDone { step: step(), elapsed }),
            (60, Event::Finished),
        ];
        assert_eq!(lines(events), Vec::<String>::new());
    }

    #[test]
    fn a_throttled_read_is_reported_and_a_throttled_step_is_not() {
        let throttled = |waited| Event::Throttled {
            environment: "dev".to_owned(),
            operation: "tagging.GetResources",
            waited: Duration::from_secs(waited),
        };
        let listing = (0, Event::Listing { environment: "dev".to_owned(), type_name: None });
        let said = lines([listing, (31, throttled(20))]);
        assert_eq!(said, ["dev: tagging.GetResources is throttled by AWS; waiting for 20 s\n"]);
        let said = lines([(0, Event::StepStarted { step: step() }), (31, throttled(20))]);
        assert_eq!(said, ["[2/3] create AWS::RDS::DBInstance db in dev\n"]);
    }

    #[test]
    fn a_long_step_writes_at_most_two_lines_per_minute() {
        let waiting = |second: u64| {
            let elapsed = Duration::from_secs(second);
            (second, Event::StepWaiting { step: step(), elapsed })
        };
        let events =
            (0..95).map(waiting).chain([(125, Event::StepDone { step: step(), elapsed: Duration::from_secs(125) })]);
        let head = "[2/3] create AWS::RDS::DBInstance db in dev";
        assert_eq!(
            lines(events),
            [
                format!("{head}, 30 s so far\n"),
                format!("{head}, 1 min 0 s so far\n"),
                format!("{head}, 1 min 30 s so far\n"),
                format!("{head}: done after 2 min 5 s\n"),
            ]
        );
    }

    #[test]
    fn a_long_read_reports_the_progress_of_each_environment() {
        let events = [(1, read("prod", 10)), (29, read("dev", 100)), (31, read("dev", 120)), (45, read("prod", 400))];
        assert_eq!(lines(events), ["dev: 120 of 9000 resources read; prod: 10 of 9000 resources read\n"]);
    }

    #[test]
    fn the_number_of_types_listed_is_not_hidden_by_the_pages_of_one() {
        let environment = || "dev".to_owned();
        let page = |name: &str| Event::PageListed {
            environment: environment(),
            type_name: Some(name.to_owned()),
            resources: 7,
        };
        let types = |done| Event::TypesListed { environment: environment(), done, total: 900 };
        let events = [(1, types(1)), (31, page("AWS::S3::Bucket")), (40, types(900)), (62, page("AWS::SQS::Queue"))];
        assert_eq!(lines(events), ["dev: 1 of 900 types listed\n", "dev: listing AWS::SQS::Queue, 7 so far\n"]);
    }

    #[test]
    fn escape_sequences_in_the_subject_of_a_failed_step_are_escaped() {
        let step = StepLabel { subject: "AWS::S3::Bucket a\u{1b}[2J".to_owned(), ..step() };
        let failed = Event::StepFailed { step, code: "Denied".to_owned(), message: "no".to_owned() };
        let said = lines([(30, failed)]);
        assert_eq!(said, ["[2/3] create AWS::S3::Bucket a\\u{1b}[2J in dev: failed (Denied)\n"]);
    }

    #[test]
    fn a_read_is_displayed_after_a_delay_and_a_plan_clears_the_line() {
        let at = Duration::from_millis;
        let mut activity = Activity::default();
        assert!(activity.take(at(100), &read("dev", 1)));
        assert!(activity.is_recent(at(550)) && !activity.is_recent(at(600)));
        assert!(!activity.take(at(700), &Event::PlanMade { environment: "dev".to_owned(), steps: 1 }));
        assert!(
            activity.take(at(800), &read("dev", 2)) && activity.is_recent(at(900)),
            "a new read starts a new delay"
        );
        assert!(activity.take(at(801), &Event::StepStarted { step: step() }));
        assert!(!activity.is_recent(at(801)), "a step is displayed immediately");
        assert_eq!(activity.line(), "[2/3] create AWS::RDS::DBInstance db in dev");
    }
}
