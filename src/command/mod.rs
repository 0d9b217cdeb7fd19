//! One short `run` function per command, composed of pipeline stages.

mod apply;
mod approve;
mod audit;
mod completions;
mod context;
mod cost;
mod create;
mod delete;
mod demo;
mod doctor;
mod drift;
mod drift_desired;
mod drift_ignore;
mod estimate;
mod explain;
mod follow_up;
mod gate_rules;
mod iam;
mod init;
mod inventory;
mod job_summary;
mod key_value;
mod manual;
mod mcp;
mod policies;
mod prices;
mod project_file;
mod promote;
mod query;
mod reading;
mod resource_access;
mod runtime;
mod sandbox;
mod scan;
mod schema;
mod template;
mod templates;
mod translation;
mod update;
mod usage;
mod write;

use std::ffi::OsString;
use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use crate::cli::{self, Cli, Command, GlobalArgs, OutputFormat, ParseFailure, SchemaArgs, command_line};
use crate::domain::diagnostic::{Code, Diagnostic, Level};
use crate::domain::stale::StaleRead;
use crate::engines::policy_process;
use crate::outcome::{Failure, Outcome};
use crate::pipeline::evaluate;
use crate::pipeline::event::{Event, EventConsumer};
use crate::report::{Answer, Body, RunFacts, WriteAnswer, envelope, schemas};
use crate::run::{Clock, GRACE, Run, Signals, StopReason, SystemClock};
use crate::ui::render::{self, Kind, RenderInput, renderer};
use crate::ui::{self, EventLines, Ui};
use crate::workspace::Workspace;
use query::Query;

/// Runs the command line of the process and returns its exit code.
pub fn main(arguments: Vec<OsString>) -> u8 {
    if arguments.iter().skip(1).eq([policy_process::ARGUMENT]) {
        return run_policies();
    }
    if let Some(candidates) = completions::candidates(&arguments) {
        let mut out = ui::message_stream();
        return match out.write_all(&candidates).and_then(|()| out.flush()) {
            Ok(()) => Outcome::Ok.exit_code(),
            Err(_) => Outcome::Error.exit_code(),
        };
    }
    let words: Vec<String> = arguments.iter().map(|argument| argument.to_string_lossy().into_owned()).collect();
    let cli = match parse_or_answer(&words) {
        Ok(cli) => cli,
        Err(code) => return code,
    };
    let runtime = match runtime::start() {
        Ok(runtime) => runtime,
        Err(error) => {
            let ui = Ui::new(&GlobalArgs::default());
            ui.diagnostics(&[runtime::refused(&error)]);
            return Outcome::Error.exit_code();
        }
    };
    let code = runtime.block_on(dispatch(cli, true));
    // A blocking read of standard input must not keep the process from exiting.
    runtime.shutdown_background();
    code
}

/// Runs the policies of another stagegate process, which started this one, and returns the exit code.
fn run_policies() -> u8 {
    match policy_process::serve(evaluate::run, std::io::stdin(), ui::message_stream()) {
        Ok(()) => Outcome::Ok.exit_code(),
        Err(error) => {
            Ui::new(&GlobalArgs::default()).message(&format!("{error}\n"));
            Outcome::Error.exit_code()
        }
    }
}

/// Runs one command line; `demo` calls it for each of its commands.
async fn run(words: Vec<String>) -> u8 {
    match parse_or_answer(&words) {
        // The demo itself says what comes next.
        Ok(cli) => dispatch(cli, false).await,
        Err(code) => code,
    }
}

/// Handles `COMMAND --json-schema`. It needs no other arguments, so it is handled before the rest is parsed.
fn print_requested_schema(words: &[String]) -> Option<u8> {
    words.iter().skip(1).take_while(|word| *word != "--").find(|word| *word == "--json-schema")?;
    let ui = Ui::new(&GlobalArgs::default());
    let name = cli::intended_command(words)?;
    Some(match schemas::committed(&name) {
        Some(schema) => exit_code(&ui, Outcome::Ok, ui.data(schema)),
        None => {
            ui.diagnostics(&[Diagnostic::error(Code::NoSchema, format!("`{name}` has no JSON document"))]);
            Outcome::Usage.exit_code()
        }
    })
}

