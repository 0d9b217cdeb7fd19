//! DynamoDB, RDS and ElastiCache.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Facts, Rules};
use crate::domain::pointer;

pub(super) fn rules(type_name: &str) -> Option<Rules> {
    Some(match type_name {
        "AWS::DynamoDB::Table" => table,
        "AWS::DynamoDB::GlobalTable" => keys,
        "AWS::RDS::DBInstance" => instance,
        "AWS::RDS::DBCluster" => cluster,
        "AWS::RDS::DBSubnetGroup" => subnet_group,
        "AWS::ElastiCache::ReplicationGroup" => replication_group,
        _ => return None,
    })
}

fn table(facts: &mut Facts<'_>) {
    keys(facts);
    match facts.text("/BillingMode") {
        Some("PAY_PER_REQUEST") => {
            facts.exclude(
                "/ProvisionedThroughput",
                "its BillingMode is PAY_PER_REQUEST",
                "remove it, or set `BillingMode: PROVISIONED`",
            );
        }
        Some("PROVISIONED") => {
            let hint = "set ReadCapacityUnits and WriteCapacityUnits, or `BillingMode: PAY_PER_REQUEST`";
            facts.need("/ProvisionedThroughput", "its BillingMode is PROVISIONED", hint);
        }
        _ if facts.lacks("/BillingMode") => {
            let hint = "set ReadCapacityUnits and WriteCapacityUnits, or `BillingMode: PAY_PER_REQUEST`";
            facts.need("/ProvisionedThroughput", "without BillingMode, capacity is provisioned", hint);
        }
        _ => {}
    }
}

/// Every key attribute is defined, and every defined attribute is a key.
fn keys(facts: &mut Facts<'_>) {
    let defined = facts.elements("/AttributeDefinitions");
    let is_complete = facts.count("/AttributeDefinitions") == Some(defined.len());
    let names: Vec<Option<&str>> =
        defined.iter().map(|(at, _)| facts.text(&pointer::join(at, "AttributeName"))).collect();
    let known: BTreeSet<&str> = names.iter().flatten().copied().collect();
    let is_complete = is_complete && names.iter().all(Option::is_some);
    let mut schemas = vec!["/KeySchema".to_owned()];
    let mut used: Option<BTreeSet<&str>> = Some(BTreeSet::new());
    for list in ["/GlobalSecondaryIndexes", "/LocalSecondaryIndexes"] {
        if !facts.lacks(list) && facts.count(list) != Some(facts.elements(list).len()) {
            used = None;
        }
        schemas.extend(facts.elements(list).into_iter().map(|(at, _)| pointer::join(&at, "KeySchema")));
        facts.unique(list, "IndexName", "give each index its own name");
    }
    for schema in &schemas {
        let elements = facts.elements(schema);
        if facts.count(schema) != Some(elements.len()) {
            used = None;
        }
        for (position, (at, _)) in elements.iter().enumerate() {
            let at_name = pointer::join(at, "AttributeName");
            match facts.text(&at_name) {
                Some(name) => {
                    if let Some(used) = &mut used {
                        used.insert(name);
                    }
                    if is_complete && !known.contains(name) {
                        let hint = "add the attribute with its type to AttributeDefinitions";
                        facts.contradiction(
                            &at_name,
                            format!("has the key `{name}`, which AttributeDefinitions lacks"),
                            hint,
                        );
                    }
                }
                None => used = None,
            }
            // Keys of global indexes may have several attributes of each type.
            if schema.starts_with("/GlobalSecondaryIndexes") {
                continue;
            }
            let at_type = pointer::join(at, "KeyType");
            let wanted = if position == 0 { "HASH" } else { "RANGE" };
            if let Some(other) = facts.text(&at_type).filter(|text| *text != wanted) {
                let hint = "a key has one HASH attribute, and after it at most one RANGE attribute";
                facts.contradiction(&at_type, format!("has the KeyType {other} at position {}", position + 1), hint);
            }
        }
    }
    for ((at, _), name) in defined.iter().zip(&names) {
        if let (Some(name), Some(used)) = (name, &used)
            && !used.contains(name)
        {
            let hint = "remove it: only attributes of keys are defined";
            facts.contradiction(
                &pointer::join(at, "AttributeName"),
                format!("defines the attribute `{name}`, which is in no key"),
                hint,
            );
        }
    }
    if facts.count("/LocalSecondaryIndexes").is_some_and(|count| count > 0) && facts.count("/KeySchema") == Some(1) {
        let hint = "add a RANGE attribute to KeySchema, or use a global index";
        facts.contradiction("/LocalSecondaryIndexes", "has a local index, but its key has no RANGE attribute", hint);
    }
}

