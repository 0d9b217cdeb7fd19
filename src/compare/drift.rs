//! Differences between a pair of live resources, and which side changed since the promotion.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{diff, normalize, scalar};
use crate::domain::digest;
use crate::domain::dynamic::has_dynamic;
use crate::domain::finding::Waiver;
use crate::domain::pointer;
use crate::domain::project::RegionCoverage;
use crate::domain::resource::{Change, LiveResource};
use crate::domain::suggestion::SuggestedCommand;
use crate::domain::tags::{self, PromotionStatus};
use crate::schema::{Registry, TypeSchema};

/// A row's status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// Both sides have the same configuration.
    Synced,
    /// Both sides exist and differ.
    Drifted,
    /// Never promoted.
    DevOnly,
    /// Exists in prod without a dev resource.
    ProdOnly,
    /// The tags are inconsistent with the existing resources.
    NeedsReview,
    /// Could not be read.
    Unreadable,
    /// Of a type that cannot be compared.
    Unsupported,
}

impl Status {
    /// All statuses, in the order of reports.
    pub const ALL: [Self; 7] = [
        Self::Synced,
        Self::Drifted,
        Self::DevOnly,
        Self::ProdOnly,
        Self::NeedsReview,
        Self::Unreadable,
        Self::Unsupported,
    ];

    /// The value in output and in `--fail-on`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Synced => "synced",
            Self::Drifted => "drifted",
            Self::DevOnly => "dev_only",
            Self::ProdOnly => "prod_only",
            Self::NeedsReview => "needs_review",
            Self::Unreadable => "unreadable",
            Self::Unsupported => "unsupported",
        }
    }

    /// Parses a value of `--fail-on`; dashes and underscores are equivalent.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().replace('-', "_");
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }
}

/// Which side changed since the promotion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moved {
    /// The environment promoted from.
    Dev,
    /// The environment promoted to.
    Prod,
    /// Both.
    Both,
    /// The digests do not determine it.
    Unknown,
}

/// One row of a drift report.
#[derive(Debug, Clone, PartialEq)]
pub struct DriftRow {
    /// The status.
    pub status: Status,
    /// Type name.
    pub type_name: String,
    /// Identifier in dev.
    pub dev: Option<String>,
    /// Identifier in prod.
    pub prod: Option<String>,
    /// The differences: `before` is the value derived from dev, `after` the value in prod.
    pub changes: Vec<Change>,
    /// Which side changed.
    pub moved: Option<Moved>,
    /// The reason for the status.
    pub reason: Option<String>,
    /// The suggested action.
    pub action: Option<String>,
    /// The suggested command.
    pub command: Option<SuggestedCommand>,
    /// What is known of single changes, by their JSON pointers.
    pub notes: BTreeMap<String, ChangeNote>,
    /// The decision to ignore the whole row.
    pub ignored: Option<Waiver>,
    /// JSON pointers of values that cannot be compared, because AWS does not return them in a read.
    pub unverified: Vec<String>,
    /// The Regions that were compared; `None` if the environments have one Region each.
    pub regions: Option<RegionNames>,
}

/// A Region of each environment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RegionNames {
    /// In the environment promoted from.
    pub from: String,
    /// In the environment promoted to.
    pub to: String,
    /// True for the Regions that commands work in.
    pub is_home: bool,
}

/// What is known of a change.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ChangeNote {
    /// The key of the tag that differs.
    pub tag: Option<String>,
    /// The decision to ignore the change.
    pub ignored: Option<Waiver>,
}

impl DriftRow {
    /// The pointer of a change, with the key of a tag instead of its index in the list: `/Tags/CostCenter`.
    pub fn tag_pointer(&self, change: &Change) -> Option<String> {
        let key = self.notes.get(&change.pointer)?.tag.as_ref()?;
        let property = pointer::tokens(&change.pointer).into_iter().next()?;
        Some(pointer::join(&pointer::join("", &property), key))
    }

    /// The identifiers in both environments.
    pub fn identifiers(&self) -> impl Iterator<Item = &String> {
        self.dev.iter().chain(&self.prod)
    }
}

/// What a comparison covered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Resources compared.
    pub checked: u64,
    /// Resources that could not be read.
    pub unreadable: u64,
    /// Tagged resources of types that cannot be read.
    pub unsupported: u64,
    /// Of the unreadable resources, those whose read was denied.
    pub denied: u64,
    /// The Regions of the environments, sorted.
    pub regions: Vec<RegionCoverage>,
}

/// A comparison of two environments.
#[derive(Debug, Clone, PartialEq)]
pub struct DriftReport {
    /// The environment promoted from.
    pub from: String,
    /// The environment promoted to.
    pub to: String,
    /// Rows, sorted by type and identifiers.
    pub rows: Vec<DriftRow>,
    /// The coverage.
    pub coverage: Coverage,
    /// The resource types that were known.
    pub registry: Registry,
}

