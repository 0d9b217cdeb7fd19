//! The end of the road, which all writing commands share: show, approve, apply, record.

mod copies;
mod outcome;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::cli::WriteArgs;
use crate::cli::words::{self, SAME_VALUE};
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::plan::explain_difference;
use crate::outcome::{Failure, NextStep, Outcome};
use crate::pipeline::apply::{Lane, Patience, Watch, apply};
use crate::pipeline::approve::{self, ApprovedPlan, FindingsApproval};
use crate::pipeline::event::Event;
use crate::pipeline::gate::GatedPlan;
use crate::pipeline::gate::rules::ApprovalKind;
use crate::pipeline::ports::CloudErrorKind;
use crate::pipeline::record::{Recorded, record};
use crate::report::{Answer, PlanView, Stage, WriteAnswer};
use crate::run::{Opened, Reader, Run, Writer};
use crate::ui::{self, view};
use outcome::{answer, applied_answer, plan_view, problems};

/// The time to plan as of: now, or the time in the digest that the user approves.
pub fn as_of(flags: &WriteArgs, run: &Run) -> Result<Timestamp, Failure> {
    match &flags.approve {
        None => Ok(run.now()),
        Some(digest) => approve::digest_time(digest, run.now()).map_err(|problem| {
            let outcome = if problem.code == Code::BadDigest { Outcome::Usage } else { Outcome::Blocked };
            Failure::new(outcome, problem)
        }),
    }
}

/// What the end of the road needs.
pub struct Writing<'a> {
    pub run: &'a Run,
    pub flags: &'a WriteArgs,
    pub opened: &'a [&'a Opened],
}

