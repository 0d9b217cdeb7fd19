//! Reads of roles, users, groups and policies.

use serde_json::{Value, json};

use super::super::clock::rfc3339;
use super::super::model::random::Random;
use super::super::services::Call;
use super::super::store::Tables;
use super::super::tagging::present_tags;
use super::super::wire::ApiError;
use super::principal::{Principal, managed};
use super::{all, find, no_such_entity, page, required};

/// Handles one call.
pub(super) fn answer(call: &Call<'_>, tables: &Tables<'_>) -> Result<Value, ApiError> {
    match call.operation {
        "GetRole" => Ok(json!({"Role": role(&principal(call, tables, "role")?.model, true)})),
        "ListRoles" => list(call, tables, "AWS::IAM::Role", "Roles", |model| role(model, false)),
        "GetUser" => Ok(json!({"User": user(call, &user_or_caller(call, tables)?.model, true)})),
        "ListUsers" => list(call, tables, "AWS::IAM::User", "Users", |model| user(call, model, false)),
        "GetGroup" => group_with_users(call, tables),
        "ListGroups" => list(call, tables, "AWS::IAM::Group", "Groups", |model| group(call, model)),
        "ListGroupsForUser" => groups_of_user(call, tables),
        "ListRolePolicies" => inline_names(call, tables, "role"),
        "ListUserPolicies" => inline_names(call, tables, "user"),
        "ListGroupPolicies" => inline_names(call, tables, "group"),
        "GetRolePolicy" => inline(call, tables, "role", "RoleName"),
        "GetUserPolicy" => inline(call, tables, "user", "UserName"),
        "GetGroupPolicy" => inline(call, tables, "group", "GroupName"),
        "ListAttachedRolePolicies" => attached(call, tables, "role"),
        "ListAttachedUserPolicies" => attached(call, tables, "user"),
        "ListAttachedGroupPolicies" => attached(call, tables, "group"),
        "GetPolicy" => {
            let arn = required(call, "PolicyArn")?;
            let mut policy = policy(call, &managed_or_refuse(call, tables, arn)?);
            let record = find(tables, &call.caller.account, "AWS::IAM::ManagedPolicy", arn)?;
            let tags = record.map(|(record, _)| present_tags(&record)).unwrap_or_default();
            policy["Tags"] = tags.into_iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
            Ok(json!({"Policy": policy}))
        }
        "GetPolicyVersion" => policy_version(call, tables),
        "ListPolicyVersions" => {
            let model = managed_or_refuse(call, tables, required(call, "PolicyArn")?)?;
            page(call, "Versions", vec![version(&model, false)])
        }
        "ListPolicies" => list(call, tables, "AWS::IAM::ManagedPolicy", "Policies", |model| policy(call, model)),
        _ => Err(ApiError::unknown_operation()),
    }
}

fn name_member(kind: &str) -> &'static str {
    match kind {
        "user" => "UserName",
        "group" => "GroupName",
        _ => "RoleName",
    }
}

fn principal(call: &Call<'_>, tables: &Tables<'_>, kind: &str) -> Result<Principal, ApiError> {
    let name = required(call, name_member(kind))?;
    Principal::find(tables, &call.caller.account, kind, name)?
        .ok_or_else(|| no_such_entity(format!("The {kind} with name {name} cannot be found.")))
}

/// The user named, else the caller.
fn user_or_caller(call: &Call<'_>, tables: &Tables<'_>) -> Result<Principal, ApiError> {
    if call.text("UserName").is_some() {
        return principal(call, tables, "user");
    }
    if call.caller.session.is_some() {
        return Err(ApiError::new("ValidationError", "Must specify userName when calling with non-User credentials"));
    }
    Principal::find(tables, &call.caller.account, "user", "sandbox")?
        .ok_or_else(|| no_such_entity("The user with name sandbox cannot be found.".to_owned()))
}

/// A document as in IAM responses: percent-encoded JSON.
pub(super) fn encoded(document: &Value) -> String {
    let text = match document {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
            other => format!("%{other:02X}"),
        })
        .collect()
}

