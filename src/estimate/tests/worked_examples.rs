//! The worked examples of the specification: one test for each, with its name.

use serde_json::{Value, json};

use super::*;

#[test]
fn doc_s3_10gb_10k_puts() {
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
fn doc_ses_5000() {
    let usage = options(&[("AWS::SES::EmailIdentity", "emails", "5000")]);
    assert_eq!(one("AWS::SES::EmailIdentity", &json!({}), &usage).total.expected.to_string(), "$0.50");
}

#[test]
fn doc_rds_t3_small() {
    let properties = database("mysql", "db.t3.small");
    assert_eq!(expected("AWS::RDS::DBInstance", &properties), "$27.12");
    let short = EstimateOptions { hours_per_month: Decimal::from(720), ..EstimateOptions::default() };
    assert_eq!(one("AWS::RDS::DBInstance", &properties, &short).total.expected.to_string(), "$26.78");
    let mut multi = database("mysql", "db.t3.small");
    multi["MultiAZ"] = json!(true);
    assert_eq!(expected("AWS::RDS::DBInstance", &multi), "$54.24");
    let postgres = one("AWS::RDS::DBInstance", &database("postgres", "db.t3.small"), &EstimateOptions::default());
    assert_eq!(postgres.total.expected.to_string(), "$28.58");
    assert!(postgres.verdict.requires_approval());
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
fn doc_rds_t3_micro_about_15() {
    let mut micro = database("mysql", "db.t3.micro");
    micro.as_object_mut().unwrap().shift_remove("StorageType");
    let estimate = one("AWS::RDS::DBInstance", &micro, &EstimateOptions::default());
    assert_eq!(estimate.total.expected.to_string(), "$14.71");
    assert!(estimate.verdict.requires_approval());
    assert_eq!(expected("AWS::RDS::DBInstance", &database("postgres", "db.t3.micro")), "$15.44");
    assert_eq!(expected("AWS::RDS::DBInstance", &database("postgres", "db.t4g.micro")), "$13.98");
}

#[test]
fn doc_lambda_rates() {
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

/// The free 10,000 are the account's, so they are subtracted on request only. Pools of accounts from
/// before 2024-11-22 (50,000 free, 55.00) cannot be told from a template and are not modeled.
#[test]
fn doc_cognito_50k_free() {
    let mut usage = options(&[("AWS::Cognito::UserPool", "mau", "60000")]);
    assert_eq!(one("AWS::Cognito::UserPool", &json!({}), &usage).total.expected.to_string(), "$900.00");
    usage.assume_free_tier = true;
    let cost = |properties| one("AWS::Cognito::UserPool", &properties, &usage).total.expected.to_string();
    assert_eq!(cost(json!({})), "$750.00");
    assert_eq!(cost(json!({"UserPoolTier": "ESSENTIALS"})), "$750.00");
    assert_eq!(cost(json!({"UserPoolTier": "LITE"})), "$275.00");
    assert_eq!(cost(json!({"UserPoolTier": "PLUS"})), "$1200.00");
    let few = EstimateOptions { usage: options(&[("AWS::Cognito::UserPool", "mau", "10000")]).usage, ..usage.clone() };
    assert_eq!(one("AWS::Cognito::UserPool", &json!({}), &few).total.expected.to_string(), "$0.00");
}

#[test]
fn doc_cloudwatch_logs() {
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
fn doc_s3_rates() {
    let rate = |key: &'static str, dimension: &str| {
        let usage = options(&[("AWS::S3::Bucket", key, "1000")]);
        let bucket = one("AWS::S3::Bucket", &json!({}), &usage);
        let line = bucket.resources[0].lines.iter().find(|line| line.dimension == dimension).unwrap().clone();
        (line.unit_price.to_string(), line.monthly.amount().normalize().to_string())
    };
    assert_eq!(rate("storage_gb", "storage").0, "0.023");
    assert_eq!(rate("put_requests", "put requests").1, "0.005");
    assert_eq!(rate("get_requests", "get requests").1, "0.0004");
}

/// The total of a plan of one resource for each type, with its usage.
fn review(usage: &[(&str, &str, &str)]) -> Vec<String> {
    let options = options(usage);
    let (nothing, database) = (json!({}), database("mysql", "db.t3.small"));
    let mut inputs = vec![
        input("S3", "AWS::S3::Bucket", &nothing),
        input("Ses", "AWS::SES::EmailIdentity", &nothing),
        input("Lambda", "AWS::Lambda::Function", &nothing),
    ];
    if usage.iter().any(|(type_name, ..)| *type_name == "AWS::RDS::DBInstance") {
        inputs.push(input("Rds", "AWS::RDS::DBInstance", &database));
    }
    let estimate = estimate(&inputs, &options, &Snapshot);
    let parts = estimate.resources.iter().map(|resource| resource.monthly.expected.to_string());
    parts.chain([estimate.total.expected.to_string()]).collect()
}

#[test]
fn doc_monthly_review_dev() {
    // 10 GB and 44,000 PUT; 3,000 emails; 750,000 requests.
    let found = review(&[
        ("AWS::S3::Bucket", "put_requests", "44000"),
        ("AWS::S3::Bucket", "get_requests", "0"),
        ("AWS::SES::EmailIdentity", "emails", "3000"),
        ("AWS::Lambda::Function", "requests", "750000"),
        ("AWS::Lambda::Function", "avg_duration_ms", "0"),
    ]);
    assert_eq!(found, ["$0.45", "$0.30", "$0.15", "$0.90"]);
}

#[test]
fn doc_monthly_review_prod() {
    // 100 GB and 40,000 PUT; 50,000 emails; six million requests; the database for 730 hours.
    let found = review(&[
        ("AWS::S3::Bucket", "storage_gb", "100"),
        ("AWS::S3::Bucket", "put_requests", "40000"),
        ("AWS::S3::Bucket", "get_requests", "0"),
        ("AWS::SES::EmailIdentity", "emails", "50000"),
        ("AWS::Lambda::Function", "requests", "6000000"),
        ("AWS::Lambda::Function", "avg_duration_ms", "0"),
        ("AWS::RDS::DBInstance", "backup_gb_above_allocated", "0"),
    ]);
    assert_eq!(found, ["$2.50", "$5.00", "$1.20", "$27.12", "$35.82"]);
}
