//! Applying an approved plan, and the answer about it.

use std::collections::{BTreeMap, BTreeSet};

use super::outcome::{self, problems};
use super::{WriteRun, digest_time};
use crate::cli::{Command, DeleteArgs, WriteArgs};
use crate::domain::diagnostic::Code;
use crate::outcome::{NextStep, Outcome};
use crate::pipeline::apply::{DoneStep, EnvironmentClients, LeaseTerms, WaitTimeout, Watch, apply};
use crate::pipeline::approve::ApprovedPlan;
use crate::pipeline::ports::CloudErrorKind;
use crate::pipeline::record::{Recorded, record};
use crate::report::{Answer, PlanView, WriteAnswer};
use crate::run::{Reader, StopReason, Writer, lease_window, longest_retry};

impl WriteRun<'_> {
    /// `digest`: that of the approved plan.
    pub(super) async fn apply(&self, approved: ApprovedPlan, digest: &str, begun: &BTreeSet<String>) -> Recorded {
        let hidden = approved.plan().hidden_texts();
        let clients: Vec<(String, Reader, Writer)> = self
            .opened
            .iter()
            .map(|opened| (opened.environment.name.clone(), opened.reader(), opened.writer(hidden.clone())))
            .collect();
        let clients_by_environment: BTreeMap<String, EnvironmentClients<'_>> = clients
            .iter()
            .map(|(name, reader, writer)| (name.clone(), EnvironmentClients { reader, writer }))
            .collect();
        let signals = self.run.signals();
        let watch = Watch { events: self.run.events(), stop: signals, longest_retry: longest_retry(), begun };
        let is_embedded = self.opened.iter().all(|opened| opened.environment.sandbox);
        let holder = self.opened.first().map_or("", |opened| opened.account.arn());
        let terms = LeaseTerms {
            digest,
            holder: holder.rsplit('/').next().unwrap_or(holder),
            now: self.run.now(),
            window: lease_window(is_embedded),
        };
        let wait_timeout = WaitTimeout(self.run.global().timeout);
        signals.set_applying(true);
        let applied = apply(approved, &clients_by_environment, terms, wait_timeout, watch).await;
        signals.set_applying(false);
        record(applied)
    }

    /// `approval`: the digest with which the user approved the plan.
    pub(super) fn applied_answer(
        &self,
        plan: PlanView,
        recorded: &Recorded,
        approval: Option<String>,
    ) -> Answer<WriteAnswer> {
        let applied = recorded.applied();
        let has_begun = !applied.done.is_empty() || !applied.pending.is_empty();
        let stopped = self.run.signals().received().unwrap_or(StopReason::Interrupt);
        let outcome = match applied.failed.as_slice() {
            _ if applied.interrupted => stopped.outcome(has_begun),
            [] if applied.pending.is_empty() => completed(&plan),
            failed if failed.iter().any(|one| one.kind == CloudErrorKind::Credentials) => Outcome::Credentials,
            failed if failed.iter().any(|one| one.code == Code::PromotionLeased.as_str()) => Outcome::Blocked,
            failed if failed.is_empty() || has_begun => Outcome::InProgress,
            _ => Outcome::Error,
        };
        let mut answer = outcome::applied_answer(outcome, plan, recorded).diagnostics(problems(recorded));
        if applied.interrupted {
            answer = answer.diagnostics(vec![stopped.diagnostic("no further calls were made")]);
        }
        if recorded.is_complete() {
            answer = self.with_left_behind(answer);
        }
        if !recorded.is_complete() {
            let why = "resume: completed steps are recognized";
            let approve = approval.filter(|digest| digest_time(digest, self.run).is_ok());
            let approve_findings = self.flags.approve_findings.clone().filter(|_| approve.is_some());
            let reason = self.flags.reason.clone().filter(|_| approve.is_some());
            let write = WriteArgs { approve, approve_findings, reason, ..WriteArgs::default() };
            answer = answer.then(self.rerun(why, write, &recorded.plan().hidden_texts()));
        }
        // After the command that goes on: whoever follows the first one must not delete anything.
        for created in recorded.created().into_iter().rev().filter(|_| !recorded.applied().failed.is_empty()) {
            if let Some(step) = recorded.step(created.order) {
                answer = answer.then(self.deletion(created, &step.environment));
            }
        }
        answer
    }

    /// The command that deletes a resource that a failed promotion created. It is only offered.
    fn deletion(&self, created: &DoneStep, environment: &str) -> NextStep {
        let command = Command::Delete(DeleteArgs {
            type_name: created.resource.type_name.clone(),
            identifier: created.resource.identifier.clone(),
            env: environment.to_owned(),
            write: WriteArgs::default(),
        });
        self.command("instead, roll back what this run created, in this order", command, &BTreeSet::new())
    }

    /// Adds the command that accepts what a promotion leaves behind.
    pub(super) fn with_left_behind(&self, answer: Answer<WriteAnswer>) -> Answer<WriteAnswer> {
        if answer.outcome != Outcome::InProgress {
            return answer;
        }
        let mut command = self.run.cli().command.clone();
        let Command::Promote(arguments) = &mut command else { return answer };
        arguments.leave_behind = true;
        arguments.write = WriteArgs::default();
        answer.then(self.command("accept what is left behind", command, &BTreeSet::new()))
    }
}

/// The outcome of a plan whose steps are done: a promotion that leaves something behind is not complete.
pub(super) fn completed(plan: &PlanView) -> Outcome {
    match plan.left_behind.is_empty() || plan.left_behind_accepted {
        true => Outcome::Ok,
        false => Outcome::InProgress,
    }
}
