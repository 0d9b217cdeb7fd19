//! Resource Explorer: what its index of an account contains, through views.
//!
//! The index and the views are resources of `AWS::ResourceExplorer2`; without them there is nothing to search. It covers the types of
//! `types.json`, which are some of those in its documentation, and does not index the tags of IAM resources. Like the Tagging API, it
//! lags behind by [`super::SandboxOptions::tag_visibility_millis`].

mod filter;

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use serde_json::{Value, json};

use super::clock::{Millis, rfc3339};
use super::model::{GLOBAL, random};
use super::services::Call;
use super::store::{Record, Tables};
use super::tagging::visible_tags;
use super::tags::Tags;
use super::wire::ApiError;
use filter::Filter;

const INDEX: &str = "AWS::ResourceExplorer2::Index";
const VIEW: &str = "AWS::ResourceExplorer2::View";
const DEFAULT_VIEW: &str = "AWS::ResourceExplorer2::DefaultViewAssociation";

/// From this page size on, a response has no token for the next page.
const NO_TOKEN: u64 = 1000;
const PAGE: u64 = 100;

/// The covered CloudFormation types, by service and resource type as Resource Explorer names them.
static TYPES: LazyLock<BTreeMap<String, Vec<String>>> =
    LazyLock::new(|| serde_json::from_str(include_str!("types.json")).unwrap_or_default());
/// Resource Explorer's name of each covered CloudFormation type.
static NAMES: LazyLock<HashMap<&str, &str>> = LazyLock::new(|| {
    TYPES.iter().flat_map(|(name, types)| types.iter().map(move |one| (one.as_str(), name.as_str()))).collect()
});

/// Handles one call.
pub(super) fn answer(call: &Call<'_>, tables: &Tables<'_>) -> Result<Value, ApiError> {
    match call.operation {
        "ListIndexes" => list_indexes(call, tables),
        "ListViews" => Ok(json!({"Views": views(call, tables)?.into_keys().collect::<Vec<_>>()})),
        "GetDefaultView" => Ok(json!({"ViewArn": default_view(call, tables)?.unwrap_or_default()})),
        "GetView" => get_view(call, tables),
        "ListSupportedResourceTypes" => list_types(call),
        "ListResources" => list_resources(call, tables),
        _ => Err(ApiError::unknown_operation()),
    }
}

fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::new("ValidationException", message)
}

/// The response for a view that does not exist is the same as for one that may not be used.
fn unauthorized() -> ApiError {
    ApiError {
        code: "UnauthorizedException".into(),
        message: "Unauthorized. Check that the view exists and that you have permission to use it.".into(),
        status: 401,
    }
}

/// The models of the resources of a type in a Region, or in all.
fn models(
    call: &Call<'_>,
    tables: &Tables<'_>,
    region: Option<&str>,
    type_name: &str,
) -> Result<Vec<(String, Value)>, ApiError> {
    let mut found = Vec::new();
    tables.each_of_type::<ApiError>(&call.caller.account, region, type_name, "", |identifier, properties| {
        found.push((identifier, serde_json::from_str(&properties).unwrap_or_default()));
        Ok(true)
    })?;
    Ok(found)
}

/// An index of one Region.
struct Index {
    arn: String,
    region: String,
    kind: String,
}

fn indexes(call: &Call<'_>, tables: &Tables<'_>) -> Result<Vec<Index>, ApiError> {
    let read = |(arn, model): (String, Value)| Index {
        region: arn.split(':').nth(3).unwrap_or_default().to_owned(),
        kind: text(&model, "/Type"),
        arn,
    };
    Ok(models(call, tables, None, INDEX)?.into_iter().map(read).collect())
}

fn list_indexes(call: &Call<'_>, tables: &Tables<'_>) -> Result<Value, ApiError> {
    let found = indexes(call, tables)?;
    let view = |index: Index| json!({"Arn": index.arn, "Region": index.region, "Type": index.kind});
    Ok(json!({"Indexes": found.into_iter().map(view).collect::<Vec<_>>()}))
}

/// The views of the caller's Region, by ARN.
fn views(call: &Call<'_>, tables: &Tables<'_>) -> Result<BTreeMap<String, Value>, ApiError> {
    Ok(models(call, tables, Some(&call.caller.region), VIEW)?.into_iter().collect())
}

fn default_view(call: &Call<'_>, tables: &Tables<'_>) -> Result<Option<String>, ApiError> {
    let found = models(call, tables, Some(&call.caller.region), DEFAULT_VIEW)?;
    Ok(found.first().map(|(_, model)| text(model, "/ViewArn")))
}

/// The view that a request names, or the default one.
fn view(call: &Call<'_>, tables: &Tables<'_>) -> Result<(String, Value), ApiError> {
    let named = match call.text("ViewArn") {
        Some(arn) => Some(arn.to_owned()),
        None => default_view(call, tables)?,
    };
    let arn = named.ok_or_else(unauthorized)?;
    let model = views(call, tables)?.remove(&arn).ok_or_else(unauthorized)?;
    Ok((arn, model))
}

