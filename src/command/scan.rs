//! `scan`: the pipeline up to the policies, for templates or live resources.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::create::stack_name;
use super::drift::known_type;
use super::policies::{engines, policies, policy_sources, severity, unreadable_policies, unusable, waivers};
use super::reading::{ReadRequest, find_templates, load_for_reading, strict_error};
use super::translation::translate;
use super::{incomplete_warning, stale_warnings};
use crate::cli::ScanArgs;
use crate::domain::diagnostic::{Code, Diagnostic, Location};
use crate::domain::finding::{BUILTIN_ENGINE, Finding, Severity, TEMPLATE_ENGINE, Verdict};
use crate::domain::intrinsics::Pseudo;
use crate::domain::resource::ResourceRef;
use crate::domain::stale::StaleRead;
use crate::files::template::{FoundTemplates, Translations};
use crate::files::{self, folder, suggestion, text};
use crate::outcome::{Failure, Outcome};
use crate::pipeline::estate;
use crate::pipeline::evaluate::{self, Engines};
use crate::pipeline::observe::{Observed, ScanScope, observe};
use crate::policy::{CompileError, PolicyMetadata, PolicySet, ProjectRules, ScanEnvironment, ScanInput, ScanResource};
use crate::report::StaleView;
use crate::report::{
    Answer, Body, PolicyTestFailureView, PolicyTestsView, ScanAnswer, ScanBody, ScanCoverageView, ScanGapView,
    ScannedView,
};
use crate::run::{Run, cloud_failure};
use crate::schema::Registry;