fn engine_of<'a>(facts: &Facts<'a>) -> Option<&'a str> {
    facts.text("/Engine")
}

fn instance(facts: &mut Facts<'_>) {
    monitoring(facts);
    facts.only_one(&["/MasterUserPassword", "/ManageMasterUserPassword"], "remove one of them");
    let others = [
        "/DBClusterIdentifier",
        "/SourceDBInstanceIdentifier",
        "/SourceDBClusterIdentifier",
        "/DBSnapshotIdentifier",
        "/DBClusterSnapshotIdentifier",
        "/SourceDbiResourceId",
        "/SourceDBInstanceAutomatedBackupsArn",
    ];
    let is_own = others.iter().all(|at| facts.lacks(at));
    let engine = engine_of(facts).map(str::to_ascii_lowercase);
    let is_aurora = engine.as_deref().is_some_and(|engine| engine.starts_with("aurora"));
    if is_own && is_aurora {
        facts.need("/DBClusterIdentifier", "its engine is Aurora", "add an AWS::RDS::DBCluster and refer to it");
    } else if is_own && !facts.lacks("/Engine") {
        facts.need("/AllocatedStorage", "the database is new", "set the size in gibibytes");
        facts.need(
            "/MasterUsername",
            "the database is new",
            "set MasterUsername, and ManageMasterUserPassword or MasterUserPassword",
        );
        if facts.lacks("/MasterUserPassword")
            && (facts.lacks("/ManageMasterUserPassword")
                || facts.get("/ManageMasterUserPassword") == Some(&false.into()))
        {
            let hint = "set `ManageMasterUserPassword: true`, or MasterUserPassword to a dynamic reference";
            facts.contradiction("/MasterUserPassword", "has no master password", hint);
        }
    } else if is_own {
        facts.need("/Engine", "the database is new", "set Engine, or the database that it is made of");
    }
    storage(facts);
}

fn storage(facts: &mut Facts<'_>) {
    if matches!(facts.text("/StorageType"), Some("io1" | "io2")) {
        facts.need("/Iops", "its StorageType has provisioned IOPS", "set Iops");
    }
}

fn monitoring(facts: &mut Facts<'_>) {
    if facts.number("/MonitoringInterval").is_some_and(|seconds| seconds > 0.0) {
        facts.need("/MonitoringRoleArn", "MonitoringInterval is set", "set the role of enhanced monitoring");
    }
}

fn cluster(facts: &mut Facts<'_>) {
    monitoring(facts);
    facts.only_one(&["/MasterUserPassword", "/ManageMasterUserPassword"], "remove one of them");
    let others = [
        "/SnapshotIdentifier",
        "/SourceDBClusterIdentifier",
        "/ReplicationSourceIdentifier",
        "/GlobalClusterIdentifier",
        "/SourceDbClusterResourceId",
    ];
    let is_own = others.iter().all(|at| facts.lacks(at));
    if is_own && !facts.lacks("/Engine") {
        facts.need(
            "/MasterUsername",
            "the cluster is new",
            "set MasterUsername, and ManageMasterUserPassword or MasterUserPassword",
        );
    }
    if matches!(engine_of(facts), Some("mysql" | "postgres")) && is_own {
        for at in ["/DBClusterInstanceClass", "/AllocatedStorage"] {
            facts.need(at, "it is a Multi-AZ DB cluster", "set it, or use an engine of Aurora");
        }
    }
    storage(facts);
}

fn subnet_group(facts: &mut Facts<'_>) {
    if facts.count("/SubnetIds") == Some(1)
        && facts.elements("/SubnetIds").first().is_some_and(|(_, value)| value.is_string())
    {
        facts.contradiction("/SubnetIds", "has one subnet", "name subnets of at least two Availability Zones");
    }
}

fn replication_group(facts: &mut Facts<'_>) {
    let is_on = |facts: &Facts<'_>, at: &str| facts.get(at) == Some(&Value::Bool(true));
    if is_on(facts, "/MultiAZEnabled")
        && !is_on(facts, "/AutomaticFailoverEnabled")
        && facts.lacks("/AutomaticFailoverEnabled")
    {
        facts.contradiction(
            "/MultiAZEnabled",
            "is Multi-AZ without automatic failover",
            "add `AutomaticFailoverEnabled: true`",
        );
    }
    let is_single = facts.number("/NumCacheClusters").is_some_and(|count| count < 2.0);
    if is_on(facts, "/AutomaticFailoverEnabled") && is_single {
        facts.contradiction(
            "/NumCacheClusters",
            "has automatic failover with one node",
            "set NumCacheClusters to at least 2",
        );
    }
}
