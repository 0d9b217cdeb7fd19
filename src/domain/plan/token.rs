//! Identifiers of requests and plans: Cloud Control's ClientToken, and the format of a plan's digest.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::Operation;
use super::redaction::redact;
use crate::domain::digest;
use crate::domain::project::AccountId;
use crate::schema::Registry;

/// `20261120T091226Z`: a time in a digest, in whole seconds.
pub fn compact_time(time: Timestamp) -> String {
    time.strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// The time in a digest, and the digest's hash part.
pub fn parse_digest(text: &str) -> Option<(Timestamp, &str)> {
    let (time, hash) = text.trim().split_once('-')?;
    let hex = hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    let civil = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", time).ok()?;
    let stamp = civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp();
    hex.then_some((stamp, hash))
}

/// Cloud Control's ClientToken for a request: a hash of account, region, type, target and body,
/// stagegate's own tags and write-only values left out, so that a retry after a crash is the same request to AWS.
pub fn client_token(
    registry: &Registry,
    account: &AccountId,
    region: &str,
    operation: Operation,
    type_name: &str,
    target: Option<&str>,
    body: &Value,
) -> String {
    // The token is written into a tag: it must not allow a password to be brute-forced.
    let public = redact(registry.get(type_name), body, &BTreeSet::new());
    let subject = json!([account.as_str(), region, operation.as_str(), type_name, target, public]);
    digest::of(&subject)
}
