//! The project and its environments: what `stagegate.yaml` describes.
//!
//! These are the validated values. `files::config` reads them and is the only place that knows how
//! they are written.

use std::collections::BTreeMap;
use std::time::Duration;

use rust_decimal::Decimal;
use serde_json::Value;

use super::finding::Severity;

/// An AWS account id: exactly twelve digits, leading zeros included.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(String);

/// A text that is not an account id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an AWS account id: twelve digits are needed")]
pub struct InvalidAccountId(pub String);

impl AccountId {
    /// Checks the shape of an account id.
    ///
    /// # Errors
    /// The text is not exactly twelve ASCII digits.
    pub fn parse(text: &str) -> Result<Self, InvalidAccountId> {
        if text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidAccountId(text.to_owned()))
        }
    }

    /// The twelve digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for AccountId {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.pad(&self.0)
    }
}

impl std::str::FromStr for AccountId {
    type Err = InvalidAccountId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

/// One environment: an account and a region, and what may be done there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment {
    /// The key in the configuration, such as `dev`.
    pub name: String,
    /// The AWS profile whose credentials are used; `None` takes the default chain.
    pub profile: Option<String>,
    /// The region that commands work in.
    pub region: String,
    /// The pinned account: STS must confirm it before anything is written.
    pub account: AccountId,
    /// The value of the `Environment` tag.
    pub tag_value: String,
    /// Reads only; every write needs an approval whatever it costs.
    pub protected: bool,
    /// Lifts the ban on `create` in a protected environment.
    pub allow_create: bool,
    /// Served by the embedded cloud instead of AWS.
    pub sandbox: bool,
}

impl Environment {
    /// The tag value that an environment has unless it states one: `dev` and `prod` are written out.
    pub fn default_tag_value(name: &str) -> &str {
        match name {
            "dev" => "development",
            "prod" => "production",
            other => other,
        }
    }

    /// Whether an environment is protected unless it says otherwise: production is, by its name or
    /// by its tag value.
    pub fn default_protected(name: &str, tag_value: &str) -> bool {
        ["prod", "production"].contains(&name) || tag_value.eq_ignore_ascii_case("production")
    }
}

/// An account of the registry, for reads across accounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisteredAccount {
    /// The name that commands use for it.
    pub name: String,
    /// Its id.
    pub account: AccountId,
    /// The role to assume there, a name or an ARN.
    pub role: Option<String>,
    /// The external id that the role's trust policy asks for.
    pub external_id: Option<String>,
    /// The regions to read; empty means the environment's own.
    pub regions: Vec<String>,
    /// Disabled accounts are skipped and counted.
    pub enabled: bool,
}

/// When a cost needs an approval, and which monthly totals raise an alert. US dollars a month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CostSettings {
    /// A plan strictly below this needs no approval for its cost; default 10.00.
    pub auto_approve_below: Decimal,
    /// Monthly totals that raise an alert, ascending; default 25, 50, 100.
    pub alerts: Vec<Decimal>,
    /// The region whose Price List API is asked; `None` takes the first of
    /// [`CostSettings::DEFAULT_PRICING_REGIONS`] that answers.
    pub pricing_region: Option<String>,
}

impl CostSettings {
    /// Regions with a Price List API.
    pub const PRICING_REGIONS: [&'static str; 3] = ["us-east-1", "eu-central-1", "ap-south-1"];
    /// The regions that are asked for prices unless the project names one. Organisations that
    /// forbid regions forbid ap-south-1 first.
    pub const DEFAULT_PRICING_REGIONS: [&'static str; 2] = ["us-east-1", "eu-central-1"];
}

impl Default for CostSettings {
    fn default() -> Self {
        Self {
            auto_approve_below: Decimal::new(1000, 2),
            alerts: [25, 50, 100].into_iter().map(Decimal::from).collect(),
            pricing_region: None,
        }
    }
}

/// Which tag standard the project follows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum TagPreset {
    /// stagegate's own tags.
    #[default]
    Standard,
    /// The older standard of estates that the CCAPI MCP server tagged.
    Ccapi,
}

impl TagPreset {
    /// Every preset.
    pub const ALL: [TagPreset; 2] = [TagPreset::Standard, TagPreset::Ccapi];

    /// The name as written in the configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            TagPreset::Standard => "standard",
            TagPreset::Ccapi => "ccapi",
        }
    }
}

/// Which tags every resource must carry.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TagSettings {
    /// The tag standard.
    pub preset: TagPreset,
    /// Keys required beyond the preset, with their allowed values; an empty list allows any value.
    pub required: BTreeMap<String, Vec<String>>,
    /// Values written when a command gives none.
    pub values: BTreeMap<String, String>,
}

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

/// A scan engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EngineName {
    /// The embedded policies.
    Builtin,
    /// Checkov, as a subprocess.
    Checkov,
    /// AWS CloudFormation Guard, as a subprocess.
    CfnGuard,
}

impl EngineName {
    /// Every engine.
    pub const ALL: [EngineName; 3] = [EngineName::Builtin, EngineName::Checkov, EngineName::CfnGuard];

    /// The name as written in the configuration and in `--engine`.
    pub fn as_str(self) -> &'static str {
        match self {
            EngineName::Builtin => "builtin",
            EngineName::Checkov => "checkov",
            EngineName::CfnGuard => "cfn-guard",
        }
    }
}

/// Which policies are applied and what fails a scan. Paths are relative to the configuration file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicySettings {
    /// Folders with the project's own policies.
    pub dirs: Vec<String>,
    /// The least severity that fails a scan; default `high`.
    pub fail_on: Severity,
    /// The waiver file.
    pub waivers: Option<String>,
    /// The engines to run; default the embedded one.
    pub engines: Vec<EngineName>,
}

