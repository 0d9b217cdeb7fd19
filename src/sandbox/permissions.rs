//! What an assumed role may do, on request (`SandboxOptions::enforce_permissions`).
//!
//! An account's own access key may do everything. A session may call what its role's policies allow,
//! and Cloud Control's handlers work with the caller's rights: every permission that a type's handler
//! lists is needed too. A permission counts as given when the policies allow it on the resource's ARN
//! or, for the many actions that AWS does not authorise by resource, on `*`.

use super::iam::{Permissions, Principal, Session, find_role};
use super::services::{Call, Service};
use super::store::Tables;
use super::wire::ApiError;
use crate::schema::TypeSchema;

/// A session whose rights are enforced: its role, where the account has it, and its session policies.
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

/// What the caller's own policies let it do.
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

/// Refuses a call that the caller's role may not make.
pub(super) fn check_call(call: &Call<'_>, service: &Service, tables: &Tables<'_>) -> Result<(), ApiError> {
    // AWS answers the first to anybody; the second needs the role's trust as well, which STS looks at.
    if ["GetCallerIdentity", "AssumeRole"].contains(&call.operation) {
        return Ok(());
    }
    let Some(enforced) = enforced(call, tables)? else {
        return Ok(());
    };
    let action = format!("{}:{}", service.action_prefix, call.operation);
    let resource = ["RoleArn", "PolicyArn"].iter().find_map(|member| call.text(member)).unwrap_or("*");
    match enforced.refused(tables, std::slice::from_ref(&action), &[resource, "*"])? {
        None => Ok(()),
        Some(action) => Err(denied(call, &action, resource)),
    }
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
    let Some(enforced) = enforced(call, tables)? else {
        return Ok(None);
    };
    let needed = schema.permissions().remove(handler).unwrap_or_default();
    let resources: Vec<&str> = arn.into_iter().chain(["*"]).collect();
    let refused = enforced.refused(tables, &needed, &resources)?;
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