/// Parses a command line. Requests that need no calls (help, usage errors, schemas, completions) are answered
/// here, before threads are started and files opened: `Err` is then the exit code.
fn parse_or_answer(words: &[String]) -> Result<Cli, u8> {
    if let Some(code) = print_requested_schema(words) {
        return Err(code);
    }
    let cli = cli::parse(words).map_err(|error| report_parse_failure(&error, words))?;
    let ui = Ui::new(&cli.global);
    if let Some(failure) = refuse_output(&cli) {
        return Err(finish(&ui, &cli, failure.into(), RunFacts::default()));
    }
    match &cli.command {
        Command::Completions(arguments) => {
            return Err(exit_code(&ui, Outcome::Ok, ui.data(&completions::script(arguments.shell))));
        }
        Command::Context(arguments) if arguments.project_schema => {
            let schema = schemas::committed("project").unwrap_or_default();
            return Err(exit_code(&ui, Outcome::Ok, ui.data(schema)));
        }
        Command::Man(arguments) => {
            return Err(match manual::page(arguments) {
                Ok(page) => exit_code(&ui, Outcome::Ok, ui.data(&page)),
                Err(failure) => finish(&ui, &cli, failure.into(), RunFacts::default()),
            });
        }
        _ => {}
    }
    let clock = SystemClock::new();
    match offline(&cli) {
        Some(answer) => Err(finish(&ui, &cli, follow_up::add(answer, &cli, &[]), facts_of(&clock))),
        None => Ok(cli),
    }
}

/// Answers a command that needs no workspace.
fn offline(cli: &Cli) -> Option<Answer<Body>> {
    Some(match &cli.command {
        Command::Schema(arguments) if arguments.env.is_none() => {
            schema::offline(arguments, &cli.global).map_or_else(Answer::from, |answer| answer.map(Body::Schema))
        }
        Command::Explain(arguments) => explain::offline(arguments, &cli.global).unwrap_or_else(Answer::from),
        Command::Templates(arguments) => templates::offline(arguments, &cli.global, &cli.given)
            .map_or_else(Answer::from, |answer| answer.map(Body::Templates)),
        Command::Estimate(arguments) if arguments.supported => estimate::supported().map(Body::Supported),
        _ => return None,
    })
}

/// True for a command that prints its result at the end, and nothing before.
fn only_reads(command: &Command) -> bool {
    match command {
        Command::TagAudit(arguments) => !arguments.fix,
        Command::Context(_)
        | Command::Cost(_)
        | Command::Drift(_)
        | Command::Estimate(_)
        | Command::Iam(_)
        | Command::Inventory(_)
        | Command::Prices(_)
        | Command::Scan(_)
        | Command::Schema(_) => true,
        _ => false,
    }
}

/// Runs one command. `is_guided`: an answer that calls for nothing names the command that a user runs next.
async fn dispatch(cli: Cli, is_guided: bool) -> u8 {
    let ui = Ui::new(&cli.global);
    let clock = SystemClock::new();
    if let Command::Demo(arguments) = &cli.command {
        let answer = demo::run(arguments, &ui, &Signals::listen()).await;
        let answer = follow_up::add(answer.map_or_else(Answer::from, |answer| answer.map(Body::Demo)), &cli, &[]);
        return finish(&ui, &cli, answer, facts_of(&clock));
    }
    if let Command::Mcp(arguments) = &cli.command {
        return mcp::serve(arguments, &cli, &ui).await;
    }
    let workspace = match &cli.command {
        // It makes a project.
        Command::Init(_) => Ok(Workspace::without_project(&cli.global)),
        command => Workspace::open(&cli.global, cli::reads_only_files(command)),
    };
    let workspace = match workspace {
        Ok(workspace) => Arc::new(workspace),
        Err(failure) => return finish(&ui, &cli, failure.into(), RunFacts::default()),
    };
    let mut consumers: Vec<Arc<dyn EventConsumer>> = ui.progress(only_reads(&cli.command)).into_iter().collect();
    if cli.global.format() == OutputFormat::Ndjson && Kind::of(&cli.command) == Kind::Write {
        consumers.push(Arc::new(EventLines(ui)));
    }
    let signals = Signals::listen();
    if let (Some(limit), false) = (cli.global.timeout, matches!(cli.command, Command::Sandbox(_))) {
        signals.limit(limit, GRACE);
    }
    let run = Arc::new(Run::begin(workspace, cli, Arc::new(clock), ui, signals, consumers));
    let mut answer = complete(&run).await;
    if is_guided {
        answer = follow_up::add(answer, run.cli(), &run.workspace().project().environments);
    }
    finish(&ui, run.cli(), answer, run.facts())
}

