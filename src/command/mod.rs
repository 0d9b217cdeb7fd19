//! One short `run` per command, composed of pipeline steps.

mod audit;
mod completions;
mod context;
mod create;
mod demo;
mod drift;
mod estimate;
mod input;
mod promote;
mod sandbox;
mod scan;
mod schema;
mod signal;
mod write;

use std::ffi::OsString;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Parser;
use serde::Serialize;
use serde_json::Value;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use crate::cli::{self, Cli, Command, GlobalArgs, Refused, SchemaArgs};
use crate::domain::diagnostic::{Diagnostic, Level};
use crate::domain::environment::Project;
use crate::outcome::{Failure, NextStep, Outcome};
use crate::report::{RunFacts, envelope, schemas};
use crate::session::Session;
use crate::ui::Ui;
use signal::Signals;

/// A command's answer: what a machine reads and what a person reads.
pub(crate) struct Answer {
    outcome: Outcome,
    body: Option<Value>,
    human: String,
    /// The answer in the format of `--output`, where that is neither a table nor JSON.
    document: Option<String>,
    diagnostics: Vec<Diagnostic>,
    next: Vec<NextStep>,
}

impl Answer {
    fn new(outcome: Outcome, body: &impl Serialize, human: String) -> Self {
        Self {
            outcome,
            body: serde_json::to_value(body).ok(),
            human,
            document: None,
            diagnostics: Vec::new(),
            next: Vec::new(),
        }
    }

    fn diagnostics(mut self, diagnostics: impl IntoIterator<Item = Diagnostic>) -> Self {
        self.diagnostics.extend(diagnostics);
        self
    }

    fn next(mut self, why: impl Into<String>, command: impl Into<String>) -> Self {
        self.next.push(NextStep { why: why.into(), command: command.into() });
        self
    }
}

impl From<Failure> for Answer {
    fn from(failure: Failure) -> Self {
        Self {
            outcome: failure.outcome,
            body: None,
            human: String::new(),
            document: None,
            diagnostics: failure.diagnostics,
            next: failure.next,
        }
    }
}

/// Runs the process's command line.
pub fn main(arguments: Vec<OsString>) -> u8 {
    let words: Vec<String> = arguments.iter().map(|argument| argument.to_string_lossy().into_owned()).collect();
    let cli = match understand(&words) {
        Ok(cli) => cli,
        Err(code) => return code,
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            let ui = Ui::new(&GlobalArgs::default());
            ui.diagnostics(&[Diagnostic::error("no-runtime", format!("the system refuses threads: {error}"))]);
            return Outcome::Error.exit_code();
        }
    };
    let code = runtime.block_on(dispatch(cli, words));
    // A blocking read of standard input must not hold the process up.
    runtime.shutdown_background();
    code
}

/// Runs one command line; `demo` calls it for each of its own.
async fn run(words: Vec<String>) -> u8 {
    match understand(&words) {
        Ok(cli) => dispatch(cli, words).await,
        Err(code) => code,
    }
}

/// `COMMAND --json-schema` needs no other argument, so it is looked for before the rest is parsed.
fn asked_for_a_schema(words: &[String]) -> Option<u8> {
    words.iter().skip(1).take_while(|word| *word != "--").find(|word| *word == "--json-schema")?;
    let ui = Ui::new(&GlobalArgs::default());
    let name = cli::meant_command(words)?;
    Some(match schemas::committed(&name) {
        Some(schema) => exit_code(&ui, Outcome::Ok, ui.data(schema)),
        None => {
            ui.diagnostics(&[Diagnostic::error("no-schema", format!("`{name}` has no JSON document"))]);
            Outcome::Usage.exit_code()
        }
    })
}

/// Parses a command line. What calls nothing (help, mistakes, schemas, completions) is answered
/// here, before threads are started and files opened: that answer is the exit code in `Err`.
fn understand(words: &[String]) -> Result<Cli, u8> {
    if let Some(code) = asked_for_a_schema(words) {
        return Err(code);
    }
    let cli = Cli::try_parse_from(words).map_err(|error| not_understood(&error, words))?;
    let ui = Ui::new(&cli.global);
    if let Some(failure) = refuse_format(&cli) {
        return Err(finish(&ui, cli::command_name(&cli.command), failure.into(), RunFacts::default()));
    }
    match &cli.command {
        Command::Completions(arguments) => {
            Err(exit_code(&ui, Outcome::Ok, ui.data(&completions::script(arguments.shell))))
        }
        Command::Schema(arguments) if arguments.env.is_none() => {
            let began = Instant::now();
            let answer = schema::offline(arguments, &cli.global).unwrap_or_else(Answer::from);
            Err(finish(&ui, cli::command_name(&cli.command), answer, facts_since(began)))
        }
        Command::Estimate(arguments) if arguments.supported => {
            let began = Instant::now();
            Err(finish(&ui, cli::command_name(&cli.command), estimate::supported(&cli.global), facts_since(began)))
        }
        _ => Ok(cli),
    }
}

