//! Accepting writes: everything that AWS checks before it returns a request token.

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::super::clock::Millis;
use super::super::model::{self, random};
use super::super::permissions;
use super::super::services::Call;
use super::super::store::{Key, Operation, Request, Status, Tables};
use super::super::wire::ApiError;
use super::{Action, constraint, key_for, not_found, patch, progress, required, schema_for};
use crate::codes::Code;
use crate::domain::symbol;
use crate::schema::{self, AccountRegion, TypeSchema, Violation, arn_pattern, predict_arn};

/// How long a client token identifies the same request (36 hours).
const CLIENT_TOKEN_LIFE: Millis = 36 * 3_600_000;

/// Prefix of the error code of a request in progress that takes effect and then fails.
pub(super) const FAILS_AFTER_EFFECT: &str = "LEFT:";

/// How long a finished request can be queried (7 days).
const REQUEST_LIFE: Millis = 7 * 24 * 3_600_000;

/// `CreateResource`
pub(super) fn create(call: &Call<'_>, tables: &Tables<'_>) -> Result<Value, ApiError> {
    let schema = schema_for(call, Action::Create)?;
    let text = required(call, "DesiredState")?;
    let ticket = Ticket::new(call, schema, Operation::Create, "", text)?;
    if let Some(event) = ticket.replay(tables)? {
        return Ok(event);
    }
    let mut desired = desired_state(schema, text)?;
    forget_secrets(schema, &mut desired);
    let identifier = schema.identifier_of(&desired);
    if let Some(identifier) = &identifier {
        refuse_concurrency(tables, &ticket.key(identifier))?;
    }
    ticket.accept(tables, identifier, Some(desired))
}

/// Removes write-only values before anything is stored.
pub(super) fn forget_secrets(schema: &TypeSchema, desired: &mut Value) {
    for path in &schema.write_only {
        let path_text = path.to_string();
        // The tagging API returns these.
        let is_tags = schema.tagging.beside_model && schema.tagging.property.as_deref() == path_text.strip_prefix('/');
        if !is_tags && !model::is_needed_to_create(&schema.type_name, &path_text) {
            path.remove_from(desired);
        }
    }
}

/// `UpdateResource`
pub(super) fn update(call: &Call<'_>, tables: &Tables<'_>) -> Result<Value, ApiError> {
    let schema = schema_for(call, Action::Update)?;
    let key = key_for(call, tables, schema)?;
    let document = required(call, "PatchDocument")?;
    let ticket = Ticket::new(call, schema, Operation::Update, &key.identifier, document)?;
    if let Some(event) = ticket.replay(tables)? {
        return Ok(event);
    }
    refuse_concurrency(tables, &key)?;
    let Some(properties) = tables.properties(&key)? else {
        return Err(not_found(&key, &ticket.token(tables)?));
    };
    let current: Value = serde_json::from_str(&properties)
        .map_err(|error| ApiError::internal(format!("A stored model is broken: {error}")))?;
    let changes = patch::changes(schema, &current, document)?;
    ticket.accept(tables, Some(key.identifier), Some(changes))
}

/// `DeleteResource`: accepted for any identifier; the handler fails if it does not exist.
pub(super) fn delete(call: &Call<'_>, tables: &Tables<'_>) -> Result<Value, ApiError> {
    let schema = schema_for(call, Action::Delete)?;
    let key = key_for(call, tables, schema)?;
    let ticket = Ticket::new(call, schema, Operation::Delete, &key.identifier, "")?;
    if let Some(event) = ticket.replay(tables)? {
        return Ok(event);
    }
    refuse_concurrency(tables, &key)?;
    ticket.accept(tables, Some(key.identifier), None)
}

fn refuse_concurrency(tables: &Tables<'_>, key: &Key) -> Result<(), ApiError> {
    if tables.is_in_flight(key)? {
        return Err(ApiError::new(
            "ConcurrentOperationException",
            format!(
                "Another operation on resource of type '{}' with identifier '{}' is already in \
                 progress.",
                key.type_name, key.identifier
            ),
        ));
    }
    Ok(())
}