/// Runs a command to its end and returns its answer.
async fn complete(run: &Arc<Run>) -> Answer<Body> {
    let answer = interruptible(run).await.unwrap_or_else(Answer::from);
    run.events().emit(Event::Finished);
    run.workspace().remember_breakers();
    let answer = strict(answer, run.global());
    answer.diagnostics(run.audit().problem()).diagnostics(run.workspace().note_without_project())
}

/// Time that an interrupted command has for cleanup, such as ending a child process or removing a file.
const CLEANUP_TIMEOUT: Duration = Duration::from_millis(500);

/// Stack size of the main thread on most systems; the default of other threads is a quarter of it.
const STACK_SIZE: usize = 8 << 20;

/// Runs the command until it ends or a signal arrives. The command has its own thread, because a CPU-bound
/// command would not notice a signal.
async fn interruptible(run: &Arc<Run>) -> Result<Answer<Body>, Failure> {
    let (answered, mut answer) = oneshot::channel();
    let (command_run, runtime) = (Arc::clone(run), Handle::current());
    let work = move || {
        let answer = runtime.block_on(async {
            tokio::select! {
                // The command comes first: at a prompt, it reports itself that it was interrupted there.
                biased;
                answer = command(&command_run) => answer,
                reason = command_run.signals().cancellation() => Err(stopped_failure(reason)),
            }
        });
        // After a signal, nobody waits for the result.
        let _ = answered.send(answer);
    };
    let thread = std::thread::Builder::new().name("command".to_owned()).stack_size(STACK_SIZE).spawn(work);
    let thread = thread.map_err(|error| Failure::new(Outcome::Error, runtime::refused(&error)))?;
    tokio::select! {
        answered = &mut answer => answered.unwrap_or_else(|_| match thread.join() {
            Err(panic) => std::panic::resume_unwind(panic),
            Ok(()) => Err(Failure::new(Outcome::Error, Diagnostic::error(Code::Internal, "the command ended without a result"))),
        }),
        reason = run.signals().cancellation() => match tokio::time::timeout(CLEANUP_TIMEOUT, answer).await {
            Ok(Ok(answer)) => answer,
            _ => Err(stopped_failure(reason)),
        },
    }
}

async fn command(run: &Run) -> Result<Answer<Body>, Failure> {
    Ok(match &run.cli().command {
        Command::Context(arguments) => context::run(arguments, run).await?.map(Body::Context),
        Command::Estimate(arguments) => estimate::run(arguments, run).await?.map(Body::Estimate),
        Command::Scan(arguments) => scan::run(arguments, run).await?,
        Command::Create(arguments) => create::run(arguments, run).await?.map(written),
        Command::Update(arguments) => update::run(arguments, run).await?.map(written),
        Command::Delete(arguments) => delete::run(arguments, run).await?.map(written),
        Command::Apply(arguments) => apply::run(arguments, run).await?.map(written),
        Command::Approve(arguments) => approve::run(arguments, run).await?.map(Body::Approval),
        Command::Promote(arguments) => promote::run(arguments, run).await?.map(written),
        Command::Drift(arguments) => {
            drift::run(arguments, run).await?.map(|body| body.listed(run.global().summary)).map(Body::Drift)
        }
        Command::TagAudit(arguments) => audit::run(arguments, run).await?,
        Command::Inventory(arguments) => {
            inventory::run(arguments, run).await?.map(|body| Body::Inventory(Box::new(body)))
        }
        Command::Cost(arguments) => cost::run(arguments, run).await?.map(|body| Body::Cost(Box::new(body))),
        Command::Iam(arguments) => iam::run(arguments, run).await?.map(|body| Body::Iam(Box::new(body))),
        Command::Prices(arguments) => prices::run(arguments, run).await?.map(Body::Prices),
        Command::Sandbox(arguments) => sandbox::run(arguments, run).await?.map(Body::Sandbox),
        Command::Schema(SchemaArgs { env: Some(environment), type_name }) => {
            schema::run(type_name, environment, run).await?.map(Body::Schema)
        }
        Command::Init(arguments) => init::run(arguments, run).await?.map(Body::Init),
        Command::Completions(_)
        | Command::Demo(_)
        | Command::Explain(_)
        | Command::Man(_)
        | Command::Mcp(_)
        | Command::Schema(_)
        | Command::Templates(_) => {
            return Err(Failure::new(Outcome::Error, Diagnostic::error(Code::Internal, "handled before")));
        }
    })
}

