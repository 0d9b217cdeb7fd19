//! How an answer is shown: one table of renderers, by what is answered and the format asked for. It is
//! also the one place that knows which formats a command has.

use super::view;
use crate::cli::{Command, OutputFormat};
use crate::domain::diagnostic::Diagnostic;
use crate::outcome::{NextStep, Outcome};
use crate::report::{self, Answer, Body, DemoLeft, EstimateReport, RunFacts, SandboxDone, ScanAnswer, Stage, envelope};

/// What an answer is about. A run that ended before it had one is about the same.
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
    /// `drift`.
    Drift,
    /// `tag-audit`.
    TagAudit,
    /// `schema`.
    Schema,
    /// `explain`.
    Explanation,
    /// `explain --list`.
    Codes,
    /// `sandbox`.
    Sandbox,
    /// `demo`.
    Demo,
    /// `completions`: a script, and no answer.
    Completions,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 16] = [
        Self::Context,
        Self::Estimate,
        Self::Supported,
        Self::Scan,
        Self::PolicyList,
        Self::PolicyExplanation,
        Self::PolicyTests,
        Self::Write,
        Self::Drift,
        Self::TagAudit,
        Self::Schema,
        Self::Explanation,
        Self::Codes,
        Self::Sandbox,
        Self::Demo,
        Self::Completions,
    ];

    /// What a command's answer is about.
    pub fn of(command: &Command) -> Self {
        match command {
            Command::Context(_) => Self::Context,
            Command::Estimate(arguments) if arguments.supported => Self::Supported,
            Command::Estimate(_) => Self::Estimate,
            Command::Scan(arguments) if arguments.list => Self::PolicyList,
            Command::Scan(arguments) if arguments.explain.is_some() => Self::PolicyExplanation,
            Command::Scan(arguments) if arguments.test_policies.is_some() => Self::PolicyTests,
            Command::Scan(_) => Self::Scan,
            Command::Create(_) | Command::Promote(_) => Self::Write,
            Command::Drift(_) => Self::Drift,
            Command::TagAudit(_) => Self::TagAudit,
            Command::Schema(_) => Self::Schema,
            Command::Explain(arguments) if arguments.list => Self::Codes,
            Command::Explain(_) => Self::Explanation,
            Command::Sandbox(_) => Self::Sandbox,
            Command::Demo(_) => Self::Demo,
            Command::Completions(_) => Self::Completions,
        }
    }

    /// The formats that its answers have.
    pub fn formats(self) -> impl Iterator<Item = OutputFormat> {
        renderers(self).iter().map(|(format, _)| *format)
    }
}

/// An answer, with what the run knows beside it.
#[derive(Clone, Copy)]
pub struct Shown<'a> {
    /// The command's name in JSON output.
    pub command: &'a str,
    /// The answer.
    pub answer: &'a Answer<Body>,
    /// The run.
    pub facts: &'a RunFacts,
}

impl<'a> Shown<'a> {
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

    fn estimate(&self) -> Option<&'a EstimateReport> {
        match &self.answer.body {
            Some(Body::Estimate(report) | Body::Supported(report)) => Some(report),
            _ => None,
        }
    }
}

/// Makes an answer's text in one format.
pub type Renderer = fn(Shown<'_>) -> String;

/// The table: who shows what in which format.
pub fn renderers(kind: Kind) -> &'static [(OutputFormat, Renderer)] {
    use OutputFormat::{Json, Junit, Markdown, Sarif, Table};
    match kind {
        Kind::Estimate | Kind::Supported => &[(Table, table), (Json, json), (Markdown, estimate_markdown)],
        Kind::Scan => &[(Table, table), (Json, json), (Markdown, scan_markdown), (Sarif, sarif), (Junit, junit)],
        // These say what there is, and find nothing.
        Kind::PolicyList | Kind::PolicyExplanation | Kind::PolicyTests => &[(Table, table), (Json, json)],
        Kind::Context
        | Kind::Write
        | Kind::Drift
        | Kind::TagAudit
        | Kind::Schema
        | Kind::Explanation
        | Kind::Codes
        | Kind::Sandbox
        | Kind::Demo
        | Kind::Completions => &[(Table, table), (Json, json)],
    }
}

/// The renderer of a kind of answer in a format; `None` where it does not have that format.
pub fn renderer(kind: Kind, format: OutputFormat) -> Option<Renderer> {
    renderers(kind).iter().find(|(known, _)| *known == format).map(|(_, renderer)| *renderer)
}

