//! `GetResource` and `ListResources`.

use serde_json::{Map, Value, json};

use super::super::model::{self, lists, random};
use super::super::permissions;
use super::super::services::Call;
use super::super::store::Tables;
use super::super::wire::ApiError;
use super::{Action, elements, key_for, not_found, progress, schema_for};
use crate::schema::{TypeSchema, arn_of};

/// `GetResource`
pub(super) fn get(call: &Call<'_>, tables: &Tables<'_>) -> Result<Value, ApiError> {
    let schema = schema_for(call, Action::Read)?;
    let key = key_for(call, tables, schema)?;
    // Looked up only where permissions depend on it.
    let arn = match call.options.enforce_permissions {
        true => tables.find(&key)?.and_then(|record| record.arn).or_else(|| {
            // Whether it exists is known only to those who may read it.
            arn_of(schema, &key.identifier, &identifying(schema, &key.identifier), &key.account, &call.caller.region)
        }),
        false => None,
    };
    permissions::check_handler(call, tables, schema, "read", arn.as_deref())?;
    let found = match tables.properties(&key)? {
        Some(found) => Some(found),
        None => elements::within_owner(tables, &key)?,
    };
    let Some(properties) = found else {
        let time = call.now.to_string();
        let token = random::Random::new(&[&key.account, &key.identifier, &time]).uuid("read");
        return Err(not_found(&key, &token));
    };
    Ok(json!({
        "TypeName": schema.type_name,
        "ResourceDescription": {"Identifier": key.identifier, "Properties": properties},
    }))
}

/// The properties of which an identifier consists.
fn identifying(schema: &TypeSchema, identifier: &str) -> Value {
    let parts = schema.primary_identifier.iter().zip(identifier.split('|'));
    parts.map(|(name, part)| (name.clone(), json!(part))).collect()
}

/// `ListResources`, in the order of identifiers.
pub(super) fn list(call: &Call<'_>, tables: &Tables<'_>) -> Result<Value, ApiError> {
    let schema = schema_for(call, Action::List)?;
    let limit = progress::page_size(call)?;
    let wanted = resource_model(call, schema)?;
    permissions::check_handler(call, tables, schema, "list", None)?;
    let after = match call.text("NextToken") {
        None => String::new(),
        Some(token) => random::text_of_hex(token)
            .ok_or_else(|| ApiError::new("InvalidRequestException", "Invalid NextToken in the list request"))?,
    };
    // S3 lists the buckets of every region but reads in one.
    let region = match schema.type_name.as_str() {
        "AWS::S3::Bucket" => None,
        name => Some(model::home_region(name, &call.caller.region)),
    };
    let mut descriptions: Vec<Value> = Vec::new();
    let mut last = String::new();
    let mut is_more = false;
    tables.each_of_type::<ApiError>(
        &call.caller.account,
        region,
        &schema.type_name,
        &after,
        |identifier, properties| {
            let mut shown = properties;
            if wanted.is_some() || lists::is_partial(&schema.type_name) {
                let model: Value = serde_json::from_str(&shown).unwrap_or_default();
                if wanted.as_ref().is_some_and(|wanted| !lists::is_asked_for(schema, &identifier, &model, wanted)) {
                    return Ok(true);
                }
                if lists::is_partial(&schema.type_name) {
                    shown = identifier_only(schema, &model).to_string();
                }
            }
            if descriptions.len() == limit {
                is_more = true;
                return Ok(false);
            }
            last.clone_from(&identifier);
            descriptions.push(json!({"Identifier": identifier, "Properties": shown}));
            Ok(true)
        },
    )?;
    let mut output = json!({
        "TypeName": schema.type_name,
        "ResourceDescriptions": descriptions,
    });
    if is_more {
        output["NextToken"] = json!(random::hex_of(last.as_bytes()));
    }
    Ok(output)
}

/// The identifying values that the list handler filters by; an error when some are missing.
fn resource_model(call: &Call<'_>, schema: &TypeSchema) -> Result<Option<Value>, ApiError> {
    let given = match call.text("ResourceModel") {
        None => Value::Object(Map::new()),
        Some(text) => serde_json::from_str::<Value>(text)
            .ok()
            .filter(Value::is_object)
            .ok_or_else(|| ApiError::new("InvalidRequestException", "Invalid ResourceModel: not a JSON object"))?,
    };
    let missing: Vec<String> = schema
        .list_inputs
        .iter()
        .filter(|name| given.get(name.as_str()).is_none_or(Value::is_null))
        .map(|name| format!("#: required key [{name}] not found"))
        .collect();
    if !missing.is_empty() {
        return Err(ApiError::new(
            "InvalidRequestException",
            format!(
                "Missing or invalid ResourceModel property in {} list handler request \
                 input.Required property:  ({})",
                schema.type_name,
                missing.join("\n")
            ),
        ));
    }
    if schema.list_inputs.is_empty() {
        return Ok(None);
    }
    let inputs = schema.list_inputs.iter();
    let wanted = inputs.filter_map(|name| Some((name.clone(), given.get(name)?.clone())));
    Ok(Some(Value::Object(wanted.collect())))
}

fn identifier_only(schema: &TypeSchema, model: &Value) -> Value {
    let names = schema.primary_identifier.iter();
    let parts = names.filter_map(|name| {
        let head = name.split('/').next()?;
        Some((head.to_owned(), model.get(head)?.clone()))
    });
    Value::Object(parts.collect())
}
