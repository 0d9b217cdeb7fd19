//! The decision: an explicit deny wins, then something must allow, and a boundary must allow it too.

use std::collections::BTreeSet;

use super::context::{Context, substitute};
use super::document::{Effect, Policy, Principals, Selection, Statement};
use super::pattern::{arn_like, like};

/// What somebody wants to do.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Such as `s3:GetObject`.
    pub action: &'a str,
    /// The ARN of what it is done to, or `*` for an action that is about no resource.
    pub resource: &'a str,
    /// Who asks, an ARN. Only statements with a principal look at it.
    pub principal: Option<&'a str>,
    /// What else is known of the request.
    pub context: &'a Context,
}

/// The policies that are attached to whoever asks and to what is asked for.
#[derive(Debug, Clone, Copy, Default)]
pub struct AttachedPolicies<'a> {
    /// Policies of the identity.
    pub identity: &'a [Policy],
    /// Its permissions boundary; `None` when it has none. An empty one allows nothing.
    pub boundary: Option<&'a [Policy]>,
    /// Policies of the resource; each of their statements names principals.
    pub resource: &'a [Policy],
}

/// What is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Decision {
    /// A statement allows it and none refuses.
    Allowed,
    /// Nothing allows it.
    ImplicitDeny,
    /// A statement refuses it.
    ExplicitDeny,
}

/// A statement that decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Matched {
    /// Of an identity policy: its place in the set, and the statement's place in it.
    Identity(usize, usize),
    /// Of the boundary.
    Boundary(usize, usize),
    /// Of a resource policy.
    Resource(usize, usize),
}

/// A decision with its reasons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evaluation {
    /// What is decided.
    pub decision: Decision,
    /// The statements that made the decision: those that refuse, else those that allow.
    pub matched: Vec<Matched>,
    /// Context keys that a statement about this action and resource asks for and that are not given.
    pub missing_context: BTreeSet<String>,
    /// Whether the boundary allows it; `None` without a boundary.
    pub allowed_by_boundary: Option<bool>,
}

/// Evaluates a request. Pure: the same policies and request give the same decision.
pub fn evaluate(policies: &AttachedPolicies<'_>, request: &Request<'_>) -> Evaluation {
    let mut missing = BTreeSet::new();
    let mut find = |of: &[Policy], place: fn(usize, usize) -> Matched| {
        let (mut allows, mut denies) = (Vec::new(), Vec::new());
        for (index, policy) in of.iter().enumerate() {
            for (number, statement) in policy.statements.iter().enumerate() {
                if applies(statement, request, &mut missing) {
                    let list = if statement.effect == Effect::Deny { &mut denies } else { &mut allows };
                    list.push(place(index, number));
                }
            }
        }
        (allows, denies)
    };
    let (identity_allows, mut denies) = find(policies.identity, Matched::Identity);
    let (resource_allows, resource_denies) = find(policies.resource, Matched::Resource);
    let (boundary_allows, boundary_denies) = find(policies.boundary.unwrap_or_default(), Matched::Boundary);
    denies.extend(resource_denies);
    let allowed_by_boundary = policies.boundary.map(|_| !boundary_allows.is_empty() && boundary_denies.is_empty());
    denies.extend(boundary_denies);
    let is_granted = !resource_allows.is_empty() || (!identity_allows.is_empty() && allowed_by_boundary != Some(false));
    let (decision, matched) = if !denies.is_empty() {
        (Decision::ExplicitDeny, denies)
    } else if is_granted {
        (Decision::Allowed, identity_allows.into_iter().chain(resource_allows).collect())
    } else {
        (Decision::ImplicitDeny, Vec::new())
    };
    Evaluation { decision, matched, missing_context: missing, allowed_by_boundary }
}

fn applies(statement: &Statement, request: &Request<'_>, missing: &mut BTreeSet<String>) -> bool {
    let action = request.action.to_ascii_lowercase();
    let of_action = |pattern: &String| like(&pattern.to_ascii_lowercase(), &action);
    let is_action = match &statement.actions {
        Selection::Of(actions) => actions.iter().any(of_action),
        Selection::Not(actions) => !actions.iter().any(of_action),
    };
    if !is_action || !is_principal(statement.principals.as_ref(), request.principal) {
        return false;
    }
    let mut of_resource = |pattern: &String| {
        substitute(pattern, request.context, missing).is_some_and(|pattern| like(&pattern, request.resource))
    };
    let is_resource = match &statement.resources {
        None => true,
        Some(Selection::Of(resources)) => resources.iter().any(&mut of_resource),
        Some(Selection::Not(resources)) => !resources.iter().any(&mut of_resource),
    };
    if !is_resource {
        return false;
    }
    // Every condition is looked at, so that all missing keys are known.
    let held = statement.conditions.iter().filter(|one| one.holds(request.context, missing)).count();
    held == statement.conditions.len()
}

/// An identity's policy names no principal: it is about its owner.
fn is_principal(principals: Option<&Principals>, caller: Option<&str>) -> bool {
    let Some(principals) = principals else {
        return true;
    };
    let is_named = principals.named.iter().any(|(kind, value)| match (kind.as_str(), caller) {
        ("*", _) => true,
        ("AWS", Some(caller)) => is_caller(value, caller),
        (_, Some(caller)) => value == caller,
        (_, None) => false,
    });
    is_named != principals.is_complement
}

/// An account, named by its id or its root, stands for everybody in it; a role stands for its sessions.
fn is_caller(named: &str, caller: &str) -> bool {
    let account = caller.split(':').nth(4).unwrap_or_default();
    let is_account =
        named == account || named.strip_suffix(":root").is_some_and(|start| start.ends_with(&format!("::{account}")));
    named == "*"
        || (!account.is_empty() && is_account)
        || named == caller
        || role_of_session(caller).is_some_and(|role| {
            // The session does not say the role's path.
            arn_like(&role, &without_path(named))
        })
}

/// `arn:aws:sts::1:assumed-role/App/session` → `arn:aws:iam::1:role/App`.
fn role_of_session(caller: &str) -> Option<String> {
    let (start, rest) = caller.split_once(":assumed-role/")?;
    let (role, _) = rest.split_once('/')?;
    Some(format!("{}:role/{role}", start.replacen(":sts:", ":iam:", 1)))
}

fn without_path(arn: &str) -> String {
    match (arn.split_once(":role/"), arn.rsplit_once('/')) {
        (Some((start, _)), Some((_, name))) => format!("{start}:role/{name}"),
        _ => arn.to_owned(),
    }
}
