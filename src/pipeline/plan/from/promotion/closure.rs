//! Follows the references of the selected resources, level by level.

use std::collections::{BTreeMap, BTreeSet};

use aho_corasick::AhoCorasick;
use serde_json::Value;

use super::estates::{KnownResources, claims};
use crate::domain::pointer;
use crate::domain::resource::{LiveResource, ResourceRef};
use crate::domain::tags;
use crate::pipeline::ports::CloudError;
use crate::promotion::claims::Claims;
use crate::promotion::implied::portable_with_implied;
use crate::promotion::index::is_whole;
use crate::promotion::index_builder::OwnerIndex;
use crate::promotion::place;
use crate::promotion::reference::named_in;
use crate::promotion::typed;
use crate::schema::{Arn, Registry};

/// Reads the resources that the selected ones refer to, and the counterparts of all of them. With `with_dependencies`,
/// adds referenced resources without a counterpart to the selection. `explaining` contains resources that may be
/// referenced by values that only a read returns.
///
/// # Errors
/// The credentials are no longer valid.
pub(super) async fn follow(
    source: &mut KnownResources<'_>,
    target: &mut KnownResources<'_>,
    chosen: BTreeSet<ResourceRef>,
    with_dependencies: bool,
    explaining: &[ResourceRef],
) -> Result<(BTreeSet<ResourceRef>, Claims), CloudError> {
    let finder = ReferenceFinder::new(source);
    let registry = source.side.registry();
    let account = source.side.environment.account.clone();
    let mut claims = claims(source, target);
    let mut all = chosen.clone();
    let mut level: Vec<ResourceRef> = chosen.into_iter().collect();
    source.read(explaining.iter().cloned()).await?;
    read_counterparts(source, target, &mut claims, level.iter().chain(explaining).cloned()).await?;
    let explained = OwnerIndex::new(registry, explaining.iter().filter_map(|resource| source.live(resource)));
    while !level.is_empty() {
        let documents: Vec<(ResourceRef, Value)> = level
            .iter()
            .filter_map(|resource| Some((resource.clone(), referring_part(registry, source.live(resource)?)?)))
            .collect();
        let mut named: BTreeMap<ResourceRef, BTreeSet<ResourceRef>> = BTreeMap::new();
        // Resources named by an ARN of our own account must be readable; a bucket may belong to another account.
        let mut ours: BTreeSet<ResourceRef> = BTreeSet::new();
        let (mut by_name, mut named_by_arn) = (BTreeSet::new(), BTreeSet::new());
        for (own, document) in &documents {
            let by_arn = named_in(registry, document, &account, &|resource| source.live(resource).is_some());
            ours.extend(by_arn.iter().filter(|(_, is_ours)| **is_ours).map(|(resource, _)| resource.clone()));
            let mut found: BTreeSet<ResourceRef> = by_arn.into_keys().collect();
            named_by_arn.extend(found.iter().cloned());
            if with_dependencies && let Some(schema) = registry.get(&own.type_name) {
                found.extend(
                    typed::untagged(registry, schema, document, account.as_str()).into_iter().map(|(_, one)| one),
                );
            }
            let others = finder.find(document);
            by_name.extend(others.iter().cloned());
            found.extend(others);
            found.remove(own);
            named.insert(own.clone(), found);
        }
        let wanted: BTreeSet<ResourceRef> = named.values().flatten().cloned().collect();
        let first_failure = source.estate.unreadable.len();
        source.read(wanted.iter().cloned()).await?;
        // A matching name alone does not make a resource a managed one.
        source.keep_managed(by_name.iter().filter(|one| !named_by_arn.contains(*one) && !explaining.contains(one)));
        let mut failures = source.estate.unreadable.split_off(first_failure);
        failures.retain(|one| ours.contains(&one.resource) || source.catalog.exact.contains_key(&one.resource));
        failures.iter_mut().for_each(|one| one.referred = ours.contains(&one.resource));
        source.estate.unreadable.append(&mut failures);
        read_counterparts(source, target, &mut claims, wanted.into_iter()).await?;
        level.clear();
        if !with_dependencies {
            break;
        }
        for (own, document) in &documents {
            let found = named.remove(own).unwrap_or_default();
            let candidates = found.iter().filter_map(|resource| source.live(resource));
            let mut referred = OwnerIndex::new(registry, candidates).find(document, &account);
            referred.extend(explained.find(document, &account));
            referred.remove(own);
            for referred in referred {
                if claims.counterpart(&referred).is_none() && all.insert(referred.clone()) {
                    level.push(referred);
                }
            }
        }
    }
    Ok((all, claims))
}

/// Reads the counterparts that the tags of either side name, so that missing ones are known to be missing, and updates
/// the claims from the tags that were read.
pub(super) async fn read_counterparts(
    source: &mut KnownResources<'_>,
    target: &mut KnownResources<'_>,
    claims: &mut Claims,
    resources: impl Iterator<Item = ResourceRef>,
) -> Result<(), CloudError> {
    let read: Vec<LiveResource> = resources.filter_map(|resource| source.live(&resource).cloned()).collect();
    let mut wanted = BTreeSet::new();
    for live in &read {
        claims.set_dev(&live.resource, &live.tags);
        wanted.extend(claims.named_by_dev(&live.resource));
        wanted.extend(claims.naming_dev(&live.resource));
        wanted.extend(claims.created_for(&live.resource));
    }
    target.read(wanted.iter().cloned()).await?;
    for gone in wanted.iter().filter(|resource| target.does_not_exist(resource)) {
        claims.forget_prod(gone);
    }
    let found: Vec<&LiveResource> = wanted.iter().filter_map(|resource| target.live(resource)).collect();
    found.iter().for_each(|live| claims.set_prod(&live.resource, &live.tags));
    // The resources that they name in turn determine whether they are counterparts of other resources.
    let back: Vec<ResourceRef> =
        found.iter().filter_map(|live| crate::promotion::claims::counterpart(live, tags::DEV_COUNTERPART)).collect();
    source.read(back.iter().cloned()).await?;
    for resource in &back {
        match source.live(resource) {
            Some(live) => claims.set_dev(&live.resource, &live.tags),
            None if source.does_not_exist(resource) => claims.forget_dev(resource),
            None => {}
        }
    }
    Ok(())
}

