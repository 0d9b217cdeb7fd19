//! `iam gap`.

use super::{principal, unclear_needs};
use crate::cli::{Command, IamArgs, IamCommand, IamGapArgs, IamProposeArgs, command_line};
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::principal::Principal;
use crate::iam::need::{Need, needs};
use crate::outcome::{Failure, NextStep, Outcome};
use crate::pipeline::access::{self, Deciders, Gap, Method, Verdict};
use crate::pipeline::ports::Simulated;
use crate::report::{Answer, DecisionCode, GapMethod, GapView, IamBody, VerdictView};
use crate::run::{OpenEnvironment, Run, cloud_failure};

/// Policies that neither the simulator nor the evaluator has.
const NOT_SEEN: [&str; 4] =
    ["service control policies", "resource control policies", "resource-based policies", "session policies"];

pub async fn run(arguments: &IamGapArgs, run: &Run) -> Result<Answer<IamBody>, Failure> {
    let needs = needs(&arguments.actions, &arguments.resources).map_err(unclear_needs)?;
    let opened = run.open_environment(&arguments.env).await?;
    let principal = principal(&opened, &arguments.principal).await?;
    let gap = decide(&opened, &principal, &needs).await?;
    let missing = gap.missing().count();
    let body = IamBody {
        environment: opened.environment.name.clone(),
        principal: Some((&principal).into()),
        gap: Some(view(&gap)),
        ..IamBody::default()
    };
    let outcome = if missing == 0 { Outcome::Ok } else { Outcome::Findings };
    let mut answer = Answer::new(outcome, body).diagnostics(notes(&gap));
    if !gap.grantable(&needs).is_empty() {
        let propose = IamProposeArgs {
            principal: arguments.principal.clone(),
            actions: arguments.actions.clone(),
            resources: arguments.resources.clone(),
            service: None,
            purpose: None,
            validate: false,
            env: arguments.env.clone(),
            out: None,
        };
        let command = Command::Iam(IamArgs { command: IamCommand::Propose(propose) });
        answer = answer.then(NextStep {
            why: "write a template with the smallest policy that allows what is missing".to_owned(),
            command: command_line::render(&command, &run.cli().given.location_flags()),
        });
    }
    Ok(answer)
}

/// Compares what is needed with what is allowed.
pub(super) async fn decide(opened: &OpenEnvironment, principal: &Principal, needs: &[Need]) -> Result<Gap, Failure> {
    let (simulator, reader) = (opened.simulator(), opened.principals());
    let deciders = Deciders { simulator: &simulator, reader: &reader, region: &opened.environment.region };
    access::gap(&deciders, principal, needs).await.map_err(|error| cloud_failure(&error))
}

pub(super) fn view(gap: &Gap) -> GapView {
    let verdict = |verdict: &Verdict| VerdictView {
        action: verdict.action.clone(),
        resource: verdict.resource.clone(),
        decision: match verdict.decision {
            Simulated::Allowed => DecisionCode::Allowed,
            Simulated::ImplicitlyDenied => DecisionCode::ImplicitDeny,
            Simulated::ExplicitlyDenied => DecisionCode::ExplicitDeny,
            Simulated::Undecided => DecisionCode::Undecided,
        },
    };
    let (method, reason) = match &gap.method {
        Method::Simulator => (GapMethod::Simulator, None),
        Method::Local(reason) => (GapMethod::Local, Some(reason.clone())),
    };
    GapView {
        method,
        reason,
        needed: gap.verdicts.iter().map(verdict).collect(),
        missing: gap.missing().count() as u64,
        not_seen: NOT_SEEN.map(str::to_owned).to_vec(),
    }
}

/// What limits the decisions.
pub(super) fn notes(gap: &Gap) -> Vec<Diagnostic> {
    let mut notes = Vec::new();
    if let Method::Local(reason) = &gap.method {
        let message = format!("the policies were evaluated by stagegate, not by IAM: {reason}");
        let warning = Diagnostic::warning(Code::EvaluatedLocally, message);
        notes.push(warning.hint("allow iam:SimulatePrincipalPolicy"));
    }
    for (policy, reason) in &gap.not_understood {
        let message = format!("the policy {policy} was not understood, and may deny what others allow: {reason}");
        notes.push(Diagnostic::warning(Code::EvaluatedLocally, message).hint("allow iam:SimulatePrincipalPolicy"));
    }
    let message = format!("{} were not evaluated, and may decide otherwise", NOT_SEEN.join(", "));
    notes.push(Diagnostic::note(Code::PoliciesNotSeen, message));
    notes
}
