//! Live resources as a scan looks at them.

use std::collections::BTreeSet;

use futures_util::{StreamExt, stream};
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

/// Listings at once.
const CONCURRENCY: usize = 8;

/// Which resources to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// Everything that stagegate manages.
    Managed,
    /// Everything of a type that can be listed, what AWS's services own left out.
    OfType(String),
    /// One.
    Resource(ResourceRef),
}

/// What was read.
#[derive(Debug, Default)]
pub struct Observed {
    /// The resources asked for.
    pub resources: Vec<ScanResource>,
    /// Others that the policies look at beside them.
    pub context: Vec<ScanResource>,
    /// Types of which that was not possible.
    pub incomplete: BTreeSet<String>,
    /// What could not be read; a type that could not be listed has the identifier `*`.
    pub unreadable: Vec<Unreadable>,
    /// ARNs of managed resources of no known type.
    pub unsupported: Vec<String>,
}

impl Observed {
    /// Reads refused for lack of permission.
    pub fn denied(&self) -> usize {
        self.unreadable.iter().filter(|gap| gap.error.kind == CloudErrorKind::AccessDenied).count()
    }
}

/// Reads the resources, and what the active policies must see beside them: a check for something
/// missing would else find missing whatever was not asked for.
///
/// # Errors
/// The tagging API did not answer, or the one resource asked for cannot be read.
pub async fn observe(
    reader: &dyn ReadCloud,
    wanted: &Wanted,
    policies: &PolicySet,
    events: &Events,
) -> Result<Option<Observed>, CloudError> {
    let mut observed = Observed::default();
    let live = match wanted {
        Wanted::Managed => {
            let estate = managed::managed(reader, events).await?;
            observed.unsupported.clone_from(&estate.unsupported);
            let live = estate.resources();
            observed.unreadable = estate.unreadable;
            live
        }
        Wanted::OfType(type_name) => of_type(reader, type_name, &mut observed.unreadable, events).await,
        Wanted::Resource(resource) => match estate::read(reader, resource, None).await? {
            Some(live) => vec![live],
            None => return Ok(None),
        },
    };
    let read: BTreeSet<ResourceRef> = live.iter().map(|live| live.resource.clone()).collect();
    let types: BTreeSet<String> = read.iter().map(|resource| resource.type_name.clone()).collect();
    for (type_name, judged) in policies.sibling_types(&types) {
        let before = observed.unreadable.len();
        let siblings = match wanted {
            // All of them are among the resources already.
            Wanted::OfType(all) if *all == type_name => {
                let gap = observed.unreadable.iter().any(|gap| gap.resource.type_name == type_name);
                observed.incomplete.extend(Some(type_name).filter(|_| gap));
                continue;
            }
            _ if estate::is_listable(&type_name) => of_type(reader, &type_name, &mut observed.unreadable, events).await,
            _ => match parents(&live, &type_name, &judged) {
                Some(parents) => below(reader, &type_name, &parents, &mut observed.unreadable, events).await,
                None => {
                    observed.incomplete.insert(type_name);
                    continue;
                }
            },
        };
        if observed.unreadable.len() > before {
            observed.incomplete.insert(type_name);
        }
        observed.context.extend(siblings.iter().filter(|live| !read.contains(&live.resource)).map(view));
    }
    observed.resources = live.iter().map(view).collect();
    observed.unreadable.sort_by(|a, b| a.resource.cmp(&b.resource));
    observed.unreadable.dedup_by(|a, b| a.resource == b.resource);
    Ok(Some(observed))
}

/// A live resource for the policies. Where a read leaves the tags out, those of the tagging API
/// stand in their place.
pub(super) fn view(live: &LiveResource) -> ScanResource {
    let mut properties = live.properties.clone();
    if let Some(schema) = Registry::get(&live.resource.type_name)
        && !live.tags.is_empty()
        && tags::read(schema, &properties).is_empty()
    {
        tags::write(schema, &mut properties, &live.tags);
    }
    ScanResource::observed(&live.resource.type_name, &live.resource.identifier, properties)
}

/// What the siblings of each judged resource are listed below, where the resource itself names it:
/// a function's permissions are listed below its name. `None` where one does not.
fn parents(live: &[LiveResource], type_name: &str, judged: &BTreeSet<String>) -> Option<BTreeSet<String>> {
    let schema = Registry::get(type_name).filter(|schema| schema.handlers.list && schema.handlers.read)?;
    let inputs_of = |live: &LiveResource| {
        let input = |name: &String| {
            let value = live.properties.get(name).filter(|value| value.is_string())?;
            Some((name.clone(), value.clone()))
        };
        let inputs: Option<Map<String, Value>> = schema.list_inputs.iter().map(input).collect();
        Some(Value::Object(inputs?).to_string())
    };
    live.iter().filter(|live| judged.contains(&live.resource.type_name)).map(inputs_of).collect()
}

/// Everything of a type below the given parents, JSON objects of its list inputs.
async fn below(
    reader: &dyn ReadCloud,
    type_name: &str,
    parents: &BTreeSet<String>,
    unreadable: &mut Vec<Unreadable>,
    events: &Events,
) -> Vec<LiveResource> {
    let listings = stream::iter(parents).map(|parent| async move {
        let inputs: Value = serde_json::from_str(parent).unwrap_or_default();
        (parent, reader.list_within(type_name, &inputs).await)
    });
    let listings: Vec<(&String, Result<Vec<String>, CloudError>)> = listings.buffered(CONCURRENCY).collect().await;
    let mut named = BTreeSet::new();
    for (parent, listing) in listings {
        match listing {
            Ok(found) => named.extend(found.into_iter().map(|identifier| ResourceRef::new(type_name, identifier))),
            // A parent without any is answered so by some handlers.
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
    fn tags_that_a_read_leaves_out_are_seen_all_the_same() {
        let untagged = live("AWS::SQS::Queue", json!({"QueueName": "q"}), &[("Owner", "data")]);
        assert_eq!(view(&untagged).properties["Tags"], json!([{"Key": "Owner", "Value": "data"}]));
        let tagged = live("AWS::SQS::Queue", json!({"Tags": [{"Key": "A", "Value": "b"}]}), &[("Owner", "data")]);
        assert_eq!(view(&tagged).properties, tagged.properties);
    }

    #[test]
    fn a_sibling_is_listed_below_each_resource_that_names_its_parent() {
        let function = |name: Option<&str>| live("AWS::Lambda::Function", json!({"FunctionName": name}), &[]);
        let judged = BTreeSet::from(["AWS::Lambda::Function".to_owned()]);
        let queue = live("AWS::SQS::Queue", json!({}), &[]);
        let both = [function(Some("a")), function(Some("b")), queue];
        let found = parents(&both, "AWS::Lambda::Permission", &judged).unwrap();
        let expected = ["a", "b"].map(|name| format!("{{\"FunctionName\":\"{name}\"}}"));
        assert_eq!(found, BTreeSet::from(expected));
        assert_eq!(parents(&[function(Some("a")), function(None)], "AWS::Lambda::Permission", &judged), None);
    }
}
