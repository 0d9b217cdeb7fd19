//! Amazon DynamoDB and RDS.

use serde_json::{Value, json};

use super::{Draft, Exact, HandlerFailure};

pub(super) fn exact(service: &str, resource: &str) -> Option<Exact> {
    match (service, resource) {
        ("DynamoDB", "Table") => Some(table),
        ("RDS", "DBInstance") => Some(db_instance),
        _ => None,
    }
}

fn table(draft: &mut Draft<'_>) -> Result<(), HandlerFailure> {
    let name = draft.name("TableName", "");
    let arn = draft.arn("dynamodb", &format!("table/{name}"));
    draft.defaults([
        ("BillingMode", json!("PROVISIONED")),
        ("ContributorInsightsSpecification", json!({"Enabled": false})),
        ("DeletionProtectionEnabled", json!(false)),
        ("PointInTimeRecoverySpecification", json!({"PointInTimeRecoveryEnabled": false})),
        ("SSESpecification", json!({"SSEEnabled": false})),
        ("TimeToLiveSpecification", json!({"Enabled": false})),
        ("Tags", json!([])),
    ]);
    if draft.text("BillingMode") == "PAY_PER_REQUEST" {
        draft.default("WarmThroughput", json!({"ReadUnitsPerSecond": 12_000, "WriteUnitsPerSecond": 4_000}));
    } else if !draft.has("ProvisionedThroughput") {
        return Err(HandlerFailure::new("InvalidRequest", "No provisioned throughput specified for the table"));
    }
    let recovery = draft.model.get_mut("PointInTimeRecoverySpecification");
    if let Some(recovery) = recovery.and_then(Value::as_object_mut)
        && recovery.get("PointInTimeRecoveryEnabled") == Some(&Value::Bool(true))
    {
        recovery.entry("RecoveryPeriodInDays").or_insert(json!(35));
    }
    // A stream has a label of its own each time it is switched on.
    if draft.has("StreamSpecification") {
        let label = draft.time();
        let label = label.trim_end_matches('Z');
        draft.default("StreamArn", format!("{arn}/stream/{label}"));
    } else {
        draft.model.shift_remove("StreamArn");
    }
    draft.set("Arn", arn);
    Ok(())
}

/// The hosted zone of RDS endpoints in us-east-1; other regions have others.
const RDS_ZONE: &str = "Z2R2ITUGPM61AM";

fn db_instance(draft: &mut Draft<'_>) -> Result<(), HandlerFailure> {
    let name = draft.name("DBInstanceIdentifier", "").to_ascii_lowercase();
    draft.set("DBInstanceIdentifier", name.clone());
    let engine = draft.text("Engine").to_ascii_lowercase();
    let port = match engine.split('-').next().unwrap_or_default() {
        "mysql" | "mariadb" | "aurora" if !engine.contains("postgres") => "3306",
        "oracle" | "custom" => "1521",
        "sqlserver" => "1433",
        "db2" => "50000",
        _ => "5432",
    };
    let license = match engine.split('-').next().unwrap_or_default() {
        "postgres" => "postgresql-license",
        "mysql" | "mariadb" => "general-public-license",
        _ => "license-included",
    };
    draft.defaults([
        ("AutoMinorVersionUpgrade", json!(true)),
        ("BackupRetentionPeriod", json!(1)),
        ("BackupTarget", json!("region")),
        ("CACertificateIdentifier", json!("rds-ca-rsa2048-g1")),
        ("CopyTagsToSnapshot", json!(false)),
        ("DBSubnetGroupName", json!("default")),
        ("DatabaseInsightsMode", json!("standard")),
        ("DedicatedLogVolume", json!(false)),
        ("DeletionProtection", json!(false)),
        ("EnableIAMDatabaseAuthentication", json!(false)),
        ("EnablePerformanceInsights", json!(false)),
        ("LicenseModel", json!(license)),
        ("ManageMasterUserPassword", json!(false)),
        ("MonitoringInterval", json!(0)),
        ("MultiAZ", json!(false)),
        ("NetworkType", json!("IPV4")),
        ("Port", json!(port)),
        ("PubliclyAccessible", json!(false)),
        ("StorageEncrypted", json!(false)),
        ("StorageThroughput", json!(0)),
        ("StorageType", json!("gp2")),
        ("DBInstanceStatus", json!("available")),
    ]);
    let (created, id) = (draft.time(), draft.random.upper("resource", 26));
    draft.default("InstanceCreateTime", created);
    draft.default("DbiResourceId", format!("db-{id}"));
    if !draft.flag("MultiAZ") {
        let zone = format!("{}a", draft.place.region);
        draft.default("AvailabilityZone", zone);
    }
    let arn = draft.arn("rds", &format!("db:{name}"));
    draft.set("DBInstanceArn", arn);
    let address = format!(
        "{name}.c{}.{}.rds.{}",
        super::Random::new(&[draft.place.account, "rds"]).lower("account", 11),
        draft.place.region,
        draft.domain()
    );
    let port = match draft.model.get("Port") {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => port.to_owned(),
    };
    draft.set("Endpoint", json!({"Address": address, "Port": port, "HostedZoneId": RDS_ZONE}));
    master_user_secret(draft);
    Ok(())
}

