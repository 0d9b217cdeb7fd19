//! `prices`: price books from a server and from a folder, and estimates that use them.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use serde_json::Value;

use super::price_list_server::{File, PriceListServer, REGION, offer};
use super::support::{User, messages};

const TEMPLATE: &str = "\
Resources:
  Large: { Type: AWS::EC2::Instance, Properties: { InstanceType: x9.24xlarge, BlockDeviceMappings: [ { DeviceName: /dev/xvda, VirtualName: ephemeral0 } ] } }
  Gate: { Type: AWS::EC2::NatGateway, Properties: { SubnetId: subnet-1, ConnectivityType: private } }
  Zone: { Type: AWS::Route53::HostedZone, Properties: { Name: example.com } }
";

/// Seconds of 31 days.
const OLD: u64 = 31 * 24 * 60 * 60;

fn user() -> User {
    let user = User::of_aws().with("STAGEGATE_TEST_NOW", "2026-11-20T10:00:00Z");
    user.write("t.yaml", TEMPLATE);
    user
}

fn update(user: &User, source: &str, code: i32) -> Value {
    user.json(&["prices", "update", "--region", REGION, "--from", source], code)
}

/// Estimates offline in a Region that has no embedded prices.
fn estimate(user: &User) -> Value {
    user.json(&["estimate", "-f", "t.yaml", "--region", REGION, "--offline"], 0)
}

fn folder(user: &User) -> PathBuf {
    user.folder().parent().unwrap().join(".cache/stagegate/price-book")
}

fn book(user: &User) -> PathBuf {
    folder(user).join(format!("{REGION}.json"))
}

fn codes(document: &Value) -> Vec<&str> {
    let diagnostics = document["diagnostics"].as_array().unwrap().iter();
    diagnostics.map(|diagnostic| diagnostic["code"].as_str().unwrap()).collect()
}

fn sources(document: &Value) -> Vec<String> {
    let resources = document["body"]["resources"].as_array().unwrap().iter();
    let lines = resources.flat_map(|resource| resource["lines"].as_array().unwrap());
    lines.map(|line| format!("{} {}", line["source"].as_str().unwrap(), line["unit_price"].as_str().unwrap())).collect()
}

#[test]
fn an_instance_type_that_only_the_book_knows_is_priced_offline() {
    let (server, user) = (PriceListServer::start(), user());
    let before = estimate(&user);
    assert_eq!(codes(&before).iter().filter(|code| **code == "region-without-prices").count(), 1, "{before}");
    assert_eq!(before["body"]["total"]["unknown_count"], 2);
    assert_eq!(sources(&before), ["snapshot 0.5", "snapshot 0.0000004"], "the global price");

    let updated = update(&user, &server.url, 0);
    assert_eq!(
        (&updated["body"]["updated"], &updated["api_calls"]),
        (&serde_json::json!([REGION]), &serde_json::json!({}))
    );
    let after = estimate(&user);
    assert_eq!(sources(&after), ["book 0.5", "book 0.045", "book 0.045", "book 0.5", "book 0.0000004"]);
    // 730 × 0.50, 730 × 0.045, 10 GB at 0.045, one zone for 0.50 and a million queries for 0.40.
    assert_eq!(after["body"]["total"]["expected"], "399.20");
    assert!(!codes(&after).contains(&"region-without-prices"), "{after}");
    let line = &after["body"]["resources"][0]["lines"][0];
    assert_eq!(
        (&line["as_of"], &line["age_seconds"], &line["sku"]),
        (&"2026-11-17".into(), &0.into(), &"SKUX9".into())
    );
    let shown = user.run(&["estimate", "-f", "t.yaml", "--region", REGION, "--offline"]).expect(0);
    assert!(shown.stdout.contains("Prices: price book 0s"), "{shown}");
    // In a Region without a book the embedded prices remain.
    let elsewhere = user.json(&["estimate", "-f", "t.yaml", "--region", "eu-west-1", "--offline"], 0);
    assert_eq!(sources(&elsewhere)[0], "snapshot 0.048");
    // The sandbox does not depend on the user's files.
    let sandbox = user.json(&["estimate", "-f", "t.yaml", "--region", REGION, "--offline", "--sandbox=box"], 0);
    assert_eq!(sources(&sandbox), ["snapshot 0.5", "snapshot 0.0000004"]);
}

