//! The input of an estimate: resources to estimate, and existing resources.

use serde_json::Value;

/// A resource to be estimated. `properties` may hold unresolved intrinsic functions.
#[derive(Debug, Clone, Copy)]
pub struct EstimateInput<'a> {
    /// The file it comes from, as the user named it.
    pub file: Option<&'a str>,
    /// Its key in the template.
    pub logical_id: Option<&'a str>,
    /// Its primary identifier, when it exists.
    pub identifier: Option<&'a str>,
    /// CloudFormation type name.
    pub type_name: &'a str,
    /// The region it is billed in.
    pub region: &'a str,
    /// Its properties.
    pub properties: &'a Value,
}

/// An existing resource outside the plan.
#[derive(Debug, Clone, PartialEq)]
pub struct ExistingResource {
    /// CloudFormation type name.
    pub type_name: String,
    /// Its primary identifier.
    pub identifier: String,
    /// Its properties.
    pub properties: Value,
}
