//! `create`: creates the resources of a template in an environment.

use super::key_value::tags;
use super::policies::{engines, gate_policies, waivers};
use super::template::{TemplateRequest, load_template_for, read_templates};
use super::usage::{check_usage, template_input, usage};
use super::write;
use crate::cli::CreateArgs;
use crate::domain::intrinsics::Pseudo;
use crate::outcome::Failure;
use crate::pipeline::plan::{PlanContext, Side, from};
use crate::pipeline::{gate, load};
use crate::report::{Answer, WriteAnswer};
use crate::run::{Run, cloud_failure};

pub async fn run(arguments: &CreateArgs, run: &Run) -> Result<Answer<WriteAnswer>, Failure> {
    let as_of = write::as_of(&arguments.write, run)?;
    let environment = run.workspace().environment(&arguments.env)?;
    // All input errors are reported before the first call to AWS.
    let request = TemplateRequest {
        parameters: &arguments.parameters,
        sets: &arguments.sets,
        pseudo: Pseudo {
            account: Some(environment.account.to_string()),
            region: Some(environment.region.clone()),
            partition: None,
        },
        for_reading: false,
    };
    let templates = read_templates(&arguments.files).await?;
    let (loaded, diagnostics) = load_template_for(run, &arguments.env, &templates, &request).await?;
    load::require_creatable(&loaded).map_err(Failure::usage)?;
    let policies = gate_policies(run.workspace())?;
    let engines = engines(run.workspace(), &[], &[], run.global())?;
    let waivers = waivers(run.workspace(), None)?;
    let usage = usage(run.workspace(), None)?;
    let inputs: Vec<_> =
        loaded.resources.iter().map(|resource| template_input(resource, &environment.region)).collect();
    check_usage(&usage, &inputs, None)?;
    let extra_tags = tags(&arguments.tags)?;
    let opened = run.open_environment(&arguments.env).await?;
    let pricing = run.pricing_of(&opened).await;
    let context = PlanContext {
        project: run.workspace().project(),
        as_of,
        policies: &policies,
        engines: &engines,
        waivers: &waivers,
        usage: &usage,
        extra_tags: &extra_tags,
        purpose: arguments.purpose.as_deref(),
        pricing: &pricing,
    };
    let reader = opened.reader();
    let side =
        Side { environment: &opened.environment, account: &opened.account, reader: &reader, events: run.events() };
    let make = async || {
        let (planned, estimate) =
            from::template::plan(&context, &side, &loaded).await.map_err(|error| cloud_failure(&error))?;
        Ok(gate::judge(&context, &opened.environment, planned, estimate).await)
    };
    let write_run = write::WriteRun { run, flags: &arguments.write, opened: &[&opened] };
    Ok(write_run.execute(make).await?.diagnostics(diagnostics))
}
