//! The resources of a scan.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::domain::finding::FindingResource;
use crate::domain::pointer;
use crate::domain::resource::{DesiredResource, SourceMap};

/// A planned operation that loses a resource's data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PlannedLoss {
    /// The resource is to be deleted.
    Delete,
    /// The resource is to be deleted and recreated, because a property cannot be updated in place.
    Replace,
}

impl PlannedLoss {
    /// The value in a policy's input.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Delete => "delete",
            Self::Replace => "replace",
        }
    }
}

/// One resource to scan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScanResource {
    /// The resource, as named in findings.
    pub resource: FindingResource,
    /// Its properties; unresolved functions are still in place.
    pub properties: Value,
    /// The template's `Metadata`; `null` for live resources.
    pub metadata: Value,
    /// Source locations.
    #[serde(skip)]
    pub source: SourceMap,
    /// Set for a live resource that a plan deletes or replaces.
    pub planned_loss: Option<PlannedLoss>,
    /// Where the values of write-only properties come from.
    #[serde(default)]
    pub given: Given,
}

/// The values that a run is given, instead of a file in which they are written down.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub enum Given {
    /// None are.
    #[default]
    Nothing,
    /// The values at these pointers, which are those of `NoEcho` parameters.
    At(BTreeSet<String>),
    /// All values of write-only properties, which are the inputs of a promotion.
    Everything,
}

impl Given {
    /// True if the value at a pointer is given.
    pub(super) fn includes(&self, pointer: &str) -> bool {
        match self {
            Self::Nothing => false,
            Self::At(pointers) => pointers.contains(pointer),
            Self::Everything => true,
        }
    }
}

impl ScanResource {
    /// A live resource, as Cloud Control returns it.
    pub fn live(type_name: &str, identifier: &str, properties: Value) -> Self {
        Self {
            resource: FindingResource {
                identifier: Some(identifier.to_owned()),
                type_name: type_name.to_owned(),
                ..FindingResource::default()
            },
            properties,
            metadata: Value::Null,
            source: SourceMap::default(),
            planned_loss: None,
            given: Given::Nothing,
        }
    }
}

impl ScanResource {
    /// Notes which values are exactly those of `NoEcho` parameters.
    pub fn with_secrets(mut self, secrets: &BTreeSet<String>) -> Self {
        if secrets.is_empty() || self.given == Given::Everything {
            return self;
        }
        let mut pointers = BTreeSet::new();
        pointer::for_each_string(&self.properties, &mut |at, text| {
            if secrets.contains(text) {
                pointers.insert(at.to_owned());
            }
        });
        self.given = Given::At(pointers);
        self
    }
}

impl From<&DesiredResource> for ScanResource {
    fn from(desired: &DesiredResource) -> Self {
        Self {
            resource: FindingResource {
                file: Some(desired.file.clone()),
                logical_id: Some(desired.logical_id.clone()),
                identifier: None,
                type_name: desired.type_name.clone(),
            },
            properties: desired.properties.clone(),
            metadata: desired.metadata.clone(),
            source: desired.source.clone(),
            planned_loss: None,
            given: Given::Nothing,
        }
    }
}
