//! The policy simulator.

use serde_json::{Value, json};

use super::super::services::Call;
use super::super::store::Tables;
use super::super::wire::ApiError;
use super::evaluator::{Attachment, Context, Decision, Evaluation, Kind, Policies, Policy, Request, evaluate};
use super::principal::{Named, Principal};
use super::{invalid_input, no_such_entity, page, required};

/// `SimulateCustomPolicy`
pub(super) fn custom(call: &Call<'_>) -> Result<Value, ApiError> {
    let identity = listed(call, "PolicyInputList")?;
    if identity.is_empty() {
        return Err(invalid_input("PolicyInputList must not be empty."));
    }
    run(call, Subject { identity, boundary: None, context: Context::default(), arn: None })
}

/// `SimulatePrincipalPolicy`
pub(super) fn principal(call: &Call<'_>, tables: &Tables<'_>) -> Result<Value, ApiError> {
    let arn = required(call, "PolicySourceArn")?;
    let found = match arn.splitn(6, ':').collect::<Vec<_>>()[..] {
        ["arn", _, "iam", "", account, resource] if account == call.caller.account => {
            let (kind, path) = resource.split_once('/').unwrap_or_default();
            let name = path.rsplit('/').next().unwrap_or_default();
            match kind {
                "role" | "user" | "group" => Principal::find(tables, account, kind, name)?,
                _ => return Err(invalid_input(format!("Invalid Entity Arn: {arn}"))),
            }
        }
        _ => return Err(invalid_input(format!("Invalid Entity Arn: {arn}"))),
    };
    let Some(principal) = found.filter(|principal| principal.model["Arn"] == arn) else {
        return Err(no_such_entity(format!("The entity {arn} cannot be found.")));
    };
    let mut identity = principal.policies(tables)?;
    identity.extend(listed(call, "PolicyInputList")?);
    let arn = (principal.kind == "user").then_some(arn);
    run(call, Subject { identity, boundary: principal.boundary(tables)?, context: principal.context(), arn })
}

/// The subject of the simulated requests.
struct Subject<'a> {
    identity: Vec<Named>,
    boundary: Option<Vec<Policy>>,
    context: Context,
    /// The user that has these policies, if any.
    arn: Option<&'a str>,
}

/// The policies of an input member, with their simulator names.
fn listed(call: &Call<'_>, member: &str) -> Result<Vec<Named>, ApiError> {
    let texts = call.texts(member).into_iter().enumerate();
    texts
        .map(|(index, text)| {
            let id = format!("{member}.{}", index + 1);
            match Policy::read(&json!(text), Attachment::Identity) {
                Ok(policy) => Ok(Named { id, policy }),
                Err(error) => Err(invalid_input(format!("Invalid policy document {id}: {error}."))),
            }
        })
        .collect()
}

/// The caller that a resource-based policy's principals are compared with, and that policy.
fn resource_side<'a>(
    call: &Call<'a>,
    subject: Option<&'a str>,
    context: &mut Context,
) -> Result<(Option<&'a str>, Vec<Policy>), ApiError> {
    let caller = call.text("CallerArn");
    let is_user = |arn: &str| arn.starts_with("arn:") && arn.contains(":iam::") && arn.contains(":user/");
    if let Some(arn) = caller.filter(|arn| !is_user(arn)) {
        return Err(invalid_input(format!("CallerArn must be the ARN of an IAM user, not {arn}.")));
    }
    if let Some(owner) = call.text("ResourceOwner") {
        let account = owner.split(':').nth(4).unwrap_or(owner);
        context.set("aws:ResourceAccount", [account]);
    }
    let Some(text) = call.text("ResourcePolicy") else {
        return Ok((None, Vec::new()));
    };
    let caller =
        caller.or(subject).ok_or_else(|| invalid_input("CallerArn is required where ResourcePolicy is given."))?;
    let policy = Policy::read(&json!(text), Attachment::Resource)
        .map_err(|error| invalid_input(format!("Invalid ResourcePolicy: {error}.")))?;
    Ok((Some(caller), vec![policy]))
}

fn run(call: &Call<'_>, subject: Subject<'_>) -> Result<Value, ApiError> {
    let Subject { identity, boundary, mut context, arn } = subject;
    let actions = call.texts("ActionNames");
    if actions.is_empty() {
        return Err(invalid_input("ActionNames must not be empty."));
    }
    if let Some(action) = actions.iter().find(|action| !action.contains(':')) {
        return Err(invalid_input(format!("Invalid action name: {action}")));
    }
    let given = listed(call, "PermissionsBoundaryPolicyInputList")?;
    let boundary =
        if given.is_empty() { boundary } else { Some(given.into_iter().map(|named| named.policy).collect()) };
    for entry in call.input.get("ContextEntries").and_then(Value::as_array).into_iter().flatten() {
        let key =
            entry["ContextKeyName"].as_str().ok_or_else(|| invalid_input("A context entry needs ContextKeyName."))?;
        let values = entry["ContextKeyValues"].as_array().into_iter().flatten().filter_map(Value::as_str);
        context.set(key, values);
    }
    let (caller, resource) = resource_side(call, arn, &mut context)?;
    let names: Vec<String> = identity.iter().map(|named| named.id.clone()).collect();
    let identity: Vec<Policy> = identity.into_iter().map(|named| named.policy).collect();
    let policies = Policies { identity: &identity, boundary: boundary.as_deref(), session: None, resource: &resource };
    let mut resources = call.texts("ResourceArns");
    if resources.is_empty() {
        resources.push("*");
    }
    let mut results = Vec::new();
    for action in actions {
        for resource in &resources {
            let request = Request { action, resource, principal: caller, context: &context };
            results.push(result(action, resource, &evaluate(&policies, &request), &names));
        }
    }
    page(call, "EvaluationResults", results)
}

fn result(action: &str, resource: &str, evaluation: &Evaluation, names: &[String]) -> Value {
    let decision = match evaluation.decision {
        Decision::Allowed => "allowed",
        Decision::ImplicitDeny => "implicitDeny",
        Decision::ExplicitDeny => "explicitDeny",
    };
    let matched: Vec<Value> = evaluation
        .matched
        .iter()
        .map(|matched| {
            let id = match matched.kind {
                Kind::Identity | Kind::Session => names.get(matched.policy).cloned().unwrap_or_default(),
                Kind::Boundary => format!("PermissionsBoundaryPolicyInputList.{}", matched.policy + 1),
                Kind::Resource => "ResourcePolicy".to_owned(),
            };
            json!({"SourcePolicyId": id, "SourcePolicyType": "IAM Policy"})
        })
        .collect();
    let mut result = json!({
        "EvalActionName": action,
        "EvalResourceName": resource,
        "EvalDecision": decision,
        "MatchedStatements": matched,
        "MissingContextValues": evaluation.missing_context,
    });
    if let Some(is_allowed) = evaluation.allowed_by_boundary {
        result["PermissionsBoundaryDecisionDetail"] = json!({"AllowedByPermissionsBoundary": is_allowed});
    }
    result
}
