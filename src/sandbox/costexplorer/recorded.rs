//! Recorded bills: files in the folder `bills` of the sandbox, one per account and month, such as
//! `bills/111111111111/2026-10.json`.
//!
//! ```json
//! {"lines": [
//!   {"service": "Amazon Simple Storage Service", "amount": "0.45", "tags": {"Project": "shop"}},
//!   {"service": "AWS Lambda", "amount": "-0.10", "record_type": "Credit"},
//!   {"service": "AWS Support (Developer)", "amount": "29", "currency": "USD", "region": "us-east-1", "day": "2026-10-01"}
//! ]}
//! ```
//!
//! A line without a day is spread evenly over the days of its month that have begun. An account with a folder is billed by its
//! files alone, so that a month without a file costs nothing.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::Deserialize;

use crate::sandbox::tags::Tags;
use crate::sandbox::wire::ApiError;

/// The most that is read of a file.
const MAX_BYTES: u64 = 16 << 20;

/// One line of a recorded bill.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Line {
    /// The service name in Cost Explorer.
    pub service: String,
    /// The unblended cost.
    pub amount: Decimal,
    /// The currency.
    #[serde(default = "dollars")]
    pub currency: String,
    /// The record type, such as `Usage`, `Credit`, `Refund`, `Tax` or `Support`.
    #[serde(default = "usage")]
    pub record_type: String,
    /// The Region.
    #[serde(default = "no_region")]
    pub region: String,
    /// The cost allocation tags.
    #[serde(default)]
    pub tags: Tags,
    /// The day on which it was billed.
    pub day: Option<Date>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    lines: Vec<Line>,
}

fn dollars() -> String {
    "USD".to_owned()
}

fn usage() -> String {
    "Usage".to_owned()
}

fn no_region() -> String {
    "NoRegion".to_owned()
}

/// The recorded bills of an account by the first day of their month; `None` if it has no folder.
pub(super) fn months(sandbox: &Path, account: &str) -> Result<Option<BTreeMap<Date, Vec<Line>>>, ApiError> {
    let folder = sandbox.join("bills").join(account);
    let Ok(entries) = std::fs::read_dir(&folder) else { return Ok(None) };
    let mut months = BTreeMap::new();
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let Some(month) = name.strip_suffix(".json").filter(|month| month.len() == 7) else { continue };
        let refused = |reason: String| {
            ApiError::new("ValidationException", format!("The recorded bill {}: {reason}", entry.path().display()))
        };
        let first: Date = format!("{month}-01").parse().map_err(|_| refused("its name is not a month".to_owned()))?;
        let is_readable = entry.metadata().is_ok_and(|found| found.is_file() && found.len() <= MAX_BYTES);
        if !is_readable {
            return Err(refused("it is not a regular file of at most 16 MB".to_owned()));
        }
        let text = std::fs::read_to_string(entry.path()).map_err(|error| refused(error.to_string()))?;
        let file: File = serde_json::from_str(&text).map_err(|error| refused(error.to_string()))?;
        if file.lines.iter().filter_map(|line| line.day).any(|day| day.first_of_month() != first) {
            return Err(refused("a day is not in its month".to_owned()));
        }
        months.insert(first, file.lines);
    }
    Ok(Some(months))
}
