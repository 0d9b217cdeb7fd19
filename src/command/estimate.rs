//! `estimate`: the pipeline up to the cost estimate. It calls only the price list, and works without it if the
//! price list does not respond; `--live` reads the resource as well.

use std::path::PathBuf;

use rust_decimal::Decimal;
use serde_json::{Map, Value};

use super::create::stack_name;
use super::drift::known_type;
use super::reading::{ReadRequest, ReadTemplates, as_warnings, find_templates, load_for_reading, strict_error};
use super::template::given_resource;
use super::translation::translate;
use super::usage::{check_usage, template_input, usage};
use crate::cli::EstimateArgs;
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::intrinsics::Pseudo;
use crate::domain::money::Usd;
use crate::domain::project::Environment;
use crate::domain::resource::{DesiredResource, ResourceRef};
use crate::estimate::{self, Estimate, EstimateInput, EstimateOptions, Snapshot, Verdict};
use crate::outcome::{Failure, Outcome};
use crate::pipeline::ports::ReadResources as _;
use crate::pipeline::prices::{Priced, Pricing};
use crate::pipeline::surroundings;
use crate::report::{Answer, ComparisonView, DiagnosticView, EstimateBody, EstimateReport, SupportedView};
use crate::run::{OpenEnvironment, Run, cloud_failure};

pub async fn run(arguments: &EstimateArgs, run: &Run) -> Result<Answer<EstimateReport>, Failure> {
    let mut options = EstimateOptions {
        hours_per_month: Decimal::from(arguments.hours),
        threshold: Usd::new(run.workspace().project().cost.auto_approve_below),
        assume_free_tier: arguments.assume_free_tier,
        usage: usage(run.workspace(), arguments.usage.as_deref())?,
        ..EstimateOptions::default()
    };
    let environment = default_environment(run)?;
    let region = environment.region.clone();
    let Desired { subject, mut diagnostics, mut faults, mut rejected } = match arguments.live.as_slice() {
        [type_name, identifier] => live(arguments, run, type_name, identifier, &mut options).await?,
        _ => desired(run, arguments, &region).await?,
    };
    options.separate_stacks = subject.separate_stacks;
    let inputs = subject.inputs();
    diagnostics.extend(check_usage(&options.usage, &inputs, arguments.usage.as_deref())?);
    diagnostics.extend(other_usage(arguments, run));
    let pricing = match &subject.opened {
        Some(opened) => run.pricing_of(opened).await,
        None => run.pricing(environment).await,
    };
    let Priced { estimate: found, mut notes } = pricing.estimate(&inputs, &options).await;
    let comparison = match arguments.compare.as_slice() {
        [] => None,
        against => {
            refuse_stdin_twice(arguments)?;
            let before = templates(run, arguments, against, &region).await?;
            let (view, later) = compare(&before, arguments, &region, &found, &options, &pricing).await;
            // Notes accumulate over the run: the last estimate has all of them.
            notes = later;
            faults.extend(before.faults);
            rejected.extend(before.rejected);
            Some(view)
        }
    };
    let asks = arguments.gate && matches!(found.verdict, Verdict::ApprovalRequired(_));
    let strict = strict_error(faults.len(), run.global().strict);
    let outcome = match () {
        () if !rejected.is_empty() => Outcome::Usage,
        () if strict.is_some() => Outcome::Error,
        () if asks => Outcome::ApprovalRequired,
        () => Outcome::Ok,
    };
    let report = EstimateReport {
        estimate: EstimateBody::from(&found),
        comparison,
        faults: as_warnings(&faults).iter().map(DiagnosticView::from).collect(),
        supported: Vec::new(),
    };
    let answer = Answer::new(outcome, report).diagnostics(rejected).diagnostics(strict);
    Ok(answer.diagnostics(diagnostics).diagnostics(notes))
}

/// What to estimate, and what is said of it.
struct Desired {
    subject: Subject,
    diagnostics: Vec<Diagnostic>,
    faults: Vec<Diagnostic>,
    /// Files that are no templates.
    rejected: Vec<Diagnostic>,
}

impl Desired {
    fn of(subject: Subject, diagnostics: Vec<Diagnostic>) -> Self {
        Self { subject, diagnostics, faults: Vec::new(), rejected: Vec::new() }
    }
}

/// Returns the default environment for prices: the first unprotected one.
fn default_environment(run: &Run) -> Result<&Environment, Failure> {
    let environments = &run.workspace().project().environments;
    let environment = environments.iter().find(|environment| !environment.protected).or(environments.first());
    environment
        .ok_or_else(|| Failure::usage(vec![Diagnostic::error(Code::MissingKey, "the project has no environment")]))
}

/// What to estimate.
struct Subject {
    resources: Vec<DesiredResource>,
    /// The identifier of a live resource.
    identifier: Option<String>,
    region: String,
    /// The environment that a live resource was read from.
    opened: Option<OpenEnvironment>,
    /// Each file is a stack of its own.
    separate_stacks: bool,
}

impl Subject {
    fn inputs(&self) -> Vec<EstimateInput<'_>> {
        let live = self.identifier.as_deref();
        let inputs = self.resources.iter().map(|resource| template_input(resource, &self.region));
        match live {
            // A live resource has no template.
            Some(_) => {
                inputs.map(|one| EstimateInput { file: None, logical_id: None, identifier: live, ..one }).collect()
            }
            None => inputs.collect(),
        }
    }
}