/// Renders a command to run next, with the flags of this run that select the project, the cloud and the Region.
fn suggested(words: &[&str], given: &GlobalArgs) -> String {
    let line: Vec<String> = std::iter::once("stagegate").chain(words.iter().copied()).map(str::to_owned).collect();
    match cli::parse(&line) {
        Ok(cli) => command_line::render(&cli.command, &given.location_flags()),
        Err(_) => command_line::shell_quote(&line),
    }
}

fn written(answer: WriteAnswer) -> Body {
    Body::Write(Box::new(answer))
}

/// Returns the envelope's facts about a run without a workspace; the clock was created when the run began.
fn facts_of(clock: &dyn Clock) -> RunFacts {
    RunFacts { elapsed_ms: clock.monotonic().as_millis().try_into().unwrap_or(u64::MAX), ..RunFacts::default() }
}

/// Returns true if a diagnostic says that the results are incomplete.
fn is_incomplete(said: &[Diagnostic]) -> bool {
    said.iter().any(|one| one.code.marks_gap())
}

/// Turns incomplete results into an error if `--strict` is set.
fn strict(mut answer: Answer<Body>, global: &GlobalArgs) -> Answer<Body> {
    if global.strict && is_incomplete(&answer.diagnostics) && matches!(answer.outcome, Outcome::Ok | Outcome::Findings)
    {
        answer.outcome = Outcome::Error;
    }
    answer
}

fn stopped_failure(reason: StopReason) -> Failure {
    Failure::new(reason.outcome(false), reason.diagnostic("nothing was being sent"))
}

/// Rejects an output format that the command does not have, and a query that is none; there is no fallback to another format.
fn refuse_output(cli: &Cli) -> Option<Failure> {
    let (wanted, kind) = (cli.global.format(), Kind::of(&cli.command));
    let refused = |problem: String, hint: &str| {
        Some(Failure::usage(vec![Diagnostic::error(Code::NoSuchFormat, problem).hint(hint)]))
    };
    if let Some(query) = &cli.global.query {
        if !matches!(wanted, OutputFormat::Table | OutputFormat::Json) {
            let problem = format!("--query prints JSON, which is not the output format `{}`", wanted.as_str());
            return refused(problem, "leave out --output");
        }
        if let Err(failure) = Query::parse(query) {
            return Some(failure);
        }
    }
    // These formats consist of rows, or would say of missing ones that they passed.
    let needs_rows = !matches!(wanted, OutputFormat::Json)
        && (!matches!(kind, Kind::Drift | Kind::TagAudit)
            || matches!(wanted, OutputFormat::Sarif | OutputFormat::Junit | OutputFormat::Ndjson));
    if cli.global.summary && needs_rows {
        let problem = format!("--summary leaves out the rows, which the output format `{}` needs", wanted.as_str());
        return refused(problem, "leave out --summary, or use --output json");
    }
    if renderer(kind, wanted).is_some() {
        return None;
    }
    let (name, names) = (cli::form_name(&cli.command), kind.formats().map(OutputFormat::as_str));
    let hint = format!("formats of `{name}`: {}", names.collect::<Vec<_>>().join(", "));
    refused(format!("`{name}` has no output format `{}`", wanted.as_str()), &hint)
}