/// The existing members of a model, under their IAM names.
fn shown(model: &Value, members: &[&str]) -> Value {
    let members = members.iter().filter_map(|name| Some(((*name).to_owned(), model.get(*name)?.clone())));
    Value::Object(members.collect())
}

fn put_boundary(entity: &mut Value, model: &Value) {
    if let Some(arn) = model["PermissionsBoundary"].as_str() {
        entity["PermissionsBoundary"] =
            json!({"PermissionsBoundaryType": "PermissionsBoundaryPolicy", "PermissionsBoundaryArn": arn});
    }
}

pub(super) fn role(model: &Value, is_whole: bool) -> Value {
    let mut role = shown(model, &["Path", "RoleName", "RoleId", "Arn", "CreateDate"]);
    role["AssumeRolePolicyDocument"] = json!(encoded(&model["AssumeRolePolicyDocument"]));
    for name in ["Description", "MaxSessionDuration"] {
        if let Some(value) = model.get(name) {
            role[name] = value.clone();
        }
    }
    if is_whole {
        put_boundary(&mut role, model);
        if let Some(tags) = model.get("Tags") {
            role["Tags"] = tags.clone();
        }
        role["RoleLastUsed"] = json!({});
    }
    role
}

/// An id of a user or a group, which Cloud Control's models do not have.
fn id(call: &Call<'_>, prefix: &str, model: &Value) -> String {
    let arn = model["Arn"].as_str().unwrap_or_default();
    format!("{prefix}{}", Random::new(&[&call.caller.account, arn]).upper("id", 17))
}

pub(super) fn user(call: &Call<'_>, model: &Value, is_whole: bool) -> Value {
    let mut user = shown(model, &["Path", "UserName", "Arn", "CreateDate"]);
    user["UserId"] = json!(id(call, "AIDA", model));
    if is_whole {
        put_boundary(&mut user, model);
        if let Some(tags) = model.get("Tags") {
            user["Tags"] = tags.clone();
        }
    }
    user
}

pub(super) fn group(call: &Call<'_>, model: &Value) -> Value {
    let mut group = shown(model, &["Path", "GroupName", "Arn", "CreateDate"]);
    group["GroupId"] = json!(id(call, "AGPA", model));
    group
}

fn list(
    call: &Call<'_>,
    tables: &Tables<'_>,
    type_name: &str,
    member: &str,
    show: impl Fn(&Value) -> Value,
) -> Result<Value, ApiError> {
    let prefix = call.text("PathPrefix").unwrap_or("/");
    let mut shown = Vec::new();
    for mut model in all(tables, &call.caller.account, type_name)? {
        if !model["Path"].as_str().unwrap_or("/").starts_with(prefix) {
            continue;
        }
        if model.get("Path").is_none() {
            model["Path"] = json!("/");
        }
        if model.get("CreateDate").is_none() {
            let name = ["RoleName", "UserName", "GroupName"].iter().find_map(|name| model[*name].as_str());
            let record = find(tables, &call.caller.account, type_name, name.unwrap_or_default())?;
            model["CreateDate"] = json!(rfc3339(record.map_or(call.now, |(record, _)| record.created_at)));
        }
        shown.push(show(&model));
    }
    page(call, member, shown)
}

fn group_with_users(call: &Call<'_>, tables: &Tables<'_>) -> Result<Value, ApiError> {
    let found = principal(call, tables, "group")?;
    let mut users = Vec::new();
    for mut model in all(tables, &call.caller.account, "AWS::IAM::User")? {
        let is_member = model["Groups"].as_array().is_some_and(|groups| groups.iter().any(|name| *name == *found.name));
        if !is_member {
            continue;
        }
        let name = model["UserName"].as_str().unwrap_or_default().to_owned();
        if let Some(member) = Principal::find(tables, &call.caller.account, "user", &name)? {
            model = member.model;
        }
        users.push(user(call, &model, false));
    }
    let mut answer = page(call, "Users", users)?;
    answer["Group"] = group(call, &found.model);
    Ok(answer)
}

