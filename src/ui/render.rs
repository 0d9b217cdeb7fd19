//! Renders answers: one table of renderers by the kind of answer and the output format. It is also the only place that
//! defines which formats a command supports.

use serde_json::{Map, Value};

use super::view::{self, PlanDisplay};
use super::visible::visible_json;
use crate::cli::{Command, OutputFormat};
use crate::domain::diagnostic::Diagnostic;
use crate::outcome::{NextStep, Outcome};
use crate::report::{
    self, Answer, Body, Check, CostBody, DemoFolderState, EstimateReport, RunFacts, SandboxAction, ScanAnswer, Stage,
    envelope, summarized,
};

/// The kind of answer of a command, also for runs that end without a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `context`.
    Context,
    /// `estimate`.
    Estimate,
    /// `estimate --supported`.
    Supported,
    /// `scan`.
    Scan,
    /// `scan --list`.
    PolicyList,
    /// `scan --explain`.
    PolicyExplanation,
    /// `scan --test-policies`.
    PolicyTests,
    /// `create`, `promote`.
    Write,
    /// `approve`.
    Approve,
    /// `drift`.
    Drift,
    /// `tag-audit --fix`.
    TagFix,
    /// `tag-audit`.
    TagAudit,
    /// `inventory`.
    Inventory,
    /// `cost`.
    Cost,
    /// `iam`.
    Iam,
    /// `schema`.
    Schema,
    /// `explain`.
    Explanation,
    /// `explain --list`.
    Codes,
    /// `prices`.
    Prices,
    /// `sandbox`.
    Sandbox,
    /// `demo`.
    Demo,
    /// `init`.
    Init,
    /// `templates`.
    Templates,
    /// `completions` and `man`: a script or a page instead of an answer.
    Completions,
    /// `mcp`: a protocol instead of an answer.
    Mcp,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 25] = [
        Self::Context,
        Self::Estimate,
        Self::Supported,
        Self::Scan,
        Self::PolicyList,
        Self::PolicyExplanation,
        Self::PolicyTests,
        Self::Write,
        Self::Approve,
        Self::Drift,
        Self::TagAudit,
        Self::TagFix,
        Self::Inventory,
        Self::Cost,
        Self::Iam,
        Self::Schema,
        Self::Explanation,
        Self::Codes,
        Self::Prices,
        Self::Sandbox,
        Self::Demo,
        Self::Init,
        Self::Templates,
        Self::Completions,
        Self::Mcp,
    ];

    /// Returns the kind of answer of a command.
    pub fn of(command: &Command) -> Self {
        match command {
            Command::Context(_) => Self::Context,
            Command::Estimate(arguments) if arguments.supported => Self::Supported,
            Command::Estimate(_) => Self::Estimate,
            Command::Scan(arguments) if arguments.list => Self::PolicyList,
            Command::Scan(arguments) if arguments.explain.is_some() => Self::PolicyExplanation,
            Command::Scan(arguments) if arguments.test_policies.is_some() => Self::PolicyTests,
            Command::Scan(_) => Self::Scan,
            Command::Create(_) | Command::Promote(_) | Command::Update(_) | Command::Delete(_) | Command::Apply(_) => {
                Self::Write
            }
            Command::Approve(_) => Self::Approve,
            Command::Drift(_) => Self::Drift,
            Command::TagAudit(arguments) if arguments.fix => Self::TagFix,
            Command::TagAudit(_) => Self::TagAudit,
            Command::Inventory(_) => Self::Inventory,
            Command::Cost(_) => Self::Cost,
            Command::Iam(_) => Self::Iam,
            Command::Schema(_) => Self::Schema,
            Command::Explain(arguments) if arguments.list => Self::Codes,
            Command::Explain(_) => Self::Explanation,
            Command::Prices(_) => Self::Prices,
            Command::Sandbox(_) => Self::Sandbox,
            Command::Demo(_) => Self::Demo,
            Command::Init(_) => Self::Init,
            Command::Templates(_) => Self::Templates,
            Command::Completions(_) | Command::Man(_) => Self::Completions,
            Command::Mcp(_) => Self::Mcp,
        }
    }

    /// Returns the supported output formats.
    pub fn formats(self) -> impl Iterator<Item = OutputFormat> {
        renderers(self).iter().map(|(format, _)| *format)
    }
}

