//! `drift --desired`: compares a template with the live resources of its stack.

use super::create::stack_name_of;
use super::template::{Purpose, TemplateRequest, load_template_for, pseudo_of, read_templates};
use crate::cli::DriftArgs;
use crate::compare::drift::DriftReport;
use crate::domain::diagnostic::Diagnostic;
use crate::outcome::Failure;
use crate::pipeline::drift::{Source, compare_template};
use crate::pipeline::plan::Side;
use crate::pipeline::plan::from::template::TemplatePlan;
use crate::run::{Run, cloud_failure};

/// Compares the template of `--desired` with its stack in the environment of `--from`.
pub async fn report(arguments: &DriftArgs, run: &Run) -> Result<(DriftReport, Vec<Diagnostic>), Failure> {
    let environment = run.workspace().environment(&arguments.from)?;
    let stack = stack_name_of(arguments.stack_name.as_deref(), &arguments.desired, run.workspace().project())?;
    let templates = read_templates(&arguments.desired).await?;
    let request = TemplateRequest {
        parameters: &arguments.parameters,
        sets: &[],
        imports: &arguments.imports,
        translated: Default::default(),
        pseudo: pseudo_of(environment, Some(&stack)),
        purpose: Purpose::Compare,
    };
    let (loaded, diagnostics) = load_template_for(run, &arguments.from, &templates, &request).await?;
    let opened = run.open_environment(&arguments.from).await?;
    let reader = opened.reader();
    let side =
        Side { environment: &opened.environment, account: &opened.account, reader: &reader, events: run.events() };
    let plan = TemplatePlan { loaded: &loaded, stack: &stack, keep_live: false };
    let source = Source {
        files: &arguments.desired,
        has_parameters: !(arguments.parameters.is_empty() && arguments.imports.is_empty()),
    };
    let report = compare_template(&side, &plan, &source).await.map_err(|error| cloud_failure(&error))?;
    Ok((report, diagnostics))
}
