//! The end of the road, which all writing commands share: show, approve, apply, record.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;

use super::Answer;
use super::signal::Signals;
use crate::cli::{GlobalArgs, WriteArgs};
use crate::domain::diagnostic::Diagnostic;
use crate::domain::plan::{PlanDocument, explain_difference, is_secret_name};
use crate::files::atomic::{self, Durability};
use crate::outcome::{Failure, Outcome};
use crate::pipeline::apply::{Applied, Event, Lane, Observer, Patience, apply};
use crate::pipeline::approve::{self, ApprovedPlan, FindingsApproval};
use crate::pipeline::drift::shell;
use crate::pipeline::gate::GatedPlan;
use crate::pipeline::gate::rules::ApprovalKind;
use crate::pipeline::ports::CloudErrorKind;
use crate::pipeline::record::{Recorded, record};
use crate::report::{AppliedView, FailedView, PendingView, PlanView, PromotionView, WriteBody};
use crate::session::{Opened, Reader, Session, Writer};
use crate::ui::{self, ProgressView, Ui, view};

/// The time to plan as of: now, or the time in the digest that the user approves.
pub fn as_of(flags: &WriteArgs, session: &Session) -> Result<Timestamp, Failure> {
    match &flags.approve {
        None => Ok(session.now()),
        Some(digest) => approve::digest_time(digest, session.now()).map_err(|problem| {
            let outcome = if problem.code == "bad-digest" { Outcome::Usage } else { Outcome::Blocked };
            Failure::new(outcome, problem)
        }),
    }
}

/// The view of a judged plan.
pub fn plan_view(gated: &GatedPlan) -> PlanView {
    PlanView::new(gated.plan(), gated.checklist(), gated.estimate(), gated.scan(), gated.fail_on(), gated.verdict())
}

/// What the end of the road needs.
pub struct Writing<'a> {
    pub session: &'a Session,
    pub ui: &'a Ui,
    pub signals: &'a Signals,
    pub global: &'a GlobalArgs,
    pub flags: &'a WriteArgs,
    pub opened: &'a [&'a Opened],
}

