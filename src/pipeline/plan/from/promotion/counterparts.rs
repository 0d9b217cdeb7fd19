//! A resource to promote: its new name and its existing counterpart.

use std::collections::{BTreeMap, BTreeSet};

use super::PromotionError;
use super::children::is_child_type;
use super::estates::KnownResources;
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::project::Environment;
use crate::domain::resource::{LiveResource, ResourceRef};
use crate::domain::tags;
use crate::pipeline::plan::desired::Existing;
use crate::pipeline::plan::{PlanContext, identity};
use crate::promotion::claims::{Claims, counterpart};
use crate::promotion::desired::target_name;
use crate::promotion::names::Tokens;
use crate::schema::{AccountRegion, Registry, TypeSchema, predict_counterpart};

/// A resource to promote.
pub(super) struct Candidate {
    /// The resource in the environment promoted from.
    pub source: LiveResource,
    /// The type.
    pub type_schema: &'static TypeSchema,
    /// The logical id within the plan.
    pub logical_id: String,
    /// The name in the environment promoted to, for types with a name.
    pub name: Option<String>,
    /// The identifier in the environment promoted to, if it can be predicted.
    pub identifier: Option<String>,
    /// The existing resource in the environment promoted to.
    pub existing: Existing,
}

impl Candidate {
    /// Returns the counterpart, if it exists.
    pub fn target(&self) -> Option<&LiveResource> {
        match &self.existing {
            Existing::Live(live) => Some(live),
            Existing::Absent | Existing::CreatedEarlier(_) | Existing::Foreign(_) | Existing::Unclear(_) => None,
        }
    }
}

/// Prepares one resource; problems that prevent its promotion are added to `problems`.
pub(super) async fn candidate(
    context: &PlanContext<'_>,
    (source, target): (&KnownResources<'_>, &KnownResources<'_>),
    claims: &Claims,
    tokens: &Tokens,
    resource: &ResourceRef,
    problems: &mut Vec<Diagnostic>,
) -> Result<Option<Candidate>, PromotionError> {
    let (Some(live), Some(type_schema)) = (source.live(resource), Registry::get(&resource.type_name)) else {
        return Ok(None);
    };
    let map = &context.project.promotion.map;
    let (from, to) = (source.side.environment, target.side.environment);
    let shared = from.account == to.account;
    let name = match target_name(type_schema, resource, &live.properties, tokens, map, shared) {
        Ok(name) => name,
        Err(problem) => {
            problems.push(problem);
            return Ok(None);
        }
    };
    let place = |environment: &Environment| (environment.account.to_string(), environment.region.clone());
    let (here, there) = (place(from), place(to));
    let identifier = name.as_deref().and_then(|name| {
        let here = AccountRegion { account: &here.0, region: &here.1 };
        let there = AccountRegion { account: &there.0, region: &there.1 };
        predict_counterpart(type_schema, (&resource.identifier, &live.properties, here), name, there)
    });
    let mapped = map.get(&resource.identifier);
    let expected = mapped.or(identifier.as_ref());
    let existing = match find_target(target, claims, live, type_schema, expected, mapped.is_some()).await? {
        Ok(existing) => existing,
        Err(problem) => {
            problems.push(problem);
            return Ok(None);
        }
    };
    let logical_id = String::new();
    Ok(Some(Candidate { source: live.clone(), type_schema, logical_id, name, identifier, existing }))
}

/// Finds the existing counterpart: one that the tags of both sides name, one left by an interrupted promotion, or one with
/// the expected identifier that is mapped or names the source.
async fn find_target(
    target: &KnownResources<'_>,
    claims: &Claims,
    live: &LiveResource,
    type_schema: &TypeSchema,
    expected: Option<&String>,
    is_mapped: bool,
) -> Result<Result<Existing, Diagnostic>, PromotionError> {
    let own = &live.resource;
    let there = &target.side.environment.name;
    if let Some(found) = claims.counterpart(own).and_then(|found| target.live(&found)) {
        return Ok(Ok(Existing::Live(Box::new(found.clone()))));
    }
    let naming = claims.naming_dev(own);
    if naming.len() > 1 {
        let problem = Diagnostic::error(
            Code::CounterpartClaimedTwice,
            format!("several resources in {there} name {own} as their counterpart"),
        );
        return Ok(Err(problem
            .resource(own.to_string())
            .hint("remove the DevCounterpart tag from the wrong one, then promote again")));
    }
    if let Some(found) = naming.first().and_then(|found| target.live(found)) {
        return Ok(Ok(Existing::Live(Box::new(found.clone()))));
    }
    // An unreadable resource may be the counterpart: do not create another one.
    if let Some(hidden) = target.estate.unreadable.iter().find(|hidden| hidden.resource.type_name == own.type_name) {
        let problem = Diagnostic::error(
            Code::UnreadableTarget,
            format!("{} in {there} cannot be read: {}", hidden.resource, hidden.error.message),
        );
        return Ok(Err(problem
            .resource(own.to_string())
            .hint("grant the read permissions of its type, then promote again")));
    }
    let Some(expected) = expected else { return Ok(Ok(Existing::Absent)) };
    let names_us = |found: &LiveResource| counterpart(found, tags::DEV_COUNTERPART).is_some_and(|back| back == *own);
    let is_ours = |found: &LiveResource| is_mapped || names_us(found);
    Ok(Ok(identity::existing_counterpart(target.side.reader, type_schema, expected, is_ours).await?))
}

/// Assigns each candidate a unique logical id within the plan: the name of its target in CamelCase.
pub(super) fn assign_logical_ids(candidates: &mut [Candidate]) {
    let mut used = BTreeSet::new();
    let mut numbers: BTreeMap<String, usize> = BTreeMap::new();
    for candidate in candidates {
        // The identifier of a child contains generated ids of the environment promoted from.
        let is_child = is_child_type(candidate.type_schema);
        let unnamed = if is_child { "" } else { candidate.source.resource.identifier.as_str() };
        let basis = candidate.name.as_deref().unwrap_or(unnamed);
        let service = candidate.source.resource.type_name.rsplit("::").next().unwrap_or_default();
        let words = basis.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
        let camel: String = words.map(|word| word[..1].to_uppercase() + &word[1..]).take(6).collect();
        let base: String = format!("{service}{camel}").chars().take(60).collect();
        let number = numbers.entry(base.clone()).or_insert(0);
        let name = loop {
            *number += 1;
            let name = if *number == 1 { base.clone() } else { format!("{base}{number}") };
            if used.insert(name.clone()) {
                break name;
            }
        };
        candidate.logical_id = name;
    }
}
