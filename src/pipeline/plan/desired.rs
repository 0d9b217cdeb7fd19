//! What a front end hands to the planner: resources as they should be, and where that comes from.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::domain::plan::Rewrite;
use crate::domain::resource::{DesiredResource, LiveResource, ResourceRef};
use crate::policy::ScanResource;
use crate::schema::TypeSchema;

/// A resource as it should be in the environment that the plan changes.
#[derive(Debug, Clone)]
pub struct Desired {
    /// Its name within the plan.
    pub logical_id: String,
    /// Its type.
    pub type_schema: &'static TypeSchema,
    /// Its properties without stagegate's own tags. References to other resources of the plan are
    /// CloudFormation's intrinsic functions.
    pub properties: Value,
    /// The identifier that it gets, where that is known before it exists.
    pub identifier: Option<String>,
    /// Logical ids of the plan's resources that it refers to.
    pub depends_on: BTreeSet<String>,
    /// Where the configuration comes from.
    pub origin: Origin,
    /// What there is already.
    pub existing: Existing,
}

/// Where a desired configuration comes from.
#[derive(Debug, Clone)]
pub enum Origin {
    /// A template.
    Template(Box<DesiredResource>),
    /// A live resource of another environment.
    Promotion(Box<Promoted>),
}

/// A live resource on its way to another environment.
#[derive(Debug, Clone)]
pub struct Promoted {
    /// The resource in the environment promoted from.
    pub source: LiveResource,
    /// Values that were translated on the way.
    pub rewrites: Vec<Rewrite>,
    /// Values that the user gave because a read does not return them, by JSON pointer.
    pub inputs: BTreeMap<String, Value>,
}

/// What there is already of a desired resource.
#[derive(Debug, Clone, PartialEq)]
pub enum Existing {
    /// Nothing.
    Absent,
    /// An earlier run of this very request has made it; its identifier.
    MadeBefore(String),
    /// A resource that is known to be the one that is meant.
    Counterpart(Box<LiveResource>),
    /// A resource of the same identifier that is not known to be ours.
    Foreign(ResourceRef),
}

impl Desired {
    /// The CloudFormation type name.
    pub fn type_name(&self) -> &str {
        &self.type_schema.type_name
    }

    /// The live resource in the environment promoted from.
    pub fn source(&self) -> Option<&LiveResource> {
        match &self.origin {
            Origin::Template(_) => None,
            Origin::Promotion(promoted) => Some(&promoted.source),
        }
    }

    /// The live resource that is to be changed.
    pub fn counterpart(&self) -> Option<&LiveResource> {
        match &self.existing {
            Existing::Counterpart(live) => Some(live),
            Existing::Absent | Existing::MadeBefore(_) | Existing::Foreign(_) => None,
        }
    }

    /// The resource as policies and estimate look at it: the very body that is sent, before
    /// stagegate's tags.
    pub fn scan_view(&self) -> ScanResource {
        match &self.origin {
            Origin::Template(written) => ScanResource::from(&**written),
            Origin::Promotion(promoted) => {
                let existing = self.counterpart().map(|live| &live.resource.identifier);
                let identifier = existing.or(self.identifier.as_ref()).unwrap_or(&promoted.source.resource.identifier);
                let mut view = ScanResource::live(self.type_name(), identifier, self.properties.clone());
                view.resource.logical_id = Some(self.logical_id.clone());
                view
            }
        }
    }
}
