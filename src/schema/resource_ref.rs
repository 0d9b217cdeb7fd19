//! References to existing resources.

/// Identifies an existing resource as Cloud Control does.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourceRef {
    /// CloudFormation type name, such as `AWS::S3::Bucket`.
    pub type_name: String,
    /// Primary identifier; the parts of a compound one are joined by `|`.
    pub identifier: String,
}

impl ResourceRef {
    /// Creates a reference from a type and an identifier.
    pub fn new(type_name: impl Into<String>, identifier: impl Into<String>) -> Self {
        Self { type_name: type_name.into(), identifier: identifier.into() }
    }
}

impl std::fmt::Display for ResourceRef {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.identifier.is_empty() {
            true => formatter.write_str(&self.type_name),
            false => write!(formatter, "{} {}", self.type_name, self.identifier),
        }
    }
}
