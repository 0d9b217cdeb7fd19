//! Performs accepted requests when they are due: the resource handlers.

use serde_json::{Map, Value};

use super::super::clock::Millis;
use super::super::model::random::Random;
use super::super::model::{self, HandlerFailure, Place};
use super::super::secretsmanager;
use super::super::store::{Key, Operation, Record, Request, Status, Tables};
use super::super::tags;
use super::super::types;
use super::super::wire::ApiError;
use super::accept::FAILS_AFTER_EFFECT;
use super::{accept, elements, not_found_message, replicas};
use crate::schema::TypeSchema;

/// Performs every request that is due, in the order of their effects.
pub(in crate::sandbox) fn settle(tables: &Tables<'_>, now: Millis) -> Result<(), ApiError> {
    for mut request in tables.due_requests(now)? {
        if request.status == Status::CancelInProgress {
            request.status = Status::CancelComplete;
        } else {
            match perform(tables, &request)? {
                Ok(identifier) => {
                    let failure = request.error_code.as_deref().and_then(|code| code.strip_prefix(FAILS_AFTER_EFFECT));
                    let failure = failure.map(str::to_owned);
                    request.status = if failure.is_some() { Status::Failed } else { Status::Success };
                    request.message = failure.as_ref().map(|code| format!("The resource was left behind: {code}."));
                    request.error_code = failure;
                    request.identifier = Some(identifier);
                }
                Err(failure) => {
                    request.status = Status::Failed;
                    request.error_code = Some(failure.code.into_owned());
                    request.message = Some(failure.message);
                }
            }
        }
        // The effect has the time at which it was due, regardless of when it was processed.
        request.event_at = request.due_at;
        request.payload = None;
        tables.update_request(&request)?;
    }
    Ok(())
}

/// Creates a resource immediately, without a request.
pub(in crate::sandbox) fn seed(
    tables: &Tables<'_>,
    account: &str,
    region: &str,
    now: Millis,
    type_name: &str,
    mut desired: Value,
) -> Result<String, ApiError> {
    let Some(schema) = types::get(type_name) else {
        return Err(ApiError::internal(format!("the type '{type_name}' cannot be found")));
    };
    accept::forget_secrets(schema, &mut desired);
    let request = Request {
        token: Random::new(&[account, region, type_name, &desired.to_string()]).uuid("seed"),
        account: account.to_owned(),
        region: region.to_owned(),
        client_token: None,
        content: String::new(),
        operation: Operation::Create,
        type_name: type_name.to_owned(),
        identifier: None,
        status: Status::InProgress,
        accepted_at: now,
        due_at: now,
        event_at: now,
        error_code: None,
        message: None,
        payload: None,
    };
    create(tables, &request, schema, desired)?
        .map_err(|failure| ApiError::internal(format!("{type_name}: {}", failure.message)))
}

/// The identifier of the resource, or the handler's error; the outer error is the store's.
type Outcome = Result<Result<String, HandlerFailure>, ApiError>;

fn perform(tables: &Tables<'_>, request: &Request) -> Outcome {
    if let Some(code) = request.error_code.as_ref().filter(|code| !code.starts_with(FAILS_AFTER_EFFECT)) {
        let message = request.message.clone();
        let message = message.unwrap_or_else(|| format!("This request was chosen to fail with {code}."));
        return Ok(Err(HandlerFailure { code: code.clone().into(), message }));
    }
    let Some(schema) = types::get(&request.type_name) else {
        return Ok(Err(HandlerFailure::internal("The type is no longer in the registry.")));
    };
    let payload = request.payload.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or(Value::Null);
    match request.operation {
        Operation::Create => create(tables, request, schema, payload),
        Operation::Update => update(tables, request, schema, &payload),
        Operation::Delete => delete(tables, request, schema),
    }
}

fn place<'a>(request: &'a Request, at: Millis) -> Place<'a> {
    Place { account: &request.account, region: &request.region, now: at, seed: &request.token, revision: 1 }
}

fn key(request: &Request, schema: &TypeSchema, identifier: String) -> Key {
    Key {
        account: request.account.clone(),
        region: model::home_region(&schema.type_name, &request.region).to_owned(),
        type_name: schema.type_name.clone(),
        identifier,
    }
}

