//! The Resource Groups Tagging API for the resources created through Cloud Control.

mod change;
mod filter;

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::clock::Millis;
use super::model::{GLOBAL, random};
use super::services::Call;
use super::store::{Record, Tables, Tagged};
use super::tags::{self, Tags};
use super::types;
use super::wire::ApiError;

/// The region in which resources of global services are returned.
const GLOBAL_HOME: &str = "us-east-1";

pub(super) use change::replace_tags;

/// Handles one call.
pub(super) fn answer(call: &Call<'_>, tables: &Tables<'_>) -> Result<Value, ApiError> {
    match call.operation {
        "GetResources" => get_resources(call, tables),
        "TagResources" => change::tag(call, tables),
        "UntagResources" => change::untag(call, tables),
        "GetTagKeys" => get_tag_keys(call, tables),
        "GetTagValues" => get_tag_values(call, tables),
        _ => Err(ApiError::unknown_operation()),
    }
}

fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::new("InvalidParameterException", message)
}

/// True for types that the Tagging API supports. IAM roles, users and groups
/// have tags, but the Tagging API does not return them.
fn is_served(call: &Call<'_>, type_name: &str) -> bool {
    let hidden = &call.options.not_in_tagging_api;
    !matches!(type_name, "AWS::IAM::Role" | "AWS::IAM::User" | "AWS::IAM::Group")
        && !hidden.iter().any(|name| name == "*" || name == type_name)
}

/// True for types whose resources queries return. Auto Scaling groups can be tagged, but they are not returned.
fn is_returned(call: &Call<'_>, type_name: &str) -> bool {
    is_served(call, type_name) && type_name != "AWS::AutoScaling::AutoScalingGroup"
}

/// The current tags of a resource.
pub(super) fn present_tags(record: &Record) -> Tags {
    let Some(schema) = types::get(&record.key.type_name) else {
        return Tags::new();
    };
    if schema.tagging.beside_model {
        return tags::from_json(&record.side_tags);
    }
    let model: Value = serde_json::from_str(&record.properties).unwrap_or_default();
    tags::read(schema, &model)
}

/// The tags that a query returns: after a change it returns the earlier ones for a while. `None` while a
/// new resource is not visible yet.
pub(super) fn visible_tags(record: &Record, now: Millis, delay: Millis) -> Option<Tags> {
    if delay > 0 && now < record.tags_changed_at.saturating_add(delay) {
        record.tags_before.as_deref().map(tags::from_json)
    } else {
        Some(present_tags(record))
    }
}

/// Visits the resources that are visible to this caller, in ARN order after `after`, until `visit` stops.
fn each_visible(
    call: &Call<'_>,
    tables: &Tables<'_>,
    after: &str,
    mut visit: impl FnMut(&Record, &str, Tags) -> bool,
) -> Result<(), ApiError> {
    let region = call.caller.region.as_str();
    let other = if region == GLOBAL_HOME { GLOBAL } else { region };
    let delay = i64::try_from(call.options.tag_visibility_millis).unwrap_or(i64::MAX / 2);
    let scan = Tagged { account: &call.caller.account, regions: [region, other], after };
    tables.each_tagged::<ApiError>(&scan, |record| {
        let Some(arn) = record.arn.clone().filter(|_| is_returned(call, &record.key.type_name)) else {
            return Ok(true);
        };
        Ok(match visible_tags(&record, call.now, delay) {
            Some(tags) => visit(&record, &arn, tags),
            None => true,
        })
    })
}

fn get_resources(call: &Call<'_>, tables: &Tables<'_>) -> Result<Value, ApiError> {
    let filter = filter::Filter::parse(call.input)?;
    let limit = filter.page_size;
    let after = position(call)?;
    let mut shown: Vec<Value> = Vec::new();
    let mut last = String::new();
    let mut is_more = false;
    each_visible(call, tables, &after, |record, arn, tags| {
        if !filter.lets_through(&record.key.type_name, arn, &tags) {
            return true;
        }
        if shown.len() == limit {
            is_more = true;
            return false;
        }
        arn.clone_into(&mut last);
        let tags: Vec<Value> = tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
        shown.push(json!({"ResourceARN": arn, "Tags": tags}));
        true
    })?;
    let token = if is_more { random::hex_of(last.as_bytes()) } else { String::new() };
    Ok(json!({"PaginationToken": token, "ResourceTagMappingList": shown}))
}

/// The start of the requested page.
fn position(call: &Call<'_>) -> Result<String, ApiError> {
    random::text_of_hex(call.text("PaginationToken").unwrap_or_default())
        .ok_or_else(|| invalid("The PaginationToken is invalid."))
}

fn get_tag_keys(call: &Call<'_>, tables: &Tables<'_>) -> Result<Value, ApiError> {
    let mut keys = BTreeSet::new();
    each_visible(call, tables, "", |_, _, tags| {
        keys.extend(tags.into_keys());
        true
    })?;
    Ok(json!({"PaginationToken": "", "TagKeys": keys}))
}

fn get_tag_values(call: &Call<'_>, tables: &Tables<'_>) -> Result<Value, ApiError> {
    let key = call.text("Key").ok_or_else(|| invalid("Key is required."))?;
    let mut values = BTreeSet::new();
    each_visible(call, tables, "", |_, _, mut tags| {
        values.extend(tags.remove(key));
        true
    })?;
    Ok(json!({"PaginationToken": "", "TagValues": values}))
}
