//! Cost Explorer: `GetCostAndUsage` from recorded bills ([`bill`]).
//!
//! A resource is billed in the calendar month in which it was created and in every later one; a part of a
//! month costs its share of days. Deleted resources are not billed.

mod bill;

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::{Span, Timestamp, tz::TimeZone};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::services::Call;
use super::store::{Record, Tables};
use super::tagging::present_tags;
use super::tags::Tags;
use super::wire::ApiError;

/// The maximum number of groups per page.
const PAGE: usize = 5_000;

/// Handles one call.
pub(super) fn answer(call: &Call<'_>, tables: &Tables<'_>) -> Result<Value, ApiError> {
    match call.operation {
        "GetCostAndUsage" => cost_and_usage(call, tables),
        _ => Err(ApiError::unknown_operation()),
    }
}

fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::new("ValidationException", message)
}

/// The charge of one service for a resource, and the resource's dimensions.
struct Charge {
    /// The first day of the month in which it began.
    since: Date,
    line: bill::Line,
    region: String,
    account: String,
    tags: Tags,
}

const METRICS: [&str; 7] = [
    "AmortizedCost",
    "BlendedCost",
    "NetAmortizedCost",
    "NetUnblendedCost",
    "NormalizedUsageAmount",
    "UnblendedCost",
    "UsageQuantity",
];

fn cost_and_usage(call: &Call<'_>, tables: &Tables<'_>) -> Result<Value, ApiError> {
    let periods = periods(call.input)?;
    let metrics: Vec<&str> = call.texts("Metrics");
    if metrics.is_empty() {
        return Err(invalid("Metrics must not be empty."));
    }
    if let Some(metric) = metrics.iter().find(|metric| !METRICS.contains(metric)) {
        return Err(invalid(format!("Invalid metric: {metric}")));
    }
    let groups = groups(call.input)?;
    let filter = call.input.get("Filter").unwrap_or(&Value::Null);
    let mut charges = Vec::new();
    for charge in charges_of(call, tables)? {
        if lets_through(filter, &charge)? {
            charges.push(charge);
        }
    }
    let today = day_of(call.now);
    let results: Vec<Value> = periods
        .iter()
        .map(|(start, end)| {
            let mut amounts: BTreeMap<Vec<String>, Decimal> = BTreeMap::new();
            for charge in &charges {
                let keys = groups.iter().map(|group| group.key(charge)).collect();
                *amounts.entry(keys).or_default() += share(charge, *start, *end);
            }
            let total: Decimal = amounts.values().sum();
            let shown = |amount: Decimal| -> Value {
                let of = |metric: &&str| match *metric {
                    "UsageQuantity" | "NormalizedUsageAmount" => json!({"Amount": "0", "Unit": "N/A"}),
                    _ => json!({"Amount": amount.round_dp(10).normalize().to_string(), "Unit": "USD"}),
                };
                metrics
                    .iter()
                    .map(|metric| ((*metric).to_owned(), of(metric)))
                    .collect::<serde_json::Map<_, _>>()
                    .into()
            };
            let grouped: Vec<Value> = if groups.is_empty() {
                Vec::new()
            } else {
                let amounts = amounts.into_iter().take(PAGE);
                amounts.map(|(keys, amount)| json!({"Keys": keys, "Metrics": shown(amount)})).collect()
            };
            json!({
                "TimePeriod": {"Start": start.to_string(), "End": end.to_string()},
                "Total": if groups.is_empty() { shown(total) } else { json!({}) },
                "Groups": grouped,
                "Estimated": *end > today.first_of_month(),
            })
        })
        .collect();
    let mut answer = json!({"ResultsByTime": results, "DimensionValueAttributes": []});
    if !groups.is_empty() {
        answer["GroupDefinitions"] = call.input["GroupBy"].clone();
    }
    Ok(answer)
}

/// The periods of a response, each with its exclusive end.
fn periods(input: &Value) -> Result<Vec<(Date, Date)>, ApiError> {
    let day = |name: &str| {
        let text = input.pointer(&format!("/TimePeriod/{name}")).and_then(Value::as_str).unwrap_or_default();
        text.parse::<Date>().map_err(|_| invalid(format!("TimePeriod.{name} must be a day such as 2026-11-01.")))
    };
    let (start, end) = (day("Start")?, day("End")?);
    if start >= end {
        return Err(invalid("Start date (and hour) should be before end date (and hour)"));
    }
    let is_monthly = match input.get("Granularity").and_then(Value::as_str) {
        Some("MONTHLY") => true,
        Some("DAILY") => false,
        _ => return Err(invalid("Granularity must be DAILY or MONTHLY.")),
    };
    let mut periods = Vec::new();
    let mut from = start;
    while from < end {
        let step = if is_monthly { Span::new().months(1) } else { Span::new().days(1) };
        let begin = if is_monthly { from.first_of_month() } else { from };
        let to = begin.checked_add(step).map_err(|_| invalid("The time period is too long."))?.min(end);
        periods.push((from, to));
        from = to;
        if periods.len() > 400 {
            return Err(invalid("The time period is too long."));
        }
    }
    Ok(periods)
}