pub async fn run(arguments: &ScanArgs, run: &Run) -> Result<Answer<Body>, Failure> {
    let fail_on = severity(arguments.fail_on.as_deref(), run.workspace())?;
    let inputs = match arguments.files.is_empty() {
        true => None,
        false => Some(find_templates(&arguments.files).await),
    };
    let translated = match inputs.as_ref().and_then(|inputs| inputs.as_ref().ok()) {
        Some(found) => {
            let pseudo = Pseudo { region: region(run), ..Pseudo::default() };
            translate(&found.inputs, arguments.transform, &arguments.parameters, &pseudo, run.global()).await?
        }
        None => Default::default(),
    };
    // Loading templates takes as long as compiling policies, so both run concurrently.
    let (policies, read) = std::thread::scope(|scope| {
        let reading = inputs.map(|inputs| scope.spawn(move || templates(inputs?, arguments, translated, run)));
        let policies = policies(run.workspace(), &arguments.policies, &arguments.packs, &arguments.engines);
        let read = reading.map(|reading| reading.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        (policies, read)
    });
    let policies = policies?;
    if let Some(id) = &arguments.explain {
        return explain(&policies, id, fail_on);
    }
    if let Some(folder) = &arguments.test_policies {
        return test(run, folder, fail_on);
    }
    if arguments.list {
        let list = policies.list().map(|policy| (policy, policies.is_active(policy)));
        let body = ScanBody::without_scan(fail_on).with_policies(list);
        return Ok(Answer::new(Outcome::Ok, Body::PolicyList(body)));
    }
    let engines = engines(run.workspace(), &arguments.engines, &arguments.policies, run.global())?;
    let waivers = waivers(run.workspace(), arguments.waivers.as_deref())?;
    let scanned = match (&arguments.live, &arguments.env, read) {
        (Some(words), Some(environment), _) => live(words, environment, &policies, run).await?,
        (_, _, read) => match read {
            Some(read) => read.map_err(|failure| not_run(failure, &engines))?,
            None => templates(FoundTemplates::default(), arguments, Default::default(), run)?,
        },
    };
    let (mut report, remarks) = evaluate::scan(&policies, &engines, &scanned.input, &scanned.secrets).await;
    report.findings.extend(scanned.faults);
    report.sort();
    let expired = waivers.apply(&mut report, run.now().to_zoned(jiff::tz::TimeZone::UTC).date());
    let is_fault = |finding: &&Finding| finding.engine == TEMPLATE_ENGINE && finding.waiver.is_none();
    let faults = strict_error(report.findings.iter().filter(is_fault).count(), run.global().strict);
    let mut body = ScanBody::new(&report, fail_on);
    let mut gap = None;
    let is_stale = scanned.coverage.as_ref().is_some_and(|coverage| !coverage.stale.is_empty());
    if let Some(coverage) = scanned.coverage {
        gap = incomplete_warning(&[
            (coverage.unreadable, "resource(s) or type(s) that could not be read"),
            (coverage.unsupported, "tagged resource(s) of an unknown type"),
        ]);
        body = body.with_coverage(coverage);
    }
    let outcome = match report.verdict(fail_on) {
        _ if report.engine_failed() => Outcome::Error,
        _ if !scanned.rejected.is_empty() => Outcome::Usage,
        _ if faults.is_some() => Outcome::Error,
        Verdict::Pass if gap.is_none() && !is_stale => Outcome::Ok,
        _ => Outcome::Findings,
    };
    let broken = report.engines.iter().flat_map(|engine| engine.failures.iter().map(move |failure| (engine, failure)));
    let broken = broken.map(|(engine, failure)| {
        let mut problem =
            Diagnostic::error(Code::ScanEngineFailed, failure.message.clone()).at(failure.location.clone());
        problem.resource = failure.resource.as_ref().map(|resource| resource.name().to_owned());
        problem.hint(match engine.name == BUILTIN_ENGINE {
            true => "an incomplete scan does not pass; fix the policy and run the command again",
            false => "an incomplete scan does not pass; fix the engine and run the command again",
        })
    });
    // A rule for each finding of a policy; other engines' findings have none.
    let found: BTreeSet<&str> = body.findings.iter().map(|finding| finding.id.as_str()).collect();
    let rules = policies.list().filter(|policy| found.contains(policy.id.as_str()));
    let rules = rules.map(|policy| (policy.id.clone(), policy.clone())).collect();
    let resources = scanned.input.resources.iter().map(|scanned| ScannedView::from(&scanned.resource)).collect();
    Ok(Answer::new(outcome, Body::Scan(ScanAnswer { body, resources, rules }))
        .diagnostics(scanned.rejected)
        .diagnostics(faults)
        .diagnostics(scanned.diagnostics)
        .diagnostics(remarks)
        .diagnostics(expired)
        .diagnostics(broken)
        .diagnostics(gap))
}

/// The input of a scan.
struct Scanned {
    input: ScanInput,
    /// Values that must not be passed to other programs.
    secrets: BTreeSet<String>,
    /// The faults of the templates.
    faults: Vec<Finding>,
    diagnostics: Vec<Diagnostic>,
    /// Files that are no templates.
    rejected: Vec<Diagnostic>,
    coverage: Option<ScanCoverageView>,
}

/// The region of the templates: that of the first environment.
fn region(run: &Run) -> Option<String> {
    run.workspace().project().environments.first().map(|environment| environment.region.clone())
}

fn templates(
    found: FoundTemplates,
    arguments: &ScanArgs,
    translated: Translations,
    run: &Run,
) -> Result<Scanned, Failure> {
    let request = ReadRequest {
        parameters: &arguments.parameters,
        sets: &arguments.sets,
        imports: &arguments.imports,
        stack_name: stack_name(arguments.stack_name.as_deref())?,
        translated,
        region: region(run),
    };
    let read = load_for_reading(run.registry(), found, &request)?;
    let scanned = |resource| ScanResource::from(resource).with_secrets(read.secrets());
    let input = ScanInput {
        resources: read.checked.for_policies().iter().map(scanned).collect(),
        project: Some(run.workspace().project().into()),
        registry: run.registry().clone(),
        separate_stacks: read.separate_stacks,
        ..ScanInput::default()
    };
    Ok(Scanned {
        input,
        secrets: read.secrets().clone(),
        faults: read.findings(),
        diagnostics: read.diagnostics,
        rejected: read.rejected,
        coverage: None,
    })
}

/// Adjusts the failure of a template that cannot be read. That is a usage error (64), unless an external engine
/// was requested and could not run (1): the result must not be mistaken for a scan by that engine.
fn not_run(mut failure: Failure, engines: &Engines) -> Failure {
    let is_template = |problem: &Diagnostic| problem.location.is_some() || problem.code == Code::NoResources;
    let is_template = failure.diagnostics.iter().any(is_template);
    if is_template && !engines.others.is_empty() {
        failure.outcome = Outcome::Error;
        failure.diagnostics.extend(engines.others.iter().map(|engine| {
            let message = format!("{} was not run: the template is invalid", engine.name().as_str());
            Diagnostic::error(Code::ScanEngineFailed, message).hint("fix the template and run the command again")
        }));
    }
    failure
}

async fn live(words: &[String], environment: &str, policies: &PolicySet, run: &Run) -> Result<Scanned, Failure> {
    let undescribed = run.learn_types(&[environment], words.iter().map(String::as_str)).await;
    let scope = scan_scope(run.registry(), words).map_err(|failure| failure.and(undescribed))?;
    let opened = run.open_environment(environment).await?;
    let reader = opened.stale_reader(run);
    let observed = observe(&reader, &scope, policies, run.events()).await.map_err(|error| cloud_failure(&error))?;
    let Some(observed) = observed else {
        let name = words.join(" ");
        let problem = Diagnostic::error(Code::NotFound, format!("{name} does not exist in `{environment}`"));
        let hint = format!("`stagegate scan --live --env {environment}` scans all managed resources");
        return Err(Failure::new(Outcome::Error, problem.hint(hint)));
    };
    let stale = reader.stale_reads();
    let coverage = coverage(&observed, &stale);
    let Observed { resources, context, incomplete, .. } = observed;
    // No tags will be added to live resources.
    let rules = ProjectRules { added_tags: BTreeMap::new(), ..run.workspace().project().into() };
    let input = ScanInput {
        resources,
        context,
        incomplete,
        environment: ScanEnvironment {
            name: Some(opened.environment.name.clone()),
            protected: opened.environment.protected,
        },
        project: Some(rules),
        registry: run.registry().clone(),
        separate_stacks: false,
    };
    Ok(Scanned {
        input,
        secrets: BTreeSet::new(),
        faults: Vec::new(),
        diagnostics: stale_warnings(&stale),
        rejected: Vec::new(),
        coverage: Some(coverage),
    })
}

fn scan_scope(registry: &Registry, words: &[String]) -> Result<ScanScope, Failure> {
    match words {
        [] => Ok(ScanScope::Managed),
        [type_name] => {
            let type_name = known_type(registry, type_name)?;
            if !estate::is_listable(registry, &type_name) {
                let problem = Diagnostic::error(Code::NotListable, format!("{type_name} cannot be listed as a whole"));
                return Err(Failure::usage(vec![problem.hint("specify one resource: --live TYPE ID")]));
            }
            Ok(ScanScope::OfType(type_name))
        }
        [type_name, identifier] => {
            Ok(ScanScope::Resource(ResourceRef::new(known_type(registry, type_name)?, identifier)))
        }
        _ => {
            let problem = Diagnostic::error(Code::BadResource, "--live takes at most one type and one identifier");
            Err(Failure::usage(vec![problem.hint("scan the resources one at a time, or omit the identifier")]))
        }
    }
}

fn coverage(observed: &Observed, stale: &[StaleRead]) -> ScanCoverageView {
    let unreadable = observed.unreadable.iter();
    let mut gaps: Vec<ScanGapView> = unreadable
        .map(|gap| ScanGapView { subject: gap.resource.to_string(), reason: gap.error.message.clone() })
        .collect();
    gaps.extend(observed.unsupported.iter().map(|arn| ScanGapView {
        subject: arn.clone(),
        reason: "the ARN does not match any known resource type".to_owned(),
    }));
    ScanCoverageView {
        checked: observed.resources.len() as u64,
        unreadable: observed.unreadable.len() as u64,
        unsupported: observed.unsupported.len() as u64,
        denied: observed.denied() as u64,
        gaps,
        stale: stale.iter().map(StaleView::from).collect(),
    }
}

/// Describes one policy, given by its id or by the id of another scanner's equivalent.
fn explain(policies: &PolicySet, id: &str, fail_on: Severity) -> Result<Answer<Body>, Failure> {
    let meant = named(policies.list(), id);
    if meant.is_empty() {
        let problem = Diagnostic::error(Code::UnknownPolicy, format!("unknown policy `{id}`"));
        let close = suggestion::closest(id, policies.list().map(|policy| policy.id.as_str()));
        return Err(Failure::usage(vec![problem.hint(match close {
            _ if Code::parse(id).is_some() => {
                format!("run `stagegate explain {id}`; it is the code of a message or a fault")
            }
            Some(close) => format!("did you mean `{close}`?"),
            None => "run `stagegate scan --list` to list all policies".to_owned(),
        })]));
    }
    let meant = meant.into_iter().map(|policy| (policy, policies.is_active(policy)));
    let body = ScanBody::without_scan(fail_on).with_policies(meant);
    Ok(Answer::new(Outcome::Ok, Body::PolicyExplanation(body)))
}

/// Returns the policy with an id; for an id of another scanner, the equivalent policies.
pub(super) fn named<'p>(
    policies: impl Iterator<Item = &'p PolicyMetadata> + Clone,
    id: &str,
) -> Vec<&'p PolicyMetadata> {
    let is_waived = |policy: &&PolicyMetadata| policy.equivalents.values().flatten().any(|equivalent| equivalent == id);
    match policies.clone().find(|policy| policy.id == id) {
        Some(policy) => vec![policy],
        None => policies.filter(is_waived).collect(),
    }
}