/// An answer and facts about its run.
#[derive(Clone, Copy)]
pub struct RenderInput<'a> {
    /// The command's name in JSON output.
    pub command: &'a str,
    /// The answer.
    pub answer: &'a Answer<Body>,
    /// Facts about the run.
    pub facts: &'a RunFacts,
    /// How a plan is displayed.
    pub plan_display: PlanDisplay,
    /// Whether a JSON document is indented, for people.
    pub indented_json: bool,
    /// Whether a JSON document is shortened (`--summary`).
    pub is_summary: bool,
}

impl<'a> RenderInput<'a> {
    fn diagnostics(&self) -> &'a [Diagnostic] {
        &self.answer.diagnostics
    }

    fn next(&self) -> &'a [NextStep] {
        &self.answer.next
    }

    fn outcome(&self) -> Outcome {
        self.answer.outcome
    }

    fn scan(&self) -> Option<&'a ScanAnswer> {
        match &self.answer.body {
            Some(Body::Scan(scan)) => Some(scan),
            _ => None,
        }
    }

    /// Returns the rows of `drift` or `tag-audit`.
    fn check(&self) -> Option<Check> {
        match &self.answer.body {
            Some(Body::Drift(body)) => Some(Check::of_drift(body)),
            Some(Body::TagAudit(body)) => Some(Check::of_audit(body)),
            _ => None,
        }
    }

    fn cost(&self) -> Option<&'a CostBody> {
        match &self.answer.body {
            Some(Body::Cost(body)) => Some(body),
            _ => None,
        }
    }

    fn estimate(&self) -> Option<&'a EstimateReport> {
        match &self.answer.body {
            Some(Body::Estimate(report) | Body::Supported(report)) => Some(report),
            _ => None,
        }
    }
}

/// Renders an answer in one format.
pub type Renderer = fn(RenderInput<'_>) -> String;

/// Returns the renderers of a kind of answer by format.
pub fn renderers(kind: Kind) -> &'static [(OutputFormat, Renderer)] {
    use OutputFormat::{Csv, Github, Html, Json, Junit, Markdown, Ndjson, Sarif, Table};
    match kind {
        Kind::Estimate | Kind::Supported => &[(Table, table), (Json, json), (Markdown, estimate_markdown)],
        Kind::Scan => &[
            (Table, table),
            (Json, json),
            (Markdown, scan_markdown),
            (Sarif, sarif),
            (Junit, junit),
            (Github, scan_github),
            (Html, scan_html),
        ],
        Kind::Cost => &[(Table, table), (Json, json), (Markdown, cost_markdown), (Html, cost_html)],
        Kind::Inventory => &[(Table, table), (Json, json), (Ndjson, ndjson), (Csv, csv)],
        // These have no findings to report.
        Kind::PolicyList | Kind::PolicyExplanation | Kind::PolicyTests => &[(Table, table), (Json, json)],
        Kind::Drift | Kind::TagAudit => &[
            (Table, table),
            (Json, json),
            (Ndjson, ndjson),
            (Markdown, check_markdown),
            (Sarif, check_sarif),
            (Junit, check_junit),
            (Github, github),
            (Html, check_html),
        ],
        Kind::Write => &[(Table, table), (Json, json), (Ndjson, result_line), (Html, plan_html)],
        Kind::Context
        | Kind::Approve
        | Kind::TagFix
        | Kind::Iam
        | Kind::Schema
        | Kind::Explanation
        | Kind::Codes
        | Kind::Prices
        | Kind::Sandbox
        | Kind::Demo
        | Kind::Init
        | Kind::Templates
        | Kind::Completions
        | Kind::Mcp => &[(Table, table), (Json, json)],
    }
}

/// Returns the renderer of a kind of answer in a format; `None` if the format is not supported.
pub fn renderer(kind: Kind, format: OutputFormat) -> Option<Renderer> {
    renderers(kind).iter().find(|(known, _)| *known == format).map(|(_, renderer)| *renderer)
}