fn groups_of_user(call: &Call<'_>, tables: &Tables<'_>) -> Result<Value, ApiError> {
    let mut groups = Vec::new();
    for name in principal(call, tables, "user")?.groups() {
        let found = Principal::find(tables, &call.caller.account, "group", &name)?;
        groups.extend(found.map(|found| group(call, &found.model)));
    }
    page(call, "Groups", groups)
}

fn inline_names(call: &Call<'_>, tables: &Tables<'_>, kind: &str) -> Result<Value, ApiError> {
    let policies = principal(call, tables, kind)?.inline(tables)?;
    page(call, "PolicyNames", policies.into_keys().map(Value::String).collect())
}

fn inline(call: &Call<'_>, tables: &Tables<'_>, kind: &str, member: &str) -> Result<Value, ApiError> {
    let principal = principal(call, tables, kind)?;
    let name = required(call, "PolicyName")?;
    let policies = principal.inline(tables)?;
    let document = policies
        .get(name)
        .ok_or_else(|| no_such_entity(format!("The {kind} policy with name {name} cannot be found.")))?;
    Ok(json!({member: principal.name, "PolicyName": name, "PolicyDocument": encoded(document)}))
}

fn attached(call: &Call<'_>, tables: &Tables<'_>, kind: &str) -> Result<Value, ApiError> {
    let attached = principal(call, tables, kind)?.attached(tables)?;
    let shown = attached.into_iter().map(|(arn, name)| json!({"PolicyName": name, "PolicyArn": arn}));
    page(call, "AttachedPolicies", shown.collect())
}

fn managed_or_refuse(call: &Call<'_>, tables: &Tables<'_>, arn: &str) -> Result<Value, ApiError> {
    if !arn.starts_with("arn:") || !arn.contains(":policy/") {
        return Err(super::invalid_input(format!("ARN {arn} is not valid.")));
    }
    managed(tables, &call.caller.account, arn)?.ok_or_else(|| no_such_entity(format!("Policy {arn} was not found.")))
}

pub(super) fn policy(call: &Call<'_>, model: &Value) -> Value {
    let arn = model["PolicyArn"].as_str().unwrap_or_default();
    let made_up = format!("ANPA{}", Random::new(&["aws", arn]).upper("id", 17));
    let text = |name: &str, default: &str| model.get(name).and_then(Value::as_str).unwrap_or(default).to_owned();
    let mut policy = json!({
        "PolicyName": model["ManagedPolicyName"],
        "PolicyId": text("PolicyId", &made_up),
        "Arn": arn,
        "Path": text("Path", "/"),
        "DefaultVersionId": text("DefaultVersionId", "v1"),
        "AttachmentCount": model.get("AttachmentCount").cloned().unwrap_or(json!(0)),
        "PermissionsBoundaryUsageCount": 0,
        "IsAttachable": true,
        "CreateDate": text("CreateDate", "2015-02-06T18:39:46Z"),
        "UpdateDate": text("UpdateDate", "2015-02-06T18:39:46Z"),
    });
    if call.operation == "GetPolicy" {
        policy["Description"] = json!(text("Description", ""));
    }
    policy
}

pub(super) fn version(model: &Value, with_document: bool) -> Value {
    let text = |name: &str, default: &str| model.get(name).and_then(Value::as_str).unwrap_or(default).to_owned();
    let mut version = json!({
        "VersionId": text("DefaultVersionId", "v1"),
        "IsDefaultVersion": true,
        "CreateDate": text("UpdateDate", "2015-02-06T18:39:46Z"),
    });
    if with_document {
        version["Document"] = json!(encoded(&model["PolicyDocument"]));
    }
    version
}

fn policy_version(call: &Call<'_>, tables: &Tables<'_>) -> Result<Value, ApiError> {
    let (arn, wanted) = (required(call, "PolicyArn")?, required(call, "VersionId")?);
    let model = managed_or_refuse(call, tables, arn)?;
    let version = version(&model, true);
    if version["VersionId"] != wanted {
        return Err(no_such_entity(format!("Policy {arn} version {wanted} does not exist or is not attachable.")));
    }
    Ok(json!({"PolicyVersion": version}))
}
