//! The gate stage: a plan with its estimate, its scan and the required approvals.

pub mod matrix;
pub mod rules;

use super::evaluate;
#[cfg(test)]
pub(crate) use super::plan::LeftBehind;
pub(crate) use super::plan::Unchanged;
use super::plan::cost::inputs;
use super::plan::{PlanContext, Planned};
use super::preflight::Preflight;
use crate::domain::diagnostic::{Diagnostic, Level};
use crate::domain::finding::{ScanReport, Severity};
use crate::domain::plan::{ChecklistItem, ChecklistState, Plan, PlanDocument};
use crate::domain::project::Environment;
use crate::estimate::{self, Estimate, Status, reaches};
use crate::policy::{ProjectRules, ScanEnvironment, ScanInput};
use rules::{ApprovalKind, Evidence, Requirement, Verdict};

/// A plan that was estimated, scanned and evaluated.
#[derive(Debug)]
pub struct GatedPlan {
    plan: Plan,
    /// Derived once: it includes a deliberately slow hash of sensitive values.
    document: PlanDocument,
    digest: String,
    unchanged: Unchanged,
    estimate: Estimate,
    scan: ScanReport,
    fail_on: Severity,
    verdict: Verdict,
    checklist: Vec<ChecklistItem>,
    notes: Vec<Diagnostic>,
}

impl GatedPlan {
    /// Returns the plan.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Returns the plan as a document, sensitive values hidden.
    pub fn document(&self) -> &PlanDocument {
        &self.document
    }

    /// Returns the digest by which an approval refers to the plan.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// Returns what the plan leaves as it is.
    pub fn unchanged(&self) -> &Unchanged {
        &self.unchanged
    }

    /// Returns the cost estimate.
    pub fn estimate(&self) -> &Estimate {
        &self.estimate
    }

    /// Returns the policy scan.
    pub fn scan(&self) -> &ScanReport {
        &self.scan
    }

    /// Returns the severity from which findings require an approval.
    pub fn fail_on(&self) -> Severity {
        self.fail_on
    }

    /// Returns the result of the gate.
    pub fn verdict(&self) -> &Verdict {
        &self.verdict
    }

    /// Returns the checklist.
    pub fn checklist(&self) -> &[ChecklistItem] {
        &self.checklist
    }

    /// Returns the warnings of the planning stage.
    pub fn notes(&self) -> &[Diagnostic] {
        &self.notes
    }

    /// Returns the required approvals.
    pub fn approvals(&self) -> &[Requirement] {
        &self.verdict.approvals
    }

    /// Adds what AWS said about the plan. The digest remains: an answer that is missing must not invalidate an approval.
    #[must_use]
    pub fn with_preflight(mut self, found: Option<Preflight>) -> Self {
        if let Some(Preflight { blocks, notes, item }) = found {
            self.verdict.blocks.extend(blocks);
            self.notes.extend(notes);
            // Before the approval.
            self.checklist.insert(self.checklist.len().saturating_sub(1), item);
        }
        self
    }

    /// Returns true if the plan has no steps.
    pub fn is_empty(&self) -> bool {
        self.plan.steps.is_empty()
    }

    pub(super) fn into_plan(self) -> Plan {
        self.plan
    }

    /// Evaluates a plan without policies and prices of AWS, for tests of what displays it.
    #[cfg(test)]
    pub(crate) fn for_test(
        plan: Plan,
        environment: &Environment,
        unchanged: Unchanged,
        estimate: Estimate,
        scan: ScanReport,
    ) -> Self {
        let fail_on = Severity::High;
        let protected: Vec<&Environment> =
            Some(environment).filter(|environment| environment.protected).into_iter().collect();
        let evidence = Evidence {
            environment,
            protected: &protected,
            undecided: &[],
            estimate: &estimate,
            scan: &scan,
            fail_on,
            allow_replace: true,
        };
        let verdict = rules::judge(&plan, &evidence);
        let checklist = evidence_lines(&plan, &estimate, &scan, fail_on, &verdict);
        let document = plan.document();
        let digest = document.digest();
        Self { plan, document, digest, unchanged, estimate, scan, fail_on, verdict, checklist, notes: Vec::new() }
    }
}

