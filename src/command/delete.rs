//! `delete`: deletes a live resource.

use super::drift::known_type;
use super::gate_rules::GateRules;
use super::update::change_failure;
use super::write::{self, saving};
use crate::cli::DeleteArgs;
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::resource::ResourceRef;
use crate::domain::tags::Tags;
use crate::outcome::Failure;
use crate::pipeline::gate;
use crate::pipeline::plan::Side;
use crate::pipeline::plan::from::deletion::{Resumption, plan};
use crate::pipeline::plan::from::resumed::ApprovedBefore;
use crate::report::{Answer, WriteAnswer};
use crate::run::{OpenEnvironment, Run};

pub async fn run(arguments: &DeleteArgs, run: &Run) -> Result<Answer<WriteAnswer>, Failure> {
    execute(arguments, write::start(&arguments.write, run)?, run).await
}

/// Runs `delete`, or the rest of it.
pub async fn execute(
    arguments: &DeleteArgs,
    start: write::Start<'_>,
    run: &Run,
) -> Result<Answer<WriteAnswer>, Failure> {
    run.workspace().environment(&arguments.env)?;
    let undescribed = run.learn_types(&[&arguments.env], [arguments.type_name.as_str()]).await;
    let type_name = known_type(run.registry(), &arguments.type_name).map_err(|failure| failure.and(undescribed))?;
    let resource = ResourceRef::new(type_name, &arguments.identifier);
    let rules = GateRules::load(run)?;
    let opened = run.open_environment(&arguments.env).await?;
    let (others, unreachable) = others(arguments, run).await;
    let pricing = run.pricing_of(&opened).await;
    let no_tags = Tags::new();
    let context = rules.context(run, &arguments.write, start, &no_tags, &pricing);
    let events = run.events();
    let all: Vec<&OpenEnvironment> = std::iter::once(&opened).chain(&others).collect();
    let readers: Vec<_> = all.iter().map(|one| one.reader()).collect();
    let mut sides: Vec<Side<'_>> = all
        .iter()
        .zip(&readers)
        .map(|(one, reader)| Side { environment: &one.environment, account: &one.account, reader, events })
        .collect();
    let own = sides.remove(0);
    let approved = write::approved_before(&arguments.write, start, run);
    let is_continued = arguments.write.approve.is_some() || arguments.write.resume || start.saved.is_some();
    let resumption = match &approved {
        Some((plan, place)) => Resumption::Of(ApprovedBefore { plan, place }),
        None if is_continued => Resumption::Unknown,
        None => Resumption::No,
    };
    let make = async || {
        let (planned, estimate) = plan(&context, &own, &sides, &resource, resumption).await.map_err(change_failure)?;
        Ok(gate::judge(&context, &opened.environment, planned, estimate).await)
    };
    let write_run =
        write::WriteRun { run, flags: &arguments.write, opened: &all, request: saving::of_delete(arguments), start };
    Ok(write_run.execute(make).await?.diagnostics(unreachable))
}

/// Opens the other environments of the project: their resources may be counterparts. One that cannot be opened is named.
async fn others(arguments: &DeleteArgs, run: &Run) -> (Vec<OpenEnvironment>, Vec<Diagnostic>) {
    let (mut opened, mut unreachable) = (Vec::new(), Vec::new());
    let environments = run.workspace().project().environments.iter();
    for environment in environments.filter(|environment| environment.name != arguments.env) {
        match run.open_environment(&environment.name).await {
            Ok(other) => opened.push(other),
            Err(failure) => {
                let reason: Vec<String> = failure.diagnostics.into_iter().map(|problem| problem.message).collect();
                unreachable.push(
                    Diagnostic::warning(
                        Code::CounterpartUnknown,
                        format!(
                            "`{}` cannot be read, so that counterparts in it are not known: {}",
                            environment.name,
                            reason.join("; ")
                        ),
                    )
                    .hint("run `stagegate drift` later: it finds promotion tags that name deleted resources"),
                );
            }
        }
    }
    (opened, unreachable)
}
