//! Policy evaluation: an explicit deny wins, else a policy must allow the request, and so must a permissions boundary.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::context::{Context, escaped, lookup, substitute};
use super::document::{Effect, Policy, Principals, Selection, Statement};
use super::pattern::like;

/// An authorization request.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Such as `s3:GetObject`.
    pub action: &'a str,
    /// The ARN of the resource, or `*` for an action without a resource. It belongs to the account
    /// in the ARN, else to the one of the context key `aws:ResourceAccount`, else to the caller's.
    pub resource: &'a str,
    /// The caller's ARN. Only statements with a principal use it.
    pub principal: Option<&'a str>,
    /// The request context.
    pub context: &'a Context,
}

/// The policies that apply to the caller and the resource.
#[derive(Debug, Clone, Copy, Default)]
pub struct AttachedPolicies<'a> {
    /// Policies of the identity.
    pub identity: &'a [Policy],
    /// The permissions boundary; `None` without one. An empty one allows nothing.
    pub boundary: Option<&'a [Policy]>,
    /// The session policies; `None` without any.
    pub session: Option<&'a [Policy]>,
    /// Resource-based policies; each of their statements has a principal.
    pub resource: &'a [Policy],
}

/// The decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Decision {
    /// A statement allows it and none denies it.
    Allowed,
    /// No statement allows it: an implicit deny.
    ImplicitDeny,
    /// A statement denies it: an explicit deny.
    ExplicitDeny,
}

/// A statement that determined the decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Matched {
    /// Of an identity policy: the index of the policy, and of the statement in it.
    Identity(usize, usize),
    /// Of the permissions boundary.
    Boundary(usize, usize),
    /// Of a session policy.
    Session(usize, usize),
    /// Of a resource policy.
    Resource(usize, usize),
}

/// A decision with its reasons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evaluation {
    /// The decision.
    pub decision: Decision,
    /// The statements that determined the decision: those that deny, else those that allow.
    pub matched: Vec<Matched>,
    /// Context keys that a statement about this action and resource uses and that are missing.
    pub missing_context: BTreeSet<String>,
    /// Whether the boundary allows it; `None` without a boundary.
    pub allowed_by_boundary: Option<bool>,
}

/// How a statement of a resource-based policy names the caller; later variants are more direct.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Named {
    /// By its account, whose identity policies must allow it as well.
    Account,
    /// By its role, whose limits apply.
    Role,
    /// By its own ARN, or as `*`.
    Directly,
}

/// Evaluates a request. Pure: the same policies and request give the same decision.
pub fn evaluate(policies: &AttachedPolicies<'_>, request: &Request<'_>) -> Evaluation {
    let mut missing = BTreeSet::new();
    let mut find = |of: &[Policy], place: fn(usize, usize) -> Matched| {
        let (mut allows, mut denies) = (Vec::new(), Vec::new());
        for (index, policy) in of.iter().enumerate() {
            for (number, statement) in policy.statements.iter().enumerate() {
                match applies(statement, request, &mut missing) {
                    Some(named) if statement.effect == Effect::Allow => allows.push((named, place(index, number))),
                    Some(_) => denies.push(place(index, number)),
                    None => {}
                }
            }
        }
        (allows, denies)
    };
    let (identity_allows, mut denies) = find(policies.identity, Matched::Identity);
    let (resource_allows, resource_denies) = find(policies.resource, Matched::Resource);
    let (boundary_allows, boundary_denies) = find(policies.boundary.unwrap_or_default(), Matched::Boundary);
    let (session_allows, session_denies) = find(policies.session.unwrap_or_default(), Matched::Session);
    denies.extend(resource_denies);
    let allowed_by_boundary = policies.boundary.map(|_| !boundary_allows.is_empty() && boundary_denies.is_empty());
    denies.extend(boundary_denies.into_iter().chain(session_denies));
    let is_within_limits = (policies.boundary.is_none() || !boundary_allows.is_empty())
        && (policies.session.is_none() || !session_allows.is_empty());
    let is_identity_granted = !identity_allows.is_empty() && is_within_limits;
    let named = resource_allows.iter().map(|(named, _)| *named).max();
    let is_granted = if is_across_accounts(request) {
        is_identity_granted && named.is_some()
    } else {
        match named {
            Some(Named::Directly) => true,
            Some(Named::Role) => is_within_limits,
            Some(Named::Account) => is_identity_granted,
            None => is_identity_granted && (policies.resource.is_empty() || !must_be_named(request.action)),
        }
    };
    let (decision, matched) = if !denies.is_empty() {
        (Decision::ExplicitDeny, denies)
    } else if is_granted {
        let allows = identity_allows.into_iter().chain(resource_allows);
        (Decision::Allowed, allows.map(|(_, matched)| matched).collect())
    } else {
        (Decision::ImplicitDeny, Vec::new())
    };
    Evaluation { decision, matched, missing_context: missing, allowed_by_boundary }
}

impl Policy {
    /// True if a statement allows the action on some resource, perhaps under a condition.
    pub fn may_allow(&self, action: &str) -> bool {
        let action = action.to_ascii_lowercase();
        self.statements.iter().any(|statement| statement.effect == Effect::Allow && is_about(statement, &action))
    }

