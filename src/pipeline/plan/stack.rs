//! The live resources of a stack, found by their `StackResource` tag.

use std::collections::BTreeMap;

use crate::domain::tags::{self, Tags};
use crate::pipeline::event::{Event, Events};
use crate::pipeline::ports::{CloudError, ReadCloud};
use crate::schema::{Identified, ResourceRef};

/// The stack of a template: its name and what the tagging API returns for it. The tagging API may lag behind by about a
/// minute, and does not support every type, so that an absent entry does not prove that a resource does not exist.
#[derive(Debug, Clone, Default)]
pub struct Stack {
    name: String,
    /// By the value of the `StackResource` tag: the possible resources.
    members: BTreeMap<String, Vec<(ResourceRef, Tags)>>,
    /// By the value of the `StackResource` tag: the types of a resource that its ARN does not identify.
    unidentified: BTreeMap<String, Vec<&'static str>>,
}

impl Stack {
    /// Reads the members of a stack from the tagging API.
    ///
    /// # Errors
    /// The tagging API did not respond.
    pub async fn read(reader: &dyn ReadCloud, name: &str, events: &Events) -> Result<Self, CloudError> {
        events.emit(Event::listing(reader, None));
        let mut stack = Self { name: name.to_owned(), ..Self::default() };
        let prefix = stack.key("");
        // The filter has exact values only, and the logical ids that a template no longer has are unknown.
        for found in reader.tagged(Some((tags::STACK_RESOURCE, &[]))).await? {
            let Some(key) = found.tags.get(tags::STACK_RESOURCE).filter(|key| key.starts_with(&prefix)) else {
                continue;
            };
            let identified = reader.registry().identify(&found.arn);
            if let Identified::OfType(types) = &identified {
                stack.unidentified.entry(key.clone()).or_default().extend(types);
            }
            let candidates = identified.candidates().into_iter();
            let members = stack.members.entry(key.clone()).or_default();
            members.extend(candidates.map(|resource| (resource, found.tags.clone())));
        }
        Ok(stack)
    }

    /// The name of the stack.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The value of the `StackResource` tag for a logical id.
    pub fn key(&self, logical_id: &str) -> String {
        stack_resource(&self.name, logical_id)
    }

    /// The possible live resources of a logical id, of one type, with their tags.
    pub fn candidates(&self, logical_id: &str, type_name: &str) -> impl Iterator<Item = (&ResourceRef, &Tags)> {
        let found = self.members.get(&self.key(logical_id)).into_iter().flatten();
        found.filter(move |(resource, _)| resource.type_name == type_name).map(|(resource, tags)| (resource, tags))
    }

    /// The types of members, by logical id, whose ARN does not identify them.
    pub fn unidentified(&self) -> impl Iterator<Item = (&str, &[&'static str])> {
        let prefix = self.key("").len();
        self.unidentified.iter().filter_map(move |(key, types)| Some((key.get(prefix..)?, types.as_slice())))
    }

    /// The members by logical id that the tagging API returned.
    pub fn members(&self) -> impl Iterator<Item = (&str, &[(ResourceRef, Tags)])> {
        let prefix = self.key("").len();
        self.members.iter().filter_map(move |(key, found)| Some((key.get(prefix..)?, found.as_slice())))
    }
}

/// The value of the `StackResource` tag: `<stack>/<logical id>`, in the characters that every service accepts.
pub fn stack_resource(stack: &str, logical_id: &str) -> String {
    tags::sanitize(&format!("{stack}/{logical_id}"))
}
