use rust_decimal::Decimal;

use super::*;
use crate::estimate::PriceSource;

const METADATA: [&str; 5] = [
    "FormatVersion,v1.0",
    "Disclaimer,This pricing list is for informational purposes only.",
    "Publication Date,2026-11-17T20:01:02Z",
    "Version,20261117200102",
    "OfferCode,AmazonEC2",
];

const HEADER: &str = "SKU,OfferTermCode,RateCode,TermType,PriceDescription,EffectiveDate,StartingRange,EndingRange,Unit,PricePerUnit,Currency,RelatedTo,LeaseContractLength,PurchaseOption,OfferingClass,Product Family,serviceCode,Location,Location Type,Instance Type,Tenancy,Operating System,License Model,usageType,operation,CapacityStatus,Pre Installed S/W,Region Code,Volume API Name";

/// An on-demand row of an instance.
fn instance(sku: &str, kind: &str, price: &str) -> String {
    format!(
        "{sku},JRTCKXETXF,{sku}.JRTCKXETXF.6YS6EN2CT7,OnDemand,text,2026-11-01,0,Inf,Hrs,{price},USD,,,,,Compute Instance,AmazonEC2,US East (N. Virginia),AWS Region,{kind},Shared,Linux,No License required,BoxUsage:{kind},RunInstances,Used,NA,us-east-1,"
    )
}

fn parse(lines: &[String]) -> Result<Offer, OfferError> {
    let mut parser = OfferParser::new("AmazonEC2", "us-east-1", false);
    for line in lines {
        let cells: Vec<&str> = line.split(',').collect();
        parser.row(&ByteRecord::from(cells))?;
    }
    parser.finish()
}

fn file(rows: &[String]) -> Vec<String> {
    METADATA.iter().chain([&HEADER]).map(|line| (*line).to_owned()).chain(rows.iter().cloned()).collect()
}

fn prices(rows: &[String]) -> Vec<(String, String)> {
    let offer = parse(&file(rows)).unwrap();
    assert_eq!((offer.service.as_str(), offer.published.as_str()), ("AmazonEC2", "2026-11-17T20:01:02Z"));
    offer.prices.iter().map(|price| (price.id.clone(), price.rates())).collect()
}

fn one(key: &str, price: &str) -> Vec<(String, String)> {
    vec![(format!("{key}@us-east-1"), price.to_owned())]
}

#[test]
fn instance_types_are_priced_whether_they_are_embedded_or_not() {
    let rows = [instance("A", "t3.micro", "0.0104000000"), instance("B", "x9.24xlarge", "9.5")];
    let offer = parse(&file(&rows)).unwrap();
    let found: Vec<(&str, String)> = offer.prices.iter().map(|price| (price.id.as_str(), price.rates())).collect();
    assert_eq!(
        found,
        [("ec2.t3.micro@us-east-1", "0.0104".to_owned()), ("ec2.x9.24xlarge@us-east-1", "9.5".to_owned())]
    );
    assert_eq!((offer.rows, offer.refused.len()), (2, 0));
    assert_eq!(offer.prices[0].rate_code.as_deref(), Some("A.JRTCKXETXF.6YS6EN2CT7"));
    assert_eq!((offer.prices[0].as_of.as_str(), offer.prices[0].unit.as_str()), ("2026-11-17", "Hrs"));
    assert_eq!(offer.prices[0].source, PriceSource::Live, "as the API's; the book says that it is a book");
    assert_eq!(offer.prices[1].tiers[0].price, Decimal::new(95, 1));
}

#[test]
fn rows_of_other_products_and_terms_are_passed_over() {
    let row = instance("A", "t3.micro", "0.0104");
    let others = [
        row.replace("OnDemand", "Reserved").replace("0.0104", "0.005"),
        row.replace("A,JR", "B,JR").replace("Shared", "Dedicated"),
        row.replace("A,JR", "C,JR").replace("Linux", "RHEL"),
        row.replace("A,JR", "D,JR").replace(",NA,", ",SQL Web,"),
        row.replace("A,JR", "E,JR").replace(",Used,", ",UnusedCapacityReservation,"),
        row.replace("A,JR", "F,JR").replace("AWS Region", "AWS Local Zone"),
        row.replace("A,JR", "G,JR").replace("AmazonEC2", "AmazonEKS"),
        row.replace("A,JR", "H,JR").replace("BoxUsage", "USE1-Outposts-BoxUsage"),
        row.replace("A,JR", "I,JR").replace(",us-east-1,", ",us-east-2,"),
    ];
    assert_eq!(prices(&others), []);
    let rows: Vec<String> = others.into_iter().chain([row]).collect();
    assert_eq!(prices(&rows), one("ec2.t3.micro", "0.0104"));
}

