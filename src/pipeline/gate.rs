//! Gate: the plan with its estimate, its scan and what they ask for.

pub mod rules;

use super::evaluate;
use super::plan::cost::inputs;
use super::plan::{PlanContext, Planned};
use crate::domain::diagnostic::{Diagnostic, Level};
use crate::domain::finding::{ScanReport, Severity};
use crate::domain::plan::{ChecklistItem, ChecklistState, Plan};
use crate::domain::project::Environment;
use crate::estimate::{self, Estimate, Status, reaches};
use crate::policy::{ProjectRules, ScanEnvironment, ScanInput};
use rules::{ApprovalKind, Evidence, Requirement, Verdict};

/// A plan that has been priced, scanned and judged.
#[derive(Debug)]
pub struct GatedPlan {
    plan: Plan,
    estimate: Estimate,
    scan: ScanReport,
    fail_on: Severity,
    verdict: Verdict,
    checklist: Vec<ChecklistItem>,
    notes: Vec<Diagnostic>,
}

impl GatedPlan {
    /// The plan.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// What it costs.
    pub fn estimate(&self) -> &Estimate {
        &self.estimate
    }

    /// What the policies found.
    pub fn scan(&self) -> &ScanReport {
        &self.scan
    }

    /// The severity from which findings need an approval.
    pub fn fail_on(&self) -> Severity {
        self.fail_on
    }

    /// The gate's answer.
    pub fn verdict(&self) -> &Verdict {
        &self.verdict
    }

    /// What was checked.
    pub fn checklist(&self) -> &[ChecklistItem] {
        &self.checklist
    }

    /// What the planning left out.
    pub fn notes(&self) -> &[Diagnostic] {
        &self.notes
    }

    /// The approvals that it needs.
    pub fn approvals(&self) -> &[Requirement] {
        &self.verdict.approvals
    }

    /// True when there is nothing to send.
    pub fn is_empty(&self) -> bool {
        self.plan.steps.is_empty()
    }

    pub(super) fn into_plan(self) -> Plan {
        self.plan
    }
}

/// Prices, scans and judges a plan. `estimate` is the one that the plan's own tags were made from,
/// so that what is shown and what is written agree.
pub async fn judge(
    context: &PlanContext<'_>,
    environment: &Environment,
    planned: Planned,
    estimate: Estimate,
) -> GatedPlan {
    let Planned { mut plan, resources, context: siblings, mut checklist, mut notes } = planned;
    let (wrong, unmatched): (Vec<_>, Vec<_>) = context
        .usage
        .check(&inputs(&resources, &environment.region))
        .into_iter()
        .partition(|problem| problem.level == Level::Error);
    plan.problems.extend(wrong);
    // The project's file speaks of all its resources, and a plan is of some.
    notes.extend(estimate::unmatched_usage(&unmatched));
    let mut rules = ProjectRules::from(context.project);
    // Planning refuses a plan that does not write the required tags itself, whatever a body holds.
    rules.added_tags.extend(rules.required_tags.keys().map(|key| (key.clone(), None)));
    let input = ScanInput {
        resources,
        context: siblings,
        environment: ScanEnvironment { name: Some(environment.name.clone()), protected: environment.protected },
        project: Some(rules),
        ..ScanInput::default()
    };
    // An expired or unused waiver is worth a word in `scan`; here the finding itself speaks.
    let (mut scan, _) = evaluate::scan(context.policies, context.engines, &input, &plan.secrets).await;
    let _ = context.waivers.apply(&mut scan, context.today());
    plan.prices = estimate.price_facts().into_iter().collect();
    plan.usage = estimate.usage_facts().into_iter().collect();
    plan.policies = context.engines.digest(context.policies, &scan);
    let fail_on = context.project.policies.fail_on;
    let protected: Vec<&Environment> = context
        .project
        .environments
        .iter()
        .filter(|other| other.protected && plan.steps.iter().any(|step| step.environment == other.name))
        .collect();
    let undecided = undecided(context, &scan, fail_on);
    let evidence = Evidence {
        environment,
        protected: &protected,
        undecided: &undecided,
        estimate: &estimate,
        scan: &scan,
        fail_on,
        allow_replace: false,
    };
    let verdict = rules::judge(&plan, &evidence);
    plan.gate = shown(&verdict, &scan, &estimate);
    checklist.extend(evidence_lines(&plan, &estimate, &scan, fail_on, &verdict));
    GatedPlan { plan, estimate, scan, fail_on, verdict, checklist, notes }
}

/// The checks at or above the threshold that could not be decided: none counts as a pass.
fn undecided(context: &PlanContext<'_>, scan: &ScanReport, fail_on: Severity) -> Vec<String> {
    let mut ids: Vec<String> = scan
        .unknown
        .iter()
        .filter(|unknown| context.policies.find(&unknown.id).is_none_or(|policy| policy.severity >= fail_on))
        .map(|unknown| unknown.id.clone())
        .collect();
    ids.sort();
    ids.dedup();
    ids
}

