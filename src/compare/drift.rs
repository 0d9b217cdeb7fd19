//! How a pair of live resources differs, and which side moved since the promotion.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::compare::diff;
use crate::compare::normalise;
use crate::domain::digest;
use crate::domain::resource::{Change, LiveResource};
use crate::domain::suggestion::SuggestedCommand;
use crate::domain::tags;
use crate::schema::TypeSchema;

/// A row's status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// Both sides are configured alike.
    Synced,
    /// Both sides exist and differ.
    Drifted,
    /// Never promoted.
    DevOnly,
    /// Exists in prod without a dev resource.
    ProdOnly,
    /// The tags do not fit what exists.
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

    /// The word in output and in `--fail-on`.
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

    /// Reads a word of `--fail-on`; dashes are as good as underscores.
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
    /// The digests do not say.
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
    /// What differs: `before` is what prod should have going by dev, `after` what it has.
    pub changes: Vec<Change>,
    /// Which side moved.
    pub moved: Option<Moved>,
    /// Why.
    pub reason: Option<String>,
    /// What to do.
    pub action: Option<String>,
    /// The command for it.
    pub command: Option<SuggestedCommand>,
}

/// What a comparison looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Resources judged.
    pub checked: u64,
    /// Resources that could not be read.
    pub unreadable: u64,
    /// Tagged resources of types that cannot be read.
    pub unsupported: u64,
    /// Of the unreadable, those that the caller may not read.
    pub denied: u64,
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
    /// What was looked at.
    pub coverage: Coverage,
}

impl DriftReport {
    /// Rows by status, every status named.
    pub fn summary(&self) -> BTreeMap<String, u64> {
        Status::ALL
            .into_iter()
            .map(|status| {
                let count = self.rows.iter().filter(|row| row.status == status).count();
                (status.as_str().to_owned(), count as u64)
            })
            .collect()
    }

    /// True when a row has one of the given statuses.
    pub fn has_any(&self, statuses: &[Status]) -> bool {
        self.rows.iter().any(|row| statuses.contains(&row.status))
    }
}

/// What differs between what prod should have (dev's configuration in prod's terms) and what it
/// has, both normalised and without stagegate's own tags.
pub fn differences(schema: &TypeSchema, expected: &Value, actual: &Value) -> Vec<Change> {
    let normal = |properties: &Value| {
        normalise::normalise(schema, &tags::without_tracking(schema, properties), &normalise::Options::default())
    };
    diff::diff(&normal(expected), &normal(actual))
}

/// What was sent (`before`) and did not come back as sent (`after`); write-only values cannot be
/// seen. What the service adds by itself does not count.
pub fn not_as_sent(schema: &TypeSchema, sent: &Value, live: &Value) -> Vec<Change> {
    let normal = |properties: &Value| normalise::normalise(schema, properties, &normalise::Options::default());
    diff::diff_declared(&normal(sent), &normal(live))
}

/// A difference of [`not_as_sent`] in words.
pub fn describe_lost(change: &Change) -> String {
    let show = |value: &Option<Value>| value.as_ref().map_or_else(|| "nothing".to_owned(), Value::to_string);
    format!("{}: sent {}, read {}", change.pointer, show(&change.before), show(&change.after))
}

/// The digest of a resource as a plan found it: what the service sets by itself (counters, times of
/// last use) is left out, and so are stagegate's own tags.
pub fn found_digest(schema: &TypeSchema, properties: &Value) -> String {
    digest::of(&crate::domain::portable::portable(schema, properties))
}

/// The version of the normalisation that [`own_digest`] is taken over.
const DIGEST_VERSION: &str = "v1";

/// The value of the `PromotedDigest` tag: `v1:` and the digest of a resource's own normalised
/// configuration, stagegate's tags left out.
pub fn own_digest(schema: &TypeSchema, properties: &Value) -> String {
    let bare = tags::without_tracking(schema, properties);
    let normal = normalise::normalise(schema, &bare, &normalise::Options::default());
    // A service that reads `"5"` back as `5` has not moved.
    format!("{DIGEST_VERSION}:{}", digest::of(&normalise::loose(&normal)))
}

/// Which side moved since both digests were written; `None` when neither did.
pub fn moved(schema: &TypeSchema, dev: &LiveResource, prod: &LiveResource) -> Option<Moved> {
    let changed = |live: &LiveResource| {
        let recorded = live.tags.get(tags::PROMOTED_DIGEST)?;
        recorded.starts_with(&format!("{DIGEST_VERSION}:")).then(|| *recorded != own_digest(schema, &live.properties))
    };
    match (changed(dev), changed(prod)) {
        (Some(false), Some(false)) => None,
        (Some(true), Some(true)) => Some(Moved::Both),
        (Some(true), Some(false)) => Some(Moved::Dev),
        (Some(false), Some(true)) => Some(Moved::Prod),
        _ => Some(Moved::Unknown),
    }
}
