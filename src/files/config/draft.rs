//! The text of a new project file.

use super::SCHEMA_FILE_NAME;
use crate::domain::project::AccountId;

/// What a new project file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The project's name.
    pub project: String,
    /// The environments.
    pub environments: Vec<DraftEnvironment>,
    /// Values of tags that every resource gets.
    pub tags: Vec<(String, String)>,
    /// Whether dev and prod may be one account.
    pub single_account: bool,
    /// The file of the schema is beside the new one, for editors.
    pub has_schema: bool,
}

/// An environment of a new project file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftEnvironment {
    /// The name, which decides about the tag value and the protection.
    pub name: String,
    /// The AWS profile.
    pub profile: Option<String>,
    /// The account.
    pub account: AccountId,
    /// The Region.
    pub region: String,
    /// Whether the sandbox serves it.
    pub sandbox: bool,
}

impl Draft {
    /// Returns the text of the file, with comments.
    pub fn text(&self) -> String {
        let mut text = match self.has_schema {
            true => format!("# yaml-language-server: $schema={SCHEMA_FILE_NAME}\n"),
            false => String::new(),
        };
        text.push_str(&format!(
            "# The accounts and rules of stagegate. `stagegate context --doctor` checks whether they can be used.\n\
             version: 1\n\n# The first part of resource names, and the value of the tag Project.\nproject: {}\n",
            plain(&self.project)
        ));
        if self.single_account {
            text.push_str("\n# dev and prod are one account.\nsingle_account: true\n");
        }
        text.push_str("\nenvironments:\n");
        text.extend(self.environments.iter().map(DraftEnvironment::text));
        text.push_str("\ntags:\n  # Tags that every resource gets.\n  values:");
        match self.tags.as_slice() {
            [] => text.push_str(" {}\n"),
            tags => {
                text.push('\n');
                text.extend(tags.iter().map(|(key, value)| format!("    {}: {}\n", plain(key), plain(value))));
            }
        }
        text + REST
    }
}

impl DraftEnvironment {
    fn text(&self) -> String {
        let comment = match self.name.as_str() {
            "prod" => "Resources arrive here by `stagegate promote`. Every change requires an approval.",
            _ => "Resources are created here.",
        };
        let mut text = format!("  # {comment}\n  {}:\n", self.name);
        match &self.profile {
            Some(profile) => text.push_str(&format!("    profile: {}\n", plain(profile))),
            None if self.sandbox => text.push_str("    # The embedded AWS emulator serves it.\n    sandbox: true\n"),
            None => text.push_str(
                "    # The default credentials are used; to use those of a profile only, write `profile: NAME`.\n",
            ),
        }
        text.push_str(&format!(
            "    # STS must return this account before anything is changed.\n    account: \"{}\"\n    region: {}\n",
            self.account, self.region
        ));
        if self.name == "prod" {
            text.push_str("    protected: true\n");
        }
        text
    }
}

/// The settings that have a default, which most projects change later.
const REST: &str =
    "  # Further tags that every resource must have, with the values that are allowed; [] allows any value.
  # required:
  #   Team: [Orders, Billing]

cost:
  # Monthly cost in US dollars from which `create` requires an approval.
  auto_approve_below: 10.00
  # Monthly costs that `stagegate cost` reports when an environment reaches them.
  alerts: [25, 50, 100]

policies:
  # Lowest severity of a finding that requires an approval.
  fail_on: high
  # Folders with policies of your own; one with the id of a built-in policy replaces it.
  # dirs: [policies]
  # Accepted findings, each with an owner, a reason and an expiry date.
  # waivers: waivers.yaml

# What differs in prod, by type and property.
# promotion:
#   overrides:
#     AWS::RDS::DBInstance:
#       MultiAZ: true

# Expected monthly usage, for estimates.
# usage: usage.yaml
";

/// Text as YAML: in quotes unless it can only be read as a string.
fn plain(text: &str) -> String {
    let is_word = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"].contains(&text.to_lowercase().as_str());
    let is_name = text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.chars().all(|one| one.is_ascii_alphanumeric() || "-_".contains(one));
    // A JSON string is a YAML string.
    if is_name && !is_word { text.to_owned() } else { serde_json::Value::from(text).to_string() }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::files::config;

    fn draft() -> Draft {
        let environment = |name: &str, account: &str| DraftEnvironment {
            name: name.to_owned(),
            profile: Some(format!("team: {name} #1")),
            account: AccountId::parse(account).unwrap(),
            region: "eu-west-1".to_owned(),
            sandbox: false,
        };
        Draft {
            project: "no".to_owned(),
            environments: vec![environment("dev", "012345678901"), environment("prod", "222222222222")],
            tags: vec![("CostCenter".to_owned(), "R&D \"x\"".to_owned())],
            single_account: false,
            has_schema: false,
        }
    }

    #[test]
    fn a_draft_is_read_back() {
        let project = config::parse("stagegate.yaml", &draft().text()).unwrap();
        assert_eq!(project.name, "no");
        let [dev, prod] = project.environments.as_slice() else { panic!("two environments") };
        assert_eq!((dev.account.as_str(), dev.profile.as_deref()), ("012345678901", Some("team: dev #1")));
        assert!(!dev.protected && prod.protected && prod.region == "eu-west-1");
        assert_eq!(project.tags.values["CostCenter"], "R&D \"x\"");
    }

    #[test]
    fn the_schema_is_named_only_if_it_exists() {
        assert!(!draft().text().contains("$schema"));
        let text = Draft { has_schema: true, ..draft() }.text();
        assert!(text.starts_with("# yaml-language-server: $schema=stagegate.schema.json\n"), "{text}");
        assert!(config::parse("stagegate.yaml", &text).is_ok());
    }

    #[test]
    fn the_settings_in_comments_are_valid() {
        let is_setting = |line: &str| {
            let bare = line.trim_start_matches([' ', '#']);
            line.trim_start().starts_with("# ")
                && bare.split_once(':').is_some_and(|(key, _)| !key.contains([' ', '`']))
        };
        let uncommented = |line: &str| match is_setting(line) {
            true => line.replacen("# ", "", 1),
            false => line.to_owned(),
        };
        let lines: Vec<String> = draft().text().lines().map(uncommented).collect();
        let project = config::parse("stagegate.yaml", &(lines.join("\n") + "\n")).unwrap();
        assert_eq!(project.tags.required["Team"], ["Orders", "Billing"]);
        assert_eq!(project.policies.dirs, ["policies"]);
        assert_eq!(project.promotion.overrides["AWS::RDS::DBInstance"]["MultiAZ"], true);
        assert_eq!(project.usage.as_deref(), Some("usage.yaml"));
    }

    #[test]
    fn an_environment_without_a_profile_is_valid() {
        for sandbox in [true, false] {
            let mut draft = Draft { single_account: true, tags: Vec::new(), ..draft() };
            for environment in &mut draft.environments {
                (environment.profile, environment.sandbox) = (None, sandbox);
            }
            draft.environments[1].account = draft.environments[0].account.clone();
            let project = config::parse("stagegate.yaml", &draft.text()).unwrap();
            assert!(project.environments.iter().all(|one| one.sandbox == sandbox && one.profile.is_none()));
        }
    }
}
