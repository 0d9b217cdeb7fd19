//! Reads an environment for an audit with an index of the account in place of a listing of every type.
//!
//! The tagging API returns what has or had tags, and the index what has none. Both lag behind: a few resources that look like
//! violations are read before they are reported. What complies is not read at all.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{CONCURRENCY, Kinds, gap};
use crate::domain::audit::{AuditReport, TAGGING_API, is_service_owned};
use crate::domain::project::{Environment, Project};
use crate::domain::resource::{LiveResource, ResourceRef};
use crate::domain::tags::Tags;
use crate::pipeline::catalog::{self, AmbiguousArn};
use crate::pipeline::estate::{self, Estate};
use crate::pipeline::event::{Event, Events};
use crate::pipeline::managed;
use crate::pipeline::ports::{CloudError, CloudErrorKind, Indexed, PRINCIPAL_TYPES, ReadCloud};
use crate::policy::tag_rules::judge;
use crate::schema::{self, Identified, Registry};

/// At most so many resources that look like violations are read. If there are more, the tagging API and the index are believed: otherwise an
/// audit through an index would take as many calls as there are violations.
const CONFIRMED: usize = 50;

/// What is read, and how.
pub(super) struct Reading<'a> {
    pub(super) project: &'a Project,
    pub(super) environment: &'a Environment,
    pub(super) reader: &'a dyn ReadCloud,
    /// Types; empty for all.
    pub(super) types: &'a [String],
    /// List the types that the index does not cover, and read their resources.
    pub(super) list_others: bool,
    pub(super) events: &'a Events,
}

/// The resources of an environment, and those of them of which only tags are known.
#[derive(Default)]
pub(super) struct Audited {
    pub(super) estate: Estate,
    /// Resources that were not read. Their tags are those of the tagging API.
    pub(super) unread: BTreeSet<ResourceRef>,
    /// Number of resources with violations that were not read.
    pub(super) unconfirmed: u64,
    /// Number of taggable types that were not checked, because the index does not cover them.
    pub(super) types_not_indexed: u64,
}

impl Reading<'_> {
    /// Reads what may violate a rule.
    ///
    /// # Errors
    /// The tagging API did not respond.
    pub(super) async fn read(
        &self,
        indexed: &Indexed,
        report: &mut AuditReport,
        kinds: &mut Kinds,
    ) -> Result<Audited, CloudError> {
        self.events.emit(Event::listing(self.reader, None));
        let (tagged, refused) = self.reader.tagged_if_permitted(None).await?;
        report.coverage.denied += refused.len() as u64;
        report.gaps.extend(refused.iter().map(|error| gap(self.reader, TAGGING_API.to_owned(), error)));
        let principals = catalog::principals(self.reader).await?;
        let mut audited = Audited::default();
        let mut found = Found::default();
        let types: BTreeMap<&str, &str> =
            indexed.resources.iter().filter_map(|one| Some((one.arn.as_str(), one.type_name.as_deref()?))).collect();
        let arns: BTreeSet<&str> = tagged.iter().map(|tagged| tagged.arn.as_str()).collect();
        for one in indexed.resources.iter().filter(|one| !one.is_tagged && !arns.contains(one.arn.as_str())) {
            found.add(&one.arn, one.type_name.as_deref(), Tags::new(), self, &mut audited.estate);
        }
        for one in &tagged {
            found.add(&one.arn, types.get(one.arn.as_str()).copied(), one.tags.clone(), self, &mut audited.estate);
        }
        let has_principals = principals.is_some();
        for (resource, listed) in principals.into_iter().flatten().filter(|(one, _)| self.is_wanted(&one.type_name)) {
            found.exact.insert(resource, (listed.arn, listed.tags));
        }
        let Found { exact, open } = found;
        let mut suspects = Vec::new();
        let mut known = Vec::new();
        for (resource, (arn, tags)) in exact {
            if is_service_owned(&resource, Some(&arn)) {
                report.coverage.service_owned += 1;
                continue;
            }
            let is_suspect = tags.is_empty() || !judge(self.project, self.environment, &tags).is_empty();
            let live = LiveResource { resource, properties: Value::Null, tags, arn: Some(arn) };
            if is_suspect { suspects.push(live) } else { known.push(live) }
        }
        let mut named: BTreeSet<ResourceRef> = BTreeSet::new();
        if suspects.len() <= CONFIRMED {
            named.extend(suspects.into_iter().map(|live| live.resource));
        } else {
            audited.unconfirmed = suspects.len() as u64;
            known.extend(suspects);
        }
        for live in known {
            audited.unread.insert(live.resource.clone());
            audited.estate.insert(live);
        }
        let listed = self.types_to_list(indexed, has_principals, &mut audited.types_not_indexed);
        named.extend(self.list(listed, report, kinds).await);
        managed::resolve(self.reader, open, &mut audited.estate, self.events).await;
        let mut unreadable = Vec::new();
        let without_properties = |live: LiveResource| LiveResource { properties: Value::Null, ..live };
        let named = named.into_iter().collect();
        for live in estate::read_each(self.reader, named, &mut unreadable, self.events, without_properties).await {
            audited.estate.insert(live);
        }
        audited.estate.unreadable.extend(unreadable);
        Ok(audited)
    }

    fn is_wanted(&self, type_name: &str) -> bool {
        self.types.is_empty() || self.types.iter().any(|wanted| wanted == type_name)
    }

    /// Returns the types whose resources neither the tagging API nor the index returns.
    fn types_to_list(&self, indexed: &Indexed, has_principals: bool, not_indexed: &mut u64) -> BTreeSet<&'static str> {
        let registry = self.reader.registry();
        let unserved = &schema::general_facts().not_in_tagging_api;
        let mut listed = BTreeSet::new();
        for type_name in registry.type_names().filter(|name| self.is_wanted(name) && is_taggable(registry, name)) {
            let is_covered = indexed.types.as_ref().is_some_and(|types| types.contains(type_name));
            if has_principals && PRINCIPAL_TYPES.contains(&type_name) {
                continue;
            }
            // Resource Explorer does not index the tags of IAM.
            if unserved.iter().any(|name| name == type_name) || !is_covered && self.list_others {
                listed.extend(Some(type_name).filter(|name| estate::is_listable(registry, name)));
            } else if !is_covered {
                *not_indexed += 1;
            }
        }
        listed
    }

    async fn list(
        &self,
        types: BTreeSet<&'static str>,
        report: &mut AuditReport,
        kinds: &mut Kinds,
    ) -> BTreeSet<ResourceRef> {
        let AuditReport { coverage, gaps, .. } = report;
        let listings = types.into_iter().map(|type_name| async move { (type_name, self.reader.list(type_name).await) });
        let mut named = BTreeSet::new();
        for (type_name, listing) in estate::concurrently(CONCURRENCY, listings).await {
            match listing {
                Ok(identifiers) => {
                    kinds.listed.insert(type_name);
                    let all = identifiers.into_iter().map(|identifier| ResourceRef::new(type_name, identifier));
                    let (theirs, ours): (Vec<_>, Vec<_>) = all.partition(|resource| is_service_owned(resource, None));
                    coverage.service_owned += theirs.len() as u64;
                    named.extend(ours);
                }
                Err(error) if matches!(error.kind, CloudErrorKind::TypeNotFound | CloudErrorKind::Unsupported) => {
                    kinds.unsupported.insert(type_name);
                }
                Err(error) => {
                    match error.kind {
                        CloudErrorKind::AccessDenied => coverage.denied += 1,
                        _ => coverage.unreadable += 1,
                    }
                    gaps.push(gap(self.reader, type_name.to_owned(), &error));
                }
            }
        }
        named
    }
}

