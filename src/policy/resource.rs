//! The resources of a scan.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::domain::finding::FindingResource;
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
        }
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
        }
    }
}
