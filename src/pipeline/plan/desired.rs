//! The input of the planner: desired resources and their origins.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::children::ChildRecord;
use crate::domain::diagnostic::Diagnostic;
use crate::domain::dynamic;
use crate::domain::plan::{InputNeeded, Rewrite, TagValue};
use crate::domain::pointer;
use crate::domain::resource::{DesiredResource, LiveResource, ResourceRef, SeparateElement};
use crate::policy::{Given, ScanResource};
use crate::schema::TypeSchema;

/// The desired state of a resource in the environment that the plan changes.
#[derive(Debug, Clone)]
pub struct Desired {
    /// The logical id within the plan.
    pub logical_id: String,
    /// The type.
    pub type_schema: &'static TypeSchema,
    /// The properties, without the tags that stagegate adds. References to other resources of the plan are CloudFormation
    /// intrinsic functions.
    pub properties: Value,
    /// The identifier, if it is known before the resource exists.
    pub identifier: Option<String>,
    /// Logical ids of the resources in the plan that it refers to.
    pub depends_on: BTreeSet<String>,
    /// Those of the resources that it refers to whose references are set after its creation, because they refer to it as
    /// well. They are not in `depends_on`.
    pub deferred: BTreeSet<String>,
    /// The origin of the configuration.
    pub origin: Origin,
    /// The existing resource.
    pub existing: Existing,
}

/// The origin of a desired configuration.
#[derive(Debug, Clone)]
pub enum Origin {
    /// A template.
    Template(Box<Declared>),
    /// A change of a live resource.
    Change(Box<ChangeRequest>),
    /// A live resource of another environment.
    Promotion(Box<Promoted>),
}

/// A resource of a template.
#[derive(Debug, Clone)]
pub struct Declared {
    /// The resource as written.
    pub written: DesiredResource,
    /// The value of its `StackResource` tag.
    pub stack_resource: String,
    /// How the live resource was recognized.
    pub ownership: Ownership,
    /// Changes made in the account are left as they are.
    pub keep_live: bool,
    /// Resources that it has replaced, and that an interrupted run did not delete.
    pub leftovers: Vec<LiveResource>,
    /// Elements of its lists that other resources of the template declare.
    pub separate: Vec<SeparateElement>,
    /// Children that its tags record, that the template no longer has, and that still exist.
    pub dropped_children: ChildRecord,
}

impl Declared {
    /// The tag that records these properties.
    pub fn applied_digest(&self, properties: &Value) -> TagValue {
        TagValue::AppliedDigest { declared: properties.clone(), separate: self.separate.clone() }
    }
}

/// How a live resource was recognized as that of a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ownership {
    /// By its `StackResource` tag, or by its name and other tags of stagegate.
    Tags,
    /// By its parent, which belongs to the same template, and its properties: its type has no tags.
    Parent,
    /// By its name or properties alone: its type has no tags, and nothing shows who created it.
    Unproven,
}

impl Ownership {
    /// True if a difference from the template may have been made by somebody else. `schema` is the type: where tags cannot
    /// be updated, there is no record of what stagegate last wrote.
    pub fn is_change_unexpected(self, schema: &TypeSchema) -> bool {
        match self {
            Self::Tags => schema.tagging.updatable,
            Self::Parent => false,
            Self::Unproven => true,
        }
    }
}

/// A change of a live resource that a command states.
#[derive(Debug, Clone)]
pub struct ChangeRequest {
    /// The properties that the command sets, for policies and the record of what was written.
    pub declared: Value,
}

/// A live resource that is promoted to another environment.
#[derive(Debug, Clone)]
pub struct Promoted {
    /// The resource in the environment promoted from.
    pub source: LiveResource,
    /// Translated values.
    pub rewrites: Vec<Rewrite>,
    /// Values of write-only properties provided by the user, by JSON pointer.
    pub inputs: BTreeMap<String, Value>,
    /// Optional write-only values that must be given for a new resource.
    pub needed: Vec<InputNeeded>,
    /// JSON pointers of optional write-only values that a new resource does not get.
    pub not_copied: Vec<String>,
    /// True if the counterpart has lost the tag that names its source: the tag is restored, and nothing else.
    pub is_tag_lost: bool,
    /// Resources that belong to it stay behind: its promotion is not complete.
    pub is_incomplete: bool,
    /// Those of the resources that it refers to that need not exist before it: their values are known.
    pub preferred: BTreeSet<String>,
}

