//! Optional enforcement of an assumed role's permissions (`SandboxOptions::enforce_permissions`).
//!
//! An account's own access key has full access. A session may call what its role's policies allow,
//! and Cloud Control's handlers use the caller's permissions: every permission that a type's handler
//! lists is required too. A permission counts as granted when the policies allow it on the resource's ARN
//! or, for the many actions that AWS does not authorize by resource, on `*`.

use super::iam::{Permissions, Principal, Session, find_role};
use super::services::{Call, Service};
use super::store::Tables;
use super::wire::ApiError;
use crate::schema::TypeSchema;

/// A session whose permissions are enforced: its role, where the account has it, and its session policies.
struct Enforced {
    role: Option<Principal>,
    session: Session,
}

fn enforced(call: &Call<'_>, tables: &Tables<'_>) -> Result<Option<Enforced>, ApiError> {
    let session = call.caller.session.as_deref().filter(|_| call.options.enforce_permissions);
    let Some(name) = session.and_then(|session| session.split('/').nth(1)) else {
        return Ok(None);
    };
    let session = Session::of_token(&call.caller.session_policies).ok_or_else(|| {
        ApiError::new("InvalidClientTokenId", "The security token included in the request is invalid.")
    })?;
    Ok(Some(Enforced { role: find_role(tables, &call.caller.account, name)?, session }))
}

impl Enforced {
    /// The first of these actions that the session may not do.
    fn refused(&self, tables: &Tables<'_>, actions: &[String], resources: &[&str]) -> Result<Option<String>, ApiError> {
        match &self.role {
            Some(role) => Ok(role.may(tables, &self.session, actions, resources)?.err()),
            None => Ok(actions.first().cloned()),
        }
    }
}

/// Whether the caller's own policies allow the action.
pub(super) fn of_caller(call: &Call<'_>, tables: &Tables<'_>) -> Result<Permissions, ApiError> {
    let (principal, session) = match enforced(call, tables)? {
        Some(Enforced { role, session }) => (role, session),
        None => (Principal::find(tables, &call.caller.account, "user", "sandbox")?, Session::default()),
    };
    principal.map_or_else(|| Ok(Permissions::default()), |principal| principal.permissions(tables, &session))
}

fn denied(call: &Call<'_>, action: &str, resource: &str) -> ApiError {
    let message = format!(
        "User: {} is not authorized to perform: {action} on resource: {resource} because no identity-based policy \
         allows the {action} action",
        call.caller.arn()
    );
    ApiError { code: "AccessDeniedException".into(), message, status: 400 }
}

/// Denies a call that the caller's role does not allow.
pub(super) fn check_call(call: &Call<'_>, service: &Service, tables: &Tables<'_>) -> Result<(), ApiError> {
    // AWS allows the first for everyone; the second needs the role's trust policy as well, which STS evaluates.
    if ["GetCallerIdentity", "AssumeRole"].contains(&call.operation) {
        return Ok(());
    }
    let Some(enforced) = enforced(call, tables)? else {
        return Ok(());
    };
    let action = match call.operation {
        "ListBuckets" => "s3:ListAllMyBuckets".to_owned(),
        operation => format!("{}:{operation}", service.action_prefix),
    };
    let resource = ["RoleArn", "PolicyArn"].iter().find_map(|member| call.text(member)).unwrap_or("*");
    match enforced.refused(tables, std::slice::from_ref(&action), &[resource, "*"])? {
        None => Ok(()),
        Some(action) => Err(denied(call, &action, resource)),
    }
}

/// Why a type's handler is denied for this caller, if it is. `arn` is the resource's, where
/// it is known.
pub(super) fn handler_refused(
    call: &Call<'_>,
    tables: &Tables<'_>,
    schema: &TypeSchema,
    handler: &str,
    arn: Option<&str>,
) -> Result<Option<String>, ApiError> {
    let Some(enforced) = enforced(call, tables)? else {
        return Ok(None);
    };
    let needed = schema.permissions().remove(handler).unwrap_or_default();
    let resources: Vec<&str> = arn.into_iter().chain(["*"]).collect();
    let refused = enforced.refused(tables, &needed, &resources)?;
    Ok(refused.map(|action| denied(call, &action, resources[0]).message))
}

/// Denies a call of a synchronous handler.
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