fn get_view(call: &Call<'_>, tables: &Tables<'_>) -> Result<Value, ApiError> {
    if call.text("ViewArn").is_none() {
        return Err(invalid("ViewArn is required."));
    }
    let (arn, model) = view(call, tables)?;
    Ok(json!({
        "View": {
            "ViewArn": arn,
            "ViewName": text(&model, "/ViewName"),
            "Owner": call.caller.account,
            "LastUpdatedAt": rfc3339(call.now),
            "Scope": format!("arn:{}:iam::{}:root", call.caller.partition(), call.caller.account),
            "IncludedProperties": model.get("IncludedProperties").cloned().unwrap_or_else(|| json!([])),
            "Filters": {"FilterString": text(&model, "/Filters/FilterString")},
        },
        "Tags": model.get("Tags").cloned().unwrap_or_else(|| json!({})),
    }))
}

fn list_types(call: &Call<'_>) -> Result<Value, ApiError> {
    let all: Vec<Value> = TYPES
        .iter()
        .map(|(name, types)| {
            let service = name.split(':').next().unwrap_or_default();
            json!({"Service": service, "ResourceType": name, "CFNResourceTypes": types})
        })
        .collect();
    let (page, token) = page(call, &all)?;
    Ok(json!({"ResourceTypes": page, "NextToken": token}))
}

fn list_resources(call: &Call<'_>, tables: &Tables<'_>) -> Result<Value, ApiError> {
    let (arn, model) = view(call, tables)?;
    let of_view = Filter::parse(&text(&model, "/Filters/FilterString"))?;
    let wanted =
        Filter::parse(call.input.pointer("/Filters/FilterString").and_then(Value::as_str).unwrap_or_default())?;
    let has_tags = model["IncludedProperties"].as_array().into_iter().flatten().any(|one| one["Name"] == "tags");
    let indexes = indexes(call, tables)?;
    let own = indexes.iter().find(|index| index.region == call.caller.region).ok_or_else(unauthorized)?;
    let is_indexed = |region: &str| match own.kind.as_str() {
        "AGGREGATOR" => indexes.iter().any(|index| index.region == region),
        _ => region == own.region,
    };
    let delay = i64::try_from(call.options.tag_visibility_millis).unwrap_or(Millis::MAX / 2);
    let mut found = Vec::new();
    tables.each_of_account::<ApiError>(&call.caller.account, |record| {
        let is_here = record.key.region == GLOBAL || is_indexed(&record.key.region);
        if let Some(entry) = Some(record).filter(|_| is_here).and_then(|record| Entry::of(record, call.now, delay))
            && of_view.lets_through(&entry)
            && wanted.lets_through(&entry)
        {
            found.push(entry.view(has_tags));
        }
        Ok(())
    })?;
    let (page, token) = page(call, &found)?;
    Ok(json!({"Resources": page, "NextToken": token, "ViewArn": arn}))
}

/// A resource as the index knows it.
struct Entry {
    arn: String,
    name: &'static str,
    type_name: String,
    region: String,
    account: String,
    tags: Tags,
    reported: Millis,
}

impl Entry {
    fn of(record: Record, now: Millis, delay: Millis) -> Option<Self> {
        let name = NAMES.get(record.key.type_name.as_str())?;
        let tags = visible_tags(&record, now, delay)?;
        let tags = if name.starts_with("iam:") { Tags::new() } else { tags };
        Some(Self {
            arn: record.arn?,
            name,
            type_name: record.key.type_name,
            region: record.key.region,
            account: record.key.account,
            tags,
            reported: record.updated_at.max(record.tags_changed_at),
        })
    }

    fn service(&self) -> &str {
        self.name.split(':').next().unwrap_or_default()
    }

    fn view(&self, has_tags: bool) -> Value {
        let tags: Vec<Value> = self.tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
        let reported = rfc3339(self.reported);
        let properties = match has_tags && !tags.is_empty() {
            true => json!([{"Name": "tags", "LastReportedAt": reported, "Data": tags}]),
            false => json!([]),
        };
        json!({
            "Arn": self.arn,
            "OwningAccountId": self.account,
            "Region": self.region,
            "Service": self.service(),
            "ResourceType": self.name,
            "CfnResourceType": self.type_name,
            "LastReportedAt": reported,
            "Properties": properties,
        })
    }
}

fn text(model: &Value, pointer: &str) -> String {
    model.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// A page of a result, and the token of the next one.
fn page(call: &Call<'_>, all: &[Value]) -> Result<(Vec<Value>, Option<String>), ApiError> {
    let size = match call.input.get("MaxResults") {
        None | Some(Value::Null) => PAGE,
        Some(given) => given
            .as_u64()
            .filter(|size| (1..=NO_TOKEN).contains(size))
            .ok_or_else(|| invalid("MaxResults must be between 1 and 1000."))?,
    };
    let start = match call.text("NextToken") {
        None => 0,
        Some(token) => random::text_of_hex(token)
            .and_then(|text| text.parse::<usize>().ok())
            .ok_or_else(|| invalid("NextToken is not valid."))?,
    };
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    let page: Vec<Value> = all.iter().skip(start).take(size).cloned().collect();
    let next = start.saturating_add(page.len());
    let token = (next < all.len() && size < 1000).then(|| random::hex_of(next.to_string().as_bytes()));
    Ok((page, token))
}
