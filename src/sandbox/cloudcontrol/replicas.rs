//! Read replicas of databases: they inherit from their source, which lists them.

use serde_json::{Map, Value, json};

use super::super::store::{Key, Tables};
use super::super::wire::ApiError;

const TYPE: &str = "AWS::RDS::DBInstance";
const SOURCE: &str = "SourceDBInstanceIdentifier";
const REPLICAS: &str = "ReadReplicaDBInstanceIdentifiers";

/// What a replica has from its source if it does not set it.
const INHERITED: &[&str] =
    &["Engine", "EngineVersion", "MasterUsername", "AllocatedStorage", "StorageEncrypted", "KmsKeyId", "StorageType"];

/// Returns the key of the source that new properties name, in the same account and region.
pub(super) fn source(key: &Key, desired: &Map<String, Value>) -> Option<Key> {
    let named = desired.get(SOURCE).and_then(Value::as_str).filter(|_| key.type_name == TYPE)?;
    let name = named.rsplit(':').next().unwrap_or(named).to_ascii_lowercase();
    Some(Key { identifier: name, ..key.clone() })
}

/// Sets what a replica inherits from its source.
///
/// # Errors
/// The store cannot be read.
pub(super) fn inherit(tables: &Tables<'_>, source: &Key, desired: &mut Map<String, Value>) -> Result<(), ApiError> {
    let Some(text) = tables.properties(source)? else { return Ok(()) };
    let model: Value = serde_json::from_str(&text).unwrap_or_default();
    for name in INHERITED {
        if let (Some(value), false) = (model.get(*name), desired.contains_key(*name)) {
            desired.insert((*name).to_owned(), value.clone());
        }
    }
    Ok(())
}

/// Adds a replica to the list of its source.
///
/// # Errors
/// The store cannot be read or written.
pub(super) fn add(tables: &Tables<'_>, source: &Key, replica: &str) -> Result<(), ApiError> {
    change(tables, source, |list| list.push(json!(replica)))
}

/// Removes a deleted replica from the list of its source.
///
/// # Errors
/// The store cannot be read or written.
pub(super) fn remove(tables: &Tables<'_>, deleted: &Key) -> Result<(), ApiError> {
    if deleted.type_name != TYPE {
        return Ok(());
    }
    let mut sources = Vec::new();
    tables.each_of_type::<ApiError>(&deleted.account, Some(&deleted.region), TYPE, "", |identifier, properties| {
        if properties.contains(REPLICAS) && properties.contains(&deleted.identifier) {
            sources.push(Key { identifier: identifier.to_owned(), ..deleted.clone() });
        }
        Ok(true)
    })?;
    for source in sources {
        change(tables, &source, |list| list.retain(|one| one.as_str() != Some(&deleted.identifier)))?;
    }
    Ok(())
}

fn change(tables: &Tables<'_>, source: &Key, edit: impl FnOnce(&mut Vec<Value>)) -> Result<(), ApiError> {
    let Some(mut record) = tables.find(source)? else { return Ok(()) };
    let mut model: Value = serde_json::from_str(&record.properties).unwrap_or_default();
    let mut list = model.get(REPLICAS).and_then(Value::as_array).cloned().unwrap_or_default();
    edit(&mut list);
    if let Value::Object(map) = &mut model {
        match list.is_empty() {
            true => drop(map.shift_remove(REPLICAS)),
            false => drop(map.insert(REPLICAS.to_owned(), Value::Array(list))),
        }
    }
    record.properties = model.to_string();
    Ok(tables.update(&record)?)
}
