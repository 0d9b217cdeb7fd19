//! Tag rules: which tags a resource must carry, and whether the promotion tags fit each other.

use std::collections::{BTreeMap, BTreeSet};

use super::environment::{Environment, Project, TagPreset};
use super::resource::ResourceRef;
use super::tags::{self, PromotionStatus, Tags};
use crate::schema::Registry;

/// One thing wrong with a resource's tags.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Violation {
    /// A stable code.
    pub code: &'static str,
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
                *summary.entry(violation.code.to_owned()).or_default() += 1;
            }
        }
        summary
    }

    /// Resources with at least one violation.
    pub fn violating(&self) -> usize {
        self.rows.iter().filter(|row| !row.violations.is_empty()).count()
    }
}

/// The keys that a project's preset asks of every resource.
pub fn required_keys(project: &Project) -> BTreeSet<String> {
    let preset: &[&str] = match project.tags.preset {
        TagPreset::Standard => &[
            tags::MANAGED_BY,
            tags::ENVIRONMENT,
            tags::PROJECT,
            tags::COST_CENTER,
            tags::CREATED_BY,
            tags::CREATED_DATE,
            tags::PURPOSE,
        ],
        TagPreset::Ccapi => &[
            tags::MANAGED_BY,
            "MCP_SERVER_SOURCE_CODE",
            "MCP_SERVER_VERSION",
            tags::ENVIRONMENT,
            tags::PROJECT,
            tags::COST_CENTER,
            tags::CREATED_BY,
            tags::CREATED_DATE,
        ],
    };
    preset.iter().map(|key| (*key).to_owned()).chain(project.tags.required.keys().cloned()).collect()
}

/// Judges one resource's tags by the project's rules.
pub fn judge(project: &Project, environment: &Environment, found: &Tags) -> Vec<Violation> {
    let own: Tags =
        found.iter().filter(|(key, _)| !key.starts_with("aws:")).map(|(k, v)| (k.clone(), v.clone())).collect();
    if own.is_empty() {
        return vec![Violation { code: "untagged", key: None, message: "has no tags at all".into() }];
    }
    let mut violations = Vec::new();
    let mut add = |code: &'static str, key: &str, message: String| {
        violations.push(Violation { code, key: Some(key.to_owned()), message });
    };
    for key in required_keys(project) {
        match own.get(&key) {
            None => add("missing-tag", &key, format!("`{key}` is missing{}", near_miss(&own, &key))),
            Some(value) if value.trim().is_empty() => add("empty-tag", &key, format!("`{key}` is empty")),
            Some(_) => {}
        }
    }
    for (key, allowed) in &project.tags.required {
        if let Some(value) = own.get(key)
            && !allowed.is_empty()
            && !allowed.contains(value)
        {
            add("value-not-allowed", key, format!("`{key}` is `{value}`; allowed: {}", allowed.join(", ")));
        }
    }
    let exact = |key: &str, wanted: &str, code: &'static str, what: &str| {
        let value = own.get(key)?;
        (value != wanted).then(|| (code, key.to_owned(), format!("`{key}` is `{value}`; {what} is `{wanted}`")))
    };
    let manager = match project.tags.preset {
        TagPreset::Standard => tags::MANAGER,
        TagPreset::Ccapi => tags::CCAPI_MANAGER,
    };
    let checks = [
        exact(tags::MANAGED_BY, manager, "wrong-manager", "the preset's value"),
        exact(tags::ENVIRONMENT, &environment.tag_value, "wrong-environment", "this account's environment"),
    ];
    for (code, key, message) in checks.into_iter().flatten() {
        add(code, &key, message);
    }
    if let Some(date) = own.get(tags::CREATED_DATE)
        && date.parse::<jiff::civil::Date>().is_err()
    {
        add(
            "bad-format",
            tags::CREATED_DATE,
            format!("`{}` is `{date}`; expected a date as YYYY-MM-DD", tags::CREATED_DATE),
        );
    }
    if let Some(PromotionStatus::Other(status)) = PromotionStatus::of(&own) {
        add(
            "bad-format",
            tags::PROMOTION_STATUS,
            format!("`{}` is `{status}`; expected dev-only, pending-prod or synced", tags::PROMOTION_STATUS),
        );
    }
    violations.sort();
    violations
}

/// `CostCentre` or `costcenter` beside a missing `CostCenter` is worth a word.
fn near_miss(own: &Tags, key: &str) -> String {
    let close = own.keys().find(|other| {
        other.eq_ignore_ascii_case(key) || strsim::damerau_levenshtein(&other.to_lowercase(), &key.to_lowercase()) <= 2
    });
    close.map(|other| format!(" (there is `{other}`)")).unwrap_or_default()
}

/// True for what AWS itself owns in an account: nobody can be asked to tag it.
pub fn is_service_owned(resource: &ResourceRef, arn: Option<&str>) -> bool {
    Registry::get(&resource.type_name).is_some_and(|schema| schema.is_service_owned(&resource.identifier, arn))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn project() -> Project {
        Project::sandbox()
    }

    fn good() -> Tags {
        [
            ("MANAGED_BY", "stagegate"),
            ("Environment", "development"),
            ("Project", "sandbox"),
            ("CostCenter", "Engineering"),
            ("CreatedBy", "me"),
            ("CreatedDate", "2026-11-20"),
            ("Purpose", "x"),
        ]
        .map(|(k, v)| (k.to_owned(), v.to_owned()))
        .into()
    }

    fn codes(change: impl Fn(&mut Tags)) -> Vec<&'static str> {
        let project = project();
        let mut tags = good();
        change(&mut tags);
        let environment = project.environment("dev").unwrap();
        judge(&project, environment, &tags).into_iter().map(|v| v.code).collect()
    }

    #[test]
    fn good_tags_pass_and_each_fault_is_named() {
        assert!(codes(|_| {}).is_empty());
        assert_eq!(codes(Tags::clear), ["untagged"]);
        assert_eq!(codes(|t| drop(t.remove("CostCenter"))), ["missing-tag"]);
        assert_eq!(codes(|t| drop(t.insert("Purpose".into(), " ".into()))), ["empty-tag"]);
        assert_eq!(codes(|t| drop(t.insert("CreatedDate".into(), "20.11.2026".into()))), ["bad-format"]);
        assert_eq!(codes(|t| drop(t.insert("Environment".into(), "production".into()))), ["wrong-environment"]);
        assert_eq!(codes(|t| drop(t.insert("MANAGED_BY".into(), "hand".into()))), ["wrong-manager"]);
        assert_eq!(codes(|t| drop(t.insert("PromotionStatus".into(), "done".into()))), ["bad-format"]);
    }

    #[test]
    fn values_outside_the_allowed_ones_are_named() {
        let mut project = project();
        project.tags.required.insert("CostCenter".into(), vec!["Data".into()]);
        let found = judge(&project, project.environment("dev").unwrap(), &good());
        assert_eq!(found.iter().map(|v| v.code).collect::<Vec<_>>(), ["value-not-allowed"]);
    }

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
