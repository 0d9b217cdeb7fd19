//! The body of `inventory`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::enums::{InventoryAccountStatus, InventorySourceKind};
use crate::domain::audit::IndexService;
use crate::domain::inventory::{
    AccountResult, AccountStatus, FieldPath, InventoryGap, InventoryRow, InventorySource, RegionResult,
};

/// The accounts, and the resources in them.
#[derive(Debug, Serialize, JsonSchema)]
pub struct InventoryBody {
    /// The requested type; `null` for all.
    #[serde(rename = "type")]
    pub type_name: Option<String>,
    /// The accounts, including those that were not read.
    pub accounts: Vec<InventoryAccountView>,
    /// The resources. In NDJSON, they are lines of their own.
    pub resources: Vec<InventoryRowView>,
    /// What could not be read.
    pub gaps: Vec<InventoryGapView>,
    /// Counts.
    pub summary: InventorySummary,
    /// The columns of a table.
    #[serde(skip)]
    pub columns: Vec<FieldPath>,
    /// The cells of a table, by row.
    #[serde(skip)]
    pub cells: Vec<Vec<String>>,
    /// The header and the resources have been printed.
    #[serde(skip)]
    pub is_streamed: bool,
}

/// An account.
#[derive(Debug, Serialize, JsonSchema)]
pub struct InventoryAccountView {
    /// Its name.
    pub name: String,
    /// Its id.
    pub account: String,
    /// How far it was read.
    pub status: InventoryAccountStatus,
    /// Why it was not read at all.
    pub error: Option<String>,
    /// Its Regions.
    pub regions: Vec<InventoryRegionView>,
    /// Number of buckets in other Regions than the requested ones.
    pub elsewhere: u64,
}

/// A Region of an account.
#[derive(Debug, Serialize, JsonSchema)]
pub struct InventoryRegionView {
    /// The Region.
    pub region: String,
    /// Where its resources are from; `null` if it could not be read.
    pub source: Option<InventorySourceKind>,
    /// The view or aggregator.
    pub through: Option<String>,
    /// The filter of the view, which limits it.
    pub filter: Option<String>,
    /// When the index was last updated, as far as its resources tell.
    pub updated: Option<String>,
    /// The age of the index in seconds.
    pub age_seconds: Option<i64>,
    /// Whether the index contains the Region.
    pub indexed: Option<bool>,
    /// Number of resources found, before `--where`.
    pub found: u64,
    /// Whether the Region has the type.
    pub available: bool,
}

/// A resource.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct InventoryRowView {
    /// The id of its account.
    pub account: String,
    /// The name of its account.
    pub account_name: String,
    /// Its Region; `null` for a global service.
    pub region: Option<String>,
    /// Its type; `null` if it is not known.
    #[serde(rename = "type")]
    pub type_name: Option<String>,
    /// Its identifier, or its ARN if the type is not known.
    pub identifier: String,
    /// Its ARN, if it is known.
    pub arn: Option<String>,
    /// Its properties, without secrets; `null` if they were not read.
    pub properties: Option<Value>,
    /// Its tags; `null` if they were not read.
    pub tags: Option<BTreeMap<String, String>>,
}

/// Something that could not be read.
#[derive(Debug, Serialize, JsonSchema)]
pub struct InventoryGapView {
    /// The id of the account.
    pub account: String,
    /// The name of the account.
    pub account_name: String,
    /// The Region; `null` for the whole account.
    pub region: Option<String>,
    /// The resource or type; `null` for everything.
    pub subject: Option<String>,
    /// Why.
    pub reason: String,
    /// Whether permission was denied.
    pub denied: bool,
}

/// Counts of accounts and resources.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct InventorySummary {
    /// Number of resources shown.
    pub resources: u64,
    /// Number of accounts that were read completely.
    pub accounts_read: u64,
    /// Number of accounts that were read in part.
    pub accounts_partial: u64,
    /// Number of accounts that could not be read.
    pub accounts_failed: u64,
    /// Number of accounts that are disabled in the project file.
    pub accounts_disabled: u64,
    /// Number of accounts that are suspended in the organization.
    pub accounts_suspended: u64,
    /// Number of things that could not be read.
    pub gaps: u64,
}

impl InventoryRowView {
    /// Creates the view of a row.
    pub fn new(row: InventoryRow) -> Self {
        Self {
            account: row.account.to_string(),
            account_name: row.account_name,
            region: row.region,
            type_name: row.type_name,
            identifier: row.identifier,
            arn: row.arn,
            properties: row.properties,
            tags: row.tags.map(|tags| tags.into_iter().collect()),
        }
    }
}

