//! Finds the children that exist in the environment promoted to, by their parent and their properties.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::super::counterparts::Candidate;
use super::super::estates::KnownResources;
use super::service_made::is_service_made;
use super::versions::unpublishable;
use super::{Family, is_child_type};
use crate::compare::drift::differences;
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::portable::portable;
use crate::domain::project::AccountId;
use crate::domain::resource::{LiveResource, ResourceRef};
use crate::domain::{symbol, tags};
use crate::pipeline::estate;
use crate::pipeline::event::Event;
use crate::pipeline::plan::PlanContext;
use crate::pipeline::plan::children::ChildRecord;
use crate::pipeline::plan::desired::Existing;
use crate::pipeline::plan::identity::{Wanted, matches};
use crate::pipeline::ports::{CloudError, CloudErrorKind};
use crate::promotion::desired::{NewName, target_name};
use crate::promotion::names::Tokens;
use crate::promotion::rewrite::Rewritten;
use crate::promotion::{typed, versions};
use crate::schema::{AccountRegion, ParentLink, Registry, TypeSchema, predict_identifier};

/// Prepares a child; `None` if it is no child, or if a problem that prevents its promotion was added. Whether it exists in
/// the environment promoted to is determined later, by [`resolve`].
pub(in super::super) fn candidate(
    context: &PlanContext<'_>,
    (source, target): (&KnownResources<'_>, &KnownResources<'_>),
    (tokens, names): (&Tokens, &BTreeMap<String, String>),
    resource: &ResourceRef,
    problems: &mut Vec<Diagnostic>,
) -> Option<Candidate> {
    let (live, type_schema) = (source.live(resource)?, source.side.registry().get(&resource.type_name)?);
    let links = source.side.registry().parent_links(type_schema);
    // The name of a child that its parent's key identifies as well is not shared with others.
    let is_within_parent = links.iter().any(|link| type_schema.primary_identifier.contains(&link.property));
    let is_shared = source.side.environment.account == target.side.environment.account && !is_within_parent;
    let map = &context.project.promotion.map;
    let given = names.get(&format!("{}/{}", resource.type_name, resource.identifier));
    let name = match given {
        Some(name) => Ok(Some(name.clone())),
        None => target_name(type_schema, resource, &live.properties, tokens, map, is_shared),
    };
    let name = match name {
        Ok(name) => name,
        Err(problem) => {
            problems.push(problem);
            return None;
        }
    };
    Some(Candidate {
        source: live.clone(),
        type_schema,
        logical_id: String::new(),
        name: name.map_or(NewName::None, NewName::Is),
        identifier: None,
        existing: Existing::Absent,
        is_tag_lost: false,
    })
}

