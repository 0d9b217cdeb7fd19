//! `create`: creates the resources of a template in an environment.

use std::path::PathBuf;

use super::gate_rules::GateRules;
use super::key_value::tags;
use super::template::{Purpose, TemplateRequest, load_template_for, pseudo_of, read_templates};
use super::translation::translate;
use super::usage::{check_usage, template_input};
use super::write::{self, saving};
use crate::cli::CreateArgs;
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::project::Project;
use crate::files::template::TemplateInput;
use crate::outcome::Failure;
use crate::pipeline::plan::from::template::TemplatePlan;
use crate::pipeline::plan::{PlanContext, Side, from};
use crate::pipeline::{gate, load};
use crate::report::{Answer, WriteAnswer};
use crate::run::{Run, cloud_failure};

pub async fn run(arguments: &CreateArgs, run: &Run) -> Result<Answer<WriteAnswer>, Failure> {
    let start = write::start(&arguments.write, run)?;
    run.workspace().environment(&arguments.env)?;
    // A folder is expanded to its files, so that the name is that of the folder.
    let stack_name = Some(stack_of(arguments, run.workspace().project())?);
    let templates = read_templates(&arguments.files).await?;
    execute(&CreateArgs { stack_name, ..arguments.clone() }, templates, start, run).await
}

/// Runs `create` with templates that were read before; the stack has a name.
pub async fn execute(
    arguments: &CreateArgs,
    templates: Vec<TemplateInput>,
    start: write::Start<'_>,
    run: &Run,
) -> Result<Answer<WriteAnswer>, Failure> {
    let environment = run.workspace().environment(&arguments.env)?;
    let stack = stack_of(arguments, run.workspace().project())?;
    // All input errors are reported before the first call to AWS.
    let pseudo = pseudo_of(environment, Some(&stack));
    let translated = translate(&templates, arguments.transform, &arguments.parameters, &pseudo, run.global()).await?;
    let request = TemplateRequest {
        parameters: &arguments.parameters,
        sets: &arguments.sets,
        imports: &arguments.imports,
        translated,
        pseudo,
        purpose: Purpose::Create,
    };
    let (loaded, diagnostics) = load_template_for(run, &arguments.env, &templates, &request).await?;
    load::require_creatable(&loaded).map_err(Failure::usage)?;
    let rules = GateRules::load(run)?;
    let inputs: Vec<_> =
        loaded.resources.iter().map(|resource| template_input(resource, &environment.region)).collect();
    check_usage(&rules.usage, &inputs, None)?;
    let extra_tags = tags(&arguments.tags)?;
    let opened = run.open_environment(&arguments.env).await?;
    let pricing = run.pricing_of(&opened).await;
    let context = PlanContext {
        purpose: arguments.purpose.as_deref(),
        ..rules.context(run, &arguments.write, start, &extra_tags, &pricing)
    };
    let reader = opened.reader();
    let side =
        Side { environment: &opened.environment, account: &opened.account, reader: &reader, events: run.events() };
    let make = async || {
        let request = TemplatePlan { loaded: &loaded, stack: &stack, keep_live: arguments.keep_live };
        let (planned, estimate) =
            from::template::plan(&context, &side, &request).await.map_err(|error| cloud_failure(&error))?;
        Ok(gate::judge(&context, &opened.environment, planned, estimate).await)
    };
    let request = saving::of_create(arguments, &stack, &templates, &loaded)?;
    let write_run = write::WriteRun { run, flags: &arguments.write, opened: &[&opened], request, start };
    Ok(write_run.execute(make).await?.diagnostics(diagnostics))
}

/// The name of the stack: given, or that of the template's file or folder.
fn stack_of(arguments: &CreateArgs, project: &Project) -> Result<String, Failure> {
    stack_name_of(arguments.stack_name.as_deref(), &arguments.files, project)
}

