//! `apply`: applies a saved plan.

use std::path::Path;

use super::key_value::pairs;
use super::write::restoring::{Given, Restored, original_command, restore};
use super::write::{Start, digest_time};
use super::{audit, create, delete, promote, update};
use crate::cli::{ApplyArgs, WriteArgs, command_line};
use crate::domain::approval::RecordedApproval;
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::identity::account_of;
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
    let recorded = arguments.approval.as_deref().map(|file| recorded(file, &saved, run)).transpose()?;
    let write = match &recorded {
        Some(recorded) => WriteArgs {
            approve: Some(saved.digest.clone()),
            approve_findings: recorded.findings.then(|| saved.digest.clone()),
            reason: recorded.reason.clone(),
            ..arguments.write.clone()
        },
        None => arguments.write.clone(),
    };
    let restored = restore(&saved.request, &write, &given).map_err(|failure| match failure.outcome {
        Outcome::Blocked => failure.next("make the plan again and save it", again()),
        _ => failure,
    })?;
    let start = Start { as_of, saved: Some(&saved), approval: recorded.as_ref() };
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

/// Reads a recorded approval of a saved plan. Whether the approver may approve is checked with the plan as it is made again.
///
/// # Errors
/// The file cannot be read or is not an approval, or it is of another plan, of another account, or of the future.
fn recorded(file: &Path, saved: &SavedPlan, run: &Run) -> Result<RecordedApproval, Failure> {
    let text = text::read_file(file).map_err(|problem| Failure::usage(vec![*problem]))?;
    let invalid = |reason: String| {
        let problem = Diagnostic::error(
            Code::InvalidApproval,
            format!("`{}` does not approve the plan: {reason}; nothing was sent", file.display()),
        );
        problem.hint("ask the approver to run `stagegate approve` with the plan, and pass the file on unchanged")
    };
    let recorded = RecordedApproval::parse(&text).map_err(|reason| Failure::usage(vec![invalid(reason)]))?;
    if recorded.digest != saved.digest {
        let message = format!("`{}` approves another plan, {}", file.display(), recorded.digest);
        let hint = format!("review the plan; its digest is {}", saved.digest);
        return Err(Failure::new(Outcome::Blocked, Diagnostic::error(Code::PlanChanged, message).hint(hint)));
    }
    if recorded.approved_at > run.now() {
        let reason = format!("it is dated in the future ({})", recorded.approved_at);
        return Err(Failure::new(Outcome::Blocked, invalid(reason)));
    }
    for (environment, arn) in &recorded.approver {
        let expected = &run.workspace().environment(environment)?.account;
        if account_of(arn) != Some(expected.as_str()) {
            let reason = format!("{arn} is not of account {expected}, which is that of `{environment}`");
            return Err(Failure::new(Outcome::Blocked, invalid(reason)));
        }
    }
    Ok(recorded)
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
pub fn require_same_accounts(saved: &SavedPlan, run: &Run) -> Result<(), Failure> {
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
