//! The sandbox's own policy evaluator. It is written from the IAM User Guide ("Policy evaluation logic",
//! "IAM JSON policy elements reference") and shares nothing with the product's evaluator, which is
//! tested against it.
//!
//! Modeled: identity-based policies, permissions boundaries, session policies and resource-based policies,
//! role trust policies among them, within one account and across accounts. Not modeled: service control
//! policies, resource control policies, ACLs, federated user sessions and the root user.

mod condition;
mod document;
mod principal;
mod template;

use std::collections::{BTreeMap, BTreeSet};

pub use document::{Attachment, Policy};

use document::{Effect, Statement};
use principal::{Caller, Named};
use template::Template;

/// The request context: values by condition key. Keys ignore case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Context(BTreeMap<String, Vec<String>>);

impl Context {
    /// Sets the values of a key.
    pub fn set(&mut self, key: &str, values: impl IntoIterator<Item = impl Into<String>>) {
        self.0.insert(key.to_ascii_lowercase(), values.into_iter().map(Into::into).collect());
    }

    /// The values of a key; `None` when the request does not carry it.
    fn values(&self, key: &str) -> Option<&[String]> {
        self.0.get(&key.to_ascii_lowercase()).map(Vec::as_slice)
    }
}

impl<K: AsRef<str>, V: Into<String>> FromIterator<(K, Vec<V>)> for Context {
    fn from_iter<T: IntoIterator<Item = (K, Vec<V>)>>(pairs: T) -> Self {
        let mut context = Self::default();
        pairs.into_iter().for_each(|(key, values)| context.set(key.as_ref(), values));
        context
    }
}

/// One request for authorization.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Such as `s3:GetObject`.
    pub action: &'a str,
    /// The ARN of the resource, or `*`.
    pub resource: &'a str,
    /// The ARN of the calling user, role or role session, or a service's name. `None` where no caller is
    /// simulated: only a `Principal` of `*` matches then.
    pub principal: Option<&'a str>,
    /// The request context.
    pub context: &'a Context,
}

/// The policies that apply to a request.
#[derive(Debug, Clone, Copy, Default)]
pub struct Policies<'a> {
    /// Identity-based policies.
    pub identity: &'a [Policy],
    /// The permissions boundary; `None` when there is none, empty when it allows nothing.
    pub boundary: Option<&'a [Policy]>,
    /// Session policies; `None` when none was passed.
    pub session: Option<&'a [Policy]>,
    /// Resource-based policies.
    pub resource: &'a [Policy],
}

/// The decision on a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// It is allowed.
    Allowed,
    /// It is not allowed: an implicit deny.
    ImplicitDeny,
    /// A statement denies it: an explicit deny.
    ExplicitDeny,
}

/// The kinds of policies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Identity-based.
    Identity,
    /// Permissions boundary.
    Boundary,
    /// Session policy.
    Session,
    /// Resource-based.
    Resource,
}

/// A statement that determined the decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Matched {
    /// The kind of its policy.
    pub kind: Kind,
    /// The index of its policy among those of the kind.
    pub policy: usize,
}

/// A decision with its reasons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evaluation {
    /// The decision.
    pub decision: Decision,
    /// The statements that deny it, else those that allow it.
    pub matched: Vec<Matched>,
    /// Condition keys and policy variables that a statement about this action and resource needs and that the
    /// context lacks, sorted.
    pub missing_context: Vec<String>,
    /// Whether the permissions boundary allows it; `None` without one.
    pub allowed_by_boundary: Option<bool>,
}

/// The statements of one kind of policies that apply to a request.
struct Layer {
    kind: Kind,
    allows: Vec<(usize, Named)>,
    denies: Vec<usize>,
}

impl Layer {
    fn matched(&self, policies: impl Iterator<Item = usize>) -> impl Iterator<Item = Matched> {
        let kind = self.kind;
        policies.map(move |policy| Matched { kind, policy })
    }

    fn allowing(&self) -> impl Iterator<Item = Matched> {
        self.matched(self.allows.iter().map(|(policy, _)| *policy))
    }

    fn denying(&self) -> impl Iterator<Item = Matched> {
        self.matched(self.denies.iter().copied())
    }
}

