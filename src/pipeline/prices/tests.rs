use std::sync::Mutex as StdMutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use serde_json::{Value, json};

use super::*;
use crate::estimate::Verdict;

type Answer = dyn Fn(&str) -> Result<Vec<String>, CloudErrorKind> + Send + Sync;

/// A fake Price List with responses by instance type.
struct List {
    calls: AtomicUsize,
    answer: Box<Answer>,
}

fn list(answer: impl Fn(&str) -> Result<Vec<String>, CloudErrorKind> + Send + Sync + 'static) -> List {
    List { calls: AtomicUsize::new(0), answer: Box::new(answer) }
}

#[async_trait]
impl ListPrices for &List {
    async fn products(&self, _: &str, filters: &[(String, String)]) -> Result<Vec<String>, CloudError> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let kind = filters.iter().find(|(name, _)| name == "instanceType").map(|(_, value)| value.as_str());
        (self.answer)(kind.unwrap_or_default())
            .map_err(|kind| CloudError::new(kind, "pricing.GetProducts", "dev", "no."))
    }
}

#[derive(Default)]
struct Memory(StdMutex<BTreeMap<String, CachedPriceList>>);

impl PriceCache for &Memory {
    fn read(&self, key: &str) -> Option<CachedPriceList> {
        self.0.lock().unwrap().get(key).cloned()
    }
    fn write(&self, key: &str, answer: &CachedPriceList) {
        self.0.lock().unwrap().insert(key.to_owned(), answer.clone());
    }
}

struct NoBooks;

impl PriceBooks for NoBooks {
    fn book(&self, _: &str) -> Option<Book> {
        None
    }
}

/// A product of an instance type, as returned by the Price List.
fn product(kind: &str, price: &str) -> String {
    let dimension = json!({"unit": "Hrs", "beginRange": "0", "endRange": "Inf", "pricePerUnit": {"USD": price}});
    json!({
        "product": {"sku": "SKU", "attributes": {"servicecode": "AmazonEC2", "regionCode": "us-east-1",
            "instanceType": kind, "operatingSystem": "Linux", "tenancy": "Shared", "capacitystatus": "Used",
            "preInstalledSw": "NA", "licenseModel": "No License required", "usagetype": format!("BoxUsage:{kind}")}},
        "serviceCode": "AmazonEC2",
        "publicationDate": "2026-11-17T00:00:00Z",
        "terms": {"OnDemand": {"SKU.JRTCKXETXF": {"priceDimensions": {"SKU.JRTCKXETXF.R": dimension}}}},
    })
    .to_string()
}

fn at(time: &str) -> Timestamp {
    format!("2026-11-20T{time}:00Z").parse().unwrap()
}

fn settings(time: &str) -> PriceSettings {
    PriceSettings { now: at(time), offline: false, refresh: false, sign_in: "sign in".to_owned() }
}