/// Parses and validates a desired state.
fn desired_state(schema: &TypeSchema, text: &str) -> Result<Value, ApiError> {
    let desired: Value = serde_json::from_str(text)
        .map_err(|error| ApiError::new("InvalidRequestException", format!("Invalid DesiredState: {error}")))?;
    if !desired.is_object() {
        return Err(ApiError::new(
            "InvalidRequestException",
            "Invalid DesiredState: the resource model must be a JSON object",
        ));
    }
    refuse_violations(&schema::validate_as(schema, &desired))?;
    refuse_intrinsics(&desired)?;
    Ok(desired)
}

/// Cloud Control does not support template functions: an unresolved one is an object of the wrong type.
pub(super) fn refuse_intrinsics(model: &Value) -> Result<(), ApiError> {
    let unknown: Vec<String> = symbol::unknown_pointers(model)
        .into_iter()
        .map(|pointer| format!("#{pointer}: expected type: String, found: JSONObject"))
        .collect();
    if unknown.is_empty() { Ok(()) } else { Err(model_failed(&unknown)) }
}

/// Converts schema violations to the exception that AWS returns.
pub(super) fn refuse_violations(violations: &[Violation]) -> Result<(), ApiError> {
    if violations.is_empty() {
        return Ok(());
    }
    let lines: Vec<String> = violations.iter().map(violation_line).collect();
    Err(model_failed(&lines))
}

fn model_failed(lines: &[String]) -> ApiError {
    ApiError::new("ValidationException", format!("Model validation failed ({})", lines.join("\n")))
}

fn violation_line(violation: &Violation) -> String {
    let (parent, key) = violation.pointer.rsplit_once('/').unwrap_or_default();
    match violation.code {
        Code::UnknownProperty => format!("#{parent}: extraneous key [{key}] is not permitted"),
        Code::ReadOnlyProperty => format!("#{parent}: read-only key [{key}] is not permitted"),
        Code::MissingProperty => format!("#{parent}: required key [{key}] not found"),
        _ => format!("#{}: {}", violation.pointer, violation.message),
    }
}

/// A write that is about to be accepted.
struct Ticket<'a> {
    call: &'a Call<'a>,
    schema: &'a TypeSchema,
    operation: Operation,
    client_token: Option<&'a str>,
    content: String,
}

impl<'a> Ticket<'a> {
    fn new(
        call: &'a Call<'a>,
        schema: &'a TypeSchema,
        operation: Operation,
        identifier: &str,
        body: &str,
    ) -> Result<Self, ApiError> {
        let client_token = call.text("ClientToken");
        if let Some(token) = client_token {
            let is_valid = (1..=128).contains(&token.len())
                && token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-+/=".contains(&byte));
            if !is_valid {
                let rule = "Member must satisfy regular expression pattern: [-A-Za-z0-9+/=]+";
                return Err(constraint("ClientToken", token, rule));
            }
        }
        let mut hash = Sha256::new();
        for part in [operation.name(), &schema.type_name, identifier, body] {
            hash.update(part.len().to_le_bytes());
            hash.update(part);
        }
        Ok(Self { call, schema, operation, client_token, content: random::hex_of(&hash.finalize()) })
    }

    /// The event of an earlier request with the same client token.
    fn replay(&self, tables: &Tables<'_>) -> Result<Option<Value>, ApiError> {
        let Some(client_token) = self.client_token else {
            return Ok(None);
        };
        let caller = self.call.caller;
        let earlier = tables.find_by_client_token(&caller.account, &caller.region, client_token)?;
        match earlier {
            Some(earlier) if self.call.now - earlier.accepted_at < CLIENT_TOKEN_LIFE => {
                if earlier.content == self.content {
                    Ok(Some(progress::answer(&earlier)))
                } else {
                    Err(ApiError::new(
                        "ClientTokenConflictException",
                        format!(
                            "Client token {client_token} has already been used for another \
                             resource request (RequestToken: {}).",
                            earlier.token
                        ),
                    ))
                }
            }
            _ => Ok(None),
        }
    }

