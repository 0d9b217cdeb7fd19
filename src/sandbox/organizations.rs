//! Organizations: ListAccounts, from the file `organization.json` in the folder of the sandbox.
//!
//! ```json
//! {"management": "111111111111", "accounts": [
//!   {"id": "333333333333", "name": "Security"},
//!   {"id": "444444444444", "name": "Old", "status": "SUSPENDED"}
//! ]}
//! ```
//!
//! Its accounts are accounts of the sandbox as well. Without the file, there is no organization.

use std::path::Path;

use serde::Deserialize;
use serde_json::{Value, json};

use super::model::random;
use super::services::Call;
use super::wire::ApiError;

/// The most that is read of the file.
const MAX_BYTES: u64 = 16 << 20;

/// The accounts of a page.
const PAGE: usize = 20;

/// The recorded organization.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Recorded {
    /// The only account that may list the others.
    pub management: String,
    /// The accounts.
    pub accounts: Vec<Account>,
}

/// A recorded account.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Account {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// `ACTIVE`, `SUSPENDED` or `PENDING_CLOSURE`.
    #[serde(default = "active")]
    pub status: String,
}

fn active() -> String {
    "ACTIVE".to_owned()
}

/// Reads the recorded organization; `None` if there is no file.
///
/// # Errors
/// The file cannot be read.
pub(super) fn recorded(sandbox: &Path) -> Result<Option<Recorded>, String> {
    let path = sandbox.join("organization.json");
    let Ok(found) = std::fs::metadata(&path) else { return Ok(None) };
    let refused = |reason: String| format!("the recorded organization {}: {reason}", path.display());
    if !found.is_file() || found.len() > MAX_BYTES {
        return Err(refused("it is not a regular file of at most 16 MB".to_owned()));
    }
    let text = std::fs::read_to_string(&path).map_err(|error| refused(error.to_string()))?;
    serde_json::from_str(&text).map(Some).map_err(|error| refused(error.to_string()))
}

/// Handles one call.
pub(super) fn answer(call: &Call<'_>) -> Result<Value, ApiError> {
    match call.operation {
        "ListAccounts" => list(call),
        _ => Err(ApiError::unknown_operation()),
    }
}

fn list(call: &Call<'_>) -> Result<Value, ApiError> {
    let recorded =
        recorded(&call.options.directory).map_err(|reason| ApiError::new("InvalidInputException", reason))?;
    let Some(recorded) = recorded else {
        let message = "Your account is not a member of an organization.";
        return Err(ApiError::new("AWSOrganizationsNotInUseException", message));
    };
    if recorded.management != call.caller.account {
        let message = "You don't have permissions to access this resource.";
        return Err(ApiError::new("AccessDeniedException", message));
    }
    let invalid = || ApiError::new("InvalidInputException", "You specified an invalid value.");
    let start = match call.text("NextToken") {
        None => 0,
        Some(token) => random::text_of_hex(token).and_then(|text| text.parse::<usize>().ok()).ok_or_else(invalid)?,
    };
    let account = |one: &Account| {
        json!({
            "Id": one.id,
            "Arn": format!("arn:aws:organizations::{}:account/o-sandbox/{}", recorded.management, one.id),
            "Email": format!("{}@example.com", one.id),
            "Name": one.name,
            "Status": one.status,
            "JoinedMethod": "CREATED",
        })
    };
    let mut output =
        json!({"Accounts": recorded.accounts.iter().skip(start).take(PAGE).map(account).collect::<Vec<_>>()});
    if start.saturating_add(PAGE) < recorded.accounts.len() {
        output["NextToken"] = json!(random::hex_of((start + PAGE).to_string().as_bytes()));
    }
    Ok(output)
}
