//! A resource on its way: its new name, and the counterpart that exists already.

use std::collections::BTreeSet;

use serde_json::Value;

use super::selection::pairs;
use super::{End, PromoteError};
use crate::domain::diagnostic::Diagnostic;
use crate::domain::drift::{LiveResource, counterpart};
use crate::domain::promotion::desired::target_name;
use crate::domain::promotion::names::Tokens;
use crate::domain::resource::ResourceRef;
use crate::domain::tags;
use crate::pipeline::estate::{self, Estate};
use crate::pipeline::starting::Planning;
use crate::schema::{Registry, TypeSchema};

/// A resource on its way.
pub(super) struct Candidate {
    /// It, in the environment promoted from.
    pub source: LiveResource,
    /// Its type.
    pub type_schema: &'static TypeSchema,
    /// Its name within the plan.
    pub logical_id: String,
    /// Its name in the environment promoted to, for types with a name.
    pub name: Option<String>,
    /// Its counterpart, where one exists.
    pub target: Option<LiveResource>,
}

/// Both environments as they were read, and how names change between them.
pub(super) struct Estates<'a> {
    /// The environment promoted from.
    pub source: &'a Estate,
    /// The environment promoted to.
    pub target: &'a Estate,
    /// Environment tokens.
    pub tokens: &'a Tokens,
}

/// Prepares one resource; what stands in its way is added to the problems.
pub(super) async fn candidate(
    planning: &Planning<'_>,
    from: &End<'_>,
    to: &End<'_>,
    estates: &Estates<'_>,
    resource: &ResourceRef,
    problems: &mut Vec<Diagnostic>,
) -> Result<Option<Candidate>, PromoteError> {
    let (Some(live), Some(type_schema)) = (estates.source.live.get(resource), Registry::get(&resource.type_name))
    else {
        return Ok(None);
    };
    let shared = from.environment.account == to.environment.account;
    let name = match target_name(
        type_schema,
        resource,
        &live.properties,
        estates.tokens,
        &planning.project.promotion.map,
        shared,
    ) {
        Ok(name) => name,
        Err(problem) => {
            problems.push(problem);
            return Ok(None);
        }
    };
    let found = match find_target(to, estates.source, estates.target, live, type_schema, name.as_deref()).await? {
        Ok(found) => found,
        Err(problem) => {
            problems.push(problem);
            return Ok(None);
        }
    };
    Ok(Some(Candidate { source: live.clone(), type_schema, logical_id: String::new(), name, target: found }))
}

/// The counterpart that exists already: agreed on by tags, or left by an interrupted promotion, or
/// of the wanted name and ours. Somebody else's resource of that name is refused.
async fn find_target(
    to: &End<'_>,
    source: &Estate,
    target: &Estate,
    live: &LiveResource,
    type_schema: &TypeSchema,
    name: Option<&str>,
) -> Result<Result<Option<LiveResource>, Diagnostic>, PromoteError> {
    let own = &live.resource;
    if let Some(found) = pairs(source, target).get(own).and_then(|found| target.live.get(found)) {
        return Ok(Ok(Some(found.clone())));
    }
    let names_us = |other: &&LiveResource| counterpart(other, tags::DEV_COUNTERPART).is_some_and(|back| back == *own);
    let mut ours = target.live.values().filter(names_us);
    let (first, second) = (ours.next(), ours.next());
    if second.is_some() {
        let problem = Diagnostic::error(
            "counterpart-claimed-twice",
            format!("several resources of {} name {own} as their counterpart", to.environment.name),
        );
        return Ok(Err(problem
            .resource(own.to_string())
            .hint("remove the DevCounterpart tag from the wrong one, then promote again")));
    }
    if let Some(found) = first {
        return Ok(Ok(Some(found.clone())));
    }
    let (Some(name), Some(property)) = (name, &type_schema.name_property) else { return Ok(Ok(None)) };
    let mut renamed = live.properties.clone();
    if let Value::Object(map) = &mut renamed {
        map.insert(property.clone(), Value::String(name.to_owned()));
        // A read-only identifier (a queue's URL) cannot be told before the resource exists.
        if type_schema.primary_identifier.iter().any(|part| type_schema.is_read_only(&format!("/{part}"))) {
            return Ok(Ok(None));
        }
    }
    let Some(identifier) = type_schema.identifier_of(&renamed) else { return Ok(Ok(None)) };
    let wanted = ResourceRef::new(&own.type_name, identifier);
    let Some(found) = estate::read(to.reader, &wanted, None).await? else { return Ok(Ok(None)) };
    if names_us(&&found) {
        return Ok(Ok(Some(found)));
    }
    let problem = Diagnostic::error(
        "name-taken",
        format!("{wanted} exists already in {} and is not the counterpart of {}", to.environment.name, own.identifier),
    );
    Ok(Err(problem.resource(own.to_string()).hint(format!(
        "rename one of them, or, if it is the counterpart, say so: tag it {}={}",
        tags::DEV_COUNTERPART,
        tags::encode_identifier(&own.identifier).unwrap_or_default()
    ))))
}

/// Gives each candidate a name within the plan: its target's name in CamelCase, made unique.
pub(super) fn name_steps(candidates: &mut [Candidate]) {
    let mut used = BTreeSet::new();
    for candidate in candidates {
        let basis = candidate.name.as_deref().unwrap_or(&candidate.source.resource.identifier);
        let service = candidate.source.resource.type_name.rsplit("::").next().unwrap_or_default();
        let words = basis.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
        let camel: String = words.map(|word| word[..1].to_uppercase() + &word[1..]).take(6).collect();
        let base: String = format!("{service}{camel}").chars().take(60).collect();
        let mut name = base.clone();
        let mut number = 2;
        while !used.insert(name.clone()) {
            name = format!("{base}{number}");
            number += 1;
        }
        candidate.logical_id = name;
    }
}