/// For people. What is not in the body (messages, next commands) goes to stderr.
fn table(shown: Shown<'_>) -> String {
    match &shown.answer.body {
        None => String::new(),
        Some(Body::Context(body)) => view::context(body),
        Some(Body::Estimate(report)) => {
            let comparison = report.comparison.as_ref().map(view::comparison).unwrap_or_default();
            view::estimate(&report.estimate, false) + &comparison
        }
        Some(Body::Supported(report)) => view::supported(&report.supported),
        Some(Body::Scan(scan)) => view::scan(&scan.body),
        Some(Body::PolicyList(body)) => view::policies(body),
        Some(Body::PolicyExplanation(body)) => view::policy(&body.policies),
        Some(Body::PolicyTests(body)) => body.tests.as_ref().map(view::policy_tests).unwrap_or_default(),
        Some(Body::Write(answer)) => match answer.stage {
            Stage::Planned => view::plan(&answer.body.plan, &shown.facts.environments, false),
            Stage::Shown => String::new(),
            Stage::Empty => view::nothing_to_do(&answer.body),
            Stage::Applied => view::applied(&answer.body),
        },
        Some(Body::Drift(body)) => view::drift(body),
        Some(Body::TagAudit(body)) => view::audit(body),
        Some(Body::Schema(body)) => view::schema(body),
        Some(Body::Explanation(body)) if body.policies.is_empty() => view::explanation(body),
        Some(Body::Explanation(body)) => view::policy(&body.policies),
        Some(Body::Codes(body)) => view::codes(body),
        Some(Body::Sandbox(answer)) => match answer.done {
            SandboxDone::Shown => view::sandbox("The sandbox", &answer.body),
            SandboxDone::Reset => view::sandbox("The sandbox was emptied and", &answer.body),
            SandboxDone::Seeded(resources) => {
                view::sandbox(&format!("{resources} resources were created; the sandbox"), &answer.body)
            }
        },
        Some(Body::Demo(answer)) => match &answer.left {
            DemoLeft::Kept { folder, sandbox } => view::demo_kept(folder, sandbox),
            DemoLeft::Removed => view::demo_removed(),
            DemoLeft::Unread => String::new(),
        },
    }
}

/// One document, which holds everything.
fn json(shown: Shown<'_>) -> String {
    let body = shown.answer.body.as_ref();
    let document =
        envelope(Some(shown.command), shown.outcome(), shown.facts.clone(), shown.diagnostics(), shown.next(), body);
    serde_json::to_string_pretty(&document).map(|text| text + "\n").unwrap_or_default()
}

fn estimate_markdown(shown: Shown<'_>) -> String {
    shown.estimate().map(view::estimate_markdown).unwrap_or_default()
}

fn scan_markdown(shown: Shown<'_>) -> String {
    match shown.scan() {
        Some(scan) => view::scan_markdown(&scan.body),
        None => view::failure_markdown(shown.diagnostics()),
    }
}

fn sarif(shown: Shown<'_>) -> String {
    let scan = shown.scan();
    let rules = scan.map(|scan| scan.rules.clone()).unwrap_or_default();
    let log = report::sarif(scan.map(|scan| &scan.body), &rules, shown.diagnostics(), shown.outcome().exit_code());
    format!("{log:#}\n")
}

fn junit(shown: Shown<'_>) -> String {
    let scan = shown.scan();
    let resources = scan.map(|scan| scan.resources.as_slice()).unwrap_or_default();
    report::junit(scan.map(|scan| &scan.body), resources, shown.diagnostics())
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
    fn every_kind_of_answer_has_a_table_and_json_and_no_format_twice() {
        for kind in Kind::ALL {
            let formats: Vec<OutputFormat> = kind.formats().collect();
            assert_eq!(formats[..2], [OutputFormat::Table, OutputFormat::Json], "{kind:?}");
            let twice = formats.iter().enumerate().any(|(at, format)| formats[..at].contains(format));
            assert!(!twice, "{kind:?}: {formats:?}");
        }
    }

    #[test]
    fn a_flag_can_make_another_answer_of_a_command() {
        assert_eq!(kind("stagegate scan -f a.yaml"), Kind::Scan);
        assert_eq!(kind("stagegate scan --list"), Kind::PolicyList);
        assert_eq!(kind("stagegate scan --explain x"), Kind::PolicyExplanation);
        assert_eq!(kind("stagegate scan --test-policies d"), Kind::PolicyTests);
        assert_eq!(kind("stagegate estimate --supported"), Kind::Supported);
        assert_eq!(kind("stagegate estimate -f a.yaml"), Kind::Estimate);
        assert!(renderer(Kind::Scan, OutputFormat::Sarif).is_some());
        assert!(renderer(Kind::PolicyList, OutputFormat::Sarif).is_none());
        assert!(renderer(Kind::Drift, OutputFormat::Markdown).is_none());
    }

    /// What will read the answer must not find nothing where a run ended early.
    #[test]
    fn a_run_without_an_answer_has_a_document_in_every_format_of_machines() {
        let problem = Diagnostic::error(crate::domain::diagnostic::Code::UnknownType, "no such type");
        let answer: Answer<Body> = crate::outcome::Failure::usage(vec![problem]).into();
        let facts = RunFacts::default();
        let shown = Shown { command: "scan", answer: &answer, facts: &facts };
        for (format, renderer) in renderers(Kind::Scan) {
            let text = renderer(shown);
            assert_eq!(text.contains("no such type"), *format != OutputFormat::Table, "{format:?}: {text}");
        }
    }

    #[test]
    fn every_command_is_of_a_kind_whose_name_it_has() {
        for command in cli::definition().get_subcommands() {
            assert!(command.get_name() == "completions" || report::schemas::committed(command.get_name()).is_some());
        }
    }
}