impl InventoryBody {
    /// Creates the document of an inventory. Accounts and rows are in their final order.
    pub fn new(type_name: Option<&str>, accounts: &[AccountResult], rows: Vec<InventoryRow>, now: Timestamp) -> Self {
        let count = |status: AccountStatus| accounts.iter().filter(|one| one.status == status).count() as u64;
        let unopened = accounts.iter().filter(|one| one.status == AccountStatus::Failed && one.regions.is_empty());
        let mut gaps: Vec<InventoryGapView> = unopened
            .map(|one| InventoryGapView {
                account: one.account.to_string(),
                account_name: one.name.clone(),
                region: None,
                subject: None,
                reason: one.error.clone().unwrap_or_default(),
                denied: one.is_denied,
            })
            .collect();
        gaps.extend(accounts.iter().flat_map(AccountResult::gaps).map(InventoryGapView::new));
        let key = |gap: &InventoryGapView| (gap.account.clone(), gap.region.clone(), gap.subject.clone());
        gaps.sort_by_key(key);
        Self {
            type_name: type_name.map(str::to_owned),
            accounts: accounts.iter().map(|account| InventoryAccountView::new(account, now)).collect(),
            summary: InventorySummary {
                resources: rows.len() as u64,
                accounts_read: count(AccountStatus::Ok),
                accounts_partial: count(AccountStatus::Partial),
                accounts_failed: count(AccountStatus::Failed),
                accounts_disabled: count(AccountStatus::Disabled),
                accounts_suspended: count(AccountStatus::Suspended),
                gaps: gaps.len() as u64,
            },
            gaps,
            resources: rows.into_iter().map(InventoryRowView::new).collect(),
            columns: Vec::new(),
            cells: Vec::new(),
            is_streamed: false,
        }
    }

    /// The table as comma-separated values, with a header.
    pub fn csv(&self) -> String {
        let mut writer = csv::Writer::from_writer(Vec::new());
        // Writing to memory cannot fail.
        let _ = writer.write_record(self.columns.iter().map(FieldPath::as_str));
        for cells in &self.cells {
            let _ = writer.write_record(cells);
        }
        writer.into_inner().ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default()
    }
}

impl InventoryAccountView {
    fn new(account: &AccountResult, now: Timestamp) -> Self {
        Self {
            name: account.name.clone(),
            account: account.account.to_string(),
            status: match account.status {
                AccountStatus::Ok => InventoryAccountStatus::Ok,
                AccountStatus::Partial => InventoryAccountStatus::Partial,
                AccountStatus::Failed => InventoryAccountStatus::Failed,
                AccountStatus::Disabled => InventoryAccountStatus::Disabled,
                AccountStatus::Suspended => InventoryAccountStatus::Suspended,
            },
            error: account.error.clone(),
            regions: account.regions.iter().map(|region| InventoryRegionView::new(region, now)).collect(),
            elsewhere: account.elsewhere,
        }
    }
}

impl InventoryRegionView {
    fn new(region: &RegionResult, now: Timestamp) -> Self {
        let mut view = Self {
            region: region.region.clone(),
            source: None,
            through: None,
            filter: None,
            updated: None,
            age_seconds: None,
            indexed: None,
            found: region.found,
            available: !region.is_unavailable,
        };
        match &region.source {
            None => {}
            Some(InventorySource::List) => view.source = Some(InventorySourceKind::List),
            Some(InventorySource::Tags) => view.source = Some(InventorySourceKind::Tags),
            Some(InventorySource::Index { service, through, updated, filter, covers_region }) => {
                view.source = Some(match service {
                    IndexService::ResourceExplorer => InventorySourceKind::ResourceExplorer,
                    IndexService::Config => InventorySourceKind::Config,
                });
                view.through = Some(through.clone());
                view.filter.clone_from(filter);
                view.updated = updated.map(|time| time.to_string());
                view.age_seconds = updated.map(|time| now.duration_since(time).as_secs());
                view.indexed = Some(*covers_region);
            }
        }
        view
    }
}

impl InventoryGapView {
    fn new(gap: &InventoryGap) -> Self {
        Self {
            account: gap.account.to_string(),
            account_name: gap.account_name.clone(),
            region: gap.region.clone(),
            subject: gap.subject.clone(),
            reason: gap.reason.clone(),
            denied: gap.is_denied,
        }
    }
}