#[test]
fn what_has_no_embedded_price_is_priced_from_the_book() {
    let (server, user) = (PriceListServer::start(), user());
    user.write(
        "t.yaml",
        "Resources:\n  Db: { Type: AWS::RDS::DBInstance, Properties: { Engine: SQLServer-SE, DBInstanceClass: db.m5.large, LicenseModel: license-included, AllocatedStorage: '100', StorageType: gp2, BackupRetentionPeriod: 0 } }\n  \
         Box: { Type: AWS::EC2::Instance, Properties: { InstanceType: x9.24xlarge, ImageId: '{{resolve:ssm:/aws/service/ami-windows-latest/Windows_Server-2022-English-Full-Base}}', BlockDeviceMappings: [ { DeviceName: /dev/xvda, VirtualName: ephemeral0 } ] } }\n",
    );
    let before = estimate(&user);
    assert_eq!(before["body"]["total"]["unknown_count"], 2, "{before}");
    update(&user, &server.url, 0);
    let after = estimate(&user);
    assert_eq!(after["body"]["total"]["unknown_count"], 0, "{after}");
    // 730 × 0.75 and 100 × 0.115 of the database, and 730 × 0.50 of the Windows instance.
    assert_eq!(after["body"]["total"]["expected"], "924.00");
    let described = after["body"]["resources"].to_string();
    assert!(described.contains("SQL Server Standard") && described.contains("x9.24xlarge Windows"), "{described}");
}

#[test]
fn the_status_says_what_the_book_has() {
    let (server, user) = (PriceListServer::start(), user());
    let none = user.json(&["prices", "status"], 0);
    assert_eq!(
        (none["body"]["books"].as_array().unwrap().len(), &none["next"][0]["command"]),
        (0, &"stagegate prices update".into())
    );
    update(&user, &server.url, 0);
    let later = user.with("STAGEGATE_TEST_NOW", "2026-11-22T10:00:00Z");
    let status = later.json(&["prices", "status"], 0);
    let book = &status["body"]["books"][0];
    assert_eq!(
        (&book["region"], &book["age_seconds"], &book["is_stale"]),
        (&REGION.into(), &172_800.into(), &false.into())
    );
    assert_eq!(book["source"], server.url.as_str());
    // Every product of the cost model that one product of a price list has, but those that are listed.
    let missing = book["missing"].as_array().unwrap();
    assert!(missing.len() <= 12, "{missing:?}");
    assert_eq!(book["covered"].as_u64().unwrap() + missing.len() as u64, book["products"].as_u64().unwrap());
    assert!(book["covered"].as_u64().unwrap() > 180, "{book}");
    let services = book["services"].as_array().unwrap();
    assert!(services.len() > 40, "{services:?}");
    let shown = later.run(&["prices", "status"]).expect(0);
    assert!(shown.stdout.contains("ap-south-1: ") && shown.stdout.contains("2d old"), "{shown}");
    assert!(shown.stdout.contains("AmazonEC2") && shown.stdout.contains("published 2026-11-17"), "{shown}");
}

#[test]
fn an_interrupted_or_wrong_download_changes_nothing() {
    let (server, user) = (PriceListServer::start(), user());
    let path = offer("AmazonRDS");
    let text = server.text(&path);
    server.set(&path, File::Cut(text.clone()));
    let failed = update(&user, &server.url, 1);
    assert_eq!(codes(&failed), ["price-files-unavailable", "no-project"]);
    assert!(!folder(&user).exists(), "nothing is stored");

    server.set(&path, File::Text(text.clone()));
    update(&user, &server.url, 0);
    let good = std::fs::read(book(&user)).unwrap();
    for (file, code, says) in [
        (File::Cut(text.clone()), "price-files-unavailable", "cannot be read"),
        (File::Status(503), "price-files-unavailable", "HTTP 503"),
        (File::Status(404), "price-files-unavailable", "HTTP 404"),
        (File::Text("<html><body>Sign in</body></html>".to_owned()), "price-files-invalid", "no header of columns"),
        (File::Text(text[..text.len() - 30].to_owned()), "price-files-invalid", "cells, not"),
        (File::Text(server.text(&offer("AmazonS3"))), "price-files-invalid", "it is the offer file of AmazonS3"),
        (File::Text(String::new()), "price-files-invalid", "no header of columns"),
    ] {
        server.set(&path, file);
        let failed = update(&user, &server.url, 1);
        assert_eq!(codes(&failed)[0], code, "{says}");
        assert!(messages(&failed).contains(says) && messages(&failed).contains("nothing was changed"), "{failed}");
        assert_eq!(std::fs::read(book(&user)).unwrap(), good, "{says}");
        assert_eq!(std::fs::read_dir(folder(&user)).unwrap().count(), 1, "no unfinished file stays");
    }
    // With two Regions, of which one does not exist, neither is stored.
    server.set(&path, File::Text(text));
    let unknown =
        user.json(&["prices", "update", "--region", REGION, "--region", "eu-wets-1", "--from", &server.url], 64);
    assert_eq!(codes(&unknown)[0], "price-region-unknown");
    assert_eq!(std::fs::read(book(&user)).unwrap(), good);
    assert_eq!(sources(&estimate(&user))[0], "book 0.5");
}

