//! The runs of the server: each call of a tool is a run of its command in this process.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Semaphore, oneshot};
use tokio::task::JoinHandle;

use crate::cli::{self, Cli};
use crate::command::{complete, facts_of, offline};
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::outcome::{Failure, Outcome};
use crate::pipeline::event::EventConsumer;
use crate::report::{Answer, Body, RunFacts};
use crate::run::{GRACE, Run, Signals, SystemClock};
use crate::ui::Ui;
use crate::workspace::Workspace;

/// The most runs at once.
const MAX_RUNS: usize = 4;

/// The runs in progress.
pub struct Runs {
    permits: Arc<Semaphore>,
    active: Mutex<Vec<(Signals, JoinHandle<()>)>>,
}

/// A run that ended.
pub struct Ended {
    /// Its answer.
    pub answer: Answer<Body>,
    /// The facts about it.
    pub facts: RunFacts,
}

impl Runs {
    pub fn new() -> Self {
        Self { permits: Arc::new(Semaphore::new(MAX_RUNS)), active: Mutex::default() }
    }

    /// Starts a command. It goes on if nobody waits for its answer any more: a plan that is being applied is never dropped.
    pub fn start(&self, cli: Cli, consumers: Vec<Arc<dyn EventConsumer>>) -> (Signals, oneshot::Receiver<Ended>) {
        let signals = Signals::default();
        let (ended, answer) = oneshot::channel();
        let (permits, own) = (Arc::clone(&self.permits), signals.clone());
        let task = tokio::spawn(async move {
            let _permit = tokio::select! {
                permit = permits.acquire_owned() => permit,
                _ = own.cancellation() => {
                    let _ = ended.send(Ended { answer: canceled().into(), facts: RunFacts::default() });
                    return;
                }
            };
            let _ = ended.send(run(cli, own, consumers).await);
        });
        let mut active = self.active.lock().unwrap_or_else(PoisonError::into_inner);
        active.retain(|(_, task)| !task.is_finished());
        active.push((signals.clone(), task));
        (signals, answer)
    }

    /// Cancels all runs, and waits until those that apply a plan have finished the calls in progress.
    pub async fn stop(&self) {
        let active = std::mem::take(&mut *self.active.lock().unwrap_or_else(PoisonError::into_inner));
        active.iter().for_each(|(signals, _)| signals.cancel());
        for (_, task) in active {
            let _ = task.await;
        }
    }
}

async fn run(cli: Cli, signals: Signals, consumers: Vec<Arc<dyn EventConsumer>>) -> Ended {
    let clock = SystemClock::new();
    if let Some(answer) = offline(&cli) {
        return Ended { answer, facts: facts_of(&clock) };
    }
    // Opened for each call: the project file may have changed.
    let workspace = match Workspace::open(&cli.global, cli::reads_only_files(&cli.command)) {
        Ok(workspace) => Arc::new(workspace),
        Err(failure) => return Ended { answer: failure.into(), facts: RunFacts::default() },
    };
    if let Some(limit) = cli.global.timeout {
        signals.limit(limit, GRACE);
    }
    let ui = Ui::new(&cli.global);
    let run = Arc::new(Run::begin(workspace, cli, Arc::new(clock), ui, signals, consumers));
    let answer = complete(&run).await;
    Ended { answer, facts: run.facts() }
}

/// A run that was canceled before it began.
pub fn canceled() -> Failure {
    Failure::new(Outcome::Interrupted, Diagnostic::error(Code::Interrupted, "canceled before it began"))
}