/// Prints an answer and returns the exit code. The rejection of an unsupported format is printed like the
/// diagnostics of a table.
fn finish(ui: &Ui, cli: &Cli, answer: Answer<Body>, facts: RunFacts) -> u8 {
    let kind = Kind::of(&cli.command);
    let input = RenderInput {
        command: cli::command_name(&cli.command),
        answer: &answer,
        facts: &facts,
        plan_display: ui.plan_display(cli.command.shows_full_plan()),
        indented_json: ui.indents_json(),
        is_summary: cli.global.summary,
    };
    if let Some(query) = cli.global.query.as_deref().filter(|_| answer.body.is_some()) {
        return finish_query(ui, query, input);
    }
    let wanted = renderer(kind, cli.global.format());
    let text = wanted.map(|renderer| renderer(input)).unwrap_or_default();
    let written = ui.result(&text);
    if wanted.is_some() && cli.global.format() == OutputFormat::Github {
        // The annotations are the diagnostics.
        let report = renderer(kind, OutputFormat::Markdown).map(|renderer| renderer(input)).unwrap_or_default();
        ui.diagnostics(job_summary::append(&report).as_slice());
    } else if wanted.is_none() || !ui.is_json() {
        ui.diagnostics(&answer.diagnostics);
        ui.next(&answer.next);
    }
    exit_code(ui, answer.outcome, written)
}

/// Prints the result of a query. What the rest of the document says goes to standard error.
fn finish_query(ui: &Ui, query: &str, input: RenderInput<'_>) -> u8 {
    let answer = input.answer;
    let result = Query::parse(query).and_then(|query| query.evaluate(render::body(input)));
    let (text, outcome, problems) = match result {
        Ok(result) => (render::json_text(&result, input.indented_json), answer.outcome, Vec::new()),
        Err(failure) => (String::new(), failure.outcome, failure.diagnostics),
    };
    let written = ui.result(&text);
    ui.diagnostics(&answer.diagnostics);
    ui.diagnostics(&problems);
    ui.next(&answer.next);
    exit_code(ui, outcome, written)
}

/// Returns the exit code of an answer. An answer that could not be written is an error, unless the reader
/// closed the pipe (`| head`).
fn exit_code(ui: &Ui, outcome: Outcome, written: std::io::Result<()>) -> u8 {
    match written {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            ui.diagnostics(&[Diagnostic::error(Code::OutputLost, format!("the answer could not be written: {error}"))]);
            match outcome {
                // The lost output was the only purpose of the run.
                Outcome::Ok | Outcome::Findings | Outcome::ApprovalRequired => Outcome::Error.exit_code(),
                other => other.exit_code(),
            }
        }
        _ => outcome.exit_code(),
    }
}

/// Prints the help or the usage error of a command line that clap did not accept.
fn report_parse_failure(error: &clap::Error, words: &[String]) -> u8 {
    let json = cli::wants_json(words, |name| std::env::var(name).ok());
    let ui = Ui::new(&GlobalArgs { json, ..GlobalArgs::default() });
    let usage = match cli::classify(error, words) {
        ParseFailure::Help(text) => return exit_code(&ui, Outcome::Ok, ui.result(&text)),
        ParseFailure::Usage(error) => error,
    };
    let problem = Diagnostic::error(Code::Usage, usage.message).hint(usage.hint);
    let written = if json {
        let command = usage.command.as_deref();
        ui.document(&envelope::<Value>(command, Outcome::Usage, RunFacts::default(), &[problem], &[], None))
    } else if cli::has_no_arguments(words) {
        return exit_code(&ui, Outcome::Ok, ui.data(cli::INTRODUCTION));
    } else {
        ui.diagnostics(&[problem]);
        Ok(())
    };
    exit_code(&ui, Outcome::Usage, written)
}

/// Returns a warning for each environment of which answers of an earlier run were used.
fn stale_warnings(stale: &[StaleRead]) -> Vec<Diagnostic> {
    let mut environments: Vec<&str> = stale.iter().map(|read| read.environment.as_str()).collect();
    environments.sort_unstable();
    environments.dedup();
    let warning = |name: &str| {
        let own: Vec<&StaleRead> = stale.iter().filter(|read| read.environment == name).collect();
        let oldest = own.iter().map(|read| read.age.as_secs()).max().unwrap_or_default();
        let message = format!(
            "{name}: {} read(s) were answered with data of an earlier run, up to {oldest} s old, because the service cannot \
             be reached",
            own.len()
        );
        Diagnostic::warning(Code::StaleRead, message).hint(
            "run the command again later; use --strict to treat stale data as an error, or --refresh not to use it",
        )
    };
    environments.into_iter().map(warning).collect()
}

