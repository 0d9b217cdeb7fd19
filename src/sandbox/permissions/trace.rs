//! A record of what was asked of a session's policies, for tests of what a policy needs.

use std::io::Write as _;
use std::path::Path;

use serde_json::json;

use super::requirement::Requirement;

/// The file of the record. Release builds have none.
pub(in crate::sandbox) fn file() -> Option<std::path::PathBuf> {
    #[cfg(debug_assertions)]
    if let Some(file) = std::env::var_os("STAGEGATE_TEST_SANDBOX_AUTHORIZATIONS") {
        return Some(file.into());
    }
    None
}

/// Appends a line for a requirement. A record that cannot be written is incomplete, which its reader notices.
pub(super) fn record(file: &Path, requirement: &Requirement) {
    let context: serde_json::Map<String, serde_json::Value> =
        requirement.context.iter().map(|(key, value)| ((*key).to_owned(), json!(value))).collect();
    let line = json!({"action": requirement.action, "any": requirement.any, "context": context});
    if let Ok(mut file) = std::fs::OpenOptions::new().create(true).append(true).open(file) {
        let _ = file.write_all(format!("{line}\n").as_bytes());
    }
}
