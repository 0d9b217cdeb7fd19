//! Serves files of AWS's bulk Price List in its documented form: the index of the services, the index of the Regions of each
//! service, and offer files as CSV. The prices are those that are embedded, and those of instances that no version knows.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, OnceLock};

use stagegate::estimate::rows;

/// A Region that has no embedded prices.
pub const REGION: &str = "ap-south-1";

/// What is served for a path.
#[derive(Clone)]
pub enum File {
    /// A text, with its length.
    Text(String),
    /// A text whose connection ends before it is complete.
    Cut(String),
    /// An error.
    Status(u16),
    /// The offer file of EC2 with this many more rows, made while it is sent.
    Rows(usize),
}

/// A server on a local port.
pub struct PriceListServer {
    pub url: String,
    files: Arc<Mutex<BTreeMap<String, File>>>,
}

impl PriceListServer {
    /// Serves the files of a price list.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        static FILES: OnceLock<BTreeMap<String, File>> = OnceLock::new();
        let files = Arc::new(Mutex::new(FILES.get_or_init(files).clone()));
        let served = Arc::clone(&files);
        std::thread::spawn(move || {
            for connection in listener.incoming() {
                let served = Arc::clone(&served);
                std::thread::spawn(move || answer(&connection.unwrap(), &served));
            }
        });
        Self { url, files }
    }

    /// Replaces a file.
    pub fn set(&self, path: &str, file: File) {
        self.files.lock().unwrap().insert(path.to_owned(), file);
    }

    /// The text of a file.
    pub fn text(&self, path: &str) -> String {
        match &self.files.lock().unwrap()[path] {
            File::Text(text) => text.clone(),
            _ => panic!("{path} is no text"),
        }
    }
}

/// The path of the offer file of a service.
pub fn offer(service: &str) -> String {
    format!("/offers/v1.0/aws/{service}/20261117200102/{REGION}/index.csv")
}

