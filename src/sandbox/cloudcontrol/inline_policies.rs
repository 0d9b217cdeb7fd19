//! Inline policies of roles, users and groups as resources of their own: IAM keeps one list for each principal, which
//! both the principal's model and these resources show.

use serde_json::{Value, json};

use super::super::model::GLOBAL;
use super::super::store::{Key, Tables};
use super::super::wire::ApiError;

/// The types of policies with those of their principals, and the property that names the principal.
const KINDS: [(&str, &str, &str); 3] = [
    ("AWS::IAM::RolePolicy", "AWS::IAM::Role", "RoleName"),
    ("AWS::IAM::UserPolicy", "AWS::IAM::User", "UserName"),
    ("AWS::IAM::GroupPolicy", "AWS::IAM::Group", "GroupName"),
];

/// Changes the other view of a resource that was created or updated.
///
/// # Errors
/// The store cannot be read or written.
pub(super) fn written(tables: &Tables<'_>, key: &Key, model: &Value) -> Result<(), ApiError> {
    if let Some((_, principal, property)) = KINDS.iter().find(|(policy, _, _)| *policy == key.type_name) {
        let name = model["PolicyName"].clone();
        let entry = json!({"PolicyName": name, "PolicyDocument": model["PolicyDocument"]});
        return change_list(tables, &principal_key(key, principal, &model[*property]), |list| {
            match list.iter_mut().find(|one| one["PolicyName"] == name) {
                Some(own) => *own = entry,
                None => list.push(entry),
            }
        });
    }
    let Some((policy, _, property)) = KINDS.iter().find(|(_, principal, _)| *principal == key.type_name) else {
        return Ok(());
    };
    let list = model["Policies"].as_array().cloned().unwrap_or_default();
    for (own, mut apart) in policies_of(tables, key, policy, property)? {
        match list.iter().find(|one| one["PolicyName"] == apart["PolicyName"]) {
            None => {
                tables.delete(&own)?;
            }
            Some(entry) if entry["PolicyDocument"] != apart["PolicyDocument"] => {
                apart["PolicyDocument"] = entry["PolicyDocument"].clone();
                if let Some(mut record) = tables.find(&own)? {
                    record.properties = apart.to_string();
                    tables.update(&record)?;
                }
            }
            Some(_) => {}
        }
    }
    Ok(())
}

/// Changes the other view of a resource that was deleted.
///
/// # Errors
/// The store cannot be read or written.
pub(super) fn deleted(tables: &Tables<'_>, key: &Key, model: &Value) -> Result<(), ApiError> {
    if let Some((_, principal, property)) = KINDS.iter().find(|(policy, _, _)| *policy == key.type_name) {
        let principal = principal_key(key, principal, &model[*property]);
        return change_list(tables, &principal, |list| list.retain(|one| one["PolicyName"] != model["PolicyName"]));
    }
    let Some((policy, _, property)) = KINDS.iter().find(|(_, principal, _)| *principal == key.type_name) else {
        return Ok(());
    };
    for (own, _) in policies_of(tables, key, policy, property)? {
        tables.delete(&own)?;
    }
    Ok(())
}

/// The model of a policy that only its principal's model contains.
///
/// # Errors
/// The store cannot be read.
pub(super) fn within_principal(tables: &Tables<'_>, key: &Key) -> Result<Option<String>, ApiError> {
    let kind = KINDS.iter().find(|(policy, _, _)| *policy == key.type_name);
    let (Some((_, principal, property)), Some((name, owner))) = (kind, key.identifier.split_once('|')) else {
        return Ok(None);
    };
    let Some(text) = tables.properties(&principal_key(key, principal, &json!(owner)))? else { return Ok(None) };
    let model: Value = serde_json::from_str(&text).unwrap_or_default();
    let entry = model["Policies"].as_array().and_then(|list| list.iter().find(|one| one["PolicyName"] == name));
    let shown = entry.map(|entry| {
        let mut shown = json!({"PolicyName": name, "PolicyDocument": entry["PolicyDocument"]});
        shown[*property] = json!(owner);
        shown.to_string()
    });
    Ok(shown)
}

fn principal_key(policy: &Key, type_name: &str, name: &Value) -> Key {
    Key {
        account: policy.account.clone(),
        region: GLOBAL.to_owned(),
        type_name: type_name.to_owned(),
        identifier: name.as_str().unwrap_or_default().to_owned(),
    }
}

/// The policies of a principal that are resources of their own.
fn policies_of(
    tables: &Tables<'_>,
    principal: &Key,
    type_name: &str,
    property: &str,
) -> Result<Vec<(Key, Value)>, ApiError> {
    let mut found = Vec::new();
    tables.each_of_type::<ApiError>(&principal.account, Some(GLOBAL), type_name, "", |identifier, properties| {
        let model: Value = serde_json::from_str(&properties).unwrap_or_default();
        if model[property] == *principal.identifier {
            let key = Key { type_name: type_name.to_owned(), identifier, ..principal.clone() };
            found.push((key, model));
        }
        Ok(true)
    })?;
    Ok(found)
}

fn change_list(tables: &Tables<'_>, principal: &Key, change: impl FnOnce(&mut Vec<Value>)) -> Result<(), ApiError> {
    let Some(mut record) = tables.find(principal)? else { return Ok(()) };
    let mut model: Value = serde_json::from_str(&record.properties).unwrap_or_default();
    let mut list = model["Policies"].as_array().cloned().unwrap_or_default();
    change(&mut list);
    if let Value::Object(map) = &mut model {
        match list.is_empty() {
            true => drop(map.shift_remove("Policies")),
            false => drop(map.insert("Policies".to_owned(), Value::Array(list))),
        }
    }
    record.properties = model.to_string();
    Ok(tables.update(&record)?)
}
