//! STS: GetCallerIdentity and AssumeRole.

use serde_json::{Value, json};

use super::clock::rfc3339;
use super::iam::evaluator::{Attachment, Context, Decision, Policy, Request, evaluate};
use super::iam::{Session, find_role};
use super::identity::{SESSION_PREFIX, is_account_id};
use super::model::random::Random;
use super::permissions;
use super::services::Call;
use super::store::Tables;
use super::wire::ApiError;

/// Handles one call.
pub(super) fn answer(call: &Call<'_>, tables: &Tables<'_>) -> Result<Value, ApiError> {
    match call.operation {
        "GetCallerIdentity" => Ok(caller_identity(call)),
        "AssumeRole" => assume_role(call, tables),
        _ => Err(ApiError::unknown_operation()),
    }
}

fn caller_identity(call: &Call<'_>) -> Value {
    let caller = call.caller;
    let random = Random::new(&[&caller.account, "sts"]);
    let user_id = match caller.session.as_deref().and_then(|session| session.rsplit_once('/')) {
        Some((role, session)) => format!("AROA{}:{session}", random.upper(role, 17)),
        None => format!("AIDA{}", random.upper("user", 17)),
    };
    json!({"Arn": caller.arn(), "UserId": user_id, "Account": caller.account})
}

/// An existing role can be assumed by callers that its trust policy and their own policies allow. Any other
/// role of a known account is treated as existing, unless permissions are enforced.
fn assume_role(call: &Call<'_>, tables: &Tables<'_>) -> Result<Value, ApiError> {
    let missing = |name: &str| {
        ApiError::new(
            "ValidationError",
            format!(
                "1 validation error detected: Value null at '{name}' failed to satisfy \
                 constraint: Member must not be null"
            ),
        )
    };
    let arn = call.text("RoleArn").ok_or_else(|| missing("roleArn"))?;
    let session = call.text("RoleSessionName").ok_or_else(|| missing("roleSessionName"))?;
    let invalid = || ApiError::new("ValidationError", format!("{arn} is invalid"));
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let ["arn", partition, "iam", "", account, resource] = parts[..] else {
        return Err(invalid());
    };
    let path = resource.strip_prefix("role/").ok_or_else(invalid)?;
    let role = path.rsplit('/').next().filter(|role| !role.is_empty()).ok_or_else(invalid)?;
    let is_plain = |text: &str| {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte))
    };
    if !is_plain(session) || !is_plain(role) {
        return Err(invalid());
    }
    let known = &call.options.accounts;
    let is_known = is_account_id(account) && (known.is_empty() || known.iter().any(|one| one.id == account));
    let found = find_role(tables, account, role)?;
    let is_trusted = match &found {
        Some(found) => found.model["Arn"] == arn && may_assume(call, tables, arn, &found.model, session)?,
        None => !call.options.enforce_permissions,
    };
    if !is_known || !is_trusted {
        return Err(ApiError {
            code: "AccessDenied".into(),
            message: format!(
                "User: {} is not authorized to perform: sts:AssumeRole on resource: {arn}",
                call.caller.arn()
            ),
            status: 403,
        });
    }
    let seconds = match call.text("DurationSeconds").map(str::parse::<i64>) {
        None => 3_600,
        Some(Ok(seconds @ 900..=43_200)) => seconds,
        Some(_) => return Err(ApiError::new("ValidationError", "DurationSeconds must be between 900 and 43200")),
    };
    let longest = found.as_ref().and_then(|found| found.model["MaxSessionDuration"].as_i64()).unwrap_or(43_200);
    if seconds > longest {
        let message = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.";
        return Err(ApiError::new("ValidationError", message));
    }
    let policies = Session::passed(call)?.to_token();
    let mark = if policies.is_empty() { "" } else { "#" };
    let random = Random::new(&[account, "sts"]);
    Ok(json!({
        "Credentials": {
            // The access key of an account is its id, also for sessions.
            "AccessKeyId": account,
            "SecretAccessKey": random.lower("secret", 40),
            "SessionToken": format!("{SESSION_PREFIX}assumed-role/{role}/{session}{mark}{policies}"),
            "Expiration": rfc3339(call.now.saturating_add(seconds.saturating_mul(1_000))),
        },
        "AssumedRoleUser": {
            "AssumedRoleId": format!("AROA{}:{session}", random.upper(&format!("assumed-role/{role}"), 17)),
            "Arn": format!("arn:{partition}:sts::{account}:assumed-role/{role}/{session}"),
        },
    }))
}

/// Whether the caller may assume a role: its trust policy must allow it, and where that names the caller's account
/// only, or another account's role is assumed, the caller's own policies must allow it too.
fn may_assume(call: &Call<'_>, tables: &Tables<'_>, arn: &str, role: &Value, session: &str) -> Result<bool, ApiError> {
    let Ok(trust) = Policy::read(&role["AssumeRolePolicyDocument"], Attachment::RoleTrust) else {
        return Ok(false);
    };
    let caller = call.caller.arn();
    let mut context = Context::default();
    context.set("aws:PrincipalArn", [caller.as_str()]);
    context.set("aws:PrincipalAccount", [call.caller.account.as_str()]);
    context.set("sts:RoleSessionName", [session]);
    if let Some(id) = call.text("ExternalId") {
        context.set("sts:ExternalId", [id]);
    }
    let request = Request { action: "sts:AssumeRole", resource: arn, principal: Some(&caller), context: &context };
    let own = permissions::of_caller(call, tables)?;
    Ok(evaluate(&own.policies(std::slice::from_ref(&trust)), &request).decision == Decision::Allowed)
}
