//! The result of a scan: findings, checks that could not be decided, and the status of each engine.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::diagnostic::Location;

/// The name under which the built-in policy engine reports.
pub const BUILTIN_ENGINE: &str = "builtin";

/// The name under which faults of a template are reported, whichever engines run.
pub const TEMPLATE_ENGINE: &str = "template";

/// The severity of a finding. Ordered: `Critical` is the greatest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; a safe default applies.
    Info,
    /// A weakness without a direct way to exploit it.
    Low,
    /// A weakness that is exploitable only together with another one.
    Medium,
    /// Data, money or access is at risk.
    High,
    /// Public access, or a secret in plain text.
    Critical,
}

impl Severity {
    /// All severities, the most severe first.
    pub const ALL: [Severity; 5] =
        [Severity::Critical, Severity::High, Severity::Medium, Severity::Low, Severity::Info];

    /// The lower-case name, as written in files, flags and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Low => "low",
            Severity::Medium => "medium",
            Severity::High => "high",
            Severity::Critical => "critical",
        }
    }
}

impl std::fmt::Display for Severity {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.pad(self.as_str())
    }
}

/// A severity name that does not exist.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a severity; use critical, high, medium, low or info")]
pub struct UnknownSeverity(pub String);

impl std::str::FromStr for Severity {
    type Err = UnknownSeverity;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Severity::ALL
            .into_iter()
            .find(|severity| text.eq_ignore_ascii_case(severity.as_str()))
            .ok_or_else(|| UnknownSeverity(text.to_owned()))
    }
}

/// The resource that a finding is about. A template's resource has a file and a logical id, a
/// live one has an identifier; a planned one may have all three.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FindingResource {
    /// The file as the user named it.
    pub file: Option<String>,
    /// The template's key for the resource.
    pub logical_id: Option<String>,
    /// Cloud Control's primary identifier.
    pub identifier: Option<String>,
    /// CloudFormation type name.
    pub type_name: String,
}

impl FindingResource {
    /// The display name: the logical id, else the identifier, else the type.
    pub fn name(&self) -> &str {
        let named = self.logical_id.as_deref().or(self.identifier.as_deref());
        named.filter(|name| !name.is_empty()).unwrap_or(&self.type_name)
    }
}

impl std::fmt::Display for FindingResource {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.identifier.as_ref().or(self.logical_id.as_ref()) {
            Some(name) => write!(formatter, "{} {name}", self.type_name),
            None => formatter.write_str(&self.type_name),
        }
    }
}

/// A recorded decision to accept a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiver {
    /// Who is responsible for it; inline suppressions have no owner.
    pub owner: Option<String>,
    /// Why the finding is accepted.
    pub reason: String,
    /// The last day on which the waiver holds; inline suppressions never expire.
    pub expires: Option<Date>,
    /// Where the decision is written: the waiver file, or the metadata key.
    pub source: String,
}

/// An equivalent check of another engine that reports the same problem on the same resource.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct EquivalentCheck {
    /// The engine.
    pub engine: String,
    /// The check's id there.
    pub id: String,
    /// Its message.
    pub message: String,
}

/// One broken rule on one resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The check's stable id, such as `s3-block-public-access`.
    pub id: String,
    /// Its severity.
    pub severity: Severity,
    /// The engine that found it: `builtin`, `checkov`, `cfn-guard`.
    pub engine: String,
    /// The resource concerned.
    pub resource: FindingResource,
    /// JSON pointer into the resource's properties.
    pub pointer: Option<String>,
    /// Further pointers with the same cause, which one fix corrects.
    pub other_pointers: Vec<String>,
    /// Where in the user's file.
    pub location: Option<Location>,
    /// What is wrong, in one sentence without a final period.
    pub message: String,
    /// What to change.
    pub fix: Option<String>,
    /// Ids of equivalent checks elsewhere, by catalog (`checkov`, `security_hub`, …).
    pub equivalents: BTreeMap<String, Vec<String>>,
    /// The checks of other engines that reported the same problem, sorted.
    pub also: Vec<EquivalentCheck>,
    /// Set when the finding is waived.
    pub waiver: Option<Waiver>,
}

impl Finding {
    /// True when waivers of the ids for which `is_waived` holds cover this finding. A waiver
    /// of another scanner's check covers the finding; but where that scanner found several
    /// things, or Checkov has several checks for what was found, all of them must be waived, or
    /// one finding would hide another.
    pub fn is_covered(&self, is_waived: impl Fn(&str) -> bool) -> bool {
        let is_builtin = self.engine == BUILTIN_ENGINE;
        let subject = is_builtin && is_waived(&self.id);
        if subject || self.equivalents.get(BUILTIN_ENGINE).is_some_and(|ids| ids.iter().any(|id| is_waived(id))) {
            return true;
        }
        let own = Some(self.id.as_str()).filter(|_| !is_builtin);
        let mut checks = own.into_iter().chain(self.also.iter().map(|check| check.id.as_str())).peekable();
        match checks.peek() {
            Some(_) => checks.all(is_waived),
            // Other catalogs have several names for one rule, Checkov has several rules.
            None => self.equivalents.iter().any(|(catalog, ids)| match catalog.as_str() {
                "checkov" => !ids.is_empty() && ids.iter().all(|id| is_waived(id)),
                _ => ids.iter().any(|id| is_waived(id)),
            }),
        }
    }

