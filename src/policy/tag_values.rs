//! Values of required tags, as far as they are known: from the project, from the counterpart and from what the user gives. No
//! value is invented.

use jiff::Timestamp;
use jiff::civil::Date;

use super::tag_rules::{manager, required_keys};
use crate::domain::project::{Environment, Project, TagPreset};
use crate::domain::tags::{self, Tags};

/// Keys that only stagegate writes: they prove that it wrote the tags of the resource, even if `MANAGED_BY` was removed.
const EVIDENCE: [&str; 3] = [tags::STACK_RESOURCE, tags::OPERATION_ID, tags::APPLIED_DIGEST];

/// What the correction of a resource's tags may use.
#[derive(Debug, Clone, Copy)]
pub struct KnownValues<'a> {
    /// The project.
    pub project: &'a Project,
    /// The environment of the resource.
    pub environment: &'a Environment,
    /// Values that the user gave.
    pub given: &'a Tags,
    /// The tags of the resource from which it was promoted.
    pub source: Option<&'a Tags>,
}

/// The correction of a resource's own tags.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OwnCorrection {
    /// Values to write.
    pub values: Tags,
    /// Keys with a wrong or missing value whose right value is not known.
    pub unknown: Vec<String>,
}

/// True if stagegate wrote the tags of the resource. Resources without tags and those of other tools are not taken over.
pub fn is_ours(found: &Tags) -> bool {
    match found.get(tags::MANAGED_BY).map(|value| value.trim()) {
        None | Some("") => EVIDENCE.iter().any(|key| found.contains_key(*key)),
        Some(_) => tags::is_managed(found),
    }
}

/// The keys whose values a user may give: those that the project requires, except for those that follow from the project.
pub fn givable_keys(project: &Project) -> Vec<String> {
    required_keys(project).into_iter().filter(|key| fixed_value(project, None, key).is_none()).collect()
}

/// A value that follows from the project and its environment.
fn fixed_value(project: &Project, environment: Option<&Environment>, key: &str) -> Option<String> {
    let value = match (project.tags.preset, key) {
        (_, tags::MANAGED_BY) => manager(project),
        (_, tags::ENVIRONMENT) => environment.map_or("", |environment| &environment.tag_value),
        (_, tags::PROJECT) => &project.name,
        (TagPreset::Ccapi, "MCP_SERVER_SOURCE_CODE") => tags::MANAGER,
        (TagPreset::Ccapi, "MCP_SERVER_VERSION") => env!("CARGO_PKG_VERSION"),
        _ => return None,
    };
    Some(tags::sanitize(value))
}