/// Renders human-readable text. Diagnostics and next commands are written to stderr instead.
fn table(input: RenderInput<'_>) -> String {
    match &input.answer.body {
        None => String::new(),
        Some(Body::Context(body)) => view::context(body),
        Some(Body::Estimate(report)) => {
            let comparison = report.comparison.as_ref().map(view::comparison).unwrap_or_default();
            view::estimate(&report.estimate) + &view::faults(&report.faults) + &comparison
        }
        Some(Body::Supported(report)) => view::supported(&report.supported),
        Some(Body::Scan(scan)) => view::scan(&scan.body),
        Some(Body::PolicyList(body)) => view::policies(body),
        Some(Body::PolicyExplanation(body)) => view::policy(&body.policies),
        Some(Body::PolicyTests(body)) => body.tests.as_ref().map(view::policy_tests).unwrap_or_default(),
        Some(Body::Write(answer)) => match answer.stage {
            _ if answer.body.graph.is_some() => answer.body.graph.clone().unwrap_or_default(),
            Stage::Planned => view::plan(&answer.body.plan, &input.facts.environments, input.plan_display),
            Stage::Displayed => String::new(),
            Stage::Empty => view::nothing_to_do(&answer.body),
            Stage::Applied => view::applied(&answer.body),
        },
        Some(Body::Approval(body)) => view::approval(body),
        Some(Body::Drift(body)) => view::drift(body),
        Some(Body::TagAudit(body)) => view::audit(body),
        Some(Body::TagFix(answer)) => {
            let plan = answer.body.fix.as_ref().map(|fix| match answer.stage {
                Stage::Planned => view::plan(&fix.plan, &input.facts.environments, input.plan_display),
                Stage::Displayed => String::new(),
                Stage::Empty => "No changes: nothing can be corrected without further input.\n".to_owned(),
                Stage::Applied => view::applied(fix),
            });
            plan.unwrap_or_default() + &view::not_fixed(&answer.body)
        }
        Some(Body::Inventory(body)) => view::inventory(body),
        Some(Body::Cost(body)) => view::bills(body),
        Some(Body::Iam(body)) => view::iam(body),
        Some(Body::Schema(body)) => view::schema(body),
        Some(Body::Explanation(body)) if body.policies.is_empty() => view::explanation(body),
        Some(Body::Explanation(body)) => view::policy(&body.policies),
        Some(Body::Codes(body)) => view::codes(body),
        Some(Body::Prices(body)) => view::prices(body),
        Some(Body::Init(body)) => view::init(body),
        Some(Body::Templates(body)) => view::templates(body),
        Some(Body::Sandbox(answer)) => match answer.done {
            SandboxAction::Displayed => view::sandbox("The sandbox", &answer.body),
            SandboxAction::Reset => view::sandbox("The sandbox was reset and", &answer.body),
            SandboxAction::Seeded(resources) => {
                view::sandbox(&format!("{resources} resources were created; the sandbox"), &answer.body)
            }
        },
        Some(Body::Demo(answer)) => match &answer.left {
            DemoFolderState::Kept { folder, sandbox } => view::demo_kept(folder, sandbox),
            DemoFolderState::Removed => view::demo_removed(),
            DemoFolderState::Unread => String::new(),
        },
    }
}

/// Renders one JSON document with everything, or a short form of it.
fn json(input: RenderInput<'_>) -> String {
    let body = input.answer.body.as_ref();
    let document =
        envelope(Some(input.command), input.outcome(), input.facts.clone(), input.diagnostics(), input.next(), body);
    match input.is_summary {
        true => json_text(&summarized(serde_json::to_value(&document).unwrap_or_default()), input.indented_json),
        false => json_text(&document, input.indented_json),
    }
}

/// Returns the body of the document.
pub fn body(input: RenderInput<'_>) -> Value {
    input.answer.body.as_ref().and_then(|body| serde_json::to_value(body).ok()).unwrap_or_default()
}

/// Renders a value as one line of JSON, or indented.
pub fn json_text(value: &impl serde::Serialize, is_indented: bool) -> String {
    let text = if is_indented { serde_json::to_string_pretty(value) } else { serde_json::to_string(value) };
    text.map(|text| visible_json(text) + "\n").unwrap_or_default()
}

