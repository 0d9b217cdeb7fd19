//! Thresholds, shared allowances, ranges, break-even, and the facts for a plan.

use serde_json::json;

use super::*;

#[test]
fn the_threshold_is_cumulative_over_the_plan() {
    let properties = json!({"InstanceType": "t3.micro"}); // upper estimate about $8.70
    let names: Vec<String> = (0..10).map(|index| format!("I{index}")).collect();
    let one = [input("I0", "AWS::EC2::Instance", &properties)];
    assert_eq!(estimate(&one, &EstimateOptions::default(), &Snapshot).verdict, Verdict::AutoApproved);
    let ten: Vec<_> = names.iter().map(|name| input(name, "AWS::EC2::Instance", &properties)).collect();
    let estimate = estimate(&ten, &EstimateOptions::default(), &Snapshot);
    assert!(estimate.verdict.requires_approval());
    assert_eq!(estimate.total.expected.to_string(), "$82.32");
}

/// A price book with one price for every key, of one source and confidence.
struct Flat {
    amount: Decimal,
    source: PriceSource,
    age_seconds: Option<u64>,
    confidence: Confidence,
}

impl Flat {
    fn of(cents: i64, source: PriceSource, confidence: Confidence) -> Self {
        Self { amount: Decimal::new(cents, 2), source, age_seconds: None, confidence }
    }
}

impl PriceBook for Flat {
    fn price(&self, key: &str, region: &str) -> Option<Price> {
        Some(Price {
            id: format!("{key}@{region}"),
            unit: "Keys".to_owned(),
            tiers: vec![Tier { begin: Decimal::ZERO, price: self.amount }],
            rate_code: None,
            source: self.source,
            as_of: "2026-11-20".to_owned(),
            age_seconds: self.age_seconds,
            confidence: self.confidence,
        })
    }

    fn regions(&self) -> Vec<String> {
        vec![REGION.to_owned()]
    }
}

/// The estimate of replica keys, each of which is billed once a month.
fn keys(count: usize, book: &Flat) -> Estimate {
    let (properties, names) = (json!({}), (0..count).map(|at| format!("K{at}")).collect::<Vec<_>>());
    let plan: Vec<_> = names.iter().map(|name| input(name, "AWS::KMS::ReplicaKey", &properties)).collect();
    estimate(&plan, &EstimateOptions::default(), book)
}

#[test]
fn ten_resources_of_nine_dollars_need_approval_together() {
    let book = Flat::of(900, PriceSource::Live, Confidence::High);
    assert_eq!(keys(1, &book).verdict, Verdict::AutoApproved);
    let ten = keys(10, &book);
    assert_eq!(ten.total.expected.to_string(), "$90.00");
    assert!(ten.verdict.requires_approval());
    // The threshold applies to the plan: two already exceed it.
    assert!(keys(2, &book).verdict.requires_approval());
}

#[test]
fn the_margin_decides_close_to_the_threshold() {
    let asks = |cents, source, confidence| keys(1, &Flat::of(cents, source, confidence)).verdict.requires_approval();
    // A medium-confidence snapshot counts 1.10 times: 9.60 is 10.56, 9.00 is 9.90.
    assert!(asks(960, PriceSource::Snapshot, Confidence::Medium));
    assert!(!asks(900, PriceSource::Snapshot, Confidence::Medium));
    // A high-confidence one 1.05 times: 9.60 is 10.08, 9.50 is 9.975.
    assert!(asks(960, PriceSource::Snapshot, Confidence::High));
    assert!(!asks(950, PriceSource::Snapshot, Confidence::High));
    // A live price counts as it is, up to and without the threshold itself.
    assert!(!asks(940, PriceSource::Live, Confidence::Medium));
    assert!(!asks(960, PriceSource::Live, Confidence::Medium));
    assert!(!asks(999, PriceSource::Live, Confidence::Medium));
    assert!(asks(1000, PriceSource::Live, Confidence::Medium));
    // A low-confidence price always requires approval.
    assert!(asks(1, PriceSource::Live, Confidence::Low));
    let cached = |age| {
        let book = Flat { age_seconds: Some(age), ..Flat::of(960, PriceSource::Cache, Confidence::Medium) };
        keys(1, &book).verdict.requires_approval()
    };
    assert!(!cached(29 * 60));
    assert!(cached(30 * 60));
}

#[test]
fn allowances_of_the_account_are_shared_by_the_plan() {
    let properties = json!({});
    let queues = [input("A", "AWS::SQS::Queue", &properties), input("B", "AWS::SQS::Queue", &properties)];
    let given = options(&[("AWS::SQS::Queue", "requests", "1000000")]);
    assert_eq!(estimate(&queues[..1], &given, &Snapshot).total.expected.to_string(), "$0.00");
    assert_eq!(estimate(&queues, &given, &Snapshot).total.expected.to_string(), "$0.40");
    let functions =
        [input("A", "AWS::Lambda::Function", &properties), input("B", "AWS::Lambda::Function", &properties)];
    let mut given = options(&[("AWS::Lambda::Function", "requests", "1000000")]);
    given.assume_free_tier = true;
    assert_eq!(estimate(&functions[..1], &given, &Snapshot).total.expected.to_string(), "$0.00");
    assert_eq!(estimate(&functions, &given, &Snapshot).total.expected.to_string(), "$0.20");
}

