//! `GetAccountAuthorizationDetails`: users, groups, roles and the account's own policies, in pages over all four lists.

use serde_json::{Map, Value, json};

use super::super::clock::rfc3339;
use super::super::services::Call;
use super::super::store::Tables;
use super::super::wire::ApiError;
use super::principal::Principal;
use super::read::{encoded, group, policy, role, user, version};
use super::{GLOBAL, page};

/// The values of `Filter`, with the list that each returns.
const LISTS: [(&str, &str); 4] = [
    ("User", "UserDetailList"),
    ("Group", "GroupDetailList"),
    ("Role", "RoleDetailList"),
    ("LocalManagedPolicy", "Policies"),
];

/// Handles the call.
pub(super) fn answer(call: &Call<'_>, tables: &Tables<'_>) -> Result<Value, ApiError> {
    let wanted = call.texts("Filter");
    if let Some(unknown) = wanted.iter().find(|filter| !LISTS.iter().any(|(known, _)| known == *filter)) {
        // The sandbox does not have the policies of AWS.
        return Err(ApiError::new("ValidationError", format!("The sandbox cannot filter by {unknown}")));
    }
    let mut items = Vec::new();
    for (filter, list) in LISTS.iter().filter(|(filter, _)| wanted.is_empty() || wanted.contains(filter)) {
        let details = match *filter {
            "User" => principals(call, tables, "user")?,
            "Group" => principals(call, tables, "group")?,
            "Role" => principals(call, tables, "role")?,
            _ => policies(call, tables)?,
        };
        items.extend(details.into_iter().map(|detail| json!([list, detail])));
    }
    let mut answer = page(call, "Items", items)?;
    let mut lists: Map<String, Value> = LISTS.iter().map(|(_, list)| ((*list).to_owned(), json!([]))).collect();
    for item in answer["Items"].take().as_array_mut().into_iter().flatten() {
        let list = item[0].as_str().and_then(|name| lists.get_mut(name)).and_then(Value::as_array_mut);
        list.into_iter().for_each(|list| list.push(item[1].take()));
    }
    if let Value::Object(members) = &mut answer {
        members.remove("Items");
        members.extend(lists);
    }
    Ok(answer)
}

fn principals(call: &Call<'_>, tables: &Tables<'_>, kind: &str) -> Result<Vec<Value>, ApiError> {
    let (type_name, list) = match kind {
        "user" => ("AWS::IAM::User", "UserPolicyList"),
        "group" => ("AWS::IAM::Group", "GroupPolicyList"),
        _ => ("AWS::IAM::Role", "RolePolicyList"),
    };
    let mut names = Vec::new();
    tables.each_of_type::<ApiError>(&call.caller.account, Some(GLOBAL), type_name, "", |identifier, _| {
        names.push(identifier);
        Ok(true)
    })?;
    let mut details = Vec::new();
    for name in names {
        let Some(mut principal) = Principal::find(tables, &call.caller.account, kind, &name)? else { continue };
        complete(call, tables, type_name, &name, &mut principal.model)?;
        let mut detail = match kind {
            "user" => user(call, &principal.model, true),
            "group" => group(call, &principal.model),
            _ => role(&principal.model, true),
        };
        let inline = principal.inline(tables)?.into_iter();
        detail[list] =
            inline.map(|(name, text)| json!({"PolicyName": name, "PolicyDocument": encoded(&text)})).collect();
        let attached = principal.attached(tables)?.into_iter();
        detail["AttachedManagedPolicies"] =
            attached.map(|(arn, name)| json!({"PolicyName": name, "PolicyArn": arn})).collect();
        match kind {
            "user" => detail["GroupList"] = principal.groups().into(),
            "role" => {
                // Only the responses of GetRole have these.
                ["Description", "MaxSessionDuration"]
                    .iter()
                    .for_each(|name| drop(detail.as_object_mut().and_then(|map| map.remove(*name))));
                detail["InstanceProfileList"] = json!([]);
            }
            _ => {}
        }
        details.push(detail);
    }
    Ok(details)
}

/// Adds the path and the time of creation, which some models do not have.
fn complete(
    call: &Call<'_>,
    tables: &Tables<'_>,
    type_name: &str,
    name: &str,
    model: &mut Value,
) -> Result<(), ApiError> {
    if model.get("Path").is_none() {
        model["Path"] = json!("/");
    }
    if model.get("CreateDate").is_none() {
        let record = super::find(tables, &call.caller.account, type_name, name)?;
        model["CreateDate"] = json!(rfc3339(record.map_or(call.now, |(record, _)| record.created_at)));
    }
    Ok(())
}

fn policies(call: &Call<'_>, tables: &Tables<'_>) -> Result<Vec<Value>, ApiError> {
    let models = super::all(tables, &call.caller.account, "AWS::IAM::ManagedPolicy")?;
    let detail = |model: &Value| {
        let mut detail = policy(call, model);
        detail["PolicyVersionList"] = json!([version(model, true)]);
        detail
    };
    Ok(models.iter().map(detail).collect())
}
