//! AWS Config: queries of an aggregator, which is a resource of `AWS::Config::ConfigurationAggregator`.
//!
//! The recorders of all accounts record every type of `types.json`, which is the list of Config's own API, under Config's names. Like the
//! Tagging API, Config lags behind by [`super::SandboxOptions::tag_visibility_millis`].

mod query;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde_json::{Map, Value, json};

use super::clock::{Millis, rfc3339};
use super::model::{GLOBAL, random};
use super::services::Call;
use super::store::{Key, Record, Tables};
use super::tagging::visible_tags;
use super::wire::ApiError;
use query::Query;

const AGGREGATOR: &str = "AWS::Config::ConfigurationAggregator";
/// The largest page, which is also that of a request without a limit.
const PAGE: u64 = 100;

/// The types that Config records.
static TYPES: LazyLock<BTreeSet<String>> =
    LazyLock::new(|| serde_json::from_str(include_str!("types.json")).unwrap_or_default());

/// Handles one call.
pub(super) fn answer(call: &Call<'_>, tables: &Tables<'_>) -> Result<Value, ApiError> {
    match call.operation {
        "SelectAggregateResourceConfig" => select(call, tables),
        _ => Err(ApiError::unknown_operation()),
    }
}

/// Config's name of a CloudFormation type.
fn name_of(type_name: &str) -> &str {
    match type_name {
        "AWS::CertificateManager::Certificate" => "AWS::ACM::Certificate",
        "AWS::IAM::ManagedPolicy" => "AWS::IAM::Policy",
        "AWS::OpenSearchService::Domain" => "AWS::OpenSearch::Domain",
        other => other,
    }
}

/// What an aggregator collects.
struct Aggregator {
    accounts: Vec<String>,
    /// Regions; `None` for all.
    regions: Option<Vec<String>>,
}

impl Aggregator {
    fn find(call: &Call<'_>, tables: &Tables<'_>) -> Result<Self, ApiError> {
        let missing =
            || ApiError::new("NoSuchConfigurationAggregatorException", "The configuration aggregator does not exist.");
        let key = Key {
            account: call.caller.account.clone(),
            region: call.caller.region.clone(),
            type_name: AGGREGATOR.to_owned(),
            identifier: call.text("ConfigurationAggregatorName").ok_or_else(missing)?.to_owned(),
        };
        let model: Value =
            tables.properties(&key)?.and_then(|text| serde_json::from_str(&text).ok()).ok_or_else(missing)?;
        let (source, accounts) = match model.get("OrganizationAggregationSource") {
            Some(source) => (source, call.options.accounts.iter().map(|account| account.id.clone()).collect()),
            None => {
                let source = &model["AccountAggregationSources"][0];
                (source, texts(&source["AccountIds"]))
            }
        };
        let is_every_region = source["AllAwsRegions"] == true;
        Ok(Self { accounts, regions: (!is_every_region).then(|| texts(&source["AwsRegions"])) })
    }
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn select(call: &Call<'_>, tables: &Tables<'_>) -> Result<Value, ApiError> {
    let aggregator = Aggregator::find(call, tables)?;
    let query = Query::parse(call.text("Expression").unwrap_or_default())?;
    let size = match call.input.get("Limit").and_then(Value::as_u64) {
        None | Some(0) => PAGE,
        Some(size) if size <= PAGE => size,
        Some(_) => {
            return Err(ApiError::new("InvalidLimitException", "The specified limit is outside the allowable range."));
        }
    };
    let start = match call.text("NextToken") {
        None => 0,
        Some(token) => random::text_of_hex(token)
            .and_then(|text| text.parse::<usize>().ok())
            .ok_or_else(|| ApiError::new("InvalidNextTokenException", "The specified next token is not valid."))?,
    };
    let delay = i64::try_from(call.options.tag_visibility_millis).unwrap_or(Millis::MAX / 2);
    let mut found = Vec::new();
    for account in &aggregator.accounts {
        tables.each_of_account::<ApiError>(account, |record| {
            let region = record.key.region.as_str();
            let is_collected =
                region == GLOBAL || aggregator.regions.as_ref().is_none_or(|all| all.iter().any(|one| one == region));
            if let Some(item) = Some(record).filter(|_| is_collected).and_then(|record| item(record, call.now, delay))
                && query.lets_through(&item)
            {
                found.push(query.row(&item).to_string());
            }
            Ok(())
        })?;
    }
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    let page: Vec<&String> = found.iter().skip(start).take(size).collect();
    let next = start.saturating_add(page.len());
    let token = (next < found.len()).then(|| random::hex_of(next.to_string().as_bytes()));
    let fields: Vec<Value> = query.fields.iter().map(|name| json!({"Name": name})).collect();
    let mut answer = Map::new();
    answer.insert("Results".to_owned(), json!(page));
    answer.insert("QueryInfo".to_owned(), json!({"SelectFields": fields}));
    answer.extend(token.map(|token| ("NextToken".to_owned(), Value::from(token))));
    Ok(Value::Object(answer))
}

/// A configuration item, without what no query asks for.
fn item(record: Record, now: Millis, delay: Millis) -> Option<Value> {
    let name = name_of(&record.key.type_name);
    if !TYPES.contains(name) {
        return None;
    }
    let tags: Vec<Value> = visible_tags(&record, now, delay)?
        .iter()
        .map(|(key, value)| json!({"key": key, "value": value, "tag": format!("{key}={value}")}))
        .collect();
    Some(json!({
        "accountId": record.key.account,
        "arn": record.arn,
        "awsRegion": record.key.region,
        "configurationItemCaptureTime": rfc3339(record.updated_at.max(record.tags_changed_at)),
        "resourceId": record.key.identifier,
        "resourceType": name,
        "tags": tags,
    }))
}
