//! What an assumed role may do, on request (`SandboxOptions::enforce_permissions`).
//!
//! An account's own access key may do everything. A session may call what its role's policies allow,
//! and Cloud Control's handlers work with the caller's rights: every permission that a type's handler
//! lists is needed too. A permission counts as given when the policies allow it on the resource's ARN
//! or, for the many actions that AWS does not authorise by resource, on `*`.

use super::iam::{Principal, find_role};
use super::services::{Call, Service};
use super::store::Tables;
use super::wire::ApiError;
use crate::schema::TypeSchema;

/// The role of a session whose rights are enforced.
fn enforced(call: &Call<'_>, tables: &Tables<'_>) -> Result<Option<Option<Principal>>, ApiError> {
    let role = call.caller.session.as_deref().filter(|_| call.options.enforce_permissions);
    let Some(name) = role.and_then(|session| session.split('/').nth(1)) else {
        return Ok(None);
    };
    find_role(tables, &call.caller.account, name).map(Some)
}

fn denied(call: &Call<'_>, action: &str, resource: &str) -> ApiError {
    let message = format!(
        "User: {} is not authorized to perform: {action} on resource: {resource} because no identity-based policy \
         allows the {action} action",
        call.caller.arn()
    );
    ApiError { code: "AccessDeniedException".into(), message, status: 400 }
}

/// Refuses a call that the caller's role may not make.
pub(super) fn check_call(call: &Call<'_>, service: &Service, tables: &Tables<'_>) -> Result<(), ApiError> {
    // AWS answers this one to anybody.
    if call.operation == "GetCallerIdentity" {
        return Ok(());
    }
    let Some(role) = enforced(call, tables)? else {
        return Ok(());
    };
    let action = format!("{}:{}", service.action_prefix, call.operation);
    let resource = ["RoleArn", "PolicyArn"].iter().find_map(|member| call.text(member)).unwrap_or("*");
    let is_allowed = match &role {
        Some(role) => role.may(tables, std::slice::from_ref(&action), &[resource, "*"])?.is_ok(),
        None => false,
    };
    if is_allowed { Ok(()) } else { Err(denied(call, &action, resource)) }
}

/// Why a type's handler may not work for this caller, if it may not. `arn` is the resource's, where
/// it is known.
pub(super) fn handler_refused(
    call: &Call<'_>,
    tables: &Tables<'_>,
    schema: &TypeSchema,
    handler: &str,
    arn: Option<&str>,
) -> Result<Option<String>, ApiError> {
    let Some(role) = enforced(call, tables)? else {
        return Ok(None);
    };
    let needed = schema.permissions().remove(handler).unwrap_or_default();
    let resources: Vec<&str> = arn.into_iter().chain(["*"]).collect();
    let refused = match role {
        Some(role) => role.may(tables, &needed, &resources)?.err(),
        None => needed.into_iter().next(),
    };
    Ok(refused.map(|action| denied(call, &action, resources[0]).message))
}

/// The refusal of a handler that answers at once.
pub(super) fn check_handler(
    call: &Call<'_>,
    tables: &Tables<'_>,
    schema: &TypeSchema,
    handler: &str,
    arn: Option<&str>,
) -> Result<(), ApiError> {
    match handler_refused(call, tables, schema, handler, arn)? {
        None => Ok(()),
        Some(message) => Err(ApiError {
            code: "AccessDeniedException".into(),
            message: format!(
                "{} Handler returned status FAILED: {message} (HandlerErrorCode: AccessDenied)",
                schema.type_name
            ),
            status: 400,
        }),
    }
}
