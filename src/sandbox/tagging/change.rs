//! `TagResources` and `UntagResources`: atomic per resource, with a map of failed resources.

use serde_json::{Map, Value, json};

use super::super::clock::Millis;
use super::super::services::Call;
use super::super::store::{Record, Tables};
use super::super::tags::{self, Tags};
use super::super::types;
use super::super::wire::ApiError;
use super::{GLOBAL, GLOBAL_HOME, invalid, is_served, present_tags};
use crate::schema::TypeSchema;

/// `TagResources`
pub(super) fn tag(call: &Call<'_>, tables: &Tables<'_>) -> Result<Value, ApiError> {
    let given = call.input.get("Tags").and_then(Value::as_object);
    let Some(given) = given.filter(|tags| (1..=50).contains(&tags.len())) else {
        return Err(invalid("Tags must contain 1 to 50 tags."));
    };
    let mut added = Tags::new();
    for (key, value) in given {
        let value = value.as_str().ok_or_else(|| invalid("Tag values must be strings."))?;
        // Tags that no service accepts make the whole call fail.
        if let Some(problem) = tags::tag_problem("", key, value) {
            return Err(invalid(problem));
        }
        added.insert(key.clone(), value.to_owned());
    }
    change_each(call, tables, |tags| {
        tags.extend(added.iter().map(|(key, value)| (key.clone(), value.clone())));
    })
}

/// `UntagResources`
pub(super) fn untag(call: &Call<'_>, tables: &Tables<'_>) -> Result<Value, ApiError> {
    let keys: Vec<&str> =
        call.input.get("TagKeys").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    if !(1..=50).contains(&keys.len()) {
        return Err(invalid("TagKeys must contain 1 to 50 keys."));
    }
    if let Some(key) = keys.iter().find(|key| key.to_ascii_lowercase().starts_with("aws:")) {
        return Err(invalid(format!("Tag key {key} is reserved by AWS and cannot be removed.")));
    }
    change_each(call, tables, |tags| tags.retain(|key, _| !keys.contains(&key.as_str())))
}

fn change_each(call: &Call<'_>, tables: &Tables<'_>, change: impl Fn(&mut Tags)) -> Result<Value, ApiError> {
    let arns = call.input.get("ResourceARNList").and_then(Value::as_array);
    let Some(arns) = arns.filter(|arns| (1..=20).contains(&arns.len())) else {
        return Err(invalid("ResourceARNList must contain 1 to 20 ARNs."));
    };
    let mut failed = Map::new();
    for arn in arns {
        let arn = arn.as_str().ok_or_else(|| invalid("ARNs must be strings."))?;
        if let Err(reason) = change_one(call, tables, arn, &change)? {
            failed.insert(
                arn.to_owned(),
                json!({
                    "StatusCode": 400,
                    "ErrorCode": "InvalidParameterException",
                    "ErrorMessage": reason,
                }),
            );
        }
    }
    Ok(json!({"FailedResourcesMap": failed}))
}

/// Changes one resource; the inner error is why it cannot be changed.
fn change_one(
    call: &Call<'_>,
    tables: &Tables<'_>,
    arn: &str,
    change: &impl Fn(&mut Tags),
) -> Result<Result<(), String>, ApiError> {
    let found = tables.find_by_arn(&call.caller.account, arn)?;
    let region = &call.caller.region;
    let found =
        found.filter(|record| record.key.region == *region || (record.key.region == GLOBAL && region == GLOBAL_HOME));
    let Some(mut record) = found else {
        return Ok(Err(format!("The resource {arn} cannot be found.")));
    };
    let schema = types::get(&record.key.type_name);
    let Some(schema) = schema.filter(|schema| is_taggable_here(call, schema)) else {
        return Ok(Err(format!("The resource {arn} cannot be tagged through this API.")));
    };
    let before = present_tags(&record);
    let mut after = before.clone();
    change(&mut after);
    if let Err(failure) = tags::check_change(&schema.type_name, &before, &after) {
        return Ok(Err(failure.message));
    }
    if before != after {
        replace_tags(&mut record, schema, &before, &after, call.now);
        tables.update(&record)?;
    }
    Ok(Ok(()))
}

/// IAM policies and instance profiles carry tags although their resource types have no tag property.
fn is_taggable_here(call: &Call<'_>, schema: &TypeSchema) -> bool {
    is_served(call, &schema.type_name) && schema.tagging.property.is_some() && schema.tagging.updatable
}

/// Replaces a record's tags, in its model or in a separate column.
pub(in crate::sandbox) fn replace_tags(
    record: &mut Record,
    schema: &TypeSchema,
    before: &Tags,
    after: &Tags,
    now: Millis,
) {
    if !schema.tagging.beside_model {
        let mut model: Value = serde_json::from_str(&record.properties).unwrap_or_default();
        tags::write(schema, &mut model, after);
        record.properties = model.to_string();
    } else {
        record.side_tags = tags::to_json(after);
    }
    record.tags_before = Some(tags::to_json(before));
    record.tags_changed_at = now;
    record.updated_at = now;
    record.ever_tagged |= !after.is_empty();
}