async fn dispatch(cli: Cli, words: Vec<String>) -> u8 {
    let ui = Ui::new(&cli.global);
    let name = cli::command_name(&cli.command);
    let began = Instant::now();
    if let Command::Demo(arguments) = &cli.command {
        let answer = demo::run(arguments, &ui, &Signals::listen()).await.unwrap_or_else(Answer::from);
        return finish(&ui, name, answer, facts_since(began));
    }
    let session = match Session::open(&cli.global, words, cli::is_about_files(&cli.command)) {
        Ok(session) => session,
        Err(failure) => return finish(&ui, name, unanswered(&cli, failure), RunFacts::default()),
    };
    let run = Arc::new(Run { cli, session, ui, signals: Signals::listen() });
    let answer = interruptible(&run).await.unwrap_or_else(|failure| unanswered(&run.cli, failure));
    let answer = strict(answer, &run.cli.global)
        .diagnostics(without_effect(run.session.project()))
        .diagnostics(run.session.note_without_project());
    finish(&ui, name, answer, run.session.facts())
}

/// Everything that a command works with.
struct Run {
    cli: Cli,
    session: Session,
    ui: Ui,
    signals: Signals,
}

/// How long a command that was stopped may take to put its things away: to end another program, to
/// remove a file.
const CLEARING: Duration = Duration::from_millis(500);

/// The main thread's stack on most systems; a thread's own would be a quarter of it.
const STACK: usize = 8 << 20;

/// The command's answer, or that it was stopped. The command has a thread of its own: one that computes
/// does not look up, and could not notice a signal.
async fn interruptible(run: &Arc<Run>) -> Result<Answer, Failure> {
    let (answered, mut answer) = oneshot::channel();
    let (its, runtime) = (Arc::clone(run), Handle::current());
    let work = move || {
        let answer = runtime.block_on(async {
            tokio::select! {
                answer = command(&its) => answer,
                signal = its.signals.wanted() => Err(stopped(signal)),
            }
        });
        // Nobody waits for it any more after a signal.
        let _ = answered.send(answer);
    };
    let thread = std::thread::Builder::new().name("command".to_owned()).stack_size(STACK).spawn(work);
    let thread = thread.map_err(|error| {
        Failure::new(Outcome::Error, Diagnostic::error("no-thread", format!("the system refuses a thread: {error}")))
    })?;
    tokio::select! {
        answered = &mut answer => answered.unwrap_or_else(|_| match thread.join() {
            Err(panic) => std::panic::resume_unwind(panic),
            Ok(()) => Err(Failure::new(Outcome::Error, Diagnostic::error("internal", "the command gave no answer"))),
        }),
        signal = run.signals.wanted() => match tokio::time::timeout(CLEARING, answer).await {
            Ok(Ok(answer)) => answer,
            _ => Err(stopped(signal)),
        },
    }
}

async fn command(run: &Run) -> Result<Answer, Failure> {
    let Run { cli, session, ui, signals } = run;
    match &cli.command {
        Command::Context(arguments) => context::run(arguments, session).await,
        Command::Estimate(arguments) => estimate::run(arguments, &cli.global, session).await,
        Command::Scan(arguments) => scan::run(arguments, &cli.global, session).await,
        Command::Create(arguments) => create::run(arguments, &cli.global, session, ui, signals).await,
        Command::Promote(arguments) => promote::run(arguments, &cli.global, session, ui, signals).await,
        Command::Drift(arguments) => drift::run(arguments, session).await,
        Command::TagAudit(arguments) => audit::run(arguments, session).await,
        Command::Sandbox(arguments) => sandbox::run(arguments, session, ui).await,
        Command::Schema(SchemaArgs { env: Some(environment), type_name }) => {
            schema::run(type_name, environment, session).await
        }
        Command::Completions(_) | Command::Demo(_) | Command::Schema(_) => {
            Err(Failure::new(Outcome::Error, Diagnostic::error("internal", "handled before")))
        }
    }
}

/// What the envelope says of a run without a session.
fn facts_since(began: Instant) -> RunFacts {
    RunFacts { elapsed_ms: began.elapsed().as_millis().try_into().unwrap_or(u64::MAX), ..RunFacts::default() }
}

/// True where something says that not everything could be looked at.
fn has_gap(said: &[Diagnostic]) -> bool {
    said.iter().any(|one| ["incomplete", "unseen-type"].contains(&one.code))
}

