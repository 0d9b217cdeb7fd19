//! The last pipeline stages, shared by all commands that change resources: show, approve, apply, record.

mod outcome;
mod plan_copies;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::cli::WriteArgs;
use crate::cli::command_line::{self, SAME_VALUE};
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::plan::explain_difference;
use crate::outcome::{Failure, NextStep, Outcome};
use crate::pipeline::apply::{EnvironmentClients, WaitTimeout, Watch, apply};
use crate::pipeline::approve::{self, ApprovedPlan, FindingsApproval};
use crate::pipeline::event::Event;
use crate::pipeline::gate::GatedPlan;
use crate::pipeline::gate::rules::ApprovalKind;
use crate::pipeline::ports::CloudErrorKind;
use crate::pipeline::record::{Recorded, record};
use crate::report::{Answer, PlanView, Stage, WriteAnswer};
use crate::run::{OpenEnvironment, Reader, Run, Writer};
use crate::ui::{self, view};
use outcome::{answer, plan_view, problems};

/// Returns the time for which to plan: now, or the time in the digest that the user approves.
pub fn as_of(flags: &WriteArgs, run: &Run) -> Result<Timestamp, Failure> {
    match &flags.approve {
        None => Ok(run.now()),
        Some(digest) => approve::digest_time(digest, run.now()).map_err(|problem| {
            let outcome = if problem.code == Code::BadDigest { Outcome::Usage } else { Outcome::Blocked };
            Failure::new(outcome, problem)
        }),
    }
}

/// What the last pipeline stages need.
pub struct WriteRun<'a> {
    pub run: &'a Run,
    pub flags: &'a WriteArgs,
    pub opened: &'a [&'a OpenEnvironment],
}