    /// The ids that a waiver must name to cover this finding completely: the policy where there is one.
    pub fn ids_to_waive(&self) -> String {
        match self.equivalents.get(BUILTIN_ENGINE).and_then(|ids| ids.first()) {
            Some(policy) => policy.clone(),
            None if self.engine == BUILTIN_ENGINE => self.id.clone(),
            None => {
                let ids = self.also.iter().map(|check| check.id.as_str());
                std::iter::once(self.id.as_str()).chain(ids).collect::<Vec<_>>().join(", ")
            }
        }
    }

    /// Every id of this finding: its own, those of the checks of other engines that
    /// reported the same problem, and those of equivalent checks elsewhere.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        let own = std::iter::once(self.id.as_str());
        let also = self.also.iter().map(|check| check.id.as_str());
        own.chain(also).chain(self.equivalents.values().flatten().map(String::as_str))
    }

    /// All pointers of this finding.
    pub fn pointers(&self) -> impl Iterator<Item = &str> {
        self.pointer.iter().chain(&self.other_pointers).map(String::as_str)
    }

    fn sort_key(&self) -> impl Ord + '_ {
        (Reverse(self.severity), &self.id, &self.resource, &self.pointer, &self.message, &self.engine)
    }
}

/// A check that could not be decided, because a value it reads is not known before apply.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnknownCheck {
    /// The check's id.
    pub id: String,
    /// The resource concerned.
    pub resource: FindingResource,
    /// JSON pointer to the value that is not known.
    pub pointer: Option<String>,
    /// Why the check could not be decided.
    pub reason: String,
}

/// A failure of an engine.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct EngineFailure {
    /// The check that failed to run; `None` when the whole engine did.
    pub check: Option<String>,
    /// The resource it ran on.
    pub resource: Option<FindingResource>,
    /// What happened, and what to do about it.
    pub message: String,
    /// The place in the policy's source.
    pub location: Option<Location>,
}

/// The status of one engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineStatus {
    /// `builtin`, `checkov` or `cfn-guard`.
    pub name: String,
    /// The engine's own version; `None` where it could not be determined.
    pub version: Option<String>,
    /// Its failures; empty when every check completed.
    pub failures: Vec<EngineFailure>,
}

impl EngineStatus {
    /// True when every check of the engine completed.
    pub fn succeeded(&self) -> bool {
        self.failures.is_empty()
    }
}

/// The verdict of a scan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Every engine ran, and nothing at or above the threshold is unwaived.
    Pass,
    /// Something at or above the threshold was found, or an engine failed.
    Fail,
}

/// The number of findings of each severity; waived ones are counted separately.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ScanSummary {
    /// Unwaived critical findings.
    pub critical: usize,
    /// Unwaived high findings.
    pub high: usize,
    /// Unwaived medium findings.
    pub medium: usize,
    /// Unwaived low findings.
    pub low: usize,
    /// Unwaived informational findings.
    pub info: usize,
    /// Findings of any severity that a waiver covers.
    pub waived: usize,
}

/// The complete result of a scan.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScanReport {
    /// The number of resources scanned, those without an applicable check included.
    pub resources_scanned: usize,
    /// The number of (check, resource) pairs evaluated.
    pub checks_evaluated: usize,
    /// The status of each engine.
    pub engines: Vec<EngineStatus>,
    /// The findings, the most severe first; see [`ScanReport::sort`].
    pub findings: Vec<Finding>,
    /// The checks that could not be decided.
    pub unknown: Vec<UnknownCheck>,
}

impl ScanReport {
    /// Sorts findings and undecided checks by severity, id, resource and pointer.
    pub fn sort(&mut self) {
        self.findings.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
        self.unknown.sort();
        self.unknown.dedup();
        for engine in &mut self.engines {
            engine.failures.sort();
            engine.failures.dedup();
        }
        self.findings.iter_mut().for_each(|finding| finding.also.sort());
    }

