//! The data types of the registry: one resource type and its facts.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::arn_form::ArnForm;
use super::interned::Description;
use super::parents::ParentLink;
use super::pattern::Pattern;
use super::pointer::PropertyPath;
use super::store;
use super::validate::Compiled;

/// The facts of one resource type, from Cloud Control and the type's schema.
#[derive(Debug, Clone)]
pub struct TypeSchema {
    /// CloudFormation type name.
    pub type_name: String,
    /// Properties that form the primary identifier, in order; nested ones contain `/`.
    pub primary_identifier: Vec<String>,
    /// Additional sets of properties that identify a resource.
    pub additional_identifiers: Vec<Vec<String>>,
    /// Set by the service, never by a user.
    pub read_only: Vec<PropertyPath>,
    /// Create-only: an update requires replacement.
    pub create_only: Vec<PropertyPath>,
    /// An update may require replacement.
    pub conditional_create_only: Vec<PropertyPath>,
    /// Accepted but never returned by a read.
    pub write_only: Vec<PropertyPath>,
    /// Top-level properties that a user must give, sorted.
    pub required: Vec<String>,
    /// The tag property, and what it supports.
    pub tagging: Tagging,
    /// Arrays whose order is insignificant (`insertionOrder: false` or `uniqueItems: true`).
    pub unordered: Vec<PropertyPath>,
    /// Strings that the service stores in one letter case (`propertyTransform`).
    pub case_insensitive: Vec<PropertyPath>,
    /// The operations that Cloud Control supports for the type.
    pub handlers: Handlers,
    /// Properties that `ListResources` needs in its resource model.
    pub list_inputs: Vec<String>,
    /// Handler timeouts in minutes where they are unusual (`None`: the usual two hours at most).
    pub timeouts: Timeouts,
    /// The property in which a user names the resource.
    pub name_property: Option<String>,
    /// The ARN template, such as `arn:${Partition}:s3:::${BucketName}`.
    pub arn_template: Option<String>,
    /// The property that holds the resource's own ARN.
    pub arn_property: Option<String>,
    /// All top-level properties, sorted.
    pub properties: Vec<String>,
    /// Properties that hold an attribute of another resource, sorted by path (`relationshipRefs` of
    /// aws-service-spec, and `relationshipRef` of the schemas). Incomplete: a property that is
    /// not listed may hold a reference too.
    pub references: Vec<PropertyReference>,
    /// What CloudFormation's `Ref` returns where that is not the primary identifier
    /// (`cfnRefIdentifier` of aws-service-spec); see [`TypeSchema::ref_value`].
    pub ref_parts: Vec<RefPart>,
    /// True for stateful types, whose data is lost with the resource (`isStateful` of
    /// aws-service-spec, which marks only the most common; false for a type from DescribeType).
    pub stateful: bool,
    /// Changes that need a review (`scrutinizable` of aws-service-spec; nothing for a type
    /// from DescribeType).
    pub review: Review,
    /// Names of this type are unique across all AWS accounts.
    pub global_name: bool,
    /// Write-only properties without which a resource that was read cannot be created again.
    pub needed_unless: Vec<NeededUnless>,
    /// Write-only secrets that are valid only together with another property.
    pub companions: Vec<Companion>,
    /// The alternative to a type that Cloud Control does not support, as a phrase.
    pub instead: Option<String>,
    pub(super) service_owned: ServiceOwned,
    pub(super) related: Related,
    /// The ARN format of a type from DescribeType, which has no template.
    pub(super) arn_form: Option<Arc<ArnForm>>,
    pub(super) body: Body,
    pub(super) compiled: OnceLock<Option<Arc<Compiled>>>,
    /// See [`super::Registry::parent_links`]: the links to embedded types.
    pub(super) parents: OnceLock<Vec<ParentLink>>,
}

/// The source of the full JSON schema and the handlers' permissions.
#[derive(Debug, Clone)]
pub(super) enum Body {
    /// In the embedded data.
    Embedded(store::Frame),
    /// From DescribeType.
    Described {
        /// `{"schema": …, "permissions": …}`.
        parts: Arc<Value>,
        /// What it was made from.
        description: Arc<Description>,
    },
}

impl TypeSchema {
    /// The `ResourceType` of a tag specification for the resource itself: `launch-template`.
    pub fn tag_specification(&self) -> String {
        let name = self.type_name.rsplit("::").next().unwrap_or_default();
        let mut text = String::with_capacity(name.len() + 4);
        for (index, letter) in name.char_indices() {
            if letter.is_ascii_uppercase() && index > 0 {
                text.push('-');
            }
            text.push(letter.to_ascii_lowercase());
        }
        text
    }

    /// True when a pointer is at or inside a read-only property.
    pub fn is_read_only(&self, pointer: &str) -> bool {
        covered(&self.read_only, pointer)
    }

    /// True when a pointer is at or inside a create-only property.
    pub fn is_create_only(&self, pointer: &str) -> bool {
        covered(&self.create_only, pointer)
    }

