//! IAM: reads of the roles, users, groups and policies created through Cloud Control, tags of policies,
//! and the policy simulator.

mod details;
pub mod evaluator;
mod last_used;
mod principal;
mod read;
mod session;
mod simulate;
mod tag;

use serde_json::{Value, json};

use super::model::GLOBAL;
use super::services::Call;
use super::store::{Key, Record, Tables};
use super::wire::ApiError;

pub(super) use principal::{Permissions, Principal, find_role};
pub(super) use session::Session;

/// Handles one call.
pub(super) fn answer(call: &Call<'_>, tables: &Tables<'_>) -> Result<Value, ApiError> {
    match call.operation {
        "SimulateCustomPolicy" => simulate::custom(call),
        "SimulatePrincipalPolicy" => simulate::principal(call, tables),
        "TagPolicy"
        | "UntagPolicy"
        | "ListPolicyTags"
        | "TagInstanceProfile"
        | "UntagInstanceProfile"
        | "ListInstanceProfileTags"
        | "TagRole"
        | "UntagRole"
        | "ListRoleTags"
        | "TagUser"
        | "UntagUser"
        | "ListUserTags" => tag::answer(call, tables),
        "GenerateServiceLastAccessedDetails" | "GetServiceLastAccessedDetails" => last_used::answer(call, tables),
        "GetAccountAuthorizationDetails" => details::answer(call, tables),
        _ => read::answer(call, tables),
    }
}

/// A required string member of the input.
fn required<'a>(call: &Call<'a>, member: &str) -> Result<&'a str, ApiError> {
    call.text(member).filter(|text| !text.is_empty()).ok_or_else(|| {
        let mut letters = member.chars();
        let place: String = letters.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(letters).collect();
        ApiError::new(
            "ValidationError",
            format!(
                "1 validation error detected: Value null at '{place}' failed to satisfy constraint: \
                 Member must not be null"
            ),
        )
    })
}

fn no_such_entity(message: String) -> ApiError {
    ApiError { code: "NoSuchEntity".into(), message, status: 404 }
}

fn invalid_input(message: impl Into<String>) -> ApiError {
    ApiError::new("InvalidInput", message)
}

/// A stored IAM resource of the caller's account.
fn find(
    tables: &Tables<'_>,
    account: &str,
    type_name: &str,
    identifier: &str,
) -> Result<Option<(Record, Value)>, ApiError> {
    let key = Key {
        account: account.to_owned(),
        region: GLOBAL.to_owned(),
        type_name: type_name.to_owned(),
        identifier: identifier.to_owned(),
    };
    Ok(tables.find(&key)?.map(|record| {
        let model = serde_json::from_str(&record.properties).unwrap_or_default();
        (record, model)
    }))
}

/// The models of a type's resources of an account, in identifier order.
fn all(tables: &Tables<'_>, account: &str, type_name: &str) -> Result<Vec<Value>, ApiError> {
    let mut models = Vec::new();
    tables.each_of_type::<ApiError>(account, Some(GLOBAL), type_name, "", |_, properties| {
        models.push(serde_json::from_str(&properties).unwrap_or_default());
        Ok(true)
    })?;
    Ok(models)
}

/// One page of a list (`MaxItems`, `Marker`), as members of the response.
fn page(call: &Call<'_>, name: &str, items: Vec<Value>) -> Result<Value, ApiError> {
    let limit = match call.text("MaxItems").map(str::parse::<usize>) {
        None => 100,
        Some(Ok(limit @ 1..=1_000)) => limit,
        Some(_) => return Err(ApiError::new("ValidationError", "MaxItems must be between 1 and 1000")),
    };
    let skip = match call.text("Marker") {
        None => 0,
        Some(text) => text.parse::<usize>().map_err(|_| ApiError::new("ValidationError", "Invalid Marker"))?,
    };
    let is_truncated = items.len() > skip.saturating_add(limit);
    let shown: Vec<Value> = items.into_iter().skip(skip).take(limit).collect();
    let mut answer = json!({name: shown, "IsTruncated": is_truncated});
    if is_truncated {
        answer["Marker"] = json!((skip + limit).to_string());
    }
    Ok(answer)
}
