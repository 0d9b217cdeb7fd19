//! Tag rules: required tags, and the allowed values.

use std::collections::BTreeSet;

use crate::domain::audit::{self, Violation};
use crate::domain::diagnostic::Code;
use crate::domain::project::{Environment, Project, TagPreset};
use crate::domain::tags::{self, PromotionStatus, Tags};

/// The keys that a project's preset requires on every resource.
pub(super) fn required_keys(project: &Project) -> BTreeSet<String> {
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

/// Checks one resource's tags against the project's rules.
pub fn judge(project: &Project, environment: &Environment, found: &Tags) -> Vec<Violation> {
    let own: Tags =
        found.iter().filter(|(key, _)| !key.starts_with("aws:")).map(|(k, v)| (k.clone(), v.clone())).collect();
    if own.is_empty() {
        return vec![Violation::new(Code::Untagged, None, "the resource has no tags".into())];
    }
    let mut violations = Vec::new();
    let mut add = |code: Code, key: &str, message: String| {
        violations.push(Violation::new(code, Some(key), message));
    };
    // An empty value is reported once, not also as a wrong one.
    let mut filled = own.clone();
    for key in required_keys(project) {
        match own.get(&key) {
            None => add(Code::MissingTag, &key, format!("`{key}` is missing{}", near_miss(&own, &key))),
            Some(value) if value.trim().is_empty() => {
                add(Code::EmptyTag, &key, format!("`{key}` is empty"));
                filled.remove(&key);
            }
            Some(_) => {}
        }
    }
    for (key, allowed) in &project.tags.required {
        if let Some(value) = filled.get(key)
            && !allowed.is_empty()
            && !allowed.contains(value)
        {
            add(Code::ValueNotAllowed, key, format!("`{key}` is `{value}`; allowed: {}", allowed.join(", ")));
        }
    }
    let exact = |key: &str, wanted: &str, code: Code, what: &str| {
        let value = filled.get(key)?;
        (value != wanted).then(|| (code, key.to_owned(), format!("`{key}` is `{value}`; {what} is `{wanted}`")))
    };
    let checks = [
        exact(tags::MANAGED_BY, manager(project), Code::WrongManager, "the preset's value"),
        exact(tags::ENVIRONMENT, &environment.tag_value, Code::WrongEnvironment, "this account's environment"),
    ];
    for (code, key, message) in checks.into_iter().flatten() {
        add(code, &key, message);
    }
    if let Some(date) = filled.get(tags::CREATED_DATE)
        && date.parse::<jiff::civil::Date>().is_err()
    {
        add(
            Code::BadFormat,
            tags::CREATED_DATE,
            format!("`{}` is `{date}`; expected a date as YYYY-MM-DD", tags::CREATED_DATE),
        );
    }
    if let Some(PromotionStatus::Other(status)) = PromotionStatus::of(&own) {
        add(
            Code::BadFormat,
            tags::PROMOTION_STATUS,
            format!("`{}` is `{status}`; expected dev-only, pending-prod or synced", tags::PROMOTION_STATUS),
        );
    }
    audit::sort(&mut violations);
    violations
}

/// The value of `MANAGED_BY` in the project's preset.
pub(super) fn manager(project: &Project) -> &'static str {
    match project.tags.preset {
        TagPreset::Standard => tags::MANAGER,
        TagPreset::Ccapi => tags::CCAPI_MANAGER,
    }
}

/// Mentions a similar key, such as `CostCentre` or `costcenter` for a missing `CostCenter`.
fn near_miss(own: &Tags, key: &str) -> String {
    let close = own.keys().find(|other| {
        other.eq_ignore_ascii_case(key) || strsim::damerau_levenshtein(&other.to_lowercase(), &key.to_lowercase()) <= 2
    });
    close.map(|other| format!(" (found `{other}`)")).unwrap_or_default()
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
        judge(&project, environment, &tags).into_iter().map(|v| v.code.as_str()).collect()
    }

    #[test]
    fn valid_tags_pass_and_each_violation_is_reported() {
        assert!(codes(|_| {}).is_empty());
        assert_eq!(codes(Tags::clear), ["untagged"]);
        assert_eq!(codes(|t| drop(t.remove("CostCenter"))), ["missing-tag"]);
        for key in ["Purpose", "CostCenter", "Environment", "MANAGED_BY", "CreatedDate"] {
            assert_eq!(codes(|t| drop(t.insert(key.into(), " ".into()))), ["empty-tag"], "{key}");
        }
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
        assert_eq!(found.iter().map(|v| v.code.as_str()).collect::<Vec<_>>(), ["value-not-allowed"]);
    }
}
