//! `apply`: applies a saved plan.

use std::path::Path;

use super::key_value::pairs;
use super::write::restoring::{Given, Restored, original_command, restore};
use super::write::{Start, digest_time};
use super::{audit, create, delete, promote, update};
use crate::cli::{ApplyArgs, command_line};
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::plan::SavedPlan;
use crate::files::text;
use crate::outcome::{Failure, Outcome};
use crate::report::{Answer, WriteAnswer};
use crate::run::Run;

pub async fn run(arguments: &ApplyArgs, run: &Run) -> Result<Answer<WriteAnswer>, Failure> {
    if arguments.write.plan_out.is_some() {
        let problem = Diagnostic::error(Code::Usage, "`apply` does not make a plan, so there is none to save");
        return Err(Failure::usage(vec![problem.hint("remove --plan-out")]));
    }
    let saved = read(&arguments.plan)?;
    let inputs = promote::inputs(&arguments.inputs)?;
    let (parameters, sets) = (pairs(&arguments.parameters, "--param")?, pairs(&arguments.sets, "--set")?);
    require_named(arguments, &saved)?;
    let again = || {
        let public = command_line::without_secrets(
            &original_command(&saved, arguments, &arguments.plan),
            &arguments.parameters.iter().filter_map(|word| Some(word.split_once('=')?.1.to_owned())).collect(),
        );
        command_line::render(&public, &run.cli().given)
    };
    let as_of =
        digest_time(&saved.digest, run).map_err(|failure| failure.next("make the plan again and save it", again()))?;
    require_same_accounts(&saved, run)?;
    let given = Given { parameters: &parameters, sets: &sets, inputs: &inputs };
    let restored = restore(&saved.request, &arguments.write, &given).map_err(|failure| match failure.outcome {
        Outcome::Blocked => failure.next("make the plan again and save it", again()),
        _ => failure,
    })?;
    let start = Start { as_of, saved: Some(&saved) };
    match restored {
        Restored::Create(arguments, templates) => create::execute(&arguments, templates, start, run).await,
        Restored::Update(arguments, files, patches) => update::update(&arguments, &files, &patches, start, run).await,
        Restored::Delete(arguments) => delete::execute(&arguments, start, run).await,
        Restored::TagFix(arguments) => audit::execute(&arguments, start, run).await.map(|fixed| fixed.answer),
        Restored::Promote(arguments, inputs) => promote::execute(&arguments, &inputs, start, run).await,
    }
}

/// Reads a saved plan.
///
/// # Errors
/// The file cannot be read, or is not a saved plan.
pub fn read(path: &Path) -> Result<SavedPlan, Failure> {
    let text = text::read_file(path).map_err(|problem| Failure::usage(vec![*problem]))?;
    SavedPlan::parse(&text).map_err(|reason| {
        let message = format!("`{}` cannot be applied: {reason}", path.display());
        let problem = Diagnostic::error(Code::InvalidSavedPlan, message);
        Failure::usage(vec![problem.hint("save a plan with --plan-out, and apply that file unchanged")])
    })
}

/// Refuses an approval of another plan than the one in the file.
fn require_named(arguments: &ApplyArgs, saved: &SavedPlan) -> Result<(), Failure> {
    match &arguments.write.approve {
        Some(digest) if digest.trim() != saved.digest => {
            let message = format!("the approval is for another plan than the one in `{}`", arguments.plan.display());
            let problem = Diagnostic::error(Code::PlanChanged, message);
            let hint = format!("review the plan; its digest is {}", saved.digest);
            Err(Failure::new(Outcome::Blocked, problem.hint(hint)))
        }
        _ => Ok(()),
    }
}

/// Refuses a plan for other accounts than those of the project, before anything is asked.
fn require_same_accounts(saved: &SavedPlan, run: &Run) -> Result<(), Failure> {
    let plan = &saved.plan;
    let of_steps = plan.steps.iter().map(|step| (&step.environment, &step.account));
    for (environment, account) in std::iter::once((&plan.environment, &plan.account)).chain(of_steps) {
        let now = &run.workspace().environment(environment)?.account;
        if now.as_str() != account {
            let message = format!("the plan was made for account {account}; `{environment}` is account {now} here");
            let problem = Diagnostic::error(Code::WrongAccount, message);
            let hint = "apply the plan with the project for which it was made (--config), or make a new plan";
            return Err(Failure::new(Outcome::Credentials, problem.hint(hint)));
        }
    }
    Ok(())
}