/// Loads the templates of `-f`, or the single resource of `--type`.
async fn desired(run: &Run, arguments: &EstimateArgs, region: &str) -> Result<Desired, Failure> {
    let registry = run.registry();
    let subject = |resources: Vec<DesiredResource>, separate_stacks: bool| Subject {
        resources,
        identifier: None,
        region: region.to_owned(),
        opened: None,
        separate_stacks,
    };
    if let Some(type_name) = &arguments.type_name {
        let type_name = known_type(registry, type_name)?;
        let (loaded, diagnostics) = given_resource(registry, &type_name, arguments.properties.as_deref())?;
        return Ok(Desired::of(subject(loaded.resources, false), diagnostics));
    }
    let read = templates(run, arguments, &arguments.files, region).await?;
    Ok(Desired {
        subject: subject(read.checked.for_estimates(), read.separate_stacks),
        diagnostics: read.diagnostics,
        faults: read.faults,
        rejected: read.rejected,
    })
}

async fn templates(
    run: &Run,
    arguments: &EstimateArgs,
    files: &[PathBuf],
    region: &str,
) -> Result<ReadTemplates, Failure> {
    let found = find_templates(files).await?;
    let pseudo = Pseudo { region: Some(region.to_owned()), ..Pseudo::default() };
    let translated =
        translate(&found.inputs, arguments.transform, &arguments.parameters, &pseudo, run.global()).await?;
    let request = ReadRequest {
        parameters: &arguments.parameters,
        sets: &arguments.sets,
        imports: &arguments.imports,
        stack_name: stack_name(arguments.stack_name.as_deref())?,
        translated,
        region: Some(region.to_owned()),
    };
    load_for_reading(run.registry(), found, &request)
}

/// Reads the live resource of `--live` and the resources that its cost depends on.
async fn live(
    arguments: &EstimateArgs,
    run: &Run,
    type_name: &str,
    identifier: &str,
    options: &mut EstimateOptions,
) -> Result<Desired, Failure> {
    let environment = arguments.env.as_deref().unwrap_or("dev");
    let undescribed = run.learn_types(&[environment], [type_name]).await;
    let type_name = known_type(run.registry(), type_name).map_err(|failure| failure.and(undescribed))?;
    let resource = ResourceRef::new(type_name, identifier);
    let opened = run.open_environment(environment).await?;
    let reader = opened.reader();
    let Some(properties) = reader.get(&resource).await.map_err(|error| cloud_failure(&error))? else {
        let problem =
            Diagnostic::error(Code::NotFound, format!("{resource} does not exist in `{}`", opened.environment.name));
        let hint = "check the identifier and --env; to estimate a resource that does not exist yet, use --type or -f";
        return Err(Failure::new(Outcome::Error, problem.hint(hint)));
    };
    let subject = Subject {
        resources: vec![DesiredResource {
            logical_id: String::new(),
            type_name: resource.type_name,
            properties,
            depends_on: Vec::new(),
            metadata: Value::Object(Map::new()),
            file: String::new(),
            source: Default::default(),
        }],
        identifier: Some(resource.identifier),
        region: opened.environment.region.clone(),
        opened: Some(opened),
        separate_stacks: false,
    };
    surroundings::read(&reader, &subject.inputs(), options).await.map_err(|error| cloud_failure(&error))?;
    Ok(Desired::of(subject, Vec::new()))
}

/// Refuses standard input as both of two templates that are compared.
fn refuse_stdin_twice(arguments: &EstimateArgs) -> Result<(), Failure> {
    let is_stdin = |path: &PathBuf| path.as_os_str() == "-";
    if arguments.files.iter().any(is_stdin) && arguments.compare.iter().any(is_stdin) {
        let problem = Diagnostic::error(Code::StdinTwice, "standard input cannot be both -f and --compare");
        return Err(Failure::usage(vec![problem.hint("use a file for one of them")]));
    }
    Ok(())
}

/// Compares the cost of the templates with that of others.
async fn compare(
    read: &ReadTemplates,
    arguments: &EstimateArgs,
    region: &str,
    after: &Estimate,
    options: &EstimateOptions,
    pricing: &Pricing<'_>,
) -> (ComparisonView, Vec<Diagnostic>) {
    let resources = read.checked.for_estimates();
    let inputs: Vec<EstimateInput<'_>> = resources.iter().map(|resource| template_input(resource, region)).collect();
    let options = EstimateOptions { separate_stacks: read.separate_stacks, ..options.clone() };
    let Priced { estimate: before, notes } = pricing.estimate(&inputs, &options).await;
    let names = arguments.compare.iter().map(|path| path.display().to_string()).collect();
    (ComparisonView::new(&estimate::compare(&before, after), names), notes)
}

/// Warns if `--gate` is used with a usage file that `create` would not read.
fn other_usage(arguments: &EstimateArgs, run: &Run) -> Option<Diagnostic> {
    let file = arguments.usage.as_ref().filter(|_| arguments.gate)?;
    let configured = run.workspace().project().usage.as_ref().map(|path| run.workspace().project_path(path));
    let same = configured.is_some_and(|path| path.canonicalize().ok() == file.canonicalize().ok());
    (!same).then(|| {
        Diagnostic::warning(
            Code::OtherUsage,
            format!("`create` does not read {}; the result assumes that it does", file.display()),
        )
        .hint(format!("add `usage: {}` to stagegate.yaml", file.display()))
    })
}

/// Lists the types of the cost model. Needs no project, no run and no runtime.
pub fn supported() -> Answer<EstimateReport> {
    let nothing = estimate::estimate(&[], &EstimateOptions::default(), &Snapshot);
    let types: Vec<SupportedView> = estimate::supported().iter().map(SupportedView::from).collect();
    let report = EstimateReport {
        estimate: EstimateBody::from(&nothing),
        comparison: None,
        faults: Vec::new(),
        supported: types,
    };
    Answer::new(Outcome::Ok, report)
}
