//! What costs that only the Price List knows come to: the prices are written beside the figures, because none is embedded.

use serde_json::json;

use super::*;
use crate::estimate::price_list::PriceQuery;

/// A price book with a few prices.
struct Few(&'static [(&'static str, &'static str, &'static str)]);

impl PriceBook for Few {
    fn price(&self, key: &str, region: &str) -> Option<Price> {
        let (_, unit, amount) = self.0.iter().find(|(one, _, _)| *one == key)?;
        // The Price List can be asked for it, and the unit is that of the cost model.
        assert_eq!(PriceQuery::of(key, region)?.id, format!("{key}@{region}"));
        Some(Price {
            id: format!("{key}@{region}"),
            unit: (*unit).to_owned(),
            tiers: vec![Tier { begin: Decimal::ZERO, price: amount.parse().unwrap() }],
            rate_code: None,
            source: PriceSource::Book,
            as_of: "2026-11-20".to_owned(),
            age_seconds: Some(0),
            confidence: Confidence::High,
        })
    }

    fn regions(&self) -> Vec<String> {
        vec![REGION.to_owned()]
    }
}

const PRICES: Few = Few(&[
    ("ec2win.m5.large", "Hrs", "0.188"),
    ("ebs.gp3.storage", "GB-Mo", "0.08"),
    ("rds.db.m5.large.SQLServerSE.single", "Hrs", "0.977"),
    ("rds.db.m5.large.SQLServerSE.multi", "Hrs", "1.954"),
    ("rds.db.m5.large.OracleEE.single", "Hrs", "0.178"),
    ("rds.db.m5.large.OracleSE2LI.single", "Hrs", "0.479"),
    ("rds.db.r6g.large.AuroraPostgreSQL.iopt", "Hrs", "0.337"),
    ("rds.storage.gp2.single", "GB-Mo", "0.115"),
    ("rds.storage.gp2.multi", "GB-Mo", "0.23"),
    ("fargate.vcpu.win", "hours", "0.046552"),
    ("fargate.gb.win", "hours", "0.00511175"),
    ("fargate.win.os", "hours", "0.046"),
    ("mwaa.medium", "Hrs", "0.74"),
    ("codepipeline.active", "Pipelines", "1.00"),
    ("docdb.storage", "GB-Mo", "0.10"),
    ("docdb.io", "IOs", "0.0000002"),
    ("neptune.db.r6g.large", "Hrs", "0.3287"),
    ("neptune.storage", "GB-Mo", "0.10"),
    ("neptune.io", "IOs", "0.0000002"),
]);

#[track_caller]
fn costs(type_name: &str, properties: Value, amount: &str) {
    let estimate = estimate(&[input("It", type_name, &properties)], &EstimateOptions::default(), &PRICES);
    let found = &estimate.resources[0];
    assert_eq!((found.status, found.unknown.as_slice()), (Status::Priced, &[][..]), "{type_name} {properties}");
    assert_eq!(estimate.total.expected.to_string(), amount, "{type_name} {properties}: {:?}", found.lines);
}

fn sql(engine: &str, more: &Value) -> Value {
    let mut properties = database(engine, "db.m5.large");
    properties.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    properties
}

#[test]
fn each_type_and_engine_without_embedded_prices_has_a_figure() {
    let image = "{{resolve:ssm:/aws/service/ami-windows-latest/Windows_Server-2022-English-Full-Base}}";
    // 730*0.188 + 8*0.08
    costs("AWS::EC2::Instance", json!({"InstanceType": "m5.large", "ImageId": image}), "$137.88");
    // 730*0.977 + 20*0.115, and twice the price in two zones with storage for 0.23.
    costs("AWS::RDS::DBInstance", sql("sqlserver-se", &json!({})), "$715.51");
    costs(
        "AWS::RDS::DBInstance",
        sql("SQLServer-SE", &json!({"LicenseModel": "license-included", "MultiAZ": true})),
        "$1431.02",
    );
    // 730*0.178 + 2.30, and 730*0.479 + 2.30.
    costs("AWS::RDS::DBInstance", sql("oracle-ee", &json!({"LicenseModel": "bring-your-own-license"})), "$132.24");
    costs("AWS::RDS::DBInstance", sql("oracle-se2", &json!({"LicenseModel": "license-included"})), "$351.97");
    // 10*0.10 + 5 million at 0.20 a million.
    costs("AWS::DocDB::DBCluster", json!({}), "$2.00");
    costs("AWS::Neptune::DBCluster", json!({}), "$2.00");
    // 730*0.74
    costs("AWS::MWAA::Environment", json!({"EnvironmentClass": "mw1.medium"}), "$540.20");
    // One active pipeline.
    costs("AWS::CodePipeline::Pipeline", json!({"PipelineType": "V1"}), "$1.00");
    // 730*0.3287
    costs("AWS::Neptune::DBInstance", json!({"DBInstanceClass": "db.r6g.large"}), "$239.95");
}

#[test]
fn a_windows_task_pays_for_its_license() {
    let task = json!({"Cpu": "1024", "Memory": "2048", "RuntimePlatform": {"OperatingSystemFamily": "WINDOWS_SERVER_2022_CORE"}});
    let service = json!({"LaunchType": "FARGATE", "TaskDefinition": {"Ref": "Task"}});
    let plan = [input("It", "AWS::ECS::Service", &service), input("Task", "AWS::ECS::TaskDefinition", &task)];
    let found = estimate(&plan, &EstimateOptions::default(), &PRICES).resources.remove(0);
    // 730 * (0.046552 + 0.046 + 2*0.00511175)
    assert_eq!((found.monthly.expected.rounded().to_string().as_str(), found.unknown.as_slice()), ("$75.03", &[][..]));
}

#[test]
fn an_instance_of_an_optimized_cluster_has_its_own_price() {
    let cluster = json!({"Engine": "aurora-postgresql", "StorageType": "aurora-iopt1"});
    let instance = json!({"Engine": "aurora-postgresql", "DBInstanceClass": "db.r6g.large", "DBClusterIdentifier": {"Ref": "Cluster"}});
    let plan = [input("It", "AWS::RDS::DBInstance", &instance), input("Cluster", "AWS::RDS::DBCluster", &cluster)];
    let found = estimate(&plan, &EstimateOptions::default(), &PRICES).resources.remove(0);
    // 730*0.337
    assert_eq!(found.monthly.expected.rounded().to_string(), "$246.01", "{found:?}");
}

#[test]
fn licenses_that_have_no_price_are_unknown() {
    for (engine, more, says) in [
        ("oracle-se2", json!({}), "LicenseModel is not set"),
        ("sqlserver-se", json!({"LicenseModel": "bring-your-own-license"}), "SQL Server with an own license"),
        ("mysql", json!({"LicenseModel": "license-included"}), "this engine has no price with a license"),
        ("db2-se", json!({"LicenseModel": "bring-your-own-license"}), "Engine `db2-se` is not in the cost model"),
    ] {
        let properties = sql(engine, &more);
        let estimate =
            estimate(&[input("It", "AWS::RDS::DBInstance", &properties)], &EstimateOptions::default(), &PRICES);
        assert_eq!(estimate.resources[0].status, Status::Unknown, "{engine}");
        assert!(reasons(&estimate).join("; ").contains(says), "{engine}: {:?}", reasons(&estimate));
    }
}
