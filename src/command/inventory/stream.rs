//! Prints rows as NDJSON as soon as they are known.

use std::io::{Error, ErrorKind};
use std::sync::{Mutex, PoisonError};

use tokio::sync::Notify;

use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::inventory::InventoryRow;
use crate::outcome::{Failure, Outcome};
use crate::report::InventoryRowView;
use crate::run::Run;
use crate::ui::render::{early_header, row_line};

/// The rows that were printed.
pub(super) struct Stream<'r> {
    run: &'r Run,
    state: Mutex<State>,
    closed: Notify,
}

#[derive(Default)]
struct State {
    printed: u64,
    failed: Option<Error>,
}

impl<'r> Stream<'r> {
    pub(super) fn new(run: &'r Run) -> Self {
        Self { run, state: Mutex::default(), closed: Notify::new() }
    }

    /// Prints a row, and before the first one a header.
    pub(super) fn print(&self, row: InventoryRow) {
        let line = row_line(&InventoryRowView::new(row));
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.failed.is_some() {
            return;
        }
        let header = if state.printed == 0 { early_header("inventory", &self.run.facts()) } else { String::new() };
        match self.run.ui().data(&(header + &line)) {
            Ok(()) => state.printed += 1,
            Err(error) => {
                state.failed = Some(error);
                self.closed.notify_one();
            }
        }
    }

    /// Completes when rows can no longer be printed.
    pub(super) async fn closed(&self) {
        self.closed.notified().await;
    }

    pub(super) fn has_begun(&self) -> bool {
        self.printed() > 0
    }

    pub(super) fn printed(&self) -> u64 {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).printed
    }

    /// Reports rows that could not be printed. A reader that closes the pipe has seen enough.
    ///
    /// # Errors
    /// Rows could not be printed for another reason.
    pub(super) fn finish(&self) -> Result<(), Failure> {
        match &self.state.lock().unwrap_or_else(PoisonError::into_inner).failed {
            Some(error) if error.kind() != ErrorKind::BrokenPipe => {
                let problem = Diagnostic::error(Code::OutputLost, format!("the rows could not be written: {error}"));
                Err(Failure::new(Outcome::Error, problem))
            }
            _ => Ok(()),
        }
    }
}