/// Determines which children exist in the environment promoted to. `rewrite` returns the properties of all candidates there:
/// a child may refer to others, so that it is called again when more of them are known.
///
/// # Errors
/// AWS could not be read.
pub(in super::super) async fn resolve(
    (target, from): (&KnownResources<'_>, &AccountId),
    family: &Family,
    candidates: &mut [Candidate],
    rewrite: impl Fn(&[Candidate]) -> Vec<Rewritten>,
    problems: &mut Vec<Diagnostic>,
) -> Result<Vec<Rewritten>, CloudError> {
    let registry = target.side.registry();
    let mut lookup = Lookup { target, listings: BTreeMap::new(), claimed: BTreeSet::new() };
    let mut open: BTreeSet<usize> = candidates
        .iter()
        .enumerate()
        .filter(|(_, one)| is_child_type(registry, one.type_schema) || typed::is_untagged(registry, one.type_schema))
        .map(|(index, _)| index)
        .collect();
    loop {
        let bodies = rewrite(candidates);
        if open.is_empty() {
            return Ok(bodies);
        }
        let unresolved: BTreeSet<ResourceRef> =
            open.iter().map(|index| candidates[*index].source.resource.clone()).collect();
        let is_ready = |index: &&usize| {
            let own = &candidates[**index].source.resource;
            let mut others = bodies[**index].references.iter().chain(family.parents_of(own));
            !others.any(|other| other != own && unresolved.contains(other))
        };
        let mut ready: Vec<usize> = open.iter().filter(is_ready).copied().collect();
        if ready.is_empty() {
            // They refer to each other.
            ready = open.iter().copied().collect();
        }
        let mut groups: BTreeMap<(&str, String), Vec<(usize, Value)>> = BTreeMap::new();
        let mut found: Vec<(usize, Existing, Option<String>)> = Vec::new();
        for index in ready {
            open.remove(&index);
            let (one, body) = (&candidates[index], &bodies[index].value);
            let properties = tags::without_tracking(one.type_schema, body);
            if typed::is_untagged(registry, one.type_schema) {
                let (existing, identifier) = lookup.untagged(one, &properties, candidates, from).await?;
                found.push((index, existing, identifier));
                continue;
            }
            match lookup.by_identifier(one, &properties, has_new_parent(one, candidates, family)).await? {
                ByIdentifier::Found(existing, identifier) => found.push((index, existing, Some(identifier))),
                // Nothing is there yet, and the function is created with one code.
                ByIdentifier::NewParent => {
                    problems.extend(unpublishable(one, candidates, &target.side.environment.name));
                }
                ByIdentifier::Unknown(inputs) => {
                    groups.entry((&one.type_schema.type_name, inputs)).or_default().push((index, properties));
                }
            }
        }
        for ((type_name, inputs), members) in groups {
            match lookup.children(type_name, &inputs, &members, candidates).await {
                Ok(matched) => {
                    let indices = members.iter().map(|(index, _)| *index);
                    found.extend(indices.zip(matched).map(|(index, existing)| (index, existing, None)));
                }
                Err(error) if error.kind == CloudErrorKind::Credentials => return Err(error),
                Err(error) => problems.push(unlisted(type_name, &members, candidates, target, &error)),
            }
        }
        for (index, existing, identifier) in found {
            if matches!(existing, Existing::Absent) {
                problems.extend(unpublishable(&candidates[index], candidates, &target.side.environment.name));
            }
            if let Existing::Live(live) = &existing {
                lookup.claimed.insert(live.resource.clone());
            }
            candidates[index].existing = existing;
            candidates[index].identifier = identifier;
        }
    }
}

/// True if a resource to which a child belongs is created by the same plan: the child does not exist then.
fn has_new_parent(child: &Candidate, candidates: &[Candidate], family: &Family) -> bool {
    family.parents_of(&child.source.resource).any(|parent| {
        candidates.iter().any(|one| one.source.resource == *parent && matches!(one.existing, Existing::Absent))
    })
}

/// The result of a lookup by the identifier that follows from the properties.
enum ByIdentifier {
    Found(Existing, String),
    /// The parent does not exist yet.
    NewParent,
    /// The identifier does not follow from the properties; the children of the parent are listed with these inputs.
    Unknown(String),
}

struct Lookup<'a> {
    target: &'a KnownResources<'a>,
    /// Listings by type and inputs.
    listings: BTreeMap<String, Vec<LiveResource>>,
    claimed: BTreeSet<ResourceRef>,
}