/// Runs the test cases of the policies in a folder.
fn test(run: &Run, folder: &Path, fail_on: Severity) -> Result<Answer<Body>, Failure> {
    let policies = policies(run.workspace(), &[folder.to_path_buf()], &["all".to_owned()], &[])?;
    let unknown_names =
        policies.unknown_names(&policy_sources(std::iter::once(folder))?).map_err(|error| unusable(&error))?;
    let (mut failures, mut problems) = (Vec::new(), Vec::new());
    let (mut files, mut number) = (0, 0);
    for (path, text) in cases(folder)? {
        let fixtures =
            files::policies::fixtures(&path, &text).map_err(|error| Failure::usage(vec![error.diagnostic()]))?;
        let file = path.rsplit('/').next().unwrap_or(&path);
        files += 1;
        number += fixtures.count() as u64;
        let failed = policies.test(file.trim_end_matches(".test.yaml"), &path, &fixtures);
        for failure in failed.map_err(|failure| unusable(&CompileError::Failed(failure)))? {
            let line = text.lines().position(|line| line.contains(&failure.case)).map_or(1, |index| index + 1);
            let place = Location { file: path.clone(), line: u32::try_from(line).unwrap_or(u32::MAX), column: 1 };
            let problem = Diagnostic::error(Code::PolicyTestFailed, format!("{}: {}", failure.case, failure.problem));
            problems.push(problem.at(Some(place)).hint("correct the policy or the test case"));
            failures.push(PolicyTestFailureView { file: failure.path, case: failure.case, problem: failure.problem });
        }
    }
    if files == 0 {
        let problem = Diagnostic::error(Code::NoCases, format!("{} has no *.test.yaml", folder.display()));
        return Err(Failure::usage(vec![
            problem.hint("add ID.test.yaml with passing: and failing: cases next to ID.rego"),
        ]));
    }
    let outcome = if failures.is_empty() && unknown_names.is_empty() { Outcome::Ok } else { Outcome::Findings };
    let tests = PolicyTestsView { files, cases: number, failures, wrong_names: unknown_names.len() as u64 };
    let body = ScanBody { tests: Some(tests), ..ScanBody::without_scan(fail_on) };
    let unknown_names = unknown_names.into_iter().map(|error| error.diagnostic());
    Ok(Answer::new(outcome, Body::PolicyTests(body)).diagnostics(unknown_names).diagnostics(problems))
}

/// Reads the test case files in a folder and below it, sorted by path.
fn cases(folder: &Path) -> Result<Vec<(String, String)>, Failure> {
    let files = folder::files_below(folder, |path| path.to_string_lossy().ends_with(".test.yaml"));
    let read = |path: PathBuf| match text::read_file(&path) {
        Ok(text) => Ok((path.display().to_string(), text)),
        Err(problem) => Err(Failure::usage(vec![*problem])),
    };
    files.map_err(|problem| unreadable_policies(&problem))?.into_iter().map(read).collect()
}
