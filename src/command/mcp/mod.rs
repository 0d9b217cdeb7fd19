//! `mcp`: serves the commands to an agent over the Model Context Protocol. A tool is a command with some of its flags, and runs
//! in this process by the same code.

mod arguments;
mod documents;
mod runs;
mod tools;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, Implementation, JsonObject,
    ListResourceTemplatesResult, ListResourcesResult, ListToolsResult, PaginatedRequestParams,
    ProgressNotificationParam, ReadResourceRequestParams, ReadResourceResponse, ReadResourceResult, Resource,
    ResourceContents, ResourceTemplate, ServerCapabilities, ServerConfig, ToolAnnotations,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer, ServerHandler, ServiceExt as _};
use serde_json::Value;
use tokio::sync::mpsc;

use super::apply;
use crate::cli::{self, Cli, GlobalArgs, McpArgs, OutputFormat};
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::project::Project;
use crate::outcome::{Failure, Outcome};
use crate::report::{Answer, Body, ToolAnswer, envelope, schemas};
use crate::run::Signals;
use crate::ui::{self, Ui};
use crate::workspace::Workspace;
use arguments::own_text;
use documents::{Document, Documents};
use runs::{Ended, Runs};
use tools::{DIGEST, Kind, PLAN_FILE, Tool};

/// The type of every document.
const JSON: &str = "application/json";

/// Serves until the input ends or a signal arrives. Returns the exit code.
pub async fn serve(arguments: &McpArgs, cli: &Cli, ui: &Ui) -> u8 {
    let failed = |failure: Failure| {
        ui.diagnostics(&failure.diagnostics);
        failure.outcome.exit_code()
    };
    let workspace = match Workspace::open(&cli.global, true) {
        Ok(workspace) => workspace,
        Err(failure) => return failed(failure),
    };
    let read_only = read_only(arguments, workspace.has_project(), workspace.project());
    let server = Server::new(cli, ui, read_only, workspace.plans_folder());
    drop(workspace);
    let signals = Signals::listen();
    let streams = match ui::protocol_streams() {
        Ok(streams) => streams,
        Err(error) => {
            let message = format!("standard input and output cannot be used: {error}");
            return failed(Failure::new(Outcome::Error, Diagnostic::error(Code::OutputLost, message)));
        }
    };
    let runs = Arc::clone(&server.runs);
    let served = async {
        match server.serve(streams).await {
            Ok(service) => service.waiting().await.map(drop).map_err(|error| error.to_string()),
            // The input ended before the protocol began.
            Err(rmcp::service::ServerInitializeError::ConnectionClosed(_)) => Ok(()),
            Err(error) => Err(error.to_string()),
        }
    };
    let code = tokio::select! {
        ended = served => match ended {
            Ok(()) => Outcome::Ok.exit_code(),
            Err(reason) => {
                let message = format!("the client does not speak the protocol: {reason}");
                failed(Failure::usage(vec![Diagnostic::error(Code::BadInput, message)]))
            }
        },
        reason = signals.cancellation() => reason.outcome(false).exit_code(),
    };
    runs.stop().await;
    code
}

/// Returns why the server only reads; `None` if it also plans and applies changes.
fn read_only(arguments: &McpArgs, has_project: bool, project: &Project) -> Option<String> {
    if arguments.read_only {
        return Some("it was started with --read-only".to_owned());
    }
    if !has_project {
        return Some("there is no project file".to_owned());
    }
    if arguments.allow_writes {
        return None;
    }
    let rules = &project.approvals.not_by_planner;
    let open = project.environments.iter().find(|one| one.protected && !rules.contains(&one.name))?;
    Some(format!(
        "`{name}` is protected and `approvals.{name}.not_by_planner` is not set; --allow-writes offers the tools for changes",
        name = open.name
    ))
}

/// The server.
struct Server {
    /// The global flags of the server, which apply to every tool.
    global: GlobalArgs,
    given: GlobalArgs,
    ui: Ui,
    /// Why it only reads.
    read_only: Option<String>,
    /// Where plans are saved by default.
    plans: PathBuf,
    runs: Arc<Runs>,
    number: AtomicU64,
    kept: Mutex<Kept>,
}

