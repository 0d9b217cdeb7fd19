//! The decision: an explicit deny wins, then something must allow, and a boundary must allow it too.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::document::{Effect, Policy, Principals, Selection, Statement};
use super::pattern::like;

/// Values by context key. Keys are compared without regard to case.
pub type Context = BTreeMap<String, Vec<String>>;

/// What somebody wants to do.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Such as `s3:GetObject`.
    pub action: &'a str,
    /// The ARN of what it is done to, or `*` for an action that is about no resource. It belongs to the account
    /// that it names, else to the one of the context key `aws:ResourceAccount`, else to the caller's.
    pub resource: &'a str,
    /// Who asks, an ARN. Only statements with a principal look at it.
    pub principal: Option<&'a str>,
    /// What else is known of the request.
    pub context: &'a Context,
}

/// The policies that apply to a request.
#[derive(Debug, Clone, Copy, Default)]
pub struct PolicySet<'a> {
    /// Policies of the identity.
    pub identity: &'a [Policy],
    /// Its permissions boundary; `None` when it has none. An empty one allows nothing.
    pub boundary: Option<&'a [Policy]>,
    /// Its session policies; `None` when it has none.
    pub session: Option<&'a [Policy]>,
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
    /// Of a session policy.
    Session(usize, usize),
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

/// How a statement of a resource's policy names the caller; the later, the more directly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Named {
    /// By its account, which has to let it as well.
    Account,
    /// By its role, whose limits hold.
    Role,
    /// By itself, or as anybody.
    Directly,
}

/// Evaluates a request. Pure: the same policies and request give the same decision.
pub fn evaluate(policies: &PolicySet<'_>, request: &Request<'_>) -> Evaluation {
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

/// Trust policies of roles and policies of KMS keys must name the caller, whatever else allows it.
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
    let action = request.action.to_ascii_lowercase();
    let of_action = |pattern: &String| like(&pattern.to_ascii_lowercase(), &action);
    let is_action = match &statement.actions {
        Selection::Of(actions) => actions.iter().any(of_action),
        Selection::Not(actions) => !actions.iter().any(of_action),
    };
    if !is_action {
        return None;
    }
    let named = named(statement.principals.as_ref(), request.principal)?;
    let resource = shielded(request.resource);
    // Of each pattern: whether it fits, and nothing where a variable of it is not known.
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
    // Every condition is looked at, so that all missing keys are known.
    let holds = |one: &&super::condition::Condition| one.holds(statement.has_variables, request.context, missing);
    (statement.conditions.iter().filter(holds).count() == statement.conditions.len()).then_some(named)
}

/// An ARN that ends early stands for all that it could go on with.
fn whole_arn(pattern: &str) -> Cow<'_, str> {
    let parts = pattern.splitn(6, ':').count();
    if pattern.starts_with("arn:") && parts < 6 {
        Cow::Owned(pattern.to_owned() + &":*".repeat(6 - parts))
    } else {
        Cow::Borrowed(pattern)
    }
}

/// An identity's policy names no principal: it is about its owner.
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
    // An exception is for whom it names, not for the account that stands beside it, nor for all sessions of a role.
    let is_session = caller.is_some_and(|caller| role_of_session(caller).is_some());
    let is_exception = named == Some(Named::Directly) || (named == Some(Named::Role) && !is_session);
    (!is_exception).then_some(Named::Directly)
}

/// An account, named by its id or its root, stands for everybody in it; a role stands for its sessions.
fn how_named(named: &str, caller: &str) -> Option<Named> {
    let account = caller.split(':').nth(4).unwrap_or_default();
    let is_account =
        named == account || named.strip_suffix(":root").is_some_and(|start| start.ends_with(&format!("::{account}")));
    // The session does not say the role's path.
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

/// The values of a context key.
pub(super) fn lookup<'a>(context: &'a Context, key: &str) -> Option<&'a [String]> {
    if let Some(values) = context.get(key) {
        return Some(values);
    }
    context.iter().find(|(name, _)| name.eq_ignore_ascii_case(key)).map(|(_, values)| values.as_slice())
}

/// Stand-ins for `*` and `?` that are no wildcards: private characters, which no name holds.
const STAND_INS: [(char, char); 2] = [('*', '\u{F0001}'), ('?', '\u{F0002}')];

/// A text in which no character is a wildcard: what a pattern that [`substitute`] filled in is matched against.
pub(super) fn shielded(text: &str) -> String {
    STAND_INS.iter().fold(text.to_owned(), |text, (wildcard, stand_in)| text.replace(*wildcard, &stand_in.to_string()))
}

/// A filled text as it reads.
pub(super) fn bare(text: &str) -> String {
    STAND_INS.iter().fold(text.to_owned(), |text, (wildcard, stand_in)| text.replace(*stand_in, &wildcard.to_string()))
}

/// Fills in policy variables (`${aws:username}`, `${aws:username, 'default'}`) with their values, in which
/// nothing is a wildcard; `None`, and the key in `missing`, when the context does not have one of them.
pub(super) fn substitute(
    text: &str,
    has_variables: bool,
    context: &Context,
    missing: &mut BTreeSet<String>,
) -> Option<String> {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, tail)) = rest.split_once("${").filter(|_| has_variables) {
        let (inside, after) = tail.split_once('}')?;
        filled.push_str(before);
        let (key, default) = match inside.split_once(',') {
            Some((key, default)) => (key.trim(), Some(default.trim().trim_matches('\''))),
            None => (inside.trim(), None),
        };
        let value = match lookup(context, key).and_then(|values| values.first()) {
            _ if ["*", "?", "$"].contains(&key) => Some(key),
            Some(value) => Some(value.as_str()),
            None => default,
        };
        let Some(value) = value else {
            missing.insert(key.to_owned());
            return None;
        };
        filled.push_str(&shielded(value));
        rest = after;
    }
    filled.push_str(rest);
    Some(filled)
}