impl Lookup<'_> {
    /// Finds the counterpart of a resource without tags that does not belong to another one: what the counterpart of a resource
    /// that refers to it names at the same place, or an equal resource of the same name. Another one of that name is foreign.
    async fn untagged(
        &self,
        one: &Candidate,
        properties: &Value,
        candidates: &[Candidate],
        from: &AccountId,
    ) -> Result<(Existing, Option<String>), CloudError> {
        let (schema, registry) = (one.type_schema, self.target.side.registry());
        let environment = self.target.side.environment;
        let place = AccountRegion { account: environment.account.as_str(), region: &environment.region };
        let expected = predict_identifier(schema, &symbol::known_part(properties), place);
        let is_equal =
            |live: &LiveResource| differences(schema, properties, &portable(schema, &live.properties)).is_empty();
        let mut named = Vec::new();
        for resource in named_there(registry, one, candidates, (from.as_str(), environment.account.as_str())) {
            named.extend(estate::read(self.target.side.reader, &resource, None).await?);
        }
        // A list may have another order there.
        let is_expected = |live: &&LiveResource| Some(&live.resource.identifier) == expected.as_ref();
        let chosen = match named.as_slice() {
            [only] => Some(only),
            several => several.iter().find(is_expected).or_else(|| several.iter().find(|live| is_equal(live))),
        };
        match chosen {
            Some(live) => {
                let identifier = live.resource.identifier.clone();
                return Ok((Existing::Live(Box::new(live.clone())), Some(identifier)));
            }
            None if !named.is_empty() => {
                let own = &one.source.resource;
                let names: Vec<&str> = named.iter().map(|live| live.resource.identifier.as_str()).collect();
                let message = format!(
                    "{own} has no tags, and `{}` in {} may each be its counterpart",
                    names.join("`, `"),
                    environment.name
                );
                let problem = Diagnostic::error(Code::CounterpartUnproven, message).resource(own.to_string());
                let hint = format!(
                    "map it in stagegate.yaml: promotion.map: {{ \"{}\": \"<value in {}>\" }}",
                    own.identifier, environment.name
                );
                return Ok((Existing::Unclear(Box::new(problem.hint(hint))), None));
            }
            None => {}
        }
        let Some(identifier) = expected else { return Ok((Existing::Absent, None)) };
        let wanted = ResourceRef::new(&schema.type_name, &identifier);
        let existing = match estate::read(self.target.side.reader, &wanted, None).await? {
            None => Existing::Absent,
            // It may be that of an interrupted run; if not, nothing is done to it.
            Some(live) if is_equal(&live) => Existing::Live(Box::new(live)),
            Some(_) => Existing::Foreign(wanted),
        };
        Ok((existing, Some(identifier)))
    }

    async fn by_identifier(
        &self,
        one: &Candidate,
        properties: &Value,
        has_new_parent: bool,
    ) -> Result<ByIdentifier, CloudError> {
        let (schema, registry) = (one.type_schema, self.target.side.registry());
        let environment = self.target.side.environment;
        let place = AccountRegion { account: environment.account.as_str(), region: &environment.region };
        let known = symbol::known_part(properties);
        if let Some(identifier) = predict_identifier(schema, &known, place) {
            let wanted = ResourceRef::new(&schema.type_name, &identifier);
            let existing = match estate::read(self.target.side.reader, &wanted, None).await? {
                None => Existing::Absent,
                Some(live) if !has_new_parent && is_of_same_parent(registry, schema, properties, &live.properties) => {
                    Existing::Live(Box::new(live))
                }
                Some(_) => Existing::Foreign(wanted),
            };
            return Ok(ByIdentifier::Found(existing, identifier));
        }
        let inputs = schema.list_inputs.iter().map(|name| {
            let value = known.get(name).filter(|value| !symbol::has_unknown(value))?;
            Some((name.clone(), value.clone()))
        });
        let inputs = inputs.collect::<Option<Map<String, Value>>>();
        let links = registry.parent_links(schema);
        let is_parent_known = links.iter().all(|link| match properties.get(&link.property) {
            Some(value) => !symbol::has_unknown(value),
            None => true,
        });
        Ok(match inputs {
            Some(inputs) if !has_new_parent && is_parent_known && schema.handlers.list => {
                ByIdentifier::Unknown(Value::Object(inputs).to_string())
            }
            _ => ByIdentifier::NewParent,
        })
    }

    /// Matches children of one type with those of the same parents.
    async fn children(
        &mut self,
        type_name: &str,
        inputs: &str,
        members: &[(usize, Value)],
        candidates: &[Candidate],
    ) -> Result<Vec<Existing>, CloudError> {
        let registry = self.target.side.registry();
        let Some(schema) = registry.get(type_name) else { return Ok(Vec::new()) };
        let listed = self.listed(schema, inputs).await?;
        let free: Vec<LiveResource> = listed
            .into_iter()
            .filter(|live| !self.claimed.contains(&live.resource))
            .filter(|live| !is_service_made(schema, live, None, &self.target.estate.live))
            .collect();
        if versions::is_version(type_name) {
            let matched = members.iter().map(|(index, wanted)| {
                let source = &candidates[*index].source.properties;
                let found = free.iter().find(|live| versions::is_counterpart(source, wanted, &live.properties));
                found.map_or(Existing::Absent, |live| Existing::Live(Box::new(live.clone())))
            });
            return Ok(matched.collect());
        }
        let recorded = ChildRecord::default();
        // Children of different parents are not listed apart if the type has no list inputs.
        let mut found: Vec<Option<Existing>> = members.iter().map(|_| None).collect();
        let members_by_parent = ByParent::new(registry, schema, members.iter().map(|(_, properties)| properties));
        let free_by_parent = ByParent::new(registry, schema, free.iter().map(|live| &live.properties));
        for (place, (_, properties)) in members.iter().enumerate() {
            if found[place].is_some() {
                continue;
            }
            let mut siblings = members_by_parent.near(properties);
            siblings.retain(|other| is_of_same_parent(registry, schema, properties, &members[*other].1));
            let wanted: Vec<Wanted<'_>> = siblings
                .iter()
                .map(|place| {
                    let (index, properties) = &members[*place];
                    Wanted {
                        logical_id: &candidates[*index].source.resource.identifier,
                        schema,
                        properties,
                        identifier: None,
                        token: "",
                        has_known_parent: true,
                        has_absent_parent: false,
                        recorded: &recorded,
                    }
                })
                .collect();
            let near = free_by_parent.near(properties).into_iter().map(|place| &free[place]);
            let of_parent =
                near.filter(|live| is_of_same_parent(registry, schema, properties, &live.properties)).cloned();
            let wanted: Vec<&Wanted<'_>> = wanted.iter().collect();
            let matched = matches(&wanted, of_parent.collect(), &self.target.side.environment.name);
            for (place, existing) in siblings.iter().zip(matched) {
                found[*place] = Some(existing);
            }
        }
        Ok(found.into_iter().map(|one| one.unwrap_or(Existing::Absent)).collect())
    }

    async fn listed(&mut self, schema: &TypeSchema, inputs: &str) -> Result<Vec<LiveResource>, CloudError> {
        let key = format!("{} {inputs}", schema.type_name);
        if let Some(known) = self.listings.get(&key) {
            return Ok(known.clone());
        }
        let side = self.target.side;
        side.events.emit(Event::listing(side.reader, Some(&schema.type_name)));
        let identifiers = match estate::is_listable(side.registry(), &schema.type_name) {
            true => side.reader.list(&schema.type_name).await,
            false => {
                let inputs: Value = serde_json::from_str(inputs).unwrap_or_default();
                side.reader.list_within(&schema.type_name, &inputs).await
            }
        };
        let identifiers = match identifiers {
            Ok(identifiers) => identifiers,
            Err(error) if error.kind == CloudErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(error),
        };
        let resources = identifiers.into_iter().map(|identifier| ResourceRef::new(&schema.type_name, identifier));
        let mut unreadable = Vec::new();
        let found = estate::read_all(side.reader, resources.collect(), &mut unreadable, side.events).await;
        // One that cannot be read may be the child: another one would be a duplicate.
        if let Some(first) = unreadable.into_iter().next() {
            return Err(first.error);
        }
        self.listings.insert(key, found.clone());
        Ok(found)
    }
}

