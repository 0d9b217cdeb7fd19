//! Of the versions of functions, those that something names: the others are copies of earlier code.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::super::counterparts::Candidate;
use super::super::estates::KnownResources;
use super::Family;
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::pointer;
use crate::domain::resource::{LiveResource, ResourceRef};
use crate::domain::tags;
use crate::pipeline::plan::children::ChildRecord;
use crate::promotion::index_builder::OwnerIndex;
use crate::promotion::versions;

impl Family {
    /// Of the versions among resources, each with its parent, those that a known resource names, and the newest that the
    /// parent's stack contains, if it is newer than those.
    pub(super) fn named_versions<'r>(
        &self,
        source: &KnownResources<'_>,
        resources: impl Iterator<Item = (&'r LiveResource, &'r ResourceRef)>,
    ) -> BTreeSet<ResourceRef> {
        let mut found: BTreeMap<&ResourceRef, &LiveResource> = BTreeMap::new();
        let mut recorded: BTreeSet<&ResourceRef> = BTreeSet::new();
        for (parent, resource) in resources.filter(|(_, one)| versions::is_version(&one.type_name)) {
            let Some(live) = source.live(resource).or_else(|| self.strangers.get(resource)) else { continue };
            found.insert(resource, live);
            let record = parent.tags.get(tags::STACK_CHILDREN).map(|text| ChildRecord::parse(text));
            if record.is_some_and(|record| record.contains(resource)) {
                recorded.insert(resource);
            }
        }
        let mut named = BTreeSet::new();
        if found.is_empty() {
            return named;
        }
        let registry = source.side.registry();
        let by_arn = OwnerIndex::new(registry, found.values().copied());
        let by_number: BTreeMap<String, &ResourceRef> = found
            .iter()
            .filter_map(|(resource, live)| Some((versions::key_of(&live.properties)?, *resource)))
            .collect();
        let others = source.estate.live.values().chain(self.strangers.values());
        for live in others.filter(|live| !versions::is_version(&live.resource.type_name)) {
            named.extend(by_arn.find(&live.properties, &source.side.environment.account));
            let function = live.properties.get("FunctionName").and_then(Value::as_str);
            let (Some(schema), Some(function)) = (registry.get(&live.resource.type_name), function) else { continue };
            pointer::for_each_string(&live.properties, &mut |at, text| {
                if versions::is_number(schema, at, text) {
                    named.extend(by_number.get(&versions::key(function, text)).map(|one| (*one).clone()));
                }
            });
        }
        let mut newest: BTreeMap<String, (u64, &ResourceRef)> = BTreeMap::new();
        let considered = found.iter().filter(|(one, _)| named.contains(**one) || recorded.contains(*one));
        for (resource, live) in considered {
            let Some((function, number)) = versions::of(&live.properties) else { continue };
            let known = newest.entry(function.to_owned()).or_insert((number, resource));
            *known = (*known).max((number, resource));
        }
        named.extend(newest.into_values().map(|(_, resource)| resource.clone()));
        named
    }

    /// The note about versions that nothing names.
    pub(super) fn unnamed_versions_note(&self) -> Option<Diagnostic> {
        let count = self.unnamed_versions.len();
        let message = format!(
            "{count} version(s) of functions are not promoted: no alias, stack or other resource names them, for example {}",
            self.unnamed_versions.first()?
        );
        let hint = "to promote one, name its type and identifier";
        Some(Diagnostic::note(Code::VersionNotPromoted, message).hint(hint))
    }
}

/// The problem of a version that cannot be published, if there is one: AWS publishes the function as it is, which is what a newer
/// version among the candidates is made of.
pub(super) fn unpublishable(version: &Candidate, candidates: &[Candidate], to: &str) -> Option<Diagnostic> {
    let own = &version.source.resource;
    let (function, number) =
        versions::of(&version.source.properties).filter(|_| versions::is_version(&own.type_name))?;
    let others = candidates.iter().filter(|other| versions::is_version(&other.source.resource.type_name));
    let others = others.filter_map(|other| versions::of(&other.source.properties));
    let newest = others.filter(|(name, _)| *name == function).map(|(_, number)| number).max()?;
    let message = format!(
        "version {number} of the function {function} has no counterpart in {to}, and can no longer be published there: AWS \
         publishes the current code, which is that of version {newest}"
    );
    let hint =
        format!("point what names version {number} to version {newest}, or promote it by itself with its own code");
    (number < newest)
        .then(|| Diagnostic::error(Code::VersionNotPublished, message).resource(own.to_string()).hint(hint))
}