#[test]
fn a_damaged_book_is_not_used_and_is_replaced() {
    let (server, user) = (PriceListServer::start(), user());
    update(&user, &server.url, 0);
    let text = std::fs::read_to_string(book(&user)).unwrap();
    let cheaper = text.replacen("\"0:0.5\"", "\"0:0.1\"", 1);
    assert_ne!(cheaper, text);
    for damaged in [&text[..text.len() / 2], "", "{}", &cheaper, &text.replace(REGION, "eu-west-1")] {
        std::fs::write(book(&user), damaged).unwrap();
        assert_eq!(sources(&estimate(&user)), ["snapshot 0.5", "snapshot 0.0000004"], "{}", damaged.len());
        let status = user.json(&["prices", "status"], 0);
        assert_eq!(
            (&status["body"]["unusable"], codes(&status)[0]),
            (&serde_json::json!([REGION]), "price-book-unusable")
        );
    }
    update(&user, &server.url, 0);
    assert_eq!(std::fs::read_to_string(book(&user)).unwrap(), text);
    assert_eq!(sources(&estimate(&user))[0], "book 0.5");
}

#[test]
fn a_book_of_another_user_is_not_used() {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
    let (server, user) = (PriceListServer::start(), user());
    update(&user, &server.url, 0);
    let mode = |path: PathBuf| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(book(&user)), mode(folder(&user))), (0o600, 0o700));
    let other = std::fs::metadata(book(&user)).unwrap().uid() + 1;
    // Only root can give files away; others plant a link to a file that is not theirs.
    if chown(book(&user), Some(other), None).is_err() {
        std::fs::remove_file(book(&user)).unwrap();
        std::os::unix::fs::symlink("/etc/passwd", book(&user)).unwrap();
    }
    assert_eq!(sources(&estimate(&user)), ["snapshot 0.5", "snapshot 0.0000004"]);
    assert_eq!(codes(&user.json(&["prices", "status"], 0))[0], "price-book-unusable");
    if chown(folder(&user), Some(other), None).is_ok() {
        let failed = update(&user, &server.url, 1);
        assert_eq!(codes(&failed)[0], "price-book-unwritable");
        assert_eq!(sources(&estimate(&user)), ["snapshot 0.5", "snapshot 0.0000004"]);
    }
}

#[test]
fn a_book_that_cannot_be_stored_is_an_error() {
    let (server, user) = (PriceListServer::start(), user());
    // A file in place of the folder.
    std::fs::create_dir_all(folder(&user).parent().unwrap()).unwrap();
    std::fs::write(folder(&user), "").unwrap();
    let failed = update(&user, &server.url, 1);
    assert_eq!(codes(&failed)[0], "price-book-unwritable");
    assert!(failed["diagnostics"][0]["hint"].is_string(), "{failed}");
}

#[test]
fn an_old_book_is_used_and_requires_an_approval() {
    let (server, user) = (PriceListServer::start(), user());
    user.write("t.yaml", "Resources:\n  Zone: { Type: AWS::Route53::HostedZone, Properties: { Name: example.com } }\n");
    update(&user, &server.url, 0);
    let fresh = estimate(&user);
    assert_eq!(
        (&fresh["body"]["verdict"], sources(&fresh)),
        (&"auto_approved".into(), vec!["book 0.5".to_owned(), "book 0.0000004".to_owned()])
    );
    // The upper estimate has the margin of a price that is not live.
    assert_eq!(fresh["body"]["total"]["high"], "0.95");
    for (now, age, says) in
        [("2026-12-21T10:00:00Z", Value::from(OLD), "31d old"), ("2026-11-01T10:00:00Z", Value::Null, "of unknown age")]
    {
        let later = user.copy().with("STAGEGATE_TEST_NOW", now);
        let old = estimate(&later);
        assert_eq!(
            (&old["body"]["verdict"], sources(&old)),
            (&"approval_required".into(), vec!["book 0.5".to_owned(), "book 0.0000004".to_owned()])
        );
        assert_eq!(old["body"]["resources"][0]["lines"][0]["age_seconds"], age);
        assert!(old["body"]["reasons"].to_string().contains(says), "{}", old["body"]["reasons"]);
        let status = later.json(&["prices", "status"], 0);
        assert_eq!((codes(&status)[0], &status["body"]["books"][0]["is_stale"]), ("price-book-old", &true.into()));
    }
}

