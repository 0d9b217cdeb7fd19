//! Resources that are elements of a list of another one: inline policies of roles, users and groups, and rules of security groups. AWS
//! keeps one list, which both the owner's model and these resources show.

use serde_json::{Value, json};

use super::super::model::GLOBAL;
use super::super::store::{Key, Tables};
use super::super::wire::ApiError;

/// A type whose resources are elements.
struct Kind {
    type_name: &'static str,
    /// The type of the owner, and the property that names it.
    owner_type: &'static str,
    owner: &'static str,
    /// The owner's list.
    list: &'static str,
    /// The properties of an element.
    members: &'static [&'static str],
    /// Those of them that tell it from others.
    keys: &'static [&'static str],
}

const POLICY: &[&str] = &["PolicyName", "PolicyDocument"];
const RULE: &[&str] = &[
    "CidrIp",
    "CidrIpv6",
    "Description",
    "FromPort",
    "ToPort",
    "IpProtocol",
    "SourcePrefixListId",
    "SourceSecurityGroupId",
    "SourceSecurityGroupName",
    "SourceSecurityGroupOwnerId",
    "DestinationPrefixListId",
    "DestinationSecurityGroupId",
];
const RULE_KEYS: &[&str] = &[
    "CidrIp",
    "CidrIpv6",
    "FromPort",
    "ToPort",
    "IpProtocol",
    "SourcePrefixListId",
    "SourceSecurityGroupId",
    "DestinationPrefixListId",
    "DestinationSecurityGroupId",
];

const fn policy(type_name: &'static str, owner_type: &'static str, owner: &'static str) -> Kind {
    Kind { type_name, owner_type, owner, list: "Policies", members: POLICY, keys: &["PolicyName"] }
}

const fn rule(type_name: &'static str, list: &'static str) -> Kind {
    Kind { type_name, owner_type: "AWS::EC2::SecurityGroup", owner: "GroupId", list, members: RULE, keys: RULE_KEYS }
}

const KINDS: [Kind; 5] = [
    policy("AWS::IAM::RolePolicy", "AWS::IAM::Role", "RoleName"),
    policy("AWS::IAM::UserPolicy", "AWS::IAM::User", "UserName"),
    policy("AWS::IAM::GroupPolicy", "AWS::IAM::Group", "GroupName"),
    rule("AWS::EC2::SecurityGroupIngress", "SecurityGroupIngress"),
    rule("AWS::EC2::SecurityGroupEgress", "SecurityGroupEgress"),
];

/// Changes the other view of a resource that was created or updated, from its model `before`.
///
/// # Errors
/// The store cannot be read or written.
pub(super) fn written(tables: &Tables<'_>, key: &Key, before: Option<&Value>, model: &Value) -> Result<(), ApiError> {
    if let Some(kind) = KINDS.iter().find(|kind| kind.type_name == key.type_name) {
        let entry = kind.entry(model);
        return change_list(tables, kind, &kind.owner_key(key, model), |list| {
            match list.iter_mut().find(|one| kind.is_same(one, before.unwrap_or(model))) {
                Some(own) => *own = entry,
                None => list.push(entry),
            }
        });
    }
    for kind in KINDS.iter().filter(|kind| kind.owner_type == key.type_name) {
        let list = model[kind.list].as_array().cloned().unwrap_or_default();
        for (own, mut separate) in kind.elements_of(tables, key)? {
            match list.iter().find(|one| kind.is_same(one, &separate)) {
                None => {
                    tables.delete(&own)?;
                }
                Some(entry) if *entry != kind.entry(&separate) => {
                    for name in kind.members {
                        match entry.get(*name) {
                            Some(value) => separate[*name] = value.clone(),
                            None => drop(separate.as_object_mut().and_then(|map| map.shift_remove(*name))),
                        }
                    }
                    if let Some(mut record) = tables.find(&own)? {
                        record.properties = separate.to_string();
                        tables.update(&record)?;
                    }
                }
                Some(_) => {}
            }
        }
    }
    Ok(())
}

