//! The review of a month's costs.

use console::style;

use super::clean;
use crate::report::{
    AccuracyView, AmountView, CostBody, CostLine, CostSource, EnvironmentCostView, MoverView, short_type,
};

/// Renders a tree per environment with its total, the combined total, and what follows from them.
pub fn bills(body: &CostBody) -> String {
    let mut text = format!("📊 Monthly AWS Costs ({})\n\n", body.title);
    for environment in &body.environments {
        text.push_str(&tree(environment, body.running.is_some()));
        text.push('\n');
    }
    for (name, reason) in not_read(body) {
        text.push_str(&format!("aws-{name}: not read: {reason}\n\n"));
    }
    text.push_str(&format!("Combined Total: {}\n", combined(body)));
    let sections = [alerts(body), movers(body), accuracy(body), alarms(body), source(body)];
    for section in sections.iter().filter(|section| !section.is_empty()) {
        text.push('\n');
        text.push_str(section);
    }
    text
}

fn tree(environment: &EnvironmentCostView, is_running: bool) -> String {
    let note = match environment.source {
        CostSource::Tags => " (estimates of tags, not a bill)",
        CostSource::CostExplorer | CostSource::Mixed => "",
    };
    let mut text = format!("aws-{}:{note}\n", style(clean(&environment.name)).bold());
    for line in &environment.lines {
        text.push_str(&format!("├─ {}: {}\n", clean(&line.service), line_amount(line)));
    }
    for (number, total) in environment.totals.iter().enumerate() {
        let branch = if number + 1 == environment.totals.len() { "└─" } else { "├─" };
        let forecast = of_currency(environment.forecast.as_deref(), &total.currency);
        let is_partial = is_running && environment.source == CostSource::CostExplorer;
        text.push_str(&format!("{branch} Total: {}{}\n", amount(total), so_far(is_partial, forecast)));
    }
    text
}

/// What follows the amount of a running month.
fn so_far(is_partial: bool, forecast: Option<&AmountView>) -> String {
    match forecast {
        Some(forecast) if is_partial => format!(" so far, {} at this rate", amount(forecast)),
        None if is_partial => " so far".to_owned(),
        _ => String::new(),
    }
}

fn of_currency<'a>(amounts: Option<&'a [AmountView]>, currency: &str) -> Option<&'a AmountView> {
    amounts?.iter().find(|amount| amount.currency == currency)
}

/// The environments that could not be read, and why.
pub(super) fn not_read(body: &CostBody) -> impl Iterator<Item = (String, String)> {
    body.not_read.iter().map(|one| (clean(&one.name), clean(&one.reason)))
}

/// The combined total, in words.
pub(super) fn combined(body: &CostBody) -> String {
    let is_partial = body.running.is_some() && body.source != CostSource::Tags;
    let total = |total: &AmountView| match of_currency(body.combined_forecast.as_deref(), &total.currency) {
        _ if !is_partial => format!("{}/month", amount(total)),
        Some(forecast) => format!("{} so far, {}/month at this rate", amount(total), amount(forecast)),
        None => format!("{} so far", amount(total)),
    };
    let without: Vec<String> = not_read(body).map(|(name, _)| format!("aws-{name}")).collect();
    let without = if without.is_empty() { String::new() } else { format!(" (without {})", without.join(", ")) };
    body.combined_totals.iter().map(total).collect::<Vec<_>>().join(" and ") + &without
}

/// `$0.45`; `CNY 3.20` for other currencies.
pub(super) fn amount(view: &AmountView) -> String {
    money(&view.amount, &view.currency)
}

/// An amount of a currency. Dollars have their sign before the symbol.
pub(super) fn money(amount: &str, currency: &str) -> String {
    let (sign, digits) = amount.strip_prefix('-').map_or(("", amount), |digits| ("-", digits));
    match currency {
        "USD" => format!("{sign}${digits}"),
        other => format!("{sign}{} {digits}", clean(other)),
    }
}

/// The amount of a line, which is not zero.
pub(super) fn line_amount(line: &CostLine) -> String {
    match line.below_half_a_cent {
        true => format!("<{}", money("0.01", &line.currency)),
        false => money(&line.amount, &line.currency),
    }
}

fn with_sign(text: &str) -> String {
    if text.starts_with('-') { text.to_owned() } else { format!("+{text}") }
}

/// The alerts, in words.
pub(super) fn alert_words(body: &CostBody) -> Option<(bool, String)> {
    if body.alerts.is_empty() {
        return None;
    }
    let named = |wanted: &dyn Fn(bool, bool) -> bool| {
        let alerts = body.alerts.iter().filter(|alert| wanted(alert.crossed, alert.forecast));
        alerts.map(|alert| format!("${}", alert.threshold)).collect::<Vec<_>>().join(", ")
    };
    let crossed = named(&|crossed, _| crossed);
    let forecast = named(&|crossed, forecast| forecast && !crossed);
    let not = named(&|crossed, forecast| !crossed && !forecast);
    let parts = [(&crossed, "crossed"), (&forecast, "to be crossed at this rate"), (&not, "not crossed")];
    let said: Vec<String> =
        parts.iter().filter(|(which, _)| !which.is_empty()).map(|(which, what)| format!("{which} {what}")).collect();
    Some((!crossed.is_empty(), said.join("; ")))
}