impl DriftReport {
    /// The number of rows by status, every status included. Ignored rows are counted apart, as `ignored`.
    pub fn summary(&self) -> BTreeMap<String, u64> {
        let open =
            |status: Status| self.rows.iter().filter(|row| row.status == status && row.ignored.is_none()).count();
        let counts = Status::ALL.into_iter().map(|status| (status.as_str().to_owned(), open(status) as u64));
        counts.chain([("ignored".to_owned(), self.ignored())]).collect()
    }

    /// The number of ignored rows.
    pub fn ignored(&self) -> u64 {
        self.rows.iter().filter(|row| row.ignored.is_some()).count() as u64
    }

    /// True when a row that is not ignored has one of the given statuses.
    pub fn has_any(&self, statuses: &[Status]) -> bool {
        self.rows.iter().any(|row| statuses.contains(&row.status) && row.ignored.is_none())
    }
}

/// The differences between the expected prod configuration (dev's, translated to prod) and the actual
/// one, both normalized and without stagegate's own tags.
pub fn differences(schema: &TypeSchema, expected: &Value, actual: &Value) -> Vec<Change> {
    let normal = |properties: &Value| {
        normalize::normalize(schema, &tags::without_tracking(schema, properties), &normalize::Options::default())
    };
    diff::diff(&normal(expected), &normal(actual))
}

/// The values for which AWS stored (`after`) something other than requested (`before`). Write-only values cannot be
/// verified, and defaults that the service adds are ignored.
pub fn stored_differences(schema: &TypeSchema, sent: &Value, live: &Value) -> Vec<Change> {
    let normal = |properties: &Value| normalize::normalize(schema, properties, &normalize::Options::default());
    let mut found = diff::diff_declared(&normal(sent), &normal(live));
    // What AWS stored instead of a dynamic reference is its value, which this does not know.
    found.retain(|change| !change.before.as_ref().is_some_and(has_dynamic));
    found
}

/// Describes a difference of [`stored_differences`].
pub fn describe_stored_difference(change: &Change) -> String {
    let show = |value: &Option<Value>| value.as_ref().map_or_else(|| "nothing".to_owned(), Value::to_string);
    format!("{}: sent {}, read {}", change.pointer, show(&change.before), show(&change.after))
}

/// The digest of a resource's state at planning: values that the service sets (counters, times of
/// last use) and stagegate's own tags are left out.
pub fn observed_digest(schema: &TypeSchema, properties: &Value) -> String {
    digest::of(&crate::domain::portable::portable(schema, properties))
}

/// The version of the normalization that [`own_digest`] uses.
const DIGEST_VERSION: &str = "v1";

/// The value of the `PromotedDigest` tag: `v1:` and the digest of a resource's own normalized
/// configuration, stagegate's tags left out.
pub fn own_digest(schema: &TypeSchema, properties: &Value) -> String {
    let bare = tags::without_tracking(schema, properties);
    let normal = normalize::normalize(schema, &bare, &normalize::Options::default());
    // A service that stores `"5"` and returns `5` has not changed it.
    format!("{DIGEST_VERSION}:{}", digest::of(&scalar::loose(&normal)))
}

/// True if a resource has changed since its digest was written; `None` if its tags do not record it.
pub fn has_moved(schema: &TypeSchema, live: &LiveResource) -> Option<bool> {
    let recorded = live.tags.get(tags::PROMOTED_DIGEST)?;
    recorded.starts_with(&format!("{DIGEST_VERSION}:")).then(|| *recorded != own_digest(schema, &live.properties))
}

/// True if a promotion would undo changes that were made in prod since the last one. Where the record is missing, a
/// resource that is tagged as synced counts as changed.
pub fn undoes_changes(schema: &TypeSchema, dev: &LiveResource, prod: &LiveResource) -> bool {
    match moved(schema, dev, prod) {
        Some(Moved::Prod | Moved::Both) => true,
        Some(Moved::Dev) | None => false,
        Some(Moved::Unknown) => {
            let is_synced = PromotionStatus::of(&prod.tags) == Some(PromotionStatus::Synced);
            // Where tags cannot be changed after creation, there never is a record.
            has_moved(schema, prod).unwrap_or(is_synced && schema.tagging.updatable)
        }
    }
}

/// Which side changed since both digests were written; `None` when neither did.
pub fn moved(schema: &TypeSchema, dev: &LiveResource, prod: &LiveResource) -> Option<Moved> {
    match (has_moved(schema, dev), has_moved(schema, prod)) {
        (Some(false), Some(false)) => None,
        (Some(true), Some(true)) => Some(Moved::Both),
        (Some(true), Some(false)) => Some(Moved::Dev),
        (Some(false), Some(true)) => Some(Moved::Prod),
        _ => Some(Moved::Unknown),
    }
}
