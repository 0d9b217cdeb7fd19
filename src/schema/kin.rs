//! Types that answer for one another: two types of one service whose resources share a form of
//! ARN and are read by the same calls. A read alone does not tell which one it is; what it
//! returns does.

use serde_json::Value;

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

/// Judges what a read of a resource as some type returned.
///
/// Amazon RDS's calls return DocumentDB's and Neptune's resources as well: the engine tells them
/// apart, and for parameter groups the family. Every DynamoDB table can be read as a global
/// table; it is one if it has replicas elsewhere. A service-linked role is a role under a path of
/// its own.
pub fn kin(read_as: &str, properties: &Value) -> Kin {
    let text = |name: &str| properties.get(name).and_then(Value::as_str).unwrap_or_default();
    let engine = |docdb, neptune| {
        let family = [text("Engine"), text("Family")].join("");
        match () {
            () if family.starts_with("docdb") => Kin::Other(docdb),
            () if family.starts_with("neptune") => Kin::Other(neptune),
            () => Kin::Own,
        }
    };
    match read_as {
        "AWS::RDS::DBInstance" => engine("AWS::DocDB::DBInstance", "AWS::Neptune::DBInstance"),
        "AWS::RDS::DBCluster" => engine("AWS::DocDB::DBCluster", "AWS::Neptune::DBCluster"),
        "AWS::RDS::GlobalCluster" => engine("AWS::DocDB::GlobalCluster", "AWS::Neptune::GlobalCluster"),
        "AWS::RDS::DBParameterGroup" => engine("AWS::DocDB::DBParameterGroup", "AWS::Neptune::DBParameterGroup"),
        "AWS::RDS::DBClusterParameterGroup" => {
            engine("AWS::DocDB::DBClusterParameterGroup", "AWS::Neptune::DBClusterParameterGroup")
        }
        "AWS::DynamoDB::Table" => Kin::OwnUnless("AWS::DynamoDB::GlobalTable"),
        "AWS::DynamoDB::GlobalTable" => match properties.get("Replicas").and_then(Value::as_array) {
            Some(replicas) if replicas.len() > 1 => Kin::Own,
            _ => Kin::OwnUnless("AWS::DynamoDB::Table"),
        },
        "AWS::IAM::Role" if text("Path").starts_with("/aws-service-role/") => Kin::Other("AWS::IAM::ServiceLinkedRole"),
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
