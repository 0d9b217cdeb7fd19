//! S3: ListBuckets. Everything else of a bucket goes through Cloud Control.

use serde_json::{Value, json};

use super::model::random;
use super::services::Call;
use super::store::Tables;
use super::wire::ApiError;

/// The most buckets of a page.
const MAX_PAGE: usize = 10_000;

/// Handles one call.
pub(super) fn answer(call: &Call<'_>, tables: &Tables<'_>) -> Result<Value, ApiError> {
    match call.operation {
        "ListBuckets" => list(call, tables),
        _ => Err(ApiError::unknown_operation()),
    }
}

/// The buckets of every Region, by name. The response names their Regions only if the request has a parameter.
fn list(call: &Call<'_>, tables: &Tables<'_>) -> Result<Value, ApiError> {
    let invalid = |what: &str| ApiError::new("InvalidArgument", format!("{what} is not valid."));
    let limit = match call.text("max-buckets").map(str::parse::<usize>) {
        None => MAX_PAGE,
        Some(Ok(number @ 1..=MAX_PAGE)) => number,
        Some(_) => return Err(invalid("max-buckets")),
    };
    let after = match call.text("continuation-token") {
        None => String::new(),
        Some(token) => random::text_of_hex(token).ok_or_else(|| invalid("The continuation token"))?,
    };
    let (prefix, region) = (call.text("prefix").unwrap_or_default(), call.text("bucket-region"));
    let names_regions = ["max-buckets", "continuation-token", "prefix", "bucket-region"]
        .iter()
        .any(|parameter| call.text(parameter).is_some());
    let mut buckets: Vec<Value> = Vec::new();
    let (mut last, mut is_more) = (String::new(), false);
    tables.each_of_type::<ApiError>(&call.caller.account, None, "AWS::S3::Bucket", &after, |name, properties| {
        let model: Value = serde_json::from_str(&properties).unwrap_or_default();
        let home = region_of(&name, &model);
        if !name.starts_with(prefix) || region.is_some_and(|wanted| home != Some(wanted)) {
            return Ok(true);
        }
        if buckets.len() == limit {
            is_more = true;
            return Ok(false);
        }
        let mut bucket = json!({"Name": name, "CreationDate": "2026-01-01T00:00:00.000Z"});
        if names_regions {
            bucket["BucketRegion"] = json!(home);
        }
        last.clone_from(&name);
        buckets.push(bucket);
        Ok(true)
    })?;
    let mut output = json!({"Owner": {"ID": call.caller.account}, "Buckets": buckets});
    if is_more {
        output["ContinuationToken"] = json!(random::hex_of(last.as_bytes()));
    }
    Ok(output)
}

/// The Region of a bucket, from its regional host name.
fn region_of<'m>(name: &str, model: &'m Value) -> Option<&'m str> {
    let host = model.get("RegionalDomainName")?.as_str()?.strip_prefix(name)?.strip_prefix(".s3.")?;
    host.split('.').next()
}
