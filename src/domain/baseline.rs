//! A tag audit compared with an earlier one.

use std::collections::BTreeSet;

use super::audit::{AuditReport, AuditRow, Violation};
use super::resource::ResourceRef;

/// A violation of an earlier audit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct EarlierViolation {
    /// The environment.
    pub environment: String,
    /// The Region, if it is not the one that commands work in: another Region may have a resource of the same name.
    pub region: Option<String>,
    /// The resource.
    pub resource: ResourceRef,
    /// The code, which a later version may not know.
    pub code: String,
    /// The tag key.
    pub key: Option<String>,
}

impl EarlierViolation {
    fn of(row: &AuditRow, violation: &Violation) -> Self {
        Self {
            environment: row.environment.clone(),
            region: row.region.clone(),
            resource: row.resource.clone(),
            code: violation.code.as_str().to_owned(),
            key: violation.key.clone(),
        }
    }
}

/// The violations of an earlier audit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Baseline {
    /// The violations.
    pub violations: BTreeSet<EarlierViolation>,
    /// Names and accounts of the environments that were audited.
    pub environments: Vec<(String, String)>,
}

/// What has changed since an earlier audit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaselineComparison {
    earlier: BTreeSet<EarlierViolation>,
    /// Violations that the earlier audit does not have.
    pub new: u64,
    /// Violations of both.
    pub unchanged: u64,
    /// Violations of the earlier audit that do not exist any more.
    pub fixed: Vec<EarlierViolation>,
    /// Violations of the earlier audit that this one does not check, or of resources that it could not read.
    pub not_checked: Vec<EarlierViolation>,
}

impl BaselineComparison {
    /// Compares an audit with an earlier one. `is_checked` says whether the audit would find a violation if it still existed.
    pub fn new(baseline: Baseline, report: &AuditReport, is_checked: impl Fn(&EarlierViolation) -> bool) -> Self {
        let earlier = baseline.violations;
        let now: BTreeSet<EarlierViolation> = report
            .rows
            .iter()
            .flat_map(|row| row.violations.iter().map(|violation| EarlierViolation::of(row, violation)))
            .collect();
        let gone = earlier.difference(&now).cloned();
        let (fixed, not_checked) = gone.partition(|violation| is_checked(violation));
        let unchanged = earlier.intersection(&now).count() as u64;
        let new = now.len() as u64 - unchanged;
        Self { earlier, new, unchanged, fixed, not_checked }
    }

    /// True for a violation that the earlier audit does not have.
    pub fn is_new(&self, row: &AuditRow, violation: &Violation) -> bool {
        !self.earlier.contains(&EarlierViolation::of(row, violation))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::diagnostic::Code;

    fn row(id: &str, violations: Vec<Violation>) -> AuditRow {
        AuditRow {
            environment: "dev".to_owned(),
            resource: ResourceRef::new("AWS::SQS::Queue", id),
            arn: None,
            violations,
            remedy: None,
            region: None,
        }
    }

    fn earlier(id: &str, code: Code, key: Option<&str>) -> EarlierViolation {
        EarlierViolation::of(&row(id, Vec::new()), &Violation::new(code, key, String::new()))
    }

    #[test]
    fn violations_are_compared_by_resource_code_and_key() {
        let missing = |key: &str, message: &str| Violation::new(Code::MissingTag, Some(key), message.to_owned());
        let report = AuditReport {
            rows: vec![
                row("a", vec![missing("CostCenter", "another text"), missing("Purpose", "new")]),
                row("b", vec![Violation::new(Code::Untagged, None, String::new())]),
            ],
            ..AuditReport::default()
        };
        let baseline = Baseline {
            violations: BTreeSet::from([
                earlier("a", Code::MissingTag, Some("CostCenter")),
                earlier("gone", Code::Untagged, None),
                earlier("hidden", Code::Untagged, None),
            ]),
            environments: Vec::new(),
        };
        let compared = BaselineComparison::new(baseline, &report, |one| one.resource.identifier != "hidden");
        assert_eq!((compared.new, compared.unchanged), (2, 1));
        assert_eq!(compared.fixed, [earlier("gone", Code::Untagged, None)]);
        assert_eq!(compared.not_checked, [earlier("hidden", Code::Untagged, None)]);
        let found = row("a", Vec::new());
        assert!(!compared.is_new(&found, &missing("CostCenter", "")));
        assert!(compared.is_new(&found, &missing("Purpose", "")));
        let of_prod = AuditRow { environment: "prod".to_owned(), ..found.clone() };
        assert!(compared.is_new(&of_prod, &missing("CostCenter", "")));
        let elsewhere = AuditRow { region: Some("us-west-2".to_owned()), ..found };
        assert!(compared.is_new(&elsewhere, &missing("CostCenter", "")));
    }
}
