//! Optional enforcement of an assumed role's permissions (`SandboxOptions::enforce_permissions`).
//!
//! An account's own access key has full access. A session may call what its role's policies allow,
//! and Cloud Control's handlers use the caller's permissions: every permission that a type's handler
//! lists is required too, on the resources on which AWS authorizes it ([`requirement`]).

mod requirement;
pub(super) mod trace;

use serde_json::Value;

use super::iam::{Permissions, Principal, Session, find_role};
use super::services::{Call, Service};
use super::store::Tables;
use super::wire::ApiError;
use crate::schema::TypeSchema;
use requirement::{Requirement, Subject, of_permission};

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
    /// The first of these requirements that the session's policies do not meet.
    fn refused(
        &self,
        call: &Call<'_>,
        tables: &Tables<'_>,
        requirements: Vec<Requirement>,
    ) -> Result<Option<Requirement>, ApiError> {
        if let Some(file) = &call.options.authorizations {
            requirements.iter().for_each(|requirement| trace::record(file, requirement));
        }
        let Some(role) = &self.role else { return Ok(requirements.into_iter().next()) };
        let permissions = role.permissions(tables, &self.session)?;
        let mut context = role.context();
        // Handlers act on resources of the caller's account.
        context.set("aws:ResourceAccount", [call.caller.account.as_str()]);
        let is_met = |one: &Requirement| permissions.allow(&one.action, &one.any, &one.context(context.clone()));
        Ok(requirements.into_iter().find(|one| !is_met(one)))
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
    let stored = stored_arn(call);
    let named = ["RoleArn", "PolicyArn"].iter().find_map(|member| call.text(member));
    let resource = stored.as_deref().or(named).unwrap_or("*");
    let any = match (&stored, resource) {
        (None, resource) if resource != "*" => vec![resource.to_owned(), "*".to_owned()],
        _ => vec![resource.to_owned()],
    };
    let requirement = Requirement { action, any, context: Vec::new() };
    match enforced.refused(call, tables, vec![requirement])? {
        None => Ok(()),
        Some(refused) => Err(denied(call, &refused.action, resource)),
    }
}

/// The ARN of the secret or the parameter that a call reads. Secrets have six characters after the name, which `x` stands for.
fn stored_arn(call: &Call<'_>) -> Option<String> {
    let (region, account) = (&call.caller.region, &call.caller.account);
    let named = |name: &str, arn: String| if name.starts_with("arn:") { name.to_owned() } else { arn };
    match call.operation {
        "GetSecretValue" => call
            .text("SecretId")
            .map(|id| named(id, format!("arn:aws:secretsmanager:{region}:{account}:secret:{id}-xxxxxx"))),
        "GetParameter" => call.text("Name").map(|name| {
            let path = name.trim_start_matches('/').split(':').next().unwrap_or_default();
            named(name, format!("arn:aws:ssm:{region}:{account}:parameter/{path}"))
        }),
        _ => None,
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
    payload: Option<&Value>,
) -> Result<Option<String>, ApiError> {
    let Some(enforced) = enforced(call, tables)? else {
        return Ok(None);
    };
    let permissions = schema.permissions().remove(handler).unwrap_or_default();
    let (account, region) = (call.caller.account.as_str(), call.caller.region.as_str());
    let subject = Subject { schema, arn, payload, account, region };
    let needed = permissions.iter().flat_map(|permission| of_permission(permission, &subject)).collect();
    let refused = enforced.refused(call, tables, needed)?;
    let shown = |one: &Requirement| one.any.first().cloned().unwrap_or_else(|| "*".to_owned());
    Ok(refused.map(|one| denied(call, &one.action, &shown(&one)).message))
}

/// Denies a call of a synchronous handler.
pub(super) fn check_handler(
    call: &Call<'_>,
    tables: &Tables<'_>,
    schema: &TypeSchema,
    handler: &str,
    arn: Option<&str>,
) -> Result<(), ApiError> {
    match handler_refused(call, tables, schema, handler, arn, None)? {
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
