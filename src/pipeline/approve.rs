//! The approve stage: automatically, by a digest, or interactively.

use jiff::Timestamp;

use super::gate::GatedPlan;
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::money::Usd;
use crate::domain::plan::{APPROVAL_HOURS, Evidence, Plan, PlanDocument, parse_digest, remainder};
use crate::domain::project::AutoPromotion;
use crate::pipeline::gate::rules::ApprovalKind;

/// A plan that may be applied. Only the functions of this module create it.
#[derive(Debug)]
pub struct ApprovedPlan {
    plan: Plan,
}

impl ApprovedPlan {
    /// The plan.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }
}

/// The separate approval of critical findings in a protected environment.
#[derive(Debug, Clone, Copy)]
pub struct FindingsApproval<'a> {
    /// The digest of the approved plan.
    pub digest: &'a str,
    /// The reason for accepting the findings.
    pub reason: &'a str,
}

/// Approves a plan that requires no approval.
///
/// # Errors
/// Returns the plan if it requires an approval or is blocked.
pub fn automatic(gated: GatedPlan) -> Result<ApprovedPlan, Box<GatedPlan>> {
    if gated.verdict().blocks.is_empty() && gated.approvals().is_empty() {
        return Ok(ApprovedPlan { plan: gated.into_plan() });
    }
    Err(Box::new(gated))
}

/// Approves a plan that a person reviewed and confirmed at the terminal.
///
/// # Errors
/// Returns the plan if it is blocked, or has critical findings, which cannot be approved interactively.
pub fn by_person(gated: GatedPlan) -> Result<ApprovedPlan, Box<GatedPlan>> {
    let has_critical_findings =
        gated.approvals().iter().any(|requirement| requirement.kind == ApprovalKind::CriticalFindings);
    if gated.verdict().blocks.is_empty() && !has_critical_findings {
        return Ok(ApprovedPlan { plan: gated.into_plan() });
    }
    Err(Box::new(gated))
}

/// Approves a plan by the project's rules of unattended promotion, which stand for the approvals of the environment and of the
/// cost. The rules themselves were evaluated when the plan was made.
///
/// # Errors
/// Returns the plan and the reasons if it is blocked, its cost is not below the cap, or it requires another approval.
pub fn by_rules(gated: GatedPlan, rules: &AutoPromotion) -> Result<ApprovedPlan, Box<(GatedPlan, Vec<String>)>> {
    let others = gated.approvals().iter();
    let others = others.filter(|one| !matches!(one.kind, ApprovalKind::Protected | ApprovalKind::Cost));
    let mut reasons: Vec<String> = others.map(|one| format!("{}: {}", one.kind.as_str(), one.reason)).collect();
    let estimate = gated.estimate();
    if estimate.unknown_count > 0 || estimate.total.high > Usd::new(rules.cap) {
        reasons.push("its cost is not below promotion.auto.cap".to_owned());
    }
    if reasons.is_empty() && gated.verdict().blocks.is_empty() {
        return Ok(ApprovedPlan { plan: gated.into_plan() });
    }
    Err(Box::new((gated, reasons)))
}

/// Returns the time for which the plan of a digest was made, if it can still be approved.
///
/// # Errors
/// The text is not a digest, or its time is more than 24 hours ago or in the future.
pub fn digest_time(digest: &str, now: Timestamp) -> Result<Timestamp, Diagnostic> {
    let Some((time, _)) = parse_digest(digest) else {
        return Err(Diagnostic::error(Code::BadDigest, format!("`{digest}` is not a plan digest")).hint(
            "a digest has the form 20261120T091226Z-… and is printed with every plan that requires an approval",
        ));
    };
    if time > now {
        return Err(Diagnostic::error(
            Code::DigestFromFuture,
            format!("the plan `{digest}` is dated in the future ({time})"),
        )
        .hint("check the system clock, then make the plan again"));
    }
    let age = now.duration_since(time).as_hours();
    if age >= APPROVAL_HOURS {
        return Err(Diagnostic::error(
            Code::DigestExpired,
            format!("the plan of {time} is {age} hours old; plans can be approved for {APPROVAL_HOURS} hours"),
        )
        .hint("run the command without --approve to review the current plan"));
    }
    Ok(time)
}

/// The plan that an approval is for.
#[derive(Debug, Clone, Copy)]
pub struct Approval<'a> {
    /// Its digest.
    pub digest: &'a str,
    /// The plan itself, if it is known.
    pub plan: Option<&'a PlanDocument>,
}

impl Approval<'_> {
    /// Checks that the approval covers a plan: it is the approved plan, or what is left of it after an interruption.
    ///
    /// # Errors
    /// The differences, as far as they are known.
    pub fn covers(&self, gated: &GatedPlan) -> Result<(), Vec<String>> {
        let digest = self.digest.trim();
        if gated.digest() == digest {
            return Ok(());
        }
        let Some(approved) = self.plan.filter(|plan| plan.digest() == digest) else { return Err(Vec::new()) };
        let plan = gated.plan();
        remainder(
            approved,
            gated.document(),
            Evidence { existing: &plan.existing, promoted: &plan.promoted, registry: &plan.registry },
        )
    }
}

/// Approves a plan by its digest. The digest of an interrupted plan also approves the rest of that plan.
///
/// # Errors
/// Returns the plan if the approval does not cover it, if it is blocked, or if critical findings are not approved
/// separately.
pub fn by_digest(
    gated: GatedPlan,
    approval: Approval<'_>,
    findings: Option<FindingsApproval<'_>>,
) -> Result<ApprovedPlan, Box<GatedPlan>> {
    let named = approval.covers(&gated).is_ok();
    let has_critical_findings =
        gated.approvals().iter().any(|requirement| requirement.kind == ApprovalKind::CriticalFindings);
    let findings_named =
        findings.is_some_and(|one| one.digest.trim() == approval.digest.trim() && !one.reason.trim().is_empty());
    if named && gated.verdict().blocks.is_empty() && (!has_critical_findings || findings_named) {
        return Ok(ApprovedPlan { plan: gated.into_plan() });
    }
    Err(Box::new(gated))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn an_approval_is_valid_for_a_day_and_not_before_its_time() {
        let digest = format!("20261120T091226Z-{}", "a".repeat(64));
        let at = |text: &str| -> Timestamp { text.parse().unwrap() };
        assert!(digest_time(&digest, at("2026-11-20T09:12:26Z")).is_ok());
        assert!(digest_time(&digest, at("2026-11-21T09:12:25Z")).is_ok());
        assert_eq!(digest_time(&digest, at("2026-11-21T09:12:26Z")).unwrap_err().code.as_str(), "digest-expired");
        assert_eq!(digest_time(&digest, at("2026-11-20T09:12:25Z")).unwrap_err().code.as_str(), "digest-from-future");
        assert_eq!(digest_time("hello", at("2026-11-20T09:12:25Z")).unwrap_err().code.as_str(), "bad-digest");
    }
}