#[test]
fn a_folder_is_a_source_as_well() {
    let (server, user) = (PriceListServer::start(), user());
    let missing = update(&user, "mirror", 1);
    assert!(messages(&missing).contains("mirror/offers/v1.0/aws/index.json"), "{missing}");
    let write = |path: &str, text: &str| {
        let file = user.folder().join("mirror").join(path.trim_start_matches('/'));
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    };
    let mut index: Value = serde_json::from_str(&server.text("/offers/v1.0/aws/index.json")).unwrap();
    index["offers"].as_object_mut().unwrap().retain(|service, _| service == "AmazonEC2");
    write("/offers/v1.0/aws/index.json", &index.to_string());
    for path in ["/offers/v1.0/aws/AmazonEC2/current/region_index.json", &offer("AmazonEC2")] {
        write(path, &server.text(path));
    }
    let updated = user.json(&["prices", "update", "--region", REGION, "--from", "mirror", "--offline"], 0);
    assert_eq!(updated["body"]["books"][0]["services"].as_array().unwrap().len(), 1);
    assert_eq!(sources(&estimate(&user))[..2], ["book 0.5", "book 0.045"]);
}

#[test]
fn other_sources_are_refused() {
    let user = user();
    for (source, flags, code) in [
        (Some("http://mirror.example.com"), &[][..], "insecure-price-source"),
        (Some("ftp://mirror.example.com"), &[][..], "insecure-price-source"),
        (Some("http://127.0.0.1.example.com"), &[][..], "insecure-price-source"),
        (Some("http://user@127.0.0.1@example.com"), &[][..], "insecure-price-source"),
        (Some("https://mirror.example.com"), &["--offline"][..], "offline"),
        (None, &["--offline"][..], "offline"),
        (None, &["--sandbox=box"][..], "offline"),
    ] {
        let from = source.map(|source| ["--from", source]);
        let arguments: Vec<&str> =
            ["prices", "update"].into_iter().chain(from.into_iter().flatten()).chain(flags.iter().copied()).collect();
        let refused = user.json(&arguments, 64);
        assert_eq!(codes(&refused)[0], code, "{arguments:?}");
        assert!(!messages(&refused).contains("user@"), "{refused}");
    }
    let wrong = user.json(&["prices", "update", "--region", "../x", "--offline"], 64);
    assert_eq!(codes(&wrong)[0], "price-region-unknown");
}

#[test]
fn a_large_file_needs_little_memory() {
    let (server, user) = (PriceListServer::start(), user());
    server.set(&offer("AmazonEC2"), File::Rows(200_000));
    let peak = Arc::new(Mutex::new(0_u64));
    let arguments = ["prices", "update", "--region", REGION, "--from", &server.url];
    let code = user.run_with_id(&arguments, |id| {
        let peak = Arc::clone(&peak);
        std::thread::spawn(move || {
            while let Ok(status) = std::fs::read_to_string(format!("/proc/{id}/status")) {
                let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
                let Some(kilobytes) = line.and_then(|line| line.split_whitespace().next()?.parse().ok()) else { break };
                *peak.lock().unwrap() = kilobytes;
                std::thread::sleep(std::time::Duration::from_millis(20));
            }
        });
    });
    assert_eq!(code, Some(0));
    let peak = *peak.lock().unwrap();
    assert!(peak > 1_000 && peak < 200_000, "{peak} kB");
    let status = user.json(&["prices", "status"], 0);
    let services = status["body"]["books"][0]["services"].as_array().unwrap();
    let compute = services.iter().find(|one| one["service"] == "AmazonEC2").unwrap();
    assert!(compute["rows"].as_u64().unwrap() > 200_000, "{compute}");
    assert!(compute["prices"].as_u64().unwrap() > 1_000, "{compute}");
    assert_eq!(sources(&estimate(&user))[0], "book 0.5");
}
