//! Price List responses (`fixtures/`), with the similar products that real ones contain.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use proptest::prelude::*;
use serde_json::json;

use super::*;

macro_rules! answer {
    ($name:literal) => {
        price_list(include_str!(concat!("fixtures/", $name, ".json")))
    };
}

/// The texts of an answer of GetProducts.
fn price_list(answer: &str) -> Vec<String> {
    let answer: Value = serde_json::from_str(answer).unwrap();
    let texts = answer["PriceList"].as_array().unwrap().iter();
    texts.map(|text| text.as_str().unwrap().to_owned()).collect()
}

fn read(key: &str, region: &str, texts: &[String]) -> Result<Price, Refusal> {
    PriceQuery::of(key, region).unwrap().read(texts)
}

fn rates(key: &str, region: &str, texts: &[String]) -> String {
    read(key, region, texts).unwrap().rates()
}

#[test]
fn a_query_uses_region_independent_attributes() {
    let question = PriceQuery::of("ec2.t3.micro", "eu-west-1").unwrap();
    assert_eq!((question.id.as_str(), question.service), ("ec2.t3.micro@eu-west-1", "AmazonEC2"));
    let filters: Vec<(&str, &str)> = question.filters.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let expected = [
        ("capacitystatus", "Used"),
        ("instanceType", "t3.micro"),
        ("licenseModel", "No License required"),
        ("operatingSystem", "Linux"),
        ("preInstalledSw", "NA"),
        ("regionCode", "eu-west-1"),
        ("tenancy", "Shared"),
    ];
    assert_eq!(filters, expected);
    // A region without prices in the snapshot can be queried as well.
    assert_eq!(PriceQuery::of("ec2.t3.micro", "ap-south-1").unwrap().id, "ec2.t3.micro@ap-south-1");
    // A global price keeps its one name.
    let zone = PriceQuery::of("r53.zone", "ap-south-1").unwrap();
    assert_eq!((zone.id.as_str(), zone.region.as_deref()), ("r53.zone@global", None));
    assert_eq!(PriceQuery::of("cloudfront.out.us", "us-east-1").unwrap().id, "cloudfront.out.us@us-east-1");
    assert_eq!(PriceQuery::of("cloudfront.out.us", "eu-west-1"), None);
    for never in ["ebs.io2.iops", "transfer.protocol", "acm.public", "efs.elastic.read", "no.such"] {
        assert_eq!(PriceQuery::of(never, "us-east-1"), None, "{never}");
    }
}

#[test]
fn of_six_products_of_an_instance_type_one_matches() {
    let price = read("ec2.t3.micro", "eu-west-1", &answer!("ec2-t3-micro")).unwrap();
    assert_eq!(price.rates(), "0.0114");
    assert_eq!(price.rate_code.as_deref(), Some("3DBVM2BGNHGT7YYN.JRTCKXETXF.6YS6EN2CT7"));
    assert_eq!((price.as_of.as_str(), price.unit.as_str()), ("2026-11-17", "Hrs"));
    assert_eq!((price.source, price.age_seconds, price.confidence), (PriceSource::Live, None, Confidence::High));
    assert_eq!(price.id, "ec2.t3.micro@eu-west-1");
    // The same response has no match for another region or type.
    assert_eq!(read("ec2.t3.micro", "us-east-1", &answer!("ec2-t3-micro")), Err(Refusal::NoProduct));
    assert_eq!(read("ec2.t3.nano", "eu-west-1", &answer!("ec2-t3-micro")), Err(Refusal::NoProduct));
    assert_eq!(read("ec2.t3.micro", "eu-west-1", &[]), Err(Refusal::NoProduct));
}