/// The secret that RDS keeps for a managed master password.
fn master_user_secret(draft: &mut Draft<'_>) {
    if !draft.flag("ManageMasterUserPassword") {
        draft.model.shift_remove("MasterUserSecret");
        return;
    }
    let secret = format!("secret:rds!db-{}-{}", draft.random.uuid("secret"), draft.random.mixed("secret suffix", 6));
    let arn = draft.arn("secretsmanager", &secret);
    let held = draft.model.entry("MasterUserSecret").or_insert_with(|| json!({}));
    if let Some(held) = held.as_object_mut() {
        held.entry("SecretArn").or_insert(json!(arn));
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::super::tests::built;
    use super::*;

    fn postgres(more: &Value) -> Value {
        let mut desired =
            json!({"DBInstanceIdentifier": "Orders-DEV", "Engine": "postgres", "DBInstanceClass": "db.t3.small"});
        for (name, value) in more.as_object().unwrap() {
            desired[name] = value.clone();
        }
        desired
    }

    #[test]
    fn an_instance_has_an_endpoint_and_a_lower_case_name() {
        let instance = built("AWS::RDS::DBInstance", &postgres(&json!({"MasterUserPassword": "secret"})));
        assert_eq!(instance.identifier, "orders-dev");
        assert_eq!(instance.properties["Endpoint"]["Port"], "5432");
        assert_eq!(instance.properties["DBInstanceArn"], "arn:aws:rds:us-east-1:111111111111:db:orders-dev");
        assert!(instance.properties.get("MasterUserPassword").is_none());
        assert!(instance.properties.get("MasterUserSecret").is_none());
    }

    #[test]
    fn a_managed_password_has_a_secret() {
        let instance = built("AWS::RDS::DBInstance", &postgres(&json!({"ManageMasterUserPassword": true})));
        let arn = instance.properties["MasterUserSecret"]["SecretArn"].as_str().unwrap();
        assert!(arn.contains(":secret:rds!db-"), "{arn}");
    }

    #[test]
    fn a_table_has_a_stream_arn_only_with_a_stream() {
        let keys = json!({
            "TableName": "orders", "BillingMode": "PAY_PER_REQUEST",
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        });
        let table = built("AWS::DynamoDB::Table", &keys);
        assert_eq!(table.arn.as_deref(), Some("arn:aws:dynamodb:us-east-1:111111111111:table/orders"));
        assert!(table.properties.get("StreamArn").is_none());
        let mut with_stream = table.properties;
        with_stream["StreamSpecification"] = json!({"StreamViewType": "NEW_IMAGE"});
        let table = built("AWS::DynamoDB::Table", &with_stream);
        let arn = table.properties["StreamArn"].as_str().unwrap();
        assert!(arn.starts_with("arn:aws:dynamodb:us-east-1:111111111111:table/orders/stream/20"));
        let mut without = table.properties.clone();
        without.as_object_mut().unwrap().shift_remove("StreamSpecification");
        assert!(built("AWS::DynamoDB::Table", &without).properties.get("StreamArn").is_none());
    }
}