/// The amount of a charge in a period of at most one month.
fn share(charge: &Charge, start: Date, end: Date) -> Decimal {
    if start < charge.since {
        return Decimal::ZERO;
    }
    let days = Decimal::from(start.until(end).map_or(0, |span| span.get_days()));
    charge.line.hourly * days * Decimal::from(24) + charge.line.monthly * days / Decimal::from(start.days_in_month())
}

/// One element of `GroupBy`.
struct Group<'a> {
    kind: &'a str,
    name: &'a str,
}

fn groups(input: &Value) -> Result<Vec<Group<'_>>, ApiError> {
    let given = input.get("GroupBy").and_then(Value::as_array).into_iter().flatten();
    let groups: Vec<Group<'_>> = given
        .map(|group| {
            let (kind, name) =
                (group["Type"].as_str().unwrap_or("DIMENSION"), group["Key"].as_str().unwrap_or_default());
            match (kind, name) {
                ("TAG", name) if !name.is_empty() => Ok(Group { kind, name }),
                ("DIMENSION", "SERVICE" | "REGION" | "LINKED_ACCOUNT" | "RECORD_TYPE") => Ok(Group { kind, name }),
                _ => Err(invalid(format!("The sandbox cannot group by {kind} {name}."))),
            }
        })
        .collect::<Result<_, _>>()?;
    if groups.len() > 2 {
        return Err(invalid("At most two groups are allowed."));
    }
    Ok(groups)
}

impl Group<'_> {
    fn key(&self, charge: &Charge) -> String {
        match self.kind {
            "TAG" => format!("{}${}", self.name, charge.tags.get(self.name).map_or("", String::as_str)),
            _ => dimension(self.name, charge).to_owned(),
        }
    }
}

fn dimension<'a>(name: &str, charge: &'a Charge) -> &'a str {
    match name {
        "SERVICE" => charge.line.service,
        "REGION" => &charge.region,
        "LINKED_ACCOUNT" => &charge.account,
        _ => "Usage",
    }
}

/// Evaluates a filter expression.
fn lets_through(filter: &Value, charge: &Charge) -> Result<bool, ApiError> {
    let Some(parts) = filter.as_object() else {
        return Ok(true);
    };
    let mut is_through = true;
    for (name, part) in parts {
        let items = || part.as_array().into_iter().flatten();
        let values = || part["Values"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let key = part["Key"].as_str().unwrap_or_default();
        is_through &= match name.as_str() {
            "And" => items().try_fold(true, |so_far, one| Ok::<_, ApiError>(lets_through(one, charge)? && so_far))?,
            "Or" => items().try_fold(false, |so_far, one| Ok::<_, ApiError>(lets_through(one, charge)? || so_far))?,
            "Not" => !lets_through(part, charge)?,
            "Dimensions" => match key {
                "SERVICE" | "REGION" | "LINKED_ACCOUNT" | "RECORD_TYPE" => {
                    values().any(|value| value == dimension(key, charge))
                }
                _ => return Err(invalid(format!("The sandbox cannot filter by dimension {key}."))),
            },
            "Tags" => values().any(|value| value == charge.tags.get(key).map_or("", String::as_str)),
            _ => return Err(invalid(format!("The sandbox cannot filter by {name}."))),
        };
    }
    Ok(is_through)
}

fn day_of(time: super::clock::Millis) -> Date {
    Timestamp::from_millisecond(time).unwrap_or_default().to_zoned(TimeZone::UTC).date()
}

fn charges_of(call: &Call<'_>, tables: &Tables<'_>) -> Result<Vec<Charge>, ApiError> {
    let mut found = Vec::new();
    tables.each_of_account::<ApiError>(&call.caller.account, |record| {
        found.extend(charges(&record));
        Ok(())
    })?;
    Ok(found)
}

fn charges(record: &Record) -> impl Iterator<Item = Charge> {
    let properties: Value = serde_json::from_str(&record.properties).unwrap_or_default();
    let lines = bill::lines(&record.key, &properties);
    let tags = if lines.is_empty() { Tags::new() } else { present_tags(record) };
    let (region, account) = (record.key.region.clone(), record.key.account.clone());
    let since = day_of(record.created_at).first_of_month();
    lines.into_iter().map(move |line| Charge {
        since,
        line,
        region: region.clone(),
        account: account.clone(),
        tags: tags.clone(),
    })
}