impl WriteRun<'_> {
    /// Makes a plan, gets its approval and applies it. After an interactive approval, the plan is made again for
    /// the same time: anything that changed in the meantime was not approved.
    pub async fn execute(
        &self,
        make: impl AsyncFn() -> Result<GatedPlan, Failure>,
    ) -> Result<Answer<WriteAnswer>, Failure> {
        let gated = self.make_plan(&make).await?;
        let notes = gated.notes().to_vec();
        Ok(self.process(gated, make).await?.diagnostics(notes))
    }

    async fn make_plan(&self, make: &impl AsyncFn() -> Result<GatedPlan, Failure>) -> Result<GatedPlan, Failure> {
        let gated = make().await?;
        let plan = gated.plan();
        self.run.events().emit(Event::PlanMade { environment: plan.environment.clone(), steps: plan.steps.len() });
        Ok(gated)
    }

    async fn process(
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
            plan_copies::save(self.run, &gated);
            let answer = answer(outcome, plan, Stage::Planned);
            return Ok(self.with_approval(answer, &gated));
        }
        let approved = match self.approve(gated, &plan, make).await? {
            Ok(approved) => approved,
            Err(refusal) => return Ok(*refusal),
        };
        let recorded = self.apply(approved).await;
        Ok(self.applied_answer(plan, &recorded))
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
                self.show(plan)?;
                return Ok(Ok(approved));
            }
            Err(gated) => *gated,
        };
        if !self.run.ui().is_interactive() {
            plan_copies::save(self.run, &gated);
            let answer = answer(Outcome::ApprovalRequired, plan_view(&gated), Stage::Planned);
            return Ok(Err(Box::new(self.with_approval(answer, &gated))));
        }
        self.show(plan)?;
        match self.ask(&gated).await {
            ui::Answer::Interrupted => Ok(Err(Box::new(self.refused(
                plan_view(&gated),
                Code::Interrupted,
                "interrupted at the prompt; nothing was sent",
                self.run.signals().received().unwrap_or(Outcome::Interrupted),
            )))),
            ui::Answer::Proceed => {
                let replanned = self.make_plan(&make).await?;
                if replanned.digest() != gated.digest() {
                    let differences = explain_difference(gated.document(), replanned.document());
                    return Ok(Err(Box::new(self.plan_changed(&replanned, &differences))));
                }
                match approve::by_person(replanned) {
                    Ok(approved) => Ok(Ok(approved)),
                    Err(gated) => Ok(Err(Box::new(self.refused(
                        plan_view(&gated),
                        Code::NotApproved,
                        "a critical finding in a protected environment requires --approve-findings",
                        Outcome::Blocked,
                    )))),
                }
            }
            ui::Answer::Fix => Ok(Err(Box::new(self.refused(
                plan_view(&gated),
                Code::FindingsToFix,
                "nothing was sent; fix the findings and run the command again",
                Outcome::Blocked,
            )))),
            ui::Answer::Cancel => Ok(Err(Box::new(self.refused(
                plan_view(&gated),
                Code::NotApproved,
                "the plan was not approved; nothing was sent",
                Outcome::ApprovalRequired,
            )))),
        }
    }

    /// Prompts in a separate thread, so that a signal can end the run while the prompt is open.
    async fn ask(&self, gated: &GatedPlan) -> ui::Answer {
        let (approvals, plan) = (gated.approvals().to_vec(), plan_view(gated));
        let question = tokio::task::spawn_blocking(move || ui::ask(&approvals, &plan));
        tokio::select! {
            answer = question => answer.unwrap_or(ui::Answer::Cancel),
            _ = self.run.signals().cancellation() => {
                self.run.ui().message("\n");
                ui::Answer::Interrupted
            }
        }
    }

    /// Prints the plan. A plan that cannot be printed is not applied.
    fn show(&self, plan: &PlanView) -> Result<(), Failure> {
        if self.run.ui().is_json() {
            return Ok(());
        }
        let display = self.run.ui().plan_display(self.flags.full);
        let text = view::plan(plan, &self.run.facts().environments, display) + "\n";
        self.run.ui().data(&text).map_err(|error| {
            let problem =
                Diagnostic::error(Code::OutputLost, format!("the plan could not be shown ({error}); nothing was sent"));
            Failure::new(Outcome::Error, problem)
        })
    }

    fn refused(&self, plan: PlanView, code: Code, message: &str, outcome: Outcome) -> Answer<WriteAnswer> {
        answer(outcome, plan, Stage::Displayed).diagnostics([Diagnostic::error(code, message)])
    }

    fn approve_by_digest(&self, gated: GatedPlan, digest: &str) -> Result<ApprovedPlan, Box<Answer<WriteAnswer>>> {
        let reason = self.flags.reason.as_deref().unwrap_or_default();
        let findings = self.flags.approve_findings.as_deref().map(|digest| FindingsApproval { digest, reason });
        match approve::by_digest(gated, digest, findings) {
            Ok(approved) => Ok(approved),
            Err(gated) if gated.digest() == digest.trim() => {
                let requirement =
                    gated.approvals().iter().find(|requirement| requirement.kind == ApprovalKind::CriticalFindings);
                let why = requirement.map(|requirement| requirement.reason.clone()).unwrap_or_default();
                let problem = Diagnostic::error(
                    Code::FindingsNotApproved,
                    format!("critical findings in a protected environment require a separate approval: {why}"),
                );
                let answer = answer(Outcome::Blocked, plan_view(&gated), Stage::Planned);
                Err(Box::new(
                    answer.diagnostics([
                        problem.hint("fix the findings, or add --approve-findings DIGEST --reason TEXT")
                    ]),
                ))
            }
            Err(gated) => {
                let differences = plan_copies::differences(self.run, &gated, digest);
                Err(Box::new(self.plan_changed(&gated, &differences)))
            }
        }
    }

    /// The answer when the approval is for a different plan.
    fn plan_changed(&self, now: &GatedPlan, differences: &[String]) -> Answer<WriteAnswer> {
        let detail = if differences.is_empty() {
            "the differences are not known, because there is no local copy of the approved plan; the current plan is shown".to_owned()
        } else {
            format!("differences: {}", differences.join("; "))
        };
        let problem =
            Diagnostic::error(Code::PlanChanged, format!("the plan has changed since it was approved; {detail}"))
                .hint("run the command without --approve to review the current plan");
        answer(Outcome::Blocked, plan_view(now), Stage::Planned).diagnostics([problem]).then(self.rerun(
            "review the current plan",
            WriteArgs::default(),
            &now.plan().secrets,
        ))
    }

    async fn apply(&self, approved: ApprovedPlan) -> Recorded {
        let clients: Vec<(String, Reader, Writer)> = self
            .opened
            .iter()
            .map(|opened| (opened.environment.name.clone(), opened.reader(), opened.writer()))
            .collect();
        let clients_by_environment: BTreeMap<String, EnvironmentClients<'_>> = clients
            .iter()
            .map(|(name, reader, writer)| (name.clone(), EnvironmentClients { reader, writer }))
            .collect();
        let signals = self.run.signals();
        let interrupted = || signals.received().is_some();
        let watch = Watch { events: self.run.events(), interrupted: &interrupted };
        signals.set_applying(true);
        let applied = apply(approved, &clients_by_environment, WaitTimeout(self.run.global().timeout), watch).await;
        signals.set_applying(false);
        record(applied)
    }

    fn applied_answer(&self, plan: PlanView, recorded: &Recorded) -> Answer<WriteAnswer> {
        let applied = recorded.applied();
        let outcome = match (&applied.failed, &applied.pending) {
            _ if applied.interrupted => self.run.signals().received().unwrap_or(Outcome::Interrupted),
            (Some(failed), _) if failed.kind == CloudErrorKind::Credentials => Outcome::Credentials,
            (Some(_), _) if !applied.done.is_empty() => Outcome::InProgress,
            (Some(_), _) => Outcome::Error,
            (None, Some(_)) => Outcome::InProgress,
            (None, None) => Outcome::Ok,
        };
        let mut answer = outcome::applied_answer(outcome, plan, recorded).diagnostics(problems(recorded));
        if !recorded.is_complete() {
            let why = "resume: completed steps are recognized";
            answer = answer.then(self.rerun(why, WriteArgs::default(), &recorded.plan().secrets));
        }
        answer
    }

    fn with_approval(&self, answer: Answer<WriteAnswer>, gated: &GatedPlan) -> Answer<WriteAnswer> {
        if gated.approvals().is_empty() {
            return answer;
        }
        let digest = gated.digest().to_owned();
        let apart = gated.approvals().iter().any(|requirement| requirement.kind == ApprovalKind::CriticalFindings);
        let findings = apart.then(|| (digest.clone(), "REASON FOR ACCEPTING THE FINDINGS".to_owned()));
        let (approve_findings, reason) = findings.unzip();
        let write = WriteArgs { approve: Some(digest), approve_findings, reason, ..WriteArgs::default() };
        let why = format!("approve exactly this plan, before {}", gated.plan().expires_at());
        answer.then(self.rerun(&why, write, &gated.plan().secrets))
    }

    /// Returns the command line that runs this command again with the given flags, and the reason to run it.
    fn rerun(&self, why: &str, write: WriteArgs, secrets: &BTreeSet<String>) -> NextStep {
        let cli = self.run.cli();
        let mut command = command_line::without_secrets(&cli.command, secrets);
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
        NextStep { why, command: command_line::render(&command, &cli.given) }
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

    /// A long-running process must not check approvals against its start time.
    #[test]
    fn an_approval_expires_by_the_clock_of_its_run() {
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