/// What the tagging API and the index returned.
#[derive(Default)]
struct Found {
    /// Resources that their ARN identifies, with it and their tags.
    exact: BTreeMap<ResourceRef, (String, Tags)>,
    /// Resources that only a read or a listing identifies.
    open: Vec<AmbiguousArn>,
}

impl Found {
    /// Adds what an ARN names, if it is to be audited; `type_name` is the type according to the index.
    fn add(&mut self, arn: &str, type_name: Option<&str>, tags: Tags, reading: &Reading<'_>, estate: &mut Estate) {
        let arn = arn.to_owned();
        let registry = reading.reader.registry();
        let is_readable = |name: &str| registry.get(name).is_some_and(|found| found.handlers.read);
        let is_audited = |name: &str| reading.is_wanted(name) && is_taggable(registry, name) && is_readable(name);
        let (mut candidates, mut types) = (Vec::new(), Vec::new());
        match registry.identify(&arn) {
            Identified::Exactly(resource) => candidates.push(resource),
            Identified::Ambiguous(several) => candidates = several,
            Identified::OfType(several) => types = several,
            Identified::Unknown => {}
        }
        // The index decides between several types, but not against the ARN.
        if let Some(known) = type_name.filter(|known| candidates.iter().any(|one| one.type_name == **known)) {
            candidates.retain(|one| one.type_name == known);
        }
        if let Some(known) = type_name.filter(|known| types.contains(known)) {
            types.retain(|name| *name == known);
        }
        let is_known = candidates.iter().any(|one| is_readable(&one.type_name)) || !types.is_empty();
        if !is_known && reading.types.is_empty() {
            estate.unsupported.push(arn);
            return;
        }
        candidates.retain(|one| is_audited(&one.type_name));
        types.retain(|name| is_audited(name) && estate::is_listable(registry, name));
        match (candidates.as_slice(), types.is_empty()) {
            ([one], _) => {
                self.exact.insert(one.clone(), (arn, tags));
            }
            ([], true) => {}
            _ => self.open.push(AmbiguousArn { arn, tags, candidates, types }),
        }
    }
}

fn is_taggable(registry: &Registry, type_name: &str) -> bool {
    registry.get(type_name).is_some_and(|found| found.tagging.property.is_some() && found.tagging.taggable)
}
