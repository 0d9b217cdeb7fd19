//! Finds the children of resources in the environment promoted from.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::super::estates::KnownResources;
use super::service_made::{self, is_service_made};
use super::{Family, attribute_of, belongs, names_of};
use crate::domain::audit::is_service_owned;
use crate::domain::pointer;
use crate::domain::resource::{LiveResource, ResourceRef};
use crate::domain::tags;
use crate::pipeline::estate;
use crate::pipeline::event::Event;
use crate::pipeline::plan::LeftBehind;
use crate::pipeline::plan::children::ChildRecord;
use crate::pipeline::ports::{CloudError, CloudErrorKind};
use crate::promotion::index::is_whole;
use crate::promotion::versions;
use crate::schema::{ParentLink, Registry, TypeSchema};

/// Methods of an API's resource: Cloud Control cannot list them.
const HTTP_METHODS: [&str; 8] = ["ANY", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];

/// How the children of one type are found.
enum Search {
    /// By their identifiers, which follow from the parent.
    Probe(Vec<String>),
    /// By a listing within the parent.
    Within(Value),
    /// By a listing of all resources of the type.
    All,
    /// By the record of a stack's resources without tags.
    Recorded(Vec<String>),
    /// Not at all: Cloud Control cannot list the type.
    Unlistable,
    /// The parent does not have the keys of the listing: there are none.
    None,
}

/// A search for the children of one type of one parent.
struct Task {
    schema: &'static TypeSchema,
    link: ParentLink,
    parent: LiveResource,
    search: Search,
    /// Only what the parent's record contains is a child: it may not name the parent.
    record: Option<ChildRecord>,
}

impl Family {
    /// Finds the children of resources that were not examined before. Managed resources that are listed within a parent (a
    /// listener's rules) are among them; with `takes_listed` also those that the tagging API returned.
    ///
    /// # Errors
    /// AWS did not respond, or the credentials are no longer valid.
    pub(super) async fn discover(
        &mut self,
        source: &mut KnownResources<'_>,
        hosts: &BTreeSet<ResourceRef>,
        takes_listed: bool,
    ) -> Result<BTreeSet<ResourceRef>, CloudError> {
        let listed: BTreeSet<ResourceRef> = source.catalog.resources().map(|(resource, _)| resource.clone()).collect();
        let new: Vec<LiveResource> = hosts
            .iter()
            .filter(|host| !self.examined.contains(*host))
            .filter_map(|host| source.live(host).cloned())
            .collect();
        self.examined.extend(new.iter().map(|live| live.resource.clone()));
        let registry = source.side.registry();
        let named = hosts.iter().filter_map(|host| source.live(host));
        let names = named.flat_map(|live| [Some(live.resource.identifier.clone()), live.arn.clone()]);
        let names: BTreeSet<String> = names.flatten().collect();
        let mut tasks = Vec::new();
        for parent in &new {
            let Some(schema) = registry.get(&parent.resource.type_name) else { continue };
            for (schema, link) in registry.child_types(schema).into_owned() {
                let search = search(registry, schema, &link, parent);
                tasks.push(Task { schema, link, parent: parent.clone(), search, record: None });
            }
            tasks.extend(recorded(registry, parent, &names));
        }
        let candidates = self.candidates(source, &tasks).await?;
        let mut wanted: BTreeSet<ResourceRef> = candidates.iter().map(|(_, resource)| resource.clone()).collect();
        wanted.retain(|resource| source.live(resource).is_none() && !self.strangers.contains_key(resource));
        let mut unreadable = Vec::new();
        let read =
            estate::read_all(source.side.reader, wanted.into_iter().collect(), &mut unreadable, source.side.events);
        for live in read.await {
            self.strangers.insert(live.resource.clone(), live);
        }
        for hidden in unreadable {
            let mut tasks: Vec<&Task> =
                candidates.iter().filter(|(_, resource)| *resource == hidden.resource).map(|(task, _)| *task).collect();
            tasks.sort_by_key(|task| task.record.is_some());
            for task in tasks {
                let identifier = (!matches!(task.search, Search::Probe(_))).then(|| hidden.resource.identifier.clone());
                self.leave(task, identifier, &hidden.error, "read")?;
            }
        }
        let named_versions = self.named_versions(source, candidates.iter().map(|(task, one)| (&task.parent, one)));
        let mut found = BTreeSet::new();
        for (task, resource) in candidates {
            let Some(live) = source.live(&resource).or_else(|| self.strangers.get(&resource)) else { continue };
            // A listing within a parent contains only its children; one within something else may contain others.
            let is_certain = match &task.search {
                _ if task.record.as_ref().is_some_and(|record| record.contains(&resource)) => true,
                _ if task.record.is_some() => false,
                Search::Within(inputs) => inputs.get(&task.link.property).is_some(),
                Search::All => false,
                Search::Probe(_) | Search::Recorded(_) | Search::Unlistable | Search::None => true,
            };
            let is_child =
                is_certain || task.record.is_none() && belongs(registry, &task.link, &live.properties, &task.parent);
            let is_ours = match task.schema.tagging.property {
                // The tagging API does not know every resource with tags.
                Some(_) => tags::is_managed(&live.tags) && (takes_listed || !listed.contains(&resource)),
                None => !is_service_made(task.schema, live, Some(&task.parent), &source.estate.live),
            };
            if !is_child || !is_ours {
                continue;
            }
            if versions::is_version(&resource.type_name) && !named_versions.contains(&resource) {
                self.unnamed_versions.insert(resource);
                continue;
            }
            let parents = self.parents.entry(resource.clone()).or_default();
            // The record may be kept by a resource that refers to this one.
            if task.record.is_none() || refers_to(live, &task.parent.resource.identifier) {
                parents.insert(task.parent.resource.clone());
            }
            found.insert(resource);
        }
        for child in &found {
            if let Some(live) = self.strangers.remove(child) {
                source.insert(live);
            }
        }
        // Cloud Control does not serve record sets at all.
        if new.iter().any(|live| live.resource.type_name == "AWS::Route53::HostedZone") {
            self.unlistable.insert("AWS::Route53::RecordSet".to_owned());
        }
        for task in tasks.iter().filter(|task| matches!(task.search, Search::Unlistable)) {
            self.judge_unlistable(registry, task, hosts);
        }
        Ok(found)
    }

