//! Related types: two types of one service whose resources share an
//! ARN format and can be read as either. Only the properties that a read returns determine
//! the actual type.

use serde_json::Value;

use super::type_schema::{Related, TypeSchema};

/// The actual type of a resource that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActualType {
    /// The type that it was read as.
    AsRead,
    /// This other type.
    Other(&'static str),
    /// The type that it was read as, unless a read as this other type gives [`ActualType::AsRead`].
    AsReadUnless(&'static str),
}

/// Determines the actual type from the properties that a read returned, by the facts in `data/overlay.json`
/// under `related`; a described type has none.
pub fn actual_type(read_as: &str, properties: &Value) -> ActualType {
    let Some(schema) = TypeSchema::embedded(read_as) else { return ActualType::AsRead };
    let Related { is, own_if_several, unless } = &schema.related;
    let shown = is.iter().find(|(property, pattern, _)| {
        properties.get(property).and_then(Value::as_str).is_some_and(|text| pattern.matches(text))
    });
    if let Some((_, _, other)) = shown {
        return ActualType::Other(other);
    }
    let list = own_if_several.as_ref().and_then(|name| properties.get(name)).and_then(Value::as_array);
    match unless {
        Some(other) if list.is_none_or(|items| items.len() < 2) => ActualType::AsReadUnless(other),
        _ => ActualType::AsRead,
    }
}

/// The list that only resources of a type have, if it is related to another type by one: the replicas of a global table.
pub fn distinguishing_list(type_name: &str) -> Option<&'static str> {
    TypeSchema::embedded(type_name)?.related.own_if_several.as_deref()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_engine_distinguishes_database_types() {
        let judge = |name: &str, properties| actual_type(&format!("AWS::RDS::{name}"), &properties);
        assert_eq!(judge("DBInstance", json!({"Engine": "postgres"})), ActualType::AsRead);
        assert_eq!(judge("DBInstance", json!({"Engine": "docdb"})), ActualType::Other("AWS::DocDB::DBInstance"));
        assert_eq!(judge("DBCluster", json!({"Engine": "neptune"})), ActualType::Other("AWS::Neptune::DBCluster"));
        let group = json!({"Family": "neptune1.3"});
        assert_eq!(judge("DBParameterGroup", group), ActualType::Other("AWS::Neptune::DBParameterGroup"));
        assert_eq!(judge("DBSubnetGroup", json!({})), ActualType::AsRead);
    }

    #[test]
    fn a_table_is_global_by_its_replicas() {
        let global = |replicas| actual_type("AWS::DynamoDB::GlobalTable", &json!({"Replicas": replicas}));
        let one = json!({"Region": "us-east-1"});
        assert_eq!(global(json!([one, {"Region": "eu-west-1"}])), ActualType::AsRead);
        assert_eq!(global(json!([one])), ActualType::AsReadUnless("AWS::DynamoDB::Table"));
        assert_eq!(
            actual_type("AWS::DynamoDB::Table", &json!({})),
            ActualType::AsReadUnless("AWS::DynamoDB::GlobalTable")
        );
    }

    #[test]
    fn a_service_linked_role_has_its_own_type() {
        let role = |path: &str| actual_type("AWS::IAM::Role", &json!({"Path": path}));
        assert_eq!(role("/team/"), ActualType::AsRead);
        assert_eq!(role("/aws-service-role/x.amazonaws.com/"), ActualType::Other("AWS::IAM::ServiceLinkedRole"));
    }
}
