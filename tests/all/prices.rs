//! Prices of the Price List and the fallbacks: tested with a served sandbox with faults, and with servers that violate the
//! protocol.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use serde_json::Value;

use super::support::{DEV, PROD, Server, User, approving_command, messages};

const TEMPLATE: &str = "\
Resources:
  Box: { Type: AWS::EC2::Instance, Properties: { InstanceType: t3.micro } }
  Gate: { Type: AWS::EC2::NatGateway, Properties: { SubnetId: subnet-1, ConnectivityType: private } }
  Data: { Type: AWS::S3::Bucket, Properties: { BucketName: data-dev } }
";

/// Creates a user of AWS whose endpoints are replaced.
fn user(endpoint: &str) -> User {
    let user = User::of_aws()
        .with("AWS_ENDPOINT_URL", endpoint)
        .with("AWS_ACCESS_KEY_ID", DEV)
        .with("AWS_SECRET_ACCESS_KEY", "any")
        .with("STAGEGATE_TEST_NOW", "2026-11-20T10:00:00Z");
    project(&user, "");
    user.write("t.yaml", TEMPLATE);
    user
}

fn project(user: &User, more: &str) {
    let text = format!(
        "version: 1\nproject: p\nenvironments:\n  dev: {{ account: \"{DEV}\", region: us-east-1 }}\n  \
         prod: {{ account: \"{PROD}\", region: us-east-1 }}\ntags: {{ values: {{ CostCenter: Engineering }} }}\n{more}"
    );
    user.write("stagegate.yaml", &text);
}

/// Serves a sandbox; the returned user owns its folder.
fn served(flags: &[&str]) -> (User, Server) {
    let owner = User::of_sandbox();
    let server = owner.serve_with(flags);
    (owner, server)
}

#[track_caller]
fn estimate(user: &User, flags: &[&str]) -> Value {
    let arguments: Vec<&str> = ["estimate", "-f", "t.yaml"].iter().chain(flags).copied().collect();
    user.json(&arguments, 0)
}

fn lines(document: &Value) -> Vec<&Value> {
    let resources = document["body"]["resources"].as_array().unwrap().iter();
    resources.flat_map(|resource| resource["lines"].as_array().unwrap()).collect()
}

/// Returns the distinct sources of all lines.
fn sources(document: &Value) -> Vec<&str> {
    let mut sources: Vec<&str> = lines(document).iter().map(|line| line["source"].as_str().unwrap()).collect();
    sources.sort_unstable();
    sources.dedup();
    sources
}

fn calls(document: &Value) -> u64 {
    document["api_calls"]["pricing.GetProducts"].as_u64().unwrap_or_default()
}

fn codes(document: &Value) -> Vec<&str> {
    let diagnostics = document["diagnostics"].as_array().unwrap().iter();
    diagnostics.map(|diagnostic| diagnostic["code"].as_str().unwrap()).collect()
}

