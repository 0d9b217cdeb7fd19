//! Reads that were answered with data of an earlier run.

use schemars::JsonSchema;
use serde::Serialize;

use crate::domain::stale::StaleRead;

/// A read that was answered with data of an earlier run, because the service cannot be reached.
#[derive(Debug, Serialize, JsonSchema)]
pub struct StaleView {
    /// The environment.
    pub environment: String,
    /// A type and an identifier, a type and `*` for its list, or `tagged resources`.
    pub subject: String,
    /// The age in seconds.
    pub age_seconds: u64,
}

impl From<&StaleRead> for StaleView {
    fn from(read: &StaleRead) -> Self {
        Self { environment: read.environment.clone(), subject: read.subject(), age_seconds: read.age.as_secs() }
    }
}