/// The resources of a candidate's type that the counterparts of resources that refer to it name at the same places, lists taken
/// as a whole.
fn named_there(
    registry: &Registry,
    one: &Candidate,
    candidates: &[Candidate],
    (from, to): (&str, &str),
) -> BTreeSet<ResourceRef> {
    let mut found = BTreeSet::new();
    for referrer in candidates {
        let (Some(there), schema) = (referrer.target(), referrer.type_schema) else { continue };
        let here = typed::untagged(registry, schema, &referrer.source.properties, from).into_iter();
        let places: BTreeSet<String> =
            here.filter(|(_, resource)| *resource == one.source.resource).map(|(at, _)| without_indices(&at)).collect();
        let there = typed::untagged(registry, schema, &there.properties, to).into_iter();
        let is_meant = |(at, resource): &(String, ResourceRef)| {
            resource.type_name == one.type_schema.type_name && places.contains(&without_indices(at))
        };
        found.extend(there.filter(is_meant).map(|(_, resource)| resource));
    }
    found
}

/// A pointer with `*` for each index of a list.
fn without_indices(at: &str) -> String {
    let is_index = |token: &str| !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_digit());
    at.split('/').map(|token| if is_index(token) { "*" } else { token }).collect::<Vec<_>>().join("/")
}