/// Returns the files of cached responses.
fn kept(user: &User) -> Vec<PathBuf> {
    let folder = user.folder().parent().unwrap().join(".cache/stagegate/prices");
    let Ok(places) = std::fs::read_dir(folder) else { return Vec::new() };
    let files = places.flat_map(|place| std::fs::read_dir(place.unwrap().path()).unwrap());
    let mut files: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn prices_are_cached_for_half_an_hour() {
    let (_owner, server) = served(&[]);
    let user = user(&server.endpoint);
    let first = estimate(&user, &[]);
    assert_eq!((sources(&first), codes(&first)), (vec!["live"], vec![]));
    let questions = calls(&first);
    assert!(questions >= 4, "{}", first["api_calls"]);
    assert_eq!(first["api_calls"].as_object().unwrap().len(), 1, "only calls for prices");
    for line in lines(&first) {
        assert!(line["sku"].is_string() && line["age_seconds"].is_null(), "{line}");
        assert_eq!(line["confidence"], "high", "{line}");
    }
    assert_eq!(kept(&user).len() as u64, questions, "one file per request");

    let user = user.with("STAGEGATE_TEST_NOW", "2026-11-20T10:12:00Z");
    let second = estimate(&user, &[]);
    assert_eq!((sources(&second), calls(&second)), (vec!["cache"], 0));
    assert!(lines(&second).iter().all(|line| line["age_seconds"] == 720), "{second}");
    assert_eq!(second["body"]["total"], first["body"]["total"]);
    let shown = user.run(&["estimate", "-f", "t.yaml"]).expect(0);
    assert!(shown.stdout.contains("Prices: cache 12m; upper estimate"), "{shown}");
    let again = estimate(&user, &["--refresh"]);
    assert_eq!((sources(&again), calls(&again)), (vec!["live"], questions));

    let later = user.with("STAGEGATE_TEST_NOW", "2026-11-20T10:42:00Z");
    let third = estimate(&later, &[]);
    assert_eq!((sources(&third), calls(&third)), (vec!["live"], questions));
}

#[test]
fn offline_makes_no_call_and_an_old_cached_price_requires_an_approval() {
    let (_owner, server) = served(&[]);
    let user = user(&server.endpoint);
    let nothing_kept = estimate(&user, &["--offline"]);
    assert_eq!(sources(&nothing_kept), ["snapshot"]);
    assert_eq!((&nothing_kept["api_calls"], codes(&nothing_kept)), (&Value::Object(Default::default()), vec![]));
    user.write("t.yaml", "Resources:\n  Data: { Type: AWS::S3::Bucket, Properties: { BucketName: data-dev } }\n");
    estimate(&user, &[]);
    let later = user.with("STAGEGATE_TEST_NOW", "2026-11-20T13:00:00Z").with("STAGEGATE_OFFLINE", "1");
    let old = estimate(&later, &[]);
    assert_eq!((sources(&old), calls(&old)), (vec!["cache"], 0));
    assert!(lines(&old).iter().all(|line| line["age_seconds"] == 3 * 3600), "{old}");
    assert_eq!(old["body"]["verdict"], "approval_required");
    assert!(old["body"]["reasons"].to_string().contains("up to 3h old"), "{}", old["body"]["reasons"]);
    later.json(&["estimate", "-f", "t.yaml", "--gate"], 3);
    // Commands that require AWS report an error.
    let refused = later.json(&["create", "-f", "t.yaml"], 64);
    assert!(messages(&refused).contains("--offline allows no AWS calls"), "{}", messages(&refused));
    // The sandbox may be used, but not for prices.
    let embedded = later.json(&["create", "-f", "t.yaml", "--sandbox=box", "--plan-only"], 3);
    assert_eq!(
        (&embedded["body"]["plan"]["estimate"]["resources"][0]["lines"][0]["source"], calls(&embedded)),
        (&Value::from("snapshot"), 0)
    );
}

#[test]
fn an_estimate_succeeds_if_the_price_list_fails() {
    // A throttled call is retried a few times; no other call follows.
    for (flags, says, questions) in [
        (["--fail", "GetProducts=ThrottlingException"], "throttled", 5),
        (["--fail", "GetProducts=AccessDeniedException"], "pricing:GetProducts is denied", 1),
        (["--fail", "GetProducts=UnrecognizedClientException"], "credentials", 1),
        (["--fail", "GetProducts=lost"], "GetProducts failed", 1),
        (["--latency", "GetProducts=30s"], "did not respond within 4 s", 1),
    ] {
        let (_owner, server) = served(&flags);
        let document = estimate(&user(&server.endpoint), &[]);
        assert_eq!((sources(&document), codes(&document)), (vec!["snapshot"], vec!["prices-offline"]), "{flags:?}");
        // On a slow machine, the time limit may be reached before the last retry.
        let said = messages(&document);
        assert!(said.contains(says) || (questions > 1 && said.contains("within 4 s")), "{flags:?}: {said}");
        assert!((1..=questions).contains(&calls(&document)), "{flags:?}: no call after the first failure");
    }
}

/// A server that responds to each request with the same bytes and then closes the connection.
pub struct Broken {
    pub endpoint: String,
    /// The headers of the requests so far.
    pub heads: Arc<Mutex<Vec<String>>>,
}

impl Broken {
    /// Starts a server. Without bytes, it never responds.
    pub fn start(bytes: Option<Vec<u8>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let heads: Arc<Mutex<Vec<String>>> = Arc::default();
        let seen = Arc::clone(&heads);
        // Ends with the process of the test.
        std::thread::spawn(move || {
            let mut silent = Vec::new();
            for stream in listener.incoming().flatten() {
                let (head, _) = read_request(&stream);
                seen.lock().unwrap().push(head);
                match &bytes {
                    Some(bytes) => drop((&stream).write_all(bytes)),
                    None => silent.push(stream),
                }
            }
        });
        Self { endpoint, heads }
    }

    /// Starts a server that responds with this body.
    pub fn answer(status: &str, body: &str) -> Self {
        let length = body.len();
        let text = format!(
            "HTTP/1.1 {status}\r\ncontent-type: application/x-amz-json-1.1\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        Self::start(Some(text.into_bytes()))
    }
}

/// Reads a request: its headers and its body.
pub fn read_request(stream: &TcpStream) -> (String, Vec<u8>) {
    let mut reader = BufReader::new(stream);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or_default() == 0 || line == "\r\n" {
            break;
        }
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or_default();
        }
        head.push_str(&line);
    }
    let mut body = vec![0; length];
    let _ = reader.read_exact(&mut body);
    (head, body)
}

