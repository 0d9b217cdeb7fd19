//! An audit of tags: what was looked at, and what is wrong.

use std::collections::BTreeMap;

use super::resource::ResourceRef;
use crate::domain::diagnostic::Code;
use crate::schema::Registry;

/// One thing wrong with a resource's tags.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Violation {
    /// A stable code.
    pub code: Code,
    /// The key concerned.
    pub key: Option<String>,
    /// What is wrong, and what is expected.
    pub message: String,
}

/// One judged resource.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditRow {
    /// The environment that it lives in.
    pub environment: String,
    /// Its name.
    pub resource: ResourceRef,
    /// Its ARN, where it is known.
    pub arn: Option<String>,
    /// What is wrong; empty for a compliant resource.
    pub violations: Vec<Violation>,
}

/// What an audit looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditCoverage {
    /// Resources judged.
    pub checked: u64,
    /// Types listed, in all environments together.
    pub types_listed: u64,
    /// Types that cannot be listed (without a parent), in all environments together.
    pub unsupported: u64,
    /// Calls that the caller may not make.
    pub denied: u64,
    /// Resources that could not be read.
    pub unreadable: u64,
    /// AWS's own resources.
    pub service_owned: u64,
    /// Resources of types without tags.
    pub untaggable: u64,
}

/// Something that could not be looked at, though it should have been.
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
    /// What was looked at.
    pub coverage: AuditCoverage,
    /// What could not be, sorted.
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

/// True for what AWS itself owns in an account: nobody can be asked to tag it.
pub fn is_service_owned(resource: &ResourceRef, arn: Option<&str>) -> bool {
    Registry::get(&resource.type_name).is_some_and(|schema| schema.is_service_owned(&resource.identifier, arn))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn service_linked_roles_are_nobodys() {
        let role = ResourceRef::new("AWS::IAM::Role", "AWSServiceRoleForRDS");
        assert!(is_service_owned(&role, None));
        assert!(!is_service_owned(
            &ResourceRef::new("AWS::IAM::Role", "app"),
            Some("arn:aws:iam::111111111111:role/app")
        ));
    }
}
