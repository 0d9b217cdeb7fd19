//! The resources of an inventory, and what it covers.

use jiff::Timestamp;
use serde_json::Value;

use crate::domain::audit::IndexService;
use crate::domain::project::AccountId;
use crate::domain::tags::Tags;

/// One resource.
#[derive(Debug, Clone, PartialEq)]
pub struct InventoryRow {
    /// The name of its account.
    pub account_name: String,
    /// Its account.
    pub account: AccountId,
    /// Its Region; `None` for a resource of a global service.
    pub region: Option<String>,
    /// CloudFormation type name; `None` if the ARN does not say.
    pub type_name: Option<String>,
    /// The identifier, or the ARN of a resource of an unknown type.
    pub identifier: String,
    /// ARN, where it is known.
    pub arn: Option<String>,
    /// The properties, redacted; `None` if they were not read.
    pub properties: Option<Value>,
    /// The tags; `None` if they were not read.
    pub tags: Option<Tags>,
}

impl InventoryRow {
    /// What rows are sorted by.
    pub fn order(&self) -> (&AccountId, &Option<String>, &Option<String>, &str) {
        (&self.account, &self.type_name, &self.region, &self.identifier)
    }
}

/// Something that should be in an inventory and could not be read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct InventoryGap {
    /// The name of the account.
    pub account_name: String,
    /// The account.
    pub account: AccountId,
    /// The Region; `None` for a whole account.
    pub region: Option<String>,
    /// The resource or type; `None` for everything.
    pub subject: Option<String>,
    /// Why.
    pub reason: String,
    /// Whether permission was denied.
    pub is_denied: bool,
}

/// Where the resources of a Region are from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InventorySource {
    /// Cloud Control's lists.
    List,
    /// The tagging API, which returns what has or had tags.
    Tags,
    /// An index.
    Index {
        /// The service that keeps it.
        service: IndexService,
        /// The view or aggregator.
        through: String,
        /// Its last update.
        updated: Option<Timestamp>,
        /// A filter that limits it.
        filter: Option<String>,
        /// Whether it contains the Region.
        covers_region: bool,
    },
}

/// What was read of a Region of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegionResult {
    /// The Region.
    pub region: String,
    /// Where its resources are from.
    pub source: Option<InventorySource>,
    /// Number of resources that were found, before they were selected.
    pub found: u64,
    /// The type does not exist in the Region.
    pub is_unavailable: bool,
    /// What could not be read.
    pub gaps: Vec<InventoryGap>,
}

/// How far an account was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountStatus {
    /// Completely.
    Ok,
    /// In part.
    Partial,
    /// Not at all.
    Failed,
    /// It is disabled in the configuration.
    Disabled,
    /// It is suspended, or being closed, in the organization.
    Suspended,
}

/// What was read of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountResult {
    /// Its name.
    pub name: String,
    /// Its id.
    pub account: AccountId,
    /// How far it was read.
    pub status: AccountStatus,
    /// Why it was not read at all.
    pub error: Option<String>,
    /// Whether permission was denied to read it at all.
    pub is_denied: bool,
    /// Its Regions.
    pub regions: Vec<RegionResult>,
    /// Number of resources that are in other Regions than the requested ones, as far as a list tells.
    pub elsewhere: u64,
}

impl AccountResult {
    /// An account whose Regions were read.
    pub fn read(name: &str, account: &AccountId, regions: Vec<RegionResult>, elsewhere: u64) -> Self {
        let unread = regions.iter().filter(|region| region.is_unread()).count();
        let status = match regions.iter().any(|region| !region.gaps.is_empty()) {
            false => AccountStatus::Ok,
            true if unread == regions.len() => AccountStatus::Failed,
            true => AccountStatus::Partial,
        };
        // The same reason everywhere is that of the account.
        let reasons: Vec<&str> =
            regions.iter().flat_map(|region| &region.gaps).map(|gap| gap.reason.as_str()).collect();
        let error = reasons.first().filter(|_| status == AccountStatus::Failed).map(|reason| (*reason).to_owned());
        Self { name: name.to_owned(), account: account.clone(), status, error, is_denied: false, regions, elsewhere }
    }

    /// An account that was not read, with the reason, and whether it is that permission was denied.
    pub fn unread(name: &str, account: &AccountId, status: AccountStatus, error: Option<(String, bool)>) -> Self {
        let (error, is_denied) = error.map_or((None, false), |(reason, is_denied)| (Some(reason), is_denied));
        let (name, account) = (name.to_owned(), account.clone());
        Self { name, account, status, error, is_denied, regions: Vec::new(), elsewhere: 0 }
    }

    /// What could not be read of the account.
    pub fn gaps(&self) -> impl Iterator<Item = &InventoryGap> {
        self.regions.iter().flat_map(|region| &region.gaps)
    }
}

impl RegionResult {
    /// True if nothing of the Region could be read.
    pub fn is_unread(&self) -> bool {
        self.gaps.iter().any(|gap| gap.subject.is_none())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_as_complete_as_its_regions() {
        let account = AccountId::parse("111111111111").unwrap();
        let gap = |subject: Option<&str>| InventoryGap {
            account_name: "dev".to_owned(),
            account: account.clone(),
            region: None,
            subject: subject.map(str::to_owned),
            reason: "no answer".to_owned(),
            is_denied: false,
        };
        let region = |gaps: Vec<InventoryGap>| RegionResult {
            region: "us-east-1".to_owned(),
            source: None,
            found: 0,
            is_unavailable: false,
            gaps,
        };
        let status = |regions: Vec<RegionResult>| {
            let result = AccountResult::read("dev", &account, regions, 0);
            (result.status, result.error)
        };
        assert_eq!(status(vec![region(vec![])]), (AccountStatus::Ok, None));
        assert_eq!(status(vec![region(vec![gap(Some("one"))])]), (AccountStatus::Partial, None));
        assert_eq!(status(vec![region(vec![gap(None)]), region(vec![])]), (AccountStatus::Partial, None));
        let failed = status(vec![region(vec![gap(None)]), region(vec![gap(None)])]);
        assert_eq!(failed, (AccountStatus::Failed, Some("no answer".to_owned())));
    }
}
