//! The result of a tag audit: its coverage and its violations.

use std::collections::BTreeMap;

use super::resource::ResourceRef;
use crate::domain::diagnostic::Code;
use crate::schema::Registry;

/// One tag violation of a resource.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Violation {
    /// A stable code.
    pub code: Code,
    /// The tag key.
    pub key: Option<String>,
    /// What is wrong, and what is expected.
    pub message: String,
}

/// One audited resource.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditRow {
    /// The environment that it lives in.
    pub environment: String,
    /// Its name.
    pub resource: ResourceRef,
    /// Its ARN, where it is known.
    pub arn: Option<String>,
    /// The violations; empty for a compliant resource.
    pub violations: Vec<Violation>,
}

/// What an audit covered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditCoverage {
    /// Resources audited.
    pub checked: u64,
    /// Types listed, in all environments together.
    pub types_listed: u64,
    /// Types that cannot be listed (without a parent), in all environments together.
    pub unsupported: u64,
    /// Calls that were denied.
    pub denied: u64,
    /// Resources that could not be read.
    pub unreadable: u64,
    /// Resources owned by AWS services.
    pub service_owned: u64,
    /// Resources of types without tags.
    pub untaggable: u64,
}

impl std::ops::AddAssign for AuditCoverage {
    fn add_assign(&mut self, other: Self) {
        let Self { checked, types_listed, unsupported, denied, unreadable, service_owned, untaggable } = other;
        self.checked += checked;
        self.types_listed += types_listed;
        self.unsupported += unsupported;
        self.denied += denied;
        self.unreadable += unreadable;
        self.service_owned += service_owned;
        self.untaggable += untaggable;
    }
}

/// Something that should have been audited and could not be read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Gap {
    /// The environment.
    pub environment: String,
    /// A type, or a type and an identifier.
    pub subject: String,
    /// Why.
    pub reason: String,
}

/// An audit of one or more environments.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AuditReport {
    /// Rows, sorted by environment, type and identifier.
    pub rows: Vec<AuditRow>,
    /// The coverage.
    pub coverage: AuditCoverage,
    /// What could not be read, sorted.
    pub gaps: Vec<Gap>,
}

impl AuditReport {
    /// Violations by code, and `compliant` resources.
    pub fn summary(&self) -> BTreeMap<String, u64> {
        let mut summary = BTreeMap::from([("compliant".to_owned(), 0)]);
        for row in &self.rows {
            if row.violations.is_empty() {
                *summary.entry("compliant".to_owned()).or_default() += 1;
            }
            for violation in &row.violations {
                *summary.entry(violation.code.as_str().to_owned()).or_default() += 1;
            }
        }
        summary
    }

    /// Resources with at least one violation.
    pub fn violating(&self) -> usize {
        self.rows.iter().filter(|row| !row.violations.is_empty()).count()
    }
}

/// True for resources that an AWS service owns in the account: users cannot tag them.
pub fn is_service_owned(resource: &ResourceRef, arn: Option<&str>) -> bool {
    Registry::get(&resource.type_name).is_some_and(|schema| schema.is_service_owned(&resource.identifier, arn))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn service_linked_roles_are_service_owned() {
        let role = ResourceRef::new("AWS::IAM::Role", "AWSServiceRoleForRDS");
        assert!(is_service_owned(&role, None));
        assert!(!is_service_owned(
            &ResourceRef::new("AWS::IAM::Role", "app"),
            Some("arn:aws:iam::111111111111:role/app")
        ));
    }
}