fn answer(connection: &TcpStream, files: &Mutex<BTreeMap<String, File>>) {
    let mut reader = BufReader::new(connection.try_clone().unwrap());
    let mut writer = connection;
    loop {
        let mut first = String::new();
        if reader.read_line(&mut first).unwrap_or(0) == 0 {
            return;
        }
        let mut line = String::new();
        while reader.read_line(&mut line).unwrap_or(0) > 2 {
            line.clear();
        }
        let path = first.split(' ').nth(1).unwrap_or_default();
        let file = files.lock().unwrap().get(path).cloned().unwrap_or(File::Status(404));
        let sent = match file {
            File::Text(text) => {
                write!(writer, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{text}", text.len())
            }
            File::Cut(text) => {
                let half = &text[..text.len() / 2];
                let _ = write!(writer, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{half}", text.len());
                return;
            }
            File::Status(code) => write!(writer, "HTTP/1.1 {code} No\r\nContent-Length: 0\r\n\r\n"),
            File::Rows(count) => many_rows(writer, count),
        };
        if sent.is_err() {
            return;
        }
    }
}

/// Sends an offer file in chunks, without a length.
fn many_rows(mut writer: &TcpStream, count: usize) -> std::io::Result<()> {
    write!(writer, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")?;
    let mut chunk = |text: &str| write!(writer, "{:x}\r\n{text}\r\n", text.len());
    chunk(&offer_text("AmazonEC2", REGION))?;
    let systems = ["Linux", "Windows", "RHEL", "SUSE"];
    let tenancies = ["Shared", "Dedicated", "Host"];
    for block in 0..count.div_ceil(1000) {
        let mut text = String::new();
        for at in block * 1000..(block * 1000 + 1000).min(count) {
            // Reservations are most of the real file.
            let (system, tenancy) = (systems[at % 4], tenancies[at / 4 % 3]);
            let term = if at % 10 == 0 { "OnDemand" } else { "Reserved" };
            text.push_str(&instance(
                &format!("SKU{at:013}"),
                &format!("y{}.{}xlarge", at / 24, at % 24 + 1),
                system,
                tenancy,
                term,
            ));
        }
        chunk(&text)?;
    }
    write!(writer, "0\r\n\r\n")
}

/// How the files spell the attributes of the API.
const COLUMNS: &[(&str, &str)] = &[
    ("productFamily", "Product Family"),
    ("servicecode", "serviceCode"),
    ("locationType", "Location Type"),
    ("instanceType", "Instance Type"),
    ("tenancy", "Tenancy"),
    ("operatingSystem", "Operating System"),
    ("licenseModel", "License Model"),
    ("storageMedia", "Storage Media"),
    ("volumeType", "Volume Type"),
    ("group", "Group"),
    ("transferType", "Transfer Type"),
    ("fromLocation", "From Location"),
    ("toLocation", "To Location"),
    ("usagetype", "usageType"),
    ("operation", "operation"),
    ("capacitystatus", "CapacityStatus"),
    ("preInstalledSw", "Pre Installed S/W"),
    ("regionCode", "Region Code"),
    ("volumeApiName", "Volume API Name"),
    ("databaseEngine", "Database Engine"),
    ("databaseEdition", "Database Edition"),
    ("deploymentOption", "Deployment Option"),
    ("cacheEngine", "Cache Engine"),
    ("cacheMemorySizeGb", "Cache Memory Size GB"),
    ("queueType", "Queue Type"),
    ("alarmType", "Alarm Type"),
    ("storageType", "Storage Type"),
    ("eventType", "Event Type"),
    ("storageFamily", "Storage Family"),
    ("routingType", "Routing Type"),
];

/// The columns before those of the attributes.
const TERMS: &str = "\"SKU\",\"OfferTermCode\",\"RateCode\",\"TermType\",\"PriceDescription\",\"EffectiveDate\",\"StartingRange\",\"EndingRange\",\"Unit\",\"PricePerUnit\",\"Currency\",\"RelatedTo\",\"LeaseContractLength\",\"PurchaseOption\",\"OfferingClass\"";

fn header() -> String {
    let names: Vec<String> = COLUMNS.iter().map(|(_, name)| format!("\"{name}\"")).collect();
    // The columns of other services, which no price needs.
    format!("{TERMS},{},\"Clock Speed\",\"Intel AVX2 Available\",\"Max IOPS/volume\"\n", names.join(","))
}

/// One row: the term, a rate, and attributes.
fn row(sku: &str, term: &str, rate: (&str, &str, &str, &str), attributes: &BTreeMap<&str, &str>) -> String {
    let (begin, end, unit, price) = rate;
    let cells: Vec<String> = COLUMNS
        .iter()
        .map(|(name, _)| attributes.get(name).map(|value| format!("\"{value}\"")).unwrap_or_default())
        .collect();
    format!(
        "\"{sku}\",\"JRTCKXETXF\",\"{sku}.JRTCKXETXF.{begin}\",\"{term}\",\"${price} per {unit}, \"\"list\"\" price\",\"2026-11-01\",\"{begin}\",\"{end}\",\"{unit}\",\"{price}\",\"USD\",,,,,{},\"3.5 GHz\",,\"16,000\"\n",
        cells.join(",")
    )
}

fn instance(sku: &str, kind: &str, system: &str, tenancy: &str, term: &str) -> String {
    let usage = format!("APS3-BoxUsage:{kind}");
    let attributes = BTreeMap::from([
        ("productFamily", "Compute Instance"),
        ("servicecode", "AmazonEC2"),
        ("locationType", "AWS Region"),
        ("instanceType", kind),
        ("tenancy", tenancy),
        ("operatingSystem", system),
        ("licenseModel", "No License required"),
        ("usagetype", usage.as_str()),
        ("operation", "RunInstances"),
        ("capacitystatus", "Used"),
        ("preInstalledSw", "NA"),
        ("regionCode", REGION),
    ]);
    row(sku, term, ("0", "Inf", "Hrs", "0.5000000000"), &attributes)
}

/// The offer file of a service: its embedded prices of us-east-1 as if they were those of the Region, and odd rows.
fn offer_text(service: &str, region: &str) -> String {
    let mut text = format!(
        "\"FormatVersion\",\"v1.0\"\n\"Disclaimer\",\"This pricing list is for informational purposes only. All prices are subject to the additional terms included in the pricing pages on http://aws.amazon.com.\"\n\"Publication Date\",\"2026-11-17T20:01:02Z\"\n\"Version\",\"20261117200102\"\n\"OfferCode\",\"{service}\"\n{}",
        header()
    );
    let all: BTreeMap<&str, &str> =
        rows::prices().lines().filter_map(|line| Some((line.split(',').next()?, line))).collect();
    for (at, product) in rows::products().lines().enumerate() {
        let cells: Vec<&str> = product.split('\t').collect();
        let (key, scope, usage) = (cells[0], cells[1], cells[3]);
        let place = if scope == "R" { "us-east-1" } else { "global" };
        let Some(price) = all.get(format!("{key}@{place}").as_str()) else { continue };
        let price: Vec<&str> = price.split(',').collect();
        if price[1] != service {
            continue;
        }
        let usage = match usage {
            "" => String::new(),
            usage => format!("{}{}", if scope == "R" { "APS3-" } else { "" }, usage.replace('*', "x")),
        };
        let mut attributes: BTreeMap<&str, &str> = cells[4..].iter().filter_map(|cell| cell.split_once('=')).collect();
        attributes.extend([("servicecode", service), ("usagetype", &usage)]);
        if scope == "R" {
            attributes.insert("regionCode", region);
        }
        let sku = format!("SKU{service}{at}");
        let tiers: Vec<(&str, &str)> = price[3].split(';').filter_map(|tier| tier.split_once(':')).collect();
        for (step, (begin, amount)) in tiers.iter().enumerate() {
            let end = tiers.get(step + 1).map_or("Inf", |(next, _)| next);
            text.push_str(&row(&sku, "OnDemand", (begin, end, price[2], amount), &attributes));
        }
        text.push_str(&row(&sku, "Reserved", ("0", "Inf", price[2], "0.0000000001"), &attributes));
        if scope == "R" {
            attributes.insert("locationType", "AWS Local Zone");
            text.push_str(&row(&format!("{sku}L"), "OnDemand", ("0", "Inf", price[2], "99"), &attributes));
        }
    }
    for product in rows::offered().lines().filter(|line| line.split('\t').nth(1) == Some(service)) {
        let cells: Vec<&str> = product.split('\t').collect();
        let mut attributes: BTreeMap<&str, &str> = cells[4..].iter().filter_map(|cell| cell.split_once('=')).collect();
        let usage = format!("APS3-{}", cells[3]);
        attributes.extend([("servicecode", service), ("usagetype", usage.as_str())]);
        attributes.insert("regionCode", region);
        text.push_str(&row(cells[0], "OnDemand", ("0", "Inf", cells[2], "0.7500000000"), &attributes));
    }
    if service == "AmazonEC2" {
        text.push_str(&instance("SKUX9", "x9.24xlarge", "Linux", "Shared", "OnDemand"));
        text.push_str(&instance("SKUX9W", "x9.24xlarge", "Windows", "Shared", "OnDemand"));
    }
    text
}

fn files() -> BTreeMap<String, File> {
    let embedded = rows::prices().lines().filter_map(|line| line.split(',').nth(1));
    let offered = rows::offered().lines().filter_map(|line| line.split('\t').nth(1));
    let services: BTreeSet<&str> = embedded.chain(offered).collect();
    let mut files = BTreeMap::new();
    let mut offers = serde_json::Map::new();
    for service in services {
        let path = format!("/offers/v1.0/aws/{service}");
        offers.insert(
            service.to_owned(),
            serde_json::json!({
                "offerCode": service,
                "versionIndexUrl": format!("{path}/index.json"),
                "currentVersionUrl": format!("{path}/current/index.json"),
                "currentRegionIndexUrl": format!("{path}/current/region_index.json"),
            }),
        );
        let json = offer(service).replace(".csv", ".json");
        let regions = serde_json::json!({
            "formatVersion": "v1.0",
            "publicationDate": "2026-11-17T20:01:02Z",
            "regions": {REGION: {"regionCode": REGION, "currentVersionUrl": json}},
        });
        files.insert(format!("{path}/current/region_index.json"), File::Text(regions.to_string()));
        files.insert(offer(service), File::Text(offer_text(service, REGION)));
        files.insert(format!("{path}/current/index.csv"), File::Text(offer_text(service, REGION)));
    }
    let index = serde_json::json!({
        "formatVersion": "v1.0",
        "disclaimer": "…",
        "publicationDate": "2026-11-17T20:01:02Z",
        "offers": offers,
    });
    files.insert("/offers/v1.0/aws/index.json".to_owned(), File::Text(index.to_string()));
    files
}