#[test]
fn low_expected_and_high_differ_by_assumed_usage_and_margin() {
    let usage = options(&[("AWS::S3::Bucket", "storage_gb", "10")]);
    let range = one("AWS::S3::Bucket", &json!({}), &usage).total;
    assert_eq!(range.low, Usd::parse("0.23").unwrap());
    assert_eq!(range.expected, Usd::parse("0.32").unwrap());
    assert_eq!(range.high, Usd::parse("0.336").unwrap());
}

#[test]
fn break_even_is_the_last_readable_figure_that_passes() {
    let estimate = one("AWS::S3::Bucket", &json!({}), &EstimateOptions::default());
    let storage = estimate.break_even.iter().find(|found| found.usage == "storage_gb").unwrap();
    assert_eq!(storage.text, "auto-approved up to 400 GB");
    let passes = |gb: &str| {
        !one("AWS::S3::Bucket", &json!({}), &options(&[("AWS::S3::Bucket", "storage_gb", gb)]))
            .verdict
            .requires_approval()
    };
    assert!(passes("400"));
    // 409.x GB would be below 10.00 exactly, but be shown as it.
    assert!(!passes("410"));
}

#[test]
fn break_even_accounts_for_the_rest_of_the_plan() {
    let (bucket, instance) = (json!({}), json!({"InstanceType": "t3.micro"}));
    let plan = [input("B", "AWS::S3::Bucket", &bucket), input("I", "AWS::EC2::Instance", &instance)];
    let estimate = estimate(&plan, &EstimateOptions::default(), &Snapshot);
    let storage = estimate.break_even.iter().find(|found| found.usage == "storage_gb").unwrap();
    assert!(storage.up_to < Decimal::from(60), "{}", storage.text);
}

#[test]
fn price_facts_are_sorted_unique_and_free_of_source_and_age() {
    struct Cached;
    impl PriceBook for Cached {
        fn price(&self, key: &str, region: &str) -> Option<Price> {
            let price = Snapshot.price(key, region)?;
            let (source, age_seconds) = (PriceSource::Cache, Some(12));
            Some(Price { source, age_seconds, as_of: "2026-11-20".into(), rate_code: Some("A.B.C".into()), ..price })
        }
        fn regions(&self) -> Vec<String> {
            Snapshot.regions()
        }
    }
    let properties = json!({});
    let plan = [input("A", "AWS::S3::Bucket", &properties), input("B", "AWS::S3::Bucket", &properties)];
    let facts = estimate(&plan, &EstimateOptions::default(), &Snapshot).price_facts();
    assert_eq!(facts, estimate(&plan, &EstimateOptions::default(), &Cached).price_facts());
    assert_eq!(facts.len(), 3);
    assert!(facts.is_sorted());
    assert!(facts.contains(&("s3.standard.storage@us-east-1".into(), "0:0.023;51200:0.022;512000:0.021".into())));
}

#[test]
fn required_prices_are_what_an_estimate_asks_for() {
    let properties = database("postgres", "db.t3.small");
    let needed = required_prices(&[input("D", "AWS::RDS::DBInstance", &properties)], &EstimateOptions::default());
    let keys: Vec<&str> = needed.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(keys, ["rds.db.t3.small.PostgreSQL.single", "rds.storage.gp2.single"]);
}

/// One price for everything, from one source.
struct One(Price);

impl PriceBook for One {
    fn price(&self, key: &str, region: &str) -> Option<Price> {
        Some(Price { id: format!("{key}@{region}"), ..self.0.clone() })
    }
    fn regions(&self) -> Vec<String> {
        Vec::new()
    }
}

#[test]
fn a_live_price_passes_where_an_embedded_one_requires_approval() {
    let verdict = |dollars: &str, source: PriceSource, age_seconds: Option<u64>| {
        let price = Price {
            id: String::new(),
            unit: "Alarms".into(),
            tiers: vec![Tier { begin: Decimal::ZERO, price: dollars.parse().unwrap() }],
            rate_code: None,
            source,
            as_of: "2026-11-20".into(),
            age_seconds,
            confidence: Confidence::Medium,
        };
        let properties = json!({"MetricName": "m"});
        let plan = [input("A", "AWS::CloudWatch::Alarm", &properties)];
        let estimate = estimate(&plan, &EstimateOptions::default(), &One(price));
        (estimate.total.high.to_string(), reasons(&estimate))
    };
    assert_eq!(verdict("9.40", PriceSource::Live, None), ("$9.40".into(), vec![]));
    assert_eq!(verdict("9.40", PriceSource::Cache, Some(1799)), ("$9.40".into(), vec![]));
    let (high, reasons) = verdict("9.60", PriceSource::Snapshot, None);
    assert_eq!((high.as_str(), reasons.len()), ("$10.56", 1));
    assert!(reasons[0].contains("$10.00"), "{reasons:?}");
    // However little it costs: the current price is unknown.
    let (_, reasons) = verdict("0.10", PriceSource::Cache, Some(1800));
    assert_eq!(reasons, ["A: the price of alarm is up to 30m old and was not refreshed"]);
    let (_, reasons) = verdict("0.10", PriceSource::Cache, None);
    assert_eq!(reasons, ["A: the price of alarm is of unknown age and was not refreshed"]);
}