#[test]
fn an_instance_type_missing_in_the_snapshot_is_priced() {
    let new = |text: &String| text.replace("t3.micro", "x9.micro");
    let texts: Vec<String> = answer!("ec2-t3-micro").iter().map(new).collect();
    let price = read("ec2.x9.micro", "eu-west-1", &texts).unwrap();
    assert_eq!((price.id.as_str(), price.rates().as_str()), ("ec2.x9.micro@eu-west-1", "0.0114"));
    assert_eq!(read("ec2.x9.nano", "eu-west-1", &texts), Err(Refusal::NoProduct));
    // Aurora's I/O-Optimized price is listed with the standard one.
    let question = PriceQuery::of("rds.db.x9.large.AuroraPostgreSQL.single", "us-east-1").unwrap();
    assert!(question.is_usage("InstanceUsage:db.x9.l") && !question.is_usage("InstanceUsageIOOptimized:db.x9.l"));
    assert_eq!(PriceQuery::of("rds.db.x9.large.Oracle.single", "us-east-1"), None);
}

#[test]
fn several_matches_are_rejected() {
    let several = vec!["3DBVM2BGNHGT7YYN".to_owned(), "ZZBVM2BGNHGT7YYN".to_owned()];
    let refusal = read("ec2.t3.micro", "eu-west-1", &answer!("ec2-t3-micro-twice")).unwrap_err();
    assert_eq!(refusal, Refusal::SeveralProducts(several));
    // The same product on two pages counts once; two products with one SKU are rejected.
    let mut texts = answer!("ec2-t3-micro");
    texts.push(texts[0].clone());
    assert_eq!(rates("ec2.t3.micro", "eu-west-1", &texts), "0.0114");
    texts.push(texts[0].replace("0.0114000000", "0.0001000000"));
    assert!(matches!(read("ec2.t3.micro", "eu-west-1", &texts), Err(Refusal::Malformed(_))));
}

#[test]
fn outposts_local_zones_and_dedicated_hosts_do_not_match() {
    assert_eq!(rates("ec2.t3.micro", "eu-west-1", &answer!("ec2-local-zone")), "0.0114");
    assert_eq!(rates("cache.m6g.2xlarge.Redis", "us-east-1", &answer!("elasticache-outposts")), "0.593");
    assert_eq!(rates("s3.standard.storage", "us-east-1", &answer!("s3-standard")), "0:0.023;51200:0.022;512000:0.021");
}

#[test]
fn usage_types_have_at_most_one_prefix() {
    let regional = |key: &str| PriceQuery::of(key, "us-east-1").unwrap();
    let node = regional("cache.m6g.2xlarge.Redis");
    for (usage, fits) in [
        ("NodeUsage:cache.m6g.2xlarge", true),
        ("EU-NodeUsage:cache.m6g.2xlarge", true),
        ("APS3-NodeUsage:cache.m6g.2xlarge", true),
        ("USE1-Outposts-NodeUsage:cache.m6g.2xlarge", false),
        ("Global-NodeUsage:cache.m6g.2xlarge", false),
        ("XNodeUsage:cache.m6g.2xlarge", false),
        ("-NodeUsage:cache.m6g.2xlarge", false),
        ("NodeUsage:cache.m6g.2xlarge2", false),
        ("", false),
    ] {
        assert_eq!(node.is_usage(usage), fits, "{usage}");
    }
    let search = regional("os.t3.small");
    assert!(search.is_usage("ESInstance:t3.small") && search.is_usage("USW2-ESInstance:t3.small"));
    assert!(!search.is_usage("ESInstance:") && !search.is_usage("Other-ESInstance:t3.small"));
    // Without a usage type the attributes decide.
    assert!(regional("sqs.fifo").is_usage("Requests-FIFO-RBP"));
}

#[test]
fn a_region_name_may_prefix_a_usage_type() {
    assert_eq!(rates("kms.key", "us-east-1", &answer!("kms-keys")), "1");
}

#[test]
fn a_global_price_has_no_region() {
    let price = read("r53.zone", "eu-west-1", &answer!("route53-zone")).unwrap();
    assert_eq!((price.id.as_str(), price.rates().as_str()), ("r53.zone@global", "0:0.5;25:0.1"));
}

#[test]
fn allowances_are_a_tier_of_the_price_and_never_the_price() {
    assert_eq!(rates("ddb.storage", "us-east-1", &answer!("dynamodb-free-tier")), "0:0;25:0.25");
    assert_eq!(rates("lambda.requests", "us-east-1", &answer!("lambda-requests")), "0.0000002");
    let only_free = read("lambda.requests", "us-east-1", &answer!("lambda-only-free"));
    assert_eq!(only_free, Err(Refusal::OnlyFree("FREE000000000001".to_owned())));
}

