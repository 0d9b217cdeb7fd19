//! The environment and the project's own rules for tags and names, as input of policies.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::domain::project::Project;
use crate::domain::tags;

/// The environment that the resources belong to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScanEnvironment {
    /// The environment's name; `None` when a template is scanned without an environment.
    pub name: Option<String>,
    /// True for an environment whose writes need approval.
    pub protected: bool,
}

/// The rules that a project sets for its own resources. The default requires nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ProjectRules {
    /// The project's name, the first part of resource names.
    pub name: String,
    /// Keys that every taggable resource must carry, with their allowed values; an empty list
    /// allows any.
    pub required_tags: BTreeMap<String, Vec<String>>,
    /// Tags that stagegate adds to the scanned resources before sending, so that a template need not
    /// contain them; `None` for a value that is known only in the plan.
    pub added_tags: BTreeMap<String, Option<String>>,
    /// The tokens that stand for each environment in a name, by environment.
    pub environment_tokens: BTreeMap<String, Vec<String>>,
    /// The pattern of IAM names, such as `Shop-{Service}-{Actions}`.
    pub iam_name: Option<String>,
}

impl From<&Project> for ProjectRules {
    /// The rules for resources that stagegate will create and tag: files and plans. For live
    /// resources, clear `added_tags`: no tags are added to them.
    fn from(project: &Project) -> Self {
        let by_stagegate =
            [tags::MANAGED_BY, tags::ENVIRONMENT, tags::PROJECT, tags::CREATED_BY, tags::CREATED_DATE, tags::PURPOSE];
        let mut added_tags: BTreeMap<String, Option<String>> =
            by_stagegate.iter().map(|key| ((*key).to_owned(), None)).collect();
        added_tags.extend(project.tags.values.iter().map(|(key, value)| (key.clone(), Some(value.clone()))));
        Self {
            name: project.name.clone(),
            required_tags: project.tags.required.clone(),
            added_tags,
            environment_tokens: project.naming.environment_tokens.clone(),
            iam_name: project.naming.iam_policy.clone(),
        }
    }
}

impl ProjectRules {
    /// The rules as input of policies, for one environment: its tokens are `own`, those of the
    /// others `foreign`. A template that is scanned without an environment may be for any.
    pub(super) fn document(&self, environment: &ScanEnvironment) -> Value {
        let is_own = |name: &String| environment.name.as_ref().is_none_or(|own| own == name);
        let tokens = |wanted: bool| -> Vec<String> {
            let chosen = self.environment_tokens.iter().filter(|(name, _)| is_own(name) == wanted);
            chosen.flat_map(|(_, tokens)| tokens).map(|token| token.to_lowercase()).collect()
        };
        let (own, foreign) = (tokens(true), tokens(false));
        let all: Vec<&String> = own.iter().chain(&foreign).collect();
        json!({
            "name": self.name,
            "tags": {"required": self.required_tags, "added": self.added_tags},
            "iam_name": self.iam_name.as_ref().map(|pattern| json!({
                "pattern": pattern,
                "regex": self.expression(pattern, &own),
            })),
            "tokens": {"own": own, "foreign": foreign, "all": all},
        })
    }

    /// A name pattern as a regular expression. `{Service}` is one word; `{Actions}` may be several.
    fn expression(&self, pattern: &str, tokens: &[String]) -> String {
        let mut expression = String::from("^");
        let mut rest = pattern;
        while let Some((fixed, (name, after))) =
            rest.split_once('{').and_then(|(fixed, tail)| Some((fixed, tail.split_once('}')?)))
        {
            expression.push_str(&escape(fixed));
            expression.push_str(&match name {
                "Project" => escape(&self.name),
                "Environment" => format!("({})", tokens.join("|")),
                "Service" => "[A-Za-z0-9]+".to_owned(),
                _ => "[A-Za-z0-9][A-Za-z0-9+=,.@_-]*".to_owned(),
            });
            rest = after;
        }
        expression + &escape(rest) + "$"
    }
}

/// Escapes the characters of IAM names that are special in a regular expression.
fn escape(text: &str) -> String {
    text.chars().fold(String::new(), |mut escaped, character| {
        if !character.is_ascii_alphanumeric() {
            escaped.push('\\');
        }
        escaped.push(character);
        escaped
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    fn rules() -> ProjectRules {
        ProjectRules { iam_name: Some("{Project}.{Service}-{Actions}".into()), ..(&Project::sandbox()).into() }
    }

    #[test]
    fn an_environment_has_its_own_tokens_and_those_of_the_others() {
        let dev = ScanEnvironment { name: Some("dev".into()), protected: false };
        let document = rules().document(&dev);
        assert_eq!(document["tokens"]["own"], json!(["dev", "development"]));
        assert_eq!(document["tokens"]["foreign"], json!(["prod", "production"]));
        let any = rules().document(&ScanEnvironment::default());
        assert_eq!(any["tokens"]["own"].as_array().unwrap().len(), 4);
        assert_eq!(any["tokens"]["foreign"], json!([]));
    }

    #[test]
    fn a_pattern_becomes_an_expression_with_its_fixed_parts_taken_literally() {
        let document = rules().document(&ScanEnvironment::default());
        let expected = r"^sandbox\.[A-Za-z0-9]+\-[A-Za-z0-9][A-Za-z0-9+=,.@_-]*$";
        assert_eq!(document["iam_name"]["regex"], expected);
    }

    #[test]
    fn tags_that_stagegate_adds_are_not_required_in_a_template() {
        let added = rules().added_tags;
        assert_eq!(added["CostCenter"].as_deref(), Some("Engineering"));
        assert_eq!(added[tags::ENVIRONMENT], None);
    }
}
