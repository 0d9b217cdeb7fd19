//! The last pipeline stages, shared by all commands that change resources: show, approve, apply, record.

pub mod another;
mod applying;
mod health;
mod outcome;
pub(super) mod plan_copies;
pub mod restoring;
pub mod saving;

use std::collections::BTreeSet;
use std::path::Path;

use jiff::Timestamp;

use crate::cli::command_line::{self, SAME_VALUE};
use crate::cli::{Command, WriteArgs};
use crate::domain::approval::RecordedApproval;
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::plan::{Action, PlanDocument, SavedPlan, SavedRequest, Step, explain_difference};
use crate::domain::project::AutoPromotion;
use crate::outcome::{Failure, NextStep, Outcome};
use crate::pipeline::approve::{self, Approval, ApprovedPlan, FindingsApproval};
use crate::pipeline::event::Event;
use crate::pipeline::gate::GatedPlan;
use crate::pipeline::gate::rules::ApprovalKind;
use crate::report::{Answer, PlanView, Stage, WriteAnswer};
use crate::run::{OpenEnvironment, Run};
use crate::ui::{self, view};
pub use another::planner;
use applying::completed;
use outcome::{answer, plan_view, provide_inputs};

/// The time for which a command plans, and the plan that it must make again.
#[derive(Debug, Clone, Copy)]
pub struct Start<'a> {
    /// The time for which to plan.
    pub as_of: Timestamp,
    /// The saved plan that `apply` carries out.
    pub saved: Option<&'a SavedPlan>,
    /// The approval of that plan that `approve` recorded.
    pub approval: Option<&'a RecordedApproval>,
}

/// Returns the start of a command: now, or the time in the digest that the user approves.
pub fn start(flags: &WriteArgs, run: &Run) -> Result<Start<'static>, Failure> {
    let as_of = match &flags.approve {
        None => run.now(),
        Some(digest) => digest_time(digest, run)?,
    };
    Ok(Start { as_of, saved: None, approval: None })
}

/// Returns the time in a digest that can still be approved.
pub fn digest_time(digest: &str, run: &Run) -> Result<Timestamp, Failure> {
    approve::digest_time(digest, run.now()).map_err(|problem| {
        let outcome = if problem.code == Code::BadDigest { Outcome::Usage } else { Outcome::Blocked };
        Failure::new(outcome, problem)
    })
}

/// Returns the plan that an approval is for, with the name of the file that contains it: the saved plan, or the private
/// copy of the plan.
pub fn approved_before(flags: &WriteArgs, start: Start<'_>, run: &Run) -> Option<(PlanDocument, String)> {
    if let Some(saved) = start.saved {
        return Some((saved.plan.clone(), "the saved plan".to_owned()));
    }
    let (plan, file) = plan_copies::load(run, flags.approve.as_ref()?)?;
    Some((plan, file.display().to_string()))
}

/// What the last pipeline stages need.
pub struct WriteRun<'a> {
    pub run: &'a Run,
    pub flags: &'a WriteArgs,
    pub opened: &'a [&'a OpenEnvironment],
    /// What `--plan-out` saves beside the plan (see [`saving`]).
    pub request: Option<SavedRequest>,
    pub start: Start<'a>,
}

/// The plan that was made before: the saved one, or that of `--approve`.
struct Earlier {
    digest: String,
    plan: Option<PlanDocument>,
}

impl Earlier {
    fn approval(&self) -> Approval<'_> {
        Approval { digest: &self.digest, plan: self.plan.as_ref() }
    }
}

