//! Environments and accounts.

use super::account_id::AccountId;

/// One environment: an account and a region, and what may be done there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment {
    /// The key in the configuration, such as `dev`.
    pub name: String,
    /// The AWS profile whose credentials are used; `None` means the default credential chain.
    pub profile: Option<String>,
    /// The region that commands work in.
    pub region: String,
    /// Further regions, which `drift` and `tag-audit` read as well.
    pub other_regions: Vec<String>,
    /// Whether resources of global services are read with those of the region. They are read once, with the first region.
    pub reads_global: bool,
    /// The pinned account: STS must confirm it before anything is written.
    pub account: AccountId,
    /// The value of the `Environment` tag.
    pub tag_value: String,
    /// Protected: every write needs an approval regardless of its cost.
    pub protected: bool,
    /// Lifts the ban on `create` in a protected environment.
    pub allow_create: bool,
    /// Served by the embedded cloud instead of AWS.
    pub sandbox: bool,
}

impl Environment {
    /// The environment in another one of its regions.
    pub fn in_region(&self, region: &str) -> Self {
        Self {
            region: region.to_owned(),
            other_regions: Vec::new(),
            reads_global: self.reads_global && region == self.region,
            ..self.clone()
        }
    }

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

/// Whether a Region of an environment was read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RegionCoverage {
    /// The environment.
    pub environment: String,
    /// The Region.
    pub region: String,
    /// Why it was not read; `None` if it was.
    pub refused: Option<String>,
}

/// An account of the account registry, for reads across accounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisteredAccount {
    /// The name that commands use for it.
    pub name: String,
    /// Its id.
    pub account: AccountId,
    /// The role to assume there, a name or an ARN.
    pub role: Option<String>,
    /// The external id that the role's trust policy requires.
    pub external_id: Option<String>,
    /// The regions to read; empty means the environment's own.
    pub regions: Vec<String>,
    /// The environment whose credentials assume the role; `None` for the first one that is not protected.
    pub environment: Option<String>,
    /// Disabled accounts are skipped and counted.
    pub enabled: bool,
}

/// How the accounts of an organization are read, instead of a list of accounts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OrganizationSettings {
    /// The role to assume in each account, a name.
    pub role: Option<String>,
    /// The external id that the role's trust policy requires.
    pub external_id: Option<String>,
    /// The regions to read; empty means the environment's own.
    pub regions: Vec<String>,
    /// The environment whose credentials list the accounts and assume the roles; `None` for the first one that is not protected.
    pub environment: Option<String>,
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn production_is_protected_by_name_or_tag_value() {
        assert!(Environment::default_protected("prod", "x"));
        assert!(Environment::default_protected("production", "x"));
        assert!(Environment::default_protected("live", "Production"));
        assert!(!Environment::default_protected("dev", "development"));
        assert!(!Environment::default_protected("preprod", "preprod"));
    }
}
