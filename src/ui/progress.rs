//! Progress on stderr, derived from a run's events: a live view on a terminal, otherwise lines for a log.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressState, ProgressStyle};

use super::view;
use crate::pipeline::event::{Event, EventConsumer, StepLabel};

/// Reads that take less time than this are not displayed, to avoid flicker.
const DISPLAY_DELAY: Duration = Duration::from_millis(500);

/// Without a terminal, the minimum time between two lines about reads, or about one step.
const LINE_INTERVAL: Duration = Duration::from_secs(30);

/// The reads in progress according to the events.
#[derive(Debug, Default)]
struct Reads {
    /// By environment: two may be read concurrently.
    reading: BTreeMap<String, String>,
    /// Environments in which many types are being listed: their count is displayed instead of the pages of one type.
    listing: BTreeSet<String>,
    /// When reading began.
    since: Option<Duration>,
}

impl Reads {
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
            Event::Throttled { environment, operation, waited } => {
                let text = format!("{operation} is throttled by AWS; waiting for {}", seconds(*waited));
                self.read(at, environment, text);
            }
            Event::PricesAsked { service } => self.read(at, "prices", format!("querying {service}")),
            _ => return false,
        }
        true
    }

    fn read(&mut self, at: Duration, subject: &str, text: String) {
        self.since.get_or_insert(at);
        self.reading.insert(subject.to_owned(), text);
    }

    /// Returns true for a read that has just begun.
    fn is_recent(&self, at: Duration) -> bool {
        self.since.is_some_and(|since| at.saturating_sub(since) < DISPLAY_DELAY)
    }

    fn line(&self) -> String {
        let reading = self.reading.iter().map(|(subject, text)| format!("{subject}: {text}"));
        view::clean(&reading.collect::<Vec<_>>().join("; "))
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

/// A live view on a terminal: one line for the reads, or one for each step in progress, each with a clock. It is cleared
/// at the end. It does not hide the cursor, so that there is nothing to restore.
#[derive(Debug, Default)]
pub(super) struct TerminalProgress {
    state: Mutex<Screen>,
    /// Nothing is printed or asked until the end of the run, so that work without events may be displayed as well.
    only_reads: bool,
}

impl TerminalProgress {
    /// Creates a view that also displays what takes long without an event.
    pub(super) fn watching(only_reads: bool) -> Arc<Self> {
        let progress = Arc::new(Self { only_reads, ..Self::default() });
        let watched = Arc::downgrade(&progress);
        let watch = move || {
            loop {
                std::thread::sleep(DISPLAY_DELAY);
                match watched.upgrade() {
                    Some(progress) => progress.waited(),
                    None => return,
                }
            }
        };
        // Without a thread, only events are displayed.
        let _ = std::thread::Builder::new().name("progress".to_owned()).spawn(watch);
        progress
    }

    /// Displays what is in progress, after some time without an event.
    fn waited(&self) {
        let mut screen = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if !screen.steps.is_empty() || screen.reading.is_some() {
            return;
        }
        if screen.reads.since.is_some() {
            screen.show_reads(DISPLAY_DELAY);
        } else if self.only_reads && !screen.is_over {
            let line = clock(&screen.bars.add(ProgressBar::no_length()), DISPLAY_DELAY);
            line.set_message("working");
            screen.reading = Some(line);
        }
    }
}

#[derive(Debug, Default)]
struct Screen {
    reads: Reads,
    bars: MultiProgress,
    /// The line of the reads.
    reading: Option<ProgressBar>,
    /// The lines of the steps in progress, by order.
    steps: BTreeMap<usize, ProgressBar>,
    /// The last line: the number of completed steps.
    total: Option<ProgressBar>,
    done: usize,
    /// The plan was made or the run finished.
    is_over: bool,
}

impl Screen {
    /// Displays the reads, which take this long already.
    fn show_reads(&mut self, elapsed: Duration) {
        let Self { reading, bars, reads, .. } = self;
        reading.get_or_insert_with(|| clock(&bars.add(ProgressBar::no_length()), elapsed)).set_message(reads.line());
    }

    fn begin(&mut self, step: &StepLabel, elapsed: Duration) {
        self.stop_reading();
        let total = self.total.get_or_insert_with(|| clock(&self.bars.add(ProgressBar::no_length()), Duration::ZERO));
        total.set_message(format!("{} of {} steps completed", self.done, step.total));
        let bars = &self.bars;
        let total = &*total;
        let line = self.steps.entry(step.order);
        line.or_insert_with(|| clock(&bars.insert_before(total, ProgressBar::no_length()), elapsed))
            .set_message(view::clean(&labelled(step)));
    }

    fn end(&mut self, step: &StepLabel) {
        if let Some(line) = self.steps.remove(&step.order) {
            line.finish_and_clear();
        }
        self.done += 1;
        if let Some(total) = &self.total {
            total.set_message(format!("{} of {} steps completed", self.done, step.total));
        }
    }

    fn stop_reading(&mut self) {
        self.reads = Reads::default();
        if let Some(line) = self.reading.take() {
            line.finish_and_clear();
        }
    }

    fn clear(&mut self) {
        self.stop_reading();
        for line in std::mem::take(&mut self.steps).into_values().chain(self.total.take()) {
            line.finish_and_clear();
        }
        self.done = 0;
    }
}

impl Drop for Screen {
    /// A panic must not leave a half-drawn view.
    fn drop(&mut self) {
        self.clear();
    }
}

impl EventConsumer for TerminalProgress {
    fn take(&self, at: Duration, event: &Event) {
        let mut screen = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::StepStarted { step } => screen.begin(step, Duration::ZERO),
            Event::StepWaiting { step, elapsed } => screen.begin(step, *elapsed),
            Event::StepDone { step, .. } | Event::StepFailed { step, .. } => screen.end(step),
            Event::PlanMade { .. } | Event::Finished => {
                screen.clear();
                screen.is_over = true;
            }
            // A waiting step is reported by its own events.
            _ if !screen.steps.is_empty() => {}
            read => {
                if screen.reads.take(at, read) && (screen.reading.is_some() || !screen.reads.is_recent(at)) {
                    let elapsed = at.saturating_sub(screen.reads.since.unwrap_or(at));
                    screen.show_reads(elapsed);
                }
            }
        }
    }
}

