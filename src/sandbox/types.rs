//! The resource types of the sandbox: those of the registry, and one fictional type that the
//! registry does not have, because AWS adds types after any release.

use std::sync::OnceLock;

use crate::schema::{Provisioning, Registry, TypeSchema};

/// The type that only `DescribeType` returns.
pub(super) const UNLISTED: &str = "AWS::StagegateTest::Widget";
/// Its schema, as published by its provider.
pub(super) const UNLISTED_SCHEMA: &str = include_str!("widget.json");

/// A type's schema. The fictional type is not added to the registry: users of the sandbox must call DescribeType.
pub(super) fn get(type_name: &str) -> Option<&'static TypeSchema> {
    static SCHEMA: OnceLock<Option<TypeSchema>> = OnceLock::new();
    if type_name != UNLISTED {
        return Registry::get(type_name);
    }
    let parse = || TypeSchema::from_described(UNLISTED, UNLISTED_SCHEMA, Provisioning::FullyMutable).ok();
    SCHEMA.get_or_init(parse).as_ref()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_fictional_type_is_complete_and_not_in_the_registry() {
        let schema = get(UNLISTED).unwrap();
        assert!(schema.handlers.are_provisionable() && schema.handlers.update && schema.handlers.list);
        assert!(schema.tagging.taggable && schema.arn_property.is_some() && schema.name_property.is_some());
        assert!(!Registry::is_embedded(UNLISTED));
        assert_eq!(get("AWS::SQS::Queue").unwrap().type_name, "AWS::SQS::Queue");
        assert!(get("AWS::No::Such").is_none());
    }
}
