//! The resource types of the sandbox's accounts: those of the embedded data, and one fictional type that the embedded data does
//! not have, because AWS adds types after any release.

use std::sync::LazyLock;

use crate::schema::{Provisioning, Registry, TypeSchema};

/// The type that only `DescribeType` returns.
pub(super) const UNLISTED: &str = "AWS::StagegateTest::Widget";
/// Its schema, as published by its provider.
pub(super) const UNLISTED_SCHEMA: &str = include_str!("widget.json");

/// The registry of the sandbox's accounts, which nothing is added to. Users of the sandbox have another one, and must call
/// DescribeType for the fictional type.
static REGISTRY: LazyLock<Registry> = LazyLock::new(|| {
    let registry = Registry::embedded();
    if let Ok(described) = TypeSchema::from_described(UNLISTED, UNLISTED_SCHEMA, Provisioning::FullyMutable) {
        registry.learn(described);
    }
    registry
});

/// A type's schema.
pub(super) fn get(type_name: &str) -> Option<&'static TypeSchema> {
    REGISTRY.get(type_name)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_fictional_type_is_complete_and_in_no_other_registry() {
        let schema = get(UNLISTED).unwrap();
        assert!(schema.handlers.are_provisionable() && schema.handlers.update && schema.handlers.list);
        assert!(schema.tagging.taggable && schema.arn_property.is_some() && schema.name_property.is_some());
        assert!(!Registry::embedded().contains(UNLISTED));
        assert_eq!(get("AWS::SQS::Queue").unwrap().type_name, "AWS::SQS::Queue");
        assert!(get("AWS::No::Such").is_none());
    }
}
