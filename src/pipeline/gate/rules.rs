//! The rules of the gate: whether a plan is blocked, and which approvals it requires. A pure function of the plan and
//! the evidence. An unknown cost or a failed scan never passes.

use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::finding::{BUILTIN_ENGINE, ScanReport, Severity};
use crate::domain::plan::{Action, Plan, Step, hidden_values};
use crate::domain::project::Environment;
use crate::estimate::{Estimate, Verdict as CostVerdict};
use crate::schema::Registry;

/// The kind of a required approval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ApprovalKind {
    /// The upper estimate reaches the threshold, or is unknown.
    Cost,
    /// The plan changes a protected environment.
    Protected,
    /// A resource is deleted and recreated: its data is lost.
    Replacement,
    /// A resource is deleted.
    Delete,
    /// A property that was changed in the account since stagegate last wrote it is set back.
    OverwritesLiveChange,
    /// Values of the source that AWS does not return are not copied to the new resource.
    DropsValues,
    /// Findings at or above `policies.fail_on`.
    Findings,
    /// A critical finding in a protected environment, which requires a separate approval.
    CriticalFindings,
}

impl ApprovalKind {
    /// Returns the string in JSON output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cost => "cost",
            Self::Protected => "protected",
            Self::Replacement => "replacement",
            Self::Delete => "delete",
            Self::OverwritesLiveChange => "overwrites_live_change",
            Self::DropsValues => "drops_values",
            Self::Findings => "findings",
            Self::CriticalFindings => "critical_findings",
        }
    }
}

/// An approval that a plan requires, and the reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    /// The kind of approval.
    pub kind: ApprovalKind,
    /// The reason, displayed to the user.
    pub reason: String,
    /// What must be typed to confirm at a terminal: the environment for [`ApprovalKind::Protected`], the identifier for
    /// [`ApprovalKind::Delete`].
    pub typed: Option<String>,
}

impl Requirement {
    fn new(kind: ApprovalKind, reason: String) -> Self {
        Self { kind, reason, typed: None }
    }
}

/// The evidence that the gate evaluates in addition to the plan.
#[derive(Debug)]
pub struct Evidence<'a> {
    /// The environment that the plan changes.
    pub environment: &'a Environment,
    /// The protected environments that the plan changes.
    pub protected: &'a [&'a Environment],
    /// Undecided checks at or above `fail_on`.
    pub undecided: &'a [String],
    /// The cost estimate.
    pub estimate: &'a Estimate,
    /// The policy scan.
    pub scan: &'a ScanReport,
    /// Findings at or above this severity require an approval.
    pub fail_on: Severity,
    /// `--allow-replace`: resources in a protected environment may be replaced.
    pub allow_replace: bool,
}

/// The result of the gate.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Verdict {
    /// Problems that block the plan and cannot be approved.
    pub blocks: Vec<Diagnostic>,
    /// Required approvals; if empty, the plan may be applied immediately.
    pub approvals: Vec<Requirement>,
}

/// Evaluates a plan (`context --matrix` documents the same rules for users).
pub fn judge(plan: &Plan, evidence: &Evidence<'_>) -> Verdict {
    let mut verdict = Verdict { blocks: plan.problems.clone(), approvals: Vec::new() };
    let environment = evidence.environment;
    verdict.blocks.extend(plan.missing_inputs());
    if plan.steps.is_empty() {
        return verdict;
    }
    for step in &plan.steps {
        evaluate_step(plan, step, evidence, &mut verdict);
    }
    for engine in &evidence.scan.engines {
        for failure in &engine.failures {
            let problem = Diagnostic::error(Code::ScanEngineFailed, format!("{}: {}", engine.name, failure.message))
                .at(failure.location.clone());
            verdict.blocks.push(problem.hint(match engine.name == BUILTIN_ENGINE {
                true => "an incomplete scan does not pass; fix the policy and run the command again",
                false => "an incomplete scan does not pass; fix the engine and run the command again",
            }));
        }
    }
    if evidence.scan.engines.is_empty() {
        verdict.blocks.push(Diagnostic::error(Code::ScanEngineFailed, "no scan engine ran"));
    }
    for protected in evidence.protected {
        verdict.approvals.push(Requirement {
            kind: ApprovalKind::Protected,
            reason: format!("environment `{}` is protected: every change requires an approval", protected.name),
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
                "{} undecided check(s) at or above {}: {}",
                evidence.undecided.len(),
                evidence.fail_on,
                evidence.undecided.join(", ")
            ),
        ));
    }
    verdict.approvals.sort_by_key(|requirement| requirement.kind);
    verdict
}

