//! The result of a plan, as an answer.

use crate::cli::{Command, command_line};
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::plan::{Plan, Step};
use crate::outcome::{NextStep, Outcome};
use crate::pipeline::apply::{Applied, NotReturned};
use crate::pipeline::gate::GatedPlan;
use crate::pipeline::record::{PromotionResultStatus, Recorded};
use crate::report::{
    Answer, AppliedView, FailedView, PendingView, PlanView, PromotionCode, PromotionView, Stage, WriteAnswer, WriteBody,
};
use crate::run::Run;

/// The number of resources that a message names.
const MAX_NAMES: usize = 5;

/// Returns the view of an evaluated plan.
pub fn plan_view(gated: &GatedPlan) -> PlanView {
    PlanView::new(gated)
}

/// Returns the answer for a plan that was not applied.
pub fn answer(outcome: Outcome, plan: PlanView, stage: Stage) -> Answer<WriteAnswer> {
    let body = WriteBody {
        plan,
        applied: Vec::new(),
        pending: Vec::new(),
        failed: Vec::new(),
        promotion: Vec::new(),
        graph: None,
    };
    Answer::new(outcome, WriteAnswer { body, stage })
}

/// The file with inputs that a printed command names.
const INPUTS_FILE: &str = "inputs.yaml";

/// Returns the command that promotes with the values that are missing, in a file: there may be too many for a command line.
pub fn provide_inputs(run: &Run, plan: &Plan) -> Option<NextStep> {
    let Command::Promote(given) = &run.cli().command else { return None };
    let missing = plan.missing_inputs().len();
    if missing == 0 || given.inputs_file.is_some() {
        return None;
    }
    let why = format!(
        "write the missing values, {missing} in number, to {INPUTS_FILE} (TYPE/ID: {{ /PROPERTY: VALUE }}), then"
    );
    let mut arguments = given.clone();
    arguments.inputs_file = Some(INPUTS_FILE.into());
    // A value on the command line may be a secret, and belongs into the file as well.
    arguments.inputs.retain(|input| input.contains("=@"));
    Some(NextStep { why, command: command_line::render(&Command::Promote(arguments), &run.cli().given) })
}

/// Returns the answer for a plan that was applied, completely or partly.
pub fn applied_answer(outcome: Outcome, plan: PlanView, recorded: &Recorded) -> Answer<WriteAnswer> {
    answer(outcome, plan, Stage::Applied).map(|mut answer| {
        fill(&mut answer.body, recorded);
        answer
    })
}

fn fill(body: &mut WriteBody, recorded: &Recorded) {
    let Applied { done, failed, pending, .. } = recorded.applied();
    let type_of = |order: usize| recorded.step(order).map(|step| step.type_name.clone()).unwrap_or_default();
    body.applied = done
        .iter()
        .filter_map(|done| {
            let step = recorded.step(done.order)?;
            Some(AppliedView {
                order: done.order as u32,
                environment: step.environment.clone(),
                operation: step.operation(),
                type_name: done.resource.type_name.clone(),
                identifier: done.resource.identifier.clone(),
                arn: done.arn.clone(),
                request_token: done.request_token.clone(),
                elapsed_ms: u64::try_from(done.elapsed.as_millis()).unwrap_or(u64::MAX),
                verified: done.unexpected.is_empty(),
                health: None,
            })
        })
        .collect();
    body.failed = failed
        .iter()
        .map(|failed| FailedView {
            order: failed.order as u32,
            type_name: type_of(failed.order),
            code: failed.code.clone(),
            message: failed.message.clone(),
            hint: failed.hint.clone(),
        })
        .collect();
    body.pending = pending
        .iter()
        .map(|pending| PendingView {
            order: pending.order as u32,
            type_name: type_of(pending.order),
            request_token: pending.request_token.clone(),
            client_token: pending.client_token.clone(),
        })
        .collect();
    body.promotion = recorded
        .promotion_results()
        .into_iter()
        .map(|result| PromotionView {
            type_name: result.type_name,
            dev: result.source,
            prod: result.target,
            status: match result.status {
                PromotionResultStatus::Synced => PromotionCode::Synced,
                PromotionResultStatus::PendingProd => PromotionCode::PendingProd,
                PromotionResultStatus::Untracked => PromotionCode::Untracked,
                PromotionResultStatus::Failed => PromotionCode::Failed,
                PromotionResultStatus::NotBegun => PromotionCode::NotBegun,
            },
        })
        .collect();
}

/// Returns the errors, and the values that AWS stored differently than requested.
pub fn problems(recorded: &Recorded) -> Vec<Diagnostic> {
    let applied = recorded.applied();
    let mut problems = Vec::new();
    for done in &applied.done {
        for difference in &done.unexpected {
            problems.push(
                Diagnostic::warning(Code::NotAsSent, format!("{} {difference}", done.resource))
                    .resource(done.resource.to_string())
                    .hint("AWS stored a different value than requested; use that value in the template, or check the service's rules"),
            );
        }
    }
    for resource in &applied.kept_leases {
        let message = format!("{resource}: the lease of this run may not have been removed; it expires by itself");
        let hint = "until then, other runs do not promote the resource; to remove it now, run `stagegate promote TYPE ID --unmark`";
        problems.push(Diagnostic::warning(Code::LeaseKept, message).resource(resource.to_string()).hint(hint));
    }
    for hidden in &applied.not_returned {
        let NotReturned { environment, resources, error } = hidden;
        let names: Vec<String> = resources.iter().take(MAX_NAMES).map(ToString::to_string).collect();
        let more = resources.len().saturating_sub(MAX_NAMES);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let names = format!("{}{more}", names.join(", "));
        let message = match error {
            Some(reason) => format!("{environment}: it is not known whether the tagging API returns {names}: {reason}"),
            None => format!("{environment}: the tagging API does not return {names}"),
        };
        let hint = "the tagging API lags behind; if `stagegate drift` does not find a resource later, name it: stagegate drift TYPE ID";
        problems.push(Diagnostic::warning(Code::NotInTaggingApi, message).hint(hint));
    }
    for failed in &applied.failed {
        let subject = recorded.step(failed.order).map(Step::subject).unwrap_or_default();
        let mut problem = Diagnostic::error(
            Code::StepFailed,
            format!("step {} ({subject}): {} ({})", failed.order, failed.message, failed.code),
        )
        .resource(subject);
        problem.hint.clone_from(&failed.hint);
        problems.push(problem);
    }
    for pending in &applied.pending {
        let message = match &pending.request_token {
            Some(token) => format!("request {token} is still in progress in AWS"),
            None => format!(
                "step {}: the run was stopped before AWS responded; the request with client token {} may be carried out",
                pending.order, pending.client_token
            ),
        };
        problems.push(Diagnostic::warning(Code::InProgress, message));
    }
    problems
}
