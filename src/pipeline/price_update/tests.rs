use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;

use super::*;

/// Files by path, in pieces of a few bytes; `!` at the end of a file breaks the transfer.
struct Files {
    texts: BTreeMap<String, String>,
    opened: Mutex<Vec<String>>,
    failures: AtomicUsize,
}

#[async_trait]
impl ReadPriceFiles for Files {
    async fn open(&self, path: &str) -> Result<FileContent, PriceFileError> {
        self.opened.lock().unwrap().push(path.to_owned());
        if self.failures.load(Ordering::Relaxed) > 0 {
            self.failures.fetch_sub(1, Ordering::Relaxed);
            return Err(PriceFileError { message: "it is busy".to_owned(), is_temporary: true });
        }
        let missing = || PriceFileError { message: "it does not exist".to_owned(), is_temporary: false };
        let text = self.texts.get(path).ok_or_else(missing)?;
        let (text, breaks) = text.strip_suffix('!').map_or((text.as_str(), false), |text| (text, true));
        let pieces = text.as_bytes().chunks(7).map(|piece| Ok(Bytes::copy_from_slice(piece)));
        let broken = breaks.then(|| Err(PriceFileError { message: "it broke".to_owned(), is_temporary: true }));
        Ok(stream::iter(pieces.chain(broken).collect::<Vec<_>>()).boxed())
    }
}

const ZONES: &str = "\"FormatVersion\",\"v1.0\"\n\"Publication Date\",\"2026-11-17T20:01:02Z\"\n\"OfferCode\",\"AmazonRoute53\"\n\
    \"SKU\",\"OfferTermCode\",\"RateCode\",\"TermType\",\"StartingRange\",\"EndingRange\",\"Unit\",\"PricePerUnit\",\"Currency\",\"Product Family\",\"serviceCode\",\"usageType\"\n\
    \"Z\",\"JRTCKXETXF\",\"Z.JRTCKXETXF.1\",\"OnDemand\",\"0\",\"25\",\"HostedZone\",\"0.50\",\"USD\",\"DNS Zone\",\"AmazonRoute53\",\"HostedZone\"\n\
    \"Z\",\"JRTCKXETXF\",\"Z.JRTCKXETXF.2\",\"OnDemand\",\"25\",\"Inf\",\"HostedZone\",\"0.10\",\"USD\",\"DNS Zone\",\"AmazonRoute53\",\"HostedZone\"\n";

const KEYS: &str = "\"FormatVersion\",\"v1.0\"\n\"Publication Date\",\"2026-11-18T20:01:02Z\"\n\"OfferCode\",\"awskms\"\n\
    \"SKU\",\"OfferTermCode\",\"RateCode\",\"TermType\",\"StartingRange\",\"EndingRange\",\"Unit\",\"PricePerUnit\",\"Currency\",\"Product Family\",\"serviceCode\",\"usageType\",\"Region Code\"\n\
    \"K\",\"JRTCKXETXF\",\"K.JRTCKXETXF.1\",\"OnDemand\",\"0\",\"Inf\",\"Keys\",\"1.25\",\"USD\",\"Encryption Key\",\"awskms\",\"ap-south-1-KMS-Keys\",\"ap-south-1\"\n";

fn files(changes: &[(&str, &str)]) -> Files {
    let index = r#"{"formatVersion": "v1.0", "offers": {
        "AmazonRoute53": {"currentVersionUrl": "/offers/v1.0/aws/AmazonRoute53/current/index.json"},
        "awskms": {"currentVersionUrl": "/offers/v1.0/aws/awskms/current/index.json",
                   "currentRegionIndexUrl": "/offers/v1.0/aws/awskms/current/region_index.json"}}}"#;
    let regions = r#"{"regions": {"ap-south-1": {"regionCode": "ap-south-1",
        "currentVersionUrl": "/offers/v1.0/aws/awskms/20261118/ap-south-1/index.json"}}}"#;
    let mut texts: BTreeMap<String, String> = BTreeMap::new();
    for (path, text) in [
        ("index.json", index),
        ("awskms/current/region_index.json", regions),
        ("awskms/20261118/ap-south-1/index.csv", KEYS),
        ("AmazonRoute53/current/index.csv", ZONES),
    ]
    .into_iter()
    .chain(changes.iter().copied())
    {
        texts.insert(format!("/offers/v1.0/aws/{path}"), text.to_owned());
    }
    Files { texts, opened: Mutex::default(), failures: AtomicUsize::new(0) }
}

