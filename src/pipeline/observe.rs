//! Reads live resources for a scan.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::estate::{self, Unreadable};
use super::event::{Event, Events};
use super::managed;
use super::ports::{CloudError, CloudErrorKind, ReadCloud};
use crate::domain::audit::is_service_owned;
use crate::domain::resource::LiveResource;
use crate::domain::resource::ResourceRef;
use crate::domain::tags;
use crate::policy::{PolicySet, ScanResource};
use crate::schema::Registry;

/// Maximum number of concurrent listings.
const CONCURRENCY: usize = 8;

/// The resources to scan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScanScope {
    /// All resources that stagegate manages.
    Managed,
    /// All resources of a listable type, except those owned by AWS services.
    OfType(String),
    /// A single resource.
    Resource(ResourceRef),
}

/// The resources read for a scan.
#[derive(Debug, Default)]
pub struct Observed {
    /// The resources to scan.
    pub resources: Vec<ScanResource>,
    /// Other resources that the policies take into account.
    pub context: Vec<ScanResource>,
    /// Types for which the other resources could not be read completely.
    pub incomplete: BTreeSet<String>,
    /// Resources that could not be read; a type that could not be listed has the identifier `*`.
    pub unreadable: Vec<Unreadable>,
    /// ARNs of managed resources of unknown types.
    pub unsupported: Vec<String>,
}

impl Observed {
    /// Returns the number of reads for which permission was denied.
    pub fn denied(&self) -> usize {
        self.unreadable.iter().filter(|gap| gap.error.kind == CloudErrorKind::AccessDenied).count()
    }
}

/// Reads the resources to scan, and the other resources that the active policies require: a check for a missing resource
/// would otherwise report resources that were not requested.
///
/// # Errors
/// The tagging API did not respond, or the requested resource cannot be read.
pub async fn observe(
    reader: &dyn ReadCloud,
    scope: &ScanScope,
    policies: &PolicySet,
    events: &Events,
) -> Result<Option<Observed>, CloudError> {
    let mut observed = Observed::default();
    let live = match scope {
        ScanScope::Managed => {
            let estate = managed::managed(reader, events).await?;
            observed.unsupported.clone_from(&estate.unsupported);
            let live = estate.resources();
            observed.unreadable = estate.unreadable;
            live
        }
        ScanScope::OfType(type_name) => of_type(reader, type_name, &mut observed.unreadable, events).await,
        ScanScope::Resource(resource) => match estate::read(reader, resource, None).await? {
            Some(live) => vec![live],
            None => return Ok(None),
        },
    };
    let read: BTreeSet<ResourceRef> = live.iter().map(|live| live.resource.clone()).collect();
    let types: BTreeSet<String> = read.iter().map(|resource| resource.type_name.clone()).collect();
    for (type_name, checked) in policies.sibling_types(&types) {
        let before = observed.unreadable.len();
        let siblings = match scope {
            // All of them are already among the resources.
            ScanScope::OfType(all) if *all == type_name => {
                let gap = observed.unreadable.iter().any(|gap| gap.resource.type_name == type_name);
                observed.incomplete.extend(Some(type_name).filter(|_| gap));
                continue;
            }
            _ if estate::is_listable(reader.registry(), &type_name) => {
                of_type(reader, &type_name, &mut observed.unreadable, events).await
            }
            _ => match parents(reader.registry(), &live, &type_name, &checked) {
                Some(parents) => within_parents(reader, &type_name, &parents, &mut observed.unreadable, events).await,
                None => {
                    observed.incomplete.insert(type_name);
                    continue;
                }
            },
        };
        if observed.unreadable.len() > before {
            observed.incomplete.insert(type_name);
        }
        observed.context.extend(
            siblings.iter().filter(|live| !read.contains(&live.resource)).map(|live| view(reader.registry(), live)),
        );
    }
    observed.resources = live.iter().map(|live| view(reader.registry(), live)).collect();
    observed.unreadable.sort_by(|a, b| a.resource.cmp(&b.resource));
    observed.unreadable.dedup_by(|a, b| a.resource == b.resource);
    Ok(Some(observed))
}

/// Converts a live resource to the input of policies. If its properties contain no tags, those of the tagging API are added.
pub(super) fn view(registry: &Registry, live: &LiveResource) -> ScanResource {
    let mut properties = live.properties.clone();
    if let Some(schema) = registry.get(&live.resource.type_name)
        && !live.tags.is_empty()
        && tags::read(schema, &properties).is_empty()
    {
        tags::write(schema, &mut properties, &live.tags);
    }
    ScanResource::observed(registry, &live.resource.type_name, &live.resource.identifier, properties)
}

