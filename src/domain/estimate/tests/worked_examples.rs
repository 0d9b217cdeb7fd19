//! Figures that the product promises by name.

use serde_json::{Value, json};

use super::*;

#[test]
fn s3_10_gb_and_10_000_puts_cost_28_cents() {
    let usage = options(&[
        ("AWS::S3::Bucket", "storage_gb", "10"),
        ("AWS::S3::Bucket", "put_requests", "10000"),
        ("AWS::S3::Bucket", "get_requests", "0"),
    ]);
    let bucket = one("AWS::S3::Bucket", &json!({}), &usage);
    assert_eq!(bucket.total.expected.to_string(), "$0.28");
    assert_eq!(bucket.total.low, bucket.total.expected);
    assert_eq!(bucket.verdict, Verdict::AutoApproved);
    assert_eq!(expected("AWS::S3::Bucket", &json!({})), "$0.32", "with the assumed 100,000 GETs");
}

#[test]
fn ses_5_000_emails_cost_50_cents() {
    let usage = options(&[("AWS::SES::EmailIdentity", "emails", "5000")]);
    assert_eq!(one("AWS::SES::EmailIdentity", &json!({}), &usage).total.expected.to_string(), "$0.50");
}

#[test]
fn rds_mysql_t3_small_costs_27_12_and_26_78_with_720_hours() {
    let properties = database("mysql", "db.t3.small");
    assert_eq!(expected("AWS::RDS::DBInstance", &properties), "$27.12");
    let short = EstimateOptions { hours_per_month: Decimal::from(720), ..EstimateOptions::default() };
    assert_eq!(one("AWS::RDS::DBInstance", &properties, &short).total.expected.to_string(), "$26.78");
}

#[test]
fn rds_postgres_t3_small_is_shown_as_the_product_shows_it() {
    let estimate = one("AWS::RDS::DBInstance", &database("postgres", "db.t3.small"), &EstimateOptions::default());
    assert_eq!(estimate.total.expected.to_string(), "$28.58");
    let lines: Vec<String> =
        estimate.resources[0].lines.iter().map(|line| format!("{}: {}", line.description, line.monthly)).collect();
    assert_eq!(lines, ["db.t3.small PostgreSQL, single-AZ: $26.28", "gp2 storage, 20 GB: $2.30"]);
    assert!(reasons(&estimate)[0].contains("$10.00"), "{:?}", estimate.verdict);
    assert_eq!(estimate.break_even, []);
}

#[test]
fn rds_multi_az_and_micro_classes_cost_what_the_examples_say() {
    let mut multi = database("mysql", "db.t3.small");
    multi["MultiAZ"] = json!(true);
    assert_eq!(expected("AWS::RDS::DBInstance", &multi), "$54.24");
    let mut micro = database("mysql", "db.t3.micro");
    micro.as_object_mut().unwrap().shift_remove("StorageType");
    assert_eq!(expected("AWS::RDS::DBInstance", &micro), "$14.71");
    assert_eq!(expected("AWS::RDS::DBInstance", &database("postgres", "db.t3.micro")), "$15.44");
    assert_eq!(expected("AWS::RDS::DBInstance", &database("postgres", "db.t4g.micro")), "$13.98");
}

#[test]
fn lambda_rates_are_todays() {
    let rate = |properties: Value, dimension: &str| {
        let usage = options(&[("AWS::Lambda::Function", "requests", "1000000")]);
        let estimate = one("AWS::Lambda::Function", &properties, &usage);
        let line = estimate.resources[0].lines.iter().find(|line| line.dimension == dimension).unwrap().clone();
        (line.unit_price.to_string(), line.monthly.to_string())
    };
    assert_eq!(rate(json!({}), "requests"), ("0.0000002".into(), "$0.20".into()));
    assert_eq!(rate(json!({}), "duration").0, "0.0000166667");
    assert_eq!(rate(json!({"Architectures": ["arm64"]}), "duration").0, "0.0000133334");
    assert_eq!(rate(json!({"EphemeralStorage": {"Size": 1024}}), "ephemeral storage").0, "0.0000000309");
}

#[test]
fn cognito_60_000_users_cost_750_and_275_in_lite_after_the_free_ones() {
    let mut usage = options(&[("AWS::Cognito::UserPool", "mau", "60000")]);
    assert_eq!(one("AWS::Cognito::UserPool", &json!({}), &usage).total.expected.to_string(), "$900.00");
    usage.assume_free_tier = true;
    assert_eq!(one("AWS::Cognito::UserPool", &json!({}), &usage).total.expected.to_string(), "$750.00");
    let lite = json!({"UserPoolTier": "LITE"});
    assert_eq!(one("AWS::Cognito::UserPool", &lite, &usage).total.expected.to_string(), "$275.00");
    let plus = json!({"UserPoolTier": "PLUS"});
    assert_eq!(one("AWS::Cognito::UserPool", &plus, &usage).total.expected.to_string(), "$1200.00");
}

#[test]
fn log_ingestion_costs_50_cents_a_gb_and_57_in_ireland() {
    let properties = json!({});
    let price = |region, properties| {
        let group = EstimateInput { region, ..input("L", "AWS::Logs::LogGroup", properties) };
        let estimate = estimate(&[group], &EstimateOptions::default(), &Snapshot);
        estimate.resources[0].lines[0].unit_price.to_string()
    };
    assert_eq!(price("us-east-1", &properties), "0.5");
    assert_eq!(price("us-west-2", &properties), "0.5");
    assert_eq!(price("eu-west-1", &properties), "0.57");
    assert_eq!(price("us-east-1", &json!({"LogGroupClass": "INFREQUENT_ACCESS"})), "0.25");
}

#[test]
fn monthly_review_figures_follow_from_the_rates() {
    let ses = options(&[("AWS::SES::EmailIdentity", "emails", "3000")]);
    assert_eq!(one("AWS::SES::EmailIdentity", &json!({}), &ses).total.expected.to_string(), "$0.30");
    let s3 = options(&[("AWS::S3::Bucket", "put_requests", "44000"), ("AWS::S3::Bucket", "get_requests", "0")]);
    assert_eq!(one("AWS::S3::Bucket", &json!({}), &s3).total.expected.to_string(), "$0.45");
}
