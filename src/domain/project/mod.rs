//! The project and its environments: what `stagegate.yaml` describes.
//!
//! These are the validated values. `files::config` reads them and is the only place that knows how
//! they are written.

mod account_id;
mod approvals;
mod cost;
mod engine;
mod environment;
mod naming;
mod policies;
mod promotion;
mod tags;

use std::collections::BTreeMap;

pub use account_id::{AccountId, InvalidAccountId};
pub use approvals::ApprovalSettings;
pub use cost::CostSettings;
pub use engine::{EngineName, Translator};
pub use environment::{Environment, OrganizationSettings, RegionCoverage, RegisteredAccount};
pub use naming::NamingSettings;
pub use policies::PolicySettings;
pub use promotion::{
    AutoPromotion, MAX_SOAK, PromotionSettings, auto_type_problem, override_applies, override_key, override_problem,
};
pub use tags::{TagPreset, TagSettings};

/// Everything that `stagegate.yaml` says.
#[derive(Debug, Clone, PartialEq)]
pub struct Project {
    /// The project's name, the first part of resource names.
    pub name: String,
    /// The environments in the order written.
    pub environments: Vec<Environment>,
    /// The registry for reads across accounts.
    pub accounts: Vec<RegisteredAccount>,
    /// The accounts of the organization are the registry.
    pub organization: Option<OrganizationSettings>,
    /// Who may approve plans.
    pub approvals: ApprovalSettings,
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
    /// Mutating calls and approvals are recorded in the audit log.
    pub audit_log: bool,
}

impl Project {
    /// The environment of that name.
    pub fn environment(&self, name: &str) -> Option<&Environment> {
        self.environments.iter().find(|environment| environment.name == name)
    }

    /// The project for pricing and scanning templates without a configuration: the defaults, one
    /// region, no required tags. Its account id is invalid, so no client can be created for it.
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

    /// The project that `--sandbox` uses without a configuration.
    pub fn sandbox() -> Self {
        let environment = |name: &str, account: &str| {
            let tag_value = Environment::default_tag_value(name);
            Environment {
                name: name.to_owned(),
                profile: None,
                region: "us-east-1".to_owned(),
                other_regions: Vec::new(),
                reads_global: true,
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
            organization: None,
            approvals: ApprovalSettings::default(),
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
            audit_log: true,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

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