/// Evaluates the action of one step, independently of the command. The general approval for changes in a protected
/// environment is not repeated here.
fn evaluate_step(plan: &Plan, step: &Step, evidence: &Evidence<'_>, verdict: &mut Verdict) {
    if !step.overwrites.is_empty() {
        let reason = format!(
            "{} was changed in `{}` since stagegate last wrote it: {} will be overwritten",
            step.subject(),
            step.environment,
            step.overwrites.join(", ")
        );
        verdict.approvals.push(Requirement::new(ApprovalKind::OverwritesLiveChange, reason));
    }
    if !step.not_copied.is_empty() {
        let reason = format!(
            "AWS does not return these values of {}, so that {} is created without them: {}",
            step.source.as_deref().unwrap_or("the source"),
            step.subject(),
            step.not_copied.join(", ")
        );
        verdict.approvals.push(Requirement::new(ApprovalKind::DropsValues, reason));
    }
    let is_protected = evidence.protected.iter().any(|protected| protected.name == step.environment);
    match &step.action {
        Action::Create { .. } => {
            // Resources in a protected environment are created by promotion from a live resource of another environment.
            let may_be_created = step.source.is_some() || evidence.environment.allow_create;
            let code = Code::ProtectedEnvironment;
            if is_protected && !may_be_created && !verdict.blocks.iter().any(|block| block.code == code) {
                let environment = &step.environment;
                verdict.blocks.push(
                    Diagnostic::error(
                        code,
                        format!("environment `{environment}` is protected: resources cannot be created in it directly"),
                    )
                    .hint(format!(
                        "create the resource in an unprotected environment and promote it with `stagegate promote --to {environment}`, or set allow_create: true for the environment",
                    )),
                );
            }
        }
        Action::Replace { desired, delete_first, .. } => {
            let hidden = hidden_values(plan.registry.get(&step.type_name), desired, &plan.secrets);
            let mut reason = replacement(&plan.registry, step);
            if *delete_first && !hidden.is_empty() {
                let places: Vec<&str> = hidden.keys().map(String::as_str).collect();
                reason.push_str(&format!(
                    "; the old resource is deleted first, and no copy of the plan contains {}: to complete an \
                     interrupted run, the command must be given the same values again",
                    places.join(", ")
                ));
            }
            if is_protected && !evidence.allow_replace {
                verdict.blocks.push(Diagnostic::error(Code::NeedsReplacement, reason).resource(step.subject()).hint(
                    "a protected environment requires --allow-replace for it: otherwise change the property back",
                ));
            } else {
                verdict.approvals.push(Requirement::new(ApprovalKind::Replacement, reason));
            }
        }
        Action::Delete { replaced: true, .. } => {
            let reason =
                format!("{} will be deleted from `{}` after it was replaced", step.subject(), step.environment);
            verdict.approvals.push(Requirement::new(ApprovalKind::Replacement, reason));
        }
        Action::Delete { replaced: false, .. } => verdict.approvals.push(Requirement {
            kind: ApprovalKind::Delete,
            reason: format!("{} will be deleted from `{}`", step.subject(), step.environment),
            typed: Some(step.known_identifier().unwrap_or(&step.logical_id).clone()),
        }),
        Action::Update { .. } | Action::Tag { .. } => {}
    }
}