#[test]
fn no_ambiguous_or_unusable_product_becomes_a_price() {
    let row = instance("A", "t3.micro", "0.0104");
    let refusal = |rows: &[String]| {
        let offer = parse(&file(rows)).unwrap();
        assert_eq!(offer.prices, []);
        offer.refused.iter().map(|(key, refusal)| format!("{key}: {refusal}")).collect::<Vec<_>>().join("; ")
    };
    let twice = refusal(&[row.clone(), instance("B", "t3.micro", "0.02")]);
    assert!(twice.starts_with("ec2.t3.micro: several products"), "{twice}");
    let yuan = refusal(&[row.replace("USD", "CNY")]);
    assert!(yuan.contains("not priced in US dollars"), "{yuan}");
    let unit = refusal(&[row.replace("Hrs", "Quantity")]);
    assert!(unit.contains("priced per Quantity"), "{unit}");
    let free = refusal(&[row.replace("0.0104", "0.0000000000")]);
    assert!(free.contains("free allowance"), "{free}");
    let text = refusal(&[row.replace("0.0104", "cheap")]);
    assert!(text.contains("`cheap` is not a valid number"), "{text}");
    // Two prices under one code.
    let contradiction = refusal(&[row.clone(), row.replace("0.0104", "0.02")]);
    assert!(contradiction.contains("not contiguous"), "{contradiction}");
    // The same row twice is one price.
    assert_eq!(prices(&[row.clone(), row]), one("ec2.t3.micro", "0.0104"));
}

#[test]
fn the_rows_of_a_product_are_its_tiers_in_any_order() {
    let row = |code: &str, begin: &str, end: &str, price: &str| {
        format!(
            "S,JRTCKXETXF,S.JRTCKXETXF.{code},OnDemand,text,2026-11-01,{begin},{end},GB-Mo,{price},USD,,,,,Storage,AmazonEC2,US East (N. Virginia),AWS Region,,,,,EBS:VolumeUsage.gp3,,,,us-east-1,gp3"
        )
    };
    let rows = [row("B", "100", "Inf", "0.07"), row("A", "0", "100", "0.08")];
    assert_eq!(prices(&rows), one("ebs.gp3.storage", "0:0.08;100:0.07"));
    let offer = parse(&file(&rows[..1])).unwrap();
    assert!(offer.prices.is_empty() && offer.refused[0].1 == Refusal::Tiers("S".to_owned()), "{offer:?}");
}

#[test]
fn other_and_damaged_files_are_refused() {
    let good = file(&[instance("A", "t3.micro", "0.0104")]);
    let with = |at: usize, line: &str| {
        let mut lines = good.clone();
        lines[at] = line.to_owned();
        parse(&lines).unwrap_err().to_string()
    };
    assert!(parse(&good).is_ok());
    assert_eq!(with(4, "OfferCode,AmazonRDS"), "it is the offer file of AmazonRDS");
    assert!(with(0, "FormatVersion,v9").contains("the format `v9` is not known"));
    assert!(with(2, "Publication Date,yesterday").contains("is not a publication date"));
    assert!(with(2, "Other,x").contains("no publication date"));
    assert!(with(5, "SKU,OfferTermCode").contains("no column"));
    // The last row was cut.
    let cut = with(6, "A,JRTCKXETXF,A.JRTC");
    assert!(cut.contains("has 3 cells, not 29"), "{cut}");
    assert_eq!(parse(&good[..6]), Err(OfferError::Empty));
    assert!(parse(&[]).unwrap_err().to_string().contains("no header of columns"));
    let html: Vec<String> = std::iter::repeat_n("<html>".to_owned(), 40).collect();
    assert!(parse(&html).unwrap_err().to_string().contains("no header of columns"));
}

#[test]
fn the_services_are_those_of_the_cost_model() {
    let (regional, global) = offer_services("ap-south-1");
    assert!(regional.contains("AmazonEC2") && regional.contains("AmazonRDS") && !regional.contains("AmazonCloudFront"));
    assert_eq!(global.into_iter().collect::<Vec<_>>(), ["AmazonCloudFront", "AmazonCloudWatch", "AmazonRoute53"]);
    let products = offered_products("ap-south-1");
    assert_eq!(products["nat.hour"], ["nat.hour"]);
    assert!(products["ec2.*"].contains(&"ec2.t3.micro"));
    assert!(
        products.contains_key("rds.db.*.PostgreSQL.single") && products.contains_key("cache.*.Redis"),
        "{:?}",
        products.keys()
    );
    assert!(!products.contains_key("ebs.io2.iops"), "three SKUs, one for each tier");
}
