//! The body of `cost`.

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::Serialize;

use crate::domain::bill::review::{Alert, Amounts, Bill, BillLine, BillSource, Mover, Review};
use crate::domain::bill::{AccuracyRow, BillingAlarm, ChargeKind, Month, TARGET_PERCENT, services};
use crate::domain::money::Usd;

/// What Cost Explorer charges for a request, in US dollars.
const REQUEST_PRICE: Decimal = Decimal::from_parts(1, 0, 0, false, 2);

/// The review of a month's costs. Amounts are decimal strings, in whole cents.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CostBody {
    /// The month, such as `2025-11`.
    pub month: String,
    /// The month in words.
    pub title: String,
    /// The month before.
    pub previous_month: String,
    /// What the lines are.
    pub by: CostGrouping,
    /// For a month that is not over, how much of it has passed.
    pub running: Option<RunningView>,
    /// Where the amounts are from.
    pub source: CostSource,
    /// The environments, in the order of the configuration.
    pub environments: Vec<EnvironmentCostView>,
    /// Environments that could not be read, which are in no total.
    pub not_read: Vec<NotReadView>,
    /// The total of all environments in US dollars, or in the only currency.
    pub combined_total: String,
    /// The total of all environments, by currency.
    pub combined_totals: Vec<AmountView>,
    /// The total at the end of a running month at the rate so far; `null` if the month is over, or has just begun.
    pub combined_forecast: Option<Vec<AmountView>>,
    /// The largest changes against the month before; for a running month, at the rate so far.
    pub movers: Vec<MoverView>,
    /// Thresholds of the combined total in US dollars.
    pub alerts: Vec<AlertView>,
    /// The error of estimates that is aimed at, in percent.
    pub accuracy_target_percent: u32,
    /// Estimates compared with what was billed.
    pub accuracy: Vec<AccuracyView>,
    /// The requests to Cost Explorer.
    pub requests: RequestsView,
}

/// What the lines are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum CostGrouping {
    /// Services.
    Service,
    /// Values of the tag `Project`.
    Project,
    /// Stacks, by the tag `StackResource`.
    Stack,
}

/// Where amounts are from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum CostSource {
    /// Cost Explorer: what was billed.
    CostExplorer,
    /// The tags `CostEstimate`: what was estimated.
    Tags,
    /// Cost Explorer for some environments, tags for others.
    Mixed,
}

/// What a line is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum CostLineKind {
    /// Usage.
    Usage,
    /// Fees, support and commitments.
    Other,
    /// Tax.
    Tax,
    /// Credits.
    Credit,
    /// Refunds.
    Refund,
}

/// How much of a running month has passed.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
pub struct RunningView {
    /// The days that have begun.
    pub days_begun: u32,
    /// The days of the month.
    pub days: u32,
}

/// An amount in a currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AmountView {
    /// The amount.
    pub amount: String,
    /// The currency.
    pub currency: String,
}

/// The bill of an environment.
#[derive(Debug, Serialize, JsonSchema)]
pub struct EnvironmentCostView {
    /// Its name.
    pub name: String,
    /// The account.
    pub account: String,
    /// Where the amounts are from.
    pub source: CostSource,
    /// Why they are not from Cost Explorer.
    pub reason: Option<String>,
    /// Whether AWS may still change them.
    pub estimated: bool,
    /// The lines.
    pub lines: Vec<CostLine>,
    /// The total in US dollars, or in the only currency.
    pub total: String,
    /// The total by currency.
    pub totals: Vec<AmountView>,
    /// The total of the month before; `null` if it is not known.
    pub previous_totals: Option<Vec<AmountView>>,
    /// The total at the end of a running month at the rate so far.
    pub forecast: Option<Vec<AmountView>>,
    /// Managed resources with an estimate in their tags.
    pub resources_with_estimate: u64,
    /// Managed resources without one.
    pub resources_without_estimate: u64,
    /// The billing alarms of the account; `null` if they could not be read.
    pub alarms: Option<Vec<AlarmView>>,
}

/// An environment that could not be read.
#[derive(Debug, Serialize, JsonSchema)]
pub struct NotReadView {
    /// Its name.
    pub name: String,
    /// Why.
    pub reason: String,
}