/// The existing resource for a desired one.
#[derive(Debug, Clone, PartialEq)]
pub enum Existing {
    /// None.
    Absent,
    /// The identifier of a resource that an earlier run of the same request created.
    CreatedEarlier(String),
    /// The live resource: the counterpart of a promoted resource, or the resource of a template.
    Live(Box<LiveResource>),
    /// A resource with the same identifier that stagegate did not create or does not know as the counterpart.
    Foreign(ResourceRef),
    /// The resource cannot be determined.
    Unclear(Box<Diagnostic>),
}

impl Desired {
    /// JSON pointers of the texts whose dynamic references are resolved when they are sent: those that the user wrote. What
    /// AWS returned may look like a reference, and is none.
    pub fn stored(&self) -> Vec<String> {
        match &self.origin {
            Origin::Template(declared) => {
                let written = &declared.written.properties;
                let count = |document: &Value, place: &str| document.pointer(place).map_or(0, dynamic::count);
                let mut places = dynamic::pointers(written);
                // A value of an existing resource that the function uses may add another one.
                places.retain(|place| count(&self.properties, place) <= count(written, place));
                places
            }
            Origin::Change(request) => dynamic::pointers(&request.declared),
            Origin::Promotion(promoted) => {
                let of_input = |(place, value): (&String, &Value)| {
                    let inner = dynamic::pointers(value);
                    inner.into_iter().map(|inner| format!("{place}{inner}")).collect::<Vec<_>>()
                };
                promoted.inputs.iter().flat_map(of_input).collect()
            }
        }
    }

    /// Returns the CloudFormation type name.
    pub fn type_name(&self) -> &str {
        &self.type_schema.type_name
    }

    /// Returns the live resource in the environment promoted from.
    pub fn source(&self) -> Option<&LiveResource> {
        match &self.origin {
            Origin::Template(_) | Origin::Change(_) => None,
            Origin::Promotion(promoted) => Some(&promoted.source),
        }
    }

    /// Returns the existing counterpart.
    pub fn counterpart(&self) -> Option<&LiveResource> {
        match &self.existing {
            Existing::Live(live) => Some(live),
            Existing::Absent | Existing::CreatedEarlier(_) | Existing::Foreign(_) | Existing::Unclear(_) => None,
        }
    }

    /// Returns the existing resource with the values that are declared and that no read returns.
    pub fn with_write_only(&self, live: &LiveResource) -> LiveResource {
        let mut found = live.clone();
        if let (Value::Object(own), Some(declared)) = (&mut found.properties, self.properties.as_object()) {
            let hidden = declared.iter().filter(|(name, _)| self.type_schema.is_write_only(&pointer::join("", name)));
            own.extend(hidden.map(|(name, value)| (name.clone(), value.clone())));
        }
        found
    }

    /// Returns the resource as evaluated by policies and the estimate: the properties that are sent, before stagegate adds
    /// tags.
    pub fn scan_view(&self) -> ScanResource {
        match &self.origin {
            Origin::Template(declared) => {
                let mut view = ScanResource::from(&declared.written);
                view.properties = self.properties.clone();
                view
            }
            Origin::Change(_) => {
                let identifier = self.counterpart().map_or("", |live| &live.resource.identifier);
                let mut view = ScanResource::live(self.type_name(), identifier, self.properties.clone());
                view.resource.logical_id = Some(self.logical_id.clone());
                view
            }
            Origin::Promotion(promoted) => {
                let existing = self.counterpart().map(|live| &live.resource.identifier);
                let identifier = existing.or(self.identifier.as_ref()).unwrap_or(&promoted.source.resource.identifier);
                let mut view = ScanResource::live(self.type_name(), identifier, self.properties.clone());
                // AWS does not return the values of write-only properties, so they are inputs.
                view.given = Given::Everything;
                view.resource.logical_id = Some(self.logical_id.clone());
                view
            }
        }
    }
}
