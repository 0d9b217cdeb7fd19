//! A resource on its way: its new name, and the counterpart that exists already.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::selection::pairs;
use super::{End, PromoteError};
use crate::domain::diagnostic::Diagnostic;
use crate::domain::project::Environment;
use crate::domain::resource::LiveResource;
use crate::domain::resource::ResourceRef;
use crate::domain::tags;
use crate::pipeline::estate::{self, Estate};
use crate::pipeline::starting::Planning;
use crate::promotion::claims::counterpart;
use crate::promotion::desired::target_name;
use crate::promotion::names::Tokens;
use crate::schema::{self, Registry, TypeSchema};

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
    let wanted = Wanted {
        map: &planning.project.promotion.map,
        name: name.as_deref(),
        places: (from.environment, to.environment),
    };
    let found = match find_target(to, estates, live, type_schema, &wanted).await? {
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
    estates: &Estates<'_>,
    live: &LiveResource,
    type_schema: &TypeSchema,
    wanted: &Wanted<'_>,
) -> Result<Result<Option<LiveResource>, Diagnostic>, PromoteError> {
    let (own, target) = (&live.resource, estates.target);
    let there = &to.environment.name;
    if let Some(found) = pairs(estates.source, target).get(own).and_then(|found| target.live.get(found)) {
        return Ok(Ok(Some(found.clone())));
    }
    let names_us = |other: &&LiveResource| counterpart(other, tags::DEV_COUNTERPART).is_some_and(|back| back == *own);
    let mut ours = target.live.values().filter(names_us);
    let (first, second) = (ours.next(), ours.next());
    if second.is_some() {
        let problem = Diagnostic::error(
            "counterpart-claimed-twice",
            format!("several resources of {there} name {own} as their counterpart"),
        );
        return Ok(Err(problem
            .resource(own.to_string())
            .hint("remove the DevCounterpart tag from the wrong one, then promote again")));
    }
    if let Some(found) = first {
        return Ok(Ok(Some(found.clone())));
    }
    // What cannot be read may be the counterpart: making another would be the worse mistake.
    if let Some(hidden) = target.unreadable.iter().find(|hidden| hidden.resource.type_name == own.type_name) {
        let problem = Diagnostic::error(
            "unreadable-target",
            format!("{} of {there} cannot be read: {}", hidden.resource, hidden.error.message),
        );
        return Ok(Err(problem
            .resource(own.to_string())
            .hint("allow its type's read permissions, then promote again")));
    }
    let mapped = wanted.map.get(&own.identifier);
    let Some(identifier) = mapped.cloned().or_else(|| wanted.identifier(live, type_schema)) else {
        return Ok(Ok(None));
    };
    let wanted = ResourceRef::new(&own.type_name, identifier);
    let Some(found) = estate::read(to.reader, &wanted, None).await? else { return Ok(Ok(None)) };
    // A type without tags cannot say whose counterpart a resource is: there the name says it, and the
    // plan shows what would change in it.
    if names_us(&&found) || mapped.is_some() || type_schema.tagging.property.is_none() {
        return Ok(Ok(Some(found)));
    }
    let problem = Diagnostic::error(
        "name-taken",
        format!("{wanted} exists already in {there} and is not known as the counterpart of {}", own.identifier),
    );
    Ok(Err(problem.resource(own.to_string()).hint(format!(
        "rename one of them, or, if it is the counterpart, say so in stagegate.yaml: promotion.map: {{ \"{}\": \"{}\" }}",
        own.identifier, wanted.identifier
    ))))
}

/// What is known of a counterpart before it is looked for.
struct Wanted<'a> {
    map: &'a BTreeMap<String, String>,
    name: Option<&'a str>,
    places: (&'a Environment, &'a Environment),
}

impl Wanted<'_> {
    /// The identifier that the resource gets under its new name, where that can be told: from the
    /// name itself, or as the ARN that the type's rule gives (if the rule gives the source's own).
    fn identifier(&self, live: &LiveResource, type_schema: &TypeSchema) -> Option<String> {
        let property = type_schema.name_property.as_ref()?;
        let mut renamed = live.properties.clone();
        renamed.as_object_mut()?.insert(property.clone(), Value::String(self.name?.to_owned()));
        let is_read_only = |part: &String| type_schema.is_read_only(&format!("/{part}"));
        if !type_schema.primary_identifier.iter().any(is_read_only) {
            return type_schema.identifier_of(&renamed);
        }
        let is_arn = type_schema.primary_identifier.first() == type_schema.arn_property.as_ref();
        for path in &type_schema.read_only {
            path.remove_from(&mut renamed);
        }
        let place = |environment: &Environment| (environment.account.to_string(), environment.region.clone());
        let (here, there) = (place(self.places.0), place(self.places.1));
        let mut own = renamed.clone();
        own.as_object_mut()?.insert(property.clone(), live.properties.get(property)?.clone());
        let form = |properties: &Value, place: &(String, String)| {
            schema::arn_of(&type_schema.type_name, "", properties, &place.0, &place.1)
        };
        let trusted = is_arn && form(&own, &here).as_deref() == Some(live.resource.identifier.as_str());
        if trusted { form(&renamed, &there) } else { None }
    }
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