fn alerts(body: &CostBody) -> String {
    match alert_words(body) {
        Some((true, words)) => format!("{}: {words}\n", style("🚨 Alerts").red().bold()),
        Some((false, words)) => format!("Alerts: {words}\n"),
        None => String::new(),
    }
}

/// A change in words, after the name of the line.
pub(super) fn change(mover: &MoverView) -> String {
    let of = |amount: &str| money(amount, &mover.currency);
    let percent =
        mover.change_percent.as_ref().map(|percent| format!(", {} %", with_sign(percent))).unwrap_or_default();
    format!("{} → {} ({}{percent})", of(&mover.previous), of(&mover.amount), with_sign(&of(&mover.change)))
}

/// The title of the changes.
pub(super) fn movers_title(body: &CostBody) -> String {
    let rate = if body.running.is_some() { ", at this rate" } else { "" };
    format!("Largest changes against {}{rate}", body.previous_month)
}

fn movers(body: &CostBody) -> String {
    if body.movers.is_empty() {
        return String::new();
    }
    let mut text = format!("{}:\n", movers_title(body));
    for mover in &body.movers {
        text.push_str(&format!("  aws-{} {}: {}\n", clean(&mover.environment), clean(&mover.service), change(mover)));
    }
    text
}

/// A comparison in words, after its name.
pub(super) fn compared(row: &AccuracyView) -> String {
    let error = match &row.error_percent {
        Some(percent) => format!("{} %", with_sign(percent)),
        None => "no estimate".to_owned(),
    };
    format!("estimated ${}, billed ${} ({error})", row.estimate, row.actual)
}

/// The service and the types of a comparison.
pub(super) fn subject(row: &AccuracyView) -> String {
    let types: Vec<&str> = row.types.iter().map(|name| short_type(name)).collect();
    let types = if types.is_empty() { String::new() } else { format!(" ({})", types.join(", ")) };
    format!("{} {}{types}", row.project, row.service)
}

/// The title of the comparisons.
pub(super) fn accuracy_title(body: &CostBody) -> String {
    format!("Estimates compared with bills, target ±{} %", body.accuracy_target_percent)
}

fn accuracy(body: &CostBody) -> String {
    if body.accuracy.is_empty() {
        return String::new();
    }
    let mut text = format!("{}:\n", accuracy_title(body));
    for row in &body.accuracy {
        let mark = if row.within_target { style("✓").green() } else { style("✗").yellow() };
        text.push_str(&format!(
            "  {mark} aws-{} {}: {}\n",
            clean(&row.environment),
            clean(&subject(row)),
            compared(row)
        ));
    }
    text
}

/// The billing alarms of an environment, in words; `None` if they are not known.
pub(super) fn alarm_words(environment: &EnvironmentCostView) -> Option<String> {
    let alarms = environment.alarms.as_ref()?;
    if alarms.is_empty() {
        return Some("none".to_owned());
    }
    let one = |alarm: &crate::report::AlarmView| {
        let service = alarm.service.as_ref().map(|service| format!(" of {}", clean(service))).unwrap_or_default();
        let silent = if alarm.notifies { "" } else { ", without action" };
        let name = clean(&alarm.name);
        format!("{}{service} ({name}{silent})", money(&alarm.threshold, &alarm.currency))
    };
    Some(alarms.iter().map(one).collect::<Vec<_>>().join(", "))
}

fn alarms(body: &CostBody) -> String {
    let mut text = String::from("Billing alarms:\n");
    for environment in &body.environments {
        let words = alarm_words(environment).unwrap_or_else(|| "not known".to_owned());
        text.push_str(&format!("  aws-{}: {words}\n", clean(&environment.name)));
    }
    text
}

/// Where the amounts are from, and what the requests cost, in words.
pub(super) fn source_words(body: &CostBody) -> String {
    let source = match body.source {
        CostSource::CostExplorer => "Cost Explorer, unblended cost",
        CostSource::Tags => "the tags CostEstimate of the resources that exist now",
        CostSource::Mixed => "Cost Explorer, unblended cost, and the tags CostEstimate where it may not be used",
    };
    let requests = match body.requests.count {
        0 => String::new(),
        1 => format!("; 1 request of ${}", body.requests.price),
        number => format!("; {number} requests of ${} each", body.requests.price),
    };
    let is_estimated = body.environments.iter().any(|one| one.estimated && one.source == CostSource::CostExplorer);
    let estimated = if is_estimated { "; AWS may still change the amounts" } else { "" };
    format!("{source}{requests}{estimated}")
}

fn source(body: &CostBody) -> String {
    format!("{}\n", style(format!("Source: {}", source_words(body))).dim())
}
