//! Types that answer for one another: two types of one service whose resources share a form of
//! ARN and are read by the same calls. A read alone does not tell which one it is; what it
//! returns does.

use serde_json::Value;

use super::registry::Registry;
use super::type_schema::Related;

/// What a read says of the resource's real type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kin {
    /// It is of the type that it was read as.
    Own,
    /// It is of this other type.
    Other(&'static str),
    /// It is of the type that it was read as, unless a read as this other one says [`Kin::Own`].
    OwnUnless(&'static str),
}

/// Judges what a read of a resource as some type returned, by the facts that `data/overlay.json` has
/// under `related`.
pub fn kin(read_as: &str, properties: &Value) -> Kin {
    let Some(schema) = Registry::get(read_as) else { return Kin::Own };
    let Related { is, own_if_several, unless } = &schema.related;
    let shown = is.iter().find(|(property, pattern, _)| {
        properties.get(property).and_then(Value::as_str).is_some_and(|text| pattern.matches(text))
    });
    if let Some((_, _, other)) = shown {
        return Kin::Other(other);
    }
    let list = own_if_several.as_ref().and_then(|name| properties.get(name)).and_then(Value::as_array);
    match unless {
        Some(other) if list.is_none_or(|items| items.len() < 2) => Kin::OwnUnless(other),
        _ => Kin::Own,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_engine_tells_database_types_apart() {
        let judge = |name: &str, properties| kin(&format!("AWS::RDS::{name}"), &properties);
        assert_eq!(judge("DBInstance", json!({"Engine": "postgres"})), Kin::Own);
        assert_eq!(judge("DBInstance", json!({"Engine": "docdb"})), Kin::Other("AWS::DocDB::DBInstance"));
        assert_eq!(judge("DBCluster", json!({"Engine": "neptune"})), Kin::Other("AWS::Neptune::DBCluster"));
        let group = json!({"Family": "neptune1.3"});
        assert_eq!(judge("DBParameterGroup", group), Kin::Other("AWS::Neptune::DBParameterGroup"));
        assert_eq!(judge("DBSubnetGroup", json!({})), Kin::Own);
    }

    #[test]
    fn a_table_is_global_by_its_replicas() {
        let global = |replicas| kin("AWS::DynamoDB::GlobalTable", &json!({"Replicas": replicas}));
        let one = json!({"Region": "us-east-1"});
        assert_eq!(global(json!([one, {"Region": "eu-west-1"}])), Kin::Own);
        assert_eq!(global(json!([one])), Kin::OwnUnless("AWS::DynamoDB::Table"));
        assert_eq!(kin("AWS::DynamoDB::Table", &json!({})), Kin::OwnUnless("AWS::DynamoDB::GlobalTable"));
    }

    #[test]
    fn a_service_linked_role_is_no_role_of_ours() {
        let role = |path: &str| kin("AWS::IAM::Role", &json!({"Path": path}));
        assert_eq!(role("/team/"), Kin::Own);
        assert_eq!(role("/aws-service-role/x.amazonaws.com/"), Kin::Other("AWS::IAM::ServiceLinkedRole"));
    }
}