/// Estimates instances; returns the source and unit price of each line and the codes of the notes.
async fn sources(pricing: &Pricing<'_>, kinds: &[&str]) -> (Vec<String>, Vec<&'static str>) {
    let properties: Vec<Value> =
        kinds.iter().map(|kind| json!({"InstanceType": kind, "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "VirtualName": "ephemeral0"}]})).collect();
    let inputs: Vec<EstimateInput<'_>> = properties
        .iter()
        .map(|properties| EstimateInput {
            file: None,
            logical_id: Some("It"),
            identifier: None,
            type_name: "AWS::EC2::Instance",
            region: "us-east-1",
            properties,
        })
        .collect();
    let Priced { estimate, notes } = pricing.estimate(&inputs, &EstimateOptions::default()).await;
    let lines = estimate.resources.iter().flat_map(|resource| resource.lines.iter().take(1));
    let said = lines.map(|line| format!("{:?} {}", line.source, line.unit_price)).collect();
    (said, notes.iter().map(|note| note.code.as_str()).collect())
}

#[tokio::test]
async fn a_response_is_cached_for_half_an_hour() {
    let (cloud, memory) = (list(|kind| Ok(vec![product(kind, "0.5")])), Memory::default());
    let pricing = |time: &str| Pricing::new(Box::new(&cloud), Box::new(&memory), Box::new(NoBooks), settings(time));
    let first = pricing("10:00");
    assert_eq!(sources(&first, &["t3.micro", "t3.nano", "t3.micro"]).await.0, ["Live 0.5"; 3]);
    assert_eq!(cloud.calls.load(Ordering::Relaxed), 2);
    // A plan that is made again in the same run makes no further calls.
    assert_eq!(sources(&first, &["t3.micro"]).await.0, ["Live 0.5"]);
    assert_eq!(sources(&pricing("10:29"), &["t3.micro"]).await.0, ["Cache 0.5"]);
    assert_eq!(cloud.calls.load(Ordering::Relaxed), 2);
    assert_eq!(sources(&pricing("10:30"), &["t3.micro"]).await.0, ["Live 0.5"]);
    let mut refresh = pricing("10:31");
    refresh.settings.refresh = true;
    assert_eq!(sources(&refresh, &["t3.micro"]).await.0, ["Live 0.5"]);
    assert_eq!(cloud.calls.load(Ordering::Relaxed), 4);
    // After the clock was set back, the age of a response is unknown.
    assert_eq!(sources(&pricing("09:00"), &["t3.micro"]).await.0, ["Live 0.5"]);
}

#[tokio::test]
async fn offline_makes_no_calls_and_uses_the_cache_and_then_the_snapshot() {
    let (cloud, memory) = (list(|kind| Ok(vec![product(kind, "0.5")])), Memory::default());
    let pricing = |time: &str| Pricing::new(Box::new(&cloud), Box::new(&memory), Box::new(NoBooks), settings(time));
    sources(&pricing("10:00"), &["t3.micro"]).await;
    for (time, refresh) in [("10:10", false), ("10:10", true), ("23:00", false)] {
        let mut offline = pricing(time);
        (offline.settings.offline, offline.settings.refresh) = (true, refresh);
        let (said, notes) = sources(&offline, &["t3.micro", "t3.nano"]).await;
        assert_eq!((said, notes), (vec!["Cache 0.5".to_owned(), "Snapshot 0.0052".to_owned()], vec![]), "{time}");
    }
    assert_eq!(cloud.calls.load(Ordering::Relaxed), 1);
}

/// Counts its concurrent calls.
#[derive(Default)]
struct ConcurrencyCounter {
    now: AtomicUsize,
    most: AtomicUsize,
    first_was_alone: AtomicUsize,
}

#[async_trait]
impl ListPrices for &ConcurrencyCounter {
    async fn products(&self, _: &str, _: &[(String, String)]) -> Result<Vec<String>, CloudError> {
        let now = self.now.fetch_add(1, Ordering::Relaxed) + 1;
        self.most.fetch_max(now, Ordering::Relaxed);
        for _ in 0..50 {
            tokio::task::yield_now().await;
        }
        if self.most.load(Ordering::Relaxed) == 1 {
            self.first_was_alone.fetch_add(1, Ordering::Relaxed);
        }
        self.now.fetch_sub(1, Ordering::Relaxed);
        Ok(Vec::new())
    }
}

#[tokio::test]
async fn the_first_call_is_made_alone_and_then_eight_concurrently() {
    let (counter, memory) = (ConcurrencyCounter::default(), Memory::default());
    let pricing = Pricing::new(Box::new(&counter), Box::new(&memory), Box::new(NoBooks), settings("10:00"));
    let kinds: Vec<String> = (1..40).map(|number| format!("x{number}.large")).collect();
    let kinds: Vec<&str> = kinds.iter().map(String::as_str).collect();
    let (said, notes) = sources(&pricing, &kinds).await;
    assert_eq!((said, notes), (vec![], vec!["price-not-matched"]));
    assert_eq!(counter.most.load(Ordering::Relaxed), MAX_CONCURRENT_CALLS);
    assert_eq!(counter.first_was_alone.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn after_one_failure_no_calls_are_made_and_it_is_reported_once() {
    for kind in [
        CloudErrorKind::AccessDenied,
        CloudErrorKind::Credentials,
        CloudErrorKind::Throttled,
        CloudErrorKind::Network,
        CloudErrorKind::Busy,
        CloudErrorKind::Unsupported,
        CloudErrorKind::Other,
    ] {
        let (cloud, memory) = (list(move |_| Err(kind)), Memory::default());
        let pricing = Pricing::new(Box::new(&cloud), Box::new(&memory), Box::new(NoBooks), settings("10:00"));
        let (said, notes) = sources(&pricing, &["t3.micro", "t3.nano", "t3.small"]).await;
        assert!(said.iter().all(|line| line.starts_with("Snapshot")), "{said:?}");
        assert_eq!(notes, ["prices-offline"]);
        let (_, again) = sources(&pricing, &["t3.large"]).await;
        assert_eq!((again, cloud.calls.load(Ordering::Relaxed)), (vec!["prices-offline"], 1), "{kind:?}");
        assert!(memory.0.lock().unwrap().is_empty());
    }
}

#[tokio::test]
async fn responses_before_a_failure_are_used() {
    let answer =
        |kind: &str| if kind == "t3.micro" { Ok(vec![product(kind, "0.5")]) } else { Err(CloudErrorKind::Busy) };
    let (cloud, memory) = (list(answer), Memory::default());
    let pricing = Pricing::new(Box::new(&cloud), Box::new(&memory), Box::new(NoBooks), settings("10:00"));
    let (said, notes) = sources(&pricing, &["t3.micro", "t3.nano"]).await;
    assert_eq!(said, ["Live 0.5", "Snapshot 0.0052"]);
    assert_eq!(notes, ["prices-offline"]);
}

#[tokio::test]
async fn a_price_that_is_not_found_does_not_affect_others() {
    let answer = |kind: &str| match kind {
        "t3.micro" => Ok(vec![product(kind, "0.5"), product(kind, "0.6").replace("SKU", "OTHER")]),
        "t3.small" => Err(CloudErrorKind::Invalid),
        _ => Ok(vec![product(kind, "0.5")]),
    };
    let (cloud, memory) = (list(answer), Memory::default());
    let pricing = Pricing::new(Box::new(&cloud), Box::new(&memory), Box::new(NoBooks), settings("10:00"));
    let (said, notes) = sources(&pricing, &["t3.micro", "t3.nano", "t3.small"]).await;
    assert_eq!(said, ["Snapshot 0.0104", "Live 0.5", "Snapshot 0.0208"]);
    assert_eq!(notes, ["price-not-matched"; 2]);
    assert_eq!(memory.0.lock().unwrap().len(), 1, "a response without a price is not cached");
}

#[tokio::test]
async fn the_same_rules_apply_to_cached_responses() {
    let (cloud, memory) = (list(|kind| Ok(vec![product(kind, "0.5")])), Memory::default());
    let pricing = |time: &str| Pricing::new(Box::new(&cloud), Box::new(&memory), Box::new(NoBooks), settings(time));
    sources(&pricing("10:00"), &["t3.micro"]).await;
    let honest = memory.0.lock().unwrap().clone();
    let forged = |change: &dyn Fn(&mut CachedPriceList)| {
        let mut answers = honest.clone();
        answers.values_mut().for_each(change);
        *memory.0.lock().unwrap() = answers;
    };
    let cheap = || product("t3.nano", "0.0001");
    for change in [
        &(|answer: &mut CachedPriceList| answer.price_list = vec!["{".to_owned()]) as &dyn Fn(&mut CachedPriceList),
        &|answer| answer.price_list = vec![],
        &|answer| answer.price_list = vec![cheap()],
        &|answer| answer.service = "AmazonRDS".to_owned(),
        &|answer| answer.filters.clear(),
    ] {
        forged(change);
        assert_eq!(sources(&pricing("10:01"), &["t3.micro"]).await.0, ["Live 0.5"]);
        forged(change);
        let mut offline = pricing("10:01");
        offline.settings.offline = true;
        assert_eq!(sources(&offline, &["t3.micro"]).await.0, ["Snapshot 0.0104"]);
    }
}

#[tokio::test]
async fn an_old_cached_price_requires_an_approval() {
    let (cloud, memory) = (list(|kind| Ok(vec![product(kind, "0.001")])), Memory::default());
    let pricing = |time: &str, offline: bool| {
        let settings = PriceSettings { offline, ..settings(time) };
        Pricing::new(Box::new(&cloud), Box::new(&memory), Box::new(NoBooks), settings)
    };
    let properties = json!({"InstanceType": "t3.micro", "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "VirtualName": "ephemeral0"}]});
    let input = [EstimateInput {
        file: None,
        logical_id: Some("It"),
        identifier: None,
        type_name: "AWS::EC2::Instance",
        region: "us-east-1",
        properties: &properties,
    }];
    let verdict =
        async |pricing: Pricing<'_>| pricing.estimate(&input, &EstimateOptions::default()).await.estimate.verdict;
    assert_eq!(verdict(pricing("10:00", false)).await, Verdict::AutoApproved);
    assert_eq!(verdict(pricing("10:29", true)).await, Verdict::AutoApproved);
    let Verdict::ApprovalRequired(reasons) = verdict(pricing("12:00", true)).await else { panic!("approved") };
    assert!(reasons[0].contains("2h old"), "{reasons:?}");
    let Verdict::ApprovalRequired(reasons) = verdict(pricing("09:00", true)).await else { panic!("approved") };
    assert!(reasons[0].contains("of unknown age"), "{reasons:?}");
}

/// A book of us-east-1 with one price for two instance types.
struct OneBook;

impl PriceBooks for OneBook {
    fn book(&self, region: &str) -> Option<Book> {
        let price = |kind: &str| {
            let question = PriceQuery::of(&format!("ec2.{kind}"), "us-east-1").unwrap();
            question.read(&[product(kind, "0.7")]).unwrap()
        };
        let offer = estimate::Offer {
            service: "AmazonEC2".to_owned(),
            published: "2026-11-17T00:00:00Z".to_owned(),
            rows: 2,
            prices: vec![price("t3.micro"), price("x9.24xlarge")],
            refused: Vec::new(),
        };
        (region == "us-east-1").then(|| Book::new(region, "test", at("09:00"), vec![offer]))
    }
}

#[tokio::test]
async fn the_book_comes_after_the_cache_and_before_the_snapshot() {
    let memory = Memory::default();
    let kinds = ["t3.micro", "x9.24xlarge", "t3.nano"];
    let run = async |cloud: &List, time: &str, offline: bool| {
        let settings = PriceSettings { offline, ..settings(time) };
        let pricing = Pricing::new(Box::new(cloud), Box::new(&memory), Box::new(OneBook), settings);
        sources(&pricing, &kinds).await
    };
    let live = list(|kind| Ok(vec![product(kind, "0.5")]));
    assert_eq!(
        run(&live, "10:00", true).await,
        (vec!["Book 0.7".into(), "Book 0.7".into(), "Snapshot 0.0052".into()], vec![])
    );
    // The Price List that fails, and the one that has no such product.
    let down = list(|_| Err(CloudErrorKind::Network));
    let (said, notes) = run(&down, "10:00", false).await;
    assert_eq!(
        (said, notes),
        (vec!["Book 0.7".into(), "Book 0.7".into(), "Snapshot 0.0052".into()], vec!["prices-offline"])
    );
    let empty = list(|_| Ok(Vec::new()));
    let (said, notes) = run(&empty, "10:00", false).await;
    assert_eq!(said, ["Book 0.7", "Book 0.7", "Snapshot 0.0052"]);
    assert_eq!(notes, ["price-not-matched"; 2], "one for each fallback");
    // Live prices come first, and a cached one is used whatever its age.
    assert_eq!(run(&live, "10:00", false).await.0, ["Live 0.5"; 3]);
    assert_eq!(run(&down, "20:00", false).await.0, ["Cache 0.5"; 3]);
}