    /// Returns the resources that may be children, each with the search that found it.
    async fn candidates<'t>(
        &mut self,
        source: &KnownResources<'_>,
        tasks: &'t [Task],
    ) -> Result<Vec<(&'t Task, ResourceRef)>, CloudError> {
        let (reader, registry) = (source.side.reader, source.side.registry());
        let mut types: BTreeSet<&str> = BTreeSet::new();
        for task in tasks.iter().filter(|task| matches!(task.search, Search::All)) {
            types.insert(&task.schema.type_name);
        }
        types.retain(|name| !self.listings.contains_key(*name));
        let listings = types.into_iter().map(|name| async move {
            source.side.events.emit(Event::listing(reader, Some(name)));
            (name, reader.list(name).await)
        });
        let listed = estate::concurrently(estate::CONCURRENCY, listings).await;
        self.listings.extend(listed.into_iter().map(|(name, result)| (name.to_owned(), result)));
        let within = tasks.iter().filter_map(|task| match &task.search {
            Search::Within(inputs) => {
                Some(async move { (task, reader.list_within(&task.schema.type_name, inputs).await) })
            }
            _ => None,
        });
        let within = estate::concurrently(estate::CONCURRENCY, within).await;
        let mut candidates = Vec::new();
        let mut failed = Vec::new();
        let all = tasks.iter().filter(|task| matches!(task.search, Search::All));
        let all = all.filter_map(|task| Some((task, self.listings.get(&task.schema.type_name)?.clone())));
        for (task, result) in within.into_iter().chain(all.collect::<Vec<_>>()) {
            match result {
                Ok(identifiers) => candidates.extend(
                    identifiers
                        .into_iter()
                        .filter(|identifier| may_belong(registry, task, identifier))
                        .map(|identifier| (task, ResourceRef::new(&task.schema.type_name, identifier)))
                        .filter(|(_, resource)| !is_service_owned(resource, None))
                        .filter(|(task, resource)| task.record.as_ref().is_none_or(|record| record.contains(resource))),
                ),
                Err(error) => failed.push((task, error)),
            }
        }
        failed.sort_by_key(|(task, _)| task.record.is_some());
        for (task, error) in failed {
            self.leave(task, None, &error, "listed")?;
        }
        for task in tasks {
            if let Search::Probe(identifiers) | Search::Recorded(identifiers) = &task.search {
                let probed = identifiers.iter().map(|one| (task, ResourceRef::new(&task.schema.type_name, one)));
                candidates.extend(probed);
            }
        }
        Ok(candidates)
    }

    /// Records that children could not be listed or read.
    fn leave(
        &mut self,
        task: &Task,
        identifier: Option<String>,
        error: &CloudError,
        what: &str,
    ) -> Result<(), CloudError> {
        match error.kind {
            // Some handlers respond with NotFound if a parent has no children; a type that is not available in the
            // region has no resources.
            CloudErrorKind::NotFound | CloudErrorKind::TypeNotFound => Ok(()),
            CloudErrorKind::Credentials | CloudErrorKind::Network => Err(error.clone()),
            _ => {
                self.push(task, identifier, format!("cannot be {what}: {}", error.message));
                Ok(())
            }
        }
    }

    fn push(&mut self, task: &Task, identifier: Option<String>, reason: String) {
        let left = LeftBehind {
            type_name: task.schema.type_name.clone(),
            identifier,
            parent: task.parent.resource.clone(),
            reason,
        };
        // The search within its parent has reported it.
        let is_reported = task.record.is_some() && self.left_behind.iter().any(|one| one.type_name == left.type_name);
        if !is_reported && !self.left_behind.contains(&left) {
            self.left_behind.push(left);
        }
    }

    /// Of a type that cannot be listed, the record of the parent's children tells whether there are any.
    fn judge_unlistable(&mut self, registry: &Registry, task: &Task, chosen: &BTreeSet<ResourceRef>) {
        let type_name = &task.schema.type_name;
        if task.record.is_some() {
            self.unlistable.insert(type_name.clone());
            return;
        }
        let inline = service_made::inline_children(task.schema, &task.parent);
        let record = task.parent.tags.get(tags::STACK_CHILDREN).map(|text| ChildRecord::parse(text));
        let is_recorded = record.as_ref().is_some_and(|record| record.types(registry).contains(&type_name.as_str()));
        if record.as_ref().is_some_and(|record| record.unlisted().any(|child| child.type_name == *type_name)) {
            return;
        }
        let named = chosen.iter().filter(|one| one.type_name == *type_name).cloned();
        let is_included = named
            .chain(inline.clone().unwrap_or_default())
            .any(|child| record.as_ref().is_some_and(|record| record.contains(&child)));
        if is_recorded && !is_included {
            let reason = format!("Cloud Control cannot list {type_name}; promote it by its identifier");
            self.push(task, None, reason);
        } else if inline.is_none() && !is_recorded {
            self.unlistable.insert(type_name.clone());
        }
    }
}

