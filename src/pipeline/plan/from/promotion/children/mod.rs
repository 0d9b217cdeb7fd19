//! Resources of types without tags that come along with the resource that they belong to: a topic's subscriptions, a
//! queue's policy, the routes of a route table.
//!
//! [`discover`] finds them in the environment promoted from, [`service_made`] tells which of them AWS made, and
//! [`counterparts`] finds those that exist in the environment promoted to.

mod counterparts;
mod discover;
mod gone;
mod service_made;
mod versions;

pub(super) use counterparts::{candidate, resolve};
pub(super) use gone::notes_of_gone;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::closure::{self, read_counterparts};
use super::counterparts::Candidate;
use super::estates::KnownResources;
use super::{PromotionRequest, Selection};
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::plan::Plan;
use crate::domain::resource::{LiveResource, ResourceRef};
use crate::domain::tags::{self, PromotionStatus};
use crate::pipeline::plan::LeftBehind;
use crate::pipeline::ports::CloudError;
use crate::promotion::claims::Claims;
use crate::promotion::rewrite::Rewritten;
use crate::schema::{ParentLink, Registry, TypeSchema};

/// The children found so far, and those that stay behind.
#[derive(Default)]
pub(super) struct Family {
    /// The resources to which each child belongs.
    parents: BTreeMap<ResourceRef, BTreeSet<ResourceRef>>,
    /// Resources whose children were searched.
    examined: BTreeSet<ResourceRef>,
    /// Account-wide listings by type.
    listings: BTreeMap<String, Result<Vec<String>, CloudError>>,
    /// Resources that were read and belong to no examined resource.
    strangers: BTreeMap<ResourceRef, LiveResource>,
    /// Children that are not promoted (`--leave-behind`).
    excluded: BTreeSet<ResourceRef>,
    /// What stays behind.
    pub left_behind: Vec<LeftBehind>,
    /// Child types that cannot be listed, of which there may be resources.
    pub unlistable: BTreeSet<String>,
    /// Versions of functions that nothing names.
    unnamed_versions: BTreeSet<ResourceRef>,
}

impl Family {
    /// Follows the references of the chosen resources, and finds their children and the children's references in turn.
    /// Returns the resources to promote.
    ///
    /// # Errors
    /// AWS did not respond, or the credentials are no longer valid.
    pub async fn follow(
        &mut self,
        source: &mut KnownResources<'_>,
        target: &mut KnownResources<'_>,
        chosen: &BTreeSet<ResourceRef>,
        request: &PromotionRequest<'_>,
        explaining: &[ResourceRef],
    ) -> Result<(BTreeSet<ResourceRef>, Claims), CloudError> {
        let is_all = matches!(request.selection, Selection::All(_));
        let mut roots: BTreeSet<ResourceRef> = chosen.iter().chain(self.parents.keys()).cloned().collect();
        loop {
            roots.retain(|resource| !self.excluded.contains(resource));
            let (mut all, mut claims) =
                closure::follow(source, target, roots, request.with_dependencies, explaining).await?;
            all.retain(|resource| !self.excluded.contains(resource));
            if !is_all && !request.with_dependencies {
                return Ok((all, claims));
            }
            let mut hosts = all.clone();
            if is_all {
                hosts.extend(promoted_before(source, target, &mut claims).await?);
            }
            let found = self.discover(source, &hosts, !is_all).await?;
            let new: Vec<ResourceRef> =
                found.into_iter().filter(|child| !all.contains(child) && !self.excluded.contains(child)).collect();
            if new.is_empty() {
                return Ok((all, claims));
            }
            roots = all;
            roots.extend(new);
        }
    }

    /// With `--leave-behind`, leaves out children whose references have no counterpart. Returns false if there are none.
    pub fn leave_out_unmapped(&mut self, candidates: &[Candidate], bodies: &[Rewritten]) -> bool {
        let before = self.excluded.len();
        for (candidate, body) in candidates.iter().zip(bodies) {
            let child = &candidate.source.resource;
            let (Some(left), Some(parents)) = (body.unmapped.first(), self.parents.get(child)) else { continue };
            let Some(parent) = parents.first().cloned() else { continue };
            let reason = format!("{}: `{}` {}", left.pointer, left.value, left.reason);
            self.excluded.insert(child.clone());
            self.left_behind.push(LeftBehind {
                type_name: child.type_name.clone(),
                identifier: Some(child.identifier.clone()),
                parent,
                reason,
            });
        }
        self.excluded.len() > before
    }

    /// The resources to which a child belongs.
    pub fn parents_of(&self, child: &ResourceRef) -> impl Iterator<Item = &ResourceRef> {
        self.parents.get(child).into_iter().flatten()
    }

    /// True if something that belongs to the resource stays behind.
    pub fn leaves_behind_of(&self, parent: &ResourceRef) -> bool {
        self.left_behind.iter().any(|left| left.parent == *parent)
    }

    /// Adds what stays behind to what an approval covers.
    pub fn record(&mut self, plan: &mut Plan, from: &str) {
        self.left_behind.sort();
        self.left_behind.dedup();
        for left in &self.left_behind {
            let key = format!("{from} left behind: {} of {}", left.subject(), left.parent);
            plan.live.insert(key, left.reason.clone());
        }
    }

