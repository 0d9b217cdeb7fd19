//! Approvals that somebody records for another run, and the rule that the planner may not approve.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::identity::{account_of, identity};
use super::plan::{APPROVAL_HOURS, SavedSchema, parse_digest};

/// The name of the format.
const NAME: &str = "stagegate.approval";
/// The version of the format. A reader refuses every other one.
const VERSION: &str = "0.1";
/// The longest text of the file.
const MAX_BYTES: usize = 64 * 1024;
/// The longest ARN of AWS.
const MAX_ARN: usize = 2048;
/// The longest reason.
pub const MAX_REASON: usize = 1024;
/// The most environments.
const MAX_ENVIRONMENTS: usize = 64;

/// The approval of a plan that `stagegate approve` records. It is not signed: see SECURITY.md.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordedApproval {
    /// The format.
    pub schema: SavedSchema,
    /// The digest of the approved plan.
    pub digest: String,
    /// The ARN of the approver, as STS returned it, by environment.
    pub approver: BTreeMap<String, String>,
    /// When it was approved, in whole seconds.
    #[schemars(with = "String")]
    pub approved_at: Timestamp,
    /// When the approval expires: 24 hours after the time of the plan.
    #[schemars(with = "String")]
    pub expires_at: Timestamp,
    /// The reason that was given.
    pub reason: Option<String>,
    /// Whether critical findings in a protected environment are approved as well.
    pub findings: bool,
}

impl RecordedApproval {
    /// The approval of the plan with a digest; `None` for a text that is not a digest.
    pub fn new(
        digest: &str,
        approver: BTreeMap<String, String>,
        approved_at: Timestamp,
        reason: Option<String>,
        findings: bool,
    ) -> Option<Self> {
        Some(Self {
            schema: SavedSchema { name: NAME.to_owned(), version: VERSION.to_owned() },
            digest: digest.to_owned(),
            approver,
            approved_at,
            expires_at: expiry(digest)?,
            reason,
            findings,
        })
    }

    /// The text of the file.
    pub fn to_text(&self) -> String {
        serde_json::to_string_pretty(self).map(|text| text + "\n").unwrap_or_default()
    }

    /// Parses the text of the file.
    ///
    /// # Errors
    /// The text is not an approval, is one of another version, is out of bounds, or contradicts itself: the reason.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.len() > MAX_BYTES {
            return Err(format!("it is longer than {} KiB", MAX_BYTES / 1024));
        }
        SavedSchema::require(text, (NAME, VERSION), "an approval")?;
        let approval: Self = serde_json::from_str(text).map_err(|error| format!("it is not complete ({error})"))?;
        approval.check()?;
        Ok(approval)
    }

    fn check(&self) -> Result<(), String> {
        let Some((planned_at, _)) = parse_digest(&self.digest).filter(|_| self.digest.trim() == self.digest) else {
            return Err("what it approves is not a plan digest".to_owned());
        };
        if expiry(&self.digest) != Some(self.expires_at) {
            return Err("it was edited: it does not expire 24 hours after the time of the plan".to_owned());
        }
        if self.approved_at < planned_at {
            return Err("it is older than the plan that it approves".to_owned());
        }
        if self.approver.is_empty() || self.approver.len() > MAX_ENVIRONMENTS {
            return Err("it does not name an approver".to_owned());
        }
        if let Some(arn) = self.approver.values().find(|arn| arn.len() > MAX_ARN || account_of(arn).is_none()) {
            let start: String = arn.chars().take(80).collect();
            return Err(format!("its approver `{start}` is not an ARN that STS returns"));
        }
        if self.reason.as_ref().is_some_and(|reason| reason.chars().count() > MAX_REASON) {
            return Err(format!("its reason has more than {MAX_REASON} characters"));
        }
        if self.findings && self.reason.as_ref().is_none_or(|reason| reason.trim().is_empty()) {
            return Err("it approves critical findings without a reason".to_owned());
        }
        Ok(())
    }
}

fn expiry(digest: &str) -> Option<Timestamp> {
    let (time, _) = parse_digest(digest)?;
    time.checked_add(jiff::Span::new().hours(APPROVAL_HOURS)).ok()
}

/// Why an approval does not count where the planner may not approve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SelfApproval {
    /// The environment with the rule.
    pub environment: String,
    /// The ARN of the planner.
    pub planner: String,
    /// The reason.
    pub reason: String,
}