/// Turns a bar into a line with a spinner and a clock, both of which move by themselves.
fn clock(bar: &ProgressBar, elapsed: Duration) -> ProgressBar {
    if let Ok(style) = ProgressStyle::with_template("   {spinner} {wide_msg} {clock}") {
        let time = |state: &ProgressState, text: &mut dyn std::fmt::Write| {
            if state.elapsed() >= Duration::from_secs(1) {
                let _ = text.write_str(&seconds(state.elapsed()));
            }
        };
        bar.set_style(style.with_key("clock", time));
    }
    let bar = bar.clone().with_elapsed(elapsed);
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}

/// How often an agent is told about reads, or about one step.
const REPORT_INTERVAL: Duration = Duration::from_millis(250);

/// Progress without a terminal: a line for each completed step and, at most every 30 seconds, for each step that is
/// waiting and for long reads, so that a log shows the progress of long runs.
pub(super) struct PlainProgress<W> {
    state: Mutex<Log>,
    write: W,
}

#[derive(Debug)]
struct Log {
    /// The time between two lines.
    interval: Duration,
    reads: Reads,
    /// The last line about reads; `None` if the first read is worth a line.
    read: Option<Duration>,
    /// The start of each step in progress, or the last line about it.
    steps: BTreeMap<usize, Duration>,
}

impl Log {
    /// Returns the line for an event, if there is one to write.
    fn line(&mut self, at: Duration, event: &Event) -> Option<String> {
        let text = match event {
            Event::StepStarted { step } => {
                self.reads = Reads::default();
                self.steps.insert(step.order, at);
                return None;
            }
            Event::StepWaiting { step, elapsed } => {
                let last = self.steps.entry(step.order).or_insert_with(|| at.saturating_sub(*elapsed));
                if at.saturating_sub(*last) < self.interval {
                    return None;
                }
                *last = at;
                format!("{}, {} so far", labelled(step), seconds(*elapsed))
            }
            Event::StepDone { step, elapsed } => {
                self.steps.remove(&step.order);
                format!("{}: done after {}", labelled(step), seconds(*elapsed))
            }
            Event::StepFailed { step, code, .. } => {
                self.steps.remove(&step.order);
                format!("{}: failed ({code})", labelled(step))
            }
            Event::PlanMade { .. } | Event::Finished => {
                self.reads = Reads::default();
                self.steps.clear();
                return None;
            }
            // A waiting step is reported by its own events.
            _ if !self.steps.is_empty() => return None,
            read => {
                let is_recent = self.read.is_some_and(|last| at.saturating_sub(last) < self.interval);
                if !self.reads.take(at, read) || is_recent {
                    return None;
                }
                self.read = Some(at);
                return Some(self.reads.line());
            }
        };
        Some(view::clean(&text))
    }
}

impl Log {
    fn every(interval: Duration, read: Option<Duration>) -> Self {
        Self { interval, reads: Reads::default(), read, steps: BTreeMap::new() }
    }
}

impl<W: Fn(&str) + Send + Sync> PlainProgress<W> {
    /// Creates a progress consumer that passes lines to an agent: the first one at once.
    pub(super) fn reporting(write: W) -> Self {
        Self { state: Mutex::new(Log::every(REPORT_INTERVAL, None)), write }
    }