    /// True when a pointer is at or inside a conditionally create-only property.
    pub fn is_conditional_create_only(&self, pointer: &str) -> bool {
        covered(&self.conditional_create_only, pointer)
    }

    /// True when a pointer is at or inside a write-only property.
    pub fn is_write_only(&self, pointer: &str) -> bool {
        covered(&self.write_only, pointer)
    }

    /// The primary identifier of a resource with these properties, its parts joined by `|`;
    /// `None` when a part is missing or not a scalar.
    pub fn identifier_of(&self, properties: &Value) -> Option<String> {
        if self.primary_identifier.is_empty() {
            return None;
        }
        let parts: Option<Vec<String>> =
            self.primary_identifier.iter().map(|path| scalar_at(properties, path)).collect();
        parts.map(|parts| parts.join("|"))
    }

    /// True when the primary identifier is the ARN.
    pub(super) fn identifier_is_arn(&self) -> bool {
        matches!(self.primary_identifier.as_slice(), [only] if Some(only) == self.arn_property.as_ref())
    }

    /// What CloudFormation's `Ref` returns for a resource: its primary identifier, or the properties
    /// that the type's [`ref_parts`](Self::ref_parts) name, joined by `|`. Parts of a compound
    /// identifier are taken from it where the properties do not have them. `None` when a part is
    /// neither in the properties nor in the identifier.
    pub fn ref_value(&self, identifier: &str, properties: &Value) -> Option<String> {
        if self.ref_parts.is_empty() {
            return (!identifier.is_empty()).then(|| identifier.to_owned());
        }
        let identifiers: Vec<&str> = identifier.split('|').collect();
        let in_identifier = |property: &str| {
            let at = self.primary_identifier.iter().position(|name| name == property)?;
            let is_whole = identifiers.len() == self.primary_identifier.len();
            identifiers.get(at).filter(|part| is_whole && !part.is_empty()).map(|part| (*part).to_owned())
        };
        let mut parts = Vec::new();
        for RefPart { property, default } in &self.ref_parts {
            let value = scalar_at(properties, property).or_else(|| in_identifier(property));
            match (value, default) {
                (Some(value), default) if Some(&value) != default.as_ref() => parts.push(value),
                (None, None) => return None,
                _ => {}
            }
        }
        Some(parts.join("|"))
    }

    /// The attributes of other resources that the property at a pointer may hold.
    pub fn references_at(&self, pointer: &str) -> impl Iterator<Item = &ReferenceTarget> {
        let found = self.references.iter().filter(move |reference| reference.path.matches(pointer));
        found.flat_map(|reference| &reference.targets)
    }

    /// True for a type of a service without regions, such as IAM: its ARNs have none. Buckets have a region although their ARNs
    /// do not say so.
    pub fn is_global(&self) -> bool {
        let mut parts = self.arn_template.as_deref().unwrap_or_default().splitn(6, ':').skip(2);
        let (service, region) = (parts.next().unwrap_or_default(), parts.next());
        region == Some("") && service != "s3"
    }

    /// True for a resource that AWS creates and owns in an account (a service-linked role, a
    /// default parameter group): users cannot tag it. Without an ARN the identifier is used
    /// instead.
    pub fn is_service_owned(&self, identifier: &str, arn: Option<&str>) -> bool {
        let arn = arn.unwrap_or(identifier);
        let ServiceOwned { identifiers, arns } = &self.service_owned;
        identifiers.iter().any(|pattern| pattern.matches(identifier)) || arns.iter().any(|pattern| pattern.matches(arn))
    }

    /// The full JSON schema (draft 7) that user input of this type is validated against.
    pub fn json_schema(&self) -> Option<Value> {
        self.part("schema")
    }

    /// The IAM actions that the type's handlers call, by handler name (`create`, `read`, `update`,
    /// `delete`, `list`), sorted. Cloud Control makes these calls with the caller's permissions.
    pub fn permissions(&self) -> BTreeMap<String, Vec<String>> {
        self.part("permissions").and_then(|part| serde_json::from_value(part).ok()).unwrap_or_default()
    }

    fn part(&self, name: &str) -> Option<Value> {
        match &self.body {
            Body::Embedded(frame) => store::read_frame(*frame)?.get_mut(name).map(Value::take),
            Body::Described { parts, .. } => parts.get(name).cloned(),
        }
    }
}

fn covered(paths: &[PropertyPath], pointer: &str) -> bool {
    paths.iter().any(|path| path.covers(pointer))
}

/// A scalar as text; `None` for an empty text.
fn scalar_at(properties: &Value, path: &str) -> Option<String> {
    match properties.pointer(&format!("/{path}"))? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

/// A property that holds an attribute of another resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PropertyReference {
    /// The property; `*` stands for any element of a list or map.
    pub path: PropertyPath,
    /// The possible targets, sorted.
    pub targets: Vec<ReferenceTarget>,
}

/// An attribute of a resource type.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReferenceTarget {
    /// The type referred to.
    pub type_name: String,
    /// The referenced property: an identifier, a name or an ARN.
    pub attribute: String,
}