impl KnownValues<'_> {
    /// Determines the tags that correct violations of the rules for single tags.
    pub fn correct(&self, found: &Tags) -> OwnCorrection {
        let mut correction = OwnCorrection::default();
        for key in required_keys(self.project) {
            let present = found.get(&key).map(|value| value.trim()).filter(|value| !value.is_empty());
            let is_right = present.is_some_and(|value| self.is_right(&key, value));
            if is_right {
                continue;
            }
            let value = match present {
                None => self.value(&key, found),
                Some(wrong) => self.instead_of(&key, wrong),
            };
            match value.filter(|value| self.is_right(&key, value)) {
                Some(value) => drop(correction.values.insert(key, value)),
                None => correction.unknown.push(key),
            }
        }
        // It may be wrong without being required.
        if let Some(wrong) = found.get(tags::CREATED_DATE).filter(|value| !value.trim().is_empty())
            && !correction.values.contains_key(tags::CREATED_DATE)
            && !correction.unknown.iter().any(|key| key == tags::CREATED_DATE)
            && !self.is_right(tags::CREATED_DATE, wrong)
        {
            match self.instead_of(tags::CREATED_DATE, wrong) {
                Some(value) => drop(correction.values.insert(tags::CREATED_DATE.to_owned(), value)),
                None => correction.unknown.push(tags::CREATED_DATE.to_owned()),
            }
        }
        correction
    }

    fn is_right(&self, key: &str, value: &str) -> bool {
        if key == tags::CREATED_DATE && value.parse::<Date>().is_err() {
            return false;
        }
        let checked = [tags::MANAGED_BY, tags::ENVIRONMENT].contains(&key);
        if checked && fixed_value(self.project, Some(self.environment), key).is_some_and(|right| right != value) {
            return false;
        }
        let allowed = self.project.tags.required.get(key).filter(|allowed| !allowed.is_empty());
        allowed.is_none_or(|allowed| allowed.iter().any(|one| one == value))
    }

    /// The value of a tag that is missing or empty.
    fn value(&self, key: &str, found: &Tags) -> Option<String> {
        if let Some(fixed) = fixed_value(self.project, Some(self.environment), key) {
            return Some(fixed);
        }
        if let Some(given) = self.given.get(key) {
            return Some(given.clone());
        }
        // Somebody wrote it, in another letter case.
        let spelled = found.iter().find(|(other, value)| other.eq_ignore_ascii_case(key) && !value.trim().is_empty());
        if let Some((_, value)) = spelled {
            return Some(value.clone());
        }
        // As a promotion does.
        let is_copied =
            [tags::COST_CENTER, tags::PURPOSE].contains(&key) || self.project.tags.required.contains_key(key);
        let copied = self.source.filter(|_| is_copied).and_then(|source| source.get(key));
        let copied = copied.filter(|value| !value.trim().is_empty());
        if let Some(copied) = copied.or_else(|| self.project.tags.values.get(key)) {
            return Some(tags::sanitize(copied));
        }
        // As `create` does.
        let resource = found.get(tags::STACK_RESOURCE).filter(|_| key == tags::PURPOSE)?;
        resource.split_once('/').map(|(_, logical_id)| tags::sanitize(logical_id)).filter(|name| !name.is_empty())
    }

    /// The value that replaces a wrong one: what somebody wrote is only replaced by another spelling of it, by what the project
    /// determines, and by what the user gives.
    fn instead_of(&self, key: &str, wrong: &str) -> Option<String> {
        if let Some(fixed) = fixed_value(self.project, Some(self.environment), key) {
            return Some(fixed);
        }
        if let Some(given) = self.given.get(key) {
            return Some(given.clone());
        }
        if key == tags::CREATED_DATE {
            return date(wrong).map(|date| date.to_string());
        }
        let allowed = self.project.tags.required.get(key)?;
        allowed.iter().find(|one| one.to_lowercase() == wrong.trim().to_lowercase()).cloned()
    }
}

