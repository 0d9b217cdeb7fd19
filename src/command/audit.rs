//! `tag-audit`: checks the tags of all resources.

use super::drift::known_type;
use super::{incomplete_warning, stale_warnings};
use crate::cli::AuditArgs;
use crate::domain::project::Environment;
use crate::domain::stale::StaleRead;
use crate::outcome::{Failure, Outcome};
use crate::pipeline::audit::audit;
use crate::pipeline::ports::ReadCloud;
use crate::report::{Answer, AuditBody};
use crate::run::{Run, cloud_failure};

pub async fn run(arguments: &AuditArgs, run: &Run) -> Result<Answer<AuditBody>, Failure> {
    let names: Vec<String> = match arguments.env.as_str() {
        "all" => run.workspace().project().environments.iter().map(|environment| environment.name.clone()).collect(),
        name => vec![name.to_owned()],
    };
    let environments: Vec<&str> = names.iter().map(String::as_str).collect();
    let undescribed = run.learn_types(&environments, arguments.types.iter().map(String::as_str)).await;
    let types = arguments.types.iter().map(|word| known_type(word)).collect::<Result<Vec<_>, _>>();
    let types = types.map_err(|failure| failure.and(undescribed))?;
    let mut opened = Vec::new();
    for name in &names {
        let environment = run.open_environment(name).await?;
        opened.push((environment.stale_reader(run), environment.environment));
    }
    let sides: Vec<(&Environment, &dyn ReadCloud)> =
        opened.iter().map(|(reader, environment)| (environment, reader as &dyn ReadCloud)).collect();
    let report =
        audit(run.workspace().project(), &sides, &types, run.events()).await.map_err(|error| cloud_failure(&error))?;
    let stale: Vec<StaleRead> = opened.iter().flat_map(|(reader, _)| reader.stale_reads()).collect();
    let body = AuditBody::new(&report, &stale, arguments.list_compliant);
    let gap = incomplete_warning(&[
        (report.coverage.denied, "denied listing(s) or read(s)"),
        (report.coverage.unreadable, "resource(s) or type(s) that could not be read"),
    ]);
    let is_complete = gap.is_none() && stale.is_empty();
    let outcome = if report.violating() > 0 || !is_complete { Outcome::Findings } else { Outcome::Ok };
    Ok(Answer::new(outcome, body).diagnostics(gap).diagnostics(stale_warnings(&stale)))
}