/// True if STS, or the role to assume, refuses the credentials of an environment. An unknown profile and a wrong account are
/// mistakes of the configuration, which are not passed over.
fn is_refusal(failure: &Failure) -> bool {
    let codes = [Code::AwsCredentials, Code::AwsAccessDenied];
    failure.outcome == Outcome::Credentials && failure.diagnostics.iter().all(|one| codes.contains(&one.code))
}

/// Returns a warning if a command could not read everything.
fn incomplete_warning(gaps: &[(u64, &str)]) -> Option<Diagnostic> {
    let said: Vec<String> =
        gaps.iter().filter(|(number, _)| *number > 0).map(|(number, what)| format!("{number} {what}")).collect();
    (!said.is_empty()).then(|| {
        let mut warning = Diagnostic::warning(Code::Incomplete, format!("results are incomplete: {}", said.join(", ")));
        warning.level = Level::Warning;
        warning.hint("use --strict to treat incomplete results as an error")
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::pipeline::event::{EventConsumer, EventRecorder};
    use crate::run::{self, ManualClock};

    /// Returns the events of a command line in a workspace as short strings, without consecutive duplicates.
    async fn events(workspace: &Arc<Workspace>, line: &str) -> Vec<String> {
        let (clock, recorder) =
            (Arc::new(ManualClock::at("2026-11-20T09:00:00Z".parse().unwrap())), Arc::new(EventRecorder::default()));
        let consumers: Vec<Arc<dyn EventConsumer>> = vec![recorder.clone()];
        let answer = command(&run::tests::run_with_consumers(workspace, &clock, line, consumers)).await.unwrap();
        assert_eq!(answer.outcome, Outcome::Ok, "{line}: {:?}", answer.diagnostics);
        let mut words: Vec<String> = recorder.events().into_iter().map(|event| short(&event)).collect();
        words.dedup();
        words
    }

    fn short(event: &Event) -> String {
        match event {
            Event::Listing { environment, type_name: None } => format!("{environment} listing"),
            Event::PageListed { environment, type_name: None, resources } => format!("{environment} page {resources}"),
            Event::ResourcesRead { environment, done, total } => format!("{environment} read {done}/{total}"),
            Event::TypesListed { environment, done, total } => format!("{environment} types {done}/{total}"),
            Event::PlanMade { environment, steps } => format!("{environment} plan {steps}"),
            Event::StepStarted { step } => format!("{} begun", step.order),
            Event::StepWaiting { step, .. } => format!("{} waiting", step.order),
            Event::StepDone { step, .. } => format!("{} done", step.order),
            other => format!("{other:?}").split(' ').next().unwrap().to_owned(),
        }
    }

    #[tokio::test]
    async fn reads_and_writes_emit_events() {
        let folder = tempfile::tempdir().unwrap();
        let workspace = run::tests::workspace(&folder);
        let template = concat!(env!("CARGO_MANIFEST_DIR"), "/templates/s3-bucket.yaml");
        let created = events(&workspace, &format!("stagegate create -f {template} --json")).await;
        let place = |word: &str| {
            created.iter().position(|event| event == word).unwrap_or_else(|| panic!("no {word}: {created:?}"))
        };
        assert!(place("dev plan 1") < place("1 begun") && place("1 begun") < place("1 waiting"));
        assert_eq!(created.last().unwrap(), "1 done");
        let audited = events(&workspace, "stagegate tag-audit --type AWS::S3::Bucket --json").await;
        for word in ["dev listing", "dev page 1", "dev types 1/1", "dev read 1/1", "prod listing", "prod types 1/1"] {
            assert!(audited.iter().any(|event| event == word), "no {word}: {audited:?}");
        }
        let drift = events(&workspace, "stagegate drift --json").await;
        assert!(drift.iter().any(|event| event == "dev read 1/1"), "{drift:?}");
    }
}
