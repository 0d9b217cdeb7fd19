//! STS: who am I, and becoming a role of another account.

use serde_json::{Value, json};

use super::clock::rfc3339;
use super::identity::{SESSION_PREFIX, is_account_id};
use super::model::random::Random;
use super::services::Call;
use super::store::Tables;
use super::wire::ApiError;

/// Answers one call.
pub(super) fn answer(call: &Call<'_>, _tables: &Tables<'_>) -> Result<Value, ApiError> {
    match call.operation {
        "GetCallerIdentity" => Ok(caller_identity(call)),
        "AssumeRole" => assume_role(call),
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

/// Any role of an account that the sandbox knows can be assumed; trust policies are not read.
fn assume_role(call: &Call<'_>) -> Result<Value, ApiError> {
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
    if !is_known {
        return Err(ApiError {
            code: "AccessDenied".into(),
            message: format!(
                "User: {} is not authorized to perform: sts:AssumeRole on resource: {arn}",
                call.caller.arn()
            ),
            status: 403,
        });
    }
    let seconds = call.text("DurationSeconds").and_then(|text| text.parse::<i64>().ok()).unwrap_or(3_600);
    let random = Random::new(&[account, "sts"]);
    Ok(json!({
        "Credentials": {
            // The access key of an account is its id, for sessions too.
            "AccessKeyId": account,
            "SecretAccessKey": random.lower("secret", 40),
            "SessionToken": format!("{SESSION_PREFIX}assumed-role/{role}/{session}"),
            "Expiration": rfc3339(call.now.saturating_add(seconds.saturating_mul(1_000))),
        },
        "AssumedRoleUser": {
            "AssumedRoleId": format!("AROA{}:{session}", random.upper(&format!("assumed-role/{role}"), 17)),
            "Arn": format!("arn:{partition}:sts::{account}:assumed-role/{role}/{session}"),
        },
    }))
}