impl Writing<'_> {
    /// Makes a plan and takes it to its end. The plan is made again, as of the same time, after a
    /// person has looked at it: what moved meanwhile was not approved.
    pub async fn finish(
        &self,
        make: impl AsyncFn() -> Result<GatedPlan, Failure>,
    ) -> Result<Answer<WriteAnswer>, Failure> {
        let gated = self.planned(&make).await?;
        let notes = gated.notes().to_vec();
        Ok(self.take(gated, make).await?.diagnostics(notes))
    }

    async fn planned(&self, make: &impl AsyncFn() -> Result<GatedPlan, Failure>) -> Result<GatedPlan, Failure> {
        let gated = make().await?;
        let plan = gated.plan();
        self.run.events().emit(Event::PlanMade { environment: plan.environment.clone(), steps: plan.steps.len() });
        Ok(gated)
    }

    async fn take(
        &self,
        gated: GatedPlan,
        make: impl AsyncFn() -> Result<GatedPlan, Failure>,
    ) -> Result<Answer<WriteAnswer>, Failure> {
        let plan = plan_view(&gated);
        if !gated.verdict().blocks.is_empty() {
            let answer = answer(Outcome::Blocked, plan, Stage::Planned);
            return Ok(answer.diagnostics(gated.verdict().blocks.clone()));
        }
        if gated.is_empty() {
            return Ok(answer(Outcome::Ok, plan, Stage::Empty));
        }
        if self.flags.plan_only {
            let outcome = if gated.approvals().is_empty() { Outcome::Ok } else { Outcome::ApprovalRequired };
            copies::keep(self.run, &gated);
            let answer = answer(outcome, plan, Stage::Planned);
            return Ok(self.with_approval(answer, &gated));
        }
        let approved = match self.approve(gated, &plan, make).await? {
            Ok(approved) => approved,
            Err(refusal) => return Ok(*refusal),
        };
        let recorded = self.send(approved).await;
        Ok(self.done(plan, &recorded))
    }

    async fn approve(
        &self,
        gated: GatedPlan,
        plan: &PlanView,
        make: impl AsyncFn() -> Result<GatedPlan, Failure>,
    ) -> Result<Result<ApprovedPlan, Box<Answer<WriteAnswer>>>, Failure> {
        if let Some(digest) = &self.flags.approve {
            return Ok(self.approve_by_digest(gated, digest));
        }
        let gated = match approve::automatic(gated) {
            Ok(approved) => {
                self.show(plan, false)?;
                return Ok(Ok(approved));
            }
            Err(gated) => *gated,
        };
        if !self.run.ui().is_interactive() {
            copies::keep(self.run, &gated);
            let answer = answer(Outcome::ApprovalRequired, plan_view(&gated), Stage::Planned);
            return Ok(Err(Box::new(self.with_approval(answer, &gated))));
        }
        self.show(plan, true)?;
        match self.ask(&gated).await {
            ui::Answer::Interrupted => Ok(Err(Box::new(self.refused(
                plan_view(&gated),
                Code::Interrupted,
                "stopped at the question; nothing was sent",
                self.run.signals().received().unwrap_or(Outcome::Interrupted),
            )))),
            ui::Answer::Proceed => {
                let again = self.planned(&make).await?;
                if again.plan().digest() != gated.plan().digest() {
                    let moved = explain_difference(&gated.plan().document(), &again.plan().document());
                    return Ok(Err(Box::new(self.changed(&again, &moved))));
                }
                match approve::by_person(again) {
                    Ok(approved) => Ok(Ok(approved)),
                    Err(gated) => Ok(Err(Box::new(self.refused(
                        plan_view(&gated),
                        Code::NotApproved,
                        "a critical finding in a protected environment is approved apart, by --approve-findings",
                        Outcome::Blocked,
                    )))),
                }
            }
            ui::Answer::Fix => Ok(Err(Box::new(self.refused(
                plan_view(&gated),
                Code::FindingsToFix,
                "nothing was sent; repair the findings and run the command again",
                Outcome::Blocked,
            )))),
            ui::Answer::Cancel => Ok(Err(Box::new(self.refused(
                plan_view(&gated),
                Code::NotApproved,
                "nothing was sent: the plan was not approved",
                Outcome::ApprovalRequired,
            )))),
        }
    }

    /// Asks in a thread of its own, so that a signal ends the run while the question stands.
    async fn ask(&self, gated: &GatedPlan) -> ui::Answer {
        let (approvals, plan) = (gated.approvals().to_vec(), plan_view(gated));
        let question = tokio::task::spawn_blocking(move || ui::ask(&approvals, &plan));
        tokio::select! {
            answer = question => answer.unwrap_or(ui::Answer::Cancel),
            _ = self.run.signals().wanted() => {
                self.run.ui().message("\n");
                ui::Answer::Interrupted
            }
        }
    }

    /// Shows the plan; a plan that cannot be shown is not sent.
    fn show(&self, plan: &PlanView, asks: bool) -> Result<(), Failure> {
        if self.run.ui().is_json() {
            return Ok(());
        }
        let text = view::plan(plan, &self.run.facts().environments, asks) + "\n";
        self.run.ui().data(&text).map_err(|error| {
            let problem =
                Diagnostic::error(Code::OutputLost, format!("the plan could not be shown ({error}); nothing was sent"));
            Failure::new(Outcome::Error, problem)
        })
    }

    fn refused(&self, plan: PlanView, code: Code, message: &str, outcome: Outcome) -> Answer<WriteAnswer> {
        answer(outcome, plan, Stage::Shown).diagnostics([Diagnostic::error(code, message)])
    }

    fn approve_by_digest(&self, gated: GatedPlan, digest: &str) -> Result<ApprovedPlan, Box<Answer<WriteAnswer>>> {
        let reason = self.flags.reason.as_deref().unwrap_or_default();
        let findings = self.flags.approve_findings.as_deref().map(|digest| FindingsApproval { digest, reason });
        match approve::by_digest(gated, digest, findings) {
            Ok(approved) => Ok(approved),
            Err(gated) if gated.plan().digest() == digest.trim() => {
                let requirement =
                    gated.approvals().iter().find(|requirement| requirement.kind == ApprovalKind::CriticalFindings);
                let why = requirement.map(|requirement| requirement.reason.clone()).unwrap_or_default();
                let problem = Diagnostic::error(
                    Code::FindingsNotApproved,
                    format!("critical findings in a protected environment are approved apart: {why}"),
                );
                let answer = answer(Outcome::Blocked, plan_view(&gated), Stage::Planned);
                Err(Box::new(
                    answer.diagnostics([problem.hint("repair them, or add --approve-findings DIGEST --reason TEXT")]),
                ))
            }
            Err(gated) => {
                let differences = copies::differences(self.run, &gated, digest);
                Err(Box::new(self.changed(&gated, &differences)))
            }
        }
    }

    /// The refusal of an approval that is another plan's.
    fn changed(&self, now: &GatedPlan, differences: &[String]) -> Answer<WriteAnswer> {
        let said = if differences.is_empty() {
            "there is no copy of the approved plan here to say what differs; the plan as it is now is shown".to_owned()
        } else {
            format!("what differs: {}", differences.join("; "))
        };
        let problem =
            Diagnostic::error(Code::PlanChanged, format!("the approved plan is not this one any more; {said}"))
                .hint("look at the plan again: run the command without --approve");
        answer(Outcome::Blocked, plan_view(now), Stage::Planned).diagnostics([problem]).then(self.again(
            "see the plan as it is now",
            WriteArgs::default(),
            &now.plan().secrets,
        ))
    }

    async fn send(&self, approved: ApprovedPlan) -> Recorded {
        let clients: Vec<(String, Reader, Writer)> = self
            .opened
            .iter()
            .map(|opened| (opened.environment.name.clone(), opened.reader(), opened.writer()))
            .collect();
        let lanes: BTreeMap<String, Lane<'_>> =
            clients.iter().map(|(name, reader, writer)| (name.clone(), Lane { reader, writer })).collect();
        let signals = self.run.signals();
        let interrupted = || signals.received().is_some();
        let watch = Watch { events: self.run.events(), interrupted: &interrupted };
        signals.set_sending(true);
        let applied = apply(approved, &lanes, Patience(self.run.global().timeout), watch).await;
        signals.set_sending(false);
        record(applied)
    }

    fn done(&self, plan: PlanView, recorded: &Recorded) -> Answer<WriteAnswer> {
        let applied = recorded.applied();
        let outcome = match (&applied.failed, &applied.pending) {
            _ if applied.interrupted => self.run.signals().received().unwrap_or(Outcome::Interrupted),
            (Some(failed), _) if failed.kind == CloudErrorKind::Credentials => Outcome::Credentials,
            (Some(_), _) if !applied.done.is_empty() => Outcome::InProgress,
            (Some(_), _) => Outcome::Error,
            (None, Some(_)) => Outcome::InProgress,
            (None, None) => Outcome::Ok,
        };
        let mut answer = applied_answer(outcome, plan, recorded).diagnostics(problems(recorded));
        if !recorded.is_complete() {
            let why = "go on from here: what is done is recognised";
            answer = answer.then(self.again(why, WriteArgs::default(), &recorded.plan().secrets));
        }
        answer
    }

    fn with_approval(&self, answer: Answer<WriteAnswer>, gated: &GatedPlan) -> Answer<WriteAnswer> {
        if gated.approvals().is_empty() {
            return answer;
        }
        let digest = gated.plan().digest();
        let apart = gated.approvals().iter().any(|requirement| requirement.kind == ApprovalKind::CriticalFindings);
        let findings = apart.then(|| (digest.clone(), "WHY THE FINDINGS ARE ACCEPTED".to_owned()));
        let (approve_findings, reason) = findings.unzip();
        let write = WriteArgs { approve: Some(digest), approve_findings, reason, ..WriteArgs::default() };
        let why = format!("approve exactly this plan, until {}", gated.plan().expires_at());
        answer.then(self.again(&why, write, &gated.plan().secrets))
    }

    /// This run's command again, with these flags of stopping and approving: why, and the words.
    fn again(&self, why: &str, write: WriteArgs, secrets: &BTreeSet<String>) -> NextStep {
        let cli = self.run.cli();
        let mut command = words::without_secrets(&cli.command, secrets);
        let mut why = why.to_owned();
        if command != cli.command {
            why.push_str(&format!(", with the same value for {SAME_VALUE}"));
        }
        if command.reads_stdin() {
            why.push_str(", with the same template on standard input");
        }
        if let Some(flags) = command.write_args() {
            *flags = write;
        }
        NextStep { why, command: words::line(&command, &cli.given) }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;
    use crate::cli::Command;
    use crate::run::ManualClock;

    /// A process that stays up must not approve with the clock of its start.
    #[test]
    fn an_approval_expires_by_the_clock_of_its_own_run() {
        let folder = tempfile::tempdir().unwrap();
        let workspace = crate::run::tests::workspace(&folder);
        let clock = Arc::new(ManualClock::at("2026-11-20T09:00:00Z".parse().unwrap()));
        let line = format!("stagegate promote --all --approve 20261120T090000Z-{}", "a".repeat(64));
        let approving = |run: &Run| match &run.cli().command {
            Command::Promote(arguments) => as_of(&arguments.write, run),
            other => panic!("{other:?}"),
        };
        assert!(approving(&crate::run::tests::run(&workspace, &clock, &line)).is_ok());
        clock.advance(Duration::from_secs(24 * 60 * 60));
        let refused = approving(&crate::run::tests::run(&workspace, &clock, &line)).unwrap_err();
        assert_eq!(refused.diagnostics[0].code.as_str(), "digest-expired");
    }
}
