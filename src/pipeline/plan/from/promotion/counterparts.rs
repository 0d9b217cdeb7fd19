//! A resource to promote: its new name and its existing counterpart.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::PromotionError;
use super::children::is_child_type;
use super::estates::KnownResources;
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::project::Environment;
use crate::domain::resource::{LiveResource, ResourceRef};
use crate::domain::tags;
use crate::pipeline::estate;
use crate::pipeline::plan::desired::Existing;
use crate::pipeline::plan::{PlanContext, identity};
use crate::promotion::adoption::{Adoption, adoption, is_proven};
use crate::promotion::claims::{Claims, PENDING_PREFIX, counterpart};
use crate::promotion::desired::{NewName, new_name};
use crate::promotion::names::Tokens;
use crate::promotion::typed;
use crate::schema::{AccountRegion, Registry, TypeSchema, general_facts, predict_counterpart};

/// A resource to promote.
pub(super) struct Candidate {
    /// The resource in the environment promoted from.
    pub source: LiveResource,
    /// The type.
    pub type_schema: &'static TypeSchema,
    /// The logical id within the plan.
    pub logical_id: String,
    /// The name in the environment promoted to.
    pub name: NewName,
    /// The identifier in the environment promoted to, if it can be predicted.
    pub identifier: Option<String>,
    /// The existing resource in the environment promoted to.
    pub existing: Existing,
    /// True if the existing resource has lost the tag that names its source: the plan restores the tag, and nothing else.
    pub is_tag_lost: bool,
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

/// Prepares one resource; problems that prevent its promotion are added to `problems`. `names` are the names that the user
/// chose, by `Type/identifier`.
pub(super) async fn candidate(
    context: &PlanContext<'_>,
    (source, target): (&KnownResources<'_>, &KnownResources<'_>),
    claims: &Claims,
    (tokens, names): (&Tokens, &BTreeMap<String, String>),
    resource: &ResourceRef,
    problems: &mut Vec<Diagnostic>,
) -> Result<Option<Candidate>, PromotionError> {
    let (Some(live), Some(type_schema)) = (source.live(resource), source.side.registry().get(&resource.type_name))
    else {
        return Ok(None);
    };
    let map = &context.project.promotion.map;
    let (from, to) = (source.side.environment, target.side.environment);
    let given = names.get(&format!("{}/{}", resource.type_name, resource.identifier));
    let named = match given {
        Some(name) => Ok(NewName::Is(name.clone())),
        None => new_name(type_schema, resource, &live.properties, tokens, map, from.account == to.account),
    };
    let place = |environment: &Environment| (environment.account.to_string(), environment.region.clone());
    let (here, there) = (place(from), place(to));
    let predicted = |name: Option<&str>| {
        let here = AccountRegion { account: &here.0, region: &here.1 };
        let there = AccountRegion { account: &there.0, region: &there.1 };
        predict_counterpart(type_schema, (&resource.identifier, &live.properties, here), name?, there)
    };
    let mapped = map.get(&resource.identifier).filter(|_| given.is_none());
    let expected = named.as_ref().ok().and_then(|name| predicted(name.as_deref()));
    let found = find_target((source, target), claims, live, type_schema, (mapped, expected.as_ref())).await?;
    let Found { existing, is_tag_lost } = match found {
        Ok(found) => found,
        Err(problem) => {
            problems.push(problem);
            return Ok(None);
        }
    };
    // The name of an existing counterpart stays, as in `drift`.
    let existing_name = match (&existing, &type_schema.name_property, given) {
        (Existing::Live(found), Some(property), None) => found.properties.get(property).and_then(Value::as_str),
        _ => None,
    };
    let name = match (existing_name, named) {
        (Some(name), _) => NewName::Is(name.to_owned()),
        (None, Ok(name)) => name,
        (None, Err(problem)) => {
            problems.push(problem);
            return Ok(None);
        }
    };
    let identifier = predicted(name.as_deref());
    let logical_id = String::new();
    let source = live.clone();
    Ok(Some(Candidate { source, type_schema, logical_id, name, identifier, existing, is_tag_lost }))
}

/// The existing counterpart of a resource.
struct Found {
    existing: Existing,
    /// True if the target must first get its lost counterpart tag back.
    is_tag_lost: bool,
}

/// Finds the existing counterpart: the mapped one, the one that the tags of both sides prove, or none. A resource with the
/// expected identifier that is neither is a foreign one.
async fn find_target(
    (source, target): (&KnownResources<'_>, &KnownResources<'_>),
    claims: &Claims,
    live: &LiveResource,
    type_schema: &TypeSchema,
    (mapped, expected): (Option<&String>, Option<&String>),
) -> Result<Result<Found, Diagnostic>, PromotionError> {
    let own = &live.resource;
    let there = &target.side.environment.name;
    let found = |existing: Existing| Ok(Ok(Found { existing, is_tag_lost: false }));
    if let Some(mapped) = mapped {
        let existing = identity::existing_counterpart(target.side.reader, type_schema, mapped, |_| true).await?;
        let Existing::Live(chosen) = &existing else { return found(existing) };
        let claimed = counterpart(chosen, tags::DEV_COUNTERPART);
        // The map does not take a resource away from another one that exists.
        return match claimed
            .filter(|other| other != own && claims.counterpart(other).as_ref() == Some(&chosen.resource))
        {
            Some(other) => Ok(Err(claimed_by_another(own, &chosen.resource, &other, there))),
            None => found(existing),
        };
    }
    let adopted = match adoption(claims, own) {
        Adoption::Proven(prod) => target.live(&prod).map(|live| (live, false)),
        Adoption::TagLost(prod) => target.live(&prod).map(|live| (live, true)),
        Adoption::Refused { targets, reason, source_claims } => {
            return Ok(Err(unproven(own, &targets, &reason, source_claims, (&source.side.environment.name, there))));
        }
        Adoption::None => None,
    };
    if let Some((live, is_tag_lost)) = adopted {
        return Ok(Ok(Found { existing: Existing::Live(Box::new(live.clone())), is_tag_lost }));
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
    let Some(expected) = expected else { return found(Existing::Absent) };
    // The tagging API may not list a new resource yet.
    let is_ours =
        |found: &LiveResource| is_proven(target.side.registry(), (own, &live.tags), (&found.resource, &found.tags));
    let existing = identity::existing_counterpart(target.side.reader, type_schema, expected, is_ours).await?;
    // An interrupted run of this promotion may have created it without tags. The requests of the account tell when the
    // resource is created.
    let has_begun = live.tags.get(tags::PROD_COUNTERPART).is_some_and(|named| named.starts_with(PENDING_PREFIX));
    if let (Existing::Foreign(other), true) = (&existing, has_begun && !type_schema.tagging.on_create) {
        let untagged = estate::read(target.side.reader, other, None).await?;
        if untagged.is_none_or(|other| other.tags.is_empty()) {
            return found(Existing::Absent);
        }
    }
    found(existing)
}

/// Returns the problem of a resource whose tags do not prove its counterpart.
fn unproven(
    own: &ResourceRef,
    targets: &[ResourceRef],
    reason: &str,
    source_claims: bool,
    (from, to): (&str, &str),
) -> Diagnostic {
    let names: Vec<&str> = targets.iter().map(|target| target.identifier.as_str()).collect();
    let names = names.join("`, `");
    let code = if targets.len() > 1 { Code::CounterpartClaimedTwice } else { Code::CounterpartUnproven };
    let message = format!("{own}: {reason}; a tag on one side alone does not make `{names}` in {to} its counterpart");
    let right = targets.first().map(|target| target.identifier.as_str()).unwrap_or_default();
    let map = format!("map it in stagegate.yaml: promotion.map: {{ \"{}\": \"{right}\" }}", own.identifier);
    let other = match source_claims {
        true => {
            format!("otherwise run `stagegate promote --unmark {} {} --from {from}`", own.type_name, own.identifier)
        }
        false => format!("otherwise remove the tag {} from it", tags::DEV_COUNTERPART),
    };
    Diagnostic::error(code, message)
        .resource(own.to_string())
        .hint(format!("if `{right}` is its counterpart, {map}; {other}"))
}

/// Returns the problem of a mapped target that is the counterpart of another resource.
fn claimed_by_another(own: &ResourceRef, target: &ResourceRef, other: &ResourceRef, to: &str) -> Diagnostic {
    let message = format!("{own}: `{}` in {to} is the counterpart of `{}`", target.identifier, other.identifier);
    Diagnostic::error(Code::CounterpartClaimedTwice, message)
        .resource(own.to_string())
        .hint(format!("change promotion.map for one of them: {{ \"{}\": \"<value in {to}>\" }}", own.identifier))
}

/// Returns the problems of resources that would share a resource of the target: the same existing one, or the same name.
pub(super) fn collisions(candidates: &[Candidate], to: &str) -> Vec<Diagnostic> {
    let mut by_target: BTreeMap<(&str, &str), Vec<&Candidate>> = BTreeMap::new();
    // Revisions share their name.
    let is_revision = |candidate: &&Candidate| general_facts().revisioned.contains(&candidate.type_schema.type_name);
    for candidate in candidates.iter().filter(|candidate| candidate.target().is_some() || !is_revision(candidate)) {
        let existing = candidate.target().map(|live| &live.resource.identifier);
        if let Some(key) = existing.or(candidate.identifier.as_ref()).map(String::as_str).or(candidate.name.as_deref())
        {
            by_target.entry((&candidate.type_schema.type_name, key)).or_default().push(candidate);
        }
    }
    let shared = by_target.into_iter().filter(|(_, candidates)| candidates.len() > 1);
    shared
        .map(|((type_name, key), candidates)| {
            let names: Vec<&str> =
                candidates.iter().map(|candidate| candidate.source.resource.identifier.as_str()).collect();
            let last = candidates[candidates.len() - 1];
            let own = &last.source.resource;
            let before = last.type_schema.name_property.as_ref().and_then(|name| last.source.properties.get(name));
            let before = before.and_then(Value::as_str).unwrap_or(&own.identifier);
            Diagnostic::error(
                Code::NameCollision,
                format!("`{}` would all be {type_name} `{key}` in {to}", names.join("`, `")),
            )
            .resource(own.to_string())
            .hint(format!(
                "choose another name with --name '{own}=NAME', or in stagegate.yaml: promotion.map: {{ \"{before}\": \"…\" }}",
                own = format_args!("{}/{}", own.type_name, own.identifier),
            ))
        })
        .collect()
}

/// Assigns each candidate a unique logical id within the plan: the name of its target in CamelCase.
pub(super) fn assign_logical_ids(registry: &Registry, candidates: &mut [Candidate]) {
    let mut used = BTreeSet::new();
    let mut numbers: BTreeMap<String, usize> = BTreeMap::new();
    for candidate in candidates {
        // The identifier of a child or of what has no tags contains generated ids of the environment promoted from.
        let is_unnamed =
            is_child_type(registry, candidate.type_schema) || typed::is_untagged(registry, candidate.type_schema);
        let unnamed = if is_unnamed { "" } else { candidate.source.resource.identifier.as_str() };
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