#[test]
fn an_estimate_succeeds_if_the_response_is_invalid() {
    let half = b"HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.1\r\ncontent-length: 5000\r\n\r\n{\"FormatV";
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let servers = [
        ("nonsense", Broken::start(Some(b"\x00\xff what?\r\n\r\n".to_vec()))),
        ("an HTML page", Broken::answer("502 Bad Gateway", "<html><body>Bad Gateway</body></html>")),
        ("an HTML page as an answer", Broken::answer("200 OK", "<html></html>")),
        ("half a body", Broken::start(Some(half.to_vec()))),
        ("nothing", Broken::start(Some(Vec::new()))),
        ("silence", Broken::start(None)),
        ("nobody", Broken { endpoint: format!("http://{closed}"), heads: Arc::default() }),
    ];
    for (what, server) in &servers {
        // Only prices come from there: nothing else of an estimate asks anybody.
        let user = user("http://127.0.0.1:1").with("AWS_ENDPOINT_URL_PRICING", &server.endpoint);
        let document = estimate(&user, &[]);
        assert_eq!((sources(&document), codes(&document)), (vec!["snapshot"], vec!["prices-offline"]), "{what}");
        assert_eq!(calls(&document), 1, "{what}");
        assert_eq!(kept(&user), Vec::<PathBuf>::new(), "{what}");
    }
    let asked = servers[1].1.heads.lock().unwrap().clone();
    assert!(asked.len() > 1 && asked[0].contains("/us-east-1/pricing/aws4_request"), "{asked:?}");
}