/// Searches for the resources in the record of a resource that other searches do not find: of types that Cloud Control cannot
/// list, and of types that do not belong to another one. `names`: the identifiers and ARNs of resources that an identifier may
/// consist of.
fn recorded(registry: &Registry, parent: &LiveResource, names: &BTreeSet<String>) -> Vec<Task> {
    let Some(record) = parent.tags.get(tags::STACK_CHILDREN).map(|text| ChildRecord::parse(text)) else {
        return Vec::new();
    };
    let task = |type_name: &str| {
        let schema = registry.get(type_name)?;
        let unlisted = record.unlisted().filter(|child| child.type_name == type_name);
        let mut unlisted: Vec<String> = unlisted.map(|child| child.identifier.clone()).collect();
        if unlisted.is_empty() && !schema.handlers.list {
            unlisted = composed(schema, parent, names, &record);
        }
        let is_child = !registry.parent_links(schema).is_empty();
        let link = ParentLink {
            property: String::new(),
            is_list: false,
            parent: parent.resource.type_name.clone(),
            attributes: Vec::new(),
        };
        let search = match unlisted.is_empty() {
            false => Search::Recorded(unlisted),
            // The search within its parent finds it.
            true if is_child && !(schema.handlers.list && schema.list_inputs.is_empty()) => return None,
            true => search(registry, schema, &link, parent),
        };
        Some(Task { schema, link, parent: parent.clone(), search, record: Some(record.clone()) })
    };
    record.types(registry).into_iter().filter_map(task).collect()
}

/// The recorded identifiers of a type that consist of two names: an association of another resource with this one, which keeps
/// the record because the association refers to it.
fn composed(schema: &TypeSchema, parent: &LiveResource, names: &BTreeSet<String>, record: &ChildRecord) -> Vec<String> {
    if schema.primary_identifier.len() != 2 {
        return Vec::new();
    }
    let own = [Some(&parent.resource.identifier), parent.arn.as_ref()].into_iter().flatten();
    let pairs =
        own.flat_map(|own| names.iter().flat_map(move |other| [format!("{own}|{other}"), format!("{other}|{own}")]));
    pairs.filter(|pair| record.contains(&ResourceRef::new(&schema.type_name, pair))).collect()
}

/// True if a property of a resource contains an identifier as a whole word.
fn refers_to(live: &LiveResource, identifier: &str) -> bool {
    let mut found = false;
    pointer::for_each_string(&live.properties, &mut |_, text| {
        found |= text.match_indices(identifier).any(|(start, word)| is_whole(text, start, start + word.len()));
    });
    found
}