/// Changes the other view of a resource that was deleted.
///
/// # Errors
/// The store cannot be read or written.
pub(super) fn deleted(tables: &Tables<'_>, key: &Key, model: &Value) -> Result<(), ApiError> {
    if let Some(kind) = KINDS.iter().find(|kind| kind.type_name == key.type_name) {
        return change_list(tables, kind, &kind.owner_key(key, model), |list| {
            list.retain(|one| !kind.is_same(one, model));
        });
    }
    for kind in KINDS.iter().filter(|kind| kind.owner_type == key.type_name) {
        for (own, _) in kind.elements_of(tables, key)? {
            tables.delete(&own)?;
        }
    }
    Ok(())
}

/// The model of an inline policy that only its owner's model contains. Rules have identifiers of their own.
///
/// # Errors
/// The store cannot be read.
pub(super) fn within_owner(tables: &Tables<'_>, key: &Key) -> Result<Option<String>, ApiError> {
    let kind = KINDS.iter().find(|kind| kind.type_name == key.type_name && kind.members == POLICY);
    let (Some(kind), Some((name, owner))) = (kind, key.identifier.split_once('|')) else { return Ok(None) };
    let named = json!({"PolicyName": name, kind.owner: owner});
    let Some(text) = tables.properties(&kind.owner_key(key, &named))? else { return Ok(None) };
    let model: Value = serde_json::from_str(&text).unwrap_or_default();
    let entry = model[kind.list].as_array().and_then(|list| list.iter().find(|one| kind.is_same(one, &named)));
    let shown = entry.map(|entry| {
        let mut shown = entry.clone();
        shown[kind.owner] = json!(owner);
        shown.to_string()
    });
    Ok(shown)
}

impl Kind {
    fn owner_key(&self, element: &Key, model: &Value) -> Key {
        let region = if self.members == POLICY { GLOBAL } else { &element.region };
        Key {
            account: element.account.clone(),
            region: region.to_owned(),
            type_name: self.owner_type.to_owned(),
            identifier: model[self.owner].as_str().unwrap_or_default().to_owned(),
        }
    }

    fn entry(&self, model: &Value) -> Value {
        let member = |name: &&str| Some(((*name).to_owned(), model.get(*name)?.clone()));
        Value::Object(self.members.iter().filter_map(member).collect())
    }

    fn is_same(&self, one: &Value, other: &Value) -> bool {
        self.keys.iter().all(|name| one.get(*name) == other.get(*name))
    }

    /// The elements of an owner that are resources of their own.
    fn elements_of(&self, tables: &Tables<'_>, owner: &Key) -> Result<Vec<(Key, Value)>, ApiError> {
        let mut found = Vec::new();
        let visit = |identifier: String, properties: String| {
            let model: Value = serde_json::from_str(&properties).unwrap_or_default();
            if model[self.owner] == *owner.identifier {
                let key = Key { type_name: self.type_name.to_owned(), identifier, ..owner.clone() };
                found.push((key, model));
            }
            Ok(true)
        };
        tables.each_of_type::<ApiError>(&owner.account, Some(&owner.region), self.type_name, "", visit)?;
        Ok(found)
    }
}

fn change_list(
    tables: &Tables<'_>,
    kind: &Kind,
    owner: &Key,
    change: impl FnOnce(&mut Vec<Value>),
) -> Result<(), ApiError> {
    let Some(mut record) = tables.find(owner)? else { return Ok(()) };
    let mut model: Value = serde_json::from_str(&record.properties).unwrap_or_default();
    let mut list = model[kind.list].as_array().cloned().unwrap_or_default();
    change(&mut list);
    if let Value::Object(map) = &mut model {
        match list.is_empty() && kind.members == POLICY {
            true => drop(map.shift_remove(kind.list)),
            false => drop(map.insert(kind.list.to_owned(), Value::Array(list))),
        }
    }
    record.properties = model.to_string();
    Ok(tables.update(&record)?)
}