#[test]
fn a_response_without_the_price_affects_only_that_price() {
    let bodies = [
        (r#"{"FormatVersion":"aws_v1","PriceList":[]}"#, "no matching product"),
        (r#"{"FormatVersion":"aws_v1","PriceList":["<html>"]}"#, "malformed"),
        (r#"{"FormatVersion":"aws_v1","PriceList":["{}"]}"#, "has no attributes"),
    ];
    for (body, says) in bodies {
        let server = Broken::answer("200 OK", body);
        let user = user("http://127.0.0.1:1").with("AWS_ENDPOINT_URL_PRICING", &server.endpoint);
        let document = estimate(&user, &[]);
        assert_eq!(sources(&document), ["snapshot"]);
        let codes = codes(&document);
        assert!(!codes.is_empty() && codes.iter().all(|code| *code == "price-not-matched"), "{codes:?}");
        assert!(calls(&document) > 3, "the other prices are queried as well");
        assert!(messages(&document).contains(says), "{}", messages(&document));
        assert_eq!(kept(&user), Vec::<PathBuf>::new());
    }
}

#[test]
fn the_pricing_region_is_the_project_s() {
    let server = Broken::answer("200 OK", r#"{"PriceList":[]}"#);
    let user = user("http://127.0.0.1:1").with("AWS_ENDPOINT_URL_PRICING", &server.endpoint);
    project(&user, "cost: { pricing_region: eu-central-1 }\n");
    estimate(&user, &[]);
    let heads = server.heads.lock().unwrap().clone();
    assert!(!heads.is_empty() && heads.iter().all(|head| head.contains("/eu-central-1/pricing/")), "{heads:?}");
    project(&user, "cost: { pricing_region: eu-centra-1 }\n");
    let refused = user.json(&["estimate", "-f", "t.yaml"], 64);
    assert!(messages(&refused).contains("did you mean `eu-central-1`"), "{}", messages(&refused));
}

#[test]
fn missing_credentials_are_a_warning() {
    let bare = User::of_aws();
    project(&bare, "");
    bare.write("t.yaml", TEMPLATE);
    let document = estimate(&bare, &[]);
    assert_eq!((sources(&document), codes(&document)), (vec!["snapshot"], vec!["prices-offline"]));
    assert!(messages(&document).contains("stagegate context --env dev"), "{}", messages(&document));

    let profile = |profile: &str, file: &str| {
        let text = format!(
            "version: 1\nproject: p\nenvironments:\n  dev: {{ profile: {profile}, account: \"{DEV}\", region: us-east-1 }}\n"
        );
        bare.write("stagegate.yaml", &text);
        bare.write("aws-config", file);
        let document = estimate(&bare, &[]);
        assert_eq!((sources(&document), codes(&document)), (vec!["snapshot"], vec!["prices-offline"]), "{profile}");
        messages(&document)
    };
    assert!(profile("nowhere", "").contains("nowhere"));
    // A program that never gives any, and a session that has ended.
    let slow = profile("slow", "[profile slow]\ncredential_process = sleep 60\n");
    assert!(slow.contains("did not respond within 4 s"), "{slow}");
    let session = "[profile sso]\nsso_session = s\nsso_account_id = 111111111111\nsso_role_name = r\n\
                   [sso-session s]\nsso_region = us-east-1\nsso_start_url = https://example.invalid/start\n";
    let ended = profile("sso", session);
    assert!(ended.contains("aws sso login --profile sso"), "{ended}");
}

#[test]
fn corrupted_and_foreign_cached_responses_are_ignored() {
    let (_owner, server) = served(&[]);
    let user = user(&server.endpoint);
    let questions = calls(&estimate(&user, &[]));
    let files = kept(&user);
    let whole: Vec<Vec<u8>> = files.iter().map(|file| std::fs::read(file).unwrap()).collect();
    let damaged = |damage: &str, bytes: &[u8]| match damage {
        "empty" => Vec::new(),
        "truncated" => bytes[..bytes.len() / 2].to_vec(),
        "binary" => b"\xff\xfe[]".to_vec(),
        // Whole, young, and another region's.
        _ => String::from_utf8_lossy(bytes).replace("us-east-1", "eu-west-1").into_bytes(),
    };
    for damage in ["empty", "truncated", "binary", "foreign"] {
        for (file, bytes) in files.iter().zip(&whole) {
            std::fs::write(file, damaged(damage, bytes)).unwrap();
        }
        let offline = estimate(&user, &["--offline"]);
        assert_eq!(sources(&offline), ["snapshot"]);
        let document = estimate(&user, &[]);
        assert_eq!((sources(&document), calls(&document)), (vec!["live"], questions));
    }
    // A folder in a file's place: nothing can be kept there, and nothing is lost.
    std::fs::remove_file(&files[0]).unwrap();
    std::fs::create_dir(&files[0]).unwrap();
    assert_eq!(sources(&estimate(&user, &["--refresh"])), ["live"]);
}

#[test]
fn concurrent_processes_write_complete_files() {
    let (_owner, server) = served(&[]);
    let user = user(&server.endpoint);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..3 {
                    let document = estimate(&user, &["--refresh"]);
                    assert_eq!(sources(&document), ["live"]);
                }
            });
        }
    });
    let after = estimate(&user, &[]);
    assert_eq!((sources(&after), calls(&after)), (vec!["cache"], 0));
    assert!(kept(&user).iter().all(|file| file.extension().is_some_and(|end| end == "json")), "{:?}", kept(&user));
}

#[test]
fn prices_of_the_sandbox_are_not_cached_and_those_of_other_endpoints_are_separate() {
    let (_owner, server) = served(&[]);
    let user = user(&server.endpoint);
    let embedded = estimate(&user, &["--sandbox=box"]);
    assert_eq!((sources(&embedded), kept(&user)), (vec!["live"], vec![]), "responses of the sandbox are not cached");
    let questions = calls(&estimate(&user, &[]));
    let place = kept(&user)[0].parent().unwrap().file_name().unwrap().to_string_lossy().into_owned();
    assert!(place.starts_with("endpoint-"), "{place}");
    let (_other_owner, other) = served(&[]);
    let elsewhere = user.with("AWS_ENDPOINT_URL", &other.endpoint);
    let document = estimate(&elsewhere, &[]);
    assert_eq!((sources(&document), calls(&document)), (vec!["live"], questions));
    assert_eq!(kept(&elsewhere).len() as u64, 2 * questions);
}