/// How the children of a type are found for a parent.
fn search(registry: &Registry, schema: &'static TypeSchema, link: &ParentLink, parent: &LiveResource) -> Search {
    let value = |name: &str| {
        if name == link.property && !link.is_list {
            let preferred = link.attributes.iter().find_map(|attribute| attribute_of(registry, parent, attribute));
            return Some(preferred.unwrap_or_else(|| parent.resource.identifier.clone()));
        }
        // Properties of its own have other values than the parent's of the same name.
        let is_own = schema.name_property.as_deref() == Some(name) || ["Id", "Arn", "Name"].contains(&name);
        let of_parent = parent.properties.get(name).and_then(Value::as_str).filter(|_| !is_own);
        of_parent.map(str::to_owned).or_else(|| special_key(registry, schema, name, parent))
    };
    if schema.handlers.list && !schema.list_inputs.is_empty() {
        let inputs = schema.list_inputs.iter().map(|name| Some((name.clone(), Value::String(value(name)?))));
        return match inputs.collect::<Option<Map<String, Value>>>() {
            Some(inputs) => Search::Within(Value::Object(inputs)),
            None => Search::None,
        };
    }
    let identifiers = schema.primary_identifier.iter().try_fold(vec![Vec::new()], |heads: Vec<Vec<String>>, name| {
        let values: Vec<String> = match (schema.type_name.as_str(), name.as_str()) {
            ("AWS::ApiGateway::Method", "HttpMethod") => HTTP_METHODS.map(str::to_owned).to_vec(),
            _ if schema.is_read_only(&format!("/{name}")) => return None,
            _ => vec![value(name)?],
        };
        let extended = heads
            .iter()
            .flat_map(|head| values.iter().map(move |value| [head.as_slice(), std::slice::from_ref(value)].concat()));
        Some(extended.collect())
    });
    match identifiers {
        Some(identifiers) => Search::Probe(identifiers.iter().map(|parts| parts.join("|")).collect()),
        None if schema.handlers.list => Search::All,
        None => Search::Unlistable,
    }
}

/// A key that the parent has under another name.
fn special_key(registry: &Registry, schema: &TypeSchema, name: &str, parent: &LiveResource) -> Option<String> {
    match (schema.type_name.as_str(), name) {
        // The methods of an API's root.
        ("AWS::ApiGateway::Method", "ResourceId") => attribute_of(registry, parent, "RootResourceId"),
        _ => None,
    }
}

/// False if a part of the identifier shows that a resource belongs to another parent.
fn may_belong(registry: &Registry, task: &Task, identifier: &str) -> bool {
    if !is_within_arn(registry, task.schema, &task.parent, identifier) {
        return false;
    }
    let parts: Vec<&str> = identifier.split('|').collect();
    let place = task.schema.primary_identifier.iter().position(|name| *name == task.link.property);
    let is_split = parts.len() == task.schema.primary_identifier.len();
    let Some(part) = place.filter(|_| is_split && !task.link.is_list).and_then(|place| parts.get(place)) else {
        return true;
    };
    matches!(task.search, Search::Within(_))
        || names_of(registry, &task.link, &task.parent).iter().any(|name| name == part)
}

/// False if the identifier is an ARN of a type whose ARNs begin with the parent's, such as a subscription's with that of its
/// topic, and it begins with another one.
fn is_within_arn(registry: &Registry, schema: &TypeSchema, parent: &LiveResource, identifier: &str) -> bool {
    let parent_format = registry.get(&parent.resource.type_name).and_then(|found| found.arn_template.as_deref());
    let (Some(format), Some(parent_format), Some(arn)) = (&schema.arn_template, parent_format, &parent.arn) else {
        return true;
    };
    let is_part = |whole: &str, start: &str| whole.strip_prefix(start).is_some_and(|rest| rest.starts_with([':', '/']));
    !identifier.starts_with("arn:") || !is_part(format, parent_format) || is_part(identifier, arn)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::tags::Tags;

    #[test]
    fn an_arn_that_begins_with_that_of_another_parent_is_no_child() {
        let parent = |type_name: &str, arn: &str| LiveResource {
            resource: ResourceRef::new(type_name, arn),
            properties: json!({}),
            tags: Tags::new(),
            arn: Some(arn.to_owned()),
        };
        let within = |child: &str, parent: &LiveResource, identifier: &str| {
            is_within_arn(&Registry::embedded(), Registry::embedded().get(child).unwrap(), parent, identifier)
        };
        let news = "arn:aws:sns:us-east-1:111111111111:news";
        let topic = parent("AWS::SNS::Topic", news);
        let subscription = "AWS::SNS::Subscription";
        assert!(within(subscription, &topic, &format!("{news}:8b1f")));
        assert!(!within(subscription, &topic, "arn:aws:sns:us-east-1:111111111111:news-2:8b1f"));
        // Identifiers that are no ARNs, and formats that are not that of the parent, say nothing.
        assert!(within(subscription, &topic, "PendingConfirmation"));
        let base = "arn:aws:elasticloadbalancing:us-east-1:111111111111";
        let listener = parent("AWS::ElasticLoadBalancingV2::Listener", &format!("{base}:listener/app/web/1/2"));
        let rule = "AWS::ElasticLoadBalancingV2::ListenerRule";
        assert!(within(rule, &listener, &format!("{base}:listener-rule/app/web/1/2/3")));
    }
}
