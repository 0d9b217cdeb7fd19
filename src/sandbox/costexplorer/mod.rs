//! Cost Explorer: `GetCostAndUsage` from recorded bills: of whole months ([`recorded`]), otherwise of resources ([`bill`]).
//!
//! A resource is billed from the first day of the month in which it was created until today; a part of a month costs its
//! share of days. Deleted resources are not billed.

mod bill;
mod recorded;

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

/// How many months before the current one have data.
const HISTORY_MONTHS: i32 = 13;

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

/// A charge of one service, and its dimensions.
struct Charge {
    service: String,
    record_type: String,
    currency: String,
    region: String,
    account: String,
    tags: Tags,
    cost: Cost,
}

enum Cost {
    /// A resource, billed from a day on.
    Rate { since: Date, hourly: Decimal, monthly: Decimal },
    /// An amount for the days from one to before another.
    Spread { from: Date, until: Date, amount: Decimal },
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
    check_reach(&periods, today)?;
    let tomorrow = today.tomorrow().unwrap_or(today);
    let start = match call.text("NextPageToken") {
        None => 0,
        Some(token) => token.parse::<usize>().map_err(|_| {
            ApiError::new(
                "InvalidNextTokenException",
                "The pagination token is invalid. Try again without a pagination token.",
            )
        })?,
    };
    let mut results = Vec::new();
    // Groups before this page, and in it.
    let (mut passed, mut shown_groups, mut next) = (0, 0, None);
    for (from, until) in &periods {
        let mut amounts: BTreeMap<(Vec<String>, &str), Decimal> = BTreeMap::new();
        for charge in &charges {
            let keys = groups.iter().map(|group| group.key(charge)).collect();
            let amount = charge.cost.share(*from, *until, tomorrow);
            // What a month does not have is not among its groups.
            if charge.cost.is_in(*from, *until, tomorrow) {
                *amounts.entry((keys, charge.currency.as_str())).or_default() += amount;
            }
        }
        let shown = |amount: Decimal, currency: &str| -> Value {
            let of = |metric: &&str| match *metric {
                "UsageQuantity" | "NormalizedUsageAmount" => json!({"Amount": "0", "Unit": "N/A"}),
                _ => json!({"Amount": amount.round_dp(10).normalize().to_string(), "Unit": currency}),
            };
            metrics.iter().map(|metric| ((*metric).to_owned(), of(metric))).collect::<serde_json::Map<_, _>>().into()
        };
        let mut grouped = Vec::new();
        let mut total = json!({});
        if groups.is_empty() {
            let currency = amounts.keys().next().map_or("USD", |(_, currency)| currency);
            total = shown(amounts.values().sum(), currency);
        } else {
            for ((keys, currency), amount) in &amounts {
                passed += 1;
                if passed <= start {
                    continue;
                }
                if shown_groups == PAGE {
                    next = Some(start + PAGE);
                    break;
                }
                shown_groups += 1;
                grouped.push(json!({"Keys": keys, "Metrics": shown(*amount, currency)}));
            }
        }
        results.push(json!({
            "TimePeriod": {"Start": from.to_string(), "End": until.to_string()},
            "Total": total,
            "Groups": grouped,
            "Estimated": *until > today.first_of_month(),
        }));
        if next.is_some() {
            break;
        }
    }
    let mut answer = json!({"ResultsByTime": results, "DimensionValueAttributes": []});
    if !groups.is_empty() {
        answer["GroupDefinitions"] = call.input["GroupBy"].clone();
    }
    if let Some(next) = next {
        answer["NextPageToken"] = Value::from(next.to_string());
    }
    Ok(answer)
}

/// Refuses periods for which there is no data.
fn check_reach(periods: &[(Date, Date)], today: Date) -> Result<(), ApiError> {
    let this_month = today.first_of_month();
    let add = |months: i32| this_month.checked_add(Span::new().months(months)).unwrap_or(this_month);
    if periods.last().is_some_and(|(_, end)| *end > add(1)) {
        return Err(invalid("end date past the beginning of next month"));
    }
    if periods.first().is_some_and(|(start, _)| *start < add(-HISTORY_MONTHS)) {
        return Err(invalid("You haven't enabled historical data beyond 14 months"));
    }
    Ok(())
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

impl Cost {
    /// The days of a period of at most one month for which something is billed.
    fn days(&self, start: Date, end: Date, tomorrow: Date) -> Option<(Date, Date)> {
        let (from, until) = match self {
            Self::Rate { since, .. } => (*since, tomorrow),
            Self::Spread { from, until, .. } => (*from, *until),
        };
        let (from, until) = (from.max(start), until.min(end).min(tomorrow));
        (from < until).then_some((from, until))
    }

    fn is_in(&self, start: Date, end: Date, tomorrow: Date) -> bool {
        self.days(start, end, tomorrow).is_some()
    }

    /// The amount in a period of at most one month.
    fn share(&self, start: Date, end: Date, tomorrow: Date) -> Decimal {
        let Some((first, last)) = self.days(start, end, tomorrow) else { return Decimal::ZERO };
        let days = days_between(first, last);
        match self {
            Self::Rate { hourly, monthly, .. } => {
                hourly * days * Decimal::from(24) + monthly * days / Decimal::from(start.days_in_month())
            }
            Self::Spread { from, until, amount } => amount * days / days_between(*from, (*until).min(tomorrow)),
        }
    }
}

fn days_between(from: Date, until: Date) -> Decimal {
    Decimal::from(from.until(until).map_or(0, |span| span.get_days()))
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
        "SERVICE" => &charge.service,
        "REGION" => &charge.region,
        "LINKED_ACCOUNT" => &charge.account,
        _ => &charge.record_type,
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
    let account = &call.caller.account;
    if let Some(months) = recorded::months(&call.options.directory, account)? {
        return Ok(months
            .into_iter()
            .flat_map(|(month, lines)| lines.into_iter().map(move |line| recorded_charge(account, month, line)))
            .collect());
    }
    let mut found = Vec::new();
    tables.each_of_account::<ApiError>(account, |record| {
        found.extend(charges(&record));
        Ok(())
    })?;
    Ok(found)
}

fn recorded_charge(account: &str, month: Date, line: recorded::Line) -> Charge {
    let from = line.day.unwrap_or(month);
    let length = if line.day.is_some() { Span::new().days(1) } else { Span::new().months(1) };
    let until = from.checked_add(length).unwrap_or(from);
    Charge {
        service: line.service,
        record_type: line.record_type,
        currency: line.currency,
        region: line.region,
        account: account.to_owned(),
        tags: line.tags,
        cost: Cost::Spread { from, until, amount: line.amount },
    }
}

fn charges(record: &Record) -> impl Iterator<Item = Charge> {
    let properties: Value = serde_json::from_str(&record.properties).unwrap_or_default();
    let lines = bill::lines(&record.key, &properties);
    let tags = if lines.is_empty() { Tags::new() } else { present_tags(record) };
    let (region, account) = (record.key.region.clone(), record.key.account.clone());
    let since = day_of(record.created_at).first_of_month();
    lines.into_iter().map(move |line| Charge {
        service: line.service.to_owned(),
        record_type: "Usage".to_owned(),
        currency: "USD".to_owned(),
        region: region.clone(),
        account: account.clone(),
        tags: tags.clone(),
        cost: Cost::Rate { since, hourly: line.hourly, monthly: line.monthly },
    })
}