#[test]
fn an_approval_remains_valid_without_the_price_list_if_the_prices_are_the_same() {
    let (_owner, server) = served(&[]);
    let gateway = "Resources:\n  Gate: { Type: AWS::EC2::NatGateway, Properties: { SubnetId: subnet-1, ConnectivityType: private } }\n";
    let plan = |user: &User| {
        user.write("t.yaml", gateway);
        let plan = user.json(&["create", "-f", "t.yaml"], 3);
        (plan["body"]["plan"]["digest"].as_str().unwrap().to_owned(), approving_command(&plan).to_owned(), plan)
    };
    let source = |plan: &Value| {
        plan["body"]["plan"]["estimate"]["resources"][0]["lines"][0]["source"].as_str().unwrap().to_owned()
    };
    let user = user(&server.endpoint);
    let (digest, command, shown) = plan(&user);
    assert_eq!(source(&shown), "live");
    assert_eq!(plan(&user).0, digest, "a cached price is the same price");

    // The kept answer says another price than the embedded one: that plan is not this one.
    let files = kept(&user);
    for file in &files {
        let text = std::fs::read_to_string(file).unwrap();
        assert!(text.contains("0.0450000000"));
        std::fs::write(file, text.replace("0.0450000000", "0.0460000000")).unwrap();
    }
    let (dearer, dearer_command, shown) = plan(&user);
    assert_eq!(source(&shown), "cache");
    assert_ne!(dearer, digest);

    // No Price List, and nothing kept.
    files.iter().for_each(|file| std::fs::remove_file(file).unwrap());
    let user = user.with("AWS_ENDPOINT_URL_PRICING", "http://127.0.0.1:1");
    let refused = user.paste(&dearer_command).expect(4).document();
    let said = messages(&refused);
    assert!(said.contains("nat.hour@us-east-1") && said.contains("0.046") && said.contains("0.045"), "{said}");
    let applied = user.paste(&command).expect(0).document();
    assert_eq!(source(&applied), "snapshot");
    assert_eq!(applied["body"]["applied"].as_array().unwrap().len(), 1, "{applied}");
    assert!(codes(&applied).contains(&"prices-offline"), "{:?}", codes(&applied));
}

#[test]
fn the_margin_of_an_embedded_price_requires_an_approval_of_the_same_plan() {
    let (_owner, server) = served(&[]);
    let user = user(&server.endpoint);
    let environments = format!(
        "version: 1\nproject: p\nenvironments:\n  dev: {{ account: \"{DEV}\", region: us-east-1 }}\n  \
         prod: {{ account: \"{PROD}\", region: us-east-1, allow_create: true }}\ntags: {{ values: {{ CostCenter: Engineering }} }}\n"
    );
    user.write("stagegate.yaml", &environments);
    let secrets: Vec<String> = (0..24)
        .map(|number| {
            format!("  S{number}: {{ Type: AWS::SecretsManager::Secret, Properties: {{ Name: s{number} }} }}\n")
        })
        .collect();
    user.write("t.yaml", &format!("Resources:\n{}", secrets.concat()));
    let live = estimate(&user, &["--gate"]);
    let total = &live["body"]["total"];
    assert_eq!((total["high"].as_str(), &live["body"]["verdict"]), (Some("9.72"), &Value::from("auto_approved")));
    // The same price without the Price List's word for it.
    let asked = user.json(&["estimate", "-f", "t.yaml", "--gate", "--sandbox=box", "--offline"], 3);
    assert_eq!(asked["body"]["total"]["high"], "10.21");
    assert_eq!(asked["body"]["total"]["expected"], total["expected"]);

    // In a protected environment both plans are approved, and they are one plan.
    let user = user.with("AWS_ACCESS_KEY_ID", PROD);
    let create = |user: &User| {
        let plan = user.json(&["create", "-f", "t.yaml", "--env", "prod", "--plan-only"], 3);
        let kinds: Vec<String> = plan["body"]["plan"]["approvals_required"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["kind"].as_str().unwrap().to_owned())
            .collect();
        (plan["body"]["plan"]["digest"].as_str().unwrap().to_owned(), kinds)
    };
    let (digest, kinds) = create(&user);
    assert!(!kinds.contains(&"cost".to_owned()), "{kinds:?}");
    kept(&user).iter().for_each(|file| std::fs::remove_file(file).unwrap());
    let (again, kinds) = create(&user.with("AWS_ENDPOINT_URL_PRICING", "http://127.0.0.1:1"));
    assert!(kinds.contains(&"cost".to_owned()), "{kinds:?}");
    assert_eq!(digest, again);
}
