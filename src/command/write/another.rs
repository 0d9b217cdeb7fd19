//! Approval by another identity than the one that made the plan, where the project asks for it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::outcome::{answer, plan_view};
use super::{Earlier, Start, WriteRun, approved_before};
use crate::cli::{ApproveArgs, Command, WriteArgs};
use crate::domain::approval::{SelfApproval, require_other};
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::outcome::{NextStep, Outcome};
use crate::pipeline::gate::GatedPlan;
use crate::report::{Answer, Stage, WriteAnswer};
use crate::run::{Run, Signatories};

/// The file to which the printed commands save a plan.
const PLAN_FILE: &str = "plan.json";
/// Stands for the reason of an approval in a printed command.
pub(super) const REASON: &str = "REASON FOR ACCEPTING THE FINDINGS";

/// Returns the ARN of whoever makes or made the plan, by environment, of those in which the planner may not approve. Of a plan
/// that was made before, it is the one in that plan: whoever makes it again is not its planner.
pub fn planner(flags: &WriteArgs, start: Start<'_>, run: &Run) -> BTreeMap<String, String> {
    let environments = &run.workspace().project().approvals.not_by_planner;
    if environments.is_empty() {
        return BTreeMap::new();
    }
    let earlier = approved_before(flags, start, run).map(|(plan, _)| plan.planner).unwrap_or_default();
    let callers = run.callers();
    let of = |name: &String| Some((name.clone(), earlier.get(name).or_else(|| callers.get(name))?.clone()));
    environments.iter().filter_map(of).collect()
}

/// The file in which `approve` records an approval, beside the plan.
pub fn approval_file(plan: &Path) -> PathBuf {
    plan.with_extension("approval.json")
}

impl WriteRun<'_> {
    /// Who approves, by environment: as recorded, or whoever runs the command.
    fn approver(&self) -> BTreeMap<String, String> {
        self.start.approval.map_or_else(|| self.run.callers(), |recorded| recorded.approver.clone())
    }

    /// Who made and who approves a plan.
    pub(super) fn signatories(&self, gated: &GatedPlan, earlier: Option<&Earlier>) -> Signatories {
        // The steps in an environment may be done.
        let mut planner = gated.plan().planner.clone();
        planner.extend(
            earlier.and_then(|earlier| earlier.plan.as_ref()).into_iter().flat_map(|plan| plan.planner.clone()),
        );
        Signatories { planner, approver: self.approver() }
    }

    /// Returns why whoever approves the plan may not, where the project asks for another one than the planner.
    pub(super) fn self_approval(&self, gated: &GatedPlan, earlier: Option<&Earlier>) -> Option<SelfApproval> {
        let Signatories { planner, approver } = self.signatories(gated, earlier);
        require_other(&planner, &approver).err().map(|refused| *refused)
    }

    /// The answer about an approval by the planner.
    pub(super) fn approval_by_planner(&self, gated: &GatedPlan, refused: &SelfApproval) -> Answer<WriteAnswer> {
        let problem = refusal(refused);
        self.with_another(answer(Outcome::Blocked, plan_view(gated), Stage::Planned).diagnostics([problem]), gated)
    }

    /// Adds the commands for an approval by another person.
    pub(super) fn with_another(&self, answer: Answer<WriteAnswer>, gated: &GatedPlan) -> Answer<WriteAnswer> {
        let planner = gated.plan().planner.values().next().map_or("the planner", String::as_str);
        let secrets = gated.plan().hidden_texts();
        if let (Some(_), Command::Apply(arguments)) = (self.start.saved, &self.run.cli().command) {
            let mut apply = arguments.clone();
            (apply.approval, apply.write) = (Some(approval_file(&arguments.plan)), WriteArgs::default());
            return answer.then(self.approving(&arguments.plan, gated, planner)).then(self.command(
                "then apply the plan with the recorded approval",
                Command::Apply(apply),
                &secrets,
            ));
        }
        if let Command::Promote(arguments) = &self.run.cli().command
            && (arguments.mark_pending || arguments.unmark)
        {
            // Marks are not saved as a plan.
            let why = format!("another person than {planner} has to run this with credentials of their own");
            return answer.then(self.rerun(&why, self.approving_flags(gated), &secrets));
        }
        let why = format!("save the plan: {planner} made it, and another person has to approve it");
        let write = WriteArgs { plan_out: Some(PathBuf::from(PLAN_FILE)), ..WriteArgs::default() };
        answer.then(self.rerun(&why, write, &secrets))
    }

    /// The command with which another person approves a saved plan.
    pub(super) fn approving(&self, plan: &Path, gated: &GatedPlan, planner: &str) -> NextStep {
        let WriteArgs { approve_findings, reason, .. } = self.approving_flags(gated);
        let command =
            Command::Approve(ApproveArgs { plan: plan.to_owned(), approve_findings, reason, approval_out: None });
        let why = format!(
            "another person than {planner} has to review the plan and run this with credentials of their own, before {}",
            gated.plan().expires_at()
        );
        self.command(&why, command, &BTreeSet::new())
    }
}

/// The diagnostic about an approval by the planner.
pub fn refusal(refused: &SelfApproval) -> Diagnostic {
    let message = format!("{}; nothing was approved or sent", refused.reason);
    Diagnostic::error(Code::ApprovalByPlanner, message).hint(format!(
        "`approvals.{}.not_by_planner` of the project file asks for another person: save the plan with --plan-out, and ask \
         somebody else to run `stagegate approve PLAN` with credentials of their own",
        refused.environment
    ))
}
