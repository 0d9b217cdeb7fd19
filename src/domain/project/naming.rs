//! How a project names its resources.

use std::collections::BTreeMap;

/// How names carry the environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamingSettings {
    /// The tokens that stand for each environment in a name, by environment name.
    pub environment_tokens: BTreeMap<String, Vec<String>>,
    /// The pattern of names for proposed IAM policies, such as `{Project}-{Service}-{Actions}`.
    pub iam_policy: Option<String>,
}

impl NamingSettings {
    /// The tokens of `dev` and `prod` in their short and long form.
    pub fn default_tokens() -> BTreeMap<String, Vec<String>> {
        let tokens = |short: &str, long: &str| (short.to_owned(), vec![short.to_owned(), long.to_owned()]);
        BTreeMap::from([tokens("dev", "development"), tokens("prod", "production")])
    }
}

impl Default for NamingSettings {
    fn default() -> Self {
        Self { environment_tokens: Self::default_tokens(), iam_policy: None }
    }
}