async fn read(files: &Files, region: &str) -> Result<Vec<Book>, UpdateError> {
    let request = UpdateRequest {
        regions: vec![region.to_owned()],
        source: "test".to_owned(),
        now: "2026-11-20T10:00:00Z".parse().unwrap(),
    };
    read_books(files, &request, &Events::none()).await
}

#[tokio::test]
async fn the_files_that_the_indexes_name_become_a_book() {
    let files = files(&[]);
    let books = read(&files, "ap-south-1").await.unwrap();
    let [book] = books.as_slice() else { panic!("{books:?}") };
    assert_eq!(book.price("kms.key", book.fetched_at).unwrap().rates(), "1.25");
    assert_eq!(book.price("r53.zone", book.fetched_at).unwrap().rates(), "0:0.5;25:0.1");
    let services: Vec<&str> = book.services.iter().map(|one| one.service.as_str()).collect();
    assert_eq!((services, book.len()), (vec!["AmazonRoute53", "awskms"], 2));
    assert!(book.is_valid("ap-south-1"));
    assert_eq!(files.opened.lock().unwrap().len(), 4);
}

#[tokio::test]
async fn a_file_that_fails_is_read_again_and_then_nothing_is_made() {
    let twice = files(&[]);
    twice.failures.store(2, Ordering::Relaxed);
    assert!(read(&twice, "ap-south-1").await.is_ok());
    let always = files(&[]);
    always.failures.store(100, Ordering::Relaxed);
    assert_eq!(
        read(&always, "ap-south-1").await.unwrap_err().to_string(),
        "`/offers/v1.0/aws/index.json` cannot be read: it is busy"
    );
    assert_eq!(always.opened.lock().unwrap().len(), ATTEMPTS);
    let broken = files(&[("AmazonRoute53/current/index.csv", &format!("{ZONES}!"))]);
    let error = read(&broken, "ap-south-1").await.unwrap_err();
    assert_eq!(error.to_string(), "`/offers/v1.0/aws/AmazonRoute53/current/index.csv` cannot be read: it broke");
}

#[tokio::test]
async fn unusable_files_are_refused() {
    let csv = "AmazonRoute53/current/index.csv";
    let index = |path: &str| format!(r#"{{"offers": {{"AmazonRoute53": {{"currentVersionUrl": "{path}"}}}}}}"#);
    let long = format!("{ZONES}\"{}", "x".repeat(MAX_LINE_BYTES + 1));
    for (path, text, says) in [
        (csv, &ZONES[..ZONES.len() - 40], "cells, not 12"),
        (csv, KEYS, "it is the offer file of awskms"),
        (csv, "<html>Sign in</html>", "no header of columns"),
        (csv, "", "no header of columns"),
        (csv, &long, "a line is longer than 1 MiB"),
        ("index.json", "<html>", "it is not an index"),
        ("index.json", "{}", "missing field `offers`"),
        ("index.json", &index("https://elsewhere.example.com/a.json"), "is not the path of an offer file"),
        ("index.json", &index("/../../etc/passwd.json"), "is not the path of an offer file"),
        ("index.json", &index("//elsewhere.example.com/a.json"), "is not the path of an offer file"),
        ("index.json", &index("/offers/v1.0/a.zip"), "is not the path of an offer file"),
    ] {
        let error = read(&files(&[(path, text)]), "ap-south-1").await.unwrap_err().to_string();
        assert!(error.contains(says), "{path}: {error}");
    }
    let unknown = read(&files(&[]), "eu-wets-1").await.unwrap_err();
    let known = vec!["ap-south-1".to_owned()];
    assert_eq!(unknown, UpdateError::UnknownRegion { region: "eu-wets-1".to_owned(), known });
    // Columns of another spelling would silently cost every price.
    let renamed = files(&[
        (csv, &ZONES.replace("DNS Zone", "Zones of DNS")),
        ("awskms/20261118/ap-south-1/index.csv", &KEYS.replace("KMS-Keys", "KMS-Other")),
    ]);
    let error = read(&renamed, "ap-south-1").await.unwrap_err().to_string();
    assert!(error.contains("none of the prices that estimates need"), "{error}");
}