/// With `--strict`, an answer with gaps is an error.
fn strict(mut answer: Answer, global: &GlobalArgs) -> Answer {
    if global.strict && has_gap(&answer.diagnostics) && matches!(answer.outcome, Outcome::Ok | Outcome::Findings) {
        answer.outcome = Outcome::Error;
    }
    answer
}

/// A warning for a project that sets what this version does not act on.
fn without_effect(project: &Project) -> Option<Diagnostic> {
    let keys: Vec<String> = project.without_effect().iter().map(|key| format!("`{key}`")).collect();
    (!keys.is_empty()).then(|| {
        Diagnostic::warning("no-effect", format!("the project sets {}, which has no effect yet", keys.join(", ")))
            .hint("do not rely on it: every limit is as without it")
    })
}

fn stopped(outcome: Outcome) -> Failure {
    Failure::new(outcome, Diagnostic::error("interrupted", "stopped by a signal; nothing was being sent"))
}

/// The answer of a run that ended before it had one. A file that a machine will read says so too.
fn unanswered(cli: &Cli, failure: Failure) -> Answer {
    let mut answer = Answer::from(failure);
    if let Command::Scan(_) = &cli.command {
        answer.document = scan::without_answer(cli.global.format(), &answer);
    }
    answer
}

/// A format that a command's answer does not have is a mistake, and no other is put in its place.
fn refuse_format(cli: &Cli) -> Option<Failure> {
    let (wanted, known) = (cli.global.format(), cli::formats(&cli.command));
    if known.contains(&wanted) {
        return None;
    }
    let (name, names) = (cli::form_name(&cli.command), known.iter().map(|format| format.as_str()));
    let problem = Diagnostic::error("no-such-format", format!("`{name}` has no output format `{}`", wanted.as_str()));
    let hint = format!("formats of `{name}`: {}", names.collect::<Vec<_>>().join(", "));
    Some(Failure::usage(vec![problem.hint(hint)]))
}

/// Prints an answer and returns the exit code.
fn finish(ui: &Ui, name: &str, answer: Answer, facts: RunFacts) -> u8 {
    let written = if ui.is_json() {
        ui.document(&envelope(Some(name), answer.outcome, facts, &answer.diagnostics, &answer.next, answer.body))
    } else {
        let written = ui.data(answer.document.as_ref().unwrap_or(&answer.human));
        ui.diagnostics(&answer.diagnostics);
        ui.next(&answer.next);
        written
    };
    exit_code(ui, answer.outcome, written)
}

/// The exit code of an answer. One that could not be written is an error, unless its reader went
/// away by itself (`| head`).
fn exit_code(ui: &Ui, outcome: Outcome, written: std::io::Result<()>) -> u8 {
    match written {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            ui.diagnostics(&[Diagnostic::error("output-lost", format!("the answer could not be written: {error}"))]);
            match outcome {
                // What was lost is all that the run was for.
                Outcome::Ok | Outcome::Findings | Outcome::ApprovalRequired => Outcome::Error.exit_code(),
                other => other.exit_code(),
            }
        }
        _ => outcome.exit_code(),
    }
}

/// Answers a command line that clap refused, or that asked for help.
fn not_understood(error: &clap::Error, words: &[String]) -> u8 {
    let json = cli::wants_json(words, |name| std::env::var(name).ok());
    let ui = Ui::new(&GlobalArgs { json, ..GlobalArgs::default() });
    let mistake = match cli::refused(error, words) {
        Refused::Shown(text) => return exit_code(&ui, Outcome::Ok, ui.data(&text)),
        Refused::Mistake(mistake) => mistake,
    };
    let problem = Diagnostic::error("usage", mistake.message).hint(mistake.hint);
    let written = if json {
        let command = mistake.command.as_deref();
        ui.document(&envelope::<Value>(command, Outcome::Usage, RunFacts::default(), &[problem], &[], None))
    } else if cli::is_bare(words) {
        ui.message(cli::INTRODUCTION);
        Ok(())
    } else {
        ui.diagnostics(&[problem]);
        Ok(())
    };
    exit_code(&ui, Outcome::Usage, written)
}

/// Warnings about what a reading command could not see.
fn incomplete(gaps: &[(u64, &str)]) -> Option<Diagnostic> {
    let said: Vec<String> =
        gaps.iter().filter(|(number, _)| *number > 0).map(|(number, what)| format!("{number} {what}")).collect();
    (!said.is_empty()).then(|| {
        let mut warning = Diagnostic::warning("incomplete", format!("this answer has gaps: {}", said.join(", ")));
        warning.level = Level::Warning;
        warning.hint("with --strict a gap is an error")
    })
}