    /// The unwaived findings that are at least as severe as `threshold`.
    pub fn at_or_above(&self, threshold: Severity) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(move |finding| finding.waiver.is_none() && finding.severity >= threshold)
    }

    /// True when an engine failed, or none ran: the scan is then inconclusive.
    pub fn engine_failed(&self) -> bool {
        self.engines.is_empty() || self.engines.iter().any(|engine| !engine.succeeded())
    }

    /// Counts the findings.
    pub fn summary(&self) -> ScanSummary {
        let mut summary = ScanSummary::default();
        for finding in &self.findings {
            let count = match finding.severity {
                _ if finding.waiver.is_some() => &mut summary.waived,
                Severity::Critical => &mut summary.critical,
                Severity::High => &mut summary.high,
                Severity::Medium => &mut summary.medium,
                Severity::Low => &mut summary.low,
                Severity::Info => &mut summary.info,
            };
            *count += 1;
        }
        summary
    }

    /// Passes only when every engine ran and nothing unwaived reaches `fail_on`.
    pub fn verdict(&self, fail_on: Severity) -> Verdict {
        if self.engine_failed() || self.at_or_above(fail_on).next().is_some() { Verdict::Fail } else { Verdict::Pass }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    fn finding(id: &str, severity: Severity) -> Finding {
        Finding {
            id: id.into(),
            severity,
            engine: "builtin".into(),
            resource: FindingResource::default(),
            pointer: None,
            other_pointers: Vec::new(),
            location: None,
            message: String::new(),
            fix: None,
            equivalents: BTreeMap::new(),
            also: Vec::new(),
            waiver: None,
        }
    }

    fn report(findings: Vec<Finding>) -> ScanReport {
        ScanReport {
            engines: vec![EngineStatus { name: "builtin".into(), version: Some("1".into()), failures: Vec::new() }],
            findings,
            ..ScanReport::default()
        }
    }

    fn waiver() -> Waiver {
        Waiver { owner: None, reason: "r".into(), expires: None, source: "s".into() }
    }

    #[test]
    fn severities_parse_print_and_order() {
        for severity in Severity::ALL {
            assert_eq!(severity.to_string().parse(), Ok(severity));
        }
        assert!(Severity::Critical > Severity::High && Severity::Low > Severity::Info);
        assert_eq!("HIGH".parse(), Ok(Severity::High));
        assert!("severe".parse::<Severity>().is_err());
    }

    #[test]
    fn the_threshold_is_inclusive() {
        let report = report(vec![finding("a", Severity::Medium)]);
        assert_eq!(report.verdict(Severity::Medium), Verdict::Fail);
        assert_eq!(report.verdict(Severity::High), Verdict::Pass);
    }

    #[test]
    fn a_failed_or_missing_engine_is_never_a_pass() {
        let mut failed = report(Vec::new());
        assert_eq!(failed.verdict(Severity::Critical), Verdict::Pass);
        failed.engines[0].failures.push(EngineFailure {
            check: None,
            resource: None,
            message: "m".into(),
            location: None,
        });
        assert_eq!(failed.verdict(Severity::Critical), Verdict::Fail);
        assert_eq!(ScanReport::default().verdict(Severity::Critical), Verdict::Fail);
    }

    #[test]
    fn waived_findings_are_counted_separately_and_do_not_fail() {
        let mut waived = finding("a", Severity::Critical);
        waived.waiver = Some(waiver());
        let report = report(vec![waived, finding("b", Severity::Low)]);
        assert_eq!(report.verdict(Severity::High), Verdict::Pass);
        let expected = ScanSummary { low: 1, waived: 1, ..ScanSummary::default() };
        assert_eq!(report.summary(), expected);
    }

    #[test]
    fn a_waiver_covers_a_finding_only_when_it_hides_no_other() {
        let equivalent = |id: &str| EquivalentCheck { engine: "checkov".into(), id: id.into(), message: String::new() };
        let mut found = finding("a", Severity::High);
        found.equivalents.insert("checkov".into(), vec!["C1".into(), "C2".into()]);
        found.equivalents.insert("guard_registry".into(), vec!["G1".into(), "G2".into()]);
        assert!(found.is_covered(|id| id == "a") && found.is_covered(|id| id == "G2"));
        assert!(!found.is_covered(|id| id == "C2") && found.is_covered(|id| id.starts_with('C')));
        assert!(!found.is_covered(|id| id == "b"));
        found.also = vec![equivalent("C1")];
        assert!(found.is_covered(|id| id == "C1") && !found.is_covered(|id| id == "C2"));
        found.also.push(equivalent("C2"));
        assert!(!found.is_covered(|id| id == "C1") && found.is_covered(|id| id.starts_with('C')));
        assert!(found.is_covered(|id| id == "a"), "the built-in check stands for the whole subject");
        let mut foreign = Finding { id: "C1".into(), engine: "checkov".into(), also: vec![equivalent("C2")], ..found };
        foreign.equivalents.insert("builtin".into(), vec!["a".into()]);
        assert!(foreign.is_covered(|id| id == "a"));
        assert!(!foreign.is_covered(|id| id == "C1") && foreign.is_covered(|id| id.starts_with('C')));
    }

    #[test]
    fn the_most_severe_finding_comes_first() {
        let mut report =
            report(vec![finding("b", Severity::Low), finding("c", Severity::High), finding("a", Severity::High)]);
        report.sort();
        let ids: Vec<&str> = report.findings.iter().map(|f| f.id.as_str()).collect();
        assert_eq!(ids, ["a", "c", "b"]);
    }
}