/// What later calls refer to.
#[derive(Default)]
struct Kept {
    documents: Documents,
    /// The plans that were saved, with their digests.
    plans: Vec<(String, PathBuf)>,
}

/// The most plans that are remembered.
const MAX_PLANS: usize = 256;

impl Server {
    fn new(cli: &Cli, ui: &Ui, read_only: Option<String>, plans: PathBuf) -> Self {
        Self {
            global: cli.global.clone(),
            given: cli.given.location_flags(),
            ui: *ui,
            read_only,
            plans,
            runs: Arc::new(Runs::new()),
            number: AtomicU64::new(1),
            kept: Mutex::default(),
        }
    }

    fn offered(&self) -> impl Iterator<Item = &'static Tool> {
        let reads_only = self.read_only.is_some();
        tools::ALL.iter().filter(move |tool| !reads_only || tool.kind == Kind::Read)
    }

    fn kept<T>(&self, action: impl FnOnce(&mut Kept) -> T) -> T {
        action(&mut self.kept.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The file in which a call saves its plan.
    fn plan_file(&self, given: &JsonObject) -> Result<PathBuf, String> {
        if let Some(named) = own_text(given, PLAN_FILE)?.map(PathBuf::from) {
            // A tool must not replace the user's files.
            return match named.exists() && apply::read(&named).is_err() {
                true => Err(format!("`{}` exists and is not a saved plan: name another file", named.display())),
                false => Ok(named),
            };
        }
        let number = self.number.fetch_add(1, Ordering::Relaxed);
        Ok(self.plans.join(format!("mcp-{}-{number}.plan.json", std::process::id())))
    }

    /// The command line of a call, with the file of its plan.
    fn command_line(&self, tool: &Tool, given: &JsonObject) -> Result<(Cli, Option<PathBuf>), Failure> {
        let unusable = |message: String| {
            let problem = Diagnostic::error(Code::BadInput, message);
            Failure::usage(vec![problem.hint(format!("see the input schema of the tool `{}`", tool.name))])
        };
        let words = arguments::words(tool, given).map_err(unusable)?;
        let mut line: Vec<String> =
            std::iter::once("stagegate").chain(tool.command.iter().copied()).map(str::to_owned).collect();
        let file = match tool.kind {
            Kind::Read => None,
            Kind::Plan => {
                let file = self.plan_file(given).map_err(unusable)?;
                line.push(format!("--plan-out={}", file.display()));
                Some(file)
            }
            Kind::Apply => {
                let (digest, file) = self.approved(given).map_err(unusable)??;
                if !given.contains_key("approval") {
                    line.push(format!("--approve={digest}"));
                }
                Some(file)
            }
        };
        line.extend(words);
        if let (Kind::Apply, Some(file)) = (tool.kind, &file) {
            line.extend(["--".to_owned(), file.display().to_string()]);
        }
        let mut cli = cli::parse(&line).map_err(|error| match cli::classify(&error, &line) {
            cli::ParseFailure::Usage(usage) => {
                Failure::usage(vec![Diagnostic::error(Code::Usage, usage.message).hint(usage.hint)])
            }
            cli::ParseFailure::Help(_) => unusable("the arguments ask for help".to_owned()),
        })?;
        if cli.command.reads_stdin() {
            return Err(unusable("standard input belongs to the protocol".to_owned()));
        }
        cli.global = GlobalArgs { json: true, output: OutputFormat::Json, no_input: true, ..self.global.clone() };
        cli.given = self.given.clone();
        Ok((cli, file))
    }

    /// The digest that a call of `apply` approves, and the file with that plan.
    fn approved(&self, given: &JsonObject) -> Result<Result<(String, PathBuf), Failure>, String> {
        let Some(digest) = own_text(given, DIGEST)? else {
            return Err(format!("`{DIGEST}` is missing: pass the digest that the planning tool returned"));
        };
        let known =
            self.kept(|kept| kept.plans.iter().rev().find(|(known, _)| *known == digest).map(|(_, file)| file.clone()));
        let Some(file) = own_text(given, PLAN_FILE)?.map(PathBuf::from).or(known) else {
            return Err(
                "no plan with this digest was saved by this server; make a plan, or name its file with `plan_file`"
                    .to_owned(),
            );
        };
        Ok(same_plan(&file, &digest).map(|()| (digest, file)))
    }

    /// Runs a command and shortens its answer.
    async fn call(&self, tool: &Tool, given: &JsonObject, context: &RequestContext<RoleServer>) -> ToolAnswer {
        let (cli, file) = match self.command_line(tool, given) {
            Ok(line) => line,
            Err(failure) => return ToolAnswer::refused(tool.name, failure.outcome, failure.diagnostics),
        };
        let command = cli::command_name(&cli.command);
        let saves = matches!(tool.kind, Kind::Plan);
        let (report, lines) = mpsc::unbounded_channel();
        let of_run = report.clone();
        let consumer = ui::progress_lines(move |line| {
            let _ = of_run.send(Some(line.trim_end().to_owned()));
        });
        let (signals, mut ended) = self.runs.start(cli, vec![consumer]);
        let reporting = tokio::spawn(pass_on(lines, context.clone()));
        let received = tokio::select! {
            received = &mut ended => received,
            () = context.ct.cancelled() => {
                signals.cancel();
                ended.await
            }
        };
        // What was reported before the end comes before the answer.
        let _ = report.send(None);
        let _ = reporting.await;
        let Ended { answer, facts } = received.unwrap_or_else(|_| Ended {
            answer: Failure::new(Outcome::Error, Diagnostic::error(Code::Internal, "the run ended without a result"))
                .into(),
            facts: crate::report::RunFacts::default(),
        });
        let document =
            envelope(Some(command), answer.outcome, facts, &answer.diagnostics, &answer.next, answer.body.as_ref());
        let link =
            serde_json::to_string(&document).ok().map(|text| self.kept(|kept| kept.documents.add(command, text)));
        let file = file.filter(|file| file.is_file());
        if let (true, Some(digest), Some(file)) = (saves, digest_of(&answer), &file) {
            self.kept(|kept| {
                kept.plans.push((digest, file.clone()));
                let excess = kept.plans.len().saturating_sub(MAX_PLANS);
                kept.plans.drain(..excess);
            });
        }
        let code = answer.outcome.exit_code();
        self.ui.message(&format!("stagegate mcp: {} ended with exit code {code}\n", tool.name));
        ToolAnswer::new(tool.name, &answer, file.map(|file| file.display().to_string()), link)
    }
}

/// Refuses a plan file with another plan than the digest names, or whose templates come from standard input.
fn same_plan(file: &Path, digest: &str) -> Result<(), Failure> {
    let saved = apply::read(file)?;
    if saved.digest != digest.trim() {
        let message = format!("`{}` contains another plan, {}", file.display(), saved.digest);
        let problem = Diagnostic::error(Code::PlanChanged, message);
        return Err(Failure::new(Outcome::Blocked, problem.hint("review that plan, and approve its digest")));
    }
    Ok(())
}

fn digest_of(answer: &Answer<Body>) -> Option<String> {
    match &answer.body {
        Some(Body::Write(written)) if matches!(answer.outcome, Outcome::Ok | Outcome::ApprovalRequired) => {
            Some(written.body.plan.digest.clone())
        }
        _ => None,
    }
}

/// Passes the progress of a run on to the client, if it asked for it, up to the end of the run.
async fn pass_on(mut lines: mpsc::UnboundedReceiver<Option<String>>, context: RequestContext<RoleServer>) {
    let Some(token) = context.meta.get_progress_token() else { return };
    let mut progress = 0.0;
    while let Some(Some(line)) = lines.recv().await {
        progress += 1.0;
        let notification = ProgressNotificationParam::new(token.clone(), progress).with_message(line);
        if context.peer.notify_progress(notification).await.is_err() {
            return;
        }
    }
}

/// The definition of a tool.
fn definition(tool: &Tool) -> rmcp::model::Tool {
    let annotations = ToolAnnotations::with_title(tool.title)
        .read_only(tool.kind != Kind::Apply)
        .destructive(tool.kind == Kind::Apply)
        .idempotent(true)
        .open_world(true);
    let output = match without_descriptions(schemas::of_tools()) {
        Value::Object(schema) => schema,
        _ => JsonObject::new(),
    };
    rmcp::model::Tool::new(tool.name, tool.description, Arc::new(arguments::schema(tool)))
        .with_title(tool.title)
        .with_raw_output_schema(Arc::new(output))
        .with_annotations(annotations)
}

/// A schema without its descriptions: every tool has the same one, and agents pay for each word of a list of tools.
fn without_descriptions(schema: Value) -> Value {
    match schema {
        Value::Object(members) => {
            let left = members.into_iter().filter(|(key, value)| !(key == "description" && value.is_string()));
            Value::Object(left.map(|(key, value)| (key, without_descriptions(value))).collect())
        }
        Value::Array(items) => items.into_iter().map(without_descriptions).collect(),
        other => other,
    }
}

fn resource(document: &Document) -> Resource {
    Resource::new(document.link.uri.clone(), format!("stagegate {} --json", document.command))
        .with_description("The whole document of an earlier call")
        .with_mime_type(JSON)
        .with_size(document.link.bytes as u64)
}

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        let mut instructions = "stagegate takes AWS resources from a dev to a prod account through gates. Tools answer with a summary; \
            `document.uri` is the whole JSON document (resources/read), and stagegate://schemas/COMMAND its schema. `next` are \
            commands for the user's terminal. Never approve a plan that the user has not seen."
            .to_owned();
        match &self.read_only {
            Some(reason) => instructions.push_str(&format!(" This server only reads: {reason}.")),
            None => instructions.push_str(
                " To change something, call plan_create or plan_promote, show the plan to the user, and pass its digest to apply.",
            ),
        }
        ServerConfig::new(ServerCapabilities::builder().enable_tools().enable_resources().build())
            .with_server_info(Implementation::new("stagegate", env!("CARGO_PKG_VERSION")).with_title("stagegate"))
            .with_instructions(instructions)
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(self.offered().map(definition).collect()))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let Some(tool) = self.offered().find(|tool| *tool.name == *request.name) else {
            let name: String = request.name.chars().take(60).collect();
            let message = match (tools::named(&request.name), &self.read_only) {
                (Some(_), Some(reason)) => format!("the tool `{name}` is not offered: {reason}"),
                _ => format!("there is no tool `{name}`"),
            };
            return Err(ErrorData::invalid_params(message, None));
        };
        let answer = self.call(tool, &request.arguments.unwrap_or_default(), &context).await;
        let link =
            answer.document.as_ref().and_then(|link| self.kept(|kept| kept.documents.get(&link.uri).map(resource)));
        let value = serde_json::to_value(&answer).unwrap_or_default();
        let text = ContentBlock::text(value.to_string());
        let content = std::iter::once(text).chain(link.map(ContentBlock::resource_link)).collect();
        let mut result =
            if answer.is_error() { CallToolResult::error(content) } else { CallToolResult::success(content) };
        result.structured_content = Some(value);
        Ok(result.into())
    }

    async fn list_resources(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        Ok(ListResourcesResult::with_all_items(self.kept(|kept| kept.documents.list().map(resource).collect())))
    }

    async fn list_resource_templates(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        let schemas = ResourceTemplate::new("stagegate://schemas/{command}", "JSON Schema of a document")
            .with_description("The schema of a command's JSON document, such as stagegate://schemas/drift")
            .with_mime_type(JSON);
        Ok(ListResourceTemplatesResult::with_all_items(vec![schemas]))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let schema = |name: &str| match name {
            "tool" => Some(schemas::of_tools().to_string()),
            name => schemas::committed(name).map(str::to_owned),
        };
        let schema = request.uri.strip_prefix("stagegate://schemas/").and_then(schema);
        let text = schema.or_else(|| self.kept(|kept| kept.documents.get(&request.uri).map(|one| one.text.clone())));
        let Some(text) = text else {
            let uri: String = request.uri.chars().take(200).collect();
            let message = format!("there is no document `{uri}`: the server keeps the last ones; call the tool again");
            return Err(ErrorData::resource_not_found(message, None));
        };
        let contents = ResourceContents::text(text, request.uri).with_mime_type(JSON);
        Ok(ReadResourceResult::new(vec![contents]).into())
    }
}