/// A line of a bill.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CostLine {
    /// A short name, such as `S3 Storage`.
    pub service: String,
    /// The name in Cost Explorer, the project or the stack; `null` for taxes, credits and refunds.
    pub group: Option<String>,
    /// What it is for.
    pub kind: CostLineKind,
    /// The amount.
    pub amount: String,
    /// The currency.
    pub currency: String,
    /// Whether the amount is less than half a cent, and not zero.
    pub below_half_a_cent: bool,
}

/// A change against the month before.
#[derive(Debug, Serialize, JsonSchema)]
pub struct MoverView {
    /// The environment.
    pub environment: String,
    /// The line.
    pub service: String,
    /// The currency.
    pub currency: String,
    /// The amount of the month before.
    pub previous: String,
    /// The amount of this month.
    pub amount: String,
    /// The difference.
    pub change: String,
    /// The difference in percent; `null` if there was nothing before.
    pub change_percent: Option<String>,
}

/// A threshold.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AlertView {
    /// The threshold in US dollars.
    pub threshold: String,
    /// Whether the combined total has reached it.
    pub crossed: bool,
    /// Whether the forecast of a running month reaches it.
    pub forecast: bool,
}

/// An estimate compared with what was billed.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AccuracyView {
    /// The environment, the project and the service.
    pub group: String,
    /// The environment.
    pub environment: String,
    /// The project.
    pub project: String,
    /// The service.
    pub service: String,
    /// The types with estimates. Bills have no types: several types of a service are one group.
    pub types: Vec<String>,
    /// The estimate of the days on which the resources existed.
    pub estimate: String,
    /// What was billed.
    pub actual: String,
    /// By how many percent of the estimate the bill differs from it; `null` without an estimate.
    pub error_percent: Option<String>,
    /// Whether the error is within the target.
    pub within_target: bool,
}

/// A billing alarm of CloudWatch.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AlarmView {
    /// Its name.
    pub name: String,
    /// The threshold.
    pub threshold: String,
    /// The currency.
    pub currency: String,
    /// Whether it has actions, and they are enabled.
    pub notifies: bool,
    /// The service that it watches alone; `null` for all charges.
    pub service: Option<String>,
}

/// Requests to Cost Explorer.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RequestsView {
    /// Their number.
    pub count: u64,
    /// What AWS charges for each, in US dollars.
    pub price: String,
    /// What AWS charges for all of them, in US dollars.
    pub total: String,
}

/// Further facts about the bill of an environment.
#[derive(Debug)]
pub struct EnvironmentCostFacts {
    /// Why the amounts are not from Cost Explorer.
    pub reason: Option<String>,
    /// Managed resources with an estimate.
    pub estimated: u64,
    /// Managed resources without one.
    pub unestimated: u64,
    /// Estimates compared with what was billed.
    pub accuracy: Vec<AccuracyRow>,
    /// The billing alarms.
    pub alarms: Option<Vec<BillingAlarm>>,
}

impl CostBody {
    /// Creates the document of a review, with the facts of each bill in the same order.
    pub fn new(review: &Review, month: Month, facts: &[EnvironmentCostFacts], alerts: &[Alert], requests: u64) -> Self {
        use crate::domain::bill::Grouping;
        let environments: Vec<EnvironmentCostView> =
            review.bills.iter().zip(facts).map(|(bill, facts)| environment(review, bill, facts)).collect();
        let first = environments.first().map(|one| one.source);
        let is_mixed = environments.iter().any(|one| Some(one.source) != first);
        let accuracy = review.bills.iter().zip(facts).flat_map(|(bill, facts)| {
            facts.accuracy.iter().map(|row| AccuracyView::new(&bill.environment, row)).collect::<Vec<_>>()
        });
        let combined = review.combined();
        Self {
            month: month.to_string(),
            title: month.title(),
            previous_month: month.previous().to_string(),
            by: match review.grouping {
                Grouping::Service => CostGrouping::Service,
                Grouping::Project => CostGrouping::Project,
                Grouping::Stack => CostGrouping::Stack,
            },
            running: review.rate.map(|rate| RunningView {
                days_begun: u32::try_from(rate.begun).unwrap_or_default(),
                days: u32::try_from(rate.days).unwrap_or_default(),
            }),
            source: if is_mixed { CostSource::Mixed } else { first.unwrap_or(CostSource::CostExplorer) },
            environments,
            not_read: Vec::new(),
            combined_total: main_amount(&combined),
            combined_totals: amounts(&combined),
            combined_forecast: review.combined_forecast().as_ref().map(amounts),
            movers: review.movers().iter().map(MoverView::new).collect(),
            alerts: alerts.iter().map(AlertView::new).collect(),
            accuracy_target_percent: TARGET_PERCENT,
            accuracy: accuracy.collect(),
            requests: RequestsView {
                count: requests,
                price: REQUEST_PRICE.to_string(),
                total: cents(REQUEST_PRICE * Decimal::from(requests)),
            },
        }
    }
}