/// Returns the list inputs for the related resources of each checked resource, taken from its properties: for example, the
/// permissions of a function are listed by its name. `None` if a resource does not have the properties.
fn parents(
    registry: &Registry,
    live: &[LiveResource],
    type_name: &str,
    checked: &BTreeSet<String>,
) -> Option<BTreeSet<String>> {
    let schema = registry.get(type_name).filter(|schema| schema.handlers.list && schema.handlers.read)?;
    let inputs_of = |live: &LiveResource| {
        let input = |name: &String| {
            let value = live.properties.get(name).filter(|value| value.is_string())?;
            Some((name.clone(), value.clone()))
        };
        let inputs: Option<Map<String, Value>> = schema.list_inputs.iter().map(input).collect();
        Some(Value::Object(inputs?).to_string())
    };
    live.iter().filter(|live| checked.contains(&live.resource.type_name)).map(inputs_of).collect()
}

/// Reads all resources of a type within the given parents, which are JSON objects with its list inputs.
async fn within_parents(
    reader: &dyn ReadCloud,
    type_name: &str,
    parents: &BTreeSet<String>,
    unreadable: &mut Vec<Unreadable>,
    events: &Events,
) -> Vec<LiveResource> {
    let listings = parents.iter().map(|parent| async move {
        let inputs: Value = serde_json::from_str(parent).unwrap_or_default();
        (parent, reader.list_within(type_name, &inputs).await)
    });
    let listings: Vec<(&String, Result<Vec<String>, CloudError>)> = estate::concurrently(CONCURRENCY, listings).await;
    let mut named = BTreeSet::new();
    for (parent, listing) in listings {
        match listing {
            Ok(found) => named.extend(found.into_iter().map(|identifier| ResourceRef::new(type_name, identifier))),
            // Some handlers respond with NotFound if a parent has no such resources.
            Err(error) if error.kind == CloudErrorKind::NotFound => {}
            Err(error) => {
                let resource = ResourceRef::new(type_name, format!("* below {parent}"));
                unreadable.push(Unreadable { resource, error, referred: false });
            }
        }
    }
    estate::read_all(reader, named.into_iter().collect(), unreadable, events).await
}

async fn of_type(
    reader: &dyn ReadCloud,
    type_name: &str,
    unreadable: &mut Vec<Unreadable>,
    events: &Events,
) -> Vec<LiveResource> {
    events.emit(Event::listing(reader, Some(type_name)));
    match reader.list(type_name).await {
        Ok(identifiers) => {
            let named = identifiers.into_iter().map(|identifier| ResourceRef::new(type_name, identifier));
            let own: BTreeSet<ResourceRef> = named.filter(|resource| !is_service_owned(resource, None)).collect();
            estate::read_all(reader, own.into_iter().collect(), unreadable, events).await
        }
        Err(error) => {
            unreadable.push(Unreadable { resource: ResourceRef::new(type_name, "*"), error, referred: false });
            Vec::new()
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use serde_json::json;

    fn live(type_name: &str, properties: Value, tags: &[(&str, &str)]) -> LiveResource {
        let tags = tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        LiveResource { resource: ResourceRef::new(type_name, "x"), properties, tags, arn: None }
    }

    #[test]
    fn tags_missing_in_the_properties_are_added_from_the_tagging_api() {
        let untagged = live("AWS::SQS::Queue", json!({"QueueName": "q"}), &[("Owner", "data")]);
        assert_eq!(
            view(&Registry::embedded(), &untagged).properties["Tags"],
            json!([{"Key": "Owner", "Value": "data"}])
        );
        let tagged = live("AWS::SQS::Queue", json!({"Tags": [{"Key": "A", "Value": "b"}]}), &[("Owner", "data")]);
        assert_eq!(view(&Registry::embedded(), &tagged).properties, tagged.properties);
    }

    #[test]
    fn related_resources_are_listed_by_the_properties_of_each_resource() {
        let function = |name: Option<&str>| live("AWS::Lambda::Function", json!({"FunctionName": name}), &[]);
        let checked = BTreeSet::from(["AWS::Lambda::Function".to_owned()]);
        let queue = live("AWS::SQS::Queue", json!({}), &[]);
        let both = [function(Some("a")), function(Some("b")), queue];
        let found = parents(&Registry::embedded(), &both, "AWS::Lambda::Permission", &checked).unwrap();
        let expected = ["a", "b"].map(|name| format!("{{\"FunctionName\":\"{name}\"}}"));
        assert_eq!(found, BTreeSet::from(expected));
        assert_eq!(
            parents(&Registry::embedded(), &[function(Some("a")), function(None)], "AWS::Lambda::Permission", &checked),
            None
        );
    }
}
