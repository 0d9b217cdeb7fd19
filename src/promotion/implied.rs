//! Write-only values that other values of a live resource imply, so that they need not be given.

use serde_json::{Map, Value};

use crate::domain::portable::portable;
use crate::schema::TypeSchema;

/// The source of a read replica.
const REPLICA_SOURCE: &str = "SourceDBInstanceIdentifier";

/// As [`portable`], with the write-only values that other values imply.
pub fn portable_with_implied(schema: &TypeSchema, live: &Value) -> Value {
    let mut properties = portable(schema, live);
    if let Value::Object(map) = &mut properties {
        match schema.type_name.as_str() {
            "AWS::ElasticLoadBalancingV2::ListenerRule" => {
                let listener = live.get("RuleArn").and_then(Value::as_str).and_then(listener_of);
                set(map, "ListenerArn", listener.map(Value::String));
            }
            "AWS::RDS::DBInstance" => set(map, REPLICA_SOURCE, live.get(REPLICA_SOURCE).cloned()),
            _ => {}
        }
    }
    properties
}

fn set(map: &mut Map<String, Value>, name: &str, value: Option<Value>) {
    if let (Some(value), false) = (value, map.contains_key(name)) {
        map.insert(name.to_owned(), value);
    }
}

/// The ARN of the listener that a rule's ARN contains: it is the same up to the id of the rule.
fn listener_of(rule: &str) -> Option<String> {
    let (before, path) = rule.split_once(":listener-rule/")?;
    let (listener, _) = path.rsplit_once('/')?;
    Some(format!("{before}:listener/{listener}"))
}

/// Records the sources of read replicas in the properties of live databases: AWS lists the replicas of a source, and does
/// not return the source of a replica.
pub fn name_replica_source(replica: &str, replica_properties: &mut Value, others: &[(&str, &Value)]) {
    let lists_it = |properties: &Value| {
        let replicas = properties.get("ReadReplicaDBInstanceIdentifiers").and_then(Value::as_array);
        replicas.is_some_and(|list| list.iter().any(|one| one.as_str() == Some(replica)))
    };
    if let (Some((source, _)), Value::Object(map)) =
        (others.iter().find(|(_, properties)| lists_it(properties)), replica_properties)
    {
        map.insert(REPLICA_SOURCE.to_owned(), Value::String((*source).to_owned()));
    }
}

/// Removes what a new read replica has from its source, and what cannot be set for it.
pub fn without_inherited(schema: &TypeSchema, desired: &mut Value) {
    const INHERITED: &[&str] = &[
        "CharacterSetName",
        "DBName",
        "KmsKeyId",
        "ManageMasterUserPassword",
        "MasterUserSecret",
        "MasterUsername",
        "NcharCharacterSetName",
        "StorageEncrypted",
        "Timezone",
    ];
    if let Value::Object(map) = desired
        && schema.type_name == "AWS::RDS::DBInstance"
        && map.get(REPLICA_SOURCE).is_some_and(|source| !source.is_null())
    {
        map.retain(|name, _| !INHERITED.contains(&name.as_str()));
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::schema::Registry;

    #[test]
    fn the_listener_of_a_rule_is_part_of_its_arn() {
        let schema = Registry::embedded().get("AWS::ElasticLoadBalancingV2::ListenerRule").unwrap();
        let start = "arn:aws:elasticloadbalancing:us-east-1:111111111111";
        let live = json!({"Priority": 1, "RuleArn": format!("{start}:listener-rule/app/web-dev/50dc6c495c0c9188/f2f7dc8efc522ab2/9683b2d02a6cabee")});
        let found = portable_with_implied(schema, &live);
        let listener = format!("{start}:listener/app/web-dev/50dc6c495c0c9188/f2f7dc8efc522ab2");
        assert_eq!(found, json!({"Priority": 1, "ListenerArn": listener}));
        assert_eq!(portable_with_implied(schema, &json!({"RuleArn": "arn:aws:x"})), json!({}));
    }

    #[test]
    fn a_replica_names_its_source_and_sets_nothing_that_it_inherits() {
        let schema = Registry::embedded().get("AWS::RDS::DBInstance").unwrap();
        let source = json!({"ReadReplicaDBInstanceIdentifiers": ["copy-dev"]});
        let mut replica = json!({"Engine": "mysql", "MasterUsername": "admin1", "DBInstanceClass": "db.t4g.micro"});
        name_replica_source("copy-dev", &mut replica, &[("orders-dev", &source)]);
        let mut found = portable_with_implied(schema, &replica);
        without_inherited(schema, &mut found);
        let expected =
            json!({"Engine": "mysql", "DBInstanceClass": "db.t4g.micro", "SourceDBInstanceIdentifier": "orders-dev"});
        assert_eq!(found, expected);
        let mut other = json!({"MasterUsername": "admin1"});
        name_replica_source("other-dev", &mut other, &[("orders-dev", &source)]);
        without_inherited(schema, &mut other);
        assert_eq!(other, json!({"MasterUsername": "admin1"}));
    }
}
