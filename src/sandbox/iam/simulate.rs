//! The policy simulator.

use serde_json::{Value, json};

use super::super::services::Call;
use super::super::store::Tables;
use super::super::wire::ApiError;
use super::principal::{Named, Principal};
use super::{invalid_input, no_such_entity, page, required};
use crate::iam::{AttachedPolicies, Context, Decision, Evaluation, Matched, Policy, Request, evaluate};

/// `SimulateCustomPolicy`
pub(super) fn custom(call: &Call<'_>) -> Result<Value, ApiError> {
    let identity = listed(call, "PolicyInputList")?;
    if identity.is_empty() {
        return Err(invalid_input("PolicyInputList must not be empty."));
    }
    run(call, identity, None, Context::new())
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
    run(call, identity, principal.boundary(tables)?, principal.context())
}

/// The policies of a member, named as the simulator names them.
fn listed(call: &Call<'_>, member: &str) -> Result<Vec<Named>, ApiError> {
    let texts = call.texts(member).into_iter().enumerate();
    texts
        .map(|(index, text)| {
            let id = format!("{member}.{}", index + 1);
            match Policy::parse(&json!(text)) {
                Ok(policy) => Ok(Named { id, policy }),
                Err(error) => Err(invalid_input(format!("Invalid policy document {id}: {error}"))),
            }
        })
        .collect()
}

fn run(
    call: &Call<'_>,
    identity: Vec<Named>,
    boundary: Option<Vec<Policy>>,
    mut context: Context,
) -> Result<Value, ApiError> {
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
    let resource_policy: Vec<Policy> = match call.text("ResourcePolicy") {
        None => Vec::new(),
        Some(text) => vec![
            Policy::parse(&json!(text)).map_err(|error| invalid_input(format!("Invalid ResourcePolicy: {error}")))?,
        ],
    };
    for entry in call.input.get("ContextEntries").and_then(Value::as_array).into_iter().flatten() {
        let key =
            entry["ContextKeyName"].as_str().ok_or_else(|| invalid_input("A context entry needs ContextKeyName."))?;
        let values = entry["ContextKeyValues"].as_array().into_iter().flatten().filter_map(Value::as_str);
        context.insert(key.to_owned(), values.map(str::to_owned).collect());
    }
    let names: Vec<String> = identity.iter().map(|named| named.id.clone()).collect();
    let identity: Vec<Policy> = identity.into_iter().map(|named| named.policy).collect();
    let policies = AttachedPolicies { identity: &identity, boundary: boundary.as_deref(), resource: &resource_policy };
    let mut resources = call.texts("ResourceArns");
    if resources.is_empty() {
        resources.push("*");
    }
    let mut results = Vec::new();
    for action in actions {
        for resource in &resources {
            let request = Request { action, resource, principal: call.text("CallerArn"), context: &context };
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
            let id = match *matched {
                Matched::Identity(policy, _) => names.get(policy).cloned().unwrap_or_default(),
                Matched::Boundary(policy, _) => format!("PermissionsBoundaryPolicyInputList.{}", policy + 1),
                Matched::Resource(..) => "ResourcePolicy".to_owned(),
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