/// The name of the stack of these templates: `given`, or that of the file or folder.
///
/// # Errors
/// The given name cannot be the name of a stack.
pub fn stack_name_of(given: Option<&str>, files: &[PathBuf], project: &Project) -> Result<String, Failure> {
    let derived = || {
        let path = files.first()?;
        let name = if path.is_dir() {
            path.canonicalize().ok()?.file_name()?.to_owned()
        } else {
            path.file_stem()?.to_owned()
        };
        let name = name.to_string_lossy().into_owned();
        // `orders.template.yaml` is called `orders`.
        let name = name.strip_suffix(".template").unwrap_or(&name).to_owned();
        (name != "-").then_some(name)
    };
    let name = stack_name(given)?.map(str::to_owned).or_else(derived).unwrap_or_else(|| project.name.clone());
    Ok(name.chars().map(|c| if is_plain(c) { c } else { '-' }).take(128).collect())
}

fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-_.".contains(c)
}

/// The name that was given with `--stack-name`.
///
/// # Errors
/// It cannot be the name of a stack.
pub fn stack_name(given: Option<&str>) -> Result<Option<&str>, Failure> {
    match given {
        Some(name) if name.is_empty() || name.len() > 128 || !name.chars().all(is_plain) => {
            let problem = Diagnostic::error(Code::BadStackName, format!("`{name}` is not a stack name"));
            Err(Failure::usage(vec![problem.hint("use 1 to 128 letters, digits, dashes, dots and underscores")]))
        }
        given => Ok(given),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Arc;
    use std::time::Duration;

    use crate::cli::{Command, GlobalArgs};
    use crate::run::ManualClock;
    use crate::sandbox;
    use crate::workspace::Workspace;

    /// AWS forgets client tokens after 36 hours.
    #[tokio::test]
    async fn the_same_template_creates_nothing_on_later_days() {
        let folder = tempfile::tempdir().unwrap();
        let template = folder.path().join("orders.yaml");
        std::fs::write(&template, include_str!("../../tests/data/stack.yaml")).unwrap();
        let start = "2026-11-20T09:00:00Z".parse().unwrap();
        let (clock, sandbox_clock) = (Arc::new(ManualClock::at(start)), sandbox::ManualClock::new(start));
        let global = GlobalArgs { sandbox: Some(folder.path().display().to_string()), ..GlobalArgs::default() };
        let workspace = Workspace::open(&global, false).unwrap().with_state_folder(folder.path().join("state"));
        let workspace = Arc::new(workspace.with_sandbox_clock(sandbox::Clock::Manual(sandbox_clock.clone())));
        let line = format!("stagegate create -f {} --json", template.display());
        let mut created = BTreeSet::new();
        // Days 1, 2 and 3, and 55 hours after the last.
        for hours in [0, 24, 24, 55] {
            let passed = Duration::from_secs(hours * 60 * 60);
            clock.advance(passed);
            sandbox_clock.advance(passed);
            let run = crate::run::tests::run(&workspace, &clock, &line);
            let Command::Create(arguments) = &run.cli().command else { panic!() };
            let answer = super::run(arguments, &run).await.unwrap();
            let body = answer.body.unwrap().body;
            assert_eq!(answer.outcome.exit_code(), 0, "{:?}", answer.diagnostics);
            if hours == 0 {
                created.extend(body.applied.iter().map(|one| (one.type_name.clone(), one.identifier.clone())));
                assert!(created.len() >= 12, "{created:?}");
                continue;
            }
            assert!(body.plan.steps.is_empty(), "after {hours} hours: {} steps", body.plan.steps.len());
            assert_eq!(body.plan.unchanged.len(), 12);
        }
        // The tokens are forgotten, and the folder with copies of plans is lost.
        std::fs::remove_dir_all(workspace.plans_folder()).unwrap();
        let run = crate::run::tests::run(&workspace, &clock, &line);
        let Command::Create(arguments) = &run.cli().command else { panic!() };
        let answer = super::run(arguments, &run).await.unwrap();
        assert!(answer.body.unwrap().body.plan.steps.is_empty());
    }
}