/// Decides on a request.
pub fn evaluate(policies: &Policies<'_>, request: &Request<'_>) -> Evaluation {
    let caller = request.principal.map(Caller::new);
    let mut missing = BTreeSet::new();
    let mut layer = |kind, policies: &[Policy]| {
        let mut layer = Layer { kind, allows: Vec::new(), denies: Vec::new() };
        for (index, policy) in policies.iter().enumerate() {
            for statement in &policy.statements {
                match applies(statement, request, caller.as_ref(), &mut missing) {
                    Some(named) if statement.effect == Effect::Allow => layer.allows.push((index, named)),
                    Some(_) => layer.denies.push(index),
                    None => {}
                }
            }
        }
        layer
    };
    let identity = layer(Kind::Identity, policies.identity);
    let resource = layer(Kind::Resource, policies.resource);
    let boundary = policies.boundary.map(|boundary| layer(Kind::Boundary, boundary));
    let session = policies.session.map(|session| layer(Kind::Session, session));

    let limits = || [&boundary, &session].into_iter().flatten();
    let denied: Vec<Matched> = [&identity, &resource].into_iter().chain(limits()).flat_map(Layer::denying).collect();
    let is_within_limits = limits().all(|layer| !layer.allows.is_empty());
    let is_allowed_to_identity = !identity.allows.is_empty() && is_within_limits;
    let must_be_named = !policies.resource.is_empty() && is_left_to_resource_policies(request.action);
    // "Resource-based policies and implicit denies in other policy types (same account)": a policy that names the
    // caller itself is enough; one that names its role is subject to the limits of the role; one that names its
    // account leaves it to the account's identity-based policies.
    let is_allowed_by_resource = resource.allows.iter().any(|(_, named)| match named {
        Named::Itself => true,
        Named::Role => is_within_limits,
        Named::Account => false,
    });
    let is_allowed = if is_cross_account(request, caller.as_ref()) {
        is_allowed_to_identity && !resource.allows.is_empty()
    } else {
        is_allowed_by_resource || (is_allowed_to_identity && !(must_be_named && resource.allows.is_empty()))
    };
    let (decision, matched) = match (denied.is_empty(), is_allowed) {
        (false, _) => (Decision::ExplicitDeny, denied),
        (true, true) => (Decision::Allowed, identity.allowing().chain(resource.allowing()).collect()),
        (true, false) => (Decision::ImplicitDeny, Vec::new()),
    };
    Evaluation {
        decision,
        matched,
        missing_context: missing.into_iter().collect(),
        allowed_by_boundary: boundary.map(|layer| !layer.allows.is_empty() && layer.denies.is_empty()),
    }
}

/// Whether identity-based policies are not enough even within an account: role trust policies and KMS key
/// policies must allow access explicitly.
fn is_left_to_resource_policies(action: &str) -> bool {
    let action = action.to_ascii_lowercase();
    action.starts_with("kms:") || action.starts_with("sts:assumerole")
}

/// Whether caller and resource belong to different accounts. Where the ARN names no account (S3), the key
/// `aws:ResourceAccount` does; without either, the resource is taken to be the caller's.
fn is_cross_account(request: &Request<'_>, caller: Option<&Caller<'_>>) -> bool {
    let of_arn = request.resource.split(':').nth(4).filter(|account| !["", "*"].contains(account));
    let of_context = || request.context.values("aws:ResourceAccount").and_then(|values| values.first());
    let owner = of_arn.or_else(|| of_context().map(String::as_str));
    match (caller.and_then(Caller::account), owner) {
        (Some(account), Some(owner)) => account != owner,
        _ => false,
    }
}

/// How a statement that applies names the caller; `None` when it does not apply.
fn applies(
    statement: &Statement,
    request: &Request<'_>,
    caller: Option<&Caller<'_>>,
    missing: &mut BTreeSet<String>,
) -> Option<Named> {
    let named = match &statement.principals {
        // An identity-based policy applies to the identity that it is attached to.
        None => Named::Itself,
        Some(principals) => principals.name(caller)?,
    };
    let action = request.action.to_ascii_lowercase();
    let is_action = statement.actions.items.iter().any(|pattern| pattern.matches(&action));
    if is_action == statement.actions.is_complement {
        return None;
    }
    if let Some(resources) = &statement.resources {
        let (is_listed, is_known) = is_listed(&resources.items, request, missing);
        // A complement of an unknown list matches nothing.
        let is_resource = if resources.is_complement { is_known && !is_listed } else { is_listed };
        if !is_resource {
            return None;
        }
    }
    // All conditions are evaluated: each may report a missing key.
    let failed = statement.conditions.iter().filter(|condition| !condition.holds(request.context, missing)).count();
    (failed == 0).then_some(named)
}

/// Whether a resource is among those listed, and whether the whole list could be read: a policy variable may
/// have no value.
fn is_listed(resources: &[Template], request: &Request<'_>, missing: &mut BTreeSet<String>) -> (bool, bool) {
    let (mut is_listed, mut is_known) = (false, true);
    for resource in resources {
        match resource.fill(request.context) {
            Ok(pattern) => is_listed |= pattern.matches(request.resource),
            Err(key) => {
                missing.insert(key.to_owned());
                is_known = false;
            }
        }
    }
    (is_listed, is_known)
}

#[cfg(test)]
mod tests;