/// A plan that may be applied, and the digest under which it was approved.
struct Approved {
    plan: ApprovedPlan,
    digest: String,
    /// False if no approval was required.
    by_user: bool,
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
            let answer = answer(Outcome::Blocked, plan, Stage::Planned).diagnostics(gated.verdict().blocks.clone());
            return Ok(provide_inputs(self.run, gated.plan()).into_iter().fold(answer, Answer::then));
        }
        if let (Some(file), Some(request)) = (&self.flags.plan_out, &self.request) {
            return self.save(file, &gated, request);
        }
        let earlier = self.earlier();
        if gated.is_empty() {
            // The last step of an interrupted run may have been completed.
            if let Some(Earlier { digest, plan: Some(_) }) = &earlier {
                plan_copies::mark_completed(self.run, digest);
            }
            return Ok(self.with_left_behind(answer(completed(&plan), plan, Stage::Empty)));
        }
        if let Some(earlier) = &earlier
            && let Err(refusal) = self.require_covered(&gated, earlier)
        {
            return Ok(*refusal);
        }
        if self.flags.plan_only {
            let outcome = if gated.approvals().is_empty() { Outcome::Ok } else { Outcome::ApprovalRequired };
            plan_copies::save(self.run, &gated);
            let answer = answer(outcome, plan, Stage::Planned);
            if outcome == Outcome::Ok {
                let secrets = gated.plan().hidden_texts();
                return Ok(answer.then(self.rerun("apply the plan", WriteArgs::default(), &secrets)));
            }
            return Ok(self.with_approval(answer, &gated));
        }
        let kinds: Vec<&str> = gated.approvals().iter().map(|requirement| requirement.kind.as_str()).collect();
        let is_saved = plan_copies::save(self.run, &gated);
        if let (false, Some(problem)) = (is_saved, self.requires_copy(&gated)) {
            return Ok(answer(Outcome::Error, plan, Stage::Planned).diagnostics([problem]));
        }
        let signatories = self.signatories(&gated, earlier.as_ref());
        let approved = match self.approve(gated, &plan, make, earlier).await? {
            Ok(approved) => approved,
            Err(refusal) => return Ok(*refusal),
        };
        let Approved { plan: approved, digest, by_user } = approved;
        let signatories = if by_user { signatories } else { signatories.unapproved() };
        self.run.audit().approved(&digest, approved.plan(), &kinds, self.flags.reason.as_deref(), &signatories);
        // Of earlier runs: what this one begins is no evidence.
        let begun = plan_copies::begun(self.run);
        let creating = approved.plan().steps.iter().filter(|step| step.action.desired().is_some());
        let tokens: Vec<&str> = creating.map(|step| step.client_token.as_str()).collect();
        plan_copies::mark_begun(self.run, &digest, &tokens);
        let recorded = self.apply(approved, &digest, &begun).await;
        if recorded.is_complete() {
            plan_copies::mark_completed(self.run, &digest);
        }
        // A recorded approval stays in the command.
        let approval = Some(digest).filter(|_| by_user && self.start.approval.is_none());
        let answer = self.applied_answer(plan, &recorded, approval);
        Ok(self.with_health(answer).await)
    }

    /// Returns why a plan must not be applied without a copy of it: between the deletion of a resource by `update` and the
    /// creation of the new one, nothing else contains its properties.
    fn requires_copy(&self, gated: &GatedPlan) -> Option<Diagnostic> {
        let is_derived = matches!(self.run.cli().command, Command::Update(_));
        let is_deleted_first = |step: &&Step| matches!(step.action, Action::Replace { delete_first: true, .. });
        let step = gated.plan().steps.iter().find(is_deleted_first).filter(|_| is_derived)?;
        let folder = self.run.workspace().plans_folder();
        let message = format!(
            "the plan cannot be saved in {}; nothing was sent, because {} would be deleted before it is created again, \
             and only the plan contains its properties in the meantime",
            folder.display(),
            step.subject()
        );
        let hint = "make the folder writable, or set XDG_STATE_HOME to another one; or save the plan with --plan-out and \
                    run `stagegate apply`";
        Some(Diagnostic::error(Code::PlanNotSaved, message).hint(hint))
    }

    /// Saves the plan for review instead of applying it.
    fn save(&self, file: &Path, gated: &GatedPlan, request: &SavedRequest) -> Result<Answer<WriteAnswer>, Failure> {
        saving::save(file, gated, request)?;
        plan_copies::save(self.run, gated);
        let (outcome, stage) = match (gated.is_empty(), gated.approvals().is_empty()) {
            (true, _) => (Outcome::Ok, Stage::Empty),
            (false, true) => (Outcome::Ok, Stage::Planned),
            (false, false) => (Outcome::ApprovalRequired, Stage::Planned),
        };
        let mut apply = saving::apply_arguments(file, request);
        let planner = gated.plan().planner.values().next().filter(|_| !gated.approvals().is_empty());
        match planner {
            Some(_) => apply.approval = Some(another::approval_file(file)),
            None => apply.write = self.approving_flags(gated),
        }
        let mut why = format!("apply the saved plan {}, before {}", gated.digest(), gated.plan().expires_at());
        if !(apply.parameters.is_empty() && apply.sets.is_empty() && apply.inputs.is_empty()) {
            why.push_str(&format!(", with the same value for {SAME_VALUE}"));
        }
        let unsaved: Vec<&str> =
            request.files().filter(|file| file.text.is_none()).map(|file| file.path.as_str()).collect();
        if !unsaved.is_empty() {
            why.push_str(&format!(", with the same text of {}, which is not in the plan", unsaved.join(", ")));
        }
        let command = command_line::render(&Command::Apply(apply), &self.run.cli().given);
        let mut answer = answer(outcome, plan_view(gated), stage);
        answer.next.extend(planner.map(|planner| self.approving(file, gated, planner)));
        Ok(answer.then(NextStep { why, command }))
    }

    /// The plan that was made before, if there is one.
    fn earlier(&self) -> Option<Earlier> {
        if let Some(saved) = self.start.saved {
            return Some(Earlier { digest: saved.digest.clone(), plan: Some(saved.plan.clone()) });
        }
        let digest = self.flags.approve.as_ref()?.trim().to_owned();
        let plan = plan_copies::load(self.run, &digest).map(|(plan, _)| plan);
        Some(Earlier { digest, plan })
    }

    /// Refuses a plan that is not the earlier one, or what is left of it; and one that was completed before.
    fn require_covered(&self, gated: &GatedPlan, earlier: &Earlier) -> Result<(), Box<Answer<WriteAnswer>>> {
        if plan_copies::is_completed(self.run, &earlier.digest) {
            let problem = Diagnostic::error(
                Code::ApprovalUsed,
                format!("the plan {} was applied completely before; an approval is good once", earlier.digest),
            )
            .hint("make a new plan, review it and approve that one");
            let answer = answer(Outcome::Blocked, plan_view(gated), Stage::Planned).diagnostics([problem]);
            return Err(Box::new(self.with_review(answer, gated)));
        }
        earlier.approval().covers(gated).map_err(|differences| {
            let accounts = earlier.plan.as_ref().map(|plan| (&plan.account, &gated.document().account));
            if let Some((before, now)) = accounts.filter(|(before, now)| before != now) {
                let message = format!("the plan was made for account {before}, and this is account {now}");
                let problem = Diagnostic::error(Code::WrongAccount, message);
                return Box::new(answer(Outcome::Credentials, plan_view(gated), Stage::Planned).diagnostics([problem]));
            }
            Box::new(self.plan_changed(gated, &differences))
        })
    }

    async fn approve(
        &self,
        gated: GatedPlan,
        plan: &PlanView,
        make: impl AsyncFn() -> Result<GatedPlan, Failure>,
        earlier: Option<Earlier>,
    ) -> Result<Result<Approved, Box<Answer<WriteAnswer>>>, Failure> {
        let digest = earlier.as_ref().map_or_else(|| gated.digest().to_owned(), |earlier| earlier.digest.clone());
        let approved = |plan: ApprovedPlan, by_user: bool| Approved { plan, digest, by_user };
        let refused = if gated.approvals().is_empty() { None } else { self.self_approval(&gated, earlier.as_ref()) };
        if let (Some(_), Some(earlier)) = (&self.flags.approve, &earlier) {
            if let Some(refused) = refused {
                let signatories = self.signatories(&gated, Some(earlier));
                self.run.audit().refused(&earlier.digest, gated.document(), Code::ApprovalByPlanner, &signatories);
                return Ok(Err(Box::new(self.approval_by_planner(&gated, &refused))));
            }
            return Ok(self.approve_by_digest(gated, earlier).map(|plan| approved(plan, true)));
        }
        if let Some(rules) = self.unattended() {
            return match approve::by_rules(gated, rules) {
                Ok(plan_approved) => {
                    self.show(plan)?;
                    Ok(Ok(approved(plan_approved, false)))
                }
                Err(refused) => {
                    let (gated, reasons) = *refused;
                    let problems = reasons.into_iter().map(|reason| {
                        Diagnostic::error(Code::AutoRefused, format!("the plan is not applied unattended: {reason}"))
                            .hint("promote without --auto, and approve the plan")
                    });
                    let answer = answer(Outcome::Blocked, plan_view(&gated), Stage::Planned).diagnostics(problems);
                    Ok(Err(Box::new(answer)))
                }
            };
        }
        let gated = match approve::automatic(gated) {
            Ok(automatic) => {
                self.show(plan)?;
                return Ok(Ok(approved(automatic, false)));
            }
            Err(gated) => *gated,
        };
        if !self.run.ui().is_interactive() {
            let answer = answer(Outcome::ApprovalRequired, plan_view(&gated), Stage::Planned);
            return Ok(Err(Box::new(self.with_approval(answer, &gated))));
        }
        self.show(plan)?;
        if refused.is_some() {
            // Nobody else can answer at this prompt.
            let answer = answer(Outcome::ApprovalRequired, plan_view(&gated), Stage::Displayed);
            return Ok(Err(Box::new(self.with_approval(answer, &gated))));
        }
        match self.ask(&gated).await {
            ui::Answer::Interrupted => Ok(Err(Box::new(self.refused(
                plan_view(&gated),
                Code::Interrupted,
                "interrupted at the prompt; nothing was sent",
                self.run.signals().received().map_or(Outcome::Interrupted, |reason| reason.outcome(false)),
            )))),
            ui::Answer::Proceed => {
                let replanned = self.make_plan(&make).await?;
                if replanned.digest() != gated.digest() {
                    let differences = explain_difference(gated.document(), replanned.document());
                    return Ok(Err(Box::new(self.plan_changed(&replanned, &differences))));
                }
                match approve::by_person(replanned) {
                    Ok(plan) => Ok(Ok(approved(plan, true))),
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

    /// The rules of unattended promotion, with `--auto`.
    fn unattended(&self) -> Option<&AutoPromotion> {
        match &self.run.cli().command {
            Command::Promote(arguments) if arguments.auto => self.run.workspace().project().promotion.auto.as_ref(),
            _ => None,
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
        if self.run.ui().prints_one_document() {
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

    fn approve_by_digest(&self, gated: GatedPlan, earlier: &Earlier) -> Result<ApprovedPlan, Box<Answer<WriteAnswer>>> {
        let reason = self.flags.reason.as_deref().unwrap_or_default();
        let findings = self.flags.approve_findings.as_deref().map(|digest| FindingsApproval { digest, reason });
        approve::by_digest(gated, earlier.approval(), findings).map_err(|gated| {
            let requirement =
                gated.approvals().iter().find(|requirement| requirement.kind == ApprovalKind::CriticalFindings);
            let why = requirement.map(|requirement| requirement.reason.clone()).unwrap_or_default();
            let problem = Diagnostic::error(
                Code::FindingsNotApproved,
                format!("critical findings in a protected environment require a separate approval: {why}"),
            );
            let answer = answer(Outcome::Blocked, plan_view(&gated), Stage::Planned);
            Box::new(
                answer.diagnostics([problem.hint("fix the findings, or add --approve-findings DIGEST --reason TEXT")]),
            )
        })
    }

    /// The answer when the approval is for a different plan.
    fn plan_changed(&self, now: &GatedPlan, differences: &[String]) -> Answer<WriteAnswer> {
        let detail = if differences.is_empty() && !now.plan().planner.is_empty() {
            "there is no local copy of the approved plan, so it is not known who made it; save the plan with --plan-out for an \
             approval by another person"
                .to_owned()
        } else if differences.is_empty() {
            "the differences are not known, because there is no local copy of the approved plan; the current plan is shown".to_owned()
        } else {
            format!("differences: {}", differences.join("; "))
        };
        let (since, hint) = match self.start.saved {
            Some(_) => ("saved", "make the plan again with --plan-out to review it as it is now"),
            None => ("approved", "run the command without --approve to review the current plan"),
        };
        let message = format!("the plan has changed since it was {since}; {detail}");
        let problem = Diagnostic::error(Code::PlanChanged, message).hint(hint);
        let answer = answer(Outcome::Blocked, plan_view(now), Stage::Planned).diagnostics([problem]);
        self.with_review(answer, now)
    }

    /// Adds the command that makes the plan as it is now.
    fn with_review(&self, answer: Answer<WriteAnswer>, now: &GatedPlan) -> Answer<WriteAnswer> {
        let why = "review the current plan";
        match (self.start.saved, &self.run.cli().command) {
            (Some(saved), Command::Apply(arguments)) => {
                let command = restoring::original_command(saved, arguments, &arguments.plan);
                answer.then(self.command(why, command, &now.plan().hidden_texts()))
            }
            _ => answer.then(self.rerun(why, WriteArgs::default(), &now.plan().hidden_texts())),
        }
    }

    fn with_approval(&self, answer: Answer<WriteAnswer>, gated: &GatedPlan) -> Answer<WriteAnswer> {
        if gated.approvals().is_empty() {
            return answer;
        }
        if self.self_approval(gated, None).is_some() {
            return self.with_another(answer, gated);
        }
        let why = format!("approve exactly this plan, before {}", gated.plan().expires_at());
        answer.then(self.rerun(&why, self.approving_flags(gated), &gated.plan().hidden_texts()))
    }

    /// The flags that approve a plan, as far as it requires an approval.
    fn approving_flags(&self, gated: &GatedPlan) -> WriteArgs {
        if gated.approvals().is_empty() {
            return WriteArgs::default();
        }
        // The rest of a saved plan is approved by the digest of the whole.
        let digest = self.start.saved.map_or_else(|| gated.digest().to_owned(), |saved| saved.digest.clone());
        let apart = gated.approvals().iter().any(|requirement| requirement.kind == ApprovalKind::CriticalFindings);
        let findings = apart.then(|| (digest.clone(), another::REASON.to_owned()));
        let (approve_findings, reason) = findings.unzip();
        WriteArgs { approve: Some(digest), approve_findings, reason, ..WriteArgs::default() }
    }

    /// Returns the command line that runs this command again with the given flags, and the reason to run it.
    fn rerun(&self, why: &str, write: WriteArgs, secrets: &BTreeSet<String>) -> NextStep {
        let mut command = self.run.cli().command.clone();
        if let Some(flags) = command.write_args() {
            *flags = write;
        }
        if let Command::Promote(arguments) = &mut command {
            // A graph is only printed.
            arguments.graph = None;
        }
        self.command(why, command, secrets)
    }

    /// Returns the command line of a command without secrets, and the reason to run it.
    fn command(&self, why: &str, command: Command, secrets: &BTreeSet<String>) -> NextStep {
        let mut public = command_line::without_secrets(&command, secrets);
        let mut why = why.to_owned();
        if public != command {
            why.push_str(&format!(", with the same value for {SAME_VALUE}"));
        }
        if public.reads_stdin() {
            why.push_str(", with the same template on standard input");
        }
        // Digests and paths are no secrets.
        if let (Some(flags), Some(given)) = (public.write_args(), command.clone().write_args()) {
            *flags = given.clone();
        }
        NextStep { why, command: command_line::render(&public, &self.run.cli().given) }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;
    use crate::run::ManualClock;

    /// A long-running process must not check approvals against its start time.
    #[test]
    fn an_approval_expires_by_the_clock_of_its_run() {
        let folder = tempfile::tempdir().unwrap();
        let workspace = crate::run::tests::workspace(&folder);
        let clock = Arc::new(ManualClock::at("2026-11-20T09:00:00Z".parse().unwrap()));
        let line = format!("stagegate promote --all --approve 20261120T090000Z-{}", "a".repeat(64));
        let approving = |run: &Run| match &run.cli().command {
            Command::Promote(arguments) => start(&arguments.write, run),
            other => panic!("{other:?}"),
        };
        assert!(approving(&crate::run::tests::run(&workspace, &clock, &line)).is_ok());
        clock.advance(Duration::from_secs(24 * 60 * 60));
        let refused = approving(&crate::run::tests::run(&workspace, &clock, &line)).unwrap_err();
        assert_eq!(refused.diagnostics[0].code.as_str(), "digest-expired");
    }
}
