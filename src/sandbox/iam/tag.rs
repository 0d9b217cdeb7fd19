//! Tags of policies, instance profiles, roles and users: `Tag…`, `Untag…`, `List…Tags`.

use serde_json::{Value, json};

use super::super::services::Call;
use super::super::store::{Record, Tables};
use super::super::tagging::{present_tags, replace_tags};
use super::super::tags;
use super::super::types;
use super::super::wire::ApiError;
use super::{find, invalid_input, no_such_entity, page, required};

/// Handles one call.
pub(super) fn answer(call: &Call<'_>, tables: &Tables<'_>) -> Result<Value, ApiError> {
    let (type_name, member) = match call.operation {
        operation if operation.contains("Policy") => ("AWS::IAM::ManagedPolicy", "PolicyArn"),
        operation if operation.contains("InstanceProfile") => ("AWS::IAM::InstanceProfile", "InstanceProfileName"),
        operation if operation.contains("Role") => ("AWS::IAM::Role", "RoleName"),
        _ => ("AWS::IAM::User", "UserName"),
    };
    let name = required(call, member)?;
    if member == "PolicyArn" && name.contains(":iam::aws:") && !call.operation.starts_with("List") {
        return Err(invalid_input(format!("{name} is a policy of AWS, which cannot be tagged.")));
    }
    let (record, _) = find(tables, &call.caller.account, type_name, name)?
        .ok_or_else(|| no_such_entity(format!("{name} cannot be found.")))?;
    if call.operation.starts_with("List") {
        let tags = present_tags(&record).into_iter();
        return page(call, "Tags", tags.map(|(key, value)| json!({"Key": key, "Value": value})).collect());
    }
    change(call, tables, record)
}

fn change(call: &Call<'_>, tables: &Tables<'_>, mut record: Record) -> Result<Value, ApiError> {
    let Some(schema) = types::get(&record.key.type_name) else {
        return Err(ApiError::unknown_operation());
    };
    let before = present_tags(&record);
    let mut after = before.clone();
    if call.operation.starts_with("Untag") {
        let keys = call.texts("TagKeys");
        after.retain(|key, _| !keys.contains(&key.as_str()));
    } else {
        let given = call.input.get("Tags").and_then(Value::as_array);
        for tag in given.into_iter().flatten() {
            let (Some(key), Some(value)) = (tag["Key"].as_str(), tag["Value"].as_str()) else {
                return Err(invalid_input("A tag needs a Key and a Value."));
            };
            after.insert(key.to_owned(), value.to_owned());
        }
    }
    tags::check_change(&schema.type_name, &before, &after).map_err(|failure| invalid_input(failure.message))?;
    if before != after {
        replace_tags(&mut record, schema, &before, &after, call.now);
        tables.update(&record)?;
    }
    Ok(json!({}))
}