/// Returns the resources of an environment that a document may name.
pub(super) fn named_by(known: &KnownResources<'_>, live: &[LiveResource]) -> BTreeSet<ResourceRef> {
    let finder = ReferenceFinder::new(known);
    let registry = known.side.registry();
    let mut named = BTreeSet::new();
    for document in live.iter().filter_map(|live| referring_part(registry, live)) {
        let is_known = |resource: &ResourceRef| known.live(resource).is_some();
        named.extend(named_in(registry, &document, &known.side.environment.account, &is_known).into_keys());
        named.extend(finder.find(&document));
    }
    named
}

/// Returns the part of a resource's configuration that may refer to other resources.
fn referring_part(registry: &Registry, live: &LiveResource) -> Option<Value> {
    let type_schema = registry.get(&live.resource.type_name)?;
    let mut properties = portable_with_implied(type_schema, &live.properties);
    // The resource's own name is not a reference, even if another resource has the same name.
    if let (Some(name), Value::Object(map)) = (&type_schema.name_property, &mut properties) {
        map.shift_remove(name);
    }
    place::remove_local(type_schema, &mut properties);
    Some(properties)
}

/// Finds the managed resources that a text may name, based only on data of the tagging API: their ARN, their
/// identifier, and the last part of either. It may find too many resources; those are read, and their properties decide.
struct ReferenceFinder {
    automaton: Option<AhoCorasick>,
    resources: Vec<ResourceRef>,
}

impl ReferenceFinder {
    fn new(source: &KnownResources<'_>) -> Self {
        let mut values = Vec::new();
        let mut resources = Vec::new();
        let mut add = |value: &str, resource: &ResourceRef| {
            if value.len() >= 3 {
                values.push(value.to_owned());
                resources.push(resource.clone());
            }
        };
        let exact = source.catalog.exact.iter().map(|(resource, listed)| (resource, Some(listed.arn.as_str())));
        let open =
            source.catalog.open.iter().filter_map(|open| Some((open.candidates.first()?, Some(open.arn.as_str()))));
        let unserved = source.catalog.unserved.iter().map(|resource| (resource, None));
        for (resource, arn) in exact.chain(open).chain(unserved) {
            add(resource.identifier.split('|').next().unwrap_or_default(), resource);
            let Some(arn) = arn else { continue };
            add(arn.trim_end_matches(":*"), resource);
            for part in last_parts(arn) {
                add(part, resource);
            }
        }
        Self { automaton: AhoCorasick::new(values).ok(), resources }
    }

    fn find(&self, document: &Value) -> BTreeSet<ResourceRef> {
        let mut found = BTreeSet::new();
        let Some(automaton) = &self.automaton else { return found };
        pointer::for_each_string(document, &mut |_, text| {
            for place in automaton.find_overlapping_iter(text) {
                if is_whole(text, place.start(), place.end()) {
                    found.extend(self.resources.get(place.pattern().as_usize()).cloned());
                }
            }
        });
        found
    }
}

/// Returns the parts of an ARN that may identify its resource on their own: the last one, and the previous one if the
/// last one is a service-generated id.
fn last_parts(arn: &str) -> Vec<&str> {
    let Some(parsed) = Arn::parse(arn) else { return Vec::new() };
    let resource = parsed.resource.trim_end_matches(":*");
    // A secret's ARN ends with six random characters. Its name is a path, whose last part may be an ordinary word.
    if let ("secretsmanager", Some(("secret", path))) = (parsed.service, resource.split_once(':')) {
        return [Some(path), path.rsplit_once('-').map(|(name, _)| name)].into_iter().flatten().collect();
    }
    let mut parts = resource.rsplit(['/', ':']);
    let last = parts.next().unwrap_or_default();
    let is_id = last.len() >= 8 && last.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
    let before = parts.next().filter(|_| is_id);
    [Some(last), before].into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::last_parts;

    #[test]
    fn the_identifying_parts_of_an_arn_are_found() {
        assert_eq!(last_parts("arn:aws:sqs:us-east-1:111111111111:jobs-dev"), ["jobs-dev"]);
        let balancer = "arn:aws:elasticloadbalancing:us-east-1:111111111111:loadbalancer/app/web-dev/50dc6c495c0c9188";
        assert_eq!(last_parts(balancer), ["50dc6c495c0c9188", "web-dev"]);
        let secret = "arn:aws:secretsmanager:us-east-1:111111111111:secret:db-dev-AbCdEf";
        assert_eq!(last_parts(secret), ["db-dev-AbCdEf", "db-dev"]);
        let token = "arn:aws:secretsmanager:us-east-1:111111111111:secret:dev/carts/token-AbCdEf";
        assert_eq!(last_parts(token), ["dev/carts/token-AbCdEf", "dev/carts/token"]);
    }
}
