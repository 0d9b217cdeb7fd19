//! The page of `cost`: a chart for each environment, and what deserves attention.

use rust_decimal::Decimal;

use super::super::bill::{
    accuracy_title, alarm_words, alert_words, amount, change, combined, compared, line_amount, movers_title, not_read,
    source_words, subject,
};
use super::super::clean;
use super::chart::{Bar, BarAmount, Chart, ROW};
use super::{Line, Page};
use crate::domain::diagnostic::Diagnostic;
use crate::report::{CostBody, EnvironmentCostView};

/// Renders the page; without a review, one that says why.
pub fn bills_html(body: Option<&CostBody>, diagnostics: &[Diagnostic]) -> String {
    let title = match body {
        Some(body) => format!("Monthly AWS Costs ({})", body.title),
        None => "Monthly AWS Costs".to_owned(),
    };
    let mut page = Page::new(title, diagnostics, &[]);
    page.is_narrow = true;
    if let Some(body) = body {
        review(&mut page, body);
    }
    page.render()
}

fn review(page: &mut Page, body: &CostBody) {
    page.lines.push(Line { text: format!("Combined Total: {}", combined(body)), is_bad: false });
    if let Some((is_bad, words)) = alert_words(body) {
        page.lines.push(Line { text: format!("Alerts: {words}"), is_bad });
    }
    page.charts = body.environments.iter().map(chart).collect();
    page.list("Not read", not_read(body).map(|(name, reason)| format!("aws-{name}: {reason}")).collect());
    let movers = body.movers.iter();
    page.list(
        movers_title(body),
        movers.map(|mover| format!("aws-{} {}: {}", mover.environment, mover.service, change(mover))).collect(),
    );
    let rows = body.accuracy.iter();
    page.list(
        accuracy_title(body),
        rows.map(|row| {
            let mark = if row.within_target { "✓" } else { "✗" };
            format!("{mark} aws-{} {}: {}", row.environment, subject(row), compared(row))
        })
        .collect(),
    );
    let alarms = body.environments.iter().map(|environment| {
        let words = alarm_words(environment).unwrap_or_else(|| "not known".to_owned());
        format!("aws-{}: {words}", environment.name)
    });
    page.list("Billing alarms", alarms.collect());
    page.note = Some(format!("Source: {}", source_words(body)));
}

fn chart(environment: &EnvironmentCostView) -> Chart {
    let lines = environment.lines.iter().map(|line| BarAmount {
        label: line.service.clone(),
        text: line_amount(line),
        amount: line.amount.parse::<Decimal>().unwrap_or_default(),
        unit: line.currency.clone(),
    });
    let totals = environment.totals.iter().map(|total| {
        let forecast = environment.forecast.iter().flatten().find(|one| one.currency == total.currency);
        let rate = forecast.map(|forecast| format!(", {} at this rate", amount(forecast))).unwrap_or_default();
        format!("{}{rate}", amount(total))
    });
    Chart {
        title: clean(&format!("aws-{}", environment.name)),
        empty: "Nothing was billed.".to_owned(),
        bars: Bar::all(&lines.collect::<Vec<_>>()),
        height: environment.lines.len() * ROW,
        total: Some(format!("Total: {}", totals.collect::<Vec<_>>().join(" and "))),
    }
}
