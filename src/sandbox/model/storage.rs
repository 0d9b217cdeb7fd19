//! Amazon S3.

use serde_json::json;

use super::{Draft, Exact, HandlerFailure};

pub(super) fn exact(resource: &str) -> Option<Exact> {
    match resource {
        "Bucket" => Some(bucket),
        _ => None,
    }
}

/// The regions whose website endpoints are written with a hyphen before the region.
const HYPHENATED_WEBSITES: [&str; 8] = [
    "ap-northeast-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "eu-west-1",
    "sa-east-1",
    "us-east-1",
    "us-west-1",
    "us-west-2",
];

fn bucket(draft: &mut Draft<'_>) -> Result<(), HandlerFailure> {
    let name = draft.name("BucketName", "");
    if !is_valid_name(&name) {
        return Err(HandlerFailure::new("InvalidRequest", format!("The specified bucket is not valid: {name}")));
    }
    let (region, domain) = (draft.place.region, draft.domain());
    let separator = if HYPHENATED_WEBSITES.contains(&region) { '-' } else { '.' };
    let arn = format!("arn:{}:s3:::{name}", super::partition(region));
    draft.set("Arn", arn);
    draft.set("DomainName", format!("{name}.s3.{domain}"));
    draft.set("RegionalDomainName", format!("{name}.s3.{region}.{domain}"));
    draft.set("DualStackDomainName", format!("{name}.s3.dualstack.{region}.{domain}"));
    draft.set("WebsiteURL", format!("http://{name}.s3-website{separator}{region}.{domain}"));
    draft.defaults([
        ("AbacStatus", json!("Disabled")),
        (
            "BucketEncryption",
            json!({"ServerSideEncryptionConfiguration": [
                {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}},
            ]}),
        ),
        ("OwnershipControls", json!({"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]})),
        (
            "PublicAccessBlockConfiguration",
            json!({
                "BlockPublicAcls": true,
                "BlockPublicPolicy": true,
                "IgnorePublicAcls": true,
                "RestrictPublicBuckets": true,
            }),
        ),
    ]);
    let rules = draft
        .model
        .get_mut("BucketEncryption")
        .and_then(|encryption| encryption["ServerSideEncryptionConfiguration"].as_array_mut());
    for rule in rules.into_iter().flatten().filter_map(|rule| rule.as_object_mut()) {
        rule.entry("BucketKeyEnabled").or_insert(json!(false));
        // New buckets reject customer-provided keys (SSE-C).
        rule.entry("BlockedEncryptionTypes").or_insert(json!({"EncryptionType": ["SSE-C"]}));
    }
    Ok(())
}

/// The naming rules of general purpose buckets that the schema's pattern does not cover.
fn is_valid_name(name: &str) -> bool {
    let is_inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-".contains(&byte);
    let is_end = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    let is_address = name.split('.').count() == 4 && name.split('.').all(|part| part.parse::<u8>().is_ok());
    (3..=63).contains(&name.len())
        && name.bytes().all(is_inner)
        && is_end(name.bytes().next())
        && is_end(name.bytes().last())
        && !name.contains("..")
        && !name.starts_with("xn--")
        && !is_address
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::super::tests::built;
    use super::*;

    #[test]
    fn a_bucket_has_its_addresses_and_defaults() {
        let bucket = built("AWS::S3::Bucket", &json!({"BucketName": "logs-dev"})).properties;
        assert_eq!(bucket["Arn"], "arn:aws:s3:::logs-dev");
        assert_eq!(bucket["RegionalDomainName"], "logs-dev.s3.us-east-1.amazonaws.com");
        assert_eq!(bucket["DualStackDomainName"], "logs-dev.s3.dualstack.us-east-1.amazonaws.com");
        assert_eq!(bucket["WebsiteURL"], "http://logs-dev.s3-website-us-east-1.amazonaws.com");
        assert_eq!(bucket["PublicAccessBlockConfiguration"]["BlockPublicAcls"], true);
        let rule = &bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"][0];
        assert_eq!(rule["BucketKeyEnabled"], false);
    }

    #[test]
    fn names_follow_the_rules() {
        for good in ["abc", "a.b-c", "0a0"] {
            assert!(is_valid_name(good), "{good}");
        }
        for bad in ["ab", "Abc", "a..b", "-abc", "abc-", "192.168.0.1", "a_b", "xn--abc"] {
            assert!(!is_valid_name(bad), "{bad}");
        }
    }
}