/// True if two resources name the same parents, by name, identifier or ARN.
fn is_of_same_parent(registry: &Registry, schema: &TypeSchema, one: &Value, other: &Value) -> bool {
    registry.parent_links(schema).iter().all(|link| match (one.get(&link.property), other.get(&link.property)) {
        (Some(one), Some(other)) => !names(one).is_disjoint(&names(other)),
        // A read does not return write-only properties.
        _ => true,
    })
}

/// The names in the value of a property that names a parent.
fn names(value: &Value) -> BTreeSet<String> {
    match value {
        Value::String(text) => BTreeSet::from([text.rsplit(['/', ':']).next().unwrap_or(text).to_owned()]),
        Value::Array(items) => items.iter().flat_map(names).collect(),
        other => BTreeSet::from([other.to_string()]),
    }
}

/// Resources by the names of their parents, so that those of one parent are found without comparing all with all.
struct ByParent {
    link: Option<ParentLink>,
    named: BTreeMap<String, Vec<usize>>,
    /// Resources whose parent is not known.
    unnamed: Vec<usize>,
}

impl ByParent {
    fn new<'p>(registry: &Registry, schema: &TypeSchema, properties: impl Iterator<Item = &'p Value>) -> Self {
        let mut by_parent = Self { link: None, named: BTreeMap::new(), unnamed: Vec::new() };
        by_parent.link = registry.parent_links(schema).first().cloned();
        for (place, properties) in properties.enumerate() {
            match by_parent.link.as_ref().and_then(|link| properties.get(&link.property)) {
                Some(value) => {
                    names(value).into_iter().for_each(|name| by_parent.named.entry(name).or_default().push(place));
                }
                None => by_parent.unnamed.push(place),
            }
        }
        by_parent
    }

    /// The places, in order, of the resources that may have the same parent as one with these properties.
    fn near(&self, properties: &Value) -> Vec<usize> {
        let places: BTreeSet<usize> = match self.link.as_ref().and_then(|link| properties.get(&link.property)) {
            Some(value) => {
                let named = names(value).into_iter().filter_map(|name| self.named.get(&name)).flatten();
                named.chain(&self.unnamed).copied().collect()
            }
            None => self.named.values().flatten().chain(&self.unnamed).copied().collect(),
        };
        places.into_iter().collect()
    }
}

/// The problem of children that cannot be listed in the environment promoted to: creating them could make duplicates.
fn unlisted(
    type_name: &str,
    members: &[(usize, Value)],
    candidates: &[Candidate],
    target: &KnownResources<'_>,
    error: &CloudError,
) -> Diagnostic {
    let names = members.iter().map(|(index, _)| candidates[*index].source.resource.identifier.as_str());
    let names: Vec<&str> = names.collect();
    let environment = &target.side.environment.name;
    Diagnostic::error(
        Code::UnreadableTarget,
        format!(
            "{type_name} in {environment} cannot be listed: {}; {} may exist there already",
            error.message,
            names.join(", ")
        ),
    )
    .hint("grant the list and read permissions of the type, then promote again")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn parents_are_compared_by_their_names() {
        let same = |type_name: &str, one: Value, other: Value| {
            is_of_same_parent(&Registry::embedded(), Registry::embedded().get(type_name).unwrap(), &one, &other)
        };
        let alias = "AWS::KMS::Alias";
        let arn = "arn:aws:kms:us-east-1:111111111111:key/abc";
        assert!(same(alias, json!({"TargetKeyId": "abc"}), json!({"TargetKeyId": arn})));
        assert!(!same(alias, json!({"TargetKeyId": "abd"}), json!({"TargetKeyId": arn})));
        let profile = "AWS::IAM::InstanceProfile";
        assert!(same(profile, json!({"Roles": ["a"]}), json!({"Roles": ["a", "b"]})));
        assert!(!same(profile, json!({"Roles": ["a"]}), json!({"Roles": ["b"]})));
        let unknown = json!({"TargetKeyId": {"Fn::GetAtt": ["Key", "Arn"]}});
        assert!(!same(alias, unknown, json!({"TargetKeyId": arn})));
    }
}
