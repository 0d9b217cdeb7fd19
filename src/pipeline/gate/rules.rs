//! The gate: may this plan be sent, and who must say so first? A pure function of the plan and
//! the evidence; "could not price" and "could not scan" are answers, never passes.

use crate::domain::diagnostic::Diagnostic;
use crate::domain::finding::{BUILTIN_ENGINE, ScanReport, Severity};
use crate::domain::plan::{Operation, Plan};
use crate::domain::project::Environment;
use crate::estimate::{Estimate, Verdict as CostVerdict};

/// What kind of approval a plan needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ApprovalKind {
    /// The upper estimate reaches the threshold, or is not known.
    Cost,
    /// The plan writes to a protected environment.
    Protected,
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
    /// For [`ApprovalKind::Protected`]: the environment.
    pub environment: Option<String>,
}

impl Requirement {
    fn new(kind: ApprovalKind, reason: String) -> Self {
        Self { kind, reason, environment: None }
    }
}

/// Which road the plan came by; a protected environment is only entered through promotion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Road {
    /// `create`.
    Create,
    /// `promote`.
    Promote,
}

/// What the gate looks at beside the plan.
#[derive(Debug)]
pub struct Evidence<'a> {
    /// `create` or `promote`.
    pub road: Road,
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
    let creates = plan.steps.iter().any(|step| step.operation() == Operation::Create);
    if evidence.road == Road::Create && creates && environment.protected && !environment.allow_create {
        verdict.blocks.push(
            Diagnostic::error(
                "protected-environment",
                format!("environment `{}` is protected: nothing is created in it directly", environment.name),
            )
            .hint(format!(
                "create the resource in an unprotected environment and take it over with `stagegate promote --to {}`, or set allow_create: true for the environment",
                environment.name
            )),
        );
    }
    for engine in &evidence.scan.engines {
        for failure in &engine.failures {
            let problem = Diagnostic::error("scan-engine-failed", format!("{}: {}", engine.name, failure.message))
                .at(failure.location.clone());
            verdict.blocks.push(problem.hint(match engine.name == BUILTIN_ENGINE {
                true => "a scan that did not run to its end is not a pass; repair the policy and run again",
                false => "a scan that did not run to its end is not a pass; repair the engine and run again",
            }));
        }
    }
    if evidence.scan.engines.is_empty() {
        verdict.blocks.push(Diagnostic::error("scan-engine-failed", "no scan engine ran"));
    }
    for protected in evidence.protected {
        verdict.approvals.push(Requirement {
            kind: ApprovalKind::Protected,
            reason: format!("environment `{}` is protected: every write needs an approval", protected.name),
            environment: Some(protected.name.clone()),
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