impl Writing<'_> {
    /// Makes a plan and takes it to its end. The plan is made again, as of the same time, after a
    /// person has looked at it: what moved meanwhile was not approved.
    pub async fn finish(&self, make: impl AsyncFn() -> Result<GatedPlan, Failure>) -> Result<Answer, Failure> {
        let gated = make().await?;
        let notes = gated.notes().to_vec();
        Ok(self.take(gated, make).await?.diagnostics(notes))
    }

    async fn take(
        &self,
        gated: GatedPlan,
        make: impl AsyncFn() -> Result<GatedPlan, Failure>,
    ) -> Result<Answer, Failure> {
        let plan = plan_view(&gated);
        if !gated.verdict().blocks.is_empty() {
            let answer = self.answer(Outcome::Blocked, plan, None);
            return Ok(answer.diagnostics(gated.verdict().blocks.clone()));
        }
        if gated.is_empty() {
            let mut answer = self.answer(Outcome::Ok, plan, None);
            answer.human = match gated.scan().resources_scanned {
                0 => "Nothing to do: nothing is selected.\n".to_owned(),
                1 => "Nothing to do: the selected resource is in sync.\n".to_owned(),
                many => format!("Nothing to do: all {many} selected resources are in sync.\n"),
            };
            return Ok(answer);
        }
        if self.flags.plan_only {
            let outcome = if gated.approvals().is_empty() { Outcome::Ok } else { Outcome::ApprovalRequired };
            self.keep(&gated);
            let answer = self.answer(outcome, plan, None);
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
    ) -> Result<Result<ApprovedPlan, Box<Answer>>, Failure> {
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
        if !self.ui.is_interactive() {
            self.keep(&gated);
            let answer = self.answer(Outcome::ApprovalRequired, plan_view(&gated), None);
            return Ok(Err(Box::new(self.with_approval(answer, &gated))));
        }
        self.show(plan, true)?;
        match self.ask(&gated).await {
            ui::Answer::Interrupted => Ok(Err(Box::new(self.refused(
                plan_view(&gated),
                "interrupted",
                "stopped at the question; nothing was sent",
                self.signals.received().unwrap_or(Outcome::Interrupted),
            )))),
            ui::Answer::Proceed => {
                let again = make().await?;
                if again.plan().digest() != gated.plan().digest() {
                    let moved = explain_difference(&gated.plan().document(), &again.plan().document());
                    return Ok(Err(Box::new(self.changed(&again, &moved))));
                }
                match approve::by_person(again) {
                    Ok(approved) => Ok(Ok(approved)),
                    Err(gated) => Ok(Err(Box::new(self.refused(
                        plan_view(&gated),
                        "not-approved",
                        "a critical finding in a protected environment is approved apart, by --approve-findings",
                        Outcome::Blocked,
                    )))),
                }
            }
            ui::Answer::Fix => Ok(Err(Box::new(self.refused(
                plan_view(&gated),
                "findings-to-fix",
                "nothing was sent; repair the findings and run the command again",
                Outcome::Blocked,
            )))),
            ui::Answer::Cancel => Ok(Err(Box::new(self.refused(
                plan_view(&gated),
                "not-approved",
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
            _ = self.signals.wanted() => {
                self.ui.message("\n");
                ui::Answer::Interrupted
            }
        }
    }

    /// Shows the plan; a plan that cannot be shown is not sent.
    fn show(&self, plan: &PlanView, asks: bool) -> Result<(), Failure> {
        if self.ui.is_json() {
            return Ok(());
        }
        let text = view::plan(plan, &self.session.facts().environments, asks) + "\n";
        self.ui.data(&text).map_err(|error| {
            let problem =
                Diagnostic::error("output-lost", format!("the plan could not be shown ({error}); nothing was sent"));
            Failure::new(Outcome::Error, problem)
        })
    }

    fn refused(&self, plan: PlanView, code: &'static str, message: &str, outcome: Outcome) -> Answer {
        let body =
            WriteBody { plan, applied: Vec::new(), pending: Vec::new(), failed: Vec::new(), promotion: Vec::new() };
        // The plan is on the screen already.
        Answer::new(outcome, &body, String::new()).diagnostics([Diagnostic::error(code, message)])
    }

    fn approve_by_digest(&self, gated: GatedPlan, digest: &str) -> Result<ApprovedPlan, Box<Answer>> {
        let reason = self.flags.reason.as_deref().unwrap_or_default();
        let findings = self.flags.approve_findings.as_deref().map(|digest| FindingsApproval { digest, reason });
        match approve::by_digest(gated, digest, findings) {
            Ok(approved) => Ok(approved),
            Err(gated) if gated.plan().digest() == digest.trim() => {
                let requirement =
                    gated.approvals().iter().find(|requirement| requirement.kind == ApprovalKind::CriticalFindings);
                let why = requirement.map(|requirement| requirement.reason.clone()).unwrap_or_default();
                let problem = Diagnostic::error(
                    "findings-not-approved",
                    format!("critical findings in a protected environment are approved apart: {why}"),
                );
                let answer = self.answer(Outcome::Blocked, plan_view(&gated), None);
                Err(Box::new(
                    answer.diagnostics([problem.hint("repair them, or add --approve-findings DIGEST --reason TEXT")]),
                ))
            }
            Err(gated) => {
                let differences = self.differences(&gated, digest);
                Err(Box::new(self.changed(&gated, &differences)))
            }
        }
    }

    /// The refusal of an approval that is another plan's.
    fn changed(&self, now: &GatedPlan, differences: &[String]) -> Answer {
        let said = if differences.is_empty() {
            "there is no copy of the approved plan here to say what differs; the plan as it is now is shown".to_owned()
        } else {
            format!("what differs: {}", differences.join("; "))
        };
        let problem = Diagnostic::error("plan-changed", format!("the approved plan is not this one any more; {said}"))
            .hint("look at the plan again: run the command without --approve");
        self.answer(Outcome::Blocked, plan_view(now), None)
            .diagnostics([problem])
            .next("see the plan as it is now", self.command(None, &now.plan().secrets))
    }

    async fn send(&self, approved: ApprovedPlan) -> Recorded {
        let clients: Vec<(String, Reader, Writer)> = self
            .opened
            .iter()
            .map(|opened| (opened.environment.name.clone(), opened.reader(), opened.writer()))
            .collect();
        let lanes: BTreeMap<String, Lane<'_>> =
            clients.iter().map(|(name, reader, writer)| (name.clone(), Lane { reader, writer })).collect();
        let watcher = Watcher { progress: self.ui.progress(), signals: self.signals.clone() };
        self.signals.set_sending(true);
        let applied = apply(approved, &lanes, Patience(self.global.timeout), &watcher).await;
        self.signals.set_sending(false);
        watcher.progress.finish();
        record(applied)
    }

    fn done(&self, plan: PlanView, recorded: &Recorded) -> Answer {
        let applied = recorded.applied();
        let outcome = match (&applied.failed, &applied.pending) {
            _ if applied.interrupted => self.signals.received().unwrap_or(Outcome::Interrupted),
            (Some(failed), _) if failed.kind == CloudErrorKind::Credentials => Outcome::Credentials,
            (Some(_), _) if !applied.done.is_empty() => Outcome::InProgress,
            (Some(_), _) => Outcome::Error,
            (None, Some(_)) => Outcome::InProgress,
            (None, None) => Outcome::Ok,
        };
        let mut answer = self.answer(outcome, plan, Some(recorded)).diagnostics(problems(recorded));
        if !recorded.is_complete() {
            answer = answer
                .next("go on from here: what is done is recognised", self.command(None, &recorded.plan().secrets));
        }
        answer
    }

    fn answer(&self, outcome: Outcome, plan: PlanView, recorded: Option<&Recorded>) -> Answer {
        let mut body =
            WriteBody { plan, applied: Vec::new(), pending: Vec::new(), failed: Vec::new(), promotion: Vec::new() };
        let human = match recorded {
            None => view::plan(&body.plan, &self.session.facts().environments, false),
            Some(recorded) => {
                fill(&mut body, recorded);
                view::applied(&body)
            }
        };
        Answer::new(outcome, &body, human)
    }

    fn with_approval(&self, answer: Answer, gated: &GatedPlan) -> Answer {
        if gated.approvals().is_empty() {
            return answer;
        }
        let digest = gated.plan().digest();
        let apart = gated.approvals().iter().any(|requirement| requirement.kind == ApprovalKind::CriticalFindings);
        let mut command = self.command(Some(&digest), &gated.plan().secrets);
        if apart {
            command.push_str(&format!(" --approve-findings {digest} --reason 'WHY THE FINDINGS ARE ACCEPTED'"));
        }
        let until = gated.plan().expires_at();
        let with = if command.contains(SAME_VALUE) {
            format!(", with the same value for {SAME_VALUE}")
        } else {
            String::new()
        };
        answer.next(format!("approve exactly this plan, until {until}{with}"), command)
    }

    /// The command line of this run without its stopping and approving flags, ready to paste; with
    /// a digest, the one that approves it.
    fn command(&self, digest: Option<&str>, secrets: &BTreeSet<String>) -> String {
        let mut words = Vec::new();
        let mut given = self.session.command_line().iter();
        let mut previous = "";
        while let Some(word) = given.next() {
            match word.as_str() {
                "--plan-only" => {}
                "--approve" | "--approve-findings" | "--reason" => drop(given.next()),
                other
                    if ["--approve=", "--approve-findings=", "--reason="]
                        .iter()
                        .any(|flag| other.starts_with(flag)) => {}
                other => words.push(shell(&without_secrets(other, previous, secrets))),
            }
            previous = word;
        }
        if let Some(first) = words.first_mut() {
            "stagegate".clone_into(first);
        }
        words.extend(digest.map(|digest| format!("--approve {digest}")));
        words.join(" ")
    }

    /// Keeps a private copy of the plan, secrets hidden, so that a later refusal can say what
    /// differs. Nothing depends on it, so a folder that cannot be written is no error.
    fn keep(&self, gated: &GatedPlan) {
        let folder = self.session.plans_folder();
        let file = folder.join(format!("{}.json", gated.plan().digest()));
        let text = serde_json::to_string(&gated.plan().document()).unwrap_or_default();
        let _ = forget_old(&folder);
        let _ = atomic::replace(&file, text.as_bytes(), Durability::Machine);
    }

    fn differences(&self, gated: &GatedPlan, digest: &str) -> Vec<String> {
        let file = self.session.plans_folder().join(format!("{}.json", digest.trim()));
        let kept: Option<PlanDocument> =
            fs::read_to_string(file).ok().and_then(|text| serde_json::from_str(&text).ok());
        let Some(kept) = kept else { return Vec::new() };
        let differences = explain_difference(&kept, &gated.plan().document());
        if differences.is_empty() { vec!["a sensitive value".to_owned()] } else { differences }
    }
}

/// Stands for a value in a printed command that must not be printed.
const SAME_VALUE: &str = "<SAME-VALUE>";

/// A word of the command line without the secrets in it: `NoEcho` parameters, and values that AWS
/// itself never returns (`--input …=VALUE`; `=@FILE` names a file and is no secret).
fn without_secrets(word: &str, previous: &str, secrets: &BTreeSet<String>) -> String {
    let inline = word.strip_prefix("--input=").or((previous == "--input").then_some(word));
    if let Some((head, value)) = inline.and_then(|input| input.split_once('#')?.1.split_once('='))
        && !value.starts_with('@')
        && !head.is_empty()
    {
        return format!("{}{SAME_VALUE}", &word[..word.len() - value.len()]);
    }
    let set = word.strip_prefix("--set=").or((previous == "--set").then_some(word));
    if let Some((path, value)) = set.and_then(|set| set.split_once('='))
        && path.rsplit(['.', '/']).next().is_some_and(is_secret_name)
    {
        return format!("{}{SAME_VALUE}", &word[..word.len() - value.len()]);
    }
    let known = secrets.iter().filter(|secret| !secret.is_empty());
    known.fold(word.to_owned(), |text, secret| text.replace(secret.as_str(), SAME_VALUE))
}

/// Removes copies of plans whose approval has long expired.
fn forget_old(folder: &Path) -> std::io::Result<()> {
    const TWO_DAYS: Duration = Duration::from_secs(2 * 24 * 60 * 60);
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let old = entry.metadata()?.modified()?.elapsed().is_ok_and(|age| age > TWO_DAYS);
        if old {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

fn fill(body: &mut WriteBody, recorded: &Recorded) {
    let Applied { done, failed, pending, .. } = recorded.applied();
    let type_of = |order: usize| recorded.step(order).map(|step| step.type_name.clone()).unwrap_or_default();
    body.applied = done
        .iter()
        .map(|done| AppliedView {
            order: done.order as u32,
            environment: recorded.step(done.order).map(|step| step.environment.clone()).unwrap_or_default(),
            operation: recorded.step(done.order).map(|step| step.operation().as_str().to_owned()).unwrap_or_default(),
            type_name: done.resource.type_name.clone(),
            identifier: done.resource.identifier.clone(),
            arn: done.arn.clone(),
            request_token: done.request_token.clone(),
            elapsed_ms: u64::try_from(done.elapsed.as_millis()).unwrap_or(u64::MAX),
            verified: done.unexpected.is_empty(),
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
        })
        .collect();
    body.promotion = recorded
        .standings()
        .into_iter()
        .map(|standing| PromotionView {
            type_name: standing.type_name,
            dev: standing.source,
            prod: standing.target,
            status: standing.status.to_owned(),
        })
        .collect();
}

fn problems(recorded: &Recorded) -> Vec<Diagnostic> {
    let applied = recorded.applied();
    let mut problems = Vec::new();
    for done in &applied.done {
        for difference in &done.unexpected {
            problems.push(
                Diagnostic::warning("not-as-sent", format!("{} {difference}", done.resource))
                    .resource(done.resource.to_string())
                    .hint("AWS keeps another value than the one sent; write that value into the template, or look into the service's rules"),
            );
        }
    }
    if let Some(failed) = &applied.failed {
        let subject = recorded.step(failed.order).map(crate::domain::plan::Step::subject).unwrap_or_default();
        let mut problem = Diagnostic::error(
            "step-failed",
            format!("step {} ({subject}): {} ({})", failed.order, failed.message, failed.code),
        )
        .resource(subject);
        problem.hint.clone_from(&failed.hint);
        problems.push(problem);
    }
    if let Some(pending) = &applied.pending {
        problems
            .push(Diagnostic::warning("in-progress", format!("AWS still works on request {}", pending.request_token)));
    }
    if applied.interrupted {
        problems.push(Diagnostic::error("interrupted", "stopped by a signal; no further call was begun"));
    }
    problems
}

struct Watcher {
    progress: ProgressView,
    signals: Signals,
}

impl Observer for Watcher {
    fn observe(&self, event: &Event<'_>) {
        self.progress.show(event);
    }

    fn interrupted(&self) -> bool {
        self.signals.received().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_printed_command_holds_no_secret() {
        let secrets = BTreeSet::from(["hunter2".to_owned()]);
        let clean = |word: &str, previous: &str| without_secrets(word, previous, &secrets);
        assert_eq!(clean("Pw=hunter2", "--param"), "Pw=<SAME-VALUE>");
        assert_eq!(clean("Db.MasterUserPassword=x", "--set"), "Db.MasterUserPassword=<SAME-VALUE>");
        assert_eq!(clean("--set=Db.AllocatedStorage=20", "-f"), "--set=Db.AllocatedStorage=20");
        assert_eq!(clean("T/id#/Code/ZipFile=x=y", "--input"), "T/id#/Code/ZipFile=<SAME-VALUE>");
        assert_eq!(clean("T/id#/Code/ZipFile=@f.py", "--input"), "T/id#/Code/ZipFile=@f.py");
    }
}
