//! What a step does.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::domain::resource::SeparateElement;

/// The name of an action, in output and in the request token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// CreateResource.
    Create,
    /// UpdateResource with a patch.
    Update,
    /// CreateResource and DeleteResource: a property can only be set at creation.
    Replace,
    /// DeleteResource.
    Delete,
    /// A change of stagegate's own tags alone.
    Tag,
}

/// A resource without tags, recorded in the tags of another one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Child {
    /// The logical id.
    pub logical_id: String,
    /// The type.
    pub type_name: String,
    /// The identifier; `None` if a step of the plan creates it.
    pub identifier: Option<String>,
}

impl Operation {
    /// The value in JSON output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Replace => "replace",
            Self::Delete => "delete",
            Self::Tag => "tag",
        }
    }
}

/// A tag value that a step writes; two kinds are known only once earlier steps are done.
#[derive(Debug, Clone, PartialEq)]
pub enum TagValue {
    /// Known now.
    Text(String),
    /// The identifier of the resource that another step creates or updates, encoded for a tag.
    IdentifierOf(String),
    /// `v<n>:` and the digest of the resource's own configuration, read back.
    OwnDigest,
    /// The record of the properties that stagegate wrote ([`crate::compare::applied`]), with the resource read back.
    AppliedDigest {
        /// The declared properties; values of earlier steps are intrinsic functions.
        declared: Value,
        /// Elements of its lists that other resources declare, which are no part of the record.
        separate: Vec<SeparateElement>,
    },
    /// The record of the resource's children.
    Children {
        /// Those of the template.
        members: Vec<Child>,
        /// Entries that stay, as in the tag.
        kept: String,
    },
    /// The tag is removed.
    Removed,
}

impl TagValue {
    /// The value, if it is known now.
    pub fn text(&self) -> Option<&String> {
        match self {
            Self::Text(text) => Some(text),
            Self::IdentifierOf(_)
            | Self::OwnDigest
            | Self::AppliedDigest { .. }
            | Self::Children { .. }
            | Self::Removed => None,
        }
    }
}

/// What a step does, with its complete request. Values of earlier steps are still
/// CloudFormation intrinsic functions.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// CreateResource.
    Create {
        /// The desired state.
        desired: Value,
    },
    /// UpdateResource.
    Update {
        /// The RFC 6902 patch.
        patch: Value,
        /// The properties as they should be afterwards, for the read-back.
        expected: Value,
        /// The digest of the resource when it was planned: if it has changed since, it is not updated.
        found: String,
    },
    /// CreateResource and DeleteResource, for a change of what can only be set at creation.
    Replace {
        /// The desired state of the new resource.
        desired: Value,
        /// The digest of the resource when it was planned: if it has changed since, it is not replaced.
        found: String,
        /// The old resource is deleted before the new one is created, because both have the same name. Otherwise a later
        /// step deletes it.
        delete_first: bool,
    },
    /// DeleteResource.
    Delete {
        /// The digest of the resource when it was planned: if it has changed since, it is not deleted.
        found: String,
        /// The resource was replaced by another one in the same plan.
        replaced: bool,
    },
    /// Tags to add or replace.
    Tag {
        /// Values by key.
        tags: BTreeMap<String, TagValue>,
    },
}

impl Action {
    /// The operation.
    pub fn operation(&self) -> Operation {
        match self {
            Self::Create { .. } => Operation::Create,
            Self::Update { .. } => Operation::Update,
            Self::Replace { .. } => Operation::Replace,
            Self::Delete { .. } => Operation::Delete,
            Self::Tag { .. } => Operation::Tag,
        }
    }

    /// True for what changes the resource itself, and not stagegate's tags on it alone.
    pub fn changes_resource(&self) -> bool {
        match self {
            Self::Create { .. } | Self::Update { .. } | Self::Replace { .. } | Self::Delete { .. } => true,
            Self::Tag { .. } => false,
        }
    }

    /// The desired state of a resource that the action creates.
    pub fn desired(&self) -> Option<&Value> {
        match self {
            Self::Create { desired } | Self::Replace { desired, .. } => Some(desired),
            Self::Update { .. } | Self::Delete { .. } | Self::Tag { .. } => None,
        }
    }
}