#[test]
fn tiers_must_be_contiguous_from_zero_to_infinity() {
    let read = |texts: &[String]| read("s3.standard.storage", "us-east-1", texts);
    let tiers = Err(Refusal::Tiers("WP9ANXZGBYYSGJEA".to_owned()));
    assert_eq!(read(&answer!("s3-gap")), tiers);
    let changed = |from: &str, to: &str| {
        let texts = answer!("s3-standard");
        assert!(texts[0].contains(from), "{from}");
        vec![texts[0].replace(from, to)]
    };
    assert_eq!(read(&changed(r#""endRange":"Inf""#, r#""endRange":"600000""#)), tiers);
    assert_eq!(read(&changed(r#""beginRange":"0""#, r#""beginRange":"1""#)), tiers);
    assert_eq!(read(&changed(r#""endRange":"51200""#, r#""endRange":"51201""#)), tiers);
    for (from, to) in [
        (r#""beginRange":"0""#, r#""beginRange":"-1""#),
        (r#""USD":"0.0230000000""#, r#""USD":"-0.0230000000""#),
        (r#""USD":"0.0230000000""#, r#""USD":"free""#),
        (r#""endRange":"51200""#, r#""endRange":51200"#),
        ("2026-11-17T19:44:02Z", "yesterday"),
        ("priceDimensions", "prices"),
    ] {
        assert!(matches!(read(&changed(from, to)), Err(Refusal::Malformed(_))), "{to}");
    }
}

#[test]
fn units_are_matched_converted_or_rejected() {
    assert_eq!(rates("ebs.io2.storage", "us-east-1", &answer!("ebs-io2-gb-month")), "0.125");
    let throughput = read("ebs.gp3.throughput", "us-east-1", &answer!("ebs-gp3-mibps")).unwrap();
    assert_eq!((throughput.unit.as_str(), throughput.rates().as_str()), ("GiBps-mo", "40.96"));
    let unknown = read("ebs.gp3.throughput", "us-east-1", &answer!("ebs-gp3-unknown-unit")).unwrap_err();
    assert_eq!(unknown.to_string(), "GP3THROUGHPUT001 is priced per Quantity, not per GiBps-mo");
}

#[test]
fn of_several_offers_the_standard_one_is_used() {
    assert_eq!(rates("ec2.t3.micro", "eu-west-1", &answer!("ec2-flat-rate")), "0.0114");
    let refusal = read("ec2.t3.micro", "eu-west-1", &answer!("ec2-two-odd-offers")).unwrap_err();
    assert_eq!(refusal, Refusal::Offers { sku: "3DBVM2BGNHGT7YYN".to_owned(), count: 2 });
    let only_reserved = vec![answer!("ec2-t3-micro")[0].replace("OnDemand\":{\"3", "Other\":{\"3")];
    let refusal = read("ec2.t3.micro", "eu-west-1", &only_reserved).unwrap_err();
    assert_eq!(refusal, Refusal::Offers { sku: "3DBVM2BGNHGT7YYN".to_owned(), count: 0 });
}

#[test]
fn other_currencies_and_malformed_responses_are_rejected() {
    let read = |texts: &[String]| read("ec2.t3.micro", "eu-west-1", texts);
    assert_eq!(read(&answer!("ec2-yuan")), Err(Refusal::Currency("3DBVM2BGNHGT7YYN".to_owned())));
    // A JSON number may have lost precision; the Price List uses strings.
    assert!(matches!(read(&answer!("ec2-number")), Err(Refusal::Malformed(_))));
    // An unparsable product could have been a second match.
    assert!(matches!(read(&answer!("garbage")), Err(Refusal::Malformed(_))));
    assert!(matches!(read(&answer!("half-a-product")), Err(Refusal::Malformed(_))));
    for text in ["", "null", "[]", "{}", "17", r#"{"product":{"attributes":[]}}"#] {
        assert!(matches!(read(&[text.to_owned()]), Err(Refusal::Malformed(_))), "{text}");
    }
}

/// The same product with its maps in another order.
fn shuffled(text: &str, seed: u64) -> String {
    fn turn(value: &Value, seed: u64) -> Value {
        match value {
            Value::Object(map) => {
                let mut entries: Vec<(&String, &Value)> = map.iter().collect();
                entries.sort_by_key(|(name, _)| {
                    name.bytes().fold(seed, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
                });
                entries.into_iter().map(|(name, value)| (name.clone(), turn(value, seed))).collect()
            }
            other => other.clone(),
        }
    }
    turn(&serde_json::from_str(text).unwrap(), seed).to_string()
}

/// A storage product with tiers at these bounds.
fn tiered(bounds: &[u32]) -> String {
    let mut dimensions = Map::new();
    for (index, begin) in bounds.iter().enumerate() {
        let end = bounds.get(index + 1).map_or_else(|| "Inf".to_owned(), u32::to_string);
        let dimension = json!({"unit": "GB-Mo", "beginRange": begin.to_string(), "endRange": end,
            "pricePerUnit": {"USD": format!("0.{:010}", 1_000_000 - index)}});
        dimensions.insert(format!("WP9ANXZGBYYSGJEA.JRTCKXETXF.{index}"), dimension);
    }
    let mut product: Value = serde_json::from_str(&answer!("s3-standard")[0]).unwrap();
    let offer = product.pointer_mut("/terms/OnDemand/WP9ANXZGBYYSGJEA.JRTCKXETXF").unwrap();
    offer["priceDimensions"] = Value::Object(dimensions);
    product.to_string()
}

proptest! {
    #[test]
    fn order_never_matters(seed in any::<u64>(), turns in 0usize..6, reverse in any::<bool>()) {
        for (key, region, texts) in [
            ("ec2.t3.micro", "eu-west-1", answer!("ec2-t3-micro")),
            ("ec2.t3.micro", "eu-west-1", answer!("ec2-t3-micro-twice")),
            ("ec2.t3.micro", "eu-west-1", answer!("ec2-flat-rate")),
            ("s3.standard.storage", "us-east-1", answer!("s3-standard")),
            ("lambda.requests", "us-east-1", answer!("lambda-requests")),
            ("ddb.storage", "us-east-1", answer!("dynamodb-free-tier")),
        ] {
            let mut other: Vec<String> = texts.iter().map(|text| shuffled(text, seed)).collect();
            let turns = turns % other.len();
            other.rotate_left(turns);
            if reverse {
                other.reverse();
            }
            prop_assert_eq!(read(key, region, &other), read(key, region, &texts));
        }
    }

    #[test]
    fn tiers_are_read_whole_in_any_order(steps in proptest::collection::vec(1u32..100_000, 1..8), seed in any::<u64>()) {
        let bounds: Vec<u32> = std::iter::once(0).chain(steps.iter().scan(0, |at, step| { *at += step; Some(*at) })).collect();
        let price = read("s3.standard.storage", "us-east-1", &[shuffled(&tiered(&bounds), seed)]).unwrap();
        let begins: Vec<Decimal> = price.tiers.iter().map(|tier| tier.begin).collect();
        prop_assert_eq!(begins, bounds.iter().map(|bound| Decimal::from(*bound)).collect::<Vec<_>>());
        // Without any one of them there is a gap.
        for missing in 0..bounds.len() {
            let mut product: Value = serde_json::from_str(&tiered(&bounds)).unwrap();
            let dimensions = product.pointer_mut("/terms/OnDemand/WP9ANXZGBYYSGJEA.JRTCKXETXF/priceDimensions").unwrap();
            dimensions.as_object_mut().unwrap().remove(&format!("WP9ANXZGBYYSGJEA.JRTCKXETXF.{missing}")).unwrap();
            let refused = read("s3.standard.storage", "us-east-1", &[product.to_string()]);
            prop_assert_eq!(refused, Err(Refusal::Tiers("WP9ANXZGBYYSGJEA".to_owned())));
        }
    }

    #[test]
    fn any_text_is_rejected_without_a_panic(text in ".{0,200}") {
        prop_assert!(read("ec2.t3.micro", "eu-west-1", &[text]).is_err());
    }
}
