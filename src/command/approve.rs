//! `approve`: records an approval of a saved plan.

use std::collections::BTreeSet;
use std::path::Path;

use super::apply;
use super::write::another::{approval_file, refusal};
use super::write::{digest_time, plan_copies, saving};
use crate::cli::{ApplyArgs, ApproveArgs, Command, command_line};
use crate::domain::approval::{RecordedApproval, require_other};
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::plan::SavedPlan;
use crate::files::atomic::{self, Durability};
use crate::outcome::{Failure, Outcome};
use crate::pipeline::gate::rules::ApprovalKind;
use crate::report::{Answer, ApprovalBody};
use crate::run::{Run, Signatories};
use crate::ui::{self, view};

pub async fn run(arguments: &ApproveArgs, run: &Run) -> Result<Answer<ApprovalBody>, Failure> {
    let saved = apply::read(&arguments.plan)?;
    let file = arguments.approval_out.clone().unwrap_or_else(|| approval_file(&arguments.plan));
    if is_same(&file, &arguments.plan) {
        let problem = Diagnostic::error(Code::Usage, "the approval would overwrite the plan");
        return Err(Failure::usage(vec![problem.hint("name another file with --approval-out")]));
    }
    digest_time(&saved.digest, run)?;
    apply::require_same_accounts(&saved, run)?;
    let changed: BTreeSet<&str> = saved.plan.steps.iter().map(|step| step.environment.as_str()).collect();
    let rule = &run.workspace().project().approvals.not_by_planner;
    require_planner(&saved, &changed, rule)?;
    if plan_copies::is_completed(run, &saved.digest) {
        let message = format!("the plan {} was applied completely before", saved.digest);
        let problem = Diagnostic::error(Code::ApprovalUsed, message).hint("make a new plan, and review that one");
        return Err(Failure::new(Outcome::Blocked, problem));
    }
    require_findings(arguments, &saved)?;
    // Those with a rule; without one, the environment that the plan is for.
    let mut environments: BTreeSet<&str> = saved.plan.planner.keys().map(String::as_str).collect();
    if environments.is_empty() {
        environments.insert(&saved.plan.environment);
    }
    for environment in environments {
        run.open_environment(environment).await?;
    }
    let signatories = Signatories { planner: saved.plan.planner.clone(), approver: run.callers() };
    if let Err(refused) = require_other(&signatories.planner, &signatories.approver) {
        run.audit().refused(&saved.digest, &saved.plan, Code::ApprovalByPlanner, &signatories);
        let why = format!("another person than {} has to run this, with credentials of their own", refused.planner);
        let again = command_line::render(&run.cli().command, &run.cli().given);
        return Err(Failure::new(Outcome::Blocked, refusal(&refused)).next(why, again));
    }
    let (approver, reason) = (signatories.approver.clone(), arguments.reason.clone());
    let findings = arguments.approve_findings.is_some();
    let recorded = RecordedApproval::new(&saved.digest, approver, run.now(), reason, findings).ok_or_else(|| {
        Failure::usage(vec![Diagnostic::error(Code::BadDigest, format!("`{}` is not a plan digest", saved.digest))])
    })?;
    let body = ApprovalBody::new(&file.display().to_string(), &recorded, &saved.plan);
    confirm(&body, run).await?;
    atomic::replace(&file, recorded.to_text().as_bytes(), Durability::Machine).map_err(|error| {
        let message = format!("the approval could not be written to `{}`: {error}", file.display());
        Failure::new(Outcome::Error, Diagnostic::error(Code::OutputLost, message).hint("use another path"))
    })?;
    run.audit().recorded(&saved.digest, &saved.plan, recorded.reason.as_deref(), &signatories);
    let apply = ApplyArgs { approval: Some(file), ..saving::apply_arguments(&arguments.plan, &saved.request) };
    let mut why = format!("apply the plan with the approval, before {}", recorded.expires_at);
    if !(apply.parameters.is_empty() && apply.sets.is_empty() && apply.inputs.is_empty()) {
        why.push_str(&format!(", with the same value for {}", command_line::SAME_VALUE));
    }
    let command = command_line::render(&Command::Apply(apply), &run.cli().given);
    Ok(Answer::new(Outcome::Ok, body).then(crate::outcome::NextStep { why, command }))
}

/// Refuses a plan that does not say who made it, where the planner may not approve: the rule may be newer than the plan.
fn require_planner(saved: &SavedPlan, changed: &BTreeSet<&str>, rule: &BTreeSet<String>) -> Result<(), Failure> {
    let unsaid = rule.iter().find(|name| changed.contains(name.as_str()) && !saved.plan.planner.contains_key(*name));
    let Some(environment) = unsaid else { return Ok(()) };
    let message = format!(
        "the plan does not say who made it, and `approvals.{environment}.not_by_planner` is set: it was made before that"
    );
    let problem = Diagnostic::error(Code::PlanChanged, message);
    Err(Failure::new(Outcome::Blocked, problem.hint("make the plan again with --plan-out")))
}

/// Refuses to approve critical findings together with the rest.
fn require_findings(arguments: &ApproveArgs, saved: &SavedPlan) -> Result<(), Failure> {
    if let Some(digest) = &arguments.approve_findings
        && digest.trim() != saved.digest
    {
        let message = format!("--approve-findings is for another plan than the one in `{}`", arguments.plan.display());
        let problem = Diagnostic::error(Code::PlanChanged, message);
        return Err(Failure::new(
            Outcome::Blocked,
            problem.hint(format!("review the plan; its digest is {}", saved.digest)),
        ));
    }
    let critical = format!("approval for {}", ApprovalKind::CriticalFindings.as_str());
    if saved.plan.gate.contains(&critical) && arguments.approve_findings.is_none() {
        let message = "critical findings in a protected environment require a separate approval";
        let problem = Diagnostic::error(Code::FindingsNotApproved, message);
        let hint = format!("fix the findings, or add --approve-findings {} --reason TEXT", saved.digest);
        return Err(Failure::new(Outcome::Blocked, problem.hint(hint)));
    }
    Ok(())
}

/// Shows the plan at a terminal and asks.
async fn confirm(body: &ApprovalBody, run: &Run) -> Result<(), Failure> {
    if !run.ui().is_interactive() {
        return Ok(());
    }
    run.ui().message(&view::approval_steps(body));
    let question = tokio::task::spawn_blocking(|| ui::confirm("   Approve exactly this plan?"));
    let answer = tokio::select! {
        answer = question => answer.unwrap_or(ui::Answer::Cancel),
        reason = run.signals().cancellation() => {
            return Err(Failure::new(reason.outcome(false), reason.diagnostic("nothing was approved")));
        }
    };
    if answer == ui::Answer::Proceed {
        return Ok(());
    }
    let problem = Diagnostic::error(Code::NotApproved, "the plan was not approved; nothing was recorded");
    Err(Failure::new(Outcome::ApprovalRequired, problem))
}

fn is_same(one: &Path, other: &Path) -> bool {
    one == other || one.canonicalize().is_ok_and(|one| other.canonicalize().is_ok_and(|other| one == other))
}