    /// Generates a request token. The same client token gives the same one after a reset, so that runs can
    /// be repeated; a reused client token gets a different one.
    fn token(&self, tables: &Tables<'_>) -> Result<String, ApiError> {
        let caller = self.call.caller;
        let first_use = match self.client_token {
            Some(token) => tables
                .find_by_client_token(&caller.account, &caller.region, token)?
                .is_none()
                .then_some(token.to_owned()),
            None => None,
        };
        let salt = match first_use {
            Some(token) => token,
            None => format!("#{}", tables.next_sequence()?),
        };
        let seed = [&caller.account, &caller.region, &self.schema.type_name, &salt].map(String::as_str);
        Ok(random::Random::new(&seed).uuid("request"))
    }

    fn key(&self, identifier: &str) -> Key {
        let caller = self.call.caller;
        Key {
            account: caller.account.clone(),
            region: model::home_region(&self.schema.type_name, &caller.region).to_owned(),
            type_name: self.schema.type_name.clone(),
            identifier: identifier.to_owned(),
        }
    }

    /// Why the handler is denied with this caller's permissions, if it is.
    fn refusal(
        &self,
        tables: &Tables<'_>,
        identifier: Option<&str>,
        payload: Option<&Value>,
    ) -> Result<Option<String>, ApiError> {
        let handler = match self.operation {
            Operation::Create => "create",
            Operation::Update => "update",
            Operation::Delete => "delete",
        };
        let known = match self.operation {
            Operation::Create => payload.and_then(|desired| {
                let caller = self.call.caller;
                let place = AccountRegion { account: &caller.account, region: &caller.region };
                // The part of the name that the service chooses is `x`.
                predict_arn(self.schema, identifier.unwrap_or_default(), desired, place).or_else(|| {
                    let pattern = arn_pattern(self.schema, desired, &caller.account, &caller.region)?;
                    Some(pattern.replace('*', "x"))
                })
            }),
            _ => identifier
                .map(|identifier| tables.find(&self.key(identifier)))
                .transpose()?
                .flatten()
                .and_then(|record| record.arn),
        };
        permissions::handler_refused(self.call, tables, self.schema, handler, known.as_deref(), payload)
    }

    fn accept(
        &self,
        tables: &Tables<'_>,
        identifier: Option<String>,
        payload: Option<Value>,
    ) -> Result<Value, ApiError> {
        let refusal = self.refusal(tables, identifier.as_deref(), payload.as_ref())?;
        let now = self.call.now;
        let millis = i64::try_from(self.call.options.operation_millis).unwrap_or(i64::MAX / 2);
        let request = Request {
            token: self.token(tables)?,
            account: self.call.caller.account.clone(),
            region: self.call.caller.region.clone(),
            client_token: self.client_token.map(str::to_owned),
            content: self.content.clone(),
            operation: self.operation,
            type_name: self.schema.type_name.clone(),
            identifier,
            status: Status::InProgress,
            accepted_at: now,
            due_at: now.saturating_add(millis),
            event_at: now,
            error_code: match &refusal {
                Some(_) => Some("AccessDenied".to_owned()),
                None => self.call.doom.map(|doom| match doom.has_effect {
                    true => format!("{FAILS_AFTER_EFFECT}{}", doom.code),
                    false => doom.code.to_owned(),
                }),
            },
            message: refusal,
            payload: payload.map(|payload| payload.to_string()),
        };
        tables.forget_requests_before(now - REQUEST_LIFE)?;
        tables.insert_request(&request)?;
        Ok(progress::accepted(&request))
    }
}

/// The changes of an update, stored until it takes effect: whole top-level properties.
pub(super) fn payload(set: Map<String, Value>, remove: Vec<String>) -> Value {
    json!({"set": set, "remove": remove})
}