fn create(tables: &Tables<'_>, request: &Request, schema: &TypeSchema, desired: Value) -> Outcome {
    let Value::Object(mut desired) = desired else {
        return Ok(Err(HandlerFailure::internal("The request has no desired state.")));
    };
    let value = secretsmanager::requested(&schema.type_name, &mut desired, &request.token);
    let source = replicas::source(&key(request, schema, String::new()), &desired);
    if let Some(source) = &source {
        replicas::inherit(tables, source, &mut desired)?;
    }
    let mut place = place(request, request.due_at);
    place.revision = next_revision(tables, request, schema, &desired)?;
    if let Some(failure) = nothing_to_publish(tables, request, schema, &desired, place.revision - 1)? {
        return Ok(Err(failure));
    }
    let declared_tags = tags::read(schema, &Value::Object(desired.clone()));
    let built = match model::check(&schema.type_name, &desired).and_then(|()| model::build(schema, &place, desired)) {
        Ok(built) => built,
        Err(failure) => return Ok(Err(failure)),
    };
    // No read returns tags beside the model, but they are there.
    let is_beside = schema.tagging.beside_model;
    let tags = if is_beside { declared_tags } else { tags::read(schema, &built.properties) };
    if let Err(failure) = tags::check(&schema.type_name, &tags) {
        return Ok(Err(failure));
    }
    let key = key(request, schema, built.identifier);
    if let Some(failure) = taken(tables, &key, &built.properties)? {
        return Ok(Err(failure));
    }
    tables.insert(&Record {
        properties: built.properties.to_string(),
        arn: built.arn,
        side_tags: if is_beside { tags::to_json(&tags) } else { "{}".into() },
        ever_tagged: !tags.is_empty(),
        tags_before: None,
        tags_changed_at: request.due_at,
        created_at: request.due_at,
        updated_at: request.due_at,
        key: key.clone(),
    })?;
    if let Some(source) = &source {
        replicas::add(tables, source, &key.identifier)?;
    }
    if let Some(value) = value {
        tables.set_secret_value(&key, &value, request.due_at)?;
    }
    elements::written(tables, &key, None, &built.properties)?;
    secretsmanager::written(tables, &key, &built.properties, request.due_at)?;
    Ok(Ok(key.identifier))
}

/// The number of a new revision: one more than the highest of its family.
fn next_revision(
    tables: &Tables<'_>,
    request: &Request,
    schema: &TypeSchema,
    desired: &Map<String, Value>,
) -> Result<u64, ApiError> {
    let family = model::family_property(&schema.type_name);
    let Some((property, family)) = family.and_then(|name| Some((name, desired.get(name)?))) else {
        return Ok(1);
    };
    let mut highest = 0;
    tables.each_of_type::<ApiError>(
        &request.account,
        Some(&request.region),
        &schema.type_name,
        "",
        |identifier, other| {
            let other: Value = serde_json::from_str(&other).unwrap_or_default();
            let number = identifier.rsplit(':').next().and_then(|text| text.parse().ok());
            if other.get(property) == Some(family) {
                highest = highest.max(number.unwrap_or(0));
            }
            Ok(true)
        },
    )?;
    Ok(highest + 1)
}

/// Why no version of a function can be published: it was not changed since the latest one was.
fn nothing_to_publish(
    tables: &Tables<'_>,
    request: &Request,
    schema: &TypeSchema,
    desired: &Map<String, Value>,
    latest: u64,
) -> Result<Option<HandlerFailure>, ApiError> {
    let Some(name) = desired.get("FunctionName").and_then(Value::as_str) else { return Ok(None) };
    let Some(function_schema) =
        types::get("AWS::Lambda::Function").filter(|_| schema.type_name == "AWS::Lambda::Version")
    else {
        return Ok(None);
    };
    let name = name.rsplit(':').next().unwrap_or(name);
    let Some(function) = tables.find(&key(request, function_schema, name.to_owned()))? else { return Ok(None) };
    let version = key(request, schema, format!("{}:{latest}", function.arn.unwrap_or_default()));
    let published = tables.find(&version)?.filter(|version| version.created_at >= function.updated_at);
    Ok(published.map(|_| {
        let message = format!(
            "A version for this Lambda function exists ( {latest} ). Modify the function to create a new version."
        );
        HandlerFailure::new("AlreadyExists", message)
    }))
}