    /// The resources that the statements name that allow something: ARNs with wildcards and variables.
    pub fn allowed_resources(&self) -> impl Iterator<Item = &str> {
        let allows = self.statements.iter().filter(|statement| statement.effect == Effect::Allow);
        allows.flat_map(|statement| match &statement.resources {
            Some(Selection::Of(resources)) => resources.iter().map(String::as_str).collect(),
            Some(Selection::Not(_)) | None => Vec::new(),
        })
    }
}

/// True if the action, in lower case, is one of those that a statement is about.
fn is_about(statement: &Statement, action: &str) -> bool {
    let of_action = |pattern: &String| like(&pattern.to_ascii_lowercase(), action);
    match &statement.actions {
        Selection::Of(actions) => actions.iter().any(of_action),
        Selection::Not(actions) => !actions.iter().any(of_action),
    }
}

/// Role trust policies and KMS key policies must name the caller, regardless of other policies.
fn must_be_named(action: &str) -> bool {
    let action = action.to_ascii_lowercase();
    action.starts_with("kms:") || action.starts_with("sts:assumerole")
}

fn is_across_accounts(request: &Request<'_>) -> bool {
    fn account(arn: &str) -> Option<&str> {
        arn.split(':').nth(4).filter(|account| !account.is_empty() && *account != "*")
    }
    let owner = || lookup(request.context, "aws:ResourceAccount")?.first().map(String::as_str);
    match (request.principal.and_then(account), account(request.resource).or_else(owner)) {
        (Some(caller), Some(owner)) => caller != owner,
        _ => false,
    }
}

/// How a statement that applies names the caller; `None` when it does not apply.
fn applies(statement: &Statement, request: &Request<'_>, missing: &mut BTreeSet<String>) -> Option<Named> {
    if !is_about(statement, &request.action.to_ascii_lowercase()) {
        return None;
    }
    let named = named(statement.principals.as_ref(), request.principal)?;
    let resource = escaped(request.resource);
    // For each pattern: whether it matches; `None` where one of its variables is unknown.
    let mut of_resource = |pattern: &String| {
        let pattern = substitute(&whole_arn(pattern), statement.has_variables, request.context, missing)?;
        Some(like(&pattern, &resource))
    };
    let is_resource = match &statement.resources {
        None => true,
        Some(Selection::Of(resources)) => resources.iter().any(|one| of_resource(one) == Some(true)),
        Some(Selection::Not(resources)) => resources.iter().all(|one| of_resource(one) == Some(false)),
    };
    if !is_resource {
        return None;
    }
    // Every condition is evaluated, so that all missing keys are reported.
    let holds = |one: &&super::condition::Condition| one.holds(statement.has_variables, request.context, missing);
    (statement.conditions.iter().filter(holds).count() == statement.conditions.len()).then_some(named)
}

/// Completes a partial ARN with wildcards.
fn whole_arn(pattern: &str) -> Cow<'_, str> {
    let parts = pattern.splitn(6, ':').count();
    if pattern.starts_with("arn:") && parts < 6 {
        Cow::Owned(pattern.to_owned() + &":*".repeat(6 - parts))
    } else {
        Cow::Borrowed(pattern)
    }
}

/// An identity policy has no principal: it applies to its owner.
fn named(principals: Option<&Principals>, caller: Option<&str>) -> Option<Named> {
    let Some(principals) = principals else {
        return Some(Named::Directly);
    };
    let names = principals.named.iter().filter_map(|(kind, value)| match (kind.as_str(), caller) {
        ("*", _) => Some(Named::Directly),
        ("AWS", Some(caller)) => how_named(value, caller),
        (_, Some(caller)) => (value == caller).then_some(Named::Directly),
        (_, None) => (kind == "AWS" && value == "*").then_some(Named::Directly),
    });
    let named = names.max();
    if !principals.is_complement {
        return named;
    }
    // A `NotPrincipal` excludes exactly whom it names, not the account listed with it, nor all sessions of a role.
    let is_session = caller.is_some_and(|caller| role_of_session(caller).is_some());
    let is_exception = named == Some(Named::Directly) || (named == Some(Named::Role) && !is_session);
    (!is_exception).then_some(Named::Directly)
}

/// An account, named by its id or its root, matches every principal in it; a role matches its sessions.
fn how_named(named: &str, caller: &str) -> Option<Named> {
    let account = caller.split(':').nth(4).unwrap_or_default();
    let is_account =
        named == account || named.strip_suffix(":root").is_some_and(|start| start.ends_with(&format!("::{account}")));
    // A session's ARN does not contain the role's path.
    let is_of_role = || role_of_session(caller).is_some_and(|role| role == without_path(named));
    if named == "*" {
        Some(Named::Directly)
    } else if named == caller {
        Some(if caller.contains(":role/") { Named::Role } else { Named::Directly })
    } else if is_of_role() {
        Some(Named::Role)
    } else {
        (!account.is_empty() && is_account).then_some(Named::Account)
    }
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