    /// Warnings about what stays behind.
    pub fn notes(&self) -> Vec<Diagnostic> {
        let left = self.left_behind.iter().map(|left| {
            let message =
                format!("{}, which belongs to {}, is left behind: {}", left.subject(), left.parent, left.reason);
            Diagnostic::warning(Code::LeftBehind, message)
                .resource(left.parent.to_string())
                .hint("remove the cause and promote again, or accept it with --leave-behind")
        });
        let names: Vec<&str> = self.unlistable.iter().map(String::as_str).collect();
        let unlistable = (!names.is_empty()).then(|| {
            let message =
                format!("Cloud Control cannot list {}: if there are any, they are not promoted", names.join(", "));
            Diagnostic::note(Code::ChildrenNotListed, message).hint("to promote one, name its type and identifier")
        });
        left.chain(unlistable).chain(self.unnamed_versions_note()).collect()
    }

    /// The number of children that come along.
    pub fn len(&self) -> usize {
        self.parents.keys().filter(|child| !self.excluded.contains(*child)).count()
    }
}

/// Types whose resources only work after those of another type were created, although they do not name them: a route to a
/// gateway needs the gateway's attachment, a deployment needs the API's methods.
const AFTER: [(&str, &str); 3] = [
    ("AWS::ApiGateway::Deployment", "AWS::ApiGateway::Method"),
    ("AWS::ApiGatewayV2::Deployment", "AWS::ApiGatewayV2::Route"),
    ("AWS::EC2::Route", "AWS::EC2::VPCGatewayAttachment"),
];

/// The resources that must be created before each child, besides those that it refers to: its parents, and what it needs
/// to work.
pub(super) fn order(candidates: &[Candidate], family: &Family) -> BTreeMap<ResourceRef, BTreeSet<ResourceRef>> {
    let mut needed: BTreeMap<ResourceRef, BTreeSet<ResourceRef>> = BTreeMap::new();
    for candidate in candidates {
        let own = &candidate.source.resource;
        let earlier = AFTER.iter().filter(|(type_name, _)| *type_name == own.type_name).map(|(_, earlier)| *earlier);
        let earlier: Vec<&str> = earlier.collect();
        let others = candidates.iter().map(|other| &other.source.resource);
        let others = others.filter(|other| earlier.contains(&other.type_name.as_str()));
        let all = family.parents_of(own).chain(others).cloned();
        needed.entry(own.clone()).or_default().extend(all);
    }
    needed
}

/// True for a type without tags whose resources belong to others.
pub(super) fn is_child_type(registry: &Registry, schema: &TypeSchema) -> bool {
    schema.tagging.property.is_none() && !registry.parent_links(schema).is_empty()
}

/// With `--all`, the children of resources that were promoted before are compared as well.
async fn promoted_before(
    source: &mut KnownResources<'_>,
    target: &mut KnownResources<'_>,
    claims: &mut Claims,
) -> Result<Vec<ResourceRef>, CloudError> {
    let registry = source.side.registry();
    let may_have_children = |resource: &ResourceRef| {
        registry.get(&resource.type_name).is_some_and(|found| !registry.child_types(found).is_empty())
    };
    let is_synced = |tags: &tags::Tags| PromotionStatus::of(tags) == Some(PromotionStatus::Synced);
    let synced = source.tags().filter(|(resource, tags)| may_have_children(resource) && is_synced(tags));
    let synced: Vec<ResourceRef> = synced.map(|(resource, _)| resource.clone()).collect();
    source.read(synced.iter().cloned()).await?;
    read_counterparts(source, target, claims, synced.iter().cloned()).await?;
    let is_pair = |resource: &ResourceRef| {
        let found = claims.counterpart(resource).and_then(|found| target.live(&found));
        found.is_some() && source.live(resource).is_some_and(|live| tags::is_managed(&live.tags))
    };
    Ok(synced.into_iter().filter(is_pair).collect())
}

/// The values by which others name a resource: the attributes of the link, its identifier and its ARN.
fn names_of(registry: &Registry, link: &ParentLink, parent: &LiveResource) -> Vec<String> {
    let attributes = link.attributes.iter().filter_map(|attribute| attribute_of(registry, parent, attribute));
    attributes.chain([parent.resource.identifier.clone()]).chain(parent.arn.clone()).collect()
}

/// The value of an attribute of a resource.
fn attribute_of(registry: &Registry, live: &LiveResource, attribute: &str) -> Option<String> {
    let of_properties = live.properties.pointer(&format!("/{}", attribute.replace('.', "/"))).and_then(Value::as_str);
    let is_identifier = registry
        .get(&live.resource.type_name)
        .is_some_and(|schema| matches!(schema.primary_identifier.as_slice(), [only] if only == attribute));
    of_properties.map(str::to_owned).or_else(|| is_identifier.then(|| live.resource.identifier.clone()))
}

/// True if a child's property names the parent.
fn belongs(registry: &Registry, link: &ParentLink, child: &Value, parent: &LiveResource) -> bool {
    let names = names_of(registry, link, parent);
    let is_name = |value: &Value| value.as_str().is_some_and(|text| names.iter().any(|name| name == text));
    match child.get(&link.property) {
        Some(Value::Array(items)) => items.iter().any(is_name),
        Some(value) => is_name(value),
        None => false,
    }
}