/// A date in another unambiguous format: `2026/11/20`, `2026.11.20`, `20261120`, `20.11.2026` or a time.
fn date(text: &str) -> Option<Date> {
    let text = text.trim();
    if let Ok(time) = text.parse::<Timestamp>() {
        return Some(time.to_zoned(jiff::tz::TimeZone::UTC).date());
    }
    ["%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%d.%m.%Y"].iter().find_map(|format| Date::strptime(format, text).ok())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::policy::tag_rules::judge;

    fn tags_of(pairs: &[(&str, &str)]) -> Tags {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    fn correct(project: &Project, found: &Tags, given: &Tags, source: Option<&Tags>) -> OwnCorrection {
        let environment = project.environment("prod").unwrap();
        KnownValues { project, environment, given, source }.correct(found)
    }

    #[test]
    fn known_values_are_written_and_unknown_ones_named() {
        let mut project = Project::sandbox();
        project.tags.required.insert("Team".into(), vec!["Core".into(), "Web".into()]);
        let found = tags_of(&[
            ("MANAGED_BY", "stagegate"),
            ("Environment", "development"),
            ("CreatedDate", "20.11.2026"),
            ("CostCenter", " "),
            ("Team", "core"),
            ("Extra", "stays"),
        ]);
        let corrected = correct(&project, &found, &Tags::new(), None);
        let expected = tags_of(&[
            ("CostCenter", "Engineering"),
            ("CreatedDate", "2026-11-20"),
            ("Environment", "production"),
            ("Project", "sandbox"),
            ("Team", "Core"),
        ]);
        assert_eq!(
            (&corrected.values, corrected.unknown.as_slice()),
            (&expected, &["CreatedBy", "Purpose"].map(String::from)[..])
        );
        // With what the user gives, nothing is left.
        let given = tags_of(&[("CreatedBy", "ops"), ("Purpose", "jobs")]);
        let corrected = correct(&project, &found, &given, None);
        assert!(corrected.unknown.is_empty());
        let after: Tags = found.into_iter().chain(corrected.values).collect();
        assert_eq!(judge(&project, project.environment("prod").unwrap(), &after), []);
    }

    #[test]
    fn what_somebody_wrote_is_not_replaced_by_a_guess() {
        let mut project = Project::sandbox();
        project.tags.required.insert("Team".into(), vec!["Core".into()]);
        project.tags.values.insert("Team".into(), "Core".into());
        let found = tags_of(&[("Team", "Sales"), ("CreatedDate", "last week"), ("Purpose", "x"), ("CreatedBy", "y")]);
        let corrected = correct(&project, &found, &Tags::new(), None);
        assert_eq!(corrected.unknown, ["CreatedDate", "Team"]);
        // A configured value that is not allowed is no value.
        project.tags.values.insert("Team".into(), "Data".into());
        assert!(correct(&project, &Tags::new(), &Tags::new(), None).unknown.contains(&"Team".to_owned()));
    }

    #[test]
    fn values_follow_from_the_counterpart_and_the_template() {
        let project = Project::sandbox();
        let source = tags_of(&[("CostCenter", "Data"), ("Purpose", "orders"), ("CreatedBy", "dev")]);
        let corrected = correct(&project, &Tags::new(), &Tags::new(), Some(&source));
        assert_eq!((corrected.values["CostCenter"].as_str(), corrected.values["Purpose"].as_str()), ("Data", "orders"));
        assert!(corrected.unknown.contains(&"CreatedBy".to_owned()));
        let found = tags_of(&[("StackResource", "shop/Orders")]);
        assert_eq!(correct(&project, &found, &Tags::new(), None).values["Purpose"], "Orders");
    }

    #[test]
    fn a_value_under_another_spelling_of_the_key_comes_first() {
        let project = Project::sandbox();
        let found = tags_of(&[("costcenter", "Data"), ("CreatedBy", " ")]);
        let corrected = correct(&project, &found, &Tags::new(), None);
        assert_eq!(corrected.values["CostCenter"], "Data");
        assert!(corrected.unknown.contains(&"CreatedBy".to_owned()));
    }

    #[test]
    fn resources_of_others_are_not_ours() {
        assert!(
            is_ours(&tags_of(&[("MANAGED_BY", "stagegate")]))
                && is_ours(&tags_of(&[("MANAGED_BY", "CCAPI-MCP-SERVER")]))
        );
        assert!(
            is_ours(&tags_of(&[("OperationId", "x")]))
                && is_ours(&tags_of(&[("MANAGED_BY", ""), ("StackResource", "a/B")]))
        );
        assert!(!is_ours(&Tags::new()) && !is_ours(&tags_of(&[("Environment", "development")])));
        assert!(!is_ours(&tags_of(&[("MANAGED_BY", "terraform"), ("OperationId", "x")])));
    }

    #[test]
    fn only_unambiguous_dates_are_read() {
        for text in ["2026/11/20", "2026.11.20", "20261120", "20.11.2026", "2026-11-20T23:30:00Z"] {
            assert_eq!(date(text).map(|date| date.to_string()).as_deref(), Some("2026-11-20"), "{text}");
        }
        for text in ["11/20/2026", "20/11/2026", "Nov 20", "", "2026-13-01"] {
            assert_eq!(date(text), None, "{text}");
        }
    }

    #[test]
    fn keys_that_follow_from_the_project_are_not_given() {
        let keys = givable_keys(&Project::sandbox());
        assert_eq!(keys, ["CostCenter", "CreatedBy", "CreatedDate", "Purpose"]);
    }
}
