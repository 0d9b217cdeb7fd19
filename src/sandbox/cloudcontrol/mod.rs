//! The Cloud Control API over every type of the registry.
//!
//! A write is accepted immediately and takes effect when it is due ([`settle`]); what AWS rejects
//! before accepting is an exception, what its resource handlers reject is a FAILED event.

mod accept;
mod elements;
mod patch;
mod progress;
mod read;
mod replicas;
mod settle;

use serde_json::Value;

use super::model;
use super::services::Call;
use super::store::{Key, Tables};
use super::types;
use super::wire::ApiError;
use crate::schema::TypeSchema;

pub(super) use settle::{seed, settle};

/// Handles one call.
pub(super) fn answer(call: &Call<'_>, tables: &Tables<'_>) -> Result<Value, ApiError> {
    match call.operation {
        "CreateResource" => accept::create(call, tables),
        "UpdateResource" => accept::update(call, tables),
        "DeleteResource" => accept::delete(call, tables),
        "GetResource" => read::get(call, tables),
        "ListResources" => read::list(call, tables),
        "GetResourceRequestStatus" => progress::status(call, tables),
        "ListResourceRequests" => progress::list(call, tables),
        "CancelResourceRequest" => progress::cancel(call, tables),
        _ => Err(ApiError::unknown_operation()),
    }
}

/// A required string member of the input.
fn required<'a>(call: &Call<'a>, member: &str) -> Result<&'a str, ApiError> {
    match call.text(member) {
        Some("") => Err(constraint(member, "", "Member must have length greater than or equal to 1")),
        Some(text) => Ok(text),
        None => {
            let place = lower_first(member);
            Err(ApiError::new(
                "ValidationException",
                format!(
                    "1 validation error detected: Value null at '{place}' failed to satisfy \
                     constraint: Member must not be null"
                ),
            ))
        }
    }
}

/// The error for a member that breaks a constraint of the service model.
fn constraint(member: &str, value: &str, rule: &str) -> ApiError {
    let place = lower_first(member);
    ApiError::new(
        "ValidationException",
        format!(
            "1 validation error detected: Value '{value}' at '{place}' failed to satisfy \
             constraint: {rule}"
        ),
    )
}

fn lower_first(member: &str) -> String {
    let mut letters = member.chars();
    letters.next().map(|first| first.to_ascii_lowercase().to_string() + letters.as_str()).unwrap_or_default()
}

/// The action of a call, by the handler that it needs.
#[derive(Debug, Clone, Copy)]
enum Action {
    Create,
    Read,
    Update,
    Delete,
    List,
}

/// The schema of the type that a call names, when the type has the handler that the call needs.
fn schema_for(call: &Call<'_>, action: Action) -> Result<&'static TypeSchema, ApiError> {
    let name = required(call, "TypeName")?;
    let parts: Vec<&str> = name.split("::").collect();
    let is_word = |part: &&str| (2..=64).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if parts.len() != 3 || !parts.iter().all(is_word) {
        let rule = "Member must satisfy regular expression pattern: \
                    [A-Za-z0-9]{2,64}::[A-Za-z0-9]{2,64}::[A-Za-z0-9]{2,64}";
        return Err(constraint("TypeName", name, rule));
    }
    let Some(schema) = types::get(name) else {
        return Err(ApiError::new("TypeNotFoundException", format!("The type '{name}' cannot be found.")));
    };
    let (is_supported, verb) = match action {
        Action::Create => (schema.handlers.create, "CREATE"),
        Action::Read => (schema.handlers.read, "READ"),
        Action::Update => (schema.handlers.update, "UPDATE"),
        Action::Delete => (schema.handlers.delete, "DELETE"),
        Action::List => (schema.handlers.list, "LIST"),
    };
    if is_supported {
        Ok(schema)
    } else {
        Err(ApiError::new("UnsupportedActionException", format!("Resource type {name} does not support {verb} action")))
    }
}

/// The stored name of the resource that a call identifies. A JSON object may give a primary or an
/// additional identifier by property names; a plain string is the primary one.
fn key_for(call: &Call<'_>, tables: &Tables<'_>, schema: &TypeSchema) -> Result<Key, ApiError> {
    let given = required(call, "Identifier")?;
    let mut key = Key {
        account: call.caller.account.clone(),
        region: model::home_region(&schema.type_name, &call.caller.region).to_owned(),
        type_name: schema.type_name.clone(),
        identifier: given.to_owned(),
    };
    let Ok(Value::Object(parts)) = serde_json::from_str::<Value>(given) else {
        return Ok(key);
    };
    let parts = Value::Object(parts);
    if let Some(identifier) = schema.identifier_of(&parts) {
        key.identifier = identifier;
        return Ok(key);
    }
    let is_additional = schema.additional_identifiers.iter().any(|names| {
        parts.as_object().is_some_and(|given| given.len() == names.len())
            && names.iter().all(|name| parts.get(name).is_some())
    });
    if !is_additional {
        return Err(ApiError::new(
            "ValidationException",
            format!("Identifier {given} is not valid for identifier [{}]", pointers(schema)),
        ));
    }
    let mut found = None;
    tables.each_of_type::<ApiError>(
        &key.account,
        Some(&key.region),
        &key.type_name,
        "",
        |identifier, properties| {
            let model: Value = serde_json::from_str(&properties).unwrap_or_default();
            if model::contains(&model, &parts) {
                found = Some(identifier);
            }
            Ok(found.is_none())
        },
    )?;
    if let Some(identifier) = found {
        key.identifier = identifier;
    }
    Ok(key)
}

fn pointers(schema: &TypeSchema) -> String {
    let names: Vec<String> = schema.primary_identifier.iter().map(|name| format!("/properties/{name}")).collect();
    names.join(", ")
}

/// The exception of a read handler that finds nothing.
fn not_found(key: &Key, request_token: &str) -> ApiError {
    ApiError::new(
        "ResourceNotFoundException",
        format!(
            "{} Handler returned status FAILED: {} (HandlerErrorCode: NotFound, RequestToken: \
             {request_token})",
            key.type_name,
            not_found_message(key),
        ),
    )
}

fn not_found_message(key: &Key) -> String {
    format!("Resource of type '{}' with identifier '{}' was not found.", key.type_name, key.identifier)
}