impl ReferenceTarget {
    /// `AWS::IAM::Role.Arn`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (type_name, attribute) = text.split_once('.')?;
        Some(Self { type_name: type_name.to_owned(), attribute: attribute.to_owned() })
    }
}

/// One part of what `Ref` returns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefPart {
    /// The property whose value it is.
    pub property: String,
    /// The value for which the part is omitted, as when the property is not set.
    pub default: Option<String>,
}

/// Changes of a type that need a review, by category.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Review {
    /// Access: permission policies, role attachments.
    pub iam: ReviewScope,
    /// Network: ingress and egress rules.
    pub network: ReviewScope,
}

/// Which changes of a resource to review.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ReviewScope {
    /// None.
    #[default]
    Nothing,
    /// Those of these properties, and creating or deleting a resource that has one.
    Properties(Vec<PropertyPath>),
    /// Any.
    Resource,
}

impl ReviewScope {
    /// True when a change of the property at a pointer is to be reviewed.
    pub fn covers(&self, pointer: &str) -> bool {
        match self {
            Self::Nothing => false,
            Self::Properties(paths) => paths.iter().any(|path| path.covers(pointer)),
            Self::Resource => true,
        }
    }
}

/// A write-only property that a resource needs unless another one is set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NeededUnless {
    /// JSON pointer of the property.
    pub pointer: String,
    /// JSON pointers of properties of which one that is set (and not `false`) is sufficient.
    pub unless: Vec<String>,
}

/// A write-only secret that is valid only together with another property.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Companion {
    /// The secret.
    pub secret: PropertyPath,
    /// The other property.
    pub beside: String,
}

/// Patterns of AWS-owned resources.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub(super) struct ServiceOwned {
    #[serde(default, rename = "i")]
    pub identifiers: Vec<Pattern>,
    #[serde(default, rename = "a")]
    pub arns: Vec<Pattern>,
}

/// How a read distinguishes related types; see [`super::related`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub(super) struct Related {
    /// Property, pattern of its value, and the type that it shows.
    #[serde(default)]
    pub is: Vec<(String, Pattern, String)>,
    /// A list that implies this type when it has more than one element.
    pub own_if_several: Option<String>,
    /// The other type, which applies if a read as that type confirms it.
    pub unless: Option<String>,
}

/// The operations that Cloud Control supports for a type. All `false`: the type is available in templates only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Handlers {
    /// CreateResource works.
    pub create: bool,
    /// GetResource works.
    pub read: bool,
    /// UpdateResource works.
    pub update: bool,
    /// DeleteResource works.
    pub delete: bool,
    /// ListResources works.
    pub list: bool,
}

impl Handlers {
    /// True when Cloud Control manages resources of the type: CloudFormation treats a type without
    /// one of these three handlers as not provisionable, and Cloud Control rejects even those it has.
    pub fn are_provisionable(self) -> bool {
        self.create && self.read && self.delete
    }
}

/// Handler timeouts in minutes, where defined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Timeouts {
    /// Create.
    #[serde(rename = "c")]
    pub create: Option<u32>,
    /// Update.
    #[serde(rename = "u")]
    pub update: Option<u32>,
    /// Delete.
    #[serde(rename = "d")]
    pub delete: Option<u32>,
}

/// How a type carries tags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tagging {
    /// The top-level property; `None` when the type has none.
    pub property: Option<String>,
    /// The property's format.
    pub shape: TagShape,
    /// False when tags cannot be changed after creation.
    pub updatable: bool,
    /// False when tags cannot be given at creation.
    pub on_create: bool,
    /// False when the type cannot carry tags through its schema at all.
    pub taggable: bool,
    /// True when no read of the type returns the tags: the service's own API, or the Resource Groups Tagging API, reads and
    /// changes them. A resource that was read has them in `property` all the same.
    pub beside_model: bool,
    /// The maximum key length in characters, where the schema defines it.
    pub key_limit: Option<u32>,
    /// The maximum value length in characters, where the schema defines it.
    pub value_limit: Option<u32>,
    /// The maximum number of tags, where the schema defines it.
    pub count_limit: Option<u32>,
}

impl Tagging {
    /// The top-level property of the type's schema; `None` when the type has none.
    pub fn schema_property(&self) -> Option<&String> {
        self.property.as_ref().filter(|_| !self.beside_model || self.on_create)
    }
}

/// The format of a tag property.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub enum TagShape {
    /// `[{"Key": k, "Value": v}]`.
    #[default]
    #[serde(rename = "L")]
    List,
    /// `{k: v}`.
    #[serde(rename = "M")]
    Map,
    /// `[{"Key": k, "Value": v, "PropagateAtLaunch": bool}]`.
    #[serde(rename = "A")]
    AutoScaling,
    /// `[{"ResourceType": r, "Tags": [{"Key": k, "Value": v}]}]`.
    #[serde(rename = "S")]
    Specifications,
}