impl CostBody {
    /// Adds environments that could not be read, with the reasons.
    pub fn not_read(mut self, environments: Vec<(String, String)>) -> Self {
        self.not_read = environments.into_iter().map(|(name, reason)| NotReadView { name, reason }).collect();
        self
    }
}

fn environment(review: &Review, bill: &Bill, facts: &EnvironmentCostFacts) -> EnvironmentCostView {
    let total = bill.total();
    EnvironmentCostView {
        name: bill.environment.clone(),
        account: bill.account.clone(),
        source: match bill.source {
            BillSource::CostExplorer => CostSource::CostExplorer,
            BillSource::Tags => CostSource::Tags,
        },
        reason: facts.reason.clone(),
        estimated: bill.is_estimated,
        lines: bill.lines(review.grouping).into_iter().map(CostLine::new).collect(),
        total: main_amount(&total),
        totals: amounts(&total),
        previous_totals: bill.previous_total().as_ref().map(amounts),
        forecast: review.rate.and_then(|rate| bill.forecast(rate)).as_ref().map(amounts),
        resources_with_estimate: facts.estimated,
        resources_without_estimate: facts.unestimated,
        alarms: facts.alarms.as_ref().map(|alarms| alarms.iter().map(AlarmView::new).collect()),
    }
}

/// Whole cents.
fn cents(amount: Decimal) -> String {
    Usd::new(amount).rounded().amount().to_string()
}

fn amounts(of: &Amounts) -> Vec<AmountView> {
    of.each().map(|(currency, amount)| AmountView { amount: cents(amount), currency: currency.to_owned() }).collect()
}

/// The US dollars, or the amount in the only currency.
fn main_amount(of: &Amounts) -> String {
    of.each().next().map_or_else(|| cents(Decimal::ZERO), |(_, amount)| cents(amount))
}

impl CostLine {
    fn new(line: BillLine) -> Self {
        let amount = cents(line.amount);
        Self {
            service: line.label,
            group: line.group,
            kind: match line.kind {
                ChargeKind::Usage => CostLineKind::Usage,
                ChargeKind::Other => CostLineKind::Other,
                ChargeKind::Tax => CostLineKind::Tax,
                ChargeKind::Credit => CostLineKind::Credit,
                ChargeKind::Refund => CostLineKind::Refund,
            },
            below_half_a_cent: amount == "0.00",
            amount,
            currency: line.currency,
        }
    }
}

impl MoverView {
    fn new(mover: &Mover) -> Self {
        Self {
            environment: mover.environment.clone(),
            service: mover.label.clone(),
            currency: mover.currency.clone(),
            previous: cents(mover.previous),
            amount: cents(mover.amount),
            change: cents(mover.change()),
            change_percent: mover.percent().map(|percent| percent.to_string()),
        }
    }
}

impl AlertView {
    fn new(alert: &Alert) -> Self {
        Self { threshold: cents(alert.threshold), crossed: alert.is_crossed, forecast: alert.is_forecast }
    }
}

impl AccuracyView {
    fn new(environment: &str, row: &AccuracyRow) -> Self {
        let service = services::label(&row.service);
        Self {
            group: format!("{environment}/{}/{service}", row.project),
            environment: environment.to_owned(),
            project: row.project.clone(),
            service,
            types: row.types.clone(),
            estimate: cents(row.estimate.amount()),
            actual: cents(row.actual.amount()),
            error_percent: row.error_percent.map(|percent| percent.to_string()),
            within_target: row.is_within_target(),
        }
    }
}

impl AlarmView {
    fn new(alarm: &BillingAlarm) -> Self {
        Self {
            name: alarm.name.clone(),
            threshold: cents(alarm.threshold),
            currency: alarm.currency.clone(),
            notifies: alarm.notifies,
            service: alarm.service.clone(),
        }
    }
}