impl Default for PolicySettings {
    fn default() -> Self {
        Self { dirs: Vec::new(), fail_on: Severity::High, waivers: None, engines: vec![EngineName::Builtin] }
    }
}

/// What may be promoted without a person (`promote --auto`). Absent means nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AutoPromotion {
    /// The resource types allowed.
    pub types: Vec<String>,
    /// The highest monthly upper estimate, in US dollars.
    pub cap: Decimal,
    /// How long a resource must have stood unchanged in dev.
    pub soak: Duration,
}

/// How promotion maps dev to prod.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PromotionSettings {
    /// A dev value (ARN, id or name) and the prod value that replaces it.
    pub map: BTreeMap<String, String>,
    /// Values that differ in prod on purpose: by resource type, then by property path.
    pub overrides: BTreeMap<String, BTreeMap<String, Value>>,
    /// The rules of unattended promotion.
    pub auto: Option<AutoPromotion>,
}

/// Everything that `stagegate.yaml` says.
#[derive(Debug, Clone, PartialEq)]
pub struct Project {
    /// The project's name, the first part of resource names.
    pub name: String,
    /// The environments in the order written.
    pub environments: Vec<Environment>,
    /// The registry for reads across accounts.
    pub accounts: Vec<RegisteredAccount>,
    /// Cost limits.
    pub cost: CostSettings,
    /// Tag rules.
    pub tags: TagSettings,
    /// Naming rules.
    pub naming: NamingSettings,
    /// Scan rules.
    pub policies: PolicySettings,
    /// Promotion rules.
    pub promotion: PromotionSettings,
    /// The usage file for estimates, relative to the configuration file.
    pub usage: Option<String>,
    /// Allows dev and prod to be one account.
    pub single_account: bool,
}

impl Project {
    /// The environment of that name.
    pub fn environment(&self, name: &str) -> Option<&Environment> {
        self.environments.iter().find(|environment| environment.name == name)
    }

    /// The settings that are checked and kept, and that no command of this version acts on. To
    /// leave that unsaid would let a project believe in limits that nobody keeps.
    pub fn without_effect(&self) -> Vec<&'static str> {
        let settings = [
            ("accounts", !self.accounts.is_empty()),
            ("cost.alerts", self.cost.alerts != CostSettings::default().alerts),
            ("naming.iam_policy", self.naming.iam_policy.is_some()),
            ("promotion.auto", self.promotion.auto.is_some()),
        ];
        settings.into_iter().filter(|(_, is_set)| *is_set).map(|(key, _)| key).collect()
    }

    /// What templates are priced and scanned as where there is no configuration: the defaults, one
    /// region, no required tags. Its account is nobody's, so nothing can be opened in it.
    pub fn without_file(region: String) -> Self {
        let mut project = Self::sandbox();
        project.name = "none".to_owned();
        project.tags = TagSettings::default();
        project.environments.truncate(1);
        for environment in &mut project.environments {
            environment.name = "default".to_owned();
            environment.region.clone_from(&region);
            environment.account = AccountId("000000000000".to_owned());
            environment.sandbox = false;
        }
        project
    }

    /// The project that `--sandbox` brings along when there is no configuration.
    pub fn sandbox() -> Self {
        let environment = |name: &str, account: &str| {
            let tag_value = Environment::default_tag_value(name);
            Environment {
                name: name.to_owned(),
                profile: None,
                region: "us-east-1".to_owned(),
                account: AccountId(account.to_owned()),
                tag_value: tag_value.to_owned(),
                protected: Environment::default_protected(name, tag_value),
                allow_create: false,
                sandbox: true,
            }
        };
        Self {
            name: "sandbox".to_owned(),
            environments: vec![environment("dev", "111111111111"), environment("prod", "222222222222")],
            accounts: Vec::new(),
            cost: CostSettings::default(),
            tags: TagSettings {
                values: BTreeMap::from([("CostCenter".to_owned(), "Engineering".to_owned())]),
                ..TagSettings::default()
            },
            naming: NamingSettings::default(),
            policies: PolicySettings::default(),
            promotion: PromotionSettings::default(),
            usage: None,
            single_account: false,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn an_account_id_has_exactly_twelve_digits() {
        assert_eq!(AccountId::parse("012345678901").unwrap().as_str(), "012345678901");
        for wrong in ["", "12345678901", "1234567890123", "12345678901a", "１２３４５６７８９０１２", " 12345678901"]
        {
            assert_eq!(AccountId::parse(wrong), Err(InvalidAccountId(wrong.into())), "{wrong}");
        }
    }

    #[test]
    fn production_is_protected_by_name_or_tag_value() {
        assert!(Environment::default_protected("prod", "x"));
        assert!(Environment::default_protected("production", "x"));
        assert!(Environment::default_protected("live", "Production"));
        assert!(!Environment::default_protected("dev", "development"));
        assert!(!Environment::default_protected("preprod", "preprod"));
    }

    #[test]
    fn the_sandbox_has_a_free_dev_and_a_protected_prod() {
        let project = Project::sandbox();
        let dev = project.environment("dev").unwrap();
        let prod = project.environment("prod").unwrap();
        assert!(dev.sandbox && !dev.protected && dev.account.as_str() == "111111111111");
        assert!(prod.sandbox && prod.protected && prod.account.as_str() == "222222222222");
        assert_eq!(project.cost.auto_approve_below.to_string(), "10.00");
        assert!(project.environment("staging").is_none());
    }
}