/// Renders one JSON object per line, whose `kind` says what it is: a `header`, each `resource` and `gap`, and a `summary`
/// with the rest of the document.
fn ndjson(input: RenderInput<'_>) -> String {
    let body = input.answer.body.as_ref();
    let document =
        envelope(Some(input.command), input.outcome(), input.facts.clone(), input.diagnostics(), input.next(), body);
    let Ok(Value::Object(mut rest)) = serde_json::to_value(&document) else { return String::new() };
    let mut lines = Vec::new();
    // A run that printed its rows as they came has printed a header before them.
    if !matches!(&input.answer.body, Some(Body::Inventory(body)) if body.is_streamed) {
        lines.push(header(&mut rest, &["schema", "tool", "command", "environments"]));
    }
    for (list, kind) in [("resources", "resource"), ("gaps", "gap")] {
        let body = rest.get_mut("body").and_then(Value::as_object_mut);
        let Some(Value::Array(rows)) = body.and_then(|body| body.shift_remove(list)) else { continue };
        for row in rows {
            let mut line = kind_of_line(kind);
            line.extend(row.as_object().cloned().unwrap_or_default());
            lines.push(line);
        }
    }
    let mut summary = kind_of_line("summary");
    summary.extend(rest);
    lines.push(summary);
    lines.into_iter().map(|line| visible_json(Value::Object(line).to_string()) + "\n").collect()
}

/// Renders the last line of a run that printed its events: `kind` is `result`, and the rest is the document.
fn result_line(input: RenderInput<'_>) -> String {
    let body = input.answer.body.as_ref();
    let document =
        envelope(Some(input.command), input.outcome(), input.facts.clone(), input.diagnostics(), input.next(), body);
    let mut line = kind_of_line("result");
    line.extend(serde_json::to_value(&document).ok().and_then(|value| value.as_object().cloned()).unwrap_or_default());
    json_text(&line, false)
}

/// Takes members of a document for its header.
fn header(document: &mut Map<String, Value>, keys: &[&str]) -> Map<String, Value> {
    let mut header = kind_of_line("header");
    for key in keys {
        header.extend(document.shift_remove(*key).map(|value| ((*key).to_owned(), value)));
    }
    header
}

/// Returns the line of a header before the result is known.
pub fn early_header(command: &str, facts: &RunFacts) -> String {
    let document = envelope::<Value>(Some(command), Outcome::Ok, facts.clone(), &[], &[], None);
    let Ok(Value::Object(mut document)) = serde_json::to_value(&document) else { return String::new() };
    visible_json(Value::Object(header(&mut document, &["schema", "tool", "command"])).to_string()) + "\n"
}

/// Returns the line of a row.
pub fn row_line(row: &impl serde::Serialize) -> String {
    let mut line = kind_of_line("resource");
    line.extend(serde_json::to_value(row).ok().and_then(|row| row.as_object().cloned()).unwrap_or_default());
    visible_json(Value::Object(line).to_string()) + "\n"
}

fn kind_of_line(kind: &str) -> Map<String, Value> {
    Map::from_iter([("kind".to_owned(), Value::from(kind))])
}

fn csv(input: RenderInput<'_>) -> String {
    match &input.answer.body {
        Some(Body::Inventory(body)) => body.csv(),
        _ => String::new(),
    }
}

fn check_markdown(input: RenderInput<'_>) -> String {
    match input.check() {
        Some(check) => view::check_markdown(&check, input.diagnostics()),
        None => view::check_failure_markdown(input.command, input.diagnostics()),
    }
}

fn check_sarif(input: RenderInput<'_>) -> String {
    let log = report::check_sarif(input.check().as_ref(), input.diagnostics(), input.outcome().exit_code());
    visible_json(format!("{log:#}\n"))
}

fn check_junit(input: RenderInput<'_>) -> String {
    report::check_junit(input.command, input.check().as_ref(), input.diagnostics())
}

fn github(input: RenderInput<'_>) -> String {
    report::github(input.check().as_ref(), input.diagnostics())
}

fn scan_github(input: RenderInput<'_>) -> String {
    report::github_scan(input.scan().map(|scan| &scan.body), input.diagnostics())
}

fn estimate_markdown(input: RenderInput<'_>) -> String {
    input.estimate().map(view::estimate_markdown).unwrap_or_default()
}

fn cost_markdown(input: RenderInput<'_>) -> String {
    match input.cost() {
        Some(body) => view::bills_markdown(body, input.diagnostics()),
        None => view::check_failure_markdown(input.command, input.diagnostics()),
    }
}

fn check_html(input: RenderInput<'_>) -> String {
    match &input.answer.body {
        Some(Body::Drift(body)) => view::drift_html(body, input.diagnostics(), input.next()),
        Some(Body::TagAudit(body)) => view::audit_html(body, input.diagnostics(), input.next()),
        _ => failure_html(input),
    }
}

fn scan_html(input: RenderInput<'_>) -> String {
    match input.scan() {
        Some(scan) => view::scan_html(&scan.body, input.diagnostics(), input.next()),
        None => failure_html(input),
    }
}