/// Why a resource with that name cannot be created, if it cannot.
fn taken(tables: &Tables<'_>, key: &Key, properties: &Value) -> Result<Option<HandlerFailure>, ApiError> {
    let already = |name: &str| {
        let message = format!("Resource of type '{}' with identifier '{name}' already exists.", key.type_name);
        Some(HandlerFailure::new("AlreadyExists", message))
    };
    if tables.find(key)?.is_some() {
        return Ok(already(&key.identifier));
    }
    if model::is_name_shared_by_all_accounts(&key.type_name)
        && tables.holder_anywhere(&key.type_name, &key.identifier)?.is_some()
    {
        let message = format!(
            "The requested bucket name is not available. The bucket namespace is shared by all \
             users of the system. Please select a different name and try again: {}",
            key.identifier
        );
        return Ok(Some(HandlerFailure::new("AlreadyExists", message)));
    }
    // Types whose identifier is random but whose name must be unique.
    let names = model::unique_together(&key.type_name);
    let wanted: Map<String, Value> =
        names.iter().filter_map(|name| Some(((*name).to_owned(), properties.get(*name)?.clone()))).collect();
    if wanted.is_empty() {
        return Ok(None);
    }
    let name = wanted.values().next().and_then(Value::as_str).unwrap_or_default().to_owned();
    let wanted = Value::Object(wanted);
    let mut is_taken = false;
    tables.each_of_type::<ApiError>(&key.account, Some(&key.region), &key.type_name, "", |_, other| {
        let other: Value = serde_json::from_str(&other).unwrap_or_default();
        is_taken |= model::contains(&other, &wanted);
        Ok(!is_taken)
    })?;
    Ok(if is_taken { already(&name) } else { None })
}

fn update(tables: &Tables<'_>, request: &Request, schema: &TypeSchema, changes: &Value) -> Outcome {
    let key = key(request, schema, request.identifier.clone().unwrap_or_default());
    let Some(mut record) = tables.find(&key)? else {
        return Ok(Err(HandlerFailure::new("NotFound", not_found_message(&key))));
    };
    let before: Value = serde_json::from_str(&record.properties).unwrap_or_default();
    let mut model = before.as_object().cloned().unwrap_or_default();
    for name in changes["remove"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        model.shift_remove(name);
    }
    for (name, value) in changes["set"].as_object().into_iter().flatten() {
        let mut value = value.clone();
        // Read-only values inside a replaced property stay as they are.
        if let Some(old) = before.get(name) {
            keep_read_only(schema, name, old, &mut value);
        }
        model.insert(name.clone(), value);
    }
    let value = secretsmanager::requested(&schema.type_name, &mut model, &request.token);
    let place = place(request, request.due_at);
    let built = match model::check(&schema.type_name, &model).and_then(|()| model::build(schema, &place, model)) {
        Ok(built) => built,
        Err(failure) => return Ok(Err(failure)),
    };
    let tags = tags::read(schema, &built.properties);
    if let Err(failure) = tags::check_change(&schema.type_name, &tags::read(schema, &before), &tags) {
        return Ok(Err(failure));
    }
    tags::note_change(&mut record, schema, &before, &tags, request.due_at);
    record.properties = built.properties.to_string();
    record.arn = built.arn.or(record.arn);
    record.updated_at = request.due_at;
    tables.update(&record)?;
    if let Some(value) = value {
        tables.set_secret_value(&key, &value, request.due_at)?;
    }
    elements::written(tables, &key, Some(&before), &built.properties)?;
    Ok(Ok(key.identifier))
}

/// Copies read-only values of an old property into the new one.
fn keep_read_only(schema: &TypeSchema, name: &str, old: &Value, new: &mut Value) {
    for path in &schema.read_only {
        let tokens = path.tokens();
        let is_inside = tokens.len() > 1 && tokens[0] == name && !tokens.iter().any(|t| t == "*");
        if !is_inside {
            continue;
        }
        let pointer: String = tokens[1..].iter().map(|token| format!("/{token}")).collect();
        let Some((parent, last)) = pointer.rsplit_once('/') else {
            continue;
        };
        if let (Some(value), Some(Value::Object(map))) = (old.pointer(&pointer), new.pointer_mut(parent)) {
            map.entry(last).or_insert_with(|| value.clone());
        }
    }
}

fn delete(tables: &Tables<'_>, request: &Request, schema: &TypeSchema) -> Outcome {
    let key = key(request, schema, request.identifier.clone().unwrap_or_default());
    let Some(properties) = tables.properties(&key)? else {
        return Ok(Err(HandlerFailure::new("NotFound", not_found_message(&key))));
    };
    let model: Value = serde_json::from_str(&properties).unwrap_or_default();
    if let Some(failure) = model::deletion_refused(&key, &model) {
        return Ok(Err(failure));
    }
    tables.delete(&key)?;
    replicas::remove(tables, &key)?;
    elements::deleted(tables, &key, &model)?;
    Ok(Ok(key.identifier))
}