/// Checks that a plan is not approved by the identity that made it. `planner` and `approver` are ARNs by environment, the
/// planner's only for the environments in which the rule holds.
///
/// # Errors
/// Why the approval does not count.
pub fn require_other(
    planner: &BTreeMap<String, String>,
    approver: &BTreeMap<String, String>,
) -> Result<(), Box<SelfApproval>> {
    for (environment, planned_by) in planner {
        let refused = |reason: String| {
            let (environment, planner) = (environment.clone(), planned_by.clone());
            Err(Box::new(SelfApproval { environment, planner, reason }))
        };
        let Some(approved_by) = approver.get(environment) else {
            return refused(format!("the approval does not say who approved for `{environment}`"));
        };
        let (Some(planning), Some(approving)) = (identity(planned_by), identity(approved_by)) else {
            let unproved = if identity(planned_by).is_none() { planned_by } else { approved_by };
            return refused(format!(
                "STS does not prove who {unproved} is, because callers choose such names themselves"
            ));
        };
        if planning == approving {
            return refused(match planned_by == approved_by {
                true => format!("the plan was made by {planned_by}, which may not approve it in `{environment}`"),
                false => format!(
                    "the plan was made by {planned_by}, and {approved_by} is the same identity, which may not approve it in \
                     `{environment}`"
                ),
            });
        }
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const ALICE: &str = "arn:aws:iam::222222222222:user/alice";
    const BOB: &str = "arn:aws:sts::222222222222:assumed-role/Approvers/bob";

    fn by(arn: &str) -> BTreeMap<String, String> {
        BTreeMap::from([("prod".to_owned(), arn.to_owned())])
    }

    fn recorded() -> RecordedApproval {
        let digest = format!("20261120T091226Z-{}", "a".repeat(64));
        let at = "2026-11-20T10:00:00Z".parse().unwrap();
        RecordedApproval::new(&digest, by(BOB), at, Some("ticket 7".to_owned()), false).unwrap()
    }

    #[test]
    fn an_approval_survives_a_round_trip() {
        let approval = recorded();
        assert_eq!(approval.expires_at.to_string(), "2026-11-21T09:12:26Z");
        assert_eq!(RecordedApproval::parse(&approval.to_text()).unwrap(), approval);
        assert!(RecordedApproval::new("yes", by(BOB), approval.approved_at, None, false).is_none());
    }

    #[test]
    fn what_is_not_an_approval_is_refused_with_the_reason() {
        let good = recorded().to_text();
        let reason = |text: &str| RecordedApproval::parse(text).unwrap_err();
        let edited = |change: fn(&mut RecordedApproval)| {
            let mut approval = recorded();
            change(&mut approval);
            reason(&approval.to_text())
        };
        assert!(reason("").contains("not an approval"));
        assert!(reason("{}").contains("not an approval"));
        assert!(reason(&good[..good.len() / 2]).contains("not an approval"));
        assert!(reason(&good.replacen("stagegate.approval", "stagegate.saved-plan", 1)).contains("saved-plan"));
        assert!(reason(&good.replacen("\"0.1\"", "\"0.9\"", 1)).contains("version 0.9"));
        assert!(reason(&good.replacen("\"findings\"", "\"admin\"", 1)).contains("not complete"));
        assert!(reason(&" ".repeat(MAX_BYTES + 1)).contains("longer"));
        assert!(edited(|one| one.digest = "x".to_owned()).contains("not a plan digest"));
        assert!(edited(|one| one.digest.push(' ')).contains("not a plan digest"));
        assert!(edited(|one| one.expires_at = Timestamp::MAX).contains("does not expire"));
        assert!(edited(|one| one.approved_at = Timestamp::UNIX_EPOCH).contains("older than the plan"));
        assert!(edited(|one| one.approver.clear()).contains("does not name"));
        assert!(edited(|one| one.approver = by("bob")).contains("not an ARN"));
        assert!(edited(|one| one.approver = by(&format!("{BOB}{}", "x".repeat(MAX_ARN)))).contains("not an ARN"));
        assert!(edited(|one| one.reason = Some("x".repeat(MAX_REASON + 1))).contains("characters"));
        assert!(edited(|one| (one.findings, one.reason) = (true, Some(" ".to_owned()))).contains("without a reason"));
    }

    #[test]
    fn the_planner_may_not_approve_and_anybody_else_may() {
        assert_eq!(require_other(&by(ALICE), &by(BOB)), Ok(()));
        assert_eq!(require_other(&BTreeMap::new(), &by(ALICE)), Ok(()));
        let says = |planner: &str, approver: &BTreeMap<String, String>, text: &str| {
            let refused = require_other(&by(planner), approver).unwrap_err();
            assert!(refused.reason.contains(text), "{refused:?}");
        };
        says(ALICE, &by(ALICE), "may not approve it");
        says(BOB, &by("arn:aws:sts::222222222222:assumed-role/Approvers/other"), "the same identity");
        says(ALICE, &BTreeMap::from([("dev".to_owned(), BOB.to_owned())]), "does not say who approved for `prod`");
        says(ALICE, &by("arn:aws:sts::222222222222:federated-user/bob"), "does not prove");
        says("arn:aws:sts::222222222222:federated-user/bob", &by(ALICE), "does not prove");
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(text in "\\PC{0,200}", at in 0usize..600, byte in 0u8..128) {
            let _ = RecordedApproval::parse(&text);
            let mut bytes = recorded().to_text().into_bytes();
            let at = at % bytes.len();
            bytes[at] = byte;
            let _ = RecordedApproval::parse(&String::from_utf8(bytes).unwrap_or_default());
        }
    }
}