fn plan_html(input: RenderInput<'_>) -> String {
    match &input.answer.body {
        Some(Body::Write(answer)) => {
            view::plan_html(&answer.body, &input.facts.environments, input.diagnostics(), input.next())
        }
        _ => failure_html(input),
    }
}

fn failure_html(input: RenderInput<'_>) -> String {
    view::failure_html(&format!("stagegate {}", input.command), input.diagnostics(), input.next())
}

fn cost_html(input: RenderInput<'_>) -> String {
    view::bills_html(input.cost(), input.diagnostics())
}

fn scan_markdown(input: RenderInput<'_>) -> String {
    match input.scan() {
        Some(scan) => view::scan_markdown(&scan.body),
        None => view::failure_markdown(input.diagnostics()),
    }
}

fn sarif(input: RenderInput<'_>) -> String {
    let scan = input.scan();
    let rules = scan.map(|scan| scan.rules.clone()).unwrap_or_default();
    let log = report::sarif(scan.map(|scan| &scan.body), &rules, input.diagnostics(), input.outcome().exit_code());
    visible_json(format!("{log:#}\n"))
}

fn junit(input: RenderInput<'_>) -> String {
    let scan = input.scan();
    let resources = scan.map(|scan| scan.resources.as_slice()).unwrap_or_default();
    report::junit(scan.map(|scan| &scan.body), resources, input.diagnostics())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::{self, Cli};

    fn kind(line: &str) -> Kind {
        Kind::of(&Cli::try_parse_from(line.split_whitespace()).unwrap().command)
    }

    #[test]
    fn every_kind_has_table_and_json_and_no_duplicate_format() {
        for kind in Kind::ALL {
            let formats: Vec<OutputFormat> = kind.formats().collect();
            assert_eq!(formats[..2], [OutputFormat::Table, OutputFormat::Json], "{kind:?}");
            let twice = formats.iter().enumerate().any(|(at, format)| formats[..at].contains(format));
            assert!(!twice, "{kind:?}: {formats:?}");
        }
    }

    #[test]
    fn flags_can_change_the_kind_of_answer() {
        assert_eq!(kind("stagegate scan -f a.yaml"), Kind::Scan);
        assert_eq!(kind("stagegate scan --list"), Kind::PolicyList);
        assert_eq!(kind("stagegate scan --explain x"), Kind::PolicyExplanation);
        assert_eq!(kind("stagegate scan --test-policies d"), Kind::PolicyTests);
        assert_eq!(kind("stagegate estimate --supported"), Kind::Supported);
        assert_eq!(kind("stagegate estimate -f a.yaml"), Kind::Estimate);
        assert!(renderer(Kind::Scan, OutputFormat::Sarif).is_some());
        assert!(renderer(Kind::PolicyList, OutputFormat::Sarif).is_none());
        assert!(renderer(Kind::Drift, OutputFormat::Github).is_some());
        assert!(renderer(Kind::Estimate, OutputFormat::Github).is_none());
    }

    /// Programs that read the output must not find it empty if a run ends early.
    #[test]
    fn a_run_without_a_result_has_a_document_in_every_machine_readable_format() {
        let problem = Diagnostic::error(crate::domain::diagnostic::Code::UnknownType, "no such type");
        let answer: Answer<Body> = crate::outcome::Failure::usage(vec![problem]).into();
        let facts = RunFacts::default();
        let plan_display = PlanDisplay { detail: view::PlanDetail::Summary, width: 80 };
        let kinds = [
            ("scan", Kind::Scan),
            ("drift", Kind::Drift),
            ("tag-audit", Kind::TagAudit),
            ("cost", Kind::Cost),
            ("promote", Kind::Write),
        ];
        for (command, kind) in kinds {
            let input = RenderInput {
                command,
                answer: &answer,
                facts: &facts,
                plan_display,
                indented_json: false,
                is_summary: false,
            };
            for (format, renderer) in renderers(kind) {
                let text = renderer(input);
                assert_eq!(text.contains("no such type"), *format != OutputFormat::Table, "{format:?}: {text}");
            }
        }
    }

    #[test]
    fn every_command_has_a_committed_schema() {
        for command in cli::definition().get_subcommands() {
            assert!(
                ["completions", "man", "mcp"].contains(&command.get_name())
                    || report::schemas::committed(command.get_name()).is_some()
            );
        }
    }
}
