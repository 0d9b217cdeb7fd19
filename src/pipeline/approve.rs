//! Approve: by the rules alone, by a digest, or by a person at the terminal.

use jiff::Timestamp;

use super::gate::GatedPlan;
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::plan::{APPROVAL_HOURS, Plan, parse_digest};
use crate::pipeline::gate::rules::ApprovalKind;

/// A plan that may be sent. Made by the functions of this module alone.
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

/// How findings that are critical in a protected environment were approved: apart from the rest.
#[derive(Debug, Clone, Copy)]
pub struct FindingsApproval<'a> {
    /// The digest that it names.
    pub digest: &'a str,
    /// Why the findings are accepted.
    pub reason: &'a str,
}

/// A plan that needs no approval.
///
/// # Errors
/// Gives the plan back when it needs one, or is blocked.
pub fn automatic(gated: GatedPlan) -> Result<ApprovedPlan, Box<GatedPlan>> {
    if gated.verdict().blocks.is_empty() && gated.approvals().is_empty() {
        return Ok(ApprovedPlan { plan: gated.into_plan() });
    }
    Err(Box::new(gated))
}

/// A plan that a person has seen and confirmed at the terminal.
///
/// # Errors
/// The plan is blocked, or has critical findings that no prompt covers.
pub fn by_person(gated: GatedPlan) -> Result<ApprovedPlan, Box<GatedPlan>> {
    let apart = gated.approvals().iter().any(|requirement| requirement.kind == ApprovalKind::CriticalFindings);
    if gated.verdict().blocks.is_empty() && !apart {
        return Ok(ApprovedPlan { plan: gated.into_plan() });
    }
    Err(Box::new(gated))
}

/// The time that a digest's plan was made as of, if an approval by it can still hold.
///
/// # Errors
/// Not a digest, older than 24 hours, or from the future.
pub fn digest_time(digest: &str, now: Timestamp) -> Result<Timestamp, Diagnostic> {
    let Some((time, _)) = parse_digest(digest) else {
        return Err(Diagnostic::error(Code::BadDigest, format!("`{digest}` is not a plan digest"))
            .hint("a digest looks like 20261120T091226Z-… and is printed with every plan that needs an approval"));
    };
    if time > now {
        return Err(Diagnostic::error(
            Code::DigestFromFuture,
            format!("the plan `{digest}` is dated in the future ({time})"),
        )
        .hint("check this machine's clock, then make the plan again"));
    }
    let age = now.duration_since(time).as_hours();
    if age >= APPROVAL_HOURS {
        return Err(Diagnostic::error(
            Code::DigestExpired,
            format!("the plan of {time} is {age} hours old; approvals hold for {APPROVAL_HOURS} hours"),
        )
        .hint("run the command again without --approve to see the plan as it is now"));
    }
    Ok(time)
}

/// A plan that an approval names by its digest.
///
/// # Errors
/// Gives the plan back when the digest is another plan's, when it is blocked, or when critical
/// findings are not approved apart.
pub fn by_digest(
    gated: GatedPlan,
    digest: &str,
    findings: Option<FindingsApproval<'_>>,
) -> Result<ApprovedPlan, Box<GatedPlan>> {
    let named = gated.plan().digest() == digest.trim();
    let apart = gated.approvals().iter().any(|requirement| requirement.kind == ApprovalKind::CriticalFindings);
    let findings_named = findings
        .is_some_and(|approval| approval.digest.trim() == gated.plan().digest() && !approval.reason.trim().is_empty());
    if named && gated.verdict().blocks.is_empty() && (!apart || findings_named) {
        return Ok(ApprovedPlan { plan: gated.into_plan() });
    }
    Err(Box::new(gated))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn an_approval_holds_for_a_day_and_not_from_tomorrow() {
        let digest = format!("20261120T091226Z-{}", "a".repeat(64));
        let at = |text: &str| -> Timestamp { text.parse().unwrap() };
        assert!(digest_time(&digest, at("2026-11-20T09:12:26Z")).is_ok());
        assert!(digest_time(&digest, at("2026-11-21T09:12:25Z")).is_ok());
        assert_eq!(digest_time(&digest, at("2026-11-21T09:12:26Z")).unwrap_err().code.as_str(), "digest-expired");
        assert_eq!(digest_time(&digest, at("2026-11-20T09:12:25Z")).unwrap_err().code.as_str(), "digest-from-future");
        assert_eq!(digest_time("hello", at("2026-11-20T09:12:25Z")).unwrap_err().code.as_str(), "bad-digest");
    }
}
