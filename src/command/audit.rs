//! `tag-audit`: checks the tags of all resources.

use super::drift::known_type;
use super::incomplete_warning;
use crate::cli::AuditArgs;
use crate::domain::project::Environment;
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
        opened.push((environment.reader(), environment.environment));
    }
    let sides: Vec<(&Environment, &dyn ReadCloud)> =
        opened.iter().map(|(reader, environment)| (environment, reader as &dyn ReadCloud)).collect();
    let report =
        audit(run.workspace().project(), &sides, &types, run.events()).await.map_err(|error| cloud_failure(&error))?;
    let body = AuditBody::new(&report, arguments.list_compliant);
    let gap = incomplete_warning(&[
        (report.coverage.denied, "denied listing(s) or read(s)"),
        (report.coverage.unreadable, "resource(s) or type(s) that could not be read"),
    ]);
    let outcome = if report.violating() > 0 || gap.is_some() { Outcome::Findings } else { Outcome::Ok };
    Ok(Answer::new(outcome, body).diagnostics(gap))
}