/// What an approval of the plan covers beside what is sent.
fn shown(verdict: &Verdict, scan: &ScanReport, estimate: &Estimate) -> Vec<String> {
    // Whether the cost needs an approval hangs on where its prices come from and how old they are,
    // too, and an approval must outlast the Price List's silence. What it covers is the unit prices
    // and, where usage moves it, which side of the threshold the cost is on.
    let approvals = verdict.approvals.iter().filter(|requirement| requirement.kind != ApprovalKind::Cost);
    let mut lines: Vec<String> =
        approvals.map(|requirement| format!("approval for {}", requirement.kind.as_str())).collect();
    if estimate.is_lower_bound() {
        lines.push("cost not known".to_owned());
    }
    if reaches(estimate.total.expected, estimate.threshold) {
        lines.push(format!("cost of {} a month or more", estimate.threshold));
    }
    // A neighbor may change between plan and approval, and the cost with it.
    lines.extend(estimate.quantity_facts().into_iter().map(|fact| format!("cost of {fact}")));
    for finding in &scan.findings {
        let waived = if finding.waiver.is_some() { " (waived)" } else { "" };
        let place = finding.pointer.as_deref().unwrap_or_default();
        let name =
            finding.resource.logical_id.as_deref().or(finding.resource.identifier.as_deref()).unwrap_or_default();
        lines.push(format!("{} {} on {name}{place}{waived}", finding.severity, finding.id));
    }
    lines.extend(scan.unknown.iter().map(|unknown| format!("undecided {} on {}", unknown.id, unknown.resource)));
    lines.sort();
    lines.dedup();
    lines
}

fn evidence_lines(
    plan: &Plan,
    estimate: &Estimate,
    scan: &ScanReport,
    fail_on: Severity,
    verdict: &Verdict,
) -> Vec<ChecklistItem> {
    let state = |good: bool| if good { ChecklistState::Ok } else { ChecklistState::Open };
    let unknown = estimate.resources.iter().filter(|r| r.status == Status::Unknown).count();
    let known = if unknown == 0 { String::new() } else { format!("; {unknown} resource(s) with an unknown part") };
    let serious = scan.at_or_above(fail_on).count();
    let mut needed: Vec<&str> = verdict.approvals.iter().map(|requirement| requirement.kind.as_str()).collect();
    // Two reasons may ask for one kind.
    needed.sort_unstable();
    needed.dedup();
    let unresolved =
        plan.steps.iter().filter(|step| step.action.desired().is_some_and(crate::domain::symbol::has_unknown)).count();
    vec![
        ChecklistItem {
            item: "cost estimated",
            state: state(!estimate.verdict.requires_approval()),
            evidence: format!(
                "expected {}, upper {}{known}",
                estimate.total.expected.per_month(),
                estimate.total.high.per_month()
            ),
        },
        ChecklistItem {
            item: "policies passed",
            state: state(serious == 0 && !scan.engine_failed()),
            evidence: format!(
                "{} check(s) on {} resource(s): {} finding(s) at or above {fail_on}, {} undecided",
                scan.checks_evaluated,
                scan.resources_scanned,
                serious,
                scan.unknown.len()
            ),
        },
        ChecklistItem {
            item: "references resolved",
            state: ChecklistState::Ok,
            evidence: if unresolved == 0 {
                "every value is known".to_owned()
            } else {
                format!("{unresolved} step(s) take values from earlier steps of this plan")
            },
        },
        ChecklistItem {
            item: "approval",
            state: state(needed.is_empty()),
            evidence: if needed.is_empty() {
                "none needed".to_owned()
            } else {
                format!("needed for: {}", needed.join(", "))
            },
        },
    ]
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::estimate::{EstimateInput, EstimateOptions, ExistingResource, Snapshot};

    fn covered(beside: Option<Value>) -> Vec<String> {
        let service = json!({"LaunchType": "FARGATE", "DesiredCount": 1, "TaskDefinition": "orders-dev:3"});
        let input = EstimateInput {
            file: None,
            logical_id: Some("Orders"),
            identifier: None,
            type_name: "AWS::ECS::Service",
            region: "us-east-1",
            properties: &service,
        };
        let beside = beside.map(|properties| ExistingResource {
            type_name: "AWS::ECS::TaskDefinition".to_owned(),
            identifier: "orders-dev:3".to_owned(),
            properties,
        });
        let options = EstimateOptions { existing: beside.into_iter().collect(), ..EstimateOptions::default() };
        let estimate = estimate::estimate(&[input], &options, &Snapshot);
        shown(&Verdict { blocks: Vec::new(), approvals: Vec::new() }, &ScanReport::default(), &estimate)
    }

    #[test]
    fn an_approval_covers_how_much_a_neighbor_makes_of_it() {
        let small = covered(Some(json!({"Cpu": "512", "Memory": "1024"})));
        // Both above the threshold and at the same unit prices.
        let large = covered(Some(json!({"Cpu": "16384", "Memory": "65536"})));
        assert_ne!(small, large);
        assert!(small.iter().any(|line| line == "cost of Orders vCPU: 365 Hrs"), "{small:?}");
        // What does not touch the cost changes nothing.
        assert_eq!(small, covered(Some(json!({"Cpu": "512", "Memory": "1024", "Family": "orders"}))));
        // Without a neighbor the plan itself says how much.
        assert_eq!(covered(None), ["cost not known"]);
    }
}