    /// Creates a progress consumer that writes lines with a function.
    pub(super) fn new(write: W) -> Self {
        Self { state: Mutex::new(Log::every(LINE_INTERVAL, Some(Duration::ZERO))), write }
    }
}

impl<W: Fn(&str) + Send + Sync> EventConsumer for PlainProgress<W> {
    fn take(&self, at: Duration, event: &Event) {
        let line = self.state.lock().unwrap_or_else(PoisonError::into_inner).line(at, event);
        if let Some(line) = line {
            (self.write)(&format!("{line}\n"));
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

    fn numbered(order: usize) -> StepLabel {
        StepLabel { order, ..step() }
    }

    #[test]
    fn a_short_run_writes_a_line_for_each_completed_step_and_none_for_reads() {
        let elapsed = Duration::from_secs(2);
        let events = [
            (0, Event::Listing { environment: "dev".to_owned(), type_name: None }),
            (1, read("dev", 9000)),
            (2, Event::PlanMade { environment: "dev".to_owned(), steps: 3 }),
            (2, Event::StepStarted { step: step() }),
            (4, Event::StepDone { step: step(), elapsed }),
            (60, Event::Finished),
        ];
        assert_eq!(lines(events), ["[2/3] create AWS::RDS::DBInstance db in dev: done after 2 s\n"]);
    }

    #[test]
    fn each_of_several_steps_has_its_own_interval() {
        let waiting =
            |order, elapsed| Event::StepWaiting { step: numbered(order), elapsed: Duration::from_secs(elapsed) };
        let events = [
            (0, Event::StepStarted { step: numbered(1) }),
            (20, Event::StepStarted { step: numbered(2) }),
            (31, waiting(1, 31)),
            (32, waiting(2, 12)),
            (51, waiting(2, 31)),
            (52, waiting(1, 52)),
        ];
        let subject = "create AWS::RDS::DBInstance db in dev";
        assert_eq!(
            lines(events),
            [format!("[1/3] {subject}, 31 s so far\n"), format!("[2/3] {subject}, 31 s so far\n")]
        );
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
        assert_eq!(said, [] as [String; 0]);
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

    /// What the view shows after some time without an event.
    fn shown_after_waiting(progress: &TerminalProgress) -> Option<String> {
        progress.waited();
        progress.state.lock().unwrap().reading.as_ref().map(|line| line.message())
    }

    #[test]
    fn work_without_events_is_displayed_and_prompts_are_not_disturbed() {
        let progress = TerminalProgress { only_reads: true, ..TerminalProgress::default() };
        assert_eq!(shown_after_waiting(&progress).as_deref(), Some("working"));
        progress.take(Duration::from_secs(1), &read("dev", 1));
        assert_eq!(shown_after_waiting(&progress).as_deref(), Some("dev: 1 of 9000 resources read"));
        progress.take(Duration::from_secs(2), &Event::Finished);
        assert_eq!(shown_after_waiting(&progress), None);

        let progress = TerminalProgress::default();
        assert_eq!(shown_after_waiting(&progress), None, "there may be a question");
        progress.take(Duration::from_secs(1), &read("dev", 1));
        assert_eq!(shown_after_waiting(&progress).as_deref(), Some("dev: 1 of 9000 resources read"));
        progress.take(Duration::from_secs(2), &Event::PlanMade { environment: "dev".to_owned(), steps: 1 });
        assert_eq!(shown_after_waiting(&progress), None);
    }

    #[test]
    fn a_read_is_displayed_after_a_delay_and_a_plan_clears_the_view() {
        let at = Duration::from_millis;
        let progress = TerminalProgress::default();
        let shows = || {
            let screen = progress.state.lock().unwrap();
            (screen.reading.is_some(), screen.steps.len(), screen.done)
        };
        progress.take(at(100), &read("dev", 1));
        assert_eq!(shows(), (false, 0, 0));
        progress.take(at(600), &read("dev", 2));
        assert_eq!(shows(), (true, 0, 0));
        progress.take(at(700), &Event::PlanMade { environment: "dev".to_owned(), steps: 2 });
        assert_eq!(shows(), (false, 0, 0));
        progress.take(at(800), &read("dev", 3));
        assert_eq!(shows(), (false, 0, 0), "a new read starts a new delay");
        progress.take(at(801), &Event::StepStarted { step: numbered(1) });
        progress.take(at(801), &Event::StepStarted { step: numbered(2) });
        assert_eq!(shows(), (false, 2, 0), "steps are displayed immediately");
        progress.take(at(900), &Event::StepDone { step: numbered(1), elapsed: at(99) });
        assert_eq!(shows(), (false, 1, 1));
        progress.take(at(901), &Event::Finished);
        assert_eq!(shows(), (false, 0, 0));
    }
}
