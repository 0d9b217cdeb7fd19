//! Estimates, which resources carry in their tags, compared with bills.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::month::{Month, after, days_between};
use super::services;
use crate::domain::money::Usd;

/// The error of estimates that is aimed at, in percent.
pub const TARGET_PERCENT: u32 = 10;

/// The estimate of a live resource: its tag `CostEstimate`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaggedEstimate {
    /// The type.
    pub type_name: String,
    /// The tag `Project`; empty without one.
    pub project: String,
    /// The tag `StackResource`; empty without one.
    pub stack_resource: String,
    /// The tag `CreatedDate`.
    pub created: Option<Date>,
    /// The estimate of a month.
    pub monthly: Usd,
}

impl TaggedEstimate {
    /// The estimate of the days of a month on which the resource existed, until today.
    pub fn in_month(&self, month: Month, today: Date) -> Usd {
        let since = self.created.map_or(month.first(), |created| created.max(month.first()));
        let days = days_between(since, month.end().min(after(today)));
        Usd::new(self.monthly.amount().saturating_mul(Decimal::from(days)) / Decimal::from(month.days()))
    }
}

/// What was estimated and what was billed, for one service of a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccuracyRow {
    /// The project.
    pub project: String,
    /// The service in Cost Explorer.
    pub service: String,
    /// The types whose estimates are in it.
    pub types: Vec<String>,
    /// The estimate of the days on which the resources existed.
    pub estimate: Usd,
    /// What was billed.
    pub actual: Usd,
    /// By how many percent of the estimate the bill differs from it; `None` without an estimate.
    pub error_percent: Option<Decimal>,
}

impl AccuracyRow {
    /// Whether the error is within the target.
    pub fn is_within_target(&self) -> bool {
        match self.error_percent {
            Some(percent) => percent.abs() <= Decimal::from(TARGET_PERCENT),
            None => self.actual.rounded() == Usd::ZERO.rounded(),
        }
    }
}

/// Compares estimates with what was billed, by project and service. What was billed for a project without an estimate is a row
/// without an error.
pub fn accuracy(
    estimates: &[TaggedEstimate],
    billed: &BTreeMap<(String, String), Decimal>,
    month: Month,
    today: Date,
) -> Vec<AccuracyRow> {
    #[derive(Default)]
    struct Row {
        types: BTreeSet<String>,
        estimate: Usd,
        actual: Usd,
    }
    let mut rows: BTreeMap<(String, usize, String), Row> = BTreeMap::new();
    let key = |project: &str, service: &str| {
        let service = services::compared(service);
        (project.to_owned(), services::rank(service), service.to_owned())
    };
    for estimate in estimates.iter().filter(|estimate| !estimate.project.is_empty()) {
        if estimate.created.is_some_and(|created| created >= month.end()) {
            continue;
        }
        let row = rows.entry(key(&estimate.project, &services::of_type(&estimate.type_name))).or_default();
        row.types.insert(estimate.type_name.clone());
        row.estimate += estimate.in_month(month, today);
    }
    for ((project, service), amount) in billed.iter().filter(|((project, _), _)| !project.is_empty()) {
        rows.entry(key(project, service)).or_default().actual += Usd::new(*amount);
    }
    let zero = Usd::ZERO.rounded();
    rows.into_iter()
        .filter(|(_, row)| row.estimate.rounded() != zero || row.actual.rounded() != zero)
        .map(|((project, _, service), row)| AccuracyRow {
            project,
            service,
            types: row.types.into_iter().collect(),
            error_percent: error_percent(row.estimate, row.actual),
            estimate: row.estimate,
            actual: row.actual,
        })
        .collect()
}

/// By how many percent of the estimate the bill differs from it, to one decimal place.
fn error_percent(estimate: Usd, actual: Usd) -> Option<Decimal> {
    let difference = (actual - estimate).amount();
    let percent = difference.checked_mul(Decimal::ONE_HUNDRED)?.checked_div(estimate.amount())?;
    (estimate > Usd::ZERO).then(|| percent.round_dp(1).normalize())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn estimate(type_name: &str, monthly: &str, created: Option<&str>) -> TaggedEstimate {
        TaggedEstimate {
            type_name: type_name.to_owned(),
            project: "shop".to_owned(),
            stack_resource: String::new(),
            created: created.map(|day| day.parse().unwrap()),
            monthly: Usd::parse(monthly).unwrap(),
        }
    }

    fn compare(estimates: &[TaggedEstimate], billed: &[(&str, &str, &str)]) -> Vec<(String, String, String, bool)> {
        let billed = billed
            .iter()
            .map(|(project, service, amount)| (((*project).to_owned(), (*service).to_owned()), amount.parse().unwrap()))
            .collect();
        let rows = accuracy(estimates, &billed, Month::parse("2025-11").unwrap(), "2026-03-01".parse().unwrap());
        rows.into_iter()
            .map(|row| {
                let error = row.error_percent.map_or("none".to_owned(), |percent| percent.to_string());
                (
                    services::label(&row.service),
                    format!("{} {}", row.estimate, row.actual),
                    error,
                    row.is_within_target(),
                )
            })
            .collect()
    }

    fn row(service: &str, amounts: &str, error: &str, is_within: bool) -> (String, String, String, bool) {
        (service.to_owned(), amounts.to_owned(), error.to_owned(), is_within)
    }

    #[test]
    fn estimates_and_bills_meet_by_project_and_service() {
        let estimates = [
            estimate("AWS::S3::Bucket", "1.00", None),
            estimate("AWS::S3::Bucket", "1.00", None),
            estimate("AWS::RDS::DBInstance", "28.58", None),
        ];
        let billed = [
            ("shop", "Amazon Simple Storage Service", "2.20"),
            ("shop", "Amazon Relational Database Service", "20"),
            ("shop", "AWS Lambda", "1.2"),
            ("", "AWS Lambda", "9"),
        ];
        assert_eq!(
            compare(&estimates, &billed),
            [
                row("S3 Storage", "$2.00 $2.20", "10", true),
                row("RDS Database", "$28.58 $20.00", "-30", false),
                row("Lambda Execution", "$0.00 $1.20", "none", false),
            ]
        );
    }

    #[test]
    fn an_estimate_counts_for_the_days_on_which_the_resource_existed() {
        let half = estimate("AWS::S3::Bucket", "3.00", Some("2025-11-16"));
        let later = estimate("AWS::S3::Bucket", "3.00", Some("2025-12-01"));
        let billed = [("shop", "Amazon Simple Storage Service", "1.5")];
        assert_eq!(compare(&[half.clone(), later], &billed), [row("S3 Storage", "$1.50 $1.50", "0", true)]);
        let running = half.in_month(Month::parse("2025-11").unwrap(), "2025-11-20".parse().unwrap());
        assert_eq!(running.to_string(), "$0.50");
    }

    #[test]
    fn instances_and_their_volumes_are_compared_together() {
        let instance = estimate("AWS::EC2::Instance", "10", None);
        let billed = [("shop", "Amazon Elastic Compute Cloud - Compute", "8"), ("shop", "EC2 - Other", "2")];
        assert_eq!(compare(&[instance], &billed), [row("EC2 Instances", "$10.00 $10.00", "0", true)]);
    }
}
