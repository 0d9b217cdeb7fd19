//! The gate: may this plan be sent, and who must say so first? A pure function of the plan and
//! the evidence; "could not price" and "could not scan" are answers, never passes.

use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::finding::{BUILTIN_ENGINE, ScanReport, Severity};
use crate::domain::plan::{Action, Plan, Step};
use crate::domain::project::Environment;
use crate::estimate::{Estimate, Verdict as CostVerdict};
use crate::schema::Registry;

/// What kind of approval a plan needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ApprovalKind {
    /// The upper estimate reaches the threshold, or is not known.
    Cost,
    /// The plan writes to a protected environment.
    Protected,
    /// A resource is deleted and created anew: what it holds is lost.
    Replacement,
    /// A resource is deleted.
    Delete,
    /// Findings at or above `policies.fail_on`.
    Findings,
    /// A critical finding in a protected environment: approved apart from everything else.
    CriticalFindings,
}

impl ApprovalKind {
    /// The word in JSON output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cost => "cost",
            Self::Protected => "protected",
            Self::Replacement => "replacement",
            Self::Delete => "delete",
            Self::Findings => "findings",
            Self::CriticalFindings => "critical_findings",
        }
    }
}

/// One approval that a plan needs, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    /// What kind.
    pub kind: ApprovalKind,
    /// Why, for the user to read.
    pub reason: String,
    /// What is to be typed out at a terminal: the environment for [`ApprovalKind::Protected`], the
    /// identifier for [`ApprovalKind::Delete`].
    pub typed: Option<String>,
}

impl Requirement {
    fn new(kind: ApprovalKind, reason: String) -> Self {
        Self { kind, reason, typed: None }
    }
}

/// What the gate looks at beside the plan.
#[derive(Debug)]
pub struct Evidence<'a> {
    /// The environment that the plan changes.
    pub environment: &'a Environment,
    /// The protected environments that some step of the plan writes to.
    pub protected: &'a [&'a Environment],
    /// Checks at or above `fail_on` that could not be decided.
    pub undecided: &'a [String],
    /// What it costs.
    pub estimate: &'a Estimate,
    /// What the policies found.
    pub scan: &'a ScanReport,
    /// Findings from this severity on need an approval.
    pub fail_on: Severity,
    /// Resources may be replaced. No command allows it yet.
    pub allow_replace: bool,
}

/// The gate's answer.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Verdict {
    /// Reasons that no approval can lift.
    pub blocks: Vec<Diagnostic>,
    /// Approvals that are needed; none means that the plan may be sent at once.
    pub approvals: Vec<Requirement>,
}

/// Judges a plan (`context --matrix` documents the same rules for users).
pub fn judge(plan: &Plan, evidence: &Evidence<'_>) -> Verdict {
    let mut verdict = Verdict { blocks: plan.problems.clone(), approvals: Vec::new() };
    let environment = evidence.environment;
    verdict.blocks.extend(plan.missing_inputs());
    if plan.steps.is_empty() {
        return verdict;
    }
    for step in &plan.steps {
        judge_action(step, evidence, &mut verdict);
    }
    for engine in &evidence.scan.engines {
        for failure in &engine.failures {
            let problem = Diagnostic::error(Code::ScanEngineFailed, format!("{}: {}", engine.name, failure.message))
                .at(failure.location.clone());
            verdict.blocks.push(problem.hint(match engine.name == BUILTIN_ENGINE {
                true => "a scan that did not run to its end is not a pass; repair the policy and run again",
                false => "a scan that did not run to its end is not a pass; repair the engine and run again",
            }));
        }
    }
    if evidence.scan.engines.is_empty() {
        verdict.blocks.push(Diagnostic::error(Code::ScanEngineFailed, "no scan engine ran"));
    }
    for protected in evidence.protected {
        verdict.approvals.push(Requirement {
            kind: ApprovalKind::Protected,
            reason: format!("environment `{}` is protected: every write needs an approval", protected.name),
            typed: Some(protected.name.clone()),
        });
    }
    if let CostVerdict::ApprovalRequired(reasons) = &evidence.estimate.verdict {
        verdict.approvals.push(Requirement::new(ApprovalKind::Cost, reasons.join("; ")));
    }
    let (critical, serious): (Vec<_>, Vec<_>) = evidence
        .scan
        .at_or_above(evidence.fail_on)
        .partition(|finding| finding.severity == Severity::Critical && environment.protected);
    for (kind, findings) in [(ApprovalKind::Findings, serious), (ApprovalKind::CriticalFindings, critical)] {
        if !findings.is_empty() {
            let mut ids: Vec<&str> = findings.iter().map(|finding| finding.id.as_str()).collect();
            ids.dedup();
            verdict.approvals.push(Requirement::new(
                kind,
                format!("{} finding(s) at or above {}: {}", findings.len(), evidence.fail_on, ids.join(", ")),
            ));
        }
    }
    if !evidence.undecided.is_empty() {
        verdict.approvals.push(Requirement::new(
            ApprovalKind::Findings,
            format!(
                "{} check(s) at or above {} could not be decided: {}",
                evidence.undecided.len(),
                evidence.fail_on,
                evidence.undecided.join(", ")
            ),
        ));
    }
    verdict.approvals.sort_by_key(|requirement| requirement.kind);
    verdict
}