/// Scans and evaluates a plan. `estimate` is the one used for the plan's tags, so that the displayed and the recorded cost
/// are the same.
pub async fn judge(
    context: &PlanContext<'_>,
    environment: &Environment,
    planned: Planned,
    estimate: Estimate,
) -> GatedPlan {
    let Planned { mut plan, resources, context: siblings, mut checklist, mut notes, unchanged } = planned;
    let (wrong, unmatched): (Vec<_>, Vec<_>) = context
        .usage
        .check(&inputs(&resources, &environment.region))
        .into_iter()
        .partition(|problem| problem.level == Level::Error);
    plan.problems.extend(wrong);
    // The project's file covers all of its resources, but a plan only some of them.
    notes.extend(estimate::unmatched_usage(&unmatched));
    let mut rules = ProjectRules::from(context.project);
    // The planning stage rejects plans without the required tags, so the scan need not report them.
    rules.added_tags.extend(rules.required_tags.keys().map(|key| (key.clone(), None)));
    let resources = resources.into_iter().map(|resource| resource.with_secrets(&plan.secrets)).collect();
    let input = ScanInput {
        resources,
        context: siblings,
        environment: ScanEnvironment { name: Some(environment.name.clone()), protected: environment.protected },
        project: Some(rules),
        registry: plan.registry.clone(),
        ..ScanInput::default()
    };
    // `scan` warns about expired and unused waivers; here, the finding itself is reported.
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
        allow_replace: context.allow_replace,
    };
    let verdict = rules::judge(&plan, &evidence);
    // The planning stage has added what else was shown.
    plan.gate.extend(approved_facts(&verdict, &scan, &estimate));
    plan.gate.extend(context.endpoints.iter().cloned());
    let is_changed = |name: &String| plan.steps.iter().any(|step| step.environment == *name);
    let planner = context.planner.iter().filter(|(name, _)| is_changed(name));
    plan.planner = planner.map(|(name, arn)| (name.clone(), arn.clone())).collect();
    plan.gate.sort();
    plan.gate.dedup();
    checklist.extend(evidence_lines(&plan, &estimate, &scan, fail_on, &verdict));
    let document = plan.document();
    let digest = document.digest();
    GatedPlan { plan, document, digest, unchanged, estimate, scan, fail_on, verdict, checklist, notes }
}

/// Returns the undecided checks at or above the threshold. They do not count as passed.
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

/// Returns what an approval of the plan covers in addition to the steps.
fn approved_facts(verdict: &Verdict, scan: &ScanReport, estimate: &Estimate) -> Vec<String> {
    // Whether the cost requires an approval also depends on the source and age of prices, and an approval must remain valid
    // if the Price List does not respond. It therefore covers the unit prices and whether the cost reaches the threshold.
    let approvals = verdict.approvals.iter().filter(|requirement| requirement.kind != ApprovalKind::Cost);
    let mut lines: Vec<String> =
        approvals.map(|requirement| format!("approval for {}", requirement.kind.as_str())).collect();
    if estimate.is_lower_bound() {
        lines.push("unknown cost".to_owned());
    }
    if reaches(estimate.total.expected, estimate.threshold) {
        lines.push(format!("cost of {} a month or more", estimate.threshold));
    }
    // A related resource may change between plan and approval, and the cost with it.
    lines.extend(estimate.quantity_facts().into_iter().map(|fact| format!("cost of {fact}")));
    for finding in &scan.findings {
        let waived = if finding.waiver.is_some() { " (waived)" } else { "" };
        let place = finding.pointers().collect::<Vec<_>>().join(" ");
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
    // Two reasons may require the same kind of approval.
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
                "all values are known".to_owned()
            } else {
                format!("{unresolved} step(s) use values of earlier steps of this plan")
            },
        },
        ChecklistItem {
            item: "approval",
            state: state(needed.is_empty()),
            evidence: if needed.is_empty() {
                "not required".to_owned()
            } else {
                format!("required for: {}", needed.join(", "))
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
        approved_facts(&Verdict { blocks: Vec::new(), approvals: Vec::new() }, &ScanReport::default(), &estimate)
    }

    #[test]
    fn an_approval_covers_quantities_that_depend_on_related_resources() {
        let small = covered(Some(json!({"Cpu": "512", "Memory": "1024"})));
        // Both exceed the threshold at the same unit prices.
        let large = covered(Some(json!({"Cpu": "16384", "Memory": "65536"})));
        assert_ne!(small, large);
        assert!(small.iter().any(|line| line == "cost of Orders vCPU: 365 Hrs"), "{small:?}");
        // Changes that do not affect the cost do not matter.
        assert_eq!(small, covered(Some(json!({"Cpu": "512", "Memory": "1024", "Family": "orders"}))));
        // Without the related resource, the cost is unknown.
        assert_eq!(covered(None), ["unknown cost"]);
    }
}
