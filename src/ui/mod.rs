//! Terminal output and prompts. Results are written to stdout, everything else to stderr.

mod event_lines;
mod pager;
mod progress;
mod prompt;
pub mod render;
pub mod view;
mod visible;

pub use event_lines::EventLines;
pub use prompt::{Answer, ask, confirm, text as ask_text};

use std::io::{IsTerminal, Write};
use std::sync::Arc;

use serde::Serialize;

use crate::cli::{ColorChoice, GlobalArgs, OutputFormat};
use crate::domain::diagnostic::{Diagnostic, Level};
use crate::outcome::NextStep;
use crate::pipeline::event::EventConsumer;
use pager::Pager;
use progress::{PlainProgress, TerminalProgress};
use view::{PlanDetail, PlanDisplay};
use visible::{visible, visible_json};

/// The standard output of a process whose output another program reads: a subprocess, or completions.
pub fn message_stream() -> impl Write + Send + 'static {
    std::io::stdout()
}

/// Returns a consumer that passes the progress of a run to a function, line by line.
pub fn progress_lines(write: impl Fn(&str) + Send + Sync + 'static) -> Arc<dyn EventConsumer> {
    Arc::new(PlainProgress::reporting(write))
}

/// Takes standard input and output for a protocol. Whatever else the process reads there is empty, and what it prints there
/// goes to stderr.
///
/// # Errors
/// The system does not duplicate a stream.
pub fn protocol_streams() -> std::io::Result<(tokio::fs::File, tokio::fs::File)> {
    let input = rustix::io::fcntl_dupfd_cloexec(std::io::stdin(), FIRST_FREE)?;
    let output = rustix::io::fcntl_dupfd_cloexec(std::io::stdout(), FIRST_FREE)?;
    rustix::stdio::dup2_stdin(std::fs::File::open("/dev/null")?)?;
    rustix::stdio::dup2_stdout(std::io::stderr())?;
    let file = |stream: std::os::fd::OwnedFd| tokio::fs::File::from_std(std::fs::File::from(stream));
    Ok((file(input), file(output)))
}

/// The number of the first stream that is not a standard one.
const FIRST_FREE: i32 = 3;

/// The output streams of a run.
#[derive(Debug, Clone, Copy)]
pub struct Ui {
    json: bool,
    /// The result is one document, which nothing else may be printed before.
    document: bool,
    quiet: bool,
    interactive: bool,
    /// Long results go through a pager, if there is a terminal for it.
    pages: bool,
}

impl Ui {
    /// Configures output from the flags, the streams and environment variables.
    pub fn new(global: &GlobalArgs) -> Self {
        let json = global.wants_json();
        match global.color {
            ColorChoice::Always => console::set_colors_enabled(true),
            ColorChoice::Never => console::set_colors_enabled(false),
            ColorChoice::Auto => {
                let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
                console::set_colors_enabled(std::io::stdout().is_terminal() && !plain);
            }
        }
        console::set_colors_enabled_stderr(match global.color {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => {
                std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
            }
        });
        let ci = std::env::var("CI").is_ok_and(|value| !value.is_empty() && value != "false" && value != "0");
        let terminals = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
        let document = json || global.format() == OutputFormat::Html;
        Self {
            json,
            document,
            quiet: global.quiet,
            interactive: terminals && !document && !global.no_input && !ci,
            pages: !global.no_pager && !ci,
        }
    }

    /// Returns true if prompts are allowed: stdin and stderr are terminals, and no flag or variable disables them.
    pub fn is_interactive(&self) -> bool {
        self.interactive
    }

    /// Returns true if the result is printed as one JSON document.
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// Returns true if nothing but the result may be printed to stdout.
    pub fn prints_one_document(&self) -> bool {
        self.document
    }

    /// Returns how plans are displayed: `full` shows every property. Without a terminal, lines have 80 characters.
    pub fn plan_display(&self, full: bool) -> PlanDisplay {
        const WIDTH: usize = 80;
        let width = console::Term::stdout().size_checked().map_or(WIDTH, |(_, width)| usize::from(width));
        let detail = match (self.quiet, full) {
            (true, _) => PlanDetail::Verdict,
            (false, true) => PlanDetail::Full,
            (false, false) => PlanDetail::Summary,
        };
        PlanDisplay { detail, width }
    }

    /// Returns true if JSON documents are indented: on a terminal. Programs get one line.
    pub fn indents_json(&self) -> bool {
        std::io::stdout().is_terminal()
    }

    /// Writes data to stdout.
    ///
    /// # Errors
    /// Writing failed, for example because the disk is full or the reader closed the pipe.
    pub fn data(&self, text: &str) -> std::io::Result<()> {
        let mut out = std::io::stdout().lock();
        out.write_all(visible(text).as_bytes()).and_then(|()| out.flush())
    }

    /// Writes a result or help to stdout; at a terminal that it does not fit, through a pager.
    ///
    /// # Errors
    /// Writing failed.
    pub fn result(&self, text: &str) -> std::io::Result<()> {
        let pager =
            Some(()).filter(|()| self.pages).and_then(|()| Pager::of_terminal()).filter(|_| pager::is_long(text));
        pager.and_then(|pager| pager.show(&visible(text))).unwrap_or_else(|| self.data(text))
    }

    /// Writes a JSON document to stdout.
    ///
    /// # Errors
    /// Writing failed.
    pub fn document(&self, document: &impl Serialize) -> std::io::Result<()> {
        let text =
            if self.indents_json() { serde_json::to_string_pretty(document) } else { serde_json::to_string(document) };
        let text = text.map_err(std::io::Error::other)?;
        self.data(&(visible_json(text) + "\n"))
    }

    /// Writes to stderr.
    pub fn message(&self, text: &str) {
        let mut err = std::io::stderr().lock();
        let _ = err.write_all(visible(text).as_bytes()).and_then(|()| err.flush());
    }

    /// Writes diagnostics to stderr; with `--quiet`, only errors.
    pub fn diagnostics(&self, diagnostics: &[Diagnostic]) {
        let text: String =
            diagnostics.iter().filter(|one| !self.quiet || one.level == Level::Error).map(view::diagnostic).collect();
        self.message(&text);
    }

    /// Writes the commands to run next to stderr, apart from the result.
    pub fn next(&self, next: &[NextStep]) {
        if !self.quiet && !next.is_empty() {
            self.message(&format!("\n{}", view::next(next)));
        }
    }

    /// Returns the consumer that displays progress on stderr: a spinner on a terminal, otherwise an occasional line;
    /// `None` with `--quiet` or JSON output. `only_reads`: the run prints and asks nothing before its end.
    pub fn progress(&self, only_reads: bool) -> Option<Arc<dyn EventConsumer>> {
        if self.quiet || self.json {
            return None;
        }
        if std::io::stderr().is_terminal() {
            return Some(TerminalProgress::watching(only_reads));
        }
        let ui = *self;
        Some(Arc::new(PlainProgress::new(move |line: &str| ui.message(line))))
    }
}