/// Returns why a step replaces its resource.
fn replacement(registry: &Registry, step: &Step) -> String {
    let schema = registry.get(&step.type_name);
    let fixed = step.changes.iter().map(|change| change.pointer.as_str());
    let fixed: Vec<&str> = fixed
        .filter(|pointer| {
            schema.is_some_and(|schema| schema.is_create_only(pointer) || schema.is_conditional_create_only(pointer))
        })
        .collect();
    let loses = match schema {
        Some(schema) if schema.stateful => "; its data is lost with it",
        _ => "",
    };
    let what = match fixed.is_empty() {
        true => "the type cannot be updated".to_owned(),
        false => format!("{} can only be set at creation", fixed.join(", ")),
    };
    format!("{}: {what}, so that the change requires replacement of {}{loses}", step.subject(), step.subject())
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
            overwrites: vec![],
            not_copied: vec![],
            rewrites: vec![],
            depends_on: vec![],
            client_token: "t".into(),
            inputs_needed: vec![],
            stored: vec![],
            source: source.map(str::to_owned),
            made_before: None,
        }
    }

    /// Returns the codes of the blocks and the kinds of the approvals for one step in prod.
    fn evaluated(step: Step, allow_replace: bool) -> (Vec<&'static str>, Vec<&'static str>) {
        let project = Project::sandbox();
        let prod = project.environment("prod").unwrap();
        let mut plan = Plan::new("2026-11-20T09:12:26Z".parse().unwrap(), prod, &Registry::embedded());
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
    fn only_promoted_resources_are_created_in_a_protected_environment() {
        let create = || Action::Create { desired: json!({}) };
        assert_eq!(evaluated(step(create(), None), false), (vec!["protected-environment"], vec!["protected"]));
        assert_eq!(evaluated(step(create(), Some("jobs-dev")), false), (vec![], vec!["protected"]));
    }

    #[test]
    fn a_deletion_requires_its_own_approval() {
        let delete = Action::Delete { found: "d".into(), replaced: false };
        assert_eq!(evaluated(step(delete, None), false), (vec![], vec!["protected", "delete"]));
    }

    #[test]
    fn a_replacement_must_be_allowed_and_approved() {
        let replace = || Action::Replace { desired: json!({}), found: "d".into(), delete_first: true };
        assert_eq!(evaluated(step(replace(), Some("jobs-dev")), false), (vec!["needs-replacement"], vec!["protected"]));
        assert_eq!(evaluated(step(replace(), Some("jobs-dev")), true), (vec![], vec!["protected", "replacement"]));
    }

    #[test]
    fn the_approval_of_a_replacement_names_values_that_no_copy_of_the_plan_has() {
        let reason = |desired: serde_json::Value, delete_first: bool| {
            let action = Action::Replace { desired, found: "d".into(), delete_first };
            let step = Step { type_name: "AWS::RDS::DBInstance".into(), ..step(action, None) };
            let mut verdict = Verdict::default();
            let project = Project::sandbox();
            let dev = project.environment("dev").unwrap();
            let plan = Plan::new("2026-11-20T09:12:26Z".parse().unwrap(), dev, &Registry::embedded());
            let evidence = Evidence {
                environment: project.environment("dev").unwrap(),
                protected: &[],
                undecided: &[],
                estimate: &estimate(&[], &EstimateOptions::default(), &Snapshot),
                scan: &ScanReport::default(),
                fail_on: Severity::High,
                allow_replace: false,
            };
            evaluate_step(&plan, &step, &evidence, &mut verdict);
            verdict.approvals.remove(0).reason
        };
        let (hidden, open) = (json!({"DBName": "x", "MasterUserPassword": "pw"}), json!({"DBName": "x"}));
        let named = reason(hidden.clone(), true);
        assert!(named.contains("/MasterUserPassword") && !named.contains("pw"), "{named}");
        assert!(!reason(open, true).contains("copy of the plan"));
        assert!(!reason(hidden, false).contains("copy of the plan"), "the old resource is there until the new one is");
    }

    #[test]
    fn a_change_of_tags_requires_only_the_approval_of_the_environment() {
        let tag = Action::Tag { tags: Default::default() };
        assert_eq!(evaluated(step(tag, None), false), (vec![], vec!["protected"]));
    }
}
