//! Amazon DynamoDB and RDS.

use serde_json::{Value, json};

use super::{Draft, Exact, HandlerFailure};

pub(super) fn exact(service: &str, resource: &str) -> Option<Exact> {
    match (service, resource) {
        ("DynamoDB", "Table") => Some(table),
        ("RDS", "DBInstance") => Some(db_instance),
        ("RDS", "DBCluster") => Some(db_cluster),
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
    // A stream gets a new label each time it is enabled.
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
    let port = port_of(&engine);
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
        ("StorageType", json!("gp2")),
        ("DBInstanceStatus", json!("available")),
    ]);
    gp3_baseline(draft, &engine);
    let (created, id) = (draft.time(), draft.random.upper("resource", 26));
    draft.default("InstanceCreateTime", created);
    draft.default("DbiResourceId", format!("db-{id}"));
    if !draft.flag("MultiAZ") {
        let zone = format!("{}a", draft.place.region);
        draft.default("AvailabilityZone", zone);
    }
    let arn = draft.arn("rds", &format!("db:{name}"));
    draft.set("DBInstanceArn", arn);
    let address = format!("{name}.{}", account_host(draft));
    let port = match draft.model.get("Port") {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => port.to_owned(),
    };
    draft.set("Endpoint", json!({"Address": address, "Port": port, "HostedZoneId": RDS_ZONE}));
    master_user_secret(draft, "db");
    Ok(())
}

/// An engine's default port.
fn port_of(engine: &str) -> &'static str {
    match engine.split('-').next().unwrap_or_default() {
        "mysql" | "mariadb" | "aurora" if !engine.contains("postgres") => "3306",
        "oracle" | "custom" => "1521",
        "sqlserver" => "1433",
        "db2" => "50000",
        _ => "5432",
    }
}

/// The host suffix of an account's databases in a region.
fn account_host(draft: &Draft<'_>) -> String {
    let account = super::Random::new(&[draft.place.account, "rds"]).lower("account", 11);
    format!("c{account}.{}.rds.{}", draft.place.region, draft.domain())
}

/// The baseline of a gp3 volume: higher from 400 GiB on (Oracle: 200 GiB), never more for SQL Server.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Storage.html>
fn gp3_baseline(draft: &mut Draft<'_>, engine: &str) {
    if draft.text("StorageType") != "gp3" {
        draft.default("StorageThroughput", 0);
        return;
    }
    let size = match draft.model.get("AllocatedStorage") {
        Some(Value::String(text)) => text.parse().unwrap_or(0),
        Some(other) => other.as_u64().unwrap_or(0),
        None => 0,
    };
    let is_big = size >= if engine.starts_with("oracle") { 200 } else { 400 } && !engine.starts_with("sqlserver");
    let (iops, throughput) = if is_big { (12_000, 500) } else { (3_000, 125) };
    draft.defaults([("Iops", json!(iops)), ("StorageThroughput", json!(throughput))]);
}

fn db_cluster(draft: &mut Draft<'_>) -> Result<(), HandlerFailure> {
    let name = draft.name("DBClusterIdentifier", "").to_ascii_lowercase();
    draft.set("DBClusterIdentifier", name.clone());
    let arn = draft.arn("rds", &format!("cluster:{name}"));
    draft.set("DBClusterArn", arn);
    let id = draft.random.upper("resource", 26);
    draft.default("DBClusterResourceId", format!("cluster-{id}"));
    let port: u32 = port_of(&draft.text("Engine").to_ascii_lowercase()).parse().unwrap_or(0);
    draft.defaults([("BackupRetentionPeriod", json!(1)), ("Port", json!(port))]);
    let port = draft.model.get("Port").map(Value::to_string).unwrap_or_default();
    let host = account_host(draft);
    draft.set("Endpoint", json!({"Address": format!("{name}.cluster-{host}"), "Port": port}));
    draft.set("ReadEndpoint", json!({"Address": format!("{name}.cluster-ro-{host}")}));
    master_user_secret(draft, "cluster");
    Ok(())
}

/// The secret that RDS keeps for a managed master password.
fn master_user_secret(draft: &mut Draft<'_>, kind: &str) {
    if !draft.flag("ManageMasterUserPassword") {
        draft.model.shift_remove("MasterUserSecret");
        return;
    }
    let secret =
        format!("secret:rds!{kind}-{}-{}", draft.random.uuid("secret"), draft.random.mixed("secret suffix", 6));
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
    fn gp3_has_its_baseline_by_size_and_engine() {
        let baseline = |more: Value| {
            let instance = built("AWS::RDS::DBInstance", &postgres(&more)).properties;
            (instance["Iops"].as_u64(), instance["StorageThroughput"].as_u64())
        };
        assert_eq!(baseline(json!({"AllocatedStorage": "20"})), (None, Some(0)));
        assert_eq!(baseline(json!({"StorageType": "gp3", "AllocatedStorage": "20"})), (Some(3_000), Some(125)));
        assert_eq!(baseline(json!({"StorageType": "gp3", "AllocatedStorage": "400"})), (Some(12_000), Some(500)));
        let large = json!({"StorageType": "gp3", "AllocatedStorage": "400", "Engine": "sqlserver-se"});
        assert_eq!(baseline(large), (Some(3_000), Some(125)));
        let oracle = json!({"StorageType": "gp3", "AllocatedStorage": "200", "Engine": "oracle-se2"});
        assert_eq!(baseline(oracle), (Some(12_000), Some(500)));
    }

    #[test]
    fn a_cluster_has_a_writer_and_a_reader_endpoint() {
        let cluster = built(
            "AWS::RDS::DBCluster",
            &json!({"DBClusterIdentifier": "Ledger", "Engine": "aurora-mysql", "ManageMasterUserPassword": true}),
        );
        assert_eq!(cluster.identifier, "ledger");
        let (writer, reader) = (&cluster.properties["Endpoint"], &cluster.properties["ReadEndpoint"]["Address"]);
        assert_eq!(writer["Port"], "3306");
        let host = writer["Address"].as_str().unwrap().strip_prefix("ledger.cluster-").unwrap();
        assert_eq!(reader, &json!(format!("ledger.cluster-ro-{host}")));
        let secret = cluster.properties["MasterUserSecret"]["SecretArn"].as_str().unwrap();
        assert!(secret.contains(":secret:rds!cluster-"), "{secret}");
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