/// What the action of one step asks for, whatever command it comes from. The general approval of a write to
/// a protected environment is not repeated here.
fn judge_action(step: &Step, evidence: &Evidence<'_>, verdict: &mut Verdict) {
    let is_protected = evidence.protected.iter().any(|protected| protected.name == step.environment);
    match &step.action {
        Action::Create { .. } => {
            // A protected environment is entered through promotion: from a live resource of another one.
            let may_be_created = step.source.is_some() || evidence.environment.allow_create;
            let code = Code::ProtectedEnvironment;
            if is_protected && !may_be_created && !verdict.blocks.iter().any(|block| block.code == code) {
                let environment = &step.environment;
                verdict.blocks.push(
                    Diagnostic::error(
                        code,
                        format!("environment `{environment}` is protected: nothing is created in it directly"),
                    )
                    .hint(format!(
                        "create the resource in an unprotected environment and take it over with `stagegate promote --to {environment}`, or set allow_create: true for the environment",
                    )),
                );
            }
        }
        Action::Replace { .. } => {
            let reason = replacement(step);
            if !evidence.allow_replace {
                verdict.blocks.push(Diagnostic::error(Code::NeedsReplacement, reason).resource(step.subject()).hint(
                    "this version does not replace resources: change the property back, or delete the resource first",
                ));
            } else {
                verdict.approvals.push(Requirement::new(ApprovalKind::Replacement, reason));
            }
        }
        Action::Delete { .. } => verdict.approvals.push(Requirement {
            kind: ApprovalKind::Delete,
            reason: format!("{} is deleted from `{}`", step.subject(), step.environment),
            typed: Some(step.known_identifier().unwrap_or(&step.logical_id).clone()),
        }),
        Action::Update { .. } | Action::Tag { .. } => {}
    }
}

/// Why a step replaces its resource.
fn replacement(step: &Step) -> String {
    let schema = Registry::get(&step.type_name);
    let fixed = step.changes.iter().map(|change| change.pointer.as_str());
    let fixed: Vec<&str> =
        fixed.filter(|pointer| schema.is_some_and(|schema| schema.is_create_only(pointer))).collect();
    format!(
        "{} {} can only be set at creation: {} would have to be replaced",
        step.subject(),
        fixed.join(", "),
        step.subject()
    )
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::finding::EngineStatus;
    use crate::domain::project::Project;
    use crate::estimate::{EstimateOptions, Snapshot, estimate};

    fn step(action: Action, source: Option<&str>) -> Step {
        let project = Project::sandbox();
        let prod = project.environment("prod").unwrap();
        Step {
            logical_id: "Queue".into(),
            environment: prod.name.clone(),
            account: prod.account.clone(),
            region: prod.region.clone(),
            action,
            type_name: "AWS::SQS::Queue".into(),
            identifier: Some("https://sqs.us-east-1.amazonaws.com/222222222222/jobs-prod".into()),
            target_of: None,
            changes: vec![crate::domain::resource::Change {
                pointer: "/FifoQueue".into(),
                before: None,
                after: Some(json!(true)),
            }],
            rewrites: vec![],
            depends_on: vec![],
            client_token: "t".into(),
            inputs_needed: vec![],
            source: source.map(str::to_owned),
            made_before: None,
        }
    }

    /// Codes of the blocks and words of the approvals that one step in prod gets.
    fn judged(step: Step, allow_replace: bool) -> (Vec<&'static str>, Vec<&'static str>) {
        let project = Project::sandbox();
        let prod = project.environment("prod").unwrap();
        let mut plan = Plan::new("2026-11-20T09:12:26Z".parse().unwrap(), prod);
        plan.steps.push(step);
        let scan = ScanReport {
            engines: vec![EngineStatus { name: "builtin".into(), version: None, failures: Vec::new() }],
            ..ScanReport::default()
        };
        let estimate = estimate(&[], &EstimateOptions::default(), &Snapshot);
        let evidence = Evidence {
            environment: prod,
            protected: &[prod],
            undecided: &[],
            estimate: &estimate,
            scan: &scan,
            fail_on: Severity::High,
            allow_replace,
        };
        let verdict = judge(&plan, &evidence);
        (
            verdict.blocks.iter().map(|block| block.code.as_str()).collect(),
            verdict.approvals.iter().map(|approval| approval.kind.as_str()).collect(),
        )
    }

    #[test]
    fn a_protected_environment_takes_only_what_was_promoted() {
        let create = || Action::Create { desired: json!({}) };
        assert_eq!(judged(step(create(), None), false), (vec!["protected-environment"], vec!["protected"]));
        assert_eq!(judged(step(create(), Some("jobs-dev")), false), (vec![], vec!["protected"]));
    }

    #[test]
    fn a_deletion_is_more_than_a_write() {
        let delete = Action::Delete { found: "d".into() };
        assert_eq!(judged(step(delete, None), false), (vec![], vec!["protected", "delete"]));
    }

    #[test]
    fn a_replacement_must_be_allowed_and_approved() {
        let replace = || Action::Replace { desired: json!({}), found: "d".into() };
        assert_eq!(judged(step(replace(), Some("jobs-dev")), false), (vec!["needs-replacement"], vec!["protected"]));
        assert_eq!(judged(step(replace(), Some("jobs-dev")), true), (vec![], vec!["protected", "replacement"]));
    }

    #[test]
    fn tags_alone_need_no_more_than_the_environment_does() {
        let tag = Action::Tag { tags: Default::default() };
        assert_eq!(judged(step(tag, None), false), (vec![], vec!["protected"]));
    }
}
